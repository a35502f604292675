"""The cache changes the time, never a number."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from augeval import memo


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))


def counting(arrays):
    calls = []

    def compute():
        calls.append(1)
        return arrays

    return compute, calls


def test_arrays_are_computed_once_and_come_back_as_they_were():
    arrays = {
        "x": np.arange(6.0).reshape(2, 3),
        "words": np.array(["a", "später"]),
        "none": np.empty((0, 4), np.float32),
    }
    compute, calls = counting(arrays)
    for _ in range(2):
        found = memo.remember(["test", "one"], compute)
        assert {name: a.dtype for name, a in found.items()} == {name: a.dtype for name, a in arrays.items()}
        assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    assert len(calls) == 1


def test_another_key_is_another_entry():
    first, _ = counting({"x": np.zeros(1)})
    second, calls = counting({"x": np.ones(1)})
    memo.remember(["test", "ab", "c"], first)
    assert memo.remember(["test", "a", "bc"], second)["x"][0] == 1
    assert len(calls) == 1


def entries() -> list[Path]:
    return sorted(memo.cache_dir().rglob("*.bin"))


@pytest.mark.parametrize("where", [0, 3, 10, -1])
def test_a_flipped_byte_anywhere_is_found_out_and_the_entry_made_again(where):
    compute, calls = counting({"x": np.arange(5.0)})
    memo.remember(["test", "flip"], compute)
    (path,) = entries()
    data = bytearray(path.read_bytes())
    data[where] ^= 0xFF
    path.write_bytes(bytes(data))
    assert memo.remember(["test", "flip"], compute)["x"].tolist() == [0, 1, 2, 3, 4]
    assert len(calls) == 2
    assert path.with_suffix(".corrupt").exists()


def test_no_flipped_byte_of_an_entry_changes_what_comes_back():
    compute, _ = counting({"x": np.arange(6.0).reshape(2, 3)})
    memo.remember(["test", "flips"], compute)
    (path,) = entries()
    whole = path.read_bytes()
    for where in range(len(whole)):
        for bits in (0x01, 0x02, 0xFF):  # "<f8" of another kind or width, a shape transposed, a name cut
            path.write_bytes(whole[:where] + bytes([whole[where] ^ bits]) + whole[where + 1 :])
            found = memo.remember(["test", "flips"], compute)["x"]
            assert (found.dtype, found.tolist()) == (np.float64, [[0, 1, 2], [3, 4, 5]]), where


def test_a_cache_that_cannot_be_written_is_done_without_and_said_once(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "file" / "cache"))
    compute, calls = counting({"x": np.arange(2.0)})
    for _ in range(2):
        assert memo.remember(["test", "nowhere"], compute)["x"].tolist() == [0, 1]
    assert memo.remember_rows("nowhere", ["aa"], lengths).tolist() == [[2, 2]]
    assert len(calls) == 2
    assert len(caplog.records) == 1
    assert f"The cache {tmp_path / 'file' / 'cache'} is done without" in caplog.text


def test_a_disk_that_fills_up_costs_the_entry_and_nothing_else(monkeypatch, caplog):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("augeval.memo.os.fsync", full)
    compute, _ = counting({"x": np.arange(2.0)})
    assert memo.remember(["test", "full"], compute)["x"].tolist() == [0, 1]
    assert "No space left on device" in caplog.text
    assert [path for path in memo.cache_dir().rglob("*") if path.is_file()] == []


def test_a_user_without_a_home_has_a_cache_all_the_same(monkeypatch):
    def nobody(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("AUGEVAL_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("augeval.memo.Path.expanduser", nobody)
    assert memo.cache_dir().name == f"augeval-{os.getuid()}"


def test_a_cut_file_is_made_again():
    compute, calls = counting({"x": np.arange(5.0)})
    memo.remember(["test", "cut"], compute)
    (path,) = entries()
    for length in (0, 2, 20, len(path.read_bytes()) - 1):
        path.write_bytes(path.read_bytes()[:length])
        assert memo.remember(["test", "cut"], compute)["x"].tolist() == [0, 1, 2, 3, 4]
    assert len(calls) == 5


def lengths(rows: list[str]) -> np.ndarray:
    return np.array([[len(row), row.count("a")] for row in rows], np.float32)


def test_each_distinct_row_is_computed_once_and_order_is_kept():
    seen: list[str] = []

    def compute(rows):
        seen.extend(rows)
        return lengths(rows)

    assert memo.remember_rows("space", ["aa", "b", "aa"], compute).tolist() == [[2, 2], [1, 0], [2, 2]]
    assert memo.remember_rows("space", ["ccc", "b"], compute).tolist() == [[3, 0], [1, 0]]
    assert seen == ["aa", "b", "ccc"]


def test_two_spaces_never_meet():
    memo.remember_rows("one", ["a"], lengths)
    assert memo.remember_rows("two", ["a"], lambda rows: lengths(rows) + 7).tolist() == [[8, 8]]


def test_rows_outlive_the_process():
    memo.remember_rows("space", ["aa"], lengths)
    code = (
        "import numpy as np\nfrom augeval import memo\n"
        "print(memo.remember_rows('space', ['aa'], lambda rows: np.full((len(rows), 2), -1, np.float32)).tolist())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[[2.0, 2.0]]"


def test_what_a_killed_process_leaves_half_written_is_never_read():
    memo.remember_rows("space", ["aa"], lengths)
    (pack,) = entries()
    (pack.parent / "tmpabc.tmp").write_bytes(b"\x00" * 10)
    memo._stores.clear()
    assert memo.remember_rows("space", ["aa", "b"], lengths).tolist() == [[2, 2], [1, 0]]


def test_no_rows_are_no_vectors():
    assert memo.remember_rows("space", [], lengths).shape == (0, 0)


def test_texts_of_any_characters_come_back_to_another_process():
    texts = ["", "plain", "a\x00b", "\ud800 alone", "😀\nשלום"]
    made = memo.remember_texts("space", texts, lambda rows: [f"{row}!" for row in rows], pack=2)
    assert made == [f"{row}!" for row in texts]
    assert len(entries()) == 3  # two texts each, and the last
    memo._stores.clear()  # as another process, which has none of them in memory
    assert memo.remember_texts("space", texts[::-1], lambda rows: pytest.fail("made again")) == made[::-1]


def test_a_text_that_could_not_be_made_is_not_kept_and_tried_again():
    assert memo.remember_texts("space", ["a", "b"], lambda rows: [None, "B"]) == [None, "B"]
    assert memo.remember_texts("space", ["a", "b"], lambda rows: [row.upper() for row in rows]) == ["A", "B"]
    assert memo.remember_texts("space", ["", "c"], lambda rows: [None for _ in rows]) == [None, None]


def test_empty_texts_alone_are_kept():
    assert memo.remember_texts("space", ["a"], lambda rows: [""]) == [""]
    memo._stores.clear()
    assert memo.remember_texts("space", ["a"], lambda rows: pytest.fail("made again")) == [""]


def test_fewer_texts_than_rows_are_refused():
    with pytest.raises(ValueError, match="zip"):
        memo.remember_texts("space", ["a", "b"], lambda rows: rows[:1])

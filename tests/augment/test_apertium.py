"""Apertium itself, where it is installed; and a stand-in for it that loses its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from augeval.augment import apertium
from augeval.augment.apertium import Apertium, installed, missing
from augeval.augment.translators import Translation
from augeval.errors import EngineError, InputError

needs_apertium = pytest.mark.skipif(
    not {"eng-spa", "spa-eng"} <= set(installed()), reason="needs Apertium: apt install apertium apertium-eng-spa"
)
THERE, BACK = Apertium("eng", "spa"), Apertium("spa", "eng")
SENTENCES = [
    "The film is good.",
    "a sentimental mess that never rings true",
    "it 's not bad , and i think you should see it !",
    "The frobnicator was frobnicated by frobnicators.",
]


def texts_of(answers: list[Translation | None]) -> list[str]:
    assert all(answer is not None for answer in answers)
    return [answer.text for answer in answers if answer is not None]


@needs_apertium
class TestTranslations:
    def test_a_sentence_is_what_apertium_itself_makes_of_it(self):
        for sentence in (SENTENCES[0], "We have seen two films about the war."):
            told = subprocess.run(["apertium", "-u", "eng-spa"], input=sentence, capture_output=True, text=True)
            assert texts_of(THERE.batch([sentence])) == [told.stdout.strip()]

    def test_a_batch_gives_what_each_gives_alone_in_any_order(self):
        together = THERE.batch(SENTENCES)
        assert [THERE.batch([sentence])[0] for sentence in SENTENCES] == together
        assert THERE.batch(SENTENCES[::-1]) == together[::-1]

    def test_rules_do_not_match_across_rows(self):
        assert texts_of(THERE.batch(["the big", "house"])) == texts_of(
            THERE.batch(["the big"]) + THERE.batch(["house"])
        )

    def test_unknown_words_are_counted_and_left_without_their_marks(self):
        (found,) = THERE.batch([SENTENCES[3]])
        assert found is not None
        assert (found.unknown, found.words) == (3, 6)
        assert "frobnicator" in found.text
        assert "*" not in found.text

    def test_words_that_the_pair_knows_on_one_side_only_are_unknown_too(self):
        (found,) = THERE.batch(["so many titans of the industry"])  # "@titan": not in the bilingual dictionary
        assert found is not None
        assert (found.unknown, "@" in found.text) == (1, False)

    def test_marks_of_the_text_itself_stay_and_are_not_counted(self):
        (found,) = THERE.batch(["a *good* #film , ~ 5 @ the cinema"])
        assert found is not None
        assert found.unknown == 0
        assert all(found.text.count(mark) == n for mark, n in (("*", 2), ("#", 1), ("~", 1), ("@", 1)))

    def test_addresses_tags_and_reserved_characters_come_through(self):
        kept = ["https://a.b/c_d?e=1&f=[2]", "me@x.org", "<br />", "</b>", "&amp;", r"\[]{}^$/@<>"]
        for text in kept:
            (found,) = texts_of(THERE.batch([f"the film {text} is good"]))
            assert text in found

    def test_lower_case_stays_lower_and_i_is_read_as_the_pronoun(self):
        assert THERE.batch(["i have a house"]) == [Translation("tengo una casa", 0, 4)]
        assert texts_of(THERE.batch(["I have a house"])) == ["Tengo una casa"]

    def test_paragraphs_stay_apart(self):
        (found,) = texts_of(THERE.batch(["The film is good.\n\n\tThe house is big.\n"]))
        one, two = texts_of(THERE.batch(["The film is good.", "The house is big."]))
        assert found == f"{one}\n\n\t{two}\n"

    def test_many_rows_are_more_than_a_pipe_holds(self):
        rows = [f"{n} films about house number {n}" for n in range(3000)]
        answers = texts_of(THERE.batch(rows))
        assert all(answer.split()[0] == str(n) and answer.endswith(str(n)) for n, answer in enumerate(answers))

    def test_the_digest_names_the_pair_and_its_data(self):
        assert THERE.digest.startswith("apertium eng-spa Apertium 3.")
        assert THERE.digest != BACK.digest
        assert THERE.digest == Apertium("eng", "spa", timeout=5).digest

    @pytest.mark.parametrize(
        "row",
        ["film " * 20_000, "x" * 100_000, "(" * 100_000, "*" * 100_000, "\\[" * 50_000, "<a " * 33_000, "@.a" * 33_000],
    )
    def test_rows_of_100000_characters_are_translated_or_left(self, row: str):
        (found,) = THERE.batch([row])
        assert found is not None
        assert len(found.text) > 60_000

    @given(
        st.lists(
            st.text(st.characters(codec=None), max_size=30)
            | st.text("ab[]{}^$/\\@<>*#~+ \n\x00i.&;:é", max_size=30)
            | st.sampled_from(
                ["", "مرحبا بالعالم", "😀👩‍👩‍👧 ok", "\ud800", "\x00", "a\x00b", "<p>hi</p>", "http://x.y/[z]"]
            ),
            max_size=6,
        )
    )
    @example(["^a<n>$", "[", "]", "\\", "{^x$}", "[[t:b:123456]]", "[<STREAMCMD:SETVAR:x>]", "\ufffe\uffff\ufeff"])
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_no_characters_break_it_and_none_shift_the_rows(self, rows: list[str]):
        numbered = [part for i, row in enumerate(rows) for part in (row, f"house {i}")]
        answers = THERE.batch(numbered)
        assert texts_of(answers[1::2]) == [f"casa {i}" for i in range(len(rows))]
        assert all(answer is not None for answer in answers)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, each: str, timeout: float = 20) -> Apertium:
    """A mode of one program in Python: it answers with the record itself, after this statement about it."""
    code = f"""#!{sys.executable}
import sys, time
if "--version" in sys.argv:
    sys.exit(print("lt-proc stand-in"))
buffer = b""
while chunk := sys.stdin.buffer.read1(65536):
    buffer += chunk
    *records, buffer = buffer.split(b"\\0")
    for record in records:
        {each}
        sys.stdout.buffer.write(record + b"\\0")
        sys.stdout.buffer.flush()
"""
    (folder / "modes").mkdir()
    (folder / "modes" / "eng-xyz.mode").write_text("lt-proc $1 'some data.bin' | lt-proc -z\n", encoding="utf-8")
    (folder / "some data.bin").write_bytes(b"data")
    (folder / "lt-proc").write_text(code, encoding="utf-8")
    (folder / "lt-proc").chmod(0o755)
    monkeypatch.setenv("APERTIUM_DATADIR", str(folder))
    monkeypatch.setenv("APERTIUM_PATH", str(folder))
    return Apertium("eng", "xyz", timeout)


ROWS = ["one", "two", "bad", "three", "four"]
WITHOUT = ["one", "two", None, "three", "four"]


class TestFaults:
    @pytest.mark.parametrize(
        "each",
        [
            "b'bad' in record and sys.exit('no more')",  # dies
            "if b'bad' in record: continue",  # answers less: the next answer has another number
            "record = b'' if b'bad' in record else record",  # answers nothing
            "record = record + b'\\0' + record if b'bad' in record else record",  # answers twice
            "record = record.split(b'[')[0] if b'bad' in record else record",  # loses its number
        ],
        ids=["dies", "answers less", "answers nothing", "answers twice", "loses the number"],
    )
    def test_a_row_that_breaks_it_is_not_made_and_the_others_keep_their_own(self, tmp_path, monkeypatch, each):
        translator = stand_in(tmp_path, monkeypatch, each, timeout=2)
        found = [None if answer is None else answer.text for answer in translator.batch(ROWS)]
        assert found == WITHOUT or (each.startswith("record = record + ") and found == ROWS)

    def test_a_row_on_which_it_hangs_is_not_made(self, tmp_path, monkeypatch):
        answers = stand_in(tmp_path, monkeypatch, "b'bad' in record and time.sleep(1000)", timeout=1).batch(ROWS)
        assert [None if answer is None else answer.text for answer in answers] == WITHOUT

    def test_one_that_fails_on_every_row_says_what_it_wrote(self, tmp_path, monkeypatch):
        translator = stand_in(tmp_path, monkeypatch, "sys.exit('broken data')")
        with pytest.raises(EngineError, match=r"eng-xyz fails on one text after another.*broken data"):
            translator.batch(ROWS)

    def test_a_mode_that_is_not_installed_is_an_error_that_says_how_to_get_it(self, tmp_path, monkeypatch):
        stand_in(tmp_path, monkeypatch, "pass")
        with pytest.raises(InputError, match=r"mode eng-abc is not installed .*there: eng-xyz.*apt install apertium"):
            Apertium("eng", "abc").batch(["a"])
        assert missing("eng", "xyz") == ""
        assert "xyz-eng is not installed" in missing("xyz", "eng")

    def test_a_program_that_is_not_there_is_named(self, tmp_path, monkeypatch):
        stand_in(tmp_path, monkeypatch, "pass")
        (tmp_path / "modes" / "eng-xyz.mode").write_text("no-such-proc a.bin", encoding="utf-8")
        with pytest.raises(InputError, match="needs the program no-such-proc"):
            Apertium("eng", "xyz").batch(["a"])

    def test_other_data_is_another_digest(self, tmp_path, monkeypatch):
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        one = stand_in(tmp_path / "one", monkeypatch, "pass").digest
        assert one.startswith("apertium eng-xyz")
        (tmp_path / "one" / "data").write_bytes(b"1")
        mode = tmp_path / "one" / "modes" / "eng-xyz.mode"
        mode.write_text(f"lt-proc $1 '{tmp_path / 'one' / 'data'}'", encoding="utf-8")
        two = Apertium("eng", "xyz").digest
        (tmp_path / "one" / "data").write_bytes(b"2")
        apertium._content.cache_clear()  # as another process
        assert len({one, two, Apertium("eng", "xyz").digest}) == 3

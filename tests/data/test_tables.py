"""Files as columns of cells: what is read, verbatim, and how a broken file is refused with its line."""

from __future__ import annotations

import gzip
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.data.tables import is_missing, joined, read_table, require_folder, stem
from augeval.errors import DataError


@pytest.fixture
def write(tmp_path):
    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def columns(path) -> dict:
    return {name: list(cells) for name, cells in read_table(path).columns.items()}


def test_a_csv_keeps_every_cell_as_it_stands(write):
    path = write("a.csv", 'text,label\n"a, ""b""\nc",NA\n 007 ,null\n')
    assert columns(path) == {"text": ['a, "b"\nc', " 007 "], "label": ["NA", "null"]}


def test_each_row_knows_the_line_it_starts_on(write):
    table = read_table(write("a.csv", 'text,label\n"two\nlines",1\n\nlast,0\n'))
    assert list(table.lines) == [2, 5]
    assert table.at(1, "label").endswith("a.csv, line 5, column 'label'")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "x,y\n1,2\n"),
        ("a.csv", "x;y\n1;2\n"),
        ("a.csv", "x\ty\n1\t2\n"),
        ("a.tsv", "x\ty\n1\t2\n"),
        ("a.csv", "x,y\r\n1,2\r\n"),
        ("a.csv", "x,y\r1,2\r"),
        ("a.csv", "\ufeffx,y\n1,2\n"),
        ("a.csv", " x , y \n1,2"),
        ("a.csv.gz", gzip.compress(b"x,y\n1,2\n")),
        ("A.CSV", "x,y\n1,2\n"),
        ("a.jsonl", '{"x": "1", "y": "2"}\n\n'),
    ],
)
def test_separators_line_ends_marks_and_compression_do_not_matter(write, name, content):
    assert columns(write(name, content)) == {"x": ["1"], "y": ["2"]}


def test_a_comma_within_a_semicolon_header_keeps_the_comma_as_separator(write):
    assert list(columns(write("a.csv", "x;z,y\n1,2\n"))) == ["x;z", "y"]


def test_jsonl_keeps_types_and_lacking_keys_are_missing(write):
    path = write("a.jsonl", '{"x": 1, "y": true}\n{"x": null, "z": "t"}\n')
    assert columns(path) == {"x": [1, None], "y": [True, None], "z": [None, "t"]}


def test_parquet_is_read_by_row(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"x": ["p", None], "y": [1.5, float("nan")]}).to_parquet(path)
    table = read_table(path)
    assert list(table.columns["x"]) == ["p", None]
    assert table.at(1, "x").endswith("a.parquet, row 2, column 'x'")


def test_a_header_that_is_blank_gets_a_name(write):
    assert list(columns(write("a.csv", ",text\n0,a\n"))) == ["unnamed_0", "text"]


def test_a_very_long_field_is_read(write):
    assert len(columns(write("a.csv", f"x,y\n{'a' * 300_000},1\n"))["x"][0]) == 300_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "x,y\n1,2\n1,2,3\n", r"a\.csv, line 3: 3 field\(s\), but the header has 2 columns \(x, y\)"),
        ("a.csv", 'x,y\n1,2\n"open,2\n', r"a\.csv, line 3: not readable as CSV"),
        ("a.csv", 'x,y\n1,"a"b\n', r"a\.csv, line 2: not readable as CSV .* quoted itself"),
        ("a.csv", "x,x\n1,2\n", r"a\.csv, line 1: two columns are called 'x'\. Rename one"),
        ("a.csv", "x,y\n", "has a header and no rows"),
        ("a.csv", "", "is empty"),
        ("a.jsonl", "", "is empty"),
        ("a.csv", b"x,y\n1,2\n\xe9,2\n", r"a\.csv, line 3: byte 0xe9 is not UTF-8.*iconv -f latin1"),
        ("a.csv", "x,y\n1,2\n".encode("utf-16"), r"line 1: byte 0xff is not UTF-8.*iconv -f utf-16"),
        ("a.csv.gz", b"not gzip", r"a\.csv\.gz is not a whole gzip file"),
        ("a.csv.gz", gzip.compress(b"x,y\n1,2\n")[:-9], r"a\.csv\.gz is not a whole gzip file"),
        ("a.jsonl", '{"x": 1}\n{"x": \n', r"a\.jsonl, line 2: not JSON"),
        ("a.jsonl", '{"x": 1}\n[1]\n', r"a\.jsonl, line 2: list, wanted an object"),
        ("a.jsonl", '{"x": 1, "x": 2}\n', r"a\.jsonl, line 1: not usable as JSON \(the key 'x' occurs twice\)"),
        ("a.jsonl", '{"x": ' + "[" * 100_000, r"a\.jsonl, line 1: not usable as JSON"),
        ("a.jsonl", '{"x": ' + "1" * 5_000 + "}", r"a\.jsonl, line 1: not usable as JSON"),
        ("a.parquet", b"nonsense", r"a\.parquet is not a Parquet file"),
        ("a.xlsx", b"nonsense", r"a\.xlsx is not a file that augeval reads as a table; wanted \.csv"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(write, name, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write(name, content))


def test_a_missing_file_gets_the_nearest_one_beside_it(write):
    path = write("reviews.csv", "x\n1\n")
    with pytest.raises(DataError, match=r"There is no file .*review\.csv\. Did you mean 'reviews\.csv'\?"):
        read_table(path.with_name("review.csv"))
    with pytest.raises(DataError, match=r"There is no file"):
        read_table(path.parent / "no_folder" / "reviews.csv")


def test_a_folder_is_not_a_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match=r"a\.csv cannot be read: Is a directory"):
        read_table(tmp_path / "a.csv")


def test_a_missing_folder_gets_the_nearest_one_beside_it(tmp_path):
    (tmp_path / "images").mkdir()
    require_folder(tmp_path / "images")
    with pytest.raises(DataError, match=r"There is no folder .*image\. Did you mean 'images'\?"):
        require_folder(tmp_path / "image")


def test_a_missing_column_gets_the_nearest_name_and_what_it_was_wanted_as(write):
    table = read_table(write("a.csv", "review,stars\na,1\n"))
    with pytest.raises(
        DataError, match=r"no column 'star' \(wanted as label\)\. Did you mean 'stars'\? Columns: review"
    ):
        table.column("star", "label")


def test_joined_tables_point_into_the_file_that_a_row_is_from(write):
    first, official = read_table(write("a.csv", "x,y\n1,2\n3,4\n")), read_table(write("t.csv", "y,x\n5,6\n"))
    both = joined(first, official, [("x", "text"), ("y", "label")])
    assert list(both.columns["x"]) == ["1", "3", "6"]
    assert both.n_train == 2
    assert both.place(1).endswith("a.csv, line 3")
    assert both.place(2).endswith("t.csv, line 2")


def test_joined_tables_must_have_the_same_columns(write):
    first, official = read_table(write("a.csv", "x,y\n1,2\n")), read_table(write("t.csv", "x\n5\n"))
    with pytest.raises(DataError, match=r"t\.csv has no column 'y' \(wanted as label\)"):
        joined(first, official, [("x", "text"), ("y", "label")])


@pytest.mark.parametrize("cell", ["", "  ", None, math.nan])
def test_nothing_is_missing(cell):
    assert is_missing(cell)


@pytest.mark.parametrize("cell", ["NA", "nan", "null", "None", 0, False, "0"])
def test_a_word_for_nothing_is_a_word(cell):
    assert not is_missing(cell)


@pytest.mark.parametrize(
    ("name", "wanted"), [("a/b.csv", "b"), ("b.csv.gz", "b"), ("b.v2.jsonl", "b.v2"), (".csv", ".csv")]
)
def test_the_stem_is_the_name_without_its_endings(name, wanted):
    assert stem(name) == wanted


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")) for _ in range(2)]), min_size=1
    )
)
def test_what_pandas_writes_is_read_back_verbatim(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("round") / "a.csv"
    frame = pd.DataFrame(rows, columns=["x", "y"])
    frame.to_csv(path, index=False, encoding="utf-8")
    assert columns(path) == {"x": frame["x"].tolist(), "y": frame["y"].tolist()}

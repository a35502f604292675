"""Rows made elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augeval.augment.files import file
from augeval.errors import DataError, NotApplicable
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

CLASSES = ("good", "bad")
HEADER = "source,text\n"


def texts() -> Examples:
    """Rows 0, 2, 4 and 5 of a dataset of eight: classes good, bad, good, bad."""
    x = np.array(["zero", "two", "four", "five"], object)
    return Examples(x, np.array([0, 1, 0, 1]), np.array([0, 2, 4, 5]))


def text_schema(train: Examples) -> Dataset:
    return Dataset("reviews", "text", train.take(slice(0, 0)), CLASSES)


def take(path: Path, train: Examples | None = None, quota: dict[int, int] | None = None, **params: Any) -> Examples:
    train = train or texts()
    dataset = params.pop("dataset", None) or text_schema(train)
    quota = quota or {0: 10, 1: 10}
    params = {"parent": "source", **params}
    return file(train, quota, rng=stream("s"), dataset=dataset, path=str(path), **params)


def write(folder: Path, content: str, name: str = "made.csv") -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


def test_rows_of_training_parents_are_taken_in_the_order_of_the_file(tmp_path: Path) -> None:
    # Parents 7 and 1 are rows of the dataset that are not in training (test rows, say): their rows must not be used.
    path = write(tmp_path, HEADER + "4,vier\n7,sieben\n2,zwei\n0,null\n1,eins\n4,quatre\n")
    made = take(path)
    assert made.x.tolist() == ["vier", "zwei", "null", "quatre"]
    assert made.y.tolist() == [0, 1, 0, 0]
    assert made.ids.tolist() == [4, 2, 0, 4]
    assert made.parents.tolist() == [[4], [2], [0], [4]]


def test_every_parent_gives_a_row_before_any_gives_a_second(tmp_path: Path) -> None:
    # As tools write them: three versions of each row, one parent after the other. Copies are spread the same way.
    path = write(tmp_path, HEADER + "".join(f"{p},{p}-{i}\n" for p in (0, 4) for i in range(3)))
    assert take(path, quota={0: 2}).x.tolist() == ["0-0", "4-0"]
    assert take(path, quota={0: 3}).x.tolist() == ["0-0", "4-0", "0-1"]


def test_each_class_gets_at_most_its_quota_and_a_larger_one_starts_with_the_smaller(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "".join(f"{p},{p}-{i}\n" for i in range(3) for p in (0, 2, 4, 5)))
    few, many = take(path, quota={0: 2, 1: 1}), take(path, quota={0: 5, 1: 6})
    assert few.x.tolist() == ["0-0", "2-0", "4-0"]
    assert np.bincount(many.y).tolist() == [5, 6]
    for c in (0, 1):
        rows = few.x[few.y == c].tolist()
        assert many.x[many.y == c].tolist()[: len(rows)] == rows
    assert take(path, quota={1: 3}).y.tolist() == [1, 1, 1]


def test_the_stream_changes_nothing_and_the_training_rows_stay(tmp_path: Path) -> None:
    path, train = write(tmp_path, HEADER + "0,null\n2,zwei\n"), texts()
    dataset = text_schema(train)
    one, two = (
        file(train, {0: 1, 1: 1}, rng=stream(name), dataset=dataset, path=str(path), parent="source")
        for name in ("a", "b")
    )
    assert one.x.tolist() == two.x.tolist()
    assert train.x.tolist() == texts().x.tolist()
    assert file.one_draw


def test_parents_may_be_the_user_s_own_identifiers(tmp_path: Path) -> None:
    keys = {name: row for row, name in enumerate(["a0", "a1", "007", "a3", "a4", "a5"])}
    path = write(tmp_path, HEADER + "007,zwei\na4,vier\na1,eins\n")
    made = take(path, keys=keys)
    assert made.x.tolist() == ["zwei", "vier"]
    assert made.parents.tolist() == [[2], [4]]


def test_a_label_column_may_disagree_with_the_parent(tmp_path: Path) -> None:
    path = write(tmp_path, "source,text,stars\n0,null,bad\n4,vier,good\n")
    made = take(path, label="stars", quota={0: 2, 1: 0})
    assert made.y.tolist() == [1, 0]  # both rows count as class 0, their parents' class
    assert made.y.dtype == np.int64
    assert file.mixes_labels


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path: Path, ending: str) -> None:
    import pandas as pd

    rows = [
        {"source": 4, "body": "vier, \u2028 with a comma"},
        {"source": 2, "body": "NA"},
        {"source": 0, "body": "null"},
    ]
    frame, path = pd.DataFrame(rows), tmp_path / f"made.{ending}"
    if ending == "jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    elif ending == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if ending == "tsv" else ",", index=False)
    made = take(path, text="body")
    assert made.x.tolist() == [row["body"] for row in rows]
    assert made.x.dtype == object


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert take(write(tmp_path, HEADER + "0,null\n")).x.tolist() == ["null"]
    assert take(write(tmp_path, HEADER + "0,nada, \n".replace(", ", ""))).x.tolist() == ["nada"]
    assert take(write(tmp_path, HEADER + "0,null\n4,vier\n")).x.tolist() == ["null", "vier"]


def test_queries_take_their_document_from_the_parent(tmp_path: Path) -> None:
    train = Examples(texts().x, np.array([31, 7, 31, 8]), texts().ids)
    dataset = Dataset("search", "retrieval", train.take(slice(0, 0)), ())
    path = write(tmp_path, HEADER + "5,cinq\n0,null\n")
    made = take(path, train, {31: 2, 7: 1, 8: 1}, dataset=dataset)
    assert made.y.tolist() == [8, 31]
    with pytest.raises(DataError, match="has no classes; leave it out"):
        take(path, train, {31: 2}, dataset=dataset, label="text")


def numbers() -> tuple[Examples, Dataset]:
    columns = (Column("age", "numeric"), Column("city", "categorical", ("Bonn", "Ulm")))
    train = Examples(np.array([[30.0, 0.0], [np.nan, 1.0]]), np.array([0, 1]), np.array([0, 1]))
    return train, Dataset("people", "tabular", train.take(slice(0, 0)), CLASSES, columns)


def test_tables_are_read_by_column_name_in_the_dataset_s_own_coding(tmp_path: Path) -> None:
    train, dataset = numbers()
    path = write(tmp_path, "city,source,age,unused\nUlm,0,31.5,x\nBonn,1,,y\n,1,7,z\n")
    made = take(path, train, dataset=dataset)
    np.testing.assert_array_equal(made.x, [[31.5, 1.0], [np.nan, 0.0], [7.0, np.nan]])
    assert made.x.dtype == np.float64
    assert made.y.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source,age,city\n0,31,Bonn\n0,old,Bonn\n", "row 1: 'old' in column 'age' is not a number."),
        ("source,age,city\n0,inf,Bonn\n", "row 0: 'inf' in column 'age' is not a number."),
        ("source,age,city\n0,3,Bon\n", "row 0: 'Bon' in column 'city' is not one of Bonn, Ulm. Did you mean 'Bonn'"),
        ("source,city\n0,Bonn\n", r"no column 'age' \(a column of the dataset\)"),
    ],
)
def test_values_that_the_table_cannot_hold_are_refused(tmp_path: Path, content: str, message: str) -> None:
    train, dataset = numbers()
    with pytest.raises(DataError, match=message):
        take(write(tmp_path, content), train, dataset=dataset)


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        ("sourc,text\n0,a\n", {}, r"no column 'sourc[e]' \(the parent of each row\). Did you mean 'sourc'\?"),
        ("source,texts\n0,a\n", {}, r"no column 'text' .*Did you mean 'texts'\? Columns: source, texts"),
        (HEADER + "0,a\n", {"text": "body"}, "no column 'body'"),
        (HEADER + "0,a\n", {"label": "stars"}, r"no column 'stars' \(the class of each row\)"),
        (HEADER + "0,a\n2, \n", {}, "row 1: the text is empty"),
        (HEADER + "0,a\nx9,b\n", {}, "row 1: the parent 'x9' is not a row number of the dataset, the first is 0"),
        (HEADER + "0,a\n-1,b\n", {}, "row 1: the parent '-1' is not a row number"),
        (HEADER + ",a\n", {}, "row 0: the parent '' is not a row number"),
        (HEADER + "k1,a\nk22,b\n", {"keys": {"k1": 0, "k2": 4}}, "row 1: .*not an identifier.*Did you mean 'k2'"),
        ("source,text,y\n0,a,god\n", {"label": "y"}, "row 0: no class is called 'god'. Did you mean 'good'"),
        (HEADER, {}, "has no rows"),
        ("", {}, "cannot be read as csv"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(
    tmp_path: Path, content: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        take(write(tmp_path, content), **params)


def test_a_missing_text_of_a_json_file_is_empty(tmp_path: Path) -> None:
    path = write(tmp_path, '{"source": 0, "text": "a"}\n{"source": 2}\n', "made.jsonl")
    with pytest.raises(DataError, match="row 1: the text is empty"):
        take(path)


@pytest.mark.parametrize("content", ["{not json\n", "[1, 2]\n"])
def test_a_json_file_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"made.jsonl cannot be read as jsonl"):
        take(write(tmp_path, content, "made.jsonl"))


def test_a_missing_file_gets_the_nearest_name_and_an_ending_those_that_are_known(tmp_path: Path) -> None:
    write(tmp_path, HEADER)
    with pytest.raises(DataError, match=r"There is no file .*mad\.csv\. Did you mean 'made\.csv'\?"):
        take(tmp_path / "mad.csv")
    with pytest.raises(DataError, match=r"ends in '\.xlsx'; files of \.csv, \.tsv, \.jsonl, \.parquet"):
        take(write(tmp_path, "", "made.xlsx"))


def test_no_usable_row_is_not_applicable_with_the_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "7,sieben\n1,eins\n")
    with pytest.raises(NotApplicable, match=r"None of the 2 rows of .*made\.csv has a parent among these 4 training"):
        take(path)


def test_what_the_harness_gives_is_no_parameter_of_the_user() -> None:
    assert set(file.params) == {"path", "parent", "text", "label"}
    assert file.wants("keys")

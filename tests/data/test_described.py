"""A table and the roles of its columns as a dataset."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augeval.data.described import About, Roles, described
from augeval.data.tables import Table
from augeval.errors import DataError

ABOUT = About("toy", "a.csv")


def table(file="a.csv", **columns) -> Table:
    n = len(next(iter(columns.values())))
    return Table(file, columns, range(2, n + 2))


def load(train, test=None, **description):
    return described(train, test, description, ABOUT)


def test_a_text_column_makes_a_text_dataset():
    made = load(table(review=["good", "bad"], stars=["5", "1"], other=["x", "y"]), text="review", label="stars")
    assert (made.modality, made.classes, made.columns) == ("text", ("1", "5"), None)
    assert made.examples.x.tolist() == ["good", "bad"]
    assert made.examples.y.tolist() == [1, 0]
    assert (made.name, made.source) == ("toy", "a.csv")


def test_without_a_text_all_columns_that_have_no_other_role_are_features():
    made = load(
        table(i=["1", "2"], a=["1.5", ""], g=["u", "v"], b=["red", "blue"], y=["p", "n"]), label="y", group="g", id="i"
    )
    assert made.modality == "tabular"
    assert [(c.name, c.kind, c.categories) for c in made.columns] == [
        ("a", "numeric", ()),
        ("b", "categorical", ("blue", "red")),
    ]
    assert np.array_equal(made.examples.x, [[1.5, 1], [math.nan, 0]], equal_nan=True)
    assert made.groups.tolist() == [0, 1]
    assert made.keys.tolist() == ["1", "2"]


def test_features_are_taken_in_the_order_that_was_asked_for():
    made = load(table(a=["1", "2"], b=["3", "4"], y=["p", "n"]), label="y", features=["b", "a"], categorical=["a"])
    assert [(c.name, c.kind) for c in made.columns] == [("b", "numeric"), ("a", "categorical")]
    assert made.examples.x.tolist() == [[3, 0], [4, 1]]


def test_one_feature_may_be_given_as_a_word():
    made = load(table(a=["1", "2"], b=["3", "4"], y=["p", "n"]), label="y", features="b", categorical="b")
    assert [(c.name, c.kind) for c in made.columns] == [("b", "categorical")]


def wide(**more) -> Table:
    n = 40
    return table(a=[str(i % 7) for i in range(n)], y=["p", "n"] * (n // 2), **more)


@pytest.mark.parametrize(
    ("name", "cells", "why"),
    [
        ("unnamed_0", [str(i) for i in range(40)], "it has no name"),
        ("empty", [""] * 40, "no row has a value there"),
        ("passenger", [f"name {i}" for i in range(40)], "nearly every row has a word of its own there"),
    ],
)
def test_columns_that_teach_nothing_are_left_out_with_a_note(name, cells, why):
    made = load(wide(**{name: cells}), label="y")
    assert [column.name for column in made.columns] == ["a"]
    assert f"Column '{name}' is left out: {why}" in made.notes[0]


def test_a_column_that_is_asked_for_is_kept_whatever_it_holds():
    made = load(wide(passenger=[f"name {i}" for i in range(40)]), label="y", features=["a", "passenger"])
    assert [column.name for column in made.columns] == ["a", "passenger"]


def test_a_table_without_any_feature_is_refused_and_the_text_is_hinted_at():
    alone = table(review=[f"text {i}" for i in range(40)], y=["p", "n"] * 20)
    with pytest.raises(
        DataError, match=r"no column to learn from beside the label 'y'.*'review' is left out.*the text \(text: a\)\."
    ):
        load(alone, label="y")


def test_an_official_test_file_follows_and_its_classes_and_categories_are_shared():
    made = load(
        table(a=["red", "blue", "red"], y=["p", "n", "p"]), table("t.csv", y=["n", "p"], a=["green", ""]), label="y"
    )
    assert made.test_rows.tolist() == [3, 4]
    assert made.columns[0].categories == ("blue", "green", "red")
    assert made.classes == ("p", "n")  # n, the rarer one, is the positive one
    assert made.examples.y.tolist() == [0, 1, 0, 1, 0]


def test_an_official_test_file_needs_the_same_columns_and_no_others():
    train = table(a=["1", "2"], y=["p", "n"])
    assert load(train, table("t.csv", a=["3"], y=["p"], extra=["x"]), label="y").examples.x.shape == (3, 1)
    with pytest.raises(DataError, match=r"t\.csv has no column 'a' \(wanted as features\)\. Did you mean 'aa'\?"):
        load(train, table("t.csv", aa=["3"], y=["p"]), label="y")
    with pytest.raises(DataError, match=r"t\.csv has no column 'y' \(wanted as label\)"):
        load(train, table("t.csv", a=["3"], z=["p"]), label="y")


def test_a_class_that_only_the_test_file_has_is_refused_with_its_line():
    train = table(t=["p", "q"], y=["ham", "spam"])
    with pytest.raises(DataError, match=r"t\.csv, line 3, column 'y': no training row has the class 'spm'.*'spam'\?"):
        load(train, table("t.csv", t=["r", "s"], y=["ham", "spm"]), text="t", label="y")


def test_ids_of_the_test_file_may_be_lacking_or_those_of_training_rows():
    train = table(t=["p", "q"], y=["0", "1"], i=["1", "2"])
    shared = load(train, table("t.csv", t=["r", "s"], y=["0", "1"], i=["2", "3"]), text="t", label="y", id="i")
    assert shared.keys.tolist() == ["1", "2", "test:2", "3"]
    lacking = load(train, table("t.csv", t=["r", "s"], y=["0", "1"]), text="t", label="y", id="i")
    assert lacking.keys.tolist() == ["1", "2", "test:0", "test:1"]


def test_a_group_is_wanted_of_test_rows_too():
    train = table(t=["p", "q", "r"], y=["0", "1", "0"], g=["u", "v", "w"])
    made = load(train, table("t.csv", t=["s"], y=["1"], g=["w"]), text="t", label="y", group="g")
    assert made.examples.x.tolist() == ["p", "q", "s"]
    assert "of a group that is also in" in made.notes[0]
    with pytest.raises(DataError, match=r"t\.csv has no column 'g' \(wanted as group\)"):
        load(train, table("t.csv", t=["s"], y=["1"]), text="t", label="y", group="g")


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({}, "which column is the class\\? Write label: and one of a, b, y"),
        ({"label": "y", "text": "a", "features": ["b"]}, "text .* or features .* not both"),
        ({"label": "y", "text": "y"}, "'y' is the label and an input"),
        ({"label": "y", "features": ["a", "y"]}, "'y' is the label and an input"),
        ({"label": "y", "features": ["a", "b"], "id": "b"}, "'b' is the id and an input"),
        ({"label": "y", "features": ["a", "a"]}, "features name 'a' twice"),
        ({"label": "y", "features": ["a", "bb"]}, "no column 'bb' \\(wanted as features\\)\\. Did you mean 'b'"),
        ({"label": "y", "categorical": ["c"]}, "'c' is listed under categorical and is not among the features"),
        ({"label": "y", "features": ["a"], "categorical": ["b"]}, "'b' is listed under categorical"),
        ({"label": "yy"}, "no column 'yy' \\(wanted as label\\)\\. Did you mean 'y'"),
        ({"label": "y", "text": "c"}, "no column 'c' \\(wanted as text\\)"),
        ({"label": "y", "group": "c"}, "no column 'c' \\(wanted as group\\)"),
        ({"label": "y", "id": "c"}, "no column 'c' \\(wanted as id\\)"),
        ({"label": "b"}, "every row has the label 'x'"),
    ],
)
def test_roles_that_do_not_fit_are_refused(description, message):
    with pytest.raises(DataError, match=message):
        load(table(a=["1", "2"], b=["x", "x"], y=["p", "n"]), **description)


def test_roles_that_were_not_given_are_none():
    roles = Roles.of({"label": "y"}, ["a", "y"], "a.csv")
    assert (roles.text, roles.features, roles.categorical, roles.group, roles.id) == (None, None, (), None, None)

"""Cells as texts, classes, numbers, categories, groups and keys."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augeval.data.columns import classes_of, column_of, groups_of, keys_of, looks_like_key, number, texts_of
from augeval.data.tables import Table
from augeval.errors import DataError


def table(**columns) -> Table:
    n = len(next(iter(columns.values())))
    return Table("a.csv", columns, range(2, n + 2))


def test_texts_are_taken_verbatim():
    assert texts_of(table(t=[" a ", 5, "NA"]), "t").tolist() == [" a ", "5", "NA"]


@pytest.mark.parametrize("empty", ["", " \t", None, math.nan])
def test_an_empty_text_is_refused_with_its_line_and_how_many_more(empty):
    with pytest.raises(DataError, match=r"a\.csv, line 3, column 't': the text is empty \(and 1 more\)\. Remove"):
        texts_of(table(t=["a", empty, "b", empty]), "t")


def test_half_a_character_and_a_list_are_no_texts():
    with pytest.raises(DataError, match=r"line 2, column 't': \\ud800 is half a character"):
        texts_of(table(t=["\ud800"]), "t")
    with pytest.raises(DataError, match=r"line 2, column 't': list, wanted a text"):
        texts_of(table(t=[["a"]]), "t")


def test_classes_are_sorted_by_name():
    found = classes_of(table(y=["spam", "ham", " spam "]), "y")
    assert found.names == ("ham", "spam")
    assert found.y.tolist() == [1, 0, 1]


def test_numbered_classes_are_sorted_by_number_and_have_one_name_each():
    found = classes_of(table(y=["10", "9", "9.0", 10.0, 9]), "y")
    assert found.names == ("9", "10")
    assert found.y.tolist() == [1, 0, 0, 1, 0]


@pytest.mark.parametrize("labels", [["007", "7", "8"], ["1_0", "10", "x"]])
def test_codes_that_only_look_like_numbers_stay_apart(labels):
    assert len(classes_of(table(y=labels), "y").names) == 3


def test_true_and_false_are_classes():
    assert classes_of(table(y=[True, False, True]), "y").names == ("False", "True")


@pytest.mark.parametrize("nothing", ["", None, math.nan, "nan", "NaN"])
def test_a_missing_label_is_refused_with_its_line(nothing):
    with pytest.raises(DataError, match=r"a\.csv, line 3, column 'y': the label is missing"):
        classes_of(table(y=["a", nothing, "b"]), "y")


def test_a_label_that_hardly_repeats_is_no_class():
    with pytest.raises(DataError, match=r"'y' has 30 different values in 30 rows.*not do regression"):
        classes_of(table(y=[str(i / 7) for i in range(30)]), "y")
    assert len(classes_of(table(y=[str(i // 2) for i in range(30)]), "y").names) == 15


@pytest.mark.parametrize(
    ("cell", "value"), [("1.5", 1.5), (" 2 ", 2.0), (3, 3.0), ("1e3", 1000.0), ("-0", 0.0), ("inf", math.inf)]
)
def test_numbers_are_read_as_numbers(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize("cell", ["", None, "?", "NA", "N/A", "null", "None", "nan", math.nan])
def test_the_usual_words_for_nothing_are_nan_among_numbers(cell):
    assert math.isnan(number(cell))


@pytest.mark.parametrize("cell", ["word", "1_000", True, [1], "1,5", 10**400])
def test_what_no_other_program_reads_as_a_number_is_a_word(cell):
    assert number(cell) is None


def test_a_column_of_numbers_is_numeric_and_missing_cells_are_nan():
    column, x = column_of(table(a=["1", "", "?", "2.5"]), "a", categorical=False)
    assert (column.kind, column.categories) == ("numeric", ())
    assert np.array_equal(x, [1, math.nan, math.nan, 2.5], equal_nan=True)


def test_a_column_with_words_is_categorical_and_coded_in_sorted_order():
    column, x = column_of(table(a=["red", "", "blue", "red "]), "a", categorical=False)
    assert (column.kind, column.categories) == ("categorical", ("blue", "red"))
    assert np.array_equal(x, [1, math.nan, 0, 1], equal_nan=True)


def test_numbers_listed_as_categorical_are_sorted_as_numbers():
    column, x = column_of(table(a=["10", "9", 10.0]), "a", categorical=True)
    assert column.categories == ("9", "10")
    assert x.tolist() == [1, 0, 1]


def test_true_and_false_are_categories():
    column, x = column_of(table(a=[True, False, None]), "a", categorical=False)
    assert column.categories == ("False", "True")
    assert np.array_equal(x, [1, 0, math.nan], equal_nan=True)


def test_a_slip_in_a_column_of_many_numbers_is_refused_with_its_line():
    cells = [str(i) for i in range(40)]
    cells[7] = "1,5"
    with pytest.raises(DataError, match=r"line 9, column 'a': '1,5' is not a number, and 39 other cells are"):
        column_of(table(a=cells), "a", categorical=False)


def test_an_infinite_number_is_refused():
    with pytest.raises(DataError, match=r"line 3, column 'a': -inf is infinite"):
        column_of(table(a=["1", "-inf"]), "a", categorical=False)


def test_groups_are_numbered_and_need_a_value_in_each_row():
    assert groups_of(table(g=["u", "v", "u", 1.0, 1]), "g").tolist() == [0, 1, 0, 2, 2]
    with pytest.raises(DataError, match=r"line 3, column 'g': the group is missing"):
        groups_of(table(g=["u", ""]), "g")


def test_an_id_names_one_row():
    assert keys_of(table(i=[1, "x", 2.0]), "i").tolist() == ["1", "x", "2"]
    with pytest.raises(DataError, match=r"line 4, column 'i': the id 'a' is that of a\.csv, line 2 already"):
        keys_of(table(i=["a", "b", "a"]), "i")


def test_a_column_of_names_looks_like_a_key_and_one_of_colours_does_not():
    assert looks_like_key([f"name {i}" for i in range(30)])
    assert not looks_like_key(["red", "blue"] * 15)
    assert not looks_like_key(["a", "b", "c"])

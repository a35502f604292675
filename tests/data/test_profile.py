"""What a column looks like."""

from __future__ import annotations

import pytest

from augeval.data.profile import Profile, profile


def column(name, cells, position=1) -> Profile:
    return profile(name, position, cells)


def test_values_missing_cells_numbers_and_words_are_counted():
    found = column("a", ["1.0", "", "2.5", "1.0", None])
    assert (found.rows, found.distinct, found.missing, found.numeric, found.whole) == (5, 2, 2, True, False)
    found = column("a", ["two words", "three words here"])
    assert (found.numeric, found.words, found.characters, found.unique) == (False, 2.5, 12.5, True)


def test_a_column_without_values_is_neither_numbers_nor_words():
    found = column("a", ["", None])
    assert (found.numeric, found.whole, found.distinct, found.words) == (False, False, 0, 0.0)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("customerID", "customer_id"), ("Customer Id", "customer_id"), ("PassengerId", "passenger_id"), (" y ", "y")],
)
def test_names_are_compared_in_one_spelling(name, plain):
    assert column(name, ["a"]).plain_name == plain


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("Label", 0),
        ("target", 0),
        ("class", 0),
        ("stars", 1),
        ("is_spam", 1),
        ("fine_label", 2),
        ("classy", 3),
        ("a", 3),
    ],
)
def test_a_name_says_more_or_less_plainly_that_it_is_the_label(name, rank):
    assert column(name, ["a"]).label_rank == rank


@pytest.mark.parametrize(
    ("name", "cells", "able"),
    [
        ("a", ["p", "n"] * 20, True),
        ("a", ["1", "2", "3"] * 20, True),
        ("a", ["1.5", "2.5"] * 20, False),  # numbers with decimals are classes only where a name says so
        ("stars", ["1.5", "2.5"] * 20, True),
        ("a", [str(i) for i in range(40)], False),
        ("label", [str(i) for i in range(40)], False),
        ("a", [str(i // 2) for i in range(40)], False),  # 20 values in 40 rows: too many without a name
        ("label", [str(i // 2) for i in range(40)], True),
        ("a", ["p"] * 40, False),
        ("a", ["p", "n", ""] * 20, False),
        ("label", ["p", "n", ""] * 20, True),  # loading refuses it with the line
    ],
)
def test_few_values_that_repeat_could_be_a_label(name, cells, able):
    assert column(name, cells).could_be_label is able


@pytest.mark.parametrize(
    ("name", "cells", "is_text"),
    [
        ("a", [f"six words or more make texts {i}" for i in range(10)], True),
        ("a", [f"name {i}" for i in range(10)], False),
        ("review", [f"name {i}" for i in range(10)], True),
        ("review", ["7", "8", "9"], False),
        ("a", ["six words or more that repeat here"] * 10, False),
        ("a", [f"这部电影真的非常好看我很喜欢{i}" for i in range(10)], True),
        ("a", [f"https://example.org/{i}/some/very/long/path/to/a/page" for i in range(10)], False),
    ],
)
def test_sentences_are_texts_and_names_are_not(name, cells, is_text):
    assert column(name, cells).is_text is is_text


def test_an_id_is_unique_and_called_or_counted_like_one():
    assert column("order_id", ["x7", "x9"]).is_id
    assert column("unnamed_0", ["5", "3"]).is_id
    assert column("n", ["1", "2", "3"], position=0).is_id
    assert not column("n", ["1", "2", "3"], position=1).is_id
    assert not column("order_id", ["x7", "x7"]).is_id
    assert not column("age", ["31", "33", "30"], position=0).is_id


def test_a_group_repeats_and_is_called_like_one():
    assert column("customerId", ["x7", "x7", "x9"]).is_group
    assert column("patient", ["x7", "x7", "x9"]).is_group
    assert not column("customerId", ["x7", "x8", "x9"]).is_group
    assert not column("colour", ["x7", "x7", "x9"]).is_group
    assert not column("customerId", ["x7", "x7", "x7"]).is_group

"""What an augmenter tells beside its rows: read back as it was written, and cut with the rows."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from augeval.edited import Edit, Edits, Words

RECORDS = [
    Edit(0, "synonym", 3, "film", "movie"),
    Edit(2, "delete", 0, "the", ""),
    Edit(2, "insert", 5, "", "film"),
]


def test_edits_are_read_back_as_they_were_written():
    assert Edits.of(RECORDS).records() == RECORDS


def test_edits_of_some_rows_are_numbered_by_their_place_among_them():
    assert Edits.of(RECORDS).take(np.array([1, 2])).records() == [
        Edit(1, "delete", 0, "the", ""),
        Edit(1, "insert", 5, "", "film"),
    ]


def test_no_edits_are_a_table_of_length_zero():
    assert len(Edits.of([])) == 0
    assert Edits.of([]).take(np.array([0, 1])).records() == []


def test_words_of_some_rows_are_their_words():
    words = Words(np.array([0, 1, 1, 2]), np.array([0, 2, 2, 4]), ["a", "b", "c"], np.array([True, False, True]))
    assert words.rows() == [["a", "b"], [], ["b", "c"]]
    taken = words.take(np.array([2, 0]))
    assert taken.rows() == [["b", "c"], ["a", "b"]]
    assert_array_equal(taken.whole, [True, True])

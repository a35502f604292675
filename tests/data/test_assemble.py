"""A finished dataset: nothing of its official test set trains, and its fingerprint is that of its content."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augeval.data.assemble import Rows, codes, examples, finish
from augeval.errors import DataError
from augeval.types import Column, Dataset, Examples


def bare(classes=("a", "b"), modality="text", **about) -> Dataset:
    nothing = Examples(np.empty(0, object), np.empty(0, np.int64), np.arange(0))
    return Dataset("toy", modality, nothing, classes, source="toy.csv", **about)


def rows(texts, y, n_train=None, **more) -> Rows:
    return Rows(np.array(texts, object), np.array(y), len(y) if n_train is None else n_train, **more)


def test_rows_are_numbered_and_labels_are_int64():
    made = examples(np.array(["x", "y"], object), np.array([1, 0], np.uint8))
    assert made.ids.tolist() == [0, 1]
    assert made.y.dtype == np.int64


def test_codes_follow_the_first_appearance():
    assert codes(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]


def test_the_rows_after_the_training_rows_are_the_official_test_set():
    made = finish(bare(), rows(["p", "q", "r", "s"], [0, 1, 0, 1], n_train=2))
    assert made.test_rows.tolist() == [2, 3]
    assert finish(bare(), rows(["p", "q"], [0, 1])).test_rows is None


def test_a_training_row_that_is_tested_too_is_left_out_and_counted():
    # Row 1, "q", is also the first test row; the rest keep their places in the file as keys.
    made = finish(bare(), rows(["p", "q", "r", "q", "s"], [0, 1, 1, 1, 0], n_train=3))
    assert made.examples.x.tolist() == ["p", "r", "q", "s"]
    assert made.examples.ids.tolist() == [0, 1, 2, 3]
    assert made.keys.tolist() == ["0", "2", "3", "4"]
    assert made.test_rows.tolist() == [2, 3]
    assert made.notes[0] == "1 training row(s) left out: equal to a row of the official test set."


def test_a_training_row_of_a_tested_group_is_left_out_too():
    groups = np.array([0, 1, 2, 1, 3])
    made = finish(bare(), rows(["p", "q", "r", "s", "t"], [0, 1, 1, 1, 0], n_train=3, groups=groups))
    assert made.examples.x.tolist() == ["p", "r", "s", "t"]
    assert made.groups.tolist() == [0, 2, 1, 3]
    assert "of a group that is also in" in made.notes[0]


def test_of_two_classes_the_rarer_one_is_the_positive_one():
    made = finish(bare(), rows(["p", "q", "r"], [0, 1, 1], n_train=3))
    assert made.classes == bare().classes[::-1]
    assert made.examples.y.tolist() == [1, 0, 0]
    assert made.notes == (f"The rarer of the two classes, {made.classes[1]}, is taken as the positive one.",)
    as_many = finish(bare(), rows(["p", "q"], [0, 1], n_train=2))
    assert (as_many.classes, as_many.notes) == (bare().classes, ())


def test_the_users_own_keys_stay():
    keys = np.array(["k0", "k1", "k2", "k3"], object)
    made = finish(bare(), rows(["p", "q", "q", "s"], [0, 1, 1, 0], n_train=2, keys=keys))
    assert made.keys.tolist() == ["k0", "k2", "k3"]


def test_repeated_and_contradictory_rows_are_noted():
    made = finish(bare(), rows(["p", "p", "q", "p"], [0, 0, 1, 1]))
    assert made.notes == (
        "2 row(s) equal an earlier row; equal rows are never split between train and test.",
        "1 distinct row(s) occur with more than one label.",
    )


def test_the_fingerprint_is_that_of_the_content_and_not_of_the_name():
    one = finish(bare(), rows(["p", "q"], [0, 1]))
    renamed = finish(replace(bare(), name="other", source="elsewhere.csv"), rows(["p", "q"], [0, 1]))
    assert one.fingerprint == renamed.fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        finish(bare(), rows(["p", "Q"], [0, 1])),
        finish(bare(), rows(["p", "q"], [1, 0])),
        finish(bare(("a", "c")), rows(["p", "q"], [0, 1])),
        finish(bare(), rows(["p", "q"], [0, 1], groups=np.array([0, 0]))),
        finish(bare(), rows(["p", "q"], [0, 1], keys=np.array(["1", "2"], object))),
        finish(bare(), rows(["p", "q"], [0, 1], n_train=1)),
    ],
    ids=["text", "label", "class name", "group", "key", "test row"],
)
def test_whatever_a_number_may_depend_on_is_in_the_fingerprint(changed):
    assert changed.fingerprint != finish(bare(), rows(["p", "q"], [0, 1])).fingerprint


def test_a_tables_columns_are_in_the_fingerprint():
    def table(name):
        columns = (Column(name, "numeric"),)
        x = np.array([[1.0], [2.0]])
        return finish(bare(modality="tabular", columns=columns), Rows(x, np.array([0, 1]), 2)).fingerprint

    assert table("a") != table("b")


def test_one_class_no_rows_and_nothing_but_test_rows_are_refused():
    with pytest.raises(DataError, match=r"toy\.csv: every row has the label 'a'; at least two classes"):
        finish(bare(("a",)), rows(["p", "q"], [0, 0]))
    with pytest.raises(DataError, match=r"toy\.csv holds no rows"):
        finish(bare(), rows([], []))
    with pytest.raises(DataError, match="Every training row is also in the official test set"):
        finish(bare(), rows(["p", "q", "p", "q"], [0, 1, 0, 1], n_train=2))

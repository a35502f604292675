"""Labels that are dealt out anew say nothing, and everything else stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.data.permuted import permuted
from augeval.errors import DataError
from augeval.types import Column, Dataset, Examples


def table(x, y, **more):
    x = np.asarray(x, float).reshape(len(y), -1)
    columns = tuple(Column(f"c{i}", "numeric") for i in range(x.shape[1]))
    rows = Examples(x, np.asarray(y, np.int64), np.arange(len(y)))
    return Dataset("table", "tabular", rows, ("common", "rare"), columns, **more)


def test_distinct_rows_keep_as_many_of_each_class_in_another_order():
    given = table(range(100), [0] * 80 + [1] * 20)
    dealt = permuted(given).examples
    assert np.bincount(dealt.y).tolist() == [80, 20]
    assert dealt.y.tolist() != given.examples.y.tolist()
    assert dealt.x is given.examples.x
    assert dealt.ids is given.examples.ids


def test_equal_rows_are_dealt_one_label():
    # Five rows, each three times, and two of the five are rare: six rows of one label or another, in threes.
    dealt = permuted(table(np.repeat(range(5), 3), np.repeat([0, 0, 0, 1, 1], 3))).examples.y
    assert (dealt.reshape(5, 3) == dealt.reshape(5, 3)[:, :1]).all()
    assert dealt.sum() == 6


def test_an_official_test_set_keeps_its_classes():
    given = table(range(100), [0] * 60 + [1] * 40, test_rows=np.arange(50, 100))
    dealt = permuted(given).examples.y
    assert np.bincount(dealt[:50], minlength=2).tolist() == [50, 0]
    assert np.bincount(dealt[50:]).tolist() == [10, 40]


def test_the_same_deal_is_the_same_and_another_is_another():
    given = table(range(40), [0, 1] * 20)
    assert permuted(given).examples.y.tolist() == permuted(given).examples.y.tolist()
    assert permuted(given).examples.y.tolist() != permuted(given, 1).examples.y.tolist()


def test_rows_without_classes_have_no_labels_to_permute():
    with pytest.raises(DataError, match="no classes, so there are no labels to permute"):
        permuted(Dataset("queries", "retrieval", table([0, 1], [0, 1]).examples, ()))

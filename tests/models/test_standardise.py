"""Table rows as vectors: cases small enough to count by hand."""

from __future__ import annotations

import numpy as np

from augeval.models.standardise import TableLevels, TableVectors
from augeval.types import Column

NAN = float("nan")
COLUMNS = (Column("age", "numeric"), Column("colour", "categorical", ("red", "blue")))
ROWS = np.array([[1.0, 0], [3.0, 1], [NAN, 1], [8.0, NAN]])


def test_numbers_are_in_deviations_and_categories_are_indicators():
    vectors = TableVectors.fit(COLUMNS, ROWS[:2], missing="mean")
    assert vectors(ROWS[:2]).tolist() == [[-1, 1, 0], [1, 0, 1]]  # mean 2, deviation 1


def test_missing_at_the_mean_is_zero_and_the_shares():
    vectors = TableVectors.fit(COLUMNS, ROWS, missing="mean")
    missing = vectors(np.array([[NAN, NAN]]))[0]
    np.testing.assert_allclose(missing, [0, 1 / 3, 2 / 3])  # one of three known colours is red


def test_missing_of_its_own_is_the_median_and_an_indicator():
    vectors = TableVectors.fit(COLUMNS, ROWS, missing="own", scaled=False)
    assert vectors(np.array([[NAN, NAN], [7, 1]])).tolist() == [[3, 0, 0, 1], [7, 0, 1, 0]]


def test_a_missing_number_can_stay_missing():
    vectors = TableVectors.fit(COLUMNS, ROWS, missing="own", scaled=False).with_missing()
    assert np.isnan(vectors(np.array([[NAN, 0]]))[0, 0])


def test_constant_and_empty_columns_stay_finite():
    rows = np.array([[5.0, NAN], [5.0, NAN]])
    for missing in ("mean", "own"):
        made = TableVectors.fit(None, rows, missing=missing)(np.array([[5.0, NAN], [6.0, 1.0]]))
        assert made.tolist() == [[0, 0], [1, 1]]


def test_rows_are_measured_by_the_rows_that_were_fitted():
    vectors = TableVectors.fit(None, np.array([[0.0], [2.0]]), missing="mean")
    assert vectors(np.array([[5.0]])).tolist() == [[4.0]]


def test_levels_keep_order_missing_values_and_columns_of_few_values():
    x = np.column_stack([np.arange(100.0) ** 3, np.arange(100) % 3, np.arange(100.0)])
    x[7, 0] = NAN
    levels = TableLevels.fit(x, [True, True, False], 4)
    made = levels(x)
    assert np.isnan(made[7, 0])
    assert np.bincount(np.delete(made[:, 0], 7).astype(int)).tolist() == [
        25,
        24,
        25,
        25,
    ]  # 99 values; the middle one opens a bin
    assert (np.diff(np.delete(made[:, 0], 7)) >= 0).all()
    assert np.array_equal(made[:, 1:], x[:, 1:])  # three values; not to be binned
    assert levels(np.array([[-5.0, 9, 1], [1e9, 9, 1]]))[:, 0].tolist() == [0, 3]

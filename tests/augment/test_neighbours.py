"""Neighbours of rows of a table, and what makes of them points."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.augment.neighbours import (
    as_points,
    is_categorical,
    legacy_generator,
    nearest,
    require_neighbours,
)
from augeval.errors import NotApplicable
from augeval.seeds import stream
from augeval.types import Column


def test_points_measure_numbers_in_standard_deviations_and_categories_one_apart() -> None:
    x = np.array([[0.0, 0.0], [20.0, 1.0], [np.nan, 1.0]])
    points = as_points(x, x[:2], np.array([False, True]))  # mean 10, sd 10
    np.testing.assert_allclose(points[:, 0], [-1.0, 1.0, 0.0])
    assert np.linalg.norm(points[0, 1:] - points[1, 1:]) == pytest.approx(1.0)
    np.testing.assert_array_equal(points[1, 1:], points[2, 1:])


def test_the_nearest_row_is_the_one_at_the_smallest_distance() -> None:
    rows = np.array([[0.0], [10.0], [20.0]])
    np.testing.assert_array_equal(nearest(np.array([[4.0], [6.0], [99.0]]), rows), [0, 1, 2])


def test_without_a_description_every_column_is_numeric() -> None:
    columns = (Column("a", "numeric"), Column("b", "categorical", ("x", "y")))
    np.testing.assert_array_equal(is_categorical(columns, 2), [False, True])
    np.testing.assert_array_equal(is_categorical(None, 3), [False] * 3)


def test_a_constant_column_and_one_without_a_value_tell_no_row_from_another() -> None:
    like = np.array([[7.0, np.nan], [7.0, np.nan]])
    np.testing.assert_array_equal(as_points(np.array([[7.0, 3.0], [7.0, np.nan]]), like, np.zeros(2, bool))[:, 0], 0.0)
    assert np.isfinite(as_points(np.array([[9.0, 3.0]]), like, np.zeros(2, bool))).all()


def test_the_legacy_generator_depends_on_the_stream_it_is_fed_from() -> None:
    one, again, other = (legacy_generator(stream(name)).random_sample(4) for name in ("a", "a", "b"))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("rows", "k", "fits"), [(6, 5, True), (5, 5, False), (2, 1, True), (1, 1, False)])
def test_k_neighbours_need_k_plus_one_rows(rows: int, k: int, fits: bool) -> None:
    if fits:
        require_neighbours("smote", "rare", rows, k, "Take duplicate.")
        return
    with pytest.raises(NotApplicable, match=f"class 'rare': it has {rows} training row.*need {k + 1}. Take duplicate"):
        require_neighbours("smote", "rare", rows, k, "Take duplicate.")

"""Which rows a synthetic row of a table came from: found again where they were put in by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augeval.augment.neighbours import (
    as_points,
    is_categorical,
    legacy_generator,
    nearest,
    require_neighbours,
    segment_ends,
)
from augeval.errors import NotApplicable
from augeval.seeds import stream
from augeval.types import Column


def test_a_point_halfway_between_two_rows_has_them_as_ends() -> None:
    # Rows at 0, 1, 3, 7 on a line, one neighbour each: segments 0-1 (both ways), 3→1, 7→3.
    rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    points = np.array([[0.25], [2.5], [6.0], [9.0]])
    np.testing.assert_array_equal(segment_ends(points, rows, 1), [[0, 1], [2, 1], [3, 2], [3, 3]])


def test_points_measure_numbers_in_standard_deviations_and_categories_one_apart() -> None:
    x = np.array([[0.0, 0.0], [20.0, 1.0], [np.nan, 1.0]])
    points = as_points(x, x[:2], np.array([False, True]))  # mean 10, sd 10
    np.testing.assert_allclose(points[:, 0], [-1.0, 1.0, 0.0])
    assert np.linalg.norm(points[0, 1:] - points[1, 1:]) == pytest.approx(1.0)
    np.testing.assert_array_equal(points[1, 1:], points[2, 1:])


@settings(max_examples=40, deadline=None)
@given(n=st.integers(4, 40), d=st.integers(1, 5), k=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_the_ends_of_a_segment_are_found_by_a_point_on_it(n: int, d: int, k: int, seed: int) -> None:
    assume(n > k)
    rng = stream("segments", seed)
    rows = rng.normal(size=(n, d))
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    start = int(rng.integers(n))
    end = int(distances[start].argsort(kind="stable")[1 + rng.integers(k)])
    share = rng.uniform(0.05, 0.45)
    point = rows[start] + share * (rows[end] - rows[start])
    found = segment_ends(point[None], rows, k)[0]
    along = rows[found[1]] - rows[found[0]]
    rest = point - rows[found[0]]
    position = float(along @ rest / (along @ along))
    np.testing.assert_allclose(rest, position * along, atol=1e-9)  # on the segment that it names, nearer end first
    assert -1e-9 <= position <= 0.5 + 1e-9
    if d > 1:  # on a line several segments hold the point; elsewhere only the one it was put on
        assert found.tolist() == [start, end]


def test_many_points_are_answered_as_if_each_were_alone() -> None:
    rows = stream("rows").normal(size=(30, 3))
    points = stream("points").normal(size=(50, 3))
    points[:25] = 0.7 * rows[:25] + 0.3 * rows[1:26]
    together = segment_ends(points, rows, 5)
    alone = np.concatenate([segment_ends(point[None], rows, 5) for point in points])
    np.testing.assert_array_equal(together, alone)


def test_no_points_have_no_ends() -> None:
    assert segment_ends(np.zeros((0, 2)), np.zeros((4, 2)), 1).shape == (0, 2)


def test_equal_rows_are_ends_of_a_segment_of_no_length() -> None:
    rows = np.array([[1.0, 1.0]] * 4 + [[5.0, 5.0]])
    ends = segment_ends(np.array([[1.0, 1.0]]), rows, 2)[0]
    np.testing.assert_array_equal(rows[ends], [[1.0, 1.0], [1.0, 1.0]])


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

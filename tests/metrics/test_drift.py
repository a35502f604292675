"""How far rows moved, by hand-made judges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cosine

from augeval.metrics.drift import cosine_drift, summarise
from augeval.seeds import stream


def texts(*rows: str) -> np.ndarray:
    return np.array(rows, object)


def letters(x: np.ndarray) -> np.ndarray:
    """Counts of a, b and c."""
    return np.array([[row.count(letter) for letter in "abc"] for row in x], np.float32)


def flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1).astype(np.float32)


class TestCosineDrift:
    def test_nothing_a_right_angle_and_between(self) -> None:
        drift = cosine_drift(texts("a", "b", "ab"), texts("a", "a", "a"), letters)
        np.testing.assert_allclose(drift, [0, 1, 1 - 1 / math.sqrt(2)], atol=1e-12)

    def test_opposite_vectors_are_two_apart(self) -> None:
        assert cosine_drift(np.array([[1.0, 2.0]]), np.array([[-1.0, -2.0]]), flat)[0] == pytest.approx(2.0)

    def test_an_identical_row_is_exactly_zero_whatever_rounding_says(self) -> None:
        x = stream("test drift").random((200, 7))
        assert (cosine_drift(x, x.copy(), flat) == 0).all()

    def test_another_row_with_the_same_vector_is_exactly_zero(self) -> None:
        assert cosine_drift(texts("abxaccb"), texts("abcabc"), letters)[0] == 0

    def test_a_zero_vector_has_no_direction(self) -> None:
        drift = cosine_drift(texts("x", "a", "y", "x"), texts("a", "x", "z", "x"), letters)
        np.testing.assert_array_equal(drift, [np.nan, np.nan, np.nan, 0])

    def test_a_row_that_the_judge_cannot_read_is_unmeasured(self) -> None:
        drift = cosine_drift(np.array([[1.0, np.nan], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 1.0]]), flat)
        assert np.isnan(drift[0])
        assert drift[1] > 0

    def test_images_are_rows_too(self) -> None:
        x = stream("test drift images").integers(0, 256, (5, 4, 4, 1), dtype=np.uint8)
        drift = cosine_drift(x[[0, 1, 2]], x[[0, 3, 4]], flat)
        assert drift[0] == 0
        assert drift[1] == pytest.approx(cosine(x[1].ravel().astype(float), x[3].ravel().astype(float)), abs=1e-12)

    def test_each_distinct_row_is_encoded_once(self) -> None:
        seen: list[str] = []

        def judge(x: np.ndarray) -> np.ndarray:
            seen.extend(x)
            return letters(x)

        cosine_drift(texts("a", "b", "a", "a"), texts("a", "a", "a", "c"), judge)
        assert seen == ["a", "b", "c"]

    def test_no_rows_have_no_drift_and_ask_no_judge(self) -> None:
        assert cosine_drift(texts(), texts(), lambda x: pytest.fail("asked")).shape == (0,)

    @given(x=arrays(np.float64, (6, 3), elements=st.floats(-1e3, 1e3)))
    def test_drift_lies_in_zero_to_two_and_is_the_same_both_ways(self, x: np.ndarray) -> None:
        there, back = cosine_drift(x[:3], x[3:], flat), cosine_drift(x[3:], x[:3], flat)
        np.testing.assert_array_equal(there, back)
        measured = there[~np.isnan(there)]
        assert ((measured >= 0) & (measured <= 2)).all()


class TestSummarise:
    def test_ten_rows_by_hand(self) -> None:
        summary = summarise(np.array([0, 0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.9]))
        assert summary == pytest.approx(
            {"mean": 0.25, "median": 0.2, "p90": 0.45, "max": 0.9, "identical": 0.2, "rows": 10, "unmeasured": 0}
        )

    def test_unmeasured_rows_are_counted_and_left_out(self) -> None:
        summary = summarise(np.array([np.nan, 0.2, np.nan, 0.4]))
        assert (summary["rows"], summary["unmeasured"]) == (4, 2)
        assert summary["mean"] == pytest.approx(0.3)
        assert summary["identical"] == 0

    def test_nothing_measured_is_nan_not_zero(self) -> None:
        summary = summarise(np.array([np.nan]))
        assert summary["unmeasured"] == 1
        assert all(math.isnan(summary[name]) for name in ("mean", "median", "p90", "max", "identical"))

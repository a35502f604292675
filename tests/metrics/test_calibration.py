"""Losses of probabilities against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from augeval.errors import ContractError
from augeval.extend import MetricPlugin
from augeval.metrics.calibration import brier, log_loss
from augeval.seeds import stream

BOTH = pytest.mark.parametrize("metric", [log_loss, brier], ids=["log_loss", "brier"])


def predictions(n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("test probabilities", n, k)
    return rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)


@pytest.mark.parametrize("k", [2, 3, 13])
class TestAgainstScikitLearn:
    def test_log_loss(self, k: int) -> None:
        y, scores = predictions(300, k)
        assert log_loss.fn(y, scores) == pytest.approx(oracle.log_loss(y, scores, labels=range(k)), abs=1e-12)

    def test_brier_is_half_the_sum_over_classes(self, k: int) -> None:
        y, scores = predictions(300, k)
        summed = ((np.eye(k)[y] - scores) ** 2).sum(1).mean()
        assert brier.fn(y, scores) == pytest.approx(summed / 2, abs=1e-12)
        if k == 2:
            assert brier.fn(y, scores) == pytest.approx(oracle.brier_score_loss(y, scores[:, 1]), abs=1e-12)


@BOTH
class TestBoth:
    def test_contributions_are_the_rows_losses(self, metric: MetricPlugin) -> None:
        y, scores = predictions(50, 3)
        parts = metric.contributions(y, scores)
        assert parts.mean() == pytest.approx(metric.fn(y, scores), abs=1e-12)
        np.testing.assert_allclose(parts[7], metric.fn(y[7:8], scores[7:8]))

    def test_less_is_better_and_nothing_is_perfect(self, metric: MetricPlugin) -> None:
        y, scores = predictions(50, 3)
        assert not metric.higher_is_better
        assert metric.fn(y, np.eye(3)[y]) == 0 < metric.fn(y, scores)

    @pytest.mark.parametrize("wrong", [[0.5, 0.6, 0.2], [-0.1, 0.6, 0.5]])
    def test_scores_that_are_no_probabilities_are_refused_with_their_row(
        self, metric: MetricPlugin, wrong: list[float]
    ) -> None:
        y, scores = predictions(50, 3)
        scores[11] = wrong
        with pytest.raises(ContractError, match=rf"{metric.name} needs probabilities: the scores of row 11 "):
            metric.fn(y, scores)

    def test_float32_rounding_is_no_offence(self, metric: MetricPlugin) -> None:
        y, scores = predictions(50, 13)
        rounded = metric.fn(y, scores.astype(np.float32).astype(np.float64))
        assert rounded == pytest.approx(metric.fn(y, scores), abs=1e-5)

    def test_no_rows_are_nan(self, metric: MetricPlugin) -> None:
        assert math.isnan(metric.fn(np.empty(0, int), np.empty((0, 3))))

    def test_the_scores_are_left_as_they_were(self, metric: MetricPlugin) -> None:
        y, scores = predictions(50, 3)
        before = scores.copy()
        metric.fn(y, scores)
        np.testing.assert_array_equal(scores, before)


def test_knowing_nothing_of_four_classes() -> None:
    y, scores = np.arange(4), np.full((4, 4), 0.25)
    assert log_loss.fn(y, scores) == pytest.approx(math.log(4))
    assert brier.fn(y, scores) == pytest.approx((1 - 1 / 4) / 2)


def test_certain_and_wrong_costs_34_and_a_half_nats_or_one() -> None:
    y, scores = np.array([0]), np.array([[0.0, 1.0]])
    assert log_loss.fn(y, scores) == pytest.approx(-math.log(1e-15))
    assert brier.fn(y, scores) == 1.0


@given(p=st.floats(0, 1), q=st.floats(0, 1))
def test_both_fall_as_the_probability_of_the_true_class_grows(p: float, q: float) -> None:
    low, high = sorted((p, q))
    for metric in (log_loss, brier):
        worse, better = (metric.fn(np.array([1]), np.array([[1 - share, share]])) for share in (low, high))
        assert worse >= better

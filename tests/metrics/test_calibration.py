"""Losses of probabilities against scikit-learn and by hand."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_predictions import jackknifed, two_models
from scipy.stats import binomtest
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve

from augeval.errors import ContractError
from augeval.extend import MetricPlugin
from augeval.metrics.calibration import brier, ece, log_loss, reliability_curve
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


class TestEce:
    @given(n=st.integers(1, 80), k=st.integers(2, 4), bins=st.integers(2, 20))
    @settings(max_examples=60, deadline=None)
    def test_it_is_the_weighted_gap_of_scikit_learns_bins(self, n: int, k: int, bins: int) -> None:
        y, scores = predictions(n, k)
        claimed = scores[:, 1] if k == 2 else scores.max(1)
        came_true = y == 1 if k == 2 else scores.argmax(1) == y
        share, mean = calibration_curve(came_true, claimed, n_bins=bins)
        rows = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], claimed))
        expected = float((rows[rows > 0] * np.abs(share - mean)).sum() / n)
        assert ece.fn(y, scores, bins=bins) == pytest.approx(expected, abs=1e-12)

    def test_two_bins_by_hand(self) -> None:
        # Below one half: .2 and .4 are claimed, one of two comes true: a gap of .2. Above: .8, .9, both true: .15.
        p = np.array([0.2, 0.4, 0.8, 0.9])
        assert ece.fn(np.array([0, 1, 1, 1]), np.stack([1 - p, p], 1), bins=2) == pytest.approx((0.2 + 0.15) / 2)

    def test_of_two_classes_a_rare_one_that_is_overrated_shows(self) -> None:
        # Four in ten is claimed of a class that never comes; the predicted class is right all the same.
        scores = np.tile([[0.6, 0.4]], (50, 1))
        assert ece.fn(np.zeros(50, int), scores, bins=10) == pytest.approx(0.4)

    def test_contributions_are_the_jackknifes_where_no_gap_is_zero(self) -> None:
        rng = stream("test ece jackknife")
        y, scores, _ = two_models(300, rng)
        told = partial(ece.fn, bins=5)
        np.testing.assert_allclose(ece.contributions(y, scores, bins=5), jackknifed(told, y, scores), atol=1e-9)

    def test_no_rows_are_nan_and_no_probabilities_are_refused(self) -> None:
        assert math.isnan(ece.fn(np.empty(0, int), np.empty((0, 2)), bins=10))
        with pytest.raises(ContractError, match="ece needs probabilities: the scores of row 0 sum to 3"):
            ece.fn(np.array([0]), np.array([[1.0, 2.0]]), bins=10)


class TestReliabilityCurve:
    @given(n=st.integers(1, 80), bins=st.integers(2, 20))
    @settings(max_examples=40, deadline=None)
    def test_shares_and_means_are_scikit_learns(self, n: int, bins: int) -> None:
        y, scores = predictions(n, 2)
        share, mean = calibration_curve(y, scores[:, 1], n_bins=bins)
        curve = reliability_curve(y, scores, bins=bins)
        full = curve.count > 0
        np.testing.assert_allclose(curve.observed[full], share)
        np.testing.assert_allclose(curve.claimed[full], mean)
        assert curve.count.sum() == n
        assert all(np.isnan(part[~full]).all() for part in (curve.claimed, curve.observed, curve.low, curve.high))

    def test_its_mean_gap_is_ece(self) -> None:
        for k in (2, 4):
            y, scores = predictions(200, k)
            curve = reliability_curve(y, scores, bins=7)
            gap = np.nansum(curve.count * np.abs(curve.observed - curve.claimed)) / 200
            assert gap == pytest.approx(ece.fn(y, scores, bins=7))

    def test_one_class_of_several_can_be_meant(self) -> None:
        y, scores = predictions(200, 3)
        share, _ = calibration_curve(y == 2, scores[:, 2], n_bins=4)
        np.testing.assert_allclose(reliability_curve(y, scores, bins=4, of=2).observed, share)

    def test_intervals_are_those_of_scipys_wilson(self) -> None:
        y, scores = predictions(60, 2)
        curve = reliability_curve(y, scores, bins=3, level=0.9)
        for bin_ in range(3):
            rows = int(curve.count[bin_])
            expected = binomtest(round(curve.observed[bin_] * rows), rows).proportion_ci(0.9, "wilson")
            assert (curve.low[bin_], curve.high[bin_]) == pytest.approx((expected.low, expected.high))

    def test_an_edge_belongs_to_the_bin_below_it(self) -> None:
        p = np.array([0.0, 0.5, 1.0])
        curve = reliability_curve(np.array([0, 1, 1]), np.stack([1 - p, p], 1), bins=2)
        assert curve.count.tolist() == [2, 1]
        assert curve.edges.tolist() == [0, 0.5, 1]

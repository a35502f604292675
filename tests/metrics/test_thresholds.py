"""Recall at a precision and precision at a recall, against scikit-learn's curve and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_predictions import jackknifed, predictions, two_models
from sklearn.metrics import precision_recall_curve

from augeval.metrics.thresholds import precision_at_recall, recall_at_precision
from augeval.seeds import stream

BOTH = pytest.mark.parametrize("metric", [recall_at_precision, precision_at_recall], ids=lambda m: m.name)
names = st.integers(0, 10**6)
levels = st.sampled_from([0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 0.97])


def curve(y, scores):
    """scikit-learn's points without the last one, which stands for claiming nothing."""
    precision, recall, _ = precision_recall_curve(y, scores)
    return precision[:-1], recall[:-1]


def expected(metric, y, scores, level) -> float:
    k = scores.shape[1]
    found = []
    for c in [1] if k == 2 else np.unique(y):
        precision, recall = curve(y == c, scores[:, c])
        given, wanted = (precision, recall) if metric is recall_at_precision else (recall, precision)
        found.append(wanted[given >= level - 1e-9].max(initial=0.0))
    return float(np.mean(found))


@BOTH
class TestAgainstTheCurve:
    @given(
        k=st.integers(2, 4), n=st.integers(6, 60), name=st.integers(0, 10**6), digits=st.integers(1, 6), level=levels
    )
    @settings(max_examples=100, deadline=None)
    def test_the_value_is_the_best_point_of_the_curve(self, metric, k, n, name, digits, level):
        y, scores = predictions(n, k, digits=digits, name=name)
        if len(np.unique(y)) < 2:
            return
        assert metric.fn(y, scores, level=level) == pytest.approx(expected(metric, y, scores, level), abs=1e-12)

    @given(k=st.integers(2, 4), n=st.integers(6, 60), name=st.integers(0, 10**6), level=levels)
    @settings(max_examples=40, deadline=None)
    def test_the_order_of_the_rows_does_not_matter(self, metric, k, n, name, level):
        y, scores = predictions(n, k, digits=1, name=name)
        order = stream("test order", name).permutation(n)
        one, two = (metric.contributions(y[o], scores[o], level=level) for o in (np.arange(n), order))
        np.testing.assert_allclose(two, one[order], atol=1e-9, equal_nan=True)

    @pytest.mark.parametrize("level", [0.6, 0.8])
    def test_the_spread_of_the_contributions_is_the_samplings(self, metric, level):
        # 300 samples of 800 rows know a standard deviation to 4 %. The share beside the cut is guessed from some 100
        # rows, which makes single standard errors vary by a tenth to a fifth; their mean square is compared.
        rng = stream("test spread at a level", metric.name, level)
        values, variances = [], []
        for _ in range(300):
            y, scores, _ = two_models(800, rng)
            parts = metric.contributions(y, scores, level=level)
            values.append(parts.mean())
            variances.append(parts.var() / 800)
        assert math.sqrt(np.mean(variances)) == pytest.approx(np.std(values), rel=0.2)

    def test_one_class_alone_or_no_rows_are_nan(self, metric):
        _, scores = predictions(20, 2)
        assert math.isnan(metric.fn(np.ones(20, int), scores, level=0.5))
        assert np.isnan(metric.contributions(np.ones(20, int), scores, level=0.5)).all()
        assert math.isnan(metric.fn(np.empty(0, int), np.empty((0, 2)), level=0.5))

    def test_only_the_order_of_the_scores_matters(self, metric):
        y, scores = predictions(200, 3)
        assert metric.fn(y, np.exp(3 * scores), level=0.6) == pytest.approx(metric.fn(y, scores, level=0.6))


class TestByHand:
    # From the top: right, right, wrong, right, wrong, right, wrong, wrong.
    y = np.array([1, 1, 0, 1, 0, 1, 0, 0])
    scores = np.stack([1 - np.linspace(0.9, 0.2, 8), np.linspace(0.9, 0.2, 8)], 1)

    @pytest.mark.parametrize(("level", "found"), [(0.9, 0.5), (0.75, 0.75), (0.7, 0.75), (0.66, 1.0), (0.1, 1.0)])
    def test_recall_at_precision(self, level, found):
        assert recall_at_precision.fn(self.y, self.scores, level=level) == pytest.approx(found)

    @pytest.mark.parametrize(("level", "right"), [(0.25, 1.0), (0.5, 1.0), (0.6, 0.75), (0.75, 0.75), (0.8, 4 / 6)])
    def test_precision_at_recall(self, level, right):
        assert precision_at_recall.fn(self.y, self.scores, level=level) == pytest.approx(right)

    def test_no_cut_is_precise_enough_and_nothing_is_found(self):
        y = 1 - self.y
        assert recall_at_precision.fn(y, self.scores, level=0.9) == 0
        np.testing.assert_array_equal(recall_at_precision.contributions(y, self.scores, level=0.9), 0)
        np.testing.assert_array_equal(
            jackknifed(lambda a, b: recall_at_precision.fn(a, b, level=0.9), y, self.scores), 0
        )

    def test_rows_that_score_the_same_are_taken_together(self):
        scores = np.tile([[0.5, 0.5]], (8, 1))
        assert precision_at_recall.fn(self.y, scores, level=0.3) == pytest.approx(0.5)
        assert recall_at_precision.fn(self.y, scores, level=0.6) == 0

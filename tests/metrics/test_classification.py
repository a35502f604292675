"""Accuracy, F1 and ranking metrics against scikit-learn, and what each row contributes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from augeval.extend import MetricPlugin
from augeval.metrics.classification import accuracy, average_precision, balanced_accuracy, macro_f1, roc_auc
from augeval.seeds import stream

ALL = (accuracy, balanced_accuracy, macro_f1, roc_auc, average_precision)
RANKING = (roc_auc, average_precision)
EACH = pytest.mark.parametrize("metric", ALL, ids=[m.name for m in ALL])
EACH_RANKING = pytest.mark.parametrize("metric", RANKING, ids=[m.name for m in RANKING])


def predictions(n: int, k: int, *, digits: int = 6, name: object = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes and informative probabilities; few digits make many equal scores."""
    rng = stream("test predictions", n, k, name)
    y = rng.integers(0, k, n)
    scores = rng.dirichlet(np.ones(k), n)
    scores[np.arange(n), y] += 0.3
    return y, np.round(scores / scores.sum(1, keepdims=True), digits)


def expected(metric: MetricPlugin, y: np.ndarray, scores: np.ndarray) -> float:
    predicted = scores.argmax(1)
    if metric is accuracy:
        return oracle.accuracy_score(y, predicted)
    if metric is balanced_accuracy:
        return oracle.balanced_accuracy_score(y, predicted)
    if metric is macro_f1:
        return oracle.f1_score(y, predicted, average="macro", labels=np.unique(y))
    of_rank = oracle.roc_auc_score if metric is roc_auc else oracle.average_precision_score
    if scores.shape[1] == 2:
        return of_rank(y, scores[:, 1])
    return float(np.mean([of_rank(y == c, scores[:, c]) for c in np.unique(y)]))


@EACH
@pytest.mark.parametrize("digits", [1, 2, 6])
@pytest.mark.parametrize("k", [2, 3, 13])
class TestValues:
    def test_the_value_is_scikit_learns_with_and_without_equal_scores(
        self, metric: MetricPlugin, k: int, digits: int
    ) -> None:
        y, scores = predictions(300, k, digits=digits)
        assert metric.fn(y, scores) == pytest.approx(expected(metric, y, scores), abs=1e-12)

    def test_contributions_have_the_metric_as_their_mean(self, metric: MetricPlugin, k: int, digits: int) -> None:
        y, scores = predictions(300, k, digits=digits, name="mean")
        parts = metric.contributions(y, scores)
        assert parts.shape == (300,)
        assert parts.mean() == pytest.approx(expected(metric, y, scores), abs=1e-9)


@EACH
@pytest.mark.parametrize("k", [2, 4])
def test_the_spread_of_the_contributions_is_the_bootstraps(metric: MetricPlugin, k: int) -> None:
    # 600 resamples know a standard error to about 3 %; the rest is the curvature of the metric at n = 400.
    y, scores = predictions(400, k, name="bootstrap")
    rng = stream("test bootstrap", metric.name, k)
    resampled = [metric.fn(y[rows], scores[rows]) for rows in rng.integers(0, 400, (600, 400))]
    predicted = metric.contributions(y, scores).std() / math.sqrt(400)
    assert predicted == pytest.approx(np.std(resampled), rel=0.15)


@EACH
@pytest.mark.parametrize("k", [2, 4])
def test_a_rows_contribution_is_what_more_weight_on_it_would_change(metric: MetricPlugin, k: int) -> None:
    # Influence is the metric's derivative in the row's weight: here one copy more of each row among 60 copies.
    y, scores = predictions(40, k, digits=2, name="derivative")
    copies = 60
    many_y, many_scores = np.tile(y, copies), np.tile(scores, (copies, 1))
    value = metric.fn(y, scores)
    change = [
        (metric.fn(np.append(many_y, y[i]), np.vstack([many_scores, scores[i : i + 1]])) - value) * (40 * copies + 1)
        for i in range(40)
    ]
    np.testing.assert_allclose(metric.contributions(y, scores) - value, change, atol=0.02)


class TestByHand:
    def test_one_of_four_pairs_is_in_the_wrong_order(self) -> None:
        y, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.5, 0.9])
        scores = np.stack([1 - score, score], 1)
        assert roc_auc.fn(y, scores) == 0.75
        # Placements: the third row beats one of two negatives, the fourth both; the first loses to none, the second
        # to one of two. Each class is half of the rows, so a placement's distance from .75 counts double.
        np.testing.assert_allclose(roc_auc.contributions(y, scores), [1.25, 0.25, 0.25, 1.25])

    def test_equal_scores_count_one_half(self) -> None:
        assert roc_auc.fn(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]])) == 0.5

    def test_average_precision_is_the_mean_precision_at_the_positives(self) -> None:
        y, score = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.7, 0.9])
        # From the top: positive at 1 of 1, positive at 2 of 3.
        assert average_precision.fn(y, np.stack([1 - score, score], 1)) == pytest.approx((1 + 2 / 3) / 2)

    def test_balanced_accuracy_gives_the_small_class_the_same_say(self) -> None:
        y = np.array([0, 0, 0, 1])
        scores = np.tile([[0.9, 0.1]], (4, 1))
        assert accuracy.fn(y, scores) == 0.75
        assert balanced_accuracy.fn(y, scores) == 0.5
        np.testing.assert_allclose(balanced_accuracy.contributions(y, scores), 0.5)

    def test_a_class_that_is_only_predicted_is_not_averaged_but_costs_the_rows_own_class(self) -> None:
        y = np.array([0, 0, 1])
        scores = np.array([[1, 0, 0], [0, 0, 1.0], [0, 1, 0]])
        # Class 0: one of two rows found, none wrongly: 2/3. Class 1: perfect. Class 2 is absent.
        assert macro_f1.fn(y, scores) == pytest.approx((2 / 3 + 1) / 2)
        assert oracle.f1_score(y, scores.argmax(1), average="macro") == pytest.approx((2 / 3 + 1 + 0) / 3)


class TestUndefined:
    @EACH_RANKING
    @pytest.mark.parametrize("k", [2, 3])
    @pytest.mark.parametrize("only", [0, 1])
    def test_ranking_one_class_alone_is_nan(self, metric: MetricPlugin, k: int, only: int) -> None:
        _, scores = predictions(20, k)
        y = np.full(20, only)
        assert math.isnan(metric.fn(y, scores))
        assert np.isnan(metric.contributions(y, scores)).all()

    @EACH
    def test_no_rows_are_nan_without_a_warning(self, metric: MetricPlugin) -> None:
        y, scores = np.empty(0, int), np.empty((0, 3))
        assert math.isnan(metric.fn(y, scores))
        assert metric.contributions(y, scores).shape == (0,)

    @EACH
    def test_classes_that_are_absent_from_y_do_not_count(self, metric: MetricPlugin) -> None:
        y, scores = predictions(100, 3)
        scores = np.hstack([scores, np.full((100, 2), -1.0)])
        assert metric.fn(y, scores) == pytest.approx(expected(metric, y, scores), abs=1e-12)


labelled = st.tuples(st.integers(2, 5), st.integers(4, 60), st.integers(0, 10**6), st.integers(1, 6))


@EACH
class TestProperties:
    @settings(max_examples=40, deadline=None)
    @given(drawn=labelled)
    def test_the_order_of_the_rows_does_not_matter(self, metric: MetricPlugin, drawn: tuple[int, ...]) -> None:
        k, n, name, digits = drawn
        y, scores = predictions(n, k, digits=digits, name=name)
        order = stream("test order", name).permutation(n)
        np.testing.assert_allclose(metric.fn(y[order], scores[order]), metric.fn(y, scores), atol=1e-12)
        np.testing.assert_allclose(
            metric.contributions(y[order], scores[order]), metric.contributions(y, scores)[order], atol=1e-9
        )

    @settings(max_examples=40, deadline=None)
    @given(drawn=labelled)
    def test_the_value_keeps_its_bounds_and_perfection_is_the_best_of_them(
        self, metric: MetricPlugin, drawn: tuple[int, ...]
    ) -> None:
        k, n, name, digits = drawn
        y, scores = predictions(n, k, digits=digits, name=name)
        if len(np.unique(y)) < 2:
            return
        low, high = metric.bounds
        assert low <= metric.fn(y, scores) <= high + 1e-12
        assert metric.fn(y, np.eye(k)[y]) == pytest.approx(high)
        assert metric.fn(y, np.full((n, k), 1 / k)) < high


@EACH_RANKING
def test_only_the_order_of_the_scores_matters(metric: MetricPlugin) -> None:
    y, scores = predictions(200, 4)
    assert metric.fn(y, np.exp(3 * scores)) == metric.fn(y, scores)

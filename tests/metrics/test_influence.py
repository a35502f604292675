"""The grouped jackknife, against metrics whose contributions are known."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.extend import MetricPlugin
from augeval.metrics.calibration import brier
from augeval.metrics.classification import accuracy, average_precision, balanced_accuracy, macro_f1, roc_auc
from augeval.metrics.influence import GROUPS, jackknife_contributions
from augeval.seeds import stream

ALL = (accuracy, balanced_accuracy, macro_f1, roc_auc, average_precision, brier)
EACH = pytest.mark.parametrize("metric", ALL, ids=[m.name for m in ALL])


def predictions(n: int, k: int = 3, name: object = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, informative probabilities, and ids as a random test set of a larger dataset has them."""
    rng = stream("test jackknife", n, k, name)
    y = rng.integers(0, k, n)
    scores = rng.dirichlet(np.ones(k), n)
    scores[np.arange(n), y] += 0.3
    return y, scores / scores.sum(1, keepdims=True), np.sort(rng.permutation(4 * n)[:n])


@EACH
@pytest.mark.parametrize("by_id", [False, True])
class TestEveryMetric:
    @pytest.mark.parametrize("n", [7, 50, 333])
    def test_the_mean_is_the_metric(self, metric: MetricPlugin, by_id: bool, n: int) -> None:
        y, scores, ids = predictions(n)
        parts = jackknife_contributions(metric.fn, y, scores, ids if by_id else None)
        assert parts.mean() == pytest.approx(metric.fn(y, scores), abs=1e-9)

    def test_the_spread_is_that_of_the_exact_contributions_on_average(self, metric: MetricPlugin, by_id: bool) -> None:
        # Fifty groups know a standard deviation to about 10 %, so a mean of 30 sets knows it to about 2 %.
        ratios = []
        for name in range(30):
            y, scores, ids = predictions(400, name=name)
            parts = jackknife_contributions(metric.fn, y, scores, ids if by_id else None)
            ratios.append(parts.std() / metric.contributions(y, scores).std())
        assert np.mean(ratios) == pytest.approx(1.0, abs=0.08)


def test_with_as_many_groups_as_rows_it_is_the_plain_jackknife() -> None:
    y, scores, _ = predictions(30)
    hit = (scores.argmax(1) == y).astype(float)
    np.testing.assert_allclose(jackknife_contributions(accuracy.fn, y, scores), hit, atol=1e-12)


def test_the_same_rows_share_a_group_in_every_test_set() -> None:
    # Two test sets with 200 rows in common; no two groups have the same mean loss, so equal values tell a group.
    y, scores, ids = predictions(400)
    first, second = (
        jackknife_contributions(brier.fn, y[rows], scores[rows], ids[rows])
        for rows in (np.arange(300), np.arange(100, 400))
    )
    first, second = first[100:], second[:200]
    together = first[:, None] == first
    assert 200 < together.sum() < 200 * 200
    np.testing.assert_array_equal(together, second[:, None] == second)


def test_no_more_than_fifty_and_one_evaluations() -> None:
    y, scores, ids = predictions(900)
    calls = []

    def counted(y: np.ndarray, scores: np.ndarray) -> float:
        calls.append(len(y))
        return accuracy.fn(y, scores)

    jackknife_contributions(counted, y, scores, ids)
    assert len(calls) <= GROUPS + 1


@pytest.mark.parametrize("by_id", [False, True])
def test_a_class_with_a_single_row_never_vanishes(by_id: bool) -> None:
    y, scores, ids = predictions(60)
    y[:] = np.where(np.arange(60) == 17, 2, y % 2)

    def all_three_classes(y: np.ndarray, scores: np.ndarray) -> float:
        return accuracy.fn(y, scores) if len(np.unique(y)) == 3 else float("nan")

    parts = jackknife_contributions(all_three_classes, y, scores, ids if by_id else None)
    assert np.isfinite(parts).all()


def test_nan_where_the_metric_is_undefined_on_all_rows_or_without_a_group() -> None:
    y, scores, _ = predictions(60)
    assert np.isnan(jackknife_contributions(roc_auc.fn, np.zeros(60, int), scores)).all()
    whole_only = jackknife_contributions(lambda y, s: 0.5 if len(y) == 60 else float("nan"), y, scores)
    assert np.isnan(whole_only).all()


def test_one_row_has_the_metric_itself() -> None:
    np.testing.assert_array_equal(
        jackknife_contributions(accuracy.fn, np.array([1]), np.array([[0.2, 0.8]])), np.array([1.0])
    )

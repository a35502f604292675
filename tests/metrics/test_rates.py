"""Recall, precision, G-mean, MCC and cost: by hand, against scikit-learn and imbalanced-learn, and row by row."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score
from made_predictions import jackknifed, predictions
from sklearn import metrics as oracle

from augeval.metrics.rates import cost, g_mean, mcc, minority_precision, minority_recall, precision, rare_recall, recall

drawn = given(st.integers(2, 5), st.integers(20, 80), st.integers(0, 10**6))


def one_hot(said, k: int = 2) -> np.ndarray:
    return np.eye(k)[np.array(said)]


class TestAgainstOracles:
    @drawn
    @settings(max_examples=60, deadline=None)
    def test_recall_and_precision_of_every_class_are_scikit_learns(self, k, n, name):
        y, scores = predictions(n, k, name=name)
        said = scores.argmax(1)
        for metric, theirs in ((recall, oracle.recall_score), (precision, oracle.precision_score)):
            expected = theirs(y, said, labels=range(k), average=None, zero_division=np.nan)
            ours = [metric.fn(y, scores, of=c) for c in range(k)]
            np.testing.assert_allclose(ours, expected, atol=1e-12)

    @drawn
    @settings(max_examples=60, deadline=None)
    def test_mcc_is_scikit_learns(self, k, n, name):
        y, scores = predictions(n, k, name=name)
        expected = oracle.matthews_corrcoef(y, scores.argmax(1))
        assert mcc.fn(y, scores) == pytest.approx(expected, abs=1e-12)

    @drawn
    @settings(max_examples=60, deadline=None)
    def test_g_mean_is_imbalanced_learns(self, k, n, name):
        y, scores = predictions(n, k, name=name)
        expected = geometric_mean_score(y, scores.argmax(1), average="multiclass", labels=np.unique(y))
        assert g_mean.fn(y, scores) == pytest.approx(expected, abs=1e-12)

    @drawn
    @settings(max_examples=60, deadline=None)
    def test_cost_is_the_confusion_matrix_times_the_costs(self, k, n, name):
        y, scores = predictions(n, k, name=name)
        costs = np.arange(k * k, dtype=float).reshape(k, k)
        counts = oracle.confusion_matrix(y, scores.argmax(1), labels=range(k))
        assert cost.fn(y, scores, costs=costs) == pytest.approx((counts * costs).sum() / n)


TOLD = {
    "recall": partial(recall.fn, of=1), "precision": partial(precision.fn, of=1), "mcc": mcc.fn, "g_mean": g_mean.fn,
}  # fmt: skip
PARTS = {
    "recall": partial(recall.contributions, of=1), "precision": partial(precision.contributions, of=1),
    "mcc": mcc.contributions, "g_mean": g_mean.contributions,
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("k", [2, 4])
class TestContributions:
    def test_they_are_the_jackknifes_up_to_one_part_in_n(self, name, k):
        y, scores = predictions(400, k, name="jackknife")
        parts, left_out = PARTS[name](y, scores), jackknifed(TOLD[name], y, scores)
        spread = left_out.std()
        # What differs is the curvature of the metric, one part in n of it for each row: 40 / 400 of a spread at most.
        assert np.abs(parts - left_out).max() < 0.1 * spread
        assert np.corrcoef(parts, left_out)[0, 1] > 0.9999

    def test_their_mean_is_the_metric(self, name, k):
        y, scores = predictions(300, k, name="mean")
        assert PARTS[name](y, scores).mean() == pytest.approx(TOLD[name](y, scores), abs=1e-12)

    def test_a_rows_contribution_is_what_more_weight_on_it_would_change(self, name, k):
        y, scores = predictions(40, k, digits=2, name="derivative")
        copies = 60
        many_y, many_scores = np.tile(y, copies), np.tile(scores, (copies, 1))
        value = TOLD[name](y, scores)
        grown = [
            TOLD[name](np.append(many_y, y[i]), np.vstack([many_scores, scores[i : i + 1]])) for i in range(len(y))
        ]
        change = (np.array(grown) - value) * (40 * copies + 1)
        np.testing.assert_allclose(PARTS[name](y, scores) - value, change, atol=0.03)


def test_contributions_to_cost_are_what_each_row_costs():
    costs = np.array([[0.0, 1.0], [5.0, 0.0]])
    y, scores = np.array([0, 0, 1, 1]), one_hot([0, 1, 0, 1])
    np.testing.assert_array_equal(cost.contributions(y, scores, costs=costs), [0, 1, 5, 0])
    assert cost.fn(y, scores, costs=costs) == 1.5
    assert not cost.higher_is_better


class TestByHand:
    # Ten rows, four of class 1; five are said to be of it, three of them rightly.
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    scores = one_hot([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])

    def test_three_of_four_are_found_and_three_of_five_are_right(self):
        assert recall.fn(self.y, self.scores, of=1) == pytest.approx(0.75)
        assert precision.fn(self.y, self.scores, of=1) == pytest.approx(0.6)
        assert recall.fn(self.y, self.scores, of=0) == pytest.approx(4 / 6)
        assert precision.fn(self.y, self.scores, of=0) == pytest.approx(0.8)

    def test_the_minoritys_are_those_of_the_class_that_is_told(self):
        assert minority_recall.fn(self.y, self.scores, of=1) == pytest.approx(0.75)
        assert minority_precision.fn(self.y, self.scores, of=1) == pytest.approx(0.6)

    def test_the_rare_classes_count_alike_and_those_without_rows_do_not(self):
        y, scores = np.array([0, 0, 1, 1, 1, 1, 2]), one_hot([0, 1, 1, 1, 1, 0, 0], 4)
        assert rare_recall.fn(y, scores, of=np.array([1, 2, 3])) == pytest.approx((0.75 + 0) / 2)
        assert rare_recall.fn(y, scores, of=np.array([1])) == recall.fn(y, scores, of=1)
        assert math.isnan(rare_recall.fn(y, scores, of=np.array([3])))

    def test_a_rare_recalls_parts_are_the_mean_of_its_classes_parts(self):
        y, scores = np.array([0, 0, 1, 1, 1, 1, 2]), one_hot([0, 1, 1, 1, 1, 0, 0], 3)
        each = [recall.contributions(y, scores, of=c) for c in (1, 2)]
        np.testing.assert_allclose(rare_recall.contributions(y, scores, of=np.array([1, 2])), np.mean(each, axis=0))

    def test_g_mean_multiplies_what_is_found_of_each_class(self):
        assert g_mean.fn(self.y, self.scores) == pytest.approx(math.sqrt(0.75 * 4 / 6))

    def test_mcc_of_two_classes_is_the_textbooks(self):
        tp, fp, fn, tn = 3, 2, 1, 4
        expected = (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        assert mcc.fn(self.y, self.scores) == pytest.approx(expected)

    def test_a_recalls_row_of_another_class_has_no_influence(self):
        parts = recall.contributions(self.y, self.scores, of=1)
        np.testing.assert_allclose(parts[4:], 0.75)
        # Each of the four counts as 10/4 rows: found ones are .25 above the mean, the missed one .75 below.
        np.testing.assert_allclose(parts[:4], [0.75 + 2.5 * 0.25] * 3 + [0.75 - 2.5 * 0.75])

    def test_nothing_found_of_one_class_is_a_g_mean_of_zero_that_no_single_row_moves(self):
        scores = one_hot([0] * 10)
        assert g_mean.fn(self.y, scores) == 0
        np.testing.assert_array_equal(g_mean.contributions(self.y, scores), 0)
        np.testing.assert_array_equal(jackknifed(g_mean.fn, self.y, scores), 0)


class TestUndefined:
    y = np.array([0, 0, 1, 1])

    def test_a_class_without_rows_has_no_recall(self):
        assert math.isnan(recall.fn(self.y, one_hot([0, 1, 2, 1], 3), of=2))
        assert np.isnan(recall.contributions(self.y, one_hot([0, 1, 2, 1], 3), of=2)).all()

    def test_a_class_that_is_never_said_has_no_precision(self):
        assert math.isnan(precision.fn(self.y, one_hot([0, 0, 0, 0]), of=1))
        assert math.isnan(minority_precision.fn(self.y, one_hot([0, 0, 0, 0]), of=1))

    @pytest.mark.parametrize(("y", "said"), [([0, 0, 1, 1], [1, 1, 1, 1]), ([1, 1, 1, 1], [0, 1, 0, 1])])
    def test_what_does_not_vary_has_no_correlation(self, y, said):
        assert math.isnan(mcc.fn(np.array(y), one_hot(said)))
        assert np.isnan(mcc.contributions(np.array(y), one_hot(said))).all()

    def test_a_class_that_is_absent_does_not_make_g_mean_zero(self):
        assert g_mean.fn(self.y, one_hot([0, 0, 1, 1], 3)) == pytest.approx(1)

    @pytest.mark.parametrize("told", [*TOLD.values(), partial(cost.fn, costs=np.eye(3))])
    def test_no_rows_are_nan(self, told):
        assert math.isnan(told(np.empty(0, int), np.empty((0, 3))))

"""Cuts that can be counted by hand, Platt scaling against scikit-learn's, prior correction against a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import _SigmoidCalibration

from augeval import registry
from augeval.extend import metric
from augeval.metrics.treated import (
    MOST_CUTS,
    Adjustment,
    Cut,
    are_probabilities,
    prior_corrected,
    recalibrated,
    tuned,
)
from augeval.seeds import stream


def two(p) -> np.ndarray:
    p = np.asarray(p, float)
    return np.stack([1 - p, p], axis=1)


def made(n: int = 400, rare: float = 0.1, gap: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Two classes whose scores overlap; the model believes both to be as frequent."""
    rng = stream("treated", n, rare, gap)
    y = (rng.random(n) < rare).astype(int)
    return y, two(1 / (1 + np.exp(-(rng.standard_normal(n) + gap * y - gap / 2))))


def named(name: str):
    return registry.get("metric", name)


class TestCuts:
    def test_six_rows_by_hand(self):
        # Above 0.25 lie all three rows of class 1 and one of the three of class 0: (1 + 2/3) / 2. Every other cut loses
        # two rows of class 1 for the one that it gains of class 0, or gains none.
        y = np.array([0, 0, 1, 1, 0, 1])
        cut = tuned(y, two([0.1, 0.2, 0.3, 0.32, 0.34, 0.4]), named("balanced_accuracy"))
        assert cut.at == pytest.approx(0.25)

    def test_lower_is_better_where_the_metric_says_so(self):
        @metric(higher_is_better=False, reads="classes")
        def missed(y, scores):
            """Rows of class 1 that are not found, which cost 5, and false alarms, which cost 1."""
            said = scores.argmax(1)
            return float((5 * ((y == 1) & (said == 0)) + ((y == 0) & (said == 1))).sum()) / (5 * len(y))

        # At 0.19 nothing is missed for two false alarms (0.3 and 0.6); without these a row is missed, which costs 5.
        y, scores = np.array([0, 1, 0, 0, 1]), two([0.1, 0.28, 0.3, 0.6, 0.9])
        assert tuned(y, scores, missed).at == pytest.approx(0.19)

    def test_of_equally_good_runs_the_one_nearest_to_one_half_is_taken(self):
        # 0.25 and 0.5 both give (1 + 2/3) / 2.
        y = np.array([0, 0, 1, 0, 1, 1])
        assert tuned(y, two([0.1, 0.2, 0.3, 0.4, 0.6, 0.7]), named("balanced_accuracy")).at == pytest.approx(0.5)

    def test_within_a_run_the_middle_is_taken(self):
        @metric(reads="classes")
        def one_to_three(y, scores):
            return float(1 <= scores.argmax(1).sum() <= 3)

        # Three cuts leave one to three rows above them: 0.75, 0.85 and 0.925.
        assert tuned(np.array([0, 1, 1, 1, 1]), two([0.6, 0.7, 0.8, 0.9, 0.95]), one_to_three).at == pytest.approx(0.85)

    def test_all_of_one_class_may_be_the_best_decision(self):
        y = np.array([0] * 8 + [1])
        scores = two([0.9, 0.8, 0.7, 0.65, 0.64, 0.63, 0.62, 0.61, 0.6])
        cut = tuned(y, scores, named("accuracy"))
        assert cut(scores).argmax(1).tolist() == [0] * 9

    def test_where_the_metric_is_never_defined_the_cut_stays(self):
        @metric(reads="classes")
        def undefined(y, scores):
            return float("nan")

        assert tuned(*made(), undefined) == Cut(0.5)
        assert tuned(np.array([0, 1, 2]), np.eye(3), undefined).power == 0.0

    def test_a_rare_class_has_as_many_candidates_as_the_other(self):
        # 20,000 rows, 100 of them rare; the best cut lies among the highest half percent of the scores.
        rng = stream("treated", "rare")
        y = np.r_[np.zeros(19_900, int), np.ones(100, int)]
        p = np.r_[rng.random(19_900) * 0.5, 0.5 + rng.random(100) * 0.5]
        p[y == 0][:50] += 0.3
        scores = two(p)
        value = named("mcc")
        all_cuts = [value.fn(y, Cut(at)(scores)) for at in np.sort(p[p > 0.45])]
        assert value.fn(y, tuned(y, scores, value)(scores)) >= max(all_cuts) - 0.02
        assert MOST_CUTS == 200

    @given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=30))
    def test_no_cut_at_all_is_better_on_the_same_rows(self, rows):
        y, p = np.array([a for a, _ in rows]), np.array([b / 12 for _, b in rows])
        value = named("balanced_accuracy")
        best = value.fn(y, tuned(y, two(p), value)(two(p)))
        every = [value.fn(y, Cut(at)(two(p))) for at in np.linspace(-0.02, 1, 52)]
        assert best >= max(every) - 1e-12

    def test_scores_that_are_no_probabilities_have_cuts_as_well(self):
        y, raw = np.array([0, 0, 1, 1]), np.array([-3.0, -1.0, 5.0, 7.0])
        cut = tuned(y, np.stack([-raw, raw], axis=1), named("accuracy"))
        assert cut == Cut(2.0)

    def test_rows_in_another_order_give_the_same_cut(self):
        y, scores = made()
        order = stream("order").permutation(len(y))
        assert tuned(y, scores, named("mcc")) == tuned(y[order], scores[order], named("mcc"))


class TestMoreClasses:
    def test_dividing_by_the_shares_finds_what_the_shares_hid(self):
        # Scores are the classes' shares times the same evidence: with power 1 what is left is the evidence.
        shares, rng = np.array([0.7, 0.2, 0.1]), stream("shares")
        y = rng.choice(3, size=600, p=shares)
        evidence = np.exp(1.2 * np.eye(3)[y] + 0.7 * rng.standard_normal((600, 3)))
        scores = shares * evidence
        scores /= scores.sum(1, keepdims=True)
        value = named("balanced_accuracy")
        moved = tuned(y, scores, value)
        assert 0.5 <= moved.power <= 1.5
        assert value.fn(y, moved(scores)) > value.fn(y, scores)

    def test_a_model_of_balanced_rows_can_be_moved_back(self):
        shares, rng = np.array([0.8, 0.1, 0.1]), stream("back")
        y = rng.choice(3, size=600, p=shares)
        evidence = np.exp(0.8 * np.eye(3)[y] + 0.8 * rng.standard_normal((600, 3)))
        moved = tuned(y, evidence / evidence.sum(1, keepdims=True), named("accuracy"))
        assert moved.power < -0.3

    def test_power_0_is_the_decision_that_nobody_moved(self):
        scores = stream("zero").dirichlet(np.ones(4), size=50)
        assert_array_equal(Adjustment((0.4, 0.3, 0.2, 0.1), 0.0)(scores).argmax(1), scores.argmax(1))


class TestRecalibration:
    @pytest.mark.parametrize(("n", "rare"), [(60, 0.3), (500, 0.1), (3000, 0.02)])
    def test_two_classes_are_scaled_as_scikit_learn_scales_them(self, n, rare):
        y, scores = made(n, rare)
        logit = np.log(scores[:, 1]) - np.log(scores[:, 0])
        wanted = _SigmoidCalibration().fit(logit, y)
        found = recalibrated(y, scores)
        assert_allclose([found.slope, found.offsets[1]], [-wanted.a_, -wanted.b_], rtol=1e-4, atol=1e-6)
        assert_allclose(found(scores)[:, 1], wanted.predict(logit), atol=1e-6)

    def test_the_mean_claim_is_platts_share(self):
        # At the least loss the mean claim of class 1 is the mean target: for n1 rows of n, smoothed.
        y, scores = made(200, 0.2)
        n1, n0 = int(y.sum()), int((1 - y).sum())
        target = (n1 * (n1 + 1) / (n1 + 2) + n0 / (n0 + 2)) / len(y)
        assert recalibrated(y, scores)(scores)[:, 1].mean() == pytest.approx(target, abs=1e-6)

    @pytest.mark.parametrize("k", [2, 3, 5])
    def test_perfectly_separated_rows_stay_finite(self, k):
        y = np.repeat(np.arange(k), 6)
        mapped = recalibrated(y, np.eye(k)[y])(np.eye(k))
        assert (mapped > 0).all()
        assert np.isfinite(named("log_loss").fn(np.arange(k)[::-1].copy(), mapped))
        assert mapped.diagonal().min() > 1 / k

    def test_a_temperature_that_was_too_low_is_found(self):
        rng = stream("temperature")
        logits = rng.standard_normal((6000, 4))
        y = np.array([rng.choice(4, p=np.exp(z) / np.exp(z).sum()) for z in logits])
        sharp = np.exp(3 * logits)
        found = recalibrated(y, sharp / sharp.sum(1, keepdims=True))
        assert found.slope == pytest.approx(1 / 3, abs=0.03)
        assert np.abs(found.offsets).max() < 0.15

    def test_raw_scores_become_probabilities(self):
        y, scores = made()
        raw = np.log(scores)
        assert not are_probabilities(raw)
        assert are_probabilities(recalibrated(y, raw)(raw))

    @given(st.lists(st.integers(0, 1), min_size=2, max_size=12), st.floats(0, 1))
    def test_whatever_the_scores_it_gives_probabilities_above_0(self, labels, p):
        y = np.array(labels)
        mapped = recalibrated(y, two(np.full(len(y), p)))(two([0.0, 0.5, 1.0]))
        assert are_probabilities(mapped)
        assert (mapped > 0).all()


class TestPriorCorrection:
    def test_two_classes_in_closed_form(self):
        # 1 in 10 is real, 1 in 2 was trained on: p' = p w / (p w + 1 - p) with w = (1/9) / (1/1).
        p = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
        mapped = prior_corrected(np.array([90.0, 10.0]), np.array([90.0, 90.0]))(two(p))
        assert_allclose(mapped[:, 1], p / 9 / (p / 9 + 1 - p), rtol=1e-12)
        assert mapped[2, 1] == pytest.approx(0.1)

    def test_rows_as_they_are_change_nothing(self):
        scores = stream("same").dirichlet(np.ones(3), size=20)
        counts = np.array([5.0, 3.0, 2.0])
        assert_allclose(prior_corrected(counts, 7 * counts)(scores), scores, rtol=1e-12)

    def test_a_model_that_is_right_for_balanced_rows_becomes_right_for_the_real_ones(self):
        # Two normal densities: the posterior under each prior is known.
        x = np.linspace(-3, 4, 50)
        odds = np.exp(1.5 * x - 1.5**2 / 2)  # of N(1.5, 1) against N(0, 1)
        balanced, real = odds / (1 + odds), 0.05 * odds / (0.95 + 0.05 * odds)
        mapped = prior_corrected(np.array([95.0, 5.0]), np.array([1.0, 1.0]))(two(balanced))
        assert_allclose(mapped[:, 1], real, rtol=1e-10)

    def test_scores_that_are_no_probabilities_are_left_to_the_metric_to_refuse(self):
        raw = np.array([[-1.0, 2.0]])
        assert_array_equal(prior_corrected(np.array([9.0, 1.0]), np.array([1.0, 1.0]))(raw), raw)

"""How much is too much, on ladders small enough to climb by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import duplicate, paired_of, synonym
from scipy import optimize
from sklearn.isotonic import IsotonicRegression

from augeval.seeds import stream
from augeval.stats.dose import climb, ladders, recommend, umbrella
from augeval.stats.inference import Rule, decide, infer
from augeval.types import Arm, Spec

MARGIN = 0.01
TEMPLATE = infer(paired_of(np.random.default_rng(0).normal(size=(1, 5, 20))), Rule(MARGIN, 0.05), stream("t"))[0]


def step(dose, gain, half=0.004, *, ratio=1.0, arm=None, rank=0, outcome=None):
    """A finding with the interval gain ± half, for every kind of bound; arms are taken as uncorrelated."""
    low, high = gain - half, gain + half
    return replace(
        TEMPLATE,
        arm=arm or synonym(dose, ratio),
        reference=duplicate(ratio),
        mean=gain,
        variance=(half / 2) ** 2,
        low=low,
        high=high,
        one_low=low,
        one_high=high,
        plain_low=low,
        plain_high=high,
        outcome=outcome or decide(low, high, (low, high), MARGIN),
        rank=rank,
        correlation=np.eye(12)[rank],
    )


def rung(gains, half=0.004):
    steps = [step(0.1 * (k + 1), gain, half, rank=k) for k, gain in enumerate(gains)]
    return climb(steps, "magnitude", MARGIN)


def dose_of(ladder, name):
    value = ladder.dose(getattr(ladder, name))
    return None if value is None else round(value, 10)


def isotonic(y, weights, rising):
    """scikit-learn's fit; it takes no empty lists."""
    model = IsotonicRegression(increasing=rising)
    return model.fit(np.arange(len(y)), y, weights).predict(np.arange(len(y))) if len(y) else y


class TestUmbrella:
    def test_a_dent_is_pooled_with_its_neighbours(self):
        assert umbrella([1, 0, 1, 0], [1, 1, 1, 1]).tolist() == [1, 0.5, 0.5, 0]

    def test_a_curve_with_one_peak_is_its_own_fit(self):
        assert umbrella([0, 2, 3, 1], [1, 2, 1, 5]).tolist() == [0, 2, 3, 1]

    def test_a_heavier_point_moves_less(self):
        fit = umbrella([3, 1, 2], [1, 1, 3])
        assert fit.tolist() == [3, 1.75, 1.75]  # falling: (1·1 + 3·2) / 4

    @pytest.mark.parametrize("seed", range(20))
    def test_its_halves_are_scikit_learns_isotonic_regressions(self, seed):
        rng = np.random.default_rng(seed)
        y, weights = rng.normal(size=8), rng.uniform(0.1, 5, 8)
        fit = umbrella(y, weights)
        halves = [
            np.concatenate([isotonic(y[:peak], weights[:peak], True), isotonic(y[peak:], weights[peak:], False)])
            for peak in range(9)
        ]
        best = min(halves, key=lambda half: float((weights * (y - half) ** 2).sum()))
        assert fit == pytest.approx(best, abs=1e-9)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.floats(-5, 5), min_size=3, max_size=6))
    def test_no_other_curve_with_one_peak_is_nearer(self, y):
        y, best = np.array(y), np.inf
        for peak in range(len(y)):
            # SciPy's isotonic regression on either side of each possible peak, which stands on both.
            up = optimize.isotonic_regression(y[: peak + 1]).x
            down = optimize.isotonic_regression(y[peak + 1 :], increasing=False).x if peak + 1 < len(y) else y[:0]
            best = min(best, float(((y - np.concatenate([up, down])) ** 2).sum()))
        fit = umbrella(y, np.ones(len(y)))
        top = int(np.argmax(fit))
        assert (np.diff(fit[: top + 1]) >= -1e-12).all()
        assert (np.diff(fit[top:]) <= 1e-12).all()
        assert float(((y - fit) ** 2).sum()) <= best + 1e-9


class TestSequences:
    def test_harmless_stops_at_the_first_dose_not_shown_harmless(self):
        ladder = rung([0.0, -0.004, -0.008, 0.0])  # lower bounds −.4, −.8, −1.2, −.4 points against −1
        assert dose_of(ladder, "highest_harmless") == 0.2

    def test_no_dose_is_harmless_if_the_lowest_is_not(self):
        assert rung([-0.02, 0.0, 0.0]).highest_harmless is None

    def test_too_much_is_the_lowest_of_the_unbroken_run_from_the_top(self):
        ladder = rung([-0.01, 0.0, -0.01, -0.02])  # the first dose harms too, but the run breaks at the second
        assert dose_of(ladder, "too_much") == 0.3

    def test_nothing_is_too_much_if_the_highest_dose_is_not_shown_to_harm(self):
        assert rung([0.0, -0.02, -0.003]).too_much is None

    def test_all_doses_can_be_too_much(self):
        assert dose_of(rung([-0.02, -0.02, -0.05]), "too_much") == 0.1

    def test_one_dose_is_no_sequence_and_takes_the_bounds_of_the_family(self):
        undecided = replace(step(0.1, -0.01), high=0.002, one_low=-0.02)
        ladder = climb([undecided], "magnitude", MARGIN)
        assert undecided.plain_high < 0
        assert (ladder.too_much, ladder.highest_harmless) == (None, None)

    def test_a_failed_dose_breaks_both_runs(self):
        failed = replace(step(0.2, 0.0, rank=1), mean=math.nan, plain_low=-math.inf, plain_high=math.inf)
        ladder = climb([step(0.1, 0.0), failed, step(0.3, -0.02, rank=2)], "magnitude", MARGIN)
        assert dose_of(ladder, "highest_harmless") == 0.1
        assert dose_of(ladder, "too_much") == 0.3
        assert ladder.fitted == ()


class TestRecommended:
    def test_the_smallest_dose_as_good_as_the_best_is_recommended(self):
        # sd of a difference: .2 · √2 = .28 points; .020 and .022 are within it, .015 is not.
        ladder = rung([0.015, 0.020, 0.022, 0.001])
        assert dose_of(ladder, "recommended") == 0.2
        assert dose_of(ladder, "best") == 0.3

    def test_the_margin_bounds_how_much_may_be_given_up(self):
        wide = rung([0.050, 0.055, 0.070], half=0.03)  # sd .021: without the margin the first would do
        assert dose_of(wide, "recommended") == 0.3

    def test_a_dose_that_is_not_shown_to_help_is_never_recommended(self):
        ladder = rung([0.021, 0.022], half=0.03)
        assert ladder.recommended is None
        assert dose_of(ladder, "best") == 0.2

    def test_an_undecided_neighbour_of_a_helping_dose_is_passed_over(self):
        steps = [step(0.1, 0.02, 0.03), step(0.2, 0.021, 0.004, rank=1)]
        assert recommend(steps, [s.mean for s in steps], MARGIN) is steps[1]

    def test_the_best_is_none_where_no_gain_is_above_zero(self):
        assert rung([0.0, -0.01, -0.02]).best is None

    def test_the_fit_decides_the_best_from_three_doses_on(self):
        ladder = rung([0.028, 0.030, 0.001, 0.0305])  # two peaks: a fit with one pools the last two doses
        assert ladder.fitted == pytest.approx((0.028, 0.030, 0.01575, 0.01575))
        assert dose_of(ladder, "best") == 0.2


class TestLadders:
    def test_a_grid_has_a_ladder_for_each_dose_held_fixed(self):
        grid = [step(m, 0.0, ratio=r) for r in (1.0, 4.0) for m in (0.4, 0.1, 0.2)]
        found = ladders(grid, MARGIN)
        assert [(f.axis, f.fixed, len(f.steps)) for f in found] == [
            ("magnitude", "×1", 3),
            ("magnitude", "×4", 3),
            ("ratio", "0.1", 2),
            ("ratio", "0.2", 2),
            ("ratio", "0.4", 2),
        ]
        assert [s.arm.magnitude for s in found[0].steps] == [0.1, 0.2, 0.4]

    def test_balance_is_an_axis_of_its_own(self):
        arms = [Arm(Spec("smote"), balance=b) for b in (1.0, 0.5)]
        (ladder,) = ladders([step(0, 0.0, arm=arm) for arm in arms], MARGIN)
        assert (ladder.axis, ladder.fixed, [s.arm.balance for s in ladder.steps]) == ("balance", "", [0.5, 1.0])

    def test_one_dose_makes_no_curve(self):
        assert ladders([step(0.1, 0.0)], MARGIN) == []

    def test_a_dose_that_means_nothing_here_is_left_out(self):
        steps = [step(0.1, 0.0), step(0.2, 0.0, outcome="not_applicable"), step(0.3, -0.02)]
        (ladder,) = ladders(steps, MARGIN)
        assert [round(s.arm.magnitude, 1) for s in ladder.steps] == [0.1, 0.3]

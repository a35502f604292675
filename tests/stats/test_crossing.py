"""Where a dose curve falls back to 0: ends that can be counted, solved by hand, or found by another method."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import synonym
from scipy import stats
from test_dose import TEMPLATE

from augeval.stats.crossing import PARTS, Crossing, cross, fall
from augeval.stats.dose import climb, umbrella

ALPHA = 0.05
DF = 18.0
REACH = stats.t.ppf(1 - ALPHA / 2, DF)


def step(gain, error, rank, correlation=None, df=DF):
    """A finding by its mean and standard error; doses are told apart by their rank."""
    return replace(
        TEMPLATE,
        arm=synonym(0.1 * (rank + 1)),
        mean=gain,
        variance=error**2,
        df=df,
        plain_low=gain - error,
        plain_high=gain + error,
        rank=rank,
        correlation=np.eye(12)[rank] if correlation is None else correlation[rank],
    )


def crossed(gains, error=0.01, doses=None, alpha=ALPHA, correlation=None, df=DF):
    errors = np.broadcast_to(error, len(gains))
    steps = [step(gain, errors[k], k, correlation, df) for k, gain in enumerate(gains)]
    fitted = umbrella(gains, 1 / np.maximum(errors, 1e-9) ** 2)
    return cross(doses or range(1, len(gains) + 1), steps, fitted, alpha)


class TestFall:
    @pytest.mark.parametrize(
        ("gains", "dose"),
        [
            ([1, 2, 1, -1], 3.5),  # halfway between +1 and -1
            ([1, 3, -1, -2], 2.75),  # three quarters of the way from +3 to -1
            ([2, -2], 1.5),
            ([1, 0, -1], 2),  # the first dose at 0 after the peak
            ([1, 0, 0], 2),
            ([1, 1, 1], None),  # a plateau
            ([-1, -2, -3], 0),  # loses from the start
            ([0, 0, -1], 2),  # a threshold: nothing happens up to it
            ([0, 0, 0], None),
            ([-1, 2, -2], 2.5),  # after the peak, whatever was before
        ],
    )
    def test_it_is_where_the_line_between_two_doses_meets_zero(self, gains, dose):
        assert fall(range(1, len(gains) + 1), gains) == dose

    @given(st.lists(st.integers(-9, 9), min_size=1, max_size=7), st.floats(0.1, 10))
    def test_the_unit_of_the_gain_does_not_matter_and_that_of_the_dose_scales_it(self, gains, unit):
        heights = umbrella(gains, np.ones(len(gains))) if len(gains) > 1 else np.array(gains, float)
        heights = np.round(heights, 6)
        doses = np.arange(1, len(gains) + 1)
        at, scaled = fall(doses, heights), fall(unit * doses, 4 * heights)
        assert (at is None) is (scaled is None)
        assert at is None or scaled == pytest.approx(unit * at)


class TestInterval:
    def test_both_ends_solve_fiellers_equation(self):
        left, right = (0.03, 0.01), (-0.05, 0.015)  # mean and standard error on either side of the fall
        found = crossed([0.05, left[0], right[0], -0.08], [0.01, left[1], right[1], 0.01])
        # (1-t)·.03 - t·.05 = ± reach·sqrt((1-t)²·.01² + t²·.015²), a quadratic in t
        a = (right[0] - left[0]) ** 2 - REACH**2 * (left[1] ** 2 + right[1] ** 2)
        b = 2 * left[0] * (right[0] - left[0]) + 2 * REACH**2 * left[1] ** 2
        c = left[0] ** 2 - REACH**2 * left[1] ** 2
        low, high = sorted(np.roots([a, b, c]))
        assert 0 < low < high < 1
        assert found.at == pytest.approx(2.375)
        assert found.low == pytest.approx(2 + low, abs=1 / PARTS)
        assert found.high == pytest.approx(2 + high, abs=1 / PARTS)
        assert found.low <= 2 + low  # rounded outwards
        assert found.high >= 2 + high

    def test_where_doses_are_surely_known_it_is_the_delta_methods(self):
        found = crossed([0.05, 0.1, -0.1], 0.004)
        half = REACH * 0.004 / math.sqrt(2) / 0.2  # error of the mean of the two, over the slope
        assert (found.low, found.high) == pytest.approx((2.5 - half, 2.5 + half), abs=1.5 / PARTS)

    def test_it_is_much_the_bootstraps_of_the_umbrella_fit(self):
        gains, error = np.array([0.02, 0.05, 0.02, -0.03, -0.09]), 0.008
        rng = np.random.default_rng(3)
        drawn = gains + error * rng.standard_normal((4000, 5)) / np.sqrt(rng.chisquare(DF, (4000, 1)) / DF)
        falls = [fall(range(1, 6), umbrella(row, np.ones(5))) for row in drawn]
        found = crossed(gains, error)
        assert (found.low, found.high) == pytest.approx(np.quantile(falls, [0.025, 0.975]), abs=0.1)

    def test_pairs_that_move_together_are_not_surer_of_a_place_between_them(self):
        together = np.full((12, 12), 0.95) + 0.05 * np.eye(12)
        apart, near = crossed([0.1, 0.1, -0.1]), crossed([0.1, 0.1, -0.1], correlation=together)
        assert near.high - near.low > apart.high - apart.low

    def test_a_plateau_is_left_open_above(self):
        found = crossed([0.03, 0.05, 0.05, 0.05])
        assert found == Crossing(None, None, None)  # the last dose is shown to gain
        found = crossed([0.03, 0.05, 0.05, 0.01])
        assert (found.at, found.high) == (None, None)
        assert 3 < found.low < 4

    def test_a_curve_that_loses_from_the_start_crosses_at_zero(self):
        found = crossed([-0.01, -0.05, -0.09])
        assert (found.at, found.low) == (0.0, 0.0)
        assert 1 < found.high < 2  # from about there on it is shown to lose

    def test_noise_is_open_on_both_sides(self):
        found = crossed([0.004, -0.002, 0.001])
        assert (found.low, found.high) == (0.0, None)

    def test_the_clearest_dose_was_chosen_among_all_and_must_be_clear_at_a_share_of_the_level(self):
        alone, shared = REACH, stats.t.ppf(1 - ALPHA / 6, DF)  # one-sided: alpha / 2 of one dose, of three
        assert crossed([0.001, (0.9 * shared + 0.1 * alone) * 0.01, -0.09]).low == 0.0
        assert crossed([0.001, 1.01 * shared * 0.01, -0.09]).low > 0

    def test_a_dose_with_too_few_seeds_shows_nothing_around_it(self):
        steps = [step(gain, 0.001, k) for k, gain in enumerate([0.05, 0.05, -0.05, -0.05])]
        steps[2] = replace(steps[2], plain_low=-math.inf, plain_high=math.inf)
        found = cross(range(1, 5), steps, [0.05, 0.05, -0.05, -0.05], ALPHA)
        assert (found.low, found.high) == (2.0, 4.0)  # the doses on either side of it are sure

    def test_an_arm_that_is_its_reference_is_at_zero_and_no_place_is_shown_there(self):
        found = crossed([0.05, 0.0, -0.05], [0.001, 0.0, 0.001])
        assert found.at == 2.0
        assert found.low == pytest.approx(2.0, abs=1 / PARTS)
        assert found.high == pytest.approx(2.0, abs=1 / PARTS)

    def test_nothing_is_said_of_two_doses(self):
        ladder = climb([step(0.1, 0.01, 0), step(-0.1, 0.01, 1)], "magnitude", 0.01)
        assert ladder.crossing(ALPHA) == Crossing(None, None, None)

    def test_a_ladder_says_it_in_its_own_doses(self):
        ladder = climb([step(gain, 0.01, k) for k, gain in enumerate([0.1, 0.1, -0.1])], "magnitude", 0.01)
        assert ladder.crossing(ALPHA).at == pytest.approx(0.25)

    @settings(deadline=None)
    @given(st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=8), st.floats(0.001, 0.05))
    def test_it_holds_its_crossing_and_widens_with_confidence(self, gains, error):
        found, surer = (crossed(gains, error, alpha=alpha) for alpha in (0.1, 0.01))
        at = math.inf if found.at is None else found.at
        lows = [math.inf if one.low is None else one.low for one in (surer, found)]
        highs = [math.inf if one.high is None else one.high for one in (found, surer)]
        assert lows[0] <= lows[1] <= at <= highs[0] <= highs[1]

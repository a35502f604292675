"""Schedules of a race: published levels, what peeking costs, and chances that can be simulated."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from made_results import paired_of
from scipy import stats

from augeval.seeds import stream
from augeval.stats.inference import Rule, infer
from augeval.stats.sequential import Schedule, chances, levels, obrien_fleming, schedule

LOOKS = (5, 10, 15, 20)
ALPHA = 0.05
EVERY = Schedule((8, 10, 12, 14, 16, 20), 0.05, (7, 9, 11, 13, 15, 17, 18, 19))
PATHS = 40_000


def linear(share, alpha):
    """Spends alpha evenly."""
    return alpha * share


def any_miss(level_of_look, arms, looks=LOOKS):
    """Share of simulated races in which some arm's interval misses at some look."""
    rng, shape = np.random.default_rng(7), (PATHS, len(looks))
    gaps = np.sqrt(np.diff(looks, prepend=0))[:, None]
    steps = np.sqrt(0.5) * gaps * (rng.standard_normal((*shape, 1)) + rng.standard_normal((*shape, arms)))
    z = np.cumsum(steps, axis=1) / np.sqrt(looks)[:, None]
    largest = np.abs(z).max(2)
    bounds = [np.quantile(np.abs(z[:, look]).max(1), 1 - level) for look, level in enumerate(level_of_look)]
    return float((largest > bounds).any(1).mean())


class TestLevels:
    @pytest.mark.parametrize(
        ("looks", "published"),
        [
            ((10, 20), (2.9626, 1.9686)),
            ((1, 2, 3), (3.7103, 2.5114, 1.9930)),
            ((5, 10, 15, 20), (4.3326, 2.9631, 2.3590, 2.0141)),
            ((4, 8, 12, 16, 20), (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        ],
    )
    def test_of_one_arm_are_the_published_obrien_fleming_type_boundaries(self, looks, published):
        """Lan & DeMets's spending function at a two-sided .05, as in the tables of ldbounds and rpact."""
        found = stats.norm.isf(np.array(levels(looks, 1, ALPHA, obrien_fleming)) / 2)
        assert found == pytest.approx(published, abs=2e-4)

    @pytest.mark.parametrize("looks", [(5, 20), (4, 10, 20), (6, 12, 16, 20)])
    def test_of_one_arm_spend_the_fourth_power_by_scipys_multivariate_normal(self, looks):
        """The chance to stay within the bounds up to each look; looks share seeds, so z correlate by sqrt(a / b)."""
        bounds = stats.norm.isf(np.array(levels(looks, 1, ALPHA)) / 2)
        ratio = np.sqrt(np.minimum.outer(looks, looks) / np.maximum.outer(looks, looks))
        for n in range(1, len(looks) + 1):
            joint = stats.multivariate_normal(np.zeros(n), ratio[:n, :n], abseps=1e-7, releps=1e-7)
            inside = joint.cdf(bounds[:n], lower_limit=-bounds[:n], rng=np.random.default_rng(0))
            assert 1 - inside == pytest.approx(ALPHA * (looks[n - 1] / 20) ** 4, abs=2e-5)

    @pytest.mark.parametrize("size", [1, 2, 8])
    def test_one_look_is_no_race(self, size):
        assert levels((20,), size, ALPHA) == (ALPHA,)

    def test_simulation_of_two_arms_meets_the_integral_of_one(self):
        assert levels(LOOKS, 2, ALPHA) == pytest.approx(levels(LOOKS, 1, ALPHA), rel=0.05)

    @pytest.mark.parametrize("size", [1, 3, 8, 40])
    def test_rise_from_look_to_look_and_stay_below_alpha(self, size):
        found = levels(LOOKS, size, ALPHA)
        assert all(a < b for a, b in pairwise(found))
        assert sum(found) > ALPHA > found[-1]

    def test_the_same_call_gives_the_same_levels(self):
        again = levels.__wrapped__(LOOKS, 8, ALPHA)
        assert again == levels(LOOKS, 8, ALPHA)

    @pytest.mark.parametrize("arms", [1, 8])
    def test_keep_what_they_promise_where_naive_peeking_does_not(self, arms):
        """40,000 races: the standard error of a rate of .05 is .0011."""
        assert 0.045 < any_miss(levels(LOOKS, arms, ALPHA), arms) < 0.055
        assert any_miss((ALPHA,) * 4, arms) > 0.10


class TestFutilityLooks:
    @pytest.mark.parametrize("arms", [1, 8])
    def test_intervals_shown_there_spend_no_more_than_alpha_whatever_gives_arms_up(self, arms):
        """The worst giver-up stops an arm as soon as its interval misses; the level of the next look would not do."""
        plan = EVERY
        found = dict(zip(plan.stages, plan.levels(arms, ALPHA), strict=True))
        borrowed = {seeds: found[min(look for look in plan.looks if look >= seeds)] for seeds in plan.stages}
        assert 0.045 < any_miss(list(found.values()), arms, plan.stages) < 0.055
        assert any_miss(list(borrowed.values()), arms, plan.stages) > 0.065

    @pytest.mark.parametrize("arms", [1, 8])
    def test_take_next_to_nothing_from_the_looks_that_decide(self, arms):
        plan = EVERY
        found = dict(zip(plan.stages, plan.levels(arms, ALPHA), strict=True))
        alone = levels(plan.looks, arms, ALPHA)
        assert [found[look] for look in plan.looks] == pytest.approx(alone, rel=0.07)
        assert found[20] == pytest.approx(alone[-1], rel=0.025)

    def test_of_one_arm_spend_a_quarter_of_what_is_due_by_scipys_multivariate_normal(self):
        """Looks at 10 and 20, arms given up at 15: by then the first's share and a quarter of the rest."""
        bounds = stats.norm.isf(np.array(levels((10, 20), 1, ALPHA, linear, (15,))) / 2)
        times = np.array([10, 15, 20])
        ratio = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
        for n, spent in ((2, 0.025 + 0.0125 / 4), (3, 0.05)):
            joint = stats.multivariate_normal(np.zeros(n), ratio[:n, :n], abseps=1e-7, releps=1e-7)
            inside = joint.cdf(bounds[:n], lower_limit=-bounds[:n], rng=np.random.default_rng(0))
            assert 1 - inside == pytest.approx(spent, abs=2e-5)

    @pytest.mark.parametrize("futile", [(5, 7), (20,), (25,), (7, 6), (0,)])
    def test_lie_between_the_others_and_ascend(self, futile):
        with pytest.raises(ValueError, match=r"Futility looks lie between|ascending"):
            Schedule((5, 10, 20), 0.1, futile)

    def test_stages_are_looks_of_both_kinds(self):
        assert Schedule((5, 10, 20), 0.1, (7, 15)).stages == (5, 7, 10, 15, 20)


class TestSchedule:
    @pytest.mark.parametrize("looks", [(), (0, 5), (5, 5), (10, 5)])
    def test_looks_ascend(self, looks):
        with pytest.raises(ValueError, match="ascending numbers of seeds"):
            Schedule(looks, 0.1)

    @pytest.mark.parametrize("futility", [-0.1, 1.0])
    def test_futility_is_a_chance(self, futility):
        with pytest.raises(ValueError, match="Futility is a chance"):
            Schedule((5, 10), futility)

    @pytest.mark.parametrize("most", range(1, 60))
    def test_the_default_ends_at_the_most_seeds_and_looks_at_six_or_more(self, most):
        looks = schedule(most).looks
        assert looks[-1] == most
        assert looks[0] >= min(6, most)

    def test_the_users_own_looks_stand(self):
        assert schedule(20, (6, 20), 0.0) == Schedule((6, 20), 0.0)


def later(x, now, most, draws, rng):
    """(draws, most) seeds: those seen, and those to come if the true gain is as uncertain as they leave it."""
    truth = x[:now].mean() + rng.standard_normal((draws, 1)) * x[:now].std(ddof=1) / np.sqrt(now)
    to_come = truth + rng.standard_normal((draws, most - now)) * x[:now].std(ddof=1)
    return np.hstack([np.broadcast_to(x[:now], (draws, now)), to_come])


class TestChances:
    @pytest.mark.parametrize("gain", [0.0, 0.008, 0.015, 0.03])
    def test_are_the_shares_of_decisions_when_the_race_is_played_out(self, gain):
        """Rows agree, so that only seeds vary: the last look is Student's t over 20 seeds, which is simulated."""
        rng = np.random.default_rng(3)
        x = rng.standard_normal(10)
        x = gain + 0.02 * (x - x.mean()) / x.std(ddof=1)
        rule = Rule(0.01, 0.04)
        findings = infer(paired_of(np.repeat(x[None, :, None], 500, 2)), rule, stream("test"))
        (found,) = chances(findings, [True], (10, 20), rule)
        ends = later(x, 10, 20, 20_000, rng)
        error = ends.std(axis=1, ddof=1) / np.sqrt(20)
        mean = ends.mean(1)
        helps = np.abs(mean) > stats.t.isf(0.02, 19) * error
        equivalent = np.abs(mean) < 0.01 - stats.t.isf(0.04, 19) * error
        # The spread that is still to come is taken as known, which costs a little.
        assert found == pytest.approx(float((helps | equivalent).mean()), abs=0.04)

    def test_a_hopeless_arm_has_none_and_a_clear_one_all(self):
        rng = np.random.default_rng(0)
        noise = 0.3 * rng.standard_normal((2, 10, 400)) + 0.02 * rng.standard_normal((2, 10, 1))
        noise -= noise.mean((1, 2), keepdims=True)
        findings = infer(paired_of(noise + np.array([0.0, 0.2])[:, None, None]), Rule(0.001, 0.04), stream("test"))
        found = chances(findings, [True, True], (10, 20), Rule(0.001, 0.04))
        assert found[0] < 0.05
        assert found[1] > 0.999

    def test_an_arm_of_which_nothing_is_known_runs_on_and_one_without_a_number_does_not(self):
        rng = np.random.default_rng(0)
        diffs = 0.3 * rng.standard_normal((3, 5, 100))
        diffs[1] = 0.0  # no row differs: saturated
        diffs[2] = np.nan
        findings = infer(paired_of(diffs), Rule(0.01, 0.04), stream("test"))
        assert chances(findings, [True] * 3, (5, 20), Rule(0.01, 0.04))[1:] == pytest.approx([1.0, 0.0])

    def test_two_seeds_say_nothing_yet(self):
        findings = infer(paired_of(np.random.default_rng(0).normal(size=(1, 2, 50))), Rule(0.01, 0.04), stream("test"))
        assert chances(findings, [True], (2, 20), Rule(0.01, 0.04)) == pytest.approx([1.0])

    def test_draws_that_seeds_share_leave_less_to_hope_for(self):
        rng = np.random.default_rng(2)
        diffs = np.repeat(0.012 + 0.02 * rng.standard_normal((1, 6, 1)), 300, 2)
        shared = 0.012 + 0.03 * rng.standard_normal(8) + 0.001 * rng.standard_normal((6, 8))
        rule = Rule(0.001, 0.04)
        own, crossed = (
            chances(infer(paired_of(diffs, draws=draws), rule, stream("test")), [True], (6, 20), rule)[0]
            for draws in (None, (shared,))
        )
        assert crossed < own

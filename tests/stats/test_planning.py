"""Power, seeds and rows: against SciPy's noncentral t, simple sums and limits that must hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import paired_of
from scipy import stats

from augeval.seeds import stream
from augeval.stats.forecast import Design, Spread, critical_of, forecast
from augeval.stats.inference import Rule, infer
from augeval.stats.planning import (
    Family,
    detectable,
    draws_for,
    examples_for,
    needed,
    pilot_of,
    power,
    seeds_for,
    uncertain,
)

RUNS = Spread(seed=0.02**2, row=0.0, cell=0.0)  # of two points from seed to seed
ROWS = Spread(seed=0.0, row=0.3**2, cell=0.0)
ALONE = Family(arms=1, correlation=0.0, margin=0.0, alpha=0.05)
DESIGN = Design(seeds=10, held=500, pool=500)


class TestPower:
    @pytest.mark.parametrize("seeds", [3, 5, 10, 40])
    @pytest.mark.parametrize("effect", [0.01, 0.02, 0.05])
    def test_of_one_arm_is_the_noncentral_t_of_the_paired_t_test(self, seeds, effect):
        c = stats.t.ppf(0.975, seeds - 1)
        expected = stats.nct.sf(c, seeds - 1, effect / (0.02 / math.sqrt(seeds)))
        assert float(power(effect, RUNS, replace(DESIGN, seeds=seeds), ALONE)) == pytest.approx(expected, abs=2e-3)

    def test_of_eight_arms_takes_dunnetts_critical_value_and_satterthwaites_degrees_of_freedom(self):
        spread, family = Spread(seed=0.03**2, row=0.09, cell=0.2), Family(8, 0.5, 0.0, 0.05)
        at = forecast(spread, DESIGN)
        c = float(critical_of(8, 0.5, 0.05)(at.df)[0])
        expected = stats.nct.sf(c, float(at.df), 0.04 / math.sqrt(float(at.variance)))
        assert float(power(0.04, spread, DESIGN, family)) == pytest.approx(expected, abs=1e-3)

    def test_to_show_equivalence_is_that_of_two_one_sided_tests(self):
        # Variance known (rows without end of degrees of freedom): P(|Z| <= δ/se - z.95).
        many = Design(10, 10**6, 10**6)
        error = 0.3 / 1000
        expected = 2 * stats.norm.cdf(0.0007 / error - stats.norm.ppf(0.95)) - 1
        assert float(power(0.0, ROWS, many, replace(ALONE, margin=0.0007))) == pytest.approx(expected, abs=1e-3)
        assert float(power(0.0, ROWS, many, ALONE)) == 0

    def test_an_effect_below_the_margin_is_first_found_and_then_called_equivalent(self):
        family = replace(ALONE, margin=0.01)
        rows = np.array([500.0, 12_000.0, 1e7])
        found = power(0.008, ROWS, Design(10 * np.ones(3), rows, rows), family)
        assert found[1] > 0.8 > found[0]
        assert found[2] < 0.01

    def test_two_seeds_or_two_nested_draws_find_nothing(self):
        found = power(0.5, RUNS, replace(DESIGN, seeds=np.array([2, 3])), ALONE)
        assert found[0] == 0 < found[1]
        drawn = Spread(seed=0.0, row=0.0, cell=0.0, draw=0.02**2)
        assert float(power(0.5, drawn, replace(DESIGN, draws=2, nested=True), ALONE)) == 0

    def test_designs_given_at_once_get_what_each_gets_alone(self):
        seeds = np.array([3, 10, 31])
        together = power(0.02, RUNS, replace(DESIGN, seeds=seeds), ALONE)
        alone = [float(power(0.02, RUNS, replace(DESIGN, seeds=n), ALONE)) for n in seeds]
        assert list(together) == pytest.approx(alone, rel=1e-12)

    @settings(deadline=None)
    @given(st.floats(0.001, 0.1), st.floats(0, 0.1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 12))
    def test_is_a_chance_and_rises_with_the_effect(self, effect, seed, row, cell, arms):
        spread, family = Spread(seed**2, row**2, cell**2), Family(arms, 0.4, 0.01, 0.05)
        less, more = (float(power(x, spread, DESIGN, family)) for x in (effect, 2 * effect))
        assert 0 <= less <= more + 1e-9 <= 1 + 1e-6


class TestHowMany:
    def test_seeds_for_an_effect_are_those_of_the_paired_t_test(self):
        # Textbook: one standard deviation, two-sided .05, power .8: ten pairs.
        assert seeds_for(0.02, RUNS, DESIGN, ALONE) == 10
        # Half of one: 34 pairs (33.4 by the noncentral t).
        assert seeds_for(0.01, RUNS, DESIGN, ALONE) == 34

    def test_one_seed_fewer_is_too_few(self):
        family, spread = Family(8, 0.5, 0.01, 0.05), Spread(seed=0.05**2, row=0.01, cell=0.1)
        seeds = seeds_for(0.03, spread, DESIGN, family)
        both = power(0.03, spread, replace(DESIGN, seeds=np.array([seeds - 1, seeds])), family)
        assert both[0] < 0.8 <= both[1]

    def test_where_rows_hold_the_interval_open_only_more_rows_help(self):
        found = needed(0.02, ROWS, Design(10, 500, 500), ALONE)
        assert (found.seeds, found.limited_by) == (None, "test examples")
        # (1.96 + .84)² .3² / .02²
        assert found.examples == pytest.approx(1766, rel=0.02)

    def test_where_runs_hold_it_open_more_rows_do_not(self):
        found = needed(0.02, RUNS, replace(DESIGN, seeds=5), ALONE)
        assert (found.seeds, found.examples, found.limited_by) == (10, None, "replicates")

    def test_draws_that_seeds_share_are_cured_by_draws_alone(self):
        spread = Spread(seed=0.01**2, row=0.0, cell=0.0, draw=0.03**2)
        design = Design(20, 500, 500, draws=4)
        found = needed(0.02, spread, design, ALONE)
        assert (found.seeds, found.examples, found.limited_by) == (None, None, "draws")
        assert found.draws == draws_for(0.02, spread, design, ALONE) > 20
        assert draws_for(0.02, spread, DESIGN, ALONE) is None  # every seed has its own
        assert draws_for(0.5, spread, design, ALONE) == 3  # two would do, and speak for these rows only

    def test_nested_draws_are_at_most_the_seeds(self):
        spread = Spread(seed=0.0, row=0.0, cell=0.0, draw=0.02**2)
        assert draws_for(0.02, spread, Design(20, 500, 500, draws=4, nested=True), ALONE) == 10
        assert draws_for(0.01, spread, Design(20, 500, 500, draws=4, nested=True), ALONE) is None
        assert seeds_for(0.02, spread, Design(5, 500, 500, draws=16, nested=True), ALONE) == 10

    def test_nothing_is_lacking_where_the_power_is_there(self):
        found = needed(0.05, RUNS, DESIGN, ALONE)
        assert found.limited_by == ""
        assert found.seeds < 10 < 500 > found.examples

    def test_an_effect_below_the_margin_is_limited_by_it(self):
        assert needed(0.001, RUNS, DESIGN, replace(ALONE, margin=0.01)).limited_by == "margin"

    def test_the_smallest_effect_that_is_found_is_found_with_the_power_asked_for(self):
        family = Family(4, 0.3, 0.01, 0.05)
        effect = detectable(RUNS, DESIGN, family)
        assert float(power(effect, RUNS, DESIGN, family)) == pytest.approx(0.8, abs=1e-6)
        assert seeds_for(effect * 1.001, RUNS, DESIGN, family) == 10
        assert detectable(RUNS, replace(DESIGN, seeds=2), family) == math.inf

    def test_rows_for_an_effect_are_neither_too_few_nor_many_too_many(self):
        rows = examples_for(0.02, ROWS, DESIGN, ALONE)
        both = [float(power(0.02, ROWS, Design(10, n, n), ALONE)) for n in (0.97 * rows, rows)]
        assert both[0] < 0.8 <= both[1]


class TestPilot:
    def test_its_few_seeds_leave_a_range_that_the_chi_square_gives(self):
        low, high = uncertain(replace(RUNS, df=4.0))
        assert low.seed / RUNS.seed == pytest.approx(4 / stats.chi2.ppf(0.9, 4))
        assert high.seed / RUNS.seed == pytest.approx(4 / stats.chi2.ppf(0.1, 4))
        assert uncertain(RUNS) == (RUNS, RUNS)
        noisy = [end.seed for end in uncertain(replace(RUNS, seed=0.1, noise=0.4, df=4.0))]
        assert noisy == pytest.approx([0.0, 0.5 * 4 / stats.chi2.ppf(0.1, 4) - 0.4])
        found = needed(0.02, replace(RUNS, df=4.0), DESIGN, ALONE)
        assert found.low < found.seeds < found.high

    def found(self, arms=5, seeds=6, **about):
        rng = np.random.default_rng(1)
        d = 0.05 * rng.standard_normal((arms, seeds, 1)) + 0.3 * rng.standard_normal((arms, 1, 80))
        return infer(paired_of(d, **about), Rule(0.01, 0.05), stream("test"))

    def test_a_typical_arm_has_the_median_of_each_variance(self):
        findings = self.found()
        pilot = pilot_of(findings)
        assert pilot.spread.seed == np.median([f.spread.seed for f in findings])
        assert (pilot.arms, pilot.design.seeds, pilot.design.held) == (5, 6, 80)
        assert -0.3 < pilot.correlation < 0.3

    def test_arms_without_an_interval_are_left_out(self):
        exact = self.found(3, exact=[False, True, False])
        assert pilot_of(exact).arms == 2
        assert pilot_of(self.found(2, seeds=2)) is None
        assert pilot_of([]) is None

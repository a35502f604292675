"""What an interval would be with more of something: against tables, simple sums and the statistics themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import paired_of
from scipy import stats

from augeval.seeds import stream
from augeval.stats.forecast import Design, Observed, Spread, critical_of, forecast, grown, observed_design, spread_of
from augeval.stats.inference import Rule, infer
from augeval.stats.maxt import critical_values


class TestCriticalValues:
    # Dunnett 1964 (two-sided) and 1955 (one-sided), alpha .05, equal groups (correlation .5); p treatments.
    @pytest.mark.parametrize(("arms", "two", "one"), [(2, 2.21, 1.92), (5, 2.51, 2.23), (9, 2.69, 2.42)])
    def test_arms_and_a_control_of_known_variance_give_dunnetts_tables(self, arms, two, one):
        found = [round(float(value), 2) for value in critical_of(arms, 0.5, 0.05)(math.inf)]
        assert found == pytest.approx([two, one], abs=0.011)

    @pytest.mark.parametrize("df", [3, 8, 25])
    @pytest.mark.parametrize("arms", [2, 8, 40])
    def test_independent_arms_with_errors_of_their_own_multiply(self, arms, df):
        two, one = critical_of(arms, 0.0, 0.05)(df)
        assert (1 - 2 * stats.t.sf(float(two), df)) ** arms == pytest.approx(0.95, abs=5e-4)
        assert stats.t.cdf(float(one), df) ** arms == pytest.approx(0.95, abs=5e-4)

    @pytest.mark.parametrize("df", [5.0, 20.0, math.inf])
    @pytest.mark.parametrize(("arms", "rho"), [(2, 0.9), (8, 0.5), (30, 0.3)])
    def test_they_are_what_verdicts_are_given_with(self, arms, rho, df):
        """`critical_values` draws, this integrates."""
        correlation = np.full((arms, arms), rho) + (1 - rho) * np.eye(arms)
        drawn = critical_values(correlation, np.full(arms, df), 0.05, stream("test"))
        two, one = critical_of(arms, rho, 0.05)(df)
        assert (drawn.two_sided[0], drawn.one_sided[0]) == pytest.approx((float(two), float(one)), rel=0.015)

    @pytest.mark.parametrize("df", [1, 2.3, 7, 41, 1e6, math.inf])
    def test_one_arm_is_students_t(self, df):
        two, one = critical_of(1, 0.7, 0.05)(df)
        assert (float(two), float(one)) == pytest.approx((stats.t.ppf(0.975, df), stats.t.ppf(0.95, df)), rel=2e-3)

    def test_independent_arms_with_a_known_variance_give_sidaks_quantile(self):
        two, one = critical_of(6, 0.0, 0.05)(math.inf)
        assert float(two) == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2), rel=1e-4)
        assert float(one) == pytest.approx(stats.norm.ppf(0.95 ** (1 / 6)), rel=1e-4)

    def test_they_fall_as_degrees_of_freedom_or_correlations_rise(self):
        two, _ = critical_of(5, 0.3, 0.05)(np.array([2.0, 5, 9, 30, 1000]))
        assert (np.diff(two) < 0).all()
        assert critical_of(5, 0.9, 0.05)(9)[0] < critical_of(5, 0.3, 0.05)(9)[0]


SPREAD = Spread(seed=0.04, row=9.0, cell=10.0)
FIXED = Design(seeds=10, held=100, pool=100)


class TestForecast:
    def test_seeds_rows_and_cells_add_up(self):
        found = forecast(SPREAD, FIXED)
        assert float(found.variance) == pytest.approx(0.04 / 10 + 9.0 / 100 + 10.0 / 1000)
        runs, rows = 0.004 + 0.01, 0.09 + 0.01  # each counts the cells, of which the total takes one off
        assert float(found.df) == pytest.approx(0.104**2 / (runs**2 / 9 + rows**2 / 99))
        assert (float(found.runs_left), float(found.rows_left)) == pytest.approx((0.004, 0.09))

    def test_seeds_that_hold_out_their_own_rows_share_fewer_of_them(self):
        # 2 seeds hold out 50 of 100 rows each: 25 rows twice, 50 once, so Σn² / (Σn)² = 150 / 100².
        apart = Design(seeds=2, held=50, pool=100)
        assert float(apart.examples) == 75
        found = forecast(Spread(seed=0.0, row=1.0, cell=0.0), apart)
        assert float(found.variance) == pytest.approx(max(0.015 + 0.5 * (1 / 50 - 1 / 100), 0.02))

    def test_shared_draws_stay_however_many_seeds_there_are(self):
        shared = Spread(seed=0.04, row=0.0, cell=0.0, draw=0.8)
        many = forecast(shared, Design(10**9, 100, 100, draws=8))
        assert float(many.variance) == pytest.approx(0.1)
        assert float(many.df) == pytest.approx(7)
        assert float(forecast(shared, Design(4, 100, 100, draws=8, nested=True)).variance) == pytest.approx(0.2)

    def test_borrowed_degrees_of_freedom_double_those_of_runs(self):
        runs_only = Spread(seed=1.0, row=0.0, cell=0.0, borrowed=1.0)
        assert float(forecast(runs_only, FIXED).df) == 18

    def test_more_of_everything_is_more_of_each(self):
        grew = grown(Design(5, 40, 80, draws=4), np.array([1.0, 3.0]), "all")
        assert [list(np.ravel(x)) for x in (grew.seeds, grew.held, grew.pool, grew.draws)] == [
            [5, 15], [40, 120], [80, 240], [4, 12]
        ]  # fmt: skip
        seeds = grown(FIXED, 2.0, "seeds")
        assert (float(seeds.seeds), seeds.held, seeds.draws) == (20, 100, 0)

    @settings(deadline=None)
    @given(
        st.floats(0, 1), st.floats(0, 50), st.floats(0, 50), st.integers(3, 60), st.integers(4, 300), st.integers(2, 9)
    )
    def test_what_was_measured_is_what_is_forecast_of_it(self, seed, row, cell, seeds, rows, draws):
        spread = Spread(seed, row, cell, draw=0.1, borrowed=0.3)
        for design in (Design(seeds, rows, rows), Design(seeds, rows, rows, draws)):
            shared = spread.draw / draws if design.draws else 0.0
            noise = cell / (seeds * rows)
            runs = seed / seeds + noise
            uncertain = (runs**2 / (seeds - 1) + (shared**2 / (draws - 1) if shared else 0.0)) / 1.3
            df = (runs + shared) ** 2 / uncertain if uncertain else math.inf
            parts = Observed(runs + shared, row / rows + noise, noise, shared, df)
            back = spread_of(parts, seeds, rows, float(seeds * rows), int(design.draws), nested=False)
            assert (back.seed, back.row, back.cell) == pytest.approx((seed, row, cell), rel=1e-6, abs=1e-6)
            assert float(forecast(back, design).variance) == pytest.approx(
                float(forecast(spread, design).variance), rel=1e-6, abs=1e-9
            )

    def test_the_pool_is_found_from_how_many_rows_seeds_reached(self):
        design = observed_design(5, 67, 5 * 20, 0, nested=False)
        assert design.pool == pytest.approx(100, abs=1)  # 100 (1 - .8^5) = 67.2
        assert observed_design(5, 20, 100, 0, nested=False).pool == 20


@pytest.mark.parametrize(("held", "pool"), [(60, 60), (30, 90)])
def test_the_variance_of_twenty_seeds_is_forecast_from_pilots_of_six(held, pool):
    # 150 pilots and 150 full studies of one arm; the mean of both has a standard error of about 4 %.
    rng = np.random.default_rng(0)

    def studied(seeds):
        row = 0.3 * rng.standard_normal((1, 1, pool))
        d = 0.05 * rng.standard_normal((1, seeds, 1)) + row + 0.4 * rng.standard_normal((1, seeds, pool))
        for r in range(seeds):
            d[:, r, rng.permutation(pool)[held:]] = np.nan
        return infer(paired_of(d), Rule(0.01, 0.05), stream("test"))[0]

    pilots = [studied(6) for _ in range(150)]
    planned = np.mean([float(forecast(f.spread, Design(20, held, f.design.pool)).variance) for f in pilots])
    found = np.mean([studied(20).variance for _ in range(150)])
    assert planned == pytest.approx(found, rel=0.12)

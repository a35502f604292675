"""Intervals and outcomes: identities, edge cases, and how often they are wrong where nothing is there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_results import paired_of
from scipy import stats

from augeval.seeds import stream
from augeval.stats.inference import Rule, decide, infer

RULE = Rule(margin=0.01, alpha=0.05)


def findings(diffs, rule=RULE, **about):
    return infer(paired_of(diffs, **about), rule, stream("test"))


def noisy(rng, arms, seeds, rows, spread=(0.02, 0.05, 0.3)):
    """(K, R, m) differences without an effect: training runs, test rows and both vary; arms share half of it."""
    half = np.sqrt(0.5)
    runs = half * (rng.standard_normal((1, seeds)) + rng.standard_normal((arms, seeds)))
    tests = half * (rng.standard_normal((1, rows)) + rng.standard_normal((arms, rows)))
    cell = spread[2] * rng.standard_normal((arms, seeds, rows))
    return spread[0] * runs[:, :, None] + spread[1] * tests[:, None, :] + cell


class TestDecide:
    @pytest.mark.parametrize(
        ("interval", "one_sided", "outcome"),
        [
            ((0.001, 0.009), (0.002, 0.008), "equivalent"),  # off zero, and too small to matter
            ((0.001, 0.03), (0.002, 0.029), "helps"),
            ((-0.03, -0.001), (-0.029, -0.002), "harms"),
            ((-0.03, 0.03), (-0.02, 0.02), "inconclusive"),
            ((0.0, 0.03), (0.001, 0.02), "inconclusive"),  # touching zero is not above it
            ((-0.012, 0.012), (-0.01, 0.01), "equivalent"),  # touching the margin is within it
            ((-math.inf, math.inf), (-math.inf, math.inf), "inconclusive"),
        ],
    )
    def test_equivalent_comes_first_then_helps_harms_inconclusive(self, interval, one_sided, outcome):
        assert decide(*interval, one_sided, 0.01) == outcome


def test_one_arm_whose_rows_agree_gets_students_t_interval_over_seeds():
    x = np.random.default_rng(0).normal(0.3, 1, 9)
    (found,) = findings(np.repeat(x[:, None], 3000, axis=1)[None])
    two = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    one = stats.ttest_1samp(x, 0).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx(tuple(two), rel=1e-3)
    assert (found.one_low, found.one_high) == pytest.approx(tuple(one), rel=1e-3)
    assert (found.plain_low, found.plain_high) == pytest.approx(tuple(one), rel=1e-3)


def test_more_arms_widen_the_interval_of_each():
    d = noisy(np.random.default_rng(1), 8, 10, 60)
    alone, together = findings(d[:1])[0], findings(d)[0]
    assert together.high - together.low > alone.high - alone.low


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_decide_nothing(seeds):
    (found,) = findings(np.full((1, seeds, 50), 0.4))
    assert (found.outcome, found.low, found.high) == ("inconclusive", -math.inf, math.inf)
    assert found.mean == pytest.approx(0.4)
    assert found.limit is None


def test_a_constant_gain_on_every_row_helps_within_one_row_of_it():
    (found,) = findings(np.full((1, 10, 400), 0.25))
    assert found.outcome == "helps"
    assert 0.24 < found.low < 0.25 < found.high < 0.26


class TestNothingDiffers:
    def test_an_arm_that_is_its_reference_is_exactly_zero_and_equivalent(self):
        (found,) = findings(np.zeros((1, 10, 100)), exact=[True])
        assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)
        assert found.outcome == "equivalent"
        assert found.exact

    def test_it_takes_no_share_of_alpha_from_the_others(self):
        d = noisy(np.random.default_rng(2), 2, 10, 60)
        with_exact = findings(np.stack([d[0], np.zeros_like(d[0]), d[1]]), exact=[False, True, False])
        assert [f.low for f in with_exact if not f.exact] == pytest.approx([f.low for f in findings(d)], rel=1e-12)

    def test_a_saturated_metric_is_bounded_by_the_rule_of_three(self):
        (found,) = findings(np.zeros((1, 10, 100)))
        assert found.high == pytest.approx(1 - 0.025 ** (1 / 100))  # ± 3.6 points: 100 rows cannot say more
        assert (found.outcome, found.saturated) == ("inconclusive", True)

    def test_a_thousand_rows_that_agree_are_enough_for_one_point(self):
        (found,) = findings(np.zeros((1, 10, 1000)))
        assert found.outcome == "equivalent"

    def test_two_seeds_are_too_few_even_then(self):
        assert findings(np.zeros((1, 2, 100)), exact=[True])[0].outcome == "inconclusive"


def test_a_failed_arm_is_unbounded_and_leaves_the_others_finite():
    d = noisy(np.random.default_rng(3), 3, 10, 60)
    d[1] = np.nan
    first, failed, last = findings(d)
    assert math.isnan(failed.mean)
    assert (failed.low, failed.high, failed.outcome) == (-math.inf, math.inf, "inconclusive")
    assert failed.reason
    assert math.isfinite(first.low)
    assert math.isfinite(last.high)


def test_an_arm_that_lost_most_seeds_does_not_widen_the_others():
    d = noisy(np.random.default_rng(4), 4, 20, 60, (0.2, 0.01, 0.1))
    d[3, 3:] = np.nan
    kept, lost = findings(d)[0], findings(d)[3]
    assert kept.high - kept.low < 1.15 * (findings(d[:3])[0].high - findings(d[:3])[0].low)
    assert lost.high - lost.low > 2 * (kept.high - kept.low)


class TestLimit:
    def limited(self, spread, seeds=10, rows=100, gain=0.012):
        d = noisy(np.random.default_rng(5), 1, seeds, rows, spread)
        d += gain - d.mean()
        return findings(d)[0]

    def test_training_runs_limit_where_seeds_vary_most(self):
        found = self.limited((0.1, 0.0, 0.01))
        assert (found.outcome, found.limit.by) == ("inconclusive", "replicates")
        assert found.limit.replicates > 10

    def test_test_rows_limit_where_rows_vary_most(self):
        found = self.limited((0.0, 0.3, 0.01))
        assert (found.outcome, found.limit.by) == ("inconclusive", "test examples")
        assert found.limit.examples > 100
        assert found.limit.replicates is None  # no number of seeds would do

    def test_both_limit_where_neither_dominates(self):
        found = self.limited((0.1, 0.32, 0.01))
        assert found.limit.by == "both"

    def test_that_many_seeds_would_decide_it_if_the_gain_stayed_and_one_fewer_would_not(self):
        found = self.limited((0.1, 0.0, 0.01))
        spread = math.sqrt(10 * found.variance)  # of one seed: rows do not vary here, so Student's t of the seeds

        def half(seeds):
            return stats.t.ppf(0.975, seeds - 1) * spread / math.sqrt(seeds)

        assert half(found.limit.replicates) <= found.mean * 1.001
        assert half(found.limit.replicates - 2) > found.mean

    def test_draws_that_seeds_share_are_not_cured_by_seeds(self):
        rng = np.random.default_rng(6)
        table = 0.05 * rng.standard_normal((1, 4)) + 0.002 * rng.standard_normal((20, 4))
        d = np.repeat(table.mean(1, keepdims=True), 500, axis=1)
        found = findings((d - d.mean() + 0.011)[None], draws=(table,))[0]
        assert found.limit.by == "replicates"
        assert found.limit.replicates is None
        assert 1 < found.limit.runs_factor < math.inf


def wrong(diffs, rule, truth=0.0):
    found = infer(paired_of(diffs), rule, stream("test"))
    return any(not f.low <= truth <= f.high for f in found)


def naive(diffs):
    p = stats.ttest_1samp(diffs.mean(2), 0, axis=1).pvalue
    return bool((p < 0.05 / len(diffs)).any())


@pytest.mark.parametrize("spread", [(0.1, 0.05, 0.3), (0.02, 0.3, 0.3)])
def test_no_effect_is_missed_by_any_of_six_intervals_in_about_one_study_in_twenty(spread):
    # 100 studies, nominal 5 %: more than 14 misses has chance below 0.0005. The paired t over seeds alone,
    # Bonferroni corrected, is wrong far more often wherever test rows matter.
    rng = np.random.default_rng(8)
    studies = [noisy(rng, 6, 8, 60, spread) for _ in range(100)]
    assert sum(wrong(d, RULE) for d in studies) <= 14
    if spread[1] > 0.1:
        assert sum(naive(d) for d in studies) >= 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seeds", "spread"),
    [(5, (0.1, 0.0, 0.3)), (5, (0.1, 0.1, 0.3)), (20, (0.1, 0.0, 0.3)), (20, (0.02, 0.3, 0.3))],
)
def test_family_error_stays_near_its_nominal_rate(seeds, spread):
    # 1000 studies of 6 arms: nominal 5 %, allowed up to 7.5 % (standard error 0.7 points).
    rng = np.random.default_rng(9)
    assert sum(wrong(noisy(rng, 6, seeds, 60, spread), RULE) for _ in range(1000)) <= 75


@pytest.mark.slow
def test_crossed_draws_cover_new_draws_where_ignoring_them_does_not():
    # 600 studies, 20 seeds × 8 draws, sds of seed, draw and both .3: nominal 5 %, allowed up to 8 %.
    rng = np.random.default_rng(10)
    missed, ignored = 0, 0
    for _ in range(600):
        table = 0.3 * (rng.standard_normal((20, 1)) + rng.standard_normal((1, 8)) + rng.standard_normal((20, 8)))
        d = (table.mean(1, keepdims=True) + rng.standard_normal((20, 50)))[None]
        (crossed,), (single,) = findings(d, draws=(table,)), findings(d)
        missed += not crossed.low <= 0 <= crossed.high
        ignored += not single.low <= 0 <= single.high
    assert missed <= 48
    assert ignored >= 1.5 * missed

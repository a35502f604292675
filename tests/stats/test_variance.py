"""Variance components against analysis of variance, Student's t and known truths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import paired_of
from scipy import stats

from augeval.stats import variance
from augeval.stats.variance import Gains, estimate


def table(rng, seeds=8, rows=40, spread=(1.0, 1.0, 1.0)):
    by_seed = spread[0] * rng.standard_normal((seeds, 1))
    by_row = spread[1] * rng.standard_normal((1, rows))
    return by_seed + by_row + spread[2] * rng.standard_normal((seeds, rows))


def test_a_full_table_gives_the_mean_squares_of_a_two_way_analysis():
    d = table(np.random.default_rng(0))
    gains = estimate(paired_of(d[None]))
    seed_square, row_square = 40 * d.mean(1).var(ddof=1), 8 * d.mean(0).var(ddof=1)
    residual = d - d.mean(1, keepdims=True) - d.mean(0) + d.mean()
    cell_square = (residual**2).sum() / (7 * 39)
    assert gains.replicate[0] == pytest.approx(seed_square / 320)
    assert gains.example[0] == pytest.approx(row_square / 320)
    assert gains.cell[0] == pytest.approx(cell_square / 320)
    assert gains.variance[0] == pytest.approx((seed_square + row_square - cell_square) / 320)


def test_rows_that_agree_leave_students_t_over_seeds():
    x = np.random.default_rng(1).normal(0.3, 1, 9)
    gains = estimate(paired_of(np.repeat(x[:, None], 3000, axis=1)[None]))
    low, high = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    half = stats.t.ppf(0.975, gains.df[0]) * np.sqrt(gains.variance[0])
    assert (gains.mean[0] - half, gains.mean[0] + half) == pytest.approx((low, high), rel=1e-3)


def test_seeds_that_agree_leave_students_t_over_rows():
    x = 0.3 + np.random.default_rng(2).permutation(np.linspace(-1, 1, 60))  # no row further out than a normal one
    gains = estimate(paired_of(np.repeat(x[None], 5, axis=0)[None]))
    assert gains.df[0] == pytest.approx(59)
    assert np.sqrt(gains.variance[0]) == pytest.approx(stats.sem(x))


class TestFewRowsThatDifferMuch:
    """Seeds agree, so that the rows alone count."""

    def of(self, x, **about):
        return estimate(paired_of(np.repeat(np.asarray(x, float)[None], 5, axis=0)[None], **about))

    def test_twelve_of_1200_rows_tell_a_variance_as_24_normal_ones_would(self):
        # Half to the good and half to the bad: n_eff = 12, so 2 / (1/12 - 1/1200) degrees of freedom.
        x = np.zeros(1200)
        x[:6], x[6:12] = 1, -1
        assert self.of(x).df[0] == pytest.approx(2 / (1 / 12 - 1 / 1200))

    def test_the_degrees_of_freedom_are_those_that_the_spread_of_the_variance_has(self):
        # 4,000 sets of 400 rows of Student's t with 9 df: twice the squared mean of s² over its variance.
        rng = np.random.default_rng(8)
        squares = rng.standard_t(9, (4000, 400)).var(1, ddof=1)
        wanted = 2 * squares.mean() ** 2 / squares.var()
        found = np.mean([self.of(rng.standard_t(9, 400)).df[0] for _ in range(60)])
        assert found == pytest.approx(wanted, rel=0.15)

    def test_two_strata_have_the_degrees_of_freedom_of_welch(self):
        # Eight rows of one stratum and thirty of another, evenly spread, so that each has its own m - 1.
        rare, common = 3 * np.linspace(-1, 1, 8), np.linspace(-1, 1, 30)
        found = self.of(np.r_[rare, common], strata=np.repeat([1, 0], [8, 30]), reach=(1.0, 3.0))
        # The mean over all rows weighs the two by 8/38 and 30/38; Welch's t weighs its two samples alike.
        welch = stats.ttest_ind(rare * 8 / 38, common * 30 / 38, equal_var=False).df
        within = (8 / 38) ** 2 * rare.var(ddof=1) / 8 + (30 / 38) ** 2 * common.var(ddof=1) / 30
        assert found.example_df[0] == pytest.approx(welch * (found.example[0] / within) ** 2)

    def test_one_more_row_is_as_large_as_the_widest_row_is_over_all_seeds(self):
        # It differs at two seeds of eight: the root of its mean square is a half.
        d = np.zeros((1, 8, 100))
        d[0, :2, 0] = 1.0
        gains = estimate(paired_of(d))
        means = d[0].mean(0)
        apart = means - means.mean()
        effective = (apart**2).sum() ** 2 / (apart**4).sum()
        floor = (1 - effective / 10) * 0.5**2 / 100**2
        assert gains.example[0] == pytest.approx(means.var(ddof=1) / 100 + floor)

    def test_holes_count_as_rows_that_were_not_seen(self):
        x = np.r_[np.random.default_rng(9).standard_t(3, 40), np.full(20, np.nan)]
        assert self.of(x).df[0] == pytest.approx(self.of(x[:40]).df[0])


def test_known_components_are_recovered_on_average():
    # 300 tables of 12 seeds × 50 rows with sds 1, 2, 3: the mean of the estimates lies within 6 % of the truth.
    rng = np.random.default_rng(3)
    tables = np.stack([table(rng, 12, 50, (1.0, 2.0, 3.0)) for _ in range(300)])
    gains = estimate(paired_of(tables[:1]))
    singles = [estimate(paired_of(t[None])) for t in tables]
    truth = 1 / 12 + 4 / 50 + 9 / 600
    assert np.mean([g.replicate[0] + g.example[0] - g.cell[0] for g in singles]) == pytest.approx(truth, rel=0.06)
    assert np.mean([g.cell[0] for g in singles]) == pytest.approx(9 / 600, rel=0.02)
    assert np.var([g.mean[0] for g in singles]) == pytest.approx(truth, rel=0.25)
    assert gains.replicates.tolist() == [12]


def test_an_unbalanced_table_uses_cluster_sums():
    # Seeds that hold out other rows: the components recomputed one cluster at a time, by the formula in words.
    rng = np.random.default_rng(4)
    d = table(rng, 6, 60)
    d[rng.random(d.shape) < 0.4] = np.nan
    gains = estimate(paired_of(d[None]))
    total, mean = np.isfinite(d).sum(), np.nanmean(d)
    by_seed = [sum(v - mean for v in row if np.isfinite(v)) for row in d]
    by_row = [sum(v - mean for v in column if np.isfinite(v)) for column in d.T]
    assert gains.mean[0] == pytest.approx(mean)
    assert gains.replicate[0] == pytest.approx(sum(a * a for a in by_seed) / total**2 * 6 / 5)
    assert gains.example[0] == pytest.approx(sum(b * b for b in by_row) / total**2 * 60 / 59)


def test_few_differing_rows_add_one_row_of_variance():
    d = np.zeros((1, 5, 100))
    d[0, :, 0] = 1.0  # one row differs, at every seed: its centred sums give n_eff near 1
    gains = estimate(paired_of(d))
    sums = 5 * (d[0].mean(0) - d.mean())
    effective = (sums**2).sum() ** 2 / (sums**4).sum()
    plain = 25 * d[0].mean(0).var(ddof=1) / 25 / 100
    assert gains.example[0] == pytest.approx(plain + (1 - effective / 10) / 100**2)


class TestCrossed:
    def parts(self, seed=5, size=(10, 6)):
        rng = np.random.default_rng(seed)
        t = rng.standard_normal((size[0], 1)) + rng.standard_normal((1, size[1])) + rng.standard_normal(size)
        return t, np.repeat(t.mean(1, keepdims=True), 3000, axis=1)

    def test_draws_add_their_part_as_the_formula_says(self):
        t, d = self.parts()
        gains = estimate(paired_of(d[None], draws=(t,)))
        seed, draw = t.mean(1).var(ddof=1) / 10, t.mean(0).var(ddof=1) / 6
        residual = t - t.mean(1, keepdims=True) - t.mean(0) + t.mean()
        mixed = (residual**2).sum() / 45 / 60
        assert gains.replicate[0] == pytest.approx(max(seed, draw, seed + draw - mixed))
        assert gains.df[0] == pytest.approx(gains.variance[0] ** 2 / (seed**2 / 9 + draw**2 / 5), rel=1e-3)

    def test_more_seeds_do_not_remove_what_the_draws_add(self):
        t, d = self.parts()
        assert estimate(paired_of(d[None], draws=(t,))).draw[0] > 0
        assert estimate(paired_of(d[None])).draw[0] == 0

    def test_a_seed_without_its_draws_is_left_out_of_that_part(self):
        t, d = self.parts()
        missing = t.copy()
        missing[3] = np.nan
        d = d.copy()
        d[3] = np.nan
        whole = estimate(paired_of(np.delete(d, 3, 0)[None], draws=(np.delete(t, 3, 0),)))
        assert estimate(paired_of(d[None], draws=(missing,))).variance[0] == pytest.approx(whole.variance[0])


def test_nested_seeds_leave_students_t_over_draw_means():
    rng = np.random.default_rng(6)
    clusters = np.arange(12) % 4
    x = rng.standard_normal(4)[clusters] + 0.3 * rng.standard_normal(12)
    d = np.repeat(x[:, None], 2500, axis=1)
    gains = estimate(paired_of(d[None], clusters=(clusters,)))
    means = np.array([x[clusters == g].mean() for g in range(4)])
    assert np.sqrt(gains.variance[0]) == pytest.approx(stats.sem(means), rel=1e-3)
    assert gains.df[0] == pytest.approx(3, rel=1e-3)
    assert gains.units.tolist() == [4]


def test_one_seed_has_no_variance_rather_than_none():
    gains = estimate(paired_of(np.random.default_rng(0).normal(size=(2, 1, 30))))
    assert np.isnan(gains.variance).all()


def test_an_arm_without_a_number_leaves_the_others_alone():
    d = np.stack([table(np.random.default_rng(k)) for k in range(3)])
    d[1] = np.nan
    gains = estimate(paired_of(d))
    assert np.isnan(gains.mean[1])
    assert np.isfinite(gains.variance[[0, 2]]).all()


class TestRareRows:
    """None of ten rare rows differs, each of which would move the mean as far as twenty of the 190 common ones."""

    def differences(self):
        d = np.zeros((1, 5, 200))
        d[0, :, 10:60:2], d[0, :, 11:60:2] = 0.5, -0.5  # fifty common rows differ, half of them to the good
        return d

    def test_one_more_of_them_is_reckoned_with_however_many_common_rows_differ(self):
        plain = estimate(paired_of(self.differences())).example[0]
        strata = np.repeat([1, 0], [10, 190])
        rare = estimate(paired_of(self.differences(), strata=strata, reach=(0.5, 10.0))).example[0]
        assert rare - plain == pytest.approx((10.0 / 200) ** 2)

    def test_rows_of_one_reach_are_counted_together(self):
        d = self.differences()
        rows = estimate(paired_of(d)).example[0]
        assert rows == pytest.approx(d[0, 0].var(ddof=1) / 200)  # nothing is added


@settings(max_examples=40, deadline=None)
@given(draw=st.integers(0, 2**16), holes=st.sampled_from([0.0, 0.3]), step=st.integers(1, 400))
def test_looking_at_few_arms_at_a_time_changes_nothing(draw, holes, step):
    rng = np.random.default_rng(draw)
    diffs = rng.standard_normal((7, 4, 12)) + rng.standard_normal((7, 4, 1))
    diffs[rng.random(diffs.shape) < holes] = np.nan
    diffs[3] = 0.25  # an arm without spread among others
    paired = paired_of(diffs, strata=rng.integers(0, 2, 12), reach=(1.0, 5.0))
    with pytest.MonkeyPatch.context() as patch:
        whole = estimate(paired)
        patch.setattr(variance, "BLOCK", step)
        parts = estimate(paired)
    for name in Gains.__dataclass_fields__:
        ours, theirs = getattr(whole, name), getattr(parts, name)
        assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-15, equal_nan=True), name


def test_an_arm_that_stopped_early_lends_its_spread_and_keeps_its_own():
    rng = np.random.default_rng(4)
    diffs = np.repeat(rng.standard_normal((3, 20, 1)), 400, axis=2)  # rows agree: training runs are all there is
    diffs[2, 8:] = np.nan  # as if a race had stopped it after 8 of 20 seeds
    whole, alone = estimate(paired_of(diffs)), estimate(paired_of(diffs[:2]))
    assert whole.replicate[2] == pytest.approx(diffs[2, :8, 0].var(ddof=1) / 8)  # too few seeds to borrow
    assert (whole.df[:2] > alone.df[:2]).all()  # three arms lend, two are too few

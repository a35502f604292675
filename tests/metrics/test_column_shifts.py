"""Made columns beside real ones: answers that are known beforehand, and SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from augeval.metrics.columns import (
    column_shifts,
    correlation_shift,
    ks_max,
    ks_p,
    out_of_hull,
    variance_ratio,
    wasserstein,
)
from augeval.seeds import stream

NUMBER, CODE = np.array([False]), np.array([True])
NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, float)[:, None]


def normal(*path: object, n: int = 200, d: int = 4) -> np.ndarray:
    return stream("test columns", *path).standard_normal((n, d))


def numbers(d: int) -> np.ndarray:
    return np.zeros(d, bool)


def quantiles(n: int = 4000) -> np.ndarray:
    """The normal law without chance."""
    return stats.norm.ppf((np.arange(n) + 0.5) / n)[:, None]


class TestShifts:
    @pytest.mark.parametrize("by", [0.25, 1.0, -3.0])
    def test_rows_that_are_moved_by_c_lie_exactly_c_away(self, by: float) -> None:
        real = normal()
        assert wasserstein(real + by, real, numbers(4)) == pytest.approx(abs(by))
        assert {s.direction for s in column_shifts(real + by, real, numbers(4))} == {"higher" if by > 0 else "lower"}

    def test_wasserstein_and_the_largest_gap_are_those_of_scipy(self) -> None:
        rng = stream("test columns", "scipy")
        for n, m in ((5, 5), (7, 40), (60, 13)):
            made, real = rng.integers(0, 9, (n, 1)).astype(float), rng.normal(4, 3, (m, 1))
            assert wasserstein(made, real, NUMBER) == pytest.approx(stats.wasserstein_distance(made[:, 0], real[:, 0]))
            theirs = stats.ks_2samp(made[:, 0], real[:, 0])
            assert ks_max(made, real, NUMBER) == pytest.approx(theirs.statistic)
            assert ks_p(made, real, NUMBER) == pytest.approx(theirs.pvalue)

    def test_a_normal_column_moved_by_c_has_a_gap_of_twice_phi_of_half_c_less_one(self) -> None:
        for by in (0.1, 0.5, 1.0, 2.0):
            found = ks_max(quantiles() + by, quantiles(), NUMBER)
            assert found == pytest.approx(2 * stats.norm.cdf(by / 2) - 1, abs=1e-3)

    def test_a_wider_column_is_called_wider_and_a_narrower_one_narrower(self) -> None:
        shifts = [column_shifts(quantiles() * by, quantiles(), NUMBER)[0].direction for by in (2, 0.5)]
        assert shifts == ["wider", "narrower"]

    def test_equal_columns_have_no_shift_and_no_direction(self) -> None:
        shift = column_shifts(column(3, 1, 2), column(1, 2, 3), NUMBER)[0]
        assert (shift.distance, shift.direction) == (0, "")

    def test_of_a_category_the_share_that_moves_counts_once(self) -> None:
        # Real: half 0, half 1. Made: a quarter 0, a half 1, a quarter 2. A quarter moved.
        made, real = column(0, 1, 1, 2), column(0, 0, 1, 1)
        shift = column_shifts(made, real, CODE)[0]
        assert (shift.distance, shift.direction, shift.category) == (0.25, "fewer", 0)
        assert (shift.made, shift.real) == (0.25, 0.5)
        assert wasserstein(made, real, CODE) == 0.25

    def test_missing_values_are_left_out_and_a_column_without_known_ones_has_no_number(self) -> None:
        assert wasserstein(column(1, NAN), column(NAN, 0, 2), NUMBER) == 1
        assert np.isnan(wasserstein(column(NAN), column(0), NUMBER))
        both = np.array([[1.0, NAN], [1.0, NAN]])
        assert wasserstein(both + 1, both, numbers(2)) == 1

    def test_the_worst_of_many_columns_pays_for_their_number(self) -> None:
        made, real = normal("made", n=30, d=10), normal("real", n=30, d=10)
        made[:, 3] += 1.2
        alone = stats.ks_2samp(made[:, 3], real[:, 3])
        assert ks_max(made, real, numbers(10)) == pytest.approx(alone.statistic)
        assert ks_p(made, real, numbers(10)) == pytest.approx(10 * alone.pvalue)

    def test_only_categories_leave_nothing_to_test(self) -> None:
        assert np.isnan(ks_max(column(0, 1), column(0, 1), CODE))
        assert np.isnan(ks_p(column(0, 1), column(0, 1), CODE))


class TestSpread:
    def test_rows_twice_as_wide_have_four_times_the_variance(self) -> None:
        real = normal()
        assert variance_ratio(2 * real, real, numbers(4)) == pytest.approx(4)
        assert variance_ratio(real, real, numbers(4)) == pytest.approx(1)

    def test_columns_are_averaged_by_their_logarithms(self) -> None:
        real = normal(d=2)
        assert variance_ratio(real * [2, 0.5], real, numbers(2)) == pytest.approx(1)

    def test_a_constant_column_is_left_out_and_constant_rows_have_none(self) -> None:
        real = np.column_stack([normal(d=1), np.full(200, 3.0)])
        made = np.column_stack([2 * real[:, 0], np.full(200, 4.0)])
        assert variance_ratio(made, real, numbers(2)) == pytest.approx(4)
        assert variance_ratio(np.ones((5, 2)), real, numbers(2)) == 0
        assert np.isnan(variance_ratio(real, np.ones((5, 2)), numbers(2)))
        assert np.isnan(variance_ratio(real, real[:1], numbers(2)))

    def test_no_interpolated_row_leaves_the_hull_and_a_moved_one_does(self) -> None:
        real = normal(d=1)
        share = stream("test columns", "share").random((200, 1))
        assert out_of_hull(share * real + (1 - share) * real[::-1], real, NUMBER) == 0
        assert out_of_hull(column(0, 0.5, 1, 1.5), column(0, 1), NUMBER) == 1 / 4
        assert np.isnan(out_of_hull(column(0), column(1), CODE))


class TestCorrelation:
    def test_independent_columns_lose_all_that_there_was(self) -> None:
        rng = stream("test columns", "correlated")
        real = rng.multivariate_normal(np.zeros(4), np.full((4, 4), 0.6) + 0.4 * np.eye(4), 4000)
        made = np.column_stack([rng.permutation(values) for values in real.T])
        lost = np.abs(np.corrcoef(real, rowvar=False))[np.triu_indices(4, 1)].mean()
        assert correlation_shift(made, real, numbers(4)) == pytest.approx(lost, abs=0.02)
        assert correlation_shift(real, real, numbers(4)) == 0

    def test_missing_values_are_left_out_pair_by_pair(self) -> None:
        real = normal(n=60, d=3)
        made = real.copy()
        made[::3, 0] = NAN
        rest = np.delete(np.arange(60), np.arange(0, 60, 3))
        gaps = np.abs(np.corrcoef(real[rest], rowvar=False) - np.corrcoef(real, rowvar=False))
        assert correlation_shift(made, real, numbers(3)) == pytest.approx((gaps[0, 1] + gaps[0, 2]) / 3)

    def test_below_twenty_rows_or_two_columns_there_is_no_number(self) -> None:
        assert np.isnan(correlation_shift(normal(n=19), normal("real"), numbers(4)))
        assert np.isnan(correlation_shift(normal("made", d=1), normal("real", d=1), NUMBER))
        constant = np.column_stack([np.ones(30), np.arange(30.0)])
        assert np.isnan(correlation_shift(constant, constant, numbers(2)))

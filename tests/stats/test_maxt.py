"""Critical values against published tables and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from augeval.seeds import stream
from augeval.stats import maxt
from augeval.stats.maxt import chi, critical_values, shrunk


def compound(k, rho):
    return np.full((k, k), rho) + (1 - rho) * np.eye(k)


def values(correlation, df, alpha=0.05, name="test"):
    found = critical_values(correlation, np.full(len(correlation), float(df)), alpha, stream(name))
    return float(found.two_sided[0]), float(found.one_sided[0])


def largest_of_real_samples(correlation, seeds, experiments=60_000):
    """(experiments,) largest |t| of arms that each divide by the standard error of their own seeds."""
    rng = stream("test", "samples", len(correlation), seeds)
    drawn = rng.standard_normal((experiments, seeds, len(correlation))) @ np.linalg.cholesky(correlation).T
    return np.abs(drawn.mean(1) / (drawn.std(1, ddof=1) / np.sqrt(seeds))).max(1)


@pytest.mark.parametrize("rho", [0.2, 0.5, 0.9])
def test_eight_arms_with_a_known_variance_give_scipys_multivariate_normal(rho):
    two, one = values(compound(8, rho), np.inf)
    normal = stats.multivariate_normal(np.zeros(8), compound(8, rho))
    rng = np.random.default_rng(0)
    assert normal.cdf([two] * 8, lower_limit=[-two] * 8, rng=rng) == pytest.approx(0.95, abs=0.004)
    assert normal.cdf([one] * 8, rng=rng) == pytest.approx(0.95, abs=0.004)


@pytest.mark.parametrize("df", [4, 9, 20])
def test_independent_arms_with_errors_of_their_own_multiply(df):
    """P(max |T| < c) = P(|t| < c)^8."""
    two, one = values(np.eye(8), df)
    assert (1 - 2 * stats.t.sf(two, df)) ** 8 == pytest.approx(0.95, abs=0.004)
    assert stats.t.cdf(one, df) ** 8 == pytest.approx(0.95, abs=0.004)


@pytest.mark.parametrize(("rho", "seeds"), [(0.3, 5), (0.7, 5), (0.7, 10), (0.95, 6)])
def test_arms_that_share_a_reference_miss_as_often_as_samples_of_them_do(rho, seeds):
    """Variances of correlated samples are not joined by a Gaussian copula exactly; a rate of .05 hardly tells."""
    correlation = compound(6, rho)
    beyond = largest_of_real_samples(correlation, seeds) > values(correlation, seeds - 1)[0]
    assert beyond.mean() == pytest.approx(0.05, abs=0.005)


def test_one_arm_is_students_t_exactly():
    assert values(np.eye(1), 7) == pytest.approx((stats.t.ppf(0.975, 7), stats.t.ppf(0.95, 7)), rel=1e-12)


def test_arms_that_move_together_cost_nothing():
    """The mean of 20 draws: one is within some 2 %."""
    found = np.mean([values(compound(5, 1.0), 12, name=str(i)) for i in range(20)], axis=0)
    assert found == pytest.approx((stats.t.ppf(0.975, 12), stats.t.ppf(0.95, 12)), rel=0.006)


def test_independent_arms_with_a_known_variance_give_sidaks_quantile():
    two, one = values(np.eye(6), np.inf)
    assert two == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2), rel=0.01)
    assert one == pytest.approx(stats.norm.ppf(0.95 ** (1 / 6)), rel=0.01)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_values_fall_as_degrees_of_freedom_rise(rho):
    found = [values(compound(8, rho), df) for df in (3, 5, 9, 20, 60, np.inf)]
    assert found == sorted(found, reverse=True)


def test_errors_apart_ask_for_more_than_one_error_of_all():
    """Dunnett's tables are for one variance that all arms share: 3.26 of eight arms and a control, 9 df."""
    assert values(compound(8, 0.5), 9)[0] > 3.26
    assert values(compound(8, 0.5), 1e6)[0] == pytest.approx(2.65, abs=0.03)  # Dunnett 1964, no end of df


def test_an_arm_with_fewer_degrees_of_freedom_pays_alone():
    found = critical_values(compound(3, 0.5), np.array([30.0, 30.0, 2.0]), 0.05, stream("test"))
    assert found.two_sided[0] == found.two_sided[1] < found.two_sided[2]


def test_the_same_stream_gives_the_same_values_to_the_last_bit():
    assert values(compound(4, 0.3), 9.37) == values(compound(4, 0.3), 9.37)
    assert values(compound(4, 0.3), 9.37) != values(compound(4, 0.3), 9.37, name="another")


def test_an_alpha_too_small_to_be_drawn_gets_bonferronis_share():
    """The first of four looks at eight arms: .000015, of which 20,000 draws show nothing."""
    two, one = values(compound(8, 0.5), 9, alpha=1.5e-5)
    assert two == pytest.approx(stats.t.isf(1.5e-5 / 16, 9), rel=1e-12)
    assert one == pytest.approx(stats.t.isf(1.5e-5 / 8, 9), rel=1e-12)


def test_values_fall_as_alpha_grows_also_where_draws_take_over():
    found = [values(compound(8, 0.5), 15, alpha=alpha) for alpha in (1e-5, 1e-4, 2e-3, 3e-3, 1e-2, 5e-2)]
    assert found == sorted(found, reverse=True)


def test_more_different_degrees_of_freedom_than_are_drawn_for_lie_between_those_that_are():
    df = np.linspace(4, 40, 30)
    found = critical_values(compound(30, 0.5), df, 0.05, stream("test")).two_sided
    exact = [values(compound(30, 0.5), one)[0] for one in df[[0, 7, 15, 29]]]
    assert found[[0, 7, 15, 29]] == pytest.approx(exact, rel=0.004)


@pytest.mark.parametrize("df", [1.0, 2.7, 19.0, 400.0, 1e8])
def test_quantiles_of_chi_are_scipys(df):
    scores = np.array([-5.5, -3, -1, 0, 0.5, 2, 4])
    exact = np.where(scores < 0, stats.chi2.ppf(stats.norm.cdf(scores), df), stats.chi2.isf(stats.norm.sf(scores), df))
    assert chi(scores, df) == pytest.approx(np.sqrt(exact / df), rel=1e-6)


@pytest.mark.parametrize("df", [1.0, 2.7, 19.0, 400.0, 1e8])
def test_the_table_of_errors_that_draws_are_read_from_is_exact_where_it_is_read(df):
    at = (np.arange(maxt.FINE) + 0.5) * (2 * maxt.FURTHEST / maxt.FINE) - maxt.FURTHEST
    assert maxt._errors(df) == pytest.approx(chi(at, df), rel=1e-5)


class TestShrunk:
    def test_by_hand(self):
        """r = .5, 9 df: chance alone brings .75² / 9 = .0625 of the square .25, so a quarter is taken off."""
        assert shrunk(compound(2, 0.5), 9)[0, 1] == pytest.approx(0.375)

    def test_nothing_is_taken_from_what_is_known_for_sure(self):
        for sure in (shrunk(compound(4, 0.3), np.inf), shrunk(compound(4, 0.3), 1e12)):
            assert sure == pytest.approx(compound(4, 0.3))
        assert shrunk(compound(3, 1.0), 4) == pytest.approx(compound(3, 1.0))
        assert shrunk(np.eye(3), 4) == pytest.approx(np.eye(3))
        assert shrunk(np.eye(1), 4) == pytest.approx(np.eye(1))

    def test_what_five_seeds_show_of_unrelated_arms_is_mostly_taken_off(self):
        rng = stream("test", "shrunk")
        seen = [np.corrcoef(rng.standard_normal((8, 5))) for _ in range(200)]
        apart = ~np.eye(8, dtype=bool)
        before, after = (np.mean([of[apart] ** 2 for of in found]) for found in (seen, [shrunk(r, 4) for r in seen]))
        assert before == pytest.approx(0.25, abs=0.01)  # 1 / 4
        assert after < 0.1
        assert all(np.linalg.eigvalsh(shrunk(r, 4)).min() > 0 for r in seen)  # four dimensions became eight

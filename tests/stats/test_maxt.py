"""Critical values against published tables and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from augeval.seeds import stream
from augeval.stats.maxt import DRAWS, _chi, critical_values


def compound(k, rho):
    return np.full((k, k), rho) + (1 - rho) * np.eye(k)


def values(correlation, df, alpha=0.05, name="test"):
    found = critical_values(correlation, np.full(len(correlation), float(df)), alpha, stream(name))
    return float(found.two_sided[0]), float(found.one_sided[0])


@pytest.mark.parametrize(("df", "exact"), [(20, 2.905), (9, 3.264)])
def test_eight_arms_and_a_control_give_dunnetts_two_sided_quantiles(df, exact):
    assert values(compound(8, 0.5), df)[0] == pytest.approx(exact, rel=0.01)


def test_one_arm_is_students_t_exactly():
    assert values(np.eye(1), 7) == pytest.approx((stats.t.ppf(0.975, 7), stats.t.ppf(0.95, 7)), rel=1e-12)


def test_arms_that_move_together_cost_nothing():
    assert values(compound(5, 1.0), 12) == pytest.approx((stats.t.ppf(0.975, 12), stats.t.ppf(0.95, 12)), rel=0.015)


def test_independent_arms_with_a_known_variance_give_sidaks_quantile():
    two, one = values(np.eye(6), np.inf)
    assert two == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2), rel=0.01)
    assert one == pytest.approx(stats.norm.ppf(0.95 ** (1 / 6)), rel=0.01)


def test_scipys_multivariate_t_agrees_with_the_one_sided_value():
    correlation = np.array([[1.0, 0.8, 0.1], [0.8, 1.0, 0.3], [0.1, 0.3, 1.0]])
    _, one = values(correlation, 15)
    covered = stats.multivariate_t(shape=correlation, df=15).cdf([one] * 3, random_state=0)
    assert covered == pytest.approx(0.95, abs=0.004)


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


@pytest.mark.parametrize("df", [1.0, 2.7, 19.0, 400.0, 1e8])
def test_quantiles_of_chi_are_scipys(df):
    shares = (np.arange(DRAWS) + 0.5) / DRAWS
    assert _chi(shares, df) == pytest.approx(np.sqrt(stats.chi2.ppf(shares, df) / df), rel=1e-5)

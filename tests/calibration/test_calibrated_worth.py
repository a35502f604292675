"""k fresh real rows are worth k real rows, as often as the interval says; a fixed part of the study `worth.py`."""

from __future__ import annotations

import pytest
import worth
from scipy import stats

EXPERIMENTS = 120
RARE = 0.001  # chance that a bound below is missed although the interval is as good as it says


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4 sizes, between two", "5 sizes, 10 seeds", "2 sizes", "arm with 5 of 20 seeds"])
def test_the_interval_holds_the_rows_that_were_added(name):
    found = worth.study(name, EXPERIMENTS, path="ci")["covered of those that help"]
    # At a true rate of 95 % fewer hits than this are seen once in a thousand times (106 of 120).
    assert found["hits"] >= stats.binom.ppf(RARE, found["trials"], 0.95)
    assert found["trials"] >= EXPERIMENTS / 2


@pytest.mark.slow
def test_a_gain_beyond_the_largest_size_is_never_given_an_upper_end_below_it():
    found = worth.study("beyond the largest size", EXPERIMENTS, path="ci")
    # The arm is 70 rows further and the curve ends 40 rows on: an upper end within it is wrong.
    assert found["with an upper end"]["hits"] <= stats.binom.ppf(1 - RARE, EXPERIMENTS, 0.05)

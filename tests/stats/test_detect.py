"""The gain that a comparison could have seen: by hand, by the noncentral t, and by trying."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_results import comparison_of, gaussian, paired_of, study_of, synonym
from scipy import stats

from augeval.seeds import stream
from augeval.stats.detect import detectable, detected
from augeval.stats.inference import Rule, infer

RULE = Rule(0.0, 0.05)


def found(diffs):
    return infer(paired_of(diffs), RULE, stream("detect"))[0]


def test_with_many_degrees_of_freedom_it_is_2_8_standard_errors():
    # Two-sided .05 is 1.96 standard errors from 0, and power .8 is .84 more: 2.80 of an error of 2 points is 5.6.
    assert detected(0.02, 1.96, math.inf) == pytest.approx(0.056, abs=1e-4)


def test_ten_pairs_find_one_standard_deviation():
    # The textbook's paired t test: ten pairs find an effect of one standard deviation with power .80 (.803).
    error, critical = 1 / math.sqrt(10), float(stats.t.ppf(0.975, 9))
    assert detected(error, critical, 9) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("critical", "df"), [(2.26, 9), (12.0, 2), (4.1, 3.5), (2.5, 1e3)])
def test_it_is_the_shift_at_which_the_noncentral_t_is_beyond_the_critical_value_with_that_power(critical, df):
    for power in (0.5, 0.8, 0.95):
        assert stats.nct.sf(critical, df, detected(1.0, critical, df, power)) == pytest.approx(power, abs=1e-4)


def test_more_arms_or_a_higher_power_take_a_larger_gain():
    assert detected(1.0, 3.0, 9) > detected(1.0, 2.26, 9)
    assert detected(1.0, 2.26, 9, 0.9) > detected(1.0, 2.26, 9, 0.8)


def test_it_does_not_depend_on_the_gain_that_was_measured():
    diffs = np.random.default_rng(0).normal(0, 1, (1, 8, 50))
    assert detectable(found(diffs + 3)) == pytest.approx(detectable(found(diffs)), rel=1e-9)


def test_where_no_spread_says_how_wide_the_interval_is_there_is_none():
    measured = found(np.random.default_rng(0).normal(0, 1, (1, 8, 50)))
    assert detectable(measured) > 0
    assert detectable(replace(measured, exact=True, variance=0.0)) is None
    assert detectable(replace(measured, saturated=True)) is None
    assert detectable(replace(measured, reason="every seed failed")) is None
    assert detectable(found(np.random.default_rng(0).normal(0, 1, (1, 2, 50)))) is None  # two seeds: no interval


def test_a_comparison_carries_it_and_needs_an_interval_for_it():
    seen = comparison_of(study_of(gaussian([(synonym(), 0.0)])), synonym())
    half = (seen.high - seen.low) / 2
    assert half < seen.detectable < 2 * half
    few = comparison_of(study_of(gaussian([(synonym(), 0.0)], seeds=2)), synonym())
    assert few.detectable is None


@pytest.mark.slow
def test_a_gain_of_that_size_is_found_eight_times_in_ten():
    # 8 seeds of 60 rows, sd of a seed's mean gain .05: 2,000 experiments look for one gain.
    rng = np.random.default_rng(1)
    error, df = 0.05 / math.sqrt(8), 7
    gain = detected(error, float(stats.t.ppf(0.975, df)), df)
    diffs = gain + 0.05 * rng.standard_normal((2000, 8, 1)) + np.zeros((2000, 8, 60))
    hits = [found(each[None]).low > 0 for each in diffs]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.03)  # three standard errors of 2,000 are .027

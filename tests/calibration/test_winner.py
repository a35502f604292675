"""The gain of a chosen dose is too rosy, and the gain that is measured again is not."""

from __future__ import annotations

import numpy as np
import pytest
import record
import winner

EXPERIMENTS = 50


@pytest.mark.slow
def test_the_best_of_ten_arms_without_effect_looks_good_and_is_not_when_measured_again():
    outcomes = np.array([winner.outcome(e) for e in range(EXPERIMENTS)])
    found = winner.bias(outcomes)
    # Exceeded by luck in 1 of 1,000 runs: it varies by .8 points from experiment to experiment. Fresh rows alone would
    # leave .42 points.
    reach = 3.3 * 0.8 / EXPERIMENTS**0.5
    assert found["the best one, as it was chosen"][0] > 0.4
    assert abs(found["the best one, measured again"][0]) < reach
    assert np.isfinite(outcomes[:, 2]).mean() > 0.5


def test_the_full_run_reports_a_chosen_gain_within_a_tenth_of_a_point():
    found = record.read("winner")["points above the true gain, and standard error"]
    assert found["the best one, as it was chosen"][0] > 0.5
    assert abs(found["the best one, measured again"][0]) < 0.1

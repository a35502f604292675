"""Planted harm and help: covered, never taken for the other, and found as often as the prototype found them."""

from __future__ import annotations

import numpy as np
import pytest
from planted import ARMS, REAL, Found, correct, of_real, planted, real, summary, turned
from populations import population
from record import read
from scipy import stats
from worlds import truth

PART = 200  # experiments in `worlds`: half a minute
PROTOTYPE = {"1. swap": ("helps", 0.86), "4. noise:.2": ("harms", 0.28), "5. noise:.4": ("harms", 0.96)}


def settings(found):
    """Every summary of the record, of one or of several numbers of seeds."""
    for by in found.values():
        yield from [by] if "arms" in by else by.values()


def wrong_directions(found, least):
    """Arms of at least so many points that were ever given the other direction."""
    arms = found["arms"]
    against = {name: arm["harms" if arm["true gain, points"] > 0 else "helps"][0] for name, arm in arms.items()}
    return [name for name, share in against.items() if share and abs(arms[name]["true gain, points"]) >= least]


class TestFullRun:
    """What the committed output says."""

    @pytest.fixture(scope="class")
    def found(self):
        return read("planted")["rates as [rate, low, high]"]

    def test_all_intervals_of_an_experiment_cover_in_93_percent_or_more(self, found):
        assert found["ridge in closed form"]["all intervals cover"][0] >= 0.93
        covers = [f["all intervals cover"][0] for name, by in found.items() if "arms" not in by for f in by.values()]
        assert np.mean(covers) >= 0.93

    def test_no_effect_of_a_point_or_more_gets_the_wrong_direction(self, found):
        assert found["ridge in closed form"]["wrong direction"][0] == 0
        assert not any(wrong_directions(setting, least=1.0) for setting in settings(found))

    def test_smaller_effects_get_the_wrong_direction_less_often_than_intervals_may_miss(self, found):
        # One side of a 95 % interval may miss in 2.5 %. With real models: 1 of 1,800, of an effect of half a point.
        assert np.mean([setting["wrong direction"][0] for setting in settings(found)]) <= 0.001

    def test_copies_get_a_verdict_as_seldom_as_promised(self, found):
        assert np.mean([setting["a verdict on copies"][0] for setting in settings(found)]) <= 0.05

    @pytest.mark.parametrize("arm", PROTOTYPE)
    def test_power_is_that_of_the_prototype_or_more(self, found, arm):
        # The prototype's own rate is over 150 experiments: ours may not be below it beyond the noise of ours.
        outcome, power = PROTOTYPE[arm]
        assert found["ridge in closed form"]["arms"][arm][outcome][2] >= power


@pytest.mark.slow
class TestFixedPart:
    @pytest.fixture(scope="class")
    def found(self):
        return summary([planted(e)[0] for e in range(PART)], truth(ARMS), ARMS[1:])

    def test_coverage(self, found):
        # A coverage of .93 falls below this bound in 1 of 1,000 runs.
        assert found["all intervals cover"][0] * PART >= stats.binom.ppf(0.001, PART, 0.93)

    def test_no_wrong_direction(self, found):
        assert found["wrong direction"][0] == 0

    @pytest.mark.parametrize("arm", PROTOTYPE)
    def test_power(self, found, arm):
        # Below this bound once in 1,000 runs if the power is the prototype's.
        outcome, power = PROTOTYPE[arm]
        assert found["arms"][arm][outcome][0] * PART >= stats.binom.ppf(0.001, PART, power)

    def test_real_rows_and_models_are_covered_too(self):
        # 60 experiments of 10 seeds: below this bound 1 time in 1,000 if eight intervals cover at once in .93.
        made = [real(e, "breast_cancer", "logistic", looks=(10,)) for e in range(60)]
        found = of_real(made, (10,))["10 seeds"]
        assert found["all intervals cover"][0] * 60 >= stats.binom.ppf(0.001, 60, 0.93)
        assert not wrong_directions(found, least=1.0)


def test_turned_labels_are_other_classes_in_the_share_asked_for():
    data, rng = population("digits"), np.random.default_rng(0)
    labels = np.tile(data.y, (20, 1))
    made = turned(labels, 0.2, data, rng)
    assert (made != labels).mean() == pytest.approx(0.2, abs=0.01)
    assert set(np.unique(made)) == set(range(10))


def test_corrected_copies_and_new_rows_gain_and_turned_labels_lose():
    data, rng = population("breast_cancer"), np.random.default_rng(0)
    rows = data.draw((40, 100), rng)
    labels = turned(data.y[rows], 0.1, data, rng)
    share = {kind: correct(kind, rows, labels, data, "trees", rng).mean() for kind in REAL}
    assert share["turned:.4"] < share["copies"] < share["corrected"]
    assert share["copies"] < share["new and right"]


def test_a_summary_counts_covered_experiments_and_wrong_directions():
    # Two experiments of two arms, of true gain +.01 and 0: one covers both, the other misses and errs on both.
    right = Found(("helps", "inconclusive"), np.array([0.005, -0.01]), np.array([0.02, 0.01]))
    wrong = Found(("harms", "helps"), np.array([-0.03, 0.001]), np.array([-0.01, 0.01]))
    found = summary([right, wrong], np.array([0.01, 0.0]), ("first", "second"))
    assert [found[name][0] for name in ("all intervals cover", "wrong direction", "a verdict on copies")] == [0.5] * 3
    assert found["arms"]["1. first"]["true gain, points"] == 1
    assert found["arms"]["2. second"]["helps"][0] == 0.5

"""A chosen gain, measured again where nothing chose it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_results import METRICS, NONE, comparison_of, duplicate, judged, study_of, synonym
from scipy import stats

from augeval.stats.confirm import choice, confirmed
from augeval.stats.inference import Rule

RULE = Rule(0.01, 0.05)
ARM = synonym(0.1)


def tables(gain, *, seeds=8, rows=400, seed=0):
    """Accuracies of none, duplicate and an arm that is right more often by `gain`."""
    rng = np.random.default_rng(seed)
    base = (rng.random((seeds, rows)) < 0.6).astype(float)
    turned = rng.random((seeds, rows)) < abs(gain) / (0.4 if gain > 0 else 0.6)
    arm = np.where(turned, float(gain > 0), base)
    return [(NONE, base), (duplicate(), base), (ARM, arm)]


def verdict_on(gain):
    (found,) = [v for v in judged(study_of(tables(gain))).verdicts if v.family == "synonym"]
    return found


def again(verdict, results, **how):
    (found,) = confirmed([verdict], results, metrics=METRICS, rule=RULE, **how)
    return found


def test_the_recommended_arm_is_the_choice_and_the_best_one_on_request():
    verdict = replace(verdict_on(0.2), recommended="a", best="b")
    assert choice(verdict, best=False) == "a"
    assert choice(verdict, best=True) == "a"
    undecided = replace(verdict, recommended=None)
    assert choice(undecided, best=False) is None
    assert choice(undecided, best=True) == "b"
    assert choice(replace(verdict, is_control=True), best=True) is None


def test_a_gain_that_is_there_again_is_confirmed_with_the_interval_of_that_arm_alone():
    results = study_of(tables(0.2, seed=1))
    found = again(verdict_on(0.2), results)
    diffs = tables(0.2, seed=1)[2][1] - tables(0.2, seed=1)[1][1]
    assert found.confirmed_gain == pytest.approx(diffs.mean())
    assert (found.confirmed_arm, found.confirmed_outcome) == ("synonym 0.1 ×1", "helps")
    assert found.confirmation.startswith(
        "Measured again with 8 fresh seeds and 400 held-out rows that did not choose it"
    )
    assert found.confirmation.endswith(": confirmed.")
    # One arm: Student's t with the two-way variance, here all of it from seeds and rows at once.
    half = (found.confirmed_high - found.confirmed_low) / 2
    by_seed, by_row = diffs.mean(1), diffs.mean(0)
    error = np.sqrt(max(by_seed.var(ddof=1) / 8, by_row.var(ddof=1) / 400))
    assert half > stats.norm.ppf(0.975) * error * 0.9


def test_another_arm_that_was_measured_again_takes_no_share_of_alpha():
    one = tables(0.2, seed=1)
    other = (synonym(0.4), tables(0.1, seed=2)[2][1])
    found = again(verdict_on(0.2), study_of([*one, other]))
    alone = comparison_of(study_of(one), ARM)
    assert (found.confirmed_low, found.confirmed_high) == pytest.approx((alone.low, alone.high), rel=1e-9)


def test_what_chose_stays_what_it_was():
    verdict = verdict_on(0.2)
    found = again(verdict, study_of(tables(0.02, seed=1)))
    kept = ("outcome", "gain", "low", "high", "recommended", "reasons")
    assert [getattr(found, name) for name in kept] == [getattr(verdict, name) for name in kept]


@pytest.mark.parametrize(
    ("gain", "outcome", "words"),
    [
        (-0.2, "harms", "not confirmed, it harms."),
        (0.0, "equivalent", "not confirmed, no difference that matters."),
    ],
)
def test_a_gain_that_is_not_there_again_is_called_not_confirmed(gain, outcome, words):
    results = study_of(tables(gain, seed=1, rows=2000))
    found = again(verdict_on(0.2), results)
    assert found.confirmed_outcome == outcome
    assert found.confirmation.endswith(words)


def test_an_interval_that_reaches_zero_confirms_nothing():
    found = again(verdict_on(0.2), study_of(tables(0.03, seed=1, rows=60, seeds=4)))
    assert found.confirmed_outcome == "inconclusive"
    assert "not confirmed, since its interval reaches 0" in found.confirmation


@pytest.mark.parametrize(
    ("gain", "about", "words"),
    [
        (0.2, {}, ": it helps after all."),
        (-0.2, {}, ": it harms."),
        (0.0, {"rows": 2000}, ": no difference that matters."),
        (0.03, {"rows": 60, "seeds": 4}, ": neither help nor harm is shown, here either."),
    ],
)
def test_of_a_dose_that_was_only_the_best_to_look_at_nothing_is_called_confirmed_or_not(gain, about, words):
    undecided = replace(verdict_on(0.2), outcome="inconclusive", recommended=None, best=ARM.label)
    found = again(undecided, study_of(tables(gain, seed=1, **about)), best=True)
    assert found.confirmation.endswith(words)
    assert "confirmed" not in found.confirmation


@pytest.mark.parametrize(("chunk", "claim"), [(100, "new training sets"), (0, "this training pool")])
def test_new_training_sets_are_claimed_only_where_the_fresh_seeds_shared_no_row_either(chunk, claim):
    def rows(chunk):
        return {"split": {"mode": "fixed", **({"disjoint": chunk} if chunk else {})}}

    def results(chunk, seed):
        found = study_of(tables(0.2, seed=seed))
        return [replace(result, cell=replace(result.cell, recipe=rows(chunk))) for result in found]

    (verdict,) = [v for v in judged(results(100, 0)).verdicts if v.family == "synonym"]
    assert verdict.claim == "new training sets"
    found = again(verdict, results(chunk, 1))
    assert found.claim.startswith(claim)
    assert ("shared training rows" in found.confirmation) is not bool(chunk)


def test_without_fresh_cells_the_reason_is_said():
    found = again(verdict_on(0.2), [], why_not="the experiment says confirm: false")
    assert (found.confirmed_gain, found.confirmed_outcome) == (None, None)
    assert found.confirmation == "Not measured again: the experiment says confirm: false."


def test_a_dose_that_only_another_metric_chose_is_not_measured_again():
    verdict = replace(verdict_on(0.2), recommended="synonym 0.4 ×1")
    found = again(verdict, study_of(tables(0.2, seed=1)))
    assert found.confirmation == "Not measured again: only the dose that the primary metric chose is."


def test_a_verdict_without_a_choice_stays_as_it_is():
    verdict = replace(verdict_on(0.2), recommended=None)
    assert again(verdict, study_of(tables(0.2, seed=1))) == verdict

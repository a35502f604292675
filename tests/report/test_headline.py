"""Headline: counts what was judged, names what helps, and claims no more than was shown."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_run import made_up

from augeval.report import headline, summary
from augeval.report.settings import settings

STUDY = {
    "dataset": {"name": "toy"},
    "models": ["linear"],
    "train_sizes": [100],
    "metrics": {"primary": "accuracy", "also": ["log_loss"]},
    "margin": 0.01,
}
WHERE = {"dataset": "toy", "model": "linear", "train_size": 100}


def verdict(family: str, outcome: str, gain: float | None = 0.05, **fields: Any) -> dict[str, Any]:
    numbers = {
        "gain": gain,
        "low": None if gain is None else gain - 0.01,
        "high": None if gain is None else gain + 0.01,
    }
    arms = {"decided_by": f"{family} ×4", "best": f"{family} ×4", "recommended": None, "too_much": None}
    about = {"metric": "accuracy", "contrast": "duplicate", "is_control": False, "claim": "", "reasons": []}
    return {**WHERE, "family": family, "outcome": outcome, **numbers, **arms, **about, **fields}


def run_of(*verdicts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    costs = {"cells": 10, "ok": 10, "failed": 0, "not_applicable": 0}
    empty: dict[str, Any] = {"arms": [], "comparisons": [], "curves": [], "alarms": []}
    return {
        "experiment": {"name": "e", "studies": [STUDY]},
        "verdicts": list(verdicts),
        "costs": costs,
        **empty,
        **fields,
    }


def comparison(arm: str, gain: float, contrast: str = "duplicate", low: float | None = None) -> dict[str, Any]:
    low = gain - 0.02 if low is None else low
    return {
        **WHERE,
        "arm": arm,
        "contrast": contrast,
        "metric": "accuracy",
        "mean_diff": gain,
        "low": low,
        "high": gain + 0.02,
    }


def test_the_recommended_dose_has_its_own_gain_not_that_of_the_arm_that_decided() -> None:
    run = run_of(
        verdict("shift", "helps", 0.086, decided_by="shift 4 ×4", recommended="shift 2 ×4", too_much="shift 8 ×4"),
        verdict("flip", "harms", -0.05),
        comparisons=[comparison("shift 2 ×4", 0.08)],
    )
    assert headline.sentence(run) == (
        "1 of 2 augmentations helps linear on toy: shift (use shift 2 ×4: +8.0 points [6.0, 10.0] over plain "
        "duplication; too much from shift 8 ×4 on). 1 harms."
    )


def test_a_helping_family_without_a_recommended_dose_is_named_without_use() -> None:
    run = run_of(verdict("shift", "helps", 0.05, contrast="none"), verdict("a", "inconclusive"))
    assert "shift (shift ×4: +5.0 points [4.0, 6.0] over no augmentation)" in headline.sentence(run)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["harms", "equivalent"], "None of the 2 augmentations helps linear on toy."),
        (["harms", "inconclusive"], "None of the 2 augmentations is shown to help linear on toy."),
        (["not_applicable", "equivalent"], "None of the 2 augmentations is shown to help linear on toy."),
    ],
)
def test_no_effect_is_claimed_only_where_it_was_shown(outcomes: list[str], said: str) -> None:
    run = run_of(*(verdict(f"f{i}", outcome) for i, outcome in enumerate(outcomes)))
    assert headline.parts(run)[0] == said


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("helps", "shift helps linear on toy: use shift ×4: +5.0 points [4.0, 6.0] over plain duplication."),
        ("harms", "shift harms linear on toy: shift ×4: +5.0 points [4.0, 6.0] over plain duplication."),
        ("equivalent", "shift makes no difference that matters for linear on toy."),
        ("inconclusive", "shift is not shown to help or to harm linear on toy."),
        ("not_applicable", "shift could not be applied for linear on toy."),
    ],
)
def test_a_single_augmentation_is_answered_by_name(outcome: str, said: str) -> None:
    recommended = "shift ×4" if outcome == "helps" else None
    assert headline.sentence(run_of(verdict("shift", outcome, recommended=recommended))) == said


def test_the_rest_is_counted_by_outcome_with_the_margin() -> None:
    outcomes = ["harms", "harms", "equivalent", "inconclusive", "not_applicable"]
    run = run_of(*(verdict(f"f{i}", outcome) for i, outcome in enumerate(outcomes)))
    assert headline.parts(run)[1] == (
        "2 harm, 1 makes no difference of 1 point or more, 1 is undecided and 1 could not be applied."
    )


def test_all_undecided_is_not_called_no_effect() -> None:
    run = run_of(verdict("a", "inconclusive"), verdict("b", "inconclusive"))
    assert headline.sentence(run) == (
        "None of the 2 augmentations is shown to help linear on toy. Both are undecided: there is too little "
        "evidence, which is not the same as no effect."
    )


def test_controls_and_other_metrics_are_not_counted() -> None:
    run = run_of(
        verdict("shift", "harms"),
        verdict("flip", "harms"),
        verdict("class_weight", "helps", is_control=True),
        verdict("shift", "helps", metric="log_loss"),
    )
    assert headline.parts(run)[0] == "None of the 2 augmentations helps linear on toy."
    assert headline.sentence(run_of(verdict("duplicate", "equivalent", is_control=True))) == (
        "Only controls were run: no augmentation was judged."
    )


def test_an_alarm_is_in_the_headline() -> None:
    alarm = {**WHERE, "metric": "accuracy", "arm": "duplicate ×4", "gain": 0.081, "low": 0.06, "high": 0.1, "text": ""}
    said = headline.parts(run_of(verdict("a", "inconclusive"), verdict("b", "inconclusive"), alarms=[alarm]))
    assert said[-1] == (
        "Careful: with linear on toy, plain duplication, with nothing new in it, gains 8.1 points, so beating no "
        "augmentation proves nothing there."
    )


def test_failures_are_in_the_headline_and_a_run_that_only_failed_measured_nothing() -> None:
    costs = {"cells": 10, "ok": 0, "failed": 10, "not_applicable": 0}
    assert headline.sentence(run_of(costs=costs)) == "Nothing was measured. 10 of 10 cells failed."


def test_fooled_counts_arms_that_beat_nothing_and_not_duplication() -> None:
    def arm(name: str, **fields: Any) -> dict[str, Any]:
        return {**WHERE, "arm": name, "augmenter": name, "is_control": False, "scores": {}, "n_seeds": 3, **fields}

    pairs = [("a", 0.08, 0.03), ("b", 0.08, 0.0), ("c", 0.0, 0.0), ("d", 0.08, 0.001)]
    compared = [
        c for name, over_none, over in pairs for c in (comparison(name, over_none, "none"), comparison(name, over))
    ]
    only_one_contrast = comparison("e", 0.08, "none")
    arms = [arm(name) for name in "abcde"] + [arm("duplicate", is_control=True)]
    (setting,) = settings(run_of(arms=arms, comparisons=[*compared, only_one_contrast]))
    # a, b and d are above zero against none; a alone is so against duplication; e was compared with none only.
    assert headline.fooled(setting) == (3, 1, 4)


def test_the_whole_made_up_run_says_one_thing_helps() -> None:
    built = summary.build(*made_up(2))
    assert built["headline"].startswith(
        "1 of 12 combinations of augmentation, model and data helps: shift for small_cnn on digits_canvas "
        "(use shift 2 ×4: +7.9 points [5.1, 10.7] over plain duplication, confirmed; too much from shift 8 "
        "×4 on). "
        "4 harm, 2 make no difference of 1 point or more, 4 are undecided and 1 could not be applied. "
    )


def test_an_alarm_counts_the_arms_that_would_have_fooled_the_reader() -> None:
    alarm = {**WHERE, "metric": "accuracy", "arm": "duplicate ×4", "gain": 0.081, "low": 0.06, "high": 0.1, "text": ""}
    arms = [{**WHERE, "arm": name, "is_control": False, "augmenter": name, "family": name} for name in ("a", "b", "c")]
    gains = [comparison(name, 0.07, "none") for name in ("a", "b")] + [comparison("c", -0.07, "none")]
    gains += [comparison("a", 0.03), comparison("b", -0.01), comparison("c", -0.1)]
    run = run_of(verdict("a", "helps"), verdict("b", "harms"), arms=arms, comparisons=gains, alarms=[alarm])
    assert headline.parts(run)[-1].endswith(
        "gains 8.1 points: 2 of 3 arms beat no augmentation there, and 1 beats duplication."
    )


def test_an_arm_without_a_number_could_not_be_judged_which_is_not_an_undecided_one() -> None:
    said = headline.parts(run_of(verdict("a", "inconclusive", None)))[0]
    assert said == "a could not be judged for linear on toy."


def test_a_control_that_helps_is_named_beside_augmentations_that_do_not() -> None:
    weights = verdict("class_weight", "helps", 0.13, is_control=True, decided_by="class_weight", contrast="none")
    said = headline.parts(run_of(verdict("a", "inconclusive"), verdict("b", "harms"), weights))
    assert said[0] == "None of the 2 augmentations is shown to help linear on toy."
    assert said[2] == "class_weight helps without anything new."


def test_a_control_that_helps_one_model_only_is_not_said_to_help_all() -> None:
    def weights(model: str, outcome: str) -> dict[str, Any]:
        about = {"is_control": True, "decided_by": "class_weight", "contrast": "none", "model": model}
        return verdict("class_weight", outcome, **about)

    def said(*outcomes: str) -> str:
        arms = [verdict("a", "inconclusive", model=model) for model in "xyz"]
        controls = [weights(model, outcome) for model, outcome in zip("xyz", outcomes, strict=True)]
        study = {**STUDY, "models": list("xyz")}
        return headline.parts({**run_of(*arms, *controls), "experiment": {"name": "e", "studies": [study]}})[2]

    assert said("helps", "harms", "inconclusive") == "class_weight helps x on toy without anything new."
    assert said("helps", "helps", "inconclusive") == (
        "class_weight helps in 2 of 3 combinations of model and data without anything new."
    )
    assert said("helps", "helps", "helps") == "class_weight helps without anything new."


def confirmed(gain: float, outcome: str, arm: str = "shift ×4") -> dict[str, Any]:
    ends = {"confirmed_low": gain - 0.02, "confirmed_high": gain + 0.02}
    return {"recommended": arm, "confirmed_arm": arm, "confirmed_gain": gain, "confirmed_outcome": outcome, **ends}


@pytest.mark.parametrize(
    ("gain", "outcome", "said"),
    [
        (0.03, "helps", "helps linear on toy: use shift ×4: +3.0 points [1.0, 5.0] over plain duplication, confirmed."),
        (
            0.004,
            "inconclusive",
            "seems to help linear on toy: shift ×4: +0.4 points [−1.6, 2.4] over plain duplication on fresh seeds and "
            "rows, which do not confirm it.",
        ),
        (
            -0.03,
            "harms",
            "seems to help linear on toy: shift ×4: −3.0 points [−5.0, −1.0] over plain duplication on fresh seeds and "
            "rows, which contradict it.",
        ),
    ],
)
def test_the_figure_to_quote_is_that_of_fresh_seeds_and_rows_and_a_doubtful_dose_is_not_to_be_used(
    gain: float, outcome: str, said: str
) -> None:
    run = run_of(verdict("shift", "helps", 0.05, **confirmed(gain, outcome)))
    assert headline.sentence(run) == f"shift {said}"


def test_a_dose_that_was_only_measured_again_has_its_fresh_gain() -> None:
    again = confirmed(-0.03, "harms", "jitter ×4") | {"recommended": None}
    said = headline.sentence(run_of(verdict("jitter", "harms", -0.05, **again)))
    where = "over plain duplication on fresh seeds and rows."
    assert said == f"jitter harms linear on toy: jitter ×4: −3.0 points [−5.0, −1.0] {where}"
    undecided = headline.sentence(run_of(verdict("jitter", "inconclusive", **again)))
    assert undecided.startswith("jitter is not shown to help or to harm linear on toy.")


def test_what_was_not_confirmed_comes_last_and_is_said_even_where_it_is_not_named() -> None:
    doubtful = verdict("a", "helps", 0.09, **confirmed(0.001, "inconclusive", "a ×4"))
    run = run_of(doubtful, *(verdict(family, "helps", 0.05) for family in "bc"))
    assert headline.sentence(run) == (
        "3 of 3 augmentations help linear on toy: b (×4: +5.0 points [4.0, 6.0]), c (×4: +5.0 points [4.0, 6.0]) and "
        "1 more. Fresh seeds and rows do not confirm 1 of the 3."
    )
    named = headline.sentence(run_of(doubtful, verdict("b", "helps", 0.05)))
    assert named.endswith("and a (×4: +0.1 points [−1.9, 2.1], not confirmed).")
    both = headline.sentence(run_of(doubtful, {**doubtful, "family": "b", "confirmed_arm": "b ×4"}))
    assert both.startswith("2 of 2 augmentations seem to help linear on toy:")


def test_the_confirmed_gain_of_another_arm_is_not_that_of_the_one_named() -> None:
    other = confirmed(0.03, "helps") | {"recommended": "shift 2 ×4", "confirmed_arm": "shift ×1"}
    said = headline.sentence(run_of(verdict("shift", "helps", decided_by="shift 2 ×4", **other)))
    assert "use shift 2 ×4: +5.0 points [4.0, 6.0] over plain duplication." in said

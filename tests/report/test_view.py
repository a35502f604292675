"""View: what a page says of a verdict at once, what on request, and what of each arm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made_up_run import made_up

from augeval.report import remarks, summary, view
from augeval.report.settings import Setting, settings


@pytest.fixture
def built() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary.dumps(summary.build(*made_up(1))))
    return found


def setting_of(built: dict[str, Any], model: str) -> Setting:
    return next(setting for setting in settings(built) if setting.model == model)


def shown(setting: Setting, family: str) -> view.VerdictView:
    return next(found for found in view.setting_view(setting).verdicts if found.family == family)


def test_a_confirmed_gain_is_the_figure_to_quote_and_the_chosen_one_stands_beside_it(built: dict[str, Any]) -> None:
    shift = shown(setting_of(built, "small_cnn"), "shift")
    assert (shift.gain.text, shift.gain.interval) == ("+7.9", "[5.1, 10.7]")
    assert shift.chosen is not None
    assert (shift.chosen.text, shift.chosen.interval) == ("+8.6", "[7.4, 9.8]")
    assert (shift.standing, shift.scope, shift.worth) == ("confirmed", "this training pool", "≈ 180 rows")
    assert shift.reason.startswith("Measured again with 10 fresh seeds")
    assert any("180 more real rows" in reason for reason in shift.more_reasons)


def test_a_gain_that_is_not_borne_out_has_no_worth_at_once_but_its_sentence_on_request(built: dict[str, Any]) -> None:
    (shift,) = [v for v in built["verdicts"] if v["confirmed_gain"] is not None]
    shift |= {"confirmed_outcome": "inconclusive"}
    found = shown(setting_of(built, "small_cnn"), "shift")
    assert (found.standing, found.worth) == ("not confirmed", "")
    assert shift["worth_note"] in found.more_reasons
    assert shift["worth_note"] not in remarks.remark(setting_of(built, "small_cnn"), shift)


def test_an_arm_that_was_not_measured_again_shows_the_gain_that_decided(built: dict[str, Any]) -> None:
    rotate = shown(setting_of(built, "small_cnn"), "rotate")
    assert (rotate.gain.text, rotate.chosen, rotate.standing, rotate.worth) == ("−10.1", None, "", "")


def test_an_undecided_arm_that_was_measured_again_still_says_what_it_lacks(built: dict[str, Any]) -> None:
    (shift,) = [v for v in built["verdicts"] if v["confirmed_gain"] is not None]
    shift |= {"outcome": "inconclusive", "decided_by": shift["confirmed_arm"], "reasons": ["Training runs limit it."]}
    found = shown(setting_of(built, "small_cnn"), "shift")
    assert found.standing == "measured again"
    assert found.reason.startswith("Measured again with 10 fresh seeds")
    assert found.reason.endswith("Training runs limit it.")


def test_a_given_up_arm_says_so_before_what_it_lacks_and_only_once(built: dict[str, Any]) -> None:
    lacking = "Training runs limit it: about 40 seeds instead of 4 would decide it."
    (rotate,) = [
        v
        for v in built["verdicts"]
        if (v["model"], v["family"], v["metric"]) == ("pixels_logistic", "rotate", "balanced_accuracy")
    ]
    rotate |= {"outcome": "inconclusive", "decided_by": "rotate 5 ×4", "reasons": ["Undecided.", lacking]}
    rotate["reasons"][0] = "Undecided: −5.0 points [−6.2, −3.8]."  # repeats the numbers beside it
    stop = "Given up after 4 of 6 seeds: less than a 10 % chance of a decision."
    assert shown(setting_of(built, "pixels_logistic"), "rotate").reason == f"{stop} {lacking}"
    rotate["reasons"][1] = "It was given up."
    assert shown(setting_of(built, "pixels_logistic"), "rotate").reason == "It was given up."


def test_the_facts_name_seeds_training_and_race_of_a_setting(built: dict[str, Any]) -> None:
    raced = view.setting_view(setting_of(built, "pixels_logistic"))
    assert raced.facts[1] == "up to 6 seeds"
    assert raced.facts[-1] == "fitted to the end: steps do not apply"
    assert raced.race.startswith("raced: 34 of 54 fits run (37 % saved)")
    fixed = view.setting_view(setting_of(built, "small_cnn"))
    assert (fixed.facts[1], fixed.facts[-1], fixed.race) == ("1 seed", "equal steps in every arm", "")


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("equal epochs", "equal epochs: more rows mean more steps"),
        ("", "margin 1 pt"),  # not known, so nothing is said of it
    ],
)
def test_what_arms_share_in_training_is_said_where_it_is_known(built: dict[str, Any], training: str, said: str) -> None:
    for entry in built["comparisons"]:
        entry["training"] = training
    assert view.setting_view(setting_of(built, "small_cnn")).facts[-1] == said


def test_each_arm_has_its_own_seeds_and_says_why_a_race_stopped_it(built: dict[str, Any]) -> None:
    rows, _ = view.rows([setting_of(built, "pixels_logistic")])
    seeds = {row.arm: row.seeds for row in rows if row.metric == "balanced_accuracy"}
    assert seeds["shift 1 ×4"] == "1"
    assert seeds["shift 8 ×4"] == "1, decided"
    assert seeds["rotate 5 ×4"] == "1, given up"


def test_a_remark_has_both_figures_of_a_choice_and_what_an_undecided_arm_lacks(built: dict[str, Any]) -> None:
    setting = setting_of(built, "small_cnn")
    shift, rotate = (next(v for v in setting.verdicts if v["family"] == name) for name in ("shift", "rotate"))
    said = remarks.remark(setting, shift)
    assert said.startswith("Chosen at +8.6 pts [7.4, 9.8]. Measured again with 10 fresh seeds and 359 held-out rows")
    assert said.endswith(shift["worth_note"])
    assert remarks.remark(setting, rotate) == ""
    undecided = {**rotate, "outcome": "inconclusive", "reasons": ["Held-out rows limit it."]}
    assert remarks.remark(setting, undecided) == "Held-out rows limit it. The comparison could have seen ±1.7 pts."


def test_a_remark_says_why_an_arm_could_not_be_applied_and_why_a_gain_has_no_interval(built: dict[str, Any]) -> None:
    setting = setting_of(built, "small_cnn")
    rotate = next(v for v in setting.verdicts if v["family"] == "rotate")
    refused = {**rotate, "outcome": "not_applicable", "reasons": ["Not applicable: no row is rare.", "More."]}
    assert remarks.remark(setting, refused) == "Not applicable: no row is rare."
    reasons = ["Undecided: 0.0 points against no augmentation.", "No interval: 2 seeds; an interval needs at least 3."]
    bare = {**rotate, "outcome": "inconclusive", "gain": 0.0, "low": None, "high": None, "reasons": reasons}
    assert remarks.remark(setting, bare).startswith("No interval: 2 seeds; an interval needs at least 3.")


def test_beside_average_precision_stands_the_share_of_its_class(built: dict[str, Any]) -> None:
    for study in built["experiment"]["studies"]:
        study["metrics"]["about"]["balanced_accuracy"]["chance"] = 0.063
    setting = setting_of(built, "small_cnn")
    said = "guessing gives 0.063, the share of class b"
    assert said in view.setting_view(setting).facts
    baselines = [row for row in view.rows([setting])[0] if row.arm == "none" and row.metric == "balanced_accuracy"]
    assert [row.note for row in baselines] == [said]

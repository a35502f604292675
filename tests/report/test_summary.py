"""Summary: what summary.json holds, whatever order the results come in."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up_run import SEEDS, made_up

from augeval import records
from augeval.report import summary
from augeval.results import CellResult, Judgement
from augeval.seeds import stream


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return summary.build(*made_up())


def arm_of(built: dict[str, Any], model: str, arm: str) -> dict[str, Any]:
    return next(entry for entry in built["arms"] if (entry["model"], entry["arm"]) == (model, arm))


def test_it_is_plain_json_without_nan_and_reads_back_as_it_was(built: dict[str, Any]) -> None:
    assert json.loads(summary.dumps(built)) == built


def test_text_that_is_no_unicode_can_be_written_and_comes_back(built: dict[str, Any]) -> None:
    text = summary.dumps(built)
    assert "\ud800" in built["warnings"][0]
    assert json.loads(text.encode("utf-8").decode("utf-8"))["warnings"] == built["warnings"]


def test_the_order_of_results_and_judgements_changes_no_byte() -> None:
    experiment, results, judgements, provenance = made_up(3)
    before = summary.dumps(summary.build(experiment, results, judgements, provenance))
    rng = stream("shuffled")

    def mixed(entries: Any) -> list[Any]:
        return [entries[i] for i in rng.permutation(len(entries))]

    results = mixed(results)
    shuffled = [Judgement(*(tuple(mixed(entries)) for entries in vars(j).values())) for j in mixed(judgements)]
    assert summary.dumps(summary.build(experiment, results, shuffled, provenance)) == before


def test_comparable_leaves_out_times_and_nothing_else() -> None:
    experiment, results, judgements, provenance = made_up(2)
    slower = [replace(result, seconds={"fit": 99.0, "augment": 1.0, "score": 1.0, "drift": 1.0}) for result in results]
    later = provenance | {
        "started": "2031",
        "finished": "2032",
        "wall_seconds": 9.0,
        "workers": 7,
        "executor": "serial",
        "command": "x",
    }
    a, b = (
        summary.build(experiment, results, judgements, provenance),
        summary.build(experiment, slower, judgements, later),
    )
    ok = [r for r in results if r.status != "ok"]
    assert ok  # cells without seconds stay without
    assert a != b
    assert summary.comparable(a)["arms"] == a["arms"]
    assert summary.dumps(summary.comparable(a)) == summary.dumps(summary.comparable(b))
    changed = summary.build(
        experiment, [replace(results[0], scores={"balanced_accuracy": 0.5}), *results[1:]], judgements, provenance
    )
    assert summary.comparable(changed) != summary.comparable(a)
    assert "seconds" in a["costs"]["by_arm"][0]  # the original is left as it is


def test_an_arm_has_mean_spread_and_seeds_of_every_metric(built: dict[str, Any]) -> None:
    _, results, _, _ = made_up()
    mine = [r for r in results if r.cell.arm.label == "rotate 90 ×4" and r.cell.model.name == "small_cnn"]
    values = [r.scores["balanced_accuracy"] for r in mine]
    entry = arm_of(built, "small_cnn", "rotate 90 ×4")
    score = entry["scores"]["balanced_accuracy"]
    assert score["mean"] == pytest.approx(np.mean(values))
    assert score["sd"] == pytest.approx(np.std(values, ddof=1))
    assert score["per_seed"] == [[seed, value] for seed, value in enumerate(values)]
    # One seed of six has no log loss: the mean is over the other five, and the reason says which is missing.
    assert entry["scores"]["log_loss"]["per_seed"][1] == [1, None]
    assert entry["scores"]["log_loss"]["mean"] == pytest.approx(0.9 + 0.101)
    assert entry["reason"] == "log_loss is undefined on seed 1"


def test_failed_and_meaningless_seeds_are_counted_and_explained(built: dict[str, Any]) -> None:
    failed = arm_of(built, "embedding_logistic", "mine:<script>alert(1)</script> 0.3 ×1")
    assert (failed["n_seeds"], failed["n_ok"], failed["n_failed"]) == (6, 3, 3)
    assert failed["reason"].startswith("3 of 6 seeds failed: ValueError: no word in")
    meaningless = arm_of(built, "logistic", "jitter [minority] to 1")
    assert (meaningless["n_ok"], meaningless["n_not_applicable"], meaningless["scores"]) == (0, 6, {})
    assert "There is no minority" in meaningless["reason"]


def test_counts_are_those_of_one_training_set_whatever_the_design(built: dict[str, Any]) -> None:
    crossed = arm_of(built, "embedding_logistic", "synonym 0.1 ×4")  # sums over 8 draws in the cells
    each = arm_of(built, "small_cnn", "shift 1 ×4")
    assert (crossed["design"], crossed["counts"]["asked"], crossed["counts"]["train"]) == ("crossed", 400, 100)
    assert crossed["counts"]["leaked"] == 1.0
    assert (each["design"], each["counts"]["asked"]) == ("each", 400)


def test_what_is_missing_is_null_and_says_why(built: dict[str, Any]) -> None:
    (entry,) = [c for c in built["comparisons"] if c["note"] == "one seed has no spread"]
    assert (entry["mean_diff"], entry["low"], entry["high"]) == (None, None, None)
    assert "mean_diff: not measured" in entry["absent"]
    assert "low: no lower bound" in entry["absent"]
    others = [c for c in built["comparisons"] if c is not entry]
    assert all(c["absent"] == "" for c in others if c["detectable"] is not None)
    exact = {c["absent"] for c in others if c["detectable"] is None}
    assert exact == {"detectable: no interval with a spread"}  # copies that are the baseline itself


def test_what_was_not_confirmed_not_priced_or_not_crossed_says_so(built: dict[str, Any]) -> None:
    shift = next(v for v in built["verdicts"] if v["confirmed_gain"] is not None)
    assert shift["absent"] == "worth_high: more than the baseline's learning curve tells"
    other = next(v for v in built["verdicts"] if v["family"] == "rotate")
    confirmed = "confirmed_arm, confirmed_gain, confirmed_outcome, confirmed_low, confirmed_high: nothing was confirmed"
    assert other["absent"].startswith(confirmed)
    assert other["absent"].endswith("worth, worth_low, worth_high: the baseline's learning curve does not tell")
    assert built["curves"][0]["absent"].startswith("crossing, crossing_low, crossing_high: the fitted curve does not")


def test_an_open_end_of_a_crossing_or_a_confirmation_is_no_missing_number() -> None:
    experiment, results, judgements, provenance = made_up(1)
    at = next(i for i, judgement in enumerate(judgements) if any(v.confirmed_gain for v in judgement.verdicts))
    verdicts = [replace(v, confirmed_high=math.inf) for v in judgements[at].verdicts if v.confirmed_gain]
    curves = [replace(judgements[at].curves[0], crossing=3.0, crossing_low=2.0)]
    judgements[at] = replace(judgements[at], verdicts=tuple(verdicts), curves=tuple(curves))
    built: Any = summary.build(experiment, results, judgements, provenance)
    (shift,) = [v for v in built["verdicts"] if v["confirmed_gain"] is not None]
    (curve,) = [c for c in built["curves"] if c["crossing"] is not None]
    assert (shift["confirmed_high"], curve["crossing_high"]) == (None, None)
    assert "confirmed_high: no upper bound" in shift["absent"]
    assert curve["absent"] == "crossing_high: beyond the last dose"


def test_races_are_there_as_they_were_run(built: dict[str, Any]) -> None:
    (race,) = built["races"]
    assert (race["model"], race["looks"], race["fits"], race["fits_planned"]) == ("pixels_logistic", [2, 4, 6], 34, 54)
    assert {"arm": "rotate 5 ×4", "seeds": 4, "why": "futile"} in race["stops"]


def test_arms_stand_in_the_experiments_order_baseline_first_doses_ascending(built: dict[str, Any]) -> None:
    names = [entry["arm"] for entry in built["arms"] if entry["model"] == "small_cnn"]
    assert names == [
        "none",
        "duplicate ×4",
        "rotate 5 ×4",
        "rotate 10 ×4",
        "rotate 20 ×4",
        "rotate 45 ×4",
        "rotate 90 ×4",
        "shift 1 ×4",
        "shift 2 ×4",
        "shift 4 ×4",
        "shift 8 ×4",
    ]
    assert list(dict.fromkeys(entry["dataset"] for entry in built["arms"])) == [
        "docstrings",
        "digits_canvas",
        "breast_cancer_rare",
    ]


def test_samples_are_shared_by_models_worst_first_and_of_no_control(built: dict[str, Any]) -> None:
    drifts = [sample["drift"] for sample in built["samples"] if sample["dataset"] == "digits_canvas"]
    assert drifts == sorted(drifts, reverse=True)
    seen = [(s["arm"], s["parent"], s["child"]) for s in built["samples"] if s["dataset"] == "digits_canvas"]
    assert len(seen) == len(set(seen))
    assert not {s["arm"] for s in built["samples"]} & {"none", "duplicate ×4", "duplicate ×1"}
    per_arm = [s for s in built["samples"] if s["arm"] == "synonym 0.1 ×4"]
    assert len(per_arm) <= 8
    assert {s["kind"] for s in per_arm} == {"worst", "random"}


def test_a_huge_example_is_left_out_and_counted() -> None:
    experiment, results, judgements, provenance = made_up(1)
    at = next(i for i, r in enumerate(results) if r.samples and r.cell.arm.label == "shift 1 ×4")
    huge = dict(results[at].samples[0], parent="x" * 300_000)
    results[at] = replace(results[at], samples=(huge, *results[at].samples[1:]))
    before = summary.build(*made_up(1))["left_out"]["samples"]
    built = summary.build(experiment, results, judgements, provenance)
    assert built["left_out"]["samples"] == before + 1
    assert len(summary.dumps(built)) < 300_000


def test_costs_add_up(built: dict[str, Any]) -> None:
    costs = built["costs"]
    assert costs["cells"] == costs["ok"] + costs["failed"] + costs["not_applicable"] == len(made_up()[1])
    assert (costs["failed"], costs["not_applicable"]) == (2 * SEEDS // 2, SEEDS)
    assert costs["seconds_by_stage"]["fit"] == pytest.approx(0.5 * costs["ok"])
    assert sum(arm["seconds"] for arm in costs["by_arm"]) == pytest.approx(sum(costs["seconds_by_stage"].values()))


def test_numpy_numbers_and_infinities_become_plain() -> None:
    experiment, results, judgements, provenance = made_up(1)
    odd = replace(
        results[0], scores={"balanced_accuracy": np.float32(0.5), "log_loss": math.inf}, counts={"train": np.int64(3)}
    )
    built = summary.build(experiment, [odd, *results[1:]], judgements, provenance | {"workers": np.int64(2)})
    scores = built["arms"][0]["scores"]
    assert scores["balanced_accuracy"]["mean"] == 0.5
    assert scores["log_loss"]["mean"] is None
    summary.dumps(built)


def test_nothing_measured_is_still_a_summary() -> None:
    experiment, _, _, provenance = made_up(1)
    built = summary.build(experiment, [], [], provenance)
    assert built["headline"] == "No augmentation was judged."
    assert (built["arms"], built["verdicts"], built["costs"]["cells"]) == ([], [], 0)


def test_tracking_reads_it(built: dict[str, Any]) -> None:
    made = records.records(built)
    assert len(made) == 1 + len(built["arms"])
    gains = {name: value for record in made if record.name == "shift 2 ×4" for name, value, _ in record.metrics}
    assert gains["gain/balanced_accuracy"] == pytest.approx(-0.009)  # of pixels_logistic, the later of the two


def test_a_list_that_fits_is_on_one_line_and_others_are_indented() -> None:
    text = summary.dumps({"a": [1, 2.5, None], "b": ["x" * 80, "y" * 80], "c": {}})
    assert text == '{\n "a": [1, 2.5, null],\n "b": [\n  "' + "x" * 80 + '",\n  "' + "y" * 80 + '"\n ],\n "c": {}\n}\n'


def test_nan_is_refused_rather_than_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        summary.dumps({"a": math.nan})


def test_results_are_not_changed_by_being_summed_up() -> None:
    experiment, results, judgements, provenance = made_up(1)
    first: CellResult = results[0]
    before = repr(first)
    summary.build(experiment, results, judgements, provenance)
    assert repr(first) == before

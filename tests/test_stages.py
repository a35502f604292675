"""A run in stages: looks of a race, then fresh seeds and rows that confirm what was chosen."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from augeval import config, harness, stages
from augeval.harness import Options
from augeval.results import CellResult
from augeval.run.ledger import Ledger
from augeval.run.prepare import prepare
from augeval.run.ready import draws_of

SETTINGS = {"name": "stages", "dataset": "wine", "models": "logistic", "metrics": "accuracy"}
RACED = {
    **SETTINGS,
    "seeds": {"max": 9, "race": True, "looks": [3, 6, 9]},
    "arms": [
        {"augmenter": "jitter", "magnitude": [0.1, 4], "ratio": 1},
        {"augmenter": "shuffle_labels", "ratio": 3},
    ],
    "confirm": False,
}
CHOSEN = {
    **SETTINGS,
    "seeds": 4,
    "arms": [{"augmenter": "jitter", "magnitude": [0.1, 0.3], "ratio": 1}],
    "confirm": "best",
}


def study_of(said):
    (study,) = prepare(config.of(said).studies, allow_code=False)
    return study


def cells_of(tiles):
    return [cell for tile in tiles for cell in tile.cells]


def run(said, folder):
    return harness.run(config.of(said), Options(out=folder, executor="serial", track=False))


def ledger_of(folder):
    with Ledger.open(folder, readonly=True) as ledger:
        return ledger.results(), ledger.get_meta("planned"), ledger.get_meta("races")


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raced")
    return run(RACED, folder), *ledger_of(folder)


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("confirmed")
    return run(CHOSEN, folder), *ledger_of(folder)


def test_without_a_race_the_whole_plan_is_needed_at_once():
    study = study_of({**RACED, "seeds": 9})
    assert stages.needed(study, []) == list(study.tiles)


def test_a_race_needs_the_seeds_of_its_first_look_of_every_arm():
    study = study_of(RACED)
    first = cells_of(stages.needed(study, []))
    assert {cell.seed for cell in first} == {0, 1, 2}
    assert {cell.arm.label for cell in first} == {tile.cells[0].arm.label for tile in study.tiles}


def test_an_arm_that_is_decided_gets_no_further_seed(raced):
    result, results, _, _ = raced
    (race,) = result.summary["races"]
    stopped = {stop["arm"]: stop for stop in race["stops"]}
    harmful = stopped["shuffle_labels ×3"]
    assert harmful["why"] == "harms"
    assert harmful["seeds"] < 9
    seeds = {r.cell.seed for r in results if r.cell.arm.label == "shuffle_labels ×3"}
    assert seeds == set(range(harmful["seeds"]))


def test_references_run_as_long_as_an_arm_that_needs_them(raced):
    _, results, _, races = raced
    longest = max(stop["seeds"] for stop in races[0]["stops"])
    assert {r.cell.seed for r in results if r.cell.arm.label == "none"} == set(range(longest))


def test_the_ledger_says_how_the_race_went_and_what_it_took(raced):
    result, results, planned, races = raced
    (written,) = result.summary["races"]
    assert races == [{name: written[name] for name in races[0]}]
    assert sorted(planned) == sorted(r.key for r in results)
    assert races[0]["fits"] == len(results)
    assert races[0]["fits_planned"] == 9 * 6  # none, two duplicates, three arms
    assert len(results) < 9 * 6


def test_a_finished_race_needs_what_it_has_and_no_more(raced):
    _, results, _, _ = raced
    assert {cell.key for cell in cells_of(stages.needed(study_of(RACED), results))} == {r.key for r in results}


def test_what_a_race_needs_next_does_not_depend_on_the_order_of_results(raced):
    _, results, _, _ = raced
    study = study_of(RACED)
    early = [r for r in results if r.cell.seed < 6]
    assert stages.needed(study, early) == stages.needed(study, early[::-1])


def test_a_chosen_dose_is_measured_on_seeds_and_rows_that_did_not_choose_it(confirmed):
    _, results, _, _ = confirmed
    first, again = ([r for r in results if r.cell.confirms is part] for part in (False, True))
    assert {r.cell.seed for r in first} == {0, 1, 2, 3}
    assert {r.cell.seed for r in again} == {4, 5, 6, 7}
    choosing = set(np.concatenate([r.test_ids for r in first]))
    fresh = {tuple(r.test_ids) for r in again}
    assert len(fresh) == 1  # one set of rows, whatever the seed
    assert not choosing & set(next(iter(fresh)))


def test_only_the_chosen_arm_and_its_references_are_measured_again(confirmed):
    result, results, _, _ = confirmed
    verdict = next(v for v in result.summary["verdicts"] if v["family"] == "jitter" and v["metric"] == "accuracy")
    again = {r.cell.arm.label for r in results if r.cell.confirms}
    assert again == {"none", "duplicate ×1", verdict["confirmed_arm"]}
    assert verdict["confirmed_arm"] == verdict["best"]


def test_fresh_cells_change_neither_the_verdict_nor_the_arms_numbers(confirmed, tmp_path):
    kept = run({**CHOSEN, "confirm": "best"}, tmp_path / "one").summary
    # What chose stays what it was: the seeds that confirm count among the costs only.
    assert {arm["n_seeds"] for arm in kept["arms"]} == {4}
    assert kept["costs"]["cells"] == 4 * 4 + 4 * 3


def test_fresh_cells_fit_draws_that_did_not_choose():
    study = study_of({**CHOSEN, "dataset": "docstrings", "models": "tfidf_logistic", "train_sizes": 60,
                      "arms": [{"augmenter": "random_swap", "magnitude": [0.1, 0.3], "ratio": 1}],
                      "draws": {"count": 3, "design": "crossed"}})  # fmt: skip
    arm = study.study.arms[0]
    first = next(cell for cell in cells_of(study.tiles) if cell.arm == arm)
    again = next(c for c in cells_of(study.confirming(first.model, 60, [arm])) if c.arm == arm)
    assert (draws_of(first), draws_of(again)) == ([0, 1, 2], [3, 4, 5])


def test_a_cell_that_fails_is_not_tried_twice_in_a_run(tmp_path, monkeypatch):
    asked = []
    forwards = harness.executors.serial

    def failing(tiles, entry, **how):
        asked.extend(tiles)
        for outcome in forwards(tiles, entry, **how):
            lost = [CellResult(r.key, r.cell, "failed", error_type="E", error="no") if r.cell.seed == 1 else r
                    for r in outcome.value]  # fmt: skip
            yield harness.executors.Outcome(outcome.index, "ok", lost, None, None)

    monkeypatch.setattr(harness.executors, "serial", failing)
    run(RACED, tmp_path / "failing")
    assert len(asked) == len(set(asked))


def test_a_race_that_is_cut_goes_on_to_the_same_end(raced, tmp_path):
    whole = raced[0]
    folder = tmp_path / "cut"
    run(RACED, folder)
    with sqlite3.connect(folder / "ledger.sqlite") as db:  # as if it had been stopped within the second look
        db.execute("DELETE FROM cell WHERE rowid % 3 = 0")
    again = run(RACED, folder)
    assert again.summary["verdicts"] == whole.summary["verdicts"]
    assert again.summary["races"] == whole.summary["races"]

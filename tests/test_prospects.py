"""`augeval plan --power`: what is read, what is planned, and what is said where there is nothing to read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from augeval import config
from augeval.cli import app
from augeval.prospects import prospects
from augeval.run.ledger import Ledger

PILOT = """
name: pilot
dataset: wine
models: [logistic]
seeds: 4
train_sizes: [40]
arms: [{augmenter: jitter, magnitude: [0.5, 1, 2], ratio: 1}]
"""
LARGE = PILOT.replace("pilot", "large").replace("seeds: 4", "seeds: 30").replace("[0.5, 1, 2]", "[0.5, 1, 2, 3, 4]")


def augeval(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, session_cache: Path) -> Iterator[Path]:
    """Where a pilot of 4 seeds and 3 arms was run, and a larger experiment is planned."""
    made = tmp_path_factory.mktemp("planned")
    (made / "pilot.yaml").write_text(PILOT, encoding="utf-8")
    (made / "large.yaml").write_text(LARGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        assert augeval("run", "pilot.yaml", "--executor", "serial", "--no-track").exit_code == 0
        yield made


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def planned(*words: str) -> list[dict]:
    done = augeval("plan", *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["each"]


def test_it_plans_the_seeds_and_arms_of_the_file_with_the_spread_of_the_pilot(here: Path):
    (found,) = planned("large.yaml", "--power", "--from", "reports/pilot")
    assert (found["pilot_seeds"], found["pilot_arms"], found["seeds"], found["arms"]) == (4, 3, 30, 5)
    assert [entry["effect"] for entry in found["effects"]] == [0.01, 0.02, 0.05, 0.0]
    assert found["smallest_low"] <= found["smallest"] <= found["smallest_high"]
    seeds = [entry["seeds"] for entry in found["effects"][:3] if entry["seeds"]]
    assert seeds == sorted(seeds, reverse=True)
    assert not (here / "reports" / "large").exists()


def test_more_planned_seeds_find_a_smaller_effect(here: Path):
    (large,), (pilot,) = planned("large.yaml", "--from", "reports/pilot"), planned("pilot.yaml", "--power")
    assert pilot["seeds"] == 4
    assert large["smallest"] < pilot["smallest"]


def test_the_seeds_it_names_reach_the_power_of_the_rule_that_gives_verdicts(here: Path):
    (found,) = planned("large.yaml", "--effect", "0.04", "--from", "reports/pilot")
    (entry, _) = found["effects"]
    assert (entry["effect"], entry["limited_by"] == "") == (0.04, entry["power"] >= 0.8)
    assert (entry["seeds"] <= 30) == (entry["power"] >= 0.8)


def test_what_is_printed_names_the_pilot_and_every_effect(here: Path):
    shown = augeval("plan", "large.yaml", "--power", "--from", "reports/pilot").stdout
    assert "logistic on wine, 40 training rows, accuracy" in shown
    assert "Planned: 30 seeds, 5 arms, " in shown
    assert "Pilot: 4 seeds and 3 arms." in shown
    for effect in ("1 point ", "2 points ", "5 points ", "none "):
        assert f"\n{effect}" in shown
    assert "in the ledger of reports/pilot" in shown


def test_without_a_ledger_it_says_how_to_make_a_pilot(here: Path):
    done = augeval("plan", "large.yaml", "--power")
    assert done.exit_code == 2
    assert "reports/large holds no ledger" in done.stderr
    for part in ("`seeds: 5`", "augeval run pilot.yaml --out reports/pilot", "--from reports/pilot"):
        assert part in done.stderr


def test_a_pilot_of_something_else_tells_nothing(here: Path, tmp_path: Path):
    other = tmp_path / "other.yaml"
    other.write_text(LARGE.replace("[40]", "[60]"), encoding="utf-8")
    done = augeval("plan", str(other), "--from", "reports/pilot")
    assert done.exit_code == 2
    assert "tells nothing of this experiment: it has no cell of this dataset, model and train size" in done.stderr


@pytest.mark.parametrize(("given", "said"), [("2", "Two points are 0.02"), ("0", "above 0"), ("-0.1", "above 0")])
def test_an_effect_out_of_range_is_refused(here: Path, given: str, said: str):
    done = augeval("plan", "large.yaml", "--from", "reports/pilot", f"--effect={given}")
    assert done.exit_code == 2
    assert said in done.stderr


def test_cells_that_confirm_a_choice_are_left_out(here: Path, tmp_path: Path):
    shutil.copytree(here / "reports" / "pilot", tmp_path / "copy")
    before = prospects(config.load("large.yaml"), pilot=tmp_path / "copy")
    rng = np.random.default_rng(0)
    with Ledger.open(tmp_path / "copy") as ledger:
        fresh = []
        for result in list(ledger.results()):
            recipe = {**result.cell.recipe, "split": {**result.cell.recipe["split"], "part": "confirm"}}
            cell = replace(result.cell, seed=result.cell.seed + 4, recipe=recipe)
            wild = {"accuracy": rng.random(len(result.test_ids)).astype(np.float32)}
            fresh.append(replace(result, cell=cell, key=cell.key, per_example={**result.per_example, **wild}))
        ledger.append(fresh)
    assert prospects(config.load("large.yaml"), pilot=tmp_path / "copy").each == before.each


def test_a_race_is_planned_as_if_every_arm_had_all_its_seeds(here: Path, tmp_path: Path):
    raced = tmp_path / "raced.yaml"
    raced.write_text(LARGE.replace("seeds: 30", "seeds: {max: 30, race: true}"), encoding="utf-8")
    found = prospects(config.load(raced), pilot=here / "reports" / "pilot")
    assert found.raced
    assert found.each == prospects(config.load("large.yaml"), pilot=here / "reports" / "pilot").each
    assert "A race stops many arms sooner" in augeval("plan", str(raced), "--from", "reports/pilot").stdout

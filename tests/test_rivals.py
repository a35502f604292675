"""Arm against arm of a finished run, by Python and by command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import augeval
from augeval.cli import app
from augeval.errors import InputError
from augeval.results import CellResult
from augeval.run.ledger import Ledger

ARMS = [
    {"augmenter": "jitter", "magnitude": [0.1, 3], "ratio": 1},
    {"augmenter": "jitter", "magnitude": 0.1, "ratio": 3},
    {"augmenter": "smote", "balance": 1, "scope": "minority"},
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, session_cache: Path) -> augeval.RunResult:
    """Wine with three jitters and smote, four seeds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        experiment = {"name": "rivals", "dataset": "wine", "models": ["logistic"], "seeds": 4, "arms": ARMS}
        folder = tmp_path_factory.mktemp("rivals")
        return augeval.run(experiment, out=str(folder), executor="serial", track=False)


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["versus", *words])


def test_the_difference_of_two_arms_is_that_of_their_scores(ran: augeval.RunResult):
    found = ran.versus("jitter 0.1 x1", "jitter 3 ×1", metric="accuracy")
    assert list(found.arm) == ["jitter 0.1 ×1"]
    assert list(found.reference) == ["jitter 3 ×1"]
    cells = ran.cells[ran.cells.augmenter == "jitter"]
    means = cells[cells.ratio == 1].groupby("magnitude")["score.accuracy"].mean()
    assert found.mean_diff[0] == pytest.approx(means[0.1] - means[3.0], abs=1e-6)
    assert found.low[0] <= found.mean_diff[0] <= found.high[0]
    assert list(found.contrast) == ["arm"]


def test_turning_the_question_round_turns_the_answer_round(ran: augeval.RunResult):
    there, back = ran.versus("jitter 0.1 x1", "smote"), ran.versus("smote", "jitter 0.1 x1")
    assert set(there.metric) == set(ran.verdicts.metric)
    assert list(there.mean_diff) == [-value for value in back.mean_diff]
    assert list(there.low) == pytest.approx([-value for value in back.high])


def test_against_none_it_is_the_pipeline_contrast_of_that_arm_alone(ran: augeval.RunResult):
    found = ran.versus("smote", "none", metric="accuracy").iloc[0]
    (same,) = [
        c
        for c in ran.summary["comparisons"]
        if (c["arm"], c["contrast"], c["metric"]) == (found.arm, "none", "accuracy")
    ]
    assert found.mean_diff == pytest.approx(same["mean_diff"])
    assert (found.n_replicates, found.n_examples) == (same["n_replicates"], same["n_examples"])


def test_a_family_stands_for_all_its_doses(ran: augeval.RunResult):
    found = ran.versus("jitter", "smote", metric="accuracy")
    listed = [arm["arm"] for arm in ran.summary["arms"] if arm["family"] == "jitter"]
    assert sorted(listed) == ["jitter 0.1 ×1", "jitter 0.1 ×3", "jitter 3 ×1"]
    assert list(found.arm) == listed  # as the report lists them, whatever the order of the ledger
    alone = ran.versus("jitter 0.1 x1", "smote", metric="accuracy")
    wide = found[found.arm == "jitter 0.1 ×1"].iloc[0]
    # The intervals of three pairs hold at once, so each is wider than that of the one pair asked alone.
    assert wide.high - wide.low > alone.high[0] - alone.low[0]


def test_unequal_rows_are_said(ran: augeval.RunResult):
    equal = ran.versus("jitter 0.1 x1", "jitter 3 x1", metric="accuracy").iloc[0]
    uneven = ran.versus("jitter 0.1 x3", "jitter 0.1 x1", metric="accuracy").iloc[0]
    assert (bool(equal.equal_rows), bool(uneven.equal_rows)) == (True, False)
    assert uneven.rows == pytest.approx(3 * uneven.reference_rows)
    assert "Both train on as many rows" in equal.sentence
    assert "unequally many rows" in uneven.sentence


def test_the_command_prints_place_and_sentence_of_the_primary_metric(ran: augeval.RunResult):
    done = command(str(ran.folder), "smote", "jitter 3 x1")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "logistic on wine, all training rows, accuracy"
    assert "against jitter 3 ×1 (smote [minority] to 1, 4 seeds" in lines[1]
    assert len(lines) == 2


def test_the_command_gives_json_without_nan(ran: augeval.RunResult):
    done = command(str(ran.folder), "smote", "jitter", "--metric", "brier", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout, parse_constant=pytest.fail)["comparisons"]
    assert [c["metric"] for c in found] == ["brier"] * 3
    assert {"mean_diff", "low", "high", "outcome", "sentence", "training", "equal_rows"} <= set(found[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("smoke", "jitter"), "No arm is called 'smoke'. Did you mean 'smote"),
        (("smote", "smote"), "are the same arm"),
        (("smote", "jitter", "--metric", "acuracy"), "No metric of this run is called 'acuracy'. Did you mean"),
        (("smote", "jitter", "--dataset", "whine"), "No dataset of this run is called 'whine'. Did you mean 'wine'"),
        (("smote", "jitter", "--model", "forest"), "No model of this run is called 'forest'. Known: logistic."),
    ],
)
def test_what_the_run_does_not_know_is_refused_with_the_nearest_name(ran: augeval.RunResult, words, message):
    done = command(str(ran.folder), *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_run_without_its_ledger_says_so(ran: augeval.RunResult, tmp_path: Path):
    (tmp_path / "summary.json").write_bytes((ran.folder / "summary.json").read_bytes())
    with pytest.raises(InputError, match=r"holds no ledger\.sqlite"):
        augeval.RunResult(ran.summary, tmp_path).versus("smote", "jitter")


def seeds_compared(run: augeval.RunResult) -> list[int]:
    return list(run.versus("smote", "jitter 3 x1", metric="accuracy").n_replicates)


def test_cells_of_an_older_plan_are_left_out(ran: augeval.RunResult, monkeypatch: pytest.MonkeyPatch):
    def first_three(self: Ledger, name: str) -> list[str]:
        return [result.key for result in self.results() if result.cell.seed < 3]

    assert seeds_compared(ran) == [4]
    monkeypatch.setattr(Ledger, "get_meta", first_three)
    assert seeds_compared(ran) == [3]


@pytest.mark.parametrize(("part", "seeds"), [("confirm", 4), ("choose", 8)])
def test_cells_that_confirm_a_choice_are_left_out(ran: augeval.RunResult, monkeypatch: pytest.MonkeyPatch, part, seeds):
    stored = Ledger.results

    def with_more(self: Ledger) -> list[CellResult]:
        found = stored(self)
        recipes = [{**r.cell.recipe, "split": {**r.cell.recipe["split"], "part": part}} for r in found]
        cells = [replace(r.cell, seed=r.cell.seed + 9, recipe=new) for r, new in zip(found, recipes, strict=True)]
        return found + [replace(r, cell=cell) for r, cell in zip(found, cells, strict=True)]

    monkeypatch.setattr(Ledger, "results", with_more)
    monkeypatch.setattr(Ledger, "get_meta", lambda self, name: None)
    assert seeds_compared(ran) == [seeds]

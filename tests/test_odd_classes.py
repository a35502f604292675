"""Metrics of classes with brackets, blanks, markup and Unicode in their names, from a file through every output."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from augeval.cli import app
from augeval.folders import read_run
from augeval.run.ledger import Ledger

CLASSES = ("gut_so", "sehr schlecht [x]", "größer: <b>a|b</b>")
EXPERIMENT = """
name: odd
dataset: {file: odd.csv, label: grade}
models: [logistic]
seeds: 3
arms: [{augmenter: random_over, balance: 1, scope: minority}]
metrics:
  primary: recall[sehr schlecht [x]]
  also:
    - "precision[größer: <b>a|b</b>]"
    - recall[gut_so]
    - "recall[größer: <b>a|b</b>]"
    - recall_at_precision[0.50]
    - ece
    - average_precision
    - minority_recall
    - mcc
    - g_mean
    - cost
  costs:
    gut_so: {"sehr schlecht [x]": 1, "größer: <b>a|b</b>": 2}
    "sehr schlecht [x]": {gut_so: 5, "größer: <b>a|b</b>": 2}
    "größer: <b>a|b</b>": {gut_so: 5, "sehr schlecht [x]": 2}
tracking: {uri: "sqlite:///mlflow.db"}
"""
NAMES = [
    "recall[sehr schlecht [x]]", "precision[größer: <b>a|b</b>]", "recall[gut_so]", "recall[größer: <b>a|b</b>]",
    "recall_at_precision[0.5]", "ece[10]", "average_precision", "minority_recall", "mcc", "g_mean", "cost",
]  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, session_cache: Path):
    folder = tmp_path_factory.mktemp("odd classes")
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [120, 40, 30])
    x = rng.standard_normal((len(y), 3)) + 1.5 * np.eye(3)[y]
    rows = pd.DataFrame(x, columns=list("abc")).assign(grade=np.array(CLASSES)[y])
    rows.to_csv(folder / "odd.csv", index=False)
    (folder / "odd.yaml").write_text(EXPERIMENT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        done = CliRunner().invoke(app, ["run", "odd.yaml", "--executor", "serial"])
        assert done.exit_code == 0, done.output
        yield folder, done


def test_the_table_of_cells_has_a_column_for_each(ran):
    frame = pd.read_parquet(ran[0] / "reports/odd/cells.parquet")
    assert {f"score.{name}" for name in NAMES} <= set(frame.columns)
    assert frame[[f"score.{name}" for name in NAMES]].notna().all(axis=None)


def test_the_rarest_class_of_the_dataset_is_the_one_that_is_measured(ran):
    with Ledger.open(ran[0] / "reports/odd", readonly=True) as ledger:
        results = ledger.results()
    for result in results:
        assert set(result.scores) == set(NAMES)
        assert result.scores["minority_recall"] == result.scores["recall[größer: <b>a|b</b>]"]
        parts = result.per_example["recall[größer: <b>a|b</b>]"]
        np.testing.assert_array_equal(result.per_example["minority_recall"], parts)
        assert parts.mean() == pytest.approx(result.scores["minority_recall"], abs=1e-6)


def test_the_pages_show_them_in_words_and_harm_nothing(ran):
    page = (ran[0] / "reports/odd/report.html").read_text(encoding="utf-8")
    text = (ran[0] / "reports/odd/report.md").read_text(encoding="utf-8")
    assert "baseline recall of sehr schlecht [x] 0." in page
    assert "precision of größer: &lt;b&gt;a|b&lt;/b&gt;" in page
    assert "ece in 10 bins" in page
    assert "<b>a|b</b>" not in page.replace(page[page.find("<script") :], "")
    assert "recall of sehr schlecht" in text
    # Each class is a third of the classes that average precision is the mean over.
    assert "guessing gives 0.333" in page


def test_the_terminal_shows_them(ran):
    assert "recall of sehr schlecht [x]" in ran[1].stdout


def test_mlflow_has_each_under_a_name_of_its_own(ran):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{ran[0]}/mlflow.db")
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    logged = {name for found in client.search_runs(ids) for name in found.data.metrics}
    wanted = {
        "test/recall/sehr schlecht :5b:x:5d:", "test/precision/größer:3a: :3c:b:3e:a:7c:b:3c::2f:b:3e:",
        "test/recall/gut_so", "test/recall_at_precision/0.5", "test/ece/10", "test/mcc", "test/cost",
    }  # fmt: skip
    assert wanted <= logged
    assert "gain/recall/sehr schlecht :5b:x:5d:_lo" in logged


def test_two_arms_are_compared_on_one_by_its_name(ran, monkeypatch):
    monkeypatch.chdir(ran[0])
    words = ["versus", "odd.yaml", "random_over [minority]", "none", "--metric", "recall[gut_so]"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "recall of gut_so" in done.stdout
    missing = CliRunner().invoke(app, [*words[:-1], "recall[gut so]"])
    assert re.search(
        r"No metric of this run is called 'recall\[gut so\]'\. Did you mean 'recall\[gut_so\]'", missing.output
    )


def test_lower_costs_are_a_gain(ran):
    run = read_run(ran[0] / "reports/odd")
    about = run.summary["experiment"]["studies"][0]["metrics"]["about"]["cost"]
    assert (about["bounds"], about["higher_is_better"]) == ([0, 5], False)
    with Ledger.open(ran[0] / "reports/odd", readonly=True) as ledger:
        costs = [(r.cell.arm.augmenter.name, r.scores["cost"]) for r in ledger.results()]
    mean = {arm: np.mean([cost for of, cost in costs if of == arm]) for arm in ("none", "random_over")}
    comparisons = run.summary["comparisons"]
    (gain,) = [
        c
        for c in comparisons
        if (c["metric"], c["contrast"]) == ("cost", "none") and c["arm"].startswith("random_over")
    ]
    assert gain["mean_diff"] == pytest.approx(mean["none"] - mean["random_over"], abs=0.05)
    assert np.sign(gain["mean_diff"]) == np.sign(mean["none"] - mean["random_over"])

"""The same experiment gives the same summary, byte for byte, however it was run; times and dates aside."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from augeval import config, harness
from augeval.folders import read_run
from augeval.harness import Options, run
from augeval.report.summary import comparable, dumps
from augeval.run import executors

EXPERIMENT = """
name: again
seeds: 6
studies:
  - dataset: docstrings
    models: [tfidf_logistic, embedding_logistic]
    train_sizes: [60]
    draws: 2
    arms:
      - {augmenter: random_deletion, magnitude: 0.2, ratio: 1}
  - dataset: digits_rare
    models: [{name: small_cnn, steps: 40}, pixels_logistic]
    train_sizes: [60]
    arms:
      - {augmenter: rotation, magnitude: 20, ratio: 1}
      - {augmenter: shift, magnitude: [1, 2], ratio: [0.5, 1]}
  - dataset: breast_cancer_rare
    models: hist_gradient_boosting
    arms:
      - {augmenter: smote, balance: [0.5, 1.0], scope: minority, k_neighbors: 3}
      - class_weight
  - dataset: breast_cancer_rare
    models: logistic
    metrics: [balanced_accuracy, balanced_accuracy@tuned, brier@recalibrated, brier@prior_corrected]
    arms:
      - {augmenter: smote, balance: [0.5, 1.0], scope: minority, k_neighbors: 3}
      - class_weight
      - tuned_threshold
  - dataset: wine
    models: logistic
    seeds: {max: 9, race: true, looks: [3, 6, 9]}
    confirm: best
    arms:
      - {augmenter: jitter, magnitude: [0.1, 0.5, 4], ratio: 1}
      - {augmenter: shuffle_labels, ratio: 1}
"""


def result_of(folder: Path, **how) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "again.yaml").write_text(EXPERIMENT)
    experiment = config.load(folder / "again.yaml")
    return dumps(comparable(run(experiment, Options(out=folder / "run", track=False, **how)).summary))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, session_cache) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        return result_of(tmp_path_factory.mktemp("undisturbed"), executor="serial")


def test_two_processes_give_what_one_gives(undisturbed, tmp_path):
    assert result_of(tmp_path, workers=2) == undisturbed


def test_another_order_gives_the_same(undisturbed, tmp_path, monkeypatch):
    forwards = executors.serial

    def backwards(tiles, entry, **how):
        last = len(tiles) - 1
        for outcome in forwards(tiles[::-1], entry, **how):
            yield executors.Outcome(
                last - outcome.index, outcome.status, outcome.value, outcome.error_type, outcome.error
            )

    monkeypatch.setattr(harness.executors, "serial", backwards)
    assert result_of(tmp_path, executor="serial") == undisturbed


def test_an_empty_cache_gives_the_same(undisturbed, tmp_path, monkeypatch):
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "empty"))
    assert result_of(tmp_path / "other", workers=2) == undisturbed


def test_a_run_that_was_killed_half_way_and_resumed_gives_the_same(undisturbed, tmp_path):
    (tmp_path / "again.yaml").write_text(EXPERIMENT)
    command = [sys.executable, "-m", "augeval.cli", "run", "again.yaml", "--out", "run", "--workers", "2", "--no-track"]
    started = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = wait_for_cells(tmp_path / "run" / "ledger.sqlite", 40, started)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    assert not (tmp_path / "run" / "summary.json").exists()
    resumed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    summary = read_run(tmp_path / "run").summary
    assert done < summary["costs"]["cells"]
    assert dumps(comparable(summary)) == undisturbed


def wait_for_cells(ledger: Path, wanted: int, process: subprocess.Popen) -> int:
    """Until the ledger holds that many cells; the run must not have ended by then."""
    for _ in range(1200):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.1)
        try:
            db = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
            (count,) = db.execute("SELECT count(*) FROM cell").fetchone()
            db.close()
        except sqlite3.OperationalError:
            continue
        if count >= wanted:
            return int(count)
    raise AssertionError("no progress")

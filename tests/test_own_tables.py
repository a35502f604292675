"""A user's own table: `init` writes an experiment that `run` completes as it is, and `augment` hands the rows over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

TABLES = ["text/sst2_train_500.csv", "text/trec_train.csv", "tabular/german.csv", "tabular/abalone9_18.csv"]


def augeval(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "augeval.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=1200)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_what_init_writes_runs_to_the_end_unedited(table, tmp_path, shared_data):
    begun = augeval(tmp_path, "init", str(shared_data / table))
    assert begun.returncode == 0, begun.stderr
    written = begun.stdout.strip().splitlines()[-1]
    done = augeval(tmp_path, "run", written)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "reports" / Path(table).stem
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["costs"]["failed"] == 0
    assert summary["costs"]["ok"] > 0
    families = {verdict["family"] for verdict in summary["verdicts"] if not verdict["is_control"]}
    assert len(families) >= 2
    copies = [v for v in summary["verdicts"] if v["family"].startswith("duplicate")]
    assert copies
    assert all(verdict["outcome"] != "helps" for verdict in copies)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["hepatitis", "flare_f"])  # missing cells; 43 rare rows, and most rows are copies
def test_what_init_writes_for_a_rare_class_runs_to_the_end_unedited(table, tmp_path, shared_data):
    begun = augeval(tmp_path, "init", str(shared_data / "tabular" / f"{table}.csv"), "--task", "imbalance")
    assert begun.returncode == 0, begun.stderr
    done = augeval(tmp_path, "run", begun.stdout.strip().splitlines()[-1], "--no-track")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "reports" / table / "summary.json").read_text())
    costs, verdicts = summary["costs"], summary["verdicts"]
    assert (costs["failed"], costs["not_applicable"]) == (0, 0)  # every arm can start from every seed's rows
    assert {v["family"] for v in verdicts} >= {"class_weight", "tuned_threshold", "smote", "rose", "jitter"}
    measured = {metric for arm in summary["arms"] for metric in arm["scores"]}
    assert {"balanced_accuracy@tuned", "brier@recalibrated", "average_precision"} <= measured
    moved = [v for v in verdicts if v["family"] == "tuned_threshold"]
    assert {v["outcome"] for v in moved if v["metric"] == "average_precision"} == {"equivalent"}  # no cut moves it
    assert all(v["outcome"] != "helps" for v in verdicts if v["family"].startswith("duplicate"))
    assert [sentinel["dataset"] for sentinel in summary["sentinels"]] == [table]


def test_rows_that_an_arm_made_come_with_their_parents_and_without_a_held_out_row(tmp_path, shared_data):
    written = augeval(tmp_path, "init", str(shared_data / "tabular" / "german.csv")).stdout.strip().splitlines()[-1]
    made = augeval(tmp_path, "augment", written, "--arm", "jitter 0.1 x1", "--out", "rows.csv")
    assert made.returncode == 0, made.stderr
    rows = pd.read_csv(tmp_path / "rows.csv", dtype={"row_id": str, "parent_id": str})
    real, synthetic = (rows[rows.is_synthetic == flag] for flag in (False, True))
    assert len(real) == len(synthetic) == 600  # 0.4 of 1,000 rows are held out and are not in the file
    assert set(synthetic.parent_id) <= set(real.row_id)

"""Whole runs with treated metrics: what moving the cut alone gains, metrics of one's own, and what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import augeval
from augeval.errors import InputError
from augeval.seeds import stream

METRICS = ["balanced_accuracy", "balanced_accuracy@tuned", "brier", "brier@recalibrated", "roc_auc"]


def clouds(n: int = 400, rare: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Two normal clouds of one spread: the best order is a line's, so weights move the cut and nothing else."""
    y = np.repeat([0, 1], [n - rare, rare])
    return stream("clouds").normal(size=(n, 2)) + 1.2 * y[:, None], y


@pytest.fixture(scope="module")
def compared() -> augeval.RunResult:
    X, y = clouds()
    return augeval.compare(X, y, ["class_weight", "tuned_threshold"], "logistic", seeds=5, metrics=METRICS)


def mean(run: augeval.RunResult, augmenter: str, metric: str) -> float:
    return float(run.cells.loc[run.cells.augmenter == augmenter, f"score.{metric}"].mean())


def test_weights_gain_where_the_cut_stays_and_not_where_it_is_tuned(compared):
    raw, tuned = (mean(compared, "class_weight", name) - mean(compared, "none", name) for name in METRICS[:2])
    assert raw > 0.08
    assert abs(tuned) < 0.02


def test_moving_the_cut_gains_what_weights_gain(compared):
    moved = mean(compared, "tuned_threshold", "balanced_accuracy")
    assert moved == mean(compared, "none", "balanced_accuracy@tuned")
    assert moved > mean(compared, "class_weight", "balanced_accuracy") - 0.02


def test_weights_spoil_probabilities_and_recalibration_brings_them_back(compared):
    spoilt, back = (mean(compared, "class_weight", name) - mean(compared, "none", name) for name in METRICS[2:4])
    assert spoilt > 0.03
    assert abs(back) < 0.005


def test_verdicts_are_given_for_treated_metrics_too(compared):
    assert set(compared.verdicts.metric) == set(METRICS)
    about = compared.summary["experiment"]["studies"][0]["metrics"]["about"]
    assert about["balanced_accuracy@tuned"]["treatment"] == "tuned"
    assert about["brier@recalibrated"]["higher_is_better"] is False


def test_a_metric_of_ones_own_is_tuned_where_it_says_what_it_reads():
    @augeval.metric(reads="classes")
    def found_of_two(y, scores):
        """Rows of class 1 that are found, less false alarms."""
        said = scores.argmax(1)
        return float(np.clip((said[y == 1] == 1).mean() - (said[y == 0] == 1).mean(), 0, 1))

    X, y = clouds(200, 40)
    metrics = [found_of_two, "found_of_two@tuned"]
    run = augeval.compare(X, y, ["class_weight"], "logistic", seeds=2, metrics=metrics)
    assert run.failed == 0
    assert mean(run, "none", "found_of_two@tuned") > mean(run, "none", "found_of_two")


def test_a_metric_of_which_nobody_said_what_it_reads_is_refused_before_anything_runs():
    def share(y, scores):
        return float((scores.argmax(1) == y).mean())

    X, y = clouds(200, 40)
    with pytest.raises(InputError, match="nobody said what 'share' reads"):
        augeval.compare(X, y, ["class_weight"], "logistic", seeds=2, metrics=[share, "share@tuned"])


def test_a_metric_by_path_is_tuned_in_worker_processes(tmp_path: Path, monkeypatch):
    (tmp_path / "mine_for_cuts.py").write_text(
        "import augeval\n"
        "@augeval.metric(reads='classes')\n"
        "def hits(y, scores):\n    return float((scores.argmax(1) == y).mean())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    value = {"name": "own", "dataset": "breast_cancer_rare", "models": "logistic", "arms": ["class_weight"], "seeds": 2}
    value |= {"confirm": False, "sentinel": False, "metrics": ["mine_for_cuts:hits@tuned", "mine_for_cuts:hits"]}
    made = augeval.run(value, out=str(tmp_path / "run"), executor="processes", track=False, allow_code=True)
    assert made.failed == 0
    assert made.cells["score.mine_for_cuts:hits@tuned"].notna().all()

"""Made tables with a rare class whose answer is known: what resampling brings them, and what it only moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import augeval
from augeval.folders import RunResult
from augeval.seeds import stream
from augeval.types import Examples

Floats = NDArray[np.float64]


def gaussians(n: int, share: float, shift: float, columns: int = 4) -> tuple[Floats, NDArray[np.str_]]:
    """Two normal classes a shift apart in every column: for logistic regression nothing is left to learn elsewhere."""
    rng = stream("tests", "gaussians", n, share, shift)
    rare = rng.random(n) < share
    return rng.normal(size=(n, columns)) + shift * rare[:, None], np.where(rare, "rare", "usual")


def comparison(result: RunResult, metric: str, arm: str, contrast: str = "none") -> dict[str, Any]:
    found = [
        c for c in result.summary["comparisons"] if (c["metric"], c["arm"], c["contrast"]) == (metric, arm, contrast)
    ]
    assert len(found) == 1
    return found[0]


def verdict(result: RunResult, metric: str, family: str) -> dict[str, Any]:
    found = [v for v in result.summary["verdicts"] if (v["metric"], v["family"]) == (metric, family)]
    assert len(found) == 1
    return found[0]


@augeval.set_augmenter("tabular", most=20)
def majority_as_minority(train: Examples, quota: dict[int, int], *, rng: np.random.Generator) -> Examples:
    """Rows of the largest class, moved by .05, that are called rows of the rare one."""
    ((rare, wanted),) = quota.items()
    others = np.flatnonzero(train.y != rare)
    sources = others[rng.integers(len(others), size=wanted)]
    x = train.x[sources] + rng.uniform(-0.05, 0.05, (wanted, train.x.shape[1]))
    parents = train.ids[np.flatnonzero(train.y == rare)][np.zeros(wanted, int)]
    return Examples(x, np.full(wanted, rare), parents, parents[:, None])


@pytest.fixture(scope="module")
def shifted(module_cache) -> RunResult:
    """SMOTE up to equal classes on two normal ones, of which one has 6 % of the rows."""
    x, y = gaussians(4600, 0.06, 0.7)
    return augeval.compare(
        x,
        y,
        [{"augmenter": "smote", "balance": 1.0, "scope": "minority"}, "tuned_threshold", "class_weight"],
        "logistic",
        train_sizes=600,
        metrics=["balanced_accuracy", "balanced_accuracy@tuned", "roc_auc", "brier", "brier@recalibrated",
                 "brier@prior_corrected"],
        seeds=10,
        confirm=False,
    )  # fmt: skip


class TestSmoteOnNormalClasses:
    SMOTE = "smote [minority] to 1"

    def test_it_helps_at_the_default_cut(self, shifted):
        found = comparison(shifted, "balanced_accuracy", self.SMOTE)
        assert found["outcome"] == "helps"
        assert found["mean_diff"] > 0.10

    def test_with_a_tuned_cut_next_to_nothing_is_left(self, shifted):
        found = comparison(shifted, "balanced_accuracy@tuned", self.SMOTE)
        assert found["outcome"] != "helps"
        assert abs(found["mean_diff"]) < 0.05

    def test_moving_the_cut_alone_gains_as_much(self, shifted):
        smote = comparison(shifted, "balanced_accuracy", self.SMOTE)["mean_diff"]
        cut = comparison(shifted, "balanced_accuracy", "tuned_threshold")["mean_diff"]
        assert cut > smote - 0.05

    def test_it_orders_rows_no_better(self, shifted):
        assert comparison(shifted, "roc_auc", self.SMOTE)["outcome"] != "helps"

    def test_probabilities_are_harmed_and_recalibration_mends_them(self, shifted):
        raw = comparison(shifted, "brier", self.SMOTE)
        assert raw["outcome"] == "harms"
        assert raw["mean_diff"] < -0.05  # gains: lower is worse
        for treated in ("brier@recalibrated", "brier@prior_corrected"):
            assert comparison(shifted, treated, self.SMOTE)["mean_diff"] > -0.01

    def test_the_verdict_says_both(self, shifted):
        found = verdict(shifted, "balanced_accuracy", "smote [minority]")
        assert set(found["flags"]) == {"threshold-only", "calibration-harmed"}


def test_copies_of_everything_and_the_identity_are_equivalent():
    x, y = gaussians(3000, 0.2, 0.8)
    result = augeval.compare(
        x,
        y,
        [{"augmenter": "duplicate", "ratio": [1, 4]}, {"augmenter": "jitter", "magnitude": 0.0, "ratio": 1}],
        "logistic",
        train_sizes=300,
        metrics=["average_precision", "brier"],
        seeds=6,
        confirm=False,
    )
    for metric in ("average_precision", "brier"):
        for arm in ("duplicate ×1", "duplicate ×4", "jitter 0 ×1"):
            found = comparison(result, metric, arm)
            assert found["mean_diff"] == pytest.approx(0, abs=5e-4)
            assert found["low"] > -0.01
            assert found["high"] < 0.01


def test_majority_rows_called_minority_rows_harm():
    x, y = gaussians(4600, 0.1, 0.8)
    result = augeval.compare(
        x,
        y,
        [(majority_as_minority, {"balance": 1.0, "scope": "minority"})],
        "hist_gradient_boosting",
        train_sizes=600,
        metrics=["roc_auc", "average_precision"],
        seeds=8,
        confirm=False,
    )
    found = comparison(result, "roc_auc", "majority_as_minority [minority] to 1")
    assert found["outcome"] == "harms"
    assert found["mean_diff"] < -0.05
    assert verdict(result, "roc_auc", "majority_as_minority [minority]")["outcome"] == "harms"

"""Two made tables whose geometry says what augmentation must do, judged by a run as a user would start it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import augeval
from augeval.folders import RunResult
from augeval.seeds import stream

Table = tuple[NDArray[np.float64], NDArray[np.str_]]


def ball(n: int, columns: int = 6) -> Table:
    """Normal rows; those further than 2.9 from the origin are the rare class, and one label in twenty is wrong."""
    rng = stream("tests", "ball")
    x = rng.normal(size=(n, columns))
    far = (np.linalg.norm(x, axis=1) > 2.9) ^ (rng.random(n) < 0.05)
    return x, np.where(far, "far", "near")


def rings(n: int, share: float = 0.1, gap: float = 0.5) -> Table:
    """A ring of rare rows about radius 2, between two rings of the others, half a unit inside and outside of it."""
    rng = stream("tests", "rings")
    rare = rng.random(n) < share
    radius = 2 + 0.12 * rng.normal(size=n) + np.where(rare, 0, gap * rng.choice([-1, 1], n))
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), np.where(rare, "rare", "usual")


@augeval.augmenter("tabular", unit="")
def turned(row: NDArray[np.float64], *, magnitude: None, rng: np.random.Generator) -> NDArray[np.float64]:
    """The row turned about the origin, each direction as likely: what no row's class depends on."""
    direction = rng.normal(size=len(row))
    return np.linalg.norm(row) * direction / np.linalg.norm(direction)


def comparison(result: RunResult, metric: str, arm: str, contrast: str) -> dict[str, Any]:
    (found,) = (
        c for c in result.summary["comparisons"] if (c["metric"], c["arm"], c["contrast"]) == (metric, arm, contrast)
    )
    return found


def verdict(result: RunResult, metric: str) -> dict[str, Any]:
    (found,) = (v for v in result.summary["verdicts"] if v["metric"] == metric and not v["is_control"])
    return found


@pytest.fixture(scope="module")
def judged_ball(module_cache) -> RunResult:
    return augeval.compare(
        *ball(4600),
        [(turned, {"ratio": 5})],
        "hist_gradient_boosting",
        train_sizes=600,
        metrics=["average_precision", "roc_auc", "brier"],
        seeds=8,
        test=0.8,
        confirm=False,
    )


@pytest.fixture(scope="module")
def judged_rings(module_cache) -> RunResult:
    return augeval.compare(
        *rings(3400),
        [("jitter", {"magnitude": [0.05, 0.1, 0.3, 1.0], "balance": 1.0, "scope": "minority"})],
        "hist_gradient_boosting",
        train_sizes=400,
        metrics=["average_precision"],
        seeds=8,
        test=0.8,
        confirm=False,
    )


@pytest.mark.parametrize("contrast", ["none", "duplicate"])
def test_an_exact_symmetry_helps_trees_to_order_rows(judged_ball, contrast):
    found = comparison(judged_ball, "average_precision", "turned ×5", contrast)
    assert found["outcome"] == "helps"
    assert 0.05 < found["mean_diff"] < 0.30
    assert comparison(judged_ball, "roc_auc", "turned ×5", contrast)["outcome"] == "helps"


def test_an_exact_symmetry_mends_probabilities_too(judged_ball):
    assert comparison(judged_ball, "brier", "turned ×5", "none")["outcome"] == "helps"
    assert verdict(judged_ball, "average_precision")["recommended"] == "turned ×5"


def test_a_little_noise_within_the_ring_helps(judged_rings):
    for magnitude in (0.05, 0.1):
        arm = f"jitter [minority] {magnitude:g} to 1"
        found = comparison(judged_rings, "average_precision", arm, "duplicate")
        assert found["outcome"] == "helps"
        assert found["mean_diff"] > 0.03


def test_noise_as_wide_as_the_gap_helps_no_more(judged_rings):
    found = comparison(judged_rings, "average_precision", "jitter [minority] 0.3 to 1", "duplicate")
    assert found["outcome"] != "helps"


def test_noise_across_the_rings_is_too_much(judged_rings):
    found = comparison(judged_rings, "average_precision", "jitter [minority] 1 to 1", "duplicate")
    assert found["outcome"] == "harms"
    assert found["mean_diff"] < -0.05
    said = verdict(judged_rings, "average_precision")
    assert said["recommended"] in ("jitter [minority] 0.05 to 1", "jitter [minority] 0.1 to 1")
    assert said["too_much"] in ("jitter [minority] 0.3 to 1", "jitter [minority] 1 to 1")

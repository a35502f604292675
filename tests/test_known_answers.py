"""Real data whose answer is known: if one of these changes, no verdict of augeval can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augeval import config
from augeval.folders import RunResult
from augeval.harness import Options, run


def ran(folder: Path, **study: Any) -> RunResult:
    experiment = config.of({"name": "known", **study})
    return run(experiment, Options(out=folder, workers=2, track=False))


def verdicts(result: RunResult, metric: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(model, family) -> verdict."""
    return {(v["model"], v["family"]): v for v in result.summary["verdicts"] if v["metric"] == metric}


def outcomes(result: RunResult, metric: str, contrast: str = "duplicate") -> dict[str, str]:
    """arm -> outcome of its comparison."""
    found = [c for c in result.summary["comparisons"] if c["metric"] == metric and c["contrast"] == contrast]
    return {comparison["arm"]: comparison["outcome"] for comparison in found}


@pytest.fixture(scope="module")
def copied(tmp_path_factory, module_cache) -> RunResult:
    """Duplication and shuffled labels on text, the tuned head beside the untuned one."""
    return ran(
        tmp_path_factory.mktemp("copied"),
        dataset="docstrings",
        models=["embedding_logistic", {"name": "embedding_logistic", "tune": False}],
        train_sizes=[100],
        arms=[{"augmenter": "duplicate", "ratio": [1, 4]}, {"augmenter": "shuffle_labels", "ratio": 4}],
        metrics={"primary": "accuracy", "also": ["brier"]},
        seeds=10,
    )


def test_duplication_is_exactly_the_baseline_for_the_tuned_head(copied):
    cells = copied.cells
    tuned = cells[cells.model == "embedding_logistic"]
    for metric in ("score.accuracy", "score.brier"):
        table = tuned[tuned.augmenter.isin(["none", "duplicate"])].pivot_table(
            index="seed", columns=["augmenter", "ratio"], values=metric, dropna=False
        )
        assert table.shape[0] == 10
        assert (table.nunique(axis=1) == 1).all()


def test_duplication_never_helps_the_tuned_head(copied):
    for metric in ("accuracy", "brier"):
        assert verdicts(copied, metric)["embedding_logistic", "duplicate"]["outcome"] == "equivalent"


def test_the_budget_alarm_fires_for_the_untuned_head_alone(copied):
    alarmed = {alarm["model"] for alarm in copied.summary["alarms"]}
    assert alarmed == {"embedding_logistic(tune=False)"}
    gains = [
        a["gain"] for a in copied.summary["alarms"] if a["metric"] == "accuracy" and a["arm"].startswith("duplicate")
    ]
    assert max(gains) > 0.04  # measured before the start: about .08 at ratio 2


def test_shuffled_labels_at_ratio_four_harm_the_brier_score(copied):
    for model in ("embedding_logistic", "embedding_logistic(tune=False)"):
        assert verdicts(copied, "brier")[model, "shuffle_labels"]["outcome"] == "harms"


def test_rotating_digits_by_up_to_180_degrees_harms_and_up_to_10_does_not(tmp_path):
    result = ran(
        tmp_path,
        dataset="digits",
        models=["pixels_logistic"],
        train_sizes=[100],
        arms=[{"augmenter": "rotation", "magnitude": [10, 180], "ratio": 4}],
        metrics={"primary": "accuracy", "also": ["brier"]},
        seeds=10,
    )
    found = outcomes(result, "accuracy")
    assert found["rotation 180 ×4"] == "harms"
    assert found["rotation 10 ×4"] != "harms"
    assert verdicts(result, "accuracy")["pixels_logistic", "rotation"]["too_much"] == "rotation 180 ×4"


PIXELS = {"name": "pixels_logistic", "tune": False}
"""Tuned, this model knows so little of digits at random places that nothing can harm it; see the test below."""


def test_tuned_single_pixels_know_little_more_than_chance_of_digits_at_random_places(tmp_path):
    arms = [{"augmenter": "duplicate", "ratio": 1}]
    what = {"dataset": "digits_canvas", "models": ["pixels_logistic"], "train_sizes": [200], "arms": arms, "seeds": 5}
    scores = ran(tmp_path, **what).cells["score.accuracy"]
    assert 0.10 < scores.mean() < 0.17  # ten classes: chance is about .10


def test_shift_helps_the_network_and_harms_single_pixels_from_four_on(tmp_path):
    settings = [
        {
            "dataset": "digits_canvas",
            "models": [model],
            "train_sizes": [size],
            "arms": [{"augmenter": "shift", "magnitude": magnitudes, "ratio": 4}],
            "metrics": {"primary": "accuracy", "also": ["brier"]},
            "seeds": seeds,
        }
        for model, size, magnitudes, seeds in (
            ("small_cnn", 100, [2], 10),
            (PIXELS, 200, [1, 4, 8], 20),
        )
    ]
    result = ran(tmp_path, studies=settings)
    network, pixels = "small_cnn", "pixels_logistic(tune=False)"
    accuracy = [c for c in result.summary["comparisons"] if c["metric"] == "accuracy" and c["contrast"] == "duplicate"]
    found = {(c["model"], c["arm"]): c["outcome"] for c in accuracy}
    assert found[network, "shift 2 ×4"] == "helps"
    assert found[pixels, "shift 1 ×4"] != "harms"
    assert found[pixels, "shift 4 ×4"] == "harms"
    assert found[pixels, "shift 8 ×4"] == "harms"
    family = verdicts(result, "accuracy")
    assert family[network, "shift"]["recommended"] == "shift 2 ×4"
    assert family[pixels, "shift"]["recommended"] is None
    assert family[pixels, "shift"]["too_much"] == "shift 4 ×4"

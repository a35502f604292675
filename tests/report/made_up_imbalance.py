"""A run on a rare class that never happened: SMOTE moves the threshold and spoils probabilities, as its controls do."""

from __future__ import annotations

from typing import Any

import numpy as np
from made_up_run import provenance

from augeval import registry
from augeval.report import summary
from augeval.results import CellResult
from augeval.stats.verdict import judge
from augeval.types import Arm, Cell, Spec

METRICS = (
    "balanced_accuracy", "average_precision", "balanced_accuracy@tuned", "brier", "brier@recalibrated",
    "log_loss", "recall[usual]", "recall[rare]",
)  # fmt: skip
SEEDS, ROWS = 6, 300
NONE, WEIGHTS, MOVED = Arm(Spec("none")), Arm(Spec("class_weight")), Arm(Spec("tuned_threshold"))
SMOTE = [Arm(Spec("smote"), balance=balance, scope="minority") for balance in (0.5, 1.0)]
ARMS = [NONE, WEIGHTS, MOVED, *(arm.reference() for arm in SMOTE), *SMOTE]
SCORES = dict(zip(METRICS, (0.6, 0.45, 0.77, 0.06, 0.06, 0.2, 0.99, 0.2), strict=True))
GAINS = {
    "smote": {"balanced_accuracy": 0.19, "brier": -0.09, "log_loss": -0.3, "recall[rare]": 0.6, "recall[usual]": -0.2},
    "tuned_threshold": {"balanced_accuracy": 0.17, "recall[rare]": 0.55, "recall[usual]": -0.2},
}
GAINS["class_weight"] = GAINS["duplicate"] = GAINS["smote"]
CLASSES = [{"name": "usual", "count": 1100}, {"name": "rare", "count": 100}]


def made_up(metrics: tuple[str, ...] = METRICS, classes: Any = CLASSES) -> dict[str, Any]:
    """The summary of the run."""
    plugins = {name: registry.get("metric", name) for name in metrics}
    results = [result_of(arm, seed, metrics) for arm in ARMS for seed in range(SEEDS)]
    found = judge(results, metrics=plugins, margin=0.01, alpha=0.05)
    experiment = {"name": "rare", "config_digest": "c0ffee" * 8, "studies": [described(plugins, classes)]}
    return summary.build(experiment, results, [found], provenance())


def described(plugins: Any, classes: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        name: {"bounds": [0.0, 1.0 if plugin.bounds[1] == 1 else None], "higher_is_better": plugin.higher_is_better}
        | {"reads": plugin.reads}
        for name, plugin in plugins.items()
    }
    about.get("average_precision", {})["chance"] = 0.083
    first, *also = plugins
    dataset = {"name": "loans", "modality": "tabular", "rows": 1200, "classes": classes, "source": "made up"}
    return {
        "dataset": dataset | {"licence": "", "fingerprint": "a1" * 32, "notes": []},
        "models": ["logistic"], "arms": [arm.label for arm in ARMS], "train_sizes": [None],
        "metrics": {"primary": first, "also": also, "about": about}, "units": {}, "seeds": SEEDS, "draws": 1,
        "margin": 0.01, "alpha": 0.05, "judge": None, "judge_shared": False, "split": {"mode": "stratified"},
    }  # fmt: skip


def result_of(arm: Arm, seed: int, metrics: tuple[str, ...]) -> CellResult:
    rng = np.random.default_rng([seed, *map(ord, arm.label)])
    sign = {name: -1 if name.startswith(("brier", "log_loss")) else 1 for name in metrics}
    gains = GAINS.get(arm.augmenter.name, {})
    means = {name: SCORES[name] + sign[name] * gains.get(name, 0.0) for name in metrics}
    rows = {name: (mean + 0.1 * rng.standard_normal(ROWS)).astype(np.float32) for name, mean in means.items()}
    dataset = {"name": "loans", "fingerprint": "a1" * 32}
    cell = Cell(dataset, Spec("logistic"), arm, seed, None, metrics, "each", 1, {"semantics": 1})
    return CellResult(
        cell.key, cell, "ok",
        scores={name: float(values.mean()) for name, values in rows.items()},
        draw_scores={name: (float(values.mean()),) for name, values in rows.items()},
        per_example=rows, test_ids=np.arange(ROWS), counts={"train": 900, "test": ROWS},
        reliability=curves(arm, seed) if "brier" in metrics else {},
    )  # fmt: skip


def curves(arm: Arm, seed: int) -> dict[str, Any]:
    """Ten bins; raw claims of arms that add rare rows come true half as often. The third bin is empty on seed 0."""
    over = 1.0 if arm.augmenter.name in ("none", "tuned_threshold") else 0.5
    at = [(i + 0.5) / 10 for i in range(10)]
    raw = [[200 if i == 0 else 12 - i, p, over * p] for i, p in enumerate(at)]
    if seed == 0:
        raw[2] = [0, None, None]
    return {"raw": raw, "recalibrated": [[200 if i == 0 else 11, p, p] for i, p in enumerate(at)]}

"""The winner's curse, and its cure: the best of ten arms without effect, chosen and measured again by the whole tool.

Each experiment is a dataset of its own (the population of `worlds`): 60 rows to train on, 300 held-out rows that
choose and 300 that do not. The ten arms are doses of one family that all do the same: they copy half of the rows, each
half drawn anew. So does the reference, plain duplication at ratio 0.5: the true gain of every arm is exactly 0, and all
that the best one shows is luck. Planning, splitting, fitting, choosing, confirming and judging are the tool's own, by
way of `stages.needed`; only the ledger and the report are left out.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import record
import worlds

from augeval import config, registry
from augeval.extend import batch_model, set_augmenter
from augeval.judging import judge_study
from augeval.results import CellResult
from augeval.run.cell import run_tile
from augeval.run.prepare import prepare
from augeval.stages import needed
from augeval.types import Column, Dataset, Examples

__all__ = ["ARMS", "bias", "outcome"]

ARMS, SEEDS, EXPERIMENTS = 10, 10, 400
ROWS, TRAIN = 660, 30
HELD_OUT = 600 / ROWS


@set_augmenter("tabular", unit="nothing: every dose does the same", name="redraw")
def redraw(train: Examples, quota: dict[int, int], *, magnitude: float, rng: np.random.Generator) -> Examples:
    """Rows of each class, none of them twice: what `duplicate` does below ratio 1."""
    rows = [rng.choice(np.flatnonzero(train.y == c), n, replace=False) for c, n in sorted(quota.items())]
    chosen = train.take(np.concatenate(rows))
    return Examples(chosen.x, chosen.y, chosen.ids, chosen.ids[:, None])


@batch_model("tabular", name="ridge")
def ridge(trains: Any, dataset: Dataset, *, seeds: Any) -> list[Any]:
    """The classifier of `worlds`."""
    return [_ridge(train.joined()) for train in trains]


def _ridge(rows: Examples) -> Any:
    weights = worlds.ridge(rows.x[None], np.where(rows.y == 1, 1.0, -1.0)[None])[0]

    def predict(x: Any) -> Any:
        share = 1 / (1 + np.exp(-2 * (x @ weights[:-1] + weights[-1])))
        return np.stack([1 - share, share], axis=1)

    return predict


def outcome(experiment: int) -> tuple[float, float, float]:
    """Mean gain of all arms, gain of the one that looked best, and its gain measured again, in points."""
    study = _study(experiment)
    results: list[CellResult] = []
    while True:
        known = {result.key for result in results}
        todo = [tile for tile in needed(study, results) if any(cell.key not in known for cell in tile.cells)]
        if not todo:
            break
        results += [result for tile in todo for result in run_tile(study.payload(tile))]
    (judged,) = judge_study(study, results)
    gains = [c.mean_diff for c in judged.comparisons if c.contrast == "duplicate" and c.arm.startswith("redraw")]
    (verdict,) = [v for v in judged.verdicts if v.family == "redraw"]
    again = np.nan if verdict.confirmed_gain is None else verdict.confirmed_gain
    return 100 * float(np.mean(gains)), 100 * max(gains), 100 * again


def _study(experiment: int) -> Any:
    x, y = worlds.draw(ROWS, worlds.stream("calibration", "winner", experiment))
    columns = tuple(Column(f"c{j}", "numeric") for j in range(x.shape[1]))
    rows = Examples(x, (y > 0).astype(np.int64), np.arange(len(x)))
    dataset = Dataset(f"winner {experiment}", "tabular", rows, ("no", "yes"), columns)
    registry.register("dataset", "winner", _dataset_of(dataset))
    registry.register("augmenter", "redraw", redraw)
    registry.register("model", "ridge", ridge)
    said = {
        "name": "winner",
        "dataset": {"name": "winner", "number": experiment},
        "models": "ridge",
        "train_sizes": TRAIN,
        "seeds": SEEDS,
        "arms": [{"augmenter": "redraw", "magnitude": [float(k) for k in range(1, ARMS + 1)], "ratio": 0.5}],
        "metrics": {"primary": "accuracy", "also": []},
        "split": {"test": HELD_OUT, "mode": "fixed"},
        "confirm": "best",
    }
    (study,) = prepare(config.of(said).studies, allow_code=True)
    return study


def _dataset_of(dataset: Dataset) -> Any:
    from augeval.extend import DatasetPlugin

    def load(*, number: int) -> Dataset:
        return dataset

    return DatasetPlugin(fn=load, name="winner", modalities=("tabular",))


def bias(outcomes: np.ndarray[Any, Any]) -> dict[str, list[float]]:
    """How much too high the best one looks, and how much too high it is reported: points with standard errors."""
    names = ("mean of all arms", "the best one, as it was chosen", "the best one, measured again")
    return {name: _mean(column[np.isfinite(column)]) for name, column in zip(names, outcomes.T, strict=True)}


def _mean(values: Any) -> list[float]:
    return [round(float(values.mean()), 3), round(float(values.std(ddof=1) / len(values) ** 0.5), 3)]


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = np.array(pool.map(outcome, range(EXPERIMENTS), chunksize=10))
    settings = {"arms": ARMS, "seeds": SEEDS, "train rows": TRAIN, "experiments": EXPERIMENTS}
    record.write("winner", {**settings, "points above the true gain, and standard error": bias(found)})

"""What a fitted cell shows: scores of every held-out row, and drift of the synthetic ones."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import ContractError
from augeval.extend import MetricPlugin
from augeval.metrics.drift import cosine_drift, summarise
from augeval.metrics.influence import jackknife_contributions
from augeval.metrics.treated import ScoreMap
from augeval.seeds import stream
from augeval.types import Cell, Dataset, Encoder, Examples, Json, Predictor, TrainingSet

__all__ = ["Scored", "drift_and_samples", "predicted", "score"]

SAMPLE_SEEDS = 2  # replicates whose example rows are kept for the report


@dataclass(frozen=True)
class Scored:
    """Scores by metric: the mean over draws, each draw's, and each held-out row's share of the mean."""

    scores: dict[str, float]
    draw_scores: dict[str, tuple[float, ...]]
    per_example: dict[str, NDArray[np.float32]]


def score(
    predictions: Sequence[NDArray[np.float64]],
    test: Examples,
    metrics: Mapping[str, MetricPlugin],
    maps: Mapping[str, Sequence[ScoreMap]],
) -> Scored:
    """Every metric of every draw on the held-out rows.

    Args:
        predictions: of each draw, as `predicted` gives them. maps: of each draw, by the metrics that read them mapped.

    Raises:
        ContractError: a metric outside its declared bounds.
    """
    scores, draw_scores, per_example = {}, {}, {}
    for name, plugin in metrics.items():
        seen = [use(p) for use, p in zip(maps[name], predictions, strict=True)] if name in maps else predictions
        each = [_measured(plugin, test.y, p) for p in seen]
        parts = np.mean([_contributions(plugin, test, p, s) for p, s in zip(seen, each, strict=True)], axis=0)
        scores[name] = float(np.mean(each))
        draw_scores[name] = tuple(each)
        per_example[name] = np.asarray(parts, np.float32)
    return Scored(scores, draw_scores, per_example)


def drift_and_samples(
    training: TrainingSet, judge: Encoder, dataset: Dataset, cell: Cell
) -> tuple[dict[str, float], tuple[dict[str, Json], ...]]:
    """Drift of the first `recipe["drift_rows"]` synthetic rows, and a few of them for the report."""
    limit = int(cell.recipe["drift_rows"])
    children = training.synthetic.take(slice(0, limit))
    if not len(children) or children.parents is None:
        return {}, ()
    position = {int(row): i for i, row in enumerate(training.real.ids)}
    parents = training.real.take(np.array([position[int(row)] for row in children.parents[:, 0]]))
    drift = cosine_drift(children.x, parents.x, judge)
    kept = int(cell.recipe["examples"]) if cell.seed < SAMPLE_SEEDS else 0
    return summarise(drift), _samples(children, parents, drift, dataset, kept)


def predicted(predict: Predictor, x: NDArray[Any], n_classes: int, model: str) -> NDArray[np.float64]:
    """(n, k) scores of rows.

    Raises:
        ContractError: they have another shape, or are not finite.
    """
    scores = np.asarray(predict(x), np.float64)
    if scores.shape != (len(x), n_classes):
        raise ContractError(f"{model} predicts shape {scores.shape}, wanted {(len(x), n_classes)}: a column per class.")
    if not np.isfinite(scores).all():
        row = int((~np.isfinite(scores)).any(1).argmax())
        raise ContractError(f"{model} predicts a nan or infinite value (first: held-out row {row}).")
    return scores


def _measured(plugin: MetricPlugin, y: NDArray[Any], scores: NDArray[np.float64]) -> float:
    value = float(plugin.fn(y, scores))
    low, high = plugin.bounds
    if np.isinf(value) or value < low - 1e-9 or value > high + 1e-9:
        raise ContractError(f"The metric {plugin.name} returned {value:g}, outside its bounds [{low:g}, {high:g}].")
    return value


def _contributions(
    plugin: MetricPlugin, test: Examples, scores: NDArray[np.float64], value: float
) -> NDArray[np.float64]:
    """Each row's part; all nan where the metric is undefined."""
    if np.isnan(value):
        return np.full(len(test), np.nan)
    if plugin.contributions is not None:
        return np.asarray(plugin.contributions(test.y, scores), np.float64)
    parts: NDArray[np.float64] = jackknife_contributions(plugin.fn, test.y, scores, test.ids)
    return parts


def _samples(
    children: Examples, parents: Examples, drift: NDArray[np.float64], dataset: Dataset, kept: int
) -> tuple[dict[str, Json], ...]:
    """The worst drifted rows first, then rows at random: worst ones alone mislead."""
    if not kept:
        return ()
    order = np.argsort(-np.nan_to_num(drift, nan=-1.0), kind="stable")
    worst = order[: (kept + 1) // 2]
    others = np.setdiff1d(order, worst)
    rng = stream("samples", dataset.name, len(children))
    random = rng.permutation(others)[: kept // 2]
    rows = [("worst", int(i)) for i in worst] + [("random", int(i)) for i in random]
    return tuple(
        {
            "kind": kind,
            "drift": None if np.isnan(drift[i]) else round(float(drift[i]), 6),
            "label": dataset.classes[int(children.y[i])] if dataset.classes else str(int(children.y[i])),
            "parent": shown(parents.x[i], dataset),
            "child": shown(children.x[i], dataset),
        }
        for kind, i in rows
    )


def shown(row: Any, dataset: Dataset) -> Json:  # str, (h, w, c) uint8 or (d,) float64
    """A row as a report can show it: text, a PNG data URI, or {column: value}."""
    if isinstance(row, str):
        return row
    if dataset.modality == "image":
        return _png(np.asarray(row))
    columns = dataset.columns or ()
    named = zip(columns, row, strict=True)
    return {c.name: _cell_value(c.categories, v) if c.kind == "categorical" else _number(v) for c, v in named}


def _png(image: NDArray[np.uint8]) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")


def _cell_value(categories: Sequence[str], value: float) -> str | None:
    return None if np.isnan(value) else categories[int(value)]

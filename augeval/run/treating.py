"""What is done to a cell's scores before its metrics read them, fitted to scores of training rows out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import registry
from augeval.metrics.treated import ScoreMap, are_probabilities, prior_corrected, recalibrated, tuned
from augeval.plugins import MetricPlugin
from augeval.run.bench import Bench
from augeval.run.observe import predicted
from augeval.run.ready import Prepared
from augeval.told import base_of
from augeval.types import Examples, Json, Predictor

__all__ = ["Fitted", "ScoreMaps", "reliability", "score_maps"]

Floats = NDArray[np.float64]
BINS = 10  # of a reliability curve


@dataclass(frozen=True)
class Fitted:
    """The predictors of a cell: one per draw, and for each inner fold one per draw."""

    own: Sequence[Predictor]
    inner: Sequence[Sequence[Predictor]] = ()


@dataclass(frozen=True)
class ScoreMaps:
    """What maps the scores of each draw, by metric; a metric that is missing reads them as they are.

    Args:
        recalibrations: one per draw; () where there are no out-of-fold scores, or no metric reads probabilities.
    """

    by_metric: Mapping[str, tuple[ScoreMap, ...]] = field(default_factory=dict)
    recalibrations: tuple[ScoreMap, ...] = ()

    def told(self) -> dict[str, Json]:
        """What was fitted for each metric, draw by draw, as plain values."""
        return {name: [one.told() for one in maps] for name, maps in self.by_metric.items()}


def score_maps(p: Prepared, fitted: Fitted, bench: Bench) -> ScoreMaps:
    """Fit what the cell's metrics, or its arm, want done to the scores. Held-out rows take no part."""
    scores = _out_of_fold(p, fitted, bench)
    tuning: dict[str, tuple[ScoreMap, ...]] = {}
    recalibrations: tuple[ScoreMap, ...] = ()
    if scores and _reads_probabilities(bench.metrics):
        recalibrations = tuple(recalibrated(p.train.y, one) for one in scores)
    maps: dict[str, tuple[ScoreMap, ...]] = {}
    for name, metric in bench.metrics.items():
        if metric.treatment == "recalibrated":
            maps[name] = recalibrations
        elif metric.treatment == "prior_corrected":
            maps[name] = _corrections(p, bench.dataset.n_classes)
        elif wanted := metric if metric.treatment == "tuned" else _decided_for(metric, bench):
            base = base_of(wanted.name)
            if base not in tuning:
                tuning[base] = tuple(tuned(p.train.y, one, wanted) for one in scores)
            maps[name] = tuning[base]
    return ScoreMaps(maps, recalibrations)


def _out_of_fold(p: Prepared, fitted: Fitted, bench: Bench) -> list[Floats]:
    """(n, k) scores of the cell's real training rows, one for each draw, each by a model that was not fitted on it."""
    n, k = len(p.train), bench.dataset.n_classes
    scores = [np.full((n, k), np.nan) for _ in p.applied] if p.folds else []
    for fold, predictors in zip(p.folds, fitted.inner, strict=True):
        for one, predict in zip(scores, predictors, strict=True):
            one[fold.rows] = predicted(predict, p.train.x[fold.rows], k, bench.model.name)
    return scores


def _reads_probabilities(metrics: Mapping[str, MetricPlugin]) -> bool:
    """Whether a metric of the cell judges probabilities, treated or as they are."""
    return any(metric.reads == "probabilities" for metric in metrics.values())


def reliability(test: Examples, predictions: Sequence[Floats], maps: ScoreMaps, bench: Bench) -> dict[str, Json]:
    """How often claims of each probability come true on the held-out rows, in ten bins of equal width.

    Returns:
        "raw" and, where there are out-of-fold scores, "recalibrated": for each bin [rows, mean claimed probability,
        share of rows for which it came true], the last two None in an empty bin; rows are means over draws. What is
        claimed is the class of column 1 of two, the predicted class of more, as in `ece`. Empty where no metric
        reads probabilities, or the model predicts none.
    """
    if not _reads_probabilities(bench.metrics) or not all(are_probabilities(p) for p in predictions):
        return {}
    curves = {"raw": _bins(test.y, predictions)}
    if maps.recalibrations:
        mapped = [recalibrate(p) for recalibrate, p in zip(maps.recalibrations, predictions, strict=True)]
        curves["recalibrated"] = _bins(test.y, mapped)
    return curves


def _bins(y: NDArray[Any], predictions: Sequence[Floats]) -> list[Json]:
    draws = len(predictions)
    curve_of = registry.builtin_function("augeval.metrics.calibration:reliability_curve")
    curve = curve_of(np.tile(y, draws), np.concatenate(predictions), bins=BINS)
    rows = [int(n) if draws == 1 else n / draws for n in curve.count.tolist()]
    shown = zip(rows, curve.claimed.tolist(), curve.observed.tolist(), strict=True)
    return [[n, claimed, observed] if n else [n, None, None] for n, claimed, observed in shown]


def _corrections(p: Prepared, k: int) -> tuple[ScoreMap, ...]:
    return tuple(prior_corrected(_weight(p.train, k), _weight(a.training.joined(), k)) for a in p.applied)


def _weight(rows: Examples, k: int) -> Floats:
    """(k,) rows of each class, or their weight."""
    return np.asarray(np.bincount(rows.y, rows.weights, minlength=k), np.float64)


def _decided_for(metric: MetricPlugin, bench: Bench) -> MetricPlugin | None:
    """The metric that an arm which moves the cut moves it for; None where the cut stays, or changes nothing here."""
    return bench.decides if metric.reads == "classes" else None

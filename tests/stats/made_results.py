"""Cells made up for the tests of the statistics: what a run would have measured, without a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from augeval.extend import MetricPlugin
from augeval.results import CellResult
from augeval.stats.pairing import Paired
from augeval.stats.verdict import judge
from augeval.types import Arm, Cell, Spec

NONE = Arm(Spec("none"))
METRICS = {
    "accuracy": MetricPlugin(name="accuracy", fn=lambda y, s: 0.0, modalities=()),
    "brier": MetricPlugin(name="brier", fn=lambda y, s: 0.0, modalities=(), higher_is_better=False, bounds=(0.0, 2.0)),
}


def duplicate(ratio=1.0):
    return Arm(Spec("duplicate"), ratio=ratio)


def synonym(magnitude=0.1, ratio=1.0, name="synonym"):
    return Arm(Spec(name), ratio=ratio, magnitude=magnitude)


def cell_of(arm, seed, metrics=("accuracy",), design="each", draws=1, recipe=None):
    recipe = {"split": {"mode": "splits"}} if recipe is None else recipe
    dataset = {"name": "reviews", "fingerprint": "f"}
    return Cell(dataset, Spec("tfidf_logistic"), arm, seed, 100, tuple(metrics), design, draws, recipe)


def result_of(arm, seed, values, *, ids=None, classes=(), counts=None, draw_scores=None, **cell):
    """One measured cell; `values` is a row of contributions, or metric -> row."""
    named = values if isinstance(values, Mapping) else {"accuracy": values}
    rows = {name: np.asarray(row, np.float32) for name, row in named.items()}
    made = cell_of(arm, seed, tuple(rows), **cell)
    scores = {name: float(row.mean()) for name, row in rows.items()}
    return CellResult(
        f"{arm.label} {seed}",
        made,
        "ok",
        scores,
        draw_scores or {name: (score,) for name, score in scores.items()},
        rows,
        np.arange(len(next(iter(rows.values())))) if ids is None else np.asarray(ids, np.int64),
        test_classes=np.asarray(classes, np.int64),
        counts={"asked": 10, "got": 10, "leaked": 0, "no_op": 0} if counts is None else counts,
    )


def empty_of(arm, seed, status, error, metrics=("accuracy",)):
    """A cell without a number."""
    cell = cell_of(arm, seed, metrics)
    kind = "ValueError" if status == "failed" else None
    return CellResult(f"{arm.label} {seed}", cell, status, error_type=kind, error=error)


def study_of(tables, **about):
    """Results of arms -> (R, m) accuracy contributions; `about` goes to every cell that makes new rows."""
    made = []
    for arm, table in tables:
        extra = {} if arm.augmenter.name in ("none", "duplicate") else about
        made += [result_of(arm, seed, row, **extra) for seed, row in enumerate(np.asarray(table))]
    return made


def gaussian(gains, *, seeds=10, rows=200, spread=(0.01, 0.05, 0.3), rng=None):
    """arm -> gain; tables around .7 with sd of (seed, row, cell) in the *difference*; `none` equals `duplicate`."""
    rng = np.random.default_rng(0) if rng is None else rng
    # Rows differ, and finely, so that equal tables are one predictor rather than a saturated metric.
    base = np.tile(np.linspace(0.4, 0.7, rows), (seeds, 1))
    tables = [(NONE, base), (duplicate(), base)]
    for arm, gain in gains:
        noise = spread[0] * rng.standard_normal((seeds, 1)) + spread[1] * rng.standard_normal((1, rows))
        cell = spread[2] * rng.standard_normal((seeds, rows))
        tables.append((arm, base + gain + noise + cell))
    return tables


def paired_of(diffs, *, draws=None, clusters=None, score_range=1.0, exact=None, strata=None, reach=(1.0,)):
    """A (K, R, m) table of differences as the statistics take it."""
    diffs = np.asarray(diffs, float)
    n = len(diffs)
    arms = tuple(synonym(0.1 * (k + 1)) for k in range(n))
    return Paired(
        contrast="duplicate",
        arms=arms,
        references=(duplicate(),) * n,
        diffs=diffs,
        draws=draws or (None,) * n,
        clusters=clusters or (None,) * n,
        exact=np.zeros(n, bool) if exact is None else np.asarray(exact, bool),
        score_range=score_range,
        reasons=tuple("" if np.isfinite(d).any() else "nothing was measured" for d in diffs),
        applicable=np.ones(n, bool),
        strata=np.zeros(diffs.shape[2], np.int64) if strata is None else np.asarray(strata),
        reach=np.array(reach),
    )


def judged(results, margin=0.01, alpha=0.05):
    return judge(results, metrics=METRICS, margin=margin, alpha=alpha)


def verdict_of(results, family="synonym", metric="accuracy"):
    (found,) = [v for v in judged(results).verdicts if (v.family, v.metric) == (family, metric)]
    return found


def comparison_of(results, arm, contrast="duplicate", metric="accuracy"):
    wanted = (arm.label, contrast, metric)
    (found,) = [c for c in judged(results).comparisons if (c.arm, c.contrast, c.metric) == wanted]
    return found

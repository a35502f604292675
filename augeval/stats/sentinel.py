"""Whether an arm finds a signal where there is none: areas under the ROC curve on permuted labels against .5."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augeval.results import CellResult, Reading, Sentinel
from augeval.seeds import stream
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Paired, Trial, Trials, gather
from augeval.types import Arm, Spec

__all__ = ["CHANCE", "TOLERANCE", "sentinel"]

CHANCE = 0.5
TOLERANCE = 0.02  # above chance that the lower bound must lie; a leak that matters gives .6 to 1
Floats = NDArray[np.float64]


def sentinel(results: Sequence[CellResult], alpha: float, units: NDArray[np.int64] | None = None) -> Sentinel:
    """What the cells of one study's sentinel say.

    Each arm's mean area over seeds has a simultaneous interval of level 1 - alpha over arms, by the inference of all
    else: seeds and held-out rows are two sources of variance. The seeds share one deal of labels, which by chance
    tells a little of the features; the held-out rows' part accounts for that.

    Args:
        results: at least one, of one dataset, model and train size. alpha: in (0, 1).
        units: by row id, which rows were dealt one label (copies of each other): together they say one thing, and
            count as one; None if no row has copies.
    """
    trials = gather(results)
    watched = list(trials.by_key.values())
    (metric,) = trials.metrics
    _, unit_of = np.unique(trials.rows if units is None else units[trials.rows], return_inverse=True)
    tables = np.stack([_together(_table(trials, trial, metric), unit_of) for trial in watched])
    arms = tuple(trial.arm for trial in watched)
    paired = Paired(
        contrast="none",
        arms=arms,
        references=(Arm(Spec("none")),) * len(arms),
        diffs=tables - CHANCE,
        draws=(None,) * len(arms),
        clusters=(None,) * len(arms),
        exact=np.zeros(len(arms), bool),
        score_range=_range(tables),
        reasons=tuple("" if np.isfinite(t).any() else _why(trial) for trial, t in zip(watched, tables, strict=True)),
        applicable=np.ones(len(arms), bool),
        strata=np.zeros(tables.shape[2], np.int64),
        reach=np.ones(1),
    )
    rng = stream("max-t", trials.dataset, trials.model, trials.train_size, metric, "sentinel")
    readings = [_reading(finding) for finding in infer(paired, Rule(TOLERANCE, alpha), rng)]
    readings.sort(key=lambda reading: reading.arm != "none")
    return Sentinel(
        dataset=trials.dataset,
        model=trials.model,
        train_size=trials.train_size,
        readings=tuple(readings),
        rings=any(reading.rings for reading in readings),
        text=_text(readings, trials.model),
    )


def _table(trials: Trials, trial: Trial, metric: str) -> Floats:
    """(R, m) contributions to the area, nan where a seed did not hold the row out."""
    table = np.full((len(trials.seeds), len(trials.rows)), np.nan)
    for r, seed in enumerate(trials.seeds):
        cell = trial.by_seed.get(seed)
        if cell is not None and metric in cell.per_example:
            table[r, np.searchsorted(trials.rows, cell.test_ids)] = cell.per_example[metric]
    return table


def _together(table: Floats, unit_of: NDArray[np.intp]) -> Floats:
    """(R, u) contributions of units, whose mean is that of their rows; nan where a seed held out none of one."""
    held_out = np.isfinite(table)
    made = np.full((len(table), int(unit_of.max(initial=-1)) + 1), np.nan)
    for r, mine in enumerate(held_out):
        present, unit = np.unique(unit_of[mine], return_inverse=True)
        made[r, present] = np.bincount(unit, table[r, mine]) * (len(present) / max(mine.sum(), 1))
    return made


def _range(tables: Floats) -> float:
    known = tables[np.isfinite(tables)]
    return float(np.ptp(known)) if len(known) and np.ptp(known) else 1.0


def _why(trial: Trial) -> str:
    missing = [*trial.failed, *trial.not_applicable]
    return missing[0] if missing else "the area is undefined on every seed's held-out rows"


def _reading(finding: Finding) -> Reading:
    low, high = (min(max(CHANCE + bound, 0.0), 1.0) for bound in (finding.low, finding.high))
    return Reading(
        arm=finding.arm.label,
        auc=CHANCE + finding.mean,
        low=low,
        high=high,
        n_replicates=finding.n_replicates,
        rings=low > CHANCE + TOLERANCE,
        note=finding.reason,
    )


def _text(readings: Sequence[Reading], model: str) -> str:
    measured = [reading for reading in readings if math.isfinite(reading.auc)]
    if not measured:
        return f"Sentinel: nothing could be measured with permuted labels ({readings[0].note})."
    ringing = sorted((reading for reading in measured if reading.rings), key=lambda reading: -reading.low)
    if ringing:
        return _alarm(ringing, model)
    low, high = (f"{pick(reading.auc for reading in measured):.2f}" for pick in (min, max))
    missing = [reading for reading in readings if reading.note]
    beside = f" Not measured: {missing[0].arm} ({missing[0].note})." if missing else ""
    areas = f"AUC {low}" if low == high else f"AUC {low} to {high}"
    return f"Sentinel: with permuted labels no arm finds a signal ({areas}; {model}).{beside}"


def _alarm(ringing: Sequence[Reading], model: str) -> str:
    worst, *others = ringing
    also = f" (and {len(others)} more)" if others else ""
    said = f"{worst.arm}{also} with {model} reaches AUC {worst.auc:.2f} [{worst.low:.2f}, {worst.high:.2f}]"
    where = "the augmenter" if all(reading.arm != "none" for reading in ringing) else "the rows, the model or a split"
    return (
        f"Sentinel: labels were permuted before the split, so that nothing can be learned, and yet {said} on rows that "
        f"were held out. Their labels reach the training, through {where}: look for rows that straddle the split, and "
        "for an augmenter or model that keeps what it saw under another seed, or was fitted once on rows that are held "
        "out now. Believe no gain of this study before it is found."
    )

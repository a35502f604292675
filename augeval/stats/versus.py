"""Arm against arm, on request: is one augmentation better than another, and were they given equally much?

Shapes: P pairs, R seeds, m held-out rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augeval.extend import MetricPlugin
from augeval.results import CellResult, Comparison, Training
from augeval.seeds import stream
from augeval.stats.found import compared
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Trial, Trials, gather, pair
from augeval.stats.reasons import Case, Scale, explain, note_of
from augeval.types import Arm

__all__ = ["Versus", "versus"]

COMPANIONS = ("none", "duplicate")  # they run as long as others do, whatever they show
ALIKE = 0.01  # of the training rows: by how much two arms may differ and still be called equal


@dataclass(frozen=True)
class Versus:
    """One arm against another on one metric.

    Args:
        comparison: `arm` minus `reference`, contrast "arm". sentence: what it says, in words.
        rows, reference_rows: synthetic rows of one fit, on average; nan where that was not counted.
        equal_rows: whether the two were trained on as many rows; None where that was not counted.
    """

    comparison: Comparison
    sentence: str
    rows: float
    reference_rows: float
    equal_rows: bool | None


def versus(  # noqa: PLR0913  # rows, pairs, and what a study says of how to judge them
    results: Sequence[CellResult],
    pairs: Sequence[tuple[Arm, Arm]],
    *,
    metrics: Mapping[str, MetricPlugin],
    margin: float,
    alpha: float,
    training: Training = "",
    planned: int = 0,
) -> tuple[Versus, ...]:
    """First arm minus second, for each pair asked, with intervals that hold at once over these pairs.

    The pairs are a family of their own for each metric, with the two-way variance, the order of outcomes and the
    words of every other comparison. Pairs that were picked after looking at the verdicts are chosen, as a best dose
    is: ask for all that you would have picked from.

    Args:
        results: every cell, of every status, of one dataset × model × train size, those that confirm left out.
        pairs: (P,) which arm against which; `none` and `duplicate` are arms too.
        metrics: plug-ins by name: those to compare on.
        margin: the smallest difference that matters, at least 0. alpha: in (0, 1).
        training: what fits on unlike numbers of rows have in common. planned: seeds of an arm that no race stopped;
            0: as many as the longest has.

    Returns:
        Metric by metric in the order of the results, the pairs in theirs. No results or no pairs: nothing.
    """
    if not results or not pairs:
        return ()
    trials = gather(results)
    arms, others = [one for one, _ in pairs], [other for _, other in pairs]
    found = []
    for name in (name for name in trials.metrics if name in metrics):
        sign = 1.0 if metrics[name].higher_is_better else -1.0
        rng = stream("max-t", trials.dataset, trials.model, trials.train_size, name, "arm")
        most = max(planned, len(trials.seeds))
        findings = infer(pair(trials, arms, "arm", name, sign, others), Rule(margin, alpha), rng)
        scale = Scale(points=metrics[name].bounds == (0.0, 1.0), margin=margin)
        found += [_versus(trials, name, finding, scale, training, most) for finding in findings]
    return tuple(found)


def _versus(  # one pair, and what is said of all
    trials: Trials, metric: str, finding: Finding, scale: Scale, training: Training, planned: int
) -> Versus:
    trial, other = (trials.of(arm) or _unplanned(arm) for arm in (finding.arm, finding.reference))
    rows, theirs = _rows(trial), _rows(other)
    equal = _equal(rows, theirs, trial)
    case = Case(shown=finding, pipeline=None, budget=None, trial=trial, ladder=None, training=training)
    sentences = [*explain(case, scale), *_of_the_other(other), *_raced((trial, other), planned)]
    sentences.append(_given(rows, theirs, equal, training))
    return Versus(
        comparison=_comparison(trials, metric, finding, scale, training),
        sentence=" ".join(part for part in sentences if part),
        rows=rows,
        reference_rows=theirs,
        equal_rows=equal,
    )


def _comparison(trials: Trials, metric: str, finding: Finding, scale: Scale, training: Training) -> Comparison:
    note = note_of(finding, trials.of(finding.arm) or _unplanned(finding.arm))
    return compared(trials, metric, finding, margin=scale.margin, note=note, training=training)


def _unplanned(arm: Arm) -> Trial:
    return Trial(arm, {}, (), (), "each", 1)


def _rows(trial: Trial) -> float:
    """Synthetic rows of one fit, on average over seeds and draws; nan where they were not counted."""
    if not trial.arm.makes_rows:
        return 0.0
    counted = [cell.counts["got"] for cell in trial.by_seed.values() if "got" in cell.counts]
    draws = trial.draws if trial.design == "crossed" else 1
    return sum(counted) / len(counted) / draws if counted else math.nan


def _equal(rows: float, theirs: float, trial: Trial) -> bool | None:
    if math.isnan(rows) or math.isnan(theirs):
        return None
    real = [cell.counts.get("train", 0) for cell in trial.by_seed.values()]
    whole = max(rows, theirs) + (sum(real) / len(real) if real else 0.0)
    return abs(rows - theirs) <= ALIKE * whole


def _given(rows: float, theirs: float, equal: bool | None, training: Training) -> str:
    """Whether the two had equally many rows, and what follows where they had not."""
    if equal is None:
        return ""
    if equal:
        return f"Both train on as many rows ({_count(rows)} synthetic ones)." if rows or theirs else ""
    uneven = f"They train on unequally many rows ({_count(rows)} synthetic ones against {_count(theirs)})"
    if training == "equal steps":
        return f"{uneven}, at equal steps: the difference is that of the two arms as they are, rows and all."
    if training == "equal epochs":
        return f"{uneven}, at equal epochs: part of the difference may come from more steps alone."
    return f"{uneven}: part of the difference may come from the number of rows alone."


def _count(rows: float) -> str:
    return f"{rows:,.0f}"


def _of_the_other(trial: Trial) -> list[str]:
    """What of the second arm limits what is said; `explain` says it of the first."""
    label, found = trial.arm.label, []
    if trial.by_seed and trial.failed:
        found.append(f"Of {label} {len(trial.failed)} of {trial.planned} seeds failed ({trial.failed[0]}).")
    if trial.by_seed and not trial.draws_vary and trial.arm.makes_rows:
        found.append(f"Of {label} there are too few versions of its rows to speak for others.")
    return found


def _raced(both: Sequence[Trial], planned: int) -> list[str]:
    """Seeds that an arm lacks because a race had decided about it: when it stopped is no accident then."""
    short = [trial for trial in both if 0 < trial.planned < planned and trial.arm.augmenter.name not in COMPANIONS]
    return [
        f"{trial.arm.label} stopped at {trial.planned} of {planned} seeds because of what it had shown by then: in an "
        "arm decided early that looks larger than it is, in one given up smaller. This interval does not count the "
        "looks of the race."
        for trial in short
    ]

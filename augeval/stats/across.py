"""Over datasets: on how many an arm gains, does nothing or loses, and what it gains on average.

Datasets are the units: each counts once, whatever its rows and seeds, and the interval of a mean tells how datasets
differ. It is an interval of one comparison; nothing is ranked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from augeval.extend import MetricPlugin
from augeval.results import Across, CellResult, Comparison
from augeval.seeds import stream
from augeval.stats.found import compared
from augeval.stats.inference import Rule, infer
from augeval.stats.pairing import Trials, gather, pair
from augeval.types import Arm

__all__ = ["LEAST_DATASETS", "Judged", "across", "metrics_across", "over_controls"]

LEAST_DATASETS = 3  # with fewer, the spread between datasets cannot be told
CONTROLS_BESIDE = ("class_weight", "tuned_threshold")  # arms that others are compared with, where they were run
BESIDE = ("average_precision", "brier")  # metrics beside the primary one: how rows are ranked, what is claimed of them
COUNTED = {"helps": "wins", "equivalent": "ties", "harms": "losses", "inconclusive": "undecided"}


@dataclass(frozen=True)
class Judged:
    """The comparisons of one dataset, as they were judged there.

    Args:
        dataset: its name; comparisons: of all its models and train sizes, with `duplicate`, `none` and controls.
        arms: by label; metrics: names of those that are taken; alpha: of its intervals.
    """

    dataset: str
    comparisons: Sequence[Comparison]
    arms: Mapping[str, Arm]
    metrics: Sequence[str]
    alpha: float


def metrics_across(metrics: Mapping[str, MetricPlugin]) -> tuple[str, ...]:
    """Names of the metrics that are taken over datasets, of all those measured, the primary one first.

    The primary one; the same at a tuned cut, or else the first one that has both; average precision; the Brier score.
    """
    names = list(metrics)
    twins = [(name, f"{name}@tuned") for name in names if f"{name}@tuned" in names]
    wanted = [*names[:1], *(name for twin in twins[:1] for name in twin), *(name for name in BESIDE if name in names)]
    return tuple(dict.fromkeys(wanted))


def over_controls(
    results: Sequence[CellResult], metrics: Mapping[str, MetricPlugin], rule: Rule
) -> tuple[Comparison, ...]:
    """Every arm minus `class_weight`, and minus `tuned_threshold`, wherever these were run.

    The arms against one control on one metric are a family, whose intervals hold at once. `tuned_threshold` is left
    out where a metric reads no predicted classes or has a cut tuned for every arm: there it is `none`. The looks of a
    race are not counted: an arm that stopped early has its own seeds here and no other level.

    Args:
        results: every cell, of every status, of one dataset × model × train size; none that confirms, none that is
            no evidence. metrics: by name, those to compare on. rule: margin and alpha.
    """
    if not results:
        return ()
    trials = gather(results)
    controls = {name: arm for arm in reversed(trials.arms) for name in [arm.augmenter.name] if name in CONTROLS_BESIDE}
    pairs = [(name, control) for name in metrics for control in controls.values()]
    return tuple(
        comparison
        for name, control in pairs
        if control.augmenter.name == "class_weight" or (metrics[name].reads == "classes" and "@" not in name)
        for comparison in _over(trials, control, name, metrics[name], rule)
    )


def _over(trials: Trials, control: Arm, name: str, metric: MetricPlugin, rule: Rule) -> list[Comparison]:
    skipped = ("duplicate", control.augmenter.name)
    arms = [arm for arm in trials.arms if arm.augmenter.name not in skipped]
    if not arms:
        return []
    sign = 1.0 if metric.higher_is_better else -1.0
    rng = stream("max-t", trials.dataset, trials.model, trials.train_size, name, control.label)
    findings = infer(pair(trials, arms, "arm", name, sign, [control] * len(arms)), rule, rng)
    return [
        compared(trials, name, finding, margin=rule.margin, note=finding.reason, training="") for finding in findings
    ]


def across(judged: Sequence[Judged]) -> tuple[Across, ...]:
    """Every arm, model and metric against every reference, wherever at least two datasets have the pair.

    Train sizes are kept apart where a dataset and model have several; else each dataset counts at its own.

    Args:
        judged: one entry per dataset or study of it, in the order of the experiment.

    Returns:
        Sorted by nothing but first appearance. The interval has the smallest alpha of the datasets.

    Source: Student's t over datasets' mean gains; a comparison of classifiers over datasets as Demšar 2006 discusses,
    without ranks, which forget how much an arm gains.
    """
    groups: dict[tuple[object, ...], list[tuple[Comparison, Arm, float]]] = {}
    own = _own_sizes(judged)
    for one in judged:
        for found in one.comparisons:
            if found.metric in one.metrics:
                size = None if own is None else found.train_size
                reference = found.reference if found.contrast == "arm" else found.contrast
                key = (found.model, size, found.metric, found.arm, reference)
                groups.setdefault(key, []).append((found, one.arms[found.arm], one.alpha))
    return tuple(
        _across(key, found) for key, found in groups.items() if len({entry.dataset for entry, _, _ in found}) > 1
    )


def _own_sizes(judged: Sequence[Judged]) -> set[int | None] | None:
    """The train sizes, or None where each dataset and model has one and these differ."""
    sizes: dict[tuple[str, str], set[int | None]] = {}
    for found in (found for one in judged for found in one.comparisons):
        sizes.setdefault((found.dataset, found.model), set()).add(found.train_size)
    every = set().union(*sizes.values()) if sizes else set()
    return None if len(every) > 1 and all(len(some) == 1 for some in sizes.values()) else every


def _across(key: tuple[object, ...], found: Sequence[tuple[Comparison, Arm, float]]) -> Across:
    arm = found[0][1]
    outcomes = {entry.dataset: _outcome(entry, arm) for entry, _, _ in found}
    counts = Counter(outcomes.values())
    gains = {entry.dataset: entry.mean_diff for entry, _, _ in found}
    measured = [gains[dataset] for dataset, outcome in outcomes.items() if outcome in COUNTED]
    mean, low, high = _mean(measured, min(alpha for _, _, alpha in found))
    model, size, metric, label, reference = key
    return Across(
        model=str(model),
        train_size=size if isinstance(size, int) else None,
        metric=str(metric),
        arm=str(label),
        family=arm.family,
        magnitude=arm.magnitude,
        ratio=arm.ratio,
        balance=arm.balance,
        reference=str(reference),
        **{name: counts[outcome] for outcome, name in COUNTED.items()},
        not_applicable=counts["not_applicable"],
        failed=counts["failed"],
        mean_gain=mean,
        low=low,
        high=high,
        note=_note(len(measured)),
        outcomes=outcomes,
        gains=gains,
    )


def _outcome(found: Comparison, arm: Arm) -> str:
    """The outcome, or "failed" where there is no number although the arm means something.

    Copies that gain have no verdict, since they hold nothing new; here they are what others are measured by, and win.
    """
    known = math.isfinite(found.mean_diff)
    if found.outcome == "not_applicable":
        return "helps" if known and arm.augmenter.name == "duplicate" else "not_applicable"
    return found.outcome if known else "failed"


def _mean(gains: Sequence[float], alpha: float) -> tuple[float, float, float]:
    """Mean and its interval by Student's t; (nan, -inf, inf) of nothing."""
    if not gains:
        return math.nan, -math.inf, math.inf
    mean = float(np.mean(gains))
    if len(gains) < LEAST_DATASETS:
        return mean, -math.inf, math.inf
    half = float(stats.t.isf(alpha / 2, len(gains) - 1) * np.std(gains, ddof=1) / math.sqrt(len(gains)))
    return mean, mean - half, mean + half


def _note(measured: int) -> str:
    if measured >= LEAST_DATASETS:
        return ""
    if not measured:
        return "no dataset has a number"
    many = "1 dataset has" if measured == 1 else f"{measured} datasets have"
    return f"{many} a number: no interval over fewer than {LEAST_DATASETS}"

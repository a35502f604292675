"""Cells into arms: what was measured of each dataset × model × train size × arm, with examples and costs."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from augeval.report import made, reliability
from augeval.results import CellResult
from augeval.types import CONTROLS, Arm, Cell, Json

__all__ = ["Where", "arm_entries", "cost_entry", "group", "order_of", "sample_entries"]

SAMPLES_PER_ARM = 8
SAMPLES = 1200  # in the whole summary; the rest is counted
SAMPLE_CHARACTERS = 200_000  # of one example: a larger picture or text is left out

Where = tuple[str, str, int | None, str]  # dataset, model, train size, arm
Order = Callable[[str, str, int | None], tuple[Any, ...]]


def order_of(studies: Sequence[Mapping[str, Any]]) -> Order:
    """The order in which the experiment lists datasets, models and train sizes; unknown names last, by name."""
    datasets = _places(study["dataset"]["name"] for study in studies)
    models = _places(model for study in studies for model in study["models"])

    def order(dataset: str, model: str, train_size: int | None) -> tuple[Any, ...]:
        amount = math.inf if train_size is None else train_size
        return datasets.get(dataset, len(datasets)), dataset, models.get(model, len(models)), model, amount

    return order


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def group(results: Iterable[CellResult], order: Order) -> dict[Where, list[CellResult]]:
    """The cells of each arm by seed; the baseline first, then controls, then families by dose."""
    groups: dict[Where, list[CellResult]] = defaultdict(list)
    for result in sorted(results, key=lambda result: (result.cell.seed, result.key)):
        groups[_where(result.cell)].append(result)

    def rank(where: Where) -> tuple[Any, ...]:
        dataset, model, train_size, _ = where
        return (*order(dataset, model, train_size), *arm_rank(groups[where][0].cell.arm))

    return {where: groups[where] for where in sorted(groups, key=rank)}


def arm_rank(arm: Arm) -> tuple[Any, ...]:
    """Baseline, controls, then families by name; doses ascending."""
    doses = [-math.inf if dose is None else dose for dose in (arm.magnitude, arm.ratio, arm.balance)]
    return (arm.augmenter.name != "none", arm.augmenter.name not in CONTROLS, arm.family, *doses)


def _where(cell: Cell) -> Where:
    arm = f"{cell.arm.label}, labels permuted" if cell.is_sentinel else cell.arm.label
    return cell.dataset["name"], cell.model.label, cell.train_size, arm


def arm_entries(groups: Mapping[Where, Sequence[CellResult]]) -> list[dict[str, Json]]:
    """One entry per arm: labels, how many seeds, mean and spread of every metric, drift, rows."""
    return [_arm_entry(where, cells) for where, cells in groups.items()]


def _arm_entry(where: Where, cells: Sequence[CellResult]) -> dict[str, Json]:
    cell, arm = cells[0].cell, cells[0].cell.arm
    states = [result.status for result in cells]
    ok = [result for result in cells if result.status == "ok"]
    scores = {name: _score(ok, name) for name in cell.metrics if any(name in result.scores for result in ok)}
    counts, is_control = _means([_per_training_set(result) for result in ok]), arm.augmenter.name in CONTROLS
    return {
        **dict(zip(("dataset", "model", "train_size", "arm"), where, strict=True)),
        "family": arm.family,
        "augmenter": arm.augmenter.name,
        "params": dict(arm.augmenter.params),
        "magnitude": arm.magnitude,
        "ratio": arm.ratio,
        "balance": arm.balance,
        "scope": arm.scope if isinstance(arm.scope, str) else list(arm.scope),
        "targets": dict(arm.targets),
        "keep_if": dict(arm.keep_if),
        "when": arm.when,
        "is_control": is_control and arm.augmenter.name != "none",
        "design": cell.design,
        "draws": cell.draws,
        "n_seeds": len(cells),
        "n_ok": len(ok),
        "n_failed": states.count("failed"),
        "n_not_applicable": states.count("not_applicable"),
        "reason": _reason(cells, scores),
        "scores": scores,
        "drift": _means([result.drift for result in ok]),
        "counts": counts,
        "reliability": reliability.pooled(ok),
        **made.of_arm(counts, arm.ratio, is_control=is_control),
    }


def _score(ok: Sequence[CellResult], metric: str) -> dict[str, Json]:
    """Mean and sample standard deviation over the seeds that have the metric; null where there is none."""
    per_seed = [[result.cell.seed, finite(result.scores.get(metric))] for result in ok]
    known = [value for _, value in per_seed if value is not None]
    return {
        "mean": math.fsum(known) / len(known) if known else None,
        "sd": statistics.stdev(known) if len(known) > 1 else None,
        "per_seed": per_seed,
    }


def finite(value: float | None) -> float | None:
    """The number, or None for nan and infinities."""
    return float(value) if value is not None and math.isfinite(value) else None


def _means(values: Sequence[Mapping[str, float]]) -> dict[str, Json]:
    """name -> mean over the cells that have it; names that no cell has are left out."""
    means = {}
    for name in sorted({name for value in values for name in value}):
        known = [v for v in (finite(value.get(name)) for value in values) if v is not None]
        if known:
            means[name] = math.fsum(known) / len(known)
    return means


def _per_training_set(result: CellResult) -> dict[str, float]:
    """Counts of one training set: those of made rows are sums over the draws that the cell fitted."""
    draws = result.cell.draws if result.cell.design == "crossed" else 1
    return {name: n / (1 if name in ("train", "test") else draws) for name, n in result.counts.items()}


def _reason(cells: Sequence[CellResult], scores: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Why seeds or numbers are missing, or None if none is."""
    said = []
    for status, word in (("failed", "failed"), ("not_applicable", "not applicable")):
        texts = [_error(result) for result in cells if result.status == status]
        for text in sorted(set(texts)):
            said.append(f"{texts.count(text)} of {len(cells)} seeds {word}: {text.rstrip('.')}")
    for name, entry in scores.items():
        missing = [str(seed) for seed, value in entry["per_seed"] if value is None]
        if missing:
            said.append(f"{name} is undefined on seed{'s' * (len(missing) > 1)} {', '.join(missing)}")
    return "; ".join(said) or None


def _error(result: CellResult) -> str:
    text = result.error or "no reason was given"
    return f"{result.error_type}: {text}" if result.status == "failed" and result.error_type else text


def sample_entries(groups: Mapping[Where, Sequence[CellResult]], order: Order) -> tuple[list[dict[str, Json]], int]:
    """Original → augmented rows of every arm that makes new ones, the worst drift of a dataset first.

    Models that were trained on the same rows share them.

    Returns:
        The entries, and how many were left out.
    """
    per_arm: dict[tuple[Any, ...], dict[str, dict[str, Json]]] = defaultdict(dict)
    left_out = 0
    for (dataset, _, train_size, arm), cells in groups.items():
        for result in cells:
            for sample in result.samples if result.cell.arm.augmenter.name not in CONTROLS else ():
                if _length(sample) > SAMPLE_CHARACTERS:
                    left_out += 1
                    continue
                entry = _sample(result, sample)
                per_arm[dataset, train_size, arm].setdefault(repr((sample["parent"], sample["child"])), entry)
    kept = [entry for entries in per_arm.values() for entry in _some(list(entries.values()))]
    left_out += sum(map(len, per_arm.values())) - len(kept)
    kept.sort(key=lambda entry: (*order(entry["dataset"], "", None)[:2], *_worst_first(entry)))
    return kept[:SAMPLES], left_out + max(0, len(kept) - SAMPLES)


def _sample(result: CellResult, sample: Mapping[str, Json]) -> dict[str, Json]:
    cell = result.cell
    return {
        "dataset": cell.dataset["name"],
        "train_size": cell.train_size,
        "arm": cell.arm.label,
        "family": cell.arm.family,
        "seed": cell.seed,
        **{name: sample.get(name) for name in ("kind", "drift", "label", "parent", "child")},
    }


def _length(sample: Mapping[str, Json]) -> int:
    return len(str(sample.get("parent"))) + len(str(sample.get("child")))


def _some(entries: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """At most `SAMPLES_PER_ARM`: the worst half, and as many that were drawn at random."""
    entries.sort(key=_worst_first)
    random = [entry for entry in entries if entry["kind"] == "random"]
    worst = [entry for entry in entries if entry["kind"] != "random"]
    kept = worst[: max(SAMPLES_PER_ARM // 2, SAMPLES_PER_ARM - len(random))]
    return kept + random[: SAMPLES_PER_ARM - len(kept)]


def _worst_first(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    drift = math.inf if entry["drift"] is None else -entry["drift"]
    size = math.inf if entry["train_size"] is None else entry["train_size"]
    return (drift, size, entry["arm"], entry["seed"], str(entry["kind"]), repr((entry["parent"], entry["child"])))


def cost_entry(groups: Mapping[Where, Sequence[CellResult]]) -> dict[str, Json]:
    """Cells by status, and process seconds by stage and by arm."""
    cells = [result for results in groups.values() for result in results]
    states = [result.status for result in cells]
    stages = sorted({stage for result in cells for stage in result.seconds})
    by_stage = {stage: _seconds(result.seconds.get(stage) for result in cells) for stage in stages}
    names = ("dataset", "model", "train_size", "arm")
    by_arm = [
        {**dict(zip(names, where, strict=True)), "seconds": _seconds(s for r in results for s in r.seconds.values())}
        for where, results in groups.items()
    ]
    return {
        "cells": len(cells),
        **{status: states.count(status) for status in ("ok", "failed", "not_applicable")},
        "seconds_by_stage": by_stage,
        "by_arm": by_arm,
    }


def _seconds(values: Iterable[float | None]) -> float:
    return round(math.fsum(v for v in map(finite, values) if v is not None), 3)

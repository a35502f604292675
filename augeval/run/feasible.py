"""Whether every seed's training rows are what an arm can start from, found before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.apply import check_arm
from augeval.config import Study
from augeval.data import splits
from augeval.data.filled import filled_from
from augeval.errors import DataError, InputError, NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.run.measured import needs_folds
from augeval.types import Arm, Dataset, Spec

__all__ = ["check_feasible"]

Rows = NDArray[np.int64]
NONE = Arm(Spec("none"))


def check_feasible(
    study: Study,
    dataset: Dataset,
    settings: Mapping[str, Any],
    plugin_of: Callable[[Arm], AugmenterPlugin],
    *,
    confirms: bool,
) -> tuple[str, ...]:
    """Refuse arms that some seeds could start from and others not: what is left would not be comparable.

    An arm that no seed of a train size can start from is run, and is not applicable there, with its reason. Where
    scores are treated, an arm must be able to start from the rows without each inner fold as well, and every class
    must have rows to fit there.

    Args:
        settings: how the rows are divided, as `row_settings` gives it. plugin_of: the augmenter of an arm.
        confirms: whether as many fresh seeds may measure a choice again.

    Returns:
        A sentence for each arm and train size that will not be applicable at any seed.

    Raises:
        InputError: names the arm, the seeds, the class with its rows, and what to do; or the class that inner folds
            part badly.
    """
    named = (study.metrics.primary, *study.metrics.also)
    arms = [(arm, plugin) for arm in study.arms if (plugin := plugin_of(arm)).check is not None]
    inner = needs_folds(named, plugin_of(NONE))  # of every arm, not only of one that moves the cut
    folds = inner or any(plugin_of(arm).decides for arm in study.arms)
    if not arms and not folds:
        return ()
    never = []
    for size in study.train_sizes:
        reasons: dict[str, dict[int, str]] = {arm.label: {} for arm, _ in arms}
        seeds = 0
        for seed, rows in _trained_on(study, dataset, settings, size, confirms):
            seeds += 1
            fold = _inner_folds(dataset, rows, seed) if folds else np.zeros(0, np.int64)
            for arm, plugin in arms:
                if reason := _refused(arm, plugin, dataset, rows, fold if inner else None, study.impute):
                    reasons[arm.label][seed] = reason
        for label, found in reasons.items():
            if 0 < len(found) < seeds:
                raise InputError(_said(label, dataset.name, size, found, seeds))
            if found:
                why = next(iter(found.values()))
                never.append(f"{label} on {dataset.name} ({_rows(size)}) is not applicable: {why}")
    return tuple(never)


def _trained_on(
    study: Study, dataset: Dataset, settings: Mapping[str, Any], size: int | None, confirms: bool
) -> Iterator[tuple[int, Rows]]:
    """The training rows of each seed; of those that confirm too, where seeds share their rows."""
    rows = dict(settings)
    chunk = rows.pop("disjoint", 0)
    for seed in range(study.seeds * (2 if confirms and not chunk else 1)):
        split = splits.split(dataset, seed=seed, **rows)
        yield seed, splits.subset(dataset, split.train, size, seed=seed, chunk=chunk)


def _inner_folds(dataset: Dataset, rows: Rows, seed: int) -> Rows:
    try:
        return splits.inner_folds(dataset, rows, seed=seed)
    except DataError as error:
        raise InputError(
            f"Tuned cuts and recalibration take scores of training rows out of fold, and {error}. Measure without "
            "@tuned, @recalibrated and tuned_threshold, take larger train_sizes, or merge the class with another."
        ) from error


def _refused(
    arm: Arm, plugin: AugmenterPlugin, dataset: Dataset, rows: Rows, fold: Rows | None, impute: str | None
) -> str:
    """Why the arm cannot start from these rows, or from those without one of their inner folds; "" if it can."""
    parts = [("", rows)]
    if fold is not None:
        parts += [(f"Without inner fold {f + 1} of {splits.FOLDS}: ", rows[fold != f]) for f in range(splits.FOLDS)]
    for where, part in parts:
        try:
            check_arm(arm, plugin, filled_from(impute, dataset, part).examples.take(part), dataset)
        except NotApplicable as reason:
            return f"{where}{reason}"
    return ""


def _said(label: str, dataset: str, size: int | None, found: Mapping[int, str], seeds: int) -> str:
    first, reason = next(iter(found.items()))
    return (
        f"The arm {label} on {dataset} cannot start from the training rows of {len(found)} of {seeds} seeds "
        f"({_rows(size)}; first: seed {first}), and seeds that are left would not be all. {reason}"
    )


def _rows(size: int | None) -> str:
    return "all training rows" if size is None else f"{size} training rows"

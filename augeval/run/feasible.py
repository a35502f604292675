"""Whether every seed's training rows are what an arm can start from, found before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from augeval.augment.apply import check_arm
from augeval.config import Study
from augeval.data import splits
from augeval.errors import InputError, NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.types import Arm, Dataset, Examples

__all__ = ["check_feasible"]


def check_feasible(
    study: Study,
    dataset: Dataset,
    settings: Mapping[str, Any],
    plugin_of: Callable[[Arm], AugmenterPlugin],
    *,
    confirms: bool,
) -> None:
    """Refuse arms that some seeds could start from and others not: what is left would not be comparable.

    An arm that no seed of a train size can start from is run, and is not applicable there, with its reason.

    Args:
        settings: how the rows are divided, as `row_settings` gives it. plugin_of: the augmenter of an arm.
        confirms: whether as many fresh seeds may measure a choice again.

    Raises:
        InputError: names the arm, the seeds, the class with its rows, and what to do.
    """
    arms = [(arm, plugin) for arm in study.arms if (plugin := plugin_of(arm)).check is not None]
    if not arms:
        return
    for size in study.train_sizes:
        reasons: dict[str, dict[int, str]] = {arm.label: {} for arm, _ in arms}
        seeds = 0
        for seed, train in _trained_on(study, dataset, settings, size, confirms):
            seeds += 1
            for arm, plugin in arms:
                if reason := _refused(arm, plugin, train, dataset):
                    reasons[arm.label][seed] = reason
        for label, found in reasons.items():
            if 0 < len(found) < seeds:
                raise InputError(_said(label, dataset.name, size, found, seeds))


def _trained_on(
    study: Study, dataset: Dataset, settings: Mapping[str, Any], size: int | None, confirms: bool
) -> Iterator[tuple[int, Examples]]:
    """The training rows of each seed; of those that confirm too, where seeds share their rows."""
    rows = dict(settings)
    chunk = rows.pop("disjoint", 0)
    for seed in range(study.seeds * (2 if confirms and not chunk else 1)):
        split = splits.split(dataset, seed=seed, **rows)
        yield seed, dataset.examples.take(splits.subset(dataset, split.train, size, seed=seed, chunk=chunk))


def _refused(arm: Arm, plugin: AugmenterPlugin, train: Examples, dataset: Dataset) -> str:
    try:
        check_arm(arm, plugin, train, dataset)
    except NotApplicable as reason:
        return str(reason)
    return ""


def _said(label: str, dataset: str, size: int | None, found: Mapping[int, str], seeds: int) -> str:
    first, reason = next(iter(found.items()))
    where = "all training rows" if size is None else f"{size} training rows"
    return (
        f"The arm {label} on {dataset} cannot start from the training rows of {len(found)} of {seeds} seeds ({where}; "
        f"first: seed {first}), and seeds that are left would not be all. {reason}"
    )

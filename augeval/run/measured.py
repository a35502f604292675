"""The metrics of a study, told of its classes and costs, and what a report must know of each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from augeval import registry
from augeval.config import Study
from augeval.errors import InputError
from augeval.extend import AugmenterPlugin, MetricPlugin
from augeval.told import OUT_OF_FOLD, Costs, settled, treatment_of
from augeval.types import Arm, Dataset, Json

__all__ = ["about", "metrics_of", "needs_folds", "tuned_for"]


def metrics_of(study: Study, dataset: Dataset, *, allow_code: bool) -> dict[str, MetricPlugin]:
    """The study's metrics by name, the primary one first.

    Raises:
        InputError: one names no class of the rows; costs that do not fit them, or that no metric uses.
    """
    given = study.metrics
    named = {name: registry.get("metric", name, allow_code=allow_code) for name in (given.primary, *given.also)}
    if given.costs is not None and all(plugin.needs != "costs" for plugin in named.values()):
        raise InputError("metrics.costs are given and no metric uses them. Add cost to metrics.also, or remove them.")
    return {name: settled(plugin, dataset, given.costs) for name, plugin in named.items()}


def needs_folds(metrics: Iterable[str], augmenter: AugmenterPlugin) -> bool:
    """Whether cells of these metrics and this arm need scores of their training rows, out of fold."""
    return augmenter.decides or any(treatment_of(name) in OUT_OF_FOLD for name in metrics)


def tuned_for(
    arm: Arm, augmenter: AugmenterPlugin, dataset: Dataset, costs: Costs | None, *, allow_code: bool
) -> MetricPlugin | None:
    """The metric that an arm moves the cut for, told of the dataset's classes; None where it leaves the cut alone.

    Raises:
        InputError: it reads no predicted classes, or what `settled` raises.
    """
    name = augmenter.tunes_for(arm.augmenter.params)
    if name is None:
        return None
    plugin: MetricPlugin = registry.get("metric", name, allow_code=allow_code)
    if plugin.treatment or plugin.reads != "classes":
        raise InputError(
            f"The arm {arm.label} moves the cut between classes to where '{name}' is best, and no cut changes that. "
            "Wanted: a metric that reads predicted classes, such as balanced_accuracy."
        )
    return settled(plugin, dataset, costs)


def about(plugin: MetricPlugin, dataset: Dataset) -> dict[str, Json]:
    """What a report needs of a metric to show its values and differences.

    Returns:
        bounds (None for infinite), higher_is_better, reads; treatment, where the metric has one; and chance, what
        guessing gives on the rows that may be held out, where that depends on how many there are of each class.
    """
    bounds = [bound if np.isfinite(bound) else None for bound in plugin.bounds]
    said = {"bounds": bounds, "higher_is_better": plugin.higher_is_better, "reads": plugin.reads}
    if plugin.treatment:
        said["treatment"] = plugin.treatment
    if plugin.chance is None or not dataset.classes:
        return said
    held_out = dataset.test_rows if dataset.test_rows is not None else slice(None)
    counts = np.bincount(dataset.examples.y[held_out], minlength=dataset.n_classes)
    return {**said, "chance": plugin.chance(counts)}

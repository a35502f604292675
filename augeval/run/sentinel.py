"""The sentinel: a few cells whose labels are permuted before the split, where no arm may find a signal.

Everything else is the usual path. An arm that still tells held-out classes apart got them from somewhere else than its
training rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from augeval import registry
from augeval.config import Metrics, Study
from augeval.data import splits
from augeval.errors import DataError, InputError
from augeval.extend import ModelPlugin
from augeval.run.plan import Tile, design_of, tiles
from augeval.run.recipe import Recipe, augmenter_of
from augeval.told import treatment_of
from augeval.types import Arm, Cell, Dataset, Json, Spec

__all__ = ["IMBALANCED", "METRIC", "SEEDS", "Watch", "once", "watch"]

SEEDS = 5  # with fewer than 3 nothing is known of how much training runs differ
METRIC = "roc_auc"  # chance is .5 whatever the classes' shares and whatever the cut
IMBALANCED = 0.5  # smallest class / largest class
BY_DEFAULT = ("class_weight", "tuned_threshold")  # arms of an experiment about imbalance
TABLES = "hist_gradient_boosting"
REMEMBERED = ("disjoint", "confirm", "part")  # of how rows are divided: all held-out rows are tested


@dataclass(frozen=True)
class Watch:
    """What a study's sentinel computes.

    Args:
        tiles: its cells; () where there is none. note: what a reader should know of it, or why there is none.
    """

    tiles: tuple[Tile, ...] = ()
    note: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All of them."""
        return tuple(cell for tile in self.tiles for cell in tile.cells)

    @property
    def keys(self) -> frozenset[str]:
        """Of its cells."""
        return frozenset(cell.key for cell in self.cells)


def watch(number: int, study: Study, dataset: Dataset, rows: Mapping[str, Json], judge: str | None) -> Watch:
    """The sentinel of a study: one flexible model, the baseline, and the largest dose of each family.

    Args:
        number: of the study. rows: how they are divided, as `row_settings` gives it. judge: encoder of the drift, for
            arms that filter by it.

    Raises:
        InputError: the experiment says sentinel: true, and these rows cannot have one.
    """
    if not _wanted(study, dataset):
        return Watch()
    settings = {name: value for name, value in rows.items() if name not in REMEMBERED}
    size = None if None in study.train_sizes else max(s for s in study.train_sizes if s is not None)
    why_not = _why_not(dataset, settings, size)
    if why_not and study.sentinel is True:
        raise InputError(f"The experiment says sentinel: true, but {why_not}. Say sentinel: false.")
    if why_not:
        return Watch(note=f"No sentinel: {why_not}.")
    model, note = _model(study, dataset)
    asked = replace(study, metrics=Metrics(primary=METRIC, also=[]), examples=0)
    planned = []
    for arm in _arms(study):
        judged = judge if arm.keep_if else None
        recipe = {**Recipe(asked, settings, judged, allow_code=True)(model, arm), "labels": "permuted"}
        plugins = registry.get("model", model.name, allow_code=True), augmenter_of(arm, True)
        design, draws = design_of(*plugins, "seeds", params=arm.augmenter.params)
        named = {"name": dataset.name, "fingerprint": dataset.fingerprint}
        planned += [Cell(named, model, arm, s, size, (METRIC,), design, draws, recipe) for s in range(SEEDS)]
    return Watch(tuple(tiles(number, planned)), note)


def once(watches: Iterable[Watch]) -> list[Watch]:
    """Each cell in the first study that has it: two studies of one dataset may watch the same arm with one model."""
    seen, made = set[str](), []
    for one in watches:
        made.append(replace(one, tiles=tuple(tile for tile in one.tiles if tile.cells[0].key not in seen)))
        seen |= one.keys
    return made


def _wanted(study: Study, dataset: Dataset) -> bool:
    if study.sentinel != "auto":
        return study.sentinel
    counts = np.bincount(dataset.examples.y) if dataset.classes else np.ones(1)
    imbalanced = counts.min() < IMBALANCED * counts.max()
    treated = any(treatment_of(name) for name in (study.metrics.primary, *study.metrics.also))
    return bool(imbalanced) and (treated or any(arm.augmenter.name in BY_DEFAULT for arm in study.arms))


def _why_not(dataset: Dataset, settings: Mapping[str, Any], size: int | None) -> str:
    """Why these rows cannot have a sentinel, as a clause; "" if they can."""
    if not dataset.classes:
        return f"the rows of '{dataset.name}' have no classes, so there are no labels to permute"
    dealt = registry.builtin_function("augeval.data.permuted:permuted")(dataset)
    try:
        for seed in range(SEEDS):
            splits.subset(dealt, splits.split(dealt, seed=seed, **settings).train, size, seed=seed)
    except (DataError, InputError) as error:
        return f"the rows cannot be split once their labels are permuted ({str(error).rstrip('.')})"
    return ""


def _model(study: Study, dataset: Dataset) -> tuple[Spec, str]:
    """The model that looks for a signal, and what a reader should know of it."""
    plugins: dict[str, ModelPlugin] = {m.label: registry.get("model", m.name, allow_code=True) for m in study.models}
    flexible = [model for model in study.models if plugins[model.label].flexible]
    if flexible:
        return flexible[0], ""
    if dataset.modality == "tabular":
        return Spec(TABLES), ""
    first = study.models[0]
    return first, f"{first.label} is not known to learn single rows by heart, so it may miss a leak."


def _arms(study: Study) -> list[Arm]:
    """No augmentation, and the largest dose of each family whose rows follow from the labels."""
    none, largest = Arm(Spec("none")), dict[str, Arm]()
    for arm in study.arms:
        plugin = augmenter_of(arm, True)
        # Rows that are the same for every seed were made for the labels that are: a file, the replies of a server.
        if plugin.form == "none" or plugin.one_draw:
            continue
        kept = largest.setdefault(arm.family, arm)
        largest[arm.family] = max(kept, arm, key=_dose)
    return [none, *largest.values()]


def _dose(arm: Arm) -> tuple[float, ...]:
    """The more rows, the larger; then the stronger."""
    return tuple(-inf if dose is None else dose for dose in (arm.balance, arm.ratio, arm.magnitude))

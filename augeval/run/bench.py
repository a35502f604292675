"""What every cell of a tile shares, found by the names that the cells hold: rows, model, augmenter, metrics, judge."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from augeval import registry
from augeval.errors import ContractError
from augeval.experiment.arms import refuse_params
from augeval.experiment.nouns import DatasetRef
from augeval.extend import AugmenterPlugin, MetricPlugin, ModelPlugin
from augeval.run.measured import tuned_for
from augeval.told import settled
from augeval.types import Cell, Dataset, Encoder, Json, TrainingSet

__all__ = ["Bench", "bench_for", "judge_for", "load_dataset"]


@dataclass(frozen=True)
class Bench:
    """What every cell of a tile shares: the rows, the model, the arm, and how they are looked at.

    Args:
        dataset: all rows. model, augmenter: the plug-ins that the cells name.
        judge: encoder of the drift, given the training rows; None leaves drift unmeasured.
        text_encoder: for augmenters that ask for one; None if none is installed.
        folder: that paths of arms start from; None for the current folder.
        account: on which what rows cost is counted.
        metrics: plug-ins by name.
        decides: the metric that the arm moves the cut for; None where it leaves the cut alone.
    """

    dataset: Dataset
    model: ModelPlugin
    augmenter: AugmenterPlugin
    metrics: Mapping[str, Any]  # MetricPlugin; registry.get returns Any
    judge: Callable[[TrainingSet], Encoder] | None = None
    text_encoder: Encoder | None = None
    folder: str | None = None
    account: str = ""
    decides: MetricPlugin | None = None


@lru_cache(maxsize=4)
def load_dataset(source: str, allow_code: bool) -> Dataset:
    """The dataset that a study's `dataset` entry describes, loaded once a process.

    Args:
        source: JSON; {"name": …, **params} is asked of the registry, a description of files of `data.files`.
        allow_code: whether a dotted name may run project code.
    """
    value = {key: entry for key, entry in json.loads(source).items() if entry is not None}
    if DatasetRef(value).is_named:
        name = value.pop("name")
        plugin = registry.get("dataset", name, allow_code=allow_code)
        refuse_params("dataset", plugin, value)
        loaded = plugin.fn(**value)
        if not isinstance(loaded, Dataset):
            raise ContractError(f"The dataset '{name}' returned {type(loaded).__name__}, wanted augeval.Dataset.")
        return _with_fingerprint(replace(loaded, name=name))
    load: Callable[[Mapping[str, Json]], Dataset] = registry.builtin_function("augeval.data.files:load")
    return _with_fingerprint(load(value))


def bench_for(cell: Cell, dataset: Dataset, *, allow_code: bool, folder: str | None = None) -> Bench:
    """Look up everything that the cells like this one name."""
    judge = cell.recipe.get("judge")
    augmenter = registry.get("augmenter", cell.arm.augmenter.name, allow_code=allow_code)
    encoder = None
    if augmenter.wants("encoder") and cell.recipe.get("text_encoder"):
        encoder = registry.builtin_function("augeval.models.encoders:text_encoder")(cell.recipe["text_encoder"])
    metrics = {name: registry.get("metric", name, allow_code=allow_code) for name in cell.metrics}
    if cell.is_sentinel:
        dataset = registry.builtin_function("augeval.data.permuted:permuted")(dataset)
    return Bench(
        dataset=dataset,
        model=registry.get("model", cell.model.name, allow_code=allow_code),
        augmenter=augmenter,
        metrics={name: settled(metric, dataset, cell.recipe.get("costs")) for name, metric in metrics.items()},
        judge=None if judge is None else judge_for(judge, dataset),
        text_encoder=encoder,
        folder=folder,
        decides=tuned_for(cell.arm, augmenter, dataset, cell.recipe.get("costs"), allow_code=allow_code),
    )


def judge_for(name: str, dataset: Dataset) -> Callable[[TrainingSet], Encoder]:
    """The encoder of drift, given the training rows: "pixels", "standardised", or a text encoder's name."""
    if name == "pixels":
        pixels: Encoder = registry.builtin_function("augeval.models.encoders:pixels")
        return lambda training: pixels
    if name == "standardised":
        standardiser = registry.builtin_function("augeval.models.encoders:standardiser")
        return lambda training: standardiser(dataset.columns, training.real.x)
    encoder: Encoder = registry.builtin_function("augeval.models.encoders:text_encoder")(name)
    return lambda training: encoder


def _with_fingerprint(dataset: Dataset) -> Dataset:
    if dataset.fingerprint:
        return dataset
    from augeval.fingerprints import content_fingerprint

    return replace(dataset, fingerprint=content_fingerprint(dataset.examples, list(dataset.classes)))

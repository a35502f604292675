"""Decorators that lift a function to the batch form that the runner uses.

A plug-in is a function. `@augmenter` and `@model` take the plain form (one row; one training set); `@set_augmenter`
and `@batch_model` take the full one. What comes back still answers a plain call, so a plug-in is tested as the
function it is. The laws that each kind must obey are in `augeval.laws`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from augeval.errors import InputError
from augeval.plugins import MODALITIES, AugmenterPlugin, DatasetPlugin, MetricPlugin, ModelPlugin, Plugin, Space
from augeval.types import Dataset, Modality, Predictor, TrainingSet

__all__ = [
    "MODALITIES",
    "AugmenterPlugin",
    "DatasetPlugin",
    "MetricPlugin",
    "ModelPlugin",
    "Plugin",
    "Space",
    "augmenter",
    "batch_model",
    "dataset",
    "metric",
    "model",
    "set_augmenter",
]


def augmenter(
    modality: Modality | Iterable[Modality],
    *,
    unit: str = "its own unit",
    magnitudes: tuple[float, float] | None = None,
    default_magnitude: float | None = None,
    batch: bool = False,
    **about: Any,  # fields of AugmenterPlugin, checked by its constructor
) -> Callable[[Callable[..., Any]], AugmenterPlugin]:
    """A function of one row, `fn(row, *, magnitude, rng)`, as an augmenter.

    Each (source row, copy, draw) has a generator of its own, so doses nest and copies are made once for all seeds.

    Args:
        modality: what it takes: "text" (str), "image" ((h, w, c) uint8), "tabular" ((d,) float64).
        unit: of the magnitude; "" if the function takes none.
        magnitudes: usual range, for `augeval list`; default_magnitude is used where an arm gives none.
        batch: the function takes lists instead, `fn(rows, *, magnitude, rngs)`; each row must still be a function
            of the row and its own generator. One that takes `row_keys` draws from (n,) keys, which is much faster.
        about: source, semantics, one_draw, most, name.
    """

    def lift(fn: Callable[..., Any]) -> AugmenterPlugin:
        _require(fn, ("magnitude", _source_of_chance(fn) if batch else "rng"))
        lifted = fn if batch else _each_row(fn)
        fields = {"name": fn.__name__, **about}
        return AugmenterPlugin(
            fn=lifted, modalities=_modalities(modality), form="row", unit=unit, magnitudes=magnitudes,
            default_magnitude=default_magnitude, plain=fn, **fields,
        )  # fmt: skip

    return lift


def set_augmenter(
    modality: Modality | Iterable[Modality], *, unit: str = "", **about: Any
) -> Callable[[Callable[..., Any]], AugmenterPlugin]:
    """A function of the whole training set, `fn(train, quota, *, magnitude, rng) -> Examples` (SMOTE, mixup).

    `quota` maps a class to the rows wanted of it; more is refused, fewer is recorded. A larger quota must start
    with the rows of a smaller one. Rows must name their parents by `train.ids`.
    """

    def lift(fn: Callable[..., Any]) -> AugmenterPlugin:
        _require(fn, ("rng",))
        fields = {"name": fn.__name__, "form": "set", **about}
        return AugmenterPlugin(fn=fn, modalities=_modalities(modality), unit=unit, **fields)

    return lift


def model(modality: Modality | Iterable[Modality], **about: Any) -> Callable[[Callable[..., Any]], ModelPlugin]:
    """A function of one training set, `fn(train, dataset, *, seed) -> predict`, as a model.

    `predict(x)` returns (n, k) probabilities or scores; `dataset` tells classes and columns and holds no row.
    """

    def lift(fn: Callable[..., Any]) -> ModelPlugin:
        _require(fn, ("seed",))
        return ModelPlugin(
            fn=_each_set(fn), modalities=_modalities(modality), plain=fn, **{"name": fn.__name__, **about}
        )

    return lift


def batch_model(modality: Modality | Iterable[Modality], **about: Any) -> Callable[[Callable[..., Any]], ModelPlugin]:
    """A function that fits many training sets together: `fn(trains, dataset, *, seeds) -> list of predictors`."""

    def lift(fn: Callable[..., Any]) -> ModelPlugin:
        _require(fn, ("seeds",))
        return ModelPlugin(fn=fn, modalities=_modalities(modality), **{"name": fn.__name__, **about})

    return lift


def metric(
    *, higher_is_better: bool = True, bounds: tuple[float, float] = (0.0, 1.0), **about: Any
) -> Callable[[Callable[..., Any]], MetricPlugin]:
    """A function of (n,) classes and (n, k) probabilities, `fn(y, scores) -> float`, as a metric."""

    def lift(fn: Callable[..., Any]) -> MetricPlugin:
        fields = {"name": fn.__name__, "modalities": MODALITIES, **about}
        return MetricPlugin(fn=fn, higher_is_better=higher_is_better, bounds=bounds, **fields)

    return lift


def dataset(modality: Modality, **about: Any) -> Callable[[Callable[..., Dataset]], DatasetPlugin]:
    """A function without required arguments that returns a `Dataset`, as a named dataset."""

    def lift(fn: Callable[..., Dataset]) -> DatasetPlugin:
        return DatasetPlugin(fn=fn, modalities=(modality,), **{"name": fn.__name__, **about})

    return lift


def _each_row(fn: Callable[..., Any]) -> Callable[..., list[Any]]:
    def batch(
        rows: Sequence[Any], *, magnitude: float | None, rngs: Sequence[np.random.Generator], **params: Any
    ) -> list[Any]:
        return [fn(row, magnitude=magnitude, rng=rng, **params) for row, rng in zip(rows, rngs, strict=True)]

    return _same_signature(batch, fn)


def _each_set(fn: Callable[..., Predictor]) -> Callable[..., list[Predictor]]:
    def batch(
        trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], **params: Any
    ) -> list[Predictor]:
        return [fn(train, dataset, seed=seed, **params) for train, seed in zip(trains, seeds, strict=True)]

    return _same_signature(batch, fn)


def _same_signature(batch: Callable[..., Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The batch form shows the plain form's parameters and docstring, so `params` and `describe` read either."""
    batch.__doc__ = fn.__doc__
    batch.__wrapped__ = fn  # type: ignore[attr-defined]  # what inspect.signature and inspect.unwrap follow
    return batch


def _source_of_chance(fn: Callable[..., Any]) -> str:
    return "row_keys" if "row_keys" in inspect.signature(fn).parameters else "rngs"


def _require(fn: Callable[..., Any], names: Sequence[str]) -> None:
    given: Mapping[str, inspect.Parameter] = inspect.signature(fn).parameters
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"{fn.__qualname__} must take {', '.join(f'{name}=' for name in missing)} as a keyword.")


def _modalities(modality: Modality | Iterable[Modality]) -> tuple[Modality, ...]:
    named: tuple[Any, ...] = (modality,) if isinstance(modality, str) else tuple(modality)
    wrong = [name for name in named if name not in MODALITIES]
    if wrong:
        raise InputError(f"No modality is called {wrong[0]!r}. Known: {', '.join(MODALITIES)}.")
    return named

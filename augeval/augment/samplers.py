"""Any object with fit_resample as an augmenter: imbalanced-learn's over-samplers, and the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import as_points, is_categorical, legacy_generator, nearest, require_neighbours
from augeval.errors import NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.lifting import dress, kind_of, settings_of
from augeval.types import Dataset, Examples

__all__ = ["from_sampler"]

SET_BY_HARNESS = ("random_state", "sampling_strategy")
REMOVES_ROWS = "removes rows; resampling that removes rows is not an arm of this release"


def from_sampler(name: str, found: object) -> AugmenterPlugin:
    """A class or object with `fit_resample` as an augmenter of tables and images.

    A class is made with the user's parameters, an object is cloned. The harness sets `sampling_strategy` to the rows
    wanted and `random_state` to a generator, where the sampler has them. Unknown samplers cannot be asked for the
    rest of a draw, so their doses do *not* nest: a larger quota draws anew. Images pass as float64 and are rounded
    and clipped back (unsigned differences would wrap around).

    Args:
        name: what the user called it.
        found: a class, or an object whose parameters are already set.

    Returns:
        A plug-in whose `params` are the constructor's. Its rows have parents (m, 1): the row that the sampler says
        it drew (`sample_indices_`), else the nearest training row of the same class. Called, it raises
        NotApplicable where the sampler removes rows, mixes category codes, or a class has too few rows.
    """
    kind = kind_of(found)
    build = _builder(found)

    def resample(
        train: Examples, quota: Mapping[int, int], *, rng: np.random.Generator, dataset: Dataset, **params: Any
    ) -> Examples:
        return _resample(name, build(params), train, quota, rng, dataset)

    dress(resample, found, SET_BY_HARNESS)
    return AugmenterPlugin(
        name=name,
        fn=resample,
        modalities=("tabular", "image"),
        source=f"{kind.__module__}.{kind.__name__}",
        form="set",
        settings=settings_of(found),
    )


def _builder(found: Any) -> Callable[[Mapping[str, Any]], Any]:  # anything with fit_resample
    def build(params: Mapping[str, Any]) -> Any:
        if inspect.isclass(found):
            return found(**params)
        from sklearn.base import clone

        sampler = clone(found, safe=False)
        return _set(sampler, params)

    return build


def _set(sampler: Any, params: Mapping[str, Any]) -> Any:
    if params and hasattr(sampler, "set_params"):
        return sampler.set_params(**params)
    for key, value in params.items():
        setattr(sampler, key, value)
    return sampler


def _resample(
    name: str, sampler: Any, train: Examples, quota: Mapping[int, int], rng: np.random.Generator, dataset: Dataset
) -> Examples:
    wanted = {int(c): int(rows) for c, rows in quota.items() if rows}
    _refuse(name, sampler, train, wanted, dataset)
    sampler = _directed(sampler, train, wanted, rng)
    flat = np.asarray(train.x.reshape(len(train), -1), np.float64)
    rows, labels = (np.asarray(part) for part in sampler.fit_resample(flat.copy(), train.y.copy()))
    n = len(train)
    if len(rows) < n or not np.array_equal(rows[:n], flat, equal_nan=True) or not np.array_equal(labels[:n], train.y):
        raise NotApplicable(f"{name} {REMOVES_ROWS}.")
    order = np.array([i for c in wanted for i in np.flatnonzero(labels[n:] == c)[: wanted[c]]], np.int64)
    made, y = np.asarray(rows[n:], np.float64)[order], labels[n:][order].astype(train.y.dtype)
    _refuse_new_codes(name, made, flat, dataset)
    drawn = getattr(sampler, "sample_indices_", None)
    if drawn is not None and len(drawn) == len(rows):
        parents = np.asarray(drawn, np.int64)[n:][order]
    else:
        parents = _nearest_of_class(made, y, flat, train.y, dataset)
    ids = train.ids[parents]
    return Examples(_as_before(made, train.x), y, ids, ids[:, None])


def _refuse(name: str, sampler: Any, train: Examples, wanted: Mapping[int, int], dataset: Dataset) -> None:
    if getattr(sampler, "_sampling_type", "") in ("under-sampling", "clean-sampling"):
        raise NotApplicable(f"{name} {REMOVES_ROWS}.")
    k = getattr(sampler, "k_neighbors", None)
    if not isinstance(k, int):
        return
    for c in wanted:
        rows = int((train.y == c).sum())
        label = dataset.classes[c] if c < len(dataset.classes) else str(c)
        remedy = f"Set k_neighbors: {rows - 1}, or take duplicate." if rows > 1 else "Take duplicate."
        require_neighbours(name, label, rows, k, remedy)


def _directed(sampler: Any, train: Examples, wanted: Mapping[int, int], rng: np.random.Generator) -> Any:
    """The sampler, told how many rows to make and what to draw from."""
    strategy = {c: int((train.y == c).sum()) + rows for c, rows in wanted.items()}
    values = {"sampling_strategy": strategy, "random_state": legacy_generator(rng)}
    return _set(sampler, {key: value for key, value in values.items() if hasattr(sampler, key)})


def _refuse_new_codes(name: str, made: NDArray[np.float64], real: NDArray[np.float64], dataset: Dataset) -> None:
    for column in np.flatnonzero(is_categorical(dataset.columns, real.shape[1])):
        known = np.isin(made[:, column], real[:, column]) | np.isnan(made[:, column])
        if not known.all():
            label = dataset.columns[column].name if dataset.columns else str(column)
            raise NotApplicable(
                f"{name} mixes the codes of the categorical column '{label}' into values that are no category. "
                "Take smote, which treats such columns as what they are."
            )


def _nearest_of_class(
    made: NDArray[np.float64], y: NDArray[Any], real: NDArray[np.float64], real_y: NDArray[Any], dataset: Dataset
) -> NDArray[np.int64]:
    parents = np.zeros(len(made), np.int64)
    categorical = is_categorical(dataset.columns, real.shape[1])
    for c in np.unique(y):
        members, rows = np.flatnonzero(real_y == c), np.flatnonzero(y == c)
        points, sources = made[rows], real[members]
        if dataset.columns is not None:  # pixels are of one unit as they are
            points, sources = (as_points(x, real, categorical) for x in (points, sources))
        parents[rows] = members[nearest(points, sources)]
    return parents


def _as_before(made: NDArray[np.float64], x: NDArray[Any]) -> NDArray[Any]:
    """The rows in the shape and type of x."""
    if x.dtype.kind in "ui":
        limits = np.iinfo(x.dtype)
        made = np.rint(made).clip(limits.min, limits.max)
    return made.reshape(len(made), *x.shape[1:]).astype(x.dtype)

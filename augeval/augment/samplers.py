"""Any object with fit_resample as an augmenter: imbalanced-learn's samplers, and the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.apart import Told, told_apart
from augeval.augment.neighbours import as_points, is_categorical, legacy_generator, nearest, require_neighbours
from augeval.augment.resampled import Resampled
from augeval.errors import NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.lifting import dress, kind_of, settings_of
from augeval.types import Dataset, Examples

__all__ = ["from_sampler"]

SUBSETS = ("under-sampling", "clean-sampling")  # imbalanced-learn's words for what leaves rows out and adds none
Fit = Callable[[Mapping[str, Any]], Any]


def from_sampler(name: str, found: object) -> AugmenterPlugin:
    """A class or object with `fit_resample` as an augmenter of tables and images.

    A class is made with the user's parameters, an object is cloned. The harness sets `sampling_strategy` to the rows
    wanted and `random_state` to a generator, where the sampler has them (a sampler that cleans by a rule of its own
    keeps its `sampling_strategy`). Unknown samplers cannot be asked for the rest of a draw, so their doses do *not*
    nest: a larger quota draws anew. Images pass as float64 and are rounded and clipped back (unsigned differences
    would wrap around), whole numbers in tables pass as floats and are not truncated. Real rows that the sampler does
    not hand back are left out.

    Args:
        name: what the user called it.
        found: a class, or an object whose parameters are already set.

    Returns:
        A plug-in whose `params` are the constructor's. Its rows have parents (m, 1): the row that the sampler says
        it drew (`sample_indices_`), else the nearest training row of the same class. Called, it raises
        NotApplicable where the sampler mixes category codes, a class has too few rows, or imbalanced-learn cannot make
        any row of a class, which it says in an error of its own or not at all.
    """
    kind, build = kind_of(found), _builder(found)
    sampling = getattr(kind, "_sampling_type", "")

    def resample(
        train: Examples, quota: Mapping[int, int], *, rng: np.random.Generator, dataset: Dataset, **params: Any
    ) -> Resampled:
        return _resample(name, build(params), train, quota, rng, dataset)

    def check(train: Examples, quota: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]) -> None:
        _refuse(name, build(params), train, quota, dataset)

    dress(resample, found, ("random_state",) if sampling == "clean-sampling" else ("random_state", "sampling_strategy"))
    return AugmenterPlugin(
        name=name,
        fn=resample,
        modalities=("tabular", "image"),
        in_vectors=("text",),
        source=f"{kind.__module__}.{kind.__name__}",
        form="subset" if sampling in SUBSETS else "set",
        settings=settings_of(found),
        nested=False,
        balances=sampling != "clean-sampling",
        check=None if sampling in SUBSETS else check,
    )


def _builder(found: Any) -> Fit:  # anything with fit_resample
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
) -> Resampled:
    subset = getattr(sampler, "_sampling_type", "") in SUBSETS
    wanted = {} if subset else {int(c): int(rows) for c, rows in quota.items() if rows}
    _refuse(name, sampler, train, wanted, dataset)
    targets = dict(quota) if subset else {c: int((train.y == c).sum()) + rows for c, rows in wanted.items()}
    sampler = _directed(sampler, targets, rng)
    flat = np.asarray(train.x.reshape(len(train), -1), np.float64)
    told = _asked(name, sampler, flat, train.y, [_name(dataset, c) for c in wanted])
    gone = np.bincount(train.y[told.left_out], minlength=int(train.y.max()) + 1)
    most = {c: wanted.get(c, 0) + int(gone[c]) for c in range(len(gone))}
    order = np.array([i for c in most for i in np.flatnonzero(told.y == c)[: most[c]]], np.int64)
    made, y = told.x[order], told.y[order].astype(train.y.dtype)
    _refuse_nothing(name, sampler, wanted, y, dataset, len(told.left_out))
    _refuse_new_codes(name, made, flat, dataset)
    known = told.parents[order]
    parents = np.where(known >= 0, known, _nearest_of_class(made, y, flat, train.y, dataset))
    ids = train.ids[parents]
    return Resampled(Examples(_as_before(made, train.x), y, ids, ids[:, None]), told.left_out)


def _asked(name: str, sampler: Any, flat: NDArray[np.float64], y: NDArray[Any], classes: Sequence[str]) -> Told:
    """The sampler's answer; what imbalanced-learn cannot do on these rows is no failure of theirs."""
    try:
        rows, labels = sampler.fit_resample(flat.copy(), y.copy())
    except (RuntimeError, ValueError) as error:
        if not type(sampler).__module__.startswith("imblearn."):
            raise
        asked = f" of {', '.join(repr(label) for label in classes)}" if classes else ""
        raise NotApplicable(f"{name} cannot resample these {len(y)} training rows{asked}: {error}") from error
    return told_apart(
        np.asarray(rows, np.float64), np.asarray(labels), getattr(sampler, "sample_indices_", None), flat, y
    )


def _refuse(name: str, sampler: Any, train: Examples, wanted: Mapping[int, int], dataset: Dataset) -> None:
    k, key = _neighbours_looked_at(sampler)
    for c, asked in wanted.items():
        rows = int((train.y == c).sum())
        if k is None or not asked or getattr(sampler, "_sampling_type", "") in SUBSETS:
            continue
        remedy = f"Set {key}: {rows - 1}, or take duplicate." if rows > 1 else "Take duplicate."
        require_neighbours(name, _name(dataset, c), rows, k, remedy)


def _neighbours_looked_at(sampler: Any) -> tuple[int | None, str]:
    """How many neighbours of its class a row must have, and the parameter that says so; None where that is unknown."""
    k, key = getattr(sampler, "k_neighbors", None), "k_neighbors"
    if hasattr(sampler, "smote") and type(sampler).__module__.startswith("imblearn."):  # SMOTEENN, SMOTETomek
        k, key = (5 if sampler.smote is None else getattr(sampler.smote, "k_neighbors", None)), "smote's k_neighbors"
    if type(sampler).__name__ == "ADASYN":
        k, key = getattr(sampler, "n_neighbors", None), "n_neighbors"
    return (k if isinstance(k, int) else None), key


def _refuse_nothing(
    name: str, sampler: Any, wanted: Mapping[int, int], y: NDArray[Any], dataset: Dataset, left_out: int
) -> None:
    """Rows that were asked for and of which none came, without a word: BorderlineSMOTE where no row is in danger."""
    empty = [c for c in wanted if not (y == c).any()]
    silent = type(sampler).__module__.startswith("imblearn.") or len(empty) == len(wanted)
    if empty and silent and not left_out:
        asked = ", ".join(f"{wanted[c]} of '{_name(dataset, c)}'" for c in empty)
        raise NotApplicable(
            f"{name} added none of the rows that were asked for ({asked}) and says nothing: it finds no row there that "
            "it starts from (BorderlineSMOTE: none is in danger). Take smote, or leave the class out of the scope."
        )


def _directed(sampler: Any, targets: Mapping[int, int], rng: np.random.Generator) -> Any:
    """The sampler, told how many rows of each class to come to and what to draw from."""
    values: dict[str, Any] = {"random_state": legacy_generator(rng)}
    if getattr(sampler, "_sampling_type", "") != "clean-sampling":
        values["sampling_strategy"] = dict(targets)
    return _set(sampler, {key: value for key, value in values.items() if hasattr(sampler, key)})


def _name(dataset: Dataset, c: int) -> str:
    return dataset.classes[c] if c < len(dataset.classes) else str(c)


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

"""Rows of tables: SMOTE and its kin, and noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import (
    as_points,
    is_categorical,
    legacy_generator,
    nearest,
    require_neighbours,
    segment_ends,
)
from augeval.augment.samplers import from_sampler
from augeval.errors import InputError, NotApplicable
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples

__all__ = ["from_sampler", "jitter", "smote"]

BLOCK = 256  # rows a class is made in: whole blocks are drawn and cut, so a larger quota starts with the smaller


@set_augmenter("tabular", source="Chawla et al. 2002; imbalanced-learn")
def smote(
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    reduce_k: bool = False,
) -> Examples:
    """Put rows between a row and one of its nearest neighbours of the same class.

    imbalanced-learn's SMOTE, or SMOTENC where some columns are categorical, or SMOTEN where all are. Each block of
    rows of each class has a generator of its own.

    Args:
        train: n real rows of at least two classes, without missing values.
        quota: rows wanted per class; a class may come to outnumber the largest.
        rng: names the draws.
        dataset: its columns and class names.
        k_neighbors: neighbours to choose among.
        reduce_k: take fewer neighbours, down to 1, in a class of too few rows, instead of refusing it.

    Returns:
        Rows with parents (m, 2): the two ends of the segment, the nearer one first; the nearest row of the class
        twice with categorical columns, where there is no segment.

    Raises:
        NotApplicable: a class has too few rows, a column has missing values, or there is only one class.
        InputError: k_neighbors is below 1.
    """
    if k_neighbors < 1:
        raise InputError(f"smote takes k_neighbors of at least 1, not {k_neighbors}.")
    _refuse_gaps("smote", train, dataset)
    key = int(rng.integers(2**63))
    made = []
    for c, wanted in quota.items():
        if not wanted:
            continue
        k = _neighbours_of(c, train, dataset, k_neighbors, reduce_k)
        blocks = [_smote_block(train, c, k, dataset, stream("smote", key, c, b)) for b in range(-(-wanted // BLOCK))]
        made.append(_joined(train, blocks).take(slice(0, wanted)))
    return _joined(train, made)


def _neighbours_of(c: int, train: Examples, dataset: Dataset, k: int, reduce_k: bool) -> int:
    rows = int((train.y == c).sum())
    if reduce_k:
        k = max(1, min(k, rows - 1))
        remedy = "Take jitter, duplicate or class_weight."
    else:
        fewer = f"k_neighbors: {rows - 1} or " if rows > 1 else ""
        remedy = f"Set {fewer}reduce_k: true, or take jitter, duplicate or class_weight."
    if rows < 2:
        remedy = "Take jitter, duplicate or class_weight."
    require_neighbours("smote", _class_name(dataset, c), rows, k, remedy)
    return k


def _smote_block(train: Examples, c: int, k: int, dataset: Dataset, rng: np.random.Generator) -> Examples:
    """`BLOCK` rows of one class, always as many: a part of them would be other rows."""
    categorical = is_categorical(dataset.columns, train.x.shape[1])
    members = np.flatnonzero(train.y == c)
    settings = {
        "sampling_strategy": {c: len(members) + BLOCK},
        "random_state": legacy_generator(rng),
        "k_neighbors": k,
    }
    rows, _ = _sampler(categorical, settings).fit_resample(train.x, train.y)
    x = np.asarray(rows[len(train) :], np.float64)
    real = train.x[members]
    if categorical.any():
        closest = nearest(as_points(x, train.x, categorical), as_points(real, train.x, categorical))
        ends = np.stack([closest, closest], axis=1)
    else:
        ends = segment_ends(x, real, k)
    parents = train.ids[members[ends]]
    return Examples(x, np.full(len(x), c, train.y.dtype), parents[:, 0], parents)


def _sampler(categorical: NDArray[np.bool_], settings: Mapping[str, Any]) -> Any:  # one of three samplers
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    if categorical.all():
        return SMOTEN(**settings)
    if categorical.any():
        return SMOTENC(categorical_features=np.flatnonzero(categorical).tolist(), **settings)
    return SMOTE(**settings)


def _refuse_gaps(who: str, train: Examples, dataset: Dataset) -> None:
    gaps = np.isnan(train.x).sum(0)
    if gaps.any():
        column = int(gaps.argmax())
        name = dataset.columns[column].name if dataset.columns else str(column)
        raise NotApplicable(
            f"{who} takes no missing values, and column '{name}' has {gaps[column]} of {len(train)} training rows. "
            "Fill them in the data (for every arm), or take jitter or duplicate."
        )
    if len(np.unique(train.y)) < 2:
        raise NotApplicable(f"{who} needs two classes or more among the training rows; there is one.")


@set_augmenter("tabular", unit="standard deviations", magnitudes=(0.01, 1.0), default_magnitude=0.1)
def jitter(
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
    within_class: bool = True,
) -> Examples:
    """Add normal noise to the numeric columns, in standard deviations of the training rows.

    Every row of a class is copied once before any is copied twice. Categorical columns and missing values stay.

    Args:
        train: n real rows.
        quota: rows wanted per class.
        magnitude: standard deviation of the noise / that of the column; 0 changes nothing.
        rng: names the draws; each (row, copy) has its own.
        dataset: its columns.
        within_class: measure a column's standard deviation within the row's class (over all training rows where
            the class has only one row), or over all of them.

    Returns:
        Rows with parents (m, 1).

    Raises:
        InputError: a magnitude that is negative or not given.
    """
    if magnitude is None or not 0 <= magnitude < np.inf:
        raise InputError(f"jitter takes a magnitude of at least 0 standard deviations, not {magnitude}.")
    key = int(rng.integers(2**63))
    made = []
    for c, wanted in quota.items():
        members = np.flatnonzero(train.y == c)
        if not wanted or not len(members):
            continue
        order = stream("jitter order", key, c).permutation(members)
        rows = train.x[members if within_class and len(members) > 1 else slice(None)]
        scales = magnitude * _spreads(rows, is_categorical(dataset.columns, train.x.shape[1]))
        made.append(_jittered(train, order, wanted, scales, key))
    return _joined(train, made)


def _spreads(rows: NDArray[np.float64], categorical: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(d,) standard deviation of the known values of each numeric column; 0 for categorical or empty ones."""
    known = [column[~np.isnan(column)] for column in rows.T]
    spreads = [0.0 if code or not len(k) else float(k.std()) for k, code in zip(known, categorical, strict=True)]
    return np.array(spreads)


def _jittered(
    train: Examples, order: NDArray[np.int64], wanted: int, scales: NDArray[np.float64], key: int
) -> Examples:
    copies, places = np.divmod(np.arange(wanted), len(order))
    made = train.take(order[places])
    x = made.x.copy()
    moved = scales > 0  # where nothing is added, not even the sign of a zero may change
    for row, (parent, copy) in enumerate(zip(made.ids, copies, strict=True)):
        noise = stream("jitter", key, int(parent), int(copy)).standard_normal(len(scales))
        x[row, moved] += (scales * noise)[moved]
    return Examples(x, made.y, made.ids, made.ids[:, None])


def _joined(train: Examples, parts: list[Examples]) -> Examples:
    """The parts one after the other; with none of them, no rows and one parent each."""
    if not parts:
        return Examples(train.x[:0], train.y[:0], train.ids[:0], train.ids[:0, None])
    x, y = np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])
    parents = np.concatenate([p.parents for p in parts if p.parents is not None])
    return Examples(x, y, parents[:, 0], parents)


def _class_name(dataset: Dataset, c: int) -> str:
    return dataset.classes[c] if c < len(dataset.classes) else str(c)

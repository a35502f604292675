"""Rows of tables, moved: noise in the numeric columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import is_categorical
from augeval.augment.samplers import from_sampler
from augeval.augment.segments import joined
from augeval.errors import InputError
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples

__all__ = ["from_sampler", "jitter"]


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
    return joined(train, made)


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

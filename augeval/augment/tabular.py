"""Rows of tables, moved: noise in the numeric columns, and the smoothed bootstrap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from augeval.augment.columns import coded_columns, ranges_of, whole_columns
from augeval.augment.samplers import from_sampler
from augeval.augment.segments import BLOCK, VECTORS, Made, Rule, in_blocks, joined
from augeval.errors import InputError
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples

__all__ = ["from_sampler", "jitter", "rose"]


@set_augmenter(
    "tabular", unit="standard deviations", magnitudes=(0.01, 1.0), default_magnitude=0.1, semantics=2,
    in_vectors=VECTORS,
)  # fmt: skip
def jitter(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
    within_class: bool = True,
    within_range: bool = True,
) -> Examples:
    """Add normal noise to the numeric columns, in standard deviations of the training rows.

    Every row of a class is copied once before any is copied twice. Categories, columns of two values and missing values
    stay; columns of whole numbers are rounded.

    Args:
        train: n real rows.
        quota: rows wanted per class.
        magnitude: standard deviation of the noise / that of the column; 0 changes nothing.
        rng: names the draws; each (row, copy) has its own.
        dataset: its columns.
        within_class: measure a column's standard deviation within the row's class (over all training rows where
            the class has only one row), or over all of them.
        within_range: a value goes no further than the smallest and largest of its column among the training rows.

    Returns:
        Rows with parents (m, 1).

    Raises:
        InputError: a magnitude that is negative or not given.
    """
    if magnitude is None or not 0 <= magnitude < np.inf:
        raise InputError(f"jitter takes a magnitude of at least 0 standard deviations, not {magnitude}.")
    key, still = int(rng.integers(2**63)), coded_columns(train.x, dataset)
    made = []
    for c, wanted in quota.items():
        members = np.flatnonzero(train.y == c)
        if not wanted or not len(members):
            continue
        order = stream("jitter order", key, c).permutation(members)
        rows = train.x[members if within_class and len(members) > 1 else slice(None)]
        made.append(_jittered(train, order, wanted, magnitude * _spreads(rows, still), key))
    moved = joined(train, made)
    return _tidied(moved, train, dataset, within_range) if magnitude else moved


def _spreads(rows: NDArray[np.float64], still: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(d,) standard deviation of the known values of each column that moves; 0 for others and for empty ones."""
    known = [column[~np.isnan(column)] for column in rows.T]
    spreads = [0.0 if fixed or not len(k) else float(k.std()) for k, fixed in zip(known, still, strict=True)]
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


def _tidied(made: Examples, train: Examples, dataset: Dataset, within_range: bool) -> Examples:
    """Whole numbers where the real rows have nothing else, and no value beyond theirs."""
    x, whole = made.x.copy(), whole_columns(train.x, dataset) & ~coded_columns(train.x, dataset)
    x[:, whole] = np.rint(x[:, whole])
    if within_range and len(x):
        x = np.clip(x, *ranges_of(train.x))
    return Examples(x, made.y, made.ids, made.parents)


@set_augmenter(
    "tabular", unit="times the normal bandwidth", magnitudes=(0.25, 2.0), default_magnitude=1.0,
    source="Menardi & Torelli 2014; imbalanced-learn's RandomOverSampler(shrinkage=…)", in_vectors=VECTORS,
)  # fmt: skip
def rose(  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
    within_range: bool = False,
) -> Examples:
    """Draw rows with replacement and smooth them with normal noise (ROSE, the smoothed bootstrap).

    Args:
        train: n real rows.
        quota: rows wanted per class.
        magnitude: the noise of a column has standard deviation magnitude · (4 / ((d + 2) n_c))^(1 / (d + 4)) · s, where
            the class has n_c rows, d columns move and s is the column's standard deviation within the class;
            imbalanced-learn calls it shrinkage, and puts the rows of all classes for n_c. With 0 rows are copied.
        rng: names the draws.
        dataset: its columns. Categories, columns of two values and missing values stay; columns of whole numbers are
            rounded.
        within_range: as for `jitter`; by default values go beyond those of the training rows, which is counted.

    Returns:
        Rows with parents (m, 1). A class of one row has no spread, and gets copies.

    Raises:
        InputError: a magnitude that is negative or not given.
    """
    if magnitude is None or not 0 <= magnitude < np.inf:
        raise InputError(f"rose takes a magnitude of at least 0 times the normal bandwidth, not {magnitude}.")
    still = coded_columns(train.x, dataset)

    def rule(c: int) -> Rule:
        members = np.flatnonzero(train.y == c)
        n, d = len(members), int((~still).sum())
        bandwidth = (4 / ((d + 2) * n)) ** (1 / (d + 4))
        scales = magnitude * bandwidth * _spreads(train.x[members], still)
        return lambda rng: _smoothed(train.x, members, scales, rng)

    made = in_blocks("rose", train, quota, rng, rule)
    return _tidied(made, train, dataset, within_range) if magnitude else made


def _smoothed(
    x: NDArray[np.float64], members: NDArray[np.int64], scales: NDArray[np.float64], rng: np.random.Generator
) -> Made:
    drawn = members[rng.integers(len(members), size=BLOCK)]
    noise = rng.standard_normal((BLOCK, len(scales)))
    return np.where(scales > 0, x[drawn] + scales * noise, x[drawn]), drawn[:, None]

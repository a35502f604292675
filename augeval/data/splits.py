"""Which rows train and which are held out: by class, by group, and never the same row on both sides.

Shapes: n rows.
"""

from __future__ import annotations

from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from augeval.data.blocks import TEST, TRAIN, VALID, Layout, classes_of
from augeval.errors import DataError, InputError
from augeval.seeds import stream
from augeval.types import Dataset, Split

__all__ = ["resolve_mode", "split", "subset"]

Mode = Literal["fixed", "splits"]
Rows = NDArray[np.int64]
FIXED_FROM = 2000  # rows from which one held-out set is large enough for every seed


def resolve_mode(dataset: Dataset, mode: str = "auto") -> Mode:
    """Whether every seed meets the same test rows ("fixed") or its own ("splits").

    Args:
        mode: "fixed", "splits", or "auto": fixed where the dataset has an official test set or at least 2000 rows.

    Raises:
        InputError: another word.
    """
    if mode == "auto":
        return "fixed" if dataset.test_rows is not None or len(dataset.examples) >= FIXED_FROM else "splits"
    if mode in ("fixed", "splits"):
        return cast(Mode, mode)
    raise InputError(f"The split mode is '{mode}'; wanted auto, fixed (one test set for all seeds) or splits.")


def split(dataset: Dataset, *, seed: int, test: float = 0.4, valid: float = 0.0, mode: str = "auto") -> Split:
    """The train, valid and test rows of one replicate.

    Classes keep their shares as far as blocks allow. A block (equal rows, rows of one group, and whatever these
    chain together) lies wholly in one part. With mode "fixed" the test rows do not depend on the seed: they are the
    dataset's official ones, or drawn once; training rows that share a block with an official test row are left out.

    Args:
        seed: the replicate.
        test: share of all rows held out, in (0, 1); not used where the official test rows are.
        valid: share of all rows (of the training rows, with an official test set) in [0, 1 - test).
        mode: see `resolve_mode`.

    Returns:
        Sorted, disjoint row positions.

    Raises:
        DataError: a class would have fewer than 2 training rows or no test row.
        InputError: shares or mode outside their range.
    """
    _check_shares(test, valid)
    layout = Layout.of(dataset)
    if resolve_mode(dataset, mode) == "splits":
        part = layout.assign(layout.everything, (test, valid), stream("split", dataset.name, seed))
    else:
        part = _fixed_test(dataset, layout, test)
        pool = np.flatnonzero(part == TRAIN)
        share = valid if dataset.test_rows is not None else valid / (1 - test)
        if valid > 0:
            part[pool] = layout.assign(pool, (0.0, share), stream("split", dataset.name, seed))
    layout.check(part)
    train, valid_rows, test_rows = (np.flatnonzero(part == of) for of in (TRAIN, VALID, TEST))
    return Split(train=train, valid=valid_rows, test=test_rows)


def subset(dataset: Dataset, train_rows: Rows, size: int | None, *, seed: int) -> Rows:
    """The training rows of one train size: by class, and nested (size 100 lies within size 500 at the same seed).

    Rows are put into one order whose every start has the classes' shares: first one row of each class, then a
    second, then by Sainte-Laguë's divisors. (Largest remainders would not nest: a class can lose a row when the
    total grows, the Alabama paradox.)

    Args:
        train_rows: (n,) positions that `split` gave.
        size: rows wanted, at least one per class; None takes all.

    Returns:
        (size,) sorted positions.

    Raises:
        DataError: more rows are wanted than there are, or fewer than classes.
    """
    rows = np.sort(train_rows)
    if size is None:
        return rows
    y = classes_of(dataset)[rows]
    present = np.unique(y)
    if size > len(rows):
        raise DataError(
            f"Train size {size} of '{dataset.name}' is more than the {len(rows)} training rows that the split leaves. "
            "Lower train_sizes, or hold out fewer rows (split: {test: …})."
        )
    if size < len(present):
        raise DataError(
            f"Train size {size} of '{dataset.name}' is less than its {len(present)} classes; every class needs a row. "
            f"Use at least {2 * len(present)}."
        )
    shuffled = stream("subset", dataset.name, seed).permutation(len(rows))
    rank, count = _rank_within_class(y[shuffled])
    # Webster's key; the first two rows of every class come before all else.
    key = np.where(rank < 2, rank - 2.0, (rank + 0.5) / count)
    order = shuffled[np.lexsort((y[shuffled], -count, key))]
    return np.sort(rows[order[:size]])


def _rank_within_class(y: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position of each row among the rows of its class, and how many these are."""
    order = np.argsort(y, kind="stable")
    counts = np.bincount(y)
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(y), np.int64)
    rank[order] = np.arange(len(y)) - starts[y[order]]
    return rank, counts[y]


def _check_shares(test: float, valid: float) -> None:
    if not (0 < test < 1 and 0 <= valid < 1 - test):
        raise InputError(
            f"The split holds out test {test:g} and valid {valid:g} of the rows; wanted 0 < test < 1 and "
            "0 <= valid < 1 - test, so that training rows are left."
        )


def _fixed_test(dataset: Dataset, layout: Layout, test: float) -> NDArray[np.int64]:
    """(n,) parts, TEST or TRAIN, the same for every seed; -1 where a row may be in neither."""
    if dataset.test_rows is None:
        return layout.assign(layout.everything, (test, 0.0), stream("split", dataset.name))
    part = np.full(len(dataset.examples), TRAIN)
    part[np.isin(layout.block, layout.block[dataset.test_rows])] = -1
    part[dataset.test_rows] = TEST
    return part

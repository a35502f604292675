"""Which rows of a resampled table are real ones, which are new, and which real ones are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Told", "told_apart"]


@dataclass(frozen=True)
class Told:
    """A resampled table, taken apart.

    Args:
        x, y: (m, d) and (m,) new rows, in their order. parents: (m,) positions of the real rows that they copy, -1
            where that is not known.
        left_out: (r,) positions of real rows that did not come back, ascending.
    """

    x: NDArray[np.float64]
    y: NDArray[Any]
    parents: NDArray[np.int64]
    left_out: NDArray[np.int64]


def told_apart(
    rows: NDArray[np.float64],
    labels: NDArray[Any],
    drawn: NDArray[Any] | None,
    real: NDArray[np.float64],
    real_labels: NDArray[Any],
) -> Told:
    """Take what a sampler returned apart.

    Args:
        rows, labels: what it returned; drawn: position of the real row that each is, where it tells, else None.
        real, real_labels: the training rows that it was given.

    A row that equals a real one of its label is that real row, once; every further one is a copy of it.
    """
    n = len(real)
    if len(rows) >= n and _equal(rows[:n], real) and np.array_equal(labels[:n], real_labels):
        which = np.concatenate([np.arange(n), np.full(len(rows) - n, -1)])
    else:
        which = _found_again(rows, labels, real, real_labels)
    new = which < 0
    known = np.asarray(drawn, np.int64) if drawn is not None and len(drawn) == len(rows) else np.full(len(rows), -1)
    return Told(rows[new], labels[new], known[new], np.setdiff1d(np.arange(n), which[~new]))


def _found_again(
    rows: NDArray[np.float64], labels: NDArray[Any], real: NDArray[np.float64], real_labels: NDArray[Any]
) -> NDArray[np.int64]:
    """(m,) the real row that each row is, each real row at most once; -1 for none."""
    places: dict[tuple[bytes, object], list[int]] = {}
    for i in range(len(real) - 1, -1, -1):
        places.setdefault((real[i].tobytes(), real_labels[i].item()), []).append(i)
    found = [places.get((row.tobytes(), label.item()), []) for row, label in zip(rows, labels, strict=True)]
    return np.array([free.pop() if free else -1 for free in found], np.int64)


def _equal(one: NDArray[np.float64], two: NDArray[np.float64]) -> bool:
    return np.array_equal(one, two, equal_nan=True)

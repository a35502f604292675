"""Rows in order of their scores, equal scores side by side: what every metric of ranks begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranks", "mean", "mean_over_classes", "one_vs_rest", "predicted", "share_of_class", "sums_before"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Ranks:
    """Rows of each class's column in ascending order of score, with the block of equal scores that each is in.

    Args:
        order: (c, n) row positions. positive: (c, n) whether the row in that place is of the class.
        first, last: (c, n) where the block of equal scores begins, and where the next one begins.
    """

    order: NDArray[np.intp]
    positive: Bools
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    @staticmethod
    def of(values: Floats, positive: Bools) -> Ranks:
        """The ranks of (c, n) scores of rows, of which (c, n) are of the class."""
        order = np.argsort(values, axis=1, kind="stable")
        ordered = np.take_along_axis(values, order, 1)
        n = values.shape[1]
        edge = np.ones((len(values), 1), bool)
        changes = ordered[:, 1:] != ordered[:, :-1]
        place = np.arange(n)
        first = np.maximum.accumulate(np.where(np.hstack([edge, changes]), place, 0), axis=1)
        ends = np.where(np.hstack([changes, edge]), place + 1, n)
        last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        return Ranks(order, np.take_along_axis(positive, order, 1), first, last)

    def positives_before(self, place: NDArray[np.intp]) -> Floats:
        """(c, n) rows of the class below each place."""
        return sums_before(self.positive, place)

    def negatives_before(self, place: NDArray[np.intp]) -> Floats:
        """(c, n) rows of other classes below each place."""
        return place - self.positives_before(place)

    def in_row_order(self, values: Floats) -> Floats:
        """(c, n) values by place -> (c, n) by row."""
        rows = np.empty_like(values)
        np.put_along_axis(rows, self.order, values, 1)
        return rows


def sums_before(values: NDArray[Any], place: NDArray[np.intp]) -> Floats:
    """Sum of each row's values before a place, for (c, n) places in 0 … n."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return np.take_along_axis(sums, place, 1)


def one_vs_rest(y: NDArray[Any], scores: Floats) -> tuple[Bools, Floats]:
    """(c, n) whether a row is of the class, and its score for it; c = 0 if fewer than two classes are present."""
    present = np.unique(y)
    if len(present) < 2:
        return np.empty((0, len(y)), bool), np.empty((0, len(y)))
    if scores.shape[1] == 2:
        present = present[1:]
    return present[:, None] == y, np.asarray(scores, np.float64)[:, present].T


def share_of_class(counts: NDArray[Any]) -> float:
    """What precision has by guessing: the share of the rows that `one_vs_rest` takes for the class, their mean of more.

    Args:
        counts: (k,) rows of each class.
    """
    present = counts[counts > 0] / max(counts.sum(), 1)
    return float(counts[1] / counts.sum()) if len(counts) == 2 else float(present.mean())


def predicted(scores: Floats) -> NDArray[np.intp]:
    """(n,) the column of each row's highest score, the first of equal ones."""
    return np.asarray(scores.argmax(1))


def mean_over_classes(by_class: Floats) -> Floats:
    """(c, n) -> (n,); nothing for no rows."""
    return by_class.mean(0) if len(by_class) else np.empty(0)


def mean(values: Floats) -> float:
    """The mean, nan of nothing."""
    return float(values.mean()) if len(values) else float("nan")

"""How much is found at a wanted precision, and how precise one is where a wanted share is found.

Both look for the cut at which the wanted level is reached, and so move with the order of the scores alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.extend import metric
from augeval.metrics.ranks import Floats, Ranks, mean, mean_over_classes, one_vs_rest, share_of_class

__all__ = ["precision_at_recall", "recall_at_precision"]

NEAR = 1.5  # rows around a cut that tell how rare the class is there: NEAR · n^(2/3)


@dataclass(frozen=True)
class _Cut:
    """One class and a cut: the highest rows up to a row, all that score as it does included.

    Args:
        positive: (n,) in row order, whether of the class. taken: (n,) whether above the cut.
        near: share of the class among the rows next to the cut, above 0 and below 1.
    """

    positive: NDArray[np.float64]
    taken: NDArray[np.float64]
    near: float

    @property
    def found(self) -> float:
        """Share of the class that is above the cut."""
        return float((self.positive * self.taken).sum() / self.positive.sum())

    @property
    def right(self) -> float:
        """Share of the rows above the cut that are of the class."""
        return float((self.positive * self.taken).sum() / self.taken.sum())


@dataclass(frozen=True)
class _Curve:
    """One class's rows from the highest score down.

    Args:
        order: (n,) row positions. positive: (n,) whether of the class, in this order.
        ends: (b,) how many rows score as high as each distinct score, ascending. found: (b,) of them of the class.
    """

    order: NDArray[np.intp]
    positive: NDArray[np.float64]
    ends: NDArray[np.intp]
    found: Floats

    def cut(self, block: int) -> _Cut:
        """The cut below a block of equal scores."""
        n, end = len(self.order), int(self.ends[block])
        half = max(1, int(NEAR * n ** (2 / 3) / 2))
        # Among rows of one score the class is spread evenly: their order means nothing.
        sizes = np.diff(self.ends, prepend=0)
        share = np.repeat(np.diff(self.found, prepend=0) / sizes, sizes)
        beside = share[max(0, end - half) : end + half]
        taken = np.zeros(n)
        taken[self.order[:end]] = 1
        positive = np.zeros(n)
        positive[self.order] = self.positive
        return _Cut(positive, taken, float((beside.sum() + 0.5) / (len(beside) + 1)))


def _curves(y: NDArray[Any], scores: Floats) -> list[_Curve]:
    positive, values = one_vs_rest(y, scores)
    if not len(positive):
        return []
    ranks = Ranks.of(values, positive)
    made = []
    for order, hits, first in zip(ranks.order, ranks.positive, ranks.first, strict=True):
        down = hits[::-1].astype(np.float64)
        ends = len(y) - np.unique(first)[::-1]
        made.append(_Curve(order[::-1], down, ends, np.cumsum(down)[ends - 1]))
    return made


def _recall_parts(y: NDArray[Any], scores: Floats, *, level: float) -> Floats:
    curves = _curves(y, scores)
    return mean_over_classes(np.array([_found_at(curve, level) for curve in curves])) if curves else _undefined(y)


def _found_at(curve: _Curve, level: float) -> Floats:
    n, reached = len(curve.order), np.flatnonzero(curve.found >= level * curve.ends - 1e-9)
    if not len(reached):
        return np.zeros(n)
    cut = curve.cut(int(reached[-1]))
    # The cut moves with how far each row lifts the precision above it; it moves slowly where the class gets rare fast.
    own = cut.positive * (cut.taken - cut.found)
    pull = (cut.positive - level) * cut.taken * cut.near / max(level - cut.near, level / 10)
    influence = (own + pull) * (n / cut.positive.sum())
    return np.asarray(cut.found + influence - influence.mean())


@metric(reads="ranks", needs="level", contributions=_recall_parts)
def recall_at_precision(y: NDArray[Any], scores: Floats, *, level: float) -> float:
    """Largest share of the class above a cut where this share of the rows is of it: `recall_at_precision[0.9]`.

    With two columns the class is that of column 1. With more it is each class present in y against the rest, and the
    result is the plain mean over these classes. The cut is sought on the rows that are scored.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; only their order within a column matters.
        level: the wanted precision, in (0, 1).

    Returns:
        In [0, 1]; 1 is perfect. 0 where no cut is precise enough: then nothing may be claimed. nan if fewer than two
        classes are present.

    Source: the curve of scikit-learn's precision_recall_curve. Contributions are influence values of the cut as an
        estimate (van der Vaart 1998, §5.3) that takes the class's share next to the cut from the rows around it.
    """
    return mean(_recall_parts(y, scores, level=level))


def _precision_parts(y: NDArray[Any], scores: Floats, *, level: float) -> Floats:
    curves = _curves(y, scores)
    return mean_over_classes(np.array([_right_at(curve, level) for curve in curves])) if curves else _undefined(y)


def _right_at(curve: _Curve, level: float) -> Floats:
    n = len(curve.order)
    enough = np.flatnonzero(curve.found >= level * curve.found[-1] - 1e-9)
    right = curve.found[enough] / curve.ends[enough]
    cut = curve.cut(int(enough[right.argmax()]))
    own = (cut.positive - cut.right) * cut.taken
    pull = cut.positive * (cut.taken - cut.found) * (cut.right - cut.near) / cut.near
    influence = (own + pull) * (n / cut.taken.sum())
    return np.asarray(cut.right + influence - influence.mean())


@metric(reads="ranks", needs="level", contributions=_precision_parts, chance=share_of_class)
def precision_at_recall(y: NDArray[Any], scores: Floats, *, level: float) -> float:
    """Largest share of rows of the class above a cut that finds this share of it: `precision_at_recall[0.8]`.

    With two columns the class is that of column 1. With more it is each class present in y against the rest, and the
    result is the plain mean over these classes. The cut is sought on the rows that are scored.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; only their order within a column matters.
        level: the wanted recall, in (0, 1).

    Returns:
        In (0, 1]; 1 is perfect, the class's share of the rows is chance. nan if fewer than two classes are present.

    Source: the curve of scikit-learn's precision_recall_curve; contributions as in `recall_at_precision`.
    """
    return mean(_precision_parts(y, scores, level=level))


def _undefined(y: NDArray[Any]) -> Floats:
    return np.full(len(y), np.nan)

"""How often, and in what order, predictions are right.

Every metric takes (n,) int classes and (n, k) class scores. A row's contribution is the metric plus the row's
empirical influence value: influence values are centred, so the mean of the contributions is the metric, and their
variance divided by n is the metric's sampling variance to first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.extend import metric

__all__ = ["accuracy", "average_precision", "balanced_accuracy", "macro_f1", "roc_auc"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _accuracy_parts(y: NDArray[Any], scores: Floats) -> Floats:
    return np.asarray(_predicted(scores) == y, np.float64)


@metric(contributions=_accuracy_parts)
def accuracy(y: NDArray[Any], scores: Floats) -> float:
    """Share of rows whose highest score is at their class.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect. nan if n = 0.
    """
    return _mean(_accuracy_parts(y, scores))


def _balanced_parts(y: NDArray[Any], scores: Floats) -> Floats:
    hit = _accuracy_parts(y, scores)
    _, row_class, count = np.unique(y, return_inverse=True, return_counts=True)
    recall = np.bincount(row_class, hit, len(count)) / count
    influence = (hit - recall[row_class]) * (len(y) / count[row_class])
    return _mean(recall) + influence / max(len(count), 1)


@metric(contributions=_balanced_parts)
def balanced_accuracy(y: NDArray[Any], scores: Floats) -> float:
    """Mean over the classes present in y of the share of their rows that are predicted right.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect, 1/k is chance. nan if n = 0.
    """
    return _mean(_balanced_parts(y, scores))


def _f1_parts(y: NDArray[Any], scores: Floats) -> Floats:
    present = np.unique(y)[:, None]
    of_class, as_class = present == y, present == _predicted(scores)
    size = (of_class.sum(1) + as_class.sum(1))[:, None] / max(len(y), 1)
    hit = of_class & as_class
    f1 = 2 * hit.mean(1, keepdims=True) / size if len(y) else np.empty((0, 1))
    influence = (2.0 * hit - f1 * (of_class.astype(np.float64) + as_class)) / size
    return _mean_over_classes(f1 + influence)


@metric(contributions=_f1_parts)
def macro_f1(y: NDArray[Any], scores: Floats) -> float:
    """Mean over the classes present in y of F1 = 2 · true positives / (rows of the class + rows predicted as it).

    scikit-learn's macro average also counts, as zeros, classes that are predicted and absent from y. Ours leaves them
    out, so that two arms are averaged over the same classes; a row predicted as such a class still costs its own one.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect. nan if n = 0.
    """
    return _mean(_f1_parts(y, scores))


def _auc_parts(y: NDArray[Any], scores: Floats) -> Floats:
    positive, values = _one_vs_rest(y, scores)
    if not len(positive):
        return np.full(len(y), np.nan)
    ranks = _Ranks.of(values, positive)
    n, n_pos = len(y), positive.sum(1, keepdims=True)
    below = (ranks.negatives_before(ranks.first) + ranks.negatives_before(ranks.last)) / 2 / (n - n_pos)
    above = 1 - (ranks.positives_before(ranks.first) + ranks.positives_before(ranks.last)) / 2 / n_pos
    placement = np.where(ranks.positive, below, above)
    auc = (below * ranks.positive).sum(1, keepdims=True) / n_pos
    share = np.where(ranks.positive, n_pos, n - n_pos) / n
    return _mean_over_classes(ranks.in_row_order(auc + (placement - auc) / share))


@metric(contributions=_auc_parts)
def roc_auc(y: NDArray[Any], scores: Floats) -> float:
    """Chance that a row of the class scores higher than a row of another class; equal scores count one half.

    With two columns the class is that of column 1. With more it is each class present in y against the rest, and the
    result is the plain mean over these classes.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; only their order within a column matters.

    Returns:
        In [0, 1]; 1 is perfect, 0.5 is chance. nan if fewer than two classes are present.

    Source: contributions are the placements of DeLong, DeLong & Clarke-Pearson 1988.
    """
    return _mean(_auc_parts(y, scores))


def _precision_parts(y: NDArray[Any], scores: Floats) -> Floats:
    positive, values = _one_vs_rest(y, scores)
    if not len(positive):
        return np.full(len(y), np.nan)
    ranks = _Ranks.of(values, positive)
    n, n_pos = len(y), positive.sum(1, keepdims=True)
    at_least = n - ranks.first  # rows that score as high or higher
    precision = (n_pos - ranks.positives_before(ranks.first)) / at_least
    ap = (precision * ranks.positive).sum(1, keepdims=True) / n_pos
    # A row enters the precision at every positive that it equals or outscores: sums up to the row's last equal.
    gain = _sums_before(ranks.positive / at_least, ranks.last)
    cost = _sums_before(ranks.positive * precision / at_least, ranks.last)
    influence = (ranks.positive * (precision - ap) + ranks.positive * gain - cost) * (n / n_pos)
    return _mean_over_classes(ranks.in_row_order(ap + influence))


@metric(contributions=_precision_parts)
def average_precision(y: NDArray[Any], scores: Floats) -> float:
    """Mean over the rows of the class of the precision among rows that score as high or higher.

    With two columns the class is that of column 1. With more it is each class present in y against the rest, and the
    result is the plain mean over these classes.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; only their order within a column matters.

    Returns:
        In (0, 1]; 1 is perfect, the class's share of the rows is chance. nan if fewer than two classes are present.

    Source: scikit-learn's average_precision_score (a step function, no interpolation; equal scores are one step).
    """
    return _mean(_precision_parts(y, scores))


@dataclass(frozen=True)
class _Ranks:
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
    def of(values: Floats, positive: Bools) -> _Ranks:
        order = np.argsort(values, axis=1, kind="stable")
        ordered = np.take_along_axis(values, order, 1)
        n = values.shape[1]
        edge = np.ones((len(values), 1), bool)
        changes = ordered[:, 1:] != ordered[:, :-1]
        place = np.arange(n)
        first = np.maximum.accumulate(np.where(np.hstack([edge, changes]), place, 0), axis=1)
        ends = np.where(np.hstack([changes, edge]), place + 1, n)
        last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        return _Ranks(order, np.take_along_axis(positive, order, 1), first, last)

    def positives_before(self, place: NDArray[np.intp]) -> Floats:
        return _sums_before(self.positive, place)

    def negatives_before(self, place: NDArray[np.intp]) -> Floats:
        return place - self.positives_before(place)

    def in_row_order(self, values: Floats) -> Floats:
        """(c, n) values by place -> (c, n) by row."""
        rows = np.empty_like(values)
        np.put_along_axis(rows, self.order, values, 1)
        return rows


def _sums_before(values: NDArray[Any], place: NDArray[np.intp]) -> Floats:
    """Sum of each row's values before a place, for (c, n) places in 0 … n."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return np.take_along_axis(sums, place, 1)


def _one_vs_rest(y: NDArray[Any], scores: Floats) -> tuple[Bools, Floats]:
    """(c, n) whether a row is of the class, and its score for it; c = 0 if fewer than two classes are present."""
    present = np.unique(y)
    if len(present) < 2:
        return np.empty((0, len(y)), bool), np.empty((0, len(y)))
    if scores.shape[1] == 2:
        present = present[1:]
    return present[:, None] == y, np.asarray(scores, np.float64)[:, present].T


def _predicted(scores: Floats) -> NDArray[np.intp]:
    return np.asarray(scores.argmax(1))


def _mean_over_classes(by_class: Floats) -> Floats:
    """(c, n) -> (n,); nothing for no rows."""
    return by_class.mean(0) if len(by_class) else np.empty(0)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")

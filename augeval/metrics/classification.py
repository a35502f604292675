"""How often, and in what order, predictions are right.

Every metric takes (n,) int classes and (n, k) class scores. A row's contribution is the metric plus the row's
empirical influence value: influence values are centred, so the mean of the contributions is the metric, and their
variance divided by n is the metric's sampling variance to first order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.extend import metric
from augeval.metrics.ranks import (
    Floats,
    Ranks,
    mean,
    mean_over_classes,
    one_vs_rest,
    predicted,
    share_of_class,
    sums_before,
)

__all__ = ["accuracy", "average_precision", "balanced_accuracy", "macro_f1", "roc_auc"]


def _accuracy_parts(y: NDArray[Any], scores: Floats) -> Floats:
    return np.asarray(predicted(scores) == y, np.float64)


@metric(reads="classes", contributions=_accuracy_parts)
def accuracy(y: NDArray[Any], scores: Floats) -> float:
    """Share of rows whose highest score is at their class.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect. nan if n = 0.
    """
    return mean(_accuracy_parts(y, scores))


def _balanced_parts(y: NDArray[Any], scores: Floats) -> Floats:
    hit = _accuracy_parts(y, scores)
    _, row_class, count = np.unique(y, return_inverse=True, return_counts=True)
    recall = np.bincount(row_class, hit, len(count)) / count
    influence = (hit - recall[row_class]) * (len(y) / count[row_class])
    return mean(recall) + influence / max(len(count), 1)


@metric(reads="classes", contributions=_balanced_parts)
def balanced_accuracy(y: NDArray[Any], scores: Floats) -> float:
    """Mean over the classes present in y of the share of their rows that are predicted right.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect, 1/k is chance. nan if n = 0.
    """
    return mean(_balanced_parts(y, scores))


def _f1_parts(y: NDArray[Any], scores: Floats) -> Floats:
    present = np.unique(y)[:, None]
    of_class, as_class = present == y, present == predicted(scores)
    size = (of_class.sum(1) + as_class.sum(1))[:, None] / max(len(y), 1)
    hit = of_class & as_class
    f1 = 2 * hit.mean(1, keepdims=True) / size if len(y) else np.empty((0, 1))
    influence = (2.0 * hit - f1 * (of_class.astype(np.float64) + as_class)) / size
    return mean_over_classes(f1 + influence)


@metric(reads="classes", contributions=_f1_parts)
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
    return mean(_f1_parts(y, scores))


def _auc_parts(y: NDArray[Any], scores: Floats) -> Floats:
    positive, values = one_vs_rest(y, scores)
    if not len(positive):
        return np.full(len(y), np.nan)
    ranks = Ranks.of(values, positive)
    n, n_pos = len(y), positive.sum(1, keepdims=True)
    below = (ranks.negatives_before(ranks.first) + ranks.negatives_before(ranks.last)) / 2 / (n - n_pos)
    above = 1 - (ranks.positives_before(ranks.first) + ranks.positives_before(ranks.last)) / 2 / n_pos
    placement = np.where(ranks.positive, below, above)
    auc = (below * ranks.positive).sum(1, keepdims=True) / n_pos
    share = np.where(ranks.positive, n_pos, n - n_pos) / n
    return mean_over_classes(ranks.in_row_order(auc + (placement - auc) / share))


@metric(reads="ranks", contributions=_auc_parts)
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
    return mean(_auc_parts(y, scores))


def _precision_parts(y: NDArray[Any], scores: Floats) -> Floats:
    positive, values = one_vs_rest(y, scores)
    if not len(positive):
        return np.full(len(y), np.nan)
    ranks = Ranks.of(values, positive)
    n, n_pos = len(y), positive.sum(1, keepdims=True)
    at_least = n - ranks.first  # rows that score as high or higher
    precision = (n_pos - ranks.positives_before(ranks.first)) / at_least
    ap = (precision * ranks.positive).sum(1, keepdims=True) / n_pos
    # A row enters the precision at every positive that it equals or outscores: sums up to the row's last equal.
    gain = sums_before(ranks.positive / at_least, ranks.last)
    cost = sums_before(ranks.positive * precision / at_least, ranks.last)
    influence = (ranks.positive * (precision - ap) + ranks.positive * gain - cost) * (n / n_pos)
    return mean_over_classes(ranks.in_row_order(ap + influence))


@metric(reads="ranks", contributions=_precision_parts, chance=share_of_class)
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
    return mean(_precision_parts(y, scores))

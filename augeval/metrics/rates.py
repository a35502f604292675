"""How many rows of each class are found, how many named as it are of it, and single numbers made of both.

All read the predicted class only, the column of the highest score: with two columns the cut is at one half. As in
`classification`, a row's contribution is the metric plus the row's empirical influence value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.extend import metric
from augeval.metrics.ranks import Floats, mean, predicted

__all__ = ["cost", "g_mean", "mcc", "minority_precision", "minority_recall", "precision", "rare_recall", "recall"]

SYMMETRIC = (-1.0, 1.0)
UNBOUNDED = (-np.inf, np.inf)


def _share_parts(among: NDArray[np.bool_], hit: NDArray[np.bool_]) -> Floats:
    """Contributions to the share of hits among some of the rows; nan where there are none of these."""
    size = among.sum()
    if not size:
        return np.full(len(hit), np.nan)
    share = (among & hit).sum() / size
    return np.asarray(share + among * (hit - share) * (len(hit) / size))


def _recall_parts(y: NDArray[Any], scores: Floats, *, of: int) -> Floats:
    return _share_parts(y == of, predicted(scores) == of)


def _precision_parts(y: NDArray[Any], scores: Floats, *, of: int) -> Floats:
    return _share_parts(predicted(scores) == of, y == of)


@metric(reads="classes", needs="class", contributions=_recall_parts)
def recall(y: NDArray[Any], scores: Floats, *, of: int) -> float:
    """Share of the rows of one class that are predicted as it: `recall[bad]`.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        of: the class.

    Returns:
        In [0, 1]; 1 is perfect. nan if no row is of the class: there is nothing to find.
    """
    return mean(_recall_parts(y, scores, of=of))


@metric(reads="classes", needs="class", contributions=_precision_parts)
def precision(y: NDArray[Any], scores: Floats, *, of: int) -> float:
    """Share of the rows predicted as one class that are of it: `precision[bad]`.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        of: the class.

    Returns:
        In [0, 1]; 1 is perfect. nan if no row is predicted as the class: nothing was claimed, rightly or wrongly
        (scikit-learn says 0).
    """
    return mean(_precision_parts(y, scores, of=of))


@metric(reads="classes", needs="rarest", contributions=_recall_parts)
def minority_recall(y: NDArray[Any], scores: Floats, *, of: int) -> float:
    """Share of the rows of the rarest class that are predicted as it.

    The rarest class is that of the whole dataset, so that it is the same for every arm, seed and test set; of equally
    rare ones the last.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        of: the rarest class.

    Returns:
        In [0, 1]; 1 is perfect. nan if no row is of the class.
    """
    return mean(_recall_parts(y, scores, of=of))


def _rare_parts(y: NDArray[Any], scores: Floats, *, of: NDArray[np.int64]) -> Floats:
    present = [c for c in of if (y == c).any()]
    parts = [_recall_parts(y, scores, of=c) for c in present]
    return np.mean(parts, axis=0) if parts else np.full(len(y), np.nan)


@metric(reads="classes", needs="rare", contributions=_rare_parts)
def rare_recall(y: NDArray[Any], scores: Floats, *, of: NDArray[np.int64]) -> float:
    """Mean recall of the rare classes: `rare_recall[0.25]` is of those with at most a quarter of the largest's rows.

    Which classes are rare is counted on the rows of the dataset that may be trained on, so that they are the same for
    every arm, seed and test set.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        of: the rare classes.

    Returns:
        In [0, 1]; 1 is perfect. The plain mean over those of them that have rows in y; nan if none has.
    """
    return mean(_rare_parts(y, scores, of=of))


@metric(reads="classes", needs="rarest", contributions=_precision_parts)
def minority_precision(y: NDArray[Any], scores: Floats, *, of: int) -> float:
    """Share of the rows predicted as the rarest class that are of it.

    The rarest class is that of the whole dataset, as in `minority_recall`.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        of: the rarest class.

    Returns:
        In [0, 1]; 1 is perfect. nan if no row is predicted as the class.
    """
    return mean(_precision_parts(y, scores, of=of))


def _g_mean_parts(y: NDArray[Any], scores: Floats) -> Floats:
    hit = (predicted(scores) == y).astype(np.float64)
    _, row_class, count = np.unique(y, return_inverse=True, return_counts=True)
    found = np.bincount(row_class, hit, len(count)) / count
    if not found.all():  # of a class of which nothing is found, one row less changes nothing
        return np.zeros(len(y))
    value = np.exp(np.log(found).mean()) if len(found) else np.nan
    relative = (hit - found[row_class]) / found[row_class]
    return np.asarray(value + value * relative * (len(y) / count[row_class]) / max(len(count), 1))


@metric(reads="classes", contributions=_g_mean_parts)
def g_mean(y: NDArray[Any], scores: Floats) -> float:
    """Geometric mean over the classes present in y of the share of their rows that are predicted right.

    Unlike in `balanced_accuracy`, no class can be paid for by another: it is 0 where nothing of one class is found.
    There its contributions are all 0, so intervals know nothing of how near to 0 it might have been.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [0, 1]; 1 is perfect, 1/k is guessing all classes alike. nan if n = 0.

    Source: Kubat & Matwin 1997; for more than two classes Sun, Kamel & Wang 2006, as imbalanced-learn's
        geometric_mean_score(average="multiclass").
    """
    return mean(_g_mean_parts(y, scores))


def _mcc_parts(y: NDArray[Any], scores: Floats) -> Floats:
    n, k = len(y), scores.shape[1]
    said = predicted(scores)
    as_class, of_class = (np.bincount(c, minlength=k) / max(n, 1) for c in (said, y))
    agreed = as_class @ of_class  # share of right answers if answers had nothing to do with classes
    spread_said, spread_true = 1 - as_class @ as_class, 1 - of_class @ of_class
    if spread_said <= 0 or spread_true <= 0 or not n:
        return np.full(n, np.nan)
    hit = (said == y).astype(np.float64)
    size = np.sqrt(spread_said * spread_true)
    value = (hit.mean() - agreed) / size
    # The quotient rule, with what one row more adds to each share.
    above = hit - hit.mean() - (of_class[said] + as_class[y] - 2 * agreed)
    below = (as_class @ as_class - as_class[said]) / spread_said + (of_class @ of_class - of_class[y]) / spread_true
    return np.asarray(value + above / size - value * below)


@metric(reads="classes", bounds=SYMMETRIC, contributions=_mcc_parts)
def mcc(y: NDArray[Any], scores: Floats) -> float:
    """Correlation of predicted and true classes (Matthews); for more than two classes Gorodkin's R_K.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.

    Returns:
        In [−1, 1]; 1 is perfect, 0 is answers that have nothing to do with the classes. nan if all rows are of one
        class or predicted as one: what does not vary has no correlation (scikit-learn says 0).

    Source: Matthews 1975; Gorodkin 2004, equation 8, as scikit-learn's matthews_corrcoef.
    """
    return mean(_mcc_parts(y, scores))


def _cost_parts(y: NDArray[Any], scores: Floats, *, costs: Floats) -> Floats:
    return np.asarray(costs[y, predicted(scores)], np.float64)


@metric(higher_is_better=False, reads="classes", needs="costs", bounds=UNBOUNDED, contributions=_cost_parts)
def cost(y: NDArray[Any], scores: Floats, *, costs: Floats) -> float:
    """Mean cost of a row, by the cost matrix of the experiment (`metrics: {costs: …}`), in its unit.

    The prediction is the class of the highest score, as for every metric of predicted classes: it is not moved to where
    the expected cost is least, so this tells what the model costs as it is used.

    Args:
        y: (n,) int classes.
        scores: (n, k) class scores; of equal highest scores the first class is predicted.
        costs: (k, k) of taking a row of the class of the row for one of the class of the column.

    Returns:
        Between the smallest and the largest cost; less is better. nan if n = 0.

    Source: Elkan 2001.
    """
    return mean(_cost_parts(y, scores, costs=costs))

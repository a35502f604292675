"""Made rows among real ones, by distances: copies, precision and recall, which class lies around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

__all__ = ["NEIGHBOURS", "Prdc", "c2st_auc", "copy_rate", "dcr_ratio", "other_class_neighbours", "prdc"]

NEIGHBOURS = 5
SAME = 1e-9  # distance below which a row is a copy
FOLDS = 5
FEWEST_FOR_C2ST = 2 * FOLDS  # rows a side: two in every fold
FEWEST_OF_CLASS = 5  # held-out rows of the class, so that some neighbours can be of it

Vectors = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Prdc:
    """Precision, recall, density and coverage of made rows; see `prdc`."""

    precision: float
    recall: float
    density: float
    coverage: float


def copy_rate(made: Vectors, real: Vectors) -> float:
    """Share of made rows that equal a real one.

    Args:
        made: (m, d); real: (n, d), on one scale.

    Returns:
        In [0, 1]; 1 where every made row is a copy. nan without rows on either side.
    """
    if not len(made) or not len(real):
        return float("nan")
    return float((cdist(made, real).min(1) < SAME).mean())


def dcr_ratio(made: Vectors, real: Vectors) -> float:
    """Distance to the closest record: how far made rows lie from real ones, per distance between real ones.

    The median distance of a made row to its nearest real row, divided by the median distance of a real row to its
    nearest other one.

    Args:
        made: (m, d); real: (n, d), on one scale.

    Returns:
        At least 0; 0 where most made rows are copies, about 1 for a fresh draw of the same law. nan without made rows,
        with fewer than two real ones, or where most real rows equal another.
    """
    if not len(made) or len(real) < 2:
        return float("nan")
    among = cdist(real, real)
    np.fill_diagonal(among, np.inf)
    usual = float(np.median(among.min(1)))
    return float(np.median(cdist(made, real).min(1))) / usual if usual > 0 else float("nan")


def prdc(made: Vectors, real: Vectors, k: int = NEIGHBOURS) -> Prdc:
    """How made and real rows cover each other; each row has a ball that reaches to its k-th neighbour of its own kind.

    Precision: share of made rows inside a real row's ball. Recall: share of real rows inside a made row's ball.
    Density: real balls around a made row, divided by k. Coverage: share of real rows with a made row in their ball.

    Args:
        made: (m, d); real: (n, d), on one scale.
        k: neighbours of a row, itself not counted.

    Returns:
        In [0, 1], but for density, which has no upper end. All nan where a side has fewer than k + 2 rows.

    Source: Naeem, Oh, Uh, Choi & Yoo 2020, equations 1 to 4; ours count a row on the edge of a ball as inside, without
    which identical rows have a precision of 0.
    """
    if min(len(made), len(real)) < k + 2:
        return Prdc(*[float("nan")] * 4)
    reach_real, reach_made = _reach(real, k), _reach(made, k)
    apart = cdist(real, made)
    inside_real = apart <= reach_real[:, None]
    return Prdc(
        precision=float(inside_real.any(0).mean()),
        recall=float((apart <= reach_made[None]).any(1).mean()),
        density=float(inside_real.sum(0).mean() / k),
        coverage=float(inside_real.any(1).mean()),
    )


def _reach(rows: Vectors, k: int) -> NDArray[np.float64]:
    """(n,) distance of each row to its k-th neighbour; itself is the nearest."""
    reach: NDArray[np.float64] = np.partition(cdist(rows, rows), k, axis=1)[:, k]
    return reach


def other_class_neighbours(rows: Vectors, of_class: Vectors, others: Vectors, k: int = NEIGHBOURS) -> float:
    """Mean share of other classes among the k nearest real rows.

    Of made rows minus that of the real rows that they were made of, it is their excess of impurity. `of_class` must
    hold no parent of `rows`: beside its parent a row looks purer than a real one.

    Args:
        rows: (m, d) made, or real; of_class: (n, d) real rows of the class; others: (o, d) real rows of the others.

    Returns:
        In [0, 1]; 0 where only rows of the class lie around. nan without rows, with fewer than 5 of the class, without
        others, or where there are not more than k real rows.
    """
    if not len(rows) or len(of_class) < FEWEST_OF_CLASS or not len(others) or len(of_class) + len(others) <= k:
        return float("nan")
    apart = cdist(rows, np.concatenate([of_class, others]))
    nearest = np.argpartition(apart, k, axis=1)[:, :k]
    return float((nearest >= len(of_class)).mean())


def c2st_auc(made: Vectors, real: Vectors, k: int = NEIGHBOURS) -> float:
    """How well a classifier tells made rows from real ones that they were not made of: a diagnosis, never a verdict.

    Args:
        made: (m, d); real: (n, d), on one scale, in an order that says nothing; the first min(m, n) of each are used.
        k: neighbours that vote.

    Returns:
        Mean area under the ROC curve over 5 folds, in [0, 1]; about .5 where nothing tells them apart. nan where a
        side has fewer than 10 rows. With few rows it finds little.

    Source: Lopez-Paz & Oquab 2017; ours takes the area under the curve instead of accuracy.
    """
    size = min(len(made), len(real))
    if size < FEWEST_FOR_C2ST:
        return float("nan")
    x, is_made = np.concatenate([made[:size], real[:size]]), np.repeat([True, False], size)
    fold = np.tile(np.arange(size) * FOLDS // size, 2)
    apart = cdist(x, x)
    apart[fold[:, None] == fold[None]] = np.inf  # nobody votes in its own fold
    votes = is_made[np.argpartition(apart, k, axis=1)[:, :k]].mean(1)
    return float(np.mean([_auc(votes[fold == f], is_made[fold == f]) for f in range(FOLDS)]))


def _auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Share of pairs that are in order; ties count half."""
    ranks, n = rankdata(scores), int(positive.sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))

"""What each row contributes to a metric that does not say so itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["jackknife_contributions"]

GROUPS = 50  # metric evaluations per call: enough for a standard error that varies by about a tenth
MIX = 0x9E3779B97F4A7C15  # odd: neighbouring ids fall into groups far apart


def jackknife_contributions(
    fn: Callable[[NDArray[Any], NDArray[np.float64]], float],
    y: NDArray[Any],
    scores: NDArray[np.float64],
    ids: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Contributions of the rows to any metric, by leaving out one group of rows at a time.

    The influence of a row cannot be told from that of its group, so all m rows of a group share the group's mean
    influence times √m: then the variance of the contributions over n is the metric's sampling variance, as it would
    be with influence values of single rows. Classes are spread over the groups, and a class that would vanish with a
    group stays in.

    Args:
        fn: the metric, (n,) classes and (n, k) scores -> float.
        y: (n,) int classes.
        scores: (n, k) class scores.
        ids: (n,) row ids. With them the group of a row is the same in every test set that it is in, which
            comparisons over replicates with other test rows need; without them, groups go by position.

    Returns:
        (n,) whose mean is fn(y, scores). All nan where the metric is undefined, on all rows or without a group.

    Source: the delete-a-group jackknife (Efron & Tibshirani 1993, §11.5).
    """
    n, value = len(y), float(fn(y, scores))
    if n < 2 or np.isnan(value):
        return np.full(n, value)
    group = _groups_by_position(y) if ids is None else _groups_by_id(ids)
    left_out = _keep_classes(y, group)
    influence = np.zeros(n)
    for g in np.unique(left_out[left_out >= 0]):
        out = left_out == g
        m = int(out.sum())
        without = float(fn(y[~out], scores[~out]))
        influence[out] = np.sqrt(m) * (value - without) * (n - m) / m
    # What is left of the mean is the metric's bias of order 1/n, not influence.
    contributions: NDArray[np.float64] = value + influence - influence.mean()
    return contributions


def _groups_by_position(y: NDArray[Any]) -> NDArray[np.int64]:
    """Rows dealt to the groups class by class."""
    group = np.empty(len(y), np.int64)
    group[np.argsort(y, kind="stable")] = np.arange(len(y)) % min(GROUPS, len(y))
    return group


def _groups_by_id(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """A group for each id, whatever other ids there are."""
    mixed = np.asarray(ids, np.int64).astype(np.uint64) * np.uint64(MIX)
    return (mixed >> np.uint64(32)).astype(np.int64) % GROUPS


def _keep_classes(y: NDArray[Any], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """The groups, with −1 (never left out) for classes that lie in one group only."""
    kept = group.copy()
    for c in np.unique(y):
        members = y == c
        if len(np.unique(group[members])) == 1:
            kept[members] = -1
    return kept

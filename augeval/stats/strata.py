"""Held-out rows by how far one of them can move a metric.

One right answer is worth 1 of accuracy whatever its class, and m / (classes · rows of the class) of balanced accuracy:
there a rare row weighs as much as twenty common ones, and that no rare row differs says little of the next.

Shapes: m held-out rows, R seeds.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spans", "strata"]

Floats = NDArray[np.float64]
ALIKE = 2.0  # classes whose rows reach at most this many times as far as those of others are counted with them
ROUNDING = 1e-6  # contributions are float32


def strata(classes: NDArray[np.int64], tables: Iterable[Floats]) -> tuple[NDArray[np.int64], Floats]:
    """Classes put together where their rows reach about equally far.

    Args:
        classes: (m,) of the rows; tables: (R, m) contributions of each arm, nan where there are none.

    Returns:
        (m,) stratum of each row, 0 … s-1; (s,) how far one of its rows reaches, ascending, in units of contributions.
    """
    spans = Spans(classes)
    for table in tables:
        spans.add(table)
    return spans.strata()


class Spans:
    """What the contributions of each class span: at most within one arm and seed, and over everything."""

    def __init__(self, classes: NDArray[np.int64]) -> None:
        self._names, self._class, self._counts = np.unique(classes, return_inverse=True, return_counts=True)
        self._order = np.argsort(self._class, kind="stable")
        self._starts = np.cumsum(self._counts) - self._counts
        self._low, self._high, self._within = (np.full(len(self._names), np.nan) for _ in range(3))

    def add(self, table: Floats) -> None:
        """Take in the (R, m) contributions of one arm."""
        if not table.size:
            return
        known = np.where(np.isfinite(table), table, np.nan)
        if len(self._names) > 1:
            known = known[:, self._order]
        low = np.fmin.reduceat(known, self._starts, axis=1)
        high = np.fmax.reduceat(known, self._starts, axis=1)
        self._low = np.fmin(self._low, np.fmin.reduce(low, axis=0))
        self._high = np.fmax(self._high, np.fmax.reduce(high, axis=0))
        self._within = np.fmax(self._within, np.fmax.reduce(high - low, axis=0))

    def width(self) -> float:
        """Largest minus smallest contribution of any class; 0 where there is none."""
        known = np.isfinite(self._low)
        return float(self._high[known].max() - self._low[known].min()) if known.any() else 0.0

    def strata(self) -> tuple[NDArray[np.int64], Floats]:
        """What `strata` returns, of the tables taken in."""
        reach = self._reaches()
        stratum, steps = np.zeros(len(self._names), np.int64), [float(min(reach, default=1.0))]
        for c in np.argsort(reach, kind="stable"):
            if reach[c] > ALIKE * steps[-1]:
                steps.append(float(reach[c]))
            stratum[c] = len(steps) - 1
        return np.asarray(stratum[self._class]), np.array(steps)

    def _reaches(self) -> Floats:
        """(classes,) the widest spread of contributions within one arm and seed.

        Where a class shows none (all its rows are right in every cell) its contributions tell. If they never change
        they depend on nothing but the row, as in accuracy, and it reaches as far as the others; else rows share their
        class's weight, and it reaches as much further as it has fewer rows.
        """
        reach = np.nan_to_num(self._within)
        known = reach > ROUNDING
        if not known.any():
            return np.ones(len(reach))
        most = int(np.argmax(np.where(known, self._counts, 0)))
        steady = np.nan_to_num(self._high - self._low) <= ROUNDING
        shared = reach[most] * self._counts[most] / self._counts
        return np.asarray(np.where(known, reach, np.where(steady, reach[known].min(), shared)))

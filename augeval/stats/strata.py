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
        self._low, self._high, self._within = (np.full(len(self._names), size) for size in (np.inf, -np.inf, -np.inf))

    def add(self, table: Floats) -> None:
        """Take in the (R, m) contributions of one arm."""
        if not table.size:
            return
        values = table[:, self._order] if len(self._names) > 1 else table
        known = np.isfinite(values)
        low, high = (values, values) if known.all() else (np.where(known, values, end) for end in (np.inf, -np.inf))
        lowest, highest = (
            np.minimum.reduceat(low, self._starts, axis=1),
            np.maximum.reduceat(high, self._starts, axis=1),
        )
        self._low, self._high = np.minimum(self._low, lowest.min(0)), np.maximum(self._high, highest.max(0))
        self._within = np.maximum(self._within, (highest - lowest).max(0))

    def width(self) -> float:
        """Largest minus smallest contribution of any class; 0 where there is none."""
        return max(float(self._high.max(initial=-np.inf) - self._low.min(initial=np.inf)), 0.0)

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
        reach = np.maximum(self._within, 0.0)
        known = reach > ROUNDING
        if not known.any():
            return np.ones(len(reach))
        most = int(np.argmax(np.where(known, self._counts, 0)))
        steady = self._high - self._low <= ROUNDING
        shared = reach[most] * self._counts[most] / self._counts
        return np.asarray(np.where(known, reach, np.where(steady, reach[known].min(), shared)))

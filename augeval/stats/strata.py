"""Held-out rows by how far one of them can move a metric.

One right answer is worth 1 of accuracy whatever its class, and m / (classes · rows of the class) of balanced accuracy:
there a rare row weighs as much as twenty common ones, and that no rare row differs says little of the next.

Shapes: m held-out rows, R seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["strata"]

Floats = NDArray[np.float64]
ALIKE = 2.0  # classes whose rows reach at most this many times as far as those of others are counted with them
ROUNDING = 1e-6  # contributions are float32


def strata(classes: NDArray[np.int64], tables: Sequence[Floats]) -> tuple[NDArray[np.int64], Floats]:
    """Classes put together where their rows reach about equally far.

    Args:
        classes: (m,) of the rows; tables: (R, m) contributions of each arm, nan where there are none.

    Returns:
        (m,) stratum of each row, 0 … s-1; (s,) how far one of its rows reaches, ascending, in units of contributions.
    """
    names, counts = np.unique(classes, return_counts=True)
    reach = _reaches([[table[:, classes == c] for table in tables] for c in names], counts)
    stratum, steps = np.zeros(len(names), np.int64), [float(min(reach, default=1.0))]
    for c in np.argsort(reach, kind="stable"):
        if reach[c] > ALIKE * steps[-1]:
            steps.append(float(reach[c]))
        stratum[c] = len(steps) - 1
    return stratum[np.searchsorted(names, classes)], np.array(steps)


def _reaches(parts: Sequence[Sequence[Floats]], counts: NDArray[np.int64]) -> Floats:
    """(classes,) the widest spread of contributions within one arm and seed.

    Where a class shows none (all its rows are right in every cell) its contributions tell. If they never change they
    depend on nothing but the row, as in accuracy, and it reaches as far as the others; else rows share their class's
    weight, and it reaches as much further as it has fewer rows.
    """
    reach = np.array([max((_width(table) for table in tables), default=0.0) for tables in parts])
    known = reach > ROUNDING
    if not known.any():
        return np.ones(len(reach))
    most = int(np.argmax(np.where(known, counts, 0)))
    for c in np.flatnonzero(~known).tolist():
        steady = _width(np.concatenate([table.ravel() for table in parts[c]])[None]) <= ROUNDING
        reach[c] = reach[known].min() if steady else reach[most] * counts[most] / counts[c]
    return reach


def _width(table: Floats) -> float:
    """The largest spread within a row of the table."""
    known = [row[np.isfinite(row)] for row in table]
    return max((float(np.ptp(row)) for row in known if len(row)), default=0.0)

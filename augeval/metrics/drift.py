"""How far synthetic rows moved from their parents, in the eyes of an encoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.types import Encoder

__all__ = ["cosine_drift", "summarise"]


def cosine_drift(children_x: NDArray[Any], parents_x: NDArray[Any], judge: Encoder) -> NDArray[np.float64]:
    """One minus the cosine between the judge's vectors of a row and of its parent.

    Each distinct row is encoded once.

    Args:
        children_x: (n, ...) synthetic rows: texts, images or table rows.
        parents_x: (n, ...) the row that each was made from.
        judge: rows -> (m, d) vectors.

    Returns:
        (n,) in [0, 2]; exactly 0 for a row that equals its parent or has its vector, 1 at a right angle.
        nan where a vector is zero or not finite: it has no direction.
    """
    n = len(children_x)
    if not n:
        return np.empty(0)
    both = np.concatenate([children_x, parents_x])
    kept, row = _distinct(both)
    vectors = np.asarray(judge(both[kept]), np.float64)
    child, parent = vectors[row[:n]], vectors[row[n:]]
    drift = np.clip(1.0 - _cosine(child, parent), 0.0, 2.0)
    same_vector = (child == parent).all(1) & ~np.isnan(drift)
    drift[same_vector | (row[:n] == row[n:])] = 0.0
    return drift


def summarise(drift: NDArray[np.float64]) -> dict[str, float]:
    """A cell's drift in a few numbers.

    Args:
        drift: (n,) of `cosine_drift`; nan where it could not be measured.

    Returns:
        mean, median, p90 (the value that a tenth of the rows exceed), max, and identical (share of rows with drift
        exactly 0), all over the measured rows and nan if there are none; rows and unmeasured: how many there are of
        all and of nan.
    """
    measured = drift[~np.isnan(drift)]
    counts = {"rows": float(len(drift)), "unmeasured": float(len(drift) - len(measured))}
    if not len(measured):
        return {**dict.fromkeys(("mean", "median", "p90", "max", "identical"), float("nan")), **counts}
    return {
        "mean": float(measured.mean()),
        "median": float(np.median(measured)),
        "p90": float(np.quantile(measured, 0.9)),
        "max": float(measured.max()),
        "identical": float((measured == 0).mean()),
        **counts,
    }


def _distinct(x: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the first of each distinct row, and for every row which of these it equals."""
    names = x.tolist() if x.dtype == object else [row.tobytes() for row in x]
    number: dict[Any, int] = {}  # str or bytes -> place among the distinct rows
    row = np.array([number.setdefault(name, len(number)) for name in names])
    return np.unique(row, return_index=True)[1], row


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    lengths[~np.isfinite(lengths) | (lengths == 0)] = np.nan
    cosine: NDArray[np.float64] = np.einsum("nd,nd->n", a, b) / lengths
    return cosine

"""Which training rows a synthetic row of a table came from, and whether a class has enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import NotApplicable
from augeval.types import Column

__all__ = ["as_points", "is_categorical", "legacy_generator", "nearest", "require_neighbours", "segment_ends"]

Floats = NDArray[np.float64]


def is_categorical(columns: Sequence[Column] | None, width: int) -> NDArray[np.bool_]:
    """(d,) True where a column holds category codes; without a description every column is numeric."""
    if columns is None:
        return np.zeros(width, bool)
    return np.array([column.kind == "categorical" for column in columns], bool)


def legacy_generator(rng: np.random.Generator) -> np.random.RandomState:
    """A RandomState fed from `rng`: imbalanced-learn takes no Generator, and replays an int for every class."""
    return np.random.RandomState(np.random.MT19937(int(rng.integers(2**63))))


def require_neighbours(who: str, label: str, rows: int, k: int, remedy: str) -> None:
    """Refuse a class that is too small for its neighbours, before anything is drawn.

    Raises:
        NotApplicable: fewer than k + 1 rows; names the class, what it has, what is needed and what to do.
    """
    if rows <= k:
        raise NotApplicable(
            f"{who} cannot make rows of class '{label}': it has {rows} training row{'s' * (rows != 1)}, and "
            f"{k} neighbour{'s' * (k != 1)} of each row need {k + 1}. {remedy}"
        )


def as_points(x: Floats, like: Floats, categorical: NDArray[np.bool_]) -> Floats:
    """Rows of a table as points whose distances make sense.

    Numeric columns in standard deviations of `like`, categorical ones as 0/1 columns in which two categories lie one
    standard deviation apart; a missing value lies at the mean.

    Args:
        x: (n, d) rows; like: (m, d) training rows; categorical: (d,) which columns hold codes.

    Returns:
        (n, e) float64, finite.
    """
    parts: list[Floats] = []
    for column, is_code in enumerate(categorical):
        values, known = x[:, column], like[:, column][~np.isnan(like[:, column])]
        if is_code:
            parts.append((values[:, None] == np.unique(known)) / np.sqrt(2.0))
        else:
            sd = float(known.std()) if len(known) else 0.0
            mean = float(known.mean()) if len(known) else 0.0
            parts.append(np.nan_to_num((values - mean) / (sd or 1.0))[:, None])
    return np.concatenate([np.zeros((len(x), 0)), *parts], axis=1)


def nearest(points: Floats, rows: Floats) -> NDArray[np.int64]:
    """(q,) position of the row that is nearest to each point."""
    return _neighbours(points, rows, 1)[:, 0]


def segment_ends(points: Floats, rows: Floats, k: int) -> NDArray[np.int64]:
    """The two rows between which SMOTE put each point, the nearer one first.

    A point s between a row i and one of its k nearest neighbours j has at most k rows nearer to it than j: each of
    them is nearer to i than j is. So j is among the k + 1 rows nearest to s, and only the segments that end there
    need to be tried.

    Args:
        points: (q, d) synthetic rows of one class.
        rows: (n, d) real rows of that class, n > k.
        k: neighbours that SMOTE chose among.

    Returns:
        (q, 2) positions in `rows`; the nearest row twice where no segment holds the point.
    """
    neighbours = _neighbours(rows, rows, k + 1)[:, 1:]
    starts = np.repeat(np.arange(len(rows)), k)
    order = np.argsort(neighbours.ravel(), kind="stable")
    bounds = np.searchsorted(neighbours.ravel()[order], np.arange(len(rows) + 1))
    starts_of = [starts[order[low:high]] for low, high in pairwise(bounds)]
    near = _neighbours(points, rows, min(len(rows), 2 * k + 2))  # more than k + 1, as equal rows take places
    tolerance = 1e-10 * float(np.abs(rows).max(initial=0.0)) * np.sqrt(rows.shape[1])
    ends = [
        _holding(point, rows, starts_of, ends_near, tolerance) for point, ends_near in zip(points, near, strict=True)
    ]
    return np.array(ends, np.int64).reshape(-1, 2)


def _holding(
    point: Floats, rows: Floats, starts_of: Sequence[NDArray[np.int64]], near: NDArray[np.int64], tolerance: float
) -> tuple[int, int]:
    start = np.concatenate([starts_of[j] for j in near])
    if not len(start):
        return int(near[0]), int(near[0])
    end = np.repeat(near, [len(starts_of[j]) for j in near])
    along, offset = rows[end] - rows[start], point - rows[start]
    length = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", along, offset) / np.where(length > 0, length, 1.0)
    share = share.clip(0.0, 1.0)
    gap = np.linalg.norm(offset - share[:, None] * along, axis=1)
    if gap.min() > tolerance:
        return int(near[0]), int(near[0])
    # Of several segments that hold the point the shortest: between equal rows every point is one of them.
    best = int(np.where(gap <= tolerance, length, np.inf).argmin())
    pair = (int(start[best]), int(end[best]))
    return pair if share[best] <= 0.5 else (pair[1], pair[0])


def _neighbours(points: Floats, rows: Floats, k: int) -> NDArray[np.int64]:
    from sklearn.neighbors import NearestNeighbors

    if not len(points):
        return np.zeros((0, k), np.int64)
    found: NDArray[Any] = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(points, return_distance=False)
    return found.astype(np.int64)

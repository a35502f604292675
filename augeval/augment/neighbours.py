"""Which training rows a synthetic row of a table came from, and whether a class has enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import NotApplicable
from augeval.types import Column

__all__ = ["as_points", "find_neighbours", "is_categorical", "legacy_generator", "nearest", "require_neighbours"]

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
    return find_neighbours(points, rows, 1)[:, 0]


def find_neighbours(points: Floats, rows: Floats, k: int) -> NDArray[np.int64]:
    """(q, k) positions of the k rows that are nearest to each point, the nearest first."""
    from sklearn.neighbors import NearestNeighbors

    if not len(points):
        return np.zeros((0, k), np.int64)
    found: NDArray[Any] = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(points, return_distance=False)
    return found.astype(np.int64)

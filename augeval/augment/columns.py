"""What the real rows tell of a table's numeric columns: which hold whole numbers, which only two values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import is_categorical
from augeval.types import Dataset

__all__ = ["coded_columns", "ranges_of", "whole_columns"]

Floats = NDArray[np.float64]


def whole_columns(x: Floats, dataset: Dataset) -> NDArray[np.bool_]:
    """(d,) True for numeric columns whose known values are all whole numbers: counts, years, ranks, 0 and 1.

    Args:
        x: (n, d) real training rows; dataset: its columns.
    """
    known = np.nan_to_num(x)
    whole: NDArray[np.bool_] = (known == np.rint(known)).all(0) & ~np.isnan(x).all(0)
    return whole & ~is_categorical(dataset.columns, x.shape[1])


def coded_columns(x: Floats, dataset: Dataset) -> NDArray[np.bool_]:
    """(d,) True for columns between whose values nothing lies: categories, and numbers that take two values at most."""
    two = np.array([len(np.unique(column[~np.isnan(column)])) <= 2 for column in x.T], bool)
    return two | is_categorical(dataset.columns, x.shape[1])


def ranges_of(x: Floats) -> tuple[Floats, Floats]:
    """(d,) smallest and (d,) largest known value of each column; -inf and inf where no value is known."""
    nothing = np.isnan(x).all(0)
    low, high = np.where(np.isnan(x), np.inf, x).min(0), np.where(np.isnan(x), -np.inf, x).max(0)
    return np.where(nothing, -np.inf, low), np.where(nothing, np.inf, high)

"""What an arm delivered, beside what it was asked for: copies, cells outside the class, fractions, rows left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.columns import ranges_of, whole_columns
from augeval.augment.neighbours import is_categorical
from augeval.fingerprints import row_contents
from augeval.types import Dataset, Examples

__all__ = ["delivered", "left_out_counts"]

TOLERANCE = 1e-9  # of a column's largest value: what rounding moves an interpolated value beyond its ends


def delivered(made: Examples, train: Examples, dataset: Dataset) -> dict[str, int]:
    """Whole numbers that add up over draws; shares of them are what a report shows.

    Args:
        made: synthetic rows of a table or of images; train: the real ones; dataset: its columns.

    Returns:
        copies: rows equal to some real row; cells: known values of numeric columns (pixels); outside: of these, how
        many lie beyond the smallest or largest value that the real rows of the class have there (SMOTE on floats: 0);
        whole_cells, fractions: of columns whose real values are all whole numbers, and how many of them got a
        fraction. Nothing for texts.
    """
    if made.x.dtype.kind not in "fui" or not len(made):
        return {}
    real = set(row_contents(train.x))
    rows, flat = (np.asarray(e.x.reshape(len(e), -1), np.float64) for e in (made, train))
    numeric = ~is_categorical(dataset.columns, flat.shape[1])
    ranges = [(rows[made.y == c][:, numeric], flat[train.y == c][:, numeric]) for c in np.unique(made.y)]
    counts = {
        "copies": sum(content in real for content in row_contents(made.x)),
        "cells": int((~np.isnan(rows[:, numeric])).sum()),
        "outside": sum(_outside(*pair) for pair in ranges),
    }
    if dataset.columns is None:
        return counts
    known = np.nan_to_num(cells := rows[:, whole_columns(flat, dataset)])
    return {**counts, "whole_cells": int((~np.isnan(cells)).sum()), "fractions": int((known != np.rint(known)).sum())}


def left_out_counts(
    left_out: NDArray[np.int64], train: Examples, dataset: Dataset, left: Mapping[int, int]
) -> dict[str, int]:
    """How many real rows are left out, in all and of each class that loses some.

    Args:
        left_out: their positions.
        left: rows of each class that were to remain, where that was asked; `kept_beyond` counts those that remain
            beyond it (of a sampler that keeps ties together).
    """
    counts = np.bincount(train.y[left_out], minlength=1)
    classes = dataset.classes
    named = {f"left out: {classes[c] if c < len(classes) else c}": int(counts[c]) for c in np.flatnonzero(counts)}
    kept = np.bincount(np.delete(train.y, left_out), minlength=len(counts))
    beyond = sum(max(0, int(kept[c]) - rows) for c, rows in left.items())
    if beyond:
        named["kept_beyond"] = beyond
    return {"left_out": len(left_out), **named} if len(left_out) else {}


def _outside(rows: NDArray[Any], real: NDArray[Any]) -> int:
    """Known cells beyond the range of each column; a column without a known real value has none."""
    if not len(rows) or not len(real):
        return 0
    low, high = ranges_of(real)
    slack = TOLERANCE * np.maximum(np.abs(low), np.abs(high))
    return int(((rows < low - np.where(np.isinf(low), 0, slack)) | (rows > high + slack)).sum())

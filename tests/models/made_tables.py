"""A small table of two columns, one of them categorical, and training sets of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augeval.types import Column, Dataset, Examples, TrainingSet

COLUMNS = (Column("a", "numeric"), Column("b", "categorical", ("x", "y", "z")))


def table(missing: float = 0.0, k: int = 2, n: int = 120) -> Dataset:
    rng = np.random.default_rng(0)
    y = np.arange(n) % k
    x = np.column_stack([rng.normal(size=n) + 2.5 * y, ((y + (rng.random(n) < 0.2)) % 3).astype(float)])
    x[rng.random((n, 2)) < missing] = np.nan
    return Dataset("toy", "tabular", Examples(x, y, np.arange(n)), tuple("abcdef"[:k]), COLUMNS)


def training(dataset: Dataset, n: int = 80, **about) -> TrainingSet:
    real = replace(dataset.examples.take(slice(0, n)), **about)
    return TrainingSet(real, real.take(slice(0, 0)), 0)

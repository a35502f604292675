"""Missing values of a table, filled with what the training rows have in that column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.types import Column, Dataset

__all__ = ["Fill", "as_they_are", "fill_for", "filled_from"]

Fill = Callable[[NDArray[Any]], NDArray[Any]]


def fill_for(impute: str | None, dataset: Dataset, rows: NDArray[np.int64]) -> Fill:
    """What fills missing values where these rows train, and they alone are looked at.

    Args:
        impute: "median": that of a numeric column, of a categorical one the most frequent category; a column without
            any value in the rows is filled with 0, or with its first category. None: nothing is filled.
        dataset: a table; of others nothing is filled. rows: (n,) positions of the training rows.

    Returns:
        (m, d) rows -> (m, d) rows without nan.

    Source: sklearn.impute.SimpleImputer.
    """
    return as_they_are if impute is None or dataset.columns is None else _filling(dataset.columns, dataset, rows)


def _filling(columns: Sequence[Column], dataset: Dataset, rows: NDArray[np.int64]) -> Fill:
    from sklearn.impute import SimpleImputer

    values = np.zeros(len(columns))
    for kind, strategy in (("numeric", "median"), ("categorical", "most_frequent")):
        chosen = [i for i, column in enumerate(columns) if column.kind == kind]
        if chosen:
            imputer = SimpleImputer(strategy=strategy, keep_empty_features=True)
            values[chosen] = imputer.fit(dataset.examples.x[rows][:, chosen]).statistics_
    return lambda x: np.where(np.isnan(x), values, x)


def as_they_are(x: NDArray[Any]) -> NDArray[Any]:
    """The rows, with what is missing in them."""
    return x


def filled_from(impute: str | None, dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    """The dataset as a fit on these rows sees it: what is missing anywhere is filled from them; see `fill_for`."""
    fill = fill_for(impute, dataset, rows)
    return replace(dataset, examples=replace(dataset.examples, x=fill(dataset.examples.x)))

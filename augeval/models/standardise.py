"""Table rows -> numbers that a linear model or a distance can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.types import Column

__all__ = ["TableLevels", "TableVectors"]


@dataclass(frozen=True)
class TableVectors:
    """Numeric columns shifted and scaled, categorical ones as indicators; called on (n, d), gives (n, e) float64.

    Args:
        numeric, categorical: (a,) and (b,) column positions.
        sizes: (b,) number of categories of each.
        centre, scale, fill: (a,) of the numeric columns; `fill` stands for a missing value, in the column's own unit.
        shares: (b,) of (size,) arrays: what stands for a missing category.
        own: a missing category has an indicator of its own instead.
    """

    numeric: NDArray[np.int64]
    categorical: NDArray[np.int64]
    sizes: tuple[int, ...]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    fill: NDArray[np.float64]
    shares: tuple[NDArray[np.float64], ...]
    own: bool

    @staticmethod
    def fit(
        columns: Sequence[Column] | None, x: NDArray[Any], *, missing: Literal["mean", "own"], scaled: bool = True
    ) -> TableVectors:
        """What the columns of these rows are measured by.

        Args:
            columns: one per column; None takes all as numeric.
            x: (n, d) float64; a category is the position of its value, nan is missing.
            missing: "mean" puts a missing number at the mean and a missing category at the shares of the rows;
                "own" puts a missing number at the median and gives a missing category an indicator.
            scaled: False leaves numbers in their own unit.
        """
        x = np.asarray(x, np.float64)
        kinds = np.array(["numeric"] * x.shape[1] if columns is None else [column.kind for column in columns])
        numeric, categorical = np.flatnonzero(kinds == "numeric"), np.flatnonzero(kinds == "categorical")
        sizes = tuple(len(column.categories) for column in columns or () if column.kind == "categorical")
        values = [x[~np.isnan(x[:, c]), c] for c in numeric]
        means = np.array([v.mean() if len(v) else 0.0 for v in values])
        medians = np.array([np.median(v) if len(v) else 0.0 for v in values])
        spreads = np.array([v.std() if len(v) else 0.0 for v in values])
        return TableVectors(
            numeric=numeric,
            categorical=categorical,
            sizes=sizes,
            centre=means if scaled else np.zeros(len(numeric)),
            # A column that is constant in these rows tells nothing of them; it is left in its own unit.
            scale=np.where(spreads > 0, spreads, 1.0) if scaled else np.ones(len(numeric)),
            fill=means if missing == "mean" else medians,
            shares=tuple(_shares(x[:, c], size) for c, size in zip(categorical, sizes, strict=True)),
            own=missing == "own",
        )

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        x = np.asarray(x, np.float64)
        numbers = x[:, self.numeric]
        numbers = (np.where(np.isnan(numbers), self.fill, numbers) - self.centre) / self.scale
        parts = [self._indicators(x[:, column], i) for i, column in enumerate(self.categorical)]
        return np.concatenate([numbers, *parts], axis=1)

    def with_missing(self) -> TableVectors:
        """The same, but a missing number stays nan."""
        return replace(self, fill=np.full(len(self.numeric), np.nan))

    def _indicators(self, codes: NDArray[np.float64], i: int) -> NDArray[np.float64]:
        absent = np.isnan(codes)
        made: NDArray[np.float64] = (codes[:, None] == np.arange(self.sizes[i])).astype(np.float64)
        if self.own:
            return np.column_stack([made, absent])
        made[absent] = self.shares[i]
        return made


def _shares(codes: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    known = codes[~np.isnan(codes)].astype(np.int64)
    shares: NDArray[np.float64] = np.bincount(known, minlength=size) / max(len(known), 1)
    return shares


@dataclass(frozen=True)
class TableLevels:
    """Numbers replaced by their place among at most `most` quantile bins; called on (n, d), gives (n, d) float64.

    Trees see nothing but the order of numbers, so few distinct ones lose little and make binning cheap: with row
    weights scikit-learn takes seconds for a column of more distinct values than it has bins.

    Args:
        edges: (d,) of arrays, ascending; None leaves a column as it is.
    """

    edges: tuple[NDArray[np.float64] | None, ...]

    @staticmethod
    def fit(x: NDArray[Any], numeric: Sequence[bool], most: int) -> TableLevels:
        """Bins of these rows: (n, d) float64, nan is missing; only `numeric` columns of more values are binned."""
        edges: list[NDArray[np.float64] | None] = []
        for column, binned in zip(np.asarray(x, np.float64).T, numeric, strict=True):
            known = column[~np.isnan(column)]
            many = binned and len(np.unique(known)) > most
            edges.append(np.unique(np.quantile(known, np.linspace(0, 1, most + 1)[1:-1])) if many else None)
        return TableLevels(tuple(edges))

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        made = np.array(x, np.float64)
        for column, edges in enumerate(self.edges):
            if edges is not None:
                known = ~np.isnan(made[:, column])
                made[known, column] = np.searchsorted(edges, made[known, column], side="right")
        return made

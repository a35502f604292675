"""Orders of training rows whose every start has the classes' shares, and sets of rows that share none.

Shapes: n rows, u distinct rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augeval.data.blocks import MIN_TRAIN, classes_of, equal_rows
from augeval.seeds import stream
from augeval.types import Dataset

__all__ = ["Chunks", "by_share"]

Rows = NDArray[np.int64]


def by_share(y: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) positions in an order whose every start has the classes' shares, and two of each class before all else."""
    rank, count = _rank_within_class(y)
    key = np.where(rank < 2, rank - 2.0, (rank + 0.5) / count)  # Webster's
    return np.lexsort((y, -count, key))


def _rank_within_class(y: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position of each row among the rows of its class, and how many these are."""
    order = np.argsort(y, kind="stable")
    counts = np.bincount(y)
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(y), np.int64)
    rank[order] = np.arange(len(y)) - starts[y[order]]
    return rank, counts[y]


@dataclass(frozen=True)
class Chunks:
    """Distinct rows in one order for all seeds: which of its class each is, and how many of a class a chunk takes.

    Args:
        rows: (u,) distinct rows; rank: (u,) place among those of their class; quota: (u,) of their class.
        count: chunks that there are.
    """

    rows: Rows
    rank: Rows
    quota: Rows
    count: int

    @staticmethod
    def of(dataset: Dataset, rows: Rows, size: int) -> Chunks:
        """Chunks of `size` of these sorted rows."""
        y = classes_of(dataset)
        order = stream("subset", dataset.name, "chunks").permutation(rows)
        first = np.unique(equal_rows(dataset.examples.x[order]), return_index=True)[1]
        distinct = order[np.sort(first)]
        # Shares are those of all rows, so that a chunk has the same of each class as a start of any seed's order.
        quota = np.bincount(y[rows][by_share(y[rows])[:size]], minlength=int(y.max(initial=0)) + 1)
        rank, _ = _rank_within_class(y[distinct])
        present = np.unique(y[rows])
        have = np.bincount(y[distinct], minlength=len(quota))
        grouped = dataset.groups is not None or (dataset.modality == "retrieval" and len(distinct) < len(rows))
        none = grouped or not 0 < size <= len(rows) or bool((quota[present] < MIN_TRAIN).any())
        count = 0 if none else int((have[present] // quota[present]).min())
        return Chunks(distinct, rank, quota[y[distinct]], count)

    def of_seed(self, seed: int) -> Rows:
        """The sorted rows of this seed's chunk."""
        return np.sort(self.rows[self.rank // self.quota == seed])

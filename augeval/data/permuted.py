"""The same rows with labels that say nothing: what the sentinel trains and tests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augeval.data.blocks import equal_rows
from augeval.errors import DataError
from augeval.seeds import stream
from augeval.types import Dataset

__all__ = ["permuted"]


def permuted(dataset: Dataset, deal: int = 0) -> Dataset:
    """The dataset with its labels dealt out anew among its distinct rows.

    Equal rows are dealt one label, the first one's: copies that straddle a split would show. An official test set and
    the other rows keep the labels that they have, each in another order, so that every class stays in both.

    The sentinel has one deal for all seeds: a plug-in that remembers rows of one seed, or was fitted once on them,
    meets them again with the labels that it knows when another seed holds them out.

    Args:
        dataset: with classes. deal: which.

    Returns:
        Equal but for `examples.y`.

    Raises:
        DataError: the rows have no classes.
    """
    if not dataset.classes:
        raise DataError(f"The rows of '{dataset.name}' have no classes, so there are no labels to permute.")
    y = dataset.examples.y.copy()
    held_out = np.zeros(len(y), bool)
    held_out[[] if dataset.test_rows is None else dataset.test_rows] = True
    same = equal_rows(dataset.examples.x)
    rng = stream("permuted labels", dataset.name, deal)
    for part in (np.flatnonzero(~held_out), np.flatnonzero(held_out)):
        _, first, row = np.unique(same[part], return_index=True, return_inverse=True)
        y[part] = rng.permutation(y[part][first])[row]
    return replace(dataset, examples=replace(dataset.examples, y=y))

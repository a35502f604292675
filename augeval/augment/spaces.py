"""Rows of texts and images made as vectors, where a model sees them as such.

SMOTE and its kin put rows between rows, and between two texts there is no text. In the space of a model that sees
vectors there is; so they work there as on a table of numbers, and the model reads what they made in place of rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from augeval.errors import NotApplicable
from augeval.extend import AugmenterPlugin, Space
from augeval.types import Encoder, Examples, TrainingSet

__all__ = ["as_vectors", "encoder_in", "stand_in", "with_sources"]

MOST_NUMBERS = 40_000_000  # of all vectors of a training set: a third of a gigabyte; words make long ones


def encoder_in(space: Space | None, plugin: AugmenterPlugin, model: str, train: Examples, rows: int) -> Encoder:
    """Rows -> the vectors in which the model sees them.

    Args:
        space: of the model, None if it has none; plugin: what makes vectors there; model: its name, "" for none.
        train: real training rows; rows: how many vectors there will be in all.

    Raises:
        NotApplicable: there is no such space, or its vectors are too long for so many rows; says what to do.
    """
    if space is None and not model:
        raise NotApplicable(
            f"{plugin.name} works on vectors here, those in which a model sees the rows, and makes none that can be "
            "shown or written. `augeval run` measures it."
        )
    if space is None:
        raise NotApplicable(
            f"{plugin.name} makes vectors, and {model} has no fixed space of them: it learns its own from the rows. "
            "Take a model that sees texts or images as fixed vectors (embedding_logistic, tfidf_logistic, "
            "pixels_logistic, or a classifier of scikit-learn)."
        )
    encode = space.of(train.x)
    width = int(encode(train.x[:1]).shape[1])
    if rows * width > MOST_NUMBERS:
        raise NotApplicable(
            f"{plugin.name} would hold {rows:,} vectors of {width:,} numbers in the {space.name} of {model}, more than "
            f"{MOST_NUMBERS:,} numbers in all. Take fewer training rows, a smaller dose, or a model of shorter vectors."
        )
    return encode


def as_vectors(rows: Examples, encode: Encoder) -> Examples:
    """The rows with float64 vectors in the place of x."""
    return replace(rows, x=np.asarray(encode(rows.x), np.float64))


def stand_in(rows: Examples) -> Examples:
    """For checks made before any model is known: rows without content, of which classes and numbers are left."""
    return replace(rows, x=np.zeros((len(rows), 1)))


def with_sources(made: TrainingSet, train: Examples) -> TrainingSet:
    """A training set of vectors as one of the real rows; a synthetic row shows the first of those it was made from."""
    vectors, synthetic = made.synthetic.x, made.synthetic
    return replace(
        made,
        real=train,
        synthetic=replace(synthetic, x=train.x[_positions(synthetic.ids, train.ids)]),
        vectors=vectors if len(synthetic) else None,
    )


def _positions(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(among)
    return order[np.searchsorted(among, ids, sorter=order)]

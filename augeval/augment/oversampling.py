"""SMOTE, and SMOTE from the rows at the border: rows between a row and a neighbour of its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import as_points, find_neighbours, is_categorical, legacy_generator, nearest
from augeval.augment.resampled import Resampled
from augeval.augment.segments import (
    BLOCK,
    VECTORS,
    Lines,
    Made,
    Rule,
    between,
    class_name,
    finished,
    foreign_neighbours,
    in_blocks,
    lines_of,
    needs,
    neighbours_of,
    require,
)
from augeval.errors import NotApplicable
from augeval.extend import set_augmenter
from augeval.types import Dataset, Examples

__all__ = ["borderline_smote", "smote"]


@set_augmenter(
    "tabular", source="Chawla et al. 2002; imbalanced-learn", check=needs("smote", numeric=False),
    in_vectors=VECTORS,
)  # fmt: skip
def smote(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Examples | Resampled:
    """Put rows between a row and one of its nearest neighbours of the same class.

    imbalanced-learn's SMOTE, or SMOTENC where some columns are categorical, or SMOTEN where all are. Each block of
    rows of each class has a generator of its own.

    Args:
        train: n real rows of at least two classes, without missing values.
        quota: rows wanted per class; a class may come to outnumber the largest.
        rng: names the draws.
        dataset: its columns and class names.
        k_neighbors: neighbours to choose among.
        reduce_k: take fewer neighbours, down to 1, in a class of too few rows, instead of refusing it; rows that were
            made so are counted as fewer_neighbours.
        round_whole: round columns whose real values are all whole numbers (0 and 1 too); else they get fractions,
            which are counted.

    Returns:
        Rows with parents (m, 2): the two ends of the segment, the nearer one first; the nearest row of the class
        twice with categorical columns, where there is no segment.

    Raises:
        NotApplicable: a class has too few rows, a column has missing values, or there is only one class.
        InputError: k_neighbors is below 1.
    """
    params = {"k_neighbors": k_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    require(smote, train, quota, dataset, params)
    categorical = is_categorical(dataset.columns, train.x.shape[1])

    def rule(c: int) -> Rule:
        k = neighbours_of("smote", c, train, dataset, params)
        if categorical.any():
            return lambda rng: _mixed_block(train, c, k, categorical, rng)
        lines = lines_of(train, c, k)
        return lambda rng: between(train.x, lines, BLOCK, legacy_generator(rng))[0]

    return finished(in_blocks("smote", train, quota, rng, rule), train, dataset, params)


def _mixed_block(train: Examples, c: int, k: int, categorical: NDArray[np.bool_], rng: np.random.Generator) -> Made:
    """`BLOCK` rows of one class with categorical columns, always as many: a part of them would be other rows."""
    from imblearn.over_sampling import SMOTEN, SMOTENC

    members = np.flatnonzero(train.y == c)
    settings = {
        "sampling_strategy": {c: len(members) + BLOCK},
        "random_state": legacy_generator(rng),
        "k_neighbors": k,
    }
    if categorical.all():
        sampler = SMOTEN(**settings)
    else:
        sampler = SMOTENC(categorical_features=np.flatnonzero(categorical).tolist(), **settings)
    rows, _ = sampler.fit_resample(train.x, train.y)
    x = np.asarray(rows[len(train) :], np.float64)
    closest = nearest(as_points(x, train.x, categorical), as_points(train.x[members], train.x, categorical))
    return x, members[np.stack([closest, closest], axis=1)]


@set_augmenter(
    "tabular", source="Han et al. 2005; imbalanced-learn", check=needs("borderline_smote", m=10),
    in_vectors=VECTORS,
)  # fmt: skip
def borderline_smote(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    m_neighbors: int = 10,
    kind: Literal["borderline-1", "borderline-2"] = "borderline-1",
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Examples | Resampled:
    """SMOTE from rows in danger alone: at least half of their neighbours, but not all, are of other classes.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`; numeric columns only.
        m_neighbors: neighbours among all rows that tell whether a row is in danger.
        kind: "borderline-1": towards neighbours of the class; "borderline-2": towards neighbours of any class, less
            than halfway to those of others.

    Returns:
        Rows with parents (m, 2), as of `smote`; a parent of another class is replaced by the row in danger.

    Raises:
        NotApplicable: as `smote`; and where no row of a class is in danger (imbalanced-learn adds nothing then, and
            says nothing).
    """
    params = {"k_neighbors": k_neighbors, "m_neighbors": m_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    require(borderline_smote, train, quota, dataset, params)

    def rule(c: int) -> Rule:
        k = neighbours_of("borderline_smote", c, train, dataset, params)
        members = np.flatnonzero(train.y == c)
        foreign = foreign_neighbours(train, members, m_neighbors)
        danger = members[(foreign >= m_neighbors / 2) & (foreign < m_neighbors)]
        if not len(danger):
            raise NotApplicable(
                f"borderline_smote makes no row of class '{class_name(dataset, c)}': none of its {len(members)} rows "
                f"is in danger, that is, has at least half but not all of its {m_neighbors} nearest neighbours in "
                f"other classes (they have {foreign.min()} to {foreign.max()}). Take smote, or other m_neighbors."
            )
        if kind == "borderline-1":
            lines = lines_of(train, c, k, danger)
            return lambda rng: between(train.x, lines, BLOCK, legacy_generator(rng))[0]
        lines = Lines(danger, find_neighbours(train.x[danger], train.x, k + 1)[:, 1:])
        return lambda rng: _less_than_halfway(train, c, lines, legacy_generator(rng))

    return finished(in_blocks("borderline_smote", train, quota, rng, rule), train, dataset, params)


def _less_than_halfway(train: Examples, c: int, lines: Lines, state: np.random.RandomState) -> Made:
    """A block of rows between rows in danger and neighbours of any class, in imbalanced-learn's order of draws."""
    picked = state.randint(low=0, high=lines.ends.size, size=BLOCK)
    shares = state.uniform(size=BLOCK)
    row, which = np.divmod(picked, lines.ends.shape[1])
    start, end = lines.starts[row], lines.ends[row, which]
    other = train.y[end] != c
    steps = train.x[end] - train.x[start]
    steps[other] *= state.uniform(low=0.0, high=0.5, size=(int(other.sum()), 1))
    return train.x[start] + shares[:, None] * steps, np.stack([start, np.where(other, start, end)], axis=1)

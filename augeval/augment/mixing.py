"""Rows of tables mixed within a class: part of one row, part of another. No label is mixed: labels are hard.

Every row of a class is a base once before any is one twice. Blocks of 256 rows are drawn whole and cut, each with a
generator of its own, so a larger quota starts with the rows of a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.columns import coded_columns, whole_columns
from augeval.augment.neighbours import require_neighbours
from augeval.augment.segments import BLOCK, VECTORS, class_name, joined
from augeval.errors import InputError, NotApplicable
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples

__all__ = ["categorical_swap", "column_bootstrap", "interpolation"]

Mixed = tuple[NDArray[np.float64], NDArray[np.int64]]  # (b, d) rows, (b, p) positions of their parents
Mixer = Callable[[NDArray[np.int64], NDArray[np.int64], np.random.Generator], Mixed]  # bases, members of the class


def _two_rows(who: str) -> Callable[[Examples, Mapping[int, int], Dataset, Mapping[str, Any]], None]:
    """The check of an augmenter that needs another row of the class."""

    def check(train: Examples, quota: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]) -> None:
        for c, wanted in quota.items():
            if wanted:
                remedy = "Take jitter, duplicate or class_weight."
                require_neighbours(who, class_name(dataset, c), int((train.y == c).sum()), 1, remedy)

    return check


def _two_rows_with_codes(
    train: Examples, quota: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]
) -> None:
    _two_rows("categorical_swap")(train, quota, dataset, params)
    if not coded_columns(train.x, dataset).any():
        raise NotApplicable(
            "categorical_swap has nothing to exchange: no column is categorical, or takes two values at most. Take "
            "column_bootstrap, interpolation or jitter."
        )


@set_augmenter(
    "tabular", unit="share of the way to the other row", magnitudes=(0.1, 1.0), default_magnitude=0.5, most=1,
    source="Zhang et al. 2018, within a class; DeVries & Taylor 2017", check=_two_rows("interpolation"),
    in_vectors=VECTORS,
)  # fmt: skip
def interpolation(  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
    alpha: float = 1.0,
) -> Examples:
    """Mix a row with any other row of its class (mixup within the class).

    Mixup across classes mixes labels too, and an arm's labels are hard; so both rows are of one class. With magnitude 1
    and alpha 1 this is SMOTE with all other rows as neighbours.

    Args:
        train: n real rows.
        quota: rows wanted per class.
        magnitude: largest step m towards the other row, in [0, 1]; a row takes the step m · Beta(alpha, alpha).
        rng: names the draws.
        dataset: its columns.
        alpha: 1: every step is as likely; below 1: near one of both rows; above 1: near the middle.

    Returns:
        Rows with parents (m, 2), the nearer one first. Whole numbers are rounded. Where nothing lies between two values
        (categories, columns of two values, a missing value) the other row's stands with the step as its probability.

    Raises:
        NotApplicable: a class has one row. InputError: a magnitude outside [0, 1], alpha not above 0.
    """
    m = _share("interpolation", magnitude)
    if not 0 < alpha < np.inf:
        raise InputError(f"interpolation takes an alpha above 0, not {alpha}.")
    _two_rows("interpolation")(train, quota, dataset, {})
    coded, whole = coded_columns(train.x, dataset), whole_columns(train.x, dataset)

    def mix(bases: NDArray[np.int64], members: NDArray[np.int64], rng: np.random.Generator) -> Mixed:
        others = _others(bases, members, rng)
        step = m * rng.beta(alpha, alpha, size=len(bases))
        one, two = train.x[bases], train.x[others]
        between = one + step[:, None] * (two - one)
        between[:, whole] = np.rint(between[:, whole])
        jumps = coded[None, :] | np.isnan(one) | np.isnan(two)
        chosen = np.where(rng.random(one.shape) < step[:, None], two, one)
        parents = np.where((step <= 0.5)[:, None], np.stack([bases, others], 1), np.stack([others, bases], 1))
        return np.where(jumps, chosen, between), parents

    return _mixed("interpolation", train, quota, rng, mix)


@set_augmenter(
    "tabular", unit="share of categorical columns", magnitudes=(0.1, 0.5), default_magnitude=0.25, most=1,
    check=_two_rows_with_codes,
)  # fmt: skip
def categorical_swap(
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
) -> Examples:
    """Take some categories from another row of the same class; numbers stay.

    Args:
        train, quota, rng, dataset: as for `interpolation`.
        magnitude: chance of each categorical column, and of each that takes two values at most, to be exchanged; in
            [0, 1].

    Returns:
        Rows with parents (m, 2): the row itself, and the one that its other categories are from. A missing category is
        exchanged like any other.

    Raises:
        NotApplicable: a class has one row, or no column is of such a kind. InputError: a magnitude outside [0, 1].
    """
    m = _share("categorical_swap", magnitude)
    _two_rows_with_codes(train, quota, dataset, {})
    coded = coded_columns(train.x, dataset)

    def mix(bases: NDArray[np.int64], members: NDArray[np.int64], rng: np.random.Generator) -> Mixed:
        others = _others(bases, members, rng)
        swapped = (rng.random((len(bases), len(coded))) < m) & coded
        return np.where(swapped, train.x[others], train.x[bases]), np.stack([bases, others], axis=1)

    return _mixed("categorical_swap", train, quota, rng, mix)


@set_augmenter(
    "tabular", unit="share of columns", magnitudes=(0.1, 1.0), default_magnitude=0.25, most=1,
    check=_two_rows("column_bootstrap"), in_vectors=VECTORS,
)  # fmt: skip
def column_bootstrap(
    train: Examples,
    quota: Mapping[int, int],
    *,
    magnitude: float | None,
    rng: np.random.Generator,
    dataset: Dataset,
) -> Examples:
    """Draw some columns anew, each from any row of the class: every value is real, what they have in common is lost.

    With magnitude 1 each column is a bootstrap of its own and the columns are independent within a class: what helps
    then needs no dependence between them. The bootstrap of whole rows is `random_over`; smoothed it is `rose`.

    Args:
        train, quota, rng, dataset: as for `interpolation`.
        magnitude: chance of each column to be drawn anew, in [0, 1].

    Returns:
        Rows with parents (m, 1 + d): the row itself, then the row that each column's value is from.

    Raises:
        NotApplicable: a class has one row. InputError: a magnitude outside [0, 1].
    """
    m = _share("column_bootstrap", magnitude)
    _two_rows("column_bootstrap")(train, quota, dataset, {})
    columns = np.arange(train.x.shape[1])

    def mix(bases: NDArray[np.int64], members: NDArray[np.int64], rng: np.random.Generator) -> Mixed:
        drawn = members[rng.integers(len(members), size=(len(bases), len(columns)))]
        sources = np.where(rng.random(drawn.shape) < m, drawn, bases[:, None])
        return train.x[sources, columns], np.concatenate([bases[:, None], sources], axis=1)

    return _mixed("column_bootstrap", train, quota, rng, mix)


def _share(who: str, magnitude: float | None) -> float:
    if magnitude is None or not 0 <= magnitude <= 1:
        raise InputError(f"{who} takes a magnitude from 0 to 1, not {magnitude}.")
    return magnitude


def _others(bases: NDArray[np.int64], members: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Another row of the class for each base, never itself."""
    places = np.searchsorted(members, bases)
    drawn = rng.integers(len(members) - 1, size=len(bases))
    return members[drawn + (drawn >= places)]


def _mixed(who: str, train: Examples, quota: Mapping[int, int], rng: np.random.Generator, mix: Mixer) -> Examples:
    key = int(rng.integers(2**63))
    parts = []
    for c, wanted in quota.items():
        members = np.flatnonzero(train.y == c)
        if not wanted or not len(members):
            continue
        order = stream(f"{who} order", key, c).permutation(members)
        blocks = range(-(-wanted // BLOCK))
        bases = order[np.arange(len(blocks) * BLOCK) % len(order)].reshape(-1, BLOCK)
        made = [mix(bases[b], members, stream(who, key, c, b)) for b in blocks]
        x, parents = (np.concatenate(part)[:wanted] for part in zip(*made, strict=True))
        parts.append(Examples(x, np.full(wanted, c, train.y.dtype), train.ids[parents[:, 0]], train.ids[parents]))
    return joined(train, parts)

"""Rows between two rows of a class: what SMOTE and its kin have in common.

Blocks of 256 rows are drawn whole and cut, each with a generator of its own, so a larger quota starts with the rows of
a smaller one, and no class replays the draws of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.columns import whole_columns
from augeval.augment.neighbours import find_neighbours, is_categorical, require_neighbours
from augeval.augment.resampled import Resampled
from augeval.errors import InputError, NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.seeds import stream
from augeval.types import Dataset, Examples, Modality

__all__ = [
    "BLOCK",
    "VECTORS",
    "Lines",
    "Made",
    "Rule",
    "between",
    "class_name",
    "finished",
    "foreign_neighbours",
    "in_blocks",
    "joined",
    "lines_of",
    "needs",
    "neighbours_of",
    "require",
]

BLOCK = 256
VECTORS: tuple[Modality, ...] = ("text", "image")  # whose rows are made as vectors in the space of a model
Made = tuple[NDArray[np.float64], NDArray[np.int64]]  # (b, d) rows, (b, p) positions of their parents
Rule = Callable[[np.random.Generator], Made]  # makes a block of rows of one class, always the same number


@dataclass(frozen=True)
class Lines:
    """Where new rows may lie: from each of s rows to each of its k partners.

    Args:
        starts: (s,) positions of training rows; ends: (s, k) positions of their partners.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def lines_of(train: Examples, c: int, k: int, of: NDArray[np.int64] | None = None) -> Lines:
    """From rows of a class (all of them, or those named) to their k nearest neighbours of the class."""
    members = np.flatnonzero(train.y == c)
    starts = members if of is None else of
    return Lines(starts, members[find_neighbours(train.x[starts], train.x[members], k + 1)[:, 1:]])


def foreign_neighbours(train: Examples, rows: NDArray[np.int64], m: int) -> NDArray[np.int64]:
    """(r,) how many of each row's m nearest neighbours are of another class."""
    if not len(rows):
        return np.empty(0, np.int64)
    neighbours = find_neighbours(train.x[rows], train.x, m + 1)[:, 1:]
    return np.asarray((train.y[neighbours] != train.y[rows][:, None]).sum(1), np.int64)


def between(
    x: NDArray[np.float64], lines: Lines, n: int, state: np.random.RandomState, step: float = 1.0
) -> tuple[Made, NDArray[np.float64]]:
    """n rows x_i + u · step · (x_j - x_i), u uniform on [0, 1), in the order of draws that imbalanced-learn has.

    Args:
        x: training rows; lines: which pairs (i, j); state: draws; step: below 0 the rows lie beyond i, away from j.

    Returns:
        The rows with their parents, the nearer one first; and (n,) shares u · step.
    """
    picked = state.randint(low=0, high=lines.ends.size, size=n)
    shares: NDArray[np.float64] = step * state.uniform(size=n)
    row, which = np.divmod(picked, lines.ends.shape[1])
    start, end = lines.starts[row], lines.ends[row, which]
    made = x[start] + shares[:, None] * (x[end] - x[start])
    parents = np.where((shares <= 0.5)[:, None], np.stack([start, end], 1), np.stack([end, start], 1))
    return (made, parents), shares


def in_blocks(
    who: str, train: Examples, quota: Mapping[int, int], rng: np.random.Generator, rule: Callable[[int], Rule]
) -> Examples:
    """Rows of each class, block by block until its quota is full.

    Args:
        who: names the streams; rule: class -> how a block of its rows is made; it never makes an empty one.
    """
    key = int(rng.integers(2**63))
    parts = []
    for c, wanted in quota.items():
        if not wanted:
            continue
        blocks = list(_until(wanted, rule(c), (who, key, c)))
        x, parents = (np.concatenate(part)[:wanted] for part in zip(*blocks, strict=True))
        parts.append(Examples(x, np.full(wanted, c, train.y.dtype), train.ids[parents[:, 0]], train.ids[parents]))
    return joined(train, parts)


def _until(wanted: int, make: Rule, path: tuple[object, ...]) -> Iterator[Made]:
    got = 0
    for block in count():
        if got >= wanted:
            return
        made = make(stream(*path, block))
        assert len(made[0]), f"{path[0]} made an empty block"
        got += len(made[0])
        yield made


def joined(train: Examples, parts: list[Examples]) -> Examples:
    """The parts one after the other; with none of them, no rows and one parent each."""
    if not parts:
        return Examples(train.x[:0], train.y[:0], train.ids[:0], train.ids[:0, None])
    x, y = np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])
    parents = np.concatenate([p.parents for p in parts if p.parents is not None])
    return Examples(x, y, parents[:, 0], parents)


def class_name(dataset: Dataset, c: int) -> str:
    """What the user calls a class."""
    return dataset.classes[c] if c < len(dataset.classes) else str(c)


def neighbours_of(who: str, c: int, train: Examples, dataset: Dataset, params: Mapping[str, Any]) -> int:
    """How many neighbours a class of this size can have: k_neighbors, or fewer with `reduce_k`.

    Raises:
        NotApplicable: the class has too few rows; names it, its rows, what is needed, and what to do.
    """
    k, rows = int(params["k_neighbors"]), int((train.y == c).sum())
    if params.get("reduce_k"):
        k = max(1, min(k, rows - 1))
        remedy = "Take jitter, duplicate or class_weight."
    else:
        fewer = f"k_neighbors: {rows - 1} or " if rows > 1 else ""
        remedy = f"Set {fewer}reduce_k: true, or take jitter, duplicate or class_weight."
    if rows < 2:
        remedy = "Take jitter, duplicate or class_weight."
    require_neighbours(who, class_name(dataset, c), rows, k, remedy)
    return k


def needs(
    who: str, *, k: int = 5, m: int = 0, numeric: bool = True
) -> Callable[[Examples, Mapping[int, int], Dataset, Mapping[str, Any]], None]:
    """The check of a sampler that looks at neighbours: no missing values, two classes, rows enough in each class.

    Args:
        who: its name; k, m: usual k_neighbors, and m_neighbors among all rows (0: it has none).
        numeric: it takes numeric columns only.
    """

    def check(train: Examples, quota: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]) -> None:
        given = {"k_neighbors": k, "m_neighbors": m, **params}
        if given["k_neighbors"] < 1:
            raise InputError(f"{who} takes k_neighbors of at least 1, not {given['k_neighbors']}.")
        _refuse_gaps(who, train, dataset)
        if numeric:
            _refuse_categories(who, train, dataset)
        for c, wanted in quota.items():
            if wanted:
                neighbours_of(who, c, train, dataset, given)
        if m and len(train) <= given["m_neighbors"]:
            raise NotApplicable(
                f"{who} looks at {given['m_neighbors']} neighbours of a row (m_neighbors), and there are {len(train)} "
                f"training rows. Set m_neighbors below {len(train)}."
            )

    return check


def require(
    plugin: AugmenterPlugin, train: Examples, quota: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]
) -> None:
    """Run a plug-in's own check: what is refused before a run is refused by a plain call too."""
    assert plugin.check is not None
    plugin.check(train, quota, dataset, params)


def _refuse_gaps(who: str, train: Examples, dataset: Dataset) -> None:
    gaps = np.isnan(train.x).sum(0)
    if gaps.any():
        column = int(gaps.argmax())
        name = dataset.columns[column].name if dataset.columns else str(column)
        raise NotApplicable(
            f"{who} takes no missing values, and column '{name}' has {gaps[column]} of {len(train)} training rows. "
            "Fill them for every arm with impute: median in the experiment, or take jitter or duplicate."
        )
    if len(np.unique(train.y)) < 2:
        raise NotApplicable(f"{who} needs two classes or more among the training rows; there is one.")


def _refuse_categories(who: str, train: Examples, dataset: Dataset) -> None:
    categorical = np.flatnonzero(is_categorical(dataset.columns, train.x.shape[1]))
    if len(categorical) and dataset.columns:
        raise NotApplicable(
            f"{who} puts rows between numbers, and column '{dataset.columns[categorical[0]].name}' "
            f"({len(categorical)} of {train.x.shape[1]}) is categorical: halfway between two categories is none. Take "
            "smote, which treats such columns as what they are."
        )


def finished(made: Examples, train: Examples, dataset: Dataset, params: Mapping[str, Any]) -> Examples | Resampled:
    """The rows as they are handed back: whole numbers where `round_whole` says so, and how many rows had fewer
    neighbours than k_neighbors.
    """
    if params.get("round_whole"):
        x = made.x.copy()
        whole = whole_columns(train.x, dataset)
        x[:, whole] = np.rint(x[:, whole])
        made = Examples(x, made.y, made.ids, made.parents)
    counts = np.bincount(train.y)
    fewer = int((counts[made.y] <= params["k_neighbors"]).sum())
    return Resampled(made, counts={"fewer_neighbours": fewer}) if fewer else made

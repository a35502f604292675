"""Rows that must stay together, and how they are dealt out: by class, blocks whole.

Shapes: n rows, k classes, b blocks (rows that must stay together: equal rows and rows of one group).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError
from augeval.types import Dataset

__all__ = [
    "MIN_TEST",
    "MIN_TRAIN",
    "RESERVED",
    "TEST",
    "TRAIN",
    "VALID",
    "Duplicates",
    "Layout",
    "apportion",
    "classes_of",
    "duplicates",
    "equal_rows",
]

Rows = NDArray[np.int64]
Goal = NDArray[np.int64]
TEST, VALID, TRAIN, RESERVED = 0, 1, 2, 3  # reserved: held-out rows that never choose, only confirm
MIN_TEST, MIN_TRAIN = 1, 2  # rows a class must have there: 2, since a penalty is tuned within the training rows


@dataclass(frozen=True)
class Duplicates:
    """What `duplicates` counts.

    Args:
        rows: rows that equal an earlier row (retrieval: the same query with the same document).
        conflicting: distinct rows that occur with more than one label.
    """

    rows: int
    conflicting: int


def duplicates(dataset: Dataset) -> Duplicates:
    """How many rows repeat an earlier one, and how many distinct rows carry more than one label."""
    same = equal_rows(dataset.examples.x)
    pairs = np.unique(np.stack([same, dataset.examples.y], axis=1), axis=0)
    if dataset.modality == "retrieval":
        return Duplicates(len(same) - len(pairs), 0)
    distinct, labels = np.unique(pairs[:, 0], return_counts=True)
    return Duplicates(len(same) - len(distinct), int((labels > 1).sum()))


def equal_rows(x: NDArray[Any]) -> NDArray[np.int64]:
    """(n,) codes: equal rows (same text, same pixels, same numbers; nan equals nan) share a code."""
    codes: dict[object, int] = {}
    return np.array([codes.setdefault(key, len(codes)) for key in _row_keys(x)], np.int64)


def _row_keys(x: NDArray[Any]) -> Iterable[object]:
    if x.dtype == object:
        return cast(Iterable[object], x)
    if x.dtype.kind == "f":
        x = np.where(np.isnan(x), np.nan, x) + 0.0  # one nan and one zero, whatever their bits were
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    return (row.tobytes() for row in flat)


def classes_of(dataset: Dataset) -> NDArray[np.int64]:
    """(n,) classes; retrieval has none, so all rows are of one."""
    y = dataset.examples.y
    return y if dataset.classes else np.zeros(len(y), np.int64)


@dataclass(frozen=True)
class Layout:
    """Rows as blocks and classes.

    Args:
        block: (n,) block of each row, 0 … b-1; y: (n,) class of each row.
    """

    dataset: Dataset
    block: NDArray[np.int64]
    y: NDArray[np.int64]
    n_classes: int

    @staticmethod
    def of(dataset: Dataset) -> Layout:
        block = _blocks(equal_rows(dataset.examples.x), dataset.groups)
        return Layout(dataset, block, classes_of(dataset), max(1, dataset.n_classes))

    @property
    def everything(self) -> Rows:
        return np.arange(len(self.y))

    def assign(self, rows: Rows, shares: tuple[float, float], rng: np.random.Generator) -> NDArray[np.int64]:
        """(len(rows),) TEST, VALID or TRAIN of each row, by class, blocks whole."""
        return self.deal(rows, self.goals(rows, shares), rng)

    def deal(self, rows: Rows, goal: Goal, rng: np.random.Generator, keep: int = MIN_TRAIN) -> NDArray[np.int64]:
        """(len(rows),) TEST, VALID or TRAIN of each row, as near the (3, k) goal as whole blocks allow.

        Args:
            keep: rows of each class that TRAIN must not fall below.
        """
        names, block = np.unique(self.block[rows], return_inverse=True)
        cells = block * self.n_classes + self.y[rows]
        counts = np.bincount(cells, minlength=len(names) * self.n_classes).reshape(len(names), -1)
        return _place(counts, goal, rng, keep)[block]

    def total(self, rows: Rows) -> NDArray[np.int64]:
        """(k,) rows of each class."""
        return np.bincount(self.y[rows], minlength=self.n_classes)

    def goals(self, rows: Rows, shares: tuple[float, float], least_test: int = MIN_TEST) -> Goal:
        """(3, k) rows wanted of each class in each part: largest remainders, then the least each class needs."""
        total = self.total(rows)
        test, valid = (apportion(total, share) for share in shares)
        if shares[TEST] > 0:
            self._refuse_small(total)
            test = np.clip(test, least_test, np.maximum(total - MIN_TRAIN, 0))
        valid = np.minimum(valid, np.maximum(total - test - MIN_TRAIN, 0))
        return np.stack([test, valid, total - test - valid])

    def _refuse_small(self, total: NDArray[np.int64]) -> None:
        small = np.flatnonzero(total < MIN_TEST + MIN_TRAIN)
        if len(small):
            raise DataError(
                f"'{self.dataset.name}': {self.named(int(small[0]))} has {total[small[0]]} row(s); a split needs "
                f"{MIN_TEST + MIN_TRAIN} of each class (2 to train, 1 to test). Add rows of it, merge it with "
                "another class, or leave it out."
            )

    def lacking(self, part: NDArray[np.int64], names: Mapping[int, str]) -> str:
        """Which class has too few rows in one of the named parts, and how many it has; "" where none has."""
        least = [MIN_TRAIN if p == TRAIN else MIN_TEST for p in names]
        for c in range(self.n_classes):
            of_class = part[self.y == c]
            have = [int((of_class == p).sum()) for p in names]
            if any(h < wanted for h, wanted in zip(have, least, strict=True)):
                leaves = _listed([f"{h} {name}" for h, name in zip(have, names.values(), strict=True)])
                return (
                    f"'{self.dataset.name}': {self.named(c)} has {len(of_class)} row(s) in "
                    f"{len(np.unique(self.block[self.y == c]))} block(s) (equal rows and rows of one group stay "
                    f"together), which leaves {leaves}; wanted at least {_listed([str(one) for one in least])}"
                )
        return ""

    def named(self, c: int) -> str:
        return f"class '{self.dataset.classes[c]}'" if self.dataset.classes else "the dataset"


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def apportion(total: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """(k,) whole rows of each class whose sum is the rounded share of all: largest remainders, first class first."""
    exact = np.round(total * share, 9)  # 0.4 * 10 must not become 4.000000000000001 rows
    whole = np.floor(exact).astype(np.int64)
    left = round(float(total.sum() * share)) - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[: max(0, left)]] += 1
    return whole


def _blocks(same: NDArray[np.int64], groups: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """(n,) 0 … b-1: connected components of "equal row" and "same group"."""
    if groups is None:
        return same
    group = np.unique(groups, return_inverse=True)[1]
    label = np.arange(len(same))
    while True:  # each round hands the smallest label on to every equal row and to every row of the group
        before = label
        for key in (same, group):
            low = np.full(key.max(initial=0) + 1, len(label))
            np.minimum.at(low, key, label)
            label = low[key]
        if np.array_equal(before, label):
            return np.unique(label, return_inverse=True)[1]


def _place(
    counts: NDArray[np.int64], goal: NDArray[np.int64], rng: np.random.Generator, keep: int
) -> NDArray[np.int64]:
    """(b,) part of each block: large blocks one by one where they fit, single rows fill each class up exactly.

    Args:
        counts: (b, k) rows of each class in each block; goal: (3, k) rows wanted; keep: see `Layout.deal`.
    """
    order, dice = rng.permutation(len(counts)), rng.random(len(counts))
    size = counts.sum(axis=1)
    part = np.full(len(counts), TRAIN)
    need = goal.astype(float)
    scale = 1 / np.maximum(goal.sum(axis=0), 1)  # a rare class's missing row weighs as much as its share
    large = order[size[order] > 1]
    for b in large[np.argsort(-size[large], kind="stable")]:
        part[b] = _choose(counts[b], need, scale, dice[b])
        need[part[b]] -= counts[b]
    single = order[size[order] == 1]
    of_class = counts[single].argmax(axis=1)
    for c in np.unique(of_class):
        mine = single[of_class == c]
        n_test, n_valid = (int(max(0, need[p, c])) for p in (TEST, VALID))
        part[mine[:n_test]] = TEST
        part[mine[n_test : n_test + n_valid]] = VALID
    _repair(part, counts, goal, keep)
    return part


def _choose(count: NDArray[np.int64], need: NDArray[np.float64], scale: NDArray[np.float64], dice: float) -> int:
    """A part that the block fits into, drawn by how much each still needs; where none fits, the neediest."""
    inside = count > 0
    weight = (count * scale) @ need.T
    fits = (need[:, inside] >= count[inside]).all(axis=1)
    if not fits.any():
        return int(np.argmax(np.where(need.sum(axis=1) > 0, weight, -np.inf)))
    chance = np.cumsum(np.where(fits, weight, 0.0))
    return min(TRAIN, int(np.searchsorted(chance, dice * chance[-1], side="right")))


def _repair(part: NDArray[np.int64], counts: NDArray[np.int64], goal: NDArray[np.int64], keep: int) -> None:
    """Move the smallest block that gives a class the rows it lacks, where no other class then lacks any."""
    least = np.zeros_like(goal)
    least[TEST] = np.where(goal[TEST] > 0, MIN_TEST, 0)
    least[TRAIN] = np.minimum(goal.sum(axis=0), keep)
    have = np.stack([counts[part == p].sum(axis=0) for p in (TEST, VALID, TRAIN)])
    for p, c in np.argwhere(have < least):
        for b in np.lexsort((np.arange(len(part)), counts.sum(axis=1))):
            if have[p, c] >= least[p, c]:
                break
            giver = part[b]
            if counts[b, c] and giver != p and (have[giver] - counts[b] >= least[giver]).all():
                part[b] = p
                have[giver] -= counts[b]
                have[p] += counts[b]

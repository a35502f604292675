"""Which rows train and which are held out: by class, by group, and never the same row on both sides.

Shapes: n rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from augeval.data.blocks import (
    MIN_TEST,
    MIN_TRAIN,
    RESERVED,
    TEST,
    TRAIN,
    VALID,
    Layout,
    apportion,
    classes_of,
)
from augeval.data.shares import Chunks, by_share
from augeval.errors import DataError, InputError
from augeval.seeds import stream
from augeval.types import Dataset, Split

__all__ = ["FOLDS", "LEAST_CONFIRM", "chunks", "confirmable", "inner_folds", "resolve_mode", "split", "subset"]

Mode = Literal["fixed", "splits"]
Part = Literal["choose", "confirm"]
Rows = NDArray[np.int64]
FIXED_FROM = 2000  # rows from which one held-out set is large enough for every seed
LEAST_CONFIRM = 5  # rows of each class below which setting rows aside to confirm a choice tells nothing
FOLDS = 3  # inner folds of the training rows, for out-of-fold scores
PARTS: Mapping[int, str] = {TRAIN: "to train", TEST: "to test"}
PARTS_TO_CONFIRM: Mapping[int, str] = {TRAIN: "to train", TEST: "to choose by", RESERVED: "to confirm with"}


def resolve_mode(dataset: Dataset, mode: str = "auto") -> Mode:
    """Whether every seed meets the same test rows ("fixed") or its own ("splits").

    Args:
        mode: "fixed", "splits", or "auto": fixed where the dataset has an official test set or at least 2000 rows.

    Raises:
        InputError: another word.
    """
    if mode == "auto":
        return "fixed" if dataset.test_rows is not None or len(dataset.examples) >= FIXED_FROM else "splits"
    if mode in ("fixed", "splits"):
        return cast(Mode, mode)
    raise InputError(f"The split mode is '{mode}'; wanted auto, fixed (one test set for all seeds) or splits.")


def split(  # noqa: PLR0913  (who divides says all of it)
    dataset: Dataset,
    *,
    seed: int,
    test: float = 0.4,
    valid: float = 0.0,
    mode: str = "auto",
    confirm: bool = False,
    part: Part = "choose",
) -> Split:
    """The train, valid and test rows of one replicate.

    Classes keep their shares as far as blocks allow. A block (equal rows, rows of one group, and whatever these
    chain together) lies wholly in one part. With mode "fixed" the test rows do not depend on the seed: they are the
    dataset's official ones, or drawn once; training rows that share a block with an official test row are left out.

    With `confirm`, half of the held-out rows are set aside once for all seeds, by class and whole blocks: no seed
    chooses by them, trains on them or validates on them. The other half is tested as without `confirm`, and the
    training rows are as many as without it.

    Args:
        seed: the replicate.
        test: share of all rows held out, in (0, 1); not used where the official test rows are.
        valid: share of all rows (of the training rows, with an official test set) in [0, 1 - test).
        mode: see `resolve_mode`.
        confirm: whether half of the held-out rows are set aside.
        part: which half the test rows are: those that choose, or those set aside to confirm the choice. The train
            and valid rows are the same.

    Returns:
        Sorted, disjoint row positions.

    Raises:
        DataError: a class would have fewer than 2 training rows or no test row (in either half, with `confirm`).
        InputError: shares, mode or part outside their range.
    """
    if part not in ("choose", "confirm") or (part == "confirm" and not confirm):
        raise InputError(f"The part is '{part}' with confirm: {confirm}; wanted choose, or confirm with confirm: True.")
    division = _Division.of(dataset, (test, valid), mode, confirm)
    found = division.parts(seed)
    lacking = division.lacking(found)
    if lacking:
        raise DataError(f"{lacking}. {division.remedy()}")
    wanted = (TRAIN, VALID, TEST if part == "choose" else RESERVED)
    return Split(*(np.flatnonzero(found == one) for one in wanted))


def confirmable(dataset: Dataset, *, test: float, valid: float, mode: str, seeds: int) -> str:
    """Why `split` with `confirm` would not do for the seeds 0 … seeds - 1, as a clause; "" where it does.

    It does where every class has a row in each half at every seed, and at least `LEAST_CONFIRM` in the one set aside.

    Args:
        test, valid, mode: see `split`.
        seeds: number of replicates.
    """
    division = _Division.of(dataset, (test, valid), mode, True)
    try:
        for seed in range(seeds):
            found = division.parts(seed)
            reason = division.lacking(found) or (division.thin(found) if seed == 0 else "")
            if reason:
                return reason
    except DataError as error:
        return str(error).rstrip(".")
    return ""


@dataclass(frozen=True)
class _Division:
    """How a dataset is divided, whatever the seed: shares are of test and of valid rows."""

    dataset: Dataset
    layout: Layout
    shares: tuple[float, float]
    mode: Mode
    confirm: bool

    @staticmethod
    def of(dataset: Dataset, shares: tuple[float, float], mode: str, confirm: bool) -> _Division:
        _check_shares(*shares)
        return _Division(dataset, Layout.of(dataset), shares, resolve_mode(dataset, mode), confirm)

    def parts(self, seed: int) -> NDArray[np.int64]:
        """(n,) part of each row at this seed; -1 where a row may be in none."""
        layout, rng = self.layout, stream("split", self.dataset.name, seed)
        if self.mode == "splits":
            return self._around_reserved(rng) if self.confirm else layout.assign(layout.everything, self.shares, rng)
        test, valid = self.shares
        part = self._fixed()
        pool = np.flatnonzero(part == TRAIN)
        if valid > 0:
            share = valid if self.dataset.test_rows is not None else valid / (1 - test)
            part[pool] = layout.assign(pool, (0.0, share), rng)
        return part

    def _fixed(self) -> NDArray[np.int64]:
        """(n,) TEST, RESERVED or TRAIN, the same for every seed; -1 where a row may be in none."""
        layout, dataset = self.layout, self.dataset
        if dataset.test_rows is None:
            part = layout.assign(layout.everything, (self.shares[TEST], 0.0), stream("split", dataset.name))
        else:
            part = np.full(len(dataset.examples), TRAIN)
            part[np.isin(layout.block, layout.block[dataset.test_rows])] = -1
            part[dataset.test_rows] = TEST
        if self.confirm:
            held_out = np.flatnonzero(part == TEST)
            total = layout.total(held_out)
            part[held_out[self._set_aside(held_out, total, total, MIN_TEST)]] = RESERVED
        return part

    def _around_reserved(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """(n,) parts of one seed where it draws its own test rows from those that are not set aside."""
        layout = self.layout
        test, valid, train = goal = layout.goals(layout.everything, self.shares, 2 * MIN_TEST)
        reserved = self._set_aside(layout.everything, goal.sum(axis=0), test, MIN_TEST + MIN_TRAIN)
        part = np.where(reserved, RESERVED, TRAIN)
        rest = np.flatnonzero(~reserved)
        total = layout.total(rest)
        train = np.clip(train, 0, np.maximum(total - MIN_TEST, 0))
        valid = np.clip(valid, 0, np.maximum(total - train - MIN_TEST, 0))
        part[rest] = layout.deal(rest, np.stack([total - train - valid, valid, train]), rng)
        return part

    def _set_aside(self, rows: Rows, total: Rows, held_out: Rows, keep: int) -> NDArray[np.bool_]:
        """(len(rows),) half of the held-out rows of each class; the draw knows no seed.

        Args:
            total, held_out: (k,) rows of each class, and how many of them will be held out.
            keep: rows of each class that must stay.
        """
        half = np.clip(apportion(held_out, 0.5), MIN_TEST, np.maximum(held_out - MIN_TEST, 0))
        goal = np.stack([half, np.zeros_like(half), total - half])
        dealt = self.layout.deal(rows, goal, stream("split", self.dataset.name, "confirm"), keep)
        return np.asarray(dealt == TEST)

    def lacking(self, part: NDArray[np.int64]) -> str:
        return self.layout.lacking(part, PARTS_TO_CONFIRM if self.confirm else PARTS)

    def thin(self, part: NDArray[np.int64]) -> str:
        """Which class has too few reserved rows for them to tell anything; "" where none has."""
        reserved = self.layout.total(np.flatnonzero(part == RESERVED))
        c = int(reserved.argmin())
        if reserved[c] >= LEAST_CONFIRM:
            return ""
        return (
            f"'{self.dataset.name}': {self.layout.named(c)} would have {reserved[c]} row(s) to confirm with; wanted "
            f"at least {LEAST_CONFIRM}"
        )

    def remedy(self) -> str:
        if self.confirm:
            return "Say confirm: false, so that all held-out rows are tested by every seed, or add rows of it."
        if self.dataset.test_rows is not None:
            return "Leave the class out, or leave the official test set out so that one is drawn."
        return "Add rows of it, merge it with another class, leave it out, or use finer groups."


def subset(dataset: Dataset, train_rows: Rows, size: int | None, *, seed: int, chunk: int = 0) -> Rows:
    """The training rows of one train size: by class, and nested (size 100 lies within size 500 at the same seed).

    Rows are put into one order whose every start has the classes' shares: first one row of each class, then a
    second, then by Sainte-Laguë's divisors. (Largest remainders would not nest: a class can lose a row when the
    total grows, the Alabama paradox.)

    Args:
        train_rows: (n,) positions that `split` gave.
        size: rows wanted, at least one per class; None takes all.
        seed: the replicate.
        chunk: 0 where seeds may share rows. Else the largest train size of the study: seed s takes its rows from
            chunk s of `train_rows`, which must then be the same for all seeds; see `chunks`.

    Returns:
        (size,) sorted positions.

    Raises:
        DataError: more rows are wanted than there are, or fewer than classes, or the seed has no chunk.
        InputError: more rows are wanted than the chunk has.
    """
    rows = np.sort(train_rows)
    if chunk:
        if size is None or size > chunk:
            raise InputError(f"Train size {size} does not lie within a chunk of {chunk} rows; wanted at most {chunk}.")
        rows = _chunk(dataset, rows, chunk, seed)
    if size is None:
        return rows
    y = classes_of(dataset)[rows]
    present = np.unique(y)
    if size > len(rows):
        raise DataError(
            f"Train size {size} of '{dataset.name}' is more than the {len(rows)} training rows that the split leaves. "
            "Lower train_sizes, or hold out fewer rows (split: {test: …})."
        )
    if size < len(present):
        raise DataError(
            f"Train size {size} of '{dataset.name}' is less than its {len(present)} classes; every class needs a row. "
            f"Use at least {2 * len(present)}."
        )
    shuffled = stream("subset", dataset.name, seed).permutation(len(rows))
    return np.sort(rows[shuffled[by_share(y[shuffled])[:size]]])


def chunks(dataset: Dataset, train_rows: Rows, size: int) -> int:
    """How many sets of `size` training rows there are that share no row, each with the classes' shares.

    Of equal rows only one counts, since two sets with the same row are not two samples. With groups there are none,
    nor with queries that have several documents: rows of one group in two sets would tie these, and whole groups do
    not keep the shares.

    Args:
        train_rows: (n,) positions that `split` gave, the same for every seed.
        size: rows of one set, at least two per class.

    Returns:
        0 where there is not one.
    """
    return Chunks.of(dataset, np.sort(train_rows), size).count


def _chunk(dataset: Dataset, rows: Rows, size: int, seed: int) -> Rows:
    """(size,) sorted rows of the chunk of this seed."""
    found = Chunks.of(dataset, rows, size)
    if not 0 <= seed < found.count:
        raise DataError(
            f"Seed {seed} of '{dataset.name}' has no {size} training rows of its own: the {len(rows)} that the split "
            f"leaves hold {found.count} set(s) of that size, one for each of the seeds from 0 on. Use fewer seeds or a "
            "smaller train size, or let seeds share rows (split: {disjoint: false})."
        )
    return found.of_seed(seed)


def inner_folds(dataset: Dataset, rows: Rows, *, seed: int) -> NDArray[np.int64]:
    """The fold of each training row, for scores of rows that a model was not fitted on.

    Classes keep their shares as far as blocks allow, and a block lies in one fold, as in `split`. The folds depend on
    the dataset, the rows and the seed alone: every arm and model meets the same ones.

    Args:
        rows: (n,) positions of the training rows.
        seed: the replicate.

    Returns:
        (n,) 0, 1 or 2.

    Raises:
        DataError: without some fold a class would have fewer than 2 rows to fit; names the fold and the class.
    """
    layout = Layout.of(dataset)
    whole, left = np.divmod(layout.total(rows), FOLDS)
    # The rows that are over go round the folds class by class, so that the folds are alike in size.
    turn = (np.arange(FOLDS)[:, None] - np.cumsum(left) + left) % FOLDS
    fold = layout.deal(rows, whole + (turn < left), stream("folds", dataset.name, seed), keep=1)
    for f in range(FOLDS):
        fitted = layout.total(rows[fold != f])
        c = int(fitted.argmin())
        if fitted[c] < MIN_TRAIN:
            raise DataError(
                f"'{dataset.name}': {layout.named(c)} has {layout.total(rows)[c]} of the {len(rows)} training rows at "
                f"seed {seed}, and {fitted[c]} without inner fold {f + 1} of {FOLDS} (equal rows and rows of one group "
                f"stay together); wanted at least {MIN_TRAIN} to fit"
            )
    return fold


def _check_shares(test: float, valid: float) -> None:
    if not (0 < test < 1 and 0 <= valid < 1 - test):
        raise InputError(
            f"The split holds out test {test:g} and valid {valid:g} of the rows; wanted 0 < test < 1 and "
            "0 <= valid < 1 - test, so that training rows are left."
        )

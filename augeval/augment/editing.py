"""Rows of text edited by operations on arrays: cut in blocks, edited, and handed back with where and what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from augeval.augment.batch import AS_IT_IS, Batch, Integers, Reader, current_vocabulary
from augeval.augment.lexical import Change
from augeval.edited import Edited, Edits, Words
from augeval.errors import InputError
from augeval.seeds import Keys

__all__ = ["Block", "Done", "Edit", "edit_rows", "edited", "share_of", "words_of"]

CHARACTERS = 1 << 19  # of the rows that are edited together: bounds memory, changes nothing
MOST_ROWS = 1 << 15


@dataclass(frozen=True)
class Block:
    """Rows that are edited together.

    Args:
        at: where they stand in the call; keys: (n,) of each.
        sources: the distinct texts among them; which: (n,) the one of each row.
    """

    at: slice
    keys: Keys
    sources: Batch
    which: Integers

    def rows(self, rows: Integers) -> Batch:
        """Some of them."""
        return self.sources.take(self.which[rows])

    @property
    def copies(self) -> Integers:
        """How many rows each distinct text stands for."""
        return np.bincount(self.which, minlength=len(self.sources.last))


class Done(NamedTuple):
    """Rows that were edited by one operation: their numbers in the call, and what became of them."""

    rows: Integers
    operation: str
    change: Change


Edit = Callable[[Block], Iterable[tuple[Integers, str, Change]]]
"""A block -> parts of its rows, each row in one: their numbers in the block, an operation, and what it made of them."""


def edit_rows(rows: Sequence[str], keys: Keys, edit: Edit, reader: Reader = AS_IT_IS) -> Iterator[Done]:
    """Edit rows block by block.

    Args:
        rows: n texts; keys: (n,) of each, see `augeval.seeds.row_keys`.
        edit: what is done to a block; reader: cuts the texts.
    """
    vocabulary = current_vocabulary()
    for at in _blocks(rows):
        own = rows[at]
        number = {text: i for i, text in enumerate(dict.fromkeys(own))}
        which = np.fromiter(map(number.__getitem__, own), np.int64, len(own))
        block = Block(at, keys[at], reader.read(list(number), vocabulary), which)
        for some, operation, change in edit(block):
            yield Done(some + at.start, operation, change)


def _blocks(rows: Sequence[str]) -> Iterator[slice]:
    ends = np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)))
    low, held = 0, 0
    while True:
        high = int(np.searchsorted(ends, held + CHARACTERS, side="right"))
        high = min(max(high, low + 1), low + MOST_ROWS, len(rows))
        yield slice(low, high)
        if high == len(rows):
            return
        low, held = high, int(ends[high - 1])


def edited(rows: Sequence[str], done: Sequence[Done], counts: Mapping[str, int] | None = None) -> Edited:
    """The rows as strings and as words, with where each was edited; see `edit_rows`.

    A row of which nothing is left is as it was.
    """
    order = _order(done)
    texts = [text for part in done for text in part.change.batch.strings()]
    made = [texts[i] for i in order.tolist()]
    words = words_of(done)
    for i in [i for i, row in enumerate(made) if rows[i] and not row]:
        made[i] = rows[i]
        words.whole[i] = False
    return Edited(made, _edits(done), words, counts or {})


def _order(done: Sequence[Done]) -> Integers:
    return np.argsort(np.concatenate([part.rows for part in done]), kind="stable")


def words_of(done: Sequence[Done]) -> Words:
    """The words of the rows, of which no string needs to be made."""
    parts = [part.change.batch.counted() for part in done]
    starts = np.cumsum([0, *(len(part.ids) for part in parts)])
    joined = [part.starts[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    ids, whole = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "whole"))
    return Words(ids, np.concatenate([*joined, starts[-1:]]), parts[0].forms, whole).take(_order(done))


def _edits(done: Sequence[Done]) -> Edits:
    """By row; the edits of one row stay in the order in which they were made."""
    operations = list(dict.fromkeys(part.operation for part in done))
    marks = [part.change.marks for part in done]
    row = np.concatenate([part.rows[own.row] for part, own in zip(done, marks, strict=True)])
    numbers = [operations.index(part.operation) for part in done]
    operation = np.repeat(numbers, [len(own.row) for own in marks])
    order = np.argsort(row, kind="stable")
    position, old, new = (np.concatenate([own[i] for own in marks])[order] for i in (1, 2, 3))
    forms = done[0].change.batch.vocabulary.forms
    return Edits(row[order], operation[order], position, old, new, operations, forms)


def share_of(who: str, magnitude: float | None) -> float:
    """The magnitude as a share.

    Raises:
        InputError: it is not in [0, 1].
    """
    if magnitude is None or not 0 <= magnitude <= 1:
        raise InputError(f"{who} takes a magnitude (share of words) from 0 to 1, not {magnitude}.")
    return float(magnitude)

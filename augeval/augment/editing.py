"""Rows of text edited by operations on arrays: cut in blocks, edited, and handed back with where and what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from augeval.augment.batch import AS_IT_IS, Batch, Integers, Reader, current_vocabulary
from augeval.augment.lexical import Change, Marks
from augeval.edited import Edited, Edits, Words
from augeval.errors import InputError
from augeval.seeds import Keys

__all__ = ["Block", "Done", "Step", "edit_rows", "edited", "share_of", "words_of"]

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

    @cached_property
    def batch(self) -> Batch:
        """The rows."""
        return self.sources.take(self.which)

    @cached_property
    def copies(self) -> Integers:
        """How many rows each distinct text stands for."""
        return np.bincount(self.which, minlength=len(self.sources.last))


Step = tuple[str, Change]
"""The name of an operation, and what it made of the batch that the one before it had left."""


class Done(NamedTuple):
    """A block after its edits."""

    at: slice
    batch: Batch
    steps: Sequence[tuple[str, Marks]]


def edit_rows(
    rows: Sequence[str], keys: Keys, edit: Callable[[Block], Iterable[Step]], reader: Reader = AS_IT_IS
) -> Iterator[Done]:
    """Edit rows block by block.

    Args:
        rows: n texts; keys: (n,) of each, see `augeval.seeds.row_keys`.
        edit: the operations of a block, one after the other, no two of which edit the same row.
        reader: cuts the texts.
    """
    vocabulary = current_vocabulary()
    for at in _blocks(rows):
        number: dict[str, int] = {}
        which = [number.setdefault(row, len(number)) for row in rows[at]]
        block = Block(at, keys[at], reader.read(list(number), vocabulary), np.array(which, np.int64))
        batch, steps = block.batch, []
        for name, change in edit(block):
            batch = change.batch
            steps.append((name, change.marks))
        yield Done(at, batch, steps)


def _blocks(rows: Sequence[str]) -> Iterator[slice]:
    low, held = 0, 0
    for i, row in enumerate(rows):
        if i > low and (held + len(row) > CHARACTERS or i - low == MOST_ROWS):
            yield slice(low, i)
            low, held = i, 0
        held += len(row)
    yield slice(low, len(rows))


def edited(rows: Sequence[str], done: Sequence[Done], counts: Mapping[str, int] | None = None) -> Edited:
    """The rows of all blocks, as strings and as words, with where each was edited; see `edit_rows`.

    A row of which nothing is left is as it was.
    """
    made = [row for block in done for row in block.batch.strings()]
    words = words_of(done)
    for i in [i for i, row in enumerate(made) if rows[i] and not row]:
        made[i] = rows[i]
        words.whole[i] = False
    return Edited(made, _edits(done), words, counts or {})


def words_of(done: Sequence[Done]) -> Words:
    """The words of all blocks, of which no string needs to be made."""
    parts = [block.batch.counted() for block in done]
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.ids) for part in parts)])
    joined = [part.starts[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    ids, whole = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "whole"))
    return Words(ids, np.concatenate([*joined, starts[-1:]]), parts[0].forms, whole)


def _edits(done: Sequence[Done]) -> Edits:
    operations = list(dict.fromkeys(name for block in done for name, _ in block.steps))
    parts = [_of_block(block, operations) for block in done]
    row, operation, position, old, new = (np.concatenate([part[i] for part in parts]) for i in range(5))
    return Edits(row, operation, position, old, new, operations, done[0].batch.vocabulary.forms)


def _of_block(block: Done, operations: Sequence[str]) -> list[NDArray[np.integer]]:
    """Columns of a block's edits, by row; the edits of one row stay in the order in which they were made."""
    lengths = [len(marks.row) for _, marks in block.steps]
    operation = np.repeat([operations.index(name) for name, _ in block.steps], lengths)
    row, position, old, new = (np.concatenate([marks[i] for _, marks in block.steps]) for i in range(4))
    order = np.argsort(row, kind="stable")
    return [column[order] for column in (row + block.at.start, operation, position, old, new)]


def share_of(who: str, magnitude: float | None) -> float:
    """The magnitude as a share.

    Raises:
        InputError: it is not in [0, 1].
    """
    if magnitude is None or not 0 <= magnitude <= 1:
        raise InputError(f"{who} takes a magnitude (share of words) from 0 to 1, not {magnitude}.")
    return float(magnitude)

"""Edits of words as operations on arrays: replaced, deleted, swapped, inserted, in all rows of a batch at once.

Every number that is drawn is `uniforms` of the row's key, a purpose and a position, so that a row never depends on
the rows beside it. Each operation says where it edited.

Shapes: n rows, t words of all rows, e edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from augeval.augment import tokens
from augeval.augment.batch import Batch, Integers
from augeval.augment.options import OptionTable
from augeval.augment.vocabulary import EMPTY, SPACE, Ids, Is
from augeval.seeds import Keys, uniforms

__all__ = ["Change", "Marks", "change_places", "chosen", "counts_of", "delete", "insert", "replace", "swap_again"]

Mask = NDArray[np.bool_]
ROUNDING, ORDER, CHOICE, PLACE, SOURCE = range(5)  # what a row's numbers are drawn for
_NOTHING = -1


class Marks(NamedTuple):
    """Where rows were edited, by columns; see `augeval.edited.Edits`."""

    row: NDArray[np.integer]
    position: NDArray[np.integer]
    old: NDArray[np.integer]
    new: NDArray[np.integer]


class Change(NamedTuple):
    """A batch after an operation, and what it did."""

    batch: Batch
    marks: Marks


def counts_of(share: NDArray[np.float64], batch: Batch, keys: Keys) -> Integers:
    """(n,) words of each row to edit, `tokens.edit_counts` of its share."""
    return tokens.edit_counts(share, batch.lengths, uniforms(keys, ROUNDING))


def chosen(batch: Batch, open_: Mask, counts: Integers, keys: Keys) -> Integers:
    """Words drawn at random, row after row, as they were drawn.

    Args:
        open_: (t,) which may be drawn; counts: (n,) how many of each row, fewer where fewer are open.

    Returns:
        Positions in the batch.
    """
    at = np.flatnonzero(open_ & (counts > 0)[batch.row])
    row = batch.row[at]
    drawn = uniforms(keys[row], ORDER, batch.position[at])
    # Forty bits of the draw, below the row; equal ones keep their order, whatever rows are beside.
    order = np.argsort((row << 40) | (drawn * 2.0**40).astype(np.int64), kind="stable")
    at = at[order]
    return at[_rank(batch.row[at]) < counts[batch.row[at]]]


def _rank(row: Integers) -> Integers:
    """(…,) how many entries before each have its row; rows ascend."""
    return np.arange(len(row)) - np.searchsorted(row, row)


def replace(batch: Batch, counts: Integers, keys: Keys, table: OptionTable, open_: Mask | None = None) -> Change:
    """Words replaced by options of theirs, so many of each row; those without an option stay.

    Args:
        open_: (t,) which may be replaced; None: all.
    """
    entry = table.entries(batch)
    at = chosen(batch, entry >= 0 if open_ is None else open_ & (entry >= 0), counts, keys)
    row, position = batch.row[at], batch.position[at]
    new = table.draw(entry[at], uniforms(keys[row], CHOICE, position))
    words = batch.words.copy()
    words[at] = new
    return Change(with_(batch, words=words), Marks(row, position, batch.words[at], new))


def change_places(batch: Batch, open_: Mask, pairs: Integers, keys: Keys) -> Change:
    """Disjoint pairs of different words change places.

    Args:
        open_: (t,) which may move; pairs: (n,) how many of each row, fewer where there are fewer.
    """
    drawn = chosen(batch, open_, np.where(pairs > 0, batch.lengths, 0), keys)
    one, other = _pairs(batch, drawn, pairs)
    words = batch.words.copy()
    words[one], words[other] = batch.words[other], batch.words[one]
    return Change(with_(batch, words=words), _moved(batch, words, np.sort(np.concatenate([one, other]))))


def _moved(batch: Batch, words: Ids, at: Integers) -> Marks:
    return Marks(batch.row[at], batch.position[at], batch.words[at], words[at])


def _pairs(batch: Batch, drawn: Integers, wanted: Integers) -> tuple[Integers, Integers]:
    """Neighbours in the order drawn; where too many of them are the same word, pairs that are found one by one."""
    row, words = batch.row[drawn], batch.words
    first = np.flatnonzero((_rank(row) % 2 == 0) & (row == np.append(row[1:], -1)))
    one, other = drawn[first], drawn[first + 1]
    differ = words[one] != words[other]
    n = len(batch.last)
    made, equal = (np.bincount(batch.row[one[which]], minlength=n) for which in (differ, ~differ))
    short = np.flatnonzero((made < wanted) & (equal > 0))
    kept = differ & ~np.isin(batch.row[one], short)
    one, other = one[kept], other[kept]
    enough = _rank(batch.row[one]) < wanted[batch.row[one]]
    bounds = zip(wanted[short].tolist(), np.searchsorted(row, short), np.searchsorted(row, short + 1), strict=True)
    found = [pair for most, low, high in bounds for pair in _one_by_one(drawn[low:high].tolist(), words)[:most]]
    rest = np.array(found, np.int64).reshape(-1, 2)
    return np.concatenate([one[enough], rest[:, 0]]), np.concatenate([other[enough], rest[:, 1]])


def _one_by_one(order: Sequence[int], words: Ids) -> list[tuple[int, int]]:
    """Disjoint pairs of different words, in the order given; the words left over are all the same."""
    waiting: list[int] = []  # all of one word, or they would be pairs
    pairs = []
    for i in order:
        if waiting and words[waiting[-1]] != words[i]:
            pairs.append((waiting.pop(), i))
        else:
            waiting.append(i)
    return pairs


def swap_again(batch: Batch, times: Integers, keys: Keys) -> Change:
    """Two random words change places, again and again, which may undo some.

    Args:
        times: (n,) swaps of each row; rows of one word stay.
    """
    words = batch.words.copy()
    for i in range(int(times.max(initial=0))):
        rows = np.flatnonzero((times > i) & (batch.lengths > 1))
        length, start = batch.lengths[rows], batch.starts[:-1][rows]
        one = np.floor(uniforms(keys[rows], PLACE, i) * length).astype(np.int64)
        step = 1 + np.floor(uniforms(keys[rows], SOURCE, i) * (length - 1)).astype(np.int64)
        one, other = start + one, start + (one + step) % length
        words[one], words[other] = words[other], words[one]
    return Change(with_(batch, words=words), _moved(batch, words, np.flatnonzero(words != batch.words)))


@dataclass(frozen=True)
class _Inserted:
    """New words of all rows, each row's in the order drawn."""

    row: Integers
    place: Integers
    word: Ids


def insert(batch: Batch, counts: Integers, keys: Keys, table: OptionTable, own: Mask) -> Change:
    """Options of words of the row put in at random places; copies of its own words where none has any.

    Args:
        counts: (n,) words put into each row; own: (t,) words that may be copied.
    """
    counts = np.where(batch.lengths > 0, counts, 0)
    row = np.repeat(np.arange(len(counts)), counts)
    number = _rank(row)
    place = np.floor(uniforms(keys[row], PLACE, number) * (batch.lengths[row] + 1)).astype(np.int64)
    entry = table.entries(batch)
    source = _source(batch, entry >= 0, own, row, uniforms(keys[row], SOURCE, number))
    known = entry[source] >= 0
    word = batch.words[source]
    word[known] = table.draw(entry[source[known]], uniforms(keys[row[known]], CHOICE, number[known]))
    nothing = np.full(len(row), _NOTHING, np.int32)
    return Change(_put(batch, _Inserted(row, place, word)), Marks(row, place, nothing, word))


def _source(batch: Batch, known: Mask, own: Mask, row: Integers, drawn: NDArray[np.float64]) -> Integers:
    """The word that each new one comes from: a known one, else one that may be copied, else any."""
    n = len(batch.last)
    has_known, has_own = (np.bincount(batch.row[mask], minlength=n) > 0 for mask in (known, own))
    open_ = np.where(has_known[batch.row], known, own | ~has_own[batch.row])
    at = np.flatnonzero(open_)
    starts = np.searchsorted(batch.row[at], np.arange(n + 1))
    return at[starts[row] + np.floor(drawn * np.diff(starts)[row]).astype(np.int64)]


def _put(batch: Batch, new: _Inserted) -> Batch:
    """As `tokens.insert` does: of several words at one place, the one drawn last stands first."""
    order = np.lexsort((-np.arange(len(new.row)), new.place, new.row))
    row, place, word = new.row[order], new.place[order], new.word[order]
    blank = np.where(batch.vocabulary.are(word, Is.IDEOGRAPH), EMPTY, SPACE).astype(np.int32)
    at = batch.starts[row] + place
    words, before = np.insert(batch.words, at, word), np.insert(batch.before, at, blank)
    starts = batch.starts + np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(batch.last)))])
    leading = np.flatnonzero(place == 0)  # these have their blank after them
    there = at[leading] + leading
    before[there + 1] = blank[leading]
    first = row[leading]
    before[starts[first]] = batch.before[batch.starts[first]]
    return Batch(batch.vocabulary, words, before, batch.last, starts)


def delete(batch: Batch, gone: Integers) -> Change:
    """Without these words, and without the blanks that they would leave double, as `tokens.delete` does.

    Args:
        gone: positions in the batch; of each row at least one word stays.
    """
    at, kept = np.sort(gone), np.ones(len(batch.words), bool)
    kept[at] = False
    before, last = _closed(batch, at)
    starts = batch.starts - np.concatenate([[0], np.cumsum(~kept)])[batch.starts]
    nothing = np.full(len(at), _NOTHING, np.int32)
    made = Batch(batch.vocabulary, batch.words[kept], before[kept], last, starts)
    return Change(made, Marks(batch.row[at], batch.position[at], batch.words[at], nothing))


def _closed(batch: Batch, at: Integers) -> tuple[Ids, Ids]:
    """`before` and `last` of the batch where the words `at` are gone; what stands before these is of no account."""
    before, last = batch.before.copy(), batch.last.copy()
    runs = _Runs.of(batch, at)
    before[runs.stop[runs.leads]] = EMPTY
    for i in np.flatnonzero(~(runs.plain | runs.leads)).tolist():
        low, high = int(runs.first[i]), int(runs.stop[i])
        number = batch.vocabulary.number[_between(batch, low, high, bool(runs.ends[i]))]
        if runs.ends[i]:
            last[batch.row[low]] = number
        else:
            before[high] = number
    return before, last


def _between(batch: Batch, low: int, high: int, ends: bool) -> str:
    """What remains where the words low … high - 1 of a row were."""
    forms, first = batch.vocabulary.forms, bool(batch.position[low] == 0)
    left: str = forms[batch.before[low]]
    for k in range(low, high):
        left = tokens.close_gap(left, forms[batch.after[k]], first, ends and k == high - 1)
    return left


class _Runs(NamedTuple):
    """Words that go one after the other.

    Args:
        first, stop: positions of each run in the batch, the second one past its end; ends: whether its row ends there.
        plain: between blanks, so that what follows the run is what remains.
        leads: begins a row that begins with it, so that nothing remains.
    """

    first: Integers
    stop: Integers
    ends: Mask
    plain: Mask
    leads: Mask

    @staticmethod
    def of(batch: Batch, at: Integers) -> _Runs:
        row = batch.row[at]
        new = np.append(True, (np.diff(at) != 1) | (np.diff(row) != 0))[: len(at)]
        low = np.flatnonzero(new)
        high = np.append(low[1:], len(at))[: len(low)]
        first, stop = at[low], at[high - 1] + 1
        # How many words within each run, its last one aside, are followed by anything but one blank.
        odd = np.concatenate([[0], np.cumsum(batch.after[at] != SPACE)])
        spaced = odd[high - 1] == odd[low]
        final, ends = batch.after[stop - 1], stop == batch.starts[batch.row[first] + 1]
        leading = batch.position[first] == 0
        plain = ~leading & (batch.before[first] == SPACE) & spaced & ((final != EMPTY) | ends)
        leads = leading & (batch.before[first] == EMPTY) & spaced & (final == SPACE) & ~ends
        return _Runs(first, stop, ends, plain, leads)

"""Places of a text that may change: how many do and which ones, and the text with them changed.

A place keeps its number whatever the magnitude, and the places of a row are taken in an order that its key fixes, so
a larger magnitude changes what a smaller one changes and more. What lies between changed places stays as it is.

Shapes: n rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from augeval.edited import Edited, Edits
from augeval.errors import InputError, NotApplicable
from augeval.seeds import uniforms

__all__ = [
    "Change",
    "Found",
    "Keys",
    "Made",
    "drawn_of",
    "each_place",
    "edited",
    "explain",
    "share_of",
    "some_places",
    "word_at",
]

Keys = NDArray[np.uint64]
T = TypeVar("T")
ROUNDING, ORDER, CHOICE = 0, 1, 2  # what a row's numbers are drawn for
BLOCK = 4096  # rows looked at together: bounds memory, changes nothing
MOST = 0.9  # share of rows without any place from which on an augmenter is refused, on …
FEWEST = 20  # … at least so many rows: fewer say little about the language


class Change(NamedTuple):
    """Characters [start, end) of a row become `new`; `position` and `operation` are for provenance."""

    start: int
    end: int
    new: str
    position: int
    operation: str


class Found(NamedTuple):
    """Of one row: how many places it has, the number that a share is taken of, and what is done at a place.

    Args:
        places: how many, numbered from 0; of: the whole that the magnitude is a share of.
        change: (number of a place, a draw in [0, 1)) -> the change; None where there is nothing to change.
    """

    places: int
    of: int
    change: Callable[[int, float], Change | None]


class Made(NamedTuple):
    """Rows that were looked at, and (n,) which of them have a place at all."""

    edited: Edited
    open: NDArray[np.bool_]


Find = Callable[[str], Found]


def share_of(who: str, what: str, magnitude: float | None) -> float:
    """The magnitude as a share.

    Raises:
        InputError: it is not in [0, 1].
    """
    if magnitude is None or not 0 <= magnitude <= 1:
        raise InputError(f"{who} takes a magnitude ({what}) from 0 to 1, not {magnitude}.")
    return float(magnitude)


def some_places(rows: Sequence[str], share: float, keys: Keys, find: Find) -> Made:
    """Change share × `of` places of each row, rounded up or down so that the mean is right, and at least one.

    Fewer where a row has fewer, or where they lie too near to be changed both: those drawn first win.
    """

    def wanted(found: Sequence[Found], keys: Keys) -> list[int]:
        exact = share * np.array([f.of for f in found], float)
        whole = np.floor(exact)
        rounded = whole + (uniforms(keys, ROUNDING) < exact - whole)
        return [int(w) for w in np.maximum(rounded, 1)]

    return _changed(rows, share, keys, find, lambda found, keys: [(w, 1.0) for w in wanted(found, keys)])


def each_place(rows: Sequence[str], share: float, keys: Keys, find: Find) -> Made:
    """Change each place of each row with the probability `share`: a row may stay as it is.

    Of places that overlap one is changed: the one drawn first.
    """
    return _changed(rows, share, keys, find, lambda found, _: [(f.places, share) for f in found])


Limits = Callable[[Sequence[Found], Keys], Sequence[tuple[int, float]]]
"""(how many changes at most, the draw below which a place changes) of each row."""


def _changed(rows: Sequence[str], share: float, keys: Keys, find: Find, limits: Limits) -> Made:
    if not share:
        return Made(Edited(list(rows)), np.ones(len(rows), bool))
    changes: list[list[Change]] = []
    has_place: list[bool] = []
    for start in range(0, len(rows), BLOCK):
        part, own = rows[start : start + BLOCK], keys[start : start + BLOCK]
        found = [find(row) for row in part]
        has_place += [one.places > 0 for one in found]
        for one, (most, below), drawn in zip(found, limits(found, own), _drawn(own, found), strict=True):
            changes.append(_taken(one, most, below, drawn))
    return Made(edited(rows, changes), np.array(has_place, bool))


def _drawn(keys: Keys, found: Sequence[Found]) -> Iterator[tuple[list[int], list[float], list[float]]]:
    """Of each row: its places as they are taken, the number that decided the order, and one for what is chosen there.

    All rows in one sweep of numpy; each number is a function of the row's key and of the place alone.
    """
    counts = np.array([f.places for f in found], np.int64)
    ends = np.cumsum(counts)
    number = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    of = np.repeat(keys, counts)
    order, choice = uniforms(of, ORDER, number), uniforms(of, CHOICE, number)
    by_row = np.lexsort((order, np.repeat(np.arange(len(counts)), counts)))
    place, first, second = (column[by_row] for column in (number, order, choice))
    for low, high in zip((ends - counts).tolist(), ends.tolist(), strict=True):
        yield place[low:high].tolist(), first[low:high].tolist(), second[low:high].tolist()


def _taken(
    found: Found, most: int, below: float, drawn: tuple[Sequence[int], Sequence[float], Sequence[float]]
) -> list[Change]:
    """Changes of one row in the order of its text; none touches another."""
    taken: list[Change] = []
    claimed: set[int] = set()
    for place, order, choice in zip(*drawn, strict=True):
        if len(taken) == most or order >= below:
            break
        change = found.change(place, choice)
        claims = () if change is None else range(change.start, max(change.end, change.start + 1))
        if change is not None and claimed.isdisjoint(claims):
            claimed.update(claims)
            taken.append(change)
    return sorted(taken)


def edited(rows: Sequence[str], changes: Sequence[Sequence[Change]], counts: Mapping[str, int] | None = None) -> Edited:
    """The rows with these changes (of each row in order, none overlapping), and their provenance."""
    operations: dict[str, int] = {}
    forms: dict[str, int] = {"": -1}
    columns: list[tuple[int, int, int, int, int]] = []
    made = []
    for number, (row, own) in enumerate(zip(rows, changes, strict=True)):
        made.append(_with(row, own) if own else row)
        for change in own:
            operation = operations.setdefault(change.operation, len(operations))
            old, new = (forms.setdefault(text, len(forms) - 1) for text in (row[change.start : change.end], change.new))
            columns.append((number, operation, change.position, old, new))
    table = np.array(columns, np.int64).reshape(-1, 5)
    edits = Edits(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4], list(operations), list(forms)[1:])
    return Edited(made, edits, counts=counts or {})


def _with(row: str, changes: Sequence[Change]) -> str:
    starts = [change.start for change in changes]
    between = [row[a:b] for a, b in zip([0, *(c.end for c in changes)], [*starts, len(row)], strict=True)]
    return "".join(chain.from_iterable(zip(between, [*(change.new for change in changes), ""], strict=True)))


def drawn_of(options: Sequence[T], draw: float) -> T:
    """One of the options, all alike likely; draw: in [0, 1)."""
    return options[min(int(draw * len(options)), len(options) - 1)]


def word_at(pieces: Sequence[str]) -> Callable[[int], int]:
    """Of a text cut by `tokens.split`: the word that holds or follows the character at a position."""
    ends = list(accumulate(map(len, pieces)))[1::2]
    return lambda start: min(bisect_right(ends, start), max(len(ends) - 1, 0))


def explain(who: str, rows: Sequence[str], fits: NDArray[np.bool_], needs: str) -> int:
    """How many rows an augmenter has nothing to say to, by their language.

    Args:
        fits: (n,) whether a row is of a language that it knows; needs: what it knows, for the message.

    Raises:
        NotApplicable: nearly all are of another; shows one.
    """
    others = int((~fits).sum())
    if len(rows) >= FEWEST and others >= MOST * len(rows):
        shown = rows[int(np.flatnonzero(~fits)[0])].strip()[:60]
        raise NotApplicable(
            f"{who} knows {needs}; {others} of {len(rows)} rows hold none or next to none of it (first: {shown!r}). "
            "random_deletion and random_swap work in any language."
        )
    return others

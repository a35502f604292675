"""What a row-wise augmenter may hand back beside its rows: where it edited, in which words, and what went wrong.

Shapes: n rows, e edits, t words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Edit", "Edited", "Edits", "Words"]

Integers = NDArray[np.integer]


@dataclass(frozen=True)
class Edit:
    """One change of one row, to be read: "synonym" of the word at position 3, "film" -> "movie"; "" for nothing."""

    row: int
    operation: str
    position: int
    old: str
    new: str


@dataclass(frozen=True)
class Edits:
    """Provenance of many rows, by columns.

    Args:
        row: (e,) positions of the rows; operation: (e,) numbers into `operations`.
        position: (e,) of the word in the source row (of the character, where an operation edits characters).
        old, new: (e,) numbers into `forms`; -1 for nothing (an insertion has no old, a deletion no new).
        operations, forms: what the numbers stand for.
    """

    row: Integers
    operation: Integers
    position: Integers
    old: Integers
    new: Integers
    operations: Sequence[str]
    forms: Sequence[str]

    def __len__(self) -> int:
        return len(self.row)

    @staticmethod
    def of(records: Sequence[Edit]) -> Edits:
        """The same by columns."""
        operations = sorted({record.operation for record in records})
        forms = sorted({text for record in records for text in (record.old, record.new) if text})
        number = {text: i for i, text in enumerate(forms)}
        columns = [
            (r.row, operations.index(r.operation), r.position, number.get(r.old, -1), number.get(r.new, -1))
            for r in records
        ]
        table = np.array(columns, np.int64).reshape(-1, 5)
        return Edits(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4], operations, forms)

    def records(self) -> list[Edit]:
        """One at a time, in the order of the rows."""
        columns = (self.row, self.operation, self.position, self.old, self.new)
        forms = [*self.forms, ""]  # which -1 reads
        return [
            Edit(row, self.operations[what], at, forms[old], forms[new])
            for row, what, at, old, new in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def take(self, rows: Integers) -> Edits:
        """Of the rows at these ascending positions, numbered anew."""
        place = np.full(int(max(self.row.max(initial=-1), rows.max(initial=-1))) + 1, -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        operation, position, old, new = (c[kept] for c in (self.operation, self.position, self.old, self.new))
        return Edits(place[self.row[kept]], operation, position, old, new, self.operations, self.forms)


@dataclass(frozen=True)
class Words:
    """The words of rows as numbers, so that they can be counted without being cut out of strings again.

    Args:
        ids: (t,) numbers into `forms`, row after row; starts: (n + 1,) row i is ids[starts[i] : starts[i + 1]].
        forms: every word once, in its own case.
        whole: (n,) whether a row's characters between its words hold no letter, digit or underscore, and no two of
            its words touch: only then its words are all that a counter of words would find in its string.
    """

    ids: Integers
    starts: Integers
    forms: Sequence[str]
    whole: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.whole)

    def take(self, rows: Integers) -> Words:
        """The rows at these positions, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        at = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths) + np.arange(int(starts[-1]))
        return Words(self.ids[at], starts, self.forms, self.whole[rows])

    def rows(self) -> list[list[str]]:
        """The words of each row."""
        return [[self.forms[i] for i in self.ids[low:high].tolist()] for low, high in pairwise(self.starts.tolist())]


@dataclass(frozen=True)
class Edited:
    """Rows with what is known of their making.

    Args:
        rows: n, one for each source; None where none could be made, which is counted and never filled in.
        edits: where each differs from its source, or None.
        words: of the rows, or None.
        counts: what happened, by name ("unknown words"): whole numbers that add up over calls. "unmade: " and a reason
            ("unmade: refused") counts rows that are None, and the report tells it.
        notes: by name, one text for each row, "" for none ("pivot": what a translator said in between).
    """

    rows: Sequence[str | None]
    edits: Edits | None = None
    words: Words | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

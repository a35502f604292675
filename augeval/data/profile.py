"""What a column of an unknown table looks like: how many values, numbers or words, how long; and what its name says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from augeval.data.columns import ENOUGH, number
from augeval.data.tables import UNNAMED, Cell, is_missing

__all__ = ["Profile", "profile"]

LABELS_FIRST = ("label", "labels", "target", "targets", "class", "y", "class_label")
LABELS_NEXT = (
    "category", "outcome", "sentiment", "stars", "star_rating", "rating", "intent", "topic", "species", "diagnosis",
    "churn", "survived", "spam", "is_spam", "fraud", "is_fraud", "polarity", "emotion", "toxic", "quality", "response",
)  # fmt: skip
TEXTS = (
    "text", "review", "review_text", "sentence", "comment", "content", "body", "message", "description", "question",
    "query", "tweet", "abstract", "document", "utterance", "headline", "title", "post", "sms", "email",
)  # fmt: skip
INDEXES = ("id", "idx", "index", "row", "row_id", "uid", "uuid", "guid", "key", "no", "nr")
GROUPS = ("group", "user", "customer", "client", "patient", "subject", "speaker", "author", "session", "household")
LONG_TEXT = 6.0  # words a cell, from which a column is a text whatever it is called
SHORT_TEXT = 2.5  # words a cell, from which it may be one
FEW_NUMBERS = 20  # distinct numbers with decimals that may still be classes
WIDE_SCRIPT = 12.0  # characters a cell, from which it is a text in a script without spaces


@dataclass(frozen=True)
class Profile:
    """One column.

    Args:
        name, position: in the file; rows: of the file.
        counts: how often each value occurs (as a text), missing ones aside.
        missing: empty cells.
        numeric, whole: whether all values are numbers, and whole ones.
        words, characters: mean of a value; spaceless: most of its characters are of a script beyond ASCII.
    """

    name: str
    position: int
    rows: int
    counts: Counter[str]
    missing: int
    numeric: bool
    whole: bool
    words: float
    characters: float
    spaceless: bool

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.distinct == self.rows

    @cached_property
    def plain_name(self) -> str:
        """customerID, "Customer Id" and customer-id are all customer_id."""
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name.strip())
        return re.sub(r"[^\w]+", "_", spaced).strip("_").lower()

    @property
    def label_rank(self) -> int:
        """How plainly the name says that this is the label: 0 most, 3 not at all."""
        if self.plain_name in LABELS_FIRST:
            return 0
        if self.plain_name in LABELS_NEXT:
            return 1
        return 2 if re.search(r"(^|_)(label|class|target|category)(_|$)", self.plain_name) else 3

    @property
    def could_be_label(self) -> bool:
        """Few values that repeat; how few, depends on what the name says."""
        if self.label_rank < 3:
            halves = self.distinct <= FEW_NUMBERS  # 1, 1.5 … 5 stars
            return 2 <= self.distinct <= max(2, self.rows / 2) and (self.whole or halves or not self.numeric)
        few = 2 <= self.distinct <= max(2, min(50, self.rows / 10))
        return few and not self.missing and (self.whole or not self.numeric) and not self.is_text

    @property
    def is_text(self) -> bool:
        """Sentences, or short texts in a column whose name says so."""
        if self.numeric or self.distinct < max(3, 0.3 * self.rows):
            return False
        named = self.plain_name in TEXTS and (self.words >= 1.5 or self.spaceless)
        return named or self.words >= LONG_TEXT or (self.spaceless and self.characters >= WIDE_SCRIPT)

    @property
    def may_be_text(self) -> bool:
        """A few words, nearly all different: texts, or names of things."""
        return not self.numeric and self.distinct > self.rows / 2 and self.words >= SHORT_TEXT

    @property
    def is_key(self) -> bool:
        """Nearly every row has a word of its own, from which no model learns (what `columns.looks_like_key` says)."""
        return not self.numeric and self.rows >= ENOUGH and self.distinct > self.rows / 2

    @property
    def is_id(self) -> bool:
        """Names the row: every value is different, and the name or the values (1, 2, 3 …) say so."""
        named = self.plain_name in INDEXES or self.plain_name.endswith("_id")
        return self.unique and not self.is_text and (named or self.name.startswith(UNNAMED) or self._counts_rows)

    @property
    def _counts_rows(self) -> bool:
        return self.position == 0 and self.rows > 2 and self.whole and set(self.counts) in (
            {str(row) for row in range(self.rows)}, {str(row + 1) for row in range(self.rows)},
        )  # fmt: skip

    @property
    def is_group(self) -> bool:
        """Names whom or what several rows come from."""
        named = self.plain_name.endswith("_id") or self.plain_name in GROUPS
        return named and not self.unique and self.distinct >= 2


def profile(name: str, position: int, cells: Sequence[Cell]) -> Profile:
    """The profile of a column's n cells."""
    filled = [cell for cell in cells if not is_missing(cell)]
    texts = [str(cell).strip() for cell in filled]
    numbers = [number(cell) for cell in filled]
    numeric = bool(filled) and all(value is not None for value in numbers)
    known = [value for value in numbers if value is not None and np.isfinite(value)]
    return Profile(
        name=name,
        position=position,
        rows=len(cells),
        counts=Counter(texts),
        missing=len(cells) - len(filled),
        numeric=numeric,
        whole=numeric and all(value.is_integer() for value in known),
        words=_mean([len(text.split()) for text in texts]),
        characters=_mean([len(text) for text in texts]),
        spaceless=_mean([len(text.encode("utf-8", "replace")) for text in texts]) > 1.5 * _mean(list(map(len, texts))),
    )


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0

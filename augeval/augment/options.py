"""What may replace each word of a vocabulary, as flat arrays: the options of a thesaurus, worked out once per form.

Shapes: t words, m entries (words that have options), o options of all entries, end to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from augeval.augment import tokens
from augeval.augment.batch import Batch
from augeval.augment.synonyms import Options, Thesaurus
from augeval.augment.vocabulary import Ids, Vocabulary

__all__ = ["OptionTable", "option_table"]

Integers = NDArray[np.int64]
_UNSEEN, _NOTHING = -2, -1


@dataclass
class OptionTable:
    """Options of the forms that were asked for.

    Args:
        book: lower-case word -> what may replace it.
        dressed: options come in the word's case, with its possessive, and fit the article before it; else in lower
            case, to stand anywhere.
        entry_of: (3 forms,) of each form: after no article, after "a", after "an".
        low: (m + 1,) sum of the weights before each entry; high: (o,) sum of the weights up to each option.
        option: (o,) numbers of the forms that replace.
    """

    vocabulary: Vocabulary
    book: Thesaurus
    dressed: bool
    entry_of: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    low: Integers = field(default_factory=lambda: np.zeros(1, np.int64))
    high: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    option: Ids = field(default_factory=lambda: np.zeros(0, np.int32))

    def entries(self, batch: Batch) -> Ids:
        """(t,) the entry of each word; -1 for names and where there is nothing."""
        key = 3 * batch.words + batch.article if self.dressed else 3 * batch.words
        asked = ~batch.names
        self._learn(key[asked])
        return np.where(asked, self.entry_of[key], _NOTHING).astype(np.int32)

    def draw(self, entry: Ids, drawn: NDArray[np.float64]) -> Ids:
        """An option of each entry, by its weight: a function of the entry's word and of its draw in [0, 1)."""
        low = self.low[entry]
        # Weights are whole numbers: sums of fractions would round by what else is in the table.
        point = low + np.floor(drawn * (self.low[entry + 1] - low)).astype(np.int64)
        return self.option[np.searchsorted(self.high, point, side="right")]

    def _learn(self, keys: Ids) -> None:
        more = 3 * len(self.vocabulary) - len(self.entry_of)
        if more:
            self.entry_of = np.concatenate([self.entry_of, np.full(more, _UNSEEN, np.int32)])
        new = np.unique(keys[self.entry_of[keys] == _UNSEEN])
        if not len(new):
            return
        found = [self._options(int(key)) for key in new]
        has = np.array([bool(options.forms) for options in found], bool)
        self.entry_of[new] = np.where(has, len(self.low) - 1 + np.cumsum(has) - 1, _NOTHING)
        self._append([options for options in found if options.forms])

    def _append(self, found: list[Options]) -> None:
        weights = np.array([w for options in found for w in options.weights], np.int64)
        total = np.array([sum(options.weights) for options in found], np.int64)
        forms = np.array([self.vocabulary.number[form] for options in found for form in options.forms], np.int32)
        self.high = np.concatenate([self.high, self.low[-1] + np.cumsum(weights)])
        self.low = np.concatenate([self.low, self.low[-1] + np.cumsum(total)])
        self.option = np.concatenate([self.option, forms])

    def _options(self, key: int) -> Options:
        word, article = self.vocabulary.forms[key // 3], key % 3
        base, ending = _base(word)
        options = self.book(base)
        if article:
            options = options.only(tokens.takes_an, article == 2)
        if not self.dressed:
            return options
        return Options(tuple(_dressed(options, word, ending)), options.weights)


def option_table(vocabulary: Vocabulary, book: Thesaurus, dressed: bool) -> OptionTable:
    """The table of a thesaurus for this vocabulary, kept with it."""
    return vocabulary.table((OptionTable, book, dressed), lambda: OptionTable(vocabulary, book, dressed))


def _dressed(options: Options, word: str, ending: str) -> Iterator[str]:
    return (tokens.case_like(word, form) + ending for form in options.forms)


def _base(word: str) -> tuple[str, str]:
    """The word in lower case, and the possessive that it ends in ("film's")."""
    lower = word.lower()
    return (lower[:-2], word[-2:]) if lower.endswith(("'s", "’s")) else (lower, "")

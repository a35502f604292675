"""Whether a lexicon knows the language of the rows: an edit that finds no word must say so, not change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from augeval.augment import lexicon
from augeval.augment.batch import Batch, Integers
from augeval.augment.inflect import read
from augeval.augment.stopwords import STOP_WORDS
from augeval.augment.vocabulary import Ids, Vocabulary
from augeval.errors import NotApplicable

__all__ = ["Coverage"]

COUNT = "no word in the lexicon"
FEWEST = 20  # distinct rows from which on they say something about the language
MOST = 0.9  # share of rows without any word of the lexicon from which on its language is another
LEAST = 0.4  # share of content words that it must know: it knows nearly all of English, and names elsewhere
_UNSEEN, _NO_CONTENT, _UNKNOWN, _KNOWN = -1, 0, 1, 2


@dataclass
class Coverage:
    """Counts, block by block, how many words and rows WordNet knows; words that carry grammar do not count.

    Args:
        rows: distinct rows but those of words that carry grammar alone; strange: those of which it knows no word.
        known, words: content words that it knows, and all of them. repeated: rows without a known one, copies too.
    """

    rows: int = 0
    strange: int = 0
    known: int = 0
    words: int = 0
    repeated: int = 0
    first: str = ""
    book: lexicon.Lexicon = field(default_factory=lexicon.load)

    def look_at(self, sources: Batch, copies: Integers) -> None:
        """Count the words of these distinct texts, text i standing for copies[i] rows."""
        kind = _kinds(self.book, sources.vocabulary, sources.words)
        n = len(sources.last)
        content, known = (np.bincount(sources.row[kind >= least], minlength=n) for least in (_UNKNOWN, _KNOWN))
        telling = (content > 0) | (sources.lengths == 0)
        strange = telling & (known == 0)
        self.rows += int(telling.sum())
        self.words, self.known = self.words + int(content.sum()), self.known + int(known.sum())
        self.strange += int(strange.sum())
        self.repeated += int(copies[strange].sum())
        if not self.first and strange.any():
            self.first = sources.take(np.flatnonzero(strange)[:1]).strings()[0]

    def counts(self, who: str) -> Mapping[str, int]:
        """How many rows the lexicon says nothing to.

        Raises:
            NotApplicable: nearly all, or it knows few of their words.
        """
        few = self.known < LEAST * self.words or self.strange >= MOST * self.rows
        if self.rows >= FEWEST and few:
            raise NotApplicable(
                f"{who} looks words up in WordNet, which is English, and it knows {self.known} of the {self.words} "
                f"words of these rows (none in {self.strange} of {self.rows}{self._example()}). random_swap and "
                "random_deletion work in any language, back_translation in those that have a translator."
            )
        return {COUNT: self.repeated}

    def _example(self) -> str:
        shown = " ".join(self.first.split())
        return f", such as {shown[:60]!r}" if shown else ""


def _kinds(book: lexicon.Lexicon, vocabulary: Vocabulary, words: Ids) -> NDArray[np.int8]:
    """Of each word: no content word, one that is unknown, or one that is known; worked out once per form."""
    kept = vocabulary.table((Coverage, book), lambda: [np.zeros(0, np.int8)])
    missing = np.full(len(vocabulary) - len(kept[0]), _UNSEEN, np.int8)
    kept[0] = kinds = np.concatenate([kept[0], missing])
    for word in np.unique(words[kinds[words] == _UNSEEN]).tolist():
        kinds[word] = _kind(vocabulary.forms[word].lower(), book)
    return kinds[words]


def _kind(word: str, book: lexicon.Lexicon) -> int:
    letters = any(letter.isalpha() for letter in word)
    if word in STOP_WORDS or not letters or (len(word) < 3 and word.isascii()):
        return _NO_CONTENT  # one or two letters are a word by chance: "de" is Delaware to WordNet
    base = word[:-2] if word.endswith(("'s", "’s")) else word
    return _KNOWN if read(base, book) else _UNKNOWN

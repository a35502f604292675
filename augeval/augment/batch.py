"""Many texts as flat arrays of numbers, and back to strings without losing a character.

Shapes: n texts, t words of all texts, end to end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from augeval.augment import tokens
from augeval.augment.vocabulary import EMPTY, SPACE, Ids, Is, Vocabulary
from augeval.edited import Words

__all__ = ["AS_IT_IS", "Batch", "Reader", "current_vocabulary"]

Integers = NDArray[np.int64]
MOST_FORMS = 1 << 20  # a vocabulary of more, or of more characters, begins anew with the next call
MOST_CHARACTERS = 1 << 24  # and so do the texts that a reader keeps cut


@dataclass(frozen=True)
class Batch:
    """n texts.

    Args:
        words: (t,); before: (t,) what stands before each word; last: (n,) what ends each text.
        starts: (n + 1,) text i has the words starts[i] … starts[i + 1] - 1.
    """

    vocabulary: Vocabulary
    words: Ids
    before: Ids
    last: Ids
    starts: Integers

    @cached_property
    def lengths(self) -> Integers:
        """(n,) words of each text."""
        return np.diff(self.starts)

    @cached_property
    def row(self) -> Integers:
        """(t,) the text of each word."""
        return np.repeat(np.arange(len(self.last)), self.lengths)

    @cached_property
    def position(self) -> Integers:
        """(t,) each word's place in its text, from 0."""
        return np.arange(len(self.words)) - self.starts[self.row]

    @cached_property
    def after(self) -> Ids:
        """(t,) what stands after each word."""
        following = np.append(self.before[1:], EMPTY).astype(np.int32)
        filled = self.lengths > 0
        following[self.starts[1:][filled] - 1] = self.last[filled]
        return following

    @cached_property
    def kinds(self) -> NDArray[np.uint16]:
        """(t,) what each word is, as flags of `Is`."""
        return self.vocabulary.kinds(self.words)

    def are(self, what: Is) -> NDArray[np.bool_]:
        """(t,) whether each word is any of these."""
        return np.asarray((self.kinds & what.value) != 0)

    @cached_property
    def names(self) -> NDArray[np.bool_]:
        """(t,) the words that are taken for names, as `tokens.names` does."""
        names = self.are(Is.MIXED)
        title = np.flatnonzero(self.kinds & Is.TITLE.value)
        row = self.row[title]
        headline = 2 * np.bincount(row, minlength=len(self.last)) > self.lengths
        inside = (self.position[title] > 0) & ~self.vocabulary.are(self.before[title], Is.ENDS)
        names[title] = inside & ~headline[row]
        return names

    @cached_property
    def article(self) -> NDArray[np.int32]:
        """(t,) 1 where the word stands right after "a", 2 after "an", else 0."""
        found = np.zeros(len(self.words), np.int32)
        at = np.flatnonzero(self.kinds[:-1] & (Is.A | Is.AN).value) + 1
        at = at[(self.position[at] > 0) & self.vocabulary.are(self.before[at], Is.BLANK)]
        found[at] = np.where(self.kinds[at - 1] & Is.A.value, 1, 2)
        return found

    def take(self, texts: Integers) -> Batch:
        """The texts at these positions, in this order."""
        lengths = self.lengths[texts]
        starts = _ends(lengths)
        at = np.repeat(self.starts[:-1][texts] - starts[:-1], lengths) + np.arange(int(starts[-1]))
        return Batch(self.vocabulary, self.words[at], self.before[at], self.last[texts], starts)

    def strings(self) -> list[str]:
        """The texts."""
        # Most words stand after one blank, and are one piece with it; what else stands between is a piece of its own.
        spaced = self.before == SPACE
        odd = np.flatnonzero(~spaced & (self.before != EMPTY))
        ended = np.flatnonzero(self.last != EMPTY)
        at: Integers = np.concatenate([self.starts[ended + 1], odd])
        gaps: Ids = np.concatenate([self.last[ended], self.before[odd]])
        pieces = self.vocabulary.texts(np.insert(2 * self.words + spaced, at, 2 * gaps))
        counts = self.lengths + np.bincount(self.row[odd], minlength=len(self.last)) + (self.last != EMPTY)
        return ["".join(pieces[low:high]) for low, high in pairwise(_ends(counts).tolist())]

    def counted(self) -> Words:
        """The words alone, to be counted; see `Words`."""
        # Words that touch ("电影") are one word to a counter that cuts at blanks and marks.
        touching = (self.before == EMPTY) & (self.position > 0)
        unclear = self.row[touching | self.vocabulary.are(self.before, Is.WORDY)]
        whole = ~self.vocabulary.are(self.last, Is.WORDY)
        whole[unclear] = False
        return Words(self.words, self.starts, self.vocabulary.forms, whole)


def _ends(lengths: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


@dataclass
class Reader:
    """Cuts texts; each distinct one once, as long as it is kept.

    Args:
        cut: text -> [between, word, between, …, between], always odd in length; or, of plain words, the words alone,
            between which one blank stands.
        plain: whether they are plain.
    """

    cut: Callable[[str], Sequence[str]]
    plain: bool = False
    _kept: dict[str, Ids] = field(default_factory=dict)
    _held: int = 0  # characters of the texts that are kept
    _vocabulary: Vocabulary | None = None

    def read(self, texts: Sequence[str], vocabulary: Vocabulary) -> Batch:
        """The texts, cut."""
        if vocabulary is not self._vocabulary or self._held > MOST_CHARACTERS:
            self.forget()
            self._vocabulary = vocabulary
        self._cut_new([text for text in texts if text not in self._kept], vocabulary)
        rows = [self._kept[text] for text in texts]
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        pieces = np.concatenate([np.zeros(0, np.int32), *rows])
        return _plain(vocabulary, pieces, lengths) if self.plain else _with_gaps(vocabulary, pieces, lengths)

    def forget(self) -> None:
        """Keep no text: the next call cuts anew."""
        self._kept, self._held = {}, 0

    def _cut_new(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        number, pieces, ends = vocabulary.number.__getitem__, list[int](), [0]
        for text in texts:
            pieces.extend(map(number, self.cut(text)))
            ends.append(len(pieces))
        ids = np.array(pieces, np.int32)
        for text, (low, high) in zip(texts, pairwise(ends), strict=True):
            self._kept[text] = ids[low:high]
            self._held += len(text)


def _with_gaps(vocabulary: Vocabulary, pieces: Ids, lengths: Integers) -> Batch:
    starts = _ends(lengths // 2)
    # Piece 2 k + 1 + i is word k, the i-th text having one piece more than twice its words.
    at = 2 * np.arange(int(starts[-1])) + np.repeat(np.arange(len(lengths)), lengths // 2)
    return Batch(vocabulary, pieces[at + 1], pieces[at], pieces[_ends(lengths)[1:] - 1], starts)


def _plain(vocabulary: Vocabulary, words: Ids, lengths: Integers) -> Batch:
    starts, before = _ends(lengths), np.full(len(words), SPACE, np.int32)
    before[starts[:-1][lengths > 0]] = EMPTY
    return Batch(vocabulary, words, before, np.full(len(lengths), EMPTY, np.int32), starts)


AS_IT_IS = Reader(tokens.split)
_current = [Vocabulary()]


def current_vocabulary() -> Vocabulary:
    """This process's vocabulary; ask once per call, since one that grew too large makes room for a new one."""
    if len(_current[0]) > MOST_FORMS or _current[0].characters > MOST_CHARACTERS:
        _current[0] = Vocabulary()
    return _current[0]

"""What may stand in a word's place: WordNet's synonyms of its commonest senses, or its neighbours by an encoder.

Both take a word apart, choose lemmas, leave out those that oppose the word, and give them the word's form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import memo
from augeval.augment import lexicon, tokens
from augeval.augment.inflect import Reading, inflect, lemmas, read
from augeval.augment.lexicon import Lexicon
from augeval.augment.stopwords import STOP_WORDS
from augeval.types import Encoder

__all__ = ["Options", "Thesaurus", "every_sense", "neighbours", "wordnet"]

TABLE = "1"  # of the neighbour table: raised when the same vectors would give another one
VOCABULARY = 8000  # most frequent lemmas: about 20 seconds of encoding, once per encoder and machine
NEAREST = 12  # neighbours kept of each word, before those that cannot take its form are left out
_NEGATING = ("un", "in", "im", "il", "ir", "dis", "non", "mis", "anti", "under", "over")
_SHARED = 4  # letters at the start from which on two words may be of one family


@dataclass(frozen=True)
class Options:
    """Forms that may replace a word, each as often as its weight says."""

    forms: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()

    def only(self, keep: Callable[[str], bool], value: bool) -> Options:
        """The options for which `keep` gives this value."""
        kept = [(f, w) for f, w in zip(self.forms, self.weights, strict=True) if keep(f) == value]
        return Options(tuple(f for f, _ in kept), tuple(w for _, w in kept))


Thesaurus = Callable[[str], Options]
"""Lower-case word -> what may replace it; nothing for stop words and for words it does not know."""


@dataclass(frozen=True, eq=False)
class _Remembered:
    """A thesaurus that answers each word once."""

    ask: Callable[[str], Iterable[tuple[str, int]]]
    answers: dict[str, Options] = field(default_factory=dict)

    def __call__(self, word: str) -> Options:
        found = self.answers.get(word)
        if found is None:
            weights: dict[str, int] = {}
            for form, weight in self.ask(word):
                weights[form] = weights.get(form, 0) + weight
            found = self.answers[word] = Options(tuple(weights), tuple(weights.values()))
        return found


def wordnet(senses: int, phrases: bool, stop_words: bool) -> Thesaurus:
    """Synonyms by WordNet, weighted by how often SemCor tagged the word with the sense that they share.

    A synonym must itself be tagged with that sense at least once: a third of WordNet's are not ("anodyne").

    Args:
        senses: a synonym must share one of the first `senses` of the word's commonest part of speech, and that must
            be one of its own first `senses`.
        phrases: allow synonyms of several words.
        stop_words: replace stop words too.
    """
    return _by_wordnet(lexicon.wordnet_digest(), senses, phrases, stop_words)


@lru_cache(maxsize=8)
def _by_wordnet(digest: str, senses: int, phrases: bool, stop_words: bool) -> Thesaurus:
    book = lexicon.load()

    def ask(word: str) -> Iterable[tuple[str, int]]:
        reading = None if word in STOP_WORDS and not stop_words else read(word, book)
        if reading is None:
            return
        banned = book.opposites(reading.lemma) | {reading.lemma}
        for sense in _usual_senses(book, reading.lemma, reading.part, senses):
            members = book.members(sense.synset)
            if reading.lemma not in {member for member, _ in members}:  # the sense is a name's
                continue
            for lemma in _substitutes(members, banned, phrases):
                theirs = _usual_senses(book, lemma, reading.part, senses)
                shared = any(s.synset == sense.synset and s.count for s in theirs)
                form = inflect(lemma, reading) if shared else None
                if form and form != word:
                    yield form, sense.count + 1

    return _Remembered(ask)


def _usual_senses(book: Lexicon, lemma: str, part: int, senses: int) -> list[lexicon.Sense]:
    return [s for s in book.senses(lemma, part)[:senses] if s.rank == 1 or s.count]


def _substitutes(members: Sequence[tuple[str, bool]], banned: set[str], phrases: bool) -> list[str]:
    plain = [lemma for lemma, free in members if free and lemma == lemma.lower() and lemma not in banned | STOP_WORDS]
    return [lemma for lemma in plain if len(lemma) > 1 and (phrases or " " not in lemma)]


def every_sense() -> Thesaurus:
    """All that WordNet has for a word in any sense and part of speech, in lower case and of letters only, all alike
    likely: opposites, other forms, rare words and names among them, as in the published EDA.
    """
    return _by_every_sense(lexicon.wordnet_digest())


@lru_cache(maxsize=1)
def _by_every_sense(digest: str) -> Thesaurus:
    book = lexicon.load()

    def ask(word: str) -> Iterable[tuple[str, int]]:
        senses = (s for part in range(4) for lemma in lemmas(word, part) for s in book.senses(lemma, part))
        members = (member for sense in senses for member, _ in book.members(sense.synset))
        forms = dict.fromkeys(" ".join(tokens.plain_words(member)) for member in members)
        return [(form, 1) for form in forms if form and form != word]

    return _Remembered(ask)


def neighbours(encoder: Encoder, count: int, min_cosine: float, stop_words: bool) -> Thesaurus:
    """Nearest words of the same part of speech, in the eyes of an encoder.

    The words are a fixed vocabulary, WordNet's most frequent lemmas, so that what replaces a word never depends on
    the rows beside it. Encoders put opposites nearer than synonyms (cheap is the nearest of expensive), so WordNet's
    opposites and words with a negating beginning or end are left out, and some opposites that it does not know stay.

    Args:
        encoder: texts -> (n, d) vectors.
        count: neighbours to choose among, all alike likely.
        min_cosine: how near they must be.
        stop_words: replace stop words too.
    """
    book = lexicon.load()
    return _by_encoder(_table(encoder, book), book, count, min_cosine, stop_words)


@lru_cache(maxsize=8)
def _by_encoder(table: _Table, book: Lexicon, count: int, min_cosine: float, stop_words: bool) -> Thesaurus:
    def ask(word: str) -> Iterable[tuple[str, int]]:
        reading = None if word in STOP_WORDS and not stop_words else read(word, book)
        if reading is None:
            return []
        near = [lemma for lemma, cosine in table.near(reading) if cosine >= min_cosine]
        opposed = book.opposites(reading.lemma)
        kept = [lemma for lemma in near if lemma not in opposed and not _negates(lemma, reading.lemma)]
        forms = [form for lemma in kept if (form := inflect(lemma, reading)) and form != word]
        return [(form, 1) for form in forms[:count]]

    return _Remembered(ask)


@dataclass(frozen=True, eq=False)
class _Table:
    """`NEAREST` neighbours and cosines of each word of the vocabulary, by (lemma, part of speech)."""

    words: list[tuple[str, int]]
    nearest: NDArray[np.int32]
    cosines: NDArray[np.float32]
    row_of: dict[tuple[str, int], int]

    def near(self, reading: Reading) -> list[tuple[str, float]]:
        row = self.row_of.get((reading.lemma, reading.part))
        if row is None:
            return []
        pairs = zip(self.nearest[row].tolist(), self.cosines[row].tolist(), strict=True)
        return [(self.words[i][0], cosine) for i, cosine in pairs if i >= 0]


_tables: list[tuple[Encoder, str, _Table]] = []  # the encoders met in this process, the last two


def _table(encoder: Encoder, book: Lexicon) -> _Table:
    for known, digest, table in _tables:
        if known == encoder and digest == book.digest:
            return table
    words = [
        (lemma, part) for lemma, part, _ in book.frequent(VOCABULARY) if lemma not in STOP_WORDS and len(lemma) > 2
    ]
    vectors = np.asarray(encoder(np.array([lemma for lemma, _ in words], object)), np.float32)
    content = hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
    found = memo.remember(("neighbours", TABLE, book.digest, content), lambda: _nearest(words, vectors))
    table = _Table(words, found["nearest"], found["cosines"], {word: i for i, word in enumerate(words)})
    _tables[:] = [*_tables[-1:], (encoder, book.digest, table)]
    return table


def _nearest(words: Sequence[tuple[str, int]], vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """The nearest words of the same part of speech and another family, nearest first; -1 where there are fewer."""
    parts = np.array([part for _, part in words])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)
    nearest = np.full((len(words), NEAREST), -1, np.int32)
    cosines = np.zeros((len(words), NEAREST), np.float32)
    for part in np.unique(parts):
        members = np.flatnonzero(parts == part)
        near = unit[members] @ unit[members].T
        for row, cosine in zip(members.tolist(), near, strict=True):
            order = members[np.argsort(-cosine, kind="stable")[: 4 * NEAREST]]
            kept = [i for i in order.tolist() if i != row and not _one_family(words[i][0], words[row][0])][:NEAREST]
            nearest[row, : len(kept)] = kept
            cosines[row, : len(kept)] = unit[kept] @ unit[row]
    return {"nearest": nearest, "cosines": cosines}


def _one_family(a: str, b: str) -> bool:
    """Whether they start with the same letters for most of the shorter one ("teacher", "teaching")."""
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return (shared >= _SHARED and shared >= 0.6 * min(len(a), len(b))) or a in b or b in a


def _negates(a: str, b: str) -> bool:
    """Whether one is the other with a negating beginning ("unhappy"), or they differ in -ful and -less."""
    if any(long == prefix + short for prefix in _NEGATING for long, short in ((a, b), (b, a))):
        return True
    return any(x == f"{y.removesuffix('ful')}less" and y.endswith("ful") for x, y in ((a, b), (b, a)))

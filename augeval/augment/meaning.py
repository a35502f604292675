"""Edits that are meant to harm: they turn what a text says and keep its label.

A control of the harness, as `shuffle_labels` is: a study in which these do no harm could not have seen harm.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from augeval.augment import lexicon, tokens
from augeval.augment.english import unknown_rows
from augeval.augment.inflect import inflect, read
from augeval.augment.lexicon import Lexicon, wordnet_digest
from augeval.augment.negation import negations
from augeval.augment.places import Change, Found, Keys, each_place, share_of
from augeval.augment.stopwords import STOP_WORDS
from augeval.edited import Edited
from augeval.extend import augmenter

__all__ = ["antonym_swap", "negation_insertion"]

CLAUSES, OPPOSABLE = "share of clauses", "share of words with an opposite"
SENSES = 3  # of a word that count, commonest first; as for synonyms


class _Options(NamedTuple):
    """Forms that may replace a word, with cumulated weights."""

    forms: tuple[str, ...] = ()
    cumulated: tuple[float, ...] = ()


@augmenter("text", unit=CLAUSES, magnitudes=(0.25, 1.0), default_magnitude=0.5, most=1, batch=True,
           source="harmful control; negation of Ribeiro et al. 2020 (CheckList)", requires=wordnet_digest)  # fmt: skip
def negation_insertion(rows: Sequence[str], *, magnitude: float | None, row_keys: Keys) -> Edited:
    """Harmful control: negate clauses, or take their negation away, and keep the label.

    "It works" -> "It does not work", "no plot" -> "some plot", "a great film" -> "not a great film"; as "n't" where
    the text writes so. At most one change a clause.

    Args:
        rows: n English texts; row_keys: (n,) keys that the draws depend on.
        magnitude: the probability with which each clause that can be negated is, in [0, 1]. At 1 every copy of a row
            is the same.

    Returns:
        n texts; those without such a clause as they are, which are counted.

    Raises:
        InputError: the magnitude is no share, or WordNet is not installed.
        NotApplicable: nearly all of at least 20 rows are not English.

    Source: Ribeiro et al. 2020 negate with a parser and expect the prediction to change; ours has word rules.
    """
    share = share_of("negation_insertion", CLAUSES, magnitude)
    book = lexicon.load()

    def find(row: str) -> Found:
        places = negations(row, book)
        return Found(len(places), len(places), lambda i, _: places[i])

    made = each_place(rows, share, row_keys, find)
    return unknown_rows("negation_insertion", rows, made, "nothing negated")


@augmenter("text", unit=OPPOSABLE, magnitudes=(0.25, 1.0), default_magnitude=0.5, most=1, batch=True,
           source="harmful control; antonyms of WordNet (Miller 1995)", requires=wordnet_digest)  # fmt: skip
def antonym_swap(rows: Sequence[str], *, magnitude: float | None, row_keys: Keys) -> Edited:
    """Harmful control: replace words by their opposites, in the same form and case, and keep the label.

    Args:
        rows: n English texts; row_keys: (n,) keys that the draws depend on.
        magnitude: the probability with which each word that has an opposite is replaced, in [0, 1]. Function words
            and names are never replaced. An article before the word goes with it ("an interesting" -> "a boring").

    Returns:
        n texts; those without such a word as they are, which are counted.

    Raises:
        InputError: the magnitude is no share, or WordNet is not installed.
        NotApplicable: nearly all of at least 20 rows are not English.

    Source: Miller 1995. An opposite is a word of a synset that WordNet opposes to one of the word's commonest senses;
        opposites by way of similar adjectives (dull - exciting) are not used.
    """
    share = share_of("antonym_swap", OPPOSABLE, magnitude)
    opposites = _book(wordnet_digest())

    def find(row: str) -> Found:
        pieces = tokens.split(row)
        named = tokens.names(pieces)
        places = [
            (i, options)
            for i, word in enumerate(pieces[1::2])
            if i not in named and (options := opposites(_base(word)[0])).forms
        ]
        starts = _starts(pieces)
        return Found(len(places), len(places), lambda k, draw: _opposed(pieces, starts, places[k], draw))

    made = each_place(rows, share, row_keys, find)
    return unknown_rows("antonym_swap", rows, made, "no word with an opposite")


def _opposed(pieces: Sequence[str], starts: Sequence[int], place: tuple[int, _Options], draw: float) -> Change:
    i, options = place
    word = pieces[2 * i + 1]
    drawn = bisect_right(options.cumulated, draw * options.cumulated[-1])
    new = tokens.case_like(word, options.forms[min(drawn, len(options.forms) - 1)]) + _base(word)[1]
    start, end = starts[i], starts[i] + len(word)
    article = pieces[2 * i - 1] if i and pieces[2 * i].isspace() else ""
    right = "an" if tokens.takes_an(new) else "a"
    if article.lower() in ("a", "an") and article.lower() != right:
        return Change(starts[i - 1], end, tokens.case_like(article, right) + pieces[2 * i] + new, i, "opposite")
    return Change(start, end, new, i, "opposite")


def _starts(pieces: Sequence[str]) -> list[int]:
    starts, at = [], 0
    for k, piece in enumerate(pieces):
        if k % 2:
            starts.append(at)
        at += len(piece)
    return starts


def _base(word: str) -> tuple[str, str]:
    """The word in lower case, and the possessive that it ends in."""
    lower = word.lower()
    return (lower[:-2], word[-2:]) if lower.endswith(("'s", "’s")) else (lower, "")


def _opposites(book: Lexicon, word: str) -> _Options:
    """Opposites of a lower-case word in its own form, weighted by how often SemCor tagged the sense opposed."""
    reading = None if word in STOP_WORDS else read(word, book)
    if reading is None:
        return _Options()
    weights: dict[str, float] = {}
    for sense in book.senses(reading.lemma, reading.part)[:SENSES]:
        if sense.rank > 1 and not sense.count:
            continue
        for lemma in _direct(book, sense.synset, reading.part):
            form = inflect(lemma, reading)
            if form and form != word:
                weights[form] = weights.get(form, 0.0) + sense.count + 1.0
    return _Options(tuple(weights), tuple(accumulate(weights.values())))


def _direct(book: Lexicon, synset: int, part: int) -> list[str]:
    """Single plain words of the synsets opposed to this one, of which it is a usual sense."""
    starts, targets = book.arrays["opposed_start"], book.arrays["opposed"]
    opposed = sorted(set(targets[starts[synset] : starts[synset + 1]].tolist()))
    lemmas = [(lemma, to) for to in opposed for lemma, free in book.members(to) if free and lemma.isalpha()]
    return [lemma for lemma, to in lemmas if lemma == lemma.lower() and _is_usual(book, lemma, part, to)]


def _is_usual(book: Lexicon, lemma: str, part: int, synset: int) -> bool:
    senses = book.senses(lemma, part)[:SENSES]
    return lemma not in STOP_WORDS and any(s.synset == synset and (s.rank == 1 or s.count) for s in senses)


@lru_cache(maxsize=2)
def _book(digest: str) -> Callable[[str], _Options]:
    """Opposites of each word, looked up once."""
    book = lexicon.load()
    known: dict[str, _Options] = {}

    def opposites(word: str) -> _Options:
        if word not in known:
            known[word] = _opposites(book, word)
        return known[word]

    return opposites

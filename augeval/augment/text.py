"""Edits of text: words deleted, swapped, inserted, or replaced by synonyms or neighbours.

Magnitude is the share of words edited (see `tokens.edit_count` for rows too short for it). Whatever is not edited
keeps its case, punctuation and blanks. The lexicon is English; deletion and swap work in any language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

from augeval.augment import synonyms, tokens
from augeval.augment.lexicon import wordnet_digest
from augeval.augment.stopwords import STOP_WORDS
from augeval.augment.synonyms import Options, Thesaurus
from augeval.errors import InputError
from augeval.extend import augmenter
from augeval.types import Encoder

__all__ = ["random_deletion", "random_insertion", "random_swap", "synonym", "synonym_embedding"]

Generators = Sequence[np.random.Generator]
EDA = "Wei & Zou 2019 (EDA)"


@augmenter("text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA)
def random_deletion(
    rows: Sequence[str], *, magnitude: float | None, rngs: Generators, keep_stop_words: bool = False
) -> list[str]:
    """Delete words; at least one stays.

    Args:
        rows: n texts; rngs: one generator for each.
        magnitude: share of words deleted, in [0, 1].
        keep_stop_words: delete no function word, negation or number word.

    Returns:
        n texts; those of one word as they are.

    Source: Wei & Zou 2019, who delete each word with a probability and leave a quarter of the rows unchanged.
    """

    def edit(pieces: list[str], share: float, rng: np.random.Generator) -> list[str]:
        words = pieces[1::2]
        open_ = _open(words, keep_stop_words)
        count = min(tokens.edit_count(share, len(words), rng), len(words) - 1, len(open_))
        chosen = rng.permutation(len(open_))[:count]
        return tokens.delete(pieces, [open_[i] for i in chosen]) if count else pieces

    return _each("random_deletion", rows, magnitude, rngs, edit)


@augmenter("text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA)
def random_swap(
    rows: Sequence[str], *, magnitude: float | None, rngs: Generators, keep_stop_words: bool = False
) -> list[str]:
    """Let pairs of words change places.

    Args:
        rows: n texts; rngs: one generator for each.
        magnitude: share of words that change their place, in [0, 1]; at least one pair does.
        keep_stop_words: move no function word, negation or number word.

    Returns:
        n texts of the same words; those with fewer than two different words as they are.

    Source: Wei & Zou 2019, whose alpha counts swaps, two words each: their 0.1 is our 0.2, and undoes some.
    """

    def edit(pieces: list[str], share: float, rng: np.random.Generator) -> list[str]:
        words = pieces[1::2]
        open_ = _open(words, keep_stop_words)
        pairs = tokens.edit_count(share / 2, len(words), rng)
        made = list(pieces)
        for i, j in _different_pairs(words, [open_[i] for i in rng.permutation(len(open_))])[:pairs]:
            made[2 * i + 1], made[2 * j + 1] = words[j], words[i]
        return made

    return _each("random_swap", rows, magnitude, rngs, edit)


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA,
    requires=wordnet_digest,
)  # fmt: skip
def random_insertion(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    rngs: Generators,
    keep_stop_words: bool = True,
    senses: int = 3,
) -> list[str]:
    """Insert synonyms of words of the row at random places; a row without any gets copies of its own words.

    Args:
        rows: n texts; rngs: one generator for each.
        magnitude: words inserted / words of the row, in [0, 1].
        keep_stop_words: insert no synonym of a function word ("no" -> "nobelium"), nor a copy of one.
        senses: as in `synonym`.

    Returns:
        n texts; those without a word as they are.

    Raises:
        InputError: WordNet is not installed.

    Source: Wei & Zou 2019, whose code draws the source among the stop words too.
    """
    book = synonyms.wordnet(_senses("random_insertion", senses), False, not keep_stop_words)

    def edit(pieces: list[str], share: float, rng: np.random.Generator) -> list[str]:
        words = pieces[1::2]
        places = rng.integers(len(words) + 1, size=tokens.edit_count(share, len(words), rng)).tolist()
        known = list(_options(pieces, book).values())
        if known:
            drawn = [_drawn(known[rng.integers(len(known))], rng) for _ in places]
        else:
            own = _open(words, keep_stop_words) or list(range(len(words)))
            drawn = [words[own[rng.integers(len(own))]] for _ in places]
        return tokens.insert(pieces, list(zip(places, drawn, strict=True)))

    return _each("random_insertion", rows, magnitude, rngs, edit)


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True,
    source="WordNet (Miller 1995); Zhang et al. 2015; Wei & Zou 2019", requires=wordnet_digest,
)  # fmt: skip
def synonym(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    rngs: Generators,
    keep_stop_words: bool = True,
    senses: int = 3,
    phrases: bool = False,
) -> list[str]:
    """Replace words by WordNet synonyms of their commonest senses, in the same form and case.

    Args:
        rows: n texts; rngs: one generator for each.
        magnitude: share of words replaced, in [0, 1]; fewer where fewer have a synonym.
        keep_stop_words: replace no function word, negation or number word.
        senses: how many senses of a word count, commonest first; the synonym must have it among as many of its own.
        phrases: allow synonyms of several words.

    Returns:
        n texts; those without a word that has a synonym as they are.

    Raises:
        InputError: WordNet is not installed.
    """
    book = synonyms.wordnet(_senses("synonym", senses), phrases, not keep_stop_words)
    return _each("synonym", rows, magnitude, rngs, _replacing(book))


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True,
    source="Wang & Yang 2015; vocabulary and opposites from WordNet", requires=wordnet_digest,
)  # fmt: skip
def synonym_embedding(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    rngs: Generators,
    encoder: Encoder,
    neighbours: int = 5,
    min_cosine: float = 0.6,
) -> list[str]:
    """Replace words by their nearest neighbours in the eyes of a text encoder, in the same form and case.

    Args:
        rows: n texts; rngs: one generator for each.
        magnitude: share of words replaced, in [0, 1]; fewer where fewer have a neighbour.
        encoder: given by the harness; reads about 8,000 words once, a matter of seconds.
        neighbours: how many to choose among.
        min_cosine: how near a neighbour must be.

    Returns:
        n texts; those without a word that has a neighbour as they are.

    Raises:
        InputError: WordNet is not installed.
    """
    if neighbours < 1 or not -1 <= min_cosine <= 1:
        raise InputError(
            "synonym_embedding takes neighbours of at least 1 and min_cosine from -1 to 1, "
            f"not {neighbours} and {min_cosine}."
        )
    book = synonyms.neighbours(encoder, neighbours, min_cosine, stop_words=False)
    return _each("synonym_embedding", rows, magnitude, rngs, _replacing(book))


Edit = Callable[[list[str], float, np.random.Generator], list[str]]


def _each(who: str, rows: Sequence[str], magnitude: float | None, rngs: Generators, edit: Edit) -> list[str]:
    """Cut, edit and join each row; a row without a word, and magnitude 0, change nothing."""
    if magnitude is None or not 0 <= magnitude <= 1:
        raise InputError(f"{who} takes a magnitude (share of words) from 0 to 1, not {magnitude}.")
    if not magnitude:
        return list(rows)
    made = []
    for row, rng in zip(rows, rngs, strict=True):
        pieces = tokens.split(row)
        made.append(tokens.join(edit(pieces, float(magnitude), rng)) if len(pieces) > 1 else row)
    return made


def _open(words: Sequence[str], keep_stop_words: bool) -> list[int]:
    """Positions of the words that may be edited."""
    return [i for i, word in enumerate(words) if not keep_stop_words or word.lower() not in STOP_WORDS]


def _different_pairs(words: Sequence[str], order: Sequence[int]) -> list[tuple[int, int]]:
    """Disjoint pairs of positions with different words, in the order given."""
    waiting: list[int] = []  # all of one word, or they would be pairs
    pairs = []
    for i in order:
        if waiting and words[waiting[-1]] != words[i]:
            pairs.append((waiting.pop(), i))
        else:
            waiting.append(i)
    return pairs


def _replacing(book: Thesaurus) -> Edit:
    def edit(pieces: list[str], share: float, rng: np.random.Generator) -> list[str]:
        made = list(pieces)
        options = _options(pieces, book)
        count = min(tokens.edit_count(share, len(pieces) // 2, rng), len(options))
        known = list(options)
        for i in [known[j] for j in rng.permutation(len(known))[:count]]:
            word = pieces[2 * i + 1]
            made[2 * i + 1] = tokens.case_like(word, _drawn(options[i], rng)) + _base(word)[1]
        return made

    return edit


def _options(pieces: Sequence[str], book: Thesaurus) -> dict[int, Options]:
    """What may replace each word, by position; words without anything are left out."""
    names = tokens.names(pieces)
    words = pieces[1::2]
    found = {i: book(_base(word)[0]) for i, word in enumerate(words) if i not in names}
    for i in [i for i in found if i and words[i - 1].lower() in ("a", "an") and pieces[2 * i].isspace()]:
        found[i] = found[i].only(tokens.takes_an, words[i - 1].lower() == "an")
    return {i: options for i, options in found.items() if options.forms}


def _base(word: str) -> tuple[str, str]:
    """The word in lower case, and the possessive that it ends in ("film's")."""
    lower = word.lower()
    return (lower[:-2], word[-2:]) if lower.endswith(("'s", "’s")) else (lower, "")


def _drawn(options: Options, rng: np.random.Generator) -> str:
    drawn = bisect_right(options.cumulated, rng.random() * options.cumulated[-1])
    return options.forms[min(drawn, len(options.forms) - 1)]


def _senses(who: str, senses: int) -> int:
    if senses < 1:
        raise InputError(f"{who} takes senses of at least 1, not {senses}.")
    return senses

"""Edits of text: words deleted, swapped, inserted, or replaced by synonyms or neighbours.

Magnitude is the share of words edited (see `tokens.edit_counts` for rows too short for it). Whatever is not edited
keeps its case, punctuation and blanks. The lexicon is English; deletion and swap work in any language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from augeval.augment import synonyms
from augeval.augment.batch import Integers
from augeval.augment.coverage import Coverage
from augeval.augment.editing import Block, edit_rows, edited, share_of
from augeval.augment.lexical import Change
from augeval.augment.lexicon import wordnet_digest
from augeval.augment.operations import Operate, deleting, inserting, replacing, swapping
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.extend import augmenter
from augeval.seeds import Keys
from augeval.types import Encoder

__all__ = ["random_deletion", "random_insertion", "random_swap", "synonym", "synonym_embedding"]

EDA = "Wei & Zou 2019 (EDA)"


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA,
    semantics=2,
)  # fmt: skip
def random_deletion(
    rows: Sequence[str], *, magnitude: float | None, row_keys: Keys, keep_stop_words: bool = False
) -> Edited:
    """Delete words; at least one stays.

    Args:
        rows: n texts; row_keys: (n,) one for each.
        magnitude: share of words deleted, in [0, 1].
        keep_stop_words: delete no function word, negation or number word.

    Returns:
        n texts; those of one word as they are. Words deleted of sentences of 17 words on average: within .015 of the
        magnitude for .05 to .4.

    Source: Wei & Zou 2019, who delete each word with a probability and leave a quarter of the rows unchanged.
    """

    return _edited("random_deletion", rows, magnitude, row_keys, deleting(keep_stop_words))


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA,
    semantics=2,
)  # fmt: skip
def random_swap(
    rows: Sequence[str], *, magnitude: float | None, row_keys: Keys, keep_stop_words: bool = False
) -> Edited:
    """Let pairs of words change places.

    Args:
        rows: n texts; row_keys: (n,) one for each.
        magnitude: share of words that change their place, in [0, 1]; at least one pair does.
        keep_stop_words: move no function word, negation or number word.

    Returns:
        n texts of the same words; those with fewer than two different words as they are. Words moved of sentences of
        17 words on average: within .03 of the magnitude for .1 to .4; .11 at .05, a pair being the least.

    Source: Wei & Zou 2019, whose alpha counts swaps, two words each: their 0.1 is our 0.2, and undoes some.
    """

    return _edited("random_swap", rows, magnitude, row_keys, swapping(keep_stop_words))


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True, source=EDA,
    semantics=2, requires=wordnet_digest,
)  # fmt: skip
def random_insertion(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    keep_stop_words: bool = True,
    senses: int = 3,
) -> Edited:
    """Insert synonyms of words of the row at random places; a row without any gets copies of its own words.

    Args:
        rows: n texts; row_keys: (n,) one for each.
        magnitude: words inserted / words of the row, in [0, 1].
        keep_stop_words: insert no synonym of a function word ("no" -> "nobelium"), nor a copy of one.
        senses: as in `synonym`.

    Returns:
        n texts; those without a word as they are. Words inserted into sentences of 17 words on average: within .015
        of the magnitude for .05 to .4.

    Raises:
        InputError: WordNet is not installed.
        NotApplicable: the rows are not English.

    Source: Wei & Zou 2019, whose code draws the source among the stop words too.
    """
    book = synonyms.wordnet(_senses("random_insertion", senses), False, not keep_stop_words)
    return _edited("random_insertion", rows, magnitude, row_keys, inserting(book, keep_stop_words), Coverage())


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True,
    source="WordNet (Miller 1995); Zhang et al. 2015; Wei & Zou 2019", semantics=2, requires=wordnet_digest,
)  # fmt: skip
def synonym(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    keep_stop_words: bool = True,
    senses: int = 3,
    phrases: bool = False,
) -> Edited:
    """Replace words by WordNet synonyms of their commonest senses, in the same form and case.

    Args:
        rows: n texts; row_keys: (n,) one for each.
        magnitude: share of words replaced, in [0, 1]; fewer where fewer have a synonym.
        keep_stop_words: replace no function word, negation or number word.
        senses: how many senses of a word count, commonest first; the synonym must have it among as many of its own.
        phrases: allow synonyms of several words.

    Returns:
        n texts; those without a word that has a synonym as they are. Words replaced of sentences of 17 words on
        average: within .02 of the magnitude for .05 to .2; .26 at .4, where synonyms run out.

    Raises:
        InputError: WordNet is not installed.
        NotApplicable: the rows are not English.
    """
    book = synonyms.wordnet(_senses("synonym", senses), phrases, not keep_stop_words)
    return _edited("synonym", rows, magnitude, row_keys, replacing(book), Coverage())


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True,
    source="Wang & Yang 2015; vocabulary and opposites from WordNet", semantics=2, requires=wordnet_digest,
)  # fmt: skip
def synonym_embedding(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    encoder: Encoder,
    neighbours: int = 5,
    min_cosine: float = 0.6,
) -> Edited:
    """Replace words by their nearest neighbours in the eyes of a text encoder, in the same form and case.

    Args:
        rows: n texts; row_keys: (n,) one for each.
        magnitude: share of words replaced, in [0, 1]; fewer where fewer have a neighbour.
        encoder: given by the harness; reads about 8,000 words once, a matter of seconds.
        neighbours: how many to choose among.
        min_cosine: how near a neighbour must be.

    Returns:
        n texts; those without a word that has a neighbour as they are. Words replaced: no more than those of
        `synonym` at the same magnitude by more than .05, and fewer where neighbours run out.

    Raises:
        InputError: WordNet is not installed, or a parameter makes no sense.
        NotApplicable: the rows are not English.
    """
    if neighbours < 1 or not -1 <= min_cosine <= 1:
        raise InputError(
            "synonym_embedding takes neighbours of at least 1 and min_cosine from -1 to 1, "
            f"not {neighbours} and {min_cosine}."
        )
    book = synonyms.neighbours(encoder, neighbours, min_cosine, stop_words=False)
    return _edited("synonym_embedding", rows, magnitude, row_keys, replacing(book), Coverage())


def _edited(
    who: str,
    rows: Sequence[str],
    magnitude: float | None,
    keys: Keys,
    operate: Operate,
    coverage: Coverage | None = None,
) -> Edited:
    """Edit each row; a row without a word, and magnitude 0, change nothing."""
    share = share_of(who, magnitude)
    if not share:
        return Edited(list(rows))

    def edit(block: Block) -> Iterator[tuple[Integers, str, Change]]:
        if coverage:
            coverage.look_at(block.sources, block.copies)
        every = np.arange(len(block.which))
        yield every, who, operate(block.rows(every), np.full(len(every), share), block.keys)

    done = list(edit_rows(rows, keys, edit))
    return edited(rows, done, coverage.counts(who) if coverage else {})


def _senses(who: str, senses: int) -> int:
    if senses < 1:
        raise InputError(f"{who} takes senses of at least 1, not {senses}.")
    return senses

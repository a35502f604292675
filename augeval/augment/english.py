"""Whether a text is English, as far as an English lexicon can tell; so that other languages are explained."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from augeval.augment import tokens
from augeval.augment.places import Made, explain
from augeval.augment.stopwords import STOP_WORDS
from augeval.edited import Edited

__all__ = ["is_english", "unknown_rows"]

LOOKED_AT = 200  # words of a row, from its start: enough to tell a language
SHARE = 0.15  # of a row's words that are English function words; other languages share a few by their spelling


def is_english(row: str) -> bool:
    """Whether at least `SHARE` of the words are English function words, or it has fewer than four words.

    About half the words of an English sentence are; other languages share a few by the accident of spelling ("me",
    "no", "am"). A lexicon tells less: "la", "de" and "final" are entries of WordNet.
    """
    words = tokens.split(row[: 20 * LOOKED_AT])[1::2][:LOOKED_AT]
    if len(words) < 4:
        return not words or all(word.isascii() for word in words)
    return sum(_is_function_word(word) for word in words) >= SHARE * len(words)


@lru_cache(maxsize=1 << 16)
def _is_function_word(word: str) -> bool:
    return word.lower().replace("’", "'") in STOP_WORDS


def unknown_rows(who: str, rows: Sequence[str], made: Made, nothing: str) -> Edited:
    """The same rows with counts: those without a place that are not English, and the others without one (`nothing`).

    Raises:
        NotApplicable: nearly all rows are not English.
    """
    if made.edited.edits is None:  # magnitude 0: nothing was looked at
        return made.edited
    known = made.open | np.fromiter(map(is_english, rows), bool, len(rows))
    others = explain(who, rows, known, "English")
    counts = {"not English": others, nothing: int((known & ~made.open).sum())}
    return Edited(made.edited.rows, made.edited.edits, counts=counts)

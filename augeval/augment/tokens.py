"""Text as words and what stands between them: cut and joined again without losing a character.

What a word is: a run of letters, digits, marks and underscores, with apostrophes, hyphens and points inside it
("don't", "well-known", "scipy.fft", "3.14", "10/10"), with the @, #, $, £ or € before it; an address (URL, e-mail);
each character of Chinese and Japanese. Other scripts that write no blanks (Thai, Khmer, Lao) are not divided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "case_like",
    "case_of",
    "close_gap",
    "delete",
    "edit_counts",
    "ends_sentence",
    "insert",
    "is_ideograph",
    "join",
    "names",
    "plain_words",
    "split",
    "takes_an",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_IDEOGRAPHS = "\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Whatever is none of these is part of a word: Python's \w leaves out the vowel signs of half the world's scripts.
_BETWEEN = (
    r"\s\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2000-\u200b\u200e-\u206f"
    r"\u2190-\u2bff\u3000-\u3004\u3008-\u303f\ufe0f\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    "\U0001f000-\U0001faff\U000e0000-\U000e007f"
)
_LETTER = f"[^{_BETWEEN}{_IDEOGRAPHS}]"
_WORD = re.compile(
    "("
    r"[A-Za-z]++(?![^ \n])|"  # the commonest words, found by this at once, are the same by what follows
    r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\"'.,;:!?)\]]"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"  # looked for once per run of such characters: a row may be long
    f"|[{_IDEOGRAPHS}]"
    rf"|[@#$£€]?{_LETTER}+(?:(?:['’.\-]|(?<=\d)[,:/](?=\d)){_LETTER}+)*"
    ")"
)
_OPENING = frozenset('([{"“‘«„¿¡')
# First letters that are vowels and sound as "you" or "w"; and those that sound as a vowel, among them a mute h.
# "Un" before an i ("unimportant", "uninteresting") is told from "uni" by what follows.
_AS_CONSONANT = re.compile(
    r"e[uw]|on(?:ce|e(?!i|rou))|oui|u(?:biq|fo|gand|gric|k|nanim|nesco|r[aeiou]|s[aeiu]|s?$|t[aeiou]|v[eu])"
    r"|uni(?!d(?!im|ir)|ll|m(?!od|ol)|n(?!om|uc)|r|ss)"
)
_AS_VOWEL = re.compile(r"[aeiou]|hour(?!i)|hono[ru]|hones|heir|yt")
_ENDS_SENTENCE = re.compile(r"[.!?:;\n(\[\"“”•]")


def split(text: str) -> list[str]:
    """[between, word, between, word, …, between]: always odd in length, and `join` gives the text back."""
    return _WORD.split(text)


class _Plain(dict[int, str | None]):
    """What each character becomes; None for nothing."""

    def __missing__(self, character: int) -> str | None:
        kept = "".join(c for c in chr(character).lower() if "a" <= c <= "z")
        self[character] = found = kept or (" " if chr(character) in " \t\n\r-_" else None)
        return found


_TO_PLAIN = _Plain()


def plain_words(text: str) -> list[str]:
    """Its words in lower case, of the letters a to z alone; hyphens and underscores divide them, the rest goes."""
    return text.translate(_TO_PLAIN).split()


def join(pieces: Sequence[str]) -> str:
    """The text of these pieces."""
    return "".join(pieces)


def edit_counts(share: Floats, words: Integers, drawn: Floats) -> Integers:
    """How many words to edit: share × words, rounded up or down so that its mean is right, and at least one.

    A row of fewer than 1 / share words is thus edited by more than the share: a row without an edit would be a
    duplicate, and duplication is an arm of its own.

    Args:
        share: (n,) in [0, 1]; words: (n,) of each row; drawn: (n,) in [0, 1), decide the rounding.

    Returns:
        (n,) counts; 0 where the share is 0 or the row has no word.
    """
    exact = share * words
    whole = np.floor(exact)
    counts = np.minimum(words, np.maximum(1, whole + (drawn < exact - whole)).astype(np.int64))
    return np.where(share > 0, counts, 0)


def delete(pieces: Sequence[str], positions: Sequence[int]) -> list[str]:
    """Without the words at these positions, and without the blank that each of them would leave double."""
    gone = set(positions)
    made = [pieces[0]]
    for i, (word, after) in enumerate(zip(pieces[1::2], pieces[2::2], strict=True)):
        if i in gone:
            made[-1] = close_gap(made[-1], after, first=len(made) == 1, last=2 * i + 3 == len(pieces))
        else:
            made += [word, after]
    return made


def close_gap(before: str, after: str, first: bool, last: bool) -> str:
    """What stands between two words when the word between these is gone.

    Args:
        first, last: whether no word is left before it, and whether none followed it.
    """
    if first and not before.strip():
        return before + after.lstrip()
    blank = before[len(before.rstrip()) :]
    if "\n" in blank or before[-1:] in _OPENING:
        return before + after.lstrip(" \t")
    if not after and not last:
        return before
    return before.rstrip() + after


def insert(pieces: Sequence[str], inserted: Sequence[tuple[int, str]]) -> list[str]:
    """With each word put before the word at its position (the number of words: after the last one)."""
    made = list(pieces)
    for position, word in sorted(inserted, key=lambda pair: pair[0], reverse=True):
        blank = "" if is_ideograph(word) else " "
        if position:
            made[2 * position : 2 * position] = [blank, word]
        else:
            made[1:1] = [word, blank]
    return made


def is_ideograph(word: str) -> bool:
    """Whether it is a character of Chinese or Japanese, which takes no blank beside it."""
    return len(word) == 1 and re.match(f"[{_IDEOGRAPHS}]", word) is not None


def ends_sentence(between: str) -> bool:
    """Whether a capital after it begins a sentence."""
    return _ENDS_SENTENCE.search(between) is not None


def case_like(model: str, word: str) -> str:
    """The word in the case of another one: FILM -> MOVIE, Film -> Movie, film -> movie."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def takes_an(word: str) -> bool:
    """Whether "an" stands before it; by its letters, with the exceptions that a dictionary has. Not for acronyms."""
    lower = word.lower()
    return _AS_VOWEL.match(lower) is not None and _AS_CONSONANT.match(lower) is None


def names(pieces: Sequence[str]) -> set[int]:
    """Positions of the words that are taken for names.

    Those that begin with a capital inside a sentence, unless most words of the text do (a headline), and those of
    mixed case ("iPhone"). A word in capitals throughout is taken for emphasis.
    """
    cases = [case_of(word) for word in pieces[1::2]]
    mixed = {i for i, case in enumerate(cases) if case == "mixed"}
    titles = [i for i, case in enumerate(cases) if case == "title"]
    if 2 * len(titles) > len(cases):
        return mixed
    return mixed | {i for i in titles if i and not ends_sentence(pieces[2 * i])}


def case_of(word: str) -> str:
    """ "lower", "upper", "title" (a capital at its start only) or "mixed"."""
    capitals = [i for i, letter in enumerate(word) if letter.isupper()]
    if not capitals:
        return "lower"
    if len(word) > 1 and word.isupper():
        return "upper"
    return "title" if capitals == [0] else "mixed"

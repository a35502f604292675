"""What a translator is, what is sent to one, and what is done with the case of its answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from augeval.augment import tokens

__all__ = ["Pieces", "Translation", "Translator", "assembled", "cased_like", "count_words", "cut", "halved"]

# What no translator is asked to read: line ends and other control characters, and halves of characters that bad
# decoding leaves behind. A single line end is a blank, as in wrapped text; two or more part paragraphs.
_PARTS = re.compile(r"(\n(?:[^\S\n]*\n)+\s*|[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")
_BLANK = re.compile(r"\s+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Translation:
    """A text in the other language.

    Args:
        text: the translation.
        unknown: words that the translator did not know and left as they were; words: of the text that it was given.
    """

    text: str
    unknown: int = 0
    words: int = 0


class Translator(Protocol):
    """One language into another.

    Args:
        digest: names engine, version, languages and options: the same digest gives the same translations. It is part
            of a cell's key and of the cache's.
        samples: whether a translation is drawn; it then depends on the row's key too.
    """

    @property
    def digest(self) -> str: ...

    @property
    def samples(self) -> bool: ...

    def batch(self, texts: Sequence[str], keys: NDArray[np.uint64] | None) -> Sequence[Translation | str | None]:
        """One translation for each text, None where there is none; each depends on its text and key alone.

        Args:
            texts: n texts of any characters; keys: (n,) for `seeds.uniforms`, None where nothing is drawn.
        """
        ...


@dataclass(frozen=True)
class Pieces:
    """A text cut into what is translated and what is not, in turn.

    Args:
        parts: the text, cut; asked: positions of the parts with a letter, without the blanks around them.
    """

    parts: tuple[str, ...]
    asked: tuple[int, ...]

    @property
    def texts(self) -> list[str]:
        """What is translated, blanks made single."""
        return [" ".join(unicodedata.normalize("NFC", self.parts[i]).split()) for i in self.asked]

    def joined(self, answers: Sequence[str]) -> str:
        """The text with these in place of what was translated."""
        made = list(self.parts)
        for i, answer in zip(self.asked, answers, strict=True):
            part = self.parts[i]
            start, end = len(part) - len(part.lstrip()), len(part.rstrip())
            made[i] = part[:start] + answer + part[end:]
        return "".join(made)


def cut(text: str) -> Pieces:
    """Paragraphs, and what parts them: blank lines, control characters, lone surrogates."""
    parts = tuple(_PARTS.split(text))
    return Pieces(parts, tuple(i for i in range(0, len(parts), 2) if _LETTER.search(parts[i])))


Part = tuple[str, str]
"""A part of a paragraph, and what stands between it and the next one: a blank or nothing."""


def halved(text: str, fits: Callable[[str], bool]) -> list[Part]:
    """A paragraph in parts that fit: halved at the sentence's end nearest to its middle, else a blank, else there."""
    if len(text) < 2 or fits(text):
        return [(text, "")]
    at = _middle(text)
    before, after = halved(text[:at].rstrip(), fits), halved(text[at:], fits)
    return [*before[:-1], (before[-1][0], " " if text[at - 1].isspace() else ""), *after]


def _middle(text: str) -> int:
    half = len(text) // 2
    for pattern in (_SENTENCE_END, _BLANK):
        ends = [found.end() for found in pattern.finditer(text) if found.end() < len(text)]
        if ends:
            return min(ends, key=lambda end: abs(end - half))
    return half


def assembled(
    text: str, pieces: Pieces, parts: Sequence[Sequence[Part]], answers: Sequence[Sequence[Translation | None]]
) -> Translation | None:
    """The translation of a text from those of its parts; None if one is missing.

    Args:
        pieces: of the text; parts: of each piece that is asked; answers: to each part.
    """
    made, unknown = [], 0
    for cuts, found in zip(parts, answers, strict=True):
        whole = [answer for answer in found if answer is not None]
        if len(whole) < len(found):
            return None
        made.append("".join(answer.text + glue for answer, (_, glue) in zip(whole, cuts, strict=True)))
        unknown += sum(answer.unknown for answer in whole)
    return Translation(pieces.joined(made), unknown, count_words(text))


def count_words(text: str) -> int:
    """Words and numbers, as `tokens.split` cuts them."""
    return len(tokens.split(text)) // 2


def cased_like(source: str, made: str) -> str:
    """A translation in the case of its source: all lower, all upper, or its first letter's."""
    if source == source.lower():
        return made.lower()
    if source == source.upper() and sum(map(str.isupper, source)) > 1:
        return made.upper()
    first, own = _LETTER.search(source), _LETTER.search(made)
    if first is None or own is None or first[0].isupper() == own[0].isupper():
        return made
    changed = own[0].upper() if first[0].isupper() else own[0].lower()
    return made[: own.start()] + changed + made[own.end() :]

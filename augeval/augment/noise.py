"""Slips of the hand and of the eye: neighbouring keys, letters that a scanner confuses, letters lost and gained.

Magnitude is a share of letters. Addresses, mark-up and whatever is no letter stay as they are. A row is never
emptied: a word keeps its first letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np

from augeval.augment.places import Change, Found, Keys, Made, drawn_of, explain, share_of, some_places
from augeval.augment.stopwords import STOP_WORDS
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.extend import augmenter

__all__ = ["character_noise", "keyboard_noise", "ocr_noise"]

Operation = Literal["insert", "delete", "replace", "swap"]
OPERATIONS: tuple[Operation, ...] = ("insert", "delete", "replace", "swap")
LETTERS = "share of letters"

_MARKUP_OR_CHUNK = re.compile(r"<[^<>]*>|&#?\w{1,10};|[^\s<&]+|[<&]")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")

# Keys that touch on a QWERTY keyboard, by row and offset.
_KEYS = {
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk", "o": "ipkl",
    "p": "ol", "a": "qwsz", "s": "weadzx", "d": "ersfxc", "f": "rtdgcv", "g": "tyfhvb", "h": "yugjbn", "j": "uihknm",
    "k": "iojlm", "l": "opk", "z": "asx", "x": "sdzc", "c": "dfxv", "v": "fgcb", "b": "ghvn", "n": "hjbm", "m": "jkn",
}  # fmt: skip

# What looks alike in print: strokes, bowls and stems that touch or break. Each is read either way.
_ALIKE = (
    "0 o", "0 O", "1 l", "1 I", "1 i", "l I", "l i", "5 s", "5 S", "8 B", "2 z", "2 Z", "6 b", "6 G", "9 g", "9 q",
    "4 A", "7 T", "c e", "c o", "e o", "a o", "n u", "u v", "v y", "h b", "f t", "i j", "r n", "g q", "x z", "p n",
    "w v", "s a", "t r", "d o", "k h", "m n", "E F", "C G", "O Q", "D O", "M N", "P F", "R K", "U V", "H N", "B R",
    "rn m", "nn m", "cl d", "vv w", "ri n", "li h", "ii u", "lc k", "ni m", "in m", "tl d", "fi h",
)  # fmt: skip


@augmenter("text", unit=LETTERS, magnitudes=(0.02, 0.2), default_magnitude=0.05, most=1, batch=True,
           source="Belinkov & Bisk 2018 (key noise)")  # fmt: skip
def keyboard_noise(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    min_letters: int = 4,
    keep_first: bool = True,
    keep_stop_words: bool = True,
) -> Edited:
    """Replace letters by neighbouring keys of a QWERTY keyboard, in the same case.

    Args:
        rows: n texts; row_keys: (n,) keys that the draws depend on.
        magnitude: letters replaced / letters A to Z of the row, in [0, 1]; at least one, and no more than are open.
        min_letters: words of fewer letters stay.
        keep_first: leave each word its first letter, by which it is read.
        keep_stop_words: edit no function word, negation or number word.

    Returns:
        n texts of the same length; those without an open letter as they are.

    Raises:
        InputError: a parameter is out of range.
        NotApplicable: nearly all of at least 20 rows have no letter from A to Z.

    Source: Belinkov & Bisk 2018, who replace one letter a word; first letters are kept as Pruthi et al. 2019 do.
    """
    share = share_of("keyboard_noise", LETTERS, magnitude)
    open_ = _Open(_at_least("keyboard_noise", min_letters), keep_first, keep_stop_words)

    def find(row: str) -> Found:
        letters = [i for word in open_.words(row) for i in word.indices if row[i].lower() in _KEYS]

        def change(place: int, draw: float) -> Change:
            i = letters[place]
            near = _KEYS[row[i].lower()]
            return Change(i, i + 1, _cased(row[i], drawn_of(near, draw)), i, "neighbouring key")

        return Found(len(letters), len(_LATIN.findall(row)), change)

    made = some_places(rows, share, row_keys, find)
    return _told("keyboard_noise", rows, made, lambda row: _LATIN.search(row) is not None, "letters from A to Z")


@augmenter("text", unit="share of letters and digits", magnitudes=(0.02, 0.2), default_magnitude=0.05, most=1,
           batch=True, source="Rice, Nagy & Nartker 1999")  # fmt: skip
def ocr_noise(rows: Sequence[str], *, magnitude: float | None, row_keys: Keys) -> Edited:
    """Confuse characters as a scanner does: 0 and o, 1, l and I, rn and m, c and e.

    A scanner knows neither stop words nor first letters, so all may be hit.

    Args:
        rows: n texts; row_keys: (n,) keys that the draws depend on.
        magnitude: confusions / letters and digits of the row, in [0, 1]; at least one. Two characters read as one, or
            one as two, are one confusion.

    Returns:
        n texts; those without such a character as they are.

    Raises:
        InputError: the magnitude is no share.
        NotApplicable: nearly all of at least 20 rows have no such character.

    Source: kinds of confusion from Rice, Nagy & Nartker 1999 (Optical Character Recognition: An Illustrated Guide to
        the Frontier); the list is ours, and each of its confusions is as likely as any other.
    """
    share = share_of("ocr_noise", "share of letters and digits", magnitude)
    table = _confusions()

    def find(row: str) -> Found:
        places = [i for start, end in _chunks(row) for i in range(start, end) if row[i] in table]

        def change(place: int, draw: float) -> Change:
            i = places[place]
            fitting = [(old, new) for old, new in table[row[i]] if row.startswith(old, i)]
            old, new = drawn_of(fitting, draw)
            return Change(i, i + len(old), new, i, "confusion")

        return Found(len(places), sum(map(str.isalnum, row)), change)

    made = some_places(rows, share, row_keys, find)
    return _told("ocr_noise", rows, made, lambda row: any(c in table for c in row), "letters from A to Z and digits")


@augmenter("text", unit=LETTERS, magnitudes=(0.02, 0.2), default_magnitude=0.05, most=1, batch=True,
           source="Belinkov & Bisk 2018; Pruthi et al. 2019")  # fmt: skip
def character_noise(
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    only: Operation | None = None,
    min_letters: int = 4,
    keep_stop_words: bool = True,
) -> Edited:
    """Insert, delete and replace letters inside words, and swap neighbours; one edit in four of each kind.

    New letters are drawn from the row's own, in any script and as often as it uses them.

    Args:
        rows: n texts; row_keys: (n,) keys that the draws depend on.
        magnitude: edits / letters of the row, in [0, 1]; at least one, and none touches another. A swap of two
            letters is one edit. Where an edit of the kind drawn is impossible (no other letter to swap with), the
            next kind is tried.
        only: one kind of edit alone.
        min_letters, keep_stop_words: as in `keyboard_noise`; first letters always stay.

    Returns:
        n texts; those without an open letter as they are.

    Raises:
        InputError: a parameter is out of range.
        NotApplicable: nearly all of at least 20 rows have no letter.

    Source: the four kinds of Pruthi et al. 2019 (add, drop, keyboard, swap), who edit inner letters of words of at
        least four; Belinkov & Bisk 2018 swap inner neighbours. Theirs is one edit a word or a row, ours a share.
    """
    share = share_of("character_noise", LETTERS, magnitude)
    if only is not None and only not in OPERATIONS:
        raise InputError(f"character_noise takes only of {', '.join(OPERATIONS)}, or none for all, not {only!r}.")
    kinds = OPERATIONS if only is None else (only,)
    open_ = _Open(_at_least("character_noise", min_letters), True, keep_stop_words)

    def find(row: str) -> Found:
        letters = [(i, word) for word in open_.words(row) for i in word.indices]
        pool = "".join(filter(str.isalpha, row.lower())) if letters else ""

        def change(place: int, draw: float) -> Change | None:
            i, word = letters[place]
            first, rest = divmod(draw * len(kinds), 1.0)
            edits = (_edit(kinds[(int(first) + k) % len(kinds)], row, i, word, (pool, rest)) for k in range(len(kinds)))
            return next((edit for edit in edits if edit), None)

        return Found(len(letters), len(pool), change)

    made = some_places(rows, share, row_keys, find)
    return _told("character_noise", rows, made, lambda row: any(map(str.isalpha, row)), "letters")


class _Word(NamedTuple):
    """Where a word ends, and which of its letters are open."""

    end: int
    indices: range


def _edit(kind: Operation, row: str, i: int, word: _Word, drawn: tuple[str, float]) -> Change | None:
    """The edit of one kind at one letter, or None where it cannot be made or would change nothing."""
    pool, draw = drawn
    new = _cased(row[i], drawn_of(pool, draw))
    if kind == "insert":
        return Change(i, i, new, i, kind)
    if kind == "delete":
        return Change(i, i + 1, "", i, kind)
    if kind == "replace":
        return Change(i, i + 1, new, i, kind) if new != row[i] else None
    if i + 1 == word.end or row[i].lower() == row[i + 1].lower():
        return None
    return Change(i, i + 2, row[i + 1] + row[i], i, kind)


class _Open(NamedTuple):
    """Words of a text that may be edited: runs of letters, outside addresses and mark-up."""

    min_letters: int
    keep_first: bool
    keep_stop_words: bool

    def words(self, row: str) -> Iterator[_Word]:
        for start, end in _chunks(row):
            for found in _LETTERS.finditer(row, start, end):
                long_enough = found.end() - found.start() >= self.min_letters
                if long_enough and not (self.keep_stop_words and found[0].lower() in STOP_WORDS):
                    yield _Word(found.end(), range(found.start() + self.keep_first, found.end()))


def _chunks(row: str) -> Iterator[tuple[int, int]]:
    """Start and end of what stands between blanks and is neither a tag nor an address."""
    for found in _MARKUP_OR_CHUNK.finditer(row):
        chunk = found[0]
        if not (chunk.startswith(("<", "&", "www.")) or "://" in chunk or "@" in chunk):
            yield found.span()


def _cased(model: str, letter: str) -> str:
    return letter.upper() if model.isupper() else letter


@lru_cache(maxsize=1)
def _confusions() -> dict[str, list[tuple[str, str]]]:
    """First character -> (what stands there, what is read instead)."""
    pairs = [pair.split(" ") for pair in _ALIKE]
    table: dict[str, list[tuple[str, str]]] = {}
    for old, new in chain(pairs, [[b, a] for a, b in pairs]):
        table.setdefault(old[0], []).append((old, new))
    # Nothing is read at a place where only a pair could be and it does not stand there.
    return {first: options for first, options in table.items() if any(len(old) == 1 for old, _ in options)}


def _at_least(who: str, min_letters: int) -> int:
    if min_letters < 1:
        raise InputError(f"{who} takes min_letters of at least 1, not {min_letters}.")
    return min_letters


def _told(who: str, rows: Sequence[str], made: Made, fits: Callable[[str], bool], needs: str) -> Edited:
    """With counts of the rows that hold no such characters, and of the others that have no place for an edit."""
    if made.edited.edits is None:  # magnitude 0: nothing was looked at
        return made.edited
    known = np.fromiter(map(fits, rows), bool, len(rows))
    counts = {f"no {needs}": explain(who, rows, known, needs), "no open letter": int((known & ~made.open).sum())}
    return Edited(made.edited.rows, made.edited.edits, counts=counts)

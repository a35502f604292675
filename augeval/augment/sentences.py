"""Texts as sentences: where each ends, and the same sentences in another order."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from augeval.augment import tokens
from augeval.augment.places import Change, Keys, edited, share_of, word_at
from augeval.edited import Edited
from augeval.extend import augmenter
from augeval.seeds import uniforms

__all__ = ["sentence_shuffle", "sentence_spans"]

SHARE = "share of sentences"
ROUNDING, ORDER = 0, 1  # what a row's numbers are drawn for


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CLOSING = "\"'”’»)\\]}」』"
# Stops with what closes after them, at a blank or the text's end; Chinese and Japanese stops and blank lines always.
_STOP = re.compile(rf"(?<![.!?…])[.!?…]++[{_CLOSING}]*+(?=\s|\Z)|[。！？]++[{_CLOSING}]*+|(?P<gap>\n[ \t]*+\n\s*+)")
_BLANKS = re.compile(r"\s*")
_ABBREVIATIONS = _set(
    "mr mrs ms dr prof st jr sr rev gen col capt lt sgt hon gov sen rep messrs mmes mt ft vs etc al e.g i.e cf eg ie "
    "viz approx ca no nos vol pp p ch fig figs eq eqs sec ed eds inc ltd co corp dept univ est jan feb mar apr jun jul "
    "aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun a.m p.m u.s u.k d.c ph.d m.d b.a m.a"
)
_MAY_END = _set("etc al inc ltd co corp jr sr a.m p.m u.s u.k d.c ph.d m.d b.a m.a")  # before a capital


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, without the blanks around it; together they hold all that is no blank.

    A sentence ends at a stop that a blank follows, unless the next word goes on in lower case, or the stop belongs to
    an abbreviation ("e.g.", "Dr."), an initial ("J. Smith") or a number at the start of a line ("2."). A stop that
    stands alone, as tokenised corpora have it ("was good . it"), always ends one, and so does a blank line. Rules of
    our own, for languages that write with these stops; they do not know every abbreviation.
    """
    spans = []
    start = _skipped(text, 0)
    for found in _STOP.finditer(text):
        after = _skipped(text, found.end())
        end = found.end() if found["gap"] is None else len(text[start : found.start()].rstrip()) + start
        if end > start and (after == len(text) or _ends(text, start, found, after)):
            spans.append((start, end))
            start = after
    if start < len(text):
        spans.append((start, len(text.rstrip())))
    return spans


def _skipped(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    assert found is not None
    return found.end()


def _ends(text: str, start: int, found: re.Match[str], after: int) -> bool:
    """Whether a stop inside a text ends a sentence that began at `start`."""
    stop = found[0]
    alone = found.start() > start and text[found.start() - 1].isspace()
    if stop[0] in "\n。！？" or alone:
        return True
    if text[after].islower():
        return False
    if stop[0] != "." or stop.startswith(".."):
        return True
    before = text[max(start, found.start() - 12) : found.start()].split()
    word = before[-1].lstrip("([\"'“‘«").lower() if before else ""
    if word in _ABBREVIATIONS:
        return word in _MAY_END and text[after].isupper()
    is_initial = len(word) == 1 and word.isalpha() and word != "i"
    return not (is_initial or (word.isdigit() and text[start : found.start()].strip() == word))


@augmenter("text", unit=SHARE, magnitudes=(0.2, 1.0), default_magnitude=0.5, most=1, batch=True,
           source="Kong et al. 2022; sentence permutation of Lewis et al. 2020 (BART)")  # fmt: skip
def sentence_shuffle(rows: Sequence[str], *, magnitude: float | None, row_keys: Keys) -> Edited:
    """Let sentences change places; what stands between them stays.

    Args:
        rows: n texts of several sentences; row_keys: (n,) keys that the draws depend on.
        magnitude: sentences moved / sentences, in [0, 1]; at least two move, each to the place of another. A last
            one without its stop stays, since it would run into the next.

    Returns:
        n texts of the same sentences; those of fewer than two that could move as they are, which are counted.

    Raises:
        InputError: the magnitude is no share.

    Source: Lewis et al. 2020 (BART) permute all sentences to make noise; ours moves a share.
    """
    share = share_of("sentence_shuffle", SHARE, magnitude)
    if not share:
        return Edited(list(rows))
    changes = [_moves(row, share, row_keys[i : i + 1]) for i, row in enumerate(rows)]
    return edited(rows, changes, {"fewer than two sentences": sum(not own for own in changes)})


def _moves(row: str, share: float, key: Keys) -> list[Change]:
    spans = sentence_spans(row)
    if spans and row[spans[-1][1] - 1].isalnum():
        spans = spans[:-1]
    if len(spans) < 2:
        return []
    whole, rest = divmod(share * len(spans), 1.0)
    count = min(len(spans), max(2, int(whole) + int(uniforms(key, ROUNDING)[0] < rest)))
    order = np.argsort(uniforms(np.repeat(key, len(spans)), ORDER, np.arange(len(spans))), kind="stable")[:count]
    # Round a circle: each takes the place of the one before it, so that none stays.
    moved = zip(order.tolist(), np.roll(order, 1).tolist(), strict=True)
    position = word_at(tokens.split(row))
    made = [
        Change(start, end, row[slice(*spans[of])], position(start), "sentence moved")
        for (start, end), of in ((spans[to], of) for to, of in moved)
    ]
    return sorted(change for change in made if row[change.start : change.end] != change.new)

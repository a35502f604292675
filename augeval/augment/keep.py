"""keep_if: which made rows stay. A row that a filter rejects is dropped and counted, never made again or replaced.

A filter sees rows after they were drawn, so a filtered arm's rows are among those of the same arm without filters.
None of them proves that a label still holds. Cosine least of all: with "not" put after the copula a sentence keeps a
cosine of 0.98 to what it was, and one that was translated and back has 0.88 on average (MiniLM, SST-2). Take
`same_negation`, `same_numbers` and `same_label` beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from augeval.augment.rowwise import Extras
from augeval.augment.teacher import Lessons, predicted
from augeval.augment.tokens import split
from augeval.edited import Edit
from augeval.errors import InputError
from augeval.fingerprints import row_contents
from augeval.types import Encoder, Examples, Json

__all__ = ["FILTERS", "WORDS_ONLY", "Ground", "keep", "negations", "numbers", "words_edited"]

Kept = NDArray[np.bool_]
WORDS_ONLY = ("max_edited", "max_unknown", "same_negation", "same_numbers")
NEGATIONS = {
    "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "hardly", "scarcely", "barely",
}  # fmt: skip
NOT = {  # what reads as "not", beside all that ends in n't
    "not", "cannot", "nt", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "hasnt", "havent", "hadnt",
    "cant", "couldnt", "wont", "wouldnt", "shouldnt", "aint",
}  # fmt: skip
NUMERALS = {  # "one" is left out: it is a pronoun more often than a number
    "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty",
    "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "billion", "dozen", "half", "double",
    "twice", "triple",
}  # fmt: skip
_TOLERANCE = 1e-6  # of a cosine: float32 vectors of equal rows may miss 1 by that much


@dataclass(frozen=True)
class Ground:
    """What made rows are compared with.

    Args:
        who: the augmenter's name. train: the real training rows. groups: (len(train),) or None.
        judge: the encoder of the drift; None where there is none.
    """

    who: str
    train: Examples
    groups: NDArray[np.int64] | None = None
    judge: Encoder | None = None


@dataclass(frozen=True)
class _Rows:
    """Made rows, their parents row for row, and what their augmenter told of them."""

    made: Examples
    parents: Examples
    extras: Extras
    ground: Ground

    def take(self, rows: NDArray[np.int64]) -> _Rows:
        return replace(self, made=self.made.take(rows), parents=self.parents.take(rows), extras=self.extras.take(rows))


def keep(made: Examples, extras: Extras, keep_if: Mapping[str, Json], ground: Ground) -> tuple[Examples, Extras]:
    """The rows that every filter keeps, with `rejected: NAME` in the counts for each filter that was asked.

    Filters are asked in the order of `FILTERS`, the cheap ones first, and each of the rows that are left: a rejected
    row counts once, for the first filter that rejects it.

    Args:
        made: n rows with one parent each. extras: what their augmenter told of them.
        keep_if: filter -> its value. ground: what the rows are compared with.

    Raises:
        InputError: a filter has nothing to go by: no judge, no words, no share of unknown words.
    """
    parents = made.ids if made.parents is None else made.parents[:, 0]
    place = {int(row): i for i, row in enumerate(ground.train.ids)}
    rows = _Rows(made, ground.train.take([place[int(row)] for row in parents]), extras, ground)
    counts = dict(extras.counts)
    for name, stays in FILTERS.items():
        if name not in keep_if:
            continue
        if name in WORDS_ONLY and made.x.dtype != object:
            raise InputError(f"keep_if: {name} compares words, and rows of {ground.who} are no texts. Remove it.")
        left = np.flatnonzero(stays(rows, keep_if[name]))
        counts[f"rejected: {name}"] = len(rows.made) - len(left)
        rows = rows.take(left)
    return rows.made, replace(rows.extras, counts=counts)


def negations(text: str) -> Counter[str]:
    """Its words of negation; "don't", "do n't" and "do not" have the same. English."""
    words = [word.lower() for word in split(text)[1::2]]
    found = ["not" if word in NOT or word.endswith(("n't", "n’t")) else word for word in words]
    return Counter(word for word in found if word == "not" or word in NEGATIONS)


def numbers(text: str) -> Counter[str]:
    """Its words with a digit, and its numerals in English ("two", "hundred"; "one" is none)."""
    words = [word.lower() for word in split(text)[1::2]]
    return Counter(w for w in words if w in NUMERALS or any(c.isdigit() for c in w))


def words_edited(parent: str, child: str, edits: Sequence[Edit] | None = None) -> float:
    """Share of the parent's words that were changed, 0 … 1; an inserted word counts as one.

    Args:
        edits: what the augmenter says it did, if it tells; counted where its positions are those of words, else the
            words of both texts are compared.
    """
    words = split(parent)[1::2]
    if edits and all(_is_of_words(edit, words) for edit in edits):
        changed = len({(edit.position, edit.new if not edit.old else "") for edit in edits})
    else:
        matcher = SequenceMatcher(None, words, split(child)[1::2], autojunk=False)
        changed = sum(max(b - a, d - c) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal")
    return min(1.0, changed / max(1, len(words)))


def _is_of_words(edit: Edit, words: Sequence[str]) -> bool:
    if edit.old:
        return 0 <= edit.position < len(words) and words[edit.position].lower() == edit.old.lower()
    return 0 <= edit.position <= len(words)


def _same_numbers(rows: _Rows, asked: Json) -> Kept:
    return _alike(numbers, rows)


def _same_negation(rows: _Rows, asked: Json) -> Kept:
    return _alike(negations, rows)


def _alike(words: Callable[[str], Counter[str]], rows: _Rows) -> Kept:
    pairs = zip(rows.made.x, rows.parents.x, strict=True)
    return np.array([words(child) == words(parent) for child, parent in pairs], bool)


def _max_edited(rows: _Rows, most: Json) -> Kept:
    told: dict[int, list[Edit]] = {}
    for edit in rows.extras.edits.records() if rows.extras.edits is not None else ():
        told.setdefault(edit.row, []).append(edit)
    pairs = enumerate(zip(rows.parents.x, rows.made.x, strict=True))
    return np.array([words_edited(parent, child, told.get(i)) <= most + 1e-12 for i, (parent, child) in pairs], bool)


def _max_unknown(rows: _Rows, most: Json) -> Kept:
    shares = rows.extras.notes.get("unknown")
    if shares is None:
        raise InputError(
            f"keep_if: max_unknown goes with translators that tell the share of words they do not know; "
            f"{rows.ground.who} tells none. Remove it."
        )
    return np.array([float(share or 0) <= most for share in shares], bool)


def _min_cosine(rows: _Rows, least: Json) -> Kept:
    if rows.ground.judge is None:
        raise InputError(
            "keep_if: min_cosine needs the text encoder that judges drift, which is not installed here. "
            "Run: pip install 'augeval[minilm]'"
        )
    if not len(rows.made):
        return np.zeros(0, bool)
    n = len(rows.made)
    contents = row_contents(both := np.concatenate([rows.made.x, rows.parents.x]))
    first = {content: i for i, content in reversed(list(enumerate(contents)))}
    at = sorted(first.values())
    vectors = np.asarray(rows.ground.judge(both[at]), np.float64)
    where = {position: i for i, position in enumerate(at)}
    number = np.array([where[first[content]] for content in contents])
    cosine = _cosine(vectors[number[:n]], vectors[number[n:]])
    return np.asarray((cosine >= least - _TOLERANCE) | (number[:n] == number[n:]))


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) cosines; nan, which no filter lets pass, where a vector has no direction."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    lengths[~np.isfinite(lengths) | (lengths == 0)] = np.nan
    return np.asarray(np.einsum("nd,nd->n", a, b) / lengths)


def _same_label(rows: _Rows, asked: Json) -> Kept:
    ground = rows.ground
    said = predicted(Lessons(ground.train, ground.groups, ground.judge), rows.made, rows.parents.ids)
    return np.asarray(said[0] == said[1])


def _unlike_others(rows: _Rows, asked: Json) -> Kept:
    """Neither equal to a real training row nor to a row that was made and kept before it."""
    seen = set(row_contents(rows.ground.train.x))
    stays = []
    for content in row_contents(rows.made.x):
        stays.append(content not in seen)
        seen.add(content)
    return np.array(stays, bool)


FILTERS: Mapping[str, Callable[[_Rows, Json], Kept]] = {
    "same_numbers": _same_numbers,
    "same_negation": _same_negation,
    "max_edited": _max_edited,
    "max_unknown": _max_unknown,
    "min_cosine": _min_cosine,
    "same_label": _same_label,
    "unlike_others": _unlike_others,  # last, so that a row is compared with those that stay
}
"""Filter -> (rows, its value) -> (n,) which of them stay."""

"""An out-of-fold teacher: what a simple classifier makes of a row whose parent it never saw, nor a twin of that.

It is fitted on the real training rows of one arm and nothing else. A teacher that saw the parent would know its label
by heart and judge the made row by that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import NotApplicable
from augeval.fingerprints import row_bytes, row_contents
from augeval.types import Encoder, Examples

__all__ = ["FOLDS", "Lessons", "folds", "predicted"]

FOLDS = 5
MAX_ITERATIONS = 1000
Integers = NDArray[np.int64]
Teacher = Callable[[NDArray[Any]], Integers]


@dataclass(frozen=True)
class Lessons:
    """What teachers are fitted on.

    Args:
        train: n real training rows. groups: (n,) rows of one group are never divided, or None.
        encoder: rows -> vectors that the teachers look at; None for tf-idf of words, which takes texts only.
    """

    train: Examples
    groups: Integers | None = None
    encoder: Encoder | None = None


def predicted(lessons: Lessons, made: Examples, parents: Integers) -> tuple[Integers, Integers]:
    """The classes of made rows and of their parents, in the eyes of the teacher that never saw these parents.

    Args:
        made: m rows; parents: (m,) ids of the training rows that they were made from.

    Returns:
        (m,) of the made rows, (m,) of their parents.

    Raises:
        NotApplicable: one training row, or rows that are no texts and no encoder for them.
    """
    fold = folds(lessons.train, lessons.groups)
    teachers = _teachers(_Key(_digest(lessons), lessons.encoder, lessons))
    place = {int(row): i for i, row in enumerate(lessons.train.ids)}
    sources = np.array([place[int(row)] for row in parents], np.int64)
    of_made, of_parents = np.zeros(len(made), np.int64), np.zeros(len(made), np.int64)
    for number, teach in teachers.items():
        own = np.flatnonzero(fold[sources] == number)
        if len(own):
            of_made[own] = teach(made.x[own])
            of_parents[own] = teach(lessons.train.x[sources[own]])
    return of_made, of_parents


def folds(train: Examples, groups: Integers | None = None) -> Integers:
    """(n,) numbers of folds, of equal size within each class; equal rows, and rows of one group, share one."""
    unit: dict[Any, int] = {}
    turn: dict[int, int] = {}
    names = row_contents(train.x) if groups is None else groups.tolist()
    for name, c in zip(names, train.y.tolist(), strict=True):
        if name not in unit:
            unit[name] = turn.get(c, 0) % FOLDS
            turn[c] = turn.get(c, 0) + 1
    return np.array([unit[name] for name in names], np.int64)


@dataclass(frozen=True)
class _Key:
    """Names teachers by what they learn from, so that the draws of one training set share them."""

    digest: str
    encoder: Encoder | None
    lessons: Lessons = field(compare=False)


@lru_cache(maxsize=2)
def _teachers(key: _Key) -> dict[int, Teacher]:
    lessons = key.lessons
    fold, contents = folds(lessons.train, lessons.groups), row_contents(lessons.train.x)
    made = {}
    for number in np.unique(fold).tolist():
        own = {content for content, f in zip(contents, fold, strict=True) if f == number}
        # With groups, a twin of a row may be in another fold; a teacher that saw the twin has seen the row.
        rows = enumerate(zip(contents, fold.tolist(), strict=True))
        others = [i for i, (content, f) in rows if f != number and content not in own]
        if not others:
            raise NotApplicable("same_label needs a teacher, and there is no other training row to learn from.")
        made[number] = _fitted(lessons.train.take(others), lessons.encoder)
    return made


def _fitted(rows: Examples, encoder: Encoder | None) -> Teacher:
    """Logistic regression on vectors, or on tf-idf of words and pairs of words where there is no encoder."""
    if len(np.unique(rows.y)) == 1:
        return lambda x: np.full(len(x), rows.y[0], np.int64)
    from sklearn.linear_model import LogisticRegression

    seen = _seen(rows.x, encoder)
    model = LogisticRegression(C=10.0, max_iter=MAX_ITERATIONS).fit(seen(rows.x), rows.y)
    return lambda x: np.asarray(model.predict(seen(x)), np.int64)


def _seen(x: NDArray[Any], encoder: Encoder | None) -> Callable[[NDArray[Any]], Any]:
    """What a teacher sees of rows: (n, d) numbers, dense or sparse."""
    if encoder is not None:
        return lambda rows: np.nan_to_num(np.asarray(encoder(rows), np.float64))
    if x.dtype != object:
        raise NotApplicable("same_label needs an encoder of these rows for its teacher, and there is none.")
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\w+|[^\w\s]")
    vectors.fit([str(text) for text in x])
    return lambda rows: vectors.transform([str(text) for text in rows])


def _digest(lessons: Lessons) -> str:
    train = lessons.train
    parts = (row_bytes(train.x), train.y.tobytes(), train.ids.tobytes())
    groups = b"" if lessons.groups is None else lessons.groups.tobytes()
    return hashlib.sha256(b"\x1f".join([*parts, groups])).hexdigest()

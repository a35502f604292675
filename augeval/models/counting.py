"""Words as numbers, counted without making strings of them: the matrix that scikit-learn makes of the strings.

Shapes: n rows, t words of all rows, d columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.edited import Words

__all__ = ["analyser", "count_matrix", "countable"]

Integers = NDArray[np.int64]
_CONTEXT = (
    "Σ"  # its small letter depends on what follows it, so that a word in lower case is not a text's in lower case
)


@lru_cache(maxsize=1)
def analyser() -> Callable[[str], list[str]]:
    """Text -> words as scikit-learn's vectorisers cut it: in lower case, of two letters, digits or more."""
    from sklearn.feature_extraction.text import CountVectorizer

    built: Callable[[str], list[str]] = CountVectorizer().build_analyzer()
    return built


@lru_cache(maxsize=1 << 17)
def _cut(form: str) -> tuple[str, ...]:
    return tuple(analyser()(form))


def countable(words: Words) -> NDArray[np.bool_]:
    """(n,) the rows whose words, each cut alone, are what the analyser finds in their string; the others need it."""
    odd = [form for form in _used(words).tolist() if _CONTEXT in words.forms[form]]
    if not odd:
        return words.whole
    row = np.repeat(np.arange(len(words)), np.diff(words.starts))
    return words.whole & ~np.isin(np.arange(len(words)), row[np.isin(words.ids, odd)])


def count_matrix(words: Words, columns: Mapping[str, int]) -> Any:  # scipy.sparse.csr_matrix, which is untyped
    """How often each row has each word.

    Args:
        words: n rows, all of them `countable`.
        columns: word as the analyser cuts it -> its column, 0 … d - 1; words without one are not counted.

    Returns:
        (n, d) sparse float64, columns ascending within a row: bit for bit what a fitted CountVectorizer makes.
    """
    from scipy.sparse import csr_matrix

    n, d = len(words), len(columns)
    row = np.repeat(np.arange(n), np.diff(words.starts))
    start, column = _columns(words, columns)
    parts = np.diff(start)[words.ids]
    at = np.repeat(start[words.ids] - (np.cumsum(parts) - parts), parts) + np.arange(int(parts.sum()))
    cell = np.sort(np.repeat(row, parts) * d + column[at])
    first = np.flatnonzero(np.append(True, np.diff(cell) != 0)[: len(cell)])
    counts = np.diff(np.append(first, len(cell))).astype(np.float64)
    ends = np.searchsorted(cell[first], np.arange(n + 1) * d)
    return csr_matrix((counts, cell[first] % d, ends), shape=(n, d))


def _columns(words: Words, columns: Mapping[str, int]) -> tuple[Integers, Integers]:
    """Of each form that is used, end to end: form f has the columns column[start[f] : start[f + 1]]."""
    used = _used(words)
    found: Sequence[list[int]] = [
        [columns[word] for word in _cut(words.forms[form]) if word in columns] for form in used.tolist()
    ]
    lengths = np.zeros(int(words.ids.max(initial=-1)) + 2, np.int64)
    lengths[used + 1] = [len(own) for own in found]
    return np.cumsum(lengths), np.array([column for own in found for column in own], np.int64)


def _used(words: Words) -> Integers:
    return np.flatnonzero(np.bincount(words.ids, minlength=1))

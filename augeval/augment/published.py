"""The operations of Wei & Zou 2019 as published, on plain words: what a reproduction compares with.

Written from the paper, and from measurements of what its program does (see `eda`).

Shapes: n rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augeval.augment import lexical, synonyms, tokens
from augeval.augment.batch import Batch, Integers, Reader
from augeval.augment.lexical import Change
from augeval.augment.operations import Operate
from augeval.augment.options import option_table
from augeval.augment.vocabulary import Is
from augeval.seeds import Keys, uniforms

__all__ = ["PLAIN", "operations"]

Floats = NDArray[np.float64]
DELETED, KEPT = 16, 17  # what a row's numbers are drawn for, beside those of `lexical`


def operations() -> tuple[Operate, ...]:
    """Synonym replacement, random insertion, random swap, random deletion.

    Raises:
        InputError: WordNet is not installed.
    """
    book = synonyms.every_sense()

    def replace(batch: Batch, share: Floats, keys: Keys) -> Change:
        table = option_table(batch.vocabulary, book, dressed=True)
        return lexical.replace(batch, _counts(share, batch), keys, table, ~batch.are(Is.STOP))

    def insert(batch: Batch, share: Floats, keys: Keys) -> Change:
        table = option_table(batch.vocabulary, book, dressed=False)
        return lexical.insert(batch, _counts(share, batch), keys, table, np.ones(len(batch.words), bool))

    return replace, insert, _swap, _delete


def _counts(share: Floats, batch: Batch) -> Integers:
    """n = α l of the paper, as a whole number of at least 1."""
    counts = np.maximum(1, np.floor(share * batch.lengths)).astype(np.int64)
    return np.where((share > 0) & (batch.lengths > 0), counts, 0)


def _swap(batch: Batch, share: Floats, keys: Keys) -> Change:
    return lexical.swap_again(batch, _counts(share, batch), keys)


def _delete(batch: Batch, share: Floats, keys: Keys) -> Change:
    at = np.flatnonzero((share > 0)[batch.row])
    row = batch.row[at]
    gone = at[uniforms(keys[row], DELETED, batch.position[at]) < share[row]]
    left = batch.lengths - np.bincount(batch.row[gone], minlength=len(batch.last))
    emptied = np.flatnonzero((left == 0) & (batch.lengths > 0))
    kept = np.floor(uniforms(keys[emptied], KEPT) * batch.lengths[emptied]).astype(np.int64)
    return lexical.delete(batch, np.setdiff1d(gone, batch.starts[emptied] + kept, assume_unique=True))


PLAIN = Reader(tokens.plain_words, plain=True)

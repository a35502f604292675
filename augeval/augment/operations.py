"""The four operations of lexical augmentation, each as a function of rows, their shares of words and their keys.

Shapes: n rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from augeval.augment import lexical
from augeval.augment.batch import Batch
from augeval.augment.lexical import Change, Mask, counts_of
from augeval.augment.options import option_table
from augeval.augment.synonyms import Thesaurus
from augeval.augment.vocabulary import Is
from augeval.seeds import Keys

__all__ = ["Operate", "deleting", "inserting", "replacing", "swapping"]

Floats = NDArray[np.float64]
Operate = Callable[[Batch, Floats, Keys], Change]
"""(rows, (n,) share of each one's words to edit, (n,) keys) -> the rows edited; those with share 0 as they are."""


def replacing(book: Thesaurus) -> Operate:
    """Words replaced by what the thesaurus has, in their form and case."""

    def operate(batch: Batch, share: Floats, keys: Keys) -> Change:
        table = option_table(batch.vocabulary, book, dressed=True)
        return lexical.replace(batch, counts_of(share, batch, keys), keys, table)

    return operate


def inserting(book: Thesaurus, keep_stop_words: bool) -> Operate:
    """What the thesaurus has for words of the row, put in anywhere; copies of its own words where it has nothing."""

    def operate(batch: Batch, share: Floats, keys: Keys) -> Change:
        table = option_table(batch.vocabulary, book, dressed=False)
        return lexical.insert(batch, counts_of(share, batch, keys), keys, table, _open(batch, keep_stop_words))

    return operate


def swapping(keep_stop_words: bool) -> Operate:
    """Pairs of different words change places."""

    def operate(batch: Batch, share: Floats, keys: Keys) -> Change:
        pairs = counts_of(share / 2, batch, keys)
        return lexical.change_places(batch, _open(batch, keep_stop_words), pairs, keys)

    return operate


def deleting(keep_stop_words: bool) -> Operate:
    """Words go; one always stays."""

    def operate(batch: Batch, share: Floats, keys: Keys) -> Change:
        counts = np.minimum(counts_of(share, batch, keys), batch.lengths - 1)
        return lexical.delete(batch, lexical.chosen(batch, _open(batch, keep_stop_words), counts, keys))

    return operate


def _open(batch: Batch, keep_stop_words: bool) -> Mask:
    """(t,) the words that may be edited."""
    if keep_stop_words:
        return ~batch.are(Is.STOP)
    return np.ones(len(batch.words), bool)

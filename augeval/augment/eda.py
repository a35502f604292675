"""Easy data augmentation: each copy of a row is edited by one of four operations, in turn.

Ours keeps case, punctuation and blanks and replaces words by filtered synonyms in their form; `published=True` gives
what Wei & Zou 2019 did.

Shapes: n rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from augeval.augment import synonyms
from augeval.augment.batch import AS_IT_IS, Integers
from augeval.augment.coverage import Coverage
from augeval.augment.editing import Block, Done, edit_rows, edited, share_of
from augeval.augment.lexical import Change
from augeval.augment.lexicon import wordnet_digest
from augeval.augment.operations import Operate, deleting, inserting, replacing, swapping
from augeval.augment.published import PLAIN
from augeval.augment.published import operations as published_operations
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.extend import augmenter
from augeval.seeds import Keys, shared_keys, uniforms

__all__ = ["Alphas", "eda", "mixed"]

OPERATIONS = ("synonym", "random_insertion", "random_swap", "random_deletion")
Share = Annotated[float, Field(ge=0, le=1)]
START = 32  # what a row's number is drawn for, beside those of the operations


@augmenter(
    "text", unit="share of words", magnitudes=(0.05, 0.5), default_magnitude=0.1, most=1, batch=True,
    source="Wei & Zou 2019 (EDA)", requires=wordnet_digest,
)  # fmt: skip
def eda(  # noqa: PLR0913  # the paper's names
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    copies: NDArray[np.integer],
    alpha_sr: Share | None = None,
    alpha_ri: Share | None = None,
    alpha_rs: Share | None = None,
    p_rd: Share | None = None,
    published: bool = False,
) -> Edited:
    """Replace, insert, swap or delete words (EDA): one of the four for each copy of a row, in turn.

    The first copy of a row begins anywhere in the turn, so four copies hold each operation once. The paper's num_aug
    is the arm's ratio.

    Args:
        rows: n texts; row_keys: (n,) one for each; copies: (n,) which copy of its source each is.
        magnitude: the paper's alpha: share of words edited, in [0, 1], by each operation (swaps: words that move).
        alpha_sr, alpha_ri, alpha_rs, p_rd: the same for synonyms, insertion, swaps and deletion alone; 0 leaves the
            operation out.
        published: as the paper did: text in lower case without marks and digits, every synonym of every sense alike,
            stop words open to insertion, alpha_rs × words swaps that may undo each other, every word deleted by
            chance, counts rounded down. Its insertion draws among the words of the source, not among inserted ones.

    Returns:
        n texts. Words edited of sentences of 17 words on average: within .03 of the magnitude for .05 to .2; .37 at
        .4, where synonyms run out.

    Raises:
        InputError: WordNet is not installed, or a share is not in [0, 1].
        NotApplicable: synonyms are wanted of rows that are not English.

    Source: Wei & Zou 2019. Each of its four operations makes a quarter of the copies there too.
    """
    alphas = Alphas.of(share_of("eda", magnitude), (alpha_sr, alpha_ri, alpha_rs, p_rd))
    if not alphas.on:
        return Edited(list(rows))
    coverage = Coverage()
    done = list(mixed(rows, row_keys, copies, alphas, coverage, published=published))
    counts = coverage.counts("eda") if alphas.needs_words else {}
    return edited(rows, done, counts)


@dataclass(frozen=True)
class Alphas:
    """(4,) share of words that each of `OPERATIONS` edits; 0 leaves it out."""

    shares: tuple[float, ...]

    @staticmethod
    def of(magnitude: float, own: Sequence[float | None]) -> Alphas:
        """The magnitude, or what stands instead; magnitude 0 leaves all out.

        Raises:
            InputError: a share is not in [0, 1].
        """
        names = ("alpha_sr", "alpha_ri", "alpha_rs", "p_rd")
        for name, share in zip(names, own, strict=True):
            if share is not None and not 0 <= share <= 1:
                raise InputError(f"eda takes {name} (share of words) from 0 to 1, not {share}.")
        return Alphas(tuple((magnitude if s is None else float(s)) if magnitude else 0.0 for s in own))

    @property
    def on(self) -> list[int]:
        """The operations that are used."""
        return [i for i, share in enumerate(self.shares) if share]

    @property
    def needs_words(self) -> bool:
        """Whether the lexicon is asked."""
        return bool(self.shares[0] or self.shares[1])

    def turns(self, keys: Keys, copies: NDArray[np.integer]) -> Integers:
        """(n,) the operation of each row: copies of one source take them in turn, from a start of its own."""
        start = np.floor(uniforms(shared_keys(keys, copies), START) * len(self.on)).astype(np.int64)
        return np.take(np.array(self.on, np.int64), (start + copies) % len(self.on))


def mixed(
    rows: Sequence[str],
    keys: Keys,
    copies: NDArray[np.integer],
    alphas: Alphas,
    coverage: Coverage,
    *,
    published: bool,
) -> Iterator[Done]:
    """The rows edited, block by block; strings and words are made of them by `augment.editing`."""
    operations = published_operations() if published else _ours()

    def edit(block: Block) -> Iterator[tuple[Integers, str, Change]]:
        if alphas.needs_words:
            coverage.look_at(block.sources, block.copies)
        turn = alphas.turns(block.keys, copies[block.at])
        for i in alphas.on:
            own = np.flatnonzero(turn == i)
            share = np.full(len(own), alphas.shares[i])
            yield own, OPERATIONS[i], operations[i](block.rows(own), share, block.keys[own])

    return edit_rows(rows, keys, edit, PLAIN if published else AS_IT_IS)


def _ours() -> tuple[Operate, ...]:
    book = synonyms.wordnet(senses=3, phrases=False, stop_words=False)
    return replacing(book), inserting(book, keep_stop_words=True), swapping(False), deleting(False)

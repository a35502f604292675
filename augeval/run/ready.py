"""A cell up to the point where models are fitted: its rows are split, and its arm has been applied."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augeval.augment.apply import Applied, Context, apply_arm
from augeval.data import splits
from augeval.data.filled import Fill, fill_for, filled_from
from augeval.errors import NotApplicable
from augeval.run.bench import Bench
from augeval.types import Cell, Examples, Split, TrainingSet

__all__ = ["InnerFold", "Prepared", "draws_of", "prepared"]


@dataclass(frozen=True)
class InnerFold:
    """One inner fold: what is fitted without its rows, to score them.

    Args:
        rows: (m,) positions of its rows among the cell's training rows.
        applied: the arm applied to the other training rows, one per draw.
        fill: what is missing in any row, as the other training rows have it; every row goes through it to be scored.
    """

    rows: NDArray[np.int64]
    applied: tuple[Applied, ...]
    fill: Fill


@dataclass(frozen=True)
class Prepared:
    """A cell that is ready to be fitted.

    Args:
        train: its real training rows, as they came. applied: one training set per draw. seconds: that all of it took.
        folds: for out-of-fold scores; () where nothing of the study wants them.
        fill: what is missing in any row, as the training rows have it; every row goes through it to be scored.
    """

    cell: Cell
    split: Split
    train: Examples
    applied: tuple[Applied, ...]
    folds: tuple[InnerFold, ...]
    seconds: float
    fill: Fill

    @property
    def training_sets(self) -> list[TrainingSet]:
        """All that is fitted for the cell: those of its draws, then those of each fold's draws."""
        return [a.training for applied in (self.applied, *(fold.applied for fold in self.folds)) for a in applied]


def prepared(cell: Cell, bench: Bench) -> Prepared:
    """Split the rows and apply the arm to those that train, once a draw; and within inner folds, if the cell has any.

    Raises:
        NotApplicable: the arm means nothing on these rows, or on those without some inner fold.
    """
    start = time.process_time()
    settings = dict(cell.recipe["split"])
    chunk = settings.pop("disjoint", 0)
    split = splits.split(bench.dataset, seed=cell.seed, **settings)
    rows = splits.subset(bench.dataset, split.train, cell.train_size, seed=cell.seed, chunk=chunk)
    held_out = np.concatenate([split.valid, split.test])
    applied = _applied(cell, bench, rows, held_out)
    folds = _folds(cell, bench, rows, held_out) if cell.recipe.get("folds") else ()
    train, fill = bench.dataset.examples.take(rows), _fill(cell, bench, rows)
    return Prepared(cell, split, train, applied, folds, time.process_time() - start, fill)


def _fill(cell: Cell, bench: Bench, rows: NDArray[np.int64]) -> Fill:
    return fill_for(cell.recipe.get("impute"), bench.dataset, rows)


def _applied(cell: Cell, bench: Bench, rows: NDArray[np.int64], held_out: NDArray[np.int64]) -> tuple[Applied, ...]:
    """The arm on these rows, once a draw; a draw has one name, whichever of the cell's rows it is made from."""
    examples = filled_from(cell.recipe.get("impute"), bench.dataset, rows).examples
    told = (examples.x[held_out], bench.text_encoder, bench.folder, bench.judge, bench.account)
    seen = (bench.model.name, bench.model.space_with(cell.model.params))
    contexts = [Context(bench.dataset, cell.seed, draw, *told, *seen) for draw in draws_of(cell)]
    return tuple(apply_arm(cell.arm, bench.augmenter, examples.take(rows), context) for context in contexts)


def _folds(cell: Cell, bench: Bench, rows: NDArray[np.int64], held_out: NDArray[np.int64]) -> tuple[InnerFold, ...]:
    """The whole pipeline up to the fit, without each fold's rows, which no made row may equal."""
    number, made = splits.inner_folds(bench.dataset, rows, seed=cell.seed), []
    for f in range(splits.FOLDS):
        mine, others = np.flatnonzero(number == f), rows[number != f]
        try:
            applied = _applied(cell, bench, others, np.concatenate([held_out, rows[mine]]))
        except NotApplicable as reason:
            raise NotApplicable(f"Without inner fold {f + 1} of {splits.FOLDS}: {reason}") from reason
        made.append(InnerFold(mine, applied, _fill(cell, bench, others)))
    return tuple(made)


def draws_of(cell: Cell) -> list[int]:
    """Which draws a cell fits: all of them (crossed), its share (nested), its own (each) or the only one (single).

    A cell that confirms a choice fits draws that did not choose it.
    """
    first = cell.draws if cell.confirms else 0
    if cell.design == "crossed":
        return list(range(first, first + cell.draws))
    if cell.design == "nested":
        return [first + cell.seed % cell.draws]
    return [cell.seed] if cell.design == "each" else [0]

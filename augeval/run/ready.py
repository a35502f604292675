"""A cell up to the point where models are fitted: its rows are split, and its arm has been applied."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from augeval.augment.apply import Applied, Context, apply_arm
from augeval.data import splits
from augeval.run.bench import Bench
from augeval.types import Cell, Split

__all__ = ["Prepared", "draws_of", "prepared"]


@dataclass(frozen=True)
class Prepared:
    """A cell that is ready to be fitted: its split, and one training set per draw."""

    cell: Cell
    split: Split
    applied: tuple[Applied, ...]
    seconds: float


def prepared(cell: Cell, bench: Bench) -> Prepared:
    """Split the rows and apply the arm to those that train, once a draw.

    Raises:
        NotApplicable: the arm means nothing on these rows.
    """
    start = time.process_time()
    settings = dict(cell.recipe["split"])
    chunk = settings.pop("disjoint", 0)
    split = splits.split(bench.dataset, seed=cell.seed, **settings)
    rows = splits.subset(bench.dataset, split.train, cell.train_size, seed=cell.seed, chunk=chunk)
    train = bench.dataset.examples.take(rows)
    held_out = bench.dataset.examples.x[np.concatenate([split.valid, split.test])]
    shared = Context(bench.dataset, cell.seed, 0, held_out, bench.text_encoder, bench.folder, bench.judge)
    contexts = [replace(shared, draw=draw, account=bench.account) for draw in draws_of(cell)]
    applied = tuple(apply_arm(cell.arm, bench.augmenter, train, context) for context in contexts)
    return Prepared(cell, split, applied, time.process_time() - start)


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

"""The fidelity panel of a cell: which cells have one, and how its rows are cut so that no measure sees parents.

Half of a class's real rows, A, makes rows; the other half, B, is what they are compared with. Real rows of A against B
are the null: what perfect rows would score with as few. All of them are training rows; held-out rows take no part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.apply import Context, apply_arm
from augeval.extend import AugmenterPlugin
from augeval.metrics.columns import ColumnShift, column_shifts
from augeval.metrics.fidelity import HELD_OUT, Pooled, Rows, against_held_out, against_own, pool
from augeval.run.bench import Bench
from augeval.run.ready import Prepared, draws_of
from augeval.seeds import stream
from augeval.types import Cell, Dataset, Encoder, Examples, Json, Spec, TrainingSet

__all__ = ["FIDELITY_SEEDS", "panel", "panel_of", "with_panels"]

SEMANTICS = 1  # raised by hand when the same cell would give another panel
FIDELITY_SEEDS = 3  # replicates with a panel
SPLITS = 4  # halves of a class, of each replicate
ROWS = 2000  # of the class, of the others, and made ones; more are sampled
NUMBERS = 100_000  # of one kind of rows: long vectors are fewer
ENOUGH = 14  # real rows of a class: its halves have the seven that most measures take
SHOWN = 3  # columns that are named
DIGITS = 6


def with_panels(cells: Sequence[Cell], models: Sequence[Spec]) -> list[Cell]:
    """The cells, those that measure fidelity marked in their recipe, and so in their key.

    Rows do not depend on the model, so one model of a study is enough: the first. Cells that confirm a choice, or whose
    labels were permuted, or that have no encoder to judge by, measure none.
    """
    return [replace(c, recipe={**c.recipe, "fidelity": SEMANTICS}) if _wanted(c, models[0]) else c for c in cells]


def _wanted(cell: Cell, model: Spec) -> bool:
    plain = not cell.confirms and not cell.is_sentinel and cell.recipe.get("judge") is not None
    return plain and cell.model == model and cell.seed < FIDELITY_SEEDS and cell.arm.makes_rows


def panel_of(ready: Prepared, bench: Bench) -> dict[str, Json]:
    """The panel of a cell whose arm has been applied; {} of a cell that measures none. See `panel`."""
    cell, split = ready.cell, ready.split
    if "fidelity" not in cell.recipe:
        return {}
    held_out = ready.fill(bench.dataset.examples.x[np.concatenate([split.valid, split.test])])
    told = (held_out, bench.text_encoder, bench.folder, bench.judge, bench.account)
    context = Context(bench.dataset, cell.seed, draws_of(cell)[0], *told)
    return panel(cell, bench.augmenter, ready.applied[0].training, context)


def panel(cell: Cell, plugin: AugmenterPlugin, training: TrainingSet, context: Context) -> dict[str, Json]:
    """The panel of the rows that the arm made of one class: the rarer of two, of more the rarest with enough rows.

    Args:
        cell: whose recipe says that it has one; plugin: its augmenter, for rows of halves.
        training: its rows, of the first draw. context: as the rows were made with; its judge gives vectors.

    Returns:
        {"class", "rows": {"real", "made", "other"}, "values": measure -> number, "null": measure -> [low, high] of
        real rows, "absent": measure -> why, "columns": the most shifted, largest first}; {} where no row was made.
    """
    unseen = context.judge is None or training.vectors is not None  # vectors of the model's: no judge reads them
    if unseen or not len(training.synthetic) or not context.dataset.classes:
        return {}
    ground = _ground(cell, training, context)
    splits = [_split(ground, number) for number in range(SPLITS)]
    null = [against_own(split.made_of, split.held_out, ground.categorical) for split in splits]
    own = against_own(ground.made, ground.real, ground.categorical)
    parts = [
        pool([own], null, min(len(ground.made), len(ground.real))),
        _crossed(ground, splits, cell, plugin, context),
    ]
    return {
        "class": context.dataset.classes[ground.target],
        "rows": {"real": len(ground.real), "made": len(ground.made), "other": len(ground.others)},
        "values": {name: round(v, DIGITS) for part in parts for name, v in part.values.items()},
        "null": {name: [round(v, DIGITS) for v in ends] for part in parts for name, ends in part.null.items()},
        "absent": {name: why for part in parts for name, why in part.absent.items()},
        "columns": _named_columns(ground, context.dataset),
    }


@dataclass(frozen=True)
class _Ground:
    """What every split of a cell stands on: sampled rows of the class, of the others, and made ones.

    real_rows: (n,) positions of `real` among the training rows; unseen: ids of rows of the class that are not sampled.
    """

    path: tuple[object, ...]
    target: int
    training: TrainingSet
    real_rows: NDArray[np.int64]
    unseen: NDArray[np.int64]
    made_examples: Examples
    real: Rows
    others: Rows
    made: Rows
    categorical: NDArray[np.bool_]
    see: Callable[[NDArray[Any]], Rows]


@dataclass(frozen=True)
class _Split:
    """One half of the class, that makes rows, and the other, that they are compared with."""

    number: int
    made_of: Rows
    held_out: Rows
    gone_ids: NDArray[np.int64]


def _ground(cell: Cell, training: TrainingSet, context: Context) -> _Ground:
    real, made = training.real, training.synthetic
    target = _target(made.y, real.y)
    # The arm is left out on purpose: all arms are measured on the same halves, so that they share one null.
    path = ("fidelity", context.dataset.name, cell.train_size, cell.seed, target)
    limit = _limit(cell, training, context)
    order = stream(*path).permutation(len(real))
    of_class = order[real.y[order] == target]
    chosen, unseen = of_class[:limit], real.ids[of_class[limit:]]
    own = made.take(_some(np.flatnonzero((made.y == target) & ~np.isin(_parents(made)[:, 0], unseen)), limit, path))
    others = order[real.y[order] != target][:limit]
    see, categorical = _sight(training, context, real.x[np.concatenate([chosen, others])])
    seen = {"real": see(real.x[chosen]), "others": see(real.x[others]), "made": see(own.x)}
    return _Ground(path, target, training, chosen, unseen, own, **seen, categorical=categorical, see=see)


def _limit(cell: Cell, training: TrainingSet, context: Context) -> int:
    """Most rows of a kind."""
    assert context.judge is not None
    if context.dataset.modality == "text":  # each must be encoded, which is most of what a text costs
        return min(ROWS, int(cell.recipe["drift_rows"]))
    width = int(np.asarray(context.judge(training)(training.real.x[:1])).shape[1])
    return max(1, min(ROWS, NUMBERS // max(width, 1)))


def _target(made: NDArray[Any], real: NDArray[Any]) -> int:
    """Of the classes that rows were made of the rarest that has enough of them; if none has, the largest.

    Of two classes it is the rarer in any case: it is what rows are made for.
    """
    rows = {int(c): int((real == c).sum()) for c in np.unique(made)}
    enough = [c for c in rows if rows[c] >= ENOUGH or len(np.unique(real)) == 2]
    return min(enough, key=lambda c: (rows[c], c)) if enough else max(rows, key=lambda c: (rows[c], -c))


def _some(rows: NDArray[np.int64], most: int, path: tuple[object, ...]) -> NDArray[np.int64]:
    return np.sort(stream(*path, "some").permutation(rows)[:most])


def _parents(made: Examples) -> NDArray[np.int64]:
    return made.ids[:, None] if made.parents is None else made.parents


def _sight(
    training: TrainingSet, context: Context, sample: NDArray[Any]
) -> tuple[Callable[[NDArray[Any]], Rows], NDArray[np.bool_]]:
    """How rows are seen, and which columns hold codes; `sample` gives the unit of an encoder's vectors."""
    assert context.judge is not None
    judge: Encoder = context.judge(training)
    columns = context.dataset.columns
    if columns is None:
        vectors = np.asarray(judge(sample), np.float64)
        # One unit for all, since a pixel that hardly ever varies would outweigh all others in its own.
        unit = float(np.sqrt(vectors.var(0).mean())) or 1.0
        none = vectors[:0]  # an encoder of texts that sees no row cannot tell how long its vectors are
        codes = np.zeros(vectors.shape[1], bool)
        return lambda x: _in_unit(np.asarray(judge(x), np.float64) if len(x) else none, unit), codes
    categorical = np.array([column.kind == "categorical" for column in columns], bool)
    centre, scale = _units(np.asarray(training.real.x, np.float64), categorical)
    return lambda x: Rows(np.asarray(judge(x), np.float64), (np.asarray(x, float) - centre) / scale), categorical


def _in_unit(vectors: NDArray[np.float64], unit: float) -> Rows:
    return Rows(vectors, vectors / unit)


def _units(x: NDArray[np.float64], categorical: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(d,) mean and standard deviation of each column of numbers; 0 and 1 of codes, and of columns that say nothing."""
    known = [column[~np.isnan(column)] for column in x.T]
    plain = [codes or not len(values) for codes, values in zip(categorical, known, strict=True)]
    means = [0.0 if skip else float(values.mean()) for skip, values in zip(plain, known, strict=True)]
    spreads = [0.0 if skip else float(values.std()) for skip, values in zip(plain, known, strict=True)]
    return np.array(means), np.array([spread or 1.0 for spread in spreads])


def _split(ground: _Ground, number: int) -> _Split:
    order = stream(*ground.path, "half", number).permutation(len(ground.real))
    a, b = order[: len(order) // 2], order[len(order) // 2 :]
    ids = ground.training.real.ids[ground.real_rows]
    return _Split(number, ground.real.take(a), ground.real.take(b), np.concatenate([ids[b], ground.unseen]))


def _crossed(
    ground: _Ground, splits: Sequence[_Split], cell: Cell, plugin: AugmenterPlugin, context: Context
) -> Pooled:
    """What rows of one half are like beside the other, which had no part in them."""
    found, real, fewest, why = [], [], ROWS, ""
    for split in splits:
        try:
            made = _made_of_half(ground, split, cell, plugin, context)
        except Exception as error:  # the panel is beside the point of a cell: it never fails one
            why = f"the arm cannot start from half of the rows: {error}"
            continue
        fewest = min(fewest, len(made), len(split.held_out))
        sides = (split.held_out, ground.others, ground.categorical)
        found.append(against_held_out(made, *sides))
        real.append(against_held_out(split.made_of, *sides))
    return pool(found, real, fewest) if found else Pooled({}, {}, dict.fromkeys((*HELD_OUT, "purity_excess"), why))


def _made_of_half(ground: _Ground, split: _Split, cell: Cell, plugin: AugmenterPlugin, context: Context) -> Rows:
    """Rows of the class that the arm makes without the held-out half: as many as that half, in an order of chance."""
    if plugin.form == "row" or plugin.one_draw:  # what hangs on its own parents alone need not be made again
        apart = ~np.isin(_parents(ground.made_examples), split.gone_ids).any(1)
        made = ground.made.take(np.flatnonzero(apart))
    else:
        real = ground.training.real
        half = real.take(np.flatnonzero(~np.isin(real.ids, split.gone_ids)))
        again = apply_arm(cell.arm, plugin, half, context).training.synthetic
        made = ground.see(again.x[again.y == ground.target])
    return made.take(stream(*ground.path, "made", split.number).permutation(len(made))[: len(split.made_of)])


def _named_columns(ground: _Ground, dataset: Dataset) -> list[dict[str, Json]]:
    """The columns of a table that moved most from the class's real rows."""
    if dataset.columns is None:
        return []
    shifts = column_shifts(ground.made.columns, ground.real.columns, ground.categorical)
    moved = sorted((s for s in shifts if s.distance > 0), key=lambda s: (-s.distance, s.column))
    return [_entry(shift, dataset) for shift in moved[:SHOWN]]


def _entry(shift: ColumnShift, dataset: Dataset) -> dict[str, Json]:
    assert dataset.columns is not None
    column = dataset.columns[shift.column]
    category = None if shift.category is None else column.categories[shift.category]
    shares = {} if category is None else {"made": round(shift.made, DIGITS), "real": round(shift.real, DIGITS)}
    return {
        "name": column.name,
        "distance": round(shift.distance, DIGITS),
        "direction": shift.direction,
        "category": category,
        **shares,
    }

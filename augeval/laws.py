"""The laws that each kind of plug-in must obey, as functions that raise where one is broken.

`LAWS[kind]` are run over everything that is registered by our tests, and can be run over a plug-in by whoever wrote
it: `augeval.laws.check("augmenter", plugin, dataset)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import registry
from augeval.augment.apply import Context, apply_arm
from augeval.data import splits
from augeval.errors import ContractError
from augeval.extend import AugmenterPlugin, DatasetPlugin, MetricPlugin, ModelPlugin, Plugin
from augeval.fingerprints import row_bytes, row_contents
from augeval.registry import Kind
from augeval.run.bench import load_dataset
from augeval.seeds import stream
from augeval.told import settled
from augeval.types import Arm, Cell, Dataset, Encoder, Examples, Spec, TrainingSet

__all__ = ["LAWS", "Law", "check", "check_lifted", "tried"]

Law = Callable[..., None]
Reader = Encoder | None
FEW = 12  # rows on which somebody else's augmenter, which may be slow, is tried before a run
ROWS = 60  # of the dataset that a law looks at: enough for every class, few enough to be quick


def check(
    kind: Kind, plugin: Plugin, dataset: Dataset | None = None, encoder: Encoder | None = None, **params: Any
) -> list[str]:
    """Run every law of a kind.

    Args:
        kind: of the plug-in. dataset: rows to try it on (augmenters and models). encoder: for augmenters that ask.
        params: the plug-in's own, as an experiment would give them.

    Returns:
        Names of the laws that hold.

    Raises:
        ContractError: the first law that is broken, and how.
    """
    given = {"augmenter": (dataset, encoder), "model": (dataset,), "metric": (), "dataset": ()}[kind]
    for law in LAWS[kind]:
        law(plugin, *given, **params)
    return [law.__name__ for law in LAWS[kind]]


def tried(tile: str) -> str:
    """Which law the augmenter of a tile's first cell breaks on a few of its training rows, as a sentence; or "".

    Args:
        tile: JSON, as `run.cell.run_tile` takes it.
    """
    value = json.loads(tile)
    cell = Cell.from_json(value["cells"][0])
    dataset = load_dataset(json.dumps(value["dataset"], sort_keys=True), value["allow_code"])
    plugin = registry.get("augmenter", cell.arm.augmenter.name, allow_code=value["allow_code"])
    settings = {key: setting for key, setting in cell.recipe["split"].items() if key != "disjoint"}
    rows = dataset.examples.take(splits.split(dataset, seed=cell.seed, **settings).train)
    try:
        check_lifted(plugin, replace(dataset, examples=rows), cell.arm)
    except ContractError as error:
        return str(error)
    return ""


def check_lifted(plugin: AugmenterPlugin, dataset: Dataset, arm: Arm) -> None:
    """Run the laws of augmenters over somebody's object or function, which was lifted as it stood; on `FEW` rows.

    Args:
        dataset: whose rows may be shown to the augmenter. arm: with its parameters and magnitude.

    Raises:
        ContractError: the first law that is broken, and what to do about it.
    """
    few = replace(dataset, examples=_some(dataset).take(slice(0, FEW)))
    try:
        check("augmenter", replace(plugin, default_magnitude=arm.magnitude), few, **arm.augmenter.params)
    except ContractError as error:
        hint = " If it draws nothing, lift it yourself: @augeval.augmenter(…, chance=False)."
        raise ContractError(f"{error}{hint if 'the draw must reach' in str(error) else ''}") from error


def _require(holds: bool, plugin: Plugin, law: str) -> None:
    if not holds:
        raise ContractError(f"{plugin.name} breaks a law: {law}")


# --- augmenters ---------------------------------------------------------------------------------------------------


def _apply(
    plugin: AugmenterPlugin, dataset: Dataset, encoder: Encoder | None, params: Mapping[str, Any], **how: Any
) -> TrainingSet:
    """The plug-in's rows at ratio `how["ratio"]`, draw `how["draw"]`; a subset at balance `how["ratio"]` / 2."""
    train = how.get("train") or _some(dataset, uneven=plugin.form == "subset")
    subset, ratio = plugin.form == "subset", how.get("ratio", 1.0)
    dose = {"ratio": ratio} if not subset else {"balance": ratio / 2} if plugin.balances else {}
    arm = Arm(Spec(plugin.name, params), magnitude=plugin.default_magnitude, **dose)
    context = Context(dataset, how.get("seed", 0), how.get("draw", 0), dataset.examples.x[:0], encoder)
    return apply_arm(arm, plugin, train, context).training


def _some(dataset: Dataset, *, uneven: bool = False) -> Examples:
    """Up to `ROWS` rows, every class in turn, at least two of each; `uneven`: one class has a third of its rows."""
    y = dataset.examples.y
    ranks = np.zeros(len(y), np.int64)
    for c in np.unique(y):
        ranks[y == c] = np.arange((y == c).sum())
    ranks[y == y.max()] *= 3 if uneven else 1
    order = np.lexsort((y, ranks))
    return dataset.examples.take(np.sort(order[: max(ROWS, 8 * dataset.n_classes)]))


def same_stream_same_rows(plugin: AugmenterPlugin, dataset: Dataset, encoder: Reader = None, **params: Any) -> None:
    """The same seed and draw give the same rows, and leave the same ones out."""
    one, two = (_apply(plugin, dataset, encoder, params) for _ in range(2))
    same = _equal(one.synthetic, two.synthetic) and np.array_equal(one.kept.ids, two.kept.ids)
    _require(same, plugin, "the same seed and draw must give the same rows.")


def larger_dose_starts_with_the_smaller(
    plugin: AugmenterPlugin, dataset: Dataset, encoder: Encoder | None = None, **params: Any
) -> None:
    """Ratio 2 holds the rows of ratio 1, class by class, and leaves out what that does; else it says nested=False."""
    if plugin.one_draw or not plugin.nested:
        return
    small, large = (_apply(plugin, dataset, encoder, params, ratio=ratio) for ratio in (1.0, 2.0))
    left = bool(np.isin(large.kept.ids, small.kept.ids).all())
    _require(left, plugin, "a larger dose must leave out the rows that the smaller one leaves out.")
    for c in np.unique(small.synthetic.y):
        few, many = (made.synthetic.take(made.synthetic.y == c) for made in (small, large))
        holds = _equal(few, many.take(slice(0, len(few))))
        _require(holds, plugin, f"a larger dose must start with the rows of the smaller one (class {c}).")


def input_stays_untouched(plugin: AugmenterPlugin, dataset: Dataset, encoder: Reader = None, **params: Any) -> None:
    """The training rows are the same before and after."""
    train = _some(dataset, uneven=plugin.form == "subset")
    before = row_bytes(train.x.copy()), train.y.copy()
    made = _apply(plugin, dataset, encoder, params, train=train)
    same = before[0] == row_bytes(train.x) and np.array_equal(before[1], train.y)
    _require(same and made.real.x is train.x, plugin, "the training rows must not be changed.")


def labels_are_the_parents(plugin: AugmenterPlugin, dataset: Dataset, encoder: Reader = None, **params: Any) -> None:
    """A synthetic row has its parents' label, unless the plug-in says that it mixes labels."""
    made = _apply(plugin, dataset, encoder, params).synthetic
    if plugin.mixes_labels or made.parents is None:
        return
    label = dict(zip(dataset.examples.ids.tolist(), dataset.examples.y.tolist(), strict=True))
    wrong = [row for row, parents in enumerate(made.parents) if {label[int(p)] for p in parents} != {int(made.y[row])}]
    _require(not wrong, plugin, f"rows must have their parents' label (first other one: row {wrong[:1]}).")


def a_row_is_made_in_any_company(
    plugin: AugmenterPlugin, dataset: Dataset, encoder: Encoder | None = None, **params: Any
) -> None:
    """A row that is edited by itself comes out as it does among others, in whatever order."""
    if plugin.form != "row":
        return
    train = _some(dataset)
    together = _apply(plugin, dataset, encoder, params, train=train).synthetic
    for i in sorted({0, len(train) // 2, len(train) - 1}):
        alone = _apply(plugin, dataset, encoder, params, train=train.take([i])).synthetic
        same = _equal(alone, together.take(together.ids == train.ids[i]))
        _require(same, plugin, f"a row must not depend on the rows beside it (the one with id {train.ids[i]} does).")


def a_draw_is_another_version(plugin: AugmenterPlugin, dataset: Dataset, encoder: Reader = None, **params: Any) -> None:
    """Another draw gives other rows, and another copy of a row another version, where the plug-in draws at all."""
    if plugin.one_draw or plugin.form in ("none", "weights") or not plugin.draws(params):
        return
    one, two = (_apply(plugin, dataset, encoder, params, draw=draw) for draw in (0, 1))
    same = _equal(one.synthetic, two.synthetic) and np.array_equal(one.kept.ids, two.kept.ids)
    _require(not same, plugin, "the draw must reach the rows: draws 0 and 1 are equal.")
    if plugin.form == "row":
        made = _apply(plugin, dataset, encoder, params, ratio=2.0).synthetic
        versions = set(zip(made.ids.tolist(), row_contents(made.x), made.y.tolist(), strict=True))
        _require(len(versions) > len(set(made.ids)), plugin, "copies must differ: each row's second is its first.")


def _equal(one: Examples, two: Examples) -> bool:
    same = row_bytes(one.x) == row_bytes(two.x) and np.array_equal(one.y, two.y) and np.array_equal(one.ids, two.ids)
    if one.parents is None or two.parents is None:
        return same and one.parents is two.parents
    return same and np.array_equal(one.parents, two.parents)


# --- models -------------------------------------------------------------------------------------------------------


def _trains(dataset: Dataset) -> list[TrainingSet]:
    """Three training sets of one shape: plain, duplicated rows of one kind, and of another."""
    rows = _some(dataset)
    half = len(rows) // 2
    nothing = rows.take(slice(0, 0))
    first, last = rows.take(slice(0, half)), rows.take(slice(half, 2 * half))
    return [TrainingSet(rows, nothing, 0), TrainingSet(rows, first, half), TrainingSet(rows, last, half)]


def batch_equals_single(plugin: ModelPlugin, dataset: Dataset, **params: Any) -> None:
    """A training set's predictions do not depend on what is fitted beside it, bit for bit."""
    trains, x = _trains(dataset), dataset.examples.x[:ROWS]
    together = plugin.fn(trains, dataset.schema(), seeds=[0, 1, 2], **params)
    for i, train in enumerate(trains):
        (alone,) = plugin.fn([train], dataset.schema(), seeds=[i], **params)
        same = np.array_equal(np.asarray(together[i](x)), np.asarray(alone(x)))
        _require(same, plugin, f"a batch must equal its single fits, bit for bit (training set {i}).")


def predictions_are_probabilities(plugin: ModelPlugin, dataset: Dataset, **params: Any) -> None:
    """(n, k), finite, in [0, 1], rows that sum to 1."""
    (predict,) = plugin.fn(_trains(dataset)[:1], dataset.schema(), seeds=[0], **params)
    scores = np.asarray(predict(dataset.examples.x[:ROWS]))
    _require(scores.shape == (min(ROWS, len(dataset.examples)), dataset.n_classes), plugin, "one column per class.")
    in_range = bool(np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1 + 1e-9).all())
    _require(in_range, plugin, "probabilities must be finite and lie in [0, 1].")
    _require(bool(np.allclose(scores.sum(1), 1, atol=1e-6)), plugin, "each row's probabilities must sum to 1.")


def a_row_is_scored_alone(plugin: ModelPlugin, dataset: Dataset, **params: Any) -> None:
    """A held-out row's scores do not depend on the rows that are scored with it, bit for bit."""
    (predict,) = plugin.fn(_trains(dataset)[:1], dataset.schema(), seeds=[0], **params)
    x = dataset.examples.x[:ROWS]
    together, alone = np.asarray(predict(x)), np.asarray(predict(x[-1:]))
    _require(np.array_equal(together[-1:], alone), plugin, "a row's scores must not depend on its companions.")


def learns(plugin: ModelPlugin, dataset: Dataset, **params: Any) -> None:
    """Better than chance on its own training rows."""
    train = _trains(dataset)[0]
    (predict,) = plugin.fn([train], dataset.schema(), seeds=[0], **params)
    hit = float((np.asarray(predict(train.real.x)).argmax(1) == train.real.y).mean())
    chance = float(np.bincount(train.real.y).max() / len(train.real))
    _require(hit > chance, plugin, f"it must learn: {hit:.2f} right on its training rows, {chance:.2f} guessed.")


# --- metrics ------------------------------------------------------------------------------------------------------


def _scored(k: int, n: int = 90, sharp: float = 1.0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rng = stream("laws", k, n)
    y = rng.integers(0, k, size=n)
    raw = rng.standard_normal((n, k)) + sharp * np.eye(k)[y]
    raw = np.exp(raw)
    return y, raw / raw.sum(1, keepdims=True)


def _told(plugin: MetricPlugin, k: int) -> MetricPlugin:
    """The metric of k classes, told something likely where it must be told of a class, a level, bins or costs."""
    classes = tuple(map(str, range(k)))
    rows = Examples(np.empty((k + 1, 1)), np.append(np.arange(k), 0), np.arange(k + 1))  # class 0 is twice as large
    likely = {"class": "1", "level": plugin.argument or "0.9", "rare": "0.5"}.get(plugin.needs, plugin.argument)
    costs = {true: {said: float(said != true) for said in classes} for true in classes}
    return settled(replace(plugin, argument=likely), Dataset("laws", "tabular", rows, classes), costs)


def row_order_is_irrelevant(plugin: MetricPlugin) -> None:
    """Permuting the rows changes nothing."""
    for k in (2, 4):
        (y, scores), told = _scored(k), _told(plugin, k)
        order = stream("laws", "order").permutation(len(y))
        one, two = told.fn(y, scores), told.fn(y[order], scores[order])
        _require(bool(np.isclose(one, two, rtol=1e-9)), plugin, f"row order must not matter: {one} and {two}.")


def stays_in_its_bounds(plugin: MetricPlugin) -> None:
    """Chance, good and perfect predictions all lie within the declared bounds."""
    low, high = (told := _told(plugin, 3)).bounds
    for sharp in (0.0, 1.0, 50.0):
        value = float(told.fn(*_scored(3, sharp=sharp)))
        _require(low - 1e-9 <= value <= high + 1e-9, plugin, f"{value:g} is outside [{low:g}, {high:g}].")


def perfect_beats_chance(plugin: MetricPlugin) -> None:
    """Perfect predictions are better than chance, in the declared direction."""
    for k in (2, 4):
        chance, perfect = (float(_told(plugin, k).fn(*_scored(k, sharp=sharp))) for sharp in (0.0, 50.0))
        better = perfect > chance if plugin.higher_is_better else perfect < chance
        _require(better, plugin, f"perfect ({perfect:g}) must beat chance ({chance:g}).")


def contributions_average_to_the_metric(plugin: MetricPlugin) -> None:
    """The mean of the held-out rows' parts is the metric."""
    for k in (2, 4):
        (y, scores), told = _scored(k), _told(plugin, k)
        if told.contributions is None:
            return
        parts = np.asarray(told.contributions(y, scores))
        same = parts.shape == (len(y),) and bool(np.isclose(parts.mean(), told.fn(y, scores), rtol=1e-7))
        _require(same, plugin, "the rows' contributions must average to the metric.")


def reads_what_it_says(plugin: MetricPlugin) -> None:
    """A metric of classes sees the highest score's column alone, one of ranks the order within each column alone."""
    for k in (2, 4):
        y, scores = _scored(k)
        other = {"classes": np.eye(k)[scores.argmax(1)], "ranks": np.exp(3 * scores)}.get(plugin.reads or "")
        one, two = (float(_told(plugin, k).fn(y, seen)) for seen in (scores, scores if other is None else other))
        _require(bool(np.isclose(one, two, rtol=1e-9)), plugin, f"it reads more than it says ({plugin.reads}).")


# --- datasets -----------------------------------------------------------------------------------------------------


def rows_are_numbered_and_classes_are_used(plugin: DatasetPlugin, **params: Any) -> None:
    """ids are 0 … n-1, classes consecutive and each present."""
    loaded: Dataset = plugin.fn(**params)
    _require(np.array_equal(loaded.examples.ids, np.arange(len(loaded.examples))), plugin, "ids must be 0 … n-1.")
    if loaded.classes:
        used = np.array_equal(np.unique(loaded.examples.y), np.arange(loaded.n_classes))
        _require(used, plugin, "labels must be 0 … k-1, each class with a row.")


def says_where_it_comes_from(plugin: DatasetPlugin, **params: Any) -> None:
    """Source and licence are given."""
    loaded: Dataset = plugin.fn(**params)
    _require(bool(loaded.source and loaded.licence), plugin, "a dataset must name its source and licence.")


LAWS: Mapping[Kind, Sequence[Law]] = {
    "augmenter": (
        same_stream_same_rows,
        larger_dose_starts_with_the_smaller,
        input_stays_untouched,
        labels_are_the_parents,
        a_row_is_made_in_any_company,
        a_draw_is_another_version,
    ),
    "model": (batch_equals_single, predictions_are_probabilities, a_row_is_scored_alone, learns),
    "metric": (
        row_order_is_irrelevant,
        stays_in_its_bounds,
        perfect_beats_chance,
        contributions_average_to_the_metric,
        reads_what_it_says,
    ),
    "dataset": (rows_are_numbered_and_classes_are_used, says_where_it_comes_from),
}

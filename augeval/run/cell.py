"""run_cells(tile) -> results: takes names, returns numbers.

split -> apply the arm to the training rows (and to those without each inner fold, where scores are treated) -> fit the
whole tile -> score every held-out row -> drift of the synthetic rows. Test rows reach the predictor's input and the
metrics, and nothing else. A tile that raises is run again one cell at a time, so one bad cell costs one cell.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from augeval.data.filled import Fill
from augeval.errors import ContractError, DataError, NotApplicable
from augeval.results import CellResult
from augeval.run.bench import Bench, bench_for, load_dataset
from augeval.run.fidelity import panel_of
from augeval.run.observe import drift_and_samples, predicted, score
from augeval.run.ready import Prepared, prepared
from augeval.run.treating import Fitted, reliability, score_maps
from augeval.types import Cell, Dataset, Json, Predictor, TrainingSet

__all__ = ["run_cells", "run_one", "run_tile"]

T = TypeVar("T")


def run_tile(tile: str) -> list[CellResult]:
    """The results of a tile, in the order of its cells; what a worker process calls.

    Args:
        tile: JSON with "dataset" (what `load_dataset` takes), "cells", "allow_code", "folder", that paths of arms start
            from, and "account", that pays for rows.
    """
    value = json.loads(tile)
    cells = [Cell.from_json(cell) for cell in value["cells"]]
    dataset = load_dataset(json.dumps(value["dataset"], sort_keys=True), value["allow_code"])
    _same_rows(dataset, cells[0])
    bench = bench_for(cells[0], dataset, allow_code=value["allow_code"], folder=value.get("folder"))
    return run_cells(cells, replace(bench, account=value.get("account", "")))


def run_cells(cells: Sequence[Cell], bench: Bench) -> list[CellResult]:
    """Fit the cells together and measure each; a cell that cannot be measured says why in its result."""
    ready: dict[str, Prepared] = {}
    results: dict[str, CellResult] = {}
    for cell in cells:
        outcome = _guarded(cell, lambda cell=cell: prepared(cell, bench))  # type: ignore[misc]  # bound now, not later
        if isinstance(outcome, CellResult):
            results[cell.key] = outcome
        else:
            ready[cell.key] = outcome
    results.update(_measure_together(list(ready.values()), bench))
    return [results[cell.key] for cell in cells]


def run_one(cell: Cell, bench: Bench) -> CellResult:
    """One cell alone, with nothing caught: for a debugger."""
    ready = prepared(cell, bench)
    fitted, seconds = _fit([ready], bench)
    return _observe(ready, fitted[0], bench, seconds)


def _measure_together(ready: list[Prepared], bench: Bench) -> dict[str, CellResult]:
    if not ready:
        return {}
    try:
        fitted, seconds = _fit(ready, bench)
    except Exception as error:  # whatever a plug-in raises becomes a result; alone, each cell gets its own
        if len(ready) > 1:
            return {p.cell.key: _measure_together([p], bench)[p.cell.key] for p in ready}
        return {ready[0].cell.key: _failed(ready[0].cell, error)}
    share = seconds / len(ready)
    return {
        p.cell.key: _as_result(p.cell, lambda p=p, found=found: _observe(p, found, bench, share))  # type: ignore[misc]
        for p, found in zip(ready, fitted, strict=True)
    }


def _fit(ready: list[Prepared], bench: Bench) -> tuple[list[Fitted], float]:
    """One predictor per draw and cell, and per draw of each inner fold, fitted as one batch."""
    start = time.process_time()
    trains = [training for p in ready for training in p.training_sets]
    seeds = [p.cell.seed for p in ready for _ in p.training_sets]
    flat = bench.model.fn(trains, bench.dataset.schema(), seeds=seeds, **ready[0].cell.model.params)
    if len(flat) != len(trains):
        raise ContractError(f"{bench.model.name} returned {len(flat)} predictors for {len(trains)} training sets.")
    each = iter(flat)
    found = [
        Fitted(
            [_behind(p.fill, next(each)) for _ in p.applied],
            [[_behind(fold.fill, next(each)) for _ in fold.applied] for fold in p.folds],
        )
        for p in ready
    ]
    return found, time.process_time() - start


def _behind(fill: Fill, predict: Predictor) -> Predictor:
    return lambda x: predict(fill(x))


def _observe(p: Prepared, fitted: Fitted, bench: Bench, fit_seconds: float) -> CellResult:
    start = time.process_time()
    test = bench.dataset.examples.take(p.split.test)
    k, name = bench.dataset.n_classes, bench.model.name
    predictions = [predicted(predict, test.x, k, name) for predict in fitted.own]
    maps = score_maps(p, fitted, bench)
    scored = score(predictions, test, bench.metrics, maps.by_metric)
    curves = reliability(test, predictions, maps, bench)
    scored_at = time.process_time()
    first = p.applied[0].training
    drift: dict[str, float] = {}
    samples: tuple[dict[str, Json], ...] = ()
    if bench.judge is not None and len(first.synthetic) and first.vectors is None:  # vectors: no judge reads them
        drift, samples = drift_and_samples(first, bench.judge(first), bench.dataset, p.cell)
    seconds = {
        "augment": p.seconds,
        "fit": fit_seconds,
        "score": scored_at - start,
        "drift": (drifted_at := time.process_time()) - scored_at,
    }
    fidelity = panel_of(p, bench)
    if fidelity:
        seconds["fidelity"] = time.process_time() - drifted_at
    return CellResult(
        key=p.cell.key,
        cell=p.cell,
        status="ok",
        scores=scored.scores,
        draw_scores=scored.draw_scores,
        per_example=scored.per_example,
        test_ids=test.ids,
        drift=drift,
        counts=_counts(p, bench),
        seconds=seconds,
        samples=samples,
        fidelity=fidelity,
        treated=maps.told(),
        reliability=curves,
    )


def _counts(p: Prepared, bench: Bench) -> dict[str, int]:
    """Sums over draws, with the rows that cannot reach the model: their features equal their parents'."""
    totals: dict[str, int] = {"train": len(p.applied[0].training.real), "test": len(p.split.test)}
    for applied in p.applied:
        for name, value in applied.counts.items():
            totals[name] = totals.get(name, 0) + value
    if bench.model.features is not None and totals.get("got"):
        vectors = p.applied[0].training.vectors is not None  # which the model sees as they are
        each = (a.counts["no_op"] if vectors else _unreached(a.training, bench, p.cell) for a in p.applied)
        totals["unreached"] = sum(each)
    return totals


def _unreached(training: TrainingSet, bench: Bench, cell: Cell) -> int:
    synthetic, real = training.synthetic, training.real
    if not len(synthetic) or synthetic.parents is None or bench.model.features is None:
        return 0
    position = {int(row): i for i, row in enumerate(real.ids)}
    parents = real.take(np.array([position[int(row)] for row in synthetic.parents[:, 0]]))
    seen = [np.asarray(bench.model.features(x, **cell.model.params)) for x in (synthetic.x, parents.x)]
    same_label = synthetic.y == parents.y
    return int(((seen[0] == seen[1]).reshape(len(synthetic), -1).all(1) & same_label).sum())


def _guarded(cell: Cell, work: Callable[[], T]) -> T | CellResult:
    """What the work returns, or a result that says why there is nothing."""
    try:
        return work()
    except NotApplicable as reason:
        return CellResult(cell.key, cell, "not_applicable", error=str(reason))
    except Exception as error:  # a failing cell is recorded, and the rest go on
        return _failed(cell, error)


def _as_result(cell: Cell, work: Callable[[], CellResult]) -> CellResult:
    outcome: CellResult = _guarded(cell, work)
    return outcome


def _failed(cell: Cell, error: Exception) -> CellResult:
    if isinstance(error, NotApplicable):
        return CellResult(cell.key, cell, "not_applicable", error=str(error))
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{error} (at {where.name}, line {where.lineno} of {where.filename.rsplit('/', 1)[-1]})"
    notes = getattr(error, "__notes__", [])  # which plug-in and row, where one raised
    return CellResult(cell.key, cell, "failed", error_type=type(error).__name__, error=" ".join([text, *notes]))


def _same_rows(dataset: Dataset, cell: Cell) -> None:
    wanted: NDArray[Any] | Any = cell.dataset["fingerprint"]
    if dataset.fingerprint != wanted:
        raise DataError(
            f"The rows of '{dataset.name}' changed while the experiment ran (fingerprint {dataset.fingerprint[:12]}, "
            f"planned {str(wanted)[:12]}). Run again: cells of the old rows stay in the ledger and are not mixed in."
        )

"""What a user does around a run: see what it would take, how far it is, what an arm makes, one cell again."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augeval import config, registry, stages
from augeval.data.infer import infer
from augeval.data.tables import stem
from augeval.errors import EngineError
from augeval.experiment.starting import Data
from augeval.extend import ModelPlugin
from augeval.folders import read_experiment, run_folder
from augeval.harness import check_permission
from augeval.results import CellResult
from augeval.run import executors
from augeval.run.bench import bench_for
from augeval.run.cell import run_one
from augeval.run.environment import allowed_modules, available_cores
from augeval.run.ledger import Ledger
from augeval.run.plan import Tile, arms_with_references
from augeval.run.prepare import StudyPlan, one_cell, prepare
from augeval.types import Cell, Json

__all__ = ["Again", "PlanReport", "Status", "again", "find_cell", "first_experiment", "plan", "status", "unguarded"]

GUESS_SECONDS = {True: 4.0, False: 0.15}  # a fit by steps, or of a linear head; for cells nobody has timed yet
BYTES_A_CELL = 4000  # result and description as JSON, with their places in the indexes
SHOWN_FAILURES = 5
RARE = "A class is rare: --task imbalance writes an experiment with the controls and the metrics that this needs."


@dataclass(frozen=True)
class PlanReport:
    """What `augeval run` would do.

    Args:
        folder: where. cells: how many there are; done: of these, in the ledger; None if it was not looked at.
        minutes: until all are done, with `workers` processes; `basis` says what the estimate rests on.
        megabytes: that the ledger will take. code: dotted paths that would be imported.
        studies: {"dataset", "models", "arms", "train_sizes", "seeds", "cells"} of each.
        note: why something was not looked at, or what else a run may need.
    """

    folder: Path
    cells: int
    done: int | None
    minutes: float | None
    basis: str
    megabytes: float | None
    workers: int
    code: tuple[str, ...]
    studies: tuple[Mapping[str, Json], ...]
    note: str = ""


@dataclass(frozen=True)
class Status:
    """How far a run is.

    Args:
        planned: cells of the last `augeval run`; ok, failed, not_applicable: finished ones; missing: the rest.
        outbox: records for MLflow by state. failures: "arm, model, seed: error" of the first few.
        report: the page, if one was written since the last cell; None while cells are missing.
    """

    folder: Path
    name: str
    planned: int
    ok: int
    failed: int
    not_applicable: int
    missing: int
    outbox: Mapping[str, int]
    failures: tuple[str, ...]
    report: Path | None


@dataclass(frozen=True)
class Again:
    """A cell that was run once more, and whether its scores are those of the ledger (None: it is not there)."""

    result: CellResult
    same: bool | None


def first_experiment(
    data: Path, path: Path, *, text: str | None = None, label: str | None = None, task: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The text of a first experiment for a data file, and which columns were taken and what was guessed of them.

    Args:
        data: the file. path: of the experiment file, beside which the data is named. text, label: columns.
        task: "imbalance" for the arms and metrics that a rare class needs; None for the general ones.

    Raises:
        InputError: the file cannot be used, or does not tell which column is what; or no class is rare.
    """
    guess = infer(data, text, label)
    beside = os.path.relpath(data.absolute(), path.parent.absolute())
    described = {**guess.description, "file": Path(beside).as_posix()}
    about: dict[str, Any] = {"modality": guess.modality, "classes": guess.classes, "notes": guess.notes}
    if task == "imbalance":
        made = config.imbalance_starter(stem(path), described, features=config.Features(**guess.features), **about)
    else:
        made = config.starter(stem(path), described, **about)
    config.loads(made, file=str(path), folder=str(path.parent.absolute()))  # what is written can be read
    roles = [f"column '{described[role]}' is the {role}" for role in ("text", "label") if role in described]
    taken = f"{', '.join(roles)}; {sum(guess.classes.values()):,} rows, {len(guess.classes)} classes."
    hint = [RARE] if task is None and Data(guess.modality, guess.classes, has_test=False).imbalanced else []
    return made, (f"The {' '.join(taken.split())}", *guess.notes, *hint)


def plan(experiment: config.Experiment, out: Path | None = None, *, allow_code: bool = False) -> PlanReport:
    """What a run would take; nothing is run, and no project code is imported unless that is allowed.

    Args:
        experiment: from `config.load`. out: run folder, as for `run`.
        allow_code: dotted names may be imported, to plan their cells exactly.

    Raises:
        InputError: the experiment cannot be run as it is.
    """
    folder, code = run_folder(experiment, out), experiment.code()
    workers = available_cores()
    allowed = allowed_modules(Path.cwd())
    if not allow_code and any(name.split(":")[0].split(".")[0] not in allowed for name in code):
        counted = tuple(_counted(study) for study in experiment.studies)
        total = sum(int(study["cells"]) for study in counted)
        note = "Data, ledger and time were not looked at, since that imports the code above. Add --allow-code."
        return PlanReport(folder, total, None, None, "", None, workers, code, counted, note)
    studies = prepare(experiment.studies, allow_code=True)
    tiles = [(study, tile) for study in studies for tile in (*study.tiles, *study.sentinel.tiles)]
    cells = [(study, cell) for study, tile in tiles for cell in tile.cells]
    results, refusal = _results(folder, experiment)
    stored = {} if refusal else {result.key: result for result in results if result.status != "failed"}
    missing = [(study, cell) for study, cell in cells if cell.key not in stored]
    asked = _asked(studies, [] if refusal else results)
    over = bool(asked) and asked <= {result.key for result in results}
    seconds, basis = _estimate([] if over else missing, results)
    bytes_ = sum(BYTES_A_CELL + 4 * len(cell.metrics) * _held_out(study) for study, cell in cells)
    return PlanReport(
        folder=folder,
        cells=len(cells),
        done=len(cells) - len(missing),
        minutes=seconds / 60 / workers,
        basis=basis,
        megabytes=bytes_ / 1e6,
        workers=workers,
        code=code,
        studies=tuple(_described(study) for study in studies),
        note=refusal or _so_far(asked, results, len(cells)) or _more_or_less(studies),
    )


def _results(folder: Path, experiment: config.Experiment) -> tuple[list[CellResult], str]:
    """What the folder's ledger holds, and why the experiment cannot go on there, or ""."""
    if not (folder / "ledger.sqlite").is_file():
        return [], ""
    with Ledger.open(folder, readonly=True) as ledger:
        return ledger.results(), ledger.of_another(experiment.to_json(), experiment.digest)


def _asked(studies: Sequence[StudyPlan], results: Sequence[CellResult]) -> set[str]:
    """Keys of the cells that the results so far call for: less than all in a race, more with those that confirm."""
    if not results or not any(study.looks or not study.unconfirmed for study in studies):
        return set()
    return {cell.key for study in studies for tile in stages.needed(study, results) for cell in tile.cells}


def _so_far(asked: set[str], results: Sequence[CellResult], planned: int) -> str:
    """How far a race or a confirmation is; "" where nothing depends on what is found, or nothing was begun."""
    if not asked:
        return ""
    done = len(asked & {result.key for result in results})
    if done == len(asked):
        why = "" if done == planned else f" with {done} cells: a race asks for fewer, a confirmation for more"
        return f"The run is finished{why}."
    return f"So far the run asks for {len(asked)} cells and has {done}; what it finds may call for more."


def _more_or_less(studies: Sequence[StudyPlan]) -> str:
    """What the number of cells leaves out, since it depends on what is found."""
    said = [*(line for study in studies for line in study.never), *_watched(studies)]
    if any(study.looks for study in studies):
        said.append("These are the most: a race stops arms that are decided.")
    again = [study for study in studies if not study.unconfirmed]
    if again:
        per_choice = max(3 * study.study.seeds for study in again)
        said.append(f"Each chosen dose is measured again, with at most {per_choice} cells more.")
    return " ".join(said)


def _watched(studies: Sequence[StudyPlan]) -> list[str]:
    """What the sentinels among the cells are."""
    watched = [cell for study in studies for cell in study.sentinel.cells]
    models = ", ".join(dict.fromkeys(cell.model.label for cell in watched))
    return [f"{len(watched)} of the cells are the sentinel: {models} on permuted labels."] if watched else []


def _counted(study: config.Study) -> dict[str, Json]:
    """The size of a study as it is written, without looking anything up."""
    arms = arms_with_references(study.arms)
    total = len(study.models) * len(study.train_sizes) * len(arms) * study.seeds
    return {
        "dataset": study.dataset.to_json().get("name") or "",
        "models": [model.label for model in study.models],
        "arms": [arm.label for arm in arms],
        "train_sizes": list(study.train_sizes),
        "seeds": study.seeds,
        "cells": total,
    }


def _described(study: StudyPlan) -> dict[str, Json]:
    cells = [cell for tile in study.tiles for cell in tile.cells]
    return {
        **_counted(study.study),
        "dataset": study.dataset.name,
        "rows": len(study.dataset.examples),
        "arms": list(dict.fromkeys(cell.arm.label for cell in cells)),
        "cells": len(cells) + len(study.sentinel.cells),
        "sentinel": len(study.sentinel.cells),
    }


def _stored(folder: Path) -> dict[str, CellResult]:
    if not (folder / "ledger.sqlite").is_file():
        return {}
    with Ledger.open(folder, readonly=True) as ledger:
        return {result.key: result for result in ledger.results() if result.status != "failed"}


def _held_out(study: StudyPlan) -> int:
    fixed = study.dataset.test_rows
    return len(fixed) if fixed is not None else round(study.study.split.test * len(study.dataset.examples))


def _estimate(missing: Sequence[tuple[StudyPlan, Cell]], known: Iterable[CellResult]) -> tuple[float, str]:
    """Processor seconds that the missing cells will take, and what the number rests on."""
    measured: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for result in known:
        spent = sum(result.seconds.values())
        model, size = result.cell.model.label, str(result.cell.train_size)
        for name in ((model, size, result.cell.arm.family), (model, size), (model,)):
            measured[name].append(spent)
    total, guessed = 0.0, 0
    for _, cell in missing:
        names = ((cell.model.label, str(cell.train_size), cell.arm.family), (cell.model.label, str(cell.train_size)))
        found = next((measured[name] for name in (*names, (cell.model.label,)) if name in measured), None)
        guessed += found is None
        total += sum(found) / len(found) if found else _guess(cell)
    if not missing:
        return 0.0, "nothing is left to compute"
    timed = "cells of this run folder that were timed"
    if guessed == len(missing):
        return total, "a rough guess: no cell has been timed in this run folder yet"
    return total, timed if not guessed else f"{timed}; a rough guess for {guessed} of {len(missing)} cells"


def _guess(cell: Cell) -> float:
    model: ModelPlugin = registry.get("model", cell.model.name, allow_code=True)
    fits = cell.draws if cell.design == "crossed" else 1
    return GUESS_SECONDS[model.has_steps] * fits


def status(folder: Path) -> Status:
    """How far the run in a folder is; reads beside a running writer, and says nothing of who leads.

    Raises:
        InputError: the folder holds no ledger.
    """
    name = read_experiment(folder).name
    with Ledger.open(folder, readonly=True) as ledger:
        states, planned = ledger.states(), ledger.get_meta("planned")
        outbox = ledger.outbox.counts()
        failed_keys = [key for key, state in states.items() if state == "failed"]
        failures = [_last_failure(ledger, key) for key in failed_keys[:SHOWN_FAILURES]]
    keys = set(states if planned is None else planned)
    counts = {state: sum(states.get(key) == state for key in keys) for state in ("ok", "failed", "not_applicable")}
    missing = len(keys) - sum(counts.values())
    report = folder / "report.html"
    return Status(
        folder=folder,
        name=name,
        planned=len(keys),
        **counts,
        missing=missing,
        outbox=outbox,
        failures=tuple(failures),
        report=report if report.exists() and not missing else None,
    )


def _last_failure(ledger: Ledger, key: str) -> str:
    error_type, error = ledger.failures(key)[-1]
    first = (error or "").strip().split("\n")[0]
    return f"{key[:12]}: {error_type}: {first}"


def again(experiment: config.Experiment, key: str, *, allow_code: bool, folder: Path | None = None) -> Again:
    """Run one planned cell once more in this process, as a worker would.

    Args:
        experiment: whose cell; key: the first characters of the cell's key.
        folder: run folder whose ledger the scores are compared with.

    Raises:
        InputError: no cell or several have such a key.
    """
    study, cell = find_cell(experiment, key, allow_code=allow_code)
    payload = study.payload(Tile(0, (cell,)))
    outcome = next(iter(executors.serial([payload], "augeval.run.cell:run_tile")))
    if outcome.status != "ok":
        raise EngineError(f"The cell could not be run: {outcome.error_type}: {outcome.error}")
    result: CellResult = outcome.value[0]
    stored = _stored(folder).get(cell.key) if folder else None
    return Again(result, None if stored is None else dict(stored.scores) == dict(result.scores))


def find_cell(experiment: config.Experiment, key: str, *, allow_code: bool) -> tuple[StudyPlan, Cell]:
    """The planned cell whose key starts like this, and its study.

    Raises:
        InputError: no cell or several have such a key.
    """
    check_permission(experiment, allow_code=allow_code)
    return one_cell(prepare(experiment.studies, allow_code=True), key)


def unguarded(experiment: config.Experiment, key: str, *, allow_code: bool) -> Callable[[], CellResult]:
    """A call that runs one planned cell with nothing caught, for a debugger.

    Raises:
        InputError: no cell or several have such a key.
    """
    study, cell = find_cell(experiment, key, allow_code=allow_code)
    bench = bench_for(cell, study.dataset, allow_code=True, folder=study.study.dataset.folder)
    return lambda: run_one(cell, bench)

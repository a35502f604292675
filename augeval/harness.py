"""run(): experiment file in; verdicts, report and tracking records out. The only module that knows every room."""

from __future__ import annotations

import inspect
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from augeval import config, registry, stages, tracking
from augeval.augment.foreign import is_foreign
from augeval.errors import CodeNotAllowedError, ContractError, EngineError, InputError
from augeval.folders import (
    RunResult,
    artifacts,
    read_experiment,
    read_run,
    rebuild_report,
    run_folder,
    sync,
    tracking_name,
    write_files,
)
from augeval.judging import judge_across, judge_study
from augeval.records import without_credentials
from augeval.report import summary
from augeval.results import CellResult
from augeval.run import executors
from augeval.run.environment import allowed_modules, available_cores, commit, environment, version
from augeval.run.folder import locked
from augeval.run.ledger import Ledger
from augeval.run.plan import Tile
from augeval.run.prepare import StudyPlan, prepare
from augeval.types import Json

__all__ = [
    "Event",
    "Options",
    "RunResult",
    "check_permission",
    "judge_study",
    "read_experiment",
    "read_run",
    "rebuild_report",
    "run",
    "sync",
]

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Options:
    """How a run is computed; nothing here can change a number.

    Args:
        out: run folder; None stands for reports/<name> below the current folder.
        executor: "processes" (one-thread workers), or "serial" (this process).
        workers: how many processes; None for one per core.
        timeout: seconds that a tile may take, or None.
        allow_code: dotted names may run project code. allow_env_change: resume with other library versions.
        fresh: set an existing ledger aside. retry_failed: run failed cells again.
        track: False leaves MLflow alone. require_tracking: an unreachable server is an error at the end.
    """

    out: Path | None = None
    executor: Literal["serial", "processes"] = "processes"
    workers: int | None = None
    timeout: float | None = None
    allow_code: bool = False
    allow_env_change: bool = False
    fresh: bool = False
    retry_failed: bool = False
    track: bool = True
    require_tracking: bool = False
    command: str = "augeval.run"


@dataclass
class _Clock:
    """When the run began, and what it has done; times go to provenance and costs only."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    tick: float = field(default_factory=time.monotonic)


def run(
    experiment: config.Experiment | str | Path,
    options: Options | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> RunResult:
    """Compute what is missing, decide, write the report, and hand the records to MLflow.

    The same call again resumes: cells of the ledger are not computed twice.

    Args:
        experiment: a file, or what `config.load` made of one.
        options: how to compute it.
        on_event: told of progress: {"kind": "planned" | "tile" | "deciding" | "tracking", ...}.

    Raises:
        InputError: the experiment, a dataset, a plug-in or the run folder is not usable; nothing was run.
        KeyboardInterrupt: stopped; finished cells are in the ledger.
    """
    options, clock = options or Options(), _Clock()
    exp = experiment if isinstance(experiment, config.Experiment) else config.load(experiment)
    check_permission(exp, allow_code=options.allow_code)
    studies = prepare(exp.studies, allow_code=True)
    _try_plugins(studies, options)
    folder = _folder(exp, options)
    with Ledger.open(folder) as ledger:
        ledger.begin(exp.to_json(), exp.digest, environment(), allow_env_change=options.allow_env_change)
        needed = _compute(studies, ledger, options, on_event)
        on_event({"kind": "deciding"})
        results = [result for result in ledger.results() if result.key in needed]
        result = _conclude(exp, studies, results, ledger, options, clock)
        if not options.track:
            return result
        on_event({"kind": "tracking"})
        return _track(exp, result, ledger, options, clock)


def check_permission(experiment: config.Experiment, *, allow_code: bool) -> None:
    """Refuse project code that neither the caller nor the project's pyproject.toml allows.

    Raises:
        CodeNotAllowedError: names the first such path.
    """
    allowed = allowed_modules(Path.cwd())
    for name in experiment.code():
        if not allow_code and name.split(":")[0].split(".")[0] not in allowed:
            raise CodeNotAllowedError(
                f"The experiment names Python code, '{name}', which runs with your rights. Allow it with --allow-code, "
                f'or with allow-code = ["{name.split(":")[0]}"] under [tool.augeval] in the project\'s pyproject.toml.'
            )


def _try_plugins(studies: Sequence[StudyPlan], options: Options) -> None:
    """Run one cell of every pairing that involves somebody's own plug-in, so that a broken law stops the run early.

    Where the cells of the run are computed, so are these: a plug-in that ends or hangs its process, or prints, does
    that to a worker. A trial that is lost says nothing here; its cell is run again, recorded and blamed.

    Raises:
        InputError: what the plug-in did, before anything was written.
    """
    lifted = [payload for study in studies for payload in _lifted_tiles(study)]
    for outcome in _executed(lifted, studies, options, "augeval.laws:tried"):
        if outcome.value:
            raise InputError(str(outcome.value))
    trials = [payload for study in studies for payload in study.trial_tiles()]
    for outcome in _executed(trials, studies, options):
        for result in outcome.value or ():
            if result.status == "failed" and result.error_type == ContractError.__name__:
                raise InputError(f"{result.cell.arm.label} with {result.cell.model.label}: {result.error}")


def _lifted_tiles(study: StudyPlan) -> list[str]:
    """One cell of each augmenter of another library: its author never promised to keep our laws."""
    found: dict[str, Tile] = {}
    for tile in study.tiles:
        name, cell = tile.cells[0].arm.augmenter.name, tile.cells[0]
        plugin = registry.get("augmenter", name, allow_code=True)
        ours = registry.describe_source("augmenter", name) in ("built in", "this process")
        if is_foreign(plugin) and (not ours or hasattr(inspect.unwrap(plugin.fn), "augment")):
            found.setdefault(cell.arm.maker.label, Tile(tile.study, (cell,)))
    return [study.payload(tile) for tile in found.values()]


def _executed(
    payloads: Sequence[str],
    studies: Sequence[StudyPlan],
    options: Options,
    entry: str = "augeval.run.cell:run_tile",
    crew: executors.Crew | None = None,
) -> Iterator[executors.Outcome]:
    """Compute tiles, given as JSON; plug-ins that live in this process only are run in it."""
    serial = options.executor == "serial" or any(study.in_memory for study in studies)
    execute = executors.serial if serial else executors.processes
    workers = options.workers or available_cores()
    return execute(payloads, entry, workers=workers, timeout=options.timeout, crew=crew)


def _folder(experiment: config.Experiment, options: Options) -> Path:
    folder = run_folder(experiment, options.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"The run folder {folder} cannot be written: {error.strerror}. Choose another with --out."
        ) from error
    if options.fresh and (folder / "ledger.sqlite").exists():
        _set_aside(folder)
    return folder


def _set_aside(folder: Path) -> None:
    """Rename an old ledger, also one that cannot be read, so that --fresh never destroys a result."""
    with locked(folder):  # nobody else is writing it
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        for path in sorted(folder.glob("ledger.sqlite*")):
            path.rename(folder / path.name.replace("ledger", f"ledger-{stamp}", 1))


def _compute(
    studies: Sequence[StudyPlan], ledger: Ledger, options: Options, on_event: Callable[[Event], None]
) -> set[str]:
    """Run every tile with a missing cell, stage by stage; the driver alone writes the ledger.

    Returns:
        Keys of all cells that the run needed.
    """
    with executors.Crew() as crew:  # its workers serve every stage: a start takes longer than many a stage
        execute = partial(_executed, studies=studies, options=options, crew=crew)
        return _in_stages(studies, ledger, options, execute, on_event)


def _in_stages(
    studies: Sequence[StudyPlan],
    ledger: Ledger,
    options: Options,
    execute: Callable[[Sequence[str]], Iterator[executors.Outcome]],
    on_event: Callable[[Event], None],
) -> set[str]:
    tried: set[str] = set()  # in this run: a cell that failed is tried again by the next one
    while True:
        results = ledger.results()
        tiles = [(tile, study.payload(tile)) for study in studies for tile in stages.needed(study, results)]
        needed = {cell.key for tile, _ in tiles for cell in tile.cells}
        ledger.set_meta("planned", sorted(needed))
        ledger.set_meta("races", [race for study in studies for race in stages.course(study, results)])
        done = ledger.finished(retry_failed=options.retry_failed) | tried
        missing = [(tile, payload) for tile, payload in tiles if any(cell.key not in done for cell in tile.cells)]
        left = sum(len(tile.cells) for tile, _ in missing)
        on_event({"kind": "planned", "cells": len(needed), "done": len(needed) - left})
        if not missing:
            return needed
        _compute_tiles(missing, done, ledger, execute, on_event)
        tried |= {cell.key for tile, _ in missing for cell in tile.cells}


def _compute_tiles(
    tiles: Sequence[tuple[Tile, str]],
    done: set[str],
    ledger: Ledger,
    execute: Callable[[Sequence[str]], Iterator[executors.Outcome]],
    on_event: Callable[[Event], None],
) -> None:
    for outcome in execute([payload for _, payload in tiles]):
        cells = tiles[outcome.index][0].cells
        results = outcome.value if outcome.status == "ok" else [_lost(cell, outcome) for cell in cells]
        ledger.append([result for result in results if result.key not in done])
        failed = sum(result.status == "failed" for result in results)
        on_event({"kind": "tile", "cells": len(cells), "failed": failed})


def _lost(cell: Any, outcome: executors.Outcome) -> CellResult:  # a Cell of the tile
    return CellResult(cell.key, cell, "failed", error_type=outcome.error_type or outcome.status, error=outcome.error)


def _conclude(
    exp: config.Experiment,
    studies: Sequence[StudyPlan],
    results: Sequence[CellResult],
    ledger: Ledger,
    options: Options,
    clock: _Clock,
) -> RunResult:
    """Decide from the ledger's rows alone and write every file of the run folder."""
    judged = [judge_study(study, results) for study in studies]
    judgements, across = list(chain(*judged)), judge_across(studies, results, judged)
    described = {"name": exp.name, "config_digest": exp.digest, "studies": [study.describe() for study in studies]}
    built = summary.build(described, results, judgements, _provenance(exp, options, clock), across)
    ledger.export_parquet(ledger.folder / "cells.parquet")
    write_files(ledger.folder, built, exp.text)
    return RunResult(built, ledger.folder)


def _provenance(exp: config.Experiment, options: Options, clock: _Clock) -> dict[str, Json]:
    now = datetime.now(UTC)
    source = exp.source
    return {
        "version": version(),
        **environment(),
        "git_commit": commit(source.parent if source else Path.cwd()),
        "config_file": source.name if source else None,
        "command": options.command,
        "executor": options.executor,
        "workers": options.workers or available_cores(),
        "code": list(exp.code()),
        "started": clock.started.isoformat(timespec="seconds"),
        "finished": now.isoformat(timespec="seconds"),
        "wall_seconds": round(time.monotonic() - clock.tick, 1),
    }


def _track(exp: config.Experiment, result: RunResult, ledger: Ledger, options: Options, clock: _Clock) -> RunResult:
    uri = tracking.resolve(exp.tracking.uri if exp.tracking else None)
    tracking.fill(
        ledger.outbox,
        result.summary,
        artifacts(result.folder),
        run_id=ledger.run_id,
        started_ms=ledger.started_ms,
        finished_ms=int(time.time() * 1000),
    )
    report = tracking.drain(ledger.outbox, uri, tracking_name(exp))
    required = options.require_tracking or bool(exp.tracking and exp.tracking.require)
    if report.left and required:
        raise EngineError(
            f"{report.left} tracking records could not be sent to {without_credentials(uri)}: {report.error}. "
            f"The report is written. Later: augeval sync {result.folder}"
        )
    return replace(result, tracked=report, tracking_uri=uri)

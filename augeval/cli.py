"""The command line: parse, call, print. Results go to stdout, everything else to stderr."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augeval.errors import InputError, TrackingError
from augeval.terminal import commands
from augeval.terminal.across import across_rows, across_tables
from augeval.terminal.console import (
    alarm_lines,
    emit,
    paragraph,
    progress,
    result,
    say,
    table,
    verdict_rows,
    verdict_table,
)
from augeval.terminal.exits import CELLS_FAILED, Command, Commands, terminable
from augeval.terminal.leaks import leak_demo
from augeval.terminal.options import AllowCode, AsJson, ExperimentFile, Out, folder_of, load
from augeval.terminal.streams import settle
from augeval.terminal.versus import versus

if TYPE_CHECKING:
    from augeval.config import Experiment
    from augeval.folders import RunResult

__all__ = ["app", "main"]


class Executor(StrEnum):
    """Where tiles are computed."""

    serial = "serial"
    processes = "processes"


app = typer.Typer(
    cls=Commands,
    name="augeval",
    help="Does this augmentation help my model, and how much of it is too much?",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """What the console script calls."""
    settle()
    app(prog_name="augeval")


def _version(asked: bool) -> None:
    if asked:
        from augeval.run.environment import version

        result(f"augeval {version()}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error (or AUGEVAL_DEBUG=1).")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Does this augmentation help my model, and how much of it is too much?"""


def validate(file: ExperimentFile, as_json: AsJson = False) -> None:
    """Check an experiment file.

    Loads no data and runs no code of yours. Shows all problems at once.
    """
    exp = load(file)
    if as_json:
        emit({"ok": True, "name": exp.name, "config_digest": exp.digest, "studies": len(exp.studies)})
        return
    for study in exp.studies:
        parts = f"{len(study.models)} model(s), {len(study.arms)} arm(s), {study.seeds} seeds"
        result(f"{study.dataset.label}: {parts}")
    code = f"; names Python code: {', '.join(exp.code())}" if exp.code() else ""
    result(f"ok: {file}{code}")


def plan(  # noqa: PLR0913  # one parameter per option of the command line
    file: ExperimentFile,
    out: Out = None,
    allow_code: AllowCode = False,
    power: Annotated[bool, typer.Option("--power", help="Say which effects the planned seeds find.")] = False,
    effect: Annotated[list[float] | None, typer.Option(help="Gain that --power seeks: 0.02 is 2 points.")] = None,
    pilot: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help="Run folder of a pilot.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count the cells, time, disk and code of a run; runs nothing.

    With --power: how many seeds find which effects, from a pilot's ledger or the run's own.
    """
    if power or effect or pilot:
        _plan_power(load(file), out, pilot, effect or [], allow_code=allow_code, as_json=as_json)
        return
    from augeval import actions
    from augeval.report.wording import duration

    report = actions.plan(load(file), out, allow_code=allow_code)
    if as_json:
        emit({**asdict(report), "folder": str(report.folder)})
        return
    head = ("Dataset", "Models", "Arms", "Train sizes", "Seeds", "Cells")
    rows = []
    for study in report.studies:
        sizes = ", ".join("all" if size is None else str(size) for size in study["train_sizes"])
        counts = (len(study["arms"]), sizes, study["seeds"], study["cells"])
        rows.append((study["dataset"], ", ".join(study["models"]), *counts))
    table(head, rows)
    done = "" if report.done is None else f", {report.done} of them in the ledger of {report.folder}"
    result(f"{report.cells} cells{done}. Arms include the references none and duplicate.")
    if report.minutes is not None:
        time = duration(60 * report.minutes)
        result(f"About {time} with {report.workers} process(es): {report.basis}.")
        result(f"About {report.megabytes:.1f} MB on disk.")
    result(f"Python code that would be imported: {', '.join(report.code) or 'none'}.")
    if report.note:
        result(report.note)


def _plan_power(
    exp: Experiment, out: Path | None, pilot: Path | None, effects: list[float], *, allow_code: bool, as_json: bool
) -> None:
    """What the planned seeds find, and how many find what they do not."""
    from augeval.prospects import prospects
    from augeval.terminal.prospects import show_prospects

    found = prospects(exp, out=out, pilot=pilot, effects=effects, allow_code=allow_code)
    if as_json:
        emit({**asdict(found), "folder": str(found.folder)})
    else:
        show_prospects(found)


def run(  # noqa: PLR0913  # one parameter per option of the command line
    file: ExperimentFile,
    out: Out = None,
    executor: Annotated[Executor, typer.Option(help="Where cells are computed.")] = Executor.processes,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one per core if not given.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0.0, help="Seconds that a tile of cells may take.")] = None,
    allow_code: AllowCode = False,
    allow_env_change: Annotated[bool, typer.Option("--allow-env-change", help="Resume under other versions.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Set an older ledger aside and start anew.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed cells again.")] = False,
    no_track: Annotated[bool, typer.Option("--no-track", help="Leave MLflow alone.")] = False,
    require_tracking: Annotated[
        bool, typer.Option("--require-tracking", help="Exit with 5 if MLflow cannot be reached.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes on stderr.")] = False,
) -> None:
    """Run an experiment: verdicts, report, MLflow records.

    The same command resumes. The first Ctrl-C finishes running cells, the second one stops at once.
    """
    from augeval import harness

    exp = load(file)
    options = harness.Options(
        out=out,
        executor=executor.value,
        workers=workers,
        timeout=timeout,
        allow_code=allow_code,
        allow_env_change=allow_env_change,
        fresh=fresh,
        retry_failed=retry_failed,
        track=not no_track,
        require_tracking=require_tracking,
        command=f"augeval run {file.name}",
    )
    try:
        with terminable(), progress(quiet=quiet) as on_event:
            found = harness.run(exp, options, on_event)
    except KeyboardInterrupt:
        say("Stopped. Finished cells are in the ledger; the same command goes on from there.")
        raise
    _print_run(found, exp, as_json=as_json, quiet=quiet)
    if found.failed:
        raise typer.Exit(CELLS_FAILED)


def status(
    where: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER|FILE]", help="Run folder or experiment; all runs if not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a run is, also while it runs.

    Cells done, failed and missing, and what MLflow lacks. Verdicts are not shown before the end.
    """
    from augeval import actions

    folders = [folder_of(where)] if where else sorted(path.parent for path in Path("reports").glob("*/ledger.sqlite"))
    if not folders:
        raise InputError("There is no run under reports/ here. Name a run folder, or start one: augeval run FILE")
    found = [actions.status(folder) for folder in folders]
    if as_json:
        emit({"runs": [{**asdict(s), "folder": str(s.folder), "report": s.report and str(s.report)} for s in found]})
        return
    head = ("Run", "Cells", "Done", "Not applicable", "Failed", "Missing", "MLflow records", "Report")
    rows = []
    for run in found:
        outbox = ", ".join(f"{count} {state}" for state, count in run.outbox.items()) or "none yet"
        counts = (run.planned, run.ok, run.not_applicable, run.failed, run.missing)
        rows.append((run.folder, *counts, outbox, run.report or "when it is finished"))
    table(head, rows)
    for run in found:
        for failure in run.failures:
            result(f"failed: {failure}")


def report(
    where: Annotated[Path, typer.Argument(metavar="FOLDER", help="Run folder or experiment file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Write a finished run's report again; print its verdicts."""
    from augeval import folders

    _print_run(folders.rebuild_report(folder_of(where)), None, as_json=as_json, quiet=False)


def sync(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Run folder.", show_default=False)],
    uri: Annotated[str | None, typer.Option(help="Tracking server; the experiment's own if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send what MLflow lacks of a run.

    Sending twice changes nothing.
    """
    from augeval import folders

    drained = folders.sync(folder, uri)
    if as_json:
        emit(asdict(drained))
    else:
        result(f"{drained.sent} record(s) sent, {drained.left} left.")
    if drained.left:
        raise TrackingError(f"{drained.left} record(s) wait in the outbox: {drained.error}. Try again later.")


def schema() -> None:
    """Print the JSON schema of experiment files."""
    import json

    from augeval import config

    result(json.dumps(config.schema(), indent=1, ensure_ascii=False))


def doctor(as_json: AsJson = False) -> None:
    """Say what is missing here, what for, and how to get it."""
    from augeval.terminal.doctor import examine

    findings = examine()
    if as_json:
        emit({"findings": [asdict(finding) for finding in findings]})
        return
    colours = {"broken": "red", "missing": "yellow"}
    rows = [(finding.what, finding.state, finding.detail) for finding in findings]
    table(("What", "State", "Where, or how to get it"), rows, [colours.get(f.state, "") for f in findings])


def _print_run(found: RunResult, exp: Experiment | None, *, as_json: bool, quiet: bool) -> None:
    """Headline, verdict table, report and where MLflow has it."""
    where = _tracking(found, exp)
    if as_json:
        kept = {name: found.summary[name] for name in ("headline", "warnings", "alarms", "sentinels")}
        paths = {"folder": str(found.folder), "report": str(found.report_path)}
        rows = {"verdicts": verdict_rows(found.summary), "across": across_rows(found.summary)}
        emit({**paths, **kept, "failed": found.failed, "tracking": where, **rows})
        return
    if found.summary["headline"]:
        paragraph(found.summary["headline"])
        result()
    verdict_table(found.summary)
    across_tables(found.summary)
    for alarm in alarm_lines(found.summary):
        result()
        paragraph(alarm)
    result(f"\nReport: {found.report_path}")
    if where and where["open"]:
        result(f"MLflow: {where['open']}")
    if found.failed and not quiet:
        say(f"{found.failed} cell(s) failed; the report says why, and --retry-failed runs them again.")
    if where and where["left"] and not quiet:
        say(f"{where['left']} record(s) did not reach MLflow: {where['error']}. Later: augeval sync {found.folder}")


def _tracking(found: RunResult, exp: Experiment | None) -> dict[str, Any] | None:
    """What became of the MLflow records, and how to look at them; None where MLflow was left alone."""
    if found.tracked is None or found.tracking_uri is None or exp is None:
        return None
    from augeval.folders import tracking_name
    from augeval.tracking import open_hint

    hint = "" if found.tracked.left else open_hint(found.tracking_uri, tracking_name(exp))
    return {**asdict(found.tracked), "open": hint}


# In the order in which a newcomer meets them, which is the order of `augeval --help`.
app.command("init", cls=Command)(commands.init)
app.command("validate", cls=Command)(validate)
app.command("plan", cls=Command)(plan)
app.command("preview", cls=Command)(commands.preview)
app.command("run", cls=Command)(run)
app.command("status", cls=Command)(status)
app.command("report", cls=Command)(report)
app.command("versus", cls=Command)(versus)
app.command("leak-demo", cls=Command)(leak_demo)
app.command("augment", cls=Command)(commands.augment)
app.command("list", cls=Command)(commands.list_names)
app.command("describe", cls=Command)(commands.describe)
app.command("cell", cls=Command)(commands.cell)
app.command("sync", cls=Command)(sync)
app.command("schema", cls=Command)(schema)
app.command("doctor", cls=Command)(doctor)


if __name__ == "__main__":
    main()

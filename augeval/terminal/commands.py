"""Commands about rows and names: a first experiment, rows that an arm makes, what can be named, one cell again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augeval.errors import InputError, NotApplicable
from augeval.terminal.console import emit, result, say, table
from augeval.terminal.options import AllowCode, ArmName, AsJson, folder_of, load
from augeval.terminal.streams import answer

if TYPE_CHECKING:
    from augeval.types import Json

__all__ = ["augment", "cell", "describe", "init", "list_names", "preview"]

LINE = 100  # characters where the width of the terminal is not known


class Task(StrEnum):
    """What a first experiment asks."""

    imbalance = "imbalance"


def init(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV, JSONL or Parquet file.", show_default=False)],
    text: Annotated[str | None, typer.Option(help="Column of the text.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the class.")] = None,
    task: Annotated[Task | None, typer.Option(help="imbalance: a class is rare. The controls that this needs.")] = None,
    out: Annotated[Path | None, typer.Option(help="Experiment file to write; NAME.yaml if not given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an experiment file that is there.")] = False,
) -> None:
    """Write a first experiment for a data file, ready to run.

    Its path is the last line that is printed.
    """
    from augeval.actions import first_experiment
    from augeval.data.tables import stem

    path = out or Path(f"{stem(data)}.yaml")
    if path.exists() and not force:
        raise InputError(f"{path} is there already. Choose another name with --out, or replace it with --force.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent}. Make it, or choose another name with --out.")
    made, notes = first_experiment(data, path, text=text, label=label, task=task)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(made, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    for note in notes:
        say(note)
    result(str(path))


def preview(  # noqa: PLR0913  # one parameter per option of the command line
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Experiment file.", show_default=False)] = None,
    arm: ArmName = None,
    augmenter: Annotated[str | None, typer.Option(help="Look at this augmenter instead of an experiment.")] = None,
    data: Annotated[str | None, typer.Option(help="With --augmenter: a bundled dataset, or a data file.")] = None,
    magnitude: Annotated[float | None, typer.Option(help="With --augmenter: strength of one edit.")] = None,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, max=1000, help="Pairs to show of each arm.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Replicate whose training rows are shown.")] = 0,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Show original → augmented rows with their drift.

    Training rows only; nothing is trained.
    """
    from augeval import applied
    from augeval.terminal.looked import looked, print_look

    if file is None:
        if augmenter is None or data is None:
            raise InputError("Name an experiment file, or an augmenter and data: --augmenter synonym --data docstrings")
        wanted = [applied.by_name(augmenter, data, magnitude, allow_code=allow_code)]
    else:
        if augmenter is not None or data is not None or magnitude is not None:
            raise InputError("--augmenter, --data and --magnitude stand for themselves; use --arm with a file.")
        wanted = applied.of_other_rows(applied.chosen(load(file), arm, allow_code=allow_code))
    shown: list[dict[str, Json]] = []
    for study, one in wanted:
        try:
            made = applied.make(study, one, seed=seed)
        except NotApplicable as reason:
            say(f"{one.label}: not applicable. {reason}")
            continue
        look = applied.look(made, rows, study.judge)
        shown.append(looked(made, look))
        if not as_json:
            print_look(made, look)
    if as_json:
        emit({"arms": shown})


def augment(  # noqa: PLR0913  # one parameter per option of the command line
    where: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="Experiment, or folder of a finished run.", show_default=False)
    ],
    arm: ArmName = None,
    out: Annotated[Path | None, typer.Option(help="File to write: .csv or .parquet; images .npz.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Which dataset, where there are several.")] = None,
    model: Annotated[str | None, typer.Option(help="Which model, where there are several.")] = None,
    train_size: Annotated[int | None, typer.Option(min=1, help="Real rows to take; all if not given.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Replicate: names the split and the draw.")] = 0,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Write training rows with what an arm adds to them.

    A named arm, or the one that a finished run recommends. Held-out rows are never written.
    """
    from augeval import applied, handover

    exp, chosen = applied.experiment_and_arm(where, arm, dataset=dataset, model=model)
    found = applied.chosen(exp, chosen.arm, allow_code=allow_code, dataset=chosen.dataset, model=chosen.model)
    if len({one.label for _, one in found}) > 1:
        raise InputError(f"'{chosen.arm}' names several arms: {'; '.join(one.label for _, one in found)}. Name one.")
    study, one = found[0]
    made = applied.make(study, one, seed=seed, train_size=train_size)
    path = out or Path(f"{exp.name}-augmented{'.npz' if made.dataset.modality == 'image' else '.csv'}")
    edits = handover.write(made, path, study.dataset.to_json())
    real, synthetic = len(made.training.kept), len(made.training.synthetic)
    if as_json:
        rows = {"real": real, "synthetic": synthetic, "asked": made.training.asked, "held_out": made.held_out}
        rows["filled"] = made.filled
        beside = None if edits is None else str(edits)
        emit({"path": str(path), "edits": beside, "arm": one.label, "dataset": made.dataset.name, "seed": seed, **rows})
        return
    if chosen.why:
        say(chosen.why)
    say(
        f"{one.label} on {made.dataset.name}: {real} training rows and {synthetic} synthetic ones of "
        f"{made.training.asked} asked for; {made.held_out} rows of the dataset are held out and not written."
    )
    if made.filled:
        say(f"{made.filled} values that were missing in the training rows are filled, as in the run (impute: median).")
    if edits is not None:
        say(f"What was edited in them: {edits}")
    result(str(path))


def list_names(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="augmenter, model, metric or dataset.")] = None,
    modality: Annotated[str | None, typer.Option(help="Only those for text, image, tabular or retrieval.")] = None,
    as_json: AsJson = False,
) -> None:
    """List augmenters, models, metrics and datasets.

    Augmenters alone come with unit, default and usual range of their magnitude, and the paper that they follow.
    """
    from augeval.terminal import catalogue

    kinds = catalogue.KINDS if kind is None else (catalogue.kind_called(kind),)
    found = catalogue.entries(kinds, modality)
    if as_json:
        emit({"entries": [vars(entry) for entry in found]})
        return
    if kinds == ("augmenter",):
        width = shutil.get_terminal_size().columns if answer().isatty() else LINE
        for line in catalogue.dose_lines(found, width):
            result(line)
        return
    rows = []
    for entry in found:
        name = f"{entry.name} (control)" if entry.is_control else entry.written
        source = "" if entry.source == "built in" else f" [{entry.source}]"
        free = " Threshold-free." if entry.threshold_free else ""
        after = f" Takes {', '.join(f'@{word}' for word in entry.treatments)}." if entry.treatments else ""
        rows.append((entry.kind, name, ", ".join(entry.modalities), f"{entry.summary}{free}{after}{source}"))
    table(("Kind", "Name", "For", "What it does"), rows, whole=("Kind", "Name"))


def describe(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="As `augeval list` shows it.")],
    kind: Annotated[str | None, typer.Option(help="augmenter, model, metric or dataset.")] = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Explain a name: what it does, parameters, unit, source."""
    from augeval.terminal import catalogue

    wanted = None if kind is None else catalogue.kind_called(kind)
    found = catalogue.describe(name, wanted, allow_code=allow_code)
    if as_json:
        emit({"entries": found})
        return
    for about in found:
        _print_about(about)


def cell(  # one parameter per option of the command line
    key: Annotated[str, typer.Argument(metavar="KEY", help="First characters of the cell's key.", show_default=False)],
    file: Annotated[Path | None, typer.Option(help="Experiment file whose cell it is.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Run folder whose cell it is.")] = None,
    pdb: Annotated[bool, typer.Option("--pdb", help="Stop in the debugger where it fails.")] = False,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Run one cell again in this process and show it.

    Nothing is written.
    """
    from augeval import actions
    from augeval.folders import read_experiment

    if (file is None) == (folder is None):
        raise InputError("Say whose cell it is: --folder with a run folder, or --file with an experiment file.")
    exp = load(file) if file is not None else read_experiment(folder_of(folder or Path()))
    if pdb:
        _debug(actions.unguarded(exp, key, allow_code=allow_code))
        return
    found = actions.again(exp, key, allow_code=allow_code, folder=folder)
    about = {**found.result.cell.to_json(), "key": found.result.key, "status": found.result.status}
    parts = ("scores", "draw_scores", "drift", "counts", "seconds", "error_type", "error")
    measured = {name: getattr(found.result, name) for name in parts}
    if as_json:
        emit({"cell": about, **measured, "same_as_ledger": found.same})
        return
    result(f"{found.result.key}\n{_cell_line(about, found.result.cell.arm.label)}: {found.result.status}")
    rows = [(part, name, _number(v)) for part in parts[:1] + parts[2:5] for name, v in measured[part].items()]
    table(("What", "Name", "Value"), rows)
    if found.result.error:
        result(f"{found.result.error_type or 'reason'}: {found.result.error}")
    if found.same is not None:
        result("The scores are those of the ledger." if found.same else "The scores are NOT those of the ledger.")


def _cell_line(about: Mapping[str, Any], arm: str) -> str:
    size = "all" if about["train_size"] is None else about["train_size"]
    return f"{arm} with {about['model']['name']} on {about['dataset']['name']}, {size} rows, seed {about['seed']}"


def _number(value: float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _debug(call: Any) -> None:  # the thunk of `actions.unguarded`
    """Run it under the debugger: at the first line where it fails."""
    import pdb

    try:
        found = call()
    except Exception as error:
        say(f"{type(error).__name__}: {error}")
        pdb.post_mortem(error.__traceback__)
        raise SystemExit(1) from error
    result(f"It did not fail: {dict(found.scores)}")


def _print_about(about: Mapping[str, Any]) -> None:
    result(f"{about['name']} ({about['kind']}, {about['from']}; for {', '.join(about['modalities'])})")
    if about.get("in_vectors"):
        result(f"For {' and '.join(about['in_vectors'])} it works on vectors, in the space in which a model sees them.")
    if about.get("space"):
        result(f"On texts and images smote, jitter and samplers make rows for it in its {about['space']}.")
    if about["doc"]:
        result(f"\n{about['doc']}\n")
    if about.get("unit"):
        usual = about["magnitudes"]
        default = about["default_magnitude"]
        result(
            f"Magnitude: {about['unit']}"
            + (f", usually {usual[0]:g} to {usual[1]:g}" if usual else "")
            + (f", at most {about['most']:g}" if about["most"] is not None else "")
            + (f"; {default:g} if not given" if default is not None else "")
        )
    for name, parameter in about["params"].items():
        default = "required" if parameter["required"] else f"default {parameter['default']}"
        result(f"Parameter {name}: {parameter['type'] or 'any'}, {default}")
    if about["kind"] == "metric":
        _print_metric(about)
    if about["source"]:
        result(f"Source: {about['source']}")


def _print_metric(about: Mapping[str, Any]) -> None:
    better = "higher" if about["higher_is_better"] else "lower"
    result(f"From {about['bounds'][0]:g} to {about['bounds'][1]:g}; {better} is better")
    if about["in_brackets"]:
        result(f"In brackets: {about['in_brackets']}")
    if about["reads"]:
        cut = "threshold-free" if about["threshold_free"] else "another cut between the classes changes it"
        result(f"Reads the predicted {about['reads']}: {cut}")
    if about["treatment"]:
        result(f"Treated: {about['treatment']}")
    for word, meaning in about["treatments"].items():
        result(f"Behind it may stand @{word}: {meaning}")

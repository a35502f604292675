"""The command that asks a finished run which of two arms is better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augeval.terminal.console import emit, paragraph, result
from augeval.terminal.options import AsJson, folder_of

__all__ = ["versus"]

Name = Annotated[str, typer.Argument(metavar="ARM", help="Label, family or augmenter.", show_default=False)]


def versus(  # noqa: PLR0913  # one parameter per argument and option of the command line
    where: Annotated[Path, typer.Argument(metavar="FOLDER", help="Run folder or experiment file.", show_default=False)],
    arm: Name,
    other: Name,
    dataset: Annotated[str | None, typer.Option(help="Which dataset; all if not given.")] = None,
    model: Annotated[str | None, typer.Option(help="Which model; all if not given.")] = None,
    metric: Annotated[str | None, typer.Option(help="Which metric; the primary one if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two arms of a finished run with each other.

    Reads the ledger; nothing is computed again. A family stands for all its doses.
    """
    from augeval.folders import read_run
    from augeval.report.wording import place
    from augeval.rivals import compared
    from augeval.told import in_words

    run = read_run(folder_of(where))
    found = compared(run.folder, run.summary, arm, other, {"dataset": dataset, "model": model, "metric": metric})
    studies = run.summary["experiment"]["studies"]
    primary = {(study["dataset"]["name"], study["metrics"]["primary"]) for study in studies}
    shown = found if metric else [entry for entry in found if (entry["dataset"], entry["metric"]) in primary]
    if as_json:
        emit({"comparisons": shown})
        return
    for number, entry in enumerate(shown):
        result(f"{'' if number == 0 else chr(10)}{place(entry)}, {in_words(entry['metric'])}")
        paragraph(entry["sentence"])

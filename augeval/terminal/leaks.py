"""The command that shows on the user's own rows what over-sampling before the split would have claimed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from augeval.terminal.console import emit, paragraph, result, table
from augeval.terminal.options import AsJson

if TYPE_CHECKING:
    from augeval.leaks import Demo, Line

__all__ = ["leak_demo"]

NAMES = {
    "f1": "F1 of '{rare}'",
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
}


def leak_demo(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Data file, or a bundled dataset.", show_default=False)],
    label: Annotated[str | None, typer.Option(help="Column of the class.")] = None,
    model: Annotated[str, typer.Option(help="Model that is trained.")] = "hist_gradient_boosting",
    sampler: Annotated[str, typer.Option(help="What balances the classes.")] = "smote",
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Splits.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show what over-sampling before the split would claim.

    On your rows, beside the honest numbers. Writes nothing; no experiment can do this.
    """
    from augeval.leaks import demonstrate, rows_of

    found = demonstrate(rows_of(data, label), model, sampler, seeds)
    if as_json:
        emit(asdict(found))
        return
    _show(found)


def _show(found: Demo) -> None:
    from augeval.leaks import WAYS
    from augeval.report.wording import count

    result(f"{found.dataset}: {found.rows:,} rows, {found.rare_rows:,} of class '{found.rare}'.")
    result(f"{found.arm} with {found.model}, mean over {count(found.seeds, 'split')}; in brackets what is too much.")
    if found.filled:
        result(f"{count(found.filled, 'missing value')} filled from the training rows of each split (median).")
    for labels, head in (("real", "Labels as they are"), ("permuted", "Labels permuted: nothing to find")):
        result()
        lines = [line for line in found.lines if line.labels == labels]
        table((head, *WAYS.values()), [_row(line, found.rare) for line in lines])
    result()
    paragraph(
        "The first column is what augeval measures. In the second, copies and neighbours of a row stand on both sides "
        "of the split, and the rare class is no longer rare among the rows that test. In the third the test rows are "
        "real, and the rows that were made of them are trained on. No arm of an experiment can do either: it meets "
        "training rows only, and rows from a file name their parents. Give augeval the table as it was collected: of "
        "one that was resampled before, nobody can tell which rows are real."
    )


def _row(line: Line, rare: str) -> tuple[str, ...]:
    wrong = (f"{value:.2f} ({value - line.honest:+.2f})" for value in (line.resampled, line.made_from_all))
    return NAMES[line.measure].format(rare=rare), f"{line.honest:.2f}", *wrong

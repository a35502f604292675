"""What the terminal says of arms over several datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augeval.terminal.console import paragraph, result, table

if TYPE_CHECKING:
    from augeval.types import Json

__all__ = ["across_rows", "across_tables"]


def across_rows(summary: Mapping[str, Any]) -> list[dict[str, Json]]:
    """The entries on each study's primary metric."""
    primary = {study["metrics"]["primary"] for study in summary["experiment"]["studies"]}
    return [entry for entry in summary.get("across", ()) if entry["metric"] in primary]


def across_tables(summary: Mapping[str, Any]) -> None:
    """For each primary metric a line for each arm and model; nothing where the experiment has one dataset."""
    from augeval.report import across

    for found in across.tables(summary):
        if found.primary:
            result(f"\nOver datasets, {found.name}")
            table(("Arm", "Model", *(f"Over {name}" for name in dict.fromkeys(found.references))), across.lines(found))
            if found.left_out:
                result(f"{found.left_out} more arms are in summary.json.")
    said = across.how_to_read(summary)
    if said:
        paragraph(said)

"""Options that several commands share, and how a command finds what they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from augeval.config import Experiment

__all__ = ["AllowCode", "ArmName", "AsJson", "ExperimentFile", "Out", "folder_of", "load"]

ExperimentFile = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment file (YAML).", show_default=False)]
Out = Annotated[Path | None, typer.Option(help="Run folder; reports/NAME if not given.")]
AllowCode = Annotated[bool, typer.Option("--allow-code", help="Run Python code that dotted names name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ArmName = Annotated[str | None, typer.Option("--arm", help='Label ("synonym 0.1 x4"), family or augmenter.')]


def load(file: Path) -> Experiment:
    """The experiment of a file."""
    from augeval import config

    return config.load(file)


def folder_of(where: Path) -> Path:
    """A run folder, or the one that an experiment file is run into."""
    if where.is_file():
        from augeval.folders import run_folder

        return run_folder(load(where))
    return where

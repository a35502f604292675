"""What is done with a run folder that is there already: read it, write its pages again, send what waits."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from augeval import config, tracking
from augeval.errors import InputError
from augeval.run.folder import disk_full
from augeval.run.ledger import Ledger
from augeval.types import Json

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "RunResult",
    "artifacts",
    "read_experiment",
    "read_run",
    "rebuild_report",
    "run_folder",
    "sync",
    "tracking_name",
    "write_files",
]


@dataclass(frozen=True)
class RunResult:
    """What a run found and where it is written."""

    summary: Mapping[str, Json]
    folder: Path
    tracked: tracking.DrainReport | None = None
    tracking_uri: str | None = None

    def __repr__(self) -> str:
        """What was found, in a sentence or two, and where it is written."""
        return f"RunResult({self.summary['headline']!r}, folder={str(self.folder)!r})"

    @property
    def report_path(self) -> Path:
        """The page for people."""
        return self.folder / "report.html"

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row per family × dataset × model × train size × metric."""
        import pandas as pd

        return pd.DataFrame(self.summary["verdicts"])

    @property
    def cells(self) -> pd.DataFrame:
        """One row per cell."""
        import pandas as pd

        return pd.read_parquet(self.folder / "cells.parquet")

    def versus(
        self, one: str, other: str, *, dataset: str | None = None, model: str | None = None, metric: str | None = None
    ) -> pd.DataFrame:
        """One arm minus another, read from the ledger: one row per dataset × model × train size × metric and pair.

        Args:
            one, other: labels ("synonym 0.1 ×4"), or families or augmenters, which stand for all their doses.
            dataset, model, metric: only this one.

        Returns:
            Fields of `results.Comparison`; `sentence`; `rows` and `reference_rows`, synthetic ones of a fit; and
            `equal_rows`. Intervals of one place and metric hold at once over its pairs.

        Raises:
            InputError: an arm, dataset, model or metric that the run does not know.
        """
        import pandas as pd

        from augeval.rivals import compared

        only = {"dataset": dataset, "model": model, "metric": metric}
        return pd.DataFrame(compared(self.folder, self.summary, one, other, only))

    @property
    def failed(self) -> int:
        """How many cells failed."""
        return int(self.summary["costs"]["failed"])


def run_folder(experiment: config.Experiment, out: Path | None = None) -> Path:
    """Where a run is written: the chosen folder, else reports/<name> below the current one."""
    return out or Path("reports") / experiment.name


def write_files(folder: Path, built: Mapping[str, Json], experiment_text: str) -> None:
    """summary.json, report.html, report.md and the experiment, each whole or not at all."""
    from augeval.report import html, markdown, summary  # only here: the pages' libraries take a while to load

    pages = {
        "summary.json": summary.dumps(built),
        "report.html": html.render(built),
        "report.md": markdown.render(built),
        "experiment.yaml": experiment_text,
    }
    for name, text in pages.items():
        partial = folder / f".{name}.partial"
        try:
            partial.write_text(text, encoding="utf-8")
            os.replace(partial, folder / name)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise disk_full(folder) from error
            raise InputError(f"{folder / name} cannot be written: {error.strerror}.") from error


def artifacts(folder: Path) -> dict[str, Path]:
    """The files that go to MLflow with the summary run."""
    names = ("report.html", "report.md", "cells.parquet", "summary.json", "experiment.yaml")
    return {name: folder / name for name in names if (folder / name).exists()}


def read_run(folder: Path) -> RunResult:
    """A finished run, from its folder.

    Raises:
        InputError: the folder holds no summary, or one that is damaged or of a newer augeval.
    """
    path = folder / "summary.json"
    if not path.is_file():
        hint = " It holds a ledger: finish it with augeval run." if (folder / "ledger.sqlite").exists() else ""
        raise InputError(f"{folder} holds no summary.json.{hint}")
    return RunResult(_summary(path), folder)


def _summary(path: Path) -> dict[str, Json]:
    from augeval.report.summary import KEYS, SCHEMA_VERSION

    remedy = "The ledger beside it writes it anew: augeval run, with the same experiment, computes nothing twice."
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}. {remedy}") from error
    if not isinstance(found, dict) or "schema_version" not in found:
        raise InputError(f"{path} is no summary of augeval. {remedy}")
    if found["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"{path} was written by another augeval (schema {found['schema_version']}; this one knows "
            f"{SCHEMA_VERSION}). {remedy}"
        )
    found.setdefault("sentinels", [])  # a summary of before there were any
    if not {*KEYS} <= {*found}:
        raise InputError(f"{path} is no summary of augeval. {remedy}")
    return found


def read_experiment(folder: Path) -> config.Experiment:
    """The experiment that wrote a run folder, from its ledger.

    Raises:
        InputError: no ledger is there.
    """
    if not (folder / "ledger.sqlite").exists():
        raise InputError(
            f"{folder} holds no ledger.sqlite: it is no run folder. Name the folder that `augeval run` printed."
        )
    with Ledger.open(folder, readonly=True) as ledger:
        return config.Experiment.from_json(ledger.experiment())


def rebuild_report(folder: Path) -> RunResult:
    """Write the report again from summary.json: a new page for an old run, without computing anything.

    A cells.parquet that has gone missing is written from the ledger.

    Raises:
        InputError: the folder holds no summary, or cannot be written.
    """
    result = read_run(folder)
    if not (folder / "cells.parquet").exists() and (folder / "ledger.sqlite").exists():
        with Ledger.open(folder, readonly=True) as ledger:
            ledger.export_parquet(folder / "cells.parquet")
    text = folder / "experiment.yaml"
    write_files(folder, result.summary, text.read_text(encoding="utf-8") if text.exists() else "")
    return result


def sync(folder: Path, uri: str | None = None) -> tracking.DrainReport:
    """Send what the outbox of a run folder still holds.

    Raises:
        InputError: the folder holds no ledger.
    """
    exp = read_experiment(folder)
    with Ledger.open(folder) as ledger:
        chosen = tracking.resolve(uri or (exp.tracking.uri if exp.tracking else None))
        return tracking.drain(ledger.outbox, chosen, tracking_name(exp))


def tracking_name(experiment: config.Experiment) -> str:
    """What MLflow calls the group of runs: the name under `tracking`, else the experiment's own."""
    named = experiment.tracking.experiment if experiment.tracking else None
    return named or experiment.name

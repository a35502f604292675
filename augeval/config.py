"""YAML -> Experiment: names, types, doses and combinations are checked, and every problem is shown at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from augeval.errors import ConfigError, did_you_mean
from augeval.experiment.imbalanced import Features, imbalance_starter
from augeval.experiment.nouns import DatasetRef, Experiment, Study
from augeval.experiment.reading import read_experiment
from augeval.experiment.replication import Draws, Seeds, SplitSettings
from augeval.experiment.source import MAX_BYTES, Source, parse
from augeval.experiment.starter import starter
from augeval.experiment.written import ExperimentFile, Metrics, Tracking
from augeval.types import Json

__all__ = [
    "DatasetRef",
    "Draws",
    "Experiment",
    "Features",
    "Metrics",
    "Seeds",
    "SplitSettings",
    "Study",
    "Tracking",
    "imbalance_starter",
    "load",
    "loads",
    "of",
    "schema",
    "starter",
]


def load(path: str | Path) -> Experiment:
    """Read an experiment file; runs no code but augeval's own and loads no data.

    Args:
        path: of a YAML file; relative paths in it start from its folder.

    Raises:
        ConfigError: all problems at once, each with file:line:column, the line, a caret and what to do.
    """
    path = Path(path)
    text = _text(path)
    read = loads(text, file=str(path), folder=str(path.parent.absolute()))
    return replace(read, source=path.absolute())


def loads(text: str, *, file: str = "experiment", folder: str | None = None) -> Experiment:
    """Read the text of an experiment file.

    Args:
        text: YAML. file: what messages call it, and, without its ending, the experiment where it has no name.
        folder: that relative paths start from; None for the current folder.

    Raises:
        ConfigError: all problems at once.
    """
    stem = re.sub(r"[^\w .+-]", "_", Path(file).stem).strip(" .+-") or "experiment"
    read = read_experiment(parse(text, file), stem, folder)
    return replace(read, text=text)


def of(value: Mapping[str, Json], *, folder: str | None = None) -> Experiment:
    """An experiment from the values that a file would hold; numbers, texts, lists and mappings only.

    Raises:
        ConfigError: all problems at once.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False)
    read = read_experiment(Source("experiment", "", json.loads(text)), "experiment", folder)
    return replace(read, text=text)


def schema() -> dict[str, Json]:
    """JSON Schema of an experiment file, for editors: every key with its sentence, every name that is known here."""
    made = ExperimentFile.model_json_schema(by_alias=True)
    needed = made.pop("required")  # at the top, or in each study, or some here and some there
    made["$defs"]["StudyKeys"].pop("required")
    del made["$defs"]["Metrics"]["properties"]["also"]["default"]  # it depends on the primary metric
    _without_titles(made)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {
        "$schema": dialect,
        "title": "augeval experiment",
        **made,
        "patternProperties": {
            "^x-": {"description": "Values to be named by an anchor (&name) and used below (*name)."}
        },
        "anyOf": [{"required": needed}, {"required": ["studies"]}],
    }


def _without_titles(piece: Json) -> None:
    """Drop pydantic's titles, which only repeat the keys."""
    for inner in piece.values() if isinstance(piece, dict) else piece if isinstance(piece, list) else ():
        _without_titles(inner)
    if isinstance(piece, dict) and isinstance(piece.get("title"), str):
        del piece["title"]


def _text(path: Path) -> str:
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ConfigError(f"There is no file {path}.{did_you_mean(path.name, beside)}")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; an experiment is a YAML file.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path} has {len(data):,} bytes; an experiment file has at most {MAX_BYTES:,}.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8. Save it as UTF-8.") from error

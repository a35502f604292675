"""What a full calibration run found, kept where the documentation reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from augeval.types import Json

__all__ = ["FOLDER", "read", "write"]

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "calibration"


def write(name: str, found: Mapping[str, Json]) -> None:
    """docs/calibration/<name>.json: settings and rates, nothing of when or where."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(found), indent=1, allow_nan=False)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    print(text)


def read(name: str) -> dict[str, Json]:
    """What `write` kept."""
    found: dict[str, Json] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found

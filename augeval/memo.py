"""remember(key, compute): what was costly to make is kept on disk, checked on every reading.

Deleting the cache changes the time, never a number: an entry is a pure function of its key. Files are
content-addressed, written to a temporary name and renamed, and carry a checksum; a damaged one is set aside and
made again. No locks: two writers of one key write the same bytes. A cache that cannot be read or written, for want of
rights or room, is done without, and said once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import struct
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cache_dir", "remember", "remember_rows", "remember_texts"]

logger = logging.getLogger(__name__)
PACK_ROWS = 2048  # rows computed and written at a time: what a killed process loses at most


def cache_dir() -> Path:
    """`AUGEVAL_CACHE`, or augeval's folder in the user's cache."""
    base = os.environ.get("AUGEVAL_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "augeval"
    try:
        return Path(base).expanduser()
    except RuntimeError:  # a user without a home, as in some containers
        return Path(tempfile.gettempdir()) / f"augeval-{os.getuid()}"


def remember(key: Sequence[str], compute: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays that `compute` makes, from disk where they are there already.

    Args:
        key: names everything that the arrays depend on; the first part is the folder ("lexicon", "tuning", …).
        compute: makes them; called only on a miss. Arrays must be numeric or fixed-width strings.
    """
    digest = hashlib.sha256(json.dumps(list(key)).encode()).hexdigest()
    path = cache_dir() / key[0] / digest[:2] / f"{digest}.bin"
    found = _read(path)
    if found is None:
        found = compute()
        _write(path, found)
    return found


def remember_rows(
    space: str, rows: Sequence[str], compute: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """One vector per row, computed once per distinct row on this machine.

    Args:
        space: names the function (encoder and its weights' digest); vectors of two spaces never meet.
        rows: n texts.
        compute: distinct texts -> (n, d) float32; a vector must not depend on its companions.

    Returns:
        (n, d) float32, in the order of `rows`.
    """
    found = _store_of(_Vectors, "rows", space).get(rows, compute, PACK_ROWS)
    return np.stack(found) if found else np.empty((0, 0), np.float32)


def remember_texts(
    space: str, rows: Sequence[str], compute: Callable[[list[str]], Sequence[str | None]], pack: int = PACK_ROWS
) -> list[str | None]:
    """One text per row, made once per distinct row on this machine; many a file, so that thousands cost little.

    Args:
        space: names the function; texts of two spaces never meet.
        rows: n texts.
        compute: distinct texts -> as many texts; None where it could not make one, which is not kept: the next call
            tries again. A text must not depend on its companions.
        pack: texts made and written at a time: what a killed process loses at most.

    Returns:
        n texts or None, in the order of `rows`.
    """
    return _store_of(_Texts, "texts", space).get(rows, compute, pack)


class _Store(ABC):
    """Packs of (row digests, values) in one folder, read when a row is missing in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[bytes, Any] = {}
        self.packs: set[str] = set()

    @abstractmethod
    def packed(self, values: list[Any]) -> dict[str, NDArray[Any]]:
        """The values as arrays."""

    @abstractmethod
    def unpacked(self, pack: dict[str, NDArray[Any]]) -> Iterable[Any]:
        """The values of one pack, in the order of its row digests."""

    def get(self, rows: Sequence[str], compute: Callable[[list[str]], Iterable[Any]], size: int) -> list[Any]:
        digests = [hashlib.sha256(row.encode("utf-8", "surrogatepass")).digest()[:16] for row in rows]
        if any(digest not in self.values for digest in digests):
            self._load()
        missing = {digest: row for digest, row in zip(digests, rows, strict=True) if digest not in self.values}
        for start in range(0, len(missing), size):
            chunk = dict(list(missing.items())[start : start + size])
            answers = zip(chunk, compute(list(chunk.values())), strict=True)
            self._keep({digest: made for digest, made in answers if made is not None})
        return [self.values.get(digest) for digest in digests]

    def _keep(self, made: dict[bytes, Any]) -> None:
        if not made:
            return
        self.values.update(made)
        ids = np.frombuffer(b"".join(made), np.uint8).reshape(len(made), 16)
        name = f"{hashlib.sha256(ids.tobytes()).hexdigest()}.bin"
        _write(self.folder / name, {"ids": ids, **self.packed(list(made.values()))})
        self.packs.add(name)

    def _load(self) -> None:
        for path in sorted(self.folder.glob("*.bin")) if self.folder.is_dir() else []:
            pack = None if path.name in self.packs else _read(path)
            if pack is not None:
                self.values.update((row.tobytes(), v) for row, v in zip(pack["ids"], self.unpacked(pack), strict=True))
            self.packs.add(path.name)


class _Vectors(_Store):
    def packed(self, values: list[Any]) -> dict[str, NDArray[Any]]:
        return {"vectors": np.ascontiguousarray(values, np.float32)}

    def unpacked(self, pack: dict[str, NDArray[Any]]) -> Iterable[Any]:
        return pack["vectors"]


class _Texts(_Store):
    def packed(self, values: list[Any]) -> dict[str, NDArray[Any]]:
        written = [text.encode("utf-8", "surrogatepass") for text in values]
        ends = np.cumsum([len(text) for text in written], dtype=np.int64)
        return {"ends": ends, "bytes": np.frombuffer(b"".join(written), np.uint8)}

    def unpacked(self, pack: dict[str, NDArray[Any]]) -> Iterable[Any]:
        ends, written = pack["ends"].tolist(), pack["bytes"].tobytes()
        starts = [0, *ends[:-1]]
        return (written[low:high].decode("utf-8", "surrogatepass") for low, high in zip(starts, ends, strict=True))


_stores: dict[tuple[str, str, str], _Store] = {}


def _store_of(kind: type[_Store], folder: str, space: str) -> _Store:
    place = (folder, space, str(cache_dir()))
    if place not in _stores:
        _stores[place] = kind(cache_dir() / folder / hashlib.sha256(space.encode()).hexdigest()[:16])
    return _stores[place]


@cache
def _go_without(folder: Path, why: str) -> None:
    logger.warning("The cache %s is done without (%s); what it would have saved is computed again.", folder, why)


def _write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    try:
        _write_whole(path, arrays)
    except OSError as error:
        _go_without(cache_dir(), error.strerror or str(error))


def _write_whole(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """4-byte length, JSON head (names, dtypes, shapes, sha256), raw bytes; renamed into place when whole."""
    body = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values())
    shapes = {name: [a.dtype.str, list(a.shape)] for name, a in arrays.items()}
    head = json.dumps({"arrays": shapes, "sha256": _digest(shapes, body)}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        try:
            file.write(struct.pack("<I", len(head)) + head + body)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except OSError:
            os.unlink(file.name)
            raise


def _read(path: Path) -> dict[str, NDArray[Any]] | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _go_without(cache_dir(), error.strerror or str(error))
        return None
    try:
        (length,) = struct.unpack_from("<I", data)
        head = json.loads(data[4 : 4 + length])
        body = data[4 + length :]
        if _digest(head["arrays"], body) != head["sha256"]:
            raise ValueError("checksum")
        return _unpack(head["arrays"], body)
    except (ValueError, KeyError, TypeError, struct.error):
        with suppress(OSError):  # it stays where it may not be moved, and is found out again
            path.replace(path.with_suffix(".corrupt"))
        return None


def _digest(shapes: dict[str, Any], body: bytes) -> str:
    """Over what the bytes mean too: a float read as an integer is as wrong as a flipped bit."""
    return hashlib.sha256(json.dumps(shapes).encode() + body).hexdigest()


def _unpack(shapes: dict[str, Any], body: bytes) -> dict[str, NDArray[Any]]:
    arrays, offset = {}, 0
    for name, (dtype, shape) in shapes.items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape)
        offset += arrays[name].nbytes
    return arrays

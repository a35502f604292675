"""What rows hold, as bytes and digests: equal content gives equal ones."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError
from augeval.types import Examples, Json, canonical_json

__all__ = ["content_fingerprint", "row_bytes", "row_contents"]


def content_fingerprint(examples: Examples, extra: Json = None) -> str:
    """sha256 over the rows and labels, independent of where they were read from.

    Raises:
        DataError: x has no rows.
    """
    if not len(examples):
        raise DataError("A dataset has no rows.")
    digest = hashlib.sha256(canonical_json(extra).encode())
    digest.update(row_bytes(examples.x))
    digest.update(np.ascontiguousarray(examples.y).tobytes())
    return digest.hexdigest()


def row_bytes(x: NDArray[Any]) -> bytes:
    """All rows as bytes, with their shape, so that equal content gives equal bytes."""
    if x.dtype == object:
        return b"\x1e".join(str(value).encode("utf-8", "surrogatepass") for value in x)
    return str((x.shape, x.dtype.str)).encode() + np.ascontiguousarray(x).tobytes()


def row_contents(x: NDArray[Any]) -> list[bytes]:
    """One hashable value per row; equal rows have equal ones."""
    if x.dtype == object:
        return [str(value).encode("utf-8", "surrogatepass") for value in x]
    return [row_bytes(row) for row in x]

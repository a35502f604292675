"""stream(*path): a named random generator.

What a path leaves out is what its readers share: a path without the arm gives every arm the same draw.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np

__all__ = ["stream", "stream_seed"]


def stream_seed(*path: object) -> int:
    """A 128-bit key that depends on every part of the path and on nothing else.

    Args:
        path: strings, numbers, None, or tuples of these; 1 and 1.0 are the same part, 1 and "1" are not.

    Raises:
        TypeError: a part has no canonical JSON form.
    """
    canonical = json.dumps([_plain(part) for part in path], separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:16], "little")


def stream(*path: object) -> np.random.Generator:
    """The generator that this path names: the same path, the same draws, on every machine and in any order.

    Philox is keyed by the path itself, so a stream costs microseconds and two streams never overlap.
    """
    return np.random.Generator(np.random.Philox(key=stream_seed(*path)))


def _plain(part: object) -> object:
    if isinstance(part, bool) or part is None or isinstance(part, str):
        return part
    if isinstance(part, int | np.integer):
        return int(part)
    if isinstance(part, float | np.floating):
        value = float(part)
        return int(value) if value.is_integer() else value
    if isinstance(part, tuple | list):
        return [_plain(item) for item in part]
    raise TypeError(f"A stream's path takes strings, numbers, None and tuples of these, not {type(part).__name__}.")

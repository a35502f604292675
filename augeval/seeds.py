"""stream(*path): a named random generator.

What a path leaves out is what its readers share: a path without the arm gives every arm the same draw.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

__all__ = ["row_keys", "shared_keys", "stream", "stream_seed", "uniforms"]

Keys = NDArray[np.uint64]
_ALL, _ONE = (1 << 64) - 1, np.uint64(1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


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


def row_keys(path: tuple[object, ...], ids: NDArray[np.integer], copies: NDArray[np.integer]) -> Keys:
    """(n,) uint64 keys of many rows at once: of each row's id and copy, and of the path that they share.

    Each number that is drawn for a row is `uniforms` of its key, so it depends on no other row and on no order.
    """
    base = np.uint64(stream_seed(*path) & _ALL)
    with np.errstate(over="ignore"):
        return _mixed(_mixed(base + _GOLDEN * ids.astype(np.uint64)) + _GOLDEN * (copies.astype(np.uint64) + _ONE))


def shared_keys(keys: Keys, copies: NDArray[np.integer]) -> Keys:
    """(n,) keys that the copies of one row have in common: those of `row_keys` with the copy taken out again."""
    with np.errstate(over="ignore"):
        return np.asarray(_unmixed(keys) - _GOLDEN * (copies.astype(np.uint64) + _ONE), np.uint64)


def uniforms(keys: Keys, purpose: int, position: NDArray[np.integer] | int = 0) -> NDArray[np.float64]:
    """Numbers in [0, 1), one for each key (and position, broadcast): a pure function of key, purpose and position.

    Args:
        keys: uint64; purpose: tells one use of a key from another, 0 … 65535; position: of a word, at least 0.

    Source: SplitMix64 (Steele, Lea & Flood 2014) as a counter-based generator; 53 bits.
    """
    with np.errstate(over="ignore"):
        counter = np.asarray(position).astype(np.uint64) * np.uint64(1 << 16) + np.uint64(purpose + 1)
        return np.asarray((_mixed(keys + _GOLDEN * counter) >> np.uint64(11)) * 2.0**-53, np.float64)


def _mixed(x: Keys) -> Keys:
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    return np.asarray(x ^ (x >> np.uint64(31)))


def _unmixed(x: Keys) -> Keys:
    x = (x ^ (x >> np.uint64(31)) ^ (x >> np.uint64(62))) * _inverse(_SECOND)
    x = (x ^ (x >> np.uint64(27)) ^ (x >> np.uint64(54))) * _inverse(_FIRST)
    return np.asarray(x ^ (x >> np.uint64(30)) ^ (x >> np.uint64(60)))


def _inverse(odd: np.uint64) -> np.uint64:
    return np.uint64(pow(int(odd), -1, 1 << 64))

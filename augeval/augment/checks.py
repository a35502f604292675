"""The laws that an augmenter's rows must obey before any model sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import ContractError
from augeval.extend import AugmenterPlugin
from augeval.types import Examples

__all__ = ["check_rows", "one_for_one"]


def one_for_one(rows: object, sources: Sequence[Any], plugin: AugmenterPlugin) -> NDArray[Any]:
    """What a row-wise augmenter returned, as one array of the sources' kind.

    Args:
        rows: what it returned for `sources`, at least one of them.

    Raises:
        ContractError: another number of rows, another type or shape; names the first such row.
    """
    if not isinstance(rows, Sequence | np.ndarray) or isinstance(rows, str) or len(rows) != len(sources):
        got = len(rows) if isinstance(rows, list | tuple | np.ndarray) else type(rows).__name__
        raise ContractError(f"{plugin.name} returned {got} rows for {len(sources)}; it must return one for one.")
    if isinstance(sources[0], str):
        return _texts(rows, plugin)
    shape = np.shape(sources[0])
    wrong = next((i for i, row in enumerate(rows) if np.shape(row) != shape), None)
    if wrong is not None:
        raise ContractError(f"{plugin.name} returned shape {np.shape(rows[wrong])} (row {wrong}), wanted {shape}.")
    return np.stack([np.asarray(row) for row in rows])


def _texts(rows: Sequence[Any] | NDArray[Any], plugin: AugmenterPlugin) -> NDArray[Any]:
    wrong = next((i for i, row in enumerate(rows) if not isinstance(row, str)), None)
    if wrong is not None:
        raise ContractError(f"{plugin.name} returned {type(rows[wrong]).__name__} for text (row {wrong}), wanted str.")
    blank = next((i for i, row in enumerate(rows) if not row.strip()), None)
    if blank is not None:
        raise ContractError(f"{plugin.name} returned an empty text (row {blank}).")
    texts = np.empty(len(rows), object)
    texts[:] = [str(row) for row in rows]  # a subclass of str (np.str_) is no plain text
    return texts


def check_rows(made: Examples, train: Examples, quota: Mapping[int, int], plugin: AugmenterPlugin) -> None:
    """Refuse rows that no model should see.

    Args:
        made: the augmenter's rows; train: the real ones; quota: rows asked for per class.

    Raises:
        ContractError: another shape or type, more rows than asked for, a label that is none, a parent that is no
            training row, a nan or infinite value; names the augmenter and the first such row.
    """
    _check_form(made, train, plugin.name)
    asked = sum(quota.values())
    if len(made) > asked:
        raise ContractError(f"{plugin.name} returned {len(made)} rows where at most {asked} were asked for.")
    _check_labels(made, train, quota, plugin)
    assert made.parents is not None
    strange = ~np.isin(made.parents, train.ids).all(1)
    if strange.any():
        row = int(strange.argmax())
        raise ContractError(
            f"{plugin.name} names parent {made.parents[row].tolist()} (row {row}), which is no training row."
        )
    _check_finite(made, train, plugin.name)


def _check_form(made: Examples, train: Examples, who: str) -> None:
    if made.parents is None:
        raise ContractError(f"{who} must return Examples with parents, which are None.")
    parts = {"x": made.x, "y": made.y, "ids": made.ids, "parents": made.parents}
    for name, part in parts.items():
        if not isinstance(part, np.ndarray):
            raise ContractError(f"{who} returned {type(part).__name__} as {name}, wanted an array.")
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1 or made.parents.ndim != 2 or made.y.ndim != 1:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in parts.items())
        raise ContractError(f"{who} returned {shapes}; wanted one entry a row in each, and parents as (rows, p).")
    if made.x.shape[1:] != train.x.shape[1:]:
        raise ContractError(f"{who} returned rows of shape {made.x.shape[1:]}, wanted {train.x.shape[1:]}.")
    if len(made) and made.x.dtype.kind != train.x.dtype.kind:
        raise ContractError(f"{who} returned rows of type {made.x.dtype}, wanted {train.x.dtype}.")


def _check_labels(made: Examples, train: Examples, quota: Mapping[int, int], plugin: AugmenterPlugin) -> None:
    if plugin.mixes_labels:
        strange = ~np.isin(made.y, train.y)
        if strange.any():
            row = int(strange.argmax())
            raise ContractError(f"{plugin.name} returned label {made.y[row]} (row {row}), which no training row has.")
        return
    for c, got in zip(*np.unique(made.y, return_counts=True), strict=True):
        wanted = quota.get(int(c), 0)
        if got > wanted:
            raise ContractError(
                f"{plugin.name} returned {got} rows of class {c} where at most {wanted} were asked for."
            )


def _check_finite(made: Examples, train: Examples, who: str) -> None:
    if made.x.dtype.kind != "f" or not len(made):
        return
    flat = made.x.reshape(len(made), -1)
    missing_allowed = np.isnan(train.x.reshape(len(train), -1)).any(0)
    bad = np.isinf(flat) | (np.isnan(flat) & ~missing_allowed)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise ContractError(
            f"{who} returned {int(bad.any(1).sum())} of {len(made)} rows with a nan or infinite value "
            f"(first: row {row}, column {column})."
        )

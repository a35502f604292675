"""From rows to a finished `Dataset`: an official test set kept clean, duplicates noted, content fingerprinted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.blocks import duplicates, equal_rows
from augeval.errors import DataError
from augeval.fingerprints import content_fingerprint, row_bytes
from augeval.types import Dataset, Examples, Json

__all__ = ["Rows", "codes", "examples", "finish"]


@dataclass(frozen=True)
class Rows:
    """What a reader of one kind of file hands to `finish`: training rows first, then those of an official test set.

    Args:
        x, y: (n, …) rows and (n,) int64 labels.
        n_train: rows that come before the official test set; n where there is none.
        groups: (n,) int64 or None; keys: (n,) str identifiers or None.
    """

    x: NDArray[Any]
    y: NDArray[np.int64]
    n_train: int
    groups: NDArray[np.int64] | None = None
    keys: NDArray[Any] | None = None


def examples(x: NDArray[Any], y: NDArray[Any]) -> Examples:
    """Real rows, numbered 0 … n-1."""
    return Examples(x, y.astype(np.int64), np.arange(len(y)))


def codes(values: list[str]) -> NDArray[np.int64]:
    """(n,) the same number for the same value, in order of first appearance."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(value, len(seen)) for value in values], np.int64)


def finish(dataset: Dataset, rows: Rows) -> Dataset:
    """The dataset with its rows: checked, numbered, cleaned of what its official test set holds, fingerprinted.

    Training rows that equal a row of the official test set, or share a group with one, are left out and counted in
    the notes; rows are then known by their position in the file, so that rows made elsewhere still find their parents.

    Raises:
        DataError: no rows, or fewer than two classes.
    """
    if not len(rows.y):
        raise DataError(f"{dataset.source} holds no rows; nothing can be learned from it.")
    if dataset.modality != "retrieval" and len(dataset.classes) < 2:
        raise DataError(
            f"{dataset.source}: every row has the label '{dataset.classes[0]}'; at least two classes are wanted. "
            "Name another label column, or add rows of another class."
        )
    dataset, rows, order = _rarer_class_last(dataset, rows)
    rows, notes = _clean(rows)
    test_rows = np.arange(rows.n_train, len(rows.y)) if rows.n_train < len(rows.y) else None
    full = replace(
        dataset, examples=examples(rows.x, rows.y), groups=rows.groups, keys=rows.keys, test_rows=test_rows,
        notes=(*dataset.notes, *notes),
    )  # fmt: skip
    return replace(full, notes=(*full.notes, *_duplicate_notes(full), *order), fingerprint=fingerprint(full))


def fingerprint(dataset: Dataset) -> str:
    """sha256 of everything in a dataset that a number may depend on: rows, labels, columns, groups, test rows, keys."""
    extra: dict[str, Json] = {"classes": list(dataset.classes), "modality": dataset.modality}
    if dataset.columns is not None:
        extra["columns"] = [[c.name, c.kind, list(c.categories)] for c in dataset.columns]
    arrays = {"corpus": dataset.corpus, "groups": dataset.groups, "test": dataset.test_rows, "keys": dataset.keys}
    digests = {name: hashlib.sha256(row_bytes(a)).hexdigest() for name, a in arrays.items() if a is not None}
    return content_fingerprint(dataset.examples, {**extra, **digests})


def _rarer_class_last(dataset: Dataset, rows: Rows) -> tuple[Dataset, Rows, list[str]]:
    """Of two classes the rarer one stands last: measures of one class, such as average precision, are of that one."""
    if dataset.n_classes != 2 or (rows.y == 1).sum() <= (rows.y == 0).sum():
        return dataset, rows, []
    swapped = replace(dataset, classes=dataset.classes[::-1])
    note = f"The rarer of the two classes, {swapped.classes[1]}, is taken as the positive one."
    return swapped, replace(rows, y=1 - rows.y), [note]


def _clean(rows: Rows) -> tuple[Rows, list[str]]:
    n, same = len(rows.y), equal_rows(rows.x)
    leaked = np.isin(same[: rows.n_train], same[rows.n_train :])
    grouped = np.zeros(rows.n_train, bool)
    if rows.groups is not None:
        grouped = np.isin(rows.groups[: rows.n_train], rows.groups[rows.n_train :]) & ~leaked
    if not (leaked | grouped).any():
        return rows, []
    if (leaked | grouped).all():
        raise DataError("Every training row is also in the official test set; name another test file.")
    notes = [
        f"{count} training row(s) left out: {why} the official test set."
        for count, why in ((leaked.sum(), "equal to a row of"), (grouped.sum(), "of a group that is also in"))
        if count
    ]
    keep = np.concatenate([np.flatnonzero(~(leaked | grouped)), np.arange(rows.n_train, n)])
    keys = np.array([str(row) for row in range(n)], object) if rows.keys is None else rows.keys
    groups = None if rows.groups is None else rows.groups[keep]
    n_train = rows.n_train - int((leaked | grouped).sum())
    return Rows(rows.x[keep], rows.y[keep], n_train, groups, keys[keep]), notes


def _duplicate_notes(dataset: Dataset) -> list[str]:
    found = duplicates(dataset)
    notes = []
    if found.rows:
        notes.append(f"{found.rows} row(s) equal an earlier row; equal rows are never split between train and test.")
    if found.conflicting:
        notes.append(f"{found.conflicting} distinct row(s) occur with more than one label.")
    return notes

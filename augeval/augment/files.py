"""Rows made elsewhere: any tool that writes a table can be judged, if each row names the row it was made from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError, NotApplicable, did_you_mean
from augeval.extend import set_augmenter
from augeval.types import Column, Dataset, Examples

__all__ = ["file"]

Table = Mapping[str, Sequence[str]]
READERS = (".csv", ".tsv", ".jsonl", ".parquet")


@set_augmenter(("text", "retrieval", "tabular"), one_draw=True, mixes_labels=True, semantics=2)
def file(  # noqa: PLR0913  # four are the harness's, and each of the others is a key of an experiment file
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    keys: Mapping[str, int] | None = None,
    path: str,
    parent: str,
    text: str | None = None,
    label: str | None = None,
) -> Examples:
    """Take rows made elsewhere, with a column that names each row's parent.

    Only rows whose parent is among the training rows are taken, at most the quota of the parent's class: rows made
    from a test row never reach a model. The first row of every parent comes before any second one, each in the order
    of the file: a small dose is then spread over the parents, as it is in the copies that it is compared with.

    Args:
        train: n real rows.
        quota: rows wanted per class of the parent.
        rng: not used; the rows are fixed.
        dataset: its modality, columns and class names.
        keys: the user's row identifier -> row number; without it parents are row numbers, the first is 0.
        path: a .csv, .tsv, .jsonl or .parquet file with one row per synthetic row.
        parent: column that names the row it was made from.
        text: column of the text; "text" if not given. Tables are read by the names of the dataset's columns.
        label: column of the class; the parent's class if not given. It may disagree with the parent's.

    Returns:
        The usable rows; parents (m, 1).

    Raises:
        DataError: the file, a column or a value cannot be read; names the row (the first is 0) and what was wanted.
        NotApplicable: no row of the file has one of these training rows as its parent.
    """
    table = _read(path)
    parents = _parents(table, parent, keys, path)
    x = _texts(table, text, path) if train.x.dtype == object else _numbers(table, dataset, path)
    position = {int(row): i for i, row in enumerate(train.ids)}
    taken = _in_quota(parents, position, train.y, quota)
    if not taken:
        raise NotApplicable(
            f"None of the {len(parents)} rows of {path} has a parent among these {len(train)} training rows"
            f"{' in scope' if len(quota) < len(dataset.classes) else ''}."
        )
    sources = np.array([position[parents[row]] for row in taken])
    y = train.y[sources] if label is None else _labels(table, label, dataset.classes, path)[taken]
    ids = train.ids[sources]
    return Examples(x[taken], y.astype(train.y.dtype), ids, ids[:, None])


def _in_quota(
    parents: Sequence[int], position: Mapping[int, int], y: NDArray[Any], quota: Mapping[int, int]
) -> list[int]:
    """Rows of the file whose parent is of a class that wants more: every parent's first row, then the second ones."""
    met: Counter[int] = Counter()
    turns = []
    for row, name in enumerate(parents):
        turns.append((met[name], row))
        met[name] += 1
    left, taken = dict(quota), []
    for _, row in sorted(turns):
        c = int(y[position[parents[row]]]) if parents[row] in position else -1
        if left.get(c, 0) > 0:
            left[c] -= 1
            taken.append(row)
    return taken


def _read(path: str) -> Table:
    """Every column as strings; a missing value is "".

    Raises:
        DataError: no such file, an unknown ending, nothing in it, or not what its ending says.
    """
    found = Path(path)
    if not found.is_file():
        names = [other.name for other in found.parent.iterdir()] if found.parent.is_dir() else []
        raise DataError(f"There is no file {path}.{did_you_mean(found.name, names)}")
    if found.suffix.lower() not in READERS:
        raise DataError(f"{path} ends in '{found.suffix}'; files of {', '.join(READERS)} can be read.")
    return _parsed(str(found), found.stat().st_mtime_ns, found.stat().st_size)


@lru_cache(maxsize=4)  # one file serves every cell of an arm
def _parsed(path: str, changed: int, size: int) -> Table:
    import pandas as pd

    ending = Path(path).suffix.lower()
    try:
        if ending == ".jsonl":
            # Not splitlines(): JSON strings may hold other line separators as they are.
            lines = [json.loads(line) for line in Path(path).read_text("utf-8").split("\n") if line.strip()]
            if not all(isinstance(line, dict) for line in lines):
                raise ValueError("every line must be an object of column: value")
            frame = pd.DataFrame(lines, dtype=object)
        elif ending == ".parquet":
            frame = pd.read_parquet(path)
        else:
            # Everything as it stands: "NA" may be a text, and "007" a key.
            frame = pd.read_csv(path, sep="\t" if ending == ".tsv" else ",", dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read as {ending[1:]}: {error}.") from error
    if not len(frame):
        raise DataError(f"{path} has no rows.")
    return {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame.columns}


def _plain(value: object) -> str:
    """A cell as text; whole floats lose their ".0" (a column of integers with a gap is read as floats)."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _column(table: Table, name: str, path: str, what: str) -> Sequence[str]:
    if name not in table:
        raise DataError(
            f"{path} has no column '{name}' ({what}).{did_you_mean(name, table)} Columns: {', '.join(table)}."
        )
    return table[name]


def _parents(table: Table, column: str, keys: Mapping[str, int] | None, path: str) -> list[int]:
    """(m) row number of each row's parent."""
    rows = []
    for row, value in enumerate(_column(table, column, path, "the parent of each row")):
        name = value.strip()
        number = int(name) if keys is None and name.isdecimal() else (keys or {}).get(name)
        if number is None:
            wanted = "a row number of the dataset, the first is 0" if keys is None else "an identifier of the dataset"
            near = "" if keys is None else did_you_mean(name, keys)
            raise DataError(f"{path}, row {row}: the parent '{name}' is not {wanted}.{near}")
        rows.append(number)
    return rows


def _texts(table: Table, column: str | None, path: str) -> NDArray[Any]:
    values = _column(table, column or "text", path, "the text; name it with text:")
    empty = next((row for row, value in enumerate(values) if not value.strip()), None)
    if empty is not None:
        raise DataError(f"{path}, row {empty}: the text is empty. Leave such rows out of the file.")
    texts = np.empty(len(values), object)
    texts[:] = list(values)
    return texts


def _numbers(table: Table, dataset: Dataset, path: str) -> NDArray[np.float64]:
    """(m, d) float64 in the dataset's own coding."""
    columns = dataset.columns or ()
    parts = [_coded(_column(table, c.name, path, "a column of the dataset"), c, path) for c in columns]
    return np.stack(parts, axis=1)


def _coded(values: Sequence[str], column: Column, path: str) -> NDArray[np.float64]:
    codes = {name: float(code) for code, name in enumerate(column.categories)}
    coded = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if value == "":
            continue
        try:
            coded[row] = codes[value] if column.kind == "categorical" else float(value)
            if np.isinf(coded[row]):
                raise ValueError("infinite")
        except (KeyError, ValueError):
            wanted = f"one of {', '.join(codes)}" if codes else "a number"
            near = did_you_mean(value, codes)
            raise DataError(f"{path}, row {row}: '{value}' in column '{column.name}' is not {wanted}.{near}") from None
    return coded


def _labels(table: Table, column: str, classes: Sequence[str], path: str) -> NDArray[np.int64]:
    """(m,) class numbers."""
    if not classes:
        raise DataError(f"label: '{column}' was given, and this dataset has no classes; leave it out.")
    numbers = {name: number for number, name in enumerate(classes)}
    found = []
    for row, value in enumerate(_column(table, column, path, "the class of each row")):
        if value not in numbers:
            near = did_you_mean(value, classes)
            raise DataError(f"{path}, row {row}: no class is called '{value}'.{near} Classes: {', '.join(classes)}.")
        found.append(numbers[value])
    return np.array(found, np.int64)

"""Raw cells -> what a dataset holds: texts, numbers, categories, classes, groups, keys; each with its own refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.assemble import codes
from augeval.data.tables import Cell, Table, is_missing
from augeval.errors import DataError
from augeval.types import Column

__all__ = ["Classes", "classes_of", "column_of", "groups_of", "keys_of", "looks_like_key", "number", "texts_of"]

MOSTLY = 0.9  # share of cells that are numbers from which a word among them is taken for a slip
FEW = 20  # distinct numbers up to which words among them may be meant as categories
ENOUGH = 20  # rows from which "nearly every row has a value of its own" says something
PLAIN_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$")
NAN_WORDS = ("nan", "NaN", "NAN")
MISSING_WORDS = ("?", "NA", "N/A", "null", "None")


@dataclass(frozen=True)
class Classes:
    """Class names in order, and (n,) which of them each row has."""

    names: tuple[str, ...]
    y: NDArray[np.int64]


def texts_of(table: Table, name: str, option: str = "text") -> NDArray[Any]:
    """(n,) object array of the column's texts, verbatim.

    Raises:
        DataError: no such column; an empty or missing text (with its line).
    """
    cells = table.column(name, option)
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise DataError(
                f"{table.at(row, name)}: the text is empty{_more(cells, row)}. Remove the row or write its text."
            )
        _refuse_nested(table, row, name, cell)
        _refuse_half_character(table, row, name, str(cell))
    return np.array([str(cell) for cell in cells], object)


def classes_of(table: Table, name: str) -> Classes:
    """The label column as classes, sorted: by number where all labels are numbers, else by name.

    Raises:
        DataError: no such column; a missing label (with its line); nearly as many labels as rows.
    """
    cells = table.column(name, "label")
    for row, cell in enumerate(cells):
        if is_missing(cell) or (isinstance(cell, str) and cell.strip() in NAN_WORDS):
            raise DataError(
                f"{table.at(row, name)}: the label is missing{_more(cells, row)}. Remove the row or write its label."
            )
        _refuse_nested(table, row, name, cell)
    words = [_label(cell) for cell in cells]
    numeric = all(PLAIN_NUMBER.match(word) for word in words)
    if numeric:
        words = [_number_name(float(word)) for word in words]
    names = sorted(set(words), key=lambda word: (float(word), word) if numeric else (0.0, word))
    if len(names) > len(words) / 2 and len(words) >= ENOUGH:
        raise DataError(
            f"{table.file}: the label column '{name}' has {len(names)} different values in {len(words)} rows; a class "
            "label repeats. Name another column as label, or make classes of it (augeval does not do regression)."
        )
    position = {word: i for i, word in enumerate(names)}
    return Classes(tuple(names), np.array([position[word] for word in words], np.int64))


def column_of(table: Table, name: str, categorical: bool) -> tuple[Column, NDArray[np.float64]]:
    """One feature: numbers where every cell that is not missing is one, else codes of its sorted categories.

    Missing is nan in both. In a column of numbers, "?", "NA", "nan", "null" and "None" are missing too.

    Raises:
        DataError: an infinite number; a word in a column of otherwise many different numbers (with its line).
    """
    cells = table.column(name, "features")
    if not categorical and not any(isinstance(cell, bool) for cell in cells):
        values = [number(cell) for cell in cells]
        wrong = [row for row, value in enumerate(values) if value is None]
        if not wrong:
            return Column(name, "numeric"), _finite(table, name, np.array(values, np.float64))
        _refuse_slip(table, name, values, wrong[0])
    return _categories(table, name, cells)


def number(cell: Cell) -> float | None:
    """The cell as a number, nan where it is missing, None where it is a word."""
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):  # Python alone reads 1_000 as a number
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        missing = is_missing(cell) or (isinstance(cell, str) and cell.strip() in MISSING_WORDS)
        return math.nan if missing else None


def groups_of(table: Table, name: str) -> NDArray[np.int64]:
    """(n,) a number for each group.

    Raises:
        DataError: no such column, or a row without a group.
    """
    return codes(_words(table, name, "group"))


def keys_of(table: Table, name: str) -> NDArray[Any]:
    """(n,) the user's own row identifiers.

    Raises:
        DataError: no such column, a row without one, or two rows with the same.
    """
    words = _words(table, name, "id")
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        if word in first:
            raise DataError(
                f"{table.at(row, name)}: the id '{word}' is that of {table.place(first[word])} already; "
                "an id names one row. Name another column as id, or none (rows are then numbered)."
            )
        first[word] = row
    return np.array(words, object)


def looks_like_key(cells: Sequence[Cell]) -> bool:
    """Whether nearly every row has a word of its own (a name, an identifier): no model learns from that."""
    return len(cells) >= ENOUGH and len({str(cell) for cell in cells}) > len(cells) / 2


def _words(table: Table, name: str, option: str) -> list[str]:
    cells = table.column(name, option)
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise DataError(f"{table.at(row, name)}: the {option} is missing; every row needs one.")
    return [_label(cell) for cell in cells]


def _label(cell: Cell) -> str:
    if isinstance(cell, float):
        return _number_name(cell)
    return str(cell).strip()


def _number_name(value: float) -> str:
    """1.0 and 1 are one class, called "1"."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _finite(table: Table, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise DataError(
            f"{table.at(int(infinite[0]), name)}: {values[infinite[0]]:g} is infinite; wanted a finite number. "
            "Leave the cell empty if the value is not known."
        )
    return values


def _refuse_slip(table: Table, name: str, values: list[float | None], row: int) -> None:
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    words = sum(value is None for value in values)
    if len(numbers) >= MOSTLY * (len(numbers) + words) and len(set(numbers)) > FEW:
        raise DataError(
            f"{table.at(row, name)}: '{table.columns[name][row]}' is not a number, and {len(numbers)} other cells "
            f"are. Correct it, leave it empty if it is missing, or list '{name}' under categorical."
        )


def _categories(table: Table, name: str, cells: Sequence[Cell]) -> tuple[Column, NDArray[np.float64]]:
    for row, cell in enumerate(cells):
        _refuse_nested(table, row, name, cell)
    words = [None if is_missing(cell) else _label(cell) for cell in cells]
    known = sorted({word for word in words if word is not None})
    if all(PLAIN_NUMBER.match(word) for word in known):
        known.sort(key=float)
    position = {word: float(i) for i, word in enumerate(known)}
    values = [math.nan if word is None else position[word] for word in words]
    return Column(name, "categorical", tuple(known)), np.array(values, np.float64)


def _refuse_nested(table: Table, row: int, name: str, cell: Cell) -> None:
    if isinstance(cell, dict | list | bytes):
        raise DataError(f"{table.at(row, name)}: {type(cell).__name__}, wanted a text, a number or true/false.")


def _refuse_half_character(table: Table, row: int, name: str, text: str) -> None:
    """JSON can spell half of a UTF-16 pair, which no encoder or report could write again."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise DataError(f"{table.at(row, name)}: {half} is half a character (a lone surrogate). Remove it.") from error


def _more(cells: Sequence[Cell], row: int) -> str:
    others = sum(is_missing(cell) for cell in cells[row + 1 :])
    return f" (and {others} more)" if others else ""

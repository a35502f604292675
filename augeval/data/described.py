"""A table and what its columns are for -> a dataset of texts or of numbers and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.assemble import Rows, finish
from augeval.data.columns import classes_of, column_of, groups_of, keys_of, looks_like_key, texts_of
from augeval.data.tables import UNNAMED, Table, is_missing, joined
from augeval.errors import DataError, did_you_mean
from augeval.types import Column, Dataset, Examples, Json, Modality

__all__ = ["About", "Roles", "described"]


@dataclass(frozen=True)
class About:
    """What a dataset is called, and where its rows come from, for the report; no path of this machine."""

    name: str
    source: str
    licence: str = ""


@dataclass(frozen=True)
class Roles:
    """Which column is what.

    Args:
        label: the classes; text: the text of a text dataset, or None for a table.
        features: columns of a table; None takes all that have no other role.
        categorical: those of them that are categories although they may look like numbers.
        group: rows with the same value never straddle a split; id: how rows made elsewhere name their parents.
    """

    label: str
    text: str | None = None
    features: tuple[str, ...] | None = None
    categorical: tuple[str, ...] = ()
    group: str | None = None
    id: str | None = None

    @staticmethod
    def of(description: Mapping[str, Json], columns: Sequence[str], file: str) -> Roles:
        """The roles that a description gives.

        Raises:
            DataError: no label is named, two roles share a column, or text and features are both given.
        """
        if "label" not in description:
            raise DataError(f"{file}: which column is the class? Write label: and one of {', '.join(columns)}.")
        if "text" in description and ("features" in description or "categorical" in description):
            raise DataError(f"{file}: give text (a text dataset) or features (a table), not both.")
        features = description.get("features")
        roles = Roles(
            label=str(description["label"]),
            text=_name(description, "text"),
            features=None if features is None else _names(features),
            categorical=_names(description.get("categorical") or ()),
            group=_name(description, "group"),
            id=_name(description, "id"),
        )
        roles._refuse_overlap(file)
        return roles

    def _refuse_overlap(self, file: str) -> None:
        inputs = (self.text,) if self.text is not None else self.features or ()
        for option, name in (("label", self.label), ("id", self.id)):
            if name is not None and name in inputs:
                raise DataError(f"{file}: '{name}' is the {option} and an input of the model; it can be one of them.")
        twice = sorted({name for name in inputs if list(inputs).count(name) > 1})
        if twice:
            raise DataError(f"{file}: features name '{twice[0]}' twice.")

    def inputs(self, table: Table) -> list[str]:
        """The columns that the model sees."""
        if self.text is not None:
            return [self.text]
        if self.features is not None:
            return list(self.features)
        return [name for name in table.columns if name not in (self.label, self.group, self.id)]


def described(train: Table, test: Table | None, description: Mapping[str, Json], about: About) -> Dataset:
    """The dataset that a table holds.

    Args:
        train: all rows, or those that come before the official test set; test: its rows, or None.
        description: label, and text | features, categorical, group, id (see `Roles`).
        about: its name, source and licence.

    Raises:
        DataError: a column is missing, or a cell is not what its column needs; names the file, line and column.
    """
    roles = Roles.of(description, list(train.columns), train.file)
    table = train if test is None else joined(train, test, _wanted(roles, train))
    classes = classes_of(table, roles.label)
    _refuse_unknown(table, roles.label, classes.y, classes.names)
    modality: Modality = "tabular" if roles.text is None else "text"
    inputs = _features(table, roles) if roles.text is None else _Inputs(texts_of(table, roles.text))
    bare = Dataset(
        about.name, modality, Examples(inputs.x[:0], classes.y[:0], np.arange(0)), classes.names, inputs.columns,
        source=about.source, licence=about.licence, notes=inputs.notes,
    )  # fmt: skip
    groups = None if roles.group is None else groups_of(table, roles.group)
    keys = None if roles.id is None else _keys(train, test, roles.id)
    return finish(bare, Rows(inputs.x, classes.y, table.n_train, groups, keys))


@dataclass(frozen=True)
class _Inputs:
    x: NDArray[Any]
    columns: tuple[Column, ...] | None = None
    notes: tuple[str, ...] = ()


def _name(description: Mapping[str, Json], option: str) -> str | None:
    return str(description[option]) if option in description else None


def _names(value: Json) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(name) for name in value)


def _wanted(roles: Roles, table: Table) -> list[tuple[str, str]]:
    """Columns that the official test file must have too, and what each is wanted as."""
    wanted = dict.fromkeys(roles.inputs(table), "features" if roles.text is None else "text")
    if roles.group is not None:
        wanted[roles.group] = "group"
    return [*{**wanted, roles.label: "label"}.items()]


def _refuse_unknown(table: Table, label: str, y: NDArray[np.int64], names: Sequence[str]) -> None:
    unknown = np.flatnonzero(~np.isin(y[table.n_train :], y[: table.n_train]))
    if len(unknown):
        row = table.n_train + int(unknown[0])
        known = [names[c] for c in np.unique(y[: table.n_train])]
        raise DataError(
            f"{table.at(row, label)}: no training row has the class '{names[y[row]]}'."
            f"{did_you_mean(names[y[row]], known)} Classes that train: {', '.join(known)}. "
            "Leave such test rows out, or add training rows of the class."
        )


def _features(table: Table, roles: Roles) -> _Inputs:
    """Columns as numbers and codes. By default those are left out, with a note, that no model could learn from."""
    names = roles.inputs(table)
    for name in roles.categorical:
        if name not in names:
            raise DataError(
                f"{table.file}: '{name}' is listed under categorical and is not among the features."
                f"{did_you_mean(name, names)} Features: {', '.join(names)}."
            )
    columns, values, notes = [], [], []
    for name in names:
        column, x = column_of(table, name, name in roles.categorical)
        reason = _unfit(table, column, roles)
        if reason and roles.features is None:
            notes.append(f"Column '{name}' is left out: {reason}.")
        else:
            columns.append(column)
            values.append(x)
    if not columns:
        found = f"{table.file} has no column to learn from beside the label '{roles.label}'."
        raise DataError(
            " ".join((found, *notes, "Name the features (features: [a, b]), or the column of the text (text: a)."))
        )
    return _Inputs(np.stack(values, axis=1), tuple(columns), tuple(notes))


def _unfit(table: Table, column: Column, roles: Roles) -> str:
    """Why a column is no use as a feature, or ""."""
    cells = table.column(column.name, "features")
    if column.name.startswith(UNNAMED):
        return "it has no name (an index that was saved with the table?)"
    if all(is_missing(cell) for cell in cells):
        return "no row has a value there"
    if column.kind == "categorical" and column.name not in roles.categorical and looks_like_key(cells):
        return "nearly every row has a word of its own there; list it under features to keep it"
    return ""


def _keys(train: Table, test: Table | None, name: str) -> NDArray[Any]:
    """(n,) identifiers. Official test rows are never parents: theirs may be lacking, or be those of training rows."""
    keys = keys_of(train, name)
    if test is None:
        return keys
    known = name in test.columns
    own = keys_of(test, name) if known else [str(row) for row in range(len(test))]
    taken = set(keys)
    return np.array([*keys, *(key if known and key not in taken else f"test:{key}" for key in own)], object)

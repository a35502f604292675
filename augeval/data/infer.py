"""A guess at what the columns of a user's table are for, so that `augeval init` can write the first experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from augeval.data.columns import PLAIN_NUMBER, groups_of
from augeval.data.described import About, described
from augeval.data.profile import Profile, profile
from augeval.data.tables import UNNAMED, Table, is_missing, read_table, stem
from augeval.errors import InputError
from augeval.types import Dataset, Json, Modality

__all__ = ["Guess", "infer"]

MIN_GROUPS = 20  # groups from which splitting by them leaves each part enough
LARGEST_GROUP = 0.2  # share of the rows
MIN_CLASS_GROUPS = 3  # groups that each class must occur in: two that train, one that tests
MIN_CLASS_ROWS = 3


@dataclass(frozen=True)
class Guess:
    """What the file seems to hold.

    Args:
        modality: "text" or "tabular".
        description: what `files.load` takes; `file` is the path as it was given.
        rows: how many; classes: name -> rows, in class order.
        notes: what was decided and why, and what the user may want to change; one sentence each.
        features: of a table, how many columns are "numeric" with more than two values, how many "categorical", and how
            many cells are "gaps"; {} of a text.
    """

    modality: Modality
    description: Mapping[str, Json]
    rows: int
    classes: Mapping[str, int]
    notes: tuple[str, ...] = ()
    features: Mapping[str, int] = field(default_factory=dict)


def infer(path: str | Path, text: str | None = None, label: str | None = None) -> Guess:
    """Which column is the label, whether a text or a table is to be learned from, and what the other columns are.

    The rows are loaded as the description says, so what is returned can be run.

    Args:
        path: a .csv, .tsv, .jsonl or .parquet file; text, label: columns that the user names.

    Raises:
        InputError: the file does not tell; names the candidates and the options --label and --text.
        DataError: the file, a named column or a cell cannot be used.
    """
    table = read_table(path)
    columns = [profile(name, i, table.column(name, "features")) for i, name in enumerate(table.columns)]
    if text is None or label is None:
        _refuse_headless(table, columns)
    for option, name in (("label", label), ("text", text)):
        if name is not None:
            table.column(name, option)
    text_column = _the(columns, text) if text is not None else _text(table.file, columns, label)
    chosen = _the(columns, label) if label is not None else _label(table.file, columns, text_column)
    roles = _Roles(columns, chosen, text_column)
    description, notes = _describe(table, roles)
    dataset = described(table, None, description, About(stem(path), Path(path).name))
    return _guess(dataset, {"file": str(path), **description}, [*notes, *_how_label(roles, label), *dataset.notes])


@dataclass(frozen=True)
class _Roles:
    """The columns, the label among them, and the text or None."""

    columns: Sequence[Profile]
    label: Profile
    text: Profile | None

    @property
    def others(self) -> list[Profile]:
        return [column for column in self.columns if column is not self.label and column is not self.text]


def _the(columns: Sequence[Profile], name: str) -> Profile:
    return next(column for column in columns if column.name == name)


def _refuse_headless(table: Table, columns: Sequence[Profile]) -> None:
    """Two signs that the first line is a row: names that are numbers, that occur below, or that are sentences."""
    signs = sum(bool(PLAIN_NUMBER.match(column.name)) for column in columns)
    signs += sum(column.name in column.counts for column in columns)
    signs += sum(len(column.name.split()) >= 4 and column.is_text for column in columns)
    if signs >= 2:
        raise InputError(
            f"{table.file}: the first line ({', '.join(column.name for column in columns)[:60]}) looks like a row, not "
            "like the names of the columns. Write a first line of names, such as text,label; or name the columns with "
            "--label and --text."
        )


def _text(file: str, columns: Sequence[Profile], label: str | None) -> Profile | None:
    """The column of texts, or None where the file is a table.

    Raises:
        InputError: two columns of texts, neither of which is plainly the one.
    """
    open_columns = [c for c in columns if c.name != label and not (c.label_rank == 0 and c.could_be_label)]
    texts = sorted((c for c in open_columns if c.is_text), key=lambda c: -c.words)
    if not texts:
        usable = [c for c in open_columns if not (c.is_id or c.could_be_label or c.is_group or not c.distinct)]
        few = [c for c in usable if c.may_be_text]
        alone = len(usable) == 1 and not usable[0].numeric and usable[0].distinct > usable[0].rows / 2
        if len(few) == 1 and len(usable) <= 2:
            return few[0]
        return usable[0] if alone else None
    if len(texts) > 1 and texts[1].words > 0.5 * texts[0].words:
        names = ", ".join(f"'{c.name}' ({c.words:.0f} words a row)" for c in texts)
        raise InputError(f"{file} has {len(texts)} columns of texts: {names}. Say which with --text NAME.")
    return texts[0]


def _label(file: str, columns: Sequence[Profile], text: Profile | None) -> Profile:
    """The column that its name, or else its place, says to be the label.

    Raises:
        InputError: none could be, or several could.
    """
    able = [c for c in columns if c is not text and c.could_be_label and not c.is_id]
    last = [c for c in able if text is None and c.label_rank == 3 and c is columns[-1]]
    for rank in range(3):
        named = [c for c in able if c.label_rank == rank]
        if rank == 2 and named:  # "passenger_class" may be a feature, and the last column the label
            named += last
        if len(named) == 1:
            return named[0]
        if named:
            raise _undecided(file, named, "Several columns could be the label")
    able = [c for c in able if not c.is_group]
    if text is None and len(able) > 1:  # tables carry the label at their end, a few at their start
        able = [c for c in able if c is columns[-1]] or [c for c in able if c is columns[0]] or able
    if len(able) == 1:
        return able[0]
    if able:
        raise _undecided(file, able, "Several columns could be the label")
    raise _no_label(file, [c for c in columns if c is not text] or columns)


def _no_label(file: str, columns: Sequence[Profile]) -> InputError:
    for column in columns:
        if column.label_rank == 0:
            return InputError(
                f"{file}: the column '{column.name}' has {_values(column)} in {column.rows} rows; the classes of a "
                "label are at least two and repeat (augeval does not do regression). Say which column is the label "
                "with --label NAME."
            )
    return _undecided(file, columns, "No column has few values that repeat, as the classes of a label do")


def _undecided(file: str, columns: Sequence[Profile], what: str) -> InputError:
    shown = ", ".join(f"'{c.name}' ({_values(c)})" for c in columns[:12])
    more = f" and {len(columns) - 12} more" if len(columns) > 12 else ""
    return InputError(f"{file}: {what}: {shown}{more}. Say which with --label NAME (and --text NAME for a text).")


def _values(column: Profile) -> str:
    return f"{column.distinct} value{'' if column.distinct == 1 else 's'}"


def _how_label(roles: _Roles, given: str | None) -> list[str]:
    label = roles.label
    if given is not None or label.label_rank < 2:
        return []
    return [f"No column is called label; '{label.name}' ({_values(label)}) is taken. --label NAME changes it."]


def _describe(table: Table, roles: _Roles) -> tuple[dict[str, Json], list[str]]:
    """The description without its file, and notes."""
    description: dict[str, Json] = {"label": roles.label.name}
    notes: list[str] = []
    if roles.text is not None:
        description = {"text": roles.text.name, **description}
    ids = [c for c in roles.others if c.is_id]
    named = [c for c in ids if not c.name.startswith(UNNAMED)]
    if named:
        description["id"] = named[0].name
    group = _group(table, roles, notes)
    if group is not None:
        description["group"] = group.name
        notes.append(f"Rows with the same '{group.name}' are kept on one side of every split.")
    if roles.text is None:
        used = [c for c in roles.others if c not in ids and c is not group]
        _describe_features(table, roles, used, description, notes)
    elif unused := [c.name for c in roles.others if c.name not in description.values()]:
        notes.append(f"Not used: {', '.join(unused)}.")
    return description, notes


def _describe_features(
    table: Table, roles: _Roles, used: Sequence[Profile], description: dict[str, Json], notes: list[str]
) -> None:
    """Fill in which columns are features (where some are not) and which numbers are categories."""
    telling = [c for c in used if _gives_label_away(table, c, roles.label)]
    for column in telling:
        notes.append(
            f"'{column.name}' is left out: each of its values goes with one class, so it gives the label away."
        )
    kept = [c for c in used if c not in telling]
    left_out = [c for c in roles.others if c not in kept and c.name not in description.values()]
    usable = [c.name for c in kept if c.distinct and not c.is_key and not c.name.startswith(UNNAMED)]
    if left_out and usable:  # otherwise loading leaves out the same ones by itself, and says why
        description["features"] = usable
    coded = [c.name for c in kept if c.whole and (c.distinct == 2 or (c.is_group and c.distinct <= MIN_GROUPS))]
    if coded:
        description["categorical"] = coded


def _gives_label_away(table: Table, column: Profile, label: Profile) -> bool:
    """Whether its values and the classes are the same thing in other words."""
    if column.distinct != label.distinct or column.missing or table.n_train < 2 * MIN_CLASS_ROWS * label.distinct:
        return False
    cells = zip(table.column(column.name, "features"), table.column(label.name, "label"), strict=True)
    return len({(str(a).strip(), str(b).strip()) for a, b in cells}) == label.distinct


def _group(table: Table, roles: _Roles, notes: list[str]) -> Profile | None:
    """The column to split by, if the classes can still be split by it; a note about those that cannot."""
    found: Profile | None = None
    for column in (c for c in roles.others if c.is_group and not c.missing):
        if found is not None or not _splits_well(table, column, roles.label):
            notes.append(f"If rows with the same '{column.name}' belong together, write group: {column.name}.")
        else:
            found = column
    return found


def _splits_well(table: Table, column: Profile, label: Profile) -> bool:
    if column.distinct < MIN_GROUPS or max(column.counts.values()) > LARGEST_GROUP * column.rows:
        return False
    groups: Any = groups_of(table, column.name)
    labels = np.array([str(cell).strip() for cell in table.column(label.name, "label")])
    classes = {word for word in labels if not is_missing(word)}
    return all(len(set(groups[labels == word])) >= MIN_CLASS_GROUPS for word in classes)


def _guess(dataset: Dataset, description: Mapping[str, Json], notes: list[str]) -> Guess:
    counts = Counter(dataset.examples.y.tolist())
    classes = {name: counts[i] for i, name in enumerate(dataset.classes)}
    rare = [f"'{name}' ({count})" for name, count in classes.items() if count < MIN_CLASS_ROWS]
    if rare:
        notes.append(
            f"Too few rows to be split, {MIN_CLASS_ROWS} of each class are needed: {', '.join(rare[:5])}. Add rows, "
            "merge classes, or leave them out."
        )
    return Guess(dataset.modality, description, len(dataset.examples), classes, tuple(notes), _features(dataset))


def _features(dataset: Dataset) -> dict[str, int]:
    if dataset.columns is None:
        return {}
    x = dataset.examples.x
    kinds = [column.kind for column in dataset.columns]
    numeric = [x[:, i] for i, kind in enumerate(kinds) if kind == "numeric"]
    return {
        "numeric": sum(len(np.unique(cells[~np.isnan(cells)])) > 2 for cells in numeric),
        "categorical": kinds.count("categorical"),
        "gaps": int(np.isnan(x).sum()),
    }

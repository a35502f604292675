"""The training rows of an arm as a file that any training script reads: real rows, then what the arm made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augeval.applied import Made
from augeval.errors import InputError
from augeval.types import Dataset, Json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["edits_frame", "frame", "write"]


def write(made: Made, path: Path, described: Mapping[str, Json]) -> Path | None:
    """The training rows that the arm leaves in and what it adds, as .csv or .parquet; images as .npz.

    Columns of a table: the dataset's own, then row_id, parent_id (of the first parent), other_parent_ids, arm,
    magnitude, seed, is_synthetic, and what the augmenter tells of a row ("pivot": the text that a translation went
    through). Where it tells its edits, they stand in a file of the same kind beside it: see `edits_frame`.

    Args:
        made: what an arm made. path: a file, replaced if it is there. described: the study's dataset entry.

    Returns:
        The file with the edits ("rows.edits.csv" beside "rows.csv"); None where there are none to tell.

    Raises:
        InputError: another kind of file was named, or it cannot be written.
    """
    image = made.dataset.modality == "image"
    wanted = (".npz",) if image else (".csv", ".parquet")
    if path.suffix not in wanted:
        raise InputError(
            f"{made.dataset.modality.capitalize()} rows are written as {' or '.join(wanted)}, not {path.name}."
        )
    if image:
        _written(path, lambda partial: _write_images(made, partial))
        return None
    _written(path, lambda partial: _write_table(frame(made, described), partial))
    if made.edits is None:
        return None
    beside = path.with_suffix(f".edits{path.suffix}")
    _written(beside, lambda partial: _write_table(edits_frame(made), partial))
    return beside


def _written(path: Path, write_to: Callable[[Path], None]) -> None:
    """The whole file, or the one that was there before."""
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        write_to(partial)
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _write_table(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)


def edits_frame(made: Made) -> pd.DataFrame:
    """One row for each edit: row_id and parent_id as in `frame`, operation, position, old, new.

    A position counts the words of the parent from 0, or its characters where the operation edits characters; `old` of
    an insertion and `new` of a deletion are empty.
    """
    import pandas as pd

    parents = made.training.synthetic.parents
    assert made.edits is not None
    assert parents is not None
    records = made.edits.records()
    return pd.DataFrame(
        {
            "row_id": [f"synthetic-{edit.row}" for edit in records],
            "parent_id": [_key(made.dataset, int(parents[edit.row, 0])) for edit in records],
            **{name: [getattr(edit, name) for edit in records] for name in ("operation", "position", "old", "new")},
        }
    )


def frame(made: Made, described: Mapping[str, Json]) -> pd.DataFrame:
    """The rows of `write` as a table; real rows first, as they are."""
    import pandas as pd

    dataset, training = made.dataset, made.training
    real, synthetic = training.kept, training.synthetic
    x, y = np.concatenate([real.x, synthetic.x]), np.concatenate([real.y, synthetic.y])
    label = str(described.get("label") or "label")
    columns: dict[str, Any] = {}
    if dataset.columns is None:
        columns[str(described.get("text") or "text")] = x
    else:
        for i, column in enumerate(dataset.columns):
            values = x[:, i]
            columns[column.name] = _named(column.categories, values) if column.kind == "categorical" else values
    columns[label] = [dataset.classes[int(c)] for c in y]
    provenance = _provenance(made)
    return pd.DataFrame({**columns, **provenance, **_notes(made, {*columns, *provenance})})


def _notes(made: Made, taken: Set[str]) -> dict[str, list[str | None]]:
    """What the augmenter tells of each row, by name; nothing of real rows."""
    nothing: list[str | None] = [None] * len(made.training.kept)
    named = {f"told_{name}" if name in taken else name: texts for name, texts in made.notes.items()}
    return {name: [*nothing, *(text or None for text in texts)] for name, texts in named.items()}


def _named(categories: Sequence[str], values: NDArray[np.float64]) -> list[str | None]:
    return [None if np.isnan(value) else categories[int(value)] for value in values]


def _provenance(made: Made) -> dict[str, Any]:
    """Where each row comes from; real rows have no parent."""
    import pandas as pd

    real, synthetic = made.training.kept, made.training.synthetic
    parents = np.empty((0, 1), np.int64) if synthetic.parents is None else synthetic.parents
    n, m = len(real), len(synthetic)
    others = [
        " ".join(_key(made.dataset, i) for i in row[1:]) if set(row) != {row[0]} else None  # of one parent, named twice
        for row in parents
    ]
    return {
        "row_id": [*(_key(made.dataset, i) for i in real.ids), *(f"synthetic-{i}" for i in range(m))],
        "parent_id": [*[None] * n, *(_key(made.dataset, row[0]) for row in parents)],
        "other_parent_ids": [*[None] * n, *others],
        "arm": [*[None] * n, *[made.arm.label] * m],
        "magnitude": [*[None] * n, *[made.arm.magnitude] * m],
        "seed": pd.array([*[None] * n, *[made.seed] * m], dtype="Int64"),
        "is_synthetic": [*[False] * n, *[True] * m],
    }


def _key(dataset: Dataset, row: int) -> str:
    """What the user calls a row: their own identifier, else its number."""
    return str(int(row) if dataset.keys is None else dataset.keys[int(row)])


def _write_images(made: Made, path: Path) -> None:
    real, synthetic = made.training.kept, made.training.synthetic
    parents = np.empty(0, np.int64) if synthetic.parents is None else synthetic.parents[:, 0]
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            x=np.concatenate([real.x, synthetic.x]),
            y=np.concatenate([real.y, synthetic.y]),
            label_names=np.array(made.dataset.classes),
            row_id=np.concatenate([real.ids, np.full(len(synthetic), -1)]),
            parent_id=np.concatenate([np.full(len(real), -1), parents]),
            is_synthetic=np.repeat([False, True], [len(real), len(synthetic)]),
        )

"""The training rows of an arm as a file that any training script reads: real rows, then what the arm made of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augeval.applied import Made
from augeval.errors import InputError
from augeval.types import Dataset, Json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame", "write"]


def write(made: Made, path: Path, described: Mapping[str, Json]) -> None:
    """The training rows that the arm leaves in and what it adds, as .csv or .parquet; images as .npz.

    Columns of a table: the dataset's own, then row_id, parent_id (of the first parent), other_parent_ids, arm,
    magnitude, seed, is_synthetic.

    Args:
        made: what an arm made. path: a file, replaced if it is there. described: the study's dataset entry.

    Raises:
        InputError: another kind of file was named, or it cannot be written.
    """
    image = made.dataset.modality == "image"
    wanted = (".npz",) if image else (".csv", ".parquet")
    if path.suffix not in wanted:
        raise InputError(
            f"{made.dataset.modality.capitalize()} rows are written as {' or '.join(wanted)}, not {path.name}."
        )
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if image:
            _write_images(made, partial)
        elif path.suffix == ".csv":
            frame(made, described).to_csv(partial, index=False)
        else:
            frame(made, described).to_parquet(partial, index=False)
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}.") from error


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
    return pd.DataFrame({**columns, **_provenance(made)})


def _named(categories: Sequence[str], values: NDArray[np.float64]) -> list[str | None]:
    return [None if np.isnan(value) else categories[int(value)] for value in values]


def _provenance(made: Made) -> dict[str, Any]:
    """Where each row comes from; real rows have no parent."""
    import pandas as pd

    real, synthetic = made.training.kept, made.training.synthetic
    parents = np.empty((0, 1), np.int64) if synthetic.parents is None else synthetic.parents
    n, m = len(real), len(synthetic)
    others = [" ".join(_key(made.dataset, i) for i in row[1:]) or None for row in parents]
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

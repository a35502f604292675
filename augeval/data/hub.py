"""A dataset of the Hugging Face hub, or one saved in a local folder; its code is never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augeval.data.described import About, described
from augeval.data.tables import Table, from_arrow
from augeval.errors import DataError, MissingExtraError, did_you_mean
from augeval.types import Dataset, Json

__all__ = ["load_hub"]

Splits = Mapping[str, Any]  # name -> datasets.Dataset, which is imported only where one is loaded


def load_hub(description: Mapping[str, Json]) -> Dataset:
    """The rows of one split, and of an official test split.

    Args:
        description: hub: a name on the hub, a folder that `save_to_disk` wrote, or a folder of CSV, JSONL or Parquet
            files; config; split: "train" if not given and there is one, else the only one; test_split; and label,
            text | features, categorical, group, id, name as for a file.

    Raises:
        DataError: the dataset, a split or a column cannot be found or used.
        MissingExtraError: the library `datasets` is not installed.
    """
    name = str(description["hub"])
    folder = Path(name)
    title = folder.name if folder.is_dir() else name
    splits = _splits(name, description.get("config"))
    split, test_split = _chosen(splits, description.get("split"), title), description.get("test_split")
    train = _table(splits[split], f"{title} ({split})", description)
    test = None
    if test_split is not None:
        chosen = _chosen(splits, str(test_split), title)
        if chosen == split:
            raise DataError(f"{title}: '{chosen}' is the split and the test_split; name two.")
        test = _table(splits[chosen], f"{title} ({chosen})", description)
    about = About(
        name=str(description.get("name") or title.rpartition("/")[2]),
        source=f"{'folder' if folder.is_dir() else 'Hugging Face hub'} {title} ({split})",
        licence=str(splits[split].info.license or ""),
    )
    return described(train, test, description, about)


def _splits(name: str, config: Json) -> Splits:
    """Every split of the dataset, from disk or from the hub."""
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("datasets", "hub", "A dataset of the Hugging Face hub") from error
    folder = Path(name)
    saved = any((folder / file).is_file() for file in ("dataset_dict.json", "state.json"))
    try:
        if saved:
            loaded = datasets.load_from_disk(name)
        else:
            loaded = datasets.load_dataset(name, config, trust_remote_code=False)
    except Exception as error:  # whatever a loader of tens of formats and a network raises, it is this dataset's
        config_named = f" (config {config})" if config is not None else ""
        raise DataError(
            f"The dataset '{name}'{config_named} cannot be loaded ({type(error).__name__}: {_first_line(error)}). "
            "Check the name and config; a local folder must hold CSV, JSONL or Parquet files."
        ) from error
    return loaded if isinstance(loaded, Mapping) else {str(loaded.split or "train"): loaded}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]


def _chosen(splits: Splits, wanted: Json, title: str) -> str:
    if wanted is None:
        if "train" in splits or len(splits) == 1:
            return "train" if "train" in splits else next(iter(splits))
        raise DataError(f"{title}: which split? Write split: and one of {', '.join(splits)}.")
    if wanted not in splits:
        raise DataError(
            f"{title} has no split '{wanted}'.{did_you_mean(str(wanted), splits)} Splits: {', '.join(splits)}."
        )
    return str(wanted)


def _table(split: Any, title: str, description: Mapping[str, Json]) -> Table:
    """The split's columns; of a text dataset only those that are named, so that images are never decoded."""
    named = [str(description[option]) for option in ("text", "label", "group", "id") if option in description]
    enough = "text" in description and set(named) <= set(split.column_names)  # else all, for the error to list
    chosen = split.select_columns(list(dict.fromkeys(named))) if enough else split
    table = from_arrow(chosen.with_format("arrow")[:], title)
    if not len(table):
        raise DataError(f"{title} has no rows.")
    return _with_class_names(table, split, description.get("label"))


def _with_class_names(table: Table, split: Any, label: Json) -> Table:
    """Numbered labels by their names, where the dataset knows these; -1 marks a hidden label."""
    names = getattr(split.features.get(label), "names", None)
    if names is None:
        return table
    cells = table.column(label, "label")
    for row, cell in enumerate(cells):
        if cell is not None and not 0 <= cell < len(names):
            raise DataError(
                f"{table.at(row, label)}: the label is {cell}, which marks a row without one. Name another split."
            )
    named = [None if cell is None else names[cell] for cell in cells]
    return Table(table.file, {**table.columns, label: named}, table.lines, table.unit)

"""A dataset that the user describes: a table or text file, a folder of images, arrays, a BEIR folder, the hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from augeval.data import arrays, beir, hub, images
from augeval.data.described import About, described
from augeval.data.tables import read_table, stem
from augeval.errors import DataError, did_you_mean
from augeval.types import Dataset, Json

__all__ = ["load"]

Loader = Callable[[Mapping[str, Json]], Dataset]
ROLES = ("text", "features", "label", "categorical", "group", "id")


def load(description: Mapping[str, Json]) -> Dataset:
    """The rows that a description names, checked and fingerprinted by their content.

    Args:
        description: exactly one of
            file: a .csv, .tsv, .jsonl or .parquet file (also .gz), with label, and text (a text dataset) or features,
                categorical (a table; all other columns if not given), group, id, test (a file of official test rows);
            folder: one sub-folder of images per class, optionally under train/ and test/; with size, test;
            npz: a file of arrays x and y, optionally x_train, y_train, x_test, y_test;
            beir: a folder with corpus.jsonl, queries.jsonl and qrels; with split;
            hub: a name on the Hugging Face hub or a local folder, with config, split, test_split and the keys of file;
        and optionally the dataset's name.

    Raises:
        DataError: what is wrong, in which file, line and column, and what to do.
        MissingExtraError: hub is named and `datasets` is not installed.
    """
    kinds = [kind for kind in LOADERS if kind in description]
    if len(kinds) != 1:
        given = "Given: " + ", ".join(kinds) if kinds else f"Given: {', '.join(map(str, description)) or 'nothing'}"
        raise DataError(f"A dataset is described by exactly one of {', '.join(LOADERS)}. {given}.")
    loader, keys = LOADERS[kinds[0]]
    known = (kinds[0], *keys, "name")
    for key in description:
        if key not in known:
            raise DataError(
                f"'{key}' means nothing to a dataset described by {kinds[0]}.{did_you_mean(key, known)} "
                f"Keys: {', '.join(known)}."
            )
    return loader(description)


def _file(description: Mapping[str, Json]) -> Dataset:
    path, test = str(description["file"]), description.get("test")
    official = None if test is None else read_table(str(test))
    name = Path(path).name
    source = name if test is None else f"{name}, tested on {Path(str(test)).name}"
    about = About(str(description.get("name") or stem(path)), source)
    return described(read_table(path), official, description, about)


LOADERS: dict[str, tuple[Loader, tuple[str, ...]]] = {
    "file": (_file, (*ROLES, "test")),
    "folder": (images.load_folder, ("size",)),
    "npz": (arrays.load_npz, ()),
    "beir": (beir.load_beir, ("split",)),
    "hub": (hub.load_hub, (*ROLES, "config", "split", "test_split")),
}

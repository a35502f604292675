"""A .npz file of arrays as a dataset: uint8 images, or a table of numbers."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.assemble import Rows, finish
from augeval.data.tables import read_bytes, stem
from augeval.errors import DataError
from augeval.types import Column, Dataset, Examples, Json

__all__ = ["load_npz"]

X_NAMES = ("x", "X", "images", "data")
Y_NAMES = ("y", "labels", "label", "targets", "target")
CLASS_NAMES = ("label_names", "class_names", "classes")
COLUMN_NAMES = ("feature_names", "columns")

Arrays = Mapping[str, NDArray[Any]]


def load_npz(description: Mapping[str, Json]) -> Dataset:
    """Images (n, h, w) or (n, h, w, 1 or 3) of uint8, or a table (n, d) of numbers, with (n,) labels.

    The arrays are called x and y (or images and labels), or x_train, y_train, x_test and y_test, whose test rows are
    then official. Optional: label_names (k,), which numbered labels index, and feature_names (d,). Nothing is
    unpickled.

    Args:
        description: npz; name.

    Raises:
        DataError: not such a file; an array that is missing or of another shape or type; a missing label.
    """
    path = Path(str(description["npz"]))
    arrays = _read(path)
    x, y, n_train = _rows(arrays, path.name)
    classes, labels = _classes(y, _names(arrays, CLASS_NAMES), path.name)
    unknown = np.setdiff1d(labels[n_train:], labels[:n_train])
    if len(unknown):
        raise DataError(
            f"{path.name}: no training row has the class '{classes[unknown[0]]}', which the test rows have."
        )
    columns = None
    if x.ndim == 2:
        x, columns = _table(x, _names(arrays, COLUMN_NAMES), path.name)
    else:
        x = _images(x, path.name)
    nothing = Examples(x[:0], labels[:0], np.arange(0))
    name = str(description.get("name") or stem(path))
    modality: Any = "image" if columns is None else "tabular"
    return finish(Dataset(name, modality, nothing, classes, columns, source=path.name), Rows(x, labels, n_train))


def _read(path: Path) -> Arrays:
    data = io.BytesIO(read_bytes(path))
    if not zipfile.is_zipfile(data):
        raise DataError(f"{path} is not a .npz file. Write one with numpy.savez_compressed(path, x=…, y=…).")
    data.seek(0)
    try:
        with np.load(data, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise DataError(
            f"{path} cannot be read ({error}). Arrays of Python objects are refused; write plain numbers and texts."
        ) from error


def _rows(arrays: Arrays, file: str) -> tuple[NDArray[Any], NDArray[Any], int]:
    """x, y and how many rows come before the official test set."""
    if _find(arrays, X_NAMES, "_train") is None:
        x, y = _pair(arrays, "", file)
        return x, y, len(x)
    x, y = _pair(arrays, "_train", file)
    if _find(arrays, X_NAMES, "_test") is None:
        return x, y, len(x)
    x_test, y_test = _pair(arrays, "_test", file)
    if x.shape[1:] != x_test.shape[1:] or x.dtype != x_test.dtype:
        raise DataError(
            f"{file}: training rows are {x.dtype} {x.shape[1:]} and test rows {x_test.dtype} {x_test.shape[1:]}; "
            "wanted one shape and type."
        )
    return np.concatenate([x, x_test]), np.concatenate([y, y_test]), len(x)


def _pair(arrays: Arrays, suffix: str, file: str) -> tuple[NDArray[Any], NDArray[Any]]:
    x, y = _find(arrays, X_NAMES, suffix), _find(arrays, Y_NAMES, suffix)
    if x is None or y is None:
        lacking = f"x{suffix}" if x is None else f"y{suffix}"
        raise DataError(
            f"{file} has no array '{lacking}'; wanted x and y (or images and labels), or x_train, y_train, x_test and "
            f"y_test. Arrays: {', '.join(arrays) or 'none'}."
        )
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or x.ndim < 2 or len(x) != len(y):
        raise DataError(
            f"{file}: x{suffix} has the shape {x.shape} and y{suffix} {y.shape}; wanted one label per row, (n,), and "
            "images (n, h, w) or (n, h, w, c), or a table (n, d)."
        )
    return x, y


def _find(arrays: Arrays, names: tuple[str, ...], suffix: str) -> NDArray[Any] | None:
    """The array of one of these names: "x_train", "train_x", or without a part "x"."""
    for name in names:
        for spelled in (name + suffix, f"{suffix[1:]}_{name}" if suffix else name):
            if spelled in arrays:
                return arrays[spelled]
    return None


def _names(arrays: Arrays, names: tuple[str, ...]) -> tuple[str, ...]:
    found = _find(arrays, names, "")
    return () if found is None else tuple(str(name) for name in found.ravel())


def _classes(y: NDArray[Any], names: tuple[str, ...], file: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Class names, and (n,) which of them each row has."""
    if y.dtype.kind in "US":
        words = np.char.strip(y.astype(str))
        if (words == "").any():
            raise DataError(f"{file}, row {int(np.argmax(words == ''))}: the label is empty.")
        distinct, labels = np.unique(words, return_inverse=True)
        return tuple(str(word) for word in distinct), labels.astype(np.int64)
    if y.dtype.kind not in "biuf":
        raise DataError(f"{file}: the labels are of type {y.dtype}; wanted whole numbers or texts.")
    whole = np.isfinite(y) & (np.floor(y) == y) if y.dtype.kind == "f" else np.ones(len(y), bool)
    if not whole.all():
        row = int(np.argmin(whole))
        raise DataError(f"{file}, row {row}: the label is {y[row]:g}; wanted a whole number or a text.")
    distinct, labels = np.unique(y.astype(np.int64), return_inverse=True)
    if not names:
        return tuple(str(value) for value in distinct), labels.astype(np.int64)
    if len(distinct) and (distinct[0] < 0 or distinct[-1] >= len(names)):
        wrong = distinct[0] if distinct[0] < 0 else distinct[-1]
        raise DataError(f"{file}: a label is {wrong}, but there are {len(names)} class names, 0 to {len(names) - 1}.")
    return tuple(names[value] for value in distinct), labels.astype(np.int64)


def _table(x: NDArray[Any], names: tuple[str, ...], file: str) -> tuple[NDArray[np.float64], tuple[Column, ...]]:
    if x.dtype.kind not in "biuf":
        raise DataError(f"{file}: the table is of type {x.dtype}; wanted numbers.")
    if x.shape[1] == 0:
        raise DataError(f"{file}: the table has no columns.")
    names = names or tuple(f"x{column}" for column in range(x.shape[1]))
    if len(names) != x.shape[1] or len(set(names)) < len(names):
        raise DataError(f"{file}: {len(set(names))} different feature names for {x.shape[1]} columns.")
    values = x.astype(np.float64)
    infinite = np.argwhere(np.isinf(values))
    if len(infinite):
        row, column = infinite[0]
        raise DataError(
            f"{file}, row {row}, column '{names[column]}': {values[row, column]:g} is infinite; wanted a finite number "
            "(nan if the value is not known)."
        )
    return values, tuple(Column(name, "numeric") for name in names)


def _images(x: NDArray[Any], file: str) -> NDArray[np.uint8]:
    """(n, h, w, c); a missing channel axis is added."""
    if x.dtype != np.uint8:
        raise DataError(
            f"{file}: the images are of type {x.dtype}; wanted uint8, 0 to 255. Of numbers in [0, 1] make them with "
            "np.rint(x * 255).astype(np.uint8)."
        )
    images = x[..., None] if x.ndim == 3 else x
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape[1:]:
        first = " Channels come last: np.moveaxis(x, 1, -1)." if x.ndim == 4 and x.shape[1] in (1, 3) else ""
        raise DataError(f"{file}: the images have the shape {x.shape}; wanted (n, h, w) or (n, h, w, 1 or 3).{first}")
    return images

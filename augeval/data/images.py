"""A folder of images, one sub-folder per class, as (n, h, w, c) uint8 pixels of one shape."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.assemble import Rows, finish
from augeval.data.tables import require_folder
from augeval.errors import DataError, did_you_mean
from augeval.types import Dataset, Examples, Json

__all__ = ["load_folder"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
GREY, COLOUR = ("1", "L", "LA", "La"), ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "CMYK", "YCbCr")
HIDDEN = (".", "__MACOSX")
MAX_BYTES = 2**32  # of all pixels together; what is larger wants `size`


@dataclass(frozen=True)
class _File:
    """An image, the class that its folder names, and whether it is of the official test set."""

    path: Path
    label: str
    test: bool = False


def load_folder(description: Mapping[str, Json]) -> Dataset:
    """Images of one shape; grey ones have one channel, all others three.

    A folder that holds the sub-folders train and test has its official test set in the latter.

    Args:
        description: folder; size: [height, width] in pixels, to which every image is resized; name.

    Raises:
        DataError: no such folder, no images, a file that is no image, or images of two shapes.
    """
    folder, size = Path(str(description["folder"])), _size(description.get("size"))
    files, ignored = _files(folder)
    classes = tuple(sorted({file.label for file in files if not file.test}))
    for file in files:
        if file.label not in classes:
            raise DataError(
                f"{file.path.parent} holds test images of a class that train/ has no folder for."
                f"{did_you_mean(file.label, classes)} Classes: {', '.join(classes)}."
            )
    x, notes = _stack(files, folder, size)
    if ignored:
        notes.append(f"{ignored} file(s) are not images and are left out.")
    y = np.array([classes.index(file.label) for file in files], np.int64)
    nothing = Examples(x[:0], y[:0], np.arange(0))
    name = str(description.get("name") or folder.name)
    bare = Dataset(name, "image", nothing, classes, source=f"folder {folder.name}", notes=tuple(notes))
    return finish(bare, Rows(x, y, sum(not file.test for file in files)))


def _size(value: Json) -> tuple[int, int] | None:
    if value is None:
        return None
    whole = isinstance(value, list | tuple) and all(isinstance(n, int) and not isinstance(n, bool) for n in value)
    if not whole or len(value) != 2 or min(value) < 1:
        raise DataError(f"size is {value!r}; wanted [height, width] in pixels, such as [32, 32].")
    return value[0], value[1]


def _files(folder: Path) -> tuple[list[_File], int]:
    """Training images first, each part by class and path; and how many other files were passed over."""
    if not {"train", "test"} <= {path.name for path in _subfolders(folder)}:
        return _of_part(folder, test=False)
    train, ignored = _of_part(folder / "train", test=False)
    test, more = _of_part(folder / "test", test=True)
    return [*train, *test], ignored + more


def _subfolders(folder: Path) -> list[Path]:
    require_folder(folder)
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(HIDDEN))


def _of_part(folder: Path, test: bool) -> tuple[list[_File], int]:
    files: list[_File] = []
    ignored = 0
    for sub in _subfolders(folder):
        inside = sorted(path for path in sub.rglob("*") if path.is_file() and not path.name.startswith("."))
        found = [_File(path, sub.name, test) for path in inside if path.suffix.lower() in SUFFIXES]
        if not found:
            raise DataError(f"The class folder {sub} holds no image; wanted files that end in {', '.join(SUFFIXES)}.")
        files += found
        ignored += len(inside) - len(found)
    if not files:
        raise DataError(f"{folder} has no sub-folders; wanted one per class, with its images inside.")
    return files, ignored


def _stack(files: list[_File], folder: Path, size: tuple[int, int] | None) -> tuple[NDArray[np.uint8], list[str]]:
    """(n, h, w, c) pixels, and what happened to them."""
    first = _read(files[0].path, size).pixels
    if first.nbytes * len(files) > MAX_BYTES:  # before the others are read
        gigabytes = first.nbytes * len(files) / 2**30
        raise DataError(f"{folder} holds {gigabytes:.1f} GiB of pixels. Give a smaller size: [height, width].")
    images = [_read(file.path, size) for file in files]
    for file, image in zip(files, images, strict=True):
        if image.pixels.shape[:2] != first.shape[:2]:
            raise DataError(
                f"The images have different shapes: {_shape(first)} ({files[0].path}) and "
                f"{_shape(image.pixels)} ({file.path}), height × width. Give size: [height, width] "
                "to resize them all."
            )
    colour = any(image.pixels.shape[2] == 3 for image in images)
    channels = 3 if colour else 1
    x = np.stack([np.repeat(i.pixels, channels // i.pixels.shape[2], axis=2) for i in images])
    return x, _notes(images, size, colour)


def _notes(images: list[_Image], size: tuple[int, int] | None, colour: bool) -> list[str]:
    grey, clear = sum(i.pixels.shape[2] == 1 for i in images), sum(i.transparent for i in images)
    shapes = Counter(i.was for i in images if size is not None and i.was != size)
    notes = (
        [f"{sum(shapes.values())} image(s) were resized to {size[0]} × {size[1]} pixels."] if shapes and size else []
    )
    if colour and grey:
        notes.append(f"{grey} grey image(s) are read as colour, like the others.")
    if clear:
        notes.append(f"The transparency of {clear} image(s) is ignored.")
    return notes


def _shape(pixels: NDArray[Any]) -> str:
    return f"{pixels.shape[0]} × {pixels.shape[1]}"


@dataclass(frozen=True)
class _Image:
    """(h, w, 1 or 3) pixels; the height and width that the file has; whether it has a transparency."""

    pixels: NDArray[np.uint8]
    was: tuple[int, int]
    transparent: bool


def _read(path: Path, size: tuple[int, int] | None) -> _Image:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; pixels that cannot be read raise
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                _refuse_unfit(path, opened.mode, getattr(opened, "n_frames", 1))
                turned = ImageOps.exif_transpose(opened)
                clear = "A" in turned.mode.upper() or "transparency" in turned.info
                image = turned.convert("L" if turned.mode in GREY else "RGB")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, Warning) as error:
        raise DataError(f"{path} cannot be read as an image ({error}). Replace it or take it out.") from error
    was = (image.height, image.width)
    if size is not None and was != size:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return _Image(pixels[..., None] if pixels.ndim == 2 else pixels, was, clear)


def _refuse_unfit(path: Path, mode: str, frames: int) -> None:
    if mode not in GREY + COLOUR:
        raise DataError(f"{path} has pixels of mode {mode}; wanted 8 bits a channel, grey or colour. Convert it.")
    if frames > 1:
        raise DataError(f"{path} holds {frames} images; wanted one. Save them apart.")

"""Named datasets that need no file and no network: they are made from libraries that augeval depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.data.assemble import Rows, finish
from augeval.data.docstrings import Entry, documented
from augeval.extend import dataset
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples, Modality

__all__ = [
    "breast_cancer",
    "breast_cancer_rare",
    "digits",
    "digits_canvas",
    "digits_rare",
    "docstring_search",
    "docstrings",
    "wine",
]

RARE_SHARE = 0.05  # of all rows, of the class that a *_rare dataset thins
CANVAS = 16  # pixels
DIGITS_SOURCE = "scikit-learn load_digits (UCI Optical Recognition of Handwritten Digits, test part)"
CANCER_SOURCE = "scikit-learn load_breast_cancer (UCI Breast Cancer Wisconsin, Diagnostic)"
UCI_LICENCE = "CC BY 4.0"


@dataset("text", source="SciPy's documentation")
def docstrings() -> Dataset:
    """First sentence of each public SciPy function's docstring; the class is its subpackage."""
    entries, notes = _entries()
    classes = tuple(sorted({entry.subpackage for entry in entries}))
    y = np.array([classes.index(entry.subpackage) for entry in entries])
    return _finish("docstrings", "text", (_texts([e.sentence for e in entries]), y), classes=classes, notes=notes,
                   keys=_texts([e.name for e in entries]), **_scipy())  # fmt: skip


@dataset("retrieval", source="SciPy's documentation")
def docstring_search() -> Dataset:
    """First sentence of each public SciPy function's docstring as a query; its document is the rest of it."""
    entries, notes = _entries()
    entries = [entry for entry in entries if entry.rest]
    corpus = list(dict.fromkeys(entry.rest for entry in entries))
    row_of = {document: row for row, document in enumerate(corpus)}
    y = np.array([row_of[entry.rest] for entry in entries])
    return _finish("docstring_search", "retrieval", (_texts([e.sentence for e in entries]), y), notes=notes,
                   corpus=_texts(corpus), keys=_texts([e.name for e in entries]), **_scipy())  # fmt: skip


@dataset("image", source=DIGITS_SOURCE)
def digits() -> Dataset:
    """1797 handwritten digits of 8 × 8 grey pixels."""
    images, y, classes = _digits()
    return _finish("digits", "image", (images, y), classes=classes, source=DIGITS_SOURCE, licence=UCI_LICENCE)


@dataset("image", source=DIGITS_SOURCE)
def digits_rare() -> Dataset:
    """The digits with the eights thinned to about 5 % of all rows."""
    images, y, classes = _digits()
    keep, note = _thinned("digits_rare", y, 8, "8")
    return _finish("digits_rare", "image", (images[keep], y[keep]), classes=classes, source=DIGITS_SOURCE,
                   licence=UCI_LICENCE, notes=(note,))  # fmt: skip


@dataset("image", source=DIGITS_SOURCE)
def digits_canvas() -> Dataset:
    """Each digit at a random place, the same on every machine, of a 16 × 16 canvas: here shifting truly helps."""
    images, y, classes = _digits()
    canvas = np.zeros((len(images), CANVAS, CANVAS, 1), np.uint8)
    for row, image in enumerate(images):
        top, left = stream("digits_canvas", row).integers(0, CANVAS - 8, size=2, endpoint=True)
        canvas[row, top : top + 8, left : left + 8] = image
    note = f"Each 8 × 8 digit lies at a random place of a {CANVAS} × {CANVAS} canvas."
    return _finish("digits_canvas", "image", (canvas, y), classes=classes, source=DIGITS_SOURCE, licence=UCI_LICENCE,
                   notes=(note,))  # fmt: skip


@dataset("tabular", source=CANCER_SOURCE)
def breast_cancer() -> Dataset:
    """569 tumours by 30 measurements of their cell nuclei: malignant (212) or benign (357)."""
    x, y, classes, columns = _table("load_breast_cancer")
    return _finish("breast_cancer", "tabular", (x, y), classes=classes, columns=columns, source=CANCER_SOURCE,
                   licence=UCI_LICENCE)  # fmt: skip


@dataset("tabular", source=CANCER_SOURCE)
def breast_cancer_rare() -> Dataset:
    """Breast cancer with the malignant tumours thinned to about 5 % of all rows."""
    x, y, classes, columns = _table("load_breast_cancer")
    keep, note = _thinned("breast_cancer_rare", y, classes.index("malignant"), "malignant")
    return _finish("breast_cancer_rare", "tabular", (x[keep], y[keep]), classes=classes, columns=columns,
                   source=CANCER_SOURCE, licence=UCI_LICENCE, notes=(note,))  # fmt: skip


@dataset("tabular", source="scikit-learn load_wine (UCI Wine)")
def wine() -> Dataset:
    """178 wines of three growers by 13 chemical measurements."""
    x, y, classes, columns = _table("load_wine")
    return _finish("wine", "tabular", (x, y), classes=classes, columns=columns,
                   source="scikit-learn load_wine (UCI Wine)", licence=UCI_LICENCE)  # fmt: skip


def _finish(name: str, modality: Modality, xy: tuple[NDArray[Any], NDArray[Any]], **about: Any) -> Dataset:
    keys = about.pop("keys", None)
    nothing = Examples(xy[0][:0], xy[1][:0], np.arange(0))
    bare = Dataset(name, modality, nothing, **{"classes": (), **about})
    return finish(bare, Rows(xy[0], xy[1].astype(np.int64), len(xy[1]), keys=keys))


def _entries() -> tuple[list[Entry], tuple[str, ...]]:
    entries, repeated, ambiguous = documented()
    notes = (
        f"{repeated} function(s) left out whose first sentence another of the subpackage has already, and "
        f"{ambiguous} whose sentence stands in two subpackages.",
        "The rows change with the installed SciPy.",
    )
    return entries, notes


def _scipy() -> dict[str, str]:
    import scipy

    return {"source": f"docstrings of SciPy {scipy.__version__}", "licence": "BSD-3-Clause"}


def _texts(values: list[str]) -> NDArray[Any]:
    return np.array(values, object)


def _digits() -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    """(1797, 8, 8, 1) pixels, whose 17 grey levels 0 … 16 are spread over 0 … 255, and their classes."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
    return images, bunch.target.astype(np.int64), tuple(str(digit) for digit in range(10))


def _table(loader: str) -> tuple[NDArray[np.float64], NDArray[np.int64], tuple[str, ...], tuple[Column, ...]]:
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, loader)()
    columns = tuple(Column(str(name).replace(" ", "_"), "numeric") for name in bunch.feature_names)
    classes = tuple(str(name) for name in bunch.target_names)
    return bunch.data.astype(np.float64), bunch.target.astype(np.int64), classes, columns


def _thinned(name: str, y: NDArray[np.int64], rare: int, label: str) -> tuple[NDArray[np.int64], str]:
    """Rows that stay, in their order, so that the class makes up `RARE_SHARE` of them; and the note that says so."""
    of_class, others = np.flatnonzero(y == rare), np.flatnonzero(y != rare)
    wanted = round(len(others) * RARE_SHARE / (1 - RARE_SHARE))
    chosen = stream(name).permutation(of_class)[:wanted]
    note = f"The class {label} is thinned from {len(of_class)} to {wanted} rows, {RARE_SHARE:.0%} of all."
    return np.sort(np.concatenate([others, chosen])), note

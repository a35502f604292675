"""The docstrings of the installed SciPy as rows: real text that its users know, on every machine that runs augeval."""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MODULES", "Entry", "documented"]

# Public modules by hand: what SciPy deprecates stays reachable for years, and importing it warns. Subpackages with
# fewer than ten functions (constants, datasets, differentiate), the legacy ones (fftpack, odr) and stats.mstats, whose
# sentences repeat those of stats in other words, are left out.
MODULES = (
    "cluster.hierarchy", "cluster.vq", "fft", "integrate", "interpolate", "io", "io.arff", "io.matlab", "io.wavfile",
    "linalg", "linalg.interpolative", "ndimage", "optimize", "signal", "signal.windows", "sparse", "sparse.csgraph",
    "sparse.linalg", "spatial", "spatial.distance", "spatial.transform", "special", "stats", "stats.contingency",
    "stats.qmc", "stats.sampling",
)  # fmt: skip
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|cf|vs|al|Eq|eq|ref|Ref|resp|No|Fig|Dr|St)\.$")
# What NumPy and Cython write before the docstring of compiled functions.
_SIGNATURE = re.compile(r"([\w, ]+ = )?[\w.]+\(")


@dataclass(frozen=True)
class Entry:
    """One documented public function, class or distribution.

    Args:
        name: "scipy.fft.rfft"; subpackage: "fft"; sentence: the first of its docstring; rest: everything after it.
    """

    name: str
    subpackage: str
    sentence: str
    rest: str


def documented() -> tuple[list[Entry], int, int]:
    """Entries in the order of their names, each sentence once.

    Returns:
        Entries; rows left out because the subpackage has the same sentence already; rows left out because another
        subpackage has it too, so that it tells no class.
    """
    found = sorted(_scan(), key=lambda entry: entry.name)
    homes: dict[str, set[str]] = defaultdict(set)
    for entry in found:
        homes[entry.sentence].add(entry.subpackage)
    telling = [entry for entry in found if len(homes[entry.sentence]) == 1]
    once: dict[str, Entry] = {}
    for entry in telling:
        once.setdefault(entry.sentence, entry)
    return list(once.values()), len(telling) - len(once), len(found) - len(telling)


def _scan() -> Iterator[Entry]:
    for module_name in MODULES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = importlib.import_module(f"scipy.{module_name}")
            except ModuleNotFoundError:  # an older or newer SciPy
                continue
            members = [(name, getattr(module, name)) for name in sorted(set(module.__all__))]
        for name, member in members:
            entry = _entry(f"scipy.{module_name}.{name}", member)
            if entry is not None:
                yield entry


def _entry(name: str, member: object) -> Entry | None:
    is_error = inspect.isclass(member) and issubclass(member, BaseException)
    if inspect.ismodule(member) or is_error or not callable(member):
        return None
    paragraphs = re.split(r"\n\s*\n", (inspect.getdoc(member) or "").strip())
    while paragraphs and _SIGNATURE.match(paragraphs[0]):
        paragraphs = paragraphs[1:]
    sentence, tail = _first_sentence(" ".join(paragraphs[0].split())) if paragraphs else ("", "")
    unfit = sentence.startswith(("Internal function", "Parameters ---")) or ".. deprecated::" in sentence + tail
    if not sentence or unfit or any(part.startswith(".. deprecated::") for part in paragraphs[:3]):
        return None
    rest = "\n\n".join(part for part in (tail, *paragraphs[1:]) if part)
    return Entry(name, name.split(".")[1], sentence, rest)


def _first_sentence(text: str) -> tuple[str, str]:
    """The text up to the first full stop that ends a sentence, and what follows it."""
    for stop in re.finditer(r"[.!?](?=\s+[A-Z`:*(])", text):
        if not _ABBREVIATION.search(text[: stop.end()]):
            return text[: stop.end()], text[stop.end() :].strip()
    return text, ""

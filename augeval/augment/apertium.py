"""Apertium: rule-based translation by the programs and pairs that are installed, kept open as one pipeline.

Texts go in as one stream and come back in order, each ended by NUL, at which every program of the pipeline flushes
(`-z`). Each carries its number in a superblank, so that an answer that is lost or doubled is seen and never shifts the
others. Plain lines would corrupt: rules match across the line end.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augeval.augment.pipeline import open_pipeline
from augeval.augment.translators import Translation, assembled, cased_like, cut, halved
from augeval.errors import EngineError, InputError

__all__ = ["Apertium", "installed", "missing"]

SEMANTICS = 1  # of how texts are sent and read back: raised where the same Apertium would give other texts
FOLDERS = ("/usr/share/apertium", "/usr/local/share/apertium")
TIMEOUT = 60.0  # seconds without a sign of life
LOST_IN_A_ROW = 3  # texts that fresh pipelines fail on, one after the other, before it is Apertium that is broken
LONG = 2000  # characters that are sent as one: the time for a text can grow faster than its length
INSTALL = "Run: apt install apertium apertium-eng-spa (or the package of your pair: apt-cache search apertium)"

_RESERVED = re.compile(r"[\[\]{}^$/\\@<>]")
# Kept as they are: marks that Apertium's own would be taken for, addresses, tags, and runs without a blank that are
# no words (the time for one grows with its square).
_KEPT = re.compile(
    r"\S{200,}|https?://\S+|www\.\S+|[^\s@]+@[^\s@]+\.[^\s@]+|</?[A-Za-z][^<>]{0,300}>|&#?\w+;|[*#~@]+", re.IGNORECASE
)
_LOWER_I = re.compile(r"(?<![^\W_])i(?![^\W_])")
# Marks come escaped or not ("\@titan"); the text's own are in superblanks.
_ANSWER = re.compile(r"(?P<mark>(?:\\?[*#@])+)|\\(?P<plain>.)|\[(?P<blank>(?:\\.|[^\]\\])*)\]", re.DOTALL)


@dataclass(frozen=True)
class Apertium:
    """A translator by an installed mode of Apertium.

    Args:
        source, target: as the mode is called: "eng", "spa" for eng-spa.
        timeout: seconds without a sign of life after which the pipeline is ended and started again.
    """

    source: str
    target: str
    timeout: float = TIMEOUT
    samples: bool = False

    @property
    def digest(self) -> str:
        """Mode, versions, and checksum of the pair's data.

        Raises:
            InputError: Apertium or the pair is not installed; says how to get it.
        """
        programs = _programs(self.source, self.target)
        return f"apertium {self.source}-{self.target} {_content(programs)} {SEMANTICS}"

    def batch(self, texts: Sequence[str], keys: NDArray[np.uint64] | None = None) -> list[Translation | None]:
        """One translation for each text; None for one on which the pipeline died, hung or lost its place, twice.

        Args:
            texts: n of any characters; what has no letter comes back as it is. keys: not used.

        Raises:
            InputError: Apertium or the pair is not installed.
            EngineError: it fails on every text; says what it wrote.
        """
        cuts = [cut(text) for text in texts]
        parts = [[halved(piece, _is_short) for piece in one.texts] for one in cuts]
        asked = list(dict.fromkeys(part for pieces in parts for piece in pieces for part, _ in piece))
        known = dict(zip(asked, self._answers(asked), strict=True))
        found = [[[known[part] for part, _ in piece] for piece in pieces] for pieces in parts]
        return [assembled(*one) for one in zip(texts, cuts, parts, found, strict=True)]

    def _answers(self, pieces: Sequence[str]) -> list[Translation | None]:
        """Of parts. After a fault the first without an answer is tried alone, and the rest goes on."""
        records = [_written(piece, self.source in ("eng", "en")) for piece in pieces]
        raw: list[str | None] = []
        lost = 0
        while len(raw) < len(records):
            came, fault = self._ask(records[len(raw) :])
            raw += came
            if fault and len(raw) < len(records):
                came, fault = self._ask(records[len(raw) : len(raw) + 1])
                raw += came or [None]
                lost = 0 if came else lost + 1
                if lost >= LOST_IN_A_ROW:
                    raise EngineError(
                        f"Apertium's {self.source}-{self.target} fails on one text after another. {fault}"
                    )
        return [None if r is None else _read(piece, r) for piece, r in zip(pieces, raw, strict=True)]

    def _ask(self, records: Sequence[str]) -> tuple[list[str], str]:
        """Answers in order as far as they came, and what went wrong, or ""."""
        pipeline = open_pipeline(_programs(self.source, self.target))
        with pipeline.lock:
            first = pipeline.asked
            numbered = [f"{record}.[][{first + i}]".encode() for i, record in enumerate(records)]
            came, fault = pipeline.ask(numbered, self.timeout)
            answers: list[str] = []
            for i, answer in enumerate(came, first):
                text, own, _ = answer.decode("utf-8", "replace").rpartition(f"[][{i}]")
                if not own:
                    pipeline.close()
                    return answers, f"An answer came without its number: {answer[-60:]!r}."
                answers.append(text.removesuffix("."))
        return answers, fault


def installed() -> list[str]:
    """Modes that are installed ("eng-spa"), sorted; none where the programs are not."""
    if shutil.which("lt-proc", path=_path()) is None:
        return []
    return sorted({mode.stem for folder in _folders() for mode in (folder / "modes").glob("*.mode")})


def missing(source: str, target: str) -> str:
    """Why the mode cannot be used, in a sentence with the remedy; "" if it can."""
    try:
        _programs(source, target)
    except InputError as error:
        return str(error)
    return ""


def _folders() -> list[Path]:
    own = os.environ.get("APERTIUM_DATADIR")
    return [Path(folder) for folder in ((own,) if own else FOLDERS)]


def _path() -> str:
    return os.pathsep.join(filter(None, (os.environ.get("APERTIUM_PATH"), os.environ.get("PATH", os.defpath))))


def _programs(source: str, target: str) -> tuple[tuple[str, ...], ...]:
    """The pipeline's programs with their arguments, as the mode's file lists them."""
    name = f"{source}-{target}"
    files = [folder / "modes" / f"{name}.mode" for folder in _folders()]
    found = next((path for path in files if path.is_file()), None)
    if found is None:
        known = ", ".join(installed()) or "none, and no lt-proc on PATH"
        raise InputError(
            f"Apertium's mode {name} is not installed (looked in {files[0].parent}; there: {known}). {INSTALL}"
        )
    return _parsed(found.read_text(encoding="utf-8"), name, _path())


@lru_cache(maxsize=32)
def _parsed(mode: str, name: str, path: str) -> tuple[tuple[str, ...], ...]:
    """A mode is a shell pipeline; $1 stands for how words are generated (-g: with marks), $2 for tagger options."""
    line = " ".join(line for line in mode.splitlines() if not line.startswith("#"))
    words = shlex.shlex(line.replace("$1", "-g").replace("$2", ""), posix=True, punctuation_chars="|")
    words.whitespace_split = True
    programs: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            programs.append([])
        else:
            programs[-1].append(word)
    return tuple(_flushing(program, name, path) for program in programs)


def _flushing(program: Sequence[str], name: str, path: str) -> tuple[str, ...]:
    """The program where it lies, told to flush at NUL."""
    found = shutil.which(program[0], path=path) if program else None
    if found is None:
        wanted = program[0] if program else "between two bars"
        raise InputError(f"Apertium's mode {name} needs the program {wanted}, which is not on PATH. {INSTALL}")
    return (found, *(() if "-z" in program else ("-z",)), *program[1:])


@lru_cache(maxsize=32)
def _content(programs: tuple[tuple[str, ...], ...]) -> str:
    """Versions of the programs, and checksum of the files that they are given."""
    asked = [["apertium", "-V"], ["lt-proc", "--version"]]
    found = [(shutil.which(program, path=_path()), option) for program, option in asked]
    said = [_said(program, option) for program, option in found if program is not None]
    total = hashlib.sha256()
    for program in programs:
        for argument in (Path(program[0]).name, *program[1:]):
            file = Path(argument)
            content = file.read_bytes() if file.is_file() else argument.encode()
            total.update(hashlib.sha256(content).digest())
    return " ".join([*said, total.hexdigest()[:16]])


def _said(program: str, option: str) -> str:
    answer = subprocess.run([program, option], capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT)
    return " ".join(answer.stdout.decode("utf-8", "replace").split())


def _is_short(piece: str) -> bool:
    return len(piece) <= LONG


def _written(piece: str, english: bool) -> str:
    """A paragraph as Apertium's stream: reserved characters escaped, what it must not read in superblanks."""
    if english:
        piece = _LOWER_I.sub("I", piece)
    made, at = [], 0
    for kept in _KEPT.finditer(piece):
        made += [_escaped(piece[at : kept.start()]), f"[{_escaped(kept[0])}]"]
        at = kept.end()
    return "".join([*made, _escaped(piece[at:])])


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


def _read(piece: str, answer: str) -> Translation:
    """The answer without marks, each counted as an unknown word, in the case of the paragraph."""
    unknown = 0

    def plain(found: re.Match[str]) -> str:
        nonlocal unknown
        unknown += found["mark"] is not None
        return re.sub(r"\\(.)", r"\1", found["blank"]) if found["blank"] is not None else found["plain"] or ""

    text = " ".join(_ANSWER.sub(plain, answer).split())
    return Translation(cased_like(piece, text), unknown)

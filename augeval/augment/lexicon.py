"""WordNet as arrays: the database files are found and read once, and loaded from the cache afterwards.

Only what every packaging of WordNet has is read (index.*, data.*, cntlist.rev), so the words and senses are the same
from Debian's package, from NLTK's folder or zip, and from Princeton's archive of the same version.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import memo
from augeval.errors import InputError

__all__ = ["PARTS", "Lexicon", "Sense", "find_wordnet", "load", "wordnet_digest", "wordnet_version"]

PARTS = ("noun", "verb", "adj", "adv")
FILES = (*(f"index.{part}" for part in PARTS), *(f"data.{part}" for part in PARTS), "cntlist.rev")
LAYOUT = "1"  # of the arrays below: raised when they change
_PART_OF_TYPE = {"n": 0, "v": 1, "a": 2, "s": 2, "r": 3}
_MARKER = re.compile(r"\((?:a|p|ip)\)$")


@dataclass(frozen=True)
class Sense:
    """One meaning of a word.

    Args:
        synset: its number; rank: 1 is the commonest; count: times it was tagged in SemCor.
    """

    synset: int
    rank: int
    count: int


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words, their senses in order of frequency, and who shares or opposes them.

    Args:
        arrays: `words` (all lemmas, newline-separated bytes), `entries` (4, words) number of the word's entry in each
            part of speech or -1, and pairs of `…_start` and values: senses and counts of each entry; members of
            each synset with `member_free` (False: only before or only after a noun); similar and opposed synsets.
        digest: names the content of the files.
    """

    arrays: dict[str, NDArray[Any]]
    digest: str

    @cached_property
    def words(self) -> list[str]:
        """Every lemma once, blanks between the parts of those of several words."""
        return self.arrays["words"].tobytes().decode("utf-8").split("\n")

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def senses(self, lemma: str, part: int) -> list[Sense]:
        """Senses of a lower-case lemma in a part of speech (index of PARTS), commonest first; [] if it has none."""
        number = self._number.get(lemma)
        entry = -1 if number is None else int(self.arrays["entries"][part, number])
        if entry < 0:
            return []
        low, high = self.arrays["sense_start"][entry : entry + 2]
        synsets, counts = self.arrays["sense"][low:high].tolist(), self.arrays["count"][low:high].tolist()
        return [Sense(s, i + 1, c) for i, (s, c) in enumerate(zip(synsets, counts, strict=True))]

    def frequency(self, lemma: str, part: int) -> int:
        """How often any of its senses was tagged in SemCor."""
        return sum(sense.count for sense in self.senses(lemma, part))

    def members(self, synset: int) -> list[tuple[str, bool]]:
        """Lemmas of a synset, names with their capitals, and whether each may stand anywhere in a sentence."""
        low, high = self.arrays["member_start"][synset : synset + 2]
        free = self.arrays["member_free"][low:high].tolist()
        return [(self.words[i], bool(f)) for i, f in zip(self.arrays["member"][low:high].tolist(), free, strict=True)]

    def opposites(self, lemma: str) -> set[str]:
        """Lower-case lemmas that oppose any sense of this one, directly or through the adjectives similar to it."""
        synsets = {sense.synset for part in range(4) for sense in self.senses(lemma, part)}
        opposed = self._reached("opposed", synsets | self._reached("similar", synsets))
        opposed |= self._reached("similar", opposed)
        return {word.lower() for synset in opposed for word, _ in self.members(synset)} - {lemma}

    def frequent(self, limit: int) -> list[tuple[str, int, int]]:
        """(lemma, its commonest part of speech, count) of the most frequent single words that are not names."""
        starts = self.arrays["sense_start"]
        counted = np.concatenate([[0], np.cumsum(self.arrays["count"])])
        totals = np.append(counted[starts[1:]] - counted[starts[:-1]], 0)  # the last one answers entry -1
        by_part = totals[self.arrays["entries"]]
        best = by_part.argmax(0)
        count = by_part[best, np.arange(len(best))]
        plain = [i for i in np.flatnonzero(count).tolist() if self.words[i].isalpha() and self.words[i].islower()]
        plain.sort(key=lambda i: (-int(count[i]), self.words[i]))
        found = ((self.words[i], int(best[i]), int(count[i])) for i in plain)
        return list(islice((entry for entry in found if not self._is_name(entry[0], entry[1])), limit))

    def _is_name(self, lemma: str, part: int) -> bool:
        """Whether its commonest sense is written with a capital ("vermont")."""
        return lemma not in {word for word, _ in self.members(self.senses(lemma, part)[0].synset)}

    def _reached(self, relation: str, synsets: set[int]) -> set[int]:
        starts, targets = self.arrays[f"{relation}_start"], self.arrays[relation]
        return {int(t) for s in synsets for t in targets[starts[s] : starts[s + 1]]}


def find_wordnet() -> Path | None:
    """The folder or zip that holds WordNet's files, or None; with WNHOME set, nowhere else is looked.

    Looked for in WNHOME, where Debian, Homebrew and Princeton put it, and in NLTK's data folders.
    """
    home = os.environ.get("WNHOME")
    places = [Path(home), Path(home) / "dict"] if home else _usual_places()
    return next((place for place in places if _has_files(place)), None)


def wordnet_version() -> str | None:
    """ "3.0", as the files say; None if there are none."""
    place = find_wordnet()
    if place is None:
        return None
    found = re.search(rb"WordNet (\d+(?:\.\d+)+)", _read(place, "data.adv")[:4000])
    return found[1].decode() if found else "of an unknown version"


def wordnet_digest() -> str:
    """Version and checksum of what `load` reads: what an edit that uses it depends on.

    Raises:
        InputError: WordNet is not installed; says how to get it.
    """
    place = find_wordnet()
    if place is None:
        home = os.environ.get("WNHOME")
        where = f"WNHOME is {home}, and {FILES[0]} … {FILES[-1]} are not there. " if home else ""
        raise InputError(
            f"This augmenter needs the WordNet database, which was not found. {where}Run: apt install wordnet-base, or "
            "brew install wordnet, or python -m nltk.downloader wordnet, or set WNHOME to the folder that has it."
        )
    return _digest(place)


def load() -> Lexicon:
    """WordNet of this machine, read once per process.

    Raises:
        InputError: it is not installed; says how to get it.
    """
    return _load(wordnet_digest())


@lru_cache(maxsize=1)
def _load(digest: str) -> Lexicon:
    place = find_wordnet()
    assert place is not None
    return Lexicon(memo.remember(("lexicon", LAYOUT, digest), lambda: _flatten(place)), digest)


def _usual_places() -> list[Path]:
    fixed = ("/usr/share/wordnet", "/usr/local/share/wordnet", "/opt/homebrew/opt/wordnet/dict",
             "/usr/local/opt/wordnet/dict", "/usr/local/WordNet-3.0/dict", "/usr/local/WordNet-3.1/dict")  # fmt: skip
    named = [path for path in os.environ.get("NLTK_DATA", "").split(os.pathsep) if path]
    folders = [Path(path) for path in named] + [Path.home() / "nltk_data"]
    folders += [Path(sys.prefix) / below / "nltk_data" for below in ("", "share", "lib")]
    folders += [Path(root) / "nltk_data" for root in ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")]
    return [Path(path) for path in fixed] + [
        f / "corpora" / name for f in folders for name in ("wordnet", "wordnet.zip")
    ]


def _has_files(place: Path) -> bool:
    if place.suffix == ".zip" and place.is_file():
        with zipfile.ZipFile(place) as archive:
            return {f"wordnet/{name}" for name in FILES} <= set(archive.namelist())
    return all((place / name).is_file() for name in FILES)


def _read(place: Path, name: str) -> bytes:
    if place.suffix == ".zip":
        with zipfile.ZipFile(place) as archive:
            return archive.read(f"wordnet/{name}")
    return (place / name).read_bytes()


@lru_cache(maxsize=4)
def _digest(place: Path) -> str:
    """CRC-32 of every file, which a zip already carries: the same content has the same digest in any packaging."""
    if place.suffix == ".zip":
        with zipfile.ZipFile(place) as archive:
            sums = [archive.getinfo(f"wordnet/{name}").CRC for name in FILES]
    else:
        sums = [zlib.crc32((place / name).read_bytes()) for name in FILES]
    whole = zlib.crc32(",".join(map(str, sums)).encode())
    return f"WordNet {wordnet_version()} {whole:08x}"


def _lines(place: Path, name: str) -> Iterator[list[str]]:
    """Fields of each line; the licence at the head is indented."""
    for line in _read(place, name).decode("utf-8").splitlines():
        if line and not line.startswith(" "):
            yield line.partition(" | ")[0].split(" ")


def _flatten(place: Path) -> dict[str, NDArray[Any]]:
    data = [(number, fields) for number, part in enumerate(PARTS) for fields in _lines(place, f"data.{part}")]
    synset_of = {(part, fields[0]): i for i, (part, fields) in enumerate(data)}
    words: dict[str, int] = {}
    entries = _entries(place, words, synset_of)
    members = [fields[4 : 4 + 2 * int(fields[3], 16) : 2] for _, fields in data]
    numbers = [[_number(words, _MARKER.sub("", word)) for word in row] for row in members]
    pointers = [list(_pointers(fields)) for _, fields in data]
    table = np.full((len(PARTS), len(words)), -1, np.int32)
    word, part = entries.pop("entry_word"), entries.pop("entry_part")
    table[part, word] = np.arange(len(word), dtype=np.int32)
    return {
        **entries,
        "entries": table,
        **_rows("member", numbers),
        "member_free": np.array([not _MARKER.search(word) for row in members for word in row], np.uint8),
        **_rows("similar", [[synset_of[to] for mark, to in row if mark == "&"] for row in pointers]),
        **_rows("opposed", [[synset_of[to] for mark, to in row if mark == "!"] for row in pointers]),
        "words": np.frombuffer("\n".join(words).encode("utf-8"), np.uint8),
    }


def _entries(place: Path, words: dict[str, int], synset_of: dict[tuple[int, str], int]) -> dict[str, NDArray[Any]]:
    """One entry per lemma and part of speech: its synsets, and how often each sense was tagged."""
    counts = _sense_counts(place)
    entry_word, entry_part, senses, tagged = [], [], [], []
    for part, name in enumerate(PARTS):
        for fields in _lines(place, f"index.{name}"):
            fields = [field for field in fields if field]
            lemma, offsets = fields[0], fields[-int(fields[2]) :]
            entry_word.append(_number(words, lemma))
            entry_part.append(part)
            senses.append([synset_of[part, offset] for offset in offsets])
            tagged += [counts.get((lemma, part, rank), 0) for rank in range(1, len(offsets) + 1)]
    return {
        "entry_word": np.array(entry_word, np.int32),
        "entry_part": np.array(entry_part, np.int32),
        "count": np.array(tagged, np.int32),
        **_rows("sense", senses),
    }


def _sense_counts(place: Path) -> dict[tuple[str, int, int], int]:
    """(lemma, part, rank) -> count, of the lines "lemma%type:file:id:head:headid rank count" of cntlist.rev."""
    counts: dict[tuple[str, int, int], int] = {}
    for line in _read(place, "cntlist.rev").decode("utf-8").splitlines():
        key, rank, count = line.split()
        lemma, _, rest = key.partition("%")
        part = {"1": 0, "2": 1, "3": 2, "4": 3, "5": 2}[rest[0]]
        counts[lemma, part, int(rank)] = int(count)
    return counts


def _pointers(fields: list[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """(symbol, (part, offset of the target)) of each pointer of a synset."""
    at = 4 + 2 * int(fields[3], 16)
    for i in range(int(fields[at])):
        symbol, offset, kind, _ = fields[at + 1 + 4 * i : at + 5 + 4 * i]
        yield symbol, (_PART_OF_TYPE[kind], offset)


def _number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word.replace("_", " "), len(words))


def _rows(name: str, rows: Sequence[Sequence[int]]) -> dict[str, NDArray[Any]]:
    """Rows of different lengths, end to end: row i is values[start[i] : start[i + 1]]."""
    lengths = [0, *(len(row) for row in rows)]
    values = [value for row in rows for value in row]
    return {f"{name}_start": np.cumsum(lengths, dtype=np.int32), name: np.array(values, np.int32)}

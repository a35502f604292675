"""A WordNet of eighteen synsets in the format of the real one, so that tests need no download."""

from __future__ import annotations

import zipfile
from pathlib import Path

LETTER = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
LICENCE = "  1 This software and database is being provided to you\n  2 WordNet 9.9 Copyright 2026 by nobody.  \n"

# offset: (kind, words, pointers)
SYNSETS: dict[str, tuple[str, list[str], list[tuple[str, str]]]] = {
    "10000001": ("n", ["movie", "film", "picture", "motion_picture", "flick"], []),
    "10000002": ("n", ["film", "celluloid"], []),
    "10000003": ("n", ["Paris", "City_of_Light"], []),
    "10000004": ("n", ["dog", "hound"], []),
    "10000005": ("n", ["success"], [("!", "10000006")]),
    "10000006": ("n", ["failure", "flop"], []),
    "20000001": ("v", ["watch", "view"], []),
    "20000002": ("v", ["run", "race"], []),
    "20000003": ("v", ["see", "witness"], []),
    "30000001": ("a", ["good"], [("!", "30000002"), ("&", "30000003")]),
    "30000002": ("a", ["bad"], [("!", "30000001"), ("&", "30000004")]),
    "30000003": ("s", ["fine", "great", "big(p)"], [("&", "30000001")]),
    "30000004": ("s", ["awful", "terrible"], [("&", "30000002")]),
    "30000005": ("a", ["big", "large", "enormous"], []),
    "30000006": ("a", ["alone(p)", "lone(a)", "lonely"], []),
    "40000001": ("r", ["quickly", "rapidly"], [("!", "40000002")]),
    "40000002": ("r", ["slowly"], [("!", "40000001")]),
    "40000003": ("r", ["well", "good"], []),
}
# part: lemma: [(offset, times tagged)], commonest first
SENSES: dict[str, dict[str, list[tuple[str, int]]]] = {
    "noun": {
        "celluloid": [("10000002", 1)],
        "city_of_light": [("10000003", 0)],
        "dog": [("10000004", 40)],
        "failure": [("10000006", 5)],
        "film": [("10000001", 38), ("10000002", 16)],
        "flick": [("10000001", 0)],
        "flop": [("10000006", 1)],
        "hound": [("10000004", 2)],
        "motion_picture": [("10000001", 1)],
        "movie": [("10000001", 30)],
        "paris": [("10000003", 20)],
        "picture": [("10000001", 9)],
        "success": [("10000005", 7)],
    },
    "verb": {
        "film": [("20000001", 1)],
        "race": [("20000002", 4)],
        "run": [("20000002", 50)],
        "see": [("20000003", 90)],
        "view": [("20000001", 6)],
        "watch": [("20000001", 24)],
        "witness": [("20000003", 3)],
    },
    "adj": {
        "alone": [("30000006", 9)],
        "awful": [("30000004", 5)],
        "bad": [("30000002", 40)],
        "big": [("30000005", 30), ("30000003", 2)],
        "enormous": [("30000005", 8)],
        "fine": [("30000003", 12)],
        "good": [("30000001", 190)],
        "great": [("30000003", 20)],
        "large": [("30000005", 25)],
        "lone": [("30000006", 2)],
        "lonely": [("30000006", 4)],
        "terrible": [("30000004", 11)],
    },
    "adv": {
        "good": [("40000003", 1)],
        "quickly": [("40000001", 20)],
        "rapidly": [("40000001", 10)],
        "slowly": [("40000002", 15)],
        "well": [("40000003", 70)],
    },
}


def files() -> dict[str, str]:
    """File name -> text of each file that augeval reads."""
    made = {}
    for part, letter in LETTER.items():
        rows = [_data(at, *row) for at, row in SYNSETS.items() if row[0] == letter or (letter, row[0]) == ("a", "s")]
        made[f"data.{part}"] = LICENCE + "".join(rows)
        made[f"index.{part}"] = LICENCE + "".join(_index(lemma, part, row) for lemma, row in SENSES[part].items())
    made["cntlist.rev"] = "".join(
        f"{lemma}%{kind}:00:00:: {rank} {count}\n"
        for kind, part in enumerate(LETTER, start=1)
        for lemma, senses in SENSES[part].items()
        for rank, (_, count) in enumerate(senses, start=1)
        if count
    )
    return made


def write(folder: Path) -> Path:
    """Write the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_zip(path: Path) -> Path:
    """Write the files into a zip, as NLTK packs them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files().items():
            archive.writestr(f"wordnet/{name}", text)
    return path


def _data(offset: str, kind: str, words: list[str], pointers: list[tuple[str, str]]) -> str:
    members = " ".join(f"{word} 0" for word in words)
    links = "".join(f" {symbol} {to} {SYNSETS[to][0]} 0000" for symbol, to in pointers)
    return f'{offset} 00 {kind} {len(words):02x} {members} {len(pointers):03d}{links} | a meaning; "an example"  \n'


def _index(lemma: str, part: str, senses: list[tuple[str, int]]) -> str:
    tagged = sum(count > 0 for _, count in senses)
    offsets = " ".join(offset for offset, _ in senses)
    return f"{lemma} {LETTER[part]} {len(senses)} 1 @ {len(senses)} {tagged} {offsets}  \n"

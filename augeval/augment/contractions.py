""" "do not" and "don't": English written short and in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from augeval.augment import tokens
from augeval.augment.english import unknown_rows
from augeval.augment.places import Change, Found, Keys, each_place, share_of, word_at
from augeval.edited import Edited
from augeval.extend import augmenter

__all__ = ["contraction"]

PLACES = "share of the places that can change"

_SHORT_STEM = {"will": "wo", "can": "ca", "shall": "sha"}
_FULL_STEM = {short: full for full, short in _SHORT_STEM.items()}
_NEGATED = "do|does|did|is|are|was|were|has|have|had|could|would|should|must|will|can|shall"
_ENDINGS = {  # of a contraction: what it stands for, and after which words
    "m": ("am", "i"), "re": ("are", "you we they"), "s": ("is", "he she it that there here what who where how"),
    "ve": ("have", "i you we they"), "ll": ("will", "i you he she it we they that there who"),
    "d": ("would", "i you he she it we they who"),
}  # fmt: skip
_PERFECT = {"ve": "have", "s": "has", "d": "had"}  # only before a participle: "it's been", not "I've a dog"
_PARTICIPLE = r"(?:\w{2,}ed|been|had|done|gone|seen|made|known|taken|given|got|become|come|written|shown|found|lost)\b"

_SUBJECTS = sorted({word for _, words in _ENDINGS.values() for word in words.split()}, key=len, reverse=True)
_STEMS = "|".join([_NEGATED, *_FULL_STEM])
_LONG = (  # what stands in full: group names say which rule it falls under
    rf"\b(?P<aux>{_NEGATED}) (?P<not>not)\b(?!['’]| only\b)"
    r"|\b(?P<cannot>cannot)\b"
    rf"|\b(?P<subject>{'|'.join(_SUBJECTS)}) (?P<verb>am|are|is|will|would|(?:have|has|had)(?= {_PARTICIPLE}))(?= \w)"
    r"|\b(?P<let>let) (?P<us>us)(?= \w)"
)
_SHORT = (
    rf"\b(?P<stem>{_STEMS})(?P<nt>n['’]t| n['’]?t)\b"
    rf"|\b(?P<who>{'|'.join(_SUBJECTS)}|let) ?['’](?P<end>m|re|s|ve|ll)\b(?P<perfect>(?= (?:been|got|had)\b))?"
)
# A place is looked for at every character, so that "it is" and "is not" in "it is not" are both found.
_PLACE = re.compile(f"(?=(?P<long>{_LONG})|(?P<short>{_SHORT}))", re.IGNORECASE)


@augmenter("text", unit=PLACES, magnitudes=(0.2, 1.0), default_magnitude=0.5, most=1, batch=True,
           source="Ribeiro et al. 2020 (CheckList)")  # fmt: skip
def contraction(rows: Sequence[str], *, magnitude: float | None, row_keys: Keys) -> Edited:
    """Write "do not" as "don't" and "it's" as "it is": whatever stands there, the other way.

    Case and the kind of apostrophe are the text's own; forms cut in two, as corpora have them ("do n't", "it 's"),
    are read as well. What is ambiguous stays: "film's", "he'd", "yes, it is".

    Args:
        rows: n English texts; row_keys: (n,) keys that the draws depend on.
        magnitude: the probability with which each place changes, in [0, 1]; most texts have none or one, so that
            rows that stay as they are are many, and counted.

    Returns:
        n texts.

    Raises:
        InputError: the magnitude is no share.
        NotApplicable: nearly all of at least 20 rows are not English.

    Source: Ribeiro et al. 2020, whose perturbation changes every place in one direction.
    """
    made = each_place(rows, share_of("contraction", PLACES, magnitude), row_keys, _find)
    return unknown_rows("contraction", rows, made, "nothing to contract or to write in full")


def _find(row: str) -> Found:
    apostrophe = "’" if row.count("’") > row.count("'") else "'"
    places = [change for found in _PLACE.finditer(row) if (change := _changed(found, apostrophe))]
    if not places:
        return Found(0, 0, lambda *_: None)
    position = word_at(tokens.split(row))
    return Found(len(places), len(places), lambda i, _: places[i]._replace(position=position(places[i].start)))


def _changed(found: re.Match[str], apostrophe: str) -> Change | None:
    kind = "long" if found["long"] else "short"
    new = _contracted(found, apostrophe) if found["long"] else _in_full(found)
    operation = "contracted" if found["long"] else "written in full"
    return None if new is None else Change(found.start(kind), found.end(kind), new, 0, operation)


def _contracted(found: re.Match[str], apostrophe: str) -> str | None:
    if found["cannot"]:
        return found["cannot"][:2] + _upper_like(found["cannot"], f"n{apostrophe}t")
    if found["aux"]:
        stem = tokens.case_like(found["aux"], _SHORT_STEM.get(found["aux"].lower(), found["aux"].lower()))
        return stem + _upper_like(found["aux"], f"n{apostrophe}t")
    if found["let"]:
        return found["let"] + _upper_like(found["us"], f"{apostrophe}s")
    subject, verb = found["subject"], found["verb"]
    for ending, (full, words) in _ENDINGS.items():
        perfect = verb.lower() == _PERFECT.get(ending) and ending != "d"
        if subject.lower() in words.split() and (verb.lower() == full or perfect):
            return subject + _upper_like(verb, apostrophe + ending)
    return None


def _in_full(found: re.Match[str]) -> str | None:
    if found["stem"]:
        stem = _FULL_STEM.get(found["stem"].lower(), found["stem"].lower())
        blank = "" if stem == "can" else " "
        return tokens.case_like(found["stem"], stem) + blank + _upper_like(found["nt"], "not")
    who, ending = found["who"], found["end"].lower()
    if who.lower() == "let":
        return f"{who} {_upper_like(found['end'], 'us')}" if ending == "s" else None
    full, words = _ENDINGS[ending]
    if who.lower() not in words.split():
        return None
    full = "has" if ending == "s" and found["perfect"] is not None else full
    return f"{who} {_upper_like(found['end'], full)}"


def _upper_like(model: str, word: str) -> str:
    letters = [c for c in model if c.isalpha()]
    return word.upper() if all(c.isupper() for c in letters) else word

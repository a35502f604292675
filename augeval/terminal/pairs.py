"""Two texts side by side, with what changed between them marked by signs, so that it reads without colours too.

[-gone-] and {+new+}; [~before~] and {~after~} where one took the other's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from augeval.augment.tokens import split

__all__ = ["COLOURS", "Piece", "clipped", "marked", "operations", "plain"]

Kind = Literal["same", "gone", "before", "new", "after"]
SIGNS: Mapping[Kind, tuple[str, str]] = {
    "same": ("", ""),
    "gone": ("[-", "-]"),
    "before": ("[~", "~]"),
    "new": ("{+", "+}"),
    "after": ("{~", "~}"),
}
COLOURS: Mapping[Kind, str] = {"gone": "red", "before": "yellow", "new": "green", "after": "cyan"}
WORDS = 400  # of one text that are looked at
NEAR = (60, 24, 10, 4)  # characters kept beside a change, ever fewer until a text fits


@dataclass(frozen=True)
class Piece:
    """A run of a text that has one fate."""

    kind: Kind
    text: str


def marked(
    parent: str, child: str, edits: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces.

    Args:
        edits: what the augmenter says it did, [{"operation", "position", "old", "new"}]; where it speaks of words of
            the parent, these are marked there, else those that a comparison of both texts finds.
    """
    old, new = split(parent)[: 2 * WORDS + 1], split(child)[: 2 * WORDS + 1]
    if old[1::2] == new[1::2] and parent != child:  # only what stands between words changed
        old, new = (re.split(r"(\S+)", text)[: 2 * WORDS + 1] for text in (parent, child))
    before, after = _compared(old[1::2], new[1::2])
    if edits and all(_speaks_of(edit, old[1::2]) for edit in edits):
        before = ["same"] * len(before)
        for edit in edits:
            if edit["old"] and edit["old"] not in split(str(edit["new"]))[1::2]:  # "good" → "not good" leaves it
                before[edit["position"]] = "before" if edit["new"] else "gone"
    return _runs(old, before), _runs(new, after)


def _speaks_of(edit: Mapping[str, Any], words: Sequence[str]) -> bool:
    at, was = int(edit["position"]), str(edit["old"])
    return not was or (0 <= at < len(words) and words[at].lower() == was.lower())


def _compared(old: Sequence[str], new: Sequence[str]) -> tuple[list[Kind], list[Kind]]:
    before: list[Kind] = ["same"] * len(old)
    after: list[Kind] = ["same"] * len(new)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            before[a:b] = ["before" if kind == "replace" else "gone"] * (b - a)
            after[c:d] = ["after" if kind == "replace" else "new"] * (d - c)
    return before, after


def _runs(pieces: Sequence[str], kinds: Sequence[Kind]) -> list[Piece]:
    """Neighbouring words of one fate as one piece, with what stands between them."""
    made = [Piece("same", pieces[0])]
    for i, kind in enumerate(kinds):
        word, following = pieces[2 * i + 1], pieces[2 * i + 2]
        between = made[-1].text if made[-1].kind == "same" else ""
        if kind == "same":
            made[-1] = Piece("same", made[-1].text + word + following)
        elif len(made) > 1 and made[-2].kind == kind and between.strip() == "":
            made[-2:] = [Piece(kind, made[-2].text + between + word), Piece("same", following)]
        else:
            made += [Piece(kind, word), Piece("same", following)]
    return [piece for piece in made if piece.text]


def plain(pieces: Iterable[Piece]) -> str:
    """The text with its signs."""
    return "".join(f"{SIGNS[piece.kind][0]}{piece.text}{SIGNS[piece.kind][1]}" for piece in pieces)


def clipped(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """At most `width` characters, signs included: first what is far from every change goes, then what comes last."""
    for near in NEAR:
        if len(plain(pieces)) <= width:
            return list(pieces)
        pieces = [_shortened(piece, near, first=i == 0, last=i == len(pieces) - 1) for i, piece in enumerate(pieces)]
    kept, left = [], width - 1
    for piece in pieces:
        room = left - sum(map(len, SIGNS[piece.kind]))
        if room <= 0:
            break
        kept.append(Piece(piece.kind, piece.text if len(piece.text) <= room else f"{piece.text[:room]}…"))
        left = room - len(piece.text)
    return kept


def _shortened(piece: Piece, near: int, *, first: bool, last: bool) -> Piece:
    text = piece.text
    if piece.kind != "same" or len(text) <= 2 * near + 1:
        return piece
    head = "" if first and not last else text[:near]
    tail = "" if last and not first else text[-near:]
    return Piece("same", f"{head}…{tail}")


def operations(edits: Sequence[Mapping[str, Any]] | None, most: int = 6) -> str:
    """ "synonym: film → movie, big → large; deletion: very": what the augmenter says it did; "" if it does not tell."""
    said: dict[str, list[str]] = {}
    for edit in (edits or ())[:most]:
        said.setdefault(str(edit["operation"]), []).append(_change(str(edit["old"]), str(edit["new"])))
    parts = [f"{name}: {', '.join(filter(None, changes))}".removesuffix(": ") for name, changes in said.items()]
    left = len(edits or ()) - most
    return "; ".join([*parts, *([f"{left} more"] if left > 0 else [])])


def _change(old: str, new: str) -> str:
    return f"{old} → {new}" if old and new else old or new

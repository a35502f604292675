"""Original → augmented rows as a page shows them: words that changed, pictures side by side, columns that moved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from augeval.report.wording import visible
from augeval.types import Json

__all__ = ["Example", "Part", "example", "words_changed"]

WORDS = 160  # of one text that are shown
UNCHANGED = 12  # words kept on each side of a change
COLUMNS = 10
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Part:
    """A run of words: "same", "gone" (from the original), "new", or "cut" (words left out, which are counted)."""

    kind: Literal["same", "gone", "new", "cut"]
    text: str


@dataclass(frozen=True)
class Example:
    """One row and what became of it.

    Args:
        kind: how `parent` and `child` are to be read.
        note: "worst" or "random"; drift: of this row, or None. label, arm: of the row.
        parent, child: lists of `Part` (text), data URIs (image) or lists of (column, value, changed) (tabular).
        more: columns left out, in words.
    """

    kind: Literal["text", "image", "table"]
    note: str
    drift: float | None
    label: str
    arm: str
    parent: Any
    child: Any
    more: str = ""

    @property
    def unchanged(self) -> bool:
        """Whether the new row looks like the original."""
        return bool(self.parent == self.child)


_About = tuple[str, float | None, str, str]  # note, drift, label, arm


def example(sample: Mapping[str, Any]) -> Example:
    """A sample of the summary, ready to be shown; whatever is no picture and no table is shown as text."""
    parent, child = sample["parent"], sample["child"]
    about: _About = (str(sample["kind"] or ""), sample["drift"], str(sample["label"] or ""), str(sample["arm"]))
    if all(isinstance(side, str) and _PICTURE.fullmatch(side) for side in (parent, child)):
        return Example("image", *about, parent, child)
    if isinstance(parent, Mapping) and isinstance(child, Mapping):
        return _table(parent, child, about)
    before, after = words_changed(_text(parent), _text(child))
    return Example("text", *about, before, after)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else repr(value)


def words_changed(parent: str, child: str) -> tuple[list[Part], list[Part]]:
    """Both texts in runs of words, so that what changed can be marked; long unchanged stretches are cut."""
    # Split before control characters are spelled out, and never on the spelled-out ones.
    sides = [[visible(word) for word in re.findall(r"\S+|\n", text)] for text in (parent, child)]
    old, new = (words[:WORDS] for words in sides)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    before, after = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        before += _runs(old[a:b], "same" if kind == "equal" else "gone")
        after += _runs(new[c:d], "same" if kind == "equal" else "new")
    for words, parts in zip(sides, (before, after), strict=True):
        if len(words) > WORDS:
            parts.append(Part("cut", f"… {len(words) - WORDS:,} words more"))
    return before, after


def _runs(words: Sequence[str], kind: Literal["same", "gone", "new"]) -> list[Part]:
    if not words:
        return []
    if kind == "same" and len(words) > 2 * UNCHANGED + 4:
        middle = f"… {len(words) - 2 * UNCHANGED:,} words …"
        return [Part(kind, " ".join(words[:UNCHANGED])), Part("cut", middle), Part(kind, " ".join(words[-UNCHANGED:]))]
    return [Part(kind, " ".join(words))]


def _table(parent: Mapping[str, Json], child: Mapping[str, Json], about: _About) -> Example:
    """Changed columns first; those that are left out are counted."""
    names = list(dict.fromkeys([*parent, *child]))
    changed = {name for name in names if parent.get(name) != child.get(name)}
    ordered = sorted(names, key=lambda name: name not in changed)[:COLUMNS]
    left_out = names if len(names) <= COLUMNS else [name for name in names if name not in ordered]
    sides = [[(name, _value(side.get(name)), name in changed) for name in ordered] for side in (parent, child)]
    more = ""
    if len(names) > COLUMNS:
        more = f"{len(left_out)} more columns, {sum(name in changed for name in left_out) or 'none'} of them changed"
    return Example("table", *about, sides[0], sides[1], more)


def _value(value: Json) -> str:
    if value is None:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)

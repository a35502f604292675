"""What `augeval preview` prints: original → augmented with what changed, its drift, and what became of all rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from augeval.terminal.console import paragraph, picture, result, say, table
from augeval.terminal.pairs import COLOURS, SIGNS, Piece, clipped, marked, operations, plain
from augeval.terminal.streams import answer

if TYPE_CHECKING:
    from augeval.applied import Look, Made
    from augeval.types import Json

__all__ = ["looked", "print_look"]

TEXT_WIDTH = 72  # characters of a row where the width of the terminal is not known
LONG = 2000  # of a text in a terminal, that breaks it over lines
ODD = {"no_op": "equal to their parent", "repeats": "made twice", "leaked": "dropped, equal to a held-out row"}
COUNTED = {
    "cells": "values",
    "whole_cells": "in columns of whole numbers",
    "fractions": "of those with a fraction",
    "outside": "beyond the values of their class",
    "copies": "rows equal to a real one",
    "fewer_neighbours": "rows made with fewer neighbours",
}
TOLD = ("asked", "got", "no_op", "repeats", "leaked", "unmade", "effective", "train")


def looked(made: Made, look: Look) -> dict[str, Json]:
    """The same for a program."""
    return {
        "arm": made.arm.label,
        "dataset": made.dataset.name,
        "counts": dict(made.counts),
        **_yield(made),
        "drift": dict(look.drift),
        "reason": look.reason,
        "rows": [dict(sample) for sample in look.samples],
    }


def print_look(made: Made, look: Look) -> None:
    """One arm: a line about it, its pairs, and below them what became of the rows that were asked for."""
    counts, training = made.counts, made.training
    if not counts.get("asked") and not look.samples:
        gone = len(training.real) - len(training.kept)
        left = f", and leaves {gone} of {len(training.real)} training rows out" if gone else ""
        result(f"{made.arm.label} on {made.dataset.name}: makes no rows{left}.\n")
        return
    got = f"{counts.get('got', 0)} of {counts.get('asked', 0)} rows made"
    became = _became(made)  # it tells of odd rows where it tells anything, each in one place only
    odd = [f"{counts[name]} {word}" for name, word in ODD.items() if counts.get(name) and not became]
    drift = f"drift {look.drift['mean']:.3f} on average" if look.drift else ""
    result(f"{made.arm.label} on {made.dataset.name}: " + ", ".join(part for part in (got, *odd, drift) if part))
    if look.reason:
        say(look.reason)
    if made.dataset.modality == "image":
        for sample in look.samples:
            result(f"{sample['label']}, drift {_drift(sample)}")
            picture(str(sample["parent"]), str(sample["child"]))
    elif any(isinstance(sample["parent"], str) for sample in look.samples):
        _texts(look.samples)
    else:
        rows = [(_drift(s), s["label"], _row(s["parent"]), _row(s["child"], s["parent"])) for s in look.samples]
        table(("Drift", "Label", "Original", "Augmented"), rows)
    for line in became:
        paragraph(line)
    result()


def _yield(made: Made) -> dict[str, Json]:
    from augeval.report.made import of_arm
    from augeval.types import CONTROLS

    counts = {**made.counts, "train": len(made.training.real)}
    return of_arm(counts, made.arm.ratio, is_control=made.arm.augmenter.name in CONTROLS)


def _became(made: Made) -> list[str]:
    """Asked, made, effective; what was lost by reason; what the augmenter counted itself."""
    from augeval.report.made import REJECTED, losses, ratio

    found, counts = _yield(made), made.counts
    if found["ratio_effective"] is None:
        return []
    lines = [f"Asked for {counts['asked']} rows, made {counts['got']}; effective ratio {ratio(found)}."]
    filters = {name: n for name, n in counts.items() if name.startswith(REJECTED)}
    lost = losses({"lost": {**{name: 0 for name in ("no_op", "repeats")}, **filters, **found["lost"]}})
    lines.append(f"Of the rows: {lost}.")
    told = {name: n for name, n in counts.items() if n and name not in TOLD and not name.startswith(REJECTED)}
    own = [f"{n:,} {COUNTED.get(name, name.replace('_', ' '))}" for name, n in told.items()]
    return [*lines, f"{made.arm.augmenter.name} counted: {', '.join(own)}."] if own else lines


def _texts(samples: Sequence[Mapping[str, Any]]) -> None:
    """Pairs of texts: marked, with the operations that the augmenter tells, and what was said in between (a pivot)."""
    pairs = [marked(str(s["parent"]), str(s["child"]), s.get("edits")) for s in samples]
    done = [operations(sample.get("edits")) for sample in samples]
    notes = [_notes(sample) for sample in samples]
    head = ["Drift", "Label", "Original", "Augmented"]
    head += [name for name, cells in (("Edits", done), ("Told", notes)) if any(cells)]
    more = [cells for cells in (done, notes) if any(cells)]
    rest = [(_drift(sample), str(sample["label"])) for sample in samples]
    if answer().isatty():
        _coloured(head, rest, pairs, more)
        return
    rows = []
    for i, (before, after) in enumerate(pairs):
        sides = [plain(clipped(side, TEXT_WIDTH)) for side in (before, after)]
        rows.append([*rest[i], *sides, *(_cut(cells[i]) for cells in more)])
    table(head, rows)
    result(f"Signs: {SIGN_KEY}")


def _notes(sample: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in (sample.get("notes") or {}).items() if text)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_WIDTH else f"{text[: TEXT_WIDTH - 1]}…"


def _coloured(
    head: Sequence[str],
    rest: Sequence[tuple[str, str]],
    pairs: Sequence[tuple[list[Piece], list[Piece]]],
    more: Sequence[Sequence[str]],
) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width, height = shutil.get_terminal_size()
    ruled = Table(box=SIMPLE, header_style="bold", show_edge=False, pad_edge=False, show_lines=True)
    for name in head:
        ruled.add_column(
            name, overflow="fold", no_wrap=name == "Drift", ratio=2 if name in ("Original", "Augmented") else None
        )
    for i, pair in enumerate(pairs):
        sides = [_rich(clipped(side, LONG)) for side in pair]
        ruled.add_row(*map(Text, rest[i]), *sides, *(Text(_visible(cells[i])) for cells in more))
    console = Console(file=answer(), width=width, height=height)
    console.print(ruled)
    result(f"Signs: {SIGN_KEY}")


def _rich(pieces: Sequence[Piece]) -> Any:  # a rich Text
    from rich.text import Text

    text = Text()
    for piece in pieces:
        opened, closed = SIGNS[piece.kind]
        text.append(f"{opened}{_visible(piece.text)}{closed}", style=COLOURS.get(piece.kind, ""))
    return text


def _visible(text: str) -> str:
    from augeval.report.wording import visible

    return visible(text).replace("\n", " ")


SIGN_KEY = "[-gone-], {+new+}, [~before~] and {~after~}."


def _drift(sample: Mapping[str, Json]) -> str:
    return "–" if sample["drift"] is None else f"{sample['drift']:.3f}"


def _row(row: Json, parent: Json = None) -> str:
    """Of a table's row the columns that differ from its parent's, cut to the width of the terminal."""
    if isinstance(row, Mapping):
        changed = {k: v for k, v in row.items() if not isinstance(parent, Mapping) or parent[k] != v}
        row = ", ".join(f"{name} {value}" for name, value in changed.items()) or "(the same)"
    columns = shutil.get_terminal_size().columns if answer().isatty() else 2 * TEXT_WIDTH + 24
    width = max(30, min(TEXT_WIDTH, (columns - 24) // 2))
    text = str(row)
    return text if len(text) <= width else f"{text[: width - 1]}…"

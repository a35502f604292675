"""What an arm made of the training rows beside what it was asked for: rows left out, values that no real row has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["sentences"]

LEFT = "left out: "  # and the name of a class
MADE_IN = "made in: "  # and the name of a space
NOTABLE = 0.05  # share of values, or of rows, from which on it is said


def sentences(arms: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """One sentence for each thing that an arm did to the rows and that its name does not say.

    Args:
        arms: of the summary, with "arm", "family", "dataset", "model", "is_control" and "counts" of one training set.
    """
    yield from _vectors(arms)
    for arm in arms:
        counts, who = arm["counts"], f"{arm['arm']} on {arm['dataset']}"
        yield from _left_out(counts, who)
        yield from _fewer(counts, who)
        if not arm["is_control"]:
            yield from _invented(counts, who)


def _vectors(arms: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    made: dict[tuple[str, str, str], dict[str, None]] = {}  # dataset, space, model -> families, each once
    for arm in arms:
        for name in arm["counts"]:
            if name.startswith(MADE_IN):
                where = (arm["dataset"], name.removeprefix(MADE_IN), arm["model"])
                made.setdefault(where, {})[arm["family"]] = None
    for (dataset, space, model), families in made.items():
        yield (
            f"{', '.join(families)} on {dataset}: these rows are vectors in the {space} of {model}, so there are no "
            "examples of them, and drift and fidelity are not measured."
        )


def _left_out(counts: Mapping[str, float], who: str) -> Iterable[str]:
    gone = counts.get("left_out", 0)
    if gone:
        classes = sorted((n, name.removeprefix(LEFT)) for name, n in counts.items() if name.startswith(LEFT))
        each = ", ".join(f"{n:,.4g} of class {name}" for n, name in reversed(classes))
        yield f"{who} leaves {gone:,.4g} of {counts.get('train', 0):,.4g} training rows out ({each})."
    if counts.get("kept_beyond"):
        yield f"{who} was to leave out {counts['kept_beyond']:,.4g} more rows, so that it stops short of its balance."


def _fewer(counts: Mapping[str, float], who: str) -> Iterable[str]:
    rows = counts.get("fewer_neighbours", 0)
    if rows:
        yield (
            f"{who}: {rows:,.4g} of {counts.get('got', 0):,.4g} rows were made with fewer neighbours than it asks for, "
            "since their class has too few rows (reduce_k)."
        )


def _invented(counts: Mapping[str, float], who: str) -> Iterable[str]:
    outside = _share(counts, "outside", "cells")
    if outside > NOTABLE:
        yield f"{who}: {100 * outside:.0f} % of the values lie beyond those that the real rows of the class have."
    fractions = _share(counts, "fractions", "whole_cells")
    if fractions > NOTABLE:
        yield (
            f"{who}: {100 * fractions:.0f} % of the values in columns of whole numbers are fractions. Samplers with "
            "the key round_whole round them."
        )
    copies = _share({**counts, "others": counts.get("copies", 0) - counts.get("no_op", 0)}, "others", "got")
    if copies > NOTABLE:
        yield f"{who}: {100 * copies:.0f} % of the rows are copies of a real row that is not their parent."


def _share(counts: Mapping[str, float], part: str, whole: str) -> float:
    return counts.get(part, 0) / counts[whole] if counts.get(whole) else 0.0

"""How like real rows the made ones are: the panels of all cells as entries of the summary, and in words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from augeval.report.tally import Where
from augeval.report.wording import joined, number
from augeval.results import CellResult
from augeval.types import CONTROLS, Json

__all__ = ["NAMES", "NO_VERDICT", "entries", "not_measured", "percent", "reading"]

COLUMNS = 3  # that are named
MOVED = 0.1  # standard deviations, or share, from which on a column is named
SPREAD = (0.9, 1.1)  # variance ratios that are not worth a word
BEYOND = 0.03  # how far a share must lie beyond those of real rows, and (of their size) any other number
NO_VERDICT = (
    "Fidelity is no verdict. Copies look perfect by most of these measures and add nothing; rows that look wrong can "
    "help. What an arm is worth is measured on held-out rows, and stands in the verdicts."
)
NAMES = {  # measures as the page calls them, in its order
    "copy_rate": "copies",
    "dcr_ratio": "distance",
    "variance_ratio": "spread",
    "out_of_hull": "beyond",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
    "other_class_neighbours": "other classes",
    "wasserstein": "shift",
    "ks_max": "largest gap",
    "correlation_shift": "correlations",
    "c2st_auc": "told apart",
}
Entry = Mapping[str, Any]  # an entry of the summary; JSON has no better type


def entries(groups: Mapping[Where, Sequence[CellResult]]) -> list[dict[str, Json]]:
    """One entry for each arm with a panel, in the order of the arms.

    Returns:
        dataset, model, train_size, arm, family, is_control; class: of whose rows; rows: {"real", "made", "other"}, the
        means over `n_seeds`; measures: name -> {"value", "null": [low, high] of real rows, "reason"}, the mean over
        seeds and the range over seeds, None where there is none; columns: the most shifted; reading: sentences.
    """
    found = []
    for where, cells in groups.items():
        panels = [cell.fidelity for cell in cells if cell.fidelity]
        if panels:
            found.append(_entry(where, cells[0], panels))
    return found


def _entry(where: Where, cell: CellResult, panels: Sequence[Entry]) -> dict[str, Json]:
    arm = cell.cell.arm
    entry: dict[str, Json] = {
        **dict(zip(("dataset", "model", "train_size", "arm"), where, strict=True)),
        "family": arm.family,
        "is_control": arm.augmenter.name in CONTROLS,
        "class": panels[0]["class"],
        "n_seeds": len(panels),
        "rows": {name: _mean([panel["rows"][name] for panel in panels]) for name in panels[0]["rows"]},
        "measures": {name: _measure(name, panels) for name in _named(panels)},
        "columns": _columns(panels),
    }
    return {**entry, "reading": list(reading(entry))}


def _named(panels: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(name for panel in panels for kind in ("values", "absent") for name in panel[kind]))


def _measure(name: str, panels: Sequence[Entry]) -> dict[str, Json]:
    known = [panel["values"][name] for panel in panels if name in panel["values"]]
    ends = [panel["null"][name] for panel in panels if name in panel["null"]]
    reasons = dict.fromkeys(panel["absent"][name] for panel in panels if name in panel["absent"])
    return {
        "value": _mean(known) if known else None,
        "null": [min(low for low, _ in ends), max(high for _, high in ends)] if ends else None,
        "reason": "" if known else "; ".join(reasons),
    }


def _columns(panels: Sequence[Entry]) -> list[dict[str, Json]]:
    """The columns that moved most over all seeds; a seed that does not list a column counts as unmoved."""
    by_name: dict[tuple[str, str | None], list[Entry]] = defaultdict(list)
    for panel in panels:
        for column in panel["columns"]:
            by_name[column["name"], column["category"]].append(column)
    ranked = sorted(by_name.items(), key=lambda item: -math.fsum(c["distance"] for c in item[1]))
    merged = []
    for (name, category), seen in ranked[:COLUMNS]:
        shares = {key: _mean([c[key] for c in seen]) for key in ("made", "real") if category is not None}
        direction = Counter(c["direction"] for c in seen).most_common(1)[0][0]
        distance = _mean([c["distance"] for c in seen])
        merged.append({"name": name, "distance": distance, "direction": direction, "category": category, **shares})
    return merged


def reading(entry: Entry) -> Iterable[str]:
    """What sets the rows of an arm apart from real ones, in sentences, the most telling first.

    Args:
        entry: of `entries`. A measure is worth a sentence where it lies outside what real rows score.
    """
    told = [*_copies(entry), *_place(entry), *_class(entry), *_shape(entry)]
    measured = not all(math.isnan(_value(entry, name)) for name in ("precision", "wasserstein"))
    yield from told or (["Nothing here tells them from real rows."] if measured else [])
    yield from _moved(entry["columns"])


def _copies(entry: Entry) -> Iterable[str]:
    copies, (_, usual) = _value(entry, "copy_rate"), _null(entry, "copy_rate")
    distance, (near, far) = _value(entry, "dcr_ratio"), _null(entry, "dcr_ratio")
    if copies > max(0.005, usual):
        yield f"Copies: {percent(copies)} of the rows equal a real one."
    if copies < 0.5 and distance < min(0.9, near):
        yield f"They lie closer to real rows than these to each other: at {number(distance, 2)} of that distance."
    elif distance > max(1.1, far):
        yield f"They lie {number(distance, 1)} times as far from real rows as these lie from each other."


def _place(entry: Entry) -> Iterable[str]:
    """Beside the class, or only in a part of it: rows far from all real ones cover nothing, which says no more."""
    precision, coverage, recall = (_value(entry, name) for name in ("precision", "coverage", "recall"))
    low = _null(entry, "precision")[0]
    if precision < low - BEYOND:
        yield f"{percent(precision)} of them lie where real rows do; of real rows {percent(low)} or more."
    elif coverage < (low := _null(entry, "coverage")[0]) - BEYOND:
        yield (
            f"{percent(coverage)} of the real rows that were set apart have one of them near, and {percent(low)} or "
            "more a real row: parts of the class are missing."
        )
    elif recall < (low := _null(entry, "recall")[0]) - BEYOND:
        yield (
            f"They crowd: {percent(recall)} of the real rows that were set apart lie within their reach, and "
            f"{percent(low)} or more within that of real rows."
        )


def _class(entry: Entry) -> Iterable[str]:
    """Whose rows lie around: `purity_excess` is the difference to the very rows that they were made of."""
    others, excess = _value(entry, "other_class_neighbours"), _value(entry, "purity_excess")
    low, high = _null(entry, "other_class_neighbours")
    if others > high + BEYOND:
        yield f"{percent(others)} of their neighbours are of another class; real ones have {percent(others - excess)}."
    elif others < low - BEYOND:
        yield (
            f"They keep away from other classes: {percent(others)} of their neighbours are of another class; real ones "
            f"have {percent(others - excess)}."
        )


def _shape(entry: Entry) -> Iterable[str]:
    spread, beyond = _value(entry, "variance_ratio"), _value(entry, "out_of_hull")
    if spread < SPREAD[0] or spread > SPREAD[1]:
        shrinks = spread < 1 and any(word in str(entry["family"]) for word in ("smote", "interpolation"))
        always = "; mixing rows always shrinks it" if shrinks else ""
        yield f"Their spread is {number(spread, 2)} of the real one{always}."
    if beyond > max(0.005, _null(entry, "out_of_hull")[1]):
        yield f"{percent(beyond)} of the values lie beyond those of the real rows."
    shift, high = _value(entry, "wasserstein"), _null(entry, "wasserstein")[1]
    if shift > high * (1 + BEYOND):
        yield f"Columns move by {number(shift, 2)} sd on average, and by {number(high, 2)} or less in real rows."
    gap, p = _value(entry, "ks_max"), _value(entry, "ks_p")
    if gap > _null(entry, "ks_max")[1] and p < 0.05:
        yield f"One column differs by {number(gap, 2)} in its distribution ({_p(p)} after Holm)."
    apart, (_, usual) = _value(entry, "correlation_shift"), _null(entry, "correlation_shift")
    if apart > usual * (1 + BEYOND):
        yield f"Correlations differ by {number(apart, 2)} on average, and by {number(usual, 2)} or less in real rows."


def _moved(columns: Sequence[Entry]) -> Iterable[str]:
    moved = [_moved_column(column) for column in columns if column["distance"] >= MOVED]
    if moved:
        yield f"Moved most: {'; '.join(moved)}."


def _moved_column(column: Entry) -> str:
    """ "age, higher by 0.80 sd"; "colour, red 12 % instead of 40 %"."""
    if column["category"] is None:
        return f"{column['name']}, {column['direction']} by {number(column['distance'], 2)} sd"
    return f"{column['name']}, {column['category']} {percent(column['made'])} instead of {percent(column['real'])}"


def not_measured(entry: Entry) -> list[str]:
    """ "precision, recall and coverage (too few rows: 3 a side, and it takes 7)", one for each reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, label in NAMES.items():
        if reason := entry["measures"].get(name, {}).get("reason"):
            by_reason[reason].append(label)
    return [f"{joined(labels)} ({reason})" for reason, labels in by_reason.items()]


def percent(share: float) -> str:
    """ "98 %"; "0.4 %" and "99.6 %" where whole ones would say none or all."""
    digits = 1 if 0 < share < 0.01 or 0.99 < share < 1 else 0
    return f"{number(100 * share, digits)} %"


def _p(p: float) -> str:
    return f"p = {number(p, 3)}" if p >= 0.001 else "p < 0.001"


def _value(entry: Entry, name: str) -> float:
    """nan where there is none: then no comparison holds, and nothing is said."""
    value = entry["measures"].get(name, {}).get("value")
    return math.nan if value is None else float(value)


def _null(entry: Entry, name: str) -> tuple[float, float]:
    low, high = entry["measures"].get(name, {}).get("null") or (math.nan, math.nan)
    return float(low), float(high)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)

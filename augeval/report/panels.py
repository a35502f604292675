"""Fidelity as the page and the Markdown show it: one table per dataset and class, numbers already in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augeval.report.fidelity import NAMES, NO_VERDICT, not_measured, percent
from augeval.report.wording import count, number, size

__all__ = ["HEADS", "NO_VERDICT", "Figure", "Line", "Panel", "panels"]

PANELS = 24
LINES = 40  # of one panel
SHARES = ("copy_rate", "out_of_hull", "precision", "recall", "coverage", "other_class_neighbours")
ABOUT = {  # what each column means, in a few words
    "copy_rate": "Share of rows that equal a real one.",
    "dcr_ratio": "Median distance to the nearest real row, per distance between real rows: 1 is usual, 0 a copy.",
    "variance_ratio": "Variance of the columns per that of the real rows: below 1 they spread less.",
    "out_of_hull": "Share of values beyond the smallest or largest real one of their column.",
    "precision": "Share of made rows that lie where real rows lie.",
    "recall": "Share of real rows that lie where made rows lie.",
    "coverage": "Share of real rows that have a made row near.",
    "other_class_neighbours": "Share of other classes among the five nearest real rows.",
    "wasserstein": "Mean shift of a column: Wasserstein-1 in standard deviations, of a category the share that moved.",
    "ks_max": "Largest gap between the distribution functions of one column (Kolmogorov–Smirnov).",
    "correlation_shift": "Mean difference between the correlations of two columns.",
    "c2st_auc": "How well a classifier tells them from real rows (AUC): 0.5 is not at all. Finds little in few rows.",
}
HEADS = tuple((NAMES[name], ABOUT[name]) for name in NAMES)
Entry = Mapping[str, Any]  # an entry of the summary; JSON has no better type


@dataclass(frozen=True)
class Figure:
    """One number of a panel: as text, where it lies beside real rows ("above", "below", ""), and what those score."""

    text: str
    side: str
    null: str
    reason: str


@dataclass(frozen=True)
class Line:
    """One arm of a panel. own_null: whether its ranges of real rows are others than the panel's, and shown."""

    arm: str
    is_control: bool
    figures: tuple[Figure, ...]
    reading: tuple[str, ...]
    own_null: bool


@dataclass(frozen=True)
class Panel:
    """The arms of one dataset, train size and class, controls last.

    Args:
        null: what real rows score, in the order of `HEADS`. not_measured: measures that no arm has, and why.
    """

    dataset: str
    facts: tuple[str, ...]
    null: tuple[str, ...]
    lines: tuple[Line, ...]
    not_measured: str
    left_out: int


def panels(built: Mapping[str, Any]) -> tuple[list[Panel], int]:
    """The panels of a summary, and how many are left out; none of a summary of before there were any."""
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in built.get("fidelity", ()):
        groups.setdefault((entry["dataset"], entry["train_size"], entry["class"]), []).append(entry)
    found = [_panel(entries) for entries in list(groups.values())[:PANELS]]
    return found, max(0, len(groups) - PANELS)


def _panel(entries: Sequence[Entry]) -> Panel:
    first = entries[0]
    rows = first["rows"]
    null = max(entries, key=lambda entry: sum(m["null"] is not None for m in entry["measures"].values()))
    shown, absent = _null(null), [not_measured(entry) for entry in entries]
    common = [said for said in absent[0] if all(said in other for other in absent)]
    ordered = sorted(entries, key=lambda entry: bool(entry["is_control"]))  # among equals as they are
    return Panel(
        dataset=first["dataset"],
        facts=(
            size(first["train_size"]),
            f"rows of class {first['class']}",
            f"{count(round(rows['real']), 'real row')}, {count(round(rows['other']), 'row')} of other classes",
            f"mean of {count(first['n_seeds'], 'seed')}",
        ),
        null=shown,
        lines=tuple(_line(entry, shown, common) for entry in ordered[:LINES]),
        not_measured="; ".join(common),
        left_out=max(0, len(entries) - LINES),
    )


def _line(entry: Entry, shown: Sequence[str], known_absent: Sequence[str]) -> Line:
    figures = tuple(_figure(name, entry["measures"].get(name)) for name in NAMES)
    own = any(figure.null not in ("", common) for figure, common in zip(figures, shown, strict=True))
    absent = [f"Not measured: {said}." for said in not_measured(entry) if said not in known_absent]
    return Line(entry["arm"], entry["is_control"], figures, (*entry["reading"], *absent), own)


def _figure(name: str, measure: Entry | None) -> Figure:
    if measure is None or measure["value"] is None:
        return Figure("", "", "", measure["reason"] if measure else "")
    value, null = measure["value"], measure["null"]
    side = "" if null is None else "below" if value < null[0] else "above" if value > null[1] else ""
    return Figure(_shown(name, value), side, _range(name, null), "")


def _null(entry: Entry) -> tuple[str, ...]:
    return tuple(_range(name, entry["measures"].get(name, {}).get("null")) for name in NAMES)


def _range(name: str, null: Sequence[float] | None) -> str:
    """ "0.63–1.02", "90–98 %", or one number where both ends read alike."""
    if null is None:
        return ""
    low, high = (_shown(name, end) for end in null)
    return high if low == high else f"{low.removesuffix(' %')}–{high}"


def _shown(name: str, value: float) -> str:
    return percent(value) if name in SHARES else number(value, 2)

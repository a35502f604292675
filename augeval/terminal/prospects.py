"""What a planned run can find, in the terminal: one line per dataset × model × train size, and what it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augeval.terminal.console import paragraph, result, table

if TYPE_CHECKING:
    from augeval.prospects import Prospect, Prospects

__all__ = ["show_prospects"]


def show_prospects(found: Prospects) -> None:
    """The table of seeds that find each effect, what it means, and what helps where seeds do not."""
    shown = [prospect for prospect in found.each if prospect.pilot_seeds]
    head = ["Dataset", "Model", "Train size", "Pilot", "Planned", "Smallest effect found", *_heads(shown[0])]
    rows = [_row(prospect) for prospect in shown if _heads(prospect) == _heads(shown[0])]
    table(head, rows)
    for prospect in shown:  # metrics of other units have a table of their own
        if _heads(prospect) != _heads(shown[0]):
            table([*head[:6], *_heads(prospect)], [_row(prospect)])
    result()
    paragraph(
        f"Seeds in all after which one arm gets the right verdict with chance {found.power:g}: that it helps or harms "
        "if its true gain or loss is that large, or no difference if it has none. In brackets: what the few seeds of "
        f"the pilot leave open (80 %). Spread of a typical arm, from the ledger of {found.folder}."
    )
    for prospect in found.each:
        for sentence in _sentences(prospect):
            paragraph(f"{_where(prospect)}: {sentence}")
    if found.raced:
        paragraph("A race stops many arms sooner, for slightly less power.")


def _where(prospect: Prospect) -> str:
    from augeval.report.wording import size

    return f"{prospect.model} on {prospect.dataset}, {size(prospect.train_size)}"


def _heads(prospect: Prospect) -> list[str]:
    return [_effect(entry["effect"], prospect.points) for entry in prospect.effects]


def _effect(effect: Any, points: bool) -> str:
    if not effect:
        return "No difference"
    if not points:
        return f"{effect:g}"
    return f"{100 * effect:g} point{'' if round(100 * effect, 9) == 1 else 's'}"


def _row(prospect: Prospect) -> list[str]:
    from augeval.report.wording import count

    size = "all" if prospect.train_size is None else str(prospect.train_size)
    pilot = f"{prospect.pilot_seeds} seeds, {count(prospect.pilot_arms, 'arm')}"
    planned = f"{prospect.seeds} seeds, {count(prospect.arms, 'arm')}"
    needs = [_seeds(entry) for entry in prospect.effects]
    return [prospect.dataset, prospect.model, size, pilot, planned, _smallest(prospect), *needs]


def _smallest(prospect: Prospect) -> str:
    ends = (prospect.smallest, prospect.smallest_low, prospect.smallest_high)
    if not all(end is not None and math.isfinite(end) for end in ends):
        return "none"
    times, unit = (100, " pts") if prospect.points else (1, "")
    best, low, high = (f"{times * end:.{1 if prospect.points else 3}f}" for end in ends if end is not None)
    return f"{best}{unit} ({low} to {high})"


def _seeds(entry: Mapping[str, Any]) -> str:
    if entry["seeds"] is None:
        return "no number"
    low, high = entry["low"], entry["high"]
    if low == high:
        return f"{entry['seeds']:,}"
    return f"{entry['seeds']:,} ({low:,} to {'no number' if high is None else f'{high:,}'})"


def _sentences(prospect: Prospect) -> list[str]:
    if not prospect.pilot_seeds:
        return [f"the ledger tells nothing; {prospect.note}."]
    effects = [entry for entry in prospect.effects if entry["seeds"] is None]
    return [f"{_unfound(entry, prospect)}." for entry in effects]


def _unfound(entry: Mapping[str, Any], prospect: Prospect) -> str:
    """What helps where no number of seeds does."""
    sought = _effect(entry["effect"], prospect.points)
    sought = "shows that there is no difference" if not entry["effect"] else f"finds {sought}"
    start = f"no number of seeds {sought} on {prospect.examples:,} held-out rows"
    planned = f"with the {prospect.seeds} seeds planned"
    if entry["limited_by"] == "margin":
        return f"{start}, since it is less than the margin and counts as none"
    if entry["draws"] is not None:
        return f"{start} with {prospect.draws} draws; {entry['draws']:,} draws would, {planned}"
    if entry["examples"] is not None:
        return f"{start}; {entry['examples']:,} rows would, {planned}"
    if math.isfinite(entry["factor"]):
        draws = ", draws" if prospect.draws else ""
        return f"{start}; about {entry['factor']:.2g} times as many seeds{draws} and held-out rows would"
    return f"{start}, and no reasonable number of held-out rows helps"

"""What a planned run can find, in the terminal: a small table for each dataset × model × train size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augeval.terminal.console import paragraph, result, table

if TYPE_CHECKING:
    from augeval.prospects import Prospect, Prospects

__all__ = ["show_prospects"]

HEAD = ("True gain or loss", "Power as planned", "Seeds needed", "Or held-out rows")


def show_prospects(found: Prospects) -> None:
    """Of each effect its power, the seeds that find it, and what helps where seeds do not."""
    for prospect in found.each:
        _show(prospect, found.power)
        result()
    paragraph(
        f"Power: the chance of the right verdict on one arm, wanted is {found.power:g}. Seeds needed: in all, the rest "
        "as planned; held-out rows: in each seed, with the seeds planned. In brackets: what the few seeds of the pilot "
        f"leave open (80 %). The spread is that of a typical arm in the ledger of {found.folder}."
    )
    if found.raced:
        paragraph("A race stops many arms sooner, for slightly less power.")


def _show(prospect: Prospect, wanted: float) -> None:
    from augeval.report.wording import count, place
    from augeval.told import in_words

    entry = {"model": prospect.model, "dataset": prospect.dataset, "train_size": prospect.train_size}
    result(f"{place(entry)}, {in_words(prospect.metric)}")
    if not prospect.pilot_seeds:
        paragraph(f"The ledger tells nothing of it: {prospect.note}.")
        return
    draws = f", {count(prospect.draws, 'shared draw')}" if prospect.draws else ""
    rows = count(prospect.examples, "held-out row")
    pilot = f"{count(prospect.pilot_seeds, 'seed')} and {count(prospect.pilot_arms, 'arm')}"
    planned = f"{count(prospect.seeds, 'seed')}, {count(prospect.arms, 'arm')}{draws}, {rows}"
    paragraph(f"Planned: {planned}; {_smallest(prospect)}. Pilot: {pilot}.")
    table(HEAD, [_row(effect, prospect.points, wanted) for effect in prospect.effects], whole=HEAD)
    for effect in prospect.effects:
        if effect["seeds"] is None:
            paragraph(f"{_unfound(effect, prospect)}.")


def _effect(effect: Any, points: bool) -> str:
    if not effect:
        return "none"
    if not points:
        return f"{effect:g}"
    return f"{100 * effect:g} point{'' if round(100 * effect, 9) == 1 else 's'}"


def _smallest(prospect: Prospect) -> str:
    ends = (prospect.smallest, prospect.smallest_low, prospect.smallest_high)
    if not all(end is not None and math.isfinite(end) for end in ends):
        return "they find no effect of any size"
    times, unit = (100, " points") if prospect.points else (1, "")
    best, low, high = (f"{times * end:.{1 if prospect.points else 3}f}" for end in ends if end is not None)
    return f"they find {best}{unit} ({low} to {high}) or more"


def _row(entry: Mapping[str, Any], points: bool, wanted: float) -> tuple[str, ...]:
    rows = "–" if entry["power"] >= wanted or entry["examples"] is None else f"{entry['examples']:,}"
    power = min(math.floor(100 * entry["power"]) / 100, 0.99)  # nothing is certain
    return (_effect(entry["effect"], points), f"{power:.2f}", _seeds(entry), rows)


def _seeds(entry: Mapping[str, Any]) -> str:
    if entry["seeds"] is None:
        return "no number"
    low, high = entry["low"], entry["high"]
    if low == high:
        return f"{entry['seeds']:,}"
    return f"{entry['seeds']:,} ({low:,} to {'no number' if high is None else f'{high:,}'})"


def _unfound(entry: Mapping[str, Any], prospect: Prospect) -> str:
    """What helps where no number of seeds does."""
    sought = _effect(entry["effect"], prospect.points)
    sought = f"finds {sought}" if entry["effect"] else "shows that there is no difference"
    start = f"No number of seeds {sought} on {prospect.examples:,} held-out rows"
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

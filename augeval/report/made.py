"""How many rows of those that an arm asked for it got and can learn from, and what became of the others.

A row is effective unless it equals its parent, equals an earlier copy of the same parent, or is missing. Rows are those
of one training set, averaged over seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augeval.types import Json

__all__ = ["falls_short", "losses", "of_arm", "ratio", "shortfall"]

REJECTED = "rejected: "  # and the name of a filter of keep_if
UNMADE = "unmade: "  # and why, as the augmenter tells
_WORDS = {
    "no_op": "equal to their parent",
    "repeats": "equal to an earlier copy",
    "leaked": "equal to a held-out row",
    "unmade": "not made",
    "missing": "missing",
}
NOTABLE = 0.99  # share of the asked rows that are effective from which on nothing is said
_LEAST = 1e-9
Entry = Mapping[str, Any]  # an arm of the summary, or the same keys of rows at hand


def of_arm(counts: Mapping[str, float], asked_ratio: float | None, *, is_control: bool = False) -> dict[str, Json]:
    """The ratio that was asked for, the effective one, and the rows that were lost on the way, by reason.

    Args:
        counts: of one training set; see `augment.apply.Applied`. asked_ratio: the arm's; None where it has a balance
            instead: then rows are counted per training row. is_control: its rows are copies or mislabelled on purpose.

    Returns:
        `ratio_asked` and `ratio_effective`, synthetic rows per real row in scope (None: no rows were asked for, or a
        ledger of before they were told apart), and `lost`: reason -> rows; asked = effective + all that was lost.
    """
    asked, real = counts.get("asked", 0), counts.get("train", 0)
    if not asked or (asked_ratio is None and not real):
        return {"ratio_asked": asked_ratio, "ratio_effective": None, "lost": {}}
    whole = asked / real if asked_ratio is None else asked_ratio
    effective = counts.get("effective")
    if effective is None or is_control:
        return {"ratio_asked": whole, "ratio_effective": None, "lost": {}}
    return {"ratio_asked": whole, "ratio_effective": whole * effective / asked, "lost": _lost(counts, asked, effective)}


def _lost(counts: Mapping[str, float], asked: float, effective: float) -> dict[str, Json]:
    got, no_op = counts.get("got", 0), counts.get("no_op", 0)
    told = sum(n for name, n in counts.items() if name.startswith(UNMADE))
    gone = {name: n for name, n in counts.items() if name == "leaked" or name.startswith((REJECTED, UNMADE))}
    gone["unmade"] = counts.get("unmade", 0) - told
    lost = {"no_op": no_op, "repeats": got - no_op - effective, **gone, "missing": asked - got - sum(gone.values())}
    return {name: n for name, n in lost.items() if n > _LEAST}


def falls_short(entry: Entry) -> bool:
    """Whether a hundredth or more of the rows that were asked for is not effective."""
    effective = entry.get("ratio_effective")
    return effective is not None and effective <= entry["ratio_asked"] * NOTABLE


def ratio(entry: Entry) -> str:
    """ "3.2 of 4", "4", or "" where it is not known."""
    if entry.get("ratio_effective") is None:
        return ""
    effective, asked = (f"{entry[name]:.3g}" for name in ("ratio_effective", "ratio_asked"))
    if not entry["lost"]:
        return asked
    return f"{effective} of {asked}" if effective != asked else f"nearly {asked}"


def shortfall(arms: Sequence[Entry], label: str) -> str:
    """ "3.2 of 4" where the arm of this label falls short, else ""."""
    entry: Entry = next((arm for arm in arms if arm["arm"] == label), {})
    return ratio(entry) if falls_short(entry) else ""


def losses(entry: Entry) -> str:
    """ "12 equal to their parent, 3 rejected by min_cosine": the most first; "" where none was lost."""
    lost = sorted(entry.get("lost", {}).items(), key=lambda item: -item[1])
    return ", ".join(f"{_mean(n)} {_in_words(name)}" for name, n in lost)


def _mean(rows: float) -> str:
    """A mean over seeds: "1,880", "31.5"."""
    return f"{rows:,.0f}" if rows >= 100 else f"{rows:.3g}"


def _in_words(name: str) -> str:
    return _WORDS.get(name) or name.replace(REJECTED, "rejected by ").replace(UNMADE, "not made: ")

"""What a verdict is still worth after it was checked: which figure to quote, and whether fresh data bear it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augeval.report.wording import change, interval, unit

__all__ = ["CONFIRMED", "CONTRADICTED", "MEASURED", "UNCONFIRMED", "quoted", "refuted", "said", "standing"]

Entry = Mapping[str, Any]  # a verdict of the summary

CONFIRMED = "confirmed"
UNCONFIRMED = "not confirmed"
CONTRADICTED = "contradicted"
MEASURED = "measured again"
_CONFIRMED_AS = {"gain": "confirmed_gain", "low": "confirmed_low", "high": "confirmed_high"}


def standing(verdict: Entry) -> str:
    """What fresh seeds and rows say of the chosen arm's gain.

    Returns:
        Of an arm that helps: "confirmed" where it helps there too, "contradicted" where it harms there, else "not
        confirmed". Of another one, which was only the best to look at: "measured again", if the verdict is about the
        arm that was. "" where nothing was.
    """
    if verdict.get("confirmed_gain") is None:
        return ""
    if verdict["outcome"] != "helps":
        about_it = verdict.get("confirmed_arm") == verdict.get("decided_by")  # else its gain is not the verdict's
        return MEASURED if about_it else ""
    return {"helps": CONFIRMED, "harms": CONTRADICTED}.get(verdict["confirmed_outcome"], UNCONFIRMED)


def refuted(verdict: Entry) -> bool:
    """Whether the confirmation was made and does not bear the verdict out."""
    return standing(verdict) in (UNCONFIRMED, CONTRADICTED)


def quoted(verdict: Entry) -> dict[str, Any]:
    """gain, low and high to quote: those of the confirmation where there is one, because they chose nothing."""
    named = _CONFIRMED_AS if standing(verdict) else {name: name for name in _CONFIRMED_AS}
    return {name: verdict[field] for name, field in named.items()}


def said(numbers: Entry, points: bool) -> str:
    """ "+3.0 pts [0.8, 5.3]" of a gain with its interval."""
    if numbers["gain"] is None:
        return "not measured"
    low, high = numbers["low"], numbers["high"]
    width = None if low is None or high is None else high - low
    return f"{change(numbers['gain'], points, width)}{unit(points)} {interval(low, high, points)}"

"""What is said beside a verdict's numbers: which sentences at once, which on request, and what it could have seen."""

from __future__ import annotations

from augeval.report import beliefs
from augeval.report.racing import given_up
from augeval.report.settings import Entry, Setting
from augeval.report.wording import change, in_points, interval, unit, worth

__all__ = ["could_see", "price", "remark", "seen", "told", "with_flags"]

REASONS = 1  # of a verdict that are shown at once


def told(verdict: Entry, decided: str, race: Entry | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences to show at once, and the rest.

    At once: what became of the gain on fresh data, or that the arm was given up; what the flags stand for (of a control
    the first); and, without flags and unless a claim was checked, the first reason that does not only repeat the gain
    beside it. What the gain is worth, and why nothing was confirmed, can wait.

    Args:
        verdict: of the summary. decided: the interval of its gain as it is shown, or "". race: of its setting.
    """
    reasons = [str(reason) for reason in verdict["reasons"]]
    flags = _flag_sentences(verdict, reasons)[: 1 if verdict["is_control"] else None]
    telling = [reason for reason in reasons if not _repeats(reason, decided, verdict)][:REASONS]
    checked = beliefs.standing(verdict) not in ("", beliefs.MEASURED)
    at_once = [*_checks(verdict, race), *flags, *([] if checked or flags else telling or reasons[:1])]
    last = [str(verdict.get(name) or "") for name in ("confirmation", "worth_note")]
    return tuple(at_once), tuple(sentence for sentence in [*reasons, *last] if sentence and sentence not in at_once)


def _repeats(reason: str, decided: str, verdict: Entry) -> bool:
    """Whether a reason only says again what stands beside it: the gain with its interval, or alone if it has none."""
    bare = verdict["gain"] is not None and verdict["low"] is None and verdict["high"] is None
    return (decided != "" and decided in reason) or (bare and reason.startswith("Undecided: "))


def _flag_sentences(verdict: Entry, reasons: list[str]) -> list[str]:
    """The reasons that give the numbers of its flags: "threshold-only" is "Threshold only: …" among them."""
    starts = tuple(flag.replace("-", " ").capitalize() for flag in verdict.get("flags", ()))
    return [reason for reason in reasons if starts and reason.startswith(starts)]


def _checks(verdict: Entry, race: Entry | None) -> list[str]:
    """That the arm was given up, and what became of its gain on fresh seeds and rows."""
    known = any("given up" in str(reason).lower() for reason in verdict["reasons"])
    stop = "" if known else given_up(race, verdict["decided_by"])
    return [said for said in (stop, str(verdict["confirmation"]) if beliefs.standing(verdict) else "") if said]


def price(verdict: Entry) -> str:
    """What the gain is worth in rows, unless fresh data do not bear that gain out: then it is worth nothing yet."""
    return "" if beliefs.refuted(verdict) else worth(verdict)


def with_flags(outcome: str, verdict: Entry) -> str:
    """ "helps (threshold-only, calibration-harmed)": an outcome as it is shown, with the verdict's flags."""
    flags = ", ".join(verdict.get("flags", ()))
    return f"{outcome} ({flags})" if flags else outcome


def could_see(setting: Setting, verdict: Entry) -> str:
    """ "±2.1 pts": the gain that an undecided comparison would have found; "" where it is decided or not known."""
    if verdict["outcome"] != "inconclusive":
        return ""
    which = ("arm", verdict["decided_by"]), ("contrast", verdict["contrast"]), ("metric", verdict["metric"])
    both = [*setting.comparisons, *setting.comparisons_of_others]
    found = next((c for c in both if all(c[name] == value for name, value in which)), None)
    points = in_points(verdict["metric"], [setting.study] if setting.study else [])
    return seen(found, points) if found else ""


def seen(comparison: Entry, points: bool) -> str:
    """ "±2.1 pts": the smallest gain or loss that a comparison would have found with power .8, or ""."""
    size = comparison.get("detectable")
    return "" if size is None else f"±{change(size, points).lstrip('+')}{unit(points)}"


def remark(setting: Setting, verdict: Entry) -> str:
    """What a row of numbers leaves out, or "".

    Of an undecided arm what it lacks, and what it could have seen; of one that could not be applied why; of others both
    figures of a choice, what their flags stand for, and what they are worth.
    """
    if verdict["outcome"] == "not_applicable" and verdict["reasons"]:
        return str(verdict["reasons"][0])
    if verdict["outcome"] == "inconclusive":
        known = verdict["gain"] is not None
        decided = interval(verdict["low"], verdict["high"], setting.points) if known else ""
        size = could_see(setting, verdict)
        at_once, _ = told(verdict, decided, setting.race)
        return " ".join([*at_once, *([f"The comparison could have seen {size}."] if size else [])])
    chosen = f"Chosen at {beliefs.said(verdict, setting.points)}." if beliefs.standing(verdict) else ""
    flags = _flag_sentences(verdict, [str(reason) for reason in verdict["reasons"]])
    said = [chosen, *_checks(verdict, setting.race), *flags, str(verdict["worth_note"]) if price(verdict) else ""]
    return " ".join(filter(None, said))

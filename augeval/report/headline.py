"""The answer in one breath: what a manager reads, and nothing that was not shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from augeval.report import sentinels
from augeval.report.beliefs import quoted, refuted, standing
from augeval.report.settings import Entry, Setting, settings
from augeval.report.wording import against, change, count, dose, interval, joined, number, place
from augeval.results import NOT_EVIDENCE

__all__ = ["fooled", "parts", "sentence"]

NAMED = 2  # helping families that are named; the rest are counted


def sentence(summary: Mapping[str, Any]) -> str:
    """The sentences of `parts` in one line."""
    return " ".join(parts(summary))


def parts(summary: Mapping[str, Any]) -> list[str]:
    """How many augmentations help, which and at what dose; how many do not; and what to be careful about.

    Counts the user's own families on the primary metric, once for each dataset × model × train size.

    Args:
        summary: with experiment, arms, verdicts, comparisons, curves, alarms and costs.

    Returns:
        Sentences; the first is the answer.
    """
    found = settings(summary)
    judged = [(setting, verdict) for setting in found for verdict in setting.judged]
    said = [_nothing_judged(summary, found)] if not judged else [_lead(found, judged), _rest(found, judged)]
    said += [sentinels.careful(summary), _controls(found), _played(found), _careful(found), _failed(summary)]
    return [part for part in said if part]


_Judged = Sequence[tuple[Setting, Entry]]


def _lead(found: Sequence[Setting], judged: _Judged) -> str:
    if len(judged) == 1:
        return _only(*judged[0])
    helping = [(setting, verdict) for setting, verdict in judged if verdict["outcome"] == "helps"]
    helping.sort(key=lambda pair: (refuted(pair[1]), -(quoted(pair[1])["gain"] or 0.0)))
    one_place = len(found) == 1
    where = f" {place(found[0].where, rows=False)}" if one_place else ""
    what = count(len(judged), "augmentation" if one_place else "combination")
    what += "" if one_place else " of augmentation, model and data"
    if not helping:
        sure = all(verdict["outcome"] in ("harms", "equivalent") for _, verdict in judged)
        return f"None of the {what} {'helps' if sure else 'is shown to help'}{where}."
    doubted = sum(refuted(verdict) for _, verdict in helping)
    if len(helping) == 1:
        helps = "seems to help" if doubted else "helps"
        return f"1 of {what} {helps}{where}: {_name(*helping[0], found)} ({_dose(*helping[0])})."
    named = [f"{_name(*pair, found)} ({_brief(*pair)})" for pair in helping[:NAMED]]
    named += [f"{len(helping) - NAMED} more"] if len(helping) > NAMED else []
    said = f"{len(helping)} of {what} {'seem to help' if doubted == len(helping) else 'help'}{where}: {joined(named)}."
    if not doubted or len(helping) <= NAMED:  # those that are named say it themselves
        return said
    return f"{said} Fresh seeds and rows do not confirm {doubted} of the {len(helping)}."


def _only(setting: Setting, verdict: Entry) -> str:
    """The lead where there is one verdict."""
    where, judged = place(setting.where, rows=False), verdict["gain"] is not None
    said = {
        "helps": f"{'seems to help' if refuted(verdict) else 'helps'} {where}: {_dose(setting, verdict)}",
        "harms": f"harms {where}: {_dose(setting, verdict)}",
        "equivalent": f"makes no difference that matters for {where}",
        "inconclusive": f"is not shown to help or to harm {where}" if judged else f"could not be judged for {where}",
        "not_applicable": f"could not be applied for {where}",
    }
    return f"{verdict['family']} {said[verdict['outcome']]}."


def _name(setting: Setting, verdict: Entry, found: Sequence[Setting]) -> str:
    """As much of the place as tells it from the others."""
    if len(found) == 1:
        return str(verdict["family"])
    sizes = {s.train_size for s in found if (s.dataset, s.model) == (setting.dataset, setting.model)}
    return f"{verdict['family']} for {place(setting.where, rows=len(sizes) > 1)}"


def _dose(setting: Setting, verdict: Entry) -> str:
    """ "use shift 2 ×4: +8.6 points [5.1, 12.0] over plain duplication; too much from shift 8 ×4 on".

    The gain is that of the arm which is named, never of another one; that of fresh seeds and rows where there is one.
    """
    arm = _arm(verdict)
    said = f"use {arm}" if arm == verdict["recommended"] and not refuted(verdict) else str(arm)
    if amount := _amount(setting, verdict):
        said += f": {amount} over {against(verdict['contrast'])}{_CHECKED[_standing(verdict)]}"
    said += "".join(f", {flag}" for flag in verdict.get("flags", ()))
    too_much = verdict["too_much"]
    return said + (f"; too much from {too_much} on" if too_much and too_much != arm else "")


def _brief(setting: Setting, verdict: Entry) -> str:
    """ "15 ×4: +3.0 points [0.8, 5.3]": where several are named, the dose and its gain are all that fits."""
    label, amount = str(_arm(verdict)), _amount(setting, verdict)
    amount += {"": "", "confirmed": ", confirmed"}.get(_standing(verdict), f", {_standing(verdict)}")
    amount = ", ".join(filter(None, (amount, *verdict.get("flags", ()))))
    return ": ".join(part for part in (dose(label, verdict["family"]), amount) if part) or label


_CHECKED = {
    "": "",
    "confirmed": ", confirmed",
    "measured again": " on fresh seeds and rows",
    "not confirmed": " on fresh seeds and rows, which do not confirm it",
    "contradicted": " on fresh seeds and rows, which contradict it",
}


def _standing(verdict: Entry) -> str:
    """What fresh data say of the arm that is named; "" where they speak of another one."""
    return standing(verdict) if _arm(verdict) == verdict.get("confirmed_arm") else ""


def _arm(verdict: Entry) -> Any:  # a label, or None
    if verdict["outcome"] == "helps":
        return verdict["recommended"] or verdict["decided_by"]
    return verdict["decided_by"]


def _amount(setting: Setting, verdict: Entry) -> str:
    """ "+3.0 points [0.8, 5.3]" of the arm that is named, "" if it has no number."""
    arm = _arm(verdict)
    entry = setting.comparison(arm, verdict["contrast"])
    gain, low, high = (entry["mean_diff"], entry["low"], entry["high"]) if entry else (None, None, None)
    if arm == verdict["decided_by"]:
        gain, low, high = verdict["gain"], verdict["low"], verdict["high"]
    if _standing(verdict):
        gain, low, high = quoted(verdict).values()
    if gain is None:
        return ""
    unit = "points" if setting.points else setting.metric
    width = None if low is None or high is None else high - low
    return f"{change(gain, setting.points, width)} {unit} {interval(low, high, setting.points)}"


def _rest(found: Sequence[Setting], judged: _Judged) -> str:
    """ "3 harm, 4 make no difference that matters, 2 are undecided."."""
    if len(judged) == 1:
        return ""
    counts = Counter(verdict["outcome"] for _, verdict in judged)
    if counts["inconclusive"] == len(judged):
        they = "Both" if len(judged) == 2 else f"All {len(judged)}"
        return f"{they} are undecided: there is too little evidence, which is not the same as no effect."
    said = [
        (counts["harms"], "harms", "harm"),
        (counts["equivalent"], f"makes no difference of {_margin(found)}", f"make no difference of {_margin(found)}"),
        (counts["inconclusive"], "is undecided", "are undecided"),
        (counts["not_applicable"], "could not be applied", "could not be applied"),
    ]
    shown = [f"{n} {one if n == 1 else many}" for n, one, many in said if n]
    return f"{joined(shown)}." if shown else ""


def _margin(found: Sequence[Setting]) -> str:
    margins = {(setting.margin, setting.points) for setting in found}
    if len(margins) != 1 or (margin := next(iter(margins))[0]) is None or not next(iter(margins))[1]:
        return "a size that matters"
    points = margin * 100
    digits = 0 if float(points).is_integer() else 1
    return f"{number(points, digits)} point{'s' * (round(points, digits) != 1)} or more"


def _controls(found: Sequence[Setting]) -> str:
    """Controls that help, such as class weights: what does the work without a new row should be known beside it.

    Each with the place, or how many of its places, where it helps, unless it helps wherever it was run.
    """
    ran: dict[str, list[Setting]] = {}
    helps: dict[str, list[Setting]] = {}
    for setting in found:
        for verdict in setting.verdicts:
            if verdict["is_control"] and not verdict["family"].startswith("duplicate"):
                ran.setdefault(verdict["family"], []).append(setting)
                if verdict["outcome"] == "helps":
                    helps.setdefault(verdict["family"], []).append(setting)
    groups: dict[str, list[str]] = {}
    for family in sorted(helps):
        groups.setdefault(_where_of(helps[family], ran[family]), []).append(family)
    said = [f"{joined(names)} help{'s' * (len(names) == 1)}{where}" for where, names in groups.items()]
    return f"{', '.join(said)} without anything new." if said else ""


def _where_of(some: Sequence[Setting], every: Sequence[Setting]) -> str:
    """ "" where they are all of them, else the only place, or how many there are."""
    if len(some) == len(every):
        return ""
    if len(some) > 1:
        return f" in {len(some)} of {len(every)} combinations of model and data"
    sizes = {s.train_size for s in every if (s.dataset, s.model) == (some[0].dataset, some[0].model)}
    return f" {place(some[0].where, rows=len(sizes) > 1)}"


def _played(found: Sequence[Setting]) -> str:
    """Families that a scripted server gave the rows of: that they are there, and nothing of what they show."""
    families = sorted({verdict["family"] for setting in found for verdict in setting.played})
    if not families:
        return ""
    is_, its = ("is", "its") if len(families) == 1 else ("are", "their")
    return (
        f"{joined(families)} {is_} shown and not judged: {its} rows are no evidence, since a scripted server gave them."
    )


def _careful(found: Sequence[Setting]) -> str:
    alarmed = [setting for setting in found if setting.alarms]
    if not alarmed:
        return ""
    setting = max(alarmed, key=lambda s: max(alarm["gain"] or 0.0 for alarm in s.alarms))
    gain = max(alarm["gain"] or 0.0 for alarm in setting.alarms)
    unit = "points" if setting.points else setting.metric
    where = f"with {place(setting.where, rows=False)}"
    also = f" (and in {count(len(alarmed) - 1, 'more setting')})" if len(alarmed) > 1 else ""
    amount = change(gain, setting.points).lstrip("+")
    apparent, real, compared = fooled(setting)
    said = f"Careful: {where}{also}, plain duplication, with nothing new in it, gains {amount} {unit}"
    if not apparent:
        return f"{said}, so beating no augmentation proves nothing there."
    beats = f"{real or 'none'} beat{'s' * (real < 2)} duplication"
    return f"{said}: {apparent} of {compared} arms beat no augmentation there, and {beats}."


def fooled(setting: Setting) -> tuple[int, int, int]:
    """How many of the user's arms beat no augmentation, how many of those also beat plain duplication, of how many.

    Only arms that were compared with both count.
    """
    own = {arm["arm"] for arm in setting.arms if not arm["is_control"] and arm["augmenter"] != "none"}
    judged = [c for c in setting.comparisons if c["arm"] in own and c.get("note") != NOT_EVIDENCE]
    gains = {(c["arm"], c["contrast"]): (c["low"] or 0.0) > 0 for c in judged}
    both = [arm for arm in sorted(own) if (arm, "none") in gains and (arm, "duplicate") in gains]
    apparent = [arm for arm in both if gains[arm, "none"]]
    return len(apparent), sum(gains[arm, "duplicate"] for arm in apparent), len(both)


def _nothing_judged(summary: Mapping[str, Any], found: Sequence[Setting]) -> str:
    costs = summary["costs"]
    if costs["cells"] and costs["failed"] == costs["cells"]:
        return "Nothing was measured."
    if any(setting.verdicts for setting in found) and not any(setting.played for setting in found):
        return "Only controls were run: no augmentation was judged."
    return "No augmentation was judged."


def _failed(summary: Mapping[str, Any]) -> str:
    failed, cells = summary["costs"]["failed"], summary["costs"]["cells"]
    return f"{failed:,} of {count(cells, 'cell')} failed." if failed else ""

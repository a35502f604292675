"""What a page shows of a summary, in which order and how much of it: numbers already in words, nothing escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from augeval.report import beliefs, made, remarks
from augeval.report.headline import fooled
from augeval.report.racing import race_line, stopped
from augeval.report.settings import Entry, Setting
from augeval.report.wording import (
    ICONS,
    OUTCOMES,
    against,
    change,
    count,
    guessing,
    in_points,
    interval,
    scope,
    score,
    size,
    unit,
)
from augeval.results import NOT_EVIDENCE
from augeval.told import head_of, in_words, treatment_of

__all__ = [
    "AlarmView",
    "Gain",
    "Row",
    "SettingView",
    "VerdictView",
    "rows",
    "setting_view",
    "tally",
]

FAMILIES = 40  # verdicts of one setting
ROWS = 300  # of the complete table
NOTE = 110  # characters of a line's note; the whole is among the warnings
KINDS = ("threshold-free", "at tuned cuts", "depend on the cut", "")  # of metrics, as a reader should meet them
TRAINING = {  # what arm and reference have in common where their rows are not equally many
    "equal steps": "equal steps in every arm",
    "equal epochs": "equal epochs: more rows mean more steps",
    "no steps": "fitted to the end: steps do not apply",
}


@dataclass(frozen=True)
class Gain:
    """A gain with its interval: as words, and as numbers in shown units (points or the metric's own)."""

    text: str
    interval: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class VerdictView:
    """One line of a verdict table.

    Args:
        gain: the figure to quote; chosen: the one that chose the arm, where that is another (see `beliefs`).
        standing: "confirmed", "not confirmed", "contradicted" or "". over, scope: what it is compared with, and to
            what it generalises. worth: in real rows. reason: shown at once; more_reasons: on request.
        short: effective and asked ratio of `shown_arm`, where they differ. flags: what its gain is made of, or costs.
        could_see: the gain that an undecided comparison would have found, "±2.1 pts", or "". kind: of `KINDS`, of a
            metric that is not the primary one; "" where nobody said what it reads.
    """

    family: str
    outcome: str
    word: str
    icon: str
    metric: str
    is_control: bool
    gain: Gain
    chosen: Gain | None
    standing: str
    shown_arm: str
    over: str
    scope: str
    worth: str
    recommended: str
    too_much: str
    reason: str
    more_reasons: tuple[str, ...]
    short: str = ""
    flags: tuple[str, ...] = ()
    could_see: str = ""
    kind: str = ""


@dataclass(frozen=True)
class AlarmView:
    """What would have fooled the reader of a setting."""

    text: str
    gain: Gain
    apparent: int
    real: int
    compared: int


@dataclass(frozen=True)
class SettingView:
    """One dataset × model × train size."""

    dataset: str
    model: str
    rows: str
    facts: tuple[str, ...]
    race: str
    alarm: AlarmView | None
    verdicts: tuple[VerdictView, ...]
    left_out: int
    others: tuple[VerdictView, ...]
    others_left_out: int
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the complete table: one arm on one metric."""

    dataset: str
    model: str
    train_size: int | None
    arm: str
    is_control: bool
    metric: str
    outcome: str
    icon: str
    word: str
    over_duplicate: Gain | None
    over_none: Gain | None
    score: str
    score_value: float | None
    sd: str
    drift: float | None
    made: str
    ratio: str
    lost: str
    seeds: str
    note: str


def gain_of(entry: Mapping[str, Any], points: bool, value: str = "gain") -> Gain:
    """The gain of a verdict, alarm or comparison ("mean_diff")."""
    scale = 100 if points else 1
    numbers = [None if entry[name] is None else entry[name] * scale for name in (value, "low", "high")]
    if entry[value] is None:
        return Gain("–", "", "")
    width = None if entry["low"] is None or entry["high"] is None else entry["high"] - entry["low"]
    return Gain(
        change(entry[value], points, width), interval(entry["low"], entry["high"], points), unit(points), *numbers
    )


def tally(found: Sequence[Setting]) -> list[tuple[str, str, str, int]]:
    """(outcome, icon, word, how many) of the user's families on the primary metric, those that occur."""
    counts = Counter(verdict["outcome"] for setting in found for verdict in setting.judged)
    return [(outcome, ICONS[outcome], word(outcome), counts[outcome]) for outcome in OUTCOMES if counts[outcome]]


def word(outcome: str) -> str:
    """An outcome as a reader sees it."""
    return outcome.replace("_", " ")


def setting_view(setting: Setting) -> SettingView:
    """The verdicts of one setting, capped; controls and the other metrics after the user's own."""
    views = [
        replace(shown, short=made.shortfall(setting.arms, shown.shown_arm), could_see=remarks.could_see(setting, v))
        for v in setting.verdicts
        for shown in [verdict_view(v, setting.points, setting.race)]
    ]
    studies = [setting.study] if setting.study else []
    others = [
        replace(shown, could_see=remarks.could_see(setting, v), kind=_kind(setting, v["metric"]))
        for v in setting.others
        for shown in [verdict_view(v, in_points(v["metric"], studies))]
    ]
    others.sort(key=lambda v: KINDS.index(v.kind))
    return SettingView(
        dataset=setting.dataset,
        model=setting.model,
        rows=size(setting.train_size),
        facts=tuple(_facts(setting)),
        race=race_line(setting.race) if setting.race else "",
        alarm=_alarm(setting),
        verdicts=tuple(views[:FAMILIES]),
        left_out=max(0, len(views) - FAMILIES),
        others=tuple(others[:FAMILIES]),
        others_left_out=max(0, len(others) - FAMILIES),
        claims=tuple(dict.fromkeys(str(verdict["claim"]) for verdict in setting.judged if verdict["claim"])),
    )


def _kind(setting: Setting, metric: str) -> str:
    """Whether another cut between the classes moves the metric."""
    about = setting.study["metrics"].get("about", {}).get(metric, {}) if setting.study else {}
    if treatment_of(metric) == "tuned":
        return "at tuned cuts"
    known = {"ranks": "threshold-free", "probabilities": "threshold-free", "classes": "depend on the cut"}
    return known.get(str(about.get("reads")), "")


def _margin(margin: float, points: bool) -> str:
    if not points:
        return f"margin {margin:g}"
    noun = "pt" if margin == 0.01 else "pts"
    return f"margin {margin * 100:g} {noun}"


def _facts(setting: Setting) -> list[str]:
    facts = [size(setting.train_size)]
    seeds = max((arm["n_seeds"] for arm in setting.arms), default=0)
    if setting.race:
        facts.append(f"up to {count(setting.race['looks'][-1], 'seed')}")
    elif seeds:
        facts.append(count(seeds, "seed"))
    known = setting.baseline["scores"].get(setting.metric) if setting.baseline else None
    name = in_words(setting.metric)
    facts.append(f"baseline {name} {score(known['mean'])}" if known and known["mean"] is not None else name)
    margin = setting.margin
    if margin is not None:
        facts.append(_margin(margin, setting.points))
    trained = dict.fromkeys(TRAINING.get(c.get("training", ""), "") for c in setting.comparisons)
    return [*facts, *filter(None, (guessing(setting.metric, setting.study), *trained))]


def verdict_view(verdict: Entry, points: bool, race: Entry | None = None) -> VerdictView:
    """One verdict in words."""
    found, decided = beliefs.standing(verdict), gain_of(verdict, points)
    told, more = remarks.told(verdict, decided.interval, race)
    return VerdictView(
        family=verdict["family"],
        outcome=verdict["outcome"],
        word=word(verdict["outcome"]) if verdict.get("evidence", True) else NOT_EVIDENCE,
        icon=ICONS[verdict["outcome"]],
        metric=in_words(verdict["metric"]),
        is_control=bool(verdict["is_control"]),
        gain=gain_of(beliefs.quoted(verdict), points) if found else decided,
        chosen=decided if found else None,
        standing=found,
        shown_arm=(verdict["confirmed_arm"] if found else verdict["decided_by"]) or "",
        over=against(verdict["contrast"]) if verdict["gain"] is not None else "",
        scope=scope(verdict["claim"]),
        worth=remarks.price(verdict),
        recommended=verdict["recommended"] or "",
        too_much=verdict["too_much"] or "",
        reason=" ".join(told),
        more_reasons=more,
        flags=tuple(verdict.get("flags", ())),
    )


def _alarm(setting: Setting) -> AlarmView | None:
    if not setting.alarms:
        return None
    worst = max(setting.alarms, key=lambda alarm: alarm["gain"] or 0.0)
    return AlarmView(str(worst["text"]), gain_of(worst, setting.points), *fooled(setting))


def rows(found: Sequence[Setting]) -> tuple[list[Row], int]:
    """The complete table, primary metrics first where not everything fits, and how many lines were left out."""
    primary = [row for setting in found for row in _setting_rows(setting, primary=True)]
    others = [row for setting in found for row in _setting_rows(setting, primary=False)]
    whole = [*primary, *others]
    return whole[:ROWS], max(0, len(whole) - ROWS)


def _setting_rows(setting: Setting, *, primary: bool) -> list[Row]:
    comparisons = setting.comparisons if primary else setting.comparisons_of_others
    gains = {(c["arm"], c["metric"], c["contrast"]): c for c in comparisons}
    found = []
    for arm in setting.arms:
        names = [setting.metric] if primary else [name for name in arm["scores"] if name != setting.metric]
        found += [_row(setting, arm, name, gains) for name in names]
    return found


def _row(setting: Setting, arm: Entry, metric: str, gains: Mapping[tuple[str, str, str], Entry]) -> Row:
    points = setting.points if metric == setting.metric else in_points(metric, [setting.study] if setting.study else [])
    found = {contrast: gains.get((arm["arm"], metric, contrast)) for contrast in ("duplicate", "none")}
    decisive = found["duplicate"] or found["none"]
    outcome = decisive["outcome"] if decisive else "not_applicable" if not arm["n_ok"] and not arm["n_failed"] else ""
    measured = arm["scores"].get(metric, {"mean": None, "sd": None})
    counts = arm["counts"]
    over = {c: gain_of(entry, points, "mean_diff") if entry else None for c, entry in found.items()}
    return Row(
        **{name: arm[name] for name in ("dataset", "model", "train_size", "arm", "is_control")},
        metric=metric,
        outcome=outcome,
        icon=ICONS.get(outcome, ""),
        word=word(outcome) or ("baseline" if arm["augmenter"] == "none" else "failed" if arm["n_failed"] else ""),
        over_duplicate=over["duplicate"],
        over_none=over["none"],
        score=score(measured["mean"]),
        score_value=measured["mean"],
        sd=score(measured["sd"]) if measured["sd"] is not None else "",
        drift=arm["drift"].get("mean", next(iter(arm["drift"].values()), None)),
        made=_made(counts),
        ratio=made.ratio(arm),
        lost=made.losses(arm),
        seeds=_seeds(setting, arm),
        note=_cut(arm["reason"] or (_noted(decisive, points) if decisive else guessing(metric, setting.study))),
    )


def _noted(comparison: Entry, points: bool) -> str:
    """What is special about a comparison, and, of an undecided one or of average precision, what it could have seen."""
    telling = comparison["outcome"] == "inconclusive" or head_of(comparison["metric"]) == "average_precision"
    size = remarks.seen(comparison, points) if telling else ""
    return "; ".join(filter(None, (comparison["note"], size and f"could have seen {size}")))


def _seeds(setting: Setting, arm: Entry) -> str:
    """ "20", "19 of 20", "10, given up"."""
    seeds = str(arm["n_ok"]) if arm["n_ok"] == arm["n_seeds"] else f"{arm['n_ok']} of {arm['n_seeds']}"
    return ", ".join(filter(None, (seeds, stopped(setting.race, arm["arm"]))))


def _cut(text: str) -> str:
    return text if len(text) <= NOTE else f"{text[: NOTE - 1]}…"


def _made(counts: Mapping[str, float]) -> str:
    if "asked" not in counts:
        return ""
    got, asked = (f"{counts.get(name, 0):,.4g}" for name in ("got", "asked"))
    return got if got == asked else f"{got} of {asked}"

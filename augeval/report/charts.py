"""Which figures a page shows, and what is said beside them: names from data are here, in the page's own text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augeval.report.figures import Dose, Extent, Marks, Point, dose_curve, drift_against_gain, extent
from augeval.report.settings import Entry, Setting
from augeval.report.wording import OUTCOMES, place, visible

__all__ = ["Chart", "Whisker", "axis_of", "curve_charts", "extent_of", "scatter_charts", "whisker"]

CURVES = 36
SCATTERS = 8
WHISKER = (120.0, 20.0)  # width and height of the small interval in a table


@dataclass(frozen=True)
class Chart:
    """A figure and its words.

    Args:
        title: what it shows; where: of which setting; axis: what the horizontal axis is.
        svg: the figure. marks: sentences about the doses that it marks. key: (letter, family) of a scatter.
    """

    title: str
    where: str
    axis: str
    svg: str
    marks: tuple[str, ...] = ()
    key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Whisker:
    """A gain with its interval as a line of a table: horizontal places in a box of `WHISKER` units."""

    zero: float
    band: tuple[float, float] | None
    low: float
    high: float
    gain: float
    cut_low: bool
    cut_high: bool


_Gain = tuple[float | None, float | None, float | None]  # with the ends of its interval


def _scale(setting: Setting) -> float:
    return 100.0 if setting.points else 1.0


def _scaled(value: float | None, setting: Setting) -> float | None:
    return None if value is None else value * _scale(setting)


def extent_of(setting: Setting) -> Extent:
    """One range of gains for the verdicts of a setting; a control far off is cut, and the user's own stay legible."""
    shown = setting.judged or setting.verdicts
    return _extent(setting, [(v["gain"], v["low"], v["high"]) for v in shown])


def _extent(setting: Setting, gains: Sequence[_Gain]) -> Extent:
    known = [(gain, [low, high]) for gain, low, high in gains if gain is not None]
    scale = _scale(setting)
    ends = [end * scale for _, both in known for end in both if end is not None]
    return extent([gain * scale for gain, _ in known], ends, _margin(setting))


def _margin(setting: Setting) -> float | None:
    return _scaled(setting.margin, setting)


def whisker(verdict: Entry, setting: Setting, shown: Extent) -> Whisker | None:
    """The small interval beside a verdict, or None where there is no gain."""
    if verdict["gain"] is None:
        return None
    width, scale = WHISKER[0], _scale(setting)

    def x(value: float) -> float:
        share = (value - shown.low) / (shown.high - shown.low)
        return round(min(max(share, 0.0), 1.0) * width, 1)

    low, high = (_scaled(verdict[end], setting) for end in ("low", "high"))
    margin = _margin(setting)
    return Whisker(
        zero=x(0.0),
        band=None if not margin else (x(-margin), round(x(margin) - x(-margin), 1)),
        low=0.0 if low is None else x(low),
        high=width if high is None else x(high),
        gain=x(verdict["gain"] * scale),
        cut_low=low is None or low < shown.low,
        cut_high=high is None or high > shown.high,
    )


def curve_charts(found: Sequence[Setting]) -> tuple[list[Chart], int]:
    """A panel for each family and axis, those with something to tell first where not all fit; how many are left out."""
    pairs = [(setting, curve) for setting in found for curve in setting.curves if len(curve["doses"]) > 1]
    pairs = [(setting, curve) for setting, curve in pairs if any(gain is not None for gain in curve["gains"])]
    places = {id(setting): i for i, setting in enumerate(found)}
    pairs.sort(key=lambda pair: (places[id(pair[0])], _is_control(*pair)))
    telling = sorted(pairs, key=lambda pair: _interest(*pair))[:CURVES]
    kept = [pair for pair in pairs if any(pair[1] is other for _, other in telling)]
    # Controls have a scale of their own: duplication that gains 8 points would flatten what the arms do beyond it.
    gains: dict[tuple[int, bool], list[_Gain]] = defaultdict(list)
    for setting, curve in kept:
        gains[id(setting), _is_control(setting, curve)] += zip(curve["gains"], curve["low"], curve["high"], strict=True)
    charts = []
    for i, (setting, curve) in enumerate(kept):
        shown = _extent(setting, gains[id(setting), _is_control(setting, curve)])
        charts.append(_curve(setting, curve, shown, f"curve{i}"))
    return charts, len(pairs) - len(kept)


def _is_control(setting: Setting, curve: Entry) -> bool:
    return any(arm["is_control"] for arm in setting.arms if arm["family"] == curve["family"])


def _interest(setting: Setting, curve: Entry) -> tuple[int, int]:
    """Helping and harming families before the others, long curves before short ones."""
    outcomes = [verdict["outcome"] for verdict in setting.verdicts if verdict["family"] == curve["family"]]
    return min((OUTCOMES.index(outcome) for outcome in outcomes), default=len(OUTCOMES)), -len(curve["doses"])


def _curve(setting: Setting, curve: Entry, shown: Extent, name: str) -> Chart:
    outcomes = _outcomes(setting, curve["contrast"])
    fitted = curve["fitted"] or [None] * len(curve["doses"])
    columns = zip(curve["doses"], curve["gains"], curve["low"], curve["high"], fitted, curve["arms"], strict=True)
    doses = []
    for dose, *values, arm in columns:
        gain, low, high, fit = (_scaled(value, setting) for value in values)
        doses.append(Dose(dose, gain, low, high, fit, outcomes.get(arm, "inconclusive")))
    marks = Marks(curve["recommended"], curve["too_much"], _fall(curve))
    title = f"{curve['family']} {curve['fixed']}".strip()
    said = f"{title} for {place(setting.where)}: gain over {curve['axis']}, {_said(doses)}"
    svg = dose_curve(doses, shown, _margin(setting), marks, name, visible(said))
    return Chart(
        title, place(setting.where), axis_of(setting, curve["family"], curve["axis"]), svg, tuple(_marks(curve))
    )


def _outcomes(setting: Setting, contrast: str) -> dict[str, str]:
    return {c["arm"]: c["outcome"] for c in setting.comparisons if c["contrast"] == contrast}


def _said(doses: Sequence[Dose]) -> str:
    known = [f"{d.gain:+.2f} at {d.dose:g}" for d in doses if d.gain is not None]
    return ", ".join(known[:12])


def axis_of(setting: Setting, family: str, axis: str) -> str:
    """ "magnitude (pixels)", "ratio (synthetic rows per real row)"; what the vertical axis is stands in the heading."""
    arms = [arm for arm in setting.arms if arm["family"] == family]
    units = setting.study.get("units", {})
    unit = {
        "magnitude": units.get(arms[0]["augmenter"], "") if arms else "",
        "ratio": "synthetic rows per real row",
        "balance": "minority rows / majority rows",
    }[axis]
    return f"{axis} ({unit})" if unit else axis


def _marks(curve: Entry) -> list[str]:
    said = []
    if curve["recommended"] is not None:
        said.append(f"recommended {curve['recommended']:g}")
    if curve["too_much"] is not None:
        said.append(f"too much from {curve['too_much']:g} on")
    if not said and curve["highest_harmless"] is not None:
        said.append(f"no gain shown; harmless up to {curve['highest_harmless']:g}")
    return [*(said or ["no gain and no harm shown"]), *filter(None, [_falls(curve)])]


def _fall(curve: Entry) -> tuple[float | None, float, float] | None:
    """The crossing and its interval to draw, or None where nothing is known of it; open ends are infinite."""
    if not curve["fitted"] or None in curve["fitted"]:
        return None
    at, low, high = (curve.get(name) for name in ("crossing", "crossing_low", "crossing_high"))
    if (low == 0 and high is None) or (at is None and low is None):
        return None
    return at, math.inf if low is None else low, math.inf if high is None else high


def _falls(curve: Entry) -> str:
    """ "falls to 0 at about 0.28 (0.15 to 0.4, approximate)"; "" where the doses tell nothing of it."""
    found = _fall(curve)
    if found is None:
        return ""
    at, low, high = found
    ends = f"{_about(low)} to {_about(high)}" if low and high < math.inf else f"up to {_about(high)}"
    ends = ends if high < math.inf else f"{_about(low)} or more"
    if at is None:
        return f"does not fall to 0 within these doses (if it does, at {ends}; approximate)"
    if at == 0:
        return f"gains at no dose: the fitted curve falls below 0 at once ({ends}, approximate)"
    return f"falls to 0 at about {_about(at)} ({ends}, approximate)"


def _about(dose: float) -> str:
    """Two figures: more would promise more than an approximate place can keep."""
    return f"{float(f'{dose:.2g}'):g}"


def scatter_charts(found: Sequence[Setting]) -> tuple[list[Chart], int]:
    """Drift against gain for each setting that has both, and how many are left out."""
    pairs = [(setting, points) for setting in found if len(points := _points(setting)) > 1]
    charts = [_scatter(setting, points, f"drift{i}") for i, (setting, points) in enumerate(pairs[:SCATTERS])]
    return charts, max(0, len(pairs) - SCATTERS)


def _points(setting: Setting) -> list[tuple[Entry, Entry]]:
    """The user's arms that have a drift, each with its gain over plain duplication (or over nothing)."""
    made = []
    for arm in setting.arms:
        gain = setting.comparison(arm["arm"], "duplicate") or setting.comparison(arm["arm"], "none")
        if gain and gain["mean_diff"] is not None and not arm["is_control"] and arm["drift"].get("mean") is not None:
            made.append((arm, gain))
    return made


def _scatter(setting: Setting, pairs: Sequence[tuple[Entry, Entry]], name: str) -> Chart:
    scale = _scale(setting)
    families = list(dict.fromkeys(arm["family"] for arm, _ in pairs))
    furthest = {arm["family"]: arm["arm"] for arm, _ in sorted(pairs, key=lambda pair: pair[0]["drift"]["mean"])}
    points = []
    for arm, gain in pairs:
        family = families.index(arm["family"])
        letter = _letter(family) if furthest[arm["family"]] == arm["arm"] else ""
        low, high = (_scaled(gain[end], setting) for end in ("low", "high"))
        points.append(
            Point(arm["drift"]["mean"], gain["mean_diff"] * scale, low, high, gain["outcome"], family, letter)
        )
    where = place(setting.where)
    title = f"Drift against gain for {where}; {len(points)} arms of {len(families)} families"
    shown = _extent(setting, [(gain["mean_diff"], gain["low"], gain["high"]) for _, gain in pairs])
    svg = drift_against_gain(points, shown, _margin(setting), name, visible(title))
    key = tuple((_letter(i), family) for i, family in enumerate(families))
    return Chart(where, where, _judge(setting), svg, key=key)


def _letter(i: int) -> str:
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)


def _judge(setting: Setting) -> str:
    judge: Any = setting.study.get("judge")
    judge = {"standardised": "the standardised columns", "pixels": "the raw pixels"}.get(judge, judge)
    return f"drift seen by {judge}" if judge else "drift"

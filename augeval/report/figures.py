"""Dose curves and drift against gain, drawn once and static; names from data stay outside, in the page's own text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from augeval.report.svg import draw
from augeval.report.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "Dose", "Extent", "Marks", "Point", "dose_curve", "drift_against_gain", "extent"]

COLOURS = {  # the style sheet knows each of these by its value, and has another for the dark
    "ink": "#1f2328", "muted": "#6b7280", "grid": "#d5d9de", "band": "#e9ecf0", "ground": "#ffffff",
    "warm": "#fbe8dc", "helps": "#00795f", "harms": "#b8430b", "equivalent": "#5b6472",
    "inconclusive": "#5b6473", "not_applicable": "#6b7281",
}  # fmt: skip
MARKERS = {"helps": "^", "harms": "v", "equivalent": "s", "inconclusive": "o", "not_applicable": "x"}
CURVE_SIZE = (236.0, 150.0)
SCATTER_SIZE = (340.0, 210.0)
LABEL_OFFSETS = ((6.0, 3.0), (6.0, -10.0), (-12.0, 3.0), (-12.0, -10.0), (16.0, 3.0), (16.0, -10.0), (6.0, 14.0))


@dataclass(frozen=True)
class Extent:
    """The gains that the figures of a setting show, in shown units (points or the metric's own); 0 is inside."""

    low: float
    high: float


@dataclass(frozen=True)
class Dose:
    """One dose of a curve, gains in shown units; None where there is none."""

    dose: float
    gain: float | None
    low: float | None
    high: float | None
    fitted: float | None
    outcome: str


@dataclass(frozen=True)
class Marks:
    """What a dose curve points out; None where there is none.

    Args:
        recommended: a dose; too_much: the dose from which on it is too much.
        fall: where the fitted curve falls to 0 (None: not within the doses), and the ends of its interval (infinite
            where open).
    """

    recommended: float | None = None
    too_much: float | None = None
    fall: tuple[float | None, float, float] | None = None


@dataclass(frozen=True)
class Point:
    """One arm of the scatter: drift, gain with its interval, and the letter of its family ("" for all but one)."""

    drift: float
    gain: float
    low: float | None
    high: float | None
    outcome: str
    family: int
    letter: str


def extent(gains: Sequence[float], ends: Sequence[float], margin: float | None) -> Extent:
    """Room for every gain and its interval; an interval much wider than all gains is cut, and marked where it is.

    Args:
        gains: measured; ends: finite ends of their intervals; margin: half width of the band, all in shown units.
    """
    margin = margin or 0.0
    room = 2 * margin if margin else 0.5 if not any(gains) else 0.0
    low, high = min([0.0, *gains]), max([0.0, *gains])
    span = max(high - low, 6 * margin) or 1.0
    low = min(-room, low, max(min([low, *ends]), low - span))
    high = max(room, high, min(max([high, *ends]), high + span))
    pad = 0.07 * (high - low)
    return Extent(low - pad, high + pad)


def dose_curve(
    doses: Sequence[Dose],
    shown: Extent,
    margin: float | None,
    marks: Marks,
    name: str,
    title: str,
) -> str:
    """Gain over dose with its intervals, the margin band, the recommended dose ringed, too much shaded.

    The zero line is thick where the fitted curve may as well fall to 0, with a bar where it does.

    Args:
        doses: ascending. shown: shared by the panels of a setting. margin: in shown units.
        marks: what to point out.
        name, title: see `svg.draw`.
    """
    recommended, too_much = marks.recommended, marks.too_much
    place = _placing([d.dose for d in doses])

    def paint(figure: Figure) -> None:
        axes = _axes(figure, shown, (0.11, 0.11, 0.88, 0.87))
        xs = [place(d.dose) for d in doses]
        room = 0.12 * ((xs[-1] - xs[0]) or 1.0)
        axes.set_xlim(xs[0] - room, xs[-1] + room)
        _ground(axes, shown, margin)
        if too_much is not None:
            left = max((place(d.dose) for d in doses if d.dose < too_much), default=xs[0] - 2 * room)
            axes.axvspan((left + place(too_much)) / 2, xs[-1] + room, color=COLOURS["warm"], lw=0, zorder=0.5)
        known = [(x, d.gain) for x, d in zip(xs, doses, strict=True) if d.gain is not None]
        axes.plot([x for x, _ in known], [g for _, g in known], color=COLOURS["muted"], lw=1.0, zorder=2)
        fit = _straight([(d.dose, d.fitted) for d in doses if d.fitted is not None])
        axes.plot(
            [place(x) for x, _ in fit], [g for _, g in fit], color=COLOURS["muted"], lw=0.9, ls=(0, (1, 2)), zorder=2
        )
        if marks.fall is not None:
            _falling(axes, marks.fall, place)
        for x, d in zip(xs, doses, strict=True):
            _mark(axes, x, d, shown)
            if d.dose == recommended and d.gain is not None:
                axes.plot([x], [d.gain], "o", ms=12, mfc="none", mec=COLOURS["ink"], mew=1.1, zorder=5)
        ticks = _thinned([(x, f"{d.dose:g}") for x, d in zip(xs, doses, strict=True)], axes.get_xlim())
        axes.set_xticks([x for x, _ in ticks], [label for _, label in ticks])

    return draw(paint, CURVE_SIZE, name, title)


def _straight(line: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line with more places on it, so that it is straight in doses where these are placed by their logarithm."""
    parts = 8
    dense = [
        (x + i / parts * (right - x), y + i / parts * (end - y))
        for (x, y), (right, end) in pairwise(line)
        for i in range(parts)
    ]
    return [*dense, *line[-1:]]


def _falling(axes: Axes, fall: tuple[float | None, float, float], place: Callable[[float], float]) -> None:
    """The interval of the crossing on the zero line, as far as the figure reaches; dose 0 may be off it."""
    left, right = axes.get_xlim()

    def x(dose: float) -> float:
        return min(max(left if dose <= 0 and place is not float else place(dose), left), right)

    at, low, high = fall
    axes.plot([x(low), x(high)], [0, 0], color=COLOURS["ink"], lw=2.6, solid_capstyle="butt", zorder=2.5)
    if at is not None and at > 0:
        axes.plot([x(at)], [0], "|", ms=9, color=COLOURS["ink"], mew=1.6, zorder=2.6)


def drift_against_gain(points: Sequence[Point], shown: Extent, margin: float | None, name: str, title: str) -> str:
    """One mark per arm: how far its rows moved against what it gained; doses of a family are joined."""

    def paint(figure: Figure) -> None:
        axes = _axes(figure, shown, (0.075, 0.13, 0.915, 0.855))
        furthest = max(p.drift for p in points) or 1.0
        axes.set_xlim(-0.04 * furthest, 1.08 * furthest)
        _ground(axes, shown, margin)
        for family in dict.fromkeys(p.family for p in points):
            own = sorted((p for p in points if p.family == family), key=lambda p: p.drift)
            axes.plot([p.drift for p in own], [p.gain for p in own], color=COLOURS["muted"], lw=0.6, zorder=2)
        for p in points:
            _mark(axes, p.drift, p, shown)
        for p, offset in _label_places(points, shown, furthest):
            axes.annotate(
                p.letter, (p.drift, p.gain), offset, textcoords="offset points", color=COLOURS["ink"], weight="bold"
            )
        axes.set_xlabel("drift from the original row", color=COLOURS["muted"], labelpad=2)
        ticks = _round_ticks(0.0, furthest)
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])

    return draw(paint, SCATTER_SIZE, name, title)


def _label_places(points: Sequence[Point], shown: Extent, furthest: float) -> list[tuple[Point, tuple[float, float]]]:
    """Each letter beside its mark, at the first of a few places where no other letter stands."""
    width, height = SCATTER_SIZE
    placed: list[tuple[Point, tuple[float, float]]] = []
    taken: list[tuple[float, float]] = []
    for p in (p for p in points if p.letter):
        x = p.drift / furthest * width * 0.8
        y = (p.gain - shown.low) / (shown.high - shown.low) * height * 0.82
        free = [
            (dx, dy) for dx, dy in LABEL_OFFSETS if all(abs(x + dx - a) > 9 or abs(y + dy - b) > 9 for a, b in taken)
        ]
        offset = free[0] if free else LABEL_OFFSETS[0]
        taken.append((x + offset[0], y + offset[1]))
        placed.append((p, offset))
    return placed


def _axes(figure: Figure, shown: Extent, box: tuple[float, float, float, float]) -> Axes:
    axes: Axes = figure.add_axes(box, frameon=False)
    axes.set_ylim(shown.low, shown.high)
    ticks = _round_ticks(shown.low, shown.high)
    digits = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
    axes.set_yticks(ticks, ["0" if t == 0 else number(t, digits, plus=True) for t in ticks])
    axes.tick_params(length=0, colors=COLOURS["muted"], labelsize=8, pad=3)
    return axes


def _ground(axes: Axes, shown: Extent, margin: float | None) -> None:
    for tick in axes.get_yticks():
        axes.axhline(tick, color=COLOURS["grid"], lw=0.5, zorder=0.7)
    if margin:
        axes.axhspan(max(-margin, shown.low), min(margin, shown.high), color=COLOURS["band"], lw=0, zorder=0.6)
    axes.axhline(0, color=COLOURS["ink"], lw=0.8, zorder=1)


def _mark(axes: Axes, x: float, point: Dose | Point, shown: Extent) -> None:
    """A point in its outcome's colour and shape, with its interval; ends outside the figure are arrows."""
    if point.gain is None:
        return
    colour = COLOURS[point.outcome]
    low, high = _end(point.low, shown, -math.inf), _end(point.high, shown, math.inf)
    axes.vlines(x, low, high, color=colour, lw=1.3, zorder=3)
    for end, outside in ((low, shown.low), (high, shown.high)):
        if end == outside:
            marker = "v" if outside == shown.low else "^"
            axes.plot([x], [end], marker, ms=4, color=colour, mew=0, zorder=3, clip_on=False)
    fill = COLOURS["ground"] if point.outcome == "inconclusive" else colour
    axes.plot([x], [point.gain], MARKERS[point.outcome], ms=5.5, mfc=fill, mec=colour, mew=1.2, zorder=4)


def _end(value: float | None, shown: Extent, missing: float) -> float:
    return min(max(missing if value is None else value, shown.low), shown.high)


def _placing(doses: Sequence[float]) -> Callable[[float], float]:
    """Logarithmic where the doses step by factors, linear where they step by differences."""
    if len(doses) < 3 or min(doses) <= 0 or max(doses) / min(doses) < 4:
        return float
    linear = [b - a for a, b in pairwise(doses)]
    logs = [math.log(b / a) for a, b in pairwise(doses)]
    return math.log if _unevenness(logs) < _unevenness(linear) else float


def _unevenness(steps: Sequence[float]) -> float:
    mean = math.fsum(steps) / len(steps)
    return math.sqrt(math.fsum((s - mean) ** 2 for s in steps) / len(steps)) / mean if mean else math.inf


def _thinned(ticks: Sequence[tuple[float, str]], limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Labels that do not touch: from the left, each that is far enough from the one before; the last always."""
    width = (limits[1] - limits[0]) / 34  # of a character
    kept: list[tuple[float, str]] = []
    for x, label in [*ticks[:-1], ticks[-1]]:
        while kept and x - kept[-1][0] < width * (len(label) + len(kept[-1][1]) + 1) / 2:
            if (x, label) != ticks[-1]:
                break
            kept.pop()
        else:
            kept.append((x, label))
    return kept


def _round_ticks(low: float, high: float) -> list[float]:
    """About four round values between low and high, 0 among them."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]

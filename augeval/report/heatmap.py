"""Gains over two doses at once: for families whose doses form a grid, a table whose cells are shaded by their gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from augeval.report.charts import axis_of
from augeval.report.settings import Entry, Setting
from augeval.report.wording import ICONS, against, change, interval, number, place, unit

__all__ = ["SHADES", "Cell", "HeatMap", "heat_maps"]

MAPS = 12
STEPS = 4  # shades on either side of zero
SHADES = tuple(f"shade{i:+d}" if i else "shade0" for i in range(-STEPS, STEPS + 1))  # the style sheet knows them
AXES = ("magnitude", "balance", "ratio")  # the first of two goes down, the second across


@dataclass(frozen=True)
class Cell:
    """One arm: its gain, its outcome as sign and word, and how it is shaded ("" without a gain).

    Args:
        interval: of the gain, with its unit. recommended: of the family. too_much: along the row or column of the arm
            that stands for the family.
    """

    arm: str
    gain: str
    interval: str
    icon: str
    word: str
    shade: str
    recommended: bool
    too_much: bool


@dataclass(frozen=True)
class HeatMap:
    """One family on one setting.

    Args:
        down, across: what the two doses are; columns: doses across; rows: (dose down, a cell or None per column).
        scale: (shade, gain in its middle, with sign), from the largest loss to the largest gain.
    """

    title: str
    where: str
    over: str
    unit: str
    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    scale: tuple[tuple[str, str], ...]


def heat_maps(found: Sequence[Setting]) -> tuple[list[HeatMap], int]:
    """A map for each family whose doses form a grid, and how many are left out. Maps of one setting share a scale."""
    made = []
    for setting in found:
        grids = [grid for family in _families(setting) if (grid := _grid(setting, family))]
        gains = [abs(gain["mean_diff"]) for _, _, arms in grids for arm in arms if (gain := _gain(setting, arm))]
        # Noise far inside the margin should look like nothing, whatever the largest gain is.
        full = max([*gains, 2 * (setting.margin or 0.0)], default=0.0) or 1.0
        made += [_map(setting, *grid, full) for grid in grids]
    return made[:MAPS], max(0, len(made) - MAPS)


def _families(setting: Setting) -> list[str]:
    """As the verdicts are ordered."""
    names = [verdict["family"] for verdict in setting.verdicts] + [arm["family"] for arm in setting.arms]
    return list(dict.fromkeys(names))


def _grid(setting: Setting, family: str) -> tuple[str, str, list[Entry]] | None:
    """The two doses that vary and the arms that have both; None where fewer than two of each dose meet."""
    arms = [arm for arm in setting.arms if arm["family"] == family]
    varying = [axis for axis in AXES if len({arm[axis] for arm in arms} - {None}) > 1]
    for i, down in enumerate(varying):
        for across in varying[i + 1 :]:
            both = [arm for arm in arms if arm[down] is not None and arm[across] is not None]
            sizes = [len({arm[axis] for arm in both}) for axis in (down, across)]
            if min(sizes) > 1 and len(both) > max(sizes):
                return down, across, both
    return None


def _gain(setting: Setting, arm: Entry) -> Entry | None:
    """What the arm's verdict rests on: over plain duplication, or over nothing where no rows are made."""
    gain = setting.comparison(arm["arm"], "duplicate") or setting.comparison(arm["arm"], "none")
    return gain if gain and gain["mean_diff"] is not None else None


def _map(setting: Setting, down: str, across: str, arms: Sequence[Entry], full: float) -> HeatMap:
    columns, lines = (sorted({arm[axis] for arm in arms}) for axis in (across, down))
    at = {(arm[down], arm[across]): arm for arm in arms}
    family = arms[0]["family"]
    gains = [gain for arm in arms if (gain := _gain(setting, arm))]
    marked = _recommended(setting, family), _too_much(setting, family)

    def cell(line: float, column: float) -> Cell | None:
        arm = at.get((line, column))
        return None if arm is None else _cell(setting, arm, full, *marked)

    return HeatMap(
        title=family,
        where=place(setting.where),
        over=against(gains[0]["contrast"]) if gains else "",
        unit=unit(setting.points).strip(),
        down=axis_of(setting, family, down),
        across=axis_of(setting, family, across),
        columns=tuple(_dose(across, column) for column in columns),
        rows=tuple((_dose(down, line), tuple(cell(line, column) for column in columns)) for line in lines),
        scale=_scale(full, setting.points),
    )


def _dose(axis: str, value: float) -> str:
    return f"×{value:g}" if axis == "ratio" else f"{value:g}"


def _recommended(setting: Setting, family: str) -> set[str]:
    return {v["recommended"] for v in setting.verdicts if v["family"] == family and v["recommended"]}


def _too_much(setting: Setting, family: str) -> set[str]:
    """Arms from the too-much dose on, in the row and the column of the arm that stands for the family.

    Not in every row and column: each is a test at the level alpha, and of many some would be wrong.
    """
    deciding = {v["decided_by"] for v in setting.verdicts if v["family"] == family}
    beyond = set()
    for curve in setting.curves:
        if curve["family"] == family and curve["too_much"] is not None and deciding & set(curve["arms"]):
            pairs = zip(curve["doses"], curve["arms"], strict=True)
            beyond |= {arm for dose, arm in pairs if dose >= curve["too_much"]}
    return beyond


def _cell(setting: Setting, arm: Entry, full: float, recommended: set[str], too_much: set[str]) -> Cell:
    gain, name = _gain(setting, arm), arm["arm"]
    if gain is None:
        return Cell(name, "–", "not measured", "", "not measured", "", False, False)
    ends = gain["low"], gain["high"]
    width = None if None in ends else ends[1] - ends[0]
    return Cell(
        arm=name,
        gain=change(gain["mean_diff"], setting.points, width),
        interval=interval(*ends, setting.points) + unit(setting.points),
        icon=ICONS[gain["outcome"]],
        word=gain["outcome"].replace("_", " "),
        shade=_shade(gain["mean_diff"], full),
        recommended=name in recommended,
        too_much=name in too_much,
    )


def _shade(gain: float, full: float) -> str:
    return SHADES[STEPS + max(-STEPS, min(STEPS, round(STEPS * gain / full)))]


def _scale(full: float, points: bool) -> tuple[tuple[str, str], ...]:
    largest = full * 100 if points else full
    digits = 0 if largest >= 10 else 1 if largest >= 1 else 3
    values = [i * largest / STEPS for i in range(-STEPS, STEPS + 1)]
    return tuple((shade, number(v, digits, plus=True) if v else "0") for shade, v in zip(SHADES, values, strict=True))

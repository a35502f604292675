"""Claimed probabilities against what came true: pooled over seeds, and drawn for the arms that tell most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from augeval.report.charts import Chart
from augeval.report.figures import COLOURS
from augeval.report.settings import Entry, Setting
from augeval.report.svg import draw
from augeval.report.wording import place, visible
from augeval.results import CellResult
from augeval.types import Json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FEW", "pooled", "reliability_charts"]

CURVES = 6  # arms of one setting
FEW = 10  # rows of a bin, in the held-out rows of one seed, below which its share is mostly chance
SIZE = (204.0, 196.0)
KINDS = {"raw": "as they are", "recalibrated": "recalibrated out of fold"}

_Bin = Sequence[float | None]  # rows, mean claimed probability, share that came true


def pooled(cells: Sequence[CellResult]) -> dict[str, Json]:
    """The curve over all held-out rows of all seeds, as if they were one set.

    Args:
        cells: of one arm, measured. `reliability` of each holds, by kind, (b, 3) bins.

    Returns:
        kind -> (b, 3): rows of one seed on average, mean claimed probability, share that came true; None in a bin
        without rows. {} where no cell has a curve.
    """
    kinds = dict.fromkeys(kind for cell in cells for kind in cell.reliability)
    return {kind: _pooled([cell.reliability[kind] for cell in cells if kind in cell.reliability]) for kind in kinds}


def _pooled(curves: Sequence[Sequence[_Bin]]) -> list[list[float | None]]:
    found: list[list[float | None]] = []
    for bins in zip(*curves, strict=True):
        known = [(n, claimed, came) for n, claimed, came in bins if n and claimed is not None and came is not None]
        rows = sum(n for n, _, _ in known)
        means = [sum(each[0] * each[i] for each in known) / rows if rows else None for i in (1, 2)]
        found.append([rows / len(curves), *means])
    return found


def reliability_charts(setting: Setting, name: str) -> list[Chart]:
    """A panel for the baseline and for each family at its largest dose, the user's before the controls.

    Args:
        setting: whose arms have curves. name: starts the ids of the figures.
    """
    charts = []
    for i, arm in enumerate(_shown(setting)):
        curves = arm["reliability"]
        few = any(0 < row[0] < FEW for bins in curves.values() for row in bins)
        where = place(setting.where)
        said = f"Reliability of {arm['arm']} for {where}: {_said(curves['raw'])}"
        svg = draw(_painter(curves, _colour(setting, arm)), SIZE, f"{name}-{i}", visible(said))
        charts.append(Chart(arm["arm"], where, "claimed", svg, ("hollow: few rows",) if few else ()))
    return charts


def _shown(setting: Setting) -> list[Entry]:
    """Arms whose probabilities are their own: not copies, and not an arm that moves the cut alone."""
    arms = [arm for arm in setting.arms if arm.get("reliability", {}).get("raw")]
    baseline = [arm for arm in arms if arm["augmenter"] == "none"]
    others = [arm for arm in arms if arm["augmenter"] not in ("none", "duplicate", "tuned_threshold")]
    largest = {arm["family"]: arm for arm in others}  # doses ascend
    return [*baseline, *sorted(largest.values(), key=lambda arm: bool(arm["is_control"]))][:CURVES]


def _colour(setting: Setting, arm: Entry) -> str:
    """That of its outcome against no augmentation on a proper score, where one is measured."""
    for metric in ("brier", "log_loss"):
        for found in (*setting.comparisons, *setting.comparisons_of_others):
            if (found["arm"], found["metric"], found["contrast"]) == (arm["arm"], metric, "none"):
                return COLOURS[found["outcome"]] if found["outcome"] in ("helps", "harms") else COLOURS["ink"]
    return COLOURS["ink"]


def _said(bins: Sequence[_Bin]) -> str:
    known = [f"{came:.2f} came true of {claimed:.2f}" for n, claimed, came in bins if n and claimed is not None]
    return ", ".join(known)


def _painter(curves: Mapping[str, Sequence[_Bin]], colour: str) -> Any:  # what `svg.draw` calls
    def paint(figure: Figure) -> None:
        axes: Axes = figure.add_axes((0.13, 0.12, 0.85, 0.86), frameon=False)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        for tick in (0.0, 0.5, 1.0):
            axes.axhline(tick, color=COLOURS["grid"], lw=0.5, zorder=0.7)
        axes.plot([0, 1], [0, 1], color=COLOURS["grid"], lw=1.1, zorder=1)
        for axis in (axes.set_xticks, axes.set_yticks):
            axis([0, 0.5, 1], ["0", "0.5", "1"])
        axes.tick_params(length=0, colors=COLOURS["muted"], labelsize=8, pad=3)
        if "recalibrated" in curves:
            _line(axes, curves["recalibrated"], COLOURS["muted"], dashed=True)
        _line(axes, curves["raw"], colour, dashed=False)

    return paint


def _line(axes: Axes, bins: Sequence[_Bin], colour: str, *, dashed: bool) -> None:
    """A bin with few rows is hollow: its share is mostly chance."""
    known = [(n, x, y) for n, x, y in bins if n and x is not None and y is not None]
    style: Any = (0, (3, 2)) if dashed else "-"
    axes.plot([x for _, x, _ in known], [y for _, _, y in known], ls=style, color=colour, lw=1.3, zorder=3)
    for n, x, y in known:
        fill = COLOURS["ground"] if n < FEW else colour
        axes.plot([x], [y], "s" if dashed else "o", ms=4.2, mfc=fill, mec=colour, mew=1.1, zorder=4)

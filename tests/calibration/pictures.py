"""The pictures of docs/statistics.md, drawn from what the full calibration runs found and from the shipped functions.

Run it to draw them anew: equal findings give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import record
import worlds
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from augeval.seeds import stream
from augeval.stats.dose import climb
from augeval.stats.inference import decide
from augeval.stats.maxt import critical_values

__all__ = ["FOLDER", "PICTURES", "draw"]

FOLDER = record.FOLDER.parent / "images"
INK, BLUE, ORANGE, GREEN, GREY = "#222222", "#0072B2", "#D55E00", "#009E73", "#999999"  # Okabe & Ito 2008
STYLE = {
    "figure.figsize": (7.2, 3.2), "figure.constrained_layout.use": True, "font.size": 10, "svg.hashsalt": "augeval",
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.titlelocation": "left",
    "savefig.facecolor": "white", "svg.fonttype": "path", "legend.frameon": False,
}  # fmt: skip


def draw(name: str, folder: Path = FOLDER) -> Path:
    """One picture as an SVG file without a date."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots()
        PICTURES[name](axes)
        path = folder / f"{name}.svg"
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return path


def question(axes: Axes) -> None:
    """The gains of label noise and of copies, by training and reference."""
    found = record.read("confound")
    labels = ("copies\nagainst none", "30 % wrong labels\nagainst copies", "30 % wrong labels\nagainst none")
    for row, (name, one) in enumerate(found.items()):
        gains = list(one["gains"].values())
        at = np.arange(3) + (row - 0.5) * 0.3
        height = [gain["gain"] for gain in gains]
        error = [[g["gain"] - g["low"] for g in gains], [g["high"] - g["gain"] for g in gains]]
        label = f"{name.removeprefix('epochs ')} passes over the rows"
        axes.errorbar(at, height, error, fmt="os"[row], color=(ORANGE, BLUE)[row], label=label, capsize=4)
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(range(3), labels)
    axes.set_ylabel("gain in points")
    axes.set_title("Compared with nothing, wrong labels help a network that was trained too short")
    axes.legend()


def null(axes: Axes) -> None:
    """Any false verdict over eight twins, by number of seeds."""
    found = record.read("null")["any of eight arms, [rate, low, high]"]["twin, all"]
    seeds = [int(name.split()[0]) for name in found]
    lines = (
        ("t-test over seeds", "naive", ORANGE),
        ("t-test with Bonferroni", "naive_bonferroni", GREY),
        ("two-way interval, all arms at once", "verdict", BLUE),
    )
    for name, key, colour in lines:
        rates = np.array([one[key] for one in found.values()])
        error = [rates[:, 0] - rates[:, 1], rates[:, 2] - rates[:, 0]]
        axes.errorbar(seeds, rates[:, 0], error, fmt="o-", color=colour, capsize=4, label=name)
    axes.axhline(0.05, color=INK, lw=0.8, ls=":")
    axes.set_xticks(seeds)
    axes.set_ylim(0, 1)
    axes.set_xlabel("seeds")
    axes.set_ylabel("experiments with a false verdict")
    axes.set_title("Eight pairs of augmentations of equal effect: more seeds make the t-test more wrong")
    axes.legend(fontsize=8)


def worth(axes: Axes) -> None:
    """How a gain is read off the baseline's learning curve."""
    rows, power = np.array([40, 80, 160, 320]), -0.5
    scores = 0.86 - 1.25 * rows**power
    line = np.linspace(40, 320, 300)
    gained, width = 0.745, 0.012
    axes.plot(line, 0.86 - 1.25 * line**power, color=BLUE, label="baseline, straight in 1 / √rows between sizes")
    axes.plot(rows, scores, "o", color=BLUE)
    axes.axhspan(gained - width, gained + width, color=GREEN, alpha=0.2, lw=0)
    axes.axhline(gained, color=GREEN, lw=1, label="score of the arm at 40 rows, with its interval")
    ends = [(1.25 / (0.86 - level)) ** 2 for level in (gained - width, gained, gained + width)]
    for end, style in zip(ends, (":", "-", ":"), strict=True):
        axes.plot([end, end], [0.64, min(gained + width, 0.86 - 1.25 * end**power)], style, color=INK, lw=1)
    axes.annotate("", (ends[1], 0.65), (40, 0.65), arrowprops={"arrowstyle": "<->", "color": INK})
    axes.text((40 + ends[1]) / 2, 0.655, f"worth {ends[1] - 40:.0f} rows", ha="center")
    axes.set_ylim(0.64, 0.82)
    axes.set_xlabel("real training rows")
    axes.set_ylabel("score")
    axes.set_title("Worth: how many more real rows would gain as much (made-up numbers)")
    axes.legend(loc="lower right", fontsize=8)


def racing(axes: Axes) -> None:
    """What each way to race saves and loses."""
    found = record.read("racing")["mixes"]
    for mix, marker in (("mixed", "o"), ("grid", "s")):
        for number, (name, one) in enumerate(found[mix].items(), start=1):
            colour, size = (BLUE, 9) if name.startswith("the default") else (GREY, 5)
            at = 100 * one["saved"][0], 100 * one["kept"][0]
            axes.plot(*at, marker, color=colour, ms=size)
            axes.annotate(str(number), at, xytext=(5, 3), textcoords="offset points", fontsize=8)
    listed = "\n".join(f"{number}  {name}" for number, name in enumerate(found["mixed"], start=1))
    axes.text(0.0, 86.6, listed, fontsize=7.5, va="bottom")
    axes.set_xlim(-1, 40)
    axes.set_ylim(86, 101)
    axes.set_xlabel("fits saved, per cent (circles: mixed arms, squares: a grid of doses; blue: the default)")
    axes.set_ylabel("decisions of 20 seeds kept, %")
    axes.set_title("What a race saves is mostly arms that are given up, which costs decisions")


def family(axes: Axes) -> None:
    """Critical values by the number of arms."""
    arms = np.array([1, 2, 4, 8, 16, 32, 64])
    for rho, style in ((0.0, ":"), (0.5, "-"), (0.9, "--")):
        values = [_critical(int(k), rho) for k in arms]
        axes.plot(arms, values, style, color=BLUE, label=f"max-T, correlation {rho:g}")
    axes.plot(arms, [_critical(1, 0, 0.05 / k) for k in arms], color=ORANGE, lw=1, label="Bonferroni")
    axes.axhline(_critical(1, 0), color=GREY, lw=1, label="no correction")
    axes.set_xscale("log", base=2)
    axes.set_xticks(arms, map(str, arms))
    axes.set_xlabel("arms that are judged together")
    axes.set_ylabel("standard errors, 30 df")
    axes.set_title("How wide an interval must be so that all arms are covered at once")
    axes.legend(ncols=2)


def _critical(arms: int, rho: float, alpha: float = 0.05) -> float:
    correlation = np.full((arms, arms), rho) + (1 - rho) * np.eye(arms)
    rng = stream("calibration", "pictures", arms)
    return float(critical_values(correlation, np.full(arms, 30.0), alpha, rng).two_sided[0])


def outcomes(axes: Axes) -> None:
    """Five intervals and what `decide` calls them."""
    margin, intervals = 1.0, ((0.4, 3.4), (-0.8, 0.7), (0.2, 0.8), (-3.6, -0.3), (-1.4, 2.2))
    axes.axvspan(-margin, margin, color=GREY, alpha=0.25, lw=0, label="margin")
    axes.axvline(0, color=INK, lw=0.8)
    for row, (low, high) in enumerate(intervals):
        inner = (low + 0.12 * (high - low), high - 0.12 * (high - low))
        said = decide(low, high, inner, margin)
        colour = {"helps": GREEN, "harms": ORANGE, "equivalent": BLUE}.get(said, INK)
        axes.plot([low, high], [-row, -row], color=colour, lw=1.2)
        axes.plot(inner, [-row, -row], color=colour, lw=4, solid_capstyle="butt")
        axes.plot([(low + high) / 2], [-row], "o", color=colour)
        axes.text(4.1, -row, said, va="center", color=colour)
    axes.set_ylim(-4.6, 0.6)
    axes.set_xlim(-4, 5.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("gain in points; thin: two-sided interval, thick: one-sided bounds")
    axes.set_title("Equivalence is asked first: a tiny sure gain is no help that matters")


def dose(axes: Axes) -> None:
    """A dose curve of the made-up population with what is read off it."""
    doses = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
    scores = worlds.experiment(("pictures", 1), ["dup", *(f"swapnoise:{d}" for d in doses)], m=1000)
    found = worlds.findings(scores, doses=doses.tolist())
    ladder = climb(found, "magnitude", 0.01)
    means, low, high = (100 * np.array([getattr(f, name) for f in found]) for name in ("mean", "low", "high"))
    axes.axhspan(-1, 1, color=GREY, alpha=0.25, lw=0, label="margin")
    axes.axhline(0, color=INK, lw=0.8)
    axes.errorbar(
        doses, means, [means - low, high - means], fmt="o", color=INK, capsize=3, label="gain, all covered at once"
    )
    axes.plot(doses, 100 * np.array(ladder.fitted), color=BLUE, label="nearest curve with one peak")
    if ladder.too_much is not None:
        axes.axvspan(ladder.dose(ladder.too_much), 0.52, color=ORANGE, alpha=0.2, lw=0, label="too much")
    if ladder.recommended is not None:
        at = ladder.dose(ladder.recommended)
        height = 100 * ladder.recommended.mean
        axes.plot([at], [height], "o", ms=13, mfc="none", mec=GREEN, mew=2, label="recommended")
    crossing = ladder.crossing(0.05)
    if crossing.at is not None and crossing.low is not None:
        high_end = 0.5 if crossing.high is None else crossing.high
        axes.plot([crossing.low, high_end], [0, 0], color=BLUE, lw=5, alpha=0.5, label="where it falls to 0, about")
    axes.set_xlabel("dose: share of wrong labels among rows that otherwise help")
    axes.set_ylabel("gain in points")
    axes.set_title("One family, seven doses: what is read off the curve")
    axes.legend(ncols=2, fontsize=8)


def winner(axes: Axes) -> None:
    """What the best of ten arms without effect shows, and what is confirmed."""
    values = record.read("winner")["points above the true gain, and standard error"]
    colours = (GREY, ORANGE, GREEN)
    for row, (name, (mean, error)) in enumerate(values.items()):
        axes.errorbar([mean], [-row], xerr=[2 * error], fmt="o", color=colours[row], capsize=4)
        axes.text(0.98, -row + 0.12, name, transform=axes.get_yaxis_transform(), ha="right", color=colours[row])
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_ylim(-2.6, 0.6)
    axes.set_xlim(-0.4, 1.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("points above the true gain, which is 0 (two standard errors)")
    axes.set_title("The best of ten arms without effect looks good, until it is measured again")


def draws(axes: Axes) -> None:
    """Coverage of a new draw by design, in the components model."""
    found = record.read("draws")["gaussian"]
    names = [name for name in next(iter(found.values())) if "10 draws" not in name and "8 seeds" not in name]
    for column, (arm, one) in enumerate(found.items()):
        at = np.arange(len(names)) + (column - 1.5) * 0.12
        rates = np.array([[one[n]["coverage"], one[n]["low"], one[n]["high"]] for n in names])
        error = [rates[:, 0] - rates[:, 1], rates[:, 2] - rates[:, 0]]
        axes.errorbar(
            at, rates[:, 0], error, fmt="osD^"[column], color=(BLUE, GREEN, ORANGE, INK)[column], ms=4, label=arm
        )
    axes.axhline(0.95, color=GREY, lw=1)
    axes.set_xticks(range(len(names)), [name.replace(", ", "\n") for name in names], fontsize=8)
    axes.set_ylabel("coverage of a new draw")
    axes.set_title("One draw with only the seed varied covers far less than 95 %")
    axes.legend(fontsize=8)


def planner(axes: Axes) -> None:
    """Planned power against simulated power."""
    found = record.read("planner")
    points = [(one["planned"], one["simulated"], one["standard_error"]) for one in found["designs"]]
    ridge = found["ridge fits"]
    points.append((ridge["planned"], ridge["simulated"], (ridge["high"] - ridge["low"]) / 4))
    planned, simulated, error = (np.array(column) for column in zip(*points, strict=True))
    axes.fill_between([0.7, 0.9], [0.66, 0.86], [0.74, 0.94], color=GREY, alpha=0.25, lw=0, label="within 4 points")
    axes.plot([0.7, 0.9], [0.7, 0.9], color=GREY, lw=1)
    axes.errorbar(planned, simulated, 2 * error, fmt="o", color=BLUE, capsize=3, label="a design, two standard errors")
    axes.set_xlim(0.75, 0.87)
    axes.set_ylim(0.7, 0.92)
    axes.set_xlabel("planned power")
    axes.set_ylabel("simulated power")
    axes.set_title("The number of seeds that was planned finds the effect as often as planned")
    axes.legend(loc="lower right")


PICTURES: dict[str, Callable[[Axes], Any]] = {
    "question": question,
    "null": null,
    "racing": racing,
    "worth": worth,
    "family": family,
    "outcomes": outcomes,
    "dose": dose,
    "winner": winner,
    "draws": draws,
    "planner": planner,
}

if __name__ == "__main__":
    for picture in PICTURES:
        print(draw(picture))

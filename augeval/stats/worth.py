"""What a gain is worth: how many more real labelled rows would bring it, read from the baseline's learning curve.

At which number of rows does the baseline do as well as the arm? Wherever it can be told from the arm, it is not that
number; the numbers that are left are the interval. So worth needs no more than the usual two-way interval of a
difference, and where the learning curve is flat or ends too early the interval is open: more than the data can tell.

Shapes: J train sizes from the arm's own on, R seeds, m held-out rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import isotonic_regression

from augeval.extend import MetricPlugin
from augeval.results import Alarm, CellResult, Verdict
from augeval.stats.inference import LEAST_REPLICATES
from augeval.stats.pairing import Paired, gather, pair
from augeval.stats.variance import estimate
from augeval.types import Arm, Spec

__all__ = ["priced"]

Floats = NDArray[np.float64]
HALVINGS = 11  # of the way between two train sizes, when a bound is looked for: to a row in 2000
USUAL, STEEPEST, FLATTEST = -0.5, -1.0, 1.0  # powers of n in which a learning curve is straight between two sizes
UNBOUNDED = 1e9  # degrees of freedom from which t is the normal distribution
NONE = Arm(Spec("none"))
NO_GAIN = "No gain to price."
OVER_COPIES = " Priced is the gain over the same rows duplicated, since such copies alone gain here."


@dataclass(frozen=True)
class _Size:
    """The baseline at one train size: as it was asked for, and how many real rows that was."""

    asked: int | None
    rows: float
    results: tuple[CellResult, ...]

    @property
    def arm(self) -> Arm:
        """A name of its own, under which it stands beside the arm."""
        return Arm(Spec("none", {"rows": self.rows}))


@dataclass(frozen=True)
class _Worth:
    """In more real rows."""

    note: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class _Step:
    """The lead of the arm at one point of the curve, with the interval of that lead alone; or why there is none."""

    mean: float
    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True)
class _Lead:
    """How far the arm is above the baseline of each train size.

    Args:
        rows: (J,) ascending, the arm's own first. paired: (J, R, m) differences.
    """

    rows: tuple[float, ...]
    paired: Paired
    alpha: float

    def at(self, j: int, share: float = 0.0) -> _Step:
        """Over the baseline at size j, or `share` of the way from its score there to that at the next size."""
        one = self.paired
        diffs = one.diffs[j] if share == 0 else (1 - share) * one.diffs[j] + share * one.diffs[j + 1]
        alone = replace(
            one,
            arms=one.arms[j : j + 1],
            references=one.references[j : j + 1],
            diffs=diffs[None],
            draws=one.draws[j : j + 1],
            clusters=one.clusters[j : j + 1],
            reasons=one.reasons[j : j + 1],
        )
        gains = estimate(alone)
        mean, error = float(gains.mean[0]), math.sqrt(gains.variance[0])
        if math.isnan(mean):
            return _Step(mean, -math.inf, math.inf, one.reasons[j] or "no seed has all train sizes")
        if gains.units[0] < LEAST_REPLICATES:
            return _Step(mean, -math.inf, math.inf)
        width = float(special.stdtrit(min(gains.df[0], UNBOUNDED), 1 - self.alpha / 2)) * error
        return _Step(mean, mean - width, mean + width)

    def rows_at(self, j: int, share: float, power: float) -> float:
        """Rows where the score has gone `share` of the way between two sizes, the curve straight in rows ** power."""
        near, far = self.rows[j], self.rows[j + 1]
        return float(((1 - share) * near**power + share * far**power) ** (1 / power))


def priced(
    verdicts: Sequence[Verdict],
    results: Sequence[CellResult],
    *,
    metrics: Mapping[str, MetricPlugin],
    alpha: float,
    alarms: Sequence[Alarm] = (),
) -> tuple[Verdict, ...]:
    """The verdicts with the worth of what helps.

    Worth is the number of rows beyond those the arm had at which `none` reaches the arm's score. It is thus the gain
    of the whole pipeline, arm against none, that is priced; where copies of rows alone gain (an alarm) only what the
    arm gains over them counts. The score is read off a curve that never falls with more rows; between two measured
    sizes it is straight in 1 / sqrt(rows), the usual pace of learning. The interval allows for more: its lower end for
    a curve straight in 1 / rows, its upper end for one straight in rows, which is right for any curve on which each
    further row brings no more than the one before and the error falls no faster than 1 / rows. Beyond the largest
    size nothing is claimed.

    The interval holds with chance 1 - alpha for one verdict, and for the arm as if it had been chosen beforehand.

    Args:
        verdicts: of one dataset × model, of any train sizes and metrics.
        results: every cell of that dataset × model, of all train sizes, those that confirm left out.
        metrics: plug-ins by name. alpha: in (0, 1). alarms: those of the same dataset × model.

    Returns:
        The verdicts with worth, worth_low, worth_high (more real rows, at least 0) and worth_note, a sentence. worth
        is None where nothing can be told; worth_low alone: at least so many; worth_high None: no upper end is known.

    Source: the set of values that a test does not reject (Fieller 1954), for a ratio; ours is read off a curve.
    """
    sizes = _sizes(results)
    found = []
    for verdict in verdicts:
        worth = _worth(verdict, results, sizes, metrics[verdict.metric], alpha, alarms)
        found.append(
            replace(verdict, worth=worth.value, worth_low=worth.low, worth_high=worth.high, worth_note=worth.note)
        )
    return tuple(found)


def _sizes(results: Sequence[CellResult]) -> tuple[_Size, ...]:
    """The train sizes at which the baseline was measured, ascending; of equal ones the first."""
    groups: dict[int | None, list[CellResult]] = {}
    for result in results:
        if result.cell.arm.augmenter.name == NONE.augmenter.name and result.status == "ok":
            groups.setdefault(result.cell.train_size, []).append(result)
    known = [_Size(asked, rows, tuple(group)) for asked, group in groups.items() if (rows := _rows(asked, group))]
    return tuple(sorted(known, key=lambda size: (size.rows, size.asked is None)))


def _rows(asked: int | None, group: Sequence[CellResult]) -> float | None:
    """How many real rows a model was fitted on, in the middle of the seeds."""
    counted = [result.counts["train"] for result in group if "train" in result.counts]
    return float(np.median(counted)) if counted else None if asked is None else float(asked)


def _worth(
    verdict: Verdict,
    results: Sequence[CellResult],
    sizes: Sequence[_Size],
    plugin: MetricPlugin,
    alpha: float,
    alarms: Sequence[Alarm],
) -> _Worth:
    if verdict.outcome != "helps":
        return _Worth(NO_GAIN)
    if len({size.rows for size in sizes}) < 2:
        return _Worth("Not priced in real rows: with one train size there is no learning curve.")
    own = next((size for size in sizes if size.asked == verdict.train_size), None)
    if own is None:
        return _Worth("Not priced in real rows: there is no result without augmentation at this train size.")
    further = {size.rows: size for size in reversed(sizes) if size.rows > own.rows}
    if not further:
        return _Worth(f"Not priced in real rows: the learning curve ends here, at {_count(own.rows)} rows.")
    curve = [own, *(further[rows] for rows in sorted(further))]
    here = [result for result in results if result.cell.train_size == verdict.train_size]
    arm = next(result.cell.arm for result in here if result.cell.arm.label == verdict.decided_by)
    copies = _copies(verdict, arm, alarms)
    paired = _paired(arm, copies, here, curve, verdict.metric, 1.0 if plugin.higher_is_better else -1.0)
    return _solved(_Lead(tuple(size.rows for size in curve), paired, alpha), OVER_COPIES if copies else "")


def _copies(verdict: Verdict, arm: Arm, alarms: Sequence[Alarm]) -> Arm | None:
    """The duplicate of as many rows as the arm adds, if it is known to gain by itself."""
    place = (verdict.dataset, verdict.model, verdict.train_size, verdict.metric, arm.reference().label)
    ringing = {(alarm.dataset, alarm.model, alarm.train_size, alarm.metric, alarm.arm) for alarm in alarms}
    return arm.reference() if place in ringing else None


def _paired(
    arm: Arm,
    copies: Arm | None,
    here: Sequence[CellResult],
    curve: Sequence[_Size],
    metric: str,
    sign: float,
) -> Paired:
    """(J, R, m) arm minus baseline at each size; with `copies`, arm minus copies plus the baseline's own score."""
    wanted = [other for other in (arm, copies) if other is not None]
    cells = [result for result in here if result.cell.arm in wanted]
    for size in curve:
        cells += [replace(result, cell=replace(result.cell, arm=size.arm)) for result in size.results]
    trials, baselines = gather(cells), [size.arm for size in curve]
    if copies is None:
        return pair(trials, [arm] * len(curve), "arm", metric, sign, baselines)
    over_copies = pair(trials, [arm] * len(curve), "arm", metric, sign, [copies] * len(curve))
    own = pair(trials, baselines[:1] * len(curve), "arm", metric, sign, baselines)
    return replace(over_copies, diffs=over_copies.diffs + own.diffs)


def _solved(lead: _Lead, remark: str) -> _Worth:
    """Where the lead of the arm over the baseline is gone: by its fitted curve, and at the earliest and latest."""
    steps = [lead.at(j) for j in range(len(lead.rows))]
    missing = next((step.reason for step in steps if step.reason), "")
    if missing:
        return _Worth(f"Not priced in real rows: {missing}.")
    low = _earliest(lead, steps)
    high = _latest(lead, steps)
    fitted = isotonic_regression([step.mean for step in steps], increasing=False).x
    if fitted[0] <= 0:
        return _Worth(f"Not priced in real rows: against no augmentation there is no gain.{remark}")
    value = _crossing(lead, fitted)
    if value is not None:
        value = min(max(value, low), math.inf if high is None else high)
    base = lead.rows[0]
    more = _Worth(
        note="",
        value=None if value is None else float(round(value - base)),
        low=float(math.floor(low - base + 1e-9)),
        high=None if high is None or value is None else float(math.ceil(high - base - 1e-9)),
    )
    return replace(more, note=_sentence(more, lead.rows) + remark)


def _crossing(lead: _Lead, fitted: Floats) -> float | None:
    """Rows at which the fitted lead comes down to 0; None if it does not."""
    for j in range(len(fitted) - 1):
        if fitted[j + 1] <= 0:
            share = fitted[j] / (fitted[j] - fitted[j + 1])
            return lead.rows_at(j, float(share), USUAL)
    return None


def _earliest(lead: _Lead, steps: Sequence[_Step]) -> float:
    """The fewest rows at which the baseline is not shown to be below the arm."""
    j = next((j for j, step in enumerate(steps) if step.low <= 0), len(steps)) - 1
    if j < 0 or j == len(steps) - 1:
        return lead.rows[max(j, 0)]
    return lead.rows_at(j, _edge(lambda share: lead.at(j, share).low > 0), STEEPEST)


def _latest(lead: _Lead, steps: Sequence[_Step]) -> float | None:
    """The most rows at which the baseline is not shown to be above the arm; None if the curve ends before."""
    j = max((j for j, step in enumerate(steps) if step.high >= 0), default=0)
    if j == len(steps) - 1:
        return None
    return lead.rows_at(j, _edge(lambda share: lead.at(j, share).high >= 0), FLATTEST)


def _edge(holds: Callable[[float], bool]) -> float:
    """The share of the way at which something that holds at 0 ceases to."""
    inside, outside = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return outside


def _sentence(worth: _Worth, rows: Sequence[float]) -> str:
    has, end, low = f"the {_count(rows[0])} it has", _count(rows[-1]), _count(worth.low or 0.0)
    if worth.value is None:
        beyond = f"The gain reaches beyond the largest train size ({end} rows): more than this data can tell"
        return f"{beyond}, at least {low} more real rows than {has}." if worth.low else f"{beyond}."
    about = f"Worth about {_about(worth)} more real rows"
    if worth.high is None:
        most = f"a learning curve that ends at {end} does not tell how many at most"
        return f"{about} than {has} (at least {low}; {most})."
    return f"{about} ({low} to {_count(worth.high)}) than {has}."


def _about(worth: _Worth) -> str:
    """Two digits, unless they would leave the interval."""
    value, low = worth.value or 0.0, worth.low or 0.0
    rounded = float(f"{value:.2g}")
    return _count(rounded if low <= rounded <= (worth.high or math.inf) else value)


def _count(value: float) -> str:
    return f"{round(value):,}"

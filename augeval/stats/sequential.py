"""When a race looks at its arms, how sure it must be at each look, and which arms are given up.

Shapes: K arms, L looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from augeval.seeds import stream
from augeval.stats.inference import LEAST_REPLICATES, Finding, Rule
from augeval.stats.maxt import critical_values, shrunk

__all__ = [
    "DEFAULT_FUTILITY",
    "DEFAULT_LOOKS",
    "Schedule",
    "chances",
    "levels",
    "obrien_fleming",
    "power_spending",
    "schedule",
]

Floats = NDArray[np.float64]
Spending = Callable[[Floats, float], Floats]
# Of what was simulated these keep most decisions where three tenths of the fits are saved (docs/statistics.md).
DEFAULT_LOOKS = (8, 10, 12, 14, 16, 20)  # where an arm gets at most 20 seeds; in proportion elsewhere
DEFAULT_FUTILITY = 0.1
FIRST = 6  # seeds; a look at fewer gives arms up whose spread it hardly knows
POWER = 4.0
FUTILITY_SHARE = 0.25  # of what a decision look would spend, spent by a futility look in its place
PATHS = 100_000  # a level is known within about 2 % of itself
SHARED = 0.5  # correlation of the arms of a family, which share their reference
GRID = 801  # points of the numerical integration for one arm


@dataclass(frozen=True)
class Schedule:
    """When a race looks, and what it gives up.

    Args:
        looks: how many seeds every arm that still runs has at each look, ascending; the last are the most an arm gets.
        futility: least predictive chance of a decision at the last look for an arm to go on; 0 gives none up.
        futility_looks: further numbers of seeds, ascending, below the last look, at which nothing is decided and
            arms are only given up.

    Raises:
        ValueError: looks of a kind do not ascend from at least 1, a futility look is a look too or not before the
            last one, or futility is not in [0, 1).
    """

    looks: tuple[int, ...]
    futility: float = DEFAULT_FUTILITY
    futility_looks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no schedule."""
        for looks in (self.looks, self.futility_looks or (1,)):
            if not looks or looks[0] < 1 or any(b <= a for a, b in pairwise(looks)):
                raise ValueError(f"Looks are ascending numbers of seeds, such as (5, 10, 15, 20), not {looks}.")
        if not 0 <= self.futility < 1:
            raise ValueError(f"Futility is a chance from 0 (gives none up) to below 1, not {self.futility}.")
        if set(self.looks) & set(self.futility_looks) or self.stages[-1] != self.looks[-1]:
            raise ValueError(
                f"Futility looks lie between others, before the last of {self.looks}: {self.futility_looks} do not."
            )

    @cached_property
    def stages(self) -> tuple[int, ...]:
        """Looks of both kinds, ascending: arms that still run get seeds up to one, and then to the next."""
        return tuple(sorted((*self.looks, *self.futility_looks)))

    def levels(self, size: int, alpha: float, spending: Spending | None = None) -> tuple[float, ...]:
        """Of each stage, as `levels` gives them."""
        return levels(self.looks, size, alpha, spending or power_spending, self.futility_looks)


def schedule(most: int, looks: Sequence[int] | None = None, futility: float | None = None) -> Schedule:
    """The schedule of a race over at most so many seeds.

    Args:
        most: seeds of an arm that is never decided, at least 1.
        looks: the user's own, the last of which is `most`; None: the default ones, none before `FIRST` seeds.
        futility: None: the default.

    Futility looks beside the others are in neither: they save no more at the decisions that they cost
    (docs/statistics.md), and run the seeds one at a time.
    """
    if looks is None:
        scaled = [math.ceil(look * most / DEFAULT_LOOKS[-1]) for look in DEFAULT_LOOKS]
        looks = sorted({min(max(look, FIRST), most) for look in scaled})
    return Schedule(tuple(looks), DEFAULT_FUTILITY if futility is None else futility)


def power_spending(share: Floats, alpha: float) -> Floats:
    """How much of alpha a race may have spent once it has this share of its seeds: alpha · share^4.

    Source: Kim & DeMets 1987. Of a race of 20 seeds it spends a hair more than O'Brien and Fleming's kind before the
    tenth and less from then on, so that more is left for the last look.
    """
    return np.asarray(alpha * share**POWER)


def obrien_fleming(share: Floats, alpha: float) -> Floats:
    """The same of O'Brien and Fleming's kind, two-sided: 4 - 4 Phi(z(1 - alpha / 4) / sqrt(share)).

    Source: Lan & DeMets 1983, alpha_1* on each side.
    """
    return np.asarray(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / np.sqrt(share)))


@lru_cache(maxsize=256)
def levels(
    looks: tuple[int, ...],
    size: int,
    alpha: float,
    spending: Spending = power_spending,
    futility_looks: tuple[int, ...] = (),
) -> tuple[float, ...]:
    """Chance that any interval of the family misses at each look, so that over all looks it is alpha at most.

    At each look an arm is judged as if that look were the only one, at that look's level. Increments of the data are
    taken as independent, the worst case: noise of test rows, which the looks share, makes fewer misses.

    Giving an arm up makes no verdict, but it shows an interval, and *when* it is shown follows from the data: at the
    level of the next look, arms that may be given up at every seed would miss with chance .07 or so in the worst
    case, not .05. So a futility look spends too: a quarter of what would be due by then since the look before. The
    next look spends the rest, and loses next to nothing: what is outside this stricter bound would nearly always have
    been outside its own.

    Args:
        looks: numbers of seeds, ascending; size: how many arms, at least 1; alpha: in (0, 1).
        spending: how much of alpha is spent up to a look.
        futility_looks: as `Schedule` has them.

    Returns:
        One level per look of either kind, ascending by seeds. One look: alpha.

    Source: Lan & DeMets 1983; ours spends over the maximum of K correlated arms, by simulation; K = 1 is integrated.
    """
    stages = tuple(sorted((*looks, *futility_looks)))
    if len(stages) == 1:
        return (alpha,)
    spent = np.diff(_spent(stages, looks, alpha, spending), prepend=0.0)
    return _integrated(stages, spent) if size == 1 else _simulated(stages, size, spent)


def _spent(stages: tuple[int, ...], looks: tuple[int, ...], alpha: float, spending: Spending) -> Floats:
    """(L,) how much of alpha is spent up to each stage."""
    due = spending(np.array(stages) / stages[-1], alpha)
    before, found = 0.0, []
    for seeds, whole in zip(stages, due.tolist(), strict=True):
        found.append(whole if seeds in looks else before + FUTILITY_SHARE * (whole - before))
        before = whole if seeds in looks else before
    return np.array(found)


def _simulated(looks: tuple[int, ...], size: int, spent: Floats) -> tuple[float, ...]:
    """Of K arms that are correlated as those who share a reference."""
    largest = _largest(looks, size)
    alive = np.ones(PATHS, bool)
    found = []
    for at_look, share in zip(largest.T, spent.tolist(), strict=True):
        crossing = round(share * PATHS)
        bound = np.sort(at_look[alive])[-crossing] if crossing else np.inf
        # Whoever crosses now would cross if this were the only look: the level is no smaller than what is spent.
        found.append(max(float(np.mean(at_look >= bound)), share))
        alive &= at_look < bound
    return tuple(found)


def _largest(looks: tuple[int, ...], size: int) -> Floats:
    """(PATHS, L) largest |z| of the arms at each look."""
    rng = stream("race", "levels", looks, size)
    steps = np.sqrt(np.diff(looks, prepend=0))
    shared = np.cumsum(np.sqrt(SHARED) * steps * rng.standard_normal((PATHS, len(looks))), axis=1)
    largest = np.zeros((PATHS, len(looks)))
    for _ in range(size):
        own = np.cumsum(np.sqrt(1 - SHARED) * steps * rng.standard_normal((PATHS, len(looks))), axis=1)
        np.maximum(largest, np.abs(shared + own), out=largest)
    return np.asarray(largest / np.sqrt(np.array(looks)))


def _integrated(looks: tuple[int, ...], spent: Floats) -> tuple[float, ...]:
    """Of one arm: the density of those not yet stopped is carried from look to look (Armitage, McPherson & Rowe)."""
    bounds = [float(stats.norm.isf(spent[0] / 2))]
    points, weights = _trapezoid(bounds[0] * math.sqrt(looks[0]))
    density = stats.norm.pdf(points, scale=math.sqrt(looks[0]))
    for before, now, share in zip(looks, looks[1:], spent[1:].tolist(), strict=False):
        mass, step = density * weights, math.sqrt(now - before)
        limit = _bound(points, mass, step, share)
        bounds.append(limit / math.sqrt(now))
        following, weights = _trapezoid(limit)
        density = stats.norm.pdf(following[:, None], points, step) @ mass
        points = following
    return tuple((2 * stats.norm.sf(bounds)).tolist())


def _trapezoid(limit: float) -> tuple[Floats, Floats]:
    points = np.linspace(-limit, limit, GRID)
    weights = np.full(GRID, points[1] - points[0])
    weights[[0, -1]] /= 2
    return points, weights


def _bound(points: Floats, mass: Floats, step: float, share: float) -> float:
    """The limit that this share of all paths crosses, by halving."""
    low, high = 0.0, float(points[-1] + 12 * step)
    for _ in range(60):
        middle = (low + high) / 2
        beyond = special.ndtr((points - middle) / step) + special.ndtr((-points - middle) / step)
        low, high = (middle, high) if float(beyond @ mass) > share else (low, middle)
    return (low + high) / 2


def chances(findings: Sequence[Finding], active: Sequence[bool], looks: tuple[int, int], rule: Rule) -> Floats:
    """Chance that each arm is decided at the last look, given what was seen so far.

    The part of the variance that more seeds average out shrinks with them; that of the test rows and of shared draws
    stays. The gain at the last look is spread around today's by what the seeds to come may bring. An arm of which
    nothing can be told yet (too few seeds, no held-out row that differs) has chance 1; one without a number 0.

    Args:
        findings: of one family at one look; active: (K,) which arms still run: theirs is the critical value.
        looks: seeds at this look, and at the last. rule: margin, and the level of the last look.

    Returns:
        (K,) in [0, 1].

    Source: Spiegelhalter, Freedman & Blackburn 1986 (predictive power, flat prior).
    """
    known = np.array([math.isfinite(f.variance) and f.units >= LEAST_REPLICATES and not f.exact for f in findings])
    known &= np.array([not f.saturated for f in findings])
    hopeless = np.array([bool(f.reason) or f.outcome == "not_applicable" for f in findings])
    found = np.where(hopeless, 0.0, 1.0)
    if (known & np.asarray(active)).any():
        chosen = [finding for finding, use in zip(findings, known, strict=True) if use]
        found[known] = _predicted(chosen, np.asarray(active)[known], looks[0] / looks[1], looks[1] - looks[0], rule)
    return found


def _predicted(chosen: Sequence[Finding], active: NDArray[np.bool_], share: float, more: int, rule: Rule) -> Floats:
    kept, moving, rows = _sources(chosen)
    variance = moving * share + kept + rows
    df = _later_df(chosen, moving * share + kept, rows, more)
    ranks = [finding.rank for finding in chosen]
    least = float(df[active].min())
    correlation = shrunk(np.array([finding.correlation[ranks] for finding in chosen]), least)
    rng = stream("race", "futility", len(chosen))
    values = critical_values(correlation, np.full(len(chosen), least), rule.alpha, rng)
    two, one = values.two_sided * np.sqrt(variance), values.one_sided * np.sqrt(variance)
    mean = np.array([finding.mean for finding in chosen])
    spread = np.sqrt(np.maximum(moving * (1 - share), 1e-300))
    room = np.maximum(rule.margin - one, 0.0)

    def below(limit: Floats) -> Floats:
        return np.asarray(special.ndtr((limit - mean) / spread))

    # Both together can pass 1 by a hair where an interval is off zero and yet within the margin.
    equivalent = np.where(one < rule.margin, below(room) - below(-room), 0.0)
    return np.asarray(np.minimum(1 - below(two) + below(-two) + equivalent, 1.0))


def _sources(chosen: Sequence[Finding]) -> tuple[Floats, Floats, Floats]:
    """(K,) variances of the mean: of shared draws, of training runs beside them, of test rows beside training runs.

    A nested arm's draws are its clusters, and more seeds bring more of them until all are in: they are let shrink
    with the seeds, which is too hopeful, and so gives no arm up too early.
    """
    parts = [finding.parts for finding in chosen]
    kept = np.array([0.0 if p.draw >= p.replicate else p.draw for p in parts])
    moving = np.array([p.replicate for p in parts]) - kept
    rows = np.maximum(np.array([p.example - p.cell for p in parts]), 0.0)
    return kept, moving, rows


def _later_df(chosen: Sequence[Finding], runs: Floats, rows: Floats, more: int) -> Floats:
    """(K,) Satterthwaite's degrees of freedom once there are so many more seeds."""
    run_df = np.array([finding.parts.replicate_df for finding in chosen]) + more
    row_df = np.array([finding.parts.example_df for finding in chosen])
    spread = runs**2 / np.maximum(run_df, 1) + rows**2 / np.maximum(row_df, 1)
    found: Floats = np.divide((runs + rows) ** 2, spread, out=np.full(len(chosen), np.inf), where=spread > 0)
    return found

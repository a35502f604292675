"""How many seeds or held-out rows a verdict needs: the power of the shipped rule, from the spread of a pilot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from augeval.stats.forecast import Design, Numbers, Spread, alike, critical_of, forecast, grown
from augeval.stats.inference import LEAST_REPLICATES, Finding
from augeval.stats.pairing import LEAST_DRAWS

__all__ = [
    "Family",
    "Needed",
    "Pilot",
    "detectable",
    "draws_for",
    "examples_for",
    "needed",
    "pilot_of",
    "power",
    "seeds_for",
    "uncertain",
]

Floats = NDArray[np.float64]
WANTED = 0.8  # power: the convention
CERTAIN = 0.8  # of the range that a pilot's few seeds leave; 95 % of 5 seeds' is too wide to plan with
MOST_SEEDS = 1000  # as many as an experiment may have
MOST_GROWTH = 1000.0  # times as much as now, beyond which more is no advice
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
LEVELS = (NODES + 1) / 2  # of the standard error's distribution
GRID = 240


@dataclass(frozen=True)
class Family:
    """What a verdict is given with.

    Args:
        arms: that are judged together; correlation: of any two of their gains.
        margin: the smallest difference that matters, at least 0; alpha: chance that any interval misses.
    """

    arms: int
    correlation: float
    margin: float
    alpha: float


@dataclass(frozen=True)
class Pilot:
    """What a family of arms that was measured says of the next one.

    Args:
        spread: of a typical arm; design: how much was measured. arms: how many it rests on; correlation: of two gains.
    """

    spread: Spread
    design: Design
    arms: int
    correlation: float


@dataclass(frozen=True)
class Needed:
    """What finds an effect of one size with the power that is wanted.

    Args:
        effect: the size, in units of the metric; 0: that there is none to speak of (equivalent).
        power: with the design as it is. seeds: how many in all do, everything else as it is; None if no number does.
        low, high: the fewest and the most seeds that the pilot's uncertainty allows; None likewise.
        examples, draws: how many rows held out by each seed do, and how many shared draws, everything else as it is;
            None if no number does. factor: by how much all of them together must grow; inf if that does not do.
        limited_by: what holds the power down: "", "replicates", "draws", "test examples", "both" (runs and rows), or
            "margin": an effect below it counts as none, so more of everything shows it equivalent.
    """

    effect: float
    power: float
    seeds: int | None
    low: int | None
    high: int | None
    examples: int | None
    draws: int | None
    factor: float
    limited_by: str


def pilot_of(findings: Sequence[Finding]) -> Pilot | None:
    """A typical arm of a family: the median of each variance; None where no arm has an interval.

    The median, since one extreme dose can vary many times as much as the others and would ask all for its seeds; half
    of the arms will vary more, and need more. Moderation has already drawn the arms' variances together.
    """
    known = [f for f in findings if math.isfinite(f.variance) and f.variance > 0 and not (f.exact or f.saturated)]
    known = [f for f in known if f.units >= LEAST_REPLICATES]
    if not known:
        return None
    names = Spread.__dataclass_fields__
    spread = Spread(**{name: float(np.median([getattr(f.spread, name) for f in known])) for name in names})
    longest = max(known, key=lambda f: f.n_replicates)
    ranks = [f.rank for f in known]
    correlation = np.array([f.correlation[ranks] for f in known])
    return Pilot(spread, longest.design, len(known), alike(correlation))


def power(effect: float, spread: Spread, design: Design, family: Family) -> Floats:
    """Chance of the right verdict on one arm; the designs' shape.

    An effect above 0 must be found to help (one below, to harm: as likely); an effect of 0 must be found equivalent.
    With s² = V χ²/df, c₂ and c₁ the family's critical values and δ the margin, an arm helps if its mean exceeds
    max(c₂ s, δ - c₁ s), equivalence coming first, and is equivalent if |mean| ≤ δ - c₁ s. Without a margin that is
    the noncentral t's tail.

    Args:
        effect: true gain, at least 0. spread: of a typical arm. design: its numbers may be arrays. family: of the arm.
    """
    at = forecast(spread, design)
    two, one = critical_of(family.arms, family.correlation, family.alpha)(at.df * spread.least)
    error = np.sqrt(np.atleast_1d(np.asarray(at.variance, float)))[:, None]
    scale = error * _scales(np.atleast_1d(np.asarray(at.df, float)))
    within = family.margin - np.atleast_1d(one)[:, None] * scale
    with np.errstate(all="ignore"):
        if effect > 0:
            line = np.maximum(np.atleast_1d(two)[:, None] * scale, within)
            chance = special.ndtr((effect - line) / error)
        else:
            chance = np.where(within > 0, 2 * special.ndtr(within / error) - 1, 0.0)
    found: Floats = (np.nan_to_num(chance) @ WEIGHTS / 2).reshape(np.shape(at.variance))
    units = np.minimum(design.seeds, design.draws) if design.nested else design.seeds
    return np.where(np.asarray(units) >= LEAST_REPLICATES, found, 0.0)


def _scales(df: Floats) -> Floats:
    """(D, nodes) quantiles of sqrt(χ²/df)."""
    finite = np.minimum(df, 1e9)[:, None]
    return np.asarray(np.sqrt(2 * special.gammaincinv(finite / 2, LEVELS) / finite))


def detectable(spread: Spread, design: Design, family: Family, wanted: float = WANTED) -> float:
    """The smallest effect that is found with this power; inf where seeds are too few to find any."""
    error = math.sqrt(float(forecast(spread, design).variance))
    low, high = 0.0, family.margin + 10 * error
    while float(power(high, spread, design, family)) < wanted:
        high *= 2
        if high > 1e6 * max(error, family.margin):
            return math.inf
    for _ in range(40):
        middle = (low + high) / 2
        enough = float(power(middle, spread, design, family)) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def seeds_for(effect: float, spread: Spread, design: Design, family: Family, wanted: float = WANTED) -> int | None:
    """The fewest seeds that find an effect with this power, all else as it is; None if no number up to 1,000 does."""
    return _fewest(lambda seeds: power(effect, spread, _with_seeds(design, seeds), family) >= wanted, LEAST_REPLICATES)


def draws_for(effect: float, spread: Spread, design: Design, family: Family, wanted: float = WANTED) -> int | None:
    """The fewest shared draws that find it, seeds and rows as they are; None if no number up to 1,000 does.

    At least three, since with fewer an interval speaks for these rows only. Nested draws cannot outnumber the seeds,
    which see one each.
    """
    if not design.draws:
        return None
    found = _fewest(lambda draws: power(effect, spread, _with_draws(design, draws), family) >= wanted, LEAST_DRAWS)
    return None if found is None or (design.nested and found > design.seeds) else found


def _fewest(enough: Callable[[NDArray[np.int64]], NDArray[np.bool_]], least: int) -> int | None:
    """The first whole number from `least` on that is enough; numbers between those first tried are tried after."""
    few = np.unique(np.geomspace(least, MOST_SEEDS, GRID).astype(int))
    reached = np.nonzero(enough(few))[0]
    if not len(reached):
        return None
    first = int(reached[0])
    between = np.arange(few[first - 1] + 1 if first else least, few[first] + 1)
    return int(between[np.argmax(enough(between))])


def _with_seeds(design: Design, seeds: Numbers) -> Design:
    return replace(design, seeds=seeds, draws=design.draws * np.ones_like(seeds))


def _with_draws(design: Design, draws: Numbers) -> Design:
    return replace(design, seeds=design.seeds * np.ones_like(draws), draws=draws)


def examples_for(effect: float, spread: Spread, design: Design, family: Family, wanted: float = WANTED) -> int | None:
    """The fewest held-out rows per seed that find it, all else as it is; None if no number up to 1,000 times does."""
    times = _times(effect, spread, design, (family, wanted), "examples", least=1 / MOST_GROWTH)
    return None if math.isinf(times) else math.ceil(float(design.held) * times)


def _times(
    effect: float, spread: Spread, design: Design, sought: tuple[Family, float], what: str, least: float = 1.0
) -> float:
    """By how much something must grow to reach the power that is sought; inf if no growth does."""
    times = np.geomspace(least, MOST_GROWTH, 4 * GRID)
    reached = np.nonzero(power(effect, spread, grown(design, times, what), sought[0]) >= sought[1])[0]
    return float(times[reached[0]]) if len(reached) else math.inf


def uncertain(spread: Spread) -> tuple[Spread, Spread]:
    """The spreads at the ends of the 80 % interval of the variance between runs, which a pilot's few seeds leave.

    Source: the chi-square interval of a variance. That of rows rests on hundreds of them and is taken as it is.
    """
    if not math.isfinite(spread.df):
        return spread, spread
    ends = spread.df / stats.chi2.ppf([(1 + CERTAIN) / 2, (1 - CERTAIN) / 2], spread.df)
    low, high = (_scaled(spread, float(times)) for times in ends)
    return low, high


def _scaled(spread: Spread, times: float) -> Spread:
    """With that many times the variance between seeds as it was measured, noise included."""
    seed = max(times * (spread.seed + spread.noise) - spread.noise, 0.0)
    return replace(spread, seed=seed, draw=spread.draw * times)


def needed(effect: float, spread: Spread, design: Design, family: Family, wanted: float = WANTED) -> Needed:
    """What finds an effect, and what stands in the way where seeds alone do not.

    Args:
        effect: its size, at least 0; 0: to be shown equivalent. spread: of a pilot.
        design, family: that are planned. wanted: power.
    """
    now = float(power(effect, spread, design, family))
    low, high = (seeds_for(effect, end, design, family, wanted) for end in uncertain(spread))
    found = Needed(
        effect=effect,
        power=now,
        seeds=seeds_for(effect, spread, design, family, wanted),
        low=low,
        high=high,
        examples=examples_for(effect, spread, design, family, wanted),
        draws=draws_for(effect, spread, design, family, wanted),
        factor=_times(effect, spread, design, (family, wanted), "all"),
        limited_by="",
    )
    return found if now >= wanted else replace(found, limited_by=_what_limits(found, family.margin))


def _what_limits(found: Needed, margin: float) -> str:
    if found.seeds is not None:
        return "replicates"
    if found.draws is not None:
        return "draws"
    if found.examples is not None:
        return "test examples"
    return "margin" if 0 < found.effect < margin and math.isinf(found.factor) else "both"

"""The one function of (arms × replicates × examples) that plots, tables and verdicts all read: intervals and outcomes.

Shapes: K arms, R seeds, m held-out rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augeval.results import Contrast
from augeval.stats.forecast import Design, Observed, Spread, alike, observed_design, spread_of
from augeval.stats.limits import Limit, Undecided, limit_of
from augeval.stats.maxt import critical_values, shrunk
from augeval.stats.pairing import Paired
from augeval.stats.variance import Gains, estimate
from augeval.types import Arm, Outcome

__all__ = ["LEAST_REPLICATES", "Finding", "Parts", "Rule", "decide", "infer"]

Floats = NDArray[np.float64]
LEAST_REPLICATES = 3  # fewer say nothing of how much training runs differ


@dataclass(frozen=True)
class Rule:
    """What a decision is made with.

    Args:
        margin: the smallest difference that matters, in units of the metric, at least 0.
        alpha: chance that any interval of a family misses, in (0, 1).
    """

    margin: float
    alpha: float


@dataclass(frozen=True)
class Parts:
    """Where the variance of a mean gain comes from; each is a variance of the mean.

    Args:
        replicate, example, cell: training runs, held-out rows, and both at once (the total takes it off once).
        draw: what of `replicate` more seeds would leave, since they share the draws.
        replicate_df, example_df: degrees of freedom.
    """

    replicate: float
    example: float
    cell: float
    draw: float
    replicate_df: float
    example_df: float


@dataclass(frozen=True, eq=False)
class Finding:
    """One arm against its reference on one metric; positive is better.

    Args:
        low, high: two-sided simultaneous interval; one_low, one_high: one-sided simultaneous bounds.
        plain_low, plain_high: one-sided bounds of this arm alone, for fixed sequences over doses.
        exact: the arm is its reference: the same predictions on every held-out row.
        saturated: no row tells the two apart on this metric, although they are different predictors.
        units: what the spread of training runs was counted in: seeds, or the draws that seeds share.
        parts: of the variance; nan where nothing is paired. spread: the same per seed, row, cell and draw;
            design: how many of each were measured.
        limit: of an inconclusive finding with a finite interval. reason: why there is no number, or "".
    """

    arm: Arm
    reference: Arm
    contrast: Contrast
    mean: float
    variance: float
    df: float
    low: float
    high: float
    one_low: float
    one_high: float
    plain_low: float
    plain_high: float
    outcome: Outcome
    n_replicates: int
    n_examples: int
    units: int
    exact: bool
    saturated: bool
    parts: Parts
    spread: Spread
    design: Design
    limit: Limit | None
    reason: str
    rank: int
    correlation: Floats

    def distance(self, other: Finding) -> float:
        """Standard error of the difference between two arms of one family; inf where it is not known."""
        product = math.sqrt(max(self.variance, 0.0) * max(other.variance, 0.0))
        value = self.variance + other.variance - 2 * float(self.correlation[other.rank]) * product
        return math.sqrt(max(value, 0.0)) if math.isfinite(value) else math.inf


@dataclass(frozen=True)
class _Bounds:
    """(K,) bounds of the mean."""

    low: Floats
    high: Floats
    one_low: Floats
    one_high: Floats
    plain_low: Floats
    plain_high: Floats


def infer(
    paired: Paired, rule: Rule, rng: np.random.Generator, active: Sequence[bool] | None = None
) -> tuple[Finding, ...]:
    """Gain, simultaneous interval and outcome of every arm of one family.

    The family is every arm given that has a number: arms that mean nothing here, that failed wholly, and arms that
    are exactly their reference take no share of alpha.

    Args:
        paired: (K, R, m) differences; rule: margin and alpha; rng: for the quantiles, named by the family.
        active: (K,) which arms a race still runs: they alone set the critical value that arms share. None: all.

    Returns:
        One finding per arm, in the order of `paired.arms`.
    """
    gains = estimate(paired)
    tested = np.isfinite(gains.variance) & (gains.units >= LEAST_REPLICATES) & ~paired.exact
    leading = tested & (gains.full if active is None else gains.full & np.asarray(active, bool))
    two, one = _critical(gains, (tested, leading), rule.alpha, rng)
    saturated = tested & ~np.array([bool((np.abs(d) > 0).any()) for d in paired.diffs], bool)
    bounds = _bounds(gains, tested, (two, one), rule.alpha)
    bounds = _with_saturated(bounds, gains, saturated, paired.score_range, _Family(rule.alpha, int(tested.sum())))
    bounds = _with_exact(bounds, paired.exact & (gains.units >= LEAST_REPLICATES))
    measured = _measured(paired, gains, tested, leading)
    findings = []
    for k in range(len(paired.arms)):
        outcome = _outcome(paired, bounds, k, rule.margin)
        undecided = outcome == "inconclusive" and bool(tested[k]) and not saturated[k]
        limit = _limit(gains, k, (two, one), measured, rule) if undecided else None
        said = _Said(outcome, bool(saturated[k]), limit, measured.spreads[k], measured.designs[k])
        findings.append(_finding(paired, gains, bounds, k, said))
    return tuple(findings)


def decide(low: float, high: float, one_sided: tuple[float, float], margin: float) -> Outcome:
    """The outcome of one interval, in this order: equivalent, helps, harms, inconclusive.

    Args:
        low, high: two-sided interval; one_sided: lower and upper one-sided bounds; margin: at least 0.
    """
    if one_sided[0] >= -margin and one_sided[1] <= margin:
        return "equivalent"
    if low > 0:
        return "helps"
    return "harms" if high < 0 else "inconclusive"


@dataclass(frozen=True)
class _Family:
    alpha: float
    size: int


@dataclass(frozen=True)
class _Said:
    outcome: Outcome
    saturated: bool
    limit: Limit | None
    spread: Spread
    design: Design


def _critical(
    gains: Gains, sets: tuple[NDArray[np.bool_], NDArray[np.bool_]], alpha: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(K,) critical values; nan for arms that are not tested.

    The least df of the leading arms, those with enough seeds, counts for all; an arm that lost many seeds, or that a
    race has stopped, pays with its own.
    """
    tested, leading = sets
    two, one = (np.full(len(tested), np.nan) for _ in range(2))
    if tested.any():
        shared = gains.df[leading].min(initial=np.inf)
        df = np.minimum(gains.df[tested], shared)
        correlation = shrunk(gains.correlation[np.ix_(tested, tested)], float(df.min()))
        values = critical_values(correlation, df, alpha, rng)
        two[tested], one[tested] = values.two_sided, values.one_sided
    return two, one


def _bounds(gains: Gains, tested: NDArray[np.bool_], critical: tuple[Floats, Floats], alpha: float) -> _Bounds:
    error = np.sqrt(np.where(tested, gains.variance, np.nan))
    plain = stats.t.ppf(1 - alpha, np.where(tested, gains.df, 1.0)) * error
    return _spread(gains.mean, (critical[0] * error, critical[1] * error, plain))


def _spread(mean: Floats, widths: tuple[Floats, Floats, Floats]) -> _Bounds:
    """Intervals around the means; unbounded where a width is nan."""
    two, one, plain = (np.where(np.isnan(mean + width), np.inf, width) for width in widths)
    centre = np.nan_to_num(mean)
    return _Bounds(centre - two, centre + two, centre - one, centre + one, centre - plain, centre + plain)


def _with_saturated(
    bounds: _Bounds, gains: Gains, saturated: NDArray[np.bool_], score_range: float, family: _Family
) -> _Bounds:
    """No row of m differs: at most 1 - a^(1/m) of new rows do, each by the whole range (the rule of three)."""
    rows = np.maximum(gains.examples, 1)
    size = max(family.size, 1)
    shares = (family.alpha / 2 / size, family.alpha / size, family.alpha)
    widths = [score_range * (1 - share ** (1 / rows)) for share in shares]
    at = _spread(np.zeros(len(rows)), (widths[0], widths[1], widths[2]))
    return _replaced(bounds, at, saturated)


def _with_exact(bounds: _Bounds, exact: NDArray[np.bool_]) -> _Bounds:
    nothing = np.zeros(len(exact))
    return _replaced(bounds, _spread(nothing, (nothing, nothing, nothing)), exact)


def _replaced(bounds: _Bounds, at: _Bounds, where: NDArray[np.bool_]) -> _Bounds:
    return _Bounds(
        np.where(where, at.low, bounds.low), np.where(where, at.high, bounds.high),
        np.where(where, at.one_low, bounds.one_low), np.where(where, at.one_high, bounds.one_high),
        np.where(where, at.plain_low, bounds.plain_low), np.where(where, at.plain_high, bounds.plain_high),
    )  # fmt: skip


def _outcome(paired: Paired, bounds: _Bounds, k: int, margin: float) -> Outcome:
    if not paired.applicable[k]:
        return "not_applicable"
    one_sided = (float(bounds.one_low[k]), float(bounds.one_high[k]))
    return decide(float(bounds.low[k]), float(bounds.high[k]), one_sided, margin)


@dataclass(frozen=True)
class _Measured:
    """(K,) of each arm its variances per unit and how much was measured; of the family, how many arms are tested."""

    spreads: tuple[Spread, ...]
    designs: tuple[Design, ...]
    arms: int
    correlation: float


def _measured(paired: Paired, gains: Gains, tested: NDArray[np.bool_], leading: NDArray[np.bool_]) -> _Measured:
    cells = np.isfinite(paired.diffs).sum((1, 2))
    shared = gains.df[leading].min(initial=np.inf)
    spreads, designs = [], []
    for k in range(len(tested)):
        nested = paired.clusters[k] is not None
        table = paired.draws[k]
        draws = int(gains.units[k]) if nested else 0 if table is None else table.shape[1]
        seeds, rows = max(int(gains.replicates[k]), 1), max(int(gains.examples[k]), 1)
        parts = Observed(**{name: float(getattr(gains, name)[k]) for name in Observed.__dataclass_fields__})
        counts = (seeds, rows, float(max(cells[k], 1)), draws)
        own = spread_of(parts, *counts, nested=nested)
        known = bool(tested[k]) and math.isfinite(gains.df[k])
        spreads.append(replace(own, least=float(min(shared / gains.df[k], 1.0)) if known else 1.0))
        designs.append(observed_design(*counts, nested=nested))
    family = gains.correlation[np.ix_(tested, tested)]
    return _Measured(tuple(spreads), tuple(designs), len(family), alike(family))


def _limit(gains: Gains, k: int, critical: tuple[Floats, Floats], measured: _Measured, rule: Rule) -> Limit:
    spread = measured.spreads[k]
    arm = Undecided(
        spread=spread,
        design=measured.designs[k],
        examples=int(gains.examples[k]),
        gain=float(gains.mean[k]),
        variance=float(gains.variance[k]),
        df=float(gains.df[k]) * spread.least,
        critical=(float(critical[0][k]), float(critical[1][k])),
        arms=measured.arms,
        correlation=measured.correlation,
        alpha=rule.alpha,
    )
    return limit_of(arm, rule.margin)


def _finding(paired: Paired, gains: Gains, bounds: _Bounds, k: int, said: _Said) -> Finding:
    exact = bool(paired.exact[k])
    known = paired.applicable[k] and not paired.reasons[k]
    return Finding(
        arm=paired.arms[k],
        reference=paired.references[k],
        contrast=paired.contrast,
        mean=0.0 if exact else float(gains.mean[k]) if known else math.nan,
        variance=0.0 if exact else float(gains.variance[k]),
        df=float(gains.df[k]),
        **{name: float(getattr(bounds, name)[k]) for name in _Bounds.__dataclass_fields__},
        outcome=said.outcome,
        n_replicates=int(gains.replicates[k]),
        n_examples=int(gains.examples[k]),
        units=int(gains.units[k]) if gains.replicates[k] else 0,
        exact=exact,
        saturated=said.saturated,
        parts=Parts(**{name: float(getattr(gains, name)[k]) for name in Parts.__dataclass_fields__}),
        spread=said.spread,
        design=said.design,
        limit=said.limit,
        reason=paired.reasons[k],
        rank=k,
        correlation=gains.correlation[k],
    )

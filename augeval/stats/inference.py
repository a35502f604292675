"""The one function of (arms × replicates × examples) that plots, tables and verdicts all read: intervals and outcomes.

Shapes: K arms, R seeds, m held-out rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augeval.results import Contrast
from augeval.stats.maxt import critical_values
from augeval.stats.pairing import Paired
from augeval.stats.variance import Gains, estimate
from augeval.types import Arm, Outcome

__all__ = ["LEAST_REPLICATES", "Finding", "Limit", "Parts", "Rule", "decide", "infer"]

Floats = NDArray[np.float64]
LEAST_REPLICATES = 3  # fewer say nothing of how much training runs differ
DOMINATES = 2.0  # a source of variance limits alone if it is at least this many times the other


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
class Limit:
    """What an undecided interval hangs on, and how much more would decide it if the gain stays as measured.

    Args:
        by: "replicates", "test examples" or "both".
        replicates, examples: how many seeds or test rows in all would do, all else held as it is; None if no
            number would.
        runs_factor: by how much seeds and draws together must grow, test rows held; inf if no number would.
        factor: by how much seeds, draws and test rows together must grow.
    """

    by: str
    replicates: int | None
    examples: int | None
    runs_factor: float
    factor: float


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
        parts: of the variance; nan where nothing is paired.
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


def infer(paired: Paired, rule: Rule, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Gain, simultaneous interval and outcome of every arm of one family.

    The family is every arm given that has a number: arms that mean nothing here, that failed wholly, and arms that
    are exactly their reference take no share of alpha.

    Args:
        paired: (K, R, m) differences; rule: margin and alpha; rng: for the quantiles, named by the family.

    Returns:
        One finding per arm, in the order of `paired.arms`.
    """
    gains = estimate(paired)
    tested = np.isfinite(gains.variance) & (gains.units >= LEAST_REPLICATES) & ~paired.exact
    two, one = _critical(gains, tested, rule.alpha, rng)
    saturated = tested & ~np.array([bool(np.nan_to_num(d).any()) for d in paired.diffs], bool)
    bounds = _bounds(gains, tested, (two, one), rule.alpha)
    bounds = _with_saturated(bounds, gains, saturated, paired.score_range, _Family(rule.alpha, int(tested.sum())))
    bounds = _with_exact(bounds, paired.exact & (gains.units >= LEAST_REPLICATES))
    findings = []
    for k in range(len(paired.arms)):
        outcome = _outcome(paired, bounds, k, rule.margin)
        undecided = outcome == "inconclusive" and bool(tested[k]) and not saturated[k]
        limit = _limit(gains, k, (float(two[k]), float(one[k])), rule.margin) if undecided else None
        findings.append(_finding(paired, gains, bounds, k, _Said(outcome, bool(saturated[k]), limit)))
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


def _critical(gains: Gains, tested: NDArray[np.bool_], alpha: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(K,) critical values; nan for arms that are not tested.

    The least df of the arms with enough seeds counts for all of them; an arm that lost many seeds pays with its own.
    """
    two, one = (np.full(len(tested), np.nan) for _ in range(2))
    if tested.any():
        shared = gains.df[tested & gains.full].min(initial=np.inf)
        df = np.minimum(gains.df[tested], shared)
        values = critical_values(gains.correlation[np.ix_(tested, tested)], df, alpha, rng)
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


def _limit(gains: Gains, k: int, critical: tuple[float, float], margin: float) -> Limit:
    """Which source of variance holds an interval open, and how much more of it would close it.

    The interval decides once its half width is below |gain| (helps, harms) or its one-sided one below
    margin - |gain| (equivalent), whichever comes first. More seeds leave v_i - v_E (and what shared draws add),
    more test rows leave v_r - v_E. Critical values are held, so the numbers are slightly too large.
    """
    total, gain = float(gains.variance[k]), abs(float(gains.mean[k]))
    wanted = max(gain / critical[0], (margin - gain) / critical[1]) ** 2
    seeds = max(float(gains.replicate[k] - gains.cell[k]), 0.0)
    rows = max(float(gains.example[k] - gains.cell[k]), 0.0)
    by = "both"
    if seeds >= DOMINATES * rows:
        by = "replicates"
    elif rows >= DOMINATES * seeds:
        by = "test examples"
    return Limit(
        by=by,
        replicates=_whole(int(gains.replicates[k]), _growth(total, rows + float(gains.draw[k]), wanted)),
        examples=_whole(int(gains.examples[k]), _growth(total, seeds, wanted)),
        runs_factor=_growth(total, rows, wanted),
        factor=_growth(total, 0.0, wanted),
    )


def _growth(total: float, fixed: float, wanted: float) -> float:
    """By how much a source must grow to bring a variance of `total`, of which `fixed` stays, down to `wanted`."""
    return (total - fixed) / (wanted - fixed) if total > fixed < wanted else math.inf


def _whole(count: int, growth: float) -> int | None:
    return None if math.isinf(growth) else max(count + 1, math.ceil(count * growth))


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
        limit=said.limit,
        reason=paired.reasons[k],
        rank=k,
        correlation=gains.correlation[k],
    )

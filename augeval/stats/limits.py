"""What an undecided interval hangs on, and how much more would close it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augeval.stats.forecast import Design, Spread, critical_of, forecast, grown

__all__ = ["Limit", "Undecided", "limit_of"]

DOMINATES = 2.0  # a source of variance limits alone if it is at least this many times the other
MOST_GROWTH = 1e4  # times as much, beyond which no number is looked for
COARSE = 120  # first growths that are tried, evenly in their logarithm
FINE = 60  # then, between the last that does not decide and the first that does


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
class Undecided:
    """One arm without a verdict.

    Args:
        spread, design: its variances per unit and how much was measured; examples: distinct rows of that.
        gain, variance, df: as found. critical: of its two-sided interval and its one-sided bounds.
        arms, correlation, alpha: of its family, which say how critical values fall as degrees of freedom rise.
    """

    spread: Spread
    design: Design
    examples: int
    gain: float
    variance: float
    df: float
    critical: tuple[float, float]
    arms: int
    correlation: float
    alpha: float


def limit_of(arm: Undecided, margin: float) -> Limit:
    """Which source of variance holds an interval open, and how much more of it would close it.

    The interval decides once its half width is at most |gain| (helps, harms) or its one-sided one at most
    margin - |gain| (equivalent), whichever comes first; at that number about half of all continuations decide, since
    the gain measured then lies as often below as above this one. Variance and degrees of freedom are forecast.
    """
    now = forecast(arm.spread, arm.design)
    seeds, rows = float(now.runs_left), float(now.rows_left)
    by = "both"
    if seeds >= DOMINATES * rows:
        by = "replicates"
    elif rows >= DOMINATES * seeds:
        by = "test examples"
    return Limit(
        by=by,
        replicates=_whole(int(arm.design.seeds), _growth(arm, margin, "seeds")),
        examples=_whole(arm.examples, _growth(arm, margin, "examples")),
        runs_factor=_growth(arm, margin, "runs"),
        factor=_growth(arm, margin, "all"),
    )


def _growth(arm: Undecided, margin: float, what: str) -> float:
    """Least growth that decides, by two ever finer grids; inf where none up to `MOST_GROWTH` does."""
    grid = np.geomspace(1.0, MOST_GROWTH, COARSE)
    for points in (FINE, 0):
        decides = np.nonzero(_decides(arm, margin, grown(arm.design, grid, what)))[0]
        if not len(decides):
            return math.inf
        first = int(decides[0])
        if not points or first == 0:
            break
        grid = np.geomspace(grid[first - 1], grid[first], points)
    return float(grid[first])


def _decides(arm: Undecided, margin: float, design: Design) -> NDArray[np.bool_]:
    """Whether the interval would exclude 0 or lie within the margin, the gain being what it is."""
    now, then = forecast(arm.spread, arm.design), forecast(arm.spread, design)
    values = critical_of(arm.arms, arm.correlation, arm.alpha)
    before, after = values(arm.df), values(then.df * (arm.df / now.df))
    # What was found is not quite what is forecast for it (missing cells, drawn quantiles), so ratios carry over.
    error = np.sqrt(arm.variance * then.variance / now.variance)
    two, one = (found * new / old for found, old, new in zip(arm.critical, before, after, strict=True))
    gain = abs(arm.gain)
    return np.asarray((two * error <= gain) | (one * error <= margin - gain))


def _whole(count: int, growth: float) -> int | None:
    return None if math.isinf(growth) else max(count + 1, math.ceil(count * growth - 1e-9))

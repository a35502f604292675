"""What the interval of a gain would be with other numbers of seeds, draws and held-out rows.

Variances here are *per unit*: of one seed, one held-out row, one cell of the two, one draw. Everything takes arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from scipy.interpolate import CubicSpline

from augeval.stats.maxt import chi

__all__ = [
    "Design",
    "Forecast",
    "Numbers",
    "Observed",
    "Spread",
    "alike",
    "critical_of",
    "forecast",
    "grown",
    "observed_design",
    "spread_of",
]

Floats = NDArray[np.float64]
Numbers = Any  # a float or an array of them: what NumPy takes alike
LARGEST_POOL = 100.0  # times the rows seen that a pool may hold; more changes no number
DFS = np.array([1, 1.5, 2, 3, 4, 6, 10, 20, 60, np.inf])
FINE = 400  # points of the table of critical values
STEP = 0.02  # to which correlations are rounded, so that tables are shared; moves a critical value by < 0.3 %
MOST_ALIKE = 0.98
TRIED = 9  # critical values from Student's t to Bonferroni's, between which the one that is sought is read


@dataclass(frozen=True)
class Design:
    """How much is measured.

    Args:
        seeds: replicates. held: rows that one seed holds out; pool: rows that a seed may hold out (`held`, where the
            test set is fixed). draws: versions of the augmented rows that seeds share; 0 where each has its own.
        nested: whether a seed sees one of the draws rather than all.
    """

    seeds: Numbers
    held: Numbers
    pool: Numbers
    draws: Numbers = 0
    nested: bool = False

    @property
    def examples(self) -> Numbers:
        """Distinct rows that some seed is expected to hold out."""
        share = np.minimum(np.asarray(self.held) / self.pool, 1.0)
        return self.pool * (1 - (1 - share) ** self.seeds)


@dataclass(frozen=True)
class Spread:
    """How much one gain varies, per unit.

    Args:
        seed: variance between seeds that neither rows nor shared draws explain; draw: between draws that seeds
            share (of nested draws: between the means of their seeds); row: between rows; cell: what is left.
        borrowed: degrees of freedom that other arms lend to each own one, in [0, 1].
        noise: variance of a seed's mean in the measurement that its rows and cells explain, and `seed` leaves out.
        df: degrees of freedom from which `seed` with `noise`, and `draw`, are known.
        least: least degrees of freedom in the family, as a share of this arm's; they set the critical value.
    """

    seed: float
    row: float
    cell: float
    draw: float = 0.0
    borrowed: float = 0.0
    noise: float = 0.0
    df: float = np.inf
    least: float = 1.0


@dataclass(frozen=True)
class Observed:
    """The parts of the variance of one mean gain, as `variance.Gains` and `inference.Parts` give them."""

    replicate: float
    example: float
    cell: float
    draw: float
    replicate_df: float


@dataclass(frozen=True)
class Forecast:
    """Variance of a mean gain, its degrees of freedom, and what seeds, draws or rows without end would leave."""

    variance: Numbers
    df: Numbers
    runs_left: Numbers
    rows_left: Numbers


def spread_of(parts: Observed, seeds: int, examples: int, cells: float, draws: int, *, nested: bool) -> Spread:
    """Per-unit variances of a measured gain; `forecast` with the same design gives back its variance.

    Args:
        parts: of the variance of the mean. seeds, examples: that were measured; cells: seed × row pairs of them.
        draws: that seeds share, 0 for none; nested: one each rather than all.
    """
    design = observed_design(seeds, examples, cells, draws, nested=nested)
    row = max(parts.example - parts.cell, 0.0) / _overlap(design)
    shared = parts.replicate if nested else parts.draw
    runs = parts.replicate - shared
    apart = row * (1 / design.held - 1 / design.pool)
    return Spread(
        seed=0.0 if nested else max(seeds * (runs - parts.cell) - apart, 0.0),
        row=row,
        cell=parts.cell * cells,
        draw=shared * _clusters(design) if draws else 0.0,
        borrowed=_borrowed(parts, runs, shared, seeds, draws),
        noise=0.0 if nested else apart + seeds * parts.cell,
        df=max(parts.replicate_df, 1.0),
    )


def observed_design(seeds: int, examples: int, cells: float, draws: int, *, nested: bool) -> Design:
    """The design that gave so many distinct rows in so many seeds: the size of the pool is solved for."""
    held = cells / max(seeds, 1)
    return Design(seeds, held, _pool(held, examples, seeds), draws, nested)


def _pool(held: float, examples: int, seeds: int) -> float:
    """Rows of which `seeds` random choices of `held` reach so many; all of them, where a test set is fixed."""
    low, high = float(examples), LARGEST_POOL * examples
    if held > examples - 0.5 or seeds < 2:
        return max(held, low)
    for _ in range(60):
        middle = (low + high) / 2
        reached = middle * (1 - (1 - min(held / middle, 1.0)) ** seeds)
        low, high = (middle, high) if reached < examples else (low, middle)
    return high


def _borrowed(parts: Observed, runs: float, shared: float, seeds: int, draws: int) -> float:
    """How many times its own degrees of freedom an arm has from others: moderation gives at most as many again."""
    spread = runs**2 / max(seeds - 1, 1) + (shared**2 / max(draws - 1, 1) if draws else 0.0)
    if spread <= 0 or not np.isfinite(parts.replicate_df):
        return 0.0
    return float(np.clip(parts.replicate_df * spread / parts.replicate**2 - 1, 0.0, 1.0))


def _overlap(design: Design) -> Numbers:
    """Σn² / (Σn)² over rows, n the seeds that hold a row out: 1/m where all seeds hold out the same m rows."""
    return (1 + np.maximum(design.pool / np.asarray(design.held) - 1, 0.0) / design.seeds) / design.pool


def _clusters(design: Design) -> Numbers:
    return np.minimum(design.draws, design.seeds) if design.nested else design.draws


def forecast(spread: Spread, design: Design) -> Forecast:
    """The variance that `variance.estimate` is expected to give, and its degrees of freedom.

    v_r = (σ_s² + σ_i² (1/h - 1/N)) / R + v_E + σ_d²/G, v_i = σ_i² o + v_E, v_E = σ_E² / (R h) and
    V = v_r + v_i - v_E, for R seeds that hold out h of N rows each, o the overlap of their choices (1/m for a fixed
    test set of m rows). df = V² / (v_s² / (R - 1) + v_d² / (G - 1) + v_i² / (m - 1)), v_s being v_r without its draws,
    with what moderation lends.

    Source: Searle, Casella & McCulloch 1992 (crossed random effects); Satterthwaite 1946.
    """
    seeds, held = np.asarray(design.seeds, float), np.asarray(design.held, float)
    cell = spread.cell / (seeds * held)
    apart = spread.row * np.maximum(1 / held - 1 / np.asarray(design.pool, float), 0.0)
    clusters = np.maximum(_clusters(design), 1)
    shared = spread.draw / clusters if np.all(np.asarray(design.draws) > 0) else 0.0 * seeds
    runs = 0.0 * seeds if design.nested else (spread.seed + apart) / seeds + cell
    example = spread.row * _overlap(design) + cell
    variance = np.maximum(runs + shared + example - cell, np.maximum(runs + shared, example))
    lent = 1 + spread.borrowed
    uncertain = runs**2 / (lent * np.maximum(seeds - 1, 1)) + shared**2 / (lent * np.maximum(clusters - 1, 1))
    uncertain = uncertain + example**2 / np.maximum(design.examples - 1, 1)
    with np.errstate(all="ignore"):
        df = np.where(uncertain > 0, variance**2 / uncertain, np.inf)
    runs_left = (0.0 if design.nested else (spread.seed + apart) / seeds) + shared
    return Forecast(variance, np.maximum(df, 1.0), runs_left, spread.row / np.asarray(design.pool, float))


def grown(design: Design, growth: Numbers, what: str) -> Design:
    """The design with this many times as many of something.

    Args:
        growth: at least 1. what: "seeds", "examples", "runs" (seeds and shared draws) or "all".
    """
    seeds, rows, draws = what != "examples", what in ("examples", "all"), what in ("runs", "all")
    return replace(
        design,
        seeds=design.seeds * (growth if seeds else np.ones_like(growth)),
        held=design.held * (growth if rows else 1.0),
        pool=design.pool * (growth if rows else 1.0),
        draws=design.draws * (growth if draws else 1.0),
    )


def alike(correlation: Floats) -> float:
    """Mean correlation of two different arms; 0 for one arm alone."""
    arms = len(correlation)
    return float((correlation.sum() - arms) / (arms * (arms - 1))) if arms > 1 else 0.0


def critical_of(arms: int, correlation: float, alpha: float) -> Callable[[Numbers], tuple[Floats, Floats]]:
    """Degrees of freedom -> critical values of two-sided intervals and one-sided bounds of equally correlated arms.

    Args:
        arms: at least 1; correlation: of any two gains, below 0 taken as 0; alpha: chance that any interval misses.
    """
    rounded = min(max(round(correlation / STEP) * STEP, 0.0), MOST_ALIKE) if arms > 1 else 0.0
    at, two, one = _table(arms, round(rounded, 4), alpha)

    def values(df: Numbers) -> tuple[Floats, Floats]:
        inverse = 1 / np.maximum(df, 1.0)
        return np.asarray(np.interp(inverse, at, two)), np.asarray(np.interp(inverse, at, one))

    return values


@lru_cache(maxsize=256)
def _table(arms: int, correlation: float, alpha: float) -> tuple[Floats, Floats, Floats]:
    """1/df, ascending, with the two-sided and the one-sided critical value at each."""
    inverse = np.sort(1 / DFS)
    dfs = np.divide(1.0, inverse, out=np.full(len(inverse), np.inf), where=inverse > 0)
    fine = np.linspace(0, 1, FINE) ** 2  # denser where degrees of freedom are many
    both = [_quantiles(arms, correlation, alpha, dfs, sides) for sides in (2, 1)]
    # The values themselves grow like a power of the level's inverse at few degrees of freedom; their logarithms do not.
    two, one = (np.exp(CubicSpline(inverse, np.log(values))(fine)) for values in both)
    return fine, two, one


def _quantiles(arms: int, correlation: float, alpha: float, dfs: Floats, sides: int) -> Floats:
    """Equicoordinate 1 - alpha quantiles of max |T| or max T, equally correlated, by numerical integration.

    Source: Dunnett 1955, with an error of its own for each arm as in `maxt.critical_values`: given what the arms'
    gains share (u) and what their errors share (w), they are independent.
    """
    if arms == 1:
        return np.asarray(stats.t.ppf(1 - alpha / sides, dfs))
    (u, of_u), (w, of_w), (e, of_e) = (_normal(points) for points in (61, 15, 31))  # within .1 % from two df on
    scores = (correlation * w[:, None] + np.sqrt(1 - correlation**2) * e).ravel()
    scale = np.stack([chi(scores, df) if np.isfinite(df) else np.ones(len(scores)) for df in dfs])
    shared, own = np.sqrt(correlation) * u, np.sqrt(1 - correlation)

    def covered(c: Floats) -> Floats:
        at = c[:, None, None] * scale[:, :, None]
        each = special.ndtr((at + shared) / own)
        if sides == 2:
            each = each - special.ndtr((shared - at) / own)
        given = of_e @ each.reshape(len(dfs), len(w), len(e), len(u))
        return np.asarray((given**arms @ of_u) @ of_w)

    low, high = (np.log(stats.t.ppf(1 - alpha / sides / n, dfs)) for n in (1, arms))  # Student's, and Bonferroni's
    tried = low + np.linspace(0, 1, TRIED)[:, None] * (high - low)
    reached = special.ndtri([covered(np.exp(c)) for c in tried])
    wanted = special.ndtri(1 - alpha)
    return np.exp([CubicSpline(z, c)(wanted) for z, c in zip(reached.T, tried.T, strict=True)])


def _normal(points: int) -> tuple[Floats, Floats]:
    """Values of a standard normal and their weights."""
    at = np.linspace(-6, 6, points)
    density = np.exp(-(at**2) / 2)
    return at, density / density.sum()

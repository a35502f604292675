"""How many standard errors wide an interval must be for all arms of a family to be covered at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special, stats

__all__ = ["Critical", "critical_values"]

Floats = NDArray[np.float64]
DRAWS = 20_000  # within 0.8 % of the exact quantiles of Dunnett's tables
BEYOND = 50  # draws past a quantile below which they do not tell it
TOGETHER = 2_000  # draws of all arms that are held at once
NODES = np.linspace(-4.2, 4.2, 201)  # normal quantiles of shares; those of 20 000 draws end at 4.06
UNBOUNDED = 1e9  # degrees of freedom from which t is the normal distribution


@dataclass(frozen=True)
class Critical:
    """(K,) standard errors: of a two-sided interval, and of a one-sided bound."""

    two_sided: Floats
    one_sided: Floats


def critical_values(correlation: Floats, df: Floats, alpha: float, rng: np.random.Generator) -> Critical:
    """Equicoordinate 1 - alpha quantiles of max |T| and of max T, T multivariate t.

    Args:
        correlation: (K, K); df: (K,) degrees of freedom, each at least 1; arms of equal df share their value.
        alpha: chance that any of the K intervals misses, in (0, 1).
        rng: names the draws; the same generator state gives the same values.

    Returns:
        The values of each arm, as if the whole family had its df. K = 1 is Student's t, without draws; so is an
        alpha too small to be drawn, as at the first look of a race, with Bonferroni's share for each arm.

    Source: Dunnett 1955; Hothorn, Bretz & Westfall 2008 (max-T). Ours draws 20 000 times, stratified in chi.
    """
    df = np.maximum(df, 1.0)
    if len(df) == 1 or alpha * DRAWS < BEYOND:
        known, share = np.where(df < UNBOUNDED, df, np.inf), alpha / len(df)
        return Critical(stats.t.isf(share / 2, known), stats.t.isf(share, known))
    largest, highest = _extremes(_root(correlation), rng)
    shares = rng.permutation((np.arange(DRAWS) + 0.5) / DRAWS)
    two, one = np.empty(len(df)), np.empty(len(df))
    for value in np.unique(df):
        scale = _chi(shares, float(value))
        two[df == value] = np.quantile(largest / scale, 1 - alpha)
        one[df == value] = np.quantile(highest / scale, 1 - alpha)
    return Critical(two, one)


def _extremes(root: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(DRAWS,) largest sizes and largest values of correlated normals, drawn some at a time for their memory."""
    largest, highest = np.empty(DRAWS), np.empty(DRAWS)
    for at in range(0, DRAWS, TOGETHER):
        normal = rng.standard_normal((min(TOGETHER, DRAWS - at), len(root))) @ root.T
        highest[at : at + TOGETHER] = normal.max(1)
        largest[at : at + TOGETHER] = np.maximum(highest[at : at + TOGETHER], -normal.min(1))
    return largest, highest


def _root(correlation: Floats) -> Floats:
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    root: Floats = vectors * np.sqrt(np.clip(values, 0.0, None))
    return root


def _chi(shares: Floats, df: float) -> Floats:
    """Quantiles of sqrt(chi² / df), to 3 parts in a million: drawn through exact ones, which take ten times as long."""
    if df >= UNBOUNDED:
        return np.ones(len(shares))
    exact = np.sqrt(2 * special.gammaincinv(df / 2, special.ndtr(NODES)) / df)
    return np.asarray(interpolate.CubicSpline(NODES, exact)(special.ndtri(shares)), float)

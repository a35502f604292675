"""How many standard errors wide an interval must be for all arms of a family to be covered at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special, stats

__all__ = ["Critical", "chi", "critical_values", "shrunk"]

Floats = NDArray[np.float64]
DRAWS = 20_000  # a quantile is known within 1 % or so, from five degrees of freedom on
BEYOND = 50  # draws past a quantile below which they do not tell it
TOGETHER = 2_000  # draws of all arms that are held at once
FURTHEST = 6.0  # standard deviations; one draw in 500 million lies beyond
NODES = np.linspace(-FURTHEST, FURTHEST, 289)
FINE = 24_000  # places of a table of errors; the nearest is within .1 % at one degree of freedom
DFS = 12  # degrees of freedom that are drawn for; values of others are read off lines in 1 / df, a hair too high
UNBOUNDED = 1e9  # degrees of freedom from which t is the normal distribution


@dataclass(frozen=True)
class Critical:
    """(K,) standard errors: of a two-sided interval, and of a one-sided bound."""

    two_sided: Floats
    one_sided: Floats


def critical_values(correlation: Floats, df: Floats, alpha: float, rng: np.random.Generator) -> Critical:
    """Equicoordinate 1 - alpha quantiles of max |T| and of max T, each T with an estimated variance of its own.

    T_k = z_k / s_k: z is normal with the correlation R of the gains; s_k = sqrt(chi² / df), of which the normal scores
    have the correlation R ∘ R, since that is how sample variances of correlated normals correlate. Arms apart have
    errors apart; arms that move as one have one error, and then T is Student's.

    Args:
        correlation: (K, K); df: (K,) degrees of freedom, each at least 1; arms of equal df share their value.
        alpha: chance that any of the K intervals misses, in (0, 1).
        rng: names the draws; the same generator state gives the same values.

    Returns:
        The values of each arm, as if the whole family had its df. K = 1 is Student's t, without draws; so is an
        alpha too small to be drawn, as at the first look of a race, with Bonferroni's share for each arm.

    Source: Hothorn, Bretz & Westfall 2008 (max-T); Hasler & Hothorn 2008 (a variance for each arm, where Dunnett 1955
    has one for all). Ours draws 20 000 times, and joins the variances by a Gaussian copula.
    """
    df = np.maximum(df, 1.0)
    if len(df) == 1 or alpha * DRAWS < BEYOND:
        known, share = np.where(df < UNBOUNDED, df, np.inf), alpha / len(df)
        return Critical(stats.t.isf(share / 2, known), stats.t.isf(share, known))
    inverse = _inverses(df)
    two, one = (np.quantile(drawn, 1 - alpha, axis=1) for drawn in _extremes(correlation, inverse, rng))
    return Critical(np.interp(1 / df, inverse, two), np.interp(1 / df, inverse, one))


def shrunk(correlation: Floats, df: float) -> Floats:
    """A measured correlation pulled towards none, by as much of its size as chance explains.

    Five seeds show eight arms in four dimensions at most, as if they moved together more than they do, and intervals
    from that are too short. (1 - w) R + w I, where w = Σ (1 - r²)² / df / Σ r² over all pairs, at most 1.

    Args:
        correlation: (K, K), measured with df degrees of freedom; inf leaves it as it is.

    Source: Schäfer & Strimmer 2005 (target D); the variance of a correlation is that of large samples.
    """
    squares = (correlation - np.eye(len(correlation))) ** 2
    size = float(squares.sum())
    by_chance = float(((1 - squares) ** 2).sum() - len(correlation)) / df  # the diagonal counts 1 for each arm
    weight = min(by_chance / size, 1.0) if size > 0 else 0.0
    return np.asarray((1 - weight) * correlation + weight * np.eye(len(correlation)))


def _inverses(df: Floats) -> Floats:
    """1 / df, ascending: of all arms, or of as many as are drawn for, evenly between the ends."""
    found = np.unique(1 / df)
    return found if len(found) <= DFS else np.linspace(found[0], found[-1], DFS)


def _extremes(correlation: Floats, inverse: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(D, DRAWS) largest |T| and largest T at each 1 / df, drawn some at a time for their memory."""
    root, root_of_errors = _root(correlation), _root(correlation**2)
    tables = [1 / _errors(1 / x) if x > 1 / UNBOUNDED else None for x in inverse]
    largest, highest = (np.empty((len(inverse), DRAWS)) for _ in range(2))
    for at in range(0, DRAWS, TOGETHER):
        now, shape = slice(at, at + TOGETHER), (min(TOGETHER, DRAWS - at), len(root))
        # An arm is a row: the extremes over few arms are quick across rows, slow along them.
        normal = np.ascontiguousarray((rng.standard_normal(shape) @ root.T).T)
        scores = (rng.standard_normal(shape) @ root_of_errors.T).T
        place = np.clip((scores + FURTHEST) * (FINE / (2 * FURTHEST)), 0, FINE - 1).astype(np.int32, order="C")
        for d, table in enumerate(tables):
            t = normal if table is None else normal * table[place]
            highest[d, now] = t.max(0)
            largest[d, now] = np.maximum(highest[d, now], -t.min(0))
    return largest, highest


def _root(correlation: Floats) -> Floats:
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    root: Floats = vectors * np.sqrt(np.clip(values, 0.0, None))
    return root


def _errors(df: float) -> Floats:
    """(FINE,) sqrt(chi² / df) at normal scores evenly between the furthest, through exact ones, which take long."""
    at = (np.arange(FINE) + 0.5) * (2 * FURTHEST / FINE) - FURTHEST
    return np.asarray(interpolate.CubicSpline(NODES, chi(NODES, df))(at), float)


def chi(scores: Floats, df: float) -> Floats:
    """sqrt(chi² / df) at the quantiles of these normal scores."""
    below, beyond = special.ndtr(scores), special.ndtr(-scores)
    half = np.where(scores < 0, special.gammaincinv(df / 2, below), special.gammainccinv(df / 2, beyond))
    return np.asarray(np.sqrt(2 * half / df))

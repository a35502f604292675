"""Variances of arms pulled towards their common level: few seeds tell each of them badly, all arms together well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["squeeze"]

Floats = NDArray[np.float64]


def squeeze(value: Floats, df: float | Floats, cap: float) -> tuple[Floats, float]:
    """Pull K variances towards their common level, the less the more they truly differ.

    Args:
        value: (K,) variances of one unit; df: (K,) degrees of freedom of each, or one for all. Zeros, and arms of less
            than one degree of freedom, neither lend nor borrow.
        cap: most prior degrees of freedom.

    Returns:
        (K,) (d0 s0 + df v) / (d0 + df), and the prior degrees of freedom d0 (0 with fewer than 3 arms that lend).

    Source: Smyth 2004, section 6.2, for unequal df too; ours caps d0, since K is small.
    """
    own = np.broadcast_to(np.asarray(df, float), value.shape)
    ok = np.isfinite(value) & (value > 0) & (own >= 1)
    if ok.sum() < 3:
        return value, 0.0
    half = own[ok] / 2
    logs = np.log(value[ok]) - special.digamma(half) + np.log(half)
    excess = float(logs.var(ddof=1) - special.polygamma(1, half).mean())
    if excess <= 0:
        prior, level = cap, float((half * value[ok]).sum() / half.sum())
    else:
        prior = 2 * _inverse_trigamma(excess)
        level = float(np.exp(logs.mean() + special.digamma(prior / 2) - np.log(prior / 2)))
        prior = min(prior, cap)
    return np.where(ok, (prior * level + own * value) / (prior + own), value), float(prior)


def _inverse_trigamma(wanted: float) -> float:
    """y with trigamma(y) = wanted, by Newton's method on 1/trigamma."""
    y = 0.5 + 1 / wanted
    for _ in range(50):
        trigamma = float(special.polygamma(1, y))
        step = trigamma * (1 - trigamma / wanted) / float(special.polygamma(2, y))
        y += step
        if abs(step / y) < 1e-10:
            break
    return y

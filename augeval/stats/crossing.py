"""Where a dose curve falls back to 0, and between which doses it may as well do so.

Shapes: D doses, ascending; G places between them, dose 0 among them. The curve runs straight from dose to dose, and
from gain 0 at dose 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augeval.stats.inference import Finding

__all__ = ["Crossing", "cross", "fall"]

Floats = NDArray[np.float64]
PARTS = 64  # places between two neighbouring doses at which the curve is tested
PRECISE = 1e-9  # of the largest number: what is nearer to 0 is 0, whatever was added up to it


@dataclass(frozen=True)
class Crossing:
    """A dose, and its approximate interval.

    Args:
        at: where the curve falls to 0 after its peak. 0 if it gains at no dose and loses from the smallest on; None
            if it does not fall to 0 within the doses, or where no curve was fitted.
        low, high: ends of the interval, `at` among them; 0 is "from the start", None is "beyond the last dose" (and
            both are None where no curve was fitted).
    """

    at: float | None = None
    low: float | None = None
    high: float | None = None


def fall(doses: Sequence[float], gains: Sequence[float]) -> float | None:
    """The dose at which a curve falls to 0 after its peak.

    Args:
        doses: (D,) ascending, above 0; gains: (D,) finite, of a curve that rises to one peak and falls after it.

    Returns:
        The first dose after the peak with gain 0. Where no dose gains, the last one before the curve is below 0,
        which is 0 if it loses from the smallest dose on. None if it does not fall so far.
    """
    d, y = [0.0, *doses], [0.0, *gains]
    peak = int(np.argmax(y))
    for left, right in zip(range(peak, len(d) - 1), range(peak + 1, len(d)), strict=True):
        if y[right] < 0 or (y[right] == 0 and y[peak] > 0):
            return d[left] + (d[right] - d[left]) * y[left] / (y[left] - y[right])
    return None


def cross(doses: Sequence[float], steps: Sequence[Finding], fitted: Sequence[float], alpha: float) -> Crossing:
    """The crossing of the fitted curve, with the places at which a test of "the curve is at 0 here" says neither.

    At each place between two doses the gain is the line between their means, with the variance that their joint
    covariance gives it and the smaller of their df: Fieller's interval for a place instead of a ratio. From the
    fitted peak on, the curve is shown to be above 0 up to `low`; from the last dose down, below 0 down to `high`,
    each at the one-sided level alpha / 2. Both runs end at the first place that is not shown, so that many places
    cost no share of alpha, as for the harmless and the too-much dose.

    Args:
        doses, steps, fitted: (D,) each, doses ascending; fitted: () where no curve was.
        alpha: chance that the interval misses, in (0, 1); approximate, since the curve need not be straight between
            doses, and its peak is chosen by the data.

    Source: Fieller 1954, as an inverted t test; calibration/dose.py has the coverage, and that of the bootstrap of
    the umbrella fit that it stands in for.
    """
    if len(fitted) == 0:
        return Crossing()
    at = fall(doses, fitted)
    peak = int(np.argmax([0.0, *fitted]))
    places, above, below = _band(doses, steps, alpha)
    held = peak * PARTS + _run(above[peak * PARTS :])  # how many places from dose 0 on are not ruled out as too early
    lost = len(places) - _run(below[::-1])
    low: float | None = None if held == len(places) else float(places[held - 1]) if held > peak * PARTS else 0.0
    high: float | None = None if lost == len(places) else float(places[lost])
    return _around(at, low, high)


def _around(at: float | None, low: float | None, high: float | None) -> Crossing:
    """The interval widened to its own crossing: single means can say what the fitted curve smooths away."""
    where = math.inf if at is None else at
    ends = min(math.inf if low is None else low, where), max(math.inf if high is None else high, where)
    return Crossing(at, *(None if math.isinf(end) else end for end in ends))


def _band(
    doses: Sequence[float], steps: Sequence[Finding], alpha: float
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """(G,) places, where the curve is shown above 0, and where below."""
    d = np.array([0.0, *doses])
    at = np.arange(PARTS * len(doses) + 1) / PARTS  # in steps: place 1.5 is halfway between the first two doses
    weights = np.maximum(1 - np.abs(at[:, None] - np.arange(len(d))), 0.0)
    known = [math.isfinite(step.plain_low) and math.isfinite(step.variance) for step in steps]
    mean = weights[:, 1:] @ np.array([step.mean if k else 0.0 for step, k in zip(steps, known, strict=True)])
    spread = _covariance(steps, known)
    error = np.sqrt(np.maximum(np.einsum("gi,ij,gj->g", weights[:, 1:], spread, weights[:, 1:]), 0.0))
    df = np.array([np.inf, *(max(step.df, 1.0) if k else 1.0 for step, k in zip(steps, known, strict=True))])
    reach = stats.t.ppf(1 - alpha / 2, np.where(weights > 0, df, np.inf).min(1)) * error
    reach += PRECISE * np.abs(mean).max(initial=0.0)
    reach[(weights[:, 1:] > 0) @ ~np.array(known)] = np.inf
    return weights @ d, mean - reach > 0, mean + reach < 0


def _covariance(steps: Sequence[Finding], known: Sequence[bool]) -> Floats:
    """(D, D) of the means; 0 where a step has none."""
    error = np.array([math.sqrt(max(s.variance, 0.0)) if k else 0.0 for s, k in zip(steps, known, strict=True)])
    correlation = np.array([step.correlation[[other.rank for other in steps]] for step in steps])
    spread: Floats = np.nan_to_num(correlation) * np.outer(error, error)
    return spread


def _run(holds: NDArray[np.bool_]) -> int:
    """How many hold before the first that does not."""
    return int(np.cumprod(holds).sum())

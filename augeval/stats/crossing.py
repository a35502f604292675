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
    covariance gives it and the smaller of their df: Fieller's interval for a place instead of a ratio. From the dose
    that is most clearly above 0, if it is so at the level alpha / 2D, the curve is shown to be above 0 up to `low`;
    from the last dose down, it is shown below 0 down to `high`, each at the one-sided level alpha / 2. Both runs end
    at the first place that is not shown, so that many places cost no share of alpha, as for the too-much dose; the
    first dose of the upper one was chosen among D.

    Args:
        doses, steps, fitted: (D,) each, doses ascending; fitted: () where no curve was.
        alpha: chance that the interval misses, in (0, 1); approximate, since the curve need not be straight between
            doses.

    Source: Fieller 1954, as an inverted t test. The bootstrap of the umbrella fit that stood here first covers .69
    where a curve lies just below 0 from the start (the peak of each resample is its luckiest dose) and .89 where it
    stays just below 0 after a peak. Where no dose is clearly above 0, this interval starts at 0 and is the wider one:
    .20 against .15 of a range of .4 for an umbrella of 10 seeds. calibration/dose.py measures both.
    """
    if len(fitted) == 0:
        return Crossing()
    band = _band(doses, steps, alpha)
    start = PARTS * _surest(steps, alpha)
    held = start + _run(band.above[start:]) if start else 0  # places shown to be too early, from dose 0 on
    lost = len(band.places) - _run(band.below[::-1])
    low = None if held == len(band.places) else float(band.places[max(held - 1, 0)])
    high = None if lost == len(band.places) else float(band.places[lost])
    return _around(fall(doses, fitted), low, high)


def _surest(steps: Sequence[Finding], alpha: float) -> int:
    """Which dose is most clearly above 0, counted from 1; 0 if none is at the level alpha / 2D."""
    known = [s.mean / math.sqrt(s.variance) if _is_known(s) and s.variance > 0 else -math.inf for s in steps]
    best = int(np.argmax(known))
    limit = stats.t.ppf(1 - alpha / (2 * len(steps)), max(steps[best].df, 1.0))
    return best + 1 if known[best] > limit else 0


def _around(at: float | None, low: float | None, high: float | None) -> Crossing:
    """The interval widened to its own crossing: single means can say what the fitted curve smooths away."""
    where = math.inf if at is None else at
    ends = min(math.inf if low is None else low, where), max(math.inf if high is None else high, where)
    return Crossing(at, *(None if math.isinf(end) else end for end in ends))


@dataclass(frozen=True)
class _Band:
    """(G,) places, dose 0 first, where the curve is shown above 0, and where below."""

    places: Floats
    above: NDArray[np.bool_]
    below: NDArray[np.bool_]


def _band(doses: Sequence[float], steps: Sequence[Finding], alpha: float) -> _Band:
    at = np.arange(PARTS * len(doses) + 1) / PARTS  # in steps: place 1.5 is halfway between the first two doses
    weights = np.maximum(1 - np.abs(at[:, None] - np.arange(len(doses) + 1)), 0.0)
    known = np.array([_is_known(step) for step in steps])
    own = weights[:, 1:]  # dose 0 is 0, surely
    mean = own @ np.where(known, [step.mean for step in steps], 0.0)
    spread = _covariance(steps, known)
    error = np.sqrt(np.maximum(np.einsum("gi,ij,gj->g", own, spread, own), 0.0))
    df = np.where(known, [max(step.df, 1.0) for step in steps], 1.0)
    reach = stats.t.ppf(1 - alpha / 2, np.where(own > 0, df, np.inf).min(1)) * error
    reach += PRECISE * np.abs(mean).max(initial=0.0)
    reach[(own > 0) @ ~known] = np.inf
    return _Band(weights @ np.array([0.0, *doses]), mean - reach > 0, mean + reach < 0)


def _is_known(step: Finding) -> bool:
    return math.isfinite(step.plain_low) and math.isfinite(step.variance)


def _covariance(steps: Sequence[Finding], known: NDArray[np.bool_]) -> Floats:
    """(D, D) of the means; 0 where a step has none."""
    error = np.sqrt(np.maximum(np.where(known, [step.variance for step in steps], 0.0), 0.0))
    correlation = np.array([step.correlation[[other.rank for other in steps]] for step in steps])
    spread: Floats = np.nan_to_num(correlation) * np.outer(error, error)
    return spread


def _run(holds: NDArray[np.bool_]) -> int:
    """How many hold before the first that does not."""
    return int(np.cumprod(holds).sum())

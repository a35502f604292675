"""What a comparison could have seen: the gain that its interval would have found, had it been there."""

from __future__ import annotations

import math

from scipy import special, stats

from augeval.stats.inference import Finding

__all__ = ["POWER", "detectable", "detected"]

POWER = 0.8  # the convention
NORMAL = 1e6  # degrees of freedom from which t is the normal distribution


def detectable(finding: Finding, power: float = POWER) -> float | None:
    """The smallest true gain whose interval lies above 0 with this chance; a loss of that size is found as often.

    The spread that was measured is taken for the true one, so it is as uncertain as that: with few seeds by a third
    and more. It says nothing of what is there, and does not depend on the gain that was measured.

    Args:
        finding: of one arm, with its simultaneous interval.
        power: in (0, 1).

    Returns:
        Above 0, in units of the metric. None where there is no interval, or where its width does not come from a spread
        (an arm that is its reference, or that no held-out row tells apart on this metric).
    """
    if finding.reason or finding.exact or finding.saturated or not finding.variance > 0:
        return None
    error = math.sqrt(finding.variance)
    width = (finding.high - finding.low) / 2
    return detected(error, width / error, finding.df, power) if math.isfinite(width) else None


def detected(error: float, critical: float, df: float, power: float = POWER) -> float:
    """The gain δ for which P(T > c) is the power, T being noncentral t with df degrees of freedom, about δ / error.

    Args:
        error: standard error of the gain, above 0. critical: half of the interval's width in standard errors (c).
        df: degrees of freedom of the error; inf for one that is known.

    Source: the power of Student's test; Owen 1965 (noncentral t). With many degrees of freedom δ is the textbook's
    (c + z) error: 2.8 standard errors for one arm at alpha .05 and power .8.
    """
    if df < NORMAL:
        shift = float(special.nctdtrinc(df, 1 - power, critical))
        if math.isfinite(shift) and shift > 0:
            return shift * error
    return (critical + float(stats.norm.ppf(power))) * error

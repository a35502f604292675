"""How good the probabilities are, not only the class they favour."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import ContractError
from augeval.extend import metric

__all__ = ["ReliabilityCurve", "brier", "ece", "log_loss", "reliability_curve"]

SMALLEST = 1e-15  # a probability below it costs as much as it: 34.5 nats, not infinitely many
SUM_TOLERANCE = 1e-4  # float32 probabilities of many classes do not add up to 1 exactly


def _losses(y: NDArray[Any], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    checked = _probabilities("log_loss", scores)
    return np.asarray(-np.log(np.clip(checked[np.arange(len(y)), y], SMALLEST, 1.0)))


@metric(higher_is_better=False, bounds=(0.0, float("inf")), reads="probabilities", contributions=_losses)
def log_loss(y: NDArray[Any], scores: NDArray[np.float64]) -> float:
    """Mean of −log of the probability given to a row's own class, in nats.

    Args:
        y: (n,) int classes.
        scores: (n, k) probabilities; those below 1e-15 count as 1e-15.

    Returns:
        In [0, 34.6]; 0 is perfect, log k is knowing nothing. nan if n = 0.

    Raises:
        ContractError: a row of `scores` is negative or does not sum to 1 within 1e-4.
    """
    return float(_losses(y, scores).mean()) if len(y) else float("nan")


def _halved_squares(y: NDArray[Any], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    gap = _probabilities("brier", scores).copy()
    gap[np.arange(len(y)), y] -= 1.0
    return np.asarray(np.einsum("nk,nk->n", gap, gap) / 2)


@metric(higher_is_better=False, reads="probabilities", contributions=_halved_squares)
def brier(y: NDArray[Any], scores: NDArray[np.float64]) -> float:
    """Mean of half the squared distance between a row's probabilities and certainty of its class.

    Half, so that it lies in [0, 1] for any number of classes, and equals the usual score (p − y)² for two.

    Args:
        y: (n,) int classes.
        scores: (n, k) probabilities.

    Returns:
        In [0, 1]; 0 is perfect, (1 − 1/k) / 2 is knowing nothing. nan if n = 0.

    Raises:
        ContractError: a row of `scores` is negative or does not sum to 1 within 1e-4.

    Source: Brier 1950, whose sum over classes is twice ours.
    """
    return float(_halved_squares(y, scores).mean()) if len(y) else float("nan")


def _gap_parts(y: NDArray[Any], scores: NDArray[np.float64], *, bins: int) -> NDArray[np.float64]:
    claimed, came_true = _claims(y, _probabilities("ece", scores))
    place = _bin_of(claimed, bins)
    gap = came_true - claimed
    return np.asarray(np.sign(np.bincount(place, gap, bins))[place] * gap)


@metric(higher_is_better=False, reads="probabilities", needs="bins", contributions=_gap_parts)
def ece(y: NDArray[Any], scores: NDArray[np.float64], *, bins: int = 10) -> float:
    """Expected calibration error: mean gap between what is claimed and what comes true, over equal-width bins.

    `ece` stands for `ece[10]`, ten bins (0, 0.1], (0.1, 0.2], …; `ece[15]` has fifteen. What is claimed is, with two
    columns, the probability of the class of column 1, so that a rare class that is always overrated shows; with more,
    the probability of the predicted class. Each bin's gap counts as often as it has rows.

    A perfectly calibrated model shows gaps by chance as well, an ECE of up to 0.4 · √(bins / n). Intervals do not know
    of that: they hold where ECE is well above it. `brier` and `log_loss` have no bins and no such floor.

    Args:
        y: (n,) int classes.
        scores: (n, k) probabilities.
        bins: how many, of equal width on [0, 1]; a probability on an edge is in the lower bin.

    Returns:
        In [0, 1]; 0 is perfect. nan if n = 0.

    Raises:
        ContractError: a row of `scores` is negative or does not sum to 1 within 1e-4.

    Source: Naeini, Cooper & Hauskrecht 2015 (two classes); Guo et al. 2017, equation 3 (the predicted class of more).
    """
    return float(_gap_parts(y, scores, bins=bins).mean()) if len(y) else float("nan")


@dataclass(frozen=True)
class ReliabilityCurve:
    """What is claimed and what comes true, bin by bin; nan where a bin is empty.

    Args:
        edges: (b + 1,) of the bins; each holds its upper edge, the first also 0.
        count: (b,) rows. claimed: (b,) mean probability. observed: (b,) share of rows for which it came true.
        low, high: (b,) interval of the share that rows like these have.
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    claimed: NDArray[np.float64]
    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def reliability_curve(
    y: NDArray[Any], scores: NDArray[np.float64], *, bins: int = 10, of: int | None = None, level: float = 0.95
) -> ReliabilityCurve:
    """How often claims of each probability come true.

    Args:
        y: (n,) int classes.
        scores: (n, k) probabilities.
        bins: how many, of equal width on [0, 1].
        of: the class whose probability is meant; None for what `ece` judges: the class of column 1 of two, the
            predicted class of more.
        level: of each bin's interval, pointwise.

    Returns:
        The curve; a perfect model has claimed = observed up to chance. Its mean absolute gap, weighted by count, is
        `ece` of as many bins.

    Raises:
        ContractError: a row of `scores` is negative or does not sum to 1 within 1e-4.

    Source: DeGroot & Fienberg 1983; bins as scikit-learn's calibration_curve; intervals by Wilson 1927.
    """
    checked = _probabilities("reliability_curve", scores)
    claimed, came_true = _claims(y, checked) if of is None else (checked[:, of], (y == of).astype(np.float64))
    place = _bin_of(claimed, bins)
    count = np.bincount(place, minlength=bins)
    size = np.where(count, count, np.nan)
    share = np.bincount(place, came_true, bins) / size
    low, high = _wilson(share, size, level)
    mean = np.bincount(place, claimed, bins) / size
    return ReliabilityCurve(np.linspace(0, 1, bins + 1), count, mean, share, low, high)


def _claims(y: NDArray[Any], scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) the probability that is judged, and whether it came true."""
    if scores.shape[1] == 2:
        return scores[:, 1], (y == 1).astype(np.float64)
    said = scores.argmax(1)
    return scores.max(1, initial=0.0), (said == y).astype(np.float64)


def _bin_of(claimed: NDArray[np.float64], bins: int) -> NDArray[np.intp]:
    """(n,) bins; an edge belongs to the bin below it."""
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], claimed)


def _wilson(
    share: NDArray[np.float64], size: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intervals of shares of so many rows, inside [0, 1] and never of no width."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _probabilities(name: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores, if they are probabilities."""
    total = scores.sum(1)
    wrong = (np.abs(total - 1) > SUM_TOLERANCE) | (scores < 0).any(1)
    if wrong.any():
        row = int(wrong.argmax())
        raise ContractError(
            f"{name} needs probabilities: the scores of row {row} sum to {total[row]:.6g} and their smallest is "
            f"{scores[row].min():.6g}. Let the model predict probabilities, or ask for a metric of ranks or classes."
        )
    return np.asarray(scores, np.float64)

"""How good the probabilities are, not only the class they favour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import ContractError
from augeval.extend import metric

__all__ = ["brier", "log_loss"]

SMALLEST = 1e-15  # a probability below it costs as much as it: 34.5 nats, not infinitely many
SUM_TOLERANCE = 1e-4  # float32 probabilities of many classes do not add up to 1 exactly


def _losses(y: NDArray[Any], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    checked = _probabilities("log_loss", scores)
    return np.asarray(-np.log(np.clip(checked[np.arange(len(y)), y], SMALLEST, 1.0)))


@metric(higher_is_better=False, bounds=(0.0, float("inf")), contributions=_losses)
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


@metric(higher_is_better=False, contributions=_halved_squares)
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

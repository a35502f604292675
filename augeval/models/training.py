"""Training by steps, as the networks here do it: how many, on which rows, and Adam.

The number of steps is the same for every arm unless a user asks for epochs, so that more rows never mean more
training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError
from augeval.types import Examples

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BATCH", "Amount", "batches", "descend", "shares"]

BATCH = 32  # rows of a step
DECAY, DECAY_SQUARE, TINY = 0.9, 0.999, 1e-8  # Adam's usual constants


class Amount:
    """How long a model is trained: steps, or passes over the rows."""

    def __init__(self, who: str, steps: int | None, epochs: int | None, default: int) -> None:
        """Steps, `default` of them where neither is given.

        Raises:
            InputError: both are given, or one below 1.
        """
        if steps is not None and epochs is not None:
            raise InputError(
                f"{who} was given steps={steps} and epochs={epochs}; wanted one of them: steps are the same for every "
                "arm, epochs grow with its rows. Leave one out."
            )
        self.epochs, self.fixed = epochs, default if steps is None else steps
        self.given = f"epochs={epochs}" if epochs is not None else f"steps={self.fixed}"

    def check(self, who: str, learning_rate: float) -> None:
        """Refuse less than one step or epoch, and a learning rate that is not above 0.

        Raises:
            InputError: says what was given.
        """
        least = self.fixed if self.epochs is None else self.epochs
        if least < 1 or not 0 < learning_rate < float("inf"):
            raise InputError(
                f"{who} was given {self.given}, learning_rate={learning_rate:g}; "
                "wanted at least one step or epoch and a learning rate above 0."
            )

    def steps(self, rows: int) -> int:
        """Steps on so many rows; the last batch of the last epoch is filled from the next pass."""
        return self.fixed if self.epochs is None else -(-self.epochs * rows // BATCH)


def descend(
    weights: Tensor, order: NDArray[np.int64], losses: Callable[[int, Tensor], Tensor], learning_rate: float
) -> Tensor:
    """Adam on one flat vector of weights, in place.

    Args:
        weights: (w,) float32, with gradient; order: (steps, b) row positions, see `batches`.
        losses: (number of the step, from 1; (b,) positions) -> (b,) losses of these rows, weighted.
        learning_rate: above 0.

    Returns:
        The weights, without gradient.

    Source: Kingma & Ba 2015, algorithm 1.
    """
    import torch

    mean, square = torch.zeros_like(weights), torch.zeros_like(weights)
    for step, batch in enumerate(torch.from_numpy(order), start=1):
        (gradient,) = torch.autograd.grad(losses(step, batch).mean(), weights)
        mean.lerp_(gradient, 1 - DECAY)
        square.lerp_(gradient * gradient, 1 - DECAY_SQUARE)
        spread = (square / (1 - DECAY_SQUARE**step)).sqrt_().add_(TINY)
        with torch.no_grad():
            weights.addcdiv_(mean, spread, value=-learning_rate / (1 - DECAY**step))
    return weights.detach()


def batches(n: int, steps: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(steps, BATCH) row positions: every epoch visits the rows in an order of its own, cut where a batch is full."""
    epochs = -(-steps * BATCH // n)
    order = np.concatenate([rng.permutation(n) for _ in range(epochs)])
    return order[: steps * BATCH].reshape(steps, BATCH)


def shares(rows: Examples) -> Tensor:
    """(n,) row weights, 1 on average."""
    import torch

    weights = np.ones(len(rows)) if rows.weights is None else rows.weights / rows.weights.mean()
    return torch.from_numpy(weights.astype(np.float32))

"""Predictions with a known law, for tests of metrics."""

from __future__ import annotations

import numpy as np

from augeval.seeds import stream

__all__ = ["jackknifed", "predictions", "two_models"]


def predictions(n: int, k: int, *, digits: int = 6, name: object = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes, of which the first is the most frequent, and informative probabilities; few digits make equal scores."""
    rng = stream("test unequal predictions", n, k, name)
    y = rng.choice(k, n, p=np.arange(k, 0, -1) / np.arange(1, k + 1).sum())
    scores = rng.dirichlet(np.ones(k), n)
    scores[np.arange(n), y] += 0.3
    return y, np.round(scores / scores.sum(1, keepdims=True), digits)


def jackknifed(fn, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Pseudo-values by leaving out each row once: what influence values are up to terms of order 1/n."""
    n, value = len(y), fn(y, scores)
    without = np.array([fn(np.delete(y, i), np.delete(scores, i, 0)) for i in range(n)])
    return value + (n - 1) * (value - without)


def two_models(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of which a fifth are of class 1, and the probabilities of an overconfident model and of a blurred one."""
    y = (rng.random(n) < 0.2).astype(int)
    height = 1.6 * (2 * y - 1) + 1.4 * rng.standard_normal(n)
    probabilities = []
    for seen in (height, height + 0.7 * rng.standard_normal(n)):
        p = 1 / (1 + np.exp(-(2.5 * seen - 0.5)))
        probabilities.append(np.stack([1 - p, p], 1))
    return y, *probabilities

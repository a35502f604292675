"""Real data sets as populations: rows are drawn with replacement, so what is true of all of them is known.

digits (1,797 drawings, 10 classes) is taken as 4 × 4 means of its 8 × 8 pixels; breast_cancer (569 patients, 2 classes)
as its ten column means. Columns are standardised over the population.

Shapes: B training sets, n rows each, d columns, c classes, a atoms (the distinct rows of a population).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEARNERS", "Learner", "Population", "logistic", "population", "trees"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Learner = Callable[[Floats, Ints, Floats, np.random.Generator], Ints]
PENALTY = 1.0  # of half the squared weights, beside the summed loss
STEPS = 12  # Newton steps; the test compares with scikit-learn


@dataclass(frozen=True)
class Population:
    """Atoms x (a, d) of classes y (a,), each as likely as any other."""

    x: Floats
    y: Ints

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Ints:
        """Atoms drawn with replacement, by position."""
        return rng.integers(0, len(self.y), shape)

    def two_views(self, atoms: Ints, noise: float, rng: np.random.Generator) -> Floats:
        """(…, 2 d): the columns of each atom and of another of its class, and noise.

        Both are drawn alike, so exchanging the halves of every row changes nothing in the population.
        """
        other = np.empty_like(atoms)
        for c in np.unique(self.y):
            mine = self.y[atoms] == c
            other[mine] = rng.choice(np.flatnonzero(self.y == c), mine.sum())
        x = np.concatenate([self.x[atoms], self.x[other]], -1)
        return np.asarray(x + noise * rng.standard_normal(x.shape))


@cache
def population(name: str) -> Population:
    """digits or breast_cancer."""
    from sklearn import datasets

    if name == "digits":
        pixels, y = datasets.load_digits(return_X_y=True)
        x = pixels.reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16)
    else:
        x, y = datasets.load_breast_cancer(return_X_y=True)
        x = x[:, :10]
    return Population((x - x.mean(0)) / x.std(0), y.astype(np.int64))


def logistic(x: Floats, y: Ints, test: Floats, rng: np.random.Generator) -> Ints:
    """Logistic regression, one class against the rest, by Newton's method: (B, n, d), (B, n), (m, d) -> (B, m) classes.

    The same minimum as scikit-learn's LogisticRegression(C=1), in batches; the intercept is not penalised.
    """
    del rng
    classes = int(y.max()) + 1
    rows = np.concatenate([x, np.ones((*x.shape[:2], 1))], 2).astype(np.float32)  # twice as fast
    wanted = range(1, 2) if classes == 2 else range(classes)
    scores = [_one_against_rest(rows, (y == c).astype(np.float32)) for c in wanted]
    heights = np.stack([w[:, :-1] @ test.T + w[:, -1:] for w in scores], -1)
    return (heights[..., 0] > 0).astype(np.int64) if classes == 2 else np.asarray(heights.argmax(-1))


def _one_against_rest(rows: Floats, y: Floats) -> Floats:
    """(B, n, d + 1), (B, n) in {0, 1} -> (B, d + 1) weights, the intercept last."""
    penalty = np.full(rows.shape[2], PENALTY, np.float32)
    penalty[-1] = 1e-6
    across = np.ascontiguousarray(np.swapaxes(rows, 1, 2))
    w = np.zeros((len(rows), rows.shape[2]), np.float32)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip((rows @ w[..., None])[..., 0], -30, 30)))
        slope = (across @ (p - y)[..., None])[..., 0] + penalty * w
        curve = (across * (p * (1 - p))[:, None, :]) @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        w -= step
        if np.abs(step).max() < 1e-3:  # the next step would be its square
            break
    return w


def trees(x: Floats, y: Ints, test: Floats, rng: np.random.Generator) -> Ints:
    """scikit-learn's decision trees, the square root of the columns tried at every split: as `logistic`."""
    from sklearn import config_context
    from sklearn.tree import DecisionTreeClassifier

    seeds, single = rng.integers(2**31, size=len(x)), test.astype(np.float32)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        return np.stack([
            DecisionTreeClassifier(max_features="sqrt", random_state=int(seed)).fit(rows, labels).predict(single)
            for rows, labels, seed in zip(x.astype(np.float32), y, seeds, strict=True)
        ])  # fmt: skip


LEARNERS: dict[str, Learner] = {"logistic": logistic, "trees": trees}

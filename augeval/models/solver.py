"""The minimum of a penalised softmax loss, to a tight tolerance, from the rows alone.

    minimise over W, b:   Σ w_i · -log softmax(W x_i + b)[y_i]  +  penalty / 2 · ‖W‖²,      Σ w_i = 1

L-BFGS (Nocedal & Wright 2006, algorithm 7.5) in the eigenbasis of the weighted, centred rows. There the curvature of
the loss is nearly diagonal, so a diagonal preconditioner costs nothing and removes most iterations, and with fewer
rows than columns the problem has as many unknowns as rows. Everything is float64 and one fit at a time: nothing can
depend on what is fitted beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import AugevalError

__all__ = ["ConvergenceError", "Head", "Rows", "collapse", "fit", "fit_path"]

TOLERANCE = 1e-7  # of the largest gradient entry; scikit-learn's 1e-4 moves single accuracies by 0.4 points
MAX_ITERATIONS = 5000
MEMORY = 10
CURVATURE = 0.1  # mean softmax curvature of a class over its share · (1 - share): measured, it only steers the search
LARGEST_BASIS = 1200  # rows or columns up to which an eigenbasis is cheaper than the iterations it saves
RANK = 1e-12  # eigenvalues below this share of the largest one are rounding

Matrix = Any  # (n, d) float64 array or scipy.sparse CSR matrix


class ConvergenceError(AugevalError):
    """A head that did not reach its minimum; its numbers would be those of the search."""


@dataclass(frozen=True)
class Rows:
    """Distinct rows with how much each weighs.

    Args:
        x: (n, d) float64, dense or CSR. y: (n,) classes. weights: (n,) positive, in any unit.
    """

    x: Matrix
    y: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """(n,) weights that sum to 1. Whole multiples of the same weights give the same floats."""
        shares: NDArray[np.float64] = self.weights / self.weights.sum()
        return shares


@dataclass(frozen=True)
class Head:
    """A fitted linear head.

    Args:
        classes: (c,) those of the training rows, ascending. weights: (c, d). bias: (c,). n_classes: of the dataset.
    """

    classes: NDArray[np.int64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    n_classes: int

    def __call__(self, x: Matrix) -> NDArray[np.float64]:
        """(m, d) rows -> (m, n_classes) probabilities; 0 for a class that no training row had."""
        # Row by row: one product of all rows would let a row's last bit depend on how many there are.
        products = np.matmul(x[:, None], self.weights.T)[:, 0] if isinstance(x, np.ndarray) else x @ self.weights.T
        scores = products + self.bias
        scores -= scores.max(1, keepdims=True)
        np.exp(scores, out=scores)
        made = np.zeros((scores.shape[0], self.n_classes))
        made[:, self.classes] = scores / scores.sum(1, keepdims=True)
        return made


def collapse(x: Matrix, y: NDArray[Any], weights: NDArray[np.float64] | None) -> Rows:
    """Equal rows of one class become one row with their summed weight, in order of first appearance.

    Twice the same rows are then the same problem in every bit, which they would not be as a longer sum. Rows of
    weight 0 are left out.
    """
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    seen: dict[bytes, int] = {}
    places = np.array([seen.setdefault(row, len(seen)) for row in _row_bytes(x, y)], np.int64)
    first = np.unique(places, return_index=True)[1]
    totals = np.bincount(places, weights).astype(np.float64)
    kept = np.flatnonzero(totals > 0)
    return Rows(x[first[kept]], np.asarray(y)[first[kept]].astype(np.int64), totals[kept])


def fit(rows: Rows, penalty: float, n_classes: int) -> Head:
    """The head that minimises mean loss plus penalty.

    Two classes are fitted as scikit-learn fits them, with one weight vector; `penalty` has the meaning it has there.

    Args:
        rows: at least one. penalty: greater than 0; 1 / (C · Σ weights) for scikit-learn's C.

    Raises:
        ConvergenceError: the tolerance was not reached.
    """
    return fit_path(rows, [penalty], n_classes)[0]


def fit_path(rows: Rows, penalties: Sequence[float], n_classes: int) -> list[Head]:
    """A head for each penalty, each search starting at the head before; largest penalty first is fastest."""
    classes, y = np.unique(rows.y, return_inverse=True)
    if len(classes) == 1:
        alone = Head(classes, np.zeros((1, rows.x.shape[1])), np.zeros(1), n_classes)
        return [alone for _ in penalties]
    basis = _Basis.of(rows.x, rows.shares)
    problem = _Problem.of(basis, y, rows.shares, len(classes))
    heads, point = [], problem.start()
    for penalty in penalties:
        # Two opposite weight vectors w/2 and -w/2 stand for one vector w, with half its squared norm.
        point = _minimise(problem, 2 * penalty if len(classes) == 2 else penalty, point)
        weights = basis.back(point[:, :-1])
        heads.append(Head(classes, weights, point[:, -1] - weights @ basis.mean, n_classes))
    return heads


def _row_bytes(x: Matrix, y: NDArray[Any]) -> list[bytes]:
    labels = [int(label).to_bytes(8, "little") for label in y]
    if isinstance(x, np.ndarray):
        return [label + row.tobytes() for label, row in zip(labels, np.ascontiguousarray(x), strict=True)]
    x.sort_indices()
    parts = [slice(a, b) for a, b in zip(x.indptr[:-1], x.indptr[1:], strict=True)]
    return [label + x.indices[p].tobytes() + x.data[p].tobytes() for label, p in zip(labels, parts, strict=True)]


@dataclass(frozen=True)
class _Basis:
    """Centred rows in other coordinates.

    Args:
        rows: (n, r) coordinates, or None where the rows are used as they are (`x` minus `mean`).
        scale: (r,) mean square of each coordinate.
        turn: (r, n) or (r, d): from weights in the basis to weights on (centred rows | columns).
    """

    x: Matrix
    mean: NDArray[np.float64]
    rows: NDArray[np.float64] | None
    scale: NDArray[np.float64]
    turn: NDArray[np.float64] | None

    @staticmethod
    def of(x: Matrix, shares: NDArray[np.float64]) -> _Basis:
        n, d = x.shape
        mean = np.asarray(x.T @ shares).ravel()
        if min(n, d) > LARGEST_BASIS:
            square = x.multiply(x) if hasattr(x, "multiply") else x * x
            return _Basis(x, mean, None, np.maximum(np.asarray(square.T @ shares).ravel() - mean**2, 0.0), None)
        root = np.sqrt(shares)
        if n <= d:
            products, along = _dense(x @ x.T), x @ mean
            centred = products - along[:, None] - along + mean @ mean
            scale, vectors = _spectrum(root[:, None] * centred * root)
            # The basis on the columns would be centred.T @ turn.T; its (d, r) entries are never formed.
            turn = (vectors * root[:, None] / np.sqrt(scale)).T
            return _Basis(x, mean, vectors * np.sqrt(scale) / root[:, None], scale, turn)
        rooted = (_dense(x) - mean) * root[:, None]
        scale, vectors = _spectrum(rooted.T @ rooted)
        return _Basis(x, mean, rooted @ vectors / root[:, None], scale, vectors.T)

    def scores(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(c, r) -> (c, n)."""
        if self.rows is not None:
            return np.asarray(weights @ self.rows.T)
        return np.asarray((self.x @ weights.T).T) - (weights @ self.mean)[:, None]

    def gradient(self, residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """(c, n) -> (c, r)."""
        if self.rows is not None:
            return np.asarray(residuals @ self.rows)
        made: NDArray[np.float64] = np.asarray((self.x.T @ residuals.T).T) - residuals.sum(1)[:, None] * self.mean
        return made

    def back(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(c, r) weights in the basis -> (c, d) weights on the columns."""
        if self.turn is None:
            return weights.copy()
        turned: NDArray[np.float64] = weights @ self.turn
        if self.x.shape[0] > self.x.shape[1]:
            return turned
        made: NDArray[np.float64] = np.asarray((self.x.T @ turned.T).T) - turned.sum(1)[:, None] * self.mean
        return made


def _dense(x: Matrix) -> NDArray[np.float64]:
    return x if isinstance(x, np.ndarray) else np.asarray(x.toarray())


def _spectrum(gram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, vectors = np.linalg.eigh(gram)
    kept = values > RANK * max(values[-1], np.finfo(float).tiny)
    return values[kept], np.ascontiguousarray(vectors[:, kept])


@dataclass(frozen=True)
class _Problem:
    """The loss over points (c, r + 1): weights in the basis, then the bias."""

    basis: _Basis
    y: NDArray[np.int64]
    shares: NDArray[np.float64]
    priors: NDArray[np.float64]

    @staticmethod
    def of(basis: _Basis, y: NDArray[Any], shares: NDArray[np.float64], n_classes: int) -> _Problem:
        return _Problem(basis, y, shares, np.bincount(y, shares, n_classes).astype(np.float64))

    def start(self) -> NDArray[np.float64]:
        """Every class at its share."""
        point = np.zeros((len(self.priors), len(self.basis.scale) + 1))
        point[:, -1] = np.log(self.priors) - np.log(self.priors).mean()
        return point

    def preconditioner(self, penalty: float) -> NDArray[np.float64]:
        curvature = CURVATURE * (self.priors * (1 - self.priors))[:, None]
        weights = 1 / (curvature * self.basis.scale + penalty)
        return np.concatenate([weights, 1 / curvature], axis=1)

    def value(self, point: NDArray[np.float64], penalty: float) -> tuple[float, NDArray[np.float64]]:
        """Loss plus penalty, and its gradient."""
        weights, places = point[:, :-1], np.arange(len(self.y))
        scores = self.basis.scores(weights)
        scores += point[:, -1:]
        scores -= scores.max(0)
        chances = np.exp(scores)
        totals = chances.sum(0)
        loss = self.shares @ (np.log(totals) - scores[self.y, places])
        chances /= totals
        chances[self.y, places] -= 1
        chances *= self.shares
        gradient = np.empty_like(point)
        gradient[:, :-1] = self.basis.gradient(chances) + penalty * weights
        gradient[:, -1] = chances.sum(1)
        return float(loss + 0.5 * penalty * np.vdot(weights, weights)), gradient


def _minimise(problem: _Problem, penalty: float, point: NDArray[np.float64]) -> NDArray[np.float64]:
    scaling = problem.preconditioner(penalty)
    value, gradient = problem.value(point, penalty)
    steps: list[_Step] = []
    for _ in range(MAX_ITERATIONS):
        if np.abs(gradient).max() <= TOLERANCE:
            return point
        direction = _direction(gradient, steps, scaling)
        found = _search(problem, penalty, (point, value, gradient), direction)
        if found is None and not steps:
            break
        if found is None:  # the memory misleads: start again from steepest descent
            steps = []
            continue
        step = _Step.between(found[0] - point, found[2] - gradient)
        steps = [*steps[-MEMORY + 1 :], step] if step.curvature > 0 else steps
        point, value, gradient = found
    raise ConvergenceError(
        f"A linear head stopped at gradient {np.abs(gradient).max():.1e}, wanted {TOLERANCE:g} (penalty {penalty:g}, "
        f"{len(problem.y)} distinct rows). Its columns are probably of very different sizes: standardise them."
    )


@dataclass(frozen=True)
class _Step:
    move: NDArray[np.float64]
    change: NDArray[np.float64]
    curvature: float

    @staticmethod
    def between(move: NDArray[np.float64], change: NDArray[np.float64]) -> _Step:
        return _Step(move, change, float(np.vdot(move, change)))


def _direction(
    gradient: NDArray[np.float64], steps: Sequence[_Step], scaling: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two-loop recursion: an approximate Newton step from the last steps."""
    q, factors = gradient.copy(), []
    for step in reversed(steps):
        factor = np.vdot(step.move, q) / step.curvature
        factors.append(factor)
        q -= factor * step.change
    q *= scaling
    if steps:
        last = steps[-1]
        q *= last.curvature / np.vdot(last.change * scaling, last.change)
    for step, factor in zip(steps, reversed(factors), strict=True):
        q += (factor - np.vdot(step.change, q) / step.curvature) * step.move
    return -q


_State = tuple[NDArray[np.float64], float, NDArray[np.float64]]  # point, value, gradient


def _search(problem: _Problem, penalty: float, at: _State, direction: NDArray[np.float64]) -> _State | None:
    """Halve the step until the value falls enough (Armijo), or None."""
    point, value, gradient = at
    slope, size = float(np.vdot(gradient, direction)), 1.0
    slack = 1e-14 * max(1.0, abs(value))  # near the minimum, differences are below rounding
    for _ in range(40):
        moved = point + size * direction
        found = problem.value(moved, penalty)
        if found[0] <= value + 1e-4 * size * slope + slack:
            return moved, *found
        size *= 0.5
    return None

"""The penalty of a linear head, chosen on the real training rows alone, once for every arm.

A fixed C on a summed loss means less regularisation with every row that is added, so that plain copies "help". Here the
loss is a mean and cross-validation chooses its penalty before any augmented row is seen.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import memo
from augeval.errors import InputError
from augeval.models.solver import Matrix, Rows, collapse, fit_path
from augeval.seeds import stream

__all__ = ["GRID", "tuned_penalty"]

GRID = tuple(10.0 ** (half / 2) for half in range(-4, 7))  # C from 0.01 to 1000 in half decades
FOLDS = 4
_TUNING = "1"  # raised by hand when the same rows would get another penalty


def tuned_penalty(x: Matrix, y: NDArray[Any], *, seed: int, n_classes: int) -> float:
    """The penalty on the mean loss with the smallest cross-validated log loss.

    Four folds, drawn by `seed`, each with its share of every class; equal rows stay together. Where a class has fewer
    distinct rows than folds some folds hold none of it, and its only row is trained on and never scored. Candidates
    are 1 / (C n), n rows, C from 0.01 to 1000 in half decades, the same penalty in every fold; the stronger one wins
    a tie.

    Args:
        x: (n, d) features of the real training rows. y: (n,) their classes.
        seed: the replicate. n_classes: of the dataset.

    Returns:
        The penalty, a pure function of all of these; kept on disk.

    Raises:
        InputError: no class has two distinct rows, so nothing can be scored.
    """
    rows = collapse(x, y, None)
    key = ["tuning", _TUNING, _digest(rows), str(seed), str(n_classes)]
    kept = memo.remember(key, lambda: {"losses": _losses(rows, seed, n_classes)})
    return _penalties(rows)[int(np.argmin(kept["losses"]))]


def _penalties(rows: Rows) -> list[float]:
    return [float(1 / (c * rows.weights.sum())) for c in GRID]


def _losses(rows: Rows, seed: int, n_classes: int) -> NDArray[np.float64]:
    """(candidates,) mean log loss of the rows left out."""
    folds = _folds(rows.y, stream("tuning", seed))
    total, scored = np.zeros(len(GRID)), 0.0
    for fold in range(FOLDS):
        inside, outside = _take(rows, folds != fold), _take(rows, folds == fold)
        if len(outside.y):
            heads = fit_path(inside, _penalties(rows), n_classes)
            chances = [head(outside.x)[np.arange(len(outside.y)), outside.y] for head in heads]
            total += [-outside.weights @ np.log(np.maximum(c, np.finfo(float).tiny)) for c in chances]
            scored += outside.weights.sum()
    if not scored:
        raise InputError(
            "The penalty cannot be tuned: no class has two different training rows. Give more rows, or set tune: false."
        )
    return total / scored


def _folds(y: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """(n,) fold of each row, or -1 for the only row of a class; folds differ by one row of each class at most."""
    folds = np.full(len(y), -1)
    dealt = 0
    for c in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == c))
        if len(members) > 1:
            folds[members] = (dealt + np.arange(len(members))) % FOLDS
            dealt += len(members)
    return folds


def _take(rows: Rows, chosen: NDArray[np.bool_]) -> Rows:
    places = np.flatnonzero(chosen)
    return Rows(rows.x[places], rows.y[places], rows.weights[places])


def _digest(rows: Rows) -> str:
    x = rows.x
    parts = [x] if isinstance(x, np.ndarray) else [x.indptr, x.indices, x.data]
    digest = hashlib.sha256(str(x.shape).encode())
    for part in [*parts, rows.y, rows.weights]:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()

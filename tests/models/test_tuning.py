"""Tuning: the penalty depends on the real rows, their labels and the seed, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from augeval.errors import InputError
from augeval.models import tuning
from augeval.models.solver import Rows, collapse
from augeval.models.tuning import FOLDS, GRID, tuned_penalty
from augeval.seeds import stream


def noisy(n: int = 60, d: int = 10, k: int = 3, spread: float = 1.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    return rng.normal(size=(n, d)) + spread * rng.normal(size=(k, d))[y], y


def test_losses_are_those_of_scikit_learn_on_the_same_folds():
    x, y = noisy()
    rows = collapse(x, y, None)
    losses = tuning._losses(rows, 0, 3)
    folds = tuning._folds(y, stream("tuning", 0))
    for i in (2, 6, 10):
        total = 0.0
        for fold in range(FOLDS):
            inside, outside = folds != fold, folds == fold
            c = GRID[i] * 60 / inside.sum()  # the same penalty on the mean loss in every fold
            model = LogisticRegression(C=c, tol=1e-9, max_iter=10_000).fit(x[inside], y[inside])
            total += log_loss(y[outside], model.predict_proba(x[outside]), labels=range(3)) * outside.sum()
        assert losses[i] == pytest.approx(total / 60, abs=1e-4)


def test_chosen_penalty_has_the_smallest_loss():
    x, y = noisy()
    losses = tuning._losses(collapse(x, y, None), 3, 3)
    assert tuned_penalty(x, y, seed=3, n_classes=3) == pytest.approx(1 / (GRID[int(np.argmin(losses))] * 60))


def test_noise_is_penalised_more_than_signal():
    weak, strong = (tuned_penalty(*noisy(spread=s), seed=0, n_classes=3) for s in (0.05, 4.0))
    assert weak > strong


def test_folds_share_every_class_and_keep_an_only_row_in_training():
    y = np.array([0] * 9 + [1] * 3 + [2])
    folds = tuning._folds(y, stream("tuning", 5))
    assert folds[-1] == -1  # the only row of class 2
    of_zero = np.bincount(folds[:9], minlength=FOLDS)
    assert of_zero.max() - of_zero.min() <= 1
    assert len(set(folds[9:12])) == 3  # three rows of class 1 in three folds
    sizes = np.bincount(folds[:12], minlength=FOLDS)
    assert sizes.tolist() == [3, 3, 3, 3]


def test_copies_of_every_row_move_no_loss():
    """Equal rows share a fold; in two folds a copy would be scored by a head that had seen it."""
    x, y = noisy(24)
    rows, doubled = collapse(x, y, None), collapse(np.tile(x, (2, 1)), np.tile(y, 2), None)
    halved = Rows(doubled.x, doubled.y, doubled.weights / 2)  # the same candidates 1 / (C n)
    assert np.array_equal(tuning._losses(halved, 0, 3), tuning._losses(rows, 0, 3))


def test_seed_reaches_the_folds():
    x, y = noisy()
    one, two = (tuning._losses(collapse(x, y, None), seed, 3) for seed in (0, 1))
    assert not np.allclose(one, two, atol=1e-6)


def test_sparse_rows_are_tuned_as_dense_ones():
    x, y = noisy()
    x = np.where(x > 0.3, x, 0.0)
    dense, csr = (tuned_penalty(form, y, seed=1, n_classes=3) for form in (x, sparse.csr_matrix(x)))
    assert dense == csr


def test_result_is_kept_and_read_back(monkeypatch):
    x, y = noisy(seed=9)
    first = tuned_penalty(x, y, seed=0, n_classes=3)
    monkeypatch.setattr(tuning, "_losses", lambda *a: pytest.fail("computed twice"))
    assert tuned_penalty(x, y, seed=0, n_classes=3) == first


def test_classes_of_one_row_each_cannot_be_tuned():
    with pytest.raises(InputError, match="no class has two different training rows"):
        tuned_penalty(np.eye(3), np.arange(3), seed=0, n_classes=3)

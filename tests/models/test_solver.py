"""Solver: scikit-learn's minimum, tighter; and the same bits for the same problem."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from augeval.models import solver
from augeval.models.solver import ConvergenceError, Rows, collapse, fit, fit_path


def blobs(n: int, d: int, k: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % k)
    x = rng.normal(size=(n, d)) + 1.5 * rng.normal(size=(k, d))[y]
    return x, y


@pytest.mark.parametrize(("n", "d", "k"), [(60, 5, 3), (30, 80, 4), (80, 6, 2), (25, 60, 2)])
@pytest.mark.parametrize("c", [0.1, 10.0])
def test_minimum_is_that_of_scikit_learn_with_the_same_objective(n, d, k, c):
    x, y = blobs(n, d, k)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, n)
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=20_000).fit(x, y, sample_weight=weights)
    ours = fit(collapse(x, y, weights), 1 / (c * weights.sum()), k)
    np.testing.assert_allclose(ours(x), theirs.predict_proba(x), atol=1e-4)
    coefficients = ours.weights[1:] - ours.weights[:1] if k == 2 else ours.weights
    np.testing.assert_allclose(coefficients, theirs.coef_, atol=1e-3)


def test_sparse_rows_and_rows_too_many_for_a_basis_have_the_same_minimum(monkeypatch):
    x, y = blobs(40, 12, 3)
    x = np.where(x > 0.5, x, 0.0)
    small = fit(collapse(x, y, None), 0.01, 3)(x)
    csr = sparse.csr_matrix(x)
    np.testing.assert_allclose(fit(collapse(csr, y, None), 0.01, 3)(csr), small, atol=1e-5)
    monkeypatch.setattr(solver, "LARGEST_BASIS", 5)
    np.testing.assert_allclose(fit(collapse(x, y, None), 0.01, 3)(x), small, atol=1e-5)
    np.testing.assert_allclose(fit(collapse(csr, y, None), 0.01, 3)(csr), small, atol=1e-5)


@settings(deadline=None, max_examples=25)
@given(copies=st.integers(2, 9), seed=st.integers(0, 1000))
def test_copies_of_every_row_are_the_same_problem_in_every_bit(copies, seed):
    x, y = blobs(17, 6, 3, seed)
    one = fit(collapse(x, y, None), 0.02, 3)
    many = fit(collapse(np.tile(x, (copies, 1)), np.tile(y, copies), None), 0.02, 3)
    assert np.array_equal(one.weights, many.weights)
    assert np.array_equal(one.bias, many.bias)


def test_equal_rows_collapse_in_order_of_first_appearance_and_classes_stay_apart():
    x = np.array([[2.0], [1.0], [2.0], [2.0], [1.0]])
    rows = collapse(x, np.array([0, 0, 0, 1, 0]), np.array([1.0, 1.0, 0.5, 1.0, 2.0]))
    assert rows.x.ravel().tolist() == [2.0, 1.0, 2.0]  # row 3 is of another class
    assert rows.y.tolist() == [0, 0, 1]
    assert rows.weights.tolist() == [1.5, 3.0, 1.0]


def test_a_row_of_weight_zero_is_as_if_absent():
    x, y = blobs(20, 4, 2)
    weights = np.ones(20)
    weights[3] = 0
    without = fit(collapse(np.delete(x, 3, 0), np.delete(y, 3), None), 0.05, 2)
    assert np.array_equal(fit(collapse(x, y, weights), 0.05, 2).weights, without.weights)


def test_a_class_without_rows_has_probability_zero_and_rows_sum_to_one():
    x, y = blobs(20, 4, 2)
    chances = fit(collapse(x, 1 + 2 * y, None), 0.05, 5)(x)  # classes 1 and 3 of five
    assert chances.shape == (20, 5)
    assert (chances[:, [0, 2, 4]] == 0).all()
    np.testing.assert_allclose(chances.sum(1), 1, atol=1e-12)
    assert (chances.argmax(1) == 1 + 2 * y).mean() > 0.9


def test_one_class_alone_is_certain():
    chances = fit(collapse(np.ones((3, 2)), np.array([2, 2, 2]), None), 0.1, 4)(np.zeros((1, 2)))
    assert chances.tolist() == [[0, 0, 1, 0]]


def test_equal_rows_of_two_classes_get_the_classes_shares():
    x = np.zeros((4, 3))  # nothing tells them apart: three of class 0, one of class 1
    np.testing.assert_allclose(fit(collapse(x, np.array([0, 0, 1, 0]), None), 0.1, 2)(x[:1]), [[0.75, 0.25]], atol=1e-6)


@pytest.mark.parametrize("k", [2, 13])
def test_a_row_is_scored_to_the_same_bits_alone_and_among_others(k):
    x, y = blobs(65, 33, k)
    head = fit(collapse(x, y, None), 0.01, k)
    together = head(x)
    assert all(np.array_equal(head(x[i : i + 1])[0], together[i]) for i in range(65))


def test_a_path_ends_where_single_fits_end():
    x, y = blobs(50, 8, 3)
    rows, penalties = collapse(x, y, None), [1.0, 0.1, 0.01]
    for head, penalty in zip(fit_path(rows, penalties, 3), penalties, strict=True):
        np.testing.assert_allclose(head(x), fit(rows, penalty, 3)(x), atol=1e-4)


def test_the_gradient_vanishes_at_the_minimum():
    x, y = blobs(40, 6, 3)
    head, penalty = fit(collapse(x, y, None), 0.003, 3), 0.003
    residuals = (head(x) - np.eye(3)[y]) / 40
    assert np.abs(residuals.T @ x + penalty * head.weights).max() < 1e-5
    assert np.abs(residuals.sum(0)).max() < 1e-6


def test_a_search_that_is_cut_short_is_an_error_not_a_result(monkeypatch):
    monkeypatch.setattr(solver, "MAX_ITERATIONS", 2)
    x, y = blobs(40, 6, 3)
    with pytest.raises(ConvergenceError, match=r"stopped at gradient .* wanted 1e-07 .*40 distinct rows"):
        fit(collapse(x, y, None), 0.003, 3)


def test_shares_of_whole_multiples_are_the_same_floats():
    weights = np.array([1.0, 2.0, 4.0, 1.0])
    one, five = (Rows(np.zeros((4, 1)), np.zeros(4, np.int64), w * weights) for w in (1, 5))
    assert np.array_equal(one.shares, five.shares)

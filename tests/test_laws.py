"""The laws, over everything that is registered; and over plug-ins that break them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augeval import laws, registry
from augeval.augment import apertium
from augeval.augment.apply import Context, apply_arm
from augeval.errors import ContractError
from augeval.extend import augmenter, metric, model, set_augmenter
from augeval.seeds import shared_keys
from augeval.types import Arm, Column, Dataset, Examples, Spec

ROWS_OF = {"text": "docstrings", "image": "digits", "tabular": "wine"}
# Rows of a file are tried with a file, and those of a language model with a server (tests/augment/llm).
AUGMENTERS = [name for name in registry.BUILTIN["augmenter"] if name not in ("file", "llm_paraphrase")]
TALK = ("contraction", "sentence_shuffle")  # a docstring's first line has one sentence, and nothing to contract
PAIRS = [(name, law) for name in AUGMENTERS for law in laws.LAWS["augmenter"]]
MODELS = [(name, law) for name in registry.BUILTIN["model"] for law in laws.LAWS["model"]]


def dataset_for(modalities) -> Dataset:
    name = next(ROWS_OF[m] for m in ROWS_OF if m in modalities)
    loaded: Dataset = registry.get("dataset", name).fn()
    return loaded


def dataset_of(plugin) -> Dataset:
    """Rows that mean something to the augmenter: tables where rows are left out, with categories where these move."""
    loaded: Dataset = dataset_for(["tabular"] if plugin.form == "subset" else plugin.modalities)
    if plugin.name != "categorical_swap":
        return loaded
    x = loaded.examples.x.copy()
    x[:, :2] = np.floor(x[:, :2]) % 3
    columns = (*(Column(c.name, "categorical", ("a", "b", "c")) for c in loaded.columns[:2]), *loaded.columns[2:])
    return replace(loaded, examples=replace(loaded.examples, x=x), columns=columns)


def talk() -> Dataset:
    """Texts of several sentences, written short and in full."""
    texts = [f"It is number {i}. I don't know it! You can't go. We will not stay? It's so." for i in range(80)]
    rows = Examples(np.array(texts, object), np.arange(80) % 2, np.arange(80))
    return Dataset("talk", "text", rows, ("even", "odd"))


def encoder_of_lengths(texts):
    """A small encoder of words, so that no network is loaded: letters counted, scaled to length 1."""
    counts = np.array(
        [[text.lower().count(c) + 0.01 for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32
    )
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def name_of(value):
    return getattr(value, "__name__", value)


@pytest.mark.parametrize(("name", "law"), PAIRS, ids=name_of)
def test_every_augmenter_obeys(name, law):
    plugin = registry.get("augmenter", name)
    if name == "back_translation" and apertium.missing("eng", "spa") + apertium.missing("spa", "eng"):
        pytest.skip("needs Apertium: apt install apertium apertium-eng-spa")
    params = {"trees": 5} if "trees" in plugin.params else {}  # a forest of few is as lawful as one of many
    law(plugin, talk() if name in TALK else dataset_of(plugin), encoder_of_lengths, **params)


MAKING = [
    (name, modality)
    for name in AUGMENTERS
    for modality in ROWS_OF
    if (plugin := registry.get("augmenter", name)).form in ("row", "set") and modality in plugin.modalities
]
DOSES = {"balance": lambda rows, small: rows.max() - rows[small], "ratio": lambda rows, small: rows[small]}


@pytest.mark.parametrize("dose", DOSES)
@pytest.mark.parametrize(("name", "modality"), MAKING)
def test_every_augmenter_keeps_to_the_minority_in_every_modality(name, modality, dose):
    plugin = registry.get("augmenter", name)
    if name == "back_translation" and apertium.missing("eng", "spa") + apertium.missing("spa", "eng"):
        pytest.skip("needs Apertium: apt install apertium apertium-eng-spa")
    own = talk() if name in TALK else dataset_of(plugin)
    dataset = own if own.modality == modality else dataset_for([modality])
    train = laws._some(dataset, uneven=True)
    params = {"cluster_balance_threshold": 0.01} if name == "kmeans_smote" else {}
    arm = Arm(Spec(name, params), magnitude=plugin.default_magnitude, scope="minority", **{dose: 1.0})
    made = apply_arm(arm, plugin, train, Context(dataset, 0, 0, train.x[:0], encoder_of_lengths)).training
    rows = np.bincount(train.y)
    small = np.flatnonzero(rows < 0.9 * rows.max())
    parents = train.y[np.searchsorted(train.ids, made.synthetic.parents[:, 0])]
    assert 0 < len(small) < len(rows)
    assert set(parents) == set(small)
    assert made.asked == sum(DOSES[dose](rows, small))
    assert set(made.real.ids) == set(train.ids)


@pytest.mark.parametrize(("name", "law"), MODELS, ids=name_of)
def test_every_model_obeys(name, law):
    plugin = registry.get("model", name)
    params = {"steps": 60} if "steps" in plugin.params else {}
    law(plugin, dataset_for(plugin.modalities), **params)


@pytest.mark.parametrize("name", registry.BUILTIN["metric"])
@pytest.mark.parametrize("law", laws.LAWS["metric"], ids=name_of)
def test_every_metric_obeys(name, law):
    law(registry.get("metric", name))


@pytest.mark.parametrize("name", registry.BUILTIN["dataset"])
@pytest.mark.parametrize("law", laws.LAWS["dataset"], ids=name_of)
def test_every_dataset_obeys(name, law):
    law(registry.get("dataset", name))


def broken(kind, plugin, words, dataset=None):
    with pytest.raises(ContractError, match=words):
        laws.check(kind, plugin, dataset)


def test_an_augmenter_that_ignores_its_generator_is_found_out():
    @augmenter("text", unit="words", default_magnitude=1.0)
    def append(text, *, magnitude, rng):
        return text + " more"

    broken("augmenter", append, "the draw must reach the rows", dataset_for(["text"]))


def test_an_augmenter_whose_copies_of_a_row_are_all_alike_is_found_out():
    @augmenter("text", unit="words", default_magnitude=1.0, batch=True)
    def append(rows, *, magnitude, row_keys, copies):
        shared = shared_keys(row_keys, copies).tolist()
        return [f"{row} {key}" for row, key in zip(rows, shared, strict=True)]

    broken("augmenter", append, "copies must differ", dataset_for(["text"]))


def test_an_augmenter_whose_rows_depend_on_those_beside_them_is_found_out():
    @augmenter("text", unit="words", default_magnitude=1.0, batch=True)
    def count(rows, *, magnitude, rngs):
        return [f"{row} {rng.random()} of {len(set(rows))}" for row, rng in zip(rows, rngs, strict=True)]

    broken("augmenter", count, "a row must not depend on the rows beside it", dataset_for(["text"]))


def test_an_augmenter_that_draws_from_a_generator_of_its_own_is_found_out():
    mine = np.random.default_rng(0)

    @augmenter("text", unit="words", default_magnitude=1.0)
    def append(text, *, magnitude, rng):
        return f"{text} {mine.integers(10**9)}"

    broken("augmenter", append, "the same seed and draw", dataset_for(["text"]))


def test_an_augmenter_that_writes_into_its_rows_is_found_out():
    @set_augmenter("tabular")
    def scaled(train, quota, *, rng):
        train.x[:] *= 1 + rng.random()
        return Examples(train.x[:0], train.y[:0], train.ids[:0], train.ids[:0, None])

    with pytest.raises(ContractError, match="the training rows must not be changed"):
        laws.input_stays_untouched(scaled, dataset_for(["tabular"]))


def test_a_model_that_depends_on_its_batch_is_found_out():
    from augeval.extend import batch_model

    @batch_model("tabular")
    def leaky(trains, dataset, *, seeds):
        share = 1 / (1 + len(trains))

        def predict(x):
            return np.tile([share, *[(1 - share) / (dataset.n_classes - 1)] * (dataset.n_classes - 1)], (len(x), 1))

        return [predict for _ in trains]

    broken("model", leaky, "a batch must equal its single fits", dataset_for(["tabular"]))


def test_a_model_whose_scores_are_no_probabilities_is_found_out():
    @model("tabular")
    def scores(train, dataset, *, seed):
        return lambda x: np.ones((len(x), dataset.n_classes))

    broken("model", scores, "must sum to 1", dataset_for(["tabular"]))


def test_a_metric_with_the_wrong_direction_is_found_out():
    @metric(higher_is_better=True)
    def wrong(y, scores):
        return float((scores.argmax(1) != y).mean())

    broken("metric", wrong, "must beat chance")


def test_check_names_the_laws_that_hold():
    held = laws.check("metric", registry.get("metric", "accuracy"))
    assert held == [law.__name__ for law in laws.LAWS["metric"]]


def test_a_metric_that_reads_more_than_it_says_is_found_out():
    from augeval.metrics.calibration import brier

    broken("metric", metric(reads="classes", higher_is_better=False)(brier.fn), "it reads more than it says")

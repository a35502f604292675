"""The bundled datasets: they load offline, the same each time, with the classes and shares that they promise."""

from __future__ import annotations

import socket
from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from augeval.data import bundled, splits
from augeval.types import Dataset

NAMES = [name for name in bundled.__all__]


@cache
def loaded(name: str) -> Dataset:
    return getattr(bundled, name).fn()


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_without_a_network_and_has_the_same_rows_again(name, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a bundled dataset opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    again = getattr(bundled, name).fn()
    assert again.fingerprint == loaded(name).fingerprint
    assert len(again.fingerprint) == 64


def test_no_two_of_them_have_the_same_fingerprint():
    assert len({loaded(name).fingerprint for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_its_name_modality_source_and_licence(name):
    dataset = loaded(name)
    assert dataset.name == name
    assert (dataset.modality,) == getattr(bundled, name).modalities
    assert dataset.source
    assert dataset.licence
    assert "/" not in dataset.source.replace("n/a", "")


@pytest.mark.parametrize("name", NAMES)
def test_its_rows_are_numbered_and_can_be_split(name):
    dataset = loaded(name)
    assert dataset.examples.ids.tolist() == list(range(len(dataset.examples)))
    found = splits.split(dataset, seed=0)
    assert len(found.train) + len(found.test) <= len(dataset.examples)
    assert len(found.test) == pytest.approx(0.4 * len(dataset.examples), abs=3)


def test_docstrings_are_about_1300_sentences_of_13_subpackages():
    dataset = loaded("docstrings")
    counts = np.bincount(dataset.examples.y)
    assert len(dataset.classes) == 13
    assert 1_100 <= len(dataset.examples) <= 1_500
    assert 5 <= counts.max() / counts.min() <= 30
    assert {"fft", "linalg", "stats", "special", "sparse"} <= set(dataset.classes)


def test_a_docstring_is_a_sentence_that_no_other_row_repeats():
    texts = loaded("docstrings").examples.x.tolist()
    assert len(set(texts)) == len(texts)
    assert all(text == text.strip() and "\n" not in text for text in texts)
    assert not any(".. deprecated" in text for text in texts)


def test_a_docstring_row_is_known_by_its_function():
    dataset = loaded("docstrings")
    row = dataset.keys.tolist().index("scipy.fft.rfft")
    assert dataset.classes[dataset.examples.y[row]] == "fft"
    assert "Fourier" in dataset.examples.x[row]


def test_searching_docstrings_finds_the_rest_of_the_same_docstring():
    dataset = loaded("docstring_search")
    row = dataset.keys.tolist().index("scipy.fft.rfft")
    document = dataset.corpus[dataset.examples.y[row]]
    assert "Parameters" in document
    assert not document.startswith(dataset.examples.x[row])
    assert dataset.classes == ()
    assert len(set(dataset.corpus.tolist())) == len(dataset.corpus)


def test_digits_are_those_of_scikit_learn_on_a_scale_of_255():
    dataset, bunch = loaded("digits"), load_digits()
    assert dataset.examples.x.shape == (1797, 8, 8, 1)
    assert dataset.examples.x.dtype == np.uint8
    assert np.array_equal(np.rint(dataset.examples.x[..., 0] * (16 / 255)), bunch.images)
    assert np.array_equal(dataset.examples.y, bunch.target)


def test_each_digit_lies_whole_somewhere_on_its_canvas():
    small, canvas = loaded("digits").examples.x, loaded("digits_canvas").examples.x
    assert canvas.shape == (1797, 16, 16, 1)
    corners = set()
    for digit, image in zip(small, canvas, strict=True):
        assert image.sum(dtype=int) == digit.sum(dtype=int)
        places = [
            (top, left)
            for top in range(9)
            for left in range(9)
            if np.array_equal(image[top : top + 8, left : left + 8], digit)
        ]
        assert places
        corners.update(places)
    assert len(corners) == 81


@pytest.mark.parametrize(("name", "rare"), [("digits_rare", "8"), ("breast_cancer_rare", "malignant")])
def test_the_rare_class_makes_up_five_percent(name, rare):
    dataset = loaded(name)
    share = np.mean(dataset.examples.y == dataset.classes.index(rare))
    assert share == pytest.approx(0.05, abs=0.002)
    assert f"class {rare} is thinned" in dataset.notes[0]


def test_a_thinned_dataset_keeps_every_row_of_the_other_classes():
    whole, thin = loaded("breast_cancer"), loaded("breast_cancer_rare")
    benign = [d.examples.x[d.examples.y == d.classes.index("benign")] for d in (whole, thin)]
    assert np.array_equal(*benign)


def test_breast_cancer_is_that_of_scikit_learn():
    dataset, bunch = loaded("breast_cancer"), load_breast_cancer()
    assert np.array_equal(dataset.examples.x, bunch.data)
    assert [column.kind for column in dataset.columns] == ["numeric"] * 30
    assert dataset.columns[0].name == "mean_radius"
    assert dataset.classes == ("benign", "malignant")  # the rarer one is the positive one, as nowhere in scikit-learn
    assert np.array_equal(dataset.examples.y, 1 - bunch.target)
    assert np.bincount(dataset.examples.y).tolist() == [357, 212]


def test_wine_has_three_growers():
    dataset = loaded("wine")
    assert dataset.examples.x.shape == (178, 13)
    assert np.bincount(dataset.examples.y).tolist() == [59, 71, 48]

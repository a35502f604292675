"""A .npz file as images or as a table; nothing in it is ever unpickled."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from augeval.data.arrays import load_npz
from augeval.errors import DataError

SHARED = Path(os.environ.get("AUGEVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

IMAGES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
LABELS = np.array([0, 1, 0, 1])


@pytest.fixture
def npz(tmp_path):
    def written(name="toy.npz", **arrays):
        np.savez_compressed(tmp_path / name, **arrays)
        return {"npz": str(tmp_path / name)}

    return written


def test_grey_images_get_a_channel(npz):
    made = load_npz(npz(x=IMAGES, y=LABELS))
    assert (made.name, made.modality, made.classes, made.source) == ("toy", "image", ("0", "1"), "toy.npz")
    assert np.array_equal(made.examples.x[..., 0], IMAGES)
    assert made.examples.y.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("X", "target"), ("data", "targets")])
def test_the_usual_names_are_known(npz, names):
    assert len(load_npz(npz(**{names[0]: IMAGES, names[1]: LABELS})).examples) == 4


def test_colour_images_are_taken_as_they_are(npz):
    images = np.stack([IMAGES] * 3, axis=-1)
    assert load_npz(npz(x=images, y=LABELS[:, None])).examples.x.shape == (4, 2, 3, 3)


@pytest.mark.parametrize(
    "spelled", ["x_train y_train x_test y_test", "train_images train_labels test_images test_labels"]
)
def test_test_arrays_are_the_official_test_set(npz, spelled):
    values = (IMAGES, LABELS, IMAGES[:2] + 100, LABELS[:2])
    made = load_npz(npz(**dict(zip(spelled.split(), values, strict=True))))
    assert made.test_rows.tolist() == [4, 5]


def test_training_arrays_alone_are_a_dataset_without_a_test_set(npz):
    assert load_npz(npz(x_train=IMAGES, y_train=LABELS)).test_rows is None


def test_label_names_name_the_numbers(npz):
    assert load_npz(npz(x=IMAGES, y=LABELS, label_names=np.array(["cat", "dog"]))).classes == ("cat", "dog")
    assert load_npz(npz(x=IMAGES, y=LABELS * 2, label_names=np.array(["a", "b", "c"]))).classes == ("a", "c")


def test_labels_may_be_texts_or_whole_floats(npz):
    made = load_npz(npz(x=IMAGES, y=np.array(["dog", "cat", " dog", "cat"])))
    assert made.classes == ("cat", "dog")
    assert made.examples.y.tolist() == [1, 0, 1, 0]
    assert load_npz(npz(x=IMAGES, y=LABELS + 4.0)).classes == ("4", "5")


def test_two_axes_are_a_table(npz):
    table = np.array([[1, np.nan], [2, 3], [4, 5], [6, 7]], np.float32)
    made = load_npz(npz(x=table, y=LABELS))
    assert made.modality == "tabular"
    assert [(c.name, c.kind) for c in made.columns] == [("x0", "numeric"), ("x1", "numeric")]
    assert np.array_equal(made.examples.x, table, equal_nan=True)
    named = load_npz(npz(x=table, y=LABELS, feature_names=np.array(["size", "age"])))
    assert [c.name for c in named.columns] == ["size", "age"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES}, r"has no array 'y'; wanted x and y .* Arrays: x"),
        ({"y": LABELS}, r"has no array 'x'"),
        ({}, r"has no array 'x'.* Arrays: none"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES}, r"has no array 'y_test'"),
        ({"x": IMAGES, "y": LABELS[:3]}, r"shape \(4, 2, 3\) and y \(3,\); wanted one label per row"),
        ({"x": IMAGES, "y": np.eye(4)}, r"wanted one label per row"),
        ({"x": LABELS, "y": LABELS}, r"wanted one label per row"),
        ({"x": IMAGES / 255, "y": LABELS}, r"type float64; wanted uint8, 0 to 255"),
        ({"x": IMAGES.reshape(4, 1, 2, 3), "y": LABELS[:4]}, None),
        ({"x": np.zeros((4, 3, 8, 8), np.uint8), "y": LABELS}, r"wanted .*Channels come last: np\.moveaxis"),
        ({"x": np.zeros((4, 8, 8, 2), np.uint8), "y": LABELS}, r"wanted \(n, h, w\) or \(n, h, w, 1 or 3\)\.$"),
        ({"x": np.zeros((4, 2, 2, 2, 2), np.uint8), "y": LABELS}, r"wanted \(n, h, w\)"),
        ({"x": IMAGES, "y": np.array([0, 1, np.nan, 1])}, r"row 2: the label is nan; wanted a whole number"),
        ({"x": IMAGES, "y": np.array([0, 1, 0.5, 1])}, r"row 2: the label is 0\.5"),
        ({"x": IMAGES, "y": np.array(["a", "", "b", "a"])}, r"row 1: the label is empty"),
        ({"x": IMAGES, "y": np.array([0, 1, 0, 1j])}, r"labels are of type complex128"),
        ({"x": IMAGES, "y": LABELS * 3, "label_names": np.array(["a", "b"])}, r"a label is 3, but there are 2 class"),
        ({"x": IMAGES, "y": LABELS - 1, "label_names": np.array(["a", "b"])}, r"a label is -1"),
        ({"x": IMAGES, "y": LABELS * 0}, r"every row has the label '0'"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, r"holds no rows"),
        ({"x": np.array([[1, 2], [3, np.inf]]), "y": LABELS[:2]}, r"row 1, column 'x1': inf is infinite"),
        ({"x": np.zeros((4, 0)), "y": LABELS}, r"the table has no columns"),
        ({"x": np.array([["a"]] * 4), "y": LABELS}, r"the table is of type <U1; wanted numbers"),
        ({"x": np.eye(4), "y": LABELS, "columns": np.array(["a", "b"])}, r"2 different feature names for 4 columns"),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, :1], "y_test": LABELS},
            r"training rows are uint8 \(2, 3\) and test rows uint8 \(1, 3\)",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES + 100, "y_test": LABELS + 1},
            r"no training row has the class '2', which the test rows have",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(npz, arrays, message):
    if message is None:  # (4, 1, 2, 3): one row of pixels, two high, three channels
        assert load_npz(npz(**arrays)).examples.x.shape == (4, 1, 2, 3)
        return
    with pytest.raises(DataError, match=message):
        load_npz(npz(**arrays))


class Trap:
    def __reduce__(self):
        return (os.mkdir, ("sprung",))


def test_python_objects_are_refused_and_not_run(tmp_path, npz, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"toy\.npz cannot be read .* Arrays of Python objects are refused"):
        load_npz(npz(x=np.array([Trap()], object), y=LABELS))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match=r"plain\.npz is not a \.npz file"):
        load_npz({"npz": str(tmp_path / "plain.npz")})
    assert not (tmp_path / "sprung").exists()


def test_files_that_are_no_npz_are_refused(tmp_path, npz):
    np.save(tmp_path / "one.npy", LABELS)
    for name, content in (("one.npy", None), ("empty.npz", b""), ("text.npz", b"PK\x03\x04 nonsense")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=r"is not a \.npz file\. Write one with numpy\.savez_compressed"):
            load_npz({"npz": str(tmp_path / name)})
    whole = Path(npz(x=IMAGES, y=LABELS)["npz"])
    data = bytearray(whole.read_bytes())
    data[60:70] = b"\xff" * 10
    whole.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"toy\.npz cannot be read"):
        load_npz({"npz": str(whole)})


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are absent; set AUGEVAL_DATA")
def test_the_shared_cifar_subset_is_read_with_its_class_names_and_test_set():
    made = load_npz({"npz": str(SHARED / "image" / "cifar10_subset.npz")})
    assert made.examples.x.shape == (4000, 32, 32, 3)
    assert made.classes[:3] == ("airplane", "automobile", "bird")
    assert np.bincount(made.examples.y).tolist() == [400] * 10
    assert len(made.test_rows) == 1000
    assert made.notes == ()

"""Hugging Face datasets, on folders of this machine: no network, no code of theirs."""

from __future__ import annotations

import sys

import pytest

from augeval.data.hub import load_hub
from augeval.errors import DataError, MissingExtraError

datasets = pytest.importorskip("datasets", reason="the extra hub is not installed")

TEXTS = [f"text number {i}" for i in range(12)]
LABELS = [i % 2 for i in range(12)]


@pytest.fixture(autouse=True)
def offline(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def frame(texts=TEXTS, labels=LABELS, names=None, **more):
    made = datasets.Dataset.from_dict({"text": texts, "label": labels, **more})
    return made if names is None else made.cast_column("label", datasets.ClassLabel(names=names))


def saved(path, made) -> str:
    made.save_to_disk(str(path))
    return str(path)


def test_a_dataset_saved_to_disk_is_read_with_its_class_names(tmp_path):
    made = load_hub({"hub": saved(tmp_path / "toy", frame(names=["neg", "pos"])), "text": "text", "label": "label"})
    assert (made.name, made.modality, made.classes) == ("toy", "text", ("neg", "pos"))
    assert made.examples.x.tolist() == TEXTS
    assert made.examples.y.tolist() == LABELS
    assert made.source == "folder toy (train)"


def test_splits_of_a_saved_dictionary_may_be_an_official_test_set(tmp_path):
    splits = datasets.DatasetDict(train=frame(), test=frame(["new a", "new b"], [0, 1]))
    path = saved(tmp_path / "toy", splits)
    made = load_hub({"hub": path, "text": "text", "label": "label", "test_split": "test"})
    assert made.test_rows.tolist() == [12, 13]
    alone = load_hub({"hub": path, "text": "text", "label": "label", "split": "test"})
    assert alone.examples.x.tolist() == ["new a", "new b"]


def test_a_selection_is_read_as_it_was_selected(tmp_path):
    path = saved(tmp_path / "toy", frame().select([5, 2, 3, 0]))
    assert load_hub({"hub": path, "text": "text", "label": "label"}).examples.x.tolist() == [
        TEXTS[i] for i in (5, 2, 3, 0)
    ]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_folder_of_files_is_read(tmp_path, ending):
    folder = tmp_path / "files"
    folder.mkdir()
    for part, made in (("train", frame()), ("test", frame(["new a", "new b"], [0, 1]))):
        path = str(folder / f"{part}.{ending}")
        {"csv": made.to_csv, "parquet": made.to_parquet, "jsonl": made.to_json}[ending](path)
    made = load_hub({"hub": str(folder), "text": "text", "label": "label", "test_split": "test"})
    assert (len(made.examples), made.classes, made.test_rows.tolist()) == (14, ("0", "1"), [12, 13])


def test_a_table_with_features_group_and_id_is_read(tmp_path):
    made = frame(
        size=[i / 2 for i in range(12)], colour=["red", "blue"] * 6, who=[i // 3 for i in range(12)], key=TEXTS
    )
    roles = {"label": "label", "features": ["size", "colour"], "group": "who", "id": "key"}
    table = load_hub({"hub": saved(tmp_path / "toy", made), **roles})
    assert [(c.name, c.kind) for c in table.columns] == [("size", "numeric"), ("colour", "categorical")]
    assert table.groups.tolist() == [i // 3 for i in range(12)]
    assert table.keys.tolist() == TEXTS


def test_the_same_rows_have_the_fingerprint_of_a_file(tmp_path):
    from augeval.data.files import load

    frame().to_csv(str(tmp_path / "toy.csv"))
    path = saved(tmp_path / "toy", frame())
    roles = {"text": "text", "label": "label"}
    assert load({"hub": path, **roles}).fingerprint == load({"file": str(tmp_path / "toy.csv"), **roles}).fingerprint


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"split": "trian"}, r"toy has no split 'trian'\. Did you mean 'train'\? Splits: train, test"),
        ({"test_split": "dev"}, r"toy has no split 'dev'"),
        ({"test_split": "train"}, r"'train' is the split and the test_split"),
        ({"label": "lable"}, r"toy \(train\) has no column 'lable' .*Did you mean 'label'\? Columns: text, label"),
        ({"text": "txt"}, r"toy \(train\) has no column 'txt' .*Did you mean 'text'"),
        ({"split": "test"}, r"toy \(test\), row 2, column 'label': the label is -1, which marks a row without one"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, more, message):
    splits = datasets.DatasetDict(train=frame(names=["neg", "pos"]), test=frame(["a", "b"], [0, -1], ["neg", "pos"]))
    with pytest.raises(DataError, match=message):
        load_hub({"hub": saved(tmp_path / "toy", splits), "text": "text", "label": "label", **more})


def test_a_dataset_without_a_train_split_must_be_told_which(tmp_path):
    path = saved(tmp_path / "toy", datasets.DatasetDict(dev=frame(), test=frame()))
    with pytest.raises(DataError, match=r"toy: which split\? Write split: and one of dev, test"):
        load_hub({"hub": path, "text": "text", "label": "label"})


def test_an_empty_text_is_refused_with_its_row(tmp_path):
    path = saved(tmp_path / "toy", frame(["a", "", None], [0, 1, 0]))
    with pytest.raises(DataError, match=r"toy \(train\), row 2, column 'text': the text is empty \(and 1 more\)"):
        load_hub({"hub": path, "text": "text", "label": "label"})


def test_a_folder_without_data_and_a_name_that_cannot_be_reached_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"cannot be loaded .*must hold CSV, JSONL or Parquet"):
        load_hub({"hub": str(tmp_path / "empty"), "text": "text", "label": "label"})
    with pytest.raises(DataError, match=r"'nobody/nothing' \(config small\) cannot be loaded"):
        load_hub({"hub": "nobody/nothing", "config": "small", "text": "text", "label": "label"})


def test_a_loading_script_is_never_run(tmp_path):
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    with pytest.raises(DataError, match="cannot be loaded"):
        load_hub({"hub": str(folder), "text": "text", "label": "label"})
    assert not (tmp_path / "sprung").exists()


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"needs datasets, .* pip install 'augeval\[hub\]'"):
        load_hub({"hub": "nobody/nothing", "text": "text", "label": "label"})

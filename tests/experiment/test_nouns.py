"""Digests, plain values, and where files lie."""

import pytest

from augeval import config
from augeval.experiment.nouns import DatasetRef, Experiment

TEXT = """
name: first   # a comment
dataset: {file: data/rows.csv, label: kind}
models: [logistic, {name: hist_gradient_boosting}]
arms:
  - {augmenter: jitter, magnitude: [0.1, 0.2], scope: [b, a]}
  - {augmenter: file, path: made.csv, parent: id}
  - class_weight
train_sizes: [10, null]
draws: seeds
tracking: {uri: sqlite:///a.db}
"""


@pytest.fixture
def folder(tmp_path):
    return make_files(tmp_path / "here")


def make_files(folder):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "rows.csv").write_text("kind\n")
    (folder / "made.csv").write_text("id\n")
    return str(folder)


def test_an_experiment_is_read_back_from_its_plain_values(folder):
    experiment = config.loads(TEXT, folder=folder)
    again = Experiment.from_json(experiment.to_json())
    assert again.to_json() == experiment.to_json()
    assert again.studies == experiment.studies
    assert (again.name, again.tracking, again.digest) == ("first", experiment.tracking, experiment.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another"),
        ("name: first", "name: second"),
        ("sqlite:///a.db", "http://example.org"),
        ("file: data/rows.csv, label: kind", "label: kind, file: ./data/rows.csv"),
        ("scope: [b, a]", "scope: [a, b]"),
        ("{name: hist_gradient_boosting}", "hist_gradient_boosting"),
        ("draws: seeds", "draws: seeds\nseeds: 20\nmargin: 1e-2"),
    ],
)
def test_the_digest_ignores_what_cannot_change_a_number(folder, old, new):
    assert old in TEXT
    assert config.loads(TEXT.replace(old, new), folder=folder).digest == config.loads(TEXT, folder=folder).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[0.1, 0.2]", "[0.1, 0.3]"),
        ("scope: [b, a]", "scope: [b]"),
        ("draws: seeds", "draws: 4"),
        ("draws: seeds", "margin: 0.02\ndraws: seeds"),
        ("train_sizes: [10, null]", "train_sizes: [10]"),
        ("label: kind", "label: sort"),
    ],
)
def test_the_digest_changes_with_what_can_change_a_number(folder, old, new):
    assert config.loads(TEXT.replace(old, new), folder=folder).digest != config.loads(TEXT, folder=folder).digest


def test_a_moved_folder_keeps_the_digest_and_loads_from_its_new_place(folder, tmp_path):
    there = make_files(tmp_path / "there")
    here, moved = config.loads(TEXT, folder=folder), config.loads(TEXT, folder=there)
    assert here.digest == moved.digest
    assert moved.studies[0].dataset.to_json()["file"] == f"{there}/data/rows.csv"
    assert moved.studies[0].arms == here.studies[0].arms


def test_a_hub_name_stays_a_name_and_a_local_copy_becomes_a_path(tmp_path):
    (tmp_path / "glue").mkdir()
    assert DatasetRef({"hub": "glue", "label": "y"}, str(tmp_path)).to_json()["hub"] == str(tmp_path / "glue")
    assert DatasetRef({"hub": "imdb", "label": "y"}, str(tmp_path)).to_json()["hub"] == "imdb"


@pytest.mark.parametrize(
    ("entry", "is_named"),
    [
        ({"name": "wine"}, True),
        ({"name": "mine:rows", "folder": "x"}, True),  # a parameter of the user's own function
        ({"name": "reviews", "file": "a.csv"}, False),
        ({"file": "a.csv"}, False),
    ],
)
def test_a_name_beside_a_file_is_only_what_reports_call_it(entry, is_named):
    assert DatasetRef(entry).is_named is is_named

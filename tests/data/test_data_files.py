"""Datasets from the user's files, through `load`: content decides, not the path; and the shared real data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from augeval.augment.files import file as rows_made_elsewhere
from augeval.data.files import LOADERS, load
from augeval.data.splits import split
from augeval.errors import DataError

SHARED = Path(os.environ.get("AUGEVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are absent; set AUGEVAL_DATA")


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    lines = [f"review number {i},{1 + i % 2},c{i // 3}" for i in range(60)]
    path.write_text("\n".join(["review,stars,customer", *lines]), encoding="utf-8")
    return path


def test_a_csv_of_reviews_is_loaded_as_described(reviews):
    made = load({"file": str(reviews), "text": "review", "label": "stars", "group": "customer"})
    assert (made.name, made.source, made.modality) == ("reviews", "reviews.csv", "text")
    assert made.classes == ("1", "2")
    assert len(np.unique(made.groups)) == 20


def test_the_user_may_name_the_dataset(reviews):
    assert load({"file": str(reviews), "text": "review", "label": "stars", "name": "shop"}).name == "shop"


def test_neither_the_place_nor_the_format_of_a_file_changes_its_fingerprint(reviews, tmp_path):
    elsewhere = tmp_path / "deep" / "copy.jsonl"
    elsewhere.parent.mkdir()
    frame = pd.read_csv(reviews, dtype=str)
    frame.to_json(elsewhere, orient="records", lines=True)
    frame.to_parquet(elsewhere.with_suffix(".parquet"))
    frame.to_csv(elsewhere.with_suffix(".csv"), sep=";", index=False)
    paths = [reviews, *(elsewhere.with_suffix(suffix) for suffix in (".jsonl", ".parquet", ".csv"))]
    found = {load({"file": str(path), "text": "review", "label": "stars"}).fingerprint for path in paths}
    assert len(found) == 1


def test_one_changed_cell_changes_the_fingerprint(reviews):
    before = load({"file": str(reviews), "text": "review", "label": "stars"}).fingerprint
    reviews.write_text(reviews.read_text().replace("number 7,", "number seven,"))
    assert load({"file": str(reviews), "text": "review", "label": "stars"}).fingerprint != before


def test_no_part_of_a_dataset_names_the_folder_that_it_was_read_from(reviews):
    test = shutil.copy(reviews, reviews.with_name("test.csv"))
    Path(test).write_text("review,stars\nanother one,1\nand one more,2\n")
    made = load({"file": str(reviews), "test": test, "text": "review", "label": "stars"})
    assert made.source == "reviews.csv, tested on test.csv"
    told = [made.name, made.source, made.licence, *made.notes, *made.classes]
    assert str(reviews.parent) not in json.dumps(told)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({}, "exactly one of file, folder, npz, beir, hub. Given: nothing"),
        ({"path": "x.csv"}, "exactly one of file, folder, npz, beir, hub. Given: path"),
        ({"file": "x.csv", "npz": "x.npz"}, "exactly one of .* Given: file, npz"),
        ({"file": "x.csv", "lable": "y"}, "'lable' means nothing to a dataset described by file. Did you mean 'label'"),
        ({"folder": "x", "label": "y"}, "'label' means nothing to a dataset described by folder"),
        ({"npz": "x.npz", "size": [2, 2]}, "'size' means nothing to a dataset described by npz"),
        ({"beir": "x", "text": "t"}, "'text' means nothing to a dataset described by beir"),
    ],
)
def test_a_description_that_names_no_one_source_is_refused(description, message):
    with pytest.raises(DataError, match=message):
        load(description)


@pytest.mark.parametrize("kind", sorted(LOADERS.keys() - {"hub"}))  # which would ask the network; see test_hub.py
def test_a_source_that_does_not_exist_is_refused(kind, tmp_path):
    with pytest.raises(DataError, match=r"There is no (file|folder)"):
        load({kind: str(tmp_path / "absent.csv"), **({"label": "y"} if kind == "file" else {})})


def test_loading_imports_no_heavy_library():
    code = (
        "import sys, augeval.data.files;"
        "print([m for m in ('sklearn', 'torch', 'pandas', 'pyarrow', 'PIL', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_rows_made_elsewhere_find_their_parents_by_the_same_ids(tmp_path):
    # What this room reads and what the augmenter `file` reads must agree on ids, categories and numbers.
    source, made = tmp_path / "table.csv", tmp_path / "made.csv"
    source.write_text("key,size,colour,y\n007,1.5,red,a\n8,2,blue,b\n9,3,red,a\n")
    made.write_text("parent,size,colour\n007,1.25,blue\n9,4,red\n")
    dataset = load({"file": str(source), "label": "y", "id": "key"})
    keys = {key: row for row, key in enumerate(dataset.keys)}
    found = rows_made_elsewhere.fn(
        dataset.examples, {0: 5, 1: 5}, rng=np.random.default_rng(0), dataset=dataset, keys=keys,
        path=str(made), parent="parent",
    )  # fmt: skip
    assert found.parents[:, 0].tolist() == [0, 2]
    assert found.x.tolist() == [[1.25, 0], [4, 1]]


@needs_shared
def test_every_shared_table_has_the_columns_and_classes_of_its_schema():
    schema = json.loads((SHARED / "tabular" / "schema.json").read_text(encoding="utf-8"))
    for name, wanted in schema.items():
        made = load({"file": str(SHARED / "tabular" / name), "label": "target", "categorical": wanted["categorical"]})
        assert sorted(c.name for c in made.columns if c.kind == "categorical") == sorted(wanted["categorical"])
        assert sorted(c.name for c in made.columns if c.kind == "numeric") == sorted(wanted["numeric"])
        assert np.bincount(made.examples.y).tolist() == [wanted["majority"], wanted["minority"]]
        assert int(np.isnan(made.examples.x).sum()) == wanted["missing_cells"]
        split(made, seed=0)


@needs_shared
def test_trec_keeps_its_official_test_set_and_loses_the_questions_that_are_in_both():
    made = load(
        {
            "file": str(SHARED / "text" / "trec_train.csv"),
            "test": str(SHARED / "text" / "trec_test.csv"),
            "text": "text",
            "label": "label",
        }
    )
    assert (len(made.test_rows), made.n_classes) == (500, 6)
    assert made.notes[0] == "10 training row(s) left out: equal to a row of the official test set."
    assert len(made.examples) == 5452 - 10 + 500


@needs_shared
def test_a_gzipped_text_file_with_151_classes_is_read():
    made = load({"file": str(SHARED / "text" / "clinc150_imbalanced_train.csv.gz"), "text": "text", "label": "label"})
    assert (len(made.examples), made.n_classes) == (10_625, 151)
    assert made.name == "clinc150_imbalanced_train"

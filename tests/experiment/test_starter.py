"""The experiment that `augeval init` writes is read without a word of complaint, whatever the table is like."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval import config
from augeval.data.infer import infer
from augeval.experiment import starter

FILES = ["text/sst2_train_500.csv", "text/trec_train.csv", "tabular/german.csv", "tabular/abalone9_18.csv"]


def written(modality, classes, columns=None):
    return config.starter("mine", columns or {"hub": "x", "label": "y"}, modality=modality, classes=classes)


def augmenters(text):
    return {entry if isinstance(entry, str) else entry["augmenter"] for entry in yaml.safe_load(text)["arms"]}


@pytest.mark.parametrize("file", FILES)
def test_a_starter_for_a_real_table_is_read_as_it_is(file, shared_data):
    guess = infer(shared_data / file)
    text = config.starter(
        Path(file).stem, guess.description, modality=guess.modality, classes=guess.classes, notes=guess.notes
    )
    study = config.loads(text).studies[0]
    assert study.dataset.entry["label"] in ("label", "target")
    rows = sum(guess.classes.values())
    assert study.train_sizes[0] is None or len(guess.classes) < study.train_sizes[0] < 0.6 * rows


def test_imbalanced_tables_get_smote_and_its_cheap_rivals():
    assert {"smote", "random_over", "class_weight"} <= augmenters(written("tabular", {"no": 700, "yes": 40}))


def test_balances_lie_above_what_the_classes_have_already():
    arms = yaml.safe_load(written("tabular", {"a": 1000, "b": 300}))["arms"]
    assert [arm["balance"] for arm in arms if "balance" in arm] == [[0.5, 1.0]] * 2  # 0.25 is less than 300 of 1000


def test_balanced_tables_get_no_balancing():
    text = written("tabular", {"a": 100, "b": 90})
    assert augmenters(text) == {"jitter", "shuffle_labels"}
    assert yaml.safe_load(text)["metrics"]["primary"] == "accuracy"


@pytest.mark.parametrize(
    ("classes", "primary"),
    [
        ({"no": 900, "yes": 90}, "average_precision"),
        ({"a": 90, "b": 900, "c": 900}, "average_precision"),
        ({"a": 100, "b": 90}, "accuracy"),
    ],
)
def test_imbalanced_classes_are_judged_by_a_metric_that_no_threshold_moves(classes, primary):
    assert yaml.safe_load(written("tabular", classes))["metrics"]["primary"] == primary


def test_boosting_is_left_to_the_user_where_it_would_take_hours():
    few, many = ({str(c): 20 for c in range(n)} for n in (30, 31))
    assert yaml.safe_load(written("tabular", few))["models"] == ["logistic", "hist_gradient_boosting"]
    assert yaml.safe_load(written("tabular", many))["models"] == ["logistic"]
    assert "# - hist_gradient_boosting" in written("tabular", many)


def test_smote_is_left_out_where_a_class_has_fewer_rows_than_it_has_neighbours():
    # 10 rows, of which 60 % train: 6, and a split may leave fewer than the 6 that 5 neighbours need.
    text = written("tabular", {"a": 500, "b": 10})
    assert "smote" not in augmenters(text)
    assert "reduce_k: true" in text


def test_a_text_gets_synonyms_only_where_wordnet_is(monkeypatch):
    for found, expected in ((Path("/wordnet"), True), (None, False)):
        monkeypatch.setattr(starter.registry, "builtin_function", lambda path, found=found: lambda: found)
        assert ("synonym" in augmenters(written("text", {"a": 50, "b": 50}))) is expected


def test_large_texts_are_cut_to_what_two_minutes_can_encode():
    read = yaml.safe_load(written("text", {"a": 50_000, "b": 50_000}))
    assert read["train_sizes"] == [200]
    assert read["draws"] == 3  # with fewer, the claim would be about these versions alone


def test_a_file_with_a_very_long_name_gives_an_experiment_with_a_shorter_one():
    text = config.starter("0" * 200, {"hub": "x", "label": "y"}, modality="text", classes={"a": 3, "b": 3})
    assert yaml.safe_load(text)["name"] == "0" * 100


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["text", "tabular"]),
    st.dictionaries(st.text(min_size=1), st.integers(3, 10**6), min_size=2, max_size=30),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
    st.sampled_from(["no", "1e-3", "a: b", "#", "'", '"', "é", "true", "010", "{", "2020-01-01", "x y", "-", "~"]),
)
def test_whatever_the_columns_are_called_they_come_back_as_they_are(modality, classes, name, column):
    description = {"hub": "rows", "label": column, **({"text": column} if modality == "text" else {"group": column})}
    text = config.starter(name, description, modality=modality, classes=classes, notes=[f"{column}\nis odd"])
    assert config.loads(text).studies[0].dataset.entry == description

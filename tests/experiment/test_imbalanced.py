"""What `augeval init --task imbalance` writes is read as it is, and its arms can start from the rows."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval import config
from augeval.data.infer import infer
from augeval.errors import InputError

NUMBERS = config.Features(numeric=8)


def written(classes, features=NUMBERS, modality="tabular"):
    rows = {"hub": "x", "label": "y", **({"text": "t"} if modality == "text" else {})}
    return config.imbalance_starter("mine", rows, modality=modality, classes=classes, features=features)


def arms_of(text):
    return {a if isinstance(a, str) else a["augmenter"]: a for a in yaml.safe_load(text)["arms"]}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("german", {"smote", "rose", "jitter"}),
        ("hepatitis", {"smote", "rose", "jitter"}),
        ("flare_f", {"smote", "rose", "jitter"}),
        ("kr_vs_k_zero_vs_eight", {"smote", "rose", "jitter"}),
        ("abalone19", {"smote", "rose", "jitter"}),
    ],
)
def test_a_real_table_gets_the_arms_that_its_columns_take(table, expected, shared_data):
    guess = infer(shared_data / "tabular" / f"{table}.csv")
    features = config.Features(**guess.features)
    text = config.imbalance_starter(
        table, guess.description, modality="tabular", classes=guess.classes, features=features, notes=guess.notes
    )
    study = config.loads(text).studies[0]
    assert {arm.augmenter.name for arm in study.arms} == {"class_weight", "tuned_threshold", *expected}
    assert study.metrics.primary == "average_precision"
    assert {"balanced_accuracy@tuned", "brier@recalibrated", "mcc@tuned"} <= {*study.metrics.also}
    assert study.sentinel


def test_copies_are_no_arm_of_their_own_since_every_balance_gets_them_anyway():
    assert "random_over" not in arms_of(written({"no": 900, "yes": 60}))


@pytest.mark.parametrize(
    ("rare", "balances"),
    [
        (60, [0.25, 0.5, 1.0]),  # 60 of 1000 is far below a quarter
        (210, [0.5, 0.75, 1.0]),  # 0.25 would add four rows in a hundred
        (430, [0.75, 1.0]),
        (700, [1.0]),
    ],
)
def test_balances_lie_above_what_the_classes_have_already(rare, balances):
    assert arms_of(written({"no": 1000, "yes": rare}))["smote"]["balance"] == balances


def test_smote_may_look_at_fewer_neighbours_where_an_inner_fold_may_have_too_few_rare_rows():
    # 25 rows, 15 of which train: 12 if a split is unlucky, and two thirds of them, 8, where a third is set aside.
    assert "reduce_k" not in arms_of(written({"no": 900, "yes": 25}))["smote"]
    # 17 rows: 10 train, 8 if unlucky, and 5 are in two folds: no more than the 5 neighbours.
    assert arms_of(written({"no": 900, "yes": 17}))["smote"]["reduce_k"] is True


def test_columns_of_categories_alone_get_no_noise():
    arms = arms_of(written({"no": 900, "yes": 60}, config.Features(categorical=6)))
    assert {"smote", "categorical_swap"} <= {*arms}
    assert not {"jitter", "rose"} & {*arms}


def test_missing_cells_are_filled_alike_in_every_arm_since_smote_takes_none():
    written_with = written({"no": 900, "yes": 60}, config.Features(numeric=8, gaps=3))
    assert yaml.safe_load(written_with)["impute"] == "median"
    assert "3 missing cells" in written_with
    assert "smote" in arms_of(written_with)
    assert "impute" not in yaml.safe_load(written({"no": 900, "yes": 60}))


def test_text_gets_edits_and_smote_between_vectors():
    text = written({"no": 900, "yes": 60}, config.Features(), "text")
    arms = arms_of(text)
    assert arms["random_deletion"]["balance"] == arms["smote"]["balance"] == [0.5, 1.0]
    assert "random_forest" not in text


def test_so_many_texts_are_taken_that_some_are_rare():
    # One row in 100 is rare: 200 rows would hold two of them; 20 are in 2,000, and 1,000 are as many as can be encoded.
    assert yaml.safe_load(written({"no": 9900, "yes": 100}, modality="text"))["train_sizes"] == [1000]
    assert yaml.safe_load(written({"no": 9000, "yes": 1000}, modality="text"))["train_sizes"] == [200]


def test_balanced_classes_are_refused_with_their_counts():
    said = r"balanced: the smallest, 'b', has 90 rows, 90% of the largest"
    with pytest.raises(InputError, match=rf"classes of mine \(column 'y'\) are {said}"):
        written({"a": 100, "b": 90})


def test_a_class_that_inner_folds_cannot_share_is_refused_by_name():
    with pytest.raises(InputError, match=r"Class 'b' of mine \(column 'y'\) has 5 rows.*3 inner folds"):
        written({"a": 100, "b": 5})


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["text", "tabular"]),
    st.dictionaries(st.text(min_size=1), st.integers(7, 10**5), min_size=2, max_size=40),
    st.builds(config.Features, *(st.integers(0, 9) for _ in range(3))),
)
def test_whatever_the_rows_are_like_what_is_written_can_be_read(modality, classes, features):
    try:
        text = written(classes, features, modality)
    except InputError:
        rarest, largest = min(classes.values()), max(classes.values())
        assert rarest > 0.8 * largest or rarest < 0.02 * sum(classes.values())
        return
    study = config.loads(text).studies[0]
    assert {"class_weight", "tuned_threshold"} < {arm.augmenter.name for arm in study.arms}

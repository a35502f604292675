"""Which studies are watched, with which cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from augeval import actions, config, stages
from augeval.errors import InputError
from augeval.run.prepare import prepare
from augeval.run.sentinel import SEEDS, Watch, watch

SMOTE = {"augmenter": "smote", "balance": [0.5, 1.0], "scope": "minority", "k_neighbors": 3}
RARE = {"dataset": "breast_cancer_rare", "models": ["logistic"], "seeds": 3, "metrics": "roc_auc"}
WEIGHED = {**RARE, "arms": [SMOTE, "class_weight"]}


def study_of(said):
    (study,) = prepare(config.of({"name": "watched", **said}).studies, allow_code=False)
    return study


@pytest.mark.parametrize(
    ("said", "watched"),
    [
        (WEIGHED, True),
        ({**RARE, "arms": [SMOTE]}, False),
        ({**RARE, "arms": [SMOTE], "metrics": ["balanced_accuracy", "balanced_accuracy@tuned"]}, True),
        ({**WEIGHED, "dataset": "breast_cancer"}, False),
        ({**WEIGHED, "sentinel": False}, False),
        ({**RARE, "arms": [SMOTE], "sentinel": True}, True),
        ({**WEIGHED, "dataset": "breast_cancer", "sentinel": True}, True),
    ],
    ids=["weighed", "ranked", "tuned", "balanced", "not wanted", "wanted", "wanted though balanced"],
)
def test_imbalance_with_its_controls_is_watched_unless_the_file_says_otherwise(said, watched):
    assert bool(study_of(said).sentinel.cells) is watched


def test_the_baseline_and_the_largest_dose_of_each_family_are_watched_on_a_flexible_model():
    watched = study_of({**WEIGHED, "arms": [SMOTE, "class_weight", "tuned_threshold"]}).sentinel
    assert [tile.cells[0].arm.label for tile in watched.tiles] == [
        "none",
        "smote(k_neighbors=3) [minority] to 1",
        "class_weight",
    ]
    assert {cell.model.label for cell in watched.cells} == {"hist_gradient_boosting"}
    assert {cell.seed for cell in watched.cells} == set(range(SEEDS))
    assert {cell.metrics for cell in watched.cells} == {("roc_auc",)}
    assert all(cell.is_sentinel for cell in watched.cells)


def test_the_first_flexible_model_of_the_study_looks():
    models = ["logistic", {"name": "hist_gradient_boosting", "max_iter": 20}]
    watched = study_of({**WEIGHED, "models": models}).sentinel
    assert {cell.model.label for cell in watched.cells} == {"hist_gradient_boosting(max_iter=20)"}
    assert not watched.note


def test_a_study_without_a_flexible_model_says_that_a_leak_may_be_missed():
    said = {"dataset": "digits_rare", "models": "pixels_logistic", "seeds": 3, "arms": ["class_weight"]}
    study = study_of(said)
    assert study.sentinel.note == ("pixels_logistic is not known to learn single rows by heart, so it may miss a leak.")
    assert study.sentinel.note in study.describe()["dataset"]["notes"]


def test_being_watched_changes_no_other_key_and_no_other_digest():
    with_, without = study_of(WEIGHED), study_of({**WEIGHED, "sentinel": False})
    assert with_.tiles == without.tiles
    ordinary = {cell.key for tile in with_.tiles for cell in tile.cells}
    assert not ordinary & with_.sentinel.keys
    assert "sentinel" not in config.of(WEIGHED).studies[0].to_json()


def test_what_the_file_says_of_the_sentinel_comes_back():
    said = config.of({"name": "watched", **WEIGHED, "sentinel": False})
    assert config.Experiment.from_json(said.to_json()).studies == said.studies


def test_a_sentinel_tests_all_held_out_rows_and_remembers_no_look_of_a_race():
    looks = {"max": 9, "race": True, "looks": [3, 6, 9]}
    study = study_of({**WEIGHED, "dataset": "breast_cancer", "sentinel": True, "seeds": looks, "confirm": "best"})
    assert "confirm" in study.rows
    assert all(not {"confirm", "part", "disjoint"} & {*cell.recipe["split"]} for cell in study.sentinel.cells)
    needed = {cell.key for tile in stages.needed(study, []) for cell in tile.cells}
    assert study.sentinel.keys <= needed  # all seeds at once


def test_rows_without_classes_cannot_be_watched():
    study = study_of({**WEIGHED, "sentinel": True})
    queries = replace(study.dataset, classes=(), modality="retrieval")
    with pytest.raises(InputError, match=r"have no classes, so there are no labels to permute\. Say sentinel: false"):
        watch(0, study.study, queries, study.rows, None)
    assert watch(0, replace(study.study, sentinel="auto"), queries, study.rows, None) == Watch()


def test_two_studies_that_would_watch_alike_watch_once():
    boosted = {**WEIGHED, "models": "hist_gradient_boosting"}
    more = {**WEIGHED, "arms": [SMOTE, "class_weight", {"augmenter": "random_over", "balance": 1, "scope": "minority"}]}
    first, second = prepare(config.of({"name": "two", "studies": [boosted, more]}).studies, allow_code=False)
    assert len(first.sentinel.cells) == 15
    assert {cell.arm.augmenter.name for cell in second.sentinel.cells} == {"random_over"}
    assert not first.sentinel.keys & second.sentinel.keys


def test_plan_counts_the_cells_of_the_sentinel():
    report = actions.plan(config.of({"name": "watched", **WEIGHED}))
    assert report.cells == 3 * 6 + 3 * SEEDS  # none, two duplicates, two doses, weights; and three arms of the sentinel
    assert report.studies[0]["sentinel"] == 15
    assert report.note.startswith("15 of the cells are the sentinel: hist_gradient_boosting on permuted labels.")

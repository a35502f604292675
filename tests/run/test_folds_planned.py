"""Inner folds before anything runs: which cells have them, which rows they need, and what is refused."""

from __future__ import annotations

import pytest

from augeval import config
from augeval.errors import InputError
from augeval.metrics.treated import SEMANTICS
from augeval.run.prepare import prepare
from augeval.seeds import stream

ARMS = ["class_weight", {"augmenter": "smote", "balance": 0.5}]


def planned(metrics, arms=ARMS, **said):
    value = {"dataset": "breast_cancer_rare", "models": ["logistic"], "arms": list(arms), "seeds": 2, "confirm": False}
    return prepare(config.of({**value, "metrics": metrics, **said}).studies, allow_code=False)[0]


def cells(study) -> dict:
    return {c.arm.label: c for tile in study.tiles for c in tile.cells if c.seed == 0}


class TestKeys:
    def test_without_treatments_nothing_is_said_of_folds(self):
        assert all("folds" not in cell.recipe for cell in cells(planned(["balanced_accuracy", "brier"])).values())

    def test_out_of_fold_treatments_give_folds_to_every_cell(self):
        made = cells(planned(["balanced_accuracy", "balanced_accuracy@tuned"]))
        assert {cell.recipe["folds"] for cell in made.values()} == {3}

    def test_prior_correction_needs_none(self):
        assert all("folds" not in c.recipe for c in cells(planned(["brier", "brier@prior_corrected"])).values())

    def test_an_arm_that_moves_the_cut_leaves_the_keys_of_the_others(self):
        without, beside = (cells(planned("accuracy", arms)) for arms in (ARMS, ["tuned_threshold", *ARMS]))
        assert {label: beside[label].key for label in without} == {label: c.key for label, c in without.items()}
        assert beside["tuned_threshold"].recipe["folds"] == 3

    def test_a_treatment_is_versioned_with_its_metric(self):
        recipe = cells(planned(["brier", "brier@recalibrated"]))["none"].recipe
        assert recipe["metrics"] == {"brier": 1, "brier@recalibrated": [1, 1]}

    def test_another_way_to_tune_cuts_gives_an_arm_that_moves_the_cut_another_key(self, monkeypatch):
        before = cells(planned("accuracy", ["tuned_threshold"]))
        monkeypatch.setitem(SEMANTICS, "tuned", 2)
        after = cells(planned("accuracy", ["tuned_threshold"]))
        assert before["tuned_threshold"].recipe["decides"] == 1
        assert {label for label in before if before[label].key != after[label].key} == {"tuned_threshold"}


@pytest.mark.parametrize("metric", ["roc_auc", "brier", "balanced_accuracy@tuned"])
def test_a_cut_is_tuned_for_metrics_of_classes_alone(metric):
    with pytest.raises(InputError, match="moves the cut between classes to where"):
        planned("accuracy", [{"augmenter": "tuned_threshold", "metric": metric}])


def test_a_cut_is_tuned_for_a_class_that_there_is():
    arm = {"augmenter": "tuned_threshold", "metric": "recall[malignnt]"}
    with pytest.raises(InputError, match="Did you mean 'malignant'"):
        planned("accuracy", [arm])


def test_the_arm_that_moves_the_cut_has_no_dose():
    with pytest.raises(InputError, match="moves the cut between the classes and makes no rows"):
        planned("accuracy", [{"augmenter": "tuned_threshold", "ratio": 1}])


YAML = """
dataset: {{file: rows.csv, label: kind, group: family}}
models: logistic
arms: [{arm}]
seeds: 6
split: {{test: 0.3}}
confirm: false
metrics: [{metrics}]
"""


def of_rows(tmp_path, rare: int, arm: str, metrics: str, family: int = 1):
    """60 rows of one class and some of another, dealt to families of so many that no split may part."""
    y = ["common"] * 60 + ["rare"] * rare
    x = stream("planned folds").normal(size=(len(y), 2))
    size = -(-len(y) // family)
    of = [i % size for i in stream("planned families").permutation(len(y))]
    lines = [f"{a:.5f},{b:.5f},{label},f{f}" for (a, b), label, f in zip(x, y, of, strict=True)]
    (tmp_path / "rows.csv").write_text("a,b,kind,family\n" + "\n".join(lines) + "\n")
    return prepare(config.loads(YAML.format(arm=arm, metrics=metrics), folder=str(tmp_path)).studies, allow_code=False)


SMOTE = "{augmenter: smote, balance: 0.5, k_neighbors: %d}"


class TestFeasible:
    def test_a_class_of_two_blocks_is_refused_with_its_seed_fold_and_remedy(self, tmp_path):
        with pytest.raises(InputError) as refused:
            of_rows(tmp_path, 3, "class_weight", "accuracy, accuracy@tuned")
        said = str(refused.value)
        assert "'rows': class 'rare' has 2 of the 44 training rows at seed 0, and 1 without inner fold" in said
        assert "wanted at least 2 to fit" in said
        assert "Measure without @tuned" in said

    def test_without_treatments_the_same_rows_will_do(self, tmp_path):
        assert of_rows(tmp_path, 3, "class_weight", "accuracy")

    def test_the_arm_that_moves_the_cut_is_enough_to_need_them(self, tmp_path):
        with pytest.raises(InputError, match="without inner fold"):
            of_rows(tmp_path, 3, "tuned_threshold", "accuracy")

    def test_a_sampler_that_starts_in_no_seed_s_folds_is_left_to_be_not_applicable(self, tmp_path):
        # 14 training rows of the class, 9 or 10 without a fold: 12 neighbours of each row need 13.
        assert of_rows(tmp_path, 20, SMOTE % 12, "accuracy, accuracy@tuned")

    def test_a_sampler_that_starts_in_some_seeds_folds_is_refused_by_fold(self, tmp_path):
        with pytest.raises(InputError, match=r"of 6 seeds.*Without inner fold [123] of 3: smote cannot make rows"):
            of_rows(tmp_path, 20, SMOTE % 7, "accuracy, accuracy@tuned", family=6)

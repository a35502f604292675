"""Treated metrics in a cell: same folds for every arm, nothing of the held-out rows, batch equals single."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from augeval import registry
from augeval.data import splits
from augeval.extend import augmenter, model
from augeval.run.bench import Bench
from augeval.run.cell import run_cells, run_one
from augeval.run.rows import as_frame, from_row, to_row
from augeval.seeds import stream
from augeval.told import settled
from augeval.types import Arm, Cell, Dataset, Examples, Spec

METRICS = (
    "balanced_accuracy", "balanced_accuracy@tuned", "roc_auc", "brier", "brier@recalibrated", "brier@prior_corrected",
)  # fmt: skip
SPLIT = {"test": 0.4, "valid": 0.0, "mode": "splits"}
RECIPE = {"split": SPLIT, "judge": None, "drift_rows": 0, "examples": 0, "folds": 3}
NONE = Arm(Spec("none"))


def rare(n: int = 150, k: int = 2, repeated: bool = False) -> Dataset:
    """A table whose column 0 tells the class with errors; column 1 is the row number. The last class is rare."""
    rng = stream("treating", n, k)
    y = np.sort(rng.choice(k, size=n, p=[0.8, *[0.2 / (k - 1)] * (k - 1)]))
    x = np.stack([y + 0.8 * rng.standard_normal(n), np.arange(n)], axis=1)
    if repeated:
        x = np.repeat(x[::2], 2, axis=0)[:n]
        y = np.repeat(y[::2], 2)[:n]
    return Dataset("rare", "tabular", Examples(x, y, np.arange(n)), tuple("abcd"[:k]), fingerprint="f")


@model("tabular")
def near(train, dataset, *, seed):
    """Softmax of the distance to the classes' means, times what of the training rows is of the class."""
    rows = train.joined()
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    share = np.bincount(rows.y, weights, minlength=dataset.n_classes) / weights.sum()
    means = np.array([rows.x[rows.y == c, 0].mean() for c in range(dataset.n_classes)])

    def predict(x):
        odds = share * np.exp(-((x[:, :1] - means) ** 2))
        return odds / odds.sum(1, keepdims=True)

    return predict


@augmenter("tabular", unit="steps", default_magnitude=1.0)
def nudge(row, *, magnitude, rng):
    """Move column 0 a little."""
    return row + np.array([rng.normal(scale=0.1), 0.25])


def cell(arm: Arm = NONE, seed: int = 0, metrics=METRICS, **changes) -> Cell:
    named = {"name": "rare", "fingerprint": "f"}
    return replace(Cell(named, Spec("near"), arm, seed, None, metrics, "each", 1, RECIPE), **changes)


def bench(dataset: Dataset | None = None, plugin=None, metrics=METRICS, learner=near, decides=None) -> Bench:
    dataset = dataset or rare()
    told = {name: settled(registry.get("metric", name), dataset) for name in metrics}
    return Bench(dataset, learner, plugin or registry.get("augmenter", "none"), told, decides=decides)


def watching():
    """The model, and the row numbers that it was fitted on and asked about, fit by fit."""
    seen: list[tuple[set, list]] = []

    @model("tabular")
    def watch(train, dataset, *, seed):
        inner, asked = near.plain(train, dataset, seed=seed), []
        seen.append((set(np.floor(train.joined().x[:, 1]).astype(int)), asked))

        def predict(x):
            asked.extend(x[:, 1].astype(int))
            return inner(x)

        return predict

    return watch, seen


OVERSAMPLED = Arm(Spec("nudge"), balance=1.0, magnitude=1.0)


class TestFolds:
    def test_each_training_row_is_scored_once_by_a_fit_without_it(self):
        watch, seen = watching()
        (result,) = run_cells([cell(OVERSAMPLED)], bench(plugin=nudge, learner=watch))
        (whole, tested), *inner = seen
        assert result.status == "ok"
        assert len(inner) == 3
        assert sorted(tested) == sorted(result.test_ids)
        assert sorted(row for _, asked in inner for row in asked) == sorted(whole)
        for fitted, asked in inner:
            assert not fitted & set(asked)
            assert not (fitted | set(asked)) & set(result.test_ids.tolist())

    def test_every_arm_meets_the_same_folds(self):
        asked = []
        for arm, plugin in ((NONE, None), (OVERSAMPLED, nudge), (Arm(Spec("class_weight")), "class_weight")):
            watch, seen = watching()
            found = registry.get("augmenter", plugin) if isinstance(plugin, str) else plugin
            run_cells([cell(arm, seed=4)], bench(plugin=found, learner=watch))
            asked.append([rows for _, rows in seen])
        assert asked[0] == asked[1] == asked[2]

    def test_each_draw_is_scored_out_of_fold_by_its_own_fits(self):
        watch, seen = watching()
        crossed = cell(OVERSAMPLED, design="crossed", draws=2)
        (result,) = run_cells([crossed], bench(plugin=nudge, learner=watch))
        assert len(seen) == 2 + 3 * 2
        cuts = result.treated["balanced_accuracy@tuned"]
        assert len(cuts) == 2
        assert cuts[0] != cuts[1]

    def test_equal_rows_lie_in_one_fold(self):
        dataset = rare(repeated=True)
        train = splits.split(dataset, seed=1, **SPLIT).train
        fold = splits.inner_folds(dataset, train, seed=1)
        x = dataset.examples.x[train]
        for row in np.unique(x, axis=0):
            assert len(set(fold[(x == row).all(1)])) == 1

    @pytest.mark.parametrize("n", [120, 151, 200])
    def test_folds_have_the_classes_shares_and_are_alike_in_size(self, n):
        dataset = rare(n, 3)
        train = splits.split(dataset, seed=0, **SPLIT).train
        fold = splits.inner_folds(dataset, train, seed=0)
        by_class = [np.bincount(fold[dataset.examples.y[train] == c], minlength=3) for c in range(3)]
        assert all(np.ptp(counts) <= 1 for counts in by_class)
        assert np.ptp(np.bincount(fold)) <= 1

    def test_no_made_row_may_equal_a_row_that_its_fold_scores(self):
        @augmenter("tabular", unit="steps", default_magnitude=1.0)
        def hit(row, *, magnitude, rng):
            """One row of the training set, whatever it is made from."""
            return target

        dataset = rare()
        train = splits.split(dataset, seed=0, **SPLIT).train
        target = dataset.examples.x[train[0]]
        watch, seen = watching()
        (result,) = run_cells([cell(OVERSAMPLED)], bench(dataset, hit, learner=watch))
        assert result.counts["leaked"] == 0  # it is a training row of the cell's own fit
        for fitted, asked in seen[1:]:
            assert (int(train[0]) in fitted) == (train[0] not in asked)


def test_labels_of_held_out_rows_move_no_cut_and_no_recalibration(monkeypatch):
    dataset = rare()
    division = splits.split(dataset, seed=0, **SPLIT)
    y = dataset.examples.y.copy()
    y[division.test] = stream("leak").permutation(y[division.test])
    permuted = replace(dataset, examples=replace(dataset.examples, y=y))
    # Rows are divided by class; so the division is held while the labels of held-out rows are exchanged.
    monkeypatch.setattr(splits, "split", lambda *_, **__: division)
    (one,), (two,) = (run_cells([cell(OVERSAMPLED)], bench(rows, nudge)) for rows in (dataset, permuted))
    assert one.treated == two.treated
    assert one.scores["balanced_accuracy@tuned"] != two.scores["balanced_accuracy@tuned"]


def same(a, b) -> bool:
    """Whether two results say the same, but for the seconds."""
    return to_row(replace(a, seconds={})) == to_row(replace(b, seconds={}))


def test_a_batch_of_cells_gives_what_each_gives_alone_bit_for_bit():
    cells = [cell(OVERSAMPLED, seed=seed) for seed in range(3)]
    shared = bench(plugin=nudge)
    assert all(same(a, run_one(one, shared)) for a, one in zip(run_cells(cells, shared), cells, strict=True))


def test_a_metric_of_untreated_scores_does_not_change_beside_treated_ones():
    plain = ("balanced_accuracy", "brier", "roc_auc")
    (alone,) = run_cells([cell(metrics=plain, recipe={**RECIPE, "folds": 0})], bench(metrics=plain))
    (beside,) = run_cells([cell()], bench())
    assert {name: beside.scores[name] for name in plain} == dict(alone.scores)


@pytest.mark.parametrize("k", [2, 3])
def test_contributions_of_treated_metrics_average_to_them(k):
    (result,) = run_cells([cell(OVERSAMPLED)], bench(rare(200, k), nudge))
    for name in METRICS:
        assert result.per_example[name].mean() == pytest.approx(result.scores[name], abs=1e-6)


def test_weights_of_an_arm_count_as_what_was_trained_on():
    weighted = registry.get("augmenter", "class_weight")
    (result,) = run_cells([cell(Arm(Spec("class_weight")))], bench(plugin=weighted))
    (factors,) = result.treated["brier@prior_corrected"]
    y = rare().examples.y[splits.split(rare(), seed=0, **SPLIT).train]
    assert factors["factors"] == pytest.approx(np.bincount(y) / len(y) / 0.5)
    assert result.scores["brier@prior_corrected"] < result.scores["brier"]


def test_an_arm_without_a_dose_on_the_classes_needs_no_prior_correction():
    (result,) = run_cells([cell()], bench())
    assert result.scores["brier@prior_corrected"] == pytest.approx(result.scores["brier"], abs=1e-12)


class TestTheArmThatMovesTheCut:
    def run(self, metric="balanced_accuracy", metrics=(*METRICS, "accuracy")):
        plugin = registry.get("augmenter", "tuned_threshold")
        decides = settled(registry.get("metric", metric), rare())
        made = bench(None, plugin, metrics, decides=decides)
        return run_cells([cell(Arm(Spec("tuned_threshold")), metrics=metrics)], made)[0]

    def test_plain_metrics_of_classes_read_what_the_baseline_has_at_the_tuned_cut(self):
        (none,), moved = run_cells([cell()], bench()), self.run()
        assert moved.scores["balanced_accuracy"] == none.scores["balanced_accuracy@tuned"]
        assert moved.scores["balanced_accuracy"] > none.scores["balanced_accuracy"]
        assert moved.treated["accuracy"] == moved.treated["balanced_accuracy"]

    def test_ranks_and_probabilities_are_the_baseline_s(self):
        (none,), moved = run_cells([cell()], bench()), self.run()
        for name in ("roc_auc", "brier", "brier@recalibrated", "brier@prior_corrected"):
            assert moved.scores[name] == none.scores[name]

    def test_another_metric_moves_another_cut(self):
        assert self.run("accuracy").treated["accuracy"] != self.run().treated["accuracy"]


class TestReliability:
    def test_ten_bins_of_raw_and_recalibrated_claims(self):
        (result,) = run_cells([cell(OVERSAMPLED)], bench(plugin=nudge))
        assert set(result.reliability) == {"raw", "recalibrated"}
        for curve in result.reliability.values():
            assert len(curve) == 10
            assert sum(rows for rows, _, _ in curve) == len(result.test_ids)
            assert all((claimed is None) == (rows == 0) for rows, claimed, _ in curve)
        y = rare().examples.y[result.test_ids]
        came_true = sum(rows * share for rows, _, share in result.reliability["raw"] if rows)
        assert came_true == pytest.approx((y == 1).sum())

    def test_draws_are_averaged(self):
        (result,) = run_cells([cell(OVERSAMPLED, design="crossed", draws=2)], bench(plugin=nudge))
        assert sum(rows for rows, _, _ in result.reliability["raw"]) == pytest.approx(len(result.test_ids))

    def test_without_metrics_of_probabilities_there_is_none(self):
        metrics = ("balanced_accuracy@tuned", "roc_auc")
        (result,) = run_cells([cell(metrics=metrics)], bench(metrics=metrics))
        assert result.reliability == {}

    def test_without_folds_there_is_the_raw_one(self):
        metrics = ("brier",)
        plain = cell(metrics=metrics, recipe={**RECIPE, "folds": 0})
        (result,) = run_cells([plain], bench(metrics=metrics))
        assert set(result.reliability) == {"raw"}

    def test_a_ledger_keeps_it_and_rows_of_before_have_none(self):
        (result,) = run_cells([cell(OVERSAMPLED)], bench(plugin=nudge))
        row = to_row(result)
        shared = {array.key: array for array in row.arrays if array.metric.startswith("#")}
        back = from_row(row, shared)
        assert back.reliability == json.loads(json.dumps(result.reliability))
        assert back.treated == result.treated
        (exported,) = as_frame([result]).to_dict("records")
        assert json.loads(exported["reliability"]) == back.reliability
        assert json.loads(exported["treated"]) == back.treated
        bare = to_row(replace(result, reliability={}, treated={}))
        assert not {"reliability", "treated"} & set(json.loads(bare.result))
        assert from_row(bare, shared).reliability == {}


def test_an_arm_that_cannot_start_without_a_fold_is_not_applicable_and_says_which():
    smote = registry.get("augmenter", "smote")
    dataset = rare(60)
    arm = Arm(Spec("smote", {"k_neighbors": 5}), balance=1.0)
    train = splits.split(dataset, seed=0, **SPLIT).train
    assert np.bincount(dataset.examples.y[train]).min() >= 6
    (result,) = run_cells([cell(arm)], bench(dataset, smote))
    assert result.status == "not_applicable"
    assert result.error.startswith("Without inner fold 2 of 3: smote cannot make rows of class 'b'")

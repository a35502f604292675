"""One tile: what a cell is given, what it measures, and what its failure costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augeval import registry
from augeval.errors import DataError
from augeval.extend import augmenter, batch_model, metric, model, set_augmenter
from augeval.run.bench import Bench, load_dataset
from augeval.run.cell import run_cells, run_tile
from augeval.run.ready import draws_of
from augeval.types import Arm, Cell, Dataset, Examples, Spec, canonical_json

N = 60
RECIPE = {"split": {"test": 0.4, "valid": 0.0, "mode": "splits"}, "judge": None, "drift_rows": 50, "examples": 4}


def toy(n: int = N) -> Dataset:
    """A table whose single column is the row number, so that a row can be recognised anywhere."""
    ids = np.arange(n)
    examples = Examples(ids[:, None].astype(float), ids % 2, ids)
    return Dataset("toy", "tabular", examples, ("even", "odd"), fingerprint="f")


def cell(arm: Arm | None = None, seed: int = 0, **changes) -> Cell:
    named, arm = {"name": "toy", "fingerprint": "f"}, arm or Arm(Spec("none"))
    made = Cell(named, Spec("m"), arm, seed, None, ("accuracy",), "each", 1, RECIPE)
    return replace(made, **changes)


@model("tabular")
def majority(train, dataset, *, seed):
    """Predict the classes' shares in the training set."""
    share = np.bincount(train.joined().y, minlength=dataset.n_classes) / len(train.joined())
    return lambda x: np.tile(share, (len(x), 1))


@augmenter("tabular", unit="steps", default_magnitude=1.0)
def nudge(row, *, magnitude, rng):
    """Add half a number: never equal to another row."""
    return row + 0.5


def bench(plugin=majority, arm=None, dataset=None) -> Bench:
    metrics = {"accuracy": registry.get("metric", "accuracy")}
    return Bench(dataset or toy(), plugin, arm or registry.get("augmenter", "none"), metrics)


def watching():
    """A model that keeps the rows that it was fitted on and asked about."""
    seen: dict[str, list] = {"train": [], "asked": []}

    @model("tabular")
    def watch(train, dataset, *, seed):
        assert len(dataset.examples) == 0, "a model must not see the dataset's rows"
        seen["train"].append(train.joined().x[:, 0])

        def predict(x):
            seen["asked"].append(x[:, 0])
            return np.full((len(x), 2), 0.5)

        return predict

    return watch, seen


def test_held_out_rows_are_scored_and_never_trained_on():
    watch, seen = watching()
    arm = Arm(Spec("nudge"), ratio=1.0, magnitude=1.0)
    (result,) = run_cells([cell(arm)], bench(watch, nudge))
    trained, asked = set(np.floor(seen["train"][0])), set(seen["asked"][0])
    assert result.status == "ok"
    assert not trained & asked
    assert sorted(asked) == sorted(result.test_ids)
    assert len(asked) == 24  # 0.4 of 60 rows
    assert result.counts["train"] == 36
    assert result.counts["got"] == 36


def test_every_arm_of_a_seed_meets_the_same_rows():
    rows = []
    for arm, plugin in ((Arm(Spec("none")), None), (Arm(Spec("nudge"), ratio=2.0, magnitude=1.0), nudge)):
        watch, seen = watching()
        (result,) = run_cells([cell(arm, seed=3)], bench(watch, plugin))
        rows.append((sorted(set(np.floor(seen["train"][0]))), result.test_ids.tolist()))
    assert rows[0] == rows[1]


def test_scores_are_the_mean_over_draws_and_contributions_average_to_the_score():
    @batch_model("tabular", crossed=True)
    def by_draw(trains, dataset, *, seeds):
        def predictor(i):
            return lambda x: np.tile([1.0, 0.0] if i % 2 else [0.0, 1.0], (len(x), 1))

        return [predictor(i) for i in range(len(trains))]

    arm = Arm(Spec("nudge"), ratio=1.0, magnitude=1.0)
    (result,) = run_cells([cell(arm, design="crossed", draws=4)], bench(by_draw, nudge))
    assert result.draw_scores["accuracy"] == (0.5, 0.5, 0.5, 0.5)
    assert result.scores["accuracy"] == pytest.approx(result.per_example["accuracy"].mean())
    assert result.per_example["accuracy"].tolist() == [0.5] * 24  # right in two of four draws, for every row


@pytest.mark.parametrize(
    ("design", "draws", "seed", "wanted"),
    [("crossed", 4, 9, [0, 1, 2, 3]), ("nested", 4, 9, [1]), ("each", 1, 9, [9]), ("single", 1, 9, [0])],
)
def test_which_draws_a_cell_fits(design, draws, seed, wanted):
    assert draws_of(cell(seed=seed, design=design, draws=draws)) == wanted


def test_one_bad_cell_costs_one_cell():
    @model("tabular")
    def fails_on_seed_two(train, dataset, *, seed):
        if seed == 2:
            raise ZeroDivisionError("seed two")
        return majority.plain(train, dataset, seed=seed)

    results = run_cells([cell(seed=s) for s in range(4)], bench(fails_on_seed_two))
    assert [r.status for r in results] == ["ok", "ok", "failed", "ok"]
    assert results[2].error_type == "ZeroDivisionError"
    assert "seed two" in str(results[2].error)
    assert results[2].scores == {}


def test_what_means_nothing_here_is_not_applicable_and_says_why():
    arm = Arm(Spec("nudge"), ratio=1.0, magnitude=1.0, scope="minority")
    (result,) = run_cells([cell(arm)], bench(arm=nudge))
    assert result.status == "not_applicable"
    assert "There is no minority" in str(result.error)


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        (lambda x: np.ones((len(x), 3)) / 3, "predicts shape"),
        (lambda x: np.full((len(x), 2), np.nan), "nan or infinite"),
        (lambda x: np.ones((len(x) - 1, 2)) / 2, "predicts shape"),
    ],
)
def test_predictions_of_another_shape_or_without_a_number_fail_the_cell(predict, words):
    @model("tabular")
    def odd(train, dataset, *, seed):
        return predict

    (result,) = run_cells([cell()], bench(odd))
    assert result.status == "failed"
    assert result.error_type == "ContractError"
    assert words in str(result.error)


def test_a_metric_outside_its_bounds_fails_the_cell():
    @metric(bounds=(0.0, 1.0))
    def two(y, scores):
        return 2.0

    (result,) = run_cells([cell(metrics=("two",))], replace(bench(), metrics={"two": two}))
    assert result.status == "failed"
    assert "outside its bounds" in str(result.error)


def test_an_undefined_metric_is_nan_and_so_are_its_contributions():
    @metric()
    def undefined(y, scores):
        return float("nan")

    (result,) = run_cells([cell(metrics=("undefined",))], replace(bench(), metrics={"undefined": undefined}))
    assert result.status == "ok"
    assert np.isnan(result.scores["undefined"])
    assert np.isnan(result.per_example["undefined"]).all()


def test_rows_whose_features_equal_their_parents_are_counted_as_unreached():
    @model("tabular", features=lambda x: np.floor(x))
    def floors(train, dataset, *, seed):
        return majority.plain(train, dataset, seed=seed)

    (result,) = run_cells([cell(Arm(Spec("nudge"), ratio=1.0, magnitude=1.0))], bench(floors, nudge))
    assert result.counts["unreached"] == result.counts["got"] == 36


def test_a_set_augmenter_that_leaks_a_held_out_row_loses_it():
    @set_augmenter("tabular")
    def clairvoyant(train, quota, *, rng):
        missing = np.setdiff1d(np.arange(N), train.ids)[:1].astype(float)
        parents = train.ids[:1, None]
        return Examples(missing[:, None], train.y[:1], train.ids[:1], parents)

    (result,) = run_cells([cell(Arm(Spec("clairvoyant"), ratio=1.0))], bench(arm=clairvoyant))
    assert result.counts["leaked"] == 1
    assert result.counts["got"] == 0


def test_changed_rows_are_not_mixed_with_the_planned_ones():
    wrong = cell(dataset={"name": "wine", "fingerprint": "other"})
    tile = canonical_json({"dataset": {"name": "wine"}, "cells": [wrong.to_json()], "allow_code": False})
    with pytest.raises(DataError, match="changed while the experiment ran"):
        run_tile(tile)


def test_a_dataset_is_loaded_once_a_process_and_carries_its_fingerprint():
    one = load_dataset('{"name": "wine"}', False)
    assert one is load_dataset('{"name": "wine"}', False)
    assert len(one.fingerprint) == 64

"""Areas on permuted labels against .5: silent where rows tell nothing, ringing where something does."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import NONE, empty_of, result_of

from augeval import registry
from augeval.stats.sentinel import sentinel
from augeval.types import Arm, Spec

SMOTE = Arm(Spec("smote"), balance=1.0, scope="minority")
AREA = registry.get("metric", "roc_auc")


def cells(arm, rng, signal, *, seeds=5, rows=120, rare=20):
    """Scores of held-out rows that know this much of their labels; seeds hold out different rows of one deal."""
    y = np.zeros(3 * rows, np.int64)
    y[rng.permutation(len(y))[: 3 * rare]] = 1
    made = []
    for seed in range(seeds):
        ids = np.sort(rng.permutation(len(y))[:rows])
        score = signal * y[ids] + rng.standard_normal(rows)
        parts = AREA.contributions(y[ids], np.stack([-score, score], axis=1))
        made.append(result_of(arm, seed, {"roc_auc": parts}, ids=ids))
    return made


def test_arms_that_find_nothing_are_one_quiet_line():
    rng = np.random.default_rng(0)
    found = sentinel([*cells(NONE, rng, 0), *cells(SMOTE, rng, 0)], 0.05)
    assert not found.rings
    assert found.text.startswith("Sentinel: with permuted labels no arm finds a signal (AUC 0.")
    assert [reading.arm for reading in found.readings] == ["none", "smote [minority] to 1"]
    assert all(reading.low < 0.5 < reading.high for reading in found.readings)


def test_an_arm_that_knows_held_out_labels_rings_and_is_named():
    rng = np.random.default_rng(1)
    found = sentinel([*cells(NONE, rng, 0), *cells(SMOTE, rng, 2)], 0.05)
    assert found.rings
    assert [reading.rings for reading in found.readings] == [False, True]
    assert "smote [minority] to 1 with tfidf_logistic reaches AUC 0.9" in found.text
    assert "through the augmenter" in found.text
    assert "fitted once" in found.text


def test_where_the_baseline_rings_the_augmenter_is_not_blamed():
    rng = np.random.default_rng(2)
    found = sentinel([*cells(NONE, rng, 2), *cells(SMOTE, rng, 2)], 0.05)
    assert "(and 1 more)" in found.text
    assert "through the rows, the model or a split" in found.text


def test_a_perfect_area_rings_although_no_row_differs():
    rng = np.random.default_rng(3)
    (reading,) = sentinel(cells(NONE, rng, 100), 0.05).readings
    assert reading.auc == pytest.approx(1.0)
    assert reading.rings


def test_a_model_that_tells_no_rows_apart_is_at_chance():
    y = np.repeat([0, 1], [40, 8])
    parts = AREA.contributions(y, np.full((48, 2), 0.5))
    found = sentinel([result_of(NONE, seed, {"roc_auc": parts}) for seed in range(5)], 0.05)
    assert found.readings[0].auc == pytest.approx(0.5)
    assert not found.rings


def test_an_arm_without_a_number_says_why():
    rng = np.random.default_rng(4)
    missing = [empty_of(SMOTE, seed, "not_applicable", "too few rows", ("roc_auc",)) for seed in range(5)]
    found = sentinel([*cells(NONE, rng, 0), *missing], 0.05)
    assert found.readings[1].note == "too few rows"
    assert np.isnan(found.readings[1].auc)
    assert found.text.endswith("Not measured: smote [minority] to 1 (too few rows).")
    alone = sentinel(missing, 0.05)
    assert (alone.rings, alone.text) == (
        False,
        "Sentinel: nothing could be measured with permuted labels (too few rows).",
    )


def test_scores_without_a_signal_ring_in_fewer_than_one_deal_of_twenty():
    # Nominal: the lower end of a two-sided .05 interval must lie .02 above chance, so less than 1 in 40.
    rngs = map(np.random.default_rng, range(100))
    assert sum(sentinel(cells(NONE, rng, 0), 0.05).rings for rng in rngs) <= 5


def test_copies_that_were_dealt_one_label_count_as_one_row():
    rng = np.random.default_rng(4)
    (first,) = cells(NONE, rng, 0.5, seeds=1)
    said = [first.per_example["roc_auc"] + 0.01 * rng.standard_normal(120) for _ in range(5)]  # seeds agree
    alone = [result_of(NONE, seed, {"roc_auc": parts}, ids=first.test_ids) for seed, parts in enumerate(said)]
    copies = [
        result_of(
            NONE,
            one.cell.seed,
            {"roc_auc": np.repeat(one.per_example["roc_auc"], 9)},
            ids=(9 * one.test_ids[:, None] + np.arange(9)).ravel(),
        )
        for one in alone
    ]
    units = np.arange(9 * 360) // 9
    (single,), (copied,), (fooled,) = (
        sentinel(alone, 0.05).readings,
        sentinel(copies, 0.05, units).readings,
        sentinel(copies, 0.05).readings,
    )
    assert (copied.auc, copied.low, copied.high) == pytest.approx((single.auc, single.low, single.high), abs=1e-6)
    assert fooled.high - fooled.low < 0.6 * (single.high - single.low)

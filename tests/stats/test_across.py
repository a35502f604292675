"""Datasets are the units: counts of outcomes, and Student's t over mean gains."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_results import gaussian, result_of, study_of, synonym
from scipy import stats

from augeval.extend import MetricPlugin
from augeval.results import Comparison
from augeval.stats.across import Judged, across, metrics_across, over_controls
from augeval.stats.inference import Rule
from augeval.stats.versus import versus
from augeval.types import Arm, Spec

SMOTE, COPIES = Arm(Spec("smote"), balance=1.0), Arm(Spec("duplicate"), balance=1.0)
WEIGHTS, TUNED = Arm(Spec("class_weight")), Arm(Spec("tuned_threshold"))
READS = {"accuracy": "classes", "balanced_accuracy": "classes", "average_precision": "ranks", "brier": "probabilities"}


def metric(name):
    reads = READS.get(name.split("@")[0], "classes")
    return MetricPlugin(name=name, fn=lambda y, s: 0.0, modalities=(), reads=reads)


def compared(dataset, gain, outcome, arm=SMOTE, contrast="none", reference="none", size=None):
    ends = (gain - 0.01, gain + 0.01)
    return Comparison(
        dataset, "logistic", size, arm.label, reference, contrast, "accuracy", 10, 100, gain, *ends, *ends,
        harmless=False, useless=False, outcome=outcome,
    )  # fmt: skip


def judged(*comparisons, alpha=0.05):
    arms = {arm.label: arm for arm in (SMOTE, COPIES, WEIGHTS)}
    return [Judged(c.dataset, [c], arms, ("accuracy",), alpha) for c in comparisons]


def test_every_outcome_is_counted_in_its_own_column():
    outcomes = ["helps", "helps", "equivalent", "harms", "inconclusive", "not_applicable"]
    gains = [0.02, 0.04, 0.0, -0.03, 0.01, math.nan]
    found = [compared(f"set {n}", gain, said) for n, (gain, said) in enumerate(zip(gains, outcomes, strict=True))]
    found.append(compared("set 6", math.nan, "inconclusive"))  # every seed failed
    (one,) = across(judged(*found))
    counts = (one.wins, one.ties, one.losses, one.undecided, one.not_applicable, one.failed)
    assert counts == (2, 1, 1, 1, 1, 1)
    assert one.outcomes["set 6"] == "failed"
    assert sum(counts) == len(one.outcomes) == 7


def test_the_interval_is_student_s_t_over_datasets():
    gains = [0.02, 0.05, -0.01, 0.03]
    (one,) = across(judged(*(compared(f"set {n}", gain, "inconclusive") for n, gain in enumerate(gains))))
    low, high = stats.ttest_1samp(gains, 0.0).confidence_interval(0.95)
    assert one.mean_gain == pytest.approx(0.0225)
    assert (one.low, one.high) == pytest.approx((low, high))
    assert one.note == ""


def test_two_datasets_have_a_mean_and_no_interval():
    (one,) = across(judged(compared("a", 0.02, "helps"), compared("b", 0.04, "helps")))
    assert (one.wins, one.mean_gain, one.low, one.high) == (2, pytest.approx(0.03), -math.inf, math.inf)
    assert "no interval over fewer than 3" in one.note


def test_a_dataset_without_a_number_is_no_unit_of_the_mean():
    found = [compared("a", 0.02, "helps"), compared("b", 0.04, "helps"), compared("c", math.nan, "not_applicable")]
    (one,) = across(judged(*found))
    assert one.mean_gain == pytest.approx(0.03)
    assert "2 datasets have a number" in one.note


def test_one_dataset_gives_nothing():
    assert across(judged(compared("a", 0.02, "helps"), compared("a", 0.02, "helps", contrast="duplicate"))) == ()


def test_copies_that_gain_win_although_no_verdict_says_that_they_help():
    found = [compared(name, 0.02, "not_applicable", arm=COPIES) for name in ("a", "b")]
    (one,) = across(judged(*found))
    assert (one.wins, one.not_applicable) == (2, 0)


def test_references_are_kept_apart():
    pairs = [("none", "none"), ("duplicate", COPIES.label), ("arm", "class_weight")]
    found = [
        compared(name, 0.0, "equivalent", contrast=contrast, reference=reference)
        for name in "ab"
        for contrast, reference in pairs
    ]
    assert [one.reference for one in across(judged(*found))] == ["none", "duplicate", "class_weight"]


def test_datasets_of_unlike_size_meet_where_each_has_one_size_and_not_where_each_has_several():
    own = [compared("a", 0.0, "equivalent", size=100), compared("b", 0.0, "equivalent", size=200)]
    (one,) = across(judged(*own))
    assert (one.ties, one.train_size) == (2, None)
    several = [compared(name, 0.0, "equivalent", size=size) for name in "ab" for size in (100, 200)]
    assert [(one.ties, one.train_size) for one in across(judged(*several))] == [(2, 100), (2, 200)]


def test_the_order_of_datasets_changes_no_number():
    found = [compared(f"set {n}", gain, "inconclusive") for n, gain in enumerate([0.02, 0.05, -0.01, 0.03])]
    one, other = across(judged(*found))[0], across(judged(*found[::-1]))[0]
    assert (one.mean_gain, one.low) == pytest.approx((other.mean_gain, other.low))
    assert one.gains == other.gains


def test_the_primary_metric_a_pair_at_both_cuts_and_two_more_are_taken():
    names = [
        "average_precision",
        "roc_auc",
        "balanced_accuracy",
        "mcc",
        "balanced_accuracy@tuned",
        "mcc@tuned",
        "brier",
    ]
    taken = metrics_across({name: metric(name) for name in names})
    assert taken == ("average_precision", "balanced_accuracy", "balanced_accuracy@tuned", "brier")
    taken = metrics_across({name: metric(name) for name in ["mcc", "mcc@tuned", "log_loss"]})
    assert taken == ("mcc", "mcc@tuned")
    assert metrics_across({"log_loss": metric("log_loss")}) == ("log_loss",)


def with_controls(names=("accuracy",)):
    """Two arms, class_weight and tuned_threshold beside none and duplicate; every metric has the same rows."""
    rng = np.random.default_rng(1)
    tables = gaussian([(synonym(0.1), 0.05), (synonym(0.2), -0.05), (WEIGHTS, 0.02), (TUNED, 0.03)], rng=rng)
    made = study_of(tables)
    rows = [r.per_example["accuracy"] for r in made]
    return [
        result_of(r.cell.arm, r.cell.seed, dict.fromkeys(names, row), recipe=dict(r.cell.recipe))
        for r, row in zip(made, rows, strict=True)
    ]


def test_arms_are_compared_with_controls_as_versus_compares_them():
    results, metrics = with_controls(), {"accuracy": metric("accuracy")}
    found = over_controls(results, metrics, Rule(0.01, 0.05))
    pairs = {(c.arm, c.reference) for c in found}
    assert pairs == {
        ("synonym 0.1 ×1", "class_weight"), ("synonym 0.2 ×1", "class_weight"), ("tuned_threshold", "class_weight"),
        ("synonym 0.1 ×1", "tuned_threshold"), ("synonym 0.2 ×1", "tuned_threshold"),
        ("class_weight", "tuned_threshold"),
    }  # fmt: skip
    asked = [(synonym(0.1), WEIGHTS), (synonym(0.2), WEIGHTS), (TUNED, WEIGHTS)]
    others = versus(results, asked, metrics=metrics, margin=0.01, alpha=0.05)
    for entry in (answer.comparison for answer in others):
        (own,) = [c for c in found if (c.arm, c.reference) == (entry.arm, entry.reference)]
        assert own.mean_diff == pytest.approx(entry.mean_diff)
        assert own.low == pytest.approx(entry.low, abs=1e-3)  # the same family, other draws of its quantile
        assert own.outcome == entry.outcome


def test_a_tuned_cut_is_no_reference_where_a_metric_has_none_or_every_arm_has_its_own():
    names = ("accuracy", "average_precision", "balanced_accuracy@tuned")
    found = over_controls(with_controls(names), {name: metric(name) for name in names}, Rule(0.01, 0.05))
    assert {c.metric for c in found if c.reference == "tuned_threshold"} == {"accuracy"}
    assert {c.metric for c in found if c.reference == "class_weight"} == set(names)


def test_without_controls_there_is_nothing_to_compare_with():
    results = study_of(gaussian([(synonym(0.1), 0.05)]))
    assert over_controls(results, {"accuracy": metric("accuracy")}, Rule(0.01, 0.05)) == ()
    assert over_controls([], {}, Rule(0.01, 0.05)) == ()


def test_an_arm_that_is_planned_and_failed_on_a_dataset_is_told_from_one_that_means_nothing_there():
    failed = compared("a", math.nan, "inconclusive")
    found = across(judged(failed, replace(failed, dataset="b", outcome="not_applicable")))
    assert [(one.failed, one.not_applicable) for one in found] == [(1, 1)]
    assert math.isnan(found[0].mean_gain)
    assert found[0].note == "no dataset has a number"

"""What `augeval list` and `describe` say of metrics: what stands in brackets, and which depend on a cut."""

from __future__ import annotations

import pytest

from augeval.errors import UnknownNameError
from augeval.terminal.catalogue import describe, entries

FREE = {
    "average_precision", "brier", "ece", "log_loss", "precision_at_recall", "recall_at_precision", "roc_auc",
}  # fmt: skip


def test_every_metric_says_whether_it_depends_on_the_cut() -> None:
    said = {entry.name: entry.threshold_free for entry in entries(["metric"]) if entry.source == "built in"}
    assert {name for name, free in said.items() if free} == FREE
    assert {name for name, free in said.items() if free is None} == set()


def test_a_metric_with_an_argument_is_listed_with_what_it_is() -> None:
    written = {entry.name: entry.written for entry in entries(["metric", "model"])}
    assert written["recall"] == "recall[class]"
    assert written["ece"] == "ece[bins]"
    assert (written["mcc"], written["logistic"]) == ("mcc", "logistic")


def test_a_metric_is_described_with_and_without_its_argument() -> None:
    (plain,), (full,) = describe("recall"), describe("recall[bad]")
    assert plain["name"] == "recall"
    assert full["name"] == "recall[bad]"
    assert (full["doc"], full["in_brackets"], full["reads"]) == (plain["doc"], "a class", "classes")
    assert full["threshold_free"] is False
    assert full["params"] == {}


def test_an_unknown_head_with_brackets_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Nothing is called 'recal\[bad\]'\. Did you mean 'recall'"):
        describe("recal[bad]")


def test_metrics_say_which_treatments_they_take() -> None:
    takes = {entry.name: entry.treatments for entry in entries(["metric"]) if entry.source == "built in"}
    assert takes["balanced_accuracy"] == ("tuned",)
    assert takes["brier"] == ("recalibrated", "prior_corrected")
    assert takes["roc_auc"] == ()


def test_a_treated_metric_is_described_as_its_metric_is() -> None:
    (plain,), (treated,) = describe("mcc"), describe("mcc@tuned")
    assert (treated["doc"], treated["bounds"]) == (plain["doc"], plain["bounds"])
    assert (set(plain["treatments"]), plain["treatment"]) == ({"tuned"}, "")
    assert (set(treated["treatments"]), treated["treatment"]) == (set(), plain["treatments"]["tuned"])

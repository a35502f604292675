"""How far one row of a class reaches, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.metrics.classification import accuracy, balanced_accuracy
from augeval.stats.strata import strata

RARE = np.array([1] * 10 + [0] * 190)  # ten rows of class 1, nineteen times as many of class 0


def contributions(metric, wrong):
    """(1, m) of predictions that are wrong at these rows; one seed."""
    said = np.where(np.isin(np.arange(len(RARE)), wrong), 1 - RARE, RARE)
    return metric.contributions(RARE, np.eye(2)[said])[None]


def reach_of(*tables):
    stratum, reach = strata(RARE, tables)
    return reach[stratum[-1]], reach[stratum[0]]  # of the common class, of the rare one


def test_an_answer_counts_one_in_accuracy_whatever_its_class():
    assert reach_of(contributions(accuracy, [0, 50])) == (1.0, 1.0)


def test_a_rare_answer_counts_as_much_as_nineteen_in_balanced_accuracy():
    common, rare = reach_of(contributions(balanced_accuracy, [0, 50]))
    assert common == pytest.approx(200 / (2 * 190))  # rows / (classes · rows of the class)
    assert rare == pytest.approx(200 / (2 * 10))


def test_a_rare_class_that_is_always_right_reaches_as_far_as_its_size_says():
    tables = [contributions(balanced_accuracy, [50]), contributions(balanced_accuracy, [50, 60, 70])]
    assert reach_of(*tables)[1] == pytest.approx(200 / (2 * 10))


def test_a_rare_class_that_is_always_right_counts_one_in_accuracy():
    assert reach_of(contributions(accuracy, [50]), contributions(accuracy, [50, 60])) == (1.0, 1.0)


def test_classes_of_like_reach_are_one_stratum():
    classes = np.repeat([0, 1, 2], [40, 30, 30])
    stratum, reach = strata(classes, [np.tile([0.0, 1.0], 50)[None]])
    assert set(stratum.tolist()) == {0}
    assert reach.tolist() == [1.0]


def test_no_rows_and_no_numbers_are_one_stratum():
    assert strata(np.zeros(0, np.int64), [])[1].tolist() == [1.0]
    stratum, reach = strata(RARE, [np.full((2, 200), np.nan)])
    assert (set(stratum.tolist()), reach.tolist()) == ({0}, [1.0])

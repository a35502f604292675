"""What an arm delivered: copies, values beyond the class, fractions, rows left out; counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.augment.apply import Context, apply_arm
from augeval.augment.delivered import delivered, left_out_counts
from augeval.registry import get
from augeval.seeds import stream
from augeval.types import Arm, Column, Dataset, Examples, Spec


def rows(x: list[list[float]], y: list[int]) -> Examples:
    ids = np.arange(len(y), dtype=np.int64)
    return Examples(np.array(x, float).reshape(len(y), -1), np.array(y, np.int64), ids, ids[:, None] * 0)


def test_counts_by_hand() -> None:
    # Columns: numbers, whole numbers, categories. Class 0 has 1 … 3, 10 … 30; class 1 has 5, 50.
    columns = (Column("a", "numeric"), Column("b", "numeric"), Column("c", "categorical", ("x", "y")))
    train = rows([[1.5, 10, 0], [3, 30, 1], [5, 50, 0]], [0, 0, 1])
    dataset = Dataset("t", "tabular", train, ("no", "yes"), columns)
    made = rows([[1.5, 10, 0], [4, 20.5, 1], [3, np.nan, 1], [5, 50, 0], [3, 50, 1]], [0, 0, 0, 1, 1])
    # Copies: the first and the fourth. Outside: the 4 of class 0, the 3 of class 1. Ten numbers, one missing.
    assert delivered(made, train, dataset) == {"copies": 2, "cells": 9, "outside": 2, "whole_cells": 4, "fractions": 1}


def test_of_texts_and_of_nothing_nothing_is_counted() -> None:
    texts = Examples(np.array(["a"], object), np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert delivered(texts, texts, Dataset("t", "text", texts, ("a",))) == {}
    train = rows([[1.0]], [0])
    assert delivered(train.take(slice(0, 0)), train, Dataset("t", "tabular", train, ("a",))) == {}


def test_rows_left_out_are_counted_by_class() -> None:
    train = rows([[1.0]] * 5, [0, 0, 1, 1, 2])
    dataset = Dataset("t", "tabular", train, ("a", "b", "c"))
    expected = {"left_out": 3, "left out: a": 2, "left out: b": 1}
    assert left_out_counts(np.array([0, 1, 3]), train, dataset, {}) == expected
    assert left_out_counts(np.empty(0, np.int64), train, dataset, {}) == {}
    # Of class b none was to remain, and one does.
    assert left_out_counts(np.array([2]), train, dataset, {1: 0})["kept_beyond"] == 1


def test_pixels_that_wrapped_around_are_outside_and_those_of_smote_are_not() -> None:
    x = stream("pixels").integers(100, 156, (20, 4, 4, 1)).astype(np.uint8)
    x[:, 0, 0, 0] = np.where(np.arange(20) % 2, 250, 5)
    ids = np.arange(20, dtype=np.int64)
    train = Examples(x, np.repeat([0, 1], [12, 8]).astype(np.int64), ids)
    dataset = Dataset("t", "image", train, ("a", "b"))
    low, high = x[12], x[13]
    step = (np.float32(0.5) * (high - low)).astype(np.uint8)  # unsigned: 5 - 250 is 11
    wrapped = Examples((low + step)[None], np.ones(1, np.int64), ids[12:13], ids[12:13, None])
    assert delivered(wrapped, train, dataset)["outside"] > 0
    name = "imblearn.over_sampling:SMOTE"
    arm = Arm(Spec(name), ratio=4.0, scope=("b",))
    counts = apply_arm(arm, get("augmenter", name), train, Context(dataset, 0, 0, x[:0])).counts
    assert counts["got"] == 32
    assert counts["outside"] == 0


@pytest.mark.parametrize("name", ["smote", "borderline_smote", "adasyn", "interpolation"])
def test_what_lies_between_rows_of_a_class_never_leaves_its_range(name: str) -> None:
    wine = get("dataset", "wine").fn()
    plugin = get("augmenter", name)
    arm = Arm(Spec(name), ratio=3.0, magnitude=plugin.default_magnitude)
    counts = apply_arm(arm, plugin, wine.examples, Context(wine, 0, 0, wine.examples.x[:0])).counts
    assert counts["got"] == 3 * 178
    assert counts["outside"] == 0

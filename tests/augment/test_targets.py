"""Balances above 1, and a balance of its own for each class: what is made, what it is called, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augeval import config, registry
from augeval.augment.apply import Context, apply_arm, quota_of
from augeval.errors import ConfigError, InputError, NotApplicable
from augeval.run.meaningful import check_scopes
from augeval.types import Arm, Cell, Dataset, Examples, Spec

CLASSES = ("a", "b", "c")
Y = np.repeat([0, 1, 2], [40, 12, 20])
NUMERIC = [
    name
    for name in registry.BUILTIN["augmenter"]
    if (plugin := registry.get("augmenter", name)).form == "set" and plugin.in_vectors
]
FIXED = {"kmeans_smote": {"cluster_balance_threshold": 0.01}}


def dataset() -> Dataset:
    """Class c is class b moved far along the first column, with rows of class a about each."""
    rng = np.random.default_rng(0)
    b, aside = rng.normal(size=(12, 2)), np.array([0, 9])
    c = np.concatenate([b, rng.normal(size=(8, 2))]) + aside
    a = np.concatenate([rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + aside])
    return Dataset("three", "tabular", Examples(np.concatenate([a, b, c]), Y, np.arange(72)), CLASSES)


def arm(name: str = "jitter", **targets: float) -> Arm:
    magnitude = registry.get("augmenter", name).default_magnitude
    return Arm(Spec(name, FIXED.get(name, {})), magnitude=magnitude, scope=tuple(sorted(targets)), targets=targets)


def made(one: Arm, rows: Dataset | None = None):
    rows = rows or dataset()
    plugin = registry.get("augmenter", one.augmenter.name)
    return apply_arm(one, plugin, rows.examples, Context(rows, 0, 0, rows.examples.x[:0])).training


def test_a_target_is_rows_of_the_class_over_rows_of_the_largest():
    # .5 of 40 rows are 20, of which 12 are there; 1.5 of 40 rows are 60, of which 20 are there.
    assert quota_of(arm(b=0.5, c=1.5), Y, CLASSES) == {1: 8, 2: 40}
    assert np.bincount(made(arm(b=0.5, c=1.5)).synthetic.y).tolist() == [0, 8, 40]


def test_a_class_that_stands_where_it_is_to_stand_gets_no_row():
    assert quota_of(arm(b=1.0, c=0.5), Y, CLASSES) == {1: 28}
    with pytest.raises(NotApplicable, match="each class stands where it is to stand"):
        quota_of(arm(c=0.5), Y, CLASSES)


def test_a_target_below_what_is_there_is_refused_with_both_numbers():
    with pytest.raises(NotApplicable, match=r"'c' is to stand at 0.4 .* stands at 0.5 \(20 of 40 training rows\)"):
        quota_of(arm(b=1.0, c=0.4), Y, CLASSES)
    with pytest.raises(InputError, match="a share above 0"):
        quota_of(arm(b=-1.0), Y, CLASSES)


@pytest.mark.parametrize("name", ["smote", "jitter", "duplicate", "adasyn"])
def test_a_larger_target_starts_with_the_rows_of_the_smaller_one_class_by_class(name):
    few, many = (made(arm(name, b=b, c=c)).synthetic for b, c in ((0.5, 1.0), (0.8, 1.5)))
    for c in (1, 2):
        one, two = (rows.x[rows.y == c] for rows in (few, many))
        assert 0 < len(one) < len(two)
        assert np.array_equal(one, two[: len(one)])


def test_a_balance_above_one_lets_a_class_outnumber_the_largest():
    one, two = (made(Arm(Spec("smote"), balance=dose, scope=("b",))).synthetic for dose in (1.5, 2.0))
    assert (len(one), len(two)) == (48, 68)  # 60 - 12 and 80 - 12
    assert np.array_equal(one.x, two.x[:48])


def test_the_arm_says_its_targets_and_comes_back_from_json():
    one = arm("smote", c=1, b=0.5)
    assert one.family == one.label == "smote [b to 0.5, c to 1]"
    assert Arm.from_json(one.to_json()) == one
    assert one.makes_rows
    assert one.reference() == replace(one, augmenter=Spec("duplicate"))
    assert "targets" not in Arm(Spec("smote"), balance=0.5).to_json()  # cells of before there were targets keep keys


def test_targets_are_part_of_the_key_and_a_whole_number_is_no_other_one():
    def key(one: Arm) -> str:
        return Cell({"name": "x"}, Spec("logistic"), one, 0, None, ("accuracy",), "each", 1, {}).key

    read = [config.of(written({"b": share})).studies[0].arms[0] for share in (1, 1.0, 0.5)]
    assert key(read[0]) == key(read[1]) != key(read[2])


def written(targets, **keys):
    arm = {"augmenter": "smote", "targets": targets, **keys}
    return {"dataset": "wine", "models": ["logistic"], "arms": [arm]}


def test_a_file_gives_targets_by_class_and_balances_up_to_ten():
    (one,) = config.of(written({"b": 0.5, 1: 2})).studies[0].arms
    assert (one.targets, one.scope, one.balance, one.ratio) == ({"b": 0.5, "1": 2.0}, ("1", "b"), None, None)
    value = {**written({}), "arms": [{"augmenter": "smote", "balance": [1.5, 2, 10]}]}
    assert [one.balance for one in config.of(value).studies[0].arms] == [1.5, 2, 10]
    with pytest.raises(ConfigError, match="targets say how many rows are made"):
        config.of(written({"b": 0.5}, ratio=1))


def test_targets_are_held_to_the_classes_of_the_rows_before_anything_runs():
    def check(**targets: float) -> None:
        check_scopes(config.Study(config.DatasetRef({"name": "three"}), (), (arm("smote", **targets),)), dataset())

    check(b=0.5, c=0.5)
    with pytest.raises(InputError, match=r"targets of the arm .* name 'cc', which is no class .* Did you mean 'c'"):
        check(b=0.5, cc=0.5)
    with pytest.raises(InputError, match=r"'c' is to stand at 0.3 .* stands at 0.5 already \(20 of 40 rows\)"):
        check(c=0.3)


@pytest.mark.parametrize("name", NUMERIC)
def test_two_classes_of_like_rows_do_not_get_the_same_draws_moved(name):
    rows = dataset()
    like = rows.examples.take(np.arange(64))  # class c has the very rows of class b, moved by 9
    training = made(arm(name, b=1.0, c=1.0), replace(rows, examples=like)).synthetic
    b, c = (np.sort(training.x[training.y == k][:, 0]) for k in (1, 2))
    shared = np.isclose(b[:, None], c[None, :], atol=1e-9).any(1)
    real = np.isclose(b[:, None], like.x[None, :, 0], atol=1e-9).any(1)  # a value that a real row has is no draw
    assert len(b)
    assert shared[~real].mean() < 0.5 if (~real).any() else name == "column_bootstrap"

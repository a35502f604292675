"""Where an arm meets a training set: how many rows of which class, from which parents, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.augment.apply import Applied, Context, apply_arm, classes_in_scope, quota_of
from augeval.augment.controls import class_weight, duplicate, none, random_over, shuffle_labels
from augeval.errors import ContractError, InputError, NotApplicable
from augeval.extend import AugmenterPlugin, augmenter, set_augmenter
from augeval.types import Arm, Column, Dataset, Examples, Spec

CLASSES = ("a", "b", "c")


@augmenter("tabular", unit="units", default_magnitude=1.0)
def nudge(row, *, magnitude, rng):
    """Move a row by normal noise."""
    return row + magnitude * rng.normal(size=row.shape)


@augmenter("text", unit="letters", default_magnitude=1.0)
def append(text, *, magnitude, rng):
    """Add a number to a text."""
    return f"{text} {rng.integers(10**9)}"


def table(*counts: int) -> Examples:
    """Rows 0, 1, 2, … of two columns, class by class; ids are not positions."""
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    x = np.stack([np.arange(len(y)), y], axis=1).astype(float)
    return Examples(x, y, np.arange(len(y), dtype=np.int64) * 10 + 3)


def texts(*counts: int) -> Examples:
    rows = table(*counts)
    return Examples(np.array([f"row {i}" for i in range(len(rows))], object), rows.y, rows.ids)


def context(train: Examples, seed: int = 0, draw: int = 0, held_out: Any = None, **more: Any) -> Context:
    modality = "text" if train.x.dtype == object else "tabular"
    columns = None if modality == "text" else (Column("x0", "numeric"), Column("x1", "numeric"))
    dataset = Dataset("toy", modality, train, CLASSES, columns)  # type: ignore[arg-type]  # one of two literals
    return Context(dataset, seed, draw, train.x[:0] if held_out is None else held_out, **more)


def run(plugin: AugmenterPlugin, train: Examples, where: Context | None = None, **dose: Any) -> Applied:
    magnitude = dose.pop("magnitude", plugin.default_magnitude)
    arm = Arm(Spec(plugin.name), magnitude=magnitude, **dose)
    return apply_arm(arm, plugin, train, where or context(train))


def quota(y: Any, **dose: Any) -> dict[int, int]:
    return quota_of(Arm(Spec("nudge"), **dose), np.asarray(y), CLASSES)


def pairs(made: Examples) -> list[tuple[int, bytes]]:
    assert made.parents is not None
    return [(int(p), row.tobytes()) for p, row in zip(made.parents[:, 0], made.x, strict=True)]


class TestQuota:
    def test_a_ratio_is_rows_per_real_row_of_each_class(self) -> None:
        assert quota([0] * 6 + [1] * 4 + [2] * 2, ratio=2.0) == {0: 12, 1: 8, 2: 4}

    def test_a_part_of_the_rows_is_shared_out_in_proportion(self) -> None:
        # Half of 6, 4 and 2 rows; and 6 of 12 rows one more than once: 1.5 × 12 = 18 = 12 + 6.
        y = [0] * 6 + [1] * 4 + [2] * 2
        assert quota(y, ratio=0.5) == {0: 3, 1: 2, 2: 1}
        assert quota(y, ratio=1.5) == {0: 9, 1: 6, 2: 3}

    def test_the_minority_is_every_class_that_is_clearly_smaller_than_the_largest(self) -> None:
        assert quota([0] * 6 + [1] * 4 + [2] * 2, ratio=1.0, scope="minority") == {1: 4, 2: 2}
        # 19 of 20 rows is no minority, even where another class is one.
        assert quota([0] * 20 + [1] * 19 + [2] * 5, ratio=1.0, scope="minority") == {2: 5}

    def test_named_classes_are_augmented_alone(self) -> None:
        assert quota([0] * 6 + [1] * 4 + [2] * 2, ratio=1.0, scope=("c", "a")) == {0: 6, 2: 2}
        assert quota([0] * 6 + [1] * 4, ratio=1.0, scope="b") == {1: 4}

    def test_a_balance_fills_each_class_up_to_a_share_of_the_largest(self) -> None:
        # To .5 of 12 rows: 5 rows need one, 6 none, 2 need four.
        assert quota([0] * 12 + [1] * 5 + [2] * 2, balance=0.5) == {1: 1, 2: 4}
        assert quota([0] * 12 + [1] * 5 + [2] * 2, balance=1.0, scope=("c",)) == {2: 10}
        assert quota([0] * 4 + [1] * 2, balance=2.0) == {0: 4, 1: 6}

    def test_classes_without_training_rows_get_none(self) -> None:
        assert quota([0, 0, 2], ratio=1.0) == {0: 2, 2: 1}

    def test_balanced_data_have_no_minority_and_the_reason_names_the_counts(self) -> None:
        with pytest.raises(NotApplicable, match=r"'b', 9 training rows\) has at least 0.9 of the largest \('a', 10\)"):
            quota([0] * 10 + [1] * 9, ratio=1.0, scope="minority")
        with pytest.raises(NotApplicable, match="There is no minority"):
            quota([0, 0, 0], ratio=1.0, scope="minority")

    def test_documents_have_numbers_instead_of_names(self) -> None:
        with pytest.raises(NotApplicable, match=r"the smallest class \(4, 1 training rows\)"):
            classes_in_scope("minority", np.array([4, 7]), ())
        assert classes_in_scope("all", np.array([4, 7, 7]), ()) == [4, 7]

    @pytest.mark.parametrize(
        ("dose", "words"),
        [
            ({"ratio": 0.1}, "Ratio 0.1 of 3 rows in scope rounds to no row at all"),
            ({"ratio": 0.0}, "Ratio 0 of 3 rows"),
            ({"balance": 0.5}, "Balance 0.5 asks for no row: the classes in scope already stand at 0.5"),
            ({"ratio": 1.0, "scope": "c"}, "Scope names the class 'c', which has no training row. Classes: a, b, c"),
            ({"ratio": 1.0, "scope": ("a", "zebra")}, "Scope names the class 'zebra'"),
        ],
    )
    def test_a_dose_that_means_nothing_says_why(self, dose: dict[str, Any], words: str) -> None:
        with pytest.raises(NotApplicable, match=words):
            quota([0, 0, 1], **dose)

    @pytest.mark.parametrize("dose", [{}, {"ratio": -1.0}, {"ratio": float("nan")}, {"balance": float("inf")}])
    def test_no_dose_or_an_impossible_one_is_a_mistake(self, dose: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="nudge needs a ratio or a balance of at least 0, not"):
            quota([0, 0, 1], **dose)

    @settings(max_examples=200, deadline=None)
    @given(
        y=st.lists(st.integers(0, 2), min_size=1, max_size=60),
        low=st.floats(0.05, 4),
        more=st.floats(0, 4),
        scope=st.sampled_from(["all", "a"]),
    )
    def test_a_larger_ratio_never_wants_fewer_and_stays_in_proportion(
        self, y: list[int], low: float, more: float, scope: str
    ) -> None:
        counts = Counter(y)
        scoped = [c for c in counts if scope == "all" or c == 0]
        rows = sum(counts[c] for c in scoped)
        if not scoped or not round(low * rows):
            return
        few, many = (quota(y, ratio=ratio, scope=scope) for ratio in (low, low + more))
        assert sum(few.values()) == round(low * rows)
        for c in scoped:
            assert few[c] <= many[c]
            # Rounding each class moves it by half a row, and sharing the total out by half a row per class more.
            assert abs(few[c] - low * counts[c]) <= 0.5 + (1 + len(scoped)) / 2

    @settings(max_examples=100, deadline=None)
    @given(y=st.lists(st.integers(0, 2), min_size=2, max_size=60), low=st.floats(0.1, 1), more=st.floats(0, 1))
    def test_a_larger_balance_never_wants_fewer(self, y: list[int], low: float, more: float) -> None:
        wanted = []
        for balance in (low, low + more):
            try:
                wanted.append(quota(y, balance=balance))
            except NotApplicable:
                wanted.append({})
        assert all(rows <= wanted[1].get(c, 0) for c, rows in wanted[0].items())
        largest = max(Counter(y).values())
        assert all(Counter(y)[c] + rows == round(low * largest) for c, rows in wanted[0].items())


class TestSchedule:
    def test_every_row_is_copied_once_before_any_is_copied_twice(self) -> None:
        made = run(nudge, table(3, 2), ratio=2.0).training.synthetic
        parents = made.parents[:, 0].tolist()
        assert sorted(parents[:5]) == sorted(parents[5:]) == [3, 13, 23, 33, 43]

    @settings(max_examples=40, deadline=None)
    @given(low=st.floats(0.1, 3), more=st.floats(0, 3), seed=st.integers(0, 5), n=st.integers(1, 12))
    def test_a_larger_ratio_begins_with_the_rows_of_a_smaller_one(
        self, low: float, more: float, seed: int, n: int
    ) -> None:
        train = table(n, 5, 2)
        if not round(low * len(train)):
            return
        few, many = (
            run(nudge, train, context(train, seed), ratio=ratio).training.synthetic for ratio in (low, low + more)
        )
        assert pairs(few) == pairs(many)[: len(few)]

    def test_a_larger_balance_holds_the_rows_of_a_smaller_one(self) -> None:
        train = table(20, 6, 3)
        few, many = (run(nudge, train, balance=b).training.synthetic for b in (0.5, 0.9))
        assert len(few) == 4 + 7
        assert set(pairs(few)) < set(pairs(many))

    def test_a_row_s_copy_does_not_depend_on_the_seed_nor_on_the_rows_beside_it(self) -> None:
        train = table(8, 4)
        one = dict(pairs(run(nudge, train, ratio=1.0).training.synthetic))
        other = dict(pairs(run(nudge, train, context(train, seed=1), ratio=1.0).training.synthetic))
        half = train.take([0, 2, 5, 9])
        fewer = dict(pairs(run(nudge, half, context(half, seed=2), ratio=1.0).training.synthetic))
        assert one == other
        assert fewer == {parent: one[parent] for parent in fewer}

    def test_seeds_pick_other_rows_where_not_all_are_copied(self) -> None:
        train = table(40, 10)
        chosen = [
            frozenset(run(nudge, train, context(train, seed), ratio=0.2).training.synthetic.ids.tolist())
            for seed in range(4)
        ]
        assert len(set(chosen)) == 4

    def test_every_arm_of_a_seed_starts_from_the_same_rows(self) -> None:
        train = table(40, 10)
        copied = run(duplicate, train, ratio=0.3).training.synthetic
        edited = run(nudge, train, ratio=0.3).training.synthetic
        np.testing.assert_array_equal(copied.ids, edited.ids)
        np.testing.assert_array_equal(copied.x, train.x[(copied.ids - 3) // 10])

    @pytest.mark.parametrize("change", ["draw", "magnitude", "scope"])
    def test_draws_magnitudes_and_scopes_have_generators_of_their_own(self, change: str) -> None:
        train = texts(6, 3)
        one = run(append, train, ratio=1.0, scope="a").training.synthetic
        other = {
            "draw": lambda: run(append, train, context(train, draw=1), ratio=1.0, scope="a"),
            "magnitude": lambda: run(append, train, ratio=1.0, scope="a", magnitude=2.0),
            "scope": lambda: run(append, train, ratio=1.0, scope=("a",)),
        }[change]().training.synthetic
        np.testing.assert_array_equal(one.ids, other.ids)
        assert not set(one.x) & set(other.x)

    def test_rows_made_together_have_seeds_of_their_own_but_not_ratios(self) -> None:
        @set_augmenter("tabular")
        def shifted(train, quota, *, rng):
            """All rows of a class, moved by one number."""
            rows = np.concatenate([np.flatnonzero(train.y == c)[:n] for c, n in quota.items()])
            return Examples(train.x[rows] + rng.normal(), train.y[rows], train.ids[rows], train.ids[rows][:, None])

        train = table(5, 5)
        moved = [
            (run(shifted, train, context(train, seed), ratio=ratio).training.synthetic.x[0] - train.x[0])[0]
            for seed, ratio in ((0, 1.0), (0, 0.4), (1, 1.0))
        ]
        assert moved[0] == moved[1] != moved[2]

    def test_the_real_rows_are_passed_on_as_they_are(self) -> None:
        train = table(3, 2)
        applied = run(nudge, train, ratio=1.0)
        assert applied.training.real is train
        assert applied.training.asked == 5


class TestCounts:
    def test_of_duplicates_every_row_is_a_no_op_and_every_later_copy_a_repeat(self) -> None:
        counts = run(duplicate, table(3, 2), ratio=3.0).counts
        assert counts == {
            "asked": 15, "got": 15, "leaked": 0, "no_op": 15, "repeats": 10, "effective": 0,
            "copies": 15, "cells": 30, "outside": 0, "whole_cells": 30, "fractions": 0,
        }  # fmt: skip

    def test_an_edit_that_changes_some_rows_is_counted_row_by_row(self) -> None:
        @augmenter("text", unit="")
        def only_even(text, *, magnitude, rng):
            return text if int(text.split()[1]) % 2 else f"{text}!"

        counts = run(only_even, texts(3, 2), ratio=2.0).counts  # rows 1 and 3 stay; the second copies repeat the first
        assert counts == {"asked": 10, "got": 10, "leaked": 0, "no_op": 4, "repeats": 5, "effective": 3}

    def test_fewer_rows_than_asked_for_are_recorded(self) -> None:
        @set_augmenter("tabular")
        def one_row(train, quota, *, rng):
            return Examples(train.x[:1] + 0.5, train.y[:1], train.ids[:1], train.ids[:1, None])

        applied = run(one_row, table(3, 2), ratio=2.0)
        assert (applied.counts["asked"], applied.counts["got"], applied.training.asked) == (10, 1, 10)

    def test_a_row_equal_to_a_held_out_row_is_dropped_and_counted(self) -> None:
        @augmenter("text", unit="")
        def next_row(text, *, magnitude, rng):
            return f"row {int(text.split()[1]) + 1}"

        train = texts(3, 2)
        held_out = np.array(["row 2", "row 5", "something else"], object)
        applied = run(next_row, train, context(train, held_out=held_out), ratio=1.0)
        assert sorted(applied.training.synthetic.x) == ["row 1", "row 3", "row 4"]
        assert sorted(applied.training.synthetic.ids) == [3, 23, 33]
        assert applied.counts == {"asked": 5, "got": 3, "leaked": 2, "no_op": 0, "repeats": 0, "effective": 3}

    def test_a_leaking_table_row_or_image_is_found_by_all_of_its_values(self) -> None:
        train = table(3, 2)
        applied = run(duplicate, train, context(train, held_out=train.x[[1]]), ratio=2.0)
        assert applied.counts["leaked"] == 2
        assert 13 not in applied.training.synthetic.ids
        pictures = Examples(np.arange(24, dtype=np.uint8).reshape(6, 2, 2, 1), np.zeros(6, np.int64), np.arange(6))
        held_out = pictures.x[2:4]
        dataset = Dataset("pictures", "image", pictures, ("a",))
        arm = Arm(Spec("duplicate"), ratio=1.0)
        assert apply_arm(arm, duplicate, pictures, Context(dataset, 0, 0, held_out)).counts["leaked"] == 2

    def test_dropping_leaks_keeps_doses_nested(self) -> None:
        train = table(6, 4)
        where = context(train, held_out=train.x[[0, 7]])
        few, many = (run(duplicate, train, where, ratio=ratio).training.synthetic for ratio in (0.6, 2.0))
        assert pairs(few) == pairs(many)[: len(few)]

    def test_a_class_s_quota_can_be_met_by_rows_with_other_labels_only_where_that_is_declared(self) -> None:
        train = table(6, 3)
        made = run(shuffle_labels, train, ratio=2.0).training.synthetic
        assert len(made) == 18
        honest = replace(shuffle_labels, mixes_labels=False)
        with pytest.raises(ContractError, match=r"shuffle_labels returned \d rows of class \d where at most"):
            run(honest, train, ratio=1.0, scope="a")


class TestArmsWithoutRows:
    def test_none_adds_nothing(self) -> None:
        applied = run(none, table(3, 2))
        assert len(applied.training.synthetic) == 0
        assert applied.training.asked == 0
        assert applied.counts == {}

    def test_class_weight_weighs_the_real_rows(self) -> None:
        real = run(class_weight, table(6, 2)).training.real  # 8 rows, 2 classes: 8/12 and 8/4
        np.testing.assert_allclose(real.weights, [2 / 3] * 6 + [2.0] * 2)

    @pytest.mark.parametrize("weights", [[1.0], [1.0, np.nan, 1.0], [1.0, -1.0, 1.0]])
    def test_weights_that_are_none_are_refused(self, weights: list[float]) -> None:
        plugin = AugmenterPlugin("odd", lambda train: np.array(weights), ("tabular",), form="weights")
        with pytest.raises(ContractError, match="odd must return 3 finite weights of at least 0"):
            run(plugin, table(2, 1))


def returning(made: Any, **about: Any) -> AugmenterPlugin:
    """A row-wise augmenter that returns this, whatever it is given."""
    return AugmenterPlugin("odd", lambda rows, *, magnitude, rngs: made, ("tabular", "text"), form="row", **about)


def making(**fields: Any) -> AugmenterPlugin:
    """A set-wise augmenter whose two rows of class "a" have these fields replaced."""

    def fn(train: Examples, quota: dict[int, int], *, rng: np.random.Generator) -> Examples:
        rows = train.take([0, 1])
        return replace(Examples(rows.x + 0.5, rows.y, rows.ids, rows.ids[:, None]), **fields)

    return AugmenterPlugin("odd", fn, ("tabular",), form="set")


class TestBrokenPlugins:
    @pytest.mark.parametrize(
        ("made", "words"),
        [
            ([np.zeros(2)] * 4, "odd returned 4 rows for 5; it must return one for one"),
            ([np.zeros(2)] * 6, "odd returned 6 rows for 5"),
            (None, "odd returned NoneType rows for 5"),
            ([np.zeros(2)] * 3 + [np.zeros(3)] * 2, r"odd returned shape \(3,\) \(row 3\), wanted \(2,\)"),
            ([np.zeros(2, int)] * 5, "odd returned rows of type int64, wanted float64"),
            ([np.zeros(2)] * 4 + [np.array([0, np.inf])], r"1 of 5 rows with a nan .*first: row 4, column 1"),
            ([np.array([np.nan, 0])] * 5, r"5 of 5 rows with a nan .*first: row 0, column 0"),
        ],
    )
    def test_rows_that_are_none_name_the_augmenter_and_the_row(self, made: Any, words: str) -> None:
        with pytest.raises(ContractError, match=words):
            run(returning(made), table(3, 2), ratio=1.0)

    @pytest.mark.parametrize(
        ("made", "words"),
        [
            (["x", "y", 3, "z", "z"], r"odd returned int for text \(row 2\), wanted str"),
            (["x", " ", "z", "z", "z"], r"odd returned an empty text \(row 1\)"),
            ("hello", "odd returned str rows for 5"),
        ],
    )
    def test_texts_must_be_texts(self, made: Any, words: str) -> None:
        with pytest.raises(ContractError, match=words):
            run(returning(made), texts(3, 2), ratio=1.0)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"x": np.zeros((2, 3))}, r"odd returned rows of shape \(3,\), wanted \(2,\)"),
            ({"x": [[0, 0], [1, 1]]}, "odd returned list as x, wanted an array"),
            ({"y": np.array([0])}, r"odd returned x \(2, 2\), y \(1,\).*one entry a row in each"),
            ({"parents": np.array([3, 13])}, r"parents \(2,\); wanted .* parents as \(rows, p\)"),
            ({"parents": None}, "odd must return Examples with parents, not Examples without parents"),
            ({"parents": np.array([[3], [4]])}, r"odd names parent \[4\] \(row 1\), which is no training row"),
            ({"parents": np.array([[3, 99], [3, 3]])}, r"odd names parent \[3, 99\] \(row 0\)"),
            ({"y": np.array([0, 1])}, "odd returned 1 rows of class 1 where at most 0 were asked for"),
            ({"x": np.array([[0, 1], [np.nan, 1]])}, "1 of 2 rows with a nan or infinite value"),
        ],
    )
    def test_sets_that_are_none_say_what_is_wrong(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(ContractError, match=words):
            run(making(**fields), table(3, 2), ratio=1.0, scope="a")

    def test_more_rows_than_asked_for_are_refused(self) -> None:
        with pytest.raises(ContractError, match="odd returned 2 rows where at most 1 were asked for"):
            run(making(), table(3, 2), ratio=0.34, scope="a")

    def test_labels_that_no_training_row_has_are_refused_even_where_labels_mix(self) -> None:
        plugin = replace(making(y=np.array([0, 7])), mixes_labels=True)
        with pytest.raises(ContractError, match=r"odd returned label 7 \(row 1\), which no training row has"):
            run(plugin, table(3, 2), ratio=1.0)

    def test_something_else_than_rows_is_refused(self) -> None:
        plugin = AugmenterPlugin("odd", lambda train, quota, *, rng: train.x, ("tabular",), form="set")
        with pytest.raises(ContractError, match="odd must return Examples with parents, not ndarray"):
            run(plugin, table(3, 2), ratio=1.0)

    def test_missing_values_are_allowed_in_columns_that_have_some(self) -> None:
        train = table(3, 2)
        train.x[0, 1] = np.nan
        made = run(returning([np.array([1.5, np.nan])] * 5), train, ratio=1.0).training.synthetic
        assert np.isnan(made.x[:, 1]).all()

    def test_an_error_of_the_plug_in_s_own_names_it_and_the_row(self) -> None:
        @augmenter("text", unit="words", default_magnitude=1.0)
        def fails_on_seven(text, *, magnitude, rng):
            if text == "row 7":
                raise ZeroDivisionError("seven")
            return f"{text}!"

        with pytest.raises(ZeroDivisionError, match="seven") as caught:
            run(fails_on_seven, texts(6, 4), ratio=1.0)
        assert caught.value.__notes__ == ["Raised by fails_on_seven on the training row with id 73: 'row 7'."]

    def test_an_error_that_no_single_row_causes_says_so(self) -> None:
        @augmenter("text", unit="words", default_magnitude=1.0, batch=True)
        def fails_on_many(rows, *, magnitude, rngs):
            if len(rows) > 1:
                raise MemoryError
            return rows

        with pytest.raises(MemoryError) as caught:
            run(fails_on_many, texts(2, 2), ratio=1.0)
        assert "fails_on_many on 4 rows together" in caught.value.__notes__[0]

    def test_an_error_of_a_set_wise_plug_in_names_it(self) -> None:
        @set_augmenter("tabular")
        def broken(train, quota, *, rng):
            raise KeyError("lost")

        with pytest.raises(KeyError, match="lost") as caught:
            run(broken, table(3, 2), ratio=2.0)
        assert caught.value.__notes__ == ["Raised by broken, asked for 10 rows of 5."]

    def test_our_own_errors_pass_as_they_are(self) -> None:
        @augmenter("text", unit="words", default_magnitude=1.0)
        def refuses(text, *, magnitude, rng):
            raise NotApplicable("not today")

        with pytest.raises(NotApplicable, match="not today") as caught:
            run(refuses, texts(2, 2), ratio=1.0)
        assert not hasattr(caught.value, "__notes__")


class TestWhatAnAugmenterMayAskFor:
    def test_the_dataset_comes_without_a_row(self) -> None:
        seen = {}

        @augmenter("tabular", unit="", batch=True)
        def curious(rows, *, magnitude, rngs, dataset):
            seen["dataset"] = dataset
            return rows

        run(curious, table(3, 2), ratio=1.0)
        assert len(seen["dataset"].examples) == 0
        assert seen["dataset"].columns[0].name == "x0"

    def test_an_encoder_where_none_is_installed_makes_the_arm_not_applicable(self) -> None:
        @augmenter("text", unit="", batch=True)
        def near(rows, *, magnitude, rngs, encoder):
            return [f"{row} {encoder(np.array([row], object)).shape}" for row in rows]

        with pytest.raises(NotApplicable, match=r"near needs a text encoder. Run: pip install 'augeval\[minilm\]'"):
            run(near, texts(2, 1), ratio=1.0)
        where = context(texts(2, 1), encoder=lambda x: np.zeros((len(x), 4), np.float32))
        assert all(row.endswith("(1, 4)") for row in run(near, texts(2, 1), where, ratio=1.0).training.synthetic.x)

    def test_a_path_starts_from_the_experiment_s_folder_and_its_name_does_not(self) -> None:
        seen = []

        @augmenter("text", unit="", batch=True)
        def reads(rows, *, magnitude, rngs, path):
            seen.append(path)
            return [f"{row} {rng.integers(10**9)}" for row, rng in zip(rows, rngs, strict=True)]

        arm = Arm(Spec("reads", {"path": "rows.csv"}), ratio=1.0)
        made = [
            apply_arm(arm, reads, texts(2, 1), context(texts(2, 1), folder=folder)).training.synthetic.x.tolist()
            for folder in ("/one", "/two")
        ]
        assert seen == ["/one/rows.csv", "/two/rows.csv"]
        assert made[0] == made[1]

    def test_a_magnitude_reaches_row_wise_and_set_wise_augmenters(self) -> None:
        assert run(nudge, table(3, 2), ratio=1.0, magnitude=0.0).counts["no_op"] == 5
        assert "magnitude" not in random_over.params
        assert run(random_over, table(3, 2), ratio=1.0).counts["got"] == 5

"""Controls: arms whose effect is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.augment.controls import class_weight, duplicate, none, random_over, shuffle_labels
from augeval.seeds import stream
from augeval.types import Examples

SET_FORMS = [shuffle_labels, random_over]


def examples(counts: tuple[int, ...] = (7, 4, 2)) -> Examples:
    """Rows whose only column is their own id; ids are not positions."""
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    ids = np.arange(len(y), dtype=np.int64) * 10 + 3
    return Examples(ids[:, None].astype(float), y, ids)


def class_of_parent(made: Examples, train: Examples) -> np.ndarray:
    return train.y[np.searchsorted(train.ids, made.parents[:, 0])]


def test_none_and_class_weight_make_no_rows() -> None:
    assert (none.form, class_weight.form) == ("none", "weights")
    assert len(none.fn(examples())) == 0


def test_duplicate_returns_the_rows_themselves_for_every_modality() -> None:
    rows = ["a text", np.zeros((2, 2, 1), np.uint8), np.array([1.0, np.nan])]
    made = duplicate.fn(rows, magnitude=None, rngs=[stream(i) for i in range(3)])
    assert made[0] == "a text"
    assert all(a is b for a, b in zip(made, rows, strict=True))
    assert set(duplicate.modalities) == {"text", "image", "tabular", "retrieval"}
    assert not duplicate.has_magnitude


def test_class_weights_by_hand() -> None:
    # 6 rows of two classes, 4 and 2: 6 / (2 · 4) = 0.75 and 6 / (2 · 2) = 1.5.
    weights = class_weight.fn(examples((4, 2)))
    np.testing.assert_array_equal(weights, [0.75] * 4 + [1.5] * 2)


def test_class_weights_agree_with_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_sample_weight

    train = examples((9, 5, 1))
    np.testing.assert_allclose(class_weight.fn(train), compute_sample_weight("balanced", train.y), rtol=1e-15)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_class_weights_have_mean_one_and_give_every_class_the_same_total(counts: list[int]) -> None:
    train = examples(tuple(counts))
    weights = class_weight.fn(train)
    assert weights.mean() == pytest.approx(1.0)
    totals = np.bincount(train.y, weights)
    np.testing.assert_allclose(totals, totals[0])


def test_class_weights_ignore_classes_without_rows() -> None:
    train = examples((4, 2)).take([0, 1, 2, 3])
    np.testing.assert_array_equal(class_weight.fn(train), np.ones(4))


@pytest.mark.parametrize("plugin", SET_FORMS, ids=lambda p: p.name)
class TestLawsOfTheSetForms:
    def test_the_same_stream_gives_the_same_rows(self, plugin: Callable[..., Examples]) -> None:
        first, again, other = (plugin(examples(), {0: 9, 2: 9}, rng=stream(name)) for name in ("a", "a", "b"))
        np.testing.assert_array_equal(first.parents, again.parents)
        np.testing.assert_array_equal(first.y, again.y)
        assert not (np.array_equal(first.parents, other.parents) and np.array_equal(first.y, other.y))

    @settings(max_examples=25, deadline=None)
    @given(small=st.integers(0, 40), more=st.integers(0, 600))
    def test_a_larger_quota_starts_with_the_rows_of_a_smaller_one(
        self, plugin: Callable[..., Examples], small: int, more: int
    ) -> None:
        train = examples()
        few = plugin(train, {0: small, 1: small}, rng=stream("s"))
        many = plugin(train, {0: small + more, 1: small + 1}, rng=stream("s"))
        for c in (0, 1):
            mine, theirs = (np.flatnonzero(class_of_parent(made, train) == c) for made in (few, many))
            np.testing.assert_array_equal(few.parents[mine], many.parents[theirs[: len(mine)]])
            np.testing.assert_array_equal(few.y[mine], many.y[theirs[: len(mine)]])

    def test_rows_are_their_parents_in_the_numbers_asked_for(self, plugin: Callable[..., Examples]) -> None:
        train = examples()
        made = plugin(train, {0: 3, 1: 0, 2: 5}, rng=stream("s"))
        np.testing.assert_array_equal(made.x[:, 0], made.parents[:, 0])
        np.testing.assert_array_equal(made.ids, made.parents[:, 0])
        np.testing.assert_array_equal(np.bincount(class_of_parent(made, train), minlength=3), [3, 0, 5])

    def test_the_training_rows_are_left_as_they_were(self, plugin: Callable[..., Examples]) -> None:
        train = examples()
        before = (train.x.copy(), train.y.copy(), train.ids.copy())
        plugin(train, {0: 9, 1: 9}, rng=stream("s"))
        for then, now in zip(before, (train.x, train.y, train.ids), strict=True):
            np.testing.assert_array_equal(then, now)

    def test_no_quota_makes_no_rows_with_one_parent_column(self, plugin: Callable[..., Examples]) -> None:
        made = plugin(examples(), {0: 0}, rng=stream("s"))
        assert len(made) == 0
        assert made.parents.shape == (0, 1)
        assert made.y.dtype == np.int64


def test_random_over_draws_with_replacement_within_the_class() -> None:
    train = examples()
    made = random_over(train, {0: 700}, rng=stream("s"))
    np.testing.assert_array_equal(made.y, 0)
    times = np.bincount(np.searchsorted(train.ids, made.parents[:, 0]), minlength=7)
    # 700 draws among 7 rows: mean 100, standard deviation 9.3; equal counts would mean cycling, not drawing.
    assert 60 < times.min() < times.max() < 140
    assert len(set(times)) > 1


def test_shuffled_labels_keep_the_class_frequencies_of_a_full_copy() -> None:
    train = examples()
    made = shuffle_labels(train, {0: 7, 1: 4, 2: 2}, rng=stream("s"))
    np.testing.assert_array_equal(np.bincount(made.y), [7, 4, 2])
    np.testing.assert_array_equal(np.sort(made.parents[:, 0]), train.ids)
    assert shuffle_labels.mixes_labels


def test_each_copy_of_the_rows_has_labels_of_its_own() -> None:
    train = examples((40, 40))
    made = shuffle_labels(train, {0: 80, 1: 80}, rng=stream("s"))
    np.testing.assert_array_equal(made.parents[:80], made.parents[80:])  # two copies of all rows, in the same order
    assert not np.array_equal(made.y[:80], made.y[80:])


def test_a_larger_dose_of_shuffled_labels_begins_with_the_smaller_one() -> None:
    # Seven, four and two rows; half of them, then two and a half times as many: copy by copy, classes in proportion.
    few = shuffle_labels(examples(), {0: 4, 1: 2, 2: 1}, rng=stream("s"))
    many = shuffle_labels(examples(), {0: 18, 1: 10, 2: 5}, rng=stream("s"))
    np.testing.assert_array_equal(few.parents, many.parents[: len(few)])
    np.testing.assert_array_equal(few.y, many.y[: len(few)])


def test_shuffled_labels_carry_no_information_about_the_parent() -> None:
    # 2,000 rows, two equal classes: the share of labels that survive is .5 with standard deviation .011.
    train = examples((1000, 1000))
    made = shuffle_labels(train, {0: 1000, 1: 1000}, rng=stream("s"))
    assert abs((made.y == class_of_parent(made, train)).mean() - 0.5) < 0.05


def test_a_class_without_training_rows_gets_none() -> None:
    for plugin in SET_FORMS:
        made = plugin(examples((3, 2)), {0: 2, 5: 4}, rng=stream("s"))
        assert len(made) == 2

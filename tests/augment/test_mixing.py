"""Rows mixed within a class: which values can come out, of whom, and how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augeval.augment.columns import coded_columns, ranges_of, whole_columns
from augeval.augment.mixing import categorical_swap, column_bootstrap, interpolation
from augeval.augment.tabular import jitter, rose
from augeval.errors import InputError, NotApplicable
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

MIXERS = [interpolation, categorical_swap, column_bootstrap]
MAKERS = [*MIXERS, jitter, rose]
COLUMNS = (
    Column("height", "numeric"),
    Column("children", "numeric"),
    Column("smokes", "numeric"),
    Column("town", "categorical", ("a", "b", "c")),
    Column("grade", "categorical", ("low", "middle", "high")),
    Column("income", "numeric"),
)


def people(counts: tuple[int, ...] = (40, 25)) -> Examples:
    """Numbers, whole numbers, 0 and 1, categories, ordered categories, and numbers of which some are missing."""
    rng = stream("people")
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    n = len(y)
    columns = [rng.normal(170, 10, n) + y, rng.integers(0, 6, n), rng.integers(0, 2, n), rng.integers(0, 3, n)]
    x = np.stack([*columns, rng.integers(0, 3, n), rng.normal(3000, 500, n)], axis=1).astype(float)
    x[rng.random(n) < 0.3, 5] = np.nan
    return Examples(x, y, np.arange(n, dtype=np.int64) * 10 + 3)


def call(plugin: Any, train: Examples, quota: dict[int, int], **params: Any) -> Examples:
    given = {"magnitude": plugin.default_magnitude, "rng": stream("s"), **params}
    columns = COLUMNS if train.x.shape[1] == 6 else tuple(Column(f"x{i}", "numeric") for i in range(train.x.shape[1]))
    dataset = Dataset("people", "tabular", train.take(slice(0, 0)), ("no", "yes"), columns)
    made: Examples = plugin(train, quota, dataset=dataset, **given)
    return made


def parents_in(made: Examples) -> np.ndarray:
    return (made.parents - 3) // 10


def test_columns_are_known_by_the_values_of_real_rows() -> None:
    train = people()
    dataset = Dataset("people", "tabular", train.take(slice(0, 0)), (), COLUMNS)
    np.testing.assert_array_equal(whole_columns(train.x, dataset), [False, True, True, False, False, False])
    np.testing.assert_array_equal(coded_columns(train.x, dataset), [False, False, True, True, True, False])
    low, high = ranges_of(np.array([[1.0, np.nan], [np.nan, np.nan], [-2.0, np.nan]]))
    assert (low.tolist(), high.tolist()) == ([-2.0, -np.inf], [1.0, np.inf])


@pytest.mark.parametrize("plugin", MAKERS, ids=lambda p: p.name)
class TestNothingIsInvented:
    def test_whole_numbers_stay_whole_and_codes_stay_codes_of_the_class(self, plugin: Any) -> None:
        train = people()
        made = call(plugin, train, {0: 300, 1: 300}, magnitude=1.0)
        for c in (0, 1):
            ours, real = made.x[made.y == c], train.x[train.y == c]
            assert (ours[:, 1] == np.rint(ours[:, 1])).all()
            for column in (2, 3, 4):
                assert set(ours[:, column]) <= set(real[:, column])

    def test_no_value_is_beyond_those_of_the_real_rows(self, plugin: Any) -> None:
        train = people()
        more = {"within_range": True} if plugin is rose else {}
        made = call(plugin, train, {0: 300, 1: 300}, magnitude=1.0, **more)
        low, high = ranges_of(train.x)
        assert ((made.x >= low) & (made.x <= high) | np.isnan(made.x)).all()

    def test_values_are_missing_only_where_those_of_real_rows_are(self, plugin: Any) -> None:
        made = call(plugin, people(), {0: 300}, magnitude=1.0)
        assert not np.isnan(made.x[:, :5]).any()
        assert 0.1 < np.isnan(made.x[:, 5]).mean() < 0.6

    def test_parents_are_of_the_class_and_come_first_by_turns(self, plugin: Any) -> None:
        train = people()
        made = call(plugin, train, {0: 80, 1: 30})
        assert (train.y[parents_in(made)] == made.y[:, None]).all()
        np.testing.assert_array_equal(made.ids, made.parents[:, 0])


@pytest.mark.parametrize("plugin", [*MIXERS, rose], ids=lambda p: p.name)
class TestLaws:
    def test_a_larger_quota_starts_with_the_rows_of_a_smaller_one(self, plugin: Any) -> None:
        few, many = (call(plugin, people(), {0: rows, 1: 10}) for rows in (50, 600))
        np.testing.assert_array_equal(few.x[few.y == 0], many.x[many.y == 0][:50])
        np.testing.assert_array_equal(few.x[few.y == 1], many.x[many.y == 1])

    def test_the_quota_is_filled_exactly(self, plugin: Any) -> None:
        assert np.bincount(call(plugin, people(), {0: 1, 1: 257}).y).tolist() == [1, 257]

    @pytest.mark.parametrize("magnitude", [None, -0.1, float("nan")])
    def test_a_magnitude_that_is_none_is_refused(self, plugin: Any, magnitude: float | None) -> None:
        with pytest.raises(InputError, match=f"{plugin.name} takes a magnitude .*, not {magnitude}"):
            call(plugin, people(), {0: 3}, magnitude=magnitude)


@pytest.mark.parametrize("plugin", MIXERS, ids=lambda p: p.name)
def test_a_row_cannot_be_mixed_with_itself(plugin: Any) -> None:
    with pytest.raises(NotApplicable, match="class 'yes': it has 1 training row, and 1 neighbour of each row need 2"):
        call(plugin, people((10, 1)), {1: 3})


class TestInterpolation:
    def test_with_magnitude_one_it_has_the_variance_of_smote_with_all_neighbours(self) -> None:
        x = stream("normal").normal(size=(12, 2))
        train = Examples(x, np.zeros(12, np.int64), np.arange(12) * 10 + 3)
        made = call(interpolation, train, {0: 40_000}, magnitude=1.0)
        np.testing.assert_allclose(made.x.var(0) / x.var(0, ddof=1), 2 / 3 - 1 / 12, atol=0.012)

    def test_rows_lie_within_the_magnitude_of_their_row(self) -> None:
        x = np.array([[0.0], [1.0], [5.0]])
        train = Examples(x + 0.25, np.zeros(3, np.int64), np.arange(3) * 10 + 3)
        made = call(interpolation, train, {0: 3000}, magnitude=0.2)
        ends = train.x[parents_in(made), 0]
        share = (made.x[:, 0] - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
        assert 0 <= share.min() < 0.01
        assert 0.19 < share.max() <= 0.2
        assert (parents_in(made)[:, 0] != parents_in(made)[:, 1]).all()

    def test_categories_jump_as_often_as_the_step_is_long(self) -> None:
        # Half of the way on average in either direction: a fourth is of the other row with magnitude .5.
        train = people((200, 2))
        x = train.x.copy()
        x[:, 3] = np.arange(202) % 3
        made = call(interpolation, Examples(x, train.y, train.ids), {0: 6000}, magnitude=0.5)
        ends = parents_in(made)
        moved = made.x[:, 3] != x[ends[:, 0], 3]
        unlike = x[ends[:, 0], 3] != x[ends[:, 1], 3]
        assert moved[unlike].mean() == pytest.approx(0.25, abs=0.03)

    def test_alpha_must_be_above_zero(self) -> None:
        with pytest.raises(InputError, match="an alpha above 0, not 0"):
            call(interpolation, people(), {0: 3}, alpha=0)


class TestSwap:
    def test_numbers_stay_and_categories_are_those_of_one_other_row(self) -> None:
        train = people()
        made = call(categorical_swap, train, {0: 500}, magnitude=0.5)
        ends = parents_in(made)
        np.testing.assert_array_equal(made.x[:, [0, 1, 5]], train.x[ends[:, 0]][:, [0, 1, 5]])
        own, other = train.x[ends[:, 0]][:, 2:5], train.x[ends[:, 1]][:, 2:5]
        assert ((made.x[:, 2:5] == own) | (made.x[:, 2:5] == other)).all()
        swapped = (made.x[:, 2:5] == other)[own != other].mean()
        assert swapped == pytest.approx(0.5, abs=0.06)

    def test_without_categories_there_is_nothing_to_exchange(self) -> None:
        train = people()
        with pytest.raises(NotApplicable, match="nothing to exchange: no column is categorical, or takes two values"):
            call(categorical_swap, Examples(train.x[:, [0, 1, 5]], train.y, train.ids), {0: 3})


class TestColumnBootstrap:
    def test_with_magnitude_one_columns_keep_their_values_and_lose_what_they_had_in_common(self) -> None:
        x = stream("line").normal(size=(50, 1)) * [1.0, 2.0]
        train = Examples(x, np.zeros(50, np.int64), np.arange(50) * 10 + 3)
        made = call(column_bootstrap, train, {0: 8000}, magnitude=1.0)
        assert set(made.x[:, 0]) <= set(x[:, 0])
        np.testing.assert_allclose(made.x.std(0), x.std(0), rtol=0.04)
        assert abs(np.corrcoef(made.x.T)[0, 1]) < 0.04  # 1 among the real rows
        np.testing.assert_array_equal(made.x, x[parents_in(made)[:, 1:], np.arange(2)])

    def test_with_magnitude_zero_it_copies(self) -> None:
        train = people()
        made = call(column_bootstrap, train, {0: 60}, magnitude=0.0)
        np.testing.assert_array_equal(made.x, train.x[parents_in(made)[:, 0]])


class TestRose:
    def test_the_noise_is_imbalanced_learn_s_with_the_rows_of_the_class_for_its_bandwidth(self) -> None:
        from imblearn.over_sampling import RandomOverSampler

        x = stream("rose").normal(size=(30, 3)) * [1.0, 5.0, 0.1]
        train = Examples(np.concatenate([x, x[:5]]), np.repeat([0, 1], [30, 5]), np.arange(35) * 10 + 3)
        made = call(rose, train, {0: 20_000}, magnitude=1.5)
        ours = (made.x - train.x[parents_in(made)[:, 0]]).std(0)
        sampler = RandomOverSampler(sampling_strategy={0: 20_030}, shrinkage={0: 1.5}, random_state=0)
        rows, _ = sampler.fit_resample(train.x, train.y)
        theirs = (rows[35:] - train.x[sampler.sample_indices_[35:]]).std(0)
        # It takes all 35 rows for the bandwidth, the paper and we the 30 of the class.
        np.testing.assert_allclose(ours, theirs * (35 / 30) ** (1 / 7), rtol=0.02)
        expected = 1.5 * (4 / (5 * 30)) ** (1 / 7) * x.std(0)
        np.testing.assert_allclose(ours, expected, rtol=0.02)

    def test_without_noise_and_in_a_class_of_one_row_it_copies(self) -> None:
        train = people((20, 1))
        plain = call(rose, train, {0: 50}, magnitude=0.0)
        assert plain.x.tobytes() == train.x[parents_in(plain)[:, 0]].tobytes()
        alone = call(rose, train, {1: 5})
        np.testing.assert_array_equal(alone.x, np.repeat(train.x[20:], 5, axis=0))

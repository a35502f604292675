"""Rows of tables: SMOTE, noise, and samplers made by others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.augment.oversampling import smote
from augeval.augment.resampled import Resampled
from augeval.augment.tabular import from_sampler, jitter
from augeval.errors import InputError, NotApplicable
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

CLASSES = ("common", "rare", "other")


def table(counts: tuple[int, ...] = (40, 12, 9), width: int = 3, name: str = "table") -> Examples:
    """Normal rows, the classes a standard deviation apart; ids are not positions."""
    rng = stream("test", name)
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    x = rng.normal(size=(len(y), width)) + y[:, None]
    return Examples(x, y, np.arange(len(y), dtype=np.int64) * 10 + 3)


def mixed(n_categorical: int, width: int = 3) -> tuple[Examples, Dataset]:
    """The first columns hold one of three category codes; codes depend on the class a little."""
    train = table(width=width)
    codes = (stream("codes").integers(0, 3, (len(train), n_categorical)) + (train.y == 1)[:, None]) % 3
    x = train.x.copy()
    x[:, :n_categorical] = codes
    columns = tuple(
        Column(f"c{i}", "categorical", ("a", "b", "c")) if i < n_categorical else Column(f"x{i}", "numeric")
        for i in range(width)
    )
    made = Examples(x, train.y, train.ids)
    return made, schema(made, columns)


def schema(train: Examples, columns: tuple[Column, ...] | None = None) -> Dataset:
    columns = columns or tuple(Column(f"x{i}", "numeric") for i in range(train.x.shape[1]))
    return Dataset("table", "tabular", train.take(slice(0, 0)), CLASSES, columns)


def call(
    plugin: Any, train: Examples, quota: dict[int, int], dataset: Dataset | None = None, **params: Any
) -> Examples:
    rng = params.pop("rng", None) or stream("s")
    made = plugin(train, quota, rng=rng, dataset=dataset or schema(train), **params)
    return made.made if isinstance(made, Resampled) else made


def parents_in(made: Examples, train: Examples) -> np.ndarray:
    """(m, p) positions of the parents in train."""
    position = {int(row): i for i, row in enumerate(train.ids)}
    return np.vectorize(position.__getitem__, otypes=[int])(made.parents)


def run_smote(train: Examples, quota: dict[int, int], **params: Any) -> Examples:
    return call(smote, train, quota, **params)


def run_jitter(train: Examples, quota: dict[int, int], **params: Any) -> Examples:
    return call(jitter, train, quota, magnitude=0.3, **params)


def lifted(train: Examples, quota: dict[int, int], **params: Any) -> Examples:
    from imblearn.over_sampling import SMOTE

    return call(from_sampler("imblearn.over_sampling:SMOTE", SMOTE), train, quota, **params)


MAKERS = pytest.mark.parametrize("make", [run_smote, run_jitter, lifted], ids=["smote", "jitter", "from_sampler"])
NESTED = pytest.mark.parametrize("make", [run_smote, run_jitter], ids=["smote", "jitter"])
Maker = Callable[..., Examples]


class TestLaws:
    @MAKERS
    def test_the_same_stream_gives_the_same_rows_and_another_gives_others(self, make: Maker) -> None:
        first, again, other = (make(table(), {0: 5, 1: 20}, rng=stream(name)) for name in ("a", "a", "b"))
        np.testing.assert_array_equal(first.x, again.x)
        np.testing.assert_array_equal(first.parents, again.parents)
        assert not np.array_equal(first.x, other.x)

    @MAKERS
    def test_rows_are_finite_of_the_classes_asked_for_and_have_parents_of_their_class(self, make: Maker) -> None:
        train = table()
        made = make(train, {0: 0, 1: 60, 2: 7})
        np.testing.assert_array_equal(np.bincount(made.y, minlength=3), [0, 60, 7])
        assert np.isfinite(made.x).all()
        assert made.x.dtype == np.float64
        parents = parents_in(made, train)
        assert (train.y[parents] == made.y[:, None]).all()
        np.testing.assert_array_equal(made.ids, made.parents[:, 0])

    @MAKERS
    def test_the_training_rows_are_left_as_they_were(self, make: Maker) -> None:
        train = table()
        before = (train.x.copy(), train.y.copy(), train.ids.copy())
        make(train, {0: 3, 1: 30})
        for then, now in zip(before, (train.x, train.y, train.ids), strict=True):
            np.testing.assert_array_equal(then, now)

    @NESTED
    @settings(max_examples=8, deadline=None)
    @given(small=st.integers(1, 300), more=st.integers(0, 400))
    def test_a_larger_quota_starts_with_the_rows_of_a_smaller_one(self, make: Maker, small: int, more: int) -> None:
        few, many = make(table(), {1: small, 2: 2}), make(table(), {1: small + more, 2: 9})
        for c in (1, 2):
            n = int((few.y == c).sum())
            np.testing.assert_array_equal(few.x[few.y == c], many.x[many.y == c][:n])
            np.testing.assert_array_equal(few.parents[few.y == c], many.parents[many.y == c][:n])

    @NESTED
    def test_a_class_s_rows_do_not_depend_on_the_other_classes_quota(self, make: Maker) -> None:
        alone, together = make(table(), {2: 10}), make(table(), {1: 33, 2: 10})
        np.testing.assert_array_equal(alone.x, together.x[together.y == 2])

    @MAKERS
    def test_two_classes_do_not_get_translated_copies_of_the_same_draws(self, make: Maker) -> None:
        # Class 1 is class 0 moved by 100: with one integer seed for both, so would their synthetic rows be.
        base = table((15,)).x
        train = Examples(np.concatenate([base, base + 100]), np.repeat([0, 1], 15), np.arange(30))
        made = make(train, {0: 15, 1: 15})
        gaps = made.x[made.y == 1] - 100 - made.x[made.y == 0]
        assert (np.abs(gaps).max(axis=1) > 1e-6).mean() > 0.9

    @MAKERS
    def test_an_empty_quota_makes_no_rows(self, make: Maker) -> None:
        made = make(table(), {1: 0})
        assert len(made) == 0
        assert made.x.shape == (0, 3)
        assert made.parents is not None


class TestSmote:
    def test_every_row_lies_on_the_segment_between_its_parents_which_are_neighbours(self) -> None:
        train = table((40, 30, 9))
        made = run_smote(train, {1: 400}, k_neighbors=4)
        ends = parents_in(made, train)
        a, b = train.x[ends[:, 0]], train.x[ends[:, 1]]
        assert (ends[:, 0] != ends[:, 1]).all()
        share = ((made.x - a) * (b - a)).sum(1) / ((b - a) ** 2).sum(1)
        np.testing.assert_allclose(made.x, a + share[:, None] * (b - a), atol=1e-9)
        assert ((share >= -1e-9) & (share <= 0.5 + 1e-9)).all()  # the nearer parent is named first
        members = np.flatnonzero(train.y == 1)
        distances = np.linalg.norm(train.x[members][:, None] - train.x[members][None], axis=2)
        rank = distances.argsort(1).argsort(1)  # 0 is the row itself
        place = {int(row): i for i, row in enumerate(members)}
        mutual = [min(rank[place[i], place[j]], rank[place[j], place[i]]) for i, j in ends.tolist()]
        assert max(mutual) <= 4

    def test_interpolation_shrinks_the_variance_to_two_thirds_less_one_nth(self) -> None:
        # Row and neighbour are distinct draws from the n rows and the share u is uniform, so with V the variance of
        # the n rows (divisor n) the points have V·E[(1-u)² + u²] - V/(n-1)·2E[u(1-u)] = V·(2/3 - 1/(3(n-1))), which
        # is 2/3 - 1/n of the unbiased variance. n = 8: .5417; 20,000 points: standard error about .005.
        train = table((20, 8), width=2)
        made = run_smote(train, {1: 20_000}, k_neighbors=7)
        real = train.x[train.y == 1]
        np.testing.assert_allclose(made.x.var(0) / real.var(0, ddof=1), 2 / 3 - 1 / 8, atol=0.02)

    def test_rows_agree_in_distribution_with_imbalanced_learn_s_own_call(self) -> None:
        from imblearn.over_sampling import SMOTE
        from scipy.stats import ks_2samp

        train = table((60, 30))
        made = run_smote(train, {1: 1000})
        theirs, _ = SMOTE(sampling_strategy={1: 1030}, random_state=0).fit_resample(train.x, train.y)
        for column in range(3):  # seeded; a p below .001 would be a different distribution
            assert ks_2samp(made.x[:, column], theirs[90:, column]).pvalue > 0.001

    def test_a_class_may_come_to_outnumber_the_largest(self) -> None:
        assert (run_smote(table(), {1: 100}).y == 1).all()
        assert len(run_smote(table(), {0: 50, 1: 100, 2: 100})) == 250

    def test_whole_numbers_are_not_truncated(self) -> None:
        train = table((20, 10))
        whole = Examples(np.rint(train.x * 3), train.y, train.ids)
        made = run_smote(whole, {1: 50})
        assert (made.x != np.rint(made.x)).mean() > 0.5

    def test_categorical_columns_hold_categories_that_the_class_s_neighbours_have(self) -> None:
        train, dataset = mixed(2, width=4)
        made = call(smote, train, {1: 50, 2: 20}, dataset, k_neighbors=3)
        assert set(np.unique(made.x[:, :2])) <= {0.0, 1.0, 2.0}
        assert (made.x[:, 2:] != np.rint(made.x[:, 2:])).all()
        ends = parents_in(made, train)
        np.testing.assert_array_equal(ends[:, 0], ends[:, 1])
        assert (train.y[ends[:, 0]] == made.y).all()

    def test_a_table_of_categories_only_is_taken(self) -> None:
        train, dataset = mixed(3)
        made = call(smote, train, {1: 30, 2: 30}, dataset)
        assert set(np.unique(made.x)) <= {0.0, 1.0, 2.0}
        assert made.x.dtype == np.float64

    @pytest.mark.parametrize("n_categorical", [1, 3])
    def test_doses_nest_with_categorical_columns(self, n_categorical: int) -> None:
        train, dataset = mixed(n_categorical)
        few, many = (call(smote, train, {1: rows}, dataset) for rows in (11, 300))
        np.testing.assert_array_equal(few.x, many.x[:11])
        np.testing.assert_array_equal(few.parents, many.parents[:11])

    def test_identical_rows_are_their_own_parents(self) -> None:
        train = table((20, 8))
        x = train.x.copy()
        x[train.y == 1] = 5.0
        made = run_smote(Examples(x, train.y, train.ids), {1: 10})
        np.testing.assert_array_equal(made.x, 5.0)

    @pytest.mark.parametrize(
        ("rows", "params", "message"),
        [
            (
                5,
                {},
                "class 'rare': it has 5 training rows, and 5 neighbours of each row need 6. Set k_neighbors: 4 or ",
            ),
            (3, {"k_neighbors": 3}, "it has 3 training rows, and 3 neighbours of each row need 4. Set k_neighbors: 2"),
            (1, {}, "it has 1 training row, and 5 neighbours of each row need 6. Take jitter"),
            (1, {"reduce_k": True}, "it has 1 training row, and 1 neighbour of each row need 2. Take jitter"),
        ],
    )
    def test_too_few_rows_are_named_with_what_to_do(self, rows: int, params: dict[str, Any], message: str) -> None:
        with pytest.raises(NotApplicable, match=message):
            run_smote(table((20, rows)), {1: 10}, **params)

    @pytest.mark.parametrize("rows", [2, 3, 5])
    def test_reduce_k_takes_the_neighbours_that_there_are(self, rows: int) -> None:
        train = table((20, rows))
        made = run_smote(train, {1: 10}, reduce_k=True)
        np.testing.assert_array_equal(made.x, run_smote(train, {1: 10}, k_neighbors=rows - 1).x)

    def test_missing_values_are_refused_with_the_column(self) -> None:
        train = table()
        train.x[[3, 7], 1] = np.nan
        with pytest.raises(
            NotApplicable, match=r"column 'x1' has 2 of 61 training rows.*Fill them for every arm with impute: median"
        ):
            run_smote(train, {1: 10})

    def test_one_class_is_not_enough(self) -> None:
        with pytest.raises(NotApplicable, match="needs two classes or more"):
            run_smote(table((20,)), {0: 10})

    def test_k_below_one_is_refused(self) -> None:
        with pytest.raises(InputError, match="k_neighbors of at least 1, not 0"):
            run_smote(table(), {1: 10}, k_neighbors=0)

    def test_its_parameters_are_those_a_user_may_set(self) -> None:
        assert set(smote.params) == {"k_neighbors", "reduce_k", "round_whole"}
        assert not smote.has_magnitude


class TestJitter:
    def test_magnitude_zero_copies_the_parents_to_the_last_bit(self) -> None:
        train = table()
        train.x[0, 0], train.x[1, 1] = -0.0, np.nan
        made = call(jitter, train, {0: 100, 1: 5}, magnitude=0)
        parents = train.x[parents_in(made, train)[:, 0]]
        assert made.x.tobytes() == parents.tobytes()

    def test_noise_is_in_standard_deviations_of_the_row_s_class(self) -> None:
        # Class 1 is ten times as wide as class 0; 4,000 copies each, relative error of a sd about .011.
        rng = stream("wide")
        x = np.concatenate([rng.normal(size=(40, 2)), 10 * rng.normal(size=(40, 2))])
        train = Examples(x, np.repeat([0, 1], 40), np.arange(80))
        made = call(jitter, train, {0: 4000, 1: 4000}, magnitude=0.5)
        noise = made.x - x[made.parents[:, 0]]
        for c in (0, 1):
            expected = 0.5 * x[train.y == c].std(0)
            np.testing.assert_allclose(noise[made.y == c].std(0), expected, rtol=0.05)
        overall = call(jitter, train, {0: 4000}, magnitude=0.5, within_class=False)
        noise = overall.x - x[overall.parents[:, 0]]
        np.testing.assert_allclose(noise.std(0), 0.5 * x.std(0), rtol=0.05)

    def test_categorical_columns_and_missing_values_stay(self) -> None:
        train, dataset = mixed(1)
        train.x[[0, 45], 2] = np.nan
        made = call(jitter, train, {0: 80, 1: 24}, dataset, magnitude=0.5)
        parents = train.x[parents_in(made, train)[:, 0]]
        np.testing.assert_array_equal(made.x[:, 0], parents[:, 0])
        np.testing.assert_array_equal(np.isnan(made.x), np.isnan(parents))
        assert (made.x[:, 1] != parents[:, 1]).all()

    def test_every_row_is_copied_once_before_any_is_copied_twice(self) -> None:
        made = call(jitter, table(), {1: 30}, magnitude=0.1)  # 12 rows: two full rounds and six
        parents = made.parents[:, 0]
        assert len(set(parents[:12])) == len(set(parents[12:24])) == 12
        np.testing.assert_array_equal(parents[:12], parents[12:24])
        assert len(np.unique(made.x, axis=0)) == 30

    def test_a_larger_magnitude_moves_the_same_row_further_along_the_same_line(self) -> None:
        train = table()
        near, far = (call(jitter, train, {1: 12}, magnitude=m) for m in (0.1, 0.4))
        parents = train.x[parents_in(near, train)[:, 0]]
        np.testing.assert_allclose(far.x - parents, 4 * (near.x - parents), rtol=1e-9)

    def test_a_class_of_one_row_takes_the_spread_of_all_rows(self) -> None:
        train = table((30, 1))
        made = call(jitter, train, {1: 5}, magnitude=0.1)
        assert len(np.unique(made.x, axis=0)) == 5

    def test_a_constant_or_empty_column_stays(self) -> None:
        train = table()
        train.x[:, 0], train.x[:, 1] = 7.0, np.nan
        made = call(jitter, train, {0: 40}, magnitude=1.0)
        np.testing.assert_array_equal(made.x[:, 0], 7.0)
        assert np.isnan(made.x[:, 1]).all()

    @pytest.mark.parametrize("magnitude", [-0.1, None, float("nan"), float("inf")])
    def test_a_magnitude_that_is_none_is_refused(self, magnitude: float | None) -> None:
        with pytest.raises(InputError, match=f"at least 0 standard deviations, not {magnitude}"):
            call(jitter, table(), {0: 3}, magnitude=magnitude)

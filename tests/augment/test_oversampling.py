"""SMOTE's kin: held to imbalanced-learn's own rows where it can be, and what is said where they make none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from augeval.augment.oversampling import borderline_smote, smote
from augeval.augment.resampled import Resampled
from augeval.augment.segments import BLOCK
from augeval.augment.smote_kin import adasyn, kmeans_smote, svm_smote
from augeval.errors import NotApplicable
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

KIN = [smote, borderline_smote, svm_smote, kmeans_smote, adasyn]
CLASSES = ("common", "rare", "other")


def table(counts: tuple[int, ...] = (80, 30, 25), apart: float = 1.0) -> Examples:
    """Normal rows of three columns, the classes some standard deviations apart; ids are not positions."""
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    x = stream("test", "oversampling").normal(size=(len(y), 3)) + apart * y[:, None]
    return Examples(x, y, np.arange(len(y), dtype=np.int64) * 10 + 3)


def schema(train: Examples) -> Dataset:
    columns = tuple(Column(f"x{i}", "numeric") for i in range(train.x.shape[1]))
    return Dataset("table", "tabular", train.take(slice(0, 0)), CLASSES, columns)


def call(plugin: Any, train: Examples, quota: dict[int, int], **params: Any) -> Examples:
    made = plugin(train, quota, rng=params.pop("rng", stream("s")), dataset=schema(train), **params)
    return made.made if isinstance(made, Resampled) else made


def state_of_block(who: str, c: int) -> np.random.RandomState:
    """The generator of a class's first block, as the plug-in comes to it from `stream("s")`."""
    key = int(stream("s").integers(2**63))
    return np.random.RandomState(np.random.MT19937(int(stream(who, key, c, 0).integers(2**63))))


def parents_in(made: Examples, train: Examples) -> np.ndarray:
    return (made.parents - 3) // 10


@pytest.mark.parametrize("plugin", KIN, ids=lambda p: p.name)
class TestAllOfThem:
    def test_a_larger_quota_starts_with_the_rows_of_a_smaller_one(self, plugin: Any) -> None:
        few, many = (call(plugin, table(), {1: rows, 2: 9}) for rows in (40, 700))
        np.testing.assert_array_equal(few.x[few.y == 1], many.x[many.y == 1][:40])
        np.testing.assert_array_equal(few.x[few.y == 2], many.x[many.y == 2])

    def test_the_quota_is_filled_exactly(self, plugin: Any) -> None:
        for rows in (1, BLOCK - 1, BLOCK + 1):
            assert np.bincount(call(plugin, table(), {1: rows, 2: 3}).y, minlength=3).tolist() == [0, rows, 3]

    def test_two_classes_never_get_the_same_draws(self, plugin: Any) -> None:
        # Class 2 is class 1 moved sideways: replayed draws would give its rows, moved.
        train = table((60, 30, 30))
        x, aside = train.x.copy(), np.array([100.0, -100.0, 0.0])
        x[train.y == 1] = x[:30] + 0.3
        x[train.y == 2] = x[train.y == 1] + aside
        x[:30] = x[train.y == 1] + 0.1 * stream("beside").normal(size=(30, 3))
        x[30:60] = x[:30] + aside
        made = call(plugin, Examples(x, train.y, train.ids), {1: 20, 2: 20})
        one, two = (made.x[made.y == c] for c in (1, 2))
        assert not np.isclose(one + aside, two).all(1).any()

    def test_parents_are_of_the_class_and_hold_the_row_between_them(self, plugin: Any) -> None:
        train = table()
        made = call(plugin, train, {1: 200, 2: 50})
        ends = parents_in(made, train)
        assert (train.y[ends] == made.y[:, None]).all()
        one, two = train.x[ends[:, 0]], train.x[ends[:, 1]]
        beyond = 0.5 if plugin is svm_smote else 0.0
        low = np.minimum(one, two) - beyond * np.abs(one - two) - 1e-9
        high = np.maximum(one, two) + beyond * np.abs(one - two) + 1e-9
        assert ((made.x >= low) & (made.x <= high)).all()

    def test_a_class_that_is_too_small_is_named_with_what_to_do(self, plugin: Any) -> None:
        words = f"{plugin.name} cannot make rows of class 'rare': it has 2 training rows.*reduce_k: true"
        with pytest.raises(NotApplicable, match=words):
            call(plugin, table((40, 2)), {1: 5})
        with pytest.raises(NotApplicable, match=words):
            plugin.check(table((40, 2)), {1: 5}, schema(table((40, 2))), {})

    def test_fewer_neighbours_are_taken_on_request_and_counted(self, plugin: Any) -> None:
        train = table((40, 2, 30), apart=0.1)
        if plugin is not adasyn:
            train.x[40:42] *= 0.01  # close to each other, and then to rows of other classes
        more = {"cluster_balance_threshold": 0.01} if plugin is kmeans_smote else {}
        made = plugin(train, {1: 7, 2: 4}, rng=stream("s"), dataset=schema(train), reduce_k=True, **more)
        assert isinstance(made, Resampled)
        assert made.counts == {"fewer_neighbours": 7}

    def test_whole_numbers_get_fractions_unless_they_are_to_be_rounded(self, plugin: Any) -> None:
        train = table()
        x = train.x.copy()
        x[:, 0] = np.rint(4 * x[:, 0])
        whole = Examples(x, train.y, train.ids)
        more = {"cluster_balance_threshold": 0.01} if plugin is kmeans_smote else {}
        assert (call(plugin, whole, {1: 50}, **more).x[:, 0] % 1 != 0).mean() > 0.3
        rounded = call(plugin, whole, {1: 50}, round_whole=True, **more).x
        assert (rounded[:, 0] % 1 == 0).all()
        assert (rounded[:, 1] % 1 != 0).all()


class TestBorderline:
    @pytest.mark.parametrize("kind", ["borderline-1", "borderline-2"])
    def test_a_block_is_imbalanced_learn_s_own_to_the_last_bit(self, kind: Any) -> None:
        from imblearn.over_sampling import BorderlineSMOTE

        train = table()
        made = call(borderline_smote, train, {1: BLOCK}, kind=kind)
        state = state_of_block("borderline_smote", 1)
        theirs = BorderlineSMOTE(sampling_strategy={1: 30 + BLOCK}, random_state=state, kind=kind)
        np.testing.assert_array_equal(made.x, theirs.fit_resample(train.x, train.y)[0][len(train) :])

    def test_where_no_row_is_in_danger_it_says_so_instead_of_adding_nothing(self) -> None:
        with pytest.raises(NotApplicable, match=r"none of its 30 rows is in danger.*\(they have 0 to 0\)"):
            call(borderline_smote, table(apart=100.0), {1: 5})

    def test_more_neighbours_than_rows_are_refused(self) -> None:
        with pytest.raises(NotApplicable, match=r"looks at 200 neighbours of a row.*there are 135 training rows"):
            call(borderline_smote, table(), {1: 5}, m_neighbors=200)


class TestSmoteItself:
    def test_a_block_is_imbalanced_learn_s_own_to_the_last_bit(self) -> None:
        from imblearn.over_sampling import SMOTE

        train = table()
        theirs = SMOTE(sampling_strategy={2: 25 + BLOCK}, random_state=state_of_block("smote", 2))
        rows = theirs.fit_resample(train.x, train.y)[0][len(train) :]
        np.testing.assert_array_equal(call(smote, train, {2: BLOCK}).x, rows)

    @pytest.mark.parametrize("plugin", [borderline_smote, svm_smote, kmeans_smote, adasyn], ids=lambda p: p.name)
    def test_only_smote_takes_categories(self, plugin: Any) -> None:
        train = table()
        train.x[:, 0] = train.y % 2
        columns = (Column("kind", "categorical", ("a", "b")), *schema(train).columns[1:])
        dataset = Dataset("t", "tabular", train.take(slice(0, 0)), CLASSES, columns)
        with pytest.raises(NotApplicable, match=r"column 'kind' \(1 of 3\) is categorical"):
            plugin(train, {1: 5}, rng=stream("s"), dataset=dataset)
        assert len(smote(train, {1: 5}, rng=stream("s"), dataset=dataset)) == 5


class TestSvm:
    def test_a_block_has_the_rows_of_imbalanced_learn_s_own(self) -> None:
        from imblearn.over_sampling import SVMSMOTE
        from sklearn.svm import SVC

        train = table()
        made = call(svm_smote, train, {1: BLOCK})
        state = state_of_block("svm_smote", 1)
        theirs = SVMSMOTE(sampling_strategy={1: 30 + BLOCK}, random_state=state, svm_estimator=SVC(gamma="scale"))
        rows = theirs.fit_resample(train.x, train.y)[0][len(train) :]
        assert len(rows) == BLOCK
        np.testing.assert_array_equal(np.sort(made.x, axis=0), np.sort(rows, axis=0))

    def test_the_quota_is_full_where_imbalanced_learn_stops_at_half(self) -> None:
        from imblearn.over_sampling import SVMSMOTE

        train = table((60, 20), apart=50.0)  # no support vector is in danger
        theirs, _ = SVMSMOTE(sampling_strategy={1: 60}, random_state=0).fit_resample(train.x, train.y)
        assert len(theirs) - 80 < 35
        assert len(call(svm_smote, train, {1: 40})) == 40

    def test_support_vectors_that_are_noise_make_nothing_and_it_says_so(self) -> None:
        train = table((80, 6), apart=0.0)
        with pytest.raises(
            NotApplicable, match="svm_smote makes no row of class 'rare': each of its 6 support vectors"
        ):
            call(svm_smote, train, {1: 5}, m_neighbors=1)


class TestKMeans:
    def test_rows_lie_in_clusters_where_the_class_is_at_home(self) -> None:
        # Two lumps of the class, one of them among many rows of the other: only the first is its home.
        rng = stream("lumps")
        x = np.concatenate([rng.normal(size=(40, 2)), rng.normal(size=(10, 2)), 50 + rng.normal(size=(12, 2))])
        train = Examples(x, np.repeat([0, 1], [40, 22]).astype(np.int64), np.arange(62) * 10 + 3)
        made = call(kmeans_smote, train, {1: 100}, clusters=2)
        assert (made.x > 25).all()
        both = call(kmeans_smote, train, {1: 300}, clusters=2, cluster_balance_threshold=0.1)
        assert 0 < (both.x > 25).mean() < 1

    def test_shares_of_clusters_are_imbalanced_learn_s(self) -> None:
        from imblearn.over_sampling import KMeansSMOTE
        from sklearn.cluster import KMeans

        from augeval.augment.smote_kin import _homes

        rng = stream("lumps")
        x = np.concatenate([rng.normal(size=(20, 2)), 50 + 3 * rng.normal(size=(12, 2))])
        y = np.array([0] * 5 + [1] * 27)
        cluster = (x[:, 0] > 25).astype(np.int64)
        homes = _homes(Examples(x, y, np.arange(32)), 1, 2, cluster, 0.5)
        sampler = KMeansSMOTE(kmeans_estimator=KMeans(2, n_init=5, random_state=0), sampling_strategy={1: 1027})
        rows = sampler.fit_resample(x, y)[0][32:]
        assert homes[1][1] == pytest.approx((rows[:, 0] > 25).mean(), abs=0.002)

    def test_no_cluster_is_said_with_what_was_looked_for(self) -> None:
        with pytest.raises(NotApplicable, match=r"none of 8 clusters has at least 0.99 of its rows in the class"):
            call(kmeans_smote, table((200, 30), apart=0.0), {1: 5}, cluster_balance_threshold=0.99)


class TestAdasyn:
    def test_rows_start_where_other_classes_are_near_in_imbalanced_learn_s_shares(self) -> None:
        from imblearn.over_sampling import ADASYN

        train = table((80, 30))
        made = call(adasyn, train, {1: 30_000})
        theirs, _ = ADASYN(sampling_strategy={1: 30 + 30_000}, random_state=0).fit_resample(train.x, train.y)
        # Each library's mean row, of 30,000: standard error about .005; SMOTE's lies elsewhere.
        np.testing.assert_allclose(made.x.mean(0), theirs[110:].mean(0), atol=0.03)
        assert np.abs(call(smote, train, {1: 30_000}).x.mean(0) - made.x.mean(0)).max() > 0.05

    def test_where_no_row_is_hard_it_says_so(self) -> None:
        with pytest.raises(NotApplicable, match="none of its 30 rows has another class among its 5 nearest"):
            call(adasyn, table(apart=100.0), {1: 5})

    def test_a_small_quota_of_a_large_class_is_filled(self) -> None:
        # imbalanced-learn rounds 3 rows among 300 to none each, and raises.
        made = call(adasyn, table((400, 300), apart=0.5), {1: 3})
        assert Counter(made.y.tolist()) == {1: 3}


def test_smote_with_all_neighbours_has_a_variance_of_two_thirds_less_one_nth() -> None:
    # research's exact case, for three n: standard error of a variance ratio of 40,000 points below .007.
    for n in (6, 20, 50):
        train = table((60, n))
        made = call(smote, train, {1: 40_000}, k_neighbors=n - 1)
        real = train.x[train.y == 1].var(0, ddof=1)
        np.testing.assert_allclose((made.x.var(0) / real).mean(), 2 / 3 - 1 / n, atol=0.012)

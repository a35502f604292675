"""Samplers of imbalanced-learn and of the user's own, as augmenters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augeval.augment.resampled import Resampled
from augeval.augment.samplers import from_sampler
from augeval.errors import NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

CLASSES = ("common", "rare", "other")


def table(counts: tuple[int, ...] = (40, 12, 9), width: int = 3) -> Examples:
    """Normal rows, the classes a standard deviation apart; ids are not positions."""
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    x = stream("test", "samplers").normal(size=(len(y), width)) + y[:, None]
    return Examples(x, y, np.arange(len(y), dtype=np.int64) * 10 + 3)


def schema(train: Examples, columns: tuple[Column, ...] | None = None) -> Dataset:
    columns = columns or tuple(Column(f"x{i}", "numeric") for i in range(train.x.shape[1]))
    return Dataset("table", "tabular", train.take(slice(0, 0)), CLASSES, columns)


def resample(
    plugin: Any, train: Examples, quota: dict[int, int], dataset: Dataset | None = None, **params: Any
) -> Resampled:
    rng = params.pop("rng", None) or stream("s")
    return plugin(train, quota, rng=rng, dataset=dataset or schema(train), **params)


def call(*args: Any, **params: Any) -> Examples:
    return resample(*args, **params).made


def parents_in(made: Examples, train: Examples) -> np.ndarray:
    """(m, p) positions of the parents in train."""
    position = {int(row): i for i, row in enumerate(train.ids)}
    return np.vectorize(position.__getitem__, otypes=[int])(made.parents)


class AddsOne:
    """A sampler of a user's own: no scikit-learn, no random state; one row of class 1 per row of class 1."""

    def __init__(self, shift: float = 1.0) -> None:
        self.shift = shift

    def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        more = x[y == 1] + self.shift
        return np.concatenate([x, more]), np.concatenate([y, np.ones(len(more), y.dtype)])


class Halves(AddsOne):
    def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x[::2], y[::2]


class TestFromSampler:
    def test_the_constructor_s_parameters_are_the_user_s(self) -> None:
        from imblearn.over_sampling import SMOTE, SVMSMOTE

        assert set(from_sampler("S", SMOTE).params) == {"k_neighbors"}
        assert "out_step" in from_sampler("S", SVMSMOTE).params
        assert from_sampler("S", SMOTE(k_neighbors=3)).params["k_neighbors"].default == 3
        assert from_sampler("S", AddsOne).params["shift"].default == 1.0
        assert not from_sampler("S", SMOTE).wants("magnitude")
        assert from_sampler("S", SMOTE).wants("dataset")

    def test_rows_agree_with_a_plain_call_of_the_sampler(self) -> None:
        from imblearn.over_sampling import SMOTE

        train = table()
        made = call(from_sampler("S", SMOTE), train, {1: 25}, k_neighbors=3)
        seed = int(stream("s").integers(2**63))
        state = np.random.RandomState(np.random.MT19937(seed))
        oracle, _ = SMOTE(sampling_strategy={1: 37}, k_neighbors=3, random_state=state).fit_resample(train.x, train.y)
        np.testing.assert_array_equal(made.x, oracle[61:])

    def test_an_object_is_cloned_and_never_changed(self) -> None:
        from imblearn.over_sampling import SMOTE

        sampler = SMOTE(k_neighbors=2)
        plugin = from_sampler("S", sampler)
        first, again = (call(plugin, table(), {1: 10}) for _ in range(2))
        np.testing.assert_array_equal(first.x, again.x)
        np.testing.assert_array_equal(first.x, call(from_sampler("S", SMOTE), table(), {1: 10}, k_neighbors=2).x)
        assert sampler.get_params() == SMOTE(k_neighbors=2).get_params()
        assert not hasattr(sampler, "sampling_strategy_")

    @pytest.mark.parametrize("name", ["ADASYN", "BorderlineSMOTE", "SVMSMOTE", "RandomOverSampler"])
    def test_imbalanced_learn_s_over_samplers_stay_within_the_quota(self, name: str) -> None:
        import imblearn.over_sampling as library

        train = table((60, 30, 25))
        made = call(from_sampler(name, getattr(library, name)), train, {1: 40, 2: 10})
        counts = np.bincount(made.y, minlength=3)
        assert counts[0] == 0
        assert counts[1] <= 40
        assert counts[2] <= 10
        assert (train.y[parents_in(made, train)[:, 0]] == made.y).all()

    def test_the_parents_that_a_sampler_names_are_taken(self) -> None:
        from imblearn.over_sampling import RandomOverSampler

        train = table()
        x = train.x.copy()
        x[train.y == 1] = 1.0  # all alike: only the sampler knows which row it drew
        made = call(from_sampler("R", RandomOverSampler), Examples(x, train.y, train.ids), {1: 40})
        assert len(set(made.parents[:, 0].tolist())) > 5

    def test_other_parents_are_the_nearest_rows_of_the_class(self) -> None:
        train = table()
        made = call(from_sampler("A", AddsOne), train, {1: 12}, shift=1e-6)
        np.testing.assert_array_equal(made.parents[:, 0], train.ids[train.y == 1])

    def test_a_user_s_own_sampler_is_cut_to_the_quota(self) -> None:
        train = table()
        assert len(call(from_sampler("A", AddsOne), train, {1: 5})) == 5
        assert len(call(from_sampler("A", AddsOne(2.0)), train, {1: 500})) == 12
        assert len(call(from_sampler("A", AddsOne()), train, {0: 5, 1: 5})) == 5  # of class 0 it makes none
        np.testing.assert_allclose(call(from_sampler("A", AddsOne(2.0)), train, {1: 12}).x, train.x[train.y == 1] + 2.0)

    def test_a_sampler_that_makes_none_of_the_rows_says_so(self) -> None:
        with pytest.raises(NotApplicable, match=r"A added none of the rows that were asked for \(5 of 'common'\)"):
            call(from_sampler("A", AddsOne()), table(), {0: 5})

    @pytest.mark.parametrize(("name", "balances"), [("RandomUnderSampler", True), ("TomekLinks", False)])
    def test_samplers_that_leave_rows_out_are_subsets(self, name: str, balances: bool) -> None:
        import imblearn.under_sampling as library

        plugin, train = from_sampler(name, getattr(library, name)), table((40, 12, 9))
        assert (plugin.form, plugin.balances) == ("subset", balances)
        assert ("sampling_strategy" in plugin.params) is not balances  # the rule's classes are the user's to choose
        found = resample(plugin, train, {0: 15, 1: 9} if balances else {})
        assert len(found.made) == 0
        kept = np.delete(train.y, found.left_out)
        if balances:
            assert np.bincount(kept).tolist() == [15, 9, 9]
        else:
            theirs = library.TomekLinks().fit(train.x, train.y).fit_resample(train.x, train.y)[1]
            assert np.bincount(kept).tolist() == np.bincount(theirs).tolist()

    def test_real_rows_that_do_not_come_back_are_left_out(self) -> None:
        train = table()
        found = resample(from_sampler("Halves", Halves), train, {1: 5})
        np.testing.assert_array_equal(found.left_out, np.arange(1, 61, 2))
        assert len(found.made) == 0

    def test_a_sampler_that_adds_and_removes_agrees_with_its_own_call(self) -> None:
        from imblearn.combine import SMOTEENN

        train = table((60, 30, 25))
        found = resample(from_sampler("SMOTEENN", SMOTEENN), train, {1: 30, 2: 35})
        state = np.random.RandomState(np.random.MT19937(int(stream("s").integers(2**63))))
        rows, labels = SMOTEENN(sampling_strategy={1: 60, 2: 60}, random_state=state).fit_resample(train.x, train.y)
        ours = np.concatenate([np.delete(train.x, found.left_out, axis=0), found.made.x])
        y = np.concatenate([np.delete(train.y, found.left_out), found.made.y])
        assert sorted(map(tuple, np.column_stack([ours, y]))) == sorted(map(tuple, np.column_stack([rows, labels])))
        assert len(found.left_out) > 0

    def test_centres_that_stand_for_rows_may_be_as_many_as_the_rows_left_out(self) -> None:
        from imblearn.under_sampling import ClusterCentroids

        train = table()
        found = resample(from_sampler("C", ClusterCentroids), train, {0: 10})
        y = np.concatenate([np.delete(train.y, found.left_out), found.made.y])
        assert np.bincount(y).tolist() == [10, 12, 9]
        assert set(found.made.y) == {0}

    def test_too_few_rows_are_named(self) -> None:
        from imblearn.over_sampling import SMOTE

        with pytest.raises(NotApplicable, match=r"SMOTE cannot make rows of class 'rare': it has 3.*k_neighbors: 2"):
            call(from_sampler("SMOTE", SMOTE), table((20, 3)), {1: 5})

    def test_codes_that_are_no_category_are_refused(self) -> None:
        from imblearn.over_sampling import SMOTE

        train = table()
        train.x[:, 0] = stream("codes").integers(0, 3, len(train))
        columns = (Column("c0", "categorical", ("a", "b", "c")), Column("x1", "numeric"), Column("x2", "numeric"))
        with pytest.raises(NotApplicable, match="mixes the codes of the categorical column 'c0'"):
            call(from_sampler("SMOTE", SMOTE), train, {1: 50}, schema(train, columns))

    def test_images_are_interpolated_as_floats_and_do_not_wrap_around(self) -> None:
        # In uint8, imbalanced-learn's differences wrap modulo 256 and leave the range of the two parents.
        from imblearn.over_sampling import SMOTE

        x = stream("pixels").integers(0, 256, (24, 4, 3, 1)).astype(np.uint8)
        train = Examples(x, np.repeat([0, 1], 12), np.arange(24))
        dataset = Dataset("pictures", "image", train.take(slice(0, 0)), ("a", "b"))
        made = call(from_sampler("SMOTE", SMOTE), train, {1: 60}, dataset)
        assert made.x.shape == (60, 4, 3, 1)
        assert made.x.dtype == np.uint8
        real = x[12:].reshape(12, -1).astype(float)
        pairs = [(a, b) for a in range(12) for b in range(12)]
        for row in made.x.reshape(60, -1).astype(float):
            within = [
                ((row >= np.minimum(real[a], real[b]) - 0.5) & (row <= np.maximum(real[a], real[b]) + 0.5)).all()
                for a, b in pairs
            ]
            assert any(within)

    def test_code_digest_tells_classes_and_settings_apart(self) -> None:
        from imblearn.over_sampling import ADASYN, SMOTE

        plugins: list[AugmenterPlugin] = [
            from_sampler("S", found) for found in (SMOTE, ADASYN, AddsOne, SMOTE(k_neighbors=2), SMOTE(k_neighbors=3))
        ]
        assert len({plugin.code_digest for plugin in plugins}) == 5
        assert plugins[3].code_digest == from_sampler("S", SMOTE(k_neighbors=2)).code_digest
        assert plugins[0].summary.startswith("Class to perform over-sampling using SMOTE")

    def test_rows_that_a_sampler_changes_are_new_ones_and_the_real_ones_are_left_out(self) -> None:
        class Doubles(AddsOne):
            def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                return np.where((y == 1)[:, None], 2 * x, x), y

        train = table()
        found = resample(from_sampler("Doubles", Doubles), train, {1: 10})
        np.testing.assert_array_equal(found.left_out, np.flatnonzero(train.y == 1))
        np.testing.assert_array_equal(found.made.x, 2 * train.x[train.y == 1])


class TestWhatImbalancedLearnDoesSilentlyOrInItsOwnWords:
    """The failure modes that were measured before the start, each with what is said of it."""

    def far_apart(self) -> Examples:
        y = np.repeat([0, 1], [60, 20]).astype(np.int64)
        return Examples(stream("far").normal(size=(80, 3)) + 50.0 * y[:, None], y, np.arange(80))

    def test_borderline_smote_that_adds_nothing(self) -> None:
        from imblearn.over_sampling import BorderlineSMOTE

        with pytest.raises(NotApplicable, match=r"B added none .*40 of 'rare'\).*none is in danger"):
            call(from_sampler("B", BorderlineSMOTE), self.far_apart(), {1: 40})

    def test_svm_smote_that_makes_some_of_the_rows_is_short_and_not_padded(self) -> None:
        from imblearn.over_sampling import SVMSMOTE

        made = call(from_sampler("S", SVMSMOTE), self.far_apart(), {1: 40})
        assert 0 < len(made) < 40

    @pytest.mark.parametrize(
        ("home", "name", "params", "words"),
        [
            ("over_sampling", "KMeansSMOTE", {"cluster_balance_threshold": 2.0}, "No clusters found"),
            ("over_sampling", "ADASYN", {}, "Not any neigbours belong to the majority"),
            ("over_sampling", "SMOTE", {"k_neighbors": 20}, "class 'rare': it has 20 training rows.*need 21"),
            ("over_sampling", "ADASYN", {"n_neighbors": 20}, "it has 20 training rows.*Set n_neighbors: 19"),
        ],
    )
    def test_what_cannot_be_done_is_not_applicable(self, home: str, name: str, params: dict, words: str) -> None:
        import importlib

        found = getattr(importlib.import_module(f"imblearn.{home}"), name)
        with pytest.raises(NotApplicable, match=words):
            call(from_sampler(name, found), self.far_apart(), {1: 40}, **params)

    @pytest.mark.parametrize("name", ["SMOTEENN", "SMOTETomek"])
    def test_the_smote_inside_needs_its_neighbours_too(self, name: str) -> None:
        import imblearn.combine as library

        with pytest.raises(NotApplicable, match="it has 4 training rows, and 5 neighbours of each row need 6"):
            call(from_sampler(name, getattr(library, name)), table((20, 4)), {1: 10})

    def test_missing_values_are_said_in_the_library_s_words_with_the_classes(self) -> None:
        from imblearn.over_sampling import SMOTE

        train = table()
        train.x[0, 0] = np.nan
        with pytest.raises(NotApplicable, match=r"S cannot resample these 61 training rows of 'rare': .*NaN"):
            call(from_sampler("S", SMOTE), train, {1: 10})

    def test_an_error_of_a_user_s_own_sampler_stays_an_error(self) -> None:
        class Breaks(AddsOne):
            def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            call(from_sampler("Breaks", Breaks), table(), {1: 10})

    def test_more_rows_than_the_majority_has_can_be_asked_for(self) -> None:
        from imblearn.over_sampling import SMOTE  # as a ratio it takes 1 at most

        assert len(call(from_sampler("S", SMOTE), table(), {1: 100})) == 100

    def test_two_classes_never_get_the_same_draws(self) -> None:
        from imblearn.over_sampling import SMOTE

        # Class 2 is class 1 moved: an int seed would be replayed, and its rows would be the other's, moved.
        train = table((40, 12, 12))
        x = train.x.copy()
        x[train.y == 2] = x[train.y == 1] + 100.0
        made = call(from_sampler("S", SMOTE), Examples(x, train.y, train.ids), {1: 20, 2: 20})
        one, two = (made.x[made.y == c] for c in (1, 2))
        assert not np.isclose(one + 100.0, two).all(1).any()


class Noisy(AddsOne):
    """A user's sampler that draws from the random state it is given, as scikit-learn's objects do."""

    def __init__(self, random_state: Any = None) -> None:
        self.random_state = random_state

    def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert isinstance(self.random_state, np.random.RandomState)
        more = x[y == 1] + self.random_state.normal(size=x[y == 1].shape)
        return np.concatenate([x, more]), np.concatenate([y, np.ones(len(more), y.dtype)])


class TestTheGeneratorReachesTheDraw:
    @pytest.mark.parametrize("name", ["SMOTE", "ADASYN", "RandomOverSampler", "BorderlineSMOTE", "SVMSMOTE"])
    def test_of_imbalanced_learn_s_samplers(self, name: str) -> None:
        import imblearn.over_sampling as library

        plugin, train = from_sampler(name, getattr(library, name)), table((60, 30, 25))
        one, again, other = (call(plugin, train, {1: 30}, rng=stream(seed)) for seed in ("a", "a", "b"))
        np.testing.assert_array_equal(one.x, again.x)
        assert not np.array_equal(one.x, other.x)

    def test_of_a_user_s_own_sampler_by_class_and_by_instance(self) -> None:
        for found in (Noisy, Noisy(), Noisy(random_state=7)):  # an int of the user's would be replayed by every draw
            plugin = from_sampler("N", found)
            one, again, other = (call(plugin, table(), {1: 9}, rng=stream(seed)) for seed in ("a", "a", "b"))
            np.testing.assert_array_equal(one.x, again.x)
            assert not np.array_equal(one.x, other.x)

    def test_and_no_global_generator_does(self) -> None:
        from imblearn.over_sampling import SMOTE

        made = []
        for seed in (1, 2):
            np.random.seed(seed)  # noqa: NPY002  # what must not matter
            made.append(call(from_sampler("S", SMOTE), table(), {1: 20}).x)
        np.testing.assert_array_equal(*made)

    def test_neither_setting_of_the_harness_is_a_parameter_of_the_user(self) -> None:
        assert "random_state" not in from_sampler("N", Noisy).params

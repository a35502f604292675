"""Samplers of imbalanced-learn and of the user's own, as augmenters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

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


def call(
    plugin: Any, train: Examples, quota: dict[int, int], dataset: Dataset | None = None, **params: Any
) -> Examples:
    rng = params.pop("rng", None) or stream("s")
    return plugin(train, quota, rng=rng, dataset=dataset or schema(train), **params)


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
        assert len(call(from_sampler("A", AddsOne()), train, {0: 5})) == 0
        np.testing.assert_allclose(call(from_sampler("A", AddsOne(2.0)), train, {1: 12}).x, train.x[train.y == 1] + 2.0)

    @pytest.mark.parametrize("name", ["RandomUnderSampler", "TomekLinks", "SMOTEENN", "Halves"])
    def test_samplers_that_remove_rows_are_not_applicable(self, name: str) -> None:
        import imblearn.combine
        import imblearn.under_sampling

        homes = (imblearn.under_sampling, imblearn.combine)
        found = Halves if name == "Halves" else next(getattr(home, name) for home in homes if hasattr(home, name))
        with pytest.raises(NotApplicable, match=f"{name} removes rows; resampling that removes rows is not an arm"):
            call(from_sampler(name, found), table(), {1: 10})

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

    def test_a_sampler_that_changes_real_rows_is_refused_as_one_that_removes_them(self) -> None:
        class Scales(AddsOne):
            def fit_resample(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                return np.concatenate([2 * x, x]), np.concatenate([y, y])

        with pytest.raises(NotApplicable, match="Scales removes rows"):
            call(from_sampler("Scales", Scales), table(), {1: 10})


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

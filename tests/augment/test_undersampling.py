"""Arms that leave real rows out: which, how many, in imbalanced-learn's words, and what the arm is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augeval import registry
from augeval.augment.apply import Context, apply_arm
from augeval.augment.cleaning import tomek_links
from augeval.augment.combined import smote_enn, smote_tomek
from augeval.augment.oversampling import smote
from augeval.augment.quota import rows_left
from augeval.augment.undersampling import cluster_centroids, instance_hardness, near_miss, random_under
from augeval.errors import InputError, NotApplicable
from augeval.experiment.arms import dose_faults, doses, settle
from augeval.run.plan import arms_with_references
from augeval.seeds import stream
from augeval.types import Arm, Column, Dataset, Examples, Spec

CLASSES = ("common", "rare", "other")
CLEANERS = {
    "tomek_links": "TomekLinks",
    "edited_nearest_neighbours": "EditedNearestNeighbours",
    "repeated_edited_nearest_neighbours": "RepeatedEditedNearestNeighbours",
    "all_knn": "AllKNN",
    "neighbourhood_cleaning_rule": "NeighbourhoodCleaningRule",
}


def table(counts: tuple[int, ...] = (60, 25, 20)) -> Examples:
    """Normal rows, the classes 1.7 sd apart, columns of mean 0 and standard deviation 1; ids are not positions."""
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    x = stream("test", "undersampling").normal(size=(len(y), 3)) + 1.7 * y[:, None]
    return Examples((x - x.mean(0)) / x.std(0), y, np.arange(len(y), dtype=np.int64) * 10 + 3)


def schema(train: Examples) -> Dataset:
    columns = tuple(Column(f"x{i}", "numeric") for i in range(train.x.shape[1]))
    return Dataset("table", "tabular", train.take(slice(0, 0)), CLASSES, columns)


def run(name: str, train: Examples, seed: int = 0, **dose: Any) -> Any:
    plugin = registry.get("augmenter", name)
    context = Context(schema(train), seed, 0, train.x[:0])
    return apply_arm(settle(Arm(Spec(name), **dose), plugin), plugin, train, context)


class TestRowsLeft:
    def test_large_classes_are_cut_until_the_smallest_is_in_balance(self) -> None:
        y = np.repeat([0, 1, 2], [60, 25, 20])
        assert rows_left(Arm(Spec("u"), balance=1.0), y, CLASSES) == {0: 20, 1: 20}
        assert rows_left(Arm(Spec("u"), balance=0.5), y, CLASSES) == {0: 40}
        # In scope is the class of 25 alone: 25 / .5 = 50 rows of the largest remain.
        assert rows_left(Arm(Spec("u"), balance=0.5, scope=("rare",)), y, CLASSES) == {0: 50}

    def test_a_balance_that_is_there_already_is_refused_with_both_numbers(self) -> None:
        with pytest.raises(NotApplicable, match=r"Balance 0.25 leaves no row out: .* already stand at 0.333"):
            rows_left(Arm(Spec("u"), balance=0.25), np.repeat([0, 1], [60, 20]), CLASSES)

    @pytest.mark.parametrize("balance", [None, 0.0, 1.5, float("nan")])
    def test_no_other_dose_means_anything(self, balance: float | None) -> None:
        with pytest.raises(InputError, match="u leaves rows out until a balance is reached"):
            rows_left(Arm(Spec("u"), balance=balance), np.array([0, 0, 1]), CLASSES)


class TestToABalance:
    @pytest.mark.parametrize("name", ["random_under", "near_miss", "cluster_centroids"])
    def test_balance_one_leaves_equal_classes(self, name: str) -> None:
        applied = run(name, table(), balance=1.0)
        assert np.bincount(applied.training.joined().y).tolist() == [20, 20, 20]
        assert applied.counts["left_out"] == 45
        assert (applied.counts["left out: common"], applied.counts["left out: rare"]) == (40, 5)
        assert applied.counts["asked"] == applied.counts["got"] == applied.training.asked == 0

    @pytest.mark.parametrize("name", ["random_under", "near_miss"])
    def test_a_higher_balance_leaves_out_the_same_rows_and_more(self, name: str) -> None:
        some, more = (set(run(name, table(), balance=b).training.left_out) for b in (0.5, 1.0))
        assert some < more

    def test_random_rows_depend_on_the_seed_and_each_is_as_likely(self) -> None:
        times = np.zeros(105)
        for seed in range(300):
            times[run("random_under", table(), seed=seed, balance=1.0).training.left_out] += 1
        # 40 of 60 rows, 300 times: 200 each, standard deviation 8.2; classes in balance lose none.
        assert 170 < times[:60].min() < times[:60].max() < 230
        assert times[85:].sum() == 0

    def test_random_under_takes_texts(self) -> None:
        y = np.repeat([0, 1], [6, 2])
        train = Examples(np.array([f"row {i}" for i in range(8)], object), y, np.arange(8))
        found = random_under(train, {0: 2}, rng=stream("s"))
        assert len(found.left_out) == 4
        assert found.made.x.dtype == object

    @pytest.mark.parametrize("version", [1, 2])
    def test_near_miss_is_imbalanced_learn_s_on_columns_in_standard_deviations(self, version: Any) -> None:
        from imblearn.under_sampling import NearMiss

        train = table()
        scaled = Examples(train.x * [1.0, 1000.0, 1e-3] + 5.0, train.y, train.ids)
        found = near_miss(scaled, {0: 22, 1: 20}, rng=stream("s"), dataset=schema(train), version=version)
        theirs = NearMiss(sampling_strategy={0: 22, 1: 20}, version=version)
        theirs.fit_resample(train.x, train.y)
        np.testing.assert_array_equal(np.delete(np.arange(105), found.left_out), np.sort(theirs.sample_indices_))

    def test_near_miss_names_the_class_that_has_too_few_rows(self) -> None:
        with pytest.raises(NotApplicable, match=r"near_miss looks at 3 neighbours .* class 'rare' has 2\. Set"):
            near_miss.check(table((9, 2)), {0: 2}, schema(table((9, 2))), {})

    def test_cluster_centres_are_spread_over_the_class(self) -> None:
        # Two lumps of thirty rows far apart: two rows that remain are one of each.
        x = np.concatenate([stream("l").normal(size=(60, 1)) + np.repeat([0, 100], 30)[:, None], np.zeros((2, 1))])
        train = Examples(x, np.repeat([0, 1], [60, 2]), np.arange(62))
        found = cluster_centroids(train, {0: 2}, rng=stream("s"), dataset=schema(train))
        assert sorted(np.delete(x[:60, 0], found.left_out[:58]) > 50) == [False, True]

    def test_the_hardest_rows_go(self) -> None:
        train = table((60, 20))
        x = train.x.copy()
        x[:60] -= 10.0
        x[:5] = x[60:65] + 0.01  # five rows in the midst of the other class
        found = instance_hardness(
            Examples(x, train.y, train.ids), {0: 55}, rng=stream("s"), dataset=schema(train), trees=20
        )
        assert set(range(5)) <= set(found.left_out)
        with pytest.raises(NotApplicable, match="cross-validates in 5 folds, and the smallest class has 3"):
            instance_hardness(table((9, 3)), {0: 3}, rng=stream("s"), dataset=schema(train))

    def test_missing_values_and_categories_are_taken(self) -> None:
        train = table()
        train.x[::7, 0] = np.nan
        train.x[:, 1] = stream("codes").integers(0, 2, 105)
        columns = (Column("a", "numeric"), Column("b", "categorical", ("x", "y")), Column("c", "numeric"))
        dataset = Dataset("t", "tabular", train.take(slice(0, 0)), CLASSES, columns)
        assert len(near_miss(train, {0: 20}, rng=stream("s"), dataset=dataset).left_out) == 40
        assert len(tomek_links(train, {}, rng=stream("s"), dataset=dataset).left_out) > 0


class TestCleaning:
    @pytest.mark.parametrize("name", CLEANERS)
    def test_a_rule_is_imbalanced_learn_s_own(self, name: str) -> None:
        import imblearn.under_sampling as library

        train = table()
        theirs = getattr(library, CLEANERS[name])()
        theirs.fit_resample(train.x, train.y)
        applied = run(name, train)
        kept = np.delete(np.arange(105), applied.training.left_out)
        np.testing.assert_array_equal(kept, np.sort(theirs.sample_indices_))
        assert 0 < applied.counts["left_out"] < 85

    @pytest.mark.parametrize("name", ["condensed_nearest_neighbour", "one_sided_selection"])
    def test_where_a_rule_draws_the_seed_reaches_it(self, name: str) -> None:
        one, again, other = (run(name, table(), seed=seed).training.left_out for seed in (0, 0, 1))
        np.testing.assert_array_equal(one, again)
        assert len(one) != len(other) or (one != other).any()

    def test_the_user_chooses_the_classes_that_are_cleaned(self) -> None:
        train = table()
        dataset = schema(train)
        usual, largest = (
            tomek_links(train, {}, rng=stream("s"), dataset=dataset, sampling_strategy=some)
            for some in ("auto", "majority")
        )
        assert set(train.y[usual.left_out]) == {0, 1}  # all but the smallest
        assert set(train.y[largest.left_out]) == {0}

    def test_a_rule_that_takes_a_whole_class_is_not_applicable(self) -> None:
        train = table((60, 3, 3))
        x = train.x.copy()
        x[60:63] = x[:3] + 1e-6
        with pytest.raises(NotApplicable, match=r"leaves no row of 1 of 3 classes: its rule takes all 3 rows"):
            run("edited_nearest_neighbours", Examples(x, train.y, train.ids))


class TestSmoteAndCleaning:
    @pytest.mark.parametrize(("plugin", "name"), [(smote_enn, "SMOTEENN"), (smote_tomek, "SMOTETomek")])
    def test_what_stays_is_imbalanced_learn_s_on_the_same_new_rows(self, plugin: Any, name: str) -> None:
        import imblearn.under_sampling as library

        train = table()
        found = plugin(train, {1: 35, 2: 40}, rng=stream("s"), dataset=schema(train))
        new = smote(train, {1: 35, 2: 40}, rng=stream("s"), dataset=schema(train))
        cleaner = library.TomekLinks if name == "SMOTETomek" else library.EditedNearestNeighbours
        rows, y = np.concatenate([train.x, new.x]), np.concatenate([train.y, new.y])
        sampler = cleaner(sampling_strategy="all")
        sampler.fit_resample(rows, y)
        kept = np.sort(sampler.sample_indices_)
        ours = np.concatenate([np.delete(train.x, found.left_out, axis=0), found.made.x])
        np.testing.assert_array_equal(ours, rows[kept])
        assert len(found.left_out) > 0

    def test_what_was_left_out_and_what_came_is_counted(self) -> None:
        applied = run("smote_enn", table(), balance=1.0)
        counts, training = applied.counts, applied.training
        assert counts["asked"] == 35 + 40 == training.asked
        assert 0 < counts["got"] == len(training.synthetic) < 75
        assert counts["left_out"] == sum(n for name, n in counts.items() if name.startswith("left out: "))
        assert len(training.joined()) == 105 - counts["left_out"] + counts["got"]


class TestTheArm:
    def test_all_real_rows_stay_where_features_and_penalties_are_found(self) -> None:
        train = table()
        training = run("random_under", train, balance=1.0).training
        assert training.real is train
        assert len(training.kept) == len(training.joined()) == 60
        np.testing.assert_array_equal(training.kept.ids, np.delete(train.ids, training.left_out))

    def test_rows_left_out_are_compared_with_none_and_rows_added_too_with_duplicates(self) -> None:
        under, enn = (registry.get("augmenter", name) for name in ("random_under", "smote_enn"))
        (arm,) = doses(Spec("random_under"), under, {"balance": [0.5]})
        assert not arm.adds
        assert not arm.makes_rows
        assert arm.reference() == Arm(Spec("none"))
        (both,) = doses(Spec("smote_enn"), enn, {"balance": [0.5]})
        assert both.reference() == Arm(Spec("duplicate"), balance=0.5)
        listed = arms_with_references([arm, both])
        assert [one.label for one in listed] == ["none", "duplicate to 0.5", "random_under to 0.5", "smote_enn to 0.5"]

    def test_it_is_read_back_as_it_was_written_and_others_keep_their_names(self) -> None:
        (arm,) = doses(Spec("random_under"), registry.get("augmenter", "random_under"), {})
        assert arm.balance == 1.0
        assert Arm.from_json(arm.to_json()) == arm
        assert "adds" not in Arm(Spec("smote"), balance=1.0).to_json()

    def test_a_rule_of_its_own_has_no_dose(self) -> None:
        plugin = registry.get("augmenter", "tomek_links")
        (arm,) = doses(Spec("tomek_links"), plugin, {})
        assert (arm.ratio, arm.balance, arm.label) == (None, None, "tomek_links")
        ((key, said),) = dose_faults("tomek_links", plugin, {"balance": 1.0})
        assert key == "balance"
        assert "by a rule of its own, which no dose moves" in said

    def test_a_ratio_is_refused_where_rows_are_left_out(self) -> None:
        plugin = registry.get("augmenter", "random_under")
        assert "its dose is a balance" in dose_faults("random_under", plugin, {"ratio": 2.0})[0][1]

    def test_a_library_s_class_is_settled_alike(self) -> None:
        name = "imblearn.under_sampling:RandomUnderSampler"
        arm = settle(Arm(Spec(name), ratio=1.0), registry.get("augmenter", name))
        assert (arm.ratio, arm.balance, arm.adds) == (None, 1.0, False)
        with pytest.raises(InputError, match="its dose is a balance"):
            settle(Arm(Spec(name), ratio=2.0), registry.get("augmenter", name))

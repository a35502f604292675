"""Differences by seed and test row, counted by hand."""

from __future__ import annotations

import numpy as np
from made_results import NONE, duplicate, empty_of, result_of, synonym

from augeval.stats.pairing import arm_key, gather, pair


def paired(results, arm, contrast="duplicate", sign=1.0, metric="accuracy"):
    return pair(gather(results), [arm], contrast, metric, sign)


def test_rows_are_paired_by_their_id_whatever_their_order():
    arm = synonym()
    results = [
        result_of(arm, 0, [1, 0, 1], ids=[7, 3, 5]),
        result_of(duplicate(), 0, [0, 0, 1], ids=[3, 5, 7]),
    ]
    assert paired(results, arm).diffs.tolist() == [[[0, 1, 0]]]  # rows 3, 5, 7: 0-0, 1-0, 1-1


def test_a_row_that_another_seed_holds_out_is_missing_not_zero():
    arm = synonym()
    results = [result_of(a, s, [1, 1], ids=[s, s + 1]) for a in (arm, duplicate()) for s in (0, 1)]
    assert np.isnan(paired(results, arm).diffs[0]).tolist() == [[False, False, True], [True, False, False]]


def test_a_seed_without_its_reference_is_missing():
    arm = synonym()
    results = [result_of(arm, 0, [1, 0]), result_of(arm, 1, [1, 0]), result_of(duplicate(), 1, [0, 0])]
    results.append(empty_of(duplicate(), 0, "failed", "broke"))
    assert np.isnan(paired(results, arm).diffs[0]).all(1).tolist() == [True, False]


def test_arms_of_one_seed_may_hold_out_other_rows_than_each_other():
    # Row 2 is the only one that both hold out.
    results = [result_of(synonym(), 0, [1, 1], ids=[1, 2]), result_of(duplicate(), 0, [0, 0], ids=[2, 3])]
    found = paired(results, synonym()).diffs[0, 0]
    assert np.isnan(found).tolist() == [True, False, True]
    assert found[1] == 1


def test_pairing_many_arms_is_pairing_each_alone():
    rng = np.random.default_rng(0)
    arms = [synonym(0.1), synonym(0.2), synonym(0.4, 4), duplicate(), duplicate(4), NONE]
    held_out = [np.sort(rng.permutation(30)[:20]) for _ in range(4)]
    results = [
        result_of(arm, s, rng.random(20), ids=held_out[s]) for arm in arms for s in range(4) if rng.random() < 0.9
    ]
    for contrast in ("duplicate", "none"):
        together = pair(gather(results), arms[:3], contrast, "accuracy", 1.0)
        for k, arm in enumerate(arms[:3]):
            alone = pair(gather(results), [arm], contrast, "accuracy", 1.0)
            assert np.array_equal(together.diffs[k], alone.diffs[0], equal_nan=True)
            assert together.reasons[k] == alone.reasons[0]


def test_the_range_is_that_of_every_arm_and_reference():
    results = [result_of(synonym(), 0, [0.25, 1.0]), result_of(duplicate(), 0, [-0.5, np.nan])]
    assert paired(results, synonym()).score_range == 1.5


def test_lower_is_better_flips_the_sign():
    results = [result_of(synonym(), 0, [0.2, 0.4]), result_of(duplicate(), 0, [0.3, 0.3])]
    assert np.allclose(paired(results, synonym(), sign=-1.0).diffs, [[[0.1, -0.1]]], atol=1e-6)


def test_a_ratio_read_as_an_integer_finds_its_reference():
    arm = synonym(ratio=4)
    results = [result_of(arm, 0, [1, 0]), result_of(duplicate(4.0), 0, [0, 1])]
    assert arm_key(duplicate(4)) == arm_key(duplicate(4.0))
    assert paired(results, arm).diffs.tolist() == [[[1, -1]]]


def test_crossed_draws_are_differences_to_the_mean_of_the_reference():
    arm = synonym()
    scores = {"accuracy": (0.5, 0.7, 0.9)}
    results = [result_of(arm, s, [1, 0], design="crossed", draws=3, draw_scores=scores) for s in (0, 1)]
    results += [result_of(duplicate(), s, [1, 0]) for s in (0, 1)]  # scores .5
    (table,) = paired(results, arm).draws
    assert np.allclose(table, [[0.0, 0.2, 0.4]] * 2)


def test_two_draws_are_not_taken_for_a_sample_of_draws():
    arm = synonym()
    results = [result_of(arm, 0, [1, 0], design="crossed", draws=2, draw_scores={"accuracy": (0.5, 0.7)})]
    assert paired([*results, result_of(duplicate(), 0, [1, 0])], arm).draws == (None,)


def test_nested_seeds_are_clusters_by_draw():
    arm = synonym()
    results = [result_of(arm, s, [1, 0], design="nested", draws=3) for s in range(5)]
    assert paired(results, arm, "none").clusters[0].tolist() == [0, 1, 2, 0, 1]


class TestExact:
    def both(self, mine, theirs):
        return paired([result_of(synonym(), 0, mine), result_of(duplicate(), 0, theirs)], synonym()).exact[0]

    def test_the_same_loss_of_every_row_is_the_same_predictor(self):
        assert self.both(np.linspace(0.1, 0.9, 20), np.linspace(0.1, 0.9, 20))

    def test_the_same_right_and_wrong_answers_are_agreement_and_no_proof(self):
        assert not self.both([1, 0, 1] * 20, [1, 0, 1] * 20)

    def test_float32_rounding_makes_no_difference(self):
        losses = np.linspace(0.1, 0.9, 20)
        assert self.both(losses, losses + 1e-7)

    def test_one_other_loss_is_another_predictor(self):
        losses = np.linspace(0.1, 0.9, 20)
        assert not self.both(losses, np.where(np.arange(20) == 7, 0.5, losses))

    def test_all_rows_right_on_both_sides_says_nothing(self):
        assert not self.both([1, 1, 1], [1, 1, 1])

    def test_a_second_metric_can_tell_two_predictors_apart(self):
        losses = np.linspace(0.1, 0.9, 20)
        mine = result_of(synonym(), 0, {"accuracy": [1, 0] * 10, "brier": losses})
        theirs = result_of(duplicate(), 0, {"accuracy": [1, 0] * 10, "brier": losses[::-1]})
        assert not paired([mine, theirs], synonym()).exact[0]

    def test_another_cut_is_no_other_predictor_to_a_metric_of_probabilities(self):
        losses = np.linspace(0.1, 0.9, 20)
        mine = result_of(synonym(), 0, {"brier": losses, "accuracy": [1, 0] * 10})
        theirs = result_of(duplicate(), 0, {"brier": losses, "accuracy": [1, 1] * 10})
        trials = gather([mine, theirs])
        exact = {name: pair(trials, [synonym()], "duplicate", name, 1.0).exact[0] for name in ("brier", "accuracy")}
        assert exact == {"brier": True, "accuracy": False}

    def test_equal_ranks_are_no_proof_where_probabilities_differ(self):
        ranks, losses = np.linspace(0.1, 0.9, 20), np.linspace(0.2, 0.8, 20)
        mine = result_of(synonym(), 0, {"accuracy": ranks, "brier": losses})
        theirs = result_of(duplicate(), 0, {"accuracy": ranks, "brier": losses + 0.01})
        assert not paired([mine, theirs], synonym()).exact[0]


class TestReasons:
    def reason(self, results, arm=None):
        found = paired(results, arm or synonym())
        return found.reasons[0], bool(found.applicable[0])

    def test_an_arm_whose_seeds_all_failed_names_the_error(self):
        results = [empty_of(synonym(), s, "failed", "boom\nline two") for s in (0, 1)]
        assert self.reason(results) == ("all 2 seeds failed (ValueError: boom)", True)

    def test_an_arm_that_means_nothing_gives_the_reason_of_its_cells(self):
        results = [empty_of(synonym(), 0, "not_applicable", "There is no minority.")]
        assert self.reason(results) == ("There is no minority.", False)

    def test_a_missing_reference_is_named(self):
        assert "duplicate ×1, has no result" in self.reason([result_of(synonym(), 0, [1, 0])])[0]

    def test_an_undefined_metric_is_said_to_be_undefined(self):
        results = [result_of(a, 0, [np.nan, np.nan]) for a in (synonym(), duplicate())]
        assert "undefined" in self.reason(results)[0]


def test_arms_are_ordered_by_family_and_dose_however_they_arrive():
    arms = [NONE, synonym(0.4), synonym(0.05), duplicate(4), duplicate(1), synonym(0.05, 4)]
    results = [result_of(arm, 0, [1, 0]) for arm in arms]
    labels = [arm.label for arm in gather(results).arms]
    assert labels == ["duplicate ×1", "duplicate ×4", "synonym 0.05 ×1", "synonym 0.05 ×4", "synonym 0.4 ×1"]
    assert labels == [arm.label for arm in gather(results[::-1]).arms]

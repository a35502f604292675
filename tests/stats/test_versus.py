"""Arm against arm: the same statistics, words and order as every comparison, in a family of the pairs asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_results import METRICS, NONE, comparison_of, duplicate, empty_of, gaussian, result_of, study_of, synonym

from augeval.stats.versus import versus

ONE, OTHER = synonym(0.1), synonym(0.1, name="eda")


def study(gain=0.05, other=0.0, **about):
    return study_of(gaussian([(ONE, gain), (OTHER, other)], rng=np.random.default_rng(2)), **about)


def asked(results, *pairs, margin=0.01, alpha=0.05, **about):
    return versus(results, pairs or [(ONE, OTHER)], metrics=METRICS, margin=margin, alpha=alpha, **about)


def counted(results, rows):
    """The results with this many synthetic rows per fit, by arm label."""
    return [
        replace(r, counts={"asked": n, "got": n, "train": 100}) if (n := rows.get(r.cell.arm.label)) is not None else r
        for r in results
    ]


def test_the_difference_is_that_of_the_two_gains_over_a_third():
    results = study()
    (found,) = asked(results)
    over = [comparison_of(results, arm).mean_diff for arm in (ONE, OTHER)]
    assert found.comparison.mean_diff == pytest.approx(over[0] - over[1], abs=1e-6)
    assert (found.comparison.arm, found.comparison.reference) == (ONE.label, OTHER.label)
    assert found.comparison.contrast == "arm"


def test_against_duplicate_alone_it_is_the_verdicts_own_comparison():
    results = [r for r in study() if r.cell.arm != OTHER]
    (found,) = asked(results, (ONE, duplicate()))
    same = comparison_of(results, ONE)
    assert replace(found.comparison, contrast="duplicate") == same


@pytest.mark.parametrize(("gain", "outcome", "word"), [(0.3, "helps", "Helps: +"), (-0.3, "harms", "Harms: −")])
def test_outcome_and_sentence_are_those_of_every_comparison(gain, outcome, word):
    (found,) = asked(study(gain))
    assert found.comparison.outcome == outcome
    assert found.sentence.startswith(word)
    assert f"against {OTHER.label} ({ONE.label}, 10 seeds, 200 held-out rows)" in found.sentence


def test_equal_arms_are_equivalent_within_a_wide_margin_and_undecided_within_a_narrow_one():
    tables = gaussian([(ONE, 0.0), (OTHER, 0.0)], rng=np.random.default_rng(2))
    results = study_of([(arm, table - np.mean(table) + 0.5) for arm, table in tables])  # the gain is exactly 0
    (wide,), (narrow,) = asked(results, margin=0.1), asked(results, margin=0.001)
    assert wide.comparison.outcome == "equivalent"
    assert narrow.comparison.outcome == "inconclusive"
    assert "limit it" in narrow.sentence


def test_more_pairs_make_wider_intervals_and_the_pairs_asked_are_the_family():
    results = study()
    (alone,) = asked(results)
    three = asked(results, (ONE, OTHER), (ONE, duplicate()), (OTHER, duplicate()))
    width = three[0].comparison.high - three[0].comparison.low
    assert len(three) == 3
    assert width > alone.comparison.high - alone.comparison.low
    assert three[0].comparison.mean_diff == alone.comparison.mean_diff


def test_a_copy_may_be_better_than_an_arm():
    (found,) = asked(study(-0.3), (duplicate(), ONE))
    assert found.comparison.outcome == "helps"
    assert found.sentence.startswith("Helps: +")


def test_equal_rows_are_said_and_unequal_ones_with_what_they_share():
    rows = {ONE.label: 200, OTHER.label: 200}
    (same,) = asked(counted(study(), rows))
    (uneven,) = asked(counted(study(), {**rows, OTHER.label: 50}), training="equal epochs")
    (steady,) = asked(counted(study(), {**rows, OTHER.label: 50}), training="equal steps")
    assert (same.equal_rows, uneven.equal_rows) == (True, False)
    assert same.sentence.endswith("Both train on as many rows (200 synthetic ones).")
    assert "(200 synthetic ones against 50), at equal epochs: part of the difference may" in uneven.sentence
    assert "at equal steps: the difference is that of the two arms as they are" in steady.sentence
    assert (uneven.rows, uneven.reference_rows, uneven.comparison.training) == (200, 50, "equal epochs")


def test_a_row_more_or_less_in_a_hundred_is_no_difference():
    # 202 and 200 synthetic rows beside 100 real ones: 2 of 302 rows, less than 1 %; 205 are more.
    (alike,) = asked(counted(study(), {ONE.label: 202, OTHER.label: 200}))
    (unlike,) = asked(counted(study(), {ONE.label: 205, OTHER.label: 200}))
    assert (alike.equal_rows, unlike.equal_rows) == (True, False)


def test_rows_of_crossed_draws_are_counted_once():
    results = counted(study(design="crossed", draws=4), {ONE.label: 800})
    results = [r if r.cell.arm != ONE else replace(r, draw_scores={"accuracy": (0.7,) * 4}) for r in results]
    (found,) = asked(results, (ONE, duplicate()))
    assert found.rows == 200


def test_shared_draws_of_both_sides_widen_the_interval():
    # Seeds of either arm share three draws; whatever side the clusters are on, they are counted.
    results = study()
    for shared in (ONE, OTHER):
        nested = [
            replace(r, cell=replace(r.cell, design="nested", draws=3)) if r.cell.arm == shared else r for r in results
        ]
        (found,), (plain,) = asked(nested), asked(results)
        assert found.comparison.high - found.comparison.low > plain.comparison.high - plain.comparison.low


def test_draws_of_two_crossed_arms_are_compared_draw_by_draw():
    # Both arms gain and lose with the same draws, so nothing of the draws is left in their difference.
    luck = np.array([0.0, 0.1, 0.2, 0.3])

    def crossed(arm, gain):
        rng = np.random.default_rng(4)
        tables = 0.5 + gain + 0.02 * rng.standard_normal((6, 80))
        about = {"design": "crossed", "draws": 4}
        return [
            result_of(arm, s, row, draw_scores={"accuracy": tuple(row.mean() + luck - luck.mean())}, **about)
            for s, row in enumerate(tables)
        ]

    plain = [result_of(duplicate(), s, np.full(80, 0.5) + 0.001 * np.arange(80)) for s in range(6)]
    results = [*crossed(ONE, 0.1), *crossed(OTHER, 0.0), *plain]
    (together,) = asked(results)
    (against_fixed,) = asked(results, (ONE, duplicate()))
    (turned,) = asked(results, (duplicate(), ONE))
    width = against_fixed.comparison.high - against_fixed.comparison.low
    assert together.comparison.high - together.comparison.low < width / 10
    assert turned.comparison.high - turned.comparison.low == pytest.approx(width)


def test_an_arm_that_a_race_stopped_is_compared_on_its_seeds_and_that_is_said():
    results = [r for r in study() if r.cell.arm != ONE or r.cell.seed < 5]
    (found,) = asked(results)
    assert found.comparison.n_replicates == 5
    assert f"{ONE.label} stopped at 5 of 10 seeds" in found.sentence


def test_that_a_race_stopped_both_early_is_said_of_arms_and_not_of_what_ran_beside_them():
    results = [r for r in study() if r.cell.seed < 5]
    (found,) = asked(results, planned=20)
    for arm in (ONE, OTHER):
        assert f"{arm.label} stopped at 5 of 20 seeds" in found.sentence
    (beside,) = asked(results, (ONE, duplicate()), planned=20)
    assert beside.sentence.count("stopped at") == 1
    assert "does not count the looks of the race" in beside.sentence
    assert "stopped" not in asked(results)[0].sentence  # nothing was raced: five seeds were all


def test_an_arm_without_results_has_a_reason_and_no_number():
    results = [r for r in study() if r.cell.arm != OTHER]
    results += [empty_of(OTHER, seed, "failed", "out of memory") for seed in range(10)]
    (found,) = asked(results)
    assert np.isnan(found.comparison.mean_diff)
    assert found.comparison.outcome == "inconclusive"
    assert "out of memory" in found.sentence
    (never,) = asked([r for r in study() if r.cell.arm != OTHER])
    assert "it was not run" in never.sentence


def test_seeds_that_failed_on_either_side_are_said():
    results = [r for r in study() if r.cell.arm != OTHER or r.cell.seed > 1]
    results += [empty_of(OTHER, seed, "failed", "out of memory") for seed in range(2)]
    (found,) = asked(results)
    assert found.comparison.n_replicates == 8
    assert f"Of {OTHER.label} 2 of 10 seeds failed (ValueError: out of memory)." in found.sentence


def test_metrics_come_in_the_order_of_the_results_and_only_those_asked():
    rng = np.random.default_rng(0)
    results = [
        result_of(arm, seed, {"accuracy": rng.random(50), "brier": rng.random(50)})
        for arm in (NONE, ONE, OTHER)
        for seed in range(4)
    ]
    assert [found.comparison.metric for found in asked(results)] == ["accuracy", "brier"]
    only = versus(results, [(ONE, OTHER)], metrics={"brier": METRICS["brier"]}, margin=0.01, alpha=0.05)
    (found,) = only
    one, other = (np.mean([r.scores["brier"] for r in results if r.cell.arm == arm]) for arm in (ONE, OTHER))
    # Brier is better low, and positive always means better.
    assert found.comparison.mean_diff == pytest.approx(other - one, abs=1e-6)


def test_nothing_asked_or_nothing_measured_is_nothing():
    assert versus(study(), [], metrics=METRICS, margin=0.01, alpha=0.05) == ()
    assert versus([], [(ONE, OTHER)], metrics=METRICS, margin=0.01, alpha=0.05) == ()

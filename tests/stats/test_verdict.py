"""What a run's cells come to: contrasts, outcomes, families, alarms, and how often they are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_results import (
    METRICS,
    NONE,
    comparison_of,
    duplicate,
    empty_of,
    gaussian,
    judged,
    result_of,
    study_of,
    synonym,
    verdict_of,
)

from augeval.results import Judgement
from augeval.stats.verdict import judge
from augeval.types import Arm, Spec

POOL = "this training pool, new draws and test rows"


def test_no_results_say_nothing():
    assert judged([]) == Judgement()


class TestContrasts:
    def test_rows_are_compared_with_duplication_at_equal_rows_and_with_nothing(self):
        arms = [NONE, duplicate(1), duplicate(4), synonym(0.1, 1), synonym(0.1, 4)]
        found = judged([result_of(a, s, [1, 0, 1]) for a in arms for s in range(3)]).comparisons
        assert sorted((c.arm, c.reference, c.contrast) for c in found) == [
            ("duplicate ×1", "none", "none"),
            ("duplicate ×4", "none", "none"),
            ("synonym 0.1 ×1", "duplicate ×1", "duplicate"),
            ("synonym 0.1 ×1", "none", "none"),
            ("synonym 0.1 ×4", "duplicate ×4", "duplicate"),
            ("synonym 0.1 ×4", "none", "none"),
        ]

    @pytest.mark.parametrize(
        "arm", [Arm(Spec("class_weight")), Arm(Spec("synonym"), magnitude=0.1, ratio=3, when="test")]
    )
    def test_an_arm_without_training_rows_is_compared_with_none_only(self, arm):
        tables = gaussian([(arm, 0.05)])
        found = judged(study_of([*tables]))
        assert [c.contrast for c in found.comparisons if c.arm == arm.label] == ["none"]
        verdict = next(v for v in found.verdicts if v.family == arm.family)
        assert (verdict.contrast, verdict.outcome) == ("none", "helps")

    def test_the_gain_is_the_mean_difference_over_seeds_and_rows(self):
        arm = synonym()
        results = study_of([(NONE, [[0, 0]] * 3), (duplicate(), [[1, 0]] * 3), (arm, [[1, 1], [1, 0], [1, 1]])])
        against_copies, against_none = comparison_of(results, arm), comparison_of(results, arm, "none")
        assert against_copies.mean_diff == pytest.approx(2 / 6)  # two of six answers are newly right
        assert against_none.mean_diff == pytest.approx(5 / 6)
        assert (against_copies.n_replicates, against_copies.n_examples) == (3, 2)

    def test_positive_is_better_where_lower_is(self):
        rng = np.random.default_rng(0)
        better = [
            result_of(arm, s, {"brier": level + 0.01 * rng.random(50)})
            for arm, level in ((NONE, 0.5), (duplicate(), 0.5), (synonym(), 0.4))
            for s in range(5)
        ]
        found = comparison_of(better, synonym(), metric="brier")
        assert found.mean_diff == pytest.approx(0.1, abs=0.005)
        assert found.outcome == "helps"


class TestOutcomes:
    @pytest.mark.parametrize(
        ("gain", "spread", "outcome"),
        [
            (0.05, (0.005, 0.02, 0.05), "helps"),
            (-0.05, (0.005, 0.02, 0.05), "harms"),
            (0.001, (0.001, 0.005, 0.02), "equivalent"),
            (0.01, (0.05, 0.05, 0.2), "inconclusive"),
        ],
    )
    def test_planted_effects_are_called_by_their_name(self, gain, spread, outcome):
        verdict = verdict_of(study_of(gaussian([(synonym(), gain)], spread=spread)))
        assert verdict.outcome == outcome
        assert verdict.decided_by == "synonym 0.1 ×1"
        assert verdict.low <= verdict.gain <= verdict.high
        assert verdict.claim == POOL
        assert verdict.confirmed_gain is verdict.worth is None

    def test_duplication_that_is_the_baseline_is_exactly_zero(self):
        results = study_of(gaussian([(synonym(), 0.05)]))
        found = comparison_of(results, duplicate(), "none")
        assert (found.mean_diff, found.low, found.high, found.outcome) == (0.0, 0.0, 0.0, "equivalent")
        assert found.note == "identical to its reference on every held-out row"
        assert judged(results).alarms == ()
        verdict = verdict_of(results, "duplicate")
        assert verdict.is_control
        assert verdict.reasons[0].startswith("Exactly no difference")
        assert "on every held-out row in this metric" in verdict.reasons[0]

    @pytest.mark.parametrize("seeds", [1, 2])
    def test_too_few_seeds_are_inconclusive_with_a_reason(self, seeds):
        results = study_of(gaussian([(synonym(), 0.2)], seeds=seeds))
        verdict = verdict_of(results)
        assert (verdict.outcome, verdict.low, verdict.high) == ("inconclusive", -math.inf, math.inf)
        assert verdict.gain == pytest.approx(0.2, abs=0.1)
        assert any("at least 3" in reason for reason in verdict.reasons)

    @pytest.mark.parametrize(
        ("spread", "limit", "words"),
        [
            ((0.1, 0.01, 0.05), "replicates", "Training runs limit it: about"),
            ((0.001, 0.3, 0.05), "test examples", "Held-out rows limit it: about"),
        ],
    )
    def test_an_undecided_verdict_names_what_limits_it_and_how_much_more_would_do(self, spread, limit, words):
        verdict = verdict_of(study_of(gaussian([(synonym(), 0.015)], rows=150, spread=spread)))
        assert (verdict.outcome, verdict.limited_by) == ("inconclusive", limit)
        assert any(reason.startswith(words) for reason in verdict.reasons)

    def test_duplication_is_never_judged_against_itself(self):
        results = study_of(gaussian([(synonym(), 0.0)]))
        assert {c.contrast for c in judged(results).comparisons if c.arm.startswith("duplicate")} == {"none"}


class TestMissingCells:
    def test_a_failed_seed_is_left_out_and_mentioned(self):
        results = study_of(gaussian([(synonym(), 0.05)]))
        results = [r for r in results if (r.cell.arm, r.cell.seed) != (synonym(), 3)]
        results.append(empty_of(synonym(), 3, "failed", "boom"))
        found = comparison_of(results, synonym())
        assert (found.n_replicates, found.outcome) == (9, "helps")
        assert "1 of 10 seeds failed (ValueError: boom)" in found.note
        assert any("1 of 10 seeds failed" in reason for reason in verdict_of(results).reasons)

    def test_an_arm_that_failed_wholly_is_inconclusive_with_the_error(self):
        results = study_of(gaussian([]))
        results += [empty_of(synonym(), s, "failed", "boom") for s in range(10)]
        verdict = verdict_of(results)
        assert (verdict.outcome, verdict.decided_by) == ("inconclusive", None)
        assert math.isnan(verdict.gain)
        assert "all 10 seeds failed (ValueError: boom)" in verdict.reasons[0]

    def test_an_arm_that_means_nothing_is_apart_from_the_undecided(self):
        results = study_of(gaussian([]))
        results += [empty_of(synonym(), s, "not_applicable", "There is no minority.") for s in range(10)]
        verdict = verdict_of(results)
        assert verdict.outcome == "not_applicable"
        assert verdict.reasons == ("Not applicable: There is no minority.",)
        found = comparison_of(results, synonym())
        assert (found.outcome, found.note, found.n_replicates) == ("not_applicable", "There is no minority.", 0)

    def test_a_family_goes_on_without_a_dose_that_means_nothing(self):
        results = study_of(gaussian([(synonym(0.2), 0.05)]))
        results += [empty_of(synonym(0.1), s, "not_applicable", "No row.") for s in range(10)]
        assert verdict_of(results).outcome == "helps"

    def test_a_reference_that_failed_is_named(self):
        results = [r for r in study_of(gaussian([(synonym(), 0.05)])) if r.cell.arm != duplicate()]
        results += [empty_of(duplicate(), s, "failed", "boom") for s in range(10)]
        assert "its reference, duplicate ×1, has no result" in verdict_of(results).reasons[0]

    def test_an_undefined_metric_is_inconclusive(self):
        arms = (NONE, duplicate(), synonym())
        results = [result_of(arm, s, [math.nan] * 4) for arm in arms for s in range(4)]
        verdict = verdict_of(results)
        assert verdict.outcome == "inconclusive"
        assert "undefined" in verdict.reasons[0]


class TestFamilies:
    def ladder(self, *gains, spread=(0.002, 0.005, 0.03)):
        arms = [(synonym(0.1 * (k + 1)), gain) for k, gain in enumerate(gains)]
        return study_of(gaussian(arms, spread=spread))

    def test_a_dose_that_helps_makes_the_family_help_up_to_a_dose_that_is_too_much(self):
        verdict = verdict_of(self.ladder(0.053, 0.05, 0.0, -0.05))
        assert (verdict.outcome, verdict.recommended) == ("helps", "synonym 0.1 ×1")
        assert verdict.too_much == "synonym 0.4 ×1"
        assert verdict.highest_harmless == "synonym 0.3 ×1"
        assert verdict.decided_by == verdict.recommended
        assert any("from synonym 0.4 ×1 on it loses" in reason for reason in verdict.reasons)

    def test_without_a_dose_that_helps_one_that_harms_makes_the_family_harm(self):
        verdict = verdict_of(self.ladder(0.0, 0.0, -0.05, -0.08))
        assert (verdict.outcome, verdict.decided_by) == ("harms", "synonym 0.3 ×1")
        assert (verdict.recommended, verdict.highest_harmless) == (None, "synonym 0.2 ×1")

    def test_a_family_is_equivalent_only_if_every_dose_is(self):
        assert verdict_of(self.ladder(0.0, 0.001, 0.0)).outcome == "equivalent"
        one_wide = gaussian([(synonym(0.1), 0.0)], spread=(0.001, 0.005, 0.03))
        one_wide += gaussian([(synonym(0.2), 0.0)], spread=(0.1, 0.05, 0.3))[2:]
        assert verdict_of(study_of(one_wide)).outcome == "inconclusive"

    def test_a_dose_may_lose_something_and_yet_no_more_than_the_margin(self):
        verdict = verdict_of(self.ladder(-0.004, -0.005, -0.05, spread=(0.0005, 0.002, 0.01)))
        assert (verdict.highest_harmless, verdict.too_much) == ("synonym 0.2 ×1", "synonym 0.3 ×1")

    def test_a_single_dose_has_a_verdict_and_no_curve(self):
        results = self.ladder(-0.05)
        assert verdict_of(results).too_much == "synonym 0.1 ×1"
        assert judged(results).curves == ()

    def test_a_curve_holds_what_the_comparisons_hold(self):
        results = self.ladder(0.053, 0.05, 0.0, -0.05)
        (curve,) = judged(results).curves
        points = [comparison_of(results, synonym(0.1 * (k + 1))) for k in range(4)]
        assert curve.gains == tuple(p.mean_diff for p in points)
        assert (curve.low, curve.high) == (tuple(p.low for p in points), tuple(p.high for p in points))
        assert (curve.axis, curve.fixed) == ("magnitude", "×1")
        assert curve.doses == pytest.approx((0.1, 0.2, 0.3, 0.4))
        assert (curve.recommended, curve.too_much) == pytest.approx((0.1, 0.4))
        assert len(curve.fitted) == 4

    def test_families_of_controls_come_last_and_are_marked(self):
        arms = [(Arm(Spec("shuffle_labels"), ratio=1), -0.2), (synonym(), 0.0), (synonym(name="zap"), 0.0)]
        found = judged(study_of(gaussian(arms))).verdicts
        assert [v.family for v in found] == ["synonym", "zap", "duplicate", "shuffle_labels"]
        assert [v.is_control for v in found] == [False, False, True, True]
        assert found[-1].outcome == "harms"

    def test_every_metric_has_a_verdict_the_primary_one_first(self):
        rng = np.random.default_rng(0)
        arms = (NONE, duplicate(), synonym())
        results = [
            result_of(arm, s, {"brier": rng.random(30), "accuracy": rng.random(30)}) for arm in arms for s in range(4)
        ]
        assert [v.metric for v in judged(results).verdicts] == ["brier", "brier", "accuracy", "accuracy"]


class TestAlarm:
    def study(self, lift):
        rng = np.random.default_rng(1)
        base = np.tile(np.linspace(0.2, 0.8, 100), (8, 1))
        tables = [(NONE, base), (duplicate(), base + lift + 0.001 * rng.standard_normal(base.shape))]
        return study_of([*tables, (synonym(), base + lift + 0.001 * rng.standard_normal(base.shape))])

    def test_duplication_that_beats_nothing_rings(self):
        (alarm,) = judged(self.study(0.08)).alarms
        assert (alarm.arm, alarm.metric) == ("duplicate ×1", "accuracy")
        assert alarm.low > 0.07
        assert "+7.99 points [7.98, 8.00]" in alarm.text

    def test_the_pipelines_gain_is_then_said_to_be_duplications(self):
        verdict = verdict_of(self.study(0.08))
        assert verdict.outcome == "equivalent"
        assert any("of which duplicating the same rows alone gives +7.99 points" in r for r in verdict.reasons)

    def test_duplication_never_helps_and_is_never_recommended(self):
        verdict = verdict_of(self.study(0.08), "duplicate")
        assert (verdict.outcome, verdict.recommended, verdict.decided_by) == ("not_applicable", None, "duplicate ×1")
        assert verdict.gain == pytest.approx(0.08, abs=0.001)
        assert any("Nothing new" in reason for reason in verdict.reasons)

    @pytest.mark.parametrize("lift", [0.0, 0.004, -0.08])
    def test_duplication_that_changes_nothing_that_matters_does_not(self, lift):
        assert judged(self.study(lift)).alarms == ()

    @pytest.mark.parametrize(("lift", "rings"), [(0.008, False), (0.012, True)])
    def test_a_gain_below_the_margin_is_no_alarm_although_it_is_one(self, lift, rings):
        # Half width .006 either way: shown to gain, and not shown to gain less than the margin of .01.
        by_row = np.tile([-0.025, 0.025], 50)
        base = np.tile(np.linspace(0.2, 0.8, 100), (8, 1))
        results = study_of([(NONE, base), (duplicate(), base + lift + by_row), (synonym(), base)])
        budget = comparison_of(results, duplicate(), "none")
        assert budget.low > 0
        assert budget.high > 0.01
        assert bool(judged(results).alarms) is rings

    def test_comparisons_and_alarms_say_what_was_equal_in_training(self):
        results = self.study(0.08)
        made = judge(results, metrics=METRICS, margin=0.01, alpha=0.05, training="equal epochs")
        assert {comparison.training for comparison in made.comparisons} == {"equal epochs"}
        assert "at equal epochs" in made.alarms[0].text
        assert any("(equal epochs: " in reason for reason in made.verdicts[0].reasons)
        assert {comparison.training for comparison in judged(results).comparisons} == {""}


class TestReproducible:
    def study(self):
        arms = [(synonym(m, r), 0.01) for m in (0.1, 0.2, 0.4) for r in (1.0, 4.0)]
        tables = gaussian(arms)
        return study_of([*tables, (duplicate(4.0), tables[1][1])], design="crossed", draws=8)

    def test_the_order_of_results_changes_no_bit(self):
        results = self.study()
        whole = repr(judged(results))
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(results))
            assert repr(judged([results[i] for i in order])) == whole

    def test_seeds_may_hold_out_other_rows(self):
        # 12 seeds each hold out 40 of 100 rows; the arm answers 30 % of the wrong ones right.
        rng = np.random.default_rng(3)
        wrong = rng.random(100) < 0.4
        results = []
        for seed in range(12):
            ids = np.sort(rng.choice(100, 40, replace=False))
            base = (~wrong[ids]).astype(float)
            fixed = np.where(rng.random(40) < 0.3, 1.0, base)
            results += [result_of(a, seed, base, ids=ids) for a in (NONE, duplicate())]
            results.append(result_of(synonym(), seed, fixed, ids=ids))
        found = comparison_of(results, synonym())
        assert (found.n_replicates, found.n_examples) == (12, 100)
        assert found.outcome == "helps"
        assert found.low < 0.12 < found.high

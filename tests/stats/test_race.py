"""Races replayed from results: who stops where, and that it follows from the results alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import (
    METRICS,
    NONE,
    comparison_of,
    duplicate,
    empty_of,
    gaussian,
    paired_of,
    result_of,
    study_of,
    synonym,
)

from augeval.stats.inference import Rule, infer
from augeval.stats.pairing import arm_key
from augeval.stats.race import standing
from augeval.stats.sequential import Schedule, levels
from augeval.stats.verdict import judge
from augeval.types import Arm, Spec

RACE = Schedule((4, 8, 12), 0.1)
STRONG, NULL, WEAK = synonym(0.1), synonym(0.3), synonym(0.2)
ASKED = {"metrics": METRICS, "margin": 0.01, "alpha": 0.05}


def raced(results, race=RACE):
    return judge(results, race=race, **ASKED)


def stops_of(judgement):
    (race,) = judgement.races
    return {stop.arm: (stop.seeds, stop.why) for stop in race.stops}


def labels(now):
    return {arm.label for arm in now.active}


def of(judgement, arm, contrast="duplicate"):
    (found,) = [c for c in judgement.comparisons if (c.arm, c.contrast, c.metric) == (arm.label, contrast, "accuracy")]
    return found


def three(seed=0, seeds=12, futility_spread=0.01):
    """An arm that clearly helps, one that clearly does nothing that matters, and one that is hard to tell."""
    rng = np.random.default_rng(seed)
    spread = (futility_spread, 0.005, 0.1)
    return study_of(gaussian([(STRONG, 0.2), (WEAK, 0.015), (NULL, 0.0)], seeds=seeds, spread=spread, rng=rng))


def drive(results, race=RACE):
    """Runs the cells that `standing` asks for until it asks for none."""
    arms = list({arm_key(r.cell.arm): r.cell.arm for r in results}.values())
    have = []
    for _ in range(len(race.stages) + 1):
        now = standing(have, arms, race=race, **ASKED)
        if now.look is None:
            return have
        keys = {arm_key(a) for arm in now.active for a in (arm, arm.reference(), NONE)}
        had = {r.key for r in have}
        have = [r for r in results if r.key in had or (arm_key(r.cell.arm) in keys and r.cell.seed < now.look)]
    raise AssertionError("the race did not end")


class TestStops:
    def test_an_arm_stops_at_the_look_that_decides_it_and_keeps_what_that_look_said(self):
        results = three()
        judged = raced(results)
        seeds, why = stops_of(judged)[STRONG.label]
        assert why == "helps"
        assert seeds < 12
        found = of(judged, STRONG)
        assert (found.n_replicates, found.outcome, found.stopped) == (seeds, "helps", "decided")
        assert of(judged, STRONG, "none").n_replicates == seeds

    def test_its_interval_has_the_level_of_its_look(self):
        """One arm: the interval of four seeds alone, at that look's level."""
        tables = gaussian([(STRONG, 0.3)], seeds=12, spread=(0.001, 0.001, 0.01))
        results = study_of(tables)
        race = Schedule((4, 12), 0.0)
        found = of(raced(results, race), STRONG)
        level = levels(race.looks, 1, 0.05)[0]
        few = judge([r for r in results if r.cell.seed < 4], metrics=METRICS, margin=0.01, alpha=level)
        assert found.n_replicates == 4
        assert (found.low, found.high) == (of(few, STRONG).low, of(few, STRONG).high)

    def test_its_interval_stays_that_of_its_look_while_others_run_on(self):
        """Later looks are less strict: read at theirs, its interval would be narrower than what was asked of it."""
        results, race = three(), Schedule((4, 8, 12), 0.0)
        judged = raced(results, race)
        assert stops_of(judged)[STRONG.label] == (4, "helps")
        assert max(seeds for seeds, _ in stops_of(judged).values()) > 4
        level = levels(race.looks, 3, 0.05)[0]
        few = judge([r for r in results if r.cell.seed < 4], metrics=METRICS, margin=0.01, alpha=level)
        for contrast in ("duplicate", "none"):
            found, alone = of(judged, STRONG, contrast), of(few, STRONG, contrast)
            assert (found.low, found.high, found.one_sided_low) == (alone.low, alone.high, alone.one_sided_low)

    def test_a_hopeless_arm_is_given_up_and_stays_undecided(self):
        results = study_of(gaussian([(STRONG, 0.3), (NULL, 0.0)], seeds=12, spread=(0.1, 0.01, 0.1)))
        judged = raced(results)
        assert stops_of(judged)[NULL.label] == (4, "futile")
        assert (of(judged, NULL).outcome, of(judged, NULL).stopped) == ("inconclusive", "futile")

    def test_a_futility_look_gives_up_the_hopeless_and_decides_nobody(self):
        """STRONG is as clear at 4 seeds as at 8; the verdict waits for the look."""
        results = study_of(gaussian([(STRONG, 2.0), (NULL, 0.0)], seeds=12, spread=(0.1, 0.01, 0.1)))
        race = Schedule((8, 12), 0.1, (4,))
        judged = raced(results, race)
        assert stops_of(raced(results)) == {STRONG.label: (4, "helps"), NULL.label: (4, "futile")}
        assert stops_of(judged) == {STRONG.label: (8, "helps"), NULL.label: (4, "futile")}
        assert (of(judged, NULL).outcome, of(judged, NULL).n_replicates) == ("inconclusive", 4)

    def test_an_arm_given_up_there_has_an_interval_at_a_level_that_was_set_aside(self):
        results = study_of(gaussian([(STRONG, 2.0), (NULL, 0.0)], seeds=12, spread=(0.1, 0.01, 0.1)))
        race = Schedule((8, 12), 0.1, (4,))
        judged = raced(results, race)
        level = levels(race.looks, 2, 0.05, futility_looks=(4,))[0]
        few = judge([r for r in results if r.cell.seed < 4], metrics=METRICS, margin=0.01, alpha=level)
        assert (of(judged, NULL).low, of(judged, NULL).high) == (of(few, NULL).low, of(few, NULL).high)
        (course,) = judged.races
        assert (course.looks, course.futility_looks, course.futility_levels) == ((8, 12), (4,), (level,))

    def test_an_arm_without_a_number_stops_at_a_futility_look_too(self):
        results = [r for r in three() if r.cell.arm not in (WEAK, NULL)]
        results += [empty_of(WEAK, seed, "not_applicable", "no rows") for seed in range(12)]
        results += [empty_of(NULL, seed, "failed", "out of memory") for seed in range(12)]
        stops = stops_of(raced(results, Schedule((8, 12), 0.1, (4,))))
        assert stops == {STRONG.label: (8, "helps"), WEAK.label: (4, "not_applicable"), NULL.label: (4, "failed")}

    def test_hope_is_told_at_the_level_of_the_last_look_and_not_at_the_stricter_one_of_this(self):
        """At six seeds' level of .003 a gain near 0 would hardly be decided; at twelve seeds' it may be."""
        results = study_of(gaussian([(NULL, 0.0)], seeds=12, spread=(0.03, 0.005, 0.05)))
        assert stops_of(raced(results, Schedule((6, 12), 0.3)))[NULL.label] == (12, "undecided")

    def test_no_arm_is_given_up_where_futility_is_0(self):
        results = study_of(gaussian([(STRONG, 0.3), (NULL, 0.0)], seeds=12, spread=(0.1, 0.01, 0.1)))
        judged = raced(results, Schedule((4, 8, 12), 0.0))
        assert stops_of(judged)[NULL.label] == (12, "undecided")
        assert of(judged, NULL).stopped == ""

    def test_an_arm_that_means_nothing_here_stops_at_once(self):
        results = [r for r in three() if r.cell.arm != WEAK]
        results += [empty_of(WEAK, seed, "not_applicable", "no rows") for seed in range(12)]
        assert stops_of(raced(results))[WEAK.label] == (4, "not_applicable")
        assert of(raced(results), WEAK).stopped == ""

    def test_an_arm_that_failed_wholly_stops_at_once_as_failed(self):
        results = [r for r in three() if r.cell.arm != WEAK]
        results += [empty_of(WEAK, seed, "failed", "out of memory") for seed in range(12)]
        assert stops_of(raced(results))[WEAK.label] == (4, "failed")

    def test_secondary_metrics_stop_with_the_primary_one(self):
        rng = np.random.default_rng(1)
        base = np.tile(np.linspace(0.4, 0.7, 200), (12, 1))
        results = []
        for arm, gain in ((NONE, 0.0), (duplicate(), 0.0), (STRONG, 0.2)):
            for seed, row in enumerate(base + gain + 0.01 * rng.standard_normal((12, 200))):
                results.append(result_of(arm, seed, {"accuracy": row, "brier": 1 - row}))
        judged = raced(results)
        assert {c.n_replicates for c in judged.comparisons if c.arm == STRONG.label} == {4}
        assert [race.metric for race in judged.races] == ["accuracy"]

    def test_fits_are_counted_with_references(self):
        """STRONG stops at 4 of 12 and is alone: 4 seeds of it, of its reference and of none, instead of 12."""
        judged = raced(study_of(gaussian([(STRONG, 0.3)], seeds=12, spread=(0.001, 0.001, 0.01))))
        (race,) = judged.races
        assert (race.fits, race.fits_planned) == (12, 36)


class TestReferences:
    def test_a_reference_runs_as_long_as_an_arm_that_needs_it(self):
        twice = synonym(0.1, ratio=2.0)
        tables = gaussian([(STRONG, 0.3)], seeds=12, spread=(0.001, 0.001, 0.01))
        noise = 0.05 * np.random.default_rng(5).standard_normal((12, 1))
        base = tables[1][1]
        results = study_of([*tables, (duplicate(2.0), base), (twice, base + 0.02 + noise)])
        judged = raced(results, Schedule((4, 8, 12), 0.0))
        assert of(judged, duplicate(), "none").n_replicates == 4
        assert of(judged, duplicate(2.0), "none").n_replicates == 12

    def test_duplicate_is_not_raced_and_its_alarm_has_a_share_of_alpha_for_each_look(self):
        tables = gaussian([(STRONG, 0.2)], seeds=12, spread=(0.001, 0.001, 0.01))
        rng = np.random.default_rng(3)
        tables[0] = (NONE, tables[0][1] - 0.1 + 0.01 * rng.standard_normal((12, 1)))
        results = study_of(tables)
        judged = raced(results)
        few = judge([r for r in results if r.cell.seed < 4], metrics=METRICS, margin=0.01, alpha=0.05 / 3)
        assert duplicate().label not in stops_of(judged)
        assert of(judged, duplicate(), "none") == of(few, duplicate(), "none")
        assert [alarm.arm for alarm in judged.alarms] == [duplicate().label]

    def test_copies_alone_run_to_the_last_look_and_are_no_race(self):
        results = study_of(gaussian([], seeds=12))
        now = standing([], [NONE, duplicate()], race=RACE, **ASKED)
        assert (now.look, now.active) == (12, (duplicate(),))
        assert standing(results, [NONE, duplicate()], race=RACE, **ASKED).look is None
        judged = raced(results)
        assert judged.races == ()
        assert of(judged, duplicate(), "none").n_replicates == 12

    def test_copies_that_no_arm_is_compared_with_run_until_the_race_is_over(self):
        tables = gaussian([(STRONG, 0.3)], seeds=12, spread=(0.001, 0.001, 0.01))
        results = study_of([*tables, (duplicate(3.0), tables[1][1])])
        early = standing([], [r.cell.arm for r in results], race=RACE, **ASKED)
        assert labels(early) == {STRONG.label, duplicate(3.0).label}
        assert of(raced(results), duplicate(3.0), "none").n_replicates == 4

    def test_arms_that_make_no_rows_race_against_none(self):
        weighted = Arm(Spec("class_weight"))
        base = gaussian([], seeds=12)
        results = study_of([*base, (weighted, base[0][1] + 0.2)])
        assert stops_of(raced(results)) == {weighted.label: (4, "helps")}


class TestResults:
    def test_beyond_a_stop_change_nothing(self):
        results = three()
        assert raced(drive(results)) == raced(results)
        assert len(drive(results)) < len(results)

    def test_may_come_in_any_order(self):
        results = three()
        shuffled = [results[i] for i in np.random.default_rng(0).permutation(len(results))]
        assert raced(shuffled) == raced(results)
        arms = [r.cell.arm for r in results]
        some, other = results[: len(results) // 2], shuffled
        other = [r for r in other if r.key in {result.key for result in some}]
        assert standing(some, arms, race=RACE, **ASKED) == standing(other, arms[::-1], race=RACE, **ASKED)

    def test_of_an_unfinished_look_decide_nothing_and_stop_nobody(self):
        results = three()
        some = [r for r in results if r.cell.seed < 4 and not (r.cell.arm == NONE and r.cell.seed == 3)]
        now = standing(some, [r.cell.arm for r in results], race=RACE, **ASKED)
        assert (now.look, labels(now)) == (4, {STRONG.label, WEAK.label, NULL.label})
        judged = raced(some)
        assert {c.stopped for c in judged.comparisons} == {""}
        assert of(judged, STRONG).n_replicates == 4

    def test_failed_cells_count_as_results(self):
        results = three()
        some = [r for r in results if r.cell.seed < 4 and not (r.cell.arm == WEAK and r.cell.seed == 3)]
        some.append(empty_of(WEAK, 3, "failed", "out of memory"))
        assert standing(some, [], race=RACE, **ASKED).look != 4

    def test_none_so_far_want_everything_up_to_the_first_look(self):
        now = standing([], [NONE, duplicate(), STRONG, NULL], race=RACE, **ASKED)
        assert (now.look, labels(now)) == (4, {STRONG.label, NULL.label})

    @settings(max_examples=8, deadline=None)
    @given(
        gains=st.lists(st.sampled_from([-0.05, -0.01, 0.0, 0.01, 0.02, 0.1]), min_size=1, max_size=4),
        spread=st.sampled_from([0.005, 0.02, 0.08]),
        futility=st.sampled_from([0.0, 0.1, 0.4]),
        between=st.sampled_from([(), (6,), (5, 7, 9, 10, 11)]),
        seed=st.integers(0, 1000),
    )
    def test_driven_by_standing_are_those_that_the_replay_needs(self, gains, spread, futility, between, seed):
        arms = [(synonym(0.1 * (k + 1)), gain) for k, gain in enumerate(gains)]
        rng = np.random.default_rng(seed)
        results = study_of(gaussian(arms, seeds=12, rows=60, spread=(spread, 0.01, 0.2), rng=rng))
        race = Schedule((4, 8, 12), futility, between)
        run = drive(results, race)
        assert raced(run, race) == raced(results, race)
        (found,) = raced(run, race).races
        assert found.fits == len(run)


class TestFamily:
    def test_one_look_decides_as_without_a_race(self):
        results = three()
        plain = judge(results, **ASKED)
        judged = raced(results, Schedule((12,), 0.1))
        assert [c.outcome for c in judged.comparisons] == [c.outcome for c in plain.comparisons]
        assert of(judged, WEAK) == comparison_of(results, WEAK)

    def test_arms_that_stopped_stay_in_the_family(self):
        """At the last look WEAK is judged beside all three, the stopped ones with the seeds that they have."""
        results = three(seed=4, futility_spread=0.03)
        race = Schedule((4, 12), 0.0)
        judged = raced(results, race)
        assert stops_of(judged)[STRONG.label][0] == 4
        level = levels(race.looks, 3, 0.05)[1]
        alone = [r for r in results if r.cell.arm in (NONE, duplicate(), WEAK)]
        single = judge(alone, metrics=METRICS, margin=0.01, alpha=level)
        assert stops_of(judged)[WEAK.label][0] == 12
        assert of(judged, WEAK).high - of(judged, WEAK).low > of(single, WEAK).high - of(single, WEAK).low

    def test_an_arm_that_stopped_does_not_set_the_critical_value_of_others(self):
        rng = np.random.default_rng(0)
        diffs = 0.2 * rng.standard_normal((2, 20, 300))
        diffs[0] += 0.3 * rng.standard_normal((20, 1))  # few degrees of freedom
        diffs[0, 17:] = np.nan
        rule = Rule(0.01, 0.05)
        both = infer(paired_of(diffs), rule, np.random.default_rng(1))[1]
        running = infer(paired_of(diffs), rule, np.random.default_rng(1), active=[False, True])[1]
        assert running.high - running.low < both.high - both.low
        assert running.mean == both.mean

"""What a gain is worth in real rows, on learning curves that can be solved by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_results import METRICS, NONE, duplicate, judged, result_of, synonym

from augeval.results import Alarm, Verdict
from augeval.stats.worth import priced

ARM = synonym()
SIZES = (100, 400)


def sized(result, size, *, train=None):
    counts = {} if train is None else {"train": train}
    return replace(result, cell=replace(result.cell, train_size=size), counts={**result.counts, **counts})


def table(level, *, seeds=8, rows=60, noise=0.0, rng=None):
    """(seeds, rows) contributions around a level; without noise every arm is the same up to its level."""
    base = level + np.tile(np.linspace(-0.2, 0.2, rows), (seeds, 1))
    return base if rng is None else base + noise * rng.standard_normal((seeds, rows))


def cells(levels, gain, *, at=None, copies=0.0, noise=0.0, seeds=8, arm_seeds=None):
    """Baselines with these levels, train size -> level; the arm and its copies at the first size (or `at`)."""
    rng = np.random.default_rng(1)
    own = next(iter(levels)) if at is None else at
    made = []
    for size, level in levels.items():
        tab = table(level, noise=noise, rng=rng, seeds=seeds)
        made += [sized(result_of(NONE, seed, row), size) for seed, row in enumerate(tab)]
    for arm, over in ((ARM, gain), (duplicate(), copies)):
        tab = table(levels[own] + over, noise=noise, rng=rng, seeds=arm_seeds or seeds)
        made += [sized(result_of(arm, seed, row), own) for seed, row in enumerate(tab)]
    return made


def verdict(train_size=100, outcome="helps", metric="accuracy"):
    (found,) = [v for v in judged(cells({100: 0.5}, 0.1)).verdicts if v.family == "synonym"]
    return replace(found, train_size=train_size, outcome=outcome, metric=metric, decided_by=ARM.label)


def price(results, alarms=(), **which) -> Verdict:
    return priced([verdict(**which)], results, metrics=METRICS, alpha=0.05, alarms=alarms)[0]


def test_half_the_gain_of_four_times_the_rows_by_hand():
    # The baseline gains 10 points from 100 to 400 rows and the arm 5. In 1/sqrt(n) the curve goes from 1/10 to 1/20,
    # half-way is 3/40: n = (40/3)² = 177.8, 78 rows more than the 100 it has. Straight in 1/n half-way is
    # (1/100 + 1/400) / 2 = 1/160; straight in n it is 250. Nothing varies, so these are the ends of the interval.
    found = price(cells({100: 0.5, 400: 0.6}, 0.05))
    assert found.worth == 78
    assert found.worth_low == pytest.approx(60, abs=1)
    assert found.worth_high == pytest.approx(150, abs=1)
    assert found.worth_note.startswith("Worth about 78 more real rows (")
    assert found.worth_note.endswith(") than the 100 it has.")


def test_a_gain_that_a_measured_size_brings_is_worth_that_size():
    found = price(cells({100: 0.5, 200: 0.55, 400: 0.6}, 0.05, noise=0.05))
    assert found.worth == pytest.approx(100, abs=20)
    assert found.worth_low < 100 < found.worth_high


def test_the_curve_starts_at_the_train_size_of_the_verdict():
    results = cells({50: 0.3, 100: 0.5, 400: 0.6}, 0.05, at=100)
    assert price(results).worth == 78


def test_noise_widens_the_interval():
    narrow, wide = (price(cells({100: 0.5, 400: 0.6}, 0.05, noise=noise)) for noise in (0.02, 0.1))
    assert wide.worth_low < narrow.worth_low
    assert narrow.worth_high < wide.worth_high


def test_a_gain_beyond_the_largest_size_is_not_extrapolated():
    found = price(cells({100: 0.5, 500: 0.6}, 0.15, noise=0.02))
    assert (found.worth, found.worth_low, found.worth_high) == (None, 400, None)
    assert found.worth_note == (
        "The gain reaches beyond the largest train size (500 rows): more than this data can tell, at least 400 more "
        "real rows than the 100 it has."
    )


def test_a_flat_curve_prices_nothing():
    found = price(cells({100: 0.5, 400: 0.5}, 0.05, noise=0.02))
    assert (found.worth, found.worth_high) == (None, None)
    assert "more than this data can tell" in found.worth_note


def test_an_open_upper_end_is_said():
    # The gain is nearly that of the largest size, so that noise hides whether the baseline gets there.
    found = price(cells({100: 0.5, 400: 0.6}, 0.085, noise=0.1))
    assert found.worth is not None
    assert found.worth_high is None
    assert "a learning curve that ends at 400 does not tell how many at most" in found.worth_note


@pytest.mark.parametrize("outcome", ["harms", "equivalent", "inconclusive", "not_applicable"])
def test_only_what_helps_has_a_price(outcome):
    found = price(cells({100: 0.5, 400: 0.6}, 0.05), outcome=outcome)
    assert (found.worth, found.worth_low, found.worth_high) == (None, None, None)
    assert found.worth_note == "No gain to price."


def test_one_train_size_is_no_curve():
    found = price(cells({100: 0.5}, 0.05))
    assert found.worth is None
    assert found.worth_note == "Not priced in real rows: with one train size there is no learning curve."


def test_at_the_largest_size_the_curve_ends():
    found = price(cells({100: 0.5, 400: 0.6}, 0.05, at=400), train_size=400)
    assert found.worth is None
    assert found.worth_note == "Not priced in real rows: the learning curve ends here, at 400 rows."


def test_a_pipeline_without_gain_has_no_price_though_its_content_helps():
    found = price(cells({100: 0.5, 400: 0.6}, -0.01, copies=-0.05))
    assert (found.worth, found.worth_low) == (None, None)
    assert "against no augmentation there is no gain" in found.worth_note


def test_all_rows_are_counted_where_no_number_was_asked_for():
    levels = {100: 0.5, None: 0.6}
    results = [sized(r, r.cell.train_size, train=r.cell.train_size or 400) for r in cells(levels, 0.05)]
    assert price(results).worth == price(cells({100: 0.5, 400: 0.6}, 0.05)).worth == 78


def test_a_size_that_is_all_rows_by_another_name_is_one_size():
    results = [sized(r, r.cell.train_size, train=r.cell.train_size or 400) for r in cells({100: 0.5, 400: 0.6}, 0.05)]
    again = [sized(r, None) for r in results if r.cell.train_size == 400]
    assert price([*results, *again]) == price(results)


def test_where_copies_gain_alone_only_what_is_gained_over_them_counts():
    results = cells({100: 0.5, 400: 0.6}, 0.08, copies=0.03)
    alarm = Alarm("reviews", "tfidf_logistic", 100, "accuracy", duplicate().label, 0.03, 0.01, 0.05, "")
    calm, ringing = price(results), price(results, [alarm])
    # Over the copies it gains 5 points, which is the case counted by hand above; over `none` it gains 8.
    assert ringing.worth == 78
    assert calm.worth > 150
    assert ringing.worth_note.endswith(
        "Priced is the gain over the same rows duplicated, since such copies alone gain here."
    )
    elsewhere = [replace(alarm, metric="brier"), replace(alarm, train_size=400), replace(alarm, arm="duplicate ×4")]
    assert price(results, elsewhere) == calm


def test_a_metric_that_is_better_low_is_priced_the_same():
    results = cells({100: 0.5, 400: 0.6}, 0.05)
    turned = [replace(r, per_example={"brier": 1 - r.per_example["accuracy"]}) for r in results]
    turned = [replace(r, cell=replace(r.cell, metrics=("brier",))) for r in turned]
    found, same = price(turned, metric="brier"), price(results)
    assert (found.worth, found.worth_low, found.worth_high) == (same.worth, same.worth_low, same.worth_high)


def test_an_arm_with_fewer_seeds_is_compared_on_those():
    levels = {100: 0.5, 400: 0.6}
    found = price(cells(levels, 0.05, noise=0.05, arm_seeds=4))
    short = [r for r in cells(levels, 0.05, noise=0.05, arm_seeds=4) if r.cell.seed < 4]
    assert found == price(short)


def test_two_seeds_give_a_number_and_no_interval():
    found = price(cells({100: 0.5, 400: 0.6}, 0.05, seeds=2))
    assert (found.worth, found.worth_low, found.worth_high) == (78, 0, None)


def test_a_failed_baseline_size_is_no_size():
    results = cells({100: 0.5, 200: 0.9, 400: 0.6}, 0.05)
    failed = [
        replace(r, status="failed", scores={}, per_example={}) if r.cell.train_size == 200 else r for r in results
    ]
    assert price(failed).worth == 78


def test_the_order_of_the_results_does_not_matter():
    results = cells({100: 0.5, 200: 0.55, 400: 0.6}, 0.07, noise=0.1)
    assert price(results) == price(results[::-1])


def test_nothing_else_of_a_verdict_changes():
    given_, found = verdict(), price(cells({100: 0.5, 400: 0.6}, 0.05))
    assert replace(found, worth=None, worth_low=None, worth_high=None, worth_note="") == given_


def test_the_estimate_lies_within_its_interval_and_the_curve():
    for gain in (0.01, 0.03, 0.05, 0.09):
        for noise in (0.02, 0.2):
            found = price(cells({100: 0.5, 150: 0.53, 400: 0.52, 700: 0.6}, gain, noise=noise))
            if found.worth is not None:
                high = math.inf if found.worth_high is None else found.worth_high
                assert 0 <= found.worth_low <= found.worth <= min(high, 600)

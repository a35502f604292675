"""Planned power is what studies then have, on made-up designs and on real fits. The full study is `planner.py`."""

from __future__ import annotations

import math

import planner
import pytest
import record

WITHIN = 0.04  # what planned power may be off by
RARE = 3.1  # standard errors that chance exceeds once in a thousand, on one side


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "studies"),
    [(planner.DESIGNS[0], 500), (planner.DESIGNS[1], 500), (planner.DESIGNS[2], 100), (planner.DESIGNS[3], 80)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_planned_power_is_within_four_points_of_the_simulated(design, studies):
    seeds, planned = planner.planned(design)
    share, error = planner.simulated(design, seeds, studies)
    assert planned >= 0.8
    assert abs(planned - share) <= WITHIN + RARE * error


@pytest.mark.slow
def test_seeds_planned_from_pilots_of_real_fits_find_the_loss_as_often_as_planned():
    found = planner.real(pilots=20, studies=120)
    assert abs(found["planned"] - found["simulated"]) <= WITHIN + RARE * math.sqrt(0.8 * 0.2 / 120)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["replicates", "test examples"])
def test_about_half_of_the_undecided_are_decided_at_the_number_they_are_told(what):
    # Half or more: of 300, fewer than 123 has chance .001 if half are.
    assert planner.continued(300, 1, what)["decided"] >= 123 / 300


def test_the_full_study_found_planned_power_within_four_points_everywhere():
    kept = record.read("planner")
    designs = [*kept["designs"], kept["ridge fits"]]
    assert len(designs) >= 5
    assert max(abs(found["planned"] - found["simulated"]) for found in designs) <= WITHIN
    assert {found["design"] for found in kept["designs"]} == {design.name for design in planner.DESIGNS}

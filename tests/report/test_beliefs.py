"""Beliefs: the figure to quote is the one that chose nothing, and a doubtful one is called so."""

from __future__ import annotations

from typing import Any

import pytest

from augeval.report import beliefs


def verdict(fresh: str | None = "helps", outcome: str = "helps") -> dict[str, Any]:
    confirmed = {"confirmed_gain": 0.01, "confirmed_low": None, "confirmed_high": 0.02, "confirmed_outcome": fresh}
    arms = {"decided_by": "a ×1", "confirmed_arm": "a ×1"}
    return {"outcome": outcome, "gain": 0.03, "low": 0.02, "high": 0.04, **arms, **confirmed}


@pytest.mark.parametrize(
    ("outcome", "fresh", "said", "refuted"),
    [
        ("helps", "helps", "confirmed", False),
        ("helps", "inconclusive", "not confirmed", True),
        ("helps", "equivalent", "not confirmed", True),  # above 0 perhaps, but by less than matters
        ("helps", "harms", "contradicted", True),
        ("inconclusive", "helps", "measured again", False),  # the best to look at, of which nothing was claimed
        ("inconclusive", "inconclusive", "measured again", False),
    ],
)
def test_only_an_arm_that_helps_can_be_confirmed_or_not(outcome: str, fresh: str, said: str, refuted: bool) -> None:
    found = verdict(fresh, outcome)
    assert beliefs.standing(found) == said
    assert beliefs.refuted(found) is refuted
    assert beliefs.quoted(found) == {"gain": 0.01, "low": None, "high": 0.02}


def test_a_gain_measured_again_of_another_dose_is_not_that_of_the_verdict() -> None:
    harms = {**verdict("equivalent", "harms"), "decided_by": "a ×4"}
    assert beliefs.standing(harms) == ""
    assert beliefs.quoted(harms) == {"gain": 0.03, "low": 0.02, "high": 0.04}


def test_without_a_confirmation_the_verdicts_own_figures_stand_and_nothing_is_refuted() -> None:
    bare = {**verdict(None), "confirmed_gain": None}
    assert beliefs.standing(bare) == ""
    assert not beliefs.refuted(bare)
    assert beliefs.quoted(bare) == {"gain": 0.03, "low": 0.02, "high": 0.04}


def test_a_gain_is_said_with_its_unit_and_interval() -> None:
    assert beliefs.said(verdict(), True) == "+3.0 pts [2.0, 4.0]"
    assert beliefs.said({"gain": 0.1, "low": None, "high": None}, False) == "+0.100 no interval"
    assert beliefs.said({"gain": None, "low": None, "high": None}, True) == "not measured"

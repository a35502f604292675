"""Beliefs: the figure to quote is the one that chose nothing, and a doubtful one is called so."""

from __future__ import annotations

from typing import Any

import pytest

from augeval.report import beliefs


def verdict(low: float | None, high: float | None, outcome: str = "helps") -> dict[str, Any]:
    confirmed = {"confirmed_gain": 0.01, "confirmed_low": low, "confirmed_high": high, "confirmed_arm": "a 1"}
    return {"outcome": outcome, "gain": 0.03, "low": 0.02, "high": 0.04, **confirmed}


@pytest.mark.parametrize(
    ("low", "high", "outcome", "said"),
    [
        (0.001, 0.02, "helps", "confirmed"),
        (0.0, 0.02, "helps", "not confirmed"),  # it touches 0
        (-0.01, 0.02, "helps", "not confirmed"),
        (-0.02, -0.01, "helps", "contradicted"),
        (-0.02, -0.01, "harms", "confirmed"),
        (0.01, 0.02, "harms", "contradicted"),
        (None, None, "helps", "not confirmed"),  # a single seed bears nothing out
        (None, 0.02, "helps", "not confirmed"),
    ],
)
def test_it_is_confirmed_where_the_whole_fresh_interval_lies_on_its_side(
    low: float | None, high: float | None, outcome: str, said: str
) -> None:
    found = verdict(low, high, outcome)
    assert beliefs.standing(found) == said
    assert beliefs.refuted(found) is (said != "confirmed")
    assert beliefs.quoted(found) == {"gain": 0.01, "low": low, "high": high}


def test_without_a_confirmation_the_verdicts_own_figures_stand_and_nothing_is_refuted() -> None:
    bare = {**verdict(None, None), "confirmed_gain": None}
    assert beliefs.standing(bare) == ""
    assert not beliefs.refuted(bare)
    assert beliefs.quoted(bare) == {"gain": 0.03, "low": 0.02, "high": 0.04}


def test_a_gain_is_said_with_its_unit_and_interval() -> None:
    assert beliefs.said(verdict(None, None), True) == "+3.0 pts [2.0, 4.0]"
    assert beliefs.said({"gain": 0.1, "low": None, "high": None}, False) == "+0.100 no interval"
    assert beliefs.said({"gain": None, "low": None, "high": None}, True) == "not measured"

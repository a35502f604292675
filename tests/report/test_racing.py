"""The race in words: what it saved, and which arms stopped where and why."""

from __future__ import annotations

from typing import Any

from augeval.report import racing


def race(*stops: tuple[str, int, str], fits: int = 312, planned: int = 480, futility: float = 0.1) -> dict[str, Any]:
    made = [{"arm": arm, "seeds": seeds, "why": why} for arm, seeds, why in stops]
    return {"looks": [5, 10, 20], "futility": futility, "stops": made, "fits": fits, "fits_planned": planned}


STOPS = [("a", 5, "helps"), ("b", 10, "equivalent"), ("c", 10, "futile"), ("d", 20, "harms"), ("e", 20, "undecided")]


def test_it_counts_fits_and_arms_that_stopped_before_the_last_look() -> None:
    # 168 of 480 fits are 35 %; d was decided too, but at the last look, as without a race.
    said = "raced: 312 of 480 fits run (35 % saved); 2 arms decided early, 1 given up as futile"
    assert racing.race_line(race(*STOPS)) == said
    assert racing.race_line(race(("a", 5, "harms"))).endswith("; 1 arm decided early, none given up as futile")
    assert racing.race_line(race(("a", 5, "futile"))).endswith("; 1 arm given up as futile, none decided early")


def test_an_arm_without_a_number_is_neither_decided_nor_given_up() -> None:
    assert racing.race_line(race(("a", 5, "failed"))).endswith("; 1 arm without a number stopped early")
    assert racing.stopped(race(("a", 5, "failed")), "a") == ""


def test_a_race_that_saved_nothing_says_so() -> None:
    said = "raced: 480 of 480 fits run (nothing saved); no arm stopped early"
    assert racing.race_line(race(("a", 20, "undecided"), fits=480)) == said
    assert "nothing saved" in racing.race_line(race(fits=0, planned=0))


def test_an_arm_that_stopped_early_says_why_and_the_others_nothing() -> None:
    found = {arm: racing.stopped(race(*STOPS), arm) for arm in "abcdex"}
    assert found == {"a": "decided", "b": "decided", "c": "given up", "d": "", "e": "", "x": ""}
    assert racing.stopped(None, "a") == racing.given_up(None, "a") == racing.stopped(race(), None) == ""


def test_a_given_up_arm_says_after_how_many_seeds_and_at_what_chance() -> None:
    said = "Given up after 10 of 20 seeds: less than a 10 % chance of a decision."
    assert racing.given_up(race(*STOPS), "c") == said
    assert "less than a 2.5 % chance" in racing.given_up(race(*STOPS, futility=0.025), "c")
    assert racing.given_up(race(*STOPS), "a") == ""

"""What a race saved, and where and why each arm of it stopped: in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from augeval.report.wording import count

__all__ = ["given_up", "race_line", "stopped"]

Entry = Mapping[str, Any]  # a race, or a stop of it, as the summary holds it
DECIDED = ("helps", "harms", "equivalent")


def race_line(race: Entry) -> str:
    """ "raced: 312 of 480 fits run (35 % saved); 5 arms decided early, 2 given up as futile"."""
    fits, planned = race["fits"], race["fits_planned"]
    saved = math.floor(100 * (planned - fits) / planned) if planned > fits else 0
    said = f"raced: {fits:,} of {count(planned, 'fit')} run ({f'{saved} %' if saved else 'nothing'} saved)"
    early = [stop["why"] for stop in race["stops"] if stop["seeds"] < race["looks"][-1]]
    decided, futile = sum(why in DECIDED for why in early), early.count("futile")
    if not decided and not futile:
        rest = count(len(early), "arm") + " without a number" if early else "no arm"
        return f"{said}; {rest} stopped early"
    if not decided:
        return f"{said}; {count(futile, 'arm')} given up as futile, none decided early"
    return f"{said}; {count(decided, 'arm')} decided early, {futile or 'none'} given up as futile"


def stopped(race: Entry | None, arm: str | None) -> str:
    """ "decided" or "given up" of an arm that stopped before the last look, else ""."""
    stop = _stop(race, arm)
    if race is None or stop is None or stop["seeds"] >= race["looks"][-1]:
        return ""
    return "given up" if stop["why"] == "futile" else "decided" if stop["why"] in DECIDED else ""


def given_up(race: Entry | None, arm: str | None) -> str:
    """A sentence on an arm that was given up: after how many seeds, and why; "" for every other one."""
    if race is None or stopped(race, arm) != "given up":
        return ""
    stop = _stop(race, arm)
    assert stop is not None
    chance = f"less than a {100 * race['futility']:g} % chance of a decision"
    return f"Given up after {stop['seeds']} of {count(race['looks'][-1], 'seed')}: {chance}."


def _stop(race: Entry | None, arm: str | None) -> Entry | None:
    return next((stop for stop in (race["stops"] if race else ()) if stop["arm"] == arm), None)

"""What is said under a dose curve of where it falls to 0."""

from __future__ import annotations

from typing import Any

import pytest

from augeval.report import charts


def curve(at: float | None, low: float | None, high: float | None, fitted: Any = (1.0, 2.0, -1.0)) -> dict[str, Any]:
    crossing = {"crossing": at, "crossing_low": low, "crossing_high": high, "fitted": list(fitted)}
    return {"recommended": None, "too_much": None, "highest_harmless": None, **crossing}


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.2812, 0.1512, 0.4), "falls to 0 at about 0.28 (0.15 to 0.4, approximate)"),
        ((45.2, 31.7, 88.8), "falls to 0 at about 45 (32 to 89, approximate)"),
        ((0.3, 0.15, None), "falls to 0 at about 0.3 (0.15 or more, approximate)"),
        ((0.3, 0.0, 0.4), "falls to 0 at about 0.3 (up to 0.4, approximate)"),
        ((0.0, 0.0, 0.1), "gains at no dose: the fitted curve falls below 0 at once (up to 0.1, approximate)"),
        ((None, 0.35, None), "does not fall to 0 within these doses (if it does, at 0.35 or more; approximate)"),
    ],
)
def test_a_crossing_is_said_in_two_figures_with_its_interval(ends: Any, said: str) -> None:
    assert charts._marks(curve(*ends)) == ["no gain and no harm shown", said]


@pytest.mark.parametrize(
    "known_of_nothing",
    [
        curve(0.3, 0.0, None),  # anywhere
        curve(None, None, None),  # the last dose is shown to gain
        curve(None, None, None, fitted=()),  # two doses
        curve(0.3, 0.2, 0.4, fitted=(1.0, None, 0.0)),
    ],
)
def test_nothing_is_said_where_the_doses_do_not_tell(known_of_nothing: dict[str, Any]) -> None:
    assert charts._marks(known_of_nothing) == ["no gain and no harm shown"]
    assert charts._fall(known_of_nothing) is None


def test_a_summary_of_an_older_version_has_no_crossing() -> None:
    old = {name: value for name, value in curve(None, None, None).items() if not name.startswith("crossing")}
    assert charts._marks(old) == ["no gain and no harm shown"]

"""How the prospects of a planned run are worded, above all where no number of seeds helps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from augeval.prospects import Prospect, Prospects
from augeval.terminal.prospects import show_prospects


def entry(effect: float = 0.02, **changes: Any) -> dict[str, Any]:
    plain = {
        "effect": effect, "power": 0.4, "seeds": None, "low": None, "high": None, "examples": None, "draws": None,
        "factor": math.inf, "limited_by": "both",
    }  # fmt: skip
    return {**plain, **changes}


def prospect(*effects: dict[str, Any], **changes: Any) -> Prospect:
    plain = {
        "dataset": "wine", "model": "logistic", "train_size": 40, "metric": "accuracy", "points": True, "margin": 0.01,
        "pilot_seeds": 5, "pilot_arms": 3, "seeds": 10, "arms": 8, "examples": 71, "draws": 8, "smallest": 0.0213,
        "smallest_low": 0.018, "smallest_high": 0.0349, "note": "",
    }  # fmt: skip
    return Prospect(**{**plain, "effects": effects, **changes})


def shown(capsys: pytest.CaptureFixture[str], *each: Prospect, raced: bool = False) -> str:
    show_prospects(Prospects(Path("reports/pilot"), 0.8, raced, each))
    return capsys.readouterr().out


def test_each_effect_has_its_power_and_the_seeds_that_find_it(capsys: pytest.CaptureFixture[str]):
    effects = (entry(seeds=12, low=8, high=31, examples=95), entry(0.05, seeds=3, low=3, high=3, power=0.9999))
    assert shown(capsys, prospect(*effects)).splitlines()[:5] == [
        "logistic on wine, 40 training rows, accuracy",
        "Planned: 10 seeds, 8 arms, 8 shared draws, 71 held-out rows; they find 2.1 points (1.8 to 3.5) or more. "
        "Pilot: 5 seeds and 3 arms.",
        "True gain or loss  Power as planned  Seeds needed  Or held-out rows",
        "2 points           0.40              12 (8 to 31)  95",
        "5 points           0.99              3             –",
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"examples": 2300}, "No number of seeds finds 2 points on 71 held-out rows; 2,300 rows would, with the 10"),
        ({"draws": 20}, "No number of seeds finds 2 points on 71 held-out rows with 8 draws; 20 draws would, with the"),
        ({"factor": 3.21}, "about 3.2 times as many seeds, draws and held-out rows would."),
        ({"limited_by": "margin"}, "since it is less than the margin and counts as none."),
        ({}, "and no reasonable number of held-out rows helps."),
    ],
)
def test_where_no_number_of_seeds_helps_it_says_what_does(capsys: pytest.CaptureFixture[str], found: Any, said: str):
    text = shown(capsys, prospect(entry(**found)))
    assert said in text
    assert "no number" in text.splitlines()[3]


def test_a_range_without_an_upper_end_says_so(capsys: pytest.CaptureFixture[str]):
    assert "90 (40 to no number)" in shown(capsys, prospect(entry(seeds=90, low=40)))


def test_no_difference_is_worded_as_such(capsys: pytest.CaptureFixture[str]):
    text = shown(capsys, prospect(entry(0.0, examples=900)))
    assert text.splitlines()[3].startswith("none  ")
    assert "No number of seeds shows that there is no difference on 71 held-out rows; 900 rows would" in text


def test_metrics_of_other_units_show_none(capsys: pytest.CaptureFixture[str]):
    losses = prospect(entry(0.5, seeds=7, low=6, high=9), points=False, metric="log_loss", draws=0)
    text = shown(capsys, losses)
    assert "accuracy" not in text
    assert "10 seeds, 8 arms, 71 held-out rows; they find 0.021 (0.018 to 0.035) or more" in text
    assert text.splitlines()[3].startswith("0.5  ")


def test_a_model_that_the_pilot_lacks_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]):
    lacking = prospect(model="small_cnn", pilot_seeds=0, smallest=None, note="it has no cell of this model")
    lines = shown(capsys, prospect(entry(seeds=12, low=8, high=31)), lacking).splitlines()
    at = lines.index("small_cnn on wine, 40 training rows, accuracy")
    assert lines[at + 1] == "The ledger tells nothing of it: it has no cell of this model."


def test_too_few_seeds_find_nothing_of_any_size(capsys: pytest.CaptureFixture[str]):
    two = prospect(entry(seeds=12, low=8, high=31), seeds=2, smallest=math.inf, smallest_high=math.inf)
    assert "71 held-out rows; they find no effect of any size." in shown(capsys, two)


def test_a_race_is_said_to_stop_sooner(capsys: pytest.CaptureFixture[str]):
    plain = prospect(entry(seeds=12, low=8, high=31))
    assert "A race stops many arms sooner" in shown(capsys, plain, raced=True)
    assert "A race" not in shown(capsys, plain)

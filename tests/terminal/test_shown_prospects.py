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


def test_seeds_stand_beside_what_the_pilot_leaves_open(capsys: pytest.CaptureFixture[str]):
    text = shown(capsys, prospect(entry(seeds=12, low=8, high=31), entry(0.05, seeds=3, low=3, high=3)))
    row = text.splitlines()[1]
    assert row.endswith("2.1 pts (1.8 to 3.5)   12 (8 to 31)  3")
    assert "5 seeds, 3 arms  10 seeds, 8 arms" in row


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"examples": 2300}, "no number of seeds finds 2 points on 71 held-out rows; 2,300 rows would, with the 10"),
        ({"draws": 20}, "no number of seeds finds 2 points on 71 held-out rows with 8 draws; 20 draws would, with the"),
        ({"factor": 3.21}, "about 3.2 times as many seeds, draws and held-out rows would."),
        ({"limited_by": "margin"}, "since it is less than the margin and counts as none."),
        ({}, "and no reasonable number of held-out rows helps."),
    ],
)
def test_where_no_number_of_seeds_helps_it_says_what_does(capsys: pytest.CaptureFixture[str], found: Any, said: str):
    text = shown(capsys, prospect(entry(**found)))
    assert said in text
    assert "logistic on wine, 40 training rows: " in text
    assert text.splitlines()[1].endswith("no number")


def test_a_range_without_an_upper_end_says_so(capsys: pytest.CaptureFixture[str]):
    assert "90 (40 to no number)" in shown(capsys, prospect(entry(seeds=90, low=40)))


def test_no_difference_is_worded_as_such(capsys: pytest.CaptureFixture[str]):
    text = shown(capsys, prospect(entry(0.0, examples=900)))
    assert "No difference" in text.splitlines()[0]
    assert "no number of seeds shows that there is no difference on 71 held-out rows; 900 rows would" in text


def test_metrics_of_other_units_have_a_table_of_their_own(capsys: pytest.CaptureFixture[str]):
    losses = prospect(entry(0.5, seeds=7, low=6, high=9), points=False, metric="log_loss", dataset="reviews")
    text = shown(capsys, prospect(entry(seeds=12, low=8, high=31)), losses)
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["Dataset", "wine", "Dataset", "reviews"]
    assert lines[2].split()[-1] == "0.5"
    assert "0.021 (0.018 to 0.035)" in lines[3]


def test_a_model_that_the_pilot_lacks_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]):
    lacking = prospect(model="small_cnn", pilot_seeds=0, smallest=None, note="it has no cell of this model")
    text = shown(capsys, prospect(entry(seeds=12, low=8, high=31)), lacking)
    assert "small_cnn on wine, 40 training rows: the ledger tells nothing; it has no cell of this model." in text


def test_too_few_seeds_find_nothing_of_any_size(capsys: pytest.CaptureFixture[str]):
    two = prospect(entry(seeds=12, low=8, high=31), seeds=2, smallest=math.inf, smallest_high=math.inf)
    assert "2 seeds, 8 arms  none  " in shown(capsys, two)

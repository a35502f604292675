"""Statements about dose curves are false no more often than they may be: a fixed part of `dose.main`, and its record.

Bounds: the number of false statements that a rate of 5 % exceeds in 1 of 1,000 runs.
"""

from __future__ import annotations

from typing import Any

import dose
import pytest
import record
from scipy import stats

EXPERIMENTS = 120
RIDGE = 60
CI_CURVES = ("umbrella", "threshold", "plateau", "plateau that falls", "flat null", "just below 0")
ASKED = ("umbrella", "threshold", "plateau", "plateau that falls", "ridge")  # the curves of the contract


def most(trials: int, share: float = 0.05) -> int:
    return int(stats.binom.ppf(0.999, trials, share))


@pytest.mark.slow
@pytest.mark.parametrize("name", CI_CURVES)
def test_no_statement_about_a_curve_is_false_more_often_than_five_in_a_hundred(name: str) -> None:
    found: Any = dose.gaussian(name, 10, EXPERIMENTS)
    for statement in ("false harmless", "false too much", "falsely recommended", "crossing missed"):
        assert found[statement]["hits"] <= most(EXPERIMENTS), statement


@pytest.mark.slow
def test_a_grid_is_wrong_no_more_often_than_its_two_ladders_together() -> None:
    found: Any = dose.grid("flat null", EXPERIMENTS)
    assert found["falsely recommended"]["hits"] <= most(EXPERIMENTS)
    assert found["false too much, of a verdict"]["hits"] <= most(EXPERIMENTS, 0.1)


@pytest.mark.slow
def test_of_a_curve_that_helps_something_is_found() -> None:
    found: Any = dose.gaussian("umbrella", 20, 60)
    assert found["recommended"]["rate"] > 0.5
    assert found["crossing bounded above"]["rate"] > 0.9


@pytest.mark.slow
def test_it_holds_for_real_fits_too() -> None:
    gains: Any = record.read("dose")["ridge"]
    found: Any = dose.ridge(gains["gains"], RIDGE)
    for statement in ("false harmless", "false too much", "falsely recommended", "crossing missed"):
        assert found[statement]["hits"] <= most(RIDGE), statement


class TestTheFullRun:
    """What docs/calibration/dose.json holds."""

    @pytest.fixture(scope="class")
    def studies(self) -> list[Any]:
        whole: Any = record.read("dose")
        return [whole["ridge"], *whole["gaussian"]]

    def test_it_covers_the_curves_of_the_contract_at_three_numbers_of_seeds(self, studies: list[Any]) -> None:
        assert {(s["curve"], s["seeds"]) for s in studies if s["curve"] in ASKED} == {
            ("ridge", 20), *((name, seeds) for name in ASKED[:-1] for seeds in (5, 10, 20))
        }  # fmt: skip

    def test_no_rate_is_shown_to_be_above_five_in_a_hundred(self, studies: list[Any]) -> None:
        for study in studies:
            for statement in ("false harmless", "false too much", "falsely recommended"):
                assert study[statement]["interval"][0] <= 0.05, (study["curve"], study["seeds"], statement)

    def test_at_least_nine_crossings_in_ten_are_covered(self, studies: list[Any]) -> None:
        for study in studies:
            assert study["crossing missed"]["rate"] <= 0.1, (study["curve"], study["seeds"])

    def test_a_curve_without_any_effect_is_recommended_in_no_more_than_five_in_a_hundred(
        self, studies: list[Any]
    ) -> None:
        (null,) = [study for study in studies if (study["curve"], study["seeds"]) == ("flat null", 10)]
        assert null["recommended"]["interval"][0] <= 0.05

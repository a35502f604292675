"""Wording: numbers and untrusted text as a reader meets them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval.report import wording


@pytest.mark.parametrize(
    ("value", "points", "shown"),
    [
        (0.023, True, "+2.3"),
        (-0.004, True, "−0.4"),
        (0.0, True, "0.0"),
        (-0.0004, True, "0.0"),  # rounds to zero: a sign would claim a direction
        (0.0123, False, "+0.012"),
        (-1234.5, False, "−1,234.5"),
        (None, True, "–"),
    ],
)
def test_a_gain_has_a_sign_of_its_own_and_zero_has_none(value: float | None, points: bool, shown: str) -> None:
    assert wording.change(value, points) == shown


def test_an_open_interval_says_that_it_is_open() -> None:
    assert wording.interval(0.011, 0.034, True) == "[1.1, 3.4]"
    assert wording.interval(None, 0.034, True) == "[−∞, 3.4]"
    assert wording.interval(-0.5, None, False) == "[−0.500, ∞]"
    assert wording.interval(None, None, True) == "no interval"


def test_a_narrow_interval_is_worth_more_decimals() -> None:
    assert wording.interval(-0.0003, 0.0001, True) == "[−0.03, 0.01]"
    assert wording.change(-0.0001, True, 0.0004) == "−0.01"
    assert wording.interval(-0.00278, 0.0012, False) == "[−0.00278, 0.00120]"
    assert wording.interval(0.0, 0.0, True) == "[0.0, 0.0]"  # an exact zero needs none


def test_an_end_that_would_round_to_zero_keeps_the_side_on_which_an_outcome_rests() -> None:
    assert wording.interval(-0.0193, -0.0002, True) == "[−1.9, −0.02]"
    assert wording.interval(0.0004, 0.0193, True) == "[0.04, 1.9]"
    assert wording.interval(-0.1, 0.0003, False) == "[−0.100, 0.00030]"
    assert wording.interval(-0.0193, -1e-9, True) == "[−1.9, 0.0]"  # nothing that rounding noise could not be


@given(st.floats(-1, 1))
def test_no_number_is_written_with_a_hyphen(value: float) -> None:
    assert "-" not in wording.change(value, True) + wording.change(value, False) + wording.score(value)


def test_points_are_for_metrics_between_0_and_1_as_the_study_says() -> None:
    study = {"metrics": {"about": {"mine": {"bounds": [0, 1]}, "brier": {"bounds": [0.0, 2.0]}}}}
    assert wording.in_points("mine", [study])
    assert not wording.in_points("brier", [study])
    assert wording.in_points("macro_f1", [{"metrics": {}}])
    assert not wording.in_points("log_loss", [])


def test_hidden_characters_are_spelled_out_and_others_left_alone() -> None:
    assert wording.visible("a\u202egnp\ud800\x1b[0m") == "a⟨U+202E⟩gnp⟨U+D800⟩⟨U+001B⟩[0m"
    assert wording.visible("zwölf 猫 👩‍🔬\n\ttab") == "zwölf 猫 👩‍🔬\n\ttab"


@given(st.text(alphabet=st.characters(codec=None)))
def test_visible_text_can_always_be_written(text: str) -> None:
    shown = wording.visible(text)
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_lists_and_counts_read_as_english() -> None:
    assert wording.joined(["a"]) == "a"
    assert wording.joined(["a", "b", "c"]) == "a, b and c"
    assert wording.count(1, "cell") == "1 cell"
    assert wording.count(1200, "family", "families") == "1,200 families"
    assert wording.duration(200) == "3 min 20 s"
    assert wording.duration(math.pi) == "3.1 s"
    assert wording.duration(7500) == "2 h 5 min"


@pytest.mark.parametrize(
    ("claim", "long", "brief"),
    [
        ("this training pool, new draws and test rows", "this training pool", "this pool"),
        ("new training sets", "new training sets", "new sets"),
        ("these augmented rows", "these augmented rows", "these rows"),
        ("", "", ""),
    ],
)
def test_the_scope_beside_a_verdict_is_the_start_of_its_claim(claim: str, long: str, brief: str) -> None:
    assert (wording.scope(claim), wording.scope(claim, brief=True)) == (long, brief)


@pytest.mark.parametrize(
    ("worth", "shown"),
    [
        ((183.4, 90.0, 1400.0), "≈ 180 rows"),
        ((1834.0, 1820.0, 1850.0), "≈ 1,834 rows"),  # 1,800 would lie outside
        ((183.4, 90.0, None), "≈ 180 rows"),
        ((1.2, None, None), "≈ 1 row"),
        ((None, 310.0, None), "≥ 310 rows"),
        ((None, 0.0, None), ""),
        ((None, None, None), ""),
    ],
)
def test_a_worth_is_in_rows_and_is_silent_where_the_data_do_not_tell(
    worth: tuple[float | None, ...], shown: str
) -> None:
    assert wording.worth(dict(zip(("worth", "worth_low", "worth_high"), worth, strict=True))) == shown


def test_a_setting_is_written_as_a_reader_would() -> None:
    value = {"confirm": True, "part": None, "sizes": [100, 0.5], "fresh": False}
    assert wording.plain(value) == "confirm yes, part –, sizes 100, 0.5, fresh no"


def test_what_guessing_gives_is_said_where_it_depends_on_the_rows() -> None:
    classes = [{"name": "good", "count": 937}, {"name": "bad", "count": 63}]
    about = {"average_precision": {"bounds": [0, 1], "chance": 0.063}, "mcc": {"bounds": [-1, 1]}}
    study = {"metrics": {"about": about}, "dataset": {"classes": classes}}
    assert wording.guessing("average_precision", study) == "guessing gives 0.063, the share of class bad"
    assert (wording.guessing("mcc", study), wording.guessing("average_precision", None)) == ("", "")
    three = {**study, "dataset": {"classes": [*classes, {"name": "ugly", "count": 1}]}}
    assert wording.guessing("average_precision", three) == "guessing gives 0.063"

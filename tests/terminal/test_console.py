"""What is printed, down to the character."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import numpy as np
import pytest

from augeval.terminal import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def verdict(**changes: Any) -> dict[str, Any]:
    plain = {
        "dataset": "wine", "model": "logistic", "train_size": 50, "family": "jitter", "metric": "accuracy",
        "outcome": "helps", "gain": 0.021, "low": 0.011, "high": None, "recommended": "jitter 0.1 ×2", "too_much": None,
        "is_control": False, "claim": "this training pool, new draws and test rows", "reasons": ["It gains."],
        "decided_by": "jitter 0.1 ×2", "contrast": "duplicate",
    }  # fmt: skip
    return {**plain, **changes}


def summary(*verdicts: dict[str, Any], alarms: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    about = {"accuracy": {"bounds": [0.0, 1.0]}, "log_loss": {"bounds": [0.0, None]}}
    study: dict[str, Any] = {"dataset": {"name": "wine"}, "models": ["logistic"], "train_sizes": [50]}
    study |= {"metrics": {"primary": "accuracy", "also": ["log_loss"], "about": about}}
    return {"experiment": {"studies": [study]}, "verdicts": list(verdicts), "alarms": list(alarms)}


def test_a_table_that_is_no_terminal_is_aligned_without_blanks_at_its_ends(capsys: pytest.CaptureFixture[str]):
    console.table(("A", "Bcd"), [("long one", 1), ("x", "")])
    assert capsys.readouterr().out == "A         Bcd\nlong one  1\nx\n"


def test_text_from_data_can_neither_break_a_row_nor_steer_the_terminal(capsys: pytest.CaptureFixture[str]):
    console.table(("A",), [("two\nlines",), ("\x1b[31mred",)])
    assert capsys.readouterr().out.splitlines() == ["A", "two lines", "⟨U+001B⟩[31mred"]


def test_brackets_are_text_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    console.table(("Gain [interval]",), [("[bold]0.1",)])
    assert "Gain [interval]" in screen.getvalue()
    assert "[bold]0.1" in screen.getvalue()


def test_a_table_fits_a_narrow_terminal_that_calls_itself_dumb(monkeypatch: pytest.MonkeyPatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "40")
    console.verdict_table(summary(verdict(), verdict(family="smote", low=-0.02, outcome="inconclusive")))
    lines = screen.getvalue().splitlines()[1:]
    assert max(len(line) for line in lines) <= 40
    assert "jitter" in screen.getvalue()
    assert "smote" in screen.getvalue()
    assert screen.getvalue().count("(this") == 2  # the scope still stands beside each verdict, behind the outcome


@pytest.mark.parametrize("width", [80, 100])
def test_gains_are_not_broken_over_lines_on_a_usual_terminal(monkeypatch: pytest.MonkeyPatch, width: int):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    console.verdict_table(summary(verdict(high=0.124, **CONFIRMED), verdict(gain=-0.101, low=-0.113, high=-0.089)))
    shown = re.sub("\x1b\\[[0-9;]*m", "", screen.getvalue())  # without the colours
    assert max(len(line) for line in shown.splitlines()) <= width
    assert "+1.4 [−0.3, 3.1] pts" in shown
    assert "−10.1 [−11.3, −8.9] pts" in shown


def test_json_says_null_for_what_was_not_measured(capsys: pytest.CaptureFixture[str]):
    console.emit({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": None}})
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "a": None, "b": [None, 1.5], "c": {"d": None}}


def test_a_verdict_is_a_row_with_its_gain_in_points_and_its_doses_without_the_family(
    capsys: pytest.CaptureFixture[str],
):
    console.verdict_table(summary(verdict()))
    assert capsys.readouterr().out.splitlines() == [
        "logistic on wine, 50 training rows, accuracy",
        "Augmentation  Outcome  Gain [interval]    Holds for  Recommended  Too much",
        "jitter        helps    +2.1 [1.1, ∞] pts  this pool  0.1 ×2       –",
        "",
        "Holds for: this pool = this training pool, new draws and test rows.",
    ]


CONFIRMED = {
    "confirmed_gain": 0.014, "confirmed_low": -0.003, "confirmed_high": 0.031, "confirmed_arm": "jitter 0.1 ×2",
    "confirmed_outcome": "inconclusive", "confirmation": "On 10 fresh seeds and 359 rows it gains less.",
}  # fmt: skip


def test_a_chosen_dose_is_quoted_at_what_it_gained_on_fresh_rows_and_the_line_below_has_the_rest(
    capsys: pytest.CaptureFixture[str],
):
    console.verdict_table(summary(verdict(**CONFIRMED, worth=40.0, worth_note="Worth about 40 more real rows.")))
    lines = capsys.readouterr().out.splitlines()
    assert re.split("  +", lines[2]) == [
        "jitter", "helps, not confirmed", "+1.4 [−0.3, 3.1] pts", "this pool", "0.1 ×2", "–",
    ]  # fmt: skip
    assert lines[3] == "jitter: Chosen at +2.1 pts [1.1, ∞]. On 10 fresh seeds and 359 rows it gains less."


def test_an_undecided_arm_says_at_once_what_it_lacks_and_a_control_does_not(capsys: pytest.CaptureFixture[str]):
    lacking = ["Undecided: +2.1.", "Training runs limit it: about 40 seeds instead of 10 would decide it."]
    lacking[0] += " [1.1, ∞]"  # repeats the numbers of the row, and so can wait
    control = verdict(family="class_weight", outcome="inconclusive", reasons=["Never."], is_control=True)
    console.verdict_table(summary(verdict(outcome="inconclusive", reasons=lacking), control))
    out = capsys.readouterr().out
    assert "jitter: Training runs limit it: about 40 seeds instead of 10 would decide it.\n" in out
    assert "Never" not in out


def test_a_race_says_what_it_saved_and_an_arm_that_it_gave_up_is_named(capsys: pytest.CaptureFixture[str]):
    stops = [{"arm": "jitter 0.1 ×2", "seeds": 10, "why": "futile"}, {"arm": "smote", "seeds": 5, "why": "harms"}]
    race = {"dataset": "wine", "model": "logistic", "train_size": 50, "metric": "accuracy", "looks": [5, 10, 20]}
    race |= {"stops": stops, "futility": 0.1, "fits": 15, "fits_planned": 40}
    console.verdict_table(summary(verdict(outcome="inconclusive")) | {"races": [race]})
    out = capsys.readouterr().out
    assert "jitter: Given up after 10 of 20 seeds: less than a 10 % chance of a decision." in out
    assert "Raced: 15 of 40 fits run (62 % saved); 1 arm decided early, 1 given up as futile.\n" in out


@pytest.mark.parametrize(("left", "said"), [(0, ""), (1, "1 more arm fell short;"), (2, "2 more arms fell short;")])
def test_arms_that_fell_short_and_have_no_line_are_counted(capsys: pytest.CaptureFixture[str], left: int, said: str):
    made = {"dataset": "wine", "model": "logistic", "train_size": 50, "ratio_asked": 1.0, "ratio_effective": 0.5}
    arms = [{**made, "arm": f"jitter {i}", "lost": {"no_op": 5}} for i in range(console.SHORT + left)]
    console.verdict_table(summary(verdict()) | {"arms": arms})
    lines = capsys.readouterr().out.splitlines()
    assert sum("effective ratio 0.5 of 1 (5 equal to their parent)." in line for line in lines) == console.SHORT
    assert [line for line in lines if "fell short" in line] == ([f"{said} see the report."] if said else [])


def test_a_gain_without_an_interval_says_so_after_its_unit(capsys: pytest.CaptureFixture[str]):
    console.verdict_table(summary(verdict(low=None, high=None)))
    assert "+2.1 pts, no interval" in capsys.readouterr().out


def test_only_the_primary_metric_is_shown_and_controls_come_last():
    control = verdict(family="duplicate", is_control=True)
    shown = console.verdict_rows(summary(control, verdict(metric="log_loss"), verdict()))
    assert [row["family"] for row in shown] == ["jitter", "duplicate"]


def test_one_alarm_a_model_is_sounded_the_loudest():
    alarms = tuple(
        {"dataset": "wine", "model": "logistic", "train_size": None, "metric": metric, "gain": gain, "text": f"+{gain}"}
        for metric, gain in (("accuracy", 0.1), ("accuracy", 0.3), ("log_loss", 0.9))
    )
    lines = console.alarm_lines(summary(alarms=alarms))
    assert lines == ["Alarm for logistic on wine, all training rows, accuracy: +0.3"]


def test_progress_is_silent_where_no_terminal_is(capsys: pytest.CaptureFixture[str]):
    with console.progress(quiet=False) as tell:
        tell({"kind": "planned", "cells": 4, "done": 0})
        tell({"kind": "tile", "cells": 4, "failed": 0})
    assert capsys.readouterr() == ("", "")


def test_progress_counts_cells_and_failures_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with console.progress(quiet=False) as tell:
        tell({"kind": "planned", "cells": 12, "done": 2})
        tell({"kind": "tile", "cells": 5, "failed": 1})
        tell.bar.refresh()  # type: ignore[attr-defined]
        assert "Running (1 failed)" in screen.getvalue()
        assert "7/12" in screen.getvalue()
        tell({"kind": "deciding"})


def test_a_picture_is_drawn_dark_to_light_side_by_side(capsys: pytest.CaptureFixture[str]):
    from augeval.run.observe import shown
    from augeval.types import Dataset, Examples

    images = np.array([[[0, 255]], [[255, 0]]], np.uint8)[..., None]  # one row of two pixels, and its mirror image
    nothing = Examples(images[:0], np.empty(0, int), np.empty(0, int))
    first, second = (str(shown(image, Dataset("d", "image", nothing, ()))) for image in images)
    console.picture(first, second)
    assert capsys.readouterr().out == "  @@   @@  \n"

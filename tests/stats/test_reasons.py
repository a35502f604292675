"""Sentences a reader can act on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_results import NONE, duplicate, paired_of, result_of, synonym

from augeval.seeds import stream
from augeval.stats.inference import Rule, infer
from augeval.stats.limits import Limit
from augeval.stats.pairing import Trial
from augeval.stats.reasons import Case, Scale, alarm_text, amount, explain, interval, note_of

POINTS = Scale(points=True, margin=0.01)
PLAIN = Scale(points=False, margin=0.02)
TEMPLATE = infer(paired_of(np.random.default_rng(0).normal(size=(1, 5, 20))), Rule(0.01, 0.05), stream("t"))[0]


def finding(mean=0.0231, low=0.004, high=0.041, outcome="helps", **other):
    bounds = {"one_low": low, "one_high": high, "plain_low": low, "plain_high": high}
    return replace(TEMPLATE, mean=mean, low=low, high=high, outcome=outcome, limit=None, **{**bounds, **other})


BLANK = {"arm": synonym(), "by_seed": {}, "failed": (), "not_applicable": (), "design": "each", "draws": 1}


def trial(**other):
    return Trial(**{**BLANK, **other})


def reasons(shown, scale=POINTS, **other):
    parts = {"pipeline": None, "budget": None, "trial": trial(), "ladder": None, **other}
    return explain(Case(shown, **parts), scale)


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0.0231, POINTS, "+2.3 points"),
        (-0.0231, POINTS, "−2.3 points"),
        (-0.0002, POINTS, "−0.02 points"),  # too small for one decimal
        (0.0, POINTS, "0.0 points"),
        (-0.123, PLAIN, "−0.123"),
        (math.nan, POINTS, "no number"),
    ],
)
def test_differences_on_0_to_1_are_written_in_points_and_others_in_their_own_units(value, scale, text):
    assert amount(value, scale) == text


def test_an_interval_keeps_one_precision():
    assert interval(finding(), POINTS) == "+2.3 points [0.4, 4.1]"
    assert interval(finding(0.001, -0.0005, 0.0021), POINTS) == "+0.10 points [−0.05, 0.21]"


def test_an_end_that_would_round_to_zero_keeps_the_side_on_which_the_outcome_rests():
    assert interval(finding(-0.0097, -0.0193, -0.0002), POINTS) == "−1.0 points [−1.9, −0.02]"
    assert interval(finding(0.1, 0.0003, 0.2), PLAIN) == "+0.100 [0.00030, 0.200]"
    assert interval(finding(-0.0097, -0.0193, 0.0), POINTS) == "−1.0 points [−1.9, 0.0]"


def test_an_unbounded_interval_is_not_shown():
    assert interval(finding(low=-math.inf, high=math.inf), POINTS) == "+2.3 points"


def test_the_first_sentence_says_outcome_gain_contrast_and_what_it_rests_on():
    (first, *_) = reasons(finding(n_replicates=20, n_examples=1500))
    expected = (
        "Helps: +2.3 points [0.4, 4.1] against the same rows duplicated (synonym 0.1 ×1, 20 seeds, 1,500 held-out"
    )
    assert first == f"{expected} rows)."


def test_an_arm_against_none_says_so():
    shown = finding(contrast="none", reference=NONE)
    assert "against no augmentation" in reasons(shown)[0]


def test_equivalence_names_the_margin():
    shown = finding(0.001, -0.003, 0.005, "equivalent")
    assert reasons(shown)[0].startswith("No difference of more than 1 point: ")
    assert reasons(shown, PLAIN)[0].startswith("No difference of more than 0.02: ")


class TestUndecided:
    def sentences(self, limit, **other):
        return reasons(replace(finding(0.004, -0.02, 0.028, "inconclusive"), limit=limit, **other))

    def test_seeds_that_would_do_are_counted(self):
        limit = Limit("replicates", 34, None, 1.6, 2.0)
        assert any("about 34 seeds instead of 5 would decide it" in s for s in self.sentences(limit))

    def test_rows_that_would_do_are_counted(self):
        limit = Limit("test examples", None, 900, math.inf, 2.0)
        assert any("about 900 instead of 20 would decide it" in s for s in self.sentences(limit))

    def test_shared_draws_ask_for_draws_as_well(self):
        limit = Limit("replicates", None, None, 2.5, 4.0)
        assert any("2.5 times as many seeds and draws" in s for s in self.sentences(limit))

    def test_both_are_multiplied_where_neither_alone_would_do(self):
        limit = Limit("both", None, None, math.inf, 3.0)
        assert any("3 times as many seeds and held-out rows" in s for s in self.sentences(limit))

    def test_where_seeds_limit_it_most_and_do_not_suffice_rows_are_asked_for_too(self):
        limit = Limit("replicates", None, None, math.inf, 12.0)
        said = "Training runs limit it most: about 12 times as many seeds and held-out rows would decide it"
        assert any(s.startswith(said) for s in self.sentences(limit))

    def test_a_gain_too_small_to_decide_promises_nothing(self):
        limit = Limit("both", None, None, math.inf, math.inf)
        assert any("no reasonable number" in s for s in self.sentences(limit))

    def test_what_is_ruled_out_is_said(self):
        sentences = self.sentences(Limit("both", None, None, math.inf, 3.0), one_low=-0.009)
        assert "A loss of more than 1 point is ruled out." in sentences
        assert not any("A gain" in s for s in sentences)


def test_saturation_promises_a_narrower_interval_and_no_difference():
    said = reasons(finding(0.0, -0.02, 0.02, "inconclusive", saturated=True))
    assert "Saturated: none of 20 held-out rows tells it apart; more would narrow it." in said


def test_the_gain_of_the_pipeline_is_split_from_that_of_more_rows():
    whole = finding(0.08, 0.06, 0.1, contrast="none")
    budget = finding(0.081, 0.062, 0.101, arm=duplicate(), contrast="none")
    said = reasons(finding(), pipeline=whole, budget=budget)
    assert said[-1] == (
        "Against no augmentation: +8.0 points [6.0, 10.0], of which duplicating the same rows alone gives "
        "+8.1 points [6.2, 10.1]."
    )
    assert reasons(finding(), pipeline=whole)[-1] == "Against no augmentation: +8.0 points [6.0, 10.0]."


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("equal steps", " (equal steps: more rows never meant more training)"),
        ("equal epochs", " (equal epochs: the arm took 5 times the steps)"),
        ("no steps", " (a model without steps)"),
        ("", ""),
    ],
)
def test_the_gain_over_no_augmentation_says_what_both_have_in_common_in_training(training, said):
    whole = finding(0.08, 0.06, 0.10, contrast="none")
    cells = {s: result_of(synonym(), s, [1.0], counts={"train": 100, "got": 400}) for s in range(3)}
    shown = reasons(finding(), pipeline=whole, trial=trial(by_seed=cells), training=training)
    assert f"Against no augmentation{said}: +8.0 points [6.0, 10.0]." in shown


def test_steps_of_crossed_draws_are_those_of_one_draw():
    counts = {"train": 100, "got": 400}  # 50 synthetic rows in each of eight draws
    cells = {0: result_of(synonym(), 0, [1.0], counts=counts, design="crossed", draws=8)}
    crossed = trial(by_seed=cells, design="crossed", draws=8)
    shown = reasons(finding(), pipeline=finding(contrast="none"), trial=crossed, training="equal epochs")
    assert any("the arm took 1.5 times the steps" in sentence for sentence in shown)


def test_an_alarm_at_equal_epochs_blames_the_steps():
    alarm = finding(0.08, 0.06, 0.10, contrast="none", arm=duplicate(4))
    assert "at equal epochs more rows are more steps" in alarm_text(alarm, POINTS, "equal epochs")
    assert "or train longer" in alarm_text(alarm, POINTS, "equal epochs")
    for other in ("equal steps", "no steps", ""):
        assert "gains from more rows or steps whatever they say" in alarm_text(alarm, POINTS, other)


def test_a_note_is_empty_where_nothing_is_special():
    assert note_of(finding(), trial()) == ""


def test_a_note_counts_draws_where_seeds_share_them():
    assert note_of(finding(units=2, n_replicates=10), trial()).startswith("2 draws that the seeds share")

"""Contractions: both ways, in the text's own case and apostrophe."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.augment.contractions import contraction
from augeval.seeds import row_keys


def turned(text: str) -> str:
    return contraction.fn([text], magnitude=1.0, row_keys=row_keys(("c",), np.arange(1), np.arange(1))).rows[0]


PAIRS = [
    ("I do not know", "I don't know"),
    ("It cannot be", "It can't be"),
    ("Cats will not go", "Cats won't go"),
    ("DO NOT GO", "DON'T GO"),
    ("I am here", "I'm here"),
    ("WE ARE HERE", "WE'RE HERE"),
    ("You are late", "You're late"),
    ("It is late", "It's late"),
    ("They have seen it", "They've seen it"),
    ("He will go", "He'll go"),
    ("Let us go", "Let's go"),
    ("it has been long", "it's been long"),
]


class TestBothWays:
    @pytest.mark.parametrize(("full", "short"), PAIRS)
    def test_full_becomes_short_and_short_full(self, full, short):
        assert turned(full) == short
        assert turned(short) == full

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("we ca n't wo n't do n't", "we cannot will not do not"),
            ("it 's fine and you 're not", "it is fine and you are not"),
            ("it does nt add up", "it does not add up"),
            ("Shan’t we", "Shall not we"),
        ],
    )
    def test_forms_cut_in_two_are_read(self, text, expected):
        assert turned(text) == expected

    def test_the_apostrophe_is_the_texts_own(self):
        assert turned("“I’d go”, but it is late.") == "“I’d go”, but it’s late."
        assert turned("the film's end: it is late.") == "the film's end: it's late."

    @pytest.mark.parametrize(
        "text",
        ["the film's end", "he'd go", "yes, it is.", "I have a dog", "not only", "is not only", "that dont", "iism"],
    )
    def test_what_is_ambiguous_stays(self, text):
        assert turned(text) == text

    def test_of_two_that_overlap_one_changes(self):
        rows = contraction.fn(
            ["it is not"] * 60, magnitude=1.0, row_keys=row_keys(("c",), np.arange(60), np.arange(60))
        ).rows
        assert set(rows) == {"it's not", "it isn't"}

    def test_what_is_around_stays(self):
        assert turned("  <b>It is</b>\t I do not\n\n— ok?") == "  <b>It is</b>\t I don't\n\n— ok?"

    def test_positions_are_those_of_words(self):
        made = contraction.fn(
            ["We know; it is so."], magnitude=1.0, row_keys=row_keys(("c",), np.arange(1), np.arange(1))
        )
        assert [(r.operation, r.position, r.old, r.new) for r in made.edits.records()] == [
            ("contracted", 2, "it is", "it's")
        ]

"""Slips of hand and eye: which letters are open, and what stands there afterwards."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from augeval.augment import noise
from augeval.augment.noise import character_noise, keyboard_noise, ocr_noise
from augeval.errors import InputError
from augeval.seeds import row_keys


def edit(plugin, rows, magnitude, **params):
    return plugin.fn(
        rows, magnitude=magnitude, row_keys=row_keys(("n",), np.arange(len(rows)), np.arange(len(rows))), **params
    )


class TestKeyboard:
    def test_neighbours_are_mutual(self):
        assert all(key in noise._KEYS[other] for key, near in noise._KEYS.items() for other in near)
        assert "".join(sorted(noise._KEYS)) == "abcdefghijklmnopqrstuvwxyz"

    def test_a_letter_becomes_a_neighbour_in_the_same_case(self):
        made = edit(keyboard_noise, ["WORD word"] * 200, 1.0).rows
        assert {row[0] + row[5] for row in made} == {"Ww"}  # first letters stay
        assert {row[1] for row in made} == set("IPKL")
        assert {row[6] for row in made} == set("ipkl")

    def test_short_words_stop_words_first_letters_addresses_tags_and_digits_stay(self):
        row = "The cat, which sat on http://films.org/great or me@films.org: <strong>2020</strong> &nbsp; www.films.org"
        assert edit(keyboard_noise, [row] * 20, 1.0).rows == [row] * 20
        assert edit(keyboard_noise, [row], 1.0).counts == {"no letters from A to Z": 0, "no open letter": 1}

    def test_each_protection_can_be_lifted(self):
        for params in ({"min_letters": 3}, {"keep_stop_words": False}):
            assert edit(keyboard_noise, ["the cat which"], 1.0, **params).rows != ["the cat which"]
        assert edit(keyboard_noise, ["film"], 1.0, keep_first=False).rows[0][0] in noise._KEYS["f"]
        with pytest.raises(InputError, match="keyboard_noise takes min_letters of at least 1, not 0"):
            edit(keyboard_noise, ["film"], 0.5, min_letters=0)


class TestOcr:
    def test_it_is_read_as_something_that_looks_alike(self):
        made = {row for row in edit(ocr_noise, ["corn"] * 800, 1.0).rows}
        assert "com" not in {row[:3] for row in made if len(row) == 4}
        assert any(row.endswith("m") and len(row) == 3 for row in made)  # rn -> m
        assert {row[0] for row in made if len(row) == 4} <= set("eocG")

    def test_one_character_may_become_two_and_two_may_become_one(self):
        assert {"rn", "nn", "ni", "in", "n"} == {r for r in edit(ocr_noise, ["m"] * 200, 1.0).rows}
        assert {"d", "k"} & set(edit(ocr_noise, ["cl"] * 400, 0.1).rows)

    def test_digits_and_short_words_are_hit_too(self):
        assert set(edit(ocr_noise, ["0"] * 50, 1.0).rows) == {"o", "O"}
        assert set(edit(ocr_noise, ["l"] * 90, 1.0).rows) == {"1", "I", "i"}

    def test_what_looks_like_nothing_else_stays(self):
        assert edit(ocr_noise, ["3 3 ?!", "<in> 33"], 1.0).rows == ["3 3 ?!", "<in> 33"]


class TestCharacters:
    @pytest.mark.parametrize(("only", "length"), [("insert", 9), ("delete", 7), ("replace", 8), ("swap", 8)])
    def test_one_edit_of_each_kind(self, only, length):
        for text in edit(character_noise, ["handsome"] * 100, 0.01, only=only).rows:
            assert len(text) == length
            assert text != "handsome" or only == "insert"
            assert text[0] == "h"
            assert set(text) <= set("handsome")
            assert only != "swap" or Counter(text) == Counter("handsome")

    def test_the_kinds_are_as_likely_as_each_other(self):
        edits = edit(character_noise, ["handsome"] * 4000, 0.01).edits
        counts = Counter(record.operation for record in edits.records())
        # A quarter of 4,000, standard deviation 27. Where a swap at the last letter is impossible, the next kind is
        # taken (one place in seven), and a letter that would replace itself gives way to a swap (one in eight).
        expected = {"insert": 1000 + 1000 / 7, "delete": 1000, "replace": 1000 * 7 / 8, "swap": (1000 + 125) * 6 / 7}
        assert {kind for kind, n in counts.items() if abs(n - expected[kind]) > 4 * 30} == set()

    def test_an_unknown_kind_is_refused(self):
        with pytest.raises(InputError, match="only of insert, delete, replace, swap, or none for all, not 'twist'"):
            edit(character_noise, ["handsome"], 0.1, only="twist")

    def test_words_keep_their_first_letter_whatever_the_magnitude(self):
        for text in edit(character_noise, ["wonderful pictures, handsome people"] * 50, 1.0).rows:
            assert [word[0] for word in text.replace(",", "").split()] == list("wphp")

    def test_new_letters_have_the_case_of_the_place(self):
        for text in edit(character_noise, ["WONDERFUL"] * 50, 0.5).rows:
            assert text.isupper()

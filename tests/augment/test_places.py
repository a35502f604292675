"""Edits by places: which change, what stays, on what it depends; the same for every augmenter that works by them."""

from __future__ import annotations

import csv
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval import registry
from augeval.augment.places import Change, Found, drawn_of, each_place, edited, some_places
from augeval.edited import Edited
from augeval.errors import InputError, NotApplicable
from augeval.seeds import row_keys

BY_SHARE = ("keyboard_noise", "ocr_noise", "character_noise")  # at least one edit a row
BY_CHANCE = ("contraction", "negation_insertion", "antonym_swap")  # each place by itself
NAMES = (*BY_SHARE, *BY_CHANCE, "sentence_shuffle")
ALL = pytest.mark.parametrize("name", NAMES)
REVIEW = "I don't think it is a good film. It's long! The old man does not work, and you are happy (e.g. here). No."
MAGNITUDES = (0.05, 0.1, 0.2, 0.4)


def keys(n: int, seed: object = 0):
    return row_keys(("test", seed), np.arange(n), np.zeros(n, np.int64))


def edit(name: str, rows: list[str], magnitude: float | None = 0.5, given=None, **params) -> Edited:
    fn = registry.get("augmenter", name).fn
    made: Edited = fn(rows, magnitude=magnitude, row_keys=keys(len(rows)) if given is None else given, **params)
    return made


def replayed(row: str, made: Edited, by_character: bool) -> str:
    """The source with each old text replaced by the new one, in the order of the record and at its position."""
    out, at = "", 0
    for record in made.edits.records():
        start = record.position if by_character else row.index(record.old, at)
        while not by_character and not made.rows[0].startswith(out + row[at:start] + record.new):
            start = row.index(record.old, start + 1)
        out, at = out + row[at:start] + record.new, start + len(record.old)
    return out + row[at:]


class TestEach:
    @ALL
    def test_no_magnitude_changes_nothing(self, name):
        rows = [REVIEW, "", " ", "a"]
        assert edit(name, rows, 0).rows == rows

    @ALL
    @pytest.mark.parametrize("magnitude", [None, -0.1, 1.1, float("nan"), float("inf")])
    def test_a_magnitude_that_is_no_share_is_refused(self, name, magnitude):
        with pytest.raises(InputError, match=rf"{name} takes a magnitude \(share of .*\) from 0 to 1, not {magnitude}"):
            edit(name, [REVIEW], magnitude)

    @ALL
    def test_a_row_depends_on_its_key_alone(self, name):
        rows = [f"{REVIEW} {i} was bad." for i in range(30)]
        together = edit(name, rows).rows
        backwards = edit(name, rows[::-1], given=keys(30)[::-1]).rows
        alone = [edit(name, [row], given=keys(30)[i : i + 1]).rows[0] for i, row in enumerate(rows)]
        assert together == list(backwards)[::-1] == alone
        assert together != edit(name, rows, given=keys(30, "other")).rows

    @ALL
    def test_a_larger_magnitude_changes_more(self, name):
        rows = [REVIEW] * 200
        counts = [len(edit(name, rows, m).edits or ()) for m in (0.1, 0.3, 0.6, 1.0)]
        assert counts == sorted(counts)
        assert counts[0] < counts[-1]

    @pytest.mark.parametrize("name", [*BY_SHARE, *BY_CHANCE])
    def test_a_larger_magnitude_changes_what_a_smaller_one_does(self, name):
        rows = [REVIEW] * 100
        small, large = ({(e.row, e.position, e.new) for e in edit(name, rows, m).edits.records()} for m in (0.2, 0.7))
        assert small < large

    @ALL
    def test_what_is_recorded_is_what_was_done(self, name):
        for i in range(20):
            made = edit(name, [REVIEW], 0.6, given=keys(20)[i : i + 1])
            assert replayed(REVIEW, made, name in BY_SHARE) == made.rows[0]

    @ALL
    def test_an_unchanged_row_has_no_record_and_a_changed_one_has(self, name):
        made = edit(name, [REVIEW, "", "…", "\x00", "a"] * 10, 0.4)
        recorded = {record.row for record in made.edits.records()}
        assert recorded == {i for i, row in enumerate(made.rows) if row != [REVIEW, "", "…", "\x00", "a"][i % 5]}

    @ALL
    @settings(max_examples=80, deadline=None)
    @given(
        row=st.one_of(
            st.text(max_size=80),
            st.text(st.characters(categories=["Cs", "Cc", "So", "Lo", "Mn", "Nd", "Lu"]), max_size=40),
            st.lists(
                st.sampled_from(
                    [*REVIEW.split(), "<b>", "</b>", "&amp;", "🙂", "שלום", "مرحبا", "电影", "\x00", "\ud800", "\n\n",
                     "don’t", "CAN'T", "isn't", "not", "n't", "to", "Dr.", "http://a.b/c", "x@y.z", "İ", "ß", "never"]
                ),
                max_size=25,
            ).map(" ".join),
        ),
        magnitude=st.floats(0, 1),
        seed=st.integers(0, 99),
    )  # fmt: skip
    def test_whatever_comes_in_a_text_comes_out_and_no_empty_one(self, name, row, magnitude, seed):
        made = edit(name, [row], magnitude, given=keys(1, seed))
        (text,) = made.rows
        assert isinstance(text, str)
        assert bool(text.strip()) == bool(row.strip())
        if made.edits is not None and not len(made.edits):
            assert text == row

    @ALL
    def test_an_edit_leaves_other_scripts_marks_and_controls_where_they_are(self, name):
        kept = ["\x00", "\ud800", "🙂", "שלום", "&amp;", "<b>", "</b>", "\u200f", "\t\t"]
        row = " ".join(f"{mark} it was a good film." for mark in kept)
        for i in range(10):
            text = edit(name, [row], 0.4, given=keys(10)[i : i + 1], **no_script_of_its_own(name)).rows[0]
            assert all(mark in text for mark in kept if mark != "שלום" or name != "character_noise")

    @ALL
    @pytest.mark.parametrize(
        "unit",
        ["a", ".", "don't ", "it is not ", "A. ", "<", "<a ", "\n", "? ", "a.b ", "the good film ", "電", "1. ", ".x",
         "…\x00", "A.b", "nt ", "not never "],
    )  # fmt: skip
    def test_a_hundred_thousand_characters_take_time_in_proportion(self, name, unit):
        def seconds(characters):
            row = unit * (characters // len(unit))
            started = time.process_time()
            edit(name, [row], 0.3)
            return time.process_time() - started

        edit(name, [unit * 10], 0.3)
        # Ten times as long; quadratic would be a hundred. A busy machine may spoil one try, not three.
        assert any(seconds(100_000) < 30 * seconds(10_000) + 0.05 for _ in range(3))

    @ALL
    def test_what_it_is_called_and_takes(self, name):
        plugin = registry.get("augmenter", name)
        assert plugin.name == name
        assert (plugin.form, plugin.modalities, plugin.most) == ("row", ("text",), 1)
        assert plugin.unit.startswith("share of ")
        assert plugin.source
        assert (plugin.requires is not None) == (name in ("negation_insertion", "antonym_swap"))
        assert plugin.summary.endswith(".")


def no_script_of_its_own(name: str) -> dict[str, object]:
    return {"min_letters": 3} if name in ("keyboard_noise", "character_noise") else {}


class TestLanguages:
    CHINESE, SPANISH = "电影很好看，真的很不错。" * 2, "la película es muy buena y divertida pero un poco larga para mí"

    @pytest.mark.parametrize("name", ["keyboard_noise", "ocr_noise", *BY_CHANCE])
    def test_rows_of_another_script_are_counted_and_many_are_refused(self, name):
        made = edit(name, [self.CHINESE, REVIEW])
        assert made.rows[0] == self.CHINESE
        word = "not English" if name in BY_CHANCE else "no letters from A to Z"
        assert next(n for what, n in made.counts.items() if what.startswith(word)) == 1
        with pytest.raises(NotApplicable, match=rf"{name} knows .* 30 of 30 rows .*random_deletion and random_swap"):
            edit(name, [self.CHINESE] * 30)

    @pytest.mark.parametrize("name", ["contraction", "negation_insertion"])
    def test_spanish_is_refused(self, name):
        with pytest.raises(NotApplicable, match="knows English; 40 of 40 rows"):
            edit(name, [self.SPANISH] * 40)

    @pytest.mark.parametrize("name", BY_CHANCE)
    def test_english_that_has_no_place_is_told_apart_from_other_languages(self, name):
        made = edit(name, ["we were here and there and so were you"[:16], REVIEW])
        assert made.counts["not English"] == 0

    def test_noise_of_characters_works_in_any_script(self):
        made = edit("character_noise", ["здравствуйте дорогие товарищи"] * 30, 0.1)
        assert sum(row != "здравствуйте дорогие товарищи" for row in made.rows) == 30
        assert all(c in "здравствуйте дорогие товарищи" for row in made.rows for c in row)


class TestShares:
    """Over 2,000 sentences of SST-2 the share edited is the magnitude, within what is stated here."""

    @pytest.fixture(scope="class")
    def sentences(self, shared_data):
        with open(shared_data / "text" / "sst2_train.csv", encoding="utf-8", newline="") as file:
            return [row["text"] for row in csv.DictReader(file)][:2000]

    @pytest.mark.parametrize("magnitude", MAGNITUDES)
    @pytest.mark.parametrize("name", BY_SHARE)
    def test_noise_hits_its_share_of_characters(self, name, magnitude, sentences):
        counted = {"keyboard_noise": str.isascii, "ocr_noise": str.isalnum, "character_noise": str.isalpha}[name]
        digits = name == "ocr_noise"
        whole = sum(counted(c) and (digits or c.isalpha()) for row in sentences for c in row)
        # Short rows have at least one edit; where nearly all open letters are edited (.4), some rows run out of them.
        low = 0.015 if magnitude == 0.4 else 0.001
        found = len(edit(name, sentences, magnitude).edits) / whole
        assert magnitude - low < found < magnitude + 0.001

    @pytest.mark.parametrize("magnitude", MAGNITUDES)
    @pytest.mark.parametrize("name", BY_CHANCE)
    def test_each_place_changes_with_the_magnitude_as_probability(self, name, magnitude, sentences):
        whole = len(edit(name, sentences, 1.0).edits)
        found = len(edit(name, sentences, magnitude).edits) / whole
        # Binomial: four standard errors; and up to a fortieth more, since places that overlap are one place at 1.
        assert abs(found - magnitude) < 4 * np.sqrt(magnitude * (1 - magnitude) / whole) + magnitude / 40

    @pytest.mark.parametrize("magnitude", MAGNITUDES)
    def test_sentences_move_in_their_share_of_long_texts(self, magnitude, sentences):
        texts = [" ".join(f"{s.strip(' .')}." for s in sentences[i : i + 40]).upper() for i in range(0, 2000, 40)]
        made = edit("sentence_shuffle", texts, magnitude)
        from augeval.augment.sentences import sentence_spans

        whole = sum(len(sentence_spans(text)) for text in texts)
        assert abs(len(made.edits) / whole - magnitude) < 0.01


def letters(row: str) -> Found:
    return Found(len(row), len(row), lambda i, _: Change(i, i + 1, row[i].upper(), i, "raise"))


class TestPlaces:
    def test_a_share_is_rounded_so_that_its_mean_is_right_and_is_at_least_one(self):
        # .25 of 10 places: two or three, 2.5 on average; 4,000 rows, standard error .008. Of one place: one.
        made = some_places(["a" * 10] * 4000, 0.25, keys(4000), letters).edited
        counts = np.bincount(made.edits.row)
        assert set(counts) == {2, 3}
        assert abs(counts.mean() - 2.5) < 0.04
        assert some_places(["a"], 0.01, keys(1), letters).edited.rows == ["A"]

    def test_every_place_is_as_likely_as_any_other(self):
        made = some_places(["a" * 10] * 4000, 0.3, keys(4000), letters).edited
        assert np.abs(np.bincount(made.edits.position) - 1200).max() < 4 * 29

    def test_each_place_by_chance_may_leave_a_row_alone(self):
        made = each_place(["aaaa"] * 2000, 0.5, keys(2000), letters).edited
        # Nothing changed with probability 1/16: 125 of 2,000 rows, standard deviation 11.
        assert abs(sum(row == "aaaa" for row in made.rows) - 125) < 44

    def test_of_changes_that_touch_one_is_made(self):
        def pairs(row):
            return Found(len(row) - 1, len(row), lambda i, _: Change(i, i + 2, "--", i, "pair"))

        for text in some_places(["abcdef"] * 50, 1.0, keys(50), pairs).edited.rows:
            assert text.count("-") in (4, 6)
            assert len(text) == 6

    def test_rows_are_put_together_from_changes_by_hand(self):
        made = edited(
            ["one two", "three"], [[Change(0, 3, "1", 0, "digit"), Change(7, 7, "!", 1, "shout")], []], {"seen": 2}
        )
        assert made.rows == ["1 two!", "three"]
        assert [(e.operation, e.position, e.old, e.new) for e in made.edits.records()] == [
            ("digit", 0, "one", "1"),
            ("shout", 1, "", "!"),
        ]
        assert made.counts == {"seen": 2}

    def test_options_are_drawn_alike_and_the_last_draw_is_still_one_of_them(self):
        assert [drawn_of("abc", d) for d in (0, 0.34, 0.67, 1 - 2**-53)] == ["a", "b", "c", "c"]

    def test_a_block_is_no_border(self):
        many = some_places(["abcdef"] * 5000, 0.3, keys(5000), letters).edited
        tail = some_places(["abcdef"] * 10, 0.3, keys(5000)[-10:], letters).edited
        assert list(many.rows[-10:]) == tail.rows

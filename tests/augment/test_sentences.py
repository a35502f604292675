"""Where sentences end, and how they change places."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval.augment.sentences import sentence_shuffle, sentence_spans
from augeval.seeds import row_keys


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def shuffled(rows, magnitude=1.0):
    return sentence_shuffle.fn(
        rows, magnitude=magnitude, row_keys=row_keys(("s",), np.arange(len(rows)), np.arange(len(rows)))
    )


class TestSplitting:
    @pytest.mark.parametrize(
        ("text", "sentences"),
        [
            ("It was good. He left! Really? Yes.", ["It was good.", "He left!", "Really?", "Yes."]),
            ("He (Dr. J. Smith, e.g. today) left. So.", ["He (Dr. J. Smith, e.g. today) left.", "So."]),
            ("it was good . he left .", ["it was good .", "he left ."]),
            ("He lives in the U.S. It is big.", ["He lives in the U.S.", "It is big."]),
            ("the u.s. is big", ["the u.s. is big"]),
            ('"Go!" she said. "No."', ['"Go!" she said.', '"No."']),
            ("1. First thing. 2. Second thing.", ["1. First thing.", "2. Second thing."]),
            ("Wait... what? No... Yes.", ["Wait... what?", "No...", "Yes."]),
            ("It costs 3.50 at scipy.org today", ["It costs 3.50 at scipy.org today"]),
            ("电影很好看。真的！不好", ["电影很好看。", "真的！", "不好"]),
            ("A heading\n\nA text\nover lines.", ["A heading", "A text\nover lines."]),
            ("So do I. Then we go.", ["So do I.", "Then we go."]),
            ("", []),
            (" \n\n ", []),
            ("...", ["..."]),
        ],
    )
    def test_by_hand(self, text, sentences):
        assert cut(text) == sentences

    @given(st.text(st.sampled_from("ab A.!?\n\t。…\"')1") | st.characters(), max_size=60))
    def test_nothing_is_lost_between_sentences_but_blanks(self, text):
        spans = sentence_spans(text)
        ends = [0, *(at for span in spans for at in span), len(text)]
        assert ends == sorted(ends)
        assert not "".join(text[a:b] for a, b in zip(ends[::2], ends[1::2], strict=True)).strip()
        assert all(sentence == sentence.strip() and sentence for sentence in cut(text))


class TestShuffling:
    TEXT = "One is here.  Two is there!\nThree?\n\nFour went. Five."

    def test_the_sentences_are_the_same_and_what_is_between_them_stays(self):
        for made in shuffled([self.TEXT] * 30).rows:
            assert sorted(cut(made)) == sorted(cut(self.TEXT))
            assert made != self.TEXT
            spans = sentence_spans(made)
            assert [made[a[1] : b[0]] for a, b in pairwise(spans)] == ["  ", "\n", "\n\n", " "]

    def test_at_one_every_sentence_moves(self):
        for made in shuffled([self.TEXT] * 30).rows:
            assert not [a for a, b in zip(cut(made), cut(self.TEXT), strict=True) if a == b]

    def test_at_least_two_move(self):
        for made in shuffled([self.TEXT] * 30, 0.05).rows:
            assert sum(a != b for a, b in zip(cut(made), cut(self.TEXT), strict=True)) == 2

    def test_one_sentence_is_left_alone_and_counted(self):
        made = shuffled(["One sentence.", "", "no stop", self.TEXT, "Same. Same."])
        assert made.rows[:3] == ["One sentence.", "", "no stop"]
        assert made.counts == {"fewer than two sentences": 4}

    def test_a_last_one_without_its_stop_stays_last(self):
        for made in shuffled(["One. Two. Three and no stop"] * 20).rows:
            assert made == "Two. One. Three and no stop"

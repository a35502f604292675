"""What is negated and how, sentence by sentence; and that opposites are opposites."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.augment import lexicon
from augeval.augment.lexicon import find_wordnet
from augeval.augment.meaning import antonym_swap, negation_insertion
from augeval.augment.negation import negations
from augeval.seeds import row_keys

pytestmark = pytest.mark.skipif(find_wordnet() is None, reason="WordNet is not installed")


def keys(n: int):
    return row_keys(("n",), np.arange(n), np.arange(n))


def negated(text: str) -> str:
    return negation_insertion.fn([text], magnitude=1.0, row_keys=keys(1)).rows[0]


class TestNegation:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("It is good.", "It is not good."),
            ("this is a film", "this is not a film"),
            ("Is it good?", "Is it not good?"),
            ("It may rain.", "It may not rain."),
            ("We can go.", "We cannot go."),
            ("I'm happy.", "I'm not happy."),
            ("he 's good", "he 's not good"),
            ("It has a plot.", "It does not have a plot."),
            ("It has been seen.", "It has not been seen."),
            ("They had seen it.", "They had not seen it."),
            ("Did you like it?", "Did you not like it?"),
            ("She did the job.", "She did not do the job."),
            ("She works hard.", "She does not work hard."),
            ("The film works.", "The film works."),  # more often a noun: not told to be a verb
            ("The film succeeds.", "The film does not succeed."),
            ("They like the film.", "They do not like the film."),
            ("He wrote it.", "He did not write it."),
            ("Watch this film", "Do not watch this film"),
            ("WATCH THIS", "DO NOT WATCH THIS"),
            ("the will to win", "the will not to win"),
            ("a great film", "not a great film"),
            ("Great film", "Not great film"),
            ("a film directed by him", "not a film directed by him"),
        ],
    )
    def test_not_goes_in(self, text, expected):
        assert negated(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("It is not good.", "It is good."),
            ("It isn't good.", "It is good."),
            ("It isn’t good.", "It is good."),
            ("It does not work.", "It works."),
            ("It doesn't really work", "It really works"),
            ("He didn't see it.", "He saw it."),
            ("They do not have it", "They have it"),
            ("does nt add up", "adds up"),
            ("Don't watch it", "Watch it"),
            ("we ca n't wait", "we can wait"),
            ("We can't wait", "We can wait"),
            ("It won't work", "It will work"),
            ("It cannot be", "It can be"),
            ("Never boring.", "Boring."),
            ("There is no plot.", "There is some plot."),
            ("Nothing works.", "Something works."),
            ("a film without wit", "a film with wit"),
            ("NOT GREAT", "GREAT"),
        ],
    )
    def test_not_goes_out(self, text, expected):
        assert negated(text) == expected

    def test_clause_by_clause(self):
        assert negated("I'm happy, and you are not.") == "I'm not happy, and you are."
        assert len(negations("It is good, it is long, and it was dull.", lexicon.load())) == 3

    def test_it_writes_as_the_text_writes(self):
        assert negated("It isn't so. He can go.") == "It is so. He can't go."
        assert negated("It is n't so. He will go. She wrote.") == "It is so. He wo n't go. She did n't write."
        assert negated("It isn’t so. I am here. He is.") == "It is so. I am not here. He isn’t."

    def test_not_only_is_no_negation(self):
        assert negated("not only good but great") == "not only good but great"

    @pytest.mark.parametrize("text", ["", "...", "No.", "not", "the film", "🙂", "n't", "'s", "nt"])
    def test_what_says_nothing_is_left_alone(self, text):
        assert negated(text) == text

    def test_what_is_around_stays(self):
        assert negated("  <b>It</b>  is\tgood 🙂!!\n") == "  <b>It</b>  is not\tgood 🙂!!\n"

    def test_negating_twice_gives_the_sentence_back(self):
        for text in ("It is good.", "They had seen it.", "She wrote it.", "The film succeeds.", "Watch this film"):
            assert negated(negated(text)) == text

    def test_readers_are_told_that_it_is_meant_to_harm(self):
        for plugin in (negation_insertion, antonym_swap):
            assert plugin.summary.startswith("Harmful control: ")
            assert "harmful control" in plugin.source


class TestAntonyms:
    def swapped(self, text: str, n: int = 1) -> set[str]:
        return set(antonym_swap.fn([text] * n, magnitude=1.0, row_keys=keys(n)).rows)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("the best film", "the worst film"),
            ("She SUCCEEDED.", "She FAILED."),
            ("Happy people", "Unhappy people"),
            ("the woman's hat", "the man's hat"),
            ("an interesting plot", "an uninteresting plot"),
            ("a strong will", "a weak will"),
            ("an old Man", "a young Man"),  # a capital inside a sentence is taken for a name
        ],
    )
    def test_form_case_and_article_follow(self, text, expected):
        assert expected in self.swapped(text, 60)

    def test_only_opposites_by_wordnet_come_in(self):
        assert self.swapped("love", 200) == {"hate", "hatred"}
        assert self.swapped("a good thing", 200) == {"a bad thing", "an evil thing"}

    def test_the_commoner_sense_gives_its_opposite_more_often(self):
        rows = antonym_swap.fn(["old"] * 300, magnitude=1.0, row_keys=keys(300)).rows
        assert rows.count("young") > rows.count("new") > 0

    def test_function_words_stay(self):
        assert self.swapped("more or less up and down, always and never") == {
            "more or less up and down, always and never"
        }

    def test_a_row_without_one_is_counted(self):
        made = antonym_swap.fn(["the film", "good", "的"], magnitude=1.0, row_keys=keys(3))
        assert made.counts == {"not English": 1, "no word with an opposite": 1}

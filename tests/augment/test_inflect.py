"""Words taken apart and put together again with another lemma."""

from __future__ import annotations

from pathlib import Path

import mini_wordnet
import pytest

from augeval.augment import lexicon
from augeval.augment.inflect import Reading, inflect, read

NOUN, VERB, ADJ, ADV = range(4)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lexicon.Lexicon:
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("WNHOME", str(mini_wordnet.write(tmp_path / "wordnet")))
    return lexicon.load()


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("film", Reading("film", NOUN, ("NN",))),  # 54 as a noun, 1 as a verb
        ("films", Reading("film", NOUN, ("NNS",))),
        ("watched", Reading("watch", VERB, ("VBD", "VBN"))),
        ("ran", Reading("run", VERB, ("VBD",))),
        ("seen", Reading("see", VERB, ("VBN",))),
        ("better", Reading("good", ADJ, ("JJR",))),
        ("largest", Reading("large", ADJ, ("JJS",))),
        ("quickly", Reading("quickly", ADV, ("RB",))),
    ],
)
def test_a_word_is_read_by_its_commonest_lemma(book: lexicon.Lexicon, word: str, wanted: Reading) -> None:
    assert read(word, book) == wanted


@pytest.mark.parametrize("word", ["zyzzyva", "", "10/10", "the", "電"])
def test_a_word_that_wordnet_lacks_has_no_reading(book: lexicon.Lexicon, word: str) -> None:
    assert read(word, book) is None


@pytest.mark.parametrize(
    ("lemma", "like", "wanted"),
    [
        ("movie", Reading("film", NOUN, ("NNS",)), "movies"),
        ("mouse", Reading("film", NOUN, ("NNS",)), "mice"),
        ("view", Reading("watch", VERB, ("VBD", "VBN")), "viewed"),
        ("witness", Reading("see", VERB, ("VBZ",)), "witnesses"),
        ("take", Reading("run", VERB, ("VBD",)), "took"),
        ("take", Reading("run", VERB, ("VBG",)), "taking"),
        ("big", Reading("large", ADJ, ("JJS",)), "biggest"),
        ("motion picture", Reading("film", NOUN, ("NN",)), "motion picture"),
    ],
)
def test_another_lemma_takes_the_form(lemma: str, like: Reading, wanted: str) -> None:
    assert inflect(lemma, like) == wanted


@pytest.mark.parametrize(
    ("lemma", "like"),
    [
        ("take", Reading("watch", VERB, ("VBD", "VBN"))),  # took or taken? the word does not tell
        ("enormous", Reading("large", ADJ, ("JJS",))),  # no form of its own
        ("motion picture", Reading("film", NOUN, ("NNS",))),
    ],
)
def test_a_form_that_is_unknown_or_of_two_minds_is_not_guessed(lemma: str, like: Reading) -> None:
    assert inflect(lemma, like) is None

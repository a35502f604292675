"""What is sent to a translator, and the case of what comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.augment.translators import cased_like, count_words, cut, halved


def test_paragraphs_are_cut_and_blanks_within_them_made_single():
    pieces = cut("  One  line\nwrapped.\n \nTwo.\n")
    assert pieces.texts == ["One line wrapped.", "Two."]
    assert pieces.joined(["Una.", "Dos."]) == "  Una.\n \nDos.\n"


def test_control_characters_and_lone_surrogates_stay_where_they_are():
    pieces = cut("good\x00bad \ud800 ugly\u2028end")
    assert pieces.texts == ["good", "bad", "ugly", "end"]
    assert pieces.joined(["a", "b", "c", "d"]) == "a\x00b \ud800 c\u2028d"


def test_what_has_no_letter_is_not_sent():
    for text in ("", "  \n\t", "10/10 — 5 €", "😀", "\x00\ud800", "(((" * 1000):
        assert cut(text).texts == []
        assert cut(text).joined([]) == text


@given(st.text(st.characters(codec=None)))
@settings(max_examples=300)
def test_nothing_is_lost_and_nothing_unreadable_is_sent(text: str):
    pieces = cut(text)
    joined = pieces.joined(["x" for _ in pieces.texts])
    assert joined.count("x") >= len(pieces.texts)
    for piece in pieces.texts:
        piece.encode("utf-8")  # no surrogates
        assert piece == piece.strip()
        assert not any(c < " " for c in piece)
    kept = "".join(part for i, part in enumerate(pieces.parts) if i not in pieces.asked)
    assert [c for c in joined if c != "x" and not c.isspace()] == [c for c in kept if c != "x" and not c.isspace()]


def test_a_long_paragraph_is_cut_at_its_sentences_else_blanks_else_anywhere():
    assert halved("One two. Three four.", lambda text: len(text) <= 12) == [("One two.", " "), ("Three four.", "")]
    assert halved("one two", lambda text: len(text) <= 3) == [("one", " "), ("two", "")]
    assert halved("abcd", lambda text: len(text) <= 2) == [("ab", ""), ("cd", "")]
    assert halved("abcd", lambda text: False) == [("a", ""), ("b", ""), ("c", ""), ("d", "")]


@given(st.text("ab .!?", max_size=200), st.integers(1, 20))
def test_parts_put_together_are_the_paragraph(text: str, most: int):
    (paragraph,) = cut(text).texts or [""]
    parts = halved(paragraph, lambda part: len(part) <= most)
    assert "".join(part + glue for part, glue in parts) == paragraph
    assert all(len(part) <= most for part, _ in parts)


@pytest.mark.parametrize("text", [" " * 100_000, "\n" * 100_000, "\n " * 50_000, "a\n" + " " * 100_000 + "b"])
def test_long_rows_of_blanks_are_cut_in_no_time(text: str):
    start = time.process_time()
    assert len(cut(text).texts) <= 2
    assert time.process_time() - start < 5  # 100,000 blanks squared would take minutes


@pytest.mark.parametrize(
    ("source", "made", "wanted"),
    [
        ("rewarding", "Rewarding", "rewarding"),
        ("i am here", "I am here", "i am here"),
        ("Neil is here", "neil is here", "Neil is here"),
        ("the Film", "The Film", "the Film"),
        ("NOT GOOD", "Not good", "NOT GOOD"),
        ("A", "to a", "To a"),
        ("“Good”", "bien", "Bien"),
        ("I", "", ""),
        ("42", "x", "x"),
    ],
)
def test_a_translation_has_the_case_of_its_source(source: str, made: str, wanted: str):
    assert cased_like(source, made) == wanted


def test_words_are_counted_as_they_are_cut_elsewhere():
    assert count_words("don't stop: 3.14 well-made films!") == 5
    assert count_words("") == 0

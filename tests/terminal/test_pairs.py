"""Two texts side by side, readable without colours."""

from __future__ import annotations

from typing import Any

import pytest

from augeval.terminal.pairs import COLOURS, SIGNS, clipped, marked, operations, plain


def shown(parent: str, child: str, edits: list[dict[str, Any]] | None = None) -> tuple[str, str]:
    before, after = marked(parent, child, edits)
    return plain(before), plain(after)


def edit(operation: str, position: int, old: str, new: str) -> dict[str, Any]:
    return {"operation": operation, "position": position, "old": old, "new": new}


def test_gone_new_and_replaced_words_have_signs_of_their_own():
    assert shown("A big, red dog.", "A big, dog.") == ("A big, [-red-] dog.", "A big, dog.")
    assert shown("A big dog.", "A very big dog.") == ("A big dog.", "A {+very+} big dog.")
    assert shown("A big dog.", "A large dog.") == ("A [~big~] dog.", "A {~large~} dog.")
    assert len({SIGNS[kind] for kind in COLOURS}) == len(set(COLOURS.values())) == 4


def test_neighbouring_words_of_one_fate_are_marked_together():
    assert shown("one two three four", "one four") == ("one [-two three-] four", "one four")
    assert shown("one two, three four", "one four") == ("one [-two-], [-three-] four", "one four")


def test_what_is_not_marked_is_the_text_itself():
    for parent, child in (("", "new"), ("  two  blanks ", "two  blanks here "), ("a-b c", "c a-b"), ("x", "x")):
        before, after = marked(parent, child)
        assert "".join(piece.text for piece in before) == parent
        assert "".join(piece.text for piece in after) == child


def test_a_change_between_words_is_seen_too():
    assert shown("Good film.", "Good film!") == ("Good [~film.~]", "Good {~film!~}")


def test_words_that_the_augmenter_names_are_marked_where_it_says():
    edits = [edit("deletion", 2, "the", "")]
    # A comparison alone cannot tell which of two equal words went.
    assert shown("the cat the dog", "the cat dog", edits)[0] == "the cat [-the-] dog"
    letters = [edit("neighbouring key", 5, "o", "p")]  # a position of a letter: the texts are compared
    assert shown("a red dog", "a red dpg", letters) == ("a red [~dog~]", "a red {~dpg~}")


def test_a_word_that_stays_beside_a_new_one_is_not_marked():
    edits = [edit("negation inserted", 1, "good", "not good")]
    assert shown("a good film", "a not good film", edits) == ("a good film", "a {+not+} good film")


@pytest.mark.parametrize("width", [30, 60, 72])
def test_a_long_text_is_cut_far_from_its_changes(width: int):
    words = [f"word{i}" for i in range(60)]
    child = [*words[:30], "OTHER", *words[31:]]
    before, after = (plain(clipped(side, width)) for side in marked(" ".join(words), " ".join(child)))
    assert "[~word30~]" in before
    assert "{~OTHER~}" in after
    assert max(len(before), len(after)) <= width
    endless = marked("a" * 100_000, "b" * 100_000)[0]
    assert len(plain(clipped(endless, width))) <= width


def test_operations_are_said_by_name_and_counted_where_there_are_many():
    edits = [edit("synonym", 1, "film", "movie"), edit("deletion", 2, "very", ""), edit("synonym", 3, "big", "large")]
    assert operations(edits) == "synonym: film → movie, big → large; deletion: very"
    assert operations(edits, most=1) == "synonym: film → movie; 2 more"
    assert operations([edit("sentence shuffle", 0, "", "")]) == "sentence shuffle"
    assert operations(None) == operations([]) == ""

"""Examples: what changed is marked, what is long is cut, and what is no picture is text."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.report.examples import COLUMNS, WORDS, Part, example, words_changed


def sample(parent: Any, child: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "worst", "drift": 0.5, "label": "a", "arm": "x ×1", "parent": parent, "child": child, **fields}


def test_changed_words_are_marked_on_their_own_side() -> None:
    before, after = words_changed("the big cat sat", "the huge cat")
    assert before == [Part("same", "the"), Part("gone", "big"), Part("same", "cat"), Part("gone", "sat")]
    assert after == [Part("same", "the"), Part("new", "huge"), Part("same", "cat")]


@given(st.text("ab \u202e\n<&", max_size=60), st.text("ab \u202e\n<&", max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_word_is_lost_or_invented(parent: str, child: str) -> None:
    before, after = words_changed(parent, child)
    assert " ".join(p.text for p in before).replace("⟨U+202E⟩", "\u202e").split() == parent.split()
    assert " ".join(p.text for p in after).replace("⟨U+202E⟩", "\u202e").split() == child.split()
    assert [p for p in before if p.kind == "same"] == [p for p in after if p.kind == "same"]


def test_long_unchanged_stretches_and_long_texts_are_cut_and_counted() -> None:
    words = [f"w{i}" for i in range(100)]
    before, _ = words_changed(" ".join(words), " ".join([*words, "end"]))
    assert before[1] == Part("cut", "… 76 words …")
    before, after = words_changed("a " * 500, "b")
    assert before[-1] == Part("cut", f"… {500 - WORDS} words more")
    assert after == [Part("new", "b")]


def test_only_png_data_is_a_picture() -> None:
    png = "data:image/png;base64,iVBORw0KGgo="
    assert example(sample(png, png)).kind == "image"
    for other in (
        'data:image/png;base64,x" onerror="alert(1)',
        "data:image/svg+xml;base64,aaaa",
        "https://host/x.png",
        png + "\n",
    ):
        assert example(sample(png, other)).kind == "text"


def test_changed_columns_come_first_and_the_rest_is_counted() -> None:
    parent = {f"c{i}": float(i) for i in range(COLUMNS + 5)}
    shown = example(sample(parent, {**parent, "c14": None, "c3": 9.5}))
    assert [name for name, _, _ in shown.child[:3]] == ["c3", "c14", "c0"]
    assert [(value, changed) for _, value, changed in shown.child[:2]] == [("9.5", True), ("missing", True)]
    assert shown.more == "5 more columns, none of them changed"


def test_a_row_like_its_parent_is_called_unchanged() -> None:
    assert example(sample("same words", "same words")).unchanged
    assert not example(sample("same words", "other words")).unchanged
    assert example(sample({"a": 1.0}, {"a": 1.0})).kind == "table"


def test_whatever_a_plugin_left_is_shown_as_text() -> None:
    shown = example(sample(None, [1, 2]))
    assert (shown.parent, shown.child) == ([Part("gone", "None")], [Part("new", "[1, 2]")])

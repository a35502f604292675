"""How a docstring becomes a row."""

from __future__ import annotations

import pytest

from augeval.data.docstrings import MODULES, _entry, _first_sentence, documented


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("Compute it. Then more.", "Compute it.", "Then more."),
        ("See e.g. Smith for it. More.", "See e.g. Smith for it.", "More."),
        ("A value of 0.5 is used. Next.", "A value of 0.5 is used.", "Next."),
        ("No stop at all", "No stop at all", ""),
        ("Is it? Yes.", "Is it?", "Yes."),
    ],
)
def test_the_first_sentence_ends_at_its_own_full_stop(text, first, rest):
    assert _first_sentence(text) == (first, rest)


def test_a_function_becomes_its_sentence_and_the_rest():
    def f():
        """Add
        two numbers. Quickly.

        Parameters
        """

    entry = _entry("scipy.special.f", f)
    assert (entry.name, entry.subpackage) == ("scipy.special.f", "special")
    assert entry.sentence == "Add two numbers."
    assert entry.rest == "Quickly.\n\nParameters"


def test_a_signature_before_the_docstring_is_skipped():
    def f():
        """f(x, out=None)

        Halve x.
        """

    assert _entry("scipy.special.f", f).sentence == "Halve x."


def test_what_has_no_docstring_is_deprecated_or_is_an_error_is_no_row():
    def silent(): ...

    def old():
        """Do it.

        .. deprecated:: 1.0
        """

    class Broken(Exception):
        """Something broke."""

    assert _entry("scipy.io.silent", silent) is None
    assert _entry("scipy.io.old", old) is None
    assert _entry("scipy.io.Broken", Broken) is None
    assert _entry("scipy.io.number", 3) is None


def test_entries_are_sorted_and_no_sentence_stands_in_two_subpackages():
    entries, repeated, ambiguous = documented()
    names = [entry.name for entry in entries]
    assert names == sorted(names)
    assert len({entry.sentence for entry in entries}) == len(entries)
    assert {entry.subpackage for entry in entries} == {module.split(".")[0] for module in MODULES}
    assert repeated > 0
    assert ambiguous > 0

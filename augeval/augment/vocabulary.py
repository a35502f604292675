"""Pieces of text as numbers: every distinct word, and whatever stands between words, has one, with what it is.

The numbers belong to the process and to nothing that is kept: no result may depend on them, only on their forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from enum import IntFlag
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from augeval.augment import tokens
from augeval.augment.stopwords import STOP_WORDS

__all__ = ["EMPTY", "SPACE", "Ids", "Is", "Vocabulary"]

Ids = NDArray[np.int32]
EMPTY, SPACE = 0, 1  # numbers of "" and " " in every vocabulary
_WORDY = re.compile(r"\w")
T = TypeVar("T")


class Is(IntFlag):
    """What a piece is."""

    STOP = 1  # a stop word, in any case
    TITLE = 2  # a capital at its start only
    MIXED = 4  # capitals elsewhere ("iPhone")
    A = 8
    AN = 16
    IDEOGRAPH = 32
    BLANK = 64  # nothing but blanks, at least one
    ENDS = 128  # a capital after it begins a sentence
    WORDY = 256  # holds a letter, digit or underscore


class _Numbers(dict[str, int]):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[str] = []
        self.characters = 0

    def __missing__(self, form: str) -> int:
        self[form] = number = len(self.forms)
        self.forms.append(form)
        self.characters += len(form)
        return number


class Vocabulary:
    """Forms that a process has met. It only grows; what is known of each form is worked out when it is first asked.

    Args:
        number: form -> its number, a new one for a new form. forms: the form of each number.
        tables: what others keep by these numbers.
    """

    def __init__(self) -> None:
        self.number = _Numbers()
        self.forms: list[str] = self.number.forms
        self.tables: dict[Hashable, Any] = {}  # as many types as makers; see `table`
        self._texts = np.zeros(0, object)
        self._flags = np.zeros(0, np.uint16)
        assert [self.number[""], self.number[" "]] == [EMPTY, SPACE]

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def characters(self) -> int:
        """Of all forms."""
        return self.number.characters

    def texts(self, codes: NDArray[np.integer]) -> list[str]:
        """Of the code 2 i the form i, of 2 i + 1 a blank and the form."""
        if 2 * len(self) > len(self._texts):
            new = [text for form in self.forms[len(self._texts) // 2 :] for text in (form, " " + form)]
            self._texts = np.concatenate([self._texts, _objects(new)])
        return cast(list[str], self._texts[codes].tolist())

    def kinds(self, ids: Ids) -> NDArray[np.uint16]:
        """What each piece is, as flags of `Is`."""
        if len(self._flags) < len(self):
            new = [_what_is(form) for form in self.forms[len(self._flags) :]]
            self._flags = np.concatenate([self._flags, np.array(new, np.uint16)])
        return self._flags[ids]

    def are(self, ids: Ids, what: Is) -> NDArray[np.bool_]:
        """Whether each piece is any of these."""
        return np.asarray((self.kinds(ids) & what.value) != 0)

    def table(self, name: Hashable, make: Callable[[], T]) -> T:
        """What was made under this name for this vocabulary, or is made now."""
        if name not in self.tables:
            self.tables[name] = make()
        return cast(T, self.tables[name])


def _objects(texts: list[str]) -> NDArray[Any]:
    made = np.empty(len(texts), object)
    made[:] = texts
    return made


def _what_is(form: str) -> int:
    lower, case = form.lower(), tokens.case_of(form)
    flags = {
        Is.STOP: lower in STOP_WORDS,
        Is.TITLE: case == "title",
        Is.MIXED: case == "mixed",
        Is.A: lower == "a",
        Is.AN: lower == "an",
        Is.IDEOGRAPH: tokens.is_ideograph(form),
        Is.BLANK: form.isspace(),
        Is.ENDS: tokens.ends_sentence(form),
        Is.WORDY: _WORDY.search(form) is not None,
    }
    return sum(flag.value for flag, holds in flags.items() if holds)

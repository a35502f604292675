"""The three streams as the terminal needs them: open, able to spell everything, and stdout for the answer alone."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from typing import TextIO

__all__ = ["answer", "for_the_answer", "is_unicode", "settle"]

PLAIN = dict(zip("\N{MINUS SIGN}\N{EN DASH}×→…⟨⟩▲▼", ("-", "-", "x", "->", "...", "<", ">", "^", "v"), strict=True))
_stdout: ContextVar[TextIO | None] = ContextVar("stdout", default=None)


def settle() -> None:
    """Make the process's own streams usable, whatever they were started with; called once, before anything else.

    A closed one is opened on nothing: the next file to be opened would take its number, and what a library prints
    would go into that file. A character that the encoding lacks is spelled, for an answer must not end in its middle.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if not _is_open(number):
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # open to the end
    codecs.register_error("augeval.spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a stream that a test or notebook put there has none
        if reconfigure:
            reconfigure(errors="augeval.spelled")


@contextmanager
def for_the_answer() -> Iterator[None]:
    """Keep stdout for `answer`; what project code and libraries print meanwhile goes to stderr."""
    token = _stdout.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _stdout.reset(token)


def answer() -> TextIO:
    """Where results go."""
    return _stdout.get() or sys.stdout


def is_unicode(stream: TextIO) -> bool:
    """Whether a stream can hold every character; one that says nothing of its encoding can."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lost), error.end

"""From what stopped a command to its message and its exit code."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from augeval.errors import AugevalError, EngineError, RunFolderBusyError, TrackingError
from augeval.terminal.console import say
from augeval.terminal.streams import for_the_answer

__all__ = ["CELLS_FAILED", "Command", "Commands", "exit_code", "terminable"]

EXIT_CODES = {RunFolderBusyError: 6, EngineError: 5, TrackingError: 5}
BAD_INPUT, CELLS_FAILED, INTERRUPTED, TERMINATED = 2, 4, 130, 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM); nothing that catches errors stops it on the way out."""


def exit_code(error: AugevalError) -> int:
    """2 bad input, 5 engine or tracking lost, 6 folder in use."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), BAD_INPUT)


class Command(TyperCommand):
    """A command whose stdout holds its answer and nothing else."""

    def invoke(self, ctx: Any) -> Any:  # Context of the click that typer brings; what the command returns
        with for_the_answer():
            return super().invoke(ctx)


class Commands(TyperGroup):
    """Turns what augeval raises on purpose into one message and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # as above
        try:
            return super().invoke(ctx)
        except AugevalError as error:
            if ctx.params.get("debug") or os.environ.get("AUGEVAL_DEBUG") == "1":
                raise
            say(f"Error: {error}")
            raise typer.Exit(exit_code(error)) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            where = f" ({error.filename})" if error.filename else ""
            say(f"Error: The disk is full{where}. What was finished is kept: free some space and run the same again.")
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as stop:
            raise typer.Exit(TERMINATED if isinstance(stop, Terminated) else INTERRUPTED) from stop


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM unwind the program, so that workers end and the exit code says what happened."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

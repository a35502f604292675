"""A row of programs that read from one another, kept open: records in, as many answers out, each ended by NUL.

A program that dies, hangs or answers too little is noticed; the pipeline then ends, and the next question opens it
anew. Pipelines belong to the process that opened them and end with it.
"""

from __future__ import annotations

import atexit
import os
import selectors
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

__all__ = ["Pipeline", "open_pipeline"]

CHUNK = 1 << 16
SAID = 300  # characters of what the programs wrote to stderr that a fault shows

Programs = tuple[tuple[str, ...], ...]


class Pipeline:
    """Programs with their arguments, started when first asked."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.lock = threading.Lock()
        self.asked = 0  # records so far, in all: what may number the next ones
        self._running: list[subprocess.Popen[bytes]] = []
        self._said: IO[bytes] | None = None

    def ask(self, records: Sequence[bytes], timeout: float) -> tuple[list[bytes], str]:
        """Send records and read their answers while they are written, so that no pipe fills up.

        Args:
            records: without NUL. timeout: seconds without anything read or written that count as hanging.

        Returns:
            The answers in order, as far as they came; and what went wrong, "" if nothing. After a fault the programs
            are ended.
        """
        self.asked += len(records)
        try:
            self._open()
            answers, fault = self._exchange(b"".join(r + b"\0" for r in records), len(records), timeout)
        except OSError as error:
            answers, fault = [], f"It could not be started: {error}."
        except BaseException:  # interrupted in the middle: what is still to come must not answer the next question
            self.close()
            raise
        if fault:
            fault += self._last_words()
            self.close()
        return answers, fault

    def close(self) -> None:
        """End the programs."""
        running, self._running = self._running, []
        for process in running:
            process.kill()
        for process in running:
            process.wait()
            self._release(process)
        if self._said is not None:
            self._said.close()
            self._said = None

    def forget(self) -> None:
        """In a forked child: let go of what belongs to the parent, so that it ends when the parent does."""
        for process in self._running:
            self._release(process)
            process.returncode = 0  # it is not this process's child to wait for
        self._running, self._said = [], None

    @staticmethod
    def _release(process: subprocess.Popen[bytes]) -> None:
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _open(self) -> None:
        if self._running:
            return
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the programs
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        source: int | IO[bytes] = subprocess.PIPE
        for program in self.programs:
            # In a process group of its own: an interrupt at the terminal is ours to answer.
            process = subprocess.Popen(
                program, stdin=source, stdout=subprocess.PIPE, stderr=self._said, env=environment, process_group=0
            )
            if not isinstance(source, int):
                source.close()
            assert process.stdout is not None
            source = process.stdout
            self._running.append(process)

    def _exchange(self, sending: bytes, wanted: int, timeout: float) -> tuple[list[bytes], str]:
        first, last = self._running[0].stdin, self._running[-1].stdout
        assert first is not None and last is not None  # noqa: PT018  # both are pipes
        os.set_blocking(first.fileno(), False)
        received, came, sent = bytearray(), 0, 0
        fault = ""
        with selectors.DefaultSelector() as ready:
            ready.register(last, selectors.EVENT_READ)
            ready.register(first, selectors.EVENT_WRITE)
            while came < wanted and not fault:
                events = [key.fileobj for key, _ in ready.select(timeout)]
                fault = "" if events else f"No answer within {timeout:g} seconds."
                if first in events:
                    sent += _write(first.fileno(), sending[sent : sent + CHUNK])
                    if sent >= len(sending):
                        ready.unregister(first)
                if last in events:
                    chunk = os.read(last.fileno(), CHUNK)
                    fault = "" if chunk else f"It ended after {came} of {wanted} answers."
                    received += chunk
                    came += chunk.count(0)
        answers = bytes(received).split(b"\0")
        if came > wanted or answers[-1]:
            fault = fault or f"It gave more than {wanted} answers."
        return answers[:-1][:wanted], fault

    def _last_words(self) -> str:
        if self._said is None:
            return ""
        self._said.seek(0)
        text = " ".join(self._said.read().decode("utf-8", "replace").split())
        return f" It wrote: {text[:SAID]}" if text else ""


def _write(descriptor: int, data: bytes) -> int:
    """How much was taken; a program that no longer reads has ended, which reading from the last one tells."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return 1 << 62


_opened: dict[Programs, Pipeline] = {}


def open_pipeline(programs: Programs) -> Pipeline:
    """The pipeline of these programs in this process, opened once."""
    return _opened.setdefault(programs, Pipeline(programs))


def _close_all() -> None:
    for pipeline in _opened.values():
        pipeline.close()


def _forget_all() -> None:
    for pipeline in _opened.values():
        pipeline.forget()
    _opened.clear()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)

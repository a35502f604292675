"""A worker process: asks the driver for tiles, one at a time, and dies with it.

Started by `run.executors`, with one thread for each numeric library set in its environment before Python starts.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Literal

__all__ = ["attempt", "main", "resolve"]

Answer = tuple[Literal["ok", "error"], Any, str | None, str | None]
"""status, value, error type, error; the value is whatever the entry returns."""


def resolve(entry: str) -> Callable[[str], Any]:
    """The function that "package.module:function" names."""
    module, _, name = entry.partition(":")
    function: Callable[[str], Any] = getattr(import_module(module), name)
    return function


def attempt(function: Callable[[str], Any], tile: str) -> Answer:
    """Call it; what it raises, `sys.exit` included, is an answer like any other."""
    try:
        return "ok", function(tile), None, None
    except (Exception, SystemExit) as error:
        return failure(error)


def failure(error: BaseException) -> Answer:
    """An exception as text: its message first, the trace after it."""
    trace = "".join(traceback.format_exception(error))
    return "error", None, type(error).__name__, f"{error}\n\n{trace}"


def main(arguments: list[str]) -> None:
    """Serve until the driver closes the connection.

    Args:
        arguments: file descriptor of the connection, process id of the driver, entry.
    """
    descriptor, driver, entry = arguments
    me = os.getpid()
    _die_with(int(driver))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what Ctrl-C means
    with Connection(int(descriptor)) as connection:
        try:
            function = resolve(entry)
        except Exception as error:
            connection.send_bytes(pickle.dumps(failure(error)))
            return
        connection.send_bytes(pickle.dumps(("ok", None, None, None)))
        while True:
            try:
                tile = connection.recv()
            except EOFError:
                return
            answer = _pickled(attempt(function, tile))
            if os.getpid() != me:  # a tile forked: its copy of this process has no tile and must not answer
                os._exit(0)
            connection.send_bytes(answer)


def _pickled(answer: Answer) -> bytes:
    try:
        return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # pickle raises whatever an object's own code raises
        return pickle.dumps(failure(error))


def _die_with(driver: int) -> None:
    """End when the driver ends, however it ends: Linux sends a signal, elsewhere a thread looks once a second."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG in <linux/prctl.h>
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != driver:  # it was gone before the signal was asked for
        os._exit(1)
    threading.Thread(target=_watch, args=(driver,), daemon=True).start()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(1.0)
    os._exit(1)

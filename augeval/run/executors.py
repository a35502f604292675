"""Two ways to compute tiles, with one signature and the same bits: in this process, or in one-thread workers.

Each tile comes back exactly once, in any order, with what became of it. A worker is a process of its own with one tile
at a time, so a crash or a time-out is blamed on exactly one tile and costs no other.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Pipe, wait
from types import FrameType
from typing import Any, Literal

from augeval.errors import EngineError
from augeval.run.worker import attempt, resolve

__all__ = ["ONE_THREAD", "Crew", "Outcome", "one_thread", "processes", "serial"]

logger = logging.getLogger(__name__)

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from augeval.run.worker import main; main(sys.argv[2:])"
)
START_SECONDS = 600.0  # until a worker has imported its entry; a cold disk and a busy machine are slow
POLL_SECONDS = 0.2
ENDING_SECONDS = 2.0  # that a worker which closed its pipe has to end by itself

ONE_THREAD: Mapping[str, str] = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
         "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS", "RAYON_NUM_THREADS"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DISABLE_MLFLOW_INTEGRATION": "TRUE",  # transformers' own logging: only the driver talks to MLflow
    "MLFLOW_DISABLE_TELEMETRY": "true",
}  # fmt: skip
"""What a numeric library reads once, when it is loaded; so it must be set before numpy is imported."""


@dataclass(frozen=True)
class Outcome:
    """What became of one tile.

    Args:
        index: its position among the tiles.
        status: ok; error (it raised); crashed (its process died); timeout (its process was killed).
        value: what the entry returned, if ok.
        error_type, error: name of the exception, and its message followed by the trace.
    """

    index: int
    status: Literal["ok", "error", "crashed", "timeout"]
    value: Any = None  # whatever the entry returns
    error_type: str | None = None
    error: str | None = None


class Crew:
    """Workers that stay from one call of `processes` to the next, for a run in stages; gone when the block ends."""

    def __init__(self) -> None:
        """Nobody yet: workers start when tiles ask for them."""
        self._workers: list[_Worker] = []

    def __enter__(self) -> Crew:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every worker, whatever ended the block."""
        for worker in self._workers:
            if not worker.dead:
                worker.kill()

    def take(self, entry: str, size: int) -> list[_Worker]:
        """So many idle workers for an entry; those that died, serve another, or hold a tile nobody wants start anew."""
        for worker in self._workers:
            if worker.dead or worker.ended or worker.busy or worker.entry != entry:
                if not worker.dead:
                    worker.kill()
                worker.restart(entry)
        while len(self._workers) < size:
            self._workers.append(_Worker(entry))
        return self._workers[:size]


def serial(
    tiles: Sequence[str], entry: str, *, workers: int = 1, timeout: float | None = None, crew: Crew | None = None
) -> Iterator[Outcome]:
    """Compute tile after tile in this process: for objects that live here only, and for the debugger.

    Args:
        tiles: one JSON text each. entry: "package.module:function", given a tile.
        workers, timeout, crew: not used; one process cannot be two, nor kill itself.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the tile that was running is yielded first.
    """
    function = resolve(entry)
    with _interrupts() as interrupts:
        for index, tile in enumerate(tiles):
            with one_thread():
                status, value, error_type, error = attempt(function, tile)
            yield Outcome(index, status, value, error_type, error)
            if interrupts.asked:
                raise KeyboardInterrupt


def processes(
    tiles: Sequence[str], entry: str, *, workers: int, timeout: float | None = None, crew: Crew | None = None
) -> Iterator[Outcome]:
    """Compute tiles in worker processes; the results are bit for bit those of `serial`.

    Args:
        tiles: one JSON text each. entry: "package.module:function", importable in a fresh process.
        workers: how many at a time, at least 1.
        timeout: seconds that one tile may take, or None; a worker that takes longer is killed.
        crew: whose workers compute them, and stay; None: workers that are gone afterwards.

    Raises:
        EngineError: a worker cannot even start.
        KeyboardInterrupt: Ctrl-C was pressed; running tiles are finished and yielded first. A second one kills them.
    """
    if sys.platform == "win32":
        raise EngineError("Worker processes need Linux or macOS. Choose the serial executor.")
    with ExitStack() as stack:
        interrupts = stack.enter_context(_interrupts())
        pool = (crew or stack.enter_context(Crew())).take(entry, min(max(workers, 1), len(tiles)))
        waiting = deque(enumerate(tiles))
        while waiting or any(worker.busy for worker in pool):
            if interrupts.asked:
                waiting.clear()
            for worker in pool:
                if waiting and worker.ready and not worker.busy:
                    worker.give(*waiting.popleft(), timeout)
            for worker in _stirred(pool):
                outcome = worker.take()
                if outcome is not None:
                    yield outcome
                if worker.dead and waiting:
                    worker.start()
        if interrupts.asked:
            raise KeyboardInterrupt


class _Worker:
    """One worker process and the tile that it has.

    States: starting (not ready), idle, busy, dead. The process is its own session, so Ctrl-C in the terminal does not
    reach it, and killing its group also ends what it started itself.
    """

    def __init__(self, entry: str) -> None:
        self.restart(entry)

    def restart(self, entry: str) -> None:
        self.entry = entry
        self.index: int | None = None
        self.start()

    def start(self) -> None:
        self.ready, self.dead = False, False
        self.deadline = time.monotonic() + START_SECONDS
        self.connection, theirs = Pipe()
        with theirs:
            # -P: nothing is imported from the current folder by accident; the worker finds what this process finds.
            command = [sys.executable, "-P", "-c", _BOOT, json.dumps([str(folder) for folder in sys.path])]
            command += [str(theirs.fileno()), str(os.getpid()), self.entry]
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a library prints must not get between the results on stdout
                env={**os.environ, **ONE_THREAD},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def busy(self) -> bool:
        return self.index is not None

    @property
    def ended(self) -> bool:
        """Whether the process is gone; the pipe alone does not tell, since what it forked may hold the other end."""
        return self.process.poll() is not None

    def give(self, index: int, tile: str, timeout: float | None) -> None:
        self.index = index
        self.deadline = time.monotonic() + (timeout if timeout is not None else float("inf"))
        self.timeout = timeout
        with suppress(OSError):  # it died while idle; `take` finds the closed pipe and says so
            self.connection.send(tile)

    def take(self) -> Outcome | None:
        """What the worker says, or what its silence means."""
        ended = self.ended  # asked first: what it said before its end is in the pipe by now
        if not self.connection.poll():
            return self._crashed() if ended else self._too_late()
        try:
            message = self.connection.recv_bytes()
        except (EOFError, OSError):
            return self._crashed()
        # Only our own worker writes into this pipe; nothing from a file or a network is ever unpickled.
        status, value, error_type, error = pickle.loads(message)
        if not self.ready:
            if status != "ok":
                raise EngineError(
                    f"A worker process cannot import {self.entry}: {error_type}: {str(error).splitlines()[0]}"
                )
            self.ready, self.deadline = True, float("inf")
            return None
        return self._done(Outcome(self._current(), status, value, error_type, error))

    def kill(self) -> None:
        """End it at once, with everything that it started."""
        self.dead = True
        self.connection.close()
        with suppress(ProcessLookupError, PermissionError):  # gone already, or (macOS) gone and not yet waited for
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _too_late(self) -> Outcome | None:
        if not self.ready:
            raise EngineError(f"A worker process was not ready after {START_SECONDS:g} seconds.")
        self.kill()
        error = f"The tile took longer than {self.timeout:g} seconds and its worker was killed."
        return self._done(Outcome(self._current(), "timeout", None, "TimeoutError", error))

    def _crashed(self) -> Outcome | None:
        with suppress(subprocess.TimeoutExpired):  # it may be on its way out; how it ends is what the user is told
            self.process.wait(ENDING_SECONDS)
        self.kill()
        how = _ending(self.process.returncode)
        if not self.ready:
            raise EngineError(f"A worker process {how} before it was ready. Its own words are above.")
        if not self.busy:
            return None
        return self._done(Outcome(self._current(), "crashed", None, "WorkerCrashed", f"The worker process {how}."))

    def _current(self) -> int:
        assert self.index is not None, "an idle worker answered"
        return self.index

    def _done(self, outcome: Outcome) -> Outcome:
        self.index = None
        self.deadline = float("inf")
        return outcome


def _stirred(pool: Sequence[_Worker]) -> list[_Worker]:
    """Workers that have something to say, died, or ran out of time; waits a moment for one."""
    living = {worker.connection: worker for worker in pool if not worker.dead}
    left = min((worker.deadline for worker in living.values()), default=0.0) - time.monotonic()
    heard = wait(list(living), timeout=max(0.0, min(POLL_SECONDS, left)))
    now = time.monotonic()
    return [worker for link, worker in living.items() if link in heard or worker.deadline <= now or worker.ended]


class _Interrupts:
    """Counts Ctrl-C: the first is remembered, the second raises."""

    asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        logger.warning("Stopping when the running cells are finished. Press Ctrl-C again to stop at once.")


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    """Let running tiles finish on the first Ctrl-C; signals reach only the main thread, elsewhere nothing changes."""
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Numeric libraries, loaded before or within the block, use one thread: a sum's order depends on their number."""
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else None
    try:
        if torch:
            torch.set_num_threads(1)
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if torch:
            torch.set_num_threads(threads)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
        return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"ended with exit code {code}"

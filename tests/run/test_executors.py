"""Executors: every tile comes back once, whatever happens to the process that had it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from augeval.errors import EngineError
from augeval.run.executors import ONE_THREAD, Crew, Outcome, processes, serial

TILES = """
import json, os, signal, subprocess, sys, time

def work(tile):
    todo = json.loads(tile)
    if todo == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if todo == "leave":
        os._exit(7)
    if todo == "hang":
        time.sleep(600)
    if todo == "raise":
        raise ValueError("the reason")
    if todo == "fork":
        os.fork()  # and both copies go on as if each were the worker
    if todo == "fork and leave":
        if os.fork() == 0:
            time.sleep(600)
        os._exit(7)
    if todo == "interrupt":
        raise KeyboardInterrupt
    if todo == "exit":
        sys.exit(3)
    if todo == "unpicklable":
        return lambda: 0
    if isinstance(todo, dict) and "sleep" in todo:
        time.sleep(todo["sleep"])
    return todo

def where(tile):
    return os.getpid()

def environment(tile):
    import numpy as np
    from threadpoolctl import threadpool_info
    np.ones((64, 64)) @ np.ones((64, 64))
    return dict(os.environ), [pool["num_threads"] for pool in threadpool_info()]

def numbers(tile):
    import numpy as np
    from scipy import linalg
    rng = np.random.default_rng(json.loads(tile))
    a = rng.normal(size=(300, 300))
    return linalg.solve(a @ a.T + np.eye(300), a).tobytes()

def noisy(tile):
    print("chatter")
    os.write(1, b"more chatter")
    return 1

def report_pid(tile):
    todo = json.loads(tile)
    child = subprocess.Popen(["sleep", "600"]) if todo.get("child") else None
    with open(todo["file"], "a") as file:
        file.write(f"{os.getpid()} {child.pid if child else ''}\\n")
    time.sleep(todo["sleep"])
    return 0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on the path with a module of entries; workers must find what this process finds."""
    where = tmp_path_factory.mktemp("entries")
    (where / "entries_of_test_executors.py").write_text(TILES)
    sys.path.insert(0, str(where))
    yield where
    sys.path.remove(str(where))


def entry(name: str) -> str:
    return f"entries_of_test_executors:{name}"


def compute(execute, todo: list[object], name: str = "work", timeout: float | None = None) -> dict[int, Outcome]:
    """Outcomes by index; fails if a tile comes back twice."""
    outcomes: dict[int, Outcome] = {}
    for outcome in execute([json.dumps(t) for t in todo], entry(name), workers=2, timeout=timeout):
        assert outcome.index not in outcomes
        outcomes[outcome.index] = outcome
    assert sorted(outcomes) == list(range(len(todo)))
    return outcomes


@pytest.mark.parametrize("execute", [serial, processes])
class TestBoth:
    def test_each_tile_comes_back_once_with_its_value(self, execute, folder: Path) -> None:
        outcomes = compute(execute, [f"tile {i}" for i in range(20)])
        assert all(outcomes[i].value == f"tile {i}" for i in range(20))

    def test_an_exception_is_an_outcome_with_type_message_and_trace(self, execute, folder: Path) -> None:
        outcomes = compute(execute, [1, "raise", 2])
        assert (outcomes[0].status, outcomes[2].status) == ("ok", "ok")
        assert (outcomes[1].status, outcomes[1].error_type) == ("error", "ValueError")
        assert outcomes[1].error.startswith("the reason\n")
        assert "entries_of_test_executors.py" in outcomes[1].error

    def test_sys_exit_in_a_tile_ends_the_tile_only(self, execute, folder: Path) -> None:
        assert compute(execute, ["exit", 1])[0].error_type == "SystemExit"

    def test_no_tiles_are_no_outcomes(self, execute, folder: Path) -> None:
        assert compute(execute, []) == {}

    def test_numeric_libraries_have_one_thread(self, execute, folder: Path) -> None:
        environment, pools = compute(execute, [0], "environment")[0].value
        assert environment.items() >= ONE_THREAD.items()
        assert pools == [1] * len(pools)
        assert pools  # numpy's BLAS was seen


class TestSerial:
    def test_it_stays_in_this_process_and_puts_everything_back(self, folder: Path) -> None:
        before, handler = dict(os.environ), signal.getsignal(signal.SIGINT)
        assert compute(serial, [0], "where")[0].value == os.getpid()
        assert dict(os.environ) == before
        assert signal.getsignal(signal.SIGINT) is handler

    def test_ctrl_c_lets_the_running_tile_finish(self, folder: Path) -> None:
        outcomes = serial([json.dumps({"sleep": 1.0}), "1"], entry("work"))
        press_after(0.3)
        assert next(outcomes).status == "ok"
        with pytest.raises(KeyboardInterrupt):
            next(outcomes)


class TestCrew:
    def test_workers_stay_for_the_next_call_and_are_gone_after_the_block(self, folder: Path) -> None:
        with Crew() as crew:
            first, second = (
                {o.value for o in processes(["0"] * 8, entry("where"), workers=1, crew=crew)} for _ in range(2)
            )
            (pid,) = first
            assert second == {pid}
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_one_that_died_between_calls_is_replaced_and_blames_no_tile(self, folder: Path) -> None:
        with Crew() as crew:
            (before,) = processes(["0"], entry("where"), workers=1, crew=crew)
            os.kill(before.value, signal.SIGKILL)
            time.sleep(0.2)
            (after,) = processes(["0"], entry("where"), workers=1, crew=crew)
        assert after.status == "ok"
        assert after.value != before.value

    def test_a_tile_that_nobody_waited_for_is_not_taken_for_one_of_the_next_call(self, folder: Path) -> None:
        with Crew() as crew:
            left = processes([json.dumps(t) for t in ("a", {"sleep": 600})], entry("work"), workers=2, crew=crew)
            next(left)
            left.close()
            again = [o.value for o in processes(['"b"', '"c"'], entry("work"), workers=2, crew=crew)]
        assert sorted(again) == ["b", "c"]


class TestProcesses:
    def test_bits_equal_those_of_serial(self, folder: Path) -> None:
        alone, together = (compute(execute, list(range(4)), "numbers") for execute in (serial, processes))
        assert [alone[i].value for i in range(4)] == [together[i].value for i in range(4)]

    def test_a_crash_and_a_time_out_are_blamed_on_exactly_one_tile(self, folder: Path) -> None:
        todo = [0, "crash", 2, "hang", 4, "leave", 6, 7, 8, "crash", 10]
        outcomes = compute(processes, todo, timeout=1.5)
        wanted = {1: "crashed", 3: "timeout", 5: "crashed", 9: "crashed"}
        assert {i: o.status for i, o in outcomes.items() if o.status != "ok"} == wanted
        assert "SIGKILL" in outcomes[1].error
        assert "1.5 seconds" in outcomes[3].error
        assert "exit code 7" in outcomes[5].error

    def test_a_worker_that_ends_by_itself_is_not_said_to_be_out_of_memory(self, folder: Path) -> None:
        outcome = compute(processes, ["interrupt", 1])[0]  # so Python ends a process whose Ctrl-C nobody caught
        assert (outcome.status, outcome.error) == ("crashed", "The worker process was killed by SIGINT.")

    def test_a_copy_that_a_tile_forks_answers_for_no_tile(self, folder: Path) -> None:
        outcomes = compute(processes, [0, "fork", 2, "fork", 4])
        assert {i: o.value for i, o in outcomes.items()} == {0: 0, 1: "fork", 2: 2, 3: "fork", 4: 4}

    def test_a_crash_is_seen_while_a_forked_copy_holds_the_pipe(self, folder: Path) -> None:
        outcomes = compute(processes, [0, "fork and leave", 2], timeout=60.0)
        assert (outcomes[1].status, outcomes[2].status) == ("crashed", "ok")
        assert "exit code 7" in outcomes[1].error

    def test_a_tile_in_time_is_not_timed_out_by_the_tiles_before_it(self, folder: Path) -> None:
        outcomes = compute(processes, [{"sleep": 0.4}] * 6, timeout=1.0)
        assert {o.status for o in outcomes.values()} == {"ok"}

    def test_a_value_that_cannot_travel_is_an_error_not_a_crash(self, folder: Path) -> None:
        assert compute(processes, ["unpicklable", 1])[0].status == "error"

    def test_an_entry_that_cannot_be_imported_stops_the_run_with_the_reason(self, folder: Path) -> None:
        with pytest.raises(EngineError, match="ModuleNotFoundError: No module named 'nowhere'"):
            list(processes(["1"], "nowhere:work", workers=2))

    def test_what_a_library_prints_does_not_reach_stdout(self, folder: Path) -> None:
        script = textwrap.dedent(
            """
            import sys
            sys.path.insert(0, sys.argv[1])
            from augeval.run.executors import processes
            print([o.value for o in processes(["1"], "entries_of_test_executors:noisy", workers=1)])
            """
        )
        done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
        assert done.stdout == "[1]\n"
        assert "chatter" in done.stderr

    def test_a_script_without_a_main_guard_may_use_it(self, folder: Path, tmp_path: Path) -> None:
        script = tmp_path / "plain.py"
        script.write_text(
            "from augeval.run.executors import processes\n"
            "print('once')\n"
            "print([o.value for o in processes(['1', '2'], 'json:loads', workers=2)] != [])\n"
        )
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
        assert done.stdout == "once\nTrue\n"

    def test_workers_are_gone_when_the_reader_stops_early(self, folder: Path) -> None:
        before = children()
        outcomes = processes(["0", '{"sleep": 600}', '{"sleep": 600}'], entry("work"), workers=2)
        next(outcomes)
        assert len(children() - before) == 2
        outcomes.close()
        assert children() == before

    def test_a_time_out_ends_what_the_worker_started_too(self, folder: Path, tmp_path: Path) -> None:
        todo = {"file": str(tmp_path / "pids"), "sleep": 600, "child": True}
        assert compute(processes, [todo], "report_pid", timeout=1.0)[0].status == "timeout"
        pids = wait_for(tmp_path / "pids", lines=1)
        assert len(pids) == 2
        assert gone_within(pids, 5.0)

    def test_no_worker_is_left_five_seconds_after_the_driver_is_killed(self, folder: Path, tmp_path: Path) -> None:
        driver = start_driver(folder, tmp_path, seconds=600)
        pids = wait_for(tmp_path / "pids", lines=2)
        driver.kill()
        driver.wait()
        assert gone_within(pids, 5.0)

    def test_the_first_ctrl_c_finishes_running_tiles_and_starts_no_other(self, folder: Path, tmp_path: Path) -> None:
        driver = start_driver(folder, tmp_path, seconds=1.5)
        wait_for(tmp_path / "pids", lines=2)
        driver.send_signal(signal.SIGINT)
        out, _ = driver.communicate(timeout=30)
        assert out.split() == ["ok", "ok", "interrupted"]
        assert len((tmp_path / "pids").read_text().splitlines()) == 2

    def test_the_second_ctrl_c_kills_at_once(self, folder: Path, tmp_path: Path) -> None:
        driver = start_driver(folder, tmp_path, seconds=600)
        pids = wait_for(tmp_path / "pids", lines=2)
        driver.send_signal(signal.SIGINT)
        time.sleep(0.5)
        driver.send_signal(signal.SIGINT)
        out, _ = driver.communicate(timeout=30)
        assert out.split() == ["interrupted"]
        assert gone_within(pids, 5.0)


def start_driver(folder: Path, tmp_path: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that runs six tiles in two workers, each writing its process id and sleeping."""
    script = textwrap.dedent(
        """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        from augeval.run.executors import processes
        tiles = [json.dumps({"file": sys.argv[2], "sleep": float(sys.argv[3])})] * 6
        try:
            for outcome in processes(tiles, "entries_of_test_executors:report_pid", workers=2):
                print(outcome.status, flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    command = [sys.executable, "-c", script, str(folder), str(tmp_path / "pids"), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def press_after(seconds: float) -> None:
    """Ctrl-C for this process, from a thread."""
    main = threading.main_thread().ident
    timer = threading.Timer(seconds, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.daemon = True
    timer.start()


def wait_for(path: Path, lines: int) -> list[int]:
    """Process ids in a file, once it has this many lines."""
    for _ in range(600):
        if path.exists() and len(path.read_text().splitlines()) >= lines:
            return [int(pid) for pid in path.read_text().split()]
        time.sleep(0.05)
    raise AssertionError(f"{path} never got {lines} lines")


def gone_within(pids: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(alive(pid) for pid in pids):
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def children() -> set[int]:
    """Process ids of what this process started and has not waited for."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for a parent to ask does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False

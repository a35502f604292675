"""Programs that die, hang, answer too little or too much; a process that forks or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from augeval.augment.pipeline import Pipeline, open_pipeline

ECHO = """
import sys
buffer = b""
while chunk := sys.stdin.buffer.read1(65536):
    buffer += chunk
    *records, buffer = buffer.split(b"\\0")
    for record in records:
        {each}
        sys.stdout.buffer.write(record + b"\\0")
        sys.stdout.buffer.flush()
"""


def program(each: str = "pass") -> tuple[str, ...]:
    """Answers each record with itself, after this statement about it."""
    return (sys.executable, "-c", ECHO.format(each=each))


@pytest.fixture
def opened() -> Iterator[list[Pipeline]]:
    pipelines: list[Pipeline] = []
    yield pipelines
    for pipeline in pipelines:
        pipeline.close()


def pipeline(opened: list[Pipeline], *each: str) -> Pipeline:
    opened.append(Pipeline(tuple(program(one) for one in each or ("pass",))))
    return opened[-1]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ended(pid: int, seconds: float = 20) -> bool:
    limit = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    return not alive(pid)


def test_every_record_has_its_answer_and_the_programs_stay_open(opened):
    pipe = pipeline(opened, "record = record.upper()", "record = record[::-1]")
    assert pipe.ask([b"ab", b"", b"cd"], 30) == ([b"BA", b"", b"DC"], "")
    pids = [process.pid for process in pipe._running]
    assert pipe.ask([b"ef"], 30) == ([b"FE"], "")
    assert [process.pid for process in pipe._running] == pids


def test_records_larger_than_any_pipe_do_not_block(opened):
    large = [bytes([65 + i]) * 300_000 for i in range(4)]
    assert pipeline(opened, "pass", "pass").ask(large, 60) == (large, "")


def test_a_program_that_dies_leaves_the_answers_before_it_and_its_words(opened):
    pipe = pipeline(opened, "record == b'die' and sys.exit('it was too much')")
    answers, fault = pipe.ask([b"one", b"die", b"two"], 30)
    assert answers == [b"one"]
    assert fault == "It ended after 1 of 3 answers. It wrote: it was too much"
    assert pipe.ask([b"three"], 30) == ([b"three"], "")  # opened anew


def test_a_program_that_hangs_is_ended(opened):
    pipe = pipeline(opened, "record == b'hang' and __import__('time').sleep(1000)")
    assert pipe.ask([b"one"], 30) == ([b"one"], "")
    (pid,) = [process.pid for process in pipe._running]
    assert pipe.ask([b"hang"], 0.5) == ([], "No answer within 0.5 seconds.")
    assert ended(pid)


def test_more_answers_than_records_are_a_fault(opened):
    pipe = pipeline(opened, "record = record + b'\\0' + record if record == b'twice' else record")
    answers, fault = pipe.ask([b"twice"], 30)
    assert (answers, fault) == ([b"twice"], "It gave more than 1 answers.")
    assert pipe.ask([b"next"], 30) == ([b"next"], "")


def test_a_program_that_is_not_there_is_a_fault(opened):
    opened.append(Pipeline((("/nowhere/at/all",),)))
    answers, fault = opened[-1].ask([b"a"], 5)
    assert answers == []
    assert "could not be started" in fault


def test_an_interrupt_in_the_middle_leaves_nothing_for_the_next_question(opened):
    pipe = pipeline(opened, "record == b'slow' and __import__('time').sleep(1)")
    before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    with pytest.raises(KeyboardInterrupt):
        pipe.ask([b"slow"], 30)
    signal.signal(signal.SIGALRM, before)
    assert pipe.ask([b"next"], 30) == ([b"next"], "")


@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(3)"])
def test_programs_end_with_their_process_however_it_ends(end):
    code = f"""
import os, signal, sys
from augeval.augment.pipeline import open_pipeline
pipe = open_pipeline({(program(),)!r})
print(pipe.ask([b"a"], 30)[0] == [b"a"], *[process.pid for process in pipe._running], flush=True)
{end}
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert said[0] == "True"
    assert all(ended(int(pid)) for pid in said[1:])


def test_a_forked_child_opens_programs_of_its_own():
    pipe = open_pipeline((program(),))
    assert pipe.ask([b"parent"], 30) == ([b"parent"], "")
    mine = [process.pid for process in pipe._running]
    child = os.fork()
    if not child:
        own = open_pipeline((program(),))
        fine = own.ask([b"child"], 30) == ([b"child"], "") and [process.pid for process in own._running] != mine
        own.close()
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pipe.ask([b"again"], 30) == ([b"again"], "")
    assert [process.pid for process in pipe._running] == mine
    pipe.close()

"""Whatever a process's streams are, stdout holds the whole answer and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from augeval.terminal import console, streams

MAIN = "from augeval.cli import main; main()"


def python(code: str, *words: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A process whose streams the shell redirects."""
    env = {**os.environ, **environment}
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=env, timeout=120)


@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_opened_on_nothing_so_that_no_file_takes_their_place(shell: str, tmp_path):
    code = f"""
from augeval.terminal.streams import settle
settle()
import os, sys
print("to stdout"); print("to stderr", file=sys.stderr)
with open({str(tmp_path / "file")!r}, "w") as file:
    os.write(file.fileno(), str(file.fileno()).encode())
"""
    assert python(code, shell=shell).returncode == 0
    assert int((tmp_path / "file").read_text()) > 2


def test_what_the_encoding_lacks_is_spelled_and_the_answer_goes_on():
    code = f"from augeval.terminal.streams import settle; settle()\nprint({'−7.0 – ×4 ⟨é⟩'!r}); print('end')"
    done = python(code, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines() == ["-7.0 - x4 <\\xe9>", "end"]


def test_the_list_of_names_can_be_read_where_only_ascii_can():
    done = python(MAIN, "list", "augmenter", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "smote" in done.stdout
    assert done.stdout.isascii()


def test_json_for_a_stream_without_unicode_means_the_same():
    value = {"text": "−1.4 é \udc80"}
    code = f"from augeval.terminal import console, streams; streams.settle(); console.emit({value!r})"
    for encoding in ("ascii", "latin-1", "utf-8"):
        done = python(code, PYTHONIOENCODING=encoding)
        assert json.loads(done.stdout) == {"schema_version": 1, **value}, encoding


def test_what_others_print_meanwhile_goes_to_stderr(capsys: pytest.CaptureFixture[str]):
    with streams.for_the_answer():
        print("chatter")
        console.result("the answer")
        console.table(("A",), [("cell",)])
    console.result("later")
    out, err = capsys.readouterr()
    assert out == "the answer\nA\ncell\nlater\n"
    assert err == "chatter\n"


def test_a_message_from_data_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]):
    console.result("red \x1b[31m and \u202e reversed\nsecond line")
    console.say("Error: \x9b2J")
    out, err = capsys.readouterr()
    assert out == "red ⟨U+001B⟩[31m and ⟨U+202E⟩ reversed\nsecond line\n"
    assert err == "Error: ⟨U+009B⟩2J\n"

"""A real server of OpenAI's chat protocol, in a process of its own, with faults on command.

It paraphrases by rule, so that a run can be tried out and counted; it says so in `system_fingerprint`, and no arm of it
is evidence. `python scripted.py` prints its address; POST /command sets what the next calls meet, GET /counts tells.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LEADS = ("in short,", "put simply,", "as it were,", "briefly,", "to sum up,", "once more,", "all in all,",
         "so to speak,", "in a word,", "plainly,", "to be fair,", "on balance,")  # fmt: skip
ROW = re.compile(r"<<<TEXT\n(.*)\nTEXT>>>", re.DOTALL)


class State:
    """What the server was told, and what it saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.faults: list[str] = []  # one for each of the next calls, in their order
        self.always = "paraphrase"
        self.key = ""
        self.delay = 0.0
        self.hanging = True
        self.fingerprint = "scripted-1"
        self.obeyed: dict[str, list[str]] = {}  # row -> what a model that obeys it answers
        self.calls = self.answered = self.in_flight = self.most_in_flight = self.tokens = 0
        self.asked: dict[str, int] = {}
        self.bodies: list[dict] = []

    def counts(self) -> dict:
        names = ("calls", "answered", "in_flight", "most_in_flight", "tokens")
        return {**{name: getattr(self, name) for name in names}, "rows": len(self.asked), "bodies": self.bodies[-20:]}


STATE = State()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send(200, STATE.counts())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/command":
            with STATE.lock:
                vars(STATE).update(body)
            self.send(200, {})
        elif self.path == "/v1/chat/completions":
            self.chat(body)
        else:
            self.send(404, {"error": {"message": f"There is no {self.path} here."}})

    def chat(self, body: dict) -> None:
        with STATE.lock:
            STATE.calls += 1
            STATE.bodies.append(body)
            STATE.in_flight += 1
            STATE.most_in_flight = max(STATE.most_in_flight, STATE.in_flight)
            fault = STATE.faults.pop(0) if STATE.faults else STATE.always
        try:
            time.sleep(STATE.delay)
            self.answer(body, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with STATE.lock:
                STATE.in_flight -= 1

    def answer(self, body: dict, fault: str) -> None:
        given = self.headers.get("Authorization", "")
        kind, _, detail = fault.partition(":")
        if STATE.key and given != f"Bearer {STATE.key}":
            return self.error(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        if kind == "429":
            return self.error(429, "Slow down.", "rate_limit_exceeded", {"Retry-After": detail} if detail else {})
        if kind == "quota":
            return self.error(429, "You exceeded your current quota.", "insufficient_quota")
        if kind in ("500", "503", "408", "400", "404"):
            return self.error(int(kind), detail or f"A fault on command, {given}.", "fault")
        if kind == "newer" and "max_tokens" in body:
            return self.error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", "unsupported")
        return self.late_or_broken(body, kind, detail)

    def late_or_broken(self, body: dict, kind: str, detail: str) -> None:
        if kind == "hang":
            while STATE.hanging:
                time.sleep(0.02)
        if kind == "slow":
            time.sleep(float(detail))
        if kind == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{")
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return None
        if kind == "garbage":
            return self.send(200, "<html>a page, not a completion</html>")
        return self.complete(body, kind)

    def complete(self, body: dict, kind: str) -> None:
        row = ROW.search(body["messages"][-1]["content"])
        row = row[1] if row else ""
        wanted = int(re.search(r"Write (\d+)", body["messages"][-1]["content"] + " Write 1")[1])
        with STATE.lock:
            turn = STATE.asked[row] = STATE.asked.get(row, -1) + 1
        items = [f"{LEADS[(turn * wanted + i) % len(LEADS)]} {row}" for i in range(wanted)]
        if kind == "tell":
            items = [f"{item} {self.headers.get('Authorization')}" for item in items]
        if kind == "obey" and row in STATE.obeyed:
            items = STATE.obeyed[row]
        content = json.dumps({"paraphrases": items})
        content = {
            "malformed": '{"paraphrases": ["never clo',
            "talk": "I would be glad to help with that!",
            "prose": f"Sure, here you are:\n\n```json\n{content}\n```\nTell me if you want more.",
            "numbers": json.dumps({"paraphrases": [1, 2]}),
            "refuse": None,
            "empty": "",
            "none": json.dumps({"paraphrases": []}),
            "same": json.dumps({"paraphrases": [items[0]] * wanted}),
            "length": content[: len(content) // 2],
        }.get(kind, content)
        message = {"role": "assistant", "content": content, "refusal": "I cannot." if kind == "refuse" else None}
        finish = {"length": "length", "filter": "content_filter"}.get(kind, "stop")
        prompt, completion = len(str(body["messages"])) // 4, len(content or "") // 4
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        with STATE.lock:
            STATE.answered += 1
            STATE.tokens += prompt + completion
        choice = {"index": 0, "message": message, "finish_reason": finish}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"]}
        said = {**head, "system_fingerprint": STATE.fingerprint, "choices": [choice]}
        usage = {"half counted": {"prompt_tokens": prompt}, "miscounted": {**usage, "prompt_tokens": 10**30},
                 "undercounted": {**usage, "completion_tokens": -(10**6)}}.get(kind, usage)  # fmt: skip
        self.send(200, said if kind == "uncounted" else {**said, "usage": usage})

    def error(self, status: int, message: str, code: str, headers: dict | None = None) -> None:
        self.send(status, {"error": {"message": message, "type": code, "code": code}}, headers)

    def send(self, status: int, value: object, headers: dict | None = None) -> None:
        data = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


class Scripted:
    """The running server, as a test sees it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.base_url = f"{address}/v1"

    def told(self, **command: object) -> Scripted:
        """Set fields of `State`."""
        data = json.dumps(command).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.address}/command", data, headers)):
            return self

    def counts(self) -> dict:
        with urllib.request.urlopen(f"{self.address}/counts") as answer:
            return json.load(answer)

    def settled(self) -> Scripted:
        """Let go of whatever hangs."""
        self.told(hanging=False)
        while self.counts()["in_flight"]:
            time.sleep(0.02)
        return self.told(hanging=True)

    @property
    def calls(self) -> int:
        return self.counts()["calls"]


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A server of its own, ended with the block."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Scripted(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()

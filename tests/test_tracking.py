"""Tracking: MLflow gets everything once, whatever dies on the way, and nothing depends on it."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from augeval import tracking
from augeval.run.ledger import Ledger
from augeval.tracking import DrainReport, drain, fill, open_hint, resolve

_spec = importlib.util.spec_from_file_location("summaries", Path(__file__).with_name("test_records.py"))
summaries = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(summaries)
summary_of = summaries.summary_of

SECRET = "open-sesame"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes an mlflow.db into the project, or into a server that the developer uses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    folder = tmp_path / "run"
    folder.mkdir()
    with Ledger.open(folder) as opened:
        opened.begin({}, "digest", {})
        yield opened


def queue(ledger: Ledger, n_arms: int = 2, summary: dict[str, Any] | None = None, finished_ms: int = 5000) -> None:
    """Fill the outbox with a run of 3 + n records: summary, none, duplicate, n arms; and one file."""
    page = ledger.folder / "report.html"
    page.write_text("<p>a report</p>")
    made = summary or summary_of(n_arms)
    fill(ledger.outbox, made, {page.name: page}, run_id=ledger.run_id, started_ms=1000, finished_ms=finished_ms)


def snapshot(uri: str, experiment: str = "exp") -> list[Any]:
    """Everything that a reader of the store can see of each active run, by name."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found else []
    seen = []
    for run in runs:
        points = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
        history = {name: [(m.value, m.step, m.timestamp) for m in of] for name, of in points.items()}
        files = [(file.path, file.file_size) for file in client.list_artifacts(run.info.run_id)]
        inputs = [(i.dataset.name, i.dataset.digest) for i in run.inputs.dataset_inputs]
        times = (run.info.start_time, run.info.end_time, run.info.status)
        seen.append((run.info.run_name, run.info.run_id, times, history, run.data.params, run.data.tags, inputs, files))
    return sorted(seen, key=lambda entry: entry[:2])


def names(uri: str) -> list[str]:
    return [entry[0] for entry in snapshot(uri)]


EVERYTHING = ["duplicate ×4", "exp: summary", "none", "synonym 0.1 ×4", "synonym 0.2 ×4"]


class TestSqlite:
    def test_a_run_is_found_with_params_metrics_tags_inputs_and_files(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import mlflow

        queue(ledger)
        uri = resolve(None)
        assert drain(ledger.outbox, uri, "exp") == DrainReport(sent=6, left=0)
        assert names(uri) == EVERYTHING
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        found = mlflow.search_runs(experiment_names=["exp"], filter_string="params.magnitude = '0.1'")
        (row,) = found.to_dict("records")
        assert row["metrics.gain/macro_f1"] == pytest.approx(0.05)
        assert row["tags.augeval.outcome"] == "helps"
        assert row["tags.augeval.run"] == ledger.run_id
        assert (row["start_time"].value // 10**6, row["end_time"].value // 10**6) == (1000, 5000)
        shown = {entry[0]: entry for entry in snapshot(uri)}
        assert shown["synonym 0.1 ×4"][3]["test/macro_f1"] == [(0.4, 0, 5000), (0.5, 1, 5000), (0.6, 2, 5000)]
        assert shown["synonym 0.1 ×4"][6] == [("toy", ("a1" * 32)[:36])]
        assert shown["exp: summary"][7] == [("report.html", len("<p>a report</p>"))]
        assert shown["exp: summary"][5]["mlflow.note.content"].startswith("synonym helps")

    def test_sending_again_changes_nothing(self, ledger: Ledger) -> None:
        queue(ledger)
        uri = resolve(None)
        drain(ledger.outbox, uri, "exp")
        before = snapshot(uri)
        assert drain(ledger.outbox, uri, "exp") == DrainReport(0, 0)
        queue(ledger, finished_ms=9999)  # the same command, a day later
        assert drain(ledger.outbox, uri, "exp") == DrainReport(0, 0)
        assert snapshot(uri) == before

    def test_a_ledger_that_forgot_what_it_sent_duplicates_nothing(self, ledger: Ledger) -> None:
        queue(ledger)
        uri = resolve(None)
        drain(ledger.outbox, uri, "exp")
        before = snapshot(uri)
        ledger._db.execute("UPDATE outbox SET state = 'creating', run_id = NULL")
        assert drain(ledger.outbox, uri, "exp") == DrainReport(6, 0)
        assert snapshot(uri) == before

    def test_a_driver_that_died_after_create_run_leaves_an_orphan_that_is_completed(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue(ledger)
        uri = resolve(None)
        crash_after(monkeypatch, "_create", calls=2)
        with pytest.raises(Killed):
            drain(ledger.outbox, uri, "exp")
        monkeypatch.undo()
        assert [i.state for i in ledger.outbox.items()][:3] == ["done", "creating", "pending"]
        assert len(snapshot(uri)) == 2
        assert drain(ledger.outbox, uri, "exp") == DrainReport(5, 0)
        assert names(uri) == EVERYTHING

    def test_changed_results_replace_the_run_that_showed_the_old_ones(self, ledger: Ledger) -> None:
        queue(ledger)
        uri = resolve(None)
        drain(ledger.outbox, uri, "exp")
        changed = summary_of(2)
        changed["arms"][3]["scores"]["macro_f1"]["mean"] = 0.75
        queue(ledger, summary=changed)
        assert drain(ledger.outbox, uri, "exp") == DrainReport(1, 0)
        shown = {entry[0]: entry for entry in snapshot(uri)}
        assert names(uri) == EVERYTHING
        assert shown["synonym 0.2 ×4"][3]["test_mean/macro_f1"] == [(0.75, 0, 5000)]

    def test_a_run_that_a_reader_deleted_stays_deleted(self, ledger: Ledger) -> None:
        from mlflow import MlflowClient

        queue(ledger)
        uri = resolve(None)
        drain(ledger.outbox, uri, "exp")
        MlflowClient(uri).delete_run(snapshot(uri)[0][1])
        assert drain(ledger.outbox, uri, "exp") == DrainReport(0, 0)
        assert names(uri) == EVERYTHING[1:]

    def test_another_store_or_experiment_is_filled_as_well(self, ledger: Ledger) -> None:
        queue(ledger)
        drain(ledger.outbox, resolve("sqlite:///one.db"), "exp")
        assert drain(ledger.outbox, resolve("sqlite:///two.db"), "exp") == DrainReport(6, 0)
        assert drain(ledger.outbox, resolve("sqlite:///two.db"), "other") == DrainReport(6, 0)
        assert names(resolve("sqlite:///two.db")) == EVERYTHING

    def test_a_store_that_was_lost_is_filled_again(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        with Ledger.open(tmp_path / "run") as ledger:
            ledger.begin({}, "digest", {})
            queue(ledger)
            drain(ledger.outbox, resolve(None), "exp")
        (tmp_path / "mlflow.db").unlink()
        script = textwrap.dedent(
            """
            from pathlib import Path
            from augeval.run.ledger import Ledger
            from augeval.tracking import drain, resolve
            with Ledger.open(Path("run")) as ledger:
                print(drain(ledger.outbox, resolve(None), "exp"))
            """
        )
        again = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert again.stdout == "DrainReport(sent=6, left=0, error=None)\n"

    def test_a_run_folder_that_was_moved_still_sends_its_files(self, tmp_path: Path) -> None:
        (tmp_path / "old").mkdir()
        with Ledger.open(tmp_path / "old") as ledger:
            ledger.begin({}, "digest", {})
            queue(ledger)
        (tmp_path / "old").rename(tmp_path / "new")
        with Ledger.open(tmp_path / "new") as ledger:
            assert drain(ledger.outbox, resolve(None), "exp") == DrainReport(6, 0)

    def test_a_file_that_is_gone_waits_and_keeps_no_run_from_being_sent(self, ledger: Ledger) -> None:
        queue(ledger)
        (ledger.folder / "report.html").unlink()
        report = drain(ledger.outbox, resolve(None), "exp")
        assert (report.sent, report.left) == (5, 1)
        assert "report.html is not in" in report.error

    def test_many_metrics_and_params_are_sent_in_parts(self, ledger: Ledger) -> None:
        summary = summary_of(1)
        summary["arms"] = summary["arms"][:1]
        summary["arms"][0]["scores"]["macro_f1"]["per_seed"] = [[seed, seed / 4096] for seed in range(2500)]
        summary["arms"][0]["params"] = {f"p{i}": i for i in range(250)}
        queue(ledger, summary=summary)
        assert drain(ledger.outbox, resolve(None), "exp").left == 0
        none = snapshot(resolve(None))[1]
        assert none[3]["test/macro_f1"] == [(seed / 4096, seed, 5000) for seed in range(2500)]
        assert none[4].items() >= {f"augmenter.p{i}": str(i) for i in range(250)}.items()

    def test_a_record_that_mlflow_refuses_does_not_hold_up_the_others(self, ledger: Ledger) -> None:
        queue(ledger)
        bad = {**ledger.outbox.items()[1].payload, "params": {"a@b": "1"}}
        ledger.outbox.put("run", "bad", bad, {"started_ms": 1, "finished_ms": 2})
        report = drain(ledger.outbox, resolve(None), "exp")
        assert (report.sent, report.left) == (6, 1)
        assert "a@b" in report.error

    def test_a_deleted_experiment_is_said_and_not_revived(self, ledger: Ledger) -> None:
        from mlflow import MlflowClient

        queue(ledger)
        uri = resolve(None)
        drain(ledger.outbox, uri, "exp")
        client = MlflowClient(uri)
        client.delete_experiment(client.get_experiment_by_name("exp").experiment_id)
        assert "was deleted" in drain(ledger.outbox, uri, "exp").error

    def test_an_empty_outbox_does_not_even_look_for_a_server(self, ledger: Ledger) -> None:
        assert drain(ledger.outbox, "http://127.0.0.1:9", "exp") == DrainReport(0, 0)

    def test_a_folder_as_store_is_left_with_advice(self, ledger: Ledger) -> None:
        queue(ledger)
        report = drain(ledger.outbox, "./mlruns", "exp")
        assert (report.sent, report.left) == (0, 6)
        assert "sqlite:///mlflow.db" in report.error

    def test_stdout_and_the_environment_stay_as_they_were(
        self, ledger: Ledger, capfd: pytest.CaptureFixture[str]
    ) -> None:
        queue(ledger)
        before = dict(os.environ)
        drain(ledger.outbox, resolve(None), "exp")
        assert capfd.readouterr().out == ""
        assert {k: v for k, v in os.environ.items() if k in tracking._ENVIRONMENT} == {
            k: v for k, v in before.items() if k in tracking._ENVIRONMENT
        }

    def test_two_processes_may_open_a_new_store_at_once(self, tmp_path: Path) -> None:
        script = textwrap.dedent(
            """
            import sys
            from augeval.tracking import _Server, _quiet, resolve
            with _quiet():
                _Server.connect(resolve("sqlite:///shared.db"), "exp")
            """
        )
        both = [subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) for _ in range(2)]
        assert [(process.communicate()[1], process.returncode)[1] for process in both] == [0, 0]


class TestAddresses:
    def test_the_experiments_address_comes_first_then_the_environments_then_a_local_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert resolve(None) == f"sqlite:///{tmp_path}/mlflow.db"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
        assert resolve(None) == "http://server:5000"
        assert resolve("sqlite:///a/b.db?timeout=3") == f"sqlite:///{tmp_path}/a/b.db?timeout=3"
        assert resolve("sqlite:////abs/b.db") == "sqlite:////abs/b.db"

    def test_the_hint_can_be_pasted_and_holds_no_password(self) -> None:
        assert open_hint(resolve(None), "exp") == "mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1"
        assert open_hint(f"http://me:{SECRET}@host:5000", "exp") == "Open http://host:5000 (experiment 'exp')"
        assert "'sqlite:////with blank.db'" in open_hint("sqlite:////with blank.db", "exp")

    def test_no_password_reaches_the_ledger_or_the_report(self, ledger: Ledger) -> None:
        queue(ledger)
        report = drain(ledger.outbox, f"http://me:{SECRET}@127.0.0.1:{free_port()}", "exp")
        assert report.left == 6
        ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert SECRET not in str(report)
        assert SECRET.encode() not in (ledger.folder / "ledger.sqlite").read_bytes()


def test_a_dead_server_costs_seconds_and_is_reported(ledger: Ledger) -> None:
    queue(ledger)
    drain(ledger.outbox, resolve(None), "exp")  # so that importing MLflow is not measured
    start = time.monotonic()
    report = drain(ledger.outbox, f"http://127.0.0.1:{free_port()}", "exp")
    assert time.monotonic() - start < 10  # MLflow's own patience is 248 seconds
    assert (report.sent, report.left) == (0, 6)
    assert "refused" in report.error


def test_a_server_that_never_answers_costs_seconds(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(ledger)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")  # what the user sets stands
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        report = drain(ledger.outbox, f"http://127.0.0.1:{silent.getsockname()[1]}", "exp")
    assert time.monotonic() - start < 10
    assert report.left == 6


@pytest.mark.slow
class TestServer:
    """A real `mlflow server` on this machine; its start takes half a minute on a busy one."""

    def test_everything_arrives_over_http(self, ledger: Ledger, tmp_path: Path) -> None:
        queue(ledger)
        with server(tmp_path / "s", free_port()) as (uri, _):
            report = patient(lambda: drain(ledger.outbox, uri, "exp"))
            assert report.left == 0
            before = snapshot(uri)
            assert [entry[0] for entry in before] == EVERYTHING
            assert before[1][7] == [("report.html", len("<p>a report</p>"))]
            assert drain(ledger.outbox, uri, "exp").sent == 0
            assert snapshot(uri) == before

    def test_a_server_killed_half_way_and_started_again_gets_the_rest_once(
        self, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue(ledger)
        port = free_port()
        with server(tmp_path / "s", port) as (uri, kill):
            create = tracking._Server._create
            made = []

            def create_and_kill(self: Any, item: Any) -> str:
                made.append(create(self, item))
                if len(made) == 3:
                    kill()
                return made[-1]

            monkeypatch.setattr(tracking._Server, "_create", create_and_kill)
            report = drain(ledger.outbox, uri, "exp")
            assert (report.sent, report.left) == (2, 4)
            assert ledger.outbox.counts() == {"done": 2, "error": 1, "pending": 3}
        monkeypatch.undo()
        with server(tmp_path / "s", port) as (uri, _):
            assert patient(lambda: drain(ledger.outbox, uri, "exp")).left == 0
            assert names(uri) == EVERYTHING
            assert {entry[2] for entry in snapshot(uri)} == {(1000, 5000, "FINISHED")}


class Killed(BaseException):
    """Stands for kill -9: no handler of the code under test sees it."""


def crash_after(monkeypatch: pytest.MonkeyPatch, name: str, calls: int) -> None:
    """The process ends right after this many calls of a method have had their effect."""
    original, seen = getattr(tracking._Server, name), []

    def call(self: Any, *given: Any) -> Any:
        seen.append(original(self, *given))
        if len(seen) == calls:
            raise Killed
        return seen[-1]

    monkeypatch.setattr(tracking._Server, name, call)


def patient(send: Callable[[], DrainReport]) -> DrainReport:
    """Try again while a busy machine makes the server answer late."""
    for _ in range(10):
        report = send()
        if not report.left:
            break
    return report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, port: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """An MLflow server over a SQLite store, and how to kill it with all its processes."""
    folder.mkdir(exist_ok=True)
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    options += ["--backend-store-uri", f"sqlite:///{folder}/server.db"]
    options += ["--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", *options]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}", kill
    finally:
        kill()


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())

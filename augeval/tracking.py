"""summary -> flat records -> outbox -> MLflow.

The ledger is the truth and MLflow a copy of it. A record waits in the outbox until a server has all of it, so a dead
server costs nothing but a later `augeval sync`; sending again changes nothing, since times are stored and every run
carries its name and digest as tags.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from augeval.errors import AugevalError, TrackingError
from augeval.records import Item, Outbox, Record, metric_name, records, without_credentials
from augeval.types import sha256_of

__all__ = ["DrainReport", "Item", "Outbox", "Record", "drain", "fill", "metric_name", "open_hint", "records", "resolve"]

T = TypeVar("T")
METRICS_A_CALL, OTHERS_A_CALL = 1000, 100  # MLflow's limits of one log_batch

_ENVIRONMENT = {  # what the user set stays
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # by default a dead server holds a call for four minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_CONFIGURE_LOGGING": "false",
}


@dataclass(frozen=True)
class DrainReport:
    """What became of the outbox.

    Args:
        sent: records that the server took now. left: records that still wait.
        error: what the server, or its absence, said; None if nothing went wrong.
    """

    sent: int
    left: int
    error: str | None = None


def fill(
    outbox: Outbox,
    summary: Mapping[str, Any],
    artifacts: Mapping[str, Path],
    *,
    run_id: str,
    started_ms: int,
    finished_ms: int,
) -> None:
    """Queue everything that is to be sent of a run; what is queued already and has not changed stays as it is.

    Args:
        outbox: of the run's ledger. summary: what `report.summary.build` made.
        artifacts: name -> file; those inside the run folder are found again if the folder is moved.
        run_id: names the run; started_ms, finished_ms: its times, milliseconds since 1970.
    """
    stamp = {"started_ms": started_ms, "finished_ms": finished_ms}
    for record in records(summary):
        tagged = {"augeval.run": run_id, "augeval.cell_key": record.key}
        outbox.put("run", record.key, replace(record, tags={**record.tags, **tagged}).to_json(), stamp)
    for name, path in artifacts.items():
        here = path.resolve()
        inside = here.is_relative_to(outbox.folder.resolve())
        where = here.relative_to(outbox.folder.resolve()) if inside else here
        payload = {"path": where.as_posix(), "sha256": sha256(here.read_bytes()).hexdigest(), "run": run_id}
        outbox.put("artifact", name, payload, stamp)


def drain(outbox: Outbox, uri: str, experiment: str) -> DrainReport:
    """Send what this server does not have yet; stops at the first failure and never raises for one.

    Args:
        uri: of the tracking server or store, as `resolve` gives it. experiment: MLflow's name for the group of runs.
    """
    target = sha256_of([without_credentials(uri), experiment])[:16]
    items = outbox.items()
    waiting = [item for item in items if not _is_done(item, target)]
    if not items:
        return DrainReport(0, 0)
    try:
        with _quiet():
            server = _Server.connect(uri, experiment)
            return _send(outbox, server, items, target)
    except AugevalError as error:
        if not isinstance(error, TrackingError):  # the ledger's own trouble is not the server's
            raise
        return DrainReport(0, len(waiting), str(error))


def resolve(uri: str | None) -> str:
    """Where records go: the experiment's address, else MLFLOW_TRACKING_URI, else mlflow.db in the current folder.

    A relative SQLite path is made absolute, so that the same store is meant from every folder.
    """
    chosen = uri or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    path = _sqlite_path(chosen)
    return chosen if path is None else chosen.replace(f":///{path}", f":///{path.absolute()}", 1)


def open_hint(uri: str, experiment: str) -> str:
    """What to type, or where to click, to see the runs; without user name or password."""
    shown = without_credentials(uri)
    if shown.startswith(("http://", "https://")):
        return f"Open {shown} (experiment '{experiment}')"
    if shown.startswith("databricks"):
        return f"Open the experiment '{experiment}' in Databricks"
    path = _sqlite_path(shown)
    if path is not None and path.is_relative_to(Path.cwd()):
        shown = f"sqlite:///{path.relative_to(Path.cwd())}"
    return f"mlflow ui --backend-store-uri {shlex.quote(shown)} --host 127.0.0.1"


def _is_done(item: Item, target: str) -> bool:
    return item.state == "done" and item.target == target


@dataclass(frozen=True)
class _Stored:
    """A run that the server has: its id, the digest of what was sent, and whether it was not deleted."""

    run_id: str
    payload: str
    active: bool


def _send(outbox: Outbox, server: _Server, items: Sequence[Item], target: str) -> DrainReport:
    """Every run that the server lacks, then the files; one search tells which are there."""
    runs = [item for item in items if item.kind == "run"]
    present = server.stored({str(item.payload["tags"]["augeval.run"]) for item in runs})
    sent, errors = 0, list[str]()
    left = [item for item in items if not (_is_done(item, target) and _is_there(item, items, present))]
    for item in list(left):
        try:
            outbox.mark_creating(item.kind, item.key, target)
            (server.publish if item.kind == "run" else server.upload)(item, present, outbox)
        except TrackingError as error:
            outbox.mark_error(item.kind, item.key, str(error))
            errors.append(str(error))
            if not isinstance(error, _RefusedError):
                break
        else:
            outbox.mark_done(item.kind, item.key)
            left.remove(item)
            sent += 1
    return DrainReport(sent, len(left), errors[0] if errors else None)


def _is_there(item: Item, items: Sequence[Item], present: Mapping[str, Sequence[_Stored]]) -> bool:
    """Whether the server still has what was sent; a run that a reader deleted there counts, a lost database does not.

    A file is there if the summary run that took it is.
    """
    if item.kind == "run":
        return any(stored.payload == item.sha256 for stored in present.get(item.key, ()))
    return any(stored.run_id == item.run_id for stored in present.get("summary", ()))


class _RefusedError(TrackingError):
    """The server is there and will never take this record; the next one may pass."""


class _Server:
    """An MLflow experiment; whatever goes wrong behind it is a TrackingError."""

    def __init__(self, client: Any, experiment_id: str) -> None:  # an MlflowClient
        self.client = client
        self.experiment_id = experiment_id

    @staticmethod
    def connect(uri: str, experiment: str) -> _Server:
        """Open the store, new SQLite files one process at a time, and find or make the experiment."""
        if uri.startswith("file:") or ("://" not in uri and not uri.startswith("databricks")):
            raise TrackingError(
                f"'{without_credentials(uri)}' is a folder; MLflow keeps runs in a database. Use sqlite:///mlflow.db "
                "or the address of a server as tracking.uri."
            )
        with _in_words(), _one_opener(uri):
            from mlflow import MlflowClient

            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            found = client.get_experiment_by_name(experiment)
            if found is None:
                return _Server(client, client.create_experiment(experiment, _artifact_location(uri, experiment)))
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"The MLflow experiment '{experiment}' was deleted. Restore it there, or choose another name under "
                "tracking.experiment."
            )
        return _Server(client, found.experiment_id)

    def stored(self, run_names: Iterable[str]) -> dict[str, list[_Stored]]:
        """Runs of these augeval runs by record key, deleted ones among them."""
        found: dict[str, list[_Stored]] = {}
        with _in_words():
            from mlflow.entities import ViewType

            for name in sorted(run_names):
                token = None
                while True:
                    query = f"tags.`augeval.run` = '{name}'"
                    page = self.client.search_runs([self.experiment_id], query, ViewType.ALL, 1000, page_token=token)
                    for run in page:
                        tags, active = run.data.tags, run.info.lifecycle_stage == "active"
                        stored = _Stored(run.info.run_id, tags.get("augeval.payload", ""), active)
                        found.setdefault(tags.get("augeval.cell_key", ""), []).append(stored)
                    token = page.token
                    if not token:
                        break
        return found

    def publish(self, item: Item, present: dict[str, list[_Stored]], outbox: Outbox) -> None:
        """One run, whole: an orphan of the same content is completed, one of older content is replaced."""
        with _in_words():
            active = [stored for stored in present.get(item.key, ()) if stored.active]
            same = [stored for stored in active if stored.payload == item.sha256][:1]
            for stored in active:
                if stored not in same:
                    self.client.delete_run(stored.run_id)
            run_id = same[0].run_id if same else self._create(item)
            outbox.mark_run_id(item.kind, item.key, run_id)
            self._log(run_id, item)
            self.client.set_terminated(run_id, item.payload["status"], item.stamp["finished_ms"])
        present[item.key] = [_Stored(run_id, item.sha256, active=True)]

    def upload(self, item: Item, present: dict[str, list[_Stored]], outbox: Outbox) -> None:
        """One file, to the summary run."""
        path = outbox.folder / item.payload["path"]
        if not path.is_file():
            raise _RefusedError(f"{path.name} is not in {outbox.folder} any more; `augeval report` writes it again.")
        runs = [stored.run_id for stored in present.get("summary", ()) if stored.active]
        if not runs:
            raise _RefusedError("The summary run was deleted in MLflow; its files have no place to go.")
        outbox.mark_run_id(item.kind, item.key, runs[0])
        with _in_words():
            self.client.log_artifact(runs[0], str(path))

    def _create(self, item: Item) -> str:
        tags = {**item.payload["tags"], "augeval.payload": item.sha256}
        run = self.client.create_run(self.experiment_id, item.stamp["started_ms"], tags, item.payload["name"])
        return str(run.info.run_id)

    def _log(self, run_id: str, item: Item) -> None:
        """Metrics, params and inputs in as few calls as MLflow allows; the same values again are no new ones."""
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

        when, payload = item.stamp["finished_ms"], item.payload
        metrics = [Metric(name, value, when, step) for name, value, step in payload["metrics"]]
        params = [Param(name, value) for name, value in payload["params"].items()]
        first, *more = _chunks(metrics, METRICS_A_CALL) or [[]]
        self.client.log_batch(run_id, first, params[:OTHERS_A_CALL])
        for chunk in more:
            self.client.log_batch(run_id, chunk)
        for others in _chunks(params[OTHERS_A_CALL:], OTHERS_A_CALL):
            self.client.log_batch(run_id, params=others)
        context = [InputTag("mlflow.data.context", "training")]
        inputs = [DatasetInput(Dataset(source_type="code", **dataset), context) for dataset in payload["inputs"]]
        if inputs:
            self.client.log_inputs(run_id, inputs)


def _chunks(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever MLflow and the libraries under it raise, as a TrackingError without a password in it."""
    try:
        yield
    except AugevalError:
        raise
    except Exception as error:  # requests, SQLAlchemy, urllib3, alembic and MLflow each have their own tree
        text = _cause(without_credentials(f"{type(error).__name__}: {error}".strip().splitlines()[0]))[:500]
        refused = getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE"
        raise (_RefusedError if refused else TrackingError)(text) from error


def _cause(text: str) -> str:
    """What an HTTP library says of a server that is not there, without how it came to say so."""
    found = re.search(
        r"host='([^']+)', port=(\d+)\).*Failed to establish a new connection: (?:\[Errno -?\d+\] )?([^\"')]+)", text
    )
    return f"{found[1]}:{found[2]} cannot be reached: {found[3]}" if found else text


@contextmanager
def _quiet() -> Iterator[None]:
    """Short patience, no telemetry and an untouched stdout while MLflow is at work."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update({name: value for name, value in _ENVIRONMENT.items() if before[name] is None})
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


@contextmanager
def _one_opener(uri: str) -> Iterator[None]:
    """Two processes that open a new SQLite store at once break the file for good, so they take turns."""
    path = _sqlite_path(uri)
    try:
        import fcntl
    except ImportError:  # Windows; there the second opener may have to be started again
        path = None
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    name = sha256(str(path.absolute()).encode()).hexdigest()[:16]
    lock = Path(tempfile.gettempdir()) / f"augeval-{os.getuid()}-{name}.lock"
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sqlite_path(uri: str) -> Path | None:
    found = re.fullmatch(r"sqlite(?:\+\w+)?:///([^?]+)(?:\?.*)?", uri)
    return Path(found[1]) if found and not found[1].startswith(":memory:") else None


def _artifact_location(uri: str, experiment: str) -> str | None:
    """Beside the database, whatever the current folder is; a server knows its own place."""
    path = _sqlite_path(uri)
    name = re.sub(r"[^\w.-]", "_", experiment)
    return None if path is None else (path.absolute().parent / "mlruns" / name).as_uri()

"""The truth about a run: one SQLite file, one row per cell, written by one process and read by everybody.

A result is in it whole or not at all; a killed process, a full disk or a lost server costs at most the tiles that were
being computed. Running the same command again goes on where the file ends.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from augeval.errors import BudgetExhausted, EndpointError, InputError, LedgerMismatchError
from augeval.results import CellResult
from augeval.run.folder import locked, refuse_network_disk
from augeval.run.outbox import Outbox
from augeval.run.rows import IDS, ArrayRow, Row, as_frame, from_row, to_row
from augeval.run.store import FILE, check_schema, connect, connect_readonly, explained
from augeval.types import Json, canonical_json, sha256_of

__all__ = ["Ledger", "differences"]

MAX_ATTEMPTS = 2  # a failed cell is tried once more on the next run; after that only when asked for
NOT_THEIR_OWN = (BudgetExhausted.__name__, EndpointError.__name__)  # failures that say nothing of a cell: tried again
SHOWN = 6  # differences that a message spells out


class Ledger:
    """An open ledger; made by `Ledger.open`."""

    def __init__(self, folder: Path, db: sqlite3.Connection, *, readonly: bool) -> None:
        self.folder = folder
        self.readonly = readonly
        self._db = db
        self.outbox = Outbox(folder, self._transaction)

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, readonly: bool = False) -> Iterator[Ledger]:
        """The ledger of a run folder, held against other writers until the block ends.

        Args:
            folder: must exist, unless something is only read.
            readonly: read beside a running writer, without a lock; nothing can be written.

        Raises:
            RunFolderBusyError: another process writes it. LedgerMismatchError: a newer augeval wrote it.
            InputError: the folder cannot be written or read, or is on a network disk.
            AugevalError: the disk is full or the file is damaged.
        """
        if not folder.is_dir() or (readonly and not (folder / FILE).is_file()):
            raise InputError(f"{folder} holds no {FILE}: name the folder that `augeval run` wrote.")
        if not readonly:
            refuse_network_disk(folder)
        with nullcontext() if readonly else locked(folder):
            with explained(folder):
                db = connect_readonly(folder / FILE) if readonly else connect(folder / FILE)
            with closing(db):
                with explained(folder):
                    check_schema(db, folder, readonly=readonly)
                yield cls(folder, db, readonly=readonly)

    def begin(
        self, experiment: Json, digest: str, environment: Mapping[str, Json], *, allow_env_change: bool = False
    ) -> None:
        """Say what is going to be run: the first time it is written down, later it must be the same.

        Args:
            experiment: as `Experiment.to_json` gives it; digest: its hash.
            environment: versions that can change a number.
            allow_env_change: go on under other versions; cells remember under which they were computed.

        Raises:
            LedgerMismatchError: the folder holds another experiment, or other versions computed it.
        """
        stored = self._run_row()
        if stored is None:
            self._first_run(experiment, digest, environment)
            return
        if other := self.of_another(experiment, digest):
            raise LedgerMismatchError(other)
        if stored["experiment"] != canonical_json(experiment):  # a name, a budget: nothing that changes a number
            with self._transaction() as db:
                db.execute("UPDATE run SET experiment = ?", (canonical_json(experiment),))
        changes = differences(json.loads(stored["environment"]), json.loads(canonical_json(environment)))
        if changes and not allow_env_change:
            raise LedgerMismatchError(
                f"The results in {self.folder} were computed under other versions: {_shown(changes)}. Go back to them, "
                "go on and mark the new cells with --allow-env-change, or start anew with --fresh."
            )
        if changes:
            with self._transaction() as db:
                self._remember_environment(db, environment)
                db.execute("UPDATE run SET environment = ?", (canonical_json(environment),))

    def of_another(self, experiment: Json, digest: str) -> str:
        """Why this experiment cannot go on in this folder, and what to do; "" if it can."""
        stored = self._run_row()
        if stored is None or stored["digest"] == digest:
            return ""
        edits = differences(json.loads(stored["experiment"]), json.loads(canonical_json(experiment)))
        return (
            f"{self.folder} holds the results of another experiment: {_shown(edits)}. Choose another folder with "
            "--out, or set the old results aside with --fresh."
        )

    @property
    def run_id(self) -> str:
        """Names this run wherever it is copied to; a folder that is started anew gets another."""
        return str(self._begun()["id"])

    @property
    def started_ms(self) -> int:
        """When the run was first begun, in milliseconds since 1970."""
        return int(self._begun()["started_ms"])

    def experiment(self) -> Json:
        """The experiment as `begin` was given it."""
        return json.loads(self._begun()["experiment"])

    def environments(self) -> list[Json]:
        """The environments under which stored cells were computed, oldest first; more than one was allowed by hand."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT value FROM meta JOIN (SELECT environment, min(rowid) AS first FROM cell GROUP BY environment) "
                "ON name = 'environment:' || environment ORDER BY first"
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def finished(self, *, retry_failed: bool = False) -> set[str]:
        """Keys of cells that need no more computing.

        A cell that failed for want of a budget or a server is always tried again.

        Args:
            retry_failed: try every failed cell again, also those that failed twice.
        """
        tries = 2**31 if retry_failed else MAX_ATTEMPTS
        last = "SELECT error_type FROM attempt WHERE attempt.key = cell.key ORDER BY n DESC LIMIT 1"
        given_up = f"attempts >= ? AND COALESCE(({last}), '') NOT IN (?, ?)"
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT key FROM cell WHERE state != 'failed' OR ({given_up})", (tries, *NOT_THEIR_OWN)
            ).fetchall()
        return {row[0] for row in rows}

    def states(self) -> dict[str, str]:
        """Key of every stored cell -> "ok", "failed" or "not_applicable"."""
        with self._transaction() as db:
            return {row[0]: row[1] for row in db.execute("SELECT key, state FROM cell")}

    def append(self, results: Sequence[CellResult]) -> None:
        """Write results, all of them or none; a cell that is there already and did not fail stays as it is.

        Raises:
            AugevalError: the disk is full.
        """
        rows = [(to_row(result), result) for result in results]
        environment = sha256_of(json.loads(self._begun()["environment"]))
        with self._transaction() as db:
            for row, result in rows:
                found = db.execute("SELECT state, attempts FROM cell WHERE key = ?", (row.key,)).fetchone()
                if found is None or found["state"] == "failed":
                    self._write(db, row, result, (found["attempts"] if found else 0) + 1, environment)

    def results(self) -> list[CellResult]:
        """Every stored result, by key, checked against its checksums.

        Raises:
            AugevalError: a row is damaged; names the cell.
        """
        with self._transaction() as db:
            cells = db.execute("SELECT key, spec, state, result, sha256 FROM cell ORDER BY key").fetchall()
            arrays: dict[str, list[ArrayRow]] = {}
            for stored in db.execute("SELECT key, metric, data, sha256 FROM example"):
                arrays.setdefault(stored["key"], []).append(ArrayRow(*stored))
        shared = {key: held[0] for key, held in arrays.items() if held[0].metric == IDS}
        return [from_row(Row(**dict(cell), arrays=tuple(arrays.get(cell["key"], ()))), shared) for cell in cells]

    def failures(self, key: str) -> list[tuple[str | None, str | None]]:
        """(error type, error) of every failed attempt at a cell, oldest first."""
        with self._transaction() as db:
            rows = db.execute("SELECT error_type, error FROM attempt WHERE key = ? ORDER BY n", (key,)).fetchall()
        return [(row[0], row[1]) for row in rows]

    def export_parquet(self, path: Path) -> None:
        """Write one row per cell; the file is there whole or not at all.

        Args:
            path: key, dataset, model, augmenter, ratio, magnitude, balance, scope, when, seed, train_size, confirms,
                permuted, status, score.*, drift.*, fidelity.*, count.*, seconds.*, treated, reliability (both as JSON),
                error_type, error.
        """
        partial = path.with_name(f".{path.name}.partial")
        with explained(self.folder):
            as_frame(self.results()).to_parquet(partial, index=False)
            os.replace(partial, path)

    def get_meta(self, name: str) -> Json:
        """A small value that `set_meta` wrote, or None."""
        with self._transaction() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_meta(self, name: str, value: Json) -> None:
        """Keep a small value beside the results."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, canonical_json(value)))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction; what goes wrong is said in words and leaves nothing half written."""
        with explained(self.folder):
            self._db.execute("BEGIN" if self.readonly else "BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # SQLite itself rolls some errors back
                    self._db.execute("ROLLBACK")

    def _run_row(self) -> sqlite3.Row | None:
        with self._transaction() as db:
            row: sqlite3.Row | None = db.execute("SELECT * FROM run").fetchone()
        return row

    def _begun(self) -> sqlite3.Row:
        row = self._run_row()
        if row is None:
            raise InputError(f"The ledger in {self.folder} is empty: no run was begun in it.")
        return row

    def _first_run(self, experiment: Json, digest: str, environment: Mapping[str, Json]) -> None:
        now = int(datetime.now(UTC).timestamp() * 1000)
        texts = (canonical_json(experiment), digest, canonical_json(environment))
        with self._transaction() as db:
            self._remember_environment(db, environment)
            db.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)",
                (uuid.uuid4().hex, *texts, now, metadata.version("augeval")),
            )

    def _remember_environment(self, db: sqlite3.Connection, environment: Mapping[str, Json]) -> None:
        name = f"environment:{sha256_of(environment)}"
        db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, canonical_json(environment)))

    def _write(self, db: sqlite3.Connection, row: Row, result: CellResult, attempt: int, environment: str) -> None:
        costs = json.loads(row.result)["seconds"]
        # A cell is computed in a tile with others; its start is told by the seconds that were measured for it.
        end = datetime.now(UTC)
        start = end - timedelta(seconds=sum(value or 0.0 for value in costs.values()))
        times = (start.isoformat(timespec="milliseconds"), end.isoformat(timespec="milliseconds"))
        db.execute(
            "INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.key, row.spec, row.state, attempt, row.result, row.sha256, *times, canonical_json(costs), environment),
        )
        for array in row.arrays:
            db.execute(
                f"INSERT OR {'IGNORE' if array.metric == IDS else 'REPLACE'} INTO example VALUES (?, ?, ?, ?)",
                (array.key, array.metric, array.data, array.sha256),
            )
        if row.state == "failed":
            db.execute(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (row.key, attempt, "failed", socket.gethostname(), os.getpid(), times[1], result.error_type,
                 result.error),
            )  # fmt: skip


def differences(old: Json, new: Json, path: str = "") -> list[str]:
    """What changed between two JSON values: ["studies[0].seeds: 20 → 30", …]."""
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{k}".lstrip("."), old.get(k), new.get(k)) for k in sorted({*old, *new})]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(old, new, strict=True))]
    elif isinstance(old, list) and isinstance(new, list):
        first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        return [f"{path}: {len(old)} → {len(new)} entries, unlike from [{first}] on"]
    else:
        return [] if old == new else [f"{path}: {_short(old)} → {_short(new)}"]
    return [change for where, a, b in pairs for change in differences(a, b, where)]


def _shown(changes: Sequence[str]) -> str:
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return ", ".join(changes[:SHOWN]) + more if changes else "its digest differs"


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"

"""What still has to reach the tracking server: a table of the ledger that survives whatever happens to either."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from augeval.types import Json, canonical_json, sha256_of

__all__ = ["TABLE", "Item", "Outbox"]

State = Literal["pending", "creating", "done", "error"]

TABLE = """
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    payload  TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    stamp    TEXT NOT NULL,
    state    TEXT NOT NULL,
    target   TEXT,
    run_id   TEXT,
    tries    INTEGER NOT NULL DEFAULT 0,
    error    TEXT,
    UNIQUE (kind, key)
)"""


@dataclass(frozen=True)
class Item:
    """One record on its way.

    Args:
        kind, key: its name. payload: what is sent; sha256: its digest.
        stamp: facts of the moment when it was first put (times), no part of the digest.
        state: pending; creating (it was begun, how far is unknown); done; error (not taken, is tried again).
        target: which server it was begun or done for. run_id: what that server calls it.
    """

    kind: str
    key: str
    payload: Mapping[str, Json]
    sha256: str
    stamp: Mapping[str, Json]
    state: State
    target: str | None
    run_id: str | None
    tries: int
    error: str | None


class Outbox:
    """The table, as `tracking` sees it.

    Args:
        folder: the run folder; payloads name files relative to it, so that a moved folder still sends.
        transaction: opens a transaction of the ledger and gives its connection.
    """

    def __init__(self, folder: Path, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self.folder = folder
        self._transaction = transaction

    def put(self, kind: str, key: str, payload: Mapping[str, Json], stamp: Mapping[str, Json] | None = None) -> bool:
        """Queue a record; the same payload again changes nothing, another one is sent anew.

        Args:
            kind, key: its name. payload: JSON values.
            stamp: times and the like; the first of equal payloads keeps its own.

        Returns:
            Whether anything changed.
        """
        text, digest = canonical_json(payload), sha256_of(payload)
        with self._transaction() as db:
            found = db.execute("SELECT sha256 FROM outbox WHERE kind = ? AND key = ?", (kind, key)).fetchone()
            if found and found[0] == digest:
                return False
            db.execute(
                "INSERT INTO outbox (kind, key, payload, sha256, stamp, state) VALUES (?, ?, ?, ?, ?, 'pending') "
                "ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload, sha256 = excluded.sha256, "
                "stamp = excluded.stamp, state = 'pending', error = NULL",
                (kind, key, text, digest, canonical_json(stamp or {})),
            )
        return True

    def items(self) -> list[Item]:
        """Every record, in the order of its first `put`."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT kind, key, payload, sha256, stamp, state, target, run_id, tries, error FROM outbox "
                "ORDER BY position"
            ).fetchall()
        return [Item(r[0], r[1], json.loads(r[2]), r[3], json.loads(r[4]), *r[5:]) for r in rows]

    def pending(self) -> list[Item]:
        """Records that no server has taken yet."""
        return [item for item in self.items() if item.state != "done"]

    def mark_creating(self, kind: str, key: str, target: str) -> None:
        """The intent, written before the server is asked: after a crash it is known that something may be there."""
        self._set(
            kind, key, "state = 'creating', target = ?, run_id = NULL, tries = tries + 1, error = NULL", (target,)
        )

    def mark_run_id(self, kind: str, key: str, run_id: str) -> None:
        """What the server calls it."""
        self._set(kind, key, "run_id = ?", (run_id,))

    def mark_done(self, kind: str, key: str) -> None:
        """The server has all of it."""
        self._set(kind, key, "state = 'done', error = NULL", ())

    def mark_error(self, kind: str, key: str, error: str) -> None:
        """The server did not take it; it stays in the outbox."""
        self._set(kind, key, "state = 'error', error = ?", (error,))

    def counts(self) -> dict[str, int]:
        """Records by state; states without a record are left out."""
        with self._transaction() as db:
            return dict(db.execute("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state").fetchall())

    def _set(self, kind: str, key: str, assignment: str, values: tuple[str, ...]) -> None:
        # The assignment is one of the literals above; whatever comes from outside is bound.
        with self._transaction() as db:
            changed = db.execute(
                f"UPDATE outbox SET {assignment} WHERE kind = ? AND key = ?", (*values, kind, key)
            ).rowcount
        assert changed == 1, f"the outbox holds no {kind} {key}"

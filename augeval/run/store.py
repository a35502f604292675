"""The ledger's file: how it is opened, what its tables are, and what its errors mean in words."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from augeval.errors import AugevalError, InputError, LedgerMismatchError, RunFolderBusyError
from augeval.run.folder import disk_full
from augeval.run.outbox import TABLE as OUTBOX

__all__ = ["FILE", "SCHEMA_VERSION", "check_schema", "connect", "connect_readonly", "explained"]

FILE = "ledger.sqlite"
SCHEMA_VERSION = 1
ROOM = 65536  # bytes; with less, SQLite cannot make its shared index and speaks of an I/O error

_TABLES = (
    """CREATE TABLE run (
        id TEXT PRIMARY KEY, experiment TEXT NOT NULL, digest TEXT NOT NULL, environment TEXT NOT NULL,
        started_ms INTEGER NOT NULL, version TEXT NOT NULL)""",
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE cell (
        key TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, result TEXT NOT NULL,
        sha256 TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL, costs TEXT NOT NULL,
        environment TEXT NOT NULL)""",
    """CREATE TABLE example (
        key TEXT NOT NULL, metric TEXT NOT NULL, data BLOB NOT NULL, sha256 TEXT NOT NULL,
        PRIMARY KEY (key, metric))""",
    """CREATE TABLE attempt (
        key TEXT NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
        finished TEXT NOT NULL, error_type TEXT, error TEXT, PRIMARY KEY (key, n))""",
    OUTBOX,
)


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing: readers are not disturbed, and a commit is on the disk when it returns."""
    db = sqlite3.connect(path, isolation_level=None, timeout=20)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Read without leaving a trace; a folder that nobody may write is read as it lies."""
    for mode in ("mode=ro", "immutable=1"):
        db = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=20)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError as error:
            db.close()
            if mode == "immutable=1" or "unable to open" not in str(error):
                raise
        else:
            return db
    raise AssertionError("unreachable")


def check_schema(db: sqlite3.Connection, folder: Path, *, readonly: bool) -> None:
    """Make the tables of a new file, and refuse one that another program or a newer augeval wrote.

    Raises:
        LedgerMismatchError: it is not ours to read.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > SCHEMA_VERSION:
        raise LedgerMismatchError(
            f"The ledger in {folder} was written by a newer augeval (schema {found}; this one knows {SCHEMA_VERSION}). "
            "Update augeval, or choose another folder with --out."
        )
    if found == SCHEMA_VERSION:
        return
    if readonly or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise LedgerMismatchError(f"{folder / FILE} is no ledger of augeval. Choose another folder with --out.")
    db.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        db.execute(table)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """SQLite's and the disk's own words, as what happened and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(folder) from error
        raise
    except sqlite3.DatabaseError as error:
        raise _in_words(error, folder) from error


def _in_words(error: sqlite3.DatabaseError, folder: Path) -> AugevalError:
    text = str(error)
    if "disk is full" in text or ("disk I/O error" in text and shutil.disk_usage(folder).free < ROOM):
        return disk_full(folder)
    if "locked" in text:
        return RunFolderBusyError(
            f"The ledger in {folder} is held by another program ({text}). Close it and run again."
        )
    if "unable to open" in text or "readonly" in text:
        return InputError(f"{folder / FILE} cannot be opened for this ({text}). Check its rights, or choose --out.")
    return AugevalError(
        f"{folder / FILE} is damaged or cannot be read ({text}). Copy the run folder from a backup, or start anew with "
        "--fresh, which sets the old ledger aside."
    )

"""Replies on disk, each of them paid once, and what was spent: one SQLite file that all processes share.

Whoever wants a reply claims it first, in the same transaction that reserves its worst case; whoever wants the same one
meanwhile waits for it. A claim runs out, since its owner may have been killed; what it had reserved then counts as
spent, because the server may have billed it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from augeval.augment.llm.budget import NOTHING, Amount, Budget, fits
from augeval.errors import AugevalError
from augeval.memo import cache_dir
from augeval.types import Json

__all__ = ["Claim", "Replies", "Reply", "Status", "Turn"]

Status = Literal["ok", "refused", "filtered", "truncated", "malformed", "empty"]
Turn = Literal["yours", "taken", "reserved", "spent"]
"""What may be done about a missing reply: ask for it; wait for who asks already; wait until reservations are settled
for less; nothing, since it does not fit the budget."""

SCHEMA = 1
_TABLES = (
    """CREATE TABLE IF NOT EXISTS reply (
        key TEXT PRIMARY KEY, status TEXT NOT NULL, items TEXT NOT NULL, content TEXT NOT NULL, about TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS claim (
        key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL, account TEXT NOT NULL,
        requests INTEGER NOT NULL, tokens INTEGER NOT NULL, money REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS account (
        name TEXT PRIMARY KEY, requests INTEGER NOT NULL, tokens INTEGER NOT NULL, money REAL NOT NULL)""",
)


@dataclass(frozen=True)
class Reply:
    """What a server answered to one request.

    Args:
        status: what it is worth; items: the texts that it holds, () unless it is ok.
        content: as it came; about: model, fingerprint, request, finish, tokens, attempts, time.
    """

    status: Status
    items: tuple[str, ...] = ()
    content: str = ""
    about: Mapping[str, Json] = field(default_factory=dict)

    @property
    def scripted(self) -> bool:
        """Whether the server says that nobody wrote the answer: no evidence about any model."""
        return str(self.about.get("fingerprint") or "").startswith("scripted")


@dataclass(frozen=True)
class Claim:
    """The wish for one reply.

    Args:
        key: of the reply; owner: who wants it, unlike any other; account: who pays.
        most: its worst case; seconds: for which the claim holds.
    """

    key: str
    owner: str
    account: str
    most: Amount
    seconds: float


class Replies:
    """The open store; made by `Replies.open`. Every method is one transaction."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    @classmethod
    @contextmanager
    def open(cls, path: Path | None = None) -> Iterator[Replies]:
        """The store of this machine, or another one.

        Raises:
            AugevalError: it cannot be written, or is damaged; without it nothing could be paid once.
        """
        path = path or cache_dir() / "llm" / "replies.sqlite"
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(path, isolation_level=None, timeout=60)
        with closing(db):
            store = cls(db, path)
            store._prepare()
            yield store  # what is raised while it is open is no fault of the store

    def _prepare(self) -> None:
        with _explained(self._path):
            _in_wal_mode(self._db)
        with self._transaction():
            for table in _TABLES:
                self._db.execute(table)
            self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def found(self, keys: Iterable[str]) -> dict[str, Reply]:
        """Those of the replies that are there."""
        with self._transaction():
            each = ((key, self._reply(key)) for key in keys)
            return {key: reply for key, reply in each if reply is not None}

    def spent(self, account: str) -> Amount:
        """What an account has paid, reservations aside."""
        with self._transaction():
            return self._spent(account)

    def take(self, claim: Claim, budget: Budget) -> Reply | Turn:
        """The reply, or whose turn it is to ask for it; "yours" reserves the worst case until it is settled."""
        with self._transaction():
            self._let_claims_run_out()
            reply = self._reply(claim.key)
            if reply is not None:
                return reply
            if self._db.execute("SELECT 1 FROM claim WHERE key = ?", (claim.key,)).fetchone():
                return "taken"
            spent, reserved = self._spent(claim.account), self._reserved(claim.account)
            if not fits(spent + claim.most, budget):
                return "spent"
            if not fits(spent + reserved + claim.most, budget):
                return "reserved"
            most = (claim.most.requests, claim.most.tokens, claim.most.money)
            until = time.time() + claim.seconds
            row = (claim.key, claim.owner, until, claim.account, *most)
            self._db.execute("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            return "yours"

    def settle(self, claim: Claim, cost: Amount, reply: Reply | None = None) -> None:
        """Charge what was paid in place of what was reserved, and keep the reply, if there is one."""
        with self._transaction():
            mine = "DELETE FROM claim WHERE key = ? AND owner = ?"
            if self._db.execute(mine, (claim.key, claim.owner)).rowcount:  # else it ran out, and was charged then
                self._charge(claim.account, cost)
            if reply is not None:
                texts = (json.dumps(list(reply.items)), reply.content, json.dumps(dict(reply.about)))
                row = (claim.key, reply.status, *texts)
                self._db.execute("INSERT OR IGNORE INTO reply VALUES (?, ?, ?, ?, ?)", row)

    def _reply(self, key: str) -> Reply | None:
        row = self._db.execute("SELECT status, items, content, about FROM reply WHERE key = ?", (key,)).fetchone()
        return None if row is None else Reply(row[0], tuple(json.loads(row[1])), row[2], json.loads(row[3]))

    def _spent(self, account: str) -> Amount:
        row = self._db.execute("SELECT requests, tokens, money FROM account WHERE name = ?", (account,)).fetchone()
        return NOTHING if row is None else Amount(*row)

    def _reserved(self, account: str) -> Amount:
        sums = "SELECT COALESCE(SUM(requests), 0), COALESCE(SUM(tokens), 0), COALESCE(SUM(money), 0) FROM claim"
        return Amount(*self._db.execute(f"{sums} WHERE account = ?", (account,)).fetchone())

    def _charge(self, account: str, cost: Amount) -> None:
        total = self._spent(account) + cost
        row = (account, total.requests, total.tokens, total.money)
        self._db.execute("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", row)

    def _let_claims_run_out(self) -> None:
        late = "FROM claim WHERE until < ?"
        now = (time.time(),)
        for account, *most in self._db.execute(f"SELECT account, requests, tokens, money {late}", now).fetchall():
            self._charge(account, Amount(*most))
        self._db.execute(f"DELETE {late}", now)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _explained(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _in_wal_mode(db: sqlite3.Connection) -> None:
    """Two processes that make the file at once may meet here, where SQLite does not wait by itself."""
    for patience in (0.01, 0.1, 1.0, None):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # a reply that was paid is on the disk when it is settled
            return
        except sqlite3.OperationalError:
            if patience is None:
                raise
            time.sleep(patience)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, json.JSONDecodeError) as error:
        raise AugevalError(
            f"The replies of language models cannot be kept in {path} ({error}). Nothing is asked that could not be "
            "kept. Make room, repair its rights or move a damaged file away, or name another cache folder with "
            "AUGEVAL_CACHE."
        ) from error

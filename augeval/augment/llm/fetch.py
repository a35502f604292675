"""Every reply that is wanted: those on disk as they are, the others asked for, at most so many at once.

One retry loop, here: what the server asks us to wait, else twice as long each time, jittered. Whatever stops it,
requests that are under way are waited for and kept, since they are paid.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from augeval.augment.llm import budget as costs
from augeval.augment.llm.answers import reply_of
from augeval.augment.llm.client import Endpoint, Failure, ask, connected
from augeval.augment.llm.replies import Claim, Replies, Reply
from augeval.errors import AugevalError, BudgetExhausted, EndpointError
from augeval.seeds import stream
from augeval.types import Json

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Purse", "Request", "fetch"]

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between attempts
TOO_LONG = 300.0  # seconds that a server may ask us to wait; beyond, the next run asks again
LOOK_AGAIN = 0.05  # seconds until a reply that another one asks for is looked for again
GRACE = 30.0  # seconds that a claim outlives its attempt
DOWN = 60.0  # seconds for which a server that gave up on us is tried once only
KEPT = "Replies so far are kept and not paid again: run the same command when it is mended."

_down: dict[str, float] = {}  # base_url -> when it failed every attempt, in this process


@dataclass(frozen=True)
class Request:
    """What is sent, and the key of its reply: body without what only says how it is fetched."""

    key: str
    body: dict[str, Json]
    most: costs.Amount


@dataclass(frozen=True)
class Purse:
    """Who pays: an account, its limits, and the prices of the server."""

    account: str
    budget: costs.Budget
    prices: costs.Prices | None


def fetch(requests: Sequence[Request], endpoint: Endpoint, purse: Purse) -> dict[str, Reply]:
    """The reply to each request, by key.

    Raises:
        BudgetExhausted: the purse has too little for what is missing.
        EndpointError: the server cannot be reached, or refuses; says what to do.
    """
    wanted = {request.key: request for request in requests}
    with Replies.open() as store:
        replies = store.found(wanted)
    missing = [request for key, request in wanted.items() if key not in replies]
    if missing:
        replies |= _run(_fetch(missing, endpoint, purse))
    return replies


def _run(work: Coroutine[Any, Any, dict[str, Reply]]) -> dict[str, Reply]:
    """Wait for it, also where a loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _fetch(missing: Sequence[Request], endpoint: Endpoint, purse: Purse) -> dict[str, Reply]:
    with Replies.open() as store:
        async with connected(endpoint) as client:
            fetcher = _Fetcher(endpoint, purse, store, client, deque(missing))
            await asyncio.gather(*(fetcher.work() for _ in range(min(endpoint.concurrency, len(missing)))))
        if fetcher.stopped is not None:
            raise fetcher.stopped
        return fetcher.replies


@dataclass
class _Fetcher:
    endpoint: Endpoint
    purse: Purse
    store: Replies
    client: AsyncOpenAI
    todo: deque[Request]
    replies: dict[str, Reply] = field(default_factory=dict)
    stopped: AugevalError | None = None
    not_before: float = 0.0  # by time.monotonic: what the server asked all of us to wait
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def work(self) -> None:
        """Take request after request, until none is left or something stops everybody."""
        while self.todo and self.stopped is None:
            request = self.todo.popleft()
            try:
                reply = await self._one(request)
            except AugevalError as error:
                self.stopped = self.stopped or error
            else:
                if reply is not None:
                    self.replies[request.key] = reply

    async def _one(self, request: Request) -> Reply | None:
        """The reply; None where another request has stopped everybody."""
        claim = Claim(request.key, self.owner, self.purse.account, request.most, self.endpoint.timeout + GRACE)
        attempts = _attempts(self.endpoint)
        for attempt in range(1, attempts + 1):
            await self._until(self.not_before)
            found = await self._turn(claim)
            if found is not None or self.stopped is not None:
                return found
            try:
                return await self._attempt(request, claim, attempt)
            except Failure as failure:
                self._look_at(failure, attempt, attempts)
                if failure.wait is None:
                    await self._until(time.monotonic() + _backoff(request.key, attempt))
        raise AssertionError("the last attempt raises")

    async def _turn(self, claim: Claim) -> Reply | None:
        """Wait until it is ours to ask, which is None, or somebody else has the reply."""
        while self.stopped is None:
            answer = self.store.take(claim, self.purse.budget)
            if isinstance(answer, Reply):
                return answer
            if answer == "yours":
                return None
            if answer == "spent":
                raise self._exhausted()
            await asyncio.sleep(LOOK_AGAIN)
        return None

    async def _attempt(self, request: Request, claim: Claim, attempt: int) -> Reply:
        """Ask, and pay: what the server counted, or the worst case where it may bill an answer that never came."""
        cost, reply = request.most, None
        try:
            found = await ask(self.client, self.endpoint, request.body)
            made = {"attempts": attempt, "made": datetime.now(UTC).isoformat(timespec="seconds")}
            reply = reply_of(found, made)
            cost = costs.charged(found.prompt_tokens, found.completion_tokens, request.most, self.purse.prices)
            return reply
        except Failure as failure:
            cost = request.most if failure.billed else costs.Amount(requests=1)
            raise
        finally:
            self.store.settle(claim, cost, reply)

    def _look_at(self, failure: Failure, attempt: int, attempts: int) -> None:
        """Give up where another attempt would not help; else let everybody wait as long as the server asks."""
        too_long = failure.wait is not None and failure.wait > TOO_LONG
        if failure.again and attempt < attempts and not too_long:
            self.not_before = max(self.not_before, time.monotonic() + (failure.wait or 0.0))
            return
        if failure.again:
            _down[self.endpoint.base_url] = time.monotonic()
        tries = f" ({attempt} attempts)" if attempt > 1 else ""
        wait = f"It asks us to wait {failure.wait:,.0f} seconds." if too_long else ""
        raise EndpointError(" ".join(filter(None, (f"{failure.why}{tries}.", wait, failure.fix, KEPT))))

    async def _until(self, moment: float) -> None:
        """Sleep, unless something stops everybody meanwhile."""
        while self.stopped is None and (left := moment - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))

    def _exhausted(self) -> BudgetExhausted:
        said = costs.shown(self.store.spent(self.purse.account), self.purse.budget)
        return BudgetExhausted(
            f"The budget does not cover the next request to {self.endpoint.model}: {said} are spent. Enlarge budget "
            "and run the same command: replies so far are kept and not paid again."
        )


def _attempts(endpoint: Endpoint) -> int:
    """One only, where the server has just failed all of them: the other cells of a run need not wait as long."""
    return 1 if time.monotonic() - _down.get(endpoint.base_url, -DOWN) < DOWN else endpoint.attempts


def _backoff(key: str, attempt: int) -> float:
    """Seconds: twice as many each time, between three and five quarters of that."""
    jitter = float(stream("llm backoff", key, attempt).uniform(0.75, 1.25))
    return min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT) * jitter

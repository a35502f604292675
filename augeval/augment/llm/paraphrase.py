"""llm_paraphrase: rows rewritten by a language model, through any server that speaks OpenAI's protocol."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from augeval.augment.llm.answers import FORMAT, SCHEMA
from augeval.augment.llm.budget import Budget, Prices, worst
from augeval.augment.llm.checks import judged, normalised, unsendable
from augeval.augment.llm.client import Endpoint, key_in
from augeval.augment.llm.fetch import Purse, Request, fetch
from augeval.augment.llm.prompts import Prompt, delimited, read_prompt
from augeval.augment.llm.replies import Reply
from augeval.edited import Edited
from augeval.errors import InputError, MissingExtraError, NotApplicable
from augeval.extend import augmenter
from augeval.results import NOT_EVIDENCE
from augeval.types import Json, sha256_of

__all__ = ["llm_paraphrase"]

PROTOCOL = 1  # of what is sent and how an answer is read; raised by hand where either changes
ROOM = 160  # tokens for what is around the paraphrases
_ENV = re.compile(r"[A-Z_][A-Z0-9_]*")
_URL = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#@]*)?")

Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class _Wish:
    """What every request of an arm has in common."""

    endpoint: Endpoint
    prompt: Prompt
    per_request: int
    max_tokens: int | None
    seed: int | None
    sampling: Mapping[str, Json]
    prices: Prices | None

    def request(self, row: str, index: int) -> Request:
        """The request for paraphrases index · per_request … of a row; its key is everything that an answer hangs on."""
        messages = self.prompt.messages(row, self.per_request)
        limit = self.max_tokens or ROOM + self.per_request * len(row.encode())
        body: dict[str, Json] = {
            "model": self.endpoint.model,
            "messages": messages,
            "max_tokens": limit,
            "response_format": FORMAT,
            **self.sampling,
            **({} if self.seed is None else {"seed": self.seed + index}),
        }
        named = {"protocol": PROTOCOL, "base_url": self.endpoint.base_url, "index": index, "body": body}
        return Request(sha256_of(named), body, worst(messages, SCHEMA, limit, self.prices))


def _ready(params: Mapping[str, Any]) -> str:
    """Refuse what cannot work before anything is run or written; the digest of the prompt, which names what is asked.

    Raises:
        InputError: an address with a password in it, a key where its variable's name should be, money without prices,
            a prompt that cannot be used. MissingExtraError: the `openai` package is missing.
    """
    if find_spec("openai") is None:
        raise MissingExtraError("openai", "llm", "llm_paraphrase")
    if not _URL.fullmatch(str(params.get("base_url", ""))):
        raise InputError(
            "llm_paraphrase: base_url is an address such as http://127.0.0.1:8000/v1, without a user, a password or "
            "anything after a question mark: experiments are copied into reports. A key belongs into the environment."
        )
    name = params.get("api_key_env")
    if name is not None and not _ENV.fullmatch(str(name)):
        raise InputError(
            "llm_paraphrase: api_key_env is the name of an environment variable, such as OPENAI_API_KEY, and never the "
            "key itself: experiments are copied into reports."
        )
    budget = Budget.model_validate(params.get("budget") or {})
    if budget.money is not None and not params.get("prices"):
        raise InputError("llm_paraphrase: a budget of money needs prices: {input: …, output: …}, per million tokens.")
    return sha256_of([PROTOCOL, read_prompt(params.get("prompt")).text])


@augmenter(
    "text", unit="", one_draw=True, batch=True, requires=_ready, paths=("prompt",), notes=("reply",),
    source="any server of OpenAI's chat protocol; the model decides what comes back",
    operational=("budget", "prices", "concurrency", "timeout", "attempts", "api_key_env"),
)  # fmt: skip
def llm_paraphrase(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    rows: Sequence[str],
    *,
    magnitude: float | None = None,
    row_keys: NDArray[np.uint64] | None = None,
    copies: NDArray[np.int64] | None = None,
    account: str = "",
    base_url: str,
    model: str,
    prompt: str | None = None,
    per_request: Positive = 4,
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.8,
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None,
    max_tokens: Positive | None = None,
    seed: int | None = None,
    evidence: bool = True,
    budget: Budget | None = None,
    prices: Prices | None = None,
    concurrency: Positive = 4,
    timeout: Seconds = 60.0,
    attempts: Positive = 5,
    api_key_env: str | None = None,
) -> Edited:
    """Let a language model paraphrase the row.

    A server is asked once for each row and each `per_request` copies of it; copy c is item c mod per_request of its
    answer. Replies are kept on disk by everything that they hang on, so nothing is paid twice; what is no paraphrase
    is counted and left out, never replaced.

    Args:
        rows: n texts. copies: (n,) which copy of its row each is; all 0 if not given.
        account: what the budget is counted on; the harness gives that of the experiment.
        base_url, model: the server, up to and with /v1, and the name that it knows the model by.
        prompt: path of a template in place of the built-in one. per_request: paraphrases that one request asks for.
        temperature, top_p, seed: sent as they are where they are given; request k of a row is sent seed + k.
        max_tokens: of one answer; if not given, as many as its paraphrases have bytes at most.
        evidence: False marks rows of a server that plays a model; they are shown and never judged.
        budget: most requests, tokens and money of this arm in all; prices: of a million tokens, for money.
        concurrency: requests at once, of one process. timeout: seconds of one attempt; attempts: at one reply.
        api_key_env: environment variable of the key; OPENAI_API_KEY, where it is set, if not given.

    Returns:
        The paraphrases, None where there is none; counts of why not, in rows.

    Raises:
        BudgetExhausted: what is missing does not fit the budget. EndpointError: the server gives nothing.
        NotApplicable: no row at all could be made; says what came instead.
        InputError: a parameter that cannot work.
    """
    _ready({"base_url": base_url, "prompt": prompt, "api_key_env": api_key_env, "budget": budget, "prices": prices})
    costs = None if prices is None else Prices.model_validate(prices)
    wish = _Wish(
        Endpoint(base_url.rstrip("/"), model, key_in(api_key_env), api_key_env or "OPENAI_API_KEY",
                 timeout, attempts, concurrency),
        read_prompt(prompt), per_request, max_tokens, seed,
        {name: value for name, value in (("temperature", temperature), ("top_p", top_p)) if value is not None}, costs,
    )  # fmt: skip
    named = [PROTOCOL, base_url, model, wish.prompt.text, per_request, dict(wish.sampling), max_tokens, seed, evidence]
    purse = Purse(sha256_of([account, named]), Budget.model_validate(budget or {}), costs)
    numbers = [0] * len(rows) if copies is None else [int(copy) for copy in copies]
    asked = _requests(wish, rows, numbers)
    replies = fetch(list(asked.values()), wish.endpoint, purse)
    return _edited(rows, numbers, wish, {which: (r.key, replies[r.key]) for which, r in asked.items()}, evidence)


def _requests(wish: _Wish, rows: Sequence[str], copies: Sequence[int]) -> dict[tuple[str, int], Request]:
    """Those that the copies need: a row's earlier replies too, since nothing of them may come again."""
    last: dict[str, int] = {}
    for row, copy in zip(rows, copies, strict=True):
        if not unsendable(row):
            last[row] = max(last.get(row, 0), copy // wish.per_request)
    # First replies first: where a budget runs out, as many rows as can be have one.
    pairs = [(row, i) for i in range(1 + max(last.values(), default=-1)) for row in last if i <= last[row]]
    return {(row, i): wish.request(row, i) for row, i in pairs}


def _edited(
    rows: Sequence[str],
    copies: Sequence[int],
    wish: _Wish,
    replies: Mapping[tuple[str, int], tuple[str, Reply]],
    evidence: bool,
) -> Edited:
    made = {row: list(_copies(row, wish, replies)) for row in dict.fromkeys(rows)}
    unsent = {row: _Copy(None, unsendable(row)) for row in made if not made[row]}
    found = [unsent[row] if row in unsent else made[row][copy] for row, copy in zip(rows, copies, strict=True)]
    counts = Counter(copy.why for copy in found if copy.why)
    if rows and all(copy.text is None for copy in found):
        said = ", ".join(f"{n} {why}" for why, n in sorted(counts.items()))
        raise NotApplicable(f"{wish.endpoint.model} gave no usable paraphrase of {len(rows)} rows: {said}.")
    counts = Counter({f"unmade: {why}": n for why, n in counts.items()})
    scripted = sum(copy.text is not None and (copy.scripted or not evidence) for copy in found)
    if scripted:
        counts[NOT_EVIDENCE] = scripted
    return Edited([c.text for c in found], counts=dict(counts), notes={"reply": [c.reply for c in found]})


@dataclass(frozen=True)
class _Copy:
    """One paraphrase, or why there is none; and which item of which reply it is."""

    text: str | None
    why: str = ""
    reply: str = ""
    scripted: bool = False


def _copies(row: str, wish: _Wish, replies: Mapping[tuple[str, int], tuple[str, Reply]]) -> Iterator[_Copy]:
    """Every copy that the replies to a row give, in order."""
    taken: set[str] = set()
    told = " ".join(m["content"] for m in wish.prompt.messages(row, wish.per_request)).replace(delimited(row), " ")
    for index in range(len(replies)):
        if (row, index) not in replies:
            return
        key, reply = replies[row, index]
        for i in range(wish.per_request):
            name = f"{key[:16]} {i}"
            if reply.status != "ok" or i >= len(reply.items):
                yield _Copy(None, "too few" if reply.status == "ok" else reply.status, name)
                continue
            text = " ".join(reply.items[i].split()) if "\n" not in row else reply.items[i].strip()
            why = judged(reply.items[i], row, told, taken)
            taken.add(normalised(text))
            yield _Copy(None if why else text, why, name, reply.scripted)

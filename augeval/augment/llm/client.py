"""One request to one server: sent through the `openai` package, and what went wrong told in words.

Nothing is retried here, and no key leaves the process: what a server sends back is searched for it before anything
else looks at it.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from augeval.augment.llm.answers import Completion, completion
from augeval.errors import EndpointError, MissingExtraError
from augeval.types import Json

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["DEFAULT_KEY", "Endpoint", "Failure", "ask", "connected", "key_in"]

DEFAULT_KEY = "OPENAI_API_KEY"
SHOWN = 300  # characters of a server's own words
AGAIN = (408, 409, 425, 429)  # and every 5xx
NEWER = "max_completion_tokens"
QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded")

_newer: set[tuple[str, str]] = set()  # base_url and model that asked for the newer name of max_tokens


@dataclass(frozen=True)
class Endpoint:
    """A server, the model on it, and how it is asked.

    Args:
        key: of the user, or "" for a server that needs none; never shown.
        key_env: where it came from; timeout: seconds of one attempt; attempts: at one reply; concurrency: at once.
    """

    base_url: str
    model: str
    key: str = field(repr=False)
    key_env: str = DEFAULT_KEY
    timeout: float = 60.0
    attempts: int = 5
    concurrency: int = 4

    def without_key(self, text: str) -> str:
        """The text with the key taken out, also where JSON spells it otherwise: a text in a text, in a body."""
        if not self.key:
            return text
        slashed = self.key.replace("/", r"\/")
        forms = (_quoted(_quoted(self.key)), _quoted(slashed), slashed, _quoted(self.key), self.key)
        return reduce(lambda left, form: left.replace(form, "[key]"), forms, text)


def _quoted(text: str) -> str:
    return json.dumps(text)[1:-1]


class Failure(Exception):
    """An attempt that brought no reply.

    Args:
        why: in words, without the key. again: whether another attempt may do better; wait: seconds that the server
            asks for, or None. billed: whether it may be charged nevertheless. fix: what to do about it.
    """

    def __init__(
        self, why: str, *, again: bool, fix: str = "", wait: float | None = None, billed: bool = False
    ) -> None:
        super().__init__(why)
        self.why, self.again, self.fix, self.wait, self.billed = why, again, fix, wait, billed


def key_in(name: str | None) -> str:
    """The API key of an environment variable; "" where the usual one is not set.

    Raises:
        EndpointError: a variable was named and is not set.
    """
    key = os.environ.get(name or DEFAULT_KEY, "").strip()
    if name and not key:
        raise EndpointError(f"The environment variable {name}, which api_key_env names, is not set. Set it to the key.")
    return key


def connected(endpoint: Endpoint) -> AsyncOpenAI:
    """A client of the endpoint, which retries nothing by itself.

    Raises:
        MissingExtraError: the `openai` package is not installed.
    """
    try:
        import openai
    except ImportError as error:
        raise MissingExtraError("openai", "llm", "Asking a language model") from error
    return openai.AsyncOpenAI(
        base_url=endpoint.base_url, api_key=endpoint.key or "none", max_retries=0, timeout=endpoint.timeout
    )


async def ask(client: AsyncOpenAI, endpoint: Endpoint, request: Mapping[str, Json]) -> Completion:
    """What the server answers.

    Raises:
        Failure: nothing that is a completion of a chat.
    """
    import openai

    answers: Any = client.chat.completions.with_raw_response  # the request is data, which no overload takes
    try:
        async with asyncio.timeout(endpoint.timeout):
            sent = _spelled(endpoint, request)
            raw = await answers.create(**sent)
            body = endpoint.without_key(raw.text)
    except openai.APIStatusError as error:
        if (about_the_row := _not_this_row(error)) is not None:
            return about_the_row
        raise _refusal(endpoint, error, sent) from None  # the original may hold the key
    except (openai.APITimeoutError, TimeoutError):
        raise Failure(
            f"{endpoint.base_url} did not answer within {endpoint.timeout:g} seconds",
            again=True, fix="Give it more time with timeout, or fewer requests at once with concurrency.", billed=True,
        ) from None  # fmt: skip
    except openai.APIConnectionError as error:
        raise _unreached(endpoint, error) from None
    found = completion(body)
    if found is None:
        fix = "Does base_url end where the API begins, usually in /v1?"
        said = f"{endpoint.base_url} answers, but not in OpenAI's protocol: {_cut(body)}"
        raise Failure(said, again=True, fix=fix, billed=True)
    return found


def _spelled(endpoint: Endpoint, request: Mapping[str, Json]) -> dict[str, Json]:
    """The request as this server wants it: some models of OpenAI's call the limit by its newer name only."""
    if (endpoint.base_url, endpoint.model) not in _newer:
        return dict(request)
    return {NEWER if name == "max_tokens" else name: value for name, value in request.items()}


def _not_this_row(error: Any) -> Completion | None:  # openai.APIStatusError
    """What the server has against a row or its length, as the answer that it is; None if something else is wrong."""
    if error.status_code not in (400, 413, 422):
        return None
    body = error.response.text
    filtered = any(word in body for word in ("content_filter", "content_policy", "ResponsibleAIPolicy"))
    too_long = any(word in body for word in ("context_length", "maximum context length", "context window"))
    if not (filtered or too_long):
        return None
    return Completion("", "", "content_filter" if filtered else "length", 0, 0, {"finish": f"{error.status_code}"})


def _unreached(endpoint: Endpoint, error: Exception) -> Failure:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    before = isinstance(cause, ConnectionRefusedError) or "Connect" in type(error.__cause__).__name__
    why = "cannot be reached" if before else "broke the connection off"
    said = endpoint.without_key(f"{endpoint.base_url} {why} ({cause or type(cause).__name__})")
    fix = "Is the server running, and is base_url right?"
    return Failure(said, again=True, fix=fix, billed=not before)


def _refusal(endpoint: Endpoint, error: Any, sent: Mapping[str, Json]) -> Failure:  # openai.APIStatusError
    status = int(error.status_code)
    body = endpoint.without_key(error.response.text)
    words = _cut(_message(body)).rstrip(".")
    if status == 429 and any(code in body for code in QUOTA):
        return Failure(f"{endpoint.base_url} says that the quota is used up: {words}", again=False,
                       fix="Raise it with the provider.")  # fmt: skip
    said = f"{endpoint.base_url} answers {status}: {words}"
    if status == 400 and NEWER in body and NEWER not in sent:
        _newer.add((endpoint.base_url, endpoint.model))
        return Failure(said, again=True, wait=0.0)
    again = status in AGAIN or status >= 500
    wait = _seconds(error.response.headers.get("retry-after")) if again else None
    return Failure(said, again=again, fix=_fix(endpoint, status), wait=wait)


def _fix(endpoint: Endpoint, status: int) -> str:
    given = "was not taken" if endpoint.key else "is not set"
    fixes = {
        401: f"The key in {endpoint.key_env} {given}; put the right one there, or name another variable in "
        "api_key_env.",
        403: f"The key in {endpoint.key_env} may not do this.",
        404: f"Is '{endpoint.model}' a model of this server, and does base_url end where the API begins, usually in "
        "/v1?",
        429: "Ask for less at once with concurrency, or run again later.",
    }
    return fixes.get(status, "The server's own log may say more." if status >= 500 else "")


def _message(body: str) -> str:
    """The server's own words, where it puts them as OpenAI does."""
    try:
        value = json.loads(body)
        error = value.get("error", value)
        return str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        return body


def _cut(text: str) -> str:
    text = " ".join(text.split()) or "nothing"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _seconds(header: str | None) -> float | None:
    """A Retry-After header, which is a number of seconds or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        try:
            return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
        except ValueError:
            return None

"""From a body to a reply: validated here, since servers ignore the format that they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from augeval.augment.llm.replies import Reply, Status
from augeval.types import Json

__all__ = ["FORMAT", "SCHEMA", "Completion", "completion", "reply_of"]

KEPT = 20_000  # characters of an answer that are kept
MOST_TOKENS = 1 << 40  # that one answer is believed to have: far more than any has, and few enough to be added up
TRIES = 20  # opening braces of an answer at which an object is looked for

SCHEMA: Json = {
    "type": "object",
    "properties": {"paraphrases": {"type": "array", "items": {"type": "string"}}},
    "required": ["paraphrases"],
    "additionalProperties": False,
}
FORMAT: Json = {"type": "json_schema", "json_schema": {"name": "paraphrases", "strict": True, "schema": SCHEMA}}

Tokens = Annotated[int, Field(ge=0, le=MOST_TOKENS)]


class _Paraphrases(BaseModel):
    model_config = ConfigDict(strict=True)
    paraphrases: list[str]


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: Tokens
    completion_tokens: Tokens


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """A paid answer is not thrown away for a count that is none: it is charged as one that counts nothing."""
    try:
        return read(value)
    except ValidationError:
        return None


class _Body(BaseModel):
    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    choices: list[_Choice]
    usage: Annotated[_Usage | None, WrapValidator(_or_none)] = None


@dataclass(frozen=True)
class Completion:
    """What a body in OpenAI's protocol says; tokens are None where the server does not count."""

    content: str
    refusal: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None
    about: Mapping[str, Json]


def completion(body: str) -> Completion | None:
    """The first choice of a body, or None where it is no completion of a chat."""
    try:
        read = _Body.model_validate_json(body)
    except (ValidationError, ValueError):
        return None
    if not read.choices:
        return None
    first, usage = read.choices[0], read.usage
    about = {"id": read.id, "model": read.model, "fingerprint": read.system_fingerprint, "finish": first.finish_reason}
    counted = (None, None) if usage is None else (usage.prompt_tokens, usage.completion_tokens)
    said = first.message.content or "", first.message.refusal or "", first.finish_reason or ""
    return Completion(said[0], said[1], said[2], counted[0], counted[1], about)


def reply_of(found: Completion, about: Mapping[str, Json]) -> Reply:
    """What the answer is worth, and the texts in it."""
    items = _items(found.content)
    status = _status(found, items)
    counted = {"prompt_tokens": found.prompt_tokens, "completion_tokens": found.completion_tokens}
    kept = (found.refusal or found.content)[:KEPT]
    return Reply(status, tuple(items or ()) if status == "ok" else (), kept, {**found.about, **counted, **about})


def _status(found: Completion, items: list[str] | None) -> Status:
    if found.refusal:
        return "refused"
    if found.finish in ("content_filter", "length"):
        return "filtered" if found.finish == "content_filter" else "truncated"
    if not found.content.strip():
        return "empty"
    if items is None:
        return "malformed"
    return "ok" if items else "empty"


def _items(content: str) -> list[str] | None:
    """The paraphrases of the first object that has them, also where a model talks around it; None if there is none."""
    for value in _objects(content):
        try:
            return [item.encode("utf-8", "replace").decode() for item in _Paraphrases.model_validate(value).paraphrases]
        except ValidationError:
            continue
    return None


def _objects(content: str) -> Iterator[Any]:  # whatever the JSON holds
    decoder, at = json.JSONDecoder(), -1
    for _ in range(TRIES):
        at = content.find("{", at + 1)
        if at < 0:
            return
        try:
            yield decoder.raw_decode(content, at)[0]
        except (ValueError, RecursionError):
            continue

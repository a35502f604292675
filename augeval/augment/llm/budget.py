"""What a request may cost at worst, what it did cost, and whether that still fits what an arm may spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from augeval.types import Json, canonical_json

__all__ = ["NOTHING", "Amount", "Budget", "Prices", "charged", "fits", "shown", "worst"]

OVERHEAD = 64  # tokens of a chat template around one message, generously
MILLION = 1_000_000
AtLeast0 = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Budget(BaseModel):
    """What an arm may spend; a limit that is not given does not hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    requests: Annotated[int, Field(ge=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    money: AtLeast0 | None = None


class Prices(BaseModel):
    """Of a million tokens, in the currency of the budget."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    input: AtLeast0
    output: AtLeast0


@dataclass(frozen=True)
class Amount:
    """Requests that were sent, tokens both ways, and money."""

    requests: int = 0
    tokens: int = 0
    money: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.requests + other.requests, self.tokens + other.tokens, self.money + other.money)


NOTHING = Amount()


def worst(messages: Sequence[Mapping[str, str]], schema: Json, max_tokens: int, prices: Prices | None) -> Amount:
    """The most that one request can cost.

    A token stands for at least one byte of UTF-8, so bytes bound the tokens of the prompt whatever the tokeniser is;
    some servers put the schema into the prompt.
    """
    text = "".join(message["content"] for message in messages) + canonical_json(schema)
    prompt = len(text.encode("utf-8", "surrogatepass")) + OVERHEAD * (1 + len(messages))
    return Amount(1, prompt + max_tokens, _money(prompt, max_tokens, prices))


def charged(prompt: int | None, completion: int | None, most: Amount, prices: Prices | None) -> Amount:
    """What a reply did cost: by the tokens that the server counted, or the worst case where it counted none."""
    if prompt is None or completion is None:
        return most
    return Amount(1, prompt + completion, _money(prompt, completion, prices))


def fits(total: Amount, budget: Budget) -> bool:
    """Whether all limits hold."""
    limits = ((total.requests, budget.requests), (total.tokens, budget.tokens), (total.money, budget.money))
    return all(limit is None or value <= limit * (1 + 1e-12) for value, limit in limits)


def shown(spent: Amount, budget: Budget) -> str:
    """ "40 of 40 requests, 5,120 tokens" — what is limited with its limit, the rest as it is."""
    parts = []
    for name in ("requests", "tokens", "money"):
        value, limit = getattr(spent, name), getattr(budget, name)
        if limit is not None or (value and name != "money"):
            of = "" if limit is None else f" of {limit:,.6g}" if name == "money" else f" of {limit:,}"
            parts.append(f"{value:,.6g}{of} {name}" if name == "money" else f"{value:,}{of} {name}")
    return ", ".join(parts)


def _money(prompt: int, completion: int, prices: Prices | None) -> float:
    return 0.0 if prices is None else (prompt * prices.input + completion * prices.output) / MILLION

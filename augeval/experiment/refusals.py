"""What pydantic refuses, in words: what was given, what was wanted, what to do, and at which key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from augeval.errors import did_you_mean
from augeval.experiment.source import Path, Problem, number
from augeval.experiment.values import Faults

__all__ = ["Reader", "shown", "unknown_key"]

WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
}
LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
Details = Mapping[str, Any]  # pydantic's ErrorDetails


@dataclass
class Reader:
    """Reads one file; collects problems instead of stopping at the first.

    Args:
        folder: that relative paths start from, or None. problems: found so far.
    """

    folder: str | None
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: Path, message: str, *, on_key: bool = False) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, message, on_key))

    def refused(self, error: ValidationError, path: Path, kind: type[BaseModel] | None = None) -> None:
        """Note everything that pydantic refused of the value at this path; `kind` is the entry it should have been."""
        keys = [] if kind is None else list(kind.model_fields)
        for details in error.errors():
            self._refused(details, path, keys)

    def _refused(self, details: Details, path: Path, keys: Sequence[str]) -> None:
        at = (*path, *details["loc"])
        cause = (details.get("ctx") or {}).get("error")
        if isinstance(cause, Faults):
            for key, message in cause.faults:
                self.wrong((*at, key) if key else at, message)
        elif cause is not None:
            self.wrong(at, str(cause))
        elif details["type"] == "extra_forbidden":
            self.wrong(at, unknown_key(str(at[-1]), keys), on_key=True)
        elif details["type"] == "missing":
            self.wrong(at[:-1], f"the key '{at[-1]}' is missing.")
        else:
            self.wrong(at, f"wanted {_wanted(details)}, not {shown(details['input'])}.{_hint(details)}")


def unknown_key(key: str, keys: Sequence[str]) -> str:
    """The refusal of a key, with the nearest known one."""
    return f"unknown key '{key}'.{did_you_mean(key, keys)} Keys: {', '.join(sorted(keys))}."


def shown(value: Any) -> str:  # whatever the file holds
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return repr(value)


def _wanted(details: Details) -> str:
    kind, context = details["type"], details.get("ctx") or {}
    if kind in WANTED:
        return WANTED[kind]
    if kind == "literal_error":
        return str(context["expected"])
    for limit, words in LIMITS.items():
        if limit in context:
            return f"{words} {context[limit]:g}"
    return f"something else ({details['msg']})"


def _hint(details: Details) -> str:
    """What to do about a number in quotes, or a text without."""
    value, kind = details["input"], details["type"]
    if kind == "string_type" and isinstance(value, int | float):
        word = str(value).lower() if isinstance(value, bool) else value
        return f' Put it in quotes: "{word}".'
    if not isinstance(value, str) or kind not in ("int_type", "float_type"):
        return ""
    if not isinstance(number(value), str):
        return " Remove the quotes."
    if not isinstance(share := number(value.removesuffix("%").strip()), str):
        return f" Write {share / 100:g}."
    plain = value.replace("_", "").replace(",", "").lstrip("0") or "0"
    return f" Write {plain}." if plain != value and not isinstance(number(plain), str) else ""

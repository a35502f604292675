"""Prompts are templates in files: the built-in one, or the user's own. Rows are data, delimited wherever they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augeval.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["CLOSE", "NAMES", "OPEN", "Prompt", "delimited", "read_prompt"]

OPEN, CLOSE = "<<<TEXT", "TEXT>>>"
NAMES = ("n", "row")  # what a template may use
_FENCE = re.compile(r"<{3,}|>{3,}")
_PARTING = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Prompt:
    """A template that was read: what it says is `text`, whose digest is part of a cell's key."""

    text: str
    where: str

    def messages(self, row: str, n: int) -> list[dict[str, str]]:
        """The messages that ask for n paraphrases of a row.

        Raises:
            InputError: the template fails; names it and why.
        """
        names = {"row": delimited(row), "n": n}
        try:
            system, user = (part.render(**names).strip() for part in _compiled(self.text, self.where))
        except Exception as error:  # a template computes, and may raise what any expression raises
            raise InputError(f"{self.where} cannot be rendered: {error}.") from error
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def delimited(row: str) -> str:
    """The row between its delimiters, which nothing in it can close: fences are taken out of it."""
    while _FENCE.search(row):  # again, since what stood around one may make another: ">><<<>"
        row = _FENCE.sub("", row)
    return f"{OPEN}\n{_CONTROL.sub(' ', row).strip()}\n{CLOSE}"


def read_prompt(path: str | None) -> Prompt:
    """A template, checked: the built-in one if no path is given.

    Its first part, up to a line of hyphens, is the system message and the rest the user's; without such a line the
    system message is the built-in one.

    Raises:
        InputError: there is no such file, it is no template, uses a name that is not known, or leaves the row out.
    """
    text = _built_in() if path is None else _own(path)
    prompt = Prompt(text, "the built-in prompt" if path is None else f"The prompt {path}")
    _check(prompt)
    return prompt


@lru_cache(maxsize=1)
def _built_in() -> str:
    return files("augeval.augment.llm").joinpath("prompts", "paraphrase.j2").read_text("utf-8")


def _own(path: str) -> str:
    found = Path(path)
    if not found.is_file():
        names = [other.name for other in found.parent.iterdir()] if found.parent.is_dir() else []
        raise InputError(f"There is no prompt {path}.{did_you_mean(found.name, names)}")
    try:
        return found.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The prompt {path} cannot be read: {error}.") from error


def _parts(text: str) -> tuple[str, str]:
    system, parting, user = _partition(text)
    return (system, user) if parting else (_partition(_built_in())[0], text)


def _partition(text: str) -> tuple[str, str, str]:
    found = _PARTING.search(text)
    return (text, "", "") if found is None else (text[: found.start()], found[0], text[found.end() :])


@lru_cache(maxsize=8)
def _compiled(text: str, where: str) -> tuple[Template, ...]:
    return tuple(_environment().from_string(part) for part in _parts(text))


def _environment() -> Any:  # jinja2.sandbox.ImmutableSandboxedEnvironment, imported when a prompt is used
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


def _check(prompt: Prompt) -> None:
    import jinja2
    from jinja2 import meta

    try:
        used = meta.find_undeclared_variables(_environment().parse(prompt.text))
        rendered = "" if used - set(NAMES) else prompt.messages("example", 2)[1]["content"]
    except jinja2.TemplateSyntaxError as error:
        raise InputError(f"{prompt.where}, line {error.lineno}: {error.message}.") from error
    for name in sorted(used - set(NAMES)):
        known = " and ".join(f"'{known}'" for known in NAMES)
        raise InputError(f"{prompt.where} uses '{name}', which nobody gives it. It may use {known}.")
    if rendered.count(delimited("example")) != 1:
        raise InputError(
            f"{prompt.where} must hold {{{{ row }}}} once, below the line of hyphens if it has one: there the row is "
            "put, between its delimiters."
        )

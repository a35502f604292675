"""YAML text -> plain values, and where each of them stands; every problem as file:line:column, the line and a caret.

Scalars are read as YAML 1.2 reads them: `1e-3` is a number, `12:30` and `010` are text. Words that YAML 1.1 takes for
a truth value (`no`, `on`) are refused, since two readers of the same file would disagree on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from augeval.errors import ConfigError

__all__ = ["MAX_BYTES", "MAX_VALUES", "Path", "Problem", "Source", "number", "parse"]

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file to a value."""

MAX_BYTES = 1_000_000  # of a file; the largest experiment that we know of has 4,000
MAX_VALUES = 50_000  # after aliases are written out: a few lines of aliases can stand for billions of values
MAX_DEPTH = 30
SHOWN = 110  # characters of a line

NULLS = ("", "~", "null", "Null", "NULL")
BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
DISPUTED = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
MERGE = "tag:yaml.org,2002:merge"
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in
              ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value")}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place.

    Args:
        path: of the value; message: what was given, what was wanted, what to do.
        on_key: whether the caret belongs under the key instead of the value.
        mark: (line, column), both from 0, where no path leads there.
    """

    path: Path
    message: str
    on_key: bool = False
    mark: tuple[int, int] | None = None


@dataclass
class Source:
    """A file's text and value, with the place of every key and value.

    Args:
        file: as the user named it; text: all of it; value: dicts, lists, str, int, float, bool, None.
        keys, values: path -> (line, column), both from 0; problems: found while reading.
    """

    file: str
    text: str
    value: Any = None  # whatever the file holds
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, problem: Problem) -> tuple[int, int]:
        """(line, column) from 0; of the nearest enclosing value where the path itself stands nowhere in the text."""
        if problem.mark is not None:
            return problem.mark
        path = problem.path
        while path:
            if problem.on_key and path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.values.get((), (0, 0))

    def render(self, problem: Problem) -> str:
        """file:line:column: path: message, the line, and a caret under the column."""
        line, column = self.place(problem)
        where = f"{self.file}:{line + 1}:{column + 1}: " if self.text else f"{self.file}: "
        named = ".".join(str(part) for part in problem.path)
        said = f"{where}{named}: {problem.message}" if named else f"{where}{problem.message}"
        lines = self.text.splitlines()
        if line >= len(lines):
            return said
        shown, at = _window(lines[line], column)
        number = f"{line + 1:>5} | "
        gap = "".join("\t" if character == "\t" else " " for character in shown[:at])
        return f"{said}\n{number}{shown}\n{' ' * 5} | {gap}^"

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """All problems in the order of the file, each once."""
        ordered = sorted(set(problems), key=lambda problem: (self.place(problem), problem.message))
        rendered = list(dict.fromkeys(self.render(problem) for problem in ordered))
        count = f"\n{len(rendered)} problems in {self.file}." if len(rendered) > 1 else ""
        return ConfigError("\n".join(rendered) + count)


def parse(text: str, file: str) -> Source:
    """Read a text as one YAML document.

    Args:
        text: of the file; file: what messages call it.

    Returns:
        Its value and places. Duplicate keys and refused words are in `problems`, so that they can be shown together
        with whatever else is wrong.

    Raises:
        ConfigError: the text is no YAML, or too deep or too large once its aliases are written out.
    """
    source = Source(file, text)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise source.error([_unreadable(error)]) from error
    except RecursionError:
        raise source.error([Problem((), "the values are nested too deeply to be read.")]) from None
    if node is not None:
        source.value = _Reader(source).value(node, ())
    return source


class _Reader:
    """Walks the nodes of one document; counts, so that aliases cannot blow up."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen = 0

    def value(self, node: yaml.Node, path: Path) -> Any:  # plain values
        """The node as a plain value; notes where it stands."""
        mark = (node.start_mark.line, node.start_mark.column)
        self.source.values.setdefault(path, mark)
        self.seen += 1
        if self.seen > MAX_VALUES or len(path) > MAX_DEPTH:
            limit = f"{MAX_VALUES} values" if self.seen > MAX_VALUES else f"{MAX_DEPTH} levels"
            said = f"the file holds more than {limit} once its aliases (*name) are written out."
            raise self.source.error([Problem((), said, mark=mark)])
        if node.tag not in PLAIN_TAGS:
            self._report(path, f"the tag {node.tag} is not supported; write the value as it is.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        merges = [value for key, value in node.value if key.tag == MERGE]
        for value in merges:  # before the node's own keys, whose values and places win
            merged = {**self._merged(value, path), **merged}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                continue
            mark = (key_node.start_mark.line, key_node.start_mark.column)
            if not isinstance(key_node, yaml.ScalarNode):
                self.source.problems.append(Problem(path, "a key must be a single word.", mark=mark))
                continue
            key = str(key_node.value)
            if key in made:
                first = self.source.keys[*path, key][0] + 1
                said = f"the key '{key}' stands here a second time; it was given on line {first}. Keep one."
                self.source.problems.append(Problem(path, said, mark=mark))
                continue
            self.source.keys[*path, key] = mark
            self.source.values.pop((*path, key), None)  # what a merged mapping said of it
            made[key] = self.value(value_node, (*path, key))
        return {**merged, **made}

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        """What `<<: *name` or `<<: [*a, *b]` brings; earlier names win."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                self._report(path, "'<<' takes a mapping, as in <<: *name.")
                continue
            merged = {**self._mapping(part, path), **merged}
        return merged

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:  # a plain value
        text = str(node.value)
        if node.style is not None:  # quoted, or a block of text
            return text
        if DISPUTED.fullmatch(text):
            truth = "true" if text.lower() in ("yes", "on") else "false"
            self._report(
                path,
                f"{text} without quotes is {truth} to one version of YAML and a word to the next. Write {truth} if you "
                f'mean that, or "{text}" in quotes if you mean the word.',
            )
            return text
        if text in NULLS:
            return None
        return BOOLS[text] if text in BOOLS else number(text)

    def _report(self, path: Path, message: str) -> None:
        self.source.problems.append(Problem(path, message))


def number(text: str) -> int | float | str:
    """The number that a plain word is to YAML 1.2, or the word."""
    if INTEGER.fullmatch(text):
        return int(text) if len(text) < 19 else float(text)
    if NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text) if NUMBER.fullmatch(text) else text


def _unreadable(error: yaml.YAMLError) -> Problem:
    """What the parser said, with a hint for the mistakes that are made most."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    context = getattr(error, "context", None)
    if "stream end" in said and getattr(error, "context_mark", None):
        mark = error.context_mark  # type: ignore[attr-defined]  # MarkedYAMLError has one
        said = "what begins here is never closed"
    message = f"this is not YAML: {said}" + (f" ({context})" if context else "") + "."
    if "\\t" in said:
        message += " Indent with spaces."
    elif "mapping values are not allowed" in said:
        message += " Put a text that holds ': ' in quotes."
    elif "got '['" in said:
        message += ' Put a name with brackets in quotes: "recall[bad]".'
    elif "another document" in said:
        message = "the file holds a second document after '---'; an experiment is one document."
    return Problem((), message, mark=(mark.line, mark.column) if mark else (0, 0))


def _window(line: str, column: int) -> tuple[str, int]:
    """A long line cut to what stands around the column, and where the column is then."""
    if len(line) <= SHOWN:
        return line, column
    start = max(0, min(column - SHOWN // 2, len(line) - SHOWN))
    cut = line[start : start + SHOWN]
    return ("…" if start else "") + cut, column - start + (1 if start else 0)

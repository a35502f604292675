"""What a first experiment is chosen from, and how its lines are written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from augeval.experiment.written import LONGEST_NAME
from augeval.types import Json

__all__ = ["FEW", "Data", "first_lines", "flow", "line"]

TEST = 0.4  # share of the rows that is held out
IMBALANCED = 0.5  # smallest class / largest class below which classes are balanced by the arms
FEW = 600  # training rows up to which all are taken
TEXT_SIZE, TABLE_SIZE = 200, 2000  # training rows that are taken of more
PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)


@dataclass(frozen=True)
class Data:
    """What the choices are made from.

    Args:
        modality: "text" or "tabular"; classes: name -> rows; has_test: whether there is an official test set.
        most: training rows that are taken where there are more; None: 200 of texts, 2,000 of a table.
    """

    modality: str
    classes: Mapping[str, int]
    has_test: bool
    most: int | None = None

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.classes.values())

    @property
    def pool(self) -> int:
        """Rows that a split leaves to train on."""
        return self.rows if self.has_test else math.floor(self.rows * (1 - TEST))

    @property
    def size(self) -> int | None:
        """Training rows that are taken; None for all."""
        least = self.most or (TEXT_SIZE if self.modality == "text" else TABLE_SIZE)
        wanted = max(least, 10 * len(self.classes))
        return None if self.pool <= max(FEW, wanted) else wanted

    @property
    def trained(self) -> int:
        """Training rows of a fit."""
        return self.size or self.pool

    @property
    def share(self) -> float:
        """Rows of the smallest class / rows of the largest."""
        return min(self.classes.values()) / max(self.classes.values())

    @property
    def imbalanced(self) -> bool:
        """Whether a class is so small that arms should fill it up."""
        return self.share < IMBALANCED

    @property
    def smallest(self) -> int:
        """Training rows of the smallest class, with some to spare for splits that are less lucky."""
        return math.floor(0.8 * self.trained * min(self.classes.values()) / self.rows)


def first_lines(question: str, name: str, dataset: Mapping[str, Json], data: Data, notes: Sequence[str]) -> list[str]:
    """Comments on the question and the rows, and the keys name and dataset.

    Args:
        question: "Does … on {name} …?", filled in here. name: of the experiment, as the user wrote it.
        dataset: a file and the roles of its columns. notes: what was guessed about the columns.
    """
    name = re.sub(r"[^\w .+-]", "_", name).strip(" .+-")[:LONGEST_NAME].rstrip() or "experiment"
    share = f"the smallest class has {data.share:.0%} of the rows of the largest" if data.imbalanced else "balanced"
    return [
        f"# {question.format(name=name)}",
        f"# {data.rows} rows, {len(data.classes)} classes, {share}.",
        *(f"# {' '.join(note.split())}" for note in notes),
        f"name: {flow(name)}",
        f"dataset: {flow(dict(dataset))}",
    ]


def line(text: str, why: str) -> str:
    """A line of YAML with the reason for it."""
    return f"{text:<24}  # {why}"


def flow(value: Any) -> str:  # plain values
    """The value in one line of YAML."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=math.inf, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Quotes every text that is no plain word; PyYAML by itself quotes the words that it takes for a truth value."""


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _represented)

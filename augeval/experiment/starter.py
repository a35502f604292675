"""A first experiment for a table of the user's own, with a reason beside every choice."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from augeval import registry
from augeval.experiment.written import LONGEST_NAME
from augeval.types import Json, Modality

__all__ = ["starter"]

TEST = 0.4  # share of the rows that is held out
IMBALANCED = 0.5  # smallest class / largest class below which classes are balanced by the arms
NEIGHBOURS = 5  # that SMOTE looks at
FEW = 600  # training rows up to which all are taken
TEXT_SIZE, TABLE_SIZE = 200, 2000  # training rows that are taken of more
MANY = 30  # classes above which boosting, which grows a tree for each in every round, takes hours
LEAST_DRAWS = 3  # with fewer, verdicts would speak of these versions of the rows and no others
TEXTS = 8_000  # versions of rows that are encoded, where more would follow from more draws
PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)


@dataclass(frozen=True)
class _Data:
    """What the choices are made from.

    Args:
        modality: "text" or "tabular"; classes: name -> rows; has_test: whether there is an official test set.
    """

    modality: str
    classes: Mapping[str, int]
    has_test: bool

    @property
    def rows(self) -> int:
        return sum(self.classes.values())

    @property
    def pool(self) -> int:
        """Rows that a split leaves to train on."""
        return self.rows if self.has_test else math.floor(self.rows * (1 - TEST))

    @property
    def size(self) -> int | None:
        """Training rows that are taken; None for all."""
        least = TEXT_SIZE if self.modality == "text" else TABLE_SIZE
        wanted = max(least, 10 * len(self.classes))
        return None if self.pool <= max(FEW, wanted) else wanted

    @property
    def trained(self) -> int:
        return self.size or self.pool

    @property
    def share(self) -> float:
        """Rows of the smallest class / rows of the largest."""
        return min(self.classes.values()) / max(self.classes.values())

    @property
    def imbalanced(self) -> bool:
        return self.share < IMBALANCED

    @property
    def smallest(self) -> int:
        """Training rows of the smallest class, with some to spare for splits that are less lucky."""
        return math.floor(0.8 * self.trained * min(self.classes.values()) / self.rows)


def starter(
    name: str, dataset: Mapping[str, Json], *, modality: Modality, classes: Mapping[str, int], notes: Sequence[str] = ()
) -> str:
    """The text of an experiment file that can be run as it is, in a few minutes.

    Args:
        name: of the experiment. dataset: a file and the roles of its columns, as an experiment file has them.
        modality: "text" or "tabular"; classes: name -> rows of it.
        notes: what was guessed about the columns, one sentence each.
    """
    name = re.sub(r"[^\w .+-]", "_", name).strip(" .+-")[:LONGEST_NAME].rstrip() or "experiment"
    data = _Data(modality, classes, "test" in dataset)
    share = f"the smallest class has {data.share:.0%} of the rows of the largest" if data.imbalanced else "balanced"
    lines = [
        f"# Does augmentation help on {name}, and how much of it is too much?",
        f"# {data.rows} rows, {len(classes)} classes, {share}.",
        *(f"# {' '.join(note.split())}" for note in notes),
        f"name: {_flow(name)}",
        f"dataset: {_flow(dict(dataset))}",
        *_models(data),
        *_sizes(data),
        *_arms(data),
        *_metrics(data),
        _line("margin: 0.01", "the smallest difference that matters to you"),
    ]
    return "\n".join(lines) + "\n"


def _models(data: _Data) -> list[str]:
    lines = [_line("models:", "each is tuned on the real training rows, the same for every arm")]
    if data.modality == "text":
        lines.append(_line("  - embedding_logistic", "a frozen sentence encoder with a linear head"))
        return [*lines, _line("  - tfidf_logistic", "words and word pairs")]
    boosting = "  - hist_gradient_boosting"
    if len(data.classes) > MANY:
        boosting = _line(f"#{boosting[1:]}", "takes hours with so many classes")
    return [*lines, "  - logistic", boosting]


def _sizes(data: _Data) -> list[str]:
    seeds = 10 if data.modality == "text" or data.trained > FEW else 20
    lines = [
        _line("train_sizes: [null]", f"all training rows, about {data.pool}")
        if data.size is None
        else _line(f"train_sizes: [{data.size}]", f"of about {data.pool}; add null to train on all of them as well"),
        _line(f"seeds: {seeds}", "replicates; more of them decide more"),
    ]
    if data.modality == "text":
        met = min(data.pool, data.trained * seeds)  # rows that some seed trains on
        edits = sum(len(edit.magnitudes) for edit in _edits())
        draws = next((number for number in (8, 4) if number * edits * met <= TEXTS), LEAST_DRAWS)
        lines.append(_line(f"draws: {draws}", "versions of each augmented row, shared by the seeds"))
    return lines


@dataclass(frozen=True)
class _Edit:
    name: str
    magnitudes: tuple[float, ...]
    why: str


def _edits() -> list[_Edit]:
    """Text edits that can run here."""
    edits = [
        _Edit("random_deletion", (0.1, 0.3), "share of words removed"),
        _Edit("random_swap", (0.2,), "share of words that change their place"),
    ]
    if registry.builtin_function("augeval.augment.lexicon:find_wordnet")() is not None:
        edits.insert(0, _Edit("synonym", (0.1, 0.3), "share of words replaced, by WordNet"))
    return edits


def _arms(data: _Data) -> list[str]:
    lines = [_line("arms:", "the baseline, and plain duplication at every dose, are added")]
    if data.modality == "text":
        for edit in _edits():
            magnitudes = list(edit.magnitudes)
            lines.append(_line(f"  - {{augmenter: {edit.name}, magnitude: {magnitudes}, ratio: 1}}", edit.why))
    if data.imbalanced:
        lines += _balancing(data)
    if data.modality == "tabular":
        jitter = "  - {augmenter: jitter, magnitude: [0.05, 0.1, 0.3], ratio: 1}"
        lines.append(_line(jitter, "noise, in standard deviations"))
    return [*lines, _line("  - {augmenter: shuffle_labels, ratio: 4}", "must harm, or this experiment cannot see harm")]


def _balancing(data: _Data) -> list[str]:
    """Arms that make small classes larger; the balance is rows of a class / rows of the largest, afterwards."""
    balances = [balance for balance in (0.25, 0.5, 1.0) if balance > 1.2 * data.share]
    balances = balances if len(balances) > 1 else [0.75, 1.0]
    lines = [
        _line("  - class_weight", "weighs every class alike, and makes no rows"),
        _line(f"  - {{augmenter: random_over, balance: {balances}}}", "rows of small classes again, up to that share"),
    ]
    if data.modality == "tabular" and data.smallest > NEIGHBOURS:
        lines.append(_line(f"  - {{augmenter: smote, balance: {balances}}}", "rows between neighbours of a class"))
    elif data.modality == "tabular":
        lines.append(
            f"  # smote needs {NEIGHBOURS + 1} training rows of every class; with fewer, it can look at fewer:"
        )
        lines.append("  # - {augmenter: smote, balance: 1, reduce_k: true}")
    return lines


def _metrics(data: _Data) -> list[str]:
    if not data.imbalanced:
        return ["metrics: {primary: accuracy, also: [macro_f1, log_loss, brier]}"]
    return [
        "# average_precision asks how well the rows of a small class are ranked above the others. balanced_accuracy",
        "# and macro_f1 also rise when more rows of that class, new or not, merely move the threshold.",
        "metrics: {primary: average_precision, also: [roc_auc, balanced_accuracy, macro_f1, log_loss, brier]}",
    ]


def _line(text: str, why: str) -> str:
    return f"{text:<24}  # {why}"


def _flow(value: Any) -> str:  # plain values
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

"""A first experiment for rows of which a class is rare: augmentation beside weights, copies and another cut."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augeval.errors import InputError
from augeval.experiment.starter import LEAST_DRAWS, MANY, NEIGHBOURS, text_edits
from augeval.experiment.starting import FEW, Data, first_lines, line
from augeval.types import Json, Modality

__all__ = ["Features", "imbalance_starter"]

QUESTION = "Does augmentation help on {name}, where a class is rare, or would weights or another cut do the same?"
BALANCED = 0.8  # smallest class / largest class from which there is nothing to fill up
ABOVE = 1.2  # a balance below this many times the classes' own makes next to no rows
TABLE_SIZE = 3000  # training rows that are taken of more: rare rows are dear
TEXT_SIZES = 200, 1000  # the same of texts, which take long to encode: as many as hold some rare rows
RARE = 20  # rows of the rarest class among them
EDITS = 2  # kinds of edits of texts
FOLDS = 3  # of the training rows, on which cuts and recalibrations are found
ALSO = {
    "roc_auc": "chance that a rare row scores above another",
    "balanced_accuracy": "at the default cut",
    "balanced_accuracy@tuned": "at a cut tuned out of fold for it, in every arm",
    "minority_recall": "share of the rare rows that are found",
    "minority_precision": "share of those found that are rare",
    "g_mean": "geometric mean of the classes' recalls",
    "mcc": "correlation of predicted and true classes",
    "mcc@tuned": "",
    "brier": "what probabilities are worth as they come",
    "brier@recalibrated": "and after recalibration, out of fold too",
    "log_loss": "dearer where certainty is wrong",
    "ece": "gap between what is claimed and what comes true",
}


@dataclass(frozen=True)
class Features:
    """Of a table: numbers of more than two values, categories, missing cells."""

    numeric: int = 0
    categorical: int = 0
    gaps: int = 0


def imbalance_starter(
    name: str,
    dataset: Mapping[str, Json],
    *,
    modality: Modality,
    classes: Mapping[str, int],
    features: Features | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The text of an experiment file with the controls that a rare class needs; it can be run as it is.

    Args:
        name: of the experiment. dataset: a file and the roles of its columns, as an experiment file has them.
        modality: "text" or "tabular"; classes: name -> rows of it; features: of a table.
        notes: what was guessed about the columns, one sentence each.

    Raises:
        InputError: no class is rare, or one is too rare for inner folds.
    """
    data = Data(modality, classes, "test" in dataset, _most(modality, classes))
    _refuse(data, f"{name} (column '{dataset['label']}')" if "label" in dataset else name)
    lines = [
        *first_lines(QUESTION, name, dataset, data, notes),
        *_models(data),
        *_sizes(data),
        *_gaps(data, features or Features()),
        line("sentinel: true", "runs some cells with permuted labels: an arm that finds anything there leaks"),
        *_arms(data, features or Features()),
        "# Three questions. Are rare rows ranked above others (average_precision, roc_auc: no cut moves them)? Are",
        "# they told from others, at the default cut and at a tuned one? Are probabilities true (brier, log_loss)?",
        "metrics:",
        "  primary: average_precision",
        "  also:",
        *(line(f"    - {metric}", why) if why else f"    - {metric}" for metric, why in ALSO.items()),
        line("margin: 0.01", "the smallest difference that matters to you"),
    ]
    return "\n".join(lines) + "\n"


def _most(modality: Modality, classes: Mapping[str, int]) -> int:
    """Training rows that are taken where there are more."""
    if modality != "text":
        return TABLE_SIZE
    wanted = math.ceil(RARE * sum(classes.values()) / min(classes.values()))
    return min(max(wanted, TEXT_SIZES[0]), TEXT_SIZES[1])


def _refuse(data: Data, name: str) -> None:
    rare = min(data.classes, key=lambda c: data.classes[c])
    n = data.classes[rare]
    rows = f"{n} row{'s' * (n != 1)}"
    if data.share > BALANCED:
        raise InputError(
            f"The classes of {name} are balanced: the smallest, '{rare}', has {rows}, {data.share:.0%} "
            f"of the largest. --task imbalance is for a rare class (at most {BALANCED:.0%}); leave it out."
        )
    if data.smallest < FOLDS:
        raise InputError(
            f"Class '{rare}' of {name} has {rows}. --task imbalance tunes cuts on {FOLDS} inner folds of the "
            f"training rows, of which every class then needs {FOLDS} at least. Add rows, merge the class with another, "
            "or leave out --task imbalance."
        )


def _models(data: Data) -> list[str]:
    lines = [line("models:", "each is tuned on the real training rows, the same for every arm")]
    if data.modality == "text":
        lines.append(line("  - embedding_logistic", "a frozen sentence encoder with a linear head"))
        return [*lines, line("  - tfidf_logistic", "words and word pairs")]
    trees = ["  - hist_gradient_boosting", "  - {name: random_forest, n_estimators: 50}"]
    if len(data.classes) > MANY:
        trees = [line(f"#{tree[1:]}", "takes long with so many classes") for tree in trees]
    return [*lines, "  - logistic", *trees]


def _sizes(data: Data) -> list[str]:
    size = f"train_sizes: [{'null' if data.size is None else data.size}]"
    of = f"all training rows, about {data.pool}" if data.size is None else f"of about {data.pool}"
    seeds = 5 if data.modality == "text" else 10 if data.trained > FEW else 20
    lines = [line(size, of), line(f"seeds: {seeds}", f"replicates; each fit is made {1 + FOLDS} times, for the cuts")]
    if data.modality == "text":
        lines.append(line(f"draws: {LEAST_DRAWS}", "versions of each augmented row, shared by the seeds"))
    return lines


def _gaps(data: Data, features: Features) -> list[str]:
    if data.modality == "text" or not features.gaps:
        return []
    return [line("impute: median", f"{features.gaps} missing cells, filled alike in every arm: SMOTE takes none")]


def _arms(data: Data, features: Features) -> list[str]:
    balances = [balance for balance in (0.25, 0.5, 0.75, 1.0) if balance > ABOVE * data.share]
    if len(balances) > 3:
        balances.remove(0.75)
    if data.modality == "text":
        balances = balances[-2:]
    arms = _text_arms() if data.modality == "text" else _table_arms(data, features)
    return [
        line("arms:", "the baseline, and plain duplication at every balance, are added"),
        line("  - class_weight", "weighs every class alike, and makes no rows: is it only the weight?"),
        line("  - tuned_threshold", "moves the cut, and makes no rows: is it only the cut?"),
        "  # balance: rows of a class / rows of the largest class, with the new ones",
        *(arm.replace("BALANCE", f"balance: {balances}") for arm in arms),
    ]


def _text_arms() -> list[str]:
    smote = line("  - {augmenter: smote, BALANCE, reduce_k: true}", "between neighbours, in the model's own vectors")
    edits = [(f"augmenter: {edit.name}, magnitude: {edit.magnitudes[0]}", edit.why) for edit in text_edits()[:EDITS]]
    return [smote, *(line(f"  - {{{edit}, BALANCE}}", why) for edit, why in edits)]


def _table_arms(data: Data, features: Features) -> list[str]:
    """Arms that can start from these columns and so many rare rows."""
    arms = [_smote(data, features)]
    if features.numeric:
        arms += [
            line("  - {augmenter: rose, magnitude: 1, BALANCE}", "rows smoothed by noise of a kernel's width"),
            line("  - {augmenter: jitter, magnitude: 0.1, BALANCE}", "noise, in standard deviations"),
        ]
    if features.categorical and not features.numeric:
        swapped = "  - {augmenter: categorical_swap, magnitude: 0.25, BALANCE}"
        arms.append(line(swapped, "share of the categories taken from another row of the class"))
    return arms


def _smote(data: Data, features: Features) -> str:
    """SMOTE, of the kind that it is with these columns, with fewer neighbours where an inner fold has few rare rows."""
    kind = "SMOTE-N" if not features.numeric else "SMOTE-NC" if features.categorical else "SMOTE"
    inner = data.smallest * (FOLDS - 1) // FOLDS
    if inner > NEIGHBOURS:
        return line("  - {augmenter: smote, BALANCE}", f"rows between neighbours of a class ({kind}, by the columns)")
    few = f"fewer than {NEIGHBOURS} neighbours where a fold has fewer rare rows ({kind}, by the columns)"
    return line("  - {augmenter: smote, BALANCE, reduce_k: true}", few)

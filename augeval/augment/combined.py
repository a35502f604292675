"""SMOTE, and then a cleaning rule over real and new rows together: rows are added and left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from augeval.augment.oversampling import smote
from augeval.augment.resampled import Resampled
from augeval.augment.segments import VECTORS, needs
from augeval.augment.undersampling import points_of
from augeval.extend import set_augmenter
from augeval.types import Dataset, Examples

__all__ = ["smote_enn", "smote_tomek"]


@set_augmenter(
    "tabular", nested=False, source="Batista et al. 2004; imbalanced-learn's SMOTEENN",
    check=needs("smote_enn", numeric=False), in_vectors=VECTORS,
)  # fmt: skip
def smote_enn(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    n_neighbors: int = 3,
    kind_sel: Literal["all", "mode"] = "all",
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Resampled:
    """`smote`, and then out goes every row, real or new, whose nearest neighbours are not of its class.

    Fewer new rows than asked for, and fewer real ones, also of the large classes: the balance is where SMOTE stops,
    not where the arm does, and what was left out is counted. Which rows go depends on all of them, so doses do not
    nest. Distances of the second step are in standard deviations, categories one apart.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`.
        n_neighbors: neighbours that are asked; kind_sel: a row stays if "all" of them, or the "mode", agree.

    Returns:
        The new rows that stay, with parents as of `smote`, and the real rows that are left out.

    Raises:
        NotApplicable: as `smote`.
    """
    from imblearn.under_sampling import EditedNearestNeighbours

    params = {"k_neighbors": k_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    made = smote.fn(train, quota, rng=rng, dataset=dataset, **params)
    cleaner = EditedNearestNeighbours(sampling_strategy="all", n_neighbors=n_neighbors, kind_sel=kind_sel)
    return _cleaned(made, train, dataset, cleaner)


@set_augmenter(
    "tabular", nested=False, source="Batista et al. 2003; imbalanced-learn's SMOTETomek",
    check=needs("smote_tomek", numeric=False), in_vectors=VECTORS,
)  # fmt: skip
def smote_tomek(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Resampled:
    """`smote`, and then out go both rows of every Tomek link: two rows of unlike classes, each the other's nearest.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`.

    Returns:
        As `smote_enn`.

    Raises:
        NotApplicable: as `smote`.
    """
    from imblearn.under_sampling import TomekLinks

    params = {"k_neighbors": k_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    made = smote.fn(train, quota, rng=rng, dataset=dataset, **params)
    return _cleaned(made, train, dataset, TomekLinks(sampling_strategy="all"))


def _cleaned(made: Examples | Resampled, train: Examples, dataset: Dataset, cleaner: Any) -> Resampled:
    resampled = made if isinstance(made, Resampled) else Resampled(made)
    rows, n = resampled.made, len(train)
    cleaner.fit_resample(
        points_of(np.concatenate([train.x, rows.x]), train, dataset), np.concatenate([train.y, rows.y])
    )
    kept = np.sort(cleaner.sample_indices_)
    left_out = np.setdiff1d(np.arange(n), kept[kept < n])
    return Resampled(rows.take(kept[kept >= n] - n), left_out, resampled.counts)

"""Whether two arms are one predictor to a metric: then their difference is nothing, and no sample of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augeval.results import CellResult
from augeval.told import treatment_of

__all__ = ["same"]

ROUNDING = 1e-6  # contributions are float32: values nearer than this, absolute or relative, are the same value
Cells = Mapping[int, CellResult]
Values = NDArray[np.float32]


def same(mine: Cells, theirs: Cells, metrics: Sequence[str], kinds: int) -> bool:
    """Whether both gave the same values of the first metric, and of all that tell predictors apart, on every row.

    Then they are one predictor to it. Where no metric is fine, equality is agreement or saturation, and no proof: two
    that decide alike have equal right and wrong answers, of which there are few kinds however many rows. Nor is it
    where one has moved the cut that the first metric reads, and no held-out row happens to lie between the two cuts.

    Args:
        mine, theirs: by seed, the measured cells of two arms.
        metrics: the one that is asked about, then all that were measured.
        kinds: different contributions of right and wrong answers; a metric that has more of them is fine.
    """
    if _moved(mine, theirs, metrics[0]):
        return False
    fine = False
    for name, a, b in _both(mine, theirs, metrics):
        equal = len(a) == len(b) and np.allclose(a, b, ROUNDING, ROUNDING, equal_nan=True)
        if not equal and (name == metrics[0] or any(len(np.unique(np.round(v, 6))) > kinds for v in (a, b))):
            return False
        fine = fine or (equal and len(np.unique(np.round(a, 6))) > kinds)
    return fine


def _moved(mine: Cells, theirs: Cells, metric: str) -> bool:
    """Whether at some seed they read a metric without a treatment at unlike cuts: one of them moves it, or both do."""
    if treatment_of(metric) is not None:
        return False
    return any(mine[seed].treated.get(metric) != theirs[seed].treated.get(metric) for seed in mine if seed in theirs)


def _both(mine: Cells, theirs: Cells, metrics: Sequence[str]) -> Iterator[tuple[str, Values, Values]]:
    """Contributions of both sides, wherever both were measured and one is defined."""
    for seed in (seed for seed in mine if seed in theirs):
        for metric in dict.fromkeys(metrics):
            a, b = (cells[seed].per_example.get(metric) for cells in (mine, theirs))
            if a is not None and b is not None and not (np.isnan(a).all() and np.isnan(b).all()):
                yield metric, a, b

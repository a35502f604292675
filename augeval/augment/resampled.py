"""What an augmenter hands back that also leaves real rows out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from augeval.types import Examples

__all__ = ["Resampled"]


@dataclass(frozen=True)
class Resampled:
    """A training set in which some real rows are not fitted on.

    Args:
        made: synthetic rows with parents; a class may be made anew as often as its rows are left out (the centroids
            of ClusterCentroids), beside what was asked for.
        left_out: (r,) positions of training rows, each once.
        counts: what happened, by name: whole numbers that add up over calls.
    """

    made: Examples
    left_out: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    counts: Mapping[str, int] = field(default_factory=dict)

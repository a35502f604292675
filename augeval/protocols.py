"""How what learns, scores and encodes is called, where no noun takes part; `augeval.types` has these names too.

Shapes: n rows, k classes, d numbers of a vector.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder", "Metric", "Predictor"]


class Predictor(Protocol):
    """Scores rows: x of n rows -> (n, k) class probabilities."""

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]: ...


class Metric(Protocol):
    """(n,) classes and (n, k) probabilities -> one number; nan where it is undefined."""

    def __call__(self, y: NDArray[Any], scores: NDArray[np.float64]) -> float: ...


class Encoder(Protocol):
    """Rows -> (n, d) float32 vectors; each row's vector is a pure function of the row."""

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float32]: ...

"""How like real rows the made ones are: a panel of measures, each with what real rows score on it. Never a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.metrics.columns import correlation_shift, ks_max, ks_p, out_of_hull, variance_ratio, wasserstein
from augeval.metrics.neighbourhood import c2st_auc, copy_rate, dcr_ratio, other_class_neighbours, prdc

__all__ = ["HELD_OUT", "MEASURES", "OWN", "Pooled", "Rows", "against_held_out", "against_own", "pool"]

OWN = ("copy_rate", "dcr_ratio", "out_of_hull", "variance_ratio")
HELD_OUT = (
    "precision", "recall", "density", "coverage", "other_class_neighbours", "wasserstein", "ks_max", "ks_p",
    "correlation_shift", "c2st_auc",
)  # fmt: skip
MEASURES = (*OWN, *HELD_OUT, "purity_excess")
_FEWEST = {  # rows a side below which a measure says nothing
    **dict.fromkeys(MEASURES, 1), "dcr_ratio": 2, "variance_ratio": 2,
    **dict.fromkeys(("precision", "recall", "density", "coverage"), 7),
    "other_class_neighbours": 5, "purity_excess": 5, "correlation_shift": 20, "c2st_auc": 10,
}  # fmt: skip
_UNDEFINED = {
    "dcr_ratio": "most real rows equal another",
    **dict.fromkeys(("other_class_neighbours", "purity_excess"), "too few rows of other classes"),
    **dict.fromkeys(("out_of_hull", "ks_max", "ks_p"), "no column of numbers that both sides know"),
    "variance_ratio": "no column of numbers that varies",
    "correlation_shift": "no two columns of numbers that vary",
}


@dataclass(frozen=True)
class Rows:
    """The same rows seen twice.

    Args:
        vectors: (n, e) on one scale, for distances; columns: (n, d) in standard deviations of the training rows, a
            category as its code, nan where a value is missing.
    """

    vectors: NDArray[np.floating[Any]]
    columns: NDArray[np.floating[Any]]

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: NDArray[Any] | slice) -> Rows:
        """The rows at these positions, in this order."""
        return Rows(self.vectors[rows], self.columns[rows])


@dataclass(frozen=True)
class Pooled:
    """Measures over splits.

    Args:
        values: measure -> mean over the splits that have it; null: measure -> (lowest, highest) of what real rows
            score in the same splits; absent: measure -> why it has no value.
    """

    values: Mapping[str, float]
    null: Mapping[str, tuple[float, float]]
    absent: Mapping[str, str]


def against_own(made: Rows, real: Rows, categorical: NDArray[np.bool_]) -> dict[str, float]:
    """What only the rows that they were made of can tell: copies, distance, values beyond them, spread.

    Args:
        made: rows of one class; real: the real rows of that class; categorical: (d,) which columns hold codes.

    Returns:
        measure -> value; nan where it says nothing.
    """
    return {
        "copy_rate": copy_rate(made.vectors, real.vectors),
        "dcr_ratio": dcr_ratio(made.vectors, real.vectors),
        "out_of_hull": out_of_hull(made.columns, real.columns, categorical),
        "variance_ratio": variance_ratio(made.columns, real.columns, categorical),
    }


def against_held_out(made: Rows, held_out: Rows, others: Rows, categorical: NDArray[np.bool_]) -> dict[str, float]:
    """What only real rows that they were not made of can tell: beside its own parents every copy looks perfect.

    Args:
        made: rows of one class; held_out: real rows of that class, none of them a parent of `made`.
        others: real rows of the other classes; categorical: (d,) which columns hold codes.

    Returns:
        measure -> value; nan where it says nothing.
    """
    by_column: dict[str, Callable[..., float]] = {
        "wasserstein": wasserstein, "ks_max": ks_max, "ks_p": ks_p, "correlation_shift": correlation_shift
    }  # fmt: skip
    return {
        **vars(prdc(made.vectors, held_out.vectors)),
        "other_class_neighbours": other_class_neighbours(made.vectors, held_out.vectors, others.vectors),
        **{name: measure(made.columns, held_out.columns, categorical) for name, measure in by_column.items()},
        "c2st_auc": c2st_auc(made.vectors, held_out.vectors),
    }


def pool(found: Sequence[Mapping[str, float]], real: Sequence[Mapping[str, float]], rows: int) -> Pooled:
    """Several splits as one panel.

    Args:
        found: measure -> value of made rows, of each split; real: the same of real rows in the place of made ones, of
            the same splits. rows: on the smaller side of a comparison, for the reasons.

    Returns:
        With `purity_excess`, the mean difference in `other_class_neighbours` between `found` and `real`, where both
        hold it. `ks_p` is twice the median over splits, which is valid however splits depend on each other
        (Meinshausen, Meier & Bühlmann 2009, with gamma = 1/2).
    """
    values, null, absent = {}, {}, {}
    for name in _named(found):
        known = [split[name] for split in found if not np.isnan(split[name])]
        if not known:
            absent[name] = _why(name, rows)
            continue
        values[name] = min(1.0, 2 * float(np.median(known))) if name == "ks_p" else float(np.mean(known))
        usual = [split[name] for split in real if not np.isnan(split.get(name, np.nan))]
        if usual and name != "ks_p":
            null[name] = (min(usual), max(usual))
    pairs = [[split.get("other_class_neighbours", np.nan) for split in side] for side in (found, real)]
    if "other_class_neighbours" in values:
        values["purity_excess"] = float(np.nanmean(np.array(pairs[0]) - np.array(pairs[1])))
    elif "other_class_neighbours" in absent:
        absent["purity_excess"] = absent["other_class_neighbours"]
    return Pooled(values, null, absent)


def _named(found: Sequence[Mapping[str, float]]) -> list[str]:
    return [name for name in MEASURES if any(name in split for split in found)]


def _why(name: str, rows: int) -> str:
    fewest = _FEWEST[name]
    if rows < fewest:
        return f"too few rows: {rows} a side, and it takes {fewest}"
    return _UNDEFINED.get(name, "no column that both sides know")

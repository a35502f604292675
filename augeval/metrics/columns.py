"""Made columns beside real ones: how far each moved, how wide they are, how they hang together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ColumnShift",
    "column_shifts",
    "correlation_shift",
    "ks_max",
    "ks_p",
    "out_of_hull",
    "variance_ratio",
    "wasserstein",
]

FEWEST_FOR_CORRELATION = 20  # rows a side
SLACK = 1e-9  # of a column's largest value: what rounding moves an interpolated value beyond its ends
CONSTANT = 1e-12  # a variance below it, in columns of about unit variance, is rounding

Columns = NDArray[np.floating[Any]]  # (n, d); nan is missing
Direction = Literal["higher", "lower", "wider", "narrower", "more", "fewer", ""]


@dataclass(frozen=True)
class ColumnShift:
    """How one column of made rows differs from that of real ones.

    Args:
        column: its position. distance: Wasserstein-1, in the unit of the column; of a category the total variation
            distance, in [0, 1]; nan where a side has no known value.
        direction: "higher" or "lower" mean; "wider" or "narrower" where that is more of it; "more" or "fewer" of
            `category`, the one whose share changed most; "" without a difference.
        category: its code, None of a number. made, real: its shares, or the means of the numbers.
    """

    column: int
    distance: float
    direction: Direction
    category: int | None
    made: float
    real: float


def column_shifts(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> list[ColumnShift]:
    """The shift of every column, over its known values.

    Args:
        made: (m, d); real: (n, d); nan is missing. categorical: (d,) whether a column holds codes instead of numbers.
    """
    pairs = zip(_known(made), _known(real), categorical, strict=True)
    return [_category(i, a, b) if codes else _number(i, a, b) for i, (a, b, codes) in enumerate(pairs)]


def wasserstein(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """Mean shift of the columns: Wasserstein-1 of a number, total variation of a category.

    Args:
        as `column_shifts`; numbers in standard deviations, so that columns weigh alike.

    Returns:
        At least 0; nan where no column is known on both sides.
    """
    found = [shift.distance for shift in column_shifts(made, real, categorical)]
    return _mean(found)


def ks_max(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """The largest two-sample Kolmogorov-Smirnov statistic over columns of numbers.

    Returns:
        In [0, 1]; 0 where all distributions are equal. nan without a column of numbers that both sides know.
    """
    return max(_ks(made, real, categorical), default=(float("nan"), -1))[0]


def ks_p(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """The smallest p-value of Kolmogorov-Smirnov tests of every column of numbers, after Holm's correction.

    Returns:
        In [0, 1]; small where some column differs. It takes rows as independent, which made rows that share parents
        are not: then it is too small. nan without a column of numbers that both sides know.

    Source: Holm 1979; the smallest of d p-values is multiplied by d.
    """
    found = _ks(made, real, categorical)
    if not found:
        return float("nan")
    from scipy.stats import ks_2samp

    # Sizes are nearly alike in all columns, so the largest statistic has the smallest p-value, or nearly.
    column = max(found)[1]
    a, b = made[:, column], real[:, column]
    return min(1.0, len(found) * float(ks_2samp(a[~np.isnan(a)], b[~np.isnan(b)]).pvalue))


def variance_ratio(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """Geometric mean, over columns of numbers that vary on both sides, of the variance of made rows per real one.

    Returns:
        Above 0; below 1 where made rows spread less. SMOTE among all n rows of a class has 2/3 - 1/n, and more with
        fewer neighbours. 0 where real columns vary and no made one does; nan without real columns of numbers that
        vary, or fewer than two rows a side.
    """
    if min(len(made), len(real)) < 2:
        return float("nan")
    spreads = np.array([[_variance(a), _variance(b)] for a, b in _numbers(made, real, categorical)]).reshape(-1, 2)
    spreads = spreads[spreads[:, 1] > CONSTANT]
    if not len(spreads):
        return float("nan")
    both = spreads[spreads[:, 0] > CONSTANT]
    return float(np.exp(np.log(both[:, 0] / both[:, 1]).mean())) if len(both) else 0.0


def correlation_shift(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """Mean absolute difference between the correlations of made and of real columns of numbers.

    A pair of columns is correlated over the rows that know both; pairs with a constant column are left out.

    Returns:
        In [0, 2]; 0 where columns hang together alike. nan with fewer than 20 rows a side or without such pairs.
    """
    if min(len(made), len(real)) < FEWEST_FOR_CORRELATION:
        return float("nan")
    numeric = ~categorical
    if numeric.sum() < 2:
        return float("nan")
    gaps = np.abs(_correlations(made[:, numeric]) - _correlations(real[:, numeric]))
    return _mean(gaps[np.triu_indices(len(gaps), 1)])


def out_of_hull(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> float:
    """Share of the known numbers of made rows that lie beyond the smallest or largest real one of their column.

    Returns:
        In [0, 1]; exactly 0 for rows that interpolate. nan without known numbers.
    """
    outside, cells = 0, 0
    for a, b in _numbers(made, real, categorical):
        slack = SLACK * float(np.abs(b).max())
        outside += int(((a < b.min() - slack) | (a > b.max() + slack)).sum())
        cells += len(a)
    return outside / cells if cells else float("nan")


def _known(rows: Columns) -> Iterable[Columns]:
    return (column[~np.isnan(column)] for column in rows.T)


def _numbers(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> list[tuple[Columns, Columns]]:
    """Known values of each column of numbers that has some on both sides."""
    pairs = zip(_known(made), _known(real), categorical, strict=True)
    return [(a, b) for a, b, codes in pairs if not codes and len(a) and len(b)]


def _ks(made: Columns, real: Columns, categorical: NDArray[np.bool_]) -> list[tuple[float, int]]:
    """(statistic, column) of the columns of numbers."""
    pairs = zip(_known(made), _known(real), strict=True)
    known = [(i, a, b) for i, (a, b) in enumerate(pairs) if not categorical[i] and len(a) and len(b)]
    return [(float(np.abs(_gap(a, b)[0]).max()), i) for i, a, b in known]


def _gap(a: Columns, b: Columns) -> tuple[Columns, Columns]:
    """Difference of the two distribution functions at every value, and the steps to the next one."""
    values = np.sort(np.concatenate([a, b]))
    below = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (a, b)]
    return below[0] - below[1], np.diff(values, append=values[-1])


def _number(column: int, a: Columns, b: Columns) -> ColumnShift:
    if not len(a) or not len(b):
        return ColumnShift(column, float("nan"), "", None, float("nan"), float("nan"))
    gap, step = _gap(a, b)
    distance, moved = float((np.abs(gap) * step).sum()), float(a.mean() - b.mean())
    direction: Direction = ""
    if distance > 0:
        direction = ("higher" if moved > 0 else "lower") if 2 * abs(moved) >= distance else "wider"
        direction = "narrower" if direction == "wider" and a.std() < b.std() else direction
    return ColumnShift(column, distance, direction, None, float(a.mean()), float(b.mean()))


def _category(column: int, a: Columns, b: Columns) -> ColumnShift:
    if not len(a) or not len(b):
        return ColumnShift(column, float("nan"), "", None, float("nan"), float("nan"))
    size = int(max(a.max(), b.max())) + 1
    made, real = (np.bincount(side.astype(np.int64), minlength=size) / len(side) for side in (a, b))
    most = int(np.abs(made - real).argmax())
    direction: Direction = "more" if made[most] > real[most] else "fewer" if made[most] < real[most] else ""
    distance = float(np.abs(made - real).sum() / 2)
    return ColumnShift(column, distance, direction, most, float(made[most]), float(real[most]))


def _variance(values: Columns) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _correlations(rows: Columns) -> NDArray[np.float64]:
    """(d, d); nan where a column is constant."""
    constant = np.array([_variance(column) <= CONSTANT for column in _known(rows)])
    rows = np.where(constant, np.nan, rows)
    if np.isnan(rows[:, ~constant]).any():
        import pandas as pd

        return np.asarray(pd.DataFrame(rows).corr(min_periods=FEWEST_FOR_CORRELATION), np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.corrcoef(rows, rowvar=False), np.float64)


def _mean(values: Any) -> float:  # floats in a list or an array
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")

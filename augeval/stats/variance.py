"""How far a mean gain would move with other seeds, other draws and other test rows.

Training runs and test rows are both sources of variance. A paired t over seeds sees the first only: with a fixed
test set more seeds make it *more* wrong (docs/statistics.md, section 3).

Shapes: K arms, R seeds, m held-out rows, G draws. Every variance here is a variance *of the mean*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augeval.stats.moderation import squeeze
from augeval.stats.pairing import Paired

__all__ = ["Gains", "estimate"]

Floats = NDArray[np.float64]
ENOUGH = 0.8  # share of the seeds an arm must have to borrow variance
FLAT = 1e-4  # of the largest difference: what contributions kept as float32 may differ by without meaning it
BLOCK = 500_000  # differences that are looked at together: more only cost memory
FEW = 10.0  # effective number of differing test rows below which one more row's worth of variance is added


@dataclass(frozen=True)
class Gains:
    """(K,) means with their variance components.

    Args:
        mean: nan where nothing is paired; variance, df: of the mean, Satterthwaite's degrees of freedom.
        replicate, example, cell: parts due to training runs (seeds and draws), to test rows, and to both at once.
        draw: what of `replicate` more seeds would leave, since they share the draws.
        replicate_df, example_df: degrees of freedom of `replicate` and of `example`.
        replicates: seeds that have both sides; units: what the replicate part is counted in (seeds, or the draws
            that nested seeds share); examples: distinct held-out rows.
        full: whether the arm has at least 80 % of the seeds.
        correlation: (K, K) of the means.
    """

    mean: Floats
    variance: Floats
    df: Floats
    replicate: Floats
    example: Floats
    cell: Floats
    draw: Floats
    replicate_df: Floats
    example_df: Floats
    replicates: NDArray[np.int64]
    units: NDArray[np.int64]
    examples: NDArray[np.int64]
    full: NDArray[np.bool_]
    correlation: Floats


@dataclass(frozen=True)
class _Sums:
    """What the variances need of the differences; it serves unbalanced tables as well as full ones.

    Args:
        mean, total: (K,) of the differences, and how many there are (at least 1).
        by_seed, by_row: (K, R) and (K, m) sums of centred differences; per_seed, per_row: of how many.
        residual: (K,) sum of squares beside seeds and rows; floor: (K,) squares of one more differing row.
    """

    mean: Floats
    total: Floats
    by_seed: Floats
    by_row: Floats
    per_seed: NDArray[np.int64]
    per_row: NDArray[np.int64]
    residual: Floats
    floor: Floats


@dataclass(frozen=True)
class _Block:
    """A few arms at a time, so that no second table of all arms is ever held: (k, R, m) and (k,) means."""

    seen: NDArray[np.bool_]
    mean: Floats
    centred: Floats
    by_row: Floats
    largest: Floats
    widest: NDArray[np.int64]
    swing: Floats


@dataclass(frozen=True)
class _Part:
    """One variance component of all arms: its values, their degrees of freedom, and how many units it is over."""

    value: Floats
    df: Floats
    units: Floats


def estimate(paired: Paired) -> Gains:
    """Means, variances and degrees of freedom of K paired gains.

    With differences D over seeds × rows: v_r from the seed means, v_i from the row means, v_E from the residual,
    each divided by its number of units; V = max(v_r, v_i, v_r + v_i - v_E) and
    df = V² / (v_r² / (R - 1 + d0) + v_i² / df_i). A crossed arm has v_r = max(v_s, v_d, v_s + v_d - v_e) from
    its seeds × draws table; a nested one takes v_r from its draws. v_s, v_d and v_r are moderated over arms
    (`squeeze`). Where few rows differ, as near the ceiling, v_i gains max(0, 1 - n_eff/10)(D/m)²: one more row like
    the one that differs most, D the root of its mean square over seeds; n_eff = (Σb²)²/Σb⁴ of the row sums b. Rows
    that reach further than others, as those of a rare class in balanced accuracy, are a stratum of their own: that
    none of eight rare rows differs says little of the next, however many common ones do.

    A few rows that differ much tell a variance badly, so m - 1 is an upper bound only: v_i has the degrees of freedom
    of Satterthwaite over strata, each with 2 / (1/n_eff - 1/m), at most m - 1 of its own (`_spread`).

    Source: Searle, Casella & McCulloch 1992 (crossed random effects); Satterthwaite 1946; Smyth 2004. Ours takes the
    maximum, which a component below zero cannot undercut, and moderates the draw part too.
    """
    sums = _sums(paired)
    seeds = (sums.per_seed > 0).sum(1)
    full = (seeds >= ENOUGH * max(int(seeds.max(initial=0)), 1)) & (seeds >= 2)
    nested = np.array([cluster is not None for cluster in paired.clusters], bool)
    runs = _moderated(_runs(paired, sums), full, nested)
    draws, mixed = _draw_parts(paired)
    draws = _moderated(draws, full, full)
    replicate = np.maximum(np.maximum(runs.value, draws.value), runs.value + draws.value - mixed)
    example, cell = _example_part(sums, paired), _cell_part(sums)
    variance = np.maximum(np.maximum(replicate, example.value), replicate + example.value - cell)
    return Gains(
        mean=sums.mean,
        variance=variance,
        df=_combined_df(variance, (runs, draws, example)),
        replicate=replicate,
        example=example.value,
        cell=cell,
        draw=np.where(nested, replicate, np.maximum(draws.value - mixed, 0.0)),
        replicate_df=_combined_df(replicate, (runs, draws)),
        example_df=np.maximum(example.df, 1),
        replicates=seeds,
        units=runs.units.astype(np.int64),
        examples=(sums.per_row > 0).sum(1),
        full=full,
        correlation=_correlation(sums, draws),
    )


def _combined_df(value: Floats, parts: tuple[_Part, ...]) -> Floats:
    """(K,) Satterthwaite's degrees of freedom of a variance made of these parts; inf where it is 0."""
    spread = np.asarray(sum(part.value**2 / np.maximum(part.df, 1) for part in parts), float)
    found: Floats = np.divide(value**2, spread, out=np.full(len(value), np.inf), where=spread > 0)
    return found


def _sums(paired: Paired) -> _Sums:
    arms, seeds, rows = paired.diffs.shape
    step = max(1, BLOCK // max(seeds * rows, 1))
    parts = [_sums_of(paired.diffs[at : at + step], paired) for at in range(0, max(arms, 1), step)]
    return _Sums(*(np.concatenate([getattr(part, name) for part in parts]) for name in _Sums.__dataclass_fields__))


def _sums_of(diffs: Floats, paired: Paired) -> _Sums:
    block = _block(diffs)
    by_seed, per_seed, per_row = block.centred.sum(2), block.seen.sum(2), block.seen.sum(1)
    level = (by_seed / np.maximum(per_seed, 1))[:, :, None] + (block.by_row / np.maximum(per_row, 1))[:, None, :]
    residual = (block.centred - level) * block.seen
    return _Sums(
        mean=block.mean,
        total=np.maximum(per_seed.sum(1), 1).astype(float),
        by_seed=by_seed,
        by_row=block.by_row,
        per_seed=per_seed,
        per_row=per_row,
        residual=(residual**2).sum((1, 2)),
        floor=np.sum([_one_more(block, paired, stratum) for stratum in range(len(paired.reach))], axis=0),
    )


def _block(diffs: Floats) -> _Block:
    seen = np.isfinite(diffs)
    total = seen.sum((1, 2)).astype(float)
    filled = diffs if seen.all() else np.where(seen, diffs, 0.0)
    mean = filled.sum((1, 2)) / np.where(total > 0, total, np.nan)
    middle = np.nan_to_num(mean)[:, None, None]
    centred = (filled - middle) * seen
    # A constant difference has no spread; rounding of its mean must not invent one.
    centred *= np.abs(centred).max((1, 2), keepdims=True, initial=0.0) >= 1e-12 * np.abs(middle)
    # Of accuracy the largest difference is 1, one answer; of a loss or an area it must be measured in its own units.
    sizes = np.abs(filled).max(1, initial=0.0)
    largest = sizes.max(1, initial=0.0)
    widest = sizes.argmax(1) if sizes.shape[1] else np.zeros(len(sizes), np.int64)
    swing = np.sqrt(_mean_square(filled, seen))
    return _Block(seen, mean, centred, centred.sum(1), largest, widest, swing)


def _mean_square(values: Floats, seen: NDArray[np.bool_]) -> Floats:
    """(k,) mean square over seeds of the row where it is largest."""
    by_row = np.einsum("krm,krm->km", values, values) / np.maximum(seen.sum(1), 1)
    return np.asarray(by_row.max(1, initial=0.0))


def _cluster_variance(sums: Floats, units: Floats, total: Floats) -> Floats:
    """(K,) variance of the mean from (K, U) cluster sums; nan with fewer than two clusters."""
    return np.where(units > 1, (sums**2).sum(1) / total**2 * units / np.maximum(units - 1, 1), np.nan)


def _runs(paired: Paired, sums: _Sums) -> _Part:
    """The part of training runs, by seed; by draw where nested seeds share one."""
    units = (sums.per_seed > 0).sum(1).astype(float)
    value = _cluster_variance(sums.by_seed, units, sums.total)
    for k, cluster in enumerate(paired.clusters):
        if cluster is None:
            continue
        by_draw = np.bincount(cluster, weights=sums.by_seed[k]).astype(float)
        units[k] = len(np.unique(cluster[sums.per_seed[k] > 0]))
        value[k] = _cluster_variance(by_draw[None], units[k : k + 1], sums.total[k : k + 1])[0]
    return _Part(value, units - 1, units)


def _draw_parts(paired: Paired) -> tuple[_Part, Floats]:
    """The part of draws of crossed arms, and that of seed × draw; 0 for every other design."""
    value, units, mixed = (np.zeros(len(paired.arms)) for _ in range(3))
    for k, table in enumerate(paired.draws):
        if table is None:
            continue
        known = table[np.isfinite(table).all(1)]
        n, g = known.shape
        if n < 2:
            continue
        by_draw = known.mean(0)
        residual = known - by_draw - known.mean(1, keepdims=True) + known.mean()
        value[k], units[k] = by_draw.var(ddof=1) / g, g
        mixed[k] = (residual**2).sum() / ((n - 1) * (g - 1)) / (n * g)
    return _Part(value, units - 1, units), mixed


def _moderated(part: _Part, full: NDArray[np.bool_], alike: NDArray[np.bool_]) -> _Part:
    """The part with variances moderated over the arms that count it in units of one kind.

    Every such arm lends, also one that a race stopped early, with as many degrees of freedom as it has; those with at
    least 80 % of the seeds borrow.
    """
    value, df = part.value.copy(), part.df.copy()
    for kind in (alike, ~alike):
        borrow = kind & full & np.isfinite(value) & (part.df >= 1)
        if not borrow.any():
            continue
        own = part.df[kind]
        squeezed, prior = squeeze(value[kind] * part.units[kind], own, float(part.df[borrow].min()))
        value[borrow] = (squeezed / np.maximum(part.units[kind], 1))[borrow[kind]]
        df[borrow] = part.df[borrow] + prior
    return _Part(value, df, part.units)


def _example_part(sums: _Sums, paired: Paired) -> _Part:
    rows = (sums.per_row > 0).sum(1).astype(float)
    value = _cluster_variance(sums.by_row, rows, sums.total) + sums.floor / np.maximum(rows, 1) ** 2
    spread = np.sum([_spread(sums, paired.strata == stratum) for stratum in range(len(paired.reach))], axis=0)
    df = np.divide(value**2, spread, out=np.full(len(rows), np.inf), where=spread > 0)
    return _Part(value, np.minimum(df, rows - 1), rows)


def _spread(sums: _Sums, chosen: NDArray[np.bool_]) -> Floats:
    """(K,) half the variance of the variance that these rows add: its square over its degrees of freedom.

    A variance from m rows of kurtosis k has 2 / ((k - 1)/m) degrees of freedom in large samples; k = m/n_eff here.
    """
    seen = sums.per_row[:, chosen] > 0
    m = np.maximum(seen.sum(1), 1).astype(float)
    level = sums.by_row[:, chosen].sum(1) / m
    apart = np.where(seen, sums.by_row[:, chosen] - level[:, None], 0.0)
    value = (apart**2).sum(1) / sums.total**2 * m / np.maximum(m - 1, 1)
    lack = np.maximum(1 / np.maximum(_effective(apart), 1) - 1 / m, 0.0)
    return np.asarray(value**2 * np.maximum(lack / 2, 1 / np.maximum(m - 1, 1)))


def _one_more(block: _Block, paired: Paired, stratum: int) -> Floats:
    """(k,) square of what one more differing row of the stratum would add, the less the more of them differ."""
    if len(paired.reach) == 1:
        return np.asarray(_missing_share(block.by_row) * block.swing**2)
    chosen = paired.strata == stratum
    own = _within(block, chosen)
    # Within a stratum whose rows all keep their answers nothing differs but the level, by rounding.
    own[np.abs(own) < FLAT * block.largest[:, None, None]] = 0.0
    seen_here = _mean_square(own, block.seen[:, :, chosen])
    elsewhere = paired.reach[paired.strata[block.widest]]
    square = np.where(seen_here > 0, seen_here, (block.largest * paired.reach[stratum] / elsewhere) ** 2)
    return np.asarray(_missing_share(own.sum(1)) * square)


def _missing_share(by_row: Floats) -> Floats:
    """(K,) 1 where no row differs, 0 from `FEW` effective ones on."""
    return np.asarray(np.maximum(0.0, 1 - _effective(by_row) / FEW))


def _effective(by_row: Floats) -> Floats:
    """(K,) how many rows differ, each counted by its share of the squares; 0 where none does."""
    squares, fourths = (by_row**2).sum(1), (by_row**4).sum(1)
    found: Floats = np.divide(squares**2, fourths, out=np.zeros(len(by_row)), where=fourths > 0)
    return found


def _within(block: _Block, chosen: NDArray[np.bool_]) -> Floats:
    """(k, R, rows) differences of these rows from their mean in each seed."""
    seen, values = block.seen[:, :, chosen], block.centred[:, :, chosen]
    level = values.sum(2) / np.maximum(seen.sum(2), 1)
    return np.where(seen, values - level[:, :, None], 0.0)


def _cell_part(sums: _Sums) -> Floats:
    free = sums.per_seed.sum(1) - (sums.per_seed > 0).sum(1) - (sums.per_row > 0).sum(1) + 1
    value: Floats = sums.residual / np.maximum(free, 1) / sums.total
    return value


def _correlation(sums: _Sums, draws: _Part) -> Floats:
    """(K, K) of the means: arms share seeds and test rows. Draws are taken as independent, which widens intervals."""
    scale = np.outer(sums.total, sums.total)
    together = (sums.by_seed @ sums.by_seed.T + sums.by_row @ sums.by_row.T) / scale
    together = together + np.diag(draws.value)
    size = np.sqrt(np.diag(together))
    size = np.where(size > 0, size, 1.0)
    correlation: Floats = together / np.outer(size, size)
    np.fill_diagonal(correlation, 1.0)
    return correlation

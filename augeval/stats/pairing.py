"""Results of cells -> differences by seed and test row: the table (arms × replicates × examples) that all else reads.

Shapes: K arms, R seeds, m held-out rows (the union over seeds), G draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augeval.results import CellResult, Contrast
from augeval.stats.same import same
from augeval.stats.strata import Spans
from augeval.types import Arm, Design, Spec, canonical_json

__all__ = ["LEAST_DRAWS", "Paired", "Trial", "Trials", "arm_key", "gather", "pair"]

LEAST_DRAWS = 3  # with fewer the spread of draws cannot be told (8 % missed at 5 %): the claim is about these rows
LONGEST = 200  # characters of an error that a table can show
KINDS = 4  # different contributions per class that right and wrong answers can make
FIELDS = tuple(field.name for field in fields(Arm))
Floats = NDArray[np.float64]


def arm_key(arm: Arm) -> str:
    """One text per arm; a dose of 4 and a dose of 4.0 are the same."""
    doses = {name: _number(getattr(arm, name)) for name in ("ratio", "balance", "magnitude")}
    # Not to_json, which copies whatever is nested: every cell of a run is asked for its arm.
    augmenter = {"name": arm.augmenter.name, "params": arm.maker.params}
    return canonical_json({**{name: getattr(arm, name) for name in FIELDS}, "augmenter": augmenter, **doses})


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


@dataclass(frozen=True)
class Trial:
    """One arm's cells.

    Args:
        by_seed: the cells that were measured.
        failed, not_applicable: seeds without a number, with the reason of each, in the order of seeds.
        design, draws: how draws meet seeds, and how many there are.
    """

    arm: Arm
    by_seed: Mapping[int, CellResult]
    failed: tuple[str, ...]
    not_applicable: tuple[str, ...]
    design: Design
    draws: int

    @property
    def planned(self) -> int:
        """How many seeds were planned."""
        return len(self.by_seed) + len(self.failed) + len(self.not_applicable)

    @property
    def draws_vary(self) -> bool:
        """Whether an interval can speak for new draws: a draw per seed, or enough draws that seeds share."""
        return self.design == "each" or (self.design != "single" and self.draws >= LEAST_DRAWS)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Row counts summed over seeds: asked, got, leaked, no_op, unreached."""
        return dict(sum((Counter(dict(cell.counts)) for cell in self.by_seed.values()), Counter()))


@dataclass(frozen=True)
class Trials:
    """All cells of one dataset × model × train size, in an order that does not depend on how they arrived.

    Args:
        by_key: `arm_key` -> trial, families together and doses ascending.
        metrics: names, the primary one first; seeds: all of them; rows: ids of every row that was held out;
            classes: of these rows, one for all where the results do not say.
    """

    dataset: str
    model: str
    train_size: int | None
    metrics: tuple[str, ...]
    by_key: Mapping[str, Trial]
    seeds: tuple[int, ...]
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    disjoint: bool

    def of(self, arm: Arm) -> Trial | None:
        """The trial of an arm, or None if it was not planned."""
        return self.by_key.get(arm_key(arm))

    @property
    def arms(self) -> list[Arm]:
        """Every arm but `none`."""
        return [trial.arm for trial in self.by_key.values() if trial.arm.augmenter.name != "none"]


_Pair = tuple[Trial | None, Trial | None]


def gather(results: Sequence[CellResult]) -> Trials:
    """Sort the results of one dataset × model × train size by arm and seed."""
    groups: dict[str, list[CellResult]] = {}
    for result in results:
        groups.setdefault(arm_key(result.cell.arm), []).append(result)
    trials = {key: _trial(groups[key]) for key in sorted(groups, key=lambda key: _rank(groups[key][0].cell.arm, key))}
    cell = results[0].cell
    rows, classes = _held_out([r for r in results if r.status == "ok"])
    return Trials(
        dataset=str(cell.dataset["name"]),
        model=cell.model.label,
        train_size=cell.train_size,
        metrics=cell.metrics,
        by_key=trials,
        seeds=tuple(sorted({result.cell.seed for result in results})),
        rows=rows,
        classes=classes,
        disjoint=bool(_split_of(cell.recipe).get("disjoint", False)),
    )


def _held_out(results: Sequence[CellResult]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids of every row that a seed held out, ascending, and their classes."""
    none = np.zeros(0, np.int64)
    known = all(len(r.test_classes) == len(r.test_ids) for r in results)
    unlike = list({r.test_ids.tobytes(): r for r in reversed(results)}.values())  # arms of a seed hold out the same
    rows, first = np.unique(np.concatenate([none, *(r.test_ids for r in unlike)]), return_index=True)
    classes = np.concatenate([none, *(r.test_classes for r in unlike)])
    return rows, classes[first] if known else np.zeros(len(rows), np.int64)


def _split_of(recipe: Mapping[str, object]) -> Mapping[str, object]:
    split = recipe.get("split")
    return split if isinstance(split, Mapping) else {}


def _rank(arm: Arm, key: str) -> tuple[object, ...]:
    doses = [-1.0 if dose is None else float(dose) for dose in (arm.magnitude, arm.ratio, arm.balance)]
    return (arm.family, *doses, key)


def _trial(results: Iterable[CellResult]) -> Trial:
    cells = sorted(results, key=lambda r: r.cell.seed)
    failed = tuple(_short(f"{r.error_type or 'error'}: {r.error or ''}") for r in cells if r.status == "failed")
    missing = tuple(r.error or "no reason was given" for r in cells if r.status == "not_applicable")
    first = cells[0].cell
    return Trial(
        first.arm, {r.cell.seed: r for r in cells if r.status == "ok"}, failed, missing, first.design, first.draws
    )


def _short(text: str) -> str:
    line = text.strip().split("\n")[0]
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


@dataclass(frozen=True)
class Paired:
    """Differences of K arms to their references; positive is better.

    Args:
        arms, references: (K,) which.
        diffs: (K, R, m) by seed and held-out row; nan where either side is missing.
        draws: for each arm (R, G) differences by seed and draw where it or its reference is crossed, or None.
        clusters: for each arm (R,) the draw that seeds share where it or its reference is nested, or None.
        exact: (K,) whether the arm and its reference are one predictor to this metric, on every row.
        score_range: largest minus smallest contribution of one row.
        reasons: for each arm why it has no number ("" if it has one); applicable: (K,) False where it means nothing.
        strata: (m,) 0 … s-1, rows of classes of which one row moves the metric about equally far; reach: (s,) how far,
            in units of the metric's contributions, ascending.
    """

    contrast: Contrast
    arms: tuple[Arm, ...]
    references: tuple[Arm, ...]
    diffs: Floats
    draws: tuple[Floats | None, ...]
    clusters: tuple[NDArray[np.int64] | None, ...]
    exact: NDArray[np.bool_]
    score_range: float
    reasons: tuple[str, ...]
    applicable: NDArray[np.bool_]
    strata: NDArray[np.int64]
    reach: Floats


def pair(
    trials: Trials,
    arms: Sequence[Arm],
    contrast: Contrast,
    metric: str,
    sign: float,
    others: Sequence[Arm] | None = None,
) -> Paired:
    """The differences of these arms to their references.

    Args:
        arms: (K,) which arms; contrast: against `duplicate` at equal rows, against `none`, or against other arms.
        metric: whose contributions; sign: +1 where higher is better, else -1.
        others: (K,) what each arm is compared with, where the contrast is "arm".
    """
    none = Arm(Spec("none"))
    references = tuple(others or (arm.reference() if contrast == "duplicate" else none for arm in arms))
    pairs = [(trials.of(a), trials.of(r)) for a, r in zip(arms, references, strict=True)]
    diffs, spans = _differences(trials, pairs, metric)
    np.multiply(diffs, sign, out=diffs)
    stratum, reach = spans.strata()
    kinds = KINDS * len(np.unique(trials.classes))
    return Paired(
        contrast=contrast,
        arms=tuple(arms),
        references=references,
        diffs=diffs,
        draws=tuple(_draws(trials, a, r, metric, sign) for a, r in pairs),
        clusters=tuple(_clusters(trials, a, r) for a, r in pairs),
        exact=np.array([_exact(a, r, (metric, *trials.metrics), kinds) for a, r in pairs], bool),
        score_range=spans.width() or 1.0,
        reasons=tuple(_why(a, r, d, arm) for (a, r), d, arm in zip(pairs, diffs, references, strict=True)),
        applicable=np.array([not (a and a.not_applicable and not a.by_seed and not a.failed) for a, _ in pairs], bool),
        strata=stratum,
        reach=reach,
    )


def _differences(trials: Trials, pairs: Sequence[_Pair], metric: str) -> tuple[Floats, Spans]:
    """(K, R, m) mine minus theirs, and what the contributions of all span.

    The table of an arm is made, subtracted from and forgotten; those of references, which many arms share, are kept.
    """
    diffs = np.empty((len(pairs), len(trials.seeds), len(trials.rows)))
    places, spans = _Places(trials.rows), Spans(trials.classes)
    theirs: dict[int, Floats] = {}
    for k, (mine, other) in enumerate(pairs):
        if id(other) not in theirs:
            theirs[id(other)] = _table(trials, other, metric, places)
            spans.add(theirs[id(other)])
        table = _table(trials, mine, metric, places)
        spans.add(table)
        np.subtract(table, theirs[id(other)], out=diffs[k])
    return diffs, spans


class _Places:
    """Where the held-out rows of a seed lie among all rows; cells of one seed mostly hold out the same ones."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        self._last: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def of(self, cell: CellResult) -> NDArray[np.int64]:
        ids, places = self._last.get(cell.cell.seed, (None, None))
        if ids is None or places is None or not np.array_equal(ids, cell.test_ids):
            places = np.searchsorted(self._rows, cell.test_ids)
            self._last[cell.cell.seed] = cell.test_ids, places
        return places


def _table(trials: Trials, trial: Trial | None, metric: str, places: _Places) -> Floats:
    """(R, m) contributions, nan where a seed did not hold the row out or has no result."""
    table = np.full((len(trials.seeds), len(trials.rows)), np.nan)
    for r, seed in enumerate(trials.seeds):
        cell = None if trial is None else trial.by_seed.get(seed)
        if cell is not None and metric in cell.per_example:
            table[r, places.of(cell)] = cell.per_example[metric]
    return table


def _draws(trials: Trials, trial: Trial | None, other: Trial | None, metric: str, sign: float) -> Floats | None:
    """Draw by draw where both sides fit the same ones, else against the mean of the side that does not."""
    crossed = [t for t in (trial, other) if t is not None and t.design == "crossed" and t.draws_vary]
    if trial is None or other is None or not crossed:
        return None
    table = np.full((len(trials.seeds), crossed[0].draws), np.nan)
    for r, seed in enumerate(trials.seeds):
        sides = [
            _by_draw(one.by_seed.get(seed), metric, table.shape[1], whole=one in crossed) for one in (trial, other)
        ]
        table[r] = sign * (sides[0] - sides[1])
    return table


def _by_draw(cell: CellResult | None, metric: str, draws: int, *, whole: bool) -> Floats:
    """(draws,) scores of one cell; their mean where it fits others; nan where a crossed cell lacks some."""
    scores = np.asarray(() if cell is None else cell.draw_scores.get(metric, ()), float)
    if len(scores) == draws:
        return scores
    return np.full(draws, np.nan if whole or not len(scores) else scores.mean())


def _clusters(trials: Trials, trial: Trial | None, other: Trial | None) -> NDArray[np.int64] | None:
    for one in (trial, other):
        if one is not None and one.design == "nested" and one.draws_vary:
            return np.array([seed % one.draws for seed in trials.seeds], np.int64)
    return None


def _exact(trial: Trial | None, other: Trial | None, metrics: Sequence[str], kinds: int) -> bool:
    return trial is not None and other is not None and same(trial.by_seed, other.by_seed, metrics, kinds)


def _why(trial: Trial | None, other: Trial | None, diffs: Floats, reference: Arm) -> str:
    """Why an arm has no number at all, or ""."""
    if np.isfinite(diffs).any():
        return ""
    if trial is None or not trial.by_seed:
        return _why_empty(trial)
    if other is None or not other.by_seed:
        return f"its reference, {reference.label}, has no result ({_why_empty(other)})"
    if not set(trial.by_seed) & set(other.by_seed):
        return f"no seed has both the arm and its reference, {reference.label}"
    return "the metric is undefined on every seed's held-out rows"


def _why_empty(trial: Trial | None) -> str:
    if trial is None or not trial.planned:
        return "it was not run"
    if trial.failed:
        return f"all {trial.planned} seeds failed ({trial.failed[0]})"
    return trial.not_applicable[0]

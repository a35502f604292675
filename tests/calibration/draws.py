"""Whether an interval covers the gain of *new* augmented rows, however draws meet seeds.

Two worlds, one inference (`stats.inference.infer`, as verdicts use it): tables of real fits (`heads`), and Gaussian
ones with the components that the research measured. Run as `python tests/calibration/draws.py` for
docs/calibration/draws.json.

Shapes: G draws, R seeds, m held-out rows, E experiments.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import heads
import numpy as np
import record
from numpy.typing import NDArray
from worlds import interval, paired

from augeval.seeds import stream
from augeval.stats.inference import Finding, Rule, infer
from augeval.types import Json

__all__ = [
    "COMPONENTS",
    "CROSSED",
    "DESIGNS",
    "EACH",
    "EQUAL_DRAWS",
    "EQUAL_TEXTS",
    "IGNORED",
    "NESTED",
    "SINGLE",
    "Components",
    "Plan",
    "Table",
    "coverage",
    "study",
    "tables",
]

Floats = NDArray[np.float64]
RULE = Rule(margin=1e6, alpha=0.05)  # only the interval is read
ROWS = 400  # held-out rows of one experiment on a table


@dataclass(frozen=True)
class Plan:
    """How draws meet seeds.

    Args:
        design: "crossed", "nested", "each", "single" or "sharing ignored".
        draws: how many versions of the rows are made.
    """

    design: str
    seeds: int
    draws: int

    @property
    def label(self) -> str:
        """ "crossed, 8 draws, 20 seeds"."""
        return f"{self.design}, {self.draws} draw{'' if self.draws == 1 else 's'}, {self.seeds} seeds"


CROSSED = Plan("crossed", 20, 8)
NESTED = Plan("nested", 20, 8)
EACH = Plan("each", 20, 20)
SINGLE = Plan("single", 20, 1)  # what most people do: augment once, vary the seed
EQUAL_DRAWS = Plan("each", 8, 8)  # as many versions as seeds share above
EQUAL_TEXTS = Plan("each", 10, 10)  # ten versions of 400 rows are as many texts to embed as eight of 500
IGNORED = Plan("sharing ignored", 20, 8)  # the rows of "nested", taken for a version of each seed's own
DESIGNS = (CROSSED, NESTED, EACH, EQUAL_DRAWS, EQUAL_TEXTS, SINGLE)


@dataclass(frozen=True)
class Components:
    """A Gaussian world whose gain is 0.

    Args:
        seed, draw, residual, rows: standard deviations in points; of test rows, that of the mean.
    """

    seed: float
    draw: float
    residual: float
    rows: float

    def experiment(self, plan: Plan, rng: np.random.Generator) -> Floats:
        """(G, R, 50) gains of every pair; of "each", (1, R, 50) of every seed with its own draw."""
        shared = 1 if plan.design == "each" else plan.draws
        drawn = (1, plan.seeds, 1) if plan.design == "each" else (shared, 1, 1)
        level = self.seed * rng.standard_normal((1, plan.seeds, 1)) + self.draw * rng.standard_normal(drawn)
        level = level + self.residual * rng.standard_normal((shared, plan.seeds, 1))
        return np.asarray(level + self.rows * np.sqrt(50) * rng.standard_normal(50), float) / 100

    @property
    def truth(self) -> float:
        """The gain."""
        return 0.0


@dataclass(frozen=True)
class Table:
    """A population of real fits, of which an experiment takes draws, seeds and held-out rows with replacement.

    Args:
        gains: (G, R, m) of every draw and seed on every held-out row.
    """

    gains: NDArray[np.float32]

    def experiment(self, plan: Plan, rng: np.random.Generator) -> Floats:
        """As `Components.experiment`, of `ROWS` held-out rows."""
        draws, seeds, m = self.gains.shape
        seed = rng.integers(seeds, size=plan.seeds)
        rows = rng.integers(m, size=ROWS)
        if plan.design == "each":
            draw = rng.integers(draws, size=plan.seeds)
            return np.asarray(self.gains[draw[:, None], seed[:, None], rows][None], float)
        draw = rng.integers(draws, size=plan.draws)
        return np.asarray(self.gains[np.ix_(draw, seed, rows)], float)

    @property
    def truth(self) -> float:
        """The mean over all there is."""
        return float(self.gains.mean(dtype=float))


def infer_from(table: Floats, plan: Plan) -> Finding:
    """What the shipped statistics say of one arm whose (G, R, m) gains were seen with this design."""
    seeds = np.arange(plan.seeds)
    in_turn = seeds % len(table)
    if plan.design == "crossed":
        seen = replace(paired(table.mean(0)[None]), draws=(table.mean(2).T,))
    else:
        seen = paired(table[in_turn, seeds][None])
    if plan.design == "nested":
        seen = replace(seen, clusters=(in_turn,))
    (finding,) = infer(seen, RULE, stream("calibration", "max-t"))
    return finding


def coverage(world: Components | Table, plan: Plan, path: Sequence[str | int], experiments: int) -> dict[str, Json]:
    """How often the interval of an experiment holds the gain of new draws, and its mean half width in points."""
    hits, width = 0, 0.0
    for e in range(experiments):
        seen = infer_from(world.experiment(plan, stream("calibration draws", *path, plan.label, e)), plan)
        hits += seen.low <= world.truth <= seen.high
        width += 50 * (seen.high - seen.low) / experiments
    low, high = interval(hits, experiments)
    rate = hits / experiments
    return {"coverage": round(rate, 4), "low": round(low, 4), "high": round(high, 4), "half_width": round(width, 4)}


COMPONENTS = {  # research: MiniLM head on SST-2, 20 seeds × 16 draws, 1,821 test rows, accuracy
    "random_swap 0.2 ×1": Components(0.350, 0.142, 0.244, 0.118),
    "random_swap 0.2 ×4": Components(0.379, 0.138, 0.290, 0.196),
    "random_deletion 0.2 ×1": Components(0.325, 0.307, 0.315, 0.111),
    "random_deletion 0.2 ×4": Components(0.300, 0.212, 0.358, 0.161),
}


def gaussian(experiments: int) -> dict[str, Json]:
    """Coverage of every design in every Gaussian world."""
    return {
        name: {plan.label: coverage(world, plan, ("gaussian", name), experiments) for plan in (*DESIGNS, IGNORED)}
        for name, world in COMPONENTS.items()
    }


def real(tables: Mapping[str, Table], experiments: int) -> dict[str, Json]:
    """Coverage of every design on every table of real fits."""
    return {
        name: {plan.label: coverage(table, plan, ("real", name), experiments) for plan in DESIGNS}
        for name, table in tables.items()
    }


def tables(fits: Sequence[heads.Heads], data: heads.Reviews) -> dict[str, Table]:
    """A table for each metric of each of these fits."""
    made = {f"{fit.model}, {fit.arm.label}": heads.gains(fit, data) for fit in fits}
    return {f"{name}, {metric}": Table(gains) for name, of in made.items() for metric, gains in of.items()}


FITS = (
    heads.Heads("embedding_logistic", heads.arm("random_deletion", 0.2, 1.0), draws=16, seeds=20),
    heads.Heads("embedding_logistic", heads.arm("random_swap", 0.2, 1.0), draws=16, seeds=20),
    heads.Heads("tfidf_logistic", heads.arm("random_deletion", 0.2, 1.0), draws=16, seeds=20),
)


def study(folder: Path, experiments: int = 2000) -> dict[str, Json]:
    """Both worlds; `folder` is that of the shared data."""
    return {
        "experiments": experiments,
        "nominal": 0.95,
        "half widths in": "points",
        "gaussian": gaussian(experiments),
        "real": {
            "fits": "SST-2, 500 rows of which each of 20 seeds trains on 400, 16 draws; an experiment takes draws, "
            "seeds and 400 of 1,821 held-out rows with replacement, and the truth is the mean over all",
            **real(tables(FITS, heads.reviews(folder)), experiments),
        },
    }


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    record.write("draws", study(Path(os.environ.get("AUGEVAL_DATA") or root.parent / "shared" / "data")))

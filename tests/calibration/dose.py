"""How often what is said of a dose curve is wrong: harmless, too much, recommended, and where it falls to 0.

Shapes: D doses, R seeds. Gains are in points (0.01) here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import record
import worlds
from numpy.typing import NDArray

from augeval.seeds import stream
from augeval.stats.crossing import Crossing, fall
from augeval.stats.dose import Ladder, climb, ladders, umbrella
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.verdict import _standing_for
from augeval.types import Arm, Json, Spec

__all__ = ["CURVES", "GRIDS", "LADDER", "Curve", "bootstrap", "gaussian", "grid", "ridge"]

Floats = NDArray[np.float64]
ALPHA = 0.05
FIVE = (0.05, 0.1, 0.2, 0.3, 0.4)
SEVEN = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
LADDER = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)  # share of turned labels among rows that are swapped
ROWS = 100  # of a Gaussian table
COMPARED = ("umbrella", "plateau that falls", "just below 0", "peak, then just below 0")
MAGNITUDES, RATIOS = (0.1, 0.2, 0.3, 0.4), (1.0, 4.0, 16.0)
GRIDS = {  # what a dose of a grid gains, in points: nothing anywhere, or something at small doses only
    "flat null": lambda magnitude, ratio: 0.0,
    "gain at small doses": lambda magnitude, ratio: 1.2 if magnitude <= 0.2 and ratio <= 4 else 0.0,
}


@dataclass(frozen=True)
class Curve:
    """True gains in points; an interval's margin is half a point (a point for the fitted ridge)."""

    doses: tuple[float, ...]
    gains: tuple[float, ...]
    margin: float = 0.5

    @property
    def crossing(self) -> float:
        """Where the truth falls to 0; inf if it does not."""
        at = fall(self.doses, self.gains)
        return math.inf if at is None else at


CURVES: Mapping[str, Curve] = {
    "umbrella": Curve(FIVE, (0.6, 1.2, 0.6, -0.6, -2.0)),
    "threshold": Curve(FIVE, (0.0, 0.0, 0.0, -1.0, -2.5)),
    "threshold after a gain": Curve(FIVE, (0.3, 0.3, 0.3, -1.0, -2.5)),
    "plateau": Curve(FIVE, (0.5, 1.0, 1.0, 1.0, 1.0)),
    "plateau that falls": Curve(FIVE, (0.5, 1.0, 1.0, 1.0, -1.0)),
    "flat null": Curve(FIVE, (0.0, 0.0, 0.0, 0.0, 0.0)),
    "early harm": Curve(FIVE, (-0.4, -0.8, -1.2, -1.6, -2.0)),
    "just below 0": Curve(FIVE, (-0.01, -0.02, -0.03, -0.04, -0.05)),
    "peak, then just below 0": Curve(SEVEN, (0.6, 1.2, -0.01, -0.02, -0.03, -0.04, -0.05)),
}


def table(gains: Sequence[float], seeds: int, rng: np.random.Generator) -> Floats:
    """(D, R, m) differences around the gains, as in the research: sd 1 point between seeds, .3 of the rows' mean.

    Seeds and rows are shared by the doses with correlation .4, since doses of one family have much in common.
    """

    def shared(*shape: int) -> Floats:
        own = rng.standard_normal((len(gains), *shape))
        mixed: Floats = math.sqrt(0.4) * rng.standard_normal((1, *shape)) + math.sqrt(0.6) * own
        return mixed

    noise = shared(seeds, 1) + 0.3 * math.sqrt(ROWS) * shared(1, ROWS)
    noise = noise + 3.0 * rng.standard_normal((len(gains), seeds, ROWS))
    return (np.asarray(gains)[:, None, None] + noise) / 100


def gaussian(name: str, seeds: int, experiments: int, *, path: Sequence[int | str] = ("dose",)) -> dict[str, Json]:
    """What is said of one of `CURVES` in so many experiments; `path` names the stream."""
    curve = CURVES[name]
    ladders = []
    for e in range(experiments):
        rng = stream("calibration", *path, name, seeds, e)
        pairs = worlds.paired(table(curve.gains, seeds, rng), doses=curve.doses)
        found = infer(pairs, Rule(curve.margin / 100, ALPHA), rng)
        ladders.append(climb(found, "magnitude", curve.margin / 100))
    return {"curve": name, "seeds": seeds, **counted(curve, ladders)}


def ridge(gains: Sequence[float], experiments: int, *, seeds: int = 20, m: int = 1000) -> dict[str, Json]:
    """The same of real ridge fits: swapped rows help, labels that are turned among them harm, more and more.

    Args:
        gains: (6,) true gains of `LADDER` in points.
    """
    curve = Curve(LADDER, tuple(gains), margin=1.0)
    arms = ["dup", *(f"swapnoise:{share}" for share in LADDER)]
    ladders = []
    for e in range(experiments):
        scores = worlds.experiment(("dose", "ridge", e), arms, seeds=seeds, m=m)
        ladders.append(climb(worlds.findings(scores, doses=LADDER), "magnitude", curve.margin / 100))
    return {"curve": "ridge", "seeds": seeds, "gains": list(gains), **counted(curve, ladders)}


def counted(curve: Curve, ladders: Sequence[Ladder]) -> dict[str, Json]:
    """How often each statement was made, and how often it was false, with binomial intervals."""
    truth = dict(zip(curve.doses, curve.gains, strict=True))
    crossings = [ladder.crossing(ALPHA) for ladder in ladders]
    events = {
        "false harmless": [_below(ladder, truth, -curve.margin) for ladder in ladders],
        "false too much": [_loses_falsely(ladder, truth) for ladder in ladders],
        "recommended": [ladder.recommended is not None for ladder in ladders],
        "falsely recommended": [truth.get(_dose(ladder, "recommended"), 1.0) <= 0 for ladder in ladders],
        "crossing missed": [not holds(found, curve.crossing) for found in crossings],
        "crossing bounded above": [found.high is not None for found in crossings],
    }
    ends = [(found.low, found.high) for found in crossings]
    widths = [_width(low, high, curve.doses[-1]) for low, high in ends]
    rates = {name: rate(sum(holds_), len(ladders)) for name, holds_ in events.items()}
    crossing = curve.crossing if math.isfinite(curve.crossing) else None
    return {"experiments": len(ladders), "crossing": crossing, "mean width": round(float(np.mean(widths)), 4), **rates}


def rate(hits: int, trials: int) -> Json:
    """{"hits", "rate", "interval"}."""
    return {
        "hits": hits,
        "rate": round(hits / trials, 4),
        "interval": [round(e, 4) for e in worlds.interval(hits, trials)],
    }


def holds(found: Crossing, at: float) -> bool:
    """Whether the interval holds a crossing; None is beyond the last dose, where an infinite one is."""
    low, high = (math.inf if end is None else end for end in (found.low, found.high))
    return low <= at <= high


def _width(low: float | None, high: float | None, last: float) -> float:
    """Of the part within the doses."""
    return (last if high is None else high) - (last if low is None else low)


def _dose(ladder: Ladder, name: str) -> float:
    dose = ladder.dose(getattr(ladder, name))
    return math.nan if dose is None else dose


def _below(ladder: Ladder, truth: Mapping[float, float], limit: float) -> bool:
    return any(gain < limit for dose, gain in truth.items() if dose <= _dose(ladder, "highest_harmless"))


def _loses_falsely(ladder: Ladder, truth: Mapping[float, float]) -> bool:
    return any(gain >= 0 for dose, gain in truth.items() if dose >= _dose(ladder, "too_much"))


def bootstrap(name: str, seeds: int, experiments: int, resamples: int = 200) -> dict[str, Json]:
    """How often the parametric bootstrap of the umbrella fit misses the crossing on the same tables: for the record."""
    curve, missed = CURVES[name], 0
    for e in range(experiments):
        rng = stream("calibration", "dose", name, seeds, e)
        pairs = worlds.paired(table(curve.gains, seeds, rng), doses=curve.doses)
        found = infer(pairs, Rule(curve.margin / 100, ALPHA), rng)
        low, high = np.quantile(_resampled(curve, found, resamples, rng), [ALPHA / 2, 1 - ALPHA / 2], method="nearest")
        missed += not low <= curve.crossing <= high
    return {"curve": name, "seeds": seeds, "experiments": experiments, "crossing missed": rate(missed, experiments)}


def _resampled(curve: Curve, found: Sequence[Finding], resamples: int, rng: np.random.Generator) -> list[float]:
    error = np.sqrt([step.variance for step in found])
    spread = np.array([step.correlation for step in found]) * np.outer(error, error)
    drawn = rng.multivariate_normal([step.mean for step in found], spread, resamples, method="eigh")
    fits = [umbrella(row, 1 / error**2) for row in drawn]
    return [math.inf if (at := fall(curve.doses, fit.tolist())) is None else at for fit in fits]


def grid(name: str, experiments: int, seeds: int = 10) -> dict[str, Json]:
    """How often a dose that loses nothing is called too much: by a ladder, and by the two that a verdict reads."""
    arms = tuple(Arm(Spec("made_up"), ratio=r, magnitude=m) for r in RATIOS for m in MAGNITUDES)
    gains = [GRIDS[name](arm.magnitude, arm.ratio) for arm in arms]
    tested = wrong = told = recommended = 0
    for e in range(experiments):
        rng = stream("calibration", "dose", "grid", name, e)
        pairs = replace(worlds.paired(table(gains, seeds, rng), doses=range(len(arms))), arms=arms)
        found = infer(pairs, Rule(0.005, ALPHA), rng)
        shown, own = _standing_for(found, 0.005), ladders(found, 0.005)
        tested += len(own)
        wrong += sum(ladder.too_much is not None for ladder in own)
        told += any(ladder.too_much is not None and shown in ladder.steps for ladder in own)
        worthless = [step for step, gain in zip(found, gains, strict=True) if gain <= 0]
        recommended += shown.outcome == "helps" and shown in worthless
    return {
        "grid": name,
        "seeds": seeds,
        "experiments": experiments,
        "false too much, of a ladder": round(wrong / tested, 4),  # ladders depend on each other: no interval
        "false too much, of a verdict": rate(told, experiments),
        "falsely recommended": rate(recommended, experiments),
    }


def main() -> None:
    """The full study: about 4 minutes of one core."""
    arms = ["dup", *(f"swapnoise:{share}" for share in LADDER)]
    gains = [round(100 * float(gain), 3) for gain in worlds.truth(arms, experiments=4000)]
    record.write(
        "dose",
        {
            "about": "false statements of dose curves; alpha .05, margin half a point (ridge: one point)",
            "ridge": ridge(gains, 400),
            "gaussian": [gaussian(name, seeds, 400) for name in CURVES for seeds in (5, 10, 20)],
            "grid": [grid(name, 400) for name in GRIDS],
            "bootstrap of the umbrella fit": [bootstrap(name, 10, 100, 100) for name in COMPARED],
        },
    )


if __name__ == "__main__":
    main()

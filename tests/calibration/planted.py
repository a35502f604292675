"""Effects that were put there: are they found, with the right sign, and do the intervals cover them?

In `worlds` (ridge in closed form, the prototype's table T4): 60 rows a seed, 1,000 test rows; labels of the copies are
turned in 5, 10, 20 and 40 % (harm), halves are swapped (the exact symmetry of that population: help), or nothing is
done. On digits and breast_cancer (logistic regression, trees): 100 rows a seed of which a tenth carries a wrong label,
400 test rows; labels of the copies are turned further (harm), all corrected (help), or the copies are new real rows
(help), with as many wrong labels or with none.

The truth of the first is the mean gain over 400 other experiments, of the second the mean gain over all experiments on
every row of the population. Intervals are simultaneous over the arms; a wrong direction is "helps" where the truth is
below zero or "harms" where it is above.

Run in full: python tests/calibration/planted.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from populations import LEARNERS, Ints, Population, population
from record import write
from runs import in_parallel, rate
from worlds import experiment, findings, truth

from augeval.seeds import stream
from augeval.types import Json

__all__ = ["ARMS", "REAL", "Found", "of_real", "planted", "real", "summary"]

Floats = NDArray[np.float64]
ARMS = ("dup", "swap", "noise:.05", "noise:.1", "noise:.2", "noise:.4", "dup")
REAL = ("copies", "turned:.05", "turned:.1", "turned:.2", "turned:.4", "corrected", "new", "new and right", "copies")
SEEDS, N, M, WRONG = 20, 100, 400, 0.1
LOOKS = (5, 10, 20)
EXPERIMENTS, REAL_EXPERIMENTS = 600, 150  # the second for each data set and learner


@dataclass(frozen=True)
class Found:
    """One experiment at one number of seeds: (K,) outcomes and interval ends, and the population's gains if known."""

    outcomes: tuple[str, ...]
    low: Floats
    high: Floats
    gains: Floats | None = None


def planted(e: int, path: str = "final", looks: Sequence[int] = (SEEDS,)) -> list[Found]:
    """One experiment in `worlds`, looked at after so many seeds."""
    scores = experiment(("planted", path, e), ARMS, seeds=SEEDS, m=1000)
    return [_found(scores[:, :seeds]) for seeds in looks]


def real(e: int, name: str, learner: str, path: str = "final", looks: Sequence[int] = LOOKS) -> list[Found]:
    """One experiment with real rows and models, looked at after so many seeds."""
    rng, data = stream("calibration", "planted", path, name, learner, e), population(name)
    rows = data.draw((SEEDS, N), rng)
    labels = turned(data.y[rows], WRONG, data, rng)
    right = np.array([correct(kind, rows, labels, data, learner, rng) for kind in REAL], float)
    test = data.draw((M,), rng)
    gains = (right[1:] - right[0]).mean((1, 2))
    return [_found(right[:, :seeds, test], gains) for seeds in looks]


def _found(scores: Floats, gains: Floats | None = None) -> Found:
    found = findings(scores)
    ends = np.array([(f.low, f.high) for f in found])
    return Found(tuple(f.outcome for f in found), ends[:, 0], ends[:, 1], gains)


def correct(  # what one arm of one experiment is made of
    kind: str, rows: Ints, labels: Ints, data: Population, learner: str, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(R, a) whether each seed's model is right on every atom, for training rows and as many of this kind."""
    name, _, amount = kind.partition(":")
    copies = rng.integers(0, N, rows.shape)
    more, said = np.take_along_axis(rows, copies, 1), np.take_along_axis(labels, copies, 1)
    if name == "turned":
        said = turned(said, float(amount), data, rng)
    elif name == "corrected":
        said = data.y[more]
    elif name.startswith("new"):
        more = data.draw(rows.shape, rng)
        said = data.y[more] if name == "new and right" else turned(data.y[more], WRONG, data, rng)
    both, all_said = np.concatenate([rows, more], 1), np.concatenate([labels, said], 1)
    return np.asarray(LEARNERS[learner](data.x[both], all_said, data.x, rng) == data.y)


def turned(labels: Ints, share: float, data: Population, rng: np.random.Generator) -> Ints:
    """A share of the labels moved to another class."""
    classes = int(data.y.max()) + 1
    other = (labels + rng.integers(1, classes, labels.shape)) % classes
    return np.where(rng.random(labels.shape) < share, other, labels)


def summary(made: Sequence[Found], gains: Floats, arms: Sequence[str]) -> dict[str, Json]:
    """Coverage, wrong directions, and how often each arm gets which verdict, with binomial intervals."""
    covered = [bool(((f.low <= gains) & (gains <= f.high)).all()) for f in made]
    said = [[(o, g) for o, g in zip(f.outcomes, gains, strict=True) if o in ("helps", "harms")] for f in made]
    wrong = [any(g != 0 and (o == "helps") != (g > 0) for o, g in pairs) for pairs in said]
    nothing = [any(g == 0 for _, g in pairs) for pairs in said]
    by_arm: dict[str, Json] = {
        f"{k + 1}. {arm}": {
            "true gain, points": round(100 * float(gains[k]), 2),
            **{o: rate([f.outcomes[k] == o for f in made]) for o in ("helps", "harms", "equivalent")},
        }
        for k, arm in enumerate(arms)
    }
    shared: dict[str, Json] = {"all intervals cover": rate(covered), "wrong direction": rate(wrong)}
    return {**shared, "a verdict on copies": rate(nothing), "arms": by_arm}


def of_real(made: Sequence[Sequence[Found]], looks: Sequence[int] = LOOKS) -> dict[str, Json]:
    """The summary after every number of seeds."""
    # Copies are the control drawn again: their gain is exactly 0, not what a finite mean says.
    means = np.mean([found[0].gains for found in made], axis=0)
    gains = np.where([arm == REAL[0] for arm in REAL[1:]], 0.0, means)
    return {f"{seeds} seeds": summary([found[i] for found in made], gains, REAL[1:]) for i, seeds in enumerate(looks)}


def main() -> None:
    """The full study: about ten minutes of one core."""
    ridge = [looks[0] for looks in in_parallel(planted, EXPERIMENTS)]
    found: dict[str, Json] = {"ridge in closed form": summary(ridge, truth(ARMS), ARMS[1:])}
    for name in ("digits", "breast_cancer"):
        for learner in LEARNERS:
            made = in_parallel(partial(real, name=name, learner=learner), REAL_EXPERIMENTS)
            found[f"{learner}, {name}"] = of_real(made)
    setting: Json = {"experiments": EXPERIMENTS, "experiments of each data set and learner": REAL_EXPERIMENTS}
    write("planted", {"setting": setting, "rates as [rate, low, high]": found})


if __name__ == "__main__":
    main()

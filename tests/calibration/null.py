"""How often eight arms without an effect get any verdict: identical arms, and different arms of equal effect.

A/A: the control and the eight arms are random copies of the training rows. Rows are real rows of digits or
breast_cancer, drawn with replacement.

Twin null: a row is two real rows of one class side by side, with noise (`Population.two_views`), so its halves are
exchangeable: drawn alike, and swapping them changes nothing. An arm spoils the left half of every synthetic row, its
reference spoils the right half in the same way. The models treat columns alike, so both have exactly the same
accuracy in the population, but each is right on other rows. Eight ways to spoil give eight arms.

Every seed has training rows of its own; the test rows are the same for all seeds. A verdict is any "helps" or "harms"
that `infer` gives to one of the eight arms. The first 5 and 10 seeds are looked at as if no more had been run.
There are 600 experiments of each kind, 150 for each data set and learner.

Run in full: python tests/calibration/null.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from populations import LEARNERS, Population, population
from record import write
from runs import in_parallel, rate
from scipy import stats
from worlds import RULE, paired

from augeval.seeds import stream
from augeval.stats.inference import infer
from augeval.types import Json

__all__ = ["SETTINGS", "aa", "one", "rates", "spoiled", "twin", "verdicts"]

Floats = NDArray[np.float64]
SEEDS, N, M = 20, 100, 200
NOISE = 0.5
SPOILED = ("noise:2", "noise:4", "blank:.7", "blank:1", "shuffle:.7", "shuffle:1", "mirror:.7", "mirror:1")
SETTINGS = tuple((data, learner) for data in ("digits", "breast_cancer") for learner in LEARNERS)
LOOKS = (5, 10, 20)
EXPERIMENTS = 150  # of each setting, so 600 of each kind


def aa(name: str, learner: str, experiment: int, path: str = "final") -> Floats:
    """(8, R, m) differences in correctness of eight random copies to a ninth."""
    rng, data = stream("calibration", "null", path, "aa", name, learner, experiment), population(name)
    rows, test = data.draw((SEEDS, N), rng), data.draw((M,), rng)
    right = []
    for _ in range(9):
        copies = np.take_along_axis(rows, rng.integers(0, N, rows.shape), 1)
        both = np.concatenate([rows, copies], 1)
        right.append(LEARNERS[learner](data.x[both], data.y[both], data.x[test], rng) == data.y[test])
    scores = np.array(right, float)
    return scores[1:] - scores[0]


def twin(name: str, learner: str, experiment: int, path: str = "final") -> Floats:
    """(8, R, m) differences in correctness of arms that spoil one half to those that spoil the other."""
    rng, data = stream("calibration", "null", path, "twin", name, learner, experiment), population(name)
    atoms, test = data.draw((SEEDS, N), rng), data.draw((M,), rng)
    rows, held_out = data.two_views(atoms, NOISE, rng), data.two_views(test, NOISE, rng)
    labels = np.concatenate([data.y[atoms]] * 2, 1)

    def right(kind: str, half: slice) -> Floats:
        both = np.concatenate([rows, spoiled(kind, half, rows, rng)], 1)
        return np.asarray(LEARNERS[learner](both, labels, held_out, rng) == data.y[test], float)

    left, other = halves(data)
    return np.stack([right(kind, left) - right(kind, other) for kind in SPOILED])


def halves(data: Population) -> tuple[slice, slice]:
    """The columns of the two rows that lie side by side."""
    width = data.x.shape[1]
    return slice(0, width), slice(width, None)


def spoiled(kind: str, half: slice, rows: Floats, rng: np.random.Generator) -> Floats:
    """(R, n, d) rows of which one half says less of the class.

    Args:
        kind: "noise:sd", or what is done to a share of the rows: "blank" (columns at their mean), "shuffle" (taken
            from another row of the training set), "mirror" (sign turned).
    """
    made, (name, _, amount) = rows.copy(), kind.partition(":")
    part = made[:, :, half]
    hit = rng.random(part.shape[:2]) < float(amount)
    if name == "noise":
        part += float(amount) * rng.standard_normal(part.shape)
    elif name == "blank":
        part[hit] = 0
    elif name == "mirror":
        part[hit] *= -1
    else:
        order = rng.permuted(np.tile(np.arange(rows.shape[1]), (len(rows), 1)), axis=1)
        part[hit] = np.take_along_axis(part, order[:, :, None], 1)[hit]
    return made


def verdicts(diffs: Floats) -> dict[str, bool]:
    """Whether any of the eight arms gets a verdict, by `infer` and by a paired t over seeds.

    The paired t is also shown for the last arm alone, of which 5 % is promised, and corrected for eight.
    """
    found = infer(paired(diffs), RULE, stream("calibration", "null", "max-t"))
    means, seeds = diffs.mean(2), diffs.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(means.mean(1)) / (means.std(1, ddof=1) / np.sqrt(seeds))
    return {
        "verdict": any(f.outcome in ("helps", "harms") for f in found),
        "interval": any(f.low > 0 or f.high < 0 for f in found),
        "naive, last arm": bool(t[-1] > stats.t.ppf(1 - 0.025, seeds - 1)),
        "naive": bool((t > stats.t.ppf(1 - 0.025, seeds - 1)).any()),
        "naive_bonferroni": bool((t > stats.t.ppf(1 - 0.025 / len(diffs), seeds - 1)).any()),
    }


def one(
    experiment: int, study: Callable[..., Floats], name: str, learner: str, path: str = "final"
) -> list[dict[str, bool]]:
    """What is said after 5, 10 and 20 seeds of one experiment."""
    diffs = study(name, learner, experiment, path)
    return [verdicts(diffs[:, :seeds]) for seeds in LOOKS]


def rates(made: Sequence[Sequence[Mapping[str, bool]]]) -> dict[int, dict[str, list[float]]]:
    """Seeds -> kind of verdict -> [rate, low, high] over experiments, with 95 % binomial intervals."""
    return {
        seeds: {kind: rate([said[look][kind] for said in made]) for kind in made[0][look]}
        for look, seeds in enumerate(LOOKS)
    }


def main() -> None:
    """The full study: about half an hour of one core."""
    found: dict[str, Json] = {}
    for study in (aa, twin):
        every = []
        for name, learner in SETTINGS:
            made = in_parallel(partial(one, study=study, name=name, learner=learner), EXPERIMENTS)
            found[f"{study.__name__}, {learner}, {name}"] = _as_json(rates(made))
            every += made
        found[f"{study.__name__}, all"] = _as_json(rates(every))
    sizes: Json = {"experiments of each setting": EXPERIMENTS, "arms": 8, "training rows": N, "test rows": M}
    write("null", {"setting": sizes, "any of eight arms, [rate, low, high]": found})


def _as_json(by_seeds: Mapping[int, Mapping[str, list[float]]]) -> Json:
    return {f"{seeds} seeds": {kind: list(found) for kind, found in kinds.items()} for seeds, kinds in by_seeds.items()}


if __name__ == "__main__":
    main()

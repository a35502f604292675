"""Two shapes that intervals around a mean fear: training runs that collapse now and then, and losses with a long tail.

Nothing is fitted here; numbers are drawn from components. "collapse": identical arms of accuracy .9, of which every
training run falls to .5 with probability .1. "loss": log loss near its ceiling, crossed draws: every seed fits each of
eight draws. A row's margin varies by row, by row and arm, seed and draw; the reference of each arm is drawn from the
same law, so the expected gain is 0, and eight arms make a family.

Run in full: python tests/calibration/rough.py
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from record import write
from runs import in_parallel, rate
from worlds import RULE, paired

from augeval.seeds import stream
from augeval.stats.inference import infer
from augeval.stats.pairing import Paired
from augeval.types import Json

__all__ = ["collapse", "loss", "verdict"]

Floats = NDArray[np.float64]
ARMS, ROWS, DRAWS = 8, 400, 8
EXPERIMENTS = 600


def collapse(e: int, seeds: int, path: str = "final") -> Paired:
    """Eight arms against one control; all collapse with the same chance, each in its own seeds."""
    rng = stream("calibration", "rough", path, "collapse", seeds, e)
    hard = 2.5 * rng.standard_normal(ROWS) + 0.5 * rng.standard_normal((ARMS + 1, seeds, ROWS)) > -3.3
    fallen = rng.random((ARMS + 1, seeds, 1)) < 0.1
    right = np.where(fallen, rng.random(hard.shape) < 0.5, hard).astype(float)
    return paired(right[1:] - right[0])


def loss(e: int, seeds: int, path: str = "final") -> Paired:
    """Eight arms against references of the same law; larger is better, so losses are taken off."""
    rng = stream("calibration", "rough", path, "loss", seeds, e)
    row = 4 + 2 * rng.standard_normal(ROWS)

    def scores(draws: int, shared: bool) -> Floats:
        """(arms, R, G, m) log likelihoods."""
        own = 0.7 * rng.standard_normal((ARMS, 1, 1, ROWS))
        seed = 0.3 * rng.standard_normal((ARMS, seeds, 1, 1))
        draw = 0.3 * rng.standard_normal((ARMS, 1 if shared else seeds, draws, 1))
        cell = 0.5 * rng.standard_normal((ARMS, seeds, draws, ROWS))
        return np.asarray(-np.log1p(np.exp(-(row + own + seed + draw + cell))))

    # Copies have no draws: what draws vary in an arm varies between seeds in its reference.
    mine, theirs = scores(DRAWS, shared=True), scores(1, shared=False)
    tables = tuple(mine.mean(3) - theirs.mean((2, 3))[:, :, None])
    return replace(paired(mine.mean(2) - theirs.mean(2)), draws=tables)


SHAPES = {"collapse": collapse, "loss": loss}


def verdict(e: int, shape: str, seeds: int, path: str = "final") -> tuple[bool, bool]:
    """Whether any arm gets "helps" or "harms", and whether any gets "harms"."""
    found = infer(SHAPES[shape](e, seeds, path), RULE, stream("calibration", "rough", "max-t"))
    outcomes = [f.outcome for f in found]
    return "helps" in outcomes or "harms" in outcomes, "harms" in outcomes


def main() -> None:
    """The full study: a few minutes of one core."""
    found: dict[str, Json] = {}
    for shape in SHAPES:
        for seeds in (5, 10, 20):
            made = in_parallel(partial(verdict, shape=shape, seeds=seeds), EXPERIMENTS)
            found[f"{shape}, {seeds} seeds"] = {
                "any verdict": rate([any_ for any_, _ in made]), "any harms": rate([harms for _, harms in made]),
            }  # fmt: skip
    write("rough", {"experiments": EXPERIMENTS, "arms": ARMS, "of eight arms, [rate, low, high]": found})


if __name__ == "__main__":
    main()

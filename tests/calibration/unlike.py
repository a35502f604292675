"""Arms whose training runs vary unlike one another: how often some interval of a family misses.

With few seeds each arm errs in its own error, which an error shared by all would hide. Numbers are drawn from
components: eight arms without an effect, whose spread over seeds is lognormal (its logarithm has the standard
deviation `spread`; 0: all alike), held-out rows that add hardly any noise, and a reference that all share.

Run in full: python tests/calibration/unlike.py
"""

from __future__ import annotations

from functools import partial

import numpy as np
from record import write
from runs import in_parallel, rate
from worlds import RULE, paired

from augeval.seeds import stream
from augeval.stats.inference import infer
from augeval.stats.pairing import Paired
from augeval.types import Json

__all__ = ["family", "misses"]

ARMS, ROWS, EXPERIMENTS = 8, 80, 600
SPREADS, SEEDS = (0.0, 0.5, 1.0), (5, 10, 20)


def family(e: int, spread: float, seeds: int, path: str = "final") -> Paired:
    """Eight arms of gain 0 against one reference."""
    rng = stream("calibration", "unlike", path, spread, seeds, e)
    own = 0.02 * np.exp(spread * rng.standard_normal((ARMS, 1, 1))) * rng.standard_normal((ARMS, seeds, 1))
    shared = 0.01 * rng.standard_normal((1, seeds, 1))
    row = 0.0005 * ROWS**0.5 * rng.standard_normal((ARMS, 1, ROWS))
    return paired(own + shared + row + 0.02 * rng.standard_normal((ARMS, seeds, ROWS)))


def misses(e: int, spread: float, seeds: int, path: str = "final") -> bool:
    """Whether any of the eight intervals leaves 0 out."""
    found = infer(family(e, spread, seeds, path), RULE, stream("calibration", "unlike", "max-t"))
    return any(f.low > 0 or f.high < 0 for f in found)


def main() -> None:
    """The full study: about two minutes of one core."""
    found: dict[str, Json] = {
        f"spread {spread:g}, {seeds} seeds": rate(in_parallel(partial(misses, spread=spread, seeds=seeds), EXPERIMENTS))
        for spread in SPREADS
        for seeds in SEEDS
    }
    write("unlike", {"experiments": EXPERIMENTS, "arms": ARMS, "any interval misses, [rate, low, high]": found})


if __name__ == "__main__":
    main()

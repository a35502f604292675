"""Is an arm that adds k fresh real rows worth k more real rows, as often as its interval says?

Every world is the same population, and the truth needs no curve: an arm whose "augmentation" is k more rows of the
population stands exactly k rows further, whatever the model. Ridge classifiers learn fast (error over the best one
falls with 1 / n), the nearest neighbour slowly, so that both ends of the interval are put to the test.

Shapes: R seeds, n training rows, m held-out rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import record
import worlds

from augeval.extend import MetricPlugin
from augeval.results import CellResult, Verdict
from augeval.seeds import stream
from augeval.stats.verdict import judge
from augeval.stats.worth import priced
from augeval.types import Arm, Cell, Spec

__all__ = ["DESIGNS", "Design", "study"]

METRICS = {"accuracy": MetricPlugin(name="accuracy", fn=lambda y, s: 0.0, modalities=())}
NONE, FRESH = Arm(Spec("none")), Arm(Spec("fresh"))
ALPHA = 0.05
Rows = tuple[worlds.Floats, worlds.Floats]


@dataclass(frozen=True)
class Design:
    """One world.

    Args:
        sizes: train sizes of the baseline, the arm's own first; more: fresh rows that the arm adds.
        seeds: of the baseline; arm_seeds: of the arm, fewer after a race; held_out: rows.
        model: "ridge" or "nearest".
    """

    sizes: tuple[int, ...]
    more: int
    seeds: int = 20
    arm_seeds: int = 20
    held_out: int = 1000
    model: str = "ridge"


DESIGNS = {
    "4 sizes, on a measured size": Design((40, 80, 160, 320), 40),
    "4 sizes, between two": Design((40, 80, 160, 320), 75),
    "5 sizes, 10 seeds": Design((40, 60, 90, 135, 200), 70, seeds=10, arm_seeds=10),
    "3 sizes, small gain": Design((80, 160, 320), 60),
    "2 sizes": Design((40, 160), 50),
    "2 sizes far apart": Design((40, 400), 60),
    "arm with 5 of 20 seeds": Design((40, 80, 160, 320), 75, arm_seeds=5),
    "5 seeds, 300 held-out rows": Design((40, 80, 160, 320), 80, seeds=5, arm_seeds=5, held_out=300),
    "nearest neighbour, 4 sizes": Design((40, 80, 160, 320), 75, model="nearest"),
    "nearest neighbour, 2 sizes far apart": Design((40, 400), 100, model="nearest"),
    "beyond the largest size": Design((40, 60, 80), 70),
}


def results(design: Design, path: Sequence[int | str]) -> list[CellResult]:
    """Baselines of all sizes, nested within a seed, and the arm at the first one; the held-out rows are fixed."""
    rng = stream("calibration", "worth", *path)
    most = max(*design.sizes, design.sizes[0] + design.more)
    x, y = (part.reshape(design.seeds, most, *part.shape[1:]) for part in worlds.draw(design.seeds * most, rng))
    fresh_x, fresh_y = worlds.draw(design.seeds * design.more, rng)
    test, labels = worlds.draw(design.held_out, rng)
    found = []
    for size in design.sizes:
        right = right_answers(design.model, (x[:, :size], y[:, :size]), (test, labels))
        found += [cell(NONE, seed, size, right[seed]) for seed in range(design.seeds)]
    own = design.sizes[0]
    more_x = np.concatenate([x[:, :own], fresh_x.reshape(design.seeds, design.more, -1)], 1)
    more_y = np.concatenate([y[:, :own], fresh_y.reshape(design.seeds, design.more)], 1)
    right = right_answers(design.model, (more_x, more_y), (test, labels))
    return found + [cell(FRESH, seed, own, right[seed]) for seed in range(design.arm_seeds)]


def right_answers(model: str, train: Rows, test: Rows) -> worlds.Floats:
    """(R, m) 1 where the model of each training set is right: (R, n, d), (R, n) and (m, d), (m,)."""
    if model == "ridge":
        return worlds.correct(worlds.ridge(*train), *test)
    (x, y), (held_out, labels) = train, test
    squares = (x**2).sum(2)[:, None, :] - 2 * held_out @ np.swapaxes(x, 1, 2)  # (R, m, n), up to what n shares
    return (np.take_along_axis(y, squares.argmin(2), 1) == labels).astype(float)


def cell(arm: Arm, seed: int, size: int, right: worlds.Floats) -> CellResult:
    """What a run would have measured."""
    about = Cell({"name": "world"}, Spec("ridge"), arm, seed, size, ("accuracy",), "each", 1, {})
    rows, ids = {"accuracy": right.astype(np.float32)}, np.arange(len(right))
    return CellResult(f"{arm.label} {seed} {size}", about, "ok", per_example=rows, test_ids=ids)


def one(design: Design, path: Sequence[int | str]) -> tuple[bool, Verdict]:
    """Whether the arm was shown to help, and its price as if it had been."""
    cells = results(design, path)
    own = [c for c in cells if c.cell.train_size == design.sizes[0]]
    (verdict,) = judge(own, metrics=METRICS, margin=0.01, alpha=ALPHA).verdicts
    helping = replace(verdict, outcome="helps", decided_by=FRESH.label)
    return verdict.outcome == "helps", priced([helping], cells, metrics=METRICS, alpha=ALPHA)[0]


def study(name: str, experiments: int, *, path: str = "final") -> dict[str, object]:
    """How often the interval of one design holds the true number of rows, of all verdicts and of those that help."""
    design = DESIGNS[name]
    runs = [one(design, (path, name, e)) for e in range(experiments)]
    helps = [verdict for helped, verdict in runs if helped]
    every = [verdict for _, verdict in runs]
    return {
        **asdict(design),
        "helps": _rate(len(helps), experiments),
        "covered of those that help": _rate(sum(_holds(v, design.more) for v in helps), len(helps)),
        "covered of all": _rate(sum(_holds(v, design.more) for v in every), experiments),
        "too low": sum(v.worth_high is not None and v.worth_high < design.more for v in helps),
        "too high": sum(v.worth_low is not None and v.worth_low > design.more for v in helps),
        "with a number": _rate(sum(v.worth is not None for v in helps), len(helps)),
        "with an upper end": _rate(sum(v.worth_high is not None for v in helps), len(helps)),
        "median worth": _median([v.worth for v in helps]),
        "median low": _median([v.worth_low for v in helps]),
        "median high": _median([v.worth_high for v in helps]),
    }


def _holds(verdict: Verdict, more: int) -> bool:
    low = 0.0 if verdict.worth_low is None else verdict.worth_low
    return low <= more and (verdict.worth_high is None or more <= verdict.worth_high)


def _rate(hits: int, trials: int) -> dict[str, object]:
    low, high = worlds.interval(hits, trials) if trials else (0.0, 1.0)
    rate = round(hits / trials, 4) if trials else None
    return {"hits": hits, "trials": trials, "rate": rate, "interval": [round(low, 4), round(high, 4)]}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


if __name__ == "__main__":
    record.write("worth", {"alpha": ALPHA, "designs": {name: study(name, 400) for name in DESIGNS}})

"""Metrics that are not means of right answers: do their intervals hold where few held-out rows are of the rare class?

The population has two classes of Gaussian rows, and its two halves of five columns are exchangeable. Ridge classifiers
are fitted in closed form to rows of which a fifth are rare. As in the twin null of `null`, an arm jitters one half of
the synthetic rows and its reference the other, so every metric has the same expectation; eight jitters make eight
arms. As in `planted`, labels of the copies are turned in eight shares; the truth is the mean gain over all
experiments, on test sets of the same composition. "easy" rows lie further apart and models see 400 of them: metrics
come near their ceiling.

Held-out rows: m = 400, of which 8, 15, 40 or 100 are rare. "fixed" has one test set; "splits" has a pool of 2,000 rows
of which every seed holds out 400 others, by class, and trains on some of the rest.

Run in full: python tests/calibration/influence.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from record import write
from runs import in_parallel, rate
from worlds import RULE, paired, ridge

from augeval.metrics import classification
from augeval.metrics.influence import jackknife_contributions
from augeval.seeds import stream
from augeval.stats.inference import Finding, infer
from augeval.stats.pairing import Paired
from augeval.stats.strata import strata
from augeval.types import Json

__all__ = ["METRICS", "SETTINGS", "Setting", "differences", "ndcg", "one", "summary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HALF = 5
SHIFT = np.tile(np.linspace(0.3, 1.2, HALF), 2)  # between the class means: 2.6 standard deviations
SEEDS, N, M, RARE = 10, 100, 400, 0.2
EASY = 1.5  # times as far apart
POOL = 2000
JITTER = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
EXPERIMENTS = 100
NOISE = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


def ndcg(y: Ints, scores: Floats) -> float:
    """Discounted gain of the rare rows, in order of score, over the best there could be; one query."""
    order = np.argsort(-scores[:, 1], kind="stable")
    discount = 1 / np.log2(np.arange(2, len(y) + 2))
    best = discount[: int(y.sum())].sum()
    return float(discount[y[order] == 1].sum() / best) if best else float("nan")


def _of_ndcg(y: Ints, scores: Floats) -> Floats:
    return jackknife_contributions(ndcg, y, scores)


METRICS = {
    "average_precision": classification.average_precision.contributions,
    "roc_auc": classification.roc_auc.contributions,
    "macro_f1": classification.macro_f1.contributions,
    "balanced_accuracy": classification.balanced_accuracy.contributions,
    "ndcg by jackknife": _of_ndcg,
}


@dataclass(frozen=True)
class Setting:
    """kind: "twin" or "planted"; design: "fixed" or "splits"; rare: held-out rows of the rare class."""

    kind: str
    design: str
    rare: int
    easy: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.design}, {self.rare} rare" + (", easy" if self.easy else "")


SETTINGS = (
    *(Setting(kind, "fixed", rare) for kind in ("twin", "planted") for rare in (8, 15, 40, 100)),
    *(Setting(kind, "splits", rare) for kind in ("twin", "planted") for rare in (8, 40)),
    *(Setting("planted", "fixed", rare, easy=True) for rare in (8, 15, 40)),
)


@dataclass(frozen=True)
class Held:
    """What each seed trains on and is scored on: x (R, n, 10), y (R, n); test (rows, 10), classes, which (R, m)."""

    x: Floats
    y: Ints
    test: Floats
    classes: Ints
    which: Ints


def rows(count: int, rare: int, apart: float, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Rows (count, 10) of which the first `rare` are of class 1."""
    y = (np.arange(count) < rare).astype(np.int64)
    return rng.standard_normal((count, 2 * HALF)) + y[:, None] * SHIFT * apart, y


def held(setting: Setting, rng: np.random.Generator) -> Held:
    """Training and test rows of every seed."""
    apart, n = (EASY, 4 * N) if setting.easy else (1.0, N)
    rare, few = setting.rare, int(RARE * n)
    if setting.design == "fixed":
        sets = [rows(n, few, apart, rng) for _ in range(SEEDS)]
        test, classes = rows(M, rare, apart, rng)
        which = np.tile(np.arange(M), (SEEDS, 1))
        return Held(np.stack([x for x, _ in sets]), np.stack([y for _, y in sets]), test, classes, which)
    total = POOL * rare // M
    x, y = rows(POOL, total, apart, rng)
    out, train = [], []
    for _ in range(SEEDS):
        mine, others = rng.permutation(total), total + rng.permutation(POOL - total)
        known = min(few, total - rare)
        out.append(np.r_[mine[:rare], others[: M - rare]])
        train.append(np.r_[mine[rare : rare + known], others[M - rare : M - rare + n - known]])
    return Held(x[np.array(train)], y[np.array(train)], x, y, np.array(out))


def jittered(half: slice, sd: float, data: Held, rng: np.random.Generator) -> Floats:
    more = data.x.copy()
    more[:, :, half] += sd * rng.standard_normal(more[:, :, half].shape)
    return fitted(data.x, data.y, more, data.y)


def mislabelled(share: float, data: Held, rng: np.random.Generator) -> Floats:
    copies = rng.integers(0, data.y.shape[1], data.y.shape)
    more, labels = np.take_along_axis(data.x, copies[:, :, None], 1), np.take_along_axis(data.y, copies, 1)
    return fitted(data.x, data.y, more, np.where(rng.random(labels.shape) < share, 1 - labels, labels))


def fitted(x: Floats, y: Ints, more: Floats, labels: Ints) -> Floats:
    """(R, 11) ridge weights of rows and synthetic rows together."""
    return ridge(np.concatenate([x, more], 1), 2.0 * np.concatenate([y, labels], 1) - 1)


def contributions(weights: Floats, data: Held, metric: str) -> Floats:
    """(R, rows), nan for rows that a seed does not hold out."""
    made = np.full((len(weights), len(data.classes)), np.nan)
    for r, (w, which) in enumerate(zip(weights, data.which, strict=True)):
        height = data.test[which] @ w[:-1] + w[-1]
        made[r, which] = METRICS[metric](data.classes[which], np.stack([-height, height], 1))
    return made.astype(np.float32).astype(float)  # as they are kept


def differences(setting: Setting, metrics: Sequence[str], e: int, path: str = "final") -> dict[str, Paired]:
    """Metric -> eight arms against their references, as `infer` takes them."""
    rng = stream("calibration", "influence", path, setting.name, e)
    data = held(setting, rng)
    left, right = slice(0, HALF), slice(HALF, None)
    if setting.kind == "twin":
        arms = [jittered(left, sd, data, rng) for sd in JITTER]
        references = [jittered(right, sd, data, rng) for sd in JITTER]
    else:
        arms = [mislabelled(share, data, rng) for share in NOISE]
        references = [mislabelled(0.0, data, rng)]
    return {
        metric: _paired(*([contributions(w, data, metric) for w in side] for side in (arms, references)), data.classes)
        for metric in metrics
    }


def _paired(mine: Sequence[Floats], theirs: Sequence[Floats], classes: Ints) -> Paired:
    stratum, reach = strata(classes, [*mine, *theirs])
    return replace(paired(np.array(mine) - np.array(theirs)), strata=stratum, reach=reach)


@dataclass(frozen=True)
class Found:
    """(8,) of one metric in one experiment."""

    outcomes: tuple[str, ...]
    mean: Floats
    low: Floats
    high: Floats


def one(e: int, setting: Setting, metrics: Sequence[str], path: str = "final") -> dict[str, Found]:
    """What is found of every metric in one experiment."""
    return {
        metric: _found(infer(made, RULE, stream("calibration", "influence", "max-t")))
        for metric, made in differences(setting, metrics, e, path).items()
    }


def _found(found: Sequence[Finding]) -> Found:
    mean, low, high = np.array([(f.mean, f.low, f.high) for f in found]).T
    return Found(tuple(f.outcome for f in found), mean, low, high)


def summary(made: Sequence[Found], kind: str) -> dict[str, Json]:
    """How often any of the eight intervals misses, any verdict is wrong, and how wide the intervals are, in points."""
    truth = np.mean([f.mean for f in made], axis=0) * (kind == "planted")
    missed = [bool(((f.low > truth) | (f.high < truth)).any()) for f in made]
    wrong = [any(_wrong(o, t) for o, t in zip(f.outcomes, truth, strict=True)) for f in made]
    return {
        "any interval misses": rate(missed),
        "any verdict is wrong": rate(wrong),
        "median width": round(100 * float(np.median([f.high - f.low for f in made])), 1),
        "largest true loss": round(100 * max(0.0, float(-truth.min())), 2),
    }


def _wrong(outcome: str, truth: float) -> bool:
    """Wrong direction, or called too small to matter when it is not."""
    missed = abs(truth) > RULE.margin if outcome == "equivalent" else False
    return missed or (outcome == "helps" and truth <= 0) or (outcome == "harms" and truth >= 0)


def main() -> None:
    """The full study: a quarter of an hour of one core."""
    found: dict[str, Json] = {}
    for setting in SETTINGS:
        # The jackknife asks for a metric fifty times; two settings are enough for it.
        jackknife = setting.kind == "twin" and setting.design == "fixed" and setting.rare in (8, 40)
        metrics = [metric for metric in METRICS if jackknife or "jackknife" not in metric]
        made = in_parallel(partial(one, setting=setting, metrics=metrics), EXPERIMENTS)
        found[setting.name] = {metric: summary([f[metric] for f in made], setting.kind) for metric in metrics}
    about: Json = {"experiments": EXPERIMENTS, "arms": 8, "seeds": SEEDS, "held-out rows": M, "margin": RULE.margin}
    write("influence", {"setting": about, "of eight arms, [rate, low, high]": found})


if __name__ == "__main__":
    main()

"""Populations whose truth is known, fitted by real models, as the statistics take them.

Shapes: K arms beside the control, R seeds, n training rows, m held-out rows, d columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augeval.seeds import stream
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Paired
from augeval.types import Arm, Spec

__all__ = ["arm", "experiment", "findings", "interval", "paired", "truth"]

Floats = NDArray[np.float64]
HALF = 5  # the first five columns and the last five are exchangeable
BETA = np.tile(np.linspace(0.2, 1, HALF), 2) / np.sqrt(2)
PENALTY = 1.0
RULE = Rule(margin=0.01, alpha=0.05)


def draw(n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Rows (n, 10) and labels (n,) of -1 and 1."""
    x = rng.standard_normal((n, 2 * HALF))
    return x, np.where(x @ BETA + 0.8 * rng.standard_normal(n) > 0, 1.0, -1.0)


def ridge(x: Floats, y: Floats) -> Floats:
    """Closed-form ridge classifiers of R training sets: (R, n, d), (R, n) -> (R, d + 1), the intercept last."""
    rows = np.concatenate([x, np.ones((*x.shape[:2], 1))], 2)
    across = np.swapaxes(rows, 1, 2)
    gram = across @ rows + PENALTY * np.eye(rows.shape[2])
    solved: Floats = np.linalg.solve(gram, across @ y[..., None])[..., 0]
    return solved


def correct(weights: Floats, x: Floats, y: Floats) -> Floats:
    """(R, m) 1 where a model is right."""
    return (((x @ weights[:, :-1].T + weights[:, -1]).T > 0) == (y > 0)).astype(float)


def augmented(kind: str, x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The rows of R training sets with as many more: so every arm has equal rows.

    Args:
        kind: "dup", "swap" (the exact symmetry of the population), "noise:share" (labels turned), "swapnoise:share",
            "ju:sd" and "jv:sd" (jitter of one half of the columns: two augmentations of equal population effect), or
            "fresh" (needs rows that `experiment` adds).
    """
    sets, n, _ = x.shape
    name, _, amount = kind.partition(":")
    chosen = rng.integers(0, n, (sets, n))
    more, labels = np.take_along_axis(x, chosen[:, :, None], 1).copy(), np.take_along_axis(y, chosen, 1).copy()
    if name.startswith("swap"):
        more = np.concatenate([more[:, :, HALF:], more[:, :, :HALF]], 2)
    if name.endswith("noise"):
        labels = np.where(rng.random((sets, n)) < float(amount), -labels, labels)
    if name in ("ju", "jv"):
        half = slice(0, HALF) if name == "ju" else slice(HALF, None)
        more[:, :, half] += float(amount) * rng.standard_normal((sets, n, HALF))
    return np.concatenate([x, more], 1), np.concatenate([y, labels], 1)


def experiment(  # the knobs of one simulated experiment
    path: Sequence[int | str],
    arms: Sequence[str],
    *,
    seeds: int = 20,
    n: int = 60,
    m: int = 400,
    pool: int | None = None,
) -> Floats:
    """(arms, R, m) answers, 1 where right; the first arm is the control.

    Args:
        path: names the random stream. pool: rows that every seed's training rows are taken from; None draws new ones.
    """
    rng = stream("calibration", *path)
    if pool is None:
        x, y = draw(n * seeds, rng)
        rows = np.arange(n * seeds).reshape(seeds, n)
    else:
        x, y = draw(pool, rng)
        rows = np.stack([rng.permutation(pool)[:n] for _ in range(seeds)])
    test, labels = draw(m, rng)
    return np.stack([correct(ridge(*augmented(kind, x[rows], y[rows], rng)), test, labels) for kind in arms])


def truth(arms: Sequence[str], *, n: int = 60, experiments: int = 400) -> Floats:
    """(K,) population gains over the control; exactly 0 for copies of the control."""
    total = np.zeros(len(arms) - 1)
    for e in range(experiments):
        scores = experiment(("truth", e), arms, seeds=8, n=n, m=500)
        total += (scores[1:] - scores[0]).mean((1, 2))
    return np.where([kind == arms[0] for kind in arms[1:]], 0.0, total / experiments)


def arm(dose: float) -> Arm:
    """A made-up arm of one family."""
    return Arm(Spec("made_up"), ratio=1.0, magnitude=dose)


def paired(diffs: Floats, *, doses: Sequence[float] | None = None, score_range: float = 1.0) -> Paired:
    """(K, R, m) differences to the control, as `infer` takes them; every draw is the seed's own."""
    n = len(diffs)
    doses = range(1, n + 1) if doses is None else doses
    return Paired(
        contrast="duplicate",
        arms=tuple(arm(float(dose)) for dose in doses),
        references=(Arm(Spec("duplicate"), ratio=1.0),) * n,
        diffs=np.asarray(diffs, float),
        draws=(None,) * n,
        clusters=(None,) * n,
        exact=np.zeros(n, bool),
        score_range=score_range,
        reasons=("",) * n,
        applicable=np.ones(n, bool),
        strata=np.zeros(diffs.shape[2], np.int64),
        reach=np.ones(1),
    )


def findings(scores: Floats, *, rule: Rule = RULE, doses: Sequence[float] | None = None) -> tuple[Finding, ...]:
    """What is found of (1 + K, R, m) scores, larger better, the control first."""
    return infer(paired(scores[1:] - scores[0], doses=doses), rule, stream("calibration", "max-t"))


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a rate."""
    found = stats.binomtest(hits, trials).proportion_ci()
    return float(found.low), float(found.high)

"""What is fitted to out-of-fold scores, and then done to held-out scores before a metric reads them.

Everything here is a function of training rows: held-out scores are mapped, and never fitted to. Shapes: n rows, k
classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from augeval.plugins import MetricPlugin
from augeval.types import Json

__all__ = [
    "SEMANTICS", "Adjustment", "Cut", "Recalibration", "Reweighing", "ScoreMap", "are_probabilities",
    "prior_corrected", "recalibrated", "tuned",
]  # fmt: skip

SEMANTICS = {"tuned": 1, "recalibrated": 1, "prior_corrected": 1}  # raised where the same scores would map otherwise
Floats = NDArray[np.float64]
HALF = 0.5  # where the cut lies that nobody moved
MOST_CUTS = 200
POWERS = np.arange(-20, 31) / 20  # of the classes' shares; 0 moves nothing, 1 weighs every class alike
SURE = 1e-6  # a probability nearer to 0 than this says no more than this: logs stay within 13.8
FARTHEST = 30.0  # of recalibrated logits from the highest one, so that no probability becomes 0
ALIKE = 1e-12  # values of a metric that differ by less are equal
SUM_TOLERANCE = 1e-4  # as metrics of probabilities have it


class ScoreMap(Protocol):
    """(n, k) scores -> (n, k) scores; `told` is what was fitted, as plain values."""

    def __call__(self, scores: Floats) -> Floats: ...

    def told(self) -> dict[str, Json]: ...


@dataclass(frozen=True)
class Cut:
    """Two classes: that of column 1 is predicted where its score is above `at`; a 1 stands at the predicted class."""

    at: float

    def __call__(self, scores: Floats) -> Floats:
        said = scores[:, 1] > self.at
        return np.stack([~said, said], axis=1).astype(np.float64)

    def told(self) -> dict[str, Json]:
        return {"cut": self.at}


@dataclass(frozen=True)
class Adjustment:
    """More classes: scores are divided by the classes' shares to a power; a 1 stands at the highest quotient.

    Source: logit adjustment, Menon et al. 2021, equation 9, with its τ chosen out of fold.
    """

    shares: tuple[float, ...]
    power: float

    def __call__(self, scores: Floats) -> Floats:
        moved = scores
        if self.power:
            moved = _logs(scores, are_probabilities(scores)) - self.power * np.log(np.maximum(self.shares, SURE))
        return np.asarray(np.eye(scores.shape[1])[moved.argmax(1)])

    def told(self) -> dict[str, Json]:
        return {"power": self.power}


@dataclass(frozen=True)
class Recalibration:
    """Probabilities ∝ exp(slope · log p + offset of the class); raw scores stand in for log p where they are none."""

    slope: float
    offsets: tuple[float, ...]
    of_probabilities: bool

    def __call__(self, scores: Floats) -> Floats:
        logits = self.slope * _logs(scores, self.of_probabilities) + np.array(self.offsets)
        return _softmax(logits)

    def told(self) -> dict[str, Json]:
        return {"slope": self.slope, "offsets": list(self.offsets)}


@dataclass(frozen=True)
class Reweighing:
    """Probabilities times a factor of each class, scaled to sum 1; scores that are none stay as they are."""

    factors: tuple[float, ...]

    def __call__(self, scores: Floats) -> Floats:
        if not are_probabilities(scores):
            return scores
        weighed = scores * np.array(self.factors)
        return np.asarray(weighed / weighed.sum(1, keepdims=True))

    def told(self) -> dict[str, Json]:
        return {"factors": list(self.factors)}


def tuned(y: NDArray[Any], scores: Floats, metric: MetricPlugin) -> Cut | Adjustment:
    """The decision under which the metric is best on these rows.

    Two classes: cuts of column 1 midway between neighbouring scores, with those that give all rows to one class; at
    most 200 of them, taken so that each class has as many rows between two. More: scores divided by the classes' shares
    to a power from −1 to 1.5 in steps of 0.05, so that a model of balanced rows can be moved back as well. Of equally
    good ones those nearest to the decision that nobody moved are taken, and the middle one of neighbours.

    Args:
        y: (n,) int classes. scores: (n, k) out-of-fold scores.
        metric: reads predicted classes; lower is better where it says so. Where it is nan a decision is not taken.

    Source: cuts as scikit-learn's TunedThresholdClassifierCV, on pooled out-of-fold scores.
    """
    if scores.shape[1] == 2:
        cuts = _cuts(y, scores[:, 1])
        return Cut(float(_best(cuts, [_value(metric, y, Cut(at)(scores)) for at in cuts], HALF)))
    counts = np.bincount(y, minlength=scores.shape[1])
    shares = tuple((counts / max(len(y), 1)).tolist())
    values = [_value(metric, y, Adjustment(shares, power)(scores)) for power in POWERS]
    return Adjustment(shares, float(_best(POWERS, values, 0.0)))


def recalibrated(y: NDArray[Any], scores: Floats) -> Recalibration:
    """Platt scaling; for more than two classes a temperature and an offset for each class.

    Least cross-entropy towards targets that are not quite 0 and 1: (n_c + 1) / (n_c + k) for the class of a row, of
    which there are n_c, and 1 / (n_c + k) for every other. So perfectly separated scores stay finite, and few rows
    claim little.

    Args:
        y: (n,) int classes. scores: (n, k) out-of-fold probabilities, or raw scores; probabilities below 1e-6 count
            as 1e-6.

    Source: Platt 1999, with his targets; for more classes his targets' generalisation, and Guo et al. 2017, section 4.2
        (vector scaling with one scale).
    """
    from scipy.optimize import minimize

    k, probabilities = scores.shape[1], are_probabilities(scores)
    logs, target = _logs(scores, probabilities), _targets(y, k)

    def loss(params: Floats) -> tuple[float, Floats]:
        logits = params[0] * logs + np.append(0.0, params[1:])
        found = _log_softmax(logits)
        gap = np.exp(found) - target
        slope = np.append((gap * logs).sum(), gap.sum(0)[1:])
        return float(-(target * found).sum() / len(y)), slope / len(y)

    start = np.append(1.0, np.zeros(k - 1))
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000})
    return Recalibration(float(best.x[0]), (0.0, *best.x[1:].tolist()), probabilities)


def prior_corrected(real: Floats, trained: Floats) -> Reweighing:
    """The factors that take probabilities from the shares in what was trained on to the real ones.

    Args:
        real, trained: (k,) rows, or weight, of each class among the real training rows and in what was fitted.

    Source: Saerens, Latinne & Decaestecker 2002, equation 4: p' ∝ p · π_real / π_trained.
    """
    shares = [np.asarray(counts, np.float64) / max(float(np.sum(counts)), SURE) for counts in (real, trained)]
    known = shares[1] > 0
    factors = np.divide(shares[0], shares[1], out=np.ones(len(known)), where=known)
    return Reweighing(tuple(factors.tolist()))


def are_probabilities(scores: Floats) -> bool:
    """Whether every row is a distribution over the classes."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(1) - 1) <= SUM_TOLERANCE).all())


def _value(metric: MetricPlugin, y: NDArray[Any], decided: Floats) -> float:
    """The metric, turned so that more is better."""
    value = float(metric.fn(y, decided))
    return value if metric.higher_is_better else -value


def _cuts(y: NDArray[Any], score: Floats) -> Floats:
    """(c,) ascending cuts midway between neighbouring scores, and one below the least and above the highest of them."""
    known = np.unique(score)
    least = 0.0 if known[0] > 0 else known[0] - 1
    most = 1.0 if known[-1] < 1 else known[-1] + 1
    edges = np.concatenate([[least], known, [most]])
    middle = (edges[1:] + edges[:-1]) / 2
    if len(middle) <= MOST_CUTS:
        return np.asarray(middle)
    # Quantiles of both classes alike: of all rows, they would pass by the few scores of a rare class.
    by_class = [np.sort(score[y == c]) for c in (0, 1)]
    below = sum(np.searchsorted(of_class, middle) / max(len(of_class), 1) for of_class in by_class)
    places = np.searchsorted(below, np.linspace(0, below[-1], MOST_CUTS))
    return np.asarray(middle[np.unique(places)])


def _best(places: Floats, values: list[float], home: float) -> float:
    """The middle of the best run of places that is nearest to home; home where no value is known."""
    known = np.array([-np.inf if np.isnan(value) else value for value in values])
    if not len(known) or known.max() == -np.inf:
        return home
    good = np.flatnonzero(known >= known.max() - ALIKE * max(1.0, abs(known.max())))
    runs = np.split(good, np.flatnonzero(np.diff(good) > 1) + 1)
    run = min(runs, key=lambda run: _distance(places, run, home))
    middle = [run[(len(run) - 1) // 2], run[len(run) // 2]]
    return float(places[min(middle, key=lambda i: abs(places[i] - home))])


def _distance(places: Floats, run: NDArray[np.intp], home: float) -> float:
    """From home to the nearest place of the run; 0 where home lies within it."""
    return max(0.0, float(places[run[0]] - home), float(home - places[run[-1]]))


def _targets(y: NDArray[Any], k: int) -> Floats:
    size = np.bincount(y, minlength=k)[y][:, None]
    own = np.arange(k) == np.asarray(y)[:, None]
    return np.asarray((size * own + 1.0) / (size + k))


def _logs(scores: Floats, probabilities: bool) -> Floats:
    return np.log(np.clip(scores, SURE, 1.0)) if probabilities else scores


def _log_softmax(logits: Floats) -> Floats:
    above = logits - logits.max(1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(1, keepdims=True)))


def _softmax(logits: Floats) -> Floats:
    shares = np.exp(np.maximum(logits - logits.max(1, keepdims=True), -FARTHEST))
    return np.asarray(shares / shares.sum(1, keepdims=True))

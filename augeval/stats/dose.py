"""How much of it is too much: best, recommended, harmless and too-much dose of one family along one axis.

Shapes: D doses, ascending. The guarantees of the fixed sequences hold for one ladder (one axis, the other dose held),
at the one-sided level alpha each and without a share for the other ladders: a verdict on a grid reads two, and is wrong
of too much in .07 to .09 where nothing loses (calibration/dose.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from augeval.stats.crossing import Crossing, cross
from augeval.stats.inference import Finding
from augeval.types import Arm

__all__ = ["Ladder", "climb", "ladders", "recommend", "umbrella"]

Floats = NDArray[np.float64]
Axis = Literal["magnitude", "ratio", "balance"]
AXES: tuple[Axis, ...] = ("magnitude", "ratio", "balance")
LEAST_FIT = 3  # doses from which a fitted curve says more than the points


@dataclass(frozen=True)
class Ladder:
    """One family along one axis.

    Args:
        axis: which dose varies; fixed: label of the one held ("×4"), or "".
        steps: (D,) findings, doses ascending; a dose that means nothing here is left out.
        fitted: (D,) umbrella fit of the gains; () with fewer than 3 doses or where one has no variance.
        best: the dose with the highest (fitted) gain, or None if none is above 0.
        recommended: the smallest dose shown to help whose gain is within min(margin, 1 standard error) of the
            highest among those, or None if no dose was shown to help.
        highest_harmless: the last dose from the bottom up to which each was shown not to lose more than the margin.
        too_much: the lowest dose of the unbroken run, from the top down, of doses shown to lose and not harmless.
    """

    axis: Axis
    fixed: str
    steps: tuple[Finding, ...]
    fitted: tuple[float, ...]
    best: Finding | None
    recommended: Finding | None
    highest_harmless: Finding | None
    too_much: Finding | None

    def dose(self, step: Finding | None) -> float | None:
        """The dose of a step on this axis."""
        return None if step is None else _dose(step.arm, self.axis)

    def crossing(self, alpha: float) -> Crossing:
        """Where the fitted curve falls to 0, with an approximate interval of level 1 - alpha; see `stats.crossing`."""
        return cross([_dose(step.arm, self.axis) or 0.0 for step in self.steps], self.steps, self.fitted, alpha)


def ladders(findings: Sequence[Finding], margin: float) -> list[Ladder]:
    """Every ladder of at least two doses of one family.

    Args:
        findings: of the arms of one family on one metric and contrast; margin: at least 0.

    Returns:
        Longest first; ties: magnitude before ratio before balance, then the smaller dose held fixed.
    """
    found = []
    for axis in AXES:
        groups: dict[tuple[float, ...], list[Finding]] = {}
        for finding in findings:
            if _dose(finding.arm, axis) is not None and finding.outcome != "not_applicable":
                groups.setdefault(_held(finding.arm, axis), []).append(finding)
        found += [climb(groups[held], axis, margin) for held in sorted(groups) if len(groups[held]) > 1]
    return sorted(found, key=lambda ladder: -len(ladder.steps))


def climb(findings: Sequence[Finding], axis: Axis, margin: float) -> Ladder:
    """The ladder of these arms, which differ in one dose only.

    One arm alone is no sequence: its simultaneous bounds decide, as they decide its outcome.
    """
    steps = tuple(sorted(findings, key=lambda f: _dose(f.arm, axis) or 0.0))
    fitted = _fit(steps)
    heights = fitted or tuple(step.mean for step in steps)
    alone = len(steps) == 1
    harmless = _run([(step.one_low if alone else step.plain_low) >= -margin for step in steps])
    harmful = _run([(step.high if alone else step.plain_high) < 0 for step in reversed(steps)])
    # A dose shown to lose no more than the margin is not too much of it, even where it is shown to lose something.
    first_harmful = max(len(steps) - harmful, harmless)
    return Ladder(
        axis=axis,
        fixed=_fixed_label(steps[0].arm, axis),
        steps=steps,
        fitted=fitted,
        best=_best(steps, heights),
        recommended=recommend(steps, heights, margin),
        highest_harmless=steps[harmless - 1] if harmless else None,
        too_much=steps[first_harmful] if first_harmful < len(steps) else None,
    )


def recommend(steps: Sequence[Finding], heights: Sequence[float], margin: float) -> Finding | None:
    """The first step shown to help that is as good as the best of those, within min(margin, 1 standard error).

    Plain duplication is never recommended: where it helps, the model's training is what wants mending.

    Args:
        steps: from the smallest dose on; heights: their (fitted) gains.
    """
    pairs = [pair for pair in zip(steps, heights, strict=True) if pair[0].arm.augmenter.name != "duplicate"]
    helping = [(step, height) for step, height in pairs if step.outcome == "helps"]
    if not helping:
        return None
    top, highest = max(helping, key=lambda pair: pair[1])
    near = (step for step, height in helping if height >= highest - min(margin, step.distance(top)))
    return next(near, top)


def umbrella(gains: Sequence[float], weights: Sequence[float]) -> Floats:
    """The nearest curve that rises to one peak and falls after it, in weighted least squares.

    Args:
        gains: (D,) finite; weights: (D,) above 0.

    Returns:
        (D,) fitted gains: the best of all splits into a rising and a falling isotonic fit.

    Source: Frisén 1986; Mack & Wolfe 1981 call it an umbrella ordering.
    """
    y, w = np.asarray(gains, float), np.asarray(weights, float)
    rising = [isotonic_regression(y[:p], weights=w[:p]).x for p in range(len(y) + 1)]
    falling = [isotonic_regression(y[p:], weights=w[p:], increasing=False).x for p in range(len(y) + 1)]
    fits = [np.concatenate(parts) for parts in zip(rising, falling, strict=True)]
    losses = [float((w * (y - fit) ** 2).sum()) for fit in fits]
    least = min(losses)
    return next(fit for fit, loss in zip(fits, losses, strict=True) if loss <= least * (1 + 1e-12))


def _fit(steps: Sequence[Finding]) -> tuple[float, ...]:
    variances = [step.variance for step in steps]
    if len(steps) < LEAST_FIT or not np.isfinite(variances).all() or not np.isfinite([s.mean for s in steps]).all():
        return ()
    if not any(variances):
        return tuple(step.mean for step in steps)
    # An arm that is exactly its reference has no variance; it counts as much as the surest of the others, times 1e6.
    least = min(v for v in variances if v > 0) * 1e-6
    fitted = umbrella([step.mean for step in steps], [1 / max(v, least) for v in variances])
    return tuple(float(value) for value in fitted)


def _best(steps: Sequence[Finding], heights: Sequence[float]) -> Finding | None:
    known = [(step, height) for step, height in zip(steps, heights, strict=True) if height > 0]
    return max(known, key=lambda pair: pair[1])[0] if known else None


def _run(holds: Sequence[bool]) -> int:
    """How many hold before the first that does not."""
    return next((i for i, hold in enumerate(holds) if not hold), len(holds))


def _dose(arm: Arm, axis: Axis) -> float | None:
    value: float | None = getattr(arm, axis)
    return None if value is None else float(value)


def _held(arm: Arm, axis: Axis) -> tuple[float, ...]:
    values = [_dose(arm, other) for other in AXES if other != axis]
    return tuple(-1.0 if value is None else value for value in values)


def _fixed_label(arm: Arm, axis: Axis) -> str:
    marks: dict[Axis, str] = {"magnitude": "", "ratio": "×", "balance": "to "}
    held = [(mark, _dose(arm, other)) for other, mark in marks.items() if other != axis]
    return " ".join(f"{mark}{value:g}" for mark, value in held if value is not None)

"""What was measured, and what is believed of it: the nouns between run, stats, report and tracking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augeval.types import Cell, Json, Outcome

__all__ = [
    "NOT_EVIDENCE",
    "Across",
    "Alarm",
    "CellResult",
    "Comparison",
    "Contrast",
    "Curve",
    "Judgement",
    "Race",
    "Reading",
    "Sentinel",
    "Stop",
    "Training",
    "Verdict",
]

Contrast = Literal["duplicate", "none", "arm"]
"""What an arm is compared with: the same rows duplicated, no augmentation, or another arm on request."""
Training = Literal["equal steps", "equal epochs", "no steps", ""]
"""What two arms of unlike size have in common in training: optimisation steps, passes over the rows, or neither where
a model is fitted to the end; "" where it is not known."""
NOT_EVIDENCE = "not evidence"
"""Counts rows that nobody made: a scripted server gave them, to try a run out. Their arm is shown and never judged."""


@dataclass(frozen=True)
class CellResult:
    """What one cell measured.

    Args:
        scores: metric -> mean over draws; nan is written as None: not measured.
        draw_scores: metric -> (draws,) one score per draw of a crossed cell; one entry otherwise.
        per_example: metric -> (n_test,) float32, the contribution of each held-out row, whose mean is the score.
        test_ids: (n_test,) int64, which rows they are.
        test_classes: (n_test,) int64, their classes; the dataset gives them when cells are judged, no ledger keeps
            them. Empty where there are none.
        drift: measure -> value; counts: name -> whole number; seconds: stage -> seconds.
        samples: a few original → augmented rows for the report, as JSON values.
        treated: metric -> per draw, what was fitted out of fold and done to the scores before the metric read them
            ({"cut": 0.31}); metrics that read them as they are have none.
        reliability: "raw", "recalibrated" -> per bin [rows, mean claimed probability, share that came true], as
            `run.treating.reliability` gives it; {} where no metric judges probabilities.
        fidelity: how like real rows the made ones are, as `run.fidelity.panel` gives it; {} where it was not measured.
        error_type, error: of a failed cell; `error` is the reason of a not_applicable one.
    """

    key: str
    cell: Cell
    status: Literal["ok", "failed", "not_applicable"]
    scores: Mapping[str, float] = field(default_factory=dict)
    draw_scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    per_example: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    test_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    test_classes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    drift: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    samples: tuple[Mapping[str, Json], ...] = ()
    fidelity: Mapping[str, Json] = field(default_factory=dict)
    treated: Mapping[str, Json] = field(default_factory=dict)
    reliability: Mapping[str, Json] = field(default_factory=dict)
    error_type: str | None = None
    error: str | None = None

    @property
    def is_evidence(self) -> bool:
        """Whether its rows were made by what the arm names, not by a server that plays it."""
        return not self.counts.get(NOT_EVIDENCE) and self.cell.arm.augmenter.params.get("evidence") is not False


@dataclass(frozen=True)
class Comparison:
    """One arm against its reference on one metric, paired by seed and test row; positive always means better.

    Args:
        dataset, model, train_size, arm, metric: which; `arm` and `reference` are labels.
        contrast: "duplicate" (is it the new content?), "none" (does the pipeline gain?), or "arm" (on request).
        n_replicates, n_examples: seeds that have both arms; distinct held-out rows.
        mean_diff, low, high: the gain and its simultaneous interval (level 1 - alpha); infinite is None in JSON.
        one_sided_low, one_sided_high: bounds of level 1 - alpha each, which decide equivalence.
        harmless, useless: shown not to lose, shown not to gain, more than the margin.
        outcome: of this arm alone.
        limited_by: what an undecided interval hangs on: "replicates", "test examples", "both", or None.
        note: why there is no number, or what is special about it ("no-op", "saturated", …).
        training: what arm and reference have in common in training, where their rows are not equally many.
        stopped: of a race: "decided" or "futile" at a look before the last one, else "".
        detectable: the gain that it would have found with power .8, had it been there; None where that is not known.
    """

    dataset: str
    model: str
    train_size: int | None
    arm: str
    reference: str
    contrast: Contrast
    metric: str
    n_replicates: int
    n_examples: int
    mean_diff: float
    low: float
    high: float
    one_sided_low: float
    one_sided_high: float
    harmless: bool
    useless: bool
    outcome: Outcome
    limited_by: str | None = None
    note: str = ""
    training: Training = ""
    stopped: Literal["", "decided", "futile"] = ""
    detectable: float | None = None


@dataclass(frozen=True)
class Curve:
    """The dose curve of one family along one axis, other doses held fixed.

    Args:
        axis: "magnitude", "ratio" or "balance"; fixed: label of the doses held fixed ("×4"), or "".
        doses: (D,) ascending; arms: their labels; gains, low, high: (D,) measured with simultaneous interval.
        fitted: (D,) umbrella fit, or () when fewer than 3 doses.
        best, recommended, highest_harmless, too_much: doses or None; see `stats.dose`.
        crossing: dose at which the fitted curve falls to 0 after its peak; None if it does not within the doses.
        crossing_low, crossing_high: its approximate interval (level 1 - alpha); None for a side beyond the last dose.
    """

    dataset: str
    model: str
    train_size: int | None
    family: str
    metric: str
    contrast: Contrast
    axis: Literal["magnitude", "ratio", "balance"]
    fixed: str
    doses: tuple[float, ...]
    arms: tuple[str, ...]
    gains: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fitted: tuple[float, ...]
    best: float | None
    recommended: float | None
    highest_harmless: float | None
    too_much: float | None
    crossing: float | None = None
    crossing_low: float | None = None
    crossing_high: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome of a family on a dataset × model × train size × metric.

    Args:
        contrast: what it was compared with; claim: to what the interval generalises.
        best, recommended: arm labels or None; highest_harmless, too_much: arm labels or None.
        gain, low, high: of the arm that decided the outcome (`decided_by`).
        confirmed_gain, confirmed_low, confirmed_high: gain of the chosen arm (`confirmed_arm`) on fresh seeds and on
            held-out rows that did not choose it, with the interval of that arm alone; None where nothing was
            confirmed. confirmed_outcome: what they say; confirmation: in words, or why there is none.
        worth, worth_low, worth_high: how many more real rows would bring the gain of `decided_by`; None where the
            learning curve of the baseline does not tell (worth_low alone: at least so many). worth_note: in words.
        reasons: sentences, the most important first. evidence: False where a scripted server gave the rows; such a
            family has no outcome.
        flags: "threshold-only": what it gains at the default cut is not there at tuned cuts; "calibration-harmed": its
            probabilities lost at least the margin. A sentence of `reasons` says how much; see `stats.twofold`.
    """

    dataset: str
    model: str
    train_size: int | None
    family: str
    metric: str
    contrast: Contrast
    claim: str
    outcome: Outcome
    decided_by: str | None
    gain: float
    low: float
    high: float
    best: str | None
    recommended: str | None
    highest_harmless: str | None
    too_much: str | None
    confirmed_gain: float | None
    worth: float | None
    limited_by: str | None
    reasons: tuple[str, ...]
    is_control: bool = False
    confirmed_arm: str | None = None
    confirmed_low: float | None = None
    confirmed_high: float | None = None
    confirmed_outcome: Outcome | None = None
    confirmation: str = ""
    worth_low: float | None = None
    worth_high: float | None = None
    worth_note: str = ""
    evidence: bool = True
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """`duplicate` beats `none`: the model gains from more rows or steps alone, so `arm against none` proves nothing."""

    dataset: str
    model: str
    train_size: int | None
    metric: str
    arm: str
    gain: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Stop:
    """Where one arm of a race stopped.

    Args:
        arm: its label; seeds: how many it has; why: "helps", "harms", "equivalent", "futile", "not_applicable",
            "failed" (it has no number at all), or "undecided" at the last look.
    """

    arm: str
    seeds: int
    why: str


@dataclass(frozen=True)
class Race:
    """How the arms of one dataset × model × train size were given seeds: to all at first, later to the undecided.

    Args:
        metric: the primary one, which decides; looks: seeds at each look; levels: error rate of each look's intervals.
        futility: least chance of a decision at which an arm goes on; 0 gives none up. futility_looks: seeds at looks
            that decide nothing and only give arms up; futility_levels: error rate of their intervals.
        stops: one per arm that was judged; fits, fits_planned: cells that were needed, and without racing.
    """

    dataset: str
    model: str
    train_size: int | None
    metric: str
    looks: tuple[int, ...]
    levels: tuple[float, ...]
    futility: float
    stops: tuple[Stop, ...]
    fits: int
    fits_planned: int
    futility_looks: tuple[int, ...] = ()
    futility_levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class Across:
    """One arm against one reference on one metric, over datasets: each gives one outcome and one mean gain.

    Args:
        model, train_size, metric, arm: which; train_size is None also where every dataset has its own.
        family, magnitude, ratio, balance: of the arm. reference: "duplicate", "none", or the label of a control.
        wins, ties, losses, undecided: datasets whose own outcome is helps, equivalent, harms, inconclusive.
        not_applicable, failed: datasets without a number: the arm means nothing there; it or its reference
            failed, or the metric is undefined.
        mean_gain: over the datasets that have one; nan without any. low, high: its interval over datasets, of this
            comparison alone; infinite where there is none. note: why there is none, or "".
        outcomes, gains: of each dataset by name, in the order of the experiment; nan where there is no number.
    """

    model: str
    train_size: int | None
    metric: str
    arm: str
    family: str
    magnitude: float | None
    ratio: float | None
    balance: float | None
    reference: str
    wins: int
    ties: int
    losses: int
    undecided: int
    not_applicable: int
    failed: int
    mean_gain: float
    low: float
    high: float
    note: str
    outcomes: Mapping[str, str]
    gains: Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """What one arm found on permuted labels: `auc`, by chance .5, its simultaneous interval, and whether that `rings`;
    `note` says why there is no number, or ""."""

    arm: str
    auc: float
    low: float
    high: float
    n_replicates: int
    rings: bool
    note: str


@dataclass(frozen=True)
class Sentinel:
    """A control on permuted labels: readings of the arms that were watched, whether any rings, and that in words."""

    dataset: str
    model: str
    train_size: int | None
    readings: tuple[Reading, ...]
    rings: bool
    text: str


@dataclass(frozen=True)
class Judgement:
    """Everything that the statistics say of one dataset × model × train size, or of a whole run."""

    comparisons: tuple[Comparison, ...] = ()
    curves: tuple[Curve, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    races: tuple[Race, ...] = ()
    sentinels: tuple[Sentinel, ...] = ()

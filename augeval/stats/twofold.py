"""Verdicts in two parts: what a gain is made of (a moved threshold?), and what it costs (the probabilities?).

More rows of a rare class move the cut between the classes, as another threshold would, and make its probabilities too
high. Both are seen only beside other metrics: the same one at cuts tuned out of fold, and a proper score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from augeval.extend import MetricPlugin
from augeval.results import Contrast, Verdict
from augeval.seeds import stream
from augeval.stats.found import MOVED_CUT, Found
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Paired, Trials, arm_key, pair
from augeval.stats.reasons import Scale, interval
from augeval.told import base_of, in_words, treatment_of
from augeval.types import Arm

__all__ = ["CALIBRATION_HARMED", "THRESHOLD_ONLY", "flagged"]

THRESHOLD_ONLY = "threshold-only"
CALIBRATION_HARMED = "calibration-harmed"
MOVED_FOR = "balanced_accuracy"  # what the cut is moved for by an arm that does not say
PROPER = ("brier", "log_loss")  # lower is better; by these probabilities are judged, the first of them before others
REPAIRS = {"recalibrated": "out-of-fold recalibration", "prior_corrected": "correcting the class shares"}


@dataclass(frozen=True)
class _Said:
    """A sentence, and others that say it in full; `flag` is what it gives reasons for, "" where nothing is claimed."""

    flag: str
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Shift:
    """One arm against one reference, at the default cut and at tuned cuts; drop: by how much it gains less there."""

    raw: Finding
    tuned: Finding
    drop: Finding


@dataclass(frozen=True)
class _Known:
    """What was found of each metric, the primary one first, and by (metric, contrast, `arm_key`) what tuning takes."""

    found: Mapping[str, Found]
    drops: Mapping[tuple[str, Contrast, str], Finding]

    @property
    def primary(self) -> str:
        """Name of the metric that decides."""
        return next(iter(self.found))


def flagged(
    verdicts: Sequence[Verdict], found: Sequence[Found], metrics: Mapping[str, MetricPlugin]
) -> tuple[Verdict, ...]:
    """The verdicts with their flags, and the sentences that say how much.

    *Threshold-only*, of a metric with a cut (m): an arm of the family is shown to gain on m, against no augmentation or
    in the verdict's own contrast; none of these gains is shown on m@tuned; and each is shown to be smaller there. Where
    that is not shown nothing is claimed, and a sentence says that it may be so.
    *Calibration-harmed*: an arm loses on the Brier score or log loss against no augmentation, the interval below 0 and
    the loss at least the margin.

    Each stands beside the verdicts on the metrics that it is about, and beside the primary one; `calibration-harmed`
    beside every gain too, which is bought with it. Families without such metrics are left as they are.

    Args:
        verdicts: of one dataset × model × train size. found: of all its metrics, the primary one first. metrics:
            plug-ins by name.
    """
    by_name = {metric.name: metric for metric in found}
    known = _Known(by_name, {k: v for name in by_name for k, v in _drops(name, by_name, metrics).items()})
    arms: dict[str, list[Arm]] = {}
    for arm in found[0].trials.arms if found else ():
        arms.setdefault(arm.family, []).append(arm)
    return tuple(_flagged(verdict, arms.get(verdict.family, []), known) for verdict in verdicts)


def _drops(
    name: str, found: Mapping[str, Found], metrics: Mapping[str, MetricPlugin]
) -> dict[tuple[str, Contrast, str], Finding]:
    """What each arm gains on a metric at the default cut, minus what it gains at tuned cuts, paired by seed and row.

    The intervals hold for all arms at once, and so for those that are picked because they gain.
    """
    tuned = f"{name}@tuned"
    if tuned not in found:
        return {}
    raw, drops = found[name], dict[tuple[str, Contrast, str], Finding]()
    rule, sign = Rule(raw.scale.margin, raw.alpha), 1.0 if metrics[name].higher_is_better else -1.0
    contrasts: tuple[tuple[Contrast, Mapping[str, Finding]], ...] = (("none", raw.pipeline), ("duplicate", raw.content))
    for contrast, findings in contrasts:
        arms = [finding.arm for finding in findings.values()]
        if any(finding.outcome == "helps" for finding in findings.values()):
            at, then = (pair(raw.trials, arms, contrast, each, sign) for each in (name, tuned))
            rng = stream("max-t", raw.trials.dataset, raw.trials.model, raw.trials.train_size, name, "drop", contrast)
            drops |= {(name, contrast, arm_key(f.arm)): f for f in infer(_less(at, then), rule, rng)}
    return drops


def _less(at: Paired, then: Paired) -> Paired:
    """The differences of two metrics' differences, on the same arms, seeds and rows."""
    draws = [None if a is None or b is None else a - b for a, b in zip(at.draws, then.draws, strict=True)]
    return replace(
        at,
        diffs=at.diffs - then.diffs,
        draws=tuple(draws),
        exact=at.exact & then.exact,
        score_range=at.score_range + then.score_range,
        reasons=tuple(a or b for a, b in zip(at.reasons, then.reasons, strict=True)),
    )


def _flagged(verdict: Verdict, arms: Sequence[Arm], known: _Known) -> Verdict:
    said = [*_of_threshold(verdict, arms, known)]
    claims = bool(said and said[0].flag) or verdict.outcome == "helps" or verdict.metric == known.primary
    said += _of_calibration(verdict, arms, known.found, claims=claims)
    if not said:
        return verdict
    first, *rest = verdict.reasons or ("",)
    reasons = (first, *(each.sentence for each in said), *(more for each in said for more in each.details), *rest)
    return replace(verdict, flags=tuple(each.flag for each in said if each.flag), reasons=tuple(filter(None, reasons)))


def _of_threshold(verdict: Verdict, arms: Sequence[Arm], known: _Known) -> list[_Said]:
    """What tuned cuts leave of the gain on the verdict's metric, or of any gain, for a primary one without a cut."""
    arms = [arm for arm in arms if arm.augmenter.name != MOVED_CUT]  # it is what the others are held against
    own = _default_cut_of(verdict.metric, known)
    if own is not None:
        return _kept(verdict, own, arms, known)
    if verdict.metric != known.primary or verdict.outcome == "helps":
        return []
    cuts = [name for name in known.found if treatment_of(name) is None and f"{name}@tuned" in known.found]
    others = (said for name in cuts for said in _kept(verdict, name, arms, known) if said.flag)
    return list(others)[:1]


def _default_cut_of(metric: str, known: _Known) -> str | None:
    """The metric at the default cut that a verdict's metric is, or, for the primary one, that it is tuned from."""
    if treatment_of(metric) == "tuned":
        return base_of(metric) if metric == known.primary and base_of(metric) in known.found else None
    return metric if f"{metric}@tuned" in known.found else None


def _kept(verdict: Verdict, name: str, arms: Sequence[Arm], known: _Known) -> list[_Said]:
    raw, tuned = known.found[name], known.found[f"{name}@tuned"]
    shifts = [shift for arm in arms for shift in _shifts(arm, name, known) if shift.raw.outcome == "helps"]
    if not shifts:
        return []
    kept = [shift for shift in shifts if shift.tuned.outcome == "helps"]
    shown = _standing_for(kept or shifts, verdict.decided_by)
    lost = not kept and all(shift.drop.low > 0 for shift in shifts)
    about = "" if verdict.metric == name else f" on {in_words(name)}"
    numbers = (
        f"{interval(shown.raw, raw.scale)} over {_reference(shown.raw)} at the default cut, "
        f"{interval(shown.tuned, tuned.scale)} at cuts tuned out of fold ({shown.raw.arm.label})"
    )
    start = "More than a threshold shift" if kept else "Threshold only" if lost else "Perhaps the threshold only"
    details = ([] if kept else [_how_sure(shown, tuned.scale, lost=lost)]) + _moved_alone(raw)
    return [_Said(THRESHOLD_ONLY if lost else "", f"{start}{about}: {numbers}.", tuple(details))]


def _shifts(arm: Arm, name: str, known: _Known) -> list[_Shift]:
    """The arm against no augmentation, and against its own reference where it has another; those that have a number."""
    key, raw, tuned = arm_key(arm), known.found[name], known.found[f"{name}@tuned"]
    pairs = [(raw.pipeline.get(key), tuned.pipeline.get(key)), (raw.content.get(key), tuned.content.get(key))]
    both = [(at, then) for at, then in pairs if at is not None and then is not None]
    keyed = [(at, then, known.drops.get((name, at.contrast, key))) for at, then in both]
    shifts = [_Shift(at, then, drop) for at, then, drop in keyed if drop is not None]
    return [shift for shift in shifts if not shift.tuned.reason and not math.isnan(shift.tuned.mean)]


def _standing_for(shifts: Sequence[_Shift], decided_by: str | None) -> _Shift:
    """Against no augmentation before duplication; the dose that decided the verdict, else the one that gains most."""

    def rank(shift: _Shift) -> tuple[bool, bool, float]:
        return shift.raw.contrast == "none", shift.raw.arm.label == decided_by, shift.raw.mean

    return max(shifts, key=rank)


def _how_sure(shift: _Shift, scale: Scale, *, lost: bool) -> str:
    """What is ruled out there: a gain that matters, or only one as large as at the default cut, or not even that."""
    if lost and shift.tuned.one_high <= scale.margin:
        return "At tuned cuts a gain of more than the margin is ruled out."
    less = interval(shift.drop, scale)
    if lost:
        return f"Tuned cuts are shown to take {less} of it; whether anything is left is not shown."
    return f"Tuned cuts take {less} of it: too little evidence that it is the threshold, or that it is not."


def _moved_alone(raw: Found) -> list[str]:
    """What moving the cut gains without any new row, where an arm of the experiment does that for this metric."""
    for finding in raw.pipeline.values():
        named = finding.arm.augmenter
        if named.name == MOVED_CUT and named.params.get("metric", MOVED_FOR) == raw.name and not finding.reason:
            return [f"Moving the cut alone gains {interval(finding, raw.scale)}."]
    return []


def _of_calibration(verdict: Verdict, arms: Sequence[Arm], found: Mapping[str, Found], *, claims: bool) -> list[_Said]:
    """The loss on the verdict's own metric, or, beside a verdict that claims something, on the first that shows one."""
    own = [name for name in PROPER if name == verdict.metric]
    for name in own or (PROPER if claims else ()):
        if name in found and (harmed := _harmed(verdict, arms, found[name])):
            return [_loss(harmed, name, found)]
    return []


def _harmed(verdict: Verdict, arms: Sequence[Arm], metric: Found) -> Finding | None:
    """The dose that decided the verdict, if it loses that much; else the largest one that does."""
    findings = [metric.pipeline[arm_key(arm)] for arm in arms if arm_key(arm) in metric.pipeline]
    harmed = [finding for finding in findings if _loses(finding, metric.scale.margin)]
    decided = [finding for finding in harmed if finding.arm.label == verdict.decided_by]
    return next(iter(decided or reversed(harmed)), None)


def _loses(finding: Finding, margin: float) -> bool:
    return finding.high < 0 and finding.mean <= -margin


def _loss(harmed: Finding, name: str, found: Mapping[str, Found]) -> _Said:
    metric, words = found[name], in_words(name)
    here, without = _means(metric.trials, harmed, name)
    repaired = [each for word in REPAIRS if (each := _repair(harmed.arm, f"{name}@{word}", found))]
    does = "".join(said for said, _ in repaired)
    numbers = [f"{words} {interval(harmed, metric.scale)}", *(numbers for _, numbers in repaired)]
    return _Said(
        CALIBRATION_HARMED,
        f"Calibration harmed: {words} {here:.3f} where no augmentation has {without:.3f} ({harmed.arm.label}){does}.",
        (f"Probabilities against no augmentation: {', '.join(numbers)}.",),
    )


def _means(trials: Trials, finding: Finding, name: str) -> tuple[float, float]:
    """The scores of an arm and of its reference, over the seeds that have both."""
    of_arm, of_none = (trials.by_key[arm_key(arm)].by_seed for arm in (finding.arm, finding.reference))
    pairs = [(of_arm[seed].scores.get(name), of_none[seed].scores.get(name)) for seed in of_arm if seed in of_none]
    known = [(a, b) for a, b in pairs if a is not None and b is not None and not math.isnan(a + b)]
    first, second = (math.fsum(pair[i] for pair in known) / len(known) for i in (0, 1))
    return first, second


def _repair(arm: Arm, name: str, found: Mapping[str, Found]) -> tuple[str, str] | None:
    """Whether a treatment of the probabilities makes the loss good, both arms being treated; and its numbers."""
    finding = found[name].pipeline.get(arm_key(arm)) if name in found else None
    if finding is None or finding.reason or math.isnan(finding.mean):
        return None
    scale, how = found[name].scale, REPAIRS[treatment_of(name) or ""]
    verb = "is not shown to recover it"
    if finding.one_low >= -scale.margin:
        verb = "recovers it"
    elif _loses(finding, scale.margin):
        verb = "does not recover it"
    return f"; {how} {verb}", f"{in_words(name)} {interval(finding, scale)}"


def _reference(finding: Finding) -> str:
    return "no augmentation" if finding.contrast == "none" else "the same rows duplicated"

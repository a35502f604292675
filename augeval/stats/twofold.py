"""Verdicts in two parts: what a gain is made of (a moved threshold?), and what it costs (the probabilities?).

More rows of a rare class move the cut between the classes, as another threshold would, and make its probabilities too
high. Both are seen only beside other metrics: the same one at cuts tuned out of fold, and a proper score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from augeval.results import Verdict
from augeval.stats.found import MOVED_CUT, Found
from augeval.stats.inference import Finding
from augeval.stats.pairing import Trials, arm_key
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
    """One arm against one reference, at the default cut and at cuts tuned out of fold."""

    raw: Finding
    tuned: Finding


def flagged(verdicts: Sequence[Verdict], found: Sequence[Found]) -> tuple[Verdict, ...]:
    """The verdicts with their flags, and the sentences that say how much.

    *Threshold-only*, of a metric with a cut (m): an arm of the family is shown to gain on m, against no augmentation or
    in the verdict's own contrast; none of these gains is there on m@tuned; and there a gain as large as the one at the
    default cut is ruled out. Where it is not ruled out nothing is claimed, and a sentence says that it may be so.
    *Calibration-harmed*: an arm loses on the Brier score or log loss against no augmentation, the interval below 0 and
    the loss at least the margin.

    Each stands beside the verdicts on the metrics that it is about, and beside the primary one; `calibration-harmed`
    beside every gain too, which is bought with it. Families without such metrics are left as they are.

    Args:
        verdicts: of one dataset × model × train size. found: of all its metrics, the primary one first.
    """
    by_name = {metric.name: metric for metric in found}
    arms: dict[str, list[Arm]] = {}
    for arm in found[0].trials.arms if found else ():
        arms.setdefault(arm.family, []).append(arm)
    return tuple(_flagged(verdict, arms.get(verdict.family, []), by_name) for verdict in verdicts)


def _flagged(verdict: Verdict, arms: Sequence[Arm], found: Mapping[str, Found]) -> Verdict:
    said = [*_of_threshold(verdict, arms, found)]
    claims = bool(said and said[0].flag) or verdict.outcome == "helps" or verdict.metric == next(iter(found))
    said += _of_calibration(verdict, arms, found, claims=claims)
    if not said:
        return verdict
    first, *rest = verdict.reasons or ("",)
    reasons = (first, *(each.sentence for each in said), *(more for each in said for more in each.details), *rest)
    return replace(verdict, flags=tuple(each.flag for each in said if each.flag), reasons=tuple(filter(None, reasons)))


def _of_threshold(verdict: Verdict, arms: Sequence[Arm], found: Mapping[str, Found]) -> list[_Said]:
    """What tuned cuts leave of the gain on the verdict's metric, or of any gain, for a primary one without a cut."""
    arms = [arm for arm in arms if arm.augmenter.name != MOVED_CUT]  # it is what the others are held against
    own = _default_cut_of(verdict.metric, found)
    if own is not None:
        return _kept(verdict, own, arms, found)
    if verdict.metric != next(iter(found)) or verdict.outcome == "helps":
        return []
    cuts = [name for name in found if treatment_of(name) is None and f"{name}@tuned" in found]
    others = (said for name in cuts for said in _kept(verdict, name, arms, found) if said.flag)
    return list(others)[:1]


def _default_cut_of(metric: str, found: Mapping[str, Found]) -> str | None:
    """The metric at the default cut that a verdict's metric is, or, for the primary one, that it is tuned from."""
    if treatment_of(metric) == "tuned":
        return base_of(metric) if metric == next(iter(found)) and base_of(metric) in found else None
    return metric if f"{metric}@tuned" in found else None


def _kept(verdict: Verdict, name: str, arms: Sequence[Arm], found: Mapping[str, Found]) -> list[_Said]:
    raw, tuned = found[name], found[f"{name}@tuned"]
    shifts = [s for arm in arms for s in _shifts(arm, raw, tuned) if s.raw.outcome == "helps"]
    if not shifts:
        return []
    kept = [shift for shift in shifts if shift.tuned.outcome == "helps"]
    shown = _standing_for(kept or shifts, verdict.decided_by)
    lost = not kept and all(shift.tuned.one_high < shift.raw.mean for shift in shifts)
    about = "" if verdict.metric == name else f" on {in_words(name)}"
    numbers = (
        f"{interval(shown.raw, raw.scale)} over {_reference(shown.raw)} at the default cut, "
        f"{interval(shown.tuned, tuned.scale)} at cuts tuned out of fold ({shown.raw.arm.label})"
    )
    start = "More than a threshold shift" if kept else "Threshold only" if lost else "Perhaps the threshold only"
    details = ([] if kept else [_how_sure(shown, tuned.scale, lost=lost)]) + _moved_alone(raw)
    return [_Said(THRESHOLD_ONLY if lost else "", f"{start}{about}: {numbers}.", tuple(details))]


def _shifts(arm: Arm, raw: Found, tuned: Found) -> list[_Shift]:
    """The arm against no augmentation, and against its own reference where it has another; those that have a number."""
    key = arm_key(arm)
    pairs = [(raw.pipeline.get(key), tuned.pipeline.get(key)), (raw.content.get(key), tuned.content.get(key))]
    both = [_Shift(at, then) for at, then in pairs if at is not None and then is not None]
    return [shift for shift in both if not shift.tuned.reason and not math.isnan(shift.tuned.mean)]


def _standing_for(shifts: Sequence[_Shift], decided_by: str | None) -> _Shift:
    """Against no augmentation before duplication; the dose that decided the verdict, else the one that gains most."""

    def rank(shift: _Shift) -> tuple[bool, bool, float]:
        return shift.raw.contrast == "none", shift.raw.arm.label == decided_by, shift.raw.mean

    return max(shifts, key=rank)


def _how_sure(shift: _Shift, scale: Scale, *, lost: bool) -> str:
    """What is ruled out there: a gain that matters, or only one as large as at the default cut, or not even that."""
    if shift.tuned.one_high <= scale.margin:
        return "At tuned cuts a gain of more than the margin is ruled out."
    if lost:
        return "At tuned cuts a gain as large is ruled out, a smaller one is not."
    return "At tuned cuts a gain as large is neither shown nor ruled out."


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

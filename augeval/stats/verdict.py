"""From cells to belief: comparisons, dose curves, verdicts and alarms of one dataset × model × train size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from augeval.extend import MetricPlugin
from augeval.results import Alarm, CellResult, Comparison, Curve, Judgement, Training, Verdict
from augeval.stats.dose import Ladder, climb, ladders, recommend
from augeval.stats.found import Found, compared, find
from augeval.stats.inference import Finding, Rule
from augeval.stats.pairing import Trials, arm_key, gather
from augeval.stats.race import replay
from augeval.stats.reasons import Case, alarm_text, explain, gains_by_copies, note_of
from augeval.stats.sequential import Schedule
from augeval.stats.twofold import flagged
from augeval.types import CONTROLS, Arm

__all__ = ["NEW_SETS", "POOL", "judge"]

POOL = "this training pool, new draws and test rows"
FIXED_ROWS = "these augmented rows"
NEW_SETS = "new training sets"


def judge(
    results: Sequence[CellResult],
    *,
    metrics: Mapping[str, MetricPlugin],
    margin: float,
    alpha: float,
    training: Training = "",
    race: Schedule | None = None,
) -> Judgement:
    """What the results of one dataset × model × train size say of each arm and family.

    Arms that make rows are compared with `duplicate` at equal rows (their verdict) and with `none`; other arms with
    `none` only. Intervals hold at once, with chance 1 - alpha, over all arms of one contrast and metric;
    `duplicate` against `none` is a family of its own, the alarm.

    Args:
        results: every cell, of every status, in any order; they share dataset, model, train size and metrics.
        metrics: plug-ins by name, for direction and bounds.
        margin: the smallest difference that matters, at least 0, in the metric's units (0.01 is a point).
        alpha: in (0, 1).
        training: what fits on unlike numbers of rows have in common; "" where that is not known.
        race: when arms were looked at, if not all were given every seed: the race is replayed from the results, and
            an arm keeps what the look at which it stopped said.

    Returns:
        Comparisons, curves, verdicts and alarms, metric by metric, the primary one first. No results: nothing.
    """
    if not results:
        return Judgement()
    replayed = replay(results, metrics=metrics, margin=margin, alpha=alpha, race=race) if race else None
    found = replayed.found if replayed else _all_found(results, metrics, Rule(margin, alpha))
    judged = [replace(metric, training=training) for metric in found]
    return Judgement(
        comparisons=tuple(c for metric in judged for c in _comparisons(metric)),
        curves=tuple(c for metric in judged for c in _curves(metric)),
        verdicts=flagged([v for metric in judged for v in _verdicts(metric)], judged, metrics),
        alarms=tuple(a for metric in judged for a in _alarms(metric)),
        races=(replayed.race,) if replayed and replayed.race else (),
    )


def _all_found(results: Sequence[CellResult], metrics: Mapping[str, MetricPlugin], rule: Rule) -> tuple[Found, ...]:
    trials = gather(results)
    return tuple(find(trials, name, metrics[name], rule) for name in trials.metrics)


def _comparisons(metric: Found) -> list[Comparison]:
    findings = [*metric.content.values(), *metric.pipeline.values()]
    return [_comparison(metric, finding) for finding in findings]


def _comparison(metric: Found, finding: Finding) -> Comparison:
    trials, scale = metric.trials, metric.scale
    note = note_of(finding, trials.by_key[arm_key(finding.arm)])
    found = compared(trials, metric.name, finding, margin=scale.margin, note=note, training=metric.training)
    outcome = "not_applicable" if gains_by_copies(finding) else finding.outcome
    return replace(found, outcome=outcome, stopped=metric.stopped.get(arm_key(finding.arm), ""))


def _families(metric: Found) -> list[tuple[Finding, ...]]:
    """The decisive findings of each family, the user's before the controls, doses ascending."""
    groups: dict[str, list[Finding]] = {}
    for arm in metric.trials.arms:
        groups.setdefault(arm.family, []).append(metric.decisive(arm))
    return sorted((tuple(group) for group in groups.values()), key=lambda group: _is_control(group[0].arm))


def _is_control(arm: Arm) -> bool:
    return arm.augmenter.name in CONTROLS


def _curves(metric: Found) -> list[Curve]:
    return [_curve(metric, ladder) for family in _families(metric) for ladder in ladders(family, metric.scale.margin)]


def _curve(metric: Found, ladder: Ladder) -> Curve:
    trials, steps = metric.trials, ladder.steps
    crossing = ladder.crossing(metric.alpha)
    return Curve(
        dataset=trials.dataset,
        model=trials.model,
        train_size=trials.train_size,
        family=steps[0].arm.family,
        metric=metric.name,
        contrast=steps[0].contrast,
        axis=ladder.axis,
        fixed=ladder.fixed,
        doses=tuple(float(getattr(step.arm, ladder.axis)) for step in steps),
        arms=tuple(step.arm.label for step in steps),
        gains=tuple(step.mean for step in steps),
        low=tuple(step.low for step in steps),
        high=tuple(step.high for step in steps),
        fitted=ladder.fitted,
        best=ladder.dose(ladder.best),
        recommended=ladder.dose(ladder.recommended),
        highest_harmless=ladder.dose(ladder.highest_harmless),
        too_much=ladder.dose(ladder.too_much),
        crossing=crossing.at,
        crossing_low=crossing.low,
        crossing_high=crossing.high,
    )


def _verdicts(metric: Found) -> list[Verdict]:
    return [_verdict(metric, family) for family in _families(metric)]


def _verdict(metric: Found, family: tuple[Finding, ...]) -> Verdict:
    shown = _standing_for(family, metric.scale.margin)
    through = _ladders_through(shown, family, metric.scale.margin)
    ladder = through[0] if through else None
    trials = metric.trials
    case = Case(
        shown=shown,
        pipeline=metric.pipeline.get(arm_key(shown.arm)) if shown.contrast == "duplicate" else None,
        budget=metric.pipeline.get(arm_key(shown.reference)),
        trial=trials.by_key[arm_key(shown.arm)],
        ladder=ladder,
        training=metric.training,
        across=tuple(through[1:]),
    )
    nothing = shown.outcome == "not_applicable" or bool(shown.reason)
    return Verdict(
        dataset=trials.dataset,
        model=trials.model,
        train_size=trials.train_size,
        family=shown.arm.family,
        metric=metric.name,
        contrast=shown.contrast,
        claim=_claim(case, trials),
        outcome="not_applicable" if gains_by_copies(shown) else shown.outcome,
        decided_by=None if nothing else shown.arm.label,
        gain=shown.mean,
        low=shown.low,
        high=shown.high,
        best=_label(_best_of(family, ladder)),
        recommended=_label(_recommended(family, metric.scale.margin)),
        highest_harmless=_label(ladder.highest_harmless if ladder else None),
        too_much=_label(next((each.too_much for each in through if each.too_much), None)),
        confirmed_gain=None,
        worth=None,
        limited_by=shown.limit.by if shown.limit else None,
        reasons=explain(case, metric.scale),
        is_control=_is_control(shown.arm),
    )


def _standing_for(family: tuple[Finding, ...], margin: float) -> Finding:
    """The finding whose outcome is the family's.

    A dose that helps makes the family help, at the recommended dose, whatever larger doses do (`too_much` says
    that). Without one, a dose that harms makes it harm: the smallest such. It is equivalent only if every dose that
    means something is; the widest interval stands for them. Else it is undecided, and the highest gain is shown.
    """
    applicable = [finding for finding in family if finding.outcome != "not_applicable"]
    if not applicable:
        return family[0]
    recommended = _recommended(applicable, margin)
    if recommended is not None:
        return recommended
    helping = [finding for finding in applicable if finding.outcome == "helps"]
    if helping:  # copies, which are never recommended
        return max(helping, key=lambda f: f.mean)
    harming = [finding for finding in applicable if finding.outcome == "harms"]
    if harming:
        return harming[0]
    undecided = [finding for finding in applicable if finding.outcome == "inconclusive"]
    if undecided:
        return max(undecided, key=lambda f: (not f.reason, f.limit is not None, f.mean if f.mean == f.mean else 0.0))
    return max(applicable, key=lambda f: max(-f.one_low, f.one_high))


def _recommended(family: Sequence[Finding], margin: float) -> Finding | None:
    """Of the longest ladder that has one; of all doses, cheapest first, where doses form a grid or a single arm."""
    found = ladders(family, margin)
    if len(found) == 1 and len(found[0].steps) == len(family):
        return found[0].recommended
    cheapest = sorted(family, key=lambda f: (f.arm.ratio or 0.0, f.arm.balance or 0.0, f.arm.magnitude or 0.0))
    return recommend(cheapest, [finding.mean for finding in cheapest], margin)


def _ladders_through(shown: Finding, family: tuple[Finding, ...], margin: float) -> list[Ladder]:
    """The ladders with the arm that stands for the family, longest first; one step where the family has one dose.

    A dose of a grid stands on two, one along each axis, and each is tested at the level alpha.
    """
    if shown.outcome == "not_applicable":
        return []
    through = [ladder for ladder in ladders(family, margin) if shown in ladder.steps]
    return through or [climb([shown], "magnitude", margin)]


def _best_of(family: tuple[Finding, ...], ladder: Ladder | None) -> Finding | None:
    applicable = [finding for finding in family if finding.outcome != "not_applicable"]
    if ladder is not None and len(ladder.steps) == len(applicable):
        return ladder.best
    gaining = [finding for finding in applicable if finding.mean > 0]
    return max(gaining, key=lambda f: f.mean) if gaining else None


def _label(finding: Finding | None) -> str | None:
    return None if finding is None else finding.arm.label


def _claim(case: Case, trials: Trials) -> str:
    """To what the interval generalises."""
    if not case.trial.draws_vary and case.shown.arm.reference().augmenter.name == "duplicate":
        return FIXED_ROWS
    return NEW_SETS if trials.disjoint else POOL


def _alarms(metric: Found) -> list[Alarm]:
    """`duplicate` shown to beat `none`, and by as much as matters: all networks gain a little from longer training."""
    trials = metric.trials
    return [
        Alarm(
            dataset=trials.dataset,
            model=trials.model,
            train_size=trials.train_size,
            metric=metric.name,
            arm=finding.arm.label,
            gain=finding.mean,
            low=finding.low,
            high=finding.high,
            text=alarm_text(finding, metric.scale, metric.training),
        )
        for finding in metric.pipeline.values()
        if finding.arm.augmenter.name == "duplicate"
        and finding.outcome == "helps"
        and finding.mean >= metric.scale.margin
    ]

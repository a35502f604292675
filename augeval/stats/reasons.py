"""From intervals to sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augeval.results import Training
from augeval.stats.dose import Ladder
from augeval.stats.inference import LEAST_REPLICATES, Finding
from augeval.stats.pairing import Trial
from augeval.types import CONTROLS

__all__ = [
    "Case",
    "Scale",
    "alarm_text",
    "amount",
    "explain",
    "gains_by_copies",
    "interval",
    "note_of",
    "reaches_nothing",
]

NOTABLE = 0.2  # share of rows that equal their parent from which a reader should hear of it
MOST = 50  # times as many seeds or rows from which on "more of it" is no advice
IDENTICAL = "identical to its reference on every held-out row"


@dataclass(frozen=True)
class Scale:
    """How differences of a metric are written: in points (hundredths) on [0, 1], in its own units elsewhere."""

    points: bool
    margin: float


@dataclass(frozen=True)
class Case:
    """What is known of a family beside its numbers.

    Args:
        shown: the finding that stands for the family; pipeline: the same arm against none, or None.
        budget: `duplicate` at equal rows against none, or None.
        trial: the cells of the arm; ladder: its dose curve, or None.
        training: what fits on unlike numbers of rows have in common. across: its other dose curves, in a grid.
    """

    shown: Finding
    pipeline: Finding | None
    budget: Finding | None
    trial: Trial
    ladder: Ladder | None
    training: Training = ""
    across: tuple[Ladder, ...] = ()


def amount(value: float, scale: Scale) -> str:
    """ "+2.3 points", "−0.012"; "no number" for nan."""
    if math.isnan(value):
        return "no number"
    unit = "" if not scale.points else " points"
    return f"{_signed(value, scale, _decimals(value, scale))}{unit}"


def interval(finding: Finding, scale: Scale) -> str:
    """ "+2.3 points [0.4, 4.1]"; the gain alone where the interval is unbounded."""
    if not math.isfinite(finding.low) or math.isnan(finding.mean):
        return amount(finding.mean, scale)
    decimals = _decimals(finding.high - finding.low, scale)
    low, high = (_end(value, scale, decimals) for value in (finding.low, finding.high))
    return f"{_signed(finding.mean, scale, decimals)}{' points' if scale.points else ''} [{low}, {high}]"


def _decimals(width: float, scale: Scale) -> int:
    """One decimal of a point is enough unless the whole interval is narrower than half a point."""
    if scale.points:
        return 1 if abs(width) >= 0.005 or width == 0 else 2
    return 3 if abs(width) >= 0.005 or width == 0 else 5


def _end(value: float, scale: Scale, decimals: int) -> str:
    """An end of an interval; one that would round to 0 keeps its side, on which an outcome may rest."""
    text, finer = (_signed(value, scale, d).lstrip("+") for d in (decimals, 2 if scale.points else 5))
    return finer if not text.strip("0.") and finer.strip("0.") else text


def _signed(value: float, scale: Scale, decimals: int) -> str:
    text = f"{value * (100 if scale.points else 1):+.{decimals}f}"
    if float(text) == 0:
        return text.lstrip("+-")
    return text.replace("-", "−")


def _margin(scale: Scale) -> str:
    if not scale.points:
        return f"{scale.margin:g}"
    return f"{100 * scale.margin:g} point{'' if scale.margin == 0.01 else 's'}"


def note_of(finding: Finding, trial: Trial) -> str:
    """What is special about a comparison, in a few words; "" if nothing is."""
    parts = []
    if finding.reason:
        parts.append(finding.reason)
    elif finding.units < LEAST_REPLICATES:
        parts.append(_too_few(finding))
    if finding.exact:
        parts.append(IDENTICAL)
    if finding.saturated:
        parts.append("saturated: no held-out row tells it from its reference on this metric")
    if reaches_nothing(trial):
        parts.append("no-op for this model")
    if trial.by_seed:
        parts += _missing(trial)
    return "; ".join(parts)


def _missing(trial: Trial) -> list[str]:
    parts = []
    if trial.failed:
        parts.append(f"{len(trial.failed)} of {trial.planned} seeds failed ({trial.failed[0]})")
    if trial.not_applicable:
        reason = trial.not_applicable[0]
        parts.append(f"not applicable for {len(trial.not_applicable)} of {trial.planned} seeds ({reason})")
    return parts


def _too_few(finding: Finding) -> str:
    counted = "seeds" if finding.units == finding.n_replicates else "draws that the seeds share"
    return f"{finding.units} {counted}; an interval needs at least {LEAST_REPLICATES}"


def reaches_nothing(trial: Trial) -> bool:
    """Whether no synthetic row can reach the model, although the arm was meant to make new ones."""
    got = trial.counts.get("got", 0)
    return trial.arm.augmenter.name not in CONTROLS and got > 0 and trial.counts.get("unreached", 0) >= got


def explain(case: Case, scale: Scale) -> tuple[str, ...]:
    """The reasons of a verdict, the most important first."""
    sentences = [
        *_headline(case, scale),
        *_no_op(case.trial),
        *_limits(case.shown, scale),  # of an undecided arm: what is missing is the first thing to know
        *_doses(case),
        *_pipeline(case, scale),
        *_rows(case),
        *_capitalised(_missing(case.trial) if case.trial.by_seed else []),
    ]
    if case.trial.by_seed and not case.trial.draws_vary:
        are = "is one version" if case.trial.draws == 1 or case.trial.design == "single" else "are two versions"
        sentences.append(f"There {are} of its rows, so the claim is about these rows and no others.")
    return tuple(sentences)


def _capitalised(parts: list[str]) -> list[str]:
    return [f"{part[0].upper()}{part[1:]}." for part in parts]


def _against(finding: Finding) -> str:
    if finding.contrast == "arm":
        return finding.reference.label
    return "no augmentation" if finding.contrast == "none" else "the same rows duplicated"


def _measured(finding: Finding, scale: Scale) -> str:
    seeds = f"{finding.n_replicates} seed{'' if finding.n_replicates == 1 else 's'}"
    where = f"{finding.arm.label}, {seeds}, {finding.n_examples:,} held-out rows"
    return f"{interval(finding, scale)} against {_against(finding)} ({where})"


def _headline(case: Case, scale: Scale) -> list[str]:
    shown = case.shown
    if shown.outcome == "not_applicable":
        return [f"Not applicable: {shown.reason}"]
    if shown.reason:
        return [f"No number: {shown.reason}."]
    if shown.exact:
        return [f"Exactly no difference: {shown.arm.label} is {IDENTICAL} in this metric ({shown.n_replicates} seeds)."]
    if gains_by_copies(shown):
        return [f"Nothing new to judge: copies alone gain {_measured(shown, scale)}.", _why_copies_gain(shown)]
    start = {
        "helps": "Helps: ",
        "harms": "Harms: ",
        "equivalent": f"No difference of more than {_margin(scale)}: ",
        "inconclusive": "Undecided: ",
    }[shown.outcome]
    return [f"{start}{_measured(shown, scale)}."]


def _no_op(trial: Trial) -> list[str]:
    got, unreached = trial.counts.get("got", 0), trial.counts.get("unreached", 0)
    if reaches_nothing(trial):
        return ["A no-op for this model: every synthetic row looks to it exactly like its parent."]
    if trial.arm.augmenter.name in CONTROLS or not got:
        return []
    if unreached > NOTABLE * got:
        return [f"{_share(unreached, got)} of its rows look to this model exactly like their parents."]
    if trial.counts.get("no_op", 0) > NOTABLE * got:
        return [f"{_share(trial.counts['no_op'], got)} of its rows equal their parents."]
    return []


def gains_by_copies(finding: Finding) -> bool:
    """Copies hold nothing new whose help could be judged; what they gain is an alarm, never a "helps"."""
    copies = finding.arm.augmenter.name == "duplicate" and finding.contrast != "arm"
    return copies and finding.outcome == "helps"


def _why_copies_gain(finding: Finding) -> str:
    if _moves_weight(finding):
        return "Weight moved between the classes gains, as class_weight or another threshold would."
    return "The model gains from more of the same, so its training wants mending."


def _moves_weight(finding: Finding) -> bool:
    """Whether some classes are copied more than others."""
    return finding.arm.balance is not None or finding.arm.scope != "all"


def _share(part: int, whole: int) -> str:
    """Whole per cent, rounded down: 99.9 % is not all."""
    return f"{math.floor(100 * part / whole)} %"


def _doses(case: Case) -> list[str]:
    """What each ladder says, tested from its ends on, which can show more than the family's intervals."""
    found = [ladder for ladder in (case.ladder, *case.across) if ladder is not None and len(ladder.steps) > 1]
    sentences = []
    if case.shown.outcome == "helps" and any(ladder.recommended is not None for ladder in found):
        sentences.append(f"{case.shown.arm.label} is the smallest dose as good as the best one shown to help.")
    for ladder in found:
        along = f" along {ladder.axis}" if len(found) > 1 else ""
        said = _harmless_and_too_much(ladder)
        sentences += [f"Tested dose by dose{along}, one-sided: {said}."] if said else []
    return sentences


def _harmless_and_too_much(ladder: Ladder) -> str:
    harmless, too_much = ladder.highest_harmless, ladder.too_much
    reach = ""
    if harmless is not None:
        reach = "every dose" if harmless is ladder.steps[-1] else f"up to {harmless.arm.label} it"
    if too_much is None:
        return f"{reach} was shown not to lose more than the margin" if reach else ""
    if harmless is None:
        return f"from {too_much.arm.label} on it loses"
    return f"{reach} was shown not to lose more than the margin; from {too_much.arm.label} on it loses"


def _limits(finding: Finding, scale: Scale) -> list[str]:
    if finding.outcome != "inconclusive" or finding.reason:
        return []
    if finding.units < LEAST_REPLICATES:
        return [f"No interval: {_too_few(finding)}."]
    if finding.saturated:
        return [f"Saturated: none of {finding.n_examples:,} held-out rows tells it apart; more would narrow it."]
    ruled = []
    if finding.one_low >= -scale.margin:
        ruled.append(f"A loss of more than {_margin(scale)} is ruled out.")
    if finding.one_high <= scale.margin:
        ruled.append(f"A gain of more than {_margin(scale)} is ruled out.")
    return [_more(finding), *ruled]


def _more(finding: Finding) -> str:
    """What limits an undecided interval, and how much more would decide it."""
    limit = finding.limit
    assert limit is not None
    seeds, rows = finding.n_replicates, finding.n_examples
    runs, tests = "Training runs limit it", "Held-out rows limit it"
    if limit.by == "replicates" and limit.replicates is not None and limit.replicates <= MOST * seeds:
        return f"{runs}: about {limit.replicates:,} seeds instead of {seeds} would decide it{_IF}"
    if limit.by == "replicates" and limit.runs_factor <= MOST:
        return f"{runs}: about {limit.runs_factor:.2g} times as many seeds and draws would decide it{_IF}"
    if limit.by == "test examples" and limit.examples is not None and limit.examples <= MOST * rows:
        return f"{tests}: about {limit.examples:,} instead of {rows:,} would decide it{_IF}"
    both = "Training runs and held-out rows both limit it"
    source = {"replicates": f"{runs} most", "test examples": f"{tests} most"}.get(limit.by, both)
    if limit.factor > MOST:
        return f"{source}, and no reasonable number of more would decide a gain this small."
    return f"{source}: about {limit.factor:.2g} times as many seeds and held-out rows would decide it{_IF}"


_IF = ", if the gain stays as measured."


def _pipeline(case: Case, scale: Scale) -> list[str]:
    """How the arm does against no augmentation, and whether duplication alone does the same."""
    whole, budget = case.pipeline, case.budget
    if whole is None or whole.reason or math.isnan(whole.mean):
        return []
    text = f"Against no augmentation{_trained(case)}: {interval(whole, scale)}"
    if budget is not None and budget.outcome == "helps":
        return [f"{text}, of which duplicating the same rows alone gives {interval(budget, scale)}."]
    return [f"{text}."]


def _trained(case: Case) -> str:
    """What an arm of more rows has in training that no augmentation has not, in brackets."""
    if case.training == "equal steps":
        return " (equal steps: more rows never meant more training)"
    if case.training == "equal epochs":
        return f" (equal epochs: the arm took {_times_the_rows(case.trial)} steps)"
    return " (a model without steps)" if case.training == "no steps" else ""


def _times_the_rows(trial: Trial) -> str:
    """ "5 times the": by how much steps grow with rows."""
    # Real rows are counted once a cell, synthetic ones in each of its draws.
    real = trial.counts.get("train", 0) * (trial.draws if trial.design == "crossed" else 1)
    times = f"{1 + trial.counts.get('got', 0) / real:.3g}" if real else "1"
    return "more" if times == "1" else f"{times} times the"


def _rows(case: Case) -> list[str]:
    counts, parts = case.trial.counts, []
    asked, got, leaked = (counts.get(name, 0) for name in ("asked", "got", "leaked"))
    if leaked:
        rows = (
            "1 synthetic row equal to a held-out row was"
            if leaked == 1
            else (f"{leaked:,} synthetic rows equal to a held-out row were")
        )
        parts.append(f"{rows} dropped (all seeds).")
    if got + leaked < asked:
        whole = "; its reference has them all" if case.shown.contrast == "duplicate" else ""
        parts.append(f"It made {got + leaked:,} of the {asked:,} rows asked for (all seeds){whole}.")
    return parts


def alarm_text(finding: Finding, scale: Scale, training: Training = "") -> str:
    """Why a gain against no augmentation proves nothing here: more of everything, or more of some classes."""
    gained = f"{finding.arm.label} alone gains {interval(finding, scale)} against no augmentation"
    if _moves_weight(finding):
        return (
            f"{gained}: what gains is the weight moved between classes, which class_weight or another threshold moves "
            "too, so a gain against `none` says nothing of new rows. Read the contrast against duplication."
        )
    if training == "equal epochs":
        return (
            f"{gained}: at equal epochs more rows are more steps, and this model gains from those whatever the rows "
            "say, so a gain against `none` proves nothing. Read the contrast against duplication, or train longer."
        )
    return (
        f"{gained}: this model gains from more rows or steps whatever they say, so a gain against `none` proves "
        "nothing. Read the contrast against duplication, or tune the baseline."
    )

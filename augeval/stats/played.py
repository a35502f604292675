"""Arms whose rows nobody made, since a scripted server played the model: shown beside the others, never among them.

They are kept out of every family of intervals, so that trying a run out with one costs the other arms no power, and
what is said of them is a number without an outcome: nothing of it is recommended, chosen, confirmed or counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan

from augeval.results import NOT_EVIDENCE, CellResult, Comparison, Curve, Judgement, Verdict
from augeval.types import CONTROLS, Arm

__all__ = ["SAID", "Parted", "copies_for", "parted", "unjudged", "with_played"]

SAID = "Not evidence: a scripted server played the model, to try the run out. Name a real model to have it judged."


@dataclass(frozen=True)
class Parted:
    """The cells of one dataset × model × train size.

    Args:
        evidence: those that are judged. played: those of arms that are only shown, and of the controls beside them; ()
            where there are none. arms: labels of the arms that are only shown; copies: of the duplicates that only
            these are compared with.
    """

    evidence: tuple[CellResult, ...]
    played: tuple[CellResult, ...]
    arms: frozenset[str]
    copies: frozenset[str]


def parted(results: Sequence[CellResult]) -> Parted:
    """Arms with a cell that is no evidence, apart from all others."""
    arms = frozenset(result.cell.arm.label for result in results if not result.is_evidence)
    if not arms:
        return Parted(tuple(results), (), arms, arms)
    copies = copies_for({result.cell.arm.label: result.cell.arm for result in results}.values(), arms)
    evidence = tuple(result for result in results if result.cell.arm.label not in arms | copies)
    beside = tuple(r for r in results if r.cell.arm.label in arms or r.cell.arm.augmenter.name in CONTROLS)
    return Parted(evidence, beside, arms, copies)


def copies_for(arms: Iterable[Arm], played: Collection[str]) -> frozenset[str]:
    """Labels of the duplicates that none but these arms, given by their labels, are compared with."""
    references: dict[bool, set[str]] = {True: set(), False: set()}
    for arm in arms:
        references[arm.label in played].add(arm.reference().label)
    return frozenset(references[True] - references[False] - {"none"})


def with_played(judged: Judgement, beside: Judgement, parts: Parted) -> Judgement:
    """What is believed of the evidence, and what is shown of the arms that are none.

    Args:
        judged: of `parts.evidence`. beside: of `parts.played`, judged as if they were some.
    """
    shown = parts.arms | parts.copies
    comparisons = (unjudged(c) if c.arm in parts.arms else c for c in beside.comparisons if c.arm in shown)
    curves = (_curve(c) for c in beside.curves if parts.arms & {*c.arms})
    families = {verdict.family for verdict in judged.verdicts}
    verdicts = (v if v.is_control else _verdict(v) for v in beside.verdicts if v.family not in families)
    return replace(
        judged,
        comparisons=(*judged.comparisons, *comparisons),
        curves=(*judged.curves, *curves),
        verdicts=(*judged.verdicts, *verdicts),
        alarms=(*judged.alarms, *(alarm for alarm in beside.alarms if alarm.arm in parts.copies)),
    )


def unjudged(found: Comparison) -> Comparison:
    """The numbers of a comparison without an outcome."""
    return replace(
        found,
        outcome="not_applicable",
        note=NOT_EVIDENCE,
        harmless=False,
        useless=False,
        limited_by=None,
        stopped="",
    )


def _curve(found: Curve) -> Curve:
    bare = replace(found, best=None, recommended=None, highest_harmless=None, too_much=None)
    return replace(bare, crossing=None, crossing_low=None, crossing_high=None)


def _verdict(found: Verdict) -> Verdict:
    bare = replace(found, decided_by=None, best=None, recommended=None, highest_harmless=None, too_much=None)
    said = replace(bare, outcome="not_applicable", evidence=False, reasons=(SAID,), limited_by=None, flags=())
    return replace(said, gain=nan, low=nan, high=nan)

"""The gain of a chosen arm, measured again where nothing chose it: fresh seeds, fresh draws, other held-out rows.

The best of several noisy gains is too high: of ten arms without any effect the best one gains about .8 points
(docs/statistics.md). Other held-out rows alone do not cure it, since the luck of the training runs is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from augeval.extend import MetricPlugin
from augeval.results import CellResult, Verdict
from augeval.seeds import stream
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Trials, gather, pair
from augeval.stats.reasons import Scale, interval
from augeval.stats.verdict import NEW_SETS, POOL
from augeval.types import Arm

__all__ = ["choice", "confirmed"]

SHARED = " These seeds shared training rows, of which there are too few for new training sets to be claimed."


def choice(verdict: Verdict, *, best: bool) -> str | None:
    """Label of the arm whose gain wants measuring again, or None: the recommended one.

    Args:
        best: take the best-looking one where none is recommended.
    """
    if verdict.is_control:
        return None
    return verdict.recommended or (verdict.best if best else None)


def confirmed(
    verdicts: Sequence[Verdict],
    results: Sequence[CellResult],
    *,
    metrics: Mapping[str, MetricPlugin],
    rule: Rule,
    best: bool = False,
    why_not: str = "",
) -> tuple[Verdict, ...]:
    """The verdicts with what fresh data say of the arm that each chose.

    Every chosen arm stands alone here (K = 1): it was named before these data were seen. Where the fresh seeds had to
    share training rows, the verdict claims no more than the figure to quote does: this training pool.

    Args:
        verdicts: of one dataset × model × train size, on every metric.
        results: of the cells that confirm, for the same; none where nothing was confirmed.
        metrics: plug-ins by name. rule: margin and alpha. best: see `choice`.
        why_not: why nothing is confirmed, as it follows "Not measured again: ".
    """
    trials = gather(results) if results else None
    return tuple(_confirmed(verdict, trials, metrics[verdict.metric], rule, best, why_not) for verdict in verdicts)


def _confirmed(  # one verdict and what it is confirmed with
    verdict: Verdict, trials: Trials | None, plugin: MetricPlugin, rule: Rule, best: bool, why_not: str
) -> Verdict:
    label = choice(verdict, best=best)
    if label is None:
        return verdict
    arm = _arm_called(label, trials)
    if trials is None or arm is None:
        reason = why_not or "only the dose that the primary metric chose is."
        return replace(verdict, confirmation=f"Not measured again: {reason.rstrip('.')}.")
    found = _measured(verdict, trials, arm, plugin, rule)
    known = found.mean == found.mean
    shared = known and verdict.claim == NEW_SETS and not trials.disjoint
    sentence = _sentence(found, verdict, Scale(plugin.bounds == (0.0, 1.0), rule.margin))
    return replace(
        verdict,
        claim=POOL if shared else verdict.claim,
        confirmed_arm=label,
        confirmed_gain=found.mean if known else None,
        confirmed_low=found.low if known else None,
        confirmed_high=found.high if known else None,
        confirmed_outcome=found.outcome if known else None,
        confirmation=sentence + (SHARED if shared else ""),
    )


def _arm_called(label: str, trials: Trials | None) -> Arm | None:
    return None if trials is None else next((arm for arm in trials.arms if arm.label == label), None)


def _measured(verdict: Verdict, trials: Trials, arm: Arm, plugin: MetricPlugin, rule: Rule) -> Finding:
    sign = 1.0 if plugin.higher_is_better else -1.0
    rng = stream("max-t", trials.dataset, trials.model, trials.train_size, verdict.metric, "confirm", arm.label)
    (found,) = infer(pair(trials, [arm], verdict.contrast, verdict.metric, sign), rule, rng)
    return found


def _sentence(found: Finding, verdict: Verdict, scale: Scale) -> str:
    if found.reason:
        return f"Measuring {found.arm.label} again gave no number: {found.reason}."
    with_what = f"{found.n_replicates} fresh seeds and {found.n_examples:,} held-out rows that did not choose it"
    return (
        f"Measured again with {with_what}, {found.arm.label} gains {interval(found, scale)}: {_says(found, verdict)}."
    )


def _says(found: Finding, verdict: Verdict) -> str:
    """What the new gain means for the old one."""
    claimed = verdict.outcome == "helps"
    words = {
        "helps": "it helps after all",
        "harms": "it harms",
        "equivalent": "no difference that matters",
        "inconclusive": "since its interval reaches 0" if claimed else "neither help nor harm is shown, here either",
    }
    if found.outcome not in words:
        return "not applicable there"
    if not claimed:
        return words[found.outcome]
    return "confirmed" if found.outcome == "helps" else f"not confirmed, {words[found.outcome]}"

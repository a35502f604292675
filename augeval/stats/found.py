"""Every finding of one metric: new content, whole pipeline, and the budget alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from augeval.extend import MetricPlugin
from augeval.results import Comparison, Contrast, Training
from augeval.seeds import stream
from augeval.stats.detect import detectable
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.pairing import Paired, Trials, arm_key, pair
from augeval.stats.reasons import Scale
from augeval.types import Arm

__all__ = ["MOVED_CUT", "Found", "compared", "find"]

MOVED_CUT = "tuned_threshold"  # the arm that moves the cut between the classes and does nothing else


@dataclass(frozen=True)
class Found:
    """One metric of one judgement: how it is read, and what was found in each contrast, by `arm_key`.

    Args:
        content: against `duplicate`, of arms that make rows; pipeline: against `none`, of every arm and `duplicate`.
        training: what fits on unlike numbers of rows have in common.
        alpha: of the rule that the findings were made with.
        stopped: of arms that a race stopped before its last look: why.
    """

    name: str
    trials: Trials
    scale: Scale
    content: Mapping[str, Finding] = field(default_factory=dict)
    pipeline: Mapping[str, Finding] = field(default_factory=dict)
    training: Training = ""
    alpha: float = 0.05
    stopped: Mapping[str, Literal["decided", "futile"]] = field(default_factory=dict)

    def decisive(self, arm: Arm) -> Finding:
        """The finding that a verdict on the arm rests on: against its own reference."""
        return self.content.get(arm_key(arm)) or self.pipeline[arm_key(arm)]


def find(
    trials: Trials,
    name: str,
    plugin: MetricPlugin,
    rule: Rule,
    *,
    budget: Rule | None = None,
    active: Collection[str] | None = None,
) -> Found:
    """Every finding of one metric.

    Args:
        trials: all cells; name, plugin: the metric; rule: of the arms.
        budget: of `duplicate` against `none`, if another.
        active: `arm_key` of the arms that a race still runs, which alone may set critical values; None: all.
    """
    copies = [arm for arm in trials.arms if arm.augmenter.name == "duplicate"]
    others = [arm for arm in trials.arms if arm.augmenter.name != "duplicate"]
    making = [arm for arm in others if arm.reference().augmenter.name == "duplicate"]
    sign = 1.0 if plugin.higher_is_better else -1.0

    def found(arms: Sequence[Arm], contrast: Contrast, purpose: str, rule: Rule) -> dict[str, Finding]:
        if not arms:
            return {}
        rng = stream("max-t", trials.dataset, trials.model, trials.train_size, name, purpose)
        running = None if active is None else [arm_key(arm) in active for arm in arms]
        findings = infer(_paired(trials, arms, contrast, (name, plugin), sign), rule, rng, running)
        return {arm_key(finding.arm): finding for finding in findings}

    content = found(making, "duplicate", "duplicate", rule)
    pipeline = {**found(others, "none", "none", rule), **found(copies, "none", "budget", budget or rule)}
    scale = Scale(points=plugin.bounds == (0.0, 1.0), margin=rule.margin)
    return Found(name, trials, scale, content, pipeline, alpha=rule.alpha)


def _paired(
    trials: Trials, arms: Sequence[Arm], contrast: Contrast, metric: tuple[str, MetricPlugin], sign: float
) -> Paired:
    """The differences; an arm that moves the cut alone is `none` itself for what does not read that cut.

    Its other differences would say that it is another predictor, of which no row happens to tell on this metric.
    """
    name, plugin = metric
    paired = pair(trials, arms, contrast, name, sign)
    if not plugin.treatment and not plugin.threshold_free:
        return paired
    moved = [arm.augmenter.name == MOVED_CUT for arm in arms]
    measured = np.array([bool(np.isfinite(diffs).any()) for diffs in paired.diffs], bool)
    return replace(paired, exact=paired.exact | (np.array(moved, bool) & measured))


def compared(
    trials: Trials, metric: str, finding: Finding, *, margin: float, note: str, training: Training
) -> Comparison:
    """A finding as the rest of the tool knows it: names in place of objects, one-sided facts by the margin."""
    return Comparison(
        dataset=trials.dataset,
        model=trials.model,
        train_size=trials.train_size,
        arm=finding.arm.label,
        reference=finding.reference.label,
        contrast=finding.contrast,
        metric=metric,
        n_replicates=finding.n_replicates,
        n_examples=finding.n_examples,
        mean_diff=finding.mean,
        low=finding.low,
        high=finding.high,
        one_sided_low=finding.one_low,
        one_sided_high=finding.one_high,
        harmless=finding.one_low >= -margin,
        useless=finding.one_high <= margin,
        outcome=finding.outcome,
        limited_by=finding.limit.by if finding.limit else None,
        note=note,
        training=training,
        detectable=detectable(finding),
    )

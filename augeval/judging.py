"""What is believed of a study: its models and train sizes judged, chosen doses confirmed, gains priced in rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import registry
from augeval.results import Across, CellResult, Judgement
from augeval.run.prepare import StudyPlan
from augeval.types import Arm, Spec

__all__ = [
    "Group",
    "chosen",
    "groups_of",
    "is_judged",
    "judge_across",
    "judge_group",
    "judge_study",
    "schedule_of",
    "standing_of",
    "with_classes",
]


@dataclass
class Group:
    """The results of one model × train size: of cells that choose, and of cells that confirm."""

    model: Spec
    train_size: int | None
    choosing: list[CellResult] = field(default_factory=list)
    confirming: list[CellResult] = field(default_factory=list)


def judge_study(study: StudyPlan, results: Sequence[CellResult]) -> list[Judgement]:
    """What the statistics say of each model × train size of one study; `results` may hold those of other studies."""
    by_model: dict[str, list[tuple[Group, Judgement]]] = defaultdict(list)
    for group in groups_of(study, results):
        by_model[group.model.label].append((group, judge_group(study, group)))
    judged = [judgement for pairs in by_model.values() for judgement in _priced(study, pairs)]
    return [*judged, *_watched(study, results)]


def _watched(study: StudyPlan, results: Sequence[CellResult]) -> list[Judgement]:
    """What the study's sentinel says, if it has one."""
    keys = study.sentinel.keys
    mine = [result for result in results if result.key in keys]
    if not mine:
        return []
    sentinel = registry.builtin_function("augeval.stats.sentinel:sentinel")
    units = registry.builtin_function("augeval.data.blocks:equal_rows")(study.dataset.examples.x)
    return [Judgement(sentinels=(sentinel(mine, study.study.alpha, units),))]


def judge_across(
    studies: Sequence[StudyPlan], results: Sequence[CellResult], judgements: Sequence[Sequence[Judgement]]
) -> tuple[Across, ...]:
    """What an experiment of several datasets says of each arm over all of them; () where there is one.

    Args:
        judgements: what `judge_study` says of each study.
    """
    if len({study.dataset.name for study in studies}) < 2:
        return ()
    across = registry.builtin_function("augeval.stats.across:across")
    judged = [_of_dataset(study, results, own) for study, own in zip(studies, judgements, strict=True)]
    found: tuple[Across, ...] = across(judged)
    return found


def _of_dataset(study: StudyPlan, results: Sequence[CellResult], judgements: Sequence[Judgement]) -> Any:  # Judged
    """The comparisons of one study that are taken over datasets, those with controls computed here."""
    metrics = study.plugins()
    names = registry.builtin_function("augeval.stats.across:metrics_across")(metrics)
    over_controls = registry.builtin_function("augeval.stats.across:over_controls")
    rule = registry.builtin_function("augeval.stats.inference:Rule")(study.study.margin, study.study.alpha)
    parts = [_parted(group.choosing) for group in groups_of(study, results)]
    evidence = {r.cell.arm.label: r.cell.arm for part in parts for r in part.evidence}
    beside = [over_controls(part.evidence, {name: metrics[name] for name in names}, rule) for part in parts]
    own = [c for judged in judgements for c in judged.comparisons if c.arm in evidence]
    judged = registry.builtin_function("augeval.stats.across:Judged")
    return judged(study.dataset.name, [*own, *(c for some in beside for c in some)], evidence, names, study.study.alpha)


def groups_of(study: StudyPlan, results: Sequence[CellResult]) -> list[Group]:
    """The study's results by model and train size, in that order; groups without a result are there too."""
    groups: dict[tuple[str, int], Group] = {}
    for model in study.study.models:
        for size in study.study.train_sizes:
            groups[model.label, size or 0] = Group(model, size)
    choosing = {cell.key for tile in study.tiles for cell in tile.cells}
    known: dict[int, NDArray[np.int64]] = {}
    for result in results:
        cell, group = result.cell, groups.get((result.cell.model.label, result.cell.train_size or 0))
        if group is None or cell.dataset["name"] != study.dataset.name:
            continue
        if result.key in choosing:
            group.choosing.append(with_classes(result, study, known))
        elif cell.confirms:
            group.confirming.append(with_classes(result, study, known))
    return [groups[name] for name in sorted(groups)]


def judge_group(study: StudyPlan, group: Group) -> Judgement:
    """The verdicts of one model × train size, with what fresh data say of chosen arms."""
    metrics, settings = study.plugins(), study.study
    parts = _parted(group.choosing)
    judged = _judged(study, group.model, parts.evidence, schedule_of(study))
    if parts.arms:
        with_played = registry.builtin_function("augeval.stats.played:with_played")
        judged = with_played(judged, _judged(study, group.model, parts.played, None), parts)
    confirmed = registry.builtin_function("augeval.stats.confirm:confirmed")
    rule = registry.builtin_function("augeval.stats.inference:Rule")(settings.margin, settings.alpha)
    verdicts = confirmed(
        judged.verdicts,
        group.confirming,
        metrics=metrics,
        rule=rule,
        best=settings.confirm == "best",
        why_not=study.unconfirmed,
    )
    return replace(judged, verdicts=verdicts)


def _judged(study: StudyPlan, model: Spec, results: Sequence[CellResult], race: Any) -> Judgement:
    judge = registry.builtin_function("augeval.stats.verdict:judge")
    judged: Judgement = judge(
        results,
        metrics=study.plugins(),
        margin=study.study.margin,
        alpha=study.study.alpha,
        training=registry.get("model", model.name, allow_code=True).training(model.params),
        race=race,
    )
    return judged


def _parted(results: Sequence[CellResult]) -> Any:  # stats.played.Parted
    return registry.builtin_function("augeval.stats.played:parted")(results)


def chosen(study: StudyPlan, group: Group) -> list[Arm]:
    """The arms of a finished group whose gain wants measuring again: those that the primary metric recommends."""
    if study.unconfirmed or not group.choosing:
        return []
    choice = registry.builtin_function("augeval.stats.confirm:choice")
    judged = judge_group(study, replace(group, confirming=[]))
    primary = [verdict for verdict in judged.verdicts if verdict.metric == study.metrics[0]]
    labels = {choice(verdict, best=study.study.confirm == "best") for verdict in primary}
    return [arm for arm in study.study.arms if arm.label in labels]


def schedule_of(study: StudyPlan) -> Any:  # stats.sequential.Schedule, or None
    """When a race looks and what it gives up; None without a race."""
    seeds = study.study.replicates
    if not seeds.race:
        return None
    return registry.builtin_function("augeval.stats.sequential:schedule")(seeds.max, seeds.looks, seeds.futility)


def standing_of(study: StudyPlan, group: Group, arms: Sequence[Arm]) -> Any:  # stats.race.Standing
    """Which of the planned arms of a raced group need more seeds, and up to which look; none that is no evidence."""
    settings = study.study
    parts = _parted(group.choosing)
    played = parts.arms | {arm.label for arm in arms if not is_judged(arm)}
    shown = played | registry.builtin_function("augeval.stats.played:copies_for")(arms, played)
    return registry.builtin_function("augeval.stats.race:standing")(
        parts.evidence,
        [arm for arm in arms if arm.label not in shown],
        metrics=study.plugins(),
        margin=settings.margin,
        alpha=settings.alpha,
        race=schedule_of(study),
    )


def is_judged(arm: Arm) -> bool:
    """Whether the experiment asks for a verdict; it may say `evidence: false` of rows that a scripted server gives."""
    return arm.augmenter.params.get("evidence") is not False


def with_classes(result: CellResult, study: StudyPlan, known: dict[int, NDArray[np.int64]]) -> CellResult:
    """The result with the classes of its held-out rows.

    Args:
        known: by the identity of row ids, filled here: results that share these share their classes too.
    """
    if not study.dataset.classes:
        return result
    if id(result.test_ids) not in known:
        known[id(result.test_ids)] = study.dataset.examples.y[result.test_ids]
    return replace(result, test_classes=known[id(result.test_ids)])


def _priced(study: StudyPlan, pairs: Sequence[tuple[Group, Judgement]]) -> list[Judgement]:
    """The judgements of one model over its train sizes, with what each gain is worth in real rows."""
    priced = registry.builtin_function("augeval.stats.worth:priced")
    verdicts = priced(
        [verdict for _, judged in pairs for verdict in judged.verdicts],
        [result for group, _ in pairs for result in group.choosing],
        metrics=study.plugins(),
        alpha=study.study.alpha,
        alarms=[alarm for _, judged in pairs for alarm in judged.alarms],
    )
    each = iter(verdicts)
    return [replace(judged, verdicts=tuple(next(each) for _ in judged.verdicts)) for _, judged in pairs]

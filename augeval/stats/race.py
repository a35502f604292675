"""A race replayed from results alone: at each look decided and hopeless arms stop, the others get more seeds.

Between looks there may be futility looks, at which nothing is decided and hopeless arms alone stop. What an arm is
believed to do is what the look of either kind at which it stopped said, at that look's level. These are repeated
confidence intervals: with chance 1 - alpha none of them misses at any look (Jennison & Turnbull 1989), whatever
stops an arm. Every arm stays in the family, with the seeds that it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from augeval.extend import MetricPlugin
from augeval.results import CellResult, Race, Stop
from augeval.stats.found import Found, find
from augeval.stats.inference import Finding, Rule
from augeval.stats.pairing import Trials, arm_key, gather
from augeval.stats.sequential import Schedule, chances
from augeval.types import Arm

__all__ = ["Replay", "Standing", "replay", "standing"]


@dataclass(frozen=True)
class Standing:
    """Who runs on in a race.

    Args:
        look: how many seeds the next look of either kind needs; None: the race is over.
        active: the arms that need every seed below `look`, and with them their references and `none`.
    """

    look: int | None
    active: tuple[Arm, ...]


@dataclass(frozen=True)
class Replay:
    """What a race found, metric by metric, the primary one first; its course, or None where nothing was raced."""

    found: tuple[Found, ...]
    race: Race | None


@dataclass(frozen=True)
class _Entrants:
    """Who takes part, by `arm_key`, ascending."""

    arms: Mapping[str, Arm]

    @cached_property
    def copies(self) -> tuple[str, ...]:
        """`duplicate`: not raced, for it runs as long as an arm that is compared with it."""
        return tuple(key for key, arm in self.arms.items() if arm.augmenter.name == "duplicate")

    @cached_property
    def raced(self) -> tuple[str, ...]:
        """Every arm that a verdict is wanted of."""
        return tuple(k for k, arm in self.arms.items() if k not in self.copies and arm.augmenter.name != "none")

    @cached_property
    def followers(self) -> tuple[str, ...]:
        """Copies that no arm is compared with: they run until the race is over."""
        wanted = {self.reference(key) for key in self.raced}
        return tuple(key for key in self.copies if key not in wanted)

    def reference(self, key: str) -> str:
        """What an arm's verdict compares it with."""
        return arm_key(self.arms[key].reference())

    def needed(self, active: Collection[str]) -> set[str]:
        """Whose results a look wants: those of the active arms, their references, `none`, and followers."""
        own = {*active, *self.followers, *(self.reference(key) for key in active)}
        return {key for key, arm in self.arms.items() if key in own or arm.augmenter.name == "none"}

    def limits(self, stops: Mapping[str, Stop], look: int) -> dict[str, int]:
        """How many seeds of each arm count at a look: what is there beyond them was not asked for."""
        own = {key: stops[key].seeds if key in stops else look for key in self.raced}
        longest = max(own.values(), default=look)
        found = {key: own.get(key, longest) for key in self.arms}
        for key in set(self.copies) - set(self.followers):
            found[key] = max(own[k] for k in self.raced if self.reference(k) == key)
        return found


@dataclass(frozen=True)
class _Rules:
    """What a race decides with; levels: of each stage."""

    metrics: Mapping[str, MetricPlugin]
    margin: float
    alpha: float
    race: Schedule
    levels: tuple[float, ...]

    def at(self, look: int) -> Rule:
        """Of the arms at one look."""
        return Rule(self.margin, self.levels[self.race.stages.index(look)])

    @property
    def budget(self) -> Rule:
        """Of `duplicate` against `none`: it stops when others do, so each look has an equal share of alpha."""
        return Rule(self.margin, self.alpha / len(self.race.stages))


@dataclass(frozen=True)
class _Look:
    """One look: seeds, keys of the arms that ran up to it, and what there was to see."""

    seeds: int
    active: tuple[str, ...]
    trials: Trials


@dataclass
class _Course:
    """How far a race came; `pending`: the look for which results are missing, or None."""

    looks: list[_Look] = field(default_factory=list)
    stops: dict[str, Stop] = field(default_factory=dict)
    pending: int | None = None


def standing(
    results: Sequence[CellResult],
    arms: Sequence[Arm],
    *,
    metrics: Mapping[str, MetricPlugin],
    margin: float,
    alpha: float,
    race: Schedule,
) -> Standing:
    """Who needs more seeds, given the results so far of one dataset × model × train size.

    A look is held once each arm that still runs, its reference and `none` have a result of any status for every
    seed below it. Results of later seeds, and those of stopped arms, change nothing. Where no arm is to be decided
    (copies alone), they run to the last look.

    Args:
        results: so far, in any order, possibly none. arms: every arm that was planned, references too.
        metrics, margin, alpha: as for `judge`. race: when to look, and what to give up.

    Returns:
        The next look and who must reach it: what `judge` would replay, whatever the order of results.
    """
    entrants = _entrants([*arms, *(result.cell.arm for result in results)])
    course = _run(results, entrants, _rules(entrants, metrics, (margin, alpha), race))
    if course.pending is None:
        return Standing(None, ())
    running = {*entrants.raced, *entrants.followers} - set(course.stops)
    return Standing(course.pending, tuple(arm for key, arm in entrants.arms.items() if key in running))


def replay(
    results: Sequence[CellResult],
    *,
    metrics: Mapping[str, MetricPlugin],
    margin: float,
    alpha: float,
    race: Schedule,
) -> Replay:
    """What a race over these results finds.

    Where results for the next look are missing (the race still runs), what there is of them is judged at the level
    of that look, and no arm that still runs is called stopped.

    Args:
        results: of one dataset × model × train size, in any order, at least one. metrics, margin, alpha: as for
            `judge`. race: when to look, and what to give up.
    """
    entrants = _entrants([result.cell.arm for result in results])
    rules = _rules(entrants, metrics, (margin, alpha), race)
    course = _run(results, entrants, rules)
    if course.pending is not None:
        running = tuple(key for key in entrants.raced if key not in course.stops)
        course.looks.append(_look(results, entrants, course, course.pending, running))
    last = course.looks[-1]
    limits = entrants.limits(course.stops, last.seeds)
    ends = {key: _end(course, limits[key]) for key in entrants.arms}
    final = gather(_within(results, limits))
    found = tuple(_merged(final, name, course, ends, rules) for name in final.metrics)
    return Replay(found, _race(found[0], course, entrants, rules) if entrants.raced else None)


def _entrants(arms: Sequence[Arm]) -> _Entrants:
    by_key = {arm_key(arm): arm for arm in arms}
    return _Entrants({key: by_key[key] for key in sorted(by_key)})


def _rules(
    entrants: _Entrants, metrics: Mapping[str, MetricPlugin], shared: tuple[float, float], race: Schedule
) -> _Rules:
    margin, alpha = shared
    return _Rules(metrics, margin, alpha, race, race.levels(max(len(entrants.raced), 1), alpha))


def _run(results: Sequence[CellResult], entrants: _Entrants, rules: _Rules) -> _Course:
    """Look by look, as far as the results go."""
    course = _Course()
    have = {(arm_key(result.cell.arm), result.cell.seed) for result in results}
    stages = rules.race.stages if entrants.raced else rules.race.stages[-1:]
    for seeds in stages:
        active = tuple(key for key in entrants.raced if key not in course.stops)
        if entrants.raced and not active:
            break
        if any((key, seed) not in have for key in entrants.needed(active) for seed in range(seeds)):
            course.pending = seeds
            break
        course.looks.append(_look(results, entrants, course, seeds, active))
        course.stops.update(_stopping(course.looks[-1], rules))
    return course


def _look(
    results: Sequence[CellResult], entrants: _Entrants, course: _Course, seeds: int, active: tuple[str, ...]
) -> _Look:
    return _Look(seeds, active, gather(_within(results, entrants.limits(course.stops, seeds))))


def _within(results: Sequence[CellResult], limits: Mapping[str, int]) -> list[CellResult]:
    return [result for result in results if result.cell.seed < limits[arm_key(result.cell.arm)]]


def _stopping(look: _Look, rules: _Rules) -> dict[str, Stop]:
    """The arms that a look stops, by its primary metric: all at the last one, the hopeless at a futility look."""
    name = look.trials.metrics[0]
    found = find(look.trials, name, rules.metrics[name], rules.at(look.seeds), active=look.active)
    last, decides = look.seeds == rules.race.looks[-1], look.seeds in rules.race.looks
    given_up = set() if last or not rules.race.futility else _hopeless(found, look, rules)
    stops = {}
    for key in look.active:
        finding = found.decisive(look.trials.by_key[key].arm)
        if finding.outcome == "not_applicable" or (decides and finding.outcome != "inconclusive"):
            stops[key] = Stop(finding.arm.label, look.seeds, finding.outcome)
        elif last or key in given_up:
            why = "failed" if finding.reason else "undecided" if last else "futile"
            stops[key] = Stop(finding.arm.label, look.seeds, why)
    return stops


def _hopeless(found: Found, look: _Look, rules: _Rules) -> set[str]:
    """Keys of active arms that the last look would hardly decide."""
    others = {key: f for key, f in found.pipeline.items() if f.arm.augmenter.name != "duplicate"}
    undecided = [key for key in look.active if found.decisive(look.trials.by_key[key].arm).outcome == "inconclusive"]
    hopeless: set[str] = set()
    for family in (found.content, others):
        decisive = [key for key in undecided if key in family and (key in found.content) == (family is found.content)]
        if decisive:
            last = rules.race.looks[-1]
            running = [key in decisive for key in family]
            likely = chances(list(family.values()), running, (look.seeds, last), rules.at(last))
            low = {key for key, chance in zip(family, likely.tolist(), strict=True) if chance < rules.race.futility}
            hopeless |= low & set(decisive)
    return hopeless


def _end(course: _Course, seeds: int) -> _Look:
    """The look at which an arm with so many seeds stopped."""
    return next(look for look in course.looks if look.seeds == seeds)


def _merged(final: Trials, name: str, course: _Course, ends: Mapping[str, _Look], rules: _Rules) -> Found:
    """Of each arm, what the look at which it stopped said."""
    ended, found = {course.looks[-1].seeds, *(look.seeds for look in ends.values())}, {}
    for look in course.looks:
        if look.seeds in ended:
            at, plugin = rules.at(look.seeds), rules.metrics[name]
            found[look.seeds] = find(look.trials, name, plugin, at, budget=rules.budget, active=look.active)
    latest = found[course.looks[-1].seeds]

    def chosen(contrast: Literal["content", "pipeline"]) -> dict[str, Finding]:
        keys = getattr(latest, contrast)
        return {key: getattr(found[ends[key].seeds], contrast)[key] for key in keys}

    early = {key: stop for key, stop in course.stops.items() if stop.seeds < rules.race.looks[-1]}
    stopped: dict[str, Literal["decided", "futile"]] = {
        key: "futile" if stop.why == "futile" else "decided"
        for key, stop in early.items()
        if stop.why not in ("not_applicable", "failed")
    }
    content, pipeline = chosen("content"), chosen("pipeline")
    return replace(latest, trials=final, content=content, pipeline=pipeline, alpha=rules.alpha, stopped=stopped)


def _race(primary: Found, course: _Course, entrants: _Entrants, rules: _Rules) -> Race:
    trials, looks, futility_looks = primary.trials, rules.race.looks, rules.race.futility_looks
    running = [_unfinished(primary, key) for key in trials.by_key if key in entrants.raced and key not in course.stops]
    return Race(
        dataset=trials.dataset,
        model=trials.model,
        train_size=trials.train_size,
        metric=primary.name,
        looks=looks,
        levels=tuple(rules.at(look).alpha for look in looks),
        futility=rules.race.futility,
        stops=(*(course.stops[key] for key in trials.by_key if key in course.stops), *running),
        fits=sum(trial.planned for trial in trials.by_key.values()),
        fits_planned=len(entrants.arms) * looks[-1],
        futility_looks=futility_looks,
        futility_levels=tuple(rules.at(look).alpha for look in futility_looks),
    )


def _unfinished(primary: Found, key: str) -> Stop:
    """Where an arm is whose race still runs."""
    trial = primary.trials.by_key[key]
    outcome = primary.decisive(trial.arm).outcome
    return Stop(trial.arm.label, trial.planned, "undecided" if outcome == "inconclusive" else outcome)

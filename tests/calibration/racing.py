"""What a race saves and what it costs: any wrong verdict, decisions kept, fits saved, over schedules.

Real ridge fits on three mixes of eight arms: effects of many sizes, a grid of harmful doses, and copies of the
control. Each experiment is simulated once and raced by every rule.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np
import record
import worlds
from numpy.typing import NDArray
from scipy import stats

from augeval.seeds import stream
from augeval.stats import inference, maxt
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.sequential import (
    DEFAULT_FUTILITY,
    DEFAULT_LOOKS,
    Schedule,
    Spending,
    chances,
    levels,
    obrien_fleming,
    power_spending,
    schedule,
)
from augeval.types import Json

__all__ = ["FIXED", "FRONTIER", "MIXES", "Trial", "Way", "played", "race", "rates", "table"]

Floats = NDArray[np.float64]
MARGIN, ALPHA, SEEDS, ROWS = 0.01, 0.05, 20, 1000
EXPERIMENTS = 300
MIXES: Mapping[str, tuple[str, ...]] = {
    "mixed": ("dup", "swap", "noise:.05", "noise:.1", "noise:.2", "noise:.4", "dup", "noise:.3", "swapnoise:.05"),
    "grid": ("dup", "swap", "swapnoise:.1", "swapnoise:.3", "swapnoise:.5", "noise:.3", "noise:.4", "noise:.5", "dup"),
    "A/A": ("dup",) * 9,
}
UNDECIDED = "inconclusive"


@dataclass(frozen=True)
class Way:
    """One way to race: a schedule, and how alpha is spent; None: not at all, every look takes the whole of it."""

    schedule: Schedule
    spending: Spending | None = power_spending

    def levels(self, size: int) -> tuple[float, ...]:
        """Of each look, futility looks too."""
        plan = self.schedule
        return plan.levels(size, ALPHA, self.spending) if self.spending else (ALPHA,) * len(plan.stages)


FIXED = Way(Schedule((SEEDS,), 0.0))
QUARTERS = (5, 10, 15, 20)
BETWEEN = (7, 9, 11, 13, 15, 17, 18, 19)  # with the default looks each seed from the 7th on
FRONTIER: Mapping[str, Way] = {
    "20 seeds for every arm": FIXED,
    "looks at 5, 10, 15, 20, each at .05 (naive peeking)": Way(Schedule(QUARTERS, 0.0), None),
    "looks at 5, 10, 15, 20, O'Brien and Fleming's levels": Way(Schedule(QUARTERS, 0.0), obrien_fleming),
    "the same, given up below .10": Way(Schedule(QUARTERS, 0.1), obrien_fleming),
    "default looks and levels, none given up": Way(schedule(SEEDS, futility=0.0)),
    "the same, given up below .05": Way(schedule(SEEDS, futility=0.05)),
    "the default, given up below .10": Way(schedule(SEEDS)),
    "default looks, given up at each seed from the 7th below .05": Way(Schedule(DEFAULT_LOOKS, 0.05, BETWEEN)),
    "the same, given up below .04": Way(Schedule(DEFAULT_LOOKS, 0.04, BETWEEN)),
}


@dataclass
class Trial:
    """One experiment; what a look finds is kept for the next rule that asks the same.

    Args:
        diffs: (K, R, m) gains over the control.
    """

    diffs: Floats
    known: dict[tuple[object, ...], tuple[Finding, ...]] = field(default_factory=dict)
    likely: dict[tuple[object, ...], Floats] = field(default_factory=dict)

    def look(self, seeds: Sequence[int], active: NDArray[np.bool_], level: float) -> tuple[Finding, ...]:
        """What is found of arms that have so many seeds."""
        key = (tuple(seeds), tuple(active.tolist()), level)
        if key not in self.known:
            late = np.arange(max(seeds)) >= np.asarray(seeds)[:, None]
            shown = np.where(late[:, :, None], np.nan, self.diffs[:, : max(seeds)])
            rng = stream("max-t", "made", "ridge", None, "accuracy", "duplicate")  # what `stats.found` would draw from
            self.known[key] = infer(worlds.paired(shown), Rule(MARGIN, level), rng, active.tolist())
        return self.known[key]

    def chances(self, found: tuple[Finding, ...], running: NDArray[np.bool_], look: int, level: float) -> Floats:
        """Chance of each arm to be decided by the last seed."""
        key = (id(found), tuple(running.tolist()), level)
        if key not in self.likely:
            self.likely[key] = chances(found, running.tolist(), (look, SEEDS), Rule(MARGIN, level))
        return self.likely[key]


@dataclass(frozen=True)
class Ended:
    """(K,) how the arms of one race ended: outcomes, and seeds."""

    outcomes: NDArray[np.str_]
    seeds: NDArray[np.int64]

    @property
    def fits(self) -> int:
        """Cells, those of the control too: it runs as long as the last arm."""
        return int(self.seeds.sum() + self.seeds.max())


def race(trial: Trial, way: Way) -> Ended:
    """One race, as `stats.race` runs it."""
    plan, size = way.schedule, len(trial.diffs)
    nominal, last = way.levels(size), plan.looks[-1]
    outcomes, seeds, active = np.full(size, UNDECIDED, "U16"), np.full(size, last), np.ones(size, bool)
    for look, level in zip(plan.stages, nominal, strict=True):
        found = trial.look(np.where(active, look, seeds).tolist(), active, level)
        said = np.array([finding.outcome for finding in found])
        running = active & (said == UNDECIDED)
        stopping = active & ~running & (look in plan.looks)
        outcomes[stopping] = said[stopping]
        if plan.futility and look < last and running.any():
            stopping |= running & (trial.chances(found, running, look, nominal[-1]) < plan.futility)
        seeds[stopping], active = look, active & ~stopping
        if not active.any():
            break
    return Ended(outcomes, seeds)


def wrong(outcomes: NDArray[np.str_], truth: Floats) -> bool:
    """Whether any verdict contradicts the truth."""
    bad = (outcomes == "helps") & (truth <= 0) | (outcomes == "harms") & (truth >= 0)
    return bool((bad | (outcomes == "equivalent") & (np.abs(truth) > MARGIN)).any())


def played(mix: str, experiments: Sequence[int], ways: Mapping[str, Way], path: str) -> dict[str, list[Ended]]:
    """How these experiments end, each raced in every way and, as "", not raced at all."""
    ended: dict[str, list[Ended]] = {name: [] for name in ("", *ways)}
    for e in experiments:
        scores = worlds.experiment((path, mix, e), MIXES[mix], seeds=SEEDS, m=ROWS)
        trial = Trial(scores[1:] - scores[0])
        with _quick():
            for name, way in {"": FIXED, **ways}.items():
                ended[name].append(race(trial, way))
    return ended


def _quick() -> ExitStack:
    """The statistics to the bit, at a fraction of the time: nothing is computed twice for rules of other levels."""
    stack = ExitStack()
    # What an undecided arm lacks is half the work, and no race asks for it.
    stack.enter_context(mock.patch.object(inference, "_limit", return_value=None))
    estimate = _once(inference.estimate, lambda paired: paired.diffs.tobytes())
    extremes = _once(maxt._extremes, lambda *said: (said[0].tobytes(), said[1].tobytes(), _state(said[2])))
    stack.enter_context(mock.patch.object(inference, "estimate", estimate))
    stack.enter_context(mock.patch.object(maxt, "_extremes", extremes))
    return stack


def _once(function: Callable[..., Any], name: Callable[..., Hashable]) -> Callable[..., Any]:
    known: dict[Hashable, Any] = {}

    def once(*given: Any) -> Any:
        key = name(*given)
        if key not in known:
            known[key] = function(*given)
        return known[key]

    return once


def _state(rng: np.random.Generator) -> str:
    return repr(rng.bit_generator.state)


def rates(mix: str, parts: Sequence[Mapping[str, Sequence[Ended]]]) -> dict[str, dict[str, Json]]:
    """What every way to race costs and saves on one mix, from what `played` gave of its experiments."""
    kinds = MIXES[mix]
    truth = worlds.truth(kinds) if len(set(kinds)) > 1 else np.zeros(len(kinds) - 1)
    whole = {name: [one for part in parts for one in part[name]] for name in parts[0]}
    return {name: _rates(ended, whole[""], truth) for name, ended in whole.items() if name}


def _rates(ended: Sequence[Ended], fixed: Sequence[Ended], truth: Floats) -> dict[str, Json]:
    misses = sum(wrong(one.outcomes, truth) for one in ended)
    said, by_fixed = (np.array([one.outcomes for one in many]) for many in (ended, fixed))
    decided = by_fixed != UNDECIDED
    kept, decisions = int((said == by_fixed)[decided].sum()), int(decided.sum())
    shares = 1 - np.array([one.fits for one in ended]) / (SEEDS * (len(truth) + 1))
    return {
        "experiments": len(ended),
        "wrong": _rounded(misses / len(ended), *worlds.interval(misses, len(ended))),
        "decisions": decisions,
        "kept": _rounded(kept / decisions, *worlds.interval(kept, decisions)) if decisions else None,
        "saved": _rounded(shares.mean(), *_mean_interval(shares)),
        "decided": round(float((said != UNDECIDED).mean()), 4),
        "decided_by_fixed": round(float(decided.mean()), 4),
    }


def _mean_interval(values: Floats) -> tuple[float, float]:
    spread = stats.norm.ppf(0.975) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - spread), float(values.mean() + spread)


def _rounded(*values: float) -> list[Json]:
    return [round(float(value), 4) for value in values]


def table(found: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> str:
    """The frontier as Markdown: one row per way to race, wrong / kept / saved of each mix in percent."""
    names = next(iter(found.values()))
    head = ["way to race", *(f"{mix}: wrong, kept, saved" for mix in found)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in names:
        cells = []
        for mix in found:
            rates = found[mix][name]
            kept = "–" if rates["kept"] is None else f"{100 * rates['kept'][0]:.0f} %"
            cells.append(f"{100 * rates['wrong'][0]:.1f} %, {kept}, {100 * rates['saved'][0]:.0f} %")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def study(experiments: int, workers: int, path: str = "racing, fourth") -> dict[str, dict[str, dict[str, Json]]]:
    """Every way on every mix.

    Args:
        path: names the random streams: this one was never looked at before its rates were written down.
    """
    parts = [range(start, experiments, 2 * workers) for start in range(2 * workers)]
    with ProcessPoolExecutor(workers) as pool:
        jobs = {mix: [pool.submit(played, mix, part, FRONTIER, path) for part in parts] for mix in MIXES}
        return {mix: rates(mix, [job.result() for job in jobs[mix]]) for mix in MIXES}


def main() -> None:
    """The full study: some fifteen CPU minutes. An argument: how many processes."""
    found = study(EXPERIMENTS, int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1)
    print(table(found))
    looks = schedule(SEEDS).looks
    record.write(
        "racing",
        {
            "setting": {"arms": 8, "seeds": SEEDS, "rows": ROWS, "margin": MARGIN, "alpha": ALPHA},
            "default": {
                "looks": list(looks),
                "futility": DEFAULT_FUTILITY,
                "levels": [round(level, 6) for level in levels(looks, 8, ALPHA)],
            },
            "mixes": found,
        },
    )


if __name__ == "__main__":
    main()

"""Whether the planner is right: planned power against the share of simulated studies that the shipped rule decides.

Gaussian designs have the research's spreads; two more have real ridge fits, crossed draws. Everything goes through
`stats.inference.infer`. Run this file for the whole study.

Shapes: K arms, R seeds, m held-out rows, G draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import record
import worlds
from numpy.typing import NDArray

from augeval.results import Outcome
from augeval.seeds import stream
from augeval.stats.forecast import Design, Spread
from augeval.stats.inference import Finding, Rule, infer
from augeval.stats.planning import Family, needed, pilot_of, power, seeds_for
from augeval.types import Json

__all__ = ["DESIGNS", "Planned", "continued", "planned", "ranges", "real", "run", "simulated"]

Floats = NDArray[np.float64]
RULE = Rule(margin=0.01, alpha=0.05)
ROWS = 250
ALIKE = 0.5  # correlation of two arms: they share half of what seeds, rows and draws do


@dataclass(frozen=True)
class Planned:
    """One Gaussian design.

    Args:
        arms: K, all with the same gain. seed, rows: standard deviation of a seed's gain, and of the mean over the rows.
        effect: the gain; 0 is to be shown equivalent. draw: standard deviation of a shared draw; draws: how many.
    """

    name: str
    arms: int
    seed: float
    rows: float
    effect: float
    draw: float = 0.0
    draws: int = 0


# The first four are the research's (K, s, tau, effect), in points.
DESIGNS = (
    Planned("one arm, runs alone vary", 1, 0.01, 0.0, 0.01),
    Planned("one arm, rows vary too", 1, 0.01, 0.002, 0.01),
    Planned("eight arms", 8, 0.01, 0.002, 0.01),
    Planned("eight arms that vary much", 8, 0.03, 0.003, 0.02),
    Planned("eight arms shown equivalent", 8, 0.01, 0.0012, 0.0),
    Planned("four arms, eight crossed draws", 4, 0.02, 0.003, 0.025, draw=0.01, draws=8),
)


def spread_of(design: Planned) -> Spread:
    """The truth; three arms and more of one variance lend each other all that moderation allows."""
    lent = 1.0 if design.arms >= 3 else 0.0
    return Spread(design.seed**2, design.rows**2 * ROWS, 0.0, design.draw**2, borrowed=lent)


def planned(design: Planned) -> tuple[int, float]:
    """Seeds for power .8, and the power that they are said to have."""
    family = Family(design.arms, ALIKE, RULE.margin, RULE.alpha)
    size = Design(10, ROWS, ROWS, design.draws)
    seeds = seeds_for(design.effect, spread_of(design), size, family)
    assert seeds is not None, f"no number of seeds does for {design.name}"
    return seeds, float(power(design.effect, spread_of(design), replace(size, seeds=seeds), family))


def study(design: Planned, seeds: int, rng: np.random.Generator) -> tuple[Finding, ...]:
    """One simulated study: K arms, through the shipped rule."""
    k = design.arms
    runs = design.seed * _shared(rng, (k, seeds))
    rows = design.rows * math.sqrt(ROWS) * _shared(rng, (k, ROWS))
    d = design.effect + runs[:, :, None] + rows[:, None, :]
    made = worlds.paired(d)
    if design.draws:
        drawn = design.draw * _shared(rng, (k, design.draws))
        d = d + drawn.mean(1)[:, None, None]
        tables = tuple(d[j].mean(1)[:, None] + drawn[j] - drawn[j].mean() for j in range(k))
        made = replace(made, diffs=d, draws=tables)
    return infer(made, RULE, stream("calibration", "max-t"))


def _shared(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Standard normal numbers of K arms that correlate by `ALIKE`."""
    common, own = rng.standard_normal((1, shape[1])), rng.standard_normal(shape)
    made: Floats = math.sqrt(ALIKE) * common + math.sqrt(1 - ALIKE) * own
    return made


def simulated(design: Planned, seeds: int, studies: int) -> tuple[float, float]:
    """Share of arms with the right verdict over studies, and its standard error (arms of one study hang together)."""
    right: Outcome = "helps" if design.effect else "equivalent"
    shares = []
    for number in range(studies):
        rng = stream("calibration", "planner", design.name, number)
        shares.append(np.mean([found.outcome == right for found in study(design, seeds, rng)]))
    return float(np.mean(shares)), float(np.std(shares, ddof=1) / math.sqrt(studies))


KINDS = ("dup", "noise:0.1", "noise:0.2", "noise:0.3", "swap", "ju:1", "jv:1", "swapnoise:0.2")
HARMFUL = "noise:0.3"


def real(pilots: int, studies: int, path: str = "planner") -> dict[str, Json]:
    """Ridge fits: seeds for the true loss by label noise, from pilots of ten seeds, and how often those find it."""
    which, loss = KINDS.index(HARMFUL) - 1, _loss()
    found = [worlds.findings(worlds.experiment((path, "pilot", e), KINDS, seeds=10)) for e in range(pilots)]
    own = [each[which].spread for each in found]
    spread = Spread(**{name: float(np.mean([getattr(s, name) for s in own])) for name in Spread.__dataclass_fields__})
    alike = float(np.mean([pilot.correlation for each in found if (pilot := pilot_of(each))]))
    family, design = Family(len(KINDS) - 1, alike, RULE.margin, RULE.alpha), found[0][which].design
    seeds = seeds_for(loss, spread, design, family)
    assert seeds is not None
    said = float(power(loss, spread, replace(design, seeds=seeds), family))
    hits = sum(
        worlds.findings(worlds.experiment((path, e), KINDS, seeds=seeds))[which].outcome == "harms"
        for e in range(studies)
    )
    low, high = worlds.interval(hits, studies)
    return {
        "loss": loss,
        "studies": studies,
        "seeds": seeds,
        "planned": said,
        "simulated": hits / studies,
        "low": low,
        "high": high,
    }


def _loss() -> float:
    """Of the population, by label noise, within about 1.5 %: 40,000 training sets, 400 sets of 1,000 rows."""
    tables = (worlds.experiment(("planner", "loss", e), ("dup", HARMFUL), seeds=100, m=1000) for e in range(400))
    return float(np.mean([(scores[0] - scores[1]).mean() for scores in tables]))


def ranges(pilots: int, seeds: int, path: str = "planner") -> dict[str, Json]:
    """How far the seeds that a small pilot names lie from the truth, and how often its range holds them."""
    design = DESIGNS[3]
    family = Family(design.arms, ALIKE, RULE.margin, RULE.alpha)
    truth, inside, named = planned(design)[0], 0, []
    for number in range(pilots):
        pilot = pilot_of(study(design, seeds, stream("calibration", path, "range", seeds, number)))
        assert pilot is not None
        found = needed(design.effect, pilot.spread, pilot.design, family)
        named.append(found.seeds or math.inf)
        inside += (found.low or math.inf) <= truth <= (found.high or math.inf)
    low, high = worlds.interval(inside, pilots)
    quarters = [float(q) for q in np.quantile(named, [0.1, 0.5, 0.9], method="nearest")]
    return {"pilot_seeds": seeds, "truth": truth, "named_10_50_90": quarters, "inside": inside / pilots,
            "low": low, "high": high}  # fmt: skip


def continued(studies: int, arms: int, what: str, path: str = "planner") -> dict[str, Json]:
    """Of undecided arms, continued to the number that is said to decide them, the share that is decided.

    The rest of each study is drawn so that the gain stays as measured: around it, not around the truth.

    Args:
        studies: how many undecided arms. arms: in their family. what: "replicates" or "test examples", its limit.
    """
    decided, done, number = 0, 0, 0
    while done < studies:
        rng = stream("calibration", path, "continued", arms, what, number)
        number += 1
        spread = (0.03, 0.05, 0.1) if what == "replicates" else (0.004, 0.25, 0.1)
        d, parts = _parts(rng, arms, (8, 120), spread)
        limit = infer(worlds.paired(d), RULE, stream("calibration", "max-t"))[0].limit
        wanted = None if limit is None else limit.replicates if what == "replicates" else limit.examples
        if limit is None or limit.by != what or wanted is None or wanted > 12 * (8 if what == "replicates" else 120):
            continue
        more = _more(rng, d, parts, wanted, spread, what)
        decided += infer(worlds.paired(more), RULE, stream("calibration", "max-t"))[0].outcome != "inconclusive"
        done += 1
    low, high = worlds.interval(decided, studies)
    return {"arms": arms, "limit": what, "decided": decided / studies, "low": low, "high": high}


def _parts(
    rng: np.random.Generator, arms: int, shape: tuple[int, int], spread: Sequence[float]
) -> tuple[Floats, tuple[Floats, Floats]]:
    """(K, R, m) differences with a gain of a point or two, and their seeds' and rows' parts."""
    seeds, rows = shape
    s = spread[0] * rng.standard_normal((arms, seeds, 1))
    t = spread[1] * rng.standard_normal((arms, 1, rows))
    gain = rng.uniform(0.0, 0.03, (arms, 1, 1))
    return gain + s + t + spread[2] * rng.standard_normal((arms, seeds, rows)), (s, t)


def _more(
    rng: np.random.Generator, d: Floats, parts: tuple[Floats, Floats], wanted: int, spread: Sequence[float], what: str
) -> Floats:
    """The same study with more seeds or more rows, whose gain is on average the one measured."""
    s, t = parts
    arms, seeds, rows = d.shape
    measured = d.mean((1, 2), keepdims=True)
    if what == "replicates":
        fresh = spread[0] * rng.standard_normal((arms, wanted - seeds, 1)) + t - t.mean(2, keepdims=True)
        noise = spread[2] * rng.standard_normal((arms, wanted - seeds, rows))
        return np.concatenate([d, measured + fresh + noise], 1)
    fresh = spread[1] * rng.standard_normal((arms, 1, wanted - rows)) + s - s.mean(1, keepdims=True)
    noise = spread[2] * rng.standard_normal((arms, seeds, wanted - rows))
    return np.concatenate([d, measured + fresh + noise], 2)


def run(say: Callable[[str], None] = print) -> dict[str, Json]:
    """The whole study."""
    found: dict[str, Json] = {"designs": [], "rows": ROWS}
    for design in DESIGNS:
        seeds, said = planned(design)
        studies = 1500 if design.arms == 1 else 500
        share, error = simulated(design, seeds, studies)
        found["designs"].append(  # type: ignore[union-attr]  # it is the list above
            {"design": design.name, "arms": design.arms, "studies": studies, "seeds": seeds, "planned": round(said, 4),
             "simulated": round(share, 4), "standard_error": round(error, 4)}
        )  # fmt: skip
        say(f"{design.name}: {seeds} seeds, planned {said:.3f}, simulated {share:.3f} ± {error:.3f}")
    found["ridge fits"] = real(80, 600)
    say(f"ridge fits: {found['ridge fits']}")
    found["pilots"] = [ranges(200, seeds) for seeds in (5, 10)]
    found["continued"] = [continued(300, arms, what) for arms in (1, 4) for what in ("replicates", "test examples")]
    return found


if __name__ == "__main__":
    record.write("planner", run())

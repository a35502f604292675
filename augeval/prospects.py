"""What a planned run can find: its seeds, arms and held-out rows, with the spread that a pilot or the run itself shows.

Races are planned as if every arm had all its seeds: a race decides many arms sooner, and loses a little power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from augeval import config
from augeval.data import splits
from augeval.errors import InputError
from augeval.folders import run_folder
from augeval.harness import check_permission
from augeval.judging import with_classes
from augeval.results import CellResult
from augeval.run.ledger import Ledger
from augeval.run.prepare import StudyPlan, prepare
from augeval.types import Cell, Json, Spec

__all__ = ["POWER", "Prospect", "Prospects", "prospects"]

POWER = 0.8
POINTS = (0.01, 0.02, 0.05)  # effects on metrics in [0, 1]
MARGINS = (1.0, 2.0, 5.0)  # effects on other metrics, in margins
PILOT_SEEDS = 5


@dataclass(frozen=True)
class Prospect:
    """What is to be expected of one dataset × model × train size on its primary metric.

    Args:
        points: whether the metric lies in [0, 1], so that effects are shown in hundredths.
        pilot_seeds, pilot_arms: that the spread rests on; 0 where the pilot tells nothing.
        seeds, arms, examples, draws: that are planned; rows held out by each seed; draws that seeds share, or 0.
        smallest: gain or loss that the planned seeds find with power .8, with the range that the pilot leaves; inf
            where they find none, None where the pilot tells nothing.
        effects: fields of `stats.planning.Needed` for each effect, the last one 0: to be shown equivalent.
        note: why there is no number, or "".
    """

    dataset: str
    model: str
    train_size: int | None
    metric: str
    points: bool
    margin: float
    pilot_seeds: int
    pilot_arms: int
    seeds: int
    arms: int
    examples: int
    draws: int
    smallest: float | None
    smallest_low: float | None
    smallest_high: float | None
    effects: tuple[dict[str, Json], ...]
    note: str


@dataclass(frozen=True)
class Prospects:
    """The prospects of every dataset × model × train size; folder: whose ledger the spread was read from."""

    folder: Path
    power: float
    raced: bool
    each: tuple[Prospect, ...]


def prospects(
    experiment: config.Experiment,
    *,
    out: Path | None = None,
    pilot: Path | None = None,
    effects: Sequence[float] = (),
    allow_code: bool = False,
) -> Prospects:
    """How many seeds find which effects, by the rule that gives verdicts; nothing is run.

    Args:
        experiment: what is planned. out: its run folder, as for `run`.
        pilot: run folder whose ledger shows the spread: same dataset and model, any arms and seeds; the experiment's
            own if not given.
        effects: gains in units of the metric; 1, 2 and 5 points (margins, outside [0, 1]) if not given.
        allow_code: dotted names may be imported.

    Raises:
        InputError: no ledger, one that tells nothing of this experiment, or an effect out of range.
    """
    folder = pilot or run_folder(experiment, out)
    if not (folder / "ledger.sqlite").is_file():
        raise InputError(_no_pilot(experiment, folder))
    check_permission(experiment, allow_code=allow_code)
    studies = prepare(experiment.studies, allow_code=True)
    with Ledger.open(folder, readonly=True) as ledger:
        results = [result for result in ledger.results() if not (result.cell.confirms or result.cell.is_sentinel)]
    found = [
        _prospect(study, model, size, results, effects)
        for study in studies
        for model in study.study.models
        for size in study.study.train_sizes
    ]
    if not any(prospect.pilot_seeds for prospect in found):
        raise InputError(
            f"The ledger in {folder} tells nothing of this experiment: {found[0].note}. {_how(experiment)}"
        )
    return Prospects(folder, POWER, any(study.looks for study in studies), tuple(found))


def _no_pilot(experiment: config.Experiment, folder: Path) -> str:
    return f"{folder} holds no ledger, so nothing tells how much gains vary here. {_how(experiment)}"


def _how(experiment: config.Experiment) -> str:
    name = experiment.source.name if experiment.source else "FILE"
    return (
        f"Make a pilot: copy {name} to pilot.yaml, write `seeds: {PILOT_SEEDS}` in it (fewer arms do), and run "
        f"`augeval run pilot.yaml --out reports/pilot`. Then: augeval plan {name} --power --from reports/pilot"
    )


def _prospect(
    study: StudyPlan, model: Spec, size: int | None, results: Sequence[CellResult], effects: Sequence[float]
) -> Prospect:
    from augeval.stats import planning

    metric = study.plugins()[study.metrics[0]]
    points = metric.bounds == (0.0, 1.0)
    wanted = _effects(effects, points=points, margin=study.study.margin)
    cells = _planned(study, model, size)
    known: dict[int, Any] = {}
    mine = [with_classes(result, study, known) for result in results if _same(result.cell, study, model, size)]
    pilot, note = _pilot(study, mine, metric)
    examples = _held_out(study)
    empty = Prospect(
        study.dataset.name, model.label, size, study.metrics[0], points, study.study.margin, 0, 0, study.study.seeds,
        len({cell.arm.label for cell in cells}), examples, 0, None, None, None, (), note,
    )  # fmt: skip
    if pilot is None:
        return empty
    draws = max((cell.draws for cell in cells if cell.design in ("crossed", "nested")), default=0)
    design = replace(
        pilot.design,
        seeds=study.study.seeds,
        held=examples,
        pool=_pool(study, examples),
        draws=draws if pilot.design.draws else 0,
    )
    family = planning.Family(empty.arms, pilot.correlation, study.study.margin, study.study.alpha)
    smallest, low, high = (
        planning.detectable(spread, design, family, POWER)
        for spread in (pilot.spread, *planning.uncertain(pilot.spread))
    )
    return replace(
        empty,
        pilot_seeds=int(pilot.design.seeds),
        pilot_arms=pilot.arms,
        draws=int(design.draws),
        smallest=smallest,
        smallest_low=low,
        smallest_high=high,
        effects=tuple(asdict(planning.needed(e, pilot.spread, design, family, POWER)) for e in (*wanted, 0.0)),
    )


def _effects(given: Sequence[float], *, points: bool, margin: float) -> tuple[float, ...]:
    usual = POINTS if points else tuple(times * margin for times in MARGINS)
    for effect in given:
        if not 0 < effect < (1 if points else float("inf")):
            hint = f" Two points are 0.02, not {effect:g}." if effect >= 1 else ""
            raise InputError(f"An effect is a gain in units of the metric, above 0; given was {effect:g}.{hint}")
    return tuple(given) or tuple(effect for effect in usual if effect > 0)


def _planned(study: StudyPlan, model: Spec, size: int | None) -> list[Cell]:
    """The cells of one seed whose arms are judged together: those that make rows, else those compared with `none`."""
    cells = [tile.cells[0] for tile in study.tiles]
    cells = [c for c in cells if c.model.label == model.label and c.train_size == size and c.seed == 0]
    judged = [c for c in cells if c.arm.augmenter.name not in ("none", "duplicate")]
    making = [c for c in judged if c.arm.reference().augmenter.name == "duplicate"]
    return making or judged or [c for c in cells if c.arm.augmenter.name == "duplicate"]


def _same(cell: Cell, study: StudyPlan, model: Spec, size: int | None) -> bool:
    data = (cell.dataset["name"], cell.dataset["fingerprint"]) == (study.dataset.name, study.dataset.fingerprint)
    return data and cell.model.label == model.label and cell.train_size == size


def _pilot(study: StudyPlan, results: Sequence[CellResult], metric: Any) -> tuple[Any, str]:
    """The spread that the results show (`planning.Pilot`), or None and why there is none."""
    from augeval.stats import planning
    from augeval.stats.found import find
    from augeval.stats.inference import LEAST_REPLICATES, Rule
    from augeval.stats.pairing import gather

    if not results:
        return None, "it has no cell of this dataset, model and train size"
    trials = gather(results)
    if metric.name not in trials.metrics:
        return None, f"its cells lack the metric {metric.name}"
    found = find(trials, metric.name, metric, Rule(study.study.margin, study.study.alpha))
    pilot = planning.pilot_of(list((found.content or found.pipeline).values()))
    why = f"no arm has an interval there, which takes {LEAST_REPLICATES} seeds and answers that differ"
    return pilot, "" if pilot else why


def _held_out(study: StudyPlan) -> int:
    """Rows that one seed holds out to choose by."""
    return len(splits.split(study.dataset, seed=0, **_settings(study)).test)


def _pool(study: StudyPlan, held: int) -> int:
    """Rows that some seed may hold out: the same ones where the test set is fixed, else all that are not set aside."""
    settings = _settings(study)
    if settings["mode"] == "fixed":
        return held
    aside = 0
    if settings.get("confirm"):
        aside = len(splits.split(study.dataset, seed=0, **{**settings, "part": "confirm"}).test)
    return len(study.dataset.examples) - aside


def _settings(study: StudyPlan) -> dict[str, Any]:
    return {name: value for name, value in study.rows.items() if name != "disjoint"}

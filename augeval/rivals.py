"""Arm against arm of a finished run: which arms are meant, and what the ledger says of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from augeval.errors import InputError, did_you_mean
from augeval.experiment.arms import called
from augeval.extend import MetricPlugin
from augeval.results import CellResult, Training
from augeval.run.ledger import Ledger
from augeval.stats.pairing import arm_key
from augeval.stats.played import SAID, parted, unjudged
from augeval.stats.versus import Versus, versus
from augeval.types import Arm, Json

__all__ = ["Only", "compared"]

Place = tuple[str, str, int | None]  # dataset, model, train size
Only = Mapping[str, str | None]  # {"dataset" | "model" | "metric": name}; None or absent: all


def compared(
    folder: Path, summary: Mapping[str, Any], one: str, other: str, only: Only | None = None
) -> list[dict[str, Json]]:
    """One arm minus another, wherever a run has both; nothing is computed but intervals.

    A name stands for every arm that it fits: a label for one, a family or an augmenter for all its doses; the pairs
    of one place and metric are then a family, whose intervals hold at once.

    Args:
        folder: of the run, with its ledger. summary: of the same run: margins, levels, and how metrics are read.
        one, other: label ("synonym 0.1 ×4", x for × will do), family or augmenter; `none` and `duplicate` too.
        only: which dataset, model or metric.

    Returns:
        Fields of `results.Comparison`, then sentence, rows, reference_rows, equal_rows; places in the order of the
        summary's studies. The classes of held-out rows are not in the ledger, so rows of rare classes are no stratum
        of their own here.

    Raises:
        InputError: no ledger; an arm, dataset, model or metric that the run does not know, or no place with both arms.
    """
    only = {name: value for name, value in (only or {}).items() if value is not None}
    places = _places(_results(folder))
    _check(places, summary, only)
    places = {place: cells for place, cells in places.items() if _fits(place, only)}
    arms = _in_order({arm_key(c.cell.arm): c.cell.arm for cells in places.values() for c in cells}.values(), summary)
    wanted = [(a, b) for a in called(arms, one) for b in called(arms, other) if arm_key(a) != arm_key(b)]
    if not wanted:
        raise InputError(
            f"'{one}' and '{other}' are the same arm. Name two. Arms: {'; '.join(arm.label for arm in arms)}."
        )
    found = [
        {**asdict(answer.comparison), **{name: getattr(answer, name) for name in _BESIDE}}
        for place in _ordered(places, summary)
        for answer in _at(place, places[place], wanted, summary, only.get("metric"))
    ]
    if not found:
        raise InputError(f"No dataset and model of this run has both '{one}' and '{other}', so they cannot be paired.")
    return found


_BESIDE = ("sentence", "rows", "reference_rows", "equal_rows")


def _results(folder: Path) -> list[CellResult]:
    """What the last run needed, without the cells that confirm a choice: they hold the chosen arms only."""
    if not (folder / "ledger.sqlite").exists():
        raise InputError(f"{folder} holds no ledger.sqlite, from which arms are compared: it is no run folder.")
    with Ledger.open(folder, readonly=True) as ledger:
        planned = ledger.get_meta("planned")
        results = ledger.results()
    keys = None if planned is None else set(planned)
    return [r for r in results if not (r.cell.confirms or r.cell.is_sentinel) and (keys is None or r.key in keys)]


def _places(results: Iterable[CellResult]) -> dict[Place, list[CellResult]]:
    places: dict[Place, list[CellResult]] = {}
    for result in results:
        cell = result.cell
        places.setdefault((str(cell.dataset["name"]), cell.model.label, cell.train_size), []).append(result)
    return places


def _fits(place: Place, only: Only) -> bool:
    return place[0] == only.get("dataset", place[0]) and place[1] == only.get("model", place[1])


def _check(places: Iterable[Place], summary: Mapping[str, Any], only: Only) -> None:
    """Refuse a name that the run does not know."""
    known = {
        "dataset": sorted({place[0] for place in places}),
        "model": sorted({place[1] for place in places}),
        "metric": sorted({name for study in summary["experiment"]["studies"] for name in study["metrics"]["about"]}),
    }
    for kind, name in only.items():
        if name is not None and name not in known[kind]:
            near = did_you_mean(name, known[kind])
            raise InputError(f"No {kind} of this run is called '{name}'.{near} Known: {', '.join(known[kind])}.")


def _ordered(places: Iterable[Place], summary: Mapping[str, Any]) -> list[Place]:
    """Places in the order of the summary's studies, with their models and train sizes; none that they lack."""
    found = set(places)
    listed = [
        (study["dataset"]["name"], model, size)
        for study in summary["experiment"]["studies"]
        for model in study["models"]
        for size in study["train_sizes"]
    ]
    return [place for place in dict.fromkeys(listed) if place in found]


def _in_order(arms: Iterable[Arm], summary: Mapping[str, Any]) -> list[Arm]:
    """As the report lists them: controls, then families by dose. The ledger has them in no order."""
    place = {entry["arm"]: number for number, entry in reversed([*enumerate(summary["arms"])])}
    return sorted(arms, key=lambda arm: (place.get(arm.label, len(place)), arm.label))


def _at(
    place: Place,
    cells: Sequence[CellResult],
    wanted: Sequence[tuple[Arm, Arm]],
    summary: Mapping[str, Any],
    metric: Any,
) -> tuple[Versus, ...]:
    """The pairs that this place has, in its study's metrics, margin and level."""
    here = {arm_key(result.cell.arm) for result in cells}
    study = next(study for study in summary["experiment"]["studies"] if _of(study, place))
    about = study["metrics"]["about"]
    answers = versus(
        cells,
        [(a, b) for a, b in wanted if {arm_key(a), arm_key(b)} <= here],
        metrics={name: _metric(name, about[name]) for name in about if metric in (None, name)},
        margin=study["margin"],
        alpha=study["alpha"],
        training=_training(place, summary),
        planned=study["seeds"] if study.get("looks") else 0,
    )
    played = parted(cells).arms
    return tuple(_marked(a) if played & {a.comparison.arm, a.comparison.reference} else a for a in answers)


def _marked(answer: Versus) -> Versus:
    """The numbers, and no outcome: a scripted server gave the rows of one of the two."""
    return replace(answer, comparison=unjudged(answer.comparison), sentence=f"{SAID} {answer.sentence}")


def _of(study: Mapping[str, Any], place: Place) -> bool:
    dataset, model, size = place
    return study["dataset"]["name"] == dataset and model in study["models"] and size in study["train_sizes"]


def _metric(name: str, about: Mapping[str, Any]) -> MetricPlugin:
    """Direction and bounds, as the summary keeps them: nothing is scored here, so nobody's code is imported."""
    low, high = about["bounds"]
    return MetricPlugin(
        name=name,
        fn=_scores_nothing,
        modalities=(),
        higher_is_better=about["higher_is_better"],
        bounds=(-math.inf if low is None else low, math.inf if high is None else high),
    )


def _scores_nothing(y: object, scores: object) -> float:
    raise AssertionError("a finished run is scored already")


def _training(place: Place, summary: Mapping[str, Any]) -> Training:
    """What the model's fits have in common, as a comparison of the same place says."""
    said: list[Training] = [
        c["training"] for c in summary["comparisons"] if (c["dataset"], c["model"], c["train_size"]) == place
    ]
    return said[0] if said else ""

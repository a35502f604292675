"""What a run computes next: the cells of the plan, or of the next look of a race; then those that confirm a choice.

Every answer is a function of the results so far, so that a run that was stopped goes on with the same cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from augeval.judging import Group, chosen, groups_of, is_judged, judge_group, standing_of
from augeval.results import CellResult
from augeval.run.plan import Tile
from augeval.run.prepare import StudyPlan
from augeval.types import Json

__all__ = ["course", "needed"]


def needed(study: StudyPlan, results: Sequence[CellResult]) -> list[Tile]:
    """Every tile that the study needs, as far as the results tell: computed ones, and those to compute next.

    Args:
        study: with its whole plan. results: of any cells, in any order.

    Returns:
        Tiles; once all their cells have a result, ask again: there may be more.
    """
    known = {result.key for result in results}
    tiles: list[Tile] = []
    for group in groups_of(study, results):
        mine = [tile for tile in study.tiles if _of(tile, group)]
        if study.looks:
            mine = _raced(study, group, mine, known)
        tiles += mine
        if mine and all(cell.key in known for tile in mine for cell in tile.cells):
            arms = chosen(study, group)
            tiles += study.confirming(group.model, group.train_size, arms) if arms else ()
    # First, since a plug-in that is fitted once, on whatever it meets first, must meet permuted labels to be found out.
    return [*study.sentinel.tiles, *tiles]


def course(study: StudyPlan, results: Sequence[CellResult]) -> list[dict[str, Json]]:
    """Where the races of the study stand, as plain values: what the ledger keeps of each look."""
    groups = [group for group in groups_of(study, results) if group.choosing] if study.looks else []
    return [asdict(race) for group in groups for race in judge_group(study, group).races]


def _of(tile: Tile, group: Group) -> bool:
    cell = tile.cells[0]
    return cell.model.label == group.model.label and cell.train_size == group.train_size


def _raced(study: StudyPlan, group: Group, mine: Sequence[Tile], known: set[str]) -> list[Tile]:
    """The tiles that are there already, and those that the arms of the next look need."""
    arms = list({tile.cells[0].arm.label: tile.cells[0].arm for tile in mine}.values())
    standing = standing_of(study, group, arms)
    running = {label for arm in standing.active for label in (arm.label, arm.reference().label, "none")}
    played = {label for arm in arms if not is_judged(arm) for label in (arm.label, arm.reference().label, "none")}
    first = study.looks[0]  # arms that are only shown are given no more seeds than everybody
    return [
        tile
        for tile in mine
        if tile.cells[0].key in known or _needs(tile, standing.look, running) or _needs(tile, first, played)
    ]


def _needs(tile: Tile, look: int | None, running: set[str]) -> bool:
    cell = tile.cells[0]
    return look is not None and cell.seed < look and cell.arm.label in running

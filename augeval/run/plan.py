"""Study -> cells -> tiles; pure.

Tiles are cut from the full plan, never from what is missing, so that resuming, order and worker count cannot
change what is computed together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from augeval.extend import AugmenterPlugin, ModelPlugin
from augeval.types import Arm, Cell, Design, Json, Spec, canonical_json

__all__ = ["Plan", "Sharing", "Tile", "arms_with_references", "cells", "design_of", "tiles"]

Sharing = Literal["auto", "crossed", "nested"]

TILE_SEEDS = 5  # seeds of one arm that are computed together: small enough to resume, large enough to share work


@dataclass(frozen=True)
class Plan:
    """What a study's cells have in common.

    Args:
        dataset: {"name", "fingerprint"} of the rows; models, arms: what the user listed.
        train_sizes: real training rows, None for all; seeds: how many replicates; looks: of them, where a race looks.
        draws: versions of augmented rows that seeds share, or "seeds" for one each; sharing: how, as `design_of` says.
        metrics: names, the primary one first; recipe: everything else that a number depends on.
    """

    dataset: dict[str, Json]
    models: tuple[Spec, ...]
    arms: tuple[Arm, ...]
    train_sizes: tuple[int | None, ...]
    seeds: int
    draws: int | Literal["seeds"]
    metrics: tuple[str, ...]
    recipe: Callable[[Spec, Arm], dict[str, Json]]
    sharing: Sharing = "auto"
    looks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tile:
    """Cells that are computed together: one dataset, model, train size and arm, a run of seeds."""

    study: int
    cells: tuple[Cell, ...]


def arms_with_references(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """`none`, a `duplicate` at every dose that an arm uses, then the arms; each once, references first."""
    listed = list(arms)
    none = Arm(Spec("none"))
    references = [arm.reference() for arm in listed]
    unique: dict[str, Arm] = {}
    for arm in [none, *references, *listed]:
        unique.setdefault(canonical_json(arm.to_json()), arm)
    return tuple(unique.values())


def design_of(
    model: ModelPlugin,
    augmenter: AugmenterPlugin,
    draws: int | Literal["seeds"],
    sharing: Sharing = "auto",
    params: Mapping[str, Json] | None = None,
) -> tuple[Design, int]:
    """How draws meet seeds for this pair, and how many draws there are.

    Args:
        model, augmenter: of the pair; draws, sharing: as the study says; params: of the augmenter, which may decide
            whether it draws at all.

    Fixed rows are one draw. Rows that are costly for the model (a frozen encoder) and cheap to fit are crossed:
    every seed fits each of the shared draws. Everything else draws afresh for every seed, unless the user says how its
    draws are shared. A set-wise augmenter (SMOTE) draws from each seed's own rows, so its seeds share nothing, and one
    whose rows follow from their sources alone has nothing to share.
    """
    if augmenter.one_draw:
        return "single", 1
    draws_rows = augmenter.form == "row" and augmenter.draws(params or {})
    if draws == "seeds" or not draws_rows or (sharing == "auto" and not model.crossed):
        return "each", 1
    return "crossed" if sharing == "auto" else sharing, int(draws)


def cells(
    plan: Plan,
    model_of: Callable[[Spec], ModelPlugin],
    arm_of: Callable[[Arm], AugmenterPlugin],
    seeds: Iterable[int] | None = None,
) -> list[Cell]:
    """Every cell of a study, in the order of models, train sizes, arms, seeds.

    Args:
        plan: what the cells have in common.
        model_of, arm_of: look a plug-in up; the caller decides whether project code may run.
        seeds: which; 0 … plan.seeds - 1 if not given.
    """
    made = []
    for model in plan.models:
        for size in plan.train_sizes:
            for arm in arms_with_references(plan.arms):
                design, draws = design_of(model_of(model), arm_of(arm), plan.draws, plan.sharing, arm.augmenter.params)
                recipe = plan.recipe(model, arm)
                made += [
                    Cell(plan.dataset, model, arm, seed, size, plan.metrics, design, draws, recipe)
                    for seed in (range(plan.seeds) if seeds is None else seeds)
                ]
    return made


def tiles(study: int, planned: Sequence[Cell], looks: Sequence[int] = ()) -> list[Tile]:
    """Runs of at most `TILE_SEEDS` seeds of one model, train size and arm, none of them across a look of a race."""
    groups: dict[str, list[Cell]] = {}
    for cell in planned:
        model, arm = [cell.model.name, dict(cell.model.params)], cell.arm.to_json()
        name = canonical_json([model, cell.train_size, arm, _block(cell.seed, looks)])
        groups.setdefault(name, []).append(cell)
    return [Tile(study, tuple(group)) for group in groups.values()]


def _block(seed: int, looks: Sequence[int]) -> tuple[int, int]:
    """The look that a seed belongs to, and its run of seeds within that look."""
    passed = [look for look in looks if look <= seed]
    return len(passed), (seed - max(passed, default=0)) // TILE_SEEDS

"""What a seed fixes beyond the arms: which rows train, which are held out, which are set aside, where a race looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augeval import registry
from augeval.config import Study
from augeval.data import splits
from augeval.errors import InputError
from augeval.types import CONTROLS, Dataset, Json

__all__ = ["looks_of", "row_settings", "rows_suffice", "try_splits"]


def looks_of(study: Study) -> tuple[int, ...]:
    """The seeds at which a race looks, to decide or only to give arms up; () without a race."""
    seeds = study.replicates
    if not seeds.race:
        return ()
    schedule = registry.builtin_function("augeval.stats.sequential:schedule")
    looks: tuple[int, ...] = schedule(seeds.max, seeds.looks, seeds.futility).stages
    return looks


def row_settings(study: Study, dataset: Dataset) -> tuple[dict[str, Json], str]:
    """How the rows are divided, as `splits.split` takes it, and why no rows are set aside to confirm ("" if some are).

    "disjoint" is the size of the chunks of rows that no two seeds share; absent where they share rows.

    Raises:
        InputError: rows cannot be disjoint, or none can be set aside, although the user asks for it.
    """
    mode = splits.resolve_mode(dataset, study.split.mode)
    rows: dict[str, Json] = {"test": study.split.test, "valid": study.split.valid, "mode": mode}
    why = _unconfirmed(study, dataset, rows)
    if not why:
        rows |= {"confirm": True, "part": "choose"}
    if _disjoint(study, dataset, rows):
        rows["disjoint"] = max(size for size in study.train_sizes if size is not None)
    return rows, why


def _unconfirmed(study: Study, dataset: Dataset, rows: Mapping[str, Any]) -> str:
    if study.confirm is False:
        return "the experiment says confirm: false"
    families = [arm.family for arm in study.arms if arm.augmenter.name not in CONTROLS]
    if study.confirm == "auto" and len(set(families)) == len(families):
        return "no family has doses to choose from"
    # The seeds that confirm follow those that choose.
    why: str = splits.confirmable(dataset, seeds=2 * study.seeds, **rows)
    if why and study.confirm != "auto":
        raise InputError(f"The experiment says confirm: {str(study.confirm).lower()}, but {why}. Say confirm: false.")
    return why


def _disjoint(study: Study, dataset: Dataset, rows: Mapping[str, Any]) -> bool:
    wanted = study.split.disjoint
    possible = wanted is not False and rows_suffice(study, dataset, rows, seeds=study.seeds)
    if wanted is True and not possible:
        raise InputError(
            f"The experiment says disjoint: true, but the training rows of '{dataset.name}' do not give {study.seeds} "
            f"seeds rows of their own at train sizes {', '.join(map(str, study.train_sizes))} with split mode "
            f"{rows['mode']}. It takes a fixed test set (split: {{mode: fixed}}), no valid rows, no groups and train "
            "sizes of which every seed finds one: lower them or the seeds, or leave disjoint out."
        )
    return possible


def rows_suffice(study: Study, dataset: Dataset, rows: Mapping[str, Any], *, seeds: int) -> bool:
    """Whether every seed can have training rows of its own."""
    sizes = [size for size in study.train_sizes if size is not None]
    if rows["mode"] != "fixed" or rows["valid"] or len(sizes) < len(study.train_sizes):
        return False
    settings = {name: value for name, value in rows.items() if name != "disjoint"}
    train = splits.split(dataset, seed=0, **settings).train
    return bool(splits.chunks(dataset, train, max(sizes)) >= seeds)


def try_splits(study: Study, dataset: Dataset, settings: Mapping[str, Any]) -> None:
    """Every seed's rows, before anything is trained: a class that runs short is found now."""
    rows = dict(settings)
    chunk = rows.pop("disjoint", 0)
    for seed in range(study.seeds):
        split = splits.split(dataset, seed=seed, **rows)
        for size in study.train_sizes:
            splits.subset(dataset, split.train, size, seed=seed, chunk=chunk)

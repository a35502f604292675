"""Real text heads on rows augmented over and over: one fit for every draw and every seed.

The table is a population: its draws, seeds and held-out rows are all there are, so their mean is the true gain, and a
study that takes them at random, with replacement, meets new ones. (Without replacement every coverage looks too high:
eight of sixteen draws leave half of their variance unseen.)

Shapes: G draws, R seeds, m held-out rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augeval import memo, registry
from augeval.augment.apply import Context, apply_arm
from augeval.data.files import load
from augeval.seeds import stream
from augeval.types import Arm, Dataset, Examples, Spec, TrainingSet

__all__ = ["Heads", "Reviews", "arm", "gains", "reviews"]

Floats = NDArray[np.float32]
Reviews = tuple[Dataset, Examples, Examples]
"""The data set, its training rows and its held-out rows."""


@dataclass(frozen=True)
class Heads:
    """What is fitted how often.

    Args:
        model: of the registry; arm: compared with no augmentation, which copies equal exactly for these heads.
        draws: G versions of the arm's rows; seeds: R subsets of `share` of the training rows.
    """

    model: str
    arm: Arm
    draws: int
    seeds: int
    share: float = 0.8


def reviews(folder: Path, train: int | None = None, test: int | None = None) -> Reviews:
    """SST-2: the data set, EDA's 500 training rows, the 1,821 official test rows; or the first `train` and `test`."""
    text = folder / "text"
    described = {"file": str(text / "sst2_train_500.csv"), "test": str(text / "sst2_test.csv")}
    data = replace(load({**described, "text": "text", "label": "label"}), name="reviews")
    assert data.test_rows is not None
    rows = data.examples.take(np.setdiff1d(np.arange(len(data.examples)), data.test_rows))
    return data, rows.take(slice(0, train)), data.examples.take(data.test_rows).take(slice(0, test))


def gains(heads: Heads, data: Reviews) -> Mapping[str, Floats]:
    """ "accuracy", "brier" -> (G, R, m) gain of the arm over no augmentation; positive is better.

    Kept in the cache, seed by seed.
    """
    made = [_of_seed(heads, data, seed) for seed in range(heads.seeds)]
    return {name: np.stack([of_seed[name] for of_seed in made], 1) for name in ("accuracy", "brier")}


def _of_seed(heads: Heads, data: Reviews, seed: int) -> dict[str, Floats]:
    _, rows, held_out = data
    named = [heads.model, heads.arm.label, str(heads.draws), str(heads.share), str(len(rows)), str(len(held_out))]
    return memo.remember(["calibration-heads-1", *named, str(seed)], lambda: _fitted(heads, data, seed))


def _fitted(heads: Heads, data: Reviews, seed: int) -> dict[str, Floats]:
    dataset, rows, held_out = data
    plugin = registry.get("augmenter", heads.arm.augmenter.name)
    chosen = stream("calibration heads", seed).permutation(len(rows))[: round(heads.share * len(rows))]
    train = rows.take(np.sort(chosen))
    contexts = [Context(dataset, seed, draw, held_out.x) for draw in range(heads.draws)]
    sets = [TrainingSet(train, train.take(slice(0, 0)), 0)]
    sets += [apply_arm(heads.arm, plugin, train, context).training for context in contexts]
    model = registry.get("model", heads.model)
    fits = model.fn(sets, dataset.schema(), seeds=[seed] * len(sets))
    chances = np.stack([predict(held_out.x) for predict in fits])
    right = (chances.argmax(2) == held_out.y).astype(np.float32)
    brier = ((chances - np.eye(dataset.n_classes)[held_out.y]) ** 2).sum(2)
    return {"accuracy": right[1:] - right[0], "brier": (brier[0] - brier[1:]).astype(np.float32)}


def arm(augmenter: str, magnitude: float, ratio: float) -> Arm:
    """An arm of the tables."""
    return Arm(Spec(augmenter), ratio=ratio, magnitude=magnitude)

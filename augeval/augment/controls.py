"""Arms whose effect is known, or that answer "compared with what?".

`none` is the baseline; `duplicate` adds rows and nothing new; `class_weight` and `random_over` rebalance without
making anything up; `tuned_threshold` moves the cut between the classes instead; `shuffle_labels` must harm, or the
experiment cannot see harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.extend import MODALITIES, AugmenterPlugin, augmenter, set_augmenter
from augeval.seeds import stream
from augeval.types import Examples

__all__ = ["class_weight", "duplicate", "none", "random_over", "shuffle_labels", "tuned_threshold"]

BLOCK = 256  # parents drawn at a time: whole blocks are drawn and cut, so a larger quota starts with the smaller


@augmenter(MODALITIES, unit="", batch=True, chance=False)
def duplicate(rows: Sequence[Any], *, magnitude: float | None, rngs: Sequence[np.random.Generator]) -> list[Any]:
    """Copy rows as they are: more rows, nothing new.

    Args:
        rows: n rows of any modality; magnitude, rngs: not used.

    Returns:
        The n rows themselves.
    """
    return list(rows)


@set_augmenter(MODALITIES, mixes_labels=True)
def shuffle_labels(train: Examples, quota: Mapping[int, int], *, rng: np.random.Generator) -> Examples:
    """Copy rows with labels permuted among all training rows: an arm that must harm.

    Copy c of the whole training set has one permutation of its labels, so each full copy keeps the class
    frequencies; the quota of a class counts the rows whose *parent* is of that class.

    Args:
        train: n real rows.
        quota: rows wanted per class of the parent.
        rng: names the permutations.

    Returns:
        Rows of `train` with another row's label; parents (m, 1).
    """
    key = int(rng.integers(2**63))
    parts, labels, turns = [], [], []
    for c, wanted in quota.items():
        members = np.flatnonzero(train.y == c)
        if not wanted or not len(members):
            continue
        order = stream("shuffle_labels order", key, c).permutation(members)
        copies, places = np.divmod(np.arange(wanted), len(order))
        shuffled = [stream("shuffle_labels", key, copy).permutation(train.y) for copy in range(int(copies.max()) + 1)]
        parts.append(order[places])
        labels.append(np.stack(shuffled)[copies, order[places]])
        turns.append(copies + (places + 0.5) / len(order))
    # Copy by copy, the classes in proportion: so a larger dose starts with the smaller whatever labels the rows got.
    turn = np.argsort(np.concatenate([np.zeros(0), *turns]), kind="stable")
    made = _copies(train, parts).take(turn)
    y = np.concatenate([train.y[:0], *labels])[turn]
    return Examples(made.x, y, made.ids, made.parents)


@set_augmenter(("text", "image", "tabular"), source="imbalanced-learn's RandomOverSampler")
def random_over(train: Examples, quota: Mapping[int, int], *, rng: np.random.Generator) -> Examples:
    """Draw rows with replacement: plain over-sampling, where some rows come often and some never.

    Args:
        train: n real rows.
        quota: rows wanted per class.
        rng: names the draws.

    Returns:
        Copies of rows of each class; parents (m, 1).
    """
    key = int(rng.integers(2**63))
    parts = []
    for c, wanted in quota.items():
        members = np.flatnonzero(train.y == c)
        if not wanted or not len(members):
            continue
        blocks = range(-(-wanted // BLOCK))
        drawn = [stream("random_over", key, c, block).integers(len(members), size=BLOCK) for block in blocks]
        parts.append(members[np.concatenate(drawn)[:wanted]])
    return _copies(train, parts)


def _copies(train: Examples, parts: Sequence[NDArray[np.int64]]) -> Examples:
    rows = np.concatenate([np.zeros(0, np.int64), *parts])
    ids = train.ids[rows]
    return Examples(train.x[rows], train.y[rows], ids, ids[:, None])


def _balanced_weights(train: Examples) -> NDArray[np.float64]:
    """Weigh each row by n / (k · n_c), so that every class weighs the same; no row is made.

    Args:
        train: n real rows of k classes, n_c of class c.

    Returns:
        (n,) weights above 0; their mean is 1.

    Source: King & Zeng 2001; scikit-learn's class_weight="balanced", over the classes that are present.
    """
    _, inverse, counts = np.unique(train.y, return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = len(train) / (len(counts) * counts[inverse])
    return weights


def _nothing(train: Examples) -> Examples:
    """Train on the real rows as they are: the baseline of every comparison."""
    return train.take(slice(0, 0))


def _tuned_threshold(train: Examples, *, metric: str = "balanced_accuracy") -> Examples:
    """Train on the real rows as they are, and move the cut between the classes to where a metric is best.

    What an augmentation gains that this arm gains as well is no gain of its rows. The cut is tuned on scores of the
    training rows, each scored by a fit without it (three inner folds). Metrics of predicted classes read the moved
    decision; those of ranks and of probabilities read what `none` gives, since a cut changes neither.

    Args:
        train: n real rows.
        metric: reads predicted classes; with brackets where it takes any ("recall[bad]").

    Source: van den Goorbergh et al. 2022; the cut as in `metrics.treated.tuned`.
    """
    return train.take(slice(0, 0))


none = AugmenterPlugin(name="none", fn=_nothing, modalities=MODALITIES, form="none")
class_weight = AugmenterPlugin(
    name="class_weight", fn=_balanced_weights, modalities=("text", "image", "tabular"), form="weights",
    source="King & Zeng 2001",
)  # fmt: skip
tuned_threshold = AugmenterPlugin(
    name="tuned_threshold", fn=_tuned_threshold, modalities=("text", "image", "tabular"), form="none", decides=True,
    source="van den Goorbergh et al. 2022",
)  # fmt: skip

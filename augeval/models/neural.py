"""small_cnn: a convolutional network for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError
from augeval.extend import batch_model
from augeval.models.training import BATCH, Amount, batches, descend, shares
from augeval.seeds import stream
from augeval.stillness import one_thread
from augeval.types import Dataset, Examples, Predictor, TrainingSet

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["small_cnn"]

CHANNELS = (16, 32, 32)  # of the three convolutions
STEPS = 200  # optimisation steps where a user gives none


@batch_model("image", has_steps=True, flexible=True, source="Adam: Kingma & Ba 2015; initial weights: He et al. 2015")
def small_cnn(
    trains: Sequence[TrainingSet],
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    steps: int | None = None,
    epochs: int | None = None,
    learning_rate: float = 0.003,
) -> list[Predictor]:
    """Three 3 × 3 convolutions (16, 32, 32), a 2 × 2 max pool after the first, a global one after the last, linear.

    Adam takes the same number of steps of 32 rows whatever the number of training rows, so that more rows never mean
    more training. With `epochs` it takes as many passes over the rows instead, as most training loops do: an arm of
    five times the rows takes five times the steps. The initial weights depend on dataset and seed, the order of the
    rows on their number as well: the arms of a seed start alike, and arms of equal size visit the same positions.

    Training sets are fitted one after the other, so a set's bits cannot depend on its companions. Stacked five at a
    time as one grouped network, a step takes 0.6 times as long at 8 × 8 pixels, 1.3 times at 16 × 16 and 1.6 times at
    24 × 24 × 3 on one core (tests/bench/bench_small_cnn.py).

    Args:
        trains: images (n, h, w, c) uint8, at least 2 × 2 pixels; row weights scale the loss.
        dataset: names the classes.
        seeds: one per training set.
        steps: optimisation steps, at least 1; 200 where neither steps nor epochs are given.
        epochs: passes over the training rows, at least 1, instead of steps; a last batch is filled from the next pass.
        learning_rate: of Adam, above 0.

    Returns:
        One predictor per training set: images -> (n, k) float64 probabilities; a row's are a pure function of the row.

    Raises:
        InputError: a parameter is out of range.
        DataError: the images are too small.
    """
    amount = Amount("small_cnn", steps, epochs, STEPS)
    amount.check("small_cnn", learning_rate)
    made = []
    with one_thread():
        for train, seed in zip(trains, seeds, strict=True):
            rows = train.joined()
            made.append(_fit(rows, dataset, seed, amount.steps(len(rows)), learning_rate))
    return made


def _fit(rows: Examples, dataset: Dataset, seed: int, steps: int, learning_rate: float) -> Predictor:
    import torch
    from torch.nn.functional import cross_entropy

    height, width, channels = rows.x.shape[1:]
    if min(height, width) < 2:
        raise DataError(f"small_cnn was given images of {height} × {width} pixels; it needs at least 2 × 2.")
    shapes = _shapes(channels, dataset.n_classes)
    start = _initial_weights(shapes, stream("small_cnn", "weights", dataset.name, seed))
    weights = torch.from_numpy(start).requires_grad_()
    x, y, share = torch.from_numpy(rows.x), torch.from_numpy(rows.y), shares(rows)

    def losses(_: int, batch: Tensor) -> Tensor:
        return cross_entropy(_logits(weights, shapes, x[batch]), y[batch], reduction="none") * share[batch]

    order = batches(len(rows), steps, stream("small_cnn", "order", dataset.name, seed, len(rows)))
    return _predictor(descend(weights, order, losses, learning_rate), shapes)


def _predictor(weights: Tensor, shapes: list[tuple[int, ...]]) -> Predictor:
    def predict(x: NDArray[Any]) -> NDArray[np.float64]:
        import torch

        scores = np.empty((len(x), shapes[-1][0]))
        with one_thread(), torch.no_grad():
            for start in range(0, len(x), BATCH):
                part = x[start : start + BATCH]
                # Always whole batches: a row's bits must not depend on how many others are scored with it.
                whole = np.concatenate([part, np.zeros((BATCH - len(part), *x.shape[1:]), np.uint8)])
                logits = _logits(weights, shapes, torch.from_numpy(whole))
                scores[start : start + BATCH] = logits.double().softmax(1).numpy()[: len(part)]
        return scores

    return predict


def _logits(weights: Tensor, shapes: list[tuple[int, ...]], images: Tensor) -> Tensor:
    """(b, k) of (b, h, w, c) uint8 images."""
    import torch
    from torch.nn.functional import conv2d, linear, max_pool2d, relu

    flat = torch.split(weights, [int(np.prod(shape)) for shape in shapes])
    parts = [part.view(shape) for part, shape in zip(flat, shapes, strict=True)]
    x = images.permute(0, 3, 1, 2).float() / 255  # channels first by name, last in memory: the faster layout
    x = relu(max_pool2d(conv2d(x, parts[0], parts[1], padding=1), 2))
    x = relu(conv2d(x, parts[2], parts[3], padding=1))
    x = relu(conv2d(x, parts[4], parts[5], padding=1).amax((2, 3)))
    return linear(x, parts[6], parts[7])


def _shapes(channels: int, classes: int) -> list[tuple[int, ...]]:
    """Of weights and bias of each layer, in the order in which they lie in one flat vector."""
    convolutions = [(o, i, 3, 3) for i, o in zip((channels, *CHANNELS), CHANNELS, strict=False)]
    return [shape for layer in [*convolutions, (classes, CHANNELS[-1])] for shape in (layer, layer[:1])]


def _initial_weights(shapes: list[tuple[int, ...]], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal with variance 2 / inputs, which keeps the spread of values through rectified layers; biases 0."""
    drawn = [
        np.zeros(shape) if len(shape) == 1 else rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        for shape in shapes
    ]
    return np.concatenate([part.ravel() for part in drawn]).astype(np.float32)

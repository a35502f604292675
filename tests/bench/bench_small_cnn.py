"""What stacking would gain: five training sets as one grouped network, against one after the other.

Run with `pytest tests/bench/bench_small_cnn.py -s`. Prints CPU time ratios measured within one run; asserts no time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from augeval.models.neural import BATCH, _initial_weights, _shapes, small_cnn
from augeval.seeds import stream
from augeval.types import Dataset, Examples, TrainingSet

SETS, STEPS, ROWS, CLASSES = 5, 60, 300, 10


def training_sets(shape: tuple[int, int, int]) -> list[TrainingSet]:
    made = []
    for k in range(SETS):
        rng = stream("bench small_cnn", k)
        x = rng.integers(0, 256, (ROWS, *shape), dtype=np.uint8)
        rows = Examples(x, rng.integers(0, CLASSES, ROWS), np.arange(ROWS))
        made.append(TrainingSet(rows, rows.take(slice(0, 0)), 0))
    return made


def one_by_one(sets: list[TrainingSet]) -> None:
    data = Dataset("bench", "image", sets[0].real, tuple(str(c) for c in range(CLASSES)))
    small_cnn.fn(sets, data.schema(), seeds=range(SETS), steps=STEPS)


def stacked(sets: list[TrainingSet]) -> None:
    """The same network with a group per training set, and PyTorch's fused Adam."""
    shapes = _shapes(sets[0].real.x.shape[-1], CLASSES)
    start = [_initial_weights(shapes, stream("bench weights", k)) for k in range(SETS)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    split = [torch.split(torch.from_numpy(flat), sizes) for flat in start]
    weights = [
        torch.stack([parts[i].view(shape) for parts in split]).requires_grad_() for i, shape in enumerate(shapes)
    ]
    x = torch.from_numpy(np.stack([train.real.x for train in sets]))
    y = torch.from_numpy(np.stack([train.real.y for train in sets]))
    optimiser = torch.optim.Adam(weights, lr=0.003, fused=True)
    order = torch.from_numpy(stream("bench order").integers(0, ROWS, (STEPS, BATCH)))
    for batch in order:
        optimiser.zero_grad()
        logits = grouped_logits(weights, x[:, batch])
        (functional.cross_entropy(logits.reshape(-1, CLASSES), y[:, batch].reshape(-1)) * SETS).backward()
        optimiser.step()


def grouped_logits(weights: list[torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """(sets, b, k) of (sets, b, h, w, c) images."""
    sets, b, h, w, c = images.shape
    x = images.permute(1, 0, 4, 2, 3).reshape(b, sets * c, h, w).float() / 255
    x = x.contiguous(memory_format=torch.channels_last)
    for layer in (0, 2, 4):
        kernel, bias = weights[layer].flatten(0, 1), weights[layer + 1].flatten()
        x = functional.conv2d(x, kernel, bias, padding=1, groups=sets)
        x = functional.relu(functional.max_pool2d(x, 2) if layer == 0 else x)
    features = x.amax((2, 3)).view(b, sets, -1).transpose(0, 1)
    return torch.baddbmm(weights[7][:, None], features, weights[6].transpose(1, 2))


def cpu_seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.bench
@pytest.mark.parametrize("shape", [(8, 8, 1), (16, 16, 1), (24, 24, 3)])
def test_stacking_against_one_by_one(shape: tuple[int, int, int]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        sets = training_sets(shape)
        ways = {"one by one": one_by_one, "stacked": stacked}
        best = {name: min(cpu_seconds(lambda way=way: way(sets)) for _ in range(3)) for name, way in ways.items()}
    finally:
        torch.set_num_threads(before)
    each = {name: seconds / STEPS / SETS * 1e3 for name, seconds in best.items()}
    print(f"\n{shape}: {each['one by one']:.2f} ms a step of one set, stacked {each['stacked']:.2f} ms; "
          f"stacked / one by one {each['stacked'] / each['one by one']:.2f}")  # fmt: skip
    assert all(seconds > 0 for seconds in best.values())

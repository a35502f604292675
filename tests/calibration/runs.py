"""Experiments 0, 1, …, two at a time, and the rates at which things happened in them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np
from worlds import interval

from augeval.stats import inference

__all__ = ["in_parallel", "rate"]

PROCESSES = 2


def in_parallel(one: Callable[[int], Any], experiments: int, processes: int = PROCESSES) -> list[Any]:
    """one(0), one(1), …, in this order; an experiment names its own streams, so nothing depends on the processes."""
    # What an undecided arm lacks is most of the work, and no study asks for it.
    with mock.patch.object(inference, "_limit", return_value=None):
        if processes == 1:
            return [one(e) for e in range(experiments)]
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            return pool.map(one, range(experiments), chunksize=5)


def rate(hits: Sequence[bool | np.bool_]) -> list[float]:
    """[rate, low, high]: the share of experiments, with Clopper and Pearson's 95 % interval."""
    found = (float(np.mean(hits)), *interval(int(np.sum(hits)), len(hits)))
    return [round(value, 4) for value in found]

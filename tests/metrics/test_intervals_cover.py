"""Do intervals made of contributions hold the truth as often as they say? One model's value, and what two differ by.

The truth is the metric of 400,000 rows. Of 1,000 test sets the rate of a 95 % interval is known to ±1.4 points (two
standard errors); intervals are normal ones, so a little less is due to them at 500 rows.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from made_predictions import two_models

from augeval.metrics.calibration import ece
from augeval.metrics.rates import cost, g_mean, mcc, precision, rare_recall, recall
from augeval.metrics.thresholds import precision_at_recall, recall_at_precision
from augeval.seeds import stream

COSTS = np.array([[0.0, 1.0], [5.0, 0.0]])
METRICS = {
    "mcc": (mcc, {}),
    "g_mean": (g_mean, {}),
    "recall": (recall, {"of": 1}),
    "precision": (precision, {"of": 1}),
    "rare_recall": (rare_recall, {"of": np.array([1])}),
    "cost": (cost, {"costs": COSTS}),
    "ece": (ece, {"bins": 10}),
    "recall_at_precision[0.7]": (recall_at_precision, {"level": 0.7}),
    "precision_at_recall[0.7]": (precision_at_recall, {"level": 0.7}),
}
ROWS, SETS, POPULATION = 500, 1000, 400_000
LEAST, MOST = 0.92, 0.985


@pytest.mark.slow
@pytest.mark.parametrize("name", METRICS)
def test_about_95_of_100_intervals_hold_the_truth(name: str) -> None:
    metric, told = METRICS[name]
    parts = partial(metric.contributions, **told)
    y, *models = two_models(POPULATION, stream("test intervals", "population"))
    first, second = (metric.fn(y, scores, **told) for scores in models)
    held = {"value": 0, "difference": 0}
    for draw in range(SETS):
        y, *models = two_models(ROWS, stream("test intervals", draw))
        one, other = (parts(y, scores) for scores in models)
        held["value"] += _holds(one, first)
        held["difference"] += _holds(one - other, first - second)
    rates = {what: count / SETS for what, count in held.items()}
    print(f"\n{name}: true value {first:.3f}, true difference {first - second:+.3f}, intervals that hold it {rates}")
    assert all(LEAST <= rate <= MOST for rate in rates.values())


def _holds(parts: np.ndarray, truth: float) -> bool:
    return bool(abs(parts.mean() - truth) <= 1.96 * parts.std(ddof=1) / math.sqrt(len(parts)))

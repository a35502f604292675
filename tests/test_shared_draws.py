"""Draws that seeds share, from the experiment's `draws:` to the interval in the report."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import augeval
from augeval.run.ledger import Ledger

SEEDS, DRAWS = 8, 4


def experiment(draws):
    return {
        "name": "shared",
        "dataset": "docstrings",
        "train_sizes": 60,
        "models": ["tfidf_logistic"],
        "arms": [{"augmenter": "random_deletion", "magnitude": 0.3}],
        "metrics": {"primary": "brier", "also": []},
        "seeds": SEEDS,
        "draws": draws,
        "split": {"mode": "fixed", "disjoint": False},
        "drift_rows": 1,
        "confirm": False,
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """design -> (cells of the arm by seed, of its reference by seed, the comparison of both)."""
    made = {}
    for design in ("nested", "crossed"):
        folder = tmp_path_factory.mktemp(design) / "run"
        said = experiment({"count": DRAWS, "design": design})
        summary = augeval.run(said, out=folder, executor="serial", track=False).summary
        with Ledger.open(folder) as ledger:
            cells = {(r.cell.arm.augmenter.name, r.cell.seed): r for r in ledger.results()}
        arms = [{s: cells[name, s] for s in range(SEEDS)} for name in ("random_deletion", "duplicate")]
        (comparison,) = [c for c in summary["comparisons"] if c["contrast"] == "duplicate"]
        made[design] = (*arms, comparison)
    return made


def gains(arm, reference):
    """(R, m) and (R, G) gains of Brier score, which is better where it is lower."""
    rows = [reference[s].per_example["brier"].astype(float) - arm[s].per_example["brier"] for s in range(SEEDS)]
    draws = [np.mean(reference[s].draw_scores["brier"]) - np.array(arm[s].draw_scores["brier"]) for s in range(SEEDS)]
    return np.array(rows), np.array(draws)


def interval(mean, parts, overlap):
    """Student's t around the mean; parts are (variance of the mean, degrees of freedom), the last one that of rows."""
    *runs, (rows, _) = parts
    training = max([v for v, _ in runs] + [sum(v for v, _ in runs) - overlap[0]])
    variance = max(training, rows, training + rows - overlap[1])
    df = variance**2 / sum(v**2 / free for v, free in parts)
    half = stats.t.ppf(0.975, df) * np.sqrt(variance)
    return mean - half, mean + half


def of_rows(table):
    """The part of held-out rows, and that of seed × row; rows that differ much are few, whatever m."""
    seeds, m = table.shape
    residual = table - table.mean(0) - table.mean(1, keepdims=True) + table.mean()
    both = (residual**2).sum() / ((seeds - 1) * (m - 1)) / (seeds * m)
    apart = table.mean(0) - table.mean()
    effective = (apart**2).sum() ** 2 / (apart**4).sum()
    return (table.mean(0).var(ddof=1) / m, min(2 / (1 / effective - 1 / m), m - 1)), both


def test_nested_seeds_take_the_draws_in_turn(ran):
    arm, reference, _ = ran["nested"]
    assert {(r.cell.design, r.cell.draws) for r in arm.values()} == {("nested", DRAWS)}
    assert all(len(r.draw_scores["brier"]) == 1 for r in arm.values())
    assert {r.cell.design for r in reference.values()} == {"each"}  # copies are the same in every draw


def test_the_interval_of_nested_seeds_counts_their_draws(ran):
    arm, reference, found = ran["nested"]
    table, _ = gains(arm, reference)
    means = np.array([table[g::DRAWS].mean() for g in range(DRAWS)])
    rows, both = of_rows(table)
    expected = interval(table.mean(), [(means.var(ddof=1) / DRAWS, DRAWS - 1), rows], (0.0, both))
    assert (found["low"], found["high"]) == pytest.approx(expected, rel=1e-4)
    assert found["n_replicates"] == SEEDS
    assert found["training"] == "no steps"  # a linear head, fitted to the end


def test_the_interval_of_crossed_seeds_counts_both(ran):
    arm, reference, found = ran["crossed"]
    table, draws = gains(arm, reference)
    residual = draws - draws.mean(0) - draws.mean(1, keepdims=True) + draws.mean()
    mixed = (residual**2).sum() / ((SEEDS - 1) * (DRAWS - 1)) / (SEEDS * DRAWS)
    parts = [
        (table.mean(1).var(ddof=1) / SEEDS, SEEDS - 1),
        (draws.mean(0).var(ddof=1) / DRAWS, DRAWS - 1),
    ]
    rows, both = of_rows(table)
    assert (found["low"], found["high"]) == pytest.approx(
        interval(table.mean(), [*parts, rows], (mixed, both)), rel=1e-4
    )

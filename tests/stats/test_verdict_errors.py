"""How often the judge gives a verdict where there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import NONE, comparison_of, duplicate, judged, result_of, study_of, synonym
from scipy import stats

from augeval.metrics.classification import balanced_accuracy


def twin_study(rng, *, arms=4, seeds=6, rows=80):
    """Arms that answer other rows right than `duplicate` does, and exactly as many of all rows that there are.

    Each predictor has a knack of its own for each row (sd 1), shared by all seeds, beside the row's difficulty
    (sd 1), the seed's luck (sd .2) and chance (sd .5).
    """
    difficulty, luck = rng.standard_normal(rows), 0.2 * rng.standard_normal((arms + 1, seeds, 1))
    knack = rng.standard_normal((arms + 1, 1, rows))
    right = (0.8 + difficulty + knack + luck + 0.5 * rng.standard_normal((arms + 1, seeds, rows)) > 0).astype(float)
    made = [(synonym(0.1, name=f"arm{k}"), right[k + 1]) for k in range(arms)]
    return study_of([(NONE, right[0]), (duplicate(), right[0]), *made])


def false_verdicts(studies, arms=4):
    """How many studies call any arm helpful or harmful against duplication: by the judge, and by the paired t."""
    by_judge = by_t = 0
    for results in studies:
        found = [c for c in judged(results).comparisons if c.contrast == "duplicate"]
        by_judge += any(c.outcome in ("helps", "harms") for c in found)
        by_t += paired_t_rejects(results, arms)
    return by_judge, by_t


def paired_t_rejects(results, arms):
    scores = {}
    for result in results:
        scores.setdefault(result.cell.arm.family, []).append(result.scores["accuracy"])
    differences = [np.subtract(scores[f"arm{k}"], scores["duplicate"]) for k in range(arms)]
    return any(stats.ttest_1samp(d, 0).pvalue < 0.05 / arms for d in differences)


def test_no_effect_is_seldom_given_a_verdict_where_the_paired_t_often_gives_one():
    # 80 studies of 4 arms without an effect in the population, nominal 5 %: more than 12 has chance below 0.0005.
    rng = np.random.default_rng(4)
    by_judge, by_t = false_verdicts(twin_study(rng) for _ in range(80))
    assert by_judge <= 12
    assert by_t >= 14


def rare_study(rng, *, seeds=5, rows=400, rare=20):
    """An arm that loses 4.5 points of balanced accuracy: it gets 9 % of the rare rows wrong, all else as before.

    A row is lost for all seeds or for none; each seed holds out 40 % of each class. Three common rows differ.
    """
    y = np.repeat([1, 0], [rare, rows - rare])
    lost = (rng.random(rows) < 0.09) & (y == 1)
    wrong = rng.random((2, rows)) < np.where(y == 1, 0.0, 0.004)
    made = []
    for seed in range(seeds):
        ids = np.sort(
            np.concatenate([rng.permutation(np.flatnonzero(y == c))[: (y == c).sum() * 2 // 5] for c in (0, 1)])
        )
        for arm, errors in ((NONE, wrong[0]), (duplicate(), wrong[0]), (synonym(), wrong[1] | lost)):
            parts = balanced_accuracy.contributions(y[ids], np.eye(2)[np.where(errors, 1 - y, y)[ids]])
            made.append(result_of(arm, seed, {"accuracy": parts}, ids=ids, classes=y[ids]))
    return made


def test_a_loss_among_few_rare_rows_is_seldom_called_no_difference():
    # 100 studies; no rare row is lost in .91²⁰ = 15 % of them, and until one is, all that differs is common rows.
    rng = np.random.default_rng(6)
    found = [comparison_of(rare_study(rng), synonym()).outcome for _ in range(100)]
    assert found.count("equivalent") <= 5
    assert found.count("helps") <= 5


@pytest.mark.slow
def test_false_verdicts_stay_near_their_nominal_rate():
    # 800 studies: nominal 5 %, allowed up to 8 % (standard error 0.8 points).
    rng = np.random.default_rng(5)
    by_judge, by_t = false_verdicts(twin_study(rng) for _ in range(800))
    assert by_judge <= 64
    assert by_t >= 5 * by_judge

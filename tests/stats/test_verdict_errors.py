"""How often the judge gives a verdict where there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import NONE, duplicate, judged, study_of, synonym
from scipy import stats


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


@pytest.mark.slow
def test_false_verdicts_stay_near_their_nominal_rate():
    # 800 studies: nominal 5 %, allowed up to 8 % (standard error 0.8 points).
    rng = np.random.default_rng(5)
    by_judge, by_t = false_verdicts(twin_study(rng) for _ in range(800))
    assert by_judge <= 64
    assert by_t >= 5 * by_judge

"""Verdicts on two doses at once: which arm is recommended, and what is too much along each axis."""

from __future__ import annotations

import numpy as np
from made_results import NONE, duplicate, gaussian, judged, study_of, synonym, verdict_of
from test_dose import step

from augeval.stats.verdict import _recommended

# What a grid of magnitude (down) and ratio (across) gains; the noise of `gaussian` is about half a point.
RATIOS = (1.0, 4.0, 16.0)
MAGNITUDES = (0.1, 0.2)


def grid(gains):
    """Results of (magnitude, ratio) -> gain, each arm against copies of as many rows."""
    arms = [(synonym(m, r), gains[i][j]) for i, m in enumerate(MAGNITUDES) for j, r in enumerate(RATIOS)]
    tables = dict((arm.label, table) for arm, table in gaussian(arms, rng=np.random.default_rng(2)))
    base = tables[NONE.label]
    copies = [(duplicate(r), base) for r in RATIOS]
    return study_of([(NONE, base), *copies, *((arm, tables[arm.label]) for arm, _ in arms)])


HELPS_AT_THE_CORNER = [[0.08, 0.05, -0.06], [0.05, 0.05, 0.05]]


def test_the_cheapest_dose_is_recommended_fewest_rows_first():
    steps = [step(m, 0.05, ratio=r, rank=k) for k, (m, r) in enumerate([(0.1, 4.0), (0.2, 1.0), (0.2, 4.0)])]
    assert _recommended(steps, 0.01) is steps[1]  # a smaller ratio before a smaller magnitude


def test_too_much_along_the_other_axis_is_not_missed():
    found = verdict_of(grid(HELPS_AT_THE_CORNER))
    assert found.recommended == "synonym 0.1 ×1"
    assert found.too_much == "synonym 0.1 ×16"  # along the ratio; no magnitude at ×1 is too much


def test_the_reasons_tell_each_axis_and_name_the_recommended_dose():
    reasons = verdict_of(grid(HELPS_AT_THE_CORNER)).reasons
    assert "synonym 0.1 ×1 is the smallest dose as good as the best one shown to help." in reasons
    assert (
        "Tested dose by dose along ratio, one-sided: up to synonym 0.1 ×4 it was shown not to lose more than the "
        "margin; from synonym 0.1 ×16 on it loses." in reasons
    )
    assert (
        "Tested dose by dose along magnitude, one-sided: every dose was shown not to lose more than the margin."
        in reasons
    )


def test_too_much_is_told_along_the_longest_axis_first():
    found = verdict_of(grid([[0.08, 0.05, -0.06], [-0.06, 0.05, 0.05]]))
    assert found.recommended == "synonym 0.1 ×1"
    assert found.too_much == "synonym 0.1 ×16"  # three ratios, two magnitudes
    assert sum("on it loses" in reason for reason in found.reasons) == 2


def test_every_row_and_column_has_its_curve():
    curves = judged(grid(HELPS_AT_THE_CORNER)).curves
    assert [(c.axis, c.fixed) for c in curves if c.metric == "accuracy" and c.family == "synonym"] == [
        ("ratio", "0.1"), ("ratio", "0.2"), ("magnitude", "×1"), ("magnitude", "×4"), ("magnitude", "×16"),
    ]  # fmt: skip
    (cut,) = [c for c in curves if c.fixed == "0.1" and c.family == "synonym"]
    assert (cut.too_much, cut.recommended) == (16.0, 1.0)
    assert 4 < cut.crossing_low < cut.crossing < cut.crossing_high < 16

"""Several splits as one panel."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.metrics.fidelity import MEASURES, Rows, against_held_out, against_own, pool
from augeval.seeds import stream

NAN = float("nan")


def rows(*path: object, n: int = 40) -> Rows:
    x = stream("test fidelity", *path).standard_normal((n, 3))
    return Rows(x, x)


def test_a_panel_is_the_mean_of_its_splits_beside_the_range_of_real_rows():
    found = pool(
        [{"coverage": 0.5}, {"coverage": 0.7}, {"coverage": NAN}], [{"coverage": v} for v in (1, 0.8, 0.9)], 20
    )
    assert found.values["coverage"] == pytest.approx(0.6)
    assert found.null == {"coverage": (0.8, 1)}
    assert found.absent == {}


def test_p_values_of_splits_become_twice_their_median_and_have_no_null():
    found = pool([{"ks_p": p} for p in (0.01, 0.02, 0.4)], [{"ks_p": 0.5}] * 3, 20)
    assert (found.values, found.null) == ({"ks_p": 0.04}, {})
    assert pool([{"ks_p": 0.9}], [], 20).values == {"ks_p": 1.0}


def test_the_excess_is_what_made_rows_have_beyond_the_rows_that_they_were_made_of():
    made, real = (
        [{"other_class_neighbours": v} for v in (0.6, 0.8)],
        [{"other_class_neighbours": v} for v in (0.1, 0.5)],
    )
    assert pool(made, real, 20).values["purity_excess"] == pytest.approx(0.4)
    assert "purity_excess" in pool([{"other_class_neighbours": NAN}], [{"other_class_neighbours": 0.1}], 4).absent


def test_a_reason_says_how_many_rows_there_are_or_that_they_are_not_the_cause():
    few = pool([{"coverage": NAN, "correlation_shift": NAN}], [], 6).absent
    assert few == {
        "coverage": "too few rows: 6 a side, and it takes 7",
        "correlation_shift": "too few rows: 6 a side, and it takes 20",
    }
    assert pool([{"correlation_shift": NAN}], [], 40).absent == {
        "correlation_shift": "no two columns of numbers that vary"
    }


def test_the_two_halves_of_the_panel_are_all_of_its_measures():
    made, real, others = rows("made"), rows("real"), rows("others")
    own, held_out = against_own(made, real, np.zeros(3, bool)), against_held_out(made, real, others, np.zeros(3, bool))
    assert [*own, *held_out, "purity_excess"] == list(MEASURES)
    assert not np.isnan([*own.values(), *held_out.values()]).any()

"""Two arms that no held-out row tells apart: one predictor, or two of which the rows say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_results import NONE, result_of

from augeval.stats.pairing import gather, pair
from augeval.stats.same import same
from augeval.types import Arm, Spec

MOVED = Arm(Spec("tuned_threshold"))
ORDER, FOUND = np.linspace(0.1, 0.9, 20), [1, 0] * 10  # the cut moved between rows of another class: none of these
METRICS = ("accuracy", "brier")


def both(mine_cut: float | None, theirs_cut: float | None, name: str = "accuracy"):
    """Cells of one seed with equal contributions to a coarse metric and to a fine one, at two cuts."""
    values = {name: FOUND, "brier": ORDER}
    cuts = [{} if cut is None else {name: [{"cut": cut}]} for cut in (mine_cut, theirs_cut)]
    return tuple(replace(result_of(arm, 0, values), treated=cut) for arm, cut in zip((MOVED, NONE), cuts, strict=True))


class TestMovedCuts:
    def test_a_cut_that_moved_past_no_row_is_another_predictor_to_a_metric_that_reads_it(self):
        mine, theirs = both(0.3, None)
        assert not same({0: mine}, {0: theirs}, METRICS, 4)

    def test_and_the_same_one_to_a_metric_that_reads_no_cut(self):
        mine, theirs = both(0.3, None)
        assert same({0: mine}, {0: theirs}, METRICS[::-1], 4)

    def test_two_arms_that_move_it_to_one_place_are_one_predictor_and_to_two_places_are_not(self):
        for cuts, expected in (((0.3, 0.3), True), ((0.3, 0.4), False)):
            mine, theirs = both(*cuts)
            assert same({0: mine}, {0: theirs}, METRICS, 4) is expected

    def test_a_metric_at_tuned_cuts_of_both_is_told_by_its_values(self):
        mine, theirs = both(0.3, 0.3 + 1e-12, "accuracy@tuned")
        assert same({0: mine}, {0: theirs}, ("accuracy@tuned", "brier"), 4)

    def test_a_pair_of_arms_is_told_apart_by_their_cuts(self):
        trials = gather(both(0.3, None))
        exact = {name: pair(trials, [MOVED], "none", name, 1.0).exact[0] for name in METRICS}
        assert exact == {"accuracy": False, "brier": True}

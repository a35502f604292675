"""Effective ratios beside the asked ones, and what was lost by reason."""

from __future__ import annotations

import pytest
from made_up_run import made_up

from augeval.report import html, made, markdown, summary, view
from augeval.report.settings import settings

COUNTS = {
    "train": 100, "asked": 400, "got": 330, "leaked": 5, "no_op": 20, "repeats": 12, "effective": 300, "unmade": 25,
    "rejected: min_cosine": 30, "rejected: same_label": 8, "unknown words": 77,
}  # fmt: skip


def test_of_four_hundred_rows_three_hundred_are_effective_and_every_lost_one_has_a_reason():
    found = made.of_arm(COUNTS, 4.0)
    assert (found["ratio_asked"], found["ratio_effective"]) == (4.0, 3.0)
    # 330 that were made, 20 of them equal to their parent, so that 10 of the other 310 repeat an earlier copy.
    assert found["lost"] == {
        "no_op": 20, "repeats": 10, "leaked": 5, "unmade": 25, "rejected: min_cosine": 30, "rejected: same_label": 8,
        "missing": 2,
    }  # fmt: skip
    assert sum(found["lost"].values()) + 300 == 400
    assert made.ratio(found) == "3 of 4"
    assert made.losses(found) == (
        "30 rejected by min_cosine, 25 not made, 20 equal to their parent, 10 equal to an earlier copy, "
        "8 rejected by same_label, 5 equal to a held-out row, 2 missing"
    )


def test_rows_in_scope_are_the_measure_and_all_training_rows_where_a_balance_was_asked_for():
    scoped = {"train": 100, "asked": 40, "got": 40, "no_op": 0, "effective": 20}  # 10 rows in scope, four each
    assert made.of_arm(scoped, 4.0)["ratio_effective"] == 2.0
    assert made.of_arm(scoped, None) == {"ratio_asked": 0.4, "ratio_effective": 0.2, "lost": {"repeats": 20}}


def test_nothing_lost_is_said_in_one_number_and_next_to_nothing_is_no_whole():
    whole = made.of_arm({"train": 9, "asked": 9, "got": 9, "no_op": 0, "effective": 9}, 1.0)
    assert (made.ratio(whole), made.losses(whole), made.falls_short(whole)) == ("1", "", False)
    nearly = made.of_arm({"train": 9999, "asked": 9999, "got": 9999, "no_op": 1, "effective": 9998}, 1.0)
    assert made.ratio(nearly) == "nearly 1"


def test_many_lost_rows_are_a_whole_number():
    found = made.of_arm({"train": 500, "asked": 2000, "got": 2000, "no_op": 1878.4, "effective": 121.6}, 4.0)
    assert made.losses(found) == "1,878 equal to their parent"


@pytest.mark.parametrize("counts", [{}, {"train": 9}, {"train": 9, "asked": 9, "got": 9, "no_op": 0, "repeats": 3}])
def test_what_is_not_known_is_not_shown_as_a_number(counts: dict[str, float]):
    """No rows were asked for; or a ledger of before effective rows were counted, where repeats may be no-ops too."""
    found = made.of_arm(counts, 1.0)
    assert found["ratio_effective"] is None
    assert made.ratio(found) == made.losses(found) == ""
    assert not made.falls_short(found)


def test_copies_of_a_control_are_no_loss():
    assert made.of_arm({**COUNTS, "effective": 0}, 4.0, is_control=True)["lost"] == {}


def test_every_page_has_the_effective_ratio_beside_the_asked_one():
    built = summary.build(*made_up(2))
    arm = next(a for a in built["arms"] if a["arm"] == "synonym 0.05 ×4")
    assert arm["ratio_asked"] == 4
    assert arm["ratio_effective"] == pytest.approx(4 * (399 - 133.25) / 400)
    assert arm["lost"]["no_op"] == pytest.approx(133, abs=0.5)
    rows = [row for row in view.rows(settings(built))[0] if row.arm == "synonym 0.05 ×4"]
    assert rows[0].ratio == "2.66 of 4"
    assert "equal to their parent" in rows[0].lost
    assert "2.66 of 4" in html.render(built)
    shown = {verdict.shown_arm: verdict.short for s in settings(built) for verdict in view.setting_view(s).verdicts}
    assert shown["synonym 0.05 ×1"] == "0.664 of 1"
    assert shown["random_swap 0.1 ×4"] == ""  # it lost less than a hundredth
    assert "| 0.664 of 1 |" in markdown.render(built)


def test_an_arm_that_stands_for_its_family_says_what_it_fell_short_by():
    experiment, results, judgements, provenance = made_up(2)
    for result in results:
        if result.cell.arm.augmenter.name == "shift":
            result.counts.update({"got": 300, "effective": 280, "rejected: min_cosine": 90, "unmade": 10})  # type: ignore[attr-defined]
    built = summary.build(experiment, results, judgements, provenance)
    assert "| Effective ratio |" in markdown.render(built)
    assert "| 2.8 of 4 |" in markdown.render(built)
    assert "effective ratio 2.8 of 4" in html.render(built)
    assert "90 rejected by min_cosine, 20 equal to an earlier copy, 10 not made" in html.render(built)

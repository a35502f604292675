"""Caveats: everything that a reader must know before believing a number is said, once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from made_up_run import made_up

from augeval.report import caveats, summary


@pytest.fixture(scope="module")
def said() -> list[str]:
    warnings: list[str] = summary.build(*made_up())["warnings"]
    return warnings


@pytest.mark.parametrize(
    "start",
    [
        "mine:<script>alert(1)</script> 0.3 ×1 with embedding_logistic on docstrings, 100 training rows: 3 of 6 seeds ",
        "embedding_logistic(tune=False) on docstrings, 100 training rows: On docstrings, ",
        "random_swap on docstrings: 192 of 76,800 synthetic rows equalled a held-out row and were left out",
        "jitter [minority] to 1 with logistic on breast_cancer_rare, all training rows: 6 of 6 seeds not applicable",
        "embedding_logistic cannot tell 100 % of the rows of random_swap 0.1 ×4 and random_swap 0.3 ×4",
        "synonym 0.05 ×1 and synonym 0.05 ×4 on docstrings: 33 % of the rows equal their parent",
        "log_loss is undefined on 1 seed of rotate 90 ×4 with small_cnn",
        "docstrings: 4 rows occur more than once",
        "docstrings: the judge of the drift, all-MiniLM-L6-v2, is also the encoder of a model",
    ],
)
def test_it_warns_once(said: list[str], start: str) -> None:
    assert sum(sentence.startswith(start) for sentence in said) == 1


def test_nothing_else_is_warned_about(said: list[str]) -> None:
    # Nine kinds above; failures, unreached rows and undefined metrics concern two models, leaks three families.
    assert len(said) == 9 + 1 + 1 + 1 + 2
    assert max(Counter(said).values()) == 1


def test_failures_come_first(said: list[str]) -> None:
    assert "failed" in said[0]


def test_leaked_rows_of_crossed_cells_are_all_counted(said: list[str]) -> None:
    # 8 leaked rows a cell × 6 seeds × 2 doses × 2 models = 192; 400 rows × 8 draws a cell make 76,800.
    assert 8 * 6 * 2 * 2 == 192
    assert 400 * 8 * 6 * 2 * 2 == 76_800
    assert any("192 of 76,800" in sentence for sentence in said)


@pytest.mark.parametrize(("outcome", "blind"), [("equivalent", 1), ("inconclusive", 1), ("harms", 0)])
def test_a_control_that_must_harm_and_is_not_shown_to_is_said(outcome: str, blind: int) -> None:
    built = summary.build(*made_up())
    verdict = next(v for v in built["verdicts"] if v["metric"] == "balanced_accuracy")
    control = {**verdict, "family": "shuffle_labels", "is_control": True, "outcome": outcome}
    said = caveats.sentences({**built, "verdicts": [*built["verdicts"], control]}, [])
    assert sum("shuffle_labels, which must harm, is not shown to" in sentence for sentence in said) == blind


def test_few_seeds_are_said_and_enough_are_not(said: list[str]) -> None:
    few = summary.build(*made_up(3))["warnings"]
    assert sum(sentence.startswith("Only 3 seeds of") for sentence in few) == 5  # one a setting
    assert not [sentence for sentence in said if sentence.startswith("Only")]


def test_rows_that_were_not_made_are_said_but_not_those_that_leaked() -> None:
    experiment, results, judgements, provenance = made_up(1)
    short: list[Any] = []
    for result in results:
        if result.cell.arm.label == "shift 1 ×4" and result.cell.model.name == "small_cnn":
            result.counts["got"] = 390  # type: ignore[index]  # the builder's own dict
        short.append(result)
    warnings = summary.build(experiment, short, judgements, provenance)["warnings"]
    assert [w for w in warnings if "asked for" in w] == [
        "shift 1 ×4 on digits_canvas made 390 of the 400 rows that were asked for."
    ]


def test_rows_that_filters_rejected_are_said_with_the_filter() -> None:
    experiment, results, judgements, provenance = made_up(1)
    for result in results:
        if result.cell.arm.label == "shift 1 ×4" and result.cell.model.name == "small_cnn":
            result.counts.update({"got": 300, "effective": 300, "rejected: min_cosine": 90, "unmade": 10})  # type: ignore[attr-defined]
    warnings = summary.build(experiment, results, judgements, provenance)["warnings"]
    assert [w for w in warnings if "asked for" in w] == [
        "shift 1 ×4 on digits_canvas made 300 of the 400 rows that were asked for "
        "(90 rejected by min_cosine, 10 not made)."
    ]


def test_many_warnings_of_a_kind_are_cut_and_counted() -> None:
    experiment, results, judgements, provenance = made_up(1)
    experiment["studies"][0]["dataset"]["notes"] = [f"note {i}" for i in range(40)]
    warnings = summary.build(experiment, results, judgements, provenance)["warnings"]
    assert sum("note" in w for w in warnings) == 11  # of 40
    assert warnings[-1] == "29 more warnings of this kind; summary.json has what they are about."


def with_shift(**changes: Any) -> list[str]:
    """The warnings of the made-up run, where shift with small_cnn, chosen among four doses, is as given."""
    built = summary.build(*made_up(1))
    mine = [v for v in built["verdicts"] if v["confirmed_gain"] is not None]  # type: ignore[union-attr, index, call-overload]
    assert len(mine) == 1
    mine[0].update(changes)  # type: ignore[union-attr]
    return caveats.sentences(built, [])


def about_shift(said: list[str]) -> list[str]:
    return [sentence for sentence in said if "shift 2 ×4" in sentence]


def test_a_chosen_dose_that_was_confirmed_needs_no_warning() -> None:
    assert about_shift(with_shift()) == []


def test_a_chosen_dose_that_was_never_confirmed_is_too_rosy_and_says_why_it_was_not_confirmed() -> None:
    why = "Not measured again: confirm is false."
    assert about_shift(with_shift(confirmed_gain=None, confirmation=why)) == [
        "small_cnn on digits_canvas, 100 training rows: shift 2 ×4 was chosen among doses on the rows that show the "
        f"gain, so its gain is a little too rosy. {why}"
    ]


@pytest.mark.parametrize(("outcome", "word"), [("inconclusive", "do not confirm"), ("harms", "contradict")])
def test_a_dose_that_fresh_rows_do_not_bear_out_is_warned_about_with_both_figures(outcome: str, word: str) -> None:
    fresh = {"confirmed_gain": 0.004, "confirmed_low": -0.012, "confirmed_high": 0.02, "confirmed_outcome": outcome}
    assert about_shift(with_shift(**fresh)) == [
        f"small_cnn on digits_canvas, 100 training rows: fresh seeds and rows {word} shift 2 ×4: it was chosen at +8.6 "
        "pts [7.4, 9.8] and gains +0.4 pts [−1.2, 2.0] there. Quote the second figure."
    ]


def test_a_single_dose_was_not_chosen_among_doses() -> None:
    built = summary.build(*made_up(1))
    (mine,) = [v for v in built["verdicts"] if v["confirmed_gain"] is not None]
    mine.update(confirmed_gain=None)
    built["arms"] = [arm for arm in built["arms"] if arm["family"] != "shift" or arm["arm"] == "shift 2 ×4"]
    assert about_shift(caveats.sentences(built, [])) == []

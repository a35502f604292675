"""Fidelity in words: what sets made rows apart from real ones, and nothing where nothing does."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_run import HOSTILE, made_up

from augeval.report import html, markdown, summary
from augeval.report.fidelity import entries, not_measured, percent, reading
from augeval.report.panels import HEADS, panels
from augeval.results import CellResult
from augeval.types import Arm, Cell, Spec

USUAL = {  # what real rows score
    "copy_rate": (0.0, 0.0), "dcr_ratio": (0.8, 1.2), "variance_ratio": (0.7, 1.4), "out_of_hull": (0.01, 0.05),
    "precision": (0.85, 1.0), "recall": (0.85, 1.0), "coverage": (0.9, 1.0), "other_class_neighbours": (0.2, 0.3),
    "wasserstein": (0.1, 0.3), "ks_max": (0.2, 0.4), "correlation_shift": (0.05, 0.2), "c2st_auc": (0.4, 0.6),
}  # fmt: skip


def entry(family: str = "mine", columns: list[Any] | None = None, **values: float) -> dict[str, Any]:
    """An arm that scores what real rows do, but for what is given."""
    known = {name: sum(ends) / 2 for name, ends in USUAL.items()} | {"variance_ratio": 1.0, "ks_p": 1.0} | values
    measures = {name: {"value": v, "null": USUAL.get(name), "reason": ""} for name, v in known.items()}
    return {"family": family, "measures": measures, "columns": columns or []}


def said(family: str = "mine", **values: float) -> list[str]:
    return list(reading(entry(family, **values)))


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return summary.build(*made_up())


def test_rows_that_score_what_real_ones_do_are_not_told_apart():
    assert said() == ["Nothing here tells them from real rows."]


def test_copies_are_called_copies_and_their_distance_goes_without_saying():
    assert said(copy_rate=1.0, dcr_ratio=0.0) == ["Copies: 100 % of the rows equal a real one."]


@pytest.mark.parametrize(
    ("measure", "value", "sentence"),
    [
        ("dcr_ratio", 0.33, "They lie closer to real rows than these to each other: at 0.33 of that distance."),
        ("dcr_ratio", 1.84, "They lie 1.8 times as far from real rows as these lie from each other."),
        ("precision", 0.6, "60 % of them lie where real rows do; of real rows 85 % or more."),
        ("variance_ratio", 0.66, "Their spread is 0.66 of the real one."),
        ("out_of_hull", 0.21, "21 % of the values lie beyond those of the real rows."),
        ("wasserstein", 0.8, "Columns move by 0.80 sd on average, and by 0.30 or less in real rows."),
        ("correlation_shift", 0.5, "Correlations differ by 0.50 on average, and by 0.20 or less in real rows."),
    ],
)  # fmt: skip
def test_each_measure_that_stands_out_has_its_sentence(measure, value, sentence):
    assert said(**{measure: value}) == [sentence]


def test_neighbours_of_another_class_stand_beside_those_of_the_rows_that_they_were_made_of():
    assert said(other_class_neighbours=0.59, purity_excess=0.33) == [
        "59 % of their neighbours are of another class; real ones have 26 %."
    ]
    assert said(other_class_neighbours=0.1, purity_excess=-0.15)[0].startswith(
        "They keep away from other classes: 10 %"
    )


def test_a_class_with_missing_parts_is_not_also_called_crowded():
    assert len(said(coverage=0.5, recall=0.4)) == 1
    assert "parts of the class are missing" in said(coverage=0.5, recall=0.4)[0]
    assert said(recall=0.4)[0].startswith("They crowd: 40 %")


def test_rows_that_lie_beside_the_class_are_not_also_said_to_miss_parts_of_it():
    assert said(precision=0.1, coverage=0.1) == ["10 % of them lie where real rows do; of real rows 85 % or more."]


def test_smote_is_told_that_mixing_always_shrinks():
    assert said("svm_smote", variance_ratio=0.66) == [
        "Their spread is 0.66 of the real one; mixing rows always shrinks it."
    ]
    assert said("svm_smote", variance_ratio=1.5) == ["Their spread is 1.50 of the real one."]


def test_a_gap_without_a_small_p_value_is_not_worth_a_sentence():
    assert said(ks_max=0.6, ks_p=0.2) == said()
    assert said(ks_max=0.6, ks_p=0.02) == ["One column differs by 0.60 in its distribution (p = 0.020 after Holm)."]


def test_a_hair_beyond_real_rows_is_not_worth_a_sentence():
    assert said(precision=0.83, coverage=0.88, wasserstein=0.305, other_class_neighbours=0.32) == said()


def test_the_classifier_only_diagnoses():
    assert said(c2st_auc=1.0) == said()


def test_the_columns_that_moved_most_are_named_with_where_they_went():
    columns = [
        {"name": "age", "distance": 0.8, "direction": "higher", "category": None},
        {"name": "colour", "distance": 0.3, "direction": "fewer", "category": "red", "made": 0.1, "real": 0.4},
        {"name": "size", "distance": 0.02, "direction": "wider", "category": None},
    ]
    found = list(reading(entry(columns=columns)))
    assert found[1] == "Moved most: age, higher by 0.80 sd; colour, red 10 % instead of 40 %."


def test_measures_without_a_number_share_their_reason():
    few = entry()
    for name in ("precision", "recall"):
        few["measures"][name] = {"value": None, "null": None, "reason": "too few rows"}
    assert not_measured(few) == ["precision and recall (too few rows)"]


def test_shares_are_whole_unless_that_would_say_none_or_all():
    assert [percent(share) for share in (0, 0.004, 0.5, 0.996, 1)] == ["0 %", "0.4 %", "50 %", "99.6 %", "100 %"]


def test_seeds_are_averaged_and_ranges_of_real_rows_joined():
    def cell(seed: int, **fidelity: Any) -> CellResult:
        made = Cell({"name": "d"}, Spec("m"), Arm(Spec("mine"), ratio=1), seed, None, ("accuracy",), "each", 1, {})
        return CellResult(made.key, made, "ok", fidelity=fidelity)

    rows = {"real": 10, "made": 20, "other": 30}
    both = {"class": "few", "rows": rows, "absent": {"recall": "why"}}
    first = cell(0, **both, values={"coverage": 0.5}, null={"coverage": [0.8, 0.9]}, columns=[])
    second = cell(1, **both, values={"coverage": 0.7}, null={"coverage": [0.7, 0.8]}, columns=[])
    found = entries({("d", "m", None, "mine ×1"): [first, second, cell(2)], ("d", "m", None, "none"): [cell(3)]})
    assert len(found) == 1
    assert found[0]["n_seeds"] == 2
    assert found[0]["measures"]["coverage"] == {"value": pytest.approx(0.6), "null": [0.7, 0.9], "reason": ""}
    assert found[0]["measures"]["recall"] == {"value": None, "null": None, "reason": "why"}


def test_a_panel_shows_what_real_rows_score_once_and_controls_last(built: dict[str, Any]):
    found, left_out = panels(built)
    assert (len(found), left_out) == (1, 0)
    panel = found[0]
    assert [line.is_control for line in panel.lines] == sorted(line.is_control for line in panel.lines)
    assert not any(line.own_null for line in panel.lines)
    figures = dict(zip([name for name, _ in HEADS], panel.lines[0].figures, strict=True))
    assert (figures["distance"].text, figures["distance"].side) == ("0.33", "below")
    assert (figures["other classes"].text, figures["other classes"].side) == ("59 %", "above")
    assert dict(zip([name for name, _ in HEADS], panel.null, strict=True))["distance"] == "0.80–1.20"
    assert panel.not_measured == "correlations (too few rows: 10 a side, and it takes 20)"


def test_page_and_markdown_show_it_with_the_sentence_that_it_decides_nothing(built: dict[str, Any]):
    for text in (html.render(built), markdown.render(built)):
        assert "Fidelity is no verdict" in text
        assert "59 % of their neighbours are of another class; real ones have 26 %." in text
        assert HOSTILE not in text


def test_a_summary_of_before_there_were_panels_has_none(built: dict[str, Any]):
    old = {name: value for name, value in built.items() if name != "fidelity"}
    assert panels(old) == ([], 0)
    assert 'id="fidelity"' not in html.render(old)
    assert "Fidelity" not in markdown.render(old)

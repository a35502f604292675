"""Arms over datasets in the summary, on the page, in Markdown and in the terminal."""

from __future__ import annotations

import math
from typing import Any

from made_up_run import made_up

from augeval.report import across, html, markdown, summary
from augeval.results import Across
from augeval.terminal.across import across_rows, across_tables


def record(arm: str, reference: str = "none", model: str = "small_cnn", **changed: Any) -> Across:
    family, balance = arm.split(" to ")[0], float(arm.split(" to ")[1]) if " to " in arm else None
    outcomes = {"docstrings": "helps", "digits": "helps", "<b>wine": "inconclusive"}
    about = {
        "model": model, "train_size": None, "metric": "balanced_accuracy", "arm": arm, "family": family,
        "magnitude": None, "ratio": None, "balance": balance, "reference": reference, "wins": 2, "ties": 0,
        "losses": 0, "undecided": 1, "not_applicable": 0, "failed": 0, "mean_gain": 0.012, "low": -0.004,
        "high": 0.028, "note": "", "outcomes": outcomes, "gains": dict.fromkeys(outcomes, 0.012),
    }  # fmt: skip
    return Across(**{**about, **changed})


def built(*records: Across) -> Any:
    return summary.build(*made_up(1), across=records)


def test_the_summary_of_one_dataset_has_no_entry_and_the_page_no_section() -> None:
    found = built()
    assert found["across"] == []
    assert across.tables(found) == []
    assert 'id="datasets"' not in html.render(found)
    assert "Over datasets" not in markdown.render(found)


def test_arms_come_by_family_and_dose_and_models_side_by_side() -> None:
    arms = ["smote to 1", "smote to 0.25", "class_weight", "adasyn to 0.5", "smote to 0.5"]
    models = ("pixels_logistic", "small_cnn")
    found = built(*(record(arm, model=model) for arm in arms for model in models))
    (table,) = across.tables(found)
    assert [row.arm for row in table.rows] == [
        "adasyn to 0.5", "smote to 0.25", "smote to 0.5", "smote to 1", "class_weight",
    ]  # fmt: skip
    assert {name for name, _ in table.models} == set(models)
    assert table.rows[-1].is_control


def test_a_cell_says_counts_mean_and_half_of_the_interval_in_points() -> None:
    (table,) = across.tables(built(record("smote to 1")))
    (cell,) = table.rows[0].cells
    assert cell is not None
    assert (cell.text, cell.gain, cell.half) == ("▲2 ?1", "+1.2", "±1.6")  # 0.012, and (0.028 + 0.004) / 2
    assert cell.title == "better: docstrings +1.2, digits +1.2; undecided: <b>wine +1.2"


def test_without_an_interval_there_is_no_half_and_without_a_number_no_gain() -> None:
    two = record("smote to 1", low=-math.inf, high=math.inf, note="2 datasets have a number")
    none = record("smote to 0.5", mean_gain=math.nan, low=-math.inf, high=math.inf, wins=0, undecided=0, failed=3)
    found = built(two, none)
    assert [entry["mean_gain"] for entry in found["across"]] == [None, 0.012]
    cells = [row.cells[0] for row in across.tables(found)[0].rows]
    assert [(c.text, c.gain, c.half) for c in cells if c] == [("✕3", "", ""), ("▲2 ?1", "+1.2", "")]
    assert "or ✕ without a number against" in across.how_to_read(found)  # or its metric is undefined


def test_references_that_an_arm_lacks_leave_a_gap() -> None:
    found = built(record("smote to 1"), record("smote to 1", "duplicate"), record("class_weight"))
    (table,) = across.tables(found)
    assert table.references == ("duplicate", "none")
    assert table.rows[-1].arm == "class_weight"
    assert table.rows[-1].cells[0] is None


def test_page_and_comment_show_the_table_and_escape_what_data_say(capsys: Any) -> None:
    found = built(record("smote to 1"), record("smote to 1", "duplicate"))
    page, comment = html.render(found), markdown.render(found)
    assert page.index('id="verdicts"') < page.index('id="datasets"') < page.index('id="arms"')
    assert "&lt;b&gt;wine +1.2" in page
    assert "<b>wine" not in page
    assert "Over datasets: balanced accuracy" in comment
    assert "| smote to 1 | small\\_cnn | ▲2 ?1, +1.2 ±1.6 pts | ▲2 ?1, +1.2 ±1.6 pts |" in comment
    across_tables(found)
    said = capsys.readouterr().out
    assert "Over datasets, balanced accuracy" in said
    assert "with datasets as the units" in said
    assert [entry["reference"] for entry in across_rows(found)] == ["duplicate", "none"]


def test_the_same_records_in_another_order_make_the_same_summary() -> None:
    records = [record("smote to 1"), record("adasyn to 1"), record("smote to 1", "duplicate")]
    assert summary.dumps(built(*records)) == summary.dumps(built(*records[::-1]))


def test_only_so_many_arms_are_shown_and_the_rest_is_counted() -> None:
    found = built(*(record(f"arm{n} to 1") for n in range(across.ROWS + 3)))
    (table,) = across.tables(found)
    assert (len(table.rows), table.left_out) == (across.ROWS, 3)
    assert "3 more arms" in html.render(found)

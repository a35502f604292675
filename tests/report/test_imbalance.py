"""Order, decisions and probabilities side by side; flags wherever a verdict is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made_up_imbalance import CLASSES, METRICS, made_up

from augeval.records import records
from augeval.report import headline, html, imbalance, markdown, summary, view
from augeval.report.settings import settings
from augeval.terminal.console import _verdict_row

BOTH = ("threshold-only", "calibration-harmed")
EVEN = [{"name": "usual", "count": 600}, {"name": "rare", "count": 600}]


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return made_up()


@pytest.fixture(scope="module")
def panel(built: dict[str, Any]) -> imbalance.Panel:
    (found,), left_out = imbalance.panels(settings(built))
    assert left_out == 0
    return found


def cell(panel: imbalance.Panel, arm: str, metric: str) -> imbalance.Cell:
    (row,) = [row for row in panel.table.rows if row.arm == arm]
    place = [column.metric for column in panel.table.columns].index(metric)
    found = row.cells[place]
    assert found is not None
    return found


def test_metrics_stand_by_what_they_read_and_treatments_beside_the_metric_that_they_treat(
    panel: imbalance.Panel,
) -> None:
    groups = {(g.title, g.about): [c.metric for c in g.columns] for g in panel.table.groups}
    assert groups == {
        ("Order of the scores", "no threshold"): ["average_precision"],
        ("Decisions", "at the default cut"): ["balanced_accuracy"],
        ("Decisions", "at cuts tuned out of fold"): ["balanced_accuracy@tuned"],
        ("Probabilities", "as they are, and treated"): ["brier", "brier@recalibrated", "log_loss"],
    }
    heads = {c.metric: (c.name, c.sub) for c in panel.table.columns}
    assert heads["average_precision"] == ("average precision", "guessing gives 0.083")
    assert heads["brier@recalibrated"] == ("brier", "recalibrated")
    assert panel.table.starts == (True, True, True, True, False, False)


def test_arms_stand_in_order_the_baseline_then_controls_then_families_by_dose(panel: imbalance.Panel) -> None:
    arms = [row.arm for row in panel.table.rows]
    assert arms[0] == "none"
    assert arms[-2:] == ["smote [minority] to 0.5", "smote [minority] to 1"]
    assert [row.is_control for row in panel.table.rows][-2:] == [False, False]


def test_a_cell_has_the_score_and_the_gain_over_no_augmentation_with_its_outcome(panel: imbalance.Panel) -> None:
    helped = cell(panel, "smote [minority] to 1", "balanced_accuracy")
    assert (helped.score, helped.icon, helped.outcome) == ("0.788", "▲", "helps")
    assert helped.gain.startswith("+1")
    assert "over no augmentation, helps" in helped.title
    harmed = cell(panel, "smote [minority] to 1", "log_loss")
    assert (harmed.icon, harmed.gain[0]) == ("▼", "−")
    assert cell(panel, "none", "brier") == imbalance.Cell(cell(panel, "none", "brier").score)


def test_a_mean_over_some_of_the_seeds_says_over_how_many(built: dict[str, Any]) -> None:
    undefined = json.loads(json.dumps(built))
    arm = next(arm for arm in undefined["arms"] if arm["arm"] == "none")
    seeds = arm["scores"]["brier"]["per_seed"]
    seeds[0][1] = None
    (found,), _ = imbalance.panels(settings(undefined))
    whole = cell(imbalance.panels(settings(built))[0][0], "none", "brier").score
    assert cell(found, "none", "brier").score == f"{whole} ({len(seeds) - 1} of {len(seeds)} seeds)"


def test_average_precision_always_says_what_it_could_have_seen(panel: imbalance.Panel) -> None:
    for row in panel.table.rows:
        found = cell(panel, row.arm, "average_precision")
        assert bool(found.could_see) is (row.arm not in ("none", "tuned_threshold")), row.arm
    assert cell(panel, "smote [minority] to 1", "balanced_accuracy").could_see == ""


def test_an_arm_that_moves_the_cut_alone_is_the_baseline_where_no_cut_is_read(panel: imbalance.Panel) -> None:
    for metric in ("average_precision", "brier", "balanced_accuracy@tuned"):
        found = cell(panel, "tuned_threshold", metric)
        assert (found.gain, found.interval, found.outcome) == ("0.0", "[0.0, 0.0]", "equivalent")


def test_recalls_of_classes_have_a_table_of_their_own_the_rarest_first(panel: imbalance.Panel) -> None:
    assert panel.classes is not None
    assert [(c.name, c.sub) for c in panel.classes.columns] == [("rare", "100 rows"), ("usual", "1,100 rows")]
    assert panel.facts == "class rare: 100 of 1,200 rows (8.3 %)"


@pytest.mark.parametrize(
    ("metrics", "classes", "panels"),
    [
        (("balanced_accuracy", "average_precision"), CLASSES, 1),  # imbalanced
        (("balanced_accuracy", "average_precision"), EVEN, 0),
        (("balanced_accuracy", "balanced_accuracy@tuned"), EVEN, 1),  # treated
        (("balanced_accuracy",), CLASSES, 0),  # the table of all arms says as much
    ],
)
def test_imbalanced_data_and_treated_scores_have_a_panel_and_others_none(
    metrics: tuple[str, ...], classes: Any, panels: int
) -> None:
    found = made_up(metrics, classes)
    assert len(imbalance.panels(settings(found))[0]) == panels
    assert ('id="imbalance"' in html.render(found)) is bool(panels)


def test_curves_pool_the_rows_of_all_seeds_bin_by_bin(built: dict[str, Any]) -> None:
    (smote,) = [arm for arm in built["arms"] if arm["arm"] == "smote [minority] to 1"]
    raw = smote["reliability"]["raw"]
    assert raw[0] == [200, 0.05, pytest.approx(0.025)]
    # Ten rows on five of six seeds, none on the first: 50 / 6 rows on average, all of which claim .25.
    assert raw[2] == [pytest.approx(50 / 6), pytest.approx(0.25), pytest.approx(0.125)]
    assert summary.dumps(built)


def test_curves_are_drawn_for_the_baseline_and_each_family_at_its_largest_dose(panel: imbalance.Panel) -> None:
    assert [curve.title for curve in panel.curves] == ["none", "smote [minority] to 1", "class_weight"]
    assert panel.recalibrated
    assert "#b8430b" in panel.curves[1].svg  # its Brier score harms
    assert "#b8430b" not in panel.curves[0].svg
    assert 'fill="#ffffff"' in panel.curves[0].svg  # bins with few rows are hollow


def test_flags_stand_beside_the_outcome_wherever_it_is_shown(built: dict[str, Any]) -> None:
    (setting,) = settings(built)
    (smote,) = setting.judged
    assert tuple(smote["flags"]) == BOTH
    (shown,) = [v for v in view.setting_view(setting).verdicts if v.family == smote["family"]]
    assert shown.flags == BOTH
    assert shown.reason.startswith("Threshold only: +")
    assert "Calibration harmed: brier 0.14" in shown.reason
    said = ", ".join(BOTH)
    assert _verdict_row(smote, True)[1].endswith(f" ({said})")
    assert f" ({said}) | " in markdown.render(built)
    (record,) = [r for r in records(built) if r.name == "smote [minority] to 1"]
    assert record.tags["augeval.flags"] == said
    assert {name for name, _, _ in record.metrics} >= {"gain/average_precision_detectable"}
    helped = {**smote, "outcome": "helps", "recommended": "smote [minority] to 1"}
    of_helped = {**built, "verdicts": [helped if v is smote else v for v in built["verdicts"]]}
    assert f"{said}." in headline.parts(of_helped)[0]


def test_a_control_has_its_flags_and_keeps_all_sentences_but_one_for_later(built: dict[str, Any]) -> None:
    (setting,) = settings(built)
    (weights,) = [v for v in view.setting_view(setting).verdicts if v.family == "class_weight"]
    assert weights.flags == BOTH
    assert weights.reason.startswith("Threshold only: ")
    assert "Calibration harmed" not in weights.reason
    assert any(reason.startswith("Calibration harmed: ") for reason in weights.more_reasons)


def test_on_the_other_metrics_those_that_depend_on_the_cut_stand_apart(built: dict[str, Any]) -> None:
    (setting,) = settings(built)
    kinds = {v.metric: v.kind for v in view.setting_view(setting).others}
    assert kinds["average precision"] == kinds["brier"] == "threshold-free"
    assert kinds["recall of rare"] == "depend on the cut"
    assert kinds["balanced accuracy at the tuned cut"] == "at tuned cuts"
    assert view.setting_view(setting).others_left_out == 0
    order = [v.kind for v in view.setting_view(setting).others]
    assert order == sorted(order, key=("threshold-free", "at tuned cuts", "depend on the cut").index)


def test_verdicts_on_other_metrics_that_are_left_out_are_counted(
    built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "FAMILIES", 5)
    (setting,) = settings(built)
    assert view.setting_view(setting).others_left_out == len(setting.others) - 5
    assert f"{len(setting.others) - 5} more verdicts are in summary.json." in html.render(built)


def test_the_page_has_the_panel_and_is_the_same_when_read_back(built: dict[str, Any]) -> None:
    page = html.render(built)
    assert html.render(json.loads(summary.dumps(built))) == page
    assert (
        page.index('<section id="verdicts"') < page.index('<section id="imbalance"') < page.index('<section id="arms"')
    )


def test_the_markdown_has_the_panel_folded(built: dict[str, Any]) -> None:
    text = markdown.render(built)
    assert "<summary>Order, decisions, probabilities: logistic on loans, all training rows</summary>" in text
    (line,) = [line for line in text.split("\n") if line.startswith("| smote \\[minority\\] to 1 | 0.4")]
    assert line.count("|") == 2 + len(METRICS)
    assert "▲ +1" in line

"""Missing values filled from training rows alone, in every arm, so that samplers which refuse them can be judged."""

from __future__ import annotations

import numpy as np
import pytest

import augeval
from augeval import applied, config
from augeval.data.filled import fill_for, filled_from
from augeval.errors import ConfigError
from augeval.experiment.nouns import Study
from augeval.run.prepare import prepare
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

NAN = np.nan
COLUMNS = (Column("age", "numeric"), Column("town", "categorical", ("a", "b", "c")), Column("empty", "numeric"))


def table(x: np.ndarray, y: np.ndarray | None = None, columns: tuple[Column, ...] | None = COLUMNS) -> Dataset:
    y = np.zeros(len(x), np.int64) if y is None else y
    return Dataset("holes", "tabular", Examples(x, y, np.arange(len(x))), ("no", "yes"), columns)


ROWS = np.array([[1, 2, NAN], [NAN, 1, NAN], [3, 1, NAN], [100, 2, 7], [NAN, NAN, 8]])


class TestFilling:
    def test_a_number_is_the_median_and_a_category_the_most_frequent_of_the_training_rows(self):
        found = filled_from("median", table(ROWS), np.array([0, 1, 2])).examples.x
        np.testing.assert_array_equal(found, [[1, 2, 0], [2, 1, 0], [3, 1, 0], [100, 2, 7], [2, 1, 8]])

    def test_other_rows_do_not_move_what_is_filled_in(self):
        other = ROWS.copy()
        other[3:] = [[-5, 0, 1], [1e9, 0, NAN]]
        a, b = (fill_for("median", table(x), np.array([0, 1, 2])) for x in (ROWS, other))
        np.testing.assert_array_equal(a(ROWS), b(ROWS))

    def test_nothing_is_filled_unless_it_is_asked_for(self):
        rows = table(ROWS)
        np.testing.assert_array_equal(filled_from(None, rows, np.array([0, 1])).examples.x, ROWS)


def holes(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("tests", "holes")
    y = rng.random(n) < 0.2
    x = rng.normal(size=(n, 3)) + y[:, None]
    return np.where(rng.random((n, 3)) < 0.1, NAN, x), np.where(y, "rare", "usual")


SMOTE = {"augmenter": "smote", "balance": 1.0, "scope": "minority"}


class TestRuns:
    @pytest.fixture(scope="class")
    def ran(self, tmp_path_factory, session_cache):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AUGEVAL_CACHE", str(session_cache))
            x, y = holes()
            metrics = ["balanced_accuracy", "balanced_accuracy@tuned"]
            given = {"model": "logistic", "metrics": metrics, "seeds": 3, "confirm": False}
            yield augeval.compare(x, y, [SMOTE], impute="median", **given), augeval.compare(x, y, [SMOTE], **given)

    def test_an_arm_that_takes_no_missing_values_is_measured(self, ran):
        filled, left = (run.cells[run.cells.augmenter == "smote"] for run in ran)
        assert set(filled.status) == {"ok"}
        assert set(left.status) == {"not_applicable"}

    def test_the_report_says_how_many_values_are_filled_and_with_what(self, ran):
        (study,) = ran[0].summary["experiment"]["studies"]
        (note,) = [note for note in study["dataset"]["notes"] if "filled" in note]
        missing = int(np.isnan(holes()[0]).sum())
        assert note.startswith(f"{missing} missing values in 3 of 3 columns are filled, in every arm")

    def test_a_table_without_holes_has_no_note_of_filling(self):
        study = config.of(
            {"dataset": "wine", "models": ["logistic"], "arms": ["class_weight"], "seeds": 2, "impute": "median"}
        ).studies[0]
        (plan,) = prepare([study], allow_code=False)
        assert not [note for note in plan.describe()["dataset"]["notes"] if "filled" in note]


def test_rows_that_are_handed_over_say_how_many_of_their_values_were_missing(tmp_path):
    x, y = holes()
    rows = [
        ",".join("" if np.isnan(v) else repr(float(v)) for v in row) + f",c{c}" for row, c in zip(x, y, strict=True)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,label", *rows]) + "\n", encoding="utf-8")
    dataset = {"file": str(tmp_path / "t.csv"), "label": "label"}
    value = {"dataset": dataset, "models": ["logistic"], "arms": [{"augmenter": "jitter", "ratio": 1}], "seeds": 2}
    for impute, some in (({"impute": "median"}, True), ({}, False)):
        exp = config.of({**value, **impute})
        study, arm = applied.chosen(exp, "jitter", allow_code=False)[0]
        made = applied.make(study, arm)
        assert (made.filled > 0) is some
        assert np.isnan(made.training.real.x).any() != some
        ids = made.training.real.ids
        assert made.filled == (np.isnan(x[ids]).sum() if some else 0)


def test_without_the_key_cells_and_studies_keep_their_names():
    value = {"dataset": "breast_cancer_rare", "models": ["logistic"], "arms": ["class_weight"], "seeds": 2}
    (plain,), (filled,) = (config.of(v).studies for v in (value, {**value, "impute": "median"}))
    assert "impute" not in plain.to_json()
    assert Study.from_json(filled.to_json()) == filled
    first, second = (prepare([study], allow_code=False)[0].tiles[0].cells[0] for study in (plain, filled))
    assert "impute" not in first.recipe
    assert second.recipe["impute"] == "median"
    assert first.key != second.key


def test_texts_have_no_values_to_fill():
    with pytest.raises(ConfigError, match="impute: it fills missing values of tables, and this dataset is text"):
        config.of({"dataset": "docstrings", "models": ["tfidf_logistic"], "arms": ["class_weight"], "impute": "median"})

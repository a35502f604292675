"""Metrics that are told something: names with brackets, classes of the rows, costs, and how wrong ones are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval import config, registry
from augeval.errors import ConfigError, InputError, UnknownNameError
from augeval.extend import metric
from augeval.run.prepare import prepare
from augeval.told import head_of, in_words, settled, split_name, with_argument
from augeval.types import Dataset, Examples

COUNTS = {"common": 6, "rare [1]": 2, "größer: a_b": 3}


def dataset(counts: dict[str, int] = COUNTS) -> Dataset:
    y = np.repeat(np.arange(len(counts)), list(counts.values()))
    rows = Examples(np.zeros((len(y), 1)), y, np.arange(len(y)))
    return Dataset("toys", "tabular", rows, tuple(counts))


def found(name: str, costs=None, rows: Dataset | None = None) -> float:
    """The metric of a model that always says class 1."""
    rows = rows or dataset()
    scores = np.tile(np.eye(rows.n_classes)[1], (len(rows.examples), 1))
    return settled(registry.get("metric", name), rows, costs).fn(rows.examples.y, scores)


class TestNames:
    @given(st.text(min_size=1).filter(lambda text: "[" not in text), st.text())
    def test_what_was_put_in_brackets_comes_out(self, head, argument):
        assert split_name(f"{head}[{argument}]") == (head, argument)

    @pytest.mark.parametrize("name", ["accuracy", "[a]", "recall]", "recall[a", "recall[a]b", ""])
    def test_other_names_have_no_argument(self, name):
        assert split_name(name) == (name, None)
        assert head_of(name) == name

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("ece", "ece[10]"), ("ece[15]", "ece[15]"), ("ece[ 7 ]", "ece[7]"),
            ("recall_at_precision[0.90]", "recall_at_precision[0.9]"), ("precision_at_recall[8e-1]",
            "precision_at_recall[0.8]"), ("recall[ a ]", "recall[ a ]"), ("mcc", "mcc"),
        ],
    )  # fmt: skip
    def test_a_metric_has_one_name(self, written, kept):
        head, argument = split_name(written)
        assert with_argument(registry.get("metric", head), argument).name == kept

    def test_a_class_with_a_colon_is_no_dotted_path(self):
        assert not registry.is_dotted("recall[a:b]")
        assert registry.is_builtin("metric", "recall[a:b]")
        assert registry.describe_source("metric", "recall[a:b]") == "built in"
        assert registry.needs_permission("mine:found[a]")

    def test_an_unknown_head_gets_the_nearest_one(self):
        with pytest.raises(UnknownNameError, match=r"No metric is called 'recal'\. Did you mean 'recall'\?"):
            registry.get("metric", "recal[bad]")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("macro_f1", "macro f1"),
        ("recall[very_bad]", "recall of very_bad"),
        ("recall_at_precision[0.9]", "recall at precision 0.9"),
        ("ece[15]", "ece in 15 bins"),
        ("my_own[a_b]", "my own [a_b]"),
        ("recall[a[0]]", "recall of a[0]"),
    ],
)
def test_metrics_are_read_as_words_and_classes_keep_their_spelling(name, words):
    assert in_words(name) == words


class TestClasses:
    def test_a_class_is_found_by_its_name_whatever_it_holds(self):
        assert found("recall[rare [1]]") == 1
        assert found("recall[größer: a_b]") == 0
        assert found("precision[rare [1]]") == pytest.approx(2 / 11)
        assert math.isnan(found("precision[common]"))

    def test_the_rarest_class_is_that_of_the_whole_dataset_the_last_of_equals(self):
        assert found("minority_recall") == 1
        assert found("minority_precision") == pytest.approx(2 / 11)
        assert found("minority_recall", rows=dataset({"a": 3, "b": 2, "c": 2})) == 0
        assert found("minority_recall", rows=dataset({"a": 3, "b": 3})) == 1

    def test_rare_classes_are_counted_on_the_rows_that_may_be_trained_on(self):
        rows = dataset({"a": 8, "b": 4, "c": 2})
        assert found("rare_recall[0.5]", rows=rows) == pytest.approx(np.mean([found("recall[b]", rows=rows), 0]))
        assert found("rare_recall[0.25]", rows=rows) == found("recall[c]", rows=rows)
        held_out = replace(rows, test_rows=np.flatnonzero(rows.examples.y == 0)[:4])
        assert found("rare_recall[0.5]", rows=held_out) == found("recall[c]", rows=held_out)

    def test_a_share_that_no_class_is_below_is_refused_with_the_smallest(self):
        with pytest.raises(InputError, match=r"at most 0\.1 of the 8 rows .* the smallest, b, has 4\. Write a larger"):
            found("rare_recall[0.1]", rows=dataset({"a": 8, "b": 4}))

    def test_a_class_that_is_not_there_is_refused_with_the_nearest(self):
        said = r"'recall\[comon\]' is about 'comon', which is no class of 'toys'\. Did you mean 'common'\? Classes: com"
        with pytest.raises(InputError, match=said):
            found("recall[comon]")

    def test_a_settled_metric_still_shows_its_documentation(self):
        told = settled(registry.get("metric", "recall[common]"), dataset())
        assert told.name == "recall[common]"
        assert told.summary.startswith("Share of the rows of one class")
        assert not told.params

    def test_a_metric_of_ones_own_is_told_by_its_one_parameter(self):
        @metric(needs="class")
        def said(y, scores, *, of):
            """Share of rows that are said to be of a class."""
            return float((scores.argmax(1) == of).mean())

        registry.register("metric", "said", said)
        assert found("said[rare [1]]") == 1
        assert found("said[common]") == 0


COSTS = {
    "common": {"rare [1]": 1, "größer: a_b": 9},
    "rare [1]": {"common": 7, "größer: a_b": 9},
    "größer: a_b": {"common": 7, "rare [1]": 4, "größer: a_b": 0.5},
}


class TestCosts:
    def test_the_mean_cost_by_hand_and_its_bounds(self):
        # Six common rows cost 1 each, two rare ones nothing, three others 4 each.
        assert found("cost", COSTS) == pytest.approx((6 * 1 + 3 * 4) / 11)
        assert settled(registry.get("metric", "cost"), dataset(), COSTS).bounds == (0, 9)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"common": {"rare [1]": 1}}, r"lack taking a 'common' for a 'größer: a_b'"),
            ({"common": {"rare": 1}}, r"names 'rare', which is no class of 'toys'\. Did you mean 'rare \[1\]'"),
            ({"comon": {}}, r"names 'comon', which is no class of 'toys'\. Did you mean 'common'"),
            ({"common": {"common": 2, "rare [1]": 1, "größer: a_b": 9}}, r"make taking a 'common' for a 'rare \[1\]' "
             r"cheap \(1\)\. Being right costs 2"),
        ],
    )  # fmt: skip
    def test_costs_that_do_not_fit_are_refused(self, change, words):
        with pytest.raises(InputError, match=words):
            found("cost", {**COSTS, **change})

    def test_costs_without_a_difference_are_refused(self):
        with pytest.raises(InputError, match="nothing to measure"):
            found("cost", {"a": {"b": 0}, "b": {"a": 0}}, dataset({"a": 1, "b": 1}))

    def test_no_costs_are_refused(self):
        with pytest.raises(InputError, match=r"'cost' needs costs\. Write metrics: \{costs:"):
            found("cost")


def written(folder: Path, metrics: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(f"name: study\ndataset: breast_cancer\nmodels: logistic\narms: duplicate\nmetrics: {metrics}\n")
    return path


class TestInAFile:
    @pytest.mark.parametrize(
        ("metrics", "words"),
        [
            ("{primary: mcc, also: [recall]}", r":5:32: .*wants in brackets a class, not nothing\. Write recall\["),
            ('"mcc[3]"', r":5:10: .*'mcc' takes nothing in brackets\. Write mcc\."),
            ('"ece[1]"', r"'ece' wants in brackets a number of bins, 2 to 1000, not '1'\. Write ece\[15\]"),
            ('"ece[ten]"', "not 'ten'"),
            ('"recall_at_precision[90]"', r"a share between 0 and 1, not '90'\. Write recall_at_precision\[0\.9\]"),
            ('"precision_at_recall[nan]"', "not 'nan'"),
            ('"recal[bad]"', r"no metric is called 'recal'\. Did you mean 'recall'\?"),
            ('[mcc, ece, "ece[10]"]', r"ece\[10\] is listed twice"),
            ("[mcc, recall[benign]]", r':5:22: .*Put a name with brackets in quotes: "recall\[bad\]"'),
            ("cost", r"'cost' needs the key costs"),
            ("{primary: cost, costs: {benign: {malignant: x}}}", r"costs\.benign\.malignant: wanted a number, not 'x'"),
            ("{primary: cost, costs: {benign: 3}}", r"costs\.benign: wanted a mapping of keys to values, not 3"),
            ("{primary: cost, costs: {benign: {malignant: .inf}}}", "wanted a finite number, not inf"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_without_the_rows_is_said_when_the_file_is_read(self, tmp_path, metrics, words):
        with pytest.raises(ConfigError, match=words):
            config.load(written(tmp_path, metrics))

    @pytest.mark.parametrize(
        ("metrics", "words"),
        [
            ('"recall[benin]"', r"no class of 'breast_cancer'\. Did you mean 'benign'\?"),
            ("{primary: cost, costs: {benign: {malignant: 1}}}", "lack taking a 'malignant' for a 'benign'"),
            ("{primary: mcc, costs: {benign: {malignant: 1}}}", "no metric uses them. Add cost"),
        ],
    )
    def test_what_the_rows_refuse_is_said_before_anything_is_trained(self, tmp_path, metrics, words):
        with pytest.raises(InputError, match=words):
            prepare(config.load(written(tmp_path, metrics)).studies, allow_code=False)

    def test_costs_are_part_of_the_cells_and_of_the_experiment_only_where_they_are_given(self, tmp_path):
        def planned(metrics):
            experiment = config.load(written(tmp_path, metrics))
            (plan,) = prepare(experiment.studies, allow_code=False)
            return experiment, plan

        dear, cheap = (
            planned(f"{{primary: cost, also: [mcc], costs: {{benign: {{malignant: {c}}}, malignant: {{benign: 1}}}}}}")
            for c in (5, 2)
        )
        without = planned("[mcc]")
        keys = [{cell.key for tile in plan.tiles for cell in tile.cells} for _, plan in (dear, cheap, without)]
        assert not (keys[0] & keys[1])
        assert dear[0].digest != cheap[0].digest
        assert "costs" not in without[0].to_json()["studies"][0]["metrics"]
        assert "costs" not in without[1].tiles[0].cells[0].recipe
        again = config.Experiment.from_json(dear[0].to_json())
        assert again.studies[0].metrics == dear[0].studies[0].metrics
        assert dear[1].describe()["metrics"]["about"]["cost"]["bounds"] == [0, 5]

    def test_what_guessing_gives_stands_beside_average_precision(self, tmp_path):
        (plan,) = prepare(config.load(written(tmp_path, "[average_precision, mcc]")).studies, allow_code=False)
        about = plan.describe()["metrics"]["about"]
        # 212 of 569 rows are malignant.
        assert about["average_precision"]["chance"] == pytest.approx(212 / 569)
        assert about["average_precision"]["reads"] == "ranks"
        assert "chance" not in about["mcc"]

"""`balanced_accuracy@tuned`: metrics of treated scores by name, and how combinations without a meaning are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from augeval import config, registry
from augeval.errors import ConfigError, InputError
from augeval.extend import metric
from augeval.told import base_of, head_of, in_words, split_name, treatment_of, treatments_for, with_treatment


@pytest.mark.parametrize(
    ("name", "base", "treatment"),
    [
        ("mcc@tuned", "mcc", "tuned"), ("recall[bad]@tuned", "recall[bad]", "tuned"), ("mcc", "mcc", None),
        ("recall[a@b]", "recall[a@b]", None), ("recall[a@b]@tuned", "recall[a@b]", "tuned"), ("mcc@", "mcc", ""),
        ("package.module:mine@tuned", "package.module:mine", "tuned"), ("@tuned", "@tuned", None),
    ],
)  # fmt: skip
def test_a_treatment_stands_behind_the_last_at_sign_outside_brackets(name, base, treatment):
    assert (base_of(name), treatment_of(name)) == (base, treatment)


def test_brackets_and_head_do_not_see_the_treatment():
    assert split_name("recall[bad]@tuned") == ("recall", "bad")
    assert head_of("ece[10]@recalibrated") == "ece"
    assert registry.is_dotted("package.module:mine@tuned")
    assert registry.is_builtin("metric", "brier@prior_corrected")


def test_a_treated_metric_keeps_what_the_metric_is():
    plain, treated = registry.get("metric", "mcc"), registry.get("metric", "mcc@tuned")
    assert (treated.name, treated.treatment) == ("mcc@tuned", "tuned")
    assert (treated.fn, treated.bounds, treated.contributions) == (plain.fn, plain.bounds, plain.contributions)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("roc_auc@tuned", "reads the order of scores alone, which no treatment changes. Write roc_auc."),
        ("brier@tuned", "Write brier@recalibrated or brier@prior_corrected."),
        ("mcc@recalibrated", "reads the predicted class, not probabilities. Write mcc@tuned."),
        ("mcc@tunde", "Did you mean 'tuned'?"),
        ("mcc@", "No treatment is called ''"),
        ("mcc@tuned@tuned", "one treatment at a time. Write mcc@tuned."),
    ],
)
def test_a_combination_without_a_meaning_says_what_to_write(name, said):
    with pytest.raises(InputError) as refused:
        registry.get("metric", name)
    assert said in str(refused.value)


def test_a_metric_of_nobodys_kind_takes_no_treatment():
    @metric()
    def mine(y, scores):
        return 0.5

    with pytest.raises(InputError, match="nobody said what 'mine' reads"):
        with_treatment(mine, "tuned")
    assert treatments_for(mine) == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("macro_f1@tuned", "macro f1 at the tuned cut"), ("recall[a_b]@tuned", "recall of a_b at the tuned cut"),
        ("ece[10]@recalibrated", "recalibrated ece in 10 bins"), ("log_loss@prior_corrected",
        "prior-corrected log loss"),
    ],
)  # fmt: skip
def test_names_in_words(name, words):
    assert in_words(name) == words


def loaded(tmp_path: Path, metrics: str) -> config.Metrics:
    path = tmp_path / "e.yaml"
    text = "dataset: breast_cancer\nmodels: [logistic]\narms: [duplicate]\n"
    path.write_text(f"{text}metrics: {metrics}\n", encoding="utf-8")
    (study,) = config.load(path).studies
    return study.metrics


def test_experiment_files_take_treated_metrics(tmp_path):
    given = loaded(tmp_path, '{primary: balanced_accuracy@tuned, also: [ece@recalibrated, "a.b:c@tuned"]}')
    assert (given.primary, given.also) == ("balanced_accuracy@tuned", ["ece[10]@recalibrated", "a.b:c@tuned"])


@pytest.mark.parametrize("name", ["roc_auc@tuned", "mcc@tunde", "recall@tuned", '"a.b:c@tunde"'])
def test_experiment_files_refuse_a_wrong_combination_where_it_stands(tmp_path, name):
    with pytest.raises(ConfigError, match=r"e\.yaml:4"):
        loaded(tmp_path, f"[accuracy, {name}]")


def test_brackets_behind_the_treatment_are_told_where_they_belong(tmp_path):
    with pytest.raises(ConfigError, match=r"Write ece\[15\]@recalibrated\."):
        loaded(tmp_path, '[accuracy, "ece@recalibrated[15]"]')


def test_a_tuned_cost_needs_costs_as_the_plain_one_does(tmp_path):
    with pytest.raises(ConfigError, match="needs the key costs"):
        loaded(tmp_path, "[accuracy, cost@tuned]")

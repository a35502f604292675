"""A class too small for its neighbours is found for every seed, before anything runs."""

from __future__ import annotations

import numpy as np
import pytest

from augeval import config
from augeval.errors import InputError
from augeval.run.prepare import prepare
from augeval.seeds import stream

YAML = """
dataset: {{file: rows.csv, label: kind, group: family}}
models: logistic
arms: [{arm}]
seeds: 6
split: {{test: 0.3}}
confirm: false
{more}
metrics: {{primary: accuracy, also: []}}
"""


def planned(tmp_path, rare: int, arm: str, more: str = ""):
    """60 rows of one class and some of another, in families of six that no split may part: so seeds differ a little."""
    y = np.repeat(["common", "rare"], [60, rare])
    x = stream("feasible").normal(size=(len(y), 2)) + (y == "rare")[:, None]
    size = -(-len(y) // 6)
    family = [f"f{i % size}" for i in stream("feasible families").permutation(len(y))]
    lines = [f"{a},{b},{label},{of}" for (a, b), label, of in zip(x, y, family, strict=True)]
    (tmp_path / "rows.csv").write_text("a,b,kind,family\n" + "\n".join(lines) + "\n")
    read = config.loads(YAML.format(arm=arm, more=more), folder=str(tmp_path))
    return prepare(read.studies, allow_code=False)


def test_enough_rows_at_every_seed_are_no_matter(tmp_path):
    assert planned(tmp_path, 12, "{augmenter: smote, balance: 0.5}")


def test_a_class_that_is_too_small_at_some_seeds_is_refused_with_its_rows_and_what_to_do(tmp_path):
    with pytest.raises(InputError) as refused:
        planned(tmp_path, 10, "{augmenter: smote, balance: 0.5, k_neighbors: 6}")
    said = str(refused.value)
    assert "The arm smote(k_neighbors=6) to 0.5 on rows cannot start from the training rows of" in said
    assert "of 6 seeds (all training rows; first: seed" in said
    assert "smote cannot make rows of class 'rare': it has 6 training rows, and 6 neighbours of each row need 7" in said
    assert "reduce_k: true" in said


def test_fewer_neighbours_on_request_let_it_run(tmp_path):
    assert planned(tmp_path, 10, "{augmenter: smote, balance: 0.5, k_neighbors: 6, reduce_k: true}")


def test_a_class_that_is_too_small_at_every_seed_is_left_to_be_not_applicable(tmp_path):
    (plan,) = planned(tmp_path, 5, "{augmenter: smote, balance: 0.5}")
    (said,) = plan.never  # `augeval plan` shows it, before anything runs
    assert said.startswith(
        "smote to 0.5 on rows (all training rows) is not applicable: smote cannot make rows of class"
    )
    (enough,) = planned(tmp_path, 5, "{augmenter: smote, balance: 0.5, reduce_k: true}")
    assert enough.never == ()


def test_a_dose_below_the_present_balance_is_no_matter_of_the_rows(tmp_path):
    assert planned(tmp_path, 12, "{augmenter: borderline_smote, balance: 0.1}")

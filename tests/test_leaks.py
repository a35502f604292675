"""Over-sampling before the split flatters, on any rows, and no arm of an experiment can do it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from augeval import config
from augeval.cli import app
from augeval.data.bundled import breast_cancer_rare, docstrings
from augeval.errors import InputError
from augeval.harness import Options, run
from augeval.leaks import MEASURES, demonstrate
from augeval.seeds import stream

ROWS, RARE = 200, 14


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """A file of 200 rows whose 14 rare ones are rare for no reason."""
    rng = stream("leaks")
    x, kind = rng.standard_normal((ROWS, 4)), np.repeat(["common", "rare"], [ROWS - RARE, RARE])
    lines = [",".join([*(f"{value:.6f}" for value in row), label]) for row, label in zip(x, kind, strict=True)]
    path = tmp_path_factory.mktemp("leaks") / "noise.csv"
    path.write_text("a,b,c,d,kind\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def shown(noise):
    done = CliRunner().invoke(app, ["leak-demo", str(noise), "--label", "kind", "--seeds", "2", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_resampling_first_finds_what_is_not_there(shown):
    areas = {line["labels"]: line for line in shown["lines"] if line["measure"] == "roc_auc"}
    for labels in ("real", "permuted"):  # real ones are noise as well
        assert areas[labels]["honest"] < 0.75
        assert areas[labels]["resampled"] > 0.85
        assert areas[labels]["made_from_all"] > 0.85


def test_the_demo_names_the_rows_the_rare_class_and_the_arm(shown):
    said = {name: shown[name] for name in ("dataset", "rows", "rare", "rare_rows", "model", "arm", "seeds")}
    assert said == {
        "dataset": "noise", "rows": ROWS, "rare": "rare", "rare_rows": RARE, "model": "hist_gradient_boosting",
        "arm": "smote [minority] to 1", "seeds": 2,
    }  # fmt: skip
    assert [line["measure"] for line in shown["lines"]] == [*MEASURES, *MEASURES]
    assert all(0 <= line[way] <= 1 for line in shown["lines"] for way in ("honest", "resampled", "made_from_all"))


def test_copies_straddle_a_plain_split_too():
    found = demonstrate(breast_cancer_rare(), "logistic", "random_over", 1)
    assert found.arm == "random_over [minority] to 1"
    f1 = found.lines[0]
    assert f1.resampled > f1.honest  # the rare class is no longer rare among the rows that test


def test_missing_values_are_filled_and_said_so_since_smote_takes_none(noise, tmp_path):
    lines = noise.read_text().splitlines()
    holes = [",".join(["", *line.split(",")[1:]]) if i % 9 == 1 else line for i, line in enumerate(lines)]
    (tmp_path / "holes.csv").write_text("\n".join(holes) + "\n")
    words = ["leak-demo", str(tmp_path / "holes.csv"), "--label", "kind", "--model", "logistic", "--seeds", "1"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    missing = sum(line.startswith(",") for line in holes)
    assert f"{missing} missing values filled from the training rows of each split (median)." in done.stdout


def test_the_demo_writes_nothing(noise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = CliRunner().invoke(app, ["leak-demo", str(noise), "--label", "kind", "--model", "logistic", "--seeds", "1"])
    assert done.exit_code == 0, done.output
    assert sorted(tmp_path.iterdir()) == before
    assert "Labels permuted: nothing to find" in done.stdout
    assert done.stdout.count("F1 of 'rare'") == 2


@pytest.mark.parametrize(
    ("dataset", "model", "sampler", "said"),
    [
        (docstrings, "hist_gradient_boosting", "smote", "takes tabular, and 'docstrings' is text. .* with --model"),
        (breast_cancer_rare, "logistic", "class_weight", "'class_weight' makes no rows .* with --sampler"),
        (breast_cancer_rare, "logistic", "synonym", "takes text, and 'breast_cancer_rare' is tabular"),
    ],
)
def test_what_does_not_fit_the_rows_is_refused(dataset, model, sampler, said):
    with pytest.raises(InputError, match=said):
        demonstrate(dataset(), model, sampler, 1)


def experiment(noise, arm):
    return config.of({
        "name": "smuggled", "dataset": {"file": str(noise), "label": "kind"}, "models": "logistic", "seeds": 3,
        "arms": [arm], "metrics": {"primary": "roc_auc", "also": []}, "confirm": False,
    })  # fmt: skip


def test_a_table_that_was_augmented_beforehand_is_no_arm_without_parents(noise, tmp_path):
    made = tmp_path / "made.csv"
    made.write_text("a,b,c,d,kind\n0,0,0,0,rare\n")
    with pytest.raises(InputError, match="parent"):
        experiment(noise, {"augmenter": "file", "path": str(made), "ratio": 1})


def test_rows_of_a_file_whose_parents_are_held_out_never_train(noise, tmp_path):
    # One row for each of the 200, 80 of which a split holds out.
    made = tmp_path / "made.csv"
    table = [line.rsplit(",", 1)[0] for line in noise.read_text().splitlines()[1:]]
    made.write_text("a,b,c,d,parent\n" + "\n".join(f"{row},{i}" for i, row in enumerate(table)) + "\n")
    arm = {"augmenter": "file", "path": str(made), "parent": "parent", "ratio": 1}
    summary = run(experiment(noise, arm), Options(out=tmp_path / "run", executor="serial", track=False)).summary
    (arm,) = [a for a in summary["arms"] if a["augmenter"] == "file"]
    assert arm["counts"]["got"] == arm["counts"]["train"] == 120  # one row for each training row, no more


def test_the_page_on_leaks_shows_what_the_command_prints(shared_data, monkeypatch):
    page = (Path(__file__).parent.parent / "docs" / "leaks.md").read_text(encoding="utf-8")
    shown = page.split("$ augeval leak-demo winequality_red_8_vs_6.csv\n")[1].split("```")[0]
    monkeypatch.chdir(shared_data / "tabular")
    done = CliRunner().invoke(app, ["leak-demo", "winequality_red_8_vs_6.csv"])
    assert done.stdout == shown

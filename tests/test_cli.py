"""What a person or a script meets at the command line: streams, exit codes, files."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from augeval import config
from augeval.api import run
from augeval.cli import app
from augeval.report import summary
from augeval.run.prepare import prepare

WINE = """
name: wine
dataset: wine
models: [logistic]
seeds: 3
arms:
  - {augmenter: jitter, magnitude: 0.1, ratio: 1}
  - {augmenter: smote, balance: 1, scope: minority}
  - {augmenter: smote, balance: 0.5, scope: minority}
"""
CODE = """
name: mine
dataset: breast_cancer
models: ["mine:slow"]
seeds: 6
train_sizes: [40]
arms: [{augmenter: "mine:wobble", magnitude: 0.1, ratio: 1}]
tracking: {uri: "sqlite:///mlflow.db"}
"""
PLUGINS = '''
import os, time
import numpy as np
import augeval

@augeval.augmenter("tabular", unit="standard deviations")
def wobble(row, *, magnitude, rng):
    """Move every value a little."""
    return row + magnitude * rng.normal(size=row.shape)

@augeval.augmenter("tabular")
def stumble(row, *, magnitude, rng):
    raise RuntimeError("a stone lay in the way")

@augeval.augmenter("tabular")
def shrink(row, *, magnitude, rng):
    return row[:2]

@augeval.augmenter("tabular")
def leave(row, *, magnitude, rng):
    os._exit(7)

@augeval.augmenter("tabular")
def chat(row, *, magnitude, rng):
    print("chatter")
    return row + magnitude

@augeval.model("tabular")
def slow(train, dataset, *, seed):
    open(f"fitted-{os.getpid()}-{time.monotonic_ns()}", "w").close()
    time.sleep(float(os.environ.get("NAP", "0")))
    share = np.bincount(train.joined().y, minlength=2) / len(train.joined())
    return lambda x: np.tile(share, (len(x), 1))
'''
QUIET = {"OMP_NUM_THREADS": "1", "MLFLOW_TRACKING_URI": ""}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, session_cache: Path) -> Iterator[tuple[Path, Result]]:
    """A folder with wine.yaml and its finished run, and what the run printed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "wine.yaml").write_text(WINE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        yield folder, augeval("run", "wine.yaml", "--executor", "serial", "--no-track")


@pytest.fixture
def here(finished: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is the one with the finished run, which no test changes."""
    monkeypatch.chdir(finished[0])
    return finished[0]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder has an experiment that names code of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(PLUGINS, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(CODE, encoding="utf-8")
    return tmp_path


def augeval(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from augeval.cli import main; main()", *words]


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **QUIET, **environment}
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, env=env)


def imported_by(*words: str) -> set[str]:
    """Top-level modules that a command has imported when it ends."""
    code = """
import sys
from augeval.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    return {name.partition(".")[0] for name in done.stderr.split()}


# What is printed, and where


def test_a_run_ends_with_headline_table_and_report(finished: tuple[Path, Result]):
    folder, done = finished
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("None of the 2 augmentations")
    assert lines[2] == "logistic on wine, all training rows, accuracy"
    head = ["Augmentation", "Outcome", "Gain [interval]", "Holds for", "Recommended", "Too much"]
    assert re.split(r"  +", lines[3]) == head
    assert [re.split(r"  +", line)[0] for line in lines[4:6]] == ["jitter", "smote [minority]"]
    assert re.search(r"[+−]?\d\.\d \[−\d\.\d, \d\.\d\] pts", lines[4])
    assert lines[-1] == "Report: reports/wine/report.html"
    assert (folder / "reports" / "wine" / "report.html").is_file()


def test_controls_come_after_the_users_own_arms_and_say_what_they_are(finished: tuple[Path, Result]):
    lines = finished[1].stdout.splitlines()
    wide = lines[3].index("Outcome")  # the rows of the table have a word there; sentences below it have none alone
    rows = [line for line in lines[4:] if line[wide - 2 : wide] == "  " and line[wide : wide + 1].strip()]
    marked = ["(control)" in row for row in rows]
    assert marked == sorted(marked)
    assert any(marked)


def test_a_run_that_is_no_terminal_shows_no_progress(finished: tuple[Path, Result]):
    assert finished[1].stderr == ""


def test_the_same_command_computes_nothing_twice(here: Path):
    before = (here / "reports" / "wine" / "cells.parquet").read_bytes()
    again = augeval("run", "wine.yaml", "--executor", "serial", "--no-track", "--json")
    assert again.exit_code == 0
    assert (here / "reports" / "wine" / "cells.parquet").read_bytes() == before


def test_json_is_one_object_with_a_schema_version_and_no_nan(here: Path):
    commands = [
        ("validate", "wine.yaml"), ("plan", "wine.yaml"), ("status",), ("report", "reports/wine"), ("list",),
        ("describe", "jitter"), ("doctor",), ("preview", "wine.yaml", "--arm", "jitter"),
    ]  # fmt: skip
    for words in commands:
        done = augeval(*words, "--json")
        assert done.exit_code == 0, (words, done.stderr)
        assert json.loads(done.stdout, parse_constant=pytest.fail)["schema_version"] == 1


def test_version_and_help_name_the_program():
    assert augeval("--version").stdout.startswith("augeval ")
    shown = augeval("--help").stdout
    commands = ["init", "validate", "plan", "preview", "run", "status", "report", "versus", "leak-demo", "augment"]
    commands += ["list", "describe", "cell", "sync", "schema", "doctor"]
    assert [line.split()[0] for line in shown.split("Commands:\n")[1].splitlines() if line] == commands


# What is refused


def test_wrong_usage_exits_with_two():
    assert augeval("run").exit_code == 2
    assert augeval("run", "x.yaml", "--workers", "0").exit_code == 2
    assert augeval("decode").exit_code == 2


def test_a_mistake_is_one_message_on_stderr_without_a_trace(here: Path):
    done = augeval("run", "vine.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: There is no file vine.yaml. Did you mean 'wine.yaml'?\n"


def test_debug_shows_the_trace(here: Path):
    done = shell("--debug", "run", "vine.yaml")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "Traceback" in shell("run", "vine.yaml", AUGEVAL_DEBUG="1").stderr


def test_validate_shows_all_problems_at_once_with_their_places(tmp_path: Path):
    file = tmp_path / "bad.yaml"
    file.write_text("dataset: wine\nmodels: [logistik]\narms: [jitter]\nseedz: 3\nmargin: no\n", encoding="utf-8")
    done = augeval("validate", str(file))
    assert (done.exit_code, done.stdout) == (2, "")
    for place, hint in {"bad.yaml:2": "'logistic'", "bad.yaml:4": "'seeds'", "bad.yaml:5": "no"}.items():
        assert place in done.stderr
        assert hint in done.stderr


def test_an_output_folder_that_cannot_be_written_is_refused_before_anything_runs(here: Path):
    done = augeval("run", "wine.yaml", "--out", "wine.yaml/inside")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
    assert "--out" in done.stderr


def test_a_busy_run_folder_exits_with_six(here: Path):
    from augeval.run.folder import locked

    with locked(here / "reports" / "wine"):
        for words in ([], ["--fresh"]):
            done = augeval("run", "wine.yaml", "--executor", "serial", "--no-track", *words)
            assert done.exit_code == 6
            assert f"in use by process {os.getpid()}" in done.stderr
    assert len(list((here / "reports" / "wine").glob("ledger*.sqlite"))) == 1


# init


def test_init_writes_an_experiment_that_validates_and_prints_its_path_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    rows = [f"{i / 10},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)]
    (tmp_path / "in" / "churn.csv").write_text("\n".join(["spend,visits,left", *rows]), encoding="utf-8")
    done = augeval("init", "in/churn.csv")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "churn.yaml\n"
    assert "The column 'left' is the label; 60 rows, 2 classes." in done.stderr
    assert "in/churn.csv" in (tmp_path / "churn.yaml").read_text(encoding="utf-8")
    assert augeval("validate", "churn.yaml").exit_code == 0
    assert augeval("plan", "churn.yaml").exit_code == 0
    again = augeval("init", "in/churn.csv")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert augeval("init", "in/churn.csv", "--force", "--label", "left").exit_code == 0


def test_init_for_a_rare_class_writes_its_controls_and_plain_init_says_that_it_could(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 10},{i % 7},{'yes' if i % 9 else 'no'}" for i in range(180)]
    (tmp_path / "churn.csv").write_text("\n".join(["spend,visits,left", *rows]), encoding="utf-8")
    plain = augeval("init", "churn.csv")
    assert "--task imbalance" in plain.stderr
    assert "tuned_threshold" not in (tmp_path / "churn.yaml").read_text(encoding="utf-8")
    done = augeval("init", "churn.csv", "--task", "imbalance", "--force")
    assert (done.exit_code, done.stdout) == (0, "churn.yaml\n")
    assert "--task" not in done.stderr
    assert "- tuned_threshold" in (tmp_path / "churn.yaml").read_text(encoding="utf-8")
    assert augeval("validate", "churn.yaml").exit_code == 0
    assert augeval("plan", "churn.yaml").exit_code == 0


def test_init_for_a_rare_class_refuses_balanced_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 10},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(60)]
    (tmp_path / "even.csv").write_text("\n".join(["spend,visits,left", *rows]), encoding="utf-8")
    done = augeval("init", "even.csv", "--task", "imbalance")
    assert done.exit_code == 2
    assert "has 30 rows, 100% of the largest" in done.stderr
    assert not (tmp_path / "even.yaml").exists()
    assert augeval("init", "even.csv").stderr.count("--task") == 0


def test_init_that_cannot_tell_names_the_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.csv").write_text("a,b\n" + "\n".join(f"{i},{i * 2}" for i in range(50)), encoding="utf-8")
    done = augeval("init", "odd.csv")
    assert done.exit_code == 2
    assert "--label" in done.stderr
    assert not (tmp_path / "odd.yaml").exists()


# plan, status, report


def test_plan_counts_what_is_done_and_what_is_missing(here: Path):
    assert "21 cells, 21 of them in the ledger" in augeval("plan", "wine.yaml").stdout
    elsewhere = augeval("plan", "wine.yaml", "--out", "elsewhere")
    assert "21 cells, 0 of them in the ledger" in elsewhere.stdout
    assert "rough guess" in elsewhere.stdout
    assert not (here / "elsewhere").exists()


def test_plan_says_how_far_a_race_is_and_whether_the_folder_is_another_experiments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session_cache: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUGEVAL_CACHE", str(session_cache))
    raced = WINE.replace("seeds: 3", "seeds: {max: 6, race: true, looks: [3, 6]}").split("  - {augmenter: smote")[0]
    Path("wine.yaml").write_text(raced, encoding="utf-8")

    def stop(event: Mapping[str, Any]) -> None:
        if event["kind"] == "tile":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("wine.yaml", executor="serial", track=False, on_event=stop)
    begun = augeval("plan", "wine.yaml").stdout
    assert "18 cells, " in begun
    assert "So far the run asks for 9 cells and has " in begun  # three seeds of none, duplicate and jitter
    assert augeval("run", "wine.yaml", "--executor", "serial", "--no-track").exit_code == 0
    over = augeval("plan", "wine.yaml").stdout
    assert "nothing is left to compute" in over
    assert "The run is finished" in over
    Path("wine.yaml").write_text(raced.replace("max: 6", "max: 7").replace("[3, 6]", "[3, 7]"), encoding="utf-8")
    other = augeval("plan", "wine.yaml").stdout
    assert "21 cells, 0 of them in the ledger" in other
    assert "holds the results of another experiment: studies[0].seeds." in other
    assert "seeds.max: 6 → 7" in other


def test_a_cell_that_confirms_a_choice_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session_cache: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUGEVAL_CACHE", str(session_cache))
    Path("wine.yaml").write_text(f"{WINE}confirm: best\n", encoding="utf-8")
    (study,) = prepare(config.load("wine.yaml").studies, allow_code=False)
    (tile, *_) = study.confirming(study.study.models[0], None, study.study.arms[:1])
    found = json.loads(augeval("cell", tile.cells[0].key[:12], "--file", "wine.yaml", "--json").stdout)["cell"]
    assert (found["recipe"]["split"]["part"], found["seed"], found["status"]) == ("confirm", 3, "ok")


def test_status_of_a_finished_run_points_to_the_report(here: Path):
    found = json.loads(augeval("status", "wine.yaml", "--json").stdout)["runs"]
    # smote to 0.5 and its duplicate: 2 × 3 cells ask for no row, since the smallest class has more than half already.
    assert [(r["planned"], r["ok"], r["not_applicable"], r["missing"]) for r in found] == [(21, 15, 6, 0)]
    assert found[0]["report"] == "reports/wine/report.html"
    assert augeval("status", "reports/nothing").exit_code == 2


def test_report_writes_the_page_again_from_the_summary_alone(here: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "summary.json").write_bytes((here / "reports" / "wine" / "summary.json").read_bytes())
    done = augeval("report", str(copy))
    assert done.exit_code == 0
    assert (copy / "report.html").is_file()
    assert (copy / "summary.json").read_bytes() == (here / "reports" / "wine" / "summary.json").read_bytes()
    assert augeval("report", str(tmp_path)).exit_code == 2


def test_report_restores_a_table_of_cells_that_was_deleted(here: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(here / "reports" / "wine", copy)
    cells = pd.read_parquet(copy / "cells.parquet")
    (copy / "cells.parquet").unlink()
    assert augeval("report", str(copy)).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(copy / "cells.parquet"), cells)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":', "is damaged"),
        ("[]", "is no summary"),
        ("{}", "is no summary"),
        ('{"schema_version": 1, "headline": "of an older version, without the newer keys"}', "by another augeval"),
        ('{"schema_version": 2}', "is no summary"),
        (None, "was written by another augeval"),
    ],
)
def test_a_summary_that_is_none_is_refused_with_the_way_to_a_new_one(here: Path, tmp_path: Path, text, words):
    whole = (here / "reports" / "wine" / "summary.json").read_text(encoding="utf-8")
    newer = whole.replace(f'"schema_version": {summary.SCHEMA_VERSION}', '"schema_version": 99', 1)
    (tmp_path / "summary.json").write_text(newer if text is None else text, encoding="utf-8")
    done = augeval("report", str(tmp_path))
    assert done.exit_code == 2
    assert words in done.stderr
    assert "augeval run" in done.stderr


@pytest.mark.parametrize(
    "damage", [lambda data: b"XXXX" + data[4:], lambda data: data[:5000], lambda data: b"no ledger"]
)
def test_fresh_sets_a_ledger_aside_that_cannot_even_be_opened(here: Path, tmp_path: Path, damage):
    copy = tmp_path / "copy"
    shutil.copytree(here / "reports" / "wine", copy)
    damaged = damage((copy / "ledger.sqlite").read_bytes())
    (copy / "ledger.sqlite").write_bytes(damaged)
    again = ("run", "wine.yaml", "--executor", "serial", "--no-track", "--out", str(copy))
    refused = augeval(*again)
    assert refused.exit_code == 2
    assert "--fresh" in refused.stderr
    assert augeval(*again, "--fresh").exit_code == 0
    (aside,) = copy.glob("ledger-*.sqlite")
    assert aside.read_bytes() == damaged


def test_sync_of_a_run_that_was_not_tracked_has_nothing_to_send(here: Path):
    assert augeval("sync", "reports/wine").stdout == "0 record(s) sent, 0 left.\n"


# preview, augment


def test_preview_shows_training_rows_of_one_arm_with_their_drift(here: Path):
    done = augeval("preview", "wine.yaml", "--arm", "jitter", "-n", "2")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("jitter 0.1 ×1 on wine: 107 of 107 rows made, drift 0.")
    assert lines[1].split() == ["Drift", "Label", "Original", "Augmented"]
    assert len([line for line in lines[2:] if line.startswith(("0.", "1."))]) == 2


def test_preview_marks_what_changed_in_texts_and_counts_what_became_of_the_rows(tmp_path: Path):
    file = tmp_path / "texts.yaml"
    file.write_text(
        "dataset: docstrings\nmodels: [tfidf_logistic]\narms:\n"
        "- {augmenter: random_deletion, magnitude: 0.3, ratio: 2, keep_if: {max_edited: 0.3, unlike_others: true}}\n",
        "utf-8",
    )
    done = augeval("preview", str(file), "-n", "3")
    assert done.exit_code == 0, done.stderr
    assert "random_deletion 0.3 ×2, kept if max_edited=0.3, unlike_others on docstrings" in done.stdout
    assert "[-" in done.stdout
    counts = json.loads(augeval("preview", str(file), "-n", "3", "--json").stdout)["arms"][0]
    asked, got, lost = counts["counts"]["asked"], counts["counts"]["got"], counts["lost"]
    assert f"Asked for {asked} rows, made {got}; effective ratio" in done.stdout
    assert "rejected by max_edited" in done.stdout
    assert f"{got} of {asked} rows made, drift" in done.stdout  # what became of the others is said once, below
    assert counts["ratio_asked"] == 2
    assert counts["ratio_effective"] == pytest.approx(2 * (asked - sum(lost.values())) / asked)
    assert [row["edits"][0]["operation"] for row in counts["rows"]] == ["random_deletion"] * 3


def test_preview_shows_an_arm_of_two_studies_on_the_same_rows_once(tmp_path: Path):
    arms = "arms: [{augmenter: random_swap, magnitude: 0.2}]}"
    studies = [
        f"  - {{models: [{model}], {arms}" for model in ("tfidf_logistic", "{name: tfidf_logistic, tune: false}")
    ]
    text = "\n".join(["name: twice", "dataset: docstrings", "studies:", *studies])
    (tmp_path / "twice.yaml").write_text(text, encoding="utf-8")
    done = augeval("preview", str(tmp_path / "twice.yaml"), "-n", "1", "--json")
    assert done.exit_code == 0, done.stderr
    assert [one["arm"] for one in json.loads(done.stdout)["arms"]] == ["random_swap 0.2 ×1"]


def test_preview_takes_an_augmenter_and_data_without_an_experiment():
    done = augeval("preview", "--augmenter", "rotation", "--magnitude", "20", "--data", "digits", "-n", "1")
    assert done.exit_code == 0, done.stderr
    assert "@@" in done.stdout  # the picture, in characters
    assert augeval("preview", "--augmenter", "rotation").exit_code == 2
    assert "takes image" in augeval("preview", "--augmenter", "rotation", "--data", "wine").stderr
    assert "Did you mean 'digits'" in augeval("preview", "--augmenter", "rotation", "--data", "digit").stderr


def test_augment_writes_training_rows_with_parents_and_no_held_out_row(here: Path, tmp_path: Path):
    import pandas as pd
    from sklearn.datasets import load_wine

    from augeval.data.bundled import wine
    from augeval.data.splits import split

    file = tmp_path / "rows.csv"
    done = augeval("augment", "wine.yaml", "--arm", "smote [minority] to 1", "--out", str(file), "--seed", "1")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{file}\n"
    rows = pd.read_csv(file)
    real, synthetic = rows[~rows.is_synthetic], rows[rows.is_synthetic]
    dataset = wine.fn()
    expected = split(dataset, seed=1, confirm=True)  # the file has doses, so rows are set aside to confirm a choice
    aside = split(dataset, seed=1, confirm=True, part="confirm").test
    assert sorted(real.row_id.astype(int)) == sorted(expected.train)
    assert set(synthetic.parent_id.astype(int)) <= set(expected.train.tolist())
    assert set(synthetic.arm) == {"smote [minority] to 1"}
    assert set(synthetic.seed) == {1}
    assert real.parent_id.isna().all()
    # As many rows of every class as of the largest one: what "to 1" asks for.
    assert rows.label.value_counts().nunique() == 1
    features = load_wine().data
    assert np.allclose(real.iloc[:, :13].to_numpy(), features[real.row_id.astype(int)])
    held_out = {row.tobytes() for row in features[[*expected.test, *aside]]}
    assert not held_out & {np.ascontiguousarray(row).tobytes() for row in synthetic.iloc[:, :13].to_numpy()}


def test_augment_writes_parquet_and_images(here: Path, tmp_path: Path):
    import pandas as pd

    assert augeval("augment", "wine.yaml", "--arm", "jitter", "--out", str(tmp_path / "rows.parquet")).exit_code == 0
    assert len(pd.read_parquet(tmp_path / "rows.parquet")) == 2 * 107
    refused = augeval("augment", "wine.yaml", "--arm", "jitter", "--out", str(tmp_path / "rows.xlsx"))
    assert refused.exit_code == 2
    nowhere = augeval("augment", "wine.yaml", "--arm", "jitter", "--out", str(tmp_path / "nowhere" / "rows.csv"))
    assert nowhere.exit_code == 2
    assert "non-existent directory" in nowhere.stderr
    images = tmp_path / "digits.yaml"
    images.write_text(
        "dataset: digits\nmodels: [pixels_logistic]\narms: [{augmenter: shift, magnitude: 1, ratio: 1}]\n", "utf-8"
    )
    file = tmp_path / "rows.npz"
    done = augeval("augment", str(images), "--arm", "shift", "--train-size", "50", "--out", str(file))
    assert done.exit_code == 0, done.stderr
    with np.load(file) as arrays:
        assert arrays["x"].shape == (100, 8, 8, 1)
        assert set(arrays["parent_id"][arrays["is_synthetic"]]) == set(arrays["row_id"][~arrays["is_synthetic"]])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_augment_writes_what_was_edited_beside_texts(tmp_path: Path, kind: str):
    import pandas as pd

    experiment = tmp_path / "texts.yaml"
    arms = "[{augmenter: random_deletion, magnitude: 0.2, ratio: 1}]"
    experiment.write_text(f"dataset: docstrings\nmodels: [tfidf_logistic]\narms: {arms}\n", "utf-8")
    file = tmp_path / f"rows.{kind}"
    done = augeval(
        "augment", str(experiment), "--arm", "random_deletion", "--train-size", "40", "--out", str(file), "--json"
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["edits"] == str(tmp_path / f"rows.edits.{kind}")
    read = (lambda path: pd.read_csv(path, dtype=str)) if kind == "csv" else pd.read_parquet
    rows, edits = (read(tmp_path / name).set_index("row_id") for name in (f"rows.{kind}", f"rows.edits.{kind}"))
    assert list(edits.columns) == ["parent_id", "operation", "position", "old", "new"]
    for row, edit in edits.iterrows():
        assert rows.parent_id[row] == edit.parent_id
        assert edit.old in rows.text[edit.parent_id]
    made = rows[rows.parent_id.notna()]
    assert set(edits.index) == set(made.index[[made.text[row] != rows.text[made.parent_id[row]] for row in made.index]])


def test_augment_of_a_run_that_recommends_nothing_says_so_and_writes_nothing(here: Path, tmp_path: Path):
    file = tmp_path / "rows.csv"
    done = augeval("augment", "reports/wine", "--out", str(file))
    assert done.exit_code == 2
    assert "recommends no augmentation" in done.stderr
    assert not file.exists()


def test_augment_applies_what_a_run_recommends(here: Path, tmp_path: Path):
    import pandas as pd

    folder = tmp_path / "run"
    folder.mkdir()
    for path in (here / "reports" / "wine").glob("ledger.sqlite*"):
        (folder / path.name).write_bytes(path.read_bytes())
    summary = json.loads((here / "reports" / "wine" / "summary.json").read_text(encoding="utf-8"))
    for verdict in summary["verdicts"]:
        if (verdict["family"], verdict["metric"]) == ("smote [minority]", "accuracy"):
            verdict["recommended"] = "smote [minority] to 1"
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    done = augeval("augment", str(folder), "--out", str(tmp_path / "rows.csv"))
    assert done.exit_code == 0, done.stderr
    assert "Recommended for logistic on wine" in done.stderr
    assert set(pd.read_csv(tmp_path / "rows.csv").arm.dropna()) == {"smote [minority] to 1"}


def test_an_arm_that_names_several_is_refused_with_their_labels(here: Path):
    done = augeval("augment", "wine.yaml", "--arm", "smote")
    assert done.exit_code == 2
    assert "smote [minority] to 1; smote [minority] to 0.5" in done.stderr
    assert "Did you mean" in augeval("augment", "wine.yaml", "--arm", "jitter 0.1 x2").stderr
    assert "Name the arm with --arm" in augeval("augment", "wine.yaml").stderr
    assert "Did you mean 'logistic'" in augeval("augment", "wine.yaml", "--arm", "jitter", "--model", "logit").stderr
    assert "Did you mean 'wine'" in augeval("augment", "wine.yaml", "--arm", "jitter", "--dataset", "vine").stderr


# list, describe, cell


def test_list_shows_one_kind_and_marks_controls():
    done = augeval("list", "augmenters")
    names = [line.split()[0] for line in done.stdout.splitlines()[1:] if not line.startswith(" ")]
    assert {"smote", "synonym", "rotation"} <= set(names)
    assert "duplicate (control)" in done.stdout
    assert {line.split()[1] for line in augeval("list", "models").stdout.splitlines()[1:]} >= {"logistic", "small_cnn"}
    assert "Did you mean 'metric'" in augeval("list", "metrik").stderr


def test_list_of_augmenters_shows_unit_default_usual_range_and_source_in_a_hundred_columns():
    from augeval import registry

    lines = shell("list", "augmenters", "--modality", "text").stdout.splitlines()
    assert lines[0].split() == ["Name", "Unit", "Default", "Usual"]
    assert max(map(len, lines)) <= 100
    at = next(i for i, line in enumerate(lines) if line.startswith("synonym "))
    assert lines[at].split() == ["synonym", "share", "of", "words", "0.1", "0.05–0.5"]
    below = " ".join(line.strip() for line in lines[at + 1 : at + 4])
    assert f"{registry.get('augmenter', 'synonym').summary} Source: WordNet (Miller 1995)" in below
    names = {line.split()[0] for line in lines[1:] if not line.startswith(" ")}
    assert "rotation" not in names
    assert {"random_swap", "duplicate", "file"} <= names
    found = json.loads(augeval("list", "--modality", "text", "--json").stdout)["entries"]
    assert {"embedding_logistic", "docstrings", "synonym"} <= {entry["name"] for entry in found}
    about = next(entry for entry in found if entry["name"] == "synonym")
    assert (about["unit"], about["default_magnitude"], about["magnitudes"]) == ("share of words", 0.1, [0.05, 0.5])
    assert "Did you mean 'text'" in augeval("list", "--modality", "texts").stderr


def test_describe_shows_documentation_parameters_unit_and_source():
    shown = augeval("describe", "smote").stdout
    assert "Parameter k_neighbors: int, default 5" in shown
    assert "Source: Chawla et al. 2002" in shown
    assert "Magnitude: pixels, usually 1 to 8; 2 if" in augeval("describe", "shift").stdout
    assert "Magnitude: degrees, usually 5 to 45, at most 180; 15 if" in augeval("describe", "rotation").stdout
    assert "lower is better" in augeval("describe", "brier").stdout
    assert "Did you mean 'smote'" in augeval("describe", "smotte").stderr


def test_a_cell_run_again_has_the_scores_of_the_ledger(here: Path):
    import pandas as pd

    cells = pd.read_parquet("reports/wine/cells.parquet")
    key, accuracy = cells.loc[cells.status == "ok", ["key", "score.accuracy"]].iloc[4]
    done = augeval("cell", key[:16], "--folder", "reports/wine")
    assert done.exit_code == 0, done.stderr
    assert "The scores are those of the ledger." in done.stdout
    found = json.loads(augeval("cell", key, "--file", "wine.yaml", "--json").stdout)
    assert found["scores"]["accuracy"] == pytest.approx(accuracy, abs=0)
    assert augeval("cell", "xyz", "--folder", "reports/wine").exit_code == 2
    assert augeval("cell", key).exit_code == 2


# imports


def test_help_and_validate_import_no_heavy_library(here: Path):
    heavy = {"torch", "sklearn", "mlflow", "pandas", "scipy", "matplotlib", "jinja2"}
    assert not imported_by("--help") & {*heavy, "numpy", "pydantic"}
    assert not imported_by("validate", "wine.yaml") & heavy


def test_plan_of_a_file_imports_neither_torch_nor_sklearn_nor_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 10},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)]
    (tmp_path / "churn.csv").write_text("\n".join(["spend,visits,left", *rows]), encoding="utf-8")
    assert augeval("init", "churn.csv").exit_code == 0
    assert "augeval" in imported_by("plan", "churn.yaml")
    assert not imported_by("plan", "churn.yaml") & {"torch", "sklearn", "mlflow"}


# code of the user's own, in a process of its own since it is imported


def test_code_is_refused_unless_the_caller_or_the_project_allows_it(mine: Path):
    refused = shell("run", "mine.yaml", "--executor", "serial", "--no-track")
    assert refused.returncode == 2
    assert "'mine:slow'" in refused.stderr
    assert "--allow-code" in refused.stderr
    assert not (mine / "reports").exists()
    assert not list(mine.glob("fitted-*"))
    assert shell("validate", "mine.yaml").returncode == 0
    planned = shell("plan", "mine.yaml")
    assert "18 cells." in planned.stdout
    assert "mine:slow, mine:wobble" in planned.stdout
    (mine / "pyproject.toml").write_text('[tool.augeval]\nallow-code = ["mine"]\n', encoding="utf-8")
    done = shell("run", "mine.yaml", "--executor", "serial", "--no-track")
    assert done.returncode == 0, done.stderr
    assert "mine:wobble" in done.stdout


def test_a_plug_in_that_breaks_a_law_stops_the_run_before_anything_is_written(mine: Path):
    text = CODE.replace("mine:wobble", "mine:shrink")
    (mine / "mine.yaml").write_text(text, encoding="utf-8")
    done = shell("run", "mine.yaml", "--allow-code", "--no-track")
    assert done.returncode == 2
    assert "shrink returned shape (2,) (row 0), wanted (30,)" in done.stderr
    assert not (mine / "reports").exists()


def test_a_module_that_cannot_be_imported_is_a_message_that_says_why(mine: Path):
    (mine / "mine.py").write_text("import augeval\n1 / 0\n", encoding="utf-8")
    done = shell("run", "mine.yaml", "--allow-code", "--no-track")
    assert done.returncode == 2
    assert "'mine:slow' cannot be imported: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr


def test_failed_cells_exit_with_four_and_the_report_is_written(mine: Path):
    text = CODE.replace("arms: [", 'arms: [{augmenter: "mine:stumble", magnitude: 1, ratio: 1}, ')
    (mine / "mine.yaml").write_text(text, encoding="utf-8")
    done = shell("run", "mine.yaml", "--allow-code", "--no-track", "--executor", "serial")
    assert done.returncode == 4, done.stderr
    assert "6 cell(s) failed" in done.stderr
    assert (mine / "reports" / "mine" / "report.html").is_file()
    assert "a stone lay in the way" in shell("status", "mine.yaml").stdout


def test_a_plug_in_that_ends_its_process_costs_its_cells_and_not_the_run(mine: Path):
    text = CODE.replace("mine:wobble", "mine:leave").replace('"mine:slow"', "logistic")
    (mine / "mine.yaml").write_text(text, encoding="utf-8")
    done = shell("run", "mine.yaml", "--allow-code", "--no-track", "--workers", "1")
    assert done.returncode == 4, done.stderr
    assert "6 cell(s) failed" in done.stderr
    assert "The worker process ended with exit code 7" in shell("status", "mine.yaml").stdout


def test_what_a_plug_in_prints_does_not_get_into_the_answer(mine: Path):
    text = CODE.replace("mine:wobble", "mine:chat").replace('"mine:slow"', "logistic").replace("seeds: 6", "seeds: 2")
    (mine / "mine.yaml").write_text(text, encoding="utf-8")
    (mine / "mine.py").write_text(f"print('hello')\n{PLUGINS}", encoding="utf-8")
    words = ("run", "mine.yaml", "--allow-code", "--no-track", "--json", "--executor")
    for done in (shell(*words, "serial"), shell(*words, "processes", "--fresh")):
        assert json.loads(done.stdout)["failed"] == 0
        assert "chatter" in done.stderr
        assert "hello" in done.stderr


@pytest.mark.slow
def test_required_tracking_that_is_lost_exits_with_five_and_costs_no_result(mine: Path):
    text = "\n".join(line for line in CODE.splitlines() if not line.startswith("tracking"))
    (mine / "mine.yaml").write_text(text, encoding="utf-8")
    words = ("run", "mine.yaml", "--allow-code", "--executor", "serial", "--require-tracking")
    done = shell(*words, MLFLOW_TRACKING_URI="http://bob:wordofmouth@127.0.0.1:9")
    assert done.returncode == 5, done.stderr
    assert "127.0.0.1:9 cannot be reached" in done.stderr
    assert done.stderr.strip().endswith("augeval sync reports/mine")
    kept = [path.read_bytes() for path in mine.rglob("*") if path.is_file()]
    assert not any(b"wordofmouth" in text for text in [*kept, done.stdout.encode(), done.stderr.encode()])
    assert (mine / "reports" / "mine" / "report.html").is_file()
    later = shell("sync", "reports/mine", "--uri", "sqlite:///mlflow.db")
    assert later.returncode == 0, later.stderr
    assert later.stdout.endswith("0 left.\n")


# signals


def started(mine: Path, *words: str) -> subprocess.Popen[str]:
    """A run whose worker is in the middle of a fit that counts: the trial of the plug-ins is over."""
    env = {**os.environ, **QUIET, "NAP": "0.4"}
    process = subprocess.Popen(
        command("run", "mine.yaml", "--allow-code", "--no-track", "--workers", "1", *words),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True,
    )  # fmt: skip
    limit = time.monotonic() + 120
    while time.monotonic() < limit and process.poll() is None:
        begun = mine / "reports" / "mine" / "ledger.sqlite"
        if begun.exists() and any(path.stat().st_mtime_ns > begun.stat().st_ctime_ns for path in mine.glob("fitted-*")):
            return process
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"no fit was seen: {process.communicate()}")


def test_ctrl_c_finishes_the_running_cells_and_the_same_command_goes_on(mine: Path):
    process = started(mine)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert "Press Ctrl-C again" in err
    assert "the same command goes on" in err
    found = json.loads(shell("status", "mine.yaml", "--json").stdout)["runs"][0]
    assert found["ok"] >= 1
    assert found["missing"] >= 1
    assert found["report"] is None
    fits = len(list(mine.glob("fitted-*")))
    done = shell("run", "mine.yaml", "--allow-code", "--no-track", "--workers", "1")
    assert done.returncode == 0, done.stderr
    # One trial fit of each arm, and then only the cells that were missing.
    assert len(list(mine.glob("fitted-*"))) - fits <= found["missing"] + 3


@pytest.mark.slow
def test_a_second_ctrl_c_stops_at_once(mine: Path):
    process = started(mine)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130


def test_a_terminated_run_says_so_with_its_exit_code_and_loses_nothing(mine: Path):
    process = started(mine)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "the same command goes on" in err
    assert shell("run", "mine.yaml", "--allow-code", "--no-track", "--workers", "1").returncode == 0

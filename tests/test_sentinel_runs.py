"""The sentinel in a whole run: silent where nothing leaks, ringing where a planted leak is, and in nobody's way."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from augeval import config, registry
from augeval.actions import status
from augeval.extend import AugmenterPlugin, DatasetPlugin, set_augmenter
from augeval.harness import Options, run
from augeval.records import records
from augeval.report import html, markdown
from augeval.report.summary import comparable, dumps
from augeval.rivals import compared
from augeval.seeds import stream
from augeval.types import Column, Dataset, Examples

BOOSTED = {"name": "hist_gradient_boosting", "max_iter": 20}
NOISE, ROWS, RARE = 10, 400, 30


def noise(number):
    """400 rows of six columns, of which 30 are called rare for no reason at all."""
    rng = stream("noise", number)
    y = np.zeros(ROWS, np.int64)
    y[rng.permutation(ROWS)[:RARE]] = 1
    columns = tuple(Column(f"c{i}", "numeric") for i in range(6))
    rows = Examples(rng.standard_normal((ROWS, 6)), y, np.arange(ROWS))
    return Dataset(f"noise{number}", "tabular", rows, ("common", "rare"), columns)


@pytest.fixture(scope="module", autouse=True)
def noises():
    for number in range(NOISE):
        name = f"noise{number}"
        plugin = DatasetPlugin(name=name, fn=lambda number=number: noise(number), modalities=("tabular",))
        registry.register("dataset", name, plugin)


def fitted_once() -> AugmenterPlugin:
    """A generator that is fitted on the first rows it meets and kept: other seeds hold these rows out."""
    kept: list[Examples] = []

    @set_augmenter("tabular", name="fitted_once")
    def generator(train, quota, *, rng):
        """Rows near those of the first training set."""
        if not kept:
            kept.append(train)
        x, parents = [], []
        for c, n in quota.items():
            known, mine = kept[0].x[kept[0].y == c], train.ids[train.y == c]
            x.append(known[rng.integers(len(known), size=n)] + 1e-6 * rng.standard_normal((n, known.shape[1])))
            parents.append(rng.choice(mine, n))
        y = np.repeat(list(quota), list(quota.values()))
        ids = np.concatenate(parents)
        return Examples(np.concatenate(x), y, ids, ids[:, None])

    return generator


def ran(folder, **said):
    study = {"dataset": "noise0", "models": BOOSTED, "seeds": 3, "confirm": False, "sentinel": True}
    metrics = {"metrics": {"primary": "roc_auc", "also": []}}
    experiment = config.of({"name": "watched", **study, **metrics, **said})
    return run(experiment, Options(out=folder, executor="serial", track=False))


@pytest.fixture(scope="module")
def silent(tmp_path_factory, session_cache):
    arms = [{"augmenter": "smote", "balance": [0.5, 1], "scope": "minority"}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        return ran(tmp_path_factory.mktemp("silent"), arms=arms)


@pytest.fixture(scope="module")
def ringing(tmp_path_factory, session_cache):
    registry.register("augmenter", "fitted_once", fitted_once())
    arms = [{"augmenter": "fitted_once", "balance": 1, "scope": "minority"}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGEVAL_CACHE", str(session_cache))
        return ran(tmp_path_factory.mktemp("ringing"), arms=arms)


def test_honest_smote_is_silent_and_says_so_in_one_line(silent):
    (sentinel,) = silent.summary["sentinels"]
    assert not sentinel["rings"]
    assert sentinel["text"].startswith("Sentinel: with permuted labels no arm finds a signal (AUC 0.")
    assert sentinel["text"] in html.render(silent.summary)
    assert "Sentinel: with permuted labels no arm finds a signal" in markdown.render(silent.summary)
    assert "leak" not in silent.summary["headline"]


def test_a_generator_that_was_fitted_once_rings_at_the_top_of_every_page(ringing):
    (sentinel,) = ringing.summary["sentinels"]
    readings = {reading["arm"]: reading for reading in sentinel["readings"]}
    assert {arm: reading["rings"] for arm, reading in readings.items()} == {
        "none": False,
        "fitted_once [minority] to 1": True,
    }
    assert readings["fitted_once [minority] to 1"]["auc"] > 0.65
    said = "Careful: labels of held-out rows leak. On noise0 with permuted labels"
    assert said in ringing.summary["headline"]
    assert ringing.summary["warnings"][0] == f"noise0: {sentinel['text']}"
    page = html.render(ringing.summary)
    assert page.index(said) < page.index('id="verdicts"')
    assert "Labels of held-out rows leak" in page
    assert said in markdown.render(ringing.summary).split("\n|")[0]
    assert said in records(ringing.summary)[0].tags["mlflow.note.content"]


def test_the_planted_leak_is_one_that_equality_with_held_out_rows_does_not_see(ringing):
    assert all(not arm["counts"].get("leaked") for arm in ringing.summary["arms"])


def test_cells_of_the_sentinel_say_nothing_of_any_arm(silent):
    summary, cells = silent.summary, silent.cells
    assert {arm["n_seeds"] for arm in summary["arms"]} == {3}  # the sentinel has five
    assert cells.permuted.sum() == 2 * 5
    assert summary["costs"]["cells"] == len(cells) == 3 * 5 + 10
    watched = {entry["arm"] for entry in summary["costs"]["by_arm"] if "permuted" in entry["arm"]}
    assert watched == {"none, labels permuted", "smote [minority] to 1, labels permuted"}
    (pair, *_) = compared(silent.folder, summary, "smote [minority] to 1", "none")
    assert pair["n_replicates"] == 3


def test_the_largest_area_goes_to_the_tracking_server(ringing):
    metrics = {name: value for name, value, _ in records(ringing.summary)[0].metrics}
    assert metrics["sentinel/auc_max"] == max(r["auc"] for r in ringing.summary["sentinels"][0]["readings"])


def test_a_run_that_lost_cells_of_the_sentinel_computes_them_again(silent):
    before = dumps(comparable(silent.summary))
    with sqlite3.connect(silent.folder / "ledger.sqlite") as db:
        lost = db.execute("SELECT count(*) FROM cell").fetchone()[0]
        db.execute("DELETE FROM cell WHERE rowid % 2 = 0")
    assert status(silent.folder).missing == lost // 2
    arms = [{"augmenter": "smote", "balance": [0.5, 1], "scope": "minority"}]
    assert dumps(comparable(ran(silent.folder, arms=arms).summary)) == before


@pytest.mark.slow
def test_no_honest_sampler_finds_a_signal_in_ten_tables_of_noise(tmp_path):
    """Labels for no reason, 30 of 400 rare: the mean area over tables is .5, where oversampling first gives .95."""
    arms = [{"augmenter": "smote", "balance": 1, "scope": "minority"}]
    studies = [{"dataset": f"noise{number}", "sentinel": False, "arms": arms} for number in range(NOISE)]
    summary = ran(tmp_path, studies=studies, dataset="noise0", arms=arms).summary
    for arm in ("none", "duplicate [minority] to 1", "smote [minority] to 1"):
        areas = [a["scores"]["roc_auc"]["mean"] for a in summary["arms"] if a["arm"] == arm]
        assert len(areas) == NOISE
        assert 0.42 < np.mean(areas) < 0.58
    assert not [verdict for verdict in summary["verdicts"] if verdict["outcome"] == "helps"]

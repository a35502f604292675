"""A whole run with a language model: a budget that runs out and a larger one, keys that are written nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import scripted
from typer.testing import CliRunner, Result

from augeval.augment.llm import fetch as fetching
from augeval.cli import app
from augeval.folders import read_experiment

SECRET = "sk-very-secret-0123456789"
THINGS = ("film", "play", "book", "song", "meal", "room", "game", "show")
GOOD = ("a lovely {} with warmth and wit", "this {} is a joy from start to end", "i adore the {} and its humour")
BAD = ("a dreary {} without any warmth", "this {} is a bore from start to end", "i regret the {} and its dullness")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with an experiment's rows, and a cache of its own."""
    rows = [f"{text.format(thing)},{label}" for thing in THINGS for label, texts in (("good", GOOD), ("bad", BAD))
            for text in texts]  # fmt: skip
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *rows]))
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.chdir(tmp_path)
    fetching._down.clear()
    return tmp_path


def experiment(place: Path, server, **params) -> Path:
    """Two doses of one arm: 24 training rows in all, one request for each of them."""
    arm = {"augmenter": "llm_paraphrase", "base_url": server.base_url, "model": "tiny", "ratio": [1, 2], **params}
    said = {
        "name": "llm", "dataset": {"file": "rows.csv", "text": "text", "label": "label"}, "models": ["tfidf_logistic"],
        "arms": [arm], "seeds": 3, "drift_rows": 1, "metrics": {"primary": "accuracy", "also": []}, "margin": 0.02,
    }  # fmt: skip
    path = place / "llm.yaml"
    path.write_text(json.dumps(said))
    return path


def run(*more: str) -> Result:
    """`augeval run` in this process, in the folder that the test stands in."""
    return CliRunner().invoke(app, ["run", "llm.yaml", "--no-track", *(more or ("--executor", "serial"))])


def summary(place: Path) -> dict:
    return json.loads((place / "reports" / "llm" / "summary.json").read_text())


def everything_written(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("executor", ["serial", pytest.param("processes", marks=pytest.mark.slow)])
def test_a_budget_runs_out_and_a_larger_one_goes_on_without_paying_a_reply_twice(place, executor):
    with scripted() as server:
        server.told(key=SECRET, fingerprint="fp_1")
        experiment(place, server, budget={"requests": 10})
        first = run("--executor", executor, "--workers", "2")
        assert first.exit_code == 4, first.stderr
        assert server.calls == 10
        found = summary(place)
        assert found["costs"]["failed"] > 0
        assert any("BudgetExhausted" in said and "10 of 10 requests" in said for said in found["warnings"])
        assert (place / "reports" / "llm" / "report.html").exists()

        # Nothing but the budget changes: the folder, its cells and their replies stay.
        experiment(place, server, budget={"requests": 15})
        assert run().exit_code == 4
        assert server.calls == 15

        experiment(place, server, budget={"requests": 500})
        last = run()
        assert last.exit_code == 0, last.stderr
        counts = server.counts()
        assert counts["calls"] == counts["answered"] == counts["rows"] <= 48
        assert summary(place)["costs"]["failed"] == 0
        arms = read_experiment(place / "reports" / "llm").studies[0].arms
        assert [arm.augmenter.params["budget"] for arm in arms] == [{"requests": 500}] * 2

        assert run().exit_code == 0
        assert server.calls == counts["calls"]
    assert not [path for path, data in everything_written(place).items() if SECRET.encode() in data]


def test_a_server_that_repeats_the_key_in_its_errors_does_not_get_it_written(place):
    with scripted() as server:
        server.told(key="another", fingerprint="fp_1")
        experiment(place, server)
        done = run()
        assert done.exit_code == 4
        (reason,) = {arm["reason"] for arm in summary(place)["arms"] if arm["augmenter"] == "llm_paraphrase"}
        assert "401: Incorrect API key provided: Bearer [key]" in reason
        assert SECRET not in done.stdout + done.stderr
        assert not [path for path, data in everything_written(place).items() if SECRET.encode() in data]

        server.told(key=SECRET)  # what failed for want of a server is tried again, however often it failed
        assert run().exit_code == 0


def test_the_report_says_why_rows_were_not_made(place):
    with scripted() as server:
        server.told(fingerprint="fp_1", faults=["refuse"] * 3 + ["talk"] * 2)
        experiment(place, server, concurrency=1)
        assert run().exit_code == 0
    (said,) = [warning for warning in summary(place)["warnings"] if " ×1 on rows made " in warning]
    assert "not made: refused" in said
    assert "not made: malformed" in said
    assert "not made: refused" in (place / "reports" / "llm" / "report.html").read_text()


def test_what_cannot_work_is_said_before_anything_is_written(place):
    with scripted() as server:
        experiment(place, server, prompt="own.j2")
        done = run()
        assert done.exit_code == 2
        assert "There is no prompt" in done.stderr
        (place / "own.j2").write_text("Write {{ n }} like {{ rwo }}")
        assert "uses 'rwo', which nobody gives it" in run().stderr
        experiment(place, server, api_key_env=SECRET)
        assert SECRET not in run().stderr
        assert not (place / "reports").exists()
        assert server.calls == 0


def test_another_prompt_under_the_same_name_is_another_experiment_for_its_cells(place):
    with scripted() as server:
        server.told(fingerprint="fp_1")
        experiment(place, server, prompt="own.j2")
        (place / "own.j2").write_text("Write {{ n }} of this, please:\n{{ row }}")
        assert run().exit_code == 0
        before = server.calls
        (place / "own.j2").write_text("Write {{ n }} of this, if you can:\n{{ row }}")
        assert run().exit_code == 0
        assert server.calls == 2 * before

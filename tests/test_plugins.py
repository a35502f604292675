"""A plug-in of ten lines works by dotted path and from an installed package; the code is that of docs/extending.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs" / "extending.md"
NAMES = {"augmenter": "shout", "model": "nearest_mean", "metric": "worst_recall", "dataset": "moons"}
EXPERIMENT = """
name: plugins
studies:
  - dataset: {dataset}
    models: [{model}]
    arms:
      - {{augmenter: {set_augmenter}, ratio: 1}}
    metrics: {{primary: {metric}, also: [accuracy]}}
    seeds: 3
  - dataset: {{file: words.csv, text: text, label: label}}
    models: [tfidf_logistic]
    arms:
      - {{augmenter: {augmenter}, magnitude: 0.5, ratio: 1}}
    metrics: {{primary: accuracy, also: [{metric}]}}
    seeds: 3
"""


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def source() -> str:
    return "\n\n".join(blocks())


def write_data(folder: Path) -> None:
    rows = [f"{'good fine' if i % 2 else 'bad poor'} thing number {i},{'up' if i % 2 else 'down'}" for i in range(60)]
    (folder / "words.csv").write_text("text,label\n" + "\n".join(rows) + "\n")


def augeval(folder: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": path, "AUGEVAL_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "augeval.cli", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: re.findall(r"def (\w+)", block)[0])
def test_each_documented_plugin_has_at_most_ten_lines(block):
    body = block[block.index("@") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [
        ("augmenter", "shout", "docstrings"), ("augmenter", "midpoint", "wine"), ("model", "nearest_mean", "wine"),
        ("metric", "worst_recall", "wine"), ("dataset", "moons", "wine"),
    ],
)  # fmt: skip
def test_each_documented_plugin_obeys_the_laws(kind, name, rows, tmp_path, monkeypatch):
    (tmp_path / "lawful_mine.py").write_text(source(), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import lawful_mine

    import augeval as library
    from augeval import registry

    library.laws.check(kind, getattr(lawful_mine, name), registry.get("dataset", rows).fn())
    sys.modules.pop("lawful_mine")


def names(prefix: str = "") -> dict[str, str]:
    quoted = {kind: f'"{prefix}{name}"' for kind, name in NAMES.items()}
    return {**quoted, "set_augmenter": f'"{prefix}midpoint"'}


def finished(folder: Path) -> dict:
    summary = json.loads((folder / "reports" / "plugins" / "summary.json").read_text())
    assert summary["costs"]["failed"] == 0
    assert summary["costs"]["ok"] == summary["costs"]["cells"] > 0
    return summary


def test_plugins_work_by_dotted_path_once_they_are_allowed(tmp_path):
    (tmp_path / "mine.py").write_text(source())
    write_data(tmp_path)
    (tmp_path / "plugins.yaml").write_text(EXPERIMENT.format(**names("mine:")))
    refused = augeval(tmp_path, "run", "plugins.yaml", "--no-track")
    assert refused.returncode == 2
    assert "--allow-code" in refused.stderr
    assert not (tmp_path / "reports").exists()
    done = augeval(tmp_path, "run", "plugins.yaml", "--no-track", "--allow-code")
    assert done.returncode == 0, done.stderr
    summary = finished(tmp_path)
    assert {verdict["family"] for verdict in summary["verdicts"]} >= {"mine:midpoint", "mine:shout"}


def test_plugins_work_from_an_installed_package_without_a_flag(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "mine.py").write_text(source())
    points = {kind: f'{name} = "mine:{name}"' for kind, name in NAMES.items()}
    points["augmenter"] += '\nmidpoint = "mine:midpoint"'
    entry = "\n".join(f'[project.entry-points."augeval.{kind}"]\n{lines}' for kind, lines in points.items())
    head = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    head += '[project]\nname = "mine"\nversion = "1"\n[tool.setuptools]\npy-modules = ["mine"]\n'
    (package / "pyproject.toml").write_text(head + entry)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(package)], check=True, timeout=120, capture_output=True)
    work = tmp_path / "work"
    work.mkdir()
    write_data(work)
    (work / "plugins.yaml").write_text(EXPERIMENT.format(**names()))
    listed = augeval(work, "list", path=str(site))
    assert all(name in listed.stdout for name in NAMES.values())
    done = augeval(work, "run", "plugins.yaml", "--no-track", path=str(site))
    assert done.returncode == 0, done.stderr
    finished(work)

"""What the documents show is what happens."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from augeval import config

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for text in re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found.append((f"{page.name}: {text.strip().splitlines()[0]}", text))
    return found


@pytest.mark.parametrize(("where", "text"), blocks("yaml"))
def test_every_experiment_shown_is_a_valid_one(where, text, tmp_path):
    for name in re.findall(r"(?:file|path): ([\w.]+)", text):  # what it names must be there; nothing reads it
        (tmp_path / name).touch()
    path = tmp_path / "shown.yaml"
    path.write_text(text)
    assert config.load(path).studies, where


@pytest.mark.parametrize(("where", "text"), blocks("toml"))
def test_every_toml_block_parses(where, text):
    assert tomllib.loads(text), where


def test_every_local_link_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_names_two_commands_for_a_fresh_machine():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_experiment_is_valid(path):
    for name in re.findall(r": (\.\./\.\./shared/data/[^\s,}]+)", path.read_text(encoding="utf-8")):
        if not (path.parent / name).exists():
            pytest.skip(f"the shared data is not here ({path.parent / name})")
    assert config.load(path).studies

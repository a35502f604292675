"""What a project allows, and what it says by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from augeval.errors import InputError
from augeval.run.environment import allowed_modules


def test_the_nearest_project_decides_which_modules_may_run(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.augeval]\nallow-code = ["outer"]\n', encoding="utf-8")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert allowed_modules(inner) == {"outer"}
    (inner / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    assert allowed_modules(inner) == frozenset()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("garbage [", "cannot be read"),
        ("name = '\udcff'", "cannot be read"),
        ('[tool.augeval]\nallow-code = "mine"', "wants a list of module names"),
        ("[tool.augeval]\nallow-code = [1]", "wants a list of module names"),
        ("[tool]\naugeval = 3", "wants a list of module names"),
    ],
)
def test_a_project_file_that_cannot_be_understood_is_named(tmp_path: Path, text: str, words: str):
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=words) as refused:
        allowed_modules(tmp_path)
    assert str(tmp_path / "pyproject.toml") in str(refused.value)

"""docs/statistics.md says what the full runs found, and shows pictures that a command draws."""

from __future__ import annotations

import re

import pytest
from page import PAGE, filled
from pictures import PICTURES, draw
from record import FOLDER


def test_no_table_of_the_page_is_older_than_what_was_found():
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text) == text


def test_every_full_run_has_its_table():
    shown = re.findall(r"<!-- table: (\w+) -->", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.stem for path in FOLDER.glob("*.json"))


def test_the_page_shows_the_pictures_that_the_command_draws():
    shown = re.findall(r"\(images/(\w+)\.svg\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(PICTURES)


@pytest.mark.parametrize("name", ["planner", "winner"])
def test_a_picture_drawn_twice_is_the_same_to_the_byte(name, tmp_path):
    (tmp_path / "again").mkdir()
    first, again = draw(name, tmp_path), draw(name, tmp_path / "again")
    assert first.read_bytes() == again.read_bytes()

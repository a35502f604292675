"""The comment: the same answer, harmless in GitHub's Markdown."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_run import made_up

from augeval.report import markdown, summary


@pytest.fixture(scope="module")
def text() -> str:
    return markdown.render(summary.build(*made_up()))


def test_the_headline_comes_first_and_every_family_has_a_row(text: str) -> None:
    assert text.startswith("**1 of 12 combinations of augmentation, model and data helps: shift for small\\_cnn")
    numbers = "+7.9 pts \\[5.1, 10.7\\] | +8.6 pts \\[7.4, 9.8\\]"
    scope = "this training pool"
    doses = "shift 2 ×4 | shift 8 ×4 | ≈ 180 rows"
    assert f"| ▲ helps, confirmed | shift | {numbers} | plain duplication | {scope} | {doses} |" in text
    assert f"| – not applicable | jitter \\[minority\\] | – | – | {scope} | – | – |" in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head(text: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 6
    widths = [{line.replace("\\|", "").count("|") for line in found.splitlines()} for found in tables]
    # "Chosen at" and "Worth", and "Effective ratio", only where a verdict has them; the last one is a fidelity panel
    assert widths == [{9}, {10}, {11}, {9}, {9}, {10}]


def test_every_verdict_says_for_what_it_holds_and_the_whole_claim_stands_once(text: str) -> None:
    rows = [line for line in text.splitlines() if line.startswith(("| ▲", "| ▼", "| =", "| ?", "| –"))]
    assert len(rows) == 18
    assert all("| this training pool |" in row for row in rows)
    assert text.count("<sub>Holds for: this training pool, new draws and test rows.</sub>") == 1


def test_a_race_stands_beside_the_facts_of_its_setting(text: str) -> None:
    (line,) = [line for line in text.splitlines() if line.startswith("**pixels")]
    assert "up to 6 seeds" in line
    assert "fitted to the end: steps do not apply" in line
    assert line.endswith("raced: 34 of 54 fits run (37 % saved); 4 arms decided early, 2 given up as futile")


def test_the_alarm_and_the_warnings_are_there(text: str) -> None:
    assert "> **This would have fooled you.**" in text
    assert "11 of 11 arms beat no augmentation here; none of them" in text
    assert "<summary>13 warnings and 1 note</summary>" in text


def test_text_from_data_makes_no_html_no_markup_and_no_mention(text: str) -> None:
    own = {"<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>", "<!-- -->"}
    assert set(re.findall(r"<[^>]*>", text)) <= own
    assert markdown.escaped("@team see #12 at https://host") == "@<!-- -->team see #<!-- -->12 at https://<!-- -->host"
    assert markdown.escaped("www.host.org GH-1") == "www.<!-- -->host.org GH-<!-- -->1"
    assert markdown.escaped("a|b `c` *d* [e](f)\n# g <b>") == "a\\|b \\`c\\` \\*d\\* \\[e\\](f) #<!-- --> g &lt;b&gt;"


@given(st.text())
def test_escaped_text_stays_on_one_line_without_a_bare_bar(value: str) -> None:
    shown = markdown.escaped(value)
    assert len(shown.splitlines()) <= 1
    assert not re.search(r"(?<!\\)(\\\\)*\|", shown)


def test_a_large_run_fits_into_a_comment() -> None:
    built = json.loads(summary.dumps(summary.build(*made_up(1))))
    built["verdicts"] = [{**v, "family": f"family{i} {'x' * 40}"} for i in range(60) for v in built["verdicts"]]
    built["warnings"] = ["w" * 2000] * 200
    text = markdown.render(built)
    assert len(text) < 65_536
    assert re.search(r"[\d,]+ more verdicts in report.html", text)
    assert "180 more warnings in report.html" in text


def test_the_same_summary_gives_the_same_bytes() -> None:
    assert markdown.render(summary.build(*made_up(1))) == markdown.render(summary.build(*made_up(1)))

"""The page: everything in its place, in words and in order, and nothing from data that is not escaped."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from made_up_run import BREAKOUT, HOSTILE, made_up

from augeval.report import html, summary

VOID = {"meta", "link", "img", "input", "col", "br", "wbr"}


class Outline(HTMLParser):
    """Tags that are open and closed in order, all ids, all visible text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return summary.build(*made_up())


@pytest.fixture(scope="module")
def page(built: dict[str, Any]) -> str:
    return html.render(built)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def said(outline: Outline) -> str:
    return " ".join(" ".join(outline.text).split())


def test_it_is_one_well_formed_page_of_modest_size(page: str, outline: Outline) -> None:
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert 40_000 < len(page.encode()) < 300_000


def test_the_same_summary_gives_the_same_bytes_also_when_read_back(built: dict[str, Any], page: str) -> None:
    assert html.render(json.loads(summary.dumps(built))) == page


def test_the_answer_comes_first_and_the_sections_in_order(page: str) -> None:
    order = [
        "<h1",
        "1 of 12 combinations",
        'id="verdicts"',
        "This would have fooled you",
        'id="arms"',
        'id="curves"',
        'id="drift"',
        'id="examples"',
        'id="warnings"',
        'id="provenance"',
        'id="cost"',
        "<script>",
    ]
    places = [
        page.index(f"{part}") if part.startswith("<") or "=" not in part else page.index(f"<section {part}")
        for part in order
    ]
    assert places == sorted(places)


def test_script_and_style_are_those_that_the_policy_names_and_there_are_no_others(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    allowed = policy[1].replace("&#39;", "'")
    assert allowed.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in allowed
    assert "unsafe" not in allowed


def test_nothing_from_data_becomes_markup(outline: Outline) -> None:
    assert sum(tag == "script" for tag, _ in outline.tags) == 1
    for tag, attributes in outline.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert not (attributes.get("href") or "#").startswith(("http", "javascript")), tag
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/png;base64,")
    assert HOSTILE in said(outline)  # it is shown, as the text that it is
    assert BREAKOUT[:60] in said(outline)


def test_hidden_characters_are_shown(page: str) -> None:
    assert "\u202e" not in page
    assert "⟨U+202E⟩" in page
    page.encode("utf-8")  # a lone surrogate could not be written


def test_every_verdict_has_colour_and_word_and_icon(outline: Outline) -> None:
    pills = {(attributes.get("class") or "") for tag, attributes in outline.tags if tag == "span"}
    for outcome, icon, word in (
        ("helps", "▲", "helps"),
        ("harms", "▼", "harms"),
        ("inconclusive", "?", "inconclusive"),
        ("equivalent", "=", "equivalent"),
        ("not_applicable", "–", "not applicable"),
    ):
        assert f"pill {outcome}" in pills
        assert f"{icon} {word}" in said(outline)


def test_the_verdict_table_says_gain_interval_contrast_and_doses(outline: Outline) -> None:
    text = said(outline)
    gains = "+7.9 pts [5.1, 10.7] shift 2 ×4 over plain duplication chosen at +8.6 pts [7.4, 9.8] worth ≈ 180 rows"
    assert f"▲ helps confirmed for this training pool shift {gains} shift 2 ×4 shift 8 ×4" in text
    assert "beats plain duplication of as many rows on every seed." in text
    assert "jitter [minority] not measured" in text


def test_the_alarm_says_how_many_arms_would_have_fooled_the_reader(outline: Outline) -> None:
    assert "11 of 11 arms beat no augmentation here; none of them beats plain duplication" in said(outline)


def test_tables_have_scopes_figures_have_titles_and_headings_do_not_skip(outline: Outline) -> None:
    heads = [attributes for tag, attributes in outline.tags if tag == "th"]
    assert all(attributes.get("scope") in ("col", "colgroup", "row") for attributes in heads)
    figures = [attributes for tag, attributes in outline.tags if tag == "svg"]
    assert all(a.get("aria-hidden") == "true" or (a.get("role") == "img" and a.get("aria-labelledby")) for a in figures)
    assert all(attributes.get("alt") for tag, attributes in outline.tags if tag == "img")
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_what_is_not_there_has_no_section() -> None:
    experiment, results, _judgements, provenance = made_up(1)
    bare = [r for r in results if r.cell.arm.label == "none"]
    page = html.render(summary.build(experiment, bare, [], provenance))
    assert 'id="curves"' not in page
    assert 'id="examples"' not in page
    assert "No verdict: nothing could be compared here." in page
    empty = html.render(summary.build({"name": "e", "config_digest": "", "studies": []}, [], [], {}))
    assert Outline(empty).open == []


def test_a_headline_of_another_version_stands_as_it_was_written(built: dict[str, Any]) -> None:
    page = html.render({**built, "headline": "As it was."})
    assert ">As it was.</h1>" in page


def many(built: dict[str, Any], copies: int) -> dict[str, Any]:
    """The same run with every dataset, and so everything else, many times over."""
    grown = json.loads(summary.dumps(built))
    grown["experiment"]["studies"] = []
    for kind in ("arms", "comparisons", "verdicts", "curves", "alarms", "races", "samples"):
        grown[kind] = []
    for i in range(copies):
        again = json.loads(
            summary.dumps(built).replace("digits_canvas", f"digits{i}").replace("docstrings", f"texts{i}")
        )
        again = json.loads(json.dumps(again).replace("breast_cancer_rare", f"table{i}"))
        grown["experiment"]["studies"] += again["experiment"]["studies"]
        for kind in ("arms", "comparisons", "verdicts", "curves", "alarms", "races", "samples"):
            grown[kind] += again[kind]
    return grown


def test_hundreds_of_arms_stay_readable_and_what_is_left_out_is_counted(built: dict[str, Any]) -> None:
    grown = many(built, 6)
    assert len(grown["arms"]) > 350
    page = html.render(grown)
    text = said(Outline(page))
    assert len(page.encode()) < 1_600_000
    assert "6 more settings are in the table below and in summary.json." in text  # 6 × 5 settings, 24 shown
    assert "402 more lines are in summary.json." in text  # 6 × 117 lines, 300 shown
    assert "more curves are in summary.json" in text
    assert "22 more settings are in summary.json." in text  # 30 scatters, 8 shown
    assert "more examples are left out here." in text


def test_a_metric_without_an_upper_bound_is_shown_in_its_own_unit(built: dict[str, Any]) -> None:
    changed = json.loads(summary.dumps(built))
    for study in changed["experiment"]["studies"]:
        study["metrics"]["about"]["balanced_accuracy"]["bounds"] = [0.0, None]
    text = said(Outline(html.render(changed)))
    assert "+0.086 [0.074, 0.098]" in text
    assert " pts" not in text.split("How to read this")[1].split("Find")[0].split("embedding_logistic")[1]


def test_a_verdict_does_not_repeat_its_numbers_as_its_reason(built: dict[str, Any]) -> None:
    changed = json.loads(summary.dumps(built))
    (shift,) = [
        v
        for v in changed["verdicts"]
        if (v["family"], v["model"], v["metric"]) == ("shift", "small_cnn", "balanced_accuracy")
    ]
    shift["reasons"] = [
        "Helps: +8.6 points [7.4, 9.8] against copies.",
        "shift 2 ×4 is the smallest good dose.",
        "More.",
    ]
    text = said(Outline(html.render(changed)))
    gain = "Helps: +8.6 points [7.4, 9.8] against copies."
    on_request = f"more {gain} shift 2 ×4 is the smallest good dose. More. {shift['worth_note']}"
    assert f"shift 8 ×4 {shift['confirmation']} {on_request}" in text  # fresh rows are the first thing to know
    shift |= {"confirmed_gain": None, "confirmation": ""}
    text = said(Outline(html.render(changed)))
    assert f"shift 8 ×4 shift 2 ×4 is the smallest good dose. more {gain} More." in text


def test_a_control_that_gains_much_does_not_flatten_the_dose_curves(built: dict[str, Any]) -> None:
    # Duplication gains 8.1 points on the untuned head; its arms gain 0.1 ± 1.2 beyond it, and so their axis ends at 2.
    page = html.render(built)
    (panel, *_) = [p for p in page.split("<figure") if "synonym ×4" in p and "tune=False" in p]
    assert "+2</text>" in panel
    assert "+5</text>" not in panel

"""The page in a real browser: wide and narrow, with and without script, asking nobody for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from made_up_imbalance import made_up as made_up_imbalance
from made_up_run import made_up

from augeval.report import html, summary

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (1280, 400)


@dataclass
class Seen:
    """What the browser said and asked for while a page was open."""

    page: Any
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html.render(summary.build(*made_up())), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: the page was not opened"
    )
    if CHROMIUM is None:
        pytest.skip("No Chromium was found (chromium, chromium-browser, google-chrome): the page was not opened.")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def opened(browser: Any, address: str, **settings: Any) -> Seen:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
    seen = Seen(context.new_page())
    seen.page.on("console", lambda message: seen.console.append(message.text))
    seen.page.on("pageerror", lambda error: seen.console.append(str(error)))

    def record(route: Any) -> None:
        seen.requests.append(route.request.url)
        route.continue_()

    context.route("**/*", record)
    seen.page.goto(address)
    return seen


def names(page: Any) -> list[str]:
    found: list[str] = page.locator("#arms tbody tr:visible th").all_inner_texts()
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_opens_without_an_error_or_a_request_and_never_scrolls_sideways(
    browser: Any, address: str, width: int, colours: str
) -> None:
    seen = opened(browser, address, viewport={"width": width, "height": 900}, color_scheme=colours)
    for fold in seen.page.locator("details").all():
        fold.evaluate("fold => fold.open = true")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.console == []
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
    assert seen.page.locator("img").evaluate_all("all => all.every(image => image.naturalWidth > 0)")
    assert seen.page.evaluate("document.styleSheets[0].cssRules.length") > 100  # the policy let the style in
    seen.page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_answer_and_the_first_verdict_are_on_the_first_screen(browser: Any, address: str, width: int) -> None:
    seen = opened(browser, address, viewport={"width": width, "height": 900})
    for place in ("h1", ".tally", ".verdicts .pill"):
        box = seen.page.locator(place).first.bounding_box()
        assert box["y"] + box["height"] < 900, place
        assert box["x"] + box["width"] <= width, place
    seen.page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_order_decisions_and_probabilities_scroll_inside_their_box_alone(
    browser: Any, tmp_path: Path, width: int, colours: str
) -> None:
    path = tmp_path / "rare.html"
    path.write_text(html.render(made_up_imbalance()), encoding="utf-8")
    seen = opened(browser, path.as_uri(), viewport={"width": width, "height": 900}, color_scheme=colours)
    for fold in seen.page.locator("details").all():
        fold.evaluate("fold => fold.open = true")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.console == []
    box = seen.page.locator("#imbalance .scroll").first
    assert box.evaluate("box => box.clientWidth") <= width
    box.evaluate("box => box.scrollLeft = 200")
    arm = seen.page.locator("#imbalance tbody th").first.bounding_box()
    assert abs(arm["x"] - box.bounding_box()["x"]) <= 2  # the arm stays in sight
    colour = "mark => getComputedStyle(mark).color"
    found = seen.page.locator("#imbalance .parts .harms").first.evaluate(colour)
    assert found == {"light": "rgb(184, 67, 11)", "dark": "rgb(255, 157, 102)"}[colours]
    seen.page.context.close()


def test_a_click_sorts_numbers_from_the_largest_and_again_from_the_smallest(browser: Any, address: str) -> None:
    page = opened(browser, address).page
    before = names(page)
    head = page.get_by_role("button", name="Over duplication")
    head.click()
    assert page.locator("#arms th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert names(page)[0] == "shift 2 ×4"
    assert names(page)[-1] not in ("shift 2 ×4", "rotate 90 ×4")  # lines without a gain stay last
    head.click()
    assert page.locator("#arms th[aria-sort]").get_attribute("aria-sort") == "ascending"
    assert names(page)[0] == "rotate 90 ×4"
    assert sorted(names(page)) == sorted(before)
    page.get_by_role("button", name="Arm").click()
    assert names(page)[0].startswith("class_weight")
    page.context.close()


def test_the_filters_narrow_the_table_together_and_say_how_far(browser: Any, address: str) -> None:
    page = opened(browser, address).page
    page.locator(".filter input").fill("shift small_cnn")
    page.locator('select[data-filter="metric"]').select_option("balanced_accuracy")
    assert names(page) == ["shift 1 ×4", "shift 2 ×4", "shift 4 ×4", "shift 8 ×4"]
    page.locator('select[data-filter="outcome"]').select_option("harms")
    assert names(page) == ["shift 8 ×4"]
    assert page.locator(".filter output").inner_text() == "1 of 117 lines"
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_without_script_everything_is_readable_and_nothing_useless_is_shown(
    browser: Any, address: str, width: int
) -> None:
    seen = opened(browser, address, java_script_enabled=False, viewport={"width": width, "height": 900})
    page = seen.page
    assert page.locator(".filter").is_hidden()
    assert page.locator("#arms tbody tr").count() == 117
    assert page.locator("#arms thead button").count() == 0
    assert page.locator("svg.fig").first.is_visible()
    assert page.locator(".heat td .cell").first.is_visible()
    page.locator("#verdicts .how summary").click()
    assert page.locator("#verdicts .how dl").is_visible()
    assert seen.console == []
    page.context.close()


def test_the_policy_stops_what_would_get_past_the_escaping(browser: Any, tmp_path: Path) -> None:
    page = html.render(summary.build(*made_up(1)))
    attack = '<img src="x" onerror="document.title=1"><script>document.title=2</script><p style="color:red">x</p>'
    path = tmp_path / "attacked.html"
    path.write_text(page.replace("<main>", f"<main>{attack}"), encoding="utf-8")
    seen = opened(browser, path.as_uri())
    assert seen.page.title() == "quickstart · augeval"
    assert sum("Content Security Policy" in message for message in seen.console) >= 3
    seen.page.context.close()


def test_the_colours_of_the_figures_follow_dark_mode(browser: Any, address: str) -> None:
    colour = "mark => getComputedStyle(mark).fill"
    found = []
    for scheme in ("light", "dark"):
        page = opened(browser, address, color_scheme=scheme).page
        found.append(page.locator('svg.fig use[fill="#00795f"]').first.evaluate(colour))
        page.context.close()
    assert found == ["rgb(0, 121, 95)", "rgb(67, 201, 162)"]


def test_the_cells_of_two_doses_are_shaded_and_their_numbers_fit(browser: Any, address: str) -> None:
    page = opened(browser, address, viewport={"width": 400, "height": 900}).page
    found = page.locator(".heat tbody td")
    assert found.count() == 16  # synonym, 4 magnitudes x 2 ratios, for two models
    assert found.evaluate_all("cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth)")
    ground = "cell => getComputedStyle(cell).backgroundColor"
    assert page.locator(".shades .shade-4").first.evaluate(ground) == "rgb(233, 138, 86)"
    assert page.locator(".shades .shade\\+4").first.evaluate(ground) == "rgb(91, 184, 159)"
    page.context.close()

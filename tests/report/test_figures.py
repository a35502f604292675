"""Figures: static, the same bytes each time, free of everything that a strict page refuses."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from augeval.report import figures
from augeval.report.figures import COLOURS, Dose, Extent, Marks, Point
from augeval.report.svg import draw

DOSES = [
    Dose(1, 8.2, 6.9, 9.4, 7.0, "helps"),
    Dose(2, 8.6, 7.0, 9.9, 8.0, "helps"),
    Dose(4, 0.6, None, 2.6, 3.0, "inconclusive"),
    Dose(8, -3.0, -4.0, -1.0, -2.0, "harms"),
]
SHOWN = Extent(-6.0, 11.0)


def curve(name: str = "c0", title: str = "shift") -> str:
    return figures.dose_curve(DOSES, SHOWN, 1.0, Marks(2.0, 8.0, (6.8, 4.5, math.inf)), name, title)


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_same_figure_is_the_same_bytes() -> None:
    assert curve() == curve()


def test_drawing_leaves_matplotlibs_settings_alone() -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "path", "font.size": 31.0}):
        before = dict(matplotlib.rcParams)
        inside = curve()
        assert dict(matplotlib.rcParams) == before
    assert inside == curve()  # and a user's own settings do not reach the figure


def test_nothing_in_it_needs_an_inline_style_a_script_or_another_file() -> None:
    svg = curve()
    for word in ("style", "<script", "http", "<metadata", "<!DOCTYPE", "xlink"):
        assert word not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_ids_belong_to_the_figure_and_every_reference_meets_one() -> None:
    svg = curve("c7")
    ids = re.findall(r' id="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("c7-") for name in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) <= set(ids)
    assert not set(ids) & set(re.findall(r' id="([^"]+)"', curve("c8")))


def test_a_title_from_data_is_escaped() -> None:
    svg = curve(title="</title><script>alert(1)</script>")
    assert "<script>" not in svg
    assert ElementTree.fromstring(svg)[0].text == "</title><script>alert(1)</script>"


def test_doses_are_labelled_and_gains_have_a_true_minus_sign() -> None:
    assert texts(curve()) == ["1", "2", "4", "8", "−5", "0", "+5", "+10"]


def test_every_colour_of_a_figure_is_one_that_the_style_sheet_can_change() -> None:
    from augeval.report.html import TEMPLATES

    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', curve()))
    assert used <= set(COLOURS.values())
    for colour in used:
        assert f'[fill="{colour}"]' in style


@pytest.mark.parametrize(
    ("doses", "geometric"),
    [
        ([1, 2, 4, 8], True),
        ([5, 10, 20, 45, 90], True),
        ([0.05, 0.1, 0.2, 0.4], True),
        ([1, 2, 3, 4, 5], False),
        ([0, 1, 2, 4], False),  # no logarithm of zero
        ([1, 16], False),
    ],
)
def test_doses_that_step_by_factors_are_placed_by_factor(doses: list[float], geometric: bool) -> None:
    place = figures._placing(doses)
    steps = np.diff([place(dose) for dose in doses])
    even_logs = geometric and np.allclose(steps, np.diff(np.log(doses)))
    even_values = not geometric and np.allclose(steps, np.diff(doses))
    assert even_logs or even_values


@pytest.mark.parametrize("n", [2, 40, 200])
def test_labels_of_many_doses_do_not_touch(n: int) -> None:
    doses = [Dose(0.05 + 0.001 * i, 0.0, -1.0, 1.0, None, "inconclusive") for i in range(n)]
    svg = figures.dose_curve(doses, Extent(-2, 2), 1.0, Marks(), "c", "many")
    found = re.findall(
        r'<text x="([\d.]+)" y="[\d.]+" fill="#6b7280" text-anchor="middle" font-size="8">([\d.]+)<', svg
    )
    places = [(float(x), 4.9 * len(label)) for x, label in found]
    assert found[-1][1] == f"{doses[-1].dose:g}"
    for (left, width), (right, other) in itertools.pairwise(places):
        assert left + width / 2 < right - other / 2


def test_doses_without_a_gain_leave_a_gap_and_a_single_value_is_drawn() -> None:
    doses = [Dose(1, None, None, None, None, "inconclusive"), Dose(2, 1.0, None, None, None, "inconclusive")]
    svg = figures.dose_curve(doses, Extent(-2, 2), None, Marks(), "c", "gap")
    assert svg.count("<use") == 3  # one mark and two arrows: its interval has no end


class TestFall:
    """Doses 1 and 10 by their logarithm: 0.11 of 236 points is the left edge, and half of the figure is dose √10."""

    @staticmethod
    def thick(fall: tuple[float | None, float, float] | None) -> list[tuple[float, float]]:
        doses = [Dose(d, g, g - 1, g + 1, g, "inconclusive") for d, g in ((1, 2.0), (10**0.5, 1.0), (10, -2.0))]
        svg = figures.dose_curve(doses, Extent(-4, 4), 1.0, Marks(fall=fall), "c", "fall")
        (line,) = re.findall(r'd="M ([\d.]+) [\d.]+ ?L ([\d.]+) [\d.]+"[^>]*stroke-width="2.6"', svg) or [("0", "0")]
        return [(float(line[0]), float(line[1]))]

    def test_its_interval_lies_on_the_zero_line_between_its_ends(self) -> None:
        ((left, right),) = self.thick((5.0, 10**0.5, 10.0))
        middle = 236 * (0.11 + 0.88 / 2)
        assert left == pytest.approx(middle, abs=0.02)
        assert right == pytest.approx(236 * (0.11 + 0.88 * 1.12 / 1.24), abs=0.02)

    def test_open_ends_reach_the_edge_of_the_figure(self) -> None:
        ((left, right),) = self.thick((0.0, 0.0, math.inf))
        assert (left, right) == pytest.approx((236 * 0.11, 236 * 0.99), abs=0.02)

    def test_nothing_is_drawn_where_nothing_is_known(self) -> None:
        assert self.thick(None) == [(0.0, 0.0)]


class TestExtent:
    def test_it_holds_zero_the_band_and_every_gain(self) -> None:
        shown = figures.extent([3.0, 5.0], [2.0, 6.0], 1.0)
        assert shown.low < -2.0
        assert shown.high > 6.0

    def test_a_huge_interval_does_not_flatten_the_gains(self) -> None:
        shown = figures.extent([1.0, 2.0], [-500.0, 500.0], 1.0)
        assert shown.high - shown.low < 30

    def test_nothing_measured_still_has_an_extent(self) -> None:
        shown = figures.extent([], [], None)
        assert shown.low < 0 < shown.high


def test_letters_of_the_scatter_do_not_stand_on_each_other() -> None:
    points = [Point(0.5, 1.0, 0.0, 2.0, "equivalent", i, chr(65 + i)) for i in range(4)]
    offsets = [offset for _, offset in figures._label_places(points, Extent(-5, 5), 0.5)]
    assert len(set(offsets)) == 4
    svg = figures.drift_against_gain(points, Extent(-5, 5), 1.0, "d", "four")
    assert [text for text in texts(svg) if text in "ABCD"] == ["A", "B", "C", "D"]


def test_drifts_that_are_all_zero_can_be_drawn() -> None:
    points = [Point(0.0, 1.0, 0.0, 2.0, "equivalent", 0, "A"), Point(0.0, 2.0, None, None, "helps", 0, "")]
    assert figures.drift_against_gain(points, Extent(-5, 5), 1.0, "d", "flat").startswith("<svg")


def test_a_dollar_sign_is_no_formula() -> None:
    svg = draw(lambda figure: figure.text(0.5, 0.5, "$x_1$"), (100, 50), "t", "x")
    assert texts(svg) == ["$x_1$"]

"""Two doses at once: which families have a grid, where each arm stands in it, and how its cell looks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from augeval.report import heatmap
from augeval.report.html import TEMPLATES
from augeval.report.settings import Setting

GAINS = {(0.1, 1.0): 0.03, (0.1, 4.0): 0.04, (0.2, 1.0): 0.002, (0.2, 4.0): -0.08}
OUTCOMES = {0.03: "inconclusive", 0.04: "helps", 0.002: "equivalent", -0.08: "harms"}


def label(magnitude: float, ratio: float, family: str = "synonym") -> str:
    return f"{family} {magnitude:g} ×{ratio:g}"


def arm(magnitude: float | None, ratio: float | None, family: str = "synonym") -> dict[str, Any]:
    name = label(magnitude or 0, ratio or 0, family)
    return {
        "arm": name, "family": family, "augmenter": family, "magnitude": magnitude, "ratio": ratio, "balance": None,
        "is_control": False,
    }  # fmt: skip


def comparison(name: str, gain: float, outcome: str) -> dict[str, Any]:
    ends = {"low": gain - 0.01, "high": gain + 0.01}
    return {"arm": name, "contrast": "duplicate", "mean_diff": gain, "outcome": outcome, **ends}


def curve(fixed: str, too_much: float | None) -> dict[str, Any]:
    arms = [label(m, float(fixed[1:])) for m in (0.1, 0.2)]
    return {"family": "synonym", "axis": "magnitude", "doses": [0.1, 0.2], "arms": arms, "too_much": too_much}


def setting(**changes: Any) -> Setting:
    made = Setting(
        dataset="reviews",
        model="logistic",
        train_size=100,
        study={"margin": 0.01, "units": {"synonym": "share of words"}},
        metric="accuracy",
        points=True,
        arms=[arm(m, r) for m, r in GAINS],
        verdicts=[{"family": "synonym", "recommended": label(0.1, 4), "decided_by": label(0.1, 4)}],
        others=[],
        comparisons=[comparison(label(*at), gain, OUTCOMES[gain]) for at, gain in GAINS.items()],
        comparisons_of_others=[],
        curves=[curve("×1", None), curve("×4", 0.2)],
        alarms=[],
    )
    return replace(made, **changes)


def only(**changes: Any) -> heatmap.HeatMap:
    ((found,), _) = heatmap.heat_maps([setting(**changes)])
    return found


def test_magnitude_goes_down_and_ratio_across_with_their_units() -> None:
    found = only()
    assert (found.down, found.across) == ("magnitude (share of words)", "ratio (synthetic rows per real row)")
    assert found.columns == ("×1", "×4")
    assert [dose for dose, _ in found.rows] == ["0.1", "0.2"]
    assert [[cell.arm for cell in cells] for _, cells in found.rows] == [
        ["synonym 0.1 ×1", "synonym 0.1 ×4"],
        ["synonym 0.2 ×1", "synonym 0.2 ×4"],
    ]


def test_a_cell_says_its_gain_with_its_sign_and_what_is_shown() -> None:
    cells = [cell for _, row in only().rows for cell in row]
    assert [(cell.gain, cell.icon, cell.word) for cell in cells] == [
        ("+3.0", "?", "inconclusive"),
        ("+4.0", "▲", "helps"),
        ("+0.2", "=", "equivalent"),
        ("−8.0", "▼", "harms"),
    ]
    assert cells[3].interval == "[−9.0, −7.0] pts"


def test_the_recommended_arm_is_ringed_and_what_is_too_much_on_a_ladder_is_marked() -> None:
    cells = [cell for _, row in only().rows for cell in row]
    assert [cell.recommended for cell in cells] == [False, True, False, False]
    assert [cell.too_much for cell in cells] == [False, False, False, True]


def test_what_is_too_much_elsewhere_in_the_grid_is_not_marked() -> None:
    elsewhere = [{"family": "synonym", "recommended": label(0.1, 1), "decided_by": label(0.1, 1)}]
    assert not any(cell.too_much for _, row in only(verdicts=elsewhere).rows for cell in row)


def test_shades_are_counted_from_zero_in_quarters_of_the_largest_gain_or_loss() -> None:
    shades = [cell.shade for _, row in only().rows for cell in row]
    assert shades == ["shade+2", "shade+2", "shade0", "shade-4"]  # 3/8 and 4/8 of 4 are 1.5 and 2; 0.2/8 is nothing
    assert only().scale[0] == ("shade-4", "−8.0")
    assert only().scale[4] == ("shade0", "0")
    assert only().scale[-1] == ("shade+4", "+8.0")


def test_noise_inside_the_margin_is_not_painted_as_if_it_were_much() -> None:
    tiny = [comparison(label(*at), gain / 20, "inconclusive") for at, gain in GAINS.items()]
    cells = [cell for _, row in only(comparisons=tiny).rows for cell in row]
    assert {cell.shade for cell in cells} == {"shade0", "shade-1"}  # -0.4 points of twice the margin


def test_an_arm_that_was_not_run_or_not_measured_leaves_its_place_empty() -> None:
    arms, comparisons = [arm(m, r) for m, r in list(GAINS)[:3]], [comparison(label(0.1, 1), 0.03, "helps")]
    ((_, first), (_, second)) = only(arms=arms, comparisons=comparisons).rows
    assert second[1] is None
    assert (first[1].gain, first[1].interval, first[1].shade) == ("–", "not measured", "")


@pytest.mark.parametrize(
    "doses",
    [
        [(0.1, 1.0), (0.2, 1.0), (0.4, 1.0)],  # one ladder
        [(0.1, 1.0), (0.2, 4.0)],  # a diagonal: no dose has a neighbour on either axis
        [(0.1, None), (0.2, None)],
        [(None, 1.0), (None, 4.0)],
    ],
)
def test_doses_that_form_no_grid_have_no_map(doses: list[tuple[float | None, float | None]]) -> None:
    assert heatmap.heat_maps([setting(arms=[arm(m, r) for m, r in doses])]) == ([], 0)


def test_maps_beyond_the_first_dozen_are_counted() -> None:
    found, left_out = heatmap.heat_maps([setting()] * 15)
    assert (len(found), left_out) == (12, 3)


class TestColours:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")

    def test_the_style_sheet_knows_every_shade(self) -> None:
        for shade in heatmap.SHADES:
            assert f".{shade.replace('+', chr(92) + '+')} {{" in self.style

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_numbers_can_be_read_on_every_shade(self, scheme: str) -> None:
        """At least 4.5 : 1, the contrast that WCAG 2.2 asks of text."""
        block = self.style.split("@media (prefers-color-scheme: dark)")[scheme == "dark"]
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block.split("* { box-sizing")[0]))
        ink = luminance(colours["ink"])
        for name in ["band", *(f"{kind}{i}" for kind in ("loss", "gain") for i in range(1, 5))]:
            dark, light = sorted([ink, luminance(colours[name])])
            assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

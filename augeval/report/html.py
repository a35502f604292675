"""summary -> report.html: one page that needs no network, no script and no trust in the rows that it shows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augeval.report import (
    across,
    beliefs,
    caveats,
    charts,
    examples,
    headline,
    heatmap,
    imbalance,
    origin,
    panels,
    sentinels,
    view,
    wording,
)
from augeval.report.settings import Entry, Setting, settings
from augeval.types import Json

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render"]

SETTINGS = 24  # whose verdicts are shown in full
FAMILIES_WITH_EXAMPLES = 8  # of one dataset
EXAMPLES = 3  # of one family
PICTURES = 1_000_000  # characters of all pictures together
COSTLY = 8  # arms
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Card:
    """A setting's verdicts with the small interval of each."""

    view: view.SettingView
    whiskers: tuple[charts.Whisker | None, ...]
    marks: tuple[str, ...]  # outcomes, of the same figure as the small interval


@dataclass(frozen=True)
class Family:
    """Examples of one family on one dataset, the worst drift first."""

    dataset: str
    family: str
    examples: tuple[examples.Example, ...]


def render(built: Mapping[str, Json]) -> str:
    """The page of a summary.

    Args:
        built: as `summary.build` makes it, or as summary.json holds it.

    Returns:
        A self-contained HTML page; the same summary gives the same bytes.
    """
    found = settings(built)
    style, script = (_template_text(name) for name in ("report.css", "report.js"))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = _page(built, found)
    return _template().render(page | {"policy": policy, "style": _markup(style), "script": _markup(script)})


def _page(built: Mapping[str, Any], found: Sequence[Setting]) -> dict[str, Any]:
    sentences = headline.parts(built)
    if " ".join(sentences) != built["headline"]:  # of another version: what was written then stands
        sentences = [built["headline"]]
    rows, rows_left_out = view.rows(found)
    grids, grids_left_out = heatmap.heat_maps(found)
    curves, curves_left_out = charts.curve_charts(found)
    parts, parts_left_out = imbalance.panels(found)
    scatters, scatters_left_out = charts.scatter_charts(found)
    families, examples_left_out = _examples(built["samples"])
    fidelity, fidelity_left_out = panels.panels(built)
    costs, notes = built["costs"], set(caveats.notes(built["experiment"]["studies"]))
    return {
        "built": built,
        "name": built["experiment"]["name"],
        "answer": sentences[0],
        "more": sentences[1:],
        "tally": view.tally(found),
        "cards": [_card(setting) for setting in found[:SETTINGS]],
        "sentinels": list(zip(sentinels.rung(built), sentinels.lines(built), strict=True)),
        "settings_left_out": max(0, len(found) - SETTINGS),
        "across": across.tables(built),
        "how_across": across.how_to_read(built),
        "imbalance": [{**vars(part), "curves": [_with_svg(c) for c in part.curves]} for part in parts],
        "imbalance_left_out": parts_left_out,
        "rows": rows,
        "rows_left_out": rows_left_out,
        "heatmaps": grids,
        "heatmaps_left_out": grids_left_out,
        "curves": [_with_svg(chart) for chart in curves],
        "curves_left_out": curves_left_out,
        "scatters": [_with_svg(chart) for chart in scatters],
        "scatters_left_out": scatters_left_out,
        "fidelity": fidelity,
        "fidelity_left_out": fidelity_left_out,
        "fidelity_heads": panels.HEADS,
        "fidelity_no_verdict": panels.NO_VERDICT,
        "families": families,
        "examples_left_out": examples_left_out + built.get("left_out", {}).get("samples", 0),
        "warnings": [sentence for sentence in built["warnings"] if sentence not in notes],
        "notes": [sentence for sentence in built["warnings"] if sentence in notes],
        "run_facts": origin.run_facts(built),
        "study_facts": [(s["dataset"]["name"], origin.study_facts(s)) for s in built["experiment"]["studies"]],
        "packages": origin.packages(built),
        "costly": sorted(costs["by_arm"], key=lambda arm: -arm["seconds"])[:COSTLY],
        "arms_left_out": max(0, len(costs["by_arm"]) - COSTLY),
        "whisker_box": charts.WHISKER,
    }


def _card(setting: Setting) -> Card:
    shown = charts.extent_of(setting)
    made = view.setting_view(setting)
    verdicts = setting.verdicts[: len(made.verdicts)]
    quoted = [{**verdict, **beliefs.quoted(verdict)} for verdict in verdicts]
    marks = [(beliefs.standing(v) and v["confirmed_outcome"]) or v["outcome"] for v in verdicts]
    return Card(made, tuple(charts.whisker(verdict, setting, shown) for verdict in quoted), tuple(marks))


def _with_svg(chart: charts.Chart) -> dict[str, Any]:
    return {**vars(chart), "svg": _markup(chart.svg)}


def _examples(samples: Sequence[Entry]) -> tuple[list[Family], int]:
    """A few rows of each family, families with the worst drift first; and how many rows are left out."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for sample in samples:  # worst drift first within a dataset
        groups.setdefault((sample["dataset"], sample["family"]), []).append(sample)
    families, shown, room, per_dataset = [], 0, PICTURES, dict.fromkeys((d for d, _ in groups), 0)
    for (dataset, family), own in groups.items():
        picked, used = _picked(own, room) if per_dataset[dataset] < FAMILIES_WITH_EXAMPLES else ([], 0)
        if picked:
            families.append(Family(dataset, family, tuple(examples.example(sample) for sample in picked)))
            per_dataset[dataset] += 1
        room -= used
        shown += len(picked)
    return families, len(samples) - shown


def _picked(samples: Sequence[Entry], room: int) -> tuple[list[Entry], int]:
    """The worst rows, one per arm first, and one that was drawn at random; pictures while there is room for them."""
    worst = [s for s in samples if s["kind"] != "random"]
    random = [s for s in samples if s["kind"] == "random"][: 1 if worst else EXAMPLES]
    first_of_arm = list({s["arm"]: s for s in reversed(worst)}.values())[::-1]
    ordered = first_of_arm + [s for s in worst if not any(s is other for other in first_of_arm)]
    picked, used = [], 0
    for sample in [*ordered[: EXAMPLES - len(random)], *random]:
        size = len(str(sample["parent"])) + len(str(sample["child"]))
        if used + size <= room:
            picked.append(sample)
            used += size
    return picked, used


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _markup(text: str) -> Any:  # markupsafe.Markup, which is imported where it is needed
    from markupsafe import Markup

    return Markup(text)  # our own style, script and figures; nothing that came from data


@cache
def _template_text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("count", "duration", "score")
    environment.filters.update({name: getattr(wording, name) for name in names}, breakable=_breakable)
    return environment.get_template("report.html.j2")


def _breakable(text: str) -> Any:  # Markup
    """A name that may break after an underscore rather than anywhere."""
    from markupsafe import escape

    return _markup("_<wbr>").join(escape(part) for part in wording.visible(text).split("_"))


def _shown(value: Any) -> Any:
    """Every text that is printed, with hidden characters spelled out; the template's own markup as it is."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else wording.visible(value)

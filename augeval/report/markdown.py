"""summary -> report.md: the answer as a comment on a pull request, harmless whatever the names and rows say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from augeval.report import across, caveats, headline, imbalance, panels, sentinels, view
from augeval.report.settings import Setting, settings
from augeval.report.wording import count, joined, place, visible
from augeval.told import in_words
from augeval.types import Json

__all__ = ["escaped", "render"]

ROWS = 60  # verdicts
FIDELITY_ROWS, PANEL_ROWS = 24, 8  # arms of all fidelity panels, and of one
FIDELITY = ("copies", "distance", "spread", "precision", "coverage", "other classes", "shift")  # columns of a panel
READING = 400  # characters
ARMS = 24  # of all tables of order, decisions and probabilities
WARNINGS = 20
LENGTH = 500  # of one warning or reason
HEAD = (
    "Outcome", "Augmentation", "Gain", "Chosen at", "Over", "Holds for", "Recommended", "Too much from", "Worth",
    "Effective ratio", "Why",
)  # fmt: skip
SOME = ("Chosen at", "Worth", "Effective ratio")  # columns that are shown only where a verdict of the table has them


def render(built: Mapping[str, Json]) -> str:
    """The headline, the verdict table of each setting, and the warnings, in GitHub's Markdown.

    Args:
        built: as `summary.build` makes it, or as summary.json holds it.

    Returns:
        At most about 50,000 characters (GitHub takes 65,536), with a count of what is left out.
    """
    found = settings(built)
    sentences = headline.parts(built)
    if " ".join(sentences) != built["headline"]:  # of another version: what was written then stands
        sentences = [str(built["headline"])]
    blocks = [f"**{escaped(sentences[0])}**", *(escaped(sentence) for sentence in sentences[1:])]
    blocks += [
        *_tables(found),
        *_parts(found),
        *_across(built),
        *map(escaped, sentinels.lines(built)),
        *_fidelity(built),
        *_warnings(built["warnings"], set(caveats.notes(built["experiment"]["studies"]))),
        _source(built),
    ]
    return "\n\n".join(blocks) + "\n"


def escaped(text: object) -> str:
    """Text that came from data on one line of Markdown: no markup, no HTML, no mention, no reference, no link."""
    plain = " ".join(visible(text).split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", plain)
    # GitHub turns these into mentions, references and links after it has read the Markdown; a comment parts them.
    return re.sub(r"(@|#|://|www\.|GH-)", r"\1<!-- -->", plain)


def _tables(found: Sequence[Setting]) -> list[str]:
    blocks, claims, room = list[str](), list[str](), ROWS
    for setting in found:
        shown = view.setting_view(setting)
        verdicts = shown.verdicts[:room]
        if not verdicts:
            continue
        room -= len(verdicts)
        facts = " · ".join(escaped(fact) for fact in shown.facts)
        race = f" · {escaped(shown.race)}" if shown.race else ""
        blocks.append(f"**{escaped(place(setting.where, rows=False))}** · {facts}{race}")
        if shown.alarm:
            blocks.append(
                f"> **This would have fooled you.** {escaped(shown.alarm.text)} {_fooled(shown.alarm)}".rstrip()
            )
        blocks.append(_table(verdicts))
        claims += shown.claims
    if claims:
        blocks.append(f"<sub>Holds for: {escaped('; '.join(dict.fromkeys(claims)))}.</sub>")
    left_out = sum(len(setting.verdicts) for setting in found) - (ROWS - room)
    return [*blocks, f"{count(left_out, 'more verdict')} in report.html."] if left_out else blocks


def _across(built: Mapping[str, Any]) -> list[str]:
    """Each primary metric over datasets: a line for each arm and model, folded."""
    blocks, room = [], ROWS
    for table in (table for table in across.tables(built) if table.primary):
        lines = across.lines(table)
        shown, room = lines[:room], max(0, room - len(lines))
        if not shown:
            break
        blocks += [
            f"<details><summary>Over datasets: {escaped(table.name)}</summary>",
            escaped(across.how_to_read(built)),
        ]
        blocks.append(_ruled([("Arm", "Model", *(f"Over {name}" for name in dict.fromkeys(table.references))), *shown]))
        left_out = len(lines) - len(shown)
        blocks += [f"{count(left_out, 'more line')} in report.html."] if left_out else []
        blocks.append("</details>")
    return blocks


def _parts(found: Sequence[Setting]) -> list[str]:
    """Order, decisions and probabilities of each setting that has a panel, folded: scores, and gains over `none`."""
    blocks, room = list[str](), ARMS
    for panel in imbalance.panels(found, figures=False)[0]:
        tables = [table for table in (panel.table, panel.classes) if table is not None]
        columns = [column for table in tables for column in table.columns]
        lines = [
            (rows[0].arm, *(_part(cell) for row in rows for cell in row.cells))
            for rows in zip(*(table.rows for table in tables), strict=True)
        ]
        shown, room = lines[:room], max(0, room - len(lines))
        if not shown:
            break
        blocks += [
            f"<details><summary>Order, decisions, probabilities: {escaped(panel.where)}</summary>",
            "Mean score, and the gain over no augmentation (points for metrics between 0 and 1).",
            _ruled([("Arm", *(in_words(column.metric) for column in columns)), *shown]),
        ]
        left_out = len(lines) - len(shown)
        blocks += [f"{count(left_out, 'more arm')} in report.html."] if left_out else []
        blocks.append("</details>")
    return blocks


def _part(cell: imbalance.Cell | None) -> str:
    """ "0.788 ▲ +18.9 [16.0, 21.8]"."""
    if cell is None:
        return ""
    size = f"(could see {cell.could_see})" if cell.could_see else ""
    return " ".join(filter(None, (cell.score, cell.icon, cell.gain, cell.interval, size)))


def _ruled(lines: Sequence[Sequence[str]]) -> str:
    first, *others = ("| " + " | ".join(escaped(cell) or "–" for cell in line) + " |" for line in lines)
    return "\n".join([first, "|" + "---|" * len(lines[0]), *others])


def _fooled(alarm: view.AlarmView) -> str:
    if not alarm.compared:
        return ""
    return (
        f" {alarm.apparent} of {alarm.compared} arms beat no augmentation here; {alarm.real or 'none'} of them also "
        "gained over plain duplication."
    )


def _table(verdicts: Sequence[view.VerdictView]) -> str:
    rows = [_row(verdict) for verdict in verdicts]
    head = [name for name in HEAD if name not in SOME or any(row[name] != "–" for row in rows)]
    lines = [head, *([row[name] for name in head] for row in rows)]
    first, *others = ("| " + " | ".join(line) + " |" for line in lines)
    return "\n".join([first, "|" + "---|" * len(head), *others])


def _row(verdict: view.VerdictView) -> dict[str, str]:
    """Column -> what stands there: "–" where there is nothing."""
    outcome = f"{verdict.icon} {verdict.word}"
    outcome = f"{outcome}, {verdict.standing}" if verdict.standing else outcome
    flags = ", ".join(verdict.flags)
    size = f"could have seen {verdict.could_see}" if verdict.could_see else ""
    cells = {
        "Outcome": f"{outcome} ({flags})" if flags else outcome,
        "Augmentation": escaped(verdict.family) + (" (control)" if verdict.is_control else ""),
        "Gain": escaped("; ".join(filter(None, (_amount(verdict.gain), size)))),
        "Chosen at": escaped(_amount(verdict.chosen)) if verdict.chosen else "",
        "Over": verdict.over,
        "Holds for": escaped(verdict.scope),
        "Recommended": escaped(verdict.recommended),
        "Too much from": escaped(verdict.too_much),
        "Worth": escaped(verdict.worth),
        "Effective ratio": escaped(verdict.short),
        "Why": escaped(_cut(verdict.reason)),
    }
    return {name: cell or "–" for name, cell in cells.items()}


def _amount(gain: view.Gain) -> str:
    return f"{gain.text}{gain.unit} {gain.interval}".strip()


def _fidelity(built: Mapping[str, Any]) -> list[str]:
    """Each panel folded away: a row per arm, and what real rows score."""
    found, left_out = panels.panels(built)
    if not found:
        return []
    room, blocks = FIDELITY_ROWS, list[str]()
    for panel in found:
        lines = panel.lines[: min(room, PANEL_ROWS)]
        room -= len(lines)
        left_out += not lines
        if lines:
            blocks += [f"**{escaped(panel.dataset)}** · {escaped(' · '.join(panel.facts))}", _panel(panel, lines)]
    more = [f"{count(left_out, 'more panel')} in report.html."] if left_out else []
    return ["<details><summary>Fidelity of the made rows</summary>", panels.NO_VERDICT, *blocks, *more, "</details>"]


def _panel(panel: panels.Panel, lines: Sequence[panels.Line]) -> str:
    places = [i for i, (name, _) in enumerate(panels.HEADS) if name in FIDELITY]
    head = ["Arm", *(panels.HEADS[i][0] for i in places), "What sets them apart"]
    rows = [["real rows", *(panel.null[i] for i in places), ""]]
    rows += [[a.arm, *(a.figures[i].text for i in places), _cut(" ".join(a.reading), READING)] for a in lines]
    first, *others = (
        "| " + " | ".join(line) + " |" for line in [head, *([escaped(cell) or "–" for cell in row] for row in rows)]
    )
    return "\n".join([first, "|" + "---|" * len(head), *others])


def _warnings(sentences: Sequence[str], notes: Set[str]) -> list[str]:
    """All of them, under how many there are of each kind: what was noticed while reading rows is no warning."""
    if not sentences:
        return []
    noted = sum(sentence in notes for sentence in sentences)
    kinds = ((len(sentences) - noted, "warning"), (noted, "note"))
    lines = [f"- {escaped(_cut(sentence))}" for sentence in sentences[:WARNINGS]]
    if len(sentences) > WARNINGS:
        lines.append(f"- {count(len(sentences) - WARNINGS, 'more warning')} in report.html.")
    summary = f"<summary>{joined([count(n, kind) for n, kind in kinds if n])}</summary>"
    return ["<details>" + summary, "\n".join(lines), "</details>"]


def _cut(text: str, length: int = LENGTH) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _source(built: Mapping[str, Any]) -> str:
    about = built["provenance"]
    said = [f"augeval {about.get('version', '')}".strip(), built["experiment"]["name"]]
    said += [f"commit {about['git_commit'][:12]}"] if about.get("git_commit") else []
    return f"<sub>{' · '.join(escaped(part) for part in said)} · gains are positive where the arm is better</sub>"

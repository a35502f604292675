"""What a person sees in the terminal: results on stdout, everything else on stderr, plain where no terminal is."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from augeval.terminal.streams import answer, is_unicode

if TYPE_CHECKING:
    from augeval.report.settings import Setting
    from augeval.types import Json

__all__ = [
    "SCHEMA_VERSION",
    "alarm_lines",
    "emit",
    "paragraph",
    "picture",
    "progress",
    "result",
    "say",
    "table",
    "verdict_rows",
    "verdict_table",
]

SCHEMA_VERSION = 1  # of every object that --json prints
VERDICT_HEAD = ("Augmentation", "Outcome", "Gain [interval]", "Holds for", "Recommended", "Too much")
UNBROKEN = ("Gain [interval]", "Outcome", "Holds for", "Recommended")  # as many as fit, from the left
SHADES = " .:-=+*#%@"
ROOMY = 96  # columns of a terminal that shows the scope of a verdict in a column of its own
SHORT = 6  # arms below a table that fell short of their ratio
LEAST = 9  # characters that a column is left with on a narrow terminal
MAX_PIXELS = 32  # of an image's longer side in the terminal
COLOURS = {"helps": "green", "harms": "red", "inconclusive": "yellow"}


def result(text: str = "") -> None:
    """A line of the answer."""
    print(_safe(text), file=answer())


def say(text: str) -> None:
    """A line about the answer."""
    print(_safe(text), file=sys.stderr)


def emit(value: Mapping[str, Json]) -> None:
    """One JSON object for a program: what was not measured is null."""
    ascii_only = not is_unicode(answer())
    text = json.dumps({"schema_version": SCHEMA_VERSION, **_finite(value)}, ensure_ascii=ascii_only, indent=1)
    print(text, file=answer())


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], styles: Sequence[str] = (), whole: Sequence[str] = ()
) -> None:
    """Rows on stdout: ruled and coloured on a terminal, in aligned columns anywhere else.

    Args:
        head: names of the columns. rows: cells, shown as text.
        styles: rich's style of each row; whole: columns that are not broken over lines, as many as fit, the first
            the most. Both on a terminal only.
    """
    from augeval.report.wording import visible  # only here and below: it loads numpy, which --help can do without

    cells = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
    if answer().isatty():
        _ruled(head, cells, styles, whole)
        return
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    for row in [list(head), *cells]:
        result("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def verdict_rows(summary: Mapping[str, Any]) -> list[dict[str, Json]]:
    """The verdicts on each study's primary metric, the user's own arms before the controls."""
    return sorted(_primary(summary, "verdicts"), key=lambda v: bool(v["is_control"]))


def _primary(summary: Mapping[str, Any], kind: str) -> list[dict[str, Json]]:
    studies = summary["experiment"]["studies"]
    primary = {(study["dataset"]["name"], study["metrics"]["primary"]) for study in studies}
    return [entry for entry in summary[kind] if (entry["dataset"], entry["metric"]) in primary]


def verdict_table(summary: Mapping[str, Any]) -> None:
    """For each dataset × model × train size: families with outcome, gain and interval, scope and doses.

    Below each table stands what a row leaves out: both figures of a chosen dose, and what an undecided arm lacks.
    """
    from augeval.report.settings import settings
    from augeval.report.wording import guessing, place
    from augeval.told import in_words

    found = [setting for setting in settings(summary) if setting.verdicts]
    if not found:
        result("No verdicts: no arm was compared.")
    for number, setting in enumerate(found):
        said = filter(None, (place(setting.where), in_words(setting.metric), guessing(setting.metric, setting.study)))
        result(f"{'' if number == 0 else chr(10)}{', '.join(said)}")
        _setting_table(setting)
    _claims([verdict for setting in found for verdict in setting.verdicts])


def _setting_table(setting: Setting) -> None:
    import shutil

    from augeval.report.racing import race_line
    from augeval.report.remarks import remark

    head: tuple[str, ...] = VERDICT_HEAD
    rows = [_verdict_row(verdict, setting.points) for verdict in setting.verdicts]
    if answer().isatty() and shutil.get_terminal_size().columns < ROOMY:
        head, rows = _narrower(head), [_narrower((row[0], f"{row[1]} ({row[3]})", *row[2:])) for row in rows]
    table(head, rows, [COLOURS.get(verdict["outcome"], "") for verdict in setting.verdicts], UNBROKEN)
    for verdict in setting.judged:
        said = remark(setting, verdict)
        if said:
            paragraph(f"{verdict['family']}: {said}")
    for line in _shortfalls(setting):
        paragraph(line)
    if setting.race:
        paragraph(f"{race_line(setting.race)}.".capitalize())


def _shortfalls(setting: Setting) -> list[str]:
    """Effective and asked ratio of the arms that fell short, the worst first, with what was lost."""
    from augeval.report import made

    short = sorted(filter(made.falls_short, setting.arms), key=lambda arm: arm["ratio_effective"] / arm["ratio_asked"])
    lines = [f"{arm['arm']}: effective ratio {made.ratio(arm)} ({made.losses(arm)})." for arm in short[:SHORT]]
    left = len(short) - SHORT
    return [*lines, f"{left} more arm{'s' if left > 1 else ''} fell short; see the report."] if left > 0 else lines


def _narrower(row: tuple[str, ...]) -> tuple[str, ...]:
    """Without the column of the scope, which a narrow terminal shows behind the outcome."""
    at = VERDICT_HEAD.index("Holds for")
    return row[:at] + row[at + 1 :]


def _claims(verdicts: Sequence[Mapping[str, Any]]) -> None:
    """In full, what the column says in two words."""
    from augeval.report.wording import scope

    claims = dict.fromkeys(str(verdict["claim"]) for verdict in verdicts if verdict["claim"])
    said = [f"{scope(claim, brief=True)} = {claim}" for claim in claims]
    if said:
        result()
        paragraph(f"Holds for: {'; '.join(said)}.")


def alarm_lines(summary: Mapping[str, Any]) -> list[str]:
    """For each model × data whose baseline gains by duplication alone: the largest such gain, in words; sentinels."""
    from augeval.report import sentinels
    from augeval.report.wording import place

    largest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for alarm in _primary(summary, "alarms"):
        where = (place(alarm), alarm["metric"])
        if where not in largest or alarm["gain"] > largest[where]["gain"]:
            largest[where] = alarm
    said = [f"Alarm for {where}, {metric}: {alarm['text']}" for (where, metric), alarm in largest.items()]
    return [*said, *sentinels.lines(summary)]


def paragraph(text: str) -> None:
    """A sentence or more of the answer, broken between words on a terminal and on one line anywhere else."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns if answer().isatty() else 0
    result(textwrap.fill(text, width, break_long_words=False) if width else text)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A bar on stderr with the cells done and the time left; nothing where stderr is no terminal.

    How the arms are doing is not shown: who sees a leader is tempted to stop while it leads.

    Yields:
        What `harness.run` calls with its events.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda event: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("cells"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        yield _Follower(bar)


def picture(parent: str, child: str) -> None:
    """Two images of at most 32 × 32 pixels side by side, in characters from dark to light.

    Args:
        parent, child: PNG images as data addresses.
    """
    for left, right in zip(_drawn(parent), _drawn(child), strict=True):
        result(f"{left}   {right}")


def _safe(text: str) -> str:
    """What came from data can neither steer the terminal nor reorder a line."""
    if all(line.isprintable() for line in text.split("\n")):  # as good as always, and then numpy is not loaded
        return text
    from augeval.report.wording import visible

    return visible(text)


class _Follower:
    """Turns the harness's events into the state of a bar."""

    def __init__(self, bar: Any) -> None:  # a rich Progress
        self.bar = bar
        self.task = bar.add_task("Preparing", total=None)
        self.failed = 0

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "planned":
            self.bar.update(self.task, description="Running", total=event["cells"], completed=event["done"])
        elif event["kind"] == "tile":
            self.failed += event["failed"]
            text = f"Running ({self.failed} failed)" if self.failed else "Running"
            self.bar.update(self.task, description=text, advance=event["cells"])
        else:
            names = {"deciding": "Deciding", "tracking": "Sending to MLflow"}
            self.bar.update(self.task, description=names.get(event["kind"], event["kind"]))


def _verdict_row(verdict: Mapping[str, Any], points: bool) -> tuple[str, ...]:
    from augeval.report import beliefs, remarks, wording
    from augeval.results import NOT_EVIDENCE

    gain, numbers, standing = "–", beliefs.quoted(verdict), beliefs.standing(verdict)
    if numbers["gain"] is not None:
        interval = wording.interval(numbers["low"], numbers["high"], points)
        known = numbers["low"] is not None or numbers["high"] is not None
        words = (" ", interval, wording.unit(points)) if known else (wording.unit(points), ", ", interval)
        gain = wording.change(numbers["gain"], points) + "".join(words)
    said = verdict["outcome"].replace("_", " ") if verdict.get("evidence", True) else NOT_EVIDENCE
    outcome = remarks.with_flags(", ".join(filter(None, (said, standing))), verdict)
    family = verdict["family"]
    # A dose is told from its label, whose first words are the family that stands beside it.
    doses = [wording.dose(verdict[name] or "–", family) or "yes" for name in ("recommended", "too_much")]
    control = " (control)" if verdict["is_control"] else ""
    return (f"{family}{control}", outcome, gain, wording.scope(verdict["claim"], brief=True) or "–", *doses)


def _ruled(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str], whole: Sequence[str]) -> None:
    import shutil

    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    width, height = shutil.get_terminal_size()  # rich itself takes a terminal that calls itself dumb to be 80 wide
    widest = {name: max(len(row[i]) for row in [head, *rows]) for i, name in enumerate(head)}
    kept = _unbroken(widest, whole, width)
    ruled = Table(box=SIMPLE, header_style="bold", show_edge=False, pad_edge=False)
    for name in head:
        ruled.add_column(escape(name), overflow="fold", no_wrap=name in kept)
    for number, row in enumerate(rows):
        ruled.add_row(*(escape(cell) for cell in row), style=styles[number] if number < len(styles) else None)
    Console(file=answer(), width=width, height=height).print(ruled)


def _unbroken(widest: Mapping[str, int], whole: Sequence[str], width: int) -> tuple[str, ...]:
    """The first of `whole` that leave every other column its least; were it more, rich would leave columns out."""
    for n in range(len(whole), 0, -1):
        needed = sum(w if name in whole[:n] else min(w, LEAST) for name, w in widest.items()) + 3 * len(widest)
        if needed <= width:
            return tuple(whole[:n])
    return ()


def _finite(value: Any) -> Json:  # whatever a caller gathered
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _drawn(address: str) -> list[str]:
    import base64
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("L")
    image.thumbnail((MAX_PIXELS, MAX_PIXELS))
    width, levels = image.size[0], image.tobytes()
    # A character is about twice as high as wide, so each pixel is written twice.
    shades = [2 * SHADES[level * len(SHADES) // 256] for level in levels]
    return ["".join(shades[start : start + width]) for start in range(0, len(shades), width)]

"""Arms over datasets: entries of the summary, and the tables that pages and terminal show of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from augeval.report.tally import Order
from augeval.report.wording import ICONS, change, count, in_points, joined, number, size
from augeval.results import Across
from augeval.told import in_words

__all__ = ["Cell", "Row", "Table", "entries", "how_to_read", "lines", "tables"]

ROWS = 80  # of one table
FAILED, NUMBERLESS = "✕", "without a number"  # it failed, or the metric is undefined there
MARKS = (  # field of an entry, outcome that colours it, sign, in words
    ("wins", "helps", ICONS["helps"], "better"),
    ("ties", "equivalent", ICONS["equivalent"], "equivalent"),
    ("losses", "harms", ICONS["harms"], "worse"),
    ("undecided", "inconclusive", ICONS["inconclusive"], "undecided"),
    ("not_applicable", "not_applicable", ICONS["not_applicable"], "not applicable"),
    ("failed", "not_applicable", FAILED, NUMBERLESS),
)
REFERENCES = ("duplicate", "none", "class_weight", "tuned_threshold")

Entry = Mapping[str, Any]  # one entry of the summary's lists


@dataclass(frozen=True)
class Cell:
    """One arm against one reference under one model.

    Args:
        counts: (outcome, sign, how many), of those that occur. text: the same in one word, "▲2 =3 ?7".
        gain: mean over datasets, "+0.4"; half: of its interval, "±0.9", or "". title: every dataset, in words.
    """

    counts: tuple[tuple[str, str, int], ...]
    text: str
    gain: str
    half: str
    title: str


@dataclass(frozen=True)
class Row:
    """One arm; a cell, or None, for each column."""

    arm: str
    is_control: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """One metric.

    Args:
        metric: as in the experiment; name: in words. primary: whether it decides; unit: of its gains, "pts" or "".
        models: (label, number of columns) side by side. references: of each column.
        left_out: rows beyond `ROWS`.
    """

    metric: str
    name: str
    primary: bool
    unit: str
    models: tuple[tuple[str, int], ...]
    references: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int


def entries(records: Sequence[Across], order: Order, arms: Sequence[Entry], studies: Sequence[Entry]) -> list[Entry]:
    """One entry per record: models and metrics as the experiment lists them, the user's arms by family and dose.

    Args:
        records: in any order. order: of models. arms: entries of the summary, which tell the controls.
        studies: of the experiment.
    """
    controls = {arm["arm"] for arm in arms if arm["is_control"]}
    metrics = list(dict.fromkeys(m for s in studies for m in (s["metrics"]["primary"], *s["metrics"]["also"])))

    def rank(record: Across) -> tuple[Any, ...]:
        doses = [-math.inf if dose is None else dose for dose in (record.magnitude, record.ratio, record.balance)]
        arm = (record.arm in controls, record.family, *doses, record.arm)
        return (*order("", record.model, record.train_size)[2:], metrics.index(record.metric), *arm, _place(record))

    ranked = sorted(records, key=rank)
    return [{**asdict(record), "is_control": record.arm in controls} for record in ranked]


def _place(record: Across) -> int:
    return REFERENCES.index(record.reference) if record.reference in REFERENCES else len(REFERENCES)


def tables(summary: Entry) -> list[Table]:
    """A table for each metric, the primary ones first; none where the experiment has one dataset."""
    studies = summary["experiment"]["studies"]
    found: Sequence[Entry] = summary.get("across", ())
    primary = {study["metrics"]["primary"] for study in studies}
    metrics = sorted(dict.fromkeys(entry["metric"] for entry in found), key=lambda metric: metric not in primary)
    return [
        _table([entry for entry in found if entry["metric"] == metric], studies, metric in primary)
        for metric in metrics
    ]


def _table(found: Sequence[Entry], studies: Sequence[Entry], primary: bool) -> Table:
    metric = found[0]["metric"]
    points = in_points(metric, studies)
    sizes = {entry["train_size"] for entry in found}
    columns = list(dict.fromkeys((e["model"], e["train_size"]) for e in found))
    references = sorted({e["reference"] for e in found}, key=lambda name: _order(name))
    by_place = {(e["arm"], e["model"], e["train_size"], e["reference"]): e for e in found}
    arms = {entry["arm"]: bool(entry["is_control"]) for entry in sorted(found, key=_rank)}
    rows = [
        Row(
            arm,
            control,
            tuple(_cell(by_place.get((arm, *column, name)), points) for column in columns for name in references),
        )
        for arm, control in arms.items()
    ]
    models = tuple(
        (model if len(sizes) == 1 else f"{model}, {size(rows_of)}", len(references)) for model, rows_of in columns
    )
    return Table(
        metric, in_words(metric), primary, "pts" if points else "", models, tuple(references) * len(columns),
        tuple(rows[:ROWS]), max(0, len(rows) - ROWS),
    )  # fmt: skip


def _order(reference: str) -> tuple[int, str]:
    return (REFERENCES.index(reference) if reference in REFERENCES else len(REFERENCES), reference)


def _rank(entry: Entry) -> tuple[Any, ...]:
    doses = [-math.inf if entry[name] is None else entry[name] for name in ("magnitude", "ratio", "balance")]
    return (bool(entry["is_control"]), entry["family"], *doses, entry["arm"])


def _cell(entry: Entry | None, points: bool) -> Cell | None:
    if entry is None:
        return None
    counts = tuple((outcome, sign, entry[name]) for name, outcome, sign, _ in MARKS if entry[name])
    known = entry["mean_gain"] is not None
    half = None if not known or entry["high"] is None else entry["high"] - entry["mean_gain"]
    return Cell(
        counts=counts,
        text=" ".join(f"{sign}{n}" for _, sign, n in counts),
        gain=change(entry["mean_gain"], points, None if half is None else 2 * half) if known else "",
        half="" if half is None else f"±{_width(half, points)}",
        title=_title(entry, points),
    )


def _width(half: float, points: bool) -> str:
    return change(half, points, 2 * half).lstrip("+")


def lines(table: Table) -> list[tuple[str, ...]]:
    """A table where models do not fit side by side: arm, model, and a cell of text for each reference."""
    width = table.models[0][1]
    found = []
    for row in table.rows:
        for n, (model, _) in enumerate(table.models):
            cells = row.cells[n * width : (n + 1) * width]
            if any(cells):
                found.append((row.arm, model, *(_in_text(cell, table.unit) for cell in cells)))
    return found


def _in_text(cell: Cell | None, unit: str) -> str:
    if cell is None:
        return ""
    gain = " ".join(filter(None, (cell.gain, cell.half, unit if cell.gain else "")))
    return ", ".join(filter(None, (cell.text, gain)))


def _title(entry: Entry, points: bool) -> str:
    """Every dataset by outcome, with its gain."""
    said = []
    for _, outcome, _, word in MARKS[:4]:
        own = [name for name, found in entry["outcomes"].items() if found == outcome]
        gains = [f"{name} {change(entry['gains'][name], points)}" for name in own]
        said += [f"{word}: {', '.join(gains)}"] if own else []
    for outcome, word in (("not_applicable", "not applicable"), ("failed", NUMBERLESS)):
        own = [name for name, found in entry["outcomes"].items() if found == outcome]
        said += [f"{word}: {', '.join(own)}"] if own else []
    return "; ".join([*said, *filter(None, [entry["note"]])])


def how_to_read(summary: Entry) -> str:
    """What the signs and numbers of the tables stand for, in one paragraph; "" where there are none."""
    found: Sequence[Entry] = summary.get("across", ())
    if not found:
        return ""
    datasets = dict.fromkeys(name for entry in found for name in entry["outcomes"])
    used = [f"{sign} {word}" for name, _, sign, word in MARKS if any(entry[name] for entry in found)]
    levels = {study["alpha"] for study in summary["experiment"]["studies"]}
    uneven = len({len(entry["outcomes"]) for entry in found}) > 1
    some = " An arm counts where it was planned." if uneven else ""
    few = "" if len(datasets) > 2 else " With two datasets a mean has no interval."
    return (
        f"On how many of {count(len(datasets), 'dataset')} an arm is {joined(used, 'or')} against each reference, by "
        f"the interval of its own dataset. Beside it the mean gain over datasets, ± half of its "
        f"{number(100 * (1 - min(levels)), 0)} % interval: Student's t with datasets as the units, of this one "
        f"comparison, for datasets like these.{some}{few}"
    )

"""What an arm does to order, decisions and probabilities, side by side: a rare class moves each of them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augeval.report.charts import Chart
from augeval.report.reliability import reliability_charts
from augeval.report.remarks import seen
from augeval.report.settings import Entry, Setting
from augeval.report.wording import ICONS, change, in_points, interval, place, score, unit
from augeval.told import base_of, head_of, in_words, split_name, treatment_of

__all__ = ["Cell", "Column", "Group", "Panel", "Row", "Table", "panels"]

PANELS = 12
ROWS = 60  # arms of one panel
IMBALANCED = 0.5  # rows of the smallest class for one of the largest, below which a dataset is
TREATED = {None: "", "recalibrated": "recalibrated", "prior_corrected": "prior-corrected"}


@dataclass(frozen=True)
class Cell:
    """One arm on one metric.

    Args:
        score: mean over seeds. gain: over no augmentation, interval: of it; "" for the baseline itself.
        outcome, icon, word: of that gain. could_see: "±2.1", where it is worth saying. title: the same in a sentence.
    """

    score: str
    gain: str = ""
    interval: str = ""
    outcome: str = ""
    icon: str = ""
    word: str = ""
    could_see: str = ""
    title: str = ""


@dataclass(frozen=True)
class Column:
    """One metric: name and what stands below it (its treatment, or what guessing gives)."""

    metric: str
    name: str
    sub: str


@dataclass(frozen=True)
class Group:
    """Metrics that read the same of the predictions: its title, and what that means."""

    title: str
    about: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Row:
    """One arm; a cell, or None where nothing was measured, for each column of all groups."""

    arm: str
    is_control: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """Arms × metrics; left_out: how many arms more there are."""

    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    left_out: int

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of all groups, from the left."""
        return tuple(column for group in self.groups for column in group.columns)

    @property
    def starts(self) -> tuple[bool, ...]:
        """Of each column: whether a group begins with it."""
        return tuple(i == 0 for group in self.groups for i in range(len(group.columns)))


@dataclass(frozen=True)
class Panel:
    """One dataset × model × train size.

    Args:
        where, facts: which, and its rarest class. table: arms by what metrics read; classes: by class, or None.
        curves: of claimed probabilities against what came true; recalibrated: whether they have a second line.
    """

    where: str
    facts: str
    table: Table
    classes: Table | None
    curves: tuple[Chart, ...]
    recalibrated: bool


def panels(found: Sequence[Setting], *, figures: bool = True) -> tuple[list[Panel], int]:
    """A panel for each setting whose dataset is imbalanced or whose scores are treated; how many are left out.

    A dataset is imbalanced where its smallest class has less than half of the rows of its largest. A setting with a
    single metric has none: the table of all arms says as much.

    Args:
        found: settings of a summary. figures: whether reliability curves are drawn.
    """
    told = [setting for setting in found if _is_told(setting)]
    return [_panel(setting, i, figures) for i, setting in enumerate(told[:PANELS])], max(0, len(told) - PANELS)


def _is_told(setting: Setting) -> bool:
    names = _metrics(setting)
    counts = [c["count"] for c in _classes(setting)]
    imbalanced = len(counts) > 1 and min(counts) < IMBALANCED * max(counts)
    kinds = [name for name in names if _reads(setting, name)]
    return len(kinds) > 1 and (imbalanced or any(treatment_of(name) for name in names))


def _panel(setting: Setting, number: int, figures: bool) -> Panel:
    by_class = _by_class(setting)
    groups = [Group("Recall by class", "the rarest first, at the default cut", by_class)] if by_class else []
    return Panel(
        where=place(setting.where),
        facts=_facts(setting),
        table=_table(setting, _groups(setting)),
        classes=_table(setting, groups) if groups else None,
        curves=tuple(reliability_charts(setting, f"reliability{number}")) if figures else (),
        recalibrated=any("recalibrated" in arm.get("reliability", {}) for arm in setting.arms),
    )


def _facts(setting: Setting) -> str:
    """ "class malignant: 30 of 387 rows (7.8 %)": the rarest class."""
    counts = {c["name"]: c["count"] for c in _classes(setting)}
    if not counts:
        return ""
    rarest, whole = min(counts, key=lambda name: counts[name]), sum(counts.values())
    return f"class {rarest}: {counts[rarest]:,} of {whole:,} rows ({100 * counts[rarest] / whole:.2g} %)"


def _classes(setting: Setting) -> Sequence[Entry]:
    return setting.study["dataset"].get("classes") or () if setting.study else ()


def _metrics(setting: Setting) -> list[str]:
    """The primary one first, then as the experiment names them."""
    asked = [setting.study["metrics"]["primary"], *setting.study["metrics"]["also"]] if setting.study else []
    return list(dict.fromkeys([*asked, *(name for arm in setting.arms for name in arm["scores"])]))


def _reads(setting: Setting, metric: str) -> str | None:
    """ "ranks", "classes" or "probabilities"; None where the summary does not say."""
    about = setting.study["metrics"].get("about", {}) if setting.study else {}
    known: str | None = about.get(metric, {}).get("reads")
    return known


def _groups(setting: Setting) -> list[Group]:
    """By what a metric reads, threshold-free first; without the recalls of single classes at the default cut."""
    names = [name for name in _metrics(setting) if name not in {column.metric for column in _by_class(setting)}]
    reading = {kind: [n for n in names if _reads(setting, n) == kind] for kind in ("ranks", "classes", "probabilities")}
    tuned = [name for name in reading["classes"] if treatment_of(name) == "tuned"]
    judged = reading["probabilities"]
    bases = list(dict.fromkeys(base_of(name) for name in judged))
    found = [
        ("Order of the scores", "no threshold", reading["ranks"]),
        ("Decisions", "at the default cut", [name for name in reading["classes"] if name not in tuned]),
        ("Decisions", "at cuts tuned out of fold", tuned),
        ("Probabilities", "as they are, and treated", [n for base in bases for n in judged if base_of(n) == base]),
    ]
    return [Group(title, about, tuple(_column(setting, name) for name in own)) for title, about, own in found if own]


def _by_class(setting: Setting) -> tuple[Column, ...]:
    """Recalls of single classes at the default cut, rare classes first."""
    counts = {c["name"]: c["count"] for c in _classes(setting)}
    named = [name for name in _metrics(setting) if head_of(name) == "recall" and treatment_of(name) is None]
    pairs = [(name, split_name(name)[1] or "") for name in named]
    known = sorted((counts[label], name, label) for name, label in pairs if label in counts)
    return tuple(Column(name, label, f"{rows:,} rows") for rows, name, label in known)


def _column(setting: Setting, metric: str) -> Column:
    chance = setting.study["metrics"]["about"].get(metric, {}).get("chance")
    sub = f"guessing gives {score(chance)}" if chance is not None else TREATED.get(treatment_of(metric), "")
    return Column(metric, in_words(base_of(metric)), sub)


def _table(setting: Setting, groups: Sequence[Group]) -> Table:
    columns = [column for group in groups for column in group.columns]
    every = (*setting.comparisons, *setting.comparisons_of_others)
    gains = {(c["arm"], c["metric"]): c for c in every if c["contrast"] == "none"}
    rows = [
        Row(arm["arm"], arm["is_control"], tuple(_cell(setting, arm, column, gains) for column in columns))
        for arm in setting.arms
    ]
    return Table(tuple(groups), tuple(rows[:ROWS]), max(0, len(rows) - ROWS))


def _cell(setting: Setting, arm: Entry, column: Column, gains: Mapping[tuple[str, str], Entry]) -> Cell | None:
    measured = arm["scores"].get(column.metric, {}).get("mean")
    if measured is None:
        return None
    mean = score(measured) + _seeds_that_have(arm["scores"][column.metric])
    gain = gains.get((arm["arm"], column.metric))
    if gain is None or gain["mean_diff"] is None:
        return Cell(mean)
    points = in_points(column.metric, [setting.study])
    ends = gain["low"], gain["high"]
    width = None if None in ends else ends[1] - ends[0]
    amount, between = change(gain["mean_diff"], points, width), interval(*ends, points)
    telling = gain["outcome"] == "inconclusive" or head_of(column.metric) == "average_precision"
    size, word = seen(gain, points), gain["outcome"].replace("_", " ")
    said = f"{arm['arm']}, {in_words(column.metric)}: {amount}{unit(points)} {between} over no augmentation, {word}"
    return Cell(
        score=mean,
        gain=amount,
        interval=between,
        outcome=gain["outcome"],
        icon="" if gain["outcome"] == "not_applicable" else ICONS[gain["outcome"]],  # copies that gain: no verdict
        word=word,
        could_see=size.removesuffix(unit(points)) if telling else "",
        title=f"{said}; could have seen {size}" if size else said,
    )


def _seeds_that_have(scores: Entry) -> str:
    """ " (2 of 3 seeds)" where the metric is undefined on some: a gain is over those seeds on which both have it."""
    known = [value is not None for _, value in scores.get("per_seed", ())]
    return "" if all(known) else f" ({sum(known)} of {len(known)} seeds)"

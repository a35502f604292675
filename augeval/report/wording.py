"""Numbers into words: points, intervals, outcomes, and text from data made safe to look at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from augeval.types import Json

__all__ = [
    "ICONS",
    "OUTCOMES",
    "against",
    "change",
    "count",
    "dose",
    "duration",
    "guessing",
    "in_points",
    "interval",
    "joined",
    "number",
    "place",
    "scope",
    "score",
    "size",
    "unit",
    "visible",
    "worth",
]

Summary = Mapping[str, Any]  # what `summary.build` makes; JSON has no better type

OUTCOMES = ("helps", "harms", "equivalent", "inconclusive", "not_applicable")  # as a reader wants to meet them
ICONS = {"helps": "▲", "harms": "▼", "equivalent": "=", "inconclusive": "?", "not_applicable": "–"}
MINUS = "\N{MINUS SIGN}"
NARROW = 0.005  # an interval narrower than this is shown with more decimals
_UNIT_METRICS = re.compile(  # metrics in [0, 1], for summaries that do not say so themselves
    r"(balanced_)?accuracy|(macro|micro|weighted)?_?f1|roc_auc|average_precision|precision|recall|ece|(ndcg|map|mrr|recall|precision)@\d+"
)
_HIDDEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # they reorder or hide text


def visible(text: object) -> str:
    """The text with control, bidirectional and undecodable characters spelled out: nothing hides or reorders."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _is_hidden(c) else c for c in str(text))


def _is_hidden(character: str) -> bool:
    return (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t") or bool(
        _HIDDEN.match(character)
    )


def in_points(metric: str, studies: Iterable[Summary]) -> bool:
    """Whether a metric lies in [0, 1], so that its differences are shown in points (hundredths)."""
    for study in studies:
        about = study["metrics"].get("about", {}).get(metric)
        if about is not None:
            return list(about["bounds"]) == [0.0, 1.0]
    return _UNIT_METRICS.fullmatch(metric) is not None


def guessing(metric: str, study: Summary | None) -> str:
    """ "guessing gives 0.063, the share of class bad", or "" where that does not depend on the rows."""
    chance = study["metrics"].get("about", {}).get(metric, {}).get("chance") if study else None
    if study is None or chance is None:
        return ""
    classes = study["dataset"]["classes"]
    share = f", the share of class {visible(classes[1]['name'])}" if len(classes) == 2 else ""
    return f"guessing gives {score(chance)}{share}"


def number(value: float, digits: int, *, plus: bool = False) -> str:
    """Rounded, with a true minus sign; what rounds to zero has no sign."""
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return f"{MINUS if value < 0 else '+' if plus else ''}{text}"


def change(value: float | None, points: bool, width: float | None = None) -> str:
    """A gain without its unit: "+2.3", "−0.012", or "–" where there is none.

    Args:
        value: the gain. points: whether it is shown in hundredths.
        width: of its interval; a narrow one is worth more decimals.
    """
    return "–" if value is None else _shown(value, points, width, plus=True)


def interval(low: float | None, high: float | None, points: bool) -> str:
    """ "[1.1, 3.4]", or "no interval" where neither end is known."""
    if low is None and high is None:
        return "no interval"
    width = None if low is None or high is None else high - low
    lower = f"{MINUS}∞" if low is None else _end(low, points, width)
    return f"[{lower}, {'∞' if high is None else _end(high, points, width)}]"


def _end(value: float, points: bool, width: float | None) -> str:
    """An end of an interval; one that would round to 0 keeps its side, on which an outcome may rest."""
    text = _shown(value, points, width)
    finer = number(value * 100, 2) if points else number(value, 5)
    return finer if text.strip("0.") == "" and finer.strip("0.") else text


def _shown(value: float, points: bool, width: float | None, *, plus: bool = False) -> str:
    narrow = width is not None and 0 < width < NARROW
    if points:
        return number(value * 100, 2 if narrow else 1, plus=plus)
    return number(value, (5 if narrow else 3) if abs(value) < 100 else 1, plus=plus)


def unit(points: bool) -> str:
    """What follows a gain: " pts" for metrics in [0, 1]."""
    return " pts" if points else ""


def score(value: float | None) -> str:
    """A score as it is: three decimals, or "–"."""
    return "–" if value is None else _shown(value, False, None)


def count(n: int, noun: str, plural: str | None = None) -> str:
    """ "1 cell", "1,200 cells"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def size(train_size: int | None) -> str:
    """ "100 training rows", "all training rows"."""
    return "all training rows" if train_size is None else count(train_size, "training row")


def place(entry: Summary, *, rows: bool = True) -> str:
    """ "small_cnn on digits_canvas, 100 training rows"."""
    where = f"{entry['model']} on {entry['dataset']}"
    return f"{where}, {size(entry['train_size'])}" if rows else where


def dose(label: str, family: str) -> str:
    """What an arm's label says beside its family: "0.1 ×4" of "synonym 0.1 ×4, kept if same_label"; "" if nothing."""
    name, sign, filters = family.partition(", kept if ")
    return label.removesuffix(sign + filters).removeprefix(name).strip()


def against(contrast: str) -> str:
    """What a gain is over."""
    return "plain duplication" if contrast == "duplicate" else "no augmentation"


def scope(claim: str, *, brief: bool = False) -> str:
    """A claim's first words, which stand beside every verdict: "this training pool"; brief: "this pool"."""
    first = claim.partition(",")[0]
    return first.replace("training ", "").replace("augmented ", "") if brief else first


def worth(verdict: Summary) -> str:
    """ "≈ 180 rows": how many more real rows would gain as much; "≥ 400 rows"; "" where the data do not tell.

    Two digits, unless they would leave the interval, as in the sentence beside it.
    """
    rows, low, high = (verdict.get(name) for name in ("worth", "worth_low", "worth_high"))
    if rows is None:
        return f"≥ {number(low, 0)} rows" if low else ""
    rounded = float(f"{rows:.2g}")
    rows = rounded if (low or 0.0) <= rounded and (high is None or rounded <= high) else rows
    return f"≈ {number(rows, 0)} row{'' if round(rows) == 1 else 's'}"


def joined(words: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def duration(seconds: float | None) -> str:
    """ "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def plain(value: Json) -> str:
    """A parameter or setting as a reader expects it: null is "–", true is "yes", lists are joined."""
    if value is None or isinstance(value, bool):
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain(item)}" for name, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)

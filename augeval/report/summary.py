"""Everything that a run found, as plain values: the one thing that the pages and the tracking records are made of."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from augeval.report import across as over_datasets
from augeval.report import caveats, fidelity, headline
from augeval.report.tally import Order, arm_entries, cost_entry, finite, group, order_of, sample_entries
from augeval.results import Across, Alarm, CellResult, Comparison, Curve, Judgement, Race, Sentinel, Verdict
from augeval.types import Json

__all__ = ["KEYS", "SCHEMA_VERSION", "build", "comparable", "dumps"]

SCHEMA_VERSION = 2  # 2: races, confirmed gains, worth, crossings, flags
KEYS = (
    "schema_version", "headline", "warnings", "experiment", "verdicts", "across", "alarms", "sentinels",
    "comparisons", "curves", "races", "arms", "fidelity", "samples", "left_out", "costs", "provenance",
)  # fmt: skip
LINE = 118  # a list or mapping that fits into a line is written on one
HOW_COMPUTED = ("started", "finished", "wall_seconds", "executor", "workers", "command")  # these change no number
_MISSING = {
    "gain": "not measured",
    "mean_diff": "not measured",
    "detectable": "no interval with a spread",
    "low": "no lower bound",
    "high": "no upper bound",
    "one_sided_low": "no lower bound",
    "one_sided_high": "no upper bound",
    "gains": "not measured at every dose",
    "fitted": "no fit at every dose",
    "confirmed_arm": "nothing was confirmed",
    "confirmed_gain": "nothing was confirmed",
    "confirmed_outcome": "nothing was confirmed",
    "worth": "the baseline's learning curve does not tell",
    "crossing": "the fitted curve does not fall to 0 within the doses",
}
_ENDS = {  # of an interval, and the number that it belongs to: without that, for its reason; else because it is open
    "confirmed_low": ("confirmed_gain", "no lower bound"),
    "confirmed_high": ("confirmed_gain", "no upper bound"),
    "worth_low": ("worth", "no lower bound"),
    "worth_high": ("worth", "more than the baseline's learning curve tells"),
    "crossing_low": ("crossing", "beyond the last dose"),
    "crossing_high": ("crossing", "beyond the last dose"),
}


def build(
    experiment: Mapping[str, Json],
    results: Sequence[CellResult],
    judgements: Sequence[Judgement],
    provenance: Mapping[str, Json],
    across: Sequence[Across] = (),
) -> dict[str, Json]:
    """The summary of a run: what summary.json holds.

    Everything but the seconds of `costs` and the times of `provenance` is a function of the results, whatever
    order they come in; see `comparable`.

    Args:
        experiment: {"name", "config_digest", "studies": what `StudyPlan.describe` says of each}.
        results: every cell that was needed; those that confirm a choice or have permuted labels are costs only.
        judgements: what the statistics say of each dataset × model × train size.
        provenance: versions, commit, command, times.
        across: what is found of each arm over several datasets.

    Returns:
        What `KEYS` names. Numbers are finite; an absent one is None, and `absent` or `reason` beside it says why.
        `arms[].counts` are rows of one training set, averaged over seeds; `costs` are process seconds.
    """
    experiment = _plain(experiment)
    order = order_of(experiment["studies"])
    ordinary = [result for result in results if not result.cell.is_sentinel]
    groups = group([result for result in ordinary if not result.cell.confirms], order)
    arms = arm_entries(groups)
    places = {(a["dataset"], a["model"], a["train_size"], a["arm"]): i for i, a in enumerate(arms)}
    samples, samples_left_out = sample_entries(groups, order)
    found: dict[str, Json] = {
        "experiment": experiment,
        "comparisons": _entries([c for j in judgements for c in j.comparisons], order, places),
        "across": over_datasets.entries(across, order, arms, experiment["studies"]),
        "verdicts": _entries([v for j in judgements for v in j.verdicts], order, places),
        "curves": _entries([c for j in judgements for c in j.curves], order, places),
        "alarms": _entries([a for j in judgements for a in j.alarms], order, places),
        "sentinels": _entries([s for j in judgements for s in j.sentinels], order, places),
        "races": _entries([r for j in judgements for r in j.races], order, places),
        "arms": arms,
        "fidelity": fidelity.entries(groups),
        "samples": samples,
        "costs": cost_entry(group(results, order)),
        "left_out": {"samples": samples_left_out},
        "provenance": dict(provenance),
    }
    first = {
        "schema_version": SCHEMA_VERSION,
        "headline": headline.sentence(found),
        "warnings": caveats.sentences(found, ordinary),
    }
    whole: dict[str, Json] = _plain({name: (first | found)[name] for name in KEYS})
    return whole


def _entries(
    records: Sequence[Comparison | Verdict | Curve | Alarm | Race | Sentinel],
    order: Order,
    places: Mapping[tuple[Any, ...], int],
) -> list[dict[str, Json]]:
    entries = [_entry(asdict(record)) for record in records]

    def rank(entry: Mapping[str, Any]) -> tuple[Any, ...]:
        which = entry["dataset"], entry["model"], entry["train_size"]
        place = places.get((*which, entry.get("arm", "")), len(places))
        rest = [str(entry.get(name, "")) for name in ("family", "metric", "contrast", "axis", "fixed", "arm")]
        return (*order(*which), place, rest)

    return sorted(entries, key=rank)


def _entry(record: Mapping[str, Any]) -> dict[str, Json]:
    """The fields, with null for nan and infinities, and `absent` saying which are missing and why ("" if none is)."""
    entry: dict[str, Json] = _plain(record)
    by_reason: dict[str, list[str]] = {}
    for name in [*_MISSING, *_ENDS]:
        if name in entry and _has_none(entry[name]):
            by_reason.setdefault(_why_missing(name, entry), []).append(name)
    return {**entry, "absent": "; ".join(f"{', '.join(names)}: {why}" for why, names in by_reason.items())}


def _why_missing(name: str, entry: Mapping[str, Json]) -> str:
    if name in _MISSING:
        return _MISSING[name]
    number, why = _ENDS[name]
    return _MISSING[number] if entry[number] is None else why


def _has_none(value: Json) -> bool:
    return value is None or (isinstance(value, list) and None in value)


def _plain(value: Any) -> Json:  # whatever the experiment, a plug-in's counts or a dataclass hold
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):  # a number of numpy's
        value = value.item()
    return finite(value) if isinstance(value, float) and not math.isfinite(value) else value


def dumps(built: Mapping[str, Json]) -> str:
    """The summary as JSON for machines that a person can read: short lists on one line, no nan, newline at the end."""
    text = _readable(built, 0)
    # A lone surrogate, from text that was no UTF-8, becomes a JSON escape, so that every file can be written.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _readable(value: Json, indent: int) -> str:
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, Mapping | list | tuple) or not value or len(line) + indent <= LINE:
        return line
    inner, pad = indent + 1, " " * (indent + 1)
    if isinstance(value, Mapping):
        parts = [f"{pad}{json.dumps(name, ensure_ascii=False)}: {_readable(v, inner)}" for name, v in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + _readable(item, inner) for item in value) + "\n" + " " * indent + "]"


def comparable(built: Mapping[str, Json]) -> dict[str, Json]:
    """The summary without times, dates, seconds and the way it was computed: equal for equal numbers."""
    kept: dict[str, Json] = copy.deepcopy(dict(built))
    kept["provenance"] = {name: v for name, v in kept["provenance"].items() if name not in HOW_COMPUTED}
    costs = kept["costs"]
    costs["seconds_by_stage"] = sorted(costs["seconds_by_stage"])
    for arm in costs["by_arm"]:
        del arm["seconds"]
    return kept

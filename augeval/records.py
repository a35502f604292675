"""A summary as flat records, and the outbox they wait in: what a tracking server can hold of a run.

Computed from summary.json alone: one record for the run and one for each dataset × model × train size × arm, seeds as
the steps of a metric. Flat runs are charted at once, and comparing arms is what a reader wants to do first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from augeval.spelling import cell, cut, metric_name, without_credentials
from augeval.types import Json, sha256_of

__all__ = ["Item", "Outbox", "Record", "metric_name", "records", "without_credentials"]

NOTE_LENGTH = 7800  # MLflow cuts a tag at 8000 characters without a word
DIGEST_LENGTH = 36  # MLflow's limit for a dataset's digest
NOTE_HEAD = (
    "Augmentation", "Outcome", "Gain", "Confirmed", "Against", "Holds for", "Recommended", "Data, model, rows", "Why",
)  # fmt: skip
REASON_LENGTH = 400


@dataclass(frozen=True)
class Record:
    """One run of the tracking server, as plain values.

    Args:
        kind: "summary" (the whole run) or "arm". key: names it within the run, whatever was measured.
        name: what the server's table shows. status: "FINISHED" or "FAILED".
        params: name -> text. tags: name -> text.
        metrics: (name, finite value, step), the headline first; the step is the seed where there is one.
        inputs: datasets, each {"name", "digest", "source", "profile"}.
    """

    kind: Literal["summary", "arm"]
    key: str
    name: str
    status: Literal["FINISHED", "FAILED"] = "FINISHED"
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[tuple[str, float, int], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Mapping[str, str], ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Plain values for the outbox."""
        return {**vars(self), "metrics": [list(m) for m in self.metrics], "inputs": list(self.inputs)}


class Item(Protocol):
    """A record of the outbox; see `run.outbox.Item`."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Json]: ...
    @property
    def sha256(self) -> str: ...
    @property
    def stamp(self) -> Mapping[str, Json]: ...
    @property
    def state(self) -> str: ...
    @property
    def target(self) -> str | None: ...
    @property
    def run_id(self) -> str | None: ...


class Outbox(Protocol):
    """Where records wait; the ledger of a run folder has one."""

    @property
    def folder(self) -> Path: ...
    def put(
        self, kind: str, key: str, payload: Mapping[str, Json], stamp: Mapping[str, Json] | None = None
    ) -> bool: ...
    def items(self) -> Sequence[Item]: ...
    def mark_creating(self, kind: str, key: str, target: str) -> None: ...
    def mark_run_id(self, kind: str, key: str, run_id: str) -> None: ...
    def mark_done(self, kind: str, key: str) -> None: ...
    def mark_error(self, kind: str, key: str, error: str) -> None: ...


def records(summary: Mapping[str, Any]) -> list[Record]:
    """What is sent of a run: the summary first, then the arms in the summary's order.

    Args:
        summary: as `report.summary.build` makes it.

    Returns:
        Records without nan, infinities or times: the same summary gives the same records.
    """
    studies = summary["experiment"]["studies"]
    common = _common_tags(summary)
    return [_summary_record(summary, common), *(_arm_record(arm, summary, studies, common) for arm in summary["arms"])]


def _summary_record(summary: Mapping[str, Any], common: Mapping[str, str]) -> Record:
    costs, verdicts = summary["costs"], summary["verdicts"]
    outcomes = [
        verdict["outcome"] for verdict in verdicts if not verdict["is_control"] and verdict.get("evidence", True)
    ]
    values: list[_Value] = [(f"verdicts/{name}", float(outcomes.count(name)), 0) for name in sorted(set(outcomes))]
    values += [(f"cost/cells_{n}", costs.get(n), 0) for n in ("ok", "failed", "not_applicable")]
    stages = costs.get("seconds_by_stage") or {}
    values += [(f"cost/{metric_name(stage)}_s", seconds, 0) for stage, seconds in sorted(stages.items())]
    races = summary["races"]
    values += [(f"race/{n}", sum(race[n] for race in races), 0) for n in ("fits", "fits_planned") if races]
    areas = [r["auc"] for s in summary.get("sentinels", ()) for r in s["readings"] if r["auc"] is not None]
    values += [("sentinel/auc_max", max(areas), 0)] if areas else []
    metrics, left_out = _finite(values)
    experiment = summary["experiment"]
    datasets = {study["dataset"]["name"]: study["dataset"] for study in experiment["studies"]}
    return Record(
        kind="summary",
        key="summary",
        name=f"{experiment['name']}: summary",
        params={"experiment": experiment["name"]},
        metrics=metrics,
        tags={**common, **left_out, "augeval.kind": "summary", "mlflow.note.content": _note(summary)},
        inputs=tuple(_input(dataset) for dataset in datasets.values() if dataset.get("fingerprint")),
    )


def _arm_record(
    arm: Mapping[str, Any],
    summary: Mapping[str, Any],
    studies: Sequence[Mapping[str, Any]],
    common: Mapping[str, str],
) -> Record:
    study = _study_of(arm, studies)
    gains = _gains(arm, summary["comparisons"])
    names = _metric_order(study, arm)
    headline = gains.get(names[0]) if names else None
    beliefs = _beliefs(arm, names, summary["verdicts"])
    values = [*_gain_values(names, gains), *beliefs, *_measured(arm, names), *_costs(arm, summary["costs"])]
    metrics, left_out = _finite(values)
    tags = {**common, **left_out, "augeval.kind": "arm", "augeval.arm": arm["arm"]}
    tags |= _belief_tags(arm, names[0], summary) if names else {}
    if headline:
        tags |= {"augeval.outcome": headline["outcome"], "augeval.contrast": headline["contrast"]}
    elif not arm["n_ok"] and arm["n_not_applicable"]:
        tags["augeval.outcome"] = "not_applicable"
    if arm.get("reason"):
        tags["augeval.reason"] = cut(without_credentials(str(arm["reason"])), REASON_LENGTH)
    dataset = study["dataset"] if study else {}
    return Record(
        kind="arm",
        key=sha256_of([arm["dataset"], dataset.get("fingerprint"), arm["model"], arm["train_size"], arm["arm"]]),
        name=arm["arm"],
        status="FAILED" if arm["n_failed"] and not arm["n_ok"] else "FINISHED",
        params=_params(arm),
        metrics=metrics,
        tags=tags,
        inputs=(_input(dataset),) if dataset.get("fingerprint") else (),
    )


def _common_tags(summary: Mapping[str, Any]) -> dict[str, str]:
    provenance = summary["provenance"]
    tags = {
        "augeval.experiment": summary["experiment"]["name"],
        "augeval.config_digest": summary["experiment"]["config_digest"],
        "augeval.version": provenance.get("version"),
        "mlflow.source.git.commit": provenance.get("git_commit"),
        "mlflow.source.name": "augeval",
        "mlflow.source.type": "LOCAL",
    }
    return {name: str(value) for name, value in tags.items() if value}


def _study_of(arm: Mapping[str, Any], studies: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The study of this dataset, model and train size; no two studies share all three."""
    same = [study for study in studies if study["dataset"]["name"] == arm["dataset"]]
    same = [study for study in same if arm["model"] in study["models"]] or same
    return next((study for study in same if arm["train_size"] in study["train_sizes"]), same[0] if same else None)


def _metric_order(study: Mapping[str, Any] | None, arm: Mapping[str, Any]) -> list[str]:
    """The primary metric, the others that were asked for, then whatever else has a score."""
    asked = [study["metrics"]["primary"], *study["metrics"]["also"]] if study else []
    return list(dict.fromkeys([*asked, *sorted(arm["scores"])]))


def _gains(arm: Mapping[str, Any], comparisons: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """metric -> the comparison that decides about the arm: against `duplicate` where there is one, else `none`."""
    which = ("dataset", "model", "train_size", "arm")
    mine = [c for c in comparisons if all(c[name] == arm[name] for name in which)]
    mine.sort(key=lambda comparison: comparison["contrast"] == "duplicate")
    return {comparison["metric"]: comparison for comparison in mine}


_SETTING = ("dataset", "model", "train_size")
_Value = tuple[str, float | None, int]
_Finite = tuple[str, float, int]


def _gain_values(names: Iterable[str], gains: Mapping[str, Mapping[str, Any]]) -> list[_Value]:
    values: list[_Value] = []
    for name in names:
        if name in gains:
            mapped, gain = f"gain/{metric_name(name)}", gains[name]
            values.append((mapped, gain["mean_diff"], 0))
            # An unbounded interval has no bound to log: absent, as in summary.json.
            ends = {"lo": gain["low"], "hi": gain["high"], "detectable": gain.get("detectable")}
            known = {name: end for name, end in ends.items() if end is not None and math.isfinite(end)}
            values += [(f"{mapped}_{name}", end, 0) for name, end in known.items()]
    return values


def _beliefs(arm: Mapping[str, Any], names: Iterable[str], verdicts: Iterable[Mapping[str, Any]]) -> list[_Value]:
    """Its gain on fresh seeds and rows, where this arm was chosen, and what it is worth in rows, where it decided."""
    values: list[_Value] = []
    mine = {verdict["metric"]: verdict for verdict in verdicts if _is_about(verdict, arm)}
    for name, verdict in ((name, mine[name]) for name in names if name in mine):
        mapped = metric_name(name)
        if verdict.get("confirmed_arm") == arm["arm"]:
            values += _with_ends(f"gain/{mapped}_confirmed", verdict, "confirmed_gain", "confirmed")
        if verdict["decided_by"] == arm["arm"]:
            values += _with_ends(f"worth/{mapped}", verdict, "worth", "worth")
    return values


def _is_about(verdict: Mapping[str, Any], arm: Mapping[str, Any]) -> bool:
    return all(verdict[name] == arm[name] for name in (*_SETTING, "family"))


def _with_ends(name: str, verdict: Mapping[str, Any], number: str, ends: str) -> list[_Value]:
    """A number with its interval; an open end is absent, as in summary.json."""
    found = ((name, number), (f"{name}_lo", f"{ends}_low"), (f"{name}_hi", f"{ends}_high"))
    return [(named, verdict.get(field), 0) for named, field in found]


def _belief_tags(arm: Mapping[str, Any], metric: str, summary: Mapping[str, Any]) -> dict[str, str]:
    """To what the arm's verdict generalises, what fresh data say of it, and why a race stopped it."""
    tags: dict[str, Any] = {}
    for verdict in (v for v in summary["verdicts"] if _is_about(v, arm) and v["metric"] == metric):
        tags["augeval.claim"] = verdict["claim"]
        tags["augeval.flags"] = ", ".join(verdict.get("flags", ()))
        if verdict.get("confirmed_arm") == arm["arm"]:
            tags["augeval.confirmed"] = verdict["confirmed_outcome"]
    for race in summary["races"]:
        for stop in race["stops"] if all(race[name] == arm[name] for name in _SETTING) else ():
            if stop["arm"] == arm["arm"]:
                tags["augeval.stopped"] = f"{stop['why']} after {stop['seeds']} seeds"
    return {name: str(value) for name, value in tags.items() if value}


def _measured(arm: Mapping[str, Any], names: Iterable[str]) -> list[_Value]:
    values: list[_Value] = []
    scores = [(metric_name(name), arm["scores"][name]) for name in names if name in arm["scores"]]
    values += [(f"test_mean/{name}", score["mean"], 0) for name, score in scores]
    values += [(f"test/{name}", value, int(seed)) for name, score in scores for seed, value in score["per_seed"]]
    values += [(name, arm[name], 0) for name in ("affinity", "diversity") if arm.get(name) is not None]
    values += [(f"drift/{metric_name(name)}", value, 0) for name, value in sorted(arm["drift"].items())]
    values += [(f"count/{metric_name(name)}", value, 0) for name, value in sorted(arm["counts"].items())]
    return values


def _costs(arm: Mapping[str, Any], costs: Mapping[str, Any]) -> list[_Value]:
    which = ("dataset", "model", "train_size", "arm")
    mine = [c["seconds"] for c in costs.get("by_arm", ()) if all(c[name] == arm[name] for name in which)]
    values: list[_Value] = [("cost/seconds", seconds, 0) for seconds in mine]
    values += [("seeds", arm["n_ok"], 0)]  # those that the arm's numbers rest on; a race gives some arms fewer
    return values + [(f"cost/{name}", arm[name], 0) for name in ("n_ok", "n_failed", "n_not_applicable")]


def _finite(values: Iterable[_Value]) -> tuple[tuple[_Finite, ...], dict[str, str]]:
    """The values that a server may be given, and a tag that names those it may not.

    nan means "not measured" and is left out. MLflow stores an infinity as 1.797e308, which is a lie; it is left out
    and named.
    """
    known = [(name, float(value), step) for name, value, step in values if value is not None and value == value]
    infinite = sorted({name for name, value, _ in known if math.isinf(value)})
    left_out = {"augeval.left_out": f"infinite: {', '.join(infinite)}"} if infinite else {}
    return tuple(entry for entry in known if math.isfinite(entry[1])), left_out


def _params(arm: Mapping[str, Any]) -> dict[str, str]:
    """Plain values only; a dose that is a number is written as one, so that the server's axis is numeric."""
    named = ("augmenter", "magnitude", "ratio", "balance", "scope", "when", "model", "dataset", "train_size", "n_seeds")
    values = {name: arm.get(name) for name in named} | {"family": arm["family"], "design": arm.get("design")}
    values["train_size"] = "all" if arm["train_size"] is None else arm["train_size"]
    if isinstance(arm.get("scope"), list | tuple):
        values["scope"] = ", ".join(arm["scope"])
    values |= {f"augmenter.{metric_name(name)}": value for name, value in (arm.get("params") or {}).items()}
    return {name: _text(value) for name, value in values.items() if isinstance(value, str | int | float)}


def _text(value: str | float) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cut(without_credentials(str(value)), 5000)
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _input(dataset: Mapping[str, Any]) -> dict[str, str]:
    """A dataset by augeval's own digest: the rows' sha256, as much of it as MLflow takes."""
    about = {name: without_credentials(str(dataset.get(name) or "")) for name in ("source", "licence", "fingerprint")}
    profile = {"num_rows": dataset.get("rows"), "num_classes": len(dataset.get("classes") or ())}
    return {
        "name": dataset["name"],
        "digest": dataset["fingerprint"][:DIGEST_LENGTH],
        "source": json.dumps({"tags": about}, sort_keys=True),
        "profile": json.dumps(profile, sort_keys=True),
    }


def _note(summary: Mapping[str, Any]) -> str:
    """The verdict table as Markdown, the user's own arms before the controls; whole rows, as many as fit."""
    ranked = sorted(summary["verdicts"], key=lambda verdict: bool(verdict["is_control"]))
    rows = [_note_row(verdict) for verdict in ranked]
    headline = summary.get("headline")
    head = f"{cell(headline)}\n\n" if isinstance(headline, str) and headline else ""
    head += f"| {' | '.join(NOTE_HEAD)} |\n|" + "---|" * len(NOTE_HEAD)
    kept = 0
    while kept < len(rows) and len(head) + len(rows[kept]) + 1 < NOTE_LENGTH:
        head += f"\n{rows[kept]}"
        kept += 1
    return head if kept == len(rows) else f"{head}\n\n{len(rows) - kept} more in report.md."


def _note_row(verdict: Mapping[str, Any]) -> str:
    size = "all" if verdict["train_size"] is None else verdict["train_size"]
    cells = [
        f"{verdict['family']} ({verdict['metric']})",
        ", ".join([verdict["outcome"].replace("_", " "), *verdict.get("flags", ())]),
        _interval(*(verdict[name] for name in ("gain", "low", "high"))),
        _interval(*(verdict.get(f"confirmed_{name}") for name in ("gain", "low", "high"))),
        verdict["contrast"],
        verdict["claim"],
        verdict["recommended"] or "–",
        f"{verdict['dataset']}, {verdict['model']}, {size}",
        cut(next(iter(verdict["reasons"]), ""), 200),
    ]
    return "| " + " | ".join(cell(text) for text in cells) + " |"


def _interval(gain: float | None, low: float | None, high: float | None) -> str:
    def shown(value: float | None) -> str:
        return "–" if value is None or not math.isfinite(value) else f"{value:+.3f}"

    return "–" if gain is None else f"{shown(gain)} [{shown(low)}, {shown(high)}]"

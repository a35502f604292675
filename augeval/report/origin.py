"""Where the numbers come from, as pairs of name and words: versions, commit, data, seeds, scope of the claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augeval.report.wording import count, plain, size

__all__ = ["packages", "run_facts", "study_facts"]

Pairs = list[tuple[str, str]]


def run_facts(built: Mapping[str, Any]) -> Pairs:
    """Of the whole run; what is not known is left out."""
    about, experiment = built["provenance"], built["experiment"]
    workers = about.get("workers")
    executor = about.get("executor", "")
    claims = dict.fromkeys(str(verdict["claim"]) for verdict in built["verdicts"] if verdict["claim"])
    return _known(
        ("augeval", about.get("version")),
        ("Python", about.get("python")),
        ("system", ", ".join(str(about[name]) for name in ("system", "machine") if about.get(name))),
        ("git commit", about.get("git_commit")),
        ("experiment file", about.get("config_file")),
        ("experiment digest", experiment.get("config_digest")),
        ("command", about.get("command")),
        ("executor", f"{executor}, {count(workers, 'worker')}" if executor and workers else executor),
        ("own code", about.get("code")),
        ("started", about.get("started")),
        ("finished", about.get("finished")),
        ("scope of claims", "; ".join(claims)),
    )


def study_facts(study: Mapping[str, Any]) -> Pairs:
    """Of one study: its rows, and how they were used."""
    dataset, metrics = study["dataset"], study["metrics"]
    rows, classes = dataset.get("rows"), dataset.get("classes") or ()
    return _known(
        ("rows", "" if rows is None else f"{rows:,}"),
        ("classes", f"{len(classes)}" if classes else ""),
        ("source", dataset.get("source")),
        ("licence", dataset.get("licence")),
        ("fingerprint", dataset.get("fingerprint")),
        ("models", study["models"]),
        ("train sizes", [size(train_size) for train_size in study["train_sizes"]]),
        ("metrics", [metrics["primary"], *metrics["also"]]),
        ("seeds", study.get("seeds")),
        ("looks of the race", study.get("looks")),
        *((name, study.get(name)) for name in ("draws", "margin", "alpha")),
        ("chosen doses", _chosen(study)),
        ("drift seen by", study.get("judge")),
        ("split", study.get("split")),
    )


def _chosen(study: Mapping[str, Any]) -> str:
    """Whether the gain of a chosen dose was measured again; "" where the study does not say."""
    if "unconfirmed" not in study:
        return ""
    why_not = str(study["unconfirmed"])
    return f"not measured again: {why_not}" if why_not else "measured again on fresh seeds and held-out rows"


def packages(built: Mapping[str, Any]) -> Pairs:
    """Library versions; those that were not installed are left out."""
    return _known(*built["provenance"].get("packages", {}).items())


def _known(*pairs: tuple[str, Any]) -> Pairs:
    return [(name, plain(value)) for name, value in pairs if value not in (None, "", [], ())]

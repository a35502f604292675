"""A summary cut into settings: one dataset × model × train size, with all that was found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augeval.report.wording import OUTCOMES, in_points

__all__ = ["Setting", "by_outcome", "settings"]

Entry = Mapping[str, Any]  # one entry of the summary's lists; JSON has no better type


@dataclass(frozen=True)
class Setting:
    """One dataset × model × train size.

    Args:
        study: which study of the experiment it belongs to; {} if it is not described.
        metric: the primary one, which decides; points: whether its differences are shown in points.
        arms: all of them, the baseline first. verdicts: on the primary metric, the user's families before the
            controls. others: verdicts on the other metrics.
        comparisons, curves, alarms: on the primary metric; comparisons_of_others on the rest.
        race: how its arms were given seeds; None where all were given the same.
    """

    dataset: str
    model: str
    train_size: int | None
    study: Entry
    metric: str
    points: bool
    arms: Sequence[Entry]
    verdicts: Sequence[Entry]
    others: Sequence[Entry]
    comparisons: Sequence[Entry]
    comparisons_of_others: Sequence[Entry]
    curves: Sequence[Entry]
    alarms: Sequence[Entry]
    race: Entry | None = None

    @property
    def where(self) -> dict[str, Any]:
        """Dataset, model and train size, as `wording.place` takes them."""
        return {"dataset": self.dataset, "model": self.model, "train_size": self.train_size}

    @property
    def judged(self) -> list[Entry]:
        """The verdicts of the user's own families, without those that rest on no evidence."""
        return [verdict for verdict in self.verdicts if not verdict["is_control"] and verdict.get("evidence", True)]

    @property
    def played(self) -> list[Entry]:
        """The families that are shown and not judged, since a scripted server gave their rows."""
        return [verdict for verdict in self.verdicts if not verdict.get("evidence", True)]

    @property
    def baseline(self) -> Entry | None:
        """The arm without augmentation."""
        return next((arm for arm in self.arms if arm["augmenter"] == "none"), None)

    @property
    def margin(self) -> float | None:
        """The smallest difference in the primary metric that matters."""
        margin = self.study.get("margin")
        if isinstance(margin, Mapping):
            margin = margin.get(self.metric)
        return None if margin is None else float(margin)

    def comparison(self, arm: str | None, contrast: str) -> Entry | None:
        """What the arm gains on the primary metric over this contrast."""
        found = (c for c in self.comparisons if c["arm"] == arm and c["contrast"] == contrast)
        return next(found, None)


def settings(summary: Entry) -> list[Setting]:
    """Every setting, in the order of the summary's arms."""
    studies = summary["experiment"]["studies"]
    kinds = ("arms", "verdicts", "comparisons", "curves", "alarms", "races")
    keyed = {kind: _keyed(summary.get(kind, ())) for kind in kinds}
    wheres = dict.fromkeys(where for kind in kinds for where in keyed[kind])
    return [_setting(where, {kind: keyed[kind].get(where, []) for kind in kinds}, studies) for where in wheres]


def _keyed(entries: Sequence[Entry]) -> dict[tuple[str, str, int | None], list[Entry]]:
    groups: dict[tuple[str, str, int | None], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry["dataset"], entry["model"], entry["train_size"]), []).append(entry)
    return groups


def _setting(
    where: tuple[str, str, int | None], found: Mapping[str, Sequence[Entry]], studies: Sequence[Entry]
) -> Setting:
    study = _study_of(where, studies)
    metric = study["metrics"]["primary"] if study else _first_metric(found)

    def on(kind: str, primary: bool = True) -> list[Entry]:
        return [entry for entry in found[kind] if (entry["metric"] == metric) is primary]

    return Setting(
        *where,
        study=study,
        metric=metric,
        points=in_points(metric, [study] if study else []),
        arms=found["arms"],
        verdicts=by_outcome(on("verdicts")),
        others=by_outcome(on("verdicts", False)),
        comparisons=on("comparisons"),
        comparisons_of_others=on("comparisons", False),
        curves=on("curves"),
        alarms=on("alarms"),
        race=next(iter(found["races"]), None),
    )


def _study_of(where: tuple[str, str, int | None], studies: Sequence[Entry]) -> Entry:
    """The study of this dataset, model and train size; no two studies share all three."""
    dataset, model, size = where
    same = [study for study in studies if study["dataset"]["name"] == dataset]
    same = [study for study in same if model in study["models"]] or same
    return next((study for study in same if size in study["train_sizes"]), same[0] if same else {})


def _first_metric(found: Mapping[str, Sequence[Entry]]) -> str:
    named = [entry["metric"] for kind in ("verdicts", "comparisons") for entry in found[kind]]
    scored = [name for arm in found["arms"] for name in arm["scores"]]
    return str(next(iter([*named, *scored]), "score"))


def by_outcome(verdicts: Sequence[Entry]) -> list[Entry]:
    """The user's families before the controls; helping, harming, then the rest; the clearest gain first."""

    def rank(verdict: Entry) -> tuple[Any, ...]:
        gain = verdict["gain"] or 0.0
        size = gain if verdict["outcome"] == "harms" else -gain
        return (bool(verdict["is_control"]), OUTCOMES.index(verdict["outcome"]), size, verdict["family"])

    return sorted(verdicts, key=rank)

"""What a reader should know before believing the numbers: one sentence each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from augeval.report import delivered, made, sentinels
from augeval.report.beliefs import CONTRADICTED, quoted, refuted, said, standing
from augeval.report.settings import Entry, Setting, settings
from augeval.report.wording import count, interval, joined, place
from augeval.results import CellResult
from augeval.types import CONTROLS

__all__ = ["notes", "sentences"]

FEW_SEEDS = 5  # below this the spread over seeds is hardly known
SHARE_WORTH_SAYING = 0.2  # of an arm's rows
NAMED = 4  # arms that a sentence names; the rest are counted
HARMFUL = "shuffle_labels"  # the control whose labels are mixed
SAID = 12  # sentences of one kind; the rest are counted


def sentences(summary: Mapping[str, Any], results: Sequence[CellResult]) -> list[str]:
    """Everything to be careful about, the gravest first.

    Args:
        summary: with experiment, arms, alarms, comparisons and costs.
        results: the cells, for totals that the arms hold as means.
    """
    found = settings(summary)
    kinds: list[Iterable[str]] = [
        sentinels.ringing(summary),
        _failures(summary["arms"]),
        _alarms(found),
        _unconfirmed(found),
        _blind(found),
        _leaks(results),
        _not_applicable(summary["arms"]),
        _unreached(summary["arms"]),
        _no_ops(summary["arms"]),
        _short(summary["arms"]),
        delivered.sentences(summary["arms"]),
        _undefined(summary["arms"]),
        _few_seeds(found),
        _unbounded(found),
        _rosy(found),
        _shared_judges(summary["experiment"]["studies"]),
        notes(summary["experiment"]["studies"]),
    ]
    return [sentence for kind in kinds for sentence in _at_most(list(dict.fromkeys(kind)))]


def _at_most(said: list[str]) -> list[str]:
    if len(said) <= SAID:
        return said
    return [
        *said[: SAID - 1],
        f"{len(said) - SAID + 1} more warnings of this kind; summary.json has what they are about.",
    ]


_Entries = Sequence[Mapping[str, Any]]


def _failures(arms: _Entries) -> Iterable[str]:
    for arm in arms:
        if arm["n_failed"]:
            who = f"{arm['arm']} with {place(arm)}"
            yield f"{who}: {_first_line(arm['reason'])}. Those seeds are missing from every number."


def _alarms(found: Sequence[Setting]) -> Iterable[str]:
    for setting in found:
        if setting.alarms:
            yield f"{place(setting.where)}: {max(setting.alarms, key=lambda alarm: alarm['gain'] or 0.0)['text']}"


def _unconfirmed(found: Sequence[Setting]) -> Iterable[str]:
    """Chosen arms whose gain is not borne out by the seeds and rows that did not choose them."""
    for setting in found:
        for verdict in filter(refuted, setting.verdicts):
            does = "contradict" if standing(verdict) == CONTRADICTED else "do not confirm"
            chosen, fresh = (said(numbers, setting.points) for numbers in (verdict, quoted(verdict)))
            yield (
                f"{place(setting.where)}: fresh seeds and rows {does} {verdict['confirmed_arm']}: it was chosen at "
                f"{chosen} and gains {fresh} there. Quote the second figure."
            )


def _rosy(found: Sequence[Setting]) -> Iterable[str]:
    """Chosen doses whose gain was never confirmed: of several noisy gains, the largest flatters."""
    for setting in found:
        by_reason: dict[str, list[str]] = defaultdict(list)
        for verdict in setting.judged:
            if verdict["recommended"] and not standing(verdict) and _doses(setting, verdict) > 1:
                by_reason[str(verdict.get("confirmation") or "")].append(verdict["recommended"])
        for why, arms in by_reason.items():
            was, gain = ("was", "its gain is") if len(arms) == 1 else ("were", "their gains are")
            yield (
                f"{place(setting.where)}: {_named(arms)} {was} chosen among doses on the rows that show the gain, so "
                f"{gain} a little too rosy. {why}".rstrip()
            )


def _doses(setting: Setting, verdict: Entry) -> int:
    return sum(arm["family"] == verdict["family"] for arm in setting.arms)


def _blind(found: Sequence[Setting]) -> Iterable[str]:
    """Settings where mixed labels, which must harm, are not shown to: other harm may have gone unseen too."""
    for setting in found:
        for verdict in setting.verdicts:
            if verdict["family"] == HARMFUL and verdict["outcome"] in ("helps", "equivalent", "inconclusive"):
                yield (
                    f"{place(setting.where)}: {HARMFUL}, which must harm, is not shown to ({verdict['outcome']}), "
                    "so harm by another arm would not have been seen either. Read no 'equivalent' there as 'harmless'."
                )


def _first_line(reason: str | None) -> str:
    return " ".join((reason or "").split()).rstrip(".")


def _not_applicable(arms: _Entries) -> Iterable[str]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for arm in arms:
        if arm["n_not_applicable"]:
            by_reason[_first_line(arm["reason"])].append(f"{arm['arm']} with {place(arm)}")
    for reason, who in by_reason.items():
        yield f"{_named(who)}: {reason}."


def _named(who: Sequence[str]) -> str:
    more = [f"{len(who) - NAMED} more"] if len(who) > NAMED else []
    return joined([*who[:NAMED], *more])


def _leaks(results: Sequence[CellResult]) -> Iterable[str]:
    """Synthetic rows that equalled a held-out row: all models, seeds, draws and doses of a family together."""
    leaked: dict[tuple[str, str], int] = defaultdict(int)
    got: dict[tuple[str, str], int] = defaultdict(int)
    for result in results:
        if result.cell.arm.augmenter.name not in CONTROLS:
            which = result.cell.dataset["name"], result.cell.arm.family
            leaked[which] += result.counts.get("leaked", 0)
            got[which] += result.counts.get("got", 0) + result.counts.get("leaked", 0)
    for (dataset, family), n in sorted(leaked.items()):
        if n:
            yield (
                f"{family} on {dataset}: {n:,} of {count(got[dataset, family], 'synthetic row')} equalled a held-out "
                f"row and {'was' if n == 1 else 'were'} left out (models, seeds, draws and doses together)."
            )


def _unreached(arms: _Entries) -> Iterable[str]:
    for dataset, model, who, share in _shares(arms, "unreached"):
        yield (
            f"{model} cannot tell {share} of the rows of {who} on {dataset} from their parents: it gets the same "
            "features from both."
        )


def _no_ops(arms: _Entries) -> Iterable[str]:
    for dataset, _, who, share in _shares(arms, "no_op"):
        yield f"{who} on {dataset}: {share} of the rows equal their parent."


def _shares(arms: _Entries, name: str) -> Iterable[tuple[str, str, str, str]]:
    """(dataset, model, arms of one family, share of their rows) where the share is worth saying."""
    found: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for arm in arms:
        got = arm["counts"].get("got", 0)
        share = arm["counts"].get(name, 0) / got if got else 0.0
        if share > SHARE_WORTH_SAYING and not arm["is_control"]:
            found[arm["dataset"], arm["model"], arm["family"]][arm["arm"]] = share
    for (dataset, model, _), shares in found.items():
        low, high = (f"{share * 100:.0f}" for share in (min(shares.values()), max(shares.values())))
        yield dataset, model, _named(list(shares)), f"{low} %" if low == high else f"{low} to {high} %"


def _short(arms: _Entries) -> Iterable[str]:
    for arm in arms:
        counts = arm["counts"]
        asked, got = counts.get("asked", 0), counts.get("got", 0) + counts.get("leaked", 0)
        if asked and got < asked * (1 - 1e-9):
            told = {name: n for name, n in arm.get("lost", {}).items() if name == "unmade" or ":" in name}
            why = made.losses({"lost": told})
            said = f"{arm['arm']} on {arm['dataset']} made {got:,.4g} of the {asked:,.4g} rows that were asked for"
            yield f"{said}{f' ({why})' if why else ''}."


def _undefined(arms: _Entries) -> Iterable[str]:
    for arm in arms:
        for metric, score in arm["scores"].items():
            missing = sum(value is None for _, value in score["per_seed"])
            if missing:
                yield f"{metric} is undefined on {count(missing, 'seed')} of {arm['arm']} with {place(arm)}."


def _few_seeds(found: Sequence[Setting]) -> Iterable[str]:
    for setting in found:
        planned = [arm["n_seeds"] for arm in setting.arms]
        if planned and max(planned) < FEW_SEEDS:
            yield (
                f"Only {count(max(planned), 'seed')} of {place(setting.where)}: intervals are wide, and how wide is "
                "itself uncertain. Take 10 or more before you decide."
            )


def _unbounded(found: Sequence[Setting]) -> Iterable[str]:
    for setting in found:
        open_ended = [c for c in setting.comparisons if c["mean_diff"] is not None and _open(c)]
        if open_ended:
            arms = list(dict.fromkeys(c["arm"] for c in open_ended))
            why = next((c["note"] for c in open_ended if c["note"]), "")
            shown = interval(open_ended[0]["low"], open_ended[0]["high"], setting.points)
            has = "has" if len(arms) == 1 else "have"
            yield f"{_named(arms)} with {place(setting.where)} {has} {shown}{f': {why}' if why else ''}."


def _open(comparison: Mapping[str, Any]) -> bool:
    return comparison["low"] is None or comparison["high"] is None


def notes(studies: _Entries) -> list[str]:
    """What was noticed while the rows were read: some of it is a warning (duplicates), some is just good to know."""
    named = [(study["dataset"]["name"], note) for study in studies for note in study["dataset"].get("notes", ())]
    return list(dict.fromkeys(f"{name}: {note}" for name, note in named))


def _shared_judges(studies: _Entries) -> Iterable[str]:
    for study in studies:
        name = study["dataset"]["name"]
        if study.get("judge_shared"):
            yield (
                f"{name}: the judge of the drift, {study['judge']}, is also the encoder of a model, so drift there is "
                "what the model itself sees and no outside opinion."
            )

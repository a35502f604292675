"""Records: what a tracking server is told of a run, and what it is not."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

from augeval.records import records
from augeval.types import canonical_json


def arm(label: str, **fields: Any) -> dict[str, Any]:
    """One entry of summary["arms"]; label as the table calls it."""
    scores = {
        "macro_f1": {"mean": 0.5, "sd": 0.1, "per_seed": [[0, 0.4], [1, 0.5], [2, 0.6]]},
        "ndcg@10": {"mean": 0.25, "sd": None, "per_seed": [[0, 0.25], [1, None], [2, 0.25]]},
    }
    counts = {"n_seeds": 3, "n_ok": 3, "n_failed": 0, "n_not_applicable": 0}
    who = {"dataset": "toy", "model": "linear(c=1)", "train_size": 100, "arm": label, "family": label.split()[0]}
    what = {"augmenter": label.split()[0], "params": {}, "magnitude": None, "ratio": None, "balance": None}
    how = {"scope": "all", "when": "train", "is_control": False, "design": "each", "draws": 1, "reason": None}
    return {
        **who,
        **what,
        **how,
        **counts,
        "scores": scores,
        "drift": {"cosine": 0.125},
        "counts": {"got": 4},
        **fields,
    }


def comparison(label: str, contrast: str, gain: float, **fields: Any) -> dict[str, Any]:
    who = {"dataset": "toy", "model": "linear(c=1)", "train_size": 100, "arm": label, "contrast": contrast}
    numbers = {"mean_diff": gain, "low": gain - 0.01, "high": gain + 0.01}
    return {**who, **numbers, "reference": contrast, "metric": "macro_f1", "outcome": "helps", **fields}


def verdict(family: str, **fields: Any) -> dict[str, Any]:
    who = {"dataset": "toy", "model": "linear(c=1)", "train_size": 100, "family": family, "metric": "macro_f1"}
    numbers = {"gain": 0.05, "low": 0.04, "high": None, "recommended": None}
    about = {"contrast": "duplicate", "outcome": "helps", "reasons": ["It gains."], "is_control": False}
    about |= {"claim": "this training pool, new draws and test rows", "decided_by": None, "confirmed_arm": None}
    return {**who, **numbers, **about, **fields}


def summary_of(n_arms: int = 1) -> dict[str, Any]:
    """A run with `none`, `duplicate ×4` and n synonym arms."""
    names = [f"synonym {(i + 1) / 10:g} ×4" for i in range(n_arms)]
    dataset = {"name": "toy", "modality": "text", "rows": 10, "classes": [{"name": "a", "count": 10}], "notes": []}
    dataset |= {"source": "https://me:secret@host/toy", "licence": "MIT", "fingerprint": "a1" * 32}
    study = {"dataset": dataset, "models": ["linear(c=1)"], "arms": names, "train_sizes": [100]}
    study |= {"metrics": {"primary": "macro_f1", "also": ["ndcg@10"]}}
    made = [arm(name, magnitude=(i + 1) / 10, ratio=4.0) for i, name in enumerate(names)]
    gains = [comparison(name, contrast, 0.05) for name in names for contrast in ("duplicate", "none")]
    who = {"dataset": "toy", "model": "linear(c=1)", "train_size": 100}
    costs = {"cells": 9, "ok": 9, "failed": 0, "not_applicable": 0, "seconds_by_stage": {"fit": 2.0}}
    return {
        "schema_version": 1,
        "headline": "synonym helps",
        "experiment": {"name": "exp", "config_digest": "c0ffee", "studies": [study]},
        "comparisons": [*gains, comparison("duplicate ×4", "none", 0.0, outcome="equivalent")],
        "verdicts": [verdict("duplicate", is_control=True), verdict("synonym")],
        "curves": [],
        "alarms": [],
        "races": [],
        "arms": [arm("none"), arm("duplicate ×4", ratio=4.0, is_control=True), *made],
        "samples": [],
        "warnings": [],
        "costs": {**costs, "by_arm": [{**who, "arm": name, "seconds": 1.5} for name in names]},
        "provenance": {"version": "0.1.0", "git_commit": "abc123", "started": "2026-01-01T00:00:00+00:00"},
    }


def by_name(summary: dict[str, Any]) -> dict[str, Any]:
    return {record.name: record for record in records(summary)}


def values(record: Any) -> dict[str, list[tuple[float, int]]]:
    found: dict[str, list[tuple[float, int]]] = {}
    for name, value, step in record.metrics:
        found.setdefault(name, []).append((value, step))
    return found


class TestArms:
    def test_there_is_one_record_for_the_run_and_one_for_each_arm(self) -> None:
        kinds = [(record.kind, record.name) for record in records(summary_of(2))]
        assert kinds == [
            ("summary", "exp: summary"),
            ("arm", "none"),
            ("arm", "duplicate ×4"),
            ("arm", "synonym 0.1 ×4"),
            ("arm", "synonym 0.2 ×4"),
        ]

    def test_the_headline_comes_first(self) -> None:
        names = [name for name, _, _ in by_name(summary_of())["synonym 0.1 ×4"].metrics]
        assert names[:3] == ["gain/macro_f1", "gain/macro_f1_lo", "gain/macro_f1_hi"]

    def test_the_gain_is_the_one_against_duplicate_where_there_is_one(self) -> None:
        summary = summary_of()
        for entry in summary["comparisons"]:
            entry["mean_diff"] = {"duplicate": 0.01, "none": 0.5}[entry["contrast"]]
        found = by_name(summary)
        assert values(found["synonym 0.1 ×4"])["gain/macro_f1"] == [(0.01, 0)]
        assert found["synonym 0.1 ×4"].tags["augeval.contrast"] == "duplicate"
        assert values(found["duplicate ×4"])["gain/macro_f1"] == [(0.5, 0)]
        assert found["duplicate ×4"].tags["augeval.contrast"] == "none"

    def test_the_baseline_has_scores_and_no_gain_and_no_outcome(self) -> None:
        none = by_name(summary_of())["none"]
        assert not [name for name in values(none) if name.startswith("gain/")]
        assert "augeval.outcome" not in none.tags
        assert values(none)["test_mean/macro_f1"] == [(0.5, 0)]

    def test_a_score_has_the_seed_as_its_step_and_a_missing_seed_is_missing(self) -> None:
        found = values(by_name(summary_of())["synonym 0.1 ×4"])
        assert found["test/macro_f1"] == [(0.4, 0), (0.5, 1), (0.6, 2)]
        assert found["test/ndcg_at_10"] == [(0.25, 0), (0.25, 2)]

    def test_drift_counts_and_costs_are_there_and_affinity_only_if_measured(self) -> None:
        found = values(by_name(summary_of())["synonym 0.1 ×4"])
        assert found["drift/cosine"] == [(0.125, 0)]
        assert found["cost/seconds"] == [(1.5, 0)]
        assert "affinity" not in found
        summary = summary_of()
        summary["arms"][2]["affinity"] = -0.5
        assert values(by_name(summary)["synonym 0.1 ×4"])["affinity"] == [(-0.5, 0)]

    def test_params_are_plain_and_doses_are_numbers(self) -> None:
        summary = summary_of()
        summary["arms"][2] |= {"params": {"via": "spa", "ops": ["swap"], "keep": True}, "scope": ["a", "b"]}
        params = by_name(summary)["synonym 0.1 ×4"].params
        assert (params["magnitude"], params["ratio"], params["train_size"]) == ("0.1", "4", "100")
        assert (params["augmenter.via"], params["augmenter.keep"], params["scope"]) == ("spa", "True", "a, b")
        assert "augmenter.ops" not in params
        assert "balance" not in params

    def test_a_train_size_of_everything_is_said_so(self) -> None:
        summary = summary_of()
        summary["arms"][0]["train_size"] = None
        assert by_name(summary)["none"].params["train_size"] == "all"

    def test_keys_name_the_arm_whatever_was_measured(self) -> None:
        before, after = summary_of(), summary_of()
        after["arms"][2]["scores"] = {}
        after["comparisons"] = []
        assert [r.key for r in records(before)] == [r.key for r in records(after)]
        assert len({r.key for r in records(before)}) == 4

    def test_an_arm_that_only_failed_is_a_failed_run_and_a_meaningless_one_says_why(self) -> None:
        summary = summary_of()
        summary["arms"][0] |= {"n_ok": 0, "n_failed": 3, "scores": {}}
        summary["arms"][1] |= {"n_ok": 0, "n_not_applicable": 3, "scores": {}, "reason": "no minority class"}
        summary["comparisons"] = []
        found = by_name(summary)
        assert found["none"].status == "FAILED"
        assert found["duplicate ×4"].status == "FINISHED"
        assert found["duplicate ×4"].tags["augeval.outcome"] == "not_applicable"
        assert found["duplicate ×4"].tags["augeval.reason"] == "no minority class"

    def test_nan_is_left_out_and_infinity_is_left_out_and_named(self) -> None:
        summary = summary_of()
        summary["arms"][2]["drift"] = {"cosine": math.nan, "ratio": math.inf}
        summary["comparisons"][0] |= {"low": None, "high": math.inf}
        record = by_name(summary)["synonym 0.1 ×4"]
        assert not {"drift/cosine", "drift/ratio", "gain/macro_f1_lo", "gain/macro_f1_hi"} & set(values(record))
        assert record.tags["augeval.left_out"] == "infinite: drift/ratio"

    def test_a_chosen_arm_has_its_confirmed_gain_and_the_arm_that_decided_its_worth(self) -> None:
        summary, chosen, decided = summary_of(2), "synonym 0.1 ×4", "synonym 0.2 ×4"
        confirmed = {"confirmed_gain": 0.02, "confirmed_low": -0.01, "confirmed_high": None}
        worth = {"worth": 180.0, "worth_low": 90.0, "worth_high": None, "decided_by": decided}
        of = {"confirmed_arm": chosen, "confirmed_outcome": "inconclusive"}
        summary["verdicts"] += [verdict("synonym", metric="ndcg@10", **confirmed, **worth, **of)]
        found = {label: values(by_name(summary)[label]) for label in ("none", chosen, decided)}
        assert found[chosen]["gain/ndcg_at_10_confirmed"] == [(0.02, 0)]
        assert found[chosen]["gain/ndcg_at_10_confirmed_lo"] == [(-0.01, 0)]
        assert found[decided]["worth/ndcg_at_10"] == [(180.0, 0)]
        assert found[decided]["worth/ndcg_at_10_lo"] == [(90.0, 0)]
        names = {label: {n for n in found[label] if "confirmed" in n or "worth" in n} for label in found}
        assert {label: len(some) for label, some in names.items()} == {"none": 0, chosen: 2, decided: 2}  # no open ends

    def test_a_raced_arm_says_how_many_seeds_it_has_and_why_it_stopped(self) -> None:
        summary = summary_of()
        where = {"dataset": "toy", "model": "linear(c=1)", "train_size": 100}
        stops = [{"arm": "synonym 0.1 ×4", "seeds": 10, "why": "futile"}]
        race = {**where, "metric": "macro_f1", "stops": stops, "fits": 30, "fits_planned": 40}
        summary["races"] = [race, {**race, "train_size": None, "stops": []}]
        summary["arms"][2] |= {"n_seeds": 10, "n_ok": 10}
        found = by_name(summary)
        assert values(found["synonym 0.1 ×4"])["seeds"] == [(10, 0)]
        assert found["synonym 0.1 ×4"].tags["augeval.stopped"] == "futile after 10 seeds"
        assert "augeval.stopped" not in found["none"].tags
        assert values(found["exp: summary"])["race/fits"] == [(60, 0)]
        assert values(found["exp: summary"])["race/fits_planned"] == [(80, 0)]
        assert "race/fits" not in values(by_name(summary_of())["exp: summary"])

    def test_the_scope_of_the_claim_and_what_fresh_data_say_are_tags_of_the_primary_metric(self) -> None:
        summary = summary_of()
        said = {"confirmed_arm": "synonym 0.1 ×4", "confirmed_outcome": "helps", "claim": "new training sets"}
        summary["verdicts"] = [verdict("synonym", **said), verdict("synonym", metric="ndcg@10")]
        tags = by_name(summary)["synonym 0.1 ×4"].tags
        assert (tags["augeval.claim"], tags["augeval.confirmed"]) == ("new training sets", "helps")
        assert "augeval.claim" not in by_name(summary)["none"].tags

    def test_the_dataset_goes_by_augevals_own_digest(self) -> None:
        (given,) = by_name(summary_of())["none"].inputs
        assert given["name"] == "toy"
        assert given["digest"] == ("a1" * 32)[:36]
        assert json.loads(given["source"])["tags"]["fingerprint"] == "a1" * 32


class TestSummary:
    def test_it_holds_the_tags_that_find_it(self) -> None:
        tags = by_name(summary_of())["exp: summary"].tags
        assert tags["augeval.kind"] == "summary"
        assert tags["augeval.config_digest"] == "c0ffee"
        assert tags["augeval.version"] == "0.1.0"
        assert tags["mlflow.source.git.commit"] == "abc123"

    def test_its_note_is_the_verdict_table_with_the_users_arms_first(self) -> None:
        note = by_name(summary_of())["exp: summary"].tags["mlflow.note.content"].splitlines()
        assert note[0] == "synonym helps"
        assert [line.split("|")[1].strip() for line in note[2:]] == [
            "Augmentation", "---", r"synonym (macro\_f1)", r"duplicate (macro\_f1)",
        ]  # fmt: skip
        assert r"+0.050 \[+0.040, –\] | – | duplicate | this training pool, new draws and test rows |" in note[4]

    def test_its_note_fits_and_says_how_much_it_leaves_out(self) -> None:
        summary = summary_of()
        summary["verdicts"] = [verdict(f"family{i}") for i in range(500)]
        note = by_name(summary)["exp: summary"].tags["mlflow.note.content"]
        kept = note.count("family")
        assert len(note) < 8000
        assert note.endswith(f"\n\n{500 - kept} more in report.md.")

    def test_text_from_data_cannot_break_the_table_or_run(self) -> None:
        summary = summary_of()
        summary["verdicts"] = [verdict("<script>alert(1)</script>", reasons=["a | b\n# c [x](javascript:y)"])]
        row = by_name(summary)["exp: summary"].tags["mlflow.note.content"].splitlines()[-1]
        assert "<" not in row
        assert row.replace(r"\|", "").count("|") == 10
        assert r"\[x\](javascript:y)" in row


def test_records_are_a_pure_function_of_the_summary_without_times() -> None:
    summary = summary_of(3)
    later = copy.deepcopy(summary)
    later["provenance"] |= {"started": "2027-01-01T00:00:00+00:00", "finished": "2027-01-02T00:00:00+00:00"}
    first, second = ([canonical_json(record.to_json()) for record in records(s)] for s in (summary, later))
    assert first == second


def test_no_record_holds_a_password() -> None:
    text = json.dumps([record.to_json() for record in records(summary_of())])
    assert "https://host/toy" in text.replace("\\", "")
    assert "secret" not in text

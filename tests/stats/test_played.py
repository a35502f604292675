"""Arms whose rows a scripted server gave: shown with their numbers, and in no other way part of an answer."""

from __future__ import annotations

import numpy as np
import pytest

from augeval import actions, config, harness, registry
from augeval.applied import recommended
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.extend import augmenter, dataset
from augeval.report import headline
from augeval.results import NOT_EVIDENCE
from augeval.stats.played import SAID
from augeval.types import Column, Dataset, Examples

NOISE = 12  # columns that say nothing


@dataset("tabular")
def one_signal():
    """One column that tells the class, and many that do not."""
    rng = np.random.default_rng(5)
    y = np.tile([0, 1], 300)
    x = np.column_stack([2 * y - 1 + 0.3 * rng.normal(size=600), 3 * rng.normal(size=(600, NOISE))])
    columns = tuple(Column(f"x{i}", "numeric") for i in range(NOISE + 1))
    return Dataset("one_signal", "tabular", Examples(x, y, np.arange(600)), ("no", "yes"), columns)


def renoised(row, rng):
    return np.concatenate([row[:1], 3 * rng.normal(size=NOISE)])


@augmenter("tabular", unit="", batch=True)
def real(rows, *, magnitude, rngs):
    """Draw the columns anew that say nothing: this helps."""
    return [renoised(row, rng) for row, rng in zip(rows, rngs, strict=True)]


@augmenter("tabular", unit="", batch=True)
def scripted(rows, *, magnitude, rngs, evidence: bool = True):
    """The same rows, from what says that it only plays."""
    made = [renoised(row, rng) for row, rng in zip(rows, rngs, strict=True)]
    return Edited(made, counts={NOT_EVIDENCE: len(made)} if evidence else {})


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {**registry._registered})
    registry.register("dataset", "one_signal", one_signal)
    for plugin in (real, scripted):
        registry.register("augmenter", plugin.name, plugin)


def run(folder, arms, **more):
    said = {"name": "played", "dataset": "one_signal", "models": [{"name": "logistic", "tune": False}], "seeds": 8,
            "train_sizes": [16], "metrics": {"primary": "accuracy", "also": []}, "arms": arms, **more}  # fmt: skip
    return harness.run(config.of(said), harness.Options(out=folder, executor="serial", track=False))


def of(found, arm, contrast="duplicate"):
    return next(c for c in found.summary["comparisons"] if c["arm"] == arm and c["contrast"] == contrast)


def verdict(found, family):
    return next(v for v in found.summary["verdicts"] if v["family"] == family)


PLAYED = [{"augmenter": "scripted", "ratio": [2, 4]}]
REAL = [{"augmenter": "real", "ratio": 4}]


@pytest.mark.parametrize("arms", [PLAYED, [{**PLAYED[0], "evidence": False}]], ids=["by its rows", "by its arm"])
def test_a_played_arm_that_would_help_has_no_outcome_and_nothing_is_chosen(tmp_path, arms):
    found = run(tmp_path, arms)
    family = next(arm["family"] for arm in found.summary["arms"] if arm["augmenter"] == "scripted")
    shown = of(found, f"{family} ×4")
    assert shown["low"] > 0  # the same numbers of a real arm would be "helps", as the next test says
    assert (shown["outcome"], shown["note"]) == ("not_applicable", NOT_EVIDENCE)
    judged = verdict(found, family)
    assert (judged["evidence"], judged["outcome"]) == (False, "not_applicable")
    assert judged["reasons"] == [SAID]
    names = ("decided_by", "best", "recommended", "highest_harmless", "too_much", "gain", "confirmed_arm", "worth")
    assert {judged[name] for name in names} == {None}
    (curve,) = [c for c in found.summary["curves"] if c["family"] == family and c["contrast"] == "duplicate"]
    assert {curve[name] for name in names[1:5]} == {None}
    assert found.summary["headline"].startswith("No augmentation was judged.")
    assert "is shown and not judged" in found.summary["headline"]
    assert NOT_EVIDENCE in (tmp_path / "report.md").read_text()
    with pytest.raises(InputError, match="recommends no augmentation"):
        recommended(found)
    assert not [cell for cell in found.cells.itertuples() if cell.confirms]


def test_beside_it_a_real_arm_is_judged_as_if_it_were_alone(tmp_path):
    # Nothing is confirmed: doses to choose from, if only of the played arm, would set held-out rows aside.
    alone, beside = (run(tmp_path / str(len(arms)), arms, confirm=False) for arms in (REAL, [*REAL, *PLAYED]))
    assert of(alone, "real ×4")["outcome"] == "helps"
    assert of(beside, "real ×4") == of(alone, "real ×4")
    assert verdict(beside, "real") == verdict(alone, "real")
    assert headline.parts(alone.summary) == [part for part in headline.parts(beside.summary) if "scripted" not in part]


def test_a_race_gives_it_the_first_look_and_no_say(tmp_path):
    race = {"seeds": {"max": 12, "race": True, "looks": [6, 12]}, "confirm": False}
    arms = [*REAL, {**PLAYED[0], "evidence": False}]
    alone, beside = run(tmp_path / "alone", REAL, **race), run(tmp_path / "beside", arms, **race)
    assert verdict(beside, "real") == verdict(alone, "real")
    seeds = {arm["arm"]: arm["n_seeds"] for arm in beside.summary["arms"]}
    assert seeds["scripted(evidence=False) ×4"] == 6
    assert actions.status(tmp_path / "beside").missing == 0


def test_two_arms_of_which_one_is_played_are_compared_without_an_outcome(tmp_path):
    run_of_both = run(tmp_path, [*REAL, *PLAYED])
    (found,) = run_of_both.versus("scripted ×4", "duplicate ×4").to_dict("records")
    assert found["outcome"] == "not_applicable"
    assert found["sentence"].startswith(SAID)
    (own,) = run_of_both.versus("real ×4", "duplicate ×4").to_dict("records")
    assert own["outcome"] == "helps"

"""Which arm is applied, and to which rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augeval import applied, config
from augeval.errors import InputError
from augeval.folders import RunResult


def run_with(*verdicts: dict[str, Any]) -> RunResult:
    studies = [{"dataset": {"name": name}, "metrics": {"primary": "accuracy"}} for name in ("wine", "digits")]
    plain = {
        "dataset": "wine", "model": "logistic", "train_size": None, "metric": "accuracy", "is_control": False,
        "outcome": "helps", "recommended": None, "gain": 0.02, "low": 0.01,
    }  # fmt: skip
    whole = {"experiment": {"studies": studies}, "verdicts": [{**plain, **verdict} for verdict in verdicts]}
    return RunResult(whole, Path("reports/any"))


def test_of_several_recommendations_the_surest_is_taken():
    result = run_with(
        {"recommended": "a 1", "gain": 0.09, "low": 0.001},
        {"recommended": "b 2", "gain": 0.03, "low": 0.020},
        {"recommended": None, "low": 0.5},
    )
    assert applied.recommended(result).arm == "b 2"


def test_controls_and_secondary_metrics_recommend_nothing():
    result = run_with({"recommended": "duplicate ×1", "is_control": True}, {"recommended": "a 1", "metric": "macro_f1"})
    with pytest.raises(InputError, match="recommends no augmentation"):
        applied.recommended(result)


def test_recommendations_for_two_datasets_ask_which_is_meant():
    result = run_with({"recommended": "a 1"}, {"recommended": "b 2", "dataset": "digits"})
    with pytest.raises(InputError, match="Choose one with --dataset"):
        applied.recommended(result)
    assert applied.recommended(result, dataset="digits").arm == "b 2"
    with pytest.raises(InputError, match="recommends no augmentation"):
        applied.recommended(result, dataset="digits", model="another")


def test_arms_are_found_by_label_family_and_augmenter_however_the_times_sign_is_typed():
    exp = config.of(
        {
            "dataset": "wine",
            "models": ["logistic"],
            "arms": [{"augmenter": "jitter", "magnitude": [0.1, 0.2], "ratio": 2}, "class_weight"],
        }
    )

    def called(name: str | None) -> list[str]:
        return [arm.label for _, arm in applied.chosen(exp, name, allow_code=False)]

    assert called("jitter 0.1 x2") == called("jitter 0.1  ×2") == ["jitter 0.1 ×2"]
    assert called("jitter") == called(None) == ["jitter 0.1 ×2", "jitter 0.2 ×2"]
    assert called("class_weight") == ["class_weight"]
    with pytest.raises(InputError, match=r"No arm is called 'jiter'\. Did you mean 'jitter'"):
        called("jiter")
    with pytest.raises(InputError, match="No arm is called 'smote'"):
        called("smote")


def test_a_train_size_takes_so_many_rows_and_the_rest_is_held_out():
    study, arm = applied.by_name("jitter", "wine", 0.1, allow_code=False)
    made = applied.make(study, arm, seed=2, train_size=30)
    assert (len(made.training.real), len(made.training.synthetic), made.held_out) == (30, 30, 178 - 30)
    again = applied.make(study, arm, seed=2, train_size=30)
    assert np.array_equal(made.training.synthetic.x, again.training.synthetic.x)


def test_a_look_shows_pairs_with_their_drift_and_the_worst_first():
    study, arm = applied.by_name("jitter", "wine", 1.0, allow_code=False)
    look = applied.look(applied.make(study, arm), 4)
    assert [sample["kind"] for sample in look.samples] == ["worst", "worst", "random", "random"]
    assert look.samples[0]["drift"] == pytest.approx(look.drift["max"], abs=1e-6)
    assert look.reason == ""


def test_drift_that_cannot_be_measured_has_a_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(applied, "has_encoder", lambda name: False)
    study, arm = applied.by_name("random_swap", "docstrings", 0.5, allow_code=False)
    look = applied.look(applied.make(study, arm, train_size=40), 2)
    assert look.drift == {}
    assert [sample["drift"] for sample in look.samples] == [None, None]
    assert "augeval[minilm]" in look.reason


def test_what_an_augmenter_tells_is_shown_with_its_row_and_written_beside_it():
    from augeval import handover
    from augeval.edited import Edit, Edits
    from augeval.types import Arm, Dataset, Examples, Spec, TrainingSet

    x = np.array(["a good film", "a bad film"], object)
    real = Examples(x, np.array([1, 0]), np.arange(2))
    texts = np.array(["a bad movie", "a fine film"], object)
    made_rows = Examples(texts, np.array([0, 1]), np.array([1, 0]), np.array([[1], [0]]))
    edits = Edits.of([Edit(0, "synonym", 2, "film", "movie"), Edit(1, "synonym", 1, "good", "fine")])
    notes = {"pivot": ["eine schlechte", ""], "label": ["x", "y"]}
    dataset = Dataset("films", "text", real, ("bad", "good"))
    counts = {"asked": 2, "got": 2}
    made = applied.Made(
        dataset, Arm(Spec("any"), ratio=1.0), 0, TrainingSet(real, made_rows, 2), counts, 0, edits, notes
    )
    sample = {"kind": "worst", "drift": None, "label": "good", "parent": "a good film", "child": "a fine film"}
    (told,) = applied._told(made, [sample])
    assert told["edits"] == [{"operation": "synonym", "position": 1, "old": "good", "new": "fine"}]
    assert told["notes"] == {"pivot": "", "label": "y"}
    table = handover.frame(made, {"text": "text", "label": "label"})
    assert table["pivot"].fillna("").tolist() == ["", "", "eine schlechte", ""]
    assert table.label.tolist() == ["good", "bad", "bad", "good"]  # the note of that name does not take its place
    assert table.told_label.fillna("").tolist() == ["", "", "x", "y"]
    written = handover.edits_frame(made)
    assert written.to_dict("list") == {
        "row_id": ["synthetic-0", "synthetic-1"], "parent_id": ["1", "0"], "operation": ["synonym"] * 2,
        "position": [2, 1], "old": ["film", "good"], "new": ["movie", "fine"],
    }  # fmt: skip


def test_a_row_whose_parents_are_one_row_twice_has_no_other_parent():
    from augeval import handover
    from augeval.types import Arm, Column, Dataset, Examples, Spec, TrainingSet

    real = Examples(np.array([[1.0], [2.0]]), np.array([0, 1]), np.arange(2))
    made_rows = Examples(np.array([[1.5], [1.9]]), np.array([0, 1]), np.array([0, 1]), np.array([[0, 0], [1, 0]]))
    dataset = Dataset("numbers", "tabular", real, ("no", "yes"), (Column("size", "numeric"),))
    training = TrainingSet(real, made_rows, 2)
    made = applied.Made(dataset, Arm(Spec("smote"), balance=1.0), 0, training, {"asked": 2, "got": 2}, 0)
    table = handover.frame(made, {"label": "label"})
    assert table.other_parent_ids.fillna("").tolist() == ["", "", "", "0"]


def test_what_a_sampler_counts_is_told_in_words(capsys: pytest.CaptureFixture[str]):
    from augeval.terminal.looked import print_look

    study, arm = applied.by_name("smote", "wine", None, allow_code=False)
    made = applied.make(study, arm, train_size=60)
    print_look(made, applied.look(made, 1))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "counted:" in line]
    assert "whole_cells" not in line
    assert f"{made.counts['cells']:,} values, {made.counts['whole_cells']:,} in columns of whole numbers" in line


def test_an_arm_that_makes_no_rows_says_so_and_shows_no_empty_table(capsys: pytest.CaptureFixture[str]):
    from augeval.terminal.looked import print_look

    value = {"dataset": "breast_cancer_rare", "models": ["logistic"], "arms": ["tuned_threshold", "random_under"]}
    for name, said in (("tuned_threshold", "makes no rows."), ("random_under", "training rows out.")):
        study, arm = applied.chosen(config.of(value), name, allow_code=False)[0]
        made = applied.make(study, arm)
        print_look(made, applied.look(made, 2))
        out = capsys.readouterr().out
        assert out.strip().endswith(said)
        assert "Original" not in out

"""What the harness hands on from one room to another."""

from __future__ import annotations

from augeval import config, harness


def test_the_judge_is_told_the_classes_of_held_out_rows(tmp_path):
    # Copies of 19 rare rows turn a few common rows and no rare one; the next rare one would be worth 2.6 points.
    arms = [{"augmenter": "duplicate", "balance": 0.25, "scope": "minority"}]
    metrics = {"primary": "balanced_accuracy", "also": ["log_loss"]}
    said = {"name": "rare", "dataset": "breast_cancer_rare", "models": ["logistic"], "arms": arms, "metrics": metrics}
    options = harness.Options(out=tmp_path / "rare", executor="serial", track=False)
    summary = harness.run(config.of({**said, "seeds": 6}), options).summary
    (found,) = [c for c in summary["comparisons"] if c["metric"] == "balanced_accuracy"]
    assert found["outcome"] == "inconclusive"
    assert abs(found["mean_diff"]) < 0.005
    assert found["high"] - found["low"] > 0.05

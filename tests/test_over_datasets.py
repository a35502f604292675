"""An experiment of several datasets, from its file to what it says of each arm over all of them."""

from __future__ import annotations

import json

from augeval import config, harness

EXPERIMENT = """
name: several
studies:
  - dataset: wine
  - dataset: breast_cancer_rare
models: logistic
arms:
  - {augmenter: jitter, magnitude: 0.1, ratio: 1}
  - class_weight
metrics: {primary: balanced_accuracy, also: [brier, log_loss]}
seeds: 3
confirm: false
"""


def test_arms_are_summed_up_over_the_datasets_of_an_experiment(tmp_path):
    options = harness.Options(out=tmp_path, executor="serial", track=False)
    found = harness.run(config.loads(EXPERIMENT), options)
    entries = json.loads((tmp_path / "summary.json").read_text())["across"]
    assert {(e["arm"], e["reference"]) for e in entries} == {
        ("jitter 0.1 ×1", "duplicate"), ("jitter 0.1 ×1", "none"), ("jitter 0.1 ×1", "class_weight"),
        ("class_weight", "none"), ("duplicate ×1", "none"),
    }  # fmt: skip
    assert {e["metric"] for e in entries} == {"balanced_accuracy", "brier"}
    for entry in entries:
        assert set(entry["outcomes"]) == {"wine", "breast_cancer_rare"}
        own = [
            c["mean_diff"]
            for c in found.summary["comparisons"]
            if (c["arm"], c["contrast"], c["metric"]) == (entry["arm"], entry["reference"], entry["metric"])
        ]
        assert not own or abs(sum(own) / 2 - entry["mean_gain"]) < 1e-12
    assert 'id="datasets"' in (tmp_path / "report.html").read_text()
    assert harness.rebuild_report(tmp_path).summary["across"] == found.summary["across"]

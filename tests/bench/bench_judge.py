"""How long, and how much memory, it takes to believe 10,000 cells of 2,000 held-out rows each.

500 arms (four families of 11 × 11 doses and 16 references and controls) × 20 seeds, accuracy and log loss, the rows of
ten classes. Once every seed holds out the same 2,000 of 5,000 rows, once each holds out its own. Each step runs in a
process of its own, with one thread. The budget of the design is 30 s and 2 GB for intervals and verdicts on 2 cores.
Nothing is asserted: a time belongs to a machine and its hour.

    python tests/bench/bench_judge.py            all steps
    python tests/bench/bench_judge.py splits 3   another number of seeds, one way to hold out
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

MODES = ("fixed", "splits")
SEEDS = 20
ROWS, CLASSES = 5000, 10
MEGABYTE = 2**20
AXIS = "[0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6]"
FAMILIES = ("synonym", "random_deletion", "random_insertion", "random_swap")
STUDY = """
name: bench
dataset: {{file: rows.csv, text: text, label: kind}}
models: tfidf_logistic
arms:
{arms}
seeds: {seeds}
confirm: false
train_sizes: [200]
split: {{mode: {mode}, test: 0.4}}
metrics: {{primary: accuracy, also: [log_loss]}}
"""


def peak() -> float:
    """Megabytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock:
    """Prints the wall and processor time of each part, and what the process had held at most by its end."""

    def __init__(self, title: str) -> None:
        self.title, self.start, self.cpu = title, perf_counter(), process_time()

    def part(self, name: str) -> None:
        """End one part and begin the next."""
        wall, cpu = perf_counter() - self.start, process_time() - self.cpu
        print(f"{self.title:22}{name:32}{wall:8.1f} s{cpu:8.1f} s of CPU{peak():8.0f} MB", flush=True)
        self.start, self.cpu = perf_counter(), process_time()


def planned(folder: Path, mode: str, seeds: int):
    """(experiment, its one study) of a file of texts."""
    from augeval import config
    from augeval.run.prepare import prepare

    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "kind"])
        writer.writerows([f"the row number {i} says {i % 7}", f"class {i % CLASSES}"] for i in range(ROWS))
    arms = [f"  - {{augmenter: {name}, ratio: {AXIS}, magnitude: {AXIS}}}" for name in FAMILIES]
    arms.append("  - {augmenter: shuffle_labels, ratio: [0.05, 0.1, 0.2, 0.4]}")
    read = config.loads(STUDY.format(arms="\n".join(arms), mode=mode, seeds=seeds), folder=str(folder))
    (study,) = prepare(read.studies, allow_code=False)
    return read, study


def measured(study) -> list:
    """A result of every cell: rows of unequal difficulty, arms of unequal gain, seeds of unequal luck."""
    import numpy as np

    from augeval.data.splits import split
    from augeval.results import CellResult

    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 1.5, ROWS)
    settings = {name: value for name, value in study.rows.items() if name != "disjoint"}
    held_out, luck, gains, found = {}, {}, {}, []
    for cell in (cell for tile in study.tiles for cell in tile.cells):
        if cell.seed not in held_out:
            held_out[cell.seed] = split(study.dataset, seed=cell.seed, **settings).test
            luck[cell.seed] = rng.normal(0, 0.05)
        gain = gains.setdefault(cell.arm.label, rng.normal(0, 0.1))
        rows = held_out[cell.seed]
        margin = 1.2 + gain + luck[cell.seed] - difficulty[rows] + rng.normal(0, 0.7, len(rows))
        values = {"accuracy": (margin > 0).astype(np.float32), "log_loss": np.logaddexp(0, -margin).astype(np.float32)}
        scores = {name: float(row.mean()) for name, row in values.items()}
        draws = {name: (score,) * (cell.draws if cell.design == "crossed" else 1) for name, score in scores.items()}
        counts = {"asked": 100, "got": 100, "leaked": 0, "no_op": 0}
        found.append(CellResult(cell.key, cell, "ok", scores, draws, values, rows, counts=counts))
    return found


def decide(folder: Path, mode: str, seeds: int) -> None:
    """From results in memory to the summary."""
    from augeval.judging import judge_study
    from augeval.report import summary

    clock = Clock(f"in memory, {mode}")
    read, study = planned(folder, mode, seeds)
    clock.part("plan")
    results = measured(study)
    clock.part(f"{len(results)} cells made up")
    judgements = judge_study(study, results)
    clock.part("judge")
    described = {"name": read.name, "config_digest": read.digest, "studies": [study.describe()]}
    built = summary.build(described, results, judgements, {})
    clock.part("summary.build")
    text = summary.dumps(built)
    clock.part(f"summary.dumps, {len(text) / MEGABYTE:.1f} MB")


def write(folder: Path, mode: str, seeds: int) -> None:
    """The same results into a ledger."""
    from augeval.run.environment import environment
    from augeval.run.ledger import Ledger

    clock = Clock(f"ledger, {mode}")
    read, study = planned(folder, mode, seeds)
    results = measured(study)
    clock.part("plan and make up")
    with Ledger.open(folder) as ledger:
        ledger.begin(read.to_json() if hasattr(read, "to_json") else {}, read.digest, environment())
        for start in range(0, len(results), 5):
            ledger.append(results[start : start + 5])
    clock.part("append, 5 cells at a time")


def read_back(folder: Path, mode: str, seeds: int) -> None:
    """From the ledger to the judgement."""
    from augeval.judging import judge_study
    from augeval.run.ledger import Ledger

    clock = Clock(f"from ledger, {mode}")
    _, study = planned(folder, mode, seeds)
    clock.part("plan")
    with Ledger.open(folder, readonly=True) as ledger:
        size = sum(path.stat().st_size for path in folder.glob("ledger.sqlite*"))
        results = ledger.results()
    clock.part(f"results(), {size / MEGABYTE:.0f} MB on disk")
    judge_study(study, results)
    clock.part("judge")


STEPS = {"decide": decide, "write": write, "read_back": read_back}


def main(words: Sequence[str]) -> None:
    """Run one step here, or every step in a process of its own."""
    if words and words[0] in STEPS:
        STEPS[words[0]](Path(words[1]), words[2], int(words[3]))
        return
    modes = [word for word in words if word in MODES] or MODES
    seeds = next((word for word in words if word.isdigit()), str(SEEDS))
    for mode in modes:
        with tempfile.TemporaryDirectory() as folder:
            for step in STEPS:
                command = [sys.executable, __file__, step, folder, mode, seeds]
                subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main(sys.argv[1:])

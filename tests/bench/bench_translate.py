"""Apertium fed a batch against one process per sentence, in CPU time with that of the programs themselves.

Run it as a script, or with `pytest tests/bench/bench_translate.py -s`. Both ways translate sentences of SST-2 in every
round, in turn; the batch's pipeline is opened and ended within its time. Asserts no time.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import pytest

from augeval.augment import pipeline
from augeval.augment.apertium import Apertium, installed

DATA = Path(os.environ.get("AUGEVAL_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
SENTENCES = DATA / "text" / "sst2_train_500.csv"
ROUNDS, ALONE = 5, 12  # sentences that have a process each: the others would only take longer
BATCH = 256  # what `back_translation` hands on at a time
THERE = Apertium("eng", "spa")


def sentences() -> list[str]:
    with SENTENCES.open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def a_process_each(rows: Sequence[str]) -> None:
    for row in rows:
        subprocess.run(["apertium", "-u", "eng-spa"], input=row.encode(), stdout=subprocess.DEVNULL, check=True)


def one_batch(rows: Sequence[str]) -> None:
    assert all(THERE.batch(rows))
    pipeline._close_all()  # its programs' time counts once they have ended


def kept_open(rows: Sequence[str]) -> None:
    for start in range(0, len(rows), BATCH):
        assert all(THERE.batch(rows[start : start + BATCH]))
    pipeline._close_all()


def cpu(work: Callable[[Sequence[str]], None], rows: Sequence[str]) -> float:
    """CPU seconds for a sentence, children included."""

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    before = spent()
    work(rows)
    return (spent() - before) / len(rows)


@pytest.mark.bench
@pytest.mark.skipif("eng-spa" not in installed(), reason="needs Apertium: apt install apertium apertium-eng-spa")
@pytest.mark.skipif(not SENTENCES.is_file(), reason=f"needs {SENTENCES.name}; set AUGEVAL_DATA")
def test_a_batch_against_a_process_for_each_sentence() -> None:
    rows = sentences()
    ways = {"one batch": (one_batch, rows), "kept open for 2,000": (kept_open, rows * 4)}
    each: list[float] = []
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for start in range(0, ROUNDS * ALONE, ALONE):
        each.append(cpu(a_process_each, rows[start : start + ALONE]))
        for name, (work, given) in ways.items():
            spent[name].append(cpu(work, given))
    print(f"\n{ROUNDS} rounds, {len(rows)} sentences: a process each {median(each) * 1e3:.0f} ms of CPU a sentence")
    for name, seconds in spent.items():
        ratios = [one / many for one, many in zip(each, seconds, strict=True)]
        shown = f"{median(ratios):.0f} (from {min(ratios):.0f} to {max(ratios):.0f})"
        print(f"{name}: {median(seconds) * 1e3:.2f} ms; a process each / {name}: {shown}")
        assert min(ratios) > 1


if __name__ == "__main__":
    pytest.main([__file__, "-q", "-s", "-m", "bench", "-o", "addopts="])

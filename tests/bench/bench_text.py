"""How much faster text augmentation is than EDA in plain Python, and whether it stays so for a million sentences.

500 sentences of SST-2 × 1, 4 and 16 copies, one thread, processor time; every round runs each contestant once, in
turn, and a ratio is the median over the rounds (with its range) of that round's two times. Texts are cut anew in each
round, on both sides; what is loaded once a process (WordNet, synonyms of words met before) is warm, save where the
reference asks WordNet again for every word. Nothing is asserted: a time belongs to a machine and its hour.

    OMP_NUM_THREADS=1 python tests/bench/bench_text.py   ratios, then blocks of a stream of up to 100,000 sentences
    python tests/bench/bench_text.py --rounds 9 --stream 1000000
    python tests/bench/bench_text.py --peers PYTHON      also nlpaug and TextAttack, where this interpreter has them

The reference is `eda_reference`: as the published program goes about it, and `lean` without its surplus.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from eda_reference import Eda, look_up, remembering
from sklearn.feature_extraction.text import CountVectorizer

from augeval.augment import published
from augeval.augment.batch import AS_IT_IS
from augeval.augment.coverage import Coverage
from augeval.augment.eda import Alphas, eda, mixed
from augeval.augment.editing import words_of
from augeval.models.counting import count_matrix
from augeval.seeds import row_keys

ROOT = Path(__file__).parent.parent.parent
DATA = Path(os.environ.get("AUGEVAL_DATA") or ROOT.parent / "shared" / "data")
ALPHA, COPIES, BLOCK = 0.1, (1, 4, 16), 10_000
Contestant = Callable[[int], object]


def sentences(name: str = "sst2_train_500.csv") -> list[str]:
    """Rows of a shared file."""
    with (DATA / "text" / name).open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def asked(rows: list[str], copies: int, first: int = 0) -> tuple[list[str], dict[str, Any]]:
    """Rows × copies, and what the harness hands on beside them."""
    ids, copy = np.tile(np.arange(first, first + len(rows)), copies), np.repeat(np.arange(copies), len(rows))
    return rows * copies, {"row_keys": row_keys(("bench",), ids, copy), "copies": copy}


def contestants(rows: list[str]) -> dict[str, Contestant]:
    """By name: copies -> the rows made."""
    counter = CountVectorizer().fit(rows)
    references = {
        "plain": Eda(look_up, ALPHA), "plain, lean": Eda(look_up, ALPHA, lean=True),
        "memoised": Eda(remembering(), ALPHA), "memoised, lean": Eda(remembering(), ALPHA, lean=True),
    }  # fmt: skip

    def by(reference: Eda) -> Contestant:
        return lambda copies: [made for row in rows for made in reference(row, copies)]

    def ours(as_published: bool) -> Contestant:
        def run(copies: int) -> object:
            published.PLAIN.forget()
            AS_IT_IS.forget()
            texts, given = asked(rows, copies)
            return eda.fn(texts, magnitude=ALPHA, published=as_published, **given)

        return run

    def features(copies: int) -> object:
        published.PLAIN.forget()
        texts, given = asked(rows, copies)
        alphas = Alphas.of(ALPHA, [None] * 4)
        done = mixed(texts, given["row_keys"], given["copies"], alphas, Coverage(), published=True)
        return count_matrix(words_of(list(done)), counter.vocabulary_)

    return {
        **{name: by(reference) for name, reference in references.items()},
        "plain, counted": lambda copies: counter.transform(by(references["plain"])(copies)),
        "ours, published": ours(True),
        "ours, lossless": ours(False),
        "ours, to features": features,
    }


RATIOS = (
    ("plain", "ours, published"), ("memoised", "ours, published"), ("plain", "ours, lossless"),
    ("plain, counted", "ours, to features"), ("plain, lean", "ours, published"),
    ("memoised, lean", "ours, published"), ("memoised", "ours, lossless"),
)  # fmt: skip


def timed(run: Callable[..., object], *given: Any, **named: Any) -> float:
    """Seconds of processor time."""
    start = process_time()
    run(*given, **named)
    return process_time() - start


def ratios(rounds: int) -> None:
    """Print the times and ratios of each number of copies."""
    rows = sentences()
    runs = contestants(rows)
    for copies in COPIES:
        for run in runs.values():
            run(copies)  # warm
        seconds = {name: np.zeros(rounds) for name in runs}
        for i in range(rounds):
            for name, run in runs.items():
                seconds[name][i] = timed(run, copies)
        made = len(rows) * copies
        print(f"\n{len(rows)} sentences × {copies}: sentences made per second of processor time")
        for name, taken in seconds.items():
            print(f"  {name:20}{made / np.median(taken):12,.0f}   ({np.median(taken) * 1e3:.1f} ms)")
        for slow, fast in RATIOS:
            ratio = seconds[slow] / seconds[fast]
            shown = f"{np.median(ratio):.1f} ({ratio.min():.1f}-{ratio.max():.1f})"
            print(f"  {slow + ' / ' + fast:36}{shown:>22}", flush=True)


def crossed(rows: list[str], low: int, high: int) -> list[str]:
    """Distinct sentences of the words of real ones: the first half of one and the second half of another."""
    halves = [(row.split()[: len(row.split()) // 2], row.split()[len(row.split()) // 2 :]) for row in rows]
    n = len(rows)
    return [" ".join(halves[i % n][0] + halves[(i + i // n + 1) % n][1]) for i in range(low, high)]


def stream(most: int) -> None:
    """Print how fast more and more distinct sentences are edited, block after block, and what the process ever held."""
    rows = sentences("sst2_train.csv")
    for as_published in (False, True):
        edit = partial(eda.fn, magnitude=ALPHA, published=as_published)
        texts, given = asked(rows, 4)
        edit(texts, **given)  # warm: every word was met
        print(f"\nstream of distinct sentences in blocks of {BLOCK:,}, {'published' if as_published else 'lossless'}")
        for size in [size for size in (1000, 10_000, 100_000, 1_000_000) if size <= most]:
            taken = 0.0
            for low in range(0, size, BLOCK):
                texts, given = asked(crossed(rows, low, min(low + BLOCK, size)), 1, low)
                taken += timed(edit, texts, **given)
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  {size:10,} sentences{size / taken:12,.0f} per second{held:8.0f} MB at most", flush=True)


PEERS = """
import json, sys, time
rows = json.load(sys.stdin)

def report(name, make, times, most=len(rows)):
    try:
        run = make()
        run(rows[:3])
        start = time.process_time()
        run(rows[:most])
        print(f"  {name:44}{most * times / (time.process_time() - start):12,.0f} per second", flush=True)
    except BaseException as error:
        print(f"  {name:44}does not run: {type(error).__name__}: {' '.join(str(error).split())[:110]}", flush=True)

def nlpaug(action):
    import nlpaug.augmenter.word as naw
    return naw.RandomWordAug(action=action, aug_p=0.1).augment

def nlpaug_wordnet():
    import nlpaug.augmenter.word as naw
    return naw.SynonymAug(aug_src="wordnet", aug_p=0.1).augment

def textattack(copies):
    from textattack.augmentation import EasyDataAugmenter
    augmenter = EasyDataAugmenter(pct_words_to_swap=0.1, transformations_per_example=copies)
    return lambda rows: [augmenter.augment(row) for row in rows]

report("nlpaug RandomWordAug swap", lambda: nlpaug("swap"), 1)
report("nlpaug RandomWordAug delete", lambda: nlpaug("delete"), 1)
report("nlpaug SynonymAug wordnet", nlpaug_wordnet, 1)
report("TextAttack EasyDataAugmenter × 4", lambda: textattack(4), 4, 20)
"""


def peers(python: str) -> None:
    """Print what other libraries make of the same sentences, in an environment of their own."""
    print("\npeers: sentences made per second of processor time", flush=True)
    subprocess.run([python, "-W", "ignore", "-c", PEERS], input=json.dumps(sentences()), text=True, check=False)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--stream", type=int, default=100_000, help="most sentences of the stream")
    parser.add_argument("--peers", help="an interpreter that has nlpaug or TextAttack")
    given = parser.parse_args()
    if given.rounds:
        ratios(given.rounds)
    if given.peers:
        peers(given.peers)
    if given.stream:
        stream(given.stream)


if __name__ == "__main__":
    main()

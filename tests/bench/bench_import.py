"""How long `import augeval` and `augeval --help` take, as multiples of starting Python itself.

Budgets of the design: under 0.5 s and under 1 s. Nothing is asserted: a time belongs to a machine and its hour.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

REPEATS = 7
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import augeval": ["-c", "import augeval"],
    "import augeval, every public name": ["-c", "import augeval; [getattr(augeval, n) for n in augeval.__all__]"],
    "augeval --help": ["-c", "from augeval.cli import main; main()", "--help"],
    "augeval --version": ["-c", "from augeval.cli import main; main()", "--version"],
}


def seconds(words: list[str]) -> float:
    """Median wall time of a fresh process; the first run warms the disk and is not counted."""
    times = []
    for _ in range(REPEATS + 1):
        start = perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        times.append(perf_counter() - start)
    return median(times[1:])


if __name__ == "__main__":
    floor = seconds(COMMANDS["python -c pass"])
    for name, words in COMMANDS.items():
        taken = seconds(words)
        print(f"{name:36}{taken:7.3f} s{taken / floor:7.1f} × python -c pass")

"""What it takes to believe many cells; times are only printed, by `bench_judge.py`: they belong to a machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench_judge.py"
TWO_GIGABYTES = 2048  # in megabytes


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fixed", "splits"])
def test_ten_thousand_cells_of_two_thousand_rows_are_judged_within_two_gigabytes(tmp_path, mode):
    # In a process of its own, since what a process once held it never gives back.
    command = [sys.executable, str(BENCH), "decide", str(tmp_path), mode, "20"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (cells,) = [line for line in printed.splitlines() if " cells made up" in line]
    (judged,) = [line for line in printed.splitlines() if " judge " in line]
    assert int(cells.split(" cells")[0].split()[-1]) >= 10_000
    assert 0 < int(judged.split()[-2]) < TWO_GIGABYTES

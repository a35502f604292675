"""The ledger: what is in it is whole, is found again, and is never silently wrong."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.errors import AugevalError, InputError, LedgerMismatchError, RunFolderBusyError
from augeval.results import CellResult
from augeval.run.folder import file_system, refuse_network_disk
from augeval.run.ledger import Ledger, differences
from augeval.run.rows import IDS, from_row, to_row
from augeval.run.store import explained
from augeval.types import Arm, Cell, Spec

EXPERIMENT = {"name": "toy", "studies": [{"seeds": 20, "models": ["a", "b"]}]}
ENVIRONMENT = {"python": "3.11", "packages": {"numpy": "2.4.0", "torch": "2.13.0"}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


def cell(seed: int = 0, arm: Arm | None = None) -> Cell:
    arm = arm or Arm(Spec("eda", {"ops": ["swap"]}), ratio=4.0, magnitude=0.1)
    dataset = {"name": "toy", "fingerprint": "f" * 64}
    return Cell(dataset, Spec("linear", {"c": 1.0}), arm, seed, 100, ("accuracy",), "crossed", 2, {"semantics": 1})


def ok(seed: int = 0, score: float = 0.75, rows: int = 4) -> CellResult:
    made = cell(seed)
    return CellResult(
        key=made.key,
        cell=made,
        status="ok",
        scores={"accuracy": score, "ece": math.nan},
        draw_scores={"accuracy": (score, math.nan)},
        per_example={"accuracy": np.linspace(0, 1, rows, dtype=np.float32)},
        test_ids=np.arange(10, 10 + rows),
        drift={"cosine": 0.125},
        counts={"got": 400},
        seconds={"fit": 0.5, "score": 0.25},
        samples=({"before": "a", "after": "ä", "drift": 0.5},),
    )


def failed(seed: int = 0, error: str = "boom") -> CellResult:
    made = cell(seed)
    return CellResult(made.key, made, "failed", error_type="ValueError", error=error)


def plain(result: CellResult) -> str:
    """Every field as text: nan equals nan, arrays by dtype and bytes, a mapping whatever its order."""
    arrays = {name: (values.dtype.str, values.tobytes().hex()) for name, values in result.per_example.items()}
    ids = (result.test_ids.dtype.str, result.test_ids.tolist())
    fields = {**vars(result), "per_example": arrays, "test_ids": ids, "cell": result.cell.to_json()}
    assert not len(fields.pop("test_classes"))  # the dataset gives them, no ledger keeps them
    return json.dumps(fields, sort_keys=True)


def same(a: CellResult, b: CellResult) -> bool:
    return plain(a) == plain(b)


class TestRoundTrip:
    def test_a_result_comes_back_bit_for_bit(self) -> None:
        result = ok()
        row = to_row(result)
        shared = {a.key: a for a in row.arrays if a.metric == IDS}
        assert same(from_row(row, shared), result)

    @given(
        scores=st.dictionaries(st.text(max_size=8), st.floats(allow_infinity=False), max_size=3),
        values=st.lists(st.floats(width=32), max_size=5),
        counts=st.dictionaries(st.text(max_size=4), st.integers(-(2**40), 2**40), max_size=2),
        error=st.none() | st.text(max_size=20),
    )
    @settings(max_examples=60, deadline=None)
    def test_any_scores_arrays_and_texts_come_back(self, scores, values, counts, error) -> None:
        made = cell()
        result = CellResult(
            made.key, made, "ok", scores=scores, counts=counts, error=error,
            per_example={"m": np.array(values, np.float32)}, test_ids=np.arange(len(values)),
        )  # fmt: skip
        row = to_row(result)
        assert same(from_row(row, {a.key: a for a in row.arrays if a.metric == IDS}), result)

    def test_a_score_that_is_nan_is_null_in_the_file_and_nan_again_when_read(self) -> None:
        row = to_row(ok(score=math.nan))
        assert json.loads(row.result)["scores"] == {"accuracy": None, "ece": None}
        assert math.isnan(from_row(row, {a.key: a for a in row.arrays}).scores["accuracy"])

    def test_numpy_numbers_in_a_result_become_plain_ones(self) -> None:
        row = to_row(replace(ok(), counts={"got": np.int64(3)}, scores={"a": np.float32(0.5)}))
        assert json.loads(row.result)["counts"] == {"got": 3}

    @pytest.mark.parametrize("what", ["result", "state", "spec"])
    def test_a_changed_row_is_refused_by_name(self, what: str) -> None:
        row = to_row(failed())
        wrong = {"result": row.result.replace("boom", "bomb"), "state": "ok", "spec": row.spec.replace("100", "101")}
        with pytest.raises(AugevalError, match=row.key):
            from_row(replace(row, **{what: wrong[what]}), {})

    def test_a_missing_array_is_refused_by_name(self) -> None:
        row = to_row(ok())
        with pytest.raises(AugevalError, match="'accuracy'"):
            from_row(replace(row, arrays=()), {a.key: a for a in row.arrays if a.metric == IDS})


class TestLedger:
    def test_results_are_found_again_after_closing(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            run = ledger.run_id
            ledger.append([ok(0), ok(1), failed(2)])
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            found = ledger.results()
            assert ledger.run_id == run
            assert ledger.experiment() == EXPERIMENT
        assert [r.key for r in found] == sorted(cell(seed).key for seed in range(3))
        assert all(same(r, next(w for w in (ok(0), ok(1), failed(2)) if w.key == r.key)) for r in found)

    def test_an_ok_cell_is_never_written_over(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(score=0.75)])
            ledger.append([ok(score=0.25), failed(0)])
            assert ledger.results()[0].scores["accuracy"] == 0.75
            assert ledger.failures(cell(0).key) == []

    def test_a_failed_cell_is_tried_twice_and_then_only_when_asked(self, tmp_path: Path) -> None:
        key = cell(0).key
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([failed(error="first"), ok(1)])
            assert ledger.finished() == {cell(1).key}
            ledger.append([failed(error="second")])
            assert ledger.finished() == {key, cell(1).key}
            assert ledger.finished(retry_failed=True) == {cell(1).key}

    def test_a_success_replaces_a_failure_which_is_kept_as_an_attempt(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([failed(error="first")])
            ledger.append([failed(error="second")])
            ledger.append([ok()])
            assert [r.status for r in ledger.results()] == ["ok"]
            assert ledger.failures(cell(0).key) == [("ValueError", "first"), ("ValueError", "second")]

    def test_not_applicable_is_final(self, tmp_path: Path) -> None:
        made = cell(0)
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([CellResult(made.key, made, "not_applicable", error="no minority")])
            assert ledger.finished(retry_failed=True) == {made.key}
            assert ledger.results()[0].error == "no minority"

    def test_append_writes_all_or_nothing(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            with pytest.raises(TypeError):
                ledger.append([ok(0), replace(ok(1), samples=({"x": object()},))])
            assert ledger.results() == []
            ledger.append([ok(0)])
            assert len(ledger.results()) == 1

    def test_equal_held_out_rows_are_stored_once(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(seed) for seed in range(5)])
        with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
            assert db.execute("SELECT count(*) FROM example WHERE metric = '#ids'").fetchone() == (1,)
        db.close()

    def test_the_file_waits_for_the_disk(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # 2 is FULL
            assert ledger._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    def test_small_values_are_kept(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.set_meta("judge", {"name": "x"})
            ledger.set_meta("judge", {"name": "y"})
            assert ledger.get_meta("judge") == {"name": "y"}
            assert ledger.get_meta("nothing") is None


class TestBegin:
    def test_another_experiment_is_refused_with_what_differs(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            other = {"name": "toy", "studies": [{"seeds": 30, "models": ["a", "b"]}]}
            with pytest.raises(LedgerMismatchError, match=r"studies\[0\].seeds: 20 → 30.*--out.*--fresh"):
                ledger.begin(other, "d2", ENVIRONMENT)

    def test_other_versions_are_refused_unless_allowed_and_then_remembered(self, tmp_path: Path) -> None:
        newer = {**ENVIRONMENT, "packages": {"numpy": "2.5.0", "torch": "2.13.0"}}
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(0)])
            with pytest.raises(LedgerMismatchError, match=r'packages.numpy: "2.4.0" → "2.5.0".*--allow-env-change'):
                ledger.begin(EXPERIMENT, "d1", newer)
            assert ledger.environments() == [ENVIRONMENT]
            ledger.begin(EXPERIMENT, "d1", newer, allow_env_change=True)
            ledger.append([ok(1)])
            assert ledger.environments() == [ENVIRONMENT, newer]
            ledger.begin(EXPERIMENT, "d1", newer)  # once allowed, it is the run's environment

    def test_a_ledger_in_which_nothing_was_begun_says_so(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger, pytest.raises(InputError, match="no run was begun"):
            ledger.experiment()

    def test_differences_name_the_place_and_both_values(self) -> None:
        assert differences({"a": [1, {"b": 2}], "c": 1}, {"a": [1, {"b": 3}], "d": None}) == [
            "a[1].b: 2 → 3",
            "c: 1 → null",
        ]
        assert differences({"a": [1, 2, 3]}, {"a": [1, 4]}) == ["a: 3 → 2 entries, unlike from [1] on"]
        assert differences([], [1]) == [": 0 → 1 entries, unlike from [0] on"]

    @given(JSON)
    @settings(max_examples=50, deadline=None)
    def test_nothing_differs_from_itself(self, value) -> None:
        assert differences(value, value) == []


class TestOneWriter:
    def test_a_second_writer_is_told_who_holds_the_folder(self, tmp_path: Path) -> None:
        with (
            Ledger.open(tmp_path),
            pytest.raises(RunFolderBusyError, match=rf"process {os.getpid()} on "),
            Ledger.open(tmp_path),
        ):
            pass

    def test_a_reader_needs_no_lock_and_sees_what_is_committed(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as writer:
            writer.begin(EXPERIMENT, "d1", ENVIRONMENT)
            writer.append([ok(0)])
            with Ledger.open(tmp_path, readonly=True) as reader:
                assert len(reader.results()) == 1
                with pytest.raises(AugevalError):
                    reader.append([ok(1)])

    def test_the_lock_ends_with_a_killed_process_and_its_results_stay(self, tmp_path: Path) -> None:
        script = textwrap.dedent(
            """
            import sys, time
            from pathlib import Path
            sys.path.insert(0, sys.argv[2])
            from test_ledger import EXPERIMENT, ENVIRONMENT, Ledger, ok
            with Ledger.open(Path(sys.argv[1])) as ledger:
                ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
                for seed in range(10**6):
                    ledger.append([ok(seed)])
                    print(seed, flush=True)
            """
        )
        command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            acknowledged = [int(writer.stdout.readline()) for _ in range(5)]
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged += [int(line) for line in writer.stdout.read().split()]
        with Ledger.open(tmp_path) as ledger:
            stored = {result.cell.seed for result in ledger.results()}
        assert set(acknowledged) <= stored
        assert len(stored) <= len(acknowledged) + 1  # the one that was written and not yet said


class TestWhatGoesWrong:
    def test_a_full_disk_says_that_nothing_is_lost(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(0)])
            pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
            ledger._db.execute(f"PRAGMA max_page_count = {pages}")
            noise = np.frombuffer(np.random.default_rng(0).bytes(400_000), np.uint8).astype(np.float32)
            big = replace(ok(1), per_example={"accuracy": noise})
            with pytest.raises(AugevalError, match=r"disk .* is full. Nothing computed so far is lost.*resumes"):
                ledger.append([big])
            assert [r.cell.seed for r in ledger.results()] == [0]

    def test_an_io_error_on_a_disk_without_room_is_called_full(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("augeval.run.store.shutil.disk_usage", lambda folder: shutil._ntuple_diskusage(9, 9, 0))
        with pytest.raises(AugevalError, match="is full"), explained(tmp_path):
            raise sqlite3.OperationalError("disk I/O error")
        monkeypatch.undo()
        with pytest.raises(AugevalError, match="is damaged or cannot be read"), explained(tmp_path):
            raise sqlite3.OperationalError("disk I/O error")

    def test_a_flipped_byte_of_a_row_names_the_cell(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(0), ok(1)])
            ledger._db.execute("UPDATE cell SET result = replace(result, '0.75', '0.95') WHERE key = ?", (cell(1).key,))
            with pytest.raises(AugevalError, match=f"cell {cell(1).key}"):
                ledger.results()

    def test_flipped_bytes_of_an_array_name_the_metric(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(0)])
            ledger._db.execute("UPDATE example SET data = x'00' WHERE metric = 'accuracy'")
            with pytest.raises(AugevalError, match="'accuracy'"):
                ledger.results()

    def test_a_file_that_is_no_database_is_called_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "ledger.sqlite").write_bytes(b"not a database, not even nearly" * 100)
        with pytest.raises(AugevalError, match=r"damaged.*--fresh"), Ledger.open(tmp_path):
            pass

    def test_a_newer_schema_is_refused(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger._db.execute("PRAGMA user_version = 99")
        with pytest.raises(LedgerMismatchError, match="newer augeval"), Ledger.open(tmp_path):
            pass

    def test_somebody_elses_database_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
            db.execute("CREATE TABLE mine (x)")
        db.close()
        with pytest.raises(LedgerMismatchError, match="no ledger of augeval"), Ledger.open(tmp_path):
            pass

    def test_a_folder_that_cannot_be_written_is_the_callers_mistake(self, tmp_path: Path) -> None:
        (tmp_path / ".lock").mkdir()  # permissions would not stop root
        with pytest.raises(InputError, match=r"cannot be written.*--out"), Ledger.open(tmp_path):
            pass

    def test_a_folder_without_a_ledger_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"holds no ledger.sqlite"), Ledger.open(tmp_path, readonly=True):
            pass

    def test_reading_leaves_no_trace(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
        before = (tmp_path / "ledger.sqlite").read_bytes()
        with Ledger.open(tmp_path, readonly=True) as ledger:
            ledger.results()
        assert (tmp_path / "ledger.sqlite").read_bytes() == before


class TestNetworkDisks:
    MOUNTS = "\n".join(
        [
            "27 1 254:0 / / rw - ext4 /dev/vda rw",
            "30 27 0:40 / /srv/my\\040share rw - nfs4 server:/x rw",
            "31 30 0:41 / /srv/my\\040share/local rw - xfs /dev/vdb rw",
        ]
    )

    @pytest.mark.parametrize(
        ("folder", "kind"),
        [("/srv", "ext4"), ("/srv/my share", "nfs4"), ("/srv/my share/a/b", "nfs4"), ("/srv/my share/local/a", "xfs")],
    )
    def test_the_nearest_mount_tells_the_kind(self, folder: str, kind: str) -> None:
        assert file_system(Path(folder), self.MOUNTS) == kind

    def test_a_network_disk_is_refused_with_advice(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("augeval.run.folder.file_system", lambda folder: "nfs4")
        with pytest.raises(InputError, match=r"network disk \(nfs4\).*--out"):
            refuse_network_disk(tmp_path)


class TestParquet:
    def test_one_row_per_cell_with_the_promised_columns(self, tmp_path: Path) -> None:
        none = replace(cell(7, Arm(Spec("none"))), train_size=None)
        with Ledger.open(tmp_path) as ledger:
            ledger.begin(EXPERIMENT, "d1", ENVIRONMENT)
            ledger.append([ok(0), failed(1), CellResult(none.key, none, "ok", scores={"accuracy": 0.5})])
            ledger.export_parquet(tmp_path / "cells.parquet")
        frame = pd.read_parquet(tmp_path / "cells.parquet").set_index("seed")
        wanted = "key dataset model augmenter ratio magnitude balance scope when train_size confirms permuted status "
        wanted += "score.accuracy score.ece drift.cosine count.got seconds.fit seconds.score "
        wanted += "treated reliability error_type error"
        assert list(frame.columns) == wanted.split()
        assert frame.loc[0, "score.accuracy"] == 0.75
        assert frame.loc[0, "count.got"] == 400
        assert frame.loc[1, "error_type"] == "ValueError"
        assert frame["ratio"].dtype == np.float64
        assert math.isnan(frame.loc[7, "ratio"])
        assert frame.loc[7, "train_size"] is pd.NA
        assert frame.loc[7, "augmenter"] == "none"

    def test_an_empty_ledger_exports_an_empty_table(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.export_parquet(tmp_path / "cells.parquet")
        assert len(pd.read_parquet(tmp_path / "cells.parquet")) == 0


class TestOutbox:
    def test_the_same_payload_changes_nothing_and_keeps_its_first_times(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            assert ledger.outbox.put("run", "a", {"x": 1}, {"t": 1})
            ledger.outbox.mark_creating("run", "a", "server")
            ledger.outbox.mark_run_id("run", "a", "r1")
            ledger.outbox.mark_done("run", "a")
            assert not ledger.outbox.put("run", "a", {"x": 1}, {"t": 2})
            (item,) = ledger.outbox.items()
            assert (item.state, item.run_id, item.target, item.tries) == ("done", "r1", "server", 1)
            assert item.stamp == {"t": 1}
            assert ledger.outbox.pending() == []

    def test_another_payload_is_pending_again(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            ledger.outbox.put("run", "a", {"x": 1}, {"t": 1})
            ledger.outbox.put("run", "b", {"x": 1})
            ledger.outbox.mark_done("run", "a")
            assert ledger.outbox.put("run", "a", {"x": 2}, {"t": 2})
            assert [(i.key, i.state, i.payload, i.stamp) for i in ledger.outbox.pending()] == [
                ("a", "pending", {"x": 2}, {"t": 2}),
                ("b", "pending", {"x": 1}, {}),
            ]

    def test_records_survive_closing_and_are_counted_by_state(self, tmp_path: Path) -> None:
        with Ledger.open(tmp_path) as ledger:
            for key in "abc":
                ledger.outbox.put("run", key, {})
            ledger.outbox.mark_done("run", "b")
            ledger.outbox.mark_error("run", "c", "no answer")
        with Ledger.open(tmp_path) as ledger:
            assert ledger.outbox.counts() == {"done": 1, "error": 1, "pending": 1}
            assert [i.error for i in ledger.outbox.items()] == [None, None, "no answer"]

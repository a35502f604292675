"""CellResult <-> rows of the ledger: JSON that says null for what was not measured, arrays as checksummed bytes."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import AugevalError
from augeval.experiment.nouns import identity_of
from augeval.results import CellResult
from augeval.types import Cell, Json, canonical_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IDS", "ArrayRow", "Row", "as_frame", "from_row", "to_row"]

IDS = "#ids"  # stands in the place of a metric's name; no metric may be called so
_DTYPES = {IDS: "<i8"}


@dataclass(frozen=True)
class ArrayRow:
    """One array of a cell, compressed.

    Args:
        key: the cell's key; the array's own digest for held-out row ids, which many cells share.
        metric: whose contributions, or `IDS`.
        data: zlib-compressed little-endian float32 (contributions) or int64 (ids).
        sha256: over key, metric and data.
    """

    key: str
    metric: str
    data: bytes
    sha256: str

    @cached_property
    def values(self) -> NDArray[Any]:
        """The array, read only: many cells share the ids of a seed's held-out rows.

        Raises:
            AugevalError: the bytes are not those that were written.
        """
        if _array_digest(self.key, self.metric, self.data) != self.sha256:
            raise _damaged(self.key, f"the held-out rows' values of '{self.metric}'")
        # From bytes, and so not writeable; a copy only on a machine that writes numbers the other way round.
        stored = np.frombuffer(zlib.decompress(self.data), _DTYPES.get(self.metric, "<f4"))
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)


@dataclass(frozen=True)
class Row:
    """One cell as the ledger keeps it: `result` holds everything but the arrays."""

    key: str
    spec: str
    state: str
    result: str
    sha256: str
    arrays: tuple[ArrayRow, ...] = ()


def to_row(result: CellResult) -> Row:
    """A result as text and bytes; nan and infinities become null, that is: not measured."""
    ids = None
    arrays = [_array_row(result.key, name, values, "<f4") for name, values in sorted(result.per_example.items())]
    if len(result.test_ids):
        ids = hashlib.sha256(np.ascontiguousarray(result.test_ids, "<i8").tobytes()).hexdigest()
        arrays.append(_array_row(ids, IDS, result.test_ids, "<i8"))
    value = {
        "scores": result.scores,
        "draw_scores": result.draw_scores,
        "drift": result.drift,
        "counts": result.counts,
        "seconds": result.seconds,
        "samples": result.samples,
        "error_type": result.error_type,
        "error": result.error,
        "test_ids": ids,
        "per_example": sorted(result.per_example),
        **({"fidelity": result.fidelity} if result.fidelity else {}),
        **({"treated": result.treated} if result.treated else {}),
        **({"reliability": result.reliability} if result.reliability else {}),
    }
    named = replace(result.cell, arm=identity_of(result.cell.arm))
    text, spec = canonical_json(_plain(value)), canonical_json(named.to_json())
    return Row(result.key, spec, result.status, text, _row_digest(result.key, result.status, text), tuple(arrays))


def from_row(row: Row, shared: Mapping[str, ArrayRow]) -> CellResult:
    """The result that `to_row` wrote; null comes back as nan where a number belongs.

    Args:
        row: with its own arrays. shared: held-out row ids by their digest.

    Raises:
        AugevalError: the row or one of its arrays is not what was written; names the cell.
    """
    if _row_digest(row.key, row.state, row.result) != row.sha256:
        raise _damaged(row.key, "its result")
    if hashlib.sha256(row.spec.encode()).hexdigest() != row.key:
        raise _damaged(row.key, "its description")
    value = json.loads(row.result)
    arrays = {array.metric: array for array in row.arrays}
    if value["test_ids"] in shared:
        arrays[IDS] = shared[value["test_ids"]]
    missing = [name for name in [*value["per_example"], *([IDS] if value["test_ids"] else [])] if name not in arrays]
    if missing:
        raise _damaged(row.key, f"the held-out rows' values of '{missing[0]}'")
    return CellResult(
        key=row.key,
        cell=Cell.from_json(json.loads(row.spec)),
        status=row.state,  # type: ignore[arg-type]  # covered by the checksum, so one of the three that were written
        scores=_numbers(value["scores"]),
        draw_scores={name: tuple(_number(v) for v in scores) for name, scores in value["draw_scores"].items()},
        per_example={name: arrays[name].values for name in value["per_example"]},
        test_ids=arrays[IDS].values if value["test_ids"] else np.empty(0, np.int64),
        drift=_numbers(value["drift"]),
        counts=value["counts"],
        seconds=_numbers(value["seconds"]),
        samples=tuple(value["samples"]),
        fidelity=value.get("fidelity", {}),  # not in ledgers of before there was a panel
        treated=value.get("treated", {}),  # nor these before scores were treated
        reliability=value.get("reliability", {}),
        error_type=value["error_type"],
        error=value["error"],
    )


def as_frame(results: Sequence[CellResult]) -> pd.DataFrame:
    """One row per cell, absent numbers missing; see `Ledger.export_parquet` for the columns."""
    import pandas as pd

    records = [_record(result) for result in results]
    first = ["key", "dataset", "model", "augmenter", "ratio", "magnitude", "balance", "scope", "when", "seed"]
    first += ["train_size", "confirms", "permuted", "status"]
    last = ["treated", "reliability", "error_type", "error"]
    named = {name for record in records for name in record} - {*first, *last}
    order = ("score", "drift", "fidelity", "count", "seconds")
    middle = sorted(named, key=lambda name: (order.index(name.split(".")[0]), name))
    frame = pd.DataFrame({name: [record.get(name) for record in records] for name in [*first, *middle, *last]})
    whole = {name: "Int64" for name in [*first, *middle] if name in ("seed", "train_size") or name.startswith("count.")}
    broken = ["ratio", "magnitude", "balance", *(n for n in middle if not n.startswith("count."))]
    texts = dict.fromkeys(["key", "dataset", "model", "augmenter", "scope", "when", "status", *last], "string")
    return frame.astype({"confirms": "bool", "permuted": "bool", **whole, **dict.fromkeys(broken, "float64"), **texts})


def _record(result: CellResult) -> dict[str, Json]:
    """One flat row of cells.parquet; absent numbers are None."""
    cell, arm = result.cell, result.cell.arm
    record: dict[str, Json] = {
        "key": result.key,
        "dataset": cell.dataset["name"],
        "model": cell.model.label,
        "augmenter": arm.maker.label,
        "ratio": arm.ratio,
        "magnitude": arm.magnitude,
        "balance": arm.balance,
        "scope": arm.scope_said,
        "when": arm.when,
        "seed": cell.seed,
        "train_size": cell.train_size,
        "confirms": cell.confirms,
        "permuted": cell.is_sentinel,
        "status": result.status,
    }
    groups = {"score": result.scores, "drift": result.drift, "fidelity": result.fidelity.get("values", {})}
    groups |= {"count": result.counts, "seconds": result.seconds}
    for group, values in groups.items():
        record |= {f"{group}.{name}": value for name, value in values.items()}
    for name, value in (("treated", result.treated), ("reliability", result.reliability)):
        record[name] = canonical_json(_plain(value)) if value else None
    return record | {"error_type": result.error_type, "error": result.error}


def _array_row(key: str, metric: str, values: NDArray[Any], dtype: str) -> ArrayRow:
    data = zlib.compress(np.ascontiguousarray(values, dtype).tobytes(), 6)
    return ArrayRow(key, metric, data, _array_digest(key, metric, data))


def _array_digest(key: str, metric: str, data: bytes) -> str:
    return hashlib.sha256(f"{key}\n{metric}\n".encode() + data).hexdigest()


def _row_digest(key: str, state: str, result: str) -> str:
    """The key and state are in it, so that a result under another cell's key is found out."""
    return hashlib.sha256(f"{key}\n{state}\n{result}".encode()).hexdigest()


def _damaged(key: str, what: str) -> AugevalError:
    return AugevalError(
        f"The ledger is damaged at cell {key}: {what} is not what was written (its checksum does not match). Copy the "
        "run folder from a backup, or start anew with --fresh, which sets the old ledger aside."
    )


def _plain(value: Any) -> Json:  # whatever a plug-in put into a result
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: _number(value) for name, value in values.items()}

"""CSV, TSV, JSONL and Parquet files as columns of raw cells, each cell with the place a reader can look it up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augeval.errors import DataError, did_you_mean

__all__ = [
    "FORMATS",
    "UNNAMED",
    "Cell",
    "Table",
    "from_arrow",
    "is_missing",
    "joined",
    "open_text",
    "read_jsonl",
    "read_table",
    "require_folder",
    "stem",
]

Cell = Any  # str in CSV and TSV; str, int, float, bool or None in JSONL and Parquet
UNNAMED = "unnamed_"  # what a column is called whose header is blank, with its position after it
FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")
MAX_FIELD = 2**27  # characters of one CSV cell; csv's own limit of 131,072 is shorter than some documents


@dataclass(frozen=True)
class Table:
    """Columns of one file, in its order.

    Args:
        file: as the user named it; columns: name -> (n,) raw cells.
        lines: (n,) 1-based lines of the file where each row starts (Parquet: row numbers).
        unit: what `lines` counts: "line" or "row".
        official: the official test file, whose rows are the last ones here (see `joined`); or None.
    """

    file: str
    columns: Mapping[str, Sequence[Cell]]
    lines: Sequence[int]
    unit: str = "line"
    official: Table | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str, option: str) -> Sequence[Cell]:
        """The cells of one column.

        Raises:
            DataError: there is none of this name; names the nearest. `option` is what the user named it as.
        """
        if name in self.columns:
            return self.columns[name]
        raise DataError(
            f"{self.file} has no column '{name}' (wanted as {option}).{did_you_mean(name, self.columns)} "
            f"Columns: {', '.join(self.columns)}."
        )

    @property
    def n_train(self) -> int:
        """Rows that come before those of the official test file."""
        return len(self) - (len(self.official) if self.official is not None else 0)

    def place(self, row: int) -> str:
        """Where a row is, in words: "reviews.csv, line 7"."""
        if self.official is not None and row >= self.n_train:
            return self.official.place(row - self.n_train)
        return f"{self.file}, {self.unit} {self.lines[row]}"

    def at(self, row: int, column: str) -> str:
        """Where a cell is, in words: "reviews.csv, line 7, column 'stars'"."""
        return f"{self.place(row)}, column '{column}'"


def joined(first: Table, official: Table, names: Iterable[tuple[str, str]]) -> Table:
    """Some columns of a file, followed by the same columns of its official test file.

    Args:
        names: (column, option that wants it).

    Raises:
        DataError: a column that either file lacks.
    """
    columns = {name: [*first.column(name, option), *official.column(name, option)] for name, option in names}
    return Table(first.file, columns, [*first.lines, *official.lines], first.unit, official)


def is_missing(cell: Cell) -> bool:
    """Whether nothing stands in the cell: blank, null or nan. The words NA, null and None are words."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def read_table(path: str | Path) -> Table:
    """The rows of a .csv, .tsv, .jsonl or .parquet file, also compressed as .gz.

    CSV may be separated by semicolons or tabs where its header holds no comma. Blank lines are skipped.

    Raises:
        DataError: the file is missing, of another kind, broken (with its line), or has no rows.
    """
    kind = _kind(Path(path))
    if kind == ".parquet":
        table = _read_parquet(Path(path))
    elif kind == ".jsonl":
        table = read_jsonl(path)
    else:
        table = _read_separated(Path(path), kind)
    if not len(table):
        raise DataError(f"{path} has a header and no rows." if table.columns else f"{path} is empty.")
    return table


def read_jsonl(path: str | Path) -> Table:
    """The objects of a JSONL file, one a line; a key that a line lacks is missing there.

    Raises:
        DataError: a line is not a JSON object.
    """
    records, lines = [], []
    for number, line in enumerate(open_text(Path(path)), start=1):
        if line.strip():
            records.append(_record(line, f"{path}, line {number}"))
            lines.append(number)
    names = dict.fromkeys(name for record in records for name in record)
    return Table(str(path), {name: [record.get(name) for record in records] for name in names}, lines)


def open_text(path: Path) -> io.StringIO:
    """The file's text, decompressed if it ends in .gz, without a byte order mark; line ends as they are.

    Raises:
        DataError: no such file, a broken archive, or text that is not UTF-8 (with its line).
    """
    data = read_bytes(path)
    try:
        return io.StringIO(data.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        written = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin1"
        raise DataError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8. Save the file as UTF-8 "
            f"(for example: iconv -f {written} -t utf-8 {path.name})."
        ) from error


def stem(path: str | Path) -> str:
    """The file's name without .csv, .jsonl.gz and the like: how a dataset is called that has no other name."""
    name = Path(path).name.removesuffix(".gz")
    return name.rpartition(".")[0] or name


def require_folder(folder: Path) -> None:
    """Nothing, where there is such a folder.

    Raises:
        DataError: there is none; names the nearest beside it.
    """
    if not folder.is_dir():
        near = [p.name for p in folder.parent.iterdir() if p.is_dir()] if folder.parent.is_dir() else []
        raise DataError(f"There is no folder {folder}.{did_you_mean(folder.name, near)}")


def _kind(path: Path) -> str:
    kind = Path(path.name.removesuffix(".gz")).suffix.lower()
    if kind not in FORMATS:
        raise DataError(
            f"{path} is not a file that augeval reads as a table; wanted {', '.join(FORMATS)} (or .gz of it)."
        )
    return kind


def read_bytes(path: Path) -> bytes:
    """The file's bytes, decompressed if it ends in .gz.

    Raises:
        DataError: no such file (with the nearest name beside it), or one that cannot be read.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except FileNotFoundError as error:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"There is no file {path}.{did_you_mean(path.name, siblings)}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a whole gzip file ({error}). Compress it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _read_separated(path: Path, kind: str) -> Table:
    text = open_text(path)
    header_line = text.readline()
    text.seek(0)
    delimiter = "\t" if kind == ".tsv" or ("," not in header_line and "\t" in header_line) else ","
    if delimiter == "," and "," not in header_line and ";" in header_line:
        delimiter = ";"
    rows, lines = _split_lines(text, delimiter, path)
    if not rows:
        return Table(str(path), {}, [])
    header = _header([name.strip() for name in rows[0]], path)
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(row)} field(s), but the header has {len(header)} columns "
                f"({', '.join(header)}). Quote fields that hold a {'tab' if delimiter == chr(9) else repr(delimiter)}."
            )
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(header)}
    return Table(str(path), columns, lines[1:])


def _split_lines(text: io.StringIO, delimiter: str, path: Path) -> tuple[list[list[str]], list[int]]:
    """Rows, and the line that each starts on (a quoted field may hold line ends)."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start, limit = 1, csv.field_size_limit(MAX_FIELD)
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {start}: not readable as {'TSV' if delimiter == chr(9) else 'CSV'} ({error}). "
            'A field that holds a quote must be quoted itself, with the quote doubled ("").'
        ) from error
    finally:
        csv.field_size_limit(limit)
    return rows, lines


def _header(names: list[str], path: Path | str) -> list[str]:
    named = [name or f"{UNNAMED}{i}" for i, name in enumerate(names)]
    twice = [name for name, count in Counter(named).items() if count > 1]
    if twice:
        raise DataError(
            f"{path}, line 1: two columns are called '{twice[0]}'. Rename one; if the line is a row, write the "
            "names of the columns above it."
        )
    return named


def _record(line: str, place: str) -> dict[str, Cell]:
    try:
        record = json.loads(line, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON ({error.msg} at character {error.pos + 1}).") from error
    except (ValueError, RecursionError) as error:  # a key twice, a number of thousands of digits, too deep
        raise DataError(f"{place}: not usable as JSON ({error}).") from error
    if not isinstance(record, dict):
        raise DataError(f'{place}: {type(record).__name__}, wanted an object such as {{"text": …, "label": …}}.')
    return record


def _unique(pairs: list[tuple[str, Cell]]) -> dict[str, Cell]:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the key '{twice}' occurs twice")
    return record


def _read_parquet(path: Path) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(read_bytes(path)))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a Parquet file that can be read ({error}).") from error
    return from_arrow(table, str(path))


def from_arrow(table: Any, file: str) -> Table:  # pyarrow.Table, which is imported only where one is read
    """A pyarrow Table's rows, numbered from 1."""
    names = _header([str(name) for name in table.column_names], file)
    columns = {name: table.column(i).to_pylist() for i, name in enumerate(names)}
    return Table(file, columns, range(1, table.num_rows + 1), unit="row")

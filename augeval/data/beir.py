"""A BEIR folder as a retrieval dataset: queries, the documents of a corpus, and which of them answer which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augeval.data.assemble import Rows, finish
from augeval.data.columns import number
from augeval.data.tables import Table, is_missing, read_jsonl, read_table, require_folder
from augeval.errors import DataError, did_you_mean
from augeval.types import Dataset, Examples, Json

__all__ = ["load_beir"]

QRELS_COLUMNS = ("query-id", "corpus-id", "score")


def load_beir(description: Mapping[str, Json]) -> Dataset:
    """One row per query and document that is relevant to it (score above 0), the most relevant first.

    A query with several relevant documents has several rows, which no split parts (equal rows stay together). Documents
    are title and text, joined by a space. Qrels are read from qrels.tsv, or from qrels/train.tsv and qrels/test.tsv,
    whose test rows are then official. The key of a query's first row is its id; of its others, "query document".

    Args:
        description: beir: the folder, with corpus.jsonl, queries.jsonl (or .jsonl.gz) and qrels; split: reads
            qrels/{split}.tsv alone; name.

    Raises:
        DataError: a file is missing or broken, an id is not known or not unique, a query is empty.
    """
    folder = Path(str(description["beir"]))
    require_folder(folder)
    documents, queries = _texts(folder, "corpus"), _texts(folder, "queries")
    train_path, test_path, notes = _qrels_paths(folder, description.get("split"))
    train = _relevant(train_path, queries, documents)
    test = [] if test_path is None else _relevant(test_path, queries, documents)
    pairs = [*train, *test]
    if not pairs:
        raise DataError(f"{train_path} names no relevant document (score above 0) for any query.")
    notes += _notes(documents, queries, pairs)
    row_of = {name: row for row, name in enumerate(documents)}
    x = np.array([queries[pair.query] for pair in pairs], object)
    y = np.array([row_of[pair.document] for pair in pairs], np.int64)
    corpus = np.array(list(documents.values()), object)
    bare = Dataset(str(description.get("name") or folder.name), "retrieval", Examples(x[:0], y[:0], np.arange(0)), (),
                   corpus=corpus, source=f"BEIR folder {folder.name}", notes=tuple(notes))  # fmt: skip
    return finish(bare, Rows(x, y, len(train), keys=np.array(_keys(pairs), object)))


@dataclass(frozen=True)
class _Pair:
    query: str
    document: str
    score: float


def _texts(folder: Path, name: str) -> dict[str, str]:
    """id -> text, with the title before it where there is one."""
    paths = [folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz"]
    path = next((path for path in paths if path.is_file()), paths[0])
    table = read_jsonl(path)
    if not len(table):
        raise DataError(f"{path} is empty.")
    ids, texts = table.column("_id", "the id"), table.column("text", "the text")
    titles = table.columns.get("title", [None] * len(table))
    found: dict[str, str] = {}
    for row, (key, title, text) in enumerate(zip(ids, titles, texts, strict=True)):
        if is_missing(key) or str(key) in found:
            raise DataError(f"{table.at(row, '_id')}: the id {key!r} is missing or that of an earlier line.")
        found[str(key)] = " ".join(str(part).strip() for part in (title, text) if not is_missing(part))
        if name == "queries" and not found[str(key)]:
            raise DataError(f"{table.at(row, 'text')}: the query is empty. Remove it or write its text.")
    return found


def _qrels_paths(folder: Path, split: Json) -> tuple[Path, Path | None, list[str]]:
    """Judgements that train, official ones that test, and a note of what is not used."""
    if split is None and (folder / "qrels.tsv").is_file():
        return folder / "qrels.tsv", None, []
    parts = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if split is not None:
        if split not in parts:
            raise DataError(f"{folder} has no qrels/{split}.tsv.{did_you_mean(str(split), parts)}")
        return parts[split], None, []
    notes = [f"qrels/{name}.tsv is not used." for name in parts if name not in ("train", "test") and len(parts) > 1]
    if "train" in parts:
        return parts["train"], parts.get("test"), notes
    if "test" in parts or len(parts) == 1:
        return parts.get("test") or next(iter(parts.values())), None, notes
    raise DataError(f"{folder} has neither qrels.tsv nor qrels/train.tsv and qrels/test.tsv.")


def _relevant(path: Path, queries: Mapping[str, str], documents: Mapping[str, str]) -> list[_Pair]:
    """Pairs with a score above 0, in the order of the queries, the most relevant first."""
    table = read_table(path)
    cells = [table.column(name, "qrels") for name in QRELS_COLUMNS]
    pairs: dict[tuple[str, str], _Pair] = {}
    for row, (query, document, score) in enumerate(zip(*cells, strict=True)):
        _refuse_unknown(table, row, "query-id", str(query).strip(), queries)
        _refuse_unknown(table, row, "corpus-id", str(document).strip(), documents)
        value = number(score)
        if value is None or not np.isfinite(value):
            raise DataError(f"{table.at(row, 'score')}: '{score}' is not a number.")
        pair = _Pair(str(query).strip(), str(document).strip(), value)
        if (pair.query, pair.document) in pairs:
            raise DataError(f"{table.place(row)}: the document '{pair.document}' was judged for this query already.")
        pairs[pair.query, pair.document] = pair
    order = {name: position for position, name in enumerate(queries)}
    return sorted((p for p in pairs.values() if p.score > 0), key=lambda p: (order[p.query], -p.score))


def _refuse_unknown(table: Table, row: int, column: str, name: str, known: Mapping[str, str]) -> None:
    if name not in known:
        home = "queries.jsonl" if column == "query-id" else "corpus.jsonl"
        raise DataError(f"{table.at(row, column)}: {home} has no '{name}'. Remove the line, or add what it names.")


def _keys(pairs: Iterable[_Pair]) -> list[str]:
    """The query's id for its first row; rows made elsewhere name it as their parent."""
    seen: set[str] = set()
    keys = []
    for pair in pairs:
        keys.append(f"{pair.query} {pair.document}" if pair.query in seen else pair.query)
        seen.add(pair.query)
    return keys


def _notes(documents: Mapping[str, str], queries: Mapping[str, str], pairs: list[_Pair]) -> list[str]:
    used = {pair.query for pair in pairs}
    counts = (
        (sum(not text for text in documents.values()), "document(s) are blank; they stay in the corpus."),
        (len(queries) - len(used), "quer(ies) have no relevant document and are left out."),
    )
    return [f"{count} {what}" for count, what in counts if count]

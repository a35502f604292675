"""A BEIR folder: rows are queries, labels are documents."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from augeval.data.beir import load_beir
from augeval.data.splits import split
from augeval.errors import DataError

SHARED = Path(os.environ.get("AUGEVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

CORPUS = [
    {"_id": "d1", "title": "Wings", "text": "lift of a wing"},
    {"_id": "d2", "title": "", "text": "heat"},
    {"_id": "d3", "title": "Slabs", "text": ""},
]
QUERIES = [{"_id": "q1", "text": "what lifts"}, {"_id": "q2", "text": "what heats"}, {"_id": "q3", "text": "nothing"}]
QRELS = "query-id\tcorpus-id\tscore\nq2\td2\t1\nq1\td3\t1\nq1\td1\t2\nq2\td1\t0\n"


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "toy"
    made.mkdir()
    (made / "corpus.jsonl").write_text(lines(CORPUS))
    (made / "queries.jsonl").write_text(lines(QUERIES))
    (made / "qrels.tsv").write_text(QRELS)
    return made


def load(folder, **more):
    return load_beir({"beir": str(folder), **more})


def test_each_relevant_pair_is_a_row_in_the_order_of_the_queries_the_best_first(folder):
    # q1 has d1 (score 2) and d3 (score 1); q2 has d2; d1 was judged 0 for q2; q3 was not judged.
    made = load(folder)
    assert made.examples.x.tolist() == ["what lifts", "what lifts", "what heats"]
    assert made.corpus[made.examples.y].tolist() == ["Wings lift of a wing", "Slabs", "heat"]
    assert made.keys.tolist() == ["q1", "q1 d3", "q2"]
    assert (made.modality, made.classes, made.name, made.source) == ("retrieval", (), "toy", "BEIR folder toy")


def test_queries_without_a_relevant_document_and_blank_documents_are_counted(folder):
    (folder / "corpus.jsonl").write_text(lines([*CORPUS, {"_id": "d4", "title": "", "text": ""}]))
    made = load(folder)
    assert len(made.corpus) == 4
    assert made.notes[:2] == (
        "1 document(s) are blank; they stay in the corpus.",
        "1 quer(ies) have no relevant document and are left out.",
    )


def test_gzipped_files_and_numbers_as_ids_are_read(folder):
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines(CORPUS).encode()))
    (folder / "queries.jsonl").write_text(lines([{"_id": 1, "text": "a"}, {"_id": 2, "text": "b"}]))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\td1\t1\n2\td2\t1\n")
    assert load(folder).keys.tolist() == ["1", "2"]


def parts(folder, **qrels):
    (folder / "qrels.tsv").unlink()
    (folder / "qrels").mkdir()
    for name, text in qrels.items():
        (folder / "qrels" / f"{name}.tsv").write_text("query-id\tcorpus-id\tscore\n" + text)


def test_qrels_of_train_and_test_are_an_official_split(folder):
    parts(folder, train="q1\td1\t1\n", dev="q3\td2\t1\n", test="q2\td2\t1\n")
    made = load(folder)
    assert made.examples.x.tolist() == ["what lifts", "what heats"]
    assert made.test_rows.tolist() == [1]
    assert made.notes[0] == "qrels/dev.tsv is not used."


def test_qrels_of_test_alone_are_all_rows(folder):
    parts(folder, test="q1\td1\t1\nq2\td2\t1\n")
    assert load(folder).test_rows is None


def test_one_split_of_the_qrels_may_be_named(folder):
    parts(folder, train="q1\td1\t1\n", test="q2\td2\t1\nq3\td3\t1\n")
    made = load(folder, split="test")
    assert made.examples.x.tolist() == ["what heats", "nothing"]
    assert made.test_rows is None
    with pytest.raises(DataError, match=r"has no qrels/tset\.tsv\. Did you mean 'test'\?"):
        load(folder, split="tset")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("qrels.tsv", "q1\td1\t1\nq1\td2\t1\n", r"no column 'query-id' \(wanted as qrels\)"),
        ("qrels.tsv", QRELS + "q9\td1\t1\n", r"qrels\.tsv, line 6, column 'query-id': queries\.jsonl has no 'q9'"),
        ("qrels.tsv", QRELS + "q3\td9\t1\n", r"qrels\.tsv, line 6, column 'corpus-id': corpus\.jsonl has no 'd9'"),
        ("qrels.tsv", QRELS + "q3\td1\tyes\n", r"line 6, column 'score': 'yes' is not a number"),
        ("qrels.tsv", QRELS + "q1\td1\t1\n", r"line 6: the document 'd1' was judged for this query already"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t0\n", r"names no relevant document \(score above 0\)"),
        ("queries.jsonl", lines([{"_id": "q1", "text": " "}]), r"line 1, column 'text': the query is empty"),
        ("queries.jsonl", lines([{"_id": "q1"}]), r"queries\.jsonl has no column 'text'"),
        ("queries.jsonl", "", r"queries\.jsonl is empty"),
        ("corpus.jsonl", lines([CORPUS[0], CORPUS[0]]), r"line 2, column '_id': the id 'd1' is missing or that of"),
        ("corpus.jsonl", lines([{"text": "a"}]), r"corpus\.jsonl has no column '_id'"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(folder, name, content, message):
    (folder / name).write_text(content)
    with pytest.raises(DataError, match=message):
        load(folder)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"There is no file .*{name}"):
        load(folder)


def test_missing_qrels_and_folders_are_named(folder):
    with pytest.raises(DataError, match=r"There is no folder .*toys\. Did you mean 'toy'\?"):
        load(folder.with_name("toys"))
    (folder / "qrels.tsv").unlink()
    with pytest.raises(DataError, match=r"has neither qrels\.tsv nor qrels/train\.tsv"):
        load(folder)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are absent; set AUGEVAL_DATA")
def test_cranfield_has_1611_judgements_of_225_queries_which_no_split_parts():
    made = load(SHARED / "retrieval" / "cranfield")
    assert (len(made.examples), len(made.corpus), len(set(made.examples.x))) == (1611, 1400, 225)
    assert made.keys[0] == "1"
    found = split(made, seed=0)
    assert not set(made.examples.x[found.train]) & set(made.examples.x[found.test])
    assert len(found.test) == pytest.approx(0.4 * 1611, abs=20)
    assert np.array_equal(np.sort(np.concatenate([found.train, found.test])), np.arange(1611))

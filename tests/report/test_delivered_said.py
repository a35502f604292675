"""What is said of an arm that left rows out, or made values that no real row has."""

from __future__ import annotations

from typing import Any

from augeval.report.delivered import sentences


def said(*, control: bool = False, **counts: Any) -> list[str]:
    arm = {"arm": "smote_enn to 1", "dataset": "wine", "is_control": control, "counts": {"got": 100, **counts}}
    return list(sentences([arm]))


def test_rows_left_out_are_said_class_by_class_the_most_first() -> None:
    counts = {"train": 120, "left_out": 44, "left out: barolo": 4, "left out: grignolino": 40}
    assert said(**counts) == [
        "smote_enn to 1 on wine leaves 44 of 120 training rows out (40 of class grignolino, 4 of class barolo)."
    ]


def test_rows_that_were_to_be_left_out_and_were_not_are_said() -> None:
    (sentence,) = said(kept_beyond=16)
    assert sentence == "smote_enn to 1 on wine was to leave out 16 more rows, so that it stops short of its balance."


def test_fewer_neighbours_are_said_although_they_were_asked_for() -> None:
    (sentence,) = said(fewer_neighbours=30)
    assert "30 of 100 rows were made with fewer neighbours than it asks for" in sentence
    assert "(reduce_k)" in sentence


def test_values_beyond_the_class_fractions_and_copies_are_said_from_a_twentieth_on() -> None:
    assert said(cells=1000, outside=50, whole_cells=100, fractions=5, copies=5) == []
    outside, fractions, copies = said(cells=1000, outside=70, whole_cells=100, fractions=80, copies=30, no_op=10)
    assert "7 % of the values lie beyond those that the real rows of the class have" in outside
    assert "80 % of the values in columns of whole numbers are fractions" in fractions
    assert "round_whole" in fractions
    assert "20 % of the rows are copies of a real row that is not their parent" in copies


def test_copies_of_a_control_are_meant_to_be_copies() -> None:
    assert said(control=True, copies=100, cells=10, outside=10) == []
    assert said() == []


def test_rows_that_are_vectors_are_said_once_for_all_doses_of_a_family() -> None:
    about = {"family": "smote", "dataset": "notes", "model": "embedding_logistic", "is_control": False}
    arms = [{"arm": f"smote to {dose}", **about, "counts": {"made in: embedding space": 30}} for dose in (0.5, 1)]
    (sentence,) = sentences([*arms, {**about, "arm": "duplicate to 1", "counts": {"got": 30}}])
    assert sentence.startswith("smote on notes: these rows are vectors in the embedding space of embedding_logistic")
    assert "drift and fidelity are not measured" in sentence

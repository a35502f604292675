"""Words counted from numbers: the matrix of the strings, bit for bit."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from augeval.augment import text
from augeval.augment.batch import AS_IT_IS, current_vocabulary
from augeval.edited import Words
from augeval.models import linear
from augeval.models.counting import count_matrix, countable
from augeval.models.linear import tfidf_logistic
from augeval.seeds import row_keys
from augeval.types import Dataset, Examples, TrainingSet

AWKWARD = "aZ9_ é'’-.:,/@#$€\n\t\0\ud800\u0301\u0130\u03a3ΣσςΑß①Ⅷ电影ひहिन्दी😀\u200d\u200eﬁ℡ª·\u0345"
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(AWKWARD, max_size=30),
    st.lists(
        st.sampled_from(["The", "film's", "e.g.", "ΟΔΟΣ", "10/10", "well-known", "电影", "I", "a_b"]), max_size=9
    ).map(" ".join),
)


def words_of(texts: list[str]) -> Words:
    return AS_IT_IS.read(list(dict.fromkeys(texts)), current_vocabulary()).take(np.arange(len(texts))).counted()


def columns_of(texts: list[str]) -> dict[str, int]:
    analyse = CountVectorizer().build_analyzer()
    return {word: i for i, word in enumerate(sorted({word for t in texts for word in analyse(t)}))}


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6, unique=True))
def test_counts_of_any_text_are_those_of_its_string(texts: list[str]) -> None:
    words, columns = words_of(texts), columns_of(texts)
    told = np.flatnonzero(countable(words))
    if not columns:
        return
    wanted = CountVectorizer(vocabulary=columns).transform([texts[i] for i in told]) if len(told) else None
    made = count_matrix(words.take(told), columns)
    assert made.shape == (len(told), len(columns))
    if wanted is not None:
        assert np.array_equal(made.toarray(), wanted.toarray())


def test_a_character_that_is_no_word_stays_none_in_lower_case() -> None:
    # What `Words.whole` rests on: no mark between words can become a letter when the text is put in lower case.
    wordy = re.compile(r"\w")
    marks = [c for c in map(chr, range(sys.maxunicode + 1)) if not wordy.match(c)]
    assert not [c for c in marks if wordy.search(c.lower())]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("a well-known film", True),
        ("电影", False),  # touching words are one to a counter
        ("one①two", False),  # a digit in a ring is none of our letters, and one of theirs
        ("ΟΔΟΣ is", False),  # the small letter of a sigma depends on what follows
        ("", True),
    ],
)
def test_which_rows_words_tell_all(row: str, wanted: bool) -> None:
    assert countable(words_of([row]))[0] == wanted


def test_a_word_of_ours_may_be_two_of_the_counter_or_none() -> None:
    # "well-known" is two, "I" none, "it's" one ("it"); "film" is met twice.
    columns = {"film": 0, "it": 1, "known": 2, "well": 3}
    made = count_matrix(words_of(["I film: it's a well-known FILM"]), columns)
    assert made.toarray().tolist() == [[2, 1, 1, 1]]


def sentences(shared_data: Path) -> list[str]:
    with (shared_data / "text" / "sst2_train_500.csv").open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def synthetic(texts: list[str]) -> tuple[np.ndarray, Words]:
    keys = row_keys(("counting",), np.arange(len(texts)), np.zeros(len(texts), np.int64))
    made = text.random_swap.fn(texts, magnitude=0.4, row_keys=keys)
    return np.array(made.rows, object), made.words


def test_tfidf_of_words_is_tfidf_of_strings_to_the_last_bit(shared_data: Path) -> None:
    texts = sentences(shared_data)
    texts = [*texts[:300], "ΟΔΟΣ and a film", "电影 good film", *texts[300:], ""]
    rows, words = synthetic(texts)
    features = linear._Tfidf.of(np.array(texts, object))
    made, wanted = features.of_words(words, rows), features(rows)
    oracle = TfidfVectorizer().fit(texts).transform(rows.tolist())
    for other in (wanted, oracle):
        assert abs(made - other).max() == 0
        assert np.array_equal(made.indices, other.indices)
        assert np.array_equal(made.indptr, other.indptr)


def test_a_model_fitted_on_words_is_the_one_fitted_on_strings(shared_data: Path) -> None:
    texts = sentences(shared_data)[:120]
    rows, words = synthetic(texts)
    y, ids = np.arange(120) % 2, np.arange(120)
    real = Examples(np.array(texts, object), y, ids)
    told = TrainingSet(real, Examples(rows, y, ids, ids[:, None]), 120, words)
    dataset = Dataset("d", "text", real, ("a", "b"))
    by_words, by_strings = tfidf_logistic.fn([told, replace(told, words=None)], dataset, seeds=[0, 0])
    assert np.array_equal(by_words(real.x), by_strings(real.x))

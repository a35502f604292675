"""A teacher judges rows whose parents it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.augment.teacher import FOLDS, Lessons, folds, predicted
from augeval.errors import NotApplicable
from augeval.types import Examples


def rows_of(texts, y) -> Examples:
    return Examples(np.array(texts, object), np.array(y, np.int64), np.arange(len(texts)) + 100)


def moods(n: int = 10) -> Examples:
    pairs = [(f"{word} thing number{i} here", c) for i in range(n) for c, word in enumerate(("awful", "lovely"))]
    return rows_of([text for text, _ in pairs], [c for _, c in pairs])


def test_a_wrong_label_that_only_the_parent_carries_is_not_learnt():
    """Planted: one row of lovely words, and of a word of its own, is labelled awful.

    A teacher that saw it would read "xylophone" as awful, for parent and made row alike. One that did not goes by the
    lovely words of both.
    """
    train = moods()
    texts, y = [*train.x, "lovely lovely thing xylophone xylophone xylophone"], [*train.y, 0]
    train = rows_of(texts, y)
    parent = train.ids[-1:]
    made = rows_of(["xylophone xylophone xylophone"], [0])
    of_made, of_parent = predicted(Lessons(train), made, parent)
    assert of_parent.tolist() == [1]
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    leaky = LogisticRegression(C=10.0).fit(words.fit_transform(train.x), train.y)
    assert leaky.predict(words.transform(train.x[-1:])).tolist() == [0]  # the case is one that a leak would change
    assert of_made.shape == (1,)


def test_equal_rows_and_rows_of_one_group_are_in_one_fold_and_classes_are_spread():
    train = rows_of(["same", "a", "b", "same", "c", "d", "e", "f", "same"], [0, 0, 0, 0, 0, 1, 1, 1, 1])
    fold = folds(train)
    assert len({fold[0], fold[3], fold[8]}) == 1
    assert sorted(fold[[0, 1, 2, 4]]) == [0, 1, 2, 3]
    groups = np.array([5, 5, 5, 7, 7, 7, 9, 9, 9])
    assert [len(set(folds(train, groups)[groups == g])) for g in (5, 7, 9)] == [1, 1, 1]


def test_a_twin_in_another_group_is_not_learnt_from_either():
    train = moods()
    texts, y = [*train.x, "lovely lovely xylophone", "lovely lovely xylophone"], [*train.y, 0, 0]
    train = rows_of(texts, y)
    groups = np.arange(len(train))  # the twins have groups, and so folds, of their own
    fold = folds(train, groups)
    assert fold[-1] != fold[-2]
    assert predicted(Lessons(train, groups), train.take([len(train) - 1]), train.ids[-1:])[0].tolist() == [1]


def test_equal_folds_whatever_the_number_of_rows():
    for n in (3, 7, 40):
        sizes = np.bincount(folds(rows_of([f"t {i}" for i in range(n)], [0] * n)))
        assert len(sizes) == min(n, FOLDS)
        assert sizes.max() - sizes.min() <= 1


def test_rows_of_one_class_are_all_of_that_class_and_one_row_teaches_nothing():
    train = rows_of(["a", "b", "c"], [1, 1, 1])
    made = rows_of(["x", "y"], [1, 1])
    assert [said.tolist() for said in predicted(Lessons(train), made, train.ids[:2])] == [[1, 1], [1, 1]]
    with pytest.raises(NotApplicable, match="no other training row"):
        predicted(Lessons(train.take([0])), made.take([0]), train.ids[:1])


def test_rows_that_are_no_texts_need_an_encoder():
    train = Examples(np.eye(4), np.array([0, 1, 0, 1]), np.arange(4))
    with pytest.raises(NotApplicable, match="needs an encoder"):
        predicted(Lessons(train), train, train.ids)
    assert predicted(Lessons(train, encoder=lambda x: x), train, train.ids)[0].shape == (4,)

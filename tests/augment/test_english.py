"""Whether a text is English, by its function words."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from augeval.augment.english import is_english


@pytest.mark.parametrize(
    "text",
    ["it is a film", "The dog ran over the hill.", "IT’S NOT THAT BAD, OR IS IT", "", "?!", "great film", "a" * 5000],
)
def test_english_and_what_says_nothing_is_taken_for_english(text):
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "la película es muy buena y divertida pero un poco larga para mí, no me gusta el final",
        "ein sehr guter Film, der mich begeistert hat, aber am Ende war er zu lang",
        "ce film est une pure merveille, on ne s'ennuie pas une minute",
        "电影很好看",
        "фильм очень хороший и смешной",
        "très bien",
        "הסרט טוב מאוד באמת",
    ],
)
def test_other_languages_are_not(text):
    assert not is_english(text)


def test_nearly_all_of_real_english_is(shared_data):
    for name, least in (("sst2_train.csv", 0.99), ("trec_train.csv", 0.99)):
        with open(shared_data / "text" / name, encoding="utf-8", newline="") as file:
            assert np.mean([is_english(row["text"]) for row in csv.DictReader(file)]) > least

"""Edits of text: how many words, which ones, what stays, and on what the result depends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mini_wordnet
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augeval.augment import synonyms, text, tokens
from augeval.augment.lexicon import find_wordnet
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.extend import AugmenterPlugin
from augeval.seeds import row_keys

EDITS = ("random_deletion", "random_swap", "random_insertion", "synonym", "synonym_embedding")
ALL = pytest.mark.parametrize("name", EDITS)
REVIEW = "I watched the GOOD film, and a big dog ran quickly; the movie's picture was great!"
ROWS = [
    REVIEW,
    "Great movies!",
    "电影很好看。",
    "a",
    "???",
    "no words of ours here",
    "İstanbul straße e\u0301",
    " film  ",
]
MINI = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def mini(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "mini_wordnet"
    monkeypatch.setenv("AUGEVAL_CACHE", str(folder / "cache"))
    monkeypatch.setenv("WNHOME", str(folder if folder.exists() else mini_wordnet.write(folder)))


def by_letters(x: np.ndarray) -> np.ndarray:
    """An encoder in whose eyes every word is near every other."""
    return np.array([[10.0, len(word), word.count("i")] for word in x], np.float32)


def told(name: str, rows: list[str], magnitude: float | None = 0.3, seed: object = 0, **params: Any) -> Edited:
    plugin: AugmenterPlugin = getattr(text, name)
    if plugin.wants("encoder"):
        params = {"encoder": by_letters, **params}
    ids = params.pop("ids", np.arange(len(rows)))
    keys = row_keys((seed,), ids, np.zeros(len(rows), np.int64))
    made: Edited = plugin.fn(rows, magnitude=magnitude, row_keys=keys, **params)
    return made


def edit(name: str, rows: list[str], magnitude: float | None = 0.3, seed: object = 0, **params: Any) -> list[str]:
    return [str(row) for row in told(name, rows, magnitude, seed, **params).rows]


def words(row: str) -> list[str]:
    return tokens.split(row)[1::2]


def between(row: str) -> list[str]:
    return tokens.split(row)[::2]


def changed(before: str, after: str) -> int:
    return sum(a != b for a, b in zip(words(before), words(after), strict=True))


class TestEveryEdit:
    @ALL
    def test_no_share_of_words_changes_nothing(self, name: str) -> None:
        assert edit(name, ROWS, 0.0) == ROWS

    @ALL
    @pytest.mark.parametrize("magnitude", [None, -0.1, 1.1, float("nan"), float("inf")])
    def test_a_magnitude_that_is_no_share_is_refused(self, name: str, magnitude: float | None) -> None:
        with pytest.raises(
            InputError, match=rf"{name} takes a magnitude .share of words. from 0 to 1, not {magnitude}"
        ):
            edit(name, ROWS, magnitude)

    @ALL
    def test_no_rows_give_no_rows(self, name: str) -> None:
        assert edit(name, []) == []

    @ALL
    def test_the_same_key_gives_the_same_text_and_another_another(self, name: str) -> None:
        rows = [REVIEW] * 20
        assert edit(name, rows, seed=1) == edit(name, rows, seed=1)
        assert edit(name, rows, seed=1) != edit(name, rows, seed=2)

    @ALL
    def test_a_row_does_not_depend_on_its_companions_or_their_order(self, name: str) -> None:
        rows = [f"{REVIEW} {i}" for i in range(12)]
        together = edit(name, rows)
        for i in (0, 7, 11):
            assert edit(name, [rows[i]], ids=np.array([i])) == [together[i]]
        assert edit(name, rows[::-1], ids=np.arange(12)[::-1])[::-1] == together

    @ALL
    @MINI
    @given(
        row=st.one_of(st.text(max_size=60), st.lists(st.sampled_from(REVIEW.split()), max_size=12).map(" ".join)),
        magnitude=st.floats(0, 1),
        seed=st.integers(0, 1000),
    )
    def test_a_text_with_words_keeps_at_least_one(self, name: str, row: str, magnitude: float, seed: int) -> None:
        (made,) = edit(name, [row], magnitude, seed)
        assert words(made) if words(row) else made == row

    @ALL
    def test_the_share_of_words_edited_is_the_magnitude(self, name: str) -> None:
        row = " ".join(["film", "dog", "watch", "run", "big"] * 8)  # forty words, all of which have a synonym
        made = edit(name, [row] * 200, 0.33)
        edits = {
            "random_deletion": [40 - len(words(m)) for m in made],
            "random_insertion": [len(words(m)) - 40 for m in made],
        }.get(name) or [changed(row, m) for m in made]
        # .33 × 40 = 13.2 words; swaps come in pairs, 12 or 14 of them. 200 rows: standard error of the mean below .06.
        assert abs(np.mean(edits) - 13.2) < 0.2
        assert set(edits) <= ({12, 14} if name == "random_swap" else {13, 14})

    @ALL
    def test_what_it_is_called_and_takes(self, name: str) -> None:
        plugin: AugmenterPlugin = getattr(text, name)
        assert plugin.semantics == 2
        assert plugin.name == name
        assert plugin.modalities == ("text",)
        assert (plugin.form, plugin.unit, plugin.default_magnitude) == ("row", "share of words", 0.1)
        assert plugin.summary.endswith(".")
        assert plugin.source

    @ALL
    def test_those_that_use_wordnet_say_so_and_fail_with_a_remedy_without_it(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        requires: Callable[[], str] | None = getattr(text, name).requires
        assert (requires is not None) == (name in EDITS[2:])
        if requires is None:
            return
        assert requires().startswith("WordNet 9.9 ")
        monkeypatch.setenv("WNHOME", str(tmp_path))
        for ask in (requires, lambda: edit(name, ROWS)):
            with pytest.raises(InputError, match=r"needs the WordNet database.*apt install wordnet-base"):
                ask()


class TestDeletion:
    def test_the_words_that_stay_keep_their_order_and_case(self) -> None:
        for made in edit("random_deletion", [REVIEW] * 50, 0.4):
            rest = iter(words(REVIEW))
            assert all(word in rest for word in words(made))
            assert "  " not in made

    def test_one_word_always_stays(self) -> None:
        for made in edit("random_deletion", ["one two three"] * 20, 1.0):
            assert len(words(made)) == 1
        assert edit("random_deletion", ["one"], 1.0) == ["one"]

    def test_every_word_is_deleted_as_often_as_any_other(self) -> None:
        # 4,000 rows of ten words, three deleted: each is gone 1,200 times, standard deviation 29.
        row = " ".join("abcdefghij")
        gone = Counter(
            letter for m in edit("random_deletion", [row] * 4000) for letter in set(row.split()) - set(m.split())
        )
        assert min(gone.values()) > 1200 - 4 * 29
        assert max(gone.values()) < 1200 + 4 * 29

    def test_stop_words_stay_where_that_is_asked_for(self) -> None:
        made = edit("random_deletion", ["this is not a good film"] * 20, 1.0, keep_stop_words=True)
        assert set(made) == {"this is not a"}


class TestSwap:
    def test_the_words_are_the_same_and_what_is_between_them_stays_in_place(self) -> None:
        for made in edit("random_swap", [REVIEW] * 50):
            assert Counter(words(made)) == Counter(words(REVIEW))
            assert between(made) == between(REVIEW)
            assert made != REVIEW

    def test_an_even_number_of_words_changes_place_whatever_the_share(self) -> None:
        row = " ".join("abcdefghi")
        for magnitude in (0.01, 0.2, 0.5, 1.0):
            moved = {changed(row, m) for m in edit("random_swap", [row] * 50, magnitude)}
            assert moved <= {2, 4, 6, 8}
        assert moved == {8}

    def test_equal_words_are_not_swapped_for_each_other(self) -> None:
        for made in edit("random_swap", ["very very very good"] * 20, 0.1):
            assert changed("very very very good", made) == 2
        assert edit("random_swap", ["very very", "one"], 1.0) == ["very very", "one"]

    def test_stop_words_stay_in_place_where_that_is_asked_for(self) -> None:
        made = edit("random_swap", ["the film and the dog"] * 5, 1.0, keep_stop_words=True)
        assert set(made) == {"the dog and the film"}


class TestInsertion:
    def test_the_row_stays_and_synonyms_of_its_words_come_in(self) -> None:
        known = {"movie", "picture", "celluloid", "viewed", "hound", "raced", "rapidly", "large", "enormous"}
        known |= {"movies", "pictures", "film", "fine", "big"}
        for made in edit("random_insertion", [REVIEW] * 50):
            rest = iter(words(made))
            assert all(word in rest for word in words(REVIEW))
            assert set(words(made)) - set(words(REVIEW)) <= known

    def test_every_place_takes_a_word(self) -> None:
        first, last = "movie film dog", "film dog movie"
        made = edit("random_insertion", ["film dog"] * 300, 0.5)
        assert first in made
        assert last in made
        assert "film movie dog" in made

    def test_a_row_without_a_synonym_gets_copies_of_its_own_words_but_not_of_stop_words(self) -> None:
        made = edit("random_insertion", ["the zyzzyva and the quux"] * 40, 0.2)
        assert {word for m in made for word in (Counter(words(m)) - Counter(words("the zyzzyva and the quux")))} == {
            "zyzzyva",
            "quux",
        }
        assert all(len(words(m)) == 4 for m in edit("random_insertion", ["the and of"] * 5, 0.1))

    def test_ideographs_come_without_blanks(self) -> None:
        for made in edit("random_insertion", ["电影很好看。"] * 10, 0.2):
            assert " " not in made
            assert len(words(made)) == 6


class TestSynonym:
    def test_only_words_change_and_only_into_their_synonyms(self) -> None:
        allowed = {
            "watched": {"viewed"}, "film": {"movie", "picture", "celluloid"}, "dog": {"hound"}, "ran": {"raced"},
            "big": {"large", "enormous", "great", "fine"}, "quickly": {"rapidly"}, "picture": {"movie", "film"},
            "movie's": {"film's", "picture's"}, "great": {"fine", "big"},
        }  # fmt: skip
        for made in edit("synonym", [REVIEW] * 100, 0.5):
            assert between(made) == between(REVIEW)
            for old, new in zip(words(REVIEW), words(made), strict=True):
                assert new == old or new in allowed.get(old, set())

    def test_all_words_that_have_a_synonym_are_replaced_where_all_are_asked_for(self) -> None:
        (made,) = edit("synonym", ["The dog ran quickly"], 1.0)
        assert made == "The hound raced rapidly"

    def test_the_case_of_the_word_is_copied(self) -> None:
        (made,) = edit("synonym", ["Dogs RAN. Quickly DOG"], 1.0)
        assert made == "Hounds RACED. Rapidly HOUND"

    def test_a_name_inside_a_sentence_stays(self) -> None:
        assert edit("synonym", ["we met Dog in Film"], 1.0) == ["we met Dog in Film"]

    def test_a_and_an_stay_right(self) -> None:
        made = set(edit("synonym", ["a big", "a large"] * 40, 1.0, senses=1))
        assert made == {"a large", "a big"}  # never "a enormous"
        assert edit("synonym", ["an enormous"] * 5, 1.0) == ["an enormous"] * 5
        assert set(edit("synonym", ["the big"] * 40, 1.0, senses=1)) == {"the large", "the enormous"}

    def test_commoner_senses_are_taken_more_often(self) -> None:
        # film: weights 39, 39 and 17 of 95; 2,000 rows: 358 of "celluloid" expected, standard deviation 17.
        made = Counter(edit("synonym", ["film"] * 2000, 1.0))
        assert set(made) == {"movie", "picture", "celluloid"}
        assert abs(made["celluloid"] - 2000 * 17 / 95) < 4 * 17

    def test_phrases_and_fewer_senses_are_parameters(self) -> None:
        assert "motion picture" in edit("synonym", ["movie"] * 40, 1.0, phrases=True)
        assert "celluloid" not in edit("synonym", ["film"] * 100, 1.0, senses=1)
        with pytest.raises(InputError, match="synonym takes senses of at least 1, not 0"):
            edit("synonym", ["film"], senses=0)
        assert set(text.synonym.params) == {"keep_stop_words", "senses", "phrases"}

    def test_stop_words_stay_unless_they_are_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(synonyms, "STOP_WORDS", frozenset({"dog"}))
        synonyms._by_wordnet.cache_clear()
        assert edit("synonym", ["dog film"], 1.0)[0].startswith("dog ")
        assert edit("synonym", ["dog film"], 1.0, keep_stop_words=False)[0].startswith("hound ")
        synonyms._by_wordnet.cache_clear()

    def test_a_row_without_a_synonym_comes_back(self) -> None:
        rows = ["zyzzyva", "电影很好看。", "the of and", "?!"]
        assert edit("synonym", rows, 1.0) == rows


class TestSynonymEmbedding:
    def test_neighbours_replace_words_in_their_form_and_opposites_do_not(self) -> None:
        made = {tuple(words(m)) for m in edit("synonym_embedding", ["good films"] * 60, 1.0)}
        adjectives, plurals = ({pair[i] for pair in made} for i in (0, 1))
        assert "films" not in plurals
        assert plurals <= {"movies", "pictures", "dogs", "hounds", "successes", "failures", "flops", "celluloid"}
        assert adjectives <= {"fine", "great", "big", "large", "enormous", "lonely", "alone", "lone"}

    def test_nothing_is_near_enough_for_a_cosine_of_one(self) -> None:
        def apart(x: np.ndarray) -> np.ndarray:
            return np.eye(len(x), dtype=np.float32)

        assert edit("synonym_embedding", ROWS, 1.0, encoder=apart) == ROWS

    @pytest.mark.parametrize(
        ("params", "words"), [({"neighbours": 0}, "not 0 and 0.6"), ({"min_cosine": 2}, "not 5 and 2")]
    )
    def test_impossible_parameters_are_refused(self, params: dict[str, Any], words: str) -> None:
        with pytest.raises(InputError, match=f"neighbours of at least 1 and min_cosine from -1 to 1, {words}"):
            edit("synonym_embedding", ROWS, **params)


@pytest.mark.skipif(find_wordnet() is None, reason="WordNet is not installed (apt install wordnet-base)")
class TestWithTheRealWordNet:
    @pytest.fixture(autouse=True)
    def real(self, mini: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path_factory.getbasetemp() / "real_wordnet"))
        monkeypatch.delenv("WNHOME")

    def test_words_become_what_a_thesaurus_would_say(self) -> None:
        assert set(edit("synonym", ["movie"] * 20, 1.0)) == {"film"}
        assert set(edit("synonym", ["difficult"] * 20, 1.0)) == {"hard"}
        assert "purchased" in set(edit("synonym", ["bought"] * 20, 1.0))

    def test_modals_negations_and_numbers_are_left_alone(self) -> None:
        row = "it might not be one of two"
        assert edit("synonym", [row] * 20, 1.0) == [row] * 20

    def test_an_antonym_is_never_put_in(self) -> None:
        rows = ["good", "bad", "always", "never", "rich", "poor", "boring", "interesting", "quickly", "slowly"]
        for before, after in zip(rows * 20, edit("synonym", rows * 20, 1.0), strict=True):
            pair = {before, after}
            assert pair not in ({"good", "bad"}, {"always", "never"}, {"rich", "poor"}, {"quickly", "slowly"})

"""What may stand in a word's place: by WordNet, and by an encoder."""

from __future__ import annotations

from pathlib import Path

import mini_wordnet
import numpy as np
import pytest

from augeval.augment import synonyms

PLACES = {
    # By hand: what lies near what, in degrees on a circle.
    "film": 0, "movie": 5, "picture": 12, "dog": 60, "hound": 61, "success": 90, "failure": 91, "flop": 92,
    "watch": 0, "view": 3, "see": 6, "witness": 80, "run": 120, "race": 122,
    "good": 0, "bad": 2, "awful": 3, "terrible": 4, "fine": 5, "great": 8, "big": 200, "large": 203, "enormous": 206,
    "lonely": 50, "alone": 51, "lone": 52, "quickly": 10, "rapidly": 12, "slowly": 11,
}  # fmt: skip


def encoder(x: np.ndarray) -> np.ndarray:
    """Each word at its place; words without one far away."""
    angles = np.deg2rad([PLACES.get(word, 300) for word in x])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture(autouse=True)
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("WNHOME", str(mini_wordnet.write(tmp_path / "wordnet")))
    synonyms._tables.clear()


def by_wordnet(word: str, senses: int = 3, phrases: bool = False, stop_words: bool = False) -> dict[str, int]:
    options = synonyms.wordnet(senses, phrases, stop_words)(word)
    return dict(zip(options.forms, options.weights, strict=True))


def by_encoder(word: str, count: int = 5, min_cosine: float = 0.9) -> tuple[str, ...]:
    return synonyms.neighbours(encoder, count, min_cosine, stop_words=False)(word).forms


class TestWordNet:
    def test_synonyms_weigh_as_often_as_the_word_was_tagged_with_the_sense_they_share(self) -> None:
        # film: 38 times the movie, 16 times the material; one is added to each.
        assert by_wordnet("film") == {"movie": 39, "picture": 39, "celluloid": 17}

    def test_fewer_senses_give_fewer_synonyms(self) -> None:
        assert set(by_wordnet("film", senses=1)) == {"movie", "picture"}

    def test_a_synonym_never_tagged_with_the_sense_is_left_out(self) -> None:
        assert "flick" not in by_wordnet("film")

    def test_phrases_come_only_where_they_are_asked_for(self) -> None:
        assert "motion picture" in by_wordnet("movie", phrases=True)
        assert "motion picture" not in by_wordnet("movie")
        assert "motion picture" not in by_wordnet("movies", phrases=True)  # no plural is known

    def test_they_take_the_word_s_form(self) -> None:
        assert set(by_wordnet("films")) == {"movies", "pictures", "celluloid"}
        assert set(by_wordnet("watched")) == {"viewed"}
        assert set(by_wordnet("ran")) == {"raced"}
        assert set(by_wordnet("bigger", senses=1)) == {"larger"}  # "enormous" has no such form

    def test_only_the_commonest_part_of_speech_counts(self) -> None:
        assert "view" not in by_wordnet("film")

    def test_words_that_stand_only_before_or_after_a_noun_are_left_out(self) -> None:
        assert by_wordnet("lonely") == {}

    def test_names_are_no_synonyms_and_have_none(self) -> None:
        assert by_wordnet("paris", phrases=True) == {}

    def test_stop_words_have_none_unless_they_are_asked_for(self) -> None:
        assert by_wordnet("well") == {"good": 71}
        assert by_wordnet("like") == by_wordnet("the", stop_words=True) == {}

    def test_a_word_that_opposes_it_in_any_sense_is_left_out(self) -> None:
        # "big" shares a sense with "great" and "fine", all of them similar to good; awful opposes every one.
        assert "awful" not in by_wordnet("great")
        assert set(by_wordnet("terrible")) == {"awful"}

    def test_an_unknown_word_has_none(self) -> None:
        assert by_wordnet("zyzzyva") == {}


class TestNeighbours:
    def test_the_nearest_of_the_same_part_of_speech_come_first(self) -> None:
        assert by_encoder("film") == ("movie", "picture")
        assert by_encoder("movies") == ("films", "pictures")
        assert by_encoder("film", count=1) == ("movie",)

    def test_farther_than_the_cosine_is_too_far(self) -> None:
        assert set(by_encoder("large", min_cosine=float(np.cos(np.deg2rad(4))))) == {"big", "enormous"}
        assert by_encoder("enormous", min_cosine=float(np.cos(np.deg2rad(4)))) == ("large",)

    def test_opposites_are_left_out_however_near(self) -> None:
        assert by_encoder("good") == ("fine", "great")
        assert by_encoder("success") == ()
        assert by_encoder("quickly") == ("rapidly",)

    def test_a_word_outside_the_vocabulary_has_none(self) -> None:
        assert by_encoder("zyzzyva") == by_encoder("the") == ()

    def test_words_of_one_family_are_no_neighbours(self) -> None:
        assert synonyms._one_family("teacher", "teaching")
        assert synonyms._one_family("happy", "unhappy")
        assert not synonyms._one_family("film", "movie")
        assert not synonyms._one_family("contain", "control")

    @pytest.mark.parametrize(
        ("a", "b", "wanted"),
        [("happy", "unhappy", True), ("useful", "useless", True), ("like", "dislike", True), ("film", "movie", False)],
    )
    def test_negations_by_their_letters_are_known(self, a: str, b: str, wanted: bool) -> None:
        assert synonyms._negates(a, b) is wanted
        assert synonyms._negates(b, a) is wanted

    def test_the_encoder_reads_the_vocabulary_once(self) -> None:
        read: list[int] = []

        def counting(x: np.ndarray) -> np.ndarray:
            read.append(len(x))
            return encoder(x)

        for word in ("film", "watch", "good"):
            synonyms.neighbours(counting, 5, 0.9, stop_words=False)(word)
        assert len(read) == 1

    def test_a_vector_s_length_does_not_matter_and_no_direction_is_no_neighbour(self) -> None:
        def scaled(x: np.ndarray) -> np.ndarray:
            sizes = np.array([0.0 if word == "picture" else len(word) for word in x], np.float32)
            return encoder(x) * sizes[:, None]

        assert synonyms.neighbours(scaled, 5, 0.9, stop_words=False)("film").forms == ("movie",)


def test_options_can_be_narrowed_and_keep_their_weights() -> None:
    options = synonyms.Options(("apple", "film", "egg"), (1, 2, 4))
    assert options.only(lambda word: word[0] in "ae", True) == synonyms.Options(("apple", "egg"), (1, 4))
    assert options.only(lambda word: word[0] == "z", True) == synonyms.Options()

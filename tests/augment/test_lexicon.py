"""WordNet from any packaging as the same words and senses; found, or missed with a remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import mini_wordnet
import numpy as np
import pytest

from augeval.augment import lexicon
from augeval.errors import InputError

NOUN, VERB, ADJ, ADV = range(4)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lexicon.Lexicon:
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("WNHOME", str(mini_wordnet.write(tmp_path / "wordnet")))
    lexicon._load.cache_clear()
    return lexicon.load()


def words_of(book: lexicon.Lexicon, lemma: str, part: int) -> list[list[str]]:
    return [[word for word, _ in book.members(sense.synset)] for sense in book.senses(lemma, part)]


class TestSenses:
    def test_senses_come_commonest_first_with_their_rank_and_count(self, book: lexicon.Lexicon) -> None:
        assert [(s.rank, s.count) for s in book.senses("film", NOUN)] == [(1, 38), (2, 16)]
        assert [(s.rank, s.count) for s in book.senses("film", VERB)] == [(1, 1)]
        assert book.frequency("film", NOUN) == 54

    def test_a_synset_has_its_members_with_their_capitals_and_blanks(self, book: lexicon.Lexicon) -> None:
        assert words_of(book, "film", NOUN)[0] == ["movie", "film", "picture", "motion picture", "flick"]
        assert words_of(book, "paris", NOUN) == [["Paris", "City of Light"]]

    def test_words_that_stand_only_before_or_after_a_noun_are_marked_and_cut_clean(self, book: lexicon.Lexicon) -> None:
        (sense,) = book.senses("lonely", ADJ)
        assert book.members(sense.synset) == [("alone", False), ("lone", False), ("lonely", True)]

    @pytest.mark.parametrize(("lemma", "part"), [("films", NOUN), ("film", ADJ), ("Paris", NOUN), ("", NOUN)])
    def test_what_is_no_lemma_of_the_part_of_speech_has_no_senses(
        self, book: lexicon.Lexicon, lemma: str, part: int
    ) -> None:
        assert book.senses(lemma, part) == []
        assert book.frequency(lemma, part) == 0


class TestOpposites:
    def test_of_an_adjective_are_its_antonym_and_the_words_similar_to_it(self, book: lexicon.Lexicon) -> None:
        assert book.opposites("good") == {"bad", "awful", "terrible"}

    def test_a_satellite_opposes_through_its_head(self, book: lexicon.Lexicon) -> None:
        assert book.opposites("terrible") == {"good", "fine", "great", "big"}

    def test_of_other_words_are_direct(self, book: lexicon.Lexicon) -> None:
        assert book.opposites("quickly") == {"slowly"}
        assert book.opposites("success") == {"failure", "flop"}
        assert book.opposites("dog") == book.opposites("nothing like it") == set()


def test_the_most_frequent_words_are_in_order_with_their_commonest_part_and_without_names(
    book: lexicon.Lexicon,
) -> None:
    found = book.frequent(4)
    assert found == [("good", ADJ, 190), ("see", VERB, 90), ("well", ADV, 70), ("film", NOUN, 54)]
    everything = {lemma for lemma, _, _ in book.frequent(1000)}
    assert "paris" not in everything  # twenty times, and always as a name
    assert "flick" not in everything  # never tagged
    assert "motion picture" not in everything


class TestPackaging:
    def test_folder_and_zip_hold_the_same_lexicon_under_one_digest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: lexicon.Lexicon
    ) -> None:
        monkeypatch.delenv("WNHOME")
        monkeypatch.setattr(lexicon, "_usual_places", lambda: [tmp_path / "no", tmp_path / "wordnet.zip"])
        mini_wordnet.write_zip(tmp_path / "wordnet.zip")
        assert lexicon.find_wordnet() == tmp_path / "wordnet.zip"
        assert lexicon.wordnet_digest() == book.digest
        shutil.rmtree(tmp_path / "cache")
        lexicon._load.cache_clear()
        again = lexicon.load()
        assert again.arrays.keys() == book.arrays.keys()
        for name, array in book.arrays.items():
            np.testing.assert_array_equal(array, again.arrays[name])

    def test_another_content_has_another_digest(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        digests = set()
        for name, count in (("one", "38"), ("two", "39")):
            folder = mini_wordnet.write(tmp_path / name)
            counts = (folder / "cntlist.rev").read_text().replace(" 1 38", f" 1 {count}")
            (folder / "cntlist.rev").write_text(counts)
            monkeypatch.setenv("WNHOME", str(folder))
            digests.add(lexicon.wordnet_digest())
        assert len(digests) == 2
        assert all(digest.startswith("WordNet 9.9 ") for digest in digests)

    def test_it_is_read_once_and_then_taken_from_the_cache(
        self, book: lexicon.Lexicon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(place: Path) -> None:
            raise AssertionError("read again")

        monkeypatch.setattr(lexicon, "_flatten", fail)
        lexicon._load.cache_clear()
        assert lexicon.load().senses("film", NOUN) == book.senses("film", NOUN)

    def test_nltk_s_folders_are_looked_through(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("WNHOME", raising=False)
        monkeypatch.setenv("NLTK_DATA", str(tmp_path / "nltk"))
        assert tmp_path / "nltk" / "corpora" / "wordnet.zip" in lexicon._usual_places()

    def test_wnhome_may_name_the_folder_above_and_nothing_else_is_looked_at_beside_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mini_wordnet.write(tmp_path / "home" / "dict")
        monkeypatch.setenv("WNHOME", str(tmp_path / "home"))
        assert lexicon.find_wordnet() == tmp_path / "home" / "dict"
        assert lexicon.wordnet_version() == "9.9"
        monkeypatch.setenv("WNHOME", str(tmp_path / "empty"))
        assert lexicon.find_wordnet() is None

    def test_a_folder_that_lacks_a_file_is_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = mini_wordnet.write(tmp_path / "wordnet")
        monkeypatch.setenv("WNHOME", str(folder))
        assert lexicon.find_wordnet() == folder
        (folder / "cntlist.rev").unlink()
        assert lexicon.find_wordnet() is None
        assert lexicon.wordnet_version() is None

    def test_a_missing_lexicon_is_an_error_that_tells_the_remedy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WNHOME", str(tmp_path))
        for read in (lexicon.load, lexicon.wordnet_digest):
            with pytest.raises(InputError, match=f"WNHOME is {tmp_path}.*apt install wordnet-base.*nltk.downloader"):
                read()
        monkeypatch.delenv("WNHOME")
        monkeypatch.setattr(lexicon, "_usual_places", list)
        with pytest.raises(InputError, match=r"not found\. Run: apt install wordnet-base"):
            lexicon.load()


@pytest.mark.skipif(lexicon.find_wordnet() is None, reason="WordNet is not installed (apt install wordnet-base)")
class TestTheRealWordNet:
    @pytest.fixture(autouse=True)
    def shared_cache(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path_factory.getbasetemp() / "real_wordnet"))

    def test_it_has_the_numbers_of_words_and_synsets_that_wnstats_prints(self) -> None:
        if lexicon.wordnet_version() != "3.0":
            pytest.skip("the counts are those of WordNet 3.0")
        book = lexicon.load()  # wnstats(7WN): 117,798 + 11,529 + 21,479 + 4,481 entries, 117,659 synsets, 206,941 pairs
        assert (book.arrays["entries"] >= 0).sum(1).tolist() == [117798, 11529, 21479, 4481]
        assert len(book.arrays["member_start"]) - 1 == 117659
        assert len(book.arrays["sense"]) == 206941

    def test_every_sense_of_a_word_has_the_word_among_its_members(self) -> None:
        book = lexicon.load()
        for lemma, part, _ in book.frequent(500):
            for sense in book.senses(lemma, part):
                assert lemma in {word.lower() for word, _ in book.members(sense.synset)}

    def test_ranks_are_in_order_of_the_counts(self) -> None:
        # But for a few adjectives like "every", whose senses cntlist.rev itself ranks against their counts.
        book = lexicon.load()
        counts = [[s.count for s in book.senses(lemma, part)] for lemma, part, _ in book.frequent(2000)]
        assert np.mean([row == sorted(row, reverse=True) for row in counts]) > 0.99

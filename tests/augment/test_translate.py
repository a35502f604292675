"""Back-translation: what is kept, counted and told; engines that answer wrongly; what a run knows of its translator."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tiny_marian
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augeval import config, laws, registry
from augeval.augment import translate
from augeval.augment.apertium import installed
from augeval.augment.translate import back_translation, translator_digest
from augeval.edited import Edit, Edited
from augeval.errors import CodeNotAllowedError, ContractError, InputError
from augeval.harness import check_permission
from augeval.seeds import row_keys

needs_apertium = pytest.mark.skipif(
    not {"eng-spa", "spa-eng"} <= set(installed()), reason="needs Apertium: apt install apertium apertium-eng-spa"
)
ROWS = ["the film is good", "a house", "bad", "the end"]
ENGINE = """
class Words:
    digest = "words 1"

    def __init__(self, source, target):
        self.book = {"film": "película", "good": "buena"} if target == "spa" else {"película": "movie", "buena": "good"}
        self.asked = []

    def batch(self, texts):
        self.asked += texts
        return [self.one(text) for text in texts]

    def one(self, text):
        return " ".join(self.book.get(word, word) for word in text.split(" "))

class Lossy(Words):
    def one(self, text):
        return {"bad": None, "a house": ""}.get(text, super().one(text))

class Fewer(Words):
    def batch(self, texts):
        return super().batch(texts)[:-1]

class Numbers(Words):
    def one(self, text):
        return 7

class Dies(Words):
    def one(self, text):
        raise RuntimeError("the translator died")

class Draws(Words):
    samples = True

    def batch(self, texts, keys):
        return [f"{text} {key % 1000003}" for text, key in zip(texts, keys.tolist())]

nothing = 3

def no_translator(source, target):
    return source
"""


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An engine in the current folder, and a cache that nothing is in."""
    (tmp_path / "my_engine.py").write_text(ENGINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    translate._there_and_back.cache_clear()
    sys.modules.pop("my_engine", None)


def keys_of(n: int, copy: int = 0):
    return row_keys(("test",), np.arange(n), np.full(n, copy))


def made(rows: list[str], copy: int = 0, **params) -> Edited:
    found: Edited = back_translation.fn(rows, magnitude=None, row_keys=keys_of(len(rows), copy), **params)
    return found


class TestWhatIsTold:
    def test_rows_come_with_their_pivot_and_the_words_that_changed(self):
        found = made(["the film is good", "a house"], engine="my_engine:Words")
        assert found.rows == ["the movie is good", "a house"]
        assert found.notes["pivot"] == ["the película is buena", "a house"]
        assert found.edits is not None
        assert found.edits.records() == [Edit(0, "back_translation", 1, "film", "movie")]

    def test_unknown_words_are_counted_and_their_share_is_of_the_worse_way(self):
        there, back = translate.Translation("a b c d", 1, 4), translate.Translation("a b", 1, 2)
        found = translate._edited(["w x y z", "lost"], [there, None], [back, None])
        assert found.notes["unknown"] == ["0.500", ""]
        assert found.counts == {"unknown words": 1, "words translated": 4}

    def test_a_row_without_a_translation_is_not_made_and_shifts_no_other(self):
        found = made(ROWS, engine="my_engine:Lossy")
        assert found.rows == ["the movie is good", None, None, "the end"]
        assert found.notes["pivot"] == ["the película is buena", "", "", "the end"]
        assert found.notes["unknown"][1:3] == ["", ""]

    def test_insertions_and_deletions_are_told_where_they_stand(self):
        assert translate._changes("it is bad", "it is very bad") == ((2, "", "very"),)
        assert translate._changes("It is bad, really.", "It is bad.") == ((3, "really", ""),)
        assert translate._changes("same", "same") == ()


class TestCache:
    def test_each_text_is_translated_once_whatever_the_copy_and_batch(self):
        for copy in range(3):
            made(ROWS[: 2 + copy], copy, engine="my_engine:Words")
        made(ROWS[::-1] * 2, engine="my_engine:Words", batch_size=1)
        there, _ = translate._there_and_back(translate._Route("my_engine:Words"), translate.TIMEOUT)
        assert sorted(there.translator.asked) == sorted(ROWS)  # type: ignore[attr-defined]  # the engine above counts

    def test_samples_are_kept_by_row_and_copy(self):
        one, two = (made(ROWS, copy, engine="my_engine:Draws").rows for copy in range(2))
        assert not set(one) & set(two)
        assert made(ROWS, 1, engine="my_engine:Draws", batch_size=1).rows == two
        alone = back_translation.fn(
            ROWS[2:3], magnitude=None, row_keys=keys_of(len(ROWS))[2:3], engine="my_engine:Draws"
        )
        assert alone.rows == one[2:3]

    @needs_apertium
    def test_many_processes_at_once_give_the_same_rows(self, tmp_path: Path):
        code = (
            "import numpy as np; from augeval.augment.translate import back_translation\n"
            "rows = [f'the film has {i} actors' for i in range(40)]\n"
            "keys = np.arange(40, dtype=np.uint64)\n"
            "print(back_translation.fn(rows, magnitude=None, row_keys=keys, batch_size=8).rows)"
        )

        def run(_: int) -> str:
            return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(run, range(4)))
        assert len(set(said)) == 1
        assert said[0].count("the film has") == 40
        assert not list(Path(os.environ["AUGEVAL_CACHE"]).rglob("*.corrupt"))


class TestEnginesThatAnswerWrongly:
    @pytest.mark.parametrize(
        ("engine", "error", "said"),
        [
            ("my_engine:Fewer", ContractError, r"my_engine:Fewer .*returned 3 for 4 texts"),
            ("my_engine:Numbers", ContractError, "returned int for a text"),
            ("my_engine:Dies", RuntimeError, "the translator died"),
            ("my_engine:absent", InputError, "cannot be imported: AttributeError"),
            ("no_such_module:x", InputError, "cannot be imported: ModuleNotFoundError"),
            ("my_engine:no_translator", InputError, r"made str, which has no batch\(texts\)"),
            ("my_engine:nothing", InputError, r"is int, not factory\(source, target\)"),
        ],
    )
    def test_each_is_an_error_that_names_it(self, engine, error, said):
        with pytest.raises(error, match=said):
            made(ROWS, engine=engine)

    @pytest.mark.parametrize(
        ("params", "said"),
        [
            ({"engine": "aperitum"}, r"knows no engine 'aperitum'\. Did you mean 'apertium'\? Engines: apertium"),
            ({"engine": "google"}, "knows no engine 'google'. Engines: apertium, marian"),
            ({"via": "eng"}, "via another language"),
            ({"engine": "marian", "forward": "a/b"}, "needs two models, forward"),
            ({"num_beams": 4}, "apertium takes no num_beams; engine: marian does"),
            ({"via": "xyz"}, "eng-xyz is not installed"),
        ],
    )
    def test_parameters_that_cannot_be_meant_are_refused_before_anything_runs(self, params, said):
        with pytest.raises(InputError, match=said):
            translator_digest(params)
        with pytest.raises(InputError, match=said):
            made(ROWS, **params)


class TestInARun:
    def experiment(self, tmp_path: Path, **params) -> config.Experiment:
        arm = "".join(f", {key}: {value!r}" for key, value in params.items())
        head = "name: bt\ndataset: docstrings\nmodels: [tfidf_logistic]\nseeds: 2\narms:\n"
        text = f"{head}  - {{augmenter: back_translation, ratio: 1{arm}}}\n"
        (tmp_path / "bt.yaml").write_text(text, encoding="utf-8")
        return config.load(tmp_path / "bt.yaml")

    def test_an_engine_of_ones_own_needs_permission(self, tmp_path: Path):
        exp = self.experiment(tmp_path, engine="my_engine:Words")
        assert exp.code() == ("my_engine:Words",)
        with pytest.raises(CodeNotAllowedError, match="my_engine:Words"):
            check_permission(exp, allow_code=False)
        check_permission(exp, allow_code=True)
        assert self.experiment(tmp_path, engine="apertium").code() == ()

    def test_the_translator_is_part_of_the_cell_key_and_its_batch_size_is_not(self, tmp_path: Path):
        from augeval.run.prepare import prepare

        def keys(**params) -> set[str]:
            (plan,) = prepare(self.experiment(tmp_path, engine="my_engine:Words", **params).studies, allow_code=True)
            cells = [
                cell for tile in plan.tiles for cell in tile.cells if cell.arm.augmenter.name == "back_translation"
            ]
            assert {cell.design for cell in cells} == {"each"}
            assert all("my_engine:Words words 1" in cell.recipe["augmenter"][1] for cell in cells)
            return {cell.key for cell in cells}

        before = keys()
        assert keys(batch_size=7) == before
        assert not keys(via="fra") & before
        translate._there_and_back.cache_clear()
        (tmp_path / "my_engine.py").write_text(ENGINE + "# changed\n", encoding="utf-8")
        assert not keys() & before

    def test_what_samples_draws_and_what_does_not_draws_nothing(self):
        assert not back_translation.draws({"engine": "my_engine:Words"})
        assert back_translation.draws({"engine": "my_engine:Draws"})
        assert not back_translation.draws({})
        assert back_translation.draws({"engine": "marian", "forward": "a/b", "backward": "b/a", "do_sample": True})

    def test_a_ratio_above_one_repeats_rows_and_says_so(self):
        import augeval

        made = augeval.augment(ROWS, [0, 0, 1, 1], "back_translation", ratio=3, engine="my_engine:Words")
        assert len(made) == 12
        assert len(set(made.x)) == 4


@pytest.mark.parametrize("law", laws.LAWS["augmenter"], ids=lambda law: law.__name__)
@pytest.mark.parametrize("engine", ["my_engine:Words", "my_engine:Draws"])
def test_the_laws_hold_for_engines_that_draw_and_that_do_not(engine, law):
    law(back_translation, registry.get("dataset", "docstrings").fn(), None, engine=engine)


def test_marian_goes_there_and_back_and_samples_by_the_row(tmp_path: Path):
    pytest.importorskip("sentencepiece", reason="needs pip install 'augeval[translate]'")
    there = tiny_marian.write(tmp_path / "there", tiny_marian.ENGLISH, tiny_marian.SPANISH)
    back = tiny_marian.write(tmp_path / "back", tiny_marian.SPANISH, tiny_marian.ENGLISH)
    models = {"engine": "marian", "forward": str(there), "backward": str(back)}
    known = list(tiny_marian.ENGLISH[:3])
    found = made(known, **models)
    assert found.rows == known
    assert found.notes["pivot"] == list(tiny_marian.SPANISH[:3])
    hot = {**models, "do_sample": True, "temperature": 3.0, "max_length": 60}
    one, two = (made([known[0]] * 8, copy, **hot) for copy in range(2))
    assert one.rows != two.rows
    assert one.notes["pivot"] != two.notes["pivot"]
    assert made([known[0]] * 8, 1, **hot, batch_size=3).rows == two.rows


@needs_apertium
class TestByApertium:
    def test_real_rows_come_back_said_otherwise(self, shared_data: Path):
        import csv

        with (shared_data / "text" / "sst2_train_500.csv").open(encoding="utf-8") as file:
            rows = [row["text"] for row in csv.DictReader(file)][:60]
        found = made(rows)
        assert all(found.rows)
        assert sum(a != b for a, b in zip(rows, found.rows, strict=True)) > 45
        assert not any(mark in row for row in found.rows if row for mark in "*@#[]")
        assert 0 < found.counts["unknown words"] < found.counts["words translated"] / 4
        assert all(0 <= float(share) <= 1 for share in found.notes["unknown"])

    @given(st.lists(st.text(st.characters(codec=None), max_size=40), max_size=5))
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    def test_a_row_of_any_characters_is_made_alike_alone_and_among_others(self, rows: list[str]):
        found = made(rows)
        assert len(found.rows) == len(found.notes["pivot"]) == len(found.notes["unknown"]) == len(rows)
        assert not any(text is not None and not text.strip() for text in found.rows)
        for i, row in enumerate(rows):
            assert made([row]).rows == [found.rows[i]]

"""MarianMT on a model that is built here: real loading, real tokenizers, results that depend on the text alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny_marian

from augeval.augment import marian
from augeval.augment.marian import Decoding, Marian
from augeval.augment.translators import Translation
from augeval.errors import DataError, InputError, MissingExtraError
from augeval.seeds import row_keys

pytest.importorskip("sentencepiece", reason="needs pip install 'augeval[translate]'")
SHORT = 48  # tokens of a translation: the longest that is known by heart has more
KNOWN, CUT = tiny_marian.ENGLISH[:3], tiny_marian.ENGLISH[3]
TEXTS = [
    *KNOWN,
    "the best of bad actors",
    "the worst\n\nof mess!",
    "",
    "10/10",
    "film",
    "sentimental actors that never",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_marian.write(tmp_path_factory.mktemp("marian") / "there", tiny_marian.ENGLISH, tiny_marian.SPANISH)


def keys(n: int, draw: int = 0):
    return row_keys(("test", draw), np.arange(n), np.zeros(n, np.int64))


def texts_of(answers: list[Translation | None]) -> list[str | None]:
    return [None if answer is None else answer.text for answer in answers]


def test_what_the_model_knows_by_heart_comes_out(folder: Path):
    answers = Marian(str(folder), "spa", Decoding()).batch(KNOWN, None)
    assert texts_of(answers) == list(tiny_marian.SPANISH[:3])
    assert [answer and answer.words for answer in answers] == [9, 7, 6]


def test_it_says_what_transformers_says(folder: Path):
    from transformers import MarianMTModel, MarianTokenizer

    model, tokenizer = MarianMTModel.from_pretrained(folder), MarianTokenizer.from_pretrained(folder)
    for beams in (1, 4):
        for text in (*KNOWN, "the best of bad actors"):
            ids = model.generate(**tokenizer(text, return_tensors="pt"), num_beams=beams, max_length=64)
            (told,) = tokenizer.batch_decode(ids, skip_special_tokens=True)
            ours = Marian(str(folder), "spa", Decoding(num_beams=beams)).batch([text], None)
            assert texts_of(ours) == [told]


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(max_length=SHORT),
        Decoding(num_beams=1, max_length=SHORT),
        Decoding(do_sample=True, max_length=SHORT),
        Decoding(do_sample=True, temperature=2, top_p=0.9, max_length=SHORT),
    ],
    ids=["beams", "greedy", "sampled", "sampled hot"],
)
def test_a_text_does_not_depend_on_its_companions(folder: Path, decoding: Decoding):
    translator = Marian(str(folder), "spa", decoding)
    own = keys(len(TEXTS))
    together = translator.batch(TEXTS, own)
    assert [translator.batch([text], own[i : i + 1])[0] for i, text in enumerate(TEXTS)] == together
    assert translator.batch(TEXTS[::-1], own[::-1])[::-1] == together
    assert together[5:7] == [Translation("", 0, 0), Translation("10/10", 0, 1)]  # nothing to translate


def test_samples_follow_the_key_and_the_temperature(folder: Path):
    text, n = "the best of bad actors", 30
    hot = Marian(str(folder), "spa", Decoding(do_sample=True, temperature=1.5, max_length=SHORT))
    one, two = hot.batch([text] * n, keys(n)), hot.batch([text] * n, keys(n, draw=1))
    assert one == hot.batch([text] * n, keys(n))
    assert one != two
    assert len(set(texts_of(one))) > n / 2
    cold = Marian(str(folder), "spa", Decoding(do_sample=True, temperature=0.01, max_length=64))
    greedy = Marian(str(folder), "spa", Decoding(num_beams=1, max_length=64))
    assert set(cold.batch([text] * 5, keys(5))) == set(greedy.batch([text], None))


def test_draws_have_the_model_s_own_frequencies():
    # Two tokens at 0.25 and 0.75: of 4,000 rows 1,000 should take the first; 5 standard deviations are 137.
    import torch

    n = 4000
    jobs = [marian._Job("", int(key), 0) for key in keys(n)]
    scores = torch.log(torch.tensor([[0.25, 0.75, 0.0]])).repeat(n, 1)
    drawn = marian._drawing(jobs, Decoding(do_sample=True))(torch.zeros(n, 1, dtype=torch.long), scores).argmax(1)
    assert abs(int((drawn == 0).sum()) - 1000) < 137
    assert not (drawn == 2).any()


def test_a_translation_that_does_not_end_in_time_is_not_made(folder: Path):
    answers = Marian(str(folder), "spa", Decoding(max_length=30)).batch([KNOWN[2], CUT], None)
    assert texts_of(answers) == [tiny_marian.SPANISH[2], None]


def test_rows_longer_than_the_model_reads_are_translated_in_parts(folder: Path):
    machine = marian._loaded(str(folder), "spa")
    text = ". ".join([KNOWN[2]] * 9)
    own = [part for part, _ in marian.halved(text, machine.fits)]
    assert len(own) > 2
    translator = Marian(str(folder), "spa", Decoding())
    assert texts_of(translator.batch([text], None)) == [" ".join(str(t) for t in texts_of(translator.batch(own, None)))]
    parts = marian.halved("x" * 100_000, machine.fits)
    assert "".join(part for part, _ in parts) == "x" * 100_000
    assert all(len(machine.ids(part)) <= tiny_marian.POSITIONS for part, _ in parts[:3])


def test_characters_that_it_never_saw_are_counted_as_unknown(folder: Path):
    (found,) = Marian(str(folder), "spa", Decoding(max_length=SHORT)).batch(["the film שלום 😀 \ud800 \x00"], None) or [
        None
    ]
    assert found is None or found.unknown > 0
    assert marian._loaded(str(folder), "spa").ids("שלום").count(1) > 0


def test_a_model_of_several_languages_is_told_which(tmp_path: Path):
    folder = tiny_marian.write(tmp_path / "many", tiny_marian.ENGLISH[:2], tiny_marian.SPANISH[:2], codes=("es", "fr"))
    assert marian._loaded(str(folder), "es").prefix == ">>es<< "
    answers = Marian(str(folder), "es", Decoding()).batch(tiny_marian.ENGLISH[:2], None)
    assert texts_of(answers) == list(tiny_marian.SPANISH[:2])
    with pytest.raises(InputError, match=r"none called 'spa'\. It has: es, fr"):
        Marian(str(folder), "spa", Decoding()).batch(["a film"], None)


def test_the_digest_follows_content_and_options_not_the_place(folder: Path, tmp_path: Path):
    import shutil

    moved = shutil.copytree(folder, tmp_path / "moved")
    one = Marian(str(folder), "spa", Decoding()).digest
    assert Marian(str(moved), "spa", Decoding()).digest == one
    assert Marian(str(folder), "spa", Decoding(num_beams=2)).digest != one
    changed = shutil.copytree(folder, tmp_path / "changed")
    (changed / "vocab.json").write_bytes((changed / "vocab.json").read_bytes() + b"\n")
    assert Marian(str(changed), "spa", Decoding()).digest != one


def test_a_model_that_is_nowhere_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with pytest.raises(InputError, match="is no folder with a model"):
        Marian(str(tmp_path), "spa", Decoding()).batch(["a"], None)
    import huggingface_hub

    def fetch(name: str, local_files_only: bool = False, **how: object) -> str:
        raise FileNotFoundError(name) if local_files_only else ConnectionError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    with pytest.raises(DataError, match=r"'nobody/nothing' is not on this machine .*ConnectionError"):
        assert Marian("nobody/nothing", "spa", Decoding()).digest


def test_a_name_of_the_hub_is_fetched_where_it_is_not_in_its_cache(folder: Path, monkeypatch: pytest.MonkeyPatch):
    import huggingface_hub

    asked = []

    def fetch(name: str, local_files_only: bool = False, **how: object) -> str:
        asked.append((name, local_files_only))
        if local_files_only:
            raise FileNotFoundError(name)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    marian._fetched.cache_clear()
    assert texts_of(Marian("some/model", "spa", Decoding()).batch(KNOWN[:1], None)) == [tiny_marian.SPANISH[0]]
    assert asked == [("some/model", True), ("some/model", False)]


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, folder: Path):
    monkeypatch.setattr(marian, "find_spec", lambda name: None if name == "sentencepiece" else object())
    with pytest.raises(MissingExtraError, match=r"needs sentencepiece.*augeval\[translate\]"):
        assert Marian(str(folder), "spa", Decoding()).digest


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"do_sample": True, "num_beams": 4}, "one at a time"),
        ({"temperature": 0.5}, "only with do_sample"),
        ({"do_sample": True, "temperature": 0}, "temperature above 0"),
        ({"do_sample": True, "top_p": 1.5}, "top_p in"),
        ({"max_length": 1}, "max_length above 1"),
        ({"num_beams": 0}, "num_beams of at least 1"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        Decoding(**options)


def test_nothing_heavy_is_imported_before_a_text_is_translated():
    code = (
        "import sys; from augeval.augment.marian import Decoding, Marian; Marian('x/y', 'spa', Decoding()).samples;"
        "print([name for name in ('torch', 'transformers', 'sentencepiece') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"

"""Encoders: found in order, checked, and vectors that depend on the row alone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from augeval import memo
from augeval.errors import DataError, InputError, MissingExtraError
from augeval.models import encoders, sentence
from augeval.models.encoders import DEFAULT_ENCODER, find_encoder, pixels, standardiser, text_encoder
from augeval.types import Column

TEXTS = [
    "Compute the sum.",
    "a",
    "Return the eigenvalues of a complex Hermitian matrix.",
    "",
    "Fit a spline to noisy points and report how well it follows them, with weights for each of the points.",
    "naïve — “quotes” and 日本語",
    *[f"Text number {i} with {'some more ' * (i % 7)}words." for i in range(40)],
]


@pytest.fixture(scope="module")
def folder() -> Path:
    pytest.importorskip(encoders.PACKAGE)
    found = find_encoder(DEFAULT_ENCODER)
    assert found is not None
    assert found.folder is not None
    return found.folder


def test_vectors_do_not_depend_on_companions_order_or_number(folder):
    together = sentence.encode(str(folder), TEXTS)
    backwards = sentence.encode(str(folder), TEXTS[::-1])[::-1]
    assert np.array_equal(together, backwards)
    for i in (0, 1, 3, 4, 5, 20):
        assert np.array_equal(sentence.encode(str(folder), [TEXTS[i]])[0], together[i])
    rng = np.random.default_rng(0)
    for _ in range(3):
        some = rng.permutation(len(TEXTS))[: rng.integers(2, len(TEXTS))]
        assert np.array_equal(sentence.encode(str(folder), [TEXTS[i] for i in some]), together[some])


def test_vectors_are_those_of_the_model_and_of_unit_length(folder):
    model = sentence._loaded(str(folder))
    ours, theirs = sentence.encode(str(folder), TEXTS), model.encode(TEXTS, show_progress_bar=False)
    assert sentence._shapes_fit(str(folder))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_a_long_text_is_cut_where_the_model_cuts_it(folder):
    long = "word " * 2000
    theirs = sentence._loaded(str(folder)).encode([long], show_progress_bar=False)
    np.testing.assert_allclose(sentence.encode(str(folder), [long]), theirs, atol=1e-5)


def test_a_model_with_a_prompt_of_its_own_is_encoded_text_by_text(folder, monkeypatch):
    model = sentence._loaded(str(folder))
    monkeypatch.setattr(model, "prompts", {**model.prompts, "mine": "Represent this: "})
    monkeypatch.setattr(model, "default_prompt_name", "mine")
    sentence._shapes_fit.cache_clear()
    try:
        made = sentence.encode(str(folder), TEXTS[:2])
        theirs = [model.encode([t], prompt="Represent this: ", show_progress_bar=False)[0] for t in TEXTS[:2]]
        assert np.array_equal(made, np.stack(theirs))
    finally:
        sentence._shapes_fit.cache_clear()


def test_vectors_are_computed_once_and_a_hit_loads_no_model(folder, monkeypatch):
    encode = text_encoder(DEFAULT_ENCODER)
    texts = np.array(["kept on disk", "kept too", "kept on disk"], object)
    first = encode(texts)
    assert np.array_equal(first[0], first[2])
    memo._stores.clear()  # as in a new process
    monkeypatch.setattr(sentence, "encode", lambda *a: pytest.fail("encoded twice"))
    assert np.array_equal(encode(texts), first)


def test_finding_an_encoder_imports_no_torch():
    code = (
        "import sys; from augeval.models.encoders import find_encoder; "
        f"find_encoder('{DEFAULT_ENCODER}'); find_encoder('org/unheard-of'); "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loading_prints_nothing(folder):
    code = (
        "import sys; from augeval.models import sentence; "
        f"v = sentence.encode({str(folder)!r}, ['a text']); sys.exit(v.shape != (1, 384))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_local_folder_comes_before_the_package(folder, tmp_path, monkeypatch):
    (tmp_path / DEFAULT_ENCODER).mkdir()
    (tmp_path / DEFAULT_ENCODER / "modules.json").write_text("[]")
    monkeypatch.chdir(tmp_path)
    found = find_encoder(DEFAULT_ENCODER)
    assert found is not None
    assert found.source == "folder"


@pytest.mark.parametrize("name", [DEFAULT_ENCODER, f"sentence-transformers/{DEFAULT_ENCODER}"])
def test_the_package_stands_for_the_default_encoder(folder, name):
    found = find_encoder(name)
    assert found is not None
    assert found.source == "package"


def test_packaged_weights_that_are_not_the_published_ones_are_refused(folder, tmp_path, monkeypatch):
    package = tmp_path / "tampered" / encoders.PACKAGE
    shutil.copytree(folder, package / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, encoders.PACKAGE, raising=False)
    encoders._space.cache_clear()
    encoders._located.cache_clear()
    try:
        with pytest.raises(DataError, match=r"not the published all-MiniLM-L6-v2 .* Install it again"):
            text_encoder(DEFAULT_ENCODER)
    finally:
        encoders._space.cache_clear()
        encoders._located.cache_clear()


def test_two_folders_of_one_content_share_their_vectors(folder, tmp_path):
    parts = shutil.ignore_patterns("*.safetensors")
    spaces = []
    for name in ("one", "two", "other"):
        shutil.copytree(folder, tmp_path / name, ignore=parts)
        (tmp_path / name / "model.safetensors").write_bytes(b"other" if name == "other" else b"same")
        spaces.append(encoders._space(str(tmp_path / name)))
    assert spaces[0] == spaces[1] != spaces[2]


def test_the_default_encoder_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setattr(encoders, "find_encoder", lambda name: None)
    encoders._located.cache_clear()
    encoders._space.cache_clear()
    with pytest.raises(MissingExtraError, match=r"augeval\[minilm\]"):
        text_encoder(DEFAULT_ENCODER)
    encoders._located.cache_clear()
    encoders._space.cache_clear()


@pytest.mark.parametrize("name", ["unheard-of", "./nowhere", "/no/such/folder", "a/b/c"])
def test_a_name_that_is_nothing_is_not_available_and_says_what_would_be(name):
    assert find_encoder(name) is None
    with pytest.raises(InputError, match="no folder with a sentence-transformers model"):
        text_encoder(name)


def test_a_hub_model_that_cannot_be_fetched_is_an_error_at_once(monkeypatch):
    found = find_encoder("some-organisation/unheard-of")
    assert found is not None
    assert (found.source, found.folder) == ("hub", None)

    def no_network(*args, **kwargs):
        raise socket.gaierror("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    with pytest.raises(DataError, match="could not be fetched from the hub"):
        text_encoder("some-organisation/unheard-of")


def test_a_model_in_the_hub_cache_is_found_there(tmp_path, monkeypatch):
    commit = "a" * 40
    home = tmp_path / "models--sentence-transformers--cached-model"
    (home / "snapshots" / commit).mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    (home / "snapshots" / commit / "modules.json").write_text("[]")
    import huggingface_hub

    theirs = huggingface_hub.try_to_load_from_cache
    monkeypatch.setattr(
        huggingface_hub, "try_to_load_from_cache", lambda repo, file: theirs(repo, file, cache_dir=tmp_path)
    )
    found = find_encoder("cached-model")
    assert found is not None
    assert (found.source, found.folder) == ("cache", home / "snapshots" / commit)


def test_pixels_are_flat_shares_of_white():
    images = np.array([[[[0], [255]], [[51], [102]]]], np.uint8)
    made = pixels(images)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, [[0, 1, 0.2, 0.4]], atol=1e-7)


def test_standardised_rows_are_in_units_of_the_training_rows():
    columns = (Column("age", "numeric"), Column("colour", "categorical", ("red", "blue")))
    encode = standardiser(columns, np.array([[1.0, 0], [3.0, 1]]))
    made = encode(np.array([[4.0, 1], [np.nan, np.nan]]))
    assert made.dtype == np.float32
    assert made.tolist() == [[2, 0, 1], [0, 0.5, 0.5]]

"""The doctor finds what is there, says how to get what is not, and reaches the end whatever is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from augeval import registry
from augeval.terminal import doctor


def found(what: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine() if what in finding.what)


def test_needed_libraries_are_found_with_their_versions():
    from importlib import metadata

    finding = found("scikit-learn")
    assert (finding.state, finding.detail, finding.needed) == ("ok", metadata.version("scikit-learn"), True)


def test_what_is_missing_comes_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch):
    real = registry.builtin_function
    monkeypatch.setattr(
        registry, "builtin_function", lambda path: (lambda name: None) if path.endswith(":find_encoder") else real(path)
    )
    monkeypatch.setattr(doctor.util, "find_spec", lambda name: None)
    assert (found("encoder").state, "augeval[minilm]" in found("encoder").detail) == ("missing", True)
    assert (found("Hugging Face").state, "augeval[hub]" in found("Hugging Face").detail) == ("missing", True)


def test_a_check_that_fails_is_a_finding_and_the_rest_go_on(monkeypatch: pytest.MonkeyPatch):
    def fall() -> doctor.Finding:
        raise PermissionError("locked away")

    monkeypatch.setattr(doctor, "_git", fall)
    assert (found("git").state, found("git").detail) == ("broken", "PermissionError: locked away")
    assert found("plug-ins").state == "ok"


def test_the_cache_is_measured_and_damaged_files_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path))
    (tmp_path / "a.bin").write_bytes(b"x" * 2_000_000)
    (tmp_path / "b.corrupt").write_bytes(b"")
    detail = found("cache").detail
    assert "2.0 MB in 2 files" in detail
    assert "1 damaged" in detail


def test_a_cache_whose_place_is_taken_by_a_file_is_broken_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "file" / "cache"))
    (cache,) = [finding for finding in doctor.examine() if finding.what == "cache"]
    assert cache.state == "broken"
    assert "AUGEVAL_CACHE" in cache.detail


def test_apertium_is_found_with_the_pairs_that_go_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "modes").mkdir()
    for mode in ("eng-spa", "spa-eng", "spa-cat"):
        (tmp_path / "modes" / f"{mode}.mode").write_text("lt-proc x.bin", encoding="utf-8")
    (tmp_path / "lt-proc").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "lt-proc").chmod(0o755)
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path))
    monkeypatch.setenv("APERTIUM_PATH", str(tmp_path))
    assert (found("Apertium").state, found("Apertium").detail) == ("ok", "there and back: eng-spa, spa-eng")
    (tmp_path / "modes" / "spa-eng.mode").unlink()
    assert found("Apertium").state == "missing"
    assert "apt install apertium apertium-eng-spa" in found("Apertium").detail


def test_missing_libraries_of_marian_are_named_with_the_extra(monkeypatch: pytest.MonkeyPatch):
    real = doctor.util.find_spec
    monkeypatch.setattr(doctor.util, "find_spec", lambda name: None if name == "sentencepiece" else real(name))
    assert found("MarianMT").state == "missing"
    assert "(sentencepiece). Run: pip install 'augeval[translate]'" in found("MarianMT").detail

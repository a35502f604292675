"""Decorators that lift a function to the batch form that the runner uses.

A plug-in is a function. `@augmenter` and `@model` take the plain form (one row; one training set); `@set_augmenter`
and `@batch_model` take the full one. What comes back still answers a plain call, so a plug-in is tested as the
function it is. The laws that each kind must obey are in `augeval.laws`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError
from augeval.results import Training
from augeval.types import Dataset, Modality, Predictor, TrainingSet

__all__ = [
    "AugmenterPlugin",
    "DatasetPlugin",
    "MetricPlugin",
    "ModelPlugin",
    "Plugin",
    "augmenter",
    "batch_model",
    "dataset",
    "metric",
    "model",
    "set_augmenter",
]

MODALITIES: tuple[Modality, ...] = ("text", "image", "tabular", "retrieval")
# Given by the harness, never by the user.
_CONTEXT = {"magnitude", "rng", "rngs", "row_keys", "copies", "encoder", "dataset", "keys", "account", "seed", "seeds"}


@dataclass(frozen=True)
class Plugin:
    """What every kind of plug-in has: a name, the function, and what a reader of `augeval list` sees."""

    name: str
    fn: Callable[..., Any]
    modalities: tuple[Modality, ...]
    semantics: int = 1  # raised by hand when the same call would give other numbers; part of the cell key
    source: str = ""  # the paper or library that it follows
    settings: str = ""  # of a lifted object: they tell it from another of its class, which its source does not
    _given: ClassVar[frozenset[str]] = frozenset(_CONTEXT)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the wrapped function's own types
        return self.fn(*args, **kwargs)

    @property
    def summary(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self.fn) or "").strip().split("\n")[0]

    @property
    def params(self) -> dict[str, inspect.Parameter]:
        """The parameters a user may set in an experiment, by name."""
        named = inspect.signature(self.fn).parameters.values()
        kinds = (inspect.Parameter.KEYWORD_ONLY,)
        return {p.name: p for p in named if p.kind in kinds and p.name not in self._given}

    def wants(self, name: str) -> bool:
        """Whether the function asks the harness for `encoder` or `dataset`."""
        return name in inspect.signature(self.fn).parameters

    @property
    def code_digest(self) -> str:
        """sha256 of the defining source file (or of the name, where there is none): part of a plug-in's cell keys."""
        fn = inspect.unwrap(self.fn)
        try:
            path = inspect.getsourcefile(fn)
        except TypeError:  # a callable object: its class has the source, or it has none
            path = None
        name = f"{getattr(fn, '__module__', type(fn).__module__)}:{getattr(fn, '__qualname__', type(fn).__qualname__)}"
        code = Path(path).read_bytes() if path else name.encode()
        lifted = f"{self.source} {self.settings}".encode() if self.settings else b""
        return hashlib.sha256(code + lifted).hexdigest()


@dataclass(frozen=True)
class AugmenterPlugin(Plugin):
    """Makes rows. See `augeval.augment.apply` for how each form is called.

    Args:
        form: "row" — fn(list of rows, *, magnitude, rngs, **params) -> list of rows, one generator per row, or an
            `Edited` (with `row_keys` instead of `rngs`: (n,) keys for `seeds.uniforms`; with `copies`: (n,) numbers);
            "set" — fn(train: Examples, quota, *, magnitude, rng, **params) -> Examples with parents;
            "weights" — fn(train: Examples, **params) -> (n,) row weights, no rows; "none" — nothing at all.
        unit: of the magnitude ("share of words", "degrees"); "" if it has none.
        magnitudes: usual range (low, high), shown to users; default_magnitude stands where none is given.
        most: largest magnitude that means anything (1 for a share); an arm beyond it is refused before anything runs.
        one_draw: its rows are fixed (a file, an LLM's replies): every seed meets the same ones.
        chance: whether rows are drawn at all, or follow from their sources alone (duplicate, a translator that does
            not sample); or a function of the arm's parameters that tells.
        mixes_labels: a row's label may differ from its parent's (shuffle_labels).
        requires: finds what it needs beside Python (a database) and returns what names its content, a part of the
            cell key; raises InputError where it is missing. Called while the run is prepared, with the arm's
            parameters if it takes any.
        notes: what it tells of every row, by the names of `Edited.notes` ("pivot", "unknown").
        code: parameters whose value may name Python code by a dotted path, which needs permission to run.
        paths: parameters that name files; relative ones start from the experiment's folder.
        plain: the undecorated function of one row, for calls outside the harness.
    """

    form: Literal["row", "set", "weights", "none"] = "row"
    unit: str = ""
    magnitudes: tuple[float, float] | None = None
    default_magnitude: float | None = None
    most: float = inf
    one_draw: bool = False
    chance: bool | Callable[[Mapping[str, Any]], bool] = True
    mixes_labels: bool = False
    requires: Callable[..., str] | None = None
    notes: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    paths: tuple[str, ...] = ("path",)
    plain: Callable[..., Any] | None = None
    _given: ClassVar[frozenset[str]] = frozenset(_CONTEXT - {"seed", "seeds"})  # an augmenter is handed keys instead

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the wrapped function's own types
        return (self.plain or self.fn)(*args, **kwargs)

    @property
    def has_magnitude(self) -> bool:
        """Whether an arm may give a magnitude."""
        return bool(self.unit)

    def located(self, params: Mapping[str, Any], folder: str | None) -> dict[str, Any]:
        """The parameters with their paths as they are found from the current folder.

        Args:
            folder: of the experiment, that relative paths start from; None for the current one.
        """
        paths = {name: params[name] for name in self.paths if isinstance(params.get(name), str)}
        return {**params, **{name: str(Path(folder or ".", path)) for name, path in paths.items()}}

    def draws(self, params: Mapping[str, Any]) -> bool:
        """Whether its rows depend on chance with these parameters."""
        return self.chance if isinstance(self.chance, bool) else self.chance(params)

    def needed(self, params: Mapping[str, Any]) -> str | None:
        """What names the content of what it needs beside Python with these parameters; None if it needs nothing.

        Raises:
            InputError: something is missing; says how to get it.
        """
        if self.requires is None:
            return None
        return self.requires(params) if inspect.signature(self.requires).parameters else self.requires()


@dataclass(frozen=True)
class ModelPlugin(Plugin):
    """Learns. fn(trains, dataset, *, seeds, **params) -> list of predictors.

    Args:
        crossed: fits are cheap and rows are costly (a frozen encoder): every seed fits every draw.
        has_steps: trained by optimisation steps. Their number is the same for every arm, or, where the parameter
            `epochs` is given or has a default, grows with the rows; which of both, the report says. False: fitted to
            the end, so that steps do not apply.
        in_epochs: its steps always grow with the rows, whatever its parameters are called.
        features: fn(x, **params) -> (n, d) what the model sees of a row, if it can be told without fitting;
            rows whose features equal their parents' cannot reach the model.
        plain: the undecorated function of one training set.
    """

    crossed: bool = False
    has_steps: bool = False
    in_epochs: bool = False
    features: Callable[..., Any] | None = None
    plain: Callable[..., Any] | None = None
    _given: ClassVar[frozenset[str]] = frozenset(_CONTEXT - {"encoder"})  # a model's encoder is the user's choice

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the wrapped function's own types
        return (self.plain or self.fn)(*args, **kwargs)

    def training(self, params: Mapping[str, Any]) -> Training:
        """What fits on unlike numbers of rows have in common with these parameters of an experiment."""
        if not self.has_steps:
            return "no steps"
        own = self.params.get("epochs")
        default = None if own is None or own.default is inspect.Parameter.empty else own.default
        in_epochs = self.in_epochs or params.get("epochs", default) is not None
        return "equal epochs" if in_epochs else "equal steps"


Contributions = Callable[[NDArray[Any], NDArray[np.float64]], NDArray[np.float64]]
"""(n,) classes and (n, k) probabilities -> (n,) parts whose mean is the metric."""


@dataclass(frozen=True)
class MetricPlugin(Plugin):
    """Turns predictions into one number. fn(y, scores) -> float; nan where undefined.

    Args:
        higher_is_better: direction; comparisons flip the sign where it is False.
        bounds: smallest and largest value; the upper one may be inf.
        contributions: fn(y, scores) -> (n,) parts whose mean is the metric (exact or influence values);
            None lets the harness use a grouped jackknife.
        needs_both: undefined unless at least two classes are present.
    """

    higher_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    contributions: Contributions | None = None


@dataclass(frozen=True)
class DatasetPlugin(Plugin):
    """Loads rows. fn(**params) -> Dataset."""


def augmenter(
    modality: Modality | Iterable[Modality],
    *,
    unit: str = "its own unit",
    magnitudes: tuple[float, float] | None = None,
    default_magnitude: float | None = None,
    batch: bool = False,
    **about: Any,  # fields of AugmenterPlugin, checked by its constructor
) -> Callable[[Callable[..., Any]], AugmenterPlugin]:
    """A function of one row, `fn(row, *, magnitude, rng)`, as an augmenter.

    Each (source row, copy, draw) has a generator of its own, so doses nest and copies are made once for all seeds.

    Args:
        modality: what it takes: "text" (str), "image" ((h, w, c) uint8), "tabular" ((d,) float64).
        unit: of the magnitude; "" if the function takes none.
        magnitudes: usual range, for `augeval list`; default_magnitude is used where an arm gives none.
        batch: the function takes lists instead, `fn(rows, *, magnitude, rngs)`; each row must still be a function
            of the row and its own generator. One that takes `row_keys` draws from (n,) keys, which is much faster.
        about: source, semantics, one_draw, most, name.
    """

    def lift(fn: Callable[..., Any]) -> AugmenterPlugin:
        _require(fn, ("magnitude", _source_of_chance(fn) if batch else "rng"))
        lifted = fn if batch else _each_row(fn)
        fields = {"name": fn.__name__, **about}
        return AugmenterPlugin(
            fn=lifted, modalities=_modalities(modality), form="row", unit=unit, magnitudes=magnitudes,
            default_magnitude=default_magnitude, plain=fn, **fields,
        )  # fmt: skip

    return lift


def set_augmenter(
    modality: Modality | Iterable[Modality], *, unit: str = "", **about: Any
) -> Callable[[Callable[..., Any]], AugmenterPlugin]:
    """A function of the whole training set, `fn(train, quota, *, magnitude, rng) -> Examples` (SMOTE, mixup).

    `quota` maps a class to the rows wanted of it; more is refused, fewer is recorded. A larger quota must start
    with the rows of a smaller one. Rows must name their parents by `train.ids`.
    """

    def lift(fn: Callable[..., Any]) -> AugmenterPlugin:
        _require(fn, ("rng",))
        return AugmenterPlugin(
            fn=fn, modalities=_modalities(modality), form="set", unit=unit, **{"name": fn.__name__, **about}
        )

    return lift


def model(modality: Modality | Iterable[Modality], **about: Any) -> Callable[[Callable[..., Any]], ModelPlugin]:
    """A function of one training set, `fn(train, dataset, *, seed) -> predict`, as a model.

    `predict(x)` returns (n, k) probabilities or scores; `dataset` tells classes and columns and holds no row.
    """

    def lift(fn: Callable[..., Any]) -> ModelPlugin:
        _require(fn, ("seed",))
        return ModelPlugin(
            fn=_each_set(fn), modalities=_modalities(modality), plain=fn, **{"name": fn.__name__, **about}
        )

    return lift


def batch_model(modality: Modality | Iterable[Modality], **about: Any) -> Callable[[Callable[..., Any]], ModelPlugin]:
    """A function that fits many training sets together: `fn(trains, dataset, *, seeds) -> list of predictors`."""

    def lift(fn: Callable[..., Any]) -> ModelPlugin:
        _require(fn, ("seeds",))
        return ModelPlugin(fn=fn, modalities=_modalities(modality), **{"name": fn.__name__, **about})

    return lift


def metric(
    *, higher_is_better: bool = True, bounds: tuple[float, float] = (0.0, 1.0), **about: Any
) -> Callable[[Callable[..., Any]], MetricPlugin]:
    """A function of (n,) classes and (n, k) probabilities, `fn(y, scores) -> float`, as a metric."""

    def lift(fn: Callable[..., Any]) -> MetricPlugin:
        fields = {"name": fn.__name__, "modalities": MODALITIES, **about}
        return MetricPlugin(fn=fn, higher_is_better=higher_is_better, bounds=bounds, **fields)

    return lift


def dataset(modality: Modality, **about: Any) -> Callable[[Callable[..., Dataset]], DatasetPlugin]:
    """A function without required arguments that returns a `Dataset`, as a named dataset."""

    def lift(fn: Callable[..., Dataset]) -> DatasetPlugin:
        return DatasetPlugin(fn=fn, modalities=(modality,), **{"name": fn.__name__, **about})

    return lift


def _each_row(fn: Callable[..., Any]) -> Callable[..., list[Any]]:
    def batch(
        rows: Sequence[Any], *, magnitude: float | None, rngs: Sequence[np.random.Generator], **params: Any
    ) -> list[Any]:
        return [fn(row, magnitude=magnitude, rng=rng, **params) for row, rng in zip(rows, rngs, strict=True)]

    return _same_signature(batch, fn)


def _each_set(fn: Callable[..., Predictor]) -> Callable[..., list[Predictor]]:
    def batch(
        trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], **params: Any
    ) -> list[Predictor]:
        return [fn(train, dataset, seed=seed, **params) for train, seed in zip(trains, seeds, strict=True)]

    return _same_signature(batch, fn)


def _same_signature(batch: Callable[..., Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The batch form shows the plain form's parameters and docstring, so `params` and `describe` read either."""
    batch.__doc__ = fn.__doc__
    batch.__wrapped__ = fn  # type: ignore[attr-defined]  # what inspect.signature and inspect.unwrap follow
    return batch


def _source_of_chance(fn: Callable[..., Any]) -> str:
    return "row_keys" if "row_keys" in inspect.signature(fn).parameters else "rngs"


def _require(fn: Callable[..., Any], names: Sequence[str]) -> None:
    given: Mapping[str, inspect.Parameter] = inspect.signature(fn).parameters
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"{fn.__qualname__} must take {', '.join(f'{name}=' for name in missing)} as a keyword.")


def _modalities(modality: Modality | Iterable[Modality]) -> tuple[Modality, ...]:
    named: tuple[Any, ...] = (modality,) if isinstance(modality, str) else tuple(modality)
    wrong = [name for name in named if name not in MODALITIES]
    if wrong:
        raise InputError(f"No modality is called {wrong[0]!r}. Known: {', '.join(MODALITIES)}.")
    return named

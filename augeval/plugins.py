"""What a plug-in is once it is lifted: a name, a function in batch form, and what is known of it.

`augeval.extend` has the decorators that make them, and is where they are imported from.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.results import Training
from augeval.types import Dataset, Encoder, Examples, Modality

__all__ = [
    "MODALITIES",
    "AugmenterPlugin",
    "DatasetPlugin",
    "MetricPlugin",
    "ModelPlugin",
    "Plugin",
    "Space",
    "Treatment",
]

Treatment = Literal["", "tuned", "recalibrated", "prior_corrected"]
"""What is done to a model's scores before a metric reads them."""
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

    def takes(self, modality: str) -> bool:
        """Whether an experiment may give it rows of this modality."""
        return modality in self.modalities

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
            "set" — fn(train: Examples, quota, *, magnitude, rng, **params) -> Examples with parents, or a
            `Resampled`, which also leaves real rows out;
            "subset" — fn(train: Examples, left, *, rng, **params) -> Resampled: real rows are left out until a class
            has `left[class]` of them;
            "weights" — fn(train: Examples, **params) -> (n,) row weights, no rows; "none" — nothing at all.
        unit: of the magnitude ("share of words", "degrees"); "" if it has none.
        magnitudes: usual range (low, high), shown to users; default_magnitude stands where none is given.
        most: largest magnitude that means anything (1 for a share); an arm beyond it is refused before anything runs.
        one_draw: its rows are fixed (a file, an LLM's replies): every seed meets the same ones.
        chance: whether rows are drawn at all, or follow from their sources alone (duplicate, a translator that does
            not sample); or a function of the arm's parameters that tells.
        nested: whether a larger dose starts with the rows of a smaller one. False where what is made depends on how
            much is made (ADASYN) or on all of it together (SMOTE and then ENN): then the noise of two doses is not
            shared, and a dose curve is rougher.
        balances: False where a subset is chosen by a rule of its own, which no dose moves (Tomek links).
        check: fn(train, quota, dataset, params), raises NotApplicable where these rows cannot be what it starts from;
            called for the training rows of every seed before anything runs. It draws nothing.
        decides: of the form "none": the cut between the classes is moved, out of fold, to where the metric that its
            parameter `metric` names is best. Metrics that read predicted classes then read the moved decision.
        mixes_labels: a row's label may differ from its parent's (shuffle_labels).
        requires: finds what it needs beside Python (a database) and returns what names its content, a part of the
            cell key; raises InputError where it is missing. Called while the run is prepared, with the arm's
            parameters if it takes any.
        notes: what it tells of every row, by the names of `Edited.notes` ("pivot", "unknown").
        code: parameters whose value may name Python code by a dotted path, which needs permission to run.
        paths: parameters that name files; relative ones start from the experiment's folder.
        operational: parameters that say how rows are fetched and never which: of `types.OPERATIONAL`, whose names an
            arm may give no other augmenter, since no cell's key has them.
        in_vectors: modalities whose rows it does not make as such, but as vectors in the model's `Space`.
        plain: the undecorated function of one row, for calls outside the harness.
    """

    form: Literal["row", "set", "subset", "weights", "none"] = "row"
    unit: str = ""
    magnitudes: tuple[float, float] | None = None
    default_magnitude: float | None = None
    most: float = inf
    one_draw: bool = False
    chance: bool | Callable[[Mapping[str, Any]], bool] = True
    nested: bool = True
    balances: bool = True
    check: Callable[[Examples, Mapping[int, int], Dataset, Mapping[str, Any]], None] | None = None
    decides: bool = False
    mixes_labels: bool = False
    requires: Callable[..., str] | None = None
    notes: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    paths: tuple[str, ...] = ("path",)
    operational: tuple[str, ...] = ()
    in_vectors: tuple[Modality, ...] = ()
    plain: Callable[..., Any] | None = None
    _given: ClassVar[frozenset[str]] = frozenset(_CONTEXT - {"seed", "seeds"})  # an augmenter is handed keys instead

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the wrapped function's own types
        return (self.plain or self.fn)(*args, **kwargs)

    def takes(self, modality: str) -> bool:
        """Whether an experiment may give it rows of this modality, as they are or as vectors."""
        return modality in (*self.modalities, *self.in_vectors)

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

    def tunes_for(self, params: Mapping[str, Any]) -> str | None:
        """The metric that the cut is moved for with these parameters; None where the cut stays."""
        return str(params.get("metric", self.params["metric"].default)) if self.decides else None

    def needed(self, params: Mapping[str, Any]) -> str | None:
        """What names the content of what it needs beside Python with these parameters; None if it needs nothing.

        Raises:
            InputError: something is missing; says how to get it.
        """
        if self.requires is None:
            return None
        return self.requires(params) if inspect.signature(self.requires).parameters else self.requires()


@dataclass(frozen=True)
class Space:
    """The vectors in which a model sees texts or images, and in which rows can be made for it.

    Args:
        name: as a report calls it, "embedding space".
        of: fn(x of the real training rows, **the model's parameters) -> encoder of rows; no synthetic row takes part.
    """

    name: str
    of: Callable[..., Encoder]


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
        space: where it reads `TrainingSet.vectors` in place of the synthetic rows; None if it sees no fixed vectors.
        flexible: it can learn single rows by heart, as trees and networks can and a linear head cannot. Only such a
            model shows that rows leaked; see `run.sentinel`.
        plain: the undecorated function of one training set.
    """

    crossed: bool = False
    has_steps: bool = False
    in_epochs: bool = False
    features: Callable[..., Any] | None = None
    space: Space | None = None
    flexible: bool = False
    plain: Callable[..., Any] | None = None
    _given: ClassVar[frozenset[str]] = frozenset(_CONTEXT - {"encoder"})  # a model's encoder is the user's choice

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the wrapped function's own types
        return (self.plain or self.fn)(*args, **kwargs)

    def space_with(self, params: Mapping[str, Any]) -> Space | None:
        """Its space with these parameters of an experiment."""
        return None if self.space is None else replace(self.space, of=partial(self.space.of, **params))

    def training(self, params: Mapping[str, Any]) -> Training:
        """What fits on unlike numbers of rows have in common with these parameters of an experiment."""
        if not self.has_steps:
            return "no steps"
        own = self.params.get("epochs")
        default = None if own is None or own.default is inspect.Parameter.empty else own.default
        in_epochs = self.in_epochs or params.get("epochs", default) is not None
        return "equal epochs" if in_epochs else "equal steps"


Contributions = Callable[..., NDArray[np.float64]]
"""(n,) classes and (n, k) probabilities -> (n,) parts whose mean is the metric."""


@dataclass(frozen=True)
class MetricPlugin(Plugin):
    """Turns predictions into one number. fn(y, scores) -> float; nan where undefined.

    Args:
        higher_is_better: direction; comparisons flip the sign where it is False.
        bounds: smallest and largest value; the upper one may be inf.
        contributions: fn(y, scores) -> (n,) parts whose mean is the metric (exact or influence values);
            None lets the harness use a grouped jackknife.
        reads: what of the predictions: "classes" (the highest score's; it depends on the cut), "ranks" (their order) or
            "probabilities" (their values); None if nobody said.
        needs: what else `fn` and `contributions` are told, by their one keyword-only parameter; see `told`.
            In brackets behind the name: "class" (its number), "level" (a share), "bins" (how many). Of the dataset:
            "rarest" (its rarest class), "rare" (in brackets a share: the classes with at most that share of the rows of
            the largest). Of the experiment: "costs" ((k, k), true class × predicted one).
        argument: what stood in brackets.
        chance: fn((k,) rows of each class) -> what is expected of guessing, for metrics where it depends on these.
        treatment: what is done to the scores before `fn` reads them ("" for nothing); see `told.TREATMENTS`. The
            harness does it: `fn` and `contributions` are handed treated scores.
    """

    higher_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    contributions: Contributions | None = None
    reads: Literal["classes", "ranks", "probabilities"] | None = None
    needs: Literal["", "class", "level", "bins", "rarest", "rare", "costs"] = ""
    argument: str = ""
    chance: Callable[[NDArray[Any]], float] | None = None
    treatment: Treatment = ""

    @property
    def threshold_free(self) -> bool | None:
        """Whether another cut between the classes leaves it as it is; None if nobody said what it reads."""
        return None if self.reads is None else self.reads != "classes"


@dataclass(frozen=True)
class DatasetPlugin(Plugin):
    """Loads rows. fn(**params) -> Dataset."""

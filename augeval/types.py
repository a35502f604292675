"""The nouns that cross a wall, and the protocols that plug-ins satisfy.

Shapes: n rows, k classes, h × w × c pixels, d columns, p parents of a synthetic row, m documents or test rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from augeval.edited import Words
from augeval.protocols import Encoder, Metric, Predictor

__all__ = [
    "CONTROLS",
    "Arm",
    "Augmenter",
    "Cell",
    "Column",
    "Dataset",
    "Design",
    "Encoder",
    "Examples",
    "Json",
    "Metric",
    "Modality",
    "Model",
    "Outcome",
    "Predictor",
    "Spec",
    "Split",
    "TrainingSet",
    "canonical_json",
    "sha256_of",
]

Modality = Literal["text", "image", "tabular", "retrieval"]
Outcome = Literal["helps", "equivalent", "harms", "inconclusive", "not_applicable"]
Design = Literal["crossed", "nested", "each", "single"]
"""How draws meet seeds: every seed fits each draw; seed s uses draw s mod G; a draw per seed; one draw for all."""

Json = Any  # whatever json.dumps takes; spelling the recursion out helps no reader
OPERATIONAL = ("budget", "concurrency", "timeout", "attempts", "prices", "api_key_env", "batch_size")
CONTROLS = ("none", "duplicate", "shuffle_labels", "class_weight", "random_over", "random_under", "tuned_threshold")


def canonical_json(value: Json) -> str:
    """One text per value: sorted keys, no blanks, no nan; the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _shallow(noun: Any) -> dict[str, Json]:  # a dataclass of plain values; asdict would copy all that is nested
    return {name: getattr(noun, name) for name in noun.__dataclass_fields__}


def sha256_of(value: Json) -> str:
    """Hex digest of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True)
class Column:
    """One column of a table; a category is stored as its position in `categories`, a missing value as nan."""

    name: str
    kind: Literal["numeric", "categorical"]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examples:
    """Rows with labels; synthetic rows also name their parents.

    Args:
        x: (n,) object array of str, (n, h, w, c) uint8, or (n, d) float64 (a table; see `Column`).
        y: (n,) int64 classes; retrieval: row numbers of documents.
        ids: (n,) int64, unique within a dataset. A synthetic row carries its (first) parent's id.
        parents: (n, p) int64 ids of the rows it was made from, or None for real rows.
        weights: (n,) float64 row weights, or None for equal weights.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    ids: NDArray[np.int64]
    parents: NDArray[np.int64] | None = None
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[Any] | Sequence[int] | slice) -> Examples:
        """The rows at these positions, in this order."""
        parents = None if self.parents is None else self.parents[rows]
        weights = None if self.weights is None else self.weights[rows]
        return Examples(self.x[rows], self.y[rows], self.ids[rows], parents, weights)


@dataclass(frozen=True)
class Dataset:
    """Rows with labels, of one modality, with where they came from.

    Args:
        name: as the user or the registry calls it.
        modality: text, image, tabular or retrieval.
        examples: all real rows; `ids` are 0 … n-1.
        classes: class names; `examples.y` indexes them. Empty for retrieval.
        columns: tabular only, one per column of x.
        corpus: (m,) documents, retrieval only.
        groups: (n,) int64; rows of one group never straddle a split.
        test_rows: (t,) int64 positions of an official test set, or None.
        keys: (n,) the user's own row identifiers (str), which rows made elsewhere name as parents; None: row numbers.
        source, licence: where it came from. fingerprint: sha256 of the rows; equal content has the same one.
        notes: what a reader of the report should know (duplicates found, rows left out).
    """

    name: str
    modality: Modality
    examples: Examples
    classes: tuple[str, ...]
    columns: tuple[Column, ...] | None = None
    corpus: NDArray[Any] | None = None
    groups: NDArray[np.int64] | None = None
    test_rows: NDArray[np.int64] | None = None
    keys: NDArray[Any] | None = None
    source: str = ""
    licence: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def n_classes(self) -> int:
        """How many classes a predictor must score."""
        return len(self.classes)

    def schema(self) -> Dataset:
        """The same dataset without a single row: what a model or an augmenter may know beside its training rows."""
        nothing = self.examples.take(slice(0, 0))
        return replace(self, examples=nothing, groups=None, test_rows=None, keys=None)


@dataclass(frozen=True)
class Split:
    """Row positions of one replicate: disjoint, group-respecting, duplicates kept together; knows nothing of arms."""

    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class Spec:
    """A name and parameters: what a registry answers to."""

    name: str
    params: Mapping[str, Json] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name with the parameters that were given: "embedding_logistic(tune=False)"."""
        shown = ", ".join(f"{key}={value}" for key, value in sorted(self.params.items()))
        return f"{self.name}({shown})" if shown else self.name


@dataclass(frozen=True)
class Arm:
    """An augmenter at one dose, in one scope.

    Args:
        augmenter: its registry name and parameters.
        ratio: synthetic rows per real row in scope; None where `balance` stands or no rows are made.
        balance: rows of each class in scope, after augmentation, / real rows of the largest class.
        magnitude: strength of one edit in the augmenter's declared unit, or None if it has none.
        scope: "all", "minority", or class names.
        when: training rows, test rows (predictions averaged over versions), or both.
        keep_if: what a made row must satisfy to be kept, by filter ({"min_cosine": 0.8}); see `augment.keep`.
        adds: False where the augmenter leaves real rows out and adds none; its plug-in knows.
        targets: in place of ratio and balance, a balance of its own for each class; `scope` names the same classes.
    """

    augmenter: Spec
    ratio: float | None = None
    balance: float | None = None
    magnitude: float | None = None
    scope: str | tuple[str, ...] = "all"
    when: Literal["train", "test", "both"] = "train"
    keep_if: Mapping[str, Json] = field(default_factory=dict)
    adds: bool = True
    targets: Mapping[str, float] = field(default_factory=dict)

    @property
    def maker(self) -> Spec:
        """The augmenter with what rows depend on: none of `OPERATIONAL`, which say how rows are fetched."""
        told = {key: value for key, value in self.augmenter.params.items() if key not in OPERATIONAL}
        return Spec(self.augmenter.name, told)

    @property
    def family(self) -> str:
        """The arm without its dose."""
        scope = "" if self.scope == "all" else f" [{self.scope_said}]"
        when = "" if self.when == "train" else f" at {self.when}"
        return f"{self.maker.label}{scope}{when}{self._kept}"

    @property
    def scope_said(self) -> str:
        """The classes in scope in words: "minority", "a, b", "a to 0.5, b to 1"."""
        if self.targets:
            return ", ".join(f"{name} to {share:g}" for name, share in sorted(self.targets.items()))
        return self.scope if isinstance(self.scope, str) else ", ".join(self.scope)

    @property
    def label(self) -> str:
        """What a table calls the arm: "synonym 0.1 ×4", "smote to 0.5", "synonym 0.1 ×4, kept if min_cosine=0.8"."""
        magnitude = "" if self.magnitude is None else f" {self.magnitude:g}"
        ratio = "" if self.ratio is None else f" ×{self.ratio:g}"
        balance = "" if self.balance is None else f" to {self.balance:g}"
        return f"{self.family.removesuffix(self._kept)}{magnitude}{ratio}{balance}{self._kept}"

    @property
    def _kept(self) -> str:
        said = [name if value is True else f"{name}={value:g}" for name, value in sorted(self.keep_if.items())]
        return f", kept if {', '.join(said)}" if said else ""

    @property
    def makes_rows(self) -> bool:
        """Whether training rows are added: without them the arm is compared with `none`, not with `duplicate`."""
        dosed = self.targets or self.ratio is not None or self.balance is not None
        return self.adds and bool(dosed) and self.when != "test"

    def reference(self) -> Arm:
        """The arm that this one is compared with: duplication of as many rows, or no augmentation."""
        if not self.makes_rows or self.augmenter.name == "duplicate":
            return Arm(Spec("none"))
        return replace(self, augmenter=Spec("duplicate"), magnitude=None, when="train", keep_if={})

    def to_json(self) -> dict[str, Json]:
        """Plain values; `Arm.from_json` reads them back."""
        scope = self.scope if isinstance(self.scope, str) else list(self.scope)
        nested = {"scope": scope, "keep_if": dict(self.keep_if), "targets": dict(self.targets)}
        plain = {**_shallow(self), "augmenter": _shallow(self.augmenter), **nested}
        # Without filters there is no such key, so that cells of before there were filters keep their names.
        return {k: v for k, v in plain.items() if (k, v) not in (("keep_if", {}), ("adds", True), ("targets", {}))}

    @staticmethod
    def from_json(value: Mapping[str, Json]) -> Arm:
        """The arm that `to_json` wrote."""
        scope = value["scope"] if isinstance(value["scope"], str) else tuple(value["scope"])
        return Arm(**{**value, "augmenter": Spec(**value["augmenter"]), "scope": scope})


@dataclass(frozen=True)
class Cell:
    """dataset × model × arm × seed × train size: one unit of work, plain data; its hash is its name.

    Args:
        dataset: {"name", "fingerprint", ...} of the rows, not their path.
        model: registry name and parameters. arm: what is done to the training rows.
        seed: the replicate. train_size: real training rows; None takes all that the split leaves.
        metrics: names, the primary one first. design: how draws meet seeds, and `draws` how many there are.
        recipe: everything else that a number depends on: split, `semantics`, source digests, drift judge.
    """

    dataset: Mapping[str, Json]
    model: Spec
    arm: Arm
    seed: int
    train_size: int | None
    metrics: tuple[str, ...]
    design: Design
    draws: int
    recipe: Mapping[str, Json]

    @cached_property
    def key(self) -> str:
        """sha256 of all that numbers depend on: the cell's name, place in the ledger and resume rule."""
        return sha256_of(replace(self, arm=replace(self.arm, augmenter=self.arm.maker)).to_json())

    @property
    def confirms(self) -> bool:
        """Whether it measures a chosen arm again."""
        return bool(self.recipe.get("split", {}).get("part") == "confirm")

    @property
    def is_sentinel(self) -> bool:
        """Whether its labels are permuted: then it says nothing of its arm, only whether rows leak."""
        return self.recipe.get("labels") == "permuted"

    def to_json(self) -> dict[str, Json]:
        """Plain values; `Cell.from_json` reads them back."""
        parts = {"model": _shallow(self.model), "arm": self.arm.to_json(), "metrics": list(self.metrics)}
        return {**_shallow(self), **parts}

    @staticmethod
    def from_json(value: Mapping[str, Json]) -> Cell:
        """The cell that `to_json` wrote."""
        parts = {"model": Spec(**value["model"]), "arm": Arm.from_json(value["arm"])}
        return Cell(**{**value, **parts, "metrics": tuple(value["metrics"])})


@dataclass(frozen=True)
class TrainingSet:
    """What a model is fitted on. `asked` synthetic rows were wanted; asked ≠ got is recorded, never hidden.

    Rows made in the model's space are `vectors`; `synthetic.x` then has the rows they came from, which nothing fits on.
    """

    real: Examples
    synthetic: Examples
    asked: int
    words: Words | None = None  # of the synthetic rows, where their augmenter kept them apart
    left_out: NDArray[np.int64] | None = None  # positions in `real`, all of which tell features and penalties
    vectors: NDArray[np.float64] | None = None  # (n_synthetic, d)

    @property
    def kept(self) -> Examples:
        """The real rows that are fitted on."""
        out, n = self.left_out, len(self.real)
        return self.real if out is None else self.real.take(np.delete(np.arange(n), out))

    def joined(self) -> Examples:
        """Real rows that are kept, then synthetic ones; weights are filled with 1 where only one side has them."""
        real, synthetic = self.kept, self.synthetic
        if not len(synthetic):
            return real
        weights = None
        if real.weights is not None or synthetic.weights is not None:
            parts = [np.ones(len(e)) if e.weights is None else e.weights for e in (real, synthetic)]
            weights = np.concatenate(parts)
        x, y = np.concatenate([real.x, synthetic.x]), np.concatenate([real.y, synthetic.y])
        return Examples(x, y, np.concatenate([real.ids, synthetic.ids]), None, weights)


class Augmenter(Protocol):
    """Makes rows out of training rows: never more than `quota[class]`, parents from `train.ids`."""

    def __call__(
        self, train: Examples, quota: Mapping[int, int], *, magnitude: float | None, rng: np.random.Generator
    ) -> Examples: ...


class Model(Protocol):
    """Fits every training set of a batch; batch equals single, bit for bit."""

    def __call__(self, trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int]) -> list[Predictor]: ...

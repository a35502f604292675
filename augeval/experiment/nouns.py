"""What an experiment is once it has been read: plain, complete and hashable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from augeval import registry
from augeval.experiment.replication import Draws, Seeds, SplitSettings
from augeval.experiment.written import SOURCES, Metrics, Tracking
from augeval.types import Arm, Json, Spec, sha256_of

__all__ = ["Confirm", "DatasetRef", "Experiment", "Study", "digest_of", "identity_of"]

Confirm = bool | Literal["auto", "best"]

PATH_KEYS = (*SOURCES, "test")


@dataclass(frozen=True)
class DatasetRef:
    """A dataset by name, or a description of files.

    Args:
        entry: as written: {"name": …, **params}, or {"file" | "folder" | "npz" | "beir" | "hub": …, …}.
        folder: that relative paths start from; None for the current folder.
    """

    entry: Mapping[str, Json]
    folder: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether the registry makes it; a file may have a name as well, which only reports use."""
        name = str(self.entry.get("name", ""))
        return bool(name) and (registry.is_dotted(name) or not any(key in self.entry for key in SOURCES))

    @property
    def label(self) -> str:
        """What messages call it."""
        return next((str(self.entry[key]) for key in ("name", *SOURCES) if key in self.entry), "dataset")

    def to_json(self) -> dict[str, Json]:
        """What loads it: paths are absolute, whatever the current folder is."""
        if self.is_named:
            return dict(self.entry)
        return {key: self._absolute(value) if key in PATH_KEYS else value for key, value in self.entry.items()}

    def _absolute(self, value: str) -> str:
        path = Path(self.folder or ".", value).absolute()
        # A hub name looks like a path; it is one only if something is there.
        return value if "hub" in self.entry and not path.exists() else str(path)


@dataclass(frozen=True)
class Study:
    """One dataset with its models, its arms and how they are compared.

    Args:
        dataset: the rows; models: what is trained; arms: one per dose, as the user listed them.
        train_sizes: real training rows, None for all; replicates: how many seeds, and whether they are raced.
        versions: of each augmented row, and which seeds see them.
        confirm: whether the gain of a chosen dose is measured again; see `written.StudyKeys`.
        metrics: the primary one and others; judge: encoder of the drift, None for the usual one.
        margin: the smallest difference that matters; alpha: error rate of all verdicts of a model together.
        split: which rows are held out; drift_rows: rows whose drift is measured; examples: pairs shown per arm.
        sentinel: whether a control is run on permuted labels; see `run.sentinel`.
        impute: how missing values of a table are filled for every arm; None leaves them missing.
    """

    dataset: DatasetRef
    models: tuple[Spec, ...]
    arms: tuple[Arm, ...]
    train_sizes: tuple[int | None, ...] = (None,)
    replicates: Seeds = field(default_factory=lambda: Seeds(max=20))
    versions: Draws = field(default_factory=Draws)
    confirm: Confirm = "auto"
    metrics: Metrics = field(default_factory=Metrics)
    judge: str | None = None
    margin: float = 0.01
    alpha: float = 0.05
    split: SplitSettings = field(default_factory=SplitSettings)
    drift_rows: int = 200
    examples: int = 6
    sentinel: bool | Literal["auto"] = "auto"
    impute: Literal["median"] | None = None

    @property
    def seeds(self) -> int:
        """Most replicates of an arm, without those that confirm."""
        return self.replicates.max

    @property
    def draws(self) -> int | Literal["seeds"]:
        """Versions of each augmented row that seeds share, or "seeds" for one each."""
        return self.versions.count

    def to_json(self) -> dict[str, Json]:
        """Plain values; `Study.from_json` reads them back, given the folder. Paths are as written."""
        return {
            "dataset": dict(self.dataset.entry),
            "models": [{"name": model.name, "params": dict(model.params)} for model in self.models],
            "arms": [arm.to_json() for arm in self.arms],
            "train_sizes": list(self.train_sizes),
            "seeds": self.replicates.model_dump(),
            "draws": self.versions.model_dump(),
            "confirm": self.confirm,
            # Without costs there is no such key, so that runs of before there were costs keep their digest.
            "metrics": self.metrics.model_dump(exclude=None if self.metrics.costs else {"costs"}),
            "judge": self.judge,
            "margin": self.margin,
            "alpha": self.alpha,
            "split": self.split.model_dump(),
            "drift_rows": self.drift_rows,
            "examples": self.examples,
            # Where nobody said anything there is no such key, so that runs of before there was one keep their digest.
            **({} if self.sentinel == "auto" else {"sentinel": self.sentinel}),
            **({} if self.impute is None else {"impute": self.impute}),
        }

    @staticmethod
    def from_json(value: Mapping[str, Json], folder: str | None = None) -> Study:
        """The study that `to_json` wrote."""
        parts = {
            "dataset": DatasetRef(value["dataset"], folder),
            "models": tuple(Spec(**model) for model in value["models"]),
            "arms": tuple(Arm.from_json(arm) for arm in value["arms"]),
            "train_sizes": tuple(value["train_sizes"]),
            "metrics": Metrics(**value["metrics"]),
            "split": SplitSettings(**value["split"]),
            "replicates": Seeds(**value["seeds"]),
            "versions": Draws(**value["draws"]),
        }
        return Study(**{**{k: v for k, v in value.items() if k not in ("seeds", "draws")}, **parts})

    def names(self) -> Iterable[tuple[registry.Kind, str]]:
        """Every plug-in that the study names."""
        yield from (("model", model.name) for model in self.models)
        yield from (("augmenter", arm.augmenter.name) for arm in self.arms)
        yield from (("metric", name) for name in (self.metrics.primary, *self.metrics.also))
        if self.dataset.is_named:
            yield "dataset", str(self.dataset.entry["name"])


@dataclass(frozen=True)
class Experiment:
    """What a file asks for.

    Args:
        name: names the run folder. studies: what is computed.
        tracking: where MLflow records go, or None for the usual place.
        source: the file, or None. text: what it holds, comments included.
        folder: that relative paths start from; None for the current folder.
    """

    name: str
    studies: tuple[Study, ...]
    tracking: Tracking | None = None
    source: Path | None = None
    text: str = ""
    folder: str | None = None

    @property
    def digest(self) -> str:
        """sha256 of what can change a number: neither the name, tracking, comments, key order, folder nor budgets."""
        return digest_of(self.studies)

    def to_json(self) -> dict[str, Json]:
        """Plain values without the text; `Experiment.from_json` reads them back."""
        return {
            "name": self.name,
            "tracking": None if self.tracking is None else self.tracking.model_dump(),
            "folder": self.folder,
            "studies": [study.to_json() for study in self.studies],
        }

    @staticmethod
    def from_json(value: Mapping[str, Json]) -> Experiment:
        """The experiment that `to_json` wrote."""
        folder = value["folder"]
        tracking = None if value["tracking"] is None else Tracking(**value["tracking"])
        studies = tuple(Study.from_json(study, folder) for study in value["studies"])
        return Experiment(value["name"], studies, tracking, folder=folder)

    def code(self) -> tuple[str, ...]:
        """Dotted names whose code needs permission to run, sorted."""
        named = {name for study in self.studies for _, name in study.names()}
        named |= {name for study in self.studies for arm in study.arms for name in _code_in(arm.augmenter)}
        return tuple(sorted(name for name in named if registry.needs_permission(name)))


def digest_of(studies: Sequence[Study]) -> str:
    """sha256 of studies, without what only says how rows are fetched: a larger budget goes on with the same run."""
    named = [[identity_of(arm).to_json() for arm in study.arms] for study in studies]
    return sha256_of([{**study.to_json(), "arms": arms} for study, arms in zip(studies, named, strict=True)])


def identity_of(arm: Arm) -> Arm:
    """The arm without what only says how its rows are fetched, as the keys of cells know it."""
    return replace(arm, augmenter=arm.maker)


def _code_in(augmenter: Spec) -> Iterable[str]:
    """Dotted names among the parameters of a built-in augmenter; another's own name asks for permission already."""
    if not registry.is_builtin("augmenter", augmenter.name):
        return ()
    values = [augmenter.params.get(key) for key in registry.get("augmenter", augmenter.name).code]
    return (value for value in values if isinstance(value, str) and registry.is_dotted(value))

"""What may stand in an experiment file: one pydantic model an entry, one sentence a key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from augeval import registry
from augeval.errors import did_you_mean

__all__ = [
    "SOURCES",
    "ArmEntry",
    "ExperimentFile",
    "Faults",
    "FileEntry",
    "Metrics",
    "ModelEntry",
    "NamedEntry",
    "SplitSettings",
    "StudyKeys",
    "Tracking",
]

T = TypeVar("T")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*(\.\w+)*")
NAME = re.compile(r"\w[\w .+-]{0,99}")
SOURCES: dict[str, tuple[str, ...]] = {
    "file": ("text", "label", "features", "categorical", "group", "id", "test"),
    "folder": ("test",),
    "npz": ("test",),
    "beir": ("split",),
    "hub": ("config", "split", "test_split", "text", "label"),
}
"""What a dataset may be read from, and the keys that go with each."""
ALSO = ("balanced_accuracy", "macro_f1", "log_loss", "brier")


class Faults(ValueError):
    """Several things wrong with one entry: (key, message), the key "" for the entry as a whole."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in faults))
        self.faults = tuple(faults)


class _Name:
    """In the schema for editors: the names that are known here, or a dotted path."""

    def __init__(self, kind: registry.Kind) -> None:
        self.kind = kind

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"enum": registry.known(self.kind)}, {"type": "string", "pattern": ":"}]}


class _OrOne:
    """In the schema for editors: a list may be left out where it has one item."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        listed = handler(core)
        return {"anyOf": [listed["items"], listed]}


class _OrName:
    """In the schema for editors: an entry that gives nothing but its name may be the name."""

    def __init__(self, kind: registry.Kind) -> None:
        self.kind = kind

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*_Name(self.kind).__get_pydantic_json_schema__(core, handler)["anyOf"], handler(core)]}


def _known(kind: registry.Kind) -> AfterValidator:
    """Refuse a name that no registry knows; a dotted path is looked up when the experiment is run."""

    def check(name: str) -> str:
        if registry.is_dotted(name):
            if not DOTTED.fullmatch(name):
                raise ValueError(f"'{name}' is no path of the form package.module:attribute.")
            return name
        names = registry.known(kind)
        if name not in names:
            module, _, attribute = name.rpartition(".")
            hint = f" Did you mean '{module}:{attribute}'?" if module else did_you_mean(name, names)
            raise ValueError(
                f"no {kind} is called '{name}'.{hint} Known: {', '.join(names)}. Your own: package.module:attribute."
            )
        return name

    return AfterValidator(check)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"wanted a finite number, not {value}.")
    return value + 0.0  # -0.0 becomes 0.0


def _within(holds: Callable[[float], bool], wanted: str) -> AfterValidator:
    def check(value: float) -> float:
        if not holds(value):
            raise ValueError(f"wanted {wanted}, not {value:g}.")
        return value

    return AfterValidator(check)


def _listed(value: Any) -> Any:  # whatever the file holds
    return value if isinstance(value, list) else [value]


def _once(values: list[T]) -> list[T]:
    if not values:
        raise ValueError("the list is empty.")
    return _differing(values)


def _differing(values: list[T]) -> list[T]:
    twice = [value for position, value in enumerate(values) if value in values[:position]]
    if twice:
        raise ValueError(f"{'null' if twice[0] is None else twice[0]} is listed twice.")
    return values


def _named(key: str) -> BeforeValidator:
    """A bare word stands for an entry that gives nothing but its name."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _scope(value: Any) -> Any:  # whatever the file holds
    """ "all", "minority", or class names as a sorted tuple: their order means nothing."""
    if value in ("all", "minority") and isinstance(value, str):
        return value
    names = value if isinstance(value, list) else [value]
    if not names:
        raise ValueError("the list of classes is empty; leave the key out to augment all.")
    for name in names:
        if isinstance(name, bool) or not isinstance(name, str | int | float):
            quoting = f' Put the class name in quotes: "{str(name).lower()}".' if isinstance(name, bool) else ""
            raise ValueError(f"wanted all, minority, or class names, not {name!r}.{quoting}")
        if name in ("all", "minority"):
            raise ValueError(f"'{name}' stands alone: scope: {name}.")
    words = [str(name) for name in names]
    _once(words)
    return tuple(sorted(words))


def _when(value: Any) -> Any:  # whatever the file holds
    if value in ("test", "both"):
        raise ValueError(
            "rows are augmented for training only; predictions over augmented test rows are not available. "
            "Write train, or leave the key out."
        )
    return value


def _draws(value: Any) -> Any:  # whatever the file holds
    if value == "seeds" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000):
        return value
    raise ValueError(
        f"wanted a whole number from 1 to 1000, or seeds (draws of its own for every seed), not {value!r}."
    )


def _metrics(value: Any) -> Any:  # whatever the file holds
    """`metrics: accuracy`, or a list whose first is the primary one."""
    if isinstance(value, str):
        return {"primary": value}
    return {"primary": value[0], "also": value[1:]} if isinstance(value, list) and value else value


OneOrMore = Annotated[list[T], AfterValidator(_once), BeforeValidator(_listed), _OrOne()]
Number = Annotated[float, AfterValidator(_finite)]
Magnitude = Annotated[Number, _within(lambda v: v >= 0, "a magnitude of at least 0")]
Ratio = Annotated[
    Number, _within(lambda v: v > 0, "a ratio above 0 (0 is the baseline 'none', which is run in any case)")
]
Balance = Annotated[
    Number, _within(lambda v: 0 < v <= 1, "a balance above 0 and at most 1 (rows of a class / rows of the largest)")
]
TrainSize = Annotated[int, Field(ge=1)] | None
Share = Annotated[Number, _within(lambda v: 0 < v < 1, "a share between 0 and 1")]


class Entry(BaseModel):
    """Refuses unknown keys; never changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PluginEntry(BaseModel):
    """Takes the keys that its plug-in takes."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def params(self) -> dict[str, Any]:
        """The plug-in's own keys."""
        return dict(self.model_extra or {})


class NamedEntry(PluginEntry):
    """A dataset by name, with the parameters that it takes."""

    name: Annotated[str, _known("dataset"), _Name("dataset")] = Field(
        description="A bundled dataset, or package.module:attribute."
    )


class FileEntry(Entry):
    """A dataset of the user's own; paths are relative to the experiment file."""

    file: str | None = Field(None, description="CSV, TSV, JSONL or Parquet file.")
    folder: str | None = Field(None, description="Folder of images with one folder per class.")
    npz: str | None = Field(None, description="NumPy archive of images and labels.")
    beir: str | None = Field(None, description="Folder of a retrieval dataset in BEIR's layout.")
    hub: str | None = Field(None, description="Hugging Face dataset: its name, or a local folder.")
    name: str | None = Field(None, description="What reports call the dataset; the file's name if not given.")
    text: str | None = Field(None, description="Column of the text; without it the file is a table of features.")
    label: str | None = Field(None, description="Column of the class.")
    features: list[str] | None = Field(None, description="Columns to learn from; all others if not given.")
    categorical: list[str] | None = Field(None, description="Feature columns whose numbers are categories.")
    group: str | None = Field(None, description="Column whose equal values never straddle train and test.")
    id: str | None = Field(None, description="Column that names a row, as the parent of rows made elsewhere.")
    test: str | None = Field(None, description="The official test set.")
    config: str | None = Field(None, description="Configuration of a hub dataset.")
    split: str | None = Field(None, description="Split of a hub or BEIR dataset to take rows from.")
    test_split: str | None = Field(None, description="Split of a hub dataset that is the official test set.")

    @model_validator(mode="after")
    def _fits(self) -> FileEntry:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            wanted = "a dataset is read from one place"
            said = (
                f"{wanted}, not from {' and '.join(given)}." if given else f"{wanted}: {', '.join(SOURCES)}, or name."
            )
            raise Faults([("", said)])
        allowed = (given[0], "name", *SOURCES[given[0]])
        faults = [(key, f"'{key}' does not go with '{given[0]}'. Keys: {', '.join(allowed)}.")
                  for key in self.model_fields_set if key not in allowed]  # fmt: skip
        if given[0] == "file" and self.label is None:
            faults.append(("", "the key 'label' is missing: the column of the class."))
        if self.text is not None and self.features is not None:
            faults.append(
                ("features", "a dataset is a text column or a table of features; remove 'text' or 'features'.")
            )
        if faults:
            raise Faults(faults)
        return self

    @property
    def source(self) -> str:
        """Which of `SOURCES` it is read from."""
        return next(name for name in SOURCES if getattr(self, name) is not None)

    @property
    def modality(self) -> str:
        """What its rows are."""
        if self.source == "file":
            return "tabular" if self.text is None else "text"
        return {"folder": "image", "npz": "image", "beir": "retrieval", "hub": "text"}[self.source]


class ModelEntry(PluginEntry):
    """A model by name, with the parameters that it takes."""

    name: Annotated[str, _known("model"), _Name("model")] = Field(
        description="A built-in model, or package.module:attribute."
    )


class ArmEntry(PluginEntry):
    """An augmenter at one or more doses; lists of doses stand for every combination."""

    augmenter: Annotated[str, _known("augmenter"), _Name("augmenter")] = Field(
        description="A built-in augmenter, or package.module:attribute."
    )
    magnitude: OneOrMore[Magnitude] | None = Field(
        None, description="Strength of one edit, in the augmenter's unit; its usual one if not given."
    )
    ratio: OneOrMore[Ratio] | None = Field(
        None, description="Synthetic rows per real row in scope; 1 if neither ratio nor balance is given."
    )
    balance: OneOrMore[Balance] | None = Field(
        None, description="In place of ratio: rows of each class in scope / rows of the largest class, afterwards."
    )
    scope: Annotated[Any, BeforeValidator(_scope)] = Field(
        "all",
        description="Which classes are augmented.",
        json_schema_extra={
            "anyOf": [{"enum": ["all", "minority"]}, {"type": ["string", "number"]}, {"type": "array", "minItems": 1}]
        },
    )
    when: Annotated[Literal["train"], BeforeValidator(_when)] = Field(
        "train", description="Which rows are augmented: training rows."
    )


class Metrics(Entry):
    """What is measured on the held-out rows."""

    primary: Annotated[str, _known("metric"), _Name("metric")] = Field(
        "accuracy", description="The metric that verdicts are about."
    )
    also: Annotated[list[Annotated[str, _known("metric"), _Name("metric")]], AfterValidator(_differing)] = Field(
        [], description="Further metrics, reported beside it."
    )

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, value: Any) -> Any:  # whatever the file holds
        if isinstance(value, Mapping) and "also" not in value:
            return {**value, "also": [name for name in ALSO if name != value.get("primary", "accuracy")]}
        return value

    @model_validator(mode="after")
    def _differ(self) -> Metrics:
        if self.primary in self.also:
            raise Faults([("also", f"'{self.primary}' is the primary metric; remove it here.")])
        return self


class SplitSettings(Entry):
    """Which rows are held out."""

    test: Share = Field(0.4, description="Share of the rows that is held out; an official test set takes its place.")
    valid: Annotated[Number, _within(lambda v: 0 <= v < 1, "a share of at least 0 and below 1")] = Field(
        0.0, description="Share of the rows kept for models that stop early."
    )
    mode: Literal["auto", "fixed", "splits"] = Field(
        "auto", description="One test set for all seeds (fixed), one each (splits), or by the number of rows (auto)."
    )

    @model_validator(mode="after")
    def _leave_rows(self) -> SplitSettings:
        if self.test + self.valid >= 1:
            raise Faults([("", f"test {self.test:g} and valid {self.valid:g} together leave no row to train on.")])
        return self


class Tracking(Entry):
    """Where MLflow records go."""

    uri: str | None = Field(None, description="MLflow's address; MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
    experiment: str | None = Field(None, description="MLflow's name for the group of runs; `name` if not given.")
    require: bool = Field(False, description="Whether a server that cannot be reached is an error.")


class StudyKeys(Entry):
    """One dataset with its models and arms."""

    dataset: Annotated[NamedEntry | FileEntry, _OrName("dataset")] = Field(
        description="The rows: a bundled dataset by name, or a file of your own."
    )
    models: OneOrMore[Annotated[ModelEntry, _named("name"), _OrName("model")]] = Field(
        description="What is trained on them."
    )
    arms: OneOrMore[Annotated[ArmEntry, _named("augmenter"), _OrName("augmenter")]] = Field(
        description="What is done to the training rows; the baseline and duplication are added."
    )
    train_sizes: OneOrMore[TrainSize] = Field([None], description="Real training rows; null takes all there are.")
    seeds: int = Field(20, ge=2, le=1000, description="Replicates: each has its own split and initialisation.")
    draws: Annotated[int | Literal["seeds"], BeforeValidator(_draws)] = Field(
        8, description="Versions of each augmented row that the seeds share; `seeds` for one each."
    )
    metrics: Annotated[Metrics, BeforeValidator(_metrics)] = Field(Metrics(), description="What is measured.")
    judge: str | None = Field(None, description="Text encoder that measures drift; all-MiniLM-L6-v2 if not given.")
    margin: Share = Field(0.01, description="The smallest difference of the primary metric that matters.")
    alpha: Annotated[Number, _within(lambda v: 0 < v <= 0.5, "an error rate above 0 and at most 0.5")] = Field(
        0.05, description="Error rate of all verdicts of a dataset and model together."
    )
    split: SplitSettings = Field(SplitSettings(), description="Which rows are held out.")
    drift_rows: int = Field(200, ge=1, description="Synthetic rows whose drift is measured.")
    examples: int = Field(6, ge=0, description="Pairs of original and augmented rows that the report shows per arm.")


class ExperimentFile(StudyKeys):
    """An experiment: one study, or several that share the keys given at the top."""

    name: str | None = Field(None, description="Names the run folder; the file's name if not given.")
    studies: list[StudyKeys] | None = Field(
        None, description="Several studies in one file; what stands at the top holds for each that does not say it."
    )
    tracking: Tracking | None = Field(None, description="Where MLflow records go.")

"""What may stand in an experiment file: one pydantic model an entry, one sentence a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from augeval.errors import did_you_mean
from augeval.experiment.replication import Draws, Seeds, SplitSettings
from augeval.experiment.values import (
    AugmenterName,
    Balance,
    Cosine,
    DatasetName,
    Entry,
    ErrorRate,
    Faults,
    Magnitude,
    MetricName,
    MetricNames,
    ModelName,
    Number,
    OneOrMore,
    OrMetric,
    OrName,
    OrNumber,
    Ratio,
    Share,
    Targets,
    TrainSize,
    UpToOne,
    as_costs,
    as_draws,
    as_metrics,
    as_scope,
    as_seeds,
    as_when,
    by_name,
)
from augeval.told import base_of

__all__ = [
    "LONGEST_NAME",
    "NAME",
    "SOURCES",
    "ArmEntry",
    "ExperimentFile",
    "FileEntry",
    "KeepIf",
    "Metrics",
    "ModelEntry",
    "NamedEntry",
    "StudyKeys",
    "Tracking",
]

LONGEST_NAME = 100
NAME = re.compile(rf"\w[\w .+-]{{0,{LONGEST_NAME - 1}}}")  # it names a folder
COLUMNS = ("text", "label", "features", "categorical", "group", "id")
SOURCES: dict[str, tuple[str, ...]] = {
    "file": (*COLUMNS, "test"),
    "folder": ("size",),
    "npz": (),
    "beir": ("split",),
    "hub": (*COLUMNS, "config", "split", "test_split"),
}
"""What a dataset may be read from, and the keys that go with each."""
ALSO = ("balanced_accuracy", "macro_f1", "log_loss", "brier")


class PluginEntry(BaseModel):
    """Takes the keys that its plug-in takes."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def params(self) -> dict[str, Any]:
        """The plug-in's own keys."""
        return dict(self.model_extra or {})


class NamedEntry(PluginEntry):
    """A dataset by name, with the parameters that it takes."""

    name: DatasetName = Field(description="A bundled dataset, or package.module:attribute.")


class FileEntry(Entry):
    """A dataset of the user's own; paths are relative to the experiment file."""

    file: str | None = Field(default=None, description="CSV, TSV, JSONL or Parquet file.")
    folder: str | None = Field(default=None, description="Folder of images with one folder per class.")
    npz: str | None = Field(default=None, description="NumPy archive of images and labels.")
    beir: str | None = Field(default=None, description="Folder of a retrieval dataset in BEIR's layout.")
    hub: str | None = Field(default=None, description="Hugging Face dataset: its name, or a local folder.")
    name: str | None = Field(default=None, description="What reports call the dataset; the file's name if not given.")
    text: str | None = Field(
        default=None, description="Column of the text; without it the file is a table of features."
    )
    label: str | None = Field(default=None, description="Column of the class.")
    features: list[str] | None = Field(default=None, description="Columns to learn from; all others if not given.")
    categorical: list[str] | None = Field(default=None, description="Feature columns whose numbers are categories.")
    group: str | None = Field(default=None, description="Column whose equal values never straddle train and test.")
    id: str | None = Field(default=None, description="Column that names a row, as the parent of rows made elsewhere.")
    size: list[int] | None = Field(default=None, description="[height, width] in pixels that images are resized to.")
    test: str | None = Field(default=None, description="The official test set.")
    config: str | None = Field(default=None, description="Configuration of a hub dataset.")
    split: str | None = Field(default=None, description="Split of a hub or BEIR dataset to take rows from.")
    test_split: str | None = Field(default=None, description="Split of a hub dataset that is the official test set.")

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
        if "label" in allowed and self.label is None:
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
        table = "tabular" if self.text is None else "text"
        return {"folder": "image", "npz": "image", "beir": "retrieval"}.get(self.source, table)


class ModelEntry(PluginEntry):
    """A model by name, with the parameters that it takes."""

    name: ModelName = Field(description="A built-in model, or package.module:attribute.")


class KeepIf(BaseModel):
    """Which made rows stay; a row that a filter rejects is dropped and counted, never replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    min_cosine: Cosine | None = Field(
        default=None, description="Least cosine to the parent, in the eyes of the judge of the drift. No label guard."
    )
    max_edited: UpToOne | None = Field(default=None, description="Largest share of the parent's words that is changed.")
    max_unknown: UpToOne | None = Field(
        default=None, description="Largest share of words that a translator does not know."
    )
    same_label: bool = Field(
        default=False,
        description="Whether a teacher that never saw the parent must take both rows for the same class.",
    )
    same_negation: bool = Field(default=False, description="Whether words of negation must stay as they are (English).")
    same_numbers: bool = Field(default=False, description="Whether numbers must stay as they are.")
    unlike_others: bool = Field(
        default=False, description="Whether rows that equal a real training row or an earlier made one go."
    )

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:  # whatever the file holds
        names = list(cls.model_fields)
        if not isinstance(value, Mapping):
            return value
        unknown = [name for name in value if name not in names]
        if unknown:
            known = f"Filters: {', '.join(sorted(names))}."
            raise Faults(
                [(str(n), f"no filter is called '{n}'.{did_you_mean(str(n), names)} {known}") for n in unknown]
            )
        if not value:
            raise Faults([("", f"it names no filter. Filters: {', '.join(sorted(names))}; or leave the key out.")])
        return value

    @property
    def filters(self) -> dict[str, Any]:
        """Filter -> value, of those that are asked for."""
        return {name: value for name, value in self.model_dump().items() if value is not None and value is not False}


class ArmEntry(PluginEntry):
    """An augmenter at one or more doses; lists of doses stand for every combination."""

    augmenter: AugmenterName = Field(description="A built-in augmenter, or package.module:attribute.")
    magnitude: OneOrMore[Magnitude] | None = Field(
        default=None, description="Strength of one edit, in the augmenter's unit; its usual one if not given."
    )
    ratio: OneOrMore[Ratio] | None = Field(
        default=None, description="Synthetic rows per real row in scope; 1 if neither ratio nor balance is given."
    )
    balance: OneOrMore[Balance] | None = Field(
        default=None,
        description="In place of ratio: rows of each class in scope / rows of the largest class, afterwards.",
    )
    targets: Targets | None = Field(
        default=None, description="In place of ratio, balance and scope: a balance for each class, {class: balance}."
    )
    scope: Annotated[Any, BeforeValidator(as_scope)] = Field(
        default="all",
        description="Which classes are augmented.",
        json_schema_extra={
            "anyOf": [{"enum": ["all", "minority"]}, {"type": ["string", "number"]}, {"type": "array", "minItems": 1}]
        },
    )
    keep_if: KeepIf | None = Field(default=None, description="Which made rows stay; all if not given.")
    when: Annotated[Literal["train"], BeforeValidator(as_when)] = Field(
        default="train", description="Which rows are augmented: training rows."
    )


class Metrics(Entry):
    """What is measured on the held-out rows."""

    primary: MetricName = Field(default="accuracy", description="The metric that verdicts are about.")
    also: MetricNames = Field(default=[], description="Further metrics, reported beside it.")
    costs: Annotated[dict[str, dict[str, Number]], BeforeValidator(as_costs)] | None = Field(
        default=None, description="For the metric cost: {true class: {predicted class: cost}}; being right costs 0."
    )

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, value: Any) -> Any:  # whatever the file holds
        """The usual further metrics, without the primary one."""
        if isinstance(value, Mapping) and "also" not in value:
            return {**value, "also": [name for name in ALSO if name != value.get("primary", "accuracy")]}
        return value

    @model_validator(mode="after")
    def _differ(self) -> Metrics:
        if self.primary in self.also:
            raise Faults([("also", f"'{self.primary}' is the primary metric; remove it here.")])
        if self.costs is None and "cost" in map(base_of, (self.primary, *self.also)):
            raise Faults([("", "the metric 'cost' needs the key costs: {true class: {predicted class: cost}}.")])
        return self


_SECRET = re.compile(r"://[^/\s]*:[^/\s]*@|[?&][^=&]*(password|passwd|pwd|token|secret)[^=&]*=", re.IGNORECASE)


class Tracking(Entry):
    """Where MLflow records go."""

    uri: str | None = Field(
        default=None, description="MLflow's address; MLFLOW_TRACKING_URI, else sqlite:///mlflow.db."
    )
    experiment: str | None = Field(
        default=None, description="MLflow's name for the group of runs; `name` if not given."
    )
    require: bool = Field(default=False, description="Whether a server that cannot be reached is an error.")

    @model_validator(mode="after")
    def _hold_no_secret(self) -> Tracking:
        if self.uri and _SECRET.search(self.uri):
            raise Faults([("uri", "an experiment is copied into reports and to MLflow, so it may hold no password. Set "
                           "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or the whole MLFLOW_TRACKING_URI, "
                           "in the environment.")])  # fmt: skip
        return self


class StudyKeys(Entry):
    """One dataset with its models and arms."""

    dataset: Annotated[NamedEntry | FileEntry, OrName("dataset")] = Field(
        description="The rows: a bundled dataset by name, or a file of your own."
    )
    models: OneOrMore[Annotated[ModelEntry, by_name("name"), OrName("model")]] = Field(
        description="What is trained on them."
    )
    arms: OneOrMore[Annotated[ArmEntry, by_name("augmenter"), OrName("augmenter")]] = Field(
        description="What is done to the training rows; the baseline and duplication are added."
    )
    train_sizes: OneOrMore[TrainSize] = Field(
        default=[None], description="Real training rows; null takes all there are."
    )
    seeds: Annotated[Seeds, BeforeValidator(as_seeds), OrNumber(2)] = Field(
        default=Seeds(max=20), description="Replicates: each has its own split and initialisation."
    )
    draws: Annotated[Draws, BeforeValidator(as_draws), OrNumber(1, "seeds")] = Field(
        default=Draws(), description="Versions of each augmented row that the seeds share; `seeds` for one each."
    )
    confirm: Literal["auto", "best", True, False] = Field(
        default="auto",
        description="Whether the gain of a recommended dose is measured again, on fresh replicates and other held-out "
        "rows (auto: where there are doses to choose from and rows enough; best: also of the best-looking dose, where "
        "none is recommended).",
    )
    metrics: Annotated[Metrics, BeforeValidator(as_metrics), OrMetric()] = Field(
        default=Metrics(), description="What is measured."
    )
    judge: str | None = Field(
        default=None, description="Text encoder that measures drift; all-MiniLM-L6-v2 if not given."
    )
    margin: Share = Field(default=0.01, description="The smallest difference of the primary metric that matters.")
    alpha: ErrorRate = Field(default=0.05, description="Error rate of all verdicts of a dataset and model together.")
    split: SplitSettings = Field(default=SplitSettings(), description="Which rows are held out.")
    drift_rows: int = Field(default=200, ge=1, description="Synthetic rows whose drift is measured.")
    examples: int = Field(
        default=6, ge=0, description="Pairs of original and augmented rows that the report shows per arm."
    )
    impute: Literal["median"] | None = Field(
        default=None,
        description="How missing values of a table are filled, in every arm and from each seed's training rows alone "
        "(median: of categories the most frequent); not given, they stay missing, and most samplers refuse them.",
    )
    sentinel: Literal["auto", True, False] = Field(
        default="auto",
        description="Whether labels are also permuted before the split, where no arm may find a signal (auto: where "
        "classes are imbalanced and the experiment treats scores, weighs classes or moves the cut).",
    )


class ExperimentFile(StudyKeys):
    """An experiment: one study, or several that share the keys given at the top."""

    name: str | None = Field(default=None, description="Names the run folder; the file's name if not given.")
    studies: list[StudyKeys] | None = Field(
        default=None,
        description="Several studies in one file; what stands at the top holds for each that does not say it.",
    )
    tracking: Tracking | None = Field(default=None, description="Where MLflow records go.")

"""The values of an experiment file -> Experiment, or every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import isclass
from itertools import product
from pathlib import Path as FilePath
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from augeval import registry
from augeval.errors import did_you_mean
from augeval.experiment.arms import dose_faults, doses, filter_faults, is_at_hand, param_faults
from augeval.experiment.nouns import DatasetRef, Experiment, Study
from augeval.experiment.refusals import Reader, shown, unknown_key
from augeval.experiment.source import Path, Problem, Source
from augeval.experiment.written import (
    NAME,
    SOURCES,
    ArmEntry,
    ExperimentFile,
    FileEntry,
    ModelEntry,
    NamedEntry,
    StudyKeys,
)
from augeval.types import Arm, Spec, canonical_json

__all__ = ["read_experiment"]

ARM_KEYS = ("augmenter", "magnitude", "ratio", "balance", "targets", "scope", "keep_if", "when")
ENTRIES: dict[str, tuple[type[BaseModel], str]] = {"models": (ModelEntry, "name"), "arms": (ArmEntry, "augmenter")}


@dataclass(frozen=True)
class Found:
    """The keys of a study that could be read, and where each stands."""

    values: Mapping[str, Any]  # what the field of StudyKeys takes; models and arms: {position: entry}
    paths: Mapping[str, Path]


def read_experiment(source: Source, name: str, folder: str | None) -> Experiment:
    """Everything that a file asks for.

    Args:
        source: of the file; name: of the experiment, where the file gives none; folder: that paths start from.

    Raises:
        ConfigError: all problems, each with its place.
    """
    reader = Reader(folder, list(source.problems))
    top = source.value
    if not isinstance(top, dict):
        what = "is empty" if top is None else "is no mapping of keys to values"
        raise source.error([*reader.problems, Problem((), f"the file {what}; it needs dataset, models and arms.")])
    experiment = _experiment(reader, top, name)
    if reader.problems or experiment is None:
        raise source.error(_first_causes(source, reader.problems))
    return experiment


def _first_causes(source: Source, problems: Sequence[Problem]) -> list[Problem]:
    """Without what is said again of a value that YAML itself leaves in doubt."""
    doubtful = {source.place(problem) for problem in source.problems}
    return [p for p in problems if p in source.problems or source.place(p) not in doubtful]


def _experiment(reader: Reader, top: Mapping[str, Any], name: str) -> Experiment | None:
    shared = _found(reader, ExperimentFile, top, ())
    listed = top.get("studies")
    parts: list[Found] = [Found({}, {})]
    if listed is not None:
        if not isinstance(listed, list) or not listed:
            reader.wrong(("studies",), "wanted a list of studies.")
            listed = []
        parts = [_found(reader, StudyKeys, study, ("studies", i)) for i, study in enumerate(listed)]
    studies = [_study(reader, _merged(shared, part), ("studies", i) if listed else ()) for i, part in enumerate(parts)]
    _distinct(reader, studies)
    called = shared.values.get("name") or name
    if not NAME.fullmatch(called):
        reader.wrong(("name",), f"'{called}' names a folder: wanted at most 100 letters, digits, blanks and _ . + -.")
    if reader.problems:
        return None
    whole = tuple(study for study in studies if study is not None)
    return Experiment(called, whole, shared.values.get("tracking"), folder=reader.folder)


def _merged(shared: Found, own: Found) -> Found:
    """What a study says, over what the top of the file says."""
    return Found({**shared.values, **own.values}, {**shared.paths, **own.paths})


def _distinct(reader: Reader, studies: Sequence[Study | None]) -> None:
    """One model on one dataset at one train size belongs to one study: its intervals are taken together."""
    first: dict[str, int] = {}
    for position, study in enumerate(studies):
        models = () if study is None else study.models
        for model, size in product(models, () if study is None else study.train_sizes):
            assert study is not None
            name = canonical_json([dict(study.dataset.entry), model.label, size])
            if first.setdefault(name, position) != position:
                reader.wrong(
                    ("studies", position),
                    f"study {first[name] + 1} runs {model.label} on the same rows already, and intervals of its arms "
                    "must be taken together. Put the arms into one study.",
                )


def _found(reader: Reader, kind: type[StudyKeys], value: Any, path: Path) -> Found:
    """Each key on its own, so that one bad key hides nothing of the others."""
    if not isinstance(value, dict):
        reader.wrong(path, f"wanted a mapping with dataset, models and arms, not {shown(value)}.")
        return Found({}, {})
    fields = kind.model_fields
    for key in value:
        if key not in fields and not (kind is ExperimentFile and key.startswith("x-")):
            reader.wrong((*path, key), unknown_key(key, list(fields)), on_key=True)
    values: dict[str, Any] = {}
    for key in [key for key in fields if key in value and key != "studies"]:
        at = (*path, key)
        if key in ENTRIES:
            values[key] = _entries(reader, key, value[key], at)
        elif key == "dataset":
            entry = _dataset(reader, value[key], at)
            values.update({} if entry is None else {key: entry})
        else:
            values.update(_setting(reader, kind, key, value[key], at))
    return Found(values, {key: (*path, key) for key in value})


def _setting(reader: Reader, kind: type[StudyKeys], key: str, value: Any, path: Path) -> dict[str, Any]:
    """{key: what it stands for}, or nothing where it cannot be read."""
    info = kind.model_fields[key]
    nested = [k for k in (info.annotation, *get_args(info.annotation)) if isclass(k) and issubclass(k, BaseModel)]
    try:
        return {key: _adapter(kind, key).validate_python(value, strict=True)}
    except ValidationError as error:
        reader.refused(error, path, nested[0] if nested else None)
        return {}


@cache
def _adapter(kind: type[BaseModel], key: str) -> TypeAdapter[Any]:  # of the field's own type
    info = kind.model_fields[key]
    annotated: Any = info.annotation
    for part in info.metadata:
        annotated = Annotated[annotated, part]
    return TypeAdapter(annotated)


def _entries(reader: Reader, key: str, value: Any, path: Path) -> dict[Path, Any]:
    """The models or arms that can be read, each with its place."""
    kind, name = ENTRIES[key]
    listed = value if isinstance(value, list) else [value]
    if not listed or value is None:
        reader.wrong(path, f"wanted at least one of the {key}.")
    made: dict[Path, Any] = {}
    for position, item in enumerate(listed if value is not None else []):
        at = (*path, position) if isinstance(value, list) else path
        entry = _entry(reader, kind, {name: item} if isinstance(item, str) else item, at)
        if entry is not None:
            made[at] = entry
    return made


def _entry(reader: Reader, kind: type[BaseModel], value: Any, path: Path) -> Any:  # a `kind`, or None
    if not isinstance(value, dict):
        key = next(iter(kind.model_fields))
        reader.wrong(path, f"wanted a name or a mapping with '{key}', not {shown(value)}.")
        return None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        reader.refused(error, path, kind)
        return None


def _dataset(reader: Reader, value: Any, path: Path) -> DatasetRef | None:
    if isinstance(value, str):
        value = {"name": value}
    named = isinstance(value, dict) and DatasetRef(value).is_named
    near_miss = isinstance(value, dict) and "name" not in value and not any(key in value for key in SOURCES)
    entry = _entry(reader, NamedEntry if named and not near_miss else FileEntry, value, path)
    if entry is None:
        return None
    written = dict(value)
    if isinstance(entry, NamedEntry):
        _check_params(reader, "dataset", entry.name, entry.params, ("name",), path)
        return DatasetRef(written, reader.folder)
    for key in ("file", "folder", "npz", "beir", "test"):
        if key in written:
            written[key] = _existing(reader, written[key], (*path, key))
    return DatasetRef({key: item for key, item in written.items() if item is not None}, reader.folder)


def _existing(reader: Reader, written: str, path: Path) -> str:
    """The path without needless parts, if something is there."""
    found = FilePath(reader.folder or ".", written)
    if not found.exists():
        beside = [other.name for other in found.parent.iterdir()] if found.parent.is_dir() else []
        reader.wrong(path, f"there is no {FilePath(written)} in {found.parent}.{did_you_mean(found.name, beside)}")
    return FilePath(written).as_posix()


def _check_params(
    reader: Reader, kind: registry.Kind, name: str, params: Mapping[str, Any], reserved: Sequence[str], path: Path
) -> None:
    if not is_at_hand(kind, name):
        return
    for key, message in param_faults(kind, name, params, reserved):
        reader.wrong((*path, key) if key else path, message, on_key="takes no" in message)


def _study(reader: Reader, found: Found, path: Path) -> Study | None:
    """The study, if nothing in it is wrong; checks what two keys together allow."""
    before = len(reader.problems)
    for key in ("dataset", "models", "arms"):
        if key not in found.paths:
            reader.wrong(path, f"the key '{key}' is missing.")
    values = dict(found.values)
    models = {at: Spec(entry.name, entry.params) for at, entry in values.pop("models", {}).items()}
    for at, model in models.items():
        _check_params(reader, "model", model.name, model.params, ("name",), at)
    entries = values.pop("arms", {})
    arms = {at: _arms(reader, entry, at) for at, entry in entries.items()}
    _unlike(reader, [(at, model.label) for at, model in models.items()], "model")
    _unlike(reader, [(at, arm.label) for at, made in arms.items() for arm in made], "arm")
    if (modality := _modality(values.get("dataset"))) is not None:
        named: list[tuple[Path, registry.Kind, str]]
        named = [((*at, "name"), "model", model.name) for at, model in models.items()]
        named += [((*at, "augmenter"), "augmenter", entry.augmenter) for at, entry in entries.items()]
        _check_modality(reader, modality, named)
        for at, entry in [(at, entry) for at, entry in entries.items() if entry.keep_if is not None]:
            for key, message in filter_faults(entry.keep_if.filters, modality):
                reader.wrong((*at, "keep_if", key), message, on_key=True)
        _check_rows(reader, modality, {at: entry.scope for at, entry in entries.items()}, found)
    if len(reader.problems) > before or "dataset" not in values:
        return None
    renamed = {"seeds": "replicates", "draws": "versions"}
    settings = {renamed.get(key, key): item for key, item in values.items() if key not in ("name", "tracking")}
    settings["train_sizes"] = tuple(settings.get("train_sizes", (None,)))
    flat = tuple(arm for made in arms.values() for arm in made)
    return Study(**{**settings, "models": tuple(models.values()), "arms": flat})


def _check_rows(reader: Reader, modality: str, scopes: Mapping[Path, Any], found: Found) -> None:
    """What only rows of some kind have: classes, and values that are missing."""
    if modality == "retrieval":
        for at in [at for at, scope in scopes.items() if scope != "all"]:
            reader.wrong((*at, "scope"), "a retrieval dataset has no classes; remove the key.")
    if modality != "tabular" and found.values.get("impute") is not None:
        text = f"it fills missing values of tables, and this dataset is {modality}. Remove the key."
        reader.wrong(found.paths["impute"], text, on_key=True)


def _arms(reader: Reader, entry: ArmEntry, path: Path) -> tuple[Arm, ...]:
    """Every dose of one entry; none where something is wrong with it."""
    spec, before = Spec(entry.augmenter, entry.params), len(reader.problems)
    plugin = registry.get("augmenter", spec.name) if is_at_hand("augmenter", spec.name) else None
    written = {key: getattr(entry, key) for key in ARM_KEYS[1:-1] if key in entry.model_fields_set}
    filters = {} if entry.keep_if is None else entry.keep_if.filters
    written = {**written, "keep_if": filters or None}
    written = {key: value for key, value in written.items() if value is not None}
    _check_params(reader, "augmenter", spec.name, spec.params, ARM_KEYS, path)
    for key, message in [] if plugin is None else dose_faults(spec.name, plugin, written):
        reader.wrong((*path, key) if key else path, message, on_key=bool(key))
    if "ratio" in written and "balance" in written:
        reader.wrong((*path, "balance"), "an arm has a ratio or a balance, not both. Remove one.", on_key=True)
    if "path" in spec.params and spec.name == "file" and isinstance(spec.params["path"], str):
        spec = Spec(spec.name, {**spec.params, "path": _existing(reader, spec.params["path"], (*path, "path"))})
    return () if len(reader.problems) > before else doses(spec, plugin, written, entry.scope, filters)


def _unlike(reader: Reader, labels: Sequence[tuple[Path, str]], what: str) -> None:
    first: dict[str, Path] = {}
    for at, label in labels:
        if label in first:
            number = first[label][-1]
            earlier = f" ({what} {number + 1})" if isinstance(number, int) else ""
            reader.wrong(at, f"the {what} '{label}' is listed a second time{earlier}. Remove one.")
        first.setdefault(label, at)


def _modality(dataset: DatasetRef | None) -> str | None:
    """What the rows are, if that can be told without loading them."""
    if dataset is None:
        return None
    if not dataset.is_named:
        return FileEntry(**dataset.entry).modality
    name = str(dataset.entry["name"])
    modalities: Sequence[str] = registry.get("dataset", name).modalities if is_at_hand("dataset", name) else ()
    return modalities[0] if len(modalities) == 1 else None


def _check_modality(reader: Reader, modality: str, named: Sequence[tuple[Path, registry.Kind, str]]) -> None:
    for at, kind, name in named:
        if not is_at_hand(kind, name):
            continue
        plugin = registry.get(kind, name)
        if not plugin.takes(modality):
            takes = plugin.modalities
            near = [other for other in registry.known(kind) if is_at_hand(kind, other)]
            fit = [other for other in near if registry.get(kind, other).takes(modality) and other != "none"]
            reader.wrong(
                at,
                f"the {kind} '{name}' takes {' or '.join(takes)}, and the dataset is {modality}. "
                f"For {modality}: {', '.join(fit) or 'none is built in'}.",
            )

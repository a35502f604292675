"""The Python door: run an experiment, compare arms on rows in memory, apply an augmenter."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import ValidationError

from augeval import config, registry
from augeval.applied import judge_of, text_encoder
from augeval.augment.apply import Context, apply_arm
from augeval.errors import InputError, did_you_mean
from augeval.experiment.refusals import Reader
from augeval.folders import RunResult
from augeval.harness import Event, Options
from augeval.harness import run as run_experiment
from augeval.in_memory import Names, arms_of, dataset_of, labels_of, metric_of, model_of, register_dataset, rows_of
from augeval.types import Dataset, Examples, Json, Modality

__all__ = ["augment", "compare", "run"]

_Key = TypeVar("_Key")  # what a key of a file holds
USUAL_MODEL: Mapping[Modality, str] = {
    "text": "embedding_logistic",
    "image": "pixels_logistic",
    "tabular": "logistic",
}


def run(
    experiment: config.Experiment | Mapping[str, Json] | str | Path,
    *,
    on_event: Callable[[Event], None] = lambda event: None,
    **options: Any,  # the fields of `Options`
) -> RunResult:
    """Run an experiment: verdicts, report, MLflow records. The same call again resumes.

    Args:
        experiment: a YAML file, what `config.load` made of one, or the values that a file would hold.
        on_event: told of progress, see `harness.run`.
        options: fields of `Options`: out, executor, workers, timeout, allow_code, allow_env_change, fresh,
            retry_failed, track, require_tracking.

    Raises:
        InputError: the experiment, a dataset, a plug-in, an option or the run folder is not usable; nothing was run.
    """
    known = [field.name for field in fields(Options)]
    for name in options:
        if name not in known:
            raise InputError(f"run has no option '{name}'.{did_you_mean(name, known)} Options: {', '.join(known)}.")
    if isinstance(options.get("out"), str):
        options["out"] = Path(options["out"])
    exp = config.of(experiment) if isinstance(experiment, Mapping) else experiment
    return run_experiment(exp, Options(**options), on_event)


def compare(  # noqa: PLR0913  # what an experiment file says in as many keys
    X: Any,
    y: Any,
    arms: Sequence[Any],
    model: Any = None,
    *,
    seeds: int = 20,
    draws: int | Literal["seeds"] = 8,
    race: bool = False,
    confirm: bool | Literal["auto", "best"] = "auto",
    train_sizes: Sequence[int | None] | int | None = None,
    metrics: Any = None,
    margin: float = 0.01,
    groups: Any = None,
    impute: Literal["median"] | None = None,
    ratio: float | Sequence[float] | None = None,
    balance: float | Sequence[float] | None = None,
    scope: str | Sequence[str] | None = None,
    test: float = 0.4,
    name: str = "data",
    out: str | Path | None = None,
) -> RunResult:
    """Judge arms on rows in memory, with any scikit-learn classifier, imbalanced-learn sampler or function.

    Everything runs in this process and nothing goes to MLflow.

    Args:
        X: n texts, an (n, d) array of numbers, a DataFrame, or (n, h, w, c) uint8 images.
        y: (n,) labels. groups: (n,) rows with the same value are never split between train and test.
        arms: names ("class_weight"), samplers (SMOTE(k_neighbors=3)), functions of one row, `Arm`s, pairs of these
            with a dict of doses and parameters, ("jitter", {"magnitude": [0.1, 0.3], "ratio": 2}), or dicts as in a
            file: {"augmenter": "jitter", "magnitude": 0.1}.
        model: a classifier, a name, or a list of these; the usual one of the modality if not given.
        seeds: replicates, the most where they are raced. draws: versions of each augmented row that the seeds share.
        race: whether arms stop at the first look that decides them.
        confirm: whether a recommended dose is measured again on fresh seeds and rows; "auto" where there are doses to
            choose from and rows enough, "best" also the best-looking dose where none is recommended.
        train_sizes: real training rows; None for all that the split leaves.
        metrics: a name or function; a list whose first is the primary one; or a mapping as in a file, with costs.
        margin: the smallest difference that matters. test: share of the rows that is held out.
        impute: "median" fills missing values of tables from each seed's training rows, in every arm.
        ratio, balance, scope: of arms that name none. Samplers then balance the classes, others make a row per row.
        name: what reports call the rows. out: run folder; a temporary one, gone with this process, if not given.

    Returns:
        Verdicts, summary, cells and report, as of `run`.

    Raises:
        InputError: rows, labels, arms, model, metrics or replicates that cannot be used; nothing was run.
    """
    if confirm not in ("auto", "best", True, False):
        raise InputError(f"confirm: wanted 'auto', 'best', True or False, not {confirm!r}.")
    names = Names()
    dataset = dataset_of(X, y, groups, name=name)
    models = model if isinstance(model, list) else [USUAL_MODEL[dataset.modality] if model is None else model]
    sizes = train_sizes if isinstance(train_sizes, Sequence) else [train_sizes]
    defaults = {"ratio": ratio, "balance": balance, "scope": scope}
    study = config.Study(
        dataset=config.DatasetRef(register_dataset(dataset, names)),
        models=tuple(model_of(one, names) for one in models),
        arms=arms_of(arms, dataset.modality, names, defaults),
        train_sizes=tuple(sizes),
        replicates=_read("seeds", config.Seeds, max=seeds, race=race),
        versions=_read("draws", config.Draws, count=draws),
        confirm=confirm,
        margin=margin,
        impute=impute,
        split=config.SplitSettings(test=test),
        metrics=config.Metrics() if metrics is None else _metrics(metrics, names),
    )
    folder = _temporary() if out is None else Path(out)
    options = Options(out=folder, executor="serial", allow_code=True, track=False, command="augeval.compare")
    return run_experiment(config.Experiment(name, (study,)), options)


def augment(  # noqa: PLR0913  # what an arm says in as many keys
    X: Any,
    labels: Any = None,
    augmenter: Any = "synonym",
    *,
    magnitude: float | None = None,
    ratio: float | None = None,
    balance: float | None = None,
    scope: str | Sequence[str] = "all",
    keep_if: Mapping[str, Json] | None = None,
    seed: int = 0,
    **params: Any,  # the augmenter's own
) -> Examples:
    """Make rows: what a verdict recommends, applied. Hand it training rows only.

    Args:
        X: n texts, an (n, d) array of numbers, a DataFrame, or (n, h, w, c) uint8 images.
        labels: (n,) labels; None for rows of one class.
        augmenter: a name, an imbalanced-learn sampler, or a function of one row; params: its parameters.
        magnitude: strength of one edit, in the augmenter's unit; its usual one if not given.
        ratio: rows to make per row in scope; 1 if neither it nor balance is given (samplers balance the classes).
        balance: rows of each class in scope / rows of the largest class, afterwards.
        scope: "all", "minority", or labels. keep_if: which rows stay, as in an experiment file. seed: names the draw.

    Returns:
        The synthetic rows alone: `x`, `y` with the labels that were given, `parents` (m, p), positions in X.

    Raises:
        InputError: rows, labels or doses that cannot be used.
        NotApplicable: the augmenter means nothing on these rows. ContractError: it broke a law.
    """
    modality, x, columns = rows_of(X)
    found = labels_of(["row"] * len(x) if labels is None else labels, len(x))
    settings = {"magnitude": magnitude, "ratio": ratio, "balance": balance, **params}
    if not isinstance(scope, str) or scope != "all":
        settings["scope"] = scope
    if keep_if:
        settings["keep_if"] = keep_if
    arms = arms_of([(augmenter, settings)], modality, Names(), {})
    plugin = registry.get("augmenter", arms[0].augmenter.name, allow_code=True)
    if not plugin.takes(modality):
        raise InputError(f"The augmenter '{plugin.name}' takes {' or '.join(plugin.modalities)}, not {modality}.")
    plugin.needed(arms[0].augmenter.params)
    rows = Examples(x, found.y, np.arange(len(x)))
    dataset = Dataset("data", modality, rows, found.classes, columns)
    encoder = text_encoder() if plugin.wants("encoder") else None
    judge = judge_of(dataset) if arms[0].keep_if else None
    context = Context(dataset, seed, seed, x[:0], encoder, judge=judge)
    made = apply_arm(arms[0], plugin, rows, context).training.synthetic
    return replace(made, y=found.values[made.y])


def _read(key: str, kind: Callable[..., _Key], **given: Any) -> _Key:
    """The values of a key, refused in the words of an experiment file."""
    try:
        return kind(**given)
    except ValidationError as error:
        reader = Reader(None)
        reader.refused(error, (key,))
        raise InputError(" ".join(f"{key}: {problem.message}" for problem in reader.problems)) from error


def _metrics(given: Any, names: Names) -> config.Metrics:
    if isinstance(given, Mapping):  # as in a file, which is where costs have a place
        return _read("metrics", config.Metrics, **given)
    first, *also = [metric_of(one, names) for one in (given if isinstance(given, list | tuple) else [given])]
    return _read("metrics", config.Metrics, primary=first, also=also)


def _temporary() -> Path:
    """A folder that is gone when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="augeval-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder

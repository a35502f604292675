"""`recall[bad]@tuned`: what stands behind a metric's name, and what else a metric is told beside predictions.

Behind the @ stands its treatment: what is done to the scores before the metric reads them. A metric that needs to be
told something has one keyword-only parameter and says by `needs` what it is. The registry finds `recall[bad]` by its
head; what a class is called, which class is rarest and what mistakes cost is known once the rows are: then `settled`
gives the metric of (y, scores) that the harness calls.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError, did_you_mean
from augeval.plugins import MetricPlugin
from augeval.types import Dataset

__all__ = [
    "IN_BRACKETS",
    "OUT_OF_FOLD",
    "TREATMENTS",
    "Costs",
    "base_of",
    "check_treatment",
    "head_of",
    "in_words",
    "settled",
    "split_name",
    "treatment_of",
    "treatments_for",
    "with_argument",
    "with_treatment",
]

Costs = Mapping[str, Mapping[str, float]]  # true class -> predicted class -> cost
IN_BRACKETS = {
    "class": "a class",
    "level": "a share between 0 and 1",
    "rare": "a share between 0 and 1",
    "bins": "a number of bins, 2 to 1000",
}
MOST_BINS = 1000
TREATMENTS: dict[str, str] = {
    "tuned": "the cut between the classes is moved to where the metric is best on out-of-fold scores",
    "recalibrated": "probabilities are mapped by Platt scaling that was fitted to out-of-fold scores",
    "prior_corrected": "probabilities are weighed back to the classes' real shares, from those in what was trained on",
}
OUT_OF_FOLD = ("tuned", "recalibrated")  # treatments that are fitted to scores of training rows
_READ_BY = {"classes": ("tuned",), "probabilities": ("recalibrated", "prior_corrected"), "ranks": ()}
_TREATED = {"tuned": "{} at the tuned cut", "recalibrated": "recalibrated {}", "prior_corrected": "prior-corrected {}"}
WORDS = {
    **dict.fromkeys(("recall", "precision"), "{head} of {argument}"),
    **dict.fromkeys(("recall_at_precision", "precision_at_recall"), "{head} {argument}"),
    "ece": "{head} in {argument} bins",
    "rare_recall": "recall of classes up to {argument} of the largest",
}


def split_name(name: str) -> tuple[str, str | None]:
    """ "recall[bad]@tuned" -> ("recall", "bad"); the argument is None where there are no brackets behind a head."""
    base = base_of(name)
    head, bracket, rest = base.partition("[")
    return (head, rest[:-1]) if head and bracket and rest.endswith("]") else (base, None)


def head_of(name: str) -> str:
    """The name without what stands in brackets, and without its treatment."""
    return split_name(name)[0]


def base_of(name: str) -> str:
    """ "brier@recalibrated" -> "brier": the metric that reads the scores as they are."""
    base, at, word = name.rpartition("@")
    return base if base and at and "]" not in word else name  # an @ within brackets is part of a class's name


def treatment_of(name: str) -> str | None:
    """ "brier@recalibrated" -> "recalibrated"; None where no @ stands behind a metric."""
    base = base_of(name)
    return None if base == name else name[len(base) + 1 :]


def treatments_for(plugin: MetricPlugin) -> tuple[str, ...]:
    """The treatments that change what this metric reads."""
    return _READ_BY.get(plugin.reads or "", ())


def check_treatment(treatment: str | None) -> None:
    """Refuse a word behind an @ that is no treatment.

    Raises:
        InputError: names the nearest one.
    """
    if treatment is not None and treatment not in TREATMENTS:
        raise InputError(
            f"No treatment is called '{treatment}'.{did_you_mean(treatment, TREATMENTS)} Behind a metric's @ may stand "
            f"{', '.join(TREATMENTS)}."
        )


def with_treatment(plugin: MetricPlugin, treatment: str) -> MetricPlugin:
    """The metric of treated scores, under the name that says so.

    Raises:
        InputError: there is no such treatment, it would change nothing of what the metric reads, or nobody said what
            that is.
    """
    check_treatment(treatment)
    if plugin.treatment or treatment not in treatments_for(plugin):
        raise InputError(f"'{plugin.name}@{treatment}' cannot be measured: {_why_not(plugin, treatment)}")
    return replace(plugin, name=f"{plugin.name}@{treatment}", treatment=treatment)  # type: ignore[arg-type]  # is known


def _why_not(plugin: MetricPlugin, treatment: str) -> str:
    name, may = plugin.name, treatments_for(plugin)
    if plugin.treatment:
        return f"one treatment at a time. Write {base_of(name)}@{treatment}."
    if plugin.reads == "ranks":
        return f"'{name}' reads the order of scores alone, which no treatment changes. Write {name}."
    if plugin.reads is None:
        return f"nobody said what '{name}' reads. Say it where it is defined: @augeval.metric(reads=…)."
    instead = " or ".join(f"{name}@{word}" for word in may)
    if plugin.reads == "classes":
        return f"'{name}' reads the predicted class, not probabilities. Write {instead}."
    return f"'{name}' reads probabilities, which another cut between the classes leaves as they are. Write {instead}."


def in_words(name: str) -> str:
    """What a reader sees: "macro f1", "recall of bad", "ece in 10 bins"; a class keeps its spelling.

    Treated ones are "macro f1 at the tuned cut", "recalibrated brier" and "prior-corrected brier".
    """
    if treatment := treatment_of(name):
        return _TREATED.get(treatment, f"{{}} {treatment}").format(in_words(base_of(name)))
    head, argument = split_name(name)
    if argument is None:
        return name.replace("_", " ")
    return WORDS.get(head, "{head} [{argument}]").format(head=head.replace("_", " "), argument=argument)


def with_argument(plugin: MetricPlugin, argument: str | None) -> MetricPlugin:
    """The metric with what stood in brackets, under the one name that it then has.

    Args:
        argument: "0.90" becomes "0.9"; None takes the default of the function's parameter, which the name then holds.

    Raises:
        InputError: the metric takes none, wants one, or wants another.
    """
    if plugin.treatment:
        untreated = replace(plugin, name=base_of(plugin.name), treatment="")
        return with_treatment(with_argument(untreated, argument), plugin.treatment)
    wanted = IN_BRACKETS.get(plugin.needs)
    if wanted is None:
        if argument is None:
            return plugin
        raise InputError(f"The metric '{plugin.name}' takes nothing in brackets. Write {plugin.name}.")
    default = _parameter(plugin).default
    if argument is None and default is not inspect.Parameter.empty:
        argument = str(default)
    if not argument or (plugin.needs != "class" and _number(plugin.needs, argument) is None):
        example = {"class": "name of a class", "level": "0.9", "rare": "0.5", "bins": "15"}[plugin.needs]
        said = f"not '{argument}'" if argument else "not nothing"
        raise InputError(
            f"The metric '{plugin.name}' wants in brackets {wanted}, {said}. Write {plugin.name}[{example}]."
        )
    plain = argument if plugin.needs == "class" else f"{_number(plugin.needs, argument):.15g}"
    return replace(plugin, name=f"{plugin.name}[{plain}]", argument=plain)


def settled(plugin: MetricPlugin, dataset: Dataset, costs: Costs | None = None) -> MetricPlugin:
    """The metric of (y, scores) alone, told all else that it needs.

    Args:
        dataset: whose classes it is about. costs: of the experiment, for metrics that need them.

    Raises:
        InputError: no class is called so, with the nearest; costs that are missing or do not fit the classes.
    """
    if not plugin.needs:
        return plugin
    if plugin.needs in IN_BRACKETS and not plugin.argument:
        plugin = with_argument(plugin, None)
    value = _value(plugin, dataset, costs)
    parts = None if plugin.contributions is None else _telling(plugin.contributions, plugin, value)
    bounds = (float(value.min()), float(value.max())) if plugin.needs == "costs" else plugin.bounds
    return replace(plugin, fn=_telling(plugin.fn, plugin, value), contributions=parts, needs="", bounds=bounds)


def _parameter(plugin: MetricPlugin) -> inspect.Parameter:
    """The keyword-only parameter by which the function is told."""
    (parameter,) = plugin.params.values()
    return parameter


def _number(needs: str, argument: str) -> float | int | None:
    """The level or the number of bins that a text holds, or None."""
    try:
        value = int(argument) if needs == "bins" else float(argument)
    except ValueError:
        return None
    inside = 2 <= value <= MOST_BINS if needs == "bins" else 0 < value < 1
    return value if inside else None


def _value(plugin: MetricPlugin, dataset: Dataset, costs: Costs | None) -> Any:  # what its parameter takes
    if plugin.needs == "class":
        return _class_called(plugin, dataset)
    if plugin.needs in ("rarest", "rare"):
        if not dataset.classes:
            raise InputError(f"The metric '{plugin.name}' is about a class, and '{dataset.name}' has none.")
        return _rarest(dataset) if plugin.needs == "rarest" else _rare(plugin, dataset)
    if plugin.needs == "costs":
        return _matrix(plugin.name, dataset, costs)
    return _number(plugin.needs, plugin.argument)


def _rarest(dataset: Dataset) -> int:
    counts = np.bincount(dataset.examples.y, minlength=dataset.n_classes)
    return len(counts) - 1 - int(counts[::-1].argmin())


def _rare(plugin: MetricPlugin, dataset: Dataset) -> NDArray[np.int64]:
    """The classes with at most that share of the largest class's rows, of rows that may be trained on."""
    y, official = dataset.examples.y, dataset.test_rows
    counts = np.bincount(y if official is None else np.delete(y, official), minlength=dataset.n_classes)
    rare = np.flatnonzero(counts <= float(plugin.argument) * counts.max())
    if not len(rare):
        least = int(counts.argmin())
        raise InputError(
            f"The metric '{plugin.name}' is about classes with at most {plugin.argument} of the {counts.max()} rows of "
            f"the largest class of '{dataset.name}', and the smallest, {dataset.classes[least]}, has {counts[least]}. "
            "Write a larger share."
        )
    return rare.astype(np.int64)


def _class_called(plugin: MetricPlugin, dataset: Dataset) -> int:
    if plugin.argument in dataset.classes:
        return dataset.classes.index(plugin.argument)
    raise InputError(
        f"The metric '{plugin.name}' is about '{plugin.argument}', which is no class of '{dataset.name}'."
        f"{did_you_mean(plugin.argument, dataset.classes)} Classes: {', '.join(dataset.classes)}."
    )


def _matrix(name: str, dataset: Dataset, costs: Costs | None) -> NDArray[np.float64]:
    """(k, k) costs by true and predicted class; being right costs nothing unless it is said."""
    classes = dataset.classes
    if costs is None:
        raise InputError(
            f"The metric '{name}' needs costs. Write metrics: {{costs: {{true class: {{predicted: cost}}}}}}."
        )
    for named in (*costs, *(predicted for row in costs.values() for predicted in row)):
        if named not in classes:
            raise InputError(
                f"metrics.costs names '{named}', which is no class of '{dataset.name}'.{did_you_mean(named, classes)} "
                f"Classes: {', '.join(classes)}."
            )
    table = [[costs.get(true, {}).get(said, 0.0 if said == true else np.nan) for said in classes] for true in classes]
    matrix = np.array(table, np.float64)
    for true, said in np.argwhere(np.isnan(matrix) | (matrix < matrix.diagonal()[:, None])):
        cost, right = matrix[true, said], matrix[true, true]
        mistake = f"taking a '{classes[true]}' for a '{classes[said]}'"
        raise InputError(
            (f"metrics.costs lack {mistake}." if np.isnan(cost) else f"metrics.costs make {mistake} cheap ({cost:g}).")
            + f" Being right costs {right:g}, so it must cost as much or more: "
            f'write costs: {{"{classes[true]}": {{"{classes[said]}": …}}}}.'
        )
    if (matrix == matrix.diagonal()[:, None]).all():
        raise InputError(
            "metrics.costs make every mistake cost as much as being right, so there is nothing to measure."
        )
    return matrix


def _telling(fn: Callable[..., Any], plugin: MetricPlugin, value: Any) -> Callable[..., Any]:
    """The function with its parameter given; `describe` and the digest still see the function."""
    name = _parameter(plugin).name

    def told(y: NDArray[Any], scores: NDArray[np.float64]) -> Any:  # what the function returns
        return fn(y, scores, **{name: value})

    told.__doc__ = fn.__doc__
    told.__wrapped__ = fn  # type: ignore[attr-defined]  # what inspect.unwrap follows
    told.__signature__ = inspect.signature(told, follow_wrapped=False)  # type: ignore[attr-defined]  # nothing is open
    return told

"""Single values of an experiment file: names, doses, shares, scopes; what each may be, and how it is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler

from augeval import registry
from augeval.errors import InputError, did_you_mean
from augeval.told import base_of, check_treatment, head_of, split_name, treatment_of, with_argument, with_treatment

__all__ = [
    "AugmenterName",
    "Balance",
    "Cosine",
    "DatasetName",
    "Entry",
    "ErrorRate",
    "Faults",
    "Magnitude",
    "MetricName",
    "MetricNames",
    "ModelName",
    "Number",
    "OneOrMore",
    "OrMetric",
    "OrName",
    "OrNumber",
    "Part",
    "Ratio",
    "Share",
    "Targets",
    "TrainSize",
    "UpToOne",
    "as_costs",
    "as_count",
    "as_draws",
    "as_metrics",
    "as_scope",
    "as_seeds",
    "as_targets",
    "as_when",
    "by_name",
]

T = TypeVar("T")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*(\.\w+)*")
Schema = dict[str, Any]  # a piece of JSON Schema
MOST_BALANCE = 10


class Faults(ValueError):
    """Several things wrong with one entry: (key, message), the key "" for the entry as a whole."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in faults))
        self.faults = tuple(faults)


class Entry(BaseModel):
    """Refuses unknown keys; never changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Name:
    """In the schema for editors: the names that are known here, or a dotted path."""

    def __init__(self, kind: registry.Kind) -> None:
        self.kind = kind

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        pattern = r":|.\[.+\](@\w+)?$|.@\w+$" if self.kind == "metric" else ":"
        return {"anyOf": [{"enum": registry.known(self.kind)}, {"type": "string", "pattern": pattern}]}


class _OrOne:
    """In the schema for editors: a list may be left out where it has one item."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        listed = handler(core)
        return {"anyOf": [listed["items"], listed]}


class _Bounds:
    """In the schema for editors: the range of a number."""

    def __init__(self, **bounds: float) -> None:
        self.bounds = bounds

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        return {**handler(core), **self.bounds}


class OrMetric:
    """In the schema for editors: a metric's name, or a list of names, stands for the mapping."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        names = _Name("metric").__get_pydantic_json_schema__(core, handler)["anyOf"]
        return {"anyOf": [*names, {"type": "array", "items": {"anyOf": names}}, handler(core)]}


class OrName:
    """In the schema for editors: an entry that gives nothing but its name may be the name."""

    def __init__(self, kind: registry.Kind) -> None:
        self.kind = kind

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        return {"anyOf": [*_Name(self.kind).__get_pydantic_json_schema__(core, handler)["anyOf"], handler(core)]}


class OrNumber:
    """In the schema for editors: a number, or a word, stands for the mapping."""

    def __init__(self, least: int, *words: str) -> None:
        self.plain: list[Schema] = [{"type": "integer", "minimum": least, "maximum": 1000}]
        self.plain += [{"enum": list(words)}] if words else []

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:
        return {"anyOf": [*self.plain, handler(core)]}


def _known(kind: registry.Kind) -> AfterValidator:
    """Refuse a name that no registry knows; a dotted path is looked up when the experiment is run."""

    def check(name: str) -> str:
        head = head_of(name) if kind == "metric" else name
        if registry.is_dotted(name):
            if not DOTTED.fullmatch(head):
                raise ValueError(f"'{name}' is no path of the form package.module:attribute.")
            if kind == "metric":
                _refuse_treatment(name)
            return name
        names = registry.known(kind)
        if name not in names and head not in names:
            module, _, attribute = name.rpartition(".")
            hint = f" Did you mean '{module}:{attribute}'?" if module and head == name else did_you_mean(head, names)
            behind = name.removeprefix(head)
            if behind.startswith("[") and base_of(head) in names:  # ece@recalibrated[15]
                hint = f" Write {base_of(head)}{behind}@{treatment_of(head)}."
            raise ValueError(
                f"no {kind} is called '{head}'.{hint} Known: {', '.join(names)}. Your own: package.module:attribute."
            )
        return _in_full(name) if kind == "metric" and registry.is_builtin(kind, name) else name

    return AfterValidator(check)


def _refuse_treatment(name: str) -> None:
    """Refuse an unknown word behind the @ of a dotted path; what the metric reads is known when it is imported."""
    try:
        check_treatment(treatment_of(name))
    except InputError as error:
        raise ValueError(str(error)) from error


def _in_full(name: str) -> str:
    """The one name of a metric: "ece@recalibrated" is "ece[10]@recalibrated", and "recall" alone is refused."""
    treatment = treatment_of(name)
    try:
        plugin = with_argument(registry.get("metric", head_of(name)), split_name(name)[1])
        return plugin.name if treatment is None else with_treatment(plugin, treatment).name
    except InputError as error:
        raise ValueError(str(error)) from error


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


def by_name(key: str) -> BeforeValidator:
    """A bare word stands for an entry that gives nothing but its name."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def as_scope(value: Any) -> Any:  # whatever the file holds
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


def as_targets(value: Any) -> Any:  # whatever the file holds
    """Class names as text, as datasets have them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"wanted a mapping from class names to balances, {{rare: 0.5, other: 1}}, not {value!r}.")
    if not value:
        raise ValueError("the mapping is empty; name a class, or leave the key out.")
    return {str(name): share for name, share in value.items()}


def as_when(value: Any) -> Any:  # whatever the file holds
    if value in ("test", "both"):
        raise ValueError(
            "rows are augmented for training only; predictions over augmented test rows are not available. "
            "Write train, or leave the key out."
        )
    return value


def as_count(value: Any) -> Any:  # whatever the file holds
    if value == "seeds" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000):
        return value
    raise ValueError(
        f"wanted a whole number from 1 to 1000, or seeds (draws of its own for every seed), not {value!r}."
    )


def as_draws(value: Any) -> Any:  # whatever the file holds
    """A bare count stands for {count: …}."""
    return value if isinstance(value, Mapping) else {"count": as_count(value)}


def as_seeds(value: Any) -> Any:  # whatever the file holds
    """A bare number stands for {max: number}."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= 1000:
        raise ValueError(f"wanted a whole number from 2 to 1000, or a mapping with max and race, not {value!r}.")
    return {"max": value}


def as_costs(value: Any) -> Any:  # whatever the file holds
    """Class names as text, as datasets have them."""
    if not isinstance(value, Mapping) or not value:
        return value
    return {str(true): _named(row) for true, row in value.items()}


def _named(row: Any) -> Any:  # whatever the file holds
    return {str(predicted): cost for predicted, cost in row.items()} if isinstance(row, Mapping) else row


def as_metrics(value: Any) -> Any:  # whatever the file holds
    """`metrics: accuracy`, or a list whose first is the primary one."""
    if isinstance(value, str):
        return {"primary": value}
    return {"primary": value[0], "also": value[1:]} if isinstance(value, list) and value else value


OneOrMore = Annotated[list[T], AfterValidator(_once), BeforeValidator(_listed), _OrOne()]
Number = Annotated[float, AfterValidator(_finite)]
Magnitude = Annotated[Number, _within(lambda v: v >= 0, "a magnitude of at least 0"), _Bounds(minimum=0)]
Ratio = Annotated[
    Number,
    _within(lambda v: v > 0, "a ratio above 0 (0 is the baseline 'none', which is run in any case)"),
    _Bounds(exclusiveMinimum=0),
]
Balance = Annotated[
    Number,
    _within(
        lambda v: 0 < v <= MOST_BALANCE,
        f"a balance above 0 and at most {MOST_BALANCE} (rows of a class / rows of the largest; 1 makes them equal)",
    ),
    _Bounds(exclusiveMinimum=0, maximum=MOST_BALANCE),
]
Targets = Annotated[dict[str, Balance], BeforeValidator(as_targets)]
Share = Annotated[
    Number,
    _within(lambda v: 0 < v < 1, "a share between 0 and 1"),
    _Bounds(exclusiveMinimum=0, exclusiveMaximum=1),
]
Part = Annotated[
    Number,
    _within(lambda v: 0 <= v < 1, "a share of at least 0 and below 1"),
    _Bounds(minimum=0, exclusiveMaximum=1),
]
UpToOne = Annotated[
    Number,
    _within(lambda v: 0 <= v <= 1, "a share from 0 to 1"),
    _Bounds(minimum=0, maximum=1),
]
Cosine = Annotated[
    Number,
    _within(lambda v: -1 <= v <= 1, "a cosine from -1 to 1"),
    _Bounds(minimum=-1, maximum=1),
]
ErrorRate = Annotated[
    Number,
    _within(lambda v: 0 < v <= 0.5, "an error rate above 0 and at most 0.5"),
    _Bounds(exclusiveMinimum=0, maximum=0.5),
]
TrainSize = Annotated[int, Field(ge=1)] | None
AugmenterName = Annotated[str, _known("augmenter"), _Name("augmenter")]
DatasetName = Annotated[str, _known("dataset"), _Name("dataset")]
ModelName = Annotated[str, _known("model"), _Name("model")]
MetricName = Annotated[str, _known("metric"), _Name("metric")]
MetricNames = Annotated[list[MetricName], AfterValidator(_differing)]

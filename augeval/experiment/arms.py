"""One arm as it is written -> every dose of it; and what an augmenter's name and keys allow."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from augeval import registry
from augeval.errors import InputError, did_you_mean
from augeval.experiment.refusals import Reader
from augeval.extend import AugmenterPlugin, Plugin
from augeval.types import OPERATIONAL, Arm, Json, Spec

__all__ = [
    "Fault",
    "called",
    "dose_faults",
    "doses",
    "filter_faults",
    "is_at_hand",
    "param_faults",
    "refuse_params",
    "settle",
]

Fault = tuple[str, str]
"""(key, message): what is wrong with one key of an entry; "" for the entry as a whole."""

WORDS_ONLY = ("max_edited", "max_unknown", "same_negation", "same_numbers")
GIVEN = ("magnitude", "rng", "rngs", "row_keys", "copies", "dataset", "keys", "seed", "seeds")  # by the harness
KINDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


def is_at_hand(kind: registry.Kind, name: str) -> bool:
    """Whether the plug-in can be looked at without running anybody else's code: built in, or made in this process."""
    return registry.describe_source(kind, name) in ("built in", "this process")


def param_faults(kind: registry.Kind, name: str, params: Mapping[str, Json], reserved: Sequence[str]) -> list[Fault]:
    """Keys that a plug-in does not take, values of another type, and keys that it needs.

    Args:
        kind, name: of a plug-in that is at hand; params: as written; reserved: keys that every entry of the kind has.
    """
    plugin: Plugin = registry.get(kind, name)
    return _faults(kind, plugin, params, reserved)


def refuse_params(kind: registry.Kind, plugin: Plugin, params: Mapping[str, Json]) -> None:
    """Check the keys of a plug-in whose code may run by now.

    Raises:
        InputError: one that it does not take, of another type, or missing.
    """
    if faults := _faults(kind, plugin, params, ()):
        raise InputError(f"The {kind} '{plugin.name}': " + " ".join(message for _, message in faults))


def _settable(kind: str, plugin: Plugin) -> dict[str, inspect.Parameter]:
    """Parameters that a file may give; a plug-in of the user's own need not declare them keyword-only."""
    named = inspect.signature(plugin.fn).parameters.values()
    plain = [p for p in named if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    given = [p for p in plain if p.default is not inspect.Parameter.empty or kind == "dataset"]
    return {**{p.name: p for p in given if p.name not in GIVEN}, **plugin.params}


def _faults(kind: str, plugin: Plugin, params: Mapping[str, Json], reserved: Sequence[str]) -> list[Fault]:
    known = _settable(kind, plugin)
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in inspect.signature(plugin.fn).parameters.values()):
        return _unkeyed(plugin, params)  # a lifted estimator or sampler checks its own keys
    keys = sorted([*known, *reserved])
    faults = [
        (key, f"{kind} '{plugin.name}' takes no '{key}'.{did_you_mean(key, keys)} Keys: {', '.join(keys)}.")
        for key in params
        if key not in known
    ]
    faults += [
        ("", f"{kind} '{plugin.name}' needs the key '{key}'.")
        for key, parameter in known.items()
        if parameter.default is inspect.Parameter.empty and key not in params
    ]
    faults += _unkeyed(plugin, [key for key in params if key in known])
    annotations = _annotations(plugin)
    for key in params:
        if key in known and (said := _type_fault(annotations.get(key), params[key])):
            faults.append((key, said))
    return faults


def _unkeyed(plugin: Plugin, keys: Iterable[str]) -> list[Fault]:
    """Keys that no cell's key has, of an augmenter that does not say that its rows do without them."""
    if not isinstance(plugin, AugmenterPlugin):
        return []
    return [
        (
            key,
            f"'{key}' says how rows are fetched, so results are kept without it, and augmenter '{plugin.name}' does "
            f"not say that its rows are the same whatever it is. Lift it with operational=('{key}',) if they are; else "
            "call the parameter something else.",
        )
        for key in keys
        if key in OPERATIONAL and key not in plugin.operational
    ]


def _annotations(plugin: Plugin) -> dict[str, Any]:
    """Types of the parameters; none where they name what only a type checker imports."""
    try:
        found = inspect.signature(plugin.fn, eval_str=True).parameters.values()
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}
    return {p.name: p.annotation for p in found if p.annotation is not inspect.Parameter.empty}


def _type_fault(annotation: Any, value: Json) -> str:
    if annotation is None:
        return ""
    try:
        TypeAdapter(annotation).validate_python(value, strict=_is_plain(annotation))
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
        return ""  # a type of the plug-in's own: it checks the value itself
    except ValidationError as error:
        kinds = [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
        if kinds or any(get_origin(member) is Annotated for member in _members(annotation)):
            return _in_detail(error, kinds)
        return f"wanted {_in_words(annotation)}, not {value!r}."
    return ""


def _is_plain(annotation: Any) -> bool:
    """A type, or one that may be left open (`int | None`), of which a text like "3" is none."""
    return all(isinstance(part, type) for part in _parts(annotation))


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; the type itself where it is none."""
    return get_args(annotation) if get_origin(annotation) in (UnionType, Union) else (annotation,)


def _parts(annotation: Any) -> list[Any]:
    """Its members without the bounds that they are annotated with."""
    return [get_args(part)[0] if get_origin(part) is Annotated else part for part in _members(annotation)]


def _in_detail(error: ValidationError, kinds: Sequence[type[BaseModel]]) -> str:
    """What is wrong with a number out of its bounds, or with the keys of a mapping."""
    reader = Reader(None)
    reader.refused(error, (), kinds[0] if kinds else None)
    said = [(".".join(map(str, problem.path)), problem.message) for problem in reader.problems]
    return " ".join(f"{where}: {message}" if where else message for where, message in said)


def _in_words(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(map(repr, get_args(annotation)))
    parts = [part for part in _members(annotation) if part is not type(None)]
    if any(get_origin(part) is Literal for part in parts):
        return " or ".join(map(_in_words, parts))
    return " or ".join(KINDS.get(getattr(part, "__name__", ""), str(part)) for part in parts)


def dose_faults(name: str, plugin: AugmenterPlugin, written: Mapping[str, Json]) -> list[Fault]:
    """Dose keys that mean nothing for this augmenter.

    Args:
        name: of the augmenter; written: of magnitude, ratio, balance, targets, scope and keep_if those that the arm
            gives.
    """
    faults = []
    if "magnitude" in written and not plugin.has_magnitude:
        faults.append(("magnitude", f"'{name}' has no magnitude. Remove the key."))
    given: Any = written.get("magnitude", ())
    beyond = [dose for dose in (given if isinstance(given, list | tuple) else [given]) if dose > plugin.most]
    if beyond and plugin.has_magnitude:
        said = f"'{name}' takes a magnitude ({plugin.unit}) from 0 to {plugin.most:g}, not {beyond[0]:g}."
        faults.append(("magnitude", said))
    if "magnitude" not in written and plugin.has_magnitude and plugin.default_magnitude is None:
        usual = f", usually {plugin.magnitudes[0]:g} to {plugin.magnitudes[1]:g}" if plugin.magnitudes else ""
        faults.append(("", f"'{name}' needs a magnitude ({plugin.unit}{usual})."))
    if plugin.form == "subset":
        faults += _subset_faults(name, plugin, written)
    elif plugin.form in ("weights", "none"):
        why = "moves the cut between the classes" if plugin.decides else "is the baseline"
        why = "weighs the rows that are there" if plugin.form == "weights" else why
        said = f"'{name}' {why} and makes no rows. Remove the key."
        faults += [(key, said) for key in ("ratio", "balance", "targets", "scope", "keep_if") if key in written]
    elif "targets" in written:
        said = "targets say how many rows are made and of which classes. Remove one of the two keys."
        faults += [(key, said) for key in ("ratio", "balance", "scope") if key in written]
    if "keep_if" in written and plugin.form in ("row", "set"):
        faults += _keep_faults(name, plugin, written["keep_if"])
    return faults


def _subset_faults(name: str, plugin: AugmenterPlugin, written: Mapping[str, Json]) -> list[Fault]:
    if plugin.balances:
        said = f"'{name}' leaves rows out and makes none: its dose is a balance. Remove the key."
        faults = [(key, said) for key in ("ratio", "targets", "keep_if") if key in written]
        given: Any = written.get("balance", ())
        beyond = [dose for dose in (given if isinstance(given, list | tuple) else [given]) if dose > 1]
        said = (
            f"'{name}' leaves rows out until a balance is reached, which is at most 1, not {max(beyond, default=0):g}."
        )
        return faults + ([("balance", said)] if beyond else [])
    said = f"'{name}' leaves rows out by a rule of its own, which no dose moves. Remove the key."
    return [(key, said) for key in ("ratio", "balance", "targets", "scope", "keep_if") if key in written]


def _keep_faults(name: str, plugin: AugmenterPlugin, filters: Mapping[str, Json]) -> list[Fault]:
    if plugin.form != "row":
        return [("keep_if", f"'{name}' makes rows out of several, and filters compare a row with its one parent.")]
    if "max_unknown" in filters and registry.is_builtin("augmenter", name) and "unknown" not in plugin.notes:
        return [("keep_if", f"'{name}' tells no share of unknown words, as translators do. Remove max_unknown.")]
    return []


def filter_faults(filters: Mapping[str, Json], modality: str) -> list[Fault]:
    """Filters that mean nothing for such rows: (filter, message).

    Args:
        filters: of an arm's `keep_if`; modality: of the dataset.
    """
    words = [name for name in WORDS_ONLY if name in filters and modality not in ("text", "retrieval")]
    faults = [(name, f"'{name}' compares words, and the dataset is {modality}. Remove it.") for name in words]
    if "same_label" in filters and modality == "retrieval":
        faults.append(("same_label", "a retrieval dataset has no classes; remove 'same_label'."))
    return faults


def doses(
    augmenter: Spec,
    plugin: AugmenterPlugin | None,
    written: Mapping[str, Any],
    scope: str | tuple[str, ...] = "all",
    keep_if: Mapping[str, Json] | None = None,
) -> tuple[Arm, ...]:
    """Every combination of the written magnitudes with the written ratios or balances, in that order.

    Args:
        augmenter: name and parameters; plugin: None where looking at it would run its code (see `settle`).
        written: of "magnitude", "ratio", "balance" (lists) and "targets" (class -> balance) those that the arm gives.
        scope, keep_if: as in `Arm`.
    """
    magnitudes: Sequence[float | None] = written.get("magnitude") or (None,)
    amounts: list[tuple[float | None, float | None]] = [(None, balance) for balance in written.get("balance", ())]
    amounts = amounts or [(ratio, None) for ratio in written.get("ratio") or (1.0,)]
    targets = {str(name): float(share) for name, share in (written.get("targets") or {}).items()}
    if targets:
        amounts, scope = [(None, None)], tuple(sorted(targets))
    plain = Arm(augmenter, scope=scope, keep_if=keep_if or {}, targets=targets)
    arms = [
        replace(plain, ratio=ratio, balance=balance, magnitude=magnitude)
        for magnitude, (ratio, balance) in product(magnitudes, amounts)
    ]
    return tuple(arms if plugin is None else [_completed(arm, plugin) for arm in arms])


def settle(arm: Arm, plugin: AugmenterPlugin) -> Arm:
    """The arm with what only its plug-in knows: the usual magnitude, and no ratio where no rows are made.

    Arms of built-in augmenters come back as they are.

    Raises:
        InputError: a key or dose that the augmenter does not take.
    """
    name = arm.augmenter.name
    written: dict[str, Json] = {} if arm.magnitude is None else {"magnitude": arm.magnitude}
    written |= {"keep_if": arm.keep_if} if arm.keep_if else {}
    written |= {"targets": arm.targets} if arm.targets else {}
    if plugin.form == "subset":  # a ratio of 1 is what stands where none was written
        written |= {} if arm.ratio in (None, 1.0) else {"ratio": arm.ratio}
        written |= {} if arm.balance is None else {"balance": arm.balance}
    faults = [] if registry.is_builtin("augmenter", name) else _faults("augmenter", plugin, arm.augmenter.params, ())
    faults += dose_faults(name, plugin, written)
    if faults:
        raise InputError(f"The arm {arm.label}: " + " ".join(message for _, message in faults))
    return _completed(arm, plugin)


def _completed(arm: Arm, plugin: AugmenterPlugin) -> Arm:
    if plugin.form in ("weights", "none"):
        return replace(arm, ratio=None, balance=None)
    if plugin.form == "subset":
        whole = 1.0 if arm.balance is None else arm.balance
        return replace(arm, ratio=None, balance=whole if plugin.balances else None, adds=False)
    if arm.magnitude is None and plugin.has_magnitude:
        return replace(arm, magnitude=plugin.default_magnitude)
    return arm


def called(arms: Sequence[Arm], wanted: str) -> list[Arm]:
    """All arms of this label ("synonym 0.1 ×4", x for × will do); else of this family; else of this augmenter.

    The filters of keep_if need not be typed, where no arm has the label without them.

    Raises:
        InputError: no arm is called so.
    """
    unfiltered = [replace(arm, keep_if={}).label for arm in arms]
    for names in ([a.label for a in arms], [a.family for a in arms], unfiltered, [a.augmenter.name for a in arms]):
        found = [arm for arm, name in zip(arms, names, strict=True) if _loose(name) == _loose(wanted)]
        if found:
            return found
    labels = list(dict.fromkeys(arm.label for arm in arms))
    near = did_you_mean(wanted, [*labels, *(arm.family for arm in arms), *(arm.augmenter.name for arm in arms)])
    raise InputError(f"No arm is called '{wanted}'.{near} Arms: {'; '.join(labels)}.")


def _loose(label: str) -> str:
    """The label as it can be typed: x for ×, any number of blanks."""
    return " ".join(label.replace("×", "x").split())

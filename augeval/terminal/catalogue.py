"""What an experiment can name: built in, from installed packages, or by dotted path."""

from __future__ import annotations

import inspect
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from augeval import registry
from augeval.errors import InputError, UnknownNameError, did_you_mean
from augeval.extend import MODALITIES, AugmenterPlugin, MetricPlugin, ModelPlugin, Plugin
from augeval.told import IN_BRACKETS, TREATMENTS, head_of, treatments_for
from augeval.types import CONTROLS, Json

__all__ = ["KINDS", "Entry", "describe", "dose_lines", "entries", "kind_called"]

KINDS: tuple[registry.Kind, ...] = get_args(registry.Kind)


@dataclass(frozen=True)
class Entry:
    """One plug-in, as `augeval list` shows it.

    Args:
        written: the name with what an experiment puts behind it, "recall[class]".
        threshold_free: of a metric, whether another cut between classes leaves it as it is; None if nobody said.
        treatments: of a metric, what may stand behind an @: what is done to scores before it reads them.
        paper: the paper or library that it follows. unit, magnitudes, default_magnitude: of an augmenter's magnitude.
        in_vectors: modalities whose rows an augmenter makes as vectors, in the space in which a model sees them.
    """

    kind: registry.Kind
    name: str
    modalities: tuple[str, ...]
    source: str
    summary: str
    is_control: bool
    written: str = ""
    threshold_free: bool | None = None
    treatments: tuple[str, ...] = ()
    paper: str = ""
    unit: str = ""
    magnitudes: tuple[float, float] | None = None
    default_magnitude: float | None = None
    in_vectors: tuple[str, ...] = ()


def kind_called(word: str) -> registry.Kind:
    """The kind that a word names, in the singular or the plural.

    Raises:
        UnknownNameError: there is no such kind.
    """
    for kind in KINDS:
        if word in (kind, f"{kind}s"):
            return kind
    raise UnknownNameError(f"No kind is called '{word}'.{did_you_mean(word, KINDS)} Kinds: {', '.join(KINDS)}.")


def entries(kinds: Sequence[registry.Kind] = KINDS, modality: str | None = None) -> list[Entry]:
    """Every plug-in that can be named without a dotted path, kind by kind, sorted.

    Args:
        kinds: which; modality: those that take such rows; None for all.

    Raises:
        UnknownNameError: there is no such modality.
    """
    if modality is not None and modality not in MODALITIES:
        near = did_you_mean(modality, MODALITIES)
        raise UnknownNameError(f"No modality is called '{modality}'.{near} Modalities: {', '.join(MODALITIES)}.")
    found = [_entry(kind, name) for kind in kinds for name in registry.known(kind)]
    return [entry for entry in found if modality is None or modality in (*entry.modalities, *entry.in_vectors)]


def dose_lines(found: Sequence[Entry], width: int) -> list[str]:
    """Augmenters with unit, default and usual range of the magnitude; below each what it does, and its source.

    Args:
        found: augmenters; width: characters of a line at most.
    """
    head = ("Name", "Unit", "Default", "Usual")
    rows = [_dose_row(entry) for entry in found]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    first = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
    lines = first[:1]
    for entry, line in zip(found, first[1:], strict=True):
        said = f"{entry.summary} Source: {entry.paper}." if entry.paper else entry.summary
        if entry.in_vectors:
            said += f" {' and '.join(entry.in_vectors).capitalize()}: in the space of the model."
        said += "" if entry.source == "built in" else f" [{entry.source}]"
        lines += [line, *textwrap.wrap(said, width, initial_indent="    ", subsequent_indent="    ")]
    return lines


def _dose_row(entry: Entry) -> tuple[str, str, str, str]:
    name = f"{entry.name} (control)" if entry.is_control else entry.name
    usual = "–" if entry.magnitudes is None else f"{entry.magnitudes[0]:g}–{entry.magnitudes[1]:g}"
    default = "–" if entry.default_magnitude is None else f"{entry.default_magnitude:g}"
    return name, entry.unit or "–", default, usual


def _entry(kind: registry.Kind, name: str) -> Entry:
    source = registry.describe_source(kind, name)
    try:
        plugin: Plugin = registry.get(kind, name)
    except Exception as error:  # somebody else's package; the others are still worth listing
        return Entry(kind, name, (), source, f"cannot be loaded: {type(error).__name__}: {error}", False, name)
    control = kind == "augmenter" and name in CONTROLS
    shown = Entry(kind, name, tuple(plugin.modalities), source, plugin.summary, control, name, paper=plugin.source)
    if isinstance(plugin, AugmenterPlugin):
        shown = replace(shown, in_vectors=plugin.in_vectors)
    if isinstance(plugin, AugmenterPlugin) and plugin.has_magnitude:
        usual, default = plugin.magnitudes, plugin.default_magnitude
        return replace(shown, unit=plugin.unit, magnitudes=usual, default_magnitude=default)
    if not isinstance(plugin, MetricPlugin):
        return shown
    written = f"{name}[{plugin.needs}]" if plugin.needs in IN_BRACKETS else name
    return replace(shown, written=written, threshold_free=plugin.threshold_free, treatments=treatments_for(plugin))


def describe(name: str, kind: registry.Kind | None = None, *, allow_code: bool = False) -> list[dict[str, Json]]:
    """Everything that is known of a name; one entry for each kind that has it.

    Args:
        name: of a plug-in; a dotted path needs its kind. allow_code: a dotted path may be imported.

    Raises:
        InputError: a dotted path without its kind. UnknownNameError: no kind knows the name.
    """
    if kind is not None:
        return [_described(kind, name, allow_code)]
    if registry.is_dotted(name):
        raise InputError(f"Say with --kind what '{name}' is: {', '.join(KINDS)}.")
    found: list[registry.Kind] = [kind for kind in KINDS if name in registry.known(kind)]
    if not found and head_of(name) in registry.known("metric"):
        found = ["metric"]
    if not found:
        known = sorted({other for kind in KINDS for other in registry.known(kind)})
        raise UnknownNameError(f"Nothing is called '{name}'.{did_you_mean(name, known)} See: augeval list")
    return [_described(kind, name, allow_code) for kind in found]


def _described(kind: registry.Kind, name: str, allow_code: bool) -> dict[str, Json]:
    plugin: Plugin = registry.get(kind, name, allow_code=allow_code)
    about: dict[str, Json] = {
        "kind": kind,
        "name": name,
        "from": registry.describe_source(kind, name),
        "modalities": list(plugin.modalities),
        "source": plugin.source,
        "params": {p.name: _parameter(p) for p in plugin.params.values()},
        "doc": inspect.getdoc(plugin.fn) or "",
    }
    if isinstance(plugin, AugmenterPlugin):
        about |= {
            "form": plugin.form,
            "in_vectors": list(plugin.in_vectors),
            "unit": plugin.unit,
            "magnitudes": None if plugin.magnitudes is None else list(plugin.magnitudes),
            "default_magnitude": plugin.default_magnitude,
            "most": plugin.most if math.isfinite(plugin.most) else None,
        }
    if isinstance(plugin, ModelPlugin):
        about["space"] = None if plugin.space is None else plugin.space.name
    if isinstance(plugin, MetricPlugin):
        low, high = plugin.bounds
        about |= {"higher_is_better": plugin.higher_is_better, "bounds": [low, high]}
        about |= {"reads": plugin.reads, "threshold_free": plugin.threshold_free}
        may = () if plugin.treatment else treatments_for(plugin)
        about["treatments"] = {word: TREATMENTS[word] for word in may}
        about["treatment"] = TREATMENTS.get(plugin.treatment, "")
        about["in_brackets"] = IN_BRACKETS.get(plugin.needs, "")
        about["params"] = {}  # what it is told stands in brackets, or is known
    return about


def _parameter(parameter: inspect.Parameter) -> dict[str, Json]:
    required = parameter.default is inspect.Parameter.empty
    annotation = parameter.annotation
    named = "" if annotation is inspect.Parameter.empty else annotation
    default = None if required else parameter.default
    plain = default is None or isinstance(default, str | int | float | bool | list)
    return {
        "required": required,
        "default": default if plain else repr(default),
        "type": named if isinstance(named, str) else getattr(named, "__name__", str(named)),
    }

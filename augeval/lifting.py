"""A class or object of another library as the function of a plug-in: its parameters, its source, its settings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["dress", "kind_of", "settings_of"]


def kind_of(found: Any) -> type:  # a class, or an object of one
    """The class itself, or that of the object."""
    return found if inspect.isclass(found) else type(found)


def dress(fn: Callable[..., Any], found: Any, set_by_harness: Iterable[str]) -> None:
    """Let `fn(..., **params)` show the constructor's parameters, its class's source and docstring.

    Args:
        fn: a function that ends in **params; changed in place.
        found: the class or object that it makes and calls.
        set_by_harness: parameters that are no user's to set.
    """
    signature = inspect.signature(fn)
    fixed = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    taken = {p.name for p in fixed} | set(set_by_harness)
    theirs = [p for p in _constructor(found) if p.name not in taken]
    fn.__signature__ = signature.replace(parameters=[*fixed, *theirs])  # type: ignore[attr-defined]  # for inspect
    fn.__wrapped__ = kind_of(found)  # type: ignore[attr-defined]  # whose source is part of the cell key
    fn.__doc__ = inspect.getdoc(kind_of(found))


def settings_of(found: Any) -> str:
    """An object's parameters in words, which tell it from another of its class; "" for a class.

    Addresses, which differ between processes, are left out.
    """
    if inspect.isclass(found):
        return ""
    params = found.get_params(deep=True) if hasattr(found, "get_params") else vars(found)
    return re.sub(r" at 0x[0-9a-f]+", "", "; ".join(f"{key}={value!r}" for key, value in sorted(params.items())))


def _constructor(found: Any) -> list[inspect.Parameter]:
    """The constructor's parameters as keywords; an object's own values are their defaults."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = [p for p in inspect.signature(kind_of(found)).parameters.values() if p.kind in kinds]
    if not inspect.isclass(found):
        named = [p.replace(default=getattr(found, p.name, p.default)) for p in named]
    return [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in named]

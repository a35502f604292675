"""Does this augmentation help my model, and how much of it is too much?"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augeval.api import augment, compare, run
    from augeval.errors import AugevalError
    from augeval.extend import augmenter, batch_model, dataset, metric, model, set_augmenter
    from augeval.harness import Options, RunResult
    from augeval.types import Arm, Column, Dataset, Examples, Spec

    __version__: str

__all__ = [
    "Arm",
    "AugevalError",
    "Column",
    "Dataset",
    "Examples",
    "Options",
    "RunResult",
    "Spec",
    "__version__",
    "augment",
    "augmenter",
    "batch_model",
    "compare",
    "dataset",
    "metric",
    "model",
    "run",
    "set_augmenter",
]

_HOME = {
    **dict.fromkeys(("compare",), "augeval.api"),
    **dict.fromkeys(("AugevalError",), "augeval.errors"),
    **dict.fromkeys(("augmenter", "batch_model", "dataset", "metric", "model", "set_augmenter"), "augeval.extend"),
    **dict.fromkeys(("Options", "RunResult"), "augeval.harness"),
    **dict.fromkeys(("Arm", "Column", "Dataset", "Examples", "Spec"), "augeval.types"),
}


def __getattr__(name: str) -> Any:  # a public name, loaded when it is first asked for
    if name == "__version__":
        from augeval.run.environment import version

        return version()
    if name == "laws":  # `augeval.laws.check` needs no import of its own
        return importlib.import_module("augeval.laws")
    if name not in _HOME:
        raise AttributeError(f"module 'augeval' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Door(ModuleType):
    """A sub-package that is also the public function of its name.

    Importing `augeval.run.cell` sets `augeval.run` to the sub-package, whatever stood there before; so the sub-package
    itself answers the call, and every order of imports gives the same object.
    """

    @property
    def __wrapped__(self) -> Any:  # the function; read by inspect.signature
        return getattr(importlib.import_module("augeval.api"), self.__name__.rpartition(".")[2])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # the function's own types
        return self.__wrapped__(*args, **kwargs)


for _name in ("augeval.run", "augeval.augment"):
    importlib.import_module(_name).__class__ = _Door

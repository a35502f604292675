"""What can go wrong, drawn as a tree.

AugevalError                 everything that this package raises on purpose
├── InputError               the caller's mistake: nothing was run (exit code 2)
│   ├── ConfigError          an experiment file: file, line, column, key, what was wanted
│   ├── DataError            a dataset: file, row, column, what to do
│   ├── UnknownNameError     a name that no registry knows, with the nearest one that is known
│   ├── CodeNotAllowedError  a dotted path was named and running project code was not allowed
│   └── LedgerMismatchError  a run folder that another experiment, recipe or environment wrote
├── MissingExtraError        an optional library is not installed; names the extra that brings it
├── ContractError            a plug-in broke a law: which plug-in, which row, what was wanted
├── NotApplicable            this arm means nothing here; a cell's outcome with a reason, not a failure
├── EndpointError            a server that is asked for rows does not answer, or refuses; the next run asks again
│   └── BudgetExhausted      what an arm may spend at such a server is spent; a larger budget goes on from there
├── RunFolderBusyError       another process holds the run folder (exit code 6)
├── EngineError              an executor was lost (exit code 5)
└── TrackingError            the tracking server did not take a record; the outbox keeps it
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AugevalError",
    "BudgetExhausted",
    "CodeNotAllowedError",
    "ConfigError",
    "ContractError",
    "DataError",
    "EndpointError",
    "EngineError",
    "InputError",
    "LedgerMismatchError",
    "MissingExtraError",
    "NotApplicable",
    "RunFolderBusyError",
    "TrackingError",
    "UnknownNameError",
    "did_you_mean",
]


class AugevalError(Exception):
    """Base of every error that augeval raises on purpose."""


class InputError(AugevalError):
    """The caller's mistake; nothing was run."""


class ConfigError(InputError):
    """An experiment file that cannot be read as an experiment."""


class DataError(InputError):
    """A dataset that cannot be used as it is."""


class UnknownNameError(InputError):
    """A name that no registry knows."""


class CodeNotAllowedError(InputError):
    """A dotted path names Python code, and running it was not allowed."""


class LedgerMismatchError(InputError):
    """A run folder written by another experiment, recipe or environment."""


class MissingExtraError(AugevalError):
    """An optional library is missing.

    Args:
        library: the import that failed.
        extra: the extra of augeval that brings it.
        why: what it was wanted for.
    """

    def __init__(self, library: str, extra: str, why: str) -> None:
        super().__init__(f"{why} needs {library}, which is not installed. Run: pip install 'augeval[{extra}]'")


class ContractError(AugevalError):
    """A plug-in returned something that its kind must not return."""


class NotApplicable(AugevalError):
    """The arm has no meaning on this dataset or model; the message is the reason shown."""


class EndpointError(AugevalError):
    """A server that is asked for rows cannot be reached or refuses; nothing is wrong with the cell that asked."""


class BudgetExhausted(EndpointError):
    """What may be spent at a server is spent."""


class RunFolderBusyError(AugevalError):
    """Another process is writing the run folder."""


class EngineError(AugevalError):
    """The executor was lost."""


class TrackingError(AugevalError):
    """A tracking record was not taken."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ " Did you mean 'x'?" with the nearest known name, or "" if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""

"""Rows made one by one: what each is named by, what the augmenter is handed, and what is kept of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.checks import one_for_one
from augeval.edited import Edited, Edits, Words
from augeval.errors import AugevalError
from augeval.extend import AugmenterPlugin
from augeval.seeds import row_keys, stream
from augeval.types import Examples

__all__ = ["Extras", "Planned", "make_rows"]

SHOWN = 120  # characters of a row that an error shows


@dataclass(frozen=True)
class Planned:
    """The rows that are wanted of one draw.

    Args:
        path: names the draw; sources: (n,) positions in the training set; copies: (n,) which copy of each.
    """

    path: tuple[object, ...]
    sources: NDArray[np.int64]
    copies: NDArray[np.int64]


@dataclass(frozen=True)
class Extras:
    """What an augmenter told beside its rows; see `Edited`. Rows are numbered as they were kept."""

    edits: Edits | None = None
    words: Words | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def take(self, rows: NDArray[np.int64]) -> Extras:
        """Of the rows at these ascending positions."""
        return Extras(
            None if self.edits is None else self.edits.take(rows),
            None if self.words is None else self.words.take(rows),
            self.counts,
            {name: [texts[i] for i in rows.tolist()] for name, texts in self.notes.items()},
        )


def make_rows(
    plugin: AugmenterPlugin, params: Mapping[str, Any], train: Examples, planned: Planned
) -> tuple[Examples, Extras]:
    """Ask a row-wise augmenter for rows; those that it could not make (None) are left out and counted as `unmade`.

    Args:
        params: the arm's, its magnitude, and what the harness gives; train: the rows that are edited.

    Raises:
        ContractError: it returned another number of rows, or rows of another kind.
    """
    ids = train.ids[planned.sources]
    sources = list(train.x[planned.sources])
    call = _Call(plugin, params, planned.path, ids, planned.copies)
    try:
        answer = call(sources, np.arange(len(sources)))
    except AugevalError:
        raise
    except Exception as error:
        error.add_note(call.blamed(sources))
        raise
    made = answer if isinstance(answer, Edited) else Edited(answer)
    kept = _made(made.rows, plugin)
    extras = Extras(made.edits, made.words, made.counts, made.notes)
    if kept is None:
        rows = one_for_one(made.rows, sources, plugin)
        return Examples(rows, train.y[planned.sources], ids, ids[:, None]), extras
    own = [made.rows[i] for i in kept.tolist()]
    rows = one_for_one(own, [sources[i] for i in kept.tolist()], plugin) if own else train.x[:0]
    extras = extras.take(kept)
    counts = {**extras.counts, "unmade": len(sources) - len(kept)}
    examples = Examples(rows, train.y[planned.sources[kept]], ids[kept], ids[kept][:, None])
    return examples, Extras(extras.edits, extras.words, counts, extras.notes)


def _made(rows: object, plugin: AugmenterPlugin) -> NDArray[np.int64] | None:
    """Positions of the rows that are there; None where all are, or where the answer is no list to look through."""
    if not isinstance(rows, list | tuple) or all(row is not None for row in rows):
        return None
    return np.array([i for i, row in enumerate(rows) if row is not None], np.int64)


@dataclass(frozen=True)
class _Call:
    """The augmenter with all that it is handed beside the rows."""

    plugin: AugmenterPlugin
    params: Mapping[str, Any]
    path: tuple[object, ...]
    ids: NDArray[np.int64]
    copies: NDArray[np.int64]

    def __call__(self, sources: Sequence[Any], at: NDArray[np.int64]) -> Any:  # rows, or Edited
        fn: Callable[..., Any] = self.plugin.fn
        given = dict(self.params)
        if self.plugin.wants("row_keys"):
            given["row_keys"] = row_keys(self.path, self.ids[at], self.copies[at])
        if self.plugin.wants("rngs") or not self.plugin.wants("row_keys"):
            names = zip(self.ids[at].tolist(), self.copies[at].tolist(), strict=True)
            given["rngs"] = [stream(*self.path, *name) for name in names]
        if self.plugin.wants("copies"):
            given["copies"] = self.copies[at]
        return fn(sources, **given)

    def blamed(self, sources: Sequence[Any]) -> str:
        """Which row the augmenter fails on, found by giving it one at a time."""
        for i, source in enumerate(sources):
            try:
                self([source], np.array([i]))
            except Exception:
                return f"Raised by {self.plugin.name} on the training row with id {self.ids[i]}: {_shown(source)}."
        return f"Raised by {self.plugin.name} on {len(sources)} rows together; on each alone it raises nothing."


def _shown(row: object) -> str:
    text = repr(row) if isinstance(row, str) else " ".join(repr(row).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

"""The one place where an arm meets a training set: quota, draws, provenance, leak check, laws.

Rows are scheduled before they are made: synthetic row i of a class comes from row i mod n of that class, copy
i // n, in an order that the seed fixes and every arm shares. A larger dose therefore starts with the rows of a
smaller one, and `duplicate` repeats exactly the rows that the other arms edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.checks import check_rows
from augeval.augment.keep import Ground, keep
from augeval.augment.rowwise import Extras, Planned, make_rows
from augeval.edited import Edits
from augeval.errors import AugevalError, ContractError, InputError, NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.fingerprints import row_contents
from augeval.seeds import stream
from augeval.types import Arm, Dataset, Encoder, Examples, TrainingSet

__all__ = ["Applied", "Context", "apply_arm", "classes_in_scope", "quota_of"]

BALANCED = 0.9  # class / largest class from which on it is no minority


@dataclass(frozen=True)
class Context:
    """What a draw is named by, and what an augmenter may ask for.

    Args:
        dataset: of which only the schema, its name and its keys are handed on.
        seed, draw: which replicate, which version of the rows.
        encoder: a text encoder, for augmenters that name one; None if none is installed.
        held_out: rows that no synthetic row may equal (x of the test and validation rows).
        judge: the encoder of the drift, given the training rows, for arms that filter by it; None if there is none.
        folder: that a relative `path` parameter starts from; None for the current folder.
    """

    dataset: Dataset
    seed: int
    draw: int
    held_out: NDArray[Any]
    encoder: Encoder | None = None
    folder: str | None = None
    judge: Callable[[TrainingSet], Encoder] | None = None


@dataclass(frozen=True)
class Applied:
    """A training set, and what happened on the way.

    counts: asked, got, no_op (equal to their parent), repeats (equal to an earlier copy of the same parent),
    leaked (dropped: equal to a held-out row), unmade (the augmenter gave none), "rejected: NAME" (dropped by a filter
    of `keep_if`), effective (neither no-op nor repeat), and the augmenter's own.
    edits, notes: of the synthetic rows, where their augmenter tells; see `Edited`.
    """

    training: TrainingSet
    counts: Mapping[str, int] = field(default_factory=dict)
    edits: Edits | None = None
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def apply_arm(arm: Arm, plugin: AugmenterPlugin, train: Examples, context: Context) -> Applied:
    """The training set of this arm: the real rows as they are, and the rows that the arm adds.

    Args:
        arm: dose and scope; plugin: the augmenter it names; train: real training rows, in the order of the split.
        context: names the draw and carries the held-out rows, which are compared with and never shown.

    Raises:
        NotApplicable: the arm means nothing on these rows; says why.
        ContractError: the augmenter broke a law; names it and the row.
    """
    if plugin.form == "none":
        return Applied(TrainingSet(train, train.take(slice(0, 0)), 0))
    if plugin.form == "weights":
        return Applied(TrainingSet(_weighted(arm, plugin, train), train.take(slice(0, 0)), 0))
    quota = quota_of(arm, train.y, context.dataset.classes)
    make = _row_wise if plugin.form == "row" else _set_wise
    made, extras = make(arm, plugin, train, quota, context)
    check_rows(made, train, quota, plugin)
    return _without_leaks(made, extras, train, sum(quota.values()), context.held_out)


def classes_in_scope(scope: str | Sequence[str], y: NDArray[Any], classes: Sequence[str]) -> list[int]:
    """Class numbers that an arm augments.

    Raises:
        NotApplicable: `minority` on balanced classes, or a named class without training rows.
    """
    counts = np.bincount(y, minlength=len(classes))
    present = [int(c) for c in np.flatnonzero(counts)]
    if scope == "all":
        return present
    if scope == "minority":
        largest = int(counts.argmax())
        if counts[present].min() >= BALANCED * counts[largest]:
            smallest = int(min(present, key=lambda c: counts[c]))
            raise NotApplicable(
                f"There is no minority: the smallest class ({_name(smallest, classes)}, {counts[smallest]} training "
                f"rows) has at least {BALANCED:g} of the largest ({_name(largest, classes)}, {counts[largest]})."
            )
        return [c for c in present if counts[c] < BALANCED * counts[largest]]
    return [_class_number(name, classes, counts) for name in ([scope] if isinstance(scope, str) else scope)]


def quota_of(arm: Arm, y: NDArray[Any], classes: Sequence[str]) -> dict[int, int]:
    """Synthetic rows wanted per class; a larger dose never wants fewer of any class.

    Args:
        arm: its ratio (rows per real row in scope) or balance (rows of a class / rows of the largest, afterwards).
        y: (n,) classes of the training rows.
        classes: all class names.

    Raises:
        NotApplicable: the dose asks for no row; says which numbers make it so.
        InputError: there is no dose, or a negative one.
    """
    dose = arm.ratio if arm.balance is None else arm.balance
    if dose is None or not 0 <= dose < np.inf:
        raise InputError(f"{arm.augmenter.name} needs a ratio or a balance of at least 0, not {dose}.")
    scoped = classes_in_scope(arm.scope, y, classes)
    counts = np.bincount(y, minlength=len(classes))
    if arm.balance is not None:
        return _quota_to_balance(dose, scoped, counts)
    rows = int(counts[scoped].sum())
    total = round(dose * rows)
    if not total:
        raise NotApplicable(f"Ratio {dose:g} of {rows} rows in scope rounds to no row at all.")
    whole, rest = divmod(total, rows)
    # The rest goes to rows spread evenly over each class; sorting their shares keeps every class in proportion.
    shares = sorted((((i + 0.5) / counts[c]), c) for c in scoped for i in range(counts[c]))
    extra = np.bincount([c for _, c in shares[:rest]], minlength=len(classes))
    return {c: int(whole * counts[c] + extra[c]) for c in scoped}


def _quota_to_balance(balance: float, scoped: Sequence[int], counts: NDArray[Any]) -> dict[int, int]:
    largest = int(counts.max())
    wanted = {c: max(0, round(balance * largest) - int(counts[c])) for c in scoped}
    if not any(wanted.values()):
        present = min(int(counts[c]) for c in scoped) / largest
        raise NotApplicable(
            f"Balance {balance:g} asks for no row: the classes in scope already stand at {present:.3g} of the largest."
        )
    return {c: rows for c, rows in wanted.items() if rows}


def _name(c: int, classes: Sequence[str]) -> str:
    return f"'{classes[c]}'" if c < len(classes) else str(c)  # retrieval: documents are numbered


def _class_number(name: str, classes: Sequence[str], counts: NDArray[Any]) -> int:
    if name not in classes or not counts[list(classes).index(name)]:
        raise NotApplicable(
            f"Scope names the class '{name}', which has no training row. Classes: {', '.join(classes)}."
        )
    return list(classes).index(name)


def _row_wise(
    arm: Arm, plugin: AugmenterPlugin, train: Examples, quota: Mapping[int, int], context: Context
) -> tuple[Examples, Extras]:
    params = {"magnitude": arm.magnitude, **_params(arm, plugin, context)}
    made, extras = make_rows(plugin, params, train, _planned(arm, train, quota, context))
    return keep(made, extras, arm.keep_if, _ground(plugin, train, context)) if arm.keep_if else (made, extras)


def _ground(plugin: AugmenterPlugin, train: Examples, context: Context) -> Ground:
    """What the filters of an arm may know: training rows, and how the drift's judge sees them."""
    groups = None if context.dataset.groups is None else context.dataset.groups[train.ids]
    nothing = train.take(slice(0, 0))
    judge = None if context.judge is None else context.judge(TrainingSet(train, nothing, 0))
    return Ground(plugin.name, train, groups, judge)


def _planned(arm: Arm, train: Examples, quota: Mapping[int, int], context: Context) -> Planned:
    """Source and copy of each synthetic row, first copies first, classes interleaved."""
    order = stream("pick", context.dataset.name, context.seed).permutation(len(train))
    planned = []
    for c, wanted in quota.items():
        rows = order[train.y[order] == c]
        copies, places = np.divmod(np.arange(wanted), len(rows))
        planned.append(np.stack([copies, (places + 0.5) / len(rows), np.full(wanted, c), rows[places]]))
    table = np.concatenate([np.zeros((4, 0)), *planned], axis=1)
    table = table[:, np.lexsort(table[::-1])]
    return Planned(_draw_path(arm, context), table[3].astype(np.int64), table[0].astype(np.int64))


def _set_wise(
    arm: Arm, plugin: AugmenterPlugin, train: Examples, quota: Mapping[int, int], context: Context
) -> tuple[Examples, Extras]:
    if arm.keep_if:
        raise InputError(f"keep_if goes with augmenters that edit one row; {plugin.name} makes rows of several.")
    rng = stream(*_draw_path(arm, context), "set", context.seed)
    params = _params(arm, plugin, context)
    if plugin.has_magnitude or plugin.wants("magnitude"):
        params["magnitude"] = arm.magnitude
    try:
        made = plugin.fn(train, dict(quota), rng=rng, **params)
    except AugevalError:
        raise
    except Exception as error:
        error.add_note(f"Raised by {plugin.name}, asked for {sum(quota.values())} rows of {len(train)}.")
        raise
    if not isinstance(made, Examples) or made.parents is None:
        got = "Examples without parents" if isinstance(made, Examples) else type(made).__name__
        raise ContractError(f"{plugin.name} must return Examples with parents, not {got}.")
    return made, Extras()


def _draw_path(arm: Arm, context: Context) -> tuple[object, ...]:
    # Ratio and balance are left out on purpose: a larger dose must start with the rows of the smaller one. And so is
    # keep_if: what filters leave is part of what the arm makes without them.
    return ("augment", context.dataset.name, arm.augmenter.label, arm.magnitude, arm.scope, context.draw)


def _params(arm: Arm, plugin: AugmenterPlugin, context: Context) -> dict[str, Any]:
    """What the arm gives and what the plug-in asks for. The arm keeps a path as it was written, so that its name, key
    and stream do not depend on where the experiment lies.
    """
    params = {**arm.augmenter.params, **_asked_for(plugin, context)}
    if isinstance(params.get("path"), str):
        params["path"] = str(Path(context.folder or ".", params["path"]))
    return params


def _asked_for(plugin: AugmenterPlugin, context: Context) -> dict[str, object]:
    given: dict[str, object] = {}
    if plugin.wants("dataset"):
        given["dataset"] = context.dataset.schema()
    if plugin.wants("keys"):
        keys = context.dataset.keys
        given["keys"] = None if keys is None else {str(key): row for row, key in enumerate(keys)}
    if plugin.wants("encoder"):
        if context.encoder is None:
            raise NotApplicable(f"{plugin.name} needs a text encoder. Run: pip install 'augeval[minilm]'")
        given["encoder"] = context.encoder
    return given


def _weighted(arm: Arm, plugin: AugmenterPlugin, train: Examples) -> Examples:
    weights = np.asarray(plugin.fn(train, **arm.augmenter.params), float)
    if weights.shape != (len(train),) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ContractError(f"{plugin.name} must return {len(train)} finite weights of at least 0.")
    return Examples(train.x, train.y, train.ids, train.parents, weights)


def _without_leaks(made: Examples, extras: Extras, train: Examples, asked: int, held_out: NDArray[Any]) -> Applied:
    forbidden = set(row_contents(held_out))
    contents = row_contents(made.x)
    keep = np.array([content not in forbidden for content in contents], bool)
    parents = made.ids[keep] if made.parents is None else made.parents[keep, 0]
    parent_contents = dict(zip(train.ids.tolist(), row_contents(train.x), strict=True))
    kept = [content for content, kept in zip(contents, keep, strict=True) if kept]
    pairs = list(zip(parents.tolist(), kept, strict=True))
    counts = {
        **extras.counts,
        "asked": asked,
        "got": int(keep.sum()),
        "leaked": int((~keep).sum()),
        "no_op": sum(parent_contents[parent] == content for parent, content in pairs),
        "repeats": len(pairs) - len(set(pairs)),
        "effective": sum(parent_contents[parent] != content for parent, content in set(pairs)),
    }
    rows = np.flatnonzero(keep)
    extras = extras.take(rows)
    return Applied(TrainingSet(train, made.take(rows), asked, extras.words), counts, extras.edits, extras.notes)

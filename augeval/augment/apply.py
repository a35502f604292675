"""The one place where an arm meets a training set: quota, draws, provenance, leak check, laws.

Rows are scheduled before they are made: synthetic row i of a class comes from row i mod n of that class, copy
i // n, in an order that the seed fixes and every arm shares. A larger dose therefore starts with the rows of a
smaller one, and `duplicate` repeats exactly the rows that the other arms edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.checks import check_rows
from augeval.augment.delivered import delivered, left_out_counts
from augeval.augment.keep import Ground, keep
from augeval.augment.quota import classes_in_scope, quota_of, rows_left
from augeval.augment.resampled import Resampled
from augeval.augment.rowwise import Extras, Planned, make_rows
from augeval.augment.spaces import as_vectors, encoder_in, stand_in, with_sources
from augeval.edited import Edits
from augeval.errors import AugevalError, ContractError, InputError, NotApplicable
from augeval.extend import AugmenterPlugin, Space
from augeval.fingerprints import row_contents
from augeval.seeds import stream
from augeval.types import Arm, Dataset, Encoder, Examples, TrainingSet

__all__ = ["Applied", "Context", "apply_arm", "check_arm", "classes_in_scope", "quota_of", "rows_left"]


@dataclass(frozen=True)
class Context:
    """What a draw is named by, and what an augmenter may ask for.

    Args:
        dataset: of which only the schema, its name and its keys are handed on.
        seed, draw: which replicate, which version of the rows.
        encoder: a text encoder, for augmenters that name one; None if none is installed.
        held_out: rows that no synthetic row may equal (x of the test and validation rows).
        judge: the encoder of the drift, given the training rows, for arms that filter by it; None if there is none.
        folder: that relative paths among the parameters start from; None for the current folder.
        account: on which what the rows cost is counted; "" outside an experiment.
        model: for which the rows are made; "" outside an experiment. space: in which it sees them; None if it has none.
    """

    dataset: Dataset
    seed: int
    draw: int
    held_out: NDArray[Any]
    encoder: Encoder | None = None
    folder: str | None = None
    judge: Callable[[TrainingSet], Encoder] | None = None
    account: str = ""
    model: str = ""
    space: Space | None = None


@dataclass(frozen=True)
class Applied:
    """A training set, and what happened on the way.

    counts: asked, got, no_op (equal to their parent), repeats (equal to an earlier copy of the same parent),
    leaked (dropped: equal to a held-out row), unmade (the augmenter gave none), "rejected: NAME" (dropped by a filter
    of `keep_if`), effective (neither no-op nor repeat), what `delivered` and `left_out_counts` count, "made in: SPACE"
    (rows that are vectors), and the augmenter's own.
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
    if context.dataset.modality in plugin.in_vectors:
        return _in_space(arm, plugin, train, context)
    return _applied(arm, plugin, train, context)


def _in_space(arm: Arm, plugin: AugmenterPlugin, train: Examples, context: Context) -> Applied:
    """The same on vectors: everything that compares rows compares these."""
    classes = context.dataset.classes
    asked = 0 if plugin.form == "subset" else sum(quota_of(arm, train.y, classes).values())
    rows = len(train) + len(context.held_out) + asked
    encode = encoder_in(context.space, plugin, context.model, train, rows)
    held_out = np.asarray(encode(context.held_out), np.float64) if len(context.held_out) else context.held_out
    applied = _applied(arm, plugin, as_vectors(train, encode), replace(context, held_out=held_out))
    counts = dict(applied.counts)
    if context.space is not None and len(applied.training.synthetic):
        counts[f"made in: {context.space.name}"] = len(applied.training.synthetic)
    return replace(applied, training=with_sources(applied.training, train), counts=counts)


def _applied(arm: Arm, plugin: AugmenterPlugin, train: Examples, context: Context) -> Applied:
    if plugin.form == "none":
        return Applied(TrainingSet(train, train.take(slice(0, 0)), 0))
    if plugin.form == "weights":
        return Applied(TrainingSet(_weighted(arm, plugin, train), train.take(slice(0, 0)), 0))
    classes = context.dataset.classes
    quota = _left(arm, plugin, train, classes) if plugin.form == "subset" else quota_of(arm, train.y, classes)
    asked = 0 if plugin.form == "subset" else sum(quota.values())
    if plugin.form == "row":
        made, extras = _row_wise(arm, plugin, train, quota, context)
        check_rows(made, train, quota, plugin)
        return _without_leaks(made, extras, train, asked, context)
    resampled = _set_wise(arm, plugin, train, quota, context)
    check_rows(resampled.made, train, _allowed(resampled, plugin, train, quota), plugin)
    applied = _without_leaks(resampled.made, Extras(counts=resampled.counts), train, asked, context)
    if not len(resampled.left_out):
        return applied
    asked_left = quota if plugin.form == "subset" else {}
    counts = {**applied.counts, **left_out_counts(resampled.left_out, train, context.dataset, asked_left)}
    return replace(applied, training=replace(applied.training, left_out=resampled.left_out), counts=counts)


def check_arm(arm: Arm, plugin: AugmenterPlugin, train: Examples, dataset: Dataset) -> None:
    """Ask the augmenter whether it can start from these rows, without making any.

    Where the dose asks for nothing there is nothing to ask; `apply_arm` says so.

    Raises:
        NotApplicable: it cannot; says why, and what to do.
    """
    if plugin.check is None:
        return
    try:
        subset = plugin.form == "subset"
        quota = _left(arm, plugin, train, dataset.classes) if subset else quota_of(arm, train.y, dataset.classes)
    except NotApplicable:
        return
    if dataset.modality in plugin.in_vectors:
        train = stand_in(train)
    plugin.check(train, quota, dataset.schema(), arm.augmenter.params)


def _left(arm: Arm, plugin: AugmenterPlugin, train: Examples, classes: Sequence[str]) -> dict[int, int]:
    return rows_left(arm, train.y, classes) if plugin.balances else {}


def _allowed(
    resampled: Resampled, plugin: AugmenterPlugin, train: Examples, quota: Mapping[int, int]
) -> Mapping[int, int]:
    """Rows that may be made of each class: what was asked for, and those that stand for rows that are left out."""
    gone = resampled.left_out
    if len(np.unique(gone)) != len(gone) or not np.isin(gone, np.arange(len(train))).all():
        raise ContractError(f"{plugin.name} leaves out rows that are no training rows, or one of them twice.")
    kept = np.delete(train.y, gone)
    lost = [train_class for train_class in np.unique(train.y) if not (kept == train_class).any()]
    made = set(resampled.made.y.tolist())
    if empty := [c for c in lost if int(c) not in made]:
        raise NotApplicable(
            f"{plugin.name} leaves no row of {len(empty)} of {len(np.unique(train.y))} classes: its rule takes all "
            f"{int((train.y == empty[0]).sum())} rows of the first of them. Take another one, or milder parameters."
        )
    asked = {} if plugin.form == "subset" else quota
    anew = np.bincount(train.y[gone], minlength=int(train.y.max()) + 1)
    return {c: asked.get(c, 0) + int(anew[c]) for c in range(len(anew))}


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
) -> Resampled:
    if arm.keep_if:
        raise InputError(f"keep_if goes with augmenters that edit one row; {plugin.name} makes rows of several.")
    if plugin.check is not None:  # where no seed can start, the arm has no cell to be left out of before the run
        plugin.check(train, quota, context.dataset.schema(), arm.augmenter.params)
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
    resampled = Resampled(made) if isinstance(made, Examples) else made
    if not isinstance(resampled, Resampled) or resampled.made.parents is None:
        bare = isinstance(resampled, Resampled)
        got = f"{type(made).__name__} without parents" if bare else type(made).__name__
        raise ContractError(f"{plugin.name} must return Examples with parents, not {got}.")
    return resampled


def _draw_path(arm: Arm, context: Context) -> tuple[object, ...]:
    # Ratio and balance are left out on purpose: a larger dose must start with the rows of the smaller one. And so is
    # keep_if: what filters leave is part of what the arm makes without them.
    return ("augment", context.dataset.name, arm.maker.label, arm.magnitude, arm.scope, context.draw)


def _params(arm: Arm, plugin: AugmenterPlugin, context: Context) -> dict[str, Any]:
    """What the arm gives and what the plug-in asks for. The arm keeps a path as it was written, so that its name, key
    and stream do not depend on where the experiment lies.
    """
    return {**plugin.located(arm.augmenter.params, context.folder), **_asked_for(plugin, context)}


def _asked_for(plugin: AugmenterPlugin, context: Context) -> dict[str, object]:
    given: dict[str, object] = {}
    if plugin.wants("dataset"):
        given["dataset"] = context.dataset.schema()
    if plugin.wants("keys"):
        keys = context.dataset.keys
        given["keys"] = None if keys is None else {str(key): row for row, key in enumerate(keys)}
    if plugin.wants("account"):
        given["account"] = context.account
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


def _without_leaks(made: Examples, extras: Extras, train: Examples, asked: int, context: Context) -> Applied:
    forbidden = set(row_contents(context.held_out))
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
    extras, made = extras.take(rows), made.take(rows)
    counts |= delivered(made, train, context.dataset)
    return Applied(TrainingSet(train, made, asked, extras.words), counts, extras.edits, extras.notes)

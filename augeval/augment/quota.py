"""A dose -> rows per class: how many are made, or how many remain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError, NotApplicable
from augeval.types import Arm

__all__ = ["classes_in_scope", "quota_of", "rows_left"]

BALANCED = 0.9  # class / largest class from which on it is no minority


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
        arm: its ratio (rows per real row in scope), balance (rows of a class, afterwards, / real rows of the largest),
            or targets (a balance for each class). A balance above 1 lets a class outnumber the largest.
        y: (n,) classes of the training rows.
        classes: all class names.

    Raises:
        NotApplicable: the dose asks for no row; says which numbers make it so.
        InputError: there is no dose, or a negative one.
    """
    if arm.targets:
        return _quota_to_targets(arm.targets, y, classes)
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


def _quota_to_targets(targets: Mapping[str, float], y: NDArray[Any], classes: Sequence[str]) -> dict[int, int]:
    counts = np.bincount(y, minlength=len(classes))
    largest, wanted = int(counts.max()), {}
    for name, share in targets.items():
        if not 0 < share < np.inf:
            raise InputError(f"A target is a share above 0 of the largest class, not {share} (class '{name}').")
        c = _class_number(name, classes, counts)
        wanted[c] = round(share * largest) - int(counts[c])
        if wanted[c] < 0:
            raise NotApplicable(
                f"Class '{name}' is to stand at {share:g} of the largest and stands at {counts[c] / largest:.3g} "
                f"({counts[c]} of {largest} training rows): rows are added, none is left out. Raise its target."
            )
    if not any(wanted.values()):
        raise NotApplicable("The targets ask for no row: each class stands where it is to stand.")
    return {c: rows for c, rows in sorted(wanted.items()) if rows}


def rows_left(arm: Arm, y: NDArray[Any], classes: Sequence[str]) -> dict[int, int]:
    """Rows that remain of each class that loses some, so that those in scope reach their balance without new rows.

    Args:
        arm: its balance: rows of each class in scope / rows of the largest class, afterwards; at most 1.
        y, classes: as in `quota_of`.

    Raises:
        NotApplicable: nothing has to be left out; says which numbers make it so.
        InputError: there is no balance above 0, or one above 1.
    """
    if arm.balance is None or not 0 < arm.balance <= 1:
        raise InputError(
            f"{arm.augmenter.name} leaves rows out until a balance is reached: it needs one above 0 and at most 1, not "
            f"{arm.balance}."
        )
    counts = np.bincount(y, minlength=len(classes))
    smallest = int(counts[classes_in_scope(arm.scope, y, classes)].min())
    most = round(smallest / arm.balance)
    if counts.max() <= most:
        present = smallest / int(counts.max())
        raise NotApplicable(
            f"Balance {arm.balance:g} leaves no row out: the classes in scope already stand at {present:.3g} of the "
            "largest."
        )
    return {int(c): most for c in np.flatnonzero(counts > most)}


def _name(c: int, classes: Sequence[str]) -> str:
    return f"'{classes[c]}'" if c < len(classes) else str(c)  # retrieval: documents are numbered


def _class_number(name: str, classes: Sequence[str], counts: NDArray[Any]) -> int:
    if name not in classes or not counts[list(classes).index(name)]:
        raise NotApplicable(
            f"Scope names the class '{name}', which has no training row. Classes: {', '.join(classes)}."
        )
    return list(classes).index(name)

"""Real rows left out by a rule of its own: those among rows of other classes, or those that nothing depends on.

imbalanced-learn's rules, on columns in standard deviations and categories one apart (images: pixels). No dose moves
them; the arm is compared with the same rows untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from augeval.augment.neighbours import legacy_generator
from augeval.augment.resampled import Resampled
from augeval.augment.undersampling import POINTS, TEXT, kept_by, needs_rows
from augeval.extend import AugmenterPlugin, set_augmenter
from augeval.types import Dataset, Examples

__all__ = [
    "all_knn",
    "condensed_nearest_neighbour",
    "edited_nearest_neighbours",
    "neighbourhood_cleaning_rule",
    "one_sided_selection",
    "repeated_edited_nearest_neighbours",
    "tomek_links",
]

Cleaned = Literal["auto", "majority", "not minority", "not majority", "all"]
"""Classes whose rows may be left out; "auto" is "not minority"."""
Agreement = Literal["all", "mode"]
"""A row stays if all of its neighbours are of its class, or most of them."""


def _by_rule(name: str, train: Examples, dataset: Dataset, **settings: Any) -> Resampled:  # of the named sampler
    import imblearn.under_sampling as library

    return kept_by(getattr(library, name)(**settings), train, dataset)


def _rule(source: str, *, usual: int = 3, chance: bool = False) -> Callable[[Callable[..., Any]], AugmenterPlugin]:
    """What the rules have in common, as a decorator; `usual` is the usual number of neighbours."""

    def lift(fn: Callable[..., Any]) -> AugmenterPlugin:
        check = needs_rows(fn.__name__, "n_neighbors", usual)
        about: dict[str, Any] = {
            "form": "subset",
            "balances": False,
            "chance": chance,
            "check": check,
            "in_vectors": TEXT,
        }
        return set_augmenter(POINTS, source=f"{source}; imbalanced-learn", **about)(fn)

    return lift


@_rule("Tomek 1976", usual=1)
def tomek_links(
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """Leave out rows whose nearest row is of another class and has them as its nearest.

    Args:
        train: n real rows; left, rng: not used; dataset: its columns.
        sampling_strategy: classes that lose rows: all but the smallest ("auto", "not minority"), "majority",
            "not majority" or "all".

    Returns:
        No rows, and which are left out.
    """
    return _by_rule("TomekLinks", train, dataset, sampling_strategy=sampling_strategy)


@_rule("Wilson 1972")
def edited_nearest_neighbours(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 3,
    kind_sel: Agreement = "all",
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """Leave out rows whose nearest neighbours are not of their class.

    Args:
        train, left, rng, dataset, sampling_strategy: as for `tomek_links`.
        n_neighbors: neighbours that are asked; kind_sel: a row stays if "all" of them, or the "mode", agree.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "kind_sel": kind_sel, "sampling_strategy": sampling_strategy}
    return _by_rule("EditedNearestNeighbours", train, dataset, **settings)


@_rule("Tomek 1976")
def repeated_edited_nearest_neighbours(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 3,
    kind_sel: Agreement = "all",
    max_iter: int = 100,
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """`edited_nearest_neighbours` again and again, until it leaves nothing out.

    Args:
        train, left, rng, dataset, n_neighbors, kind_sel, sampling_strategy: as for `edited_nearest_neighbours`.
        max_iter: times at most.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "kind_sel": kind_sel, "max_iter": max_iter}
    return _by_rule("RepeatedEditedNearestNeighbours", train, dataset, sampling_strategy=sampling_strategy, **settings)


@_rule("Tomek 1976")
def all_knn(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 3,
    kind_sel: Agreement = "all",
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """`edited_nearest_neighbours` with 1, then 2, … up to n neighbours.

    Args:
        train, left, rng, dataset, kind_sel, sampling_strategy: as for `edited_nearest_neighbours`.
        n_neighbors: n.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "kind_sel": kind_sel, "sampling_strategy": sampling_strategy}
    return _by_rule("AllKNN", train, dataset, **settings)


@_rule("Laurikkala 2001")
def neighbourhood_cleaning_rule(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 3,
    threshold_cleaning: float = 0.5,
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """`edited_nearest_neighbours`, and the rows of large classes that mislead rows of the smallest.

    Args:
        train, left, rng, dataset, n_neighbors, sampling_strategy: as for `edited_nearest_neighbours`.
        threshold_cleaning: a class larger than this share of the smallest one is cleaned in the second step.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "threshold_cleaning": threshold_cleaning}
    return _by_rule("NeighbourhoodCleaningRule", train, dataset, sampling_strategy=sampling_strategy, **settings)


@_rule("Hart 1968", usual=1, chance=True)
def condensed_nearest_neighbour(
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 1,
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """Keep only rows that the nearest neighbour needs: those that the rows kept before would get wrong.

    Args:
        train, left, dataset, sampling_strategy: as for `tomek_links`; rng: names the row to begin with.
        n_neighbors: neighbours that vote.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "random_state": legacy_generator(rng)}
    return _by_rule("CondensedNearestNeighbour", train, dataset, sampling_strategy=sampling_strategy, **settings)


@_rule("Kubat & Matwin 1997", usual=1, chance=True)
def one_sided_selection(
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    n_neighbors: int = 1,
    sampling_strategy: Cleaned = "auto",
) -> Resampled:
    """`condensed_nearest_neighbour` in one pass, and then `tomek_links`.

    Args:
        train, left, dataset, n_neighbors, sampling_strategy: as for `condensed_nearest_neighbour`; rng: as there.

    Returns:
        No rows, and which are left out.
    """
    settings = {"n_neighbors": n_neighbors, "random_state": legacy_generator(rng)}
    return _by_rule("OneSidedSelection", train, dataset, sampling_strategy=sampling_strategy, **settings)

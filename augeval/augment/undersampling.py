"""Real rows left out until the classes are in balance: at random, or those that a rule can spare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import as_points, is_categorical, legacy_generator
from augeval.augment.resampled import Resampled
from augeval.errors import NotApplicable
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples, Modality

__all__ = [
    "POINTS",
    "TEXT",
    "cluster_centroids",
    "instance_hardness",
    "kept_by",
    "leave_out",
    "near_miss",
    "needs_rows",
    "points_of",
    "random_under",
]

POINTS: tuple[Modality, ...] = ("image", "tabular")
TEXT: tuple[Modality, ...] = ("text",)  # between which there are distances in the space of a model alone


@set_augmenter(("text", "image", "tabular"), form="subset", source="imbalanced-learn's RandomUnderSampler")
def random_under(train: Examples, left: Mapping[int, int], *, rng: np.random.Generator) -> Resampled:
    """Leave rows of large classes out at random: plain under-sampling, which throws rows away.

    Args:
        train: n real rows. left: rows that remain, of each class that loses some. rng: names the draws.

    Returns:
        No rows, and which are left out; a smaller `left` leaves out the rows of a larger one and more.
    """
    key = int(rng.integers(2**63))
    gone = [stream("random_under", key, c).permutation(np.flatnonzero(train.y == c))[rows:] for c, rows in left.items()]
    return leave_out(train, np.concatenate([np.empty(0, np.int64), *gone]))


def leave_out(train: Examples, gone: NDArray[np.int64]) -> Resampled:
    """No row made, and these positions left out."""
    nothing = Examples(train.x[:0], train.y[:0], train.ids[:0], train.ids[:0, None])
    return Resampled(nothing, np.sort(gone.astype(np.int64)))


def points_of(x: NDArray[Any], train: Examples, dataset: Dataset) -> NDArray[np.float64]:
    """Rows as points between which distances make sense.

    Args:
        x: rows of a table or images; train: the real rows, whose standard deviations are the units.

    Returns:
        (n, e) float64: tables as `as_points` gives them (standardised, categories one apart, a missing value at the
        mean), images as their pixels, vectors as they are.
    """
    flat, like = (np.asarray(rows.reshape(len(rows), -1), np.float64) for rows in (x, train.x))
    if dataset.modality != "tabular":
        return flat
    return as_points(flat, like, is_categorical(dataset.columns, flat.shape[1]))


def needs_rows(
    who: str, neighbours: str, usual: int, *, of_a_class: bool = False
) -> Callable[[Examples, Mapping[int, int], Dataset, Mapping[str, Any]], None]:
    """The check of a rule that looks at neighbours of a row.

    Args:
        who: its name; neighbours: the parameter that says how many, and its usual value.
        of_a_class: they are rows of the smallest class, not of all.
    """

    def check(train: Examples, left: Mapping[int, int], dataset: Dataset, params: Mapping[str, Any]) -> None:
        k, counts = int(params.get(neighbours, usual)), np.bincount(train.y)
        smallest = int(min(np.flatnonzero(counts), key=lambda c: counts[c]))
        most = int(counts[smallest]) if of_a_class else len(train) - 1
        if (counts > 0).sum() < 2:
            raise NotApplicable(f"{who} needs two classes or more among the training rows; there is one.")
        if not 1 <= k <= most:
            name = dataset.classes[smallest] if smallest < len(dataset.classes) else str(smallest)
            rows = f"class '{name}' has {most}" if of_a_class else f"there are {most} others"
            raise NotApplicable(
                f"{who} looks at {k} neighbours of a row ({neighbours}), and {rows}. Set {neighbours} from 1 to "
                f"{most}, or take random_under."
            )

    return check


def kept_by(sampler: Any, train: Examples, dataset: Dataset) -> Resampled:  # any with fit_resample
    """What an under-sampler of imbalanced-learn leaves out, given the rows as points."""
    sampler.fit_resample(points_of(train.x, train, dataset), train.y)
    return leave_out(train, np.setdiff1d(np.arange(len(train)), sampler.sample_indices_))


@set_augmenter(
    POINTS, form="subset", chance=False, source="Zhang & Mani 2003; imbalanced-learn",
    check=needs_rows("near_miss", "n_neighbors", 3, of_a_class=True), in_vectors=TEXT,
)  # fmt: skip
def near_miss(
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    version: Literal[1, 2, 3] = 1,
    n_neighbors: int = 3,
) -> Resampled:
    """Keep the rows of large classes that lie nearest to the smallest class.

    imbalanced-learn's NearMiss, on columns in standard deviations and categories one apart.

    Args:
        train, left: as for `random_under`; rng: not used; dataset: its columns.
        version: 1: smallest mean distance to the n nearest rows of the smallest class; 2: to the n farthest; 3: of the
            n nearest rows to each row of the smallest class, those farthest from it, of which there may be fewer.
        n_neighbors: n.

    Returns:
        No rows, and which are left out.
    """
    from imblearn.under_sampling import NearMiss

    settings = {"n_neighbors": n_neighbors, "n_neighbors_ver3": n_neighbors, "version": version}
    return kept_by(NearMiss(sampling_strategy=dict(left), **settings), train, dataset)


@set_augmenter(
    POINTS, form="subset", nested=False, source="Lin et al. 2017; imbalanced-learn's ClusterCentroids", in_vectors=TEXT
)
def cluster_centroids(
    train: Examples, left: Mapping[int, int], *, rng: np.random.Generator, dataset: Dataset
) -> Resampled:
    """Keep the rows of large classes at the centres of as many clusters.

    As imbalanced-learn's ClusterCentroids votes "hard", on columns in standard deviations and categories one apart:
    k-means with as many clusters as rows may remain, and for each centre the nearest row that no other centre took.
    Another number of clusters has other centres, so doses do not nest. Made-up centres instead of rows are
    `imblearn.under_sampling:ClusterCentroids` with voting: soft.

    Args:
        train, left: as for `random_under`; rng: names where k-means starts; dataset: its columns.

    Returns:
        No rows, and which are left out.
    """
    from sklearn.cluster import KMeans

    points, key = points_of(train.x, train, dataset), int(rng.integers(2**63))
    gone = [np.empty(0, np.int64)]
    for c, rows in left.items():
        members = np.flatnonzero(train.y == c)
        state = legacy_generator(stream("cluster_centroids", key, c))
        found = KMeans(n_clusters=rows, n_init=1, random_state=state).fit(points[members])
        gone.append(np.delete(members, _nearest_each(found.cluster_centers_, points[members])))
    return leave_out(train, np.concatenate(gone))


def _nearest_each(centres: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """(k,) for each centre in turn the nearest row that is still free."""
    from scipy.spatial.distance import cdist

    distances = cdist(centres, rows)
    taken = np.empty(len(centres), np.int64)
    for i, to_rows in enumerate(distances):
        taken[i] = to_rows.argmin()
        distances[:, taken[i]] = np.inf
    return taken


@set_augmenter(POINTS, form="subset", nested=False, source="Smith et al. 2014; imbalanced-learn", in_vectors=TEXT)
def instance_hardness(
    train: Examples,
    left: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    cv: int = 5,
    trees: int = 100,
) -> Resampled:
    """Leave out the rows of large classes that a random forest, cross-validated, finds hardest.

    imbalanced-learn's InstanceHardnessThreshold: rows of equal hardness go or stay together, so that more or fewer may
    remain than asked for.

    Args:
        train, left: as for `random_under`; rng: names the forest and the folds; dataset: its columns.
        cv: folds; trees: of the forest.

    Returns:
        No rows, and which are left out.

    Raises:
        NotApplicable: a class has fewer rows than folds.
    """
    from imblearn.under_sampling import InstanceHardnessThreshold
    from sklearn.ensemble import RandomForestClassifier

    smallest = int(np.bincount(train.y)[np.unique(train.y)].min())
    if smallest < cv:
        raise NotApplicable(
            f"instance_hardness cross-validates in {cv} folds, and the smallest class has {smallest} training rows. "
            f"Set cv to at most {smallest}, or take random_under."
        )
    state = legacy_generator(rng)
    forest = RandomForestClassifier(n_estimators=trees, random_state=state.randint(2**31 - 1))
    sampler = InstanceHardnessThreshold(
        estimator=forest, sampling_strategy=dict(left), random_state=state.randint(2**31 - 1), cv=cv
    )
    return kept_by(sampler, train, dataset)

"""SMOTE's kin that put rows where a class is pressed, at home or hard: SVM-SMOTE, k-means SMOTE, ADASYN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augeval.augment.neighbours import find_neighbours, legacy_generator
from augeval.augment.resampled import Resampled
from augeval.augment.segments import (
    BLOCK,
    VECTORS,
    Lines,
    Made,
    Rule,
    between,
    class_name,
    finished,
    foreign_neighbours,
    in_blocks,
    lines_of,
    needs,
    neighbours_of,
    require,
)
from augeval.errors import NotApplicable
from augeval.extend import set_augmenter
from augeval.seeds import stream
from augeval.types import Dataset, Examples

__all__ = ["adasyn", "kmeans_smote", "svm_smote"]


@set_augmenter(
    "tabular", source="Nguyen et al. 2009; imbalanced-learn", check=needs("svm_smote", m=10), in_vectors=VECTORS
)
def svm_smote(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    m_neighbors: int = 10,
    out_step: float = 0.5,
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Examples | Resampled:
    """SMOTE from support vectors: towards neighbours where other classes press, and beyond them where none does.

    The support vectors of scikit-learn's SVC on the rows as they are, without those all of whose neighbours are of
    other classes. imbalanced-learn's SVMSMOTE makes about half of the rows that it is asked for where all support
    vectors are in danger, or none is; this one goes on until the quota is full.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`; numeric columns only.
        m_neighbors: neighbours among all rows that tell where other classes press (at least half of them).
        out_step: how far beyond a support vector a row may lie, in distances to its neighbour; in [0, 1].

    Returns:
        Rows with parents (m, 2), as of `smote`. They may lie outside the class's range, which is counted.

    Raises:
        NotApplicable: as `smote`; and where a class has no support vector, or noise only.
    """
    params = {"k_neighbors": k_neighbors, "m_neighbors": m_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    require(svm_smote, train, quota, dataset, params)
    support = _support_vectors(train)

    def rule(c: int) -> Rule:
        k = neighbours_of("svm_smote", c, train, dataset, params)
        vectors = support[train.y[support] == c]
        foreign = foreign_neighbours(train, vectors, m_neighbors)
        if not (foreign < m_neighbors).any():
            raise NotApplicable(
                f"svm_smote makes no row of class '{class_name(dataset, c)}': each of its {len(vectors)} support "
                f"vectors has all of its {m_neighbors} nearest neighbours in other classes, which is noise. Take "
                "smote, or more m_neighbors."
            )
        danger = vectors[(foreign >= m_neighbors / 2) & (foreign < m_neighbors)]
        safe = vectors[foreign < m_neighbors / 2]
        inward, outward = (lines_of(train, c, k, some) if len(some) else None for some in (danger, safe))
        return lambda rng: _in_and_out(train.x, (inward, outward), out_step, rng)

    return finished(in_blocks("svm_smote", train, quota, rng, rule), train, dataset, params)


def _support_vectors(train: Examples) -> NDArray[np.int64]:
    from sklearn.svm import SVC

    found: NDArray[np.int64] = SVC(gamma="scale").fit(train.x, train.y).support_.astype(np.int64)
    return found


def _in_and_out(
    x: NDArray[np.float64], lines: tuple[Lines | None, Lines | None], out_step: float, rng: np.random.Generator
) -> Made:
    """A block, or the part of it that one kind of support vector makes; shuffled, so that a cut has both kinds."""
    state = legacy_generator(rng)
    inwards = int(state.beta(10, 10) * (BLOCK + 1))
    sizes, steps = (inwards, BLOCK - inwards), (1.0, -out_step)
    parts = [
        between(x, some, n, state, step)[0]
        for some, n, step in zip(lines, sizes, steps, strict=True)
        if some is not None and n
    ]
    rows, parents = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = rng.permutation(len(rows))
    return rows[order], parents[order]


@set_augmenter(
    "tabular", source="Last et al. 2017; imbalanced-learn", check=needs("kmeans_smote", k=2), in_vectors=VECTORS
)
def kmeans_smote(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 2,
    clusters: int = 8,
    cluster_balance_threshold: float | None = None,
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Examples | Resampled:
    """SMOTE within clusters in which a class is at home, more rows where its rows lie far apart.

    Clusters of scikit-learn's MiniBatchKMeans on the rows as they are. imbalanced-learn's KMeansSMOTE gives each
    cluster its share of the rows, rounded up; here the cluster of each row is drawn with that share, so that a larger
    quota starts with the rows of a smaller one and is filled exactly.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`; numeric columns only.
        clusters: how many.
        cluster_balance_threshold: least share of the class among the rows of a cluster that is used; None for
            1 / (2 · classes that are to get rows).

    Returns:
        Rows with parents (m, 2), as of `smote`.

    Raises:
        NotApplicable: as `smote`; and where no cluster has the share and k_neighbors + 1 rows of the class.
    """
    params = {"k_neighbors": k_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    require(kmeans_smote, train, quota, dataset, params)
    key = int(rng.integers(2**63))
    least = 0.5 / max(1, sum(rows > 0 for rows in quota.values()))
    least = least if cluster_balance_threshold is None else cluster_balance_threshold

    def rule(c: int) -> Rule:
        k = neighbours_of("kmeans_smote", c, train, dataset, params)
        homes = _homes(train, c, k, _clustered(train.x, clusters, key), least if clusters > 1 else 0.0)
        if not homes:
            raise NotApplicable(
                f"kmeans_smote makes no row of class '{class_name(dataset, c)}': none of {clusters} clusters has at "
                f"least {least:.3g} of its rows in the class (cluster_balance_threshold), and {k + 1} of them. Lower "
                "the threshold, take other clusters, or smote."
            )
        return lambda rng: _in_clusters(train, homes, rng)

    return finished(in_blocks("kmeans_smote", train, quota, rng, rule), train, dataset, params)


def _clustered(x: NDArray[np.float64], clusters: int, key: int) -> NDArray[np.int64]:
    from sklearn.cluster import MiniBatchKMeans

    state = legacy_generator(stream("kmeans_smote clusters", key))
    return np.asarray(MiniBatchKMeans(n_clusters=min(clusters, len(x)), random_state=state).fit_predict(x), np.int64)


Home = tuple[Lines, float]  # a class's rows of one cluster with their neighbours there, and its share of the new rows


def _homes(train: Examples, c: int, k: int, cluster: NDArray[np.int64], least: float) -> list[Home]:
    """Clusters in which the class is at home; the sparser its rows lie there, the larger the share."""
    found, sparsity = [], []
    for number in np.unique(cluster):
        rows = np.flatnonzero(cluster == number)
        members = rows[train.y[rows] == c]
        if len(members) < k + 1 or len(members) / len(rows) < least:
            continue
        x = train.x[members]
        found.append(Lines(members, members[find_neighbours(x, x, k + 1)[:, 1:]]))
        sparsity.append(_sparsity(x))
    total = sum(sparsity)  # 0 where all rows of every cluster are equal
    return [(lines, s / total if total else 1 / len(found)) for lines, s in zip(found, sparsity, strict=True)]


def _sparsity(x: NDArray[np.float64]) -> float:
    """(mean distance between two of n rows) ^ (0.16 · log_1.6(n) ^ 1.8) / n, as imbalanced-learn has it."""
    from sklearn.metrics import pairwise_distances

    n = len(x)
    distances = pairwise_distances(x)
    np.fill_diagonal(distances, 0.0)
    exponent = 0.16 * (np.log(n) / np.log(1.6)) ** 1.8
    return float((distances.sum() / (n * n - n)) ** exponent / n)


def _in_clusters(train: Examples, homes: Sequence[Home], rng: np.random.Generator) -> Made:
    """A block whose rows come from the clusters in their shares."""
    sizes = rng.multinomial(BLOCK, [share for _, share in homes])
    state = legacy_generator(rng)
    parts = [between(train.x, lines, int(n), state)[0] for (lines, _), n in zip(homes, sizes, strict=True) if n]
    rows, parents = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = rng.permutation(BLOCK)
    return rows[order], parents[order]


@set_augmenter("tabular", source="He et al. 2008; imbalanced-learn", check=needs("adasyn"), in_vectors=VECTORS)
def adasyn(  # noqa: PLR0913  # each is a key of an experiment file, or the harness's
    train: Examples,
    quota: Mapping[int, int],
    *,
    rng: np.random.Generator,
    dataset: Dataset,
    k_neighbors: int = 5,
    reduce_k: bool = False,
    round_whole: bool = False,
) -> Examples | Resampled:
    """SMOTE from each row as often as it has neighbours of other classes: more rows where the class is hard to learn.

    The paper, and imbalanced-learn's ADASYN, round each row's number of new rows, which forbids that a larger quota
    starts with the rows of a smaller one; here the row from which a new one starts is drawn, with the same mean, and
    the quota is filled exactly. The rounded form is `imblearn.over_sampling:ADASYN`.

    Args:
        train, quota, rng, dataset, k_neighbors, reduce_k, round_whole: as for `smote`; numeric columns only.

    Returns:
        Rows with parents (m, 2), as of `smote`.

    Raises:
        NotApplicable: as `smote`; and where no row of a class has a neighbour of another one.
    """
    params = {"k_neighbors": k_neighbors, "reduce_k": reduce_k, "round_whole": round_whole}
    require(adasyn, train, quota, dataset, params)

    def rule(c: int) -> Rule:
        k = neighbours_of("adasyn", c, train, dataset, params)
        lines = lines_of(train, c, k)
        foreign = foreign_neighbours(train, lines.starts, k)
        if not foreign.any():
            raise NotApplicable(
                f"adasyn makes no row of class '{class_name(dataset, c)}': none of its {len(foreign)} rows has another "
                f"class among its {k} nearest neighbours, so none is hard. Take smote, or more k_neighbors."
            )
        return lambda rng: _where_hard(train.x, lines, foreign / foreign.sum(), rng)

    return finished(in_blocks("adasyn", train, quota, rng, rule), train, dataset, params)


def _where_hard(x: NDArray[np.float64], lines: Lines, share: NDArray[np.float64], rng: np.random.Generator) -> Made:
    row = rng.choice(len(share), size=BLOCK, p=share)
    start, end = lines.starts[row], lines.ends[row, rng.integers(lines.ends.shape[1], size=BLOCK)]
    step = rng.random(BLOCK)
    parents = np.where((step <= 0.5)[:, None], np.stack([start, end], 1), np.stack([end, start], 1))
    return x[start] + step[:, None] * (x[end] - x[start]), parents

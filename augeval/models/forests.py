"""A random forest on tables: scikit-learn's trees, on a bootstrap of distinct rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError
from augeval.extend import batch_model
from augeval.models.solver import Rows, collapse
from augeval.models.standardise import TableVectors
from augeval.seeds import stream
from augeval.types import Dataset, Predictor, TrainingSet

__all__ = ["random_forest"]

Tree = Any  # sklearn's DecisionTreeClassifier, which is untyped


@batch_model("tabular", source="Breiman 2001; sklearn.tree.DecisionTreeClassifier", flexible=True)
def random_forest(  # each is a key of an experiment file, or the harness's
    trains: Sequence[TrainingSet],
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    n_estimators: int = 100,
    max_features: Literal["sqrt", "log2"] | float | None = "sqrt",
    min_samples_leaf: int = 1,
) -> list[Predictor]:
    """A random forest on a table: missing numbers as they are, categories as indicators.

    Equal rows are one row whose weight is their number. Each tree draws as many distinct rows as there are, with
    replacement and each as likely, and a row counts in it with its weight times how often it was drawn. So a tree
    leaves out a row together with its copies, a third of the distinct rows as ever, and plain copies of all rows change
    nothing. scikit-learn's forest differs where rows are copied or weighted: of a table with copies it draws copies, of
    which hardly a tree lacks all, and from version 1.9 on it draws heavy rows more often.

    Args:
        trains: one training set per fit. dataset: its columns and classes. seeds: one per training set.
        n_estimators: trees, grown until their leaves are pure; their mean is the probability.
        max_features, min_samples_leaf: as in scikit-learn; leaves count distinct rows.

    Returns:
        Predictors: (m, d) float64 -> (m, k) probabilities.

    Raises:
        InputError: fewer than one tree.
    """
    if n_estimators < 1:
        raise InputError(f"random_forest takes at least 1 tree, not n_estimators: {n_estimators}.")
    settings = {"max_features": max_features, "min_samples_leaf": min_samples_leaf}
    made: list[Predictor] = []
    for train, seed in zip(trains, seeds, strict=True):
        table = TableVectors.fit(dataset.columns, train.real.x, missing="own", scaled=False).with_missing()
        joined = train.joined()
        rows = collapse(table(joined.x), joined.y, joined.weights)
        rng = stream("init", dataset.name, "random_forest", seed)
        trees = _grown(rows, n_estimators, settings, rng)
        made.append(_Forest(trees, table, np.unique(rows.y), dataset.n_classes))
    return made


def _grown(rows: Rows, trees: int, settings: Mapping[str, Any], rng: np.random.Generator) -> list[Tree]:
    """The trees, without what scikit-learn's own forest spends on each beside growing it."""
    from sklearn import config_context
    from sklearn.tree import DecisionTreeClassifier

    n, x = len(rows.y), rows.x.astype(np.float32)
    weights = rows.weights * n / rows.weights.sum()
    checked = not np.isfinite(x).all()  # scikit-learn looks for missing values only where it checks its input
    grown: list[Tree] = []
    for _ in range(trees):
        times = np.bincount(rng.integers(n, size=n), minlength=n)
        tree = DecisionTreeClassifier(random_state=int(rng.integers(2**31 - 1)), **settings)
        with config_context(skip_parameter_validation=bool(grown)):  # all have the parameters of the first
            grown.append(tree.fit(x, rows.y, sample_weight=times * weights, check_input=checked))
    return grown


@dataclass(frozen=True)
class _Forest:
    """Mean of the trees' probabilities, in the dataset's classes; 0 for one that no training row had."""

    trees: Sequence[Tree]
    table: TableVectors
    classes: NDArray[np.int64]
    n_classes: int

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        seen = self.table(x).astype(np.float32)
        made = np.zeros((len(x), self.n_classes))
        for tree in self.trees:
            made[:, self.classes] += tree.predict_proba(seen, check_input=False)
        return made / len(self.trees)

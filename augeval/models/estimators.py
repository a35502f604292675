"""scikit-learn's classifiers as models: gradient boosting on tables, and any other that a user names or hands over."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import InputError, NotApplicable
from augeval.extend import ModelPlugin, Space, batch_model
from augeval.lifting import dress, kind_of, settings_of
from augeval.models.encoders import DEFAULT_ENCODER, pixels, text_encoder
from augeval.models.solver import collapse
from augeval.models.standardise import TableLevels, TableVectors
from augeval.seeds import stream
from augeval.types import Column, Dataset, Encoder, Predictor, TrainingSet

__all__ = ["from_estimator", "hist_gradient_boosting"]

MOST_CATEGORIES = 255  # of a column, in scikit-learn's histogram trees
_SET_BY_HARNESS = ("random_state",)

Features = Callable[[NDArray[Any]], NDArray[np.float64]]
Estimator = Any  # anything with fit and predict_proba or decision_function


@batch_model("tabular", flexible=True, source="sklearn.ensemble.HistGradientBoostingClassifier")
def hist_gradient_boosting(
    trains: Sequence[TrainingSet],
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    learning_rate: float = 0.1,
    max_iter: int = 100,
    min_samples_leaf: int = 5,
) -> list[Predictor]:
    """Histogram gradient boosting on a table, with its categories and missing values as they are.

    Early stopping is off, so every arm takes the same number of trees. Equal rows are one row whose weight is their
    number, and weights have mean 1: plain copies change nothing, and leaves count distinct rows. Smaller trees and
    leaves than scikit-learn's defaults, which are meant for ten thousand rows. A categorical column of more than 255
    values is taken as numeric.

    Args:
        trains: one training set per fit. dataset: its columns and classes. seeds: one per training set.
        learning_rate, max_iter, min_samples_leaf: as in scikit-learn; at most 15 leaves a tree, l2_regularization 1.

    Returns:
        Predictors: (m, d) float64 -> (m, k) probabilities.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings: dict[str, Any] = {
        "learning_rate": learning_rate,
        "max_iter": max_iter,
        "min_samples_leaf": min_samples_leaf,
        "max_leaf_nodes": 15,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "categorical_features": _categorical(dataset.columns, trains[0].real.x.shape[1]),
    }
    made: list[Predictor] = []
    for train, seed in zip(trains, seeds, strict=True):
        joined = train.joined()
        rows = collapse(np.asarray(joined.x, np.float64), joined.y, joined.weights)
        state = _draw(dataset, "hist_gradient_boosting", seed)
        estimator = HistGradientBoostingClassifier(random_state=state, **settings)
        levels = TableLevels.fit(rows.x, [not c for c in settings["categorical_features"]], MOST_CATEGORIES)
        weights = rows.weights * len(rows.y) / rows.weights.sum()
        made.append(_trained(estimator, (levels(rows.x), rows.y), {"sample_weight": weights}, (levels, dataset)))
    return made


def from_estimator(name: str, found: object) -> ModelPlugin:
    """A scikit-learn classifier, class or object, as a model of tables, images and texts.

    A class is made with the user's parameters, an object is cloned for every fit; `random_state`, its own and those of
    its parts, is drawn for the seed. It is given tables with numbers as they are and categories as indicators (missing
    numbers are the real training rows' median, unless the estimator takes missing values), images as flat pixels in
    [0, 1], texts as vectors of the default encoder, or as they are if it begins with a vectoriser (then vectors cannot
    be made for it). Probabilities are
    those of `predict_proba`; without it the softmax of `decision_function` (two classes: its logistic function), which
    orders rows rightly and is not calibrated.

    Its objective is the estimator's own: where more rows mean less regularisation, as in LogisticRegression, or more
    steps, as in MLPClassifier, duplication alone may "help", and the report's alarm says so.

    Args:
        name: what the user called it. found: a class, or an object whose parameters are already set.

    Returns:
        A plug-in whose `params` are the constructor's. Called, it raises NotApplicable for weighted rows if `fit` takes
        no sample_weight.

    Raises:
        InputError: it is no classifier that tells how sure it is.
    """
    kind = kind_of(found)
    _chances_of(found)

    def estimator(
        trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], **params: Any
    ) -> list[Predictor]:
        return [
            _fit_one(name, _built(found, params), train, dataset, seed)
            for train, seed in zip(trains, seeds, strict=True)
        ]

    dress(estimator, found, _SET_BY_HARNESS)
    return ModelPlugin(
        name=name,
        fn=estimator,
        modalities=("tabular", "image", "text"),
        source=f"{kind.__module__}.{kind.__name__}",
        settings=settings_of(found),
        has_steps=_in_epochs(found),
        in_epochs=_in_epochs(found),
        space=None if _begins_with_strings(found) else Space("feature space", _feature_space),
    )


def _feature_space(real: NDArray[Any], **_: Any) -> Encoder:
    return text_encoder(DEFAULT_ENCODER) if real.dtype == object else pixels


def _in_epochs(found: Estimator) -> bool:
    """Whether it is trained by passes over its rows, as scikit-learn's networks and SGD are, and skorch's."""
    while getattr(found, "steps", None):
        found = found.steps[-1][1]
    params = inspect.signature(kind_of(found)).parameters
    return hasattr(found, "partial_fit") and bool({"max_iter", "max_epochs"} & set(params))


def _built(found: Estimator, params: Mapping[str, Any]) -> Estimator:
    """A fresh, unfitted estimator with these parameters."""
    if inspect.isclass(found):
        return found(**params)
    from sklearn.base import clone

    made = clone(found)
    return made.set_params(**params) if params else made


def _fit_one(name: str, estimator: Estimator, train: TrainingSet, dataset: Dataset, seed: int) -> Predictor:
    _seeded(estimator, dataset, name, seed)
    joined, features = train.joined(), _features(estimator, dataset, train)
    weights: dict[str, Any] = {}
    if joined.weights is not None:
        weights = {_weight_key(name, estimator): joined.weights}
    x = features(joined.x) if train.vectors is None else np.concatenate([features(train.kept.x), train.vectors])
    return _trained(estimator, (x, joined.y), weights, (features, dataset))


def _seeded(estimator: Estimator, dataset: Dataset, name: str, seed: int) -> None:
    """Draw `random_state` of the estimator and of every part that has one."""
    keys = [key for key in _params_of(estimator) if key.rsplit("__", 1)[-1] == "random_state"]
    if keys:
        estimator.set_params(**{key: _draw(dataset, f"{name} {key}", seed) for key in sorted(keys)})


def _params_of(estimator: Estimator) -> Mapping[str, Any]:
    params: Mapping[str, Any] = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return params


def _draw(dataset: Dataset, model: str, seed: int) -> int:
    return int(stream("init", dataset.name, model, seed).integers(2**31 - 1))


def _features(estimator: Estimator, dataset: Dataset, train: TrainingSet) -> Features:
    """Rows -> (n, d) float64 (or the texts themselves), by what the real training rows tell."""
    if dataset.modality == "image":
        return lambda x: pixels(x).astype(np.float64)
    if dataset.modality == "text" and _begins_with_strings(estimator):
        return lambda x: x
    if dataset.modality == "text":
        encode = text_encoder(DEFAULT_ENCODER)
        return lambda x: encode(x).astype(np.float64)
    table = TableVectors.fit(dataset.columns, train.real.x, missing="own", scaled=False)
    return table.with_missing() if _takes_missing(estimator) else table


def _takes_missing(estimator: Estimator) -> bool:
    return _input_tag(estimator, "allow_nan")


def _begins_with_strings(estimator: Estimator) -> bool:
    while getattr(estimator, "steps", None):
        estimator = estimator.steps[0][1]
    return _input_tag(estimator, "string")


def _input_tag(estimator: Estimator, name: str) -> bool:
    try:
        from sklearn.utils import get_tags

        return bool(getattr(get_tags(estimator).input_tags, name))
    except (ImportError, AttributeError, TypeError):  # not one of scikit-learn's own kind, or one of before 1.6
        return False


def _weight_key(name: str, estimator: Estimator) -> str:
    """The keyword by which `fit` takes row weights; a pipeline takes them for its last step."""
    last, prefix = estimator, ""
    while getattr(last, "steps", None):
        prefix += f"{last.steps[-1][0]}__"
        last = last.steps[-1][1]
    if "sample_weight" not in inspect.signature(last.fit).parameters:
        raise NotApplicable(f"{name} takes no row weights.")
    return f"{prefix}sample_weight"


def _trained(
    estimator: Estimator,
    rows: tuple[NDArray[Any], NDArray[Any]],
    weights: Mapping[str, Any],
    seen: tuple[Features, Dataset],
) -> Predictor:
    """Fit and wrap; where all rows are of one class there is nothing to fit."""
    features, dataset = seen
    classes = np.unique(rows[1])
    chances = _chances_of(estimator)
    if len(classes) > 1:
        estimator.fit(*rows, **weights)
        classes = np.asarray(estimator.classes_, np.int64)
        return _EstimatorPredictor(chances, features, classes, dataset.n_classes)
    return _EstimatorPredictor(lambda x: np.ones((len(x), 1)), features, classes, dataset.n_classes)


@dataclass(frozen=True)
class _EstimatorPredictor:
    """Probabilities in the dataset's classes; 0 for one that no training row had."""

    chances: Callable[[NDArray[Any]], NDArray[np.float64]]
    features: Features
    classes: NDArray[np.int64]
    n_classes: int

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        made = np.zeros((len(x), self.n_classes))
        made[:, self.classes] = self.chances(self.features(x))
        return made


def _chances_of(estimator: Estimator) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    if hasattr(estimator, "predict_proba"):
        return lambda x: np.asarray(estimator.predict_proba(x), np.float64)
    if hasattr(estimator, "decision_function"):
        return lambda x: _softmax(np.asarray(estimator.decision_function(x), np.float64))
    raise InputError(
        f"{kind_of(estimator).__name__} has neither predict_proba nor decision_function, so nothing tells how "
        "sure it is. Choose a classifier that has one, or wrap it in sklearn.calibration.CalibratedClassifierCV."
    )


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) scores of the second class against the first, or (n, k) scores -> probabilities."""
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros(len(scores)), scores])
    made: NDArray[np.float64] = np.exp(scores - scores.max(1, keepdims=True))
    made /= made.sum(1, keepdims=True)
    return made


def _categorical(columns: Sequence[Column] | None, d: int) -> list[bool]:
    if columns is None:
        return [False] * d
    return [column.kind == "categorical" and len(column.categories) <= MOST_CATEGORIES for column in columns]

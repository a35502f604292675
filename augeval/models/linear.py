"""Linear heads on embeddings, words, pixels and tables: mean loss, and a penalty tuned on the real rows alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.edited import Words
from augeval.errors import InputError
from augeval.extend import Space, batch_model
from augeval.models.counting import analyser, count_matrix, countable
from augeval.models.encoders import DEFAULT_ENCODER, pixels, text_encoder
from augeval.models.solver import Head, Matrix, collapse, fit
from augeval.models.standardise import TableVectors
from augeval.models.tuning import tuned_penalty
from augeval.types import Dataset, Encoder, Predictor, TrainingSet

__all__ = ["embedding_logistic", "logistic", "pixels_logistic", "tfidf_logistic"]

Features = Callable[[NDArray[Any]], Matrix]  # (n, …) rows -> (n, d) float64


def _embedding(x: NDArray[Any], encoder: str = DEFAULT_ENCODER, **_: Any) -> NDArray[np.float32]:
    return text_encoder(encoder)(x)


def _words(x: NDArray[Any], **_: Any) -> NDArray[np.uint64]:
    """(n, 2) a digest of each text's words with their counts: equal for texts that tf-idf cannot tell apart."""
    words = analyser()
    counted = ["\x1f".join(f"{word}\x1e{n}" for word, n in sorted(Counter(words(str(text))).items())) for text in x]
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16] for text in counted]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(len(x), 2)


def _pixels(x: NDArray[Any], **_: Any) -> NDArray[np.float32]:
    return pixels(x)


def _cells(x: NDArray[Any], **_: Any) -> NDArray[np.float64]:
    """(n, 2 d) values and which are missing: nan differs from itself, a missing value does not."""
    x = np.asarray(x, np.float64)
    return np.concatenate([np.nan_to_num(x), np.isnan(x)], axis=1)


def _embedding_space(real: NDArray[Any], encoder: str = DEFAULT_ENCODER, **_: Any) -> Encoder:
    return text_encoder(encoder)


def _word_space(real: NDArray[Any], **_: Any) -> Encoder:
    weigh = _Tfidf.of(real)
    return lambda x: weigh(x).toarray()


def _pixel_space(real: NDArray[Any], **_: Any) -> Encoder:
    return pixels


@batch_model("text", crossed=True, features=_embedding, space=Space("embedding space", _embedding_space))
def embedding_logistic(
    trains: Sequence[TrainingSet],
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    encoder: str = DEFAULT_ENCODER,
    tune: bool = True,
    C: float = 1.0,
) -> list[Predictor]:
    """Logistic regression on the vectors of a frozen text encoder.

    Args:
        trains: one training set per fit. dataset: its classes. seeds: one per training set, for the tuning folds.
        encoder: a sentence-transformers model: a folder, "all-MiniLM-L6-v2", or organisation/model.
        tune: True minimises the mean loss plus a penalty that cross-validation on the real rows chooses; False is
            scikit-learn's default, the summed loss with C, under which more rows mean less regularisation.
        C: inverse penalty of the summed loss; only with tune = False.

    Returns:
        Predictors: (m,) str -> (m, k) probabilities.
    """
    encode = text_encoder(encoder)
    encode(np.concatenate([part.x for train in trains for part in (train.real, train.synthetic)]))  # in few batches
    features = _Vectors(encode)
    return [
        _fitted(train, dataset, features, _Objective(tune, C, seed)) for train, seed in zip(trains, seeds, strict=True)
    ]


@batch_model("text", features=_words, space=Space("tf-idf space", _word_space))
def tfidf_logistic(
    trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], tune: bool = True, C: float = 1.0
) -> list[Predictor]:
    """Logistic regression on tf-idf weights of single words, without their order.

    Vocabulary and document frequencies are those of the real training rows, for every arm: the penalty is tuned on
    these features, and duplication must not change them. A word that only synthetic rows have is not seen.

    Args:
        trains, dataset, seeds, tune, C: as for embedding_logistic.

    Returns:
        Predictors: (m,) str -> (m, k) probabilities.
    """
    return [
        _fitted(train, dataset, _Tfidf.of(train.real.x), _Objective(tune, C, seed))
        for train, seed in zip(trains, seeds, strict=True)
    ]


@batch_model("image", features=_pixels, space=Space("pixel space", _pixel_space))
def pixels_logistic(
    trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], tune: bool = True, C: float = 1.0
) -> list[Predictor]:
    """Logistic regression on the pixels, each in [0, 1].

    Args:
        trains, dataset, seeds, tune, C: as for embedding_logistic.

    Returns:
        Predictors: (m, h, w, c) uint8 -> (m, k) probabilities.
    """
    features = _Vectors(pixels)
    return [
        _fitted(train, dataset, features, _Objective(tune, C, seed)) for train, seed in zip(trains, seeds, strict=True)
    ]


@batch_model("tabular", features=_cells)
def logistic(
    trains: Sequence[TrainingSet], dataset: Dataset, *, seeds: Sequence[int], tune: bool = True, C: float = 1.0
) -> list[Predictor]:
    """Logistic regression on a table: numbers standardised, categories as indicators.

    Means, deviations and the medians that stand for missing numbers are those of the real training rows, for every
    arm; a missing category is a category.

    Args:
        trains, dataset, seeds, tune, C: as for embedding_logistic.

    Returns:
        Predictors: (m, d) float64 -> (m, k) probabilities.
    """
    return [
        _fitted(
            train, dataset, TableVectors.fit(dataset.columns, train.real.x, missing="own"), _Objective(tune, C, seed)
        )
        for train, seed in zip(trains, seeds, strict=True)
    ]


@dataclass(frozen=True)
class _Objective:
    """What is minimised.

    Args:
        tune: mean loss with a tuned penalty, or the summed loss with `c`.
        seed: of the tuning folds.
    """

    tune: bool
    c: float
    seed: int

    def __post_init__(self) -> None:
        if self.tune and self.c != 1.0:
            raise InputError(
                f"C = {self.c:g} has no effect while the penalty is tuned. Set tune: false, or leave C out."
            )
        if not self.c > 0 or not np.isfinite(self.c):
            raise InputError(f"C is {self.c:g}; a number greater than 0 is wanted.")


@dataclass(frozen=True)
class _Vectors:
    """An encoder's float32 vectors as the float64 that heads are fitted on."""

    encode: Callable[[NDArray[Any]], NDArray[np.float32]]

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        return self.encode(x).astype(np.float64)


def _fitted(train: TrainingSet, dataset: Dataset, features: Features, objective: _Objective) -> Predictor:
    joined, k = train.joined(), dataset.n_classes
    rows = collapse(_matrix(train, features), joined.y, joined.weights)
    if objective.tune:
        penalty = tuned_penalty(features(train.real.x), train.real.y, seed=objective.seed, n_classes=k)
    else:
        penalty = float(1 / (objective.c * rows.weights.sum()))
    return _LinearPredictor(features, fit(rows, penalty, k))


def _matrix(train: TrainingSet, features: Features) -> Matrix:
    """Features of the real rows, then of the synthetic ones: of their words, where these are known and counted; or what
    they are as vectors.
    """
    if train.vectors is not None:
        return _stacked(features(train.kept.x), train.vectors)
    if isinstance(features, _Tfidf) and train.words is not None:
        from scipy.sparse import vstack

        return vstack([features(train.real.x), features.of_words(train.words, train.synthetic.x)], format="csr")
    return features(train.joined().x)


def _stacked(real: Matrix, made: NDArray[np.float64]) -> Matrix:
    if isinstance(real, np.ndarray):
        return np.concatenate([real, made])
    from scipy.sparse import csr_array, vstack

    return vstack([real, type(real)(csr_array(made))], format="csr")


@dataclass(frozen=True)
class _LinearPredictor:
    features: Features
    head: Head

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        return self.head(self.features(x))


@dataclass(frozen=True)
class _Tfidf:
    """Texts -> (n, words) sparse tf-idf rows of unit length, as a fitted TfidfVectorizer of scikit-learn makes them."""

    vectoriser: Any  # sklearn's, which is untyped

    @staticmethod
    def of(texts: NDArray[Any]) -> _Tfidf:
        """With the vocabulary and the frequencies of these texts."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectoriser = TfidfVectorizer()
        try:
            vectoriser.fit([str(text) for text in texts])
        except ValueError as error:
            raise InputError(
                "tfidf_logistic finds no word of two or more letters in the training rows; choose embedding_logistic."
            ) from error
        return _Tfidf(vectoriser)

    def __call__(self, x: NDArray[Any]) -> Matrix:
        return self.vectoriser.transform([str(text) for text in x]).tocsr()

    def of_words(self, words: Words, x: NDArray[Any]) -> Matrix:
        """The same of texts whose words are known as numbers, bit for bit, without cutting them again.

        Args:
            words: of n texts; x: (n,) the texts, of which those are cut whose words do not tell all.
        """
        from scipy.sparse import vstack

        told = countable(words)
        alone = np.flatnonzero(told)
        counts = count_matrix(words.take(alone), self.vectoriser.vocabulary_)
        weighed = _weighed(self.vectoriser, counts)
        if told.all():
            return weighed
        order = np.argsort(np.concatenate([alone, np.flatnonzero(~told)]))
        return vstack([weighed, self(x[~told])], format="csr")[order]


def _weighed(vectoriser: Any, counts: Matrix) -> Matrix:
    """What the vectoriser makes of counts: times log frequencies, to unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    weigh = TfidfTransformer()
    weigh.idf_ = vectoriser.idf_
    return weigh.transform(counts, copy=False).tocsr()

"""text_cnn: a convolutional network for sentences."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError
from augeval.extend import batch_model
from augeval.models.training import BATCH, Amount, batches, descend, shares
from augeval.seeds import row_keys, stream, stream_seed, uniforms
from augeval.stillness import one_thread
from augeval.types import Dataset, Examples, Predictor, TrainingSet

if TYPE_CHECKING:
    from torch import Generator, Tensor

__all__ = ["text_cnn"]

WIDTHS = (3, 4, 5)  # words that a filter sees
FILTERS, DIMENSIONS = 32, 64  # of each width; of a word's vector
FEATURES = FILTERS * len(WIDTHS)
SPREAD = 0.25  # a word's vector starts uniform in ± this, as in Kim's code
DROPOUT = 0.5  # share of the features that a step leaves out
STEPS = 200  # optimisation steps where a user gives none
# Words that a batch is padded to; longer texts end at the last one.
LENGTHS = (16, 24, 32, 40, 48, 64, 96, 128, 192, 256)
ABSENT = 0  # row of the table of words for the end of a text and for unknown words: zeros, never trained

# Runs of letters and digits, apostrophes inside them; each character of Chinese and Japanese.
_WORD = re.compile(
    r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|(?:[^\W\u3041-\u30ff\u3400-\u9fff]|['’](?=\w)(?<=\w['’]))+"
)


def _sequence(x: NDArray[Any], **_: Any) -> NDArray[np.uint64]:
    """(n, 2) a digest of each text's words in their order: equal for texts that the network cannot tell apart."""
    read = ["\x1f".join(_words(text)).encode("utf-8", "surrogatepass") for text in x]
    digests = [hashlib.sha256(words).digest()[:16] for words in read]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(len(x), 2)


@batch_model(
    "text", has_steps=True, flexible=True, features=_sequence, source="Kim 2014 (CNN-rand); Adam: Kingma & Ba 2015"
)
def text_cnn(
    trains: Sequence[TrainingSet],
    dataset: Dataset,
    *,
    seeds: Sequence[int],
    steps: int | None = None,
    epochs: int | None = None,
    learning_rate: float = 0.003,
) -> list[Predictor]:
    """Word vectors, 32 filters of each of 3, 4 and 5 words, ReLU, the largest value over the text, dropout, linear.

    The vectors (64 numbers a word) are learned from a random start: no pretrained ones are shipped. So the words of
    all training rows are known, those that only synthetic rows have included: a synonym that augmentation brings in
    and a test row has is what such an augmentation is for, and the networks of the EDA paper knew those words too, by
    their pretrained vectors. (tfidf_logistic knows the real rows' words alone, since its penalty is tuned on them.)
    A word that no training row has is a vector of zeros.

    With 500 sentences of SST-2 it reaches an accuracy of about .65 (a slow test holds it to that).

    Adam takes the same number of steps of 32 rows whatever the number of training rows; with `epochs` it takes as
    many passes over the rows instead, as most training loops do. The start of each word's vector depends on dataset,
    seed and word, that of the filters and what dropout drops on dataset and seed: the arms of a seed start alike.

    Args:
        trains: texts; row weights scale the loss.
        dataset: names the classes.
        seeds: one per training set.
        steps: optimisation steps, at least 1; 200 where neither steps nor epochs are given.
        epochs: passes over the training rows, at least 1, instead of steps; a last batch is filled from the next pass.
        learning_rate: of Adam, above 0.

    Returns:
        One predictor per training set: texts -> (n, k) float64 probabilities; a row's are a pure function of the row.

    Raises:
        InputError: a parameter is out of range.
        DataError: no training row has a word.

    Source: Kim 2014, whose CNN-rand has 300 numbers a word, 100 filters of each width, a bound on the norm of the
        last layer and Adadelta. The networks of Wei & Zou 2019 had pretrained vectors and filters of one width.
    """
    amount = Amount("text_cnn", steps, epochs, STEPS)
    amount.check("text_cnn", learning_rate)
    made = []
    with one_thread():
        for train, seed in zip(trains, seeds, strict=True):
            rows = train.joined()
            fit = _Fit(("text_cnn", dataset.name, seed), amount.steps(len(rows)), learning_rate)
            made.append(_fitted(rows, dataset.n_classes, fit))
    return made


@dataclass(frozen=True)
class _Fit:
    """What a fit is named by, and how it is trained."""

    path: tuple[object, ...]
    steps: int
    learning_rate: float


def _words(text: object) -> list[str]:
    return _WORD.findall(str(text).lower())[: LENGTHS[-1]]


def _fitted(rows: Examples, classes: int, fit: _Fit) -> Predictor:
    import torch
    from torch.nn.functional import cross_entropy

    texts = [_words(text) for text in rows.x]
    vocabulary = {word: i for i, word in enumerate(sorted({word for words in texts for word in words}), start=1)}
    if not vocabulary:
        raise DataError("text_cnn finds no word in the training rows; it learns from words alone.")
    network = _Network(vocabulary, classes)
    weights = torch.from_numpy(network.start(fit.path)).requires_grad_()
    ids, lengths = network.padded(texts)
    y, share = torch.from_numpy(rows.y), shares(rows)
    generator = torch.Generator().manual_seed(stream_seed(*fit.path, "dropout") % 2**63)

    def losses(_: int, batch: Tensor) -> Tensor:
        length = _length(int(lengths[batch].max()))
        kept = _kept(generator, len(batch))
        logits = network.logits(weights, ids[batch, :length], lengths[batch], kept)
        return cross_entropy(logits, y[batch], reduction="none") * share[batch]

    order = batches(len(rows), fit.steps, stream(*fit.path, "order", len(rows)))
    return network.predictor(descend(weights, order, losses, fit.learning_rate))


def _length(words: int) -> int:
    return next((length for length in LENGTHS if length >= words), LENGTHS[-1])


def _kept(generator: Generator, rows: int) -> Tensor:
    """(rows, features) 0 where a value is left out, and the others scaled up so that their sum keeps its mean."""
    import torch

    drawn = torch.rand((rows, FEATURES), generator=generator)
    return (drawn >= DROPOUT).float() / (1 - DROPOUT)


@dataclass(frozen=True)
class _Network:
    """The words that are known and the number of classes; its weights are one flat vector beside it.

    In this order: (1 + words, d) vectors, (filters, d × width) of each width, (features,), (k, features), (k,).
    """

    vocabulary: dict[str, int]
    classes: int

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        filters = [(FILTERS, DIMENSIONS * width) for width in WIDTHS]
        layers = [(FEATURES,), (self.classes, FEATURES), (self.classes,)]
        return [(1 + len(self.vocabulary), DIMENSIONS), *filters, *layers]

    def start(self, path: tuple[object, ...]) -> NDArray[np.float32]:
        """Word vectors by word, the rest normal with variance 2 / inputs; what is absent and biases 0."""
        digests = [hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8] for word in self.vocabulary]
        ids = np.frombuffer(b"".join(digests), np.uint64).astype(np.int64)
        keys = row_keys((*path, "words"), ids, np.zeros(len(ids), np.int64))
        vectors = SPREAD * (2 * uniforms(keys[:, None], 0, np.arange(DIMENSIONS)) - 1)
        rng = stream(*path, "weights")
        others = [
            np.zeros(shape) if len(shape) == 1 else rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
            for shape in self.shapes[1:]
        ]
        absent = np.zeros(DIMENSIONS)
        return np.concatenate([part.ravel() for part in (absent, vectors, *others)]).astype(np.float32)

    def padded(self, texts: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        """(n, longest) numbers of words, 0 after the last one, and (n,) how many there are."""
        import torch

        lengths = [len(words) for words in texts]
        ids = np.full((len(texts), _length(max(lengths, default=0))), ABSENT)
        for row, words in zip(ids, texts, strict=True):
            row[: len(words)] = [self.vocabulary.get(word, ABSENT) for word in words]
        return torch.from_numpy(ids), torch.tensor(lengths)

    def logits(self, weights: Tensor, ids: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        """(b, k) of (b, l) numbers of words, of which the first `lengths` count.

        All filters are one matrix that looks at five words, with zeros where a filter sees fewer: a quarter more
        multiplications than three convolutions, in three quarters of their time.
        """
        import torch
        from torch.nn.functional import embedding, linear, pad

        flat = torch.split(weights, [int(np.prod(shape)) for shape in self.shapes])
        table, *filters, threshold, last, bias = (f.view(s) for f, s in zip(flat, self.shapes, strict=True))
        words = embedding(pad(ids, (0, WIDTHS[-1] - 1)), table, padding_idx=ABSENT)
        windows = torch.cat([words[:, j : j + ids.shape[1]] for j in range(WIDTHS[-1])], 2)
        matrix = torch.cat([pad(f, (0, windows.shape[2] - f.shape[1])) for f in filters])
        # A window counts if it ends within the text; a text shorter than the filter has one, its first.
        widths = torch.tensor(WIDTHS).repeat_interleave(FILTERS)
        ends = torch.arange(ids.shape[1])[:, None] + widths
        outside = ends > torch.maximum(lengths[:, None, None], widths)
        features = linear(windows, matrix, threshold).masked_fill(outside, -torch.inf).amax(1).relu()
        return linear(features if kept is None else features * kept, last, bias)

    def predictor(self, weights: Tensor) -> Predictor:
        return _Scores(self, weights)


@dataclass(frozen=True)
class _Scores:
    network: _Network
    weights: Tensor

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        import torch

        texts = [_words(text) for text in x]
        scores = np.empty((len(x), self.network.classes))
        padded_to = np.array([_length(len(words)) for words in texts], int)
        with one_thread(), torch.no_grad():
            for length in LENGTHS:
                for rows in _whole_batches(np.flatnonzero(padded_to == length)):
                    # Always a whole batch of one length that the row alone decides: a row's bits must not depend on
                    # which others, or how many, are scored with it.
                    ids, lengths = self.network.padded(
                        [*(texts[i] for i in rows), *[["?"] * length] * (BATCH - len(rows))]
                    )
                    logits = self.network.logits(self.weights, ids, lengths, None)
                    scores[rows] = logits.double().softmax(1).numpy()[: len(rows)]
        return scores


def _whole_batches(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]

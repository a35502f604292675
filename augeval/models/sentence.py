"""Running a sentence-transformers model so that a vector never depends on its companions.

Ordinary batches are padded to their longest text, which changes the order of sums: 1e-7 between companions, enough to
flip the last digit of a result. Here every batch has one of a few fixed shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.stillness import one_thread, quiet

__all__ = ["encode"]

BATCH = 16  # rows; the last one is always a dummy
STEP = 4  # tokens: lengths are rounded up to a multiple
PROBE = "A sentence that shows whether both ways agree."


def encode(folder: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, d) vectors of n texts, computed on the processor with one thread.

    Args:
        folder: a sentence-transformers model; loaded once a process.
        texts: in any order.
    """
    with one_thread():
        model = _loaded(folder)
        return _in_shapes(model, texts) if _shapes_fit(folder) else _alone(model, texts)


@lru_cache(maxsize=2)
def _loaded(folder: str) -> Any:  # SentenceTransformer, which is only imported here
    with quiet():
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(folder, device="cpu", local_files_only=True).eval()


@lru_cache(maxsize=2)
def _shapes_fit(folder: str) -> bool:
    """Whether fixed shapes give what the model's own `encode` gives.

    They do not where a model adds a prompt or has a tokenizer of its own kind; its texts are then encoded one by one.
    """
    model = _loaded(folder)
    try:
        return bool(np.allclose(_in_shapes(model, [PROBE]), _alone(model, [PROBE]), atol=1e-4))
    except (AttributeError, TypeError, ValueError, KeyError, NotImplementedError):
        return False


def _alone(model: Any, texts: Sequence[str]) -> NDArray[np.float32]:
    made = [model.encode([text], show_progress_bar=False, convert_to_numpy=True)[0] for text in texts]
    return np.asarray(made, np.float32)


def _in_shapes(model: Any, texts: Sequence[str]) -> NDArray[np.float32]:
    tokens = model.tokenizer([text.strip() for text in texts], truncation=True, max_length=model.max_seq_length)
    lengths = np.array([-(-len(ids) // STEP) * STEP for ids in tokens["input_ids"]])
    # The dummy always has padding. Without it a batch of full rows would run without an attention mask, by another
    # kernel, and a row's bits would depend on whether its companions are as long as itself.
    dummy = model.tokenizer("")
    vectors: dict[int, NDArray[np.float32]] = {}
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        for start in range(0, len(rows), BATCH - 1):
            chunk = rows[start : start + BATCH - 1]
            made = _forward(model, _filled(tokens, chunk, dummy), int(length))
            vectors.update(zip(chunk.tolist(), made, strict=False))  # what is left over are dummies
    return np.stack([vectors[row] for row in range(len(texts))])


def _filled(tokens: Mapping[str, Any], rows: NDArray[Any], dummy: Mapping[str, Any]) -> dict[str, list[Any]]:
    missing = BATCH - len(rows)
    return {name: [values[row] for row in rows] + [dummy[name]] * missing for name, values in tokens.items()}


def _forward(model: Any, batch: dict[str, list[Any]], length: int) -> NDArray[np.float32]:
    import torch

    padded = model.tokenizer.pad(batch, padding="max_length", max_length=length, return_tensors="pt")
    with torch.inference_mode():
        vectors: NDArray[np.float32] = model(dict(padded))["sentence_embedding"].float().numpy()
    return vectors

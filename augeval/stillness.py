"""Other libraries held still: torch on one thread, transformers without bars and advice."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_thread", "quiet"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread within the block, and give the caller's number back after it.

    Other numbers of threads split sums differently, and could change a last bit.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Loading shows no bar and no advice; warnings of the user's own models elsewhere are left as they are."""
    logging: Any = importlib.import_module("transformers.utils.logging")  # not annotated
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()

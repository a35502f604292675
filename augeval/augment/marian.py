"""MarianMT through transformers: a network translates, in batches of fixed shapes, so that companions change no bit.

Each batch has `BATCH` rows of one length, the last a dummy: what it costs is up to one batch for each length (a
multiple of `STEP` tokens) that has few rows. A sampled token is drawn from the row's key, never from a generator that
rows share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augeval.augment.translators import Translation, assembled, cased_like, cut, halved
from augeval.errors import DataError, InputError, MissingExtraError
from augeval.seeds import uniforms
from augeval.stillness import one_thread, quiet

__all__ = ["Decoding", "Marian"]

SEMANTICS = 1  # of how texts are cut, batched and drawn: raised where the same model would give other texts
BATCH = 8  # rows; the last one is always a dummy
STEP = 4  # tokens: lengths are rounded up to a multiple
LIMIT = 128  # tokens of one piece: models of sentences drop some of a longer text
PARTS = (".json", ".spm", ".safetensors", ".bin")
PURPOSE = 7  # of the uniforms that tokens are drawn at


@dataclass(frozen=True)
class Decoding:
    """How tokens are chosen; see `back_translation`."""

    num_beams: int | None = None
    do_sample: bool = False
    temperature: float = 1.0
    top_p: float = 1.0
    max_length: int = 512

    def __post_init__(self) -> None:
        if self.do_sample and self.num_beams not in (None, 1):
            raise InputError(
                f"back_translation draws tokens one at a time: do_sample takes no num_beams: {self.num_beams}."
            )
        if not self.do_sample and (self.temperature, self.top_p) != (1.0, 1.0):
            raise InputError("back_translation reads temperature and top_p only with do_sample: true.")
        if not (self.temperature > 0 and 0 < self.top_p <= 1 and self.max_length > 1 and self.beams > 0):
            raise InputError(
                "back_translation takes a temperature above 0, top_p in (0, 1], num_beams of at least 1 and max_length "
                f"above 1, not {self.temperature}, {self.top_p}, {self.num_beams} and {self.max_length}."
            )

    @property
    def beams(self) -> int:
        """How many are searched."""
        return self.num_beams if self.num_beams is not None else 1 if self.do_sample else 4


@dataclass(frozen=True)
class Marian:
    """A translator by a MarianMT model.

    Args:
        model: a folder, or a name of the hub (fetched once).
        target: language that a model of several is asked for (">>es<<"): as the model calls it.
        decoding: how tokens are chosen.
    """

    model: str
    target: str
    decoding: Decoding

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn."""
        return self.decoding.do_sample

    @property
    def digest(self) -> str:
        """Content of the model's files, and how it is asked.

        Raises:
            MissingExtraError: a library is not installed. InputError: no such folder. DataError: the hub lacks it.
        """
        return f"marian {self.target} {_content(_folder(self.model))} {self.decoding} {SEMANTICS}"

    def batch(self, texts: Sequence[str], keys: NDArray[np.uint64] | None) -> list[Translation | None]:
        """One translation for each text; None for one that does not end within `max_length` tokens.

        Args:
            texts: n of any characters; what has no letter comes back as it is. keys: (n,), where tokens are drawn.
        """
        with one_thread():
            machine = _loaded(str(_folder(self.model)), self.target)
            cuts = [cut(text) for text in texts]
            parts = [[halved(piece, machine.fits) for piece in one.texts] for one in cuts]
            drawn = np.zeros(len(texts), np.uint64) if keys is None else keys
            jobs = [
                _Job(part, int(key), number)
                for pieces, key in zip(parts, drawn.tolist(), strict=True)
                for number, (part, _) in enumerate(part for piece in pieces for part in piece)
            ]
            answers = iter(machine.translated(jobs, self.decoding))
        found = [[[next(answers) for _ in piece] for piece in pieces] for pieces in parts]
        return [assembled(*one) for one in zip(texts, cuts, parts, found, strict=True)]


@dataclass(frozen=True)
class _Job:
    """A part of a text, the key of its row, and which part it is: what its draws depend on."""

    text: str
    key: int
    number: int


@dataclass(frozen=True)
class _Machine:
    """A loaded model; prefix: what tells it the target language, or ""."""

    model: Any  # transformers' own classes, which are only imported when one is loaded
    tokenizer: Any
    prefix: str

    def ids(self, text: str) -> list[int]:
        """Its tokens, with the one that ends it."""
        found: list[int] = self.tokenizer(self.prefix + text, verbose=False)["input_ids"]
        return found

    def fits(self, text: str) -> bool:
        """Whether it has at most `LIMIT` tokens; what has far too many characters for that is not counted."""
        most = min(LIMIT, int(self.model.config.max_position_embeddings))
        return len(text) <= most * 30 and len(self.ids(text)) <= most

    def translated(self, jobs: Sequence[_Job], decoding: Decoding) -> list[Translation | None]:
        """One for each job, in batches of jobs that have the same length in steps."""
        tokens = [self.ids(job.text) for job in jobs]
        lengths = np.array([-(-len(ids) // STEP) * STEP for ids in tokens], np.int64)
        made: dict[int, Translation | None] = {}
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length).tolist()
            for start in range(0, len(rows), BATCH - 1):
                chunk = rows[start : start + BATCH - 1]
                answers = self._generated([tokens[i] for i in chunk], [jobs[i] for i in chunk], length, decoding)
                for i, answer in zip(chunk, answers, strict=False):  # what is left over are dummies
                    made[i] = self._read(jobs[i], tokens[i], answer, decoding)
        return [made[i] for i in range(len(jobs))]

    def _generated(
        self, tokens: Sequence[list[int]], jobs: Sequence[_Job], length: int, decoding: Decoding
    ) -> list[list[int]]:
        import torch

        # The dummy always has padding: without any, a batch would run by another kernel than with some.
        rows = [*tokens, *[[self.tokenizer.eos_token_id]] * (BATCH - len(tokens))]
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        how: dict[str, Any] = {"num_beams": decoding.beams, "do_sample": False, "max_length": self._most(decoding)}
        if decoding.do_sample:
            filled = [*jobs, *[_Job("", 0, 0)] * (BATCH - len(jobs))]
            how["logits_processor"] = _drawing(filled, decoding)
        with torch.inference_mode():
            generated: list[list[int]] = self.model.generate(input_ids=ids, attention_mask=mask, **how).tolist()
        return generated

    def _most(self, decoding: Decoding) -> int:
        return min(decoding.max_length, int(self.model.config.max_position_embeddings))

    def _read(self, job: _Job, tokens: list[int], answer: list[int], decoding: Decoding) -> Translation | None:
        """The answer as text; None where it was cut: models force an end on the last token that they may make."""
        end = self.tokenizer.eos_token_id
        if end not in answer[1 : self._most(decoding) - 1]:
            return None
        text = str(self.tokenizer.decode(answer, skip_special_tokens=True))
        return Translation(cased_like(job.text, " ".join(text.split())), tokens.count(self.tokenizer.unk_token_id))


def _drawing(jobs: Sequence[_Job], decoding: Decoding) -> Any:
    """What draws each next token: by the inverse of its distribution, at a number that row, part and step name."""
    import torch
    from transformers import LogitsProcessor, LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

    keys = np.array([job.key for job in jobs], np.uint64)
    first = np.array([job.number for job in jobs], np.int64) * decoding.max_length

    class Drawn(LogitsProcessor):
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            at = torch.from_numpy(uniforms(keys, PURPOSE, first + input_ids.shape[1]))[:, None]
            below = scores.double().softmax(1).cumsum(1)
            chosen = torch.searchsorted(below, at * below[:, -1:], right=True)
            return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)

    warpers = [TemperatureLogitsWarper(float(decoding.temperature)), TopPLogitsWarper(float(decoding.top_p))]
    return LogitsProcessorList([*warpers, Drawn()])


def _folder(name: str) -> Path:
    """The model's folder, fetched from the hub if need be."""
    for library in ("transformers", "sentencepiece", "sacremoses"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "translate", "back_translation by marian")
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder.absolute()
    if name.count("/") != 1 or folder.is_absolute() or name.startswith("."):
        raise InputError(
            f"back_translation by marian: '{name}' is no folder with a model (config.json), and no name of the hub "
            "(organisation/model)."
        )
    return _fetched(name)


@lru_cache(maxsize=8)
def _fetched(name: str) -> Path:
    from huggingface_hub import snapshot_download

    wanted = [f"*{ending}" for ending in PARTS]
    with suppress(FileNotFoundError, ValueError):  # not in the hub's cache here
        return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, etag_timeout=10))
    except Exception as error:  # the hub's errors are of many libraries; each means that the model is not here
        raise DataError(
            f"The model '{name}' is not on this machine and could not be fetched from the hub "
            f"({type(error).__name__}). Check the name and the connection, or name a local folder."
        ) from error


@lru_cache(maxsize=8)
def _content(folder: Path) -> str:
    files = sorted(p for p in folder.iterdir() if p.suffix in PARTS and p.is_file())
    parts = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _loaded(folder: str, target: str) -> _Machine:
    with quiet():
        from transformers import MarianMTModel, MarianTokenizer

        tokenizer: Any = MarianTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = MarianMTModel.from_pretrained(folder, local_files_only=True)
        model.eval()
    codes = tokenizer.supported_language_codes
    if codes and f">>{target}<<" not in codes:
        shown = ", ".join(sorted(code.strip("<>") for code in codes))
        raise InputError(
            f"The model {folder} translates into several languages, none called '{target}'. It has: {shown}."
        )
    return _Machine(model, tokenizer, f">>{target}<< " if codes else "")

"""MarianMT models small enough to be built in a test, with real tokenizers.

The pieces of both sentencepiece models are trained on four sentences here, and the network on their translations,
until it knows those by heart; of anything else it makes nonsense that depends on every token.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from augeval.seeds import stream

ENGLISH = (
    "the film is good and the actors are bad",
    "a sentimental mess that never rings true",
    "it was the best of times",
    "who would have thought that this story could be told again?",
)
SPANISH = (
    "la película es buena y los actores son malos",
    "un desorden sentimental que nunca suena cierto",
    "era el mejor de los tiempos",
    "¿quién habría pensado que esta historia podía contarse otra vez?",
)
POSITIONS = 64
STEPS = 120


def write(folder: Path, source: Sequence[str], target: Sequence[str], codes: Sequence[str] = ()) -> Path:
    """A model's folder, as `save_pretrained` writes it.

    Args:
        folder: to write into; source, target: the same sentences in two languages, whose translations it learns.
        codes: target languages that it tells apart ("es").
    """
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True)
    pieces = [_pieces(folder / "source.spm", source), _pieces(folder / "target.spm", target)]
    words = ["</s>", "<unk>", *(f">>{code}<<" for code in codes), *sorted({*pieces[0], *pieces[1]}), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}), encoding="utf-8")
    tokenizer = MarianTokenizer(str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"))
    config = MarianConfig(
        vocab_size=len(words), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=POSITIONS,
        eos_token_id=0, forced_eos_token_id=0, pad_token_id=len(words) - 1, decoder_start_token_id=len(words) - 1,
        dropout=0.0, attention_dropout=0.0,
    )  # fmt: skip
    model = MarianMTModel(config)
    rng = stream("tiny marian", *source)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name and "embed_positions" not in name:
                drawn = rng.normal(0, 0.2 * ("bias" not in name), tuple(parameter.shape))
                parameter.copy_(torch.from_numpy(drawn))
    prefix = f">>{codes[0]}<< " if codes else ""
    _learn(model, tokenizer, [prefix + text for text in source], list(target))
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def _learn(model: Any, tokenizer: Any, source: list[str], target: list[str]) -> None:
    import torch

    batch = tokenizer(source, text_target=target, return_tensors="pt", padding=True)
    batch["labels"][batch["labels"] == tokenizer.pad_token_id] = -100
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimiser.zero_grad()
        model(**batch).loss.backward()
        optimiser.step()
    model.eval()


def _pieces(path: Path, sentences: Sequence[str]) -> list[str]:
    """Train a sentencepiece model into this file; its pieces without the ones that every model has."""
    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=written, vocab_size=60, hard_vocab_limit=False, minloglevel=2
    )
    path.write_bytes(written.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [model.id_to_piece(i) for i in range(3, model.get_piece_size())]

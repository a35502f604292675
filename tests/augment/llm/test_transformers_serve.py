"""The same path against a server that others wrote, with a tiny model of random weights that the test builds.

What such a model says is noise, so nothing is learned of paraphrases; what is tried is the protocol as it is spoken
elsewhere: real counts of tokens, a `response_format` that is ignored, answers that are not JSON.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec

import pytest

from augeval.augment.llm.paraphrase import llm_paraphrase
from augeval.errors import NotApplicable

pytestmark = pytest.mark.slow

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
ROWS = ["the film is slow and it never finds its heart", "a warm and funny story about two old friends"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A folder with a Llama of about a hundred thousand weights and a tokeniser of bytes."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet)
    tokeniser.train_from_iterator(ROWS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokeniser, bos_token="<s>", eos_token="</s>", pad_token="</s>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(fast), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=4096, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.random.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def base_url(model):
    missing = [name for name in ("fastapi", "uvicorn", "accelerate", "starlette") if find_spec(name) is None]
    if missing:
        pytest.skip(f"transformers serve needs {', '.join(missing)}: pip install 'transformers[serving]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", model, "--port", str(port)]
    command += ["--host", "127.0.0.1", "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(f"http://127.0.0.1:{port}/v1/models", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def _wait(address, process):
    for _ in range(600):
        assert process.poll() is None, process.stderr.read().decode()[-2000:]
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError("transformers serve did not come up")


def test_noise_of_a_real_server_is_counted_paid_for_and_never_taken(base_url, model, tmp_path, monkeypatch):
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path))
    params = {"base_url": base_url, "model": model, "max_tokens": 40, "timeout": 300.0, "concurrency": 1}
    for _ in range(2):  # the second time from disk
        with pytest.raises(NotApplicable, match=r"gave no usable paraphrase of 2 rows: \d (malformed|truncated)"):
            llm_paraphrase.fn(ROWS, **params)
    with sqlite3.connect(tmp_path / "llm" / "replies.sqlite") as db:
        requests, tokens, _ = db.execute("SELECT requests, tokens, money FROM account").fetchone()
        statuses = {status for (status,) in db.execute("SELECT status FROM reply")}
    assert requests == 2
    assert tokens > 200  # two prompts of this length, by the server's own count
    assert statuses <= {"malformed", "truncated"}

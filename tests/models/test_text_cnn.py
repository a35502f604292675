"""text_cnn: what it reads of a text, what arms share, and a batch that equals its parts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from augeval.errors import DataError, InputError
from augeval.models.text_cnn import FEATURES, LENGTHS, _Network, _words, text_cnn
from augeval.seeds import stream
from augeval.types import Dataset, Examples, TrainingSet

NOUNS = ["film", "plot", "cast", "ending", "score", "script", "scene", "story"]
GOOD, BAD = ["lovely", "clever", "moving", "bright"], ["dull", "stale", "clumsy", "empty"]


def reviews(n: int, name: object = 0, noise: int = 6) -> Examples:
    """Class 1 says "not" before a bad word or nothing before a good one; class 0 the other way: order matters."""
    rng = stream("test reviews", name)
    texts, y = [], np.arange(n) % 2
    for c in y:
        word = rng.choice([*GOOD, *BAD])
        negated = (word in GOOD) != bool(c)
        filler = list(rng.choice(NOUNS, rng.integers(2, noise + 1)))
        at = int(rng.integers(len(filler) + 1))
        texts.append(" ".join([*filler[:at], *(["not", "so"] if negated else []), word, *filler[at:]]))
    return Examples(np.array(texts, object), y, np.arange(n))


def alone(rows: Examples) -> TrainingSet:
    return TrainingSet(rows, rows.take(slice(0, 0)), 0)


def with_rows(rows: Examples, texts: list[str], y: list[int]) -> TrainingSet:
    made = Examples(np.array(texts, object), np.array(y), np.arange(len(y)), np.arange(len(y))[:, None])
    return TrainingSet(rows, made, len(texts))


def dataset_of(rows: Examples, name: str = "reviews") -> Dataset:
    return Dataset(name, "text", rows, ("bad", "good")).schema()


def scores(train: TrainingSet, x, *, seed: int = 0, name: str = "reviews", **params) -> np.ndarray:
    (predict,) = text_cnn.fn([train], dataset_of(train.real, name), seeds=[seed], **{"steps": 8, **params})
    return predict(np.array(x, object))


TEST = reviews(90, "test")
ODD = [
    "",
    "?!",
    "film",
    "a" * 5000,
    "film " * 2000,
    "电影很好看",
    "\ud800 film",
    "\x00",
    "🙂",
    "unknown words only here",
]


class TestBatchEqualsSingle:
    def test_bit_for_bit_wherever_a_training_set_stands(self):
        sets = [alone(reviews(n, n)) for n in (40, 15, 64)]
        together = text_cnn.fn(sets, dataset_of(sets[0].real), seeds=[3, 1, 2], steps=5)
        for train, seed, predict in zip(sets, (3, 1, 2), together, strict=True):
            np.testing.assert_array_equal(predict(TEST.x), scores(train, TEST.x, seed=seed, steps=5))

    def test_a_rows_scores_do_not_depend_on_the_rows_scored_with_it(self):
        x = np.array([*TEST.x[:45], *ODD, *(" ".join(NOUNS * k) for k in range(1, 12))], object)
        (predict,) = text_cnn.fn([alone(reviews(30))], dataset_of(reviews(30)), seeds=[0], steps=3)
        whole = predict(x)
        np.testing.assert_array_equal(whole[::-1], predict(x[::-1]))
        np.testing.assert_array_equal(whole, np.concatenate([predict(x[i : i + 1]) for i in range(len(x))]))

    def test_two_threads_give_the_bits_of_one(self):
        script = (
            "import sys, torch; torch.set_num_threads(int(sys.argv[1]))\n"
            "sys.path.insert(0, sys.argv[2])\n"
            "import test_text_cnn as t\n"
            "print(t.scores(t.alone(t.reviews(40)), t.TEST.x[:9]).tobytes().hex())"
        )
        here = str(__file__).rsplit("/", 1)[0]
        runs = [
            subprocess.run([sys.executable, "-c", script, n, here], capture_output=True, text=True, check=True)
            for n in ("1", "2")
        ]
        assert runs[0].stdout == runs[1].stdout


class TestWhatArmsShare:
    def test_the_same_seed_gives_the_same_bits_and_another_gives_others(self):
        train = alone(reviews(30))
        np.testing.assert_array_equal(scores(train, TEST.x, seed=1), scores(train, TEST.x, seed=1))
        assert (scores(train, TEST.x, seed=1) != scores(train, TEST.x, seed=2)).any()
        assert (scores(train, TEST.x) != scores(train, TEST.x, name="other")).any()

    def test_arms_of_one_seed_start_alike_though_their_vocabularies_differ(self):
        # With a learning rate of next to nothing, what is predicted is the start.
        rows = reviews(30)
        arms = [alone(rows), with_rows(rows, ["brandnew aardvark words zebra"] * 9, [1] * 9)]
        fits = text_cnn.fn(arms, dataset_of(rows), seeds=[4, 4], steps=1, learning_rate=1e-30)
        first, second = (predict(TEST.x) for predict in fits)
        assert first.std() > 0
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-7)

    @pytest.mark.parametrize(("how", "taken"), [({"steps": 7}, [7, 7]), ({"epochs": 3}, [2, 10])])
    def test_steps_are_equal_and_epochs_grow_with_the_rows(self, how, taken, monkeypatch):
        # 20 rows three times are 60 rows, two batches of 32; 100 rows three times are 300, ten batches.
        import torch

        calls = []
        original = torch.autograd.grad
        monkeypatch.setattr(torch.autograd, "grad", lambda *args: calls.append(1) or original(*args))
        rows = reviews(20)
        found = []
        for train in (alone(rows), with_rows(rows, list(rows.x) * 4, list(rows.y) * 4)):
            calls.clear()
            scores(train, TEST.x[:1], **{"steps": None, **how})
            found.append(len(calls))
        assert found == taken
        assert text_cnn.training(how) == ("equal steps" if "steps" in how else "equal epochs")


class TestWhatItReads:
    def test_words_are_lower_cased_runs_of_letters_and_digits(self):
        assert _words("It's 10/10 -- DON’T miss: Café, 电影!") == [
            "it's",
            "10",
            "10",
            "don’t",
            "miss",
            "café",
            "电",
            "影",
        ]
        assert _words("'quoted' _x_ rock'n'roll '") == ["quoted", "_x_", "rock'n'roll"]
        assert len(_words("a " * 1000)) == LENGTHS[-1]

    def test_rows_that_it_cannot_tell_apart_are_known_before_it_is_fitted(self):
        seen = text_cnn.features(np.array(["A film!", "a  film", "film a", "", "?", "\ud800"], object))
        assert [tuple(row) == tuple(seen[0]) for row in seen] == [True, True, False, False, False, False]
        assert tuple(seen[3]) == tuple(seen[4])

    def test_order_matters(self):
        found = scores(alone(reviews(400)), ["not so dull", "so dull not"], steps=150)
        assert found[0, 1] > found[1, 1] + 0.1

    def test_words_that_no_training_row_has_are_all_alike_and_say_nothing_of_themselves(self):
        train = alone(reviews(60))
        found = scores(train, ["film lovely aardvark", "film lovely zebra"], steps=40)
        np.testing.assert_array_equal(found[0], found[1])

    def test_words_that_only_synthetic_rows_have_are_learned(self):
        rows = reviews(60)
        train = with_rows(rows, ["film splendid plot", "film ghastly plot"] * 30, [1, 0] * 30)
        found = scores(train, ["story splendid cast", "story ghastly cast"], steps=150)
        assert found[0, 1] > 0.8
        assert found[1, 1] < 0.2

    def test_how_far_a_text_is_padded_does_not_matter(self):
        import torch

        network = _Network({"film": 1, "plot": 2}, 2)
        weights = torch.from_numpy(network.start(("x",)))
        for words in ([], ["film"], ["film", "plot"], ["film"] * 5, ["plot"] * 16):
            ids, lengths = network.padded([words])
            wide = torch.nn.functional.pad(ids, (0, 30))
            short, long = (network.logits(weights, part, lengths, None) for part in (ids, wide))
            torch.testing.assert_close(short, long)

    def test_the_features_are_those_of_three_convolutions(self):
        # The matrix that looks at five words against torch's own convolutions, on texts without padding.
        import torch
        from torch.nn.functional import conv1d, linear

        network = _Network({word: i for i, word in enumerate(NOUNS, start=1)}, 2)
        weights = torch.from_numpy(network.start(("y",)))
        table, *filters, threshold, last, bias = (
            part.view(shape)
            for part, shape in zip(
                torch.split(weights, [int(np.prod(s)) for s in network.shapes]), network.shapes, strict=True
            )
        )
        ids, lengths = network.padded([NOUNS * 2] * 3)
        x = table[ids].transpose(1, 2)
        kernels = [f.view(len(f), -1, table.shape[1]).transpose(1, 2) for f in filters]
        features = torch.cat([conv1d(x, kernel).amax(2) for kernel in kernels], 1) + threshold
        assert features.shape == (3, FEATURES)
        expected = linear(features.relu(), last, bias)
        torch.testing.assert_close(network.logits(weights, ids, lengths, None), expected)


class TestLearning:
    def test_negated_words_are_told_apart_from_others(self):
        found = scores(alone(reviews(400)), TEST.x, steps=200)
        assert (found.argmax(1) == TEST.y).mean() > 0.9

    def test_probabilities_whatever_is_scored(self):
        found = scores(alone(reviews(30)), ODD)
        assert found.shape == (len(ODD), 2)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-12)
        assert scores(alone(reviews(30)), []).shape == (0, 2)

    def test_rows_without_weight_teach_nothing(self):
        rows = reviews(400)
        rows.y[200:] = 1 - rows.y[200:]
        weighted = replace(rows, weights=np.repeat([1.0, 0.0], 200))
        right = [(scores(alone(r), TEST.x, steps=200).argmax(1) == TEST.y).mean() for r in (rows, weighted)]
        assert right[1] > right[0] + 0.1

    def test_equal_weights_are_no_weights(self):
        rows = reviews(30)
        same = replace(rows, weights=np.full(30, 2.5))
        np.testing.assert_array_equal(scores(alone(rows), TEST.x), scores(alone(same), TEST.x))


class TestRefusals:
    @pytest.mark.parametrize("wrong", [{"steps": 0}, {"epochs": 0, "steps": None}, {"learning_rate": 0.0}])
    def test_parameters_out_of_range(self, wrong):
        with pytest.raises(InputError, match=r"text_cnn was given .*at least one step or epoch"):
            scores(alone(reviews(6)), TEST.x, **wrong)

    def test_steps_and_epochs_at_once(self):
        with pytest.raises(InputError, match="text_cnn was given steps=8 and epochs=2; wanted one of them"):
            scores(alone(reviews(6)), TEST.x, epochs=2)

    def test_rows_without_a_word(self):
        rows = Examples(np.array(["?", "!", "..."], object), np.array([0, 1, 0]), np.arange(3))
        with pytest.raises(DataError, match="no word in the training rows"):
            scores(alone(rows), TEST.x)


@pytest.mark.slow
def test_five_hundred_sentences_of_sst2_give_the_known_accuracy(shared_data):
    import csv

    def load(name):
        with open(shared_data / "text" / name, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return np.array([r["text"] for r in rows], object), np.array([int(r["label"]) for r in rows])

    (x, y), (test, held) = load("sst2_train.csv"), load("sst2_dev.csv")
    found = []
    for seed in range(4):
        chosen = stream("test sst2", seed).permutation(len(y))[:500]
        rows = Examples(x[chosen], y[chosen], np.arange(500))
        found.append((scores(alone(rows), test, seed=seed, steps=None).argmax(1) == held).mean())
    assert 0.62 < np.mean(found) < 0.69

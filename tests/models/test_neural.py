"""small_cnn: equal steps, equal starts, and a batch that equals its parts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from augeval.errors import DataError, InputError
from augeval.extend import model
from augeval.models.neural import small_cnn
from augeval.seeds import stream
from augeval.types import Dataset, Examples, TrainingSet

CLASSES = 3


def pictures(n: int, *, shape: tuple[int, int, int] = (8, 9, 1), name: object = 0) -> Examples:
    """Class 0: a bar that lies; class 1: one that stands; class 2: neither; anywhere, on noise."""
    rng = stream("test pictures", n, shape, name)
    y = np.arange(n) % CLASSES
    x = rng.integers(0, 60, (n, *shape), dtype=np.uint8)
    for image, c in zip(x, y, strict=True):
        row, column = rng.integers(0, shape[0] - 3), rng.integers(0, shape[1] - 3)
        if c == 0:
            image[row, column : column + 4] = 255
        elif c == 1:
            image[row : row + 4, column] = 255
    return Examples(x, y, np.arange(n))


def alone(rows: Examples) -> TrainingSet:
    return TrainingSet(rows, rows.take(slice(0, 0)), 0)


def copied(rows: Examples, times: int) -> TrainingSet:
    copies = rows.take(np.tile(np.arange(len(rows)), times))
    return TrainingSet(rows, replace(copies, parents=copies.ids[:, None]), len(copies))


def dataset_of(rows: Examples, name: str = "bars") -> Dataset:
    return Dataset(name, "image", rows, ("lying", "standing", "none")).schema()


def scores(train: TrainingSet, x: np.ndarray, *, seed: int = 0, steps: int = 8, name: str = "bars") -> np.ndarray:
    (predict,) = small_cnn.fn([train], dataset_of(train.real, name), seeds=[seed], steps=steps)
    return predict(x)


TEST = pictures(70, name="test").x


class TestBatchEqualsSingle:
    @pytest.mark.parametrize("shape", [(8, 9, 1), (5, 7, 3), (16, 16, 1)])
    def test_bit_for_bit_wherever_a_training_set_stands(self, shape: tuple[int, int, int]) -> None:
        sets = [alone(pictures(n, shape=shape, name=n)) for n in (40, 15, 64)]
        test = pictures(10, shape=shape, name="test").x
        together = small_cnn.fn(sets, dataset_of(sets[0].real), seeds=[3, 1, 2], steps=5)
        for train, seed, predict in zip(sets, (3, 1, 2), together, strict=True):
            np.testing.assert_array_equal(predict(test), scores(train, test, seed=seed, steps=5))

    @pytest.mark.parametrize("shape", [(8, 9, 1), (5, 7, 3), (16, 16, 1)])
    def test_a_rows_scores_do_not_depend_on_the_rows_scored_with_it(self, shape: tuple[int, int, int]) -> None:
        train, test = pictures(30, shape=shape), pictures(45, shape=shape, name="test").x
        (predict,) = small_cnn.fn([alone(train)], dataset_of(train), seeds=[0], steps=3)
        whole = predict(test)
        np.testing.assert_array_equal(whole[::-1], predict(test[::-1]))
        np.testing.assert_array_equal(whole, np.concatenate([predict(test[i : i + 1]) for i in range(45)]))

    def test_two_threads_give_the_bits_of_one(self) -> None:
        script = (
            "import sys, torch; torch.set_num_threads(int(sys.argv[1]))\n"
            "sys.path.insert(0, sys.argv[2])\n"
            "import test_neural as t\n"
            "print(t.scores(t.alone(t.pictures(40)), t.TEST[:9]).tobytes().hex(), torch.get_num_threads())"
        )
        here = str(__file__).rsplit("/", 1)[0]
        runs = [
            subprocess.run([sys.executable, "-c", script, n, here], capture_output=True, text=True, check=True)
            for n in ("1", "2")
        ]
        one, two = (run.stdout.split() for run in runs)
        assert one[0] == two[0]
        assert (one[1], two[1]) == ("1", "2")  # and the caller's setting is given back


class TestWhatArmsShare:
    def test_the_same_seed_gives_the_same_bits_and_another_gives_others(self) -> None:
        train = alone(pictures(30))
        np.testing.assert_array_equal(scores(train, TEST, seed=1), scores(train, TEST, seed=1))
        assert (scores(train, TEST, seed=1) != scores(train, TEST, seed=2)).any()

    def test_another_dataset_name_is_another_start(self) -> None:
        train = alone(pictures(30))
        assert (scores(train, TEST) != scores(train, TEST, name="other")).any()

    def test_arms_of_one_seed_start_from_the_same_weights(self) -> None:
        # With a learning rate of next to nothing, what is predicted is the start.
        arms = [alone(pictures(30)), copied(pictures(30), 4), alone(pictures(50, name="other rows"))]
        fits = small_cnn.fn(arms, dataset_of(arms[0].real), seeds=[4, 4, 4], steps=1, learning_rate=1e-30)
        first, *others = [predict(TEST) for predict in fits]
        assert first.std() > 0
        for other in others:
            np.testing.assert_array_equal(first, other)

    def test_arms_of_equal_size_visit_the_same_positions(self) -> None:
        # An arm whose row k is another one is the same arm until the step that visits k: 96 positions in three steps.
        def seen(k: int, steps: int) -> bool:
            rows, other = pictures(90), pictures(90)
            other.x[k] = 255 - other.x[k]
            return not np.array_equal(*(scores(alone(r), TEST[:5], steps=steps) for r in (rows, other)))

        by_step = np.array([[seen(k, steps) for steps in (1, 2, 3)] for k in range(0, 90, 10)])
        assert (np.diff(by_step.astype(int)) >= 0).all()  # what was seen once stays seen
        assert 0 < by_step[:, 0].sum() < 9
        assert by_step[:, 2].all()

    @pytest.mark.parametrize("times", [0, 1, 4])
    def test_the_ratio_does_not_change_the_number_of_steps(self, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        calls = []
        original = torch.autograd.grad
        monkeypatch.setattr(torch.autograd, "grad", lambda *args: calls.append(1) or original(*args))
        scores(copied(pictures(20), times), TEST[:1], steps=7)
        assert len(calls) == 7

    @pytest.mark.parametrize(("times", "taken"), [(0, 2), (1, 4), (4, 10)])
    def test_with_epochs_the_steps_grow_with_the_rows(self, times: int, taken: int, monkeypatch) -> None:
        # 20 rows three times are 60 rows: a batch of 32 and one that is filled from a fourth pass.
        import torch

        calls = []
        original = torch.autograd.grad
        monkeypatch.setattr(torch.autograd, "grad", lambda *args: calls.append(1) or original(*args))
        rows = pictures(20)
        small_cnn.fn([copied(rows, times)], dataset_of(rows), seeds=[0], epochs=3)
        assert len(calls) == taken

    def test_epochs_are_steps_counted_otherwise(self) -> None:
        rows = pictures(32)
        by_epoch, by_step = (
            small_cnn.fn([alone(rows)], dataset_of(rows), seeds=[0], **how)[0](TEST)
            for how in ({"epochs": 5}, {"steps": 5})
        )
        np.testing.assert_array_equal(by_epoch, by_step)


class TestRowWeights:
    def test_equal_weights_are_no_weights(self) -> None:
        rows = pictures(30)
        weighted = replace(rows, weights=np.full(30, 2.5))
        np.testing.assert_array_equal(scores(alone(rows), TEST), scores(alone(weighted), TEST))

    def test_rows_without_weight_teach_nothing(self) -> None:
        rows = pictures(60)
        rows.y[30:] = (rows.y[30:] + 1) % CLASSES  # the second half is wrong
        right = np.array([0, 1, 2] * 22 + [0, 1, 2, 0])
        weights = np.repeat([1.0, 0.0], 30)
        with_all, with_half = (
            (scores(alone(r), TEST, steps=120).argmax(1) == right).mean()
            for r in (rows, replace(rows, weights=weights))
        )
        assert with_half > with_all + 0.1

    def test_a_heavier_class_is_predicted_more_often(self) -> None:
        rows = pictures(60)
        heavy = replace(rows, weights=np.where(rows.y == 2, 20.0, 1.0))
        assert scores(alone(heavy), TEST)[:, 2].mean() > scores(alone(rows), TEST)[:, 2].mean() + 0.1


class TestLearning:
    def test_bars_are_told_apart(self) -> None:
        rows = pictures(90)
        found = scores(alone(rows), TEST, steps=150)
        assert (found.argmax(1) == np.arange(70) % CLASSES).mean() > 0.9

    def test_probabilities_of_every_class_even_of_one_that_has_no_rows(self) -> None:
        rows = pictures(30)
        found = scores(alone(rows.take(np.flatnonzero(rows.y < 2))), TEST, steps=40)
        assert found.shape == (70, CLASSES)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-12)
        assert 0 < found[:, 2].max() < 0.2

    def test_fewer_rows_than_a_batch_and_the_smallest_images(self) -> None:
        rows = pictures(5, shape=(4, 4, 1))
        tiny = replace(rows, x=rows.x[:, :2, :3])
        assert np.isfinite(scores(alone(tiny), tiny.x)).all()

    def test_no_rows_to_score_give_no_scores(self) -> None:
        assert scores(alone(pictures(6)), TEST[:0], steps=1).shape == (0, CLASSES)


class TestRefusals:
    @pytest.mark.parametrize(
        "wrong", [{"steps": 0}, {"epochs": 0}, {"learning_rate": 0.0}, {"learning_rate": float("nan")}]
    )
    def test_parameters_out_of_range(self, wrong: dict[str, float]) -> None:
        rows = pictures(6)
        with pytest.raises(InputError, match="at least one step or epoch and a learning rate above 0"):
            small_cnn.fn([alone(rows)], dataset_of(rows), seeds=[0], **wrong)

    def test_steps_and_epochs_at_once(self) -> None:
        rows = pictures(6)
        with pytest.raises(InputError, match="given steps=10 and epochs=2; wanted one of them"):
            small_cnn.fn([alone(rows)], dataset_of(rows), seeds=[0], steps=10, epochs=2)

    def test_images_of_one_line(self) -> None:
        rows = pictures(6)
        line = replace(rows, x=rows.x[:, :1])
        with pytest.raises(DataError, match="images of 1 × 9 pixels; it needs at least 2 × 2"):
            small_cnn.fn([alone(line)], dataset_of(line), seeds=[0])


def test_it_declares_equal_steps_and_one_draw_a_seed() -> None:
    assert small_cnn.has_steps
    assert not small_cnn.crossed
    assert set(small_cnn.params) == {"steps", "epochs", "learning_rate"}


def test_what_arms_have_in_common_in_training_follows_the_parameters() -> None:
    assert small_cnn.training({}) == small_cnn.training({"steps": 10, "epochs": None}) == "equal steps"
    assert small_cnn.training({"epochs": 3}) == "equal epochs"
    assert replace(small_cnn, has_steps=False).training({"epochs": 3}) == "no steps"


def test_epochs_by_default_are_epochs() -> None:
    @model("image", has_steps=True)
    def network(train, dataset, *, seed, epochs: int | None = 10):
        raise NotImplementedError

    assert network.training({}) == network.training({"epochs": 3}) == "equal epochs"
    assert network.training({"epochs": None}) == "equal steps"


@pytest.mark.slow
def test_a_hundred_digits_on_a_canvas_give_the_known_accuracy() -> None:
    # Measured: .75 on average over seeds with 200 steps, sd .03 over training sets.
    from augeval.data.bundled import digits_canvas

    data = digits_canvas.fn()
    found = []
    for seed in range(4):
        order = stream("test digits", seed).permutation(len(data.examples))
        train, test = data.examples.take(order[:100]), data.examples.take(order[100:800])
        (predict,) = small_cnn.fn([alone(train)], data.schema(), seeds=[seed])
        found.append((predict(test.x).argmax(1) == test.y).mean())
    assert 0.68 < np.mean(found) < 0.84

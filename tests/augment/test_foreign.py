"""Augmenters of other libraries: asked as they want to be, drawn from the row's own generator, refused in words."""

# ruff: noqa: TID251, NPY002  # the stand-ins draw from global generators, as the libraries do
from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import augeval
from augeval import laws, registry
from augeval.augment.apply import Context, apply_arm
from augeval.augment.foreign import from_foreign, is_foreign, seeded
from augeval.errors import ContractError, InputError
from augeval.seeds import stream
from augeval.types import Arm, Dataset, Examples, Spec

WORDS = ("old", "new", "red", "blue", "big", "small")
TEXTS = [f"the {word} film number {i} was good and long" for i, word in enumerate(WORDS)]


class LikeNlpaug:
    """As nlpaug's: augment(data, n=1) returns a list; draws from `random`."""

    def __init__(self, aug_p: float = 0.5, stopwords: set[str] | None = None) -> None:
        self.aug_p, self.stopwords = aug_p, stopwords

    def augment(self, data, n=1):
        return [" ".join(w.upper() if random.random() < self.aug_p else w for w in data.split()) for _ in range(n)]


class LikeTextAttack:
    """As TextAttack's: augment(text) returns several, sorted; draws from numpy."""

    def augment(self, text):
        words = text.split()
        return sorted(" ".join(np.random.permutation(words)) for _ in range(2))


class LikeAlbumentations:
    """As albumentations': called by keyword only, answers a dict, draws from a generator of its own."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng()

    def set_random_seed(self, seed):
        self.rng = np.random.default_rng(seed)

    def __call__(self, *, image):
        return {"image": np.roll(image, int(self.rng.integers(1, 5)), axis=1)}


def shuffled(text: str) -> str:
    """Words in another order."""
    words = text.split()
    random.shuffle(words)
    return " ".join(words)


def all_shuffled(texts: list[str]) -> list[str]:
    return [shuffled(text) for text in texts]


def unsaid_one(text):
    return shuffled(text.strip())


def unsaid_list(texts):
    return [shuffled(text) for text in texts]


_own = random.Random(3)  # a generator that nobody can set from outside


def from_its_own_generator(text: str) -> str:
    return f"{text} {_own.random()}"


def texts() -> Dataset:
    y = np.arange(len(TEXTS)) % 2
    return Dataset("films", "text", Examples(np.array(TEXTS, object), y, np.arange(len(TEXTS))), ("a", "b"))


def pictures() -> Dataset:
    x = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1)).astype(np.uint8)
    return Dataset("pictures", "image", Examples(x, np.arange(6) % 2, np.arange(6)), ("a", "b"))


def rows_of(found: Any, dataset: Dataset, magnitude: float | None = None, **params: Any) -> Examples:
    plugin = from_foreign("mine:it", found)
    arm = Arm(Spec("mine:it", params), ratio=2.0, magnitude=magnitude)
    where = Context(dataset, 0, 0, dataset.examples.x[:0])
    return apply_arm(arm, plugin, dataset.examples, where).training.synthetic


LAWFUL = [
    (LikeNlpaug(), texts), (LikeNlpaug, texts), (LikeTextAttack(), texts), (shuffled, texts), (all_shuffled, texts),
    (unsaid_one, texts), (unsaid_list, texts), (LikeAlbumentations(), pictures),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "dataset"), LAWFUL, ids=lambda value: getattr(value, "__name__", type(value).__name__)
)
def test_they_obey_the_laws(found: Any, dataset: Any):
    plugin = from_foreign("mine:it", found)
    assert is_foreign(plugin)
    assert "a_row_is_made_in_any_company" in laws.check("augmenter", plugin, dataset())


def test_an_answer_is_a_function_of_the_row_s_own_generator_whatever_was_drawn_before():
    plugin = from_foreign("mine:it", LikeNlpaug())

    def answer(before: int) -> list[str]:
        random.seed(before)
        return plugin.fn(TEXTS[:3], magnitude=None, rngs=[stream("row", i) for i in range(3)])

    assert answer(1) == answer(2)
    one_by_one = [plugin.fn([TEXTS[i]], magnitude=None, rngs=[stream("row", i)])[0] for i in (2, 0, 1)]
    assert one_by_one == [answer(3)[i] for i in (2, 0, 1)]


def test_shared_generators_are_as_they_were_afterwards():
    import torch

    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    wanted = random.random(), np.random.random(), torch.rand(1).item()
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    with seeded(stream("any")):
        inside = random.random(), np.random.random(), torch.rand(1).item()
    with pytest.raises(ZeroDivisionError), seeded(stream("other")):
        _ = random.random() / 0
    assert (random.random(), np.random.random(), torch.rand(1).item()) == wanted
    with seeded(stream("any")):
        assert (random.random(), np.random.random(), torch.rand(1).item()) == inside


def test_a_class_is_made_with_the_arm_s_parameters_and_shows_them():
    plugin = from_foreign("mine:it", LikeNlpaug)
    assert list(plugin.params) == ["aug_p", "stopwords"]
    assert set(rows_of(LikeNlpaug, texts(), aug_p=1.0).x) == {text.upper() for text in TEXTS}
    assert set(rows_of(LikeNlpaug, texts(), aug_p=0.0).x) == set(TEXTS)
    assert list(from_foreign("mine:it", LikeNlpaug()).params) == []


def test_a_function_s_own_parameters_magnitude_and_generator_reach_it():
    def louder(text: str, magnitude, rng, *, sign="!"):
        return text + sign * int(magnitude) + str(rng.integers(10**6))

    made = rows_of(louder, texts(), magnitude=2.0, sign="?")
    assert all(text.split("??")[1].isdigit() for text in made.x)
    assert from_foreign("mine:it", louder).has_magnitude
    assert list(from_foreign("mine:it", louder).params) == ["sign"]


def test_what_an_annotation_says_is_not_tried_out():
    calls = []

    def one(text: str) -> str:
        calls.append(type(text))
        return shuffled(text)

    rows_of(one, texts())
    assert set(calls) == {str}
    assert len(calls) == 2 * len(TEXTS)
    assert from_foreign("mine:it", one).modalities == ("text",)
    assert from_foreign("mine:it", LikeNlpaug).modalities == ("text",)
    assert from_foreign("mine:it", LikeAlbumentations).modalities == ("image",)
    assert from_foreign("mine:it", unsaid_one).modalities == ("text", "image", "tabular")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned NoneType for the row 'the old film"),
        ("  ", "returned an empty text for the row 'the old film"),
        ([], "returned an empty list for the row"),
        (7, "returned int for the row"),
        (["a", "b"], "returned a list of 2 for the row"),
    ],
)
def test_an_answer_that_is_no_text_names_the_row(answer: Any, said: str):
    def broken(text: str):
        return answer if "old" in text else shuffled(text)

    with pytest.raises(ContractError, match=said):
        rows_of(broken, texts())


def test_of_augment_an_empty_list_and_a_list_of_something_else_are_refused():
    class Empty:
        def augment(self, text):
            return []

    class Numbers:
        def augment(self, text):
            return [3]

    for found in (Empty(), Numbers()):
        with pytest.raises(ContractError, match="for the row 'the "):
            rows_of(found, texts())


def test_a_picture_of_another_shape_or_type_is_refused():
    for wrong in (lambda image: image[:4], lambda image: image.astype(float) * 3, lambda image: None):
        with pytest.raises(ContractError, match="wanted uint8 of the shape"):
            rows_of(wrong, pictures())


def test_torchvision_s_transforms_are_given_pil_images(monkeypatch: pytest.MonkeyPatch):
    class Turned:
        def __call__(self, image):
            return image.rotate(90 * random.randint(0, 3))  # only a PIL image can

    monkeypatch.setattr(Turned, "__module__", "torchvision.transforms.v2")
    made = rows_of(Turned(), pictures())
    assert made.x.dtype == np.uint8
    turned = [np.rot90(row, k) for row in pictures().examples.x for k in range(4)]
    assert all(any(np.array_equal(row, other) for other in turned) for row in made.x)


def test_objects_of_one_class_with_other_settings_have_other_digests_which_do_not_change():
    one, two = (from_foreign("mine:it", LikeNlpaug(p, {"a", "b", "c"})) for p in (0.1, 0.2))
    again = from_foreign("mine:it", LikeNlpaug(0.1, {"c", "b", "a"}))
    assert one.code_digest == again.code_digest != two.code_digest


def test_a_dotted_path_is_lifted_and_an_object_that_cannot_be_asked_is_refused():
    assert is_foreign(registry.get("augmenter", "test_foreign:shuffled", allow_code=True))
    with pytest.raises(InputError, match="with augment, or a function"):
        registry.get("augmenter", "test_foreign:TEXTS", allow_code=True)


def written(name: str) -> dict[str, Any]:
    return {
        "dataset": "docstrings", "models": ["tfidf_logistic"], "arms": [{"augmenter": f"test_foreign:{name}"}],
        "seeds": 2, "train_sizes": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("from_its_own_generator", "the same seed and draw must give the same rows"),
        ("str_upper", "draws 0 and 1 are equal"),
    ],
)
def test_one_that_breaks_a_law_is_refused_before_anything_runs(name: str, law: str, tmp_path):
    with pytest.raises(InputError, match=law):
        augeval.run(written(name), out=tmp_path / "run", allow_code=True, executor="serial", track=False)
    assert not (tmp_path / "run" / "ledger.sqlite").exists()


def str_upper(text: str) -> str:
    return text.upper()


def test_one_that_keeps_them_is_judged_like_any_other(tmp_path):
    found = augeval.run(written("shuffled"), out=tmp_path / "run", allow_code=True, executor="serial", track=False)
    assert [v["family"] for v in found.summary["verdicts"] if not v["is_control"]][:1] == ["test_foreign:shuffled"]


def test_compare_and_augment_take_objects_with_augment():
    made = augeval.augment(TEXTS, augmenter=LikeNlpaug(1.0))
    assert set(made.x) == {text.upper() for text in TEXTS}

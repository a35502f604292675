"""A plug-in is a function, lifted by one decorator."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.errors import InputError
from augeval.extend import augmenter, dataset, metric, model, set_augmenter
from augeval.seeds import stream


@augmenter("text", unit="share of words", default_magnitude=0.3)
def shout(text, *, magnitude, rng, mark="!"):
    """Write words in capitals.

    More text.
    """
    return " ".join(w.upper() if rng.random() < magnitude else w for w in text.split()) + mark


def test_a_lifted_function_still_answers_a_plain_call():
    assert shout("a b", magnitude=1.0, rng=stream("x")) == "A B!"


def test_the_batch_form_gives_each_row_its_own_generator():
    rngs = [stream("row", i) for i in range(3)]
    together = shout.fn(["a b c"] * 3, magnitude=0.5, rngs=rngs, mark="")
    alone = [shout("a b c", magnitude=0.5, rng=stream("row", i), mark="") for i in range(3)]
    assert together == alone


def test_a_plugin_tells_its_parameters_summary_and_magnitude():
    assert list(shout.params) == ["mark"]
    assert shout.summary == "Write words in capitals."
    assert shout.has_magnitude
    assert shout.name == "shout"


def test_what_the_harness_gives_is_no_parameter_of_the_users():
    @set_augmenter("tabular")
    def between(train, quota, *, rng, dataset, k=5):
        """Put rows between rows."""

    assert list(between.params) == ["k"]
    assert between.wants("dataset")
    assert not between.has_magnitude


def test_a_function_that_cannot_be_seeded_is_refused_with_the_word_it_lacks():
    with pytest.raises(InputError, match="rng="):
        augmenter("text")(lambda text, *, magnitude: text)
    with pytest.raises(InputError, match="seed="):
        model("tabular")(lambda train, dataset: None)


def test_an_unknown_modality_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="No modality is called 'audio'"):
        augmenter("audio")(lambda row, *, magnitude, rng: row)


def test_a_metric_states_its_direction_and_bounds():
    @metric(higher_is_better=False, bounds=(0.0, 2.0))
    def gap(y, scores):
        return 1.0

    assert not gap.higher_is_better
    assert gap.bounds == (0.0, 2.0)
    assert gap(np.zeros(1), np.zeros((1, 2))) == 1.0


def test_the_code_digest_is_of_the_defining_file():
    @dataset("tabular")
    def nothing():
        """No rows."""

    assert nothing.code_digest == shout.code_digest
    from augeval.augment.controls import duplicate

    assert duplicate.code_digest != shout.code_digest

"""One written arm -> its doses; what only the plug-in knows is filled in when it may be looked at."""

from dataclasses import replace
from typing import Literal

import pytest

from augeval import registry
from augeval.errors import InputError
from augeval.experiment.arms import called, doses, refuse_params, settle
from augeval.extend import AugmenterPlugin, DatasetPlugin, augmenter, model, set_augmenter
from augeval.types import OPERATIONAL, Arm, Spec


@augmenter("text", unit="share of words", default_magnitude=0.2)
def shout(text, *, magnitude, rng, words: int = 1):
    return text


@augmenter("text", unit="share of words", magnitudes=(0.1, 0.5), most=1)
def whisper(text, *, magnitude, rng):
    return text


@set_augmenter("text")
def lifted(train, quota, *, rng, **params):
    return train


weighing = AugmenterPlugin(name="weighing", fn=lambda train: None, modalities=("text",), form="weights")


def test_lists_of_doses_stand_for_every_combination_magnitudes_first():
    made = doses(Spec("shout"), shout, {"magnitude": [0.1, 0.3], "ratio": [1.0, 4.0]})
    assert [(arm.magnitude, arm.ratio) for arm in made] == [(0.1, 1.0), (0.1, 4.0), (0.3, 1.0), (0.3, 4.0)]


def test_a_balance_takes_the_place_of_the_ratio():
    made = doses(Spec("lifted"), lifted, {"balance": [0.5, 1.0]}, ("a",))
    assert [(arm.ratio, arm.balance, arm.scope) for arm in made] == [(None, 0.5, ("a",)), (None, 1.0, ("a",))]


def test_the_usual_magnitude_and_one_row_per_row_stand_where_none_is_given():
    assert doses(Spec("shout"), shout, {}) == (Arm(Spec("shout"), ratio=1.0, magnitude=0.2),)
    assert doses(Spec("lifted"), lifted, {}) == (Arm(Spec("lifted"), ratio=1.0),)


def test_an_arm_that_makes_no_rows_has_no_dose():
    assert doses(Spec("weighing"), weighing, {}) == (Arm(Spec("weighing")),)


def test_what_is_left_open_while_code_may_not_run_is_settled_by_the_plugin():
    assert settle(doses(Spec("m:shout"), None, {})[0], shout) == Arm(Spec("m:shout"), ratio=1.0, magnitude=0.2)
    assert settle(doses(Spec("m:weighing"), None, {})[0], weighing) == Arm(Spec("m:weighing"))
    given = Arm(Spec("m:shout", {"words": 2}), ratio=2.0, magnitude=0.5)
    assert settle(given, shout) == given


@pytest.mark.parametrize(
    ("arm", "plugin", "message"),
    [
        (Arm(Spec("m:shout", {"word": 2})), shout, "takes no 'word'. Did you mean 'words'?"),
        (Arm(Spec("m:shout", {"words": "two"})), shout, "wanted a whole number, not 'two'"),
        (Arm(Spec("m:whisper")), whisper, r"needs a magnitude \(share of words, usually 0.1 to 0.5\)"),
        (Arm(Spec("m:whisper"), magnitude=1.5), whisper, r"takes a magnitude \(share of words\) from 0 to 1, not 1.5"),
        (Arm(Spec("m:weighing"), magnitude=0.5), weighing, "'m:weighing' has no magnitude"),
    ],
)
def test_a_plugin_refuses_what_it_does_not_take(arm, plugin, message):
    with pytest.raises(InputError, match=message):
        settle(arm, plugin)


def test_a_number_that_may_be_left_open_is_still_a_number():
    @model("image")
    def network(train, *, seed, epochs: int | None = None):
        return None

    refuse_params("model", network, {"epochs": 3})
    refuse_params("model", network, {"epochs": None})
    with pytest.raises(InputError, match="wanted a whole number, not '3'"):
        refuse_params("model", network, {"epochs": "3"})


def test_a_function_of_the_users_own_need_not_declare_its_keys_keyword_only():
    def rows(n, share=0.5):
        return None

    plugin = DatasetPlugin(name="mine:rows", fn=rows, modalities=())
    refuse_params("dataset", plugin, {"n": 3, "share": 1})
    with pytest.raises(InputError, match=r"The dataset 'mine:rows': .* needs the key 'n'"):
        refuse_params("dataset", plugin, {})
    with pytest.raises(InputError, match=r"takes no 'shared'\. Did you mean 'share'"):
        refuse_params("dataset", plugin, {"n": 3, "shared": 1})


def test_types_are_named_in_words():
    @augmenter("text")
    def edit(text, *, magnitude, rng, how: Literal["up", "down"] = "up", limit: int | None = None):
        return text

    with pytest.raises(InputError, match=r"wanted 'up' or 'down', not 'left'\. wanted a whole number, not 'few'."):
        refuse_params("augmenter", edit, {"how": "left", "limit": "few"})
    refuse_params("augmenter", edit, {"how": "down", "limit": None})


def test_words_that_may_be_left_out_are_named_too():
    @augmenter("text")
    def edit(text, *, magnitude, rng, only: Literal["up", "down"] | None = None):
        return text

    with pytest.raises(InputError, match=r"wanted 'up' or 'down', not 'left'\."):
        refuse_params("augmenter", edit, {"only": "left"})


class TestParametersThatNoKeyHas:
    """`types.OPERATIONAL`: what says how rows are fetched is part of no cell's key."""

    def test_an_augmenter_that_does_not_say_that_its_rows_do_without_one_is_refused_it(self):
        @augmenter("text", unit="")
        def cut(text, *, magnitude, rng, budget: int = 3):
            return text[:budget]

        with pytest.raises(InputError, match=r"'budget' says how rows are fetched.*operational=\('budget',\)"):
            settle(Arm(Spec("m:cut", {"budget": 2}), ratio=1.0), cut)
        settle(Arm(Spec("m:cut"), ratio=1.0), cut)
        with pytest.raises(InputError, match="'batch_size' says how rows are fetched"):
            settle(Arm(Spec("m:lifted", {"batch_size": 3}), ratio=1.0), lifted)

    def test_one_that_says_so_takes_it(self):
        @augmenter("text", unit="", operational=("timeout",))
        def ask(text, *, magnitude, rng, timeout: float = 3.0):
            return text

        arm = Arm(Spec("m:ask", {"timeout": 2.0}), ratio=1.0)
        assert settle(arm, ask).label == "m:ask ×1"

    def test_a_key_that_it_does_not_take_is_still_called_so(self):
        with pytest.raises(InputError, match="takes no 'timeout'"):
            settle(Arm(Spec("m:whisper", {"timeout": 2}), magnitude=0.2), whisper)

    @pytest.mark.parametrize("name", registry.BUILTIN["augmenter"])
    def test_built_in_augmenters_say_so_of_each_that_they_take(self, name):
        plugin = registry.get("augmenter", name)
        assert {*plugin.params} & {*OPERATIONAL} == {*plugin.operational}


def test_a_lifted_sampler_checks_its_own_keys():
    arm = Arm(Spec("m:lifted", {"anything": 3}), ratio=1.0)
    assert settle(arm, lifted) == arm


@pytest.mark.parametrize("name", sorted(registry.BUILTIN["augmenter"]))
def test_settling_changes_no_arm_of_a_built_in_augmenter(name):
    plugin = registry.get("augmenter", name)
    for arm in doses(Spec(name), plugin, {}):
        assert settle(arm, plugin) == arm


def test_an_arm_is_called_by_label_before_family_before_augmenter():
    arms = [Arm(Spec("synonym"), 1.0, magnitude=0.1), Arm(Spec("synonym"), 4.0, magnitude=0.1)]
    arms += [Arm(Spec("synonym"), 1.0, magnitude=0.1, scope="minority"), Arm(Spec("none"))]
    assert called(arms, "synonym 0.1  x4") == arms[1:2]
    assert called(arms, "synonym") == arms[:2]
    assert called(arms, "synonym [minority]") == arms[2:3]
    assert called(arms[2:], "synonym") == arms[2:3]
    filtered = [replace(arm, keep_if={"same_label": True}) for arm in arms[:2]]
    assert called(filtered, "synonym 0.1 x4") == filtered[1:]
    assert called([*arms, *filtered], "synonym 0.1 x4") == arms[1:2]
    with pytest.raises(InputError, match=r"called 'synonim'\. Did you mean 'synonym'\? Arms: synonym 0\.1 ×1; "):
        called(arms, "synonim")

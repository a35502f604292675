"""The nouns: what identifies a cell, and what it is compared with."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval.errors import DataError
from augeval.fingerprints import content_fingerprint
from augeval.types import Arm, Cell, Examples, Spec, TrainingSet, canonical_json

DOSES = st.floats(0.01, 10, allow_nan=False)
PARAMS = st.dictionaries(st.text("ab", min_size=1), st.integers(0, 3), max_size=2)
ARMS = st.builds(
    Arm,
    augmenter=st.builds(Spec, st.sampled_from(["synonym", "smote"]), PARAMS),
    ratio=st.none() | DOSES,
    magnitude=st.none() | DOSES,
    scope=st.sampled_from(["all", "minority", ("a", "b")]),
)


def cell(**changes) -> Cell:
    fields = {
        "dataset": {"name": "wine", "fingerprint": "f"}, "model": Spec("logistic"), "arm": Arm(Spec("none")), "seed": 0,
        "train_size": None, "metrics": ("accuracy",), "design": "each", "draws": 1, "recipe": {"semantics": 1},
    }  # fmt: skip
    return Cell(**{**fields, **changes})


@given(ARMS)
def test_an_arm_and_a_cell_come_back_from_json_as_they_were(arm):
    assert Arm.from_json(json.loads(json.dumps(arm.to_json()))) == arm
    made = cell(arm=arm)
    again = Cell.from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    assert again.key == made.key


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1}, {"train_size": 100}, {"model": Spec("logistic", {"tune": False})}, {"metrics": ("brier",)},
        {"arm": Arm(Spec("none"), keep_if={"same_label": True})},
        {"arm": Arm(Spec("duplicate"), ratio=1.0)}, {"draws": 8}, {"design": "crossed"}, {"recipe": {"semantics": 2}},
        {"dataset": {"name": "wine", "fingerprint": "g"}},
    ],
)  # fmt: skip
def test_everything_that_a_number_depends_on_is_in_the_key(changes):
    assert cell(**changes).key != cell().key


def test_only_an_arms_budget_is_left_out_of_its_name_and_key():
    small, large = (Arm(Spec("llm", {"model": "m", "budget": {"requests": n}}), ratio=1.0) for n in (1, 2))
    assert small.label == large.label == "llm(model=m) ×1"
    assert cell(arm=small).key == cell(arm=large).key
    few, many = (Spec("net", {"batch_size": n}) for n in (8, 16))
    assert (few.label, many.label) == ("net(batch_size=8)", "net(batch_size=16)")
    assert cell(model=few).key != cell(model=many).key


def test_the_reference_of_an_arm_that_makes_rows_is_duplication_at_the_same_dose_and_scope():
    arm = Arm(Spec("synonym"), ratio=4.0, magnitude=0.1, scope="minority")
    assert arm.reference() == Arm(Spec("duplicate"), ratio=4.0, scope="minority")
    balanced = Arm(Spec("smote", {"k_neighbors": 3}), balance=0.5, scope="minority")
    assert balanced.reference() == Arm(Spec("duplicate"), balance=0.5, scope="minority")


def test_what_makes_no_rows_and_duplication_itself_are_compared_with_nothing():
    for arm in (
        Arm(Spec("class_weight")),
        Arm(Spec("duplicate"), ratio=2.0),
        Arm(Spec("flip"), ratio=2.0, when="test"),
    ):
        assert arm.reference() == Arm(Spec("none"))


def test_a_family_is_the_arm_without_its_dose():
    doses = [Arm(Spec("synonym"), ratio=r, magnitude=m) for r in (1.0, 4.0) for m in (0.1, 0.3)]
    assert {arm.family for arm in doses} == {"synonym"}
    assert [arm.label for arm in doses][:2] == ["synonym 0.1 ×1", "synonym 0.3 ×1"]
    assert Arm(Spec("smote"), balance=0.5, scope="minority").label == "smote [minority] to 0.5"


def rows(*texts: str, parents: bool = False, weights: list[float] | None = None) -> Examples:
    n = len(texts)
    ids = np.arange(n)
    return Examples(
        np.array(texts, object), np.zeros(n, np.int64), ids, ids[:, None] if parents else None,
        None if weights is None else np.array(weights),
    )  # fmt: skip


def test_joined_rows_are_real_first_and_weights_are_filled_with_one():
    joined = TrainingSet(rows("a", "b", weights=[2.0, 3.0]), rows("c", parents=True), 1).joined()
    assert joined.x.tolist() == ["a", "b", "c"]
    assert joined.weights is not None
    assert joined.weights.tolist() == [2.0, 3.0, 1.0]


def test_content_alone_decides_the_fingerprint():
    assert content_fingerprint(rows("a", "b")) == content_fingerprint(rows("a", "b"))
    assert content_fingerprint(rows("a", "b")) != content_fingerprint(rows("ab", ""))
    assert content_fingerprint(rows("a")) != content_fingerprint(rows("a"), ["other classes"])
    with pytest.raises(DataError, match="no rows"):
        content_fingerprint(rows())


def test_canonical_json_has_one_text_per_value_and_no_nan():
    assert canonical_json({"b": 1, "a": (1, 2)}) == '{"a":[1,2],"b":1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})

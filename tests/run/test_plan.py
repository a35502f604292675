"""Cells and tiles of a study: what is computed, and what is computed together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augeval.extend import AugmenterPlugin, ModelPlugin
from augeval.run.plan import TILE_SEEDS, Plan, arms_with_references, cells, design_of, tiles
from augeval.types import Arm, Spec

EDIT = AugmenterPlugin("edit", lambda: None, ("text",), form="row", unit="share")
SET = AugmenterPlugin("smote", lambda: None, ("tabular",), form="set")
FIXED = AugmenterPlugin("file", lambda: None, ("text",), form="set", one_draw=True)
COPY = AugmenterPlugin("duplicate", lambda: None, ("text",), form="row", chance=False)
TRANSLATOR = AugmenterPlugin("translated", lambda: None, ("text",), form="row", chance=lambda params: params["sample"])
FROZEN = ModelPlugin("frozen", lambda: None, ("text",), crossed=True)
PLAIN = ModelPlugin("plain", lambda: None, ("text",))


def arm(name: str, ratio: float | None = 1.0, **more) -> Arm:
    return Arm(Spec(name), ratio=ratio, **more)


def plan(**changes) -> Plan:
    made = Plan(
        dataset={"name": "toy", "fingerprint": "f"}, models=(Spec("frozen"), Spec("plain")), arms=(arm("edit", 2.0),),
        train_sizes=(None,), seeds=7, draws=8, metrics=("accuracy",), recipe=lambda model, arm: {},
    )  # fmt: skip
    return replace(made, **changes)


def planned(a_plan: Plan):
    models = {"frozen": FROZEN, "plain": PLAIN}
    augmenters = {"edit": EDIT, "duplicate": COPY, "none": COPY, "smote": SET, "file": FIXED}
    return cells(a_plan, lambda spec: models[spec.name], lambda each: augmenters[each.augmenter.name])


def test_none_and_duplication_at_every_dose_are_added_once_and_come_first():
    listed = [arm("edit", 1.0), arm("edit", 4.0), arm("swap", 4.0), Arm(Spec("class_weight"))]
    labels = [each.label for each in arms_with_references(listed)]
    assert labels == ["none", "duplicate ×1", "duplicate ×4", "edit ×1", "edit ×4", "swap ×4", "class_weight"]


def test_a_reference_that_the_user_listed_is_not_run_twice():
    assert [a.label for a in arms_with_references([arm("duplicate", 4.0), arm("edit", 4.0)])] == [
        "none", "duplicate ×4", "edit ×4",
    ]  # fmt: skip


def test_another_scope_is_another_reference():
    listed = [arm("edit"), arm("edit", scope="minority")]
    assert "duplicate [minority] ×1" in [each.label for each in arms_with_references(listed)]


@pytest.mark.parametrize(
    ("model", "augmenter", "draws", "wanted"),
    [
        (FROZEN, EDIT, 8, ("crossed", 8)),  # rows are costly to embed, fits are cheap: every seed fits every draw
        (FROZEN, EDIT, "seeds", ("each", 1)),
        (PLAIN, EDIT, 8, ("each", 1)),
        (FROZEN, SET, 8, ("each", 1)),  # SMOTE's rows depend on the seed's own training rows
        (FROZEN, COPY, 8, ("each", 1)),  # a copy has no versions
        (FROZEN, FIXED, 8, ("single", 1)),
    ],
)
def test_how_draws_meet_seeds(model, augmenter, draws, wanted):
    assert design_of(model, augmenter, draws) == wanted


def test_cells_are_every_model_size_arm_and_seed():
    made = planned(plan(train_sizes=(50, 100)))
    assert len(made) == 2 * 2 * 3 * 7
    assert len({cell.key for cell in made}) == len(made)


@given(seeds=st.integers(1, 17))
def test_tiles_hold_each_cell_once_one_arm_and_at_most_five_seeds(seeds):
    made = planned(plan(seeds=seeds))
    cut = tiles(0, made)
    assert sorted(cell.key for tile in cut for cell in tile.cells) == sorted(cell.key for cell in made)
    for tile in cut:
        assert len(tile.cells) <= TILE_SEEDS
        assert len({(c.model.label, c.arm.label, c.train_size, c.seed // TILE_SEEDS) for c in tile.cells}) == 1


def test_more_seeds_add_tiles_and_leave_whole_ones_as_they_were():
    few = {tuple(c.key for c in tile.cells) for tile in tiles(0, planned(plan(seeds=10)))}
    many = {tuple(c.key for c in tile.cells) for tile in tiles(0, planned(plan(seeds=20)))}
    assert few <= many


@pytest.mark.parametrize(("sample", "wanted"), [(True, ("crossed", 8)), (False, ("each", 1))])
def test_an_augmenter_may_tell_by_its_parameters_that_it_draws_nothing(sample, wanted):
    assert design_of(FROZEN, TRANSLATOR, 8, params={"sample": sample}) == wanted

"""The panel of a cell: what is compared with what, and which cells have one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from augeval import registry
from augeval.extend import augmenter, model, set_augmenter
from augeval.metrics.fidelity import HELD_OUT, MEASURES
from augeval.run.bench import Bench, judge_for
from augeval.run.cell import run_cells
from augeval.run.fidelity import FIDELITY_SEEDS, with_panels
from augeval.run.rows import from_row, to_row
from augeval.seeds import stream
from augeval.types import Arm, Cell, Column, Dataset, Examples, Spec

SPLIT = {"test": 0.5, "valid": 0.0, "mode": "splits"}
RECIPE = {"split": SPLIT, "judge": "standardised", "drift_rows": 200, "examples": 0}
COLUMNS = (
    Column("a", "numeric"),
    Column("b", "numeric"),
    Column("c", "numeric"),
    Column("colour", "categorical", ("r", "g")),
)


def table(rare: int = 100, apart: float = 3.0) -> Dataset:
    """400 rows of one class and some of a rarer one, three numbers and a colour; one number is missing."""
    rng = stream("test fidelity", rare)
    y = np.repeat([0, 1], [400, rare])
    x = np.column_stack([rng.normal(apart * y[:, None], 1, (len(y), 3)), rng.integers(2, size=len(y))])
    x[3, 0] = np.nan
    examples = Examples(x, y, np.arange(len(y)))
    return Dataset("toy", "tabular", examples, ("many", "few"), COLUMNS, fingerprint="f")


@model("tabular")
def nothing(train, dataset, *, seed):
    """Learn nothing, at no cost."""
    return lambda x: np.full((len(x), dataset.n_classes), 1 / dataset.n_classes)


@augmenter("tabular", unit="", default_magnitude=1.0)
def far(row, *, magnitude, rng):
    """Move a row where no real one is."""
    return row + np.array([100.0, 100.0, 100.0, 0.0])


@set_augmenter("tabular")
def stolen(train, quota, *, rng):
    """Copies, of which every second one is a row of the other class."""
    others, own = np.flatnonzero(train.y == 0), np.flatnonzero(train.y == 1)
    wanted = quota[1]
    source = np.where(np.arange(wanted) % 2, np.resize(others, wanted), np.resize(own, wanted))
    ids = train.ids[source]
    return Examples(train.x[source], np.ones(wanted, int), ids, np.resize(train.ids[own], wanted)[:, None])


@set_augmenter("tabular")
def needy(train, quota, *, rng):
    """Copies, for no fewer than 40 rows of the class."""
    own = np.flatnonzero(train.y == 1)
    if len(own) < 40:
        raise ValueError("I need 40 rows")
    source = np.resize(own, quota[1])
    return Examples(train.x[source], train.y[source], train.ids[source], train.ids[source][:, None])


ONCE = {"ratio": 1.0, "scope": "minority"}


def panel_for(plugin, arm: Arm | None = None, dataset: Dataset | None = None, seed: int = 0, **recipe):
    dataset = dataset or table()
    named = {"name": dataset.name, "fingerprint": dataset.fingerprint}
    arm = arm or Arm(Spec(plugin.name), **ONCE)
    cell = Cell(named, Spec("nothing"), arm, seed, None, ("accuracy",), "each", 1, {**RECIPE, **recipe})
    metrics = {"accuracy": registry.get("metric", "accuracy")}
    bench = Bench(dataset, nothing, plugin, metrics, judge_for("standardised", dataset))
    (result,) = run_cells(with_panels([cell], [Spec("nothing")]), bench)
    assert result.status == "ok", result.error
    return result


def test_every_measure_has_a_value_with_a_null_or_a_reason():
    found = panel_for(far).fidelity
    assert set(found["values"]) | set(found["absent"]) == set(MEASURES)
    assert not set(found["values"]) & set(found["absent"])
    assert set(found["null"]) == set(MEASURES) - {"ks_p", "purity_excess"}
    assert all(low <= high for low, high in found["null"].values())
    assert found["class"] == "few"
    assert found["rows"] == {"real": 50, "made": 50, "other": 200}


def test_duplicates_are_copies_and_look_perfect_beside_rows_that_they_were_not_made_of():
    found = panel_for(registry.get("augmenter", "duplicate")).fidelity
    values = found["values"]
    assert (values["copy_rate"], values["dcr_ratio"], values["out_of_hull"], values["purity_excess"]) == (1, 0, 0, 0)
    assert values["variance_ratio"] == pytest.approx(1)
    assert found["columns"] == []
    for name in HELD_OUT:
        if name in found["null"] and name != "c2st_auc":  # whose folds hang on the order of rows
            low, high = found["null"][name]
            assert low - 1e-6 <= values[name] <= high + 1e-6, name


def test_rows_from_nowhere_have_no_precision_and_their_columns_are_named():
    found = panel_for(far).fidelity
    for name in ("precision", "recall", "density", "coverage"):
        assert found["values"][name] == 0
        assert found["null"][name][0] > 0.5
    assert found["values"]["out_of_hull"] == 1
    assert {c["name"] for c in found["columns"]} == {"a", "b", "c"}
    assert {c["direction"] for c in found["columns"]} == {"higher"}


def test_rows_of_the_other_class_are_found_by_their_neighbours():
    found = panel_for(stolen).fidelity
    assert found["values"]["purity_excess"] == pytest.approx(0.5, abs=0.05)
    assert found["values"]["purity_excess"] == pytest.approx(
        found["values"]["other_class_neighbours"] - np.mean(found["null"]["other_class_neighbours"]), abs=0.03
    )


def test_smote_among_all_rows_stays_inside_and_shrinks_by_two_thirds_less_one_nth():
    # 50 rows of the class: .647. 2,000 made rows: standard error of a variance ratio below .02.
    numbers = table()
    numbers = replace(
        numbers, columns=COLUMNS[:3], examples=replace(numbers.examples, x=np.nan_to_num(numbers.examples.x[:, :3]))
    )
    arm = Arm(Spec("smote", {"k_neighbors": 49}), ratio=40.0, scope="minority")
    found = panel_for(registry.get("augmenter", "smote"), arm, numbers).fidelity
    assert found["values"]["variance_ratio"] == pytest.approx(2 / 3 - 1 / 50, abs=0.03)
    assert found["values"]["out_of_hull"] == 0
    assert found["values"]["copy_rate"] == 0
    assert "half of the rows" in found["absent"]["coverage"]  # 25 rows have no 49 neighbours


def test_an_arm_that_cannot_start_from_half_of_the_rows_keeps_the_rest_of_its_panel():
    found = panel_for(needy).fidelity
    crossed = (*HELD_OUT, "purity_excess")
    assert found["absent"] == dict.fromkeys(crossed, "the arm cannot start from half of the rows: I need 40 rows")
    assert found["values"]["copy_rate"] == 1


def test_few_rows_give_reasons_instead_of_numbers():
    found = panel_for(registry.get("augmenter", "duplicate"), dataset=table(rare=12)).fidelity
    assert found["rows"]["real"] == 6
    assert found["absent"]["precision"] == "too few rows: 3 a side, and it takes 7"
    assert found["absent"]["other_class_neighbours"] == "too few rows: 3 a side, and it takes 5"
    assert found["absent"]["correlation_shift"] == "too few rows: 3 a side, and it takes 20"
    assert found["values"]["copy_rate"] == 1


@augmenter("text", unit="", default_magnitude=1.0)
def longer(row, *, magnitude, rng):
    """Say one word more."""
    return f"{row} more"


def test_a_text_arm_whose_few_rows_are_of_no_sampled_parent_keeps_its_cell_and_says_why_it_has_no_measure():
    @model("text")
    def silent(train, dataset, *, seed):
        """Learn nothing, at no cost."""
        return lambda x: np.full((len(x), dataset.n_classes), 1 / dataset.n_classes)

    def encoder(x):  # as that of texts, it cannot tell its width where there is no row
        return np.array([[len(text), text.count("7")] for text in x], np.float32) if len(x) else np.empty((0, 0))

    y = np.repeat([0, 1], [60, 40])
    texts = Examples(np.array([f"text {i}" for i in range(100)], object), y, np.arange(100))
    dataset = Dataset("texts", "text", texts, ("many", "few"), fingerprint="f")
    arm = Arm(Spec("longer"), ratio=0.05, scope="minority", magnitude=1.0)  # one row, and one parent is sampled of 20
    named, recipe = {"name": "texts", "fingerprint": "f"}, {**RECIPE, "judge": "any", "drift_rows": 1}
    cells = [Cell(named, Spec("silent"), arm, seed, None, ("accuracy",), "each", 1, recipe) for seed in range(3)]
    metrics = {"accuracy": registry.get("metric", "accuracy")}
    results = run_cells(
        with_panels(cells, [Spec("silent")]), Bench(dataset, silent, longer, metrics, lambda train: encoder)
    )
    assert [result.status for result in results] == ["ok"] * 3
    unseen = [result.fidelity for result in results if not result.fidelity["rows"]["made"]]
    assert unseen
    assert all(set(panel["absent"]) == set(MEASURES) and not panel["values"] for panel in unseen)


def test_no_held_out_row_changes_the_panel():
    dataset = table()
    first = panel_for(registry.get("augmenter", "smote"), dataset=dataset)
    x = dataset.examples.x.copy()
    x[first.test_ids] += 1000
    moved = replace(dataset, examples=replace(dataset.examples, x=x))
    assert panel_for(registry.get("augmenter", "smote"), dataset=moved).fidelity == first.fidelity


def test_all_arms_of_a_seed_share_one_null():
    null = [panel_for(plugin).fidelity["null"] for plugin in (far, stolen, registry.get("augmenter", "smote"))]
    assert null[0] == null[1] == null[2]
    assert panel_for(far, seed=1).fidelity["null"] != null[0]


def test_the_ledger_gives_the_panel_back_and_reads_rows_without_one():
    result = panel_for(far)
    row = to_row(result)
    assert from_row(row, {a.key: a for a in row.arrays}).fidelity == result.fidelity
    bare = to_row(replace(result, fidelity={}))
    assert "fidelity" not in json.loads(bare.result)
    assert from_row(bare, {a.key: a for a in bare.arrays}).fidelity == {}


def test_only_the_first_seeds_of_one_model_measure_and_no_other_cell_changes_its_name():
    def planned(name="nothing", arm=None, seed=0, **recipe):
        arm = arm or Arm(Spec("far"), **ONCE)
        return Cell({}, Spec(name), arm, seed, None, ("accuracy",), "each", 1, {**RECIPE, **recipe})

    first = Spec("nothing")
    with_one = [planned(seed=seed) for seed in range(FIDELITY_SEEDS)]
    without = [
        planned(seed=FIDELITY_SEEDS),
        planned("other"),
        planned(arm=Arm(Spec("none"))),
        planned(arm=Arm(Spec("class_weight"))),
        planned(judge=None),
        planned(labels="permuted"),
        planned(split={**SPLIT, "part": "confirm"}),
    ]
    assert [c.key for c in with_panels(without, [first, Spec("other")])] == [c.key for c in without]
    assert not {c.key for c in with_panels(with_one, [first])} & {c.key for c in with_one}


def test_a_cell_without_a_panel_says_nothing_and_takes_no_time():
    result = panel_for(far, seed=FIDELITY_SEEDS)
    assert result.fidelity == {}
    assert "fidelity" not in result.seconds


def test_rows_of_an_augmenter_of_single_rows_are_not_made_again():
    calls: list[int] = []

    @augmenter("tabular", unit="", default_magnitude=1.0)
    def counted(row, *, magnitude, rng):
        """Move a row a little."""
        calls.append(1)
        return row + np.array([0.1, 0.1, 0.1, 0.0])

    found = panel_for(counted).fidelity
    assert found["values"]["precision"] > 0.5
    assert len(calls) == 50  # one for each real row of the class


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ((400, 12), 1),  # of two classes the rarer, however few rows it has
        ((400, 100, 12), 1),  # of three the rarest with at least 14 training rows: half of them are held out
        ((20, 26, 22), 1),  # none has them: the largest
    ],
)
def test_the_class_is_the_rarer_of_two_and_of_more_the_rarest_with_enough_rows(sizes, chosen):
    y = np.repeat(np.arange(len(sizes)), sizes)
    x = stream("test fidelity", sizes).normal(y[:, None], 1, (len(y), 3))
    dataset = Dataset("toy", "tabular", Examples(x, y, np.arange(len(y))), ("a", "b", "c")[: len(sizes)], COLUMNS[:3])
    arm = Arm(Spec("duplicate"), ratio=1.0)
    assert panel_for(registry.get("augmenter", "duplicate"), arm, dataset).fidelity["class"] == "abc"[chosen]

"""Splits: every class on both sides, blocks whole, the same rows for the same seed, nested train sizes."""

from __future__ import annotations

import hashlib
import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.data.blocks import equal_rows
from augeval.data.splits import chunks, confirmable, resolve_mode, split, subset
from augeval.errors import DataError, InputError
from augeval.types import Dataset, Examples


def dataset(y, x=None, groups=None, test_rows=None, name="toy", modality="text") -> Dataset:
    y = np.asarray(y, np.int64)
    texts = [f"row {i}" for i in range(len(y))] if x is None else x
    rows = np.array(texts, object) if isinstance(texts, list) else texts
    classes = () if modality == "retrieval" else tuple(f"c{i}" for i in range(int(y.max()) + 1))
    return Dataset(
        name,
        modality,
        Examples(rows, y, np.arange(len(y))),
        classes,
        groups=None if groups is None else np.asarray(groups, np.int64),
        test_rows=None if test_rows is None else np.asarray(test_rows, np.int64),
    )


def parts(found) -> list[set[int]]:
    return [set(rows.tolist()) for rows in (found.train, found.valid, found.test)]


def test_a_split_by_hand_holds_out_four_of_ten_in_each_class():
    # 20 rows of class 0 and 10 of class 1; test 0.4 is 8 and 4, valid 0.1 is 2 and 1, the rest 10 and 5.
    found = split(dataset([0] * 20 + [1] * 10), seed=0, test=0.4, valid=0.1)
    y = np.array([0] * 20 + [1] * 10)
    assert [np.bincount(y[rows]).tolist() for rows in (found.train, found.valid, found.test)] == [
        [10, 5],
        [2, 1],
        [8, 4],
    ]


def test_the_parts_are_disjoint_sorted_and_hold_every_row():
    found = split(dataset([0, 1] * 30), seed=3, test=0.3, valid=0.2)
    assert np.array_equal(np.sort(np.concatenate([found.train, found.valid, found.test])), np.arange(60))
    for rows in (found.train, found.valid, found.test):
        assert np.array_equal(rows, np.sort(rows))


def test_the_seed_reaches_the_draw_and_the_same_seed_repeats_it():
    toy = dataset([0, 1] * 30)
    first, again, other = (split(toy, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_the_dataset_name_reaches_the_draw():
    y = [0, 1] * 30
    assert not np.array_equal(split(dataset(y, name="a"), seed=0).test, split(dataset(y, name="b"), seed=0).test)


def test_rows_of_one_group_never_straddle():
    groups = np.repeat(np.arange(30), 4)
    y = np.tile([0, 1], 60)
    for seed in range(5):
        found = split(dataset(y, groups=groups), seed=seed, test=0.3, valid=0.2)
        sides = [set(groups[rows]) for rows in (found.train, found.valid, found.test)]
        assert sum(map(len, sides)) == 30


def test_equal_rows_never_straddle_whatever_their_labels():
    x = [f"text {i % 25}" for i in range(100)]
    y = [(i // 3) % 2 for i in range(100)]
    for seed in range(5):
        found = split(dataset(y, x=x), seed=seed)
        assert not {x[i] for i in found.train} & {x[i] for i in found.test}


def test_groups_that_share_a_row_are_one_block():
    # Rows 0 and 1 are one group, rows 1 and 2 are equal, rows 2 and 3 are one group: all four stay together.
    x = ["a", "same", "same", "b", *[f"other {i}" for i in range(40)]]
    groups = [0, 0, 1, 1, *range(2, 42)]
    y = [0, 1, 0, 1, *([0, 1] * 20)]
    for seed in range(10):
        found = split(dataset(y, x=x, groups=groups), seed=seed)
        sides = [{0, 1, 2, 3} & part for part in parts(found)]
        assert sorted(map(len, sides)) == [0, 0, 4]


def test_official_test_rows_are_the_test_rows_of_every_seed():
    toy = dataset([0, 1] * 20, test_rows=[36, 37, 38, 39])
    for seed in (0, 1):
        found = split(toy, seed=seed, valid=0.25)
        assert found.test.tolist() == [36, 37, 38, 39]
        assert len(found.valid) == 9  # a quarter of the 36 training rows
        assert len(found.train) == 27


def test_training_rows_that_equal_an_official_test_row_are_in_no_part():
    x = [f"row {i}" for i in range(40)]
    x[0] = x[39]
    found = split(dataset([0, 1] * 20, x=x, test_rows=[38, 39]), seed=0)
    assert 0 not in set().union(*parts(found))


def test_fixed_mode_tests_every_seed_on_the_same_rows_and_validates_on_others():
    toy = dataset([0, 1] * 50)
    first, second = (split(toy, seed=seed, mode="fixed", valid=0.2) for seed in (0, 1))
    assert np.array_equal(first.test, second.test)
    assert not np.array_equal(first.valid, second.valid)
    assert len(first.valid) == 20


def test_auto_mode_is_fixed_for_official_test_rows_and_for_large_datasets():
    assert resolve_mode(dataset([0, 1] * 10)) == "splits"
    assert resolve_mode(dataset([0, 1] * 10, test_rows=[0])) == "fixed"
    assert resolve_mode(dataset([0, 1] * 1000)) == "fixed"
    assert resolve_mode(dataset([0, 1] * 999)) == "splits"
    with pytest.raises(InputError, match="split mode is 'kfold'"):
        resolve_mode(dataset([0, 1]), "kfold")


@pytest.mark.parametrize(("test", "valid"), [(0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (float("nan"), 0.0), (0.4, -0.1)])
def test_impossible_shares_are_refused(test, valid):
    with pytest.raises(InputError, match="wanted 0 < test < 1"):
        split(dataset([0, 1] * 10), seed=0, test=test, valid=valid)


def test_a_class_with_too_few_rows_is_named_with_its_count():
    with pytest.raises(DataError, match=r"'toy': class 'c1' has 2 row\(s\); a split needs 3 of each class"):
        split(dataset([0] * 20 + [1] * 2), seed=0)


def test_a_class_of_exactly_three_rows_trains_on_two_and_tests_one():
    y = np.array([0] * 20 + [1] * 3)
    for seed in range(5):
        found = split(dataset(y), seed=seed)
        assert (y[found.train].sum(), y[found.test].sum()) == (2, 1)


def test_a_class_within_one_group_cannot_be_split_and_is_named():
    y = [0] * 20 + [1] * 6
    groups = [*range(20), *[99] * 6]
    with pytest.raises(DataError, match=r"class 'c1' has 6 row\(s\) in 1 block"):
        split(dataset(y, groups=groups), seed=0)


def test_a_class_missing_from_the_official_test_rows_is_named():
    with pytest.raises(DataError, match=r"class 'c1' .* 0 to test.*official test set"):
        split(dataset([0, 1] * 10, test_rows=[0, 2]), seed=0)


def test_train_sizes_are_nested_and_keep_the_shares():
    y = np.array([0] * 300 + [1] * 100)
    rows = np.arange(400)
    toy = dataset(y)
    small, middle, large = (set(subset(toy, rows, size, seed=0).tolist()) for size in (40, 100, 200))
    assert small < middle < large
    assert [sum(y[i] for i in part) for part in (small, middle, large)] == [10, 25, 50]


def test_every_class_has_two_rows_as_soon_as_the_size_allows():
    y = np.array([0] * 500 + [1] * 5)
    chosen = subset(dataset(y), np.arange(505), 4, seed=0)
    assert np.bincount(y[chosen]).tolist() == [2, 2]


def test_train_size_none_takes_all_and_a_seed_draws_its_own_rows():
    toy, rows = dataset([0, 1] * 50), np.arange(100)
    assert np.array_equal(subset(toy, rows[::-1], None, seed=0), rows)
    assert not np.array_equal(subset(toy, rows, 20, seed=0), subset(toy, rows, 20, seed=1))


def test_train_sizes_that_cannot_be_had_are_refused():
    toy = dataset([0, 1] * 10)
    with pytest.raises(DataError, match=re.escape("Train size 21 of 'toy' is more than the 20 training rows")):
        subset(toy, np.arange(20), 21, seed=0)
    with pytest.raises(DataError, match=re.escape("Train size 1 of 'toy' is less than its 2 classes")):
        subset(toy, np.arange(20), 1, seed=0)


def test_retrieval_rows_have_no_class_and_split_by_query():
    x = [f"query {i // 2}" for i in range(40)]
    found = split(dataset(np.arange(40) % 7, x=x, modality="retrieval"), seed=0)
    assert len(found.test) == 16
    assert not {x[i] for i in found.train} & {x[i] for i in found.test}


@st.composite
def layouts(draw):
    """Labels with at least 12 rows of each class, texts of which some repeat, and groups of up to three rows."""
    k = draw(st.integers(2, 4))
    y = np.repeat(np.arange(k), [draw(st.integers(12, 30)) for _ in range(k)])
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    y = rng.permutation(y)
    x = [f"row {i}" for i in range(len(y))]
    for i in rng.choice(len(y), size=draw(st.integers(0, 4)), replace=False):
        x[i] = x[rng.integers(len(y))]
    groups = rng.integers(0, len(y), len(y)) if draw(st.booleans()) else None
    return dataset(y, x=x, groups=groups)


@settings(max_examples=60, deadline=None)
@given(toy=layouts(), seed=st.integers(0, 5), test=st.sampled_from([0.2, 0.4]), valid=st.sampled_from([0.0, 0.2]))
def test_whatever_the_layout_no_block_straddles_and_every_class_is_on_both_sides(toy, seed, test, valid):
    found = split(toy, seed=seed, test=test, valid=valid)
    part = np.full(len(toy.examples), -1)
    for number, rows in enumerate((found.train, found.valid, found.test)):
        assert (part[rows] == -1).all()
        part[rows] = number
    assert (part >= 0).all()
    for keys in [equal_rows(toy.examples.x)] + ([] if toy.groups is None else [toy.groups]):
        for key in np.unique(keys):
            assert len(set(part[keys == key])) == 1
    y = toy.examples.y
    assert (np.bincount(y[found.train], minlength=toy.n_classes) >= 2).all()
    assert (np.bincount(y[found.test], minlength=toy.n_classes) >= 1).all()


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=5),
    sizes=st.tuples(st.integers(5, 60), st.integers(5, 60)),
    seed=st.integers(0, 3),
)
def test_whatever_the_classes_a_smaller_train_size_lies_within_a_larger_one(counts, sizes, seed):
    toy = dataset(np.repeat(np.arange(len(counts)), counts))
    small, large = (min(size, sum(counts)) for size in sorted(sizes))
    inner, outer = (set(subset(toy, np.arange(sum(counts)), size, seed=seed).tolist()) for size in (small, large))
    assert inner <= outer
    assert (len(inner), len(outer)) == (small, large)
    assert {int(toy.examples.y[i]) for i in inner} == set(range(len(counts)))


def pinned_datasets():
    """Three of 100 rows: plain, with groups, and with official test rows; two pairs of equal rows in each."""
    y = np.array([0] * 60 + [1] * 30 + [2] * 10)
    x = [f"row {i}" for i in range(100)]
    x[3], x[70] = x[40], x[95]
    yield dataset(y, x=x)
    yield dataset(y, x=x, groups=np.arange(100) // 3)
    yield dataset(y, x=x, test_rows=np.arange(4, 100, 5))


def test_without_rows_set_aside_the_rows_are_those_that_older_ledgers_were_run_with():
    # The digest was taken before rows could be set aside; cells of an older ledger must still be the same cells.
    digest = hashlib.sha256()
    for toy in pinned_datasets():
        for mode, valid, seed in itertools.product(("fixed", "splits"), (0.0, 0.2), range(3)):
            found = split(toy, seed=seed, test=0.3, valid=valid, mode=mode)
            for rows in (found.train, found.valid, found.test, subset(toy, found.train, 20, seed=seed)):
                digest.update(rows.astype("<i8").tobytes() + b"|")
    assert digest.hexdigest() == "2a6086605601d0d3a4da9f85485e67b2a49bf99c5335598bf38e9cd3bc0affa9"


def both(toy, seed=0, **settings):
    choose, confirm = (split(toy, seed=seed, confirm=True, part=part, **settings) for part in ("choose", "confirm"))
    assert np.array_equal(choose.train, confirm.train)
    assert np.array_equal(choose.valid, confirm.valid)
    return choose, confirm


def test_rows_set_aside_by_hand_are_half_of_the_held_out_ones_in_each_class():
    # 100 rows of class 0 and 50 of class 1, test 0.4: 40 and 20 held out, of which 20 and 10 are set aside; 50 and 25
    # train and 10 and 5 validate, as without.
    y = np.array([0] * 100 + [1] * 50)
    for mode in ("fixed", "splits"):
        choose, confirm = both(dataset(y), test=0.4, valid=0.1, mode=mode)
        shares = [np.bincount(y[rows]).tolist() for rows in (choose.train, choose.valid, choose.test, confirm.test)]
        assert shares == [[50, 25], [10, 5], [20, 10], [20, 10]]


def test_rows_set_aside_are_the_same_for_every_seed_and_in_no_other_part_of_any():
    toy = dataset([0, 1] * 50)
    reserved = both(toy)[1].test
    for seed in range(5):
        choose, confirm = both(toy, seed, test=0.4, valid=0.1, mode="splits")
        assert np.array_equal(confirm.test, reserved)
        assert not set(reserved.tolist()) & set().union(*parts(choose))
    assert not np.array_equal(both(toy, 0)[0].test, both(toy, 1)[0].test)


def test_a_fixed_test_set_is_halved_and_all_else_stays_as_it_is():
    plain, _, official = pinned_datasets()
    for toy in (plain, official, dataset([0, 1] * 50, groups=np.arange(100) // 4)):
        whole = split(toy, seed=2, test=0.3, valid=0.2, mode="fixed")
        choose, confirm = both(toy, 2, test=0.3, valid=0.2, mode="fixed")
        assert np.array_equal(choose.train, whole.train)
        assert np.array_equal(choose.valid, whole.valid)
        assert np.array_equal(np.sort(np.concatenate([choose.test, confirm.test])), whole.test)


def test_a_class_that_cannot_stand_in_both_halves_is_named_with_the_remedy():
    message = (
        r"class 'c1' has 3 row\(s\).* leaves 2 to train, 1 to choose by and 0 to confirm with; wanted.*confirm: fals"
    )
    for mode in ("splits", "fixed"):
        with pytest.raises(DataError, match=message):
            split(dataset([0] * 20 + [1] * 3), seed=0, mode=mode, confirm=True)
    # The official test set has one row of class c1.
    with pytest.raises(DataError, match=r"leaves 9 to train, 1 to choose by and 0 to confirm with"):
        split(dataset([0, 1] * 10, test_rows=[0, 1, 2]), seed=0, confirm=True)


def test_rows_set_aside_cannot_be_tested_where_none_are_set_aside():
    with pytest.raises(InputError, match="The part is 'confirm' with confirm: False"):
        split(dataset([0, 1] * 20), seed=0, part="confirm")


def test_confirmable_names_the_class_that_is_too_rare_to_confirm():
    # Of 24 rows of class c1, test 0.4 holds out 10 (9.6), of which 5 are set aside; of 20 rows 8, and then 4.
    settings = {"test": 0.4, "valid": 0.0, "mode": "splits", "seeds": 5}
    assert confirmable(dataset([0] * 60 + [1] * 24), **settings) == ""
    wanted = "'toy': class 'c1' would have 4 row(s) to confirm with; wanted at least 5"
    assert confirmable(dataset([0] * 60 + [1] * 20), **settings) == wanted
    assert "0 to confirm with" in confirmable(dataset([0] * 60 + [1] * 3), **settings)


def test_chunks_by_hand_keep_the_shares_and_share_no_row():
    # 60 rows of class 0 and 20 of class 1 are five sets of 12 and 4.
    y = np.array([0] * 60 + [1] * 20)
    toy, rows = dataset(y), np.arange(80)
    assert chunks(toy, rows, 16) == 5
    found = [subset(toy, rows, 16, seed=seed, chunk=16) for seed in range(5)]
    assert np.array_equal(np.sort(np.concatenate(found)), rows)
    assert [np.bincount(y[part]).tolist() for part in found] == [[12, 4]] * 5


def test_the_rarest_class_bounds_the_number_of_chunks():
    # Two rows of class 1 in every set of ten: seven of them make three sets, though the other 93 would make eleven.
    assert chunks(dataset([0] * 93 + [1] * 7), np.arange(100), 10) == 3


def test_a_seed_beyond_the_last_chunk_is_refused():
    toy = dataset([0, 1] * 20)
    with pytest.raises(DataError, match=r"Seed 4 of 'toy' has no 10 training rows of its own: the 40 .* hold 4 set"):
        subset(toy, np.arange(40), 10, seed=4, chunk=10)
    with pytest.raises(InputError, match="Train size 12 does not lie within a chunk of 10"):
        subset(toy, np.arange(40), 12, seed=0, chunk=10)


def test_groups_too_small_sets_and_queries_with_several_documents_have_no_chunks():
    rows = np.arange(40)
    assert chunks(dataset([0, 1] * 20, groups=rows // 2), rows, 10) == 0
    assert chunks(dataset([0, 1] * 20), rows, 3) == 0  # one row of a class cannot tune a penalty
    assert chunks(dataset([0, 1] * 20), rows, 41) == 0
    queries = [f"query {i // 2}" for i in range(40)]
    assert chunks(dataset(np.zeros(40), x=queries, modality="retrieval"), rows, 10) == 0


@settings(max_examples=60, deadline=None)
@given(
    toy=layouts(), seed=st.integers(0, 5), mode=st.sampled_from(["fixed", "splits"]), valid=st.sampled_from([0, 0.2])
)
def test_whatever_the_layout_rows_set_aside_never_choose(toy, seed, mode, valid):
    plain = split(toy, seed=seed, test=0.4, valid=valid, mode=mode)
    choose, confirm = both(toy, seed, test=0.4, valid=valid, mode=mode)
    everything = np.concatenate([choose.train, choose.valid, choose.test, confirm.test])
    assert np.array_equal(np.sort(everything), np.arange(len(toy.examples)))
    part = np.full(len(toy.examples), 0)
    for number, rows in enumerate((choose.valid, choose.test, confirm.test), start=1):
        part[rows] = number
    for keys in [equal_rows(toy.examples.x)] + ([] if toy.groups is None else [toy.groups]):
        for key in np.unique(keys):
            assert len(set(part[keys == key])) == 1
    for rows, least in ((choose.train, 2), (choose.test, 1), (confirm.test, 1)):
        assert (np.bincount(toy.examples.y[rows], minlength=toy.n_classes) >= least).all()
    if toy.groups is None:  # blocks of two at most: a row or two per class from the shares that were asked for
        assert abs(len(choose.train) - len(plain.train)) <= 2 * toy.n_classes
        assert abs(len(choose.test) - len(confirm.test)) <= 2 * toy.n_classes


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(4, 60), min_size=2, max_size=4),
    size=st.integers(4, 40),
    repeated=st.integers(0, 5),
    draw=st.integers(0, 2**16),
)
def test_whatever_the_classes_chunks_are_disjoint_alike_and_nested(counts, size, repeated, draw):
    y = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.default_rng(draw)
    x = [f"row {i}" for i in range(len(y))]
    for i in rng.choice(len(y), repeated, replace=False):
        x[i] = x[rng.integers(len(y))]
    toy, rows = dataset(y, x=x), np.arange(len(y))
    count = chunks(toy, rows, size)
    found = [subset(toy, rows, size, seed=seed, chunk=size) for seed in range(count)]
    texts = [{x[i] for i in part} for part in found]
    assert sum(map(len, texts)) == len(set().union(*texts)) == count * size
    for seed, part in enumerate(found):
        like_any = subset(toy, rows, size, seed=seed)
        assert np.array_equal(np.bincount(y[part]), np.bincount(y[like_any]))
        assert np.bincount(y[part], minlength=len(counts)).min() >= 2
        smaller = subset(toy, rows[::-1], max(len(counts), size // 2), seed=seed, chunk=size)
        assert set(smaller.tolist()) <= set(part.tolist())
    with pytest.raises(DataError, match="training rows of its own"):
        subset(toy, rows, size, seed=count, chunk=size)

"""Named streams: the path is the draw."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augeval.seeds import row_keys, stream, stream_seed, uniforms

PARTS = st.recursive(
    st.one_of(st.text(max_size=5), st.integers(-(2**70), 2**70), st.none(), st.booleans()),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)


@given(st.lists(PARTS, max_size=4))
def test_the_same_path_gives_the_same_draws(path):
    assert stream(*path).random(3).tolist() == stream(*path).random(3).tolist()


@given(st.lists(PARTS, max_size=4), st.lists(PARTS, max_size=4))
def test_two_paths_share_a_key_only_if_they_are_equal(one, other):
    same = repr(one) == repr(other)
    assert (stream_seed(*one) == stream_seed(*other)) == same


def test_a_whole_float_is_its_integer_and_a_word_is_not_its_number():
    assert stream_seed("a", 1.0) == stream_seed("a", 1) == stream_seed("a", np.int64(1))
    assert stream_seed("a", "1") != stream_seed("a", 1)
    assert stream_seed("a", True) != stream_seed("a", 1)
    assert stream_seed("ab", "c") != stream_seed("a", "bc")


def test_another_process_draws_the_same():
    code = "from augeval.seeds import stream; print(stream('split', 'wine', 3).integers(0, 10**9))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(printed) == int(stream("split", "wine", 3).integers(0, 10**9))


def test_draws_of_neighbouring_seeds_look_independent():
    draws = np.array([stream("x", seed).standard_normal(50) for seed in range(400)])
    between = np.corrcoef(draws)[np.triu_indices(400, 1)]
    # 79,800 correlations of 50 independent pairs have mean 0 and sd 1/7 up to .0005.
    assert abs(between.mean()) < 0.003
    assert between.std() == pytest.approx(1 / 7, rel=0.02)


def test_a_part_that_has_no_one_form_is_refused():
    with pytest.raises(TypeError, match="set"):
        stream("x", {1, 2})
    with pytest.raises(ValueError, match="not JSON compliant"):
        stream("x", float("nan"))


def test_a_row_key_depends_on_path_id_and_copy_and_on_no_other_row():
    ids, copies = np.array([5, 5, 7]), np.array([0, 1, 0])
    keys = row_keys(("augment", "a"), ids, copies)
    assert len(set(keys.tolist())) == 3
    assert row_keys(("augment", "a"), ids[1:2], copies[1:2]) == keys[1:2]
    assert not np.intersect1d(keys, row_keys(("augment", "b"), ids, copies)).size


def test_uniforms_of_row_keys_pass_kolmogorov_and_smirnov_and_do_not_correlate():
    keys = row_keys(("uniform",), np.arange(20_000), np.zeros(20_000, int))
    first, second, third = uniforms(keys, 0), uniforms(keys, 1), uniforms(keys, 0, 1)
    for drawn in (first, second, third):
        assert stats.kstest(drawn, "uniform").pvalue > 1e-3
        assert drawn.min() >= 0
        assert drawn.max() < 1
    assert np.abs(np.corrcoef([first, second, third])[np.triu_indices(3, 1)]).max() < 0.03  # four standard errors
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03


def test_uniforms_take_positions_beside_keys():
    keys = row_keys(("uniform",), np.arange(3), np.zeros(3, int))
    table = uniforms(keys[:, None], 4, np.arange(5))
    assert table.shape == (3, 5)
    assert table[1, 2] == uniforms(keys[1], 4, 2)

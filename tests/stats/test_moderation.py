"""Moderated variances against Smyth's population and cases to count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.stats.moderation import squeeze


class TestSqueeze:
    def test_prior_and_level_of_a_known_population_are_recovered(self):
        # Smyth 2004: variances s0² d0 / chi²(d0), seen with 10 df each; d0 = 8 and s0² = 2 within Monte Carlo error.
        rng = np.random.default_rng(7)
        true = 2 * 8 / rng.chisquare(8, 20_000)
        seen = true * rng.chisquare(10, 20_000) / 10
        moderated, prior = squeeze(seen, 10.0, np.inf)
        assert prior == pytest.approx(8, rel=0.08)
        assert moderated == pytest.approx((prior * 2 + 10 * seen) / (prior + 10), rel=0.02)

    def test_variances_that_agree_are_pulled_to_their_mean_and_no_further_than_the_cap(self):
        moderated, prior = squeeze(np.array([1.0, 1.1, 0.9]), 9.0, 9.0)
        assert prior == 9
        assert moderated == pytest.approx([1.0, 1.05, 0.95])

    def test_two_variances_are_left_as_they_are(self):
        assert squeeze(np.array([1.0, 9.0]), 9.0, 9.0)[0].tolist() == [1.0, 9.0]

    def test_a_variance_of_zero_neither_lends_nor_borrows(self):
        moderated, _ = squeeze(np.array([0.0, 1.0, 1.1, 0.9]), 9.0, 9.0)
        assert moderated[0] == 0
        assert moderated[1:] == pytest.approx([1.0, 1.05, 0.95])

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.floats(1e-6, 1e3), min_size=3, max_size=12))
    def test_every_variance_moves_towards_one_level(self, values):
        v = np.array(values)
        moderated, prior = squeeze(v, 9.0, 9.0)
        assert 0 <= prior <= 9
        assert (np.diff(moderated[np.argsort(v, kind="stable")]) >= -1e-12 * moderated.max()).all()
        assert np.ptp(moderated) <= np.ptp(v) * (1 + 1e-9)

    def test_an_arm_of_few_seeds_lends_by_its_own_degrees_of_freedom(self):
        # Equal spreads: the level is the mean weighted by degrees of freedom, (4·2 + 4·2 + 1·0.2) / 9.
        moderated, prior = squeeze(np.array([2.0, 2.0, 0.2]), np.array([4.0, 4.0, 1.0]), 4.0)
        assert prior == 4.0
        level = (4 * 2 + 4 * 2 + 1 * 0.2) / 9
        assert moderated[0] == pytest.approx((4 * level + 4 * 2) / 8)
        assert moderated[2] == pytest.approx((4 * level + 1 * 0.2) / 5)

    def test_one_number_stands_for_equal_degrees_of_freedom(self):
        v = np.array([1.0, 3.0, 0.5, 2.0])
        one, many = squeeze(v, 9.0, 9.0), squeeze(v, np.full(4, 9.0), 9.0)
        assert one[0].tolist() == many[0].tolist()
        assert one[1] == many[1]

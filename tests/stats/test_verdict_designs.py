"""How draws meet seeds, what the rows of an arm were like, and what a verdict says of either."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import NONE, comparison_of, duplicate, gaussian, result_of, study_of, synonym, verdict_of

from augeval.types import Arm, Spec

POOL = "this training pool, new draws and test rows"


class TestDesigns:
    def scored(self, design, draws, *, spread=0.0, seeds=12):
        """A gain of 5 points whose draws differ by `spread`, seen with this design."""
        rng = np.random.default_rng(2)
        by_draw = spread * rng.standard_normal(draws)
        base = np.linspace(0.2, 0.8, 80)
        results = [result_of(a, s, base) for a in (NONE, duplicate()) for s in range(seeds)]
        for seed in range(seeds):
            own = by_draw.mean() if design == "crossed" else by_draw[seed % draws]
            row = base + 0.05 + own + 0.01 * rng.standard_normal(80)
            scores = tuple(float(row.mean() - by_draw.mean() + d) for d in by_draw)
            made = {"accuracy": scores} if design == "crossed" else None
            results.append(result_of(synonym(), seed, row, design=design, draws=draws, draw_scores=made))
        return results

    def width(self, results):
        found = comparison_of(results, synonym())
        return found.high - found.low

    @pytest.mark.parametrize("design", ["crossed", "nested"])
    def test_draws_that_differ_widen_the_interval_of_shared_draws(self, design):
        assert self.width(self.scored(design, 8, spread=0.03)) > 3 * self.width(self.scored(design, 8, spread=0.0))

    def test_nested_seeds_count_as_few_as_their_draws(self):
        # The same numbers, of 12 seeds that share 3 draws: taken for 12 draws the interval would be far too narrow.
        assert self.width(self.scored("nested", 3, spread=0.03)) > 2 * self.width(self.scored("each", 3, spread=0.03))

    def test_one_draw_confines_the_claim_to_these_rows(self):
        verdict = verdict_of(self.scored("single", 1))
        assert verdict.claim == "these augmented rows"
        assert any("There is one version of its rows" in reason for reason in verdict.reasons)
        crossed = verdict_of(self.scored("crossed", 2))
        assert any("There are two versions of its rows" in reason for reason in crossed.reasons)

    @pytest.mark.parametrize(("design", "draws", "claim"), [("crossed", 2, "these augmented rows"), ("each", 1, POOL)])
    def test_the_claim_follows_the_draws(self, design, draws, claim):
        assert verdict_of(self.scored(design, draws)).claim == claim

    def test_disjoint_training_rows_speak_for_new_training_sets(self):
        recipe = {"split": {"mode": "fixed", "disjoint": True}}
        arms = (NONE, duplicate(), synonym())
        results = [result_of(a, s, [1, 0, 1], recipe=recipe) for a in arms for s in range(3)]
        assert verdict_of(results).claim == "new training sets"


class TestRowCounts:
    def reasons(self, **counts):
        results = study_of(gaussian([(synonym(), 0.05)], seeds=4), counts={"asked": 10, "got": 10, **counts})
        return verdict_of(results).reasons, comparison_of(results, synonym()).note

    def test_an_arm_that_cannot_reach_the_model_is_a_no_op_for_it(self):
        reasons, note = self.reasons(unreached=10)
        assert "A no-op for this model" in reasons[1]
        assert note == "no-op for this model"

    def test_rows_that_mostly_cannot_are_counted(self):
        reasons, note = self.reasons(unreached=4)
        assert any(reason.startswith("40 % of its rows look to this model") for reason in reasons)
        assert note == ""

    def test_rows_equal_to_their_parents_are_mentioned_from_a_fifth_on(self):
        assert any(reason.startswith("30 % of its rows equal") for reason in self.reasons(no_op=3)[0])
        assert not any("equal" in reason for reason in self.reasons(no_op=2)[0])

    def test_rows_that_were_not_delivered_or_leaked_are_mentioned(self):
        reasons = " ".join(self.reasons(got=7, leaked=1)[0])
        assert "4 synthetic rows equal to a held-out row were dropped" in reasons  # one at each of four seeds
        assert "It made 32 of the 40 rows asked for" in reasons

    def test_copies_are_not_called_a_no_op(self):
        results = study_of(gaussian([(Arm(Spec("random_over"), ratio=1), 0.0)]), counts={"got": 10, "unreached": 10})
        assert comparison_of(results, Arm(Spec("random_over"), ratio=1)).note == ""

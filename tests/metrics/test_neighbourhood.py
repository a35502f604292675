"""Made rows among real ones: answers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.metrics.neighbourhood import Prdc, c2st_auc, copy_rate, dcr_ratio, other_class_neighbours, prdc
from augeval.seeds import stream


def normal(*path: object, n: int = 50, d: int = 8) -> np.ndarray:
    return stream("test neighbourhood", *path).standard_normal((n, d))


def line(*values: float) -> np.ndarray:
    return np.array(values, float)[:, None]


def smote(real: np.ndarray, k: int, n: int) -> np.ndarray:
    """Points between a row and one of its k neighbours."""
    rng = stream("test neighbourhood", "smote", k)
    apart = np.linalg.norm(real[:, None] - real[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    first = rng.integers(len(real), size=n)
    second = apart.argsort(1)[first, rng.integers(k, size=n)]
    return real[first] + rng.random((n, 1)) * (real[second] - real[first])


class TestCopies:
    def test_real_rows_themselves_are_all_copies_at_no_distance(self) -> None:
        real = normal()
        assert copy_rate(real, real) == 1
        assert dcr_ratio(real, real) == 0

    def test_by_hand(self) -> None:
        # Real 0, 1, 3: each lies 1, 1 and 2 from its nearest other one, median 1. Made 0, 2, 3.5 and 9 lie 0, 1, .5 and
        # 6 away, median .75; one of four is a copy.
        made, real = line(0, 2, 3.5, 9), line(0, 1, 3)
        assert copy_rate(made, real) == 1 / 4
        assert dcr_ratio(made, real) == 0.75

    def test_a_fresh_draw_of_the_same_law_lies_as_far_away_as_real_rows_lie_apart(self) -> None:
        found = [dcr_ratio(normal("fresh", i, n=200), normal("real", i, n=200)) for i in range(5)]
        assert np.mean(found) == pytest.approx(1, abs=0.05)

    def test_smote_lies_a_third_as_far_and_jitter_by_its_size(self) -> None:
        # Eight columns, 50 rows, as in the research: .32, .22 for a tenth of a deviation, 1.8 for a whole one; there on
        # two modes, here on one.
        real = normal()
        noise = normal("noise", n=50)
        assert dcr_ratio(smote(real, 5, 200), real) == pytest.approx(0.32, abs=0.08)
        assert dcr_ratio(real + 0.1 * noise, real) == pytest.approx(0.15, abs=0.05)
        assert dcr_ratio(real + noise, real) > 1.2

    def test_without_rows_or_without_a_usual_distance_there_is_no_number(self) -> None:
        assert np.isnan(copy_rate(line(), line(1)))
        assert np.isnan(copy_rate(line(1), line()))
        assert np.isnan(dcr_ratio(line(1), line(1)))
        assert np.isnan(dcr_ratio(line(1, 2), line(5, 5, 5, 7)))  # three of four equal another


class TestPrdc:
    def test_rows_that_equal_the_real_ones_are_perfect(self) -> None:
        real = normal()
        found = prdc(real, real)
        assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
        assert found.density >= 1

    def test_rows_that_are_all_alike_lie_on_the_edge_of_their_balls_and_inside(self) -> None:
        # With `<` in the place of `<=` every one of these is 0.
        same = np.ones((9, 3))
        assert prdc(same, same) == Prdc(1, 1, 9 / 5, 1)

    def test_rows_far_away_have_nothing(self) -> None:
        assert prdc(normal() + 100, normal("real")) == Prdc(0, 0, 0, 0)

    def test_a_fresh_draw_is_nearly_perfect(self) -> None:
        found = [prdc(normal("fresh", i), normal("real", i)) for i in range(8)]
        means = [np.mean([getattr(f, name) for f in found]) for name in ("precision", "recall", "density", "coverage")]
        np.testing.assert_allclose(means, [0.95, 0.96, 0.99, 0.98], atol=0.06)

    def test_by_hand(self) -> None:
        # k = 1. Real 0, 1, 5, reaching 1, 1 and 4. Made 2, 5.5, 20, reaching 3.5, 3.5 and 14.5.
        # 2 is within 1 of 1 and within 4 of 5; 5.5 within 4 of 5; 20 of none: precision 2/3, density (2 + 1)/3.
        # 0, 1 and 5 lie within 3.5 of 2, as does 5 of 5.5: recall 1. A made row lies in the ball of 1 and of 5: 2/3.
        assert prdc(line(2, 5.5, 20), line(0, 1, 5), k=1) == Prdc(2 / 3, 1, 1, 2 / 3)

    def test_one_mode_of_two_is_precise_and_does_not_recall(self) -> None:
        real = np.concatenate([normal("left", n=40, d=3), normal("right", n=40, d=3) + 20])
        found = prdc(normal("made", n=80, d=3), real)
        assert found.precision > 0.9
        assert found.coverage <= 0.5
        assert found.recall <= 0.5

    @pytest.mark.parametrize(("made", "real"), [(6, 50), (50, 6)])
    def test_with_fewer_than_seven_rows_a_side_there_is_no_number(self, made: int, real: int) -> None:
        found = prdc(normal("made", n=made), normal("real", n=real))
        assert np.isnan(list(vars(found).values())).all()
        assert prdc(normal("made", n=7), normal("real", n=7)).precision >= 0


class TestOtherClassNeighbours:
    def test_by_hand(self) -> None:
        # The two nearest of 0 are 1 and 2, both of the class; of 9 they are 8 (other) and 7 (other).
        own, others = line(1, 2, 3, 4, 30), line(7, 8)
        assert other_class_neighbours(line(0), own, others, k=2) == 0
        assert other_class_neighbours(line(0, 9), own, others, k=2) == 1 / 2

    def test_copies_of_one_half_have_exactly_the_impurity_of_that_half(self) -> None:
        a, b, others = normal("a", n=25), normal("b", n=25), normal("others", n=500) + 1
        real = other_class_neighbours(a, b, others)
        assert 0 < real < 1
        assert other_class_neighbours(a[::-1], b, others) - real == 0

    def test_half_of_the_rows_from_the_other_class_add_half_where_classes_are_apart(self) -> None:
        a, b, others = normal("a", n=24), normal("b", n=24), normal("others", n=500) + 100
        made = np.concatenate([a[:12], others[:12]])
        assert other_class_neighbours(made, b, others) - other_class_neighbours(a, b, others) == 0.5

    def test_where_real_rows_lie_among_others_already_it_adds_less(self) -> None:
        # Rows of the other class have none but their own kind around, so the excess is half of what `a` is short of 1:
        # .34 at 50 rows of which a third of the neighbours are of the other class.
        a, b, others = normal("a", n=25), normal("b", n=25), normal("others", n=1000) + 1.55
        real = other_class_neighbours(a, b, others)
        assert real == pytest.approx(0.32, abs=0.08)
        excess = other_class_neighbours(np.concatenate([a[:12], others[:12]]), b, others) - real
        assert excess == pytest.approx(0.34, abs=0.06)

    def test_too_few_rows_give_no_number(self) -> None:
        assert np.isnan(other_class_neighbours(line(), line(1, 2, 3, 4, 5), line(6)))
        assert np.isnan(other_class_neighbours(line(1), line(1, 2, 3, 4), line(6, 7, 8)))
        assert np.isnan(other_class_neighbours(line(1), line(1, 2, 3, 4, 5, 6, 7), line()))


class TestC2st:
    def test_nothing_tells_two_draws_of_one_law_apart(self) -> None:
        found = [c2st_auc(normal("made", i, n=200), normal("real", i, n=200)) for i in range(4)]
        assert np.mean(found) == pytest.approx(0.5, abs=0.05)

    def test_it_is_what_scikit_learn_finds_with_the_same_folds_and_voters(self) -> None:
        from sklearn.model_selection import StratifiedKFold, cross_val_score
        from sklearn.neighbors import KNeighborsClassifier

        made, real = normal("made", n=20, d=2) + 0.7, normal("real", n=25, d=2)
        x, y = np.concatenate([made, real[:20]]), np.repeat([1, 0], 20)
        theirs = cross_val_score(KNeighborsClassifier(5), x, y, cv=StratifiedKFold(5), scoring="roc_auc")
        assert c2st_auc(made, real) == pytest.approx(theirs.mean())

    def test_rows_far_away_are_told_apart_each_time(self) -> None:
        assert c2st_auc(normal() + 100, normal("real")) == 1

    def test_with_fewer_than_ten_rows_a_side_there_is_no_number(self) -> None:
        assert np.isnan(c2st_auc(normal(n=9), normal("real")))

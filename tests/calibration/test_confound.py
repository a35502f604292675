"""Label noise that seems to help, and the alarm that says why. Runs the whole tool: an experiment, two networks."""

from __future__ import annotations

import confound
import numpy as np
import pytest
from confound import label_noise

from augeval.types import Examples

pytestmark = pytest.mark.slow
NOISE = "confound:label_noise 0.3 ×4"


@pytest.fixture(scope="module")
def found():
    return confound.study()


def outcome(found, epochs, arm, reference):
    return found[f"epochs {epochs}"]["gains"][f"{arm} against {reference}"]["outcome"]


@pytest.mark.parametrize(
    ("epochs", "reference", "expected"),
    [(3, "none", "helps"), (3, "duplicate ×4", "harms"), (40, "none", "harms"), (40, "duplicate ×4", "harms")],
)
def test_label_noise_helps_only_where_more_rows_mean_longer_training(found, epochs, reference, expected):
    assert outcome(found, epochs, NOISE, reference) == expected


def test_the_alarm_fires_at_3_epochs_and_not_at_40(found):
    (text,) = found["epochs 3"]["alarms"]
    assert "duplicate ×4 alone gains" in text
    assert "at equal epochs more rows are more steps" in text
    assert found["epochs 40"]["alarms"] == []


def test_the_comparisons_say_that_epochs_were_equal(found):
    assert {of["training"] for of in found.values()} == {"equal epochs"}


def test_three_labels_in_ten_are_wrong():
    y = np.arange(2000) % 10
    train = Examples(np.zeros((2000, 2, 2, 1), np.uint8), y, np.arange(2000))
    quota = {int(c): 800 for c in range(10)}
    made = label_noise.fn(train, quota, magnitude=0.3, rng=np.random.default_rng(0))
    assert (made.parents[:, 0] == made.ids).all()
    assert len(made) == 8000
    wrong = made.y != y[made.ids]
    assert abs(wrong.mean() - 0.3) < 0.02  # four standard errors
    assert abs(((made.y - y[made.ids])[wrong] % 10 == 1).mean() - 1 / 9) < 0.027

"""Steps, batches and Adam of the networks."""

from __future__ import annotations

import numpy as np
import pytest

from augeval.errors import InputError
from augeval.models.training import BATCH, Amount, batches, descend, shares
from augeval.seeds import stream
from augeval.types import Examples


class TestAmount:
    def test_steps_are_the_same_whatever_the_rows_and_epochs_grow_with_them(self):
        assert [Amount("net", 7, None, 200).steps(n) for n in (1, 1000)] == [7, 7]
        assert [Amount("net", None, None, 200).steps(n) for n in (1, 1000)] == [200, 200]
        # Three passes over 32 rows are three batches, over 33 rows 3.1.
        assert [Amount("net", None, 3, 200).steps(n) for n in (BATCH, BATCH + 1)] == [3, 4]

    @pytest.mark.parametrize(("steps", "epochs", "rate"), [(0, None, 1.0), (None, -1, 1.0), (5, None, float("nan"))])
    def test_what_is_out_of_range_is_refused(self, steps, epochs, rate):
        with pytest.raises(InputError, match=r"net was given .*; wanted at least one step or epoch"):
            Amount("net", steps, epochs, 200).check("net", rate)

    def test_both_are_refused(self):
        with pytest.raises(InputError, match="net was given steps=2 and epochs=3; wanted one of them"):
            Amount("net", 2, 3, 200)


class TestBatches:
    def test_every_epoch_visits_each_row_once_in_an_order_of_its_own(self):
        order = batches(48, 6, stream("batches")).ravel().reshape(4, 48)
        assert [sorted(epoch) for epoch in order.tolist()] == [list(range(48))] * 4
        assert len({tuple(epoch) for epoch in order.tolist()}) == 4

    def test_more_steps_start_with_the_fewer(self):
        few, many = (batches(40, steps, stream("batches")) for steps in (3, 9))
        np.testing.assert_array_equal(few, many[:3])

    def test_shares_are_one_on_average(self):
        rows = Examples(np.zeros((4, 1)), np.zeros(4, int), np.arange(4))
        assert shares(rows).tolist() == [1, 1, 1, 1]
        weighted = Examples(rows.x, rows.y, rows.ids, None, np.array([1.0, 1, 2, 4]))
        assert shares(weighted).tolist() == [0.5, 0.5, 1.0, 2.0]


def test_it_descends_as_torchs_adam_does():
    import torch

    x = torch.from_numpy(stream("adam").standard_normal((64, 5)).astype(np.float32))
    y = x @ torch.arange(5.0) + 1
    order = batches(64, 30, stream("adam", "order"))

    own = torch.zeros(5, requires_grad=True)
    found = descend(own, order, lambda _, batch: (x[batch] @ own - y[batch]) ** 2, 0.05)

    theirs = torch.zeros(5, requires_grad=True)
    optimiser = torch.optim.Adam([theirs], lr=0.05)
    for batch in torch.from_numpy(order):
        optimiser.zero_grad()
        ((x[batch] @ theirs - y[batch]) ** 2).mean().backward()
        optimiser.step()
    torch.testing.assert_close(found, theirs.detach(), rtol=1e-4, atol=1e-5)
    assert not found.requires_grad

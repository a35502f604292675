"""Equal rows are found by content, and counted."""

from __future__ import annotations

import numpy as np

from augeval.data.blocks import Layout, duplicates, equal_rows
from augeval.types import Dataset, Examples


def dataset(y, x, modality="text", groups=None) -> Dataset:
    labels = np.array(y, np.int64)
    classes = () if modality == "retrieval" else tuple(f"c{i}" for i in range(labels.max() + 1))
    groups = None if groups is None else np.array(groups, np.int64)
    return Dataset("toy", modality, Examples(np.array(x, object), labels, np.arange(len(y))), classes, groups=groups)


def test_equal_images_and_equal_table_rows_are_found_by_content():
    images = np.zeros((3, 2, 2, 1), np.uint8)
    images[1] = 7
    assert equal_rows(images).tolist() == [0, 1, 0]
    table = np.array([[1.0, np.nan], [1.0, np.nan], [0.0, 2.0], [-0.0, 2.0], [1.0, 3.0]])
    assert equal_rows(table).tolist() == [0, 0, 1, 1, 2]


def test_duplicates_are_counted_by_hand():
    # "a" occurs three times with labels 0, 0, 1: two rows repeat it, and it carries two labels.
    found = duplicates(dataset([0, 0, 1, 1], ["a", "a", "a", "b"]))
    assert (found.rows, found.conflicting) == (2, 1)


def test_a_query_with_two_documents_is_no_duplicate():
    found = duplicates(dataset([0, 1, 1], ["q", "q", "q"], "retrieval"))
    assert (found.rows, found.conflicting) == (1, 0)


def test_blocks_are_chained_by_equal_rows_and_groups():
    # Rows 0 and 1 are one group, 1 and 2 are equal, 2 and 3 are one group; row 4 is alone.
    toy = dataset([0] * 5, ["a", "b", "b", "c", "d"], groups=[0, 0, 1, 1, 2])
    assert Layout.of(toy).block.tolist() == [0, 0, 0, 0, 1]


def test_a_goal_is_met_exactly_where_every_block_is_one_row():
    # Class 0: one to test, two to validate, three to train; class 1: two, none and two.
    layout = Layout.of(dataset([0] * 6 + [1] * 4, [f"row {i}" for i in range(10)]))
    dealt = layout.deal(np.arange(10), np.array([[1, 2], [2, 0], [3, 2]]), np.random.default_rng(0))
    assert [np.bincount(part, minlength=3).tolist() for part in (dealt[:6], dealt[6:])] == [[1, 2, 3], [2, 0, 2]]

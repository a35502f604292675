"""Spelling: names stay apart whatever they hold, and no password is shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from augeval.spelling import cell, cut, metric_name, without_credentials

bracketed = st.builds("{}[{}]".format, st.text(max_size=120), st.text(max_size=120))


class TestMetricName:
    def test_the_common_case_reads_well(self) -> None:
        assert metric_name("ndcg@10") == "ndcg_at_10"
        assert metric_name("macro_f1") == "macro_f1"
        assert metric_name("recall[bad]") == "recall/bad"
        assert metric_name("recall_at_precision[0.9]") == "recall_at_precision/0.9"
        assert metric_name("recall[sehr schlecht]") == "recall/sehr schlecht"

    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("ndcg@10", "ndcg_at_10"),
            ("@at_", "_at@"),
            ("a@@", "a@_at_"),
            ("", "::"),
            (".", ":2e:"),
            ("a@b", "a:40:b"),
            ("a[b]", "a/b"),
            ("a[..]", "a[:2e::2e:]"),
            ("a[b][c]", "a[b]"),
            ("a[]", "a[:]"),
            ("[a]", "a"),
            ("a[b/c]", "a[b"),
        ],
    )
    def test_names_that_could_be_confused_stay_apart(self, name: str, other: str) -> None:
        assert metric_name(name) != metric_name(other)

    def test_no_two_of_all_short_names_over_the_difficult_letters_meet(self) -> None:
        # Every text of up to 6 letters over "@", "_", "a", "t", ":": 5 + 25 + … + 15625 = 19530, and the empty one.
        texts, layer = [""], [""]
        for _ in range(6):
            layer = [text + letter for text in layer for letter in "@_at:"]
            texts += layer
        assert len({metric_name(text) for text in texts}) == len(texts) == 19531

    def test_a_class_called_bad_lo_is_not_taken_for_the_low_end_of_bad(self) -> None:
        for end in ("_lo", "_hi", "_confirmed", "_confirmed_lo"):
            assert metric_name(f"recall[bad{end}]") != f"{metric_name('recall[bad]')}{end}"

    def test_no_two_of_all_short_names_with_brackets_meet(self) -> None:
        texts, layer = [""], [""]
        for _ in range(6):
            layer = [text + letter for text in layer for letter in "[]/a."]
            texts += layer
        assert len({metric_name(text) for text in texts}) == len(texts) == 19531

    @given(st.lists(st.text(max_size=300) | bracketed, unique=True, max_size=8))
    @example(["..0", "..", ":2e:.0", "::dotdot", "."])
    @example(["a[..]", "..[a]", "a[.]", "a[/]", "a[b]", "a/b", "ä[ö]", "a[[b]]", f"{'a' * 99}[{'b' * 200}]"])
    @settings(max_examples=200, deadline=None)
    def test_different_names_stay_different_and_mlflow_takes_all_of_them(self, names: list[str]) -> None:
        from mlflow.utils.validation import _validate_metric_name

        mapped = [metric_name(name) for name in names]
        assert len(set(mapped)) == len(names)
        for name in mapped:
            for full in (name, f"gain/{name}_confirmed_lo", f"test/{name}"):
                _validate_metric_name(full)
                assert len(full) <= 250


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@host:5000/x", "https://host:5000/x"),
        ("postgresql+psycopg2://me:pw@db/mlflow", "postgresql+psycopg2://db/mlflow"),
        ("http://me:p@ss@host", "http://host"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("no route to http://token@h/ and ftp://a:b@c", "no route to http://h/ and ftp://c"),
        ("mail me@home", "mail me@home"),
        ("postgresql://db/mlflow?user=me&password=p%40w&x=1", "postgresql://db/mlflow?user=me&password=…&x=1"),
        ("GET /?access_token=abc failed", "GET /?access_token=… failed"),
    ],
)
def test_addresses_are_shown_without_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown


def test_a_cell_of_a_table_keeps_its_text_on_one_line_without_markup() -> None:
    assert cell("a | b\n# <i>[x](y)</i> & `c`") == r"a \| b # &lt;i>\[x\](y)&lt;/i> &amp; \`c\`"
    assert cell("https://me:secret@host/x") == "https://host/x"


def test_a_text_that_is_cut_ends_with_an_ellipsis_and_is_as_long_as_allowed() -> None:
    assert (cut("abcdef", 6), cut("abcdef", 5), cut("", 3)) == ("abcdef", "abcd…", "")

"""YAML text -> values with places: what PyYAML alone gets wrong, each refused or read as people mean it."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from augeval.errors import ConfigError
from augeval.experiment.source import MAX_VALUES, Problem, parse


def said(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "e.yaml")
    return str(caught.value)


def problems(text):
    source = parse(text, "e.yaml")
    return [source.render(problem) for problem in source.problems]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),  # PyYAML: the text "1e-3"
        ("1E3", 1000.0),
        ("5", 5),
        ("-5", -5),
        ("+.5", 0.5),
        ("3.", 3.0),
        ("010", "010"),  # PyYAML: 8
        ("1_000", "1_000"),  # PyYAML: 1000
        ("12:30:00", "12:30:00"),  # PyYAML: 45000
        ("2020-01-01", "2020-01-01"),  # PyYAML: a date
        ("0x10", "0x10"),  # PyYAML: 16
        ("true", True),
        ("~", None),
        ("y", "y"),
        ("'1e-3'", "1e-3"),
        ('"no"', "no"),
        ("", None),
    ],
)
def test_words_are_read_as_yaml_1_2_reads_them(word, value):
    read = parse(f"a: {word}", "e.yaml").value["a"]
    assert read == value
    assert type(read) is type(value)


def test_not_a_number_and_infinity_are_read_so_that_they_can_be_refused_as_numbers():
    low, high, neither = parse("[-.inf, .Inf, .nan]", "e.yaml").value
    assert (low, high) == (-float("inf"), float("inf"))
    assert neither != neither


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off"])
def test_a_word_on_which_versions_of_yaml_disagree_is_refused_and_quoting_explained(word):
    (line, _, caret) = problems(f"a:\n  b: {word}")[0].split("\n")
    assert line.startswith(f"e.yaml:2:6: a.b: {word} without quotes is ")
    assert f'"{word}" in quotes' in line
    assert caret.index("^") == len("    2 | ") + 5


def test_a_key_given_twice_is_refused_with_both_lines():
    text = "a: 1\nb: {c: 1, c: 2}\na: 3\n"
    first, second = problems(text)
    assert first.startswith("e.yaml:2:11: b: the key 'c' stands here a second time; it was given on line 2.")
    assert second.startswith("e.yaml:3:1: the key 'a' stands here a second time; it was given on line 1.")


def test_an_anchor_may_be_merged_and_the_own_key_wins_wherever_it_stands():
    text = "x: &d {a: 1, b: 2}\ny: {b: 3, <<: *d}\nz: {<<: [{a: 9}, *d], c: 4}\n"
    source = parse(text, "e.yaml")
    assert source.value["y"] == {"a": 1, "b": 3}
    assert source.value["z"] == {"a": 9, "b": 2, "c": 4}
    assert source.value == yaml.safe_load(text)
    assert source.values["y", "b"] == (1, 7)
    assert not source.problems


def test_a_problem_of_a_merged_value_is_shown_where_the_value_stands():
    source = parse("x: &d {a: 1}\ny: {<<: *d}\n", "e.yaml")
    assert source.place(Problem(("y", "a"), "")) == (0, 10)


def test_a_path_that_stands_nowhere_is_shown_at_what_encloses_it():
    source = parse("a:\n  - {b: 1}\n", "e.yaml")
    assert source.place(Problem(("a", 0, "c", 3), "")) == (1, 4)
    assert source.place(Problem(("q",), "")) == (0, 0)


def test_text_that_is_no_yaml_is_refused_with_its_place_and_a_hint():
    assert said("a: 1\nb: [1,\nc: 2\n").startswith("e.yaml:2:4: this is not YAML: what begins here is never closed")
    assert said("a: b: 1").startswith("e.yaml:1:5: this is not YAML: ")
    assert "Indent with spaces." in said("a:\n\tb: 1\n")
    assert "in quotes" in said("name: a: b\n")
    assert "second document" in said("a: 1\n---\nb: 2\n")
    assert "e.yaml:1:1: this is not YAML" in said("a: \x00")


def test_aliases_that_stand_for_billions_of_values_are_refused():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert f"more than {MAX_VALUES} values" in said("\n".join(lines))


def test_an_alias_inside_itself_is_refused():
    assert "levels" in said("a: &a [*a]")


def test_deep_nesting_is_refused():
    assert "nested too deeply" in said("[" * 5000)


def test_a_tag_is_refused():
    assert "tag" in problems("a: !!python/object/apply:os.system ['true']")[0]


def test_a_long_line_is_cut_around_the_caret():
    source = parse("a: [" + ", ".join(["x" * 20] * 30) + "]\n", "e.yaml")
    _, line, caret = source.render(Problem(("a", 20), "wrong")).split("\n")
    assert len(line) < 130
    assert line[caret.index("^") :].startswith("x" * 20)
    assert line[: caret.index("^")].endswith("x, ")


def test_problems_come_in_the_order_of_the_file_each_once_and_are_counted():
    source = parse("a: 1\nb: 2\n", "e.yaml")
    text = str(source.error([Problem(("b",), "two"), Problem(("a",), "one"), Problem(("b",), "two")]))
    assert text.index("one") < text.index("two")
    assert text.count("two") == 1
    assert text.endswith("2 problems in e.yaml.")


words = st.text(
    st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_what_json_writes_is_read_back(value):
    written = json.dumps(value, ensure_ascii=False)
    assert parse(written, "e").value == json.loads(written)

"""`augeval init`'s guess: right on real and on awkward files, or a question that names the options."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from augeval.data.files import load
from augeval.data.infer import infer
from augeval.data.splits import split
from augeval.errors import DataError, InputError
from augeval.seeds import stream

SHARED = Path(os.environ.get("AUGEVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are absent; set AUGEVAL_DATA")
N = 120
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "rain", "falls", "on", "green"]


@pytest.fixture
def write(tmp_path):
    def written(rows, header, name="data.csv", separator=","):
        lines = ([] if header is None else [header.split(",")]) + rows
        path = tmp_path / name
        path.write_text("".join(separator.join(map(str, line)) + "\n" for line in lines), encoding="utf-8")
        return path

    return written


def sentence(i, words=9):
    chosen = stream("test_infer", i).choice(WORDS, size=words)
    return " ".join(map(str, chosen)) + f" {i}"


def number(i):
    return round(float(stream("test_infer", i).random()), 6)


def roles(guess) -> dict:
    return {key: value for key, value in guess.description.items() if key != "file"}


@needs_shared
@pytest.mark.parametrize("name", ["sst2_train_500", "sst2_dev", "trec_train", "trec_test"])
def test_the_shared_texts_are_recognised(name):
    guess = infer(SHARED / "text" / f"{name}.csv")
    assert guess.modality == "text"
    assert roles(guess) == {"text": "text", "label": "label"}


@needs_shared
def test_the_shared_tables_are_recognised_with_the_label_of_their_schema():
    schema = json.loads((SHARED / "tabular" / "schema.json").read_text(encoding="utf-8"))
    for name, wanted in schema.items():
        guess = infer(SHARED / "tabular" / name)
        assert guess.modality == "tabular", name
        assert guess.description["label"] == "target", name
        assert "features" not in guess.description, name
        assert guess.rows == wanted["rows"]
        assert list(guess.classes.values()) == [wanted["majority"], wanted["minority"]]


@needs_shared
@pytest.mark.parametrize("path", ["text/sst2_train_500.csv", "text/trec_train.csv", "tabular/german.csv"])
def test_what_is_guessed_can_be_loaded_and_split(path):
    guess = infer(SHARED / path)
    dataset = load(guess.description)
    assert len(dataset.examples) == guess.rows
    assert dataset.modality == guess.modality
    split(dataset, seed=0)


def test_the_description_names_the_file_as_it_was_given(write, monkeypatch):
    path = write([[sentence(i), i % 2] for i in range(N)], "text,label")
    monkeypatch.chdir(path.parent)
    guess = infer("data.csv")
    assert guess.description == {"file": "data.csv", "text": "text", "label": "label"}
    assert (guess.rows, guess.classes, guess.notes) == (N, {"0": 60, "1": 60}, ())


def test_reviews_with_an_id_a_customer_and_a_date_are_told_apart(write):
    rows = [[i, sentence(i), i % 5, f"c{i % 40}", f"2020-01-{1 + i % 28}"] for i in range(N)]
    guess = infer(write(rows, "row_id,review,stars,customer_id,date"))
    assert roles(guess) == {"text": "review", "label": "stars", "id": "row_id", "group": "customer_id"}
    assert "Rows with the same 'customer_id' are kept on one side of every split." in guess.notes
    assert "Not used: date." in guess.notes
    split(load(guess.description), seed=0)


def test_semicolons_and_a_label_in_front_do_not_matter(write):
    rows = [["ab"[i % 2], sentence(i)] for i in range(N)]
    guess = infer(write([["Label", "Kommentar"], *rows], None, separator=";"))
    assert roles(guess) == {"text": "Kommentar", "label": "Label"}


def test_a_table_whose_label_comes_first_or_last_is_read_either_way(write):
    first = infer(write([["xyz"[i % 3], number(i), number(i + 1000)] for i in range(N)], "kind,a,b"))
    assert roles(first) == {"label": "kind"}
    last = infer(write([[number(i), number(i + 1000), ["low", "high"][i % 2]] for i in range(N)], "a,b,income"))
    assert roles(last) == {"label": "income"}
    assert last.notes == ("No column is called label; 'income' (2 values) is taken. --label NAME changes it.",)


def test_a_name_outweighs_the_place(write):
    rows = [[i % 2, number(i), "uv"[(i // 2) % 2]] for i in range(N)]
    assert roles(infer(write(rows, "survived,fare,port"))) == {"label": "survived"}


def test_short_texts_with_nothing_else_beside_the_label_are_texts(write):
    intents = infer(write([[f"{sentence(i, 2)}", "ab"[i % 2]] for i in range(N)], "query,intent"))
    assert roles(intents) == {"text": "query", "label": "intent"}
    names = infer(write([[f"name{i}", ["fr", "de"][i % 2]] for i in range(N)], "name,origin"))
    assert roles(names) == {"text": "name", "label": "origin"}


def test_a_script_without_spaces_is_text(write):
    rows = [["这部电影真的非常好看我很喜欢" + chr(0x4E00 + i), "好坏"[i % 2]] for i in range(N)]
    assert roles(infer(write(rows, "内容,类别"))) == {"text": "内容", "label": "类别"}


def test_passengers_are_a_table_in_spite_of_their_names(write):
    rows = [
        [i + 1, i % 2, 1 + i % 3, f"Mr. {sentence(i, 2)}", ["male", "female"][i // 2 % 2], i % 80 or "", f"A/{i}"]
        for i in range(N)
    ]
    guess = infer(write(rows, "PassengerId,Survived,Pclass,Name,Sex,Age,Ticket"))
    assert (guess.modality, roles(guess)) == ("tabular", {"label": "Survived", "id": "PassengerId"})
    kept = [column.name for column in load(guess.description).columns]
    assert kept == ["Pclass", "Sex", "Age"]
    assert sum("is left out" in note for note in guess.notes) == 2


def test_numbers_of_two_values_are_categories(write):
    rows = [[number(i), 1 + (i // 3) % 2, i % 2] for i in range(N)]
    assert roles(infer(write(rows, "age,smoker,target"))) == {"label": "target", "categorical": ["smoker"]}


def test_a_column_that_is_the_label_in_other_words_is_left_out(write):
    rows = [[number(i), number(i + 1000), ["no", "yes"][i % 2], i % 2] for i in range(N)]
    guess = infer(write(rows, "a,b,answer,target"))
    assert roles(guess) == {"label": "target", "features": ["a", "b"]}
    assert "'answer' is left out: each of its values goes with one class" in guess.notes[0]


def test_a_saved_index_is_no_feature(write):
    rows = [[i, number(i), i % 2] for i in range(N)]
    guess = infer(write(rows, ",a,target"))
    assert [column.name for column in load(guess.description).columns] == ["a"]


def test_few_large_groups_are_mentioned_and_not_used(write):
    rows = [[sentence(i), i % 2, i // 2 % 4] for i in range(N)]
    guess = infer(write(rows, "text,label,store_id"))
    assert "group" not in guess.description
    assert "If rows with the same 'store_id' belong together, write group: store_id." in guess.notes


def test_groups_that_each_hold_one_class_are_used_only_if_every_class_has_three(write):
    of_customer = {customer: int(customer >= 38) for customer in range(40)}  # class 1 has two customers
    rows = [[sentence(i), of_customer[i % 40], i % 40] for i in range(N)]
    assert "group" not in infer(write(rows, "text,label,customer_id")).description


def test_halves_of_stars_are_classes(write):
    guess = infer(write([[sentence(i), 1 + (i % 3) / 2] for i in range(N)], "review,stars"))
    assert list(guess.classes) == ["1", "1.5", "2"]


def test_a_class_with_too_few_rows_is_mentioned(write):
    guess = infer(write([[sentence(i), "ab"[i % 2] if i else "c"] for i in range(N)], "text,label"))
    assert "Too few rows to be split, 3 of each class are needed: 'c' (1)." in guess.notes[0]


def test_what_the_user_names_is_taken(write):
    path = write([[sentence(i), sentence(-i - 1), i % 3, i % 2] for i in range(N)], "title,body,topic,sentiment")
    guess = infer(path, text="title", label="topic")
    assert roles(guess) == {"text": "title", "label": "topic"}
    assert "Not used: body, sentiment." in guess.notes


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("text,topic,sentiment", lambda i: [sentence(i), i % 3, i % 2], "'topic' (3 values), 'sentiment' (2 values)"),
        (
            "first,second,label",
            lambda i: [sentence(i), sentence(i + 1000), i % 2],
            "2 columns of texts: 'first' (10 words",
        ),
        ("comment,place,shift", lambda i: [sentence(i), i % 3, i % 2], "'place' (3 values), 'shift' (2 values)"),
        ("passenger_class,age,died", lambda i: [i % 3, number(i), i // 2 % 2], "'passenger_class' (3 values), 'died'"),
        ("a,b,target", lambda i: [number(i), number(i + 1000), number(i + N)], "'target' has 120 values in 120 rows"),
        ("text,label", lambda i: [sentence(i), "x"], "'label' has 1 value in 120 rows"),
        ("a,b,c", lambda i: [number(i), number(i + 1000), number(i + N)], "No column has few values that repeat"),
    ],
)
def test_a_file_that_does_not_tell_is_asked_about_with_the_option(write, header, row, message):
    with pytest.raises(InputError) as raised:
        infer(write([row(i) for i in range(N)], header))
    assert message in str(raised.value)
    assert "--label NAME" in str(raised.value) or "--text NAME" in str(raised.value)


@pytest.mark.parametrize(
    "rows",
    [
        [[sentence(i), i % 2] for i in range(N)],
        [[number(i), number(i + 1000), ["setosa", "virginica"][i % 2]] for i in range(N)],
        [[i % 7, 9 - i % 5, 1 + i % 2] for i in range(N)],
    ],
    ids=["texts", "iris", "numbers"],
)
def test_a_file_without_a_header_is_recognised(write, rows):
    with pytest.raises(InputError, match="looks like a row, not like the names of the columns"):
        infer(write(rows, None))


def test_a_column_that_is_not_there_is_refused_with_the_nearest(write):
    path = write([[sentence(i), i % 2] for i in range(N)], "text,label")
    with pytest.raises(DataError, match=r"no column 'labl' \(wanted as label\)\. Did you mean 'label'"):
        infer(path, label="labl")
    with pytest.raises(DataError, match=r"no column 'txt' \(wanted as text\)\. Did you mean 'text'"):
        infer(path, text="txt")


def test_a_missing_label_is_refused_with_its_line(write):
    rows = [[sentence(i), ["a", "b", ""][i % 3]] for i in range(N)]
    with pytest.raises(DataError, match=r"line 4, column 'label': the label is missing \(and 39 more\)"):
        infer(write(rows, "text,label"))


def test_jsonl_is_guessed_like_csv(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps({"review": sentence(i), "stars": i % 5}) + "\n" for i in range(N)))
    assert roles(infer(path)) == {"text": "review", "label": "stars"}

"""The Python door: run, compare, augment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import augeval
from augeval.errors import ContractError, InputError, NotApplicable
from augeval.in_memory import Names, arms_of, dataset_of, labels_of, rows_of

TEXTS = [f"{'good' if i % 2 else 'bad'} film number {i} with a story" for i in range(40)]
MOODS = ["good" if i % 2 else "bad" for i in range(40)]


def imbalanced(n: int = 120, rare: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Two overlapping clouds in the plane; the second has fewer rows."""
    rng = np.random.default_rng(3)
    y = np.repeat([0, 1], [n - rare, rare])
    return rng.normal(size=(n, 2)) + y[:, None], y


# run


def test_run_takes_the_values_of_a_file_and_gives_verdicts_cells_and_a_report(tmp_path: Path):
    experiment = {
        "name": "small",
        "dataset": "wine",
        "models": ["logistic"],
        "seeds": 2,
        "arms": [{"augmenter": "jitter", "magnitude": 0.1, "ratio": 1}],
        "metrics": "accuracy",
    }
    seen: list[str] = []
    result = augeval.run(
        experiment, out=str(tmp_path / "run"), executor="serial", track=False, on_event=lambda e: seen.append(e["kind"])
    )
    assert isinstance(result, augeval.RunResult)
    assert set(result.verdicts.family) >= {"jitter", "duplicate"}
    assert len(result.cells) == 3 * 2  # none, duplicate ×1 and jitter ×1, two seeds each
    assert result.report_path == tmp_path / "run" / "report.html"
    assert result.report_path.is_file()
    assert result.failed == 0
    assert (seen[0], seen[-1]) == ("planned", "deciding")


def test_run_refuses_an_option_that_it_does_not_have():
    with pytest.raises(InputError, match=r"no option 'worker'. Did you mean 'workers'"):
        augeval.run("any.yaml", worker=2)


# compare


@pytest.fixture(scope="module")
def compared() -> augeval.RunResult:
    from imblearn.over_sampling import SMOTE
    from sklearn.linear_model import LogisticRegression

    def halve(row: np.ndarray) -> np.ndarray:
        return row / 2

    X, y = imbalanced()
    arms = [
        SMOTE(k_neighbors=3),
        "class_weight",
        ("jitter", {"magnitude": [0.1, 0.5], "ratio": 1}),
        halve,
        augeval.Arm(augeval.Spec("random_over"), balance=0.8),
    ]
    return augeval.compare(X, y, arms, LogisticRegression(), seeds=3, metrics=["balanced_accuracy", "brier"])


def test_compare_takes_metrics_as_a_file_does_with_costs():
    X, y = imbalanced()
    costs = {str(a): {str(b): 9 if a else 1} for a, b in ((0, 1), (1, 0))}
    metrics = {"primary": "cost", "also": ["ece", "minority_recall"], "costs": costs}
    result = augeval.compare(X, y, ["class_weight"], "logistic", seeds=2, metrics=metrics)
    assert set(result.verdicts.metric) == {"cost", "ece[10]", "minority_recall"}
    assert result.summary["experiment"]["studies"][0]["metrics"]["about"]["cost"]["bounds"] == [0, 9]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("recal[1]", r"metrics: no metric is called 'recal'\. Did you mean 'recall'"),
        ("recall", r"metrics: The metric 'recall' wants in brackets a class"),
        ("recall[2]", r"'recall\[2\]' is about '2', which is no class of 'data'"),
        ({"primary": "cost"}, "'cost' needs the key costs"),
        ({"first": "cost"}, "unknown key 'first'"),
    ],
)
def test_compare_refuses_metrics_in_the_words_of_a_file(metrics, words):
    X, y = imbalanced()
    with pytest.raises(InputError, match=words):
        augeval.compare(X, y, ["class_weight"], "logistic", seeds=2, metrics=metrics)


def test_compare_judges_samplers_names_functions_and_arms_with_an_estimator(compared: augeval.RunResult):
    verdicts = compared.verdicts
    families = {"SMOTE(k_neighbors=3) [minority]", "class_weight", "jitter", "halve", "random_over"}
    assert families <= set(verdicts.family)
    assert set(verdicts.model) == {"LogisticRegression"}
    assert set(verdicts.metric) == {"balanced_accuracy", "brier"}
    assert compared.failed == 0
    assert compared.report_path.is_file()
    assert compared.tracked is None
    assert repr(compared) == f"RunResult({compared.summary['headline']!r}, folder={str(compared.folder)!r})"


def test_compare_knows_every_arm_and_its_reference_at_equal_rows(compared: augeval.RunResult):
    cells = compared.cells
    got = {(*key,): rows for *key, rows in cells[["augmenter", "scope", "count.got"]].itertuples(index=False)}
    # 24 rare rows of 120, 60 % of them train: 58 and 14, so balance 1 asks for 44 rows of the rare class.
    assert got["SMOTE(k_neighbors=3)", "minority"] == got["duplicate", "minority"] == 44
    assert got["halve", "all"] == 72
    assert set(cells.status) == {"ok"}


def test_compare_of_the_same_rows_gives_the_same_numbers_and_of_others_others():
    X, y = imbalanced()
    arms = [("jitter", {"magnitude": 0.3})]
    first, again, other = (augeval.compare(rows, y, arms, seeds=2, metrics="brier") for rows in (X, X, X * [1, 5] + 1))
    assert first.verdicts.gain.tolist() == again.verdicts.gain.tolist()
    assert first.cells["score.brier"].tolist() == again.cells["score.brier"].tolist()
    fingerprints = [r.summary["experiment"]["studies"][0]["dataset"]["fingerprint"] for r in (first, again, other)]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_groups_are_kept_together():
    from augeval.data.splits import split

    X, y = imbalanced()
    groups = [f"patient {i // 3}" for i in range(120)]
    parts = split(dataset_of(X, y, groups), seed=0)
    assert not set(parts.train // 3) & set(parts.test // 3)
    with pytest.raises(InputError, match="groups has 5 values"):
        augeval.compare(X, y, ["class_weight"], groups=groups[:5])


@pytest.mark.slow
def test_compare_takes_texts_with_any_text_classifier():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(CountVectorizer(), MultinomialNB())
    result = augeval.compare(
        TEXTS, MOODS, [("random_deletion", {"magnitude": 0.2})], model, seeds=2, metrics="accuracy"
    )
    assert result.failed == 0
    assert set(result.cells.model) == {"Pipeline"}


def test_compare_takes_a_frame_with_words_and_holes():
    import pandas as pd

    X, y = imbalanced()
    frame = pd.DataFrame({"a": X[:, 0], "town": np.where(X[:, 1] > 0, "Ulm", "Bonn"), "b": X[:, 1]})
    frame.loc[3, "a"] = np.nan
    result = augeval.compare(frame, y, ["class_weight"], "hist_gradient_boosting", seeds=2, metrics="accuracy")
    assert result.failed == 0


def test_compare_refuses_what_it_cannot_judge():
    X, y = imbalanced()
    with pytest.raises(InputError, match=r"No augmenter is called 'smoot'. Did you mean 'smote'"):
        augeval.compare(X, y, ["smoot"])
    with pytest.raises(InputError, match=r"42 is no arm.*\('jitter', \{'magnitude': \[0.1, 0.3\], 'ratio': 2\}\)"):
        augeval.compare(X, y, [42])
    with pytest.raises(InputError, match="There is no arm to judge"):
        augeval.compare(X, y, [])
    with pytest.raises(InputError, match="y has 119 values for 120 rows"):
        augeval.compare(X, y[:-1], ["class_weight"])
    with pytest.raises(InputError, match="at least two classes"):
        augeval.compare(X, np.zeros(120, int), ["class_weight"])
    with pytest.raises(InputError, match="listed twice"):
        augeval.compare(X, y, ["class_weight", "class_weight"])
    with pytest.raises(InputError, match=r"3\.5 is no model"):
        augeval.compare(X, y, ["class_weight"], 3.5)
    with pytest.raises(InputError, match="takes no 'k'"):
        augeval.compare(X, y, [("smote", {"k": 3})])
    with pytest.raises(InputError, match=r"broken.*shape"):
        augeval.compare(X, y, [broken], seeds=2)
    with pytest.raises(InputError, match="seeds: wanted at least 2, not 1"):
        augeval.compare(X, y, ["class_weight"], seeds=1)
    with pytest.raises(InputError, match="seeds: a race needs at least 6 replicates, not 4"):
        augeval.compare(X, y, ["class_weight"], seeds=4, race=True)
    with pytest.raises(InputError, match="draws: wanted a whole number from 1 to 1000"):
        augeval.compare(X, y, ["class_weight"], draws=0)
    with pytest.raises(InputError, match="confirm: wanted 'auto', 'best', True or False, not 'bets'"):
        augeval.compare(X, y, ["class_weight"], confirm="bets")  # type: ignore[arg-type]


def broken(row: np.ndarray) -> np.ndarray:
    return row[:1]


def test_the_temporary_folder_of_compare_is_gone_with_the_process():
    code = """
import augeval, numpy as np
rng = np.random.default_rng(0)
y = np.arange(60) % 2
result = augeval.compare(rng.normal(size=(60, 2)) + y[:, None], y, ["class_weight"], seeds=2, metrics="accuracy")
assert result.report_path.is_file()
print(result.folder)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not Path(done.stdout.strip()).exists()


# augment


def test_augment_makes_rows_with_the_callers_labels_and_parents():
    made = augeval.augment(TEXTS, MOODS, augmenter="random_swap", magnitude=0.5, ratio=2, seed=0)
    assert len(made) == 2 * 40
    assert made.parents is not None
    for text, label, (parent,) in zip(made.x, made.y, made.parents, strict=True):
        assert label == MOODS[parent]
        assert sorted(text.split()) == sorted(TEXTS[parent].split())


def test_a_larger_ratio_starts_with_the_rows_of_a_smaller_one_and_another_seed_draws_anew():
    one, two = (augeval.augment(TEXTS, MOODS, "random_swap", magnitude=0.5, ratio=ratio) for ratio in (1, 2))
    assert two.x[: len(one)].tolist() == one.x.tolist()
    other = augeval.augment(TEXTS, MOODS, "random_swap", magnitude=0.5, ratio=1, seed=1)
    assert sorted(other.x) != sorted(one.x)


def test_augment_is_what_an_arm_does_to_training_rows():
    from augeval.augment.apply import Context, apply_arm
    from augeval.augment.tabular import jitter
    from augeval.types import Dataset, Examples

    X, y = imbalanced()
    made = augeval.augment(X, y, "jitter", magnitude=0.2, ratio=1.5, seed=3)
    rows = Examples(X, y, np.arange(120))
    dataset = Dataset("data", "tabular", rows, ("0", "1"), rows_of(X)[2])
    arm = augeval.Arm(augeval.Spec("jitter"), ratio=1.5, magnitude=0.2)
    applied = apply_arm(arm, jitter, rows, Context(dataset, 3, 3, X[:0]))
    assert np.array_equal(made.x, applied.training.synthetic.x)
    assert np.array_equal(made.ids, applied.training.synthetic.ids)


def test_augment_balances_with_a_sampler_unless_told_otherwise():
    from imblearn.over_sampling import SMOTE

    X, y = imbalanced()
    made = augeval.augment(X, y, SMOTE(k_neighbors=3))
    assert (made.y.tolist(), len(made)) == ([1] * 72, 96 - 24)
    half = augeval.augment(X, y, "smote", balance=0.5, scope="minority", k_neighbors=3)
    assert len(half) == 48 - 24


def test_augment_takes_a_function_of_one_row_and_unlabelled_rows():
    made = augeval.augment(TEXTS[:3], augmenter=str.upper)
    assert sorted(made.x) == sorted(text.upper() for text in TEXTS[:3])

    @augeval.augmenter("text")
    def shout(text, *, magnitude, rng):
        return " ".join(w.upper() if rng.random() < magnitude else w for w in text.split())

    assert set(augeval.augment(TEXTS[:3], augmenter=shout, magnitude=1.0).x) == {text.upper() for text in TEXTS[:3]}


def test_augment_says_what_is_wrong():
    X, y = imbalanced()
    with pytest.raises(InputError, match="takes text, not tabular"):
        augeval.augment(X, y, "random_swap", magnitude=0.1)
    with pytest.raises(InputError, match="has no magnitude"):
        augeval.augment(X, y, "smote", magnitude=0.1)
    with pytest.raises(NotApplicable, match="no minority"):
        augeval.augment(TEXTS, MOODS, "random_swap", magnitude=0.1, scope="minority")
    with pytest.raises(ContractError, match="broken returned float64 of the shape"):
        augeval.augment(X, y, broken)


# what arrays are taken for


def test_rows_are_told_apart_by_their_shape_and_type():
    assert rows_of(TEXTS)[0] == "text"
    assert rows_of(np.array(TEXTS))[0] == "text"
    assert rows_of([[1, 2.5], [3, 4]])[0] == "tabular"
    images = np.zeros((4, 8, 6), np.uint8)
    assert rows_of(images)[0] == "image"
    assert rows_of(images)[1].shape == (4, 8, 6, 1)
    for odd in (np.zeros(4), np.zeros((4, 3, 2)), [["a", "b"]], 3):
        with pytest.raises(InputError, match="nothing that augeval knows"):
            rows_of(odd)
    with pytest.raises(InputError, match="row 1 is empty"):
        rows_of(["a", " "])
    for gap in (None, np.nan, 3):
        with pytest.raises(InputError, match=f"Row 1 of X is {gap}, and others are texts"):
            rows_of(["a", gap, "b"])
    with pytest.raises(InputError, match=r"Row 2 of X has the shape \(4, 4, 1\), and row 0 has \(8, 8, 1\)"):
        rows_of([np.zeros((8, 8, 1), np.uint8)] * 2 + [np.zeros((4, 4, 1), np.uint8)])
    with pytest.raises(InputError, match=r"infinite number .row 0, column 1"):
        rows_of([[0.0, np.inf]])


def test_labels_keep_their_own_values_and_the_order_of_files():
    found = labels_of([10, 9, 9, 10], 4)
    assert found.classes == ("9", "10")
    assert found.y.tolist() == [1, 0, 0, 1]
    assert found.values.tolist() == [9, 10]
    assert labels_of([True, False], 2).values.tolist() == [False, True]
    with pytest.raises(InputError, match="missing"):
        labels_of(["a", None], 2)


def test_two_functions_of_one_name_stay_two_arms():
    arms = arms_of([lambda row: row, lambda row: row * 2], "tabular", Names(), {})
    assert [arm.augmenter.name for arm in arms] == ["function", "function 2"]


def test_an_arm_may_be_written_as_in_a_file():
    written = {"augmenter": "jitter", "magnitude": [0.1, 0.3], "scope": [1]}
    pair = ("jitter", {"magnitude": [0.1, 0.3], "scope": ["1"]})
    assert arms_of([written], "tabular", Names(), {}) == arms_of([pair], "tabular", Names(), {})
    assert arms_of(written, "tabular", Names(), {"scope": 1}) == arms_of([pair], "tabular", Names(), {})


def test_defaults_fill_only_what_an_arm_leaves_open():
    from imblearn.over_sampling import SMOTE

    given = [("jitter", {"magnitude": 0.1, "ratio": 3}), ("jitter", {"magnitude": 0.2}), SMOTE(), "class_weight"]
    arms = arms_of(given, "tabular", Names(), {"ratio": [1, 2]})
    assert [arm.label for arm in arms] == [
        "jitter 0.1 ×3", "jitter 0.2 ×1", "jitter 0.2 ×2", "SMOTE ×1", "SMOTE ×2", "class_weight",
    ]  # fmt: skip


def test_a_dataset_in_memory_has_the_fingerprint_of_its_content():
    X, y = imbalanced()
    same, renamed, other = dataset_of(X, y), dataset_of(X.copy(), y, name="else"), dataset_of(X + 1, y)
    assert same.fingerprint == renamed.fingerprint != other.fingerprint

"""Experiment files: what is accepted, what is refused, and how it is said."""

import subprocess
import sys

import pytest

from augeval import config, registry
from augeval.errors import ConfigError
from augeval.extend import augmenter, batch_model
from augeval.types import Arm, Spec

BASE = "dataset: wine\nmodels: logistic\n"


def arms(text, base=BASE):
    return config.loads(f"{base}arms: {text}\n").studies[0].arms


def refused(text, folder=None):
    with pytest.raises(ConfigError) as caught:
        config.loads(text, file="e.yaml", folder=folder)
    return str(caught.value)


def refused_arms(text, base=BASE):
    return refused(f"{base}arms: {text}\n")


@pytest.fixture
def in_process(monkeypatch):
    """A model and an augmenter that live in this process only."""
    monkeypatch.setattr(registry, "_registered", {})

    @batch_model("tabular")
    def toy(trains, dataset, *, seeds, depth: int = 3, tune: bool = True):
        return []

    @augmenter("tabular", unit="share", magnitudes=(0.1, 0.5))
    def wobble(row, *, magnitude, rng):
        return row

    registry.register("model", "toy", toy)
    registry.register("augmenter", "wobble", wobble)


def test_the_shortest_file_takes_the_defaults_of_the_design():
    study = config.loads(BASE + "arms: smote").studies[0]
    assert (study.seeds, study.draws, study.train_sizes) == (20, 8, (None,))
    assert (study.margin, study.alpha, study.judge) == (0.01, 0.05, None)
    assert (study.split.test, study.split.valid, study.split.mode) == (0.4, 0.0, "auto")
    assert (study.drift_rows, study.examples) == (200, 6)
    assert study.metrics.primary == "accuracy"
    assert study.metrics.also == ["balanced_accuracy", "macro_f1", "log_loss", "brier"]
    assert study.arms == (Arm(Spec("smote"), ratio=1.0),)


def test_the_example_of_the_design_is_read(tmp_path):
    (tmp_path / "reviews.csv").write_text("review,stars,customer_id,key\n")
    (tmp_path / "made.csv").write_text("text,source_id\n")
    path = tmp_path / "sentiment.yaml"
    path.write_text(
        """
        dataset: {file: reviews.csv, text: review, label: stars, group: customer_id, id: key}
        models: [embedding_logistic, {name: tfidf_logistic}]
        train_sizes: [100, 500]
        seeds: 20
        draws: seeds
        arms:
          - {augmenter: duplicate, ratio: [1, 4]}
          - {augmenter: synonym, magnitude: [0.05, 0.1], ratio: [1, 4]}
          - {augmenter: file, path: made.csv, parent: source_id}
          - {augmenter: "mine:shout", magnitude: 0.3, loud: true}
        metrics: {primary: macro_f1, also: [accuracy, brier]}
        judge: all-MiniLM-L6-v2
        margin: 0.01
        tracking: {uri: sqlite:///mlflow.db, experiment: sentiment}
        """
    )
    experiment = config.load(path)
    study = experiment.studies[0]
    assert experiment.name == "sentiment"
    assert experiment.source == path
    assert experiment.text == path.read_text()
    assert experiment.tracking.experiment == "sentiment"
    assert [arm.label for arm in study.arms] == [
        "duplicate ×1", "duplicate ×4",
        "synonym 0.05 ×1", "synonym 0.05 ×4", "synonym 0.1 ×1", "synonym 0.1 ×4",
        "file(parent=source_id, path=made.csv) ×1", "mine:shout(loud=True) 0.3 ×1",
    ]  # fmt: skip
    assert study.train_sizes == (100, 500)
    assert study.dataset.to_json()["file"] == str(tmp_path / "reviews.csv")
    assert experiment.code() == ("mine:shout",)


def test_several_studies_share_what_stands_at_the_top():
    text = "models: logistic\nseeds: 5\narms: smote\nstudies: [{dataset: wine}, {dataset: breast_cancer, seeds: 7}]"
    first, second = config.loads(text).studies
    assert (first.dataset.entry["name"], first.seeds) == ("wine", 5)
    assert (second.dataset.entry["name"], second.seeds, second.arms) == ("breast_cancer", 7, first.arms)


def test_a_problem_in_what_studies_share_is_shown_once():
    text = "models: logistic\narms: smotte\nstudies: [{dataset: wine}, {dataset: breast_cancer}]"
    assert refused(text).count("smotte") == 2  # the message, and the line that is shown


def test_two_studies_with_the_same_model_rows_and_size_are_refused():
    text = "models: logistic\ndataset: wine\nstudies: [{arms: smote}, {arms: jitter}]"
    assert "e.yaml:3:26: studies.1: study 1 runs logistic on the same rows already" in refused(text)


def test_metrics_may_be_one_name_or_a_list_whose_first_is_primary():
    assert config.loads(BASE + "arms: smote\nmetrics: brier").studies[0].metrics.also == [
        "balanced_accuracy", "macro_f1", "log_loss",
    ]  # fmt: skip
    listed = config.loads(BASE + "arms: smote\nmetrics: [macro_f1, brier]").studies[0].metrics
    assert (listed.primary, listed.also) == ("macro_f1", ["brier"])


def test_scopes_are_all_minority_or_class_names_in_any_order():
    scopes = [arm.scope for arm in arms("[smote, {augmenter: smote, scope: minority}, {augmenter: smote, scope: 1}]")]
    assert scopes == ["all", "minority", ("1",)]
    assert arms("{augmenter: smote, scope: [b, a]}") == arms("{augmenter: smote, scope: [a, b]}")


def test_keys_that_begin_with_x_hold_values_for_anchors():
    text = f"x-usual: &usual {{ratio: 4}}\n{BASE}arms: [{{augmenter: smote, <<: *usual}}]"
    assert config.loads(text).studies[0].arms[0].ratio == 4.0


def test_every_problem_is_shown_at_once_with_its_line_and_a_caret():
    text = (
        "dataset: wine\n"
        "models: [logistik]\n"
        "seeds: 1\n"
        "margins: 0.1\n"
        "arms:\n"
        "  - {augmenter: smote, magnitude: 0.3}\n"
        "  - {augmenter: jitter, magnitude: -1}\n"
        "  - {augmenter: smote, ratio: 1, balance: 1}\n"
        "  - duplicate\n"
        "  - {augmenter: duplicate, ratio: 1}\n"
        "metrics: {primary: acuracy}\n"
        "seeds: 3\n"
    )
    shown = refused(text)
    places = [line.split(" ")[0] for line in shown.split("\n") if line.startswith("e.yaml:")]
    assert places == [
        "e.yaml:2:10:", "e.yaml:3:8:", "e.yaml:4:1:", "e.yaml:6:24:", "e.yaml:7:36:",
        "e.yaml:8:34:", "e.yaml:10:5:", "e.yaml:11:20:", "e.yaml:12:1:",
    ]  # fmt: skip
    assert shown.endswith("9 problems in e.yaml.")
    assert "    3 | seeds: 1\n      |        ^" in shown


@pytest.mark.parametrize(
    ("arm", "message"),
    [
        ("{augmenter: smotte}", "no augmenter is called 'smotte'. Did you mean 'smote'?"),
        ("{augmenter: my.mod.fn}", "Did you mean 'my.mod:fn'?"),
        ("{augmenter: 'a b:c'}", "no path of the form package.module:attribute"),
        ("{augmenter: jitter, magnitude: -0.1}", "wanted a magnitude of at least 0, not -0.1."),
        ("{augmenter: jitter, magnitude: .nan}", "wanted a finite number, not nan."),
        ("{augmenter: jitter, magnitude: .inf}", "wanted a finite number, not inf."),
        ("{augmenter: jitter, magnitude: []}", "the list is empty."),
        ("{augmenter: jitter, magnitude: [0.1, 1e-1]}", "0.1 is listed twice."),
        ("{augmenter: jitter, magnitude: '0.1'}", "wanted a number, not '0.1'. Remove the quotes."),
        ("{augmenter: jitter, magnitude: 010}", "wanted a number, not '010'. Write 10."),
        ("{augmenter: jitter, magnitude: 10%}", "wanted a number, not '10%'. Write 0.1."),
        ("{augmenter: jitter, magnitude: true}", "wanted a number, not true."),
        ("{augmenter: smote, ratio: 0}", "0 is the baseline 'none', which is run in any case"),
        ("{augmenter: smote, ratio: -1}", "wanted a ratio above 0"),
        ("{augmenter: smote, balance: 50}", "at most 10"),
        ("{augmenter: random_under, balance: 1.5}", "until a balance is reached, which is at most 1, not 1.5"),
        ("{augmenter: random_under, targets: {a: 0.5}}", "its dose is a balance"),
        ("{augmenter: class_weight, targets: {a: 0.5}}", "makes no rows"),
        ("{augmenter: smote, targets: {a: 0.5}, balance: 1}", "targets say how many rows are made"),
        ("{augmenter: smote, targets: {a: 0.5}, scope: minority}", "targets say how many rows are made"),
        ("{augmenter: smote, targets: {}}", "the mapping is empty"),
        ("{augmenter: smote, targets: 0.5}", "wanted a mapping from class names to balances"),
        ("{augmenter: smote, targets: {a: 50}}", "at most 10"),
        ("{augmenter: smote, ratio: 1, balance: 0.5}", "a ratio or a balance, not both"),
        ("{augmenter: smote, magnitude: 0.1}", "'smote' has no magnitude. Remove the key."),
        ("{augmenter: smote, k_neighbours: 3}", "takes no 'k_neighbours'. Did you mean 'k_neighbors'?"),
        ("{augmenter: smote, k_neighbors: three}", "wanted a whole number, not 'three'."),
        ("{augmenter: class_weight, ratio: 1}", "makes no rows. Remove the key."),
        ("{augmenter: class_weight, scope: minority}", "makes no rows. Remove the key."),
        ("{augmenter: file, path: nowhere.csv}", "needs the key 'parent'."),
        ("{augmenter: file, path: nowhere.csv, parent: id}", "there is no nowhere.csv in "),
        ("{augmenter: smote, when: test}", "rows are augmented for training only"),
        ("{augmenter: smote, when: both}", "rows are augmented for training only"),
        ("{augmenter: smote, when: never}", "wanted 'train', not 'never'."),
        ("{augmenter: smote, scope: []}", "the list of classes is empty"),
        ("{augmenter: smote, scope: [all, a]}", "'all' stands alone"),
        ("{augmenter: smote, scope: [a, a]}", "a is listed twice."),
        ("{augmenter: smote, scope: true}", 'Put the class name in quotes: "true".'),
        ("{augmenter: smote, scope: no}", '"no" in quotes if you mean the word'),
        ("{augmenter: rotation}", "the augmenter 'rotation' takes image, and the dataset is tabular. For tabular: "),
        ("{ratio: 1}", "the key 'augmenter' is missing."),
        ("5", "wanted a name or a mapping with 'augmenter', not 5."),
        ("[smote, {augmenter: smote, ratio: [2, 1]}]", "the arm 'smote ×1' is listed a second time (arm 1)."),
        ("[smote, {augmenter: jitter, magnitude: 0.1}, jitter]", "the arm 'jitter 0.1 ×1' is listed a second time"),
        ("[]", "wanted at least one of the arms."),
    ],
)  # fmt: skip
def test_an_arm_that_cannot_be_run_is_refused(arm, message):
    assert message in refused_arms(arm)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seeds: 1", "seeds: wanted a whole number from 2 to 1000, or a mapping with max and race, not 1."),
            ("seeds: {max: 5, race: true}", "seeds.max: a race needs at least 6 replicates, not 5."),
            ("seeds: {max: 20, looks: [5, 20]}", "'looks' belongs to a race. Add race: true, or remove it."),
            ("seeds: {max: 20, race: true, looks: [9, 5]}", "wanted ascending numbers of replicates that end at max"),
            ("draws: {count: seeds, design: nested}", "a version for every seed is shared by none"),
            ("confirm: maybe", "confirm: wanted 'auto', 'best', True or False, not 'maybe'."),
            ("split: {disjoint: some}", "split.disjoint: wanted 'auto', True or False, not 'some'."),
            ("draws: {count: 0}", "draws.count: wanted a whole number from 1 to 1000, or seeds"),
        ("seeds: 2.5", "wanted a whole number from 2 to 1000, or a mapping with max and race, not 2.5."),
        ("seeds: true", "wanted a whole number from 2 to 1000, or a mapping with max and race, not True."),
        ("draws: 0", "wanted a whole number from 1 to 1000, or seeds"),
        ("draws: seed", "wanted a whole number from 1 to 1000, or seeds"),
        ("margin: 0", "wanted a share between 0 and 1, not 0."),
        ("margin: 1", "wanted a share between 0 and 1, not 1."),
        ("margin: 1%", "wanted a number, not '1%'. Write 0.01."),
        ("alpha: 0.9", "wanted an error rate above 0 and at most 0.5, not 0.9."),
        ("train_sizes: [0]", "train_sizes.0: wanted at least 1, not 0."),
        ("train_sizes: [10, 10]", "10 is listed twice."),
        ("train_sizes: [null, null]", "null is listed twice."),
        ("split: {test: 1.2}", "split.test: wanted a share between 0 and 1, not 1.2."),
        ("split: {test: 0.6, valid: 0.5}", "leave no row to train on"),
        ("split: {mode: fix}", "wanted 'auto', 'fixed' or 'splits', not 'fix'."),
        ("split: {tests: 0.5}", "unknown key 'tests'. Did you mean 'test'? Keys: disjoint, mode, test, valid."),
        ("metrics: {primary: acuracy}", "no metric is called 'acuracy'. Did you mean 'accuracy'?"),
        ("metrics: {primary: brier, also: [brier]}", "'brier' is the primary metric; remove it here."),
        ("metrics: {also: [brier, brier]}", "brier is listed twice."),
        ("metrics: {main: brier}", "unknown key 'main'."),
        ("judge: 5", 'wanted text, not 5. Put it in quotes: "5".'),
        ("examples: -1", "wanted at least 0, not -1."),
        ("tracking: {url: x}", "unknown key 'url'. Did you mean 'uri'?"),
        ('tracking: {uri: "http://bob:secret@host"}', "tracking.uri: an experiment is copied into reports"),
        ('tracking: {uri: "postgresql://host/db?user=bob&password=secret"}', "MLFLOW_TRACKING_PASSWORD"),
        ("tracking: x", "wanted a mapping of keys to values, not 'x'."),
        ("name: ../up", "'../up' names a folder"),
        ("arm: 1", "e.yaml:4:1: arm: unknown key 'arm'. Did you mean 'arms'?"),
        ("studies: 3", "wanted a list of studies."),
        ("studies: [3]", "studies.0: wanted a mapping with dataset, models and arms, not 3."),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused(setting, message):
    assert message in refused(f"{BASE}arms: smote\n{setting}\n")


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("win", "no dataset is called 'win'. Did you mean 'wine'?"),
        ("{name: wine, seed: 3}", "dataset 'wine' takes no 'seed'. Keys: name."),
        ("{file: nowhere.csv, label: a}", "there is no nowhere.csv in "),
        ("{file: e.csv}", "the key 'label' is missing: the column of the class."),
        ("{file: e.csv, npz: e.npz, label: a}", "a dataset is read from one place, not from file and npz."),
        ("{label: a}", "a dataset is read from one place: file, folder, npz, beir, hub, or name."),
        ("{file: e.csv, label: a, text: b, features: [c]}", "a text column or a table of features"),
        ("{npz: e.npz, label: a}", "'label' does not go with 'npz'. Keys: npz, name."),
        ("{file: e.csv, labels: a}", "unknown key 'labels'. Did you mean 'label'?"),
        ("{file: 5, label: a}", "wanted text, not 5."),
        ("3", "wanted a name or a mapping"),
    ],
)
def test_a_dataset_that_cannot_be_meant_is_refused(dataset, message, tmp_path):
    assert message in refused(f"dataset: {dataset}\nmodels: logistic\narms: duplicate\n", str(tmp_path))


def test_a_file_that_is_missing_gets_the_nearest_name_of_its_folder(tmp_path):
    (tmp_path / "reviews.csv").write_text("a,b\n")
    text = "dataset: {file: review.csv, label: b}\nmodels: logistic\narms: smote\n"
    assert "e.yaml:1:17: dataset.file: there is no review.csv" in refused(text, str(tmp_path))
    assert "Did you mean 'reviews.csv'?" in refused(text, str(tmp_path))


def test_a_scope_is_refused_where_there_are_no_classes():
    text = "dataset: docstring_search\nmodels: mine:retriever\narms: {augmenter: random_deletion, scope: minority}\n"
    assert "a retrieval dataset has no classes" in refused(text)


def test_keys_of_a_model_are_those_that_it_takes(in_process):
    loaded = config.loads("dataset: wine\nmodels: {name: toy, depth: 5}\narms: smote")
    assert loaded.studies[0].models == (Spec("toy", {"depth": 5}),)
    models = "[{name: toy, dept: 5}, {name: toy, depth: five}, {name: toy, tune: 'no'}, toy, toy]"
    shown = refused(f"dataset: wine\nmodels: {models}\narms: smote")
    assert "model 'toy' takes no 'dept'. Did you mean 'depth'? Keys: depth, name, tune." in shown
    assert "models.1.depth: wanted a whole number, not 'five'." in shown
    assert "models.2.tune: wanted true or false, not 'no'." in shown
    assert "the model 'toy' is listed a second time (model 4)." in shown


def test_an_augmenter_without_a_usual_magnitude_needs_one(in_process):
    assert "'wobble' needs a magnitude (share, usually 0.1 to 0.5)." in refused_arms("wobble")


def test_a_magnitude_beyond_the_largest_that_means_anything_is_refused():
    text = "dataset: docstrings\nmodels: tfidf_logistic\narms: {augmenter: synonym, magnitude: [0.5, 1, 1.5]}\n"
    assert "arms.magnitude: 'synonym' takes a magnitude (share of words) from 0 to 1, not 1.5." in refused(text)


def test_a_dotted_path_is_not_imported_by_reading(tmp_path, monkeypatch):
    (tmp_path / "explodes.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    loaded = config.loads(
        "dataset: explodes:rows\nmodels: {name: explodes:model, a: 1}\n"
        "arms: {augmenter: explodes:edit, b: [2], magnitude: [1, 2]}\nmetrics: explodes:score"
    )
    assert loaded.code() == ("explodes:edit", "explodes:model", "explodes:rows", "explodes:score")
    assert [arm.magnitude for arm in loaded.studies[0].arms] == [1.0, 2.0]


def test_classes_of_the_libraries_that_pip_installed_need_no_permission():
    text = "dataset: wine\nmodels: sklearn.svm:SVC\narms: imblearn.over_sampling:ADASYN"
    assert config.loads(text).code() == ()


def test_a_missing_folder_binary_or_huge_file_is_refused(tmp_path):
    (tmp_path / "exp.yaml").write_bytes(b"name: caf\xe9\n")
    (tmp_path / "huge.yaml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    for path, message in {
        "xp.yaml": "Did you mean 'exp.yaml'?",
        ".": "is a folder",
        "exp.yaml": "exp.yaml:1: byte 0xe9 is not UTF-8",
        "huge.yaml": "at most 1,000,000",
        "empty.yaml": "the file is empty; it needs dataset, models and arms.",
    }.items():
        with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
            config.load(tmp_path / path)


def test_a_list_at_the_top_and_a_file_without_the_needed_keys_are_refused():
    assert "is no mapping of keys to values" in refused("[1, 2]")
    shown = refused("seeds: 3")
    assert all(f"the key '{key}' is missing." in shown for key in ("dataset", "models", "arms"))


def test_values_from_python_are_read_like_a_file():
    value = {"dataset": "wine", "models": ["logistic"], "arms": [{"augmenter": "smote", "balance": 0.5}]}
    read = config.of(value)
    assert read.studies[0].arms == (Arm(Spec("smote"), balance=0.5),)
    assert config.loads(read.text).digest == read.digest
    with pytest.raises(ConfigError, match=r"experiment: arms\.0\.balance\.0: wanted a finite number, not nan"):
        config.of({**value, "arms": [{"augmenter": "smote", "balance": float("nan")}]})


def test_the_editor_schema_explains_every_key_and_knows_every_name():
    schema = config.schema()
    pieces = [schema, *schema["$defs"].values()]
    keys = [(key, inner) for piece in pieces for key, inner in piece.get("properties", {}).items()]
    assert len(keys) > 60
    assert not [key for key, inner in keys if not inner.get("description")]
    augmenters = schema["$defs"]["ArmEntry"]["properties"]["augmenter"]["anyOf"][0]["enum"]
    assert augmenters == registry.known("augmenter")
    assert schema["properties"]["seeds"]["anyOf"][0]["minimum"] == 2
    assert schema["$defs"]["ArmEntry"]["properties"]["ratio"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}


def test_reading_an_experiment_imports_no_heavy_library():
    code = (
        "import sys; from augeval import config; "
        "config.loads('dataset: docstrings\\nmodels: [tfidf_logistic]\\narms: [random_deletion, class_weight]'); "
        "print([m for m in ('torch', 'sklearn', 'mlflow', 'pandas', 'scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"

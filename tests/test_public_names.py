"""What `import augeval` gives: these names, quickly, whatever was imported before."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import augeval

PUBLIC = {
    "Arm", "AugevalError", "Column", "Dataset", "Examples", "Options", "RunResult", "Spec", "__version__", "augment",
    "augmenter", "batch_model", "compare", "dataset", "metric", "model", "run", "set_augmenter",
}  # fmt: skip
HEAVY = ("torch", "mlflow", "sklearn", "kornia", "matplotlib", "sentence_transformers", "pandas", "imblearn")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_these_and_each_of_them_is_there():
    assert set(augeval.__all__) == PUBLIC
    assert all(getattr(augeval, name) is not None for name in PUBLIC)
    assert set(dir(augeval)) >= PUBLIC


def test_the_laws_are_reached_without_an_import_of_their_own():
    assert python("import augeval; print(augeval.laws.check.__name__)") == "check"


def test_an_unknown_name_is_an_attribute_error_like_any_other():
    with pytest.raises(AttributeError, match="'augeval' has no attribute 'decode'"):
        augeval.decode  # noqa: B018


def test_importing_augeval_imports_no_heavy_library_and_not_even_numpy():
    loaded = python("import sys, augeval; print(*sorted(m.partition('.')[0] for m in sys.modules))").split()
    assert "augeval" in loaded
    assert not set(loaded) & {*HEAVY, "numpy", "pydantic", "typer"}


@pytest.mark.parametrize(
    "first",
    [
        "pass",
        "import augeval.run.plan",
        "import augeval.augment.apply",
        "from augeval.run import plan; from augeval.augment import apply",
        "augeval.run; augeval.augment; import augeval.run.plan, augeval.augment.apply",
        "from augeval import run, augment; import augeval.run.plan, augeval.augment.apply",
    ],
)
def test_run_and_augment_are_functions_whatever_was_imported_before(first: str):
    code = f"""
import augeval
{first}
made = augeval.augment(["a good film", "a bad film"], ["yes", "no"], augmenter="random_swap", magnitude=0.5)
print(sorted(zip(made.parents[:, 0].tolist(), made.y.tolist())))
try:
    augeval.run("nothing.yaml")
except augeval.AugevalError as error:
    print(error)
"""
    assert python(code).splitlines() == ["[(0, 'yes'), (1, 'no')]", "There is no file nothing.yaml."]


def test_the_sub_packages_behind_the_functions_stay_importable():
    code = """
import augeval, augeval.run.plan, augeval.augment.apply as apply
from augeval import run, augment
from augeval.run import ledger
import importlib, pickle
print(augeval.run.plan.__name__, apply.__name__, importlib.import_module("augeval.run").__name__, ledger.__name__)
print(pickle.loads(pickle.dumps(augeval.run.plan.Tile)) is augeval.run.plan.Tile, run is augeval.run, callable(augment))
"""
    names, kept = python(code).splitlines()
    assert names == "augeval.run.plan augeval.augment.apply augeval.run augeval.run.ledger"
    assert kept == "True True True"


def test_help_and_editors_see_the_functions_behind_the_sub_packages():
    from augeval import api

    assert inspect.signature(augeval.run) == inspect.signature(api.run)
    assert list(inspect.signature(augeval.augment).parameters)[:3] == ["X", "labels", "augmenter"]


def test_the_version_is_that_of_the_installed_package():
    from importlib import metadata

    assert augeval.__version__ == metadata.version("augeval")

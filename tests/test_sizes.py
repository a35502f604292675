"""Functions short, files short: a reader should see all of one on one screen."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import augeval

ROOT = Path(augeval.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def functions() -> list[tuple[str, int, int]]:
    """(where, lines without its docstring, parameters) of every function and method."""
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 2
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            named = [argument for argument in given if argument.arg not in ("self", "cls")]
            found.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines, len(named)))
    return found


def test_no_function_is_longer_than_sixty_lines():
    assert not [f"{where}: {lines}" for where, lines, _ in functions() if lines > 60]


def test_the_median_function_has_at_most_ten_lines():
    assert median(lines for _, lines, _ in functions()) <= 10


def test_no_file_is_longer_than_350_lines():
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert not {str(path): length for path, length in lengths.items() if length > 350}


def test_every_module_says_what_it_is_for_and_lists_its_public_names():
    silent = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        tree = ast.parse(text)
        names = [t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
        names += [n.target.id for n in tree.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
        if not ast.get_docstring(tree) or "__all__" not in names:
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_there_is_no_room_for_things_without_a_room():
    assert not [path for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc")]

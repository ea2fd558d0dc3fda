"""Who may import whom, and the sizes the style page asks for. Lazy and type-only imports count too."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "torchwise"
GROUND = {"errors", "files", "finding", "limits", "texts", "console"}
MAY_SEE = {
    "ground": set(),
    "data": {"ground"},
    "train": {"ground", "data"},
    "runs": {"ground", "data", "train"},
    "cli": {"ground", "data", "train", "runs", "doctor", "rehearsal", "learn"},
    "doctor": {"ground"},
    "rehearsal": {"ground", "doctor"},
    "learn": {"ground", "data", "doctor"},
}
# The course's files are answers of learners, right and wrong.
FILES = sorted(path for path in SOURCE.rglob("*.py") if "course" not in path.parts)


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str:
    """The floor a module stands on; "face" for the package itself."""
    parts = module.split(".")
    if len(parts) == 1:
        return "face"
    return "ground" if parts[1] in GROUND else "cli" if parts[1] == "__main__" else parts[1]


def imports_of(path: Path) -> set[str]:
    """Every torchwise module a file imports, wherever the import stands."""
    names = {module_of(file) for file in FILES}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} & names
            found.add(node.module)
    return {name for name in found if name.split(".")[0] == "torchwise"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_only_point_down(path):
    floor = floor_of(module_of(path))
    if floor == "face":
        return  # the face introduces all rooms to each other
    for imported in imports_of(path):
        below = floor_of(imported)
        # The version stands in the face, which imports nothing when it is read.
        assert below == floor or below in MAY_SEE[floor] or imported == "torchwise", f"{path.name} imports {imported}"


def test_no_circles():
    graph = {module_of(path): imports_of(path) - {"torchwise"} for path in FILES}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module in done:
            return
        for imported in sorted(graph.get(module, ())):
            if imported != module:
                visit(imported, (*way, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_are_small_and_say_what_they_are_for(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    assert ast.get_docstring(ast.parse(text)), f"{path} does not say what it is for"


def test_functions_are_short():
    lengths = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                length = node.end_lineno - node.lineno + 1
                lengths.append(length)
                # One flag a line: the signature of `train` is its documentation.
                assert length <= 50 or (path.parent.name, node.name) == ("cli", "train"), (
                    f"{path}:{node.lineno} {length}"
                )
    assert sum(length <= 30 for length in lengths) / len(lengths) >= 0.9


def test_no_words_that_promise_work_left_undone():
    for path in FILES:
        assert not re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", path.read_text(encoding="utf-8")), path

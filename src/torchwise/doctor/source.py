"""The user's source: files read and parsed once, and the syntax node that an instruction came from."""

import ast
import itertools
import linecache
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import CodeType

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module

_OWN = str(Path(__file__).parent.parent) + "/"
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")})


@cache
def is_user_file(file: str) -> bool:
    """Whether a file is the user's: no library, nothing of Python's own, nothing of ours."""
    path = file.replace("\\", "/")
    if file.startswith(("<frozen", "<string>", "<__array_function__", "<eval_with_key", "<attrs", "<template")):
        return False
    if "/site-packages/" in path or "/dist-packages/" in path or path.startswith(_OWN.replace("\\", "/")):
        return False
    return not file.startswith(_LIBRARIES)


@dataclass(frozen=True, eq=False)
class Source:
    """One file of the user's, parsed: each node knows its parent."""

    file: str
    lines: tuple[str, ...]
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(repr=False)

    @cached_property
    def ends(self) -> dict[tuple[int, int], list[ast.expr | ast.stmt]]:
        """The expressions and statements by line and column of their end."""
        found: dict[tuple[int, int], list[ast.expr | ast.stmt]] = {}
        for node in self.parents:
            if isinstance(node, ast.expr | ast.stmt):
                found.setdefault(_span(node)[1], []).append(node)
        return found

    @cached_property
    def functions(self) -> dict[int, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]]:
        """The functions and lambdas by their first line, that of a decorator included."""
        found: dict[int, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]] = {}
        for node in self.parents:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                found.setdefault(min([node.lineno, *(item.lineno for item in decorators)]), []).append(node)
        return found

    @cached_property
    def imports(self) -> list[ast.ImportFrom]:
        """Every `from ... import ...` of the file."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom)]

    @cached_property
    def methods(self) -> dict[str, list[ast.FunctionDef]]:
        """The methods of all classes of the file, by name."""
        found: dict[str, list[ast.FunctionDef]] = {}
        for node in ast.walk(self.tree):
            for item in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(item, ast.FunctionDef):
                    found.setdefault(item.name, []).append(item)
        return found

    def text(self, node: ast.AST) -> str:
        """The code of a node, its lines joined and its spaces kept."""
        if not isinstance(node, ast.expr | ast.stmt) or node.end_lineno is None or node.lineno > len(self.lines):
            return ast.unparse(node)
        taken = [line.encode() for line in self.lines[node.lineno - 1 : node.end_lineno]]  # columns count bytes
        taken[-1] = taken[-1][: node.end_col_offset]
        taken[0] = taken[0][node.col_offset :]
        return b"".join(taken).decode()

    def line(self, number: int) -> str:
        """One line, without the white space around it."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def scope_of(self, node: ast.AST) -> Scope:
        """The function or module that a node stands in."""
        here = self.parents.get(node, self.tree)
        while not isinstance(here, Scope):
            here = self.parents[here]
        return here

    def statement_of(self, node: ast.AST) -> ast.AST:
        """The statement that a node is part of."""
        here = node
        while not isinstance(here, ast.stmt) and here in self.parents:
            here = self.parents[here]
        return here

    def class_of(self, scope: ast.AST) -> ast.ClassDef | None:
        """The class that a function is a method of."""
        parent = self.parents.get(scope)
        return parent if isinstance(parent, ast.ClassDef) else None


Owners = list[tuple[Source, ast.ClassDef]]  # a class and its bases, each in its file


@cache
def read_source(file: str) -> Source | None:
    """The parsed file; None if it can't be read or is no Python. Notebook cells are found through linecache."""
    lines = tuple(linecache.getlines(file))
    if not lines:
        return None
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return None
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return Source(file, lines, tree, parents)


def node_at(code: CodeType, lasti: int) -> ast.AST | None:
    """The expression (or statement) that an instruction of `code` evaluates.

    Python keeps line and columns of every instruction (PEP 657); columns count bytes of UTF-8, as those of ast do.
    """
    source = read_source(code.co_filename)
    position = next(itertools.islice(code.co_positions(), lasti // 2, None), None)
    if source is None or position is None:
        return None
    line, end_line, column, end_column = position
    if line is None or end_line is None or column is None or end_column is None:
        return _statement_at(source, line)
    return _node_between(source, (line, column), (end_line, end_column))


@lru_cache(maxsize=2048)
def _node_between(source: Source, begin: tuple[int, int], end: tuple[int, int]) -> ast.AST | None:
    """The expression (or statement) at a span: the calls that built a model are asked for many times."""
    best: ast.AST | None = None
    for node in source.ends.get(end, ()):
        first, _ = _span(node)
        if first == begin or (first <= begin and isinstance(node, ast.Call | ast.Attribute)):
            best = node if best is None or _span(best)[0] <= first else best
    return best or _enclosing(source, begin, end)


def function_node(code: CodeType) -> Scope | None:
    """The definition that a code object was compiled from."""
    source = read_source(code.co_filename)
    if source is None:
        return None
    if code.co_name == "<module>":
        return source.tree
    found = source.functions.get(code.co_firstlineno, ())
    return next((node for node in found if getattr(node, "name", "<lambda>") == code.co_name), None)


def class_nodes(cls: type) -> Owners:
    """The definitions of a class and of its bases, those of the user's, the class first."""
    return [found for base in cls.__mro__ if (found := class_node(base)) is not None]


def class_node(cls: type) -> tuple[Source, ast.ClassDef] | None:
    """The definition of a user's class, found by the file of its module or methods and its qualified name."""
    for file in _files_of(cls):
        source = read_source(file) if is_user_file(file) else None
        if source is None:
            continue
        names = [name for name in cls.__qualname__.split(".") if name != "<locals>"]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and node.name == names[-1]:
                return source, node
    return None


def module_source(name: str, level: int = 0) -> Source | None:
    """The file of an imported module of the user's; of a relative import (level > 0) by the end of its name."""
    found = [sys.modules.get(name)]
    if level:  # of a package whose name is not written there
        found = [module for full, module in list(sys.modules.items()) if f".{full}".endswith(f".{name}")]
    for module in found:
        file = getattr(module, "__file__", None)
        if file and is_user_file(file):
            return read_source(file)
    return None


def _files_of(cls: type) -> list[str]:
    """Where a class may be defined: where its functions are, else where its module is."""
    files = [value.__code__.co_filename for value in vars(cls).values() if hasattr(value, "__code__")]
    module = sys.modules.get(cls.__module__)
    return [*files, *filter(None, [getattr(module, "__file__", None)])]


def _span(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
    """(line, column) of the first and of the last character of a node."""
    assert isinstance(node, ast.expr | ast.stmt), "only expressions and statements have a place"
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _enclosing(source: Source, begin: tuple[int, int], end: tuple[int, int]) -> ast.AST | None:
    """The smallest node around a span."""
    best: ast.AST | None = None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.expr | ast.stmt):
            first, last = _span(node)
            if first <= begin and end <= last and (best is None or _span(best)[0] <= first):
                best = node
    return best


def _statement_at(source: Source, line: int | None) -> ast.AST | None:
    """The innermost statement that begins on a line: all that is known where Python keeps no columns."""
    found = [node for node in ast.walk(source.tree) if isinstance(node, ast.stmt) and node.lineno == line]
    return found[-1] if found else None

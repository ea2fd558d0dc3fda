"""The user's files as they are rehearsed: loops that can be cut, blocks that say when they were reached.

Only the syntax tree is changed, and each new node has the place of an old one, so tracebacks and explanations read
as ever.
"""

import ast
import builtins
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from torchwise.doctor.source import is_user_file
from torchwise.rehearsal.running.coverage import Blocks
from torchwise.rehearsal.running.loops import Loops

LOOPS = "__rehearsed_loops__"  # two underscores behind it: no class mangles it


class Rewriter(ast.NodeTransformer):
    """Puts loops into the hands of `Loops`, and a marker at the head of each block."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks

    def visit_For(self, node: ast.For) -> ast.AST:
        """`for x in turns(xs, line)`."""
        self.generic_visit(node)
        node.iter = _call("turns", node.iter, [node.iter, ast.Constant(node.lineno)])
        self._mark(node, node.body)
        return node

    def visit_While(self, node: ast.While) -> Any:
        """`begin(line)`, then `while test and goes_on(line)`."""
        self.generic_visit(node)
        begin = ast.copy_location(ast.Expr(_call("begin", node.test, [ast.Constant(node.lineno)])), node.test)
        goes_on = _call("goes_on", node.test, [ast.Constant(node.lineno)])
        node.test = ast.copy_location(ast.BoolOp(ast.And(), [node.test, goes_on]), node.test)
        self._mark(node, node.body)
        return [begin, node]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`enumerate(...)` counts the batches that were left out too."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "enumerate":
            here = node.func
            node.func = _call("counting", here, [ast.copy_location(ast.Name("enumerate", ast.Load()), here)])
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """Both branches are marked."""
        self.generic_visit(node)
        self._mark(node, node.body)
        self._mark(node, node.orelse)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """The body is marked, behind its docstring."""
        self.generic_visit(node)
        self._mark(node, node.body, name=node.name)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """As a function."""
        self.generic_visit(node)
        self._mark(node, node.body, name=node.name)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """A case is a branch."""
        self.generic_visit(node)
        self._mark(node, node.body)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Nobody expects the handling of an error to be rehearsed: nothing in it is marked."""
        before, self.blocks = self.blocks, Blocks(self.blocks.file)
        self.generic_visit(node)
        self.blocks = before
        return node

    def _mark(self, node: ast.AST, body: list[ast.stmt], *, name: str = "") -> None:
        """Let a block say that it was reached."""
        first = 1 if name and _is_docstring(body[0]) and len(body) > 1 else 0
        if (number := self.blocks.add(body[first:], name)) is not None:
            place = body[first]
            target = ast.Subscript(ast.Name(self.blocks.name, ast.Load()), ast.Constant(number), ast.Store())
            mark = ast.Assign([target], ast.Constant(1), lineno=place.lineno, col_offset=place.col_offset)
            body.insert(first, _placed(mark, place))


class Loader(SourceFileLoader):
    """Loads a module of the user's from its rewritten tree; never from what was compiled before."""

    rewriting: "Rewriting"

    def get_code(self, fullname: str) -> CodeType:
        """The rewritten module."""
        return self.rewriting.compiled(self.get_data(self.path), self.path)


class Rewriting:
    """A finder that rewrites the user's modules when they are imported."""

    def __init__(self, loops: Loops) -> None:
        self.loops = loops
        self.blocks: dict[str, Blocks] = {}

    def __enter__(self) -> "Rewriting":
        setattr(builtins, LOOPS, self.loops)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        for blocks in self.blocks.values():
            delattr(builtins, blocks.name)
        delattr(builtins, LOOPS)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the user's; None for any other."""
        if name in sys.builtin_module_names:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or not is_user_file(spec.origin or "<string>"):
            return None
        loader = Loader(name, spec.loader.path)
        loader.rewriting = self
        spec.loader = loader
        return spec

    def compiled(self, text: bytes, file: str) -> CodeType:
        """The code of a file, rewritten."""
        tree = ast.parse(text, file)
        blocks = Blocks(file, number=len(self.blocks))
        tree = Rewriter(blocks).visit(tree)
        self.blocks[file] = blocks
        setattr(builtins, blocks.name, blocks.open())
        code: CodeType = compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)
        return code


def _call(name: str, place: ast.expr, arguments: list[ast.expr]) -> ast.expr:
    """`__rehearsed_loops__.name(arguments)`, standing where `place` stands."""
    function = ast.Attribute(ast.Name(LOOPS, ast.Load()), name, ast.Load())
    call: ast.expr = _placed(ast.Call(function, arguments, []), place)
    return call


def _placed(node: Any, place: ast.AST) -> Any:
    """The node and all that is new in it, at a place."""
    for part in ast.walk(node):
        if "lineno" in part._attributes and not hasattr(part, "end_lineno"):
            ast.copy_location(part, place)
    return node


def _is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a text and nothing else."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

"""A recipe: a file that says what to train with `def setup()`, told apart from a script."""

import ast
import linecache

from torchwise.finding import Place


def setup_of(tree: ast.Module) -> ast.FunctionDef | None:
    """The recipe's `setup`, which needs no arguments and which the file itself never calls; None in a script."""
    found = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "setup"), None)
    if found is None or len(found.args.args) > len(found.args.defaults):
        return None
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return None if any(isinstance(name, ast.Name) and name.id == "setup" for name in calls) else found


def place_of(setup: ast.FunctionDef, path: str) -> Place:
    """The line of what `setup` gives, for findings that have no line of their own."""
    returns = [node.lineno for node in ast.walk(setup) if isinstance(node, ast.Return)]
    line = returns[-1] if returns else setup.lineno
    return Place(file=path, line=line, source=linecache.getline(path, line).strip())

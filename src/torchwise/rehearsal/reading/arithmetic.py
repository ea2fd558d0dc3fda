"""Small integers of NumPy that run over: while samples are read once more, and in the script's own tables."""

import ast
import contextlib
import re
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from torchwise.doctor.bindings import as_binop, bindings_in
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.frames import Frame
from torchwise.doctor.source import Source, is_user_file, read_source
from torchwise.doctor.spots import Spot
from torchwise.rehearsal.reading.samples import LIMIT_S, same_randomness
from torchwise.rehearsal.watch.mode import has_wrapped

READ = 16  # samples that are read once more
NAMES: dict[type[ast.operator], str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
DRAWING = re.compile(r"(np|numpy)\.random\.|random\.|torch\.rand")


def wrapped_in_samples(data: Any) -> list[Spot]:
    """The sums, differences and products of small integers that run over while samples are read."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
        return []
    found: dict[tuple[str, int], Spot] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not is_user_file(frame.f_code.co_filename):
            return None
        source = read_source(frame.f_code.co_filename) if event == "line" else None
        if source is None:
            return trace
        for node in _sums(source).get(frame.f_lineno, ()):
            evaluator = Evaluator(Frame(frame, frame.f_lasti, frame.f_lineno), _drawn(node, frame))
            if (source.file, node.lineno) not in found and _runs_over(node, evaluator):
                found[source.file, node.lineno] = Spot(source, node)
        return trace

    until, before = time.monotonic() + LIMIT_S, sys.gettrace()
    with same_randomness():
        try:
            sys.settrace(trace)
            for index in range(min(len(data), READ)):
                data[index]
                if time.monotonic() > until:
                    break
        finally:
            sys.settrace(before)
    return list(found.values())


def wrapped_in_tables(source: Source, variables: dict[str, Any]) -> Iterator[Spot]:
    """The same among the variables of a script, as far as each got its value once."""
    for statement in source.tree.body:
        for node in ast.walk(statement) if isinstance(statement, ast.Assign) else ():
            if isinstance(node, ast.BinOp) and type(node.op) in NAMES:
                names = [item for item in ast.walk(node) if isinstance(item, ast.Name)]
                is_known = all(item.id in variables and len(bindings_in(source.tree, item.id)) <= 1 for item in names)
                if is_known and _runs_over(node, Evaluator(None, {item: variables[item.id] for item in names})):
                    yield Spot(source, node)


def _sums(source: Source) -> dict[int, list[ast.BinOp]]:
    """The sums, differences and products of a file, by line."""
    found: dict[int, list[ast.BinOp]] = getattr(source, "_sums", None) or {}
    if not found:
        for node in source.parents:
            sum_ = as_binop(node) if isinstance(node, ast.AugAssign) else node
            if isinstance(sum_, ast.BinOp) and type(sum_.op) in NAMES:
                found.setdefault(sum_.lineno, []).append(sum_)
        object.__setattr__(source, "_sums", found)
    return found


def _drawn(node: ast.AST, frame: FrameType) -> dict[ast.AST, Any]:
    """Random numbers as an expression draws them, drawn once more."""
    found: dict[ast.AST, Any] = {}
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and DRAWING.match(ast.unparse(item.func)):
            with contextlib.suppress(Exception):  # its arguments may be anything
                code = compile(ast.Expression(item), frame.f_code.co_filename, "eval")
                found[item] = eval(code, frame.f_globals, frame.f_locals)
    return found


def _runs_over(node: ast.BinOp, evaluator: Evaluator) -> bool:
    """Whether an array of small integers is no longer what it would be with large ones."""
    sides = [evaluator.value(node.left), evaluator.value(node.right)]
    if not any(isinstance(side, np.ndarray) and side.ndim >= 2 and side.itemsize < 4 for side in sides):
        return False
    result = evaluator.value(node)
    with contextlib.suppress(TypeError, ValueError, RuntimeError):  # of what torch doesn't hold, such as uint16
        return has_wrapped(NAMES[type(node.op)], tuple(map(_plain, sides)), _plain(result))
    return False


def _plain(value: Any) -> Any:
    """An array as a tensor, a number of NumPy as one of Python."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    return value.item() if isinstance(value, np.generic) else value if isinstance(value, Tensor | int | float) else None

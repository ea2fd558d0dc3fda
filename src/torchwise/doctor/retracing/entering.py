"""Entering a function that is interpreted: its parameters get their values, and the live frame it repeats is found."""

import ast
import inspect
import types
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from torch import nn

from torchwise.doctor.evaluate import Unknown
from torchwise.doctor.frames import Frame
from torchwise.doctor.retracing.interpret import Nested, Running
from torchwise.doctor.source import function_node, read_source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import default_of


class Caller(Protocol):
    """What is needed of the interpreter."""

    running: Running
    frames: list[Frame]

    def here(self, node: ast.AST | None = None) -> Spot:
        """The expression that is being evaluated."""

    def evaluate(self, node: ast.AST) -> Any:
        """The value of an expression."""


def entered(caller: Caller, function: Any, arguments: list[Any], named: dict[str, Any]) -> Running:
    """A call of a function of the user's: its variables are its parameters. Raises Unknown if it can't be made."""
    if isinstance(function, Nested):
        return _entered_nested(caller, function, arguments, named)
    definition, source = function_node(function.__code__), read_source(function.__code__.co_filename)
    if source is None or not isinstance(definition, ast.FunctionDef | ast.Lambda) or _is_generator(function):
        raise Unknown("no source, or a generator")
    try:
        bound = inspect.signature(function, follow_wrapped=False).bind(*arguments, **named)
    except TypeError as error:
        raise Unknown("other parameters") from error
    bound.apply_defaults()
    names = dict(bound.arguments)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # a cell may be empty still
            names.setdefault(name, cell.cell_contents)
    receiver = arguments[0] if arguments and isinstance(arguments[0], nn.Module) else None
    frame = _live_frame(caller, function.__code__, receiver)
    spot = Spot(source, definition, frame=frame, caller=caller.here(), receiver=receiver)
    return Running(spot, names, function.__globals__, function, frame=frame)


def _entered_nested(caller: Caller, function: Nested, arguments: list[Any], named: dict[str, Any]) -> Running:
    """The same for a lambda or a function that was defined on the way."""
    parameters = [item.arg for item in function.node.args.args]
    names = dict(zip(parameters, arguments, strict=False)) | named
    for name in parameters:
        if name not in names and (default := default_of(function.node, name)) is not None:
            names[name] = caller.evaluate(default)
    spot = replace(function.parent.spot, node=function.node, caller=caller.here())
    return Running(spot, names, function.parent.outside, function, parent=function.parent)


def _live_frame(caller: Caller, code: types.CodeType, receiver: Any) -> Frame | None:
    """The live frame that a call repeats: one below the frame of the calling code."""
    outer = caller.running.frame
    if outer is None or outer not in caller.frames:
        return None
    inner = caller.frames[caller.frames.index(outer) + 1 :]
    return next((f for f in inner if f.code is code and (receiver is None or f.receiver() is receiver)), None)


def _is_generator(function: Any) -> bool:
    """Whether a function yields or waits."""
    return inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function)

"""Statements of the user's functions, run by an Interpreter."""

import ast
from typing import Any

from torchwise.doctor.bindings import as_binop, binding_of
from torchwise.doctor.evaluate import OPERATORS, Unknown
from torchwise.doctor.retracing.interpret import UNKNOWN, Interpreter, Nested, Spent


class Reached(Exception):
    """The run has come to where it was to stop."""


class Returned(Exception):
    """The function returns."""

    def __init__(self, value: Any) -> None:
        super().__init__("returned")
        self.value = value


class LoopLeft(Exception):
    """`break`; `continue` if not is_break."""

    def __init__(self, is_break: bool) -> None:
        super().__init__("left")
        self.is_break = is_break


PASSED_ON = (Reached, Returned, LoopLeft, Spent, RecursionError)


def run_block(interpreter: Interpreter, body: list[ast.stmt]) -> Any:
    """Run the body of a function; what it returns. Raises Unknown if that can't be known."""
    try:
        _block(interpreter, body)
    except Returned as returned:
        if returned.value is UNKNOWN:
            raise Unknown("what it returns") from None
        return returned.value
    return None


def _block(interpreter: Interpreter, body: list[ast.stmt]) -> None:
    for statement in body:
        step = STATEMENTS.get(type(statement))
        if step is not None:
            step(interpreter, statement)


def _value(interpreter: Interpreter, node: ast.AST | None) -> Any:
    """The value of an expression, UNKNOWN if it can't be had."""
    if node is None:
        return None
    before = interpreter.running
    try:
        return interpreter.evaluate(node)
    except PASSED_ON:
        raise
    except Exception:  # whatever an expression raises on values that are only half known
        interpreter.running = before
        return UNKNOWN


def _assign(interpreter: Interpreter, node: Any) -> None:
    value = _value(interpreter, node.value)
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        _give(interpreter, target, value, node)


def _give(interpreter: Interpreter, target: ast.AST, value: Any, statement: ast.AST) -> None:
    """Assign; what is unknown is taken from the live frame, if it still has the value of this very statement."""
    try:
        interpreter.assign(target, value)
    except PASSED_ON:
        raise
    except Exception:  # a value that can't be taken apart like this
        value = UNKNOWN
        for name in _names(target):
            interpreter.running.names[name] = UNKNOWN
    frame = interpreter.running.frame
    if value is not UNKNOWN or frame is None or frame.source is None or frame.node is None:
        return
    for name in _names(target):
        last = binding_of(frame.source, name, frame.node)
        if last is not None and last[0].statement is statement and name in frame.locals:
            interpreter.running.names[name] = frame.locals[name]


def _names(target: ast.AST) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]


def _augmented(interpreter: Interpreter, node: Any) -> None:
    left, right = _value(interpreter, as_binop(node).left), _value(interpreter, node.value)
    value = UNKNOWN
    if left is not UNKNOWN and right is not UNKNOWN:
        interpreter.node = node
        try:
            value = interpreter.apply(OPERATORS[type(node.op)], [left, right], {})
        except PASSED_ON:
            raise
        except Exception:  # the operator failed on values that are only half known
            value = UNKNOWN
    _give(interpreter, node.target, value, node)


def _if(interpreter: Interpreter, node: Any) -> None:
    test = _value(interpreter, node.test)
    try:
        is_true = interpreter.truth(test) if test is not UNKNOWN else None
    except Unknown:
        is_true = None
    if is_true is not None:
        _block(interpreter, node.body if is_true else node.orelse)
        return
    for statement in ast.walk(node):  # either branch may have run
        for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
            if isinstance(target, ast.AST) and isinstance(statement, ast.stmt):
                _give(interpreter, target, UNKNOWN, statement)


def _for(interpreter: Interpreter, node: Any) -> None:
    found = _value(interpreter, node.iter)
    try:
        items = interpreter.items(found)
    except PASSED_ON:
        raise
    except Exception:  # items that can't be known: the loop is left out
        items = []
    for item in items:
        _give(interpreter, node.target, item, node)
        try:
            _block(interpreter, node.body)
        except LoopLeft as left:
            if left.is_break:
                return
    _block(interpreter, node.orelse)


def _return(interpreter: Interpreter, node: Any) -> None:
    raise Returned(_value(interpreter, node.value))


def _leave(interpreter: Interpreter, node: Any) -> None:
    raise LoopLeft(isinstance(node, ast.Break))


def _with(interpreter: Interpreter, node: Any) -> None:
    for item in node.items:
        if item.optional_vars is not None:
            _give(interpreter, item.optional_vars, UNKNOWN, node)
    _block(interpreter, node.body)


def _define(interpreter: Interpreter, node: Any) -> None:
    interpreter.running.names[node.name] = Nested(node, interpreter.running)


STATEMENTS: dict[type[ast.stmt], Any] = {
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _augmented,
    ast.Expr: lambda interpreter, node: _value(interpreter, node.value),
    ast.If: _if,
    ast.For: _for,
    ast.Return: _return,
    ast.Break: _leave,
    ast.Continue: _leave,
    ast.With: _with,
    ast.Try: lambda interpreter, node: _block(interpreter, node.body),
    ast.FunctionDef: _define,
}

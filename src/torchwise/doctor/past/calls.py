"""What a call enters: the definitions of the user's that run when an expression is called."""

import ast
import functools
import inspect
import types
from typing import Any

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.evaluate import Unknown, attribute
from torchwise.doctor.flow import Flow
from torchwise.doctor.source import class_nodes, function_node, is_user_file, read_source
from torchwise.doctor.spots import Built, Spot
from torchwise.doctor.syntax import call_name, method_of

MOST_PARTS = 12  # classes of the user's in one module that are entered
DEEPEST = 12  # steps back
HOLDERS = (list, tuple, dict, nn.ModuleList, nn.ModuleDict, nn.Sequential)


def callee(flow: Flow, spot: Spot) -> Any:
    """The object that a call calls; None if it is not known."""
    assert isinstance(spot.node, ast.Call), "only calls call"
    return held(flow, spot.at(spot.node.func, ()))


def held(flow: Flow, spot: Spot, depth: int = 0) -> Any:
    """The live object that a name, an attribute or an item stands for now; None if there is none at hand."""
    if depth > DEEPEST or any(isinstance(part, ast.Call) for part in ast.walk(spot.node)):
        return None  # calls are not made again
    value = flow.held(spot)
    if value is not None:
        return value
    node = spot.node
    if isinstance(node, ast.Name):
        if node.id == "self" and isinstance(spot.receiver, Built):
            return instance(flow, spot.receiver.definition.name)
        return _named(flow, spot, node, depth)
    if isinstance(node, ast.Attribute | ast.Subscript):
        base = held(flow, spot.at(node.value, ()), depth + 1)
        try:
            if isinstance(node, ast.Attribute):
                return attribute(base, node.attr) if base is not None else None
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            return base[key] if key is not None and type(base) in HOLDERS else None
        except (Unknown, AttributeError, LookupError):
            return None
    return None


def instance(flow: Flow, name: str) -> Any:
    """The first live object of a class: a variable of some frame, or an attribute of one."""
    for frame in flow.frames:
        values = [*frame.locals.values(), *(v for k, v in frame.frame.f_globals.items() if not k.startswith("__"))]
        for value in values:
            if type(value).__name__ == name:
                return value
        for value in values:
            for inner in list(getattr(value, "__dict__", {}).values()) if class_nodes(type(value)) else ():
                if type(inner).__name__ == name:
                    return inner
    return None


def _named(flow: Flow, spot: Spot, node: ast.Name, depth: int) -> Any:
    """What a name of a call that has ended stood for: what its parameter was given, a global variable, its value."""
    found = binding_of(spot.source, node.id, node)
    if found is not None and isinstance(found[1], ast.Module) and found[0].kind in ("value", "with"):
        frame = next((f for f in flow.frames if f.source is spot.source), None)
        return frame.frame.f_globals.get(node.id) if frame is not None else None
    before = flow.before(spot)
    if before is None or before.path:
        return None
    return held(flow, before, depth + 1) if isinstance(before.node, ast.Name | ast.Attribute | ast.Subscript) else None


def elements(flow: Flow, spot: Spot) -> list[Any]:
    """The objects that a loop's variable runs through, if what is looped over is at hand."""
    if not isinstance(spot.node, ast.Name):
        return []
    found = binding_of(spot.source, spot.node.id, spot.node)
    if found is None or found[0].kind != "element":
        return []
    around = found[0].node
    if (
        isinstance(around, ast.Call)
        and isinstance(around.func, ast.Attribute)
        and around.func.attr in ("items", "values")
    ):
        table = held(flow, spot.at(around.func.value, ()))
        is_value = around.func.attr == "values" or found[0].path == (1,)
        return list(table.values()) if is_value and isinstance(table, dict | nn.ModuleDict) else []
    values = held(flow, spot.at(around, ()))
    return list(values) if isinstance(values, list | tuple | nn.ModuleList | nn.Sequential) else []


def entered(flow: Flow, spot: Spot) -> list[Spot]:
    """The definitions that a call runs: the function, the `__init__`, the `forward` of a module and of its parts.

    Each is a spot whose node is the definition, with the call as its caller.
    """
    assert isinstance(spot.node, ast.Call), "only calls enter"
    value = callee(flow, spot)
    if value is None:
        found = [item for part in elements(flow, spot.at(spot.node.func, ())) for item in _of_object(spot, part)]
        return found or _by_name(spot)
    return _of_object(spot, value)


def _of_object(spot: Spot, value: Any) -> list[Spot]:
    while isinstance(value, functools.partial):
        value = value.func
    if isinstance(value, nn.Module):
        return _of_module(spot, value)
    if isinstance(value, type):
        init = next((vars(cls)["__init__"] for cls in value.__mro__ if "__init__" in vars(cls)), None)
        return _definition(spot, init, Built(_class_stub(value), spot))
    if isinstance(value, types.MethodType):
        return _definition(spot, value.__func__, value.__self__)
    if isinstance(value, types.FunctionType):
        return _definition(spot, value, _receiver(spot))
    call = next((vars(cls)["__call__"] for cls in type(value).__mro__ if "__call__" in vars(cls)), None)
    return _definition(spot, call, value) if isinstance(call, types.FunctionType) else []


def _of_module(spot: Spot, module: nn.Module) -> list[Spot]:
    """The forward of a module of the user's; of one of torch's those of the user's inside it, each class once."""
    if own := _definition(spot, type(module).forward, module):
        return own
    found: dict[type, Spot] = {}
    for part in module.modules():
        if type(part) not in found and len(found) < MOST_PARTS:
            for definition in _definition(spot, type(part).forward, part):
                found[type(part)] = definition
    return list(found.values())


def _definition(spot: Spot, function: Any, receiver: Any) -> list[Spot]:
    """The definition of a function object, if it is the user's."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None or not is_user_file(code.co_filename):
        return []
    source, node = read_source(code.co_filename), function_node(code)
    if source is None or node is None or isinstance(node, ast.Module):
        return []
    return [Spot(source, node, caller=spot, receiver=receiver)]


def _by_name(spot: Spot) -> list[Spot]:
    """The same where no object is at hand: a function of the file, a method of the class."""
    assert isinstance(spot.node, ast.Call), "asked before"
    function = spot.node.func
    if isinstance(function, ast.Name):
        found = binding_of(spot.source, function.id, spot.node)
        if found is not None and isinstance(found[0].node, ast.FunctionDef):
            return [Spot(spot.source, found[0].node, caller=spot)]
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "self":
        owner = spot.source.class_of(spot.source.scope_of(function))
        method = method_of(owner, function.attr) if owner is not None else None
        if method is not None:
            return [Spot(spot.source, method, caller=spot, receiver=spot.receiver)]
    elif isinstance(function, ast.Attribute) and _is_users(spot, function.value):
        return _only_method(spot, function.attr)
    return []


def _is_users(spot: Spot, node: ast.AST) -> bool:
    """Whether what stands before the point comes from the user's code: no imported module, no text or number."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and (node.id == "self" or binding_of(spot.source, node.id, spot.node) is not None)


def _only_method(spot: Spot, name: str) -> list[Spot]:
    """The only method of this name in the file, for an object that is not at hand."""
    if name.startswith("__"):
        return []
    found = spot.source.methods.get(name, [])
    return [Spot(spot.source, found[0], caller=spot)] if len(found) == 1 else []


def _receiver(spot: Spot) -> Any:
    """The `self` of a plain function that is called as a nested one: that of the function around it."""
    return spot.receiver if isinstance(spot.node, ast.Call) and "." not in call_name(spot.node) else None


def _class_stub(cls: type) -> ast.ClassDef:
    """A definition that only has the name of a class, for what is built but not at hand."""
    return ast.ClassDef(name=cls.__name__, bases=[], keywords=[], body=[], decorator_list=[])

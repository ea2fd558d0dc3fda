"""A value that torch refused because it is no tensor: what it is, and the expression of the user's that gave it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.definitions import definition_called
from torchwise.doctor.operation import given_to
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

UNKNOWN = object()
REFUSED = (
    re.compile(r"must be (?:a |tuple of )?Tensors?,? (?:but )?(?:not|got) (?P<kind>[\w.]+)"),
    re.compile(r"invalid combination of arguments - got \((?P<kind>[\w.]+)"),
    re.compile(r"expected Tensor as element \d+ in argument \d+, but got (?P<kind>[\w.]+)"),
    re.compile(r"^'(?P<kind>[\w.]+)' object has no attribute '(?P<attribute>\w+)'"),
    re.compile(r"unsupported operand type\(s\) for [^:]+: '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'"),
    re.compile(r"can only concatenate (?P<kind>tuple|list|str) \(not \"(?P<other>\w+)\""),
    re.compile(r"bad operand type for (?:unary|abs)[^:]*: '(?P<kind>[\w.]+)'"),
    re.compile(r"'(?P<kind>[\w.]+)' object is not (?:subscriptable|iterable)"),
    re.compile(r"non-iterable (?P<kind>[\w.]+) object"),
    re.compile(r"object of type '(?P<kind>[\w.]+)' has no len"),
    re.compile(r"^(?P<kind>tuple|list) indices must be integers or slices, not (?!str)"),
    re.compile(r"'(?P<kind>\w+)' object cannot be interpreted"),
    re.compile(r"not supported between instances of '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'"),
    re.compile(r"(?:argument must be|expected) .* not '?(?P<kind>NoneType|tuple|list|str)'?"),
)
TENSORS = {"Tensor", "Parameter", "torch.FloatTensor"}
OF_TENSORS = set(dir(Tensor))
SCALARS = {"int", "float", "bool"}


@dataclass(frozen=True, eq=False)
class Handed:
    """A value where a tensor was needed.

    kind: the name of its type. value: itself, or UNKNOWN. spot: the expression that gave it. producer: the part of a
    Sequential that gave it. consumer: what refused it, in the words of the program. attribute: what was asked of it.
    """

    kind: str
    value: Any = UNKNOWN
    spot: Spot | None = None
    producer: nn.Module | None = None
    consumer: str = ""
    attribute: str = ""

    @property
    def is_none(self) -> bool:
        """Whether there was nothing."""
        return self.kind == "NoneType"


def handed(case: Case) -> Handed | None:
    """What torch, or an operator, was given instead of a tensor; None if the error says nothing of the kind."""
    if not isinstance(case.error, TypeError | AttributeError | ValueError) or case.frame is None:
        return None
    match = next((found for pattern in REFUSED if (found := pattern.search(case.text))), None)
    if match is None:
        return None
    named = match.groupdict()
    attribute = named.get("attribute") or ""
    kinds = [kind for kind in (named["kind"], named.get("other")) if kind and kind not in TENSORS]
    kinds.sort(key=lambda kind: kind in SCALARS)  # None * 0.5: the number is right
    if not kinds or (named.get("other") and not (case.inner or _is_about_tensors(case, kinds))):
        return None
    kind = kinds[0].rsplit(".", 1)[-1]
    if (producer := _before_in_sequential(case)) is not None:
        return Handed(kind, producer=producer, consumer=consumer_of(case), attribute=attribute)
    value, node = _operand(case, kind)
    if node is None:
        return None
    return Handed(kind, value, case.spot(node), None, consumer_of(case), attribute)


def _is_about_tensors(case: Case, kinds: list[str]) -> bool:
    """Whether an operator was at work on a tensor, or on what a module or the user's function gave."""
    return any(kind in ("NoneType", "tuple", "list") for kind in kinds) or any(
        isinstance(value, Tensor | nn.Module) for _, value in operands(case)
    )


def consumer_of(case: Case) -> str:
    """What refused it: the layer by its path, a function of torch's, or the operator's line."""
    if case.layer is not None:
        return case.path_of(case.layer) or type(case.layer).__name__
    node = case.frame.node if case.frame is not None else None
    if isinstance(node, ast.Call):
        return " ".join(ast.unparse(node.func).split())
    return " ".join(case.frame.text.split()) if case.frame is not None else ""


def _before_in_sequential(case: Case) -> nn.Module | None:
    """The part before the failing one, where a Sequential handed the value on."""
    frames = case.inner
    for index, frame in enumerate(frames[:-1]):
        sequential = frame.locals.get("self")
        if frame.function != "forward" or type(sequential) is not nn.Sequential:
            continue
        failing = next((f.locals.get("self") for f in frames[index + 1 :] if "self" in f.locals), None)
        if isinstance(failing, nn.Sequential):
            continue
        children = list(sequential)
        place = next((i for i, child in enumerate(children) if child is failing), 0)
        return children[place - 1] if place else None
    return None


def _operand(case: Case, kind: str) -> tuple[Any, ast.AST | None]:
    """The operand of the user's line that is of a type: by its value, else the only one that may be."""
    found = list(operands(case))
    for node, value in found:
        if value is not UNKNOWN and type_name(value) == kind:
            return value, node
    for node, value in found:
        if isinstance(value, list | tuple) and isinstance(node, ast.List | ast.Tuple) and len(node.elts) == len(value):
            for item, part in zip(node.elts, value, strict=True):
                if type_name(part) == kind:
                    return part, item
    unknown = [node for node, value in found if value is UNKNOWN]
    told = _told_by_line(case, kind)
    if told is not None:
        return UNKNOWN, told
    if len(unknown) > 1:
        unknown = [node for node in unknown if definition_called(case.flow, case.spot(node)) is not None] or unknown
    return UNKNOWN, unknown[0] if unknown else None


def _told_by_line(case: Case, kind: str) -> ast.AST | None:
    """What stands before the point or the bracket, where nothing else can be meant."""
    node = case.frame.node if case.frame is not None else None
    if not case.inner and isinstance(node, ast.Attribute | ast.Subscript):
        return node.value
    return None


def operands(case: Case) -> Iterator[tuple[ast.AST, Any]]:
    """The operands of the user's line and their values, UNKNOWN where they can't be had."""
    frame = case.frame
    if frame is None or frame.node is None:
        return
    yield from operands_of_frame(frame, case.inner[0] if case.inner else None)


def operands_of_frame(frame: Frame, below: Frame | None) -> Iterator[tuple[ast.AST, Any]]:
    """The same of any frame; `below` is the frame it had called."""
    node, evaluator = frame.node, Evaluator(frame)
    if isinstance(node, ast.Call):
        given = given_to(node, below)
        is_method = isinstance(node.func, ast.Attribute)
        base = evaluator.value(node.func.value, UNKNOWN) if isinstance(node.func, ast.Attribute) else UNKNOWN
        if isinstance(node.func, ast.Attribute) and is_method and isinstance(base, Tensor | list | tuple | dict):
            yield node.func.value, base
        for position, item in enumerate(node.args):
            if not isinstance(item, ast.Starred):
                yield item, given[position] if position in given else evaluator.value(item, UNKNOWN)
        for keyword in node.keywords:
            if keyword.arg is not None:
                known = keyword.arg in given
                yield keyword.value, given[keyword.arg] if known else evaluator.value(keyword.value, UNKNOWN)
        return
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Store) and frame.source is not None:
        statement = frame.source.parents.get(node)  # a, b = value: the unpacking failed
        node = getattr(statement, "value", None) or getattr(statement, "iter", None)
    for item in _parts(node):
        yield item, evaluator.value(item, UNKNOWN)


def _parts(node: ast.AST | None) -> list[ast.expr]:
    """The expressions that a node without a call works on."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.AugAssign):
        return [node.target, node.value]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        return [node.value]
    if isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Call):
        return [node]
    return []


def type_name(value: Any) -> str:
    """The last name of a value's type."""
    return type(value).__name__


def is_torch(value: Any) -> bool:
    """Whether a value is one of torch's kinds of things."""
    kinds = (Tensor, nn.Module, torch.Size, torch.dtype, torch.device, torch.optim.Optimizer, torch.Generator)
    return isinstance(value, kinds)


def name_of(node: ast.AST) -> str:
    """How a call is named in a sentence."""
    return call_name(node) or " ".join(ast.unparse(node).split())

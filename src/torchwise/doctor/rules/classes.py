"""A layer's or a loss's class is used where what it computes is needed: nn.ReLU(x), nn.MSELoss(output, target)."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.loss import _Loss

from torchwise.doctor.case import Case
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import at_line, name_of_file, part_taken
from torchwise.doctor.objects.handed import OF_TENSORS, UNKNOWN, handed, operands
from torchwise.doctor.objects.signatures import mismatch_in
from torchwise.doctor.rules.building import class_called, is_made_by_torch
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

FUNCTIONS = {"ReLU": "torch.relu", "Sigmoid": "torch.sigmoid", "Tanh": "torch.tanh", "Softmax": "torch.softmax",
             "Flatten": "torch.flatten", "GELU": "nn.functional.gelu", "LeakyReLU": "nn.functional.leaky_relu",
             "Dropout": "nn.functional.dropout", "SiLU": "nn.functional.silu", "LogSoftmax": "torch.log_softmax"}  # fmt: skip
LOSSES = {"mse_loss": "MSELoss", "cross_entropy": "CrossEntropyLoss", "l1_loss": "L1Loss", "nll_loss": "NLLLoss",
          "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
          "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss", "kl_div": "KLDivLoss"}  # fmt: skip
CLASS_NAMES = re.compile(r"cls|class|klass|type|factory", re.I)
USERS = (torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler, torch.utils.data.DataLoader)


def class_is_given_tensors(case: Case) -> Iterator[Finding]:
    """TW013, TW017: tensors go into the constructor of a layer or of a loss."""
    node = case.frame.node if case.frame is not None else None
    cls = class_called(case)
    if not isinstance(node, ast.Call) or cls is None or not issubclass(cls, nn.Module):
        return
    tensors = [item for item, value in operands(case) if isinstance(value, Tensor) or is_made_by_torch(item, value)]
    if not tensors or (case.inner and case.inner[0].function != "__init__"):
        return
    yield _built_of_tensors(case, case.spot(node), cls, tensors)


def module_is_passed_on(case: Case) -> Iterator[Finding]:
    """TW013, TW017: what was computed is a module, for only its constructor was called."""
    given = handed(case)
    if given is None or given.spot is None or (given.attribute and given.attribute not in OF_TENSORS):
        return
    value: Any = given.value
    if given.kind == "type" or isinstance(value, type):
        if isinstance(value, type) and issubclass(value, nn.Module):
            yield _class_itself(case, given.spot, value)
        return
    if value is UNKNOWN and getattr(case.error, "obj", None) is not None:
        value = getattr(case.error, "obj", None)
    if value is not UNKNOWN and not isinstance(value, nn.Module):
        return
    made = case.flow.born(given.spot)
    if not isinstance(made.node, ast.Call):
        return
    cls = type(value) if isinstance(value, nn.Module) else None
    if cls is None and given.kind in dir(nn):
        cls = getattr(nn, given.kind)
    if not isinstance(cls, type) or not issubclass(cls, nn.Module) or not _builds(made, cls):
        return
    tensors = [item for item in made.node.args if _is_tensor(made, item)]
    if not tensors and (
        "not iterable" in case.text or any(isinstance(f.locals.get("self"), USERS) for f in case.inner)
    ):
        return
    yield _built_of_tensors(case, made, cls, tensors)


def _builds(made: Spot, cls: type) -> bool:
    """Whether a call builds an object of the class."""
    found = made.at(made.node.func, ()).value()  # type: ignore[attr-defined]
    name = ast.unparse(made.node.func).rpartition(".")[2]  # type: ignore[attr-defined]
    return found is cls or name == cls.__name__ or not name[:1].isupper()


def _is_tensor(made: Spot, node: ast.expr) -> bool:
    value = Evaluator(made.frame).value(node) if made.frame is not None else None
    if value is not None:
        return isinstance(value, Tensor | nn.Module)
    return isinstance(node, ast.Name | ast.Call | ast.Subscript | ast.BinOp)


def _built_of_tensors(case: Case, made: Spot, cls: type, tensors: list[ast.AST] | list[ast.expr]) -> Finding:
    """The finding of a constructor that was taken for the computation."""
    is_loss = issubclass(cls, _Loss)
    code, kind = "TW017" if is_loss else "TW013", cls.__name__
    assert isinstance(made.node, ast.Call), "a class is called"
    called = " ".join(made.text.split())
    what = note("{code} builds a layer {kind}, it computes nothing", code=called, kind=kind)
    why: Words = note("a layer is built first, {kind}(...), and what was built is called with the tensor", kind=kind)
    if is_loss:
        what = note("{code} builds a loss {kind} of the tensors, it computes nothing", code=called, kind=kind)
        why = note("a loss is built once, {kind}(), and what was built is called with output and target", kind=kind)
    held = _class_in_a_variable(case, made, cls)
    if held is not None:
        change = replaced(held, held.node, f"{held.text}()", least=_statement(held))
        text = made.source.text(made.node.func)
        why = note("{name} is the class {kind} itself, from {place}; {rule}", name=text, kind=kind,
                   place=name_of_file(held), rule=why)  # fmt: skip
        return case.finding(code, what, why=why, fix=change.text, mend=change.mend)
    change = _applied(made, cls, list(tensors), is_loss)
    return case.finding(code, what, why=why, fix=change.text, mend=change.mend)


def _statement(spot: Spot) -> ast.AST | None:
    """The assignment that a value stands in, if it is all of it."""
    parent = spot.source.parents.get(spot.node)
    return parent if isinstance(parent, ast.Assign | ast.AnnAssign) else None


def _class_in_a_variable(case: Case, made: Spot, cls: type) -> Spot | None:
    """Where a variable got the class, which was to be an object of it; None where the class is named in the call."""
    assert isinstance(made.node, ast.Call), "a class is called"
    name = made.source.text(made.node.func)
    if name.rpartition(".")[2] == cls.__name__ or (isinstance(made.node.func, ast.Name) and name[:1].isupper()):
        return None
    trail = case.flow.trail(made.at(made.node.func, ()))
    wanted = [
        s for s in trail if isinstance(s.node, ast.Name) and CLASS_NAMES.search(s.node.id) and _statement(s) is not None
    ]
    if wanted:  # a parameter that is meant to be a class
        return wanted[0]
    found = [step for step in trail if not isinstance(step.node, ast.Name)]
    chosen = [step for step in found if isinstance(step.node, ast.Subscript)]
    if chosen and not _is_odd_entry(found[-1]):
        return chosen[0]
    literal = found[-1] if found else None
    if literal is None or literal.node is made.node.func:
        return _assigned_from_class(made) if literal is None else None
    return literal


def _is_odd_entry(entry: Spot) -> bool:
    """Whether an entry of a table is a bare class, while others beside it are built."""
    table = entry.source.parents.get(entry.node)
    others = table.values if isinstance(table, ast.Dict) else getattr(table, "elts", [])
    return any(isinstance(item, ast.Call) for item in others)


def _assigned_from_class(made: Spot) -> Spot | None:
    """`from torch.nn import MSELoss as criterion` and the like: the import's name in the call."""
    return made.at(made.node.func, ()) if isinstance(made.node, ast.Call) else None


def _applied(made: Spot, cls: type, tensors: list[Any], is_loss: bool) -> Change:
    """The call with a second pair of brackets: nn.ReLU()(x)."""
    assert isinstance(made.node, ast.Call), "a class is called"
    node, source = made.node, made.source
    text = source.text(node.func)
    given = [source.text(item) for item in node.args if item in tensors]
    options = [source.text(item) for item in node.args if item not in tensors] + [source.text(k) for k in node.keywords]
    if not given:
        if is_loss:
            return at_line(made, note("call it: {code}(output, target)", code=" ".join(made.text.split())))
        return part_taken(made, "(x)")
    first = next((p for p in node.args if p in tensors), None)
    if (
        cls.__name__ in FUNCTIONS
        and not options
        and first is not None
        and cls.__name__ not in ("Softmax", "LogSoftmax")
    ):
        suffix = ", 1" if cls.__name__ == "Flatten" else ""
        return replaced(made, node, f"{FUNCTIONS[cls.__name__]}({', '.join(given)}{suffix})")
    if cls.__name__ in ("Softmax", "LogSoftmax") and not options:
        options = ["dim=1"]
    if cls.__name__ == "Linear" and len(options) == 1 and tensors:
        options.insert(0, f"{source.text(tensors[0])}.shape[-1]")
    return replaced(made, node, f"{text}({', '.join(options)})({', '.join(given)})")


def _class_itself(case: Case, spot: Spot, cls: type) -> Finding:
    """The class was passed on, not even built."""
    kind = cls.__name__
    what = note("{code} is the class {kind} itself, not what it computes", code=spot.text, kind=kind)
    why = note("a layer is built first, {kind}(...), and what was built is called with the tensor", kind=kind)
    made = case.flow.born(spot)
    return case.finding("TW013", what, why=why, fix=f"{made.text}()(x)", mend=made)


def loss_function_is_not_given_tensors(case: Case) -> Iterator[Finding]:
    """TW017: `criterion = F.mse_loss()`: a function is called where a loss should be built."""
    mismatch = mismatch_in(case.text) if isinstance(case.error, TypeError) else None
    node = case.frame.node if case.frame is not None else None
    if mismatch is None or case.inner or not isinstance(node, ast.Call):
        return
    name = mismatch.last_name
    if name not in LOSSES or mismatch.kind not in ("missing", "unknown") or case.frame is None:
        return
    spot = case.spot(node)
    if not node.args and not any(keyword.arg in ("input", "target") for keyword in node.keywords):
        options = ", ".join(spot.source.text(keyword) for keyword in node.keywords)
        change = replaced(spot, node, f"nn.{LOSSES[name]}({options})", least=node)
        what = note("{code} calls the function {name} without output and target", code=spot.text, name=name)
        why = note("a function of nn.functional computes at once; nn.{kind}() builds the loss", kind=LOSSES[name])
        yield case.finding("TW017", what, why=why, fix=change.text, mend=change.mend)
    elif mismatch.kind == "missing":
        what = note("{name} is called without its {names}", name=name, names=", ".join(mismatch.names))
        text = re.sub(r"\)$", f", {', '.join(mismatch.names)})", spot.text)
        yield case.finding("TW017", what, why=note("a loss compares output and target"), fix=text)


RULES = (class_is_given_tensors, module_is_passed_on, loss_function_is_not_given_tensors)

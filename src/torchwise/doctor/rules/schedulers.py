"""An optimizer or a scheduler is built or used wrongly: rates out of range, no closure, the class instead of an object."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.optim import LBFGS, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import at_line, name_of_file
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.given_arguments import argument_spot
from torchwise.doctor.objects.handed import UNKNOWN
from torchwise.doctor.objects.signatures import keyword_spot, mismatch_in, parameters_of
from torchwise.doctor.rules.building import class_called
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

OUT_OF_RANGE = re.compile(r"[Ii]nvalid .*?(?:value|rate|parameter|index \d|beta\w*|momentum|decay)\w*.*?: ?(?P<value>\S+)$|not supported between"
                          r"|is not subscriptable|is not iterable|must be|requires a momentum")  # fmt: skip
ATTRIBUTES = {"lr": '{name}.param_groups[0]["lr"]', "learning_rate": '{name}.param_groups[0]["lr"]',
              "params": '{name}.param_groups[0]["params"]', "parameters": '{name}.param_groups[0]["params"]',
              "get_lr": "{name}.get_last_lr()", "backward": "loss.backward()", "minimize": "loss.backward(); {name}.step()",
              "apply_gradients": "{name}.step()"}  # fmt: skip


def optimizer_is_used_wrongly(case: Case) -> Iterator[Finding]:
    """TW018: a step without the closure, of a class, with the loss; a name that optimizers don't have."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call | ast.Attribute):
        return
    func = node.func if isinstance(node, ast.Call) else node
    owner = case.value(func.value) if isinstance(func, ast.Attribute) else None
    if isinstance(case.error, AttributeError):
        owner = getattr(case.error, "obj", None) if not case.inner else None
        if isinstance(owner, Optimizer | LRScheduler):
            yield from _no_such_name(case, owner, case.spot(func))
    elif isinstance(owner, type) and issubclass(owner, Optimizer | LRScheduler) and isinstance(func, ast.Attribute):
        yield _class_stepped(case, owner, case.spot(func.value))
    elif isinstance(owner, LBFGS) and "closure" in case.text:
        yield from _no_closure(case, case.spot(node))
    elif isinstance(owner, Optimizer) and "not callable" in case.text and isinstance(node, ast.Call) and node.args:
        change = replaced(case.spot(node), node, f"{ast.unparse(node.func)}()")
        what = note("{code} passes a value where a function, the closure, is expected", code=ast.unparse(node))
        why = note("step() needs nothing: it takes the gradients that backward() left in the parameters")
        yield case.finding("TW018", what, why=why, fix=change.text, mend=change.mend)
    elif isinstance(node, ast.Call) and isinstance(case.value(node.func), Optimizer) and "not callable" in case.text:
        change = replaced(case.spot(node), node, f"{ast.unparse(node.func)}.step()")
        what = note("the optimizer is called like a function")
        yield case.finding(
            "TW018", what, why=note("its method step() changes the parameters"), fix=change.text, mend=change.mend
        )


def _no_such_name(case: Case, owner: Any, use: Spot) -> Iterator[Finding]:
    match = re.search(r"no attribute '(\w+)'", case.text)
    if match is None or not isinstance(use.node, ast.Attribute) or use.node.attr != match[1]:
        return
    name, kind = match[1], type(owner).__name__
    text = use.source.text(use.node.value)
    near = nearest(name, [item for item in dir(owner) if not item.startswith("_")], 0.7)
    what = note("{kind} has no {name}", kind=kind, name=name)
    if name in ATTRIBUTES:
        yield case.finding("TW018", what, why=note("the values of an optimizer stand in its param_groups"),
                           fix=ATTRIBUTES[name].format(name=text), mend=use)  # fmt: skip
    elif near is not None:
        change = replaced(use, use.node, f"{text}.{near}", least=use.node)
        yield case.finding("TW018", what, why=note("there is {near}", near=near), fix=change.text, mend=change.mend)


def _class_stepped(case: Case, cls: type, spot: Spot) -> Finding:
    """The class was assigned, not an optimizer."""
    trail = case.flow.trail(spot)
    made = next((step for step in trail if isinstance(step.node, ast.Subscript | ast.Attribute)), trail[-1])
    argument = "model.parameters()" if issubclass(cls, Optimizer) else "optimizer, ..."
    what = note("{code} is the class {kind} itself, not an optimizer", code=spot.text, kind=cls.__name__)
    if not issubclass(cls, Optimizer):
        what = note("{code} is the class {kind} itself, not a scheduler", code=spot.text, kind=cls.__name__)
    why = note("it is built with brackets: {kind}({argument})", kind=cls.__name__, argument=argument)
    parent = made.source.parents.get(made.node)
    least = parent if isinstance(parent, ast.Assign) else None
    change = replaced(made, made.node, f"{made.text}({argument})", least=least)
    return case.finding("TW018", what, why=why, fix=change.text, mend=change.mend)


def _no_closure(case: Case, spot: Spot) -> Iterator[Finding]:
    """LBFGS evaluates the loss several times a step."""
    assert isinstance(spot.node, ast.Call), "step is called"
    name = spot.source.text(spot.node.func)
    what = note("LBFGS steps with a closure, {code} has none", code=" ".join(spot.text.split()))
    why = note(
        "LBFGS computes the loss several times in a step, and needs a function for it: zero_grad, loss, backward, return loss"
    )
    yield case.finding("TW018", what, why=why, fix=f"{name}(closure)", mend=spot)


def optimizer_is_built_wrongly(case: Case) -> Iterator[Finding]:
    """TW018: a rate out of range or of the wrong type, an option that it hasn't, a scheduler of something else."""
    cls = class_called(case)
    node = case.frame.node if case.frame is not None else None
    if cls is None or not isinstance(node, ast.Call) or not issubclass(cls, Optimizer | LRScheduler):
        return
    mismatch = mismatch_in(case.text) if isinstance(case.error, TypeError) else None
    if mismatch is not None:
        yield from _mismatch(case, cls, case.spot(node))
        return
    frame = case.inner[0] if case.inner else None
    if frame is None:
        return
    given = {name: value for name, value in frame.arguments().items() if name != "self"}
    if issubclass(cls, LRScheduler) and not isinstance(given.get("optimizer"), Optimizer) and "optimizer" in given:
        yield _of_something_else(case, cls, given["optimizer"])
        return
    is_own = case.inner[-1] is frame or case.inner[-1].function == "__init__"
    if is_own and OUT_OF_RANGE.search(case.text) and "params argument" not in case.text:
        yield from _out_of_range(case, cls, given)


def _mismatch(case: Case, cls: type, call: Spot) -> Iterator[Finding]:
    """Names and numbers of the constructor's arguments."""
    mismatch = mismatch_in(case.text)
    assert mismatch is not None, "asked before"
    names = parameters_of(vars(cls).get("__init__", cls))
    kind = cls.__name__
    why = note("it takes {names}", names=", ".join(names))
    if mismatch.kind == "unknown":
        near = nearest(mismatch.keyword, names, 0.6) or ("lr" if mismatch.keyword == "learning_rate" else None)
        near = near or ("betas" if mismatch.keyword == "momentum" and "betas" in names else None)
        found = keyword_spot(case.flow, call, mismatch.keyword)
        what = note("{kind} has no option {word}", kind=kind, word=mismatch.keyword)
        if found is None:
            yield case.finding("TW018", what, why=why, fix=f"{near}=..." if near else "")
            return
        spot, _ = found
        value = f"({spot.text}, 0.999)" if near == "betas" and mismatch.keyword == "momentum" else spot.text
        parent = spot.source.parents.get(spot.node)
        if near is None or not isinstance(parent, ast.keyword):
            fix = note("leave {word} out", word=mismatch.keyword) if near is None else f'"{near}": {value}'
            yield case.finding("TW018", what, why=why, fix=fix, mend=spot)
            return
        change = replaced(spot, parent, f"{near}={value}", least=call.node)
        yield case.finding("TW018", what, why=why, fix=change.text, mend=change.mend)
    elif mismatch.kind == "missing":
        what = note("{kind} is built without {names}", kind=kind, names=", ".join(mismatch.names))
        given = [call.source.text(item) for item in [*call.node.args, *call.node.keywords]]  # type: ignore[attr-defined]
        values = {"params": "model.parameters()", "optimizer": "optimizer"}
        more = [values.get(name, f"{name}=...") for name in mismatch.names]
        ordered = [*more, *given] if mismatch.names[0] in values else [*given, *more]
        fix_text = f"{call.source.text(call.node.func)}({', '.join(ordered)})"  # type: ignore[attr-defined]
        yield case.finding("TW018", what, why=why, fix=fix_text)
    else:
        what = note("{kind} gets too many arguments", kind=kind)
        yield case.finding("TW018", what, why=why)


def _of_something_else(case: Case, cls: type, value: Any) -> Finding:
    """The scheduler gets the model, its parameters, or a class."""
    kind = type(value).__name__ if not isinstance(value, type) else value.__name__
    what = note("the scheduler {cls} gets a {kind}, not an optimizer", cls=cls.__name__, kind=kind)
    why = note("a scheduler changes the learning rate of the optimizer that it is built with")
    given = argument_spot(case, cls, "optimizer", {"optimizer": value})
    names = [n for f in reversed(case.user) for n, v in f.locals.items() if isinstance(v, Optimizer)]
    held = [f"self.{n}" for f in reversed(case.user) for n, v in vars(f.receiver()).items()
            if isinstance(v, Optimizer)] if case.user and hasattr(case.user[-1].receiver(), "__dict__") else []  # fmt: skip
    name = next(iter([*names, *held]), "optimizer")
    if given is None:
        return case.finding("TW018", what, why=why, fix=name)
    change: Change = replaced(given, given.node, name, least=case.frame.node if case.frame is not None else None)
    return case.finding("TW018", what, why=why, fix=change.text, mend=change.mend)


def _out_of_range(case: Case, cls: type, given: dict[str, Any]) -> Iterator[Finding]:
    """A learning rate, momentum or decay that can't be."""
    name, value = _odd(case, given)
    if name is None:
        return
    kind = cls.__name__
    what = note("{kind} gets {name} = {value}", kind=kind, name=name, value=repr(value))
    why: Words = note("{name} must be a number that is not negative", name=name)
    if name == "betas":
        why = note("betas are two numbers from 0 to below 1, such as (0.9, 0.999)")
    elif isinstance(value, str):
        why = note("{value} is a text (str); YAML, for one, reads 1e-3 as text", value=repr(value))
    spot = argument_spot(case, cls, name, given)
    if spot is None:
        yield case.finding("TW018", what, why=why)
        return
    change = _number(case, spot, name, value)
    if change.spot.line == change.mend.line != spot.line or change.spot.file != spot.file:
        why = note("{rule}; it comes from {place}", rule=why, place=name_of_file(change.spot))
    yield case.finding("TW018", what, why=why, fix=change.text, mend=change.mend)


def _odd(case: Case, given: dict[str, Any]) -> tuple[str | None, Any]:
    """The option that is refused."""
    options = {name: value for name, value in given.items() if name != "params"}
    match = re.search(r": ?(?P<value>\S+)$", case.text)
    for name, value in options.items():
        parts = value if isinstance(value, tuple | list) else [value]
        if match and any(str(part) == match["value"] for part in parts):
            return name, value
    for name, value in options.items():
        is_number = isinstance(value, int | float | Tensor)
        if name in ("lr", "weight_decay", "momentum", "eps", "gamma", "dampening") and not is_number:
            return name, value
        if name == "betas" and (not isinstance(value, tuple | list) or len(value) != 2):
            return name, value
    return None, UNKNOWN


def _number(case: Case, spot: Spot, name: str, value: Any) -> Change:
    """Where the number was written, or the last place it can be followed to, and what it should be."""
    born = case.flow.born(spot)
    literal = born if isinstance(born.node, ast.Constant | ast.UnaryOp | ast.Tuple) else None
    if isinstance(value, str):
        if (written := _in_a_text(case, name, value)) is not None:
            return written
        found = search_back(case.flow, spot, lambda s: isinstance(s.node, ast.Constant) and s.node.value == value)
        place = found or literal
        try:
            return (
                replaced(place, place.node, f"{float(value):g}")
                if place
                else replaced(spot, spot.node, f"float({spot.text})")
            )
        except ValueError:
            return at_line(place or spot, note("a number"))
    if name == "betas":
        first = value if isinstance(value, float) and 0 <= value < 1 else 0.9
        place = literal or spot
        return replaced(place, place.node, f"({first}, 0.999)", least=place.source.parents.get(place.node))
    if isinstance(value, int | float) and value < 0:
        place = literal or born
        if literal is not None:
            new = f"1e{value}" if isinstance(value, int) else f"{-value:g}"
            return replaced(place, place.node, new, least=_keyword(place))
        text = f"10**{place.text}" if isinstance(value, int) else f"abs({place.text})"
        return replaced(place, place.node, text, least=_keyword(place))
    return at_line(literal or born, note("another value for {name}", name=name))


def _in_a_text(case: Case, name: str, value: str) -> Change | None:
    """The number in a configuration that is written as one text in the program, as YAML and the like read it."""
    pattern = re.compile(rf"\b{name}\b[\"']?\s*[:=]\s*[\"']?{re.escape(value)}[\"']?(?![\w.])")
    texts = [Spot(source, node) for source in case.flow.sites.sources for node in ast.walk(source.tree)
             if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.search(node.value)]  # fmt: skip
    lines = [(spot, line) for spot in texts
             for line in range(spot.line, (getattr(spot.node, "end_lineno", None) or spot.line) + 1)
             if pattern.search(spot.source.lines[line - 1])]  # fmt: skip
    if len(lines) != 1 or not _are_others_numbers(case, name, value, str(lines[0][0].node.value)):  # type: ignore[attr-defined]
        return None
    (spot, line), old = lines[0], pattern.search(lines[0][0].source.lines[lines[0][1] - 1])
    try:
        number = f"{float(value):.10f}".rstrip("0")
    except ValueError:
        return None
    assert old is not None, "searched above"
    new = re.sub(rf"[\"']?{re.escape(value)}[\"']?$", number, old[0])
    return Change(Mend(file=spot.file, line=line, old=old[0], new=new), new, spot)


def _are_others_numbers(case: Case, name: str, value: str, text: str) -> bool:
    """Whether the same configuration holds numbers for other keys of its text: then what reads it makes numbers."""
    tables = [item for frame in case.user for key, item in (*frame.locals.items(), *frame.frame.f_globals.items())
              if key != getattr(getattr(getattr(frame.scope, "args", None), "kwarg", None), "arg", "")]  # fmt: skip
    tables = [item if isinstance(item, dict) else getattr(item, "__dict__", {}) for item in tables]
    return any(
        table.get(name) == value and any(isinstance(item, int | float) and str(key) in text for key, item in table.items())
        for table in tables if isinstance(table, dict) and isinstance(table.get(name), str)
    )  # fmt: skip


def _keyword(place: Spot) -> ast.AST | None:
    """The keyword that a value is given for."""
    parent = place.source.parents.get(place.node)
    return parent if isinstance(parent, ast.keyword) else None


RULES = (optimizer_is_used_wrongly, optimizer_is_built_wrongly)

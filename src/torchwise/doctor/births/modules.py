"""Calls that converted or moved a module: model.double(), net.half(), encoder.to(device), a changed default dtype."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.births.dtypes import Dtypes
from torchwise.doctor.births.words import METHODS
from torchwise.doctor.case import Case, path_in
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.containers import Plain, plain_containers, registered
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

DEFAULTS = {"set_default_dtype", "set_default_tensor_type"}


def calls(case: Case, *names: str) -> Iterator[Spot]:
    """The calls of functions and methods of these names in the user's files, with the live frame of their scope."""
    for source in sources(case):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) in names:
                yield live(case, source, node)


def sources(case: Case) -> list[Source]:
    """The user's files that take part."""
    return case.flow.sites.sources


def live(case: Case, source: Source, node: ast.AST) -> Spot:
    """A node as a spot, in the frame that runs its scope if there is one."""
    scope = source.scope_of(node)
    frame = next((f for f in reversed(case.flow.frames) if f.source is source and f.scope is scope), None)
    return case.flow.spot(frame, node) if frame is not None else Spot(source, node)


def casts_of(case: Case, layer: nn.Module, dtype: str) -> list[Spot]:
    """The calls that gave a layer's weights a dtype, the likeliest first."""
    dtypes, found = Dtypes(sizes_of(case)), []
    for spot in calls(case, *METHODS, "to", "type", *DEFAULTS):
        node = spot.node
        assert isinstance(node, ast.Call), "found as a call"
        if call_name(node) in DEFAULTS:
            if node.args and (dtypes.named(spot.at(node.args[0], ())) == dtype or dtype == "float64"):
                found.append((2, spot))
            continue
        wanted = dtypes.explicit(spot) or _dtype_keyword(dtypes, spot)
        if wanted != dtype or not isinstance(node.func, ast.Attribute):
            continue
        value = case.flow.held(spot.at(node.func.value, ()))
        if isinstance(value, nn.Module):
            found += [(0, spot)] if path_in(value, layer) is not None else []
        elif value is None and _builds(case, spot.at(node.func.value, ())):
            found.append((1, spot))
    return [spot for _, spot in sorted(found, key=lambda pair: pair[0])]


def _dtype_keyword(dtypes: Dtypes, spot: Spot) -> str:
    given = keyword_of(spot.node, "dtype") if isinstance(spot.node, ast.Call) else None
    return dtypes.named(spot.at(given, ())) if given is not None else ""


def _builds(case: Case, spot: Spot) -> bool:
    """Whether an expression is a new object of a class: Net(...).double()."""
    made = case.flow.born(spot).node
    name = call_name(made) if isinstance(made, ast.Call) else ""
    return bool(name) and (name[0].isupper() or name in ("Sequential",))


def undone(cast: Spot) -> Change:
    """The change that takes a cast away: the receiver alone, or the default dtype as it is without it."""
    node = cast.node
    assert isinstance(node, ast.Call), "a cast is a call"
    if call_name(node) in DEFAULTS:
        return replaced(cast, node.args[0], "torch.float32")
    assert isinstance(node.func, ast.Attribute), "a method"
    if call_name(node) in ("to", "type") and len(node.args) + len(node.keywords) > 1:
        return replaced(cast, node, cast.source.text(node.func.value))
    text = cast.source.text(node.func.value)
    if isinstance(cast.source.parents.get(node), ast.Expr):  # model.double() by itself: the whole line goes
        return Change(
            Mend(file=cast.file, line=cast.line, old=cast.text, new=f"{text}.float()"), f"{text}.float()", cast
        )
    return replaced(cast, node, text)


def in_plain_list(case: Case, module: nn.Module) -> Plain | None:
    """The plain list or dict of a module's in which a layer (or one around it) is kept."""
    for frame in case.user:
        for owner in [frame.receiver(), *frame.locals.values()]:
            for plain in plain_containers(owner) if isinstance(owner, nn.Module) else []:
                items = plain.value.values() if isinstance(plain.value, dict) else plain.value
                if any(isinstance(item, nn.Module) and path_in(item, module) is not None for item in items):
                    return plain
    return None


def left_in_list(case: Case, plain: Plain, what: Words) -> Finding:
    """TW003 by what did not reach the layers of a plain list: a move, a cast."""
    form = "nn.ModuleDict" if isinstance(plain.value, dict) else "nn.ModuleList"
    change = registered(plain, case.flow)
    why = note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module")
    fix, mend = (change.text, change.mend) if change is not None else (f"self.{plain.name} = {form}(...)", None)
    return case.finding("TW003", what, why=why, fix=fix, mend=mend)


def odd_part(case: Case, module: nn.Module, of: Callable[[Tensor], Any]) -> tuple[nn.Module, str]:
    """The largest module around a layer all whose tensors have its device (or its dtype), and its name."""
    root = case.root
    if root is None or path_in(root[1], module) is None:
        return module, case.path_of(module) or type(module).__name__
    owner, name = root[1], root[0]
    wanted = of(next(iter([*module.parameters(), *module.buffers()])))
    path = path_in(owner, module) or ""
    for part in ["", *path.split(".")]:
        owner = owner if not part else owner._modules.get(part) or owner
        name = name if not part else f"{name}.{part}"
        if all(of(tensor) == wanted for tensor in [*owner.parameters(), *owner.buffers()]):
            return owner, name
    return module, case.path_of(module)

"""Which of two layers that don't fit is the odd one: the one that gives a size, or the one that takes it."""

import ast

from torch import nn

from torchwise.doctor.case import Case, path_in
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.dimensions import Decided
from torchwise.doctor.layerwise.expressions import whole_call
from torchwise.doctor.layerwise.numbers import Number, callers, is_loop_variable, number_of
from torchwise.doctor.layerwise.places import ground_of, trail_of, uses_of
from torchwise.doctor.layerwise.rewriting import changed
from torchwise.doctor.shapes import Way, model_with, root_frame
from torchwise.doctor.spots import Spot
from torchwise.finding import Mend
from torchwise.texts import note

TAKES = ("in_features", "in_channels", "num_features", "num_channels", "normalized_shape", "input_size", "embed_dim")
OF_LAYERS = (".in_features", ".out_features", ".in_channels", ".out_channels", ".num_features")
NAMED = ast.Name | ast.Attribute | ast.Subscript
LONGEST = 24  # characters of a number's code that is written once more
TRAINED = 4  # changes in place: the initial values are one or two, each step of an optimizer is one


def taken(module: nn.Module) -> int | None:
    """The size of the features that a layer takes, if it has one."""
    for name in TAKES:
        value = getattr(module, name, None)
        value = value[-1] if isinstance(value, tuple | list) and value else value
        if isinstance(value, int):
            return value
    return None


def is_trained(module: nn.Module | None) -> bool:
    """Whether a layer has been through steps of an optimizer, so that it fitted the training data."""
    weight = getattr(module, "weight", None)
    return weight is not None and (weight.grad is not None or weight._version >= TRAINED)


def giver_is_odd(case: Case, way: Way, taker: Number | None, giver: Number | None, found: Decided) -> bool:
    """Whether the layer that gives the size is likelier wrong than the one that takes it."""
    if giver is None or giver.given is None:
        return False
    if taker is None or taker.given is None:
        return True
    if found.agreed or found.factor > 1:
        return False
    if any(step.module is taker.module for step in way.steps):  # it took its own size from elsewhere already
        return True
    if _others_took(way, found):
        return False
    if _ran_before(case):
        return True
    following = _next_size(case, taker)
    if isinstance(taker.module, nn.modules.batchnorm._NormBase | nn.LayerNorm | nn.GroupNorm) and following is not None:
        return following == taker.value
    return _is_lone_literal(case, way, giver, taker.module) and _is_variable(taker.given)


def _ran_before(case: Case) -> bool:
    """Whether the model that failed was called on another tensor earlier in the same function, and did not fail."""
    frame = root_frame(case)
    if frame is None or frame.source is None or not isinstance(frame.node, ast.Call) or frame.scope is None:
        return False
    function, given = ast.unparse(frame.node.func), [ast.unparse(item) for item in frame.node.args]
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == function and node.lineno < frame.node.lineno
        and [ast.unparse(item) for item in node.args] != given and frame.source.scope_of(node) is frame.scope
        for node in ast.walk(frame.scope)
    )  # fmt: skip


def _others_took(way: Way, found: Decided) -> bool:
    """Whether another layer took the same features and was built for them."""
    return any(
        step.module is not None and step.inputs and step.inputs[0] is found.tensor and taken(step.module) == found.size
        for step in way.steps
    )


def _next_size(case: Case, taker: Number) -> int | None:
    """The size that the layer registered next takes."""
    root = model_with(case, taker.module)
    path = path_in(root, taker.module) if root is not None else None
    if root is None or path is None:
        return None
    siblings = list(root.get_submodule(path.rpartition(".")[0]).children())
    after = siblings[siblings.index(taker.module) + 1 :] if taker.module in siblings else []
    sizes = (taken(module) for module in after)
    return next((size for size in sizes if size is not None), None)


def _is_variable(given: Spot) -> bool:
    """Whether a number is a variable that is used elsewhere too."""
    is_setting = isinstance(given.node, ast.Name | ast.Attribute) and not given.text.endswith(OF_LAYERS)
    return is_setting and len(uses_of(given)) > 1


def _is_lone_literal(case: Case, way: Way, number: Number, rival: nn.Module) -> bool:
    """Whether a number is written as a plain number where the layers are put together."""
    ground = ground_of(case, number, rival, way.steps)
    here = [spot for spot in trail_of(case, number, ground) if ground.level is not None]
    return bool(here) and isinstance(here[0].node, ast.Constant)


def mends(case: Case, way: Way, taker: Number | None, found: Decided) -> list[tuple[str, Change]]:
    """The changes that make a layer fit what it gets, the likeliest first: "taker" or "giver", and the change."""
    giver = number_of(case, found.module, found.name) if found.kind == "layer" else None
    forgotten = _not_carried(taker, giver) if taker is not None and giver is not None else None
    if forgotten is not None:
        return [("taker", forgotten)]
    if taker is not None and giver is not None and (whole := _one_part(taker, giver, found)) is not None:
        return [("giver", whole)]
    options: list[tuple[str, Change]] = []
    if taker is not None:
        text = _name_of(giver, taker, found.factor) if found.parted == 1 else ""
        ground = ground_of(case, taker, found.module, way.steps, maker_of(found))
        change = swapped(case, taker, found.size) or changed(case, taker, found.size, ground, text, _parts(found))
        options += [("taker", change)] if change is not None else []
    if giver is not None and taker is not None and taker.value % found.factor == 0:
        text = _name_of(taker, giver, 1) if found.factor == found.parted == 1 else ""
        wanted = taker.value * found.parted // found.factor
        change = changed(case, giver, wanted, ground_of(case, giver, taker.module, way.steps), text)
        options += [("giver", change)] if change is not None else []
    if giver_is_odd(case, way, taker, giver, found):
        options.reverse()
    return options


def _one_part(taker: Number, giver: Number, found: Decided) -> Change | None:
    """The call of a layer that gives as many features as each part should have that its output is cut into."""
    given = giver.given
    if found.parted == 1 or giver.value != taker.value or given is None:
        return None
    text = f"({given.text})" if isinstance(given.node, ast.BinOp) else given.text
    whole = str(giver.value * found.parted) if isinstance(given.node, ast.Constant) else f"{found.parted} * {text}"
    return rewritten(giver.site, given.node, whole)


def maker_of(found: Decided) -> nn.Module | None:
    """The module in whose `forward` a size came about that no layer gave."""
    return found.step.within[-1] if found.step is not None and found.step.within else None


def _parts(found: Decided) -> tuple[int, ...]:
    """The sizes that a cat joined."""
    if found.kind != "cat" or found.step is None:
        return ()
    return tuple(tensor.shape[found.dim] for tensor in found.step.inputs if tensor.dim() > found.dim)


def swapped(case: Case, taker: Number, size: int) -> Change | None:
    """The call with its two sizes the other way round, where the layer's output has the size that it gets."""
    out = {"in_features": "out_features", "in_channels": "out_channels"}.get(taker.name, "")
    if getattr(taker.module, out, None) != size or taker.given is None or taker.site.line != taker.given.line:
        return None
    other = case.layers.argument(taker.site, taker.module, out)
    if other is None or not isinstance(taker.given.node, ast.Name | ast.Attribute | ast.Constant):
        return None
    if other.text == taker.given.text or not isinstance(other.node, ast.Name | ast.Attribute | ast.Constant):
        return None
    is_named = isinstance(taker.given.node, ast.Name) and isinstance(other.node, ast.Name)
    if not is_named and _next_size(case, taker) != taker.value:
        return None
    text = taker.site.source.text(taker.site.node)
    pair = f"{taker.given.text}, {other.text}"
    if text.count(pair) != 1:
        return None
    return whole_call(taker.site, text.replace(pair, f"{other.text}, {taker.given.text}"))


def _name_of(rival: Number | None, number: Number, factor: int) -> str:
    """The variable that the other layer's number is written as, where the same code can use it."""
    given = rival.given if rival is not None else None
    is_short = given is not None and isinstance(given.node, ast.BinOp) and len(given.text) <= LONGEST
    if given is None or number.given is None or not (is_short or isinstance(given.node, NAMED)):
        return ""
    if given.source.scope_of(given.node) is not number.given.source.scope_of(number.given.node):
        return ""
    if is_loop_variable(given) or (rival is not None and rival.site.node is number.site.node):
        return ""
    if [spot.node for spot in callers(rival.site)] != [spot.node for spot in callers(number.site)]:  # type: ignore[union-attr]
        return ""
    if factor == 1:
        return given.text
    return f"({given.text}) * {factor}" if is_short else f"{given.text} * {factor}"


def _not_carried(taker: Number, giver: Number) -> Change | None:
    """A loop that builds layer after layer and does not carry the width over to the next turn."""
    given, out = taker.given, giver.given
    if taker.site.node is not giver.site.node or given is None or out is None or not isinstance(given.node, ast.Name):
        return None
    source = given.source
    loops = [node for node in _parents(given) if isinstance(node, ast.For)]
    stored = [
        node for loop in loops[:1] for node in ast.walk(loop)
        if isinstance(node, ast.Name) and node.id == given.node.id and isinstance(node.ctx, ast.Store)
    ]  # fmt: skip
    if not loops or stored:
        return None
    statement = source.statement_of(taker.site.node)
    old, line = source.text(statement), f"{given.node.id} = {out.text}"
    indent = " " * getattr(statement, "col_offset", 0)
    mend = Mend(file=given.file, line=getattr(statement, "lineno", 1), old=old, new=f"{old}\n{indent}{line}")
    return Change(mend, note("{line} behind it, in the loop", line=line), taker.site)


def _parents(spot: Spot) -> list[ast.AST]:
    found: list[ast.AST] = []
    here = spot.source.parents.get(spot.node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        found.append(here)
        here = spot.source.parents.get(here)
    return found

"""What is said of the places that cut a graph off, and how they are mended."""

import ast

from torchwise.doctor.gradients.cuts import Cut, Found
from torchwise.doctor.layers import Change
from torchwise.doctor.past.writing import replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Words
from torchwise.texts import note

PLACES = {"torch", "F", "nn.functional", "torch.nn.functional", "np", "numpy", "self"}  # of functions, no tensors
FLOATING = {"float", "double", "half"}
LAYOUT = {"permute", "movedim", "moveaxis", "transpose", "contiguous", "to"}


def what_of(cut: Cut, loss: str) -> Words:
    """What happened: which place cuts the loss off."""
    code = _short(cut.spot)
    if cut.kind == "off" and cut.off is not None:
        return note("{loss} has no graph: it was computed under {code}", loss=loss, code=cut.off.text)
    said = {
        "numbers": note("{loss} has no graph: {code} turns a tensor into a plain number", loss=loss, code=code),
        "detached": note("{loss} has no graph: {code} takes a tensor out of it", loss=loss, code=code),
        "classes": note(
            "{loss} has no graph: {code} gives whole numbers, which have no gradient", loss=loss, code=code
        ),
        "compared": note("{loss} has no graph: {code} is a comparison, which has no gradient", loss=loss, code=code),
        "cast": note(
            "{loss} has no graph: {code} turns into whole numbers, which have no gradient", loss=loss, code=code
        ),
        "rewrapped": note("{loss} has no graph: {code} makes a new tensor from the bare values", loss=loss, code=code),
        "arrays": note("{loss} has no graph: {code} leaves torch, and NumPy knows no gradients", loss=loss, code=code),
        "once": note("{loss} has no graph: {code} gives a gradient without one", loss=loss, code=code),
        "sampled": note("{loss} has no graph: {code} draws without a gradient", loss=loss, code=code),
    }
    return said.get(cut.kind, note("{loss} has no graph", loss=loss))


def why_of(cut: Cut, way: Found) -> Words:
    """The rule that is broken."""
    end = " ".join(way.spot.text.split())
    end = end if len(end) <= 60 else end[:57] + "..."
    if cut.kind == "off":
        return note("without gradients {end} leaves nothing that backward could follow", end=end)
    return note("backward must find a way from the loss back to {end}, in line {line}", end=end, line=way.spot.line)


def fix_of(cut: Cut, spot: Spot) -> Change | Words:
    """How the place reads without the cut; spot: where it is to be mended, if not at the cut itself."""
    if spot.node is not cut.spot.node:
        code = " ".join(spot.text.split())
        if cut.kind == "off":
            return note("call the model itself in place of {code}, which switches gradients off", code=code)
        return note("{before} in place of {code}", before=_inner(cut.spot), code=code)
    node = cut.spot.node
    if cut.kind == "off" and cut.off is not None:
        if cut.off.is_decorator:
            return note("leave out {code}", code=cut.off.text)
        if "set_grad_enabled" in cut.off.text:
            return note("torch.set_grad_enabled(True) for training; here the argument is False")
        return note("without {code} around the training step", code=cut.off.text)
    if cut.kind == "once":
        return with_keyword(spot, "create_graph", "True")
    if cut.kind == "sampled":
        return replaced(spot, node, spot.text.replace(".sample(", ".rsample(", 1))
    if cut.kind == "rewrapped" and isinstance(node, ast.Call) and node.args:
        inner = spot.source.text(node.args[0])
        is_list = isinstance(node.args[0], ast.List | ast.ListComp) or call_name(node.args[0]) == "list"
        is_list = is_list or (
            isinstance(node.args[0], ast.Name) and node.args[0].id.endswith("s") and node.args[0].id != "loss"
        )
        return replaced(spot, node, f"torch.stack({inner})" if is_list else inner)
    if cut.kind == "arrays":
        return note("the same with functions of torch, such as torch.mean for np.mean")
    outer = _outermost(spot, node) if cut.kind in ("compared", "cast", "classes") else node
    if (
        call_name(node) == "one_hot"
        and isinstance(node, ast.Call)
        and node.args
        and call_name(node.args[0]) == "argmax"
    ):
        soft = " ".join(spot.source.text(node.args[0]).split()).replace("argmax(", "softmax(", 1)
        return replaced(spot, outer, soft)
    inner = _inner(spot)
    return replaced(spot, outer, inner) if inner else note("the values before they are made whole numbers")


def _inner(spot: Spot) -> str:
    """What an expression cuts off: x of x.item(), of x > 0.5, of torch.argmax(x, 1), of float(x)."""
    node, source = spot.node, spot.source
    inner: ast.expr | None = None
    if isinstance(node, ast.Compare):
        inner = node.left
    elif isinstance(node, ast.Attribute):
        inner = node.value
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            inner = inner.func.value if ast.unparse(inner.func.value) not in PLACES else next(iter(inner.args), inner)
    elif isinstance(node, ast.Call):
        is_method = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) not in PLACES
        if is_method and isinstance(node.func, ast.Attribute):
            inner = node.func.value
        elif node.args:
            inner = node.args[0]
    while (
        isinstance(inner, ast.Call)
        and call_name(inner) in ("detach", "cpu", "item", "numpy")
        and isinstance(inner.func, ast.Attribute)
    ):
        inner = inner.func.value
    return " ".join(source.text(inner).split()) if inner is not None else ""


def _outermost(spot: Spot, node: ast.AST) -> ast.AST:
    """The whole of (x > 0.5).float(), of one_hot(x).permute(0, 3, 1, 2).float()."""
    changing = FLOATING | LAYOUT if call_name(node) == "one_hot" else FLOATING
    while True:
        attribute = spot.source.parents.get(node)
        call = spot.source.parents.get(attribute) if attribute is not None else None
        is_changed = isinstance(attribute, ast.Attribute) and attribute.attr in changing
        if not is_changed or not isinstance(call, ast.Call):
            return node
        node = call


def _short(spot: Spot) -> str:
    text = " ".join(spot.text.split())
    return text if len(text) <= 70 else text[:67] + "..."

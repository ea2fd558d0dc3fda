"""Layers and tables that are too big by themselves."""

import ast
from collections.abc import Iterator
from math import prod

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import rewritten
from torchwise.doctor.memory.asked import Asked, size_text
from torchwise.doctor.memory.capacity import fitting_batch, room_for
from torchwise.doctor.memory.decided import decided
from torchwise.doctor.memory.holders import modules_of, size_of
from torchwise.doctor.memory.origin import NAMES
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

SIZES = ("num_embeddings", "embedding_dim", "in_features", "out_features", "in_channels", "out_channels", "kernel_size",
         "input_size", "hidden_size", "num_layers", "d_model", "dim_feedforward")  # fmt: skip
FACTORIES = {
    "zeros",
    "ones",
    "empty",
    "rand",
    "randn",
    "full",
    "eye",
    "zeros_like",
    "randint",
    "arange",
    "tril",
    "triu",
}
LEAST = 64 * 2**20  # bytes: a smaller one is no giant
MOVING = ("to", "cuda", "_apply", "half", "float", "double", "deepcopy")


def giant_layer(case: Case, said: Asked) -> Iterator[Finding]:
    """TW304: the weights of one layer, or a table made by a factory, need more than there is; TW301 for a batch."""
    if (said.request or LEAST) < LEAST:
        return
    for frame in case.inner:
        layer = frame.locals.get("self")
        is_torch = isinstance(layer, nn.Module) and type(layer).__module__.startswith("torch.nn")
        if frame.function in ("__init__", "reset_parameters") and isinstance(layer, nn.Module) and is_torch:
            yield _built(case, layer, said)
            return
    if case.frame is not None and isinstance(case.frame.node, ast.Call) and call_name(case.frame.node) in FACTORIES:
        yield from _made(case, case.frame.node, said)
        return
    if any(frame.function in MOVING for frame in case.inner) or case.passed("step") is not None:
        yield from _largest(case, said)


def _built(case: Case, layer: nn.Module, said: Asked) -> Finding:
    """The layer was under construction."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    site = case.spot(case.frame.node)
    if not isinstance(site.node, ast.Call) or call_name(site.node) != type(layer).__name__:
        site = case.site_of(layer) or site
    return _of_layer(case, layer, site, said.request or 0)


def _of_layer(case: Case, layer: nn.Module, site: Spot, size: int) -> Finding:
    sizes = {name: value for name in SIZES if isinstance(value := layer.__dict__.get(name), int)}
    shown = ", ".join(map(str, sizes.values()))
    what = note("nn.{layer}({sizes}) alone needs {size}", layer=type(layer).__name__, sizes=shown, size=size_text(size))
    why = note("{product} values of 4 bytes", product="·".join(map(str, sizes.values())))
    name = max(sizes, key=lambda key: sizes[key], default="")
    given = case.layers.argument(site, layer, name) if name else None
    if given is None:
        return case.finding("TW304", what, why=why, fix=note("a smaller layer"), mend=site)
    if (change := decided(case, given)) is not None:
        return case.finding("TW304", what, why=why, fix=change.text, mend=change.mend, sure=False)
    fix, mend = _smaller(case, given, sizes[name], name)
    return case.finding("TW304", what, why=why, fix=fix, mend=mend)


def _smaller(case: Case, given: Spot, value: int, name: str) -> tuple[Words, Spot | Mend]:
    """Where the number comes from, and what it should rather be."""
    born = case.flow.born(given)
    if isinstance(born.node, ast.Call) and call_name(born.node) == "prod" and born.node.args:
        change = replaced(born, born.node, f"sum({born.source.text(born.node.args[0])})")
        return change.text, change.mend
    return note(
        "{code} gives {name} = {value}: a smaller number here", code=" ".join(born.text.split()), name=name, value=value
    ), born


def _made(case: Case, call: ast.Call, said: Asked) -> Iterator[Finding]:
    """torch.zeros(n, n): a table made at once."""
    sizes = [(item, value) for item in _size_nodes(call) if isinstance(value := case.value(item), int)]
    if not sizes or prod(value for _, value in sizes) * 8 < LEAST:
        return
    shown = " ".join(case.spot(call).text.split())
    values = ", ".join(str(value) for _, value in sizes)
    what = note("{code} needs {size}", code=shown, size=size_text(said.request or prod(v for _, v in sizes) * 4))
    why = note("that is a tensor of ({sizes}), made at once", sizes=values)
    node, value = max(sizes, key=lambda pair: pair[1])
    born = case.flow.born(case.spot(node))
    if NAMES.search(ast.unparse(node)) and isinstance(born.node, ast.Constant):
        yield _batch(case, born, value, said)
        return
    if (change := decided(case, case.spot(node))) is not None:
        yield case.finding("TW304", what, why=why, fix=change.text, mend=change.mend, sure=False)
        return
    is_chosen = isinstance(born.node, ast.Constant | ast.BinOp) or call_name(born.node) == "prod"
    if is_chosen and born.node is not node:
        fix, mend = _smaller(case, case.spot(node), value, ast.unparse(node))
        yield case.finding("TW304", what, why=why, fix=fix, mend=mend)
        return
    fix = note("a smaller one, or only the part of it that a batch needs")
    yield case.finding("TW304", what, why=why, fix=fix)


def _batch(case: Case, born: Spot, batch: int, said: Asked) -> Finding:
    """TW301: the samples of one batch don't fit, before any layer has seen them."""
    needed = said.request or LEAST
    fits = fitting_batch(batch, room_for(case, said, 0) or needed // 2, 4 * needed)
    what = note("a batch of {batch} takes {size} by itself", batch=batch, size=size_text(needed))
    why = note("the activations of the layers come on top, in proportion to the batch")
    change = rewritten(born, born.node, str(fits))
    return case.finding("TW301", what, why=why, fix=change.text, mend=change.mend)


def _size_nodes(call: ast.Call) -> list[ast.expr]:
    """The sizes in zeros(2, 3), zeros((2, 3)), zeros(size=(2, 3))."""
    given = keyword_of(call, "size")
    items = [given] if given is not None else call.args
    found: list[ast.expr] = []
    for item in items:
        found += item.elts if isinstance(item, ast.Tuple | ast.List) else [item]
    return found


def _largest(case: Case, said: Asked) -> Iterator[Finding]:
    """A model was moved, copied or stepped: one layer may be most of it."""
    modules = modules_of(case)
    weights = [(size_of(p), m) for root in modules for m in root.modules() for p in m.parameters(recurse=False)]
    total = sum(size for size, _ in weights)
    if not weights or total < LEAST:
        return
    size, owner = max(weights, key=lambda item: item[0])
    site = case.site_of(owner)
    if 2 * size >= total and site is not None:
        yield _of_layer(case, owner, site, size)
        return
    what = note("the weights take {size}, and there is not enough memory for them", size=size_text(total))
    why = note("in training come as much again for the gradients, and with Adam twice as much for its state")
    fix = note("a smaller model, or model.to(torch.bfloat16)")
    yield case.finding("TW301", what, why=why, fix=fix, sure=False)

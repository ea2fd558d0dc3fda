"""How a layer's number reads as another one: in its call, or where it was chosen."""

import ast
import re

from torchwise.doctor.case import Case, path_in
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.expressions import whole_call
from torchwise.doctor.layerwise.numbers import Number, is_loop_variable
from torchwise.doctor.layerwise.options import with_keywords
from torchwise.doctor.layerwise.places import Ground, place_of, sites_of
from torchwise.doctor.layerwise.size_formulas import formula_mended
from torchwise.doctor.layerwise.sums import computed_item, summed_otherwise
from torchwise.doctor.shapes import model_with
from torchwise.doctor.spots import Spot
from torchwise.finding import Mend
from torchwise.texts import note

SIZE_NAME = re.compile(
    r"hid|dim|emb|feat|ch|width|unit|latent|obs|act|state|model|^in|^out|n_in|n_out|filter|plane|code"
)
SIZES = (
    "in_features", "out_features", "in_channels", "out_channels", "num_features", "num_channels", "normalized_shape",
    "embedding_dim", "hidden_size", "input_size", "embed_dim", "d_model",
)  # fmt: skip


def changed(
    case: Case, number: Number, value: int, ground: Ground, text: str = "", parts: tuple[int, ...] = ()
) -> Change | None:
    """The mend that gives a layer another number.

    text: code for the new value, where one is known. parts: the sizes whose sum it is.
    """
    if (formula := formula_mended(case, number.given, number.value, value)) is not None:
        return formula
    place = place_of(case, number, ground)
    if place is None:
        return None
    old = number.value
    if isinstance(place.node, ast.Call) and place.path:
        options = {str(place.path[0]): repr(value)}
        return whole_call(place, with_keywords(place.source.text(place.node), options))
    if isinstance(place.node, ast.List | ast.Tuple):
        items = [item for item in place.node.elts if isinstance(item, ast.Constant) and item.value == old]
        if len(items) == 1:
            return worded(place, rewritten(place, items[0], repr(value)), items[0])
        if not items and (computed := computed_item(case, place, old)) is not None:
            change = summed_otherwise(case, computed, value, parts)
            return change or rewritten(computed, computed.node, repr(value))
    if (summed := summed_otherwise(case, place, value, parts)) is not None:
        return worded(place, summed, place.node)
    if not _is_number(place, number):
        mend = Mend(file=place.file, line=place.line)
        return Change(
            mend, note("{code} must give {value} where it gives {old}", code=place.text, value=value, old=old), place
        )
    if place.text.endswith(
        (".out_features", ".out_channels")
    ):  # nn.Linear(model.fc.out_features, 5): of the layer replaced
        text = place.text.replace(".out_", ".in_")
    elif not _is_in_the_call(place, number):
        text = ""
    elif not text and not isinstance(place.node, ast.Constant) and not (parts and value % old == 0):
        text = _other_item(case, place, value) or _by_name(case, number, value, parts)
    return worded(place, rewritten(place, place.node, text or value_text(place, old, value)), place.node)


def worded(spot: Spot, change: Change, node: ast.AST) -> Change:
    """A change whose text says what gets the value, where it is a keyword, a default or an item of a dict."""
    around = spot.source.parents.get(node)
    new = change.mend.new or ""
    name = ""
    if isinstance(around, ast.keyword) and around.arg:
        name = f"{around.arg}={new}"
    elif isinstance(around, ast.Dict) and node in around.values:
        key = around.keys[around.values.index(node)]
        name = f"{spot.source.text(key)}: {new}" if key is not None else ""
    elif isinstance(around, ast.List | ast.Tuple):
        texts = [new if item is node else spot.source.text(item) for item in around.elts]
        name = f"[{', '.join(texts)}]" if isinstance(around, ast.List) else f"({', '.join(texts)})"
    elif isinstance(around, ast.arguments):
        positional = [*around.posonlyargs, *around.args][-len(around.defaults) :] if around.defaults else []
        pairs = [
            *zip(positional, around.defaults, strict=False),
            *zip(around.kwonlyargs, around.kw_defaults, strict=False),
        ]
        name = next((f"{argument.arg}={new}" for argument, default in pairs if default is node), "")
    is_alone = change.text == new and change.mend.old == spot.source.text(node)
    return Change(change.mend, name, change.spot) if name and is_alone else change


def _is_in_the_call(place: Spot, number: Number) -> bool:
    """Whether a place is in the code that builds the layer, where its variables can be used."""
    given = number.given
    return given is not None and place.source.scope_of(place.node) is given.source.scope_of(given.node)


def _is_number(place: Spot, number: Number) -> bool:
    """Whether an expression is the number itself, and not the list it is taken from."""
    if isinstance(place.node, ast.List | ast.Tuple | ast.ListComp | ast.Dict):
        return False
    return not (isinstance(place.node, ast.Subscript) and isinstance(place.node.slice, ast.Slice))


def _by_name(case: Case, number: Number, value: int, parts: tuple[int, ...]) -> str:
    """A variable of the same code that has the value, or a sum of such."""
    beside = names_beside(case, number)
    if value in beside:
        return beside[value]
    names = _parameters(case, number) | beside
    if parts and all(part in names for part in parts):
        return " + ".join(names[part] for part in parts)
    return names.get(value, "")


def _parameters(case: Case, number: Number) -> dict[int, str]:
    """The parameters of the function around a layer's call that are sizes by their names, by their values."""
    scope = number.site.source.scope_of(number.site.node)
    if isinstance(scope, ast.Module):
        return {}
    found: dict[int, str] = {}
    for argument in [*scope.args.args, *scope.args.kwonlyargs]:
        if SIZE_NAME.search(argument.arg):
            name = ast.copy_location(ast.Name(id=argument.arg, ctx=ast.Load()), number.site.node)
            source = number.site.source
            source.parents.setdefault(name, source.parents.get(number.site.node, source.tree))
            born = case.flow.born(number.site.at(name, ()))
            if isinstance(born.node, ast.Constant) and isinstance(born.node.value, int):
                found.setdefault(born.node.value, argument.arg)
    return found


def names_beside(case: Case, number: Number) -> dict[int, str]:
    """The sizes that the layers built beside this one got as variables: 16 by `in_channels`."""
    root = model_with(case, number.module)
    path = path_in(root, number.module) if root is not None else None
    if root is None or path is None:
        return {}
    parent = root.get_submodule(path.rpartition(".")[0])
    scope = number.site.source.scope_of(number.site.node)
    found: dict[int, str] = {}
    for sibling in parent.modules():
        site = case.site_of(sibling) if sibling is not number.module and sites_of(case, sibling) else None
        if site is None or site.source.scope_of(site.node) is not scope:
            continue
        for name in SIZES:
            value = getattr(sibling, name, None)
            value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
            given = case.layers.argument(site, sibling, name) if isinstance(value, int) else None
            if given is None or (is_loop_variable(given) and site.node is not number.site.node):
                continue
            if isinstance(value, int) and isinstance(given.node, ast.Name | ast.Attribute | ast.Subscript):
                found.setdefault(value, given.text)
    return found


def _other_item(case: Case, place: Spot, new: int) -> str:
    """widths[-1] in place of widths[0], where the list is written out."""
    if not isinstance(place.node, ast.Subscript):
        return ""
    born = case.flow.born(place.at(place.node.value, ()))
    items = born.node.elts if isinstance(born.node, ast.List | ast.Tuple) else []
    values = [item.value if isinstance(item, ast.Constant) else None for item in items]
    if new not in values:
        return ""
    index = values.index(new)
    return f"{place.source.text(place.node.value)}[{-1 if index == len(values) - 1 else index}]"


def value_text(place: Spot, old: int, new: int) -> str:
    """Code for a new value in place of an old one: a multiple of a variable stays one."""
    if isinstance(place.node, ast.Name | ast.Attribute | ast.Subscript) and min(old, new) >= 4:
        if new % old == 0 and 2 <= new // old <= 16:
            return f"{place.text} * {new // old}"
        if old % new == 0 and 2 <= old // new <= 4:
            return f"{place.text} // {old // new}"
    return repr(new)

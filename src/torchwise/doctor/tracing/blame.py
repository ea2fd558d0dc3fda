"""Which of two sizes that should agree is the odd one, and how its line would be mended."""

import ast
from dataclasses import dataclass, replace

from torch import Tensor, nn

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.writing import with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.arguments import argument_of_layer
from torchwise.doctor.tracing.called import is_derived
from torchwise.doctor.tracing.edits import edits_of_size, edits_of_tensor, is_number
from torchwise.doctor.tracing.listed import odd_list
from torchwise.doctor.tracing.numbers import call_around, number_change, parameter_with, solved
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin, Sizes

SIZES_OF_LAYERS = (
    "in_features", "out_features", "in_channels", "out_channels", "embedding_dim", "input_size", "hidden_size",
    "embed_dim", "num_features", "normalized_shape", "d_model",
)  # fmt: skip
LIKE = {"zeros_like", "ones_like", "empty_like"}
RANDOM = {"rand", "randn", "randint", "normal", "uniform", "random", "standard_normal", "integers"}


@dataclass(frozen=True, eq=False)
class Blame:
    """One size that could be mended. cost: the higher, the less likely it is the odd one."""

    origin: Origin
    change: Change
    cost: float
    kind: str = "size"


def blames(case: Case, sizes: Sizes, one: tuple[Spot, int, int], other: tuple[Spot, int, int]) -> list[Blame]:
    """The changes that make two dimensions agree, likeliest first.

    one, other: the expression, the dimension counted from the end, the size.
    """
    origins = [sizes.origin(spot, dim, size) for spot, dim, size in (one, other)]
    found = []
    for (mine, theirs), (spot, dim, _) in zip(
        (origins, reversed(origins)), (other, one), strict=True
    ):  # fmt: skip
        blame = blame_of(case, sizes, mine, theirs, (spot, dim))
        if blame is not None:
            found.append(blame)
    return sorted(found, key=lambda blame: blame.cost)


def blame_of(
    case: Case, sizes: Sizes, mine: Origin, theirs: Origin, place: tuple[Spot, int] | None = None
) -> Blame | None:
    """What it would take for the size `mine` to be that of `theirs`; place: where the other stands, if anywhere."""
    wanted = theirs.size
    if place is not None and (like := _of_like(sizes, mine, place, wanted)) is not None:
        return like
    if (turned := _of_recurrent(case, sizes, mine, wanted)) is not None:
        return turned
    theirs = replace(theirs, number=number_of(case, theirs))
    if mine.kind == "layer" and mine.layer is not None and mine.parameter:
        number, site = number_of(case, mine), case.site_of(mine.layer)
        if number is None or site is None:
            return None
        value = sizes.value(number)
        times = mine.size // value if isinstance(value, int) and value else 1  # two directions give twice hidden_size
        if wanted % max(times, 1):
            return None
        if times > 1:
            return Blame(mine, number_change(case, number, wanted // times, site.node, against=theirs.number), 2.4)
        change = number_change(case, number, wanted, site.node, against=theirs.number, now=mine.size)
        cost = 2.0 + 0.3 * (not is_number(number.node)) + 0.3 * _is_default(change)
        return Blame(mine, _named(case, change, mine, theirs), cost + _unpopular(case, mine.size, wanted))
    if mine.kind == "layer" and mine.layer is not None:
        return _of_padding(case, mine, wanted)
    is_data = call_name(mine.spot.node) in RANDOM
    if not is_data and (odd := odd_list(case, mine.spot, mine.size, wanted)) is not None:
        return Blame(mine, odd, 1.0)
    if mine.number is None:
        return _of_one_hot(mine, wanted)
    is_followed = _is_batch(theirs) and not _is_weight(theirs)
    if is_followed and place is not None and not is_derived(sizes, mine.number):
        spot, dim = place
        if -dim == len(sizes.shape(spot) or ()) and (follow := batch_change(case, mine, spot)) is not None:
            return Blame(mine, follow, 1.0, "batch")
    if is_derived(sizes, mine.number):
        return _of_other_dimension(case, sizes, mine, wanted) or _of_formula(case, mine, wanted)
    is_random = call_name(mine.spot.node) in RANDOM and not _is_weight(mine)
    if is_random and mine.is_input:
        return None  # it stands for the data
    change = number_change(case, mine.number, wanted, _around(mine), against=theirs.number, now=mine.size)
    cost = 1.9 + 0.3 * (not is_number(mine.number.node)) + 1.0 * is_random + 0.4 * mine.is_input
    return Blame(mine, _named(case, change, mine, theirs), cost + _unpopular(case, mine.size, wanted))


def _of_recurrent(case: Case, sizes: Sizes, mine: Origin, wanted: int) -> Blame | None:
    """batch_first=True for a recurrent layer whose states have the time of its input where the batch is wanted."""
    for step in mine.steps:
        node = step.node
        if not isinstance(node, ast.Call) or not node.args or step.path[:1] != (1,):
            continue
        layer, given = sizes.value(step.at(node.func, ())), sizes.shape(step.at(node.args[0], ()))
        if not isinstance(layer, nn.RNNBase) or layer.batch_first or given is None:
            continue
        site = case.site_of(layer)
        if given[:-1] == (wanted, mine.size) and site is not None and isinstance(site.node, ast.Call):
            return Blame(mine, with_keyword(site, "batch_first", "True"), 1.0, "turned")
    return None


def _of_padding(case: Case, mine: Origin, wanted: int) -> Blame | None:
    """Another padding for a convolution that makes its input smaller, or larger, than that of the other way."""
    layer = mine.layer
    if not isinstance(layer, nn.modules.conv._ConvNd) or layer.transposed or (site := case.site_of(layer)) is None:
        return None
    kernel, stride, padding = layer.kernel_size[-1], layer.stride[-1], layer.padding[-1]
    if not isinstance(padding, int) or not isinstance(site.node, ast.Call):
        return None
    usual, more = layer.dilation[-1] * (kernel - 1) // 2, (wanted - mine.size) * stride
    is_fitting = more % 2 == 0 and padding + more // 2 == usual
    is_unpadded = stride == 1 and kernel % 2 == 1 and wanted > mine.size
    if padding == usual or not (is_fitting or is_unpadded):
        return None
    given = argument_of_layer(site, type(layer), "padding")
    if given is not None:
        return Blame(mine, replaced(given, given.node, str(usual), least=site.node), 1.6, "padding")
    last = [*site.node.args, *(keyword.value for keyword in site.node.keywords)][-1]
    change = replaced(site.at(last, ()), last, f"{site.source.text(last)}, padding={usual}", least=site.node)
    return Blame(mine, change, 1.6, "padding")


def _of_like(sizes: Sizes, mine: Origin, place: tuple[Spot, int], wanted: int) -> Blame | None:
    """zeros_like(x) for results that have another size than x: the size is that of the results."""
    for step in mine.steps:
        node = step.node
        if not isinstance(node, ast.Call) or call_name(node) not in LIKE or not node.args or step.frame is None:
            continue
        model, shape = step.source.text(node.args[0]), sizes.shape(step)
        if shape is None or -place[1] > len(shape):
            return None
        at = len(shape) + place[1]
        name = _with_size(step, at, wanted) or (place[0].text if place[0].text.isidentifier() else None)
        texts = [f"{model}.size({dim})" for dim in range(len(shape))]
        texts[at] = f"{name}.size({at})" if name is not None else str(wanted)
        text = f"{model}.new_{(call_name(node) or '').removesuffix('_like')}({', '.join(texts)})"
        return Blame(mine, replaced(step, node, text), 1.7, "like")
    return None


def _with_size(step: Spot, dim: int, wanted: int) -> str | None:
    """A tensor of the function that was made before a line and has a size in a dimension; the last made of them."""
    found: list[tuple[int, str]] = []
    scope = step.source.scope_of(step.node)
    for name, value in step.frame.locals.items() if step.frame is not None else ():
        if isinstance(value, Tensor) and value.dim() > dim and value.shape[dim] == wanted:
            lines = [getattr(binding.statement, "lineno", 0) for binding in bindings_in(scope, name)]
            if lines and max(lines) < step.line:
                found.append((max(lines), name))
    return max(found)[1] if found else None


def _of_one_hot(mine: Origin, wanted: int) -> Blame | None:
    """one_hot without a number of classes makes as many columns as this batch has."""
    node = mine.spot.node
    if not isinstance(node, ast.Call) or call_name(node) != "one_hot" or len(node.args) != 1 or node.keywords:
        return None
    text = f"{mine.spot.text.rstrip()[:-1]}, {wanted})"
    return Blame(mine, replaced(mine.spot, node, text), 1.2, "classes")


def _of_other_dimension(case: Case, sizes: Sizes, mine: Origin, wanted: int) -> Blame | None:
    """x.size(1) for x.size(0), where a size was read off another tensor."""
    assert mine.number is not None, "asked for numbers"
    born = case.flow.born(mine.number)
    for edit in edits_of_size(born):
        if edit.value(sizes) == wanted:
            return Blame(mine, replace(edit, around=call_around(born, born.node)).change, 1.4)
    for edit in edits_of_tensor(born):
        if edit.value(sizes) == wanted:
            return Blame(mine, replace(edit, around=call_around(born, born.node)).change, edit.cost)
    return None


def _of_formula(case: Case, mine: Origin, wanted: int) -> Blame | None:
    """len(names) for len(names) - 1: a formula on a size that is read off something."""
    assert mine.number is not None, "asked for numbers"
    born = case.flow.born(mine.number)
    change = solved(case, born, wanted) if isinstance(born.node, ast.BinOp) else None
    return Blame(mine, change, 1.9) if change is not None else None


def number_of(case: Case, origin: Origin) -> Spot | None:
    """The expression of a size: in the call that built its layer, else the number that is known."""
    if origin.layer is None or not origin.parameter:
        return origin.number
    site = case.site_of(origin.layer)
    return argument_of_layer(site, type(origin.layer), origin.parameter) if site is not None else None


def _is_weight(origin: Origin) -> bool:
    """Whether a tensor belongs to a module: a parameter or a buffer, not data."""
    steps = [step for step in origin.steps if isinstance(step.node, ast.Attribute)]
    return any(isinstance(step.receiver, nn.Module) for step in steps)


def _around(origin: Origin) -> ast.AST | None:
    """The expression that a number is part of, such as the call of a factory."""
    number, whole = origin.number, origin.spot.node
    return whole if number is not None and any(node is number.node for node in ast.walk(whole)) else None


def _is_default(change: Change) -> bool:
    return isinstance(change.spot.source.parents.get(change.spot.node), ast.arguments)


def _named(case: Case, change: Change, mine: Origin, theirs: Origin) -> Change:
    """The other size by a name that it has in the same function."""
    part = change.spot.node
    if not isinstance(part, ast.Constant | ast.Name):
        return change
    if _is_default(change):
        return change  # a default can't name what is known in the function only
    text = None
    if theirs.number is not None and isinstance(theirs.number.node, ast.Name | ast.Attribute):
        is_same_file = change.spot.source is theirs.number.source
        scope = change.spot.source.scope_of(part)
        if is_same_file and scope is theirs.number.source.scope_of(theirs.number.node):
            text = theirs.number.text
    text = text or parameter_with(case, change.spot, theirs.size)
    return replaced(change.spot, part, text, least=call_around(change.spot, part)) if text is not None else change


def _unpopular(case: Case, size: int, wanted: int) -> float:
    """Less cost for a size that few layers have beside one that many have."""
    counts = {size: 0, wanted: 0}
    root = case.root
    for module in root[1].modules() if root is not None else ():
        for name in SIZES_OF_LAYERS:
            value = getattr(module, name, None) if isinstance(module, nn.Module) else None
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, int) and item in counts:
                    counts[item] += 1
    return 0.4 if counts[size] > counts[wanted] else -0.2 if counts[size] < counts[wanted] else 0.0


def _is_batch(origin: Origin) -> bool:
    """Whether a size is that of the batch as it came, not a number in the code."""
    return origin.kind in ("batch", "data") or (origin.kind == "made" and origin.number is None)


def batch_change(case: Case, origin: Origin, other: Spot, dim: int = 0) -> Change | None:
    """x.size(0) for a fixed number of samples, where both are at hand in one function; else the loader's last batch."""
    assert origin.number is not None, "asked for numbers"
    tensors = [step for step in case.flow.trail(other) if isinstance(step.node, ast.Name | ast.Attribute)]
    for step in case.flow.trail(origin.number):
        for tensor in tensors:
            if step.source is tensor.source and _scope(step) is _scope(tensor) and tensor.frame is step.frame:
                least = _around(origin) if step.node is origin.number.node else call_around(step, step.node)
                return replaced(step, step.node, f"{tensor.text}.size({dim})", least=least)
    return drop_last(case)


def _scope(spot: Spot) -> ast.AST:
    return spot.source.scope_of(spot.node)


def drop_last(case: Case) -> Change | None:
    """drop_last=True for the loader whose batches are under way."""
    loader = running_loader(case)
    if loader is None or not isinstance(loader.node, ast.Call) or keyword_of(loader.node, "drop_last") is not None:
        return None
    last = [*loader.node.args, *(keyword.value for keyword in loader.node.keywords)][-1]
    text = loader.source.text(last)
    return replaced(loader.at(last, ()), last, f"{text}, drop_last=True", least=loader.node)


def running_loader(case: Case) -> Spot | None:
    """The call that built the loader over whose batches a loop was running."""
    for frame in reversed(case.user):
        here, source = frame.node, frame.source
        while here is not None and source is not None:
            here = source.parents.get(here)
            if isinstance(here, ast.For):
                iterable: ast.AST = here.iter
                while isinstance(iterable, ast.Call) and call_name(iterable) != "DataLoader" and iterable.args:
                    iterable = iterable.args[0]
                made = case.flow.born(case.flow.spot(frame, iterable))
                if call_name(made.node) == "DataLoader":
                    return made
    return None

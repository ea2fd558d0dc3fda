"""Samples of different numbers of channels in one batch: grey images among coloured ones, mono among stereo."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.samples_at_hand import Collation
from torchwise.doctor.past.writing import code_of, replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Words
from torchwise.texts import either, note

MOST_CHANNELS = 4
TO_TENSOR = ("from_numpy", "as_tensor", "tensor", "to_tensor", "ToTensor")


def differ_in_channels(shapes: list[tuple[int, ...]]) -> bool:
    """Whether images or sounds differ in their first dimension alone, and that is one of channels."""
    rest = {shape[1:] for shape in shapes}
    is_data = len(rest) == 1 and all(len(part) in (1, 2) and min(part) > 2 * MOST_CHANNELS for part in rest)
    return is_data and all(1 <= shape[0] <= MOST_CHANNELS for shape in shapes)


def one_number_of_channels(
    case: Case, found: Collation, shapes: list[tuple[int, ...]]
) -> Iterator[tuple[Change, Words]]:
    """The channel repeated where a grey image gets its axis; else the sample changed where it is returned."""
    counts, part = sorted({shape[0] for shape in shapes}), found.part_spot
    if part is None:
        return
    why = note("some samples have {channels} channels", channels=either(counts))
    grey = search_back(case.flow, part, _is_new_axis) if counts[0] == 1 and counts[-1] > 2 else None
    if grey is not None:
        yield replaced(grey, grey.node, _repeated(grey, counts[-1])), why
        return
    born = case.flow.born(part)
    place = born if born.source.scope_of(born.node) is part.source.scope_of(part.node) else part
    rest = ", -1" * (len(shapes[0]) - 1)
    if counts == [3, 4]:
        ending = "[:3]"
    else:
        ending = ".mean(0, keepdim=True)" if len(shapes[0]) == 2 else f".expand({counts[-1]}{rest})"
    yield (
        at_line(place, f"{code_of(place)}{ending}" if not place.path else note("the part with {code}", code=ending)),
        why,
    )


def _is_new_axis(spot: Spot) -> bool:
    """Whether an expression gives a value its axis of channels, in some cases only."""
    parents, here = spot.source.parents, spot.node
    if _axis(here) is None:
        return False
    while not isinstance(here, ast.FunctionDef | ast.Lambda | ast.Module):
        if isinstance(here, ast.If | ast.IfExp):
            return True
        here = parents[here]
    return False


def _axis(node: ast.AST) -> int | None:
    """The place of the axis that x[None], x[:, :, None], unsqueeze or expand_dims adds."""
    if isinstance(node, ast.Subscript):
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        places = [index for index, item in enumerate(items) if ast.unparse(item) in ("None", "np.newaxis")]
        behind = any(ast.unparse(item) == "..." for item in items)
        return (places[0] - len(items) if behind else places[0]) if len(places) == 1 else None
    if not isinstance(node, ast.Call) or call_name(node) not in ("unsqueeze", "expand_dims") or not node.args:
        return None
    given = node.args[-1] if not node.keywords else node.keywords[0].value
    return ast.literal_eval(given) if ast.unparse(given).lstrip("-").isdigit() else None


def _repeated(spot: Spot, count: int) -> str:
    """The one channel, as often as the others have."""
    axis, code = _axis(spot.node), " ".join(spot.text.split())
    scope = spot.source.scope_of(spot.node)
    made = any(isinstance(node, ast.Call) and call_name(node) in TO_TENSOR for node in ast.walk(scope))
    if call_name(spot.node) == "expand_dims" or (isinstance(spot.node, ast.Subscript) and made):
        return f"np.repeat({code}, {count}, axis={axis})"
    return f"{code}.repeat_interleave({count}, dim={axis})"

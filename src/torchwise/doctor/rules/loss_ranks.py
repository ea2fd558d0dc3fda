"""Output and target that differ by dimensions of 1, by flattened ones, or by their order."""

import ast
from collections.abc import Iterator
from itertools import permutations

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.compared import Compared
from torchwise.doctor.layerwise.expressions import first_argument, receiver_of, whole_call, with_suffix, without
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

ADDING = {"unsqueeze", "expand_dims", "newaxis", "None"}
TAKING = {"squeeze", "ravel"}


def other_rank(case: Case, pair: Compared, what: Words) -> Iterator[Finding]:
    """TW202: the same values in another number or order of dimensions; all time steps instead of the last."""
    one, other = pair.one, pair.other
    why: Words = note("{name} compares value by value: both must have the same shape", name=pair.name)
    squeezed = [size for size in one if size != 1] == [size for size in other if size != 1]
    if squeezed and len(one) != len(other):
        yield _ones(case, pair, what, why)
    elif (
        len(one) == len(other)
        and one != other
        and pair.output.numel() == pair.target.numel()
        and sorted(one) == sorted(other)
    ):
        yield _turned(case, pair, what, why)
    elif pair.output.numel() == pair.target.numel() and len(one) != len(other):
        yield _flattened(case, pair, what, why)
    elif len(one) >= 2 and len(one) - len(other) in (0, 1) and _all_steps(pair) is not None:
        yield _last_step(case, pair, what, why)


def _ones(case: Case, pair: Compared, what: Words, why: Words) -> Finding:
    """A dimension of 1 more on one side: where it was added or taken away, else in the line of the loss."""
    one, other = pair.one, pair.other
    greedy = _greedy_squeeze(pair)
    if greedy is not None:
        return _greedy(case, pair, what, greedy)
    longer_is_output = len(one) > len(other)
    shaped = _shaped_outside(case, pair, ADDING if not longer_is_output else TAKING)
    if shaped is not None and (change := _without(shaped)) is not None:
        told = note("{why}; {code} makes the target {target}", why=why, code=shaped.text, target=shape_text(other))
        return case.finding("TW202", what, why=told, fix=change.text, mend=change.mend)
    longer, spot = (one, pair.output_spot) if longer_is_output else (other, pair.target_spot)
    dim = _surplus(longer, other if longer_is_output else one)
    suffix = f".squeeze({dim})"
    if spot is None:
        return case.finding("TW202", what, why=why, fix=f"x{suffix}")
    change = with_suffix(spot, spot.node, suffix)
    return case.finding("TW202", what, why=why, fix=change.text, mend=change.mend)


def _surplus(longer: tuple[int, ...], shorter: tuple[int, ...]) -> int:
    """The dimension of 1 that one shape has more than the other; counted from the end if it is the last."""
    for index in reversed(range(len(longer))):
        if longer[index] == 1 and longer[:index] + longer[index + 1 :] == shorter:
            return -1 if index == len(longer) - 1 and index > 1 else index
    return longer.index(1) if 1 in longer else -1


def _greedy_squeeze(pair: Compared) -> Step | None:
    """A squeeze() without a dimension that took the batch of one too."""
    for step in pair.way.back(pair.traced_output):
        if step.name == "squeeze" and len(step.arguments) == 1 and not step.named and (step.given or ())[:1] == (1,):
            return step
        if step.module is not None:
            return None
    return None


def _greedy(case: Case, pair: Compared, what: Words, step: Step) -> Finding:
    given = step.given or ()
    dim = len(given) - 1
    why = note(
        "{code} takes away every dimension of 1, of {given} the batch of one sample too", code=pair.way.name(step),
        given=shape_text(given),
    )  # fmt: skip
    base = receiver_of(step.spot)
    change = whole_call(step.spot, f"{step.spot.source.text(base)}.squeeze({dim})") if base is not None else None
    fix: Words = change.text if change is not None else f"x.squeeze({dim})"
    mend = change.mend if change is not None else pair.way.users_spot(step)
    return case.finding("TW202", what, why=why, fix=fix, mend=mend)


def _shaped_outside(case: Case, pair: Compared, kinds: set[str]) -> Spot | None:
    """Where the target was given a dimension, or robbed of one, on its way from the data."""
    origin = pair.way.origin(pair.way.source(pair.traced_target)) or pair.target_spot
    arrival = arrival_of(case, origin)
    if arrival is not None and "None" in kinds:
        for node in ast.walk(arrival.spot.node):  # df[["label"]] is a table of one column
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.List) and len(node.slice.elts) == 1:
                return arrival.spot.at(node, ())
    for spot in arrival.shaped if arrival is not None else ():
        name = spot.node.attr if isinstance(spot.node, ast.Attribute) else call_name(spot.node)
        if name in kinds or (isinstance(spot.node, ast.Subscript) and "None" in kinds):
            return spot
        texts = [ast.unparse(item) for item in spot.node.args] if isinstance(spot.node, ast.Call) else []
        if "None" in kinds and name in ("view", "reshape") and texts[-1:] == ["1"]:
            return spot
        if "ravel" in kinds and name in ("view", "reshape") and texts == ["-1"]:
            return spot
    return None


def _without(spot: Spot) -> Change | None:
    """An expression without the method or index that shapes it."""
    if isinstance(spot.node, ast.Subscript) and isinstance(spot.node.slice, ast.List):
        return rewritten(spot, spot.node.slice, spot.source.text(spot.node.slice.elts[0]))
    return without(spot)


def _flattened(case: Case, pair: Compared, what: Words, why: Words) -> Finding:
    """The same values in fewer dimensions on one side."""
    one, other = pair.one, pair.other
    spot = pair.target_spot if len(other) > len(one) else pair.output_spot
    short, long = sorted((one, other), key=len)
    is_flat = len(short) == 2 and short[0] == long[0]
    suffix = ".flatten(1)" if is_flat else f".view{shape_text(short)}"
    if spot is None:
        return case.finding("TW202", what, why=why, fix=f"x{suffix}")
    change = with_suffix(spot, spot.node, suffix)
    return case.finding("TW202", what, why=why, fix=change.text, mend=change.mend)


def _turned(case: Case, pair: Compared, what: Words, why: Words) -> Finding:
    """The same sizes in another order."""
    one, other = pair.one, pair.other
    order = next(p for p in permutations(range(len(one))) if tuple(one[i] for i in p) == other)
    moved = [i for i, j in enumerate(order) if i != j]
    swap = f".transpose({moved[0]}, {moved[1]})" if len(moved) == 2 else f".permute({', '.join(map(str, order))})"
    if len(one) == 4 and order == (0, 2, 3, 1):  # the target's channels are last: it is the target that is to be turned
        origin = pair.way.origin(pair.way.source(pair.traced_target)) or pair.target_spot
        arrival = arrival_of(case, origin)
        if arrival is not None:
            change = arrival.changed(".permute(0, 3, 1, 2)", ".permute(2, 0, 1)")
            return case.finding("TW202", what, why=why, fix=change.text, mend=change.mend)
    if pair.output_spot is None:
        return case.finding("TW202", what, why=why, fix=f"output{swap}")
    change = with_suffix(pair.output_spot, pair.output_spot.node, swap)
    return case.finding("TW202", what, why=why, fix=change.text, mend=change.mend)


def _all_steps(pair: Compared) -> Step | None:
    """The step that took the states of all time steps where the target has one for each sequence."""
    one, other = pair.one, pair.other
    if len(one) < 2 or one[0] != other[0] or len(one) == 2:
        return None
    if not (len(one) == len(other) + 1 or (len(one) == 3 and len(other) == 2)):
        return None
    if one[-1] != (other[-1] if len(other) > 1 else 1) and one[2:] != other[1:]:
        return None
    steps = list(pair.way.back(pair.traced_output))
    for step in reversed(steps):
        maker = pair.way.maker(step.inputs[0]) if step.inputs else None
        if maker is not None and isinstance(maker.module, nn.RNNBase) and step.inputs[0].dim() == 3:
            return step
    return None


def _last_step(case: Case, pair: Compared, what: Words, why: Words) -> Finding:
    """Only the last time step is to go on."""
    step = _all_steps(pair)
    assert step is not None, "asked before"
    given = step.given or ()
    told = note(
        "{code} works on all {steps} time steps of {given}; the target has one value for each sequence",
        code=pair.way.name(step), steps=given[1] if len(given) > 1 else 0, given=shape_text(given),
    )  # fmt: skip
    argument = first_argument(pair.way.users_spot(step))
    change = with_suffix(argument, argument.node, "[:, -1]") if argument is not None else None
    fix: Words = change.text if change is not None else "out[:, -1]"
    mend = change.mend if change is not None else pair.way.users_spot(step)
    return case.finding("TW202", what, why=told, fix=fix, mend=mend)


def values_of(tensor: Tensor) -> Tensor:
    """The numbers of a small tensor, away from any accelerator and any graph."""
    return tensor.detach().flatten()[:4096].cpu()

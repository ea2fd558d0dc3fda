"""Skip connections and U-Nets: what went around the layers has another size than what went through them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.areas import is_spatial, settings
from torchwise.doctor.layerwise.dimensions import JOINS, decided
from torchwise.doctor.layerwise.numbers import number_of
from torchwise.doctor.layerwise.options import padding_text, with_option
from torchwise.doctor.layerwise.places import ground_of
from torchwise.doctor.layerwise.rewriting import changed
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.rules.projection import guard_missing, projection_missing
from torchwise.doctor.rules.upsampling import size_restored
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

PRODUCTS = {"mul", "__mul__"}
DIFFERENCES = {"sub", "__sub__", "rsub"}
SUMS = {"add", "__add__", "sub", "__sub__", "mul", "__mul__", "__iadd__", "iadd", "add_", "rsub", "__radd__"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Fork:
    """Two ways from one tensor: around (few or no layers) and through. dims: where their sizes differ."""

    around: Tensor
    through: Tensor
    steps_around: tuple[Step, ...]
    steps_through: tuple[Step, ...]
    dims: tuple[int, ...]
    is_joined: bool


def skip_sizes(case: Case) -> Iterator[Finding]:
    """TW219: a sum or cat in `forward` of a tensor and of what layers made of it."""
    way = way_of(case)
    step = way.failed
    if step is None or step.module is not None or (step.name not in SUMS and step.name not in JOINS):
        return
    if step.name in DIFFERENCES and not step.within:  # an output minus its target
        return
    fork = _fork(way, step)
    if fork is None or (step.name in PRODUCTS and fork.around.dim() < 4):  # a gate of vectors is no skip connection
        return
    what = note(
        "the skip connection has {around}, the layers beside it give {through}: dimension {dims} must agree",
        around=shape_text(shape_of(fork.around)), through=shape_text(shape_of(fork.through)),
        dims=", ".join(map(str, fork.dims)),
    )  # fmt: skip
    if 1 in fork.dims and not fork.is_joined:
        yield from _channels(case, way, fork, what)
    else:
        yield from _areas(case, way, step, fork, what)


def _fork(way: Way, step: Step) -> Fork | None:
    """The two ways that meet, if they come from one tensor and don't fit."""
    is_joined = step.name in JOINS
    axis = step.named.get(
        "dim", step.named.get("axis", step.arguments[1] if is_joined and len(step.arguments) > 1 else 0)
    )
    for other in step.inputs[1:]:
        one = step.inputs[0]
        if one.dim() != other.dim() or one.dim() < 2 or one.shape[0] != other.shape[0]:
            continue
        left_out = axis % one.dim() if is_joined and isinstance(axis, int) else None
        dims = tuple(
            i for i in range(1, one.dim()) if i != left_out and _differ(one.shape[i], other.shape[i], is_joined)
        )
        if not dims:
            continue
        chains = [_chain(way, one), _chain(way, other)]
        common = next((tensor for tensor, _ in chains[0] if any(tensor is t for t, _ in chains[1])), None)
        if common is None or (common is not one and common is not other and is_joined):
            return None
        ways = [_steps_to(chain, common) for chain in chains]
        if not any(s.module is not None for steps in ways for s in steps):
            return None
        around, through = (one, other) if _weight(ways[0]) <= _weight(ways[1]) else (other, one)
        first = 0 if around is one else 1
        return Fork(around=around, through=through, steps_around=ways[first], steps_through=ways[1 - first],
                    dims=dims, is_joined=is_joined)  # fmt: skip
    return None


def _differ(one: int, other: int, is_joined: bool) -> bool:
    return one != other and (is_joined or 1 not in (one, other))


def _weight(steps: tuple[Step, ...]) -> int:
    return sum(1 for step in steps if step.module is not None)


def _chain(way: Way, tensor: Tensor) -> list[tuple[Tensor, Step | None]]:
    """A tensor and those it was made from, along the main inputs, each with its maker."""
    found: list[tuple[Tensor, Step | None]] = []
    here: Tensor | None = tensor
    while here is not None and len(found) < 2000:
        step = way.maker(here)
        found.append((here, step))
        here = way.before(step) if step is not None else None
    return found


def _steps_to(chain: list[tuple[Tensor, Step | None]], end: Tensor) -> tuple[Step, ...]:
    """The steps from a tensor on to the end of its chain, the first of them first."""
    found: list[Step] = []
    for tensor, step in chain:
        if tensor is end or step is None:
            break
        found.insert(0, step)
    return tuple(found)


def _channels(case: Case, way: Way, fork: Fork, what: Words) -> Iterator[Finding]:
    """Other channels: the shortcut's layer, a projection that is missing, or the last layer of the branch."""
    around, through = decided(way, fork.around, 1), decided(way, fork.through, 1)
    why = note("both are added value by value: {one} and {other} channels don't fit",
               one=fork.around.shape[1], other=fork.through.shape[1])  # fmt: skip
    shortcut = next(
        (step for step in reversed(fork.steps_around) if step.module is around.module and around.module), None
    )
    if shortcut is not None:
        number = number_of(case, around.module, around.name)
        rival = through.module
        change = (
            changed(case, number, fork.through.shape[1], ground_of(case, number, rival, way.steps)) if number else None
        )
        if change is not None:
            yield case.finding("TW219", what, why=why, fix=change.text, mend=change.mend)
            return
    guard = guard_missing(case, way, _ends(case, fork))
    if guard is not None:
        yield case.finding("TW219", what, why=why, fix=guard.text, mend=guard.mend)
        return
    sizes = (fork.around.shape[1], fork.through.shape[1], _stride(fork))
    missing = projection_missing(case, way, sizes, _ends(case, fork), by_stride=False)
    if missing is not None:
        yield case.finding("TW219", what, why=why, fix=missing.text, mend=missing.mend)
        return
    number = number_of(case, through.module, through.name) if through.kind == "layer" else None
    if number is not None:
        change = changed(case, number, fork.around.shape[1], ground_of(case, number, around.module, way.steps))
        fix: Words = change.text if change is not None else f"{number.name}={fork.around.shape[1]}"
        yield case.finding("TW219", what, why=why, fix=fix, mend=change.mend if change is not None else number.site)
        return
    yield case.finding("TW219", what, why=why, fix=note("a layer from {one} to {other} channels around",
                       one=fork.around.shape[1], other=fork.through.shape[1]))  # fmt: skip


def _stride(fork: Fork) -> int:
    """How many times smaller the branch makes height and width."""
    one, other = fork.around.shape[-1], fork.through.shape[-1]
    return round(one / other) if other and one > other else 1


def _areas(case: Case, way: Way, step: Step, fork: Fork, what: Words) -> Iterator[Finding]:
    """Other heights and widths: padding that is missing, a stride that the shortcut has not, an odd size halved."""
    narrowed = next((s for s in (*fork.steps_through, *fork.steps_around) if _loses(s)), None)
    if narrowed is not None:
        yield _padding(case, way, narrowed, what)
        return
    restored = size_restored(case, way, step, fork.around, fork.through, fork.steps_through)
    if restored is not None:
        why, fix, mend = restored
        yield case.finding("TW219", what, why=why, fix=fix, mend=mend)
        return
    strided = next((s for s in fork.steps_through if s.module is not None and _shrinks(s)), None)
    why = note("the branch makes the maps {factor} times smaller, the shortcut does not", factor=_stride(fork))
    if strided is not None:
        why = note("{name} turns {given} into {made}, the shortcut does not", name=way.name(strided),
                   given=shape_text(strided.given or ()), made=shape_text(strided.shape or ()))  # fmt: skip
    change = _strided_shortcut(case, fork, strided)
    stride = _variable(case, strided.module if strided is not None else None, "stride")
    sizes = (fork.around.shape[1], fork.through.shape[1], _stride(fork))
    change = change or projection_missing(case, way, sizes, (stride,) if stride else (), by_stride=True)
    if change is not None:
        yield case.finding("TW219", what, why=why, fix=change.text, mend=change.mend)
        return
    site = case.site_of(strided.module) if strided is not None and strided.module is not None else None
    yield case.finding("TW219", what, why=why, fix=note("the same stride on both ways"), mend=site)


def _loses(step: Step) -> bool:
    """Whether a convolution of stride 1 loses the border for lack of padding."""
    told = settings(step)
    if told is None or not isinstance(step.module, _ConvNd) or isinstance(step.module, _ConvTransposeNd):
        return False
    return all(s == 1 for s in told["stride"]) and (step.given or ())[-1:] != (step.shape or ())[-1:]


def _shrinks(step: Step) -> bool:
    return bool((step.given and step.shape and step.shape[-1] < step.given[-1] and step.module is not None
                and isinstance(step.module, _ConvNd)) or "Pool" in step.name)  # fmt: skip


def _padding(case: Case, way: Way, step: Step, what: Words) -> Finding:
    """A convolution that should keep the size."""
    assert isinstance(step.module, _ConvNd), "asked before"
    told = settings(step)
    assert told is not None, "asked before"
    kernel, dilation = told["kernel_size"][-1], told["dilation"][-1]
    wanted = dilation * (kernel - 1) // 2
    why = note(
        "kernel {kernel}, dilation {dilation} and padding {padding} of {name} make {before} {after}; {wanted} keeps it",
        name=way.name(step), kernel=kernel, dilation=dilation, padding=told["padding"][-1],
        before=(step.given or (0,))[-1], after=(step.shape or (0,))[-1], wanted=wanted,
    )  # fmt: skip
    change = with_option(case, step.module, "padding", padding_text(case, step.module, wanted))
    fix: Words = change.text if change is not None else f"padding={wanted}"
    return case.finding(
        "TW219", what, why=why, fix=fix, mend=change.mend if change is not None else case.site_of(step.module)
    )


def _strided_shortcut(case: Case, fork: Fork, strided: Step | None) -> Change | None:
    """The shortcut's own convolution with the stride of the branch, by its variable where there is one."""
    module: nn.Module | None = next((s.module for s in fork.steps_around if is_spatial(s.module)), None)
    if module is None or _stride(fork) == 1:
        return None
    name = _variable(case, strided.module if strided is not None else None, "stride")
    return with_option(case, module, "stride", name or str(_stride(fork)))


def _variable(case: Case, module: nn.Module | None, name: str) -> str:
    """The variable that a setting of a layer is given by; "" if it is none."""
    site = case.site_of(module) if module is not None else None
    given = case.layers.argument(site, module, name) if site is not None and module is not None else None
    return given.text if given is not None and isinstance(given.node, ast.Name) else ""


def _ends(case: Case, fork: Fork) -> tuple[str, ...]:
    """The variables of the channels at the beginning and at the end of the branch."""
    layers = [step.module for step in fork.steps_through if isinstance(step.module, _ConvNd | nn.Linear)]
    if not layers:
        return ()
    begin, end = ("in_channels", "out_channels") if isinstance(layers[0], _ConvNd) else ("in_features", "out_features")
    names = (_variable(case, layers[0], begin), _variable(case, layers[-1], end))
    return names if all(names) and names[0] != names[1] else ()


RULES = (skip_sizes,)

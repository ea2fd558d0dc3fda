"""Image transforms in the wrong order, for another type of image, or for another number of channels."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.loading import calls_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

TO_TENSOR = re.compile(r"to_?tensor|pil_?to_?tensor|to_?image|as_?tensor", re.I)
OF_TYPES = re.compile(
    r"should be|does not support|Unexpected type|has no attribute|unsupported operand|must be|not support|expected"
)
CHANNELS = re.compile(r"broadcast|size of tensor a \((?P<a>\d+)\) must match")


def transform_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW626: a transform of torchvision's got an image that it isn't made for."""
    frame = next((f for f in reversed(case.frames) if _is_transform(f.locals.get("self"))), None)
    if frame is None or not isinstance(case.error, TypeError | RuntimeError | ValueError | AttributeError):
        return
    transform, chain = frame.locals["self"], _chain(case)
    place = _element(case, transform, chain)
    image = _image(frame)
    kind = type(transform).__name__
    if kind == "Normalize" and CHANNELS.search(case.text) and isinstance(image, Tensor) and image.dim() >= 3:
        yield _channels(case, transform, image, place)
    elif isinstance(image, Tensor) and "float tensor" in case.text:
        what = note(
            "{kind} gets an image of {dtype}, it needs floats", kind=kind, dtype=str(image.dtype).removeprefix("torch.")
        )
        yield case.finding("TW626", what, why=note("ToImage and PILToTensor keep the whole numbers from 0 to 255"), mend=place,
                           fix="v2.ToDtype(torch.float32, scale=True)")  # fmt: skip
    elif OF_TYPES.search(case.text) and image is not None:
        yield _of_another_type(case, transform, image, chain, place)
    elif isinstance(case.error, ValueError):
        what = note("{kind} can't work on this image: {error}", kind=kind, error=case.text.strip().splitlines()[0])
        yield case.finding("TW626", what, mend=place)


def _is_transform(value: Any) -> bool:
    module = type(value).__module__
    return module.startswith("torchvision.transforms") and type(value).__name__ not in (
        "Compose",
        "RandomApply",
        "RandomChoice",
    )


def _chain(case: Case) -> list[Any]:
    """The transforms of the Compose under way."""
    for frame in reversed(case.frames):
        owner = frame.locals.get("self")
        held = getattr(owner, "transforms", None)
        if isinstance(held, list | tuple) and not frame.is_user:
            return list(held)
    return []


def _image(frame: Frame) -> Any:
    """The image that the transform was given."""
    for name in ("img", "pic", "image", "tensor", "inpt"):
        if frame.locals.get(name) is not None:
            return frame.locals[name]
    inputs = frame.locals.get("inputs") or frame.locals.get("flat_inputs") or frame.locals.get("args")
    return next(iter(inputs), None) if isinstance(inputs, list | tuple) else None


def _element(case: Case, transform: Any, chain: list[Any]) -> Spot | None:
    """Where a transform stands in the list of the user's Compose; its only call elsewhere."""
    name = type(transform).__name__
    index = next((i for i, item in enumerate(chain) if item is transform), None)
    if index is not None and (listed := _listed(case, chain, index)) is not None:
        return listed
    found = list(calls_of(case.flow, {name}))
    return found[0] if found else None


def _kind_of(image: Any) -> Words:
    if isinstance(image, Tensor):
        return note("a tensor")
    if type(image).__name__ == "ndarray":
        return note("a NumPy array")
    return note("a PIL image") if "PIL" in type(image).__module__ else note("a {kind}", kind=type(image).__name__)


def _of_another_type(case: Case, transform: Any, image: Any, chain: list[Any], place: Spot | None) -> Finding:
    """A PIL image where a tensor is needed, or the other way round."""
    kind, given = type(transform).__name__, _kind_of(image)
    what = note("{kind} gets {given}, which it isn't made for", kind=kind, given=given)
    index = next((i for i, item in enumerate(chain) if item is transform), 0)
    before = [type(item).__name__ for item in chain[:index]]
    after = [type(item).__name__ for item in chain[index + 1 :]]
    code = " ".join(place.text.split()) if place is not None else f"{kind}()"
    fix: Words
    if isinstance(image, Tensor):
        maker = next((name for name in before if TO_TENSOR.search(name)), None)
        why = note("it takes PIL images")
        if TO_TENSOR.search(kind):
            fix = note("leave {code} out: the image is a tensor already", code=code)
        elif maker:
            fix = note("{code} before {maker}", code=code, maker=f"{maker}()")
            why = note("it takes PIL images, and {maker} stands before it", maker=maker)
        else:
            fix = f"transforms.ToPILImage(), {code}"
    elif type(image).__name__ == "ndarray":
        why = note("it takes PIL images and tensors")
        fix = f"transforms.ToPILImage(), {code}"
    else:
        maker = next((name for name in after if TO_TENSOR.search(name)), None)
        why = note("it takes tensors, and ToTensor() is missing before it")
        fix = f"transforms.ToTensor(), {code}"
        if maker:
            why = note("it takes tensors, and {maker} stands behind it", maker=maker)
            fix = note("{code} behind {maker}", code=code, maker=f"{maker}()")
    return case.finding("TW626", what, why=why, fix=fix, mend=place)


def _channels(case: Case, transform: Any, image: Tensor, place: Spot | None) -> Finding:
    """Normalize with a mean for each of three channels, on grey images."""
    mean = list(getattr(transform, "mean", []))
    channels = int(image.shape[-3])
    what = note(
        "Normalize has means for {means} channels, the image has {channels}", means=len(mean), channels=channels
    )
    why = note("it needs one mean and one deviation for each channel")
    numbers = ", ".join(["0.5"] * channels)
    fix = f"transforms.Normalize([{numbers}], [{numbers}])"
    change = replaced(place, place.node, fix) if place is not None else None
    return case.finding("TW626", what, why=why, fix=fix, mend=change.mend if change is not None else None)


def transform_is_no_object(case: Case) -> Iterator[Finding]:
    """TW626: the class of a transform stands in the list, or Compose gets its transforms side by side."""
    if not isinstance(case.error, TypeError) or "__init__() takes" not in case.text:
        return
    chain = _chain(case)
    odd = next((item for item in chain if isinstance(item, type)), None)
    if odd is not None:
        name = odd.__name__
        found = [Spot(s, n) for s in case.flow.sites.sources for n in ast.walk(s.tree)
                 if isinstance(n, ast.Attribute | ast.Name) and ast.unparse(n).rpartition(".")[2] == name
                 and isinstance(s.parents.get(n), ast.List | ast.Tuple)]  # fmt: skip
        what = note("the class {name} itself stands among the transforms", name=name)
        change = replaced(found[0], found[0].node, f"{found[0].text}()") if found else None
        yield case.finding("TW626", what, why=note("a transform is built with brackets"), fix=change.text if change else f"{name}()",
                           mend=change.mend if change else None)  # fmt: skip
        return
    node = case.frame.node if case.frame is not None else None
    if isinstance(node, ast.Call) and call_name(node) == "Compose" and len(node.args) > 1:
        spot = case.spot(node)
        items = ", ".join(spot.source.text(item) for item in node.args)
        change = replaced(spot, node, f"{spot.source.text(node.func)}([{items}])")
        what = note("Compose gets {count} arguments, it takes one list", count=len(node.args))
        yield case.finding(
            "TW626", what, why=note("the transforms stand in one list"), fix=change.text, mend=change.mend
        )


def own_transforms_are_out_of_order(case: Case) -> Iterator[Finding]:
    """TW626: among the user's own transforms one stands before (or behind) the one that makes tensors."""
    if not isinstance(case.error, TypeError | AttributeError | RuntimeError | ValueError) or case.frame is None:
        return
    steps, step, frame = _own_chain(case)
    if step is None or frame is None:
        return
    index = next(i for i, item in enumerate(steps) if item is step)
    makers = [i for i, item in enumerate(steps) if TO_TENSOR.search(_name(item)) and item is not step]
    image = next((v for n, v in frame.arguments().items() if n not in ("self", "cls")), None)
    is_tensor = isinstance(image, Tensor)
    later = [i for i in makers if i > index]
    if not makers or (is_tensor and later) or (not is_tensor and not later):
        return
    maker = _name(steps[later[0] if later else makers[-1]])
    name, given = _name(step), _kind_of(image)
    what = note("{name} gets {given}, which it isn't made for", name=name, given=given)
    why = note("{maker}, which makes tensors, stands behind it", maker=maker)
    fix = note("{name} behind {maker}", name=name, maker=maker)
    if is_tensor:
        why = note("{maker}, which makes tensors, stands before it", maker=maker)
        fix = note("{name} before {maker}", name=name, maker=maker)
    place = _listed(case, steps, index)
    yield case.finding("TW626", what, why=why, fix=fix, mend=at_line(place, fix).mend if place is not None else None)


def _name(step: Any) -> str:
    return getattr(step, "__name__", type(step).__name__)


def _own_chain(case: Case) -> tuple[list[Any], Any, Frame | None]:
    """The list of transforms of the user's Compose, the one that failed, and its frame."""
    for position, outer in enumerate(case.user[:-1]):
        lists = [v for v in list(vars(outer.receiver()).values()) if isinstance(v, list | tuple)] if hasattr(
            outer.receiver(), "__dict__") else []  # fmt: skip
        lists += [v for v in outer.locals.values() if isinstance(v, list | tuple)]
        inner = case.user[position + 1]
        for steps in lists:
            for step in steps:
                is_object = step is inner.receiver() and inner.function in ("__call__", "forward")
                is_function = getattr(step, "__code__", None) is inner.code
                if callable(step) and (is_object or is_function):
                    return list(steps), step, inner
    return [], None, None


def _listed(case: Case, steps: list[Any], index: int) -> Spot | None:
    """The element of the list (or of the call's arguments) in the code that made these transforms, in this order."""
    names = [_name(step) for step in steps]
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            items = node.elts if isinstance(node, ast.List | ast.Tuple) else getattr(node, "args", None)
            if isinstance(items, list) and [_written(case, Spot(source, item)) for item in items] == names:
                return Spot(source, items[index])
    return None


def _written(case: Case, item: Spot) -> str:
    """The name of the transform that an element of a list is: of the class that is built, of the function."""
    made = case.flow.born(item) if isinstance(item.node, ast.Name | ast.Attribute) else item
    node = made.node if isinstance(made.node, ast.Call) else item.node
    return call_name(node) or ast.unparse(node)


RULES = (transform_does_not_fit, transform_is_no_object, own_transforms_are_out_of_order)

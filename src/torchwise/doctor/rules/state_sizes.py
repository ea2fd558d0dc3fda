"""A state dict of another model: weights of other sizes, layers that are missing or that the model hasn't got."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case, path_in
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, recorded_spots, rewritten
from torchwise.doctor.objects.defaults import at_call
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.saved import load_behind, owner_of_state, saves, state_saved
from torchwise.doctor.past.forks import changed, fork, twin, way
from torchwise.doctor.rules.state_dicts import names_of, prefixes, shown, state_frame, state_spot
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import methods_first_init
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Linear": ("out_features", "in_features"), "Embedding": ("num_embeddings", "embedding_dim"),
    "EmbeddingBag": ("num_embeddings", "embedding_dim"), "Conv1d": ("out_channels", "in_channels", "kernel_size"),
    "Conv2d": ("out_channels", "in_channels", "kernel_size", "kernel_size"),
    "Conv3d": ("out_channels", "in_channels", "kernel_size", "kernel_size", "kernel_size"),
    "ConvTranspose1d": ("in_channels", "out_channels", "kernel_size"),
    "ConvTranspose2d": ("in_channels", "out_channels", "kernel_size", "kernel_size"),
    "BatchNorm1d": ("num_features",), "BatchNorm2d": ("num_features",), "BatchNorm3d": ("num_features",),
    "GroupNorm": ("num_channels",), "PReLU": ("num_parameters",), "LayerNorm": ("normalized_shape",),
    "InstanceNorm2d": ("num_features",), "Bilinear": ("out_features", "in1_features", "in2_features"),
    "RNN": ("hidden_size", "input_size"), "LSTM": ("hidden_size", "input_size"), "GRU": ("hidden_size", "input_size"),
    "LSTMCell": ("hidden_size", "input_size"), "GRUCell": ("hidden_size", "input_size"),
    "MultiheadAttention": ("embed_dim", "embed_dim"),
}  # fmt: skip
GATES = {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3}


def weights_have_other_sizes(case: Case) -> Iterator[Finding]:
    """TW803: a layer of the model has another size than in the file."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None or not isinstance(frame.locals.get("state_dict"), dict):
        return
    model = frame.locals["self"]
    misfits = _misfits(model, frame.locals["state_dict"])
    missing = names_of(frame.locals.get("missing_keys"))
    if not misfits or len(missing) > 4 * len(misfits):
        return
    name, saved, own = misfits[0]
    what = note("{name} is {saved} in the file, the model's is {own}", name=name, saved=saved, own=own)
    if len(misfits) > 1:
        what = note("{name} is {saved} in the file, the model's is {own}; so are {others} more", name=name, saved=saved,
                    own=own, others=len(misfits) - 1)  # fmt: skip
    why = note("a state dict fits only a model that was built with the same sizes")
    mends = list(_mended(case, model, misfits))
    for index, change in enumerate(mends[:2]):
        yield case.finding("TW803", what, why=why, fix=change.text, mend=change.mend, sure=index == 0)
    if not mends:
        place = load_behind(case, spot) or spot
        fix = note("the model must be built with {saved} for {name}", saved=saved, name=name)
        yield case.finding("TW803", what, why=why, fix=fix, mend=_built(case, model) or place, sure=False)


def _misfits(model: nn.Module, given: dict[Any, Any]) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """The weights of other sizes: name, the file's shape, the model's."""
    own = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))
    return [
        (name, tuple(given[name].shape), tuple(tensor.shape))
        for name, tensor in own.items()
        if isinstance(given.get(name), Tensor) and given[name].shape != tensor.shape
    ]


def _mended(case: Case, model: nn.Module, misfits: list[Any]) -> Iterator[Change]:
    """Where the sizes were given: the likeliest first."""
    theirs = _saver(case)
    for name, saved, own in misfits:
        path, _, leaf = name.rpartition(".")
        layer = model.get_submodule(path)
        for dim, argument in enumerate(ARGUMENTS.get(type(layer).__name__, ())):
            if leaf.startswith(("bias", "running")) and dim:
                continue
            if dim < len(saved) and dim < len(own) and saved[dim] != own[dim]:
                number = saved[dim] // (GATES.get(type(layer).__name__, 1) if dim == 0 else 1)
                change = _argument_changed(case, model, layer, argument, number, theirs)
                if change is not None:
                    yield change


def _argument_changed(
    case: Case, model: nn.Module, layer: nn.Module, argument: str, number: int, theirs: Spot | None
) -> Change | None:
    """The number that a layer got, at the place where the loading program differs from the saving one."""
    site = recorded_spots(layer) or case.layers.site(layer, path_in(model, layer) or "", model)
    given = case.layers.argument(site, layer, argument) if site is not None else None
    if site is None or given is None:
        return None
    return parted(case, model, given, theirs, number) or changed(case, given, number)


def parted(case: Case, model: nn.Module, given: Spot, theirs: Spot | None, number: object) -> Change | None:
    """The step on the way of a value where it parts from that of the model that was saved."""
    ours = recorded_spots(model)
    if ours is None or theirs is None:
        return None
    other = twin(given, ours, theirs)
    found = fork(case, given, other)
    if found is None:
        return None
    saved = [step for step in way(case.flow, other) if other is not None] if other is not None else []
    if isinstance(found.node, ast.Constant):
        return at_call(case, given, found, repr(number)) or rewritten(found, found.node, repr(number))
    unshared = [step for step in saved if step.source is found.source and type(step.node) is type(found.node)]
    text: Words = note("{code} as it was for the model that was saved: {other}", code=_short(found),
                       other=_short(unshared[-1] if unshared else saved[-1]))  # fmt: skip
    if isinstance(number, int) and not isinstance(number, bool):
        text = note("{code} must give {number}; for the model that was saved it was {other}", code=_short(found),
                    number=number, other=_short(unshared[-1] if unshared else saved[-1]))  # fmt: skip
    return Change(Mend(file=found.file, line=found.line), text, found)


def _short(spot: Spot) -> str:
    text = " ".join(spot.text.split())
    return text if len(text) < 50 else text[:47] + "..."


def _saver(case: Case) -> Spot | None:
    """The call that built the model whose weights were saved."""
    for save in saves(case):
        state = state_saved(case, save)
        if state is not None:
            made = owner_of_state(case, state)
            if isinstance(made.node, ast.Call):
                return made
    return None


def _built(case: Case, model: nn.Module) -> Spot | None:
    """The call that built the model, or the one that its numbers came through."""
    return recorded_spots(model) or case.site_of(model)


def keys_dont_fit(case: Case) -> Iterator[Finding]:
    """TW801: layers that the file lacks, or that the model hasn't got."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None:
        return
    missing, extra = names_of(frame.locals.get("missing_keys")), names_of(frame.locals.get("unexpected_keys"))
    if (not missing and not extra) or prefixes(missing, extra) != ("", ""):
        return
    what = _keys_in_words(missing, extra)
    why = note("a state dict fits only a model with the same layers under the same names")
    change = _layer_chosen(case, frame, [*missing, *extra])
    if change is not None:
        yield case.finding("TW801", what, why=why, fix=change.text, mend=change.mend)
    yield from _renamed(case, frame, missing, extra, what, why)
    if change is None:
        node = case.frame.node if case.frame is not None else None
        built = _built(case, frame.locals["self"])
        fix = note("build the model as it was when it was saved, or load with strict=False to leave these out")
        place = built or (case.spot(node) if node is not None else spot)
        yield case.finding("TW801", what, why=why, fix=fix, mend=place, sure=False)


def _keys_in_words(missing: list[str], extra: list[str]) -> Words:
    if missing and extra:
        return note("the file lacks {missing}, and has {extra}, which the model hasn't", missing=shown(missing),
                    extra=shown(extra))  # fmt: skip
    if missing:
        return note("the file lacks {missing}, which the model has", missing=shown(missing))
    return note("the file has {extra}, which the model hasn't", extra=shown(extra))


def _layer_chosen(case: Case, frame: Frame, names: list[str]) -> Change | None:
    """The choice (an option, a number of layers) by which the two models differ."""
    model, theirs = frame.locals["self"], _saver(case)
    ours = recorded_spots(model)
    for name in names[:3]:
        for test, made in _tests(model, ours, name.split(".")):
            other = twin(made, ours, theirs) if ours is not None and theirs is not None else None
            for node in _asked(test):
                given, before = made.at(node, ()), other.at(node, ()) if other is not None else None
                found = fork(case, given, before)
                if found is None and other is not None:
                    continue
                found = found or way(case.flow, given)[-1]
                return _choice(case, given, found, before)
    return None


def _choice(case: Case, given: Spot, found: Spot, other: Spot | None) -> Change:
    """The place of the choice, and what it was for the model that was saved."""
    theirs = way(case.flow, other)[-1] if other is not None else None
    wanted = theirs.text if theirs is not None and isinstance(theirs.node, ast.Constant) else ""
    if theirs is None and isinstance(found.node, ast.Constant) and isinstance(found.node.value, bool):
        wanted = repr(not found.node.value)
    if wanted and isinstance(found.node, ast.Constant):
        return at_call(case, given, found, wanted) or rewritten(found, found.node, wanted)
    text = note("{code} chooses the layers: it must be as it was for the model that was saved", code=_short(found))
    if theirs is not None:
        text = note("{code} chooses the layers; for the model that was saved it was {other}", code=_short(found),
                    other=_short(theirs))  # fmt: skip
    return Change(Mend(file=found.file, line=found.line), text, found)


def _tests(model: nn.Module, ours: Spot | None, path: list[str]) -> Iterator[tuple[ast.expr, Spot]]:
    """The conditions and loops around the assignment of a layer in the class that it belongs to."""
    module, call = model, ours
    for name in path[:-1] or path:
        for source, owner in class_nodes(type(module)):
            for scope in methods_first_init(owner):
                for node in ast.walk(scope):
                    if _names_layer(node, name):
                        yield from ((test, Spot(source, test, caller=call)) for test in _around(source, node, scope))
        child = module._modules.get(name)
        if child is None:
            return
        module, call = child, recorded_spots(child)


def _names_layer(node: ast.AST, name: str) -> bool:
    """Whether a statement gives a module the attribute of this name."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == name for target in targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        first = node.args[0] if node.args else None
        is_name = isinstance(first, ast.Constant) and first.value == name
        return is_name and node.func.attr in ("add_module", "register_parameter", "register_buffer", "register_module")
    return False


def _around(source: Any, node: ast.AST, scope: ast.AST) -> Iterator[ast.expr]:
    """What decides about a statement: the tests around it, the loops in it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.comprehension):
            yield inner.iter
        if isinstance(inner, ast.IfExp):
            yield inner.test
        if isinstance(inner, ast.keyword) and inner.arg in ("bias", "affine", "bidirectional", "num_layers"):
            yield inner.value
    here = source.parents.get(node)
    while here is not None and here is not scope:
        if isinstance(here, ast.If):
            yield here.test
        if isinstance(here, ast.For):
            yield here.iter
        here = source.parents.get(here)


def _asked(test: ast.expr) -> list[ast.expr]:
    """The names and attributes that a condition or the length of a loop depends on."""
    if isinstance(test, ast.Constant):
        return [test]
    found = [n for n in ast.walk(test) if isinstance(n, ast.Name | ast.Attribute)]
    inner = {child for n in found for child in ast.walk(n) if child is not n}
    called = {n.func for n in ast.walk(test) if isinstance(n, ast.Call)}
    return [n for n in found if n not in inner and n not in called]


def _renamed(
    case: Case, frame: Frame, missing: list[str], extra: list[str], what: Words, why: Words
) -> Iterator[Finding]:
    """A layer that was given another name since."""
    ours = list(dict.fromkeys(name.split(".")[0] for name in missing))
    theirs = list(dict.fromkeys(name.split(".")[0] for name in extra))
    if len(ours) != len(theirs) or not ours or set(ours) & set(theirs):
        return
    model = frame.locals["self"]
    name = ours[0]
    old = nearest(name, theirs, 0.0) or theirs[0]
    for source, owner in class_nodes(type(model)):
        for scope in methods_first_init(owner):
            for node in ast.walk(scope):
                if isinstance(node, ast.Assign) and _names_layer(node, name):
                    spot = Spot(source, node)
                    change = rewritten(spot, node.targets[0], f"self.{old}")
                    why = note("the layer is called {ours} here, {theirs} in the file", ours=name, theirs=old)
                    yield case.finding("TW801", what, why=why, fix=change.text, mend=change.mend)
                    return


RULES = (weights_have_other_sizes, keys_dont_fit)

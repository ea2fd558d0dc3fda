"""Saved weights of another size, and the number that the model was built with instead."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.past.writing import replaced, with_keyword
from torchwise.doctor.saved.builds import build_of, written_settings
from torchwise.doctor.saved.keys import Size
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

ARGUMENTS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("out_features", "in_features"), nn.Embedding: ("num_embeddings", "embedding_dim"),
    nn.Conv1d: ("out_channels", "in_channels", "kernel_size"), nn.Conv2d: ("out_channels", "in_channels", "kernel_size", "kernel_size"),
    nn.Conv3d: ("out_channels", "in_channels", "kernel_size", "kernel_size", "kernel_size"),
    nn.BatchNorm1d: ("num_features",), nn.BatchNorm2d: ("num_features",), nn.LayerNorm: ("normalized_shape",),
    nn.GroupNorm: ("num_groups", "num_channels"), nn.Bilinear: ("out_features", "in1_features", "in2_features"),
}  # fmt: skip
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def sizes_differ(case: Case, model: nn.Module, sizes: list[Size], spot: Spot | None) -> Iterator[Finding]:
    """TW803: the first weight that differs, and the number to change."""
    size = sizes[0]
    what = note("{key} is {saved} in the file and {built} in the model", key=size.key, saved=str(size.saved), built=str(size.built))
    if len(sizes) > 1:
        what = note("{key} is {saved} in the file and {built} in the model, and {count} more weights differ", key=size.key,
                    saved=str(size.saved), built=str(size.built), count=len(sizes) - 1)  # fmt: skip
    place = _number(case, model, sizes)
    if place is None:
        fix = note("build the model with the sizes of the file")
        receiver = _receiver(case)
        build = build_of(case, receiver) if receiver is not None else None
        yield case.finding("TW803", what, fix=fix, mend=build.here if build is not None else spot)
        return
    yield _finding(case, what, *place)


def _receiver(case: Case) -> Spot | None:
    node = case.frame.node if case.frame is not None else None
    return case.spot(node.func.value) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def _number(case: Case, model: nn.Module, sizes: list[Size]) -> tuple[nn.Module, str, int, int, Spot] | None:
    """The layer's argument that has another value: the layer, its name, the value in the file and here, the expression."""
    for size in sizes:
        path, _, weight = size.key.rpartition(".")
        try:
            layer = model.get_submodule(path)
        except AttributeError:
            continue
        site = case.site_of(layer)
        for name, saved, built in _arguments(layer, weight, size):
            given = case.layers.argument(site, layer, name) if site is not None and is_user_file(site.file) else None
            if given is not None:
                return layer, name, saved, built, given
    return None


def _arguments(layer: nn.Module, weight: str, size: Size) -> Iterator[tuple[str, int, int]]:
    """The arguments of a layer that its weight's dimensions stand for."""
    if isinstance(layer, nn.RNNBase):
        gates = GATES.get(layer.mode.partition("_")[0], 1)
        if len(size.saved) == 2 and size.saved[0] != size.built[0]:
            yield "hidden_size", size.saved[0] // gates, size.built[0] // gates
        elif len(size.saved) == 2:
            yield ("input_size" if "_ih_l0" in weight else "hidden_size"), size.saved[1], size.built[1]
        return
    names: tuple[str, ...] = next((names for kind, names in ARGUMENTS.items() if isinstance(layer, kind)), ())
    if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        names = ("in_channels", "out_channels", "kernel_size", "kernel_size")
    if isinstance(layer, nn.MultiheadAttention):
        names = ("embed_dim", "embed_dim")
    if weight == "bias" and isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
        names = names[:1]
    for name, saved, built in zip(names, size.saved, size.built, strict=False):
        if saved != built:
            yield name, saved, built


def _finding(case: Case, what: Words, layer: nn.Module, name: str, saved: int, built: int, given: Spot) -> Finding:
    trail = [given, *case.flow.trail(given)[1:]]
    why = note("{name} was {saved} when the file was saved, here the model is built with {built}", name=name, saved=saved, built=built)
    born = trail[-1]
    if (omitted := _omitted(trail)) is not None:
        call, parameter = omitted
        change = with_keyword(call, parameter, str(saved))
        return case.finding("TW803", what, why=why, fix=change.text, mend=change.mend)
    if isinstance(born.node, ast.Constant):
        change = replaced(born, born.node, str(saved))
        return case.finding("TW803", what, why=why, fix=_with_line(born, str(saved)), mend=change.mend)
    if isinstance(born.node, ast.Call) and call_name(born.node) in ("len", "max") and born.node.args:
        inner = [born.at(born.node.args[0], ()), *case.flow.trail(born.at(born.node.args[0], ()))]
        live = [step for step in inner if step.frame is not None and isinstance(step.node, ast.Call)]
        place = live[-1] if live else inner[-1]
        code = " ".join(born.text.split())
        why = note("{code} is {built} here, and was {saved} when the file was saved", code=code, built=built, saved=saved)
        fix = note("use the same {name} as in training: save it with the weights", name=ast.unparse(born.node.args[0]))
        return case.finding("TW803", what, why=why, fix=fix, mend=place)
    if (setting := written_settings(case, given)) is not None:
        return case.finding("TW803", what, why=why, fix=note("write the settings that it was trained with"), mend=setting)
    fix = note("{code} must give {saved}", code=" ".join(born.text.split()), saved=saved)
    return case.finding("TW803", what, why=why, fix=fix, mend=born)


def _omitted(trail: list[Spot]) -> tuple[Spot, str] | None:
    """The call that left a number to its default."""
    for step in trail[1:]:
        parent = step.source.parents.get(step.node)
        if isinstance(parent, ast.arguments) and step.caller is not None and isinstance(step.caller.node, ast.Call):
            positional = [*parent.posonlyargs, *parent.args]
            for argument, default in zip(reversed(positional), reversed(parent.defaults), strict=False):
                if default is step.node:
                    return step.caller, argument.arg
            for argument, given in zip(parent.kwonlyargs, parent.kw_defaults, strict=True):
                if given is step.node:
                    return step.caller, argument.arg
    return None


def _with_line(spot: Spot, new: str) -> str:
    """The assignment or call around a constant, with another one."""
    parent: Any = spot.source.parents.get(spot.node)
    while parent is not None and not isinstance(parent, ast.Call | ast.stmt | ast.Dict):
        parent = spot.source.parents.get(parent)
    text = spot.source.text(parent) if parent is not None else ""
    old = spot.source.text(spot.node)
    return text.replace(old, new, 1) if text.count(old) == 1 and "\n" not in text else new

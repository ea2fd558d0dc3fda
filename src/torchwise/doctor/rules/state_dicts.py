"""A state dict that doesn't fit the model: a dictionary around it, keys with another prefix, keys that are missing."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import rewritten
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.saved import load_behind, saves, state_saved
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

MOST_SHOWN = 4
WRAPPERS = ("module.", "_orig_mod.")
WRAPPING = {"module", "model", "_orig_mod", "net", "network"}


def state_frame(case: Case) -> Frame | None:
    """Torch's frame of `model.load_state_dict`, which holds what it found out."""
    found = [f for f in case.inner if f.function == "load_state_dict" and isinstance(f.locals.get("self"), nn.Module)]
    return found[-1] if found else None


def names_of(value: Any) -> list[str]:
    """A list of names in a frame, whatever it holds."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def state_spot(case: Case) -> Spot | None:
    """The expression that was given as the state dict."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, "state_dict") or next(iter(node.args), None)
    return case.spot(given) if given is not None else None


def shown(names: list[str]) -> str:
    """The first names of a list."""
    more = f" (+{len(names) - MOST_SHOWN})" if len(names) > MOST_SHOWN else ""
    return ", ".join(names[:MOST_SHOWN]) + more


def state_is_wrapped(case: Case) -> Iterator[Finding]:
    """TW804: the checkpoint's dictionary, the model itself or the path is given instead of the state dict."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None:
        return
    given = frame.locals.get("state_dict")
    if isinstance(given, dict):
        found = nested_state(given, _own_keys(frame))
        if found:
            yield from _nested(case, spot, given, found)
        elif "param_groups" in given and "state" in given:
            what = note("load_state_dict of the model gets the optimizer's state (state, param_groups)")
            why = note("the model wants its own state dict: the names of its parameters with their tensors")
            yield case.finding("TW804", what, why=why, fix='checkpoint["model"]', mend=spot)
        return
    if isinstance(case.error, TypeError | AttributeError):
        yield from _no_dict(case, spot, given)


def _own_keys(frame: Frame) -> set[str]:
    model = frame.locals["self"]
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    return {*names, *(name for name, _ in model.named_buffers(remove_duplicate=False))}


def nested_state(given: dict[Any, Any], own: set[str], path: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The keys that lead to the model's weights inside of a dictionary; empty if they aren't in it."""
    if own & {key for key, value in given.items() if isinstance(value, Tensor)}:
        return path
    likely: list[tuple[int, tuple[str, ...]]] = []
    for key, value in list(given.items()):
        if isinstance(value, nn.Module):
            likely.append((1, (*path, str(key))))
        elif isinstance(value, dict) and len(path) < 3 and "param_groups" not in value:
            inside = nested_state(value, own, (*path, str(key)))
            ends = {name.rpartition(".")[2] for name in value if isinstance(name, str)}
            if inside:
                likely.append((3, inside))
            elif value and all(isinstance(item, Tensor) for item in value.values()) and ends & {"weight", "bias"}:
                likely.append((2, (*path, str(key))))
    return max(likely, default=(0, ()))[1]


def _nested(case: Case, spot: Spot, given: dict[Any, Any], path: tuple[str, ...]) -> Iterator[Finding]:
    keys = "".join(f'["{key}"]' for key in path)
    inner: Any = given
    for key in path:
        inner = inner[key]
    suffix = keys + (".state_dict()" if isinstance(inner, nn.Module) else "")
    what = note("the file holds a dictionary with {keys}; the weights are under {path}",
                keys=shown([str(key) for key in given]), path=keys)  # fmt: skip
    why = note("load_state_dict takes the names of the layers with their tensors, not a dictionary around them")
    load = load_behind(case, spot)
    places = [place for place in (spot, load) if place is not None]
    if load is not None and load.node is not spot.node and _is_returned(load):
        places.reverse()
    for index, place in enumerate({place.node: place for place in places}.values()):
        change = rewritten(place, place.node, " ".join(place.text.split()) + suffix)
        yield case.finding("TW804", what, why=why, fix=change.text, mend=change.mend, sure=index == 0)


def _is_returned(load: Spot) -> bool:
    return isinstance(load.source.parents.get(load.node), ast.Return)


def _no_dict(case: Case, spot: Spot, given: Any) -> Iterator[Finding]:
    """A model, a path or a file where the state dict belongs."""
    text = " ".join(spot.text.split())
    kind = type(given).__name__
    if isinstance(given, nn.Module):
        what = note("load_state_dict gets the whole model ({kind}), not its state dict", kind=kind)
        why = note("a file of torch.save(model) gives the model back; the weights are its state_dict()")
        fix = f"{text}.state_dict()"
    elif isinstance(given, str) or hasattr(given, "__fspath__"):
        what = note("load_state_dict gets the path {path}, not the state dict", path=str(given))
        why = note("it doesn't read files: torch.load does, and gives the dictionary")
        fix = f"torch.load({text})"
    elif callable(given) and getattr(given, "__name__", "") == "state_dict":
        what = note("load_state_dict gets the method state_dict, which was not called")
        why = note("only the call gives the dictionary")
        fix = f"{text}()"
    elif given is None:
        what = note("load_state_dict gets None, not a state dict")
        why = note("it takes the names of the layers with their tensors")
        fix = "torch.load(...)"
    else:
        what = note("load_state_dict gets a {kind}, not a state dict", kind=kind)
        why = note("it takes a dictionary: the names of the layers with their tensors")
        fix = "model.state_dict()"
    if given is None or not fix.startswith((text, "torch.load(" + text)):
        yield case.finding("TW804", what, why=why, fix=fix, mend=case.flow.born(spot), sure=False)
        return
    change = rewritten(spot, spot.node, fix)
    yield case.finding("TW804", what, why=why, fix=change.text, mend=change.mend)


def keys_have_a_prefix(case: Case) -> Iterator[Finding]:
    """TW802: all keys of the file begin with what the model's don't, or the other way round."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None:
        return
    missing, extra = names_of(frame.locals.get("missing_keys")), names_of(frame.locals.get("unexpected_keys"))
    here, there = prefixes(missing, extra)  # the model's, the file's
    if not here and not there:
        return
    why = note("load_state_dict matches names letter by letter: the file has {theirs}, the model {ours}",
               theirs=extra[0], ours=missing[0])  # fmt: skip
    if there and not here:
        what: Words = note(
            "the keys of the file begin with {prefix}, the model's don't: {key}", prefix=there, key=extra[0]
        )
        yield from _prefix_in_file(case, spot, there, what, why)
    elif here and not there:
        what = note("the model's keys begin with {prefix}, those of the file don't: {key}", prefix=here, key=missing[0])
        yield from _prefix_in_model(case, spot, here, what, why)
    else:
        what = note("the keys of the file begin with {theirs}, the model's with {ours}", theirs=there, ours=here)
        text = " ".join(spot.text.split())
        fix = f'{{"{here}" + k.removeprefix("{there}"): v for k, v in {text}.items()}}'
        change = rewritten(spot, spot.node, fix)
        yield case.finding("TW802", what, why=why, fix=change.text, mend=change.mend)


def prefixes(missing: list[str], extra: list[str]) -> tuple[str, str]:
    """The beginnings that the missing and the unexpected keys have before the same names; empty if they don't."""
    if not missing or not extra:
        return "", ""
    wanted, given = set(missing), set(extra)
    tries = []
    for name in extra[:3]:
        parts = name.split(".")
        for other in missing[:200]:
            ends = other.split(".")
            same = 0
            while same < min(len(parts), len(ends)) and parts[-1 - same] == ends[-1 - same]:
                same += 1
            if same:
                tries.append((other.removesuffix(".".join(parts[-same:])), name.removesuffix(".".join(parts[-same:]))))
    for here, there in sorted(set(tries), key=lambda pair: len(pair[0]) + len(pair[1])):
        shared = {here + name[len(there) :] for name in given if name.startswith(there)} & wanted
        if here != there and len(shared) >= max(1, round(0.8 * len(given))) and _is_whole(here, there, wanted, given):
            return here, there
    return "", ""


def _is_whole(here: str, there: str, wanted: set[str], given: set[str]) -> bool:
    """Whether a prefix was put around the whole, not a part of it renamed: of two both are names of wrappers."""
    if not (here and there):
        return True
    names = {here.rstrip(".").rpartition(".")[2], there.rstrip(".").rpartition(".")[2]}
    return names <= WRAPPING and all(n.startswith(here) for n in wanted) and all(n.startswith(there) for n in given)


def _prefix_in_file(case: Case, spot: Spot, prefix: str, what: Words, why: Words) -> Iterator[Finding]:
    """The file was saved from a wrapper: save what is inside, or take the prefix off."""
    text = " ".join(spot.text.split())
    taken = rewritten(spot, spot.node, f'{{k.removeprefix("{prefix}"): v for k, v in {text}.items()}}')
    at_load = case.finding("TW802", what, why=why, fix=taken.text, mend=taken.mend)
    state = next((found for save in saves(case) if (found := state_saved(case, save)) is not None), None)
    if state is None or not isinstance(state.node, ast.Call) or not isinstance(state.node.func, ast.Attribute):
        yield at_load
        return
    owner = state.node.func.value
    inner = ast.unparse(owner) + "." + prefix.rstrip(".")
    if "." in prefix.rstrip("."):
        inner = "".join([ast.unparse(owner), *(f"[{p}]" if p.isdigit() else f".{p}" for p in prefix.split(".")[:-1])])
    change = rewritten(state, owner, inner)
    if (handed := _handed_to_helper(case, state, owner)) is not None:
        change = rewritten(handed, handed.node, handed.text + inner.removeprefix(ast.unparse(owner)))
    yield case.finding("TW802", what, why=why, fix=change.text, mend=change.mend)
    yield at_load.guessed()


def _handed_to_helper(case: Case, state: Spot, owner: ast.expr) -> Spot | None:
    """The wrapper as it is handed to a function that saves any model: save_checkpoint(model, path)."""
    handed = case.flow.before(state.at(owner, ())) if isinstance(owner, ast.Name) else None
    call = handed.source.parents.get(handed.node) if handed is not None else None
    is_argument = isinstance(call, ast.Call) and handed is not None and handed.node in call.args
    if handed is None or not is_argument or not isinstance(handed.node, ast.Name):
        return None
    return handed if _serves_others(case, state, ast.unparse(owner)) else None


def _serves_others(case: Case, state: Spot, name: str) -> bool:
    """Whether a function that saves is for any model: it is told the file, or it is called with other models too."""
    scope = state.source.scope_of(state.node)
    parameters = [] if isinstance(scope, ast.Module) else scope.args.args
    given = {argument.arg for argument in parameters} - {name}
    paths = [save.node.args[1] for save in saves(case) if isinstance(save.node, ast.Call) and save.node.args[1:]
             and save.source.scope_of(save.node) is scope]  # fmt: skip
    is_told = any(isinstance(node, ast.Name) and node.id in given for path in paths for node in ast.walk(path))
    calls = [node for node in state.source.parents if isinstance(node, ast.Call)
             and call_name(node) == getattr(scope, "name", "") and node.args]  # fmt: skip
    return is_told or len({ast.unparse(call.args[0]) for call in calls}) > 1


def _prefix_in_model(case: Case, spot: Spot, prefix: str, what: Words, why: Words) -> Iterator[Finding]:
    """The model is a wrapper: load into what is inside."""
    node = case.frame.node if case.frame is not None else None
    text = " ".join(spot.text.split())
    put = rewritten(spot, spot.node, f'{{"{prefix}" + k: v for k, v in {text}.items()}}')
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and call_name(node) == "load_state_dict":
        parts = [f"[{part}]" if part.isdigit() else f".{part}" for part in prefix.split(".")[:-1]]
        owner = ast.unparse(node.func.value)
        if owner.startswith("super("):
            yield case.finding("TW802", what, why=why, fix=put.text, mend=put.mend)
            return
        change = rewritten(case.spot(node), node.func.value, owner + "".join(parts))
        yield case.finding("TW802", what, why=why, fix=change.text, mend=change.mend)
        yield case.finding("TW802", what, why=why, fix=put.text, mend=put.mend, sure=False)
        return
    change = at_line(spot, put.text)
    yield case.finding("TW802", what, why=why, fix=put.text, mend=change.mend)


def checkpoint_lacks_the_key(case: Case) -> Iterator[Finding]:
    """TW804: the checkpoint has its parts under other keys, or is the state dict itself."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(case.error, KeyError) or not isinstance(node, ast.Subscript) or case.inner:
        return
    spot = case.spot(node)
    given, load = case.value(node.value), load_behind(case, spot.at(node.value, ()))
    if not isinstance(given, dict) or load is None:
        return
    keys, key = [str(item) for item in given], str(case.error.args[0]) if case.error.args else ""
    what = note("the file has no {key}; it holds {keys}", key=repr(key), keys=shown(keys))
    text = " ".join(spot.source.text(node.value).split())
    if given and all(isinstance(item, Tensor) for item in given.values()):
        why = note("the file holds the state dict itself, not a dictionary around it")
        change = rewritten(spot, node, text)
    else:
        why = note("a checkpoint has the keys that it was saved with")
        near = nearest(key, keys, 0.3) or next((k for k, v in given.items() if isinstance(v, dict)), keys[0])
        change = rewritten(spot, node, f'{text}["{near}"]')
    yield case.finding("TW804", what, why=why, fix=change.text, mend=change.mend)


RULES = (state_is_wrapped, keys_have_a_prefix, checkpoint_lacks_the_key)

"""Custom autograd functions whose forward and backward don't fit together."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, method_of, returns_of
from torchwise.finding import Finding, Mend
from torchwise.texts import note

COUNT = re.compile(r"(\w+?)Backward\w* returned an incorrect number of gradients \(expected (\d+), got (\d+)\)", re.I)
SHAPE = re.compile(
    r"(\w+?)Backward\w* returned an invalid gradient at index (\d+) - got \[([\d, ]*)\] but expected shape "
    r"compatible with \[([\d, ]*)\]", re.I,
)  # fmt: skip
LEGACY = re.compile(r"Legacy autograd function|non-static forward method", re.I)
SAVED = re.compile(r"save_for_backward can only save variables, but argument (\d+) is of type (\w+)")
MISSING = re.compile(r"must implement (either )?the (backward|forward)", re.I)
RESULT = re.compile(r"(\w+?)Backward\w*\.(forward|backward): expected Tensor or tuple of Tensors?.{0,10}got (\w+)")
SIGNATURE = re.compile(r"(\w+)\.?(forward|backward)\(\) (takes|missing)")


def function_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW511: a torch.autograd.Function is written or called wrongly."""
    for attempt in (_wrong_count, _wrong_shape, _legacy, _saved, _missing, _no_result, _signature, _not_kept):
        found = attempt(case)
        if found is not None:
            yield found
            return


def _classes(case: Case) -> list[tuple[Source, ast.ClassDef]]:
    """The autograd functions of the program."""
    return [
        (source, node)
        for source in case.flow.sites.sources for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(call_name(base) == "Function" for base in node.bases)
    ]  # fmt: skip


def _named(case: Case, name: str) -> tuple[Source, ast.ClassDef] | None:
    found = _classes(case)
    same = [item for item in found if item[1].name == name]
    return next(iter(same or (found if len(found) == 1 else [])), None)


def _last_return(node: ast.FunctionDef) -> ast.expr | None:
    return next(reversed(returns_of(node)), None)


def _parameters(node: ast.FunctionDef) -> list[str]:
    """The inputs of forward: its parameters without ctx."""
    names = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    return names[1:] if names[:1] in (["ctx"], ["self"], ["context"]) else names


def _wrong_count(case: Case) -> Finding | None:
    match = COUNT.search(case.text)
    owner = _named(case, match[1]) if match else None
    if match is None or owner is None:
        return None
    source, node = owner
    expected, got = int(match[2]), int(match[3])
    backward, forward = method_of(node, "backward"), method_of(node, "forward")
    value = _last_return(backward) if backward is not None else None
    names = ", ".join(_parameters(forward)) if forward is not None else ""
    what = note(
        "backward of {name} returns {got} gradients, its forward has {expected} inputs",
        name=node.name,
        got=got,
        expected=expected,
    )
    why = note("one gradient for each input of forward ({names}), None where there is none", names=names)
    if value is None:
        return case.finding("TW511", what, why=why, fix=", ".join(["None"] * expected))
    spot = Spot(source, value)
    if expected > got:
        text = source.text(value)
        inner = text[1:-1] if isinstance(value, ast.Tuple) and text.startswith("(") else text
        change = replaced(spot, value, ", ".join([inner, *["None"] * (expected - got)]))
    else:
        items = value.elts if isinstance(value, ast.Tuple) else [value]
        change = replaced(spot, value, ", ".join(source.text(item) for item in items[:expected]))
    return case.finding("TW511", what, why=why, fix=f"return {change.text}", mend=change.mend)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",") if size.strip())


def _wrong_shape(case: Case) -> Finding | None:
    match = SHAPE.search(case.text)
    owner = _named(case, match[1]) if match else None
    if match is None or owner is None:
        return None
    source, node = owner
    index, got, expected = int(match[2]), _sizes(match[3]), _sizes(match[4])
    backward, forward = method_of(node, "backward"), method_of(node, "forward")
    value = _last_return(backward) if backward is not None else None
    names = _parameters(forward) if forward is not None else []
    name = names[index] if index < len(names) else str(index)
    what = note(
        "the gradient that backward of {function} returns for {name} is of shape {got}, {name} is {expected}",
        function=node.name, name=name, got=str(got), expected=str(expected),
    )  # fmt: skip
    why = note("a gradient has the shape of its input; what forward broadcasts must be summed again")
    items = value.elts if isinstance(value, ast.Tuple) else [value] if value is not None else []
    if index >= len(items):
        return case.finding("TW511", what, why=why, fix="")
    born = case.flow.born(Spot(source, items[index]))
    ending = _ending(got, expected)
    text = source.text(born.node)
    text = text if isinstance(born.node, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
    change = replaced(born, born.node, f"{text}{ending}")
    return case.finding("TW511", what, why=why, fix=change.text, mend=change.mend)


def _ending(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What brings a gradient to the shape of its input."""
    if got[::-1] == expected and len(got) == 2:
        return ".T"
    extra = len(got) - len(expected)
    if extra > 0 and got[extra:] == expected:
        return ".sum(0)" if extra == 1 else f".sum({tuple(range(extra))})"
    if extra == 0:
        dims = [dim for dim, (one, other) in enumerate(zip(got, expected, strict=True)) if one != other and other == 1]
        if dims:
            return f".sum({dims[0] if len(dims) == 1 else tuple(dims)}, keepdim=True)"
    return f".reshape({', '.join(map(str, expected))})" if extra < 0 else f".sum_to_size{expected}"


def _legacy(case: Case) -> Finding | None:
    """The methods are not static, or the function was called without apply."""
    if not LEGACY.search(case.text) or case.frame is None:
        return None
    for source, node in _classes(case):
        for name in ("forward", "backward"):
            method = method_of(node, name)
            if method is not None and not any(call_name(item) == "staticmethod" for item in method.decorator_list):
                what = note("{name} of {function} is not a static method", name=name, function=node.name)
                why = note("an autograd function has no objects: forward and backward get everything through ctx")
                indent = " " * method.col_offset
                old = f"def {name}("
                mend = Mend(file=source.file, line=method.lineno, old=old, new=f"@staticmethod\n{indent}{old}")
                code = f"@staticmethod\ndef {name}({ast.unparse(method.args)}):"
                return case.finding("TW511", what, why=why, fix=code, mend=mend)
    outer = case.frame.node
    if isinstance(outer, ast.Call):
        inner = outer.func.func if isinstance(outer.func, ast.Call) else outer.func
        name = ast.unparse(inner).removesuffix(".forward").removesuffix(".apply")
        change = replaced(case.spot(outer), outer.func, f"{name}.apply")
        what = note("{name} is called like a module", name=name)
        why = note("an autograd function is called by apply, on the class")
        arguments = ", ".join(ast.unparse(item) for item in outer.args)
        return case.finding("TW511", what, why=why, fix=f"{name}.apply({arguments})", mend=change.mend)
    return None


def _saved(case: Case) -> Finding | None:
    match = SAVED.search(case.text)
    index = int(match[1]) if match else 0
    calls = [
        (source, call)
        for source, node in _classes(case) for call in ast.walk(node)
        if isinstance(call, ast.Call) and call_name(call) == "save_for_backward" and index < len(call.args)
    ]  # fmt: skip
    if match is None or not calls:
        return None
    source, call = calls[0]
    text = ast.unparse(call.args[index])
    rest = ", ".join(ast.unparse(item) for item in call.args if item is not call.args[index])
    what = note("{name} is of type {kind}; save_for_backward takes tensors only", name=text, kind=match[2])
    why = note("what is no tensor is kept as an attribute of ctx")
    context = ast.unparse(call.func).removesuffix(".save_for_backward")
    lines = [f"{context}.{text if text.isidentifier() else 'value'} = {text}"]
    lines = [f"{context}.save_for_backward({rest})", *lines] if rest else lines
    change = replaced(Spot(source, call), call, f"\n{' ' * call.col_offset}".join(lines))
    return case.finding("TW511", what, why=why, fix="\n".join(lines), mend=change.mend)


def _missing(case: Case) -> Finding | None:
    match = MISSING.search(case.text)
    if match is None or not _classes(case):
        return None
    wanted = match[2].lower()
    for source, node in _classes(case):
        if method_of(node, wanted) is None:
            others = [
                m
                for m in node.body
                if isinstance(m, ast.FunctionDef)
                and m.name not in ("forward", "backward", "setup_context", "vmap", "jvp")
            ]
            what = note("{function} has no {name}", function=node.name, name=wanted)
            if others:
                method = others[-1]
                mend = Mend(file=source.file, line=method.lineno, old=f"def {method.name}(", new=f"def {wanted}(")
                why = note("it has a method {name}", name=method.name)
                return case.finding("TW511", what, why=why, fix=f"def {wanted}({ast.unparse(method.args)}):", mend=mend)
            fix = f"@staticmethod\ndef {wanted}(ctx, grad_output): ..."
            return case.finding("TW511", what, fix=fix, mend=Spot(source, node))
    return None


def _no_result(case: Case) -> Finding | None:
    match = RESULT.search(case.text)
    owner = _named(case, match[1]) if match else None
    method = method_of(owner[1], match[2]) if owner is not None and match is not None else None
    if match is None or owner is None or method is None:
        return None
    what = note(
        "{name} of {function} returns {kind}, not a tensor", name=match[2], function=owner[1].name, kind=match[3]
    )
    value = _last_return(method)
    last = method.body[-1]
    where = Spot(owner[0], value if value is not None else last)
    fix = note("return the result at the end of {name}", name=match[2])
    if value is None and isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        fix = note("{code}  at the end of {name}", code=f"return {last.targets[0].id}", name=match[2])
    return case.finding("TW511", what, why=note("apply gives what forward returns"), fix=fix, mend=where)


def _signature(case: Case) -> Finding | None:
    """Ctx is missing among the parameters."""
    match = SIGNATURE.search(case.text)
    if match is None or not isinstance(case.error, TypeError):
        return None
    for source, node in _classes(case):
        method = method_of(node, match[2])
        if method is None or (match[1] not in ("", node.name) and len(_classes(case)) > 1):
            continue
        names = [argument.arg for argument in method.args.args]
        is_static = any(call_name(item) == "staticmethod" for item in method.decorator_list)
        if names[:1] == ["ctx"] or not is_static:
            continue
        what = note("{name} of {function} doesn't take ctx", name=method.name, function=node.name)
        why = note("apply calls it with ctx first, then with the inputs")
        inner = ast.unparse(method.args)
        new = f"def {method.name}(ctx, {inner}):" if inner else f"def {method.name}(ctx):"
        mend = Mend(
            file=source.file,
            line=method.lineno,
            old=f"{method.name}(",
            new=f"{method.name}(ctx, " if inner else f"{method.name}(ctx",
        )
        return case.finding("TW511", what, why=why, fix=new, mend=mend)
    return None


def _not_kept(case: Case) -> Finding | None:
    """Backward reads something of ctx that forward didn't keep there."""
    frame = case.frame
    if frame is None or frame.scope is None or frame.source is None or getattr(frame.scope, "name", "") != "backward":
        return None
    owner = frame.source.class_of(frame.scope)
    if owner is None or not any(call_name(base) == "Function" for base in owner.bases):
        return None
    forward = method_of(owner, "setup_context") or method_of(owner, "forward")
    if forward is None:
        return None
    saves = [n for n in ast.walk(forward) if isinstance(n, ast.Call) and call_name(n) == "save_for_backward"]
    place = Spot(frame.source, saves[0] if saves else forward)
    if isinstance(case.error, AttributeError) and (match := re.search(r"object has no attribute '(\w+)'", case.text)):
        name = match[1]
        what = note(
            "backward of {function} reads ctx.{name}, which forward didn't keep", function=owner.name, name=name
        )
        why = note("ctx is all that backward knows of forward")
        known = name if name in _parameters(forward) else "..."
        return case.finding(
            "TW511", what, why=why, fix=note("{code}  in forward", code=f"ctx.{name} = {known}"), mend=place
        )
    if isinstance(case.error, ValueError) and "unpack" in case.text:
        what = note("backward of {function} takes other tensors from ctx than forward saved", function=owner.name)
        saved = ", ".join(ast.unparse(item) for item in saves[0].args) if saves else ""
        why = note("forward saved ({saved})", saved=saved)
        return case.finding("TW511", what, why=why, fix=note("save the same tensors that backward unpacks"), mend=place)
    return None


RULES = (function_does_not_fit,)

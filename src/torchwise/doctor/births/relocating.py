"""How a line reads that makes its tensor on the right device: a buffer, a factory with device=, a move."""

import ast

from torch import Tensor, nn

from torchwise.doctor.births.casts import with_argument
from torchwise.doctor.births.clash import Clash
from torchwise.doctor.births.moves import device_text
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Mend

NO_DEVICE_ARGUMENT = {"from_numpy", "Tensor", "FloatTensor", "LongTensor", "BoolTensor", "bernoulli", "cartesian_prod"}


def as_buffer(assigned: Spot, name: str) -> Change:
    """self.register_buffer("mean", ...) for self.mean = ...; a parameter for what is to be learned."""
    source = assigned.source
    statement = source.statement_of(assigned.node)
    text = source.text(assigned.node)
    given = keyword_of(assigned.node, "requires_grad") if isinstance(assigned.node, ast.Call) else None
    is_one = isinstance(statement, ast.Assign) and len(statement.targets) == 1 and statement.value is assigned.node
    if isinstance(given, ast.Constant) and given.value is True:
        return replaced(assigned, assigned.node, f"nn.Parameter({text})")
    new = f'self.register_buffer("{name}", {text})'
    if not is_one or not isinstance(statement, ast.stmt):
        return Change(Mend(file=assigned.file, line=assigned.line), new, assigned)
    return Change(Mend(file=assigned.file, line=statement.lineno, old=source.text(statement), new=new), new, assigned)


def on_device(case: Case, factory: Spot, clash: Clash) -> Change:
    """A factory told where to make its tensor: device=x.device, or the user's own name of the device."""
    node = factory.node
    assert isinstance(node, ast.Call), "a factory is called"
    where = _near(case, factory, clash) or device_text(case, factory, clash.there)
    given = keyword_of(node, "device")
    if given is not None:
        return replaced(factory, given, where, least=node)
    if call_name(node) in NO_DEVICE_ARGUMENT:
        return replaced(factory, node, f"{factory.text}.to({where})")
    return replaced(factory, node, with_argument(factory.text, f"device={where}"))


def _near(case: Case, factory: Spot, clash: Clash) -> str | None:
    """A tensor that can be named where the factory stands and is on the right device: x.device."""
    scope = factory.source.scope_of(factory.node)
    if isinstance(scope, ast.Module | ast.Lambda):
        return None
    line = getattr(factory.node, "lineno", 0)
    if factory.frame is not None:
        for name, value in factory.frame.arguments().items():
            if isinstance(value, Tensor) and value.device == clash.there:
                return f"{name}.device"
        for name, value in factory.frame.locals.items():
            bound = [
                n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
            ]
            is_before = any(item.lineno < line for item in bound)
            if isinstance(value, Tensor) and value.device == clash.there and is_before:
                return f"{name}.device"
    if (found := _by_caller(case, factory, clash)) is not None:
        return found
    receiver = factory.receiver
    if isinstance(receiver, nn.Module) and any(p.device == clash.there for p in receiver.parameters()):
        return "next(self.parameters()).device"
    return None


def _by_caller(case: Case, factory: Spot, clash: Clash) -> str | None:
    """The parameter of a helper that has ended whose argument was on the right device."""
    if factory.frame is not None or factory.caller is None or not isinstance(factory.caller.node, ast.Call):
        return None
    scope = factory.source.scope_of(factory.node)
    names = (
        [a.arg for a in scope.args.args if a.arg not in ("self", "cls")] if not isinstance(scope, ast.Module) else []
    )
    for name, argument in zip(names, factory.caller.node.args, strict=False):
        value = factory.caller.at(argument, ()).value()
        if isinstance(value, Tensor) and value.device == clash.there:
            return f"{name}.device"
    return None

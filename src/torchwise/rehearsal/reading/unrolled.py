"""A script as it runs, each call once: the user's functions are entered where they are called."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.flow import Flow
from torchwise.doctor.source import Source, module_source
from torchwise.doctor.spots import Sites, Spot
from torchwise.doctor.syntax import call_name, method_of
from torchwise.finding import Place

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
Loop = ast.For | ast.While | ast.AsyncFor | Comprehension
DEEPEST = 8  # calls inside calls
MOST = 20_000


@dataclass(frozen=True, eq=False)
class Deed:
    """A call or an assignment. around: the loops, branches and blocks it stands in, the outermost first, through the
    functions that lead to it.
    """

    spot: Spot
    around: tuple[ast.AST, ...]
    at: int

    @property
    def node(self) -> ast.AST:
        """Its syntax."""
        return self.spot.node

    @property
    def name(self) -> str:
        """What is called; "" for an assignment."""
        return call_name(self.node) if isinstance(self.node, ast.Call) else ""

    @property
    def receiver(self) -> Spot | None:
        """The object whose method is called."""
        is_method = isinstance(self.node, ast.Call) and isinstance(self.node.func, ast.Attribute)
        return self.spot.at(self.node.func.value, ()) if is_method else None  # type: ignore[attr-defined]

    @property
    def loops(self) -> list[ast.AST]:
        """The loops around it, the outermost first."""
        return [node for node in self.around if isinstance(node, Loop)]

    def is_conditional(self, loop: ast.AST) -> bool:
        """Whether it stands in a branch inside a loop."""
        inside = self.around[self.around.index(loop) + 1 :] if loop in self.around else ()
        return any(isinstance(node, ast.If | ast.IfExp) for node in inside)


class Program:
    """The user's files, unrolled from the script on."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(_imported(list(sources)))
        self.flow = Flow([], Sites(list(self.sources)))

    @cached_property
    def deeds(self) -> list[Deed]:
        """Every call and assignment, in order."""
        found: list[Deed] = []
        if self.sources:
            tree = self.sources[0].tree
            for deed in self._statements(tree.body, Spot(self.sources[0], tree), (), ()):
                found.append(replace(deed, at=len(found)))
                if len(found) >= MOST:
                    break
        return found

    def named(self, *names: str) -> list[Deed]:
        """The calls of these names."""
        return [deed for deed in self.deeds if deed.name in names]

    @cached_property
    def backwards(self) -> list[Deed]:
        """The calls of backward."""
        return self.named("backward", "manual_backward")

    @cached_property
    def steps(self) -> list[Deed]:
        """The steps of optimizers, also through a gradient scaler."""
        return [deed for deed in self.named("step") if self.is_optimizer(_stepped(deed))]

    def is_optimizer(self, spot: Spot | None) -> bool:
        """Whether an expression is an optimizer: by the call that built it, else by its name."""
        if spot is None:
            return False
        made = call_name(self.flow.born(spot).node)
        if hasattr(torch.optim.lr_scheduler, made):
            return False
        if isinstance(getattr(torch.optim, made, None), type):
            return True
        return "opt" in spot.text.lower() and "sched" not in spot.text.lower()

    @cached_property
    def batch_loops(self) -> set[ast.AST]:
        """The innermost loops around backward and step."""
        stepped = {loop for deed in self.steps for loop in deed.loops}
        return {deed.loops[-1] for deed in self.backwards if deed.loops and deed.loops[-1] in stepped}

    def epoch_loop(self, batch_loop: ast.AST) -> ast.AST | None:
        """The loop right around a loop over batches."""
        for deed in self.backwards:
            if batch_loop in deed.loops and (index := deed.loops.index(batch_loop)):
                return deed.loops[index - 1]
        return None

    def trains(self, loop: ast.AST) -> bool:
        """Whether weights change inside a loop."""
        return any(loop in deed.around for deed in self.steps)

    def enters(self, call: Spot) -> Spot | None:
        """The function of the user's that a call runs."""
        assert isinstance(call.node, ast.Call), "only calls enter"
        function = call.node.func
        if isinstance(function, ast.Name):
            return self._named(call, function.id) or self._called(call, function)
        if not isinstance(function, ast.Attribute):
            return None
        base = function.value
        if isinstance(base, ast.Name) and base.id == "self":
            owner = call.source.class_of(call.source.scope_of(call.node))
            return _method(call.source, owner, function.attr)
        if isinstance(base, ast.Call | ast.Name | ast.Attribute):
            made = self.flow.born(call.at(base, ()))
            if isinstance(made.node, ast.Call):
                for source, owner in self.flow.class_called(made):
                    if (found := _method(source, owner, function.attr)) is not None:
                        return found
        module = function.attr if isinstance(base, ast.Name) and self._is_module(base.id) else ""
        return self._global(module) if module else None

    def _called(self, call: Spot, function: ast.Name) -> Spot | None:
        """`__call__` of an object of a class of the user's."""
        made = self.flow.born(call.at(function, ()))
        owners = self.flow.class_called(made) if isinstance(made.node, ast.Call) else []
        return next((found for source, owner in owners if (found := _method(source, owner, "__call__"))), None)

    def _named(self, call: Spot, name: str) -> Spot | None:
        found = binding_of(call.source, name, call.node)
        node = found[0].node if found is not None and found[0].kind == "definition" else None
        if isinstance(node, Function):
            return Spot(call.source, node)
        if isinstance(node, ast.ClassDef):
            return _method(call.source, node, "__init__")
        return self._global(name) if found is None else None

    def _global(self, name: str) -> Spot | None:
        """A function or class of another file, by its name."""
        for source in self.sources[1:]:
            for node in source.tree.body:
                if isinstance(node, Function) and node.name == name:
                    return Spot(source, node)
                if isinstance(node, ast.ClassDef) and node.name == name:
                    return _method(source, node, "__init__")
        return None

    def _is_module(self, name: str) -> bool:
        """Whether a name is one of the user's files."""
        return any(source.file.endswith(f"/{name}.py") for source in self.sources[1:])

    def _statements(
        self, body: Iterable[ast.AST], here: Spot, around: tuple[ast.AST, ...], entered: tuple[ast.AST, ...]
    ) -> Iterator[Deed]:
        for statement in body:
            yield from self._node(statement, here, around, entered)

    def _node(
        self, node: ast.AST, here: Spot, around: tuple[ast.AST, ...], entered: tuple[ast.AST, ...]
    ) -> Iterator[Deed]:
        """What a statement or an expression does, in the order in which it is evaluated."""
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            return
        inner = around
        if isinstance(node, Loop | ast.If | ast.IfExp | ast.With | ast.Try) and not _is_main_guard(node):
            inner = (*around, node)
        first = [node.iter] if isinstance(node, ast.For | ast.AsyncFor) else []
        first = [node.test] if isinstance(node, ast.If | ast.IfExp) else first  # evaluated in any case
        yield from self._statements(first, here, around, entered)
        rest = [child for child in _in_order(node) if child not in first]
        yield from self._statements(rest, here, inner, entered)
        if isinstance(node, ast.Call):
            yield from self._call(here.at(node, ()), inner, entered)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            yield Deed(here.at(node, ()), inner, 0)

    def _call(self, call: Spot, around: tuple[ast.AST, ...], entered: tuple[ast.AST, ...]) -> Iterator[Deed]:
        assert isinstance(call.node, ast.Call), "called for calls"
        functions = [self.enters(call)]
        if functions == [None]:  # a closure, given to a function of torch's
            names = [argument.id for argument in call.node.args if isinstance(argument, ast.Name)]
            functions = [found for name in names if (found := self._named(call, name)) is not None]
        for function in functions:
            if function is not None and function.node not in entered and len(entered) < DEEPEST:
                inside = replace(function, caller=call)
                yield from self._statements(
                    function.node.body, inside, around, (*entered, function.node)  # type: ignore[attr-defined]
                )  # fmt: skip
        yield Deed(call, around, 0)


def place(spot: Spot) -> Place:
    """An expression as a finding shows it."""
    text = " ".join(spot.text.split())
    return Place(file=spot.file, line=spot.line, source=spot.source.line(spot.line), expression=text)


def _imported(sources: list[Source]) -> list[Source]:
    """The files, and those of the user's that they import."""
    for source in sources:  # grows while it is walked through
        for node in ast.walk(source.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            level = node.level if isinstance(node, ast.ImportFrom) else 0
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                found = module_source(name, level)
                if found is not None and found not in sources:
                    sources.append(found)
    return sources


def _in_order(node: ast.AST) -> list[ast.AST]:
    """The parts of a node as they are evaluated: the value of an assignment before its target."""
    if isinstance(node, ast.Assign):
        return [node.value, *node.targets]
    return list(ast.iter_child_nodes(node))


def _stepped(deed: Deed) -> Spot | None:
    """What steps: the receiver, or what a scaler is given."""
    receiver = deed.receiver
    if receiver is not None and isinstance(deed.node, ast.Call) and deed.node.args and "scal" in receiver.text.lower():
        return deed.spot.at(deed.node.args[0], ())
    return receiver


def _method(source: Source, owner: ast.ClassDef | None, name: str) -> Spot | None:
    found = method_of(owner, name) if owner is not None else None
    return Spot(source, found) if found is not None else None


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)

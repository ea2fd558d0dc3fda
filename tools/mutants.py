"""Mutants of the course's solutions: each with one slip that people make, and each of them must fail its grader.

python tools/mutants.py [NAME ...]    grade the mutants of these exercises or chapters; exit 1 if one passes

A mutant that gives the same result is listed in the exercise's `equivalent.toml`, with the reason:
"line of code -> slip" = "why it is the same".
"""

import random
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider

from torchwise.learn.course import Exercise, exercises
from torchwise.learn.standby import Standby

DETACHED = "with .detach()"
LEARNS = re.compile(r"\bnn\b|backward|grad|loss|optim|parameters")  # where no gradient is, none can be lost
DROPPED = ("zero_grad", "eval", "train", "step", "detach", "clone", "squeeze", "unsqueeze")
SWAPPED_INTS = ("permute", "reshape", "view", "flatten")  # transpose(0, 1) is transpose(1, 0)
RENAMED = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "cat": "stack", "stack": "cat", "argmax": "argmin"}
OPERATORS: dict[type[cst.BaseBinaryOp], Callable[[], cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract, cst.Subtract: cst.Add, cst.Multiply: cst.Divide, cst.Divide: cst.Multiply,
}  # fmt: skip
COMPARISONS: dict[type[cst.BaseCompOp], Callable[[], cst.BaseCompOp]] = {
    cst.GreaterThan: cst.GreaterThanEqual, cst.GreaterThanEqual: cst.GreaterThan,
    cst.LessThan: cst.LessThanEqual, cst.LessThanEqual: cst.LessThan,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A solution with one slip. name: its line of code and what was done to it, as `equivalent.toml` names it."""

    name: str
    line: int
    text: str


def mutants(source: str, grader: str = "") -> list[Mutant]:
    """All mutants of a program; the part under `if __name__`, and what only it calls, is left alone."""
    module = MetadataWrapper(cst.parse_module(source)).module
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    places = wrapper.resolve(PositionProvider)
    lines = source.splitlines()
    found: list[Mutant] = []
    names: set[str] = set()
    learns = LEARNS.search(source) is not None
    run, shown = source.partition("\nif __name__")[0], set()
    for node in module.body:
        if grader and isinstance(node, cst.FunctionDef) and node.name.value not in grader:
            shown |= {node.name.value} if len(re.findall(rf"\b{node.name.value}\b", run)) == 1 else set()
    for node in _parts(module, shown):
        for slip, changed in _slips(node):
            if slip == DETACHED and not learns:
                continue
            text = module.deep_replace(node, changed).code
            line = places[node].start.line
            name = f"{lines[line - 1].strip()} -> {slip}"
            if name not in names and text != source:
                names.add(name)
                found.append(Mutant(name=name, line=line, text=text))
    return found


def _parts(node: cst.CSTNode, shown: set[str]) -> Iterator[cst.CSTNode]:
    """All parts of a program but the demonstration at its end, types, and what parameters are by default."""
    is_demonstration = m.matches(node, m.If(test=m.Comparison(left=m.Name("__name__"))))
    is_seed = m.matches(node, m.Call(func=m.Attribute(attr=m.Name("manual_seed"))))  # any seed will do
    is_shown = isinstance(node, cst.FunctionDef) and node.name.value in shown
    if is_demonstration or is_seed or is_shown or isinstance(node, cst.Annotation | cst.Param):
        return
    yield node
    for child in node.children:
        yield from _parts(child, shown)


def _slips(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """What people do wrong at this place: a description and what then stands there."""
    if isinstance(node, cst.Call):
        yield from _call_slips(node)
    elif isinstance(node, cst.BinaryOperation) and type(node.operator) in OPERATORS:
        changed = OPERATORS[type(node.operator)]()
        yield f"{_code(node)} with {_code(changed).strip()}", node.with_changes(operator=changed)
    elif isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield f"{_code(node)} without its sign", node.expression
    elif isinstance(node, cst.AugAssign) and isinstance(node.operator, cst.AddAssign | cst.SubtractAssign):
        other = cst.SubtractAssign() if isinstance(node.operator, cst.AddAssign) else cst.AddAssign()
        yield f"with {_code(other).strip()}", node.with_changes(operator=other)
    elif isinstance(node, cst.ComparisonTarget) and type(node.operator) in COMPARISONS:
        other_sign = COMPARISONS[type(node.operator)]()
        yield f"with {_code(other_sign).strip()}", node.with_changes(operator=other_sign)
    elif isinstance(node, cst.Integer):
        yield f"{node.value} + 1", cst.Integer(str(int(node.value, 0) + 1))
    elif isinstance(node, cst.With) and m.matches(node.items[0].item, m.Call(func=m.Attribute(attr=m.Name("no_grad")))):
        always = cst.If(test=cst.Name("True"), body=node.body, leading_lines=node.leading_lines)
        yield "without no_grad", always
    elif isinstance(node, cst.Return) and m.matches(node.value, m.Call() | m.BinaryOperation()):
        assert node.value is not None
        whole = node.value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        detached = cst.Call(cst.Attribute(whole, cst.Name("detach")))
        yield DETACHED, node.with_changes(value=detached)


def _call_slips(node: cst.Call) -> Iterator[tuple[str, cst.CSTNode]]:
    """Slips in a call: left out, its numbers swapped, one that is nearly the same called."""
    if not isinstance(node.func, cst.Attribute):
        return
    name = node.func.attr.value
    if name in DROPPED:
        yield f"without .{name}()", node.func.value
    if name in RENAMED:
        yield f"{RENAMED[name]} for {name}", node.with_deep_changes(node.func.attr, value=RENAMED[name])
    numbers = [place for place, arg in enumerate(node.args) if _is_number(arg.value)]
    if name in SWAPPED_INTS and len(numbers) >= 2:
        one, other = numbers[0], numbers[1]
        args, first, second = list(node.args), node.args[one].value, node.args[other].value
        args[one], args[other] = args[one].with_changes(value=second), args[other].with_changes(value=first)
        yield f"{name} with {_code(second)} and {_code(first)} swapped", node.with_changes(args=args)
    if name in ("cat", "stack", "sum", "mean", "max", "argmax", "softmax"):
        for place, arg in enumerate(node.args):
            if arg.keyword is not None and arg.keyword.value == "dim":
                yield "without dim", node.with_changes(args=[*node.args[:place], *node.args[place + 1 :]])


def _is_number(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer) or m.matches(
        node, m.UnaryOperation(operator=m.Minus(), expression=m.Integer())
    )


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def equivalent(exercise: Exercise) -> dict[str, str]:
    """The mutants of an exercise that give the same result, and why."""
    path = exercise.folder / "equivalent.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def mutants_of(exercise: Exercise) -> list[Mutant]:
    """The mutants of an exercise's solution that must fail."""
    return [mutant for mutant in all_mutants(exercise) if mutant.name not in equivalent(exercise)]


def all_mutants(exercise: Exercise) -> list[Mutant]:
    """The mutants of an exercise's solution."""
    return mutants(exercise.solution, (exercise.folder / "grader.py").read_text(encoding="utf-8"))


def tenth(names: Sequence[str], seed: int = 0) -> list[str]:
    """A seeded tenth of the names, one at least."""
    return sorted(random.Random(seed).sample(sorted(names), max(1, len(names) // 10)))


def survives(standby: Standby, exercise: Exercise, mutant: Mutant, folder: Path, seeds: Sequence[int] = (1, 2)) -> bool:
    """Whether a mutant is graded as solved, whatever the hidden inputs are."""
    file = folder / f"{exercise.name}.py"
    file.write_text(mutant.text, encoding="utf-8")
    return all(standby.grade(exercise, file, seed=seed, limit_s=4.0).is_solved for seed in seeds)


def main(words: list[str]) -> int:
    """Print the mutants that pass; exit 1 if there are any."""
    standby = Standby()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for exercise in exercises():
            if words and exercise.name not in words and exercise.chapter not in words:
                continue
            found = mutants_of(exercise)
            left = [mutant for mutant in found if survives(standby, exercise, mutant, Path(folder))]
            failed += len(left)
            same = len(equivalent(exercise))
            print(
                f"{exercise.chapter} {exercise.name}: {len(found) - len(left)} of {len(found)} fail, {same} equivalent",
                flush=True,
            )
            for mutant in left:
                print(f"    line {mutant.line}: {mutant.name}", flush=True)
    standby.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

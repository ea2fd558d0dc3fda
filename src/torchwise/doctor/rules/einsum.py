"""einsum: equations that don't fit the shapes of their operands."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

MOST_DIMS = 5


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation with its operands: "bij,bjk->bik"."""

    case: Case
    call: ast.Call
    text: str
    operands: tuple[Shaped, ...]

    @property
    def inputs(self) -> list[str]:
        """The letters of each operand."""
        return self.text.split("->")[0].replace(" ", "").split(",")

    @property
    def output(self) -> str | None:
        """The letters of the result, if they are written."""
        parts = self.text.replace(" ", "").split("->")
        return parts[1] if len(parts) > 1 else None

    def conflict(self) -> tuple[str, int, int] | None:
        """A letter that stands for two sizes, and the operands in which it does."""
        return self.conflict_of(self.inputs, [operand.shape for operand in self.operands])

    @staticmethod
    def conflict_of(inputs: list[str], shapes: list[tuple[int, ...]]) -> tuple[str, int, int] | None:
        """The same for any letters and shapes."""
        seen: dict[str, tuple[int, int]] = {}
        for index, (letters, shape) in enumerate(zip(inputs, shapes, strict=False)):
            for letter, size in zip(letters, shape, strict=False):
                known = seen.setdefault(letter, (size, index))
                if known[0] != size and 1 not in (known[0], size):
                    return letter, known[1], index
        return None

    def fits(self, inputs: list[str], output: str | None) -> bool:
        """Whether these letters would do for the operands."""
        shapes = [operand.shape for operand in self.operands]
        if len(inputs) != len(shapes) or any(len(i) != len(s) for i, s in zip(inputs, shapes, strict=True)):
            return False
        is_output = output is None or (set(output) <= set("".join(inputs)) and len(set(output)) == len(output))
        return is_output and self.conflict_of(inputs, shapes) is None

    def written(self, inputs: list[str], output: str | None) -> str:
        """The equation with other letters."""
        joint = ", " if ", " in self.text else ","
        arrow = " -> " if " -> " in self.text else "->"
        return joint.join(inputs) + (arrow + output if output is not None else "")


def equation_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW226: the letters of an equation don't fit the operands."""
    operation = case.operation
    if operation is None or operation.name != "einsum" or not isinstance(operation.node, ast.Call):
        return
    call = operation.node
    text = sizes_of(case).value(case.spot(call.args[0])) if call.args else None
    operands = [at_node(case, node) for node in call.args[1:]]
    if not isinstance(text, str) or any(operand is None for operand in operands):
        return
    equation = Equation(case, call, text, tuple(o for o in operands if o is not None))
    problem = _problem(equation)
    if problem is not None:
        what, why = problem
        seen = seen_of(*equation.operands)
        yield from ranked_findings(case, "TW226", what, why=why, candidates=_candidates(equation), seen=seen)


def _problem(equation: Equation) -> tuple[Words, Words] | None:
    """What doesn't fit, and the rule."""
    inputs, operands = equation.inputs, equation.operands
    if len(inputs) != len(operands):
        what = note(
            "the equation {text} names {named} operands, einsum gets {given}",
            text=equation.text, named=len(inputs), given=len(operands),
        )  # fmt: skip
        return what, note("each operand has its letters before ->, separated by commas")
    if "." in equation.text:
        return note("the equation {text} doesn't fit the shapes", text=equation.text), ""
    for letters, operand in zip(inputs, operands, strict=True):
        if len(letters) != len(operand.shape):
            what = note(
                "einsum names {named} dimensions of {operand} ({letters}), it has {given}: {shape}",
                named=len(letters), operand=operand.text, letters=letters, given=len(operand.shape),
                shape=str(operand.shape),
            )  # fmt: skip
            return what, note("each dimension needs its letter")
    if (conflict := equation.conflict()) is not None:
        return _conflict_in_words(equation, conflict)
    output = equation.output or ""
    missing = [letter for letter in output if letter not in "".join(inputs)]
    if missing:
        what = note("the result of {text} has {letter}, which no operand has", text=equation.text, letter=missing[0])
        return what, note("a letter behind -> must stand before it, too")
    if len(set(output)) < len(output):
        return note("a letter stands twice in the result of {text}", text=equation.text), ""
    return None


def _conflict_in_words(equation: Equation, conflict: tuple[str, int, int]) -> tuple[Words, Words]:
    """One letter, two sizes, and where they come from."""
    letter, first, second = conflict
    one, other = _dimension(equation, letter, first), _dimension(equation, letter, second)
    what = note(
        "in {text} the letter {letter} stands for {one} in {left} and for {other} in {right}",
        text=equation.text, letter=letter, one=one[2], left=equation.operands[first].text, other=other[2],
        right=equation.operands[second].text,
    )  # fmt: skip
    sizes = sizes_of(equation.case)
    stories = [
        story(equation.case, sizes.origin(*place), equation.operands[index].text)
        for place, index in ((one, first), (other, second))
    ]
    return what, sentences(note("a letter is one size in all operands"), *stories)


def _dimension(equation: Equation, letter: str, index: int) -> tuple[Spot, int, int]:
    """The dimension of an operand that a letter names: its expression, place from the end, size."""
    operand, letters = equation.operands[index], equation.inputs[index]
    dim = letters.index(letter) - len(letters)
    return operand.spot, dim, operand.shape[dim]


def _candidates(equation: Equation) -> Iterator[Candidate]:
    """Other letters, another operand, another number."""
    call = equation.call
    for cost, text in _equations(equation):
        spot = equation.case.spot(call.args[0])
        born = equation.case.flow.born(spot)
        quoted = '"' + text + '"'
        if isinstance(born.node, ast.Constant):
            least = call if born.node is call.args[0] else None
            yield cost, replaced(born, born.node, quoted, least=least), ""
    if len(equation.inputs) != len(equation.operands):
        return
    for index, operand in enumerate(equation.operands):
        yield from _edited(equation, index, operand)
        yield from _unlike_siblings(equation, index, operand)
    if (conflict := equation.conflict()) is not None:
        letter, first, second = conflict
        one, other = _dimension(equation, letter, first), _dimension(equation, letter, second)
        for blame in blames(equation.case, sizes_of(equation.case), one, other):
            yield blame.cost + 0.1, blame.change, ""


def _equations(equation: Equation) -> Iterator[tuple[float, str]]:
    """Equations with little changed that fit: letters exchanged, one put in or left out."""
    inputs, output = equation.inputs, equation.output
    if len(inputs) != len(equation.operands):
        return
    for index, letters in reversed(list(enumerate(inputs))):
        rank = len(equation.operands[index].shape)
        if rank == len(letters) <= MOST_DIMS:
            for order in itertools.permutations(letters):
                yield from _tried(equation, index, "".join(order), output, 1.4)
        spare = next(letter for letter in "bnhtabcdefgijklm" if letter not in equation.text)
        if rank == len(letters) + 1:
            batch = "b" if "b" in "".join(inputs) and "b" not in letters else spare
            out = output if output is None or batch in output else batch + output
            yield from _tried(equation, index, batch + letters, out, 1.3)
        if rank == len(letters) - 1:
            for place in range(len(letters)):
                kept = letters[:place] + letters[place + 1 :]
                yield from _tried(equation, index, kept, output, 1.5 + 0.1 * place)
    yield from _all_longer(equation)
    missing = [letter for letter in output or "" if letter not in "".join(inputs)]
    if missing and output is not None:
        for letter in "".join(inputs):
            if letter not in output:
                yield from _tried(equation, 0, inputs[0], output.replace(missing[0], letter), 1.4)
        yield from _tried(equation, 0, inputs[0], output.replace(missing[0], ""), 1.6)


def _all_longer(equation: Equation) -> Iterator[tuple[float, str]]:
    """One letter more for every operand that has a dimension more, as for the heads of attention."""
    inputs, output = equation.inputs, equation.output
    pairs = zip(equation.operands, inputs, strict=True)
    longer = [len(operand.shape) == len(letters) + 1 for operand, letters in pairs]
    if sum(longer) < 2:
        return
    spare = next(letter for letter in "hgnmabcdefijkl" if letter not in equation.text)
    for place in (1, 0):
        changed = [
            letters[:place] + spare + letters[place:] if is_longer else letters
            for letters, is_longer in zip(inputs, longer, strict=True)
        ]
        out = output if output is None else output[:place] + spare + output[place:]
        if equation.fits(changed, out):
            yield 1.3 + 0.1 * (place == 0), equation.written(changed, out)


def _tried(
    equation: Equation, index: int, letters: str, output: str | None, cost: float
) -> Iterator[tuple[float, str]]:
    inputs = [*equation.inputs[:index], letters, *equation.inputs[index + 1 :]]
    if (inputs, output) != (equation.inputs, equation.output) and equation.fits(inputs, output):
        yield cost, equation.written(inputs, output)


def _unlike_siblings(equation: Equation, index: int, operand: Shaped) -> Iterator[Candidate]:
    """An operand without the turn that the others have: v = v.reshape(...) beside k = k.reshape(...).transpose(1, 2)."""
    made = equation.case.flow.before(operand.spot) if isinstance(operand.spot.node, ast.Name) else None
    own = _methods(made.node) if made is not None else ""
    if made is None or not own:
        return
    assigned = [node.value for node in ast.walk(made.source.scope_of(made.node)) if isinstance(node, ast.Assign)]
    longer = [text[len(own) :] for value in assigned if (text := _methods(value)).startswith(own + ".")]
    if len(longer) > 1 and len(set(longer)) == 1:
        yield 0.1, replaced(made, made.node, made.text + longer[0]), ""


def _methods(node: ast.AST) -> str:
    """The methods that are called on a variable or on what a layer gives: .view(b, n, h, d).transpose(1, 2)."""
    base = node
    while isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute):
        if isinstance(base.func.value, ast.Name) and base.func.value.id == "self":
            break
        base = base.func.value
    return ast.unparse(node)[len(ast.unparse(base)) :]


def _edited(equation: Equation, index: int, operand: Shaped) -> Iterator[Candidate]:
    """Changes on the way of one operand."""
    shapes = [item.shape for item in equation.operands]

    def accept(value: object) -> bool:
        shape = shape_of(value)
        if shape is None or len(shape) != len(equation.inputs[index]) or shape == operand.shape:
            return False
        changed = [*shapes[:index], shape, *shapes[index + 1 :]]
        is_whole = all(len(i) == len(s) for i, s in zip(equation.inputs, changed, strict=True))
        return is_whole and equation.conflict_of(equation.inputs, changed) is None

    for repair in repairs(sizes_of(equation.case), operand.spot, accept, equation.call):
        yield repair.cost, repair.edit.change, ""


RULES = (equation_does_not_fit,)

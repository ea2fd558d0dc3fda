"""Products of sizes in code: 64 * 7 * 7 with the factor that is wrong replaced, and the others left as they are."""

import ast

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot


def product_in_place(case: Case, place: Spot, parts: tuple[int, ...]) -> str:
    """Code for the product of `parts` in place of a product: right factors stay; "" if the place holds none."""
    factors = _factors(place.node)
    if len(factors) < 2:
        return ""
    texts = [place.source.text(node) for node in factors]
    values = [constant(case, place.at(node, ())) for node in factors]
    if len(factors) == len(parts):
        return " * ".join(
            text if value == part else str(part) for text, value, part in zip(texts, values, parts, strict=True)
        )  # fmt: skip
    rest = list(parts)
    for value in values:
        if value in rest:
            rest.remove(int(value))
    if len(rest) == len(parts) - len(factors) == 1:  # only one factor is missing
        return f"{' * '.join(texts)} * {rest[0]}"
    squares = len(factors) == 2 and len(parts) == 3 and parts[1] == parts[2] and "**" in texts[1]
    if squares and values[0] is not None:
        first = texts[0] if values[0] == parts[0] else str(parts[0])
        return f"{first} * {parts[1]} ** 2"
    return " * ".join(str(part) for part in parts)


def _factors(node: ast.AST) -> list[ast.expr]:
    """The factors of a product, in order."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*(_factors(node.left) or [node.left]), *(_factors(node.right) or [node.right])]
    return []


def constant(case: Case, spot: Spot, supposed: dict[ast.AST, int] | None = None) -> int | float | None:
    """The number that an expression comes to, as far as it goes back to plain numbers.

    supposed: values to take for some of these numbers instead.
    """
    born = case.flow.born(spot)
    node = born.node
    if supposed and node in supposed:
        return supposed[node]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp):
        left = constant(case, born.at(node.left, ()), supposed)
        right = constant(case, born.at(node.right, ()), supposed)
        if left is not None and right is not None:
            return _combined(node.op, left, right)
    return None


def size_supposed(case: Case, place: Spot, side: int, wanted: int) -> Spot | None:
    """The number in a formula that, were it the size of the image, would make the formula right: image_size=32."""
    for node in ast.walk(place.node):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        for spot in _numbers_of(case, place.at(node, ())):
            assert isinstance(spot.node, ast.Constant), "only plain numbers are given"
            if spot.node.value != side and constant(case, place, {spot.node: side}) == wanted:
                return spot
    return None


def _numbers_of(case: Case, spot: Spot) -> list[Spot]:
    """The plain numbers that an expression is computed from."""
    born = case.flow.born(spot)
    if isinstance(born.node, ast.Constant):
        return [born] if isinstance(born.node.value, int) else []
    if isinstance(born.node, ast.BinOp):
        return [*_numbers_of(case, born.at(born.node.left, ())), *_numbers_of(case, born.at(born.node.right, ()))]
    return []


def _combined(operator: ast.operator, left: float, right: float) -> int | float | None:
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.FloorDiv) and right:
        return left // right
    if isinstance(operator, ast.Pow) and abs(right) <= 10 and abs(left) <= 10_000:
        return float(left**right) if isinstance(right, float) else int(left**right)
    return None

"""Pictures of tensors in the course's texts: each line of a `picture` fence is an expression, drawn under its code.

A line `name = expression` is drawn under its name and known to the lines after it.
"""

import ast
from collections.abc import Iterator
from html import escape

import torch
from torch import Tensor

from torchwise.learn.drawing import draw, numbers, shape_text

CELL, GAP, LINE, DEPTH = 34, 26, 18, 9  # pixels: a cell, between tensors, a line of text, the shift of a layer


def tensors_of(source: str) -> Iterator[tuple[str, Tensor]]:
    """The code of each line and its tensor. Raises ValueError for a line that gives none.

    The sources are the course's own, so running them is safe.
    """
    names: dict[str, object] = {"torch": torch}
    for statement in ast.parse(source).body:
        code = ast.unparse(statement)
        if isinstance(statement, ast.Assign):
            exec(code, names)
            value = names[code.partition(" = ")[0]]
        else:
            value = eval(code, names)
        if not isinstance(value, Tensor):
            raise ValueError(f"{code} is no tensor")
        yield code, value


def drawn_picture(source: str) -> str:
    """The tensors as text, one below the other."""
    return "\n\n".join(f"{code}  {draw(tensor)}" for code, tensor in tensors_of(source))


def svg_picture(source: str) -> str:
    """The tensors side by side as one SVG image with real text; the page's colour and font are used."""
    parts: list[str] = []
    left, height = 0, 0
    for code, tensor in tensors_of(source):
        drawn, width, tall = _tensor_svg(code, tensor.detach())
        parts.append(f'<g transform="translate({left},0)">{drawn}</g>')
        left += width + GAP
        height = max(height, tall)
    width = max(left - GAP, 1)
    label = escape("; ".join(code for code, _ in tensors_of(source)), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" style="max-width:100%;height:auto" font-family="monospace" font-size="13" fill="currentColor">'
        + "".join(parts) + "</svg>"
    )  # fmt: skip


def _tensor_svg(code: str, tensor: Tensor) -> tuple[str, int, int]:
    """One tensor under its code and shape: the drawing, its width and its height in pixels."""
    texts = (code, shape_text(tensor.shape))
    captions = "".join(
        f'<text x="0" y="{LINE * (row + 1) - 4}">{escape(text)}</text>' for row, text in enumerate(texts)
    )
    boxes = tensor.reshape((1,) * (3 - tensor.dim()) + tuple(tensor.shape))
    layers, rows, columns = boxes.shape
    cell = max(CELL, 9 + 8 * max(map(len, numbers(tensor))))
    drawn = []
    for layer in reversed(range(layers)):  # the first one lies in front
        shift = layer * DEPTH if layers > 1 else 0
        top, cells = 2 * LINE + 6 + (layers - 1) * DEPTH - shift, numbers(boxes[layer])
        for place in range(rows * columns):
            drawn.append(
                _cell(
                    shift + place % columns * cell,
                    top + place // columns * CELL,
                    cell,
                    cells[place] if layer == 0 else "",
                )
            )
    width = columns * cell + (layers - 1) * DEPTH + 2
    height = 2 * LINE + 8 + rows * CELL + (layers - 1) * DEPTH
    return captions + "".join(drawn), max(width, 8 * max(map(len, texts))), height


def _cell(left: int, top: int, width: int, text: str) -> str:
    """One number in its box."""
    box = f'<rect x="{left + 1}" y="{top}" width="{width}" height="{CELL}" fill="var(--color-background-primary, white)" stroke="currentColor"/>'
    if not text:
        return box
    return box + f'<text x="{left + 1 + width / 2}" y="{top + CELL / 2 + 5}" text-anchor="middle">{escape(text)}</text>'

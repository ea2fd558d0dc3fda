"""Small tensors drawn with their numbers; large ones described."""

from itertools import zip_longest

import torch
from torch import Tensor

MOST_ROWS, MOST_COLUMNS, MOST_BLOCKS = 8, 10, 4


def draw(tensor: Tensor) -> str:
    """A tensor as text: its shape and dtype, and if it is small its numbers.

    tensor: any shape and dtype. One of three dimensions is drawn as its matrices side by side.
    """
    tensor = tensor.detach()
    head = f"{shape_text(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
    if tensor.device.type != "cpu":
        head += f" {tensor.device}"
    return head if not is_small(tensor) or tensor.device.type == "meta" else f"{head}\n{grid(tensor)}"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it."""
    return str(tuple(shape))


def is_small(tensor: Tensor) -> bool:
    """Whether its numbers can be shown."""
    most = (MOST_BLOCKS, MOST_ROWS, MOST_COLUMNS)
    return (
        tensor.numel() > 0
        and tensor.dim() <= 3
        and all(size <= limit for size, limit in zip(reversed(tensor.shape), reversed(most), strict=False))
    )


def grid(tensor: Tensor) -> str:
    """The numbers in rows and columns, all columns of one width.

    tensor: up to three dimensions; a matrix of three is drawn with its index above it.
    """
    cells = numbers(tensor)
    if tensor.dim() == 0:
        return cells[0]
    width = max(map(len, cells))
    if tensor.dim() < 3:
        rows = tensor.shape[0] if tensor.dim() == 2 else 1
        return "\n".join(_rows(cells, rows, width, is_matrix=tensor.dim() == 2))
    count, rows, columns = tensor.shape
    blocks = [
        [
            f"[{index}]",
            *_rows(cells[index * rows * columns : (index + 1) * rows * columns], rows, width, is_matrix=True),
        ]
        for index in range(count)
    ]
    widths = [max(map(len, block)) for block in blocks]
    lines = zip_longest(*blocks, fillvalue="")
    return "\n".join(
        "  ".join(part.ljust(wide) for part, wide in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _rows(cells: list[str], rows: int, width: int, *, is_matrix: bool) -> list[str]:
    columns = len(cells) // rows
    lines = ["  ".join(cell.rjust(width) for cell in cells[row * columns : (row + 1) * columns]) for row in range(rows)]
    return [f"│ {line} │" if is_matrix else f"[ {line} ]" for line in lines]


def numbers(tensor: Tensor) -> list[str]:
    """Each number as short as it can be told, in row-major order."""
    flat = tensor.detach().cpu().flatten()
    if not flat.dtype.is_floating_point:
        return [str(value) for value in flat.tolist()]
    if flat.dtype in (torch.float16, torch.bfloat16):
        flat = flat.float()
    if bool((flat == flat.round()).all()) and float(flat.abs().max()) < 1e6:
        return [f"{value:.0f}." for value in flat.tolist()]
    return [f"{value:.4g}" for value in flat.tolist()]

"""Tensors drawn as text."""

import pytest
import torch

from torchwise.learn.drawing import draw

DRAWN = {
    "a number": (torch.tensor(2.5), "() float32\n2.5"),
    "a vector": (torch.tensor([1, -20]), "(2,) int64\n[   1  -20 ]"),
    "a matrix": (torch.tensor([[1.0, 2.0], [30.0, 4.0]]), "(2, 2) float32\n│  1.   2. │\n│ 30.   4. │"),
    "booleans": (torch.tensor([True, False]), "(2,) bool\n[  True  False ]"),
    "three dimensions": (
        torch.arange(8).reshape(2, 2, 2),
        "(2, 2, 2) int64\n[0]       [1]\n│ 0  1 │  │ 4  5 │\n│ 2  3 │  │ 6  7 │",
    ),
    "fractions": (torch.tensor([0.123456, 1e-8]), "(2,) float32\n[ 0.1235   1e-08 ]"),
    "no finite numbers": (torch.tensor([float("nan"), float("inf")]), "(2,) float32\n[ nan  inf ]"),
    "half precision": (torch.tensor([0.5], dtype=torch.bfloat16), "(1,) bfloat16\n[ 0.5 ]"),
    "complex numbers": (torch.tensor([1 + 2j]), "(1,) complex64\n[ (1+2j) ]"),
    "what records a gradient": (torch.ones(1, requires_grad=True), "(1,) float32\n[ 1. ]"),
    "no numbers": (torch.zeros(0, 3), "(0, 3) float32"),
    "too many columns": (torch.zeros(2, 11), "(2, 11) float32"),
    "too many rows": (torch.zeros(9, 2), "(9, 2) float32"),
    "too many dimensions": (torch.zeros(1, 1, 1, 1), "(1, 1, 1, 1) float32"),
    "no data at all": (torch.zeros(2, device="meta"), "(2,) float32 meta"),
    "large whole numbers": (torch.tensor([1e7, 1.0]), "(2,) float32\n[ 1e+07      1 ]"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_tensor_is_drawn_as_its_shape_dtype_and_numbers(name):
    tensor, expected = DRAWN[name]
    assert draw(tensor) == expected

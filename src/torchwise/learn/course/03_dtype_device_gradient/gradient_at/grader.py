"""The gradient of several functions, at whole numbers of any shape."""

import warnings

import torch

from torchwise.learn import grade

FUNCTIONS = {
    "sum_of_squares": lambda x: (x**2).sum(),
    "sum_of_cubes": lambda x: (x**3).sum(),
    "mean_of_squares": lambda x: (x**2).mean(),
    "sum_of_sines": lambda x: x.sin().sum(),
}


def graded(answer):
    for shape in ((2, 2), (5,), (3, 2)):
        whole = torch.randint(2, 9, shape)
        numbers = whole.tolist()
        for name, function in FUNCTIONS.items():
            graded_one(answer, name, function, numbers, whole.float())


def graded_one(answer, name, function, numbers, x):
    called = f"gradient_at({name}, {numbers})"
    x.requires_grad_()
    value = function(x)
    (expected,) = torch.autograd.grad(value, x)
    seen = []

    def watched(point):
        seen.append(point)
        return function(point)

    with warnings.catch_warnings(record=True):  # reading .grad of no leaf warns; said better below
        warnings.simplefilter("always")
        actual = answer.gradient_at(watched, numbers)
        if actual is None and seen and type(seen[0]) is torch.Tensor:
            shown = {"actual": "x.grad is None", "expected": expected}
            grade.require(seen[0].is_leaf, "not_leaf", called, **shown)
            grade.require(seen[0].grad is not None, "no_backward", called, **shown)
            grade.require(False, "not_returned", called, actual=None, expected=expected)
    is_known = not torch.allclose(2 * x, expected)
    grade.tensor(
        actual, expected, called,
        mistakes={"value": value.detach()} | ({"by_heart": 2 * x.detach()} if is_known else {}),
    )  # fmt: skip

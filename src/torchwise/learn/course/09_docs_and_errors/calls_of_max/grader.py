"""PyTorch itself says which calls work."""

import torch

from torchwise.learn import grade

CALLS = (
    "torch.max(x)", "torch.max(x, 0)", "torch.max(x, dim=1, keepdim=True)", "torch.max(x, 1, False)",
    "torch.max(x, 0, y)", "torch.max(x, y)", "torch.max(x, dim=2)",
)  # fmt: skip


def graded(answer):
    said = answer.WORKS
    names = {"torch": torch, "x": torch.rand(2, 3), "y": torch.rand(2, 3)}
    missing = [call for call in CALLS if type(said.get(call)) is not bool]
    grade.require(not missing, "not_all_said", "WORKS", actual="\n".join(missing), expected="True or False for each call")
    for call in CALLS:
        try:
            came_back = eval(call, names)
        except Exception as error:  # whatever it raises, it doesn't work
            shown = {"actual": "True", "expected": f"False: {type(error).__name__}"}
            grade.require(not said[call], "raises_an_error", f"WORKS[{call!r}]", **shown)
        else:
            shown = {"actual": "False", "expected": f"True: it gives a {type(came_back).__name__}"}
            grade.require(said[call], "works_by_place", f"WORKS[{call!r}]", **shown)

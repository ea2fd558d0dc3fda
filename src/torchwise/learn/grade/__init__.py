"""What graders are written with: each function returns if the answer is right, else says why not.

called: the call as the learner would write it, such as "flip(images)". given: the tensors it was called with, by name,
which are drawn where they are small. mistakes: by the name of a mistake that the exercise describes, what it gives.
Each raises Wrong.
"""

from torchwise.learn.grade.calls import Answer, raises
from torchwise.learn.grade.plain import equal, number, require
from torchwise.learn.grade.tensors import tensor

__all__ = ["Answer", "equal", "number", "raises", "require", "tensor"]

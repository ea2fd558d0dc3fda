# message: mistake.not_all_said
"""Seven calls of torch.max: which of them work?

The documentation knows three forms:
    torch.max(input)                       one number: the largest of all
    torch.max(input, dim, keepdim=False)   the largest along a dimension, and where they stand
    torch.max(input, other)                the larger of two, number by number
"""

import torch

x = torch.tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 3.0]])
y = torch.full((2, 3), 2.5)

# Put True behind each call that works, and False behind each that raises an error.
WORKS = {
    "torch.max(x)": True,
    "torch.max(x, 0)": True,
    "torch.max(x, dim=1, keepdim=True)": ...,
    "torch.max(x, 1, False)": ...,
    "torch.max(x, 0, y)": ...,
    "torch.max(x, y)": ...,
    "torch.max(x, dim=2)": ...,
}


if __name__ == "__main__":
    print(torch.max(x))

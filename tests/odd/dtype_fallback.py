# about: errors are provoked to see what can be done: another dtype, solver or shape is tried when torch refuses
import warnings

import torch
from torch import nn

torch.manual_seed(2)
PREFERRED = (torch.float8_e4m3fn, torch.float16, torch.bfloat16, torch.float32)


def works(dtype):
    layer = nn.Linear(8, 8).to(torch.float32)
    x = torch.randn(2, 8)
    try:
        out = nn.functional.linear(x.to(dtype), layer.weight.to(dtype), layer.bias.to(dtype))
        torch.linalg.svdvals(out)  # the pipeline needs it, and there is none for the small types
    except (RuntimeError, NotImplementedError):
        return False
    return True


def solve(a, b, jitter=1e-4):
    """Cholesky if it can be done, else with something on the diagonal, else least squares."""
    for extra in (0.0, jitter, 10 * jitter):
        try:
            factor = torch.linalg.cholesky(a + extra * torch.eye(a.shape[-1], dtype=a.dtype))
        except torch.linalg.LinAlgError:
            continue
        return torch.cholesky_solve(b, factor)
    warnings.warn("least squares", stacklevel=2)
    return torch.linalg.lstsq(a, b).solution


def as_batch(x, width):
    try:
        return x.view(-1, width)
    except RuntimeError:  # a transposed tensor has no such view
        return x.reshape(-1, width)


dtype = next(d for d in PREFERRED if works(d))
print("using", dtype)
features = as_batch(torch.randn(6, 40).to(dtype).t(), 6)
features[:, 5] = 0  # a dead feature: the Gram matrix is singular
gram = features.T @ features
weights = solve(gram, features.T @ torch.randn(40, 1, dtype=dtype))
assert torch.isfinite(weights).all()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    assert solve(-torch.eye(3), torch.ones(3, 1)).flatten().tolist() == [-1, -1, -1]
print(weights.flatten().tolist())

"""The shapes for batches of any size, the parameters, and that it is not a straight line."""

import torch

from torchwise.learn import grade


def graded(answer):
    for features in (116, 9):
        model = answer.Network(features)
        weights = list(model.parameters())
        first = [weight for weight in weights if weight.dim() == 2]
        is_fixed = features != 116 and len(first) == 3 and first[0].shape == (64, 116)
        grade.require(not is_fixed, "fixed_width", f"Network({features})", actual="116 features", expected=f"{features} features")
        right = 64 * features + 64 + 32 * 64 + 32 + 32 + 1
        count = sum(weight.numel() for weight in weights)
        grade.require(count == right, "parameters", f"Network({features})", actual=f"{count} parameters", expected=f"{right}")
        inputs = 20 * torch.randn(64, features)
        outputs = model(inputs)
        grade.tensor(outputs * 0, torch.zeros(64).requires_grad_(), f"Network({features})(x) * 0 for a batch of 64")
        outputs = outputs.detach()
        one = model(inputs[:1]).detach()
        grade.require(one.shape == (1,), "batch_lost", f"Network({features})(x) for a batch of 1", actual=tuple(one.shape), expected=(1,))
        mirrored, middle = model(-inputs).detach(), model(torch.zeros(1, features)).detach()
        is_line = torch.allclose((outputs + mirrored) / 2, middle.expand(64), atol=1e-4)
        grade.require(not is_line, "one_line", f"Network({features})", actual="f(x) and f(-x) have the same mean for all x", expected="a curve")
        with torch.no_grad():
            next(weight for weight in weights if weight.numel() == 1).fill_(-1000.0)  # the bias of the last layer
        low = model(inputs).detach()
        called = f"Network({features})(x) where the last bias is -1000"
        grade.require(bool((low < 0).all()), "relu_at_the_end", called, actual=low[:6], expected="about -1000")

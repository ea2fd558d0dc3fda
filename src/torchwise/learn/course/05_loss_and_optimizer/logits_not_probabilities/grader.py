"""The outputs are logits: any numbers, also negative ones and ones above 1, and they don't add up to 1."""

import torch

from torchwise.learn import grade


def graded(answer):
    for features, classes in ((4, 3), (6, 5)):
        model = answer.build_classifier(features, classes)
        called = f"build_classifier({features}, {classes})(inputs)"
        outputs = model(100 * torch.randn(64, features)).detach()
        grade.equal(outputs.shape, torch.Size([64, classes]), f"{called}.shape") if outputs.dim() != 2 else None
        grade.tensor(outputs[0] * 0, torch.zeros(classes), f"{called}[0] * 0")
        shown = {"actual": outputs[:3], "expected": "numbers of any sign and size"}
        grade.require(not torch.allclose(outputs.exp().sum(1), torch.ones(64), atol=1e-3), "log_softmax", called, **shown)
        is_bounded = bool(((outputs >= 0) & (outputs <= 1)).all())
        grade.require(not is_bounded, "probabilities", called, **shown)
        grade.require(bool((outputs < 0).any()), "relu", called, **shown)

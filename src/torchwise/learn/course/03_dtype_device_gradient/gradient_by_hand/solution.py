"""The gradient of a line, worked out by hand."""

import torch


def line_gradients(inputs, targets, weight, bias):
    """inputs, targets: (samples,); weight, bias: one number each. The gradients of the loss at weight and at bias."""
    gaps = weight * inputs + bias - targets
    at_weight = (2 * gaps * inputs).mean()
    at_bias = (2 * gaps).mean()
    return at_weight, at_bias


if __name__ == "__main__":
    inputs, targets = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 3.0, 5.0])
    weight = torch.tensor(1.0, requires_grad=True)
    bias = torch.tensor(0.0, requires_grad=True)
    ((weight * inputs + bias - targets) ** 2).mean().backward()
    print("autograd:", weight.grad, bias.grad)
    print("by hand: ", line_gradients(inputs, targets, weight.detach(), bias.detach()))

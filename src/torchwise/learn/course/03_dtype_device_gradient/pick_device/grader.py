"""With a GPU its device, without one the CPU; this machine's own GPU, if any, doesn't count."""

from unittest.mock import patch

import torch

from torchwise.learn import grade


def graded(answer):
    with_gpu, _ = picked(answer, has_gpu=True)
    without, is_asked = picked(answer, has_gpu=False)
    called = "pick_device()"
    shown = {"actual": f"with a GPU: {with_gpu}\nwithout: {without}", "expected": "with a GPU: cuda\nwithout: cpu"}
    for device in (with_gpu, without):
        grade.require(not isinstance(device, str), "text", called, **shown)
        if not isinstance(device, torch.device):
            grade.equal(device, torch.device("cpu"), called)
    kinds = with_gpu.type, without.type
    grade.require(kinds != ("cpu", "cpu"), "always_cpu", called, **shown)
    grade.require(kinds != ("cpu", "cuda"), "swapped", called, **shown)
    if kinds == ("cuda", "cuda"):
        is_named = "is_available" in answer.pick_device.__code__.co_names
        grade.require(is_asked or not is_named, "not_called", called, **shown)
        grade.require(False, "always_gpu", called, **shown)
    grade.equal(kinds, ("cuda", "cpu"), "the kinds of device, with and without a GPU,")


def picked(answer, has_gpu):
    """What the answer picks on a machine with or without a GPU, and whether it asked for one."""
    found = torch.device("cuda") if has_gpu else None
    with (
        patch("torch.cuda.is_available", return_value=has_gpu) as asked,
        patch("torch.cuda.device_count", return_value=int(has_gpu)),
        patch("torch.accelerator.is_available", return_value=has_gpu),
        patch("torch.accelerator.device_count", return_value=int(has_gpu)),
        patch("torch.accelerator.current_accelerator", return_value=found),
        patch("torch.backends.mps.is_available", return_value=False),
    ):
        return answer.pick_device(), asked.called

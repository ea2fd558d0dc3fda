"""Linear layers that get other features than they were built for."""

from collections.abc import Iterator

import torch
from torch import nn

from torchwise.doctor.case import Case
from torchwise.finding import Finding, Words
from torchwise.texts import note


def linear_gets_other_features(case: Case) -> Iterator[Finding]:
    """TW201: the last dimension of the input is not in_features."""
    layer, given = case.layer, case.layer_input
    if not isinstance(layer, nn.Linear) or not isinstance(given, torch.Tensor) or given.dim() == 0:
        return
    if given.shape[-1] == layer.in_features:
        return
    what = note(
        "the linear layer gets {given} features, it was built for {built}",
        given=given.shape[-1], built=layer.in_features,
    )  # fmt: skip
    site = case.site_of(layer)
    change = case.layers.change(site, layer, "in_features", given.shape[-1]) if site else None
    fix = change.text if change else f"nn.Linear({given.shape[-1]}, {layer.out_features})"
    yield case.finding("TW201", what, why=_why(case, given), fix=fix, mend=change.mend if change else site)


def _why(case: Case, given: torch.Tensor) -> Words:
    """How the features came about: the layer before, and the factors that were flattened."""
    return note("the last dimension must be in_features")


RULES = (linear_gets_other_features,)

"""Settings of a layer such as padding and stride: written anew in its call, or added to it."""

import ast

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.expressions import whole_call


def with_option(case: Case, module: nn.Module, name: str, value: str) -> Change | None:
    """The call that built a layer with another value for a setting; None where the user has no such call."""
    site = case.site_of(module)
    if site is None or not isinstance(site.node, ast.Call):
        return None
    given = case.layers.argument(site, module, name)
    if given is not None:
        born = case.flow.born(given)
        lone = isinstance(born.node, ast.Constant) and born.source.scope_of(born.node) is site.source.scope_of(
            site.node
        )
        place = born if lone and born.line != given.line else given
        return rewritten(place, place.node, value)
    return whole_call(site, with_keywords(site.source.text(site.node), {name: value}))


def with_keywords(call: str, options: dict[str, str]) -> str:
    """The code of a call with further keywords at its end."""
    begin = call.rstrip()[:-1].rstrip().rstrip(",")
    return f"{begin}, {', '.join(f'{name}={value}' for name, value in options.items())})"

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


def padding_text(case: Case, module: nn.Module, wanted: int) -> str:
    """Code for the padding that keeps the size, by the variables that kernel and dilation are given by."""
    site = case.site_of(module)
    names = []
    for name in ("dilation", "kernel_size"):
        given = case.layers.argument(site, module, name) if site is not None else None
        names.append(given.text if given is not None and isinstance(given.node, ast.Name | ast.Attribute) else "")
    dilation, kernel = names
    if not dilation and not kernel:
        return str(wanted)
    value = getattr(module, "kernel_size", (1,))
    spread = f"({kernel} - 1)" if kernel else str(value[-1] - 1)
    if dilation:
        return dilation if not kernel and value[-1] == 3 else f"{dilation} * {spread} // 2"
    return f"{kernel} // 2"


def with_keywords(call: str, options: dict[str, str]) -> str:
    """The code of a call with further keywords at its end."""
    begin = call.rstrip()[:-1].rstrip().rstrip(",")
    return f"{begin}, {', '.join(f'{name}={value}' for name, value in options.items())})"

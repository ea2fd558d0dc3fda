"""The line where a loss is built or called, and how it reads with another setting or as another loss."""

import ast

from torchwise.doctor.births.casts import with_argument
from torchwise.doctor.births.loss import Loss
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.rewriting import replaced


def site(case: Case, loss: Loss) -> Spot:
    """The call that built the loss; for a function the call itself."""
    found = case.site_of(loss.module) if loss.module is not None else None
    return found if found is not None and isinstance(found.node, ast.Call) else loss.call


def with_setting(case: Case, loss: Loss, setting: str) -> Change:
    """The loss with one setting more, or another value of it: ignore_index=255."""
    where = site(case, loss)
    assert isinstance(where.node, ast.Call), "a loss is built or called"
    name, value = setting.split("=", 1)
    if (given := keyword_of(where.node, name)) is not None:
        return replaced(where, given, value, least=where.node)
    return replaced(where, where.node, with_argument(where.text, setting))


def as_other(case: Case, loss: Loss, module: str, function: str) -> Change:
    """Another loss in its place: nn.BCEWithLogitsLoss for nn.BCELoss."""
    where = site(case, loss)
    assert isinstance(where.node, ast.Call), "a loss is built or called"
    called = where.node.func
    name = module if where is not loss.call or loss.module is not None else function
    prefix = f"{where.source.text(called.value)}." if isinstance(called, ast.Attribute) else ""
    return replaced(where, called, prefix + name, least=where.node)


def argument(case: Case, loss: Loss, name: str) -> Spot | None:
    """The expression of one of its settings, where the loss is built or called."""
    where = site(case, loss)
    assert isinstance(where.node, ast.Call), "a loss is built or called"
    given = keyword_of(where.node, name)
    if given is None and loss.module is not None and where is not loss.call:
        found = case.layers.argument(where, loss.module, name)
        return found
    return where.at(given, ()) if given is not None else None

"""The arguments of the call that built a layer."""

import ast
import inspect

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of

OF_RECURRENT = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"]


def argument_of_layer(site: Spot, cls: type, *names: str) -> Spot | None:
    """The expression that the first of these parameters was given in the call that built a layer."""
    call = site.node
    if not isinstance(call, ast.Call) or any(isinstance(item, ast.Starred) for item in call.args):
        return None
    parameters = [item for item in inspect.signature(cls.__init__).parameters if item != "self"]  # type: ignore[misc]
    if parameters[:1] == ["args"]:  # nn.LSTM(*args, **kwargs)
        parameters = OF_RECURRENT
    for name in names:
        if (given := keyword_of(call, name)) is not None:
            return site.at(given, ())
        if name in parameters and parameters.index(name) < len(call.args):
            return site.at(call.args[parameters.index(name)], ())
    return None

"""Errors under torch.compile: the call that was being compiled is made once more without compiling.

The compiler only pretends to run the code, so the traceback ends in the compiler. The call has had no effect yet; here
it is made on the very arguments, silently, with generators and buffers put back afterwards, and only believed if it
fails on the line that the compiler names.
"""

import contextlib
import io
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import torch
from torch import nn

from torchwise.doctor.frames import Frame, frames_of


def eager_failure(error: BaseException) -> tuple[BaseException, list[Frame]] | None:
    """The error of the same call without compiling, and the frames around that call; None if it can't be had."""
    if not type(error).__module__.startswith("torch._dynamo"):
        return None
    frames = frames_of(error.__traceback__)
    traced = next((frame for frame in frames if frame.function == "_compile" and "code" in frame.locals), None)
    if traced is None:
        return None
    failure = _called_again(traced.locals)
    named = {(entry.filename, entry.lineno) for entry in getattr(error, "real_stack", None) or ()}
    if failure is None or not any((f.file, f.line) in named for f in frames_of(failure.__traceback__)):
        return None
    return failure, frames[: frames.index(traced)]


def _called_again(traced: dict[str, Any]) -> BaseException | None:
    """What the call raises without compiling; None if it raises nothing or can't be made."""
    code, values = traced["code"], traced.get("locals") or {}
    if code.co_kwonlyargcount or code.co_flags & 0x0C or code.co_name.startswith("torch_dynamo_resume"):
        return None
    names = code.co_varnames[: code.co_argcount]
    if any(name not in values for name in names):
        return None
    function = FunctionType(code, traced["globals"], closure=traced.get("closure") or None)
    modules = [value for value in values.values() if isinstance(value, nn.Module)]
    try:
        with _untouched(modules), contextlib.redirect_stdout(io.StringIO()), torch.compiler.set_stance("force_eager"):
            function(*(values[name] for name in names))
    except Exception as failure:
        return failure
    return None


@contextlib.contextmanager
def _untouched(modules: list[nn.Module]) -> Iterator[None]:
    """Afterwards generators, buffers and attributes of the modules are as they were."""
    parts = [part for module in modules for part in module.modules()]
    attributes = [(part, dict(vars(part))) for part in parts]
    buffers = [(buffer, buffer.clone()) for module in modules for buffer in module.buffers()]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        for part, before in attributes:
            vars(part).clear()
            vars(part).update(before)
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)

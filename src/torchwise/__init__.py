"""torchwise: from data to a trained, validated, tested, saved and shown PyTorch model.

The names below are imported when they are first used, so that `import torchwise` needs no torch and sets nothing.
"""

TYPE_CHECKING = False  # that of typing, whose import would take longer than all the rest
if TYPE_CHECKING:
    from torchwise.doctor.explaining import explaining
    from torchwise.errors import Problem
    from torchwise.rehearsal.running.api import check
    from torchwise.runs import checkpoint
    from torchwise.runs.run import Run, load, save
    from torchwise.train.loop import Epoch, evaluate, fit, predict
    from torchwise.train.prepare import prepare
    from torchwise.train.setup import Setup
    from torchwise.train.state import State

__version__ = "0.1.0"
__all__ = [
    "Epoch",
    "Problem",
    "Run",
    "Setup",
    "State",
    "check",
    "checkpoint",
    "evaluate",
    "explaining",
    "fit",
    "load",
    "predict",
    "prepare",
    "save",
]

_HOMES = {
    "Epoch": "torchwise.train.loop",
    "Problem": "torchwise.errors",
    "Run": "torchwise.runs.run",
    "Setup": "torchwise.train.setup",
    "State": "torchwise.train.state",
    "check": "torchwise.rehearsal.running.api",
    "checkpoint": "torchwise.runs.checkpoint",
    "evaluate": "torchwise.train.loop",
    "explaining": "torchwise.doctor.explaining",
    "fit": "torchwise.train.loop",
    "load": "torchwise.runs.run",
    "load_ipython_extension": "torchwise.doctor.explaining",
    "predict": "torchwise.train.loop",
    "prepare": "torchwise.train.prepare",
    "save": "torchwise.runs.run",
    "unload_ipython_extension": "torchwise.doctor.explaining",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'torchwise' has no attribute {name!r}")
    if name == "checkpoint":
        return import_module("torchwise.runs.checkpoint")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted([*__all__, "__version__"])

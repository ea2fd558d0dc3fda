"""The user's own Python: a recipe with `def setup() -> Setup`, or a model as file.py:MyModel."""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from torch import nn

from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train.setup import Setup

OURS = Path(__file__).parent.parent


def load_recipe(path: str | Path) -> Setup:
    """Run the recipe file and return what its `setup()` gives.

    Raises Problem if the file can't be run, has no `setup`, or gives something else than a Setup.
    """
    module = _import_file(Path(path))
    make = getattr(module, "setup", None)
    if not callable(make):
        raise Problem(
            tr("{path} has no function setup", path=path),
            why=tr("a recipe says what to train with `def setup() -> torchwise.Setup`"),
            fix=tr("def setup(): return torchwise.Setup(model=..., loss=..., optimizer=..., train=..., valid=...)"),
        )
    with user_code(Path(path)):
        made = make()
    if not isinstance(made, Setup):
        raise Problem(
            tr("setup() in {path} gives a value of type {kind}, not a Setup", path=path, kind=type(made).__name__),
            fix=tr("return torchwise.Setup(model=..., loss=..., optimizer=..., train=..., valid=...)"),
        )
    return made


def load_model(spec: str) -> Callable[..., nn.Module]:
    """The class or function that `file.py:MyModel` names. Raises Problem if it isn't there."""
    file, colon, name = spec.rpartition(":")
    if not colon or not name.isidentifier():
        raise Problem(tr("--model {spec} names no class", spec=spec), fix=tr("--model file.py:MyModel"))
    module = _import_file(Path(file))
    found = getattr(module, name, None)
    if not callable(found):
        classes = [
            key for key, value in vars(module).items() if isinstance(value, type) and issubclass(value, nn.Module)
        ]
        raise Problem(
            tr("{file} has no {name}", file=file, name=name),
            why=tr("its models: {names}", names=" ".join(classes)) if classes else "",
            fix=tr("--model {file}:{name}", file=file, name=classes[0] if classes else "MyModel"),
        )
    made: Callable[..., nn.Module] = found
    return made


@contextmanager
def user_code(path: Path) -> Iterator[None]:
    """Turn an exception of the user's parts into a Problem that names the line of the user's file, if there is one."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(path.resolve().parent)]
        if not own and Path(frames[-1].filename).is_relative_to(OURS):
            raise  # nothing of the user's was running: ours to mend
        raise _problem(error, own) from error


def _problem(error: Exception, own: list[traceback.FrameSummary]) -> Problem:
    """The Problem for an exception that came through these frames of the user's files, the last of them innermost."""
    if isinstance(error, SyntaxError) and error.filename:
        what = _stopped_at(error.filename, error.lineno, error.text)
    elif own:
        what = _stopped_at(own[-1].filename, own[-1].lineno, own[-1].line)
    else:
        what = tr("the model, the loss or the data of your recipe stopped the training")
    name = type(error).__name__
    return Problem(
        what,
        why=f"{name}: {error.msg if isinstance(error, SyntaxError) else error}",
        fix=tr("mend it and run the command again"),
    )


def _stopped_at(file: str, line: int | None, text: str | None) -> str:
    """Where the user's code stopped, with the line itself."""
    place = tr("your code stopped at {place}", place=f"{file}:{line}")
    return f"{place}\n    {text.strip()}" if text else place


def _import_file(path: Path) -> ModuleType:
    """Run a Python file as a module of its own name, with its folder importable as for `python file.py`."""
    if not path.is_file():
        raise Problem(
            tr("there is no file {path}", path=path),
            fix=tr("check the name; the folder is {folder}", folder=path.absolute().parent),
        )
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    # DataLoader workers pickle by module name, so it is the file's own, unless that would hide another module.
    name = path.stem if path.stem not in sys.modules else f"recipe_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise Problem(tr("{path} is not a Python file", path=path), fix=tr("a recipe's name ends in .py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with user_code(path):
        spec.loader.exec_module(module)
    return module
